"""Rules of what a choice stands on: scores, assessors, people."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register.checks.registry import Evidence, Found, rule

_FEW_SCORES = 4


def _with_scale(scores: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Scores with the ends of their scale; index kept."""
    ends = criteria.drop_duplicates("criterion").set_index("criterion")
    name, sense = scores["criterion"], ends["sense"] if "sense" in ends else ends["weight"].astype("str")
    bottom, top = name.map(ends[["low", "high"]].min(axis=1)), name.map(ends[["low", "high"]].max(axis=1))
    return scores.assign(bottom=bottom, top=top, sense=name.map(sense))


@rule(18, "block", "A score is outside the declared scale of its criterion.")
def score_outside_scale(evidence: Evidence) -> Iterator[Found]:
    """The scale is declared once, so that no project can stretch it."""
    for table, criteria in (("scores", "criteria"), ("partner_scores", "partner_criteria")):
        if not evidence.has(table, criteria):
            continue
        scores = _with_scale(evidence.frame(table), evidence.frame(criteria))
        outside = (scores["score"] < scores["bottom"]) | (scores["score"] > scores["top"])
        words = [f"{as_given(one.score)} on {one.criterion} is outside {as_given(one.bottom)} "
                 f"to {as_given(one.top)}." for one in scores[outside].itertuples()]  # fmt: skip
        fix = "Correct the score, or the scale of the criterion for all projects."
        yield Found(table, "score", outside, words, fix)


_ALIKE = "One assessor gives every project the same, or a project the best everywhere."


@rule(19, "warn", _ALIKE, "scores criteria")
def scores_alike(evidence: Evidence) -> Iterator[Found]:
    """Scores that say nothing: the same for all projects, or the best end of each scale for one project."""
    scores = _with_scale(evidence.frame("scores"), evidence.frame("criteria"))
    scores = scores[scores["score"].notna() & scores["assessor"].notna()]
    best = scores["score"] == scores["top"].where(scores["sense"] == "max", scores["bottom"])
    fix = "Ask the assessor for evidence, or leave these scores out."
    for assessor, mine in scores.assign(best=best).groupby("assessor"):
        spread = mine.groupby("criterion")["score"].agg(["nunique", "count"])
        if (spread["nunique"] == 1).all() and (spread["count"] >= _FEW_SCORES).any():
            text = f"The assessor {assessor} gives every project the same score."
            yield Found("scores", "assessor", mine.index[:1].to_numpy(), text, fix)
            continue
        for (project, _), lines in mine.groupby(["project_id", "level"], dropna=False):
            if len(lines) >= _FEW_SCORES and lines["best"].all():
                text = f"The assessor {assessor} gives {project} the best score on all {len(lines)} criteria."
                yield Found("scores", "assessor", lines.index[:1].to_numpy(), text, fix)


@rule(27, "warn", "One project alone needs more of a role than there is.", "resources capacity")
def demand_above_supply(evidence: Evidence) -> Iterator[Found]:
    """Such a level can never be chosen: one person too many in one period is enough."""
    demand, supply = evidence.frame("resources"), evidence.frame("capacity")
    total = supply.groupby(["role", "period"])["fte"].sum()
    pairs = pd.MultiIndex.from_frame(demand[["role", "period"]])
    demand = demand.assign(there=total.reindex(pairs).to_numpy())
    above = demand["fte"] > demand["there"]
    words = [f"{one.project_id} alone needs {as_given(one.fte)} {one.role} in {one.period}; "
             f"there are {as_given(one.there)}." for one in demand[above].itertuples()]  # fmt: skip
    fix = "Spread the work over more periods, correct the demand, or raise the capacity."
    yield Found("resources", "fte", above, words, fix)


@rule(26, "warn", "Full-time equivalents that look like days.", "resources")
def days_as_fte(evidence: Evidence) -> Iterator[Found]:
    """A demand of 20 or more that is over 15 times what the role usually is: days of work, entered as people."""
    demand = evidence.frame("resources")
    roles = demand.groupby("role")["fte"]
    usual, several = roles.transform("median"), roles.transform("count") >= 4
    odd = several & (demand["fte"] >= 20) & (usual > 0) & (demand["fte"] > 15 * usual)
    text = "{value} full-time equivalents is far more than is usual for this role; it looks like days."
    fix = "Write people: days of work divided by the working days of the period."
    yield Found("resources", "fte", odd, text, fix)
