"""Why the advice changed since the last committee: a waterfall by cause, and the same as a table."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Chart, Table
from pmo_kit.facts import Sentence, listed, number, say, sentence
from pmo_kit.figures import claims
from pmo_kit.figures.figure import below, drawn, figure, named_by, tabled, unit_line
from pmo_kit.scenarios import Attribution

WORDS = {
    "method": "how it is counted",
    "data": "costs, benefits and people",
    "projects": "projects added or gone",
    "weights": "weights of the criteria",
    "constraints": "money, people and rules",
    "overrides": "decisions by name",
}


@figure("what_changed.causes")
def causes(attribution: Attribution) -> Chart:
    """Return the way from the last committee's net value to today's, cause by cause."""
    before, after = attribution.before.value, attribution.after.value
    amounts = attribution.amounts["total"]
    ends = before + amounts.cumsum()
    rows = pd.DataFrame(
        {
            "step": ["last committee", *map(_cause, amounts.index), "today"],
            "start": [0.0, *(ends - amounts), 0.0],
            "end": [before, *ends, after],
            "words": [number(before), *(number(x, signed=True) for x in amounts), number(after)],
            "kind": ["before", *("more" if x >= 0 else "less" for x in amounts), "now"],
        }
    )
    orders = f"; {attribution.orders}" if attribution.orders else ""
    return drawn(
        data=rows,
        title=_title(attribution),
        facts=claims.each(attribution.after, "change.value", amounts, "part"),
        takeaway=_takeaway(attribution) + ". Nothing is left unexplained.",
        unit_line=unit_line(f"Net value of the best plan, cause by cause in this order{orders}"),
    )


@figure("what_changed.effects")
def effects(attribution: Attribution) -> Table:
    """Return every cause: its effect on the plan as it was, what choosing anew adds, and who moved; sums at the end."""
    then, now = (one.question.register.projects["name"] for one in (attribution.before, attribution.after))
    table, amounts, names = attribution.table, attribution.amounts, now.combine_first(then)
    rows = amounts.assign(
        cause=[*map(_cause, table.index)],
        enter=named_by(names, table["entered"], 3),
        leave=named_by(names, table["left"], 3),
    )
    notes = [f"{sentence(_cause(cause))}: {note}." for cause, note in table["note"].items() if note]
    swings = [_cause(cause) for cause in table.index[table["order_matters"].astype(bool)]]
    notes += [f"The sign of {listed(swings)} depends on the order of the causes."] if swings else []
    orders = f"; {attribution.orders}" if attribution.orders else ""
    return tabled(
        data=below(rows, {"cause": "together"} | amounts.sum().to_dict()),
        title=_takeaway(attribution),
        unit_line=unit_line(f"Change of the net value of the best plan since the last committee{orders}"),
        note=" ".join(notes),
    )


def _cause(name: object) -> str:
    """A cause, or several that only come together, in words."""
    return " and ".join(WORDS[part] for part in str(name).split(" and "))


def _title(attribution: Attribution) -> str:
    """From where to where, and the largest cause."""
    amounts, orders = attribution.amounts["total"], attribution.orders
    before = claims.value(attribution.before, "the last committee's")
    after = claims.value(attribution.after, f"{claims.PLAN}, {orders}" if orders else claims.PLAN)
    if not len(amounts):
        return say("Nothing that counts changed: {after} as before", after=after)
    largest = str(amounts.abs().idxmax())
    return say(
        "The {what} goes from {way}{orders}; most by {cause}: {share:+}", cause=_cause(largest),
        what=attribution.question.goal, way=Sentence(f"{before} to {after}", (before, after)),
        orders=f" ({orders})" if orders else "",
        share=claims.told(attribution.after, "change.value", amounts[largest], part=largest),
    )  # fmt: skip


def _takeaway(attribution: Attribution) -> str:
    """What the new choice makes of it."""
    amounts = attribution.amounts
    return say(
        "The old plan alone would have moved by {held:+}; choosing anew adds {anew:+}",
        held=claims.told(attribution, "change.held", amounts["held"].sum()),
        anew=claims.told(attribution, "change.anew", amounts["reoptimized"].sum()),
    )
