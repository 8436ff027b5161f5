"""What would have to change for the order to change: closed forms on bare arrays.

Changing one weight rescales the others in proportion. The size of a change of weights is half the sum of the
absolute differences: the weight that moves from some criteria to others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.prioritization.weights import Floats, checked_matrix, normalized

_NOISE = 1e-9


@dataclass(frozen=True, eq=False)
class WeightInterval:
    """Between which weights of one criterion (or group) the leader leads, and the whole order holds.

    Parameters
    ----------
    weight, low, high : float
        The weight now; below `low` or above `high` another alternative leads.
    challenger_low, challenger_high : int, optional
        Position of the one that then leads; None where the interval ends at 0 or 1.
    order_low, order_high : float
        Between these no two alternatives change places.
    """

    weight: float
    low: float
    high: float
    challenger_low: int | None
    challenger_high: int | None
    order_low: float
    order_high: float


def value_lines(values: ArrayLike, weights: ArrayLike, part: ArrayLike) -> tuple[float, Floats, Floats]:
    """Value of each alternative as a straight line in the weight t of a criterion or a group.

    V_i(t) = t x inside_i + (1 - t) x outside_i, inside and outside weighted in the stated proportions (equal
    ones where those are all zero).

    Parameters
    ----------
    values : array, shape (alternatives, criteria)
    weights : array, shape (criteria,)
    part : array of bool, shape (criteria,)
        The criteria whose weight varies together; not all of them.

    Returns
    -------
    t : float
        The weight now.
    at_zero, at_one : ndarray
        Values at t = 0 and t = 1.

    Examples
    --------
    >>> t, at_zero, at_one = value_lines([[100, 0], [0, 80]], [0.5, 0.5], [True, False])
    >>> t, at_zero.tolist(), at_one.tolist()
    (0.5, [0.0, 80.0], [100.0, 0.0])
    """
    cells, share = checked_matrix(values), normalized(weights)
    mask = np.asarray(part, dtype=bool)
    if mask.shape != share.shape or not mask.any() or mask.all():
        raise ValueError("the part whose weight varies is some of the criteria, not none and not all")
    inside, outside = (
        cells[:, some] @ normalized(share[some] if share[some].sum() > 0 else np.ones(some.sum()))
        for some in (mask, ~mask)
    )
    return float(share[mask].sum()), np.asarray(outside), np.asarray(inside)


def weight_interval(values: ArrayLike, weights: ArrayLike, part: ArrayLike) -> WeightInterval:
    """Weight-stability interval of a criterion or a group, in closed form.

    The leader L stays ahead of i while at_zero_L - at_zero_i + t (slope_L - slope_i) >= 0; each i bounds t
    from one side.

    Parameters
    ----------
    values, weights, part
        As in `value_lines`.

    Notes
    -----
    Source: Mareschal (1988), European Journal of Operational Research 33(1), on weight-stability intervals.

    Examples
    --------
    >>> interval = weight_interval([[100, 0], [0, 80]], [0.5, 0.5], [True, False])
    >>> round(interval.low, 4), interval.high, interval.challenger_low
    (0.4444, 1.0, 1)
    """
    now, at_zero, at_one = value_lines(values, weights, part)
    worth = now * at_one + (1 - now) * at_zero
    order = np.argsort(-worth, kind="stable")
    first, rest = order[0], order[1:]
    low, high, below, above = _bounds(now, at_zero[first] - at_zero[rest], at_one[first] - at_one[rest])
    steps = at_zero[order[:-1]] - at_zero[order[1:]], at_one[order[:-1]] - at_one[order[1:]]
    order_low, order_high, _, _ = _bounds(now, *steps)
    return WeightInterval(
        now,
        low,
        high,
        None if below is None else int(rest[below]),
        None if above is None else int(rest[above]),
        order_low,
        order_high,
    )


def _bounds(now: float, at_zero: Floats, at_one: Floats) -> tuple[float, float, int | None, int | None]:
    """Where all lines at_zero + t (at_one - at_zero) stay above zero around t = now, and what ends it."""
    slope = at_one - at_zero
    cross = np.divide(-at_zero, slope, out=np.full(slope.shape, np.nan), where=np.abs(slope) > _NOISE)
    lower = np.where(slope > _NOISE, np.minimum(cross, now), -np.inf)
    upper = np.where(slope < -_NOISE, np.maximum(cross, now), np.inf)
    low, high, below, above = 0.0, 1.0, None, None
    if len(slope) and lower.max() > 0:
        below = int(lower.argmax())
        low = float(lower[below])
    if len(slope) and upper.min() < 1:
        above = int(upper.argmin())
        high = float(upper[above])
    return low, high, below, above


def smallest_change(ahead: ArrayLike, behind: ArrayLike, weights: ArrayLike) -> tuple[float, Floats]:
    """The least change of weights that brings one alternative level with the one ahead of it.

    min 1/2 sum |w'_j - w_j| with sum w'_j (behind_j - ahead_j) >= 0, w' >= 0, sum w' = 1. All weight that
    moves goes to the criterion on which `behind` is best placed; it is taken first where `behind` loses
    most. That is the exact optimum: a fractional knapsack.

    Parameters
    ----------
    ahead, behind : array, shape (criteria,)
        Values of the two.
    weights : array, shape (criteria,)

    Returns
    -------
    size : float
        Weight that moves, 0 to 1; 0 where it is level or ahead already, `inf` where no weights do it.
    weights : ndarray
        The changed weights; the given ones where there is no change.

    Examples
    --------
    >>> size, changed = smallest_change([80, 20], [30, 60], [0.6, 0.4])
    >>> round(size, 4), changed.round(4).tolist()
    (0.1556, [0.4444, 0.5556])
    """
    share = normalized(weights)
    gap = np.asarray(behind, dtype=float) - np.asarray(ahead, dtype=float)
    if gap.shape != share.shape or not np.isfinite(gap).all():
        raise ValueError("two alternatives need one value for each criterion")
    need = -float(gap @ share)
    if need <= _NOISE:
        return 0.0, share
    best = int(gap.argmax())
    if gap[best] < 0:
        return float("inf"), share
    changed = share.copy()
    gain = gap[best] - gap
    for j in np.argsort(-gain, kind="stable"):
        if need <= 0 or gain[j] <= 0:
            break
        moved = min(share[j], need / gain[j])
        changed[j] -= moved
        changed[best] += moved
        need -= moved * gain[j]
    return float(changed[best] - share[best]), changed


def dominance(low: ArrayLike, high: ArrayLike | None = None) -> NDArray[np.bool_]:
    """Which alternatives (rows) dominate which (columns): nowhere worse and somewhere better.

    Parameters
    ----------
    low, high : array, shape (alternatives, criteria)
        Least and greatest values; one array where they are certain. An interval must be beaten at its best
        end.

    Examples
    --------
    >>> dominance([[90, 80], [50, 80], [95, 10]]).tolist()
    [[False, True, False], [False, False, False], [False, False, False]]
    """
    worst = checked_matrix(low)
    best = worst if high is None else checked_matrix(high)
    never = np.ones((len(worst), len(worst)), dtype=bool)
    ever = np.zeros_like(never)
    for j in range(worst.shape[1]):
        never &= worst[:, j, None] >= best[None, :, j]
        ever |= worst[:, j, None] > best[None, :, j]
    return never & ever


def leads(values: ArrayLike, weights: ArrayLike) -> tuple[float, Floats]:
    """Lead of the first over its best rival now, and with each weight lowered and raised by half (to 1 at most).

    The other weights are rescaled in proportion. Below zero another leads.

    Parameters
    ----------
    values : array, shape (alternatives, criteria)
        At least two alternatives and two criteria.
    weights : array, shape (criteria,)

    Returns
    -------
    now : float
    after : ndarray, shape (criteria, 2)
        With the weight lowered, and raised.

    Examples
    --------
    >>> now, after = leads([[100, 0], [0, 80]], [0.5, 0.5])
    >>> now, after.tolist()
    (10.0, [[-35.0, 55.0], [55.0, -35.0]])
    """
    cells, share = checked_matrix(values), normalized(weights)
    if min(cells.shape) < 2:
        raise ValueError("a lead needs at least two alternatives and two criteria")
    first = int((cells @ share).argmax())
    after = np.empty((len(share), 2))
    for j in range(len(share)):
        now, at_zero, at_one = value_lines(cells, share, np.arange(len(share)) == j)
        for side, turn in enumerate((0.5, 1.5)):
            t = min(now * turn, 1.0)
            after[j, side] = _lead(t * at_one + (1 - t) * at_zero, first)
    return _lead(cells @ share, first), after


def _lead(worth: Floats, first: int) -> float:
    """Lead of one alternative over its best rival."""
    return float(worth[first] - np.delete(worth, first).max())
