"""Delivery of the sample meridian: status, milestones, baselines, gates, benefits."""

from __future__ import annotations

from collections.abc import Iterator

from meridian_money import FULL, Row, Tables, spend_of, stream
from meridian_record import AS_OF, STAGES, pick


def months(first: str, count: int) -> Iterator[str]:
    """Months from the first one, such as 2025-11."""
    year, month = (int(part) for part in first.split("-"))
    for number in range(year * 12 + month - 1, year * 12 + month - 1 + count):
        yield f"{number // 12}-{number % 12 + 1:02d}"


def shifted(day: str, by_months: int) -> str:
    """The same day of a later month (never after the 28th)."""
    month = list(months(day[:7], abs(by_months) + 1))[-1]
    return f"{month}-{min(int(day[8:]), 28):02d}"


def status_rows(story: Row, twelve: Tables, until: str = AS_OF[:7]) -> list[Row]:
    """Earned value month by month of the projects in delivery."""
    rows: list[Row] = list(twelve["status"])
    for project, entry in story["projects"].items():
        if "began" not in entry:
            continue
        year, month = (int(part) for part in entry["began"].split("-"))
        count = (2026 - year) * 12 + 9 - month + 1
        if entry["stage"] == "stopped":
            told = story["archive"]
            for period, pv, ev, ac in zip(
                months(entry["began"], count), told["planned"], told["earned"], told["paid"], strict=True
            ):
                rows.append(
                    {
                        "project_id": project,
                        "period": period,
                        "bac": told["bac"],
                        "pv": pv,
                        "ev": ev,
                        "ac": ac,
                    }
                )
            continue
        forward = spend_of(story, project)
        done = round(1.15 * sum(forward.values()), 1)
        bac = round(done + sum(forward.values()), 1)
        for number, period in enumerate(months(entry["began"], count), start=1):
            pv = round(done * (number / count) ** 1.2, 2)
            ev = round(pv * (1 + (entry["spi"] - 1) * number / count), 2)
            ac = round(ev / (1 + (entry["cpi"] - 1) * number / count), 2)
            rows.append(
                {
                    "project_id": project,
                    "period": period,
                    "bac": bac,
                    "pv": pv,
                    "ev": ev,
                    "ac": ac,
                    "etc_declared": round(bac - done, 1) if number == count else "",
                }
            )
        planned = done
        rows += [
            {"project_id": project, "period": period, "bac": bac, "pv": done}
            for period in ("2026-10", "2026-11", "2026-12")
        ]
        for later, amount in forward.items():
            rows += [
                {
                    "project_id": project,
                    "period": f"{later}-{number:02d}",
                    "bac": bac,
                    "pv": round(planned + amount * number / 12, 2),
                }
                for number in range(1, 13)
            ]
            planned += amount
    if until < AS_OF[:7]:
        rows = [{**row, "ev": "", "ac": "", "etc_declared": ""} if row["period"] > until else row for row in rows]
    return rows


def actual_costs(status: list[Row]) -> list[Row]:
    """What was paid in each year, as sunk costs."""
    paid: dict[tuple[str, int], float] = {}
    for row in status:
        if row.get("ac") not in (None, ""):
            paid[row["project_id"], int(row["period"][:4])] = float(row["ac"])
    rows, before = [], dict.fromkeys((project for project, _ in paid), 0.0)
    for (project, year), total in sorted(paid.items()):
        rows.append(
            {
                "project_id": project,
                "level": "",
                "year": year,
                "kind": "capex",
                "fund": "own",
                "state": "actual",
                "amount": round(total - before[project], 2),
            }
        )
        before[project] = total
    return rows


def milestone_rows(story: Row, twelve: Tables) -> list[Row]:
    """Contract, completion and first benefits with their slip."""
    rows = list(twelve["milestones"])
    for project, entry in story["projects"].items():
        if entry["stage"] not in ("full_case", "delivery"):
            continue
        rng, (first, last) = stream(story, project, 7), entry["years"]
        slow = entry.get("spi", 1.0) < 0.95
        if "began" in entry:
            rows.append(
                {
                    "project_id": project,
                    "milestone": "Contract signed",
                    "baseline": f"{entry['began']}-15",
                    "last": f"{entry['began']}-15",
                    "now": f"{entry['began']}-15",
                    "done": "yes",
                }
            )
        else:
            rows.append(
                {
                    "project_id": project,
                    "milestone": "Contract signed",
                    "baseline": f"{first}-03-31",
                    "last": f"{first}-03-31",
                    "now": shifted(f"{first}-03-31", int(rng.integers(0, 4))),
                    "done": "no",
                }
            )
        slip = int(rng.integers(0, 3)) + (4 if slow else 0)
        for name, day in (("Works complete", f"{last}-11-30"), ("First benefits", f"{last + 1}-03-31")):
            rows.append(
                {
                    "project_id": project,
                    "milestone": name,
                    "baseline": day,
                    "last": shifted(day, slip // 2) if slip > 1 else day,
                    "now": shifted(day, slip) if slip else day,
                    "done": "no",
                }
            )
    return rows


def total(rows: list[Row], project: str, level: tuple[str, ...] = ("", FULL)) -> float:
    """Planned amounts of a project at its full level."""
    return round(
        sum(
            float(row["amount"])
            for row in rows
            if row["project_id"] == project and row["level"] in level and row.get("state", "planned") == "planned"
        ),
        2,
    )


def baseline_rows(story: Row, twelve: Tables, tables: Tables) -> list[Row]:
    """Approved, last and present cost, benefit, duration and contingency."""
    rows = [{**row, "year": ""} for row in twelve["baselines"]]
    rows += [
        {
            "project_id": project,
            "quantity": "contingency",
            **dict(zip(("baseline", "last", "now"), left, strict=True)),
        }
        for project, left in story["contingency"].items()
    ]
    actual = actual_costs(tables["status"])
    for project, entry in story["projects"].items():
        if entry["stage"] not in ("full_case", "delivery"):
            continue
        rng, then = stream(story, project, 8), story["then"]
        spent = sum(float(row["amount"]) for row in actual if row["project_id"] == project)
        cost = round(total(tables["costs"], project) + spent, 2)
        gain = total(tables["benefits"], project)
        earlier = then["costs"].get(project, 1.0)
        moved = f"CR-{int(rng.integers(100, 999))}" if earlier != 1.0 else ""
        length = 12 * (entry["years"][1] - entry["years"][0] + 1)
        rows += [
            {
                "project_id": project,
                "quantity": "whole_life_cost",
                "baseline": cost if moved else round(cost * rng.uniform(0.92, 1.0), 1),
                "last": round(cost * earlier, 1),
                "now": cost,
                "reference": moved,
            },
            {
                "project_id": project,
                "quantity": "whole_life_benefit",
                "baseline": round(gain * rng.uniform(1.0, 1.15), 1),
                "last": round(gain * then["benefits"].get(project, 1.0), 1),
                "now": gain,
            },
            {
                "project_id": project,
                "quantity": "finish_months",
                "baseline": length,
                "last": length,
                "now": length + int(rng.integers(0, 3)),
            },
        ]
        if entry["stage"] == "delivery":
            rows += [
                {
                    "project_id": project,
                    "quantity": "spend",
                    "year": year,
                    "baseline": amount,
                    "last": amount,
                    "now": amount,
                }
                for year, amount in spend_of(story, project).items()
            ]
    return rows


def gate_rows(story: Row, projects: list[Row]) -> list[Row]:
    """Checks of the gates that a project has reached; customer projects were checked less."""
    rows = []
    for row in projects:
        rng = stream(story, row["project_id"], 9)
        reached = STAGES.index(row["stage"]) if row["stage"] in STAGES else 3
        for position, (gate, checks) in enumerate(story["gates"].items()):
            for check in checks:
                billing = row["project_id"] == "P06" and check == "Migration tested"
                skipped = rng.random() < (0.45 if row["area"] == "Customer" else 0.1)
                if (position >= reached or skipped) and not billing:
                    continue
                passed = not billing and rng.random() < 0.93
                rows.append(
                    {
                        "project_id": row["project_id"],
                        "gate": gate,
                        "check": check,
                        "passed": "yes" if passed else "no",
                        "date": f"{2024 + position // 2}-{int(rng.integers(1, 12)):02d}-15",
                        "evidence": "" if billing else pick(rng, ["Gate report", "Review note", "Minutes"]),
                    }
                )
    return rows


def benefit_records(story: Row, projects: list[Row], benefits: list[Row]) -> tuple[list[Row], list[Row]]:
    """Profiles of all benefits, and what earlier phases brought."""
    goals = {row["project_id"]: row for row in projects}
    first: dict[tuple[str, str], float] = {}
    for row in benefits:
        first.setdefault((row["project_id"], row["benefit"]), 0.0)
    profiles = []
    for project, benefit in first:
        rng, row = stream(story, project, 10 + len(benefit)), goals[project]
        before = int(rng.integers(20, 400)) * 10
        profiles.append(
            {
                "project_id": project,
                "benefit": benefit,
                "owner": row["sponsor"],
                "measure": story["measures"][row["strategic_goal"]],
                "baseline": before,
                "target": int(before * rng.uniform(0.4, 0.9)),
                "strategic_goal": row["strategic_goal"],
            }
        )
    names: dict[str, str] = {}
    for project, benefit in first:
        names.setdefault(project, benefit)
    status = []
    for project, (*planned, share) in story["earlier_phases"].items():
        for year, amount in zip((2024, 2025, 2026), planned, strict=True):
            status.append(
                {
                    "project_id": project,
                    "benefit": names[project],
                    "period": year,
                    "planned": amount,
                    "forecast": round(amount * share, 2),
                    "actual": round(amount * share, 2) if year < 2026 else "",
                }
            )
    status += [
        {
            "project_id": "P12",
            "benefit": names["P12"],
            "period": year,
            "planned": planned,
            "forecast": forecast,
            "actual": "",
        }
        for year, planned, forecast in ((2028, 5.5, 0), (2029, 6, 2), (2030, 8, 8), (2031, 8, 8))
    ]
    return profiles, status
