"""When no plan obeys the rules: which few are in conflict, and the cheapest way out, in words.

Sources: Liffiton and Sakallah (2008), Algorithms for computing minimal unsatisfiable subsets, J. Autom. Reasoning 40,
and Ignatiev, Previti, Liffiton and Marques-Silva (2015), Smallest MUS extraction with minimal hitting set
dualization, CP 2015; Chinneck (2008), Feasibility and Infeasibility in Optimization, chapters 6 and 7 (deletion filter,
elastic programs). All on whole named rules and whole plans, not on the relaxation.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from math import inf

import numpy as np
from scipy import sparse

from pmo_kit.arbitration.model import ONE, Model, compile_model
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Capacity, Committed, Envelope, Limit, Mandatory, Override, Row, Rule
from pmo_kit.arbitration.search import best_plan
from pmo_kit.arbitration.solving import Floats, Limits, Program, solve, taken
from pmo_kit.errors import InfeasibleError

# What a committee can least change is named first, where several conflicts are equally small.
EASE = ("excludes", "group", "requires", "capacity", "override", "envelope", "committed", "mandatory")
GIVEN = (Mandatory, Committed, Override)  # laws, commitments and orders on record: never offered as a way out
ROUNDS, LARGE = 80, 400  # conflicts that are searched for the smallest: so many steps, so many options


def conflict_error(question: Question) -> InfeasibleError:
    """The error for a question that no plan answers: the conflict, and the cheapest way out."""
    conflict = conflicting_rules(question)
    unit = question.money.short
    given, others = ([r.sentence(unit) for r in conflict if isinstance(r, GIVEN) == of] for of in (True, False))
    message = f"No plan obeys the rules. These cannot hold together: {'; '.join(others or given)}."
    if others and given:
        message += f" Given by law, commitment or order on record: {'; '.join(given)}."
    why = message
    ways, relaxation = ways_out(question, conflict)
    if ways:
        message += f" A plan becomes possible with {', or with '.join(ways)}."
    else:
        message += " No amount of money or people makes a plan possible: one of these has to give way."
    return InfeasibleError(message, [rule.name for rule in conflict], relaxation, ways, why)


def conflicting_rules(question: Question, given: Sequence[str] = ()) -> list[Rule]:
    """Hard rules that cannot hold together, while every part of them less one can; the fewest where that is found.

    All other rules are set aside, which changes none of those that are named. The fewest are found as the least set
    that meets every set of rules whose setting aside lets a plan be; where the question is too large for that, rules
    are left out one after the other as long as no plan becomes possible.

    Parameters
    ----------
    question : Question
    given : sequence of str
        Names of rules that are known to have a part in it.
    """
    hard = [rule for rule in question.active_rules if rule.price is None]
    found = _fewest(question, hard, given) if len(question.built) <= LARGE else None
    names = found if found is not None else _filtered(question, [r.name for r in sorted(hard, key=_ease)])
    return [rule for rule in hard if rule.name in names]


def _fewest(question: Question, hard: Sequence[Rule], given: Sequence[str]) -> set[str] | None:
    """The smallest conflict; None where the search for it ends before."""
    model = compile_model(question)
    sets: list[set[str]] = [{name} for name in given]
    for _ in range(ROUNDS):
        named = _least_meeting(sets, hard)
        aside = _least_aside(question, model, hard, named)
        if aside is None:
            parts = [named - {name} for name in named]
            proven = not _possible(question, named) and all(_possible(question, part) for part in parts)
            return named if proven else None
        if not aside or aside & named:
            return None
        sets.append(aside)
    return None


def _least_meeting(sets: Sequence[Set[str]], hard: Sequence[Rule]) -> set[str]:
    """The fewest rules that have a member in every set; what is least easy to change first."""
    if not sets:
        return set()
    names = [rule.name for rule in hard]
    matrix = sparse.csr_array(np.array([[float(name in one) for name in names] for one in sets]))
    cost = -np.array([1 + 1e-3 * (len(EASE) - _ease(rule)) for rule in hard])
    ones = np.ones(len(names))
    program = Program(cost, matrix, np.ones(len(sets)), np.full(len(sets), inf), 0 * ones, ones, ones > 0)
    outcome = solve(program, Limits(1e-4))
    assert outcome.x is not None
    return {name for name, x in zip(names, outcome.x, strict=True) if x > 0.5}


def _least_aside(question: Question, model: Model, hard: Sequence[Rule], kept: Set[str]) -> set[str] | None:
    """Few rules, none of those kept, whose setting aside lets a plan be; None where there are none."""
    loose = {rule.name for rule in hard} - kept
    columns, owner = [], []
    for place, row in enumerate(model.rows):
        if row.rule in loose:
            size = float(np.abs(row.coefficients).sum())
            size += sum(limit for first, _, limit in model.carries if first == place)
            for bound, sign in row.ends:
                columns.append({model.head + place: sign * (size + abs(bound))})
                owner.append(row.rule)
    p = model.program
    program = p.maximizing(0 * p.value).with_columns(columns, 1.0, -1.0, whole=True)
    outcome = solve(program, Limits(0.999))
    if outcome.x is None:
        return None
    plan = taken(outcome.x[: model.n])
    aside = {name for name, x in zip(owner, outcome.x[len(p.value) :], strict=True) if x > 0.5}
    exact = compile_model(question.without(*aside))
    return aside | exact.excess(plan).keys()


def _filtered(question: Question, order: Sequence[str]) -> set[str]:
    """A conflict from which nothing can be left out: what comes last is kept longest."""
    kept = list(order)
    size, start = max(1, len(kept) // 4), 0
    while start < len(kept):
        trial = kept[:start] + kept[start + size :]
        if not _possible(question, set(trial)):
            kept = trial
        elif size > 1:
            size = max(1, size // 2)
        else:
            start += 1
    return set(kept)


def ways_out(question: Question, conflict: Sequence[Rule]) -> tuple[list[str], dict[str, str]]:
    """What makes a plan possible, the cheapest first: in words, and rule by rule.

    The least money, and beside it the fewest people; what other limits ask for is touched only where money and
    people do not help. Then one limit of the conflict alone, where that is enough.
    """
    hard = [rule for rule in question.active_rules if rule.price is None]
    money, people = ([r.name for r in hard if isinstance(r, kind)] for kind in (Envelope, Capacity))
    others = [r.name for r in hard if isinstance(r, Limit) and not isinstance(r, Envelope | Capacity)]
    found = [_least_breaches(question, *goals) for goals in ((money, people), (people, money))]
    if not any(found):
        found = [_least_breaches(question, others, money, people)]
    found += [_least_breaches(question, [rule.name]) for rule in conflict if isinstance(rule, Limit)]
    unit = question.money.short
    words: list[str] = []
    relaxation: dict[str, str] = {}
    for way in filter(None, found):
        each = {name: question.rule(name).shortfall(x, unit, least) for (name, least), x in way.items()}
        words.append(" and ".join(each.values()))
        relaxation = {**each, **relaxation}
    return list(dict.fromkeys(words)), relaxation


def _least_breaches(question: Question, *goals: Sequence[str]) -> dict[tuple[str, bool], float] | None:
    """The least by which rules must be broken, the first goal's sum first; None where that does not help.

    Returns
    -------
    dict or None
        (rule, whether it is its least that is broken) -> amount, exactly what the plan lacks.
    """
    named = {name for goal in goals for name in goal}
    model = compile_model(question.with_rules(*(replace(r, price=1.0) for r in question.rules if r.name in named)))
    breached = [model.rows[place].rule for place in model.prices for _ in model.rows[place].ends]
    width = len(model.program.value)
    rows: list[Row] = []
    best = None
    for goal in goals:
        mine = width - len(breached) + np.flatnonzero([rule in goal for rule in breached])
        if not len(mine):
            continue
        objective: Floats = np.zeros(width)
        objective[mine] = -1.0
        best = best_plan(model, objective=objective, extra=rows)
        if best.plan is None or best.x is None:
            return None
        reached = float(best.x[mine].sum())
        rows.append(Row("least", mine, np.ones(len(mine)), -inf, reached + 1e-7 * max(reached, 1e-6)))
    if best is None or best.plan is None:
        return None
    strict = compile_model(question)
    found: dict[tuple[str, bool], float] = {}
    for place, excess in strict.evaluate(best.plan).broken:
        key = strict.rows[place].rule, np.isinf(strict.rows[place].upper)
        found[key] = max(found.get(key, 0.0), excess / ONE)
    return found


def _possible(question: Question, names: Set[str]) -> bool:
    """Whether any plan obeys these hard rules, all others set aside."""
    aside = [r.name for r in question.active_rules if r.price is None and r.name not in names]
    model = compile_model(question.without(*aside))
    return best_plan(model, objective=np.zeros(len(model.program.value))).plan is not None


def _ease(rule: Rule) -> int:
    """Place in the order of what a committee can change, the easiest first."""
    return EASE.index(rule.kind) if rule.kind in EASE else EASE.index("requires")
