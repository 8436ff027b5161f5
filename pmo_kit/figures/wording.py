"""A plan in a committee's words: what a decision means, what it costs, who moves, what more would be worth."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Explanation
from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits import Field, Table
from pmo_kit.exhibits.records import Runs
from pmo_kit.facts import number, say
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import largest_levels, spend_years
from pmo_kit.figures.captions import count, sentence, shortened
from pmo_kit.figures.figure import figure
from pmo_kit.scenarios import Comparison

LONGEST = 12
"""Projects printed with their amounts; a longer list is summed by area and stands in its chapter."""
AREAS = 2
"""Areas printed apart where the list is summed; the others stand together."""
SAME = {"defer": "refuse", "pause": "refuse", "fund_to_next_gate": "fund", "fund_with_condition": "fund"}


def one_project(
    allocation: Allocation, explanation: Explanation, comparison: Comparison, project: str, asked: str
) -> Runs:
    """What a decision about one project means, costs and displaces, and in how many cases it holds."""
    row = allocation.table.loc[project]
    decision = str(row["decision"])
    size = f", {row['label']}" if row["label"] else ""
    text: str = say(
        "In the plan{size}: worth {worth}.", size=size, worth=claims.project_value(allocation, project)
    )
    if decision == "stop":
        spend = allocation.spend.loc[project]
        paid = say(", ").join(
            say("{money} in {year}", money=claims.project_cost(allocation, project, int(year)), year=year)
            for year in spend.index[spend > 0]
        )
        text = say("Leaving costs {paid}. ", paid=paid or "nothing")
        text += _price(allocation, explanation, project, "Carrying it on")
    elif decision == "refuse":
        text = _price(allocation, explanation, project, "Letting it in")
    held, cases = comparison.holds(project)
    size = " at this size" if decision == "fund" else ""
    tested = f"Holds{size} in {{held}} of {{cases}} cases beside today (see scenarios.results)"
    notes: list[str] = [say(tested, held=held, cases=cases)] if comparison.others else []
    if decision != SAME.get(asked, asked):
        notes.insert(0, f"The register asks to {asked.replace('_', ' ')}; the plan says {decision}")
    return (("lead", f"{row['name']}."), ("text", text), *(("small", note) for note in notes))


def the_plan(allocation: Allocation, comparison: Comparison, conditions: pd.Series | None = None) -> Runs:
    """How many projects are funded and why, and how many of them hold in every case."""
    table = allocation.table
    funded = table[table["decision"] == "fund"]
    chosen = funded["commitment"] == "discretionary"
    kinds = {
        "by law": funded["commitment"] == "mandatory",
        "running": funded["commitment"] == "committed",
        "worth more than they cost": chosen & (funded["value"] > 0),
        "for a rule or for projects that need them": chosen & (funded["value"] <= 0),
    }
    parts = [
        say("{n:words} {words}", n=claims.counted(allocation, int(inside.sum()), words), words=words)
        for words, inside in kinds.items()
        if inside.any()
    ]
    largest = largest_levels(allocation.question)
    reduced = int((funded["level"] != largest.reindex(funded.index)).sum())
    cases = len(comparison.others)
    same = comparison.fact("case.holds", int((comparison.held[funded.index] == cases).sum()), "projects")
    every = comparison.fact("cases", cases, "cases")
    whole = claims.decided(allocation, "fund")
    smaller = claims.counted(allocation, reduced, "at a reduced size")
    tail = say("; {n:words} of them at a reduced size", n=smaller) if reduced else ""
    asked = [] if conditions is None else [p for p in conditions.index if p in funded.index]
    held = claims.counted(allocation, len(asked), "with a condition")
    with_condition = say(
        " {n:Words} with a condition (see arbitration.plan): {who}.",
        n=held,
        who=shortened(table.loc[asked, "name"]),
    )
    return (
        ("lead", say("{n:Words} projects:", n=whole)),
        (
            "text",
            say("{parts}{tail}.{asked}", parts=say(", ").join(parts), tail=tail, asked=with_condition if asked else ""),
        ),
        (
            "small",
            say(
                "At this size {same:words} of the {whole:words} hold in {every_word}{every:words} other {noun}",
                same=same, whole=whole, every=every, every_word="all " if cases > 1 else "",
                noun="case" if cases == 1 else "cases",
            ) if cases else "No case stands beside today",
        ),
    )  # fmt: skip


@figure("page_one.amounts")
def amounts(allocation: Allocation) -> Table:
    """What each funded project gets in every year and in all, or the largest areas where they are many; exit costs."""
    table, years = allocation.table, spend_years(allocation)
    funded = table[table["decision"] == "fund"]
    spend = _by_year(allocation.spend.loc[funded.index], years)
    columns = list(spend.columns)
    if len(funded) <= LONGEST:
        rows = spend.assign(project=[_labelled(row, str(project)) for project, row in funded.iterrows()])
        whole = sentence(count(len(funded), "project"))
    else:
        order = (
            spend["in all"].groupby(funded["area"]).sum().sort_values(ascending=False, kind="stable").index
        )
        most = list(order) if len(order) <= AREAS + 1 else list(order[:AREAS])
        area = funded["area"].where(funded["area"].isin(most), f"{count(len(order) - len(most))} other areas")
        sums, sizes = spend.groupby(area, sort=False).sum(), area.value_counts()
        sums = sums.loc[[*most, *sums.index.difference(most)]]
        names = [(("text", f"{area}, {count(int(sizes[area]), 'project')}"),) for area in sums.index]
        rows, whole = sums.assign(project=names), f"All {len(funded)} projects"
    total: dict[str, Any] = {"project": (("lead", whole),)} | {
        year: float(rows[year].sum()) for year in columns
    }
    data = pd.concat([rows, pd.DataFrame([total])], ignore_index=True)
    exits = _by_year(allocation.spend[table["decision"] == "stop"], years).sum()
    if exits["in all"]:
        leaving = {"project": (("lead", "with the exit costs"),)}
        leaving |= {year: total[year] + float(exits[year]) for year in columns}
        data = pd.concat([data, pd.DataFrame([leaving])], ignore_index=True)
    return Table(
        data=data,
        columns=(Field("project", "", kind="text"), *(Field(year, year) for year in columns)),
        totals=2 if exits["in all"] else 1,
        across=2 if len(columns) <= 3 else 1,
        facts=(claims.spend(allocation), *(claims.spend(allocation, year) for year in years)),
    )


def _by_year(spend: pd.DataFrame, years: list[int]) -> pd.DataFrame:
    """Spending of the first years, of all later ones together where there are many, and in all."""
    near = years if len(years) <= 4 else years[:3]
    found = spend[near].rename(columns=str)
    if len(near) < len(years):
        found["later"] = spend.drop(columns=near).sum(axis=1)
    return found.assign(**{"in all": spend.sum(axis=1)})


def moves(point: Any, projects: pd.DataFrame) -> str:
    """Who leaves, who comes in and who changes size past a turning point; what runs stops or stays."""
    if point.value != point.value:
        return "No plan is possible"
    parts = []
    for who, new, running in ((point.leaves, "leave", "stop"), (point.enters, "come in", "stay")):
        for verb, runs in ((new, False), (running, True)):
            named = [
                projects.loc[project, "name"]
                for project in who
                if (projects.loc[project, "commitment"] == "committed") == runs
            ]
            if named:
                one = verb.replace(" ", "s ", 1) if " " in verb else f"{verb}s"
                parts.append(f"{shortened(named)} {one if len(named) == 1 else verb}")
    if point.shifts:
        parts.append(f"{shortened(projects.loc[[move[0] for move in point.shifts], 'name'])} at another size")
    return sentence("; ".join(parts) or "several plans tie")


def worth_words(allocation: Allocation, row: pd.Series) -> str:
    """What more of one limit would be worth; of all money: placed in the envelope and year where it helps most."""
    money = row.name == "all money"
    what = "money in any envelope" if money else str(row["label"])
    if pd.isna(row["more"]):
        return f"More {what} alone would change nothing."
    gain = claims.more(allocation, str(row.name), row["more"], row["more_value"] - allocation.value)
    most = claims.more(allocation, str(row.name), float("inf"), row["unlimited_value"] - allocation.value)
    rule = None if money else allocation.question.rule(str(row.name))
    step = claims.step(allocation, str(row.name), row["more"], rule)
    if isinstance(rule, Capacity):
        more = say(
            "{step} more {who} in {period}",
            step=step,
            who=role_words(rule.role, row["more"]),
            period=rule.period,
        )
    elif isinstance(rule, Envelope):
        more = say("{step:unit} more in {year}", step=step, year=rule.year)
    elif money:
        more = say("{step:unit} more, in the envelope and year where it helps most,", step=step)
    else:
        more = say("{step} more {what}", step=step, what=what)
    least = ", the least that changes anything," if row["more"] > 1 and not money else ""
    return say(
        "{more}{least} would gain {gain}; no amount of it gains more than {most}.",
        more=more, least=least, gain=gain, most=most,
    )  # fmt: skip


def amount(value: float, kind: str) -> str:
    """Money with one decimal; people without where they are whole."""
    return number(value, 0 if kind == "people" and float(value).is_integer() else 1)


def other_choice(allocation: Allocation, explanation: Explanation, project: str) -> str:
    """What doing otherwise with one project costs: letting it in, carrying it on, or leaving it out."""
    if project not in allocation.table.index or project not in explanation.table.index.get_level_values(0):
        return ""
    decision = allocation.table.loc[project, "decision"]
    if decision == "fund":
        return say("In the plan, worth {worth}.", worth=claims.project_value(allocation, project))
    verb = "Carrying it on" if decision == "stop" else "Letting it in"
    return _price(allocation, explanation, project, verb)


def _price(allocation: Allocation, explanation: Explanation, project: str, verb: str) -> str:
    """What the other choice costs at its cheapest size, and whom it displaces."""
    table, names = explanation.table.loc[[project]], allocation.question.register.projects["name"]
    flips = table[(table["flip"] == "in") & table["price"].notna()]
    if flips.empty:
        return f"{verb} is not possible within the limits."
    level, row = flips["price"].idxmin()[1], flips.loc[flips["price"].idxmin()]
    price: Any = claims.price(allocation, project, level, float(row["price"]))
    if number(row["price"]) != number(row["price_upper"]):
        upper = claims.price(allocation, project, level, float(row["price_upper"]), bound="at most")
        price = say("{low} to {high}", low=price, high=upper)
    out = [names[other] for other in row["displaces"] if other != project]
    tail = f" and displaces {shortened(out)}." if out else "."
    return say("{verb} costs {price}{tail}", verb=verb, price=price, tail=tail)


def _labelled(row: pd.Series, project: str) -> Runs:
    """A project with its size where it has several, and its id."""
    why = {"mandatory": ", by law", "committed": ", running"}.get(str(row["commitment"]), "")
    size = f", {row['label']}" if row["label"] and row["commitment"] == "discretionary" else ""
    return (("text", f"{row['name']}{size}{why}"), ("id", project))
