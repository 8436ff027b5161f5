"""The recommended plan, what limits it, what every exception costs, and what more or less money buys."""

from __future__ import annotations

import pandas as pd

from pmo_kit.arbitration import Allocation, Explanation, Frontier
from pmo_kit.exhibits import Chart, Field, Reference, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, inputs, listed, percent, sentence, shortened, unit_line

ROWS = 15
DECISION_ORDER = {"stop": 0, "fund": 1, "defer": 2, "refuse": 3}


def plan(allocation: Allocation) -> Table:
    """Return the list to decide: every project with its decision, size, value and spend by year; sums at the end."""
    register, table, spend = allocation.question.register, allocation.table, allocation.spend
    years = [year for year in spend.columns if spend[year].any()]
    rows = table.join(spend[years].rename(columns=str)).reset_index()
    rows["order"] = rows["decision"].map(DECISION_ORDER)
    rows = rows.sort_values(["order", "value"], ascending=[True, False], kind="stable", ignore_index=True)
    rows["size"] = rows["label"].where(rows["decision"] == "fund", "")
    out = rows["decision"] == "refuse"
    numbers = ["value", *map(str, years)]
    rows[numbers] = rows[numbers].mask(out)
    names = [f"{row.name} {row.project_id}" for row in rows.itertuples(index=False)]
    rows["project"] = [(("text", row["name"]), ("id", row["project_id"])) for _, row in rows.iterrows()]
    total = {"project": (("lead", "The plan"),), "decision": None, "area": "", "size": ""}
    total |= {name: float(rows[name].sum()) for name in numbers}
    funded = table["decision"] == "fund"
    stopped = table.loc[table["decision"] == "stop", "name"]
    stop = f", stop {listed(stopped)}" if len(stopped) else ""
    return Table(
        id="arbitration.plan",
        data=pd.concat([rows, pd.DataFrame([total])], ignore_index=True),
        totals=1,
        columns=(
            Field("decision", "", kind="decision"),
            Field("project", "project", kind="text"),
            Field("area", "area", kind="text"),
            Field("size", "size", kind="text"),
            Field("value", _value_words(allocation)),
            *(Field(str(year), f"spend {year}") for year in years),
        ),
        title=f"Fund {count(int(funded.sum()), 'project')}{stop}: "
        f"{_value_words(allocation)} {format_number(allocation.value)}",
        takeaway=f"{sentence(count(int((table['decision'] == 'refuse').sum()), 'request'))} must wait: "
        f"{shortened(table.loc[table['decision'] == 'refuse', 'name'])}.",
        unit_line=unit_line(register, "The plan", scope=_span(years)),
        alt=listed(f"{row} {decision}" for row, decision in zip(names, rows["decision"], strict=True)),
        note="Exit costs of what stops are in its spend.",
        source="projects, costs, benefits, budgets, capacity, links",
        inputs=_inputs(allocation),
    )


def envelopes(allocation: Allocation) -> Chart:
    """Return the spend of the plan against the envelopes of the whole portfolio, by year."""
    register, use = allocation.question.register, allocation.use
    money = use[(use["kind"] == "envelope") & use["label"].str.fullmatch(r"money \d{4}")]
    money = money.assign(year=money["label"].str[-4:])
    rows = pd.concat(
        [
            pd.DataFrame({"year": money["year"], "what": "envelope", "amount": money["limit"]}),
            pd.DataFrame({"year": money["year"], "what": "recommended", "amount": money["used"]}),
        ]
    ).sort_values(["year", "what"], kind="stable", ignore_index=True)
    left = float(money["slack"].sum())
    each = listed(
        f"{format_number(row.used)} of {format_number(row.limit)} in {row.year}" for row in money.itertuples()
    )
    return Chart(
        id="arbitration.envelopes",
        mark="bar",
        data=rows,
        x=Field("year", "fiscal year", kind="time"),
        y=Field("amount", "money", register.settings.unit),
        series=Field("what", kind="category"),
        styles={"envelope": "plan", "recommended": "forecast"},
        layered=True,
        title=f"The plan spends {each}" if len(money) <= 2 else f"The plan leaves {format_number(left)} unspent",
        takeaway=f"{format_number(left)} of the money is left; {_bottleneck_words(allocation)}.",
        unit_line=unit_line(register, "Spend against envelope", scope="exit costs included"),
        alt=each,
        source="costs, budgets",
        inputs=_inputs(allocation),
    )


def limits(allocation: Allocation) -> Table:
    """Return every limit, what the plan uses of it, and which are at their end; the tightest first."""
    register = allocation.question.register
    use = allocation.use.assign(share=lambda t: 100 * t["used"] / t["limit"])
    use = use[use["sense"] == "at most"].sort_values(["slack", "share"], ascending=[True, False], kind="stable")
    use = use.sort_values("share", ascending=False, kind="stable")
    shown = use.head(ROWS).assign(state=lambda t: t["binding"].map({True: "at its limit", False: ""}))
    full = use[use["binding"]]
    return Table(
        id="arbitration.limits",
        data=shown,
        columns=(
            Field("label", "limit", kind="text"),
            Field("used", "used"),
            Field("limit", "there"),
            Field("slack", "left"),
            Field("share", "used of there", "%", decimals=0),
            Field("unit", "unit", kind="text"),
            Field("state", "", kind="text"),
        ),
        title=f"{sentence(_bottleneck_words(allocation))}",
        takeaway=f"{sentence(count(len(full), 'limit is', 'limits are'))} reached of {len(use)}.",
        note=f"And {len(use) - ROWS} more with room left." if len(use) > ROWS else "",
        unit_line=unit_line(register, "Limits and what the plan uses", ""),
        alt="; ".join(use["sentence"].head(ROWS)),
        source="budgets, capacity, rules",
        inputs=_inputs(allocation),
    )


def ladder(frontier: Frontier, allocation: Allocation) -> Chart:
    """Return what the best plan is worth at each level of the envelopes, today's marked."""
    register, table = allocation.question.register, frontier.table
    rows = pd.DataFrame({"percent": 100 * table["factor"], "value": table["value"]})
    marked = {100.0: f"today {format_number(allocation.value)}", float(rows["percent"].min()): "", float(rows["percent"].max()): ""}
    rows["label"] = [
        marked.get(round(p, 6), "") or (format_number(v) if round(p, 6) in marked else "")
        for p, v in zip(rows["percent"], rows["value"], strict=True)
    ]
    low, high = rows.iloc[0], rows.iloc[-1]
    return Chart(
        id="arbitration.frontier",
        mark="line",
        data=rows,
        x=Field("percent", "share of every envelope", "%", decimals=0),
        y=Field("value", _value_words(allocation), register.settings.unit),
        label=Field("label", kind="text"),
        step=True,
        references=(Reference("x", 100.0, "envelope today"),),
        title=f"{format_number(100 - low.percent, 0)} % less money costs {format_number(allocation.value - low.value)}; "
        f"{format_number(high.percent - 100, 0)} % more buys {format_number(high.value - allocation.value)}",
        takeaway=frontier.summary,
        unit_line=unit_line(register, "Worth of the best plan at each level of every envelope"),
        alt=listed(f"{percent(p / 100)}: {format_number(v)}" for p, v in zip(rows["percent"], rows["value"], strict=True)),
        source="budgets, costs, benefits",
        inputs=_inputs(allocation),
    )


def _value_words(allocation: Allocation) -> str:
    value = allocation.question.value
    if not isinstance(value, str):
        return str(value.name or "value")
    return {"npv": "net value", "npsv": "net value to society"}.get(value, value.replace("_", " "))


def _bottleneck_words(allocation: Allocation) -> str:
    """The limit that binds, people first: "14 of 14 data engineers used (2028)"."""
    use = allocation.use
    full = use[use["binding"] & (use["sense"] == "at most")]
    if full.empty:
        return "no limit is reached"
    people = full[full["kind"] == "capacity"]
    return str((people if len(people) else full)["sentence"].iloc[0])


def _span(years: list[int]) -> str:
    return f"{years[0]} to {years[-1]}" if len(years) > 1 else str(years[0]) if years else ""


def _inputs(allocation: Allocation) -> dict[str, str]:
    return inputs(allocation.question.register, **{k: v for k, v in allocation.inputs.items() if k != "register"})
