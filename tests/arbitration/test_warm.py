"""Frontiers and samples from a warm relaxation and exchanges, against proven optima."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given, reject

from pmo_kit.arbitration import Question, arbitrate, frontier, inclusion_frequency
from pmo_kit.arbitration.model import compile_model
from pmo_kit.arbitration.options import LATER
from pmo_kit.arbitration.warm import Warm
from pmo_kit.errors import DataError, InfeasibleError
from tests.strategies import Case, brief, cases

NEAR = 1e-6


def ask(case: Case, gap: float) -> Question:
    try:
        return Question(case.register(), deferral=case.deferral, gap=gap)
    except DataError:
        reject()


@brief(25)
@given(cases())
def test_frontier_with_a_gap_is_within_it_of_every_plan(case: Case) -> None:
    """The best plan of the question is found by trying all of them; the bound is never below it."""
    question = ask(case, gap=0.05)
    if not Warm.fits(compile_model(question)):
        return
    plans = [float(value) for value, _ in case.plans()]
    row = frontier(question, budgets=[1.0]).table.iloc[0]
    if not plans:
        assert row["status"] == "infeasible"
        return
    assert row["status"] == "optimal"
    assert row["value"] <= max(plans) + NEAR <= row["bound"] + 2 * NEAR


def every_plan(case: Case, question: Question) -> np.ndarray:
    """Every plan that obeys the rules, tried one by one, as rows of zeros and ones."""
    plans = [plan for _, plan in case.plans()]
    rows = np.zeros((len(plans), len(question.options)))
    for row, plan in zip(rows, plans, strict=True):
        for project, level, years in plan:
            row[question.built.position(project, level + (LATER.format(years=years) if years else ""))] = 1.0
    return rows


@brief(25)
@given(cases())
def test_bound_holds_and_a_plan_is_found_for_other_values(case: Case) -> None:
    question = ask(case, gap=0.05)
    model = compile_model(question)
    if not Warm.fits(model):
        return
    plans = every_plan(case, question)
    if not len(plans):
        return
    warm, rng = Warm(model), np.random.default_rng(5)
    for _ in range(3):
        values = question.built.values * rng.uniform(0.5, 1.5, model.n)
        best = (plans @ values).max()
        relaxed = warm.relax(values)
        assert relaxed is not None
        assert relaxed.bound >= best - NEAR
        found = warm.near(relaxed, [], relaxed.bound)
        if found is not None:
            assert not model.evaluate(np.flatnonzero(found).tolist()).broken
            assert found @ values <= best + NEAR


@brief(20)
@given(cases())
def test_every_sample_is_within_its_gap_of_the_optimum(case: Case) -> None:
    question = ask(case, gap=0.05)
    if not Warm.fits(compile_model(question)):
        return
    rng = np.random.default_rng(6)
    samples = question.built.values * rng.uniform(0.5, 1.5, (4, len(question.built)))
    try:
        own = arbitrate(question)
    except InfeasibleError:
        return
    plans, values = every_plan(case, question), question.built.values
    median = float(np.median(values[values > 0])) if (values > 0).any() else 1.0
    found = inclusion_frequency(question, samples, plan=own.plan)
    again = inclusion_frequency(question, samples, plan=own.plan)
    pd.testing.assert_frame_equal(found.table, again.table)
    mine = samples[:, list(own._positions)].sum(axis=1) + found.regret.to_numpy()
    for sample, worth, gap in zip(samples, mine, found.gaps, strict=True):
        best = (plans @ sample).max()
        assert worth <= best + NEAR <= worth + gap * median + 2 * NEAR
        assert gap <= 0.5 + NEAR
