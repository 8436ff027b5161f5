"""Published figures for weights, value functions, TOPSIS, AHP and SMAA, each with its source."""

from __future__ import annotations

import numpy as np
import pytest

from pmo_kit import prioritization as pr

LEADER = [[1, 4, 3, 7], [1 / 4, 1, 1 / 3, 3], [1 / 3, 3, 1, 5], [1 / 7, 1 / 3, 1 / 5, 1]]
CAR = [[1, 3, 7, 3], [1 / 3, 1, 9, 1], [1 / 7, 1 / 9, 1, 1 / 7], [1 / 3, 1, 7, 1]]
EIGHT = [
    [1, 7, 1 / 5, 1 / 8, 1 / 2, 1 / 3, 1 / 5, 1],
    [1 / 7, 1, 1 / 8, 1 / 9, 1 / 4, 1 / 5, 1 / 9, 1 / 8],
    [5, 8, 1, 1 / 3, 4, 2, 1, 1],
    [8, 9, 3, 1, 7, 5, 3, 3],
    [2, 4, 1 / 4, 1 / 7, 1, 1 / 2, 1 / 5, 1 / 5],
    [3, 5, 1 / 2, 1 / 5, 2, 1, 1 / 3, 1 / 3],
    [5, 9, 1, 1 / 3, 5, 3, 1, 1],
    [1, 8, 1, 1 / 3, 5, 3, 1, 1],
]
OFFICES = ["Addison", "Bilton", "Carlisle", "Denver", "Elton", "Filton", "Gorton"]
OFFICE_VALUES = [
    [100, 60, 100, 75, 0, 90],
    [20, 80, 10, 30, 100, 30],
    [80, 70, 0, 0, 10, 100],
    [70, 50, 30, 55, 30, 90],
    [40, 60, 90, 100, 60, 70],
    [0, 0, 70, 0, 80, 0],
    [60, 100, 20, 50, 50, 80],
]
OFFICE_BENEFIT = [80.8, 39.4, 47.4, 52.3, 64.8, 20.9, 60.2]
PHONES = [[5490, 51.4, 8.5, 285], [6500, 70.6, 7, 288], [6489, 54.3, 7.5, 290]]


@pytest.mark.parametrize(
    ("matrix", "weights", "ratio"),
    [
        pytest.param(LEADER, [0.548, 0.127, 0.270, 0.056], 0.044, id="Wikipedia, AHP leader example"),
        pytest.param(CAR, [0.51, 0.234, 0.041, 0.215], 0.0738, id="Wikipedia, AHP car example, Saaty's RI"),
    ],
)
def test_ahp_weights_and_ratio(matrix: list[list[float]], weights: list[float], ratio: float) -> None:
    answer = pr.ahp_weights(matrix)
    assert answer.weights == pytest.approx(weights, abs=6e-4)
    assert answer.consistency_ratio == pytest.approx(ratio, abs=6e-4)
    assert answer.acceptable


def test_ahp_that_must_fail() -> None:
    """R package MCDA prints 0.164 with its own random index; with Saaty's 0.90 it is 0.161."""
    answer = pr.ahp_weights([[1, 1 / 4, 4, 1 / 6], [4, 1, 4, 1 / 4], [1 / 4, 1 / 4, 1, 1 / 5], [6, 4, 5, 1]])
    assert answer.lambda_max == pytest.approx(4.4347, abs=1e-4)
    assert answer.consistency_ratio == pytest.approx(0.161, abs=1e-4)
    assert not answer.acceptable


def test_ahp_of_eight_is_the_eigenvalue_not_its_approximation() -> None:
    """JMcDM test suite, matrix K: 8.72643 and 0.0736 there are the column-mean approximation."""
    answer = pr.ahp_weights(EIGHT)
    assert answer.lambda_max == pytest.approx(8.6982, abs=1e-4)
    assert (answer.lambda_max - 8) / 7 == pytest.approx(0.09974, abs=1e-5)
    assert answer.consistency_ratio == pytest.approx(0.07074, abs=1e-5)
    matrix = np.array(EIGHT)
    rough = (matrix / matrix.sum(axis=0)).mean(axis=1)
    lambda_rough = (matrix @ rough / rough).mean()
    assert lambda_rough == pytest.approx(8.72643, abs=1e-5)
    assert (lambda_rough - 8) / 7 / 1.41 == pytest.approx(0.0736, abs=1e-5)


@pytest.mark.parametrize(
    ("n", "weights"),
    [
        (5, [0.4567, 0.2567, 0.1567, 0.0900, 0.0400]),
        (4, [0.5208, 0.2708, 0.1458, 0.0625]),
        (3, [0.6111, 0.2778, 0.1111]),
    ],
)
def test_rank_order_centroid(n: int, weights: list[float]) -> None:
    """Barron and Barrett 1996; Edwards and Barron 1994."""
    assert pr.roc_weights(n) == pytest.approx(weights, abs=1e-4)


def test_swing_weights_of_the_office_location() -> None:
    """Goodwin and Wright, chapter 3; printed in whole percent."""
    assert 100 * pr.swing_weights([100, 80, 70, 30, 20, 10]) == pytest.approx([32, 26, 23, 10, 6, 3], abs=0.51)


def test_entropy_weights() -> None:
    """JMcDM test suite, testentropy.jl."""
    matrix = [
        [2, 1, 4, 7, 6, 6, 7, 3000],
        [4, 1, 5, 6, 7, 7, 6, 3500],
        [3, 2, 6, 6, 5, 6, 8, 4000],
        [5, 1, 5, 7, 6, 7, 7, 3000],
        [4, 2, 5, 6, 7, 7, 6, 3000],
        [3, 2, 6, 6, 6, 6, 6, 3500],
    ]
    printed = [0.299674, 0.441367, 0.070091, 0.021238, 0.049023, 0.02308, 0.047763, 0.047763]
    assert pr.entropy_weights(matrix) == pytest.approx(printed, abs=1e-5)


def test_additive_value_of_the_offices() -> None:
    """Goodwin and Wright, chapter 3 (SMART)."""
    assert pr.weighted_value(OFFICE_VALUES, [32, 26, 23, 10, 6, 3]) == pytest.approx(OFFICE_BENEFIT, abs=1e-9)


def test_weighted_sum_of_kracka() -> None:
    """Kracka, Brauers and Zavadskas 2010; costs as 1/x, columns divided by their sums."""
    matrix = np.array(
        [
            [33.95, 23.78, 11.45, 39.97, 29.44, 167.1, 3.852],
            [38.9, 4.17, 6.32, 0.01, 4.29, 132.52, 25.184],
            [37.59, 9.36, 8.23, 4.35, 10.22, 136.71, 10.845],
            [30.44, 37.59, 13.91, 74.08, 45.1, 198.34, 2.186],
            [36.21, 14.79, 9.17, 17.77, 17.06, 148.3, 6.61],
            [37.8, 8.55, 7.97, 2.35, 9.25, 134.83, 11.935],
        ]
    )
    up = np.array([False, False, False, False, True, False, True])
    good = np.where(up, matrix, 1 / matrix)
    found = pr.weighted_value(good / good.sum(axis=0), [20] * 7)
    printed = [0.12040426, 0.3458235, 0.13838192, 0.12841246, 0.12346084, 0.14351701]
    assert found == pytest.approx(printed, abs=1e-7)
    assert (1 + (found[None, :] > found[:, None]).sum(axis=1)).tolist() == [6, 1, 3, 4, 5, 2]


def test_piecewise_value_functions() -> None:
    """R package smaa, tests/pvf.R; R package MCDA, test of piecewise-linear value functions."""
    points, values = [-0.15, 0, 0.25, 0.35], [0, 0.1, 0.9, 1]
    found = pr.piecewise_value([0.35, -0.15, 0, 0.25, 0.1], points, values)
    assert found == pytest.approx([1, 0, 0.1, 0.9, 0.42], abs=1e-9)
    table = np.array([[3, 10, 1], [4, 20, 2], [2, 20, 0], [6, 40, 0], [30, 30, 3]])
    functions = [
        ([30, 16, 2], [0, 0, 0.0875]),
        ([40, 30, 20, 10], [0, 0, 0.025, 0.9]),
        ([0, 1, 2, 3], [0, 0, 0.0125, 0.0125]),
    ]
    found = np.column_stack([pr.piecewise_value(table[:, j], *f) for j, f in enumerate(functions)])
    printed = [[0.08125, 0.9, 0], [0.075, 0.025, 0.0125], [0.0875, 0.025, 0], [0.0625, 0, 0], [0, 0, 0.0125]]
    np.testing.assert_allclose(found, printed, atol=1e-9)


def test_topsis_with_a_cost() -> None:
    """Hodgett, TOPSIS in Excel; R package MCDA, tests/TOPSIS.R, with a subset."""
    up, weights = [False, True, True, True], [0.35, 0.25, 0.25, 0.15]
    assert pr.topsis(PHONES, weights, up) == pytest.approx([0.4817, 0.5182, 0.1780], abs=1e-4)
    subset = [row[:3] for row in PHONES[:2]]
    assert pr.topsis(subset, weights[:3], up[:3]) == pytest.approx([0.4943, 0.5057], abs=1e-4)


def test_topsis_depends_on_its_normalization() -> None:
    """Opricovic and Tzeng 2004; min-max also in pymcdm's test suite."""
    matrix, weights, up = [[1, 3000], [2, 3750], [5, 4500]], [0.5, 0.5], [False, True]
    assert pr.topsis(matrix, weights, up, "minmax") == pytest.approx([0.5, 0.617, 0.5], abs=6e-4)
    assert pr.topsis(matrix, weights, up) == pytest.approx([0.762, 0.722, 0.238], abs=6e-4)


def test_smaa_of_a_dominated_alternative() -> None:
    """R package smaa, tests/nacw.R: the dominated are never first."""
    values = [[0.9, 0.8, 0.7], [0.5, 0.6, 0.7], [0.2, 0.1, 0.3]]
    share = pr.rank_acceptability(values, draws=20_000, seed=7)
    assert share[:, 0] == pytest.approx([1, 0, 0], abs=0.004)
    assert share[:, 2] == pytest.approx([0, 0, 1], abs=0.004)
