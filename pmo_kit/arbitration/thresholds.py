"""Exact thresholds by one program each: how much more, how much cheaper, how much less before the plan
changes.

Inclusion is not monotone in the budget, so nothing here bisects on inclusion: the threshold itself is the
variable.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf, isinf

import numpy as np

from pmo_kit.arbitration.model import ONE, Model, Plan, compile_model, rule_rows
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Capacity, Count, Demand, Envelope, Row, Rule, Share, Spend
from pmo_kit.arbitration.search import best_plan, value_floor
from pmo_kit.arbitration.solving import solve


@dataclass(frozen=True, eq=False)
class Threshold:
    """A least or most change, and the plan with which it is reached."""

    amount: float
    plan: Plan
    value: float


def changed(rule: Rule, by: float) -> Rule:
    """The rule with its amount changed."""
    if isinstance(rule, Envelope):
        return dataclasses.replace(rule, amount=rule.amount + by)
    if isinstance(rule, Capacity):
        return dataclasses.replace(rule, fte=rule.fte + by)
    if isinstance(rule, Demand):
        return dataclasses.replace(rule, maximum=rule.maximum + by)
    if isinstance(rule, Share | Count | Spend):
        low = None if rule.minimum is None else rule.minimum - by
        high = None if rule.maximum is None else rule.maximum + by
        return dataclasses.replace(rule, minimum=low, maximum=high)
    raise ValueError(f"{rule.name} has no amount.")


def limit_shift(model: Model, by: Mapping[str, float]) -> dict[int, float]:
    """How the limits of the program's rows move when rules move by these amounts per unit of change."""
    rules = tuple(changed(r, by[r.name]) if r.name in by else r for r in model.question.rules)
    after = [row for _, row in rule_rows(model.question.built, rules)]
    shift = {}
    for place, (old, new) in enumerate(zip(model.rows, after, strict=True)):
        if isinf(old.upper) and isinf(old.lower):
            continue
        step = new.upper - old.upper if not isinf(old.upper) else new.lower - old.lower
        if step:
            shift[model.head + place] = float(step)
    return shift


def least_increase(
    model: Model, *by: Mapping[str, float], least: int, option: int | None = None
) -> Threshold | None:
    """The least increase of limits with which a plan (that contains an option) is worth at least `least`.

    Parameters
    ----------
    model : Model
    by : mapping of rule name to float, one or more
        What one unit of change adds to each rule: ``{"envelope all 2027": 1.0}``, or the amounts of all
        envelopes for a common factor. Several mappings are several changes, whose sum is made least.
    least : int
        Value in parts of 1 / ONE.
    option : int, optional

    Returns
    -------
    Threshold or None
        None where no increase is enough.
    """
    shifts = [limit_shift(model, change) for change in by]
    program = model.program
    for shift in shifts:
        program = program.with_column({row: -step for row, step in shift.items()})
    objective = np.zeros(len(program.value))
    objective[-len(shifts) :] = -1.0
    found = best_plan(
        model, fixed={} if option is None else {option: 1}, objective=objective, least=least, program=program,
        loose=touched(model, [row for shift in shifts for row in shift])
    )  # fmt: skip
    if found.plan is None or found.x is None:
        return None
    if model.carries and len(by) == 1:
        amount = _enough(model, by[0], max(0.0, float(found.x[-1])), found.plan)
    elif model.carries:
        amount = max(0.0, float(found.x[-len(shifts) :].sum()))
    else:
        broken = {model.head + row: excess / ONE for row, excess in model.evaluate(found.plan).broken}
        amount = sum(
            max((broken.get(r, 0.0) / abs(step) for r, step in s.items()), default=0.0) for s in shifts
        )
    return Threshold(round(amount, 9), found.plan, found.value / ONE)


def _enough(model: Model, by: Mapping[str, float], amount: float, plan: Plan) -> float:
    """An amount of change as the solver says it, and as much more as makes the plan obey every rule exactly."""
    rules = model.question.rules
    for _ in range(len(model.rows)):
        moved = (changed(r, amount * by[r.name]) for r in rules if r.name in by)
        broken = compile_model(model.question.with_rules(*moved)).evaluate(plan).broken
        if not broken:
            break
        amount += max(excess for _, excess in broken) / ONE / min(abs(step) for step in by.values() if step)
    return amount


def most_decrease(model: Model, by: Mapping[str, float], plan: Plan) -> float:
    """How far limits can shrink, per unit of change, before the plan breaks one of them."""
    shift = limit_shift(model, by)
    return _stretch(model, shift, plan)


def cost_rows(model: Model, option: int) -> dict[int, float]:
    """Coefficient of an option's money in the program's rows: by how much they move if its cost doubles."""
    rules = {rule.name: rule for rule in model.question.active_rules}
    rows = {}
    for place, row in enumerate(model.rows):
        if isinstance(rules[row.rule], Envelope | Spend | Share):
            at = np.flatnonzero(row.columns == option)
            if len(at):
                rows[model.head + place] = float(row.coefficients[at[0]])
    return rows


def most_overrun(model: Model, option: int, plan: Plan) -> float:
    """By what share of its cost a chosen option may overrun before the plan breaks a limit; inf where
    never."""
    return _stretch(model, cost_rows(model, option), plan)


def first_rival(model: Model, option: int, plan: Plan) -> float:
    """The least overrun of a chosen option with which a better plan that contains it becomes possible.

    Only a share rule can let that happen: money spent on the option then helps others to fit. inf where never.
    """
    entries = cost_rows(model, option)
    if all(
        not isinstance(model.question.rule(model.rows[row - model.head].rule), Share)
        and isinf(model.rows[row - model.head].lower)
        for row in entries
    ):
        return inf
    program = model.program.with_column(entries, most=1e6)
    objective = np.zeros(len(program.value))
    objective[-1] = -1.0
    least = model.better(model.evaluate(plan).value)
    found = best_plan(
        model, fixed={option: 1}, extra=[value_floor(model, least)], objective=objective, program=program,
        loose=touched(model, entries)
    )  # fmt: skip
    return inf if found.x is None else round(max(0.0, float(found.x[-1])), 9)


def soft_money(model: Model, option: int) -> bool:
    """Whether a soft rule counts the option's money: its cost then changes the value in other ways too."""
    return any(row - model.head in model.prices for row in cost_rows(model, option))


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
    if not entries:
        return inf
    limits = {row: (model.program.lower[row], model.program.upper[row]) for row in entries}
    sizes = [abs(b / entries[row]) for row, ends in limits.items() for b in ends if np.isfinite(b)]
    most = 1e3 * max(1.0, *sizes, 0.0)
    program = model.program.with_column(entries, most=most)
    objective = np.zeros(len(program.value))
    objective[-1] = 1.0
    fixed = {i: float(i in set(plan)) for i in range(model.n)}
    outcome = solve(program.fixed(fixed).maximizing(objective))
    if outcome.x is None:
        return 0.0
    amount = float(outcome.x[-1])
    return inf if amount > 0.9 * most else round(max(0.0, amount), 9)


def least_cost_cut(model: Model, option: int, least: int) -> Threshold | None:
    """The least share of an option's cost, cut in every year alike, with which a plan that contains it is
    worth `least`.

    The cut flows into a net present value. The option is fixed, so its shrinking cost is linear: one exact
    program, also where share rules touch it.
    """
    options = model.question.built
    entries = {row: -coefficient for row, coefficient in cost_rows(model, option).items()}
    gain = float(options.table["pv_cost"].to_numpy()[option]) if options.money_value else 0.0
    program = model.program.with_column(entries, most=1.0)
    floor = value_floor(model, least)
    if gain:
        columns = np.append(floor.columns, len(program.value) - 1)
        lower = least / ONE - 1e-9 * max(1.0, abs(least) / ONE)
        floor = Row("value", columns, np.append(floor.coefficients, gain), lower, inf)
    objective = np.zeros(len(program.value))
    objective[-1] = -1.0
    found = best_plan(
        model, fixed={option: 1}, extra=[floor], objective=objective, program=program,
        loose=touched(model, entries)
    )  # fmt: skip
    if found.plan is None or found.x is None:
        return None
    share = round(max(0.0, float(found.x[-1])), 9)
    if not model.carries and not model.prices:
        broken = model.evaluate(found.plan).broken
        needs = [excess / ONE / abs(entries[row + model.head]) for row, excess in broken]
        needs.append((least - found.value) / ONE / gain if gain else 0.0)
        share = round(max(0.0, *needs), 9)
    return Threshold(share, found.plan, found.value / ONE + share * gain)


def with_costs_scaled(question: Question, project_id: str, level: str, factor: float) -> Question:
    """The question with the forward costs of one level multiplied; a net present value moves with them."""
    costs = question.register.table("costs")
    start = question.register.settings.discount_to
    mine = costs["project_id"].eq(project_id) & costs["level"].eq(level)
    ahead = costs["state"].ne("actual").fillna(True) & costs["year"].ge(start).fillna(False)
    changed_ = costs.assign(
        amount=costs["amount"].where(~(mine & ahead).to_numpy(bool), costs["amount"] * factor)
    )
    return question.replace(register=question.register.replace(costs=changed_))
