"""What a committee argues about: who is settled, who loses what in a cut, each department's share, and the letter."""

from __future__ import annotations

import pandas as pd

from pmo_kit.arbitration import Allocation, Core, Frontier, letter
from pmo_kit.exhibits import Field, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.arbitration import inputs_of, largest_levels, value_words
from pmo_kit.figures.captions import count, inputs, listed, percent, sentence, shortened, unit_line

STANDINGS = ("in every good plan", "at the border", "in no good plan")


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
        id="contested.core",
        data=rows,
        columns=(
            Field("standing", "", kind="text"),
            Field("projects", "projects", "", decimals=0),
            Field("who", "which", kind="text"),
        ),
        title=f"{sentence(count(len(border), 'project is', 'projects are'))} worth debating; the other "
        f"{len(table) - len(border)} are settled"
        if len(border)
        else "No project is worth debating: every good plan decides all of them alike",
        takeaway=f"Debate {shortened(border, 4)}." if len(border) else "",
        note=f"A good plan is worth at least {percent(1 - found.epsilon)} of the best; proven by searching for one.",
        unit_line=unit_line(register, f"Plans within {good} of the best", ""),
        alt=found.summary,
        source="costs, benefits, budgets, capacity, links",
        inputs=inputs(
            register, **{k: v for k, v in found.inputs.items() if k in ("epsilon", "status", "draws")}
        ),
    )


def cuts(ladder: Frontier) -> Table:
    """Return who leaves and who is reduced at each level of the envelopes below today's, and what that loses."""
    register, plans = ladder.question.register, ladder.plans
    names, table = register.projects["name"], ladder.table.set_index("factor")
    today = plans[1.0]
    rows = []
    for factor in sorted((f for f in plans if f < 1.0), reverse=True):
        now = plans[factor]
        gone = [p for p in today.index if _funded(today[p]) and not _funded(now[p])]
        moved = [p for p in today.index if _funded(today[p]) and _funded(now[p]) and today[p] != now[p]]
        entered = [p for p in today.index if _funded(now[p]) and not _funded(today[p])]
        rows.append(
            {
                "cut": f"−{percent(1 - factor)}",
                "value": table.loc[factor, "value"],
                "lost": table.loc[factor, "value"] - table.loc[1.0, "value"],
                "leave": shortened(names[gone], 4) if gone else "–",
                "reduced": shortened(names[moved], 3) if moved else "–",
                "enter": shortened(names[entered], 3) if entered else "–",
            }
        )
    data = pd.DataFrame(rows, columns=["cut", "value", "lost", "leave", "reduced", "enter"])
    first = data.iloc[0] if len(data) else None
    none = table.index[table["status"] == "infeasible"]
    return Table(
        id="contested.cuts",
        data=data,
        columns=(
            Field("cut", "cut", kind="text"),
            Field("value", "then worth"),
            Field("lost", "lost", signed=True),
            Field("leave", "leave", kind="text"),
            Field("reduced", "other size", kind="text"),
            Field("enter", "enter instead", kind="text"),
        ),
        title=f"The first cut, {first['cut']}, costs {format_number(-first['lost'])}"
        if first is not None
        else "No level below today's was asked for",
        takeaway=f"First to leave: {first['leave']}." if first is not None else "",
        note=f"No plan is possible at {listed(percent(f) for f in none)} of the envelopes."
        if len(none)
        else "",
        unit_line=unit_line(register, "Whole envelopes cut; the best plan at each level"),
        alt=listed(f"{row.cut}: {format_number(row.value)}" for row in data.itertuples()),
        source="budgets, costs, benefits",
        inputs=inputs(register, **{k: v for k, v in ladder.inputs.items() if k == "solver"}),
    )


def departments(allocation: Allocation) -> Table:
    """Return what each area asks and gets: projects, money, share of its ask, share of all that is funded."""
    register, options = allocation.question.register, allocation.question.options
    largest = largest_levels(allocation.question)
    asked = pd.Series({p: options.loc[(p, level), "cost"] for p, level in largest.items()})
    table = allocation.table
    funded = table["decision"] == "fund"
    group = table["area"]
    data = pd.DataFrame(
        {
            "requests": group.groupby(group).size().astype(float),
            "funded": funded.groupby(group).sum().astype(float),
            "asked": asked.reindex(table.index).groupby(group).sum(),
            "given": table["cost"].where(funded, 0.0).groupby(group).sum(),
            "value": table["value"].where(funded, 0.0).groupby(group).sum(),
        }
    )
    data["rate"] = 100 * data["given"] / data["asked"]
    data = data.sort_values("rate", ascending=False, kind="stable").rename_axis("area").reset_index()
    total: dict[str, object] = {"area": "All", **data.drop(columns=["area", "rate"]).sum().to_dict()}
    total["rate"] = 100 * data["given"].sum() / data["asked"].sum()
    first, last = data.iloc[0], data.iloc[-1]
    return Table(
        id="contested.departments",
        data=pd.concat([data, pd.DataFrame([total])], ignore_index=True),
        totals=1,
        columns=(
            Field("area", "area", kind="text"),
            Field("requests", "requests", "", decimals=0),
            Field("funded", "funded", "", decimals=0),
            Field("asked", "asked"),
            Field("given", "funded", "money"),
            Field("rate", "of its ask", "%", decimals=0),
            Field("value", value_words(allocation)),
        ),
        title=f"{first['area']} gets {format_number(first['rate'], 0)} % of its ask, {last['area']} "
        f"{format_number(last['rate'], 0)} %",
        takeaway="The plan follows value under the limits, not equal shares; the committee may wish to say so.",
        note="The ask counts every project at its largest size; exit costs and effects of one project on another "
        "are in neither.",
        unit_line=unit_line(register, "Ask and plan by area", scope="all years to come"),
        alt=listed(f"{row.area} {format_number(row.rate, 0)} %" for row in data.itertuples()),
        source="projects, costs, benefits",
        inputs=inputs_of(allocation),
    )


def sponsor_letter(allocation: Allocation, project: str) -> Message:
    """Return the letter to the sponsor of one project: the decision, why, what it would take."""
    name = allocation.table.loc[project, "name"]
    decision = {"fund": "is in the plan", "stop": "is to stop", "refuse": "is not in the plan"}
    _, *body = [block.strip() for block in letter(allocation, project).split("\n\n") if block.strip()]
    items: list[tuple[str, str]] = []
    for block in body:
        lines = block.splitlines()
        listing = all(line.startswith("- ") for line in lines)
        items += [("▸", line.removeprefix("- ")) for line in lines] if listing else [("", " ".join(lines))]
    return Message(
        id=f"contested.letter_{project}",
        title=f"{name} {decision[allocation.table.loc[project, 'decision']]}",
        items=tuple(items),
        unit_line=f"Letter to the sponsor, {allocation.question.register.projects.loc[project, 'sponsor']}",
        alt=" ".join(text for _, text in items),
        source="projects, costs, benefits, budgets, capacity, links",
        inputs=inputs_of(allocation),
    )


def _funded(level: object) -> bool:
    return isinstance(level, str) and level not in ("", "stop")
