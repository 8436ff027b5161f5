"""When to switch: the amounts at which today's plan changes, and from where another plan is the better one."""

from __future__ import annotations

import pandas as pd

from pmo_kit.exhibits import Field, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, listed, sentence, unit_line
from pmo_kit.figures.scenarios import WORDS, asked, change_words
from pmo_kit.scenarios import Comparison, partly


def watch(comparison: Comparison, points: pd.DataFrame) -> Table:
    """Return what to watch: the amounts below which today's plan changes, and who leaves first (from `triggers`)."""
    register = comparison.question.register
    rows = points.assign(
        label=points["watch"].map(sentence),
        away=100 * points["share"],
        first=[cell.rpartition(", ")[2] for cell in points["sentence"]],
    )
    nearest = rows.iloc[0]
    spent = nearest["share"] < 0.005
    return Table(
        id="scenarios.watch",
        data=rows.drop(columns=["leaves", "enters"]),
        columns=(
            Field("label", "watch", kind="text"),
            Field("today", "today", decimals=2),
            Field("at", "the plan changes at", decimals=2),
            Field("away", "that is", "% less", decimals=0),
            Field("first", "then", kind="text"),
        ),
        title=f"{nearest['label']} is nearest to changing the plan: {nearest['first']}",
        takeaway=f"{nearest['label']} is used to the last: come back to the committee with any cut of it."
        if spent
        else f"{nearest['label']}: {format_number(nearest['today'], 2)} today; "
        f"{format_number(nearest['at'], 2)} is the point to come back to the committee.",
        unit_line=unit_line(register, "Where today's plan changes", f"{register.settings.unit}; people"),
        alt=listed(points["sentence"]),
        source="budgets, capacity",
        inputs=asked(comparison),
    )


def switch(comparison: Comparison, points: pd.DataFrame) -> Table:
    """Return from where in every case the plan of least regret is better than today's (from `switching_points`)."""
    register = comparison.question.register
    same = comparison.minimax.plan == comparison.allocations[comparison.base].plan
    points = points.assign(share=float("nan")) if same else points
    cases = {scenario.name: scenario for scenario in comparison.scenarios}
    rows = points.assign(
        share=[
            "the same plan" if same
            else "today's plan stays better" if point.share != point.share
            else "with all of it" if point.whole
            else f"{format_number(100 * point.share, 0)}\u202f% of it"
            for point in points.itertuples()
        ],
        words=[
            "" if point.whole or point.share != point.share
            else listed(
                f"{WORDS[str(row.what)]} {change_words(row)}"
                for row in partly(cases[point.scenario], point.share).table.itertuples()
            )
            for point in points.itertuples()
        ],
    )  # fmt: skip
    turns = points.dropna(subset="share").sort_values("share", kind="stable")
    first = (rows.loc[turns.index[0], "words"] or turns["scenario"].iloc[0]) if len(turns) else ""
    given = -float(points["before"].max()) if len(points) else 0.0
    return Table(
        id="scenarios.switch",
        data=rows,
        columns=(
            Field("scenario", "case", kind="text"),
            Field("share", "least regret is better from", kind="text"),
            Field("words", "that is", kind="text"),
            Field("after", "gained if all of it comes", signed=True),
        ),
        title=f"From {first} on the plan of least regret is better than today's"
        if len(turns)
        else "Today's plan is the plan of least regret: there is nothing to change to"
        if same
        else "Today's plan stays better than the plan of least regret in every case",
        takeaway=""
        if same
        else f"Changing to it gives up {format_number(given)} if nothing comes"
        + (
            f"; it pays in {count(len(turns))} of {count(len(points), 'case')}."
            if len(turns)
            else "; no case pays that back."
        ),
        note="Both plans after dropping what no longer fits.",
        unit_line=unit_line(register, "Where the plan of least regret becomes better than today's"),
        alt=listed(f"{row.scenario}: {row.share}" for row in rows.itertuples()),
        source="scenarios",
        inputs=asked(comparison),
    )
