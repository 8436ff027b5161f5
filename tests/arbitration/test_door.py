"""What cannot be asked is refused in words, all of it at once, before anything is solved."""

from __future__ import annotations

from math import nan

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.arbitration import (
    Capacity,
    Count,
    Envelope,
    Mandatory,
    limits_worth,
    override_ledger,
    solve_selection,
)
from pmo_kit.errors import InputError
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
