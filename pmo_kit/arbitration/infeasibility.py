"""When no plan obeys the rules: which few are in conflict, and the cheapest way out, in words.

Source: Chinneck (2008), Feasibility and Infeasibility in Optimization, chapters 6 and 7 (deletion filter,
elastic programs). Both work on whole named rules and whole plans, not on the relaxation.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    """The error for a question that no plan answers."""
    conflict = conflicting_rules(question)
    relaxation = relaxations(question, conflict)
    names = [rule.name for rule in conflict]
    words = "; ".join(rule.sentence(question.built.money_unit) for rule in conflict)
    message = f"No plan obeys the rules. These cannot hold together: {words}."
    if relaxation:
        message += f" Any one of these makes a plan possible: {'; or '.join(relaxation.values())}."
    else:
        message += " There is more than one conflict: no single change makes a plan possible."
    return InfeasibleError(message, names, relaxation)


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
    for rule in conflict:
        rules = [r for r in question.active_rules if r.name != rule.name]
        if not isinstance(rule, QUANTITY_RULES):
            if _possible(question, rules):
                found[rule.name] = f"without the rule '{rule.sentence(question.built.money_unit)}'"
            continue
        amount = least_breach(question, rule)
        if amount is not None:
            found[rule.name] = rule.shortfall(amount, question.built.money_unit)
    return found


def least_breach(question: Question, rule: Rule) -> float | None:
    """By how much a rule must be broken for a plan to be possible, all others holding; None where nothing
    helps."""
    model = compile_model(question, elastic={rule.name: 1.0})
    objective = np.zeros(len(model.program.value))
    free = [p for p in model.prices if model.rows[p].rule == rule.name]
    slack = len(objective) - sum(_sides(model.rows[p].lower, model.rows[p].upper) for p in model.prices)
    for place in model.prices:
        for _ in range(_sides(model.rows[place].lower, model.rows[place].upper)):
            objective[slack] = -1.0 if place in free else 0.0
            slack += 1
    best = best_plan(model, objective=objective)
    if best.plan is None or best.x is None:
        return None
    return round(float(-objective @ best.x), 6)


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
