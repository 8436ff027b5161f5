"""When no plan obeys the rules: which few are in conflict, and the cheapest way out, in words.

Source: Chinneck (2008), Feasibility and Infeasibility in Optimization, chapters 6 and 7 (deletion filter,
elastic programs). Both work on whole named rules and whole plans, not on the relaxation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pmo_kit.arbitration.links import Committed, Excludes, Group, Mandatory, Override, Requires
from pmo_kit.arbitration.model import compile_model
from pmo_kit.arbitration.rules import QUANTITY_RULES, Capacity, Envelope, Rule
from pmo_kit.arbitration.search import best_plan
from pmo_kit.errors import InfeasibleError

if TYPE_CHECKING:
    from pmo_kit.arbitration.question import Question

# The deletion filter keeps what it tries last: what a committee can least change is kept longest.
EASE = (Excludes, Group, Requires, Capacity, Override, Envelope, Committed, Mandatory)


def conflict_error(question: Question) -> InfeasibleError:
    """The error for a question that no plan answers: the conflict, and the cheapest way out."""
    conflict = conflicting_rules(question)
    unit = question.built.money_unit.split(",")[0]
    words = "; ".join(rule.sentence(unit) for rule in conflict)
    message = f"No plan obeys the rules. These cannot hold together: {words}."
    relaxation = relaxations(question, conflict)
    ways = list(relaxation.values())
    if not any(isinstance(question.rule(name), QUANTITY_RULES) for name in relaxation):
        together = joint_relaxation(question)
        relaxation |= together
        ways = [" and ".join(together.values()), *ways] if together else ways
    if ways:
        message += f" A plan becomes possible with {', or with '.join(ways)}."
    return InfeasibleError(message, [rule.name for rule in conflict], relaxation)


def conflicting_rules(question: Question) -> list[Rule]:
    """A smallest set of hard rules that cannot hold together: without any one of them the others can."""
    hard = [rule for rule in question.active_rules if rule.price is None]
    order = sorted(hard, key=_ease)
    kept = list(order)
    size = max(1, len(kept) // 4)
    start = 0
    while start < len(kept):
        trial = kept[:start] + kept[start + size :]
        if not _possible(question, trial):
            kept = trial
        elif size > 1:
            size = max(1, size // 2)
            continue
        else:
            start += 1
    return sorted(kept, key=hard.index)


def relaxations(question: Question, conflict: Sequence[Rule]) -> dict[str, str]:
    """For each rule in conflict: the least change of it alone that makes a plan possible, where there is
    one."""
    found = {}
    unit = question.built.money_unit.split(",")[0]
    for rule in conflict:
        rules = [r for r in question.active_rules if r.name != rule.name]
        if not isinstance(rule, QUANTITY_RULES):
            if _possible(question, rules):
                found[rule.name] = f"the rule '{rule.sentence(unit)}' set aside"
            continue
        amount = least_breach(question, rule)
        if amount is not None:
            found[rule.name] = rule.shortfall(amount, unit)
    return found


def least_breach(question: Question, rule: Rule) -> float | None:
    """By how much a rule must be broken for a plan to be possible, all others holding; None where nothing
    helps."""
    breaches = _least_breaches(question, {rule.name: 1.0})
    return None if breaches is None else sum(breaches.values())


def joint_relaxation(question: Question) -> dict[str, str]:
    """The changes of several limits, smallest in sum as shares of the limits, that make a plan possible."""
    hard = {rule.name: rule for rule in question.active_rules if rule.price is None}
    limits = {name: rule for name, rule in hard.items() if isinstance(rule, QUANTITY_RULES)}
    model = compile_model(question)
    sizes: dict[str, float] = {}
    for row in model.rows:
        if row.rule in limits:
            bound = row.upper if np.isfinite(row.upper) else row.lower
            sizes[row.rule] = max(sizes.get(row.rule, 0.0), abs(bound), 1e-3)
    breaches = _least_breaches(question, {name: 1 / size for name, size in sizes.items()}) or {}
    unit = question.built.money_unit.split(",")[0]
    return {name: limits[name].shortfall(amount, unit) for name, amount in breaches.items() if amount > 0}


def _least_breaches(question: Question, prices: Mapping[str, float]) -> dict[str, float] | None:
    """The cheapest breaches, at these prices, of rules that may be broken; None where nothing helps."""
    model = compile_model(question, elastic=prices)
    width = len(model.program.value)
    sides = [p for p in model.prices for _ in range(_sides(model.rows[p].lower, model.rows[p].upper))]
    objective = np.zeros(width)
    for column, place in enumerate(sides, start=width - len(sides)):
        objective[column] = -prices.get(model.rows[place].rule, 0.0)
    best = best_plan(model, objective=objective)
    if best.plan is None or best.x is None:
        return None
    found: dict[str, float] = {}
    for column, place in enumerate(sides, start=width - len(sides)):
        rule = model.rows[place].rule
        if rule in prices:
            found[rule] = max(found.get(rule, 0.0), round(float(best.x[column]), 6))
    return found


def _sides(lower: float, upper: float) -> int:
    """How many limits a row has."""
    return int(np.isfinite(lower)) + int(np.isfinite(upper))


def _possible(question: Question, rules: Sequence[Rule]) -> bool:
    """Whether any plan obeys these rules."""
    model = compile_model(question, [replace(r) for r in rules])
    best = best_plan(model, objective=np.zeros(len(model.program.value)))
    return best.plan is not None


def _ease(rule: Rule) -> int:
    """Place in the order of deletion."""
    return next((i for i, kind in enumerate(EASE) if isinstance(rule, kind)), 2)
