"""What to look at before trusting the scores: gaming, bias, double counting, criteria that decide nothing.

A flag is a question to the people who scored, never an accusation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    card = ranking.card
    best, rows = _all_best(card)
    flags = [*best, *_far_off(card, rows), *_round_numbers(card), *_just_over(card), *_late(card)]
    flags += [*_leniency(card), *_same_thing(ranking), *_priced(ranking), *_constant(ranking)]
    table = pd.DataFrame(flags, columns=["check", "project_id", "criterion", "assessor", "message"])
    without = _without(ranking, rows) if rows else None
    return Screening(
        table,
        without,
        _sentence(ranking, table, without),
        MappingProxyType({"register": ranking.inputs["register"]}),
    )


Flag = tuple[str, str, str, str, str]


def _named(card: Scorecard) -> pd.DataFrame:
    """Ratings with the points of the other assessors beside them."""
    frame = card.ratings.copy(deep=False)
    cell = frame.groupby(["option", "column"])["points"]
    total, count = cell.transform("sum"), cell.transform("count")
    frame["others"] = (total - frame["points"]) / (count - 1).where(count > 1)
    frame["median"] = cell.transform("median")
    return frame


def _all_best(card: Scorecard) -> tuple[list[Flag], list[int]]:
    """Projects that one assessor scored best throughout, and the rows of those scores."""
    frame = _named(card)
    by = frame.groupby(["project_id", "assessor"])
    found = by.agg(best=("points", lambda x: (x >= BEST).mean()), n=("column", "nunique"), others=("others", "mean"))
    hits = found[(found["best"] >= 0.8) & (found["n"] >= 3) & (found["others"] < 80)]
    flags: list[Flag] = []
    rows: list[int] = []
    for row in hits.reset_index().itertuples():
        project, assessor = str(row.project_id), str(row.assessor)
        text = (
            f"{assessor} gave {project} the best score on {percent(row.best)} of the criteria; the others see "
            f"{number(row.others, 0)} points on average"
        )
        flags.append(("all_best", project, "", assessor, text))
        mine = (frame["project_id"] == project) & (frame["assessor"] == assessor)
        rows += sorted(set(frame.loc[mine, "row"].astype(int)))
    return flags, rows


def _far_off(card: Scorecard, known: list[int]) -> list[Flag]:
    """Single ratings far from the others."""
    frame = _named(card)
    gap = (frame["points"] - frame["median"]).abs()
    odd = frame[(gap > FAR_OFF) & frame["others"].notna() & ~frame["row"].isin(known)]
    flags: list[Flag] = []
    for row in odd.drop_duplicates("row").itertuples():
        text = (
            f"{row.assessor} scores {row.project_id} {number(row.points, 0)} points on {row.criterion}, the others "
            f"{number(row.others, 0)}"
        )
        flags.append(("far_off", str(row.project_id), str(row.criterion), str(row.assessor), text))
    return flags


def _round_numbers(card: Scorecard) -> list[Flag]:
    """Assessors who score in tenths of the scale where others do not."""
    frame = card.ratings
    wide = (card.criteria["high"] - card.criteria["low"]).to_numpy(float) > 10
    inside = frame[(frame["points"] > 0) & (frame["points"] < 100) & wide[frame["column"].to_numpy(int)]]
    tenths = np.isclose(inside["points"] / 10, (inside["points"] / 10).round(), atol=1e-9)
    flags: list[Flag] = []
    for assessor in inside["assessor"].unique():
        mine = (inside["assessor"] == assessor).to_numpy(bool)
        if mine.sum() < 8 or (~mine).sum() < 8:
            continue
        own, others = tenths[mine].mean(), tenths[~mine].mean()
        if own >= 0.8 and others < 0.5:
            share = f"{percent(own)} of the scores of {assessor} are tenths of the scale"
            text = f"{share}; of the others {percent(others)}"
            flags.append(("round_numbers", "", "", assessor, text))
    return flags


def _just_over(card: Scorecard) -> list[Flag]:
    """Scores that clear a gate narrowly."""
    flags: list[Flag] = []
    projects = card.options.get_level_values(0)
    for j, (criterion, row) in enumerate(card.criteria.iterrows()):
        if pd.isna(row["gate"]):
            continue
        over = card.scores[:, j] - row["gate"] if row["sense"] == "max" else row["gate"] - card.scores[:, j]
        for i in np.flatnonzero((over >= 0) & (over < CLOSE * (row["high"] - row["low"]))):
            unit = "" if pd.isna(row["unit"]) else f" {row['unit']}"
            text = f"{projects[int(i)]} clears the gate on {criterion} by {as_given(over[i])}{unit}"
            flags.append(("just_over", projects[int(i)], str(criterion), "", text))
    return list(dict.fromkeys(flags))


def _late(card: Scorecard) -> list[Flag]:
    """Assessors who scored more than a week after everyone else, with the projects."""
    dated = card.ratings.dropna(subset="date")
    last = dated.groupby(["project_id", "assessor"])["date"].max().reset_index()
    late: dict[str, list[str]] = {}
    when: dict[str, str] = {}
    for project, group in last.groupby("project_id"):
        for row in group.itertuples():
            others = group.loc[group["assessor"] != row.assessor, "date"]
            limit = others.max() + pd.Timedelta(days=7)
            if pd.notna(limit) and row.date > limit:
                late.setdefault(str(row.assessor), []).append(str(project))
                when[str(row.assessor)] = max(when.get(str(row.assessor), ""), f"{row.date:%Y-%m-%d}")
    flags: list[Flag] = []
    for name, projects in late.items():
        what = projects[0] if len(projects) == 1 else f"{len(projects)} projects"
        text = f"{name} scored {what} up to {when[name]}, after all other assessors"
        flags.append(("late", projects[0] if len(projects) == 1 else "", "", name, text))
    return flags


def _leniency(card: Scorecard) -> list[Flag]:
    """Assessors above or below the others."""
    flags: list[Flag] = []
    for name, points in card.assessors["leniency"].items():
        if abs(points) >= LENIENT:
            side = "above" if points > 0 else "below"
            text = f"{name} scores {number(abs(points))} points {side} the others on the same cells"
            flags.append(("leniency", "", "", str(name), text))
    return flags


def _same_thing(ranking: Ranking) -> list[Flag]:
    """Pairs of criteria that go together."""
    cells, low, high = ranking.cells()
    sure = np.where(low == high, cells, np.nan)
    names, weights = list(ranking.weights.index), ranking.weights.to_numpy(float)
    flags: list[Flag] = []
    for a in range(len(names)):
        for b in range(a + 1, len(names)):
            both = np.isfinite(sure[:, a]) & np.isfinite(sure[:, b])
            x, y = sure[both, a], sure[both, b]
            if both.sum() < 5 or np.ptp(x) == 0 or np.ptp(y) == 0:
                continue
            r = float(np.corrcoef(x, y)[0, 1])
            if r >= ALIKE:
                text = (
                    f"{names[a]} and {names[b]} go together (correlation {number(r, 2)}): together they weigh "
                    f"{percent(weights[a] + weights[b])}; one thing may be counted twice"
                )
                flags.append(("same_thing", "", f"{names[a]}, {names[b]}", "", text))
    return flags


def _priced(ranking: Ranking) -> list[Flag]:
    """Benefits in money that a criterion seems to score as well."""
    card, benefits = ranking.card, ranking.register.table("benefits")
    if benefits.empty:
        return []
    words = {}
    for name, row in card.criteria.iterrows():
        label = "" if pd.isna(row["label"]) else str(row["label"]).split(":")[0]
        words[str(name)] = _words(f"{name} {label}")
    above = pd.DataFrame(card.values > card.baseline + 1e-9, index=card.options, columns=card.criteria.index)
    scored = above.groupby(level=0).any()
    flags: list[Flag] = []
    for pair in benefits[["project_id", "benefit"]].drop_duplicates().itertuples():
        for criterion, own in words.items():
            project = str(pair.project_id)
            shared = own & _words(str(pair.benefit))
            if shared and project in scored.index and scored.loc[project, criterion]:
                text = f"{project}: the benefit '{pair.benefit}' is priced, and {criterion} scores it as well"
                flags.append(("priced_and_scored", project, criterion, "", text))
    return flags


def _constant(ranking: Ranking) -> list[Flag]:
    """Criteria that tell no two projects apart."""
    cells, _, _ = ranking.cells()
    flags: list[Flag] = []
    for j, (name, weight) in enumerate(ranking.weights.items()):
        if len(cells) > 1 and np.ptp(cells[:, j]) <= 1e-9:
            text = f"all projects have one value on {name}: its weight of {percent(weight)} decides nothing"
            flags.append(("constant", "", str(name), "", text))
    return flags


def _words(text: str) -> set[str]:
    """Words of five letters or more that carry a meaning."""
    return {word for word in re.findall(r"[^\W\d_]{5,}", text.lower()) if not _COMMON.fullmatch(word)}


def _without(ranking: Ranking, rows: list[int]) -> Ranking:
    """The ranking without some rows of the scores table."""
    scores = ranking.register.table("scores").reset_index(drop=True)
    kept = scores[~(scores.index + 2).isin(rows)].reset_index(drop=True)
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
