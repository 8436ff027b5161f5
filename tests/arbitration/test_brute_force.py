"""The engine against trying every plan, under every kind of rule."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf

import pandas as pd
import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from pmo_kit.arbitration import (
    Demand,
    Envelope,
    Excludes,
    Group,
    Override,
    Question,
    Requires,
    Rule,
    Share,
    Synergy,
    arbitrate,
    explain,
)
from pmo_kit.arbitration.options import LATER
from pmo_kit.arbitration.rules import Limit, Range
from pmo_kit.errors import DataError, InfeasibleError
from pmo_kit.register import Register
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


@pytest.mark.long
@brief(20)
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


@pytest.mark.long
@brief(12)
@given(st.integers(1, 60), st.integers(1, 60))
def test_what_discounting_makes_equal_is_not_called_the_only_best(early: int, late: int) -> None:
    """One project earns in two years what two others, which it shuts out, earn in one each: rounding parts them."""
    ids, each = list("ABC"), {"project_id": list("ABC"), "level": "full"}
    earned = [("A", 2028, early), ("A", 2029, late), ("B", 2028, early), ("C", 2029, late)]
    project, year, amount = zip(*earned, strict=True)
    benefits = {"project_id": project, "level": "full", "benefit": "b", "year": year, "amount": amount}
    register = Register(
        projects=pd.DataFrame({"project_id": ids, "name": ids, "area": "x", "commitment": "discretionary"}),
        levels=pd.DataFrame(each),
        costs=pd.DataFrame({**each, "year": 2027, "kind": "capex", "amount": 0.0}),
        benefits=pd.DataFrame(benefits).assign(amount=lambda table: table["amount"] / 2),
        links=pd.DataFrame({"project_id": "A", "relation": "excludes", "other_id": ["B", "C"]}),
        budgets=pd.DataFrame({"envelope": "all", "scope": "all", "year": [2027, 2028, 2029], "amount": 1.0}),
        settings=pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["flat_10", "2027"]}),
    )
    a = arbitrate(Question(register))
    assert a.unique is False
    assert a.next_best_value == pytest.approx(a.value, abs=1e-9)
    assert a.gap == 0.0


def looser(rule: Rule, by: float, floors: bool) -> list[Rule]:
    """The same rule made easier to obey, in every way there is; `floors`: a least share stands on the envelopes."""
    found = [replace(rule, active=False), replace(rule, price=by if rule.price is None else rule.price / 2)]
    if isinstance(rule, Limit) and not (floors and isinstance(rule, Envelope)):
        found.append(rule.changed(by))
    if isinstance(rule, Envelope):
        found.append(replace(rule, carry_limit=rule.carry_limit + by))
    if isinstance(rule, Range):
        found += [replace(rule, minimum=None), replace(rule, maximum=None)]
    if isinstance(rule, Requires | Excludes):
        found.append(replace(rule, level=rule.level or "full"))
    if isinstance(rule, Override):
        found.append(replace(rule, level=None if rule.in_out == "in" else rule.level or "full"))
    if isinstance(rule, Group):
        found += [replace(rule, least=0), replace(rule, least=0, members=rule.members[1:])]
    return found


@pytest.mark.long
@brief(10)
@given(cases(most=5), st.data())
def test_whatever_is_made_looser_never_lowers_the_best_value(case: Case, data: st.DataObject) -> None:
    """Any rules of any kind relaxed, enlarged, made soft or removed, one upon the other."""
    question, before = ask(case), -inf
    for _ in range(4):
        try:
            now = arbitrate(question).value
        except InfeasibleError:
            now = -inf
        assert now >= before - NEAR
        rules = [r for r in question.active_rules if not isinstance(r, Synergy)]
        if not rules:
            return
        floors = any(isinstance(r, Share) and r.of == "envelope" and r.minimum is not None for r in rules)
        rule = data.draw(st.sampled_from(rules))
        new = data.draw(st.sampled_from(looser(rule, data.draw(st.sampled_from([0.5, 1.0, 3.0])), floors)))
        question = question.replace(rules=tuple(new if r is rule else r for r in question.rules))
        before = now


@brief(6)
@given(cases(least=10, most=12))
def test_best_of_twelve(case: Case) -> None:
    check_best(case)


@pytest.mark.slow
@brief(400)
@given(cases(least=9, most=12))
def test_best_of_twelve_hundreds_of_times(case: Case) -> None:
    check_best(case)


@brief(8)
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
