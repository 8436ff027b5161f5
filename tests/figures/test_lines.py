"""The line that holds, money between years and one year later, as a committee sees them."""

from __future__ import annotations

import pytest

import pmo_kit as pmo
from pmo_kit.figures import arbitration as figures


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
