"""The recommended plan, what limits it, what every exception costs, and what more or less money buys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pmo_kit import arbitration as engine
from pmo_kit.arbitration import Allocation, Explanation, Frontier, FundingOrder, Ledger, Question
from pmo_kit.arbitration.counterfactual import LOSES, letter_items
from pmo_kit.arbitration.prices import BORDER, IN, OUT, Core
from pmo_kit.exhibits import Chart, Exhibit, Field, Message, Reference, Table
from pmo_kit.facts import (
    NUMBER,
    SHARE,
    Fact,
    as_given,
    at_least_some,
    between,
    count,
    doing,
    in_row,
    listed,
    many,
    number,
    or_none,
    percent,
    say,
    sentence,
    shortened,
)
from pmo_kit.figures import claims as facts
from pmo_kit.figures.claims import SMALL
from pmo_kit.figures.figure import DUTIES, below, drawn, figure, in_years, named, nothing, span, tabled, unit_line

GROUPS = {
    "stop": "Stop",
    "fund": "Fund",
    "condition": "Fund with a condition",
    "later": "Fund, starting later",
    "refuse": "Refuse",
}
WAYS = {
    "in": "Out: price of letting it in",
    "out": "In: what is lost if it leaves",
    "law": "By law: what the duty costs",
}


@figure("arbitration.plan")
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
    table = allocation.table if not area else allocation.table[allocation.table["area"] == area]
    spend, waits = spend_by_year(allocation, table.index), table["decision"] == "refuse"
    asked = (pd.Series(dtype=object) if conditions is None else conditions).reindex(table.index)
    asked = asked.where(table["decision"] == "fund").fillna("")
    kind = table["decision"].mask(asked != "", "condition").mask(table["delay"] > 0, "later")
    why = pd.Series(_why(allocation)).reindex(table.index)
    price = _priced(explanation).reindex(table.index) if explanation else pd.Series("", table.index)
    why = why.mask(table["decision"].eq("stop") & price.eq("not possible"), "no plan within the limits carries it on")
    rows = table.assign(
        group=kind.map(GROUPS),
        order=kind.map([*GROUPS].index),
        condition=asked,
        why=why.mask(asked != "", why + "; needs " + asked),
        price=price,
        rag=ratings.reindex(table.index) if ratings is not None else None,
        value=table["value"].where(~waits, facts.asks(allocation.question)["best"]),
        **spend.where(~waits),
    )
    rows = rows.sort_values(["order", "value"], ascending=[True, False], kind="stable").reset_index()
    sizes = [(("text", f", {label}"),) if label else () for label in rows["label"]]
    rows["project"] = [(*name, *size) for name, size in zip(named(rows), sizes, strict=True)]
    rows = rows.fillna({"level": "", "why": "", "price": ""})
    inside, refused = (rows[rows["decision"].eq("refuse") == out] for out in (False, True))
    own = float(inside["value"].sum())
    total = {"project": (("lead", area or "The plan"),), "value": own if area else allocation.value, "rag": None}
    sums = [total | inside[[*spend]].sum().to_dict()]
    if not area and abs(allocation.value - own) > SMALL:
        words = (("text", "Effects of projects on one another, and of limits with a price"),)
        effects = {"project": words, "value": allocation.value - own, "rag": None}
        sums.insert(0, dict.fromkeys(spend) | effects)
    return tabled(
        data=below(rows, *sums),
        totals=len(sums),
        own=money_fields(spend),
        title=_area_title(allocation, area, own) if area else _plan_title(allocation),
        takeaway=f"What waits, the most valuable first: {shortened(refused['name'])}." if len(refused) else "",
        unit_line=unit_line(
            f"{sentence(allocation.question.goal)} and spending by year", scope=span(spend_years(allocation))
        ),
    )


PAYS = "pays"
"""Why a project is in, in one word."""


def _plan_title(allocation: Allocation) -> str:
    """Who stops, how many are funded and wait, for how much, worth how much."""
    told, table = facts.of_plan(allocation), allocation.table
    stopped = table.loc[table["decision"] == "stop", "name"]
    stop = f"{doing(stopped, 'stops|stop', len(stopped))}; " if len(stopped) else ""
    return say(
        f"{{stop}}{{funded:{'nones-words' if stop else 'nones-Words'}}} of {{every: project|projects}} "
        "{verb:=is|are} funded, {refused:nones-words} {refused:=waits|wait}: {whole:unit}, {what} {value}",
        stop=stop, what=allocation.question.goal, **told,
        verb=told["funded"] if told["funded"].value else told["every"],
    )  # fmt: skip


def _area_title(allocation: Allocation, area: str, own: float) -> str:
    """How many of the projects of an area are funded, for how much, worth how much."""
    told = facts.of_plan(allocation, area)
    if told["refused"].value == told["every"].value:
        return f"No project of {area} is in the plan"
    some = "{funded:nones-words} of" if told["funded"].value < told["every"].value else "its"
    many = f"{some} {{every:words project|projects}}"
    worth = facts.ours(allocation, "plan.value", own, area=area)
    return say(f"{{area}} has {many} in the plan, for {{whole:unit}} and worth {{own}}", area=area, own=worth, **told)


def _why(allocation: Allocation) -> dict[str, str]:
    """Why each project is in or out, in words."""
    less = "worth less than what it would displace"
    found = {project: _hindered(ways[:2], less) for project, ways in engine.obstacles(allocation).items()}
    kept, alone = engine.supports(allocation)["why"].to_dict(), facts.asks(allocation.question)["best"]
    for project, row in allocation.table.iterrows():
        if row["decision"] == "stop":
            loses = alone[str(project)] <= row["value"]
            found[str(project)] = "going on is worth less" if loses else "it frees what others use better"
        elif row["decision"] == "fund":
            found[str(project)] = kept.get(project, DUTIES.get(row["commitment"], PAYS))
    return found


def _hindered(ways: Sequence[str], none: str) -> str:
    """Why a project is out: that it loses money is a reason of another kind than the limits in its way."""
    links = ("needs ", "cannot stand beside ", "may not be in beside ")
    first, *rest = sorted(ways, key=lambda way: way.startswith(links)) or [none]
    return f"{first}; {listed(rest)}" if rest and first == LOSES else listed([first, *rest])


def other_choices(explanation: Explanation) -> pd.DataFrame:
    """The priced rows of an explanation that reverse a decision: leave out what is in, let in what is out.

    One row for each project, that of its cheapest size; a project that no plan can decide otherwise has none.
    """
    table = explanation.table
    funded = explanation.allocation.table["decision"].eq("fund")[table.index.get_level_values("project_id")].to_numpy()
    other = table[table["in_plan"].where(funded, table["flip"] == "in") & table["price"].notna()]
    return other.sort_values("price", kind="stable").groupby(level="project_id", sort=False).head(1)


def _priced(explanation: Explanation) -> pd.Series:
    """project_id -> the price of its other choice, in words."""
    other = other_choices(explanation).droplevel("level")
    words = pd.Series([between(row.price, row.price_upper) for row in other.itertuples()], other.index, dtype=object)
    return words.reindex(explanation.table.index.unique("project_id"), fill_value="not possible")


@figure("arbitration.area")
def area_headline(allocation: Allocation, area: str) -> Message:
    """Return what an area asked for and what it gets, in one sentence, and what it is told besides."""
    told, own = facts.of_plan(allocation, area), allocation.table[allocation.table["area"] == area]
    stops, waits = (own.loc[own["decision"] == decision, "name"] for decision in ("stop", "refuse"))
    parts = [doing(stops, "stops|stop")] if len(stops) else []
    parts += [doing(waits, "waits|wait", 2)] if len(waits) else []
    gets, basis = "nothing", allocation.question.basis_word
    if told["whole"].value or told["funded"].value:
        leaving = ", with the cost of stopping" if len(stops) and told["whole"].value else ""
        gets = say("{whole}{basis}{leaving}", basis=f" {basis}" if basis else "", leaving=leaving, **told)
    many = "; none is funded" if told["whole"].value else ""
    return Message(
        title=say(
            "{area} asked {asked:unit} for {every:words project|projects}, gets {gets}{many};\n{rest}",
            area=area, gets=gets, rest=listed(parts) if parts else "nothing waits",
            many=say(" for {funded:words}", **told) if told["funded"].value else many, **told,
        ),
        facts=(told["whole"],),
        unit_line=unit_line("For information and answer", scope=f"{allocation.question.basis} figures"),
    )  # fmt: skip


@figure("arbitration.refused")
def refused(allocation: Allocation) -> Table:
    """Return what is refused, what it asks, what it is worth alone, and what stands in its way."""
    ways, question = engine.obstacles(allocation), allocation.question
    data = facts.asks(question)[allocation.table["decision"] == "refuse"].reset_index()
    data["words"] = [_hindered(ways[project], "–") for project in data["project_id"]]
    met = pd.Series([way for project in data["project_id"] for way in ways[project]], dtype=object)
    met = met[met != LOSES].value_counts()
    most = met.index[met == met.max()]
    return tabled(
        data=data.sort_values("value", ascending=False, kind="stable", ignore_index=True),
        title=say(
            "{refused:Words request|requests} for {cost} must wait",
            cost=facts.ours(question.register, "refused.cost", data["cost"].sum()),
            **facts.of_plan(allocation),
        )
        if len(data)
        else "Nothing is refused: every project is in the plan or stops",
        takeaway=f"What stands most often in the way: {listed(most)}." if len(met) > len(most) else "",
    )


@figure("arbitration.envelopes")
def envelopes(allocation: Allocation) -> Exhibit:
    """Return the spend of the plan against the envelopes of the whole portfolio, by year; else of each envelope."""
    money = money_by_year(allocation)
    if money.empty:
        spend = in_years([(year, facts.spend(allocation, year)) for year in spend_years(allocation)], " and ")
        each = allocation.use[allocation.use["kind"] == "envelope"].groupby("envelope", sort=False)
        items = [
            (f"{sentence(str(name))}:", say("{all}.", all=in_years(_used(allocation, rows), " and ")))
            for name, rows in each
        ]
        return Message(
            title=say("The plan spends {spend}; no envelope is for all of it", spend=spend),
            items=tuple(items),
            unit_line=unit_line("Spend against envelope"),
        )
    rows = money.assign(envelope=money["limit"] - money["carried"], recommended=money["used"])
    rest = facts.ours(allocation, "plan.left", float(rows["envelope"].sum() - rows["recommended"].sum()))
    lefts = [(row["year"], facts.left(allocation, row)) for _, row in money.iterrows()]
    bare = allocation.spend.drop(columns=list(money["year"].astype(int)), errors="ignore").to_numpy().sum()
    beyond = facts.ours(allocation, "plan.spend", bare, part="years without an envelope")
    after = say("; {beyond} more falls in years without an envelope", beyond=beyond) if bare >= 0.05 else ""
    below = overspent(money)
    limit = bottleneck(allocation)
    full = "" if limit is None else f"; {allocation.limits[limit.name].sentence}"
    rows = rows.melt("year", ["envelope", "recommended"], "what", "amount")
    return drawn(
        data=rows.sort_values(["year", "what"], kind="stable", ignore_index=True),
        title=say("The plan spends {each}", each=in_years(_used(allocation, money), " and "))
        if len(money) <= 2
        else say("The plan leaves {left} unspent", left=rest),
        takeaway=say("Left: {each}{below}{after}{full}.", each=in_years(lefts), below=below, after=after, full=full),
    )


def overspent(money: pd.DataFrame) -> str:
    """What is said of years in which more is spent than their envelopes hold; rows of `money_by_year`."""
    over, carried = money["used"] - money["limit"] + money["carried"] > SMALL, money["carried"] > SMALL
    ways = ["paid with money carried in"] * bool((over & carried).any())
    ways += ["spent beyond the envelope, at its price"] * bool((money["slack"] < -SMALL).any())
    return f"; what is below zero is {' or '.join(ways)}" if ways else ""


def _used(allocation: Allocation, money: pd.DataFrame) -> list[tuple[Any, Any]]:
    """What is spent of the envelope of every year."""
    limits = [(row["year"], *facts.limit(allocation, row)) for _, row in money.iterrows()]
    return [(year, say("{used} of {most}", used=used, most=most)) for year, used, most in limits]


@figure("arbitration.prices")
def prices(explanation: Explanation) -> Chart:
    """Return what every priced choice costs: letting a refused project in, or giving up one that is in."""
    allocation = explanation.allocation
    rows = other_choices(explanation).reset_index()
    rows = rows.sort_values(["flip", "price"], ascending=[True, False], kind="stable")
    duties = explanation.duties.rename("price").rename_axis("project_id").reset_index().assign(flip="law")
    data = pd.concat([rows, duties], ignore_index=True)
    names = data["project_id"].map(allocation.table["name"])
    data = data.assign(group=data["flip"].map(WAYS), project=names + " " + data["project_id"])
    highest = data["price_upper"].fillna(data["price"])
    data["label"] = [between(*pair) for pair in zip(data["price"], highest, strict=True)]
    outside = allocation.table.index[allocation.table["decision"] != "fund"]
    tried = outside[outside.isin(explanation.table.index.get_level_values(0))]
    way = "in" if rows["flip"].eq("in").any() else "out"
    found = rows.loc[rows["flip"] == way, "price"]
    over = f"{number(len(found), 0)} projects {'outside' if way == 'in' else 'inside'}"
    least, most = (
        facts.told(allocation, f"project.price_{way}", amount, over=over, part=part)
        for part, amount in (("least", found.min()), ("most", found.max()))
    )
    who, shut = "a project that is outside", len(tried) - len(found)
    if len(tried) < len(outside):
        who = say("one of the {n:words} priced outside", n=facts.counted(allocation, len(tried), "outside, priced"))
    verb = f"Letting {allocation.table.loc[tried[0], 'name'] if len(tried) == 1 else who} in"
    if way == "out":
        shut, none = 0, f"No project {'priced ' * (len(tried) < len(outside))}outside can be let in; leaving"
        verb = none if len(tried) else "Leaving" if len(outside) else "Nothing is outside; leaving"
        verb += " out one that is in"
    low = "" if least.words() == number(0) else least
    cost = or_nothing(most)
    if least.words() != most.words():
        cost = say("{low}{to} {high}", low=low, to=" to" if low else "up to", high=most)
    what = f" of {allocation.question.goal}" if cost != "nothing" else ""
    never = facts.told(allocation, "count", shut, "projects", part="outside, not to be let in")
    rest = say("; {never:words} cannot be let in", never=never) if shut else ""
    return drawn(
        data=data[["group", "project", "price", "label"]],
        title=say("{verb} costs {cost}{what}{rest}", verb=verb, cost=cost, what=what, rest=rest)
        if len(found)
        else "No exception is possible",
        facts=tuple(
            facts.price(allocation, row.project_id, row.level, row.price, way=row.flip) for row in rows.itertuples()
        ),
        unit_line=unit_line(f"Loss against the recommended {number(allocation.value)}", scope="one change at a time"),
    )


@figure("arbitration.overrides")
def overrides(ledger: Ledger, allocation: Allocation) -> Exhibit:
    """Return the overrides on record: who, when, why; the price of each alone, on top of the others, of all."""
    if ledger.table.empty:
        return nothing("No override is on record.", "No project is taken in or out by order.")
    table, names = ledger.table, allocation.question.register.projects["name"]
    sizes = ", " + allocation.question.options["label"]
    rows = table.reset_index(drop=True).assign(
        project=[
            (
                ("text", row.name + sizes.get((row.project_id, row.level), "").removesuffix(", ")),
                ("id", row.project_id),
                ("line", f"taken {row.in_out}"),
            )
            for row in table.itertuples()
        ],
        who=[(("text", row.decided_by), ("line", row.date.isoformat())) for row in table.itertuples()],
        displaces=[others(names, row.displaces, row.project_id) for row in table.itertuples()],
    )
    total = {"project": (("lead", "All together"),), "alone": ledger.joint, "last_in": ledger.joint}
    apart, alone = number(abs(ledger.interaction)), number(table["alone"].sum(skipna=False))
    joint = f"{apart} {'more' if ledger.interaction > 0 else 'less'} than the sum of each alone, {alone}"
    joint = "as much as each alone, summed" if apart == number(0) else joint
    dearest = table.loc[table["last_in"].idxmax()]
    freed = facts.told(allocation, "order.freed", dearest["last_in"], project=str(dearest["project_id"]))
    return tabled(
        data=below(rows, total),
        title=say(
            "{n:Words override is|overrides are} on record; {costs} {cost}",
            n=facts.told(allocation, "count", len(table), "orders", part="on record"),
            costs="together they cost" if len(table) > 1 else "it costs",
            cost=or_nothing(facts.told(allocation, "order.joint", ledger.joint)),
        ),
        takeaway=say("Lifting {who} alone gives back {freed}.", who=dearest["name"], freed=or_nothing(freed)),
        note=(f"Together they cost {joint}. " if len(rows) > 1 else "")
        + "Pushes out: in every equally good plan, the other overrides in force.",
    )


@figure("arbitration.frontier")
def frontier(ladder: Frontier, allocation: Allocation | None = None) -> Chart:
    """Return what the best plan is worth at each level of the envelopes, today's marked.

    `allocation` is the plan of today's envelopes, where the ladder has no rung at 1.0.
    """
    table = ladder.table.dropna(subset="value").reset_index(drop=True)
    allocation = allocation or ladder.allocations.get(1.0) or engine.arbitrate(ladder.question)
    rows = pd.DataFrame({"percent": 100 * table["factor"], "value": table["value"]})
    today = rows["percent"].round(6) == 100
    rows["label"] = rows["value"].map(number).where(rows.index.isin([0, len(rows) - 1]), "")
    rows["label"] = rows["label"].mask(today, f"today {number(allocation.value)}")
    low, high, parts = rows.iloc[0], rows.iloc[-1], []
    for text, row, sign in (("{share} less money costs {change}", low, 1), ("{share} more buys {change}", high, -1)):
        part, lost = as_given(row["percent"]), sign * (allocation.value - row["value"])
        share = facts.told(allocation, "ladder.factor", sign * (1 - row["percent"] / 100), part=part)
        change = or_nothing(facts.told(allocation, "ladder.change", lost, part=part))
        parts += [say(text, share=share, change=change)] if share.value > SMALL else []
    enough = table["factor"][rows["value"] >= high["value"] - 0.05].min()
    return drawn(
        data=rows,
        references=(Reference("x", 100.0, "envelope today"),),
        facts=facts.each(allocation, "plan.value", table.set_index("factor")["value"], "budget"),
        title=say("; ").join(parts) or "No other budget was tried",
        takeaway=say(
            "Of the budgets tried none above {enough} of today's is worth more.",
            enough=_factor(ladder.question, enough),
        )
        if rows["value"].iloc[-2:].min() >= high["value"] - 0.05
        else "",
    )


def others(names: pd.Series, projects: tuple[str, ...], own: str) -> str:
    """The names of projects, without one of them."""
    found = [project for project in projects if project != own]
    return shortened(names[found], 3) if found else "–"


def changes(names: pd.Series, plan: Mapping[str, str], other: Mapping[str, str]) -> str:
    """What another plan changes: who is in, out or at another size; nothing where the two are one."""
    how = {"entered": "in", "left": "out", "resized": "at another size"}
    found = {
        how[what]: names[names.index.isin(ids)] for what, ids in engine.PlanChange.between(plan, other).moved.items()
    }
    return in_row(f"{shortened(who)} {way}" for way, who in found.items() if len(who))


def spend_years(allocation: Allocation) -> list[int]:
    """Years in which the plan spends anything that is printed; what lateness leaves beyond them rounds to nothing."""
    spend = allocation.spend.sum()
    return [int(year) for year in spend.index if spend[year] >= 0.05]


def spend_by_year(allocation: Allocation, projects: pd.Index) -> pd.DataFrame:
    """What projects spend in the first years of the plan, in all later ones where there are many, and in all."""
    years, spend = spend_years(allocation), allocation.spend.loc[projects]
    near = years if len(years) <= 4 else years[:3]
    found = spend[near].rename(columns=str)
    if len(near) < len(years):
        found["later"] = spend.drop(columns=near).sum(axis=1)
    return found.assign(total=spend.sum(axis=1))


def money_fields(spend: pd.DataFrame) -> list[Field]:
    """The columns of `spend_by_year`."""
    return [Field(str(name), "in all" if name == "total" else str(name)) for name in spend]


def money_by_year(allocation: Allocation) -> pd.DataFrame:
    """The envelopes of the whole portfolio: the rows of `use` with a column year, in order."""
    use = allocation.use
    money = use[(use["kind"] == "envelope") & (use["scope"] == "all")]
    return money.assign(year=money["year"].astype(int).astype(str))


def bottleneck(allocation: Allocation) -> pd.Series | None:
    """The limit that is at its end: people first, then money; None where there is room everywhere.

    A limit with a price that the plan pays to break is not at its end, nor is one that no plan can break.
    """
    use = allocation.use[~allocation.use["idle"]]
    full = use[use["binding"] & (use["sense"] == "at most") & (use["used"] <= use["limit"] + 1e-6)]
    people = full[full["kind"] == "capacity"]
    chosen = people if len(people) else full
    return None if chosen.empty else chosen.loc[chosen["used"].idxmax()]


def bottleneck_names(allocation: Allocation) -> list[str]:
    """Rules to price for page one: the limit that binds, and all the money together."""
    limit = bottleneck(allocation)
    return ["all money"] if limit is None else list(dict.fromkeys([str(limit["rule"]), "all money"]))


TIGHTEST = 10


@figure("arbitration.limits")
def limits(allocation: Allocation, worth: pd.DataFrame) -> Table:
    """Return what the plan uses of each limit and what more would gain: what holds back most, then the tightest.

    A limit that no plan can break is left out.

    Parameters
    ----------
    allocation : Allocation
    worth : DataFrame
        From `pmo_kit.arbitration.limits_worth`, for all limits or some.
    """
    use, held = allocation.use[~allocation.use["idle"]], holding(allocation, worth)
    rules = use.groupby("rule")["slack"].min()
    gains = use["rule"].map(worth["unlimited_value"] - allocation.value)
    use = use.assign(gains=gains.where(gains > SMALL, 0.0))
    use = use.sort_values(["gains", "room"], ascending=[False, True], kind="stable", ignore_index=True)
    units, amounts = (
        use["rule"].map({limit.rule: limit.unit for limit in allocation.limits}),
        use[["used", "limit", "slack"]],
    )
    shown = use.assign(
        **amounts.mask(units.eq(SHARE), 100 * amounts),
        unit=["%" if unit == SHARE else unit.short for unit in units],
        more=[_gain(allocation, worth.loc[rule]) if rule in worth.index else "–" for rule in use["rule"]],
        label=use["label"].map(sentence),
    )
    several = int(rules.index.isin(worth.index).sum())
    priced = facts.told(allocation.question.register, "limit.priced", several)
    title = "No limit is touched by the plan"
    if several:
        title = say("No limit of {n:words} keeps a better plan out by itself", n=priced)
    if held:
        most = [f"“{label}”" for label, gain in held if gain.words() == held[0][1].words()]
        back, what = "one holds back", most[0]
        if len(most) > 1:
            back, what = "several hold back", f"one of {listed(most)}"
        first = "One limit holds back"
        if several > 1:
            first = say("Of {n:words} limits {back} most", n=priced, back=back)
        title = say("{first}: without {what} the plan would gain {gain}", first=first, what=what, gain=held[0][1])
    full = set(use["rule"][use["binding"] & (use["sense"] == "at most")]) & set(rules.index[rules > -SMALL])
    over = int((rules < -SMALL).sum())
    takeaway = ""
    if len(use):
        takeaway = f"{sentence(or_none(len(full)))} of {count(len(rules), 'limit')} "
        takeaway += f"{'are' if len(full) > 1 else 'is'} used up"
        takeaway += f"; {count(over)} {'is' if over == 1 else 'are'} exceeded, at a price." if over else "."
    return tabled(data=shown, title=title, takeaway=takeaway)


def holding(allocation: Allocation, worth: pd.DataFrame) -> list[tuple[str, Fact]]:
    """Each limit in `worth` without which a better plan could be had: its label and the gain, the largest first."""
    gains = (worth["unlimited_value"] - allocation.value).drop("all money", errors="ignore")
    labels = allocation.use.drop_duplicates("rule").set_index("rule")["label"]
    held = gains[gains > SMALL].sort_values(ascending=False, kind="stable")
    return [(str(labels[r]), facts.more(allocation, str(r), float("inf"), float(g))) for r, g in held.items()]


def _gain(allocation: Allocation, row: pd.Series) -> str:
    """What the least increase of a limit that helps would gain."""
    if pd.isna(row["more"]) and row["unlimited_value"] > allocation.value and pd.isna(row["step"]):
        return f"set aside gains {at_least_some(row['unlimited_value'] - allocation.value)}"
    if pd.isna(row["more"]):
        return "nothing"
    return f"{at_least_some(row['more'])} more gains {at_least_some(row['more_value'] - allocation.value)}"


def or_nothing(amount: Fact) -> Fact | str:
    """An amount; where it would be printed as nought, words: that it is nothing, or how little."""
    if amount.words() != number(0):
        return amount
    return at_least_some(amount.value) if amount.value > SMALL else "nothing"


def _factor(question: Question, factor: float) -> Fact:
    """A share of the money, as a fact."""
    return facts.told(question, "ladder.factor", factor, part=as_given(factor))


@figure("arbitration.holds")
def holds(order: FundingOrder) -> Table:
    """Return the line that holds: one order of funding for all budgets, and what holding to it costs at each."""
    table, names = order.table[order.table["value"].notna()], order.question.register.projects["name"]
    entered = order.order.groupby("factor")["project_id"].agg(list)
    data = table.assign(
        budget=[percent(x) for x in table["factor"]],
        enters=[shortened(names[entered.get(x, [])], 6) for x in table["factor"]],
        projects=[int((order.order["factor"] <= x).sum()) for x in table["factor"]],
    )
    over = f"{number(len(table), 0)} budgets"
    most = facts.told(order, "list.price", table["price"].max(), over=over)
    proof = "proven best" if order.gap == 0 else f"at most {percent(order.gap, 1)} below the best order"
    return tabled(
        data=data,
        title=say(
            "One order of funding holds from {first} to {last} of the budget and costs {most}",
            first=_factor(order.question, table["factor"].iloc[0]),
            last=_factor(order.question, table["factor"].iloc[-1]),
            most=say("{most} at most", most=most) if table["price"].max() >= 0.05 else or_nothing(most),
        ),
        unit_line=unit_line(f"One list that only adds ({proof}; all budgets weigh the same)"),
    )


@figure("arbitration.moves")
def moves(allocation: Allocation, moved: pd.DataFrame) -> Exhibit:
    """Return what moving money between years is worth; `moved` is from `pmo_kit.arbitration.money_moves`."""
    told = facts.move(allocation, moved)
    if not told:
        if moved.empty:
            return nothing("No money can move between years: no envelope has two", "")
        asked = listed(as_given(x) for x in sorted(set(moved["amount"])))
        return Message(title="Moving money between two years would gain nothing", note=f"Tried: {asked}.")
    gaining = moved[moved["gain"] > SMALL].head(TIGHTEST)
    if gaining.empty:  # none of the amounts that were tried, but another
        best = moved.loc[[moved["most"].idxmax()]]
        gaining = best.assign(amount=best["cap"], gain=best["most"], more=float("nan"))
    words = "{amount}{of} moved from {first} to {then} would gain {gain}, the most of any move between two years"
    return tabled(
        data=gaining.assign(years=[f"{int(r.from_year)} to {int(r.to_year)}" for r in gaining.itertuples()]),
        title=say(words, of=f" of {told['what']} money" * bool(told["what"]), **told),
    )


STANDINGS = (IN, BORDER, OUT)


@figure("contested.core")
def core(found: Core) -> Table:
    """Return which projects are in every good plan, at the border, or in none; the border is what to debate."""
    parts = {standing: found.table.loc[found.table["standing"] == standing, "name"] for standing in STANDINGS}
    border, rest = parts[BORDER], len(found.table) - len(parts[BORDER])
    named = {
        name: shortened(who, len(who) if name == BORDER else 8) if len(who) else "–" for name, who in parts.items()
    }
    good, other = percent(found.epsilon), number(rest, 0)
    title = f"No project is worth debating: every plan within {good} of the best takes or leaves all of them alike"
    if len(border):
        title = "Every project is worth debating: some plans that are nearly as good take it, others leave it"
    if len(border) and rest:
        title = f"{many(len(border), 'project is|projects are')} worth debating: every plan within {good} of the best "
        title += f"takes or leaves the other {other} alike"
    return tabled(
        data=pd.DataFrame(
            {"standing": map(sentence, parts), "projects": map(float, map(len, parts.values())), "who": named.values()}
        ),
        title=title,
        takeaway=f"Debate {shortened(border, 4)}." if len(border) else "",
        note=f"A good plan is worth at most {good} less than the best; proven by searching for one.",
        unit_line=unit_line(f"Plans within {good} of the best", ""),
    )


@figure("contested.departments")
def departments(allocation: Allocation, scores: pd.Series | None = None, area: str = "") -> Table:
    """Return what each area asks and gets: projects, money, share of its ask, and how even that is.

    Parameters
    ----------
    allocation : Allocation
    scores : Series, optional
        project_id -> points of 100; the mean of each area, weighted by what its projects ask.
    area : str, optional
        Whose share the title names, beside that of all; else the ends are named.
    """
    table, stated = allocation.table, allocation.question.stated.table["cost"]
    funded = table["decision"] == "fund"
    data = table[["area"]].assign(
        requests=1.0,
        funded=funded.astype(float),
        asked=facts.asks(allocation.question)["cost"],
        given=[stated[p, level] if funded[p] else 0.0 for p, level in table["level"].items()],
        value=table["value"].where(table["decision"] != "refuse", 0.0),
    )
    notes = []
    if scores is not None:
        data["points"] = data["asked"] * scores.reindex(data.index)
        data["scored"] = data["asked"].where(data["points"].notna())
        notes = ["Mean score: weighted by the money asked."]
    data = data.groupby("area").sum()
    data.loc["All"] = data.sum()
    data["rate"] = 100 * data["given"] / data["asked"]
    data["even"] = data["rate"] / data.loc["All", "rate"]
    if scores is not None:
        data["score"] = data["points"] / data["scored"]
    order = data["rate"].drop("All").sort_values(ascending=False, kind="stable").index
    effects = allocation.value - float(data.loc["All", "value"])
    if abs(effects) > SMALL:
        notes.append(f"Effects of projects on one another change the sum by {number(effects, signed=True)}.")
    return tabled(
        data=data.loc[[*order, "All"]].reset_index(names="area"),
        title=_shares(data["rate"], area),
        note=" ".join(notes),
    )


def _shares(rates: pd.Series, area: str) -> str:
    """The share of its ask that an area gets, beside that of all; of no area the largest and the smallest share."""
    if area and pd.isna(rates[area]):
        return f"{area} asks for no money"
    if area:
        own, whole = (percent(rates[name] / 100) for name in (area, "All"))
        return f"{area} gets {own} of its ask, all areas together {whole}"
    known = rates.drop("All").dropna()
    if known.empty:
        return "No area asks for money"
    first, last = (listed(known.index[known == end].astype("str")) for end in (known.max(), known.min()))
    most, least = (percent(end / 100) for end in (known.max(), known.min()))
    if first == last:
        return f"Every area{' that asks for money' * (len(known) < len(rates) - 1)} gets {most} of its ask"
    verb = "gets {} of its" if (known == known.max()).sum() == 1 else "get {} of their"
    return f"{first} {verb.format(most)} ask, {last} {least}"


def contested(allocation: Allocation, asked: Question) -> list[str]:
    """Return what is contested: projects that do not get what they ask, or that an override decides.

    Those that a request to the committee or an override names come first, then the most valuable ask.
    """
    table, asks = allocation.table, facts.asks(allocation.question)
    overridden = {override.project_id for override in asked.orders}
    record = overridden | set(asked.register.table("requests")["project_id"].dropna())
    less = table["level"].ne(asks["level"].reindex(table.index)) | table["delay"].gt(0) | table.index.isin(overridden)
    return sorted(table.index[less], key=lambda p: (p not in record, -asks["value"][p], p))


@figure("contested.claims")
def claims(reasons: Explanation, asking: list[str], left: int = 0, shares: pd.DataFrame | None = None) -> Table:
    """Return each contested project with what it asks, what it gets, what granting it costs and whom it displaces.

    `shares` is from `pmo_kit.risk.price_shares`: beside a price that the futures do not settle, in how many of them the
    plan is the better one.
    """
    allocation, asks, rows = reasons.allocation, facts.asks(reasons.allocation.question), []
    names = allocation.table["name"]
    for project in asking:
        row, flip = allocation.table.loc[project], reasons.table.loc[(project, asks["level"][project])]
        other = "leave it out" if flip["in_plan"] else "carry it on" if row["decision"] == "stop" else "grant it"
        price = "not possible" if pd.isna(flip["price"]) else between(flip["price"], flip["price_upper"])
        better = ""
        if shares is not None and flip.name in shares.index and shares.loc[flip.name, "close"]:
            better = percent(shares.loc[flip.name, "better"])
        pushed = others(names, flip["displaces"], project)
        asked = row["name"], asks["cost"][project]
        rows.append((project, *asked, _gets(row), other, price, better, pushed, flip["price"]))
    head = ["project_id", "name", "asked", "gets", "if", "price", "better", "displaces", "sort"]
    data = pd.DataFrame(rows, columns=head)
    grant = data[data["if"].ne("leave it out") & data["sort"].notna()].sort_values("sort", kind="stable")
    title = "Nothing is contested: every project gets what it asks"
    if len(grant):
        ties, first = grant[grant["sort"] <= grant["sort"].iloc[0] + SMALL], grant["project_id"].iloc[0]
        cheapest = facts.price(allocation, first, asks["level"][first], grant["sort"].iloc[0])
        title = say(
            "{claims} contested; the cheapest to grant, {who}, {verb} {least}{each}",
            claims=many(len(data), "claim is|claims are"), who=shortened(ties["name"]),
            verb="costs" if len(ties) == 1 else "cost", least=or_nothing(cheapest), each=" each" * (len(ties) > 1),
        )  # fmt: skip
    elif len(data):
        title = "No claim can be granted at the size asked"
    noted = "Plan better in: share of futures, where the price is under one standard deviation."
    notes = [noted] * bool(data["better"].any())
    if left:
        short = "other project that gets less than it asks", "other projects that get less than they ask"
        notes.append(f"Left out: {count(left, *short)}.")
    letters = "Each has its letter to the sponsor: what was decided, why, and what would change it."
    return tabled(data=data, title=title, takeaway=letters * bool(len(data)), note=" ".join(notes))


@figure("contested.later")
def later(allocation: Allocation, waiting: Allocation) -> Table:
    """Return what would start later if that were allowed, and what it gains; `waiting` is the plan of that question."""
    moved = waiting.table[waiting.table["delay"] > 0].sort_values("value", ascending=False, kind="stable")
    before, after = (one.table["decision"].eq("fund") for one in (allocation, waiting))
    names, years = allocation.table["name"], waiting.question.deferral
    most = "one year" if years == 1 else f"up to {count(years, 'year')}"
    now = ["in the plan" if before[project] else "not in the plan" for project in moved.index]
    data = moved.assign(now=now, size=moved["label"])
    title = f"Starting later by {most} gains nothing"
    takeaway = "The best plan with later starts, within the latest start of each project, is the plan itself."
    if len(data):
        title = say(
            "Starting {n:words project|projects} {most} later would gain {gain}, {whole} in all",
            most=most, n=facts.counted(allocation, len(data), "starting later"), between="in all",
            gain=facts.ours(allocation, "plan.more", waiting.value - allocation.value, part="later starts"),
            whole=facts.value(waiting, "later starts"),
        )  # fmt: skip
        takeaway = f"In: {shortened(names[after & ~before], 4)}; out: {shortened(names[before & ~after], 4)}."
    return tabled(data=data.reset_index(), title=title, takeaway=takeaway)


@figure("contested.delay")
def delay(allocation: Allocation, costs: pd.DataFrame, most: int = 12) -> Table:
    """Return what one year later costs or gains; `costs` is from `pmo_kit.arbitration.cost_of_delay`."""
    known = costs["value"].notna()
    table, unknown = costs[costs["in_plan"] & known], int((costs["in_plan"] & ~known & costs["cost"].notna()).sum())
    shown = pd.concat([table.head(most // 2), table.tail(min(most // 2, max(len(table) - most // 2, 0)))])
    title = "No funded project may start a year later"
    notes = ["The latest starts, or the last year with money or people, do not allow it."]
    if unknown:
        title = "What one year later costs is not known: a limit ended the search"
        notes = [f"For {count(unknown, 'funded project')} a limit ended the search before a plan was found."]
    if len(table):
        gaining, dearest = int((table["cost_upper"] < -SMALL).sum()), table["cost"].max()
        title = f"One year later costs most for {shortened(table['name'][table['cost'] >= dearest - SMALL])}"
        if table["cost_upper"].max() <= SMALL:
            title = "One year later costs the portfolio nothing for any of them"
        title += f"; {count(gaining, 'funded project')} would gain by waiting" if gaining else ""
        of = f"Of {count(len(table), 'funded project')} that may start a year later; a negative cost is a gain."
        notes = [of, *notes] if unknown else [of]
        ends = shown[shown["cost"].map(number) != shown["cost_upper"].map(number)]
        apart = [f"{name} {between(*cost)}" for name, *cost in ends[["name", "cost", "cost_upper"]].values.tolist()]
        notes += [f"Not proven: {listed(apart)}."] if apart else []
    return tabled(data=shown.reset_index(), title=title, note=" ".join(notes))


@figure("contested.by_score")
def by_score(allocation: Allocation, scored: Allocation, value: pd.Series) -> Table:
    """Return how the plan would differ if the committee maximized the value of the scores instead of money.

    Parameters
    ----------
    allocation, scored : Allocation
        The plan, and that of `pmo_kit.arbitration.revalued`.
    value : Series
        (project_id, level) -> points, NaN where nothing is scored.
    """
    names, goal = allocation.table["name"], allocation.question.goal
    ours, theirs = (one.table.index[one.table["decision"] == "fund"] for one in (allocation, scored))
    sides = (goal, allocation, ours, theirs), ("points of the scores", scored, theirs, ours)
    data = pd.DataFrame(
        {
            "goal": f"Most {what}", "money": allocation.worth_of(one.plan), "points": scored.worth_of(one.plan),
            "cost": one.table["cost"].sum(), "funded": float(len(own)),
            "only": shortened(names[own.difference(other)], 4),
        }
        for what, one, own, other in sides
    )  # fmt: skip
    known = value.notna().groupby(level="project_id").any().reindex(names.index, fill_value=False)
    note = f"Not scored: {listed(names[~known])}; in the second plan only where law or contract says so."
    lost = data["money"].iloc[0] - data["money"].iloc[1]
    return tabled(
        data=data,
        title=say(
            "By scores {n:words project stays|projects stay}; {lost} of {goal} is given up", goal=goal,
            n=facts.counted(allocation, len(ours.intersection(theirs)), "by scores too"),
            lost=facts.ours(allocation, "plan.gain", lost, part="by scores"),
        )
        if len(ours.symmetric_difference(theirs)) or lost
        else "Scores and money ask for the same plan",
        note=note if not known.all() else "",
    )  # fmt: skip


def _gets(row: pd.Series) -> str:
    """What a project gets, in words."""
    if row["decision"] != "fund":
        return {"refuse": "not in the plan", "stop": "to stop"}[row["decision"]]
    return f"{row['label'] or 'as asked'}, {number(row['cost'])}"


@figure("contested.letter_{project}")
def sponsor_letter(allocation: Allocation, project: str) -> Message:
    """Return the letter to the sponsor of one project: the decision, why, what it would take."""
    name, sponsor = allocation.question.register.projects.loc[project, ["name", "sponsor"]]
    decision = {"fund": "is in the plan", "stop": "is to stop", "refuse": "is not in the plan"}
    items = tuple(letter_items(allocation, project))
    printed = set(NUMBER.findall(" ".join(text for _, text in items)))
    alone = allocation.question.options["value"][project].items()
    told = [(facts.told(allocation, "project.value", x, project=project, level=level),) for level, x in alone]
    every = (*told, *(facts.limit(allocation, row) for _, row in allocation.use.iterrows()), (facts.value(allocation),))
    return Message(
        id=f"contested.letter_{project.lower()}",
        title=f"{name} {decision[allocation.table.loc[project, 'decision']]}",
        items=items,
        facts=tuple(fact for some in every if printed.issuperset(fact.exact for fact in some) for fact in some),
        unit_line="Letter to the sponsor",
        to=str(sponsor) if pd.notna(sponsor) else f"the sponsor of {name}",
    )
