"""Rules of delivery: stages, ages, earned value, ratings."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, rule
from pmo_kit.register.findings import Findings

OLD_AFTER_DAYS = 90
_COST_RED, _COST_AMBER = 0.85, 0.95
_WATERMELON_COST, _WATERMELON_SLIP = 0.9, 0.1


def _today(evidence: Evidence) -> date | None:
    return evidence.today or evidence.settings.as_of


@rule(11, "start_passed", "warn", "The start has passed and the project is still an idea.")
def start_passed(evidence: Evidence, findings: Findings) -> None:
    """A start in the past with the stage idea: one of the two is not up to date."""
    if not evidence.has("projects") or evidence.settings.as_of is None:
        return
    projects = evidence.frame("projects")
    passed = (projects["start"] < pd.Timestamp(evidence.settings.as_of)) & (projects["stage"] == "idea")
    message = "The start, {value}, has passed, and the stage is idea."
    fix = "Correct the start or the stage."
    findings.add_rows(
        evidence.intakes["projects"], passed, "warn", "start_passed", message, fix, column="start"
    )


@rule(12, "status_old", "warn", f"The status is older than {OLD_AFTER_DAYS} days.")
def status_old(evidence: Evidence, findings: Findings) -> None:
    """Old news: the age on the date of the register (or on the day of the check, when it is given)."""
    today = _today(evidence)
    if not evidence.has("projects") or today is None:
        return
    projects = evidence.frame("projects")
    age = (pd.Timestamp(today) - projects["status_date"]).dt.days
    old = age > OLD_AFTER_DAYS
    message = [f"The status is {days:.0f} days old." for days in age[old]]
    fix = "Ask the project for its status of this month."
    findings.add_rows(
        evidence.intakes["projects"], old, "warn", "status_old", message, fix, column="status_date"
    )


@rule(23, "ev_above_bac", "block", "More work earned than the whole budget.")
def ev_above_bac(evidence: Evidence, findings: Findings) -> None:
    """Earned value is the budgeted cost of the work done: it cannot exceed the budget at completion."""
    if not evidence.has("status"):
        return
    status = evidence.frame("status")
    wrong = status["ev"] > status["bac"] + 1e-9 * status["bac"].abs()
    message = [
        f"EV {ev:g} is above BAC {bac:g}."
        for ev, bac in zip(status["ev"][wrong], status["bac"][wrong], strict=True)
    ]
    fix = "Correct the earned value, or re-baseline BAC with a reference."
    findings.add_rows(evidence.intakes["status"], wrong, "block", "ev_above_bac", message, fix, column="ev")


@rule(
    23,
    "actual_falls",
    "warn",
    "The cumulative actual cost, or earned value, falls from one period to the next.",
)
def actual_falls(evidence: Evidence, findings: Findings) -> None:
    """Cumulative figures do not fall; a credit note is explained in a waiver."""
    if not evidence.has("status"):
        return
    status = evidence.frame("status").sort_values("period", kind="stable")
    for column in ("ac", "ev"):
        before = status.groupby("project_id")[column].ffill().groupby(status["project_id"]).shift()
        falls = status[column] < before - 1e-9
        rows = status.index[falls].to_numpy()
        message = [
            f"{column.upper()} falls from {before[row]:g} to {status.at[row, column]:g}." for row in rows
        ]
        fix = "Figures are cumulative; correct this one or the one before."
        findings.add_rows(
            evidence.intakes["status"], rows, "warn", "actual_falls", message, fix, column=column
        )


def cost_and_slip(evidence: Evidence) -> pd.DataFrame:
    """For each project: CPI and SPI of its latest status, and the worst slip as a share of its duration."""
    projects = evidence.frame("projects").drop_duplicates("project_id").set_index("project_id")
    table = pd.DataFrame({"cpi": np.nan, "slip": np.nan}, index=projects.index)
    if evidence.has("status"):
        status = evidence.frame("status")
        status = status[status["ev"].notna() & (status["ac"] > 0)].sort_values("period", kind="stable")
        latest = status.groupby("project_id").last()
        table["cpi"] = (latest["ev"] / latest["ac"]).reindex(table.index)
    if evidence.has("milestones"):
        milestones = evidence.frame("milestones")
        days = (milestones["now"] - milestones["baseline"]).dt.days
        worst = days.groupby(milestones["project_id"]).max()
        length = (projects["finish"] - projects["start"]).dt.days
        table["slip"] = worst.reindex(table.index) / length.where(length > 0)
    return table


def _ratings(evidence: Evidence) -> pd.DataFrame | None:
    """Declared rating beside cost and slip, in the order of the projects; None without any."""
    if not evidence.has("projects") or not (evidence.has("status") or evidence.has("milestones")):
        return None
    frame = evidence.frame("projects")[["project_id", "rag_declared"]]
    return frame.join(cost_and_slip(evidence), on="project_id")


@rule(24, "watermelon", "warn", "Declared green, and red inside: CPI below 0.9 or a slip above 10 %.")
def watermelon(evidence: Evidence, findings: Findings) -> None:
    """Green outside, red inside: the declared rating hides cost or time."""
    frame = _ratings(evidence)
    if frame is None:
        return
    cost, slip = frame["cpi"] < _WATERMELON_COST, frame["slip"] > _WATERMELON_SLIP
    melon = (frame["rag_declared"] == "G") & (cost | slip)
    message = []
    for line in frame[melon].to_dict("records"):
        parts = [f"earns {line['cpi']:.2f} for 1 spent"] if line["cpi"] < _WATERMELON_COST else []
        parts += (
            [f"a milestone slips by {line['slip']:.0%} of its duration"]
            if line["slip"] > _WATERMELON_SLIP
            else []
        )
        message.append(f"Declared green, but it {' and '.join(parts)}.".replace("but it a", "but a"))
    fix = "Ask the sponsor to explain the rating, or to change it."
    findings.add_rows(
        evidence.intakes["projects"], melon, "warn", "watermelon", message, fix, column="rag_declared"
    )


@rule(25, "rating_differs", "warn", "The declared rating is not the one that cost and time give by rule.")
def rating_differs(evidence: Evidence, findings: Findings) -> None:
    """By rule: red below 0.85 earned per 1 spent or above 10 % slip, amber below 0.95 or above 5 %."""
    frame = _ratings(evidence)
    if frame is None:
        return
    known = frame["cpi"].notna() | frame["slip"].notna()
    red = (frame["cpi"] < _COST_RED) | (frame["slip"] > 0.10)
    amber = (frame["cpi"] < _COST_AMBER) | (frame["slip"] > 0.05)
    by_rule = pd.Series(np.select([red, amber], ["R", "A"], "G"), index=frame.index).where(known)
    differs = known & frame["rag_declared"].notna() & (frame["rag_declared"] != by_rule)
    cost, slip = frame["cpi"] < _WATERMELON_COST, frame["slip"] > _WATERMELON_SLIP
    differs &= ~((frame["rag_declared"] == "G") & (cost | slip))  # a watermelon is reported as one
    message = [
        f"Declared {one}, and {other} by rule."
        for one, other in zip(frame["rag_declared"][differs], by_rule[differs], strict=True)
    ]
    fix = "Ask the sponsor to explain the rating, or to change it."
    findings.add_rows(
        evidence.intakes["projects"], differs, "warn", "rating_differs", message, fix, column="rag_declared"
    )
