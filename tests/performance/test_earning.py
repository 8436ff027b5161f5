"""Earned value and earned schedule against published cases and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.performance import earned_schedule, earned_value

# (name and source, inputs, published or recomputed results with their tolerance)
PUBLISHED = [
    (
        "wnwk.com design-build test",
        {"bac": 500, "pv": 300, "ev": 200, "ac": 250},
        {"cv": -50, "sv": -100, "cpi": 0.8, "spi": (0.67, 0.005), "eac_cpi": 625},
    ),
    (
        "izenbridge TCPI to a declared EAC",
        {"bac": 135_000, "pv": np.nan, "ev": 45_000, "ac": 70_000, "eac": 130_000},
        {"tcpi_eac": 1.5},
    ),
    (
        "ceboard construction control",
        {"bac": 5e6, "pv": np.nan, "ev": 1.5e6, "ac": 1.8e6},
        {"eac_cpi": 6e6},
    ),
    ("ceboard CPI", {"bac": np.nan, "pv": np.nan, "ev": 3e6, "ac": 3.5e6}, {"cpi": (0.857, 5e-4)}),
    (
        "MPUG, What is in EVM, part IV (EV by cost to cost: 11 / 12 of 10 000)",
        {"bac": 10_000, "pv": 10_000, "ev": 10_000 * 11 / 12, "ac": 11_000},
        {"eac_cpi": 12_000, "vac": -2_000},
    ),
    (
        "UT Dallas week 10, halfway",
        {"bac": 100_000, "pv": 55_000, "ev": 50_000, "ac": 45_000},
        {"spi": (0.909, 5e-4), "cpi": (1.111, 5e-4), "sv": -5_000, "cv": 5_000, "eac_cpi": 90_000},
    ),
    (
        "gristprojectmanagement.us, TCPI",
        {"bac": 1000, "pv": np.nan, "ev": 700, "ac": 800, "eac": 1200},
        {"tcpi_bac": 1.5, "tcpi_eac": 0.75},
    ),
    (
        "gristprojectmanagement.us, fig. 7-14: the source rounds CPI first and prints 538 344",
        {"bac": 500_000, "pv": np.nan, "ev": 150_000, "ac": 162_000},
        {"cpi": (0.925926, 1e-6), "eac_cpi": 540_000},
    ),
    (
        "IE5411 homework 9",
        {"bac": 248, "pv": 158, "ev": 148, "ac": 210},
        {
            "cpi": (0.7048, 1e-4),
            "spi": (0.9367, 1e-4),
            "cv": -62,
            "sv": -10,
            "eac_cpi": (351.89, 0.006),
            "vac": (-103.89, 0.006),
        },
    ),
    (
        "Schwalbe, Information Technology Project Management, ch. 7",
        {"bac": 200_000, "pv": 120_000, "ev": 100_000, "ac": 90_000},
        {"cv": 10_000, "sv": -20_000, "cpi": (1.1111, 1e-4), "spi": (0.8333, 1e-4), "eac_cpi": 180_000},
    ),
    (
        "ce.arizval.com sample problems",
        {"bac": 1e6, "pv": 5e5, "ev": 4.5e5, "ac": 4.8e5},
        {
            "cv": -30_000,
            "sv": -50_000,
            "cpi": 0.9375,
            "spi": 0.9,
            "eac_cpi": (1_066_666.67, 0.01),
            "eac_cpi_spi": (1_131_851.85, 0.01),
        },
    ),
    ("arizval, one-off storm", {"bac": 2e6, "pv": np.nan, "ev": 1e6, "ac": 1.1e6}, {"eac_plan": 2.1e6}),
    ("arizval, case 2", {"bac": 5e6, "pv": np.nan, "ev": 2e6, "ac": 2.5e6}, {"tcpi_bac": 1.2}),
]


@pytest.mark.parametrize(("inputs", "expected"), [case[1:] for case in PUBLISHED], ids=[c[0] for c in PUBLISHED])
def test_published_earned_value(inputs: dict[str, float], expected: dict[str, object]) -> None:
    found = earned_value(**inputs)
    for name, value in expected.items():
        want, tolerance = value if isinstance(value, tuple) else (value, abs(float(str(value))) * 1e-9)
        assert found[name] == pytest.approx(want, abs=tolerance), name


def test_published_earned_schedule() -> None:
    """Vanhoucke, PM Knowledge Center, node 167: weeks 1 to 6 published, 7 to 11 recomputed."""
    plan = [5, 10, 25, 55, 85, 120, 130, 140, 150]
    earned = [3.33, 6.67, 10, 22.5, 70, 82.5, 90, 120, 130, 140, 150]
    found = earned_schedule(plan, earned, np.arange(1, 12))
    assert found["es"] == pytest.approx([0.666, 1.334, 2, 2.8333, 4.5, 4.9167, 5.1429, 6, 7, 8, 9], abs=1e-4)
    assert found["spi_t"][-1] == pytest.approx(9 / 11)


def test_a_project_finished_late_is_late_by_earned_schedule() -> None:
    """MPUG, Earned Schedule Management: planned 10 months, finished in 12 (Lipke's formula)."""
    plan = np.arange(1, 11) * 100_000
    found = earned_schedule(plan, 1_000_000, 12)
    money = earned_value(1_000_000, 1_000_000, 1_000_000, 1_300_000)
    assert (found["es"], found["sv_t"]) == (10, -2)
    assert found["spi_t"] == pytest.approx(0.8333, abs=1e-4)
    assert (money["sv"], money["spi"], money["cv"]) == (0, 1, -300_000)


def test_hksm_example() -> None:
    """A plan that earned the same at month 21, looked at in month 24: three months behind."""
    found = earned_schedule(np.arange(1.0, 31.0), 21, 24)
    assert (found["es"], found["sv_t"], found["spi_t"]) == (21, -3, 0.875)


def test_edges_are_not_available_rather_than_wrong() -> None:
    bac, pv = [100.0] * 5, [0, 20, 50, 100, 80]
    found = earned_value(bac, pv, [0, 0, 50, 100, 90], [0, 10, 0, 120, 110])
    not_started, nothing_earned, not_spent, finished, spent = range(5)
    assert np.isnan([found[name][not_started] for name in ("cpi", "spi", "eac_cpi", "eac_cpi_spi")]).all()
    assert found["cpi"][nothing_earned] == 0
    assert np.isnan([found[name][nothing_earned] for name in ("eac_cpi", "etc", "vac", "tcpi_eac")]).all()
    assert np.isnan(found["cpi"][not_spent])
    assert [found[name][finished] for name in ("eac_cpi", "eac_plan", "eac_cpi_spi")] == [120] * 3
    assert np.isnan([found["tcpi_bac"][finished], found["tcpi_eac"][finished]]).all()
    assert np.isnan(found["tcpi_bac"][spent])
    assert found["tcpi_eac"][spent] == pytest.approx(90 / 110)


def test_impossible_figures_are_refused() -> None:
    with pytest.raises(ValueError, match="above the budget"):
        earned_value(100, 90, 101, 80)
    with pytest.raises(ValueError, match="negative"):
        earned_value(100, 90, 50, -1)
    with pytest.raises(ValueError, match="falls"):
        earned_schedule([10, 9], 5, 1)
    with pytest.raises(ValueError, match="gap"):
        earned_schedule([10, np.nan, 30], 5, 1)


def test_plans_of_different_length_and_flat_parts() -> None:
    plans = [[10, 20, 30, np.nan], [10, 10, 20, 20], [0, 0, 10, 20]]
    found = earned_schedule(plans, [15, 20, 0], [2, 5, 2])
    assert found["es"][:2].tolist() == [1.5, 3]
    assert np.isnan(found["es"][2])
    assert np.isnan(earned_schedule([10, 20], 25, 2)["es"])
    assert earned_schedule([10, 10, 20], 10, 3)["es"] == 2


money = st.floats(0.01, 1e6)


@settings(deadline=None)
@given(st.lists(st.tuples(money, money, st.floats(0, 1), money), min_size=1, max_size=8))
def test_arrays_are_the_same_as_one_by_one(rows: list[tuple[float, float, float, float]]) -> None:
    figures = np.array([(bac, pv, bac * done, ac) for bac, pv, done, ac in rows]).T
    together = earned_value(*figures)
    for place, row in enumerate(figures.T):
        for name, value in earned_value(*row).items():
            np.testing.assert_equal(together[name][place], value)


@settings(deadline=None)
@given(st.lists(st.floats(0, 100), min_size=1, max_size=12), st.floats(0, 1))
def test_the_plan_at_the_earned_schedule_is_what_is_earned(steps: list[float], done: float) -> None:
    plan = np.cumsum(steps)
    earned = done * plan[-1]
    es = earned_schedule(plan, earned, len(plan))["es"]
    if np.isfinite(es):
        assert np.interp(es, np.arange(len(plan) + 1), [0, *plan]) == pytest.approx(earned, rel=1e-6, abs=1e-6)
    else:
        assert plan[-1] == 0
