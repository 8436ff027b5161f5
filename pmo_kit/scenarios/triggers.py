"""When to switch: the amounts below which a project leaves, and where one plan becomes better than another."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pmo_kit.arbitration import Allocation, Question, turning_points
from pmo_kit.arbitration.model import NANO, compile_model
from pmo_kit.arbitration.rules import amount_words
from pmo_kit.scenarios.changes import Scenario

FINEST = 1e-4


def triggers(allocation: Allocation, most: int = 8) -> pd.DataFrame:
    """Return the amounts to watch: what there is today, where the plan changes, and who leaves or enters first.

    Returns
    -------
    DataFrame
        watch, today, at, share (how far away, of today), leaves, enters, sentence ("below 41.2 in 2027, Partner solar
        leaves first"); the nearest first.
    """
    points = turning_points(allocation, ("people", "money"), nearest=most).head(most)
    unit, names = allocation.question.built.money_unit, allocation.question.built.projects["name"]
    rows = []
    for point in points.itertuples():
        who = [f"{names[p]} leaves" for p in point.leaves] + [f"{names[p]} comes in" for p in point.enters]
        first = (
            f"{who[0]} first"
            if who
            else ("the plan changes" if point.value == point.value else "no plan is possible")
        )
        amount = (
            f"{amount_words(round(point.at, 2))} {unit.split(',')[0]}"
            if point.kind == "money"
            else amount_words(point.at)
        )
        side = f"below {amount}" if point.kind == "money" else f"at {amount}"
        rows.append(
            {
                "watch": point.label,
                "today": point.today,
                "at": point.at,
                "share": point.distance,
                "leaves": point.leaves,
                "enters": point.enters,
                "sentence": f"{point.label}: {side}, {first}",
            }
        )
    return pd.DataFrame(rows, columns=["watch", "today", "at", "share", "leaves", "enters", "sentence"])


@dataclass(frozen=True)
class BreakEven:
    """Where along a scenario one plan becomes better than another.

    Parameters
    ----------
    share : float or None
        Part of the scenario's changes (1 is all of them) from which the second plan is at least as good; None where it
        never is up to twice the scenario.
    reason : str
        "value" where the values cross, "fit" where the first plan no longer fits.
    sentence : str
    """

    share: float | None
    reason: str
    sentence: str


def partly(scenario: Scenario, share: float) -> Scenario:
    """Return a scenario with a share of its changes: half of -15 % is -7.5 %.

    Raises
    ------
    ValueError
        It takes projects in or out, sets rules aside, delays or changes the discounting: that has no half.

    Examples
    --------
    >>> partly(Scenario("Prices +8 %", cost={"kind=capex": 1.08}), 0.5).cost
    {'kind=capex': 1.04}
    """
    if scenario.forces or scenario.rules_off or scenario.discount_schedule or scenario.delay:
        raise ValueError(f"{scenario.name!r} changes something that cannot be done by half")

    def part(factors: float | Mapping[str, float]) -> float | dict[str, float]:
        if isinstance(factors, Mapping):
            return {name: 1 + share * (factor - 1) for name, factor in factors.items()}
        return 1 + share * (factors - 1)

    changed = {
        name: part(getattr(scenario, name)) for name in ("budget", "capacity", "cost", "benefit", "weights")
    }
    return dataclasses.replace(scenario, name=f"{scenario.name} x {share:g}", **changed)  # type: ignore[arg-type]


def break_even(
    question: Question,
    scenario: Scenario,
    first: Mapping[str, str],
    second: Mapping[str, str],
    most: float = 2.0,
) -> BreakEven:
    """Return the share of a scenario at which a second plan becomes at least as good as the first.

    A plan's value moves in a straight line with factors on costs and benefits, so the crossing is exact; where a limit
    shrinks, the share at which the first plan no longer fits is found by halving.

    Parameters
    ----------
    first, second : mapping of project_id to level
        Two plans, such as those of today and of the scenario.
    most : float
        Largest share looked at; less where a factor would go below zero.
    """

    factors = scenario.table["factor"]
    least = float(factors.min()) if len(factors) else 1.0
    most = min(most, 1 / (1 - least)) if least < 1 else most  # no factor goes below zero

    def at(share: float, plan: Mapping[str, str]) -> tuple[float, bool]:
        model = compile_model(partly(scenario, share)(question))
        exact = model.evaluate(model.positions(plan))
        return exact.value / NANO, not exact.broken

    (a0, fits0), (b0, _) = at(0.0, first), at(0.0, second)
    (a1, _), (b1, _) = at(1.0, first), at(1.0, second)
    lead, loss = a0 - b0, (a0 - b0) - (a1 - b1)
    crossing = None if loss <= 0 else lead / loss
    if lead <= 0 and fits0:
        crossing = 0.0
    leaves = _last_fit(lambda share: at(share, first)[1], most) if fits0 else 0.0
    found = [
        (share, why)
        for share, why in ((crossing, "value"), (leaves, "fit"))
        if share is not None and share <= most
    ]
    if not found:
        return BreakEven(
            None, "", f"Up to {most:g} times {scenario.name!r} today's plan stays the better one."
        )
    share, why = min(found)
    words = "is worth less than the other" if why == "value" else "no longer fits"
    return BreakEven(share, why, f"From {100 * share:.0f} % of {scenario.name!r} on, the plan {words}.")


def _last_fit(fits, most: float) -> float | None:  # type: ignore[no-untyped-def]
    """The largest share at which a plan fits; None where it fits to the end."""
    if fits(most):
        return None
    low, high = 0.0, most
    while high - low > FINEST:
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
