"""A second, plain program for the expected figures of the sixty: numpy draws from the CSV files, nothing of pmo_kit.

Every year's money is cut into slices, each slice is moved to where a late start and an overrun take it, and counted in
the year in which it then falls; nothing is rounded to steps. Ranges are drawn through scipy's distributions.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

T0, YEARS, SLICES, TIME_SHARE = 2027, 12, 60, 0.15


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (folder / f"{name}.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def factor(row: dict[str, str], z: np.ndarray, centered: bool) -> np.ndarray:
    """Draws of a three-point estimate at standard normals."""
    from scipy import stats  # more than a second, in every process that only collects tests

    low, likely, high = (float(row[c]) for c in ("low", "likely", "high"))
    if row["distribution"] == "lognormal":
        drawn = stats.lognorm(np.log(high / low) / (2 * stats.norm.ppf(0.9)), scale=(low * high) ** 0.5)
    elif row["distribution"] == "triangular":
        drawn = stats.triang((likely - low) / (high - low), loc=low, scale=high - low)
    else:
        assert (row["basis"], row["distribution"]) == ("min_max", "pert")
        a = 1 + 4 * (likely - low) / (high - low)
        drawn = stats.beta(a, 6 - a, loc=low, scale=high - low)
    return drawn.ppf(stats.norm.cdf(z)) / (drawn.mean() if centered else 1.0)


def months_of(row: dict[str, str]) -> tuple[float, float, float]:
    """Planned months, and begin and end of the work to come in years from 2027."""
    begin, end = (date.fromisoformat(row[c]) for c in ("start", "finish"))
    first = begin.year - T0 + (begin.month - 1) / 12  # the sample's projects start and finish with a month
    last = end.year - T0 + end.month / 12
    return 12 * (last - first), max(0.0, first), last


def option_draws(folder: Path, draws: int, seed: int) -> tuple[dict[tuple[str, str], Any], np.ndarray]:
    """Per option draws of npv, and of spending by (kind, fund) and year; and the discount factors."""
    from scipy import stats

    rng = np.random.default_rng(seed)
    projects = {r["project_id"]: r for r in read(folder, "projects")}
    estimates = {(r["project_id"], r["quantity"]): r for r in read(folder, "estimates")}
    events, costs, benefits = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in read(folder, "risks"):
        events[row["project_id"]].append(row)
    levels = defaultdict(list)
    for row in read(folder, "levels"):
        levels[row["project_id"]].append(row["level"])
    for name, found in (("costs", costs), ("benefits", benefits)):
        for row in read(folder, name):
            if int(row["year"]) >= T0 and row.get("state") != "actual":
                found[row["project_id"], row["level"] or "full"].append(row)
    shared = defaultdict(lambda: rng.standard_normal(draws))
    discount = 1.035 ** -np.arange(YEARS, dtype=float)  # the start of a year, 3.5 % over these years
    made = {}
    for project, row in projects.items():
        holds = row["includes"]
        centered = "optimism_bias" in holds
        own = {q: rng.standard_normal(draws) for q in ("cost", "benefit", "duration")}
        z = {q: 0.8**0.5 * own[q] + 0.2**0.5 * shared[row["area"], q] for q in own}
        z["duration"] = 0.3 * z["cost"] + (1 - 0.3**2) ** 0.5 * z["duration"]
        dear, good, long = (factor(estimates[project, q], z[q], centered) for q in ("cost", "benefit", "duration"))
        months, begin, end = months_of(row)
        overrun, late, extra = (long - 1) * months / 12, np.zeros(draws), []
        for event in [] if holds else events[project]:
            latent = 0.5**0.5 * rng.standard_normal(draws) + 0.5**0.5 * shared["driver", event["driver"]]
            comes = latent < stats.norm.ppf(float(event["probability"]))
            late += comes * float(event["delay_months"] or 0) / 12
            good = good * np.where(comes, 1 - float(event["benefit_loss"] or 0), 1.0)
            low, likely, high = (float(event[f"cost_{c}"]) for c in ("low", "likely", "high"))
            a = 1 + 4 * (likely - low) / (high - low)
            hit = comes * (low + (high - low) * rng.beta(a, 6 - a, draws))
            extra.append((int(event["period"][:4]) - T0, hit))
        late, overrun = np.maximum(0, late + np.minimum(overrun, 0)), np.maximum(overrun, 0)
        for level in levels[project] or ["full"]:
            ends = row["commitment"] == "committed" and level == "stop"
            option = [np.zeros(draws) if ends else x for x in (late, overrun)]
            one = np.ones(draws)
            money = defaultdict(lambda: np.zeros((YEARS, draws)))
            base = sum(float(c["amount"]) for c in costs[project, level])
            for cost in costs[project, level]:
                spread = slices(int(cost["year"]) - T0, begin, end, *option, 0.0 if centered else TIME_SHARE)
                money[cost["kind"], cost["fund"]] += spread * float(cost["amount"]) * (one if ends else dear)
                for year, hit in [] if ends else extra:
                    money[cost["kind"], cost["fund"]][max(0, year)] += hit * float(cost["amount"]) / base
            received = np.zeros((YEARS, draws))
            cash = [b for b in benefits[project, level] if b["kind"] == "cash"]
            last = max((int(b["year"]) - T0 for b in benefits[project, level]), default=0)
            for benefit in cash:
                spread = slices(int(benefit["year"]) - T0, 0.0, 0.0, option[0] + option[1], 0 * one, 0.0)
                received += spread * float(benefit["amount"]) * (one if ends else good)
            if row["benefit_end_fixed"] == "yes":
                received[last + 1 :] = 0.0
            spent = sum(money.values(), np.zeros((YEARS, draws)))
            made[project, level] = (discount @ (received - spent), dict(money))
    return made, discount


def slices(year: int, begin: float, end: float, late: np.ndarray, overrun: np.ndarray, time_share: float) -> np.ndarray:
    """Where 1 that is planned for a year falls, years x draws."""
    low, high = (max(year, begin), min(year + 1, end)) if year < end and year + 1 > begin else (year, year + 1)
    worked = (low, high) != (year, year + 1) or (year >= begin and year + 1 <= end)
    longer = 1 + overrun / max(end - begin, 1e-9)
    found = np.zeros((YEARS, len(late)))
    draws = np.arange(len(late))
    for k in range(SLICES):
        at = low + (high - low) * (k + 0.5) / SLICES
        if worked:
            then = begin + (at - begin) * longer + late
        else:
            then = at + late + (overrun if at >= end else 0.0)
        place = np.minimum(then.astype(int), YEARS - 1)
        found[place, draws] += (1 + time_share * (longer - 1) if worked else 1.0) / SLICES
    return found


def best_plan(
    folder: Path,
    worth: dict[tuple[str, str], float],
    money: dict[Any, dict[Any, np.ndarray]],
    people: dict[Any, float],
) -> tuple[float, dict[str, str]]:
    """The best plan by one mixed integer program over all rules of the sample, its orders on record left out.

    `money`: option -> (kind, fund) -> years; `people`: (option, role, year) -> needed.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    options = list(worth)
    projects = {r["project_id"]: r for r in read(folder, "projects")}
    value, rows, most = [worth[o] for o in options], [], [1.0] * len(options)
    stop = [projects[p]["commitment"] == "committed" and level == "stop" for p, level in options]

    def of(project: str, level: str = "", stopping: bool = False) -> list[int]:
        return [
            k for k, (p, v) in enumerate(options) if p == project and level in ("", v) and (stopping or not stop[k])
        ]

    def add(coefficients: dict[int, float], low: float, high: float) -> None:
        rows.append((coefficients, low, high))

    def variable(worth_of_it: float, high: float) -> int:
        value.append(worth_of_it)
        most.append(high)
        return len(value) - 1

    savings: list[tuple[int, str, int, float]] = []  # column, project, year, amount
    for project, row in projects.items():
        add(dict.fromkeys(of(project, stopping=True), 1), 1 if row["commitment"] == "committed" else 0, 1)
        if row["commitment"] == "mandatory":
            add(dict.fromkeys(of(project), 1), 1, 1)
    groups = defaultdict(list)
    for link in read(folder, "links"):
        mine, other = of(link["project_id"], link["level"]), of(link["other_id"], link["other_level"])
        if link["relation"] == "requires":
            add(dict.fromkeys(mine, 1) | dict.fromkeys(other, -1), -np.inf, 0)
        elif link["group"]:
            groups[link["relation"], link["group"]] += mine
        elif link["relation"] == "excludes":
            add(dict.fromkeys(mine + other, 1), -np.inf, 1)
        else:
            amount, year = float(link["amount"]), int(link["year"] or T0) - T0
            cost = link["quantity"] == "cost"
            both = variable(-amount * 1.035**-year if cost else amount, 1.0)
            add({both: 1} | dict.fromkeys(mine, -1), -np.inf, 0)
            add({both: 1} | dict.fromkeys(other, -1), -np.inf, 0)
            add({both: 1} | dict.fromkeys(mine + other, -1), -1, np.inf)
            savings += [(both, link["project_id"], year, amount)] if cost else []
    for (relation, _), members in groups.items():
        add(dict.fromkeys(members, 1), 1 if relation == "exactly_one" else 0, 1)

    def spend(scope: str, year: int | None, capital: bool = False) -> dict[int, float]:
        column, _, wanted = scope.partition("=")
        found: dict[int, float] = {}
        for k, option in enumerate(options):
            parts = [
                by_year if year is None else by_year[year : year + 1]
                for (kind, fund), by_year in money[option].items()
                if (not capital or kind == "capex")
                and (column in ("all", *projects["P01"]) or {"kind": kind, "fund": fund}[column] == wanted)
            ]
            if column in ("all", "kind", "fund") or projects[option[0]][column] == wanted:
                found[k] = float(sum(part.sum() for part in parts))
        for both, project, when, amount in savings:
            inside = scope in ("all", "kind=capex") or (
                column in projects["P01"] and projects[project][column] == wanted
            )
            if inside and year in (None, when):
                found[both] = amount
        return found

    budgets = defaultdict(dict)
    for row in read(folder, "budgets"):
        budgets[row["envelope"], row["scope"]][int(row["year"]) - T0] = (
            float(row["amount"]),
            float(row["carry_limit"]),
        )
    for (_, scope), years in budgets.items():
        carried = None
        for year, (amount, carry) in sorted(years.items()):
            line = spend(scope, year) | ({} if carried is None else {carried: -1.0})
            carried = variable(0.0, carry)
            add(line | {carried: 1.0}, -np.inf, amount)
    horizon = sorted(budgets["all", "all"])
    for row in read(folder, "rules"):
        if row["active"] != "yes":
            continue
        low, high = (float(row[c]) if row[c] else None for c in ("minimum", "maximum"))
        for year in horizon if row["kind"] == "share" and row["per"] == "year" else [None]:
            if row["kind"] == "count":
                column, _, wanted = row["scope"].partition("=")
                line = {k: 1.0 for k, (p, _) in enumerate(options) if projects[p][column] == wanted and not stop[k]}
                add(line, -np.inf if low is None else low, np.inf if high is None else high)
            elif row["kind"] == "spend":
                beyond = variable(-float(row["price"]), np.inf)
                add(spend(row["scope"], year) | {beyond: -1.0}, -np.inf, high)
            else:
                capital = row["measure"] == "capex"
                part, whole = spend(row["scope"], year, capital), spend("all", year, capital)
                for share, least, top in ((low, 0.0, np.inf), (high, -np.inf, 0.0)):
                    if share is not None:
                        add({k: part.get(k, 0.0) - share * x for k, x in whole.items()}, least, top)
    for row in read(folder, "capacity"):
        line = {k: people.get((o, row["role"], row["period"]), 0.0) for k, o in enumerate(options)}
        add(line, -np.inf, float(row["fte"]))
    matrix = np.zeros((len(rows), len(value)))
    for i, (line, _, _) in enumerate(rows):
        matrix[i, list(line)] = list(line.values())
    limits = LinearConstraint(matrix, [r[1] for r in rows], [r[2] for r in rows])
    whole = np.array([1] * len(options) + [0] * (len(value) - len(options)))
    found = milp(
        -np.array(value),
        constraints=limits,
        integrality=whole,
        bounds=Bounds(0, most),
        options={"mip_rel_gap": 0},
    )
    assert found.status == 0
    return -float(found.fun), {p: v for k, (p, v) in enumerate(options) if found.x[k] > 0.5}
