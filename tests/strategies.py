"""Small random registers, and the honest way to answer their question: try every plan.

`Case.best()` knows nothing of the engine: it works on the drawn numbers in whole numbers, rule by rule.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from pmo_kit.register import Register

TIMES = int(os.environ.get("EXAMPLES", "1"))
"""How many times as many examples: `make slow` asks for more."""


def brief(examples: int) -> settings:
    """So many examples, drawn anew each time and not shrunk: a case is small already."""
    return settings(
        max_examples=examples * TIMES, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip


YEARS = (2027, 2028, 2029)
Choice = tuple[str, str, int]  # project, level, delay


@dataclass
class Project:
    """A drawn project: level -> its yearly costs, benefits and engineers, from 2027 on."""

    id: str
    area: str
    commitment: str
    capex: bool
    latest_start: int | None
    end_fixed: bool
    costs: dict[str, tuple[Fraction, ...]]
    benefits: dict[str, tuple[Fraction, ...]]
    people: dict[str, tuple[Fraction, ...]]


@dataclass
class Case:
    """A drawn question; rules are plain dictionaries, as in the rows of the register's tables."""

    projects: list[Project]
    budget: tuple[Fraction, ...]
    carry: Fraction
    area_budget: tuple[Fraction, ...] | None
    capital_budget: tuple[Fraction, ...] | None
    change: Fraction | None  # most projects that the staff can take in at once
    engineers: tuple[Fraction, ...]
    links: list[dict] = field(default_factory=list)
    rules: list[dict] = field(default_factory=list)
    overrides: list[dict] = field(default_factory=list)
    rate: int = 0
    deferral: int = 0

    def register(self) -> Register:
        """The case as tables."""
        rows: dict[str, list[dict]] = {
            "projects": [],
            "levels": [],
            "costs": [],
            "benefits": [],
            "resources": [],
        }
        for p in self.projects:
            rows["projects"].append(
                {"project_id": p.id, "name": f"Project {p.id}", "area": p.area, "commitment": p.commitment,
                 "latest_start": p.latest_start, "benefit_end_fixed": "yes" if p.end_fixed else "no",
                 "mandatory_reason": "law" if p.commitment == "mandatory" else None}
            )  # fmt: skip
            for level in p.costs:
                key = {"project_id": p.id, "level": level}
                rows["levels"].append(key)
                kind = "exit" if level == "stop" else "capex" if p.capex else "opex"
                for t, amount in enumerate(p.costs[level]):
                    if amount or t == 0:
                        rows["costs"].append({**key, "year": 2027 + t, "kind": kind, "amount": float(amount)})
                for t, amount in enumerate(p.benefits[level]):
                    if amount or t == 1:
                        rows["benefits"].append({**key, "benefit": "b", "year": 2027 + t, "amount": float(amount)})
                for t, fte in enumerate(p.people[level]):
                    if fte:
                        rows["resources"].append(
                            {**key, "role": "engineer", "period": str(2027 + t), "fte": float(fte)}
                        )
        budgets = [
            {
                "envelope": "all",
                "scope": "all",
                "year": y,
                "amount": float(a),
                "carry_limit": float(self.carry),
            }
            for y, a in zip(YEARS, self.budget, strict=True)
        ]
        for name, scope, amounts in (("north", "area=North", self.area_budget),
                                     ("capital", "kind=capex", self.capital_budget)):  # fmt: skip
            budgets += [
                {"envelope": name, "scope": scope, "year": y, "amount": float(a)}
                for y, a in zip(YEARS, amounts or (), strict=amounts is not None)
            ]
        tables = {name: pd.DataFrame(found) for name, found in rows.items() if found}
        if "resources" in tables:
            tables["capacity"] = pd.DataFrame(
                {
                    "role": "engineer",
                    "period": [str(y) for y in YEARS],
                    "fte": [float(x) for x in self.engineers],
                }
            )
        for name in ("links", "rules", "overrides"):
            if getattr(self, name):
                tables[name] = pd.DataFrame(getattr(self, name))
        settings = {"discount_schedule": f"flat_{self.rate}" if self.rate else "none", "discount_to": "2027"}
        return Register(
            settings=pd.DataFrame({"key": list(settings), "value": list(settings.values())}),
            budgets=pd.DataFrame(budgets), **tables,
        )  # fmt: skip

    # Every plan, without the engine ---------------------------------------------------------------------

    def choices(self, p: Project) -> list[Choice | None]:
        """What can be chosen of a project by itself; None is not doing it."""
        found: list[Choice | None] = [None]
        for level in p.costs:
            found.append((p.id, level, 0))
            years = [t for costs in p.costs.values() for t, c in enumerate(costs) if c or t == 0]
            if p.commitment != "committed" and p.latest_start is not None:
                for k in range(1, self.deferral + 1):
                    if 2027 + min(years) + k <= p.latest_start and max(years) + k < len(YEARS):
                        found.append((p.id, level, k))
        if p.commitment == "mandatory":
            found = [c for c in found if c is not None and c[1] != "stop"]
        elif p.commitment == "committed":
            found = [c for c in found if c is not None]
        for o in (o for o in self.overrides if o["project_id"] == p.id):
            wanted = o["in_out"] == "in"
            found = [c for c in found if bool(_is(c, o.get("level"))) == wanted]
        return found

    def plans(self) -> list[tuple[Fraction, frozenset[Choice]]]:
        """Every plan that obeys the rules, with its value."""
        return self.best(None)

    def best(self, most: int | None) -> list[tuple[Fraction, frozenset[Choice]]]:
        """The best plans that obey the rules with their values, the best first; all where no number is given.

        Everything is added up in whole numbers (`UNIT` of them to one), for all combinations at once.
        """
        choices = [self.choices(p) for p in self.projects]
        if not all(choices):
            return []
        each = np.indices([len(c) for c in choices]).reshape(len(choices), -1)
        total, possible = self._total(choices, each)
        places = np.flatnonzero(possible)
        places = places[np.argsort(-total[places], kind="stable")][:most]
        return [
            (
                Fraction(int(total[i]), UNIT),
                frozenset(c for c in map(_pick, choices, each[:, i]) if c is not None),
            )
            for i in places
        ]

    def _total(self, choices: list[list[Choice | None]], each: Whole) -> tuple[Whole, Whole]:
        """Net present value of every combination, less the price of soft rules; and which break no hard rule."""

        def summed(amount: Callable[[Project, Choice], Fraction | int]) -> Whole:
            """The sum over the projects of an amount of each choice."""
            parts = [
                np.array([0 if c is None else _whole(amount(p, c)) for c in mine])[at]
                for p, mine, at in zip(self.projects, choices, each, strict=True)
            ]
            return np.sum(parts, axis=0)

        def inside(project: str, level: str | None) -> Whole:
            at = [p.id for p in self.projects].index(project)
            return np.array([_is(c, level) for c in choices[at]])[each[at]]

        def delay(project: str) -> Whole:
            at = [p.id for p in self.projects].index(project)
            return np.array([0 if c is None else c[2] for c in choices[at]])[each[at]]

        total = summed(self._npv)
        possible = np.ones(len(total), bool)
        extra = np.zeros((2, len(YEARS), len(total)), np.int64)  # synergies: in all, and in North
        groups: dict[tuple[str, str], list[Whole]] = {}
        for link in self.links:
            mine = inside(link["project_id"], link["level"])
            if link["group"]:
                groups.setdefault((link["relation"], link["group"]), []).append(mine)
                continue
            both = mine & inside(link["other_id"], link["other_level"])
            if link["relation"] == "requires":
                possible &= ~mine | (both & (delay(link["other_id"]) <= delay(link["project_id"])))
            elif link["relation"] == "excludes":
                possible &= ~both
            elif link["quantity"] == "value":
                total = total + both * _whole(Fraction(link["amount"]))
            else:
                t, amount = int(link["year"]) - 2027, Fraction(link["amount"])
                extra[0, t] += both * _whole(amount)
                total = total - both * _whole(amount / self._growth(t))
                if next(p.area for p in self.projects if p.id == link["project_id"]) == "North":
                    extra[1, t] += both * _whole(amount)
        for (relation, _), members in groups.items():
            count = np.sum(members, axis=0)
            possible &= (count == 1) if relation == "exactly_one" else (count <= 1)
        for t in range(len(YEARS)):
            people = summed(lambda p, c, t=t: self._moved(p.people[c[1]], c[2])[t])
            possible &= people <= _whole(self.engineers[t])
        spend = [summed(lambda p, c, t=t: self._spend(p, c)[t]) + extra[0, t] for t in range(len(YEARS))]
        possible &= self._fits(spend, self.budget, self.carry)
        for scope, amounts in (("area=North", self.area_budget), ("kind=capex", self.capital_budget)):
            if amounts is not None:
                shared = extra[1] if scope == "area=North" else np.zeros_like(extra[1])
                part = [
                    summed(lambda p, c, t=t, s=scope: self._counted(p, c, s, "spend")[t]) + shared[t]
                    for t in range(len(YEARS))
                ]
                possible &= self._fits(part, amounts, Fraction(0))
        if self.change is not None:
            possible &= summed(lambda p, c: int(c[1] != "stop")) <= _whole(self.change)
        for rule in self.rules:
            short = self._short(rule, summed)
            if rule["price"] is None:
                possible &= short == 0
            else:
                total = total - short * int(2 * rule["price"]) // 2
        return total, possible

    def _growth(self, t: int) -> Fraction:
        return (1 + Fraction(self.rate, 100)) ** t

    def _moved(self, flow: tuple[Fraction, ...], delay: int) -> list[Fraction]:
        moved = [Fraction(0)] * delay + list(flow)
        return (moved + [Fraction(0)] * len(YEARS))[: len(YEARS)]

    def _spend(self, p: Project, c: Choice) -> list[Fraction]:
        return self._moved(p.costs[c[1]], c[2])

    def _counted(self, p: Project, c: Choice, scope: str, measure: str) -> list[Fraction]:
        """Money by year that a rule counts."""
        capital = p.capex and c[1] != "stop"
        out = scope == "area=North" and p.area != "North"
        if out or (not capital and "capex" in (measure, scope.partition("=")[2])):
            return [Fraction(0)] * len(YEARS)
        money = self._spend(p, c)
        return [m / self._growth(t) for t, m in enumerate(money)] if measure == "pv_cost" else money

    def _npv(self, p: Project, choice: Choice) -> Fraction:
        _, level, delay = choice
        costs, benefits = p.costs[level], p.benefits[level]
        last = max((t for t, b in enumerate(benefits) if b or t == 1), default=0)
        total = Fraction(0)
        for t, cost in enumerate(costs):
            total -= cost / self._growth(t + delay)
        for t, benefit in enumerate(benefits):
            if not (p.end_fixed and t + delay > last):
                total += benefit / self._growth(t + delay)
        return total

    def _fits(self, spend: list[Whole], budget: tuple[Fraction, ...], carry: Fraction) -> Whole:
        """Whether the money of every year is enough, with what is carried over."""
        fits, carried = np.ones(len(spend[0]), bool), np.zeros(len(spend[0]), np.int64)
        for used, amount in zip(spend, budget, strict=True):
            left = _whole(amount) + carried - used
            fits &= left >= 0
            carried = np.clip(left, 0, _whole(carry))
        return fits

    def _short(self, rule: dict, summed: Callable[[Callable[[Project, Choice], Fraction | int]], Whole]) -> Whole:
        """By how much a rule is broken, all years together."""
        scope, measure = rule["scope"], rule["measure"]
        if rule["kind"] == "count":
            used = [summed(lambda p, c: int(p.area == "North" and c[1] != "stop"))]
            whole = [np.full_like(used[0], UNIT)]
        else:
            years = [[t] for t in range(len(YEARS))] if rule["per"] == "year" else [list(range(len(YEARS)))]

            def money(scope: str, of: list[int]) -> Whole:
                return summed(lambda p, c: sum((self._counted(p, c, scope, measure)[t] for t in of), Fraction(0)))

            used = [money(scope, of) for of in years]
            whole = [np.full_like(used[0], UNIT)] * len(years)
            if rule["kind"] == "share" and rule["of"] == "envelope":
                whole = [np.full_like(used[0], sum(_whole(self.budget[t]) for t in of)) for of in years]
            elif rule["kind"] == "share":
                whole = [money("all", of) for of in years]
        short = np.zeros_like(used[0])
        for part, all_of_it in zip(used, whole, strict=True):
            for limit, sign in ((rule["minimum"], 1), (rule["maximum"], -1)):
                if limit is not None:
                    short = short + np.maximum(0, sign * (all_of_it * int(4 * limit) // 4 - part))
        return short


Whole = NDArray[np.int64]
UNIT = 16 * 11**4
"""Quarters of halves, halved again, discounted at 10 % for four years, are whole numbers of this part."""


def _whole(amount: Fraction | int) -> int:
    """An amount in whole numbers; one that is not whole is a fault of the test."""
    scaled = amount * UNIT
    assert scaled == int(scaled)
    return int(scaled)


def _is(choice: Choice | None, level: str | None) -> bool:
    """Whether a choice is to do the project, at that level."""
    return choice is not None and choice[1] != "stop" and level in (None, choice[1])


def _pick(mine: list[Choice | None], at: int) -> Choice | None:
    return mine[at]


def _amounts(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Halves between two whole numbers."""
    return st.integers(2 * low, 2 * high).map(lambda n: Fraction(n, 2))


@st.composite
def cases(draw: st.DrawFn, least: int = 2, most: int = 6) -> Case:
    """A question of so many projects, with every kind of rule now and then.

    Only the first four projects have levels or may be deferred (the first three where there are many projects).
    """
    count = draw(st.integers(least, most))
    rich = 4 if most <= 6 else 3
    deferral = draw(st.sampled_from([0, 0, 1, 2]))
    projects = []
    for i in range(count):
        commitment = draw(st.sampled_from(["discretionary"] * 4 + ["mandatory", "committed"]))
        levels = ["full", "part"] if i < rich and draw(st.booleans()) else ["full"]
        if commitment == "committed" and draw(st.booleans()):
            levels.append("stop")
        costs, benefits, people = {}, {}, {}
        for level in levels:
            running = level != "stop"
            costs[level] = (draw(_amounts(0, 5)), draw(_amounts(0, 4))) if running else (draw(_amounts(0, 3)),)
            benefits[level] = (Fraction(0), draw(_amounts(0, 8)), draw(_amounts(0, 8))) if running else ()
            people[level] = (draw(st.sampled_from([Fraction(n) for n in (0, 0, 1, 2)])),) if running else ()
        projects.append(
            Project(
                f"P{i:02d}", draw(st.sampled_from(["North", "South"])), commitment, draw(st.booleans()),
                draw(st.sampled_from([None, 2027, 2028, 2029])) if i < rich else None,
                draw(st.booleans()), costs, benefits, people,
            )
        )  # fmt: skip
    ids = [p.id for p in projects]
    case = Case(
        projects,
        budget=tuple(draw(_amounts(1, 4 * count)) for _ in YEARS),
        carry=draw(st.sampled_from([Fraction(0), Fraction(0), Fraction(2), Fraction(5)])),
        area_budget=draw(st.none() | st.tuples(*[_amounts(1, 2 * count)] * 3)),
        capital_budget=draw(st.none() | st.none() | st.tuples(*[_amounts(1, 3 * count)] * 3)),
        change=draw(st.none() | st.none() | st.integers(1, count).map(Fraction)),
        engineers=tuple(draw(st.integers(0, 2 * count).map(Fraction)) for _ in YEARS),
        rate=draw(st.sampled_from([0, 0, 10])),
        deferral=deferral,
    )
    for _ in range(draw(st.integers(0, 3))):
        one, other = draw(st.permutations(ids))[:2]
        levels = list(next(p for p in projects if p.id == one).costs)
        link = {"project_id": one, "relation": draw(st.sampled_from(["requires", "excludes", "synergy"])),
                "other_id": other, "level": draw(st.sampled_from([None, "full"])),
                "other_level": None, "group": None, "quantity": None, "amount": None, "year": None}  # fmt: skip
        assert "full" in levels
        if link["relation"] == "synergy":
            link["quantity"] = draw(st.sampled_from(["value", "cost"]))
            link["amount"] = draw(st.integers(-3, 3).filter(bool))
            link["year"] = draw(st.sampled_from(YEARS)) if link["quantity"] == "cost" else None
        keys = [(x["project_id"], x["level"], x["relation"], x["other_id"]) for x in case.links]
        mirrored = [(x["other_id"], x["project_id"]) for x in case.links if x["relation"] == link["relation"]]
        if (one, link["level"], link["relation"], other) not in keys and (one, other) not in mirrored:
            case.links.append(link)
    if count > 3 and draw(st.integers(0, 3)) == 0:
        relation = draw(st.sampled_from(["exactly_one", "excludes"]))
        case.links += [
            {"project_id": p, "relation": relation, "group": "site", "level": None, "other_id": None,
             "other_level": None, "quantity": None, "amount": None, "year": None}
            for p in ids[:2]
        ]  # fmt: skip
    for i in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["share", "count", "spend"]))
        least = draw(st.booleans())
        limit = draw(st.sampled_from([0.25, 0.5, 0.75]) if kind == "share" else st.integers(0, 4).map(float))
        of, per = (draw(st.sampled_from(two)) for two in (["portfolio", "envelope"], ["horizon", "year"]))
        # Present cost has no year and no envelope; discounted, equal shares would be a matter of rounding.
        present = case.rate == 0 and per == "horizon" and of == "portfolio"
        case.rules.append(
            {"rule": f"rule {i}", "kind": kind, "scope": "area=North", "per": per, "of": of,
             "measure": draw(st.sampled_from(["spend", "capex"] + ["pv_cost"] * present)),
             "minimum": limit if least else None, "maximum": None if least else limit,
             "price": draw(st.sampled_from([None, 0.5, 2.0])), "active": "yes"}
        )  # fmt: skip
    if draw(st.integers(0, 3)) == 0:
        case.overrides.append(
            {"project_id": draw(st.sampled_from(ids)), "in_out": draw(st.sampled_from(["in", "out"])),
             "level": draw(st.sampled_from([None, "full"])), "reason": "why",
             "decided_by": "Chair", "date": "2026-09-30"}
        )  # fmt: skip
    return case


def dominance(cells: ArrayLike) -> np.ndarray:
    """Which alternatives (rows) dominate which (columns): nowhere worse and somewhere better."""
    mine, other = np.asarray(cells, float)[:, None], np.asarray(cells, float)[None]
    return (mine >= other).all(axis=-1) & (mine > other).any(axis=-1)
