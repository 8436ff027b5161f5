"""Is the portfolio in balance: goals against targets, run against change, value against risk, what needs what."""

from __future__ import annotations

import dataclasses

import pandas as pd

from pmo_kit import overview
from pmo_kit.appraisal import Appraisal
from pmo_kit.exhibits import Chart, Exhibit, Field, Reference, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures import benefits
from pmo_kit.figures.captions import (
    count,
    money,
    percent,
    sentence,
    shortened,
    unit_line,
)
from pmo_kit.figures.figure import figure, not_shown
from pmo_kit.performance import directions, load_on_units
from pmo_kit.register import Register

ROWS = 12


@figure("balance.goals", source="goals, projects, costs")
def goals(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return the share of the ask that each strategic goal has against the share it should have."""
    if not register.has("goals"):
        return not_shown("spend by goal against its target", "goals")
    table = overview.spend_by_goal(register, appraisal).reset_index()
    shown = table.assign(**{name: 100 * table[name] for name in ("share", "target_share", "gap")})
    stated = shown.dropna(subset="gap")
    title = f"{shown['label'].iloc[0]} has the largest share: {percent(table['share'].iloc[0])}"
    if len(stated):
        far = stated.loc[stated["gap"].abs().idxmax()]
        side = "above" if far["gap"] > 0 else "below"
        title = f"{far['label']} is {format_number(abs(far['gap']), 0)} points {side} its target share"
    return Table(
        data=shown,
        columns=(
            Field("label", "goal", kind="text"),
            Field("owner", "owner", kind="text"),
            Field("projects", "projects", "", decimals=0),
            Field("asked", "asked"),
            Field("share", "share", "%", decimals=0),
            Field("target_share", "target", "%", decimals=0),
            Field("gap", "against target", "points", decimals=0, signed=True, formula="share - target_share"),
        ),
        title=title,
        takeaway="The ask is what sponsors want; the plan may still mend the balance.",
        unit_line=unit_line(register, "Ask by strategic goal", scope="all years to come"),
    )


@figure("balance.types", source="projects, costs")
def types(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return how much is asked to run, to grow, to transform and to comply."""
    if register.projects["project_type"].isna().all():
        return not_shown("run, grow and transform", "projects, column project_type")
    table = overview.ask_by(register, appraisal, "project_type").reset_index()
    table["label"] = [
        f"{money(row.asked)} · {percent(row.share)} · {count(row.projects, 'project')}"
        for row in table.itertuples()
    ]
    share = table.set_index("project_type")["share"]
    return Chart(
        mark="bar",
        data=table,
        x=Field("asked", "asked", register.settings.unit),
        y=Field("project_type", "type", kind="category"),
        label=Field("label", kind="text"),
        title=f"{percent(share.get('transform', 0.0))} of the ask is to transform, "
        f"{percent(share.get('run', 0.0))} to run",
        takeaway=f"{percent(share.get('compliance', 0.0))} is asked for by law or regulation.",
        unit_line=unit_line(register, "Money asked by type of project", scope="all years to come"),
    )


@figure("balance.value_and_risk", source="risks, costs, benefits")
def value_and_risk(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return net value against expected cost of risk, the projects that lose more to risk than they bring named."""
    if not register.has("risks") or not register.has("benefits"):
        return not_shown("value against risk", "risks")
    table = overview.value_and_risk(register, appraisal).dropna(subset=["npv", "exposure"]).reset_index()
    table["side"] = (table["exposure"] > table["npv"]).map(
        {True: "risk above value", False: "value above risk"}
    )
    over = table[table["side"] == "risk above value"]
    named = set(table.nlargest(3, "exposure")["project_id"]) | set(table.nlargest(3, "npv")["project_id"])
    table["label"] = [p if p in named else "" for p in table["project_id"]]
    return Chart(
        mark="scatter",
        data=table,
        x=Field("exposure", "expected cost of its risks", register.settings.unit),
        y=Field("npv", "net value", register.settings.unit),
        series=Field("side", kind="category"),
        styles={"risk above value": "bad", "value above risk": "ordinary"},
        label=Field("label", kind="text"),
        name=Field("name", "project", kind="text"),
        references=(Reference("y", 0.0, "no net value"),),
        title=f"{sentence(count(len(over)))} of {len(table)} projects expect more cost of risk than net value",
        takeaway=f"Their risks together are expected to cost {money(table['exposure'].sum())}.",
        note="Expected cost: probability times likely cost, summed over the risks of a project.",
        unit_line=unit_line(register, "Net value against expected cost of risk", scope="at the size asked"),
    )


@figure("balance.enablers", source="links, costs, benefits")
def enablers(register: Register, appraisal: Appraisal) -> Exhibit:
    """Return the projects on which others stand, and what stands on them."""
    table = overview.enablers(register, appraisal)
    if table.empty:
        return not_shown("what requires what", "links")
    names = register.projects["name"]
    rows = table.reset_index()
    rows["project"] = [(("text", row["name"]), ("id", row["project_id"])) for _, row in rows.iterrows()]
    rows["who"] = [shortened(names[list(who)], 4) for who in rows["dependents"]]
    rows["many"] = rows["dependents"].map(len).astype(float)
    first = rows.iloc[0]
    losing = int(((table["npv"] < 0) & (table["dependents_npv"] > 0)).sum())
    return Table(
        data=rows.drop(columns="dependents"),
        first=ROWS,
        columns=(
            Field("project", "enabler", kind="text"),
            Field("npv", "its net value"),
            Field("many", "projects that need it", "", decimals=0),
            Field("dependents_npv", "their net value"),
            Field("who", "which", kind="text"),
        ),
        title=f"{first['name']} is needed by {count(int(first['many']), 'project')}",
        takeaway=(
            f"{sentence(count(losing, 'enabler loses', 'enablers lose'))} money alone. " if losing else ""
        )
        + "What an enabler is worth is what the best plan loses without it.",
        unit_line=unit_line(register, "What requires what, all steps", scope="net value at the size asked"),
    )


@figure("balance.real_and_nominal", source="costs, settings")
def real_and_nominal(register: Register, appraisal: Appraisal, inflation: float = 0.02) -> Exhibit:
    """Return what is asked by year in constant prices and in the cash of each year."""
    if not register.settings.price_basis:
        return not_shown("the ask in cash of each year", "settings, key price_basis")
    table = overview.real_and_nominal(register, appraisal, inflation)
    rows = table.rename_axis("year").reset_index().melt("year", var_name="what", value_name="amount")
    base = register.settings.price_base_year
    words = {"real": f"prices of {base}" if base else "constant prices", "nominal": "cash of the year"}
    rows["year"], rows["what"] = rows["year"].astype("str"), rows["what"].map(words)
    more = table["nominal"].sum() - table["real"].sum()
    return Chart(
        mark="bar",
        data=rows.sort_values(["year", "what"], ascending=[True, False], kind="stable", ignore_index=True),
        x=Field("year", "fiscal year", kind="time"),
        y=Field("amount", "asked", f"{register.settings.currency or 'money'} {register.settings.money_unit}"),
        series=Field("what", kind="category"),
        styles={words["real"]: "ordinary", words["nominal"]: "forecast"},
        title=f"In cash the ask is {money(table['nominal'].sum())}, {money(more)} more than in {words['real']}",
        takeaway="Compare an envelope only with an ask in the same prices.",
        unit_line=unit_line(
            register, f"Ask by year; prices assumed to rise {percent(inflation, 1)} a year", ""
        ),
    )


@figure("balance.change_load")
def change_load(register: Register) -> Exhibit:
    """Return how much change every unit is asked to take, quarter by quarter, if all that is asked were done."""
    if not register.has("change_impacts"):
        return not_shown("the load of change", "change_impacts")
    return dataclasses.replace(benefits.change_load(load_on_units(register)), id="")


@figure("balance.actions")
def actions(register: Register) -> Exhibit:
    """Return open actions and directions given, the most overdue first."""
    if not register.has("actions"):
        return not_shown("open actions and directions", "actions")
    return dataclasses.replace(benefits.actions(register, directions(register)), id="")


@figure("balance.vocabulary", source="vocabulary")
def vocabulary(register: Register) -> Exhibit:
    """Return the words that this organisation prints for the terms of the kit."""
    if not register.has("vocabulary"):
        return not_shown("one language for all departments", "vocabulary")
    rows = pd.DataFrame(register.table("vocabulary"))
    rows["term"] = rows["term"].str.replace("_", " ")
    return Table(
        data=rows,
        columns=(Field("term", "term", kind="text"), Field("our_word", "our word", kind="text")),
        across=2,
        title=f"{sentence(count(len(rows), 'term has', 'terms have'))} one word in all departments",
        takeaway="Packs print the word on the right.",
        unit_line=unit_line(register, "Our words", ""),
    )
