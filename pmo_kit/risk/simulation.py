"""Simulating a plan: thousands of possible futures of its money, time and people, and what they say together:
contingency pooled and unpooled, shares of variance, and how often limits are exceeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import cached_property, partial
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Question
from pmo_kit.arbitration.model import kept
from pmo_kit.doors import Answer, door, known, share
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, keeping, number
from pmo_kit.risk import drawing
from pmo_kit.uncertainty.distributions import Floats, cvar
from pmo_kit.uncertainty.stated import risks_said

LIMITS = [
    "rule", "kind", "label", "limit", "planned", "p50", "p80", "available", "probability", "short_p80", "unit",
]  # fmt: skip


@dataclass(frozen=True)
class Contingency:
    """Money to hold for a confidence.

    Parameters
    ----------
    confidence : float
    base : float
        Sum of the base costs.
    quantile : float
        What the portfolio costs at most with this confidence.
    pooled : float
        quantile - base: one reserve for the portfolio.
    unpooled : float
        Sum over the projects of (their own quantile - base): every project with a reserve of its own.
    """

    confidence: float
    base: float
    quantile: float
    pooled: float
    unpooled: float

    @property
    def saved(self) -> float:
        """What holding the reserve together saves."""
        return self.unpooled - self.pooled


def portfolio_contingency(costs: ArrayLike, base: ArrayLike, confidence: float = 0.8) -> Contingency:
    """Return the contingency of a portfolio at a confidence.

    Parameters
    ----------
    costs : array_like, shape (projects, draws)
    base : array_like, shape (projects,)
    confidence : float

    Notes
    -----
    Contingency = P80 of the portfolio - sum of base. The sum of the projects' own P80s is larger unless all move
    together: for n equal normal projects with correlation r by sqrt(n / (1 + (n - 1) r)).

    Examples
    --------
    >>> found = portfolio_contingency([[10, 12], [12, 10]], [10, 10], 0.8)
    >>> round(found.pooled, 3), round(found.unpooled, 3)
    (2.0, 3.2)
    """
    if not 0 < share(confidence, "confidence") < 1:
        raise InputError(f"confidence lies between 0 and 1, not {confidence}")
    drawn, bases = np.atleast_2d(np.asarray(costs)), np.asarray(base, float)
    total = drawn.sum(axis=0, dtype=float)
    whole = float(np.quantile(total, confidence))
    own = np.quantile(drawn, confidence, axis=1)
    return Contingency(confidence, float(bases.sum()), whole, whole - float(bases.sum()), float((own - bases).sum()))


def variance_shares(draws: ArrayLike, total: ArrayLike | None = None) -> Floats:
    """Return each part's share of the variance of the sum: Cov(X_i, T) / Var(T). The shares add up to 1.

    Parameters
    ----------
    draws : array_like, shape (parts, draws)
    total : array_like, shape (draws,), optional
        The sum, where the parts are not all of it.

    Notes
    -----
    Euler's allocation: Tasche (1999), Risk contributions and performance measurement. A share may be negative: a
    part that falls when the rest rises.

    Examples
    --------
    >>> variance_shares([[1, -1, 1, -1], [2, 2, -2, -2]]).tolist()
    [0.2, 0.8]
    """
    parts = np.asarray(draws)
    whole = parts.sum(axis=0, dtype=float) if total is None else np.asarray(total, float)
    centered = whole - whole.mean()
    spread = float(centered @ centered)
    if spread == 0:
        return np.zeros(len(parts))
    return np.array([float(part.astype(float) @ centered) for part in parts]) / spread


def limits_drawn(
    question: Question, exposure: drawing.Exposure, spend: NDArray[np.float64], people: NDArray[np.float64]
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return every limit of money and people against the draws, and in which draws all envelopes hold together.

    Money that is not spent is carried into the next year of its envelope up to the carry limit, draw by draw.

    Parameters
    ----------
    spend : ndarray, shape (scopes, years, draws)
    people : ndarray, shape (roles, periods, draws)

    Returns
    -------
    DataFrame
        rule, kind, label; limit (of the year alone); planned, p50, p80: what is needed; available: the limit and what
        is carried into the year where P80 is needed; probability that more is needed than there is; short_p80: by how
        much at P80, zero where it is enough; unit. p80 > available, short_p80 > 0 and probability > 20 % say the same.
    ndarray of bool, shape (draws,)

    Notes
    -----
    What is needed and what is carried both vary; the 80 % sure shortfall is the quantile of their difference, and
    available = p80 - that quantile: between the limit and the limit with all that may be carried.
    """
    rows: list[tuple[object, ...]] = []
    holds, carried = np.ones(spend.shape[-1], bool), dict[tuple[str, int], Floats]()
    base = exposure.base_spend, sum((p.demand for p in exposure.projects), np.zeros(people.shape[:2]))
    envelopes = [r for r in question.active_rules if isinstance(r, Envelope)]
    roles = [r for r in question.active_rules if isinstance(r, Capacity)]
    for rule in (*sorted(envelopes, key=lambda r: (r.envelope, r.year)), *roles):
        limit = rule.stock or 0.0
        if isinstance(rule, Envelope) and rule.year in exposure.years:
            at = exposure.scopes.index(rule.scope), exposure.years.index(rule.year)
            needed, planned = spend[at], base[0][at]
            available = limit + carried.get((rule.envelope, rule.year), np.zeros(len(holds)))
            carried[rule.envelope, rule.year + 1] = np.clip(available - needed, 0.0, rule.carry_limit)
        elif isinstance(rule, Capacity) and rule.period in exposure.periods:
            at = exposure.roles.index(rule.role), exposure.periods.index(rule.period)
            needed, planned, available = people[at], base[1][at], np.full(len(holds), limit)
        else:
            continue
        short = needed - available
        over = short > 1e-6 * max(1.0, limit)
        if isinstance(rule, Envelope):
            holds &= ~over
        p50, p80 = (float(x) for x in np.quantile(needed, [0.5, 0.8], method="inverted_cdf"))
        missing = float(np.quantile(np.where(over, short, np.minimum(short, 0.0)), 0.8, method="inverted_cdf"))
        sure = p50, p80, p80 - missing, float(over.mean()), max(0.0, missing)
        unit = rule.unit_of(question.built.money_unit)
        rows.append((rule.name, rule.kind, rule.label, limit, float(planned), *sure, unit))
    return pd.DataFrame(rows, columns=LIMITS), holds


def swings(draws: Sequence[NDArray[np.float32]], total: Floats) -> NDArray[np.float64]:
    """Return parts x 2: the median of the total where a part is in its lowest and in its highest tenth of draws.

    The bars of a tornado, read from the draws themselves: correlation is in them.
    """
    k = max(1, len(total) // 10)
    found = np.full((len(draws), 2), np.median(total))
    for i, part in enumerate(draws):
        if part.min() < part.max():
            order = np.argpartition(part, (k, len(part) - k - 1))
            found[i] = np.median(total[order[:k]]), np.median(total[order[-k:]])
    return found


DRAWS, SEED = 10_000, 7  # wherever a quantity is drawn, so that it is one number
KEPT = 16  # simulations of one register at once
RISKS = [
    "project_id", "risk", "label", "risk_class", "probability", "cost_mean", "expected_cost", "share_cost",
    "delay_months", "benefit_loss", "driver", "owner", "response",
]  # fmt: skip


@dataclass(frozen=True, eq=False)
class Simulation(Answer):
    """A plan in many possible futures.

    `table` has one row per project of the plan: name; cost_base, benefit_base, npv_base as in the register; p10, p20,
    p50, p80, p90 of cost, benefit, npv and delay (months, below zero is early): `cost_p80`; includes: what the
    register's figures already hold.

    Costs are undiscounted and to come; the net value is the question's `npv` (or `npsv`) in every draw. Where tails
    are heavy, quantiles say what means hide: no mean is printed.

    Parameters
    ----------
    question : Question
    plan : mapping of project_id to level
    draws, seed : int
    notes : tuple of str
        Assumptions and repairs, in sentences.
    """

    question: Question
    plan: Mapping[str, str]
    draws: int
    seed: int
    notes: tuple[str, ...]
    _run: drawing.Run = field(repr=False)
    _block: drawing.Block = field(repr=False)

    @cached_property
    def _table(self) -> pd.DataFrame:
        e = self._run.exposure
        ids, drawn = [p.risk.project for p in e.projects], zip(e.projects, self._block.each, strict=True)
        rows = [drawing.base_and_quantiles(p, one, e.factors) for p, one in drawn]
        table = pd.DataFrame(rows, index=pd.Index(ids, name="project_id", dtype="str"))
        table.insert(0, "name", self.question.register.projects["name"].reindex(ids))
        table["includes"] = [p.risk.holds for p in e.projects]
        return table

    @cached_property
    def portfolio(self) -> pd.DataFrame:
        """Portfolio by year, then all years: base and quantiles of spending and benefits.

        Columns spend_base, spend_p10 ... spend_p90, benefit_base, benefit_p10 ... benefit_p90.
        """
        b, e = self._block, self._run.exposure
        due = sum((p.benefit for p in e.projects), np.zeros(len(e.years)))
        whole = self.base_cost, b.cost, sum(float(p.benefit.sum()) for p in e.projects), b.benefit
        years = zip(e.base_spend[0], b.spend[0], due, b.received, strict=True)
        rows = [
            {"spend_base": float(cost), **drawing.quantiles("spend", spent)}
            | {"benefit_base": float(benefit), **drawing.quantiles("benefit", received)}
            for cost, spent, benefit, received in (*years, whole)
        ]
        table = pd.DataFrame(rows, index=pd.Index([*map(str, e.years), "all years"], name="year", dtype="str"))
        return table[(table != 0).any(axis=1)]

    @property
    def totals(self) -> pd.DataFrame:
        """One row per draw: cost, benefit, npv of the portfolio, and the months by which the latest project is late."""
        b = self._block
        return pd.DataFrame({"cost": b.cost, "benefit": b.benefit, "npv": b.npv, "latest": b.latest.astype(float)})

    @property
    def base_cost(self) -> float:
        """Sum of the base costs to come."""
        return float(self._run.exposure.base_spend[0].sum())

    @property
    def base_npv(self) -> float:
        """Net value as the register has it, without bias or risk."""
        e = self._run.exposure
        return float(sum((p.benefit - p.spend[0]) @ e.factors for p in e.projects)) + e.together_value

    @cached_property
    def expected_npv(self) -> float:
        """Net value at expected figures: what a question on that basis counts for the plan, and the draws' mean."""
        q = self.question.replace(basis="expected")
        built = (q if isinstance(q.value, str) else q.replace(value="npv")).built
        worth = sum(float(built.values[built.position(*pair)]) for pair in self.plan.items())
        return worth + self._run.exposure.together_value

    @cached_property
    def _limits(self) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
        return limits_drawn(self.question, self._run.exposure, self._block.spend, self._block.people)

    @property
    def years(self) -> tuple[int, ...]:
        """Fiscal years that the draws reach."""
        return self._run.exposure.years

    def spending(self, scope: str, year: int) -> Floats:
        """Spending of every draw in the scope of an envelope and a year."""
        return np.asarray(self._block.spend[self._at(scope, year)])

    def planned(self, scope: str, year: int) -> float:
        """Spending in the scope of an envelope and a year, on likely figures."""
        return float(self._run.exposure.base_spend[self._at(scope, year)])

    def _at(self, scope: str, year: int) -> tuple[int, int]:
        """Where a scope and a year stand."""
        known([scope], self._run.exposure.scopes, "scope of an envelope")
        known([year], list(map(str, self.years)), "year")
        return self._run.exposure.scopes.index(scope), self.years.index(int(year))

    @property
    def exceedance(self) -> pd.DataFrame:
        """Every envelope and every role's capacity: limit, planned, p50, p80, probability of exceeding it, unit."""
        return self._limits[0].copy(deep=False)

    @property
    def fits_envelopes(self) -> float:
        """Probability that all envelopes hold together in all years."""
        return float(self._limits[1].mean())

    def contingency(self, confidence: float = 0.8) -> Contingency:
        """Return the money to hold for a confidence, pooled and unpooled."""
        sure = self._run.exposure.together[0].sum()
        base = [*(float(p.spend[0].sum()) for p in self._run.exposure.projects), float(sure)]
        costs = [*(one["cost"] for one in self._block.each), np.full(self.draws, sure, np.float32)]
        return portfolio_contingency(np.stack(costs), base, confidence)

    def contingency_by_year(self, confidence: float = 0.8) -> pd.DataFrame:
        """Return base, quantile and contingency of every year; each year on its own, so they do not add up."""
        base = self._run.exposure.base_spend[0]
        high = np.quantile(self._block.spend[0], share(confidence, "confidence"), axis=1)
        years = pd.Index(self._run.exposure.years, name="year")
        table = pd.DataFrame({"base": base, "quantile": high, "contingency": high - base}, index=years)
        return table[(table != 0).any(axis=1)]

    def confidence(self, cost: float | None = None, months: float = 0.0) -> float:
        """Probability that the portfolio costs at most `cost` and no project is more than `months` late, together."""
        limit = self.base_cost if cost is None else cost
        drawn = self.totals
        return float(((drawn["cost"] <= limit * (1 + 1e-9)) & (drawn["latest"] <= months + 1e-3)).mean())

    def cvar(self, what: str = "cost", level: float = 0.9) -> float:
        """Mean of the worst draws beyond a confidence: highest costs, or lowest benefits and net values."""
        known([what], self.totals.columns, "total")
        return float(cvar(self.totals[what], level, "upper" if what == "cost" else "lower"))

    @cached_property
    def drivers(self) -> pd.DataFrame:
        """Project -> share of the variance of the portfolio's cost and net value, largest first.

        share_cost, share_npv (each adds up to 1); npv_low, npv_high: the portfolio's median net value where the
        project is in its worst and in its best tenth; swing = npv_high - npv_low.
        """
        b = self._block
        costs, npvs = ([one[what] for one in b.each] for what in ("cost", "npv"))
        low, high = swings(npvs, b.npv).T
        cost, npv = variance_shares(costs, b.cost), variance_shares(npvs, b.npv)
        table = self._table[["name"]].assign(
            share_cost=cost, share_npv=npv, npv_low=low, npv_high=high, swing=high - low
        )
        return table.sort_values("share_npv", ascending=False, kind="stable")

    @cached_property
    def risks(self) -> pd.DataFrame:
        """Every risk event of the plan, the most expensive first.

        project_id, risk, label, risk_class, probability, cost_mean (if it comes), expected_cost, share_cost (of the
        variance of the portfolio's cost), delay_months, benefit_loss, driver, owner, response.
        """
        centered = self._block.cost - self._block.cost.mean()
        spread = float(centered @ centered)
        rows = []
        for p in self._run.exposure.projects:
            for e in p.risk.events:
                comes, amount = drawing.event_draws(self._run, p.risk.project, e)
                share = float(amount.astype(float) @ centered[comes]) / spread if spread else 0.0
                rows.append((p.risk.project, e.risk, e.cost.mean if e.cost else 0.0, e.expected_cost, share))
        keys, columns = ["project_id", "risk"], ["cost_mean", "expected_cost", "share_cost"]
        drawn = pd.DataFrame(rows, columns=[*keys, *columns]).astype(dict.fromkeys(keys, "str"))
        table = risks_said(self.question.register).merge(drawn, on=keys)[RISKS]
        return table.sort_values(["expected_cost", "project_id"], ascending=[False, True], ignore_index=True)

    @property
    def classes(self) -> pd.DataFrame:
        """Risk class -> number of events, expected cost, share of the variance of the portfolio's cost."""
        table = self.risks.groupby("risk_class")[["expected_cost", "share_cost"]].sum()
        table.insert(0, "events", self.risks["risk_class"].value_counts())
        return table.sort_values("expected_cost", ascending=False)

    def s_curve(self, what: str = "cost", points: int = 101) -> pd.DataFrame:
        """Return the S-curve of the portfolio's cost, benefit, npv, or a fiscal year's spending.

        Columns probability (equally spaced from 0 to 1) and value.
        """
        b = self._block
        by_year = zip(map(str, self.years), b.spend[0], strict=True)
        drawn = {"cost": b.cost, "benefit": b.benefit, "npv": b.npv, **dict(by_year)}
        known([what], drawn, "total or year")
        levels = np.linspace(0, 1, points)
        return pd.DataFrame({"probability": levels, "value": np.quantile(drawn[str(what)], levels)})

    def beats(self, other: Simulation) -> float:
        """Probability that this plan is worth more than another, draw against draw: shared projects share their luck.

        Raises
        ------
        InputError
            The other was simulated with another seed or number of draws.
        """
        mine, theirs = (self.seed, self.draws), (other.seed, other.draws)
        if mine != theirs:
            raise InputError(f"compare simulations of one seed and number of draws, not {mine} with {theirs}")
        return float((self._block.npv > other._block.npv).mean())

    @property
    def summary(self) -> str:
        """One sentence."""
        unit = self.question.register.settings.unit
        p10, p50, p80, p90 = np.quantile(self._block.cost, [0.1, 0.5, 0.8, 0.9])
        words = (
            f"The plan costs {_short(self.base_cost)} {unit} as planned and with 80 % confidence at most {_short(p80)} "
            f"(P10 {_short(p10)}, P50 {_short(p50)}, P90 {_short(p90)}); its net value is at least "
            f"{_short(float(np.quantile(self._block.npv, 0.2)))} with the same confidence"
        )
        held = f"{number(100 * self.fits_envelopes, 0)} % of {self.draws} draws"
        return f"{words}; all envelopes hold together in {held}."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Fingerprints, seed, draws and correlations."""
        drawn = {"seed": str(self.seed), "draws": str(self.draws), "correlation": drawing.CORRELATIONS}
        return MappingProxyType({**self.question.fingerprints, **drawn})


@door
def simulate(
    allocation: Allocation,
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    uplifts: Mapping[str, float] | None = None,
    executor: Executor | None = None,
) -> Simulation:
    """Simulate the plan of an allocation.

    Every draw takes for each project a factor on its cost, on its benefits and on its duration (table `estimates`),
    and the risk events that come (table `risks`): their cost, their share of benefits lost, their delay. A late start
    moves costs, benefits and people; work that takes longer stretches them and costs more (`uncertainty.stated`).
    What the register's figures already hold (`includes`) is not added again: with risk or optimism_bias no events, with
    optimism_bias only the spread of the estimates. The mean of the draws is what a question on expected figures counts.

    Parameters
    ----------
    allocation : Allocation
    draws, seed : int
        Equal numbers for equal seeds, whatever the number of workers; adding a project changes no other draw.
    uplifts : mapping of scope to fraction, optional
        Optimism bias or a reference class to add instead of estimates' bias and events: from `pmo_kit.rates`, or from
        the register's own past, `performance.reference_class`. Never added to figures that hold optimism bias.
    executor : concurrent.futures.Executor, optional
        Blocks of projects are drawn by its workers.

    Raises
    ------
    DataError
        Estimates or risks are not in order; every one is listed.
    InputError
        An argument is out of range or names what is not there.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> plan = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> sure = pmo.simulate(plan, draws=100)  # no estimates and no risks: every draw is the plan
    >>> round(float(sure.totals["npv"].max()), 3), sure.fits_envelopes
    (33.5, 1.0)
    """
    return simulate_plan(allocation.question, allocation.plan, draws, seed, uplifts=uplifts, executor=executor)


@door
def simulate_plan(
    question: Question,
    plan: Mapping[str, str],
    draws: int = DRAWS,
    seed: int = SEED,
    *,
    uplifts: Mapping[str, float] | None = None,
    executor: Executor | None = None,
) -> Simulation:
    """Simulate any plan under a question, whether or not it obeys its rules; otherwise as `simulate`."""
    key = (*map(id, question.rules), question.basis, frozenset(plan.items()), draws, seed)
    drawn: dict[Any, Simulation] = question.stated.memo.setdefault("simulations", {})
    plain = uplifts is None and executor is None
    if plain and (before := drawn.get(key)):  # the same plan is asked about by several figures
        return before
    exposure = drawing.expose(question, plan.items(), uplifts)
    run = drawing.Run(seed, draws, drawing.shared_streams(exposure, seed, draws), exposure)
    held = sum(bool(p.risk.holds) for p in exposure.projects)
    notes = (drawing.CORRELATIONS, _held_words(held)) if held else (drawing.CORRELATIONS,)
    whole = drawing.empty_block(exposure, draws)
    blocks = list(drawing.blocks_of(exposure))
    for block in (executor.map if executor else map)(partial(drawing.simulate_block, run=run), blocks):
        whole.add(block)
    whole.cost += exposure.together[0].sum()
    whole.npv += exposure.together_value
    whole.spend += exposure.together[:, :, None]
    made = Simulation(question, MappingProxyType(dict(plan)), draws, seed, notes, run, whole)
    return kept(drawn, key, lambda: made, KEPT) if plain else made


@keeping
def _held_words(held: int) -> str:
    """Whose figures hold their bias or risk already."""
    many = "project already holds" if held == 1 else "projects already hold"
    return f"{number(held, 0)} {many} bias or risk in the figures; it is not added again."


def _short(value: float) -> str:
    """A number with one decimal."""
    return as_given(round(float(value), 1))
