"""Answers of a case: the solver's, at a 1 % gap at once, then proven; and what reversing each choice would cost."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Literal

import numpy as np

from pmo_kit.arbitration import Allocation, Mandatory, PlanChange, Question, arbitrate
from pmo_kit.arbitration.model import ONE
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.search import proof_gap
from pmo_kit.arbitration.solving import Limits
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.widgets.cases import InOut

Status = Literal["proven", "known", "stopped", "none", "open"]
FIRST_GAP = 0.01


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver says of a case.

    Parameters
    ----------
    status : str
        `proven`: no plan is better. `known`: within the first gap, the proof is still searched. `stopped`: the proof
        was not found in the time allowed, or not asked for by the question. `none`: no plan obeys the rules, and
        `error` says why. `open`: no plan was found so far.
    allocation : Allocation, optional
        The plan, with its value and the bound on every plan.
    """

    status: Status
    allocation: Allocation | None = None
    error: InfeasibleError | None = None

    @property
    def value(self) -> float:
        """What the plan is worth; NaN without a plan."""
        return self.allocation.value if self.allocation else float("nan")

    @property
    def bound(self) -> float:
        """What no plan can exceed."""
        return max(self.allocation.bound, self.allocation.value) if self.allocation else inf

    @property
    def plan(self) -> dict[str, str]:
        """project_id -> level; a project that is left out is absent."""
        return dict(self.allocation.plan) if self.allocation else {}

    @cached_property
    def decisions(self) -> dict[str, str]:
        """project_id -> fund, stop or refuse; empty without a plan."""
        return dict(self.allocation.table["decision"]) if self.allocation else {}

    @property
    def rest(self) -> float:
        """How much better the best plan may be."""
        return 0.0 if self.status == "proven" else self.bound - self.value if self.allocation else inf

    @property
    def ended(self) -> bool:
        """Whether nothing more will be found."""
        return self.status in ("proven", "stopped", "none")


def ask(question: Question, seconds: float, *, last: bool) -> Answer:
    """The solver's answer: the first one, within 1 %, or the last one, which proves what the question asks for."""
    asked = question.replace(time_limit=seconds, gap=question.gap if last else FIRST_GAP)
    try:
        allocation = arbitrate(asked)
    except InfeasibleError as error:
        return Answer("none", error=error)
    except PmoError as error:
        if type(error) is not PmoError:  # a fault of the question, not the end of the time
            raise
        return Answer("stopped" if last else "open")
    if not last:
        return Answer("known", allocation)
    proven = allocation.status == "optimal" and allocation.bound <= allocation.value
    return Answer("proven" if proven else "stopped", allocation)


@dataclass(frozen=True)
class Price:
    """What taking a project in or out costs against the plan of the case: between `low` and `high`.

    `low` is infinite where it is proven impossible.
    """

    project_id: str
    in_out: InOut
    low: float
    high: float
    change: PlanChange | None = None


def prices_of(answer: Answer, held: Collection[str], seconds: float = 2.0) -> Iterator[Price]:
    """The price of reversing each project that is not `held`, as an override would reverse it.

    Each is a search that starts from the plans met so far; `seconds` limits it, and the price is then an interval.
    """
    allocation = answer.allocation
    assert allocation is not None
    model, plan, pool = allocation._model, answer.plan, allocation._pool
    options = model.question.built
    duty = {rule.project_id for rule in model.question.active_rules if isinstance(rule, Mandatory)}
    for project in options.groups:
        mine = options.of(project)
        if project in held or project in duty or not len(mine):
            continue
        out = project in plan and not options.stops[options.position(project, plan[project])]
        forced = Row("reversed", np.asarray(mine, np.int64), np.ones(len(mine)), 1.0, inf)
        limits = Limits(proof_gap(model), None, time.monotonic() + seconds)
        found = pool.search({int(i): 0 for i in mine} if out else {}, [] if out else [forced], limits)
        way: InOut = "out" if out else "in"
        least = max(0.0, round(answer.value - found.bound / ONE, 9))
        if found.plan is None:
            yield Price(project, way, inf if found.status == "infeasible" else least, inf)
            continue
        high = max(0.0, round(answer.bound - found.value / ONE, 9))
        low = high if found.status == "optimal" and not answer.rest else least
        yield Price(project, way, low, high, PlanChange.between(plan, model.levels(found.plan)))
