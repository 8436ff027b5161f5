from __future__ import annotations

import numpy as np
import numpy_financial as npf
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit import finance

money = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 2))
series = st.lists(money, min_size=2, max_size=12)
rates = st.floats(-0.5, 2.0)


@given(series, rates)
def test_npv_equals_both_oracles(flows: list[float], rate: float) -> None:
    value = finance.npv(rate, flows)
    size = abs(np.array(flows)) @ finance.discount_factors(rate, len(flows)) + 1
    assert value == pytest.approx(npf.npv(rate, flows), abs=1e-9 * size)
    assert value == pytest.approx(pyxirr.npv(rate, flows), abs=1e-9 * size)


@given(st.lists(st.floats(1, 1e4), min_size=1, max_size=3), st.lists(st.floats(1, 1e4), min_size=1, max_size=9))
def test_irr_of_conventional_flows_equals_both_oracles(paid: list[float], received: list[float]) -> None:
    flows = [*(-x for x in paid), *received]
    rate = float(finance.irr(flows))
    size = np.abs(flows) @ finance.discount_factors(rate, len(flows))
    assert finance.npv(rate, flows) == pytest.approx(0, abs=1e-9 * size)
    if -0.9 < rate < 10:
        assert rate == pytest.approx(npf.irr(flows), abs=1e-6)
        assert rate == pytest.approx(pyxirr.irr(flows), abs=1e-6)


@given(st.lists(st.integers(-40, 150), min_size=1, max_size=4, unique=True))
def test_irr_roots_are_the_roots_put_in(percent: list[int]) -> None:
    roots = np.sort(np.array(percent) / 100)
    flows = np.poly(1 + roots)
    assert finance.irr_roots(flows) == pytest.approx(roots, abs=1e-5)
    assert np.isnan(finance.irr(flows)) == (len(roots) > 1)


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e9, 0.37])
@pytest.mark.parametrize("root", [0.1, 0.035, -0.2, 1.0])
def test_a_touching_root_is_listed_but_is_no_irr(root: float, scale: float) -> None:
    flows = -scale * np.poly([1 + root, 1 + root])
    assert np.isnan(finance.irr(flows))
    assert finance.irr_roots(flows) == pytest.approx([root], abs=1e-6)


def test_touching_and_crossing_roots_together() -> None:
    flows = np.poly([1.1, 1.1, 1.3])
    assert np.isnan(finance.irr(flows))
    assert finance.irr_roots(flows) == pytest.approx([0.1, 0.3], abs=1e-6)


@pytest.mark.parametrize(
    "flows", [[0, 0], [1, 2], [-1, -2], [-100, 20, 20, -5], [np.nan, -1, 2], [-100, 220, -121.1], [5]]
)
def test_undefined_irr_is_nan(flows: list[float]) -> None:
    if flows == [-100, 20, 20, -5]:
        assert (finance.irr_roots(flows) > -1).all()
    assert np.isnan(finance.irr(flows))


def test_everything_works_on_leading_axes() -> None:
    rng = np.random.default_rng(1)
    flows = rng.normal(size=(3, 4, 6))
    flows[..., 0] = -3
    pairs = [
        (finance.npv(0.05, flows), lambda f: finance.npv(0.05, f)),
        (finance.irr(flows), finance.irr),
        (finance.mirr(flows, 0.05, 0.07), lambda f: finance.mirr(f, 0.05, 0.07)),
        (finance.payback(flows, 0.05), lambda f: finance.payback(f, 0.05)),
        (finance.bcr(0.05, np.abs(flows), flows**2), lambda f: finance.bcr(0.05, np.abs(f), f**2)),
        (finance.recrosses(flows), finance.recrosses),
    ]
    for together, one in pairs:
        assert together.shape == (3, 4)
        alone = [[one(flows[i, j]) for j in range(4)] for i in range(3)]
        np.testing.assert_allclose(together, np.array(alone), rtol=1e-9)


def test_yearly_rates_and_timing() -> None:
    rates = [0.10, 0.05, 0.02]
    assert finance.discount_factors(rates, 3) == pytest.approx([1, 1 / 1.1, 1 / 1.1 / 1.05])
    assert finance.discount_factors(rates, 3, "end") == pytest.approx([1 / 1.1, 1 / 1.1 / 1.05, 1 / 1.1 / 1.05 / 1.02])
    middle = finance.discount_factors(0.1, 2, "mid")
    assert middle == pytest.approx([1.1**-0.5, 1.1**-1.5])
    assert finance.npv(rates[:2], [1, 1, 1]) == pytest.approx(1 + 1 / 1.1 + 1 / 1.155)
    many = finance.npv(np.array([[0.0, 0.0], [1.0, 1.0]]), [1, 1, 1])  # one schedule per leading row
    assert many == pytest.approx([3, 1.75])


@pytest.mark.parametrize(("rate", "n"), [([0.1], 3), (-1.0, 2), ([0.1, -1.2], 3)])
def test_bad_rates_are_refused(rate: object, n: int) -> None:
    with pytest.raises(ValueError):
        finance.discount_factors(rate, n)


def test_payback_edges() -> None:
    assert finance.payback([-100, 30, 30]) == np.inf
    assert finance.payback([10, 5]) == 0
    assert finance.payback([0, -10, 0, 10]) == 3
    assert finance.payback([-0.3, 0.1, 0.1, 0.1]) == 3  # the last cent, in spite of binary fractions
    assert np.isnan(finance.payback([-1, np.nan, 3]))
    assert finance.recrosses([-10, 20, -15, 30])


def test_bcr_without_costs_is_not_available() -> None:
    assert np.isnan(finance.bcr(0.1, [1, 2], [0, 0]))
    assert np.isnan(finance.bcr(0.1, [1, 2], [-1, 0]))


def test_mirr_needs_both_signs_and_equals_its_oracles() -> None:
    assert np.isnan(finance.mirr([1, 2, 3], 0.1, 0.1))
    assert np.isnan(finance.mirr([-1, -2], 0.1, 0.1))
    flows = [-120_000, 39_000, -30_000, 21_000, 37_000, 146_000]
    assert finance.mirr(flows, 0.10, 0.12) == pytest.approx(npf.mirr(flows, 0.10, 0.12))
    assert finance.mirr(flows, 0.10, 0.12) == pytest.approx(pyxirr.mirr(flows, 0.10, 0.12))


def test_green_book_annuity_and_break_even() -> None:
    """1.0 m at t = 0 and 150 k a year for ten years at 3.5 %: closed form of the annuity."""
    annuity = (1 - 1.035**-10) / 0.035
    assert finance.npv(0.035, [-1e6, *[150e3] * 10]) == pytest.approx(150e3 * annuity - 1e6)
    assert finance.npv(0.035, [-1e6, *[1e6 / annuity] * 10]) == pytest.approx(0, abs=1e-6)
