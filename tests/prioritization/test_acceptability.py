from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit import prioritization as pr
from pmo_kit.prioritization.robustness import count_ranks, tiers, win_shares
from tests.strategies import dominance

values = st.integers(0, 99).flatmap(
    lambda seed: st.tuples(st.integers(2, 6), st.integers(2, 4)).map(
        lambda shape: np.random.default_rng(seed).integers(0, 12, shape).astype(float)
    )
)


@settings(max_examples=40, deadline=None)
@given(values)
def test_counts_equal_a_plain_count(cells: np.ndarray) -> None:
    """Every draw ranked one by one; ties shared equally over the orders they allow."""
    weights = pr.sample_weights(cells.shape[1], 300, 5)
    found = count_ranks(cells, weights)
    assert found.sum(axis=0) == pytest.approx(np.ones(len(cells)))
    assert found.sum(axis=1) == pytest.approx(np.ones(len(cells)))
    if len(np.unique(cells, axis=0)) < len(cells):
        for i, j in itertools.combinations(range(len(cells)), 2):
            if (cells[i] == cells[j]).all():
                assert found[i] == pytest.approx(found[j])
        return
    plain = np.zeros((len(cells), len(cells)))
    for worth in weights @ cells.T:
        for rank, i in enumerate(np.argsort(-worth, kind="stable")):
            plain[i, rank] += 1 / len(weights)
    assert np.abs(found - plain).max() < 0.02  # sums in another order may turn an exact tie


def test_two_alternatives_in_closed_form() -> None:
    """Values (1, 0) and (0, 2): the first wins where w1 > 2/3, so in a third of the simplex."""
    share = pr.rank_acceptability([[1, 0], [0, 2]], draws=100_000, seed=3)
    assert share[0, 0] == pytest.approx(1 / 3, abs=0.006)
    wins = win_shares(np.array([[1.0, 0], [0, 2]]), pr.sample_weights(2, 100_000, 3))
    assert wins[0, 1] == pytest.approx(share[0, 0])
    assert wins.diagonal().tolist() == [0.5, 0.5]


@settings(max_examples=20, deadline=None)
@given(values)
def test_order_of_projects_and_units_do_not_matter(cells: np.ndarray) -> None:
    base = pr.rank_acceptability(cells, 500, 1)
    turned = pr.rank_acceptability(cells[::-1], 500, 1)[::-1]
    assert np.abs(base - turned).max() < 0.02
    assert np.abs(base - pr.rank_acceptability(1000 * cells + 7, 500, 1)).max() < 0.02


@settings(max_examples=20, deadline=None)
@given(values)
def test_the_dominated_are_never_first(cells: np.ndarray) -> None:
    share = pr.rank_acceptability(cells, 500, 2)
    worse = dominance(cells).any(axis=0)
    assert (share[worse, 0] == 0).all()


def test_equal_seeds_give_equal_numbers_and_others_do_not() -> None:
    cells = np.random.default_rng(0).uniform(size=(8, 4))
    assert (pr.rank_acceptability(cells, 100, 7) == pr.rank_acceptability(cells, 100, 7)).all()
    assert (pr.rank_acceptability(cells, 100, 7) != pr.rank_acceptability(cells, 100, 8)).any()


def test_missing_values_are_refused() -> None:
    with pytest.raises(ValueError, match=r"cell \(0, 1\)"):
        pr.rank_acceptability([[1, np.nan], [1, 2]])


def test_tiers_open_where_the_head_surely_wins() -> None:
    wins = np.array([[0.5, 0.7, 0.96, 1], [0.3, 0.5, 0.9, 1], [0.04, 0.1, 0.5, 0.94], [0, 0, 0.06, 0.5]])
    assert tiers(np.arange(4), wins).tolist() == [1, 1, 2, 2]
