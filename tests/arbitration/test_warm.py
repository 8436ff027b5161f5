"""Frontiers from a warm relaxation, against proven optima."""

from __future__ import annotations

import pytest
from hypothesis import given, reject

from pmo_kit.arbitration import Question, arbitrate, frontier
from pmo_kit.arbitration.budgets import good_plan, relax
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.arbitration.solving import relaxed_solver
from pmo_kit.errors import DataError, InfeasibleError
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
def test_bound_holds_however_the_limits_move(case: Case) -> None:
    """One relaxation kept warm over four budgets: never below the best plan, and what it finds is a plan."""
    question = ask(case, gap=0.05)
    if not compile_model(question).program.integer.all():
        return
    highs = relaxed_solver(compile_model(question).program)
    for times in (1.0, 0.6, 1.3, 1.0):
        model = compile_model(question.scaled(times))
        found = good_plan(highs, model, 0.05)
        relaxed = relax(highs, model)
        try:
            best = arbitrate(question.scaled(times).replace(gap=0.0)).value
        except InfeasibleError:
            assert found is None
            continue
        assert relaxed is not None
        assert relaxed[0] >= best - NEAR
        if found is not None:
            assert found.plan is not None
            assert not model.evaluate(found.plan).broken
            assert found.value <= model.evaluate(found.plan).value <= best * ONE + NEAR * ONE
