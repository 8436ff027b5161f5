"""Looking for plans: the solver's answer, rounded, checked in exact arithmetic, and taken only if it stands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import inf, nan
from typing import Self, TypeVar

import numpy as np

from pmo_kit.arbitration.model import NO_BOUND, NOTHING, ONE, Model, Plan
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.solving import Floats, Limits, Outcome, Program, Status, T, ended, side_by_side, solve, taken

FIRST = np.array([0.025, 0.05, 0.1, 0.2])  # of the relaxation: how far below it a first plan is guessed to be
BRIEF = 1000  # branches of the search above such a guess
CORE, A_RULE = 65, 2  # options searched once the relaxation has settled the others, at last more for each rule
AROUND, TRIES = 120, 12  # of how many, and how often
SEARCHED = 500  # branches of one such search


@dataclass(frozen=True, eq=False)
class Found:
    """A plan with its exact value in parts of 1 / ONE, a bound on every plan's value, and how sure that is."""

    status: Status
    plan: Plan | None
    value: int
    bound: int
    nodes: int
    x: Floats | None = None

    @property
    def worth(self) -> float:
        """The value in the question's unit; NaN where there is no plan."""
        return nan if self.plan is None else self.value / ONE


def core_plan(model: Model, gap: float, limits: Limits) -> Found | None:
    """A plan of a large question within about a gap of the relaxation, with the relaxation's bound, quickly.

    Searched are small sets of the options that cost least to change (Balas and Zemel 1980), the others as in the
    relaxation: the nearest, then some of those not too far, at last more of them, by the number of rules. Where floors
    or links make that a poor plan the bound shows it.
    """
    p, relaxed, largest = model.program, model.relaxed, CORE + A_RULE * len(model.rows)
    if model.n <= largest or relaxed.x is None or relaxed.reduced is None:
        return None
    order = np.argsort(np.abs(relaxed.reduced[: model.n]), kind="stable")
    near, around, rng = order[: CORE // 2], order[CORE // 2 : AROUND], np.random.Generator(np.random.SFC64(0))
    drawn = (np.append(near, rng.choice(around, CORE - len(near), replace=False)) for _ in range(TRIES))
    worth = (p.value * relaxed.x)[: model.n][model.question.built.free].sum()
    enough = relaxed.bound - 0.995 * gap * abs(float(worth))
    for chosen in (order[:CORE], *drawn, order[:largest]):
        columns, x = np.append(chosen, np.arange(model.n, len(p.value))), np.rint(relaxed.x)
        x[columns] = 0.0
        short, last = enough - float(x @ p.value), len(chosen) > CORE
        nodes = min(limits.nodes or SEARCHED, SEARCHED)
        found = solve(p.part(columns, relaxed.x), Limits(0.0, nodes, limits.until, None if last else short, short))
        if found.x is not None and (last or found.value >= short):
            x[columns] = found.x
            plan = taken(x[: model.n])
            exact = model.evaluate(plan)
            bound = max(exact.value, round(relaxed.bound * ONE))
            return None if exact.broken else Found("feasible", plan, exact.value, bound, found.nodes)
    return None


def value_floor(model: Model, least: int) -> Row:
    """The row that only plans worth at least so much (in parts of 1 / ONE) obey."""
    value = model.program.value
    columns_ = np.flatnonzero(value)
    return Row("value", columns_, value[columns_], least / ONE - _slack(model, least), inf)


def _slack(model: Model, least: int) -> float:
    """How far below a value the solver may look: less than the grain of the values."""
    return 0.5 * model.step or 1e-9 * max(model.size, abs(least) / ONE)


def best_plan(
    model: Model,
    *,
    fixed: Mapping[int, int] | None = None,
    extra: Sequence[Row] = (),
    objective: Floats | None = None,
    least: int | None = None,
    limits: Limits | None = None,
    until: float | None = None,
    program: Program | None = None,
    loose: frozenset[int] = frozenset(),
) -> Found:
    """The best plan that obeys every rule, exactly.

    A plan that the solver offers within its tolerance but that breaks a rule in exact arithmetic is cut off
    and the search goes on; so is a plan worth less than `least`.

    Parameters
    ----------
    model : Model
    fixed : mapping of option position to 0 or 1
    extra : sequence of Row
        More rows over the columns.
    objective : array, optional
        What to maximize instead of the value, one number per column.
    least : int, optional
        Only plans worth at least this (in parts of 1 / ONE).
    limits : Limits, optional
    until : float, optional
        The moment to stop, where nothing else limits the search.
    program : Program, optional
        Instead of the model's own, for one with more columns.
    loose : frozenset of int
        Rows that the further columns may extend, so that the plan alone may break them. Where one of them is soft a
        plan is worth what the solver says.
    """
    if limits is None:
        size = None if objective is None else float(np.abs(objective).max(initial=0.0))
        limits = Limits(model.proof_gap if size is None else 1e-9 * size, None, until, tries=size is None or size == 0)
    start = (program or model.program).fixed(fixed or {})
    eased = not loose.isdisjoint(model.prices)
    if objective is not None:
        start = start.maximizing(objective)
    rows = list(extra)
    if least is not None and objective is None:
        limits = replace(limits, cutoff=least / ONE - _slack(model, least))
    elif least is not None:
        rows.append(value_floor(model, least))
    bound, nodes = inf, 0
    while True:
        outcome = solve(start.with_rows(rows), limits)
        nodes += outcome.nodes
        bound = min(bound, outcome.bound)
        below = limits.cutoff is not None and outcome.value < limits.cutoff - _slack(model, least or 0)
        if below and outcome.status == "optimal":
            return Found("infeasible", None, 0, -NO_BOUND, nodes)
        if outcome.x is None or below:
            return Found(outcome.status, None, 0, _down(model, bound, objective), nodes)
        plan = taken(outcome.x[: model.n])
        exact = model.evaluate(plan)
        value = round(outcome.value * ONE) if eased else exact.value
        if all(row in loose for row, _ in exact.broken) and (eased or least is None or value >= least):
            break
        rows.append(model.other_plan(plan))
        if limits.nodes is not None:
            limits = replace(limits, nodes=max(1, limits.nodes - outcome.nodes))
    proven = objective is None and outcome.status == "optimal" and limits.gap <= model.proof_gap
    high = value if proven else max(value, _down(model, bound, objective))
    status: Status = "optimal" if outcome.status == "optimal" else "feasible"
    return Found(status, plan, value, high, nodes, outcome.x)


def _down(model: Model, bound: float, objective: Floats | None) -> int:
    """A bound in billionths, rounded down to what a plan can be worth."""
    if bound in (inf, -inf) or objective is not None:
        return NO_BOUND if bound == inf else -NO_BOUND
    whole = round((bound + 1e-9 * max(model.size, abs(bound))) * ONE)
    if model.step:
        return (whole + model.grain // 1000) // model.grain * model.grain
    return whole


def settle_tie(pool: Pool, found: Found, last: Plan | None, until: float | None = None) -> tuple[Found, Found]:
    """The plan to take among equally good ones, and the next best plan.

    Fewest changes from the last plan, then least cost, then the plan that takes the first project (by id,
    then level) in which they differ. A single search for the next best plan shows whether there is a tie at
    all.
    """
    assert found.plan is not None
    model = pool.model
    limits = Limits(model.proof_gap, None, until)
    second = pool.search(extra=[model.other_plan(found.plan)], limits=limits)
    if second.plan is None or second.value < found.value:
        return found, second
    least, first = found.value, found.plan
    rows: list[Row] = []
    goals = [-model.question.built.costs]
    if last is not None:
        changes = np.ones(model.n)
        changes[list(last)] = -1.0
        goals.insert(0, -changes)
    for goal in goals:
        objective = np.append(goal, np.zeros(len(model.program.value) - model.n))
        best = best_plan(model, extra=rows, objective=objective, least=least, until=until)
        if best.plan is None or best.status != "optimal":
            break
        reached = float(goal[list(best.plan)].sum())
        columns = np.flatnonzero(objective)
        rows.append(Row("tie", columns, objective[columns], reached - 1e-7, inf))
        found = replace(found, plan=best.plan)
    else:
        found = _first_by_id(model, found, rows, least, until)
    return found, replace(second, plan=second.plan if second.plan != found.plan else first)


def _first_by_id(model: Model, found: Found, rows: list[Row], least: int, until: float | None) -> Found:
    """Among plans still tied: take the first option that any of them takes, and go on."""
    another = partial(best_plan, model, objective=np.zeros(len(model.program.value)), least=least, until=until)
    fixed: dict[int, int] = {}
    while (rival := another(fixed=fixed, extra=[*rows, model.other_plan(found.plan or ())])).plan is not None:
        mine, other = set(found.plan or ()), set(rival.plan)
        differ = min(mine ^ other)
        fixed |= {i: int(i in mine) for i in range(differ)}
        if differ in other:
            found = replace(found, plan=rival.plan)
        fixed[differ] = 1
    return found


def best_known(model: Model, plans: Iterable[Plan]) -> list[Plan]:
    """The plan that is worth most of those that obey every rule; none where none does. Breaking a soft rule costs."""
    known, program = list(plans), model.program
    rows, (worth, used) = slice(model.head, model.head + len(model.rows)), model.nearly(known)
    lower, upper = program.lower[rows], program.upper[rows].copy()
    for _, following, limit in model.carries:
        upper[following] += limit
    soft, over = list(model.prices), np.maximum(used - upper, lower - used)
    worth = worth - np.maximum(0.0, over[:, soft]) @ list(model.prices.values())
    broken = over > 1e-6 * (1.0 + abs(used))
    broken[:, soft] = False
    best, value = list[Plan](), NOTHING
    for place in np.argsort(-worth, kind="stable").tolist():
        if worth[place] * ONE < value - 1e-9 * abs(value):
            break
        exact = None if broken[place].any() else model.evaluate(known[place])
        if exact is not None and not exact.broken and exact.value > value:
            best, value = [known[place]], exact.value
    return best


class Known:
    """What searches start from, in mappings: a copy as it is now, and learning from a copy what was found with it."""

    def copy(self) -> Self:
        """What is known now."""
        own = copy(self)
        vars(own).update({name: x.copy() for name, x in vars(self).items() if isinstance(x, dict | Known)})
        return own

    def learn(self, other: Self) -> None:
        """Take over what a copy has found."""
        for name, mine in vars(self).items():
            if isinstance(mine, dict):
                mine |= vars(other)[name]
            elif isinstance(mine, Known):
                mine.learn(vars(other)[name])


K = TypeVar("K", bound=Known)


def each(known: K, asks: Iterable[Callable[[K], T]]) -> list[T]:
    """What is asked, side by side, of what is known when the turn comes; what one finds, later ones know."""

    def job(ask: Callable[[K], T]) -> Callable[[], tuple[K, T]]:
        own = known.copy()
        return lambda: (own, ask(own))

    return [answer for _, answer in side_by_side(map(job, asks), lambda found: known.learn(found[0]))]


def moment(seconds: float | None) -> float | None:
    """The moment at which a search of so many seconds ends."""
    return None if seconds is None else time.monotonic() + seconds


class Pool(Known):
    """Plans that obey every rule, found on the way: the best known answer to the next question."""

    def __init__(self, model: Model, plans: Iterable[Plan] = ()) -> None:
        self.model = model
        self._plans: dict[Plan, int] = {}  # what each is worth
        for plan in plans:
            self.add(plan)

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The kept plans."""
        return tuple(self._plans)

    def add(self, plan: Plan | None) -> None:
        """Keep a plan, if it obeys every rule."""
        if plan is not None and plan not in self._plans:
            exact = self.model.evaluate(plan)
            if not exact.broken:
                self._plans[plan] = exact.value

    def leader(self, fixed: Mapping[int, int], extra: Sequence[Row] = ()) -> tuple[int, Plan] | None:
        """Value and plan of the best kept plan with some options fixed, and further rows obeyed."""
        into = {i for i, x in fixed.items() if x}
        out = {i for i, x in fixed.items() if not x}
        plans = tuple(self._plans.items())  # another search may add one meanwhile
        fitting = (
            (value, plan)
            for plan, value in sorted(plans, key=lambda known: -known[1])
            if into <= set(plan) and out.isdisjoint(plan) and all(_obeys(plan, row) for row in extra)
        )
        return next(fitting, None)

    def best(self, fixed: Mapping[int, int], extra: Sequence[Row] = ()) -> int:
        """The value of the best kept plan with some options fixed, and further rows obeyed; `NOTHING` without one."""
        found = self.leader(fixed, extra)
        return NOTHING if found is None else found[0]

    def search(
        self, fixed: Mapping[int, int] | None = None, extra: Sequence[Row] = (), limits: Limits | None = None
    ) -> Found:
        """The best plan with some options fixed, and further rows obeyed.

        A search that only looks above a value is several times faster than one that looks everywhere. The
        value is that of a kept plan, or a guess: as far below the relaxation as the best plan of all is below
        its own, or by shares of it where no plan is kept. Where nothing lies above a guess, the next one is lower;
        where nothing is better than the kept plan, that one is the best.
        """
        model, fixed = self.model, dict(fixed or {})
        lead = self.leader(fixed, extra)
        relaxed = solve(model.program.fixed(fixed).with_rows(extra).relaxed) if fixed or extra else model.relaxed
        if relaxed.x is None:
            return Found("infeasible", None, 0, -NO_BOUND, 0)
        limits = limits or Limits(model.proof_gap)
        brief = limits if self._plans else replace(limits, nodes=min(limits.nodes or BRIEF, BRIEF))
        below = (1.5 * self.distance, 5 * self.distance) if self._plans else FIRST * abs(relaxed.value) * ONE
        nodes = 0
        for guess in dict.fromkeys(round(relaxed.value * ONE) - round(by) for by in below):
            if lead is None or guess > lead[0]:
                kept = settled(model, relaxed, guess) | fixed
                found = best_plan(model, fixed=kept, extra=extra, least=guess, limits=brief)
                nodes += found.nodes
                if found.plan is not None and (self._plans or found.status == "optimal" or ended()):
                    self.add(found.plan)
                    return replace(found, nodes=nodes)
                if found.status != "infeasible":
                    break
        if lead is None:
            found = best_plan(model, fixed=fixed, extra=extra, limits=limits)
        else:
            value, plan = lead
            rows, least = [*extra, model.other_plan(plan)], value + model.grain
            kept = settled(model, relaxed, least) | fixed
            found = best_plan(model, fixed=kept, extra=rows, least=least, limits=limits)
            if found.plan is None:
                proven = found.status == "infeasible"
                bound = value if proven else max(value, found.bound)
                return Found("optimal" if proven else "feasible", plan, value, bound, nodes + found.nodes)
        self.add(found.plan)
        return replace(found, nodes=nodes + found.nodes)

    @cached_property
    def distance(self) -> int:
        """How far the best kept plan is below the relaxation of the whole question."""
        best, relaxed = max(self._plans.values(), default=0), self.model.relaxed
        most = best if relaxed.x is None else round(relaxed.value * ONE)
        return max(0, most - best, abs(best) // 500)


def settled(model: Model, relaxed: Outcome, least: int) -> dict[int, int]:
    """Options that are in, or out, in every plan worth so much: their reduced cost is more than that leaves."""
    assert relaxed.reduced is not None
    room, costs = relaxed.bound - least / ONE + _slack(model, least), relaxed.reduced[: model.n]
    return {int(i): int(costs[i] > 0) for i in np.flatnonzero(np.abs(costs) > room)}


def _obeys(plan: Plan, row: Row) -> bool:
    """Whether a plan obeys a row over the options."""
    total = sum(x for i, x in zip(row.columns.tolist(), row.coefficients.tolist(), strict=True) if i in plan)
    return row.lower - 1e-9 <= total <= row.upper + 1e-9


Changes = tuple[frozenset[tuple[str, float]], ...]  # what one unit of each adds to limits, by name of the rule


@dataclass(frozen=True, eq=False)
class Threshold:
    """A least or most change, and the plan with which it is reached."""

    amount: float
    plan: Plan
    value: float


class Eased(Known):
    """Best values of a question with limits eased by amounts (infinite: set aside), each proven once.

    More never lowers the value, so that a value proven for at least as much is a bound, and a known plan that reaches
    it is the answer; and what is not enough of more limits, or for less, is not enough. A share of the envelopes moves
    with them: then less could allow other plans, and there are no such bounds.
    """

    def __init__(self, pool: Pool, now: int) -> None:
        self.model, self.now = pool.model, now
        self.plans, self.values = dict.fromkeys(pool.plans), {frozenset[tuple[str, float]](): now}
        self.least = dict[tuple[Changes, int | None, int], Threshold | None]()  # of changes, an option and a value

    def value(self, by: Mapping[str, float]) -> int:
        """The value of the best plan with the limits eased by so much; `NOTHING` where there is none."""
        key = frozenset(by.items())
        if key not in self.values:
            model, most = self.model.eased(by), self._most(by)
            pool = Pool(model, best_known(model, self.plans))
            if pool.best({}) == most:
                self.values[key] = most
            else:
                found = pool.search()
                self.values[key] = NOTHING if found.plan is None else found.value
                self.plans |= dict.fromkeys(pool.plans)
        return self.values[key]

    def _most(self, by: Mapping[str, float]) -> int:
        """What no plan exceeds, as values for at least as much show."""
        wider = (value for key, value in self.values.items() if not self.model.shares and _as_much(dict(key), by))
        return min(wider, default=NO_BOUND)

    def too_little(self, by: Changes, option: int | None, least: int) -> float:
        """A sum of changes below which no plan with an option is worth so much, as is known of wider changes."""
        known = (
            found.amount if found else inf
            for (wider, own, worth), found in self.least.items()
            if own == option and worth <= least and not self.model.shares
            if all(any(_as_much(dict(more), dict(change)) for more in wider) for change in by)
        )
        return max(known, default=0.0)

    def gained(self, value: int) -> float:
        """What a value is more than that of the plan; NaN where it is that of none."""
        if value == NOTHING:
            return nan
        gained = (value - self.now) / ONE  # a billionth of the largest value is none
        return 0.0 if abs(gained) <= 1e-9 * max(1e-9, self.model.size) else gained


def _as_much(wider: Mapping[str, float], by: Mapping[str, float]) -> bool:
    """Whether limits are eased at least as much."""
    return all(wider.get(name, 0.0) >= by.get(name, 0.0) for name in wider.keys() | by.keys())
