"""Benefits, change load, gates and risks, as a committee reads them."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Chart, Field, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, listed, percent, sentence, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.figures.performance import cut
from pmo_kit.performance import Benefits, ChangeLoad
from pmo_kit.register import Register

MOVES = {"new": "▲ new", "up": "▲ up", "down": "▼ down", "same": "= same", "closed": "closed"}


@figure("benefits.realized", source="benefit_status, benefit_profiles")
def realized(benefits: Benefits, most: int = 12) -> Chart:
    """Return what was due and what was realized, benefit by benefit, the largest shortfall first."""
    known = benefits.table.dropna(subset=["due", "realized"]).copy()
    known["short"] = known["due"] - known["realized"]
    known = known.sort_values(["short", "project_id"], ascending=[False, True], kind="stable")
    known["label"] = known["name"] + ": " + known["benefit"]
    shown, note = cut(known, most)
    rows = pd.concat(
        [
            shown[["label"]].assign(what="approved", amount=shown["due"]),
            shown[["label"]].assign(what="realized", amount=shown["realized"]),
        ]
    )
    rows = rows.set_index("label").loc[list(shown["label"])].reset_index()
    worst = shown.iloc[0] if len(shown) else None
    return Chart(
        mark="bar",
        data=rows,
        x=Field("amount", "", benefits.unit),
        y=Field("label", "", kind="text"),
        series=Field("what", kind="category"),
        styles={"approved": "plan", "realized": "actual"},
        title=f"{worst['name']} has brought {percent(worst['rate'])} of the benefit that was due"
        if worst is not None
        else "No benefit is due yet",
        takeaway=benefits.summary,
        unit_line=unit_line(benefits.register, "Benefits due by now and realized"),
        note=note,
    )


@figure("benefits.reference_classes", source="benefit_status, baselines")
def reference_classes(register: Register, classes: pd.DataFrame) -> Table:
    """Return how past claims turned out, by area: what the next appraisal can use."""
    words = {
        "benefit": "Benefits realized per 1 approved",
        "cost": "Cost per 1 approved",
        "duration": "Duration per 1 approved",
    }
    rows = classes.assign(what=classes["quantity"].map(words), last=classes["area"].eq("All"))
    rows = rows.sort_values(["quantity", "last", "area"], kind="stable")
    pooled = classes[classes["area"] == "All"].set_index("quantity")["pooled"]
    return Table(
        data=rows,
        group=Field("what", kind="category"),
        columns=(
            Field("area", "area", kind="text"),
            Field("cases", "projects", decimals=0),
            Field("pooled", "together", decimals=2),
            Field("low", "1 in 10 below", decimals=2),
            Field("median", "half below", decimals=2),
            Field("high", "9 in 10 below", decimals=2),
        ),
        title=f"Of 1 promised {format_number(pooled['benefit'], 2)} came; "
        f"for 1 budgeted {format_number(pooled['cost'], 2)} is needed"
        if {"benefit", "cost"} <= set(pooled.index)
        else "How past claims turned out",
        takeaway="Multiply the next claim by its area's figure, or say why it will be different this time.",
        unit_line=unit_line(register, "Outturn per claim at approval", ""),
        note="n/a: fewer than three projects; use the line All.",
    )


@figure("benefits.change_load", source="change_impacts, areas")
def change_load(load: ChangeLoad) -> Chart:
    """Return how much change every unit has to take in every quarter."""
    table = load.table.sort_values(["quarter", "unit"], kind="stable")
    grid = load.grid
    rows = grid.stack().rename("load").reset_index()
    limits = table.drop_duplicates("unit").set_index("unit")["threshold"]
    rows["share"] = 100 * rows["load"]
    rows["unit"] = [
        f"{unit} (at most {percent(limits[unit])})" if limits[unit] == limits[unit] else unit
        for unit in rows["unit"]
    ]
    over = table[table["over"] > 1e-9].sort_values("over", ascending=False, kind="stable")
    worst = over.iloc[0] if len(over) else None
    times = sorted(over.loc[over["unit"] == worst["unit"], "quarter"]) if worst is not None else []
    when = listed(f"{quarter[5:]} {quarter[:4]}" for quarter in times)
    return Chart(
        mark="heatmap",
        data=rows,
        x=Field("quarter", "", kind="category"),
        y=Field("unit", "", kind="category"),
        value=Field("share", "staff who have to change", "% of staff", decimals=0),
        title=f"{worst['unit']} is asked for too much in {when}: "
        f"{percent(worst['load'])} of staff, it can take {percent(worst['threshold'])}"
        if worst is not None
        else "No unit is asked for more change than it can take",
        takeaway=load.summary,
        unit_line=unit_line(
            load.register, "Staff who have to change how they work", "% of staff, heavy change in full"
        ),
        note="Heavy change counts in full, noticeable change two thirds, light change one third.",
    )


@figure("benefits.gates", source="gates, projects")
def gates(register: Register, coverage: pd.DataFrame) -> Table:
    """Return gate and quality checks passed by area; the last row is all of them."""
    rows = coverage.reset_index()
    rows["share"] = 100 * rows["coverage"]
    parts = coverage.drop(index="All")
    worst = parts["coverage"].idxmin()
    return Table(
        data=rows,
        totals=1,
        columns=(
            Field("area", "area", kind="text"),
            Field("projects", "projects", decimals=0),
            Field("asked", "checks asked", decimals=0),
            Field("passed", "passed", decimals=0),
            Field("failed", "failed", decimals=0),
            Field("missing", "not done", decimals=0),
            Field("share", "passed", "%", decimals=0, formula="100 * passed / asked"),
        ),
        title=f"{worst} has passed {percent(parts.at[worst, 'coverage'])} of its checks, "
        f"the whole portfolio {percent(coverage.at['All', 'coverage'])}",
        takeaway=f"{sentence(count(int(coverage.at['All', 'missing']), 'check was', 'checks were'))} never done.",
        unit_line=unit_line(register, "Gate and quality checks up to each project's stage", ""),
    )


@figure("benefits.risks", source="risks")
def risks(register: Register, top: pd.DataFrame) -> Table:
    """Return the largest risks of every class with their movement, owner and response."""
    rows = top.copy()
    rows["what"] = [
        (("lead", f"{row.label}."), ("text", row.name), ("id", row.project_id)) for row in rows.itertuples()
    ]
    rows["movement"] = rows["movement"].map(MOVES).fillna("–")
    rows["class"] = rows["risk_class"].map(sentence)
    rows["likely"] = 100 * rows["probability"]
    first = rows.sort_values("exposure", ascending=False).iloc[0]
    bare = int(top["unanswered"].sum())
    return Table(
        data=rows,
        group=Field("class", kind="category"),
        columns=(
            Field("what", "risk", kind="text"),
            Field("likely", "likely", "%", decimals=0),
            Field("exposure", "expected cost"),
            Field("movement", "since last time", kind="text"),
            Field("owner", "owner", kind="text"),
            Field("response", "response", kind="text"),
        ),
        title=f"The largest risk is {first['label'][:1].lower()}{first['label'][1:]}, {first['name']}: "
        f"{format_number(first['exposure'])} expected",
        takeaway=f"{sentence(count(bare, 'of these risks has', 'of these risks have'))} no owner or no response."
        if bare
        else "Every one of them has an owner and a response.",
        unit_line=unit_line(register, "Largest risks of every class; expected cost = likelihood x cost"),
    )


@figure("benefits.exposure", source="risks")
def exposure(register: Register, by_class: pd.DataFrame) -> Table:
    """Return the expected cost of all risks by class, now and at the last committee; sums at the end."""
    rows = by_class.reset_index(names="class")
    rows["class"] = rows["class"].map(sentence)
    total = by_class.loc["All"]
    known = total["before"] == total["before"]
    moved = f", {format_number(total['change'], signed=True)} since the last committee" if known else ""
    return Table(
        data=rows,
        totals=1,
        columns=(
            Field("class", "risks", kind="text"),
            Field("risks", "open", decimals=0),
            Field("before", "expected cost then"),
            Field("exposure", "now"),
            Field("change", "change", signed=True, formula="exposure - before"),
        ),
        title=f"All risks together are expected to cost {format_number(total['exposure'])}{moved}",
        takeaway=f"{sentence(str(by_class.drop(index='All')['exposure'].idxmax()))} risks weigh most.",
        unit_line=unit_line(register, "Expected cost of risks: likelihood x cost"),
    )


@figure("benefits.actions", source="actions")
def actions(register: Register, directions: pd.DataFrame) -> Table:
    """Return open actions and directions with owner and due date, the most overdue first."""
    rows = directions.copy()
    rows["due"] = [f"{day:%Y-%m-%d}" if pd.notna(day) else "–" for day in rows["due"]]
    rows["late"] = rows["days_late"].where(rows["days_late"] > 0)
    rows["late_words"] = [
        f"{format_number(days, 0)} days late" if days > 0 else "–" for days in rows["days_late"]
    ]
    late = int(rows["late"].notna().sum())
    return Table(
        data=rows,
        columns=(
            Field("action", "action", kind="text"),
            Field("owner", "owner", kind="text"),
            Field("due", "due", kind="text"),
            Field("late_words", "", kind="text"),
        ),
        title=f"{sentence(count(late, 'action is', 'actions are'))} past the date, {count(len(rows))} open",
        takeaway=str(rows["action"].iloc[0]) + "." if len(rows) else "Nothing is open.",
        unit_line=unit_line(register, "Actions and directions", ""),
    )
