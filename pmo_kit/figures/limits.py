"""What limits the plan, what more of each limit is worth, and who gains and loses with more or less money."""

from __future__ import annotations

import pandas as pd

from pmo_kit.arbitration import Allocation, Frontier, FundingOrder, Question
from pmo_kit.exhibits import Chart, Exhibit, Field, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import SHARE, Fact, say
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import bottleneck_sentence, value_words
from pmo_kit.figures.captions import count, listed, percent, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure

ROWS = 10


@figure("arbitration.limits", source="budgets, capacity, rules")
def limits(allocation: Allocation, worth: pd.DataFrame) -> Table:
    """Return the tightest limits: what the plan uses of each, and what the least increase that helps would gain.

    Parameters
    ----------
    allocation : Allocation
    worth : DataFrame
        From `pmo_kit.arbitration.limits_worth`, for the limits of `tightest` or fewer.
    """
    register, use = allocation.question.register, _tightness(allocation)
    shown = use.copy()
    parts = shown["unit"].eq("share of the plan")
    for column in ("used", "limit", "slack"):
        shown[column] = shown[column].where(~parts, 100 * shown[column])
    shown["unit"] = shown["unit"].where(~parts, "% of spending").str.partition(",")[0]
    shown["more"] = [
        _gain(allocation, worth.loc[rule]) if rule in worth.index else "–" for rule in shown["rule"]
    ]
    shown["label"] = shown["label"].map(sentence)
    full = use[use["binding"]]
    return Table(
        data=shown,
        first=ROWS,
        columns=(
            Field("label", "limit", kind="text"),
            Field("sense", "", kind="text"),
            Field("limit", "there"),
            Field("used", "used"),
            Field("slack", "left"),
            Field("unit", "unit", kind="text"),
            Field("more", "worth of more", kind="text"),
        ),
        title=f"{sentence(bottleneck_sentence(allocation))}",
        takeaway=f"{sentence(count(len(full), 'limit is', 'limits are'))} reached of {len(use)}.",
        note="Worth of more: the least increase of this limit alone that changes anything, and the "
        f"{value_words(allocation)} it gains; of floors and shares, what setting them aside gains.",
        unit_line=unit_line(register, "The tightest limits and what the plan uses", ""),
    )


def tightest(allocation: Allocation) -> list[str]:
    """Rules of the limits that `limits` shows, to price with `pmo_kit.arbitration.limits_worth`."""
    return list(dict.fromkeys(_tightness(allocation)["rule"].head(ROWS)))


@figure("contested.cuts", source="budgets, costs, benefits")
def cuts(ladder: Frontier) -> Table:
    """Return who enters and leaves at each level of the envelopes, against today's, and what the next money buys."""
    register, plans = ladder.question.register, ladder.plans
    names, table = register.projects["name"], ladder.table.set_index("factor")
    today = plans[1.0]
    rows = []
    for factor in sorted((f for f in plans if f != 1.0), reverse=True):
        now = plans[factor]
        gone = [p for p in today.index if _funded(today[p]) and not _funded(now[p])]
        moved = [p for p in today.index if _funded(today[p]) and _funded(now[p]) and today[p] != now[p]]
        entered = [p for p in today.index if _funded(now[p]) and not _funded(today[p])]
        money = table.loc[factor, "budget"] - table.loc[1.0, "budget"]
        change = table.loc[factor, "value"] - table.loc[1.0, "value"]
        rows.append(
            {
                "cut": f"{format_number(100 * (factor - 1), 0, signed=True)}\u202f%",
                "factor": factor,
                "value": table.loc[factor, "value"],
                "lost": change,
                "each": change / money if money else float("nan"),
                "leave": shortened(names[gone], 4) if gone else "–",
                "reduced": shortened(names[moved], 3) if moved else "–",
                "enter": shortened(names[entered], 3) if entered else "–",
            }
        )
    columns = ["cut", "factor", "value", "lost", "each", "leave", "reduced", "enter"]
    data = pd.DataFrame(rows, columns=columns)
    less, more = data[data["factor"] < 1], data[data["factor"] > 1]
    leaving = less.loc[less["leave"] != "–", "leave"]
    said = [
        f"the first cut, {row['cut']}, costs {format_number(-row['lost'])}"
        for _, row in less.head(1).iterrows()
    ]
    said += [f"{row['cut']} gains {format_number(row['lost'])}" for _, row in more.tail(1).iterrows()]
    none = table.index[table["status"] == "infeasible"]
    return Table(
        data=data,
        columns=(
            Field("cut", "envelopes", kind="text"),
            Field("value", "then worth"),
            Field("lost", "against today", signed=True),
            Field("each", "per unit of money", decimals=2),
            Field("leave", "leave", kind="text"),
            Field("reduced", "other size", kind="text"),
            Field("enter", "enter", kind="text"),
        ),
        title=sentence("; ".join(said)) if said else "No other level than today's was asked for",
        takeaway=f"First to leave: {leaving.iloc[0]}." if len(leaving) else "",
        note=f"No plan is possible at {listed(percent(f) for f in none)} of the envelopes."
        if len(none)
        else "",
        unit_line=unit_line(
            register, "All envelopes raised or cut alike; the best plan at each level, against today's"
        ),
    )


@figure("contested.waterfall", source="budgets, costs, benefits")
def waterfall(ladder: Frontier, cut: float) -> Exhibit:
    """Return which areas lose and gain value when every envelope is cut by a share; a line where no plan is left."""
    register, factor = ladder.question.register, round(1 - cut, 6)
    losses, values = ladder.losses(), ladder.table.set_index("factor")["value"]
    if pd.isna(values[factor]):
        line = f"Not shown: {percent(cut)} less money leaves no plan that keeps every rule."
        return Message(
            title=line,
            items=(),
        )
    by_area = losses[losses["factor"] == factor].groupby("area")["value"].sum().sort_values(kind="stable")
    rest = values[factor] - values[1.0] - by_area.sum()
    if abs(rest) > 1e-6:
        by_area["effects on one another"] = rest
    ends = values[1.0] + by_area.cumsum()
    rows = pd.DataFrame(
        {
            "step": ["today", *by_area.index, f"with −{percent(cut)}"],
            "start": [0.0, *(ends - by_area), 0.0],
            "end": [values[1.0], *ends, values[factor]],
            "words": [
                format_number(values[1.0]), *(format_number(x, signed=True) for x in by_area),
                format_number(values[factor]),
            ],
            "kind": ["before", *("more" if x >= 0 else "less" for x in by_area), "now"],
        }
    )  # fmt: skip
    return Chart(
        mark="bar",
        data=rows,
        x=Field("end", "value of the plan", register.settings.unit),
        y=Field("step", "area", kind="category"),
        start=Field("start"),
        series=Field("kind", kind="category"),
        styles={"before": "actual", "now": "plan", "more": "good", "less": "bad"},
        label=Field("words", kind="text"),
        title=f"{percent(cut)} less money costs {format_number(values[1.0] - values[factor])}: "
        f"{by_area.index[0]} loses most, {format_number(-by_area.iloc[0])}"
        if len(by_area)
        else f"{percent(cut)} less money costs nothing: the plan stays as it is",
        takeaway="Areas that gain take what the leaving projects set free." if (by_area > 0).any() else "",
        unit_line=unit_line(
            register, "Worth of the best plan, area by area", scope="every envelope cut alike"
        ),
    )


def _tightness(allocation: Allocation) -> pd.DataFrame:
    """The limits that hold anything, the one with the least left as a share of itself first."""
    use = allocation.use
    use = use[(use["limit"] > 0) & (use["used"] > 0)]
    left = (use["slack"] / use["limit"]).rename("room")
    return use.join(left).sort_values("room", kind="stable", ignore_index=True)


def _gain(allocation: Allocation, row: pd.Series) -> str:
    """What the least increase of a limit that helps would gain."""
    if pd.isna(row["more"]) and row["unlimited_value"] > allocation.value and pd.isna(row["step"]):
        return f"set aside gains {format_number(row['unlimited_value'] - allocation.value)}"
    if pd.isna(row["more"]):
        return "nothing"
    gain = format_number(row["more_value"] - allocation.value)
    return f"{format_number(row['more'])} more gains {gain}"


def _funded(level: object) -> bool:
    return isinstance(level, str) and level not in ("", "stop")


def _factor(question: Question, factor: float) -> Fact:
    """A share of the money, as a fact."""
    return claims.asked_of(question, "ladder.factor", factor, SHARE, part=f"{factor:g}")


@figure("arbitration.holds", source="costs, benefits, budgets")
def holds(order: FundingOrder) -> Table:
    """Return the line that holds: one order of funding for all budgets, and what holding to it costs at each."""
    table, names = order.table[order.table["value"].notna()], order.question.register.projects["name"]
    entered = order.order.groupby("factor")["project_id"].agg(list)
    data = pd.DataFrame(
        {
            "budget": [percent(x) for x in table["factor"]],
            "enters": [shortened(names[entered.get(x, [])], 6) for x in table["factor"]],
            "projects": [int((order.order["factor"] <= x).sum()) for x in table["factor"]],
            "value": table["value"].to_list(),
            "alone": table["alone"].to_list(),
            "price": table["price"].to_list(),
        }
    )
    proof = "proven best" if order.gap == 0 else f"at most {percent(order.gap, 1)} below the best order"
    return Table(
        data=data,
        columns=(
            Field("budget", "budget", kind="text"),
            Field("enters", "enters, and stays", kind="text"),
            Field("projects", "funded", "projects", decimals=0),
            Field("value", "worth"),
            Field("alone", "best plan of this budget"),
            Field("price", "what the order costs"),
        ),
        title=say(
            "One order of funding holds from {first} to {last} of the budget and costs {most} at most",
            first=_factor(order.question, table["factor"].iloc[0]),
            last=_factor(order.question, table["factor"].iloc[-1]),
            most=claims.asked_of(
                order.question, "list.price", table["price"].max(), over=f"{len(table)} budgets"
            ),
        ),
        unit_line=unit_line(
            order.question.register, f"One list that only adds ({proof}; all budgets weigh the same)"
        ),
        note="What is funded at a budget is funded at every larger one; its size may change.",
    )


@figure("arbitration.moves", source="budgets, costs, benefits")
def moves(allocation: Allocation, moved: pd.DataFrame) -> Exhibit:
    """Return what moving money between years is worth; `moved` is from `pmo_kit.arbitration.money_moves`."""
    register = allocation.question.register
    gaining = moved[moved["gain"] > 0].head(ROWS)
    if gaining.empty:
        asked = listed(f"{x:g}" for x in sorted(set(moved["amount"])))
        return Message(
            title="Moving money between two years would gain nothing",
            items=(),
            note=f"Tried: {asked}.",
        )
    best = moved.loc[moved["most"].idxmax()]
    gain, amount = claims.moved(allocation, best)
    data = gaining[["envelope", "from_year", "to_year", "amount", "gain", "more", "cap"]].reset_index(
        drop=True
    )
    years = [f"{int(r.from_year)} to {int(r.to_year)}" for r in gaining.itertuples()]
    return Table(
        data=data.assign(years=years).drop(columns=["from_year", "to_year"]),
        columns=(
            Field("years", "moved from", kind="text"),
            Field("envelope", "envelope", kind="text"),
            Field("amount", "amount"),
            Field("gain", "gain"),
            Field("more", "as much more in that year"),
            Field("cap", "gains up to"),
        ),
        title=say(
            "{amount} moved from {first} to {then} would gain {gain}, the most of any move between two years",
            first=int(best["from_year"]),
            then=int(best["to_year"]),
            gain=gain,
            amount=amount,
        ),
        unit_line=unit_line(
            register, "Change of the plan's value when money moves between two years' envelopes"
        ),
        note="With an envelope move those that hold its money too. As much more: new money in that one year alone.",
    )
