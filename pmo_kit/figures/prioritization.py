"""The ranking and its reasons: tiers, criteria, contributions, scores, value against cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.exhibits import Chart, Field, Message, Table
from pmo_kit.facts import count, listed, many, number, percent, say, shortened
from pmo_kit.figures.figure import cut, drawn, figure, in_words, span, tabled, unit_line
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
    rows = pd.DataFrame(
        {
            "project": f"{table.loc[project, 'name']} {project}", "rank": str(rank), "share": 100 * value,
            "label": "" if value < 0.005 else number(100 * value, 0),
        }
        for project, line in share.iterrows()
        for rank, value in line.items()
    )  # fmt: skip
    drawn_cases = number(robustness.inputs["draws"], 0)
    beyond = f"Ranks beyond {number(RANKS, 0)} are not drawn." if len(table) > RANKS else ""
    first = table["first"].sort_values(ascending=False, kind="stable").head(3)
    first = first[first >= 0.005]
    said = listed(f"{table.loc[i, 'name']} {percent(value)}" for i, value in first.items())
    alone = f"{table.loc[first.index[0], 'name']} comes first in {percent(first.iloc[0])} of cases"
    title = alone if first.iloc[0] >= 0.9 else f"Who comes first depends on the weights: {said}"
    return drawn(
        data=rows,
        title=title,
        takeaway=robustness.sentences[0],
        unit_line=unit_line(f"Share of cases in each rank: {CASES}, {drawn_cases} drawn", "%"),
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
    low, high = table.min(axis=1), table.max(axis=1)
    order = (high - low).sort_values(ascending=False, kind="stable").index[:ROWS]
    rows = pd.DataFrame({"rank": table.mean(axis=1), "low": low, "high": high}).loc[order]
    rows["project"] = [f"{ranking.table.loc[i, 'name']} {i}" for i in order]
    rows["label"] = [_who(table.loc[i]) for i in order]
    pairs = len(table) * (len(table) - 1) // 2
    return drawn(
        data=rows,
        title=f"The {count(table.shape[1])} weightings dispute {number(len(found.pairs), 0)} of {number(pairs, 0)} "
        f"pairs; {ranking.table.loc[order[0], 'name']} moves most: {rows['label'].iloc[0]}"
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
STANDING = {"mandatory": "by law", "committed": "running"}


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
    rows = robustness.table.sort_values(["tier", "rank"], kind="stable").reset_index()
    base = ranking.table.loc[rows["project_id"]].reset_index()
    data = base.assign(
        tier=[f"Tier {tier}" for tier in rows["tier"]],
        value=rows["value"],
        ranks=[
            span([number(end, 0) for end in ends]) for ends in zip(rows["rank_low"], rows["rank_high"], strict=True)
        ],
        first=100 * rows["first"],
        standing=base["commitment"].map(STANDING).fillna(""),
        missing=[str(n) if n else "" for n in base["missing"]],
    )
    first = base.loc[(rows["tier"] == 1).to_numpy(), "name"]
    left = ranking.table[ranking.table["excluded"] != ""]
    notes = [f"{name} is not ranked: {why}." for name, why in zip(left["name"], left["excluded"], strict=True)]
    if (base["commitment"] == "mandatory").any():
        notes.insert(0, "By law: done whatever its rank.")
    return tabled(
        data=data,
        own=[Field("value", "value", ranking.unit)],
        title=f"{many(rows['tier'].nunique(), 'tier|tiers')} can be told apart; the first is {shortened(first)}",
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
    names = ranking.table.loc[parts.index, "name"]
    grouped = parts.T.groupby(_series(ranking), sort=False).sum().T
    order = grouped.sum().sort_values(ascending=False, kind="stable").index
    long = grouped[order].rename_axis(columns="what").stack().rename("points").reset_index()
    long["project"] = [f"{names[project]} {project}" for project in long["project_id"]]
    whole, leader = parts.sum(axis=1), grouped.iloc[0]
    first = names[whole >= whole.max() - 1e-9]
    title = f"{shortened(first)} lead with {number(whole.max())} each"
    if len(first) == 1:
        title = f"{first.iloc[0]} leads with {number(whole.max())}; {number(leader.max())} of it from {leader.idxmax()}"
    return drawn(
        data=long,
        x=Field("points", "value", ranking.unit),
        title=title,
        unit_line=unit_line("What the value is made of", ranking.unit),
        note=more,
    )


@figure("prioritization.scores")
def scores(ranking: Ranking) -> Chart:
    """Return the value of every score, projects by criteria, with a question mark where one is missing."""
    projects = ranking.ranked[:ROWS]
    values, low, high = ranking.cells(projects)
    unknown = _missing(ranking, projects)
    names = ranking.table.loc[projects, "name"]
    rows = pd.DataFrame(
        {
            "project": f"{names[project]} {project}", "criterion": str(criterion).replace("_", " "),
            "value": np.nan if unknown[i, j] else values[i, j],
            "label": "?" if unknown[i, j] else number(values[i, j], 0),
        }
        for i, project in enumerate(projects)
        for j, criterion in enumerate(ranking.weights.index)
    )  # fmt: skip
    gaps, more = int(_missing(ranking, ranking.ranked).sum()), len(ranking.ranked) - len(projects)
    cells = len(ranking.ranked) * len(ranking.weights)
    holes = f"{many(gaps, 'score is|scores are')} missing of {number(cells, 0)}"
    wide = float((high - low).max(initial=0.0))
    return drawn(
        data=rows,
        title=f"{holes}: shown as ?, counted as an interval" if gaps else f"No score of {number(cells, 0)} is missing",
        takeaway="A missing score is never a zero: it may be anything on its scale."
        if gaps
        else f"The widest declared interval spans {number(wide, 0)} points."
        if wide > 0
        else "Scores of several assessors are averaged.",
        note=f"And {number(more, 0)} more." if more else "",
    )


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


def _missing(ranking: Ranking, projects: pd.Index) -> np.ndarray:
    """Cells without a score, projects x criteria."""
    return np.asarray(ranking.card.missing[ranking.positions(projects)])
