"""Rules of money: units, price bases, sums, years, nothing counted twice."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmo_kit.register.checks.registry import Evidence, rule
from pmo_kit.register.findings import Findings

_SUM_TOLERANCE = 0.01
_JUMP = (300.0, 3000.0)  # around a factor of a thousand


def fiscal_years(days: pd.Series, first_month: int) -> pd.Series:
    """Fiscal year of each date, named by the calendar year in which it ends."""
    later = (days.dt.month >= first_month) & (first_month > 1)
    return days.dt.year.astype("Int64") + later.astype("Int64")


def _full_costs(evidence: Evidence) -> pd.DataFrame:
    """Costs of the level full, or of the only level; the level stop and exit costs are left out."""
    costs = evidence.frame("costs")
    whole = costs["level"].isna() | (costs["level"] == "full")
    return costs[whole & (costs["kind"] != "exit")]


@rule(
    5,
    "unit_jump",
    "warn",
    "A project costs about a thousand times more or less than its area or than last time.",
)
def unit_jump(evidence: Evidence, findings: Findings) -> None:
    """Thousands typed as millions, or the other way round."""
    if not evidence.has("projects", "costs"):
        return
    projects = evidence.intakes["projects"]
    totals = _full_costs(evidence).groupby("project_id")["amount"].sum()
    frame = projects.frame[["project_id", "area"]].assign(total=projects.frame["project_id"].map(totals))
    frame["total"] = frame["total"].where(frame["total"] > 0)
    usual = frame.groupby("area")["total"].transform("median")
    several = frame.groupby("area")["total"].transform("count") >= 4
    ratio = (frame["total"] / usual).where(several)
    against = pd.Series("the median of its area", index=frame.index)
    if evidence.previous is not None:
        before = evidence.previous.costs
        before = (
            before[before["level"].isna() | (before["level"] == "full")].groupby("project_id")["amount"].sum()
        )
        change = frame["total"] / frame["project_id"].map(before).where(lambda old: old > 0)
        against = against.mask(change.notna(), "what it was last time")
        ratio = change.fillna(ratio)
    low, high = _JUMP
    jumps = (ratio.between(low, high)) | (1 / ratio).between(low, high)
    message = [
        f"The cost is {one:,.0f} times {what}." if one > 1 else f"The cost is 1/{1 / one:,.0f} of {what}."
        for one, what in zip(ratio[jumps], against[jumps], strict=True)
    ]
    fix = "Check the unit: the settings say what one unit of money is."
    findings.add_rows(projects, jumps, "warn", "unit_jump", message, fix, column="project_id")


@rule(7, "price_basis_mixed", "block", "Envelopes are in other prices than the costs.")
def price_basis_mixed(evidence: Evidence, findings: Findings) -> None:
    """Real costs against nominal envelopes: the later years look cheaper than they are."""
    if not evidence.has("budgets") or not evidence.settings.price_basis:
        return
    basis = evidence.frame("budgets")["price_basis"]
    other = basis.notna() & (basis != evidence.settings.price_basis)
    message = f"The envelope is {{value}}, and the settings say {evidence.settings.price_basis}."
    fix = (
        "Bring the envelope to the prices of the costs, with a dated deflator, and say so in the assumptions."
    )
    findings.add_rows(
        evidence.intakes["budgets"], other, "block", "price_basis_mixed", message, fix, column="price_basis"
    )


def _spent_unseen(evidence: Evidence) -> set[str]:
    """Running projects without rows of actual cost: what they have spent is not among the costs."""
    costs, as_of = evidence.frame("costs"), evidence.settings.as_of
    if as_of is None or not evidence.has("projects"):
        return set()
    projects = evidence.frame("projects")
    running = set(projects.loc[projects["start"] < pd.Timestamp(as_of), "project_id"])
    return running - set(costs.loc[costs["state"] == "actual", "project_id"])


@rule(8, "sum_differs", "warn", "The years do not add up to the stated whole-life cost.")
def sum_differs(evidence: Evidence, findings: Findings) -> None:
    """The forecast of the whole-life cost, as stated, against the sum of all cost rows (1 % tolerance)."""
    if not evidence.has("costs", "baselines"):
        return
    baselines = evidence.frame("baselines")
    stated = baselines[(baselines["quantity"] == "whole_life_cost") & baselines["year"].isna()]
    stated = stated[~stated["project_id"].isin(_spent_unseen(evidence))]
    sums = _full_costs(evidence).groupby("project_id")["amount"].sum()
    added = stated["project_id"].map(sums)
    wrong = (added - stated["now"]).abs() > _SUM_TOLERANCE * stated["now"].abs().clip(lower=1e-9)
    rows = stated.index[wrong.fillna(False)]
    message = [
        f"Stated as {stated.at[row, 'now']:,.6g}; the years add up to {added[row]:,.6g}." for row in rows
    ]
    fix = "Correct one of them; part of the cost may have no year."
    findings.add_rows(
        evidence.intakes["baselines"], rows.to_numpy(), "warn", "sum_differs", message, fix, column="now"
    )


def _dates_of(evidence: Evidence, ids: pd.Series) -> tuple[pd.Series, pd.Series]:
    """First and last fiscal year of the project of each row; missing where the dates are."""
    projects = evidence.frame("projects").drop_duplicates("project_id").set_index("project_id")
    month = evidence.settings.fiscal_year_start
    return ids.map(fiscal_years(projects["start"], month)), ids.map(fiscal_years(projects["finish"], month))


@rule(9, "cost_outside_dates", "warn", "Capital cost in a year before the start or after the finish.")
def cost_outside_dates(evidence: Evidence, findings: Findings) -> None:
    """Capital is spent while a project runs; running costs, exit costs and actual costs may fall outside."""
    if not evidence.has("projects", "costs"):
        return
    costs = evidence.frame("costs")
    first, last = _dates_of(evidence, costs["project_id"])
    capital = (costs["kind"] == "capex") & (costs["state"] != "actual") & (costs["amount"] > 0)
    capital &= ~costs["level"].eq("stop").fillna(False)
    outside = (capital & ((costs["year"] < first) | (costs["year"] > last)).fillna(False)).astype(bool)
    span = [
        f"The project runs from {'?' if pd.isna(low) else low} to {'?' if pd.isna(high) else high}, not in {year}."
        for year, low, high in zip(costs["year"][outside], first[outside], last[outside], strict=True)
    ]
    fix = "Move the cost, or correct the dates of the project."
    findings.add_rows(
        evidence.intakes["costs"], outside, "warn", "cost_outside_dates", span, fix, column="year"
    )


@rule(17, "benefit_before_delivery", "warn", "A benefit in a year before the project finishes.")
def benefit_before_delivery(evidence: Evidence, findings: Findings) -> None:
    """Benefits normally come after delivery; a project that delivers in steps says so in a waiver."""
    if not evidence.has("projects", "benefits"):
        return
    benefits = evidence.frame("benefits")
    _, last = _dates_of(evidence, benefits["project_id"])
    good = (benefits["kind"] != "disbenefit") & (benefits["amount"] > 0)
    early = (good & (benefits["year"] < last).fillna(False)).astype(bool)
    first = benefits[early].groupby("project_id").head(1).index
    message = [
        f"A benefit in {benefits['year'][row]}, and the project finishes in {last[row]}." for row in first
    ]
    fix = "Move the benefit, or accept it in a waiver when the project delivers in steps."
    findings.add_rows(
        evidence.intakes["benefits"],
        first.to_numpy(),
        "warn",
        "benefit_before_delivery",
        message,
        fix,
        column="year",
    )


@rule(16, "risk_counted_twice", "warn", "Bias or risk seems to be in the figures and in the estimates too.")
def risk_counted_twice(evidence: Evidence, findings: Findings) -> None:
    """Either the figures hold optimism bias and risk, or estimates and risks are added; never both."""
    if not evidence.has("projects"):
        return
    projects = evidence.frame("projects")
    includes = projects["includes"].str.lower().fillna("")
    risky = evidence.known("risks", "project_id")
    raised: set[str] = set()
    if evidence.has("estimates"):
        estimates = evidence.frame("estimates")
        raised = set(
            estimates.loc[(estimates["quantity"] == "cost") & (estimates["likely"] > 1), "project_id"]
        )
    bias = includes.str.contains("optimism") & projects["project_id"].isin(raised)
    risk = includes.str.contains(r"\brisk|contingency", regex=True) & projects["project_id"].isin(risky)
    message = "The figures hold {value} already, and the project has risks or a likely cost above it too."
    fix = "Take it out of the figures, or leave the project out of the estimates and risks."
    findings.add_rows(
        evidence.intakes["projects"],
        bias | risk,
        "warn",
        "risk_counted_twice",
        message,
        fix,
        column="includes",
    )


@rule(21, "shares_not_100", "block", "The target shares of the goals do not add up to 100 %.")
def shares_not_100(evidence: Evidence, findings: Findings) -> None:
    """Shares of spend that leave something over, or promise more than there is."""
    if not evidence.has("goals"):
        return
    intake = evidence.intakes["goals"]
    shares = intake.frame["target_share"]
    if shares.isna().any() or np.isclose(shares.sum(), 1.0, atol=0.005):
        return
    findings.add(
        "block",
        "shares_not_100",
        f"The target shares of the goals add up to {shares.sum():.1%}.",
        "Make them add up to 100 % (write 0.25 for 25 %), or leave all of them empty.",
        file=intake.file,
        sheet=intake.sheet,
        column=intake.header("target_share", 0),
        value=f"{shares.sum():g}",
    )


@rule(22, "zero_money", "warn", "A project without any cost, or without any benefit.")
def zero_money(evidence: Evidence, findings: Findings) -> None:
    """No rows, or zeros only; not reported where the reason is in the table exemptions."""
    if not evidence.has("projects"):
        return
    projects = evidence.intakes["projects"]
    exempt = (
        evidence.frame("exemptions")
        if evidence.has("exemptions")
        else pd.DataFrame({"table": [], "project_id": []})
    )
    for name, word in (("costs", "cost"), ("benefits", "benefit")):
        if not evidence.has(name):
            continue
        totals = evidence.frame(name).groupby("project_id")["amount"].sum()
        reasoned = set(exempt.loc[exempt["table"] == name, "project_id"])
        total = projects.frame["project_id"].map(totals)
        none = ~(total > 0) & ~projects.frame["project_id"].isin(reasoned)
        if name == "benefits":
            none &= projects.frame["commitment"] != "mandatory"
        message = [
            f"The project has no {word}{'' if pd.isna(one) else ' above zero'}." for one in total[none]
        ]
        fix = f"Add its rows to {name}, or say in the table exemptions why there are none."
        findings.add_rows(projects, none, "warn", "zero_money", message, fix, column="project_id")
