"""What changed since the last committee, cause by cause, and who moved at each step."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Chart, Field, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.arbitration import value_words
from pmo_kit.figures.captions import count, inputs, listed, sentence, shortened, unit_line
from pmo_kit.scenarios import Attribution

WORDS = {
    "method": "way of counting",
    "data": "figures of the projects",
    "projects": "projects new or gone",
    "weights": "weights",
    "constraints": "money, people and rules",
    "overrides": "exceptions by decision",
}


def waterfall(found: Attribution) -> Chart:
    """Return the value of the last plan, what each cause adds or takes, and the value of this one."""
    register, words = found.after.question.register, value_words(found.after)
    steps, place = [], found.before.value
    for cause, total in found.amounts["total"].items():
        steps.append((_cause(cause), place, place + total, total, "good" if total >= 0 else "bad"))
        place += total
    ends = [
        ("last committee", 0.0, found.before.value, None, "previous"),
        ("now", 0.0, found.after.value, None, "actual"),
    ]
    rows = pd.DataFrame([ends[0], *steps, ends[1]], columns=["step", "start", "value", "change", "kind"])
    rows["label"] = [
        format_number(row.value if row.change != row.change else row.change, signed=row.change == row.change)
        for row in rows.astype({"change": float}).itertuples()
    ]
    change = found.after.value - found.before.value
    largest = found.amounts["total"].abs().idxmax() if len(steps) else ""
    return Chart(
        id="attribution.waterfall",
        mark="bar",
        data=rows.drop(columns="change"),
        x=Field("step", "", kind="category"),
        y=Field("value", words, register.settings.unit),
        series=Field("kind", kind="category"),
        styles={"previous": "previous", "actual": "actual", "good": "good", "bad": "bad"},
        start=Field("start"),
        label=Field("label", kind="text"),
        title=f"The plan is worth {format_number(abs(change))} {'less' if change < 0 else 'more'} than last time"
        + (f", mostly by {_cause(str(largest))}" if largest else ""),
        takeaway="The steps add up exactly; each is the best plan again with one more cause switched on.",
        unit_line=unit_line(register, f"{sentence(words)}, last committee to now"),
        alt=listed(f"{row.step} {row.label}" for row in rows.itertuples()),
        source="both registers: projects, costs, benefits, budgets, capacity, rules, overrides",
        inputs=inputs(register, before=found.before.question.register.fingerprint[:8]),
    )


def causes(found: Attribution) -> Table:
    """Return each cause with its effect on the old plan, of choosing anew, its fair share, and who moved."""
    register = found.after.question.register
    names = found.before.question.register.projects["name"].to_dict() | register.projects["name"].to_dict()
    rows = found.amounts.reset_index()
    rows["cause"] = [_cause(cause) for cause in rows["cause"]]
    for column in ("left", "entered"):
        who = [[names.get(p, p) for p in cell] for cell in found.table[column]]
        rows[column] = [shortened(part, 3) if part else "–" for part in who]
    rows["note"] = [
        "; ".join(filter(None, (note, "its sign depends on the order" if flips else ""))) or "–"
        for note, flips in zip(found.table["note"], found.table["order_matters"], strict=True)
    ]
    total: dict[str, object] = {"cause": "Together", "left": "", "entered": "", "note": ""}
    total |= {name: float(rows[name].sum()) for name in ("held", "reoptimized", "total", "shapley")}
    flips = int(found.table["order_matters"].sum())
    return Table(
        id="attribution.causes",
        data=pd.concat([rows, pd.DataFrame([total])], ignore_index=True),
        totals=1,
        columns=(
            Field("cause", "cause", kind="text"),
            Field("held", "on the old plan", signed=True),
            Field("reoptimized", "by choosing anew", signed=True),
            Field("total", "together", signed=True),
            Field("shapley", "mean of all orders", signed=True),
            Field("left", "leave", kind="text"),
            Field("entered", "enter", kind="text"),
            Field("note", "", kind="text"),
        ),
        title=f"{sentence(count(len(rows), 'cause explains', 'causes explain'))} the change of "
        f"{format_number(found.after.value - found.before.value, signed=True)} to the last unit",
        takeaway=f"{sentence(count(flips, 'cause'))} would look different in another order."
        if flips
        else "No cause changes its sign in another order.",
        note="On the old plan: repaired by dropping projects where it no longer fits.",
        unit_line=unit_line(register, "Effect on the value of the plan"),
        alt=found.summary,
        source="both registers",
        inputs=inputs(register, before=found.before.question.register.fingerprint[:8]),
    )


def _cause(cause: str) -> str:
    """A cause in a committee's words; merged ones are listed."""
    return listed(WORDS.get(part, part) for part in cause.split(" and "))
