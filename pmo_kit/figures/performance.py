"""Where running projects stand: ratings, earned value and schedule, slips, forecasts, stop or continue."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pmo_kit.exhibits import Chart, Kpi, Message, Reference, Table
from pmo_kit.facts import (
    Fact,
    count,
    doing,
    in_sentence,
    listed,
    many,
    number,
    or_none,
    percent,
    say,
    sentence,
    shortened,
)
from pmo_kit.figures import claims
from pmo_kit.figures.figure import WORST_FIRST, cut, dated, drawn, figure, kpi, tabled, tile, unit_line
from pmo_kit.figures.risk import answered
from pmo_kit.performance import Benefits, ChangeLoad, Review, rag_movement
from pmo_kit.performance import s_curve as curve_of
from pmo_kit.register import Register

ROWS = 15
HOPE = 0.05
"""How much cheaper than its pace, as a share, a project may declare to end before it is said to hope."""
RISK_MOVES = {"new": "▲ new", "up": "▲ up", "down": "▼ down", "same": "= same", "closed": "closed"}
MOVES = {"worse": "▼ worse", "better": "▲ better", "same": "= same", "new": "new"}


NOBODY = "No project reports figures"


def _of_review(review: Review) -> dict[str, Fact]:
    """What the review counts, as facts: running, red by rule and declared, falsely green, money at the pace."""
    register, table, total = review.register, review.table, review.areas.loc["All"]
    stated = {
        "running": ("delivery.running", table["counted"].sum(), ""),
        "red": ("delivery.red", (table["rag_rule"] == "R").sum(), "by rule"),
        "declared": ("delivery.red", (table["rag_declared"] == "R").sum(), "declared"),
        "false": ("delivery.false_green", len(review.watermelons), ""),
        "earned": ("delivery.earned", total["ev"], None),
        "spent": ("delivery.spent", total["ac"], None),
        "end": ("delivery.at_pace", total["eac_cpi"], None),
        "budget": ("delivery.budget", total["bac"], None),
        "over": ("delivery.over", abs(total["vac"]), None),
    }
    return {name: claims.told(register, key, n, part=part) for name, (key, n, part) in stated.items()}


def _runs(review: Review) -> str:
    """Who the figures are of: projects that run, or also some that have ended or not begun."""
    counted = review.table.index[review.table["counted"]]
    nouns = (
        "project runs|projects run" if _running(review, counted) else "project reports figures|projects report figures"
    )
    return say(f"{{running:Words {nouns}}}", **_of_review(review)) if len(counted) else NOBODY


def _running(review: Review, projects: pd.Index) -> bool:
    """Whether all of some projects run: none has ended, has not begun, or was stopped and still spends."""
    still = ~review.table["state"].isin(["finished", "not started"])
    stopped = review.register.projects["stage"].eq("stopped").reindex(projects, fill_value=False)
    return bool(still[projects].all() and not stopped.any())


def _off(told: dict[str, Fact], left: float, how: str = "") -> str:
    """How far from its budget what the review counts ends at today's pace."""
    side = "over" if left < 0 else "under"
    return say(f"{{over:{how}}} {side} budget", **told) if told["over"].words() != number(0) else "on budget"


def _months(time: float) -> str:
    """So many months, in digits."""
    whole = number(time, 0)
    return "less than a month" if time < 1 else f"{whole} month" if whole == "1" else f"{whole} months"


def _actions(register: Register, days_late: pd.Series) -> tuple[Fact, Fact]:
    """How many open actions and directions are past their date, and how many are open."""
    late = claims.told(register, "action.late", (days_late > 0).sum())
    return late, claims.told(register, "action.open", len(days_late))


@figure("performance.headline")
def headline(review: Review) -> Message:
    """Return the worst that the figures say, in one sentence: who is Red, and where today's pace ends."""
    told, total = _of_review(review), review.areas.loc["All"]
    red = "{red:words} Red by the figures, {declared:nones-words} by their sponsors"
    red = say(red if told["red"].value else "none Red by the figures", **told)
    pace = say("at today's pace {running:=it ends|they end} {off}", **told, off=_off(told, total["vac"], "unit"))
    if pd.isna(total["vac"]):
        pace = say("where {running:=it ends is|they end is} not known", **told)
    return Message(title=_runs(review) + ", " + red + ";\n" + pace, facts=tuple(told.values()))


@figure("performance.tiles")
def tiles(review: Review, benefits: Benefits, directions: pd.DataFrame) -> Kpi:
    """Return four numbers of delivery: Red by rule, cost at today's pace, benefits that came, late actions."""
    told, register = _of_review(review), review.register
    known = benefits.table.dropna(subset="realized")
    due = claims.told(register, "benefit.due", known["compared"].sum())
    came = claims.told(register, "benefit.realized", known["realized"].sum())
    late, whole = _actions(register, directions["days_late"])
    red = say("{declared:nones-Words} declared, {false:nones-words} report Green", **told)
    tiles = [
        tile("Red by the figures", told["red"], note=red, focus=True),
        tile("Cost at today's pace, of budget", told["end"], told["budget"]),
        tile("Benefits that came, of due", came, due),
        tile("Actions past their date", late, note=say("of {n:words} open", n=whole)),
    ]
    return kpi("Delivery", tiles)


@figure("performance.ratings")
def ratings(review: Review, before: Review | None = None) -> Table:
    """Return declared, assured and ruled ratings side by side, with the reason in words; watermelons first.

    With the review of the last committee's register a column says how the rating by rule moved.
    """
    rows = review.table.reset_index()
    rows["move"] = "" if before is None else rag_movement(review.table, before.table).map(MOVES).to_numpy()
    rows["order"] = rows["rag_rule"].map(WORST_FIRST).fillna(3)
    rows = rows.sort_values(["watermelon", "order", "bac"], ascending=[False, True, False], kind="stable")
    told, title = _of_review(review), "No project reports Green while its figures say Red"
    if told["false"].value:
        words = "{false:Words project reports|projects report} Green while the figures say Red: {who}"
        title = say(words, who=shortened(review.watermelons["name"]), **told)
    earned = say("{who}: {earned} of work earned for {spent} spent.", who=_runs(review), **told)
    return tabled(
        data=rows.replace({"reason": {"": "–"}}),
        title=title,
        takeaway=earned if told["running"].value else f"{NOBODY}.",
        note=review.rules.text(),
    )


@figure("performance.areas")
def areas(review: Review) -> Table:
    """Return money, indices and ratings by area; the last row recomputes the ratios from the sums."""
    rows = review.areas.reset_index().assign(projects=review.areas["counted"].to_numpy())
    rows["ratings"] = [
        " · ".join(f"{n} {letter}" for letter in "RAG" if (n := row[f"rag_rule_{letter}"]))
        for row in rows.to_dict("records")
    ]
    told, total = _of_review(review), review.areas.loc["All"]
    known = review.areas.drop(index="All")["cpi"].dropna()
    worst = known[known == known.min()]
    title = say("{earned} earned for {spent} spent", **told) if told["running"].value else NOBODY
    if len(worst) < len(known):
        title += f"; {doing(worst.index, 'earns|earn', len(worst))} least: {number(known.min(), 2)} per 1"
    takeaway = "Where they end at today's pace is not known."
    if total["vac"] == total["vac"]:
        words = "At today's pace the {running:words project ends|projects end} at {end}, {off}."
        takeaway = say(words, off=_off(told, total["vac"]), **told)
    return tabled(data=rows, title=title, takeaway=takeaway)


@figure("performance.s_curve_{project}")
def s_curve(review: Review, project: str) -> Chart:
    """Return plan, work earned and money spent of one project over time, with where it is heading."""
    row, curve = review.table.loc[project], curve_of(review, project)
    end = curve.loc[curve["what"] == "forecast", "period"]
    ahead = f"; at this pace it ends in {end.iloc[-1]} at {number(row['eac_cpi'])}" if len(end) else ""
    reported = curve.loc[curve["what"] == "earned", "months"].tail(1)
    today = "".join(f"; month {number(month, 0)} is {row['period']}" for month in reported)
    title, takeaway = f"{row['name']} reports no figures that add up", ""
    if row["counted"]:
        title = say(
            "{who} has earned {earned} for {spent} spent{late}", who=row["name"],
            late=f", {number(-row['sv_t'])} months behind its plan" if row["sv_t"] < 0 else "",
            earned=claims.told(review.register, "delivery.earned", row["ev"], project=project),
            spent=claims.told(review.register, "delivery.spent", row["ac"], project=project),
        )  # fmt: skip
        takeaway = f"Its budget is {number(row['bac'])}{ahead}."
    return drawn(
        data=curve,
        x=f"months: months from the start{today}",
        references=tuple(Reference("x", float(month), "today") for month in reported),
        title=title,
        takeaway=takeaway,
        unit_line=unit_line("Plan, work earned, money spent", scope=f"{row['name']} {project}"),
    )


@figure("performance.slips")
def slips(register: Register, milestones: pd.DataFrame, most: int = ROWS) -> Chart:
    """Return how late the open milestones are: at the last committee (dot) and today (end of the line)."""
    late = milestones[~milestones["done"] & (milestones["slip_months"] > 0)]
    late = late.assign(
        milestone=late["name"] + ": " + late["milestone"],
        low=0.0,
        words=[f"{_months(row.slip_months)}, now {row.now:%b %Y}" for row in late.itertuples()],
        style=["focus" if place < 2 else "ordinary" for place in range(len(late))],
    )
    shown, note = cut(late, most)
    title, takeaway = "No open milestone is late", ""
    if len(late):
        seen, slip = late["moved_months"].dropna(), late["slip_months"].max()
        moved, which = int((seen >= 1).sum()), " that the last committee saw" * (len(seen) < len(late))
        first = late["milestone"][late["slip_months"] == slip]
        title = f"Latest {'is' if len(first) == 1 else 'are'} {shortened(first)}, "
        title += f"by {count(round(slip), 'month') if slip >= 1 else 'less than a month'}"
        takeaway = f"{sentence(or_none(moved))} of {count(len(seen), 'late milestone')}{which} "
        takeaway += f"{'has' if moved == 1 else 'have'} moved by a month or more since the last committee."
        takeaway = takeaway if len(seen) else "What the last committee saw is not on record."
    return drawn(data=shown, title=title, takeaway=takeaway, note=note)


@figure("performance.forecasts")
def forecasts(review: Review, accuracy: pd.DataFrame) -> Table:
    """Return today's cost at the end beside what it was and what the project declares."""
    rows = accuracy.reset_index().sort_values("declared_gap", kind="stable")
    hopeful = rows.loc[rows["declared_gap"] < -HOPE * rows["eac"], "name"]
    than = f"to end more than {percent(HOPE)} cheaper than"
    title = "No project declares what it still needs and has a pace to compare it with"
    if len(hopeful):
        whose = "its" if len(hopeful) == 1 else "their"
        title = f"{many(len(hopeful), 'project hopes|projects hope')} {than} {whose} pace: {shortened(hopeful)}"
    elif rows["declared_gap"].notna().any():
        title = f"No project declares {than} its pace"
    return tabled(data=rows, title=title)


@figure("performance.stop_or_continue")
def stop_or_continue(review: Review, verdicts: pd.DataFrame) -> Table:
    """Return the stop or continue test: what is spent is left out."""
    rows = verdicts.reset_index().sort_values(["gain_at_cpi", "project_id"], kind="stable")
    doubtful = rows[rows["verdict"].isin(["stop", "look again"])].set_index("project_id")["name"]
    title = "No running project can be judged"
    if len(rows):
        title = "Every running project that can be judged is worth finishing"
    if len(doubtful):
        running = "running " * _running(review, doubtful.index)
        words = f"{{n:Words {running}project|{running}projects}} would not pay at today's pace: {{who}}"
        n = claims.teller(review.register, "stop_or_continue")("doubtful", len(doubtful))
        title = say(words, n=n, who=shortened(doubtful))
    return tabled(data=rows, title=title)


@figure("performance.rebaselines")
def rebaselines(register: Register, moves: pd.DataFrame) -> Table:
    """Return the log of moved baselines, those without a reference first."""
    rows = moves.sort_values(["explained", "project_id"], kind="stable")
    rows = rows.assign(
        name=rows["project_id"].map(register.projects["name"]).fillna(""),
        since=dated(rows["since"], "%b %Y"),
        what=rows["quantity"].replace("bac", "budget at completion").str.replace("_", " "),
        reference=rows["reference"].astype("object").where(rows["explained"], "none"),
    )
    silent = rows.loc[~rows["explained"].astype(bool), "name"].drop_duplicates()
    title = "Every baseline that moved has a change request" if len(rows) else "No baseline moved"
    if len(silent):
        title = f"The baseline of {shortened(silent)} moved without a decision"
    known = f"{many(rows['explained'].sum(), 'move has|moves have')} a reference."
    return tabled(data=rows, title=title, takeaway=known if len(rows) else "")


@figure("performance.since_last")
def since_last(register: Register, found: pd.DataFrame) -> Table:
    """Return what became of the last committee's decisions, in whole sentences."""
    broken = found[found["kind"] != "open"]
    return tabled(
        data=found.assign(day=dated(found["date"], "%b %Y")),
        title=f"{many(len(broken), 'thing differs|things differ') if len(broken) else 'Nothing differs'} from what was "
        "decided",
        takeaway=broken["text"].iloc[0] if len(broken) else "Every decision was kept.",
    )


@figure("benefits.realized")
def realized(benefits: Benefits, most: int = 12) -> Chart:
    """Return what was due and what was realized, benefit by benefit, the largest shortfall first."""
    known = benefits.table.dropna(subset=["due", "realized"])
    known = known.assign(short=known["compared"] - known["realized"], label=known["name"] + ": " + known["benefit"])
    shown, note = cut(known.sort_values(["short", "project_id"], ascending=[False, True], kind="stable"), most)
    rows = shown.melt("label", ["compared", "realized"], "what", "amount").replace({"what": {"compared": "approved"}})
    title = "Every benefit that was due and is reported has come" if len(shown) else "No benefit is due yet"
    if shown.empty and benefits.table["due"].gt(0).any():
        title = "Of no benefit that was due is it reported what came"
    elif shown.empty and benefits.table["realized"].gt(0).any():
        title = "Of no benefit that came is it reported what was due"
    if (shown["short"] > 0).any():
        worst = shown.iloc[0]
        of: dict[str, Any] = {"part": f"realized of due: {worst['benefit']}", "project": str(worst["project_id"])}
        rate = claims.told(benefits, "share", worst["realized"] / worst["compared"], **of)
        words = "{who} has brought {rate} of “{what}” that was due{part}"
        part = " and is reported" * bool(worst["compared"] < worst["due"])
        title = say(words, who=worst["name"], what=worst["benefit"], rate=rate, part=part)
    return drawn(
        data=rows.set_index("label").loc[list(shown["label"])].reset_index(),
        title=title,
        takeaway=benefits.summary,
        note=note,
    )


@figure("benefits.reference_classes")
def reference_classes(register: Register, classes: pd.DataFrame) -> Table:
    """Return how past claims turned out, by area: what the next appraisal can use."""
    words = {"benefit": "Benefits realized", "cost": "Cost", "duration": "Duration"}
    rows = classes.assign(what=classes["quantity"].map(words) + " per 1 approved", last=classes["area"].eq("All"))
    rows = rows.sort_values(["quantity", "last", "area"], kind="stable")
    whole, told = classes[classes["area"] == "All"].set_index("quantity"), []
    if "benefit" in whole.index:
        n, share = whole.loc["benefit", ["cases", "pooled"]]
        told.append(f"{many(n, 'project|projects')} realized {percent(share)} of the benefits that were due")
    if "cost" in whole.index:
        n, share = whole.loc["cost", ["cases", "pooled"]]
        less = f"{percent(abs(share - 1))} {'more' if share >= 1 else 'less'} than budgeted"
        told.append(f"{count(n, 'project costs', 'projects cost')} {less}")
    return tabled(data=rows, title=sentence("; ".join(told)) or "How past claims turned out")


@figure("benefits.change_load")
def change_load(load: ChangeLoad) -> Chart:
    """Return how much change every unit has to take in every quarter."""
    table = load.table.sort_values(["quarter", "unit"], kind="stable")
    rows = load.grid.stack().rename("load").reset_index()
    limits = table.drop_duplicates("unit").set_index("unit")["threshold"]
    rows["share"] = 100 * rows["load"]
    rows["unit"] = [
        f"{unit} (at most {percent(limits[unit])})" if limits[unit] == limits[unit] else unit for unit in rows["unit"]
    ]
    over = table[table["over"] > 1e-9].sort_values("over", ascending=False, kind="stable")
    title = load.summary.removesuffix(".")
    if len(over):
        worst, times = over.iloc[0], sorted(over.loc[over["unit"] == over["unit"].iloc[0], "quarter"])
        when = listed(f"{quarter[5:]} {quarter[:4]}" for quarter in times) + ": " + "up to " * (len(times) > 1)
        most = f"{percent(worst['load'])} of staff, it can take {percent(worst['threshold'])}"
        title = f"{worst['unit']} is asked for too much in {when}{most}"
    return drawn(data=rows, title=title, takeaway=load.summary)


@figure("benefits.gates")
def gates(register: Register, coverage: pd.DataFrame) -> Table:
    """Return gate and quality checks passed by area; the last row is all of them."""
    rows = coverage.reset_index()
    rows["share"] = 100 * rows["coverage"]
    known, whole = coverage.drop(index="All")["coverage"].dropna(), coverage.at["All", "coverage"]
    worst, never = known[known == known.min()], int(coverage.at["All", "missing"])
    title = "No check is asked for"
    if len(worst) < len(known):
        title = f"{doing(worst.index, 'has passed|have passed', len(worst))} {percent(known.min())} of "
        title += f"{'its' if len(worst) == 1 else 'their'} checks, the whole portfolio {percent(whole)}"
    elif whole == whole:
        title = f"{percent(whole)} of the checks that are asked for are passed"
    done = "Every one of them was done." * bool(whole == whole)
    takeaway = f"{many(never, 'check was|checks were')} never done." if never else done
    return tabled(data=rows, title=title, takeaway=takeaway)


@figure("benefits.risks")
def risks(register: Register, top: pd.DataFrame) -> Table:
    """Return the largest risks of every class with their movement, owner and response."""
    rows, lacking = answered(top, top.set_index("project_id")["name"].groupby(level=0).first())
    rows["movement"] = rows["movement"].map(RISK_MOVES).fillna("–")
    title = "No risk is open"
    if len(rows):
        first = rows.loc[rows["exposure"].idxmax()]
        of = {"project": first["project_id"], "part": first["risk"]}
        cost = claims.told(register, "risk.expected", first["exposure"], **of)
        alone = rows["exposure"].eq(first["exposure"]).sum() == 1
        words = "The largest risk on record is" if alone else "No risk on record is larger than"
        words += " {what} ({who}): {cost} expected"
        title = say(words, what=in_sentence(first["label"]), who=first["name"], cost=cost)
    return tabled(data=rows, title=title, takeaway=lacking)


@figure("benefits.exposure")
def exposure(register: Register, by_class: pd.DataFrame) -> Table:
    """Return the expected cost of all risks by class, now and at the last committee; sums at the end."""
    rows = by_class.reset_index(names="class")
    rows["class"] = rows["class"].map(sentence)
    total, parts = by_class.loc["All"], by_class.drop(index="All")["exposure"]
    known = total["before"] == total["before"]
    moved = f", {number(total['change'], signed=True)} since the last committee" if known else ""
    cost = claims.told(register, "risk.expected", total["exposure"], part="on record")
    most = listed(parts.index[parts == parts.max()].astype("str"))
    return tabled(
        data=rows,
        title=say("All risks on record together are expected to cost {cost}{moved}", cost=cost, moved=moved),
        takeaway=f"{sentence(most)} risks weigh most." if parts.max() > 0 else "",
    )


@figure("benefits.actions")
def actions(register: Register, directions: pd.DataFrame) -> Table:
    """Return open actions and directions with owner and due date, the most overdue first."""
    days = directions["days_late"]
    rows = directions.assign(due=dated(directions["due"]), days_late=days.clip(lower=0))
    if rows.empty:
        return tabled(data=rows, title="No action is open")
    late, whole = _actions(register, days)
    words = "{late:nones-Words} of {whole:words open action|open actions} {late:=is|are} past the date"
    return tabled(data=rows, title=say(words, late=late, whole=whole), takeaway=f"First: {rows['action'].iloc[0]}.")
