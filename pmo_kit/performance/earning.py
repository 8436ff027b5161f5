"""Earned value and earned schedule: arrays in, arrays out, without the register.

Terms and formulas follow ANSI/EIA-748 and PMI, *The Standard for Earned Value Management* (2019); earned
schedule follows Lipke, "Schedule is different", *The Measurable News* (2003), and Vanhoucke, *Measuring Time*
(2010). Ratios are never rounded before they are used.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import numbers
from pmo_kit.errors import InputError

Array = NDArray[np.float64]
CLOSE = 1e-9


def ratio(above: Array, below: Array) -> Array:
    """Divide; not a number where the divisor is not above 0."""
    out = np.full(np.broadcast(above, below).shape, np.nan)
    with np.errstate(over="ignore"):
        return np.divide(above, below, out=out, where=below > 0)


def earned_value(
    bac: ArrayLike, pv: ArrayLike, ev: ArrayLike, ac: ArrayLike, *, eac: ArrayLike | None = None
) -> dict[str, Array]:
    """Return the variances, indices and forecasts of earned value.

    Parameters
    ----------
    bac, pv, ev, ac : array_like
        Budget at completion, planned value, earned value and actual cost: cumulative money of one date, or of
        many dates on the last axis. They broadcast; a missing figure is NaN and stays so.
    eac : array_like, optional
        The estimate at completion that `tcpi_eac` refers to (`eac_cpi` when absent).

    Returns
    -------
    dict of str to ndarray
        cv = EV - AC, sv = EV - PV (negative is bad), cpi = EV / AC, spi = EV / PV,
        eac_cpi = BAC / CPI, eac_plan = AC + BAC - EV, eac_cpi_spi = AC + (BAC - EV) / (CPI x SPI),
        etc = eac_cpi - AC, vac = BAC - eac_cpi, tcpi_bac = (BAC - EV) / (BAC - AC),
        tcpi_eac = (BAC - EV) / (EAC - AC). NaN means not available: an index where nothing was spent (or
        planned) yet, a forecast by CPI where nothing was earned, a TCPI where the work is finished, and
        tcpi_bac where the budget is already spent ("BAC unachievable").

    Raises
    ------
    ValueError
        If more is earned than the budget at completion, or an amount is negative.

    Notes
    -----
    Finished (EV = BAC): every EAC is AC. EV = 0 with AC > 0: CPI is 0 and its EAC undefined.

    Examples
    --------
    BAC 1000, PV 400, EV 350, AC 450:

    >>> found = earned_value(1000, 400, 350, 450)
    >>> {name: round(float(found[name]), 4) for name in ("cv", "sv", "cpi", "spi", "eac_cpi", "tcpi_bac")}
    {'cv': -100.0, 'sv': -50.0, 'cpi': 0.7778, 'spi': 0.875, 'eac_cpi': 1285.7143, 'tcpi_bac': 1.1818}
    """
    bac, pv, ev, ac = np.broadcast_arrays(*(numbers(x, "earned value") for x in (bac, pv, ev, ac)))
    if np.any(ev > bac * (1 + CLOSE)):
        raise ValueError(f"Earned value is above the budget at completion in {np.sum(ev > bac)} place(s).")
    if any(np.any(x < 0) for x in (bac, pv, ev, ac)):
        raise ValueError("Earned value takes cumulative amounts of 0 or more; a negative one was given.")
    work = bac - ev
    finished = (work <= CLOSE * bac) & (bac > 0)
    cpi, spi = ratio(ev, ac), ratio(ev, pv)
    with np.errstate(over="ignore"):
        both = cpi * spi
    eac_cpi = np.where(finished, ac, ac + ratio(work, cpi))
    reference = eac_cpi if eac is None else np.asarray(eac, dtype=np.float64)
    return {
        "cv": ev - ac,
        "sv": ev - pv,
        "cpi": cpi,
        "spi": spi,
        "eac_cpi": eac_cpi,
        "eac_plan": np.where(finished, ac, ac + work),
        "eac_cpi_spi": np.where(finished, ac, ac + ratio(work, both)),
        "etc": eac_cpi - ac,
        "vac": bac - eac_cpi,
        "tcpi_bac": np.where(finished, np.nan, ratio(work, bac - ac)),
        "tcpi_eac": np.where(finished, np.nan, ratio(work, reference - ac)),
    }


def earned_schedule(pv_curve: ArrayLike, ev: ArrayLike, at: ArrayLike) -> dict[str, Array]:
    """Return the time at which the plan had earned what is earned now.

    ES = C + (EV - PV_C) / (PV_C+1 - PV_C), where C is the last period whose plan is reached; the plan curve
    starts at (0, 0). SV(t) = ES - AT and SPI(t) = ES / AT (Lipke 2003).

    Parameters
    ----------
    pv_curve : array_like, shape (..., n)
        Cumulative plan at the ends of periods 1..n. A shorter plan ends in NaN.
    ev : array_like, shape (...)
        Earned value now.
    at : array_like, shape (...)
        Actual time: periods since the start. For finished work the period in which it was finished, so that
        SPI(t) stays frozen.

    Returns
    -------
    dict of str to ndarray
        es, sv_t (periods) and spi_t. NaN where nothing is planned up to now, and where more is earned than
        the curve holds (it ends before the budget at completion).

    Raises
    ------
    ValueError
        If the plan falls, is negative, or has a gap.

    Notes
    -----
    Where the plan stands still at the earned value, C is the end of the flat part (nothing more was to be
    done); at the end of the plan it is its start, the planned finish.

    Examples
    --------
    Ten modules planned in ten months, all done after twelve: SPI is 1.0 but SPI(t) is not.

    >>> found = earned_schedule([10, 20, 30, 40, 50, 60, 70, 80, 90, 100], 100, 12)
    >>> {name: round(float(value), 4) for name, value in found.items()}
    {'es': 10.0, 'sv_t': -2.0, 'spi_t': 0.8333}
    """
    curve = numbers(pv_curve, "pv_curve")
    if curve.ndim == 0 or curve.shape[-1] == 0:
        raise InputError("pv_curve needs the plan of at least one period.")
    curve = np.concatenate([np.zeros((*curve.shape[:-1], 1)), curve], axis=-1)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(curve, axis=-1)
    if np.any(steps < 0):
        raise ValueError("The plan curve falls: it must be cumulative.")
    missing = np.isnan(curve)
    if np.any(missing[..., :-1] & ~missing[..., 1:]):
        raise ValueError("The plan curve has a gap: only its end may be missing.")
    top = np.nanmax(curve, axis=-1)
    shape = np.broadcast_shapes(curve.shape[:-1], np.shape(ev), np.shape(at))
    ev, at = (np.broadcast_to(np.asarray(x, dtype=np.float64), shape) for x in (ev, at))
    top = np.broadcast_to(top, shape)
    reached = ev >= top * (1 - CLOSE)
    # Below the top, count the points that are reached; at the top, those before it: the planned finish.
    count = np.sum(curve <= (ev * (1 + CLOSE))[..., np.newaxis], axis=-1)
    before = np.sum(curve < (top * (1 - CLOSE))[..., np.newaxis], axis=-1)
    last = np.where(np.isnan(ev) | reached, 0, np.clip(count - 1, 0, max(curve.shape[-1] - 2, 0)))
    curve, steps = (
        np.broadcast_to(curve, (*shape, curve.shape[-1])),
        np.broadcast_to(steps, (*shape, steps.shape[-1])),
    )
    planned = np.take_along_axis(curve, last[..., np.newaxis], axis=-1)[..., 0]
    step = np.take_along_axis(steps, last[..., np.newaxis], axis=-1)[..., 0]
    part = np.clip(ratio(ev - planned, step), 0.0, 1.0)
    es = np.where(reached, before.astype(np.float64), last + part)
    es = np.where((ev > top * (1 + CLOSE)) | np.isnan(ev) | (top <= 0), np.nan, es)
    elapsed = np.clip(np.nan_to_num(np.floor(at + CLOSE)), 0, curve.shape[-1] - 1).astype(int)
    now = np.take_along_axis(curve, elapsed[..., np.newaxis], axis=-1)[..., 0]
    started = ~(now <= 0) | (ev > 0)
    es = np.where(started, es, np.nan)
    return {"es": es, "sv_t": es - at, "spi_t": ratio(es, at)}
