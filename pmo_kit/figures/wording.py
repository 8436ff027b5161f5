"""A plan in a committee's words: what a decision means, what it costs, who moves, what more would be worth."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Explanation
from pmo_kit.arbitration.rules import role_words
from pmo_kit.exhibits import Field, Table
from pmo_kit.exhibits.records import Runs
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import say
from pmo_kit.figures.arbitration import largest_levels, spend_years
from pmo_kit.figures.captions import count, sentence, shortened
from pmo_kit.figures.figure import figure
from pmo_kit.scenarios import Comparison

LONGEST = 12
"""Projects printed with their amounts; a longer list is summed by area and stands in its chapter."""
SAME = {"defer": "refuse", "pause": "refuse", "fund_to_next_gate": "fund", "fund_with_condition": "fund"}


def one_project(
    allocation: Allocation, explanation: Explanation, comparison: Comparison, project: str, asked: str
) -> Runs:
    """What a decision about one project means, costs and displaces, and in how many cases it holds."""
    row = allocation.table.loc[project]
    decision = str(row["decision"])
    text = f"In the plan{f', {row.label}' if row['label'] else ''}: worth {format_number(row['value'])}."
    if decision == "stop":
        spend = allocation.spend.loc[project]
        paid = ", ".join(f"{format_number(money)} in {year}" for year, money in spend[spend > 0].items())
        text = (
            f"Leaving costs {paid or 'nothing'}. {_price(allocation, explanation, project, 'Carrying it on')}"
        )
    elif decision == "refuse":
        text = _price(allocation, explanation, project, "Letting it in")
    held, cases = comparison.holds(project)
    size = " at this size" if decision == "fund" else ""
    notes: list[str] = [
        say(
            f"Holds{size} in {{held}} of {{cases}} cases beside today (see scenarios.results)",
            held=held,
            cases=cases,
        )
    ]
    if decision != SAME.get(asked, asked):
        notes.insert(0, f"The register asks to {asked.replace('_', ' ')}; the plan says {decision}")
    return (("lead", f"{row['name']}."), ("text", text), *(("small", note) for note in notes))


def the_plan(allocation: Allocation, comparison: Comparison) -> Runs:
    """How many projects are funded and why, and how many of them hold in every case."""
    table = allocation.table
    funded = table[table["decision"] == "fund"]
    alone = funded["value"] > 0
    kinds = (
        funded["commitment"].where(alone | (funded["commitment"] != "discretionary"), "kept").value_counts()
    )
    parts = [
        f"{count(int(kinds.get(kind, 0)))} {words}"
        for kind, words in (
            ("mandatory", "by law"),
            ("committed", "running"),
            ("discretionary", "chosen for value"),
            ("kept", "needed by others or by a rule"),
        )
        if kinds.get(kind, 0)
    ]
    largest = largest_levels(allocation.question)
    reduced = int((funded["level"] != largest.reindex(funded.index)).sum())
    cases = len(comparison.others)
    same = comparison.fact("case.holds", int((comparison.held[funded.index] == cases).sum()), "projects")
    every = comparison.fact("cases", cases, "cases")
    tail = f"; {count(reduced)} of them at a reduced size" if reduced else ""
    return (
        ("lead", f"{sentence(count(len(funded), 'project'))}:"),
        ("text", f"{', '.join(parts)}{tail}."),
        (
            "small",
            say(
                f"At this size {{same:words}} of the {count(len(funded))} hold in {'all ' if cases > 1 else ''}"
                f"{{every:words}} other {'case' if cases == 1 else 'cases'}",
                same=same,
                every=every,
            ),
        ),
    )


@figure("page_one.amounts")
def amounts(allocation: Allocation) -> Table:
    """What each funded project gets in the first two years, or each area where the list is long."""
    table, years = allocation.table, spend_years(allocation)[:2]
    funded = table[table["decision"] == "fund"]
    spend = allocation.spend.loc[funded.index, years].rename(columns=str)
    columns = [str(year) for year in years]
    if len(funded) <= LONGEST:
        rows = spend.assign(project=[_labelled(row, str(project)) for project, row in funded.iterrows()])
        whole = sentence(count(len(funded), "project"))
    else:
        sums, sizes = spend.groupby(funded["area"]).sum(), funded.groupby("area").size()
        names = [(("text", f"{area}, {count(int(sizes[area]), 'project')}"),) for area in sums.index]
        rows, whole = sums.assign(project=names), f"All {len(funded)} projects"
    total: dict[str, Any] = {"project": (("lead", whole),)} | {
        year: float(rows[year].sum()) for year in columns
    }
    data = pd.concat([rows, pd.DataFrame([total])], ignore_index=True)
    exits = allocation.spend.loc[table["decision"] == "stop", years].rename(columns=str).sum()
    if exits.any():
        leaving = {"project": (("text", "with the exit costs"),)}
        leaving |= {year: total[year] + float(exits[year]) for year in columns}
        data = pd.concat([data, pd.DataFrame([leaving])], ignore_index=True)
    return Table(
        data=data,
        columns=(Field("project", "", kind="text"), *(Field(year, year) for year in columns)),
        totals=2 if exits.any() else 1,
        across=2,
    )


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
    """What more of one limit would be worth."""
    money = row.name == "all money"
    what = "money in every envelope" if money else str(row["label"])
    if pd.isna(row["more"]):
        return f"More {what} alone would change nothing."
    gain, most = row["more_value"] - allocation.value, row["unlimited_value"] - allocation.value
    number = amount(row["more"], "people")
    unit, period = str(row["unit"]), str(row["label"]).removeprefix(str(row["unit"])).strip()
    more = f"{number} more money, spread over all envelopes,"
    if not money:
        rule = allocation.question.rule(str(row.name))
        who = role_words(rule.role, row["more"]) if isinstance(rule, Capacity) else unit
        more = f"{number} more {who}" + (f" in {period}" if period else "")
        if isinstance(rule, Envelope):
            more = rule.shortfall(row["more"], unit.partition(",")[0])
    least = ", the least that changes anything," if row["more"] > 1 and not money else ""
    return f"{more}{least} would gain {format_number(gain)}; no amount gains more than {format_number(most)}."


def amount(value: float, kind: str) -> str:
    """Money with one decimal; people without where they are whole."""
    return format_number(value, 0 if kind == "people" and float(value).is_integer() else 1)


def _price(allocation: Allocation, explanation: Explanation, project: str, verb: str) -> str:
    """What the other choice costs at its cheapest size, and whom it displaces."""
    table, names = explanation.table.loc[[project]], allocation.question.register.projects["name"]
    flips = table[(table["flip"] == "in") & table["price"].notna()]
    if flips.empty:
        return f"{verb} is not possible within the limits."
    row = flips.loc[flips["price"].idxmin()]
    lower, upper = format_number(row["price"]), format_number(row["price_upper"])
    price = lower if lower == upper else f"{lower} to {upper}"
    out = [names[other] for other in row["displaces"] if other != project]
    return f"{verb} costs {price}" + (f" and displaces {shortened(out)}." if out else ".")


def _labelled(row: pd.Series, project: str) -> Runs:
    """A project with its size where it has several, and its id."""
    why = {"mandatory": ", by law", "committed": ", running"}.get(str(row["commitment"]), "")
    size = f", {row['label']}" if row["label"] and row["commitment"] == "discretionary" else ""
    return (("text", f"{row['name']}{size}{why}"), ("id", project))
