"""From a register to the cost, present values, NPV, BCR, IRR and payback of every project and level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit import finance
from pmo_kit.doors import Answer, door
from pmo_kit.errors import DataError
from pmo_kit.facts import number
from pmo_kit.rates import describe_schedule, discount_schedule
from pmo_kit.register import Register
from pmo_kit.register.levels import at_largest
from pmo_kit.uncertainty import expected, states_uncertainty

SOCIAL_KINDS = ("cash", "non_cash", "economic", "social")


@dataclass(frozen=True, eq=False)
class Appraisal(Answer):
    """What every level of every project costs and is worth, from `discount_to` on.

    `table` has one row per (project_id, level):

    - cost: spend to come, exit costs included, not discounted
    - pv_cost, pv_capex, pv_benefit: present values; pv_benefit counts the benefits of kind cash
    - npv = pv_benefit - pv_cost: the financial net present value
    - pv_social: cash + non_cash + economic + social - disbenefit; where a benefit has economic rows its
      cash rows are left out, so that nothing is counted twice
    - npsv = pv_social - pv_cost: the social net present value
    - bcr = pv_benefit / pv_cost, bcr_social = pv_social / pv_cost: NaN where pv_cost is not above zero
    - irr, irr_reason: of the cash flows; NaN with the reason where undefined or not unique
    - payback, payback_recrosses: years from t = 0, not discounted; `inf` is never; True where it is
      lost again later
    - switching_cost = npv / pv_cost: the change of cost at which the NPV is zero (+0.25: 25 % more)
    - switching_benefit = -npv / pv_benefit: the change of benefits at which the NPV is zero (-0.2: 20 % less)

    Money is in the unit of the register (`unit`). `expected` is the same appraisal with every figure at its mean.

    Parameters
    ----------
    table : DataFrame
        As above.
    spend : DataFrame
        Option rows x fiscal years: forward costs, exit costs included. This is what envelopes count.
    sunk : Series
        Per project, at its largest level: actual costs, and all costs of years before `discount_to`. Shown, never in
        an NPV.
    unit, summary : str
    """

    _table: pd.DataFrame = field(repr=False)
    _spend: pd.DataFrame = field(repr=False)
    _sunk: pd.Series = field(repr=False)
    unit: str
    summary: str
    _inputs: Mapping[str, str] = field(repr=False)
    _register: Register = field(repr=False)

    @property
    def inputs(self) -> Mapping[str, str]:
        """Register fingerprint, schedule with its date, timing, t = 0."""
        return MappingProxyType({"register": self._register.fingerprint, **self._inputs})

    @cached_property
    def expected(self) -> Appraisal:
        """The appraisal at expected figures: means over estimates, events and lateness (`pmo_kit.uncertainty`).

        Itself where the register has neither estimates nor risks.
        """
        if not states_uncertainty(self._register):
            return self
        return appraise(expected(self._register), self.inputs["discount_schedule"])

    @property
    def spend(self) -> pd.DataFrame:
        """Forward costs by option and fiscal year."""
        return self._spend.copy(deep=False)

    @property
    def sunk(self) -> pd.Series:
        """Sunk costs per project."""
        return self._sunk.copy(deep=False)


@door
def appraise(register: Register, schedule: str | None = None) -> Appraisal:
    """Appraise every level of every project of a register.

    Year t counts from the setting `discount_to` (t = 0) and is discounted at t, t + 1/2 or t + 1 as the
    setting `timing` says. Flows before it and costs of state `actual` are sunk. Where the register has no
    benefits table at all, everything that needs benefits is NaN; a project without rows in it claims none.

    Parameters
    ----------
    register : Register
    schedule : str, optional
        Name of a discount schedule (see `pmo_kit.rates`); the register's own when not given.

    Returns
    -------
    Appraisal

    Raises
    ------
    DataError
        The schedule is in real terms and the register's prices are nominal.
    ValueError
        The schedule is unknown or too short.

    Notes
    -----
    Sources: UK Green Book (2026) for present values, BCR and switching values, and for not ranking unlike
    projects by BCR; Brigham and Ehrhardt, Financial Management, chapter 10, for IRR and payback.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> appraise(register).table.loc[("P02", "full"), ["cost", "npv"]].tolist()
    [34.0, 19.0]
    """
    settings = register.settings
    name = schedule or settings.discount_schedule
    _same_prices(register, name)
    options = pd.MultiIndex.from_frame(register.table("levels")[["project_id", "level"]].astype("str"))
    costs, benefits = register.table("costs"), register.table("benefits")
    start, stated = settings.discount_to, [*costs["year"].dropna().unique(), *benefits["year"].dropna().unique()]
    if start is None:  # a source of totals has no amounts by year: any year will do for sums of nothing
        start = int(min(stated)) if stated else settings.fiscal_year(settings.as_of) if settings.as_of else 2000
    years = range(start, int(max([start, *stated])) + 1)

    gone = ((costs["state"] == "actual") | (costs["year"] < start)).fillna(False).astype(bool)
    sunk = at_largest(costs[gone])
    spend, capex = _by_year(costs[~gone], options, years, True, (costs["kind"] == "capex")[~gone])
    nothing = np.full((2, *spend.shape), np.nan)
    cash, social = benefits_by_year(benefits, options, years) if register.has("benefits") else nothing

    factors = discount_factors(register, len(years), schedule)
    pv_cost, pv_benefit, pv_social = spend @ factors, cash @ factors, social @ factors
    npv, net = pv_benefit - pv_cost, cash - spend
    rate = np.atleast_1d(finance.irr(net))
    table = pd.DataFrame(
        {
            "cost": spend.sum(axis=1),
            "pv_cost": pv_cost,
            "pv_capex": capex @ factors,
            "pv_benefit": pv_benefit,
            "npv": npv,
            "pv_social": pv_social,
            "npsv": pv_social - pv_cost,
            "bcr": finance.ratio(pv_benefit, pv_cost),
            "bcr_social": finance.ratio(pv_social, pv_cost),
            "irr": rate,
            "irr_reason": [_reason(row, value) for row, value in zip(net, rate, strict=True)],
            "payback": finance.payback(net),
            "payback_recrosses": finance.recrosses(net),
            "switching_cost": finance.ratio(npv, pv_cost),
            "switching_benefit": finance.ratio(-npv, pv_benefit),
        },
        index=options,
    )
    described = describe_schedule(name)
    projects = register.projects.index
    unknown = costs.loc[gone & costs["amount"].isna(), "project_id"]
    return Appraisal(
        table,
        pd.DataFrame(spend, index=options, columns=pd.Index(years, name="year")),
        sunk.reindex(projects).fillna(0.0).where(~projects.isin(unknown)),
        settings.unit,
        _sentence(table, settings.unit, described.title, start),
        {
            "discount_schedule": name,
            "discount_source": f"{described.source} {described.dated}".strip(),
            "discount_to": str(start),
            "timing": settings.timing,
        },
        register,
    )


def _same_prices(register: Register, name: str) -> None:
    """Refuse real rates on nominal flows."""
    if describe_schedule(name).basis != "real" or register.settings.price_basis != "nominal":
        return
    message = (
        f"The register's prices are nominal and the schedule {name} is in real terms. Put the flows in "
        "constant prices (price_basis real), or choose a nominal rate such as flat_6."
    )
    rule, fix = "rates and flows are both real or both nominal", "set price_basis or discount_schedule"
    finding = {"column": "price_basis", "value": "nominal", "message": message, "rule": rule, "fix": fix}
    raise DataError.of([finding], sheet="settings")


def discount_factors(register: Register, years: int, schedule: str | None = None) -> NDArray[np.float64]:
    """Discount factors of so many fiscal years from t = 0 on, by the register's schedule or another one."""
    settings = register.settings
    rates = discount_schedule(schedule or settings.discount_schedule, years - (settings.timing == "start"))
    return finance.discount_factors(rates, years, settings.timing)


def benefits_by_year(benefits: pd.DataFrame, options: pd.MultiIndex, years: range) -> list[NDArray[np.float64]]:
    """What comes in cash, and what counts for society less disbenefits: options x years, from the first year on."""
    ahead = benefits[(benefits["year"] >= years[0]).fillna(False).astype(bool)]
    some = *(ahead["kind"] == kind for kind in ("cash", "disbenefit")), _counted(ahead)
    cash, worse, social = _by_year(ahead, options, years, *some)
    return [cash, social - worse]


def _counted(benefits: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows of the social NPV: no disbenefits, and no cash row of a benefit that also has economic rows."""
    key = ["project_id", "level", "benefit"]
    economic = pd.MultiIndex.from_frame(benefits.loc[benefits["kind"] == "economic", key])
    cash = benefits["kind"].isin(["cash"]).to_numpy(bool)
    doubled = cash & pd.MultiIndex.from_frame(benefits[key]).isin(economic)
    return benefits["kind"].isin(SOCIAL_KINDS).to_numpy(bool) & ~doubled


def _by_year(rows: pd.DataFrame, options: pd.MultiIndex, years: range, *some: ArrayLike) -> list[NDArray[np.float64]]:
    """Amounts of some of the rows, and of others, summed by option and year; a missing one makes its cell missing."""
    totals = [np.zeros((len(options), len(years))) for _ in some]
    place = options.get_indexer(pd.MultiIndex.from_frame(rows[["project_id", "level"]].astype("str")))
    column, amount = rows["year"].to_numpy(int) - years[0], rows["amount"].to_numpy(float)
    for total, mine in zip(totals, some, strict=True):
        known = (place >= 0) & np.asarray(mine)
        np.add.at(total, (place[known], column[known]), amount[known])
    return totals


def _reason(flows: NDArray[np.float64], rate: float) -> str:
    """Why there is no IRR, with every root; empty where there is one."""
    if np.isfinite(rate):
        return ""
    if np.isnan(flows).any():
        return "a flow is missing"
    if not (flows > 0).any() or not (flows < 0).any():
        return "no change of sign"
    roots = [f"{number(100 * root)}%" for root in finance.irr_roots(flows)]
    if not roots:
        return "no rate brings the NPV to zero"
    if len(roots) == 1:
        return f"the NPV touches zero at {roots[0]} without crossing it"
    return f"several rates: {', '.join(roots)}"


def _sentence(table: pd.DataFrame, unit: str, title: str, start: int) -> str:
    """What a committee reads first."""
    projects, levels = table.index.get_level_values(0).nunique(), len(table)
    if table["npv"].isna().all():
        worth = "no benefits are stated, so there is no NPV"
    else:
        worth = f"{int((table['npv'] > 0).sum())} of {levels} levels have a positive NPV"
    return f"{projects} projects with {levels} levels appraised: {worth} ({unit}; {title}, t = 0 is {start})."
