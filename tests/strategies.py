"""Small random registers, and the honest way to answer their question: try every plan.

`Case.plans()` knows nothing of the engine: it works on the drawn numbers with fractions, rule by rule.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import pandas as pd
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from pmo_kit.register import Register


def brief(examples: int) -> settings:
    """So many examples, drawn anew each time and not shrunk: a case is small already."""
    return settings(
        max_examples=examples, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate),
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
                        rows["benefits"].append(
                            {**key, "benefit": "b", "year": 2027 + t, "amount": float(amount)}
                        )
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
        if self.area_budget is not None:
            budgets += [
                {"envelope": "north", "scope": "area=North", "year": y, "amount": float(a)}
                for y, a in zip(YEARS, self.area_budget, strict=True)
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
        """What can be chosen of a project; None is not doing it."""
        found: list[Choice | None] = [None]
        for level in p.costs:
            found.append((p.id, level, 0))
            spends = [t for t, c in enumerate(p.costs[level]) if c] or [0]
            all_spends = [t for costs in p.costs.values() for t, c in enumerate(costs) if c or t == 0]
            if p.commitment != "committed" and p.latest_start is not None:
                for k in range(1, self.deferral + 1):
                    if 2027 + min(all_spends) + k <= p.latest_start and max(all_spends) + k < len(YEARS):
                        found.append((p.id, level, k))
            assert spends
        return found

    def plans(self) -> Iterator[tuple[Fraction, frozenset[Choice]]]:
        """Every plan that obeys the rules, with its value."""
        for combination in itertools.product(*(self.choices(p) for p in self.projects)):
            plan = frozenset(c for c in combination if c is not None)
            value = self.value(plan)
            if value is not None:
                yield value, plan

    def value(self, plan: frozenset[Choice]) -> Fraction | None:
        """Net present value of a plan, less the price of soft rules; None where it breaks a hard rule."""
        by_id = {p.id: p for p in self.projects}
        funded = {c[0]: c for c in plan if c[1] != "stop"}
        chosen = {c[0] for c in plan}
        for p in self.projects:
            if p.commitment == "mandatory" and p.id not in funded:
                return None
            if p.commitment == "committed" and p.id not in chosen:
                return None
        spend = {c: self._moved(by_id[c[0]].costs[c[1]], c[2]) for c in plan}
        people = {c: self._moved(by_id[c[0]].people[c[1]], c[2]) for c in plan}
        total = sum((self._npv(by_id[c[0]], c) for c in plan), Fraction(0))
        extra = [Fraction(0)] * len(YEARS)
        for link in self.links:
            outcome = self._link(link, funded)
            if outcome is None:
                return None
            if link["relation"] == "synergy" and outcome:
                amount = Fraction(str(link["amount"]))
                if link["quantity"] == "value":
                    total += amount
                else:
                    t = int(link["year"]) - 2027
                    extra[t] += amount
                    total -= amount / self._growth(t)
        north = {link["project_id"] for link in self.links if by_id[link["project_id"]].area == "North"}
        if not self._envelope(
            [sum(s[t] for s in spend.values()) + extra[t] for t in range(3)], self.budget, self.carry
        ):
            return None
        if self.area_budget is not None:
            mine = [sum(s[t] for c, s in spend.items() if by_id[c[0]].area == "North") for t in range(3)]
            for link in self.links:
                if (
                    link["relation"] == "synergy"
                    and link["quantity"] == "cost"
                    and link["project_id"] in north
                ):
                    mine[int(link["year"]) - 2027] += Fraction(str(link["amount"])) * bool(
                        self._link(link, funded)
                    )
            if not self._envelope(mine, self.area_budget, Fraction(0)):
                return None
        for t in range(3):
            if sum(s[t] for s in people.values()) > self.engineers[t]:
                return None
        for rule in self.rules:
            short = self._short(rule, plan, spend, by_id)
            if short > 0:
                if rule.get("price") is None:
                    return None
                total -= Fraction(str(rule["price"])) * short
        for o in self.overrides:
            inside = o["project_id"] in funded and o.get("level") in (None, funded[o["project_id"]][1])
            if inside != (o["in_out"] == "in"):
                return None
        return total

    def _growth(self, t: int) -> Fraction:
        return (1 + Fraction(self.rate, 100)) ** t

    def _moved(self, flow: tuple[Fraction, ...], delay: int) -> list[Fraction]:
        moved = [Fraction(0)] * delay + list(flow)
        return (moved + [Fraction(0)] * len(YEARS))[: len(YEARS)]

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

    def _envelope(self, spend: list[Fraction], budget: tuple[Fraction, ...], carry: Fraction) -> bool:
        carried = Fraction(0)
        for used, amount in zip(spend, budget, strict=True):
            left = amount + carried - used
            if left < 0:
                return False
            carried = min(carry, left)
        return True

    def _link(self, link: dict, funded: dict[str, Choice]) -> bool | None:
        """Whether a synergy applies; None where a rule is broken."""

        def inside(project: str, level: str | None) -> bool:
            return project in funded and level in (None, funded[project][1])

        mine = inside(link["project_id"], link.get("level"))
        if link["relation"] == "exactly_one":
            members = [
                x for x in self.links if x["relation"] == "exactly_one" and x["group"] == link["group"]
            ]
            return True if sum(inside(x["project_id"], x.get("level")) for x in members) == 1 else None
        other = inside(link["other_id"], link.get("other_level"))
        if link["relation"] == "requires" and mine:
            return True if other and funded[link["other_id"]][2] <= funded[link["project_id"]][2] else None
        if link["relation"] == "excludes" and mine and other:
            return None
        return mine and other

    def _short(self, rule: dict, plan: frozenset[Choice], spend: dict, by_id: dict[str, Project]) -> Fraction:
        """By how much a rule is broken."""
        area = rule["scope"].partition("=")[2]
        mine = [c for c in plan if by_id[c[0]].area == area]
        if rule["kind"] == "count":
            used, whole = Fraction(sum(c[1] != "stop" for c in mine)), Fraction(1)
        else:
            counts = [c for c in plan if rule["measure"] == "spend" or (by_id[c[0]].capex and c[1] != "stop")]
            used = sum((sum(spend[c]) for c in mine if c in counts), Fraction(0))
            whole = Fraction(1)
            if rule["kind"] == "share":
                whole = sum((sum(spend[c]) for c in counts), Fraction(0))
                if rule["of"] == "envelope":
                    whole = sum(self.budget, Fraction(0))
        short = Fraction(0)
        if rule.get("minimum") is not None:
            short += max(Fraction(0), Fraction(str(rule["minimum"])) * whole - used)
        if rule.get("maximum") is not None:
            short += max(Fraction(0), used - Fraction(str(rule["maximum"])) * whole)
        return short


def _amounts(low: int, high: int) -> st.SearchStrategy[Fraction]:
    """Halves between two whole numbers."""
    return st.integers(2 * low, 2 * high).map(lambda n: Fraction(n, 2))


@st.composite
def cases(draw: st.DrawFn, least: int = 2, most: int = 6) -> Case:
    """A question of so many projects, with every kind of rule now and then.

    Only the first four projects have levels or may be deferred (the first two where there are many projects).
    """
    count = draw(st.integers(least, most))
    rich = 4 if most <= 6 else 2
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
            costs[level] = (
                (draw(_amounts(0, 5)), draw(_amounts(0, 4))) if running else (draw(_amounts(0, 3)),)
            )
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
        case.links += [
            {"project_id": p, "relation": "exactly_one", "group": "site", "level": None, "other_id": None,
             "other_level": None, "quantity": None, "amount": None, "year": None}
            for p in ids[:2]
        ]  # fmt: skip
    for i in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(["share", "count", "spend"]))
        least = draw(st.booleans())
        limit = draw(st.sampled_from([0.25, 0.5, 0.75]) if kind == "share" else st.integers(0, 4).map(float))
        case.rules.append(
            {"rule": f"rule {i}", "kind": kind, "scope": "area=North", "per": "horizon",
             "measure": draw(st.sampled_from(["spend", "capex"])), 
             "of": draw(st.sampled_from(["portfolio", "envelope"])),
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
