"""Rules of money: units, price bases, sums, years, what is spent and what is to come, nothing counted twice."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given, number
from pmo_kit.register.checks.registry import Evidence, Found, rule
from pmo_kit.register.values import SCALES, clean_text, read_unit, where
from pmo_kit.register.values import words as word_lists

_SUM_TOLERANCE = 0.01
_UNIT = "Check the unit: the settings say what one unit of money is."
_JUMP = (300.0, 3000.0)  # around a factor of a thousand


def fiscal_years(days: pd.Series, first_month: int) -> pd.Series:
    """Fiscal year of each date, named by the calendar year in which it ends."""
    later = (days.dt.month >= first_month) & (first_month > 1)
    return days.dt.year.astype("Int64") + later.astype("Int64")


def _full(costs: pd.DataFrame) -> pd.DataFrame:
    """Rows of the level full, or of the only level."""
    return costs[costs["level"].isna() | (costs["level"] == "full")]


def _full_costs(costs: pd.DataFrame) -> pd.Series:
    """Cost of each project at full level; exit costs are left out."""
    costs = _full(costs)
    return costs[costs["kind"] != "exit"].groupby("project_id")["amount"].sum()


@rule(0, "block", "An actual cost lies after as_of: it cannot have been spent.")
def actual_after_today(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """Only as_of says what is sunk; a future amount that is called actual would be free."""
    today = evidence.this_year
    if today is None:
        return
    wrong = (costs["state"].eq("actual") & (costs["year"] > today)).fillna(False)
    text = f"{{amount}} in {{year}} is called actual, and the figures stand at {evidence.settings.as_of}."
    yield Found("costs", "year", costs[wrong], text, "Set state to planned or committed, or correct the year or as_of.")


@rule(0, "block", "Money to come lies before discount_to, so that it would be in no value.")
def money_before_start(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """Money of a later year than that of as_of must count; what is planned for this year or before is shown."""
    first, today = evidence.settings.discount_to, evidence.this_year
    for table, frame in (("costs", costs), ("benefits", evidence.frame("benefits"))):
        if first is None or not len(frame):
            continue
        early = (frame["year"] < first).fillna(False) & (frame["amount"] > 0)
        if table == "costs":
            early &= ~frame["state"].eq("actual").fillna(False)
        ahead = early & (False if today is None else (frame["year"] > today).fillna(False))
        for mask, severity in ((ahead, "block"), (early & ~ahead, "warn")):
            text = f"{{amount}} in {{year}} lies before discount_to ({first}): it is in no net present value."
            fix = "Move discount_to to the first year that can still be decided, or correct the year or state."
            yield Found(table, "year", frame[mask], text, fix, severity)


@rule(0, "block", "Estimates are amounts or durations, where factors on the base value are meant.")
def estimate_is_amount(evidence: Evidence, estimates: pd.DataFrame) -> Iterator[Found]:
    """A likely factor that equals the cost (or benefit, or duration) of its project, or is far below 1."""
    bases = [_full_costs(evidence.frame("costs")).rename("cost")]
    bases.append(_full(evidence.frame("benefits")).groupby("project_id")["amount"].sum().rename("benefit"))
    projects = evidence.frame("projects").drop_duplicates("project_id").set_index("project_id")
    days = (projects["finish"] - projects["start"]).dt.days
    lengths = [("duration", days / 30.44), ("duration", days / 365.25), ("duration", days / 7)]
    amount = pd.Series(False, index=estimates.index)
    for quantity, base in [(str(base.name), base) for base in bases] + lengths:
        near, own = 0.02 if quantity == "duration" else 1e-6, estimates["project_id"].map(base)
        equal = np.isclose(estimates["likely"], own, rtol=near)
        amount |= equal & (estimates["quantity"] == quantity) & ((estimates["likely"] - 1).abs() > 0.3)
    amount = (amount | (estimates["likely"] < 0.2)).fillna(False)
    fix = "Write factors: 0.9, 1, 1.3 for 10 % less and 30 % more than the register says."
    yield Found("estimates", "likely", amount, "{value} is no factor on the base value.", fix)
    odd = ((estimates["low"] >= 2) | (estimates["high"] <= 0.5)) & ~amount
    text = "The whole range is far from the base value, which is 1."
    yield Found("estimates", "likely", odd, text, fix, "warn")


def _times(ratio: float) -> str:
    return f"{number(ratio, 0)} times" if ratio > 1 else f"1/{number(1 / ratio, 0)} of"


@rule(
    5, "warn", "A project costs about a thousand times more or less than its area, than last time, or than it spends."
)
def unit_jump(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """Thousands typed as millions, or the other way round."""
    costs = _full_costs(evidence.frame("costs"))
    frame = projects[["project_id", "area"]].assign(total=projects["project_id"].map(costs))
    frame["total"] = frame["total"].where(frame["total"] > 0)
    areas = frame.groupby("area")["total"]
    ratio = (frame["total"] / areas.transform("median")).where(areas.transform("count") >= 4)
    against = pd.Series("the median of its area", index=frame.index)
    if evidence.previous is not None:
        before = _full(evidence.previous.table("costs")).groupby("project_id")["amount"].sum()
        change = frame["total"] / frame["project_id"].map(before).where(lambda old: old > 0)
        against = against.mask(change.notna(), "what it was last time")
        ratio = change.fillna(ratio)
    jumps = ratio.between(*_JUMP) | (1 / ratio).between(*_JUMP)
    words = [f"The cost is {_times(one)} {what}." for one, what in zip(ratio[jumps], against[jumps], strict=True)]
    yield Found("projects", "project_id", jumps, words, _UNIT)
    stated = evidence.frame("baselines")
    totals = stated["now"].fillna(stated["baseline"]).where(stated["year"].isna())
    sums = totals.groupby([stated["project_id"], stated["quantity"]]).max().unstack()
    sums = sums.reindex(columns=["whole_life_cost", "spend"]).astype("float64")
    times = stated["project_id"].map(sums["whole_life_cost"] / sums["spend"].where(sums["spend"] > 0))
    far = stated["quantity"].eq("whole_life_cost") & (times.between(*_JUMP) | (1 / times).between(*_JUMP))
    words = [f"The whole-life cost is {_times(one)} the spending as a total." for one in times[far]]
    yield Found("baselines", "now", far, words, _UNIT)


_TRILLION = 1e12
_SMALL_MONEY = frozenset(word_lists()["small_money"])


@rule(0, "warn", "An amount is above a trillion, or very much in a currency alone: whole units among millions.")
def amount_beyond_belief(evidence: Evidence) -> Iterator[Found]:
    """10,000,000 in a register of millions is ten trillion; such amounts are asked for, and 90,000 € there, too."""
    worth = SCALES.get(evidence.settings.money_unit or "unit", 1.0)
    most = _TRILLION / worth * (1000 if evidence.settings.currency in _SMALL_MONEY else 1)
    one = evidence.settings.money_unit or "unit"
    text = f"{{value}} is more than a trillion: one unit of money is a {one} here."
    single = f"{{value}} names a currency and no {one}, and is very much: one unit of money is a {one} here."
    for intake, column, amounts in evidence.written("number"):
        if column.is_money and column.money_where is None:
            far, much = ((amounts.abs() >= least).fillna(False) for least in (most, most / (100 if worth > 1 else 1)))
            bare = where(clean_text(intake.raw[column.name].where(much.to_numpy())), _names_no_scale)
            yield Found(intake.table.name, column.name, far, text, _UNIT)
            yield Found(intake.table.name, column.name, much & ~far & bare, single, _UNIT)


def _names_no_scale(text: str) -> bool:
    currencies, scale, _ = read_unit(re.sub(r"\d[\d.,]*", " ", text))
    return bool(currencies) and not scale


@rule(0, "warn", "as_of and discount_to are years apart, or money is planned in years that are over.")
def dates_of_settings(evidence: Evidence) -> Iterator[Found]:
    """What is to come is discounted to the year that follows as_of, or to that of as_of itself."""
    first, today, costs = evidence.settings.discount_to, evidence.this_year, evidence.frame("costs")
    if first is None or today is None:
        return
    if not -1 <= first - today <= 3:
        text = f"The figures stand at {evidence.settings.as_of}, and they are discounted to {first}."
        fix, told = "Correct as_of or discount_to.", evidence.settings.as_of
        yield Found("settings", "as_of", None, text, fix, value=told)
    over = ((costs["year"] < today) & (costs["year"] >= first) & (costs["amount"] > 0)).fillna(False)
    over &= ~costs["state"].eq("actual").fillna(False)
    text = f"{{amount}} in {{year}} is to come, and the figures stand at {evidence.settings.as_of}."
    fix = "Set state to actual where it is spent, or correct the year or as_of."
    yield Found("costs", "year", costs[over], text, fix)


@rule(0, "block", "Headers or cells state several currencies, and the settings name none.")
def several_currencies(evidence: Evidence) -> Iterator[Found]:
    """Amounts in two currencies are never added up."""
    said = {table: intake.codes for table, intake in evidence.intakes.items() if intake.codes}
    codes = ", ".join(sorted(set().union(*said.values())))
    if not evidence.settings.currency and "," in codes:
        for table, own in said.items():
            text = f"The amounts are in several currencies ({codes}), and the settings name none."
            fix = "Bring all amounts to one currency, and name it in the settings."
            yield Found(table, "amount", None, text, fix, value=", ".join(sorted(own)))


@rule(7, "block", "Envelopes are in other prices than the costs.")
def price_basis_mixed(evidence: Evidence, budgets: pd.DataFrame) -> Iterator[Found]:
    """Real costs against nominal envelopes: the later years look cheaper than they are."""
    basis, stated = budgets["price_basis"], evidence.settings.price_basis
    other = basis.notna() & (basis != stated) & bool(stated)
    text = f"The envelope is {{value}}, and the settings say {stated}."
    fix = "Bring the envelope to the prices of the costs, with a dated deflator, and say so in the assumptions."
    yield Found("budgets", "price_basis", other, text, fix)


def _spent_unseen(evidence: Evidence) -> set[str]:
    """Running projects without rows of actual cost: what they have spent is not among the costs."""
    costs, as_of, projects = evidence.frame("costs"), evidence.settings.as_of, evidence.frame("projects")
    if as_of is None:
        return set()
    running = set(projects.loc[projects["start"] < pd.Timestamp(as_of), "project_id"])
    return running - set(costs.loc[costs["state"] == "actual", "project_id"])


@rule(8, "warn", "The years do not add up to the stated whole-life cost.")
def sum_differs(evidence: Evidence, costs: pd.DataFrame, baselines: pd.DataFrame) -> Iterator[Found]:
    """The forecast of the whole-life cost, as stated, against the sum of all cost rows (1 % tolerance)."""
    stated = baselines[(baselines["quantity"] == "whole_life_cost") & baselines["year"].isna()]
    stated = stated[~stated["project_id"].isin(_spent_unseen(evidence))]
    stated = stated.assign(added=stated["project_id"].map(_full_costs(costs)))
    wrong = (stated["added"] - stated["now"]).abs() > _SUM_TOLERANCE * stated["now"].abs().clip(lower=1e-9)
    text = "Stated as {now}; the years add up to {added}."
    fix = "Correct one of them; part of the cost may have no year."
    yield Found("baselines", "now", stated[wrong.fillna(False)], text, fix)


def _dates_of(evidence: Evidence, ids: pd.Series) -> tuple[pd.Series, pd.Series]:
    """First and last fiscal year of the project of each row; missing where the dates are."""
    month = evidence.settings.fiscal_year_start
    first, last = (ids.map(fiscal_years(evidence.owner(name), month)) for name in ("start", "finish"))
    return first, last


@rule(9, "warn", "Capital cost in a year before the start or after the finish.")
def cost_outside_dates(evidence: Evidence, costs: pd.DataFrame) -> Iterator[Found]:
    """Capital is spent while a project runs; running costs, exit costs and actual costs may fall outside."""
    first, last = _dates_of(evidence, costs["project_id"])
    capital = (costs["kind"] == "capex") & (costs["state"] != "actual") & (costs["amount"] > 0)
    capital &= ~costs["level"].eq("stop").fillna(False)
    outside = (capital & ((costs["year"] < first) | (costs["year"] > last)).fillna(False)).astype(bool)
    span = first.astype("str").fillna("?") + " to " + last.astype("str").fillna("?")
    text = "The project runs from {span}, not in {year}."
    rows = costs.assign(span=span)[outside]
    yield Found("costs", "year", rows, text, "Move the cost, or correct the dates of the project.")


@rule(17, "warn", "A benefit in a year before the project finishes.")
def benefit_before_delivery(evidence: Evidence, benefits: pd.DataFrame) -> Iterator[Found]:
    """Benefits normally come after delivery; a project that delivers in steps says so in a waiver."""
    _, last = _dates_of(evidence, benefits["project_id"])
    early = ((benefits["year"] < last) & (benefits["amount"] > 0)).fillna(False)
    by_year = benefits.assign(last=last)[early].sort_values("year", kind="stable")
    first = by_year.drop_duplicates(["project_id", "benefit"])
    text = "A benefit in {year}, and the project finishes in {last}."
    fix = "Move the benefit, or accept it in a waiver when the project delivers in steps."
    yield Found("benefits", "year", first, text, fix)


@rule(16, "warn", "Bias or risk seems to be in the figures and in the estimates too.")
def risk_counted_twice(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """Either the figures hold optimism bias and risk, or estimates and risks are added; never both."""
    estimates = evidence.frame("estimates")
    includes = projects["includes"].str.lower().fillna("")
    raised = estimates.loc[(estimates["quantity"] == "cost") & (estimates["likely"] > 1), "project_id"]
    bias = includes.str.contains("optimism") & projects["project_id"].isin(raised)
    risk = includes.str.contains(r"\brisk|contingency", regex=True)
    risk &= projects["project_id"].isin(evidence.known("risks", "project_id"))
    text = "The figures hold {value} already, and the project has risks or a likely cost above it too."
    fix = "Take it out of the figures, or leave the project out of the estimates and risks."
    yield Found("projects", "includes", bias | risk, text, fix)


@rule(21, "block", "The target shares of the goals do not add up to 100 %.")
def shares_not_100(goals: pd.DataFrame) -> Iterator[Found]:
    """Shares of spend that leave something over, or promise more than there is."""
    shares = goals["target_share"]
    if shares.notna().all() and not np.isclose(shares.sum(), 1.0, atol=0.005):
        text = f"The target shares of the goals add up to {number(100 * shares.sum())} %."
        fix = "Make them add up to 100 % (write 0.25 for 25 %), or leave all of them empty."
        yield Found("goals", "target_share", None, text, fix, value=as_given(shares.sum()))


@rule(22, "warn", "A project without any cost, or without any benefit.")
def zero_money(evidence: Evidence, projects: pd.DataFrame) -> Iterator[Found]:
    """No rows, or zeros only; not reported where the reason is in the table exemptions."""
    exempt = evidence.frame("exemptions")
    for name, word in (("costs", "cost"), ("benefits", "benefit")):
        if not evidence.has(name):
            continue
        total = projects["project_id"].map(evidence.frame(name).groupby("project_id")["amount"].sum())
        none = ~(total > 0) & ~projects["project_id"].isin(exempt.loc[exempt["table"] == name, "project_id"])
        if name == "benefits":
            none &= projects["commitment"] != "mandatory"
        words = [f"The project has no {word}{'' if pd.isna(one) else ' above zero'}." for one in total[none]]
        fix = f"Add its rows to {name}, or say in the table exemptions why there are none."
        yield Found("projects", "project_id", none, words, fix)
