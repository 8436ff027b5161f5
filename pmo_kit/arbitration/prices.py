"""What every other choice costs, whom it displaces, and what every good plan holds.

Of projects in or out, of orders on record, of starting a year later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import inf, nan
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.arbitration.allocation import SMALL, Allocation, arbitrate
from pmo_kit.arbitration.infeasibility import GIVEN, conflicting_rules
from pmo_kit.arbitration.model import NO_BOUND, NOTHING, ONE, Model, Plan, PlanChange, compile_model, in_parts
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Mandatory, Override, Row, some_of
from pmo_kit.arbitration.search import Found, Known, Pool, best_known, best_plan, each, moment, settled
from pmo_kit.arbitration.solving import Limits, Outcome, Status, side_by_side, solve
from pmo_kit.doors import Answer, door, known, several, share
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, count, in_row

MOST_TIES = 50
SLIGHT = 0.01  # of the largest value: a limit that costs less to break is in nobody's way


@dataclass(frozen=True, eq=False)
class Flip:
    """One option forced in, or one chosen project (or stop) forced out."""

    option: int
    direction: str  # "in" or "out"
    found: Found
    change: PlanChange = field(default_factory=PlanChange)


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
    model, known = allocation._model, allocation._flips
    if option not in known:
        known |= flips(model, allocation._positions, [option], Limits(model.proof_gap), True, allocation._pool)
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
        return self._pool.best(flip_columns(self._model, self._plan, option)[1])

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
        dear = np.array([-float(self.most.get(i, NOTHING)) for i in range(model.n)])
        fixed = {int(i): int(base[i]) for i in np.lexsort((dear, -far.round(6)))[NEARBY:]} | fixed
        hope = max(least + 1, self.most[option] - 2 * self._pool.distance)
        for lowest in [hope] if least > NOTHING else [hope, None]:
            found = best_plan(model, fixed=fixed, extra=rows, least=lowest)
            if found.plan is not None:
                self._pool.add(found.plan)
                break

    def prove(self, option: int, limits: Limits, ties: bool) -> Flip:
        """The flip of a choice, with what changes in all tied plans."""
        direction, own = flip_columns(self._model, self._plan, option)
        if self.most[option] == NOTHING:
            return Flip(option, direction, Found("infeasible", None, 0, NOTHING, 0))
        found, rival = self._best(option, own, limits, ties)
        if found.plan is None:
            self.most[option] = NOTHING if found.status == "infeasible" else self.most[option]
            return Flip(option, direction, found)
        self.most[option] = min(self.most[option], found.bound)
        change = plan_change(self._model, self._plan, found.plan)
        if rival is not None:
            fixed, rows = self._narrowed(option, found.value)
            change = common_change(self._model, self._plan, found, fixed, rows, rival)
        return Flip(option, direction, found, change)

    def _best(self, option: int, own: dict[int, int], limits: Limits, ties: bool) -> tuple[Found, Plan | None]:
        """The best plan with the choice flipped, and another that is as good, where that is asked for."""
        model = self._model
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
            if found.plan is None:
                open_ = found.status != "infeasible"
                bound = min(self.most[option], found.bound) if open_ else value + room
                status: Status = "feasible" if open_ else "optimal"
                return Found(status, plan, value, max(value, bound), 0), None
            self._pool.add(found.plan)
            if not ties or found.status != "optimal":
                return found, None
            if found.value <= value:
                return Found("optimal", plan, value, value, 0), found.plan


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
            limits = Limits(model.proof_gap)
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
    """Names of the rules that the plan would break, or break further at a price, if the option were simply added."""
    then, now = model.evaluate(added(model, plan, option)), dict(model.evaluate(plan).paid)
    dear = [place for place, price in then.paid if price - now.get(place, 0) > SLIGHT * model.size * ONE]
    names = {model.rows[place].rule for place in (*dict(then.broken), *dear)}
    return tuple(rule.name for rule in model.question.rules if rule.name in names)


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
        limits = Limits(model.proof_gap, None, moment(seconds))
        ways = (dict.fromkeys(mine.tolist(), 0), []) if out else ({}, [some_of(mine)])
        found = allocation._pool.search(*ways, limits)
        low, high = max(0.0, round(allocation.value - found.bound / ONE, 9)), inf
        if found.plan is not None:
            high = max(0.0, round(bound - found.value / ONE, 9))
            low = high if found.status == "optimal" and bound == allocation.value else low
        elif found.status == "infeasible":
            low = inf
        yield Price(project, "out" if out else "in", low, high, model.levels(found.plan or ()))


@dataclass(frozen=True, eq=False)
class Explanation(Answer):
    """The price of every choice that was not made, with the overrides of the question in force.

    Parameters
    ----------
    allocation : Allocation
    duties : Series
        project_id -> what lifting the duty of a mandatory project would gain.

    Notes
    -----
    `table` has one row per (project_id, level):

    - name, label, in_plan
    - flip: `out` for what the plan contains (the project at no level; for a stop: not stopping), `in`
    otherwise
    - value: of the best plan with the flip; price = value of the plan - value; price_upper is equal where
    exact
    - proof: `exact`, `bounds`, `undecided` (an interval that contains 0) or `impossible`
    - displaces, admits: projects that leave or enter in *all* equally good plans with the flip
    - shifts: (project, from level, to level) in all of them; tied: whether there is more than one
    - in_its_way: rules that the plan would break if this were simply added
    - blocked_by: rules that make the flip impossible
    - words: a sentence
    """

    allocation: Allocation
    _table: pd.DataFrame = field(repr=False)
    duties: pd.Series = field(repr=False)
    _plans: Mapping[tuple[str, str], Plan] = field(repr=False)

    def plan(self, project_id: str, level: str) -> Mapping[str, str] | None:
        """The best plan with one choice reversed (project_id -> level); None where there is none."""
        found = self._plans.get((project_id, level))
        return None if found is None else self.allocation._model.levels(found)

    @cached_property
    def bundles(self) -> pd.DataFrame:
        """Exceptions that lead to one and the same plan: one choice, with one price.

        One row per choice, the cheapest first: exceptions (each (project_id, level, `in` or `out`); several are
        granted together by that plan), value, price, price_upper, and leaves, enters, resized of the plan.
        """
        allocation, table = self.allocation, self._table
        model, position = allocation._model, allocation.question.built.position
        price = table["price"].to_dict()
        groups: dict[Plan, list[tuple[str, str]]] = {}
        for key, plan in sorted(self._plans.items(), key=lambda item: (price[item[0]], item[0])):
            wanted = flip_columns(model, allocation._positions, position(*key))[1].items()
            grants = (
                made
                for made, members in groups.items()
                if made == plan or (price[members[0]] == price[key] and all((i in made) == bool(x) for i, x in wanted))
            )
            groups.setdefault(next(grants, plan), []).append(key)
        records = []
        for plan, members in groups.items():
            change, first = plan_change(model, allocation._positions, plan), table.loc[members[0]]
            names = tuple((*key, table.loc[key, "flip"]) for key in sorted(members))
            worths = first[["value", "price", "price_upper"]]
            records.append((names, *worths, change.leaves, change.enters, change.resized))
        columns = ["exceptions", "value", "price", "price_upper", "leaves", "enters", "resized"]
        return pd.DataFrame(records, columns=columns)

    @property
    def summary(self) -> str:
        """One sentence, of the projects asked about."""
        priced = self._table[(self._table["flip"] == "in") & self._table["price"].notna()]
        of = f"Of {count(self._table.index.unique('project_id').size, 'project')} asked about"
        if priced.empty:
            return f"{of} nothing that is not in the plan could be forced in."
        nearest = priced.sort_values("price", kind="stable").reset_index().iloc[0]
        unit = self.allocation.question.built.value_unit
        cost = _range_words(nearest["price"], nearest["price_upper"])
        name = f"{nearest['name']} ({nearest['project_id']})"
        return f"{of} the closest call is {name}: forcing it in costs {cost} {unit}."

    @property
    def _shown(self) -> pd.DataFrame:
        return self._table[["words", "in_plan", "price", "price_upper", "proof"]]

    @property
    def inputs(self) -> Mapping[str, str]:
        """Those of the allocation, and how the prices are known."""
        kinds = self._table["proof"].value_counts()
        proof = ", ".join(f"{n} {kind}" for kind, n in sorted(kinds.items()))
        return MappingProxyType({**self.allocation.inputs, "prices": proof})


@door
def explain(allocation: Allocation, *, exact: bool | None = None, projects: Sequence[str] | None = None) -> Explanation:
    """The price of forcing every project, at every level, in or out.

    Parameters
    ----------
    allocation : Allocation
    exact : bool, optional
        Prove every price. By default up to 100 projects; beyond, prices are intervals: plan and flip are each
        known within the question's gap. Where it is asked for, the plan itself is proven first, and the
        explanation is of the proven plan.
    projects : sequence of str, optional
        Only these projects; unknown ones are refused.

    Returns
    -------
    Explanation
        Each price lies between `price` and `price_upper`; the two are equal where it is proven.

    Notes
    -----
    With the overrides O in force, price(flip j) = V*(O) - V*(O + flip j) >= 0, found by solving again;
    differences of linear relaxations are not prices (Wolsey 1981, Integer programming duality; DESIGN
    section 6). The value uplift that admits j is the same number.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> register = pmo.load_register("data/samples/meridian_12")
    >>> reasons = pmo.explain(pmo.arbitrate(pmo.Question(register)), projects=["P08"])
    >>> float(reasons.table.loc[("P08", "full"), "price"])
    9.0
    """
    projects = None if projects is None else several(projects)
    known(projects or (), allocation.question.built.groups, "project")
    if exact is None:
        exact = len(allocation.table) <= SMALL
    if exact and allocation.bound > allocation.value:
        allocation = arbitrate(allocation.question.replace(gap=0.0))
    model = allocation._model
    options = model.question.built
    plan, value = allocation._positions, allocation._value
    bound = value if allocation.gap == 0 else in_parts(allocation.bound)
    asked = [i for i in range(model.n) if projects is None or options.project_ids[i] in projects]
    done = flips(model, plan, asked, allocation._search_limits(model, exact), exact, allocation._pool)
    if exact:
        sure = (i for i, each in done.items() if each.found.status in ("optimal", "infeasible"))
        allocation._flips.update({i: done[i] for i in sure})
    records = side_by_side(partial(_record, allocation, done[i], value, bound) for i in asked)
    table = pd.DataFrame(records, columns=_COLUMNS, index=options.table.index[asked])
    found = zip(table.index, (done[i].found.plan for i in asked), strict=True)
    plans = {key: best for key, best in found if best is not None}
    return Explanation(allocation, table, _duties(allocation, projects), plans)


_COLUMNS = [
    "name", "label", "in_plan", "flip", "value", "price", "price_upper", "proof", "displaces", "admits",
    "shifts", "tied", "in_its_way", "blocked_by", "words",
]  # fmt: skip


def _record(allocation: Allocation, done: Flip, value: int, bound: int) -> tuple[object, ...]:
    """The row of one flip."""
    model, found, change = allocation._model, done.found, done.change
    row, chosen = model.question.built.table.iloc[done.option], done.option in allocation._positions
    lower, upper, blocked = nan, nan, tuple[str, ...]()
    if found.plan is not None:
        lower, upper = max(0, value - found.bound) / ONE, max(0, bound - found.value) / ONE
    if found.status == "infeasible":
        proof, blocked = "impossible", blocking_rules(model, done.option, done.direction)
    elif found.plan is None or (lower == 0 < upper):
        proof = "undecided"
    else:
        proof = "exact" if lower == upper else "bounds"
    way = () if chosen else in_the_way(model, allocation._positions, done.option)
    words = _words(allocation, done, _range_words(lower, upper), proof, blocked)
    worths, changes = (found.worth, lower, upper), (change.leaves, change.enters, change.resized, change.tied)
    return row["name"], row["label"], chosen, done.direction, *worths, proof, *changes, way, blocked, words


def _words(allocation: Allocation, done: Flip, price: str, proof: str, blocked: tuple[str, ...]) -> str:
    """One sentence for a flip."""
    names = allocation.question.built.projects["name"]
    verb = {"in": "Taking it in", "out": "Leaving it out"}[done.direction]
    if done.option in allocation._positions and allocation.question.built.stops[done.option]:
        verb = "Carrying it on"
    if proof == "impossible":
        return f"{verb} is not possible: {in_row(blocked)}."
    if proof == "undecided":
        return f"{verb}: undecided within the proof."
    unit = allocation.question.worth.short
    costs = "costs nothing" if price == "0" else f"costs {price} {unit}"
    own = allocation.question.built.project_ids[done.option]
    out, into = ([names[p] for p in moved if p != own] for moved in (done.change.leaves, done.change.enters))
    tail = (f"; {in_row(out)} would leave" if out else "") + (f"; {in_row(into)} would come in" if into else "")
    return f"{verb} {costs}{tail}."


def _range_words(lower: float, upper: float) -> str:
    """A price, or the interval in which it lies."""
    low, high = (as_given(round(x, 2)) for x in (lower, upper))
    return low if low == high else f"{low} to {high}"


def _duties(allocation: Allocation, projects: Sequence[str] | None) -> pd.Series:
    """What lifting the duty of each mandatory project would gain."""
    question = allocation.question
    duties = [r for r in question.active_rules if isinstance(r, Mandatory)]
    asked = {r.project_id: r.name for r in duties if projects is None or r.project_id in projects}
    # A plan that holds the project obeys the law, and is worth no more than the plan.
    without = {name: dict.fromkeys(question.built.of(project).tolist(), 0) for project, name in asked.items()}
    better = partial(best_plan, least=allocation._model.better(allocation._value))
    free = side_by_side(partial(better, compile_model(question.without(n)), fixed=out) for n, out in without.items())
    gains = [0.0 if found.plan is None else (found.value - allocation._value) / ONE for found in free]
    return pd.Series(gains, index=pd.Index(asked, name="project_id"), name="gain", dtype=float)


DELAYS = ["project_id", "name", "area", "in_plan", "later", "value", "cost", "cost_upper"]


@door
def cost_of_delay(allocation: Allocation) -> pd.DataFrame:
    """What one year later costs or gains, for each project whose later start the register allows.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    DataFrame
        One row per project, the dearest delay first: name, area; in_plan; later (years after the start that was asked
        for); value of the best plan in which it starts so, and no other project starts later than the question allows
        (NaN: none is known); cost, of the value of the plan: positive where the delay costs, negative where it gains.
        A project that is not in the plan is taken in one year late. The cost lies between cost and cost_upper, which
        are equal where it is proven, and NaN where no plan is possible. cost_upper has no end where a limit ended the
        search before a plan was found.

    Notes
    -----
    By solving again with the start fixed: the others may leave, enter and change their size. Cost of delay: Reinertsen
    (2009), The Principles of Product Development Flow, chapter 2; here on the value of the portfolio.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> list(cost_of_delay(allocation).columns[:4])
    ['name', 'area', 'in_plan', 'later']
    """
    question = allocation.question
    model = compile_model(question.replace(deferral=question.deferral + 1))
    options, delays = model.question.built, model.question.built.delays
    known = [model.positions(allocation._model.levels(plan)) for plan in allocation._pool.plans]
    pool = Pool(model, known)
    limits = allocation._search_limits(model, exact=len(options.groups) <= SMALL)
    late = np.flatnonzero(delays > question.deferral)
    flips, same = allocation._flips, question.built.table.index.get_indexer(options.table.index)
    wanted = dict[str, NDArray[np.int64]]()
    for project, years in allocation.table["delay"].items():
        mine = options.of(str(project))
        starts = mine[delays[mine] == years + 1]
        if len(starts):
            wanted[str(project)] = starts
            for late_plan in best_known(model, (added(model, plan, i) for plan in known for i in starts.tolist())):
                pool.add(late_plan)

    def starting(pool: Pool, starts: NDArray[np.int64]) -> Found:
        """The best plan with one of these, in which no other project starts later than the question allows."""
        priced = [flips[i].found for i in same[starts].tolist() if i in flips]
        if len(priced) == len(starts):
            return max(priced, key=lambda found: (found.plan is not None, found.value))
        return pool.search({int(i): 0 for i in late if i not in starts}, [some_of(starts)], limits)

    asks = (partial(starting, starts=starts) for starts in wanted.values())
    records = []
    for (project, starts), answer in zip(wanted.items(), each(pool, asks), strict=True):
        plan, worths = allocation.table.loc[project], (nan, nan, nan)
        if answer.status != "infeasible":
            least = allocation.value - (answer.bound / ONE if answer.bound < NO_BOUND else inf)
            worths = answer.worth, least, inf if answer.plan is None else allocation.bound - answer.worth
        records.append((project, plan["name"], plan["area"], plan["decision"] == "fund", delays[starts[0]], *worths))
    table = pd.DataFrame(records, columns=DELAYS).set_index("project_id")
    return table.sort_values("cost", ascending=False, kind="stable")


@dataclass(frozen=True, eq=False)
class Ledger(Answer):
    """What the overrides on record cost, in force or set aside.

    `table` has one row per override (index: rule name): project_id, name, level, in_out, decided_by, date, reason,
    active (whether the question has it in force), alone = V*() - V*({o}), last_in = V*(O less o) - V*(O), displaces
    (projects that the override, coming last, pushes out in every equally good plan), admits. NaN where no plan is
    possible.

    Parameters
    ----------
    joint : float
        V*() - V*(O): what all of them cost together.
    interaction : float
        joint - sum of the costs alone.
    """

    _table: pd.DataFrame = field(repr=False)
    joint: float
    interaction: float
    unit: str
    inputs: Mapping[str, str]

    @property
    def summary(self) -> str:
        """One sentence."""
        if self._table.empty:
            return "No override is on record."
        verb = "costs" if len(self._table) == 1 else "cost"
        words = f"{as_given(round(self.joint, 2))} {self.unit}"
        return f"{count(len(self._table), 'override')} together {verb} {words}."


ORDER = ["project_id", "level", "in_out", "decided_by", "date", "reason", "active"]


@door
def override_ledger(question: Question) -> Ledger:
    """What each override on record costs alone, coming last, and all of them together, in force or set aside.

    Parameters
    ----------
    question : Question

    Returns
    -------
    Ledger

    Notes
    -----
    Alone and last-in are the first and last place in the order of joining; their difference is the
    interaction (Shapley 1953 averages over all orders; two ends are what a committee can check).
    """
    overrides = question.orders
    question = question.with_rules(*(replace(order, active=True) for order in overrides))
    names = [o.name for o in overrides]
    names_of = question.built.projects["name"]
    lifted = [[], names, *([other for other in names if other != name] for name in names), *([n] for n in names)]
    jobs = (Pool(compile_model(question.without(*lift))).search for lift in lifted)
    everything, none, *others = side_by_side(jobs)
    records = []
    for override, alone, rest in zip(overrides, others, others[len(names) :], strict=False):
        change = PlanChange()
        if rest.plan is not None and everything.plan is not None:
            change = common_change(compile_model(question), rest.plan, everything, {})
        costs = _less(none, alone), _less(rest, everything), change.leaves, change.enters
        records.append((*(getattr(override, name) for name in ORDER), *costs))
    columns = [*ORDER, "alone", "last_in", "displaces", "admits"]
    table = pd.DataFrame(records, columns=columns, index=pd.Index(names, name="override", dtype="str"))
    table.insert(1, "name", [names_of.get(project, "") for project in table["project_id"]])
    joint = _less(none, everything) if overrides else 0.0
    interaction = joint - float(table["alone"].sum(skipna=False)) if overrides else 0.0
    inputs = MappingProxyType(question.fingerprints)
    return Ledger(table, joint, round(interaction, 9), question.built.value_unit, inputs)


def _less(before: Found, after: Found) -> float:
    """How much value is lost; NaN where there is no plan."""
    return nan if None in (before.plan, after.plan) else (before.value - after.value) / ONE


IN, BORDER, OUT = "in every good plan", "at the border", "in no good plan"


@dataclass(frozen=True, eq=False)
class Core(Answer):
    """Which projects hold in every good plan.

    `table` has one row per project: name, area, in_plan, standing (`in every good plan`, `at the border`, `in no good
    plan`; proven).

    Parameters
    ----------
    allocation : Allocation
    epsilon : float
        A good plan is worth at least (1 - epsilon) of the best.
    """

    allocation: Allocation
    epsilon: float
    _table: pd.DataFrame = field(repr=False)

    @property
    def summary(self) -> str:
        """One sentence."""
        counts = self._table["standing"].value_counts()
        words = ", ".join(f"{counts.get(kind, 0)} {kind}" for kind in (IN, BORDER, OUT))
        return f"Plans within {as_given(100 * self.epsilon)} % of the best: {words} (proven)."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Those of the allocation, and epsilon."""
        return MappingProxyType({**self.allocation.inputs, "epsilon": as_given(self.epsilon)})


@door
def core_projects(question: Question, epsilon: float = 0.01, *, seed: int = 7) -> Core:
    """Which projects are in every good plan, at the border, or in none.

    Parameters
    ----------
    question : Question
    epsilon : float
        A plan is good within this share of the best value.
    seed : int
        Taken as by every function of its kind; this one proves and draws nothing, so that no answer depends on it.

    Raises
    ------
    InputError
        The answer to the question is not proven, so that no core can be.

    Notes
    -----
    *In every good plan* = in every plan within epsilon of V*, proven by an exact search for a plan without it. What is
    only sampled (the core index of Liesioe, Mild and Salo 2007, EJOR 181, over an information set) is no such proof.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> core = pmo.core_projects(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> core.table.loc["P03", "standing"]
    'in every good plan'
    """
    epsilon = share(epsilon, "epsilon")
    allocation = arbitrate(question)
    if allocation.gap > 0:
        raise InputError(
            "The plan is not proven best, so no project can be proven to be in every good plan: set gap=0."
        )
    least = allocation._value - round(epsilon * abs(allocation._value))
    options = question.built
    base = allocation.table["decision"].eq("fund")
    asks = (partial(_standing, of=allocation, project=p, inside=bool(base[p]), least=least) for p in options.groups)
    standing = dict(zip(options.groups, each(allocation._pool, asks), strict=True))
    table = allocation.table[["name", "area"]].assign(in_plan=base, standing=pd.Series(standing))
    return Core(allocation, epsilon, table)


def _standing(pool: Pool, of: Allocation, project: str, inside: bool, least: int) -> str:
    """Whether a good plan without (or with) the project exists."""
    model, flips = of._model, of._flips
    mine = model.question.built.of(project)
    reversed_ = [i for i in mine.tolist() if not inside or i in of._positions]
    if all(i in flips for i in reversed_):  # the prices are known
        best = [flips[i].found for i in reversed_]
        good = any(found.plan is not None and found.value >= least for found in best)
    else:
        fixed = {int(i): 0 for i in mine} if inside else {}
        rows = [] if inside else [some_of(mine)]
        good = pool.best(fixed, rows) >= least
        if not good:
            found = best_plan(model, fixed=fixed, extra=rows, least=least, limits=Limits(model.proof_gap))
            pool.add(found.plan)
            good = found.plan is not None
    return BORDER if good else IN if inside else OUT
