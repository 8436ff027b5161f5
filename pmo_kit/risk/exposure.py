"""What a plan is exposed to: the money, people, estimates and risk events of every project that it holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pmo_kit import finance
from pmo_kit.appraisal import SOCIAL_KINDS
from pmo_kit.arbitration import Capacity, Envelope, Question, Synergy
from pmo_kit.doors import nearest
from pmo_kit.errors import InputError
from pmo_kit.rates import discount_schedule
from pmo_kit.uncertainty.distributions import Floats
from pmo_kit.uncertainty.expected import period_at, places_of
from pmo_kit.uncertainty.stated import Uncertainty, first_year, read_uncertainty


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

    project: str
    area: str
    spend: Floats
    benefit: Floats
    last_benefit: int | None
    demand: Floats
    capital: Floats
    risk: Uncertainty


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
    known, raised = read_uncertainty(register), _uplifts(question, uplifts)
    t0, flows = first_year(register), benefits_counted(question)
    risks = []
    for i in chosen:
        risk = known[str(built.project_ids[i])].later(int(built.delays[i]))
        added = 0.0 if "optimism_bias" in risk.holds else raised.get(risk.project, 0.0)
        sure = replace(risk, cost=None, benefit=None, duration=None, stated=())
        risks.append(sure if built.stops[i] else replace(risk, uplift=1.0 + added))
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
    people = np.zeros((len(roles), count, len(built)))
    for place, role in enumerate(roles):
        people[place] = [built.demand(role, period) for period in periods]
    capital = np.stack([built.holds_capital(scope) for scope in scopes]).astype(float)
    fixed = register.projects["benefit_end_fixed"].fillna(False).astype(bool)
    area = register.projects["area"].astype("str")
    projects = []
    for i, risk in zip(chosen, risks, strict=True):
        benefit = np.zeros(size)
        flow = flows.loc[(risk.project, built.table["base_level"].iloc[i])].to_numpy(float)
        later, end = int(built.delays[i]), int(np.flatnonzero(flow)[-1]) if flow.any() else 0
        benefit[later : later + len(flow)] = flow[: size - later]
        if fixed[risk.project]:
            benefit[end + 1 :] = 0.0
        projects.append(
            ProjectRisk(
                risk.project, area[risk.project], money[:, :, i], benefit, end if fixed[risk.project] else None,
                people[:, :, i], capital[:, i], risk,
            )
        )  # fmt: skip
    settings = register.settings
    rates = discount_schedule(settings.discount_schedule, size if settings.timing != "start" else size - 1)
    factors = finance.discount_factors(rates, size, settings.timing)
    spend, value = together(question, chosen, scopes, factors)
    return Exposure(
        tuple(projects), scopes, tuple(range(t0, t0 + size)), factors, roles, periods, unit, spend, value
    )


def benefits_counted(question: Question) -> pd.DataFrame:
    """(project, level) x years: the benefits that the question's value counts, as the register states them."""
    register, first = question.register, first_year(question.register)
    rows = register.table("benefits")
    rows = rows[(rows["year"] >= first).fillna(False).astype(bool)]
    if isinstance(question.value, str) and question.value == "npsv":
        key = ["project_id", "level", "benefit"]
        economic = pd.MultiIndex.from_frame(rows.loc[rows["kind"] == "economic", key])
        doubled = (rows["kind"] == "cash").to_numpy(bool) & pd.MultiIndex.from_frame(rows[key]).isin(economic)
        counted = rows["kind"].isin(SOCIAL_KINDS).to_numpy(bool) & ~doubled
        sign = np.where(rows["kind"] == "disbenefit", -1.0, counted.astype(float))
        rows = rows.assign(amount=rows["amount"] * sign)
    else:
        rows = rows[(rows["kind"] == "cash").fillna(False).astype(bool)]
    options = pd.MultiIndex.from_frame(register.table("levels")[["project_id", "level"]].astype("str"))
    table = rows.pivot_table(index=["project_id", "level"], columns="year", values="amount", aggfunc="sum")
    last = max([first, *map(int, table.columns)])
    return table.reindex(index=options, columns=range(first, last + 1)).fillna(0.0)


def together(
    question: Question, options: Iterable[int], scopes: tuple[str, ...], factors: Floats
) -> tuple[Floats, float]:
    """What pairs of options (positions) cost, scopes x years, and bring together.

    A cost synergy is a cost row of the project in `project_id`, in its year, with the defaults of the table of costs.
    """
    built, t0, chosen = question.stated, first_year(question.register), set(options)
    spend, value = np.zeros((len(scopes), len(factors))), 0.0
    for rule in (r for r in question.active_rules if isinstance(r, Synergy)):
        first, second = built.of(rule.project_id, rule.level), built.of(rule.other_id, rule.other_level)
        if chosen.isdisjoint(first.tolist()) or chosen.isdisjoint(second.tolist()):
            continue
        if rule.quantity == "value":
            value += rule.amount
            continue
        year = int(rule.year or t0) - t0
        value -= rule.amount * float(factors[year])
        spend[:, year] += [rule.amount * built.holds_capital(scope)[first[0]] for scope in scopes]
    return spend, value


def _uplifts(question: Question, uplifts: Mapping[str, float] | None) -> dict[str, float]:
    """project -> fraction to add to its costs: that of its id, else of its column=value, else of all."""
    raised: dict[str, float] = {}
    built = question.stated
    ordered = sorted((uplifts or {}).items(), key=lambda item: (item[0] != "all", "=" not in item[0]))
    for scope, fraction in ordered:
        if fraction < 0:
            raise InputError(f"the uplift of {scope} is negative")
        if scope in question.register.projects.index:
            raised[scope] = float(fraction)
        elif scope == "all" or "=" in scope:
            raised |= dict.fromkeys(map(str, built.project_ids[built.matches(scope)]), float(fraction))
        else:
            there = ["all", *map(str, question.register.projects.index)]
            raise InputError(f"{scope!r} is no project, no column=value and not all; {nearest(scope, there)}")
    return raised
