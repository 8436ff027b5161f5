"""When to switch: where one plan becomes better than another."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from math import inf

import pandas as pd

from pmo_kit.arbitration import Question
from pmo_kit.arbitration.model import compile_model
from pmo_kit.arbitration.solving import side_by_side
from pmo_kit.doors import door
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given
from pmo_kit.scenarios.changes import Scenario
from pmo_kit.scenarios.comparison import Comparison, evaluate_plan

FINEST = 1e-3


@dataclass(frozen=True)
class BreakEven:
    """Where along a scenario a second plan becomes the better one.

    Parameters
    ----------
    share : float or None
        Part of the scenario's changes (1 is all of them) from which the second plan is worth at least as much; 0 where
        it is from the start, None where the first stays better to the end.
    before, after : float
        How much more the second is worth with nothing and with all of the scenario; both after dropping what does not
        fit. Minus infinity where no dropping helps the second.
    """

    share: float | None
    before: float
    after: float


def partly(scenario: Scenario, share: float) -> Scenario:
    """Return a scenario with a share of its changes: half of -15 % is -7.5 %.

    Raises
    ------
    InputError
        It takes projects in or out, sets rules aside, delays or changes the discounting: that has no half.

    Examples
    --------
    >>> partly(Scenario("Prices +8 %", cost={"kind=capex": 1.08}), 0.5).cost
    {'kind=capex': 1.04}
    """
    if scenario.forces or scenario.rules_off or scenario.discount_schedule or scenario.delay:
        raise InputError(f"{scenario.name!r} changes something that cannot be done by half")

    def part(factors: float | Mapping[str, float]) -> float | dict[str, float]:
        if isinstance(factors, Mapping):
            return {name: 1 + share * (factor - 1) for name, factor in factors.items()}
        return 1 + share * (factors - 1)

    changed = {
        name: part(getattr(scenario, name)) for name in ("budget", "capacity", "cost", "benefit", "weights")
    }
    return dataclasses.replace(scenario, name=f"{scenario.name} x {as_given(share)}", **changed)  # type: ignore[arg-type]


def break_even(
    question: Question, scenario: Scenario, first: Mapping[str, str], second: Mapping[str, str]
) -> BreakEven:
    """Return the share of a scenario from which a second plan is worth at least as much as the first.

    Both are repaired where they do not fit, by dropping discretionary projects, as in the regret table. The two ends
    decide whether there is such a share; it is found by halving, to a thousandth.

    Parameters
    ----------
    first, second : mapping of project_id to level
        Two plans, such as today's and that of least regret.

    Raises
    ------
    InputError
        The scenario changes what has no half: see `partly`.
    """

    def lead(share: float) -> float:
        return _lead(partly(scenario, share)(question), first, second)

    before, after = lead(0.0), lead(1.0)
    if before >= 0:
        return BreakEven(0.0, before, after)
    if after < 0:
        return BreakEven(None, before, after)
    low, high = 0.0, 1.0
    while high - low > FINEST:
        middle = (low + high) / 2
        low, high = (low, middle) if lead(middle) >= 0 else (middle, high)
    return BreakEven(high, before, after)


@door
def switching_points(comparison: Comparison) -> pd.DataFrame:
    """Return from which share of every case the plan of least regret is better than today's.

    Returns
    -------
    DataFrame
        One row per case that forces no project, in order: scenario, before and after (how much more the plan of least
        regret is worth with nothing and with all of the case), share (see `break_even`; missing where today's plan
        stays better), whole (True where the case comes whole or not at all, so only `after` decides).
    """
    today, other = comparison.allocations[comparison.base].plan, comparison.minimax.plan

    def row(scenario: Scenario) -> tuple[object, ...]:
        whole = bool(scenario.rules_off or scenario.discount_schedule or scenario.delay)
        if whole:
            before, after = (
                _lead(comparison.allocations[name].question, today, other)
                for name in (comparison.base, scenario.name)
            )
            share = 1.0 if after >= 0 else None
        else:
            found = break_even(comparison.question, scenario, today, other)
            before, after, share = found.before, found.after, found.share
        return scenario.name, before, after, float("nan") if share is None else share, whole

    cases = (s for s in comparison.scenarios if s.name in comparison.cases)
    rows = side_by_side(partial(row, scenario) for scenario in cases)
    return pd.DataFrame(rows, columns=["scenario", "before", "after", "share", "whole"])


def _lead(question: Question, first: Mapping[str, str], second: Mapping[str, str]) -> float:
    """How much more a second plan is worth than a first, both after dropping what does not fit."""
    model = compile_model(question)
    worth = [evaluate_plan(model, plan, 0.0)["value"] for plan in (second, first)]
    mine, other = (-inf if value != value else value for value in worth)
    return 0.0 if mine == other else mine - other
