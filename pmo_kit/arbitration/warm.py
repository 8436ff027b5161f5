"""Many questions that differ in values or limits only: one relaxation kept warm, and exchanges around it.

Sources: Wolsey (2020), Integer Programming, chapters 2 and 7 (relaxation, reduced-cost fixing); Neumaier and
Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming, Math. Prog. 99 (a bound that holds
for any multipliers, so that the solver's tolerances cannot spoil it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmo_kit.arbitration.model import ONE, Model, Plan
from pmo_kit.arbitration.options import Floats
from pmo_kit.arbitration.search import Found, moment
from pmo_kit.arbitration.solving import Limits, Outcome, relaxed_solver, solve

Places = NDArray[np.int64]
NARROW, WIDE, FAR = 14, 28, 50  # options on either side that exchanges try
CORE, AROUND, TRIES, LARGE = 65, 90, 6, 80  # options searched, of how many, how often, and at last
BRANCHES = 500  # of one such search; of all options a fifth
ROUNDS, KICK = 24, 5  # attempts from a plan, most of them without so many of its options
NEAR = 1e-9


@dataclass(frozen=True, eq=False)
class Relaxed:
    """What plans could be worth if projects could be split: a proven bound, the point, reduced costs."""

    value: Floats
    bound: float
    x: Floats
    reduced: Floats


class Warm:
    """The relaxation of a model, solved again and again from where it stood.

    Only for models whose columns are all options (`fits`): no synergies, money carried over or soft rules.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._highs: Any = relaxed_solver(model.program)
        self._lay_out()

    @staticmethod
    def fits(model: Model) -> bool:
        """Whether the columns are all options."""
        return bool(model.program.integer.all())

    def _lay_out(self) -> None:
        """Rows as `at most`, those with two entries or more."""
        p = self._model.program
        rows = p.matrix.toarray()
        many = np.diff(p.matrix.indptr) > 1
        self._most = many & np.isfinite(p.upper)
        self._least = many & np.isfinite(p.lower) & ~((p.lower <= 0) & (rows >= 0).all(axis=1))
        self._rows = np.vstack([rows[self._most], -rows[self._least]])
        self._limits = np.append(p.upper[self._most], -p.lower[self._least])

    def turn_to(self, model: Model) -> None:
        """Take a model of the same options; where only limits differ the relaxation stays warm."""
        old, new = self._model.program, model.program
        same = (
            np.array_equal(old.matrix.indptr, new.matrix.indptr)
            and np.array_equal(old.matrix.indices, new.matrix.indices)
            and np.array_equal(old.matrix.data, new.matrix.data)
            and np.array_equal(np.isfinite(old.lower), np.isfinite(new.lower))
            and np.array_equal(np.isfinite(old.upper), np.isfinite(new.upper))
        )
        if same:
            for row in np.flatnonzero((old.lower != new.lower) | (old.upper != new.upper)).tolist():
                self._highs.changeRowBounds(row, new.lower[row], new.upper[row])
        else:
            self._highs = relaxed_solver(new)
        self._model = model
        self._lay_out()

    def relax(self, value: Floats | None = None) -> Relaxed | None:
        """The relaxation, for other values of the options where given; None where it has no answer."""
        p, highs = self._model.program, self._highs
        value = p.value if value is None else value
        highs.changeColsCost(len(value), np.arange(len(value), dtype=np.int32), value)
        highs.run()
        if highs.getInfo().primal_solution_status != 2:
            return None
        solution = highs.getSolution()
        y = np.array(solution.row_dual)
        y[(y > 0) & np.isinf(p.upper)] = 0.0
        y[(y < 0) & np.isinf(p.lower)] = 0.0
        reduced = value - p.matrix.T @ y
        ends = np.where(y > 0, p.upper, np.where(y < 0, p.lower, 0.0))
        bound = float(y @ ends) + float(np.maximum(reduced * p.least, reduced * p.most).sum())
        bound += 1e-12 * float(np.abs(value).sum())
        return Relaxed(value, bound, np.array(solution.col_value), reduced)

    def obeys(self, x: Floats) -> bool:
        """Whether a plan obeys every rule, within the arithmetic of the machine."""
        return bool((self._rows @ x <= self._limits + NEAR).all())

    def near(self, relaxed: Relaxed, starts: Iterable[Floats], enough: float) -> Floats | None:
        """A good plan near the relaxation: the relaxation rounded down and the starts, improved by exchanges.

        Parameters
        ----------
        relaxed : Relaxed
        starts : iterable of array
            Plans as zeros and ones.
        enough : float
            The search ends at a plan of that value.

        Returns
        -------
        array or None
            The best plan found as zeros and ones; None where none obeys the rules.
        """
        points = [np.floor(relaxed.x + 1e-7), *starts]
        for width in (NARROW, WIDE):
            for place, x in enumerate(points):
                points[place] = x = self._exchange(x, relaxed, width, width, enough)
                if float(x @ relaxed.value) >= enough and self.obeys(x):
                    return x
        points = [x for x in points if self.obeys(x)]
        if not points:
            return None
        best = max(points, key=lambda x: float(x @ relaxed.value))
        for seed in range(ROUNDS):
            if float(best @ relaxed.value) >= enough:
                break
            start = best if seed % 4 == 0 else _kicked(best, relaxed, seed)
            x = self._exchange(start, relaxed, WIDE, FAR, enough, seed)
            if float(x @ relaxed.value) > float(best @ relaxed.value) and self.obeys(x):
                best = x
        return best

    def core(self, relaxed: Relaxed, enough: float, until: float | None = None) -> Floats | None:
        """A plan worth `enough`, as zeros and ones; None where none is found.

        Searched are small sets of the options that cost least to change (Balas and Zemel 1980), the others as in
        the relaxation: the nearest, then some of those not too far, then a larger set; at last all of them.
        """
        order = np.argsort(np.abs(relaxed.reduced), kind="stable")
        rng = np.random.Generator(np.random.SFC64(0))
        near, around = order[: CORE // 2], order[CORE // 2 : AROUND]
        sets = [order[:CORE]]
        if len(order) > CORE:
            drawn = min(len(around), CORE - len(near))
            sets += [np.append(near, rng.choice(around, drawn, replace=False)) for _ in range(TRIES)]
            sets.append(order[:LARGE])
        p = replace(self._model.program, value=relaxed.value)
        for columns in sets:
            part, x = p.part(columns, relaxed.x), np.rint(relaxed.x)
            x[columns] = 0.0
            short = enough - float(x @ relaxed.value)
            found = solve(part, Limits(0.0, BRANCHES, until, short, short))
            if found.x is not None and found.value >= short:
                x[columns] = np.rint(found.x)
                if self.obeys(x):
                    return x
        whole = solve(p, Limits(0.0, BRANCHES // 5, until, enough=enough))
        return None if whole.x is None or whole.value < enough else np.rint(whole.x)

    def _exchange(
        self, x: Floats, relaxed: Relaxed, width: int, far: int, enough: float, seed: int = 0
    ) -> Floats:
        """Swap up to two options for up to two others, the best swap each time, until none helps.

        `width` options on either side are tried, of the `far` that cost least to change. What departs from the
        relaxation costs its reduced cost, so only swaps that could lead above the value so far are tried.
        """
        x, value = x.copy(), relaxed.value
        settled = np.abs(relaxed.x - np.rint(relaxed.x)) < 1e-7
        away = np.where(settled, np.abs(relaxed.reduced), 0.0)
        rng = np.random.Generator(np.random.SFC64(seed))
        while (worth := float(x @ value)) < enough:
            departed = settled & (np.abs(x - relaxed.x) > 0.5)
            cost = np.where(departed, -away, away)
            room = relaxed.bound - float(away[departed].sum()) - worth
            slack = self._limits - self._rows @ x
            into, out = (_some(np.flatnonzero(side), cost, width, far, rng) for side in (x < 0.5, x > 0.5))
            a, b = _pairs(into), _pairs(out)
            rows = self._tightest_first(slack, into, out)
            costs, values = np.append(cost, 0.0), np.append(value, 0.0)
            gains = values[a].sum(axis=0) - values[b].sum(axis=0)[:, None]
            kept = (gains > NEAR) & (costs[a].sum(axis=0) < room - costs[b].sum(axis=0)[:, None])
            for row in rows[:2]:
                more = np.append(self._rows[row], 0.0)
                kept &= more[a].sum(axis=0) <= (slack[row] + NEAR + more[b].sum(axis=0))[:, None]
            second, first = np.nonzero(kept)
            for row in rows[2:]:
                if not len(first):
                    break
                more = np.append(self._rows[row], 0.0)
                fits = more[a].sum(axis=0)[first] - more[b].sum(axis=0)[second] <= slack[row] + NEAR
                first, second = first[fits], second[fits]
            if not len(first):
                break
            best = int(np.argmax(gains[second, first]))
            changed = np.append(a[:, first[best]], b[:, second[best]])
            changed = changed[changed >= 0]
            x[changed] = 1.0 - x[changed]
        return x

    def _tightest_first(self, slack: Floats, into: Places, out: Places) -> list[int]:
        """Rows that an exchange could break, the one with least slack for its size first."""
        most = self._rows[:, into].max(axis=1, initial=0.0) - self._rows[:, out].min(axis=1, initial=0.0)
        rows = np.flatnonzero(2 * most > slack)
        return [int(r) for r in rows[np.argsort(slack[rows] / np.maximum(most[rows], NEAR), kind="stable")]]

    def beyond(self, relaxed: Relaxed, cut: float, limits: Limits) -> Outcome:
        """Look for a plan worth more than `cut` where alone one can be.

        An option whose reduced cost is larger than bound - cut is as in the relaxation in every such plan.
        """
        p = self._model.program
        room, least, most = relaxed.bound - cut, p.least.copy(), p.most.copy()
        most[relaxed.reduced < -room] = p.least[relaxed.reduced < -room]
        least[relaxed.reduced > room] = p.most[relaxed.reduced > room]
        program = replace(p, value=relaxed.value, least=least, most=most)
        return solve(program, replace(limits, cutoff=cut))


def _kicked(x: Floats, relaxed: Relaxed, seed: int) -> Floats:
    """The plan without some of the options that matter least to the relaxation."""
    rng = np.random.Generator(np.random.SFC64(seed))
    chosen = np.flatnonzero(x > 0.5)
    x = x.copy()
    x[_some(chosen, np.abs(relaxed.reduced), KICK, FAR, rng)] = 0.0
    return x


def _some(options: Places, cost: Floats, width: int, far: int, rng: np.random.Generator) -> Places:
    """So many of the options that cost least to change: the nearest, or any of those not too far."""
    near = options[np.argsort(cost[options], kind="stable")[:far]]
    return near if len(near) <= width else rng.choice(near, width, replace=False)


def _pairs(options: Places) -> Places:
    """None, one or two of the options; position -1 is none."""
    i, j = np.triu_indices(len(options), 1)
    none = np.full(len(options), -1)
    pairs = [np.concatenate([[-1], options, options[i]]), np.concatenate([[-1], none, options[j]])]
    return np.array(pairs, np.int64)


def positions(x: Floats) -> Plan:
    """A plan of zeros and ones as positions."""
    return tuple(int(i) for i in np.flatnonzero(x > 0.5))


def good_plan(warm: Warm, model: Model, gap: float) -> Found | None:
    """A plan of a model within about a gap of the relaxation, with the relaxation's bound; None where none is
    found."""
    until = moment(model.question.time_limit)
    warm.turn_to(model)
    relaxed = warm.relax()
    if relaxed is None:
        return None
    free = model.question.built.table["commitment"].to_numpy(object) == "discretionary"
    enough = relaxed.bound - 0.995 * gap * abs(float((relaxed.value * relaxed.x)[free].sum()))
    x = warm.core(relaxed, enough, until)
    if x is None:
        return None
    plan = positions(x)
    exact = model.evaluate(plan)
    if exact.broken:
        return None
    return Found("feasible", plan, exact.value, max(exact.value, int(np.ceil(relaxed.bound * ONE))), 0)


def as_row(n: int, plan: Plan) -> Floats:
    """A plan as zeros and ones."""
    row = np.zeros(n)
    row[list(plan)] = 1.0
    return row
