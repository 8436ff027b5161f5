"""The engine against trying every plan, under every kind of rule."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, reject

from pmo_kit.arbitration import Demand, Question, arbitrate, explain
from pmo_kit.arbitration.options import LATER
from pmo_kit.errors import DataError, InfeasibleError
from tests.strategies import Case, brief, cases

NEAR = 1e-6
Plan = frozenset[tuple[str, str]]


def every_plan(case: Case, most: int | None = None) -> list[tuple[Fraction, Plan]]:
    """Plans as (project, level) with the engine's names for delays, the best first."""
    return [
        (value, frozenset((p, level + (LATER.format(years=k) if k else "")) for p, level, k in plan))
        for value, plan in case.best(most)
    ]


def ask(case: Case) -> Question:
    """The question; a register that is refused by its own checks is not a case."""
    try:
        register = case.register()
    except DataError:
        reject()
    question = Question(register, deferral=case.deferral)
    if case.change is None:
        return question
    demand = tuple((p.id, None, 1.0) for p in case.projects)
    return question.with_rules(Demand(rule="change", demand=demand, maximum=float(case.change)))


@brief(60)
@given(cases())
def test_best_next_best_and_ties(case: Case) -> None:
    plans = every_plan(case)
    question = ask(case)
    if not plans:
        with pytest.raises(InfeasibleError) as caught:
            arbitrate(question)
        assert caught.value.conflict
        return
    a = arbitrate(question)
    best = plans[0][0]
    assert a.value == pytest.approx(float(best), abs=NEAR)
    assert (a.status, a.gap) == ("optimal", 0.0)
    tied = [plan for value, plan in plans if best - value < NEAR / 10]
    assert frozenset(a.plan.items()) in tied
    assert a.unique == (len(tied) == 1)
    if len(plans) > 1:
        assert a.next_best_value == pytest.approx(float(plans[1][0]), abs=NEAR)
    else:
        assert a.next_best is None


def check_best(case: Case) -> None:
    """Value, and whether another plan is as good, of the best of many plans; or that there is none."""
    plans = every_plan(case, 2)
    question = ask(case)
    if not plans:
        with pytest.raises(InfeasibleError):
            arbitrate(question)
        return
    a = arbitrate(question)
    assert a.value == pytest.approx(float(plans[0][0]), abs=NEAR)
    if len(plans) > 1:
        assert a.unique == (plans[0][0] - plans[1][0] >= NEAR / 10)
        assert a.next_best_value == pytest.approx(float(plans[1][0]), abs=NEAR)


@brief(18)
@given(cases(least=10, most=12))
def test_best_of_twelve(case: Case) -> None:
    check_best(case)


@pytest.mark.slow
@brief(400)
@given(cases(least=9, most=12))
def test_best_of_twelve_hundreds_of_times(case: Case) -> None:
    check_best(case)


@brief(25)
@given(cases(most=5))
def test_prices_and_whom_they_displace(case: Case) -> None:
    plans = every_plan(case)
    if not plans:
        return
    a = arbitrate(ask(case))
    base = {p for p, level in a.plan.items() if level != "stop"}
    for (project, level), row in explain(a).table.iterrows():
        if row["flip"] == "in":
            kept = [(v, plan) for v, plan in plans if (project, level) in plan]
        elif level == "stop":
            kept = [(v, plan) for v, plan in plans if (project, "stop") not in plan]
        else:
            kept = [(v, plan) for v, plan in plans if project not in {p for p, x in plan if x != "stop"}]
        if not kept:
            assert row["proof"] == "impossible"
            assert row["blocked_by"]
            continue
        best = kept[0][0]
        assert row["proof"] == "exact"
        assert row["value"] == pytest.approx(float(best), abs=NEAR)
        assert row["price"] == pytest.approx(a.value - float(best), abs=NEAR)
        tied = [{p for p, x in plan if x != "stop"} for value, plan in kept if best - value < NEAR / 10]
        assert set(row["displaces"]) == base - set().union(*tied)
        assert set(row["admits"]) == set.intersection(*tied) - base
