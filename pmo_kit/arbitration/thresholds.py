"""What limits are worth, and exact thresholds: how much more, how much cheaper, how much less before the plan changes.

Inclusion is not monotone in the budget, so nothing here bisects on inclusion: the threshold itself is the variable of
one program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import permutations
from math import ceil, inf, isfinite, isinf, nan
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.arbitration.allocation import Allocation
from pmo_kit.arbitration.model import NO_BOUND, NOTHING, ONE, Model, Plan, PlanChange, compile_model, rule_rows
from pmo_kit.arbitration.options import to_come
from pmo_kit.arbitration.prices import common_change
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Capacity, Committed, Envelope, Limit, Row, Rule, role_words
from pmo_kit.arbitration.search import Eased, Found, Pool, Threshold, best_known, best_plan, each, settled, value_floor
from pmo_kit.arbitration.solving import Floats, Limits, Outcome, Program, solve, taken
from pmo_kit.doors import door, known, number, several
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, in_row


def limit_shift(model: Model, by: Mapping[str, float]) -> dict[int, float]:
    """How the limits of the program's rows move when rules move by these amounts per unit of change."""
    rules = [r.changed(by[r.name]) if isinstance(r, Limit) and r.name in by else r for r in model.question.rules]
    after = rule_rows(model.question.built, rules)  # no question: of a step it may hold less than nothing
    ends = ((old.ends, new.ends) for old, (_, new) in zip(model.rows, after, strict=True))
    moved = ((place, new[0][0] - old[0][0]) for place, (old, new) in enumerate(ends, model.head) if old)
    return {place: float(step) for place, step in moved if step}


def _columns(model: Model, by: Sequence[Mapping[str, float]]) -> list[dict[int, float]]:
    """Of each change, the column of what it eases."""
    return [{row: -step for row, step in limit_shift(model, change).items()} for change in by]


def least_increase(
    eased: Eased,
    by: Sequence[Mapping[str, float]],
    least: int,
    option: int | None = None,
    known: Iterable[Plan] = (),
) -> Threshold | None:
    """The least increase of limits with which a plan (that contains an option) is worth at least `least`.

    Parameters
    ----------
    eased : Eased
        What is known of larger limits, which learns what is found.
    by : sequence of mapping of rule name to float
        What one unit of change adds to each rule: ``{"envelope all 2027": 1.0}``, or the amounts of all
        envelopes for a common factor. Several mappings are several changes, whose sum is made least.
    least : int
        Value in parts of 1 / ONE.
    option : int, optional
    known : iterable of Plan
        Plans that may be worth so much once the limits are larger.

    Returns
    -------
    Threshold or None
        None where no increase is enough.
    """
    key = tuple(frozenset(change.items()) for change in by), option, least
    if key not in eased.least:
        model = eased.model
        columns = _columns(model, by)
        found = _least(model, columns, option, least, known=known, by=by, too_little=eased.too_little(*key))
        eased.least[key] = found
        eased.plans |= {found.plan: None} if found else {}
    return eased.least[key]


LESS = 1e-6  # by so much of itself an amount must be smaller to count as less


def _least(
    model: Model,
    columns: Sequence[Mapping[int, float]],
    option: int | None,
    least: int,
    most: float = inf,
    gain: float = 0.0,
    known: Iterable[Plan] = (),
    by: Sequence[Mapping[str, float]] = (),
    too_little: float = 0.0,
) -> Threshold | None:
    """The least sum of further columns (row to coefficient), each worth `gain`, with which a plan is worth `least`.

    A plan that is worth so much at any amount, then one at less than that plan needs, until there is none: searches for
    a value above a limit are several times faster than one for the amount itself.

    Parameters
    ----------
    model : Model
    columns : sequence of mapping
    option : int, optional
        An option that the plan contains.
    least : int
        Value in parts of 1 / ONE.
    most : float
        The largest amount.
    gain : float
    known : iterable of Plan
        Plans that may do.
    by : sequence of mapping of rule name to float
        What the columns stand for, where they move limits.
    too_little : float
        A sum below which there is no such plan.
    """
    if too_little == inf:
        return None
    loose, n = touched(model, (row for column in columns for row in column)), model.n
    soft = bool(by) and not loose.isdisjoint(model.prices)  # where such a limit is larger a plan is worth more
    given = {} if option is None else {option: 1}
    program = model.program.with_columns(columns, most, gain).fixed(given)
    own = np.arange(len(model.program.value), len(program.value))
    floor = value_floor(model, least)
    lower = least / ONE - 1e-9 * max(1.0, abs(least) / ONE) if gain else floor.lower
    worth = np.append(floor.coefficients, np.full(len(own), gain))
    floor = Row("value", np.append(floor.columns, own), worth, lower, inf)
    amounts = np.zeros(len(program.value))
    amounts[own] = -1.0

    def exactly(plan: Plan, amount: float) -> float:
        """What a plan needs; as the solver says it where its own excess over the limits does not tell."""
        if model.carries or soft:
            return _enough(model, by[0], amount, plan, least if soft else NOTHING) if len(by) == 1 else amount
        exact = model.evaluate(plan)
        broken = {model.head + row: excess / ONE for row, excess in exact.broken}
        moved = ((over / abs(column[row]) for row, over in broken.items() if column.get(row)) for column in columns)
        needs = sum(max(each, default=0.0) for each in moved)
        return amount if gain and model.prices else max(needs, (least - exact.value) / ONE / gain if gain else 0.0)

    needed = program.with_rows([floor]).maximizing(amounts)
    limits = Limits(model.proof_gap, cutoff=lower, enough=lower)
    best: Threshold | None = None
    cuts: list[Row] = []
    plans = [plan for plan in known if option is None or option in plan]
    while True:
        for plan in plans:
            exact = model.evaluate(plan)
            if all(row in loose for row, _ in exact.broken) and (gain or soft or exact.value >= least):
                outcome = _settled(needed, plan, n)
                if outcome.x is not None:
                    enough = exactly(plan, max(0.0, float(outcome.x[own].sum())))
                    # Rounded up: less is too little.
                    amount = enough if isinf(enough) else ceil(1e9 * enough - 1e-6) / 1e9
                    if amount < (inf if best is None else best.amount):
                        value = _worth(model, by, outcome.x[own], plan) if soft else exact.value
                        best = Threshold(amount, plan, value / ONE)
        if best is not None and best.amount <= too_little:
            break
        cap = [] if best is None else [Row("less", own, np.full(len(own), 1 / best.amount), -inf, 1 - LESS)]
        asked = program.with_rows([*cap, *cuts])
        relaxed = solve(asked.relaxed)
        if relaxed.x is None:
            break
        outcome = solve(asked.fixed(settled(model, relaxed, least) | given), limits)
        if outcome.x is None or outcome.value < lower - 1e-12 * abs(lower):
            break
        plans = [taken(outcome.x[:n])]
        cuts.append(model.other_plan(plans[0]))
    return best


def _settled(program: Program, plan: Plan, n: int) -> Outcome:
    """The best of a program whose first columns are those of a plan."""
    return solve(program.fixed(dict.fromkeys(range(n), 0.0) | dict.fromkeys(plan, 1.0)).relaxed)


def _worth(model: Model, by: Sequence[Mapping[str, float]], amounts: Floats, plan: Plan) -> int:
    """What a plan is worth with limits changed by several amounts."""
    names = {name for change in by for name in change}
    steps = {name: float(np.dot(amounts, [change.get(name, 0.0) for change in by])) for name in names}
    return model.eased(steps).evaluate(plan).value


def _enough(model: Model, by: Mapping[str, float], amount: float, plan: Plan, least: int) -> float:
    """The least amount of change, from the solver's on, with which a plan obeys every rule and is worth so much.

    inf where none is enough.
    """

    def does(amount: float) -> bool:
        exact = model.eased({name: amount * step for name, step in by.items()}).evaluate(plan)
        return not exact.broken and exact.value >= least - round(model.proof_gap * ONE)

    low, high, step = amount, amount, 1e-9 * max(1.0, amount)
    while not does(high):
        low, high, step = high, high + step, 4 * step
        if step > 1e12:
            return inf
    while high - low > 1e-10 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (low, middle) if does(middle) else (middle, high)
    return high


def cost_rows(model: Model, option: int) -> dict[int, float]:
    """Coefficient of an option's money in the program's rows: by how much they move if its cost doubles."""
    moved = {rule.name for rule in model.question.rules if isinstance(rule, Limit) and rule.moved_by_costs}
    rows = ((place, row) for place, row in enumerate(model.rows, model.head) if row.rule in moved)
    found = ((place, row.coefficients[row.columns == option]) for place, row in rows)
    return {place: float(coefficient[0]) for place, coefficient in found if len(coefficient)}


def first_rival(model: Model, option: int, plan: Plan) -> float:
    """The least overrun of a chosen option with which a better plan that contains it becomes possible.

    Only a share rule can let that happen: money spent on the option then helps others to fit. inf where never.
    """
    entries = cost_rows(model, option)
    if all(model.rows[row - model.head].share is None and isinf(model.rows[row - model.head].lower) for row in entries):
        return inf
    found = _least(model, [entries], option, model.better(model.evaluate(plan).value), 1e6)
    return inf if found is None else found.amount


def only_limit(model: Model, rule: Rule) -> bool:
    """Whether a smaller amount of a rule does nothing but shrink its own hard limit."""
    rows = {model.rows[row - model.head].rule for row in limit_shift(model, {rule.name: 1.0})}
    return rule.price is None and rows <= {rule.name}


def touched(model: Model, rows: Iterable[int]) -> frozenset[int]:
    """Rules' rows that a further column extends, with the years into which its money may be carried."""
    own = {row - model.head for row in rows}
    return frozenset(own | {place for carry in model.carries for place in carry[:2]})


def _stretch(model: Model, entries: Mapping[int, float], plan: Plan) -> float:
    """The largest t with which the plan obeys the rows extended by entries x t."""
    limits = {row: (model.program.lower[row], model.program.upper[row]) for row in entries}
    sizes = [abs(b / entries[row]) for row, ends in limits.items() for b in ends if np.isfinite(b)]
    most = 1e3 * max(1.0, *sizes, 0.0)
    program = model.program.maximizing(0 * model.program.value).with_columns([entries], most, 1.0)
    outcome = _settled(program, plan, model.n)
    if outcome.x is None:
        return 0.0
    amount = float(outcome.x[-1])
    return inf if amount > 0.9 * most else round(max(0.0, amount), 9)


def least_cost_cut(model: Model, option: int, least: int, known: Iterable[Plan] = ()) -> Threshold | None:
    """The least share of an option's cost, cut in every year alike, with which a plan that contains it is
    worth `least`.

    The cut flows into a net present value. The option is fixed, so its shrinking cost is linear: one exact
    program, also where share rules touch it.
    """
    options = model.question.built
    entries = {row: -coefficient for row, coefficient in cost_rows(model, option).items()}
    gain = float(options.table["pv_cost"].to_numpy()[option]) if options.money_value else 0.0
    return _least(model, [entries], option, least, 1.0, gain, known)


def with_costs_scaled(question: Question, project_id: str, level: str, factor: float) -> Question:
    """The question with the forward costs of one level multiplied; a net present value moves with them."""
    costs = question.register.table("costs")
    mine = costs["project_id"].eq(project_id) & costs["level"].eq(level)
    mine &= costs.index.isin(to_come(question.register).index)
    changed_ = costs.assign(amount=costs["amount"].where(~mine.to_numpy(bool), costs["amount"] * factor))
    return question.replace(register=question.register.replace(costs=changed_))


STEP = 1e-6  # just past a threshold
WORTH = ["label", "unit", "used", "limit", "step", "one_more", "one_fewer", "more", "more_value",
         "unlimited_value", "enough"]  # fmt: skip
MOVES = ["from_year", "to_year", "envelope", "amount", "gain", "more", "most", "cap", "together"]
STOCK_STEP = 1.0  # one person, or one unit of money


@door
def limits_worth(allocation: Allocation, names: Sequence[str] | None = None) -> pd.DataFrame:
    """What more or less of every limit would be worth.

    Parameters
    ----------
    allocation : Allocation
    names : sequence of str, optional
        Only these rules (and `all money`).

    Returns
    -------
    DataFrame
        Index: rule name, and `all money` for every envelope together. label, unit, used, limit; step (one
        person, or one unit of money); one_more and one_fewer: change of the value (NaN: no plan is
        possible); more: the least increase with which the value rises (NaN: none does) and more_value, the
        value it then has; unlimited_value: the value without the limit, and enough: the least increase that
        reaches it. Of floors, shares and counts there is only unlimited_value: what it is above the plan's value is
        the price of the rule. For `all money` an increase is the sum over the envelopes, placed where it helps most.

    Notes
    -----
    All by solving again: the difference of a relaxation is not what one more unit is worth.
    """
    question = allocation.question
    known(names or (), {rule.name for rule in question.rules} | {"all money"}, "limit")
    use = allocation.use.drop_duplicates("rule").set_index("rule")
    limits = [r for r in question.active_rules if isinstance(r, Limit) and (names is None or r.name in names)]
    asks: dict[str, Callable[[Eased], tuple[float, ...]]] = {rule.name: partial(_around, rule=rule) for rule in limits}
    heads = [tuple(use.loc[rule.name, ["label", "unit", "used", "limit"]]) for rule in limits]
    envelopes = [r for r in question.active_rules if isinstance(r, Envelope)]
    if len(envelopes) > 1 and (names is None or "all money" in names):
        total = sum(r.amount for r in envelopes if r.scope == "all")
        used = float(use.loc[[r.name for r in envelopes if r.scope == "all"], "used"].sum())
        asks["all money"] = lambda eased: (nan, nan, nan, *_ahead(eased, [r.name for r in envelopes]))
        heads.append(("all money", question.built.money_unit, used, total))
    loosest = sorted((rule.name for rule in limits), key=use["room"].fillna(0.0).get, reverse=True)
    _hold_nothing(allocation._eased, loosest)
    answers = each(allocation._eased, [*asks.values()][::-1])[::-1]  # all money takes longest
    rows = [(*head, *found) for head, found in zip(heads, answers, strict=True)]
    return pd.DataFrame(rows, columns=WORTH, index=pd.Index([*asks], name="rule", dtype="str")).astype(
        dict.fromkeys(WORTH[2:], float)
    )


def _hold_nothing(eased: Eased, names: list[str]) -> None:
    """Prove of limits, together where it can be, that each keeps nothing better out; what is left is halved."""
    if len(names) > 1 and not eased.model.shares and eased.value(dict.fromkeys(names, inf)) > eased.now:
        _hold_nothing(eased, names[: len(names) // 2])
        _hold_nothing(eased, names[len(names) // 2 :])


def _around(eased: Eased, rule: Limit) -> tuple[float, ...]:
    """step, one_more, one_fewer, and what lies ahead of one limit."""
    if rule.stock is None:
        free = eased.value({rule.name: inf})
        return *[nan] * 5, nan if free == NOTHING else free / ONE, nan
    ahead = _ahead(eased, [rule.name])
    more, fewer = (eased.gained(eased.value({rule.name: by})) for by in (STOCK_STEP, -min(STOCK_STEP, rule.stock)))
    return STOCK_STEP, more, fewer, *ahead


def _ahead(eased: Eased, names: Sequence[str]) -> tuple[float, float, float, float]:
    """more, more_value, unlimited_value, enough."""
    free, model, now = eased.value(dict.fromkeys(names, inf)), eased.model, eased.now
    if free <= now:
        return nan, nan, nan if free == NOTHING else free / ONE, 0.0
    best = best_known(model.eased(dict.fromkeys(names, inf)), eased.plans)
    least = partial(least_increase, eased, [{name: 1.0} for name in names])
    first = least(least=model.better(now), known=best)
    reached = first is not None and not model.shares and first.value >= free / ONE
    last = first if reached else least(least=free, known=[*best, *([first.plan] if first else [])])
    more, value = (first.amount, first.value) if first else (nan, nan)
    if first and len(names) == 1:
        eased.values[frozenset({(names[0], more - STEP)})] = now
        value = value if reached else eased.value({names[0]: more}) / ONE
    elif first and not reached:
        value = max(value, _most_of(eased, [{name: 1.0} for name in names], more + STEP / 2).worth)
    return more, value, free / ONE, last.amount if last else nan


def _most_of(eased: Eased, by: Sequence[Mapping[str, float]], most: float) -> Found:
    """The best plan that is worth more than today's, with limits changed by amounts that add up to `most` or less."""
    model, first = eased.model, len(eased.model.program.value)
    columns = _columns(model, by)
    whole = Row("most", np.arange(first, first + len(columns)), np.ones(len(columns)), -inf, most)
    program = model.program.with_columns(columns).with_rows([whole])
    loose = touched(model, (row for column in columns for row in column))
    return best_plan(model, program=program, loose=loose, least=model.better(eased.now))


@door
def money_moves(allocation: Allocation, amounts: Sequence[float] = (1, 2, 4)) -> pd.DataFrame:
    """What moving money from one year's envelope to another's would gain, the best move first.

    Parameters
    ----------
    allocation : Allocation
    amounts : sequence of float
        In units of money.

    Returns
    -------
    DataFrame
        One row per envelope, pair of its years and amount: from_year, to_year, envelope, amount; gain, of the value of
        the best plan (negative: a loss; NaN: the year has not so much, or no plan is possible); more, what as much more
        money in to_year alone would gain; most, the largest gain of any amount moved so, and cap, the least amount that
        reaches it (0 where no amount gains); together, the envelopes that move: with an envelope move those for
        everything, because they hold its money too. Bringing forward is from a later to an earlier year.

    Raises
    ------
    InputError
        An amount is not a finite number above zero.

    Notes
    -----
    By solving again with both limits changed; the cap is a variable of one program. Envelopes whose scope is not
    everything do not move with that for everything.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> moves = money_moves(pmo.arbitrate(question), amounts=[2])
    >>> moves[["from_year", "to_year", "gain", "most", "cap"]].iloc[0].tolist()
    [2028.0, 2027.0, 0.0, 0.0, 0.0]
    """
    amounts = [number(x, "an amount of money to move, above zero,") for x in several(amounts)]
    if not amounts or min(amounts) <= 0:
        raise InputError(f"Amounts of money to move are above zero; {amounts or 'none'} cannot be moved.")
    eased, active = allocation._eased, allocation.question.active_rules
    envelopes = [r for r in active if isinstance(r, Envelope)]
    held = {r.envelope: _together(envelopes, r) for r in envelopes}
    moved = {
        (own.envelope, own.year): [r for r in envelopes if r.envelope in held[own.envelope] and r.year == own.year]
        for own in envelopes
    }
    years = [] if eased.model.shares else sorted({r.year for r in envelopes})
    # Where all the money of a year gains nothing, none of its envelopes does.
    each(eased, (partial(Eased.value, by={r.name: inf for r in envelopes if r.year == year}) for year in years))
    bounds = each(eased, (partial(Eased.value, by=_by([], into, inf)) for into in moved.values()))
    useless = (into for into, most in zip(moved.values(), bounds, strict=True) if most <= allocation._value)
    free = {rule.name: inf for into in useless for rule in into} if years else {}
    # What is taken from a year and given to years that need nothing is bounded once, for all of them.
    each(eased, [partial(Eased.value, by=free)])
    taken = (free | _by(of, [], x) for of in moved.values() for x in amounts if free and x <= min(r.amount for r in of))
    each(eased, (partial(Eased.value, by=by) for by in taken))
    pairs = [(name, *pair) for name in held for pair in permutations(sorted(y for of, y in moved if of == name), 2)]
    asks = (partial(_move, less=moved[name, start], into=moved[name, to], amounts=amounts) for name, start, to in pairs)
    rows = [
        (start, to, name, *of, held[name])
        for (name, start, to), found in zip(pairs, each(eased, asks), strict=True)
        for of in found
    ]
    table = pd.DataFrame(rows, columns=MOVES)
    order = ["gain", "amount", "cap", "envelope", "from_year", "to_year"]
    return table.sort_values(order, ascending=[False, True, True, True, True, True], kind="stable", ignore_index=True)


def _together(envelopes: Iterable[Envelope], own: Envelope) -> tuple[str, ...]:
    """An envelope, and those that hold its money too: for everything, or of the same scope."""
    return tuple(dict.fromkeys([own.envelope, *(r.envelope for r in envelopes if r.scope in ("all", own.scope))]))


def _by(less: Iterable[Envelope], into: Iterable[Envelope], amount: float) -> dict[str, float]:
    """By how much an amount eases each envelope that gives it or gets it."""
    return {r.name: -amount for r in less} | {r.name: amount for r in into}


def _move(
    eased: Eased, less: Sequence[Envelope], into: Sequence[Envelope], amounts: Sequence[float]
) -> list[tuple[float, ...]]:
    """amount, gain, more, most and cap of the moves from one year to another."""
    model, by, whole, most, cap = eased.model, _by(less, into, 1.0), min(r.amount for r in less), 0.0, 0.0
    bound = NO_BOUND if model.shares else eased.value(_by([], into, whole))
    if bound > eased.now:
        value, least = bound, None
        if not model.shares:
            for change in (_by([], into, 1.0), by):  # moved money is not enough where as much new money is not
                least = least_increase(eased, [change], least=bound, known=eased.plans)
        if least is None or least.amount > whole:  # moved money does less than as much new money
            best = _most_of(eased, [by], whole)
            value = eased.now if best.plan is None else best.value
            least = least_increase(eased, [by], least=value, known=[best.plan]) if best.plan is not None else None
            if least is None and best.x is not None:  # the solver carries on what breaks a soft limit: no plan does
                tried = {x: eased.value(_by(less, into, x)) for x in (*amounts, float(best.x[-1])) if x <= whole}
                value = max(tried.values(), default=eased.now)
                cap = min((x for x, of in tried.items() if of == value), default=0.0)
        if (gained := eased.gained(value)) > 0:
            most, cap = gained, cap if least is None else least.amount
    more = [eased.gained(eased.value(_by([], into, x))) for x in amounts]  # asked about first: a move gains no more
    gains = [eased.gained(eased.value(_by(less, into, x))) if x <= whole else nan for x in amounts]
    return [(*of, most, cap) for of in zip(amounts, gains, more, strict=True)]


KINDS = ("people", "money", "costs")
POINTS = ["kind", "what", "label", "today", "at", "distance", "value", "leaves", "enters", "shifts",
          "sentence"]  # fmt: skip


@door
def turning_points(
    allocation: Allocation,
    kinds: Sequence[str] = KINDS,
    *,
    projects: Sequence[str] | None = None,
    nearest: int | None = None,
) -> pd.DataFrame:
    """Where the plan changes, nearest first.

    Parameters
    ----------
    allocation : Allocation
    kinds : sequence of str
        `people`, `money` (a limit shrinks), `costs` (a chosen option costs more, in every year alike).
    projects : sequence of str, optional
        Costs of these only.
    nearest : int, optional
        Only so many limits of people and of money, those with the smallest share left.

    Returns
    -------
    DataFrame
        kind; what (rule or project); label; today and at (the limit or the cost; people in
        whole numbers: the first number at which the plan changes; otherwise the last value at which it
        holds); distance = |at - today| / today; value of the plan just past it (NaN: none is possible);
        leaves, enters, shifts in all equally good plans; sentence.

    Notes
    -----
    A shrinking limit leaves the plan best until the plan no longer fits: the turning point is the plan's
    use, and the question is solved again just past it. A rising cost changes the plan
    when it no longer fits, when the best plan without the option is worth as much, or when a share rule lets a
    better plan in, whichever comes first. No point is claimed where a soft rule, or a share of the envelopes,
    makes the value move in other ways too.
    """
    known(kinds, KINDS, "kind of turning point")
    projects = None if projects is None else several(projects)
    known(projects or (), allocation.question.built.groups, "project")
    asks: list[Callable[[Pool], list[tuple[object, ...]]]] = []
    for kind, limit in (("people", Capacity), ("money", Envelope)):
        if kind in kinds:
            rules = [rule for rule in _tightest(allocation, limit) if only_limit(allocation._model, rule)]
            asks += [partial(_less, allocation=allocation, rule=rule) for rule in rules[:nearest]]
    if "costs" in kinds:
        ids = allocation.question.built.project_ids
        chosen = (i for i in allocation._positions if projects is None or ids[i] in projects)
        asks += [partial(_dearer, allocation=allocation, option=option) for option in chosen]
    points = [
        point for found in each(allocation._pool.copy(), asks[::-1])[::-1] for point in found
    ]  # costs take longest
    frame = pd.DataFrame(points, columns=POINTS)
    return frame.sort_values(["distance", "what"], kind="stable", ignore_index=True)


def _tightest(allocation: Allocation, kind: type[Rule]) -> list[Any]:
    """The limits of one kind, the one with the smallest share left first."""
    use = allocation.use
    left = (use["slack"] / use["limit"]).where(use["limit"] > 0, inf).groupby(use["rule"]).min()
    rules = [rule for rule in allocation.question.active_rules if isinstance(rule, kind)]
    return sorted(rules, key=lambda rule: (left.get(rule.name, inf), rule.name))


def _less(pool: Pool, allocation: Allocation, rule: Capacity | Envelope) -> list[tuple[object, ...]]:
    """The first whole number of people, or the amount of money below which, the plan no longer fits."""
    slack = _stretch(allocation._model, limit_shift(allocation._model, {rule.name: 1.0}), allocation._positions)
    stock = rule.stock or 0.0
    if not isfinite(slack):
        return []
    if isinstance(rule, Capacity):
        kind, at, past = "people", float(ceil(round(stock - slack, 6)) - 1), 0.0
        what = f"{as_given(stock)} {role_words(rule.role, stock)} in {rule.period}: at {as_given(at)}"
    else:
        kind, at, past = "money", round(stock - slack, 9), STEP
        what = f"{rule.label} below {as_given(at)}"
    if at < 0 or (kind == "money" and not at):
        return []
    question = allocation.question.with_rules(rule.changed(at - stock - past * at))
    return [_point(pool, allocation, question, what, (kind, rule.name, rule.label, stock, at))]


def _dearer(pool: Pool, allocation: Allocation, option: int) -> list[tuple[object, ...]]:
    """The cost of a chosen option above which the plan changes."""
    options, model = allocation.question.built, allocation._model
    row, money = options.table.iloc[option], cost_rows(model, option)
    project, level = options.table.index[option]
    if row["cost"] <= 0 or row["delay"] or not model.prices.keys().isdisjoint(i - model.head for i in money):
        return []  # where a soft rule counts the money, its cost changes the value in other ways too
    without = pool.search({option: 0})
    price = inf if without.plan is None else (allocation._value - without.value) / ONE
    worth = price / row["pv_cost"] if options.money_value and row["pv_cost"] > 0 else inf
    fits = _stretch(model, money, allocation._positions)
    share = min(worth, fits, first_rival(model, option, allocation._positions))
    if not isfinite(share):
        return []
    question = with_costs_scaled(allocation.question, project, level, 1 + share + STEP)
    at = round(float(row["cost"]) * (1 + share), 9)
    label = f"{'exit cost' if row['stop'] else 'cost'} of {row['name']}"
    what = f"{label} above {as_given(round(at, 2))}"
    return [_point(pool, allocation, question, what, ("costs", project, label, float(row["cost"]), at))]


def _point(
    pool: Pool, allocation: Allocation, question: Question, words: str, of: tuple[str, str, str, float, float]
) -> tuple[object, ...]:
    """One turning point (kind, what, label, today, at): the question just past it, solved."""
    model = compile_model(question)
    found = Pool(model, best_known(model, pool.plans)).search()
    pool.add(found.plan)
    *_, today, at = of
    value, change, said = nan, PlanChange(), f"{words} no plan is possible"
    if found.plan is not None:
        change = common_change(model, allocation._positions, found, {})
        value = found.worth
        said = f"{words} the plan changes to {as_given(round(value, 2))}{change_words(question, change)}"
    distance = abs(at - today) / today if today else inf
    return *of, distance, value, change.leaves, change.enters, change.resized, said


def change_words(question: Question, change: PlanChange) -> str:
    """Who leaves, who comes in and who changes level, in words, with a leading colon."""
    names = question.built.projects["name"]
    running = {rule.project_id for rule in question.rules if isinstance(rule, Committed)}
    parts = [f"{names[p]} {'stops' if p in running else 'leaves'}" for p in change.leaves]
    parts += [f"{names[p]} {'stays' if p in running else 'comes in'}" for p in change.enters]
    labels = question.built.table["label"]
    parts += [f"{names[p]} goes to {labels[(p, new)] or new}" for p, _, new in change.resized]
    return f": {in_row(parts)}" if parts else ""
