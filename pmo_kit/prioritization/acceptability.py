"""How often each project takes each rank when weights vary: SMAA on bare arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import whole
from pmo_kit.prioritization.weights import Floats, checked_matrix

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
    ValueError
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
    top, steps = cells.max(), 2.0 ** (62 - bits) / max(np.ptp(cells), 1e-300)
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
