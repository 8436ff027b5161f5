"""Discounting, NPV, IRR, MIRR, payback and benefit-cost ratio: arrays in, arrays out.

The last axis is time and the first flow falls at t = 0. Leading axes are projects, draws or both; every
function works on all of them at once. Money in is positive, money out is negative, unless a parameter says
otherwise. A missing flow (NaN) makes the answer missing: it is never read as zero.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import door, numbers, told, whole
from pmo_kit.errors import InputError

Floats = NDArray[np.float64]

_SAME = 2e-5  # growth factors closer than this are one root (a double root splits by rounding)
_TOUCH = 1e-9  # NPV below this share of its absolute terms is a root, though the sign does not change
_NEAR = 1e-3  # candidates whose imaginary part is smaller than this share are looked at on the real line


@door
def discount_factors(rate: ArrayLike, n: int, timing: str = "start") -> Floats:
    """Present value of 1 received in each of `n` years.

    DF_t = product over i = 1..t of 1 / (1 + r_i), with DF_0 = 1. Rate r_i leads from year i - 1 to year i.

    Parameters
    ----------
    rate : float or array
        One rate for all years, or one rate per year step on the last axis (r_1 first; at least n - 1 of them,
        n for `mid` and `end`; further ones are not used). Each is above -1. 0.035 is 3.5 %.
    n : int
        Number of flows, t = 0..n-1.
    timing : {"start", "mid", "end"}
        When in its year a flow falls: t, t + 1/2 or t + 1.

    Returns
    -------
    ndarray, shape (..., n)

    Raises
    ------
    InputError
        A rate is -1 or below, or there are too few rates.

    Notes
    -----
    Source: UK Green Book (2026), annex on discounting, for the product of yearly rates.

    Examples
    --------
    >>> discount_factors(0.10, 3).round(4).tolist()
    [1.0, 0.9091, 0.8264]
    >>> discount_factors([0.10, 0.05], 3).round(4).tolist()
    [1.0, 0.9091, 0.8658]
    """
    if timing not in ("start", "mid", "end"):
        raise InputError(f"timing is start, mid or end, not {told(timing)}")
    steps = whole(n, "the number of flows") - (timing == "start")
    rates = numbers(rate, "rate")
    if rates.ndim == 0:
        rates = np.full(max(steps, 0), float(rates))
    if rates.shape[-1] < steps:
        raise InputError(f"{n} flows need {steps} yearly rates, got {rates.shape[-1]}")
    rates = rates[..., :steps]
    if np.any(rates <= -1):
        raise InputError("every rate must be above -1 (-100 %)")
    with np.errstate(over="ignore", divide="ignore"):  # a factor may be larger than a number can say: inf
        growth = np.cumprod(1.0 + rates, axis=-1)
        at_start = np.concatenate([np.ones((*growth.shape[:-1], 1)), 1.0 / growth], axis=-1)
    if timing == "start":
        return np.asarray(at_start[..., :n])
    if timing == "end":
        return np.asarray(at_start[..., 1 : n + 1])
    return np.asarray(at_start[..., :n] / np.sqrt(1.0 + rates))


@door
def npv(rate: ArrayLike, flows: ArrayLike) -> Floats:
    """Net present value: the sum of flow_t x DF_t, the first flow at t = 0 (not discounted).

    Excel's NPV puts the first flow at t = 1 instead; numpy-financial agrees with this function.

    Parameters
    ----------
    rate : float or array
        As in `discount_factors`.
    flows : array, shape (..., n)
        Money in positive, money out negative.

    Returns
    -------
    ndarray or scalar, shape (...)
        inf or NaN where a sum is larger than a number can say (1.8e308).

    Examples
    --------
    >>> round(float(npv(0.10, [-10_000, 5_000, 4_000, 3_000, 1_000])), 2)
    788.2
    """
    money = _flows(flows)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((money * discount_factors(rate, money.shape[-1])).sum(axis=-1))[()]


@door
def bcr(rate: ArrayLike, benefits: ArrayLike, costs: ArrayLike) -> Floats:
    """Benefit-cost ratio: PV of benefits / PV of costs, both given as positive amounts from t = 0 on.

    NaN where the PV of costs is not above zero. Unlike projects are not ranked by it alone (Green Book 2026).

    Parameters
    ----------
    rate : float or array
        As in `discount_factors`.
    benefits, costs : array, shape (..., n)
        Positive amounts. The two may have different lengths.

    Examples
    --------
    >>> round(float(bcr(0.06, [0, 300, 300, 300, 300, 300], [1_000])), 4)
    1.2637
    """
    return ratio(npv(rate, benefits), npv(rate, costs))[()]


def ratio(above: ArrayLike, below: ArrayLike) -> Floats:
    """Divide; NaN where the divisor is not above zero.

    Examples
    --------
    >>> ratio([1.0, 2.0], [4.0, 0.0]).tolist()
    [0.25, nan]
    """
    out = np.full(np.broadcast(above, below).shape, np.nan)
    with np.errstate(over="ignore"):
        return np.divide(above, below, out=out, where=np.asarray(below) > 0)


@door
def irr(flows: ArrayLike) -> Floats:
    """Internal rate of return: the one rate above -1 at which the NPV is zero, or NaN.

    NaN where it is undefined (no change of sign, no real root, or one that rounds to -1) or not unique (several
    roots, or a root at which the NPV touches zero without crossing it). `irr_roots` then lists what there is.
    numpy-financial, pyxirr and Excel return one of several roots instead; rank by NPV where this is NaN.

    Parameters
    ----------
    flows : array, shape (..., n)
        Equally spaced flows, money out negative.

    Returns
    -------
    ndarray or scalar, shape (...)
        Rate per period: 0.145 is 14.5 %.

    Notes
    -----
    One change of sign means exactly one root (Descartes' rule of signs); it is found by bisection. With more
    changes every real root is looked for and counted.

    Examples
    --------
    >>> round(float(irr([-100, 39, 59, 55, 20])), 5)
    0.28095
    >>> irr([[-100, 230, -132], [100, 10, 10]]).tolist()
    [nan, nan]
    """
    money = _flows(flows)
    rows = money.reshape(-1, money.shape[-1])
    answer = np.full(len(rows), np.nan)
    changes = np.where(np.isfinite(rows).all(axis=-1), _sign_changes(rows), 0)
    once = changes == 1
    if once.any():
        answer[once] = _bisect(rows[once])
    for i in np.flatnonzero(changes > 1):
        roots = _roots(rows[i])
        if len(roots) == 1 and roots[0][1]:
            answer[i] = roots[0][0]
    return answer.reshape(money.shape[:-1])[()]


@door
def irr_roots(flows: ArrayLike) -> Floats:
    """Every real rate above -1 at which the NPV of one series is zero, ascending; a touching root once.

    Parameters
    ----------
    flows : array, shape (n,)
        One series of equally spaced flows.

    Returns
    -------
    ndarray
        Empty when there is none, or when a flow is missing.

    Examples
    --------
    >>> irr_roots([-100, 230, -132]).round(6).tolist()
    [0.1, 0.2]
    >>> irr_roots([-100, 220, -121]).round(6).tolist()
    [0.1]
    """
    money = _flows(flows)
    if money.ndim != 1:
        raise InputError("irr_roots takes one series of flows")
    if not np.isfinite(money).all():
        return np.array([])
    return np.array([rate for rate, _ in _roots(money)])


@door
def mirr(flows: ArrayLike, finance_rate: ArrayLike, reinvest_rate: ArrayLike) -> Floats:
    """Modified internal rate of return; NaN unless there is both money in and money out.

    MIRR = (FV of money in at reinvest_rate / PV of money out at finance_rate) ^ (1 / (n - 1)) - 1.

    Parameters
    ----------
    flows : array, shape (..., n)
    finance_rate, reinvest_rate : float or array
        As in `discount_factors`.

    Notes
    -----
    Source: Brigham and Ehrhardt, Financial Management, chapter 10.

    Examples
    --------
    >>> round(float(mirr([-10_000, 5_000, 4_000, 3_000, 1_000], 0.10, 0.10)), 4)
    0.1211
    """
    money = _flows(flows)
    n = money.shape[-1]
    paid = np.asarray(-npv(finance_rate, np.where(money > 0, 0.0, money)))
    final = discount_factors(reinvest_rate, n)[..., -1]
    earned = np.asarray(npv(reinvest_rate, np.where(money < 0, 0.0, money)) / final)
    growth = np.where(earned > 0, ratio(earned, paid), np.nan)
    return np.asarray(growth ** (1.0 / max(n - 1, 1)) - 1.0)[()]


@door
def payback(flows: ArrayLike, rate: ArrayLike = 0.0) -> Floats:
    """Years from t = 0 until the cumulative discounted flow is back at zero for the first time.

    Within the year of recovery money is taken to flow evenly (linear interpolation), the book convention.

    Parameters
    ----------
    flows : array, shape (..., n)
    rate : float or array
        As in `discount_factors`; 0 gives the plain payback.

    Returns
    -------
    ndarray or scalar, shape (...)
        `inf` where the money never comes back; 0 where the cumulative flow is never below zero; NaN where a
        flow is missing. A later fall below zero is not seen here: `recrosses` tells.

    Notes
    -----
    Source: Brigham and Ehrhardt, Financial Management, chapter 10.

    Examples
    --------
    >>> flows = [-10_000, 5_000, 4_000, 3_000, 1_000]
    >>> round(float(payback(flows)), 2), round(float(payback(flows, 0.10)), 2)
    (2.33, 2.95)
    >>> float(payback([-100, 30, 30]))
    inf
    """
    running, present = _running(flows, rate)
    below = running < 0
    ever = below.any(axis=-1)
    started = np.maximum.accumulate(below, axis=-1)
    back = started & ~below
    first = back.argmax(axis=-1)
    gain = np.take_along_axis(present, first[..., None], axis=-1)[..., 0]
    before = np.take_along_axis(running, np.maximum(first - 1, 0)[..., None], axis=-1)[..., 0]
    share = np.divide(-before, gain, out=np.zeros(gain.shape), where=gain > 0)
    years = np.where(back.any(axis=-1), first - 1 + share, np.inf)
    years = np.where(ever, years, 0.0)
    return np.where(np.isnan(present).any(axis=-1), np.nan, years)[()]


def recrosses(flows: ArrayLike, rate: ArrayLike = 0.0) -> NDArray[np.bool_]:
    """Whether the cumulative discounted flow falls below zero again after it was paid back.

    Parameters
    ----------
    flows : array, shape (..., n)
    rate : float or array

    Examples
    --------
    >>> recrosses([[-10, 20, -15], [-10, 20, -5]]).tolist()
    [True, False]
    """
    running, _ = _running(flows, rate)
    below = running < 0
    back = np.maximum.accumulate(below, axis=-1) & ~below
    return np.asarray((np.maximum.accumulate(back, axis=-1) & below).any(axis=-1))[()]


def _flows(flows: ArrayLike) -> Floats:
    """Flows as an array of at least one axis and one year."""
    money = numbers(flows, "flows")
    if money.ndim == 0 or money.shape[-1] == 0:
        raise InputError("flows need a last axis with at least one year")
    return money


def _running(flows: ArrayLike, rate: ArrayLike) -> tuple[Floats, Floats]:
    """Cumulative discounted flow with rounding noise set to zero, and the discounted flow."""
    money = _flows(flows)
    present = money * discount_factors(rate, money.shape[-1])
    running = np.cumsum(present, axis=-1)
    noise = 1e-12 * np.abs(present).sum(axis=-1, keepdims=True)
    return np.where(np.abs(running) <= noise, 0.0, running), present


def _sign_changes(rows: Floats) -> NDArray[np.int_]:
    """Changes of sign of each row, zeros skipped."""
    sign = np.sign(rows)
    position = np.where(sign != 0, np.arange(rows.shape[-1]), 0)
    last = np.maximum.accumulate(position, axis=-1)
    filled = np.take_along_axis(sign, last, axis=-1)
    return (filled[:, 1:] * filled[:, :-1] < 0).sum(axis=-1)


def _shifted(rows: Floats) -> Floats:
    """Rows moved left so that the first flow is not zero (roots stay)."""
    first = (rows != 0).argmax(axis=-1)[:, None]
    index = np.arange(rows.shape[-1]) + first
    padded = np.concatenate([rows, np.zeros_like(rows)], axis=-1)
    return np.take_along_axis(padded, index, axis=-1)


def _horner(rows: Floats, x: Floats) -> Floats:
    """sum of rows_t x^t, by row."""
    total = np.zeros(len(rows))
    for column in rows.T[::-1]:
        total = total * x + column
    return total


def _bisect(rows: Floats) -> Floats:
    """The single root of rows with one change of sign, in u = log(1 + rate)."""
    size = np.abs(rows).max(axis=-1, keepdims=True)
    forward, backward = _shifted(rows), _shifted(rows[:, ::-1])
    early, least = np.sign(forward[:, 0]), np.log(np.abs([backward[:, 0], forward[:, 0]]))
    low, high = np.array([[-1], [1]]) * np.logaddexp(0, np.log(size[:, 0]) - least)
    forward, backward = forward / size, backward / size
    for _ in range(80):
        middle = (low + high) / 2
        x = np.exp(-np.abs(middle))
        value = np.where(middle >= 0, _horner(forward, x), _horner(backward, x))
        above = np.sign(value) * early > 0  # the early flows weigh more: the root is at a lower rate
        high = np.where(above, middle, high)
        low = np.where(above, low, middle)
    with np.errstate(over="ignore"):
        rate = np.expm1((low + high) / 2)
    return np.where((rate > -1) & (rate < np.inf), rate, np.nan)  # nearer to its ends than a number can say


def _roots(money: Floats) -> list[tuple[float, bool]]:
    """Real roots above -1 of one series, ascending, each with whether the NPV changes sign there."""
    from scipy.optimize import brentq

    if _sign_changes(money[None, :])[0] == 0:
        return []
    used = np.flatnonzero(money)
    flows = money[used[0] : used[-1] + 1] / np.abs(money).max()
    found = np.roots(flows)  # sum flows_t x^(n-1-t): x = 1 + rate
    near = found[(found.real > 0) & (np.abs(found.imag) <= _NEAR * np.abs(found))]
    growth = np.sort(near.real)
    if not len(growth):
        return []
    clusters = np.split(growth, np.flatnonzero(growth[1:] > growth[:-1] * (1 + _SAME)) + 1)
    gaps = [np.sqrt(a[-1] * b[0]) for a, b in pairwise(clusters)]
    edges = [growth[0] / 2, *gaps, growth[-1] * 2]
    values = [_scaled(flows, x) for x in edges]
    roots: list[tuple[float, bool]] = []
    for i, cluster in enumerate(clusters):
        middle = float(cluster.mean())
        crosses = values[i] * values[i + 1] < 0
        if crosses and (len(cluster) == 1 or abs(_scaled(flows, middle)) > _TOUCH):
            middle = brentq(partial(_scaled, flows), edges[i], edges[i + 1], xtol=1e-300)
        if middle - 1.0 > -1.0 and (crosses or abs(_scaled(flows, middle)) <= _TOUCH):
            roots.append((middle - 1.0, crosses))
    return roots


def _scaled(flows: Floats, x: float) -> float:
    """NPV at 1 + rate = x as a share of the sum of its absolute terms, without overflow."""
    powers = -np.arange(len(flows)) * np.log(x)
    terms = flows * np.exp(powers - powers.max())
    return float(terms.sum() / np.abs(terms).sum())
