"""Prices: intervals hold the proven price, a proof is there on demand, and words print what is known."""

from __future__ import annotations

import pytest

from pmo_kit.arbitration import Allocation, Explanation, arbitrate, explain
from tests.bench.instances import question as random_question

NEAR = 1e-6


@pytest.fixture(scope="module")
def rough() -> Allocation:
    """Thirty projects, solved to 5 % only."""
    return arbitrate(random_question(30, gap=0.05))


@pytest.fixture(scope="module")
def intervals(rough: Allocation) -> Explanation:
    return explain(rough, exact=False)


@pytest.fixture(scope="module")
def proven(rough: Allocation) -> Explanation:
    return explain(rough, exact=True)


@pytest.mark.long
def test_intervals_hold_the_proven_price(intervals: Explanation, proven: Explanation) -> None:
    both = intervals.table.join(proven.table.add_suffix("_proven")).query("flip == flip_proven")
    assert len(both) > 20
    assert (both["price"] < both["price_upper"]).all()
    assert (both["price"] <= both["price_proven"] + NEAR).all()
    assert (both["price_proven"] <= both["price_upper"] + NEAR).all()


def test_an_interval_is_no_wider_than_the_gaps_of_plan_and_flip(rough: Allocation, intervals: Explanation) -> None:
    width = intervals.table["price_upper"] - intervals.table["price"]
    assert (width <= rough.bound - rough.value + 0.05 * rough.value + NEAR).all()
    assert (width > 0.001 * rough.value).any()  # the question's gap, not a fixed one


def test_undecided_where_the_interval_holds_zero(intervals: Explanation) -> None:
    table = intervals.table
    assert set(table["proof"]) == {"bounds", "undecided"}
    assert (table["proof"].eq("undecided") == table["price"].eq(0)).all()
    assert table.loc[table["proof"] == "undecided", "words"].str.contains("undecided").all()
    assert table.loc[table["proof"] == "bounds", "words"].str.contains(" to ").all()


@pytest.mark.long
def test_proven_on_demand_by_asking_again(rough: Allocation, proven: Explanation) -> None:
    question = rough.question.replace(gap=0.0)
    best = arbitrate(question)
    assert (proven.allocation.status, proven.allocation.gap) == ("optimal", 0.0)
    assert proven.allocation.value == pytest.approx(best.value, abs=NEAR)
    assert proven.table["proof"].isin(["exact", "impossible"]).all()
    for (project, level), row in proven.table.iloc[::4].iterrows():
        way = "in" if row["flip"] == "in" else "out"
        other = arbitrate(question.with_override(project, way, level if way == "in" else None))
        assert row["price"] == pytest.approx(best.value - other.value, abs=NEAR)


def test_beyond_a_hundred_projects_prices_are_intervals() -> None:
    found = explain(arbitrate(random_question(110, gap=0.05)), projects=["P00001"])
    assert set(found.table["proof"]) <= {"bounds", "undecided"}
