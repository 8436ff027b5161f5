"""Reference answers for a register folder: every plan enumerated, every rule checked on its own.

Reads the CSV folder with the standard library and takes nothing from pmo_kit. Readings where words leave a choice:
a cost of two together is a cost row of the first project (its year, kind capex, no fund); a rule that is set aside is
a limit without end and nothing else (its carry_limit passes on, shares of the envelopes keep their base); prices are
of the project: `out` is at no level (a committed one: not at `stop`), `in` is at that level; a rule of every year holds
in the years of the envelopes, where there are any.
"""

import csv
from collections import defaultdict
from math import floor
from pathlib import Path

import numpy as np

TABLES = [
    "settings",
    "projects",
    "levels",
    "costs",
    "benefits",
    "budgets",
    "capacity",
    "resources",
    "rules",
    "links",
    "overrides",
]
STEPS_OF_THE_GREEN_BOOK = ((30, 0.035), (75, 0.03), (125, 0.025), (200, 0.02), (300, 0.015))
SMALL = 1e-9


def rate(schedule, year):
    """Discount rate of one year after the first."""
    if schedule == "none":
        return 0.0
    if schedule.startswith("flat_"):
        return float(schedule[5:]) / 100
    return next((r for last, r in STEPS_OF_THE_GREEN_BOOK if year <= last), 0.01)


def discount_factor(schedule, t):
    """Product of 1 / (1 + rate); a part of a year at the rate of that year."""
    factor, whole = 1.0, floor(t)
    for year in range(1, whole + 1):
        factor /= 1 + rate(schedule, year)
    if t > whole:
        factor /= (1 + rate(schedule, whole + 1)) ** (t - whole)
    return factor


def number(text, otherwise=None):
    return otherwise if text in (None, "") else float(text)


class Register:
    """The tables of a folder, and the flows of every option."""

    def __init__(self, folder):
        self.tables = {}
        for name in TABLES:
            path = Path(folder) / f"{name}.csv"
            with_rows = path.open(newline="", encoding="utf-8") if path.exists() else None
            self.tables[name] = list(csv.DictReader(with_rows)) if with_rows else []
        settings = {r["key"]: r["value"] for r in self.tables["settings"]}
        self.first = int(settings["discount_to"])
        self.schedule = settings.get("discount_schedule") or "none"
        self.shift = {"start": 0.0, "mid": 0.5, "end": 1.0}[settings.get("timing") or "start"]
        self.beyond = settings.get("beyond_horizon") or "refuse"
        self.projects = {r["project_id"]: r for r in self.tables["projects"]}
        levels = defaultdict(list)
        for row in self.tables["levels"]:
            levels[row["project_id"]].append(row["level"])
        self.levels = {p: levels[p] or ["full"] for p in self.projects}

    def factor(self, year):
        return discount_factor(self.schedule, year - self.first + self.shift)

    def _rows(self, table, project, level):
        """Rows of one option; rows without a level belong to the only level there is."""
        only = self.levels[project] == ["full"]
        return [
            r
            for r in self.tables[table]
            if r["project_id"] == project and (only or (r.get("level") or "full") == level)
        ]

    def costs(self, project, level, delay=0):
        """(year, kind, fund, amount) of what is still to be spent."""
        rows = [r for r in self._rows("costs", project, level) if (r.get("state") or "planned") != "actual"]
        forward = [r for r in rows if int(float(r["year"])) >= self.first]
        return [
            (int(float(r["year"])) + delay, r.get("kind") or "capex", r.get("fund") or "", float(r["amount"]))
            for r in forward
        ]

    def benefits(self, project, level, delay=0):
        """(benefit, year, kind, amount); late benefits are lost where their end is fixed."""
        rows = [
            (
                r.get("benefit") or "benefit",
                int(float(r["year"])),
                r.get("kind") or "cash",
                float(r["amount"]),
            )
            for r in self._rows("benefits", project, level)
            if int(float(r["year"])) >= self.first
        ]
        end = max((year for _, year, _, _ in rows), default=0)
        fixed = self.projects[project].get("benefit_end_fixed") == "yes"
        return [(n, y + delay, k, a) for n, y, k, a in rows if not (fixed and y + delay > end)]

    def people(self, project, level, delay=0):
        """(role, period) -> full-time equivalents."""
        need = defaultdict(float)
        for row in self._rows("resources", project, level):
            period = row["period"]
            if delay:
                period = str(int(period[:4]) + delay) + period[4:]
            need[row["role"], period] += float(row["fte"])
        return need

    def appraise(self, project, level, delay=0):
        """Present values of one option."""
        costs, benefits = self.costs(project, level, delay), self.benefits(project, level, delay)
        pv_cost = sum(a * self.factor(y) for y, _, _, a in costs)
        pv_capex = sum(a * self.factor(y) for y, kind, _, a in costs if kind == "capex")
        pv_benefit = sum(a * self.factor(y) for _, y, kind, a in benefits if kind == "cash")
        economic = {name for name, _, kind, _ in benefits if kind == "economic"}
        pv_social = 0.0
        for name, year, kind, amount in benefits:
            if not (kind == "cash" and name in economic):  # cash and economic rows of one benefit count once
                pv_social += (-amount if kind == "disbenefit" else amount) * self.factor(year)
        npv, nan = pv_benefit - pv_cost, float("nan")
        return {
            "cost": sum(c[3] for c in costs), "pv_cost": pv_cost, "pv_capex": pv_capex, "pv_benefit": pv_benefit,
            "npv": npv, "pv_social": pv_social, "npsv": pv_social - pv_cost,
            "bcr": pv_benefit / pv_cost if pv_cost > 0 else nan,
            "switching_cost": npv / pv_cost if pv_cost else nan,
            "switching_benefit": -npv / pv_benefit if pv_benefit else nan,
        }  # fmt: skip


class Model:
    """Options, synergies and the rules of a register as coefficients of options and synergies.

    `columns` counts the options and, after them, one column a synergy: 1 where both sides are in. A rule is a list of
    parts (coefficients, at least, at most); it holds where every part does.
    """

    def __init__(self, register, value="npv", deferral=0, overrides=True):
        self.register, r = register, register
        self.options = []
        for project, row in r.projects.items():
            for level in r.levels[project]:
                last = 0
                late = row.get("latest_start") and row.get("start") and row.get("commitment") != "committed"
                if deferral and level != "stop" and late:
                    last = max(0, min(deferral, int(float(row["latest_start"])) - int(row["start"][:4])))
                self.options += [(project, level, delay) for delay in range(last + 1)]
        self.n = len(self.options)
        self.of = {p: [i for i, o in enumerate(self.options) if o[0] == p] for p in r.projects}
        self.costs = [r.costs(*o) for o in self.options]
        self.people = [r.people(*o) for o in self.options]
        synergies = [row for row in r.tables["links"] if row["relation"] == "synergy"]
        self.synergies = [
            (self.at(s["project_id"], s.get("level")), self.at(s["other_id"], s.get("other_level")), s)
            for s in synergies
        ]
        self.columns = self.n + len(synergies)
        if isinstance(value, str):
            worth = [r.appraise(*o)[value] for o in self.options]
        else:  # a mapping of (project, level)
            worth = [value[o[0], o[1]] for o in self.options]
        for _, _, row in self.synergies:
            amount = float(row["amount"])
            cost = row.get("quantity") == "cost"
            worth.append(-amount * r.factor(int(float(row["year"]))) if cost else amount)
        self.worth = np.array(worth)
        self.years = sorted(
            {y for c in self.costs for y, *_ in c}
            | {int(float(s["year"])) for s in synergies if s.get("quantity") == "cost"}
        )
        self.limited = sorted({int(float(row["year"])) for row in r.tables["budgets"]}) or self.years
        self._read_rules(overrides)

    def at(self, project, level):
        """Options of a project at a level; at any level but `stop` where none is named."""
        return [i for i in self.of[project] if (self.options[i][1] == level if level else self.options[i][1] != "stop")]

    def inside(self, scope, project, kind="capex", fund=""):
        if not scope or scope == "all":
            return True
        column, value = scope.split("=", 1)
        named = {"kind": kind, "fund": fund, "project_id": project}
        return (named[column] if column in named else self.register.projects[project].get(column) or "") == value

    def spend(self, scope="all", year=None, measure="spend"):
        """Coefficients of what is spent. A cost synergy is a cost row of its first project: kind capex, no fund."""
        out = np.zeros(self.columns)
        lines = [(i, self.options[i][0], *line) for i, lines in enumerate(self.costs) for line in lines]
        for k, (_, _, row) in enumerate(self.synergies):
            if row.get("quantity") == "cost":
                lines.append(
                    (
                        self.n + k,
                        row["project_id"],
                        int(float(row["year"])),
                        "capex",
                        "",
                        float(row["amount"]),
                    )
                )
        for column, project, when, kind, fund, amount in lines:
            if (
                (year is None or when == year)
                and (measure != "capex" or kind == "capex")
                and self.inside(scope, project, kind, fund)
            ):
                out[column] += amount * (self.register.factor(when) if measure == "pv_cost" else 1.0)
        return out

    def row(self, *groups):
        """Coefficients: (options, sign), ..."""
        out = np.zeros(self.columns)
        for options, sign in groups:
            for i in options:
                out[i] += sign
        return out

    def _read_rules(self, overrides):
        t, inf = self.register.tables, np.inf
        self.hard, self.soft, self.capacity, self.envelopes = {}, [], {}, defaultdict(list)
        for row in t["budgets"]:
            self.envelopes[row["envelope"]].append(row)
        for name, rows in self.envelopes.items():
            rows.sort(key=lambda r: int(float(r["year"])))
            scope, have = rows[0].get("scope") or "all", {int(float(r["year"])) for r in rows}
            self.envelopes[name] = [
                (
                    int(float(r["year"])),
                    float(r["amount"]),
                    number(r.get("carry_limit"), 0.0),
                    self.spend(scope, int(float(r["year"]))),
                    scope,
                )
                for r in rows
            ]
            if self.register.beyond == "zero":
                for year in set(self.years) - have:
                    self.hard[f"envelope {name} {year}"] = [(self.spend(scope, year), -inf, 0.0)]
        for row in t["capacity"]:
            need = np.zeros(self.columns)
            need[: self.n] = [p.get((row["role"], row["period"]), 0.0) for p in self.people]
            self.capacity[f"{row['role']} {row['period']}"] = (need, float(row["fte"]))
        for project, row in self.register.projects.items():
            if row.get("commitment") in ("mandatory", "committed"):
                self.hard[f"{project} {row['commitment']}"] = [(self.row((self.of[project], 1)), 1, inf)]
        self._read_links(t["links"])
        for row in t["rules"]:
            if (row.get("active") or "yes") == "yes":
                self._read_rule(row)
        for row in t["overrides"] if overrides else ():
            level = row.get("level") or ""
            coefficients = self.row((self.at(row["project_id"], level), 1))
            name = f"override {row['project_id']}{' ' + level if level else ''} {row['in_out']}"
            self.hard[name] = [(coefficients, 1, inf) if row["in_out"] == "in" else (coefficients, -inf, 0)]

    def _read_links(self, rows):
        inf, groups = np.inf, defaultdict(list)
        for row in rows:
            if row["relation"] == "synergy":
                continue
            first = self.at(row["project_id"], row.get("level"))
            if row.get("group"):
                groups[row["relation"], row["group"]] += first
                continue
            second = self.at(row["other_id"], row.get("other_level"))
            ends = [
                f"{row[p]}{' ' + row[q] if row.get(q) else ''}"
                for p, q in (("project_id", "level"), ("other_id", "other_level"))
            ]
            name = f"{ends[0]} {row['relation']} {ends[1]}"
            if row["relation"] == "requires":  # in no later than the project that needs it
                self.hard[name] = [
                    (
                        self.row(([i], 1), ([j for j in second if self.options[j][2] <= self.options[i][2]], -1)),
                        -inf,
                        0,
                    )
                    for i in first
                ]
            else:
                both = self.row((first + second, 1))
                self.hard[name] = [(both, 1 if row["relation"] == "exactly_one" else -inf, 1)]
        for (relation, group), members in groups.items():
            exactly = relation == "exactly_one"
            name = f"{'exactly' if exactly else 'at most'} one of {group}"
            self.hard[name] = [(self.row((members, 1)), 1 if exactly else -inf, 1)]

    def _read_rule(self, row):
        """share, count or spend; where a limit is a share of the envelopes its bounds are taken when it is asked."""
        kind, scope, measure = row["kind"], row.get("scope") or "all", row.get("measure") or "spend"
        low, high, price = (number(row.get(c)) for c in ("minimum", "maximum", "price"))
        yearly = (row.get("per") or "horizon") == "year" and kind != "count"
        parts = []
        for year in self.limited if yearly else [None]:
            if kind == "count":
                inside = [i for i, o in enumerate(self.options) if o[1] != "stop" and self.inside(scope, o[0])]
                coefficients = self.row((inside, 1))
            else:
                coefficients = self.spend(scope, year, measure)
            whole = (
                self.spend("all", year, measure)
                if kind == "share" and (row.get("of") or "portfolio") == "portfolio"
                else None
            )
            for limit, at_least in ((low, True), (high, False)):
                if limit is None:
                    continue
                c, bound = coefficients, limit
                if whole is not None:
                    c, bound = coefficients - limit * whole, 0.0
                elif kind == "share":
                    bound = ("envelopes", limit, year)
                parts.append((c, bound, np.inf) if at_least else (c, -np.inf, bound))
        if price is None:
            self.hard[row["rule"]] = parts
        else:
            self.soft.append((row["rule"], price, parts))

    def bound(self, bound, budget, extra):
        """A share of the envelopes is of the register's amounts, whether or not an envelope is set aside."""
        if not isinstance(bound, tuple):
            return bound
        _, share, year = bound
        return share * sum(
            amount * budget + extra.get(f"envelope {name} {when}", 0.0)
            for name, rows in self.envelopes.items()
            for when, amount, _, _, scope in rows
            if scope == "all" and year in (None, when)
        )

    @property
    def names(self):
        """Names of the rules that a plan must obey."""
        money = [f"envelope {name} {row[0]}" for name, rows in self.envelopes.items() for row in rows]
        return money + list(self.capacity) + list(self.hard)

    def plan(self, chosen):
        return {self.options[i][0]: self.options[i][1] for i in np.flatnonzero(np.asarray(chosen)[: self.n])}


class Plans(Model):
    """Every plan of a small register, one row each."""

    def __init__(self, register, value="npv", deferral=0, overrides=True):
        super().__init__(register, value, deferral, overrides)
        choices = [[-1, *self.of[p]] for p in register.projects]
        count = int(np.prod([len(c) for c in choices]))
        if count > 3_000_000:
            raise ValueError(f"{count} plans are too many to enumerate.")
        self.x = np.zeros((count, self.columns), dtype=bool)
        repeat, tile = count, 1
        for choice in choices:
            repeat //= len(choice)
            column = np.tile(np.repeat(np.array(choice), repeat), tile)
            tile *= len(choice)
            for i in choice:
                if i >= 0:
                    self.x[:, i] = column == i
        for k, (first, second, _) in enumerate(self.synergies):
            self.x[:, self.n + k] = self.x[:, first].any(1) & self.x[:, second].any(1)
        self._float = self.x.astype(float)
        self._kept = {}

    def amount(self, coefficients):
        """What each plan uses."""
        key = coefficients.tobytes()
        if key not in self._kept:
            self._kept[key] = self._float @ coefficients
        return self._kept[key]

    def has(self, project, level=None):
        return self.x[:, self.at(project, level)].any(1)

    def value(self, off=(), budget=1.0, extra=None):
        """Value of each plan, less the price of what it breaks of soft rules."""
        total = self.amount(self.worth)
        for name, price, parts in self.soft:
            for part in parts if name not in off else ():
                total = total - price * np.maximum(self._excess(part, budget, extra or {}), 0)
        return total

    def _excess(self, part, budget, extra):
        coefficients, low, high = part
        used = self.amount(coefficients)
        return np.maximum(self.bound(low, budget, extra) - used, used - self.bound(high, budget, extra))

    def excess(self, off=(), budget=1.0, extra=None):
        """Rule -> by how much each plan breaks it; a rule that is set aside has no limit at all."""
        extra, out = extra or {}, {}
        for name, rows in self.envelopes.items():
            carried, last = 0.0, None
            for year, amount, carry, coefficients, _ in rows:
                rule = f"envelope {name} {year}"
                if last is not None and year != last + 1:
                    carried = 0.0
                if rule in off:
                    carried = carry  # unlimited money leaves as much as may be carried
                else:
                    there = amount * budget + extra.get(rule, 0.0) + carried
                    used = self.amount(coefficients)
                    out[rule] = used - there
                    carried = np.minimum(carry, np.maximum(there - used, 0.0))
                last = year
        for name, (coefficients, most) in self.capacity.items():
            if name not in off:
                out[name] = self.amount(coefficients) - most - extra.get(name, 0.0)
        for name, parts in self.hard.items():
            if name not in off:
                out[name] = (
                    np.max([self._excess(p, budget, extra) for p in parts], axis=0) if parts else np.zeros(len(self.x))
                )
        return out

    def holds(self, off=(), budget=1.0, extra=None):
        ok = np.ones(len(self.x), dtype=bool)
        for excess in self.excess(off, budget, extra).values():
            ok &= excess <= SMALL
        return ok

    def possible(self, names):
        """Whether a plan obeys these rules, all others set aside."""
        return bool(self.holds(off=set(self.names) - set(names)).any())

    def best(self, off=(), budget=1.0, extra=None, among=None):
        """Value of the best plan, None where there is none."""
        ok = self.holds(off, budget, extra)
        ok = ok if among is None else ok & among
        return float(self.value(off, budget, extra)[ok].max()) if ok.any() else None
