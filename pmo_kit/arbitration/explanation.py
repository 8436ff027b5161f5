"""Why the plan is as it is: the price of every other choice, whom it displaces, and what every good plan holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import inf, nan
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.arbitration import prices
from pmo_kit.arbitration.allocation import SMALL, Allocation, arbitrate
from pmo_kit.arbitration.counterfactual import way_words
from pmo_kit.arbitration.model import NO_BOUND, ONE, Plan, PlanChange, compile_model, in_parts
from pmo_kit.arbitration.rules import Committed, Mandatory, Override, Requires, Rule, some_of
from pmo_kit.arbitration.search import Found, Pool, best_known, best_plan, each, proof_gap
from pmo_kit.arbitration.solving import Limits, side_by_side
from pmo_kit.doors import Answer, door, known, several, share
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, count, in_row

if TYPE_CHECKING:
    from pmo_kit.arbitration.question import Question


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
        groups: list[tuple[Plan, list[tuple[str, str]]]] = []
        for key, plan in sorted(self._plans.items(), key=lambda item: (price[item[0]], item[0])):
            wanted = prices.flip_columns(model, allocation._positions, position(*key))[1].items()
            for made, members in groups:
                grants = price[members[0]] == price[key] and all((i in made) == bool(x) for i, x in wanted)
                if made == plan or grants:
                    members.append(key)
                    break
            else:
                groups.append((plan, [key]))
        records = []
        for plan, members in groups:
            change, first = prices.plan_change(model, allocation._positions, plan), table.loc[members[0]]
            names = tuple((*key, table.loc[key, "flip"]) for key in sorted(members))
            records.append(
                (names, *first[["value", "price", "price_upper"]], change.leaves, change.enters, change.resized)
            )  # fmt: skip
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
    done = prices.flips(model, plan, asked, allocation._search_limits(model, exact), exact, allocation._pool)
    if exact:
        sure = (i for i, each in done.items() if each.found.status in ("optimal", "infeasible"))
        allocation._flips.update({i: done[i] for i in sure})
    records = side_by_side(partial(_record, allocation, done[i], value, bound) for i in asked)
    index = pd.MultiIndex.from_tuples([r[0] for r in records], names=["project_id", "level"])
    table = pd.DataFrame([r[1] for r in records], columns=_COLUMNS, index=index)
    found = ((r[0], done[i].found.plan) for r, i in zip(records, asked, strict=True))
    plans = {key: each for key, each in found if each is not None}
    return Explanation(allocation, table, _duties(allocation, projects), plans)


_COLUMNS = [
    "name", "label", "in_plan", "flip", "value", "price", "price_upper", "proof", "displaces", "admits",
    "shifts", "tied", "in_its_way", "blocked_by", "words",
]  # fmt: skip


def _record(
    allocation: Allocation, done: prices.Flip, value: int, bound: int
) -> tuple[tuple[str, str], tuple[object, ...]]:
    """The row of one flip."""
    model = allocation._model
    options = model.question.built
    key: tuple[str, str] = options.table.index[done.option]
    row = options.table.iloc[done.option]
    lower, upper = prices.bounds_of(value, bound, done.found)
    blocked: tuple[str, ...] = ()
    if done.found.status == "infeasible":
        proof, blocked = "impossible", prices.blocking_rules(model, done.option, done.direction)
    elif done.found.plan is None or (lower == 0 < upper):
        proof = "undecided"
    else:
        proof = "exact" if lower == upper else "bounds"
    chosen = done.option in allocation._positions
    way = () if chosen else prices.in_the_way(model, allocation._positions, done.option)
    change = done.change
    parts = (change.leaves, change.enters, change.resized, change.tied) if change else ((), (), (), False)
    words = _words(allocation, done, _range_words(lower, upper), proof, blocked)
    return key, (
        row["name"], row["label"], chosen, done.direction, done.found.worth, lower, upper, proof, *parts,
        way, blocked, words,
    )  # fmt: skip


def _words(allocation: Allocation, done: prices.Flip, price: str, proof: str, blocked: tuple[str, ...]) -> str:
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
    assert done.change is not None
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
    known = [set(model.positions(allocation._model.levels(plan))) for plan in allocation._pool.plans]
    pool = Pool(model, map(tuple, map(sorted, known)))
    limits = allocation._search_limits(model, exact=len(options.groups) <= SMALL)
    late = np.flatnonzero(delays > question.deferral)
    flips, same = allocation._flips, question.built.table.index.get_indexer(options.table.index)
    wanted = dict[str, NDArray[np.int64]]()
    for project, years in allocation.table["delay"].items():
        mine = options.of(str(project))
        starts = mine[delays[mine] == years + 1]
        if len(starts):
            wanted[str(project)] = starts
            moved = (tuple(sorted(one.difference(mine) | {i})) for one in known for i in starts.tolist())
            for late_plan in best_known(model, moved):
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


LOSES = "worth no more than it costs"


@door
def obstacles(allocation: Allocation) -> dict[str, tuple[str, ...]]:
    """Why every refused project is out: that it is worth less than it costs, then the limits and links in its way.

    Returns
    -------
    dict of str to tuple of str
        project_id -> `LOSES` where no level of it is worth more than it costs; then, in words, what its largest level
        would break if it were simply added ("data engineers in 2028", "needs Data platform").
    """
    question, options = allocation.question, allocation.question.built
    found = {}
    for project, row in allocation.table.iterrows():
        if row["decision"] == "refuse":
            mine = options.of(str(project)).tolist()
            largest = max(mine, key=lambda i: options.costs[i])
            way = prices.in_the_way(allocation._model, allocation._positions, largest)
            words = [way_words(allocation, str(project), question.rule(name)) for name in way]
            first = [LOSES] if max(options.values[mine]) <= 0 else []
            found[str(project)] = tuple(dict.fromkeys([*first, *words]))
    return found


@door
def supports(allocation: Allocation) -> pd.DataFrame:
    """Why each funded project that is worth less than it costs, or no more, is in the plan all the same.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    DataFrame
        Index project_id: name, value; rules (names of what the plan breaks without it: a law, a commitment, an order,
        a project that needs it, a floor), why (in words), loses (what the best plan without it is worth less: the
        worth of an enabler; NaN where no plan is possible without it).
    """
    question, options, model = allocation.question, allocation.question.built, allocation._model
    table = allocation.table
    asked = table.index[(table["decision"] == "fund") & (table["value"] <= 0)].tolist()
    records = []
    for project in asked:
        mine = options.of(str(project)).tolist()
        rest = [i for i in allocation._positions if i not in mine]
        broken = model.excess(rest)
        rules = tuple(rule.name for rule in question.active_rules if rule.name in broken)
        found = prices.flip(allocation, next(i for i in mine if i in allocation._positions)).found
        loses = nan if found.plan is None else (allocation._value - found.value) / ONE
        words = [_support(allocation, question.rule(name)) for name in rules]
        unique = list(dict.fromkeys(words))
        more = [f"and {len(unique) - 2} more"] if len(unique) > 2 else []
        why = "; ".join([*unique[:2], *more]) or "what it brings together with others"
        records.append((table.loc[project, "name"], table.loc[project, "value"], rules, why, loses))
    index = pd.Index(asked, name="project_id", dtype="str")
    return pd.DataFrame(records, columns=["name", "value", "rules", "why", "loses"], index=index)


def _support(allocation: Allocation, rule: Rule) -> str:
    """What keeps a project in, in words."""
    if isinstance(rule, Mandatory):
        return f"it must be done{f': {rule.reason}' if rule.reason else ''}"
    if isinstance(rule, Committed):
        return "it is running"
    if isinstance(rule, Override):
        return f"by order of {rule.decided_by or 'an override'}"
    if isinstance(rule, Requires):
        return f"{allocation.table.loc[rule.project_id, 'name']} needs it"
    return f"the rule asks for it: {rule.name}"


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
    in_force = {order.name: order.active for order in overrides}
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
            change = prices.common_change(compile_model(question), rest.plan, everything, {})
        records.append(
            (
                override.project_id, names_of.get(override.project_id, ""), override.level,
                override.in_out, override.decided_by, override.date, override.reason, in_force[override.name],
                _less(none, alone), _less(rest, everything), change.leaves, change.enters,
            )
        )  # fmt: skip
    columns = ["project_id", "name", "level", "in_out", "decided_by", "date", "reason", "active", "alone", "last_in",
               "displaces", "admits"]  # fmt: skip
    table = pd.DataFrame(records, columns=columns, index=pd.Index(names, name="override", dtype="str"))
    joint = _less(none, everything) if overrides else 0.0
    interaction = joint - float(table["alone"].sum(skipna=False)) if overrides else 0.0
    inputs = MappingProxyType(question.fingerprints)
    return Ledger(table, joint, round(interaction, 9), question.built.value_unit, inputs)


def _less(before: Found, after: Found) -> float:
    """How much value is lost; NaN where there is no plan."""
    if before.plan is None or after.plan is None:
        return nan
    return (before.value - after.value) / ONE


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
        known = pool.best(fixed, rows)
        good = known is not None and known >= least
        if not good:
            found = best_plan(model, fixed=fixed, extra=rows, least=least, limits=Limits(proof_gap(model)))
            pool.add(found.plan)
            good = found.plan is not None
    return BORDER if good else IN if inside else OUT
