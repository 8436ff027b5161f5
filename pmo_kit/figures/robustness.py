"""How sure a ranking is: ranks under other weights, turning points, disagreements, flags on the scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmo_kit.exhibits import Chart, Field, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, listed, percent, sentence, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.prioritization import Disagreement, Ranking, RankRobustness, Screening
from pmo_kit.prioritization.robustness import CASES

ROWS = 15
RANKS = 12
CHECKS = {
    "all_best": "best throughout",
    "far_off": "far from the others",
    "round_numbers": "round numbers",
    "just_over": "just over the line",
    "late": "scored late",
    "leniency": "mild or harsh",
    "same_thing": "counted twice?",
    "priced_and_scored": "priced and scored",
    "constant": "decides nothing",
}


@figure("prioritization.acceptability", source="criteria, scores")
def acceptability(robustness: RankRobustness) -> Chart:
    """Return how often each project takes each rank; shares below half a percent are left blank."""
    table = robustness.table
    share = robustness.acceptability.iloc[:ROWS, :RANKS]
    rows = [
        {
            "project": f"{table.loc[project, 'name']} {project}",
            "rank": str(rank),
            "share": 100 * value,
            "label": "" if value < 0.005 else format_number(100 * value, 0),
        }
        for project, line in share.iterrows()
        for rank, value in line.items()
    ]
    more = len(table) - len(share)
    notes = [f"And {more} more."] if more else []
    notes += [f"Ranks beyond {RANKS} are not drawn."] if len(table) > RANKS else []
    first = table["first"].sort_values(ascending=False, kind="stable").head(3)
    first = first[first >= 0.005]
    said = listed(f"{table.loc[i, 'name']} {percent(value)}" for i, value in first.items())
    alone = f"{table.loc[first.index[0], 'name']} comes first in {percent(first.iloc[0])} of cases"
    title = alone if first.iloc[0] >= 0.9 else f"Who comes first depends on the weights: {said}"
    return Chart(
        mark="heatmap",
        data=pd.DataFrame(rows),
        x=Field("rank", "rank", kind="category"),
        y=Field("project", "project", kind="category"),
        value=Field("share", "share of cases", "%", decimals=0),
        label=Field("label", kind="text"),
        title=title,
        takeaway=robustness.sentences[0],
        unit_line=unit_line(
            robustness.ranking.register, f"Share of cases in each rank: {_cases(robustness)}", "%"
        ),
        note=" ".join(notes),
    )


@figure("prioritization.stability", source="criteria, scores")
def stability(robustness: RankRobustness) -> Chart:
    """Return between which weights of each criterion the leader leads; the dot is the weight now."""
    table = robustness.stability.reset_index().query("kind == 'criterion'")
    room = np.minimum(table["weight"] - table["low"], table["high"] - table["weight"])
    rows = pd.DataFrame(
        {
            "criterion": table["name"].str.replace("_", " "),
            "weight": 100 * table["weight"],
            "low": 100 * table["low"],
            "high": 100 * table["high"],
            "room": room,
            "label": [
                f"{format_number(100 * low)} to {format_number(100 * high)} (now {format_number(100 * now)})"
                for low, high, now in zip(table["low"], table["high"], table["weight"], strict=True)
            ],
        }
    ).sort_values("room", kind="stable", ignore_index=True)
    return Chart(
        mark="interval",
        data=rows.head(ROWS).drop(columns="room"),
        x=Field("weight", "weight of the criterion", "%"),
        y=Field("criterion", "criterion", kind="category"),
        low=Field("low"),
        high=Field("high"),
        label=Field("label", kind="text"),
        title=robustness.sentences[1].rstrip(".")
        if len(table)
        else "There is one criterion: its weight is 100 %",
        takeaway="Between the ends of its line a weight may be disputed without changing who leads.",
        unit_line=unit_line(robustness.ranking.register, "Weights between which the leader leads", "%"),
        note="When one weight moves the others keep their proportions.",
    )


@figure("prioritization.disagreement", source="stakeholder_weights, scores")
def disagreement(found: Disagreement, ranking: Ranking) -> Chart:
    """Return the ranks that the stakeholders' weights give, the most disputed projects first."""
    table = found.table
    low, high = table.min(axis=1), table.max(axis=1)
    order = (high - low).sort_values(ascending=False, kind="stable").index[:ROWS]
    rows = pd.DataFrame(
        {
            "project": [f"{ranking.table.loc[i, 'name']} {i}" for i in order],
            "rank": table.loc[order].mean(axis=1).to_numpy(float),
            "low": low[order].to_numpy(),
            "high": high[order].to_numpy(),
            "label": [_who(table.loc[i]) for i in order],
        }
    )
    pairs = len(table) * (len(table) - 1) // 2
    return Chart(
        mark="interval",
        data=rows,
        x=Field("rank", "rank", decimals=0),
        y=Field("project", "project", kind="category"),
        low=Field("low"),
        high=Field("high"),
        label=Field("label", kind="text"),
        title=f"The {count(table.shape[1])} weightings dispute {len(found.pairs)} of {pairs} pairs; "
        f"{ranking.table.loc[order[0], 'name']} moves most: {rows['label'][0]}"
        if len(found.pairs)
        else found.summary.rstrip("."),
        takeaway=found.summary,
        unit_line=unit_line(ranking.register, "Rank by the weights of each stakeholder", ""),
        note="The dot is the mean of their ranks.",
    )


@figure("prioritization.flags", source="scores, criteria, benefits")
def flags(screening: Screening, ranking: Ranking) -> Table:
    """Return what to look at again in the scores: questions, not accusations."""
    table = screening.table
    rows = pd.DataFrame({"check": table["check"].map(CHECKS), "message": table["message"]})
    return Table(
        data=rows,
        first=ROWS,
        columns=(Field("check", "look at", kind="text"), Field("message", "what", kind="text")),
        title=screening.summary.rstrip("."),
        takeaway="Each line is a question to those who scored, not a finding against them.",
        unit_line=unit_line(
            ranking.register, f"{sentence(count(len(rows), 'flag'))} on scores and criteria", ""
        ),
    )


def _cases(robustness: RankRobustness) -> str:
    """The cases in words."""
    return f"{CASES}, {robustness.inputs['draws']} drawn"


def _who(ranks: pd.Series) -> str:
    """The two ends of a disagreement by name."""
    if ranks.min() == ranks.max():
        return str(ranks.min())
    return f"{ranks.idxmin()} {ranks.min()}, {ranks.idxmax()} {ranks.max()}"
