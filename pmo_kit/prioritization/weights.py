"""Weights of criteria: swing points, ranks, several stakeholders, and a seal.

A weight says how much the swing of a criterion from the low to the high end of its declared scale matters. A
weight without that range has no meaning (Keeney and Raiffa 1976).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


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
    ValueError
        Names the position of the first bad weight.

    Examples
    --------
    >>> normalized([3, 1]).tolist()
    [0.75, 0.25]
    """
    given = np.asarray(weights, dtype=float)
    if given.ndim == 0 or given.shape[-1] == 0:
        raise ValueError(f"there is no {what}")
    bad = ~np.isfinite(given) | (given < 0)
    if bad.any():
        place = ", ".join(str(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{what} at position {place} is {given[bad][0]}: it must be 0 or more")
    total = given.sum(axis=-1, keepdims=True)
    if (total <= 0).any():
        raise ValueError(f"every {what} is zero")
    return np.asarray(given / total)


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


def roc_weights(n: int) -> Floats:
    """Rank order centroid: w_i = (1/n) sum over k = i..n of 1/k, the most important criterion first.

    Source: Barron and Barrett (1996), Management Science 42(11).

    Examples
    --------
    >>> roc_weights(3).round(4).tolist()
    [0.6111, 0.2778, 0.1111]
    """
    return np.asarray(np.cumsum(1.0 / _ranks(n)[::-1])[::-1] / n)


def rank_sum_weights(n: int) -> Floats:
    """Rank sum: w_i = 2 (n + 1 - i) / (n (n + 1)), the most important criterion first.

    Source: Stillwell, Seaver and Edwards (1981), Organizational Behavior and Human Performance 28(1).

    Examples
    --------
    >>> rank_sum_weights(3).round(4).tolist()
    [0.5, 0.3333, 0.1667]
    """
    return normalized(n + 1 - _ranks(n))


def rank_reciprocal_weights(n: int) -> Floats:
    """Rank reciprocal: w_i = (1/i) / sum of 1/k, the most important criterion first.

    Source: Stillwell, Seaver and Edwards (1981), Organizational Behavior and Human Performance 28(1).

    Examples
    --------
    >>> rank_reciprocal_weights(3).round(4).tolist()
    [0.5455, 0.2727, 0.1818]
    """
    return normalized(1.0 / _ranks(n))


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
    ValueError
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
    if (cells < 0).any():
        row, column = np.argwhere(cells < 0)[0]
        raise ValueError(f"cell ({row}, {column}) is {cells[row, column]}: entropy needs 0 or more")
    if len(cells) < 2 or (cells.sum(axis=0) == 0).any():
        raise ValueError("entropy needs at least two alternatives and no criterion that is zero throughout")
    share = cells / cells.sum(axis=0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    differ = 1.0 + (share * logs).sum(axis=0) / np.log(len(cells))
    differ[np.ptp(cells, axis=0) == 0] = 0.0
    if differ.sum() <= 0:
        raise ValueError("no criterion differs between the alternatives")
    return np.asarray(differ / differ.sum())


def combined_weights(weights: ArrayLike, voices: ArrayLike | None = None) -> Floats:
    """One set of weights from several people: the (weighted) arithmetic mean of their normalized weights.

    Parameters
    ----------
    weights : array, shape (people, criteria)
    voices : array, shape (people,), optional
        Weight of each person; equal when not given.

    Examples
    --------
    >>> combined_weights([[1, 1], [3, 1]]).tolist()
    [0.625, 0.375]
    """
    each = normalized(weights)
    voice = np.full(len(each), 1 / len(each)) if voices is None else normalized(voices, "voice")
    return np.asarray(voice @ each)


def grouped_weights(
    groups: Mapping[str, float], members: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    """Weights of criteria in groups: the weight of the group times the share of the criterion in it.

    Parameters
    ----------
    groups : mapping of group to weight
    members : mapping of group to mapping of criterion to weight inside the group

    Examples
    --------
    >>> grouped_weights({"people": 3, "co2": 1}, {"people": {"health": 1, "jobs": 1}, "co2": {"tons": 1}})
    {'health': 0.375, 'jobs': 0.375, 'tons': 0.25}
    """
    if set(groups) != set(members):
        raise ValueError(f"groups and members name different groups: {sorted(set(groups) ^ set(members))}")
    names = list(groups)
    outer = dict(zip(names, normalized([groups[name] for name in names]), strict=True))
    result: dict[str, float] = {}
    for name in names:
        inner = normalized(list(members[name].values()))
        for criterion, share in zip(members[name], inner, strict=True):
            if criterion in result:
                raise ValueError(f"criterion {criterion} stands in two groups")
            result[criterion] = float(outer[name] * share)
    return result


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
    ValueError
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
        raise ValueError("Kendall's W needs at least two items and two judges")
    below = (given[:, None, :] < given[None, :, :]).sum(axis=0)
    same = (given[:, None, :] == given[None, :, :]).sum(axis=0)
    mean_rank = below + (same + 1) / 2
    ties = (same**2 - 1).sum()  # sum over tie groups of t^3 - t
    sums = mean_rank.sum(axis=1)
    spread = ((sums - sums.mean()) ** 2).sum()
    most = m**2 * (n**3 - n) - m * ties
    if most <= 0:
        raise ValueError("every judge ties every item")
    return float(12 * spread / most)


def seal_weights(weights: Mapping[str, float]) -> str:
    """Fingerprint of a set of weights, to be written in the minutes before anyone sees the scores.

    SHA-256 over the criteria in alphabetical order and their normalized weights to nine digits.

    Examples
    --------
    >>> seal_weights({"b": 1, "a": 3}) == seal_weights({"a": 75, "b": 25})
    True
    """
    names = sorted(weights)
    shares = normalized([weights[name] for name in names])
    content = [[name, f"{share:.9f}"] for name, share in zip(names, shares, strict=True)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def checked_matrix(matrix: ArrayLike) -> Floats:
    """A finite matrix of two dimensions, or a ValueError that names the cell."""
    cells = np.asarray(matrix, dtype=float)
    if cells.ndim != 2 or 0 in cells.shape:
        raise ValueError(f"a matrix of alternatives x criteria is needed, not shape {cells.shape}")
    if not np.isfinite(cells).all():
        row, column = np.argwhere(~np.isfinite(cells))[0]
        raise ValueError(f"cell ({row}, {column}) is missing or not finite")
    return cells


def _ranks(n: int) -> Floats:
    """1..n as floats."""
    if n < 1:
        raise ValueError("at least one criterion is needed")
    return np.arange(1, n + 1, dtype=float)
