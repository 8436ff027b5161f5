"""What a plan is exposed to: the money, people, estimates and risk events of every project that it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit import finance
from pmo_kit.arbitration import Capacity, Envelope, Question, Synergy
from pmo_kit.rates import discount_schedule
from pmo_kit.risk.distributions import REACH, Estimate, Floats
from pmo_kit.risk.inputs import CLASSES, Event, benefits_counted, planned_months, read_estimates, read_events
from pmo_kit.risk.sampling import Correlation, Key


@dataclass(frozen=True, eq=False)
class ProjectRisk:
    """One chosen project: profiles by year, estimates as factors on them, and its events.

    Parameters
    ----------
    spend : ndarray
        Money scopes x years; the first row is all money.
    benefit : ndarray
        By year; `last_benefit` is the position after which late benefits are lost (None: they are only late).
    demand : ndarray
        Roles x periods.
    cost, benefit_estimate, duration : Estimate or None
        Factors; `bias` divides each, where a figure already holds its expected overrun.
    uplift : float
        Factor on costs for optimism bias; 1.0 for none.
    months : float
        Planned duration.
    loads : tuple of (key, weight)
        Shared factors of the copula.
    """

    project: str
    spend: Floats
    benefit: Floats
    last_benefit: int | None
    demand: Floats
    cost: Estimate | None
    benefit_estimate: Estimate | None
    duration: Estimate | None
    centered: bool
    uplift: float
    months: float
    events: tuple[Event, ...]
    loads: tuple[tuple[Key, float], ...]

    def estimate(self, quantity: str) -> Estimate | None:
        """The estimate of a quantity."""
        return {"cost": self.cost, "benefit": self.benefit_estimate, "duration": self.duration}[quantity]

    def center(self, quantity: str) -> float:
        """What the factor is divided by: its mean where the figures already hold the expected overrun."""
        estimate = self.estimate(quantity)
        return estimate.mean if estimate is not None and self.centered else 1.0

    @cached_property
    def longest_delay(self) -> float:
        """Months, at most."""
        late = 0.0
        if self.duration is not None:
            end = self.duration.ends[1]
            most = (end if isfinite(end) else float(self.duration.at_normal(REACH))) / self.center("duration")
            late = max(0.0, most - 1.0) * self.months
        return late + sum(event.delay for event in self.events)


@dataclass(frozen=True, eq=False)
class Exposure:
    """A plan's projects and what they share.

    `scopes` are the envelopes' scopes, all money first; `years` and `periods` reach as far as the longest delay;
    `factors` are discount factors by year; `held` says what the register's figures already hold, per project.
    `together` is the money (scopes x years) that pairs of projects in the plan cost or save together, and
    `together_value` what they are worth together: certain amounts, the same in every draw.
    """

    projects: tuple[ProjectRisk, ...]
    scopes: tuple[str, ...]
    years: tuple[int, ...]
    factors: Floats
    roles: tuple[str, ...]
    periods: tuple[str, ...]
    months_a_period: int
    held: Mapping[str, str]
    together: Floats
    together_value: float

    @property
    def base_spend(self) -> Floats:
        """Money as planned, scopes x years."""
        return np.asarray(sum((p.spend for p in self.projects), self.together))


def expose(
    question: Question,
    plan: Mapping[str, str],
    correlation: Correlation,
    uplifts: Mapping[str, float] | None = None,
    responses: Mapping[str, float] | None = None,
) -> Exposure:
    """Return what a plan is exposed to.

    Parameters
    ----------
    plan : mapping of project_id to level
    uplifts : mapping of scope to fraction, optional
        `project_id`, `column=value` or `all` -> optimism bias to add to the costs: 0.44 is 44 %. Never added to a
        project whose `includes` names optimism_bias; where it is added, no risk event is, and estimates keep only
        their spread.
    responses : mapping of str to float, optional
        Risk, risk class or `all` -> factor on the probability: what a response would do.

    Raises
    ------
    DataError
        An estimate or a risk is not in order; every one is listed.
    ValueError
        A scope, a risk or a class is unknown, or a fraction or factor is negative.
    """
    register, built = question.register, question.built
    pairs = pd.MultiIndex.from_tuples(list(plan.items()), names=["project_id", "level"])
    chosen = [
        int(at) if at >= 0 else built.position(*pair)
        for at, pair in zip(built.table.index.get_indexer(pairs), plan.items(), strict=True)
    ]
    chosen.sort(key=lambda i: str(built.project_ids[i]))
    ids = [str(built.project_ids[i]) for i in chosen]
    stopped = {ids[k] for k, i in enumerate(chosen) if built.stops[i]}
    delay = dict(zip(ids, built.table["delay"].to_numpy(int)[chosen].tolist(), strict=True))
    first = int(register.settings.discount_to or min(built.years))
    flows = benefits_counted(question)
    last = max([first, *built.years, *(int(y) + max(delay.values(), default=0) for y in flows.columns)])
    estimates, events = (
        read_estimates(register, set(ids) - stopped),
        read_events(register, set(ids) - stopped, first, delay),
    )
    raised = _uplifts(question, ids, uplifts)
    _thin(events, responses)
    held: dict[str, str] = {}
    months = planned_months(register)
    scopes = (
        "all",
        *dict.fromkeys(
            r.scope for r in question.active_rules if isinstance(r, Envelope) and r.scope != "all"
        ),
    )
    roles = tuple(dict.fromkeys(r.role for r in question.active_rules if isinstance(r, Capacity)))
    labels = sorted(
        {str(p) for p in built.demanding["period"]}
        | {r.period for r in question.active_rules if isinstance(r, Capacity)}
    )
    quarters = any("Q" in label for label in labels)
    size = last - first + 1
    money = {
        scope: np.stack([built.measure(scope, first + y) for y in range(size)], axis=1)[chosen]
        for scope in scopes
    }
    people = (
        np.stack([[built.demand(role, label) for label in labels] for role in roles], axis=0)[:, :, chosen]
        if roles and labels
        else np.zeros((len(roles), len(labels), len(chosen)))
    )
    levels = built.table["base_level"].to_numpy(object)
    fixed = register.projects["benefit_end_fixed"].fillna(False).astype(bool).to_dict()
    includes = register.projects["includes"].fillna("").to_dict()
    shared = {
        column: {} if column == "all" else register.projects[column].astype("str").to_dict()
        for column in correlation.shared or {}
    }
    of_option = pd.MultiIndex.from_arrays([list(ids), [str(levels[i]) for i in chosen]])
    received = flows.to_numpy(float)[flows.index.get_indexer(of_option)]
    projects = []
    for k, project in enumerate(ids):
        flow = received[k]
        benefit = np.zeros(size)
        end = int(np.flatnonzero(flow)[-1]) if flow.any() else 0
        later = delay[project]
        benefit[later : later + len(flow)] = flow[: size - later]
        if fixed[project]:
            benefit[end + 1 :] = 0.0
        stated = str(includes[project]).lower().split(";")
        holds = {part.strip().replace(" ", "_") for part in stated if part.strip()}
        added = raised.get(project, 0.0) if "optimism_bias" not in holds and project not in stopped else 0.0
        held[project] = "; ".join(sorted(holds))
        given = estimates.get(project, {})
        no_events = bool(holds) or added > 0
        projects.append(
            ProjectRisk(
                project,
                np.stack([money[scope][k] for scope in scopes]),
                benefit,
                end if fixed[project] else None,
                people[:, :, k],
                given.get("cost"),
                given.get("benefit"),
                given.get("duration"),
                "optimism_bias" in holds or added > 0,
                1.0 + added,
                months[project],
                () if no_events else tuple(events.get(project, ())),
                tuple(
                    (("factor", column, shared[column].get(project, "all")), share**0.5)
                    for column, share in (correlation.shared or {}).items()
                    if share
                ),
            )
        )
    exposure = _padded(question, projects, scopes, first, size, roles, labels, 3 if quarters else 12, held)
    return replace(exposure, **_together(question, set(chosen), exposure))


def _padded(
    question: Question, projects: list[ProjectRisk], scopes: tuple[str, ...], first: int, size: int,
    roles: tuple[str, ...], labels: list[str], step: int, held: Mapping[str, str],
) -> Exposure:  # fmt: skip
    """The exposure with years and periods added for the longest delay."""
    longest = max([0.0, *(p.longest_delay for p in projects)])
    years, more = math.ceil(longest / 12), math.ceil(longest / step) if labels else 0

    def wide(array: Floats, by: int) -> Floats:
        return np.concatenate([array, np.zeros((*array.shape[:-1], by))], axis=-1)

    periods = list(labels)
    for _ in range(more):
        periods.append(_next(periods[-1]))
    grown = [
        replace(p, spend=wide(p.spend, years), benefit=wide(p.benefit, years), demand=wide(p.demand, more))
        for p in projects
    ]
    settings, n = question.register.settings, size + years
    steps = n if settings.timing != "start" else n - 1
    factors = finance.discount_factors(
        discount_schedule(settings.discount_schedule, steps), n, settings.timing
    )
    return Exposure(
        tuple(grown), scopes, tuple(range(first, first + n)), factors, roles, tuple(periods), step, held,
        np.zeros((len(scopes), n)), 0.0,
    )  # fmt: skip


def _together(question: Question, chosen: set[int], exposure: Exposure) -> dict[str, Any]:
    """What pairs of projects in the plan bring or cost together."""
    built, spend, value = question.built, np.zeros_like(exposure.together), 0.0
    for rule in (r for r in question.active_rules if isinstance(r, Synergy)):
        first, second = built.of(rule.project_id, rule.level), built.of(rule.other_id, rule.other_level)
        if chosen.isdisjoint(first.tolist()) or chosen.isdisjoint(second.tolist()):
            continue
        if rule.quantity == "value":
            value += rule.amount
            continue
        year = exposure.years.index(int(rule.year or exposure.years[0]))
        value -= rule.amount * float(exposure.factors[year])
        for place, scope in enumerate(exposure.scopes):
            if built.matches(scope)[first[0]] and not scope.startswith(("kind", "fund")):
                spend[place, year] += rule.amount
    return {"together": spend, "together_value": value}


def _thin(events: dict[str, list[Event]], responses: Mapping[str, float] | None) -> None:
    """Probabilities after responses."""
    if not responses:
        return
    known = {e.risk for group in events.values() for e in group} | set(CLASSES) | {"all"}
    for name, factor in responses.items():
        if name not in known:
            raise ValueError(f"there is no risk or risk class {name!r} in this plan")
        if factor < 0:
            raise ValueError(f"the factor on the probability of {name} is negative")
    for project, group in events.items():
        events[project] = [
            replace(
                e,
                probability=min(
                    1.0,
                    e.probability
                    * responses.get(e.risk, responses.get(e.risk_class, responses.get("all", 1.0))),
                ),
            )
            for e in group
        ]


def _uplifts(question: Question, ids: list[str], uplifts: Mapping[str, float] | None) -> dict[str, float]:
    """project -> fraction to add to its costs: that of its id, else of its column=value, else of all."""
    raised: dict[str, float] = {}
    projects = question.register.projects
    for scope, fraction in sorted(
        (uplifts or {}).items(), key=lambda item: (item[0] != "all", "=" not in item[0])
    ):
        if fraction < 0:
            raise ValueError(f"the uplift of {scope} is negative")
        if scope in projects.index:
            inside = [scope] if scope in ids else []
        elif scope == "all" or "=" in scope:
            mask = question.built.matches(scope)
            inside = sorted(set(map(str, question.built.project_ids[mask])) & set(ids))
        else:
            raise ValueError(f"{scope!r} is no project, no column=value and not all")
        raised.update(dict.fromkeys(inside, float(fraction)))
    return raised


def _next(label: str) -> str:
    """The period after a year or a quarter."""
    year, _, quarter = label.partition("-Q")
    if not quarter:
        return str(int(year) + 1)
    return f"{int(year) + 1}-Q1" if quarter == "4" else f"{year}-Q{int(quarter) + 1}"
