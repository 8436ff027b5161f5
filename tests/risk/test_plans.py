"""Plans side by side in the same futures: what each gives, and which of two is the better one how often."""

from dataclasses import replace

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.facts import count
from pmo_kit.figures import risk as figures
from pmo_kit.risk import Bases, compare_bases, price_shares, share_better, simulate_plan


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    """A favorite that is worth 10 as planned and 4 on average, and two others of 7 each; money for one or for both."""
    return pmo.Question(
        pmo.Register(
            settings=pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["none", "2027"]}),
            projects=pd.DataFrame({"project_id": ["A", "B", "C"], "name": ["One", "Two", "Three"], "area": "X"}),
            costs=pd.DataFrame({"project_id": ["A", "B", "C"], "year": 2027, "amount": [10.0, 9.0, 1.0]}),
            benefits=pd.DataFrame({"project_id": ["A", "B", "C"], "year": 2029, "amount": [20.0, 16.0, 3.0]}),
            estimates=pd.DataFrame(
                {"project_id": ["A", "A", "B"], "quantity": ["cost", "benefit", "cost"], "low": [0.9, 0.4, 0.6],
                 "likely": 1.0, "high": [1.1, 1.0, 1.4]}
            ),
            risks=pd.DataFrame(
                {"project_id": ["A"], "risk": ["R"], "probability": [0.5], "cost_low": 8.0, "cost_likely": 8.0,
                 "cost_high": 8.0, "period": ["2029"]}
            ),
            budgets=pd.DataFrame({"envelope": "all", "year": [2027, 2029], "amount": [10.0, 5.0]}),
        )
    )  # fmt: skip


@pytest.fixture(scope="module")
def bases(question: pmo.Question) -> Bases:
    return compare_bases(question, 0.8, draws=2000)


def test_the_three_plans(bases: Bases) -> None:
    """A is 10 as planned and 20 x 0.9 - 10 - 4 = 4 on average; B and C are 7 and 2 both ways, B up to 3.6 dearer."""
    table = bases.table
    assert {name: set(plan.plan) for name, plan in bases.allocations.items()} == {
        "expected": {"B", "C"}, "likely": {"A"}, "sure": {"C"},
    }  # fmt: skip
    assert table["planned"].tolist() == pytest.approx([9, 10, 2])
    assert table["expected"].tolist() == pytest.approx([9, 4, 2])
    assert table["mean"].tolist() == pytest.approx([9, 4, 2], abs=0.02)
    assert table.loc["expected", "fits"] == pytest.approx(0.5, abs=0.03)  # B's cost is symmetric
    assert table.loc["sure", "fits"] == 1.0
    assert table.loc["likely", ["leaves", "enters"]].tolist() == [("B", "C"), ("A",)]
    assert bases.fit.given_up == pytest.approx(7)
    fits = f"{100 * table.loc['expected', 'fits']:.0f}"
    assert f"{fits} % of the futures and is worth 9.0 on average" in bases.summary


def test_a_plan_is_better_in_as_many_futures_whichever_way_it_is_asked(bases: Bases, question: pmo.Question) -> None:
    plans = {name: dict(plan.plan) for name, plan in bases.allocations.items()}
    found = share_better(question, plans["expected"], plans, draws=2000)
    drawn = {name: simulate_plan(question, plan, 2000) for name, plan in plans.items()}
    for name in ("likely", "sure"):
        assert found.loc[name, "better"] == drawn["expected"].beats(drawn[name])
        assert 1 - found.loc[name, "better"] == pytest.approx(bases.table.loc[name, "better"])
        gain = (drawn["expected"].totals["npv"] - drawn[name].totals["npv"]).to_numpy()
        assert found.loc[name, ["gain", "spread"]].tolist() == pytest.approx([gain.mean(), gain.std()], abs=1e-4)
    assert found.loc["expected"].tolist() == [0, 0, 0]


def test_a_share_stands_beside_every_price(question: pmo.Question) -> None:
    reasons = pmo.explain(pmo.arbitrate(question))
    found = price_shares(reasons, draws=2000)
    assert set(found.index) == set(reasons.table.index[reasons.table["price"].notna()])
    mine = simulate_plan(question, reasons.allocation.plan, 2000)
    for key, row in found.iterrows():
        plan = reasons.plan(*key)
        assert plan is not None
        assert (plan.get(key[0]) == key[1]) != reasons.table.loc[key, "in_plan"]
        other = simulate_plan(question, plan, 2000)
        assert row["better"] == mine.beats(other)
        assert row["close"] == (reasons.table.loc[key, "price"] < row["spread"])
        assert row["gain"] == pytest.approx(reasons.table.loc[key, "price"], abs=0.1)


def test_they_are_shown(bases: Bases) -> None:
    exhibit = figures.bases(bases)
    pmo.show(exhibit)
    assert "expected to be worth 4.0; the recommended plan is 9.0" in exhibit.title
    assert exhibit.data["into"].tolist() == ["", "One", ""]


def test_a_plan_worth_more_as_planned_than_the_best_as_planned_is_told_to_break_limits(bases: Bases) -> None:
    """Only breaking a limit can make it so: how many it would break stands under the table, and nowhere else."""
    recommended, table = bases.simulations["expected"], bases.table.copy()
    for planned in (table.loc["likely", "planned"] - 1, table.loc["likely", "planned"] + 1):
        table.loc["expected", "planned"] = planned
        for room in (-1.0, 1.0):
            limits = recommended.exceedance.assign(available=recommended.exceedance["planned"] + room)
            other = replace(recommended)
            vars(other)["_limits"] = (limits, recommended._limits[1])
            note = figures.bases(
                replace(bases, _table=table, simulations={**bases.simulations, "expected": other})
            ).note
            breaks = room < 0 and planned > table.loc["likely", "planned"]
            assert (f"would exceed {count(len(limits), 'limit')}." in note) == breaks
