"""What cannot be asked is refused in words, all of it at once, before anything is solved."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit import arbitration
from pmo_kit.arbitration import (
    Capacity,
    Count,
    Envelope,
    Mandatory,
    limits_worth,
    override_ledger,
    solve_selection,
)
from pmo_kit.errors import DataError, InputError
from pmo_kit.register import Register


@pytest.fixture(scope="module")
def register() -> Register:
    return pmo.load_register("data/samples/meridian_12")


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"gap": -0.1}, "gap is a number from 0 to 1"), ({"gap": nan}, "gap"), ({"gap": 5}, "gap"),
     ({"deferral": -1}, "deferral is a whole number"), ({"deferral": 1.5}, "deferral"),
     ({"deferral": None}, "deferral"),
     ({"node_limit": 0}, "node_limit is a whole number of at least 1"), ({"time_limit": -1.0}, "time_limit"),
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
    register = pmo.load_register("data/samples/meridian")
    asked, lifted = pmo.Question(register), pmo.Question(register, overrides=False)
    assert {order.name for order in asked.orders} == {order.name for order in lifted.orders}
    assert all(order.active for order in asked.orders)
    assert not any(order.active for order in lifted.orders)
    assert lifted.fingerprint == asked.replace(overrides=False).fingerprint
    assert asked.replace(overrides=False).replace(overrides=True).fingerprint == asked.fingerprint
    what_if = lifted.with_override("P08", "in", reason="what-if")
    assert [order.project_id for order in what_if.orders if order.active] == ["P08"]
    with_, without = override_ledger(asked), override_ledger(lifted)
    assert (
        with_.joint
        == without.joint
        == pytest.approx(pmo.arbitrate(lifted).value - pmo.arbitrate(asked).value)
    )
    pd.testing.assert_frame_equal(with_.table.drop(columns="active"), without.table.drop(columns="active"))


@pytest.mark.parametrize(
    ("ask", "words"),
    [(lambda q, a: q.rule("envelop all 2027"), "There is no rule 'envelop all 2027'; did you mean 'envelope"),
     (lambda q, a: q.without("envelope all 2027", "no such rule"), "There is no rule 'no such rule'"),
     (lambda q, a: q.with_override("P99", "in"), "There is no project 'P99'; did you mean 'P09'?"),
     (lambda q, a: q.with_override("P01", "in", "huge"), "has no level 'huge'"),
     (lambda q, a: pmo.explain(a, projects=["P99"]), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.supports(a, ["P99"]), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.letter(a, "P99"), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.what_would_admit(a, "P99"), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.what_would_admit(a, "P11", "huge"), "has no level 'huge'"),
     (lambda q, a: arbitration.turning_points(a, projects=["P99"]), "no project 'P99'; did you mean"),
     (lambda q, a: arbitration.turning_points(a, ("peple",)), "did you mean 'people'?"),
     (lambda q, a: limits_worth(a, ["all mony"]), "did you mean 'all money'?"),
     (lambda q, a: a.worth_of({"P99": "full"}), "no project 'P99'; did you mean"),
     (lambda q, a: pmo.frontier(q, budgets=[0.85, 1.0]).losses(0.9), "no plan at the factor '0.9'"),
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
