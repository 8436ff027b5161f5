"""How sure a ranking is: ranks under other weights, turning points, disagreements, flags on the scores."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmo_kit.exhibits import Chart, Field, Reference, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.figures.captions import count, listed, percent, sentence, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.prioritization import Disagreement, Ranking, RankRobustness, Screening, leads, value_lines
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


@figure("prioritization.rank_ranges", source="criteria, scores")
def rank_ranges(robustness: RankRobustness) -> Chart:
    """Return between which ranks each project lies in 90 % of the cases; the dot is the mean rank."""
    rows = robustness.table.head(ROWS).reset_index()
    rows["project"] = rows["name"] + " " + rows["project_id"]
    rows["label"] = [
        f"{row.rank_low} to {row.rank_high}" if row.rank_low < row.rank_high else str(row.rank_low)
        for row in rows.itertuples()
    ]
    widest = rows.loc[(rows["rank_high"] - rows["rank_low"]).idxmax()]
    more = len(robustness.table) - len(rows)
    return Chart(
        mark="interval",
        data=rows[["project", "expected_rank", "rank_low", "rank_high", "label"]],
        x=Field("expected_rank", "rank", decimals=0),
        y=Field("project", "project", kind="category"),
        low=Field("rank_low"),
        high=Field("rank_high"),
        label=Field("label", kind="text"),
        title=f"{widest['name']} may rank anywhere from {widest['rank_low']} to {widest['rank_high']}",
        takeaway="Where the lines overlap the order is not settled.",
        unit_line=unit_line(robustness.ranking.register, f"Rank in 90 % of cases: {_cases(robustness)}", ""),
        note="In the order of today's weights; the dot is the mean rank."
        + (f" And {more} more." if more else ""),
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


@figure("prioritization.crossover.{criterion}", source="criteria, scores")
def crossover(ranking: Ranking, criterion: str) -> Chart:
    """Return how the value of the leader and its challengers moves with the weight of one criterion."""
    cells, _, _ = ranking.cells()
    part = ranking.weights.index == criterion
    now, at_zero, at_one = value_lines(cells, ranking.weights, part)
    steps = np.linspace(0, 1, 101)
    worth = np.outer(1 - steps, at_zero) + np.outer(steps, at_one)
    order = list(dict.fromkeys([0, *worth.argmax(axis=1).tolist(), *range(len(cells))]))[:4]
    names = [f"{ranking.table.loc[ranking.ranked[i], 'name']} {ranking.ranked[i]}" for i in order]
    rows = pd.DataFrame(
        [
            {"weight": 100 * t, "value": (1 - t) * at_zero[i] + t * at_one[i], "project": name}
            for i, name in zip(order, names, strict=True)
            for t in (0.0, now, 1.0)
        ]
    )
    word = criterion.replace("_", " ")
    tops = list(dict.fromkeys(worth.argmax(axis=1).tolist()))
    said = " to ".join(str(ranking.table.loc[ranking.ranked[i], "name"]) for i in tops)
    turn = (
        f"As {word} weighs more the lead passes from {said}"
        if len(tops) > 1
        else f"{said} leads at any weight of {word}"
    )
    return Chart(
        mark="line",
        data=rows,
        x=Field("weight", f"weight of {word}", "%", decimals=0),
        y=Field("value", "value", ranking.unit),
        series=Field("project", kind="category"),
        references=(Reference("x", 100 * now, f"now {format_number(100 * now)} %"),),
        title=turn,
        takeaway=f"Today {word} weighs {percent(now, 1)}.",
        unit_line=unit_line(ranking.register, f"Value by the weight of {word}", ranking.unit),
        note="The other weights keep their proportions.",
    )


@figure("prioritization.tornado", source="criteria, scores")
def tornado(ranking: Ranking) -> Chart:
    """Return how the lead of the first project changes when each weight is halved or raised by half."""
    cells, _, _ = ranking.cells()
    now, after = leads(cells, ranking.weights)
    reach = np.abs(after - now).max(axis=1)
    rows = [
        {
            "criterion": str(ranking.weights.index[j]).replace("_", " "),
            "what": what,
            "change": after[j, side] - now,
        }
        for j in np.argsort(-reach, kind="stable")[:ROWS]
        for side, what in enumerate(("weight halved", "weight up by half"))
    ]
    name = str(ranking.table["name"].iloc[0])
    lost = list(dict.fromkeys(str(row["criterion"]) for row in rows if now + float(row["change"]) < 0))
    turn = f"a change by half of {listed(lost).replace(' and ', ' or ')} turns it"
    return Chart(
        mark="bar",
        data=pd.DataFrame(rows),
        x=Field("change", "change of the lead", ranking.unit, signed=True),
        y=Field("criterion", "criterion", kind="category"),
        series=Field("what", kind="category"),
        references=(Reference("x", -now, "lead lost"),),
        title=f"{name} leads by {format_number(now)}; {turn}"
        if lost
        else f"{name} keeps its lead of {format_number(now)} when any one weight changes by half",
        takeaway=f"{rows[0]['criterion'].capitalize()} moves the lead most.",
        unit_line=unit_line(ranking.register, "Change of the lead over the best rival", ranking.unit),
        note="The other weights keep their proportions.",
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


@figure("prioritization.near_pairs", source="criteria, scores")
def near_pairs(robustness: RankRobustness) -> Table:
    """Return which pairs of projects change places first, and how much weight would have to move."""
    table, first = robustness.reversals, robustness.table.index[:ROWS]
    near = table[np.isfinite(table["change"]) & table["ahead"].isin(first) & table["behind"].isin(first)]
    rows = near.sort_values("change", kind="stable", ignore_index=True).head(ROWS)
    names = robustness.table["name"]
    data = pd.DataFrame(
        {
            "ahead": [(("text", names[i]), ("id", i)) for i in rows["ahead"]],
            "behind": [(("text", names[i]), ("id", i)) for i in rows["behind"]],
            "change": 100 * rows["change"],
            "toward": rows["toward"].str.replace("_", " "),
        }
    )
    least = rows.iloc[0] if len(rows) else None
    title = "No weights turn any neighbors in the ranking"
    if least is not None:
        points = "less than 0.1" if least["change"] < 0.001 else format_number(100 * least["change"])
        title = (
            f"Moving {points} points of weight brings {names[least['behind']]} up to {names[least['ahead']]}"
        )
    return Table(
        data=data,
        columns=(
            Field("ahead", "ahead", kind="text"),
            Field("behind", "behind", kind="text"),
            Field("change", "weight to move", "points of 100"),
            Field("toward", "toward", kind="text"),
        ),
        title=title,
        takeaway="A difference that a few points of weight turn is no reason to fund one and refuse the other.",
        unit_line=unit_line(
            robustness.ranking.register,
            "Least change of weights that turns a pair",
            "",
            f"first {len(first)} projects",
        ),
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
