"""Is the portfolio in balance: goals against targets, run against change, value against risk, what needs what."""

from __future__ import annotations

from pmo_kit import overview
from pmo_kit.appraisal import Appraisal
from pmo_kit.exhibits import Exhibit, Field, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import (
    count,
    percent,
    sentence,
    shortened,
    unit_line,
)
from pmo_kit.figures.figure import figure, not_shown
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
