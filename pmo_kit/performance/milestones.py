"""Milestones: as approved, at the last committee, and today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from pmo_kit.register import Register

DAYS_IN_MONTH = 365.25 / 12


def milestone_slips(register: Register) -> pd.DataFrame:
    """Return how far every milestone has moved, the latest first.

    Returns
    -------
    DataFrame
        project_id, name, area, milestone, baseline, last, now, done, slip_months (today against what was
        approved; above 0 is late), last_months (the same at the last committee), moved_months (today against
        the last committee), overdue (not done though its date has passed), silent (overdue, and its date is
        not later than the last committee's).
    """
    table = register.table("milestones")
    projects = register.projects
    names = projects.reindex(table["project_id"])
    slips = table.assign(name=names["name"].to_numpy(), area=names["area"].to_numpy())
    slips["done"] = slips["done"].astype("boolean").fillna(False).astype(bool)
    slips["slip_months"] = months_between(slips["baseline"], slips["now"])
    slips["last_months"] = months_between(slips["baseline"], slips["last"])
    slips["moved_months"] = months_between(slips["last"], slips["now"])
    as_of = register.settings.as_of
    passed = slips["now"] <= pd.Timestamp(as_of) if as_of is not None else False
    slips["overdue"] = passed & ~slips["done"]
    slips["silent"] = slips["overdue"] & ~(slips["moved_months"] > 0)
    order = ["project_id", "name", "area", "milestone", "baseline", "last", "now", "done"]
    slips = slips[[*order, "slip_months", "last_months", "moved_months", "overdue", "silent"]]
    return slips.sort_values("slip_months", ascending=False, kind="stable", ignore_index=True)


def months_between(early: pd.Series, late: pd.Series) -> pd.Series:
    """Return calendar months from one date to another; two ends of month are whole months apart.

    Examples
    --------
    >>> dates = pd.to_datetime(pd.Series(["2028-01-31", "2026-01-01"]))
    >>> later = pd.to_datetime(pd.Series(["2029-03-31", "2026-01-16"]))
    >>> months_between(dates, later).round(1).tolist()
    [14.0, 0.5]
    """
    whole = (late.dt.year - early.dt.year) * 12 + late.dt.month - early.dt.month
    both = early.dt.is_month_end & late.dt.is_month_end
    days = (late.dt.day - early.dt.day).where(~both, 0)
    return (whole + days / DAYS_IN_MONTH).astype("float64")


def latest_slips(register: Register) -> pd.DataFrame:
    """Return the open milestone of every project that is latest against what was approved.

    Returns
    -------
    DataFrame
        Index project_id; the columns of `milestone_slips`. Projects with no open milestone are absent.
    """
    slips = milestone_slips(register)
    late = slips[~slips["done"] & slips["slip_months"].notna()]
    return late.drop_duplicates("project_id").set_index("project_id")
