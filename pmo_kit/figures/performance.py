"""Where running projects stand: ratings, earned value and schedule, slips, forecasts, stop or continue."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Chart, Field, Kpi, Message, Reference, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import Fact, number, say
from pmo_kit.figures import claims
from pmo_kit.figures.figure import (
    columns,
    count,
    figure,
    in_sentence,
    listed,
    named,
    percent,
    sentence,
    shortened,
    unit_line,
)
from pmo_kit.performance import Benefits, ChangeLoad, Review, rag_movement
from pmo_kit.performance import s_curve as curve_of
from pmo_kit.register import Register

ROWS = 15
RISK_MOVES = {"new": "▲ new", "up": "▲ up", "down": "▼ down", "same": "= same", "closed": "closed"}
MOVES = {"worse": "▼ worse", "better": "▲ better", "same": "= same", "new": "new"}
WORST_FIRST = {"R": 0, "A": 1, "G": 2}


def cut(rows: pd.DataFrame, most: int = ROWS) -> tuple[pd.DataFrame, str]:
    """The first rows, and a note of how many more there are."""
    more = len(rows) - most
    return rows.head(most), f"And {number(more, 0)} more." if more > 0 else ""


def _of_review(review: Review) -> dict[str, Fact]:
    """What the review counts, as facts: running, red by rule and declared, falsely green, money at the pace."""
    register, table, total = review.register, review.table, review.areas.loc["All"]
    counts = {
        "running": ("delivery.running", len(table), ""),
        "red": ("delivery.red", int((table["rag_rule"] == "R").sum()), "by rule"),
        "declared": ("delivery.red", int((table["rag_declared"] == "R").sum()), "declared"),
        "false": ("delivery.false_green", len(review.watermelons), ""),
    }
    money = {
        "earned": ("delivery.earned", total["ev"]),
        "spent": ("delivery.spent", total["ac"]),
        "end": ("delivery.at_pace", total["eac_cpi"]),
        "budget": ("delivery.budget", total["bac"]),
        "over": ("delivery.over", abs(total["vac"])),
    }
    found = {k: claims.told(register, key, n, part=part) for k, (key, n, part) in counts.items()}
    return found | {k: claims.told(register, key, n) for k, (key, n) in money.items()}


def _actions(register: Register, days_late: pd.Series) -> tuple[Fact, Fact]:
    """How many open actions and directions are past their date, and how many are open."""
    late = claims.told(register, "action.late", (days_late > 0).sum())
    return late, claims.told(register, "action.open", len(days_late))


@figure("performance.headline", source="status, projects")
def headline(review: Review) -> Message:
    """Return the worst that the figures say, in one sentence: who is Red, and where today's pace ends."""
    told, total = _of_review(review), review.areas.loc["All"]
    runs = say("{running:Words project runs|projects run}", **told)
    red = say("{red:words} Red by the figures, {declared:words} by their sponsors", **told)
    if not told["red"].value:
        red = say("none Red by the figures", **told)
    side = "over" if total["vac"] < 0 else "under"
    pace = say("at today's pace they end {over:unit} {side} budget", **told, side=side)
    if pd.isna(total["vac"]):
        pace = say("where they end is not known")
    return Message(
        title=runs + ", " + red + ";\n" + pace,
        items=(),
        unit_line=unit_line(review.register, "For information"),
        facts=tuple(told.values()),
    )


@figure("performance.tiles", source="status, benefit_status, actions")
def tiles(review: Review, benefits: Benefits, directions: pd.DataFrame) -> Kpi:
    """Return four numbers of delivery: Red by rule, cost at today's pace, benefits that came, late actions."""
    told, register = _of_review(review), review.register
    known = benefits.table.dropna(subset="realized")
    due = claims.told(register, "benefit.due", known["due"].sum())
    came = claims.told(register, "benefit.realized", known["realized"].sum())
    late, whole = _actions(register, directions["days_late"])
    red = say("{declared:nones-Words} declared, {false:nones-words} report Green", **told)
    tiles = [
        {"label": "Red by the figures", "value": told["red"].value, "decimals": 0, "note": red, "focus": True},
        {"label": "Cost at today's pace, of budget", "value": told["end"].value, "limit": told["budget"].value},
        {"label": "Benefits that came, of due", "value": came.value, "limit": due.value},
        {"label": "Actions past their date", "value": late.value, "decimals": 0,
         "note": say("of {n:words} open", n=whole)},
    ]  # fmt: skip
    return Kpi(
        data=pd.DataFrame(tiles),
        title="Delivery in four numbers",
        unit_line=unit_line(register, "Running projects"),
        facts=(*told.values(), due, came, late),
    )


@figure("performance.ratings", source="status, projects, milestones, baselines, benefit_status")
def ratings(review: Review, before: Review | None = None) -> Table:
    """Return declared, assured and ruled ratings side by side, with the reason in words; watermelons first.

    With the review of the last committee's register a column says how the rating by rule moved.
    """
    rows = review.table.reset_index()
    moved = None if before is None else rag_movement(review.table, before.table)["move"]
    rows["move"] = "" if moved is None else moved.map(MOVES).to_numpy()
    rows["order"] = rows["rag_rule"].map(WORST_FIRST).fillna(3)
    rows = rows.sort_values(["watermelon", "order", "bac"], ascending=[False, True, False], kind="stable")
    rows["project"] = named(rows.set_index("project_id")["name"])
    rows["reason"] = rows["reason"].replace("", "–")
    melons, told = review.watermelons["name"], _of_review(review)
    return Table(
        data=rows,
        first=ROWS,
        columns=columns(
            "project | rag_declared | rag_assured | rag_rule",
            "move" if before is not None else "",
            "cpi | reason: why",
        ),
        title=say(
            "{false:Words project reports|projects report} Green while the figures say Red: {who}",
            who=shortened(melons),
            **told,
        )
        if len(melons)
        else "No project reports Green while its figures say Red",
        takeaway=say("Together they have earned {earned} of work for {spent} spent.", **told),
        unit_line=unit_line(review.register, "Ratings: declared by the sponsor, assured, and by rule", ""),
        note=review.rules.text(),
    )


@figure("performance.areas", source="status")
def areas(review: Review) -> Table:
    """Return money, indices and ratings by area; the last row recomputes the ratios from the sums."""
    rows = review.areas.reset_index()
    rows["ratings"] = [
        " · ".join(
            f"{getattr(row, f'rag_rule_{letter}')} {letter}"
            for letter in "RAG"
            if getattr(row, f"rag_rule_{letter}")
        )
        for row in rows.itertuples()
    ]
    told, total = _of_review(review), review.areas.loc["All"]
    side = "above" if total["vac"] < 0 else "below"
    worst = review.areas.drop(index="All")["cpi"].idxmin() if len(rows) > 2 else rows["area"].iloc[0]
    return Table(
        data=rows,
        totals=1,
        columns=columns("area | projects | bac | pv | ev | ac | cpi.sums | spi_t | eac_cpi | ratings"),
        title=say("{earned} earned for {spent} spent; ", **told)
        + f"{worst} earns least: {format_number(review.areas.at[worst, 'cpi'], 2)} per 1",
        takeaway=say(
            "At today's pace the running projects end at {end}, {over} {side} their budgets.",
            side=side,
            **told,
        )
        if total["vac"] == total["vac"]
        else "Where they end at today's pace is not known.",
        unit_line=unit_line(review.register, "Budget, plan, work earned and money spent by area"),
        note="Ratios are recomputed from the sums of each row, never averaged.",
    )


@figure("performance.s_curve_{project}")
def s_curve(review: Review, project: str) -> Chart:
    """Return plan, work earned and money spent of one project over time, with where it is heading."""
    row = review.table.loc[project]
    curve = curve_of(review, project)
    end = curve.loc[curve["what"] == "forecast", "period"]
    ahead = f"; at this pace it ends in {end.iloc[-1]} at {format_number(row['eac'])}" if len(end) else ""
    behind = row["sv_t"]
    late = f", {format_number(-behind)} months behind its plan" if behind < 0 else ""
    today = float(curve.loc[curve["what"] == "earned", "months"].iloc[-1])
    return Chart(
        mark="line",
        data=curve,
        x=Field("months", f"months from the start; month {number(today, 0)} is {row['period']}", decimals=0),
        y=Field("amount", "cumulative", review.unit),
        series=Field("what", kind="category"),
        styles={"plan": "plan", "earned": "focus", "spent": "actual", "forecast": "forecast"},
        references=(Reference("x", today, "today"),),
        title=f"{row['name']} has earned {format_number(row['ev'])} for {format_number(row['ac'])} spent{late}",
        takeaway=f"Its budget is {format_number(row['bac'])}{ahead}.",
        unit_line=unit_line(
            review.register, "Plan, work earned, money spent", scope=f"{row['name']} {project}"
        ),
        note="The dashed line goes to the cost by today's pace of cost, at the date by today's pace of time.",
    )


@figure("performance.slips", source="milestones")
def slips(register: Register, milestones: pd.DataFrame, most: int = ROWS) -> Chart:
    """Return how late the open milestones are: at the last committee (dot) and today (end of the line)."""
    late = milestones[~milestones["done"] & (milestones["slip_months"] > 0)].copy()
    late["milestone"] = late["name"] + ": " + late["milestone"]
    late["low"] = 0.0
    late["words"] = [
        f"{format_number(row.slip_months, 0)} months, now {row.now:%b %Y}"
        if row.slip_months >= 1
        else f"less than a month, now {row.now:%b %Y}"
        for row in late.itertuples()
    ]
    late["style"] = ["focus" if place < 2 else "ordinary" for place in range(len(late))]
    shown, note = cut(late, most)
    first = late.iloc[0] if len(late) else None
    title = (
        f"Latest is {first['milestone']}, by {count(round(first['slip_months']), 'month')}"
        if first is not None
        else "No open milestone is late"
    )
    moved = late[late["moved_months"] >= 1]
    return Chart(
        mark="interval",
        data=shown[["milestone", "low", "last_months", "slip_months", "words", "style"]],
        x=Field("last_months", "months after the approved date", decimals=0),
        y=Field("milestone", "", kind="text"),
        low=Field("low"),
        high=Field("slip_months"),
        label=Field("words", kind="text"),
        series=Field("style", kind="category"),
        title=title,
        takeaway=f"{sentence(count(len(moved), 'milestone has', 'milestones have'))} moved by a month or more "
        "since the last committee.",
        unit_line=unit_line(register, "Open milestones against the approved date", "months"),
        note=f"The dot is what the last committee saw. {note}".strip(),
    )


@figure("performance.forecasts", source="status")
def forecasts(review: Review, accuracy: pd.DataFrame) -> Table:
    """Return today's cost at the end beside what it was and what the project declares."""
    rows = accuracy.reset_index().sort_values("declared_gap", kind="stable")
    rows["project"] = named(rows.set_index("project_id")["name"])
    hopeful = rows[rows["declared_gap"] < -0.05 * rows["eac"]]
    return Table(
        data=rows,
        first=ROWS,
        columns=columns("project | eac | eac_before | drift | eac_declared | declared_gap"),
        title=f"{sentence(count(len(hopeful), 'project hopes', 'projects hope'))} to end cheaper than their pace: "
        f"{shortened(hopeful['name'])}"
        if len(hopeful)
        else "What projects declare agrees with their pace",
        takeaway="By pace: the budget divided by what is earned per 1 spent. Declared: spent plus what the "
        "project says it still needs.",
        unit_line=unit_line(review.register, "Cost at the end"),
    )


@figure("performance.stop_or_continue", source="status, costs, benefits")
def stop_or_continue(review: Review, verdicts: pd.DataFrame) -> Table:
    """Return the stop or continue test: what is spent is left out."""
    rows = verdicts.reset_index().sort_values(["gain_at_cpi", "project_id"], kind="stable")
    rows["project"] = named(rows.set_index("project_id")["name"])
    doubtful = rows[rows["verdict"].isin(["stop", "look again"])]
    return Table(
        data=rows,
        first=ROWS,
        columns=columns(
            "project | spent | to_spend | etc | npv_continue | npv_stop | gain.on | gain_at_cpi | verdict"
        ),
        title=say(
            "{n:Words running project|running projects} would not pay at today's pace: {who}",
            n=claims.teller(review.register, "stop_or_continue")("doubtful", len(doubtful)),
            who=shortened(doubtful["name"]),
        )
        if len(doubtful)
        else "Every running project is worth finishing",
        takeaway="Money spent is gone either way; only what is still to come is compared.",
        unit_line=unit_line(review.register, "Worth of what is still to come"),
        note="What stopping sets free for other projects is weighed in the arbitration, not here.",
    )


@figure("performance.rebaselines", source="baselines, status")
def rebaselines(register: Register, moves: pd.DataFrame) -> Table:
    """Return the log of moved baselines, those without a reference first."""
    rows = moves.sort_values(["explained", "project_id"], kind="stable").copy()
    rows["name"] = rows["project_id"].map(register.projects["name"]).fillna("")
    rows["project"] = named(rows.set_index("project_id")["name"])
    rows["what"] = rows["quantity"].replace("bac", "budget at completion").str.replace("_", " ")
    rows["since"] = [f"{day:%b %Y}" if pd.notna(day) else "–" for day in rows["since"]]
    rows["reference"] = rows["reference"].astype("object").where(rows["explained"], "none")
    silent = rows.loc[~rows["explained"], "name"].drop_duplicates()
    return Table(
        data=rows,
        first=ROWS,
        columns=columns("project | what: what | before | after | change | since | reference"),
        title=f"The baseline of {shortened(silent)} moved without a decision"
        if len(silent)
        else "Every baseline that moved has a change request",
        takeaway=f"{sentence(count(int(rows['explained'].sum()), 'move has', 'moves have'))} a reference.",
        unit_line=unit_line(register, "Baselines that moved"),
    )


@figure("performance.since_last", source="decisions, projects, costs, status, baselines, actions")
def since_last(register: Register, found: pd.DataFrame) -> Table:
    """Return what became of the last committee's decisions, in whole sentences."""
    rows = found.assign(day=[f"{day:%b %Y}" if pd.notna(day) else "–" for day in found["date"]])
    broken = found[found["kind"] != "open"]
    return Table(
        data=rows,
        group=Field("lead", kind="category"),
        columns=columns("text: what | amount: at stake | day"),
        title=f"{sentence(count(len(broken), 'thing differs', 'things differ'))} from what was decided",
        takeaway=str(broken["text"].iloc[0]) if len(broken) else "Every decision was kept.",
        unit_line=unit_line(register, "Since the last committee"),
    )


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
        title=say(
            "{who} has brought {rate} of the benefit that was due",
            who=worst["name"],
            rate=claims.told(
                benefits, "share", worst["rate"], part="realized of due", project=str(worst["project_id"])
            ),
        )
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
        columns=columns("area | cases | pooled | low | median | high"),
        title=f"Projects delivered {percent(pooled['benefit'])} of the benefits that they promised and cost "
        f"{percent(abs(pooled['cost'] - 1))} {'more' if pooled['cost'] >= 1 else 'less'} than budgeted"
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
        columns=columns("area | projects | asked.checks | passed | failed | missing | share.passed"),
        title=f"{worst} has passed {percent(parts.at[worst, 'coverage'])} of its checks, "
        f"the whole portfolio {percent(coverage.at['All', 'coverage'])}",
        takeaway=f"{sentence(count(int(coverage.at['All', 'missing']), 'check was', 'checks were'))} never done.",
        unit_line=unit_line(register, "Gate and quality checks up to each project's stage", ""),
    )


@figure("benefits.risks", source="risks")
def risks(register: Register, top: pd.DataFrame) -> Table:
    """Return the largest risks of every class with their movement, owner and response."""
    rows = top.assign(label=top["label"].fillna(top["risk"]))
    rows["what"] = [
        (("lead", f"{row.label}."), ("text", row.name), ("id", row.project_id)) for row in rows.itertuples()
    ]
    rows["movement"] = rows["movement"].map(RISK_MOVES).fillna("–")
    rows["class"] = rows["risk_class"].map(sentence)
    rows["likely"] = 100 * rows["probability"]
    first = rows.sort_values("exposure", ascending=False).iloc[0]
    bare = int(top["unanswered"].sum())
    return Table(
        data=rows,
        group=Field("class", kind="category"),
        columns=columns("what | likely | exposure | movement | owner | response"),
        title=f"The largest risk is {in_sentence(first['label'])} ({first['name']}): "
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
        columns=columns("class | risks | before: expected cost then | exposure: now | change.risks"),
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
    late, whole = _actions(register, rows["days_late"])
    return Table(
        data=rows,
        columns=columns("action | owner | due | late_words"),
        title=say(
            "{late:nones-Words} of {whole:words open action|open actions} {verb} past the date",
            late=late,
            whole=whole,
            verb="is" if late.value == 1 else "are",
        ),
        takeaway=str(rows["action"].iloc[0]) + "." if len(rows) else "Nothing is open.",
        unit_line=unit_line(register, "Actions and directions", ""),
    )
