"""Benefits: what was approved, what is forecast today, what was realized, who answers for it, and the load of change.

Terms follow the UK Infrastructure and Projects Authority, *Guide for effective benefits management* (2017),
and PMI, *Benefits Realization Management* (2019).

The load is how much change each unit has to take in each quarter, against what it said it can take:
load = sum over projects of (share of the unit's staff touched) x (severity / 3): a heavy change counts in
full, a noticeable one two thirds, a light one a third. One person touched by two projects counts twice: that
is the point.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pmo_kit.doors import Answer, door
from pmo_kit.facts import in_row, keeping, number, percent
from pmo_kit.performance.curves import month_of, months_of
from pmo_kit.register import Register

PROFILE = ("owner", "measure", "baseline", "target", "strategic_goal")
FEW = 3


@dataclass(frozen=True, eq=False)
class Benefits(Answer):
    """Every benefit with its profile and its three lives: approved, forecast, realized.

    `table` has one row per benefit of `benefit_profiles`, `benefit_status` or `benefits`: project_id,
    benefit, name, area, owner, measure, baseline, target, strategic_goal, kind (disbenefit included);
    approved, forecast (over all periods of `benefit_status`; forecast counts what was realized where it is
    known); due (approved for the periods that have ended), realized, compared (approved for the ended periods that are
    reported), rate = realized / compared (missing where that is nothing), reported (True where what was due is
    reported).

    `cases` has one row per project with baselined whole-life cost and benefit: name, net_approved, net_now,
    holds (False: the business case that was approved is no longer true).

    Parameters
    ----------
    table, cases : DataFrame
        As above.
    register : Register
    unit, summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    _cases: pd.DataFrame = field(repr=False)
    register: Register = field(repr=False)
    unit: str
    summary: str
    inputs: Mapping[str, str]

    @property
    def cases(self) -> pd.DataFrame:
        """One row per project: does the approved business case still hold?"""
        return self._cases.copy(deep=False)

    @property
    def _shown(self) -> pd.DataFrame:
        return self._table[["project_id", "benefit", "owner", "approved", "forecast", "due", "realized", "rate"]]


@door
def review_benefits(register: Register) -> Benefits:
    """Compare every benefit as approved, as forecast and as realized.

    Parameters
    ----------
    register : Register
        With `benefit_status`; `benefit_profiles`, `benefits` and `baselines` add who, what kind and whole
        life.

    Returns
    -------
    Benefits

    Raises
    ------
    DataError
        There is no `benefit_status` table.
    """
    register.need("benefit_status")
    status = benefit_periods(register)
    keys = ["project_id", "benefit"]
    outlook = status["actual"].fillna(status["forecast"])
    ended = status["ended"].to_numpy()
    known = ended & status["actual"].notna().to_numpy()
    sums = pd.DataFrame(
        {
            "approved": status["planned"],
            "forecast": outlook,
            "due": status["planned"].where(ended),
            "realized": status["actual"].where(known),
            "compared": status["planned"].where(known),
        }
    )
    sums = sums.groupby([status[key] for key in keys]).sum(min_count=1).reset_index()
    profiles = register.table("benefit_profiles")[[*keys, *PROFILE]]
    kinds = register.table("benefits").dropna(subset=["kind"]).drop_duplicates(keys)[[*keys, "kind"]]
    table = profiles.merge(kinds, on=keys, how="outer").merge(sums, on=keys, how="outer")
    named = register.projects.reindex(table["project_id"])
    table.insert(2, "name", named["name"].to_numpy())
    table.insert(3, "area", named["area"].to_numpy())
    table["rate"] = (table["realized"] / table["compared"]).where(table["compared"] > 0)
    table["reported"] = table["due"].isna() | table["realized"].notna()
    table = table.sort_values(keys, ignore_index=True)
    unit = register.settings.unit
    inputs = {"register": register.fingerprint, "as_of": str(register.settings.as_of or "not stated")}
    cases = business_cases(register)
    return Benefits(table, cases, register, unit, benefit_summary(table, cases, unit), inputs)


def benefit_periods(register: Register) -> pd.DataFrame:
    """Return `benefit_status` with `ended`: the period is over."""
    status = register.table("benefit_status")
    month, _ = months_of(status["period"], int(register.settings.fiscal_year_start))
    day = register.settings.as_of
    ended = status["actual"].notna().to_numpy() if day is None else month <= month_of(day)
    return status.assign(ended=ended)


def business_cases(register: Register) -> pd.DataFrame:
    """Return the whole-life net benefit as approved and today, the worst first.

    Net is whole-life benefit less whole-life cost of `baselines`, not discounted. A project without both
    figures is left out; a case that never had a net benefit (a duty) cannot stop being true.
    """
    rows = register.table("baselines")
    benefit, cost = (
        rows[rows["quantity"] == f"whole_life_{what}"].groupby("project_id")[["baseline", "now"]].sum(min_count=1)
        for what in ("benefit", "cost")
    )
    net = (benefit - cost).dropna().set_axis(["net_approved", "net_now"], axis=1)
    net.insert(0, "name", register.projects["name"].reindex(net.index))
    net["holds"] = ~((net["net_approved"] > 0) & (net["net_now"] <= 0))
    return net.sort_values(["holds", "net_now"], kind="stable")


@keeping
def benefit_summary(table: pd.DataFrame, cases: pd.DataFrame, unit: str) -> str:
    """One sentence that a committee can read."""
    known = table[table["realized"].notna()]
    due, realized = known["compared"].sum(), known["realized"].sum()
    reports = f"{number(len(known), 0)} {'benefit reports' if len(known) == 1 else 'benefits report'}"
    which = " and reported" * bool(due < known["due"].sum())
    text = f"{reports}: {number(realized)} realized of {number(due)} due{which} ({unit})"
    if due > 0:
        text += f", {number(100 * realized / due, 0)} %"
    broken = cases.loc[~cases["holds"], "name"].tolist()
    if broken:
        text += f"; no longer true: the business case of {in_row(broken)}"
    return text + "."


def reference_class(register: Register) -> pd.DataFrame:
    """Return how past claims turned out, by area: what the next appraisal can multiply its claims by.

    Parameters
    ----------
    register : Register
        Benefits from `benefit_status` (realized against approved, ended periods); cost and duration from
        `baselines` (today against approved).

    Returns
    -------
    DataFrame
        area (and "All"), quantity (benefit, cost, duration), cases (projects), pooled (sum of outturns / sum
        of claims), low, median, high (10th, 50th and 90th percentile of the projects' own ratios; missing
        below three projects: use "All").

    Notes
    -----
    Reference class forecasting: Flyvbjerg, "From Nobel Prize to project management", *Project Management
    Journal* (2006). Cost and duration are forecasts until a project is finished, so they still look better
    than they end.
    """
    status = benefit_periods(register)
    rows = register.table("baselines").rename(columns={"baseline": "planned", "now": "actual"})
    rows = rows.assign(quantity=rows["quantity"].map({"whole_life_cost": "cost", "finish_months": "duration"}))
    together = pd.concat([status[status["ended"]].assign(quantity="benefit"), rows])
    together = together.dropna(subset=["quantity", "planned", "actual"])
    sums = together.groupby(["quantity", "project_id"])[["planned", "actual"]].sum().reset_index()
    sums = sums[sums["planned"] > 0]
    sums["ratio"] = sums["actual"] / sums["planned"]
    area = sums["project_id"].map(register.projects["area"])
    both = pd.concat([sums.assign(area=area), sums.assign(area="All")], ignore_index=True)
    grouped = both.groupby(["area", "quantity"], sort=False)
    table = grouped[["planned", "actual"]].sum()
    found = pd.DataFrame({"cases": grouped.size(), "pooled": table["actual"] / table["planned"]})
    for name, level in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        found[name] = grouped["ratio"].quantile(level).where(found["cases"] >= FEW, np.nan)
    return found.reset_index().sort_values(["quantity", "area"], ignore_index=True)


def expected_share(register: Register) -> pd.Series:
    """Return the benefits expected today per benefits approved, by project.

    From the baselined `whole_life_benefit`; for projects without one from `benefit_status`, over the periods
    in which both are known. A project with neither is missing.
    """
    baselines = register.table("baselines")
    whole = baselines.loc[baselines["quantity"] == "whole_life_benefit", ["project_id", "baseline", "now"]]
    whole = whole.dropna().set_axis(["project_id", "planned", "forecast"], axis=1)
    status = register.table("benefit_status").dropna(subset=["planned", "forecast"])
    others = status.loc[~status["project_id"].isin(whole["project_id"]), list(whole.columns)]
    sums = pd.concat([whole, others], ignore_index=True).groupby("project_id")[["planned", "forecast"]].sum()
    return (sums["forecast"] / sums["planned"]).where(sums["planned"] > 0).rename("benefit_share")


HEAVY = 3.0


@dataclass(frozen=True, eq=False)
class ChangeLoad(Answer):
    """Units x quarters against thresholds.

    `table` has one row per unit and quarter: unit, quarter, load (share of staff, heavy change in full),
    people (load x headcount), threshold, over = load - threshold (above 0: too much), projects (how many),
    causes (their names, the largest first).

    `collisions` has one row per unit, quarter and project where the load is over the threshold: unit,
    quarter, project_id, name, load, over (of the unit and quarter), frees (how much of `over` goes when this
    project is deferred), clears (True: deferring this one is enough).

    Parameters
    ----------
    table, collisions : DataFrame
        As above.
    register : Register
    summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    _collisions: pd.DataFrame = field(repr=False)
    register: Register = field(repr=False)
    summary: str
    inputs: Mapping[str, str]

    @property
    def collisions(self) -> pd.DataFrame:
        """The projects that together are too much, and what deferring each would free."""
        return self._collisions.copy(deep=False)

    @property
    def grid(self) -> pd.DataFrame:
        """Load as units x quarters; 0 where no project touches the unit."""
        return self._table.pivot_table(index="unit", columns="quarter", values="load", aggfunc="sum", fill_value=0.0)

    _shown = grid


def load_on_units(register: Register) -> ChangeLoad:
    """Add up the change that projects bring to every unit and quarter.

    Parameters
    ----------
    register : Register
        With `change_impacts`; `areas` gives headcount and change_threshold.

    Returns
    -------
    ChangeLoad

    Raises
    ------
    DataError
        There is no `change_impacts` table.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> load_on_units(load_register(shipped("data", "samples", "meridian"))).summary.split(". ")[-1]
    'Deferring Smart meters is enough there.'
    """
    impacts = register.need("change_impacts")
    impacts = impacts.assign(part=impacts["headcount_share"] * impacts["severity"] / HEAVY)
    parts = impacts.groupby(["unit", "quarter", "project_id"], as_index=False)["part"].sum()
    parts["name"] = parts["project_id"].map(register.projects["name"])
    parts = parts.sort_values(["unit", "quarter", "part", "project_id"], ascending=[True, True, False, True])
    grouped = parts.groupby(["unit", "quarter"])
    table = grouped.agg(load=("part", "sum"), projects=("part", "size"), causes=("name", in_row)).reset_index()
    areas = register.table("areas").drop_duplicates("area").set_index("area")
    table.insert(3, "people", table["load"] * table["unit"].map(areas["headcount"]))
    table.insert(4, "threshold", table["unit"].map(areas["change_threshold"]))
    table.insert(5, "over", table["load"] - table["threshold"])
    beyond = table.loc[table["over"] > 1e-9, ["unit", "quarter", "over"]]
    collisions = parts.merge(beyond, on=["unit", "quarter"]).rename(columns={"part": "load"})
    collisions["frees"] = collisions[["load", "over"]].min(axis=1)
    collisions["clears"] = collisions["load"] >= collisions["over"] - 1e-9
    order = ["unit", "quarter", "project_id", "name", "load", "over", "frees", "clears"]
    collisions = collisions.sort_values(["over", "unit", "quarter", "load"], ascending=[False, True, True, False])
    collisions = collisions[order].reset_index(drop=True)
    inputs = {"register": register.fingerprint}
    return ChangeLoad(table, collisions, register, summarize(table, collisions), inputs)


@keeping
def summarize(table: pd.DataFrame, collisions: pd.DataFrame) -> str:
    """One sentence that a committee can read."""
    over = table[table["over"] > 1e-9].sort_values(["over", "unit", "quarter"], ascending=[False, True, True])
    if table["threshold"].isna().all():
        return "How much change a unit can take is not stated."
    if over.empty:
        stated = " that states how much it can take" * bool(table["threshold"].isna().any())
        return f"No unit{stated} is asked for more change than it can take."
    worst = over.iloc[0]
    first = collisions.iloc[0]
    part = f"frees {number(100 * first['frees'], 0)} of {number(100 * first['over'], 0)} points there"
    enough = "is enough there" if first["clears"] else part
    over_all = f"{number(len(over), 0)} of {number(len(table), 0)} unit-quarters"
    return (
        f"If all that is asked goes ahead, {over_all} are over their threshold; the "
        f"worst is {worst['unit']} in {worst['quarter']}: {percent(worst['load'])} of staff against "
        f"{percent(worst['threshold'])}. Deferring {first['name']} {enough}."
    )
