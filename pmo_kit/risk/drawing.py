"""What a plan is exposed to, drawn: money, time, people and risk events of every project, added up in a fixed order.

Every quantity of every project has its own stream, keyed by (seed, project, quantity): adding a project changes no
other draw. A block is 32 projects. Blocks do not depend on the number of workers, so neither do the numbers. Within a
block sums are in single precision, over blocks in double.

Sources: Doty-Humphrey, PractRand (SFC64); McKay, Beckman and Conover (1979), Technometrics 21 (Latin hypercube);
Nelsen (2006), An Introduction to Copulas (the Gaussian copula).
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from pmo_kit.appraisal import benefits_by_year, discount_factors
from pmo_kit.arbitration import Capacity, Envelope, Question, Synergy
from pmo_kit.doors import known
from pmo_kit.errors import InputError
from pmo_kit.facts import keeping, number
from pmo_kit.register import Register
from pmo_kit.uncertainty import stated
from pmo_kit.uncertainty.distributions import NODES, REACH, Floats
from pmo_kit.uncertainty.expected import COST_DURATION, DRIVER, period_at, places_of


@dataclass(frozen=True, eq=False)
class ProjectRisk:
    """One chosen project: profiles as the register states them, and what is not sure about it.

    Parameters
    ----------
    spend : ndarray
        Money scopes x years; the first row is all money.
    benefit : ndarray
        By year; `last_benefit` is the position after which late benefits are lost (None: they are only late).
    demand : ndarray
        Roles x periods.
    capital : ndarray
        Scopes that hold its capital: where an event's cost falls if the project has no costs of its own.
    """

    area: str
    spend: Floats
    benefit: Floats
    last_benefit: int | None
    demand: Floats
    capital: Floats
    risk: stated.Uncertainty


@dataclass(frozen=True, eq=False)
class Exposure:
    """A plan's projects and what they share.

    `scopes` are the envelopes' scopes, all money first; `years` and `periods` reach as far as the longest delay;
    `factors` are discount factors by year. `together` is the money (scopes x years) that pairs of projects in the plan
    cost or save together, and `together_value` what they are worth together: certain amounts, the same in every draw.
    """

    projects: tuple[ProjectRisk, ...]
    scopes: tuple[str, ...]
    years: tuple[int, ...]
    factors: Floats
    roles: tuple[str, ...]
    periods: tuple[str, ...]
    periods_a_year: int
    together: Floats
    together_value: float

    @property
    def base_spend(self) -> Floats:
        """Money as planned, scopes x years."""
        return np.asarray(sum((p.spend for p in self.projects), self.together))


def expose(
    question: Question, options: Iterable[tuple[str, str]], uplifts: Mapping[str, float] | None = None
) -> Exposure:
    """Return what a plan's options are exposed to, whatever the basis of the question: draws start from likely figures.

    Parameters
    ----------
    options : iterable of (project_id, level)
    uplifts : mapping of scope to fraction, optional
        `project_id`, `column=value` or `all` -> optimism bias to add to the costs: 0.44 is 44 %. Never added to a
        project whose `includes` names optimism_bias; where it is added, no risk event is, and estimates keep only
        their spread.

    Raises
    ------
    DataError
        An estimate or a risk is not in order; every one is listed.
    InputError
        A scope is unknown, or a fraction is negative.
    """
    register, built = question.register, question.stated
    chosen = sorted((built.position(*pair) for pair in options), key=lambda i: str(built.project_ids[i]))
    known_of, raised = stated.read_uncertainty(register), _uplifts(question, uplifts)
    t0, social = stated.first_year(register), isinstance(question.value, str) and question.value == "npsv"
    flows = _benefits_counted(register, social)
    risks = []
    for i in chosen:
        risk = known_of[str(built.project_ids[i])].later(int(built.delays[i]))
        added = 0.0 if "optimism_bias" in risk.holds else raised.get(risk.project, 0.0)
        risks.append(replace(risk, estimates={}, stated=()) if built.stops[i] else replace(risk, uplift=1.0 + added))
    longest = max([0.0, *(risk.longest for risk in risks)])
    last = max([
        t0, *built.years, *(int(y) + int(built.delays.max(initial=0)) for y in flows.columns),
        *(t0 + event.year for risk in risks for event in risk.events if event.year is not None),
    ])  # fmt: skip
    size = last - t0 + 1 + math.ceil(longest / 12)
    capacities = [r for r in question.active_rules if isinstance(r, Capacity)]
    envelopes = [r for r in question.active_rules if isinstance(r, Envelope)]
    scopes = ("all", *dict.fromkeys(r.scope for r in envelopes if r.scope != "all"))
    roles = tuple(dict.fromkeys(r.role for r in capacities))
    labels = pd.Series([*built.demanding["period"], *(r.period for r in capacities)], dtype="str")
    unit = 4 if labels.str.contains("Q").any() else 1
    count = int(places_of(labels, t0).max(initial=-1)) + 1
    count += math.ceil(longest / 12 * unit) if count else 0
    periods = tuple(period_at(t0, k, unit) for k in range(count))
    money = np.stack([[built.measure(scope, t0 + y) for y in range(size)] for scope in scopes])
    needed = [[built.demand(role, period) for period in periods] for role in roles]
    people = np.reshape(needed, (len(roles), count, len(built)))
    capital = np.stack([built.holds_capital(scope) for scope in scopes]).astype(float)
    fixed = register.projects["benefit_end_fixed"].fillna(False).astype(bool)
    area = register.projects["area"].astype("str")
    projects = []
    levels = zip(built.project_ids[chosen], built.table["base_level"].to_numpy(object)[chosen], strict=True)
    for i, risk, flow in zip(chosen, risks, flows.reindex([*levels]).to_numpy(float), strict=True):
        benefit = np.zeros(size)
        later, end = int(built.delays[i]), int(np.flatnonzero(flow)[-1]) if flow.any() else 0
        benefit[later : later + len(flow)] = flow[: size - later]
        if fixed[risk.project]:
            benefit[end + 1 :] = 0.0
        projects.append(
            ProjectRisk(
                area[risk.project], money[:, :, i], benefit, end if fixed[risk.project] else None,
                people[:, :, i], capital[:, i], risk,
            )
        )  # fmt: skip
    factors = discount_factors(register, size)
    spend, value = together(question, chosen, scopes, factors)
    return Exposure(tuple(projects), scopes, tuple(range(t0, t0 + size)), factors, roles, periods, unit, spend, value)


@lru_cache(maxsize=16)
def _benefits_counted(register: Register, social: bool) -> pd.DataFrame:
    """(project, level) x years: the benefits that a value counts, to society or in cash, as they are stated."""
    first, rows = stated.first_year(register), register.table("benefits")
    options = pd.MultiIndex.from_frame(register.table("levels")[["project_id", "level"]].astype("str"))
    years = range(first, max([first, *rows["year"].dropna().astype(int)]) + 1)
    return pd.DataFrame(benefits_by_year(rows, options, years)[social], index=options, columns=years)


def together(
    question: Question, options: Iterable[int], scopes: tuple[str, ...], factors: Floats
) -> tuple[Floats, float]:
    """What pairs of options (positions) cost, scopes x years, and bring together.

    A cost synergy is a cost row of the project in `project_id`, in its year, with the defaults of the table of costs.
    """
    built, t0, chosen = question.stated, stated.first_year(question.register), set(options)
    spend, value = np.zeros((len(scopes), len(factors))), 0.0
    for rule in (r for r in question.active_rules if isinstance(r, Synergy)):
        if any(chosen.isdisjoint(side.tolist()) for side in rule.sides(built)):
            continue
        value += rule.amount if rule.quantity == "value" else -rule.joint_money(built, "all", None, "pv_cost")
        spend += [[rule.joint_money(built, scope, t0 + y, "spend") for y in range(len(factors))] for scope in scopes]
    return spend, value


def _uplifts(question: Question, uplifts: Mapping[str, float] | None) -> dict[str, float]:
    """project -> fraction to add to its costs: that of its id, else of its column=value, else of all."""
    raised: dict[str, float] = {}
    built = question.stated
    ordered = sorted((uplifts or {}).items(), key=lambda item: (item[0] != "all", "=" not in item[0]))
    for scope, fraction in ordered:
        if fraction < 0:
            raise InputError(f"the uplift of {scope} is negative")
        if "=" not in scope:
            known([scope], ["all", *map(str, question.register.projects.index)], "project (nor column=value, nor all)")
        where = built.matches(scope if scope == "all" or "=" in scope else f"project_id={scope}")
        raised |= dict.fromkeys(map(str, built.project_ids[where]), float(fraction))
    return raised


Single = NDArray[np.float32]
Indices = NDArray[np.intp]
Events = list[tuple[stated.Event, Indices, Single]]
"""Risk events, each with the draws in which it comes and its cost there."""
Key = tuple[str, ...]
AREA = 0.2  # latent correlation of the estimates of projects of one area
CORRELATIONS = keeping(
    lambda: (
        f"Correlations: {number(AREA)} between projects of one area; {number(DRIVER)} between risks of one driver; "
        f"{number(COST_DURATION)} between a project's cost and duration."
    )
)()
BLOCK = 32
LEVELS = (0.1, 0.2, 0.5, 0.8, 0.9)
PLACES = np.float32((NODES - 1) / (2 * REACH))  # places per unit of a standard normal
_UNIT = np.linspace(0.0, 1.0, 257)
_GRID = (2 * _UNIT - 1) * REACH
_MIDDLE = np.float32((NODES - 1) / 2 + 0.5)


def normals(seed: int, key: Key, draws: int) -> Single:
    """Standard normal draws of a key: the same on every machine and for every order of asking.

    One draw in each of so many equally likely strata, in random order (Latin hypercube), so that means of draws lie
    closer to the mean than those of independent draws would.

    Examples
    --------
    >>> z = normals(7, ("P01", "cost"), 1000)
    >>> bool(abs(z.mean()) < 1e-6), bool((z == normals(7, ("P01", "cost"), 1000)).all())
    (True, True)
    """
    words, bits = "\x1f".join((str(seed), *key)).encode(), np.random.SFC64(0)
    state = bits.state
    state["state"]["state"][:] = *np.frombuffer(hashlib.blake2b(words, digest_size=24).digest(), "<u8"), 1
    bits.state = state
    return np.random.Generator(bits).permutation(_strata(draws))


@lru_cache(maxsize=4)
def _strata(draws: int) -> Single:
    """Standard normal quantiles in the middle of equal steps of probability, with variance 1."""
    z = special.ndtri((np.arange(draws) + 0.5) / draws)
    return np.asarray(z / (z.std() or 1.0), np.float32)


@dataclass(frozen=True, eq=False)
class Run:
    """What all blocks of a simulation share."""

    seed: int
    draws: int
    shared: Mapping[Key, Single]
    exposure: Exposure


@dataclass(eq=False)
class Block:
    """Sums of a block, and what is kept of every project."""

    cost: Floats
    benefit: Floats
    npv: Floats
    spend: NDArray[Any]  # scopes x years x draws
    received: NDArray[Any]  # years x draws
    people: NDArray[Any]  # roles x periods x draws
    latest: Single  # months by which the latest project is late
    each: list[dict[str, Single]] = field(default_factory=list)  # cost, benefit, npv and delay (months) of a project

    def add(self, other: Block) -> None:
        """Add a later block."""
        for name in ("cost", "benefit", "npv", "spend", "received", "people"):
            mine = getattr(self, name)
            np.add(mine, getattr(other, name), out=mine)
        np.maximum(self.latest, other.latest, out=self.latest)
        self.each += other.each


def empty_block(exposure: Exposure, n: int, precision: Any = np.float64) -> Block:
    """A block of nothing."""
    scopes, years, roles, periods = map(len, (exposure.scopes, exposure.years, exposure.roles, exposure.periods))

    def zeros(*size: int) -> NDArray[Any]:
        return np.zeros((*size, n), precision)

    sums = zeros(scopes, years), zeros(years), zeros(roles, periods)
    return Block(zeros(), zeros(), zeros(), *sums, np.full(n, -np.inf, np.float32))


def blocks_of(exposure: Exposure) -> Iterator[tuple[ProjectRisk, ...]]:
    """The projects in fixed blocks."""
    for start in range(0, len(exposure.projects), BLOCK):
        yield exposure.projects[start : start + BLOCK]


def shared_streams(exposure: Exposure, seed: int, draws: int) -> dict[Key, Single]:
    """Streams that several projects share: areas as weighted places in a table, drivers with their weight."""
    found: dict[Key, Single] = {}
    for p in exposure.projects:
        for key in [("area", p.area, q) for q in p.risk.estimates]:
            if key not in found:
                found[key] = normals(seed, ("factor", *key), draws) * np.float32(PLACES * AREA**0.5)
        for driver in {event.driver for event in p.risk.events if event.driver}:
            if ("driver", driver) not in found:
                found["driver", driver] = normals(seed, ("driver", driver), draws) * np.float32(DRIVER**0.5)
    return found


def simulate_block(projects: tuple[ProjectRisk, ...], run: Run) -> Block:
    """Draw a block of projects."""
    block = empty_block(run.exposure, run.draws, np.float32)
    for project in projects:
        _simulate_project(project, run, block)
    return block


def event_draws(run: Run, project: str, event: stated.Event) -> tuple[Indices, Single]:
    """In which draws an event comes, and its cost there.

    One latent number says whether it comes and how hard it hits: given that it comes, its rank is uniform.
    """
    if event.probability <= 0:
        return np.empty(0, np.intp), np.empty(0, np.float32)
    z = normals(run.seed, (project, "event", event.risk), run.draws)
    if ("driver", event.driver) in run.shared:
        z *= np.float32((1 - DRIVER) ** 0.5)
        z += run.shared["driver", event.driver]
    limit = float(special.ndtri(event.probability)) if event.probability < 1 else REACH
    comes = np.flatnonzero(z < np.float32(limit)) if event.probability < 1 else np.arange(run.draws)
    if event.cost is None:
        return comes, np.zeros(len(comes), np.float32)
    ranks = special.ndtr(_UNIT * (limit + REACH) - REACH) * (1 / event.probability)
    costs = np.interp(
        -special.ndtri(np.clip(ranks, 1e-7, 1 - 1e-7)), _GRID, event.cost.table((NODES - 1) // 256)
    ).astype(np.float32)
    z = z[comes]
    z += np.float32(REACH)
    z *= np.float32((len(_UNIT) - 1) / (limit + REACH))
    z += np.float32(0.5)
    return comes, costs.take(z.astype(np.intp), mode="clip")


def _simulate_project(p: ProjectRisk, run: Run, block: Block) -> None:
    """Add one project to its block."""
    n, exposure = run.draws, run.exposure
    place = _latent(p, run)
    dear, good = _factor(p, "cost", place, n), _factor(p, "benefit", place, n)
    events = [(event, *event_draws(run, p.risk.project, event)) for event in p.risk.events]
    for event, comes, _ in events:
        if event.benefit_loss:
            good[comes] *= np.float32(1 - event.benefit_loss)
    months, late = _lateness(p, place, events, n)
    spending = _late(p.spend, p, late, 1)
    (table,) = _late(p.benefit[None], p, late, 1, whole=True)
    if p.last_benefit is not None:
        table[:, p.last_benefit + 1 :] = 0.0
    people = _late(p.demand, p, late, exposure.periods_a_year)
    for sums, tables, times in ((block.spend, spending, dear), (block.received[None], [table], good),
                                (block.people, people, dear)):  # fmt: skip
        drawn: dict[bytes, Single] = {}  # money of an envelope falls as all money does
        for row, falls in enumerate(tables):
            for at in np.flatnonzero(falls.any(axis=0)):
                if (here := falls[:, at].tobytes()) not in drawn:
                    drawn[here] = late.read(falls[:, at]) * times
                sums[row, at] += drawn[here]
    cost, received = late.read(spending[0].sum(axis=1)) * dear, late.read(table.sum(axis=1)) * good
    npv = late.read(table @ exposure.factors) * good - late.read(spending[0] @ exposure.factors) * dear
    _add_event_costs(p, run, block, events, cost, npv)
    block.cost += cost
    block.benefit += received
    block.npv += npv
    np.maximum(block.latest, months, out=block.latest)
    block.each.append({"cost": cost, "benefit": received, "npv": npv, "delay": months})


def _add_event_costs(p: ProjectRisk, run: Run, block: Block, events: Events, cost: Single, npv: Single) -> None:
    """Add what the events cost, in their year, or in the years for which the project's spending is planned."""
    years, whole = len(run.exposure.years), float(p.spend[0].sum())
    spent = p.spend / whole if whole else np.outer(p.capital, np.eye(1, years))  # of 1, scopes x years
    for year in dict.fromkeys(event.year for event, _, _ in events if event.cost is not None):
        extra = np.zeros(run.draws, np.float32)
        for event, comes, amount in events:
            if event.cost is not None and event.year == year:
                extra[comes] += amount
        falls = spent if year is None else np.outer(spent.sum(axis=1), np.eye(1, years, year))
        for scope, place in zip(*np.nonzero(falls), strict=True):
            block.spend[scope, place] += extra * np.float32(falls[scope, place])
        cost += extra
        npv -= extra * np.float32(falls[0] @ run.exposure.factors)


def _latent(p: ProjectRisk, run: Run) -> dict[str, Single]:
    """Latent normals of the quantities that have an estimate, as places in a fine table.

    Shared factors are kept in units of places, with the middle of the table in them: one product and one sum a draw.
    """
    found: dict[str, Single] = {}
    rho = COST_DURATION if {"cost", "duration"} <= p.risk.estimates.keys() else 0.0
    for quantity in sorted(p.risk.estimates):
        scale = (1 - rho**2) ** 0.5 if quantity == "duration" else 1.0
        z = normals(run.seed, (p.risk.project, quantity), run.draws)
        z *= np.float32((1 - AREA) ** 0.5 * scale * PLACES)
        z += run.shared["area", p.area, quantity] * np.float32(scale)
        if rho and quantity == "duration":
            z += found["cost"] * np.float32(rho)
            z += np.float32(_MIDDLE * (1 - rho))
        else:
            z += _MIDDLE
        found[quantity] = z
    return found


def _factor(p: ProjectRisk, quantity: str, place: Mapping[str, Single], n: int) -> Single:
    """Draws of the factor on an amount: that of its estimate, with the uplift for bias."""
    estimate = p.risk.estimates.get(quantity)
    if estimate is None:
        return np.full(n, p.risk.mean(quantity), np.float32)
    values = p.risk.factors(quantity, estimate.table()).astype(np.float32)
    return values.take(place[quantity].astype(np.intp), mode="clip")


@dataclass(frozen=True, eq=False)
class _Cases:
    """The different cases of lateness: months by which work starts late and takes longer, and the case of a draw."""

    start: Floats
    overrun: Floats
    case: Indices | None

    def read(self, table: Floats) -> Single | np.float32:
        """A table of cases read at every draw; one number where nothing is late."""
        return np.float32(table[0]) if self.case is None else table.astype(np.float32).take(self.case)


def _lateness(p: ProjectRisk, place: Mapping[str, Single], events: Events, n: int) -> tuple[Single, _Cases]:
    """Months by which the finish is late in every draw (below zero: early), and the cases of lateness."""
    months = np.zeros(n, np.float32)
    over, delays = np.zeros(n, np.int64), np.zeros(n, np.int64)
    if duration := p.risk.estimates.get("duration"):
        at = place["duration"].astype(np.intp)
        table = p.risk.overrun(duration.table())
        months += table.astype(np.float32).take(at, mode="clip")
        over += stated.steps_of(table).take(at, mode="clip")
    for event, comes, _ in events:
        if event.delay:
            months[comes] += np.float32(event.delay)
            delays[comes] += event.steps
    start = np.maximum(0, delays + np.minimum(over, 0))
    np.maximum(over, 0, out=over)
    if not start.any() and not over.any():
        return months, _Cases(np.zeros(1), np.zeros(1), None)
    most = int(over.max()) + 1
    code = start * most + over
    there = np.bincount(code) > 0
    found = np.flatnonzero(there)
    case = (np.cumsum(there) - 1)[code].astype(np.intp)
    return months, _Cases(found // most / stated.STEPS, found % most / stated.STEPS, case)


def _late(profiles: Floats, p: ProjectRisk, late: _Cases, periods_a_year: int, *, whole: bool = False) -> list[Floats]:
    """Profiles (rows x periods) in every case of lateness: cases x periods, one for each; `whole` only comes later."""
    places = np.flatnonzero(profiles.any(axis=0))
    if late.case is None or not len(places):
        cases = 1 if late.case is None else len(late.start)
        return [np.tile(profile, (cases, 1)) for profile in profiles]
    scale = periods_a_year / 12
    start = (late.start + late.overrun if whole else late.start) * scale
    overrun = late.overrun * (0.0 if whole else scale)
    work = (p.risk.work[0] * periods_a_year, p.risk.work[1] * periods_a_year)
    table = stated.spread(places, profiles.shape[1], work, start, overrun, p.risk.time_share)
    return [table @ profile[places] for profile in profiles]


def base_and_quantiles(p: ProjectRisk, drawn: Mapping[str, Single], factors: Floats) -> dict[str, float]:
    """What is shown of one project."""
    row = {
        "cost_base": float(p.spend[0].sum()),
        "benefit_base": float(p.benefit.sum()),
        "npv_base": float((p.benefit - p.spend[0]) @ factors),
    }
    return row | {key: value for name, of in drawn.items() for key, value in quantiles(name, of).items()}


def quantiles(name: str, drawn: NDArray[Any]) -> dict[str, float]:
    """Quantiles by linear interpolation, as `cost_p10` to `cost_p90`."""
    values = np.quantile(drawn.astype(float), LEVELS)
    return {f"{name}_p{round(100 * level)}": float(value) for level, value in zip(LEVELS, values, strict=True)}
