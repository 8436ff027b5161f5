"""From any choice of projects to a plan that obeys the rules: one exchange at a time, on plain arrays.

A tabu search over single exchanges (a project in, out, or at another level) with a weight on broken rules that
grows while rules are broken. Source: Glover and Laguna (1997), Tabu Search, chapter 2; Hanafi and Freville (1998),
An efficient tabu search approach for the 0-1 multidimensional knapsack problem, Eur. J. Oper. Res. 106.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf

import numpy as np
from numpy.typing import NDArray

from pmo_kit.arbitration.model import Model, Plan

STEPS = 120
EACH = 0.1
TENURE = 10
TOLERANCE = 1e-9


class ScaledRows:
    """A model's rows over the options, scaled so that a broken rule counts alike in all."""

    def __init__(self, model: Model) -> None:
        options = model.question.built
        self.values = np.asarray(options.values, float)
        n, rows = model.n, model.rows
        matrix = np.zeros((len(rows), n))
        for place, row in enumerate(rows):
            inside = row.columns < n
            np.add.at(matrix[place], row.columns[inside], row.coefficients[inside])
        scale = np.maximum(np.abs(matrix).max(axis=1, initial=0.0), 1e-9)
        self.matrix = matrix / scale[:, None]
        carried = np.zeros(len(rows))
        for _, following, limit in model.carries:
            carried[following] += limit
        self.lower = np.array([row.lower for row in rows]) / scale
        self.upper = (np.array([row.upper for row in rows]) + carried) / scale
        self.group = np.empty(n, np.int64)
        for number, members in enumerate(options.groups.values()):
            self.group[members] = number
        self.groups = len(options.groups)
        self.typical = float(np.median(np.abs(self.values[self.values != 0]))) if self.values.any() else 1.0

    def broken(self, used: NDArray[np.float64]) -> NDArray[np.float64]:
        """By how much the rules are broken, for columns of uses."""
        over = np.maximum(0.0, used - self.upper[:, None] - TOLERANCE)
        under = np.maximum(0.0, self.lower[:, None] - used - TOLERANCE)
        most = np.maximum(over, under)
        total: NDArray[np.float64] = most.sum(axis=0) + EACH * (most > 0).sum(axis=0)
        return total


def improved_plans(arrays: ScaledRows, start: Plan, until: float = inf) -> Iterator[Plan]:
    """Plans met on the way up from a start that break no row, each better than the one before.

    Ends at `until` (time.perf_counter) once it has met one.
    """
    current = np.full(arrays.groups, -1)
    for option in start:
        current[arrays.group[option]] = option
    n = len(arrays.values)
    tabu = np.zeros(arrays.groups, np.int64)
    weight = 2.0 * arrays.typical
    chosen = current[current >= 0]
    used = arrays.matrix[:, chosen].sum(axis=1)
    value = float(arrays.values[chosen].sum())
    best = -inf
    for step in range(STEPS):
        if best > -inf and time.perf_counter() > until:
            return
        broken = float(arrays.broken(used[:, None])[0])
        if broken == 0.0 and value > best + TOLERANCE:
            best = value
            yield tuple(sorted(int(i) for i in current[current >= 0]))
        weight *= 1.15 if broken else 0.95
        # Move j < n: take option j, or leave it where it is the one chosen.
        mine = current[arrays.group]
        leaving = mine == np.arange(n)
        has = mine >= 0
        delta = np.where(leaving[None, :], -arrays.matrix, arrays.matrix)
        swapped = has & ~leaving
        delta[:, swapped] -= arrays.matrix[:, mine[swapped]]
        gain = np.where(leaving, -arrays.values, arrays.values)
        gain[swapped] -= arrays.values[mine[swapped]]
        after = arrays.broken(used[:, None] + delta)
        score = gain - weight * (after - broken)
        allowed = (tabu[arrays.group] <= step) | ((after == 0.0) & (value + gain > best + TOLERANCE))
        if not allowed.any():
            continue
        score[~allowed] = -np.inf
        move = int(score.argmax())
        group = int(arrays.group[move])
        current[group] = -1 if leaving[move] else move
        used = used + delta[:, move]
        value += float(gain[move])
        tabu[group] = step + TENURE
