"""What limits the plan, what more of each limit is worth, and who gains and loses with more or less money."""

from __future__ import annotations

import pandas as pd

from pmo_kit.arbitration import Allocation, FundingOrder, Question
from pmo_kit.exhibits import Exhibit, Field, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import SHARE, Fact, Unit, say
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import value_words
from pmo_kit.figures.captions import count, listed, percent, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure

ROWS = 10
SMALL = 1e-6


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
    units = {limit.rule: limit.unit for limit in allocation.limits}
    parts = shown["rule"].map(units).eq(SHARE)
    for column in ("used", "limit", "slack"):
        shown[column] = shown[column].where(~parts, 100 * shown[column])
    shown["unit"] = ["% of spending" if units[rule] == SHARE else units[rule].short for rule in shown["rule"]]
    shown["more"] = [
        _gain(allocation, worth.loc[rule]) if rule in worth.index else "–" for rule in shown["rule"]
    ]
    shown["label"] = shown["label"].map(sentence)
    held, priced = (
        holding(allocation, worth),
        claims.stated(
            register, "limit.priced", len(worth.drop("all money", errors="ignore")), Unit("limits")
        ),
    )
    full = use[use["binding"] & (use["sense"] == "at most") & (use["slack"] > -SMALL)]
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
        title=say(
            "Of the {n:words} tightest limits one holds back most, {what}: {words}",
            n=priced,
            what=held[0][0],
            words=held[0][1],
        )
        if held
        else say("None of the {n:words} tightest limits by itself keeps a better plan out", n=priced),
        takeaway=f"{sentence(count(len(full), 'limit is', 'limits are'))} used up of {len(use)}."
        if len(full)
        else f"None of the {len(use)} limits is used up.",
        note="Worth of more: the least increase of this limit alone that changes anything, and the "
        f"{value_words(allocation)} it gains; of floors and shares, what setting them aside gains.",
        unit_line=unit_line(register, "The tightest limits and what the plan uses", ""),
    )


def tightest(allocation: Allocation) -> list[str]:
    """Rules of the limits that `limits` shows, to price with `pmo_kit.arbitration.limits_worth`."""
    return list(dict.fromkeys(_tightness(allocation)["rule"].head(ROWS)))


def _tightness(allocation: Allocation) -> pd.DataFrame:
    """The limits that hold anything, the one with the least left as a share of itself first."""
    use = allocation.use
    use = use[(use["limit"] > 0) & (use["used"] > 0)]
    left = (use["slack"] / use["limit"]).rename("room")
    return use.join(left).sort_values("room", kind="stable", ignore_index=True)


def holding(allocation: Allocation, worth: pd.DataFrame) -> list[tuple[str, Fact | str]]:
    """Each limit in `worth` without which a better plan could be had, the largest gain first: label and words."""
    gains = (worth["unlimited_value"] - allocation.value).drop("all money", errors="ignore")
    use = allocation.use.drop_duplicates("rule").set_index("rule", drop=False)
    found = []
    for rule, gained in gains[gains > SMALL].sort_values(ascending=False, kind="stable").items():
        gain = claims.more(allocation, str(rule), float("inf"), float(gained))
        words = say("without it the plan would be worth {gain} more.", gain=gain)
        if pd.notna(worth.loc[rule, "step"]):
            used, most = claims.limit(allocation, use.loc[rule])
            words = say("{used} of {most} used; {words}", used=used, most=most, words=words)
        found.append((str(use.loc[rule, "label"]), words))
    return found


def _gain(allocation: Allocation, row: pd.Series) -> str:
    """What the least increase of a limit that helps would gain."""
    if pd.isna(row["more"]) and row["unlimited_value"] > allocation.value and pd.isna(row["step"]):
        return f"set aside gains {format_number(row['unlimited_value'] - allocation.value)}"
    if pd.isna(row["more"]):
        return "nothing"
    gain = format_number(row["more_value"] - allocation.value)
    return f"{format_number(row['more'])} more gains {gain}"


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
