"""Write the samples meridian and meridian_2026_03, and the data dictionary, around what is written by hand.

Run it again at any time: ``python data/samples/make_meridian.py [folder]``. The same seed gives the same
bytes. Each project has its own streams, so a project more changes no other. P01 to P12 are read from
meridian_12; the hand-written part is meridian_story.yml.
"""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import Any

import meridian_delivery as delivery
import meridian_record as record
import yaml
from meridian_money import YEARS, Row, Tables, money_tables

HERE = Path(__file__).parent
SCHEMA = HERE.parents[1] / "pmo_kit" / "register" / "schema.yml"
BEFORE = "2026-03-26"
AS_TOLD = (
    "rules",
    "overrides",
    "scenarios",
    "requests",
    "actions",
    "assumptions",
    "partners",
    "lots",
    "bids",
    "partner_criteria",
    "evaluator_conflicts",
    "exemptions",
)


def read(folder: Path) -> Tables:
    """Every CSV of a folder as rows of text."""
    found: Tables = {}
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found[path.stem] = [dict(row) for row in csv.DictReader(file)]
    return found


def settings(twelve: Tables, **changed: Any) -> list[Row]:
    """The settings of the twelve with some changed."""
    return [{**row, "value": changed.get(row["key"], row["value"])} for row in twelve["settings"]]


def meridian(story: Row, twelve: Tables) -> Tables:
    """The register of today."""
    tables = money_tables(story, twelve)
    projects = record.project_rows(story, twelve)
    tables |= {name: twelve[name] for name in ("goals", "areas", "criteria", "stakeholder_weights", "vocabulary")}
    tables |= {name: story[name] for name in AS_TOLD}
    tables["settings"] = settings(twelve, discount_schedule="uk_green_book_2026")
    tables["projects"] = projects
    tables["links"] = twelve["links"] + story["links"]
    tables["scores"] = record.score_rows(story, twelve, tables["levels"])
    tables["estimates"] = record.estimate_rows(story, projects)
    tables["risks"] = record.risk_rows(story, projects, tables["costs"])
    tables["status"] = delivery.status_rows(story, twelve)
    tables["milestones"] = delivery.milestone_rows(story, twelve)
    tables["baselines"] = delivery.baseline_rows(story, twelve, tables)
    tables["gates"] = delivery.gate_rows(story, projects)
    tables["benefit_profiles"], tables["benefit_status"] = delivery.benefit_records(story, projects, tables["benefits"])
    tables["change_impacts"] = record.change_rows(story, projects)
    tables["partner_scores"] = record.partner_score_rows(story)
    tables["decisions"] = [
        {**row, "committee": "Investment Committee"} for row in csv.DictReader(io.StringIO(story["decisions"]))
    ]
    owners = {row["project_id"]: row["sponsor"] for row in projects}
    for row in tables["decisions"]:
        row["owner"] = owners[row["project_id"]]
    tables["costs"] = tables["costs"] + delivery.actual_costs(tables["status"])
    return tables


def only(tables: Tables, projects: set[str]) -> Tables:
    """The rows that speak of these projects, or of none."""

    def kept(row: Row) -> bool:
        return all(row.get(key) in (None, "") or row[key] in projects for key in ("project_id", "other_id"))

    return {name: [row for row in rows if kept(row)] for name, rows in tables.items()}


def meridian_then(story: Row, twelve: Tables) -> Tables:
    """The register of the committee before: other projects, figures, limits and weights."""
    then = story["then"]
    tables = only(
        meridian(story, twelve),
        {row["project_id"] for row in twelve["projects"]}
        | {project for project, entry in story["projects"].items() if not entry.get("new")},
    )
    tables = {
        name: rows
        for name, rows in tables.items()
        if "partner" not in name and name not in ("lots", "bids", "evaluator_conflicts", "scenarios")
    }
    tables["settings"] = settings(twelve, discount_schedule="uk_green_book_2026", as_of=BEFORE)
    for row in tables["projects"]:
        row |= {"status_date": BEFORE}
        row |= {"name": "Visitor Centre", "sponsor": "Corporate director"} if row["project_id"] == "P08" else {}
        row |= {"stage": "delivery", "commitment": "committed"} if row["project_id"] == "P57" else {}
    tables["levels"] = [
        *tables["levels"],
        {"project_id": "P57", "level": "full", "label": "carry on"},
        {"project_id": "P57", "level": "stop", "label": "stop and leave the contract"},
    ]
    tables["costs"] = [cost_then(then, row) for row in tables["costs"] if row["state"] == "planned"]
    tables["costs"].append(
        {
            "project_id": "P57",
            "level": "stop",
            "year": YEARS[0],
            "kind": "exit",
            "fund": "own",
            "state": "planned",
            "amount": 0.1,
        }
    )
    factors = {"P08": 0.5, **then["benefits"]}
    tables["benefits"] = [
        {**row, "amount": round(float(row["amount"]) * factors.get(row["project_id"], 1.0), 2)}
        for row in tables["benefits"]
    ]
    tables["budgets"] = [
        {
            **row,
            "amount": row["amount"] + then["money"].get(row["year"], 0)
            if row["envelope"] in ("all", "capital")
            else row["amount"],
        }
        for row in tables["budgets"]
    ]
    tables["capacity"] = [
        {**row, "fte": row["fte"] + then["people"].get(row["role"], {}).get(row["period"], 0)}
        for row in tables["capacity"]
    ]
    tables["criteria"] = [{**row, "weight": then["weights"][row["criterion"]]} for row in tables["criteria"]]
    status = delivery.status_rows(story, twelve, until="2026-02")
    tables["status"] = [
        {
            **row,
            "bac": "36" if row["project_id"] == "P12" else row["bac"],
            "pv": min(float(row["pv"]), 36.0) if row["project_id"] == "P12" else row["pv"],
        }
        for row in status
    ]
    tables["costs"] += delivery.actual_costs(tables["status"])
    tables["milestones"] = [
        {
            **row,
            "now": row["last"],
            "last": row["baseline"],
            "done": "yes" if row["last"] <= BEFORE and row["done"] == "yes" else "no",
        }
        for row in tables["milestones"]
    ]
    tables["baselines"] = [
        {
            **row,
            "now": row["last"],
            "reference": "",
            "baseline": row["last"]
            if row.get("reference") or (row["project_id"] == "P12" and row["quantity"] != "contingency")
            else row["baseline"],
        }
        for row in tables["baselines"]
    ]
    tables["overrides"], tables["requests"] = then["overrides"], then["requests"]
    tables["decisions"] = [row for row in tables["decisions"] if row["date"] <= BEFORE]
    tables["actions"] = [row for row in tables["actions"] if str(row["due"]) <= "2026-06-30"]
    tables["assumptions"] = [row for row in tables["assumptions"] if str(row["date"]) <= BEFORE]
    tables["scores"] = [{**row, "date": "2026-02-20"} for row in tables["scores"]]
    tables["gates"] = [row for row in tables["gates"] if row["date"] <= BEFORE]
    return tables


def cost_then(then: Row, row: Row) -> Row:
    """A planned cost as it stood at the committee before."""
    project, year = row["project_id"], int(row["year"])
    if project == "P12":
        return {**row, "amount": then["control_room"][year]}
    if project == "P57":
        return {**row, "level": "full", "amount": then["archive"]}
    return {**row, "amount": round(float(row["amount"]) * then["costs"].get(project, 1.0), 2)}


def text(value: Any) -> str:
    """A cell: numbers without noise, nothing for nothing."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def write(folder: Path, tables: Tables, schema: Row) -> None:
    """One CSV a table, columns in the order of the schema, without columns that are empty."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        found = {column for row in rows for column, value in row.items() if value not in (None, "")}
        unknown = found - set(schema[name]["columns"])
        if unknown:
            raise ValueError(f"{name}: the schema has no column {', '.join(sorted(unknown))}")
        columns = [
            column for column, entry in schema[name]["columns"].items() if column in found or entry.get("required")
        ]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([text(row.get(column)) for column in columns] for row in rows)


def dictionary(schema: Row) -> str:
    """The README: one line a sample, the sources, every table and column of the schema."""
    lines = [(HERE / "about.md").read_text(encoding="utf-8").rstrip(), ""]
    for name, table in schema.items():
        key = ", ".join(table.get("key", []))
        lines += [
            f"### {name}",
            "",
            f"One row: {table['rows']}. Unique by: {key}." + (" Always needed." if table.get("required") else ""),
            "",
            "| column | type | unit | required | meaning |",
            "| --- | --- | --- | --- | --- |",
        ]
        lines += [described(column, entry) for column, entry in table["columns"].items()]
        if "settings" in table:
            lines += [
                "",
                "The keys:",
                "",
                "| key | type | unit | required | meaning |",
                "| --- | --- | --- | --- | --- |",
            ]
            lines += [described(column, entry) for column, entry in table["settings"].items()]
        lines.append("")
    return "\n".join(lines)


def described(column: str, entry: Row) -> str:
    """One line of the dictionary."""
    parts = [entry.get("meaning", "")]
    if "allowed" in entry:
        parts.append("one of " + ", ".join(f"`{word}`" for word in entry["allowed"]))
    if "low" in entry or "high" in entry:
        parts.append(f"{entry.get('low', '')} to {entry['high']}" if "high" in entry else f"at least {entry['low']}")
    if "ref" in entry:
        parts.append(f"must exist in {entry['ref']}")
    if "default" in entry:
        parts.append(f"`{entry['default']}` when empty")
    if "example" in entry:
        parts.append(f"for example {entry['example']}")
    needed = "yes" if entry.get("required") else ""
    meaning = "; ".join(part for part in parts if part).replace("|", "\\|")
    return f"| `{column}` | {entry['type']} | {entry.get('unit', '')} | {needed} | {meaning} |"


def main(target: Path = HERE) -> None:
    """Write both registers and the dictionary."""
    story = yaml.safe_load((HERE / "meridian_story.yml").read_text(encoding="utf-8"))
    schema = yaml.safe_load(SCHEMA.read_text(encoding="utf-8"))
    drawn = story["projects"]
    before = {**story, "projects": {key: entry for key, entry in drawn.items() if not entry.get("new")}}
    now = {**story, "projects": {key: entry for key, entry in drawn.items() if not entry.get("gone")}}
    write(target / "meridian", meridian(now, read(HERE / "meridian_12")), schema)
    write(target / "meridian_2026_03", meridian_then(before, read(HERE / "meridian_12")), schema)
    (target / "README.md").write_text(dictionary(schema), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
