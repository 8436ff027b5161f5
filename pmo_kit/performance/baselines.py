"""What moved: baselines, milestones, and refused requests that come back under a new name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.performance.periods import months_of, rows_of

if TYPE_CHECKING:
    from pmo_kit.register import Register

LABELS = {
    "whole_life_cost": "whole-life cost",
    "whole_life_benefit": "whole-life benefit",
    "finish_months": "months to finish",
    "spend": "spend",
    "bac": "budget at completion",
}
MONEY = ("whole_life_cost", "whole_life_benefit", "spend", "bac")
KEYS = ["project_id", "quantity", "year"]
CLOSE = 1e-6
DAYS_IN_MONTH = 365.25 / 12


def baseline_moves(register: Register, previous: Register | None = None) -> pd.DataFrame:
    """Return the re-baseline log: every baselined figure that is no longer what it was.

    Compares the `baselines` of two registers, and the budget at completion of the status table from period to
    period.

    Returns
    -------
    DataFrame
        project_id, quantity, year, before, after, change, reference (missing: nobody asked), since (date),
        explained (a reference exists).
    """
    now = register.table("baselines")
    rows: list[tuple[Any, ...]] = []
    if previous is not None:
        both = now.merge(previous.table("baselines")[[*KEYS, "baseline"]], on=KEYS, suffixes=("", "_before"))
        moved = both[
            (both["baseline"] - both["baseline_before"]).abs() > CLOSE * both["baseline_before"].abs()
        ]
        rows += [
            (
                r.project_id,
                r.quantity,
                r.year,
                r.baseline_before,
                r.baseline,
                r.reference,
                previous.settings.as_of,
            )
            for r in rows_of(moved)
        ]
    given = now.dropna(subset=["reference"]).groupby("project_id")["reference"].first()
    status = register.table("status").dropna(subset=["bac", "ac"])
    status = status.sort_values(["project_id", "period"], kind="stable")
    before = status.groupby("project_id")["bac"].shift()
    changed = status.assign(before=before)[(status["bac"] - before).abs() > CLOSE * before.abs()]
    ends = period_ends(changed["period"], register)
    rows += [
        (r.project_id, "bac", pd.NA, r.before, r.bac, given.get(r.project_id), end)
        for r, end in zip(rows_of(changed), ends, strict=True)
    ]
    log = pd.DataFrame(rows, columns=[*KEYS, "before", "after", "reference", "since"])
    log["year"] = log["year"].astype("Int64")
    log[["before", "after"]] = log[["before", "after"]].astype(float)
    log.insert(5, "change", log["after"] - log["before"])
    log["since"] = pd.to_datetime(log["since"])
    log["explained"] = log["reference"].notna()
    return log


def period_ends(periods: pd.Series, register: Register) -> pd.DatetimeIndex:
    """Return the last day of every period."""
    months, _ = months_of(periods, int(register.settings.fiscal_year_start))
    return pd.DatetimeIndex([pd.Timestamp(m // 12, m % 12 + 1, 1) + pd.offsets.MonthEnd(0) for m in months])


def unexplained_moves(
    register: Register, previous: Register | None
) -> Iterator[tuple[str, str, float, object]]:
    """Yield one line per project whose baseline moved with no reference, the money first."""
    log = baseline_moves(register, previous)
    log = log[~log["explained"]]
    if previous is not None and previous.settings.as_of is not None and len(log):
        later = log["since"] > pd.Timestamp(previous.settings.as_of)
        log = log[(log["quantity"] != "bac") | later]
    rank = {name: place for place, name in enumerate(LABELS)}
    log = log.assign(rank=log["quantity"].map(rank).fillna(len(rank)))
    for project, moves in log.sort_values("rank", kind="stable").groupby("project_id", sort=True):
        first = moves.iloc[0]
        label = LABELS.get(str(first["quantity"]), str(first["quantity"]).replace("_", " "))
        year = "" if pd.isna(first["year"]) else f" of {first['year']}"
        name = register.projects["name"].get(project, project)
        text = f"The baseline of {name} moved without a decision: {label}{year}"
        text += f" from {first['before']:g} to {first['after']:g}."
        amount = float(first["change"]) if first["quantity"] in MONEY else np.nan
        since = pd.NaT if pd.isna(first["since"]) else first["since"]
        yield str(project), text, amount, since


def returned_requests(
    register: Register, previous: Register | None, decisions: pd.DataFrame
) -> Iterator[tuple[str, str, float, object]]:
    """Yield refused requests that are back: another name, the same cost; say how benefits changed."""
    refused = decisions[decisions["decision"] == "refuse"]
    costs, benefits = whole_life(register, "costs"), whole_life(register, "benefits")
    names = register.projects["name"]
    known = set() if previous is None else set(previous.projects.index)
    for row in rows_of(refused):
        old, asked, gain = row.project_name, row.amount, np.nan
        if previous is not None and row.project_id in previous.projects.index:
            old = previous.projects.at[row.project_id, "name"]
            asked = whole_life(previous, "costs").get(row.project_id, asked)
            gain = whole_life(previous, "benefits").get(row.project_id, np.nan)
        if not isinstance(old, str) or pd.isna(asked) or asked <= 0:
            continue
        same = costs.index[(costs - asked).abs() <= 0.005 * asked]
        for project in same:
            new = project == row.project_id or project not in known
            if not new or names[project].casefold() == old.casefold():
                continue
            if previous is None and project != row.project_id:
                continue
            then, now = gain, benefits.get(project, np.nan)
            if pd.isna(then):
                then, now = baselined_benefit(register, project)
            text = f"{old}, refused on {row.date:%Y-%m-%d}, returns as {names[project]}:"
            text += f" the same cost of {asked:.1f}{how(then, now)}."
            yield str(project), text, float(asked), row.date


def how(then: float, now: float) -> str:
    """Say how benefits changed."""
    if pd.isna(then) or pd.isna(now) or then <= 0:
        return ""
    factor = now / then
    if abs(factor - 1) < 0.005:
        return ", the same benefits"
    if abs(factor - 2) < 0.03:
        return f", benefits doubled from {then:.1f} to {now:.1f}"
    more = "higher" if factor > 1 else "lower"
    return f", benefits {100 * abs(factor - 1):.0f} % {more} ({then:.1f} to {now:.1f})"


def whole_life(register: Register, table: str) -> pd.Series:
    """Sum of costs or benefits by project at the largest level; disbenefits are subtracted."""
    rows = register.table(table)
    rows = rows[rows["state"] != "actual"] if table == "costs" else rows
    signed = rows["amount"].where(rows["kind"] != "disbenefit", -rows["amount"])
    sums = signed.groupby([rows["project_id"], rows["level"].fillna("full")]).sum()
    return sums.groupby(level=0).max()


def baselined_benefit(register: Register, project: str) -> tuple[float, float]:
    """Whole-life benefit at the last committee and today, from the baselines."""
    rows = register.table("baselines")
    rows = rows[(rows["project_id"] == project) & (rows["quantity"] == "whole_life_benefit")]
    return (float(rows["last"].iloc[0]), float(rows["now"].iloc[0])) if len(rows) else (np.nan, np.nan)


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
