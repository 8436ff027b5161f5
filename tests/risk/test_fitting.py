"""A plan that fits with a confidence: jointly over the years, on draws that it was not made with."""

import pytest

import pmo_kit as pmo
from pmo_kit.risk import fit_envelopes, simulate_plan
from tests.conftest import shipped_register


@pytest.mark.long
def test_the_sample_fits_with_eighty_percent() -> None:
    question = pmo.Question(shipped_register("meridian"))
    fit = fit_envelopes(question, 0.8, draws=1000)
    assert fit.fits
    assert fit.reached >= 0.8 > fit.before
    assert fit.given_up > 0
    fresh = simulate_plan(question, fit.allocation.plan, 4000, seed=99)
    assert fresh.fits_envelopes > 0.75
    assert "% of the futures" in fit.summary


def test_a_sure_plan_needs_no_reserve() -> None:
    fit = fit_envelopes(pmo.Question(shipped_register("meridian_12")), 0.9, draws=100)
    assert fit.fits
    assert fit.given_up == 0
    assert fit.reserves.empty
