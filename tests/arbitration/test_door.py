"""What cannot be asked is refused in words, all of it at once, before anything is solved."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit import arbitration
from pmo_kit.arbitration import (
    Capacity,
    Count,
    Demand,
    Envelope,
    Group,
    Mandatory,
    Share,
    Spend,
    Synergy,
    limits_worth,
    override_ledger,
    solve_selection,
)
from pmo_kit.errors import DataError, InputError
from pmo_kit.register import Register
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def register() -> Register:
    return shipped_register("meridian_12")


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"gap": -0.1}, "gap is -0.1: it is at least 0 and at most 1"), ({"gap": nan}, "gap"), ({"gap": 5}, "gap"),
     ({"deferral": -1}, "deferral is -1: it is at least 0"), ({"deferral": 1.5}, "deferral is 1.5: it must be a whole"),
     ({"deferral": None}, "deferral"),
     ({"node_limit": 0}, "node_limit is 0: it is at least 1"), ({"time_limit": -1.0}, "time_limit"),
     ({"overrides": "no"}, "overrides is True or False"), ({"value": 7}, "value is the name of a column"),
     ({"value": "bcr"}, "cannot be added up"), ({"value": "nvp"}, "There is no value 'nvp'"),
     ({"value": pd.Series([1.0], index=["P01"])}, "the index (project_id, level)"),
     ({"rules": ["P01 in"]}, "Envelope, Capacity")],
)  # fmt: skip
def test_a_question_that_cannot_be_asked(register: Register, fields: dict, words: str) -> None:
    with pytest.raises(InputError) as caught:
        pmo.Question(register, **fields)
    assert words in str(caught.value)


def test_every_problem_at_once(register: Register) -> None:
    with pytest.raises(InputError) as caught:
        pmo.Question(register, gap=-1, deferral=-1, overrides=3)
    assert all(name in str(caught.value) for name in ("gap", "deferral", "overrides"))


def test_rules_that_name_what_is_not_there(register: Register) -> None:
    question = pmo.Question(register)
    wrong = [Mandatory(project_id="P99"), Envelope(envelope="all", year=2027, amount=nan),
             Capacity(role="data_engineer", period="2028", fte=-1.0),
             Count(rule="few", maximum=2, price=-1.0)]  # fmt: skip
    with pytest.raises(InputError) as caught:
        question.with_rules(*wrong)
    assert all(words in str(caught.value) for words in ("P99", "amount is nan", "below zero", "its price"))
    for factor in (-0.1, nan, 85):
        with pytest.raises(InputError):
            question.scaled(factor)


def test_what_is_no_question_and_no_allocation(register: Register) -> None:
    for call in (
        lambda: pmo.Question("data/samples/meridian_12"),
        lambda: pmo.arbitrate(register),
        lambda: pmo.explain(pmo.Question(register)),
    ):
        with pytest.raises(InputError, match="pmo"):
            call()
    allocation = pmo.arbitrate(pmo.Question(register))
    with pytest.raises(InputError, match="P77"):
        pmo.explain(allocation, projects=["P08", "P77"])
    with pytest.raises(InputError, match="no limit 'nothing'"):
        limits_worth(allocation, names=["nothing"])


@pytest.mark.parametrize(
    "asked",
    [([1, nan], [[1, 1]], [1]), ([1, 2], [[1]], [1]), ([1, 2], [[1, 2], [3]], [1, 1]), (["a"], [[1]], [1])],
)
def test_a_selection_of_what_are_no_numbers(asked: tuple) -> None:
    with pytest.raises(InputError, match="solve_selection"):
        solve_selection(*asked)


def test_orders_on_record_are_in_force_or_set_aside_and_always_priced() -> None:
    register = shipped_register("meridian")
    asked, lifted = pmo.Question(register), pmo.Question(register, overrides=False)
    assert {order.name for order in asked.orders} == {order.name for order in lifted.orders}
    assert all(order.active for order in asked.orders)
    assert not any(order.active for order in lifted.orders)
    assert lifted.fingerprint == asked.replace(overrides=False).fingerprint
    assert asked.replace(overrides=False).replace(overrides=True).fingerprint == asked.fingerprint
    what_if = lifted.with_override("P08", "in", reason="what-if")
    assert [order.project_id for order in what_if.orders if order.active] == ["P08"]
    with_, without = override_ledger(asked), override_ledger(lifted)
    assert with_.joint == without.joint == pytest.approx(pmo.arbitrate(lifted).value - pmo.arbitrate(asked).value)
    pd.testing.assert_frame_equal(with_.table.drop(columns="active"), without.table.drop(columns="active"))


@pytest.mark.parametrize(
    ("ask", "words"),
    [(lambda q, a: q.rule("envelop all 2027"), "There is no rule 'envelop all 2027'; did you mean 'envelope"),
     (lambda q, a: q.without("envelope all 2027", "no such rule"), "There is no rule 'no such rule'"),
     (lambda q, a: q.with_override("P99", "in"), "There is no project 'P99'; did you mean 'P09'?"),
     (lambda q, a: q.with_override("P01", "in", "huge"), "has no level 'huge'"),
     (lambda q, a: pmo.explain(a, projects=["P99"]), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.letter(a, "P99"), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.what_would_admit(a, "P99"), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.what_would_admit(a, "P11", "huge"), "has no level 'huge'"),
     (lambda q, a: arbitration.turning_points(a, projects=["P99"]), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.turning_points(a, ("peple",)), "did you mean 'people'?"),
     (lambda q, a: limits_worth(a, ["all mony"]), "did you mean 'all money'?"),
     (lambda q, a: a.worth_of({"P99": "full"}), "no project 'P99'; did you mean"),
     (lambda q, a: pmo.simulate(a, draws=5, uplifts={"P99": 0.2}), "did you mean 'P09'?"),
     (lambda q, a: pmo.simulate(a, draws=5).spending("al", 2027), "did you mean 'all'?"),
     (lambda q, a: pmo.simulate(a, draws=5).spending("all", 1927), "There is no year '1927'"),
     (lambda q, a: pmo.simulate(a, draws=5).cvar("costs"), "did you mean 'cost'?"),
     (lambda q, a: pmo.simulate(a, draws=5).s_curve("npw"), "did you mean 'npv'?"),
     (lambda q, a: pmo.risk.simulate_plan(q, {"P99": "full"}, 5), "no project 'P99'; did you mean"),
     (lambda q, a: pmo.risk.share_better(q, a.plan, {"other": {"P99": "full"}}, 5), "no project 'P99'"),
     (lambda q, a: pmo.compare(q, [pmo.Scenario("x", capacity={"data_enginer": 0.5})]), "did you mean 'data_engineer'"),
     (lambda q, a: pmo.compare(q, [pmo.Scenario("x", budget={"al": 0.5})]), "did you mean 'all'"),
     (lambda q, a: pmo.compare(q, [pmo.Scenario("x", rules_off=["envelop all 2027"])]), "did you mean 'envelope all"),
     (lambda q, a: pmo.compare(q, [pmo.Scenario("x", budget=0.9)]).holds("P99"), "no project 'P99'; did you mean")],
)  # fmt: skip
def test_a_name_that_is_not_there_is_refused_with_those_that_may_be_meant(
    register: Register, ask: Callable[[Any, Any], object], words: str
) -> None:
    question = pmo.Question(register)
    with pytest.raises((InputError, DataError)) as caught:
        ask(question, pmo.arbitrate(question))
    assert words in str(caught.value)


SCALE = pd.MultiIndex.from_tuples([("P01", "full"), ("P99", "full")], names=["project_id", "level"])


@pytest.mark.parametrize(
    ("ask", "words"),
    [(lambda q: q.with_rules(Share(rule="s", scope="all", minimum=30)), "write 0.3 for 30 %"),
     (lambda q: q.with_rules(Share(rule="s", scope="all", minimum=0.1, of="plan")), "of is portfolio or envelope"),
     (lambda q: q.with_rules(Share(rule="s", scope="all", minimum=0.1, per="month")), "per is year or horizon"),
     (lambda q: q.with_rules(Spend(rule="s", maximum=1.0, measure="cash")), "measure is spend or capex or pv_cost"),
     (lambda q: q.with_rules(Share(rule="s", scope="colour=red", minimum=0.1)), "no column 'colour'"),
     (lambda q: q.with_rules(Share(rule="s", scope="red", minimum=0.1)), "neither 'all' nor column=value"),
     (lambda q: q.with_rules(Count(rule="c", scope="project_id=P99", maximum=1)), "no project 'P99'"),
     (lambda q: q.with_rules(Count(rule="c", minimum="3")), "minimum is '3': it must be a number"),
     (lambda q: q.with_rules(Count(rule="c", maximum=nan)), "maximum is nan"),
     (lambda q: q.with_rules(Count(rule="c", maximum=3, price=nan)), "price is nan"),
     (lambda q: q.with_rules(Envelope(envelope="all", year=2027, amount="12")), "amount is '12': it must be a number"),
     (lambda q: q.with_rules(Envelope(envelope="all", year=2027, amount=None)), "amount is nothing: it must be"),
     (lambda q: q.with_rules(Envelope(envelope="all", year="2027", amount=12)), "year is '2027': it must be a number"),
     (lambda q: q.with_rules(Envelope(envelope="all", year=2027, amount=np.float32(nan))), "amount is nan"),
     (lambda q: q.with_rules(Envelope(envelope="all", year=2027, amount=1, carry_limit=-1)), "below zero"),
     (lambda q: q.with_rules(Demand(rule="d", demand=(("P01", None, nan),), maximum=3)), "demand is nan"),
     (lambda q: q.with_rules(Demand(rule="d", demand=(("P99", None, 1),), maximum=3)), "no project 'P99'"),
     (lambda q: q.with_rules(Group(group="g", members=())), "names no projects"),
     (lambda q: q.with_rules(Synergy(project_id="P01", other_id="P02", amount=nan)), "amount is nan"),
     (lambda q: q.with_rules(Synergy(project_id="P01", other_id="P02", amount=1, quantity="money")), "value or cost"),
     (lambda q: pmo.arbitrate(q.with_rules(Synergy(project_id="P01", other_id="P02", amount=1, quantity="cost"))),
      "needs a year"),
     (lambda q: q.with_rules(None), "Rules are made with"),
     (lambda q: q.with_rules(Capacity(role="data_enginer", period="2028", fte=3)), "did you mean 'data_engineer'?"),
     (lambda q: q.with_rules(Capacity(role="data_engineer", period="1999", fte=3)), "There is no period '1999'"),
     (lambda q: pmo.Question(q.register, rules=[*q.rules, Capacity(role="welder", period="2028", fte=3)]),
      "There is no role 'welder'"),
     (lambda q: q.with_rules(Share(rule="s", scope="area=Digitl", minimum=0.1)), "no area 'Digitl'; did you mean"),
     (lambda q: q.with_rules(Envelope(envelope="c", scope="kind=capx", year=2027, amount=1)), "did you mean 'capex'?"),
     (lambda q: q.with_rules(Envelope(envelope="f", scope="fund=no fund", year=2027, amount=1)), "no fund 'no fund'"),
     (lambda q: q.with_rules(Envelope(envelope="all", year=1999, amount=1)), "its year is past"),
     (lambda q: pmo.core_projects(q, seed="a"), "seed is 'a': it must be a number"),
     (lambda q: pmo.simulate(pmo.arbitrate(q), draws=10, seed=1.5), "seed is 1.5: it must be a whole number"),
     (lambda q: pmo.simulate(pmo.arbitrate(q), draws=0), "draws is 0: it is at least 1"),
     (lambda q: pmo.risk.fit_envelopes(q, draws=10, seed=None), "seed is nothing"),
     (lambda q: pmo.risk.simulate_plan(q, {}, 10, seed=True), "seed is True"),
     (lambda q: pmo.rank_robustness(pmo.prioritize(q.register), 10, seed="a"), "seed is 'a'"),
     (lambda q: pmo.prioritization.rank_acceptability([[1.0]], 10, seed="a"), "seed is 'a'"),
     (lambda q: q.with_override("P01", "maybe"), "in_out is in or out, not 'maybe'"),
     (lambda q: q.replace(last_plan=["P01"]), "last_plan says project_id -> level"),
     (lambda q: arbitration.revalued(q, {"P01": 1.0}), "or a Series, not dict"),
     (lambda q: arbitration.revalued(q, pd.Series([1.0], index=["P01"])), "the index (project_id, level)"),
     (lambda q: arbitration.revalued(q, pd.Series([1.0, 1.0], index=SCALE)), "not in the register: P99"),
     (lambda q: pmo.Question(q.register, pd.Series(inf, index=q.options.index)), "numbers that have an end"),
     (lambda q: pmo.core_projects(q, nan), "epsilon is nan"),
     (lambda q: pmo.core_projects(q, 5), "write 0.05 for 5 %"),
     (lambda q: pmo.frontier(q, []), "each stated once"),
     (lambda q: pmo.frontier(q, [1, 1]), "each stated once"),
     (lambda q: pmo.frontier(q, ["all"]), "must be a number"),
     (lambda q: pmo.frontier(q, [0.9, 1], nested=True, weights=["a", 1]), "a weight is 'a'"),
     (lambda q: pmo.frontier(q, [0.9, 1], nested=True, weights=[nan, 1]), "a weight is nan"),
     (lambda q: pmo.frontier(q, [0.9, 1], nested=True, weights=[-1, 1]), "a weight is -1"),
     (lambda q: arbitration.money_moves(pmo.arbitrate(q), ["two"]), "must be a number"),
     (lambda q: pmo.compare(q, [pmo.Scenario("x"), pmo.Scenario("x")]), "Two scenarios have one name"),
     (lambda q: pmo.risk.fit_envelopes(q, 80), "write 0.8 for 80 %"),
     (lambda q: pmo.prioritize(q.register, method="best"), "not 'best'"),
     (lambda q: pmo.prioritize(q.register, weights={"health": 1.0}), "did you mean 'health_risk'?")],
)  # fmt: skip
def test_what_no_rule_and_no_answer_can_hold_is_refused_in_words(
    register: Register, ask: Callable[[Any], object], words: str
) -> None:
    with pytest.raises(InputError) as caught:
        ask(pmo.Question(register))
    assert words in str(caught.value)


def test_envelopes_of_years_that_are_past_count_in_nothing(register: Register) -> None:
    """What is past is spent or gone: no total, share or carry-over holds it, and the question says so."""
    budgets = register.table("budgets")
    gone = budgets.iloc[:1].assign(year=[2026], amount=100.0, carry_limit=50.0)
    question = pmo.Question(register.replace(budgets=pd.concat([budgets, gone], ignore_index=True)))
    today = pmo.Question(register)
    assert {rule.name for rule in question.rules} == {rule.name for rule in today.rules}
    assert repr(question).endswith("one envelope of years before 2027 counted in nothing")
    assert "counted in nothing" not in repr(today)
    assert pmo.frontier(question, [1.0]).table["budget"].tolist() == pmo.frontier(today, [1.0]).table["budget"].tolist()


def test_a_last_plan_counts_as_far_as_it_still_exists(register: Register) -> None:
    best = pmo.arbitrate(pmo.Question(register))
    for last in ({}, {"P99": "full"}, {"P01": "no such level"}):
        assert pmo.arbitrate(pmo.Question(register, last_plan=last)).plan == best.plan


def test_letters_of_two_equal_projects_say_that_either_could_be_taken() -> None:
    ids = ["A", "B", "C"]
    register = pmo.Register(
        settings={"currency": "EUR", "money_unit": "million", "price_basis": "nominal", "as_of": "2026-09-30"},
        projects=pd.DataFrame({"project_id": ids, "name": ["a", "b", "c"], "area": "x"}),
        costs=pd.DataFrame({"project_id": ids, "year": 2027, "amount": [10.0, 10.0, 5.0]}),
        benefits=pd.DataFrame(
            {"project_id": ids, "benefit": "more", "year": 2028, "kind": "cash", "amount": [20.0, 20.0, 30.0]}
        ),
        budgets=pd.DataFrame({"envelope": ["all"], "scope": ["all"], "year": [2027], "amount": [15.0]}),
    )
    allocation = pmo.arbitrate(pmo.Question(register))
    equal = ["either could be taken" in arbitration.letter(allocation, project) for project in ids]
    assert equal == [True, True, False]
