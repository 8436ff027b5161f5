"""Rules that compare with the previous committee's register."""

from __future__ import annotations

import pandas as pd

from pmo_kit.register.checks.registry import Evidence, rule
from pmo_kit.register.findings import Findings

_GONE = {"stop", "refuse", "defer", "pause"}


@rule(33, "project_vanished", "warn", "A project of the last register is gone without a decision.")
def project_vanished(evidence: Evidence, findings: Findings) -> None:
    """Projects end by decision; one that is simply gone took its money and its promises along."""
    if evidence.previous is None or not evidence.has("projects"):
        return
    before = evidence.previous.projects
    gone = before[~before.index.isin(evidence.known("projects", "project_id"))]
    decided: set[str] = set()
    tables = [evidence.previous.table("decisions")]
    tables += [evidence.frame("decisions")] if evidence.has("decisions") else []
    for decisions in tables:
        decided |= set(decisions.loc[decisions["decision"].isin(_GONE), "project_id"])
    intake = evidence.intakes["projects"]
    for project, line in gone[~gone.index.isin(decided)].iterrows():
        findings.add(
            "warn",
            "project_vanished",
            f"{project} ({line['name']}) was in the last register, is gone, and no decision says so.",
            "Bring it back, or record the decision to stop it.",
            file=intake.file,
            sheet=intake.sheet,
            column=intake.header("project_id", 0),
            value=project,
            project_id=str(project),
        )


def _moved(now: pd.DataFrame, before: pd.DataFrame, key: list[str], column: str) -> pd.DataFrame:
    """Rows whose value differs from that of the same key before; index of `now`, old value in `old`."""
    old = before.dropna(subset=[column]).drop_duplicates(key).set_index(key)[column]
    keyed = pd.MultiIndex.from_frame(now[key])
    now = now.assign(old=old.reindex(keyed).to_numpy())
    return now[now["old"].notna() & now[column].notna() & (now[column] != now["old"])]


@rule(34, "baseline_moved", "warn", "A baseline is not what it was, and no change request is named.")
def baseline_moved(evidence: Evidence, findings: Findings) -> None:
    """A baseline moves with a reference, or the promise is re-written in silence."""
    if evidence.previous is None:
        return
    fix = "Name the change request in reference, or restore the baseline."
    if evidence.has("baselines") and evidence.previous.has("baselines"):
        now, before = evidence.frame("baselines"), evidence.previous.table("baselines")
        moved = _moved(now, before, ["project_id", "quantity", "year"], "baseline")
        moved = moved[moved["reference"].isna()]
        message = [
            f"The baseline of {line['quantity']} was {line['old']:g} and is {line['baseline']:g}."
            for line in moved.to_dict("records")
        ]
        rows = moved.index.to_numpy()
        findings.add_rows(
            evidence.intakes["baselines"], rows, "warn", "baseline_moved", message, fix, column="baseline"
        )
    if evidence.has("milestones") and evidence.previous.has("milestones"):
        now, before = evidence.frame("milestones"), evidence.previous.table("milestones")
        moved = _moved(now, before, ["project_id", "milestone"], "baseline")
        referenced = set()
        if evidence.has("baselines"):
            named = evidence.frame("baselines")
            referenced = set(named.loc[named["reference"].notna(), "project_id"])
        moved = moved[~moved["project_id"].isin(referenced)]
        message = [
            f"The baseline of {line['milestone']} was {line['old']:%Y-%m-%d}, now {line['baseline']:%Y-%m-%d}."
            for line in moved.to_dict("records")
        ]
        rows = moved.index.to_numpy()
        findings.add_rows(
            evidence.intakes["milestones"], rows, "warn", "baseline_moved", message, fix, column="baseline"
        )


@rule(20, "score_changed", "warn", "A score differs from the published one and carries no new date.")
def score_changed(evidence: Evidence, findings: Findings) -> None:
    """After results are published scores change only with a date and evidence."""
    if evidence.previous is None or not evidence.has("scores") or not evidence.previous.has("scores"):
        return
    now, before = evidence.frame("scores"), evidence.previous.table("scores")
    moved = _moved(now, before, ["project_id", "level", "criterion", "assessor"], "score")
    published = evidence.previous.settings.as_of
    if published is not None:
        moved = moved[~(moved["date"] > pd.Timestamp(published))]
    message = [
        f"The score of {line['criterion']} was published as {line['old']:g}, and is {line['score']:g}."
        for line in moved.to_dict("records")
    ]
    fix = "Restore the score, or give the date and the evidence of the new one."
    findings.add_rows(
        evidence.intakes["scores"],
        moved.index.to_numpy(),
        "warn",
        "score_changed",
        message,
        fix,
        column="score",
    )
