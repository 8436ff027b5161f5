from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pmo_kit import prioritization as pr
from tests.strategies import dominance

matrices = arrays(float, st.tuples(st.integers(2, 7), st.integers(1, 5)), elements=st.integers(1, 100).map(float))


@given(matrices, st.randoms(use_true_random=False), st.sampled_from(["vector", "minmax", "sum", "max"]))
def test_order_of_rows_and_units_do_not_matter(matrix: np.ndarray, random: object, normalization: str) -> None:
    k = matrix.shape[1]
    weights, up = np.arange(1, k + 1), np.arange(k) % 2 == 0
    order = np.array(random.sample(range(len(matrix)), len(matrix)))  # type: ignore[attr-defined]
    units = np.arange(1, k + 1) * 3.7
    base = pr.topsis(matrix, weights, up, normalization)
    np.testing.assert_allclose(pr.topsis(matrix[order], weights, up, normalization), base[order], atol=1e-9)
    np.testing.assert_allclose(pr.topsis(matrix * units, weights, up, normalization), base, atol=1e-9)
    flows = pr.promethee(matrix, weights, up, "linear", q=1, p=10)
    np.testing.assert_allclose(pr.promethee(matrix[order], weights, up, "linear", q=1, p=10), flows[order], atol=1e-9)
    scaled = pr.promethee(matrix * units, weights, up, "linear", q=units, p=10 * units)
    np.testing.assert_allclose(scaled, flows, atol=1e-9)
    assert flows.sum() == pytest.approx(0, abs=1e-9)


@given(matrices)
def test_dominance_is_respected(matrix: np.ndarray) -> None:
    weights, up = np.ones(matrix.shape[1]), np.ones(matrix.shape[1], dtype=bool)
    better, worse = np.nonzero(dominance(matrix))
    for worth in (
        pr.weighted_value(matrix, weights),
        pr.topsis(matrix, weights, up),
        pr.promethee(matrix, weights, up),
    ):
        assert (worth[better] >= worth[worse] - 1e-9).all()


def test_promethee_by_hand() -> None:
    """Two criteria, three alternatives, d = 2, 9 and 4, 8: each preference function written out."""
    matrix, weights, up = [[10, 5], [8, 9], [1, 1]], [0.6, 0.4], [True, True]
    usual = [(0.6 * (1 + 1) + 0.4 * (1 - 1)) / 2, (0.6 * (1 - 1) + 0.4 * (1 + 1)) / 2, -1.0]
    assert pr.promethee(matrix, weights, up) == pytest.approx(usual)
    one = [[10.0], [8.0]]
    cases = [
        ("usual", {}, 1.0),
        ("u_shape", {"q": 2}, 0.0),
        ("u_shape", {"q": 1.9}, 1.0),
        ("v_shape", {"p": 4}, 0.5),
        ("level", {"q": 1, "p": 3}, 0.5),
        ("level", {"q": 1, "p": 1.5}, 1.0),
        ("linear", {"q": 1, "p": 3}, 0.5),
        ("gaussian", {"s": 2}, 1 - np.exp(-0.5)),
    ]
    for kind, limits, degree in cases:
        assert pr.promethee(one, [1], [True], kind, **limits) == pytest.approx([degree, -degree])
        assert pr.promethee(one, [1], [False], kind, **limits) == pytest.approx([-degree, degree])


@pytest.mark.parametrize(
    ("kind", "limits"),
    [
        ("v_shape", {}),
        ("level", {"q": 3, "p": 1}),
        ("linear", {"q": 1, "p": 1}),
        ("gaussian", {}),
        ("odd", {}),
        ("usual", {"q": -1}),
    ],
)
def test_promethee_refuses_thresholds_without_meaning(kind: str, limits: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        pr.promethee([[1, 2], [3, 4]], [1, 1], [True, True], kind, **limits)


def test_mixed_preference_functions_need_one_each() -> None:
    matrix = [[1, 2], [3, 4]]
    assert pr.promethee(matrix, [1, 1], [True, True], ["usual", "v_shape"], p=[0, 4]) == pytest.approx([-0.75, 0.75])
    with pytest.raises(ValueError, match="do not match"):
        pr.promethee(matrix, [1, 1], [True, True], ["usual"])


def test_missing_cells_and_wrong_weights_are_refused() -> None:
    for method in (pr.topsis, pr.promethee):
        with pytest.raises(ValueError, match=r"cell \(1, 0\)"):
            method([[1, 2], [np.nan, 4]], [1, 1], [True, True])
        with pytest.raises(ValueError, match="do not match"):
            method([[1, 2], [3, 4]], [1, 1, 1], [True, True])
        with pytest.raises(ValueError, match="position 1"):
            method([[1, 2], [3, 4]], [1, -1], [True, True])
    with pytest.raises(ValueError, match=r"\(0, 1\)"):
        pr.weighted_value([[1, np.nan]], [1, 1])
    with pytest.raises(ValueError, match="normalization"):
        pr.topsis([[1, 2], [3, 4]], [1, 1], [True, True], "zscore")  # type: ignore[arg-type]


def test_identical_alternatives_are_level() -> None:
    assert pr.topsis([[3, 3], [3, 3]], [1, 1], [True, False]).tolist() == [0.5, 0.5]
