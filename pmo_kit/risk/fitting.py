"""A plan that fits its envelopes with a chosen confidence, all years together, verified on fresh draws."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Allocation, Envelope, Question, arbitrate
from pmo_kit.arbitration.allocation import arbitrate_from
from pmo_kit.arbitration.rules import amount_words
from pmo_kit.doors import door, share
from pmo_kit.errors import InfeasibleError
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
        how = "" if self.fits else f"; {100 * self.confidence:.0f} % was not reached"
        shares = f"{100 * self.reached:.0f} % of the futures instead of {100 * self.before:.0f} %"
        lost = amount_words(round(self.given_up, 1))
        worth = f"{self.plain.question.basis_word} net value".strip()
        return f"With reserves all envelopes hold together in {shares}; it costs {lost} of {worth}{how}."


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
        raise ValueError(f"confidence lies between 0 and 1, not {confidence}")

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
            try:
                plan = arbitrate_from(_less(question, reserves), plan._pool.plans)
            except InfeasibleError:
                break
            fresh = simulate_plan(question, plan.plan, draws, seed)
            held = pd.Series(reserves, name="reserve", dtype=float)
            found.append(Fit(plan, plain, fresh, confidence, before, fresh.fits_envelopes, held))
        if any(fit.fits for fit in found):
            break
    enough = [fit for fit in found if fit.fits]
    if enough:
        return max(enough, key=lambda fit: (fit.allocation.value, fit.reached))
    return max([*found, nothing], key=lambda fit: fit.reached)


def _reserves(simulation: Simulation, level: float) -> dict[str, float]:
    """Envelope rule -> quantile of spending less what the question counts; never below zero."""
    question, years = simulation.question, simulation.years
    reserves: dict[str, float] = {}
    for rule in question.active_rules:
        if isinstance(rule, Envelope) and rule.year in years:
            needed = simulation.spending(rule.scope, rule.year)
            counted = (
                float(needed.mean())
                if question.basis == "expected"
                else simulation.planned(rule.scope, rule.year)
            )
            above = float(np.quantile(needed, level)) - counted
            if above > 1e-6:
                reserves[rule.name] = above
    return reserves


def _less(question: Question, reserves: Mapping[str, float]) -> Question:
    """The question with envelopes less their reserves."""
    return question.with_rules(
        *(
            dataclasses.replace(rule, amount=max(0.0, rule.amount - reserves[rule.name]))
            for rule in question.rules
            if isinstance(rule, Envelope) and rule.name in reserves
        )
    )
