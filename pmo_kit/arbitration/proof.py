"""A second opinion on "no plan is worth more": our own branch and bound, whose every step holds in exact arithmetic.

The solver's own proof rests on tolerances. Here a node is closed only by a bound that holds for any multipliers
whatever the rounding, and a plan counts only as whole-number arithmetic finds it. Sources: Neumaier and Shcherbina
(2004), Safe bounds in linear and mixed-integer linear programming, Math. Prog. 99; Wolsey (2020), Integer
Programming, chapter 7 (reduced-cost fixing).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from pmo_kit.arbitration.solving import (
    Floats,
    Limits,
    Program,
    SafeBound,
    Status,
    relaxed_solver,
    scaled,
    solve,
)
from pmo_kit.errors import InputError

MOST_NODES = 10_000
FAR = 1e7  # stands for "no end" in a column of the scaled program


@dataclass(frozen=True, eq=False)
class Proof:
    """What a second search says: nothing is worth more (`proven`), a `better` plan, or neither within the nodes."""

    proven: bool
    better: tuple[int, ...] | None
    nodes: int


def prove(
    program: Program,
    n: int,
    target: float,
    improves: Callable[[tuple[int, ...]], bool],
    nodes: int = MOST_NODES,
) -> Proof:
    """Look for a plan that is worth at least a target.

    Parameters
    ----------
    program : Program
    n : int
        Its first columns are the whole ones.
    target : float
        Value of the objective below which plans do not matter; -inf: any plan will do.
    improves : callable
        Positions of the chosen columns -> whether, in exact arithmetic, the plan obeys every rule and is worth the
        target.
    nodes : int
        Where the search gives up.

    Returns
    -------
    Proof
    """
    p, _, factor = scaled(program)
    p = replace(p, most=np.where(np.isinf(p.most), FAR, p.most))
    highs, safe = relaxed_solver(p), SafeBound(p)
    target *= factor
    stack = [(p.least, p.most)]
    for count in range(1, nodes + 1):
        if not stack:
            return Proof(True, None, count - 1)
        least, most = stack.pop()
        bound, reduced, x = _relaxed(highs, safe, least, most)
        if bound < target:
            continue
        if reduced is not None and target > -inf:
            room = bound - target
            open_ = least[:n] < most[:n]
            most = most.copy()
            most[:n][open_ & (reduced[:n] < -room)] = 0.0
            least = least.copy()
            least[:n][open_ & (reduced[:n] > room)] = 1.0
        free = np.flatnonzero(least[:n] < most[:n])
        part = np.abs(x[free] - np.rint(x[free]))
        if not len(free) or part.max() < 1e-6:
            rounded = np.rint(np.clip(x[:n], least[:n], most[:n]))
            plan = tuple(int(i) for i in np.flatnonzero(rounded > 0.5))
            if improves(plan):
                return Proof(False, plan, count)
            if not len(free):
                continue
            part = -np.abs(reduced[free]) if reduced is not None else part
        branch = int(free[np.argmax(part)])
        zero, one = most.copy(), least.copy()
        zero[branch], one[branch] = 0.0, 1.0
        pair = [(least, zero), (one, most)]
        stack += pair if x[branch] > 0.5 else pair[::-1]
    return Proof(not stack, None, nodes)


def _relaxed(highs: Any, safe: SafeBound, least: Floats, most: Floats) -> tuple[float, Floats | None, Floats]:
    """Bound, reduced costs and point of a node; the bound is -inf where it is certain that nothing is there."""
    highs.changeColsBounds(len(least), np.arange(len(least), dtype=np.int32), least, most)
    highs.run()
    info, solution = highs.getInfo(), highs.getSolution()
    if info.primal_solution_status == 2 and solution.dual_valid:
        bound, reduced = safe.of(np.array(solution.row_dual), least, most)
        return bound, reduced, np.array(solution.col_value)
    _, there, ray = highs.getDualRay()
    if there and any(safe.empty(sign * np.array(ray), least, most) for sign in (1, -1)):
        return -inf, None, least
    return inf, None, least


@dataclass(frozen=True, eq=False)
class Selection:
    """A plain selection: `chosen` positions, `value`, `bound`, `status`."""

    chosen: tuple[int, ...]
    value: float
    bound: float
    status: Status


def solve_selection(value: ArrayLike, weights: ArrayLike, capacities: ArrayLike) -> Selection:
    """The plain multidimensional knapsack: the most valuable projects within all capacities.

    Parameters
    ----------
    value : array (projects)
    weights : array (constraints x projects)
    capacities : array (constraints)

    Returns
    -------
    Selection
        Status `optimal` or `infeasible`. Plans are compared in exact arithmetic on the numbers as they are written
        (0.1 + 0.2 is 0.3); where no more than the solver's own word stands for a proof, the bound is a billionth
        above the value.

    Raises
    ------
    InputError
        A number is missing or infinite, or the sizes do not fit together.

    Notes
    -----
    Source: Kellerer, Pferschy and Pisinger (2004), Knapsack Problems, chapter 9; tested on Petersen (1967),
    Senju and Toyoda (1968) and Weingartner and Ness (1967) as published in the OR-Library (Beasley 1990).

    Examples
    --------
    >>> solve_selection([6, 5, 4], [[3, 2, 2]], [4]).chosen
    (1, 2)
    """
    try:
        worth, limit = (np.atleast_1d(np.asarray(a, float)) for a in (value, capacities))
        table, n = np.atleast_2d(np.asarray(weights, float)), len(worth)
    except (TypeError, ValueError) as error:
        raise InputError(f"solve_selection needs numbers, in rows of equal length: {error}.") from error
    if table.shape != (len(limit), n) or not all(np.isfinite(a).all() for a in (worth, table, limit)):
        raise InputError(
            f"solve_selection needs finite numbers: {n} values, weights of {len(limit)} x {n} (one row a capacity), "
            f"not {' x '.join(map(str, table.shape))}."
        )
    exact_worth, exact_limit = _fractions(worth), _fractions(limit)
    exact_rows = [_fractions(row) for row in table]

    def exactly(plan: tuple[int, ...]) -> Fraction | None:
        """What a plan is worth; None where it breaks a limit."""
        if any(sum(row[i] for i in plan) > b for row, b in zip(exact_rows, exact_limit, strict=True)):
            return None
        return sum((exact_worth[i] for i in plan), Fraction(0))

    def above(least: Fraction | None, plan: tuple[int, ...]) -> bool:
        worth = exactly(plan)
        return worth is not None and (least is None or worth > least)

    ones = np.ones(n)
    program = Program(
        worth, sparse.csr_array(table), np.full(len(limit), -inf), limit, 0 * ones, ones, ones > 0
    )
    grain = float(np.array_equal(worth, np.rint(worth)))
    gap = 0.999 * grain or 1e-9 * float(np.abs(worth).max(initial=0.0))
    outcome = solve(program, Limits(gap))
    chosen: tuple[int, ...] | None = None
    if outcome.x is not None:
        chosen = tuple(int(i) for i in np.flatnonzero(outcome.x > 0.5))
    best = None if chosen is None else exactly(chosen)
    while True:
        target = -inf if best is None else float(best) + 0.5 * grain
        checked = prove(program, n, target, partial(above, best))
        if checked.better is None:
            break
        chosen, best = checked.better, exactly(checked.better)
    if chosen is None or best is None:
        return Selection((), -inf, -inf, "infeasible" if checked.proven else "unknown")
    worth_it = float(best)
    return Selection(chosen, worth_it, worth_it if checked.proven else worth_it + gap, "optimal")


def _fractions(numbers: Floats) -> list[Fraction]:
    """Numbers as they are written."""
    return [Fraction(repr(x)) for x in numbers.tolist()]
