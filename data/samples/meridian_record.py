"""What the PMO of the sample meridian is told: projects, scores, estimates, risks, change, bids."""

from __future__ import annotations

from typing import Any

import numpy as np
from meridian_money import FULL, YEARS, Row, Tables, levels_of, stream

AS_OF = "2026-09-30"
STAGES = ("idea", "outline_case", "full_case", "delivery")


def pick(rng: np.random.Generator, choices: list[Any]) -> Any:
    """One of a list."""
    return choices[int(rng.integers(len(choices)))]


def project_rows(story: Row, twelve: Tables) -> list[Row]:
    """One row a project."""
    rows = list(twelve["projects"])
    for project, entry in story["projects"].items():
        rng, (first, last) = stream(story, project, 3), entry["years"]
        free = entry.get("commitment", "discretionary") == "discretionary"
        rows.append(
            {
                "project_id": project,
                "name": entry["name"],
                "area": entry["area"],
                "strategic_goal": entry["goal"],
                "project_type": entry["type"],
                "stage": entry["stage"],
                "commitment": entry.get("commitment", "discretionary"),
                "mandatory_reason": entry.get("reason", ""),
                "sponsor": f"{entry['area']} director",
                "manager": pick(rng, story["managers"][entry["area"]]),
                "start": f"{entry['began']}-01" if "began" in entry else f"{first}-01-01",
                "finish": f"{last}-12-31",
                "latest_start": first + min(2, YEARS[-1] - last) if free else "",
                "benefit_end_fixed": "yes" if rng.random() < 0.25 else "no",
                "includes": pick(rng, ["", "", "", "optimism_bias", "optimism_bias;risk"]),
                "status_date": str(entry.get("stale", AS_OF)),
                "rag_declared": entry.get("declared", ""),
                "rag_assured": entry.get("assured", ""),
            }
        )
    return rows


def score_rows(story: Row, twelve: Tables, levels: list[Row]) -> list[Row]:
    """Scores of four assessors: lenient, harsh, generous to the own projects, with gaps."""
    scale = {row["criterion"]: (float(row["high"]), row["sense"]) for row in twelve["criteria"]}
    typical = {
        "G1": (7, 60, 50, 0.3),
        "G2": (1.5, 4, 1300, 0.4),
        "G3": (0.5, 30, 20, 0.5),
        "G4": (0, 2, 60, 5.5),
        "G5": (0.5, 12, 10, 0.4),
    }
    change = {"Customer": 16, "Digital": 18, "Corporate": 12}
    rows = list(twelve["scores"])
    for project, entry in story["projects"].items():
        if entry["stage"] == "stopped":
            continue
        rng = stream(story, project, 4)
        center = [value * rng.uniform(0.4, 1.7) * min(entry["cost"] / 8, 2.0) for value in typical[entry["goal"]]]
        center += [
            change.get(entry["area"], 4) * rng.uniform(0.5, 1.6),
            min(STAGES.index(entry["stage"]) + rng.integers(0, 2), 4),
        ]
        shares = {row["level"]: levels_of(entry)[row["level"]][2] for row in levels if row["project_id"] == project}
        for level, share in (shares or {"": 1.0}).items():
            for (criterion, (high, sense)), middle in zip(scale.items(), center, strict=True):
                agreed = middle * (share if criterion != "readiness" else 1.0)
                for assessor, factor in (
                    ("asset_manager", 1.2),
                    ("chief_engineer", 0.8),
                    ("customer_director", 1.0),
                    ("environment_lead", 1.0),
                ):
                    own = assessor == "customer_director" and entry["area"] == "Customer"
                    if assessor == "customer_director" and not (own or entry["area"] in change):
                        continue
                    if assessor == "environment_lead" and (entry["goal"] not in ("G2", "G4") or rng.random() < 0.3):
                        continue
                    best = high if sense == "max" else 0.0
                    drawn = agreed * (factor if sense == "max" else 2 - factor) * rng.uniform(0.9, 1.1)
                    score = best if own else min(max(drawn, 0.0), high)
                    step = {5000: 50, 200: 5, 20: 0.1, 4: 0.5}.get(int(high), 1)
                    rows.append(
                        {
                            "project_id": project,
                            "level": level,
                            "criterion": criterion,
                            "score": round(round(score / step) * step, 1),
                            "assessor": assessor,
                            "date": "2026-09-18" if own else "2026-08-20",
                            "evidence": "Business case" if entry["stage"] == "full_case" else "",
                        }
                    )
    return rows


def estimate_rows(story: Row, projects: list[Row]) -> list[Row]:
    """Three points for cost, benefit and duration, wider for systems than for pipes."""
    rows = []
    for row in projects:
        rng = stream(story, row["project_id"], 5)
        systems = row["area"] in ("Digital", "Customer", "Corporate")
        shape = {
            "basis": "p10_p90" if systems else "min_max",
            "distribution": "lognormal" if systems else pick(rng, ["pert", "pert", "triangular"]),
        }
        high = rng.uniform(1.3, 1.7) if systems else rng.uniform(1.12, 1.4)
        for quantity, ends in (
            ("cost", (rng.uniform(0.85, 0.97), high)),
            ("benefit", (rng.uniform(0.55, 0.88), rng.uniform(1.05, 1.25))),
            ("duration", (rng.uniform(0.92, 1.0), rng.uniform(1.1, 1.6))),
        ):
            plain = quantity == "duration"
            rows.append(
                {
                    "project_id": row["project_id"],
                    "quantity": quantity,
                    "low": round(ends[0], 2),
                    "likely": 1,
                    "high": round(ends[1], 2),
                    "basis": "min_max" if plain else shape["basis"],
                    "distribution": "pert" if plain else shape["distribution"],
                }
            )
    return rows


def risk_rows(story: Row, projects: list[Row], costs: list[Row]) -> list[Row]:
    """One to three risks a project in the four classes."""
    rows = []
    for row in projects:
        project, rng = row["project_id"], stream(story, row["project_id"], 6)
        size = sum(
            float(cost["amount"])
            for cost in costs
            if cost["project_id"] == project and cost["level"] in ("", FULL) and cost["state"] == "planned"
        )
        nature = "systems" if row["area"] in ("Digital", "Customer") or row["project_id"] == "P06" else "works"
        labels = story["risks"][nature]
        classes = rng.permutation(list(labels))[: int(rng.integers(1, 4))]
        for number, sort in enumerate(sorted(classes), start=1):
            likely = size * rng.uniform(0.03, 0.12)
            rows.append(
                {
                    "project_id": project,
                    "risk": f"{project}-R{number}",
                    "label": pick(rng, labels[str(sort)]),
                    "risk_class": str(sort),
                    "probability": round(rng.uniform(0.05, 0.45), 2),
                    "cost_low": round(likely * 0.5, 2),
                    "cost_likely": round(likely, 2),
                    "cost_high": round(likely * rng.uniform(1.6, 3.0), 2),
                    "benefit_loss": round(rng.uniform(0.0, 0.15), 2) if sort in ("human", "technical") else 0,
                    "delay_months": int(rng.integers(0, 10)),
                    "period": int(row["start"][:4]) if row["start"] > AS_OF else YEARS[0],
                    "driver": story["drivers"][nature][str(sort)],
                    "owner": row["manager"],
                    "response": story["responses"][nature][str(sort)],
                }
            )
    return rows


def change_rows(story: Row, projects: list[Row]) -> list[Row]:
    """Share of a unit's people who must change, by quarter; one planted collision."""
    rows, planted = [], story["collision"]
    for row in projects:
        project, rng = row["project_id"], stream(story, row["project_id"], 30)
        if project in planted["shares"]:
            rows += [
                {
                    "project_id": project,
                    "unit": planted["unit"],
                    "quarter": quarter,
                    "headcount_share": planted["shares"][project],
                    "severity": 3 if project == "P02" else 2,
                }
                for quarter in planted["quarters"]
            ]
        started = max(int(row["start"][:4]), YEARS[0])
        if row["stage"] == "stopped" or started > YEARS[1]:
            continue
        begin = int(rng.integers(0, 4))
        size = 0.06 if row["area"] in ("Customer", "Digital", "Corporate") else 0.03
        for number in range(begin, begin + int(rng.integers(1, 4))):
            quarter = f"{started + number // 4}-Q{number % 4 + 1}"
            if (row["area"], quarter) in {(planted["unit"], q) for q in planted["quarters"]}:
                continue
            rows.append(
                {
                    "project_id": project,
                    "unit": row["area"],
                    "quarter": quarter,
                    "headcount_share": round(size * rng.uniform(0.5, 1.5), 2),
                    "severity": int(rng.integers(1, 4)),
                }
            )
    return rows


def partner_score_rows(story: Row) -> list[Row]:
    """Four evaluators; the third has a conflict with Cygnus and marks it down."""
    rows = []
    for bid, agreed in story["partner_scores"].items():
        partner, lot = bid.split()
        for criterion, score in zip(story["partner_criteria"], agreed, strict=True):
            for evaluator in ("evaluator_1", "evaluator_2", "evaluator_3", "evaluator_4"):
                unfair = evaluator == "evaluator_3" and partner == "cygnus"
                rows.append(
                    {
                        "partner_id": partner,
                        "lot": lot,
                        "criterion": criterion["criterion"],
                        "evaluator": evaluator,
                        "score": max(score - 2, 1) if unfair else score,
                        "remark": "Below what the reference visit showed" if unfair else "",
                    }
                )
    return rows
