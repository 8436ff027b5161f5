"""Limits end a search honestly: the best plan so far, its bound, and no claim of a proof."""

from __future__ import annotations

import itertools
import os
import signal
import time
from dataclasses import replace
from math import inf
from typing import Any

import pandas as pd
import pytest

from pmo_kit.arbitration import Question, allocation, arbitrate
from pmo_kit.arbitration.model import NO_BOUND, ONE, compile_model
from pmo_kit.arbitration.search import Found, Pool, best_plan, core_plan, settle_tie
from pmo_kit.arbitration.solving import Limits, Outcome, Program, interruptible, solve
from pmo_kit.errors import PmoError
from tests.bench.instances import question as random_question
from tests.figures.two_projects import two_projects


@pytest.fixture(scope="module")
def hard() -> Question:
    """200 projects that no machine proves in seconds."""
    return random_question(200, gap=0.0)


def test_a_node_limit_gives_the_same_plan_every_time(hard: Question) -> None:
    first, second = (arbitrate(hard.replace(node_limit=5)) for _ in range(2))
    assert first.status == "feasible"
    assert first.plan == second.plan
    assert first.bound > first.value
    assert first.gap > 0
    assert first.unique is None
    assert "not unique" in first.summary


@pytest.mark.parametrize("limit", [600.0, None], ids=["within a time limit", "without one"])
def test_ctrl_c_returns_the_best_plan_so_far(hard: Question, limit: float | None) -> None:
    """Pressed at a branch of the search, of the many that a proof takes, whatever the machine does meanwhile."""
    before = signal.getsignal(signal.SIGINT)  # ignored where the run itself stands in the background
    branches = itertools.count(1)

    def pressed() -> bool:
        if next(branches) == 1000:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    with interruptible(pressed):
        found = arbitrate(hard.replace(time_limit=limit))
    assert 1000 < next(branches) < 1100  # it ended soon after
    assert found.status == "feasible"
    assert found.value > 0
    assert not found._model.evaluate(found._positions).broken
    assert signal.getsignal(signal.SIGINT) is before


def test_what_ends_a_second_search_leaves_the_plan_of_the_first(
    hard: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = core_plan(compile_model(hard), 0.0005, Limits())
    assert first is not None
    assert first.value < first.bound

    def pressing(*asked: Any) -> Found | None:
        os.kill(os.getpid(), signal.SIGINT)
        return first

    monkeypatch.setattr("pmo_kit.arbitration.allocation.core_plan", pressing)
    found = arbitrate(hard.replace(gap=0.0005))
    assert (found.status, found._positions) == ("feasible", first.plan)
    assert found.bound == pytest.approx(first.bound / ONE)


@pytest.mark.parametrize("step", ["_verified", "settle_tie"])
def test_ctrl_c_after_the_search_leaves_the_plan_and_what_is_known_of_it(
    step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = random_question(30, gap=0.0).replace(value="npv")  # of which nothing is known yet
    run = getattr(allocation, step)

    def pressing(*asked: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return run(*asked)

    with monkeypatch.context() as patch:
        patch.setattr(allocation, step, pressing)
        if step == "settle_tie":  # reached where the second search does not show that no other plan is as good
            patch.setattr(allocation, "_verified", lambda model, found: (found, False))
        found = arbitrate(question)
    assert (found.status, found.unique) == ("optimal", None)
    whole = arbitrate(question)  # not taken from what was interrupted
    assert (whole.plan, whole.unique) == (found.plan, True)


@pytest.mark.parametrize("pressed", [True, False])
def test_what_ended_a_search_before_any_plan_is_told(pressed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> Found:
        if pressed:
            os.kill(os.getpid(), signal.SIGINT)
        return Found("unknown", None, 0, NO_BOUND, 0)

    monkeypatch.setattr("pmo_kit.arbitration.search.best_plan", nothing)
    with pytest.raises(
        PmoError, match=f"The {'search was interrupted' if pressed else 'limit ended the search'} before"
    ):
        arbitrate(random_question(30, gap=0.0).replace(value="npv"))


def test_branches_of_a_search_that_failed_are_counted(hard: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    spent = []

    def counting(*asked: Any, **how: Any) -> Found:
        found = best_plan(*asked, **how)
        spent.append(found.nodes)
        return found

    monkeypatch.setattr("pmo_kit.arbitration.search.best_plan", counting)
    found = Pool(model := compile_model(hard)).search(limits=Limits(model.proof_gap, 5))
    assert len(spent) > 1
    assert min(spent) > 0
    assert found.nodes == sum(spent)


@pytest.mark.parametrize("size", [100, 200])
def test_a_limit_proves_no_known_plan_the_best(size: int) -> None:
    """The solver may hold a plan that is worth less than the known one, and know of none that is worth more."""
    question = random_question(size, gap=0.0)
    model = compile_model(question.replace(value=question.options["value"] - (3.0 if size > 100 else 0.0)))
    known = best_plan(model, limits=Limits(0.5 * model.size, 1)).plan
    assert known is not None
    found = Pool(model, [known]).search(limits=Limits(model.proof_gap, 1))
    assert found.status == "feasible"
    assert found.bound > found.value


def test_a_gap_is_a_share_of_the_discretionary_value(hard: Question) -> None:
    found = arbitrate(hard.replace(gap=0.01))
    assert found.status == "optimal"
    assert 0 <= found.gap <= 0.01
    assert found.gap == pytest.approx((found.bound - found.value) / found.value)


@pytest.mark.parametrize("clock", [True, False])
def test_a_time_limit_holds_for_the_searches_among_equally_good_plans(
    clock: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A or B is worth as much: the cheaper one is taken where the clock allows it, else the one found first."""
    register = two_projects(budget=10.0)
    points = pd.Series(1.0, Question(register).options.index, name="points")
    question = Question(register, value=points, basis="likely", time_limit=600.0 if clock else None)
    model, asked = compile_model(question), list[float | None]()

    def watched(program: Program, limits: Limits | None = None) -> Outcome:
        if limits is not None:
            asked.append(limits.until)
        return solve(program, limits)

    monkeypatch.setattr("pmo_kit.arbitration.search.solve", watched)
    dear, cheap = (model.positions({project: "full"}) for project in "AB")
    found = Found("optimal", dear, model.evaluate(dear).value, model.evaluate(dear).value, 0)
    until = time.monotonic() + 600.0 if clock else None
    chosen, second = settle_tie(Pool(model, [dear]), found, None, until)
    assert (chosen.plan, second.plan) == (cheap, dear)
    assert len(asked) > 2
    assert set(asked) == {until}
    monkeypatch.setattr("pmo_kit.arbitration.search.solve", lambda *_: Outcome("unknown", None, -inf, inf, 0))
    monkeypatch.setattr(Pool, "search", lambda *_, **__: replace(found, plan=cheap))
    chosen, second = settle_tie(Pool(model, [dear]), found, None, until)
    assert (chosen.plan, second.plan) == (dear, cheap)
