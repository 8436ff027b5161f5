"""Answers of a case: at once the best known plan with a bound on every plan, later the proof."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from pmo_kit.arbitration import Allocation, Question, arbitrate
from pmo_kit.arbitration.allocation import LimitUse, limits_used
from pmo_kit.arbitration.model import ONE, Model, Plan, compile_model
from pmo_kit.arbitration.solving import solve
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.facts import SHARE
from pmo_kit.widgets.tabu_search import ScaledRows, improved_plans

Status = Literal["proven", "known", "stopped", "none", "open"]
STARTS = 3
PATIENCE = 0.07  # seconds of looking for a plan before the first words
MOST_PLANS = 400


@dataclass(frozen=True)
class Limit:
    """What a plan uses of one limit."""

    rule: str
    label: str
    kind: str
    used: float
    limit: float
    unit: str
    sense: str
    binding: bool
    sentence: str


@dataclass(frozen=True, eq=False)
class Answer:
    """A plan, what it is worth, and how sure that is.

    Parameters
    ----------
    status : str
        `proven`: no plan is better. `known`: the best plan known so far. `stopped`: the same, and the search
        for a better one has ended at its limit. `none`: no plan obeys the rules, `words` says why. `open`: not
        known yet whether there is a plan.
    value, bound : float
        What the plan is worth, and what no plan can exceed.
    plan : mapping of str to str
        project_id -> level; a project that is left out is absent.
    unique : bool or None
        False where another plan is equally good.
    limits : tuple of Limit
    seconds : float
        How long it took.
    words : str
        For the status `none`: which rules cannot hold together.
    """

    status: Status
    value: float = float("nan")
    bound: float = float("inf")
    plan: Mapping[str, str] = field(default_factory=dict)
    unique: bool | None = None
    limits: tuple[Limit, ...] = ()
    seconds: float = 0.0
    words: str = ""

    @property
    def has_plan(self) -> bool:
        """Whether there is a plan to show."""
        return self.value == self.value

    @property
    def rest(self) -> float:
        """How much better the best plan may be."""
        if self.status == "proven":
            return 0.0
        return max(0.0, self.bound - self.value) if self.has_plan else float("inf")


class PlanPool:
    """Plans met so far, the newest last: the starting points of the next answer. Safe in threads."""

    def __init__(self) -> None:
        self._plans: dict[tuple[tuple[str, str], ...], None] = {}
        self._lock = threading.Lock()

    def add(self, plan: Mapping[str, str]) -> None:
        """Keep a plan; the oldest is forgotten beyond `MOST_PLANS`."""
        key = tuple(sorted(plan.items()))
        with self._lock:
            self._plans.pop(key, None)
            self._plans[key] = None
            while len(self._plans) > MOST_PLANS:
                del self._plans[next(iter(self._plans))]

    def plans(self) -> list[dict[str, str]]:
        """The plans, newest first."""
        with self._lock:
            return [dict(key) for key in reversed(self._plans)]

    def __len__(self) -> int:
        return len(self._plans)


def quick_answer(question: Question, pool: PlanPool) -> Answer:
    """The best known plan of a question with a bound, in milliseconds and without a proof.

    Known plans, and the rounded relaxation, are repaired and improved by single exchanges; each is checked in exact
    arithmetic. The bound is that of the linear relaxation.
    """
    began = time.perf_counter()
    model = compile_model(question)
    program = model.program
    relaxed = solve(replace(program, integer=np.zeros_like(program.integer)))
    if relaxed.status == "infeasible" or relaxed.x is None:
        return Answer("none", seconds=time.perf_counter() - began)
    bound = _bound(model, relaxed.value)
    best: tuple[int, Plan] | None = None
    starts = _starts(model, pool.plans(), relaxed.x[: model.n])
    rows = ScaledRows(model)
    for start in starts:
        if best is not None and time.perf_counter() - began > PATIENCE:
            break
        for plan in improved_plans(rows, start, began + PATIENCE):
            exact = model.evaluate(plan)
            if not exact.broken and (best is None or exact.value > best[0]):
                best = exact.value, plan
    seconds = time.perf_counter() - began
    if best is None:
        return Answer("open", bound=bound / ONE, seconds=seconds)
    levels = model.levels(best[1])
    pool.add(levels)
    return Answer("known", best[0] / ONE, bound / ONE, levels, None, _limits(model, best[1]), seconds)


def proven_answer(question: Question, pool: PlanPool, seconds: float) -> Answer:
    """The answer of the engine within a time limit, with its own status."""
    began = time.perf_counter()
    try:
        allocation = arbitrate(question.replace(time_limit=seconds))
    except InfeasibleError as error:
        return Answer("none", seconds=time.perf_counter() - began, words=str(error))
    except PmoError:
        return Answer("open", seconds=time.perf_counter() - began)
    pool.add(allocation.plan)
    if allocation.next_best is not None:
        pool.add(allocation.next_best)
    return answer_of(allocation, time.perf_counter() - began)


def answer_of(allocation: Allocation, seconds: float = 0.0) -> Answer:
    """The answer that an allocation is."""
    proven = allocation.status == "optimal" and allocation.bound <= allocation.value
    return Answer(
        "proven" if proven else "stopped",
        allocation.value,
        allocation.bound,
        dict(allocation.plan),
        allocation.unique,
        limits_of(allocation.limits),
        seconds,
    )


def better(one: Answer, other: Answer) -> Answer:
    """The better of two answers of one case, with the tighter of their bounds."""
    if one.status == "none" or other.status == "none":
        return one if one.status == "none" and (one.words or other.status != "none") else other
    ranked = sorted((one, other), key=lambda a: (a.has_plan, a.value if a.has_plan else 0.0), reverse=True)
    first, second = ranked
    if "proven" in (one.status, other.status):
        return one if one.status == "proven" else other
    status: Status = "stopped" if "stopped" in (one.status, other.status) else first.status
    return replace(first, bound=min(first.bound, second.bound), status=status)


def limits_of(rows: Iterable[LimitUse]) -> tuple[Limit, ...]:
    """The limits in use as plain records."""
    return tuple(
        Limit(
            r.rule, r.label, r.kind, r.used, r.limit, "share of the plan" if r.unit == SHARE else r.unit.short,
            r.sense, r.binding, r.sentence,
        )
        for r in rows
    )  # fmt: skip


def _limits(model: Model, plan: Plan) -> tuple[Limit, ...]:
    return limits_of(limits_used(model, plan))


def _bound(model: Model, value: float) -> int:
    """A bound in parts of 1 / ONE, rounded down to what a plan can be worth."""
    whole = round((value + 1e-9 * model.size) * ONE)
    return (whole + model.grain // 1000) // model.grain * model.grain if model.step else whole


def _starts(model: Model, plans: list[dict[str, str]], relaxed: np.ndarray) -> list[Plan]:
    """The rounded relaxation, and those known plans that break least and are worth most here."""
    options = model.question.built
    known = options.table.index
    scored: list[tuple[int, int, int, Plan]] = []
    for age, levels in enumerate(plans):
        plan = tuple(sorted(int(known.get_loc(pair)) for pair in levels.items() if pair in known))
        exact = model.evaluate(plan)
        scored.append((len(exact.broken), -exact.value, age, plan))
    rounded = [int(g[relaxed[g].argmax()]) for g in options.groups.values() if relaxed[g].max() >= 0.5]
    kept = [plan for *_, plan in sorted(scored)[:STARTS]]
    return [*kept, tuple(sorted(rounded))]
