"""Drawing a block of projects: money, time and people of every draw, added up in a fixed order.

A block is 32 projects. Blocks do not depend on the number of workers, so neither do the numbers. Within a block sums
are in single precision, over blocks in double.

A delay of d months moves what is still to be spent, received and worked by d months: flows of a year move into later
years in whole and in part, as in a deferral by d / 12 years. An early finish brings nothing forward.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from pmo_kit.risk.distributions import NODES, REACH, Floats
from pmo_kit.risk.exposure import Exposure, ProjectRisk
from pmo_kit.risk.inputs import QUANTITIES, Event
from pmo_kit.risk.sampling import Correlation, Key, Method, Single, normals

BLOCK = 32
STEPS = 4  # delays are counted in quarters of a month
LEVELS = (0.1, 0.2, 0.5, 0.8, 0.9)
PLACES = np.float32((NODES - 1) / (2 * REACH))  # places per unit of a standard normal
_UNIT = np.linspace(0.0, 1.0, 257)
_GRID = (2 * _UNIT - 1) * REACH
_MIDDLE = np.float32((NODES - 1) / 2 + 0.5)
Indices = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Run:
    """What all blocks of a simulation share."""

    seed: int
    draws: int
    method: Method
    correlation: Correlation
    shared: Mapping[Key, Single]
    places: Mapping[Key, int]
    matrix: Mapping[str, Mapping[str, Single]]  # quantity -> project -> correlated normals
    scopes: int
    years: int
    factors: Floats
    periods: int
    roles: int
    months_a_period: int
    detail: bool
    worth: Floats  # years x steps of delay


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
    rows: list[dict[str, float]] = field(default_factory=list)
    costs: list[Single] = field(default_factory=list)
    npvs: list[Single] = field(default_factory=list)

    def add(self, other: Block) -> None:
        """Add a later block."""
        for name in ("cost", "benefit", "npv", "spend", "received", "people"):
            mine = getattr(self, name)
            np.add(mine, getattr(other, name), out=mine)
        np.maximum(self.latest, other.latest, out=self.latest)
        self.rows += other.rows
        self.costs += other.costs
        self.npvs += other.npvs


def empty_block(run: Run, precision: Any = np.float64) -> Block:
    """A block of nothing."""
    n, detail = run.draws, run.detail
    return Block(
        np.zeros(n, precision),
        np.zeros(n, precision),
        np.zeros(n, precision),
        np.zeros((run.scopes, run.years, n) if detail else (0, 0, 0), precision),
        np.zeros((run.years, n) if detail else (0, 0), precision),
        np.zeros((run.roles, run.periods, n) if detail else (0, 0, 0), precision),
        np.full(n, -np.inf, np.float32),
    )


def blocks_of(exposure: Exposure) -> Iterator[tuple[ProjectRisk, ...]]:
    """The projects in fixed blocks."""
    for start in range(0, len(exposure.projects), BLOCK):
        yield exposure.projects[start : start + BLOCK]


def simulate_block(projects: tuple[ProjectRisk, ...], run: Run) -> Block:
    """Draw a block of projects."""
    block = empty_block(run, np.float32)
    for project in projects:
        _simulate_project(project, run, block)
    return block


def stream(run: Run, key: Key) -> Single:
    """The normals of a key; a Sobol sequence has a coordinate for each."""
    return normals(run.seed, key, run.draws, run.method, run.places.get(key))


def event_draws(run: Run, project: str, event: Event) -> tuple[Indices, Single]:
    """In which draws an event comes, and its cost there.

    One latent number says whether it comes and how hard it hits: given that it comes, its rank is uniform.
    """
    if event.probability <= 0:
        return np.empty(0, np.intp), np.empty(0, np.float32)
    z = stream(run, (project, "event", event.risk))
    if ("driver", event.driver) in run.shared:
        z *= np.float32((1 - run.correlation.driver) ** 0.5)
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
    n, single = run.draws, np.float32
    base_spend, base_benefit = float(p.spend[0].sum()), float(p.benefit.sum())
    place = _latent(p, run)
    cost = _drawn(p, "cost", base_spend, place.get("cost"), n)
    received = _drawn(p, "benefit", base_benefit, place.get("benefit"), n)
    events = [(event, *event_draws(run, p.project, event)) for event in p.events]
    late = _steps_late(p, place.get("duration"), events, n)
    for event, comes, _ in events:
        if event.benefit_loss:
            received[comes] *= single(1 - event.benefit_loss)
    when = None if late is None else late.astype(np.intp)
    steps = 1 if late is None else int(p.longest_delay * STEPS) + 2
    worth = (
        run.worth[:, :steps] if p.last_benefit is None else present_worth(run.factors, steps, p.last_benefit)
    )
    npv = _at(p.benefit @ worth * (1 / (base_benefit or 1.0)), when) * received
    npv -= _at(p.spend[0] @ run.worth[:, :steps] * (1 / (base_spend or 1.0)), when) * cost
    if run.detail:
        factors = cost / single(base_spend or 1.0), received / single(base_benefit or 1.0)
        _by_year(p, run, block, when, steps, *factors)
    if p.last_benefit is not None:
        kept = moved(p.benefit, steps, 12, p.last_benefit).sum(axis=1)
        received = received * _at(kept / (base_benefit or 1.0), when)
    _add_event_costs(p, run, block, events, cost, npv)
    block.cost += cost
    block.benefit += received
    block.npv += npv
    np.maximum(block.latest, single(0.5) if late is None else late, out=block.latest)
    if run.detail:
        months = np.zeros(1, single) if late is None else (late - single(0.5)) / single(STEPS)
        block.rows.append(_row(p, cost, received, npv, months, base_spend, base_benefit, run.factors))
        block.costs.append(cost)
        block.npvs.append(npv)


def _add_event_costs(
    p: ProjectRisk,
    run: Run,
    block: Block,
    events: list[tuple[Event, Indices, Single]],
    cost: Single,
    npv: Single,
) -> None:
    """Add what the events cost, in their year, or in the years in which the project spends."""
    whole = float(p.spend[0].sum())
    profile = p.spend[0] / whole if whole else np.eye(1, run.years)[0]
    for year in dict.fromkeys(event.year for event, _, _ in events if event.cost is not None):
        extra = np.zeros(run.draws, np.float32)
        for event, comes, amount in events:
            if event.cost is not None and event.year == year:
                extra[comes] += amount
        worth = profile @ run.factors if year is None else run.factors[min(year, run.years - 1)]
        if run.detail:
            falls = profile if year is None else np.eye(1, run.years, min(year, run.years - 1))[0]
            share = p.spend.sum(axis=1) / whole if whole else np.eye(1, run.scopes)[0]
            for scope, place in zip(*np.nonzero(np.outer(share, falls)), strict=True):
                block.spend[scope, place] += extra * np.float32(share[scope] * falls[place])
        cost += extra
        extra *= np.float32(worth)
        npv -= extra


def _latent(p: ProjectRisk, run: Run) -> dict[str, Single]:
    """Latent normals of the quantities that have an estimate, as places in a fine table.

    Shared factors are kept in units of places, with the middle of the table in them: one product and one sum a draw.
    """
    found: dict[str, Single] = {}
    rest = max(0.0, 1 - sum(weight**2 for _, weight in p.loads)) ** 0.5
    rho = run.correlation.cost_duration if p.cost is not None and p.duration is not None else 0.0
    for quantity in QUANTITIES:
        if p.estimate(quantity) is None:
            continue
        correlated = run.matrix.get(quantity, {})
        scale = (1 - rho**2) ** 0.5 if quantity == "duration" else 1.0
        if p.project in correlated:
            z = correlated[p.project] * np.float32(scale * PLACES)
        else:
            z = stream(run, (p.project, quantity))
            z *= np.float32(rest * scale * PLACES)
            for key, weight in p.loads:
                shared = run.shared[(*key, quantity)]
                z += shared if weight * scale == 1.0 else shared * np.float32(weight * scale)
        if rho and quantity == "duration":
            z += found["cost"] * np.float32(rho)
            z += np.float32(_MIDDLE * (1 - rho))
        else:
            z += _MIDDLE
        found[quantity] = z
    return found


def _drawn(p: ProjectRisk, quantity: str, base: float, place: Single | None, n: int) -> Single:
    """Draws of an amount: its base times the factor of its estimate and the uplift for bias."""
    base *= p.uplift if quantity == "cost" else 1.0
    estimate = p.estimate(quantity)
    if place is None or estimate is None:
        return np.full(n, base, np.float32)
    values = estimate.table() * (base / p.center(quantity))
    return values.astype(np.float32).take(place.astype(np.intp), mode="clip")


def _steps_late(
    p: ProjectRisk, place: Single | None, events: list[tuple[Event, Indices, Single]], n: int
) -> Single | None:
    """Steps by which the finish is late, and a half (for rounding); None where nothing can move it."""
    late: Single | None = None
    if place is not None and p.duration is not None:
        steps = (p.duration.table() / p.center("duration") - 1.0) * p.months * STEPS + 0.5
        late = steps.astype(np.float32).take(place.astype(np.intp), mode="clip")
    for event, comes, _ in events:
        if event.delay:
            late = np.full(n, 0.5, np.float32) if late is None else late
            late[comes] += np.float32(event.delay * STEPS)
    return late


def moved(profile: Floats, steps: int, months: int, last: int | None = None) -> Floats:
    """A profile by period moved by every number of steps of delay: steps x periods.

    Parameters
    ----------
    profile : ndarray, shape (periods,)
    steps : int
        How many steps, of 1 / STEPS months each, from none.
    months : int
        Length of a period.
    last : int, optional
        What moves beyond this period is lost.

    Examples
    --------
    >>> moved(np.array([4.0, 0, 0]), 49, 12)[[0, 24, 48]].tolist()  # none, six months, a year
    [[4.0, 0.0, 0.0], [2.0, 2.0, 0.0], [0.0, 4.0, 0.0]]
    """
    whole, part = np.divmod(np.arange(steps) / STEPS / months, 1.0)
    size = profile.shape[-1]
    source = np.concatenate([np.zeros(size + 1), profile])
    at = np.maximum(np.arange(size) + size + 1 - whole[:, None].astype(int), 1)
    table = source[at] + part[:, None] * (source[at - 1] - source[at])
    if last is not None:
        table[:, last + 1 :] = 0.0
    return np.asarray(table)


def present_worth(factors: Floats, steps: int, last: int | None = None) -> Floats:
    """Years x steps: what 1 received in a year is worth when it comes so many steps late."""
    return np.stack([moved(unit, steps, 12, last) @ factors for unit in np.eye(len(factors))])


def _by_year(
    p: ProjectRisk, run: Run, block: Block, when: Indices | None, steps: int, cost: Single, benefit: Single
) -> None:
    """Add spending by scope and year, benefits by year, and people by role and period; cost and benefit are factors."""
    for scope in range(run.scopes):
        profile = p.spend[scope]
        if not profile.any() or any(np.array_equal(p.spend[s], profile) for s in range(scope)):
            continue
        twins = [s for s in range(scope, run.scopes) if np.array_equal(p.spend[s], profile)]
        table = moved(profile, steps, 12)
        for year in np.flatnonzero(table.any(axis=0)):
            drawn = _at(table[:, year], when) * cost
            for twin in twins:
                block.spend[twin, year] += drawn
    table = moved(p.benefit, steps, 12, p.last_benefit)
    for year in np.flatnonzero(table.any(axis=0)):
        block.received[year] += _at(table[:, year], when) * benefit
    for role in range(run.roles):
        if p.demand[role].any():
            table = moved(p.demand[role], steps, run.months_a_period)
            for period in np.flatnonzero(table.any(axis=0)):
                block.people[role, period] += _at(table[:, period], when) * cost


def _row(
    p: ProjectRisk, cost: Single, benefit: Single, npv: Single, delay: Single, base_spend: float,
    base_benefit: float, factors: Floats,
) -> dict[str, float]:  # fmt: skip
    """What is kept of one project: base, quantiles, and how likely cost and finish hold."""
    row = {
        "cost_base": base_spend,
        "benefit_base": base_benefit,
        "npv_base": float((p.benefit - p.spend[0]) @ factors),
    }
    for name, drawn in (("cost", cost), ("benefit", benefit), ("npv", npv), ("delay", delay)):
        row |= {f"{name}_p{round(100 * q)}": v for q, v in zip(LEVELS, quantiles(drawn), strict=True)}
    within = cost <= np.float32(base_spend * (1 + 1e-6))
    on_time = delay <= 1e-3
    row |= {
        "on_cost": float(within.mean()),
        "on_time": float(on_time.mean()),
        "on_both": float((within & on_time).mean()),
    }
    return row


def quantiles(drawn: NDArray[Any], levels: tuple[float, ...] = LEVELS) -> list[float]:
    """Quantiles by linear interpolation, from one sort."""
    ranked = np.sort(drawn)
    at = np.array(levels) * (len(ranked) - 1)
    low = at.astype(int)
    high = np.minimum(low + 1, len(ranked) - 1)
    part = at - low
    return [float(x) for x in (1 - part) * ranked[low] + part * ranked[high]]


def _at(table: Floats, place: Indices | None) -> Single | np.float32:
    """A table of delays read at every draw; one number where there is no delay."""
    return np.float32(table[0]) if place is None else table.astype(np.float32).take(place, mode="clip")
