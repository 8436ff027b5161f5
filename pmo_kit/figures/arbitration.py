"""The recommended plan, what limits it, what every exception costs, and what more or less money buys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from pmo_kit.arbitration import Allocation, Explanation, Frontier, Ledger, Question, obstacles, supports
from pmo_kit.exhibits import Chart, Exhibit, Field, Message, Reference, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import SHARE, Unit, number, say
from pmo_kit.figures import claims
from pmo_kit.figures.captions import listed, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure

GROUPS = {
    "stop": "Stop",
    "fund": "Fund",
    "condition": "Fund with a condition",
    "later": "Fund, starting later",
    "refuse": "Refuse",
}


@figure("arbitration.plan", source="projects, costs, benefits, budgets, capacity, links, status")
def plan(
    allocation: Allocation,
    explanation: Explanation | None = None,
    ratings: pd.Series | None = None,
    conditions: pd.Series | None = None,
    area: str = "",
) -> Table:
    """Return every project: decision, size, money by year and in all, value, why, rating, price of the other choice.

    Parameters
    ----------
    allocation : Allocation
    explanation : Explanation, optional
        Prices of the other choice, where they were asked for.
    ratings : Series, optional
        project_id -> R, A or G by rule.
    conditions : Series, optional
        project_id -> what to ask of it before it gets more (`pmo_kit.performance.conditions`).
    area : str, optional
        Only the projects of this area.
    """
    register, years = allocation.question.register, spend_years(allocation)
    shown = years if len(years) <= 4 else years[:3]
    table = allocation.table if not area else allocation.table[allocation.table["area"] == area]
    spend = allocation.spend.loc[table.index]
    asked = conditions if conditions is not None else pd.Series(dtype=object)
    asked = asked.reindex(table.index).where(table["decision"] == "fund").fillna("")
    kind = table["decision"].mask(asked != "", "condition").mask(table["delay"] > 0, "later")
    rows = table.assign(
        level=table["level"].fillna(""),
        group=kind.map(GROUPS),
        order=kind.map({name: place for place, name in enumerate(GROUPS)}),
        condition=asked,
        why=pd.Series(_why(allocation)).reindex(table.index),
        price=pd.Series(dict(_other_choice(explanation)), dtype=object) if explanation else "",
        rag=ratings.reindex(table.index) if ratings is not None else None,
        total=spend[years].sum(axis=1),
        **{str(year): spend[year] for year in shown},
    )
    if len(shown) < len(years):
        rows["later"] = spend[years[3:]].sum(axis=1)
    money = [*map(str, shown), *(["later"] if len(shown) < len(years) else []), "total"]
    rows[money] = rows[money].where(rows["decision"] != "refuse")
    rows["value"] = rows["value"].where(rows["decision"] != "refuse", _alone(allocation))
    rows = rows.sort_values(["order", "value"], ascending=[True, False], kind="stable").reset_index()
    rows["project"] = [
        (*_named(row["name"], row["project_id"]), *((("text", f", {row['label']}"),) if row["label"] else ()))
        for _, row in rows.iterrows()
    ]
    rows["size"] = rows["label"].fillna("")
    rows[["why", "price"]] = rows[["why", "price"]].fillna("")
    rows["why"] = rows["why"].mask(rows["condition"] != "", rows["why"] + "; needs " + rows["condition"])
    inside = rows["decision"] != "refuse"
    total: dict[str, Any] = dict.fromkeys(rows.columns, "") | {
        "project": (("lead", area or "The plan"),),
        "rag": None,
    }
    total |= {name: float(rows.loc[inside, name].sum()) for name in money}
    own = float(rows.loc[inside, "value"].sum())
    total["value"] = own if area else allocation.value
    sums = [total]
    if not area and abs(allocation.value - own) > 1e-6:
        effects = dict.fromkeys(rows.columns, "") | dict.fromkeys(money)
        effects |= {"rag": None, "value": allocation.value - own}
        words = {"project": (("text", "Effects of projects on one another, and of limits with a price"),)}
        sums.insert(0, effects | words)
    refused = rows.loc[~inside, "name"]
    rates = (Field("rag", "rated", kind="rag"),) if ratings is not None else ()
    price = (Field("price", "other choice", kind="text"),) if explanation else ()
    return Table(
        data=pd.concat([rows, pd.DataFrame(sums)], ignore_index=True),
        totals=len(sums),
        group=Field("group", kind="category"),
        columns=(
            Field("project", "project", kind="text"),
            *(Field(name, {"total": "in all"}.get(name, name)) for name in money),
            Field("value", value_words(allocation)),
            *rates,
            Field("why", "why", kind="text"),
            *price,
        ),
        title=say("All {n:words} {noun} of {area}", n=claims.projects(register, area), area=area,
                  noun="project" if len(table) == 1 else "projects") if area else _plan_title(allocation),
        takeaway=f"What waits, the most valuable first: {shortened(refused)}." if len(refused) else "",
        unit_line=unit_line(register, f"{sentence(value_words(allocation))} and spending by year", scope=_span(years)),
        note=f"{PAYS}: worth more than it costs. Other choice: what taking it the other way costs the plan, at its "
        "cheapest size. Exit costs of what stops are in its spending; what two save together stands in the first of "
        f"them. The {value_words(allocation)} of what waits is that of its best size by itself.",
    )  # fmt: skip


PAYS = "pays"
"""Why a project is in, in one word."""


def _plan_title(allocation: Allocation) -> str:
    """Who stops, how many are funded and wait, for how much, worth how much."""
    table = allocation.table
    stopped = table.loc[table["decision"] == "stop", "name"]
    return say(
        "{stop}{fund:words} of {all} projects are funded, {refuse:words} wait: {whole:unit}, {what} {value}",
        stop=f"{listed(stopped)} {'stops' if len(stopped) == 1 else 'stop'}; " if len(stopped) else "",
        fund=claims.decided(allocation, "fund"), refuse=claims.decided(allocation, "refuse"),
        all=claims.projects(allocation.question.register), whole=claims.spend(allocation),
        what=value_words(allocation), value=claims.value(allocation),
    )  # fmt: skip


def _area_title(allocation: Allocation, area: str) -> str:
    """What an area asked for, and what it gets."""
    funded = claims.decided(allocation, "fund", area)
    return say(
        "{area} asked {asked:unit} for {all:words} {noun}, gets {gets}{many}",
        area=area, asked=claims.asked(allocation, area), all=claims.projects(allocation.question.register, area),
        noun="project" if (allocation.table["area"] == area).sum() == 1 else "projects",
        gets=claims.spend(allocation, area=area),
        many=say(" for {n:words}", n=funded) if funded.value else ", none is funded",
    )  # fmt: skip


def _why(allocation: Allocation) -> dict[str, str]:
    """Why each project is in or out, in words."""
    found = {project: listed(ways[:2]) for project, ways in obstacles(allocation).items()}
    kept = supports(allocation)["why"].to_dict()
    for project, row in allocation.table.iterrows():
        if row["decision"] == "stop":
            found[str(project)] = "it frees what others use better"
        elif row["decision"] == "fund":
            worth = {"mandatory": "by law", "committed": "running"}.get(row["commitment"], PAYS)
            found[str(project)] = kept.get(project, worth)
    return {project: words or "worth less than what it would displace" for project, words in found.items()}


def _other_choice(explanation: Explanation) -> Iterator[tuple[str, str]]:
    """project_id -> the price of the other choice at its cheapest size, in words."""
    for project, flips in explanation.table.groupby(level="project_id", sort=False):
        priced = flips[flips["price"].notna()]
        if priced.empty:
            yield str(project), "not possible"
            continue
        row = priced.loc[priced["price"].idxmin()]
        lower, upper = number(row["price"]), number(row["price_upper"])
        yield str(project), lower if lower == upper else f"{lower} to {upper}"


def _alone(allocation: Allocation) -> pd.Series:
    """What each project is worth by itself at its best size."""
    options = allocation.question.options
    return options[~options["stop"].astype(bool)]["value"].groupby(level="project_id").max()


@figure("arbitration.area", source="projects, costs, benefits, budgets")
def area_headline(allocation: Allocation, area: str) -> Message:
    """Return what an area asked for and what it gets, in one sentence, and what it is told besides."""
    own = allocation.table[allocation.table["area"] == area]
    stops, waits = own.loc[own["decision"] == "stop", "name"], own.loc[own["decision"] == "refuse", "name"]
    parts = [f"{shortened(stops)} {'stops' if len(stops) == 1 else 'stop'}"] if len(stops) else []
    parts += [f"{shortened(waits, 2)} {'waits' if len(waits) == 1 else 'wait'}"] if len(waits) else []
    second = listed(parts) if parts else "nothing waits"
    return Message(
        title=_area_title(allocation, area) + ";\n" + second,
        items=(),
        unit_line=unit_line(
            allocation.question.register,
            "For information and answer",
            scope=f"{allocation.question.basis} figures",
        ),
    )


@figure("arbitration.refused", source="projects, costs, benefits, budgets, capacity, links")
def refused(allocation: Allocation) -> Table:
    """Return what is refused, what it asks, what it is worth alone, and what stands in its way."""
    register, options = allocation.question.register, allocation.question.options
    ways = obstacles(allocation)
    rows = []
    for project, level in largest_levels(allocation.question).items():
        if allocation.table.loc[project, "decision"] == "refuse":
            option = options.loc[(project, level)]
            words = listed(ways[project]) if ways[project] else "–"
            named = {
                "project": _named(option["name"], project),
                "area": option["area"],
                "words": words,
            }
            rows.append(named | {"cost": option["cost"], "value": option["value"]})
    data = pd.DataFrame(rows, columns=["project", "area", "cost", "value", "words"])
    data = data.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    most = (
        pd.Series([way for project in ways.values() for way in project], dtype=object)
        .value_counts()
        .index[:1]
    )
    return Table(
        data=data,
        columns=(
            Field("project", "project", kind="text"),
            Field("area", "area", kind="text"),
            Field("cost", "asked"),
            Field("value", f"{value_words(allocation)} alone"),
            Field("words", "in its way", kind="text"),
        ),
        title=say(
            "{n:Words} {noun} for {cost} must wait",
            n=claims.decided(allocation, "refuse"),
            noun="request" if len(data) == 1 else "requests",
            cost=claims.asked_of(
                allocation.question,
                "refused.cost",
                data["cost"].sum(),
                register.settings.money,
                plan=claims.PLAN,
            ),
        ),
        takeaway=f"What stands most often in the way: {listed(most)}.",
        unit_line=unit_line(register, "Refused, at the largest size asked"),
        note="In its way: what would be overrun if the project were simply added to the plan.",
    )


@figure("arbitration.envelopes", source="costs, budgets")
def envelopes(allocation: Allocation) -> Chart:
    """Return the spend of the plan against the envelopes of the whole portfolio, by year."""
    register, money = allocation.question.register, money_by_year(allocation)
    given = money["limit"] - money["carried"]
    rows = pd.concat(
        [
            pd.DataFrame({"year": money["year"], "what": "envelope", "amount": given}),
            pd.DataFrame({"year": money["year"], "what": "recommended", "amount": money["used"]}),
        ]
    ).sort_values(["year", "what"], kind="stable", ignore_index=True)
    left = float(given.sum() - money["used"].sum())
    rest = claims.asked_of(allocation.question, "plan.left", left, register.settings.money, plan=claims.PLAN)
    pairs = [(*claims.limit(allocation, row), row["year"]) for _, row in money.iterrows()]
    each = say(" and ").join(
        say("{used} of {most} in {year}", used=a, most=b, year=year) for a, b, year in pairs
    )
    return Chart(
        mark="bar",
        data=rows,
        x=Field("year", "fiscal year", kind="time"),
        y=Field("amount", "money", register.settings.unit),
        series=Field("what", kind="category"),
        styles={"envelope": "plan", "recommended": "forecast"},
        layered=True,
        title=say("The plan spends {each}", each=each)
        if len(money) <= 2
        else say("The plan leaves {left} unspent", left=rest),
        takeaway=say("{left} of the money is left{limit}.", left=rest, limit=_at_its_end(allocation)),
        unit_line=unit_line(register, "Spend against envelope", scope="exit costs included"),
    )


@figure("arbitration.prices", source="costs, benefits, budgets, capacity, links")
def prices(explanation: Explanation) -> Chart:
    """Return what every priced choice costs: letting a refused project in, or giving up one that is in."""
    allocation = explanation.allocation
    register, table = allocation.question.register, explanation.table
    stops = allocation.table.index[allocation.table["decision"] == "stop"]
    outside = table.index.get_level_values("project_id").isin(
        allocation.table.index[allocation.table["level"].isna()]
    )
    stopped = table.index.get_level_values("project_id").isin(stops)
    inside = table["in_plan"] & ~stopped
    groups = {
        "Out: price of letting it in": table[(outside | stopped) & (table["flip"] == "in")],
        "In: what is lost if it leaves": table[inside],
    }
    rows = []
    for group, part in groups.items():
        cheapest = (
            part.dropna(subset="price").sort_values("price").groupby(level="project_id", sort=False).head(1)
        )
        for (project, _), row in cheapest.sort_values("price", ascending=False).iterrows():
            lower, upper = format_number(row["price"]), format_number(row["price_upper"])
            label = lower if lower == upper else f"{lower} to {upper}"
            name = f"{row['name']} {project}"
            rows.append(
                {"group": group, "project": name, "price": row["price"], "label": label, "role": group[:2]}
            )
    for project, gain in explanation.duties.items():
        name = f"{register.projects.loc[project, 'name']} {project}"
        words = {"group": "By law: what the duty costs", "project": name, "price": gain, "role": "By"}
        rows.append(words | {"label": format_number(gain)})
    data = pd.DataFrame(rows, columns=["group", "project", "price", "label", "role"])
    out = data.loc[data["role"] == "Ou", "price"].astype(float)
    over = f"{len(out)} projects outside"
    ends = [
        claims.asked_of(allocation.question, "project.price_in", amount, over=over, part=part)
        for part, amount in (("least", out.min()), ("most", out.max()))
    ]
    span = say("{low} to {high}", low=ends[0], high=ends[1]) if len(out) > 1 else say("{high}", high=ends[1])
    tried = allocation.table.index[allocation.table["decision"] != "fund"].isin(
        table.index.get_level_values(0)
    )
    few = claims.counted(allocation, int(tried.sum()), "outside, priced")
    one = "a refused project" if tried.all() else say("one of the {n:words} refused here", n=few)
    return Chart(
        mark="bar",
        data=data.drop(columns="role"),
        x=Field("price", "net value lost", register.settings.unit),
        y=Field("project", "project", kind="category"),
        group=Field("group", kind="category"),
        series=Field("group", kind="category"),
        styles={
            "Out: price of letting it in": "bad",
            "In: what is lost if it leaves": "focus",
            "By law: what the duty costs": "plan",
        },
        label=Field("label", kind="text"),
        title=say("Letting {one} in costs {span} of {what}", one=one, span=span, what=value_words(allocation))
        if len(out)
        else "No exception was priced that is possible",
        takeaway="Prices do not add up: admit two and the plan is computed again.",
        unit_line=unit_line(
            register,
            f"Loss against the recommended {format_number(allocation.value)}",
            scope="one change at a time",
        ),
        note="The cheapest size of each project.",
    )


@figure("arbitration.overrides", source="overrides")
def overrides(ledger: Ledger, allocation: Allocation) -> Exhibit:
    """Return the overrides on record: who, when, why; the price of each alone, on top of the others, of all."""
    register = allocation.question.register
    if ledger.table.empty:
        line = "No override is on record."
        return Message(
            title=line, items=(("", line),), 
        )  # fmt: skip
    table, names = ledger.table, register.projects["name"]
    rows = pd.DataFrame(
        [
            {
                "project": (
                    ("text", f"{row.name}{'' if pd.isna(row.level) else f', {row.level}'}"),
                    ("id", row.project_id),
                    ("line", "taken in" if row.in_out == "in" else "taken out"),
                ),
                "who": (("text", row.decided_by), ("line", row.date.isoformat())),
                "reason": row.reason,
                "alone": row.alone,
                "last_in": row.last_in,
                "displaces": others(names, row.displaces, row.project_id),
            }
            for row in table.itertuples(index=False)
        ]
    )
    total = {"project": (("lead", "All together"),), "who": "", "reason": "", "displaces": ""}
    alone = format_number(table["alone"].sum(skipna=False))
    costs = "together they cost" if len(table) > 1 else "it costs"
    words = "more" if ledger.interaction > 0 else "less"
    apart = f"{format_number(abs(ledger.interaction))} {words} than the sum of each alone, {alone}"
    dearest = table.loc[table["last_in"].idxmax()]
    return Table(
        data=pd.concat(
            [rows, pd.DataFrame([total | {"alone": ledger.joint, "last_in": ledger.joint}])],
            ignore_index=True,
        ),
        totals=1,
        columns=(
            Field("project", "project", kind="text"),
            Field("who", "by", kind="text"),
            Field("reason", "reason", kind="text"),
            Field("alone", "price alone"),
            Field("last_in", "on top of the others"),
            Field("displaces", "pushes out", kind="text"),
        ),
        title=say(
            "{n:Words} {noun} on record; {costs} {cost}",
            n=claims.asked_of(allocation.question, "count", len(table), Unit("orders"), part="on record"),
            noun="override is" if len(table) == 1 else "overrides are",
            costs=costs,
            cost=claims.asked_of(allocation.question, "order.joint", ledger.joint),
        ),
        takeaway=say(
            "Lifting {who} alone gives back {freed}.",
            who=dearest["name"],
            freed=claims.asked_of(
                allocation.question, "order.freed", dearest["last_in"], project=str(dearest["project_id"])
            ),
        ),
        unit_line=unit_line(register, f"{sentence(value_words(allocation))} lost"),
        note=(f"Together they cost {apart}. " if len(rows) > 1 else "")
        + "Pushes out: in every equally good plan, the other overrides in force.",
    )


@figure("arbitration.frontier", source="budgets, costs, benefits")
def ladder(frontier: Frontier, allocation: Allocation) -> Chart:
    """Return what the best plan is worth at each level of the envelopes, today's marked."""
    register, table = allocation.question.register, frontier.table
    rows = pd.DataFrame({"percent": 100 * table["factor"], "value": table["value"]})
    marked = {
        100.0: f"today {format_number(allocation.value)}",
        float(rows["percent"].min()): "",
        float(rows["percent"].max()): "",
    }
    rows["label"] = [
        marked.get(round(p, 6), "") or (format_number(v) if round(p, 6) in marked else "")
        for p, v in zip(rows["percent"], rows["value"], strict=True)
    ]
    low, high = rows.iloc[0], rows.iloc[-1]
    ends = {
        name: claims.asked_of(allocation.question, key, amount, unit, part=f"{row.percent:g}")
        for row, less in ((low, 1), (high, -1))
        for name, key, amount, unit in (
            (f"factor{less}", "ladder.factor", abs(1 - row.percent / 100), SHARE),
            (f"change{less}", "ladder.change", less * (allocation.value - row.value), None),
        )
    }
    return Chart(
        mark="line",
        data=rows,
        x=Field("percent", "share of every envelope", "%", decimals=0),
        y=Field("value", value_words(allocation), register.settings.unit),
        label=Field("label", kind="text"),
        references=(Reference("x", 100.0, "envelope today"),),
        title=say(
            "{less} less money costs {lost}; {more} more buys {gained}",
            less=ends["factor1"],
            lost=ends["change1"],
            more=ends["factor-1"],
            gained=ends["change-1"],
        ),
        takeaway=frontier.summary,
        unit_line=unit_line(register, "Worth of the best plan at each level of every envelope"),
    )


def _named(name: str, project: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """A project with its id in small type."""
    return (("text", name), ("id", project))


def others(names: pd.Series, projects: tuple[str, ...], own: str) -> str:
    """The names of projects, without one of them."""
    found = [project for project in projects if project != own]
    return shortened(names[found], 3) if found else "–"


def value_words(allocation: Allocation) -> str:
    """What the value of a plan is called."""
    value = allocation.question.value
    if not isinstance(value, str):
        return str(value.name or "value")
    words = {"npv": "net value", "npsv": "net value to society"}.get(value, value.replace("_", " "))
    return f"{allocation.question.basis_word} {words}".strip()


def spend_years(allocation: Allocation) -> list[int]:
    """Years in which the plan spends anything that is printed; what lateness leaves beyond them rounds to nothing."""
    spend = allocation.spend.sum()
    return [int(year) for year in spend.index if spend[year] >= 0.05]


def money_by_year(allocation: Allocation) -> pd.DataFrame:
    """The envelopes of the whole portfolio: the rows of `use` with a column year, in order."""
    use = allocation.use
    money = use[(use["kind"] == "envelope") & (use["scope"] == "all")]
    return money.assign(year=money["year"].astype(int).astype(str))


def largest_levels(question: Question) -> pd.Series:
    """The level of each project that costs most, `stop` left out; any other is a reduced size."""
    options = question.options
    going = options[~options["stop"].astype(bool)]["cost"]
    return pd.Series({str(project): part.idxmax()[1] for project, part in going.groupby(level="project_id")})


def bottleneck(allocation: Allocation) -> pd.Series | None:
    """The limit that is at its end: people first, then money; None where there is room everywhere.

    A limit with a price that the plan pays to break is not at its end.
    """
    use = allocation.use
    full = use[use["binding"] & (use["sense"] == "at most") & (use["used"] <= use["limit"] + 1e-6)]
    people = full[full["kind"] == "capacity"]
    chosen = people if len(people) else full
    return None if chosen.empty else chosen.loc[chosen["used"].idxmax()]


def bottleneck_names(allocation: Allocation) -> list[str]:
    """Rules to price for page one: the limit that binds, and all the money together."""
    limit = bottleneck(allocation)
    return ["all money"] if limit is None else list(dict.fromkeys([str(limit["rule"]), "all money"]))


def _at_its_end(allocation: Allocation) -> str:
    limit = bottleneck(allocation)
    return "" if limit is None else f"; {limit['sentence']}"


def _span(years: list[int]) -> str:
    return f"{years[0]} to {years[-1]}" if len(years) > 1 else str(years[0]) if years else ""
