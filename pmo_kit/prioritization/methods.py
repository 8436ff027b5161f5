"""Ranking methods on bare arrays: additive value, TOPSIS, PROMETHEE II, and value against cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import door, names, whole
from pmo_kit.errors import InputError
from pmo_kit.prioritization.weights import Floats, checked_matrix, normalized

CONFIDENCE = 0.95  # share of the draws in which the head of a tier beats the head of the next
_BLOCK = 400_000  # values held at a time


def sample_weights(n: int, draws: int, seed: int) -> Floats:
    """Random weights that sum to 1, uniform over all of them: nothing is known of what matters.

    Parameters
    ----------
    n : int
        Number of criteria.
    draws, seed : int
        Equal seeds give equal draws.

    Returns
    -------
    ndarray, shape (draws, n)

    Raises
    ------
    InputError
        Fewer than one criterion or draw.

    Notes
    -----
    Source: Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3); Tervonen and Lahdelma (2007) for
    uniform weights from exponential draws.

    Examples
    --------
    >>> sample_weights(3, 2, seed=1).sum(axis=1).round(12).tolist()
    [1.0, 1.0]
    """
    whole(n, "the number of criteria", least=1)
    whole(draws, "draws", least=1)
    drawn = np.random.Generator(np.random.SFC64(seed)).standard_exponential((draws, n))
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


@door
def rank_acceptability(values: ArrayLike, draws: int = 10_000, seed: int = 0) -> Floats:
    """Share of uniform weights for which each alternative takes each rank.

    Parameters
    ----------
    values : array, shape (alternatives, criteria)
        Values on one scale, more is better, none missing.
    draws, seed : int
        The standard error of a share p is sqrt(p (1 - p) / draws).

    Returns
    -------
    ndarray, shape (alternatives, ranks)
        Rows and columns sum to 1. Identical alternatives share their ranks equally.

    Notes
    -----
    Source: Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3).

    Examples
    --------
    >>> rank_acceptability([[0.9, 0.8], [0.5, 0.6], [0.2, 0.1]], draws=1_000, seed=7).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    cells = checked_matrix(values)
    return count_ranks(cells, sample_weights(cells.shape[1], draws, seed))


def central_weights(cells: Floats, weights: Floats) -> Floats:
    """Mean of the given weights (draws x criteria) with which each alternative comes first; NaN where it never does.

    What a committee would have to care about to prefer this one. Source: Lahdelma and Salminen (2001), SMAA-2.

    Examples
    --------
    >>> central_weights(np.array([[1.0, 1], [0, 0]]), np.array([[0.6, 0.4], [0.4, 0.6]])).tolist()
    [[0.5, 0.5], [nan, nan]]
    """
    total, count = np.zeros(cells.shape), np.zeros((len(cells), 1))
    for part, worth in _blocks(cells, weights):
        first = worth.argmax(axis=1)
        np.add.at(total, first, weights[part])
        np.add.at(count, first, 1.0)
    return np.divide(total, count, out=np.full(cells.shape, np.nan), where=count > 0)


def count_ranks(cells: Floats, weights: Floats) -> Floats:
    """Rank acceptability for given weights (draws x criteria): alternatives x ranks."""
    n = len(cells)
    position = np.arange(n)
    counts = np.zeros(n * n, dtype=np.int64)
    bits = max(n - 1, 1).bit_length()
    size = np.abs(cells).max()
    cells = cells if 1e-100 < size < 1e100 else cells / (size or 1.0)  # ranks have no scale
    top, steps = cells.max(), 2.0 ** (62 - bits) / max(np.ptp(cells), 1e-200)
    for _, worth in _blocks(cells, weights):
        # an integer per value, best first, with the position of the project in its last bits: one plain sort
        np.subtract(top, worth, out=worth)
        worth *= steps
        key = np.maximum(worth, 0.0, out=worth).astype(np.int64)
        key <<= bits
        key |= position
        key.sort(axis=1)
        key &= (1 << bits) - 1
        key *= n
        key += position
        counts += np.bincount(key.ravel(), minlength=n * n)
    return _shared(cells, counts.reshape(n, n) / len(weights))


def win_shares(cells: Floats, weights: Floats) -> Floats:
    """Pairwise winning index: share of draws in which the row beats the column; ties count half."""
    n = len(cells)
    wins, block, ahead = np.zeros((n, n)), np.zeros((n, n), dtype=np.uint8), np.empty((n, n), dtype=bool)
    held = 0
    for _, worth in _blocks(cells, weights):
        for row in worth.astype(np.float32):
            np.greater(row[:, None], row[None, :], out=ahead)
            block += ahead.view(np.uint8)
            held += 1
            if held == 255:  # as many as a byte counts
                wins += block
                block[:] = 0
                held = 0
    wins += block
    return np.asarray((1 + (wins - wins.T) / len(weights)) / 2)


def tiers(order: NDArray[np.int_], wins: Floats) -> NDArray[np.int_]:
    """Tiers: a new one begins where the head of the tier wins in 95 % of the draws.

    Parameters
    ----------
    order : array of int
        Alternatives from best to worst.
    wins : array, shape (n, n)
        Pairwise winning index.

    Returns
    -------
    ndarray of int, shape (n,)
        1 is the first tier. Inside a tier the order is not settled.

    Examples
    --------
    >>> tiers(np.array([0, 1, 2]), np.array([[0.5, 0.6, 1], [0.4, 0.5, 1], [0, 0, 0.5]])).tolist()
    [1, 1, 2]
    """
    tier = np.zeros(len(order), dtype=int)
    current, head = 0, -1
    for i in order:
        if head < 0 or wins[head, i] >= CONFIDENCE:
            current, head = current + 1, i
        tier[i] = current
    return tier


def _blocks(cells: Floats, weights: Floats) -> Iterator[tuple[slice, Floats]]:
    """Values of all alternatives (draws x alternatives), a block of draws at a time."""
    size = max(1, _BLOCK // len(cells))
    for start in range(0, len(weights), size):
        part = slice(start, min(start + size, len(weights)))
        yield part, weights[part] @ cells.T


def _shared(cells: Floats, share: Floats) -> Floats:
    """Identical alternatives get the mean of their rows."""
    _, group = np.unique(cells, axis=0, return_inverse=True)
    group = group.ravel()
    size = np.bincount(group)
    if size.max() == 1:
        return share
    total = np.zeros((len(size), share.shape[1]))
    np.add.at(total, group, share)
    return np.asarray((total / size[:, None])[group])


Normalization = Literal["vector", "minmax", "sum", "max", "none"]
PREFERENCES = ("usual", "u_shape", "v_shape", "level", "linear", "gaussian")


@door
def weighted_value(values: ArrayLike, weights: ArrayLike) -> Floats:
    """Additive value: sum over criteria of w_j v_ij, the weights normalized to 1.

    Parameters
    ----------
    values : array, shape (..., criteria)
        Values on one scale (0..100), more is better.
    weights : array, shape (criteria,)
        Swing weights, none below zero.

    Raises
    ------
    InputError
        A missing value (named), a negative or missing weight, or a number of weights that differs.

    Notes
    -----
    Source: Keeney and Raiffa (1976), Decisions with Multiple Objectives; Goodwin and Wright, chapter 3.

    Examples
    --------
    >>> weighted_value([[100, 0], [50, 80]], [3, 1]).tolist()
    [75.0, 57.5]
    """
    worth, share = np.asarray(values, dtype=float), normalized(weights)
    if worth.ndim == 0 or share.shape != worth.shape[-1:]:
        raise InputError(f"{worth.shape[-1:] or 0} criteria and {share.shape[-1]} weights do not match")
    if not np.isfinite(worth).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(worth))[0])
        raise InputError(f"value at {place} is missing: state how missing scores count before adding up")
    return np.asarray(worth @ share)


@door
def topsis(
    matrix: ArrayLike, weights: ArrayLike, maximize: ArrayLike, normalization: Normalization = "vector"
) -> Floats:
    """TOPSIS closeness: distance from the worst point / (distance from the best + distance from the worst).

    Each criterion is normalized and weighted; best and worst are taken over the alternatives given, so that
    removing one may change the order of the others. Closeness is an order, never a value to add up.

    Parameters
    ----------
    matrix : array, shape (alternatives, criteria)
    weights : array, shape (criteria,)
    maximize : array of bool, shape (criteria,)
        False where less is better.
    normalization : {"vector", "minmax", "sum", "max", "none"}
        vector (the textbook): x / sqrt(sum x^2). pymcdm's default is minmax, which may give another winner.

    Returns
    -------
    ndarray, shape (alternatives,)
        0 to 1; 0.5 where best and worst are the same point.

    Notes
    -----
    Source: Hwang and Yoon (1981), Multiple Attribute Decision Making; Opricovic and Tzeng (2004), European
    Journal of Operational Research 156, on normalization.

    Examples
    --------
    >>> topsis([[1, 3000], [2, 3750], [5, 4500]], [1, 1], [False, True]).round(3).tolist()
    [0.762, 0.722, 0.238]
    """
    cells, share, up = _problem(matrix, weights, maximize)
    scaled = _scaled(cells, normalization) * share
    best = np.where(up, scaled.max(axis=0), scaled.min(axis=0))
    worst = np.where(up, scaled.min(axis=0), scaled.max(axis=0))
    far, near = (np.sqrt(((scaled - end) ** 2).sum(axis=1)) for end in (worst, best))
    return np.divide(far, far + near, out=np.full(len(cells), 0.5), where=far + near > 0)


@door
def promethee(
    matrix: ArrayLike,
    weights: ArrayLike,
    maximize: ArrayLike,
    preference: str | list[str] = "usual",
    q: ArrayLike = 0.0,
    p: ArrayLike = 0.0,
    s: ArrayLike = 0.0,
) -> Floats:
    """PROMETHEE II net flows: how much each alternative is preferred to the others, less the reverse.

    phi(a) = sum_j w_j sum_b [P_j(a, b) - P_j(b, a)] / (n - 1). With d = x_a - x_b (turned where less is
    better), P is 0 for d <= 0 and else

    - usual: 1
    - u_shape: 1 if d > q
    - v_shape: min(d / p, 1)
    - level: 0 if d <= q, 1/2 if d <= p, 1 beyond
    - linear: 0 if d <= q, (d - q) / (p - q) up to 1
    - gaussian: 1 - exp(-d^2 / (2 s^2))

    Net flows depend on the set compared: an order, never a value to add up.

    Parameters
    ----------
    matrix : array, shape (alternatives, criteria)
        At least two alternatives.
    weights, maximize : array, shape (criteria,)
    preference : str or list of str
        One for all criteria or one each.
    q, p, s : float or array, shape (criteria,)
        Indifference threshold, preference threshold, spread; in the units of the criterion.

    Returns
    -------
    ndarray, shape (alternatives,)
        -1 to 1; they sum to 0.

    Notes
    -----
    Source: Brans and Vincke (1985), Management Science 31(6).

    Examples
    --------
    >>> promethee([[10, 5], [8, 9], [1, 1]], [0.6, 0.4], [True, True]).round(3).tolist()
    [0.6, 0.4, -1.0]
    """
    cells, share, up = _problem(matrix, weights, maximize)
    n, k = cells.shape
    if n < 2:
        raise InputError("net flows need at least two alternatives")
    kinds = [preference] * k if isinstance(preference, str) else list(names(preference, "preference"))
    if len(kinds) != k:
        raise InputError(f"{k} criteria and {len(kinds)} preference functions do not match")
    limits = [np.asarray(limit, dtype=float) for limit in (q, p, s)]
    if any(limit.shape not in ((), (k,)) for limit in limits):
        raise InputError(f"q, p and s are one number, or one for each of the {k} criteria")
    limits = [np.broadcast_to(limit, (k,)) for limit in limits]
    flows = np.zeros(n)
    for j, kind in enumerate(kinds):
        column = cells[:, j] if up[j] else -cells[:, j]
        degree = _preference(column[:, None] - column[None, :], kind, *(float(limit[j]) for limit in limits))
        flows += share[j] * (degree.sum(axis=1) - degree.sum(axis=0)) / (n - 1)
    return flows


def _problem(
    matrix: ArrayLike, weights: ArrayLike, maximize: ArrayLike
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Checked matrix, normalized weights and senses."""
    cells, share = checked_matrix(matrix), normalized(weights)
    up = np.asarray(maximize)
    if share.shape != cells.shape[1:]:
        raise InputError(f"{cells.shape[1]} criteria and {share.shape[-1]} weights do not match")
    if up.shape not in ((), cells.shape[1:]) or not np.isin(up, (False, True)).all():
        raise InputError(f"maximize says True or False of each of the {cells.shape[1]} criteria")
    return cells, share, np.broadcast_to(up.astype(bool), cells.shape[1:])


def _scaled(cells: Floats, normalization: str) -> Floats:
    """Columns on a common scale; a column without spread (or of zeros) becomes zero."""
    base = np.zeros(cells.shape[1])
    if normalization == "vector":
        size = np.sqrt((cells**2).sum(axis=0))
    elif normalization == "minmax":
        base, size = cells.min(axis=0), np.ptp(cells, axis=0)
    elif normalization == "sum":
        size = cells.sum(axis=0)
    elif normalization == "max":
        size = cells.max(axis=0)
    elif normalization == "none":
        return cells
    else:
        raise InputError(f"normalization is vector, minmax, sum, max or none, not {normalization!r}")
    if (size < 0).any():
        raise InputError(f"normalization {normalization} needs columns whose size is above zero")
    return np.divide(cells - base, size, out=np.zeros_like(cells), where=size > 0)


def _preference(d: Floats, kind: str, q: float, p: float, s: float) -> Floats:
    """Degree of preference for differences d, zero where d is not above zero."""
    if q < 0 or p < 0 or s < 0:
        raise InputError("thresholds q, p and s are not below zero")
    if kind == "usual":
        degree = np.ones_like(d)
    elif kind == "u_shape":
        degree = (d > q).astype(float)
    elif kind == "v_shape":
        _need(p > 0, "v_shape needs p above zero")
        degree = np.minimum(d / p, 1.0)
    elif kind == "level":
        _need(p >= q, "level needs p not below q")
        degree = np.where(d <= q, 0.0, np.where(d <= p, 0.5, 1.0))
    elif kind == "linear":
        _need(p > q, "linear needs p above q")
        degree = np.clip((d - q) / (p - q), 0.0, 1.0)
    elif kind == "gaussian":
        _need(s > 0, "gaussian needs s above zero")
        degree = -np.expm1(-(d**2) / (2 * s**2))
    else:
        raise InputError(f"preference is one of {', '.join(PREFERENCES)}, not {kind!r}")
    return np.where(d > 0, degree, 0.0)


def _need(holds: bool, message: str) -> None:
    """Raise a ValueError unless something holds."""
    if not holds:
        raise InputError(message)
