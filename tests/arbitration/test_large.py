"""Large questions answered from the relaxation and a core of options, against proven optima."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given, reject

from pmo_kit.arbitration import Question, arbitrate, frontier, search
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.arbitration.search import core_plan
from pmo_kit.arbitration.solving import Limits
from pmo_kit.errors import DataError, InfeasibleError
from tests.bench import instances
from tests.strategies import Case, brief, cases

NEAR = 1e-6


def ask(case: Case, gap: float) -> Question:
    try:
        return Question(case.register(), deferral=case.deferral, gap=gap)
    except DataError:
        reject()


@pytest.mark.long
@brief(8)
@given(cases())
def test_frontier_with_a_gap_is_within_it_of_every_plan(case: Case) -> None:
    """The best plan of the question is found by trying all of them; the bound is never below it."""
    question = ask(case, gap=0.05)
    if not compile_model(question).program.integer.all():
        return
    plans = [float(value) for value, _ in case.plans()]
    row = frontier(question, budgets=[1.0]).table.iloc[0]
    if not plans:
        assert row["status"] == "infeasible"
        return
    assert row["status"] == "optimal"
    assert row["value"] <= max(plans) + NEAR <= row["bound"] + 2 * NEAR


@pytest.mark.long
@brief(8)
@given(cases())
def test_a_core_searched_for_a_plan_keeps_the_bound_of_the_relaxation(case: Case) -> None:
    """Also where so few options are searched that most sets hold no plan; what is found is a plan."""
    question = ask(case, gap=0.05)
    for times in (1.0, 0.6, 1.3):
        model = compile_model(question.scaled(times))
        with patch.multiple(search, CORE=2, A_RULE=0, AROUND=3):
            found = core_plan(model, 0.05, Limits())
        try:
            best = arbitrate(question.scaled(times).replace(gap=0.0)).value
        except InfeasibleError:
            assert found is None
            continue
        if found is not None:
            assert found.plan is not None
            assert not model.evaluate(found.plan).broken
            assert found.value == model.evaluate(found.plan).value <= best * ONE + NEAR * ONE
            assert found.bound >= (best - NEAR) * ONE


def test_a_large_question_is_answered_from_its_core_within_the_gap() -> None:
    """Three budgets of 1,000 projects: each plan obeys the rules and lies within the gap of the relaxation."""
    asked = instances.question(1000, gap=1e-3)
    for times in (0.6, 0.9, 1.1):
        model = compile_model(asked.scaled(times))
        found = core_plan(model, 1e-3, Limits())
        assert found is not None
        assert found.plan is not None
        assert not model.evaluate(found.plan).broken
        assert found.bound == round(model.relaxed.bound * ONE)
        assert found.bound - found.value <= 1e-3 * model.question.built.free_value(found.plan) * ONE
