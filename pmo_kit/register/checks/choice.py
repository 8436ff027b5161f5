"""Rules of what a choice stands on: scores, assessors, people."""

from __future__ import annotations

import pandas as pd

from pmo_kit.register.checks.registry import Evidence, rule
from pmo_kit.register.findings import Findings

_FEW_SCORES = 4


def _with_scale(scores: pd.DataFrame, criteria: pd.DataFrame) -> pd.DataFrame:
    """Scores with the ends of their scale; index kept."""
    ends = criteria.drop_duplicates("criterion").set_index("criterion")
    low = ends[["low", "high"]].min(axis=1)
    high = ends[["low", "high"]].max(axis=1)
    return scores.assign(
        bottom=scores["criterion"].map(low),
        top=scores["criterion"].map(high),
        sense=scores["criterion"].map(ends["sense"]),
    )


@rule(18, "score_outside_scale", "block", "A score is outside the declared scale of its criterion.")
def score_outside_scale(evidence: Evidence, findings: Findings) -> None:
    """The scale is declared once, so that no project can stretch it."""
    for table, criteria in (("scores", "criteria"), ("partner_scores", "partner_criteria")):
        if not evidence.has(table, criteria):
            continue
        scale = evidence.frame(criteria)
        scale = scale if "sense" in scale else scale.assign(sense="max")
        scores = _with_scale(evidence.frame(table), scale)
        outside = (scores["score"] < scores["bottom"]) | (scores["score"] > scores["top"])
        message = [
            f"{line['score']:g} on {line['criterion']} is outside {line['bottom']:g} to {line['top']:g}."
            for line in scores[outside].to_dict("records")
        ]
        fix = "Correct the score, or the scale of the criterion for all projects."
        findings.add_rows(
            evidence.intakes[table], outside, "block", "score_outside_scale", message, fix, column="score"
        )


@rule(
    19, "scores_alike", "warn", "One assessor gives every project the same, or a project the best everywhere."
)
def scores_alike(evidence: Evidence, findings: Findings) -> None:
    """Scores that say nothing: the same for all projects, or the best end of each scale for one project."""
    if not evidence.has("scores", "criteria"):
        return
    scores = _with_scale(evidence.frame("scores"), evidence.frame("criteria"))
    scores = scores[scores["score"].notna() & scores["assessor"].notna()]
    best = scores["top"].where(scores["sense"] == "max", scores["bottom"])
    scores = scores.assign(best=scores["score"] == best)
    intake = evidence.intakes["scores"]
    fix = "Ask the assessor for evidence, or leave these scores out."
    for assessor, mine in scores.groupby("assessor"):
        spread = mine.groupby("criterion")["score"].agg(["nunique", "count"])
        if (spread["nunique"] == 1).all() and (spread["count"] >= _FEW_SCORES).any():
            text = f"The assessor {assessor} gives every project the same score."
            findings.add_rows(
                intake, mine.index[:1].to_numpy(), "warn", "scores_alike", text, fix, column="assessor"
            )
            continue
        for (project, _), lines in mine.groupby(["project_id", "level"], dropna=False):
            if len(lines) >= _FEW_SCORES and lines["best"].all():
                text = f"The assessor {assessor} gives {project} the best score on all {len(lines)} criteria."
                rows = lines.index[:1].to_numpy()
                findings.add_rows(intake, rows, "warn", "scores_alike", text, fix, column="assessor")


@rule(27, "demand_above_supply", "warn", "One project alone needs more of a role than there is.")
def demand_above_supply(evidence: Evidence, findings: Findings) -> None:
    """Such a level can never be chosen: one person too many in one period is enough."""
    if not evidence.has("resources", "capacity"):
        return
    demand, supply = evidence.frame("resources"), evidence.frame("capacity")
    total = supply.groupby(["role", "period"])["fte"].sum()
    pairs = pd.MultiIndex.from_frame(demand[["role", "period"]])
    limit = pd.Series(total.reindex(pairs).to_numpy(), index=demand.index)
    above = demand["fte"] > limit
    message = [
        f"{one} alone needs {fte:g} {role} in {period}; there are {there:g}."
        for one, fte, role, period, there in zip(
            *(demand.loc[above, name] for name in ("project_id", "fte", "role", "period")),
            limit[above],
            strict=True,
        )
    ]
    fix = "Spread the work over more periods, correct the demand, or raise the capacity."
    findings.add_rows(
        evidence.intakes["resources"], above, "warn", "demand_above_supply", message, fix, column="fte"
    )


@rule(26, "days_as_fte", "warn", "Full-time equivalents that look like days.")
def days_as_fte(evidence: Evidence, findings: Findings) -> None:
    """A demand of 20 or more that is over 15 times what the role usually is: days of work, entered as people."""
    if not evidence.has("resources"):
        return
    demand = evidence.frame("resources")
    usual = demand.groupby("role")["fte"].transform("median")
    several = demand.groupby("role")["fte"].transform("count") >= 4
    odd = several & (demand["fte"] >= 20) & (usual > 0) & (demand["fte"] > 15 * usual)
    message = "{value} full-time equivalents is far more than is usual for this role; it looks like days."
    fix = "Write people: days of work divided by the working days of the period."
    findings.add_rows(evidence.intakes["resources"], odd, "warn", "days_as_fte", message, fix, column="fte")
