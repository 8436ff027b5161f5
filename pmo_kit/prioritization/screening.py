"""What to look at before trusting the scores: gaming, bias, double counting, criteria that decide nothing.

A flag is a question to the people who scored, never an accusation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.doors import Answer, door
from pmo_kit.facts import as_given, keeping, listed, number, percent
from pmo_kit.prioritization.ranking import Ranking, prioritize
from pmo_kit.prioritization.values import FAR_OFF, Scorecard

BEST = 99.0  # points of 100 that count as the best end of a scale
LENIENT = 5.0  # points above or below the others
CLOSE = 0.05  # share of the scale above a gate that counts as just over the line
ALIKE = 0.8  # correlation from which two criteria may measure one thing
_COMMON = re.compile("avoided|saved|removed|reduced|their|which|share|staff|costs|benefit|value")


@dataclass(frozen=True, eq=False)
class Screening(Answer):
    """Flags on scores and criteria.

    Parameters
    ----------
    table : DataFrame
        check, project_id, criterion, assessor (empty where not meant), message. Checks: all_best, far_off,
        round_numbers, just_over, late, leniency, same_thing, priced_and_scored, constant.
    without : Ranking, optional
        The ranking without the ratings flagged all_best; None where there are none.
    summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    without: Ranking | None = field(repr=False)
    summary: str
    inputs: Mapping[str, str]


@door
def screen_scores(ranking: Ranking) -> Screening:
    """Screen the scores behind a ranking.

    - all_best: an assessor gave the best score on four fifths of the criteria of a project (three at least),
      where the others see less than 80 points on average
    - far_off: a rating more than 40 points from the median of the others
    - round_numbers: four fifths of an assessor's scores inside the scale are tenths of it, and fewer than
      half of those of the others
    - just_over: a mean score that clears a gate by less than 5 % of the scale
    - late: scored more than a week after every other assessor of the project
    - leniency: 5 points or more above or below the others
    - same_thing: two criteria whose values correlate at 0.8 or more (five projects at least)
    - priced_and_scored: a benefit in money whose name shares a word with a criterion on which the project
      scores
    - constant: a criterion on which all projects have one value, so that its weight decides nothing

    Parameters
    ----------
    ranking : Ranking

    Returns
    -------
    Screening

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> int((screen_scores(prioritize(register)).table["check"] == "all_best").sum())
    2
    """
    card, frame = ranking.card, _named(ranking.card)
    best, rows = _all_best(frame)
    flags = [*best, *_far_off(frame[~frame["row"].isin(rows)]), *_round_numbers(card), *_just_over(card), *_late(card)]
    flags += [*_leniency(card), *_same_thing(ranking), *_priced(ranking), *_constant(ranking)]
    table = pd.DataFrame([*dict.fromkeys(flags)], columns=["check", "project_id", "criterion", "assessor", "message"])
    without = _without(ranking, rows) if rows else None
    inputs = MappingProxyType({"register": ranking.inputs["register"]})
    return Screening(table, without, _sentence(ranking, table, without), inputs)


Flag = tuple[str, str, str, str, str]


def _named(card: Scorecard) -> pd.DataFrame:
    """Ratings with the points of the other assessors beside them."""
    frame = card.ratings.copy(deep=False)
    cell = frame.groupby(["option", "column"])["points"]
    total, count = cell.transform("sum"), cell.transform("count")
    frame["others"] = (total - frame["points"]) / (count - 1).where(count > 1)
    frame["median"] = cell.transform("median")
    return frame


def _all_best(frame: pd.DataFrame) -> tuple[list[Flag], list[int]]:
    """Projects that one assessor scored best throughout, and the rows of those scores."""
    by = frame.groupby(["project_id", "assessor"])
    found = by.agg(best=("points", lambda x: (x >= BEST).mean()), n=("column", "nunique"), others=("others", "mean"))
    hits = found[(found["best"] >= 0.8) & (found["n"] >= 3) & (found["others"] < 80)]
    flags = []
    for (project, assessor), row in hits.iterrows():
        text = (
            f"{assessor} gave {project} the best score on {percent(row['best'])} of the criteria; the others see "
            f"{number(row['others'], 0)} points on average"
        )
        flags.append(("all_best", str(project), "", str(assessor), text))
    theirs = pd.MultiIndex.from_frame(frame[["project_id", "assessor"]]).isin(hits.index)
    return flags, frame.loc[theirs, "row"].astype(int).tolist()


def _far_off(frame: pd.DataFrame) -> Iterator[Flag]:
    """Single ratings far from the others."""
    odd = frame[((frame["points"] - frame["median"]).abs() > FAR_OFF) & frame["others"].notna()]
    for row in odd.drop_duplicates("row").itertuples():
        text = (
            f"{row.assessor} scores {row.project_id} {number(row.points, 0)} points on {row.criterion}, the others "
            f"{number(row.others, 0)}"
        )
        yield "far_off", str(row.project_id), str(row.criterion), str(row.assessor), text


def _round_numbers(card: Scorecard) -> Iterator[Flag]:
    """Assessors who score in tenths of the scale where others do not."""
    frame = card.ratings
    wide = (card.criteria["high"] - card.criteria["low"]).to_numpy(float) > 10
    inside = frame[(frame["points"] > 0) & (frame["points"] < 100) & wide[frame["column"].to_numpy(int)]]
    tenths = np.isclose(inside["points"] / 10, (inside["points"] / 10).round(), atol=1e-9)
    for assessor in inside["assessor"].unique():
        mine = (inside["assessor"] == assessor).to_numpy(bool)
        if mine.sum() < 8 or (~mine).sum() < 8:
            continue
        own, others = tenths[mine].mean(), tenths[~mine].mean()
        if own >= 0.8 and others < 0.5:
            share = f"{percent(own)} of the scores of {assessor} are tenths of the scale"
            yield "round_numbers", "", "", assessor, f"{share}; of the others {percent(others)}"


def _just_over(card: Scorecard) -> Iterator[Flag]:
    """Scores that clear a gate narrowly."""
    projects = card.options.get_level_values(0)
    for j, (criterion, row) in enumerate(card.criteria.iterrows()):
        over = (card.scores[:, j] - row["gate"]) * (1 if row["sense"] == "max" else -1)
        for i in np.flatnonzero((over >= 0) & (over < CLOSE * (row["high"] - row["low"]))):
            unit = "" if pd.isna(row["unit"]) else f" {row['unit']}"
            text = f"{projects[int(i)]} clears the gate on {criterion} by {as_given(over[i])}{unit}"
            yield "just_over", projects[int(i)], str(criterion), "", text


def _late(card: Scorecard) -> Iterator[Flag]:
    """Assessors who scored more than a week after everyone else, with the projects."""
    last = card.ratings.dropna(subset="date").groupby(["project_id", "assessor"])["date"].max().reset_index()
    late: dict[str, dict[str, pd.Timestamp]] = {}
    for project, group in last.groupby("project_id"):
        for row in group.itertuples():
            others = group.loc[group["assessor"] != row.assessor, "date"].max()
            if pd.notna(others) and row.date > others + pd.Timedelta(days=7):
                late.setdefault(str(row.assessor), {})[str(project)] = row.date
    for name, projects in late.items():
        only = next(iter(projects)) if len(projects) == 1 else ""
        what = only or f"{len(projects)} projects"
        text = f"{name} scored {what} up to {max(projects.values()):%Y-%m-%d}, after all other assessors"
        yield "late", only, "", name, text


def _leniency(card: Scorecard) -> Iterator[Flag]:
    """Assessors above or below the others."""
    for name, points in card.leniency.items():
        if abs(points) >= LENIENT:
            side = "above" if points > 0 else "below"
            text = f"{name} scores {number(abs(points))} points {side} the others on the same cells"
            yield "leniency", "", "", str(name), text


def _same_thing(ranking: Ranking) -> Iterator[Flag]:
    """Pairs of criteria that go together."""
    cells, low, high = ranking.cells()
    sure = np.where(low == high, cells, np.nan)
    names, weights = list(ranking.weights.index), ranking.weights.to_numpy(float)
    for a, b in combinations(range(len(names)), 2):
        both = np.isfinite(sure[:, [a, b]]).all(axis=1)
        x, y = sure[both, a], sure[both, b]
        if both.sum() < 5 or np.ptp(x) == 0 or np.ptp(y) == 0:
            continue
        r = float(np.corrcoef(x, y)[0, 1])
        if r >= ALIKE:
            text = (
                f"{names[a]} and {names[b]} go together (correlation {number(r, 2)}): together they weigh "
                f"{percent(weights[a] + weights[b])}; one thing may be counted twice"
            )
            yield "same_thing", "", f"{names[a]}, {names[b]}", "", text


def _priced(ranking: Ranking) -> Iterator[Flag]:
    """Benefits in money that a criterion seems to score as well."""
    card, benefits = ranking.card, ranking.register.table("benefits")
    labels = card.criteria["label"].fillna("").str.partition(":")[0]
    words = {name: _words(f"{name} {label}") for name, label in labels.items()}
    above = pd.DataFrame(card.values > card.baseline + 1e-9, index=card.options, columns=card.criteria.index)
    scored = above.groupby(level=0).any()
    for project, benefit in benefits[["project_id", "benefit"]].drop_duplicates().astype("str").itertuples(index=False):
        for criterion, own in words.items():
            if own & _words(benefit) and project in scored.index and scored.loc[project, criterion]:
                text = f"{project}: the benefit '{benefit}' is priced, and {criterion} scores it as well"
                yield "priced_and_scored", project, str(criterion), "", text


def _constant(ranking: Ranking) -> Iterator[Flag]:
    """Criteria that tell no two projects apart."""
    cells, _, _ = ranking.cells()
    for j, (name, weight) in enumerate(ranking.weights.items()):
        if len(cells) > 1 and np.ptp(cells[:, j]) <= 1e-9:
            text = f"all projects have one value on {name}: its weight of {percent(weight)} decides nothing"
            yield "constant", "", str(name), "", text


def _words(text: str) -> set[str]:
    """Words of five letters or more that carry a meaning."""
    return {word for word in re.findall(r"[^\W\d_]{5,}", text.lower()) if not _COMMON.fullmatch(word)}


def _without(ranking: Ranking, rows: list[int]) -> Ranking:
    """The ranking without some rows of the scores table."""
    scores = ranking.register.table("scores").reset_index(drop=True)
    kept = scores.drop(index=pd.Index(rows) - 2).reset_index(drop=True)
    return prioritize(ranking.register.replace(scores=kept), ranking.weights)


@keeping
def _sentence(ranking: Ranking, table: pd.DataFrame, without: Ranking | None) -> str:
    """The flags in a sentence, with what the heaviest of them changes."""
    if table.empty:
        return "Nothing in the scores asks for a second look."
    text = f"{number(len(table), 0)} flags on the scores"
    if without is None:
        return f"{text}; none is a project scored best throughout by one assessor."
    before, after = ranking.table["rank"], without.table["rank"]
    moved = [
        f"{ranking.label(project)} from rank {number(before[project], 0)} to {number(after[project], 0)}"
        for project in dict.fromkeys(table.loc[table["check"] == "all_best", "project_id"])
        if pd.notna(before[project]) and pd.notna(after[project]) and before[project] != after[project]
    ]
    if not moved:
        return f"{text}; leaving out the scores that are best throughout changes no rank of those projects."
    return f"{text}; leaving out the scores that are best throughout would move {listed(moved[:3])}."
