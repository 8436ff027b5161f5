"""How often each project takes each rank when weights (and scores) vary: SMAA on bare arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.prioritization.weights import Floats, checked_matrix, normalized

Distribution = Literal["simplex", "order", "near"]
_BLOCK = 400_000  # values held at a time


def sample_weights(
    n: int,
    draws: int,
    seed: int,
    distribution: str = "simplex",
    weights: ArrayLike | None = None,
    spread: float = 0.5,
) -> Floats:
    """Random weights that sum to 1.

    - simplex: uniform over all weights (nothing is known)
    - order: uniform over all weights with the order of the stated ones; ties of the stated ones stay free
    - near: each stated weight times a factor uniform in [1 - spread, 1 + spread], normalized

    Parameters
    ----------
    n : int
        Number of criteria.
    draws, seed : int
        Equal seeds give equal draws.
    distribution : {"simplex", "order", "near"}
    weights : array, shape (n,)
        The stated weights, for order and near.
    spread : float
        Between 0 and 1, for near.

    Returns
    -------
    ndarray, shape (draws, n)

    Notes
    -----
    Source: Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3); Tervonen and Lahdelma (2007) for
    uniform weights from exponential draws and for order by sorting.

    Examples
    --------
    >>> sample_weights(3, 2, seed=1).sum(axis=1).round(12).tolist()
    [1.0, 1.0]
    """
    if n < 1 or draws < 1:
        raise ValueError("at least one criterion and one draw are needed")
    rng = np.random.Generator(np.random.SFC64(seed))
    if distribution == "near":
        base = _stated(weights, n, distribution)
        if not 0 <= spread <= 1:
            raise ValueError(f"spread lies between 0 and 1, not {spread}")
        drawn = base * rng.uniform(1 - spread, 1 + spread, (draws, n))
        total = drawn.sum(axis=1, keepdims=True)
        return np.where(total > 0, drawn / np.where(total > 0, total, 1.0), base)
    drawn = rng.standard_exponential((draws, n))
    drawn /= drawn.sum(axis=1, keepdims=True)
    if distribution == "simplex":
        return drawn
    if distribution != "order":
        raise ValueError(f"distribution is simplex, order or near, not {distribution!r}")
    base = _stated(weights, n, distribution)
    falling = -np.sort(-drawn, axis=1)
    order = np.argsort(-base, kind="stable")
    arranged = np.empty_like(drawn)
    arranged[:, order] = falling
    for value in np.unique(base):
        tied = np.flatnonzero(base == value)
        if len(tied) > 1:
            arranged[:, tied] = rng.permuted(arranged[:, tied], axis=1)
    return arranged


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


def central_weights(values: ArrayLike, draws: int = 10_000, seed: int = 0) -> Floats:
    """Mean of the uniform weights for which each alternative comes first; NaN where it never does.

    Parameters
    ----------
    values : array, shape (alternatives, criteria)
    draws, seed : int

    Returns
    -------
    ndarray, shape (alternatives, criteria)

    Notes
    -----
    Source: Lahdelma and Salminen (2001), SMAA-2. What a committee would have to care about to prefer this
    one.

    Examples
    --------
    >>> central_weights([[1, 1], [0, 0]], draws=10_000, seed=7).round(1).tolist()
    [[0.5, 0.5], [nan, nan]]
    """
    cells = checked_matrix(values)
    drawn = sample_weights(cells.shape[1], draws, seed)
    total, count = np.zeros(cells.shape), np.zeros(len(cells))
    for part, worth in drawn_values(cells, drawn):
        first = worth.argmax(axis=1)
        np.add.at(total, first, drawn[part])
        count += np.bincount(first, minlength=len(cells))
    often = count[:, None]
    return np.divide(total, often, out=np.full(cells.shape, np.nan), where=often > 0)


def count_ranks(
    cells: Floats, weights: Floats, low: Floats | None = None, high: Floats | None = None, seed: int = 0
) -> Floats:
    """Rank acceptability for given weights (draws x criteria); scores fixed, or uniform from low to high."""
    n = len(cells)
    position = np.arange(n)
    counts = np.zeros(n * n, dtype=np.int64)
    bits = max(n - 1, 1).bit_length()
    top, bottom = (cells if high is None else high).max(), (cells if low is None else low).min()
    steps = 2.0 ** (62 - bits) / max(top - bottom, 1e-300)
    for _, worth in drawn_values(cells, weights, low, high, seed):
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
    share = counts.reshape(n, n) / len(weights)
    return share if low is not None else _shared(cells, share)


def win_shares(
    cells: Floats, weights: Floats, low: Floats | None = None, high: Floats | None = None, seed: int = 0
) -> Floats:
    """Pairwise winning index: share of draws in which the row beats the column; ties count half."""
    n = len(cells)
    wins, block, ahead = np.zeros((n, n)), np.zeros((n, n), dtype=np.uint8), np.empty((n, n), dtype=bool)
    held = 0
    for _, worth in drawn_values(cells, weights, low, high, seed):
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


def drawn_values(
    cells: Floats, weights: Floats, low: Floats | None = None, high: Floats | None = None, seed: int = 0
) -> Iterator[tuple[slice, Floats]]:
    """Values of all alternatives (draws x alternatives), a block of draws at a time.

    Between low and high the value of a cell is uniform, drawn anew in every draw.
    """
    n = len(cells)
    size = max(1, _BLOCK // n)
    rng = np.random.Generator(np.random.SFC64([seed, 1]))
    if low is not None and high is not None:
        rows, columns = np.nonzero(high > low)
        width = (high - low)[rows, columns].astype(np.float32)
    for start in range(0, len(weights), size):
        part = slice(start, min(start + size, len(weights)))
        block = weights[part]
        if low is None or high is None:
            yield part, block @ cells.T
            continue
        worth = block @ low.T
        for j in np.unique(columns):
            of = columns == j
            noise = rng.random((len(block), int(of.sum())), dtype=np.float32)
            noise *= width[of]
            noise *= block[:, j, None].astype(np.float32)
            if of.sum() == n:
                worth += noise
            else:
                worth[:, rows[of]] += noise
        yield part, worth


def tiers(order: NDArray[np.int_], wins: Floats, confidence: float = 0.95) -> NDArray[np.int_]:
    """Tiers: a new one begins where the head of the tier wins in `confidence` of the draws.

    Parameters
    ----------
    order : array of int
        Alternatives from best to worst.
    wins : array, shape (n, n)
        Pairwise winning index.
    confidence : float

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
        if head < 0 or wins[head, i] >= confidence:
            current, head = current + 1, i
        tier[i] = current
    return tier


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


def _stated(weights: ArrayLike | None, n: int, distribution: str) -> Floats:
    """Stated weights, needed by a distribution."""
    if weights is None:
        raise ValueError(f"distribution {distribution} needs the stated weights")
    base = normalized(weights)
    if base.shape != (n,):
        raise ValueError(f"{n} criteria and {len(base)} weights do not match")
    return base
