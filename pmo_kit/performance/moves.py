"""Baselines that moved, and refused requests that come back under a new name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.performance.periods import months_of
from pmo_kit.performance.rows import rows_of

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
