from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit import prioritization as pr

positive = st.floats(0.01, 100)


@given(st.integers(1, 30))
def test_rank_based_weights_fall_and_sum_to_one(n: int) -> None:
    for rule in (pr.roc_weights, pr.rank_sum_weights, pr.rank_reciprocal_weights):
        weights = rule(n)
        assert weights.sum() == pytest.approx(1)
        assert (np.diff(weights) < 0).all()


@given(st.lists(positive, min_size=2, max_size=10))
def test_consistent_judgements_give_back_their_weights(weights: list[float]) -> None:
    share = np.array(weights) / sum(weights)
    answer = pr.ahp_weights(share[:, None] / share[None, :])
    assert answer.weights == pytest.approx(share, rel=1e-6)
    assert answer.consistency_ratio == pytest.approx(0, abs=1e-6)
    assert answer.worst_pair is None or len(weights) > 2


@given(st.lists(st.sampled_from([1, 2, 3, 5]), min_size=5, max_size=8), st.data())
def test_the_planted_wrong_judgement_is_named_and_mended(weights: list[int], data: st.DataObject) -> None:
    share = np.array(weights, dtype=float)
    matrix = share[:, None] / share[None, :]
    i = data.draw(st.integers(0, len(weights) - 2))
    j = data.draw(st.integers(i + 1, len(weights) - 1))
    right = matrix[i, j]
    matrix[i, j] *= 8
    matrix[j, i] /= 8
    answer = pr.ahp_weights(matrix)
    assert answer.worst_pair == (i, j)
    assert answer.mend == pytest.approx(right, rel=1e-6)
    assert f"row {i + 1}, column {j + 1}" in answer.summary


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2], [2, 1]], r"cell \(0, 1\)"),
        ([[1, -2], [-0.5, 1]], r"cell \(0, 1\)"),
        ([[1, np.nan], [1, 1]], r"cell \(0, 1\)"),
        ([[2, 1], [1, 1]], r"cell \(0, 0\)"),
        ([[1, 2, 3], [0.5, 1, 2]], "square"),
        (np.ones((16, 16)), "ends at 15"),
    ],
)
def test_bad_judgements_are_refused_with_the_cell(matrix: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pr.ahp_weights(matrix)


@pytest.mark.parametrize("weights", [[1, -1], [np.nan, 1], [0, 0], []])
def test_bad_weights_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError):
        pr.swing_weights(weights)


def test_kendall_w_by_hand() -> None:
    """Three judges, four items: rank sums 4, 7, 8, 11; S = 25; W = 12 x 25 / (9 x 60)."""
    ranks = [[1, 2, 1], [2, 1, 4], [4, 3, 1 + 0.5], [3, 4, 4 + 0.5]]
    plain = [[1, 2, 1], [2, 1, 4], [4, 3, 2], [3, 4, 3]]
    sums = np.array(plain).sum(axis=1)
    expected = 12 * ((sums - sums.mean()) ** 2).sum() / (9 * (64 - 4))
    assert pr.kendall_w(plain) == pytest.approx(expected)
    assert 0 <= pr.kendall_w(ranks) <= 1


@given(st.integers(2, 6), st.integers(2, 8), st.integers(0, 99))
def test_kendall_w_is_the_mean_spearman(judges: int, items: int, seed: int) -> None:
    """Without ties W = (1 + (m - 1) mean Spearman) / m."""
    rng = np.random.default_rng(seed)
    ranks = np.column_stack([rng.permutation(items) + 1 for _ in range(judges)])
    rho = np.corrcoef(ranks.T)
    mean = rho[np.triu_indices(judges, 1)].mean()
    assert pr.kendall_w(ranks) == pytest.approx((1 + (judges - 1) * mean) / judges, abs=1e-9)


def test_kendall_w_with_ties_and_refusals() -> None:
    assert pr.kendall_w([[1, 1], [1, 1], [3, 3]]) == pytest.approx(1)
    with pytest.raises(ValueError, match="ties every item"):
        pr.kendall_w([[1, 1], [1, 1]])
    with pytest.raises(ValueError, match="at least two"):
        pr.kendall_w([[1], [2]])


def test_a_seal_holds_the_weights_and_nothing_else() -> None:
    seal = pr.seal_weights({"risk": 30, "reach": 70})
    assert seal == pr.seal_weights({"reach": 0.7, "risk": 0.3})
    assert seal != pr.seal_weights({"risk": 31, "reach": 69})


@pytest.mark.parametrize(
    "matrix", [[[1, 2]], [[1, -2], [1, 2]], [[0, 1], [0, 2]], [[1, 2], [1, 2]], [[np.nan, 1], [1, 1]]]
)
def test_entropy_refuses_what_it_cannot_weigh(matrix: list[list[float]]) -> None:
    with pytest.raises(ValueError):
        pr.entropy_weights(matrix)
