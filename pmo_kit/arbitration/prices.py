"""The price of every choice: what forcing a project in or out costs, and whom it displaces in every tied
plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

import numpy as np

from pmo_kit.arbitration.links import Committed, Mandatory, Override
from pmo_kit.arbitration.model import ONE, Model, Plan
from pmo_kit.arbitration.rules import Row
from pmo_kit.arbitration.search import Found, Pool, best_plan, proof_gap
from pmo_kit.arbitration.solving import Limits

MOST_TIES = 50


@dataclass(frozen=True, eq=False)
class Change:
    """What is different between a plan and the plans of a flip, in all of those that tie."""

    displaces: tuple[str, ...]
    admits: tuple[str, ...]
    shifts: tuple[tuple[str, str, str], ...]  # project, from level, to level
    tied: bool


@dataclass(frozen=True, eq=False)
class Flip:
    """One option forced in, or one chosen project (or stop) forced out."""

    option: int
    direction: str  # "in" or "out"
    found: Found
    change: Change | None


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


def flip(
    model: Model,
    plan: Plan,
    option: int,
    limits: Limits | None = None,
    ties: bool = True,
    pool: Pool | None = None,
) -> Flip:
    """The best plan with one choice flipped, and what that changes in all tied plans."""
    direction, fixed = flip_columns(model, plan, option)
    found = (pool or Pool(model)).search(fixed, limits=limits)
    change = None
    if found.plan is not None and ties and found.status == "optimal":
        change = common_change(model, plan, found, fixed)
    elif found.plan is not None:
        change = plain_change(model, plan, found.plan)
    return Flip(option, direction, found, change)


def plain_change(model: Model, before: Plan, after: Plan) -> Change:
    """What differs between two plans."""
    options = model.question.built
    old, new = _levels(model, before), _levels(model, after)
    names = options.table.index.get_level_values(1)
    moved = [
        (p, str(names[old[p]]), str(names[new[p]]))
        for p in sorted(old.keys() & new.keys())
        if old[p] != new[p]
    ]
    return Change(
        tuple(sorted(old.keys() - new.keys())), tuple(sorted(new.keys() - old.keys())), tuple(moved), False
    )


def common_change(model: Model, before: Plan, found: Found, fixed: dict[int, int]) -> Change:
    """What leaves, enters and changes level in every plan that is as good as the one found.

    Another tied plan that keeps one of those that leave, or misses one of those that enter, shrinks the
    lists; the search ends when there is none.
    """
    assert found.plan is not None
    change = plain_change(model, before, found.plan)
    out, into, moved = set(change.displaces), set(change.admits), set(change.shifts)
    tied = False
    for _ in range(MOST_TIES):
        row = _another(model, out, into, moved)
        if row is None:
            break
        limits = Limits(proof_gap(model))
        rival = best_plan(model, fixed=fixed, extra=[row], least=found.value, limits=limits)
        if rival.plan is None:
            break
        tied = True
        other = plain_change(model, before, rival.plan)
        out, into, moved = out & set(other.displaces), into & set(other.admits), moved & set(other.shifts)
    return Change(tuple(sorted(out)), tuple(sorted(into)), tuple(sorted(moved)), tied)


def _another(
    model: Model, out: Iterable[str], into: Iterable[str], moved: Iterable[tuple[str, str, str]]
) -> Row | None:
    """The row of plans that keep one of `out`, miss one of `into`, or do not move one of `moved`."""
    options = model.question.built
    keep = [int(i) for p in out for i in options.of(p)]
    miss = [int(i) for p in into for i in options.of(p)]
    miss += [options.position(p, level) for p, _, level in moved]
    if not keep and not miss:
        return None
    count = len(set(into)) + len(set(moved))
    columns = np.array([*keep, *miss], np.int64)
    return Row("another", columns, np.array([1.0] * len(keep) + [-1.0] * len(miss)), 1.0 - count, inf)


def blocking_rules(model: Model, option: int, direction: str) -> tuple[str, ...]:
    """Names of the rules that make a flip impossible: duty and commitment first, else a smallest conflict."""
    question = model.question
    project = str(question.built.project_ids[option])
    wanted = {"in": "out", "out": "in"}
    kinds = (Mandatory, Committed) if direction == "out" else ()
    for rule in question.active_rules:
        if isinstance(rule, Override) and rule.project_id == project:
            other_level = direction == "in" and rule.in_out == "in" and rule.level is not None
            if rule.in_out == wanted[direction] or other_level:
                return (rule.name,)
        if isinstance(rule, kinds) and rule.project_id == project:
            return (rule.name,)
    from pmo_kit.arbitration.infeasibility import conflicting_rules

    level = str(question.built.table.index[option][1]) if direction == "in" else None
    forced = Override(project_id=project, in_out="in" if direction == "in" else "out", level=level)
    conflict = conflicting_rules(question.with_rules(forced))
    return tuple(rule.name for rule in conflict if rule.name != forced.name)


def in_the_way(model: Model, plan: Plan, option: int) -> tuple[str, ...]:
    """Names of the rules that the plan would break if the option were simply added, in place of the
    project's own."""
    project = model.question.built.project_ids[option]
    others = [i for i in plan if model.question.built.project_ids[i] != project]
    rows = {model.rows[place].rule for place, _ in model.evaluate([*others, option]).broken}
    return tuple(rule.name for rule in model.question.rules if rule.name in rows)


def bounds_of(value: int, bound: int, found: Found) -> tuple[float, float]:
    """The price between two bounds, from the base (value, bound) and the flip; equal where both are
    proven."""
    if found.plan is None:
        return float("nan"), float("nan")
    return max(0, value - found.bound) / ONE, max(0, bound - found.value) / ONE


def _levels(model: Model, plan: Plan) -> dict[str, int]:
    """project_id -> position of its option, without the stops."""
    options = model.question.built
    return {str(options.project_ids[i]): i for i in plan if not options.stops[i]}
