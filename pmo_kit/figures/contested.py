"""What a committee argues about: claims, what runs, each department's share, overrides, scores, and the letter."""

from __future__ import annotations

import pandas as pd

from pmo_kit.appraisal import Appraisal
from pmo_kit.arbitration import Allocation, Core, Explanation, Question
from pmo_kit.arbitration.counterfactual import letter_items
from pmo_kit.exhibits import Field, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import say
from pmo_kit.figures import claims as facts
from pmo_kit.figures.arbitration import largest_levels, others, value_words
from pmo_kit.figures.captions import count, listed, percent, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure

STANDINGS = ("in every good plan", "at the border", "in no good plan")


@figure("contested.core", source="costs, benefits, budgets, capacity, links")
def core(found: Core) -> Table:
    """Return which projects are in every good plan, at the border, or in none; the border is what to debate."""
    register, table = found.allocation.question.register, found.table
    border = table.loc[table["standing"] == STANDINGS[1], "name"]
    rows = pd.DataFrame(
        [
            {
                "standing": sentence(standing),
                "projects": float((table["standing"] == standing).sum()),
                "who": listed(names)
                if standing == STANDINGS[1]
                else shortened(names, 8)
                if len(names)
                else "–",
            }
            for standing in STANDINGS
            for names in [table.loc[table["standing"] == standing, "name"]]
        ]
    )
    rows["who"] = rows["who"].where(rows["projects"] > 0, "–")
    good = percent(found.epsilon)
    return Table(
        data=rows,
        columns=(
            Field("standing", "", kind="text"),
            Field("projects", "projects", "", decimals=0),
            Field("who", "which", kind="text"),
        ),
        title=f"{sentence(count(len(border), 'project is', 'projects are'))} worth debating: every plan within "
        f"{good} of the best takes or leaves the other {len(table) - len(border)} alike"
        if len(border)
        else f"No project is worth debating: every plan within {good} of the best takes or leaves all of them alike",
        takeaway=f"Debate {shortened(border, 4)}." if len(border) else "",
        note=f"A good plan is worth at least {percent(1 - found.epsilon)} of the best; proven by searching for one.",
        unit_line=unit_line(register, f"Plans within {good} of the best", ""),
    )


@figure("contested.departments")
def departments(allocation: Allocation, scores: pd.Series | None = None) -> Table:
    """Return what each area asks and gets: projects, money, share of its ask, and how even that is.

    Parameters
    ----------
    allocation : Allocation
    scores : Series, optional
        project_id -> points of 100; the mean of each area, weighted by what its projects ask.
    """
    register, options = allocation.question.register, allocation.question.options
    largest = largest_levels(allocation.question)
    table = allocation.table
    asked = pd.Series({p: options.loc[(p, level), "cost"] for p, level in largest.items()})
    funded = table["decision"] == "fund"
    data = pd.DataFrame(
        {
            "requests": 1.0, "funded": funded.astype(float), "asked": asked,
            "given": table["cost"].where(funded, 0.0), "value": table["value"].where(funded, 0.0),
        }
    )  # fmt: skip
    if scores is not None:
        data["points"] = data["asked"] * scores.reindex(data.index)
        data["scored"] = data["asked"].where(scores.reindex(data.index).notna())
    data = data.groupby(table["area"]).sum()
    data.loc["All"] = data.sum()
    data["rate"] = 100 * data["given"] / data["asked"]
    data["even"] = data["rate"] / data.loc["All", "rate"]
    if scores is not None:
        data["score"] = data["points"] / data["scored"]
    areas = data.drop(index="All").sort_values("rate", ascending=False, kind="stable")
    data = pd.concat([areas, data.loc[["All"]]]).rename_axis("area").reset_index()
    first, last = data.iloc[0], data.iloc[-2]
    score = (Field("score", "mean score", "points", decimals=0),) if scores is not None else ()
    return Table(
        data=data,
        totals=1,
        columns=(
            Field("area", "area", kind="text"),
            Field("requests", "requests", "", decimals=0),
            Field("funded", "funded", "", decimals=0),
            Field("asked", "asked"),
            *score,
            Field("given", "funded", "money"),
            Field("rate", "of its ask", "%", decimals=0, formula="100 * given / asked"),
            Field("even", "against all", "times", decimals=2),
            Field("value", value_words(allocation)),
        ),
        title=f"{first['area']} gets {format_number(first['rate'], 0)} % of its ask, {last['area']} "
        f"{format_number(last['rate'], 0)} %",
        takeaway="The plan follows value under the limits, not equal shares; the committee may wish to say so.",
        note="Against all: 1.00 is the share of its ask that the whole portfolio gets; above it an area is served "
        "better. The ask counts every project at its largest size, without exit costs and effects on one another."
        + (" Mean score: weighted by the money asked." if scores is not None else ""),
        unit_line=unit_line(register, "Ask and plan by area", scope="all years to come"),
    )


def projects(allocation: Allocation, asked: Question) -> list[str]:
    """Return what is contested: projects that do not get what they ask, or that an override decides.

    Those that a request to the committee or an override names come first, then the most valuable ask.
    """
    table, options = allocation.table, allocation.question.options
    largest = largest_levels(allocation.question)
    overridden = {override.project_id for override in asked.orders}
    record = overridden | set(asked.register.table("requests")["project_id"].dropna())
    found = [
        str(p)
        for p, row in table.iterrows()
        if p in overridden or row["level"] != largest[str(p)] or row["delay"]
    ]
    return sorted(found, key=lambda p: (p not in record, -options.loc[(p, largest[p]), "value"], p))


def _better(shares: pd.DataFrame, key: tuple[str, str]) -> str:
    """The share of futures in which the plan is better than with a choice reversed, where the futures leave it open."""
    if key not in shares.index or not shares.loc[key, "close"]:
        return ""
    return percent(float(shares.loc[key, "better"]))


@figure("contested.claims", source="requests, overrides, projects, costs, benefits")
def claims(
    reasons: Explanation, contested: list[str], left: int = 0, shares: pd.DataFrame | None = None
) -> Table:
    """Return each contested project with what it asks, what it gets, what granting it costs and whom it displaces.

    `shares` is from `pmo_kit.risk.price_shares`: beside a price that the futures do not settle, in how many of them the
    plan is the better one.
    """
    allocation, table = reasons.allocation, reasons.table
    names, options = allocation.table["name"], allocation.question.options
    rows = []
    for project in contested:
        row, level = allocation.table.loc[project], largest_levels(allocation.question)[project]
        flips = table.loc[project]
        flip = flips.loc[level] if not flips.loc[level, "in_plan"] else flips[flips["in_plan"]].iloc[0]
        price = flip["price"]
        rows.append(
            {
                "project": (("text", row["name"]), ("id", project)),
                "asked": options.loc[(project, level), "cost"],
                "gets": _gets(row),
                "if": "leave it out"
                if flip["in_plan"]
                else "carry it on"
                if row["decision"] == "stop"
                else "grant it",
                "price": "not possible"
                if price != price
                else format_number(price)
                + (f" to {format_number(upper)}" if (upper := flip["price_upper"]) != price else ""),
                "better": "" if shares is None else _better(shares, (project, str(flip.name))),
                "displaces": others(names, flip["displaces"], project),
                "sort": price,
            }
        )
    columns = ["project", "asked", "gets", "if", "price", "better", "displaces", "sort"]
    data = pd.DataFrame(rows, columns=columns)
    better = (Field("better", "plan better in", kind="text"),) if data["better"].any() else ()
    grant = data[data["if"].eq("grant it") & data["sort"].notna()]
    least = grant.loc[grant["sort"].idxmin()] if len(grant) else None
    return Table(
        data=data,
        columns=(
            Field("project", "project", kind="text"),
            Field("asked", "asks"),
            Field("gets", "the plan says", kind="text"),
            Field("if", "to", kind="text"),
            Field("price", "costs", kind="text"),
            *better,
            Field("displaces", "and displaces", kind="text"),
        ),
        title=f"{sentence(count(len(data), 'claim is', 'claims are'))} contested; the cheapest to grant, "
        f"{least['project'][0][1]}, costs {format_number(least['sort'])}"
        if least is not None
        else "No claim can be granted"
        if len(data)
        else "Nothing is contested: every project gets what it asks",
        takeaway="Each has its letter to the sponsor: what was decided, why, and what would change it."
        if len(data)
        else "",
        unit_line=unit_line(
            allocation.question.register,
            f"Claims, and {value_words(allocation)} lost by granting one, at the size asked",
        ),
        note="Requests and overrides on record first, then the most valuable."
        + (
            " Plan better in: share of futures, where the price is under one standard deviation."
            if better
            else ""
        )
        + (f" Left out: {count(left, 'other project')} that get less than they ask." if left else ""),
    )


@figure("contested.running", source="projects, levels, costs, benefits")
def running(reasons: Explanation, appraisal: Appraisal) -> Table:
    """Return what runs: spent (not counted), still to spend, exit cost, worth of going on and of stopping, the price of
    the other choice."""
    allocation, options = reasons.allocation, reasons.allocation.question.options
    rows = []
    for project, row in allocation.table[allocation.table["commitment"] == "committed"].iterrows():
        levels, full = options.loc[project], largest_levels(allocation.question)[str(project)]
        exits = levels[levels["stop"].astype(bool)]
        stop = exits.iloc[0] if len(exits) else None
        price = reasons.table.loc[(project, exits.index[0]), "price"] if stop is not None else float("nan")
        rows.append(
            {
                "project": (("text", row["name"]), ("id", project)),
                "decision": row["decision"],
                "sunk": appraisal.sunk.get(project, 0.0),
                "cost": levels.loc[full, "cost"],
                "on": levels.loc[full, "value"],
                "exit": float("nan") if stop is None else stop["cost"],
                "off": float("nan") if stop is None else stop["value"],
                "price": price,
            }
        )
    data = pd.DataFrame(rows, columns=["decision", "project", "sunk", "cost", "on", "exit", "off", "price"])
    stopped = allocation.table.loc[allocation.table["decision"] == "stop", "name"]
    exits_paid = data.loc[data["decision"] == "stop", "exit"].sum()
    return Table(
        data=data,
        columns=(
            Field("decision", "", kind="decision"),
            Field("project", "project", kind="text"),
            Field("sunk", "spent (not counted)"),
            Field("cost", "to spend"),
            Field("on", "worth going on"),
            Field("exit", "exit cost"),
            Field("off", "worth stopping"),
            Field("price", "the other choice costs"),
        ),
        title=f"Stop {listed(stopped)}: leaving costs {format_number(exits_paid)}"
        if len(stopped)
        else f"{sentence(count(len(data), 'running project goes', 'running projects go'))} on",
        takeaway="What is spent is gone either way. It may pay to stop for what it sets free.",
        unit_line=unit_line(allocation.question.register, "What runs, from today on"),
        note="n/a: no level stop in the register, so it goes on.",
    )


@figure("contested.later", source="projects, costs, benefits, budgets, capacity")
def later(allocation: Allocation, waiting: Allocation) -> Table:
    """Return what would start later if that were allowed, and what it gains; `waiting` is the plan of that question."""
    moved = waiting.table[waiting.table["delay"] > 0].sort_values("value", ascending=False, kind="stable")
    was, names = allocation.table["decision"], allocation.table["name"]
    data = pd.DataFrame(
        {
            "project": [(("text", row["name"]), ("id", str(p))) for p, row in moved.iterrows()],
            "now": ["in the plan" if was[p] == "fund" else "not in the plan" for p in moved.index],
            "size": moved["label"].to_list(),
            "cost": moved["cost"].to_list(),
            "value": moved["value"].to_list(),
        }
    )
    funded, before = (one.table["decision"].eq("fund") for one in (waiting, allocation))
    gain, years = waiting.value - allocation.value, waiting.question.deferral
    most = "one year" if years == 1 else f"up to {count(years, 'year')}"
    return Table(
        data=data,
        columns=(
            Field("project", "project", kind="text"),
            Field("now", "today", kind="text"),
            Field("size", "then", kind="text"),
            Field("cost", "cost"),
            Field("value", value_words(allocation)),
        ),
        title=f"Starting {count(len(data), 'project')} {most} later would gain {format_number(gain)}, "
        f"{format_number(waiting.value)} in all"
        if len(data)
        else f"Starting later by {most} gains nothing",
        takeaway=f"In: {shortened(names[funded & ~before], 4)}; out: {shortened(names[before & ~funded], 4)}."
        if len(data)
        else "",
        unit_line=unit_line(
            allocation.question.register, "Best plan if projects may start later, within their latest start"
        ),
        note="Values still count from today's year, so waiting costs; benefits whose end is fixed are lost.",
    )


@figure("contested.delay", source="projects, costs, benefits, budgets, capacity")
def delay(allocation: Allocation, costs: pd.DataFrame, most: int = 12) -> Table:
    """Return what one year later costs or gains; `costs` is from `pmo_kit.arbitration.cost_of_delay`."""
    table = costs[costs["in_plan"] & costs["cost"].notna()]
    ends = [*table.index[: most // 2], *table.index[len(table) - most // 2 :]]
    shown = table.loc[list(dict.fromkeys(ends))]
    gaining = int((table["cost"] < 0).sum())
    return Table(
        data=pd.DataFrame(
            {
                "project": [(("text", row["name"]), ("id", str(p))) for p, row in shown.iterrows()],
                "cost": shown["cost"].to_list(),
                "value": shown["value"].to_list(),
            }
        ),
        columns=(
            Field("project", "project, one year later", kind="text"),
            Field("cost", "costs the portfolio"),
            Field("value", "value of the plan then"),
        ),
        title=f"One year later costs most for {table['name'].iloc[0]}; "
        f"{count(gaining, 'funded project')} would gain by waiting"
        if len(table)
        else "No funded project may start a year later",
        unit_line=unit_line(
            allocation.question.register, "Best plan with this project one year later, others as asked"
        ),
        note=f"Of {count(len(table), 'funded project')} whose latest start allows it; a negative cost is a gain.",
    )


@figure("contested.by_score", source="scores, criteria, costs, benefits, budgets, capacity, links")
def by_score(allocation: Allocation, scored: Allocation, value: pd.Series) -> Table:
    """Return how the plan would differ if the committee maximized the value of the scores instead of money.

    Parameters
    ----------
    allocation, scored : Allocation
        The plan, and that of `pmo_kit.arbitration.revalued`.
    value : Series
        (project_id, level) -> points, NaN where nothing is scored.
    """
    names, goal = allocation.table["name"], value_words(allocation)
    ours, theirs = (one.table.index[one.table["decision"] == "fund"] for one in (allocation, scored))
    data = pd.DataFrame(
        [
            {
                "goal": f"Most {what}", "money": allocation.worth_of(one.plan), "points": scored.worth_of(one.plan),
                "cost": one.table["cost"].sum(), "funded": float(len(funded)), "only": shortened(names[only], 4),
            }
            for what, one, funded, only in (
                (goal, allocation, ours, ours.difference(theirs)),
                ("points of the scores", scored, theirs, theirs.difference(ours)),
            )
        ]
    )  # fmt: skip
    shared = len(ours.intersection(theirs))
    notes = [
        "Points: 100 is every criterion from worst to best; a project counts what it adds to doing nothing."
    ]
    known = value.notna().groupby(level="project_id").any()
    unscored = [str(p) for p in names.index if not known.get(p, False)]
    if unscored:
        notes.append(
            f"Not scored: {listed(names[unscored])}; in the second plan only where law or contract says so."
        )
    given_up = data["money"].iloc[0] - data["money"].iloc[1]
    return Table(
        data=data,
        columns=(
            Field("goal", "the plan with", kind="text"),
            Field("money", goal),
            Field("points", "score", "points", decimals=0),
            Field("cost", "money spent"),
            Field("funded", "funded", "projects", decimals=0),
            Field("only", "only in this plan", kind="text"),
        ),
        title=say(
            "By scores {n:words} projects stay; {lost} of {goal} is given up",
            n=facts.counted(allocation, shared, "by scores too"),
            lost=facts.gain(allocation, allocation.value - given_up, "by scores"),
            goal=goal,
        )
        if len(ours.symmetric_difference(theirs)) or given_up
        else "Scores and money ask for the same plan",
        takeaway="What is in both plans needs no debate about what to maximize.",
        unit_line=unit_line(allocation.question.register, "Two goals under the same limits"),
        note=" ".join(notes),
    )


def _gets(row: pd.Series) -> str:
    """What a project gets, in words."""
    if row["decision"] != "fund":
        return {"refuse": "not in the plan", "stop": "to stop"}[row["decision"]]
    return f"{row['label'] or 'as asked'}, {format_number(row['cost'])}"


@figure("contested.letter_{project}", source="projects, costs, benefits, budgets, capacity, links")
def sponsor_letter(allocation: Allocation, project: str) -> Message:
    """Return the letter to the sponsor of one project: the decision, why, what it would take."""
    name, sponsor = allocation.question.register.projects.loc[project, ["name", "sponsor"]]
    decision = {"fund": "is in the plan", "stop": "is to stop", "refuse": "is not in the plan"}
    items = letter_items(allocation, project)
    return Message(
        id=f"contested.letter_{project.lower()}",
        title=f"{name} {decision[allocation.table.loc[project, 'decision']]}",
        items=tuple(items),
        unit_line="Letter to the sponsor",
        to=str(sponsor) if pd.notna(sponsor) else f"the sponsor of {name}",
    )
