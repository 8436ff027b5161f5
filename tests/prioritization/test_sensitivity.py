from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pmo_kit import prioritization as pr

shapes = st.tuples(st.integers(2, 6), st.integers(2, 5), st.integers(0, 999))


def problem(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(shape[2])
    return rng.uniform(0, 100, shape[:2]), rng.dirichlet(np.ones(shape[1]))


def rescaled(weights: np.ndarray, part: np.ndarray, to: float) -> np.ndarray:
    """Weights with one part at `to` and the others in proportion."""
    now = weights[part].sum()
    return np.where(part, weights * to / now, weights * (1 - to) / (1 - now))


@given(shapes)
def test_the_leader_leads_inside_its_interval_and_not_outside(shape: tuple[int, int, int]) -> None:
    values, weights = problem(shape)
    leader = int((values @ weights).argmax())
    for j in range(shape[1]):
        part = np.arange(shape[1]) == j
        found = pr.weight_interval(values, weights, part)
        for t in np.linspace(found.low + 1e-7, found.high - 1e-7, 7):
            worth = values @ rescaled(weights, part, t)
            assert worth[leader] >= worth.max() - 1e-6
        for edge, step, challenger in (
            (found.low, -1e-3, found.challenger_low),
            (found.high, 1e-3, found.challenger_high),
        ):
            if challenger is not None and 0 < edge + step < 1:
                worth = values @ rescaled(weights, part, edge + step)
                assert worth[challenger] > worth[leader]
        assert found.low <= found.order_low <= found.weight + 1e-9
        assert found.weight - 1e-9 <= found.order_high <= found.high


def test_a_group_moves_together() -> None:
    """Group of two with value 100 and 0, weights 3 to 1: inside 75 against 60; crosses where 75 t = 60 (1 - t)."""
    values = [[100, 0, 0], [0, 0, 60]]
    found = pr.weight_interval(values, [0.45, 0.15, 0.40], [True, True, False])
    assert found.low == pytest.approx(60 / 135)
    assert (found.challenger_low, found.challenger_high, found.high) == (1, None, 1)
    with pytest.raises(ValueError, match="not none and not all"):
        pr.weight_interval(values, [1, 1, 1], [True, True, True])


@settings(max_examples=60, deadline=None)
@given(shapes)
def test_the_smallest_change_is_the_linear_program(shape: tuple[int, int, int]) -> None:
    """min sum(up) with w + up - down on the simplex and the order turned: half L1 = sum of the ups."""
    values, weights = problem(shape)
    order = np.argsort(-(values @ weights))
    ahead, behind = values[order[0]], values[order[-1]]
    size, changed = pr.smallest_change(ahead, behind, weights)
    gap, k = behind - ahead, shape[1]
    solved = linprog(
        np.r_[np.ones(k), np.zeros(k)],
        A_ub=[np.r_[-gap, gap]],
        b_ub=[gap @ weights],
        A_eq=[np.r_[np.ones(k), -np.ones(k)]],
        b_eq=[0],
        bounds=[(0, None)] * k + [(0, w) for w in weights],
    )
    if solved.status == 2:
        assert size == np.inf
        assert (gap < 0).all()
        return
    assert size == pytest.approx(solved.fun, abs=1e-7)
    assert changed.sum() == pytest.approx(1)
    assert (changed >= -1e-12).all()
    assert changed @ gap == pytest.approx(0, abs=1e-7)
    assert np.abs(changed - weights).sum() / 2 == pytest.approx(size)


def test_nothing_to_change_for_the_one_that_is_ahead() -> None:
    size, changed = pr.smallest_change([10, 10], [20, 20], [1, 1])
    assert size == 0
    assert changed.tolist() == [0.5, 0.5]
    assert pr.smallest_change([20, 20], [10, 10], [1, 1])[0] == np.inf
    assert pr.smallest_change([20, 10], [0, 10], [1, 1])[0] == pytest.approx(0.5)  # level where w1 = 0
