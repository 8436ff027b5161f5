"""The line that holds, money between years and one year later, as a committee sees them."""

from __future__ import annotations

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.figures import arbitration as figures
from tests.figures.two_projects import two_projects


@pytest.mark.long
def test_lines_of_the_twelve() -> None:
    question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    allocation = pmo.arbitrate(question)
    order = pmo.frontier(question, [0.7, 0.85, 1.0, 1.1], nested=True)
    table = figures.holds(order)
    assert table.data["price"].tolist() == order.table["price"].tolist()
    assert table.data["projects"].iloc[-1] == len(order.order)
    moved = pmo.arbitration.money_moves(allocation, amounts=[1, 2])
    assert moved["gain"].max() == 0
    assert "would gain nothing" in figures.moves(allocation, moved).title
    costs = pmo.arbitration.cost_of_delay(allocation)
    later = figures.delay(allocation, costs)
    assert not costs["in_plan"].any() or costs.loc[costs["in_plan"], "cost"].isna().all()
    assert later.title == "No funded project may start a year later"


@pytest.mark.parametrize("basis", ["likely", "expected"])
def test_what_the_value_of_a_plan_is_called_is_said_alike(basis: str) -> None:
    """Net value alone would be another number where a question is asked on expected figures, or of points."""
    register = two_projects(budget=17.0)
    options = pmo.Question(register).options
    words = "expected" if basis == "expected" else "planned"
    goals = {
        "npv": f"{words} net value",
        "npsv": f"{words} net value to society",
        "points": "value",
    }
    for value, goal in goals.items():
        of = pd.Series(1.0, options.index, name="points") if value == "points" else value
        question = pmo.Question(register, value=of, basis=basis)
        assert question.goal == goal
        allocation, ladder = pmo.arbitrate(question), pmo.frontier(question, [0.6, 1.0])
        assert allocation.summary.lower().startswith(f"{goal} ")
        assert f"the {goal} goes from" in ladder.summary
        assert f" {goal} goes" in figures.frontier(ladder, allocation).takeaway
