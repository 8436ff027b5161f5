"""Core, alternatives, inclusion frequency, ladder and areas on the hand-written register."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject

from pmo_kit.arbitration import Question, arbitrate, core_projects, frontier, inclusion_frequency
from pmo_kit.arbitration.options import LATER
from pmo_kit.errors import InfeasibleError
from pmo_kit.register import load_register
from tests.arbitration.test_brute_force import ask
from tests.strategies import Case, brief, cases

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "meridian_12"


@pytest.fixture(scope="module")
def question() -> Question:
    return Question(load_register(SAMPLE))


@pytest.mark.parametrize("epsilon", [0.01, 0.1, 0.15, 0.3])
def test_standing_follows_from_exact_prices(question: Question, epsilon: float) -> None:
    """Prices from the table in reference/meridian.md: P07*, P09, P10 3.0; P05, P06 4.5; P02 5.5; P03, P04 8.5."""
    price = {"P05": 4.5, "P06": 4.5, "P07": 3.0, "P09": 3.0, "P10": 3.0, "P02": 5.5, "P03": 8.5, "P04": 8.5}
    price |= {"P08": 9.0, "P11": 8.5}
    core = core_projects(question, epsilon)
    for project, row in core.table.iterrows():
        if price.get(project, np.inf) <= epsilon * 33.5:
            assert row["standing"] == "at the border"
        else:
            assert row["standing"] == ("in every good plan" if row["in_plan"] else "in no good plan")


def test_alternatives_are_good_and_different(question: Question) -> None:
    core = core_projects(question, 0.15)
    plans = [dict(core.allocation.plan), *map(dict, core.alternatives)]
    assert len({tuple(sorted(p.items())) for p in plans}) == len(plans)
    model = core.allocation._model
    for plan in plans:
        found = model.evaluate(model.positions(plan))
        assert not found.broken
        assert found.worth >= 0.85 * 33.5


def test_frequency_agrees_with_solving_every_sample(question: Question) -> None:
    rng = np.random.default_rng(3)
    samples = question.built.values * rng.uniform(0.6, 1.4, (12, len(question.built)))
    found = inclusion_frequency(question, samples, gap_projects=0.0)
    chosen = []
    for sample in samples:
        values = question.options["value"] * 0 + sample
        chosen.append(arbitrate(Question(question.register, value=values.rename("sampled"))).plan)
    for project, share in found.table["frequency"].items():
        inside = [plan.get(project, "stop") != "stop" for plan in chosen]
        assert share == pytest.approx(np.mean(inside))
    assert (found.gaps < 1e-6).all()
    assert (found.regret >= -1e-9).all()


@brief(40)
@given(cases())
def test_sampled_best_is_the_best_of_all_plans(case: Case) -> None:
    """Synergies, money carried over and soft rules included: every plan is tried under every sample."""
    question = ask(case)
    try:
        own = arbitrate(question)
    except InfeasibleError:
        reject()
    built = question.built
    samples = built.values * np.random.default_rng(6).uniform(0.5, 1.5, (2, len(built)))
    plans = []
    for value, plan in case.plans():
        chosen = [built.position(p, level + (LATER.format(years=k) if k else "")) for p, level, k in plan]
        plans.append((float(value) - built.values[chosen].sum(), chosen))
    assert max(rest + built.values[chosen].sum() for rest, chosen in plans) == pytest.approx(
        own.value, abs=1e-5
    )
    found = inclusion_frequency(question, samples, gap_projects=0.0, plan=own.plan)
    mine = list(own._positions)
    for sample, regret, gap in zip(samples, found.regret, found.gaps, strict=True):
        best = max(rest + sample[chosen].sum() for rest, chosen in plans)
        worth = own.value - built.values[mine].sum() + sample[mine].sum()
        assert regret == pytest.approx(best - worth, abs=1e-5)
        assert gap == pytest.approx(0.0, abs=1e-5)


def test_time_limit_of_samples_leaves_gaps_open(question: Question) -> None:
    samples = question.built.values * np.random.default_rng(3).uniform(0.2, 1.8, (2000, len(question.built)))
    found = inclusion_frequency(
        question.replace(time_limit=0.2), samples, gap_projects=0.0, plan=arbitrate(question).plan
    )
    assert found.gaps.max() > 0
    assert (found.regret >= -1e-9).all()


def test_losses_add_up(question: Question) -> None:
    ladder = frontier(question, budgets=[0.7, 0.8, 0.9, 1.0])
    values = ladder.table.set_index("factor")["value"]
    lost = ladder.losses().groupby("factor")["value"].sum()
    for factor, value in values.items():
        assert lost.get(factor, 0.0) == pytest.approx(value - 33.5)
    assert ladder.table["best_value"].is_monotonic_increasing
