"""The ranking and its reasons: tiers, criteria, contributions, scores, value against cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.exhibits import Chart, Field, Message, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, listed, percent, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.figures.robustness import acceptability, disagreement, flags, stability
from pmo_kit.prioritization import Disagreement, Ranking, RankRobustness, Screening

__all__ = [
    "acceptability",
    "answer",
    "contributions",
    "criteria",
    "disagreement",
    "flags",
    "scores",
    "stability",
    "tiers",
]

ROWS = 15
SERIES = 4
STANDING = {"mandatory": "by law", "committed": "running"}


@figure("prioritization.answer", source="criteria, scores, stakeholder_weights")
def answer(
    ranking: Ranking,
    robustness: RankRobustness,
    disagreement: Disagreement | None = None,
    screening: Screening | None = None,
) -> Message:
    """Return the result of a prioritization in short paragraphs: the answer, how sure, what would change it."""
    sure, turning = robustness.sentences[0], " ".join(robustness.sentences[1:])
    items = [("The answer.", ranking.summary), ("How sure.", sure), ("What would change it.", turning)]
    if disagreement is not None:
        items.append(("Where you differ.", disagreement.summary))
    if screening is not None:
        items.append(("The scores.", screening.summary))
    return Message(
        items=tuple(items),
        title=ranking.summary,
        unit_line=unit_line(ranking.register, "Value", ranking.unit),
    )


@figure("prioritization.tiers", source="criteria, scores")
def tiers(ranking: Ranking, robustness: RankRobustness) -> Table:
    """Return the projects in tiers, with the range of ranks instead of a false exact one."""
    rows = robustness.table.sort_values(["tier", "rank"], kind="stable").reset_index()
    base = ranking.table.loc[rows["project_id"]].reset_index()
    data = pd.DataFrame(
        {
            "tier": [f"Tier {tier}" for tier in rows["tier"]],
            "project": [
                _named(r.name, r.project_id) for r in base[["name", "project_id"]].itertuples(index=False)
            ],
            "area": base["area"],
            "value": rows["value"],
            "ranks": [
                _span(low, high) for low, high in zip(rows["rank_low"], rows["rank_high"], strict=True)
            ],
            "first": 100 * rows["first"],
            "standing": base["commitment"].map(STANDING).fillna(""),
            "missing": [str(n) if n else "" for n in base["missing"]],
        }
    )
    first = base.loc[(rows["tier"] == 1).to_numpy(), "name"]
    left = ranking.table[ranking.table["excluded"] != ""]
    notes = [
        f"{name} is not ranked: {why}." for name, why in zip(left["name"], left["excluded"], strict=True)
    ]
    if (base["commitment"] == "mandatory").any():
        notes.insert(0, "By law: done whatever its rank.")
    number = int(rows["tier"].nunique())
    return Table(
        data=data,
        first=ROWS,
        columns=(
            Field("project", "project", kind="text"),
            Field("area", "area", kind="text"),
            Field("value", "value", ranking.unit),
            Field("ranks", "rank in 90 % of cases", kind="text"),
            Field("first", "comes first", "%", decimals=0),
            Field("standing", "", kind="text"),
            Field("missing", "scores missing", kind="text"),
        ),
        group=Field("tier", kind="text"),
        title=f"{sentence(count(number, 'tier'))} can be told apart; the first is {shortened(first)}",
        takeaway="Inside a tier the order depends on the weights: decide there by cost, capacity and risk.",
        unit_line=unit_line(ranking.register, "Value and range of ranks", ranking.unit),
        note=" ".join(notes),
    )


@figure("prioritization.criteria", source="criteria")
def criteria(ranking: Ranking) -> Table:
    """Return the criteria with their declared ranges beside their weights: a weight is the worth of that range."""
    table = ranking.card.criteria.reset_index()
    rows = pd.DataFrame(
        {
            "criterion": [_label(row) for row in table.itertuples()],
            "swing": [_swing(row) for row in table.itertuples()],
            "nothing": table["do_nothing"],
            "gate": ["" if pd.isna(gate) else format_number(gate) for gate in table["gate"]],
            "weight": 100 * ranking.weights.to_numpy(float),
        }
    ).sort_values("weight", ascending=False, kind="stable", ignore_index=True)
    top = rows.iloc[0]
    return Table(
        data=rows,
        columns=(
            Field("criterion", "criterion", kind="text"),
            Field("swing", "from worst to best", kind="text"),
            Field("nothing", "doing nothing scores"),
            Field("gate", "must pass", kind="text"),
            Field("weight", "weight", "%"),
        ),
        title=f"{top['criterion']} weighs most: {percent(top['weight'] / 100, 1)} for {top['swing'][0][1]}",
        takeaway="A weight is the worth of going from the worst to the best end of its scale, nothing else.",
        unit_line=unit_line(ranking.register, "Criteria, declared scales and weights", ""),
        note=f"Seal of these weights: {ranking.inputs['weights_seal'][:8]}.",
    )


@figure("prioritization.contributions", source="criteria, scores")
def contributions(ranking: Ranking) -> Chart:
    """Return what gives each project its value, by criterion or, where there are more than four, by group."""
    parts = ranking.contributions.loc[ranking.ranked[:ROWS]]
    names = ranking.table.loc[parts.index, "name"]
    grouped = parts.T.groupby(_series(ranking), sort=False).sum().T
    order = grouped.sum().sort_values(ascending=False, kind="stable").index
    long = grouped[order].stack().rename("points").reset_index()
    long.columns = pd.Index(["project_id", "what", "points"])
    long["project"] = [f"{names[project]} {project}" for project in long["project_id"]]
    leader = parts.index[0]
    best = grouped.loc[leader].idxmax()
    whole, part = parts.loc[leader].sum(), grouped.loc[leader, best]
    more = len(ranking.ranked) - len(parts)
    return Chart(
        mark="bar",
        data=long[["project", "what", "points"]],
        x=Field("points", "value", ranking.unit),
        y=Field("project", "project", kind="category"),
        series=Field("what", kind="category"),
        stacked=True,
        title=f"{names[leader]} leads with {format_number(whole)}; {format_number(part)} of it from {best}",
        takeaway=f"The first three are {listed(names.head(3))}.",
        unit_line=unit_line(ranking.register, "What the value is made of", ranking.unit),
        note=f"And {more} more." if more else "",
    )


@figure("prioritization.scores", source="criteria, scores")
def scores(ranking: Ranking) -> Chart:
    """Return the value of every score, projects by criteria, with a question mark where one is missing."""
    projects = ranking.ranked[:ROWS]
    values, low, high = ranking.cells(projects)
    unknown = _missing(ranking, projects)
    names = ranking.table.loc[projects, "name"]
    rows = [
        {
            "project": f"{names[project]} {project}",
            "criterion": str(criterion).replace("_", " "),
            "value": np.nan if unknown[i, j] else values[i, j],
            "label": "?" if unknown[i, j] else format_number(values[i, j], 0),
        }
        for i, project in enumerate(projects)
        for j, criterion in enumerate(ranking.weights.index)
    ]
    gaps, more = int(_missing(ranking, ranking.ranked).sum()), len(ranking.ranked) - len(projects)
    cells = len(ranking.ranked) * len(ranking.weights)
    holes = f"{sentence(count(gaps, 'score is', 'scores are'))} missing of {format_number(cells, 0)}"
    wide = float((high - low).max(initial=0.0))
    return Chart(
        mark="heatmap",
        data=pd.DataFrame(rows),
        x=Field("criterion", "criterion", kind="category"),
        y=Field("project", "project", kind="category"),
        value=Field("value", "value", "points of 100", decimals=0),
        label=Field("label", kind="text"),
        title=f"{holes}: shown as ?, counted as an interval"
        if gaps
        else f"All {format_number(cells, 0)} scores are there",
        takeaway="A missing score is never a zero: it may be anything on its scale."
        if gaps
        else f"The widest declared interval spans {format_number(wide, 0)} points."
        if wide > 0
        else "Scores of several assessors are averaged.",
        unit_line=unit_line(ranking.register, "Value of each score on its declared scale", "points of 100"),
        note=f"And {more} more." if more else "",
    )


def _named(name: str, project: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """A project with its id in small type."""
    return (("text", name), ("id", project))


def _span(low: int, high: int) -> str:
    """A range of ranks."""
    return str(low) if low == high else f"{low} to {high}"


def _label(row: Any) -> str:
    """Words for a criterion; what its steps mean stands after a colon and is printed beside the range."""
    return str(row.criterion) if pd.isna(row.label) else str(row.label).partition(": ")[0]


def _swing(row: Any) -> tuple[tuple[str, str], ...]:
    """The declared range, worst end first, and what its steps mean."""
    low, high, unit = (getattr(row, name) for name in ("low", "high", "unit"))
    ends = (low, high) if row.sense == "max" else (high, low)
    said = " to ".join(format_number(end, 0 if float(end).is_integer() else 1) for end in ends)
    text = ("text", said if pd.isna(unit) else f"{said} {unit}")
    steps = "" if pd.isna(row.label) else str(row.label).partition(": ")[2]
    return (text, ("small", steps)) if steps else (text,)


def _series(ranking: Ranking) -> list[str]:
    """What each criterion is drawn as: itself, its group, or the rest; at most four."""
    names = [str(name).replace("_", " ") for name in ranking.contributions.columns]
    if len(names) <= SERIES:
        return names
    groups = ranking.card.criteria["group"]
    shown = names if groups.isna().any() else [str(group) for group in groups]
    weight = pd.Series(ranking.weights.to_numpy(float)).groupby(shown).sum().sort_values(ascending=False)
    kept = set(weight.index if len(weight) <= SERIES else weight.index[: SERIES - 1])
    return [name if name in kept else "other criteria" for name in shown]


def _missing(ranking: Ranking, projects: pd.Index) -> np.ndarray:
    """Cells without a score, projects x criteria."""
    return np.asarray(ranking.card.missing[ranking.positions(projects)])
