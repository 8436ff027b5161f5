"""What reversing each choice would cost, one project after the other, while the committee talks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from pmo_kit.arbitration import Mandatory
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.search import Pool, proof_gap
from pmo_kit.arbitration.solving import Limits
from pmo_kit.widgets.answers import Answer, PlanPool
from pmo_kit.widgets.cases import Case, InOut
from pmo_kit.widgets.session_state import SessionState


@dataclass(frozen=True)
class Price:
    """What taking a project in or out costs against the plan of the case: between `low` and `high`.

    `low` is infinite where it is proven impossible; `blocked` then says that no plan allows it.
    """

    project_id: str
    in_out: InOut
    low: float
    high: float
    left: tuple[str, ...] = ()
    entered: tuple[str, ...] = ()


def prices_of(
    session: SessionState, case: Case, answer: Answer, pool: PlanPool, seconds: float = 2.0
) -> Iterator[Price]:
    """The price of reversing each project that is not forced, cheapest to find first.

    Each is a search with the project forced the other way, as an override would force it; `seconds` limits it, and
    the price is then an interval. Plans met are kept in the pool: a move that follows is answered from them.
    """
    question = case.question(session.base)
    model = compile_model(question)
    options = question.built
    plans = Pool(model, [model.positions(answer.plan)])
    running = {p for p, level in answer.plan.items() if not options.stops[options.position(p, level)]}
    duty = {rule.project_id for rule in question.active_rules if isinstance(rule, Mandatory)}
    held = {force.project_id for force in case.forces}
    for project in options.groups:
        if project in held or project in duty:
            continue
        mine = options.of(project)
        if not len(mine):
            continue
        out = project in running
        fixed = {int(i): 0 for i in mine} if out else {}
        forced = Row("reversed", np.asarray(mine, np.int64), np.ones(len(mine)), 1.0, inf)
        limits = Limits(proof_gap(model), None, time.monotonic() + seconds)
        found = plans.search(fixed, [] if out else [forced], limits)
        way: InOut = "out" if out else "in"
        if found.plan is None:
            impossible = found.status == "infeasible"
            yield Price(project, way, inf if impossible else max(0.0, answer.value - found.bound / ONE), inf)
            continue
        levels = model.levels(found.plan)
        pool.add(levels)
        after = {p for p, level in levels.items() if not options.stops[options.position(p, level)]}
        high = max(0.0, round(answer.value - found.value / ONE, 9))
        low = high if found.status == "optimal" else max(0.0, round(answer.value - found.bound / ONE, 9))
        yield Price(
            project, way, low, high, tuple(sorted(running - after - {project})),
            tuple(sorted(after - running - {project})),
        )  # fmt: skip
