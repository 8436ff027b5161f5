"""Weights from pairwise judgements (the Analytic Hierarchy Process), with the judgement to look at again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pmo_kit.prioritization.weights import Floats, checked_matrix, normalized

# Saaty (1980), The Analytic Hierarchy Process: mean consistency index of random matrices, n = 1..15.
RANDOM_INDEX = (
    0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59,
)  # fmt: skip
_RECIPROCAL = 0.02  # judgements typed with two digits (0.17 for 1/6) still count as reciprocal


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
        text = f"Consistency ratio {self.consistency_ratio:.3f} (Saaty's random index): {verdict}"
        if self.worst_pair is None:
            return f"{text}."
        row, column = self.worst_pair
        return f"{text}; look again at row {row + 1}, column {column + 1}: the others imply {self.mend:.2g}."


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
    ValueError
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
    if n < 3:
        return AhpWeights(weights, 0.0, lambda_max, None, float("nan"))
    ratio = max(0.0, (lambda_max - n) / (n - 1) / RANDOM_INDEX[n - 1])
    error = np.triu(np.abs(np.log(judged * weights / weights[:, None])), 1)
    if error.max() < 1e-9:
        return AhpWeights(weights, ratio, lambda_max, None, float("nan"))
    row, column = (int(i) for i in np.unravel_index(error.argmax(), error.shape))
    without = judged.copy()
    without[row, column] = without[column, row] = 0.0
    without[row, row] = without[column, column] = 2.0
    implied = _principal(without)[1]
    return AhpWeights(weights, ratio, lambda_max, (row, column), float(implied[row] / implied[column]))


def combined_judgements(matrices: ArrayLike, voices: ArrayLike | None = None) -> Floats:
    """One comparison matrix from several people: the (weighted) geometric mean of each judgement.

    The geometric mean alone keeps the matrix reciprocal. Source: Aczel and Saaty (1983), Journal of
    Mathematical Psychology 27(1).

    Parameters
    ----------
    matrices : array, shape (people, n, n)
    voices : array, shape (people,), optional
        Weight of each person; equal when not given.

    Examples
    --------
    >>> combined_judgements([[[1, 4], [1/4, 1]], [[1, 9], [1/9, 1]]])[0].round(6).tolist()
    [1.0, 6.0]
    """
    judged = np.stack([_judgements(matrix) for matrix in np.asarray(matrices, dtype=float)])
    voice = np.full(len(judged), 1 / len(judged)) if voices is None else normalized(voices, "voice")
    return np.asarray(np.exp(np.tensordot(voice, np.log(judged), axes=1)))


def _judgements(comparisons: ArrayLike) -> Floats:
    """A checked comparison matrix with exact reciprocals (the upper half rules)."""
    judged = checked_matrix(comparisons)
    n = len(judged)
    if judged.shape != (n, n):
        raise ValueError(f"a comparison matrix is square, not {judged.shape[0]} x {judged.shape[1]}")
    if n > len(RANDOM_INDEX):
        raise ValueError(f"Saaty's random index ends at {len(RANDOM_INDEX)} criteria, got {n}: use groups")
    if (judged <= 0).any():
        row, column = np.argwhere(judged <= 0)[0]
        raise ValueError(f"cell ({row}, {column}) is {judged[row, column]}: judgements are above zero")
    product = judged * judged.T
    off = np.abs(product - 1) > _RECIPROCAL
    if off.any():
        row, column = np.argwhere(off)[0]
        raise ValueError(
            f"cell ({row}, {column}) is {judged[row, column]:g} and its mirror {judged[column, row]:g}: "
            "they must be reciprocal"
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
