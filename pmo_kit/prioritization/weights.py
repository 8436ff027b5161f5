"""Weights of criteria: swing points, ranks, entropy, pairwise judgements (AHP), agreement, and a seal.

A weight says how much the swing of a criterion from the low to the high end of its declared scale matters. A
weight without that range has no meaning (Keeney and Raiffa 1976).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import door, numbers, whole
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, number

Floats = NDArray[np.float64]
# Saaty (1980), The Analytic Hierarchy Process: mean consistency index of random matrices, n = 1..15.
RANDOM_INDEX = (
    0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59,
)  # fmt: skip
_RECIPROCAL = 0.02  # judgements typed with two digits (0.17 for 1/6) still count as reciprocal


def normalized(weights: ArrayLike, what: str = "weight") -> Floats:
    """Weights that sum to 1.

    Parameters
    ----------
    weights : array, shape (..., criteria)
        Finite, none below zero, not all zero.
    what : str
        Word for the error message.

    Raises
    ------
    InputError
        Names the position of the first bad weight.

    Examples
    --------
    >>> normalized([3, 1]).tolist()
    [0.75, 0.25]
    """
    given = np.asarray(weights, dtype=float)
    if given.ndim == 0 or given.shape[-1] == 0:
        raise InputError(f"there is no {what}")
    bad = ~np.isfinite(given) | (given < 0)
    if bad.any():
        place = ", ".join(str(i) for i in np.argwhere(bad)[0])
        raise InputError(f"{what} at position {place} is {given[bad][0]}: it must be 0 or more")
    total = given.sum(axis=-1, keepdims=True)
    if (total <= 0).any():
        raise InputError(f"every {what} is zero")
    return np.asarray(given / total)


@door
def swing_weights(points: ArrayLike) -> Floats:
    """Weights from swing points: the most important swing gets 100, the others their share of it.

    w_i = points_i / sum of points. Source: Goodwin and Wright, Decision Analysis for Management Judgment,
    chapter 3.

    Examples
    --------
    >>> (100 * swing_weights([100, 80, 70, 30, 20, 10])).round().astype(int).tolist()
    [32, 26, 23, 10, 6, 3]
    """
    return normalized(points, "number of swing points")


@door
def roc_weights(n: int) -> Floats:
    """Rank order centroid: w_i = (1/n) sum over k = i..n of 1/k, the most important criterion first.

    Source: Barron and Barrett (1996), Management Science 42(11).

    Examples
    --------
    >>> roc_weights(3).round(4).tolist()
    [0.6111, 0.2778, 0.1111]
    """
    return np.asarray(np.cumsum(1.0 / _ranks(n)[::-1])[::-1] / n)


@door
def rank_sum_weights(n: int) -> Floats:
    """Rank sum: w_i = 2 (n + 1 - i) / (n (n + 1)), the most important criterion first.

    Source: Stillwell, Seaver and Edwards (1981), Organizational Behavior and Human Performance 28(1).

    Examples
    --------
    >>> rank_sum_weights(3).round(4).tolist()
    [0.5, 0.3333, 0.1667]
    """
    return normalized(n + 1 - _ranks(n))


@door
def rank_reciprocal_weights(n: int) -> Floats:
    """Rank reciprocal: w_i = (1/i) / sum of 1/k, the most important criterion first.

    Source: Stillwell, Seaver and Edwards (1981), Organizational Behavior and Human Performance 28(1).

    Examples
    --------
    >>> rank_reciprocal_weights(3).round(4).tolist()
    [0.5455, 0.2727, 0.1818]
    """
    return normalized(1.0 / _ranks(n))


@door
def entropy_weights(matrix: ArrayLike) -> Floats:
    """Shannon entropy weights: how much the alternatives differ on each criterion; a diagnostic.

    p_ij = x_ij / sum_i x_ij; E_j = -sum_i p_ij ln p_ij / ln m; w_j = (1 - E_j) / sum (1 - E). They say
    nothing of what matters: use them to see which criteria separate the projects.

    Parameters
    ----------
    matrix : array, shape (alternatives, criteria)
        Not below zero; at least two alternatives; no criterion that is zero throughout.

    Raises
    ------
    InputError
        A missing or negative cell (named), or no criterion differs between alternatives.

    Notes
    -----
    Source: Hwang and Yoon (1981), Multiple Attribute Decision Making, chapter 3.

    Examples
    --------
    >>> entropy_weights([[1, 5], [9, 5]]).round(3).tolist()
    [1.0, 0.0]
    """
    cells = checked_matrix(matrix)
    _refuse(cells < 0, cells, "entropy needs 0 or more")
    if len(cells) < 2 or (cells == 0).all(axis=0).any():
        raise InputError("entropy needs at least two alternatives and no criterion that is zero throughout")
    peak = cells.max(axis=0)
    cells = cells / peak if (peak > 1e300).any() else cells  # a sum that no number can say
    share = cells / cells.sum(axis=0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    differ = 1.0 + (share * logs).sum(axis=0) / np.log(len(cells))
    differ[np.ptp(cells, axis=0) == 0] = 0.0
    if differ.sum() <= 0:
        raise InputError("no criterion differs between the alternatives")
    return np.asarray(differ / differ.sum())


@dataclass(frozen=True, eq=False)
class AhpWeights:
    """Weights from pairwise comparisons, and how consistent the judgements are.

    Parameters
    ----------
    weights : ndarray
        Principal eigenvector, sum 1.
    consistency_ratio : float
        (lambda_max - n) / (n - 1) / random index; 0.10 and below is accepted (Saaty).
    lambda_max : float
        Principal eigenvalue; n when the judgements are consistent.
    worst_pair : tuple of int, optional
        Row and column (from 0) of the judgement farthest from w_i / w_j; None when all agree.
    mend : float
        The value of that judgement that the other judgements imply.
    """

    weights: Floats
    consistency_ratio: float
    lambda_max: float
    worst_pair: tuple[int, int] | None
    mend: float

    @property
    def acceptable(self) -> bool:
        """Whether the consistency ratio is at most 0.10 (Saaty)."""
        return self.consistency_ratio <= 0.10

    @property
    def summary(self) -> str:
        """The verdict in a sentence, with the judgement to look at again."""
        verdict = "accepted" if self.acceptable else "too inconsistent to use"
        text = f"Consistency ratio {number(self.consistency_ratio, 3)} (Saaty's random index): {verdict}"
        if self.worst_pair is None:
            return f"{text}."
        row, column = self.worst_pair
        return f"{text}; look again at row {row + 1}, column {column + 1}: the others imply {as_given(self.mend)}."


@door
def ahp_weights(comparisons: ArrayLike) -> AhpWeights:
    """Weights from a matrix of pairwise comparisons: principal eigenvector, consistency, worst judgement.

    The worst judgement is the pair with the largest |log(a_ij w_j / w_i)| (Saaty 2003); the value that would
    mend it is w_i / w_j of the eigenvector computed without it (Harker 1987).

    Parameters
    ----------
    comparisons : array, shape (n, n)
        a_ij: how many times more i matters than j. Positive, a_ji = 1 / a_ij, ones on the diagonal. n up to
        15.

    Returns
    -------
    AhpWeights

    Raises
    ------
    InputError
        Not square, a cell missing, not positive or not reciprocal (named), or n beyond Saaty's table.

    Notes
    -----
    Source: Saaty (1980), The Analytic Hierarchy Process; random index of the same book.

    Examples
    --------
    >>> answer = ahp_weights([[1, 4, 3, 7], [1/4, 1, 1/3, 3], [1/3, 3, 1, 5], [1/7, 1/3, 1/5, 1]])
    >>> answer.weights.round(3).tolist(), round(answer.consistency_ratio, 3)
    ([0.548, 0.127, 0.27, 0.056], 0.044)
    """
    judged = _judgements(comparisons)
    n = len(judged)
    lambda_max, weights = _principal(judged)
    ratio = max(0.0, (lambda_max - n) / (n - 1) / RANDOM_INDEX[n - 1]) if n > 2 else 0.0
    error = np.triu(np.abs(np.log(judged * weights / weights[:, None])), 1)
    if error.max() < 1e-9:
        return AhpWeights(weights, ratio, lambda_max, None, float("nan"))
    row, column = (int(i) for i in np.unravel_index(error.argmax(), error.shape))
    without = judged.copy()
    without[row, column] = without[column, row] = 0.0
    without[row, row] = without[column, column] = 2.0
    implied = _principal(without)[1]
    return AhpWeights(weights, ratio, lambda_max, (row, column), float(implied[row] / implied[column]))


@door
def kendall_w(ranks: ArrayLike) -> float:
    """Kendall's coefficient of concordance: 1 when all judges agree, 0 when there is no agreement.

    W = 12 S / (m^2 (n^3 - n) - m T), S the sum of squared deviations of the rank sums, T the correction for
    ties.

    Parameters
    ----------
    ranks : array, shape (items, judges)
        1 is first. Ties get their mean rank, whatever they were given.

    Raises
    ------
    InputError
        Fewer than two items or judges, a missing rank, or every judge ties everything.

    Notes
    -----
    Source: Kendall and Babington Smith (1939), Annals of Mathematical Statistics 10(3).

    Examples
    --------
    >>> kendall_w([[1, 1], [2, 2], [3, 3]]), kendall_w([[1, 3], [2, 2], [3, 1]])
    (1.0, 0.0)
    """
    given = checked_matrix(ranks)
    n, m = given.shape
    if n < 2 or m < 2:
        raise InputError("Kendall's W needs at least two items and two judges")
    below = (given[:, None, :] < given[None, :, :]).sum(axis=0)
    same = (given[:, None, :] == given[None, :, :]).sum(axis=0)
    mean_rank = below + (same + 1) / 2
    ties = (same**2 - 1).sum()  # sum over tie groups of t^3 - t
    sums = mean_rank.sum(axis=1)
    spread = ((sums - sums.mean()) ** 2).sum()
    most = m**2 * (n**3 - n) - m * ties
    if most <= 0:
        raise InputError("every judge ties every item")
    return float(12 * spread / most)


def seal_weights(weights: Mapping[str, float]) -> str:
    """Fingerprint of a set of weights, to be written in the minutes before anyone sees the scores.

    SHA-256 over the criteria in alphabetical order and their normalized weights to nine digits.

    Examples
    --------
    >>> seal_weights({"b": 1, "a": 3}) == seal_weights({"a": 75, "b": 25})
    True
    """
    given = dict(weights)
    names = sorted(given)
    shares = normalized([given[name] for name in names])
    content = [[name, f"{round(share, 9):.15g}"] for name, share in zip(names, shares, strict=True)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def checked_matrix(matrix: ArrayLike) -> Floats:
    """A finite matrix of two dimensions, or a ValueError that names the cell."""
    cells = numbers(matrix, "matrix")
    if cells.ndim != 2 or 0 in cells.shape:
        raise InputError(f"a matrix of alternatives x criteria is needed, not shape {cells.shape}")
    _refuse(~np.isfinite(cells), cells, "it is missing or not finite")
    return cells


def _refuse(bad: NDArray[np.bool_], cells: Floats, words: str) -> None:
    """Name the first cell that cannot be used."""
    for row, column in np.argwhere(bad)[:1]:
        raise InputError(f"cell ({row}, {column}) is {cells[row, column]}: {words}")


def _ranks(n: int) -> Floats:
    """1..n as floats."""
    return np.arange(1, whole(n, "the number of criteria", 1) + 1, dtype=float)


def _judgements(comparisons: ArrayLike) -> Floats:
    """A checked comparison matrix with exact reciprocals (the upper half rules)."""
    judged = checked_matrix(comparisons)
    n = len(judged)
    if judged.shape != (n, n):
        raise InputError(f"a comparison matrix is square, not {judged.shape[0]} x {judged.shape[1]}")
    if n > len(RANDOM_INDEX):
        raise InputError(f"Saaty's random index ends at {len(RANDOM_INDEX)} criteria, got {n}: use groups")
    _refuse(judged <= 0, judged, "judgements are above zero")
    product = judged * judged.T
    off = np.abs(product - 1) > _RECIPROCAL
    if off.any():
        row, column = np.argwhere(off)[0]
        raise InputError(
            f"cell ({row}, {column}) is {as_given(judged[row, column])} and its mirror "
            f"{as_given(judged[column, row])}: they must be reciprocal"
        )
    upper = np.triu(judged, 1)
    lower = np.divide(1.0, upper, out=np.zeros_like(upper), where=upper > 0).T
    return np.asarray(upper + lower + np.eye(n))


def _principal(matrix: Floats) -> tuple[float, Floats]:
    """Largest eigenvalue of a positive matrix and its vector, sum 1."""
    values, vectors = np.linalg.eig(matrix)
    first = int(np.argmax(values.real))
    vector = np.abs(vectors[:, first].real)
    return float(values[first].real), vector / vector.sum()
