"""The ladder: the best plan at every budget, who comes in and who leaves on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.arbitration.allocation import Allocation, allocation_of, arbitrate, asked_gap, close_enough
from pmo_kit.arbitration.model import compile_model
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Envelope, amount_words
from pmo_kit.arbitration.warm import Warm, good_plan
from pmo_kit.doors import door, factor, several
from pmo_kit.errors import InfeasibleError

STEPS = (0.70, 0.80, 0.90, 1.00, 1.10, 1.20)


@dataclass(frozen=True, eq=False)
class Frontier(Answer):
    """The best plan at every budget, from the smallest to the largest.

    `table` has one row per factor on whole envelopes: factor, budget (money of all envelopes), status
    (`optimal`, `feasible`, `infeasible`), value, bound, best_value (running maximum of the values: more
    budget never lowers it without shares of the envelopes), gain (per unit of money since the last point)
    and gain_upper (equal where both points are proven), enters, leaves, shifts (against the point below),
    obstacle (rules in conflict).

    Parameters
    ----------
    plans : DataFrame
        project_id x factor: the level, empty where refused; no column where no plan is possible.
    again : tuple of str
        Projects that leave and come back as the budget grows.
    """

    question: Question
    _table: pd.DataFrame = field(repr=False)
    allocations: Mapping[float, Allocation] = field(repr=False)
    plans: pd.DataFrame = field(repr=False)
    again: tuple[str, ...]

    def losses(self, against: float = 1.0) -> pd.DataFrame:
        """Who loses or gains what at every budget, against one of them.

        Returns
        -------
        DataFrame
            One row per factor and project whose place changes: factor, project_id, name, area, before, after
            (level; empty where refused), value and cost: by how much they change. They add up to the change of
            the plan, so they make a waterfall.

        Raises
        ------
        KeyError
            There is no plan at the factor to compare with.
        """
        base = self.allocations[against].table
        parts = []
        for times, allocation in self.allocations.items():
            now = allocation.table
            moved = base["level"].fillna("") != now["level"].fillna("")
            part = pd.DataFrame(
                {"factor": times, "name": base["name"], "area": base["area"], "before": base["level"],
                 "after": now["level"], "value": now["value"] - base["value"], "cost": now["cost"] - base["cost"]}
            )  # fmt: skip
            parts.append(part[moved].reset_index())
        columns = ["factor", "project_id", "name", "area", "before", "after", "value", "cost"]
        return pd.concat(parts, ignore_index=True)[columns]

    @property
    def summary(self) -> str:
        """One sentence."""
        done = self._table[self._table["value"].notna()]
        if done.empty:
            return "No plan is possible at any of these budgets."
        unit = self.question.built.value_unit
        low, high = done.iloc[0], done.iloc[-1]
        first, last = (amount_words(round(point["value"], 2)) for point in (low, high))
        budgets = f"From {100 * low['factor']:.0f} % to {100 * high['factor']:.0f} % of the budget"
        return f"{budgets} the net value goes from {first} to {last} {unit}."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Fingerprints."""
        q = self.question
        return MappingProxyType(
            {"register": q.register.fingerprint, "question": q.fingerprint, "solver": "HiGHS"}
        )


@door
def frontier(question: Question, budgets: Sequence[float] = STEPS) -> Frontier:
    """The best plan at every factor on whole envelopes.

    Parameters
    ----------
    question : Question
    budgets : sequence of float
        Factors: 0.85 is 15 % less in every envelope.

    Returns
    -------
    Frontier
        Every point is exact or an interval from `value` to `bound`.

    Raises
    ------
    ValueError
        A factor is negative or stated twice.

    Notes
    -----
    Source: the efficient frontier of a project portfolio, Ghasemzadeh and Archer (2000); Lourenco, Morton
    and Bana e Costa (2012), PROBE. Exit and re-entry are real: the best plan of a larger budget need not
    contain that of a smaller one.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> pmo.frontier(question, budgets=[0.85, 1.0, 1.1]).table["value"].tolist()
    [28.5, 33.5, 35.5]
    """
    factors = sorted(factor(each, "a budget") for each in several(budgets))
    if not factors or len(set(factors)) < len(factors):
        raise ValueError("Budgets are factors of zero or more, each stated once.")
    whole = sum(r.amount for r in _counted(question))
    allocations: dict[float, Allocation] = {}
    records: list[tuple[object, ...]] = []
    last: Allocation | None = None
    top = -np.inf
    nearby = _Nearby(question)
    for times in factors:
        budget = round(whole * times, 9)
        try:
            a = nearby.allocation(question.scaled(times)) or arbitrate(question.scaled(times))
        except InfeasibleError as error:
            nan = float("nan")
            records.append((times, budget, "infeasible", nan, nan, nan, nan, nan, (), (), (), error.conflict))
            continue
        enters, leaves, shifts = _steps(last, a)
        gains = _gains(last, a, budget - float(records[-1][1]) if records else 0.0)  # type: ignore[arg-type]
        top = max(top, a.value)
        records.append((times, budget, a.status, a.value, a.bound, top, *gains, enters, leaves, shifts, ()))
        allocations[times] = last = a
    columns = ["factor", "budget", "status", "value", "bound", "best_value", "gain", "gain_upper",
               "enters", "leaves", "shifts", "obstacle"]  # fmt: skip
    plans = pd.DataFrame({f: pd.Series(dict(a.plan), dtype="str") for f, a in allocations.items()})
    plans = plans.reindex(list(question.built.groups)).rename_axis(index="project_id", columns="factor")
    table = pd.DataFrame(records, columns=columns)
    return Frontier(question, table, MappingProxyType(allocations), plans, _again(plans))


class _Nearby:
    """Points of a large question where a gap is accepted: each from the relaxation of the one before it."""

    def __init__(self, question: Question) -> None:
        self._gap = asked_gap(question)
        model = compile_model(question) if self._gap > 0 else None
        self._warm = Warm(model) if model is not None and Warm.fits(model) else None

    def allocation(self, question: Question) -> Allocation | None:
        """A plan proven to be within the gap, or None where a search is needed."""
        if self._warm is None:
            return None
        model = compile_model(question)
        found = good_plan(self._warm, model, self._gap)
        if found is None or not close_enough(model, found, self._gap):
            return None
        return allocation_of(model, replace(found, status="optimal"))


def _counted(question: Question) -> list[Envelope]:
    """The envelopes that make the whole budget: those for everything, or all where there is none."""
    envelopes = [r for r in question.active_rules if isinstance(r, Envelope)]
    return [r for r in envelopes if r.scope == "all"] or envelopes


def _steps(
    before: Allocation | None, after: Allocation
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Who enters, who leaves, and who changes level."""
    if before is None:
        return (), (), ()
    old, new = ({p: v for p, v in a.plan.items() if v != "stop"} for a in (before, after))
    moved = tuple(sorted(p for p in old.keys() & new.keys() if old[p] != new[p]))
    return tuple(sorted(new.keys() - old.keys())), tuple(sorted(old.keys() - new.keys())), moved


def _gains(before: Allocation | None, after: Allocation, money: float) -> tuple[float, float]:
    """Value per unit of further money, between the proofs of both points."""
    if before is None or money <= 0:
        return float("nan"), float("nan")
    return (after.value - before.bound) / money, (after.bound - before.value) / money


def _again(plans: pd.DataFrame) -> tuple[str, ...]:
    """Projects that are in, then out, then in again as the budget grows."""
    inside = plans.notna() & (plans != "stop")
    falls = (inside.astype(int).diff(axis=1) == -1).cumsum(axis=1) > 0
    return tuple(str(p) for p in plans.index[(falls & inside).any(axis=1)])
