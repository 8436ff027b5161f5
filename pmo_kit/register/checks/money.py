"""Rules of money: units, price bases, sums, years, what is spent and what is to come, nothing counted twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given, number
from pmo_kit.register.checks.registry import Evidence, Found, of_projects, rule
from pmo_kit.register.levels import at_largest
from pmo_kit.register.values import SCALES, clean_text, read_unit, where
from pmo_kit.register.values import words as word_lists

_SUM_TOLERANCE = 0.01
_JUMP = (300.0, 3000.0)  # around a factor of a thousand
_NEVER = 100.0  # all envelopes, or all benefits, are not so many times all costs


def _full_costs(evidence: Evidence) -> pd.Series:
    """Cost of each project at its largest level; exit costs are left out."""
    costs = evidence.frame("costs")
    return at_largest(costs[costs["kind"] != "exit"])


@rule()
def actual_after_today(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """An actual cost lies after as_of: it cannot have been spent.

    Only as_of says what is sunk; a future amount that is called actual would be free.
    """
    wrong = (costs["state"] == "actual") & (costs["year"] > evidence.this_year)
    yield Found("costs", "year", costs[wrong.fillna(False)], as_of=evidence.settings.as_of)


@rule()
def money_before_start(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """Money to come lies before discount_to, so that it would be in no value.

    Money of a later year than that of as_of must count; what is planned for this year or before is shown.
    """
    first = evidence.settings.discount_to
    for table, frame in (("costs", evidence.to_come), *evidence.present("benefits")):
        early = frame[((frame["year"] < (first or 0)) & (frame["amount"] > 0)).fillna(False)]
        ahead = (early["year"] > evidence.this_year).fillna(False)
        yield Found(table, "year", early[ahead], first=first)
        yield Found(table, "year", early[~ahead], "by_now", first=first)


@rule()
def estimate_is_amount(evidence: Evidence, estimates: pd.DataFrame) -> Iterator[Found]:
    """Estimates are amounts or durations, where factors on the base value are meant.

    A likely factor that equals the cost (or benefit, or duration) of its project, or is far below 1.
    """
    days = (evidence.owner("finish") - evidence.owner("start")).dt.days
    bases = [("cost", evidence.once(_full_costs)), ("benefit", at_largest(evidence.frame("benefits")))]
    bases += [("duration", days / length) for length in (30.44, 365.25, 7)]
    likely, amount = estimates["likely"], estimates["likely"] < 0.2
    for quantity, base in bases:
        near, own = 0.02 if quantity == "duration" else 1e-6, of_projects(estimates["project_id"], base)
        equal = np.isclose(likely, own, rtol=near) & (estimates["quantity"] == quantity)
        amount |= equal & ((likely - 1).abs() > 0.3)
    yield Found("estimates", "likely", amount)
    odd = ((estimates["low"] >= 2) | (estimates["high"] <= 0.5)) & ~amount
    yield Found("estimates", "likely", odd, "range")


def _times(ratio: float) -> str:
    return f"{number(ratio, 0)} times" if ratio > 1 else f"1/{number(1 / ratio, 0)} of"


@rule(5)
def unit_jump(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """A project costs about a thousand times more or less than its area, than last time, or than it spends.

    Thousands typed as millions, or the other way round; envelopes or benefits in another unit, or of people.
    """
    costs = evidence.once(_full_costs)
    frame = projects[["project_id", "area"]].assign(total=of_projects(projects["project_id"], costs))
    frame["total"] = frame["total"].where(frame["total"] > 0)
    areas = frame.groupby("area")["total"]
    ratio = (frame["total"] / areas.transform("median")).where(areas.transform("count") >= 4)
    frame["against"] = "the median of its area"
    if evidence.previous is not None:
        before = at_largest(evidence.previous.table("costs"))
        change = frame["total"] / of_projects(frame["project_id"], before).where(lambda old: old > 0)
        frame["against"] = frame["against"].mask(change.notna(), "what it was last time")
        ratio = change.fillna(ratio)
    found = [("projects", "project_id", frame, ratio, "")]
    for _, stated in evidence.present("baselines"):
        totals = stated["now"].fillna(stated["baseline"]).where(stated["year"].isna())
        sums = totals.groupby([stated["project_id"], stated["quantity"]]).max().unstack()
        sums = sums.reindex(columns=["whole_life_cost", "spend"]).astype("float64")
        times = of_projects(stated["project_id"], sums["whole_life_cost"] / sums["spend"].where(sums["spend"] > 0))
        times = times.where(stated["quantity"] == "whole_life_cost")
        found.append(("baselines", "now", stated, times, "stated"))
    for table, column, rows, by, what in found:
        far = rows[by.between(*_JUMP) | (1 / by).between(*_JUMP)]
        yield Found(table, column, far.assign(times=[_times(one) for one in by[far.index]]), what)
    usual = costs[costs > 0].median() * len(costs)  # one project in another unit is told above
    for table, rows in evidence.present("budgets", "benefits") if usual > 0 else ():
        total = float(rows["amount"].sum())
        if total > 0 and all(not 1 / _NEVER < total / one < _NEVER for one in (usual, costs.sum())):
            yield Found(table, "amount", value=as_given(total), what=table, times=_times(total / costs.sum()))


_TRILLION = 1e12
_SMALL_MONEY = frozenset(word_lists()["small_money"])


@rule()
def amount_beyond_belief(evidence: Evidence) -> Iterator[Found]:
    """An amount is above a trillion, or very much in a currency alone: whole units among millions.

    10,000,000 in a register of millions is ten trillion; such amounts are asked for, and 90,000 € there, too.
    """
    unit = evidence.settings.money_unit or "unit"
    worth = SCALES.get(unit, 1.0)
    most = _TRILLION / worth * (1000 if evidence.settings.currency in _SMALL_MONEY else 1)
    for intake, column, amounts in evidence.written("number"):
        if column.is_money and column.money_where is None:
            size = np.abs(amounts.to_numpy(dtype=float))
            far, much = (size >= least for least in (most, most / (100 if worth > 1 else 1)))
            if not much.any():
                continue
            bare = where(clean_text(intake.raw[column.name].where(much)), _names_no_scale)
            yield Found(intake.table.name, column.name, far, unit=unit)
            yield Found(intake.table.name, column.name, much & ~far & bare, "alone", unit=unit)


@rule()
def prints_as_nought(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """Half of the projects with costs cost less than a twentieth of one unit of money, which is printed as 0.0."""
    whole = costs.groupby("project_id")["amount"].sum()
    if whole[whole > 0].median() < 0.05:
        unit = evidence.settings.money_unit or "unit"
        yield Found("settings", "money_unit", None, value=unit, unit=unit)


def _names_no_scale(text: str) -> bool:
    currencies, scale, _ = read_unit(re.sub(r"\d[\d.,]*", " ", text))
    return bool(currencies) and not scale


@rule()
def dates_of_settings(evidence: Evidence) -> Iterator[Found]:
    """as_of and discount_to are years apart, or money is planned in years that are over.

    What is to come is discounted to the year that follows as_of, or to that of as_of itself.
    """
    first, as_of, costs = evidence.settings.discount_to, evidence.settings.as_of, evidence.to_come
    if first is None or as_of is None:
        return
    if not -1 <= first - evidence.this_year <= 3:
        yield Found("settings", "as_of", None, "apart", value=as_of, as_of=as_of, first=first)
    over = (costs["year"] < evidence.this_year) & (costs["year"] >= first) & (costs["amount"] > 0)
    yield Found("costs", "year", costs[over.fillna(False)], as_of=as_of)


@rule()
def several_currencies(evidence: Evidence) -> Iterator[Found]:
    """Headers or cells state several currencies, and the settings name none.

    Amounts in two currencies are never added up.
    """
    said = {table: intake.codes for table, intake in evidence.intakes.items() if intake.codes}
    codes = ", ".join(sorted(set().union(*said.values())))
    if not evidence.settings.currency and "," in codes:
        for table, own in said.items():
            yield Found(table, "amount", None, value=", ".join(sorted(own)), codes=codes)


@rule(7)
def price_basis_mixed(evidence: Evidence, budgets: pd.DataFrame) -> Iterator[Found]:
    """Envelopes are in other prices than the costs.

    Real costs against nominal envelopes: the later years look cheaper than they are.
    """
    basis, stated = budgets["price_basis"], evidence.settings.price_basis
    other = basis.notna() & (basis != stated) & bool(stated)
    yield Found("budgets", "price_basis", other, "envelope", stated=stated)


def _spent_unseen(evidence: Evidence) -> set[str]:
    """Running projects without rows of actual cost: what they have spent is not among the costs."""
    costs, projects = evidence.frame("costs"), evidence.frame("projects")
    running = set(projects.loc[projects["start"] < pd.Timestamp(evidence.settings.as_of), "project_id"])
    return running - set(costs.loc[costs["state"] == "actual", "project_id"])


@rule(8)
def sum_differs(evidence: Evidence, costs: pd.DataFrame, baselines: pd.DataFrame) -> Iterator[Found]:
    """The years do not add up to the stated whole-life cost.

    The forecast of the whole-life cost, as stated, against the sum of all cost rows (1 % tolerance).
    """
    stated = baselines[(baselines["quantity"] == "whole_life_cost") & baselines["year"].isna()]
    stated = stated[~stated["project_id"].isin(_spent_unseen(evidence))]
    stated = stated.assign(added=of_projects(stated["project_id"], evidence.once(_full_costs)))
    wrong = (stated["added"] - stated["now"]).abs() > _SUM_TOLERANCE * stated["now"].abs().clip(lower=1e-9)
    yield Found("baselines", "now", stated[wrong])


def _years_of(evidence: Evidence, date: str, ids: pd.Series) -> pd.Series:
    """Fiscal year of a date of the project of each row; missing where the date is."""
    days, month = evidence.owner(date), evidence.settings.fiscal_year_start
    later = (days.dt.month >= month) & (month > 1)
    return of_projects(ids, days.dt.year + later).astype("Int64")


@rule(9)
def cost_outside_dates(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """Capital cost in a year before the start or after the finish.

    Capital is spent while a project runs; running costs, exit costs and actual costs may fall outside.
    """
    costs = costs[(costs["kind"] == "capex") & (costs["state"] != "actual") & (costs["level"] != "stop")]
    first, last = (_years_of(evidence, date, costs["project_id"]) for date in ("start", "finish"))
    outside = (costs["amount"] > 0) & ((costs["year"] < first) | (costs["year"] > last)).fillna(False)
    first, last = (one[outside].astype("str").fillna("?") for one in (first, last))
    yield Found("costs", "year", costs[outside].assign(span=first + " to " + last))


@rule(17)
def benefit_before_delivery(evidence: Evidence, benefits: pd.DataFrame) -> Iterator[Found]:
    """A benefit in a year before the project finishes.

    Benefits normally come after delivery; a project that delivers in steps says so in a waiver.
    """
    last = _years_of(evidence, "finish", benefits["project_id"])
    early = ((benefits["year"] < last) & (benefits["amount"] > 0)).fillna(False)
    by_year = benefits.assign(last=last)[early].sort_values("year", kind="stable")
    yield Found("benefits", "year", by_year.drop_duplicates(["project_id", "benefit"]))


@rule(16)
def risk_counted_twice(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """Bias or risk seems to be in the figures and in the estimates too.

    Either the figures hold optimism bias and risk, or estimates and risks are added; never both.
    """
    estimates = evidence.frame("estimates")
    includes = projects["includes"].str.lower().fillna("")
    raised = estimates.loc[(estimates["quantity"] == "cost") & (estimates["likely"] > 1), "project_id"]
    bias = includes.str.contains("optimism") & projects["project_id"].isin(raised)
    risk = includes.str.contains(r"\brisk|contingency", regex=True)
    risk &= projects["project_id"].isin(evidence.known("risks", "project_id"))
    yield Found("projects", "includes", bias | risk)


@rule(21)
def shares_not_100(goals: pd.DataFrame) -> Iterator[Found]:
    """The target shares of the goals do not add up to 100 %.

    Shares of spend that leave something over, or promise more than there is.
    """
    shares = goals["target_share"]
    if shares.notna().all() and not np.isclose(shares.sum(), 1.0, atol=0.005):
        value = as_given(shares.sum())
        yield Found("goals", "target_share", None, value=value, percent=number(100 * shares.sum()))


@rule(22)
def zero_money(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """A project without any cost, or without any benefit.

    No rows, or zeros only; not reported where the reason is in the table exemptions.
    """
    exempt = evidence.frame("exemptions")
    for name, word in (("costs", "cost"), ("benefits", "benefit")):
        if not evidence.has(name):
            continue
        rows, ids = evidence.frame(name), projects["project_id"]
        total = of_projects(ids, rows.groupby("project_id")["amount"].sum())
        unread = rows.loc[rows["amount"].isna(), "project_id"]
        none = ~(total > 0) & ~ids.isin([*exempt.loc[exempt["table"] == name, "project_id"], *unread])
        if name == "benefits":
            none &= projects["commitment"] != "mandatory"
        zero = pd.DataFrame({"zero": np.where(total.isna(), "", " above zero")})[none]
        yield Found("projects", "project_id", zero, word=word, rows_of=name)
