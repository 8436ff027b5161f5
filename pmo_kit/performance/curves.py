"""Earned value and earned schedule: arrays in, arrays out; and the status table as such arrays, projects x periods.

Terms and formulas follow ANSI/EIA-748 and PMI, *The Standard for Earned Value Management* (2019); earned
schedule follows Lipke, "Schedule is different", *The Measurable News* (2003), and Vanhoucke, *Measuring Time*
(2010). Ratios are never rounded before they are used.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import door, numbers
from pmo_kit.errors import DataError, InputError
from pmo_kit.finance import ratio
from pmo_kit.register import Register

Array = NDArray[np.float64]
CLOSE = 1e-9


@door
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
    InputError
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
        raise InputError(f"Earned value is above the budget at completion in {np.sum(ev > bac)} place(s).")
    if any(np.any(x < 0) for x in (bac, pv, ev, ac)):
        raise InputError("Earned value takes cumulative amounts of 0 or more; a negative one was given.")
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


@door
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
    InputError
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
    shape = np.broadcast_shapes(curve.shape[:-1], np.shape(ev), np.shape(at))
    ev, at = (np.broadcast_to(np.asarray(x, dtype=np.float64), shape) for x in (ev, at))
    curve = np.broadcast_to(curve, (*shape, curve.shape[-1]))
    curve = np.concatenate([np.zeros((*shape, 1)), curve], axis=-1)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(curve, axis=-1)
    if np.any(steps < 0):
        raise InputError("The plan curve falls: it must be cumulative.")
    missing = np.isnan(curve)
    if np.any(missing[..., :-1] & ~missing[..., 1:]):
        raise InputError("The plan curve has a gap: only its end may be missing.")
    top = np.nanmax(curve, axis=-1)
    reached = ev >= top * (1 - CLOSE)
    # Below the top, count the points that are reached; at the top, those before it: the planned finish.
    count = np.sum(curve <= (ev * (1 + CLOSE))[..., np.newaxis], axis=-1)
    before = np.sum(curve < (top * (1 - CLOSE))[..., np.newaxis], axis=-1)
    last = np.where(np.isnan(ev) | reached, 0, np.clip(count - 1, 0, curve.shape[-1] - 2))
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


PATTERN = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})))?")


def last_month(period: str, fiscal_year_start: int = 1) -> tuple[int, int]:
    """Return the last calendar month of a period (counted from year 0) and its length in months.

    Years and quarters are fiscal; a fiscal year has the name of the calendar year in which it ends.

    Raises
    ------
    InputError
        If the text is not like 2028, 2028-Q1 or 2026-09.

    Examples
    --------
    >>> last_month("2026-09"), last_month("2026-Q3"), last_month("2026")
    ((24320, 1), (24320, 3), (24323, 12))
    """
    found = PATTERN.fullmatch(str(period))
    if not found:
        raise InputError(f"{period} is not a period: write 2028, 2028-Q1 or 2026-09.")
    year, quarter, month = found.groups()
    if month:
        return int(year) * 12 + int(month) - 1, 1
    end = int(year) * 12 + (fiscal_year_start - 2) % 12
    return (end - 12 + 3 * int(quarter), 3) if quarter else (end, 12)


def months_of(periods: pd.Series, fiscal_year_start: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the last month and the length of every period of a column."""
    codes, names = pd.factorize(periods)
    pairs = np.array([last_month(name, fiscal_year_start) for name in names], dtype=np.int64).reshape(-1, 2)
    return pairs[codes, 0], pairs[codes, 1]


def month_of(day: date | pd.Timestamp) -> int:
    """Return the last month that has ended on a day.

    Examples
    --------
    >>> month_of(date(2026, 9, 30)) - month_of(date(2026, 9, 29))
    1
    """
    stamp = pd.Timestamp(day)
    return int(stamp.year * 12 + stamp.month - 1 - (not stamp.is_month_end))


def called(projects: pd.DataFrame, project: object, otherwise: object = "") -> str:
    """Return the name of a project; else the other name given; else its id."""
    if project in projects.index:
        return str(projects.at[project, "name"])
    return str(otherwise) if isinstance(otherwise, str) and otherwise else str(project)


MEASURES = ("bac", "pv", "ev", "ac", "etc_declared")
COLUMNS = ("severity", "file", "sheet", "row", "column", "value", "rule", "message", "fix", "project_id")

with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as _rows:
    CHECKS = tuple(csv.DictReader(_rows))
"""What does not add up in a status table: rule, severity, column, message, fix."""


@dataclass(frozen=True, eq=False)
class Curves:
    """Cumulative figures, projects x periods; period 1 of a project is its first in the table.

    Parameters
    ----------
    register : Register
        Whose status table it is.
    pv, ev, ac, bac : ndarray, shape (projects, periods)
        NaN where the table says nothing.
    now : ndarray of int
        Column of the last period up to `limit` with earned value and actual cost; -1 where there is none.
    first : ndarray of int
        Month of column 0 (counted from year 0).
    length : int
        Months in a period.
    limit : int
        Month up to which figures are read.
    latest : DataFrame
        Per project, in the order of the arrays: period, bac, pv, ev, ac, etc_declared of `now`.
    """

    register: Register
    pv: Array
    ev: Array
    ac: Array
    bac: Array
    now: NDArray[np.int64]
    first: NDArray[np.int64]
    length: int
    limit: int
    latest: pd.DataFrame

    @cached_property
    def past(self) -> NDArray[np.bool_]:
        """Periods up to the last one reported."""
        return np.arange(self.pv.shape[1]) <= self.now[:, np.newaxis]

    @cached_property
    def finished(self) -> NDArray[np.int64]:
        """Column in which the work was finished; -1 where it is not."""
        done = (self.ev >= self.bac * (1 - CLOSE)) & (self.bac > 0) & self.past
        return np.where(pick(done.astype(float), self.now) == 1, np.argmax(done, axis=1), -1)

    @cached_property
    def failed(self) -> dict[str, NDArray[np.bool_]]:
        """Rule -> the projects whose figures do not keep it."""
        ends = last_true(~np.isnan(self.pv))
        plan_gap = (np.isnan(self.pv) & (np.arange(self.pv.shape[1]) < ends[:, np.newaxis])).any(axis=1)
        plan_gap |= ends < self.now
        plan_falls = falls(self.pv)
        gap = ((np.isnan(self.ev) | np.isnan(self.ac)) & self.past).any(axis=1)
        above = (self.ev > self.bac * (1 + CLOSE)) & self.past
        above_now = pick(above.astype(float), self.now) == 1
        moved = np.abs(np.diff(self.bac, axis=1)) > CLOSE * np.nan_to_num(self.bac[:, 1:])
        start = self.register.projects["start"].reindex(self.latest.index)
        began = (start.dt.year * 12 + start.dt.month - 1).to_numpy(dtype=np.float64, na_value=np.nan)
        late = self.first - self.length + 1 > began + self.length - 1
        reports = self.now >= 0
        return {
            "no figures": ~reports,
            "EV not above BAC": above_now,
            "EV not above BAC before": above.any(axis=1) & ~above_now,
            "no budget": self.latest["bac"].isna().to_numpy() & reports,
            "AC does not fall": falls(np.where(self.past, self.ac, np.nan)),
            "EV does not fall": falls(np.where(self.past, self.ev, np.nan)),
            "no gap in periods": gap & reports,
            "EV and AC together": (np.isnan(self.ev) ^ np.isnan(self.ac)).any(axis=1) & ~gap & reports,
            "PV does not fall": plan_falls,
            "whole plan curve": plan_gap & ~plan_falls,
            "plan from the start": late & ~plan_gap,
            "status up to date": (self.limit - (self.first + self.length * self.now) >= self.length) & reports,
            "budget stands still": (moved & self.past[:, 1:]).any(axis=1),
        }

    @property
    def plan(self) -> NDArray[np.bool_]:
        """Whether the plan curve is whole and never falls."""
        rules = ("PV does not fall", "whole plan curve", "plan from the start")
        return ~np.any([self.failed[rule] for rule in rules], axis=0)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What does not add up; a project with a row of severity "block" is not counted."""
        same = {"file": "", "sheet": "status", "row": None, "value": ""}
        rows = [
            {**same, **one, "message": f"{project} {one['message']}.", "project_id": str(project)}
            for one in CHECKS
            for project in self.latest.index[self.failed[one["rule"]]]
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))


def last_true(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Column of the last True of every row; -1 where there is none."""
    found = mask.shape[1] - 1 - np.argmax(mask[:, ::-1], axis=1)
    return np.where(mask.any(axis=1), found, -1)


def pick(values: Array, columns: NDArray[np.int64]) -> Array:
    """One value of every row; NaN where the column is -1."""
    chosen = values[np.arange(len(values)), np.maximum(columns, 0)]
    return np.where(columns < 0, np.nan, chosen)


def falls(values: Array) -> NDArray[np.bool_]:
    """Rows in which a cumulative figure falls, gaps skipped."""
    lower = values < np.fmax.accumulate(values, axis=1) * (1 - CLOSE)
    return np.asarray(lower.any(axis=1))


def read_curves(register: Register, as_of: object = None) -> Curves:
    """Read the status table up to a date.

    Parameters
    ----------
    register : Register
    as_of : date, optional
        Figures of later periods are plan only. Default: the register's own, else the last period reported.

    Raises
    ------
    DataError
        There is no status table, or it mixes months, quarters and years.
    """
    status = register.need("status")
    names = status["period"].astype("str").to_numpy()
    month, lengths = months_of(status["period"], int(register.settings.fiscal_year_start))
    if np.unique(lengths).size > 1:
        odd = "Status periods mix months, quarters and years. Use one of them throughout."
        raise DataError.of([{"column": "period", "rule": "one granularity", "message": odd}], sheet="status")
    length = int(lengths[0])
    codes, projects = pd.factorize(status["project_id"], sort=True)
    first = pd.Series(month).groupby(codes).min().to_numpy()
    column = (month - first[codes]) // length
    shape = (len(projects), int(column.max()) + 1)
    told = np.full(shape, np.nan, dtype=object)
    told[codes, column] = names
    grid = {name: np.full(shape, np.nan) for name in MEASURES}
    for name, values in grid.items():
        values[codes, column] = status[name].to_numpy(dtype=np.float64, na_value=np.nan)
    months = first[:, np.newaxis] + length * np.arange(shape[1])
    known = ~np.isnan(grid["ev"]) & ~np.isnan(grid["ac"])
    date = as_of if as_of is not None else register.settings.as_of
    limit = int(months[known].max(initial=0)) if date is None else month_of(pd.Timestamp(str(date)))
    now = last_true(known & (months <= limit))
    latest = {"period": pick(told, now), **{name: pick(values, now) for name, values in grid.items()}}
    index = pd.Index(projects, name="project_id")
    pv, ev, ac, bac = (grid[name] for name in ("pv", "ev", "ac", "bac"))
    return Curves(register, pv, ev, ac, bac, now, first, length, limit, pd.DataFrame(latest, index))
