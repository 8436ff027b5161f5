"""The ranking and its reasons: tiers, criteria, contributions, scores, value against cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.exhibits import Chart, Field, Message, Table
from pmo_kit.facts import count, doing, listed, many, number, percent, say, shortened
from pmo_kit.figures.figure import DUTIES, cut, drawn, figure, in_words, span, tabled, unit_line
from pmo_kit.prioritization import Disagreement, Ranking, RankRobustness, Screening
from pmo_kit.prioritization.robustness import CASES

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


@figure("prioritization.acceptability")
def acceptability(robustness: RankRobustness) -> Chart:
    """Return how often each project takes each rank; shares below half a percent are left blank."""
    table = robustness.table
    share, more = cut(robustness.acceptability.iloc[:, :RANKS], ROWS)
    rows = _long(robustness.ranking, share, "rank", "share")
    rows["label"] = ["" if value < 0.005 else number(100 * value, 0) for value in rows["share"]]
    first = table.set_index("name")["first"].sort_values(ascending=False, kind="stable").head(3)
    first = first[first >= 0.005]
    said = listed(f"{name} {percent(value)}" for name, value in first.items())
    alone = f"{first.index[0]} comes first in {percent(first.iloc[0])} of cases"
    beyond = f"Ranks beyond {number(RANKS, 0)} are not drawn." if len(table) > RANKS else ""
    return drawn(
        data=rows.assign(share=100 * rows["share"]),
        title=alone if first.iloc[0] >= 0.9 else f"Who comes first depends on the weights: {said}",
        takeaway=robustness.sentences[0],
        unit_line=unit_line(
            f"Share of cases in each rank: {CASES}, {number(robustness.inputs['draws'], 0)} drawn", "%"
        ),
        note=f"{more} {beyond}".strip(),
    )


@figure("prioritization.stability")
def stability(robustness: RankRobustness) -> Chart:
    """Return between which weights of each criterion the leader leads; the dot is the weight now."""
    table = robustness.stability.reset_index().query("kind == 'criterion'")
    table["room"] = np.minimum(table["weight"] - table["low"], table["high"] - table["weight"])
    table["criterion"] = table["name"].str.replace("_", " ")
    table[["weight", "low", "high"]] *= 100
    table["label"] = [f"{number(r.low)} to {number(r.high)} (now {number(r.weight)})" for r in table.itertuples()]
    return drawn(
        data=table.sort_values("room", kind="stable").head(ROWS),
        title=robustness.sentences[1].rstrip(".") if len(table) else "There is one criterion: its weight is 100 %",
    )


@figure("prioritization.disagreement")
def disagreement(found: Disagreement, ranking: Ranking) -> Chart:
    """Return the ranks that the stakeholders' weights give, the most disputed projects first."""
    table = found.table
    rows = pd.DataFrame({"rank": table.mean(axis=1), "low": table.min(axis=1), "high": table.max(axis=1)})
    wide = (rows["high"] - rows["low"]).sort_values(ascending=False, kind="stable")
    rows, most = rows.loc[wide.index[:ROWS]], wide.index[wide == wide.max()]
    names, pairs = ranking.table["name"], len(table) * (len(table) - 1) // 2
    rows["project"], rows["label"] = _called(ranking), [_who(table.loc[project]) for project in rows.index]
    return drawn(
        data=rows,
        title=f"The {count(table.shape[1])} weightings dispute {number(len(found.pairs), 0)} of {number(pairs, 0)} "
        f"pairs; {doing(names[most], 'moves|move')} most{': ' + rows['label'].iloc[0] if len(most) == 1 else ''}"
        if len(found.pairs)
        else found.summary.rstrip("."),
        takeaway=found.summary,
    )


@figure("prioritization.flags")
def flags(screening: Screening, ranking: Ranking) -> Table:
    """Return what to look at again in the scores: questions, not accusations."""
    table, names = screening.table, ranking.register.projects["name"].to_dict()
    message = [in_words(text, names) for text in table["message"]]
    return tabled(
        data=table.assign(check=table["check"].map(CHECKS), message=message),
        title=screening.summary.rstrip("."),
        unit_line=unit_line(f"{many(len(table), 'flag|flags')} on scores and criteria", ""),
    )


def _who(ranks: pd.Series) -> str:
    """The two ends of a disagreement by name."""
    if ranks.min() == ranks.max():
        return number(ranks.min(), 0)
    return f"{ranks.idxmin()} {number(ranks.min(), 0)}, {ranks.idxmax()} {number(ranks.max(), 0)}"


ROWS = 15
SERIES = 4


@figure("prioritization.answer")
def answer(
    ranking: Ranking,
    robustness: RankRobustness,
    disagreement: Disagreement | None = None,
    screening: Screening | None = None,
) -> Message:
    """Return the result of a prioritization in short paragraphs: the answer, how sure, what would change it."""
    sure, turning = robustness.sentences[0], say(" ").join(robustness.sentences[1:])
    items = [("How sure.", sure), ("What would change it.", turning)]
    if disagreement is not None:
        items.append(("Where you differ.", disagreement.summary))
    if screening is not None:
        items.append(("The scores.", screening.summary))
    return Message(
        items=tuple(items),
        title=ranking.summary,
        unit_line=unit_line("Value", ranking.unit),
    )


@figure("prioritization.tiers")
def tiers(ranking: Ranking, robustness: RankRobustness) -> Table:
    """Return the projects in tiers, with the range of ranks instead of a false exact one."""
    rows = robustness.table.sort_values(["tier", "rank"], kind="stable")
    base = ranking.table.loc[rows.index]
    ends = rows[["rank_low", "rank_high"]].itertuples(index=False)
    data = base.assign(
        tier=[f"Tier {tier}" for tier in rows["tier"]],
        value=rows["value"],
        ranks=[span([number(low, 0), number(high, 0)]) for low, high in ends],
        first=100 * rows["first"],
        standing=base["commitment"].map(DUTIES).fillna(""),
        missing=[str(n) if n else "" for n in base["missing"]],
    )
    left = ranking.table[ranking.table["excluded"] != ""]
    notes = ["By law: done whatever its rank."] if (base["commitment"] == "mandatory").any() else []
    notes += [f"{name} is not ranked: {why}." for name, why in zip(left["name"], left["excluded"], strict=True)]
    apart, first = rows["tier"].nunique(), f"; the first is {shortened(base.loc[rows['tier'] == 1, 'name'])}"
    return tabled(
        data=data.reset_index(),
        own=[Field("value", "value", ranking.unit)],
        title=f"{many(apart, 'tier|tiers') if apart > 1 else 'No tiers'} can be told apart{first * (apart > 1)}",
        unit_line=unit_line("Value and range of ranks", ranking.unit),
        note=" ".join(notes),
    )


@figure("prioritization.criteria")
def criteria(ranking: Ranking) -> Table:
    """Return the criteria with their declared ranges beside their weights: a weight is the worth of that range."""
    table = ranking.card.criteria.reset_index()
    rows = table.assign(
        criterion=[_label(row) for row in table.itertuples()],
        swing=[_swing(row) for row in table.itertuples()],
        nothing=table["do_nothing"],
        gate=["" if pd.isna(gate) else number(gate) for gate in table["gate"]],
        weight=100 * ranking.weights.to_numpy(float),
    ).sort_values("weight", ascending=False, kind="stable")
    top = rows[rows["weight"] >= rows["weight"].max() - 1e-9]
    first, weighs = top.iloc[0], percent(top["weight"].iloc[0] / 100, 1)
    title = f"{first['criterion']} weighs most: {weighs} for {first['swing'][0][1]}"
    if len(top) > 1:
        title = f"{listed(top['criterion'])} weigh most: {weighs} each"
    if 1 < len(top) == len(rows):
        title = f"All {count(len(rows))} criteria weigh the same: {weighs}"
    return tabled(
        data=rows,
        title=title,
        note=f"Seal of these weights: {ranking.inputs['weights_seal'][:8]}.",
    )


@figure("prioritization.contributions")
def contributions(ranking: Ranking) -> Chart:
    """Return what gives each project its value, by criterion or, where there are more than four, by group."""
    parts, more = cut(ranking.contributions.loc[ranking.ranked], ROWS)
    grouped = parts.T.groupby(_series(ranking), sort=False).sum().T
    order = grouped.sum().sort_values(ascending=False, kind="stable").index
    whole, leader = parts.sum(axis=1), grouped.iloc[0]
    first = ranking.table.loc[whole.index[whole >= whole.max() - 1e-9], "name"]
    title = f"{shortened(first)} lead with {number(whole.max())} each"
    if len(first) == 1:
        title = f"{first.iloc[0]} leads with {number(whole.max())}; {number(leader.max())} of it from {leader.idxmax()}"
    return drawn(
        data=_long(ranking, grouped[order], "what", "points"),
        x=Field("points", "value", ranking.unit),
        title=title,
        unit_line=unit_line("What the value is made of", ranking.unit),
        note=more,
    )


@figure("prioritization.scores")
def scores(ranking: Ranking) -> Chart:
    """Return the value of every score, projects by criteria, with a question mark where one is missing."""
    projects, criteria = ranking.ranked[:ROWS], ranking.weights.index.str.replace("_", " ")
    values, low, high = ranking.cells(projects)
    missing = ranking.card.missing[ranking.positions(ranking.ranked)]
    shown = pd.DataFrame(np.where(missing[:ROWS], np.nan, values), projects, criteria)
    rows = _long(ranking, shown, "criterion", "value")
    rows["label"] = ["?" if value != value else number(value, 0) for value in rows["value"]]
    gaps, wide = int(missing.sum()), float((high - low).max(initial=0.0))
    title, takeaway = f"No score of {number(missing.size, 0)} is missing", "Scores of several assessors are averaged."
    if gaps:
        title = f"{many(gaps, 'score is|scores are')} missing of {number(missing.size, 0)}"
        title += ": shown as ?, counted as an interval"
        takeaway = "A missing score is never a zero: it may be anything on its scale."
    elif wide > 0:
        takeaway = f"The widest declared interval spans {number(wide, 0)} points."
    return drawn(data=rows, title=title, takeaway=takeaway, note=cut(ranking.table.loc[ranking.ranked], ROWS)[1])


def _called(ranking: Ranking) -> pd.Series:
    """Projects as a chart names them: by name and id."""
    return ranking.table["name"] + " " + ranking.table.index


def _long(ranking: Ranking, table: pd.DataFrame, across: str, value: str) -> pd.DataFrame:
    """A table with projects down and something across as a chart takes it: project, what is across, value."""
    named = table.rename(index=_called(ranking), columns=str).rename_axis(index="project", columns=across)
    return named.stack().rename(value).reset_index()


def _label(row: Any) -> str:
    """Words for a criterion; what its steps mean stands after a colon and is printed beside the range."""
    return str(row.criterion) if pd.isna(row.label) else str(row.label).partition(": ")[0]


def _swing(row: Any) -> tuple[tuple[str, str], ...]:
    """The declared range, worst end first, and what its steps mean."""
    low, high, unit = (getattr(row, name) for name in ("low", "high", "unit"))
    ends = (low, high) if row.sense == "max" else (high, low)
    said = " to ".join(number(end, 0 if float(end).is_integer() else 1) for end in ends)
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
    weight = pd.Series(ranking.weights.to_numpy(float)).groupby(shown).sum().sort_values(ascending=False, kind="stable")
    kept = set(weight.index if len(weight) <= SERIES else weight.index[: SERIES - 1])
    return [name if name in kept else "other criteria" for name in shown]
