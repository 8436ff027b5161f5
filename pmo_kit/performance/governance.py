"""Governance: gates and quality checks, top risks with their movement, actions and directions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from pmo_kit.register import Register

STAGES = ("idea", "outline_case", "full_case", "contract", "delivery", "go_live", "closing", "operating")
SAME = 0.05
EACH = 3


def gate_coverage(register: Register) -> pd.DataFrame:
    """Return which gate and quality checks every project has behind it.

    A check is asked of a project when its gate is at or before the project's stage (the order of STAGES; a
    gate of another name is asked of the projects that have it) and any project of the register has that
    check.

    Returns
    -------
    DataFrame
        Index project_id: name, area, stage, asked, passed, failed, missing (asked, with no row),
        without_evidence (passed with none named), coverage = passed / asked, open_checks (words).

    Raises
    ------
    DataError
        There is no `gates` table.
    """
    gates = register.need("gates")
    gates = gates.assign(check=gates["check"].fillna("review"), passed=gates["passed"].astype("boolean"))
    place = {stage: rank for rank, stage in enumerate(STAGES)}
    projects = register.projects[register.projects["stage"] != "stopped"]
    checks = gates[["gate", "check"]].drop_duplicates()
    checks = checks.assign(order=checks["gate"].map(place))
    asked = projects[["stage"]].reset_index().merge(checks.dropna(subset=["order"]), how="cross")
    asked = asked[asked["order"] <= asked["stage"].map(place)][["project_id", "gate", "check"]]
    own = gates[gates["project_id"].isin(projects.index)][["project_id", "gate", "check"]]
    asked = pd.concat([asked, own], ignore_index=True).drop_duplicates()
    found = asked.merge(gates, on=["project_id", "gate", "check"], how="left")
    status = found["passed"]
    found["is_passed"] = status.fillna(False).astype(bool)
    found["is_failed"] = (~status).fillna(False).astype(bool)
    found["is_missing"] = status.isna()
    found["bare"] = found["is_passed"] & found["evidence"].isna()
    found["open"] = (found["gate"].str.replace("_", " ") + ": " + found["check"]).where(
        ~found["is_passed"], ""
    )
    grouped = found.groupby("project_id")
    table = projects[["name", "area", "stage"]].copy()
    for column, source in (("passed", "is_passed"), ("failed", "is_failed"), ("missing", "is_missing")):
        table[column] = grouped[source].sum().reindex(table.index, fill_value=0).astype(int)
    table.insert(3, "asked", grouped.size().reindex(table.index, fill_value=0))
    table["without_evidence"] = grouped["bare"].sum().reindex(table.index, fill_value=0).astype(int)
    table["coverage"] = (table["passed"] / table["asked"]).where(table["asked"] > 0)
    words = grouped["open"].agg(lambda open_: "; ".join(text for text in open_ if text))
    table["open_checks"] = words.reindex(table.index).fillna("")
    return table


def coverage_by_area(coverage: pd.DataFrame) -> pd.DataFrame:
    """Sum gate coverage by area, "All" last; the share is recomputed from the sums."""
    counts = ["asked", "passed", "failed", "missing", "without_evidence"]
    table = coverage.groupby("area")[counts].sum()
    table.loc["All"] = table.sum()
    table.insert(0, "projects", [*coverage.groupby("area").size(), len(coverage)])
    table["coverage"] = (table["passed"] / table["asked"]).where(table["asked"] > 0)
    return table


def risk_movement(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return every risk with its exposure, and how that moved since the last committee; the largest first.

    exposure = probability x (low + 4 likely + high) / 6, the mean of a PERT cost (Malcolm et al. 1959);
    where only the likely cost is known, probability x likely.

    Parameters
    ----------
    register : Register
        With `risks`.
    previous : Register, optional
        The last committee's.

    Returns
    -------
    DataFrame
        project_id, name, risk, label, risk_class, probability, exposure (money), before (exposure then),
        movement ("new", "up", "down", "same", "closed"; missing without a previous register), delay_months,
        owner, response, unanswered (no owner or no response).
    """
    now = exposures(register.need("risks"))
    now["movement"] = pd.Series(pd.NA, index=now.index, dtype="str")
    now["before"] = np.nan
    if previous is not None:
        keys = ["project_id", "risk"]
        then = exposures(previous.table("risks"))
        both = now.drop(columns=["before", "movement"]).merge(
            then[[*keys, "exposure"]].rename(columns={"exposure": "before"}), on=keys, how="left"
        )
        change = both["exposure"] / both["before"] - 1
        words = np.select(
            [both["before"].isna(), change > SAME, change < -SAME], ["new", "up", "down"], "same"
        )
        closed = then[~pd.MultiIndex.from_frame(then[keys]).isin(pd.MultiIndex.from_frame(now[keys]))]
        closed = closed.assign(before=closed["exposure"], exposure=0.0, movement="closed")
        now = pd.concat([both.assign(movement=words), closed], ignore_index=True)
    names = pd.concat(
        [register.projects["name"]] + ([previous.projects["name"]] if previous is not None else [])
    )
    now.insert(1, "name", now["project_id"].map(names[~names.index.duplicated()]))
    now["unanswered"] = (now["owner"].isna() | now["response"].isna()) & (
        now["movement"].fillna("") != "closed"
    )
    order = [
        "project_id",
        "name",
        "risk",
        "label",
        "risk_class",
        "probability",
        "exposure",
        "before",
        "movement",
    ]
    table = now[[*order, "delay_months", "owner", "response", "unanswered"]]
    return table.sort_values(
        ["exposure", "project_id"], ascending=[False, True], kind="stable", ignore_index=True
    )


def exposures(risks: pd.DataFrame) -> pd.DataFrame:
    """Risks with their expected cost."""
    mean = (risks["cost_low"] + 4 * risks["cost_likely"] + risks["cost_high"]) / 6
    return risks.assign(exposure=risks["probability"] * mean.fillna(risks["cost_likely"]).fillna(0.0))


def top_risks(movement: pd.DataFrame) -> pd.DataFrame:
    """Return the three largest open risks of every class: financial, human, technical, external."""
    still_open = movement[movement["movement"].fillna("") != "closed"]
    classes = still_open["risk_class"].fillna("not stated")
    top = still_open.assign(risk_class=classes).groupby("risk_class", sort=True).head(EACH)
    return top.sort_values(["risk_class", "exposure"], ascending=[True, False], ignore_index=True)


def exposure_by_class(movement: pd.DataFrame) -> pd.DataFrame:
    """Sum exposure now and before by risk class, "All" last."""
    classes = movement["risk_class"].fillna("not stated")
    table = movement.groupby(classes)[["exposure", "before"]].sum(min_count=1)
    counts = movement[movement["exposure"] > 0].groupby(classes).size()
    table.insert(0, "risks", counts.reindex(table.index, fill_value=0))
    table.loc["All"] = table.sum(min_count=1)
    table["risks"] = table["risks"].astype(int)
    table["change"] = table["exposure"] - table["before"]
    return table


def directions(register: Register) -> pd.DataFrame:
    """Return the actions and directions that are open, the most overdue first.

    Returns
    -------
    DataFrame
        action_id, action, project_id, name, owner, due, status, days_late (above 0: overdue; missing without
        a due date).
    """
    actions = register.table("actions")
    actions = actions[~actions["status"].isin(["done", "dropped"])]
    as_of = register.settings.as_of
    late = (pd.Timestamp(as_of) - actions["due"]).dt.days if as_of is not None else np.nan
    named = actions["project_id"].map(register.projects["name"])
    table = actions.assign(name=named, days_late=late)
    order = ["action_id", "action", "project_id", "name", "owner", "due", "status", "days_late"]
    return table[order].sort_values("days_late", ascending=False, kind="stable", ignore_index=True)
