"""What changed between two committees, drawn from numbers that add up exactly."""

import pytest

import pmo_kit as pmo
from pmo_kit.figures import attribution as figures


@pytest.fixture(scope="module")
def found() -> pmo.scenarios.Attribution:
    """meridian_12 with one engineer fewer and a dearer P10: 33.5 -> 28 (the enumeration of the sample's tests)."""
    before = pmo.load_register("data/samples/meridian_12")
    capacity = before.table("capacity").assign(fte=13.0)
    costs = before.table("costs")
    costs["amount"] = costs["amount"].where(costs["project_id"] != "P10", costs["amount"] * 1.5)
    return pmo.scenarios.attribute(
        pmo.Question(before), pmo.Question(before.replace(capacity=capacity, costs=costs))
    )


def test_the_bars_join_and_end_at_the_new_value(found: pmo.scenarios.Attribution) -> None:
    rows = figures.waterfall(found).data
    assert rows["value"].iloc[0] == 33.5
    assert rows["value"].iloc[-1] == found.after.value
    assert rows["start"].iloc[1:-1].tolist() == pytest.approx(rows["value"].iloc[:-2].tolist())
    assert rows["value"].iloc[-2] == pytest.approx(rows["value"].iloc[-1])


def test_the_causes_add_up(found: pmo.scenarios.Attribution) -> None:
    rows = figures.causes(found).data
    assert found.residual == 0
    for column in ("held", "reoptimized", "total", "shapley"):
        assert rows[column].iloc[:-1].sum() == pytest.approx(rows[column].iloc[-1])
    assert rows["total"].iloc[-1] == pytest.approx(found.after.value - 33.5)
