"""Money and people of the sample meridian: levels, costs, benefits, resources, envelopes, capacity."""

from __future__ import annotations

from typing import Any

import numpy as np

Row = dict[str, Any]
Tables = dict[str, list[Row]]
YEARS = (2027, 2028, 2029, 2030, 2031)
FULL, RATE = "full", 0.035
OTHER_BENEFIT = {
    "G1": ("Illness and interruptions avoided", "social"),
    "G2": ("River life and bathing", "social"),
    "G3": ("Customers' time saved", "economic"),
    "G4": ("Carbon at the social price", "social"),
    "G5": ("Staff time freed", "non_cash"),
}


def stream(story: Row, project: str, topic: int) -> np.random.Generator:
    """The random numbers of one project and topic."""
    return np.random.default_rng([story["seed"], int(project[1:]), topic])


def split(total: float, weights: np.ndarray, digits: int) -> list[float]:
    """A total in parts that add up to it exactly after rounding."""
    parts = [round(float(total * weight / weights.sum()), digits) for weight in weights[:-1]]
    return [*parts, round(total - sum(parts), digits)]


def present(flows: dict[int, float]) -> float:
    """Present value in 2027."""
    return sum(amount / (1 + RATE) ** (year - YEARS[0]) for year, amount in flows.items())


def levels_of(project: Row) -> dict[str, tuple[str, float, float]]:
    """Level -> label, share of cost, share of benefit; empty where there is one level."""
    found = {}
    if "reduced" in project:
        label, cost, benefit = project["reduced"]
        found = {FULL: ("as asked", 1.0, 1.0), "reduced": (label, cost, benefit)}
    if "exit" in project:
        found = {FULL: ("carry on", 1.0, 1.0), **{k: v for k, v in found.items() if k != FULL}}
        found["stop"] = ("stop and leave the contract", 0.0, 0.0)
    return found


def spend_of(story: Row, project: str) -> dict[int, float]:
    """Spend of the full level by year."""
    entry = story["projects"][project]
    first, last = entry["years"]
    weights = 1 + 0.6 * stream(story, project, 0).random(last - first + 1)
    weights[0] *= 0.8
    return dict(zip(range(first, last + 1), split(entry["cost"], weights, 1), strict=True))


def cost_rows(story: Row, project: str) -> list[Row]:
    """Costs by level, year, kind and fund."""
    entry, rows = story["projects"][project], []
    for level, (_, share, _) in (levels_of(entry) or {"": ("", 1.0, 1.0)}).items():
        for year, amount in spend_of(story, project).items():
            opex = round(amount * entry.get("opex", 0.0), 1)
            for kind, part in (("capex", round(amount - opex, 1)), ("opex", opex)):
                granted = round(part * entry.get("grant", 0.0) * share, 2)
                for fund, money in (("own", round(part * share - granted, 2)), ("grant", granted)):
                    if money > 0:
                        rows.append(
                            {
                                "project_id": project,
                                "level": level,
                                "year": year,
                                "kind": kind,
                                "fund": fund,
                                "state": "planned",
                                "amount": money,
                            }
                        )
    if "exit" in entry:
        rows.append(
            {
                "project_id": project,
                "level": "stop",
                "year": YEARS[0],
                "kind": "exit",
                "fund": "own",
                "state": "planned",
                "amount": entry["exit"],
            }
        )
    return rows


def benefit_rows(story: Row, project: str) -> list[Row]:
    """Benefits by level and year, sized from the present value of the cost."""
    entry, rng, rows = story["projects"][project], stream(story, project, 1), []
    spend = spend_of(story, project)
    base, last = present(spend), max(spend)
    ramp = np.array([0.5, 0.8, 1.0, 1.0, 1.0, 1.0]) * (1 + 0.1 * rng.random(6))
    years = range(last + 1, last + 7)
    unit = present(dict(zip(years, ramp, strict=True)))
    name, kind = OTHER_BENEFIT[entry["goal"]]
    kinds = [(entry.get("benefit", ""), "cash", entry["cash"]), (name, kind, entry["other"])]
    for level, (_, _, share) in (levels_of(entry) or {"": ("", 1.0, 1.0)}).items():
        for benefit, sort, ratio in kinds:
            rows += [
                {
                    "project_id": project,
                    "benefit": benefit,
                    "level": level,
                    "year": year,
                    "kind": sort,
                    "amount": round(base * ratio * share * float(weight) / unit, 2),
                }
                for year, weight in zip(years, ramp, strict=True)
                if ratio * share > 0
            ]
        if "disbenefit" in entry and share > 0:
            rows += [
                {
                    "project_id": project,
                    "benefit": entry["disbenefit"],
                    "level": level,
                    "year": year,
                    "kind": "disbenefit",
                    "amount": round(0.06 * amount * share, 2),
                }
                for year, amount in spend.items()
            ]
    return rows


def resource_rows(
    story: Row, project: str, area: str, spend: dict[str, dict[int, float]], engineers: float
) -> list[Row]:
    """Fte by level, role and year in steps of a half; spend is by level."""
    rng, rows = stream(story, project, 2), []
    peak = max((max(years.values()) for years in spend.values() if years), default=1.0)
    habits = {role: rate * rng.uniform(0.8, 1.25) for role, rate in story["roles"][area].items()}
    for level, years in spend.items():
        for role, rate in [*habits.items(), ("data_engineer", engineers / peak)]:
            for year, amount in years.items():
                planned = story["engineer_years"][year] if role == "data_engineer" else 1.0
                fte = round(2 * rate * amount * planned) / 2
                if fte > 0:
                    rows.append({"project_id": project, "level": level, "role": role, "period": year, "fte": fte})
    return rows


def money_tables(story: Row, twelve: Tables) -> Tables:
    """Levels, costs, benefits, resources and the limits on money and people."""
    drawn = list(story["projects"])
    areas = {row["project_id"]: row["area"] for row in twelve["projects"]}
    areas |= {project: story["projects"][project]["area"] for project in drawn}
    tables: Tables = {"levels": list(twelve["levels"]), "benefits": list(twelve["benefits"]), "resources": []}
    tables["costs"] = [{**row, "fund": "own", "state": "planned"} for row in twelve["costs"]]
    people = twelve["resources"]
    for project in drawn:
        entry = story["projects"][project]
        tables["levels"] += [
            {"project_id": project, "level": level, "label": label} for level, (label, _, _) in levels_of(entry).items()
        ]
        tables["costs"] += cost_rows(story, project)
        tables["benefits"] += benefit_rows(story, project)
    for project, area in areas.items():
        spend: dict[str, dict[int, float]] = {}
        for row in tables["costs"]:
            if row["project_id"] == project and row["kind"] != "exit":
                years = spend.setdefault(row["level"], {})
                years[int(row["year"])] = round(years.get(int(row["year"]), 0.0) + float(row["amount"]), 2)
        engineers = story["projects"].get(project, {}).get("engineers", 0.0)
        tables["resources"] += [row for row in people if row["project_id"] == project]
        tables["resources"] += resource_rows(story, project, area, spend, engineers)
    tables["budgets"] = [
        {
            "envelope": envelope,
            "scope": entry["scope"],
            "year": year,
            "amount": amount,
            "price_basis": "real",
            "carry_limit": entry["carry"] if year < YEARS[-1] else 0,
        }
        for envelope, entry in story["envelopes"].items()
        for year, amount in zip(YEARS, entry["amounts"], strict=True)
    ]
    tables["capacity"] = [
        {"role": role, "period": year, "fte": fte}
        for role, people in story["people"].items()
        for year, fte in zip(YEARS, people, strict=True)
    ]
    return tables
