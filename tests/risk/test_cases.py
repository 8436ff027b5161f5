"""Published and closed-form cases of the risk mathematics, each within its Monte Carlo error."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from pmo_kit.risk import Estimate, cvar, pert, portfolio_contingency, variance_shares
from pmo_kit.risk.drawing import Run, event_draws, normals
from pmo_kit.uncertainty import Event, spread

N = 200_000
points = st.tuples(st.floats(0, 100), st.floats(0, 50), st.floats(0, 50)).map(
    lambda t: (t[0], t[0] + t[1], t[0] + t[1] + t[2])
)


def variance(found: Estimate) -> float:
    """Of what is drawn: the integral of the quantile function."""
    return float(quad(lambda p: (float(found.quantile(p)) - found.mean) ** 2, 0, 1, limit=200)[0])


def test_triangular() -> None:
    """Kotz and van Dorp (2004), Beyond Beta: mean (a + m + b) / 3, variance and quantiles in closed form."""
    found = Estimate(10, 20, 60, distribution="triangular")
    assert found.mean == 30
    assert variance(found) == pytest.approx(116.66666666666667)
    assert float(found.quantile(0.8)) == pytest.approx(40.0)
    drawn = found.at_normal(normals(7, ("triangular",), N))
    assert drawn.mean() == pytest.approx(30, abs=4 * (116.7 / N) ** 0.5)
    assert np.quantile(drawn, 0.8) == pytest.approx(40, abs=0.2)


def test_lognormal_sum_with_correlation() -> None:
    """Exact moments of a sum: Cov = m1 m2 (exp(rho s1 s2) - 1)."""
    mu, s = np.array([4.0, 3.5]), np.array([0.3, 0.5])
    z = np.linalg.cholesky(np.array([[1, 0.4], [0.4, 1]])) @ np.stack([normals(7, (str(i),), 10 * N) for i in range(2)])
    x = [
        Estimate(
            float(np.exp(m - 1.2815515655446004 * d)),
            float(np.exp(m)),
            float(np.exp(m + 1.2815515655446004 * d)),
            "p10_p90",
            "lognormal",
        ).at_normal(row)
        for m, d, row in zip(mu, s, z, strict=True)
    ]
    total = x[0] + x[1]
    assert total.mean() == pytest.approx(94.6359091937459, abs=4 * (972 / len(total)) ** 0.5)
    assert total.var() == pytest.approx(972.1461679267754, rel=0.01)


def test_risk_event() -> None:
    """A discrete risk: E = p m, Var = p (s^2 + m^2) - p^2 m^2, with p 0.3, m 50, s 10."""
    half = (7 * 100) ** 0.5  # a symmetric beta-PERT of variance half^2 / 7
    event = Event("R", 0.3, Estimate(50 - half, 50, 50 + half), 0, 0.0, 0.0, "")
    comes, amount = event_draws(Run(7, N, {}, None), "P", event)  # type: ignore[arg-type]
    drawn = np.zeros(N)
    drawn[comes] = amount
    assert drawn.mean() == pytest.approx(15.0, abs=4 * (555 / N) ** 0.5)
    assert drawn.var() == pytest.approx(555.0, rel=0.01)
    assert amount.std() == pytest.approx(10.0, rel=0.02)


def test_portfolio_effect() -> None:
    """n equal normals with correlation rho: pooled / unpooled = sqrt(n (1 + (n - 1) rho)) / n."""
    n, rho = 50, 0.2
    common = normals(7, ("common",), N)
    x = np.stack([10 * (rho**0.5 * common + (1 - rho) ** 0.5 * normals(7, (str(i),), N)) for i in range(n)])
    found = portfolio_contingency(x, np.zeros(n), 0.8)
    assert found.pooled / found.unpooled == pytest.approx(0.46475800154489, rel=0.015)


def test_variance_contribution() -> None:
    """Euler: share_i = Cov(X_i, T) / Var(T), three correlated normals; the shares add up to 1."""
    sd = np.array([10, 15, 20])
    c = np.array([[1, 0.3, 0.1], [0.3, 1, 0.2], [0.1, 0.2, 1]]) * np.outer(sd, sd)
    exact = c.sum(axis=1) / c.sum()
    x = np.linalg.cholesky(c) @ np.stack([normals(7, (str(i),), N) for i in range(3)])
    shares = variance_shares(x)
    assert shares == pytest.approx(exact, abs=0.01)
    assert shares.sum() == pytest.approx(1.0)


def test_cvar_of_a_normal() -> None:
    """McNeil, Frey and Embrechts (2005), Quantitative Risk Management, example 2.18: phi(z) / (1 - level)."""
    z = normals(7, ("normal",), 1_000_000)
    assert float(cvar(z, 0.95)) == pytest.approx(2.0627, abs=0.01)
    assert float(cvar(z, 0.95, "lower")) == pytest.approx(-2.0627, abs=0.01)


@given(points)
@settings(max_examples=60, deadline=None)
def test_pert_mean_variance_and_ends(three: tuple[float, float, float]) -> None:
    """METHOD: mean (a + 4m + b) / 6 and variance (mu - a)(b - mu) / 7."""
    a, m, b = three
    x = pert(a, m, b, 4000, 7)
    mean = (a + 4 * m + b) / 6
    wide = (mean - a) * (b - mean) / 7
    assert x.min() >= a - 1e-9
    assert x.max() <= b + 1e-9
    assert abs(x.mean() - mean) <= 5 * (wide / 4000) ** 0.5 + 1e-9
    assert Estimate(a, m, b).mean == pytest.approx(mean)
    assert variance(Estimate(a, m, b)) == pytest.approx(wide, rel=1e-5, abs=1e-9)


@given(points, st.sampled_from(["pert", "triangular"]))
@settings(max_examples=60, deadline=None)
def test_a_table_is_the_quantile_function(three: tuple[float, float, float], kind: str) -> None:
    estimate = Estimate(*three, distribution=kind)  # type: ignore[arg-type]
    table, exact = estimate.table(), estimate.at_normal(np.linspace(-4.5, 4.5, len(estimate.table())))
    assert np.abs(table - exact).max() <= 2e-4 * (three[2] - three[0]) + 1e-9
    assert (np.diff(table) >= -1e-9).all()


@given(st.floats(0.5, 0.95), st.floats(0.01, 0.3), st.floats(0.01, 0.3), st.sampled_from(["pert", "triangular"]))
@settings(max_examples=40, deadline=None)
def test_p10_and_p90_are_kept(likely: float, below: float, above: float, kind: str) -> None:
    low, high = likely - below, likely + above
    estimate = Estimate(low, likely, high, "p10_p90", kind)  # type: ignore[arg-type]
    try:
        found = estimate.quantile([0.1, 0.9])
    except ValueError:  # so skewed that no such distribution has these quantiles
        assert max(above, below) > 1.5 * min(above, below)
        return
    assert found == pytest.approx([low, high], abs=1e-5)


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50), st.floats(0, 0.99))
def test_cvar_lies_between_quantile_and_worst(x: list[float], level: float) -> None:
    assert np.mean(x) - 1e-6 <= float(cvar(x, level)) <= max(x) + 1e-9
    assert float(cvar(x, level, "lower")) == pytest.approx(-float(cvar([-v for v in x], level)), abs=1e-6)


flows = st.lists(st.floats(0, 100), min_size=1, max_size=6)


@given(
    flows,
    st.floats(0, 3),
    st.floats(0, 3),
    st.floats(0, 2.5),
    st.floats(0.1, 4),
    st.sampled_from([0.0, 0.15]),
)
def test_late_money_is_all_there_and_never_early(
    planned: list[float], start: float, overrun: float, begin: float, length: float, time_share: float
) -> None:
    """Nothing is lost, work grows by its share that is paid by time, and by no year is more done than was planned."""
    places, n = np.arange(len(planned)), 16
    work = (begin, begin + length)
    table = spread(places, n, work, np.array([start]), np.array([overrun]), time_share)[0]
    worked = (places < begin + length) & (places + 1 > begin)
    grown = np.where(worked, 1 + time_share * overrun / length, 1.0)
    assert table.sum(axis=0) == pytest.approx(grown, abs=1e-9)
    done = np.cumsum(table / grown, axis=0)
    assert (done <= np.cumsum(np.eye(n, len(planned)), axis=0) + 1e-9).all()


@given(flows, st.integers(0, 3), st.integers(0, 3))
def test_whole_years_late_are_a_deferral(planned: list[float], start: int, overrun: int) -> None:
    """A late start moves all by whole years; what follows the work moves by as much as the work ends later."""
    places, years = np.arange(len(planned)), np.array([float(start)])
    moved = spread(places, 16, (0.0, 2.0), years, np.zeros(1))[0]
    assert moved == pytest.approx(np.eye(16, len(planned), -start))
    late = spread(places, 16, (0.0, 2.0), years, np.array([float(overrun)]))[0]
    assert late[:, 2:] == pytest.approx(np.eye(16, len(planned), -start - overrun)[:, 2:])


def test_work_inside_a_year_keeps_its_dates() -> None:
    """Six months of 2027 and six of 2028, half as long again: six of the eighteen months are in 2027."""
    table = spread(np.array([0, 1]), 3, (0.5, 1.5), np.zeros(1), np.array([0.5]))[0]
    assert table @ [50, 50] == pytest.approx([100 / 3, 200 / 3, 0])


def test_refusals() -> None:
    with pytest.raises(ValueError, match="low <= likely <= high"):
        pert(3, 2, 4, 10, 7)
    with pytest.raises(ValueError, match="lognormal"):
        Estimate(1, 2, 3, "min_max", "lognormal")
    with pytest.raises(ValueError, match="level"):
        cvar([1, 2], 1.0)
