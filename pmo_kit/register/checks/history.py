"""Rules that compare with the previous committee's register."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register.checks.registry import Evidence, Found, Previous, rule

_GONE = {"stop", "refuse", "defer", "pause"}


@rule(33, "warn", "A project of the last register is gone without a decision.", "projects")
def project_vanished(evidence: Evidence) -> Iterator[Found]:
    """Projects end by decision; one that is simply gone took its money and its promises along."""
    if evidence.previous is None:
        return
    before = evidence.previous.table("projects")
    decisions = pd.concat([evidence.previous.table("decisions"), evidence.frame("decisions")])
    decided = set(decisions.loc[decisions["decision"].isin(_GONE), "project_id"])
    gone = before[~before.index.isin(evidence.known("projects", "project_id") | decided)]
    for project, name in gone["name"].items():
        text = f"{project} ({name}) was in the last register, is gone, and no decision says so."
        fix = "Bring it back, or record the decision to stop it."
        yield Found("projects", "project_id", None, text, fix, value=project)


def _moved(evidence: Evidence, previous: Previous, table: str, key: list[str], column: str) -> pd.DataFrame:
    """Rows whose value differs from that of the same key before; index of the table, old value in `old`."""
    now, before = evidence.frame(table), previous.table(table)
    old = before.dropna(subset=[column]).drop_duplicates(key).set_index(key)[column]
    now = now.assign(old=old.reindex(pd.MultiIndex.from_frame(now[key])).to_numpy())
    return now[now["old"].notna() & now[column].notna() & (now[column] != now["old"])]


@rule(34, "warn", "A baseline is not what it was, and no change request is named.")
def baseline_moved(evidence: Evidence) -> Iterator[Found]:
    """A baseline moves with a reference, or the promise is re-written in silence."""
    previous, named = evidence.previous, evidence.frame("baselines")
    if previous is None:
        return
    fix = "Name the change request in reference, or restore the baseline."
    if len(named):
        moved = _moved(evidence, previous, "baselines", ["project_id", "quantity", "year"], "baseline")
        moved = moved[moved["reference"].isna()]
        text, lines = "The baseline of {} was {} and is {}.", moved.itertuples()
        words = [text.format(one.quantity, as_given(one.old), as_given(one.baseline)) for one in lines]
        yield Found("baselines", "baseline", moved.index.to_numpy(), words, fix)
    if evidence.has("milestones"):
        moved = _moved(evidence, previous, "milestones", ["project_id", "milestone"], "baseline")
        moved = moved[~moved["project_id"].isin(named.loc[named["reference"].notna(), "project_id"])]
        words = [f"The baseline of {one.milestone} was {one.old:%Y-%m-%d}, now {one.baseline:%Y-%m-%d}."
                 for one in moved.itertuples()]  # fmt: skip
        yield Found("milestones", "baseline", moved.index.to_numpy(), words, fix)


@rule(20, "warn", "A score differs from the published one and carries no new date.", "scores")
def score_changed(evidence: Evidence) -> Iterator[Found]:
    """After results are published scores change only with a date and evidence."""
    if evidence.previous is None:
        return
    key = ["project_id", "level", "criterion", "assessor"]
    moved = _moved(evidence, evidence.previous, "scores", key, "score")
    if (published := evidence.previous.settings.as_of) is not None:
        moved = moved[~(moved["date"] > pd.Timestamp(published))]
    text = "The score of {} was published as {}, and is {}."
    words = [text.format(one.criterion, as_given(one.old), as_given(one.score)) for one in moved.itertuples()]
    fix = "Restore the score, or give the date and the evidence of the new one."
    yield Found("scores", "score", moved.index.to_numpy(), words, fix)
