"""Page one: the decision, what is asked, what limits it, what would change it, since last time, how sure."""

from __future__ import annotations

import pandas as pd

from pmo_kit.arbitration import Allocation, Explanation
from pmo_kit.errors import DataError
from pmo_kit.exhibits import Field, Kpi, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.arbitration import bottleneck, money_by_year, spend_years, value_words
from pmo_kit.figures.captions import count, listed, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.figures.wording import amount, amounts, moves, one_project, the_plan, worth_words
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.scenarios import Comparison

TURNS = 3
AT_ONCE = {"at": "any fewer", "above": "any more", "below": "any less"}
MOST = 5
"""Decisions on page one; a longer list stands in its chapter."""
NEEDED = {"by_when": "by when", "owner": "who owns it", "if_not_decided": "what happens if it is not decided"}


@figure("page_one.headline", source="projects, costs, benefits, budgets, capacity")
def headline(allocation: Allocation, carrying_on: float | None = None) -> Message:
    """Return the decision in one sentence: who stops, how many are funded, for how much, worth how much.

    Parameters
    ----------
    allocation : Allocation
        The recommended plan.
    carrying_on : float, optional
        Value of the best plan that stops nothing that runs.
    """
    table = allocation.table
    stops, funded = table.loc[table["decision"] == "stop", "name"], table["decision"] == "fund"
    what = count(int(funded.sum()), "project")
    first = f"Stop {shortened(stops, 2)} and fund {what}:" if len(stops) else f"Fund {what}:"
    spend = allocation.spend[funded]
    money = ", ".join(f"{format_number(spend[year].sum())} in {year}" for year in spend_years(allocation)[:2])
    gain = 0.0 if carrying_on is None else round(allocation.value - carrying_on, 9)
    more = f", {format_number(gain)} above carrying on" if gain > 0 else ""
    title = f"{first}\n{money}; worth {format_number(allocation.value)}{more}"
    meaning = f"worth = {value_words(allocation)}"
    if gain > 0:
        meaning += f" · carrying on = the best plan that keeps {shortened(stops, 2)}"
    return Message(
        title=title,
        items=(),
        unit_line=f"For decision · {allocation.question.register.settings.unit} · {meaning}",
    )


@figure("page_one.tiles", source="costs, benefits, budgets, capacity")
def tiles(allocation: Allocation, carrying_on: float | None = None) -> Kpi:
    """Return four numbers: the value, the limit that binds, and the money of the first two years."""
    gain = "" if carrying_on is None else (
        f"{format_number(allocation.value - carrying_on)} above carrying on ({format_number(carrying_on)})"
    )  # fmt: skip
    rows: list[dict[str, object]] = [
        {"label": sentence(value_words(allocation)), "value": allocation.value, "note": gain, "focus": True}
    ]
    limit = bottleneck(allocation)
    if limit is not None:
        rows.append(
            {
                "label": f"{sentence(limit['label'])}: the limit",
                "value": limit["used"],
                "limit": limit["limit"],
                "decimals": 0
                if float(limit["used"]).is_integer() and float(limit["limit"]).is_integer()
                else 1,
                "focus": True,
            }
        )
    exits = bool((allocation.table["decision"] == "stop").any())
    money = money_by_year(allocation)
    for _, row in (
        money[money["label"] != (limit["label"] if limit is not None else "")].head(4 - len(rows)).iterrows()
    ):
        with_exit = (
            exits and allocation.spend.loc[allocation.table["decision"] == "stop", int(row["year"])].any()
        )
        words = f"{sentence(row['label'])}{', with the exit cost' if with_exit else ''}"
        rows.append({"label": words, "value": row["used"], "limit": row["limit"]})
    data = pd.DataFrame(rows)
    return Kpi(
        data=data,
        title="The plan in four numbers",
        unit_line=unit_line(allocation.question.register, "The recommended plan"),
    )


@figure("page_one.decisions", source="requests, projects, costs, benefits")
def decisions(
    allocation: Allocation, explanation: Explanation, comparison: Comparison, most: int | None = MOST
) -> Table:
    """Return what the committee is asked to decide, from the register's `requests`.

    Each row: decision, what it means and costs, owner and date, what happens if it is not decided.

    Parameters
    ----------
    most : int, optional
        How many fit on page one: to stop and to fund first, then in the register's order. None is all of them, for
        the chapter.

    Raises
    ------
    DataError
        There are no requests, or one lacks an owner, a date or a consequence: every empty cell is listed.
    """
    register = allocation.question.register
    requests = register.need("requests")
    _refuse_gaps(requests)
    order = {"stop": 0, "fund": 1}
    requests = requests.assign(order=requests["decision"].map(order).fillna(2)).sort_values(
        "order", kind="stable"
    )
    shown = requests.head(most) if most else requests
    rest = len(requests) - len(shown)
    rows: list[dict[str, object]] = []
    details: list[tuple[int, Table]] = []
    for place, request in enumerate(shown.itertuples(index=False)):
        project = None if pd.isna(request.project_id) else str(request.project_id)
        if project is None:
            text, detail = the_plan(allocation, comparison), amounts(allocation)
            details.append((place, detail))
        else:
            text = one_project(allocation, explanation, comparison, project, str(request.decision))
        rows.append(
            {
                "number": float(place + 1),
                "decision": request.decision,
                "text": text,
                "owner": (("text", str(request.owner)), ("line", request.by_when.date().isoformat())),
                "otherwise": str(request.if_not_decided),
            }
        )
    return Table(
        id="" if most else "arbitration.requests",
        data=pd.DataFrame(rows),
        columns=(
            Field("number", "", decimals=0),
            Field("decision", "", kind="decision"),
            Field("text", "Decision", kind="text"),
            Field("owner", "Owner, by when", kind="text"),
            Field("otherwise", "If not decided", kind="text"),
        ),
        details=tuple(details) if most else (),
        note=f"{sentence(count(rest, 'more request'))} (see arbitration.requests)." if rest else "",
        title="You are asked to decide"
        if most
        else f"{sentence(count(len(rows), 'decision'))} are asked for",
        unit_line="",
    )


@figure("page_one.limits", source="budgets, capacity, resources")
def limits(allocation: Allocation, worth: pd.DataFrame) -> Message:
    """Return what limits the plan, and what more of it would be worth.

    Parameters
    ----------
    worth : DataFrame
        From `pmo_kit.arbitration.limits_worth`: the bottleneck, and "all money".
    """
    limit, money = bottleneck(allocation), money_by_year(allocation)
    left = listed(f"{format_number(row.slack)} in {row.year}" for row in money.head(2).itertuples())
    if limit is None:
        title, items = "What limits us: nothing", [("No limit is reached.", f"Money is left: {left}.")]
    else:
        people = limit["kind"] == "capacity"
        title = f"What limits us: {'people, not money' if people and (money['slack'] > 0).all() else limit['label']}"
        items = [(f"{sentence(limit['sentence'])}.", f"Money left: {left}.")]
        items += [("", worth_words(allocation, row)) for _, row in worth.iterrows()]
    return Message(
        title=title,
        items=tuple(items),
    )


@figure("page_one.turning_points", source="budgets, capacity, costs")
def turning_points(allocation: Allocation, points: pd.DataFrame) -> Table:
    """Return the changes that would turn the advice: the nearest of people, of money and of costs.

    Parameters
    ----------
    points : DataFrame
        From `pmo_kit.arbitration.turning_points`.
    """
    nearest = points.groupby("kind", sort=False).head(1).head(TURNS).reset_index(drop=True)
    side = nearest["kind"].map({"people": "at", "costs": "above"}).fillna("below")
    projects = allocation.question.register.projects
    rows = pd.DataFrame(
        {
            "what": [(("lead", sentence(label)),) for label in nearest["label"]],
            "now": [amount(row.today, row.kind) for row in nearest.itertuples()],
            "turns": [
                f"{how} {amount(row.at, row.kind)}" if row.at != row.today else AT_ONCE[how]
                for how, row in zip(side, nearest.itertuples(), strict=True)
            ],
            "value": nearest["value"],
            "then": [moves(point, projects) for point in nearest.itertuples()],
        }
    )
    return Table(
        data=rows,
        columns=(
            Field("what", "If this moves …", kind="text"),
            Field("now", "now"),
            Field("turns", "turns"),
            Field("value", "then worth"),
            Field("then", "then", kind="note"),
        ),
        title="What would change this advice",
    )


@figure("page_one.since_last", source="decisions, status, baselines, actions")
def since_last(allocation: Allocation, events: pd.DataFrame, most: int | None = 4) -> Message:
    """Return what happened since the last committee: advice not followed, changes without a record, old requests.

    Parameters
    ----------
    events : DataFrame
        From `pmo_kit.performance.since_last_committee`.
    most : int, optional
        How many fit on page one; None is all of them and what is still open, for the chapter.
    """
    still = events["kind"] == "open"
    told = events[~still] if most else events
    items = [(f"{row.lead}:", str(row.text)) for row in told.head(most or len(told)).itertuples()]
    if most:
        also = [f"{count(len(told) - most)} more like these"] if len(told) > most else []
        pending = count(int(still.sum()), "decision or action", "decisions and actions")
        also += [f"{pending} still open"] if still.any() else []
        items += [("Also:", f"{listed(also)} (see arbitration.since_last).")] if also else []
    date = pd.to_datetime(allocation.question.register.table("decisions")["date"]).max()
    when = f" ({date.date().isoformat()})" if date == date else ""
    items = items or [("Nothing to report.", "Every decision was kept.")]
    return Message(
        id="" if most else "arbitration.since_last",
        title=f"Since last time{when}",
        items=tuple(items),
    )


@figure("page_one.how_sure", source="all sheets")
def how_sure(allocation: Allocation) -> Message:
    """Return how far the advice can be trusted: proof, the next best plan, the data."""
    register = allocation.question.register
    names = register.projects["name"]
    if allocation.status == "optimal" and allocation.gap == 0:
        lead = "Proven."
        text = f"No other plan within the limits is worth {format_number(allocation.value)} or more."
        if allocation.unique is False:
            text = f"Another plan within the limits is worth {format_number(allocation.value)} too; none is worth more."
    else:
        lead = "Not proven to the last unit."
        above = format_number(allocation.bound - allocation.value)
        text = f"No plan can be worth more than {format_number(allocation.bound)}, {above} above this one."
    items = [(lead, text)]
    if allocation.next_best is not None and allocation.next_best_value is not None:
        distance = allocation.value - allocation.next_best_value
        mine, other = dict(allocation.plan), dict(allocation.next_best)
        moves = [
            f"{listed(names[list(who)])} {how}"
            for who, how in (
                ([p for p in other if other[p] != "stop" and mine.get(p, "stop") == "stop"], "in"),
                ([p for p in mine if mine[p] != "stop" and other.get(p, "stop") == "stop"], "out"),
                (
                    [
                        p
                        for p in mine
                        if "stop" not in (mine[p], other.get(p, "stop")) and other[p] != mine[p]
                    ],
                    "at another size",
                ),
            )
            if who
        ]
        lower = format_number(distance) if distance >= 0.05 else "less than 0.1"
        items.append(
            (
                f"Next best {format_number(allocation.next_best_value)},",
                f"{lower} lower: {', '.join(moves)}.",
            )
        )
    told = accounts(register.table("sources"))
    if told is not None and (told.share or told.found != told.used):
        items.append(("From the source:", told.sentence))
    findings = register.findings
    doubts = findings[findings["severity"] == "warn"]
    if len(doubts):
        items.append(
            (
                f"{sentence(count(len(doubts), 'data finding'))}:",
                f"{shortened(doubts['rule'].str.replace('_', ' ').unique(), 2)} (see data_quality.findings).",
            )
        )
    else:
        items.append(("No data findings.", "Nothing was repaired."))
    return Message(
        title="How sure",
        items=tuple(items),
    )


def _refuse_gaps(requests: pd.DataFrame) -> None:
    """One error that names every empty cell of the requests."""
    rows = [
        {
            "severity": "block", "file": "", "sheet": "requests", "row": place + 2, "column": column, "value": None,
            "rule": "a committee is told who, by when, and what otherwise",
            "message": f"Request {row['request_id']} does not say {words} "
            f"(sheet requests, row {place + 2}, column {column}).",
            "fix": f"fill {column}",
        }
        for place, (_, row) in enumerate(requests.iterrows())
        for column, words in NEEDED.items()
        if pd.isna(row[column])
    ]  # fmt: skip
    if rows:
        findings = pd.DataFrame(rows)
        raise DataError("\n".join(findings["message"]), findings)
