"""Published figures for NPV, IRR, MIRR, payback and BCR, each with its source."""

from __future__ import annotations

import numpy as np
import pytest

from pmo_kit import finance
from pmo_kit.rates import optimism_bias

NPF = "numpy_financial.irr docstring, version 1.0.0"
BRIGHAM = [-10_000, 5_000, 4_000, 3_000, 1_000]  # Brigham and Ehrhardt, chapter 10, project S
WEEK = [-1_000, 500, 400, 300, 200]  # coursehero 6383981, figures only
MILL = [-2e6, 0.6e6, 0.85e6, 0.9e6, 0.7e6]  # techwhiff 78712: its IRR and payback are wrong, corrected here


@pytest.mark.parametrize(
    ("flows", "rate", "tolerance"),
    [
        pytest.param([-100, 39, 59, 55, 20], 0.28095, 1e-5, id=NPF),
        pytest.param([-100, 0, 0, 74], -0.0955, 6e-5, id=NPF),
        pytest.param([-100, 100, 0, 7], 0.06206, 6e-5, id=NPF),
        pytest.param(BRIGHAM, 0.1449, 6e-5, id="Brigham and Ehrhardt"),
        pytest.param(WEEK, 0.178, 6e-4, id="coursehero 6383981"),
        pytest.param([-250, 85, 65, 55, 45, 100], 0.1236, 6e-5, id="brainmass 163442"),
        pytest.param(MILL, 0.18687, 6e-6, id="techwhiff 78712 corrected"),
    ],
)
def test_irr_as_published(flows: list[float], rate: float, tolerance: float) -> None:
    assert finance.irr(flows) == pytest.approx(rate, abs=tolerance)
    assert finance.irr_roots(flows) == pytest.approx([rate], abs=tolerance)


@pytest.mark.parametrize(
    ("flows", "published", "roots"),
    [
        ([-100, 100, 0, -7], -0.0833, [-0.67889, -0.0833]),
        ([-5, 10.5, 1, -8, 1], 0.0886, [-0.8702, 0.0886, 0.70956]),
    ],
    ids=[NPF, NPF],
)
def test_several_roots_are_nan_and_listed(flows: list[float], published: float, roots: list[float]) -> None:
    """numpy-financial prints the root nearest zero; here none is chosen."""
    assert np.isnan(finance.irr(flows))
    found = finance.irr_roots(flows)
    assert found == pytest.approx(roots, abs=6e-5)
    assert np.abs(found - published).min() < 6e-5


def test_brigham_project_s() -> None:
    assert finance.npv(0.10, BRIGHAM) == pytest.approx(788.2, abs=0.01)
    assert finance.mirr(BRIGHAM, 0.10, 0.10) == pytest.approx(0.1211, abs=6e-5)
    assert finance.bcr(0.10, [0, 5_000, 4_000, 3_000, 1_000], [10_000]) == pytest.approx(1.08, abs=0.006)
    assert finance.payback(BRIGHAM) == pytest.approx(2.33, abs=0.006)
    assert finance.payback(BRIGHAM, 0.10) == pytest.approx(2.95, abs=0.006)


@pytest.mark.parametrize(("rate", "value"), [(0.05, 262.69), (0.10, 147.12), (0.12, 105.94)])
def test_npv_at_three_rates(rate: float, value: float) -> None:
    assert finance.npv(rate, WEEK) == pytest.approx(value, abs=0.01)
    assert finance.payback(WEEK) == pytest.approx(2.33, abs=0.006)


def test_brainmass_profitability_index() -> None:
    assert finance.bcr(0.1, [0, 85, 65, 55, 45, 100], [250]) == pytest.approx(1.06, abs=0.006)


def test_mill_corrected() -> None:
    assert finance.npv(0.1, MILL) == pytest.approx(402_226.62, abs=0.006)
    assert finance.payback(MILL) == pytest.approx(2.6111, abs=0.006)
    assert finance.bcr(0.1, [0, *MILL[1:]], [2e6]) == pytest.approx(1.2011, abs=0.006)


def test_bcr_of_annuities_and_a_perpetuity() -> None:
    """assignmentexpert 244930; smartsolve (NPV corrected for a rounded factor); expertsmind 5313819."""
    assert finance.bcr(0.06, [0, *[300] * 5], [1_000]) == pytest.approx(1.2637, abs=1e-4)
    benefits, costs = np.array([0, *[400] * 30]), np.array([0, *[128] * 30])
    assert finance.bcr(0.04, benefits, costs) == pytest.approx(3.125)
    assert finance.npv(0.04, benefits - costs) == pytest.approx(4_703.43, abs=0.006)
    costs_pv = finance.npv(0.12, [20_000, 0, 0, 20_000])
    assert costs_pv == pytest.approx(34_235.6, abs=0.006)
    assert 10_000 / 0.12 / costs_pv == pytest.approx(2.4341, abs=1e-4)
    century = finance.bcr(0.12, [0, *[10_000] * 400], [20_000, 0, 0, 20_000])
    assert century == pytest.approx(2.4341, abs=1e-4)


def test_combined_optimism_bias() -> None:
    """Mott MacDonald 2002: 30 % non-standard and 70 % standard building."""
    shares = {"non_standard_buildings": 0.3, "standard_buildings": 0.7}
    assert optimism_bias(shares, "capex") * 100 == pytest.approx(32.1)
    assert optimism_bias(shares, "duration") * 100 == pytest.approx(14.5)
