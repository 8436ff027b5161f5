"""The solver on arrays, against published optima."""

from __future__ import annotations

import itertools
import json
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from pmo_kit.arbitration import solve_selection, solving
from pmo_kit.arbitration.solving import (
    AHEAD,
    Interrupted,
    Limits,
    Outcome,
    Program,
    interruptible,
    prove,
    side_by_side,
    solve,
)

MKP = Path(__file__).parents[3] / "shared" / "data" / "mkp" / "capital_budgeting_mkp.json"
INSTANCES = json.loads(MKP.read_text()) if MKP.exists() else []


@pytest.mark.skipif(not INSTANCES, reason="the OR-Library instances (../shared/data/mkp) are not in this clone")
@pytest.mark.parametrize("case", INSTANCES or [{"name": "none"}], ids=lambda case: case["name"])
def test_every_published_optimum_is_reached_and_proven(case: dict) -> None:
    """Petersen (1967), Senju and Toyoda (1968), Weingartner and Ness (1967), from the OR-Library."""
    found = solve_selection(case["profits"], case["weights"], case["capacities"])
    chosen = list(found.chosen)
    assert (found.status, found.value, found.bound) == ("optimal", case["optimum"], case["optimum"])
    assert np.sum(np.array(case["profits"])[chosen]) == case["optimum"]
    assert (np.array(case["weights"])[:, chosen].sum(axis=1) <= np.array(case["capacities"])).all()


def test_nothing_fits() -> None:
    found = solve_selection([3.0, 2.0], [[5, 6]], [4])
    assert (found.chosen, found.value, found.status) == ((), 0.0, "optimal")


def test_a_negative_capacity_cannot_be_met() -> None:
    assert solve_selection([1.0], [[1.0]], [-1.0]).status == "infeasible"


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_a_search_in_exact_arithmetic_against_trying_every_plan(seed: int) -> None:
    """Whole numbers, rows with both limits, any target or none: nothing better is there, or it is found."""
    rng = np.random.default_rng(seed)
    n, rows = int(rng.integers(1, 8)), int(rng.integers(1, 4))
    value, matrix = rng.integers(-5, 9, n), rng.integers(-3, 9, (rows, n))
    upper, lower = rng.integers(-2, 25, rows).astype(float), np.full(rows, -np.inf)
    lower[rng.random(rows) < 0.4] = 3.0
    upper = np.maximum(upper, np.where(np.isinf(lower), upper, lower))
    every = {
        tuple(np.flatnonzero(x).tolist()): int(value @ x)
        for x in map(np.array, itertools.product((0, 1), repeat=n))
        if (matrix @ x <= upper).all() and (matrix @ x >= lower).all()
    }
    best = max(every.values(), default=None)
    target = -np.inf if rng.random() < 0.3 or best is None else best + float(rng.integers(-2, 2)) + 0.5
    ones = np.ones(n)
    program = Program(
        value.astype(float), sparse.csr_array(matrix.astype(float)), lower, upper, 0 * ones, ones, ones > 0
    )
    found = prove(program, n, target, lambda plan: plan in every and every[plan] >= target)
    there = best is not None and best >= target
    assert (found.proven, found.better is not None) == (not there, there)


@pytest.mark.parametrize("cores", [1, 2, 16])
def test_what_is_found_side_by_side_does_not_depend_on_the_cores(cores: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job knows what all but the last few before it found, however long each takes."""
    monkeypatch.setattr(solving.os, "cpu_count", lambda: cores)
    learned: list[int] = []

    def job(known: tuple[int, ...], x: int) -> tuple[int, ...]:
        time.sleep(0.002 * (x * 7 % 5))
        return (*known, x)

    def learn(found: tuple[int, ...]) -> None:
        learned.append(found[-1])

    found = side_by_side((partial(job, tuple(learned), x) for x in range(12)), learn)
    assert found == [(*range(max(0, x + 1 - AHEAD)), x) for x in range(12)]
    assert learned == list(range(12))


def test_where_one_search_fails_the_others_end() -> None:
    """The error comes out, whoever raises it; a long search beside it is not waited for."""
    rng = np.random.default_rng(5)
    value, weights = rng.integers(1, 1000, 300).astype(float), rng.integers(1, 1000, (30, 300)).astype(float)
    ones = np.ones(300)
    limit = weights.sum(axis=1) / 2
    long = Program(value, sparse.csr_array(weights), limit * -np.inf, limit, 0 * ones, ones, ones > 0)
    before = threading.active_count()

    def fails() -> Outcome:
        time.sleep(0.3)
        raise ZeroDivisionError

    began = time.monotonic()
    with pytest.raises(ZeroDivisionError):
        side_by_side([fails, partial(solve, long, Limits(until=began + 600))])
    assert time.monotonic() - began < 300
    assert threading.active_count() == before


def test_searches_side_by_side_end_when_they_are_no_longer_wanted() -> None:
    """As one alone does: what the widgets ask for is told to stop."""
    program = Program(
        np.ones(2), sparse.csr_array(np.ones((1, 2))), np.array([0.0]), np.array([1.0]), np.zeros(2),
        np.ones(2), np.ones(2) > 0,
    )  # fmt: skip
    with pytest.raises(Interrupted), interruptible(lambda: True):
        side_by_side([partial(solve, program)] * 3)
