"""The price of every choice: what forcing a project in or out costs, and whom it displaces in every tied plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from pmo_kit.arbitration.model import NO_BOUND, ONE, Model, Plan, PlanChange
from pmo_kit.arbitration.rules import Mandatory, Override, Row, some_of
from pmo_kit.arbitration.search import Found, Known, Pool, best_plan, each, moment, proof_gap, settled
from pmo_kit.arbitration.solving import Floats, Limits, Outcome, Status, solve

if TYPE_CHECKING:
    from pmo_kit.arbitration.allocation import Allocation

MOST_TIES = 50
NOTHING = -NO_BOUND  # the value where there is no plan


@dataclass(frozen=True, eq=False)
class Flip:
    """One option forced in, or one chosen project (or stop) forced out."""

    option: int
    direction: str  # "in" or "out"
    found: Found
    change: PlanChange | None


def flip_columns(model: Model, plan: Plan, option: int) -> tuple[str, dict[int, int]]:
    """The direction of an option's flip and the columns it fixes.

    A chosen option is flipped by leaving the project out at every level; a chosen stop, by not stopping; an
    option that is not chosen, by choosing it.
    """
    options = model.question.built
    if option not in plan:
        return "in", {option: 1}
    if options.stops[option]:
        return "out", {option: 0}
    return "out", {int(i): 0 for i in options.of(str(options.project_ids[option]))}


def flip(allocation: Allocation, option: int) -> Flip:
    """The best plan with one choice flipped, and what that changes in all tied plans."""
    known = allocation._flips
    if option not in known:
        model = allocation._model
        limits = Limits(proof_gap(model))
        known |= flips(model, allocation._positions, [option], limits, True, allocation._pool)
    return known[option]


NEARBY = 40  # options searched around the plan


def flips(model: Model, plan: Plan, options: Sequence[int], limits: Limits, ties: bool, pool: Pool) -> dict[int, Flip]:
    """Each of these choices flipped on its own, as `flip` does; what is proven of one narrows the search for the next.

    No plan worth v holds a choice that makes every plan worth less than v. So the dearest choices come first, and where
    a plan is known for a choice a single search shows that no other is as good.
    """
    known = _Proven(model, plan, pool)
    each(known, (partial(_Proven.relax, option=i) for i in options))
    order = sorted(options, key=lambda i: known.most[i])
    each(known, (partial(_Proven.look_nearby, option=i) for i in order))
    order = sorted(options, key=known.value)
    prices = each(known, (partial(_Proven.prove, option=i, limits=limits, ties=ties) for i in order))
    return dict(zip(order, prices, strict=True))


class _Proven(Known):
    """What no plan with one choice flipped can exceed, choice by choice."""

    def __init__(self, model: Model, plan: Plan, pool: Pool) -> None:
        self._model, self._plan, self._pool = model, plan, pool
        self.most: dict[int, int] = {}  # what a plan with the choice flipped is worth at most
        self._relaxed: dict[int, Outcome] = {}
        self._far = pool.distance

    def learn(self, other: _Proven) -> None:
        """Take over lower bounds, points and plans."""
        most = {i: min(most, self.most.get(i, most)) for i, most in other.most.items()}
        super().learn(other)
        self.most |= most

    def relax(self, option: int) -> None:
        """A first bound: what the flip would be worth if projects could be split."""
        columns = flip_columns(self._model, self._plan, option)[1]
        outcome = self._relaxed[option] = solve(self._model.program.fixed(columns).relaxed)
        self.most[option] = NOTHING if outcome.x is None else round(outcome.bound * ONE)

    def value(self, option: int) -> int:
        """What the best known plan with the choice flipped is worth."""
        best = self._pool.best(flip_columns(self._model, self._plan, option)[1])
        return NOTHING if best is None else best

    def _narrowed(self, option: int, least: int) -> tuple[dict[int, int], list[Row]]:
        """Columns and rows of the plans worth at least so much that flip a choice: others that cost more stay as they
        are."""
        fixed = settled(self._model, self._relaxed[option], least)
        rows = []
        for other, most in self.most.items():
            if other != option and most < least:
                direction, columns = flip_columns(self._model, self._plan, other)
                if direction == "in" or len(columns) == 1:
                    fixed |= {column: 1 - x for column, x in columns.items()}
                else:
                    rows.append(some_of(np.array(sorted(columns), np.int64)))
        return fixed | flip_columns(self._model, self._plan, option)[1], rows

    def look_nearby(self, option: int) -> None:
        """A better plan with the choice flipped among those near the plan and near the split one."""
        least, x, model = self.value(option), self._relaxed[option].x, self._model
        if x is None or least >= self.most[option]:
            return
        fixed, rows = self._narrowed(option, least)
        base = np.zeros(model.n)
        base[list(self._plan)] = 1.0
        far = np.abs(x[: model.n] - base)
        near = np.argsort(-far - 1e-6 * self._nearness, kind="stable")[NEARBY:]
        fixed = {int(i): int(base[i]) for i in near} | fixed
        hope = max(least + 1, self.most[option] - 2 * self._far)
        for lowest in [hope] if least > NOTHING else [hope, None]:
            found = best_plan(model, fixed=fixed, extra=rows, least=lowest)
            if found.plan is not None:
                self._pool.add(found.plan)
                break

    @cached_property
    def _nearness(self) -> Floats:
        """How little it costs at most to flip each option, from 0 to 1."""
        top = max(self.most.values())
        costs = [float(top - self.most.get(i, NOTHING)) for i in range(self._model.n)]
        return np.asarray(1.0 / (1.0 + np.argsort(np.argsort(costs, kind="stable"), kind="stable")), np.float64)

    def prove(self, option: int, limits: Limits, ties: bool) -> Flip:
        """The flip of a choice, with what changes in all tied plans."""
        direction, own = flip_columns(self._model, self._plan, option)
        if self.most[option] == NOTHING:
            return Flip(option, direction, Found("infeasible", None, 0, NOTHING, 0), None)
        found, rival = self._best(option, own, limits, ties)
        if found.plan is None:
            self.most[option] = NOTHING if found.status == "infeasible" else self.most[option]
            return Flip(option, direction, found, None)
        self.most[option] = min(self.most[option], found.bound)
        change = plan_change(self._model, self._plan, found.plan)
        if rival is not None:
            fixed, rows = self._narrowed(option, found.value)
            change = common_change(self._model, self._plan, found, fixed, rows, rival)
        return Flip(option, direction, found, change)

    def _best(self, option: int, own: dict[int, int], limits: Limits, ties: bool) -> tuple[Found, Plan | None]:
        """The best plan with the choice flipped, and another that is as good, where that is asked for."""
        model, nodes = self._model, 0
        room = -model.noise if ties else round(limits.gap * ONE)
        while True:
            known = self._pool.leader(own)
            if known is None:
                fixed, rows = self._narrowed(option, NOTHING)
                found = best_plan(model, fixed=fixed, extra=rows, limits=limits)
                if found.plan is None or not ties or found.status != "optimal":
                    return found, None
                self._pool.add(found.plan)
                continue
            value, plan = known
            fixed, rows = self._narrowed(option, value + room)
            rows.append(model.other_plan(plan))
            found = best_plan(model, fixed=fixed, extra=rows, least=value + room, limits=limits)
            nodes += found.nodes
            if found.plan is None:
                open_ = found.status != "infeasible"
                bound = min(self.most[option], found.bound) if open_ else value + room
                status: Status = "feasible" if open_ else "optimal"
                return Found(status, plan, value, max(value, bound), nodes), None
            self._pool.add(found.plan)
            if not ties or found.status != "optimal":
                return replace(found, nodes=nodes), None
            if found.value <= value:
                return Found("optimal", plan, value, value, nodes), found.plan


def common_change(
    model: Model,
    before: Plan,
    found: Found,
    fixed: dict[int, int],
    rows: Sequence[Row] = (),
    rival: Plan | None = None,
) -> PlanChange:
    """What leaves, enters and changes level in every plan that is as good as the one found.

    Another tied plan that keeps one of those that leave, or misses one of those that enter, shrinks the
    lists; the search ends when there is none. `rival`: a tied plan that is known; `rows`: further rows.
    """
    assert found.plan is not None
    change = plan_change(model, before, found.plan)
    for _ in range(MOST_TIES):
        if rival is None:
            row = _another(model, change)
            if row is None:
                break
            limits = Limits(proof_gap(model))
            least = found.value - model.noise
            rival = best_plan(model, fixed=fixed, extra=[*rows, row], least=least, limits=limits).plan
        if rival is None:
            break
        change, rival = change.common(plan_change(model, before, rival)), None
    return change


def plan_change(model: Model, before: Plan, after: Plan) -> PlanChange:
    """What differs between two plans."""
    return PlanChange.between(model.levels(before), model.levels(after))


def _another(model: Model, change: PlanChange) -> Row | None:
    """The row of plans that keep one of those that leave, miss one that enters, or do not resize one."""
    options = model.question.built
    keep = [int(i) for p in change.leaves for i in options.of(p)]
    miss = [int(i) for p in change.enters for i in options.of(p)]
    miss += [options.position(p, level) for p, _, level in change.resized]
    if not keep and not miss:
        return None
    count = len(change.enters) + len(change.resized)
    columns = np.array([*keep, *miss], np.int64)
    return Row("another", columns, np.array([1.0] * len(keep) + [-1.0] * len(miss)), 1.0 - count, inf)


def blocking_rules(model: Model, option: int, direction: str) -> tuple[str, ...]:
    """Names of the rules that make a flip impossible: duty and commitment first, else a smallest conflict."""
    from pmo_kit.arbitration.infeasibility import GIVEN, conflicting_rules

    question = model.question
    project = str(question.built.project_ids[option])
    for rule in question.active_rules:
        if isinstance(rule, GIVEN) and rule.project_id == project:
            ordered = rule.in_out if isinstance(rule, Override) else "in"
            other_level = isinstance(rule, Override) and direction == "in" and rule.level is not None
            if ordered != direction or other_level:
                return (rule.name,)
    level = str(question.built.table.index[option][1]) if direction == "in" else None
    forced = Override(project_id=project, in_out="in" if direction == "in" else "out", level=level)
    conflict = conflicting_rules(question.with_rules(forced), [forced.name])
    return tuple(rule.name for rule in conflict if rule.name != forced.name)


def added(model: Model, plan: Plan, option: int) -> Plan:
    """A plan with an option simply added, in place of the project's own."""
    ids = model.question.built.project_ids
    return tuple(sorted([option, *(i for i in plan if ids[i] != ids[option])]))


def in_the_way(model: Model, plan: Plan, option: int) -> tuple[str, ...]:
    """Names of the rules that the plan would break if the option were simply added."""
    rows = model.excess(added(model, plan, option))
    return tuple(rule.name for rule in model.question.rules if rule.name in rows)


def bounds_of(value: int, bound: int, found: Found) -> tuple[float, float]:
    """The price between two bounds, from the base (value, bound) and the flip; equal where both are
    proven."""
    if found.plan is None:
        return float("nan"), float("nan")
    return max(0, value - found.bound) / ONE, max(0, bound - found.value) / ONE


@dataclass(frozen=True)
class Price:
    """What taking a project in or out costs against a plan: between `low` and `high`.

    `low` is infinite where it is proven impossible; `plan` is the best one found, empty where none was.
    """

    project_id: str
    in_out: str
    low: float
    high: float
    plan: dict[str, str]


def prices_of(allocation: Allocation, held: Collection[str], seconds: float = 2.0) -> Iterator[Price]:
    """The price of reversing each project that is not `held`, as an override would reverse it.

    Each is a search that starts from the plans met so far; `seconds` limits it, and the price is then an interval.
    """
    model, bound = allocation._model, max(allocation.bound, allocation.value)
    duty = {rule.project_id for rule in model.question.active_rules if isinstance(rule, Mandatory)}
    for project in model.question.built.groups:
        mine = model.question.built.of(project)
        if project in held or project in duty or not len(mine):
            continue
        out = not set(mine).isdisjoint(allocation._positions)
        limits = Limits(proof_gap(model), None, moment(seconds))
        ways = (dict.fromkeys(mine.tolist(), 0), []) if out else ({}, [some_of(mine)])
        found = allocation._pool.search(*ways, limits)
        low, high = max(0.0, round(allocation.value - found.bound / ONE, 9)), inf
        if found.plan is not None:
            high = max(0.0, round(bound - found.value / ONE, 9))
            low = high if found.status == "optimal" and bound == allocation.value else low
        elif found.status == "infeasible":
            low = inf
        yield Price(project, "out" if out else "in", low, high, model.levels(found.plan or ()))
