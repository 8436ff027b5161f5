"""Forecasts: how good past estimates were, and whether to go on, judged by what is still to come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pmo_kit.appraisal import appraise
from pmo_kit.performance.curves import Curves, pick
from pmo_kit.performance.earning import earned_value
from pmo_kit.performance.governance import last_decisions

if TYPE_CHECKING:
    from pmo_kit.performance.review import Review
    from pmo_kit.register import Register

FIRMS_UP = 0.1
BACK = 4  # periods before the last one in which an estimate may have moved


def period_name(month: int, length: int, fiscal_year_start: int = 1) -> str:
    """Return the name of the period that ends in a month (counted from year 0).

    Examples
    --------
    >>> period_name(24320, 1), period_name(24320, 3), period_name(24323, 12)
    ('2026-09', '2026-Q3', '2026')
    """
    if length == 1:
        return f"{month // 12}-{month % 12 + 1:02d}"
    year, months = divmod(month - fiscal_year_start + 1, 12)
    year += fiscal_year_start > 1
    return f"{year}" if length == 12 else f"{year}-Q{months // 3 + 1}"


def forecast_history(review: Review) -> pd.DataFrame:
    """Return the estimate at completion of every past period beside what it says today.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        One row per project and period with figures, oldest first: project_id, period, back (periods before
        the last one), done (EV / BAC), bac, eac_cpi, eac_plan, final (the outturn where the work is
        finished, else today's eac_cpi), outturn (True where it is an outturn), error = eac_cpi / final - 1
        (above 0: the past forecast was too high).
    """
    curves = review.curves
    good = review.table["counted"].to_numpy()[:, np.newaxis] & ~(curves.ev > curves.bac)
    good = good & (np.arange(curves.ev.shape[1]) <= curves.now[:, np.newaxis])
    figures = [np.where(good, values, np.nan) for values in (curves.bac, curves.pv, curves.ev, curves.ac)]
    found = earned_value(*figures)
    today = pick(found["eac_cpi"], curves.now)
    finished = curves.finished >= 0
    final = np.where(finished, pick(curves.ac, curves.now), today)
    rows, columns = np.nonzero(good & ~np.isnan(curves.ev) & ~np.isnan(curves.ac))
    months = curves.first[rows] + curves.length * columns
    known, codes = np.unique(months, return_inverse=True)
    start = curves.fiscal_year_start
    names = np.array([period_name(int(month), curves.length, start) for month in known], dtype=object)
    table = pd.DataFrame(
        {
            "project_id": curves.projects[rows],
            "period": pd.Series(names[codes], dtype="str"),
            "back": curves.now[rows] - columns,
            "done": (curves.ev / curves.bac)[rows, columns],
            "bac": curves.bac[rows, columns],
            "eac_cpi": found["eac_cpi"][rows, columns],
            "eac_plan": found["eac_plan"][rows, columns],
            "final": final[rows],
            "outturn": finished[rows],
        }
    )
    table["error"] = table["eac_cpi"] / table["final"] - 1
    return table


def forecast_accuracy(review: Review) -> pd.DataFrame:
    """Return how much the estimate at completion moved over the last periods, and how good it was.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        Index project_id: name, eac (today, by CPI), eac_before (four periods ago, or the oldest since
        then), drift = eac - eac_before, drift_share, eac_declared, declared_gap = eac_declared - eac (below
        0: the project hopes for less than it earned so far), mean_error (mean absolute error of past
        forecasts against the outturn from 10 % done on; finished work only).
    """
    history = forecast_history(review)
    recent = history[(history["back"] <= BACK) & history["eac_cpi"].notna()]
    oldest = recent.sort_values("back", ascending=False, kind="stable").drop_duplicates("project_id")
    before = oldest.set_index("project_id")["eac_cpi"]
    table = review.table[["name", "eac_cpi", "eac_declared"]].rename(columns={"eac_cpi": "eac"})
    table.insert(2, "eac_before", before.reindex(table.index))
    table.insert(3, "drift", table["eac"] - table["eac_before"])
    table.insert(4, "drift_share", table["drift"] / table["eac_before"])
    table["declared_gap"] = table["eac_declared"] - table["eac"]
    past = history[history["outturn"] & (history["back"] > 0) & (history["done"] >= FIRMS_UP)]
    table["mean_error"] = past["error"].abs().groupby(past["project_id"]).mean().reindex(table.index)
    return table


def stop_or_continue(register: Register, review: Review) -> pd.DataFrame:
    """Test every running project that may be stopped, on future costs and benefits only.

    What is spent is spent: only costs and benefits from the discount year on count. The cost to come is
    tested twice: as the register has it, and as today's performance has it (ETC by CPI where that is more,
    paid in the same years).

    Parameters
    ----------
    register : Register
    review : Review
        Of the same register.

    Returns
    -------
    DataFrame
        Index project_id: name, commitment, spent (AC; not counted), to_spend (register), etc (by CPI),
        npv_continue (the best level but `stop`), npv_stop (leaving: exit costs; 0 where no level `stop` is
        given), exit_stated (a level `stop` is given), gain (continue less stop),
        gain_at_cpi (the same at today's performance), breaks_at (factor on the cost to come at which
        stopping is as good), verdict: "continue", "stop", "look again" (continue as planned, stop at today's
        performance), "by law" (mandatory). Money in the register's unit.

    Notes
    -----
    UK Green Book (2026): sunk costs are left out. Stopping may still be better for what it sets free for
    other projects; that is a question for the arbitration, not for this test.
    """
    values = appraise(register).table
    levels = values.index.get_level_values("level")
    going = values[levels != "stop"].reset_index().sort_values("npv", ascending=False, kind="stable")
    going = going.drop_duplicates("project_id").set_index("project_id")
    leaving = values[levels == "stop"].droplevel("level")
    ids = review.table.index[review.table["counted"] & ~review.table["state"].eq("finished")]
    table = register.projects.reindex(ids)[["name", "commitment"]]
    table["spent"] = review.table["ac"].reindex(ids)
    table["to_spend"] = going["cost"].reindex(ids)
    table["etc"] = review.table["etc"].reindex(ids)
    table["npv_continue"] = going["npv"].reindex(ids)
    table["npv_stop"] = leaving["npv"].reindex(ids).fillna(0.0)
    table["exit_stated"] = pd.Series(ids.isin(leaving.index), index=ids)
    table["gain"] = table["npv_continue"] - table["npv_stop"]
    pv_cost = going["pv_cost"].reindex(ids)
    more = (
        (table["etc"] / table["to_spend"] - 1).clip(lower=0.0).where(table["to_spend"] > 0, 0.0).fillna(0.0)
    )
    table["gain_at_cpi"] = table["gain"] - more * pv_cost
    table["breaks_at"] = (1 + table["gain"] / pv_cost).where(pv_cost > 0)
    verdict = pd.Series("continue", index=ids, dtype="str")
    verdict = verdict.mask(table["gain_at_cpi"] < 0, "look again").mask(table["gain"] < 0, "stop")
    verdict = verdict.mask(table["npv_continue"].isna(), "no benefits stated")
    table["verdict"] = verdict.mask(table["commitment"] == "mandatory", "by law")
    return table


def conditions(register: Register, review: Review) -> pd.Series:
    """Return what to ask of projects before they get more money, where the figures give reason to.

    Reasons: Red by rule; a condition of the last decision that is past its date; going on would not pay at today's
    pace, or not at all (`stop_or_continue`).

    Returns
    -------
    Series
        project_id -> the condition in words; projects without a reason are not in it.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> register = pmo.load_register("data/samples/meridian_12")
    >>> conditions(register, pmo.review_performance(register)).index.tolist()
    ['P06', 'P12']
    """
    found: dict[str, list[str]] = {}
    for project in review.table.index[review.table["rag_rule"] == "R"]:
        found.setdefault(str(project), []).append("a recovery plan: Red by the figures")
    verdicts = stop_or_continue(register, review)["verdict"]
    for project in verdicts.index[verdicts.isin(["look again", "stop"])]:
        found.setdefault(str(project), []).append(
            "a new business case: going on does not pay at today's pace"
        )
    as_of = register.settings.as_of
    for row in last_decisions(register).itertuples():
        late = as_of is not None and pd.notna(row.due) and row.due < pd.Timestamp(as_of)
        if row.decision == "fund_with_condition" and pd.notna(row.condition) and late:
            words = f"what was due by {row.due.date().isoformat()}: {row.condition}"
            found.setdefault(str(row.project_id), []).append(words)
    return pd.Series({project: "; ".join(found[project]) for project in sorted(found)}, dtype=object)


def s_curve(review: Review, project: str) -> pd.DataFrame:
    """Return the cumulative plan, earned value, actual cost and forecast of one project, to be drawn.

    Parameters
    ----------
    review : Review
    project : str

    Returns
    -------
    DataFrame
        period, months (since the start), what ("plan", "earned", "spent", "forecast"), amount. The forecast is
        a straight line from what is spent to the estimate at completion, at the date that earned schedule gives
        (plan length / SPI(t)).

    Raises
    ------
    KeyError
        If the project reports no status.
    """
    if project not in review.table.index:
        raise KeyError(f"{project} reports no status.")
    curves = review.curves
    place = list(curves.projects).index(project)
    lines: Mapping[str, np.ndarray] = {
        "plan": curves.pv[place],
        "earned": np.where(np.arange(curves.ev.shape[1]) <= curves.now[place], curves.ev[place], np.nan),
        "spent": np.where(np.arange(curves.ac.shape[1]) <= curves.now[place], curves.ac[place], np.nan),
    }
    rows = [
        (int(column), what, float(values[column]))
        for what, values in lines.items()
        for column in np.flatnonzero(~np.isnan(values))
    ]
    rows += forecast_line(curves, place, review.table.iloc[place])
    start = curves.fiscal_year_start
    table = pd.DataFrame(rows, columns=["column", "what", "amount"])
    months = curves.first[place] + curves.length * table["column"]
    table.insert(0, "months", curves.length * (table["column"] + 1))
    table.insert(0, "period", [period_name(int(month), curves.length, start) for month in months])
    return table.drop(columns="column")


def forecast_line(curves: Curves, place: int, row: pd.Series) -> list[tuple[int, str, float]]:
    """The two ends of the forecast: today, and the end that earned schedule gives."""
    now, done = int(curves.now[place]), curves.finished[place] >= 0
    if now < 0 or done or not np.isfinite(row["spi_t"]) or row["spi_t"] <= 0 or not np.isfinite(row["eac"]):
        return []
    plan = curves.pv[place]
    length = int(np.argmax(plan >= np.nanmax(plan) * (1 - 1e-9))) + 1
    end = max(now + 1, round(length / row["spi_t"]) - 1)
    return [(now, "forecast", float(row["ac"])), (end, "forecast", float(row["eac"]))]
