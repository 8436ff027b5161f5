"""Core and ladder on the hand-written register."""

from __future__ import annotations

import numpy as np
import pytest

from pmo_kit.arbitration import Question, core_projects
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def question() -> Question:
    return Question(shipped_register("meridian_12"))


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.15, 0.3])
def test_standing_follows_from_exact_prices(question: Question, epsilon: float) -> None:
    """Prices from the table in reference/meridian.md: P07*, P09, P10 3.0; P05, P06 4.5; P02 5.5; P03, P04 8.5."""
    price = {"P05": 4.5, "P06": 4.5, "P07": 3.0, "P09": 3.0, "P10": 3.0, "P02": 5.5, "P03": 8.5, "P04": 8.5}
    price |= {"P08": 9.0, "P11": 8.5}
    core = core_projects(question, epsilon)
    for project, row in core.table.iterrows():
        if price.get(project, np.inf) <= epsilon * 33.5:
            assert row["standing"] == "at the border"
        else:
            assert row["standing"] == ("in every good plan" if row["in_plan"] else "in no good plan")
