"""The solver on arrays, against published optima."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pmo_kit.arbitration import solve_selection

MKP = Path(__file__).parents[3] / "shared" / "data" / "mkp" / "capital_budgeting_mkp.json"
INSTANCES = json.loads(MKP.read_text()) if MKP.exists() else []


@pytest.mark.skipif(
    not INSTANCES, reason="the OR-Library instances (../shared/data/mkp) are not in this clone"
)
@pytest.mark.parametrize("case", INSTANCES or [{"name": "none"}], ids=lambda case: case["name"])
def test_every_published_optimum_is_reached_and_proven(case: dict) -> None:
    """Petersen (1967), Senju and Toyoda (1968), Weingartner and Ness (1967), from the OR-Library."""
    found = solve_selection(case["profits"], case["weights"], case["capacities"])
    chosen = list(found.chosen)
    assert (found.status, found.value, found.bound) == ("optimal", case["optimum"], case["optimum"])
    assert np.sum(np.array(case["profits"])[chosen]) == case["optimum"]
    assert (np.array(case["weights"])[:, chosen].sum(axis=1) <= np.array(case["capacities"])).all()


def test_nothing_fits() -> None:
    found = solve_selection([3.0, 2.0], [[5, 6]], [4])
    assert (found.chosen, found.value, found.status) == ((), 0.0, "optimal")


def test_a_negative_capacity_cannot_be_met() -> None:
    assert solve_selection([1.0], [[1.0]], [-1.0]).status == "infeasible"
