"""The performance review: every project's earned value, earned schedule and rating, sums by area, and forecasts.

Red, amber and green follow stated rules and stand beside what is declared and what is assured, never mixed. A
watermelon is declared Green and Red by rule: green outside, red inside.

Forecasts say how far estimates moved; whether to go on is judged by what is still to come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.appraisal import appraise
from pmo_kit.doors import Answer, day, door
from pmo_kit.facts import as_given, in_row, keeping, number
from pmo_kit.finance import ratio
from pmo_kit.performance.benefits import expected_share
from pmo_kit.performance.curves import Curves, earned_schedule, earned_value, read_curves
from pmo_kit.performance.governance import brought, last_decisions, latest_slips
from pmo_kit.register import Register

ORDER = {"G": 0, "A": 1, "R": 2}


@dataclass(frozen=True)
class RagRules:
    """Where Green ends and Red begins. Below `amber` is amber, below `red` is red.

    Parameters
    ----------
    cost_amber, cost_red : float
        Work earned per 1 spent (CPI).
    time_amber, time_red : float
        Months earned per month elapsed (SPI(t)); without a plan curve, the share of planned work (SPI).
    benefit_amber, benefit_red : float
        Benefits forecast today per benefits approved.
    """

    cost_amber: float = 0.95
    cost_red: float = 0.85
    time_amber: float = 0.95
    time_red: float = 0.85
    benefit_amber: float = 0.95
    benefit_red: float = 0.80

    def text(self) -> str:
        """Return the rules as one sentence.

        Examples
        --------
        >>> RagRules().text().split(";")[0]
        'Cost: Red below 0.85 earned per 1 spent, Amber below 0.95'
        """
        said = {name: as_given(limit) for name, limit in asdict(self).items()}
        return (
            "Cost: Red below {cost_red} earned per 1 spent, Amber below {cost_amber}; "
            "time: Red below {time_red} months earned per month, Amber below {time_amber}; "
            "benefits: Red below {benefit_red} of the approved, Amber below {benefit_amber}; "
            "the worst of the three counts."
        ).format(**said)


def rate(measure: pd.Series, amber: float, red: float) -> pd.Series:
    """Return R, A or G for a ratio where more is better; missing stays missing.

    Examples
    --------
    >>> rate(pd.Series([0.81, 0.9, 1.02, np.nan]), 0.95, 0.85).tolist()
    ['R', 'A', 'G', nan]
    """
    letters = np.select([measure < red, measure < amber], ["R", "A"], "G")
    return pd.Series(letters, index=measure.index, dtype="str").where(measure.notna())


def worst(ratings: pd.DataFrame) -> pd.Series:
    """Return the worst letter of every row; missing where none is known.

    Examples
    --------
    >>> worst(pd.DataFrame({"cost": ["G", "A"], "time": ["R", None]})).tolist()
    ['R', 'A']
    """
    ranks = ratings.apply(lambda column: column.map(ORDER)).astype(float).max(axis=1)
    return ranks.map(dict(enumerate("GAR"))).astype("str")


def rag_movement(now: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Return how ratings by rule moved between two reviews.

    Parameters
    ----------
    now, before : DataFrame
        `Review.table` of today and of the last committee.

    Returns
    -------
    Series
        By project_id, as `now`: "worse", "better", "same" or, without a rating in one of them, "new".

    Examples
    --------
    >>> one = pd.DataFrame({"rag_rule": ["G"]}, index=["A"])
    >>> rag_movement(one.assign(rag_rule="R"), one).tolist()
    ['worse']
    """
    step = now["rag_rule"].map(ORDER) - before["rag_rule"].reindex(now.index).map(ORDER)
    move = np.select([step > 0, step < 0, step == 0], ["worse", "better", "same"], "new")
    return pd.Series(move, index=now.index, dtype="str", name="move")


def _why(row: Any, figures: Any) -> str:
    """Why a project is not Green by rule, in a committee's words; time in months where a plan curve is known."""
    share, months = figures.benefit_share, f"{number(figures.es)} months earned in {number(figures.at, 0)}"
    kept = number(100 * share, 1 if 0.9 <= share < 1 else 0)
    told = (
        (row.rag_cost, f"{number(figures.cpi, 2)} earned per 1 spent"),
        (row.rag_time, months if np.isfinite(figures.es) else f"{number(figures.spi, 2)} of the planned work done"),
        (row.rag_benefits, f"{kept} % of the approved benefits still expected"),
    )
    return "; ".join(text for letter, text in told if letter in ("R", "A"))


def apply_rules(table: pd.DataFrame, rules: RagRules) -> pd.DataFrame:
    """Rate projects by rule and compare with what they declare.

    Parameters
    ----------
    table : DataFrame
        One row per project with cpi, spi, spi_t, es, at, benefit_share, rag_declared.
    rules : RagRules

    Returns
    -------
    DataFrame
        rag_cost, rag_time, rag_benefits, rag_rule; watermelon (declared G, rule R) and reason (why the rule is not
        Green; empty where it is).
    """
    time = table["spi_t"].fillna(table["spi"])
    rated = pd.DataFrame(
        {
            "rag_cost": rate(table["cpi"], rules.cost_amber, rules.cost_red),
            "rag_time": rate(time, rules.time_amber, rules.time_red),
            "rag_benefits": rate(table["benefit_share"], rules.benefit_amber, rules.benefit_red),
        }
    )
    rated["rag_rule"] = worst(rated)
    rated["watermelon"] = (table["rag_declared"] == "G") & (rated["rag_rule"] == "R")
    reasons = [_why(row, figures) for row, figures in zip(rated.itertuples(), table.itertuples(), strict=True)]
    rated["reason"] = pd.Series(reasons, index=rated.index, dtype="str")
    return rated


MONEY = ("bac", "pv", "ev", "ac")
DECLARED = ("name", "area", "strategic_goal", "sponsor", "rag_declared", "rag_assured")


@dataclass(frozen=True, eq=False)
class Review(Answer):
    """Projects and areas as they stand, with what was promised, spent and earned.

    `table` has one row per project of the status table:

    - name, area, strategic_goal, sponsor, rag_declared, rag_assured; period (of the figures); counted (False:
      the figures contradict themselves, see `findings`); state in words
    - bac, pv, ev, ac; cv, sv, cpi, spi, eac_cpi, eac_plan, eac_cpi_spi, etc, vac, tcpi_bac, tcpi_eac;
      eac_declared (AC + declared ETC); eac (by CPI; by plan where nothing is earned)
    - es, at, sv_t (months), spi_t; slipped, slip_months (the latest of the open milestones, and by how much)
    - benefit_share (benefits expected today per approved)
    - rag_cost, rag_time, rag_benefits, rag_rule; watermelon (declared G, rule R), reason

    `areas` has one row per area and a last row "All": projects, counted, the sums of bac, pv, ev and ac, the
    indices recomputed from the sums, es and at (project-months),
    spi_t = es / at, rag_declared_R .. rag_rule_G (how many projects), watermelons.

    Parameters
    ----------
    table, areas : DataFrame
        As above.
    curves : Curves
        The status table as arrays.
    register : Register
    rules : RagRules
        The limits that rated the projects.
    unit, summary : str
    inputs : mapping of str to str
        Register fingerprint, date of the figures, rules.
    """

    _table: pd.DataFrame = field(repr=False)
    _areas: pd.DataFrame = field(repr=False)
    curves: Curves = field(repr=False)
    register: Register = field(repr=False)
    rules: RagRules
    unit: str
    summary: str
    inputs: Mapping[str, str]

    @property
    def areas(self) -> pd.DataFrame:
        """One row per area and "All" at the end; ratios are recomputed from sums."""
        return self._areas.copy(deep=False)

    @property
    def findings(self) -> pd.DataFrame:
        """What does not add up in the status table, as `Register.findings`; who has a row of "block" is in no sum."""
        return self.curves.findings.copy(deep=False)

    @property
    def watermelons(self) -> pd.DataFrame:
        """Projects declared Green and Red by rule, the largest budget first."""
        found = self._table[self._table["watermelon"]]
        return found.sort_values("bac", ascending=False, kind="stable")

    @property
    def _shown(self) -> pd.DataFrame:
        return self._table[["name", "area", *MONEY, "cpi", "spi_t", "rag_declared", "rag_rule", "reason"]]


@door
def review_performance(register: Register, as_of: date | None = None) -> Review:
    """Review the projects that report a status.

    Parameters
    ----------
    register : Register
        With a `status` table; `baselines` and `benefit_status` add the rating of benefits.
    as_of : date, optional
        Figures up to this date; default the register's own.

    Returns
    -------
    Review

    Raises
    ------
    DataError
        There is no status table, or its periods mix months, quarters and years.

    Notes
    -----
    Earned value as ANSI/EIA-748 and PMI (2019), earned schedule as Lipke (2003). Ratios of areas come from
    sums of money (of months for SPI(t)), never from averages of ratios. A project whose figures contradict
    themselves (EV above BAC) is listed and in no sum.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> review = review_performance(load_register(shipped("data", "samples", "meridian_12")))
    >>> review.watermelons["reason"].tolist()[0]
    '8.6 months earned in 12'
    """
    as_of = None if as_of is None else day(as_of, "as_of")
    rules = RagRules()
    curves = read_curves(register, as_of)
    table = project_table(register, curves)
    table = table.join(apply_rules(table, rules))
    areas = roll_up(table, "area")
    date_text = str(as_of or register.settings.as_of or "last period reported")
    inputs = {"register": register.fingerprint, "as_of": date_text, "rag_rules": rules.text()}
    unit = register.settings.unit
    summary = summarize(table, areas.iloc[-1], unit, date_text)
    return Review(table, areas, curves, register, rules, unit, summary, inputs)


def project_table(register: Register, curves: Curves) -> pd.DataFrame:
    """Earned value, earned schedule and declared ratings of every project that reports."""
    blocked = set(curves.findings.loc[curves.findings["severity"] == "block", "project_id"])
    table = register.projects.reindex(columns=list(DECLARED)).reindex(curves.latest.index)
    table["period"] = curves.latest["period"].astype("str")
    table["counted"] = ~table.index.isin(blocked)
    figures = curves.latest.where(table["counted"])
    table[list(MONEY)] = figures[list(MONEY)]
    found = earned_value(*(figures[name].to_numpy(dtype=float) for name in MONEY))
    table[list(found)] = pd.DataFrame(found, index=table.index)
    table["eac_declared"] = figures["ac"] + figures["etc_declared"]
    table["eac"] = table["eac_cpi"].fillna(table["eac_plan"])
    at = np.where(curves.finished >= 0, curves.finished, curves.now) + 1.0
    plan = np.where((curves.plan & table["counted"].to_numpy())[:, np.newaxis], curves.pv, np.nan)
    schedule = earned_schedule(plan, figures["ev"].to_numpy(dtype=float), at)
    table["es"] = schedule["es"] * curves.length
    table["at"] = np.where(table["counted"], at * curves.length, np.nan)
    table["sv_t"] = schedule["sv_t"] * curves.length
    table["spi_t"] = schedule["spi_t"]
    reports = table["period"].notna()  # of who reports nothing by then, what is known only later is not told either
    table["benefit_share"] = expected_share(register).reindex(table.index).where(reports)
    slips = latest_slips(register).reindex(table.index).where(reports)
    table[["slipped", "slip_months"]] = slips[["milestone", "slip_months"]]
    table["state"] = states(table, curves)
    return table


def states(table: pd.DataFrame, curves: Curves) -> pd.Series:
    """Say in words where a project stands."""
    words = pd.Series("running", index=table.index, dtype="str")
    words = words.mask(table["ac"] >= table["bac"], "budget cannot be kept")
    words = words.mask(table["ev"] == 0, "nothing earned yet")
    words = words.mask((table["ac"] == 0) & (table["ev"] == 0), "not started")
    words = words.mask(pd.Series(curves.finished >= 0, index=table.index), "finished")
    return words.mask(~table["counted"], "not counted: see findings")


def roll_up(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Sum money by a column and recompute every ratio from the sums; "All" is the last row.

    Parameters
    ----------
    table : DataFrame
        As `Review.table`.
    by : str
        Column to sum by: area, strategic_goal, sponsor.
    """
    keys = table[by].astype("object").where(table[by].notna(), "Not stated")
    groups = pd.concat([table.assign(group=keys), table.assign(group="All")], ignore_index=True)
    names = [*sorted(set(keys)), "All"]
    counted = groups[groups["counted"]]
    sums = counted.groupby("group")[list(MONEY)].sum().reindex(names, fill_value=0.0)
    timed = counted[counted["es"].notna()].groupby("group")[["es", "at"]].sum().reindex(names)
    rolled = pd.DataFrame({"projects": groups.groupby("group").size().reindex(names)}, index=pd.Index(names, name=by))
    rolled["counted"] = counted.groupby("group").size().reindex(names, fill_value=0)
    rolled[list(MONEY)] = sums[list(MONEY)]
    found = earned_value(*(sums[name].to_numpy() for name in MONEY))
    rolled[list(found)] = pd.DataFrame(found, index=rolled.index)
    rolled[["es", "at"]] = timed
    rolled["spi_t"] = ratio(timed["es"].to_numpy(dtype=float), timed["at"].to_numpy(dtype=float))
    for rag, letter in product(("rag_declared", "rag_assured", "rag_rule"), "RAG"):
        rolled[f"{rag}_{letter}"] = (groups[rag] == letter).groupby(groups["group"]).sum().reindex(names)
    rolled["watermelons"] = groups.groupby("group")["watermelon"].sum().reindex(names).astype(int)
    return rolled


@keeping
def summarize(table: pd.DataFrame, total: pd.Series, unit: str, until: str) -> str:
    """One sentence that a committee can read."""
    running = int(total["counted"])
    text = f"{number(running, 0)} project{'s' * (running != 1)} report{'s' * (running == 1)} figures"
    if total["ac"] > 0:
        text += f": {number(total['ev'])} of work earned for {number(total['ac'])} spent ({unit})"
        text += f", {number(total['cpi'], 2)} per 1"
    melons = table.loc[table["watermelon"], "name"].tolist()
    if melons:
        verb = "is" if len(melons) == 1 else "are"
        text += f"; {number(len(melons), 0)} declared Green {verb} Red by rule: {in_row(melons)}"
    silent = int(table["period"].isna().sum())
    if silent:
        text += f"; {number(silent, 0)} report{'s' * (silent == 1)} none up to {until}"
    missing = int(total["projects"]) - running - silent
    if missing:
        text += f"; {number(missing, 0)} not counted because the figures contradict themselves or are missing"
    return text + "."


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


def forecast_accuracy(review: Review) -> pd.DataFrame:
    """Return how much the estimate at completion moved over the last periods, and what projects declare beside it.

    Parameters
    ----------
    review : Review

    Returns
    -------
    DataFrame
        Index project_id: name, eac (today, by CPI), eac_before (four periods ago, or the oldest since
        then), drift = eac - eac_before, eac_declared, declared_gap = eac_declared - eac (below
        0: the project hopes for less than it earned so far).
    """
    curves, counted = review.curves, review.table["counted"].to_numpy()[:, np.newaxis]
    back = curves.now[:, np.newaxis] - np.arange(curves.ev.shape[1])
    recent = counted & (back >= 0) & (back <= BACK) & ~(curves.ev > curves.bac)
    figures = (np.where(recent, values, np.nan) for values in (curves.bac, curves.pv, curves.ev, curves.ac))
    estimates = pd.DataFrame(earned_value(*figures)["eac_cpi"], index=curves.latest.index)
    table = review.table[["name", "eac_cpi", "eac_declared"]].rename(columns={"eac_cpi": "eac"})
    table.insert(2, "eac_before", estimates.bfill(axis=1).iloc[:, 0])
    table.insert(3, "drift", table["eac"] - table["eac_before"])
    table["declared_gap"] = table["eac_declared"] - table["eac"]
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
        given), gain (continue less stop), gain_at_cpi (the same at today's performance; missing where nothing is earned
        or spent), verdict: "continue", "stop", "look again" (continue as planned, stop at today's performance), "by
        law" (mandatory). Money in the register's unit.

    Notes
    -----
    UK Green Book (2026): sunk costs are left out. Stopping may still be better for what it sets free for
    other projects; that is a question for the arbitration, not for this test.
    """
    values = appraise(register).table
    levels = values.index.get_level_values("level")
    going = values[levels != "stop"].reset_index().sort_values("npv", ascending=False, kind="stable")
    ids = review.table.index[review.table["counted"] & ~review.table["state"].eq("finished")]
    going = going.drop_duplicates("project_id").set_index("project_id").reindex(ids)
    leaving = values[levels == "stop"].droplevel("level")
    table = register.projects.reindex(ids)[["name", "commitment"]]
    table["spent"] = review.table["ac"].reindex(ids)
    table["to_spend"] = going["cost"]
    table["etc"] = review.table["etc"].reindex(ids)
    table["npv_continue"] = going["npv"]
    table["npv_stop"] = leaving["npv"].reindex(ids).fillna(0.0)
    table["gain"] = table["npv_continue"] - table["npv_stop"]
    more = (table["etc"] / table["to_spend"] - 1).clip(lower=0.0).where(~(table["to_spend"] <= 0), 0.0)
    table["gain_at_cpi"] = table["gain"] - more * going["pv_cost"]
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
    red = review.table.index[review.table["rag_rule"] == "R"]
    verdicts = stop_or_continue(register, review)["verdict"]
    losing = verdicts.index[verdicts.isin(["look again", "stop"])]
    due = last_decisions(register).query("decision == 'fund_with_condition'").dropna(subset=["condition"])
    due = due[(due["due"] < pd.Timestamp(register.settings.as_of)) & ~brought(due, register)]
    asked = [
        *((project, "a recovery plan: Red by the figures") for project in red),
        *((project, "a new business case: going on does not pay at today's pace") for project in losing),
        *((one.project_id, f"what was due by {one.due:%Y-%m-%d}: {one.condition}") for one in due.itertuples()),
    ]
    found = pd.DataFrame(asked, columns=["project_id", "words"], dtype=object)
    return found.groupby("project_id")["words"].agg("; ".join).astype(object).rename_axis(None).rename(None)


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
    curves, place = review.curves, review.table.index.get_loc(project)
    earned, spent = (np.where(curves.past[place], values[place], np.nan) for values in (curves.ev, curves.ac))
    lines = pd.DataFrame({"plan": curves.pv[place], "earned": earned, "spent": spent})
    lines = lines.rename_axis("column").melt(ignore_index=False).dropna()
    rows = [*lines.itertuples(name=None), *forecast_line(curves, place, review.table.iloc[place])]
    start = int(review.register.settings.fiscal_year_start)
    table = pd.DataFrame(rows, columns=["column", "what", "amount"])
    months = curves.first[place] + curves.length * table["column"]
    table.insert(0, "months", curves.length * (table["column"] + 1))
    table.insert(0, "period", [period_name(int(month), curves.length, start) for month in months])
    return table.drop(columns="column")


def forecast_line(curves: Curves, place: int, row: pd.Series) -> list[tuple[int, str, float]]:
    """The two ends of the forecast: today, and the end that earned schedule gives."""
    now, done = int(curves.now[place]), curves.finished[place] >= 0
    if now < 0 or done or not np.isfinite(row["spi_t"]) or row["spi_t"] <= 0 or not np.isfinite(row["eac_cpi"]):
        return []
    plan = curves.pv[place]
    length = int(np.argmax(plan >= np.nanmax(plan) * (1 - 1e-9))) + 1
    end = max(now + 1, round(length / row["spi_t"]) - 1)
    return [(now, "forecast", float(row["ac"])), (end, "forecast", float(row["eac_cpi"]))]
