from __future__ import annotations

import numpy as np
import pytest

from pmo_kit.finance import discount_factors
from pmo_kit.rates import describe_schedule, discount_schedule, optimism_bias


def test_green_book_steps() -> None:
    """HM Treasury, Green Book 2026: 3.5 % to year 30, 3.0 to 75, 2.5 to 125, 2.0 to 200, 1.5 to 300, 1.0."""
    rates = discount_schedule("uk_green_book_2026", 302)
    at = {
        1: 3.5,
        30: 3.5,
        31: 3.0,
        75: 3.0,
        76: 2.5,
        125: 2.5,
        126: 2.0,
        200: 2.0,
        201: 1.5,
        300: 1.5,
        301: 1.0,
    }
    assert {year: round(100 * rates[year - 1], 6) for year in at} == at


def test_present_value_of_one_in_year_fifty() -> None:
    """Stepped rates against the product written out."""
    factors = discount_factors(discount_schedule("uk_green_book_2026", 50), 51)
    assert factors[50] == pytest.approx(1 / 1.035**30 / 1.03**20)


def test_none_and_flat() -> None:
    assert discount_schedule("none", 3).tolist() == [0, 0, 0]
    assert discount_schedule("flat_3.5", 2).tolist() == [0.035, 0.035]
    assert len(discount_schedule("none", 0)) == 0


def test_a_schedule_that_ends_is_refused_beyond_its_end() -> None:
    assert np.all(discount_schedule("us_omb_a94_2023", 30) == 0.02)
    with pytest.raises(ValueError, match="no rate after year 30"):
        discount_schedule("us_omb_a94_2023", 31)


@pytest.mark.parametrize("name", ["none", "uk_green_book_2026", "uk_green_book_2022", "us_omb_a94_2023"])
def test_every_schedule_is_dated_and_sourced(name: str) -> None:
    described = describe_schedule(name)
    assert described.dated
    assert described.source
    assert described.basis in ("real", "nominal", "any")


def test_unknown_names_list_the_known_ones() -> None:
    with pytest.raises(ValueError, match="uk_green_book_2026"):
        discount_schedule("green_book", 3)


@pytest.mark.parametrize("shares", [{"standard_buildings": 0.9}, {"castle": 1.0}])
def test_optimism_bias_refuses(shares: dict[str, float]) -> None:
    with pytest.raises(ValueError):
        optimism_bias(shares)


@pytest.mark.parametrize(
    ("kind", "duration", "capex"),
    [
        ("standard_buildings", 4, 24),
        ("non_standard_buildings", 39, 51),
        ("standard_civil_engineering", 20, 44),
        ("non_standard_civil_engineering", 25, 66),
        ("equipment_development", 54, 200),
    ],
)
def test_upper_bounds_of_optimism_bias(kind: str, duration: float, capex: float) -> None:
    """HM Treasury (2003), Supplementary Green Book Guidance on Optimism Bias, table 1, in percent."""
    found = [100 * optimism_bias({kind: 1.0}, quantity) for quantity in ("duration", "capex")]
    assert found == pytest.approx([duration, capex])
