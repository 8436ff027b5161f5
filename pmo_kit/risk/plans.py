"""Plans side by side in the same futures: best as planned, best on expected figures, sure of its envelopes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Allocation, Envelope, Explanation, PlanChange, Question, arbitrate
from pmo_kit.arbitration.allocation import arbitrate_from
from pmo_kit.doors import Answer, door, share
from pmo_kit.errors import InfeasibleError, InputError
from pmo_kit.facts import as_given, number
from pmo_kit.risk.drawing import Run, blocks_of, expose, shared_streams, simulate_block, together
from pmo_kit.risk.simulation import DRAWS, SEED, Simulation, simulate_plan

LADDER = (0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995)


@dataclass(frozen=True, eq=False)
class Fit:
    """A plan with reserves, and how often its envelopes hold.

    Parameters
    ----------
    allocation : Allocation
        The best plan within the envelopes less the reserves.
    plain : Allocation
        The best plan without them.
    simulation : Simulation
        Of the plan on fresh draws.
    confidence : float
        What was asked.
    before, reached : float
        How often all envelopes hold together: the plain plan, and this one, both on fresh draws.
    reserves : Series
        Envelope and year (rule name) -> money held back.
    """

    allocation: Allocation
    plain: Allocation
    simulation: Simulation
    confidence: float
    before: float
    reached: float
    reserves: pd.Series

    @property
    def fits(self) -> bool:
        """Whether the confidence is reached on fresh draws."""
        return self.reached >= self.confidence

    @property
    def given_up(self) -> float:
        """Net value, on the question's basis, that the confidence costs."""
        return self.plain.value - self.allocation.value

    @property
    def summary(self) -> str:
        """One sentence."""
        how = "" if self.fits else f"; {number(100 * self.confidence, 0)} % was not reached"
        shares = f"{number(100 * self.reached, 0)} % of the futures instead of {number(100 * self.before, 0)} %"
        lost = as_given(round(self.given_up, 1))
        gives = f"it costs {lost} of {self.plain.question.goal}"
        return f"With reserves all envelopes hold together in {shares}; {gives}{how}."


@door
def fit_envelopes(question: Question, confidence: float = 0.8, draws: int = DRAWS, seed: int = SEED) -> Fit:
    """Return a plan whose envelopes hold together in all years with a confidence.

    Every envelope keeps a reserve: the quantile of the plan's own spending less what the question counts for it. The
    question is solved again within what is left, the new plan is simulated, and so on with higher quantiles until the
    confidence is reached jointly on draws that no reserve was computed from: those of `simulate` with this seed.

    Parameters
    ----------
    question : Question
    confidence : float
    draws, seed : int
        Reserves are computed from draws of the next seed.

    Returns
    -------
    Fit
        The most valuable plan found that reaches the confidence; where none does, the one that comes nearest. It is a
        heuristic: no proof that another plan is not better.

    Raises
    ------
    InfeasibleError
        The question itself has no plan.

    Notes
    -----
    Source: Charnes and Cooper (1959), Chance-constrained programming, Manage. Sci. 6; reserves from quantiles as in
    sample average approximation, verified out of sample: Luedtke and Ahmed (2008), SIAM J. Optim. 19.
    """
    if not 0 < share(confidence, "confidence") < 1:
        raise InputError(f"confidence lies between 0 and 1, not {confidence}")

    plain = arbitrate(question)
    first = simulate_plan(question, plain.plan, draws, seed)
    before = first.fits_envelopes
    nothing = Fit(plain, plain, first, confidence, before, before, pd.Series(dtype=float, name="reserve"))
    if nothing.fits:
        return nothing
    found: list[Fit] = []
    plan = plain
    for level in LADDER:
        for _ in range(2):  # the reserves of the plan, then those of the plan that they lead to
            reserves = _reserves(simulate_plan(question, plan.plan, draws, seed + 1), level)
            less = [rule.changed(-min(held, rule.amount)) for rule, held in reserves.items()]
            try:
                plan = arbitrate_from(question.with_rules(*less), plan._pool.plans, settle=False)
            except InfeasibleError:
                break
            fresh = simulate_plan(question, plan.plan, draws, seed)
            kept = pd.Series({rule.name: held for rule, held in reserves.items()}, name="reserve", dtype=float)
            found.append(Fit(plan, plain, fresh, confidence, before, fresh.fits_envelopes, kept))
        if any(fit.fits for fit in found):
            break
    best = max([*found, nothing], key=lambda fit: (fit.fits, fit.allocation.value if fit.fits else 0.0, fit.reached))
    if best is nothing:
        return nothing
    plan = arbitrate_from(best.allocation.question, [best.allocation._positions])
    fresh = simulate_plan(question, plan.plan, draws, seed)
    return dataclasses.replace(best, allocation=plan, simulation=fresh, reached=fresh.fits_envelopes)


def _reserves(simulation: Simulation, level: float) -> dict[Envelope, float]:
    """Envelope -> quantile of spending less what the question counts; never below zero."""
    expected = simulation.question.basis == "expected"
    reserves: dict[Envelope, float] = {}
    for rule in simulation.question.active_rules:
        if isinstance(rule, Envelope) and rule.year in simulation.years:
            needed = simulation.spending(rule.scope, rule.year)
            counted = float(needed.mean()) if expected else simulation.planned(rule.scope, rule.year)
            above = float(np.quantile(needed, level)) - counted
            if above > 1e-6:
                reserves[rule] = above
    return reserves


NAMES = ("expected", "likely", "sure")


@dataclass(frozen=True, eq=False)
class Bases(Answer):
    """Three plans for one question, and what each gives and gives up.

    `table` has one row per plan: `expected` (best on expected figures, the one recommended), `likely` (best on the
    figures as stated) and `sure` (its envelopes hold together with the confidence), with the columns

    - cost, cost_p80, planned, mean, median, p20, fits, better: as `compare_plans` has them, against the recommended one
    - expected: net value on expected figures
    - leaves, enters: projects out and in against the recommended plan; resized: (project, level there, level here)

    Parameters
    ----------
    allocations : mapping of str to Allocation
    simulations : mapping of str to Simulation
        All of one seed and number of draws.
    fit : Fit
        How sure the sure plan is.
    """

    allocations: Mapping[str, Allocation]
    simulations: Mapping[str, Simulation]
    fit: Fit
    _table: pd.DataFrame

    @property
    def question(self) -> Question:
        """The question that the recommended plan answers."""
        return self.fit.plain.question

    @property
    def summary(self) -> str:
        """One sentence."""
        said = [
            f"{number(100 * row.fits, 0)} % of the futures and is worth {number(row.mean)} on average "
            f"({number(row.planned)} planned)"
            for row in self._table[["fits", "mean", "planned"]].itertuples(name="Row")
        ]
        return (
            f"The plan that is best on expected figures keeps all envelopes in {said[0]}; the one that is best as "
            f"planned in {said[1]}; one with reserves in {said[2]}."
        )


@door
def compare_bases(question: Question, confidence: float = 0.8, draws: int = DRAWS, seed: int = SEED) -> Bases:
    """Return the plans that are best on expected figures, best as planned, and sure of their envelopes, side by side.

    Parameters
    ----------
    question : Question
        Its basis does not matter.
    confidence : float
        Of the sure plan; `fit.fits` says whether it was reached.
    draws, seed : int
        The same futures for all three.

    Raises
    ------
    InfeasibleError
        The question has no plan on one of the bases.

    Notes
    -----
    Source: UK Green Book (2026), expected values in the appraisal; Savage (2009), The Flaw of Averages, on decisions
    from most likely figures.
    """
    asked = question.replace(basis="expected")
    fit = fit_envelopes(asked, confidence, draws, seed)
    likely = arbitrate(question.replace(basis="likely"))
    plans = dict(zip(NAMES, (fit.plain, likely, fit.allocation), strict=True))
    drawn = {name: simulate_plan(asked, plan.plan, draws, seed) for name, plan in plans.items()}
    moved = [PlanChange.between(fit.plain.plan, plan.plan) for plan in plans.values()]
    changes = {way: [getattr(one, way) for one in moved] for way in ("leaves", "enters", "resized")}
    expected = [simulation.expected_npv for simulation in drawn.values()]
    return Bases(plans, drawn, fit, compare_plans(drawn).assign(expected=expected, **changes))


def compare_plans(simulations: Mapping[str, Simulation]) -> pd.DataFrame:
    """Return plans in the same futures, the first of them the one to beat.

    Returns
    -------
    DataFrame
        Index plan; cost (planned) and cost_p80 (at most so much in 80 % of the futures), in the register's money unit;
        planned, mean, median, p20: net value as planned and over the draws, p20 reached in 80 % of them; fits: share of
        the futures in which all envelopes of all years hold; better: share in which it is worth more than the first,
        NaN for that one itself.
    """
    (leader, first), rows = next(iter(simulations.items())), []
    for name, one in simulations.items():
        npv, cost = one.totals["npv"], float(one.totals["cost"].quantile(0.8))
        rows.append({
            "cost": one.base_cost, "cost_p80": cost, "planned": one.base_npv, "mean": float(npv.mean()),
            "median": float(npv.median()), "p20": float(npv.quantile(0.2)), "fits": one.fits_envelopes,
            "better": float("nan") if name == leader else one.beats(first),
        })  # fmt: skip
    return pd.DataFrame(rows, index=pd.Index(simulations, name="plan", dtype="str"))


@door
def price_shares(explanation: Explanation, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Return, beside every price, in which share of futures the plan is better than that with the choice reversed.

    Returns
    -------
    DataFrame
        By (project_id, level) of what has a price: better, gain and spread as in `share_better`, and close: whether the
        price is under one spread, so that the share belongs beside it.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> reasons = pmo.explain(pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12"))))
    >>> price_shares(reasons, draws=10).loc[("P08", "full"), ["better", "gain"]].tolist()
    [1.0, 9.0]
    """
    allocation = explanation.allocation
    plans = {key: plan for key in explanation.table.index if (plan := explanation.plan(*key))}
    named = {f"{project}\n{level}": plan for (project, level), plan in plans.items()}
    table = share_better(allocation.question, allocation.plan, named, draws, seed)
    table.index = pd.MultiIndex.from_tuples(plans, names=["project_id", "level"])
    return table.assign(close=explanation.table["price"].reindex(table.index) < table["spread"])


@door
def share_better(
    question: Question,
    plan: Mapping[str, str],
    others: Mapping[str, Mapping[str, str]],
    draws: int = DRAWS,
    seed: int = SEED,
) -> pd.DataFrame:
    """Return in which share of futures a plan is the better of two, against each of some others.

    For a price: the plan with the choice reversed is the other. Draws are those of `simulate` with the same seed, and
    only the options in which the plans differ are drawn.

    Parameters
    ----------
    plan : mapping of project_id to level
    others : mapping of name to plan

    Returns
    -------
    DataFrame
        By name: better, the share of futures in which `plan` is worth more than the other; gain, what it is worth more
        on average; spread, the standard deviation of that difference. A gain below one spread is not sure to be one.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> best = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> without = {project: level for project, level in best.plan.items() if project != "P10"}
    >>> share_better(best.question, best.plan, {"without solar": without}, draws=10).round(3).to_dict("list")
    {'better': [1.0], 'gain': [4.0], 'spread': [0.0]}
    """
    common = set(plan.items()).intersection(*(other.items() for other in others.values()))
    options = sorted(set(plan.items()).union(*(other.items() for other in others.values())) - common)
    exposure = expose(question, options)
    run = Run(seed, draws, shared_streams(exposure, seed, draws), exposure)
    npvs = (one["npv"].astype(float) for block in blocks_of(exposure) for one in simulate_block(block, run).each)
    drawn = dict(zip(options, npvs, strict=True))

    def worth(chosen: Mapping[str, str]) -> np.ndarray:
        positions = [question.stated.position(*pair) for pair in chosen.items()]
        _, certain = together(question, positions, exposure.scopes, exposure.factors)
        return np.sum([*(drawn[pair] for pair in chosen.items() if pair in drawn), np.full(draws, certain)], axis=0)

    mine = worth(plan)
    gains = {name: mine - worth(other) for name, other in others.items()}
    rows = [(float((gain > 0).mean()), float(gain.mean()), float(gain.std())) for gain in gains.values()]
    return pd.DataFrame(rows, index=pd.Index(gains, name="other"), columns=["better", "gain", "spread"])
