"""What a register says about uncertainty, project by project: estimates, events, the work and how late it may be.

A late start moves everything by so many months. An overrun stretches the work to come: the work that was planned for
24 months and takes 30 is done at four fifths of the pace, and what follows the work (running costs, benefits) comes as
much later as the work ends. Within a year, and within the part of it that is worked, flows are even: 60 and 40 planned
over 24 months become 48, 36 and 16 over 30. Time gained makes up for a late start and brings nothing forward.

Work that takes longer also costs more: the part of it that is paid by time (site and project staff, plant, offices) is
paid for longer. `TIME_SHARE` is that part. AACE International (2019), Recommended Practice 57R-09, and the Society of
Construction Law's Delay and Disruption Protocol (2017) both charge time-dependent cost in proportion to duration; no
source has one share for all kinds of projects. Ours, 0.15, is the upper end of the tenth to a seventh of a contract
that preliminaries usually are: low for software, whose teams are paid by time altogether. Figures that hold optimism
bias hold this cost too.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.errors import DataError
from pmo_kit.register import Register
from pmo_kit.register.settings import Settings
from pmo_kit.uncertainty.distributions import REACH, Estimate, Floats

TIME_SHARE = 0.15
UNSAID = {"risk_class": "", "driver": "", "benefit_loss": 0.0, "delay_months": 0.0}  # of a risk, where it is empty
STEPS = 2  # lateness is counted in halves of a month


def spread(
    places: NDArray[np.int64],
    periods: int,
    work: tuple[float, float],
    start: Floats,
    overrun: Floats,
    time_share: float = 0.0,
) -> Floats:
    """Where 1 that was planned for a period falls, for every pair of a late start and an overrun.

    Parameters
    ----------
    places : ndarray of int, shape (planned,)
        The periods for which something is planned, counted from t = 0.
    periods : int
        Periods to fill; what comes later is left out.
    work : (float, float)
        When the work begins and ends, in periods. What is planned for a period in which there is work falls on the
        worked part of it; other periods only move.
    start, overrun : ndarray, shape (cases,)
        How late the work starts, and how much longer it takes, in periods; neither is below zero.
    time_share : float
        Share of the work's cost that grows with its duration.

    Returns
    -------
    ndarray, shape (cases, periods, planned)

    Examples
    --------
    >>> table = spread(np.array([0, 1]), 3, (0.0, 2.0), np.zeros(1), np.array([0.5]))
    >>> (table[0] @ [60.0, 40.0]).round(6).tolist()  # 24 months of work in 30
    [48.0, 36.0, 16.0]
    >>> table = spread(np.array([0, 1]), 3, (0.0, 2.0), np.array([0.5]), np.zeros(1))
    >>> (table[0] @ [60.0, 40.0]).tolist()  # the same work half a year late
    [30.0, 50.0, 20.0]
    """
    begin, end = work
    low, high = places.astype(float), places + 1.0
    worked = (low < end) & (high > begin)
    low, high = np.where(worked, np.maximum(low, begin), low), np.where(worked, np.minimum(high, end), high)
    factor = 1 + overrun / max(end - begin, 1e-9)
    after = np.arange(periods + 1.0) - start[:, None] - begin  # time since the work began, cases x ends of periods
    longer = (end - begin) * factor[:, None]
    planned = np.where(after > 0, np.minimum(after, longer) / factor[:, None] + np.maximum(after - longer, 0), after)
    done = np.clip((planned[:, :, None] + begin - low) / (high - low), 0.0, 1.0)
    grown = np.where(worked, 1 + time_share * (factor[:, None] - 1), 1.0)
    return np.asarray(np.diff(done, axis=1) * grown[:, None, :])


@dataclass(frozen=True, eq=False)
class Event:
    """A discrete risk: whether it comes, what it costs in which year, what it takes away, how long it delays.

    Parameters
    ----------
    year : int or None
        Years from t = 0 in which it costs; None is spread like the project's spending.
    delay : float
        Months by which the work starts later.
    """

    risk: str
    probability: float
    cost: Estimate | None
    year: int | None
    benefit_loss: float
    delay: float
    driver: str

    @property
    def expected_cost(self) -> float:
        """Probability x mean cost."""
        return self.probability * (self.cost.mean if self.cost else 0.0)

    @property
    def steps(self) -> int:
        """Delay in the steps in which lateness is counted."""
        return round(self.delay * STEPS)


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """What is not sure about one project.

    Parameters
    ----------
    estimates : mapping of quantity to Estimate
        Factors on the register's cost, benefit and duration.
    holds : str
        What those figures hold already (`includes`): with risk or optimism_bias no event is added, with optimism_bias
        estimates keep only their spread around the figure, and the cost of being late is in it.
    uplift : float
        Factor on costs for optimism bias that was asked for instead; 1.0 for none.
    months : float
        Planned duration.
    work : (float, float)
        When the work to come begins and ends, in years from t = 0.
    """

    project: str
    estimates: Mapping[str, Estimate]
    holds: str
    uplift: float
    months: float
    work: tuple[float, float]
    stated: tuple[Event, ...]

    @property
    def centered(self) -> bool:
        """Whether factors are divided by their mean, because the figures hold the expected overrun."""
        return "optimism_bias" in self.holds or self.uplift > 1

    @property
    def events(self) -> tuple[Event, ...]:
        """The events to add: none where the figures hold them, or an uplift stands for them."""
        return () if self.holds or self.uplift > 1 else self.stated

    @property
    def time_share(self) -> float:
        """Share of the work's cost that grows with its duration."""
        return 0.0 if self.centered else TIME_SHARE

    @property
    def states_anything(self) -> bool:
        """Whether anything about it is not sure."""
        return bool(self.events or self.estimates)

    def factors(self, quantity: str, values: Floats) -> Floats:
        """Factors on the register's figures from values of the estimate."""
        estimate = self.estimates.get(quantity)
        center = estimate.mean if estimate is not None and self.centered else 1.0
        return values * ((self.uplift if quantity == "cost" else 1.0) / center)

    def mean(self, quantity: str) -> float:
        """Mean factor of cost or benefit."""
        estimate = self.estimates.get(quantity)
        return float(self.factors(quantity, np.array(1.0 if estimate is None else estimate.mean)))

    def overrun(self, values: Floats) -> Floats:
        """Months that the work takes longer, from values of the estimate of duration; below zero is shorter."""
        return (self.factors("duration", values) - 1.0) * self.months

    @cached_property
    def longest(self) -> float:
        """Months by which it can be late, at most."""
        late = sum(event.steps for event in self.events) / STEPS
        if duration := self.estimates.get("duration"):
            end = duration.ends[1]
            most = end if isfinite(end) else float(duration.at_normal(REACH))
            late += max(0.0, float(self.overrun(np.array(most)))) + 1 / STEPS
        return late

    def later(self, years: int) -> Uncertainty:
        """The same when the project is asked to start so many years later."""
        if not years:
            return self
        events = tuple(e if e.year is None else replace(e, year=e.year + years) for e in self.stated)
        return replace(self, work=(self.work[0] + years, self.work[1] + years), stated=events)


def steps_of(months: Floats) -> NDArray[np.int64]:
    """Months in whole steps, the nearest."""
    return np.rint(np.asarray(months) * STEPS).astype(np.int64)


def first_year(register: Register) -> int:
    """The fiscal year t = 0."""
    first = register.settings.discount_to
    return int(register.costs["year"].min() if first is None else first)


@lru_cache(maxsize=16)
def read_uncertainty(register: Register) -> Mapping[str, Uncertainty]:
    """project -> what is not sure about it, for every project. The same register gives the same object.

    Raises
    ------
    DataError
        An estimate or a risk is not in order; every one is listed.
    """
    wrong: list[tuple[str, Any, str]] = []
    estimates, events = _estimates(register, wrong), _events(register, wrong)
    if wrong:
        rows = [{"file": at, "sheet": at, "row": int(row.Index) + 2, "message": words} for at, row, words in wrong]
        raise DataError.of(rows, rule="three points in order", fix="correct the row")
    includes = register.projects["includes"].fillna("").astype("str")
    found = {}
    for project, (months, begin, end) in _work(register).items():
        holds = sorted({x.strip().replace(" ", "_") for x in includes[project].lower().split(";") if x.strip()})
        of = estimates.get(project, {}), "; ".join(holds), 1.0, months, (begin, end), tuple(events.get(project, ()))
        found[project] = Uncertainty(project, *of)
    return MappingProxyType(found)


def _estimates(register: Register, wrong: list[tuple[str, Any, str]]) -> dict[str, dict[str, Estimate]]:
    """project -> quantity -> estimate."""
    found: dict[str, dict[str, Estimate]] = {}
    for row in register.table("estimates").astype(object).itertuples():
        try:
            made = _estimate(float(row.low), float(row.likely), float(row.high), str(row.basis), str(row.distribution))
            found.setdefault(str(row.project_id), {})[str(row.quantity)] = made
        except ValueError as error:
            wrong.append(("estimates", row, f"{row.project_id} {row.quantity}: {error}"))
    return found


@lru_cache(maxsize=4096)
def _estimate(low: float, likely: float, high: float, basis: str, kind: str) -> Estimate:
    """An estimate whose ends are known, so that the quantiles are solved for once."""
    made = Estimate(low, likely, high, basis, kind)  # type: ignore[arg-type]
    if basis == "p10_p90" and kind != "lognormal":
        low, high = made.ends
        return Estimate(low, likely, high, "min_max", kind)  # type: ignore[arg-type]
    return made


def risks_said(register: Register) -> pd.DataFrame:
    """The risks of a register, with what is empty said; a column of words that is not there is one of no words."""
    return register.table("risks").astype({"risk_class": "str", "driver": "str"}).fillna(UNSAID)


def _events(register: Register, wrong: list[tuple[str, Any, str]]) -> dict[str, list[Event]]:
    """project -> its risk events."""
    first = first_year(register)
    found: dict[str, list[Event]] = {}
    for row in risks_said(register).astype(object).itertuples():
        points = [float(x) for x in (row.cost_low, row.cost_likely, row.cost_high) if not pd.isna(x)]
        if points != sorted(points):
            words = f"{row.project_id} {row.risk}: cost_low <= cost_likely <= cost_high does not hold"
            wrong.append(("risks", row, words))
            continue
        cost = _estimate(points[0], points[len(points) // 2], points[-1], "min_max", "pert") if points else None
        cost = cost if cost is not None and cost.high > 0 else None
        year = None if pd.isna(row.period) else max(0, int(str(row.period)[:4]) - first)
        of = row.probability, cost, year, row.benefit_loss, row.delay_months, row.driver
        found.setdefault(str(row.project_id), []).append(Event(str(row.risk), *of))
    return found


def _work(register: Register) -> dict[str, tuple[float, float, float]]:
    """project -> planned duration in months, and begin and end of the work to come in years from t = 0.

    From start to finish; where one is missing, or nothing of it is to come, the years that still cost capital (any
    money, where none of it is capital).
    """
    first, settings, costs = first_year(register), register.settings, register.costs
    ahead = costs[(costs["year"] >= first).fillna(False).astype(bool)]
    capital = ahead[(ahead["kind"] == "capex").fillna(False).astype(bool)]
    years = ahead.groupby("project_id")["year"].agg(["min", "max"])
    years.update(capital.groupby("project_id")["year"].agg(["min", "max"]))
    spans = {project: (float(low - first), float(high - first + 1)) for project, low, high in years.itertuples()}
    found, projects = {}, register.projects[["start", "finish"]]
    for project, *days in projects.assign(finish=projects["finish"] + pd.Timedelta(days=1)).itertuples():
        span = spans.get(project, (0.0, 1.0))
        begin, end = (_position(day, settings, first) for day in days)
        months = 12 * (end - begin) if end > begin else 12 * (span[1] - span[0])
        begin, end = (max(0.0, begin), end) if end > max(0.0, begin) else span
        found[str(project)] = (months, begin, end)
    return found


def _position(day: pd.Timestamp, settings: Settings, first: int) -> float:
    """Years from the start of t = 0 to a day; NaN where there is none."""
    if pd.isna(day):
        return float("nan")
    month = (day.month - settings.fiscal_year_start) % 12
    part = (day.day - 1) / calendar.monthrange(day.year, day.month)[1]
    return settings.fiscal_year(day.date()) - first + (month + part) / 12
