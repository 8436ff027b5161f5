"""The best plan at every budget, who comes in and who leaves on the way, and one order of funding for all of them.

Source of the order (nested plans): Koc, Morton, Popova, Hess, Kee and Richards (2009), Prioritizing project selection,
The Engineering Economist 54(4), 267-297.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.arbitration.allocation import Allocation, allocation_of, answered
from pmo_kit.arbitration.model import ONE, Plan, PlanChange, in_parts
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Envelope, Row, some_of
from pmo_kit.arbitration.search import Found, Pool
from pmo_kit.arbitration.solving import Limits, Program, side_by_side, solve, taken
from pmo_kit.doors import Answer, door, factor, several
from pmo_kit.doors import number as at_least
from pmo_kit.errors import InfeasibleError, InputError
from pmo_kit.facts import as_given, number

STEPS = (0.70, 0.80, 0.90, 1.00, 1.10, 1.20)


@dataclass(frozen=True, eq=False)
class Frontier(Answer):
    """The best plan at every budget, from the smallest to the largest.

    `table` has one row per factor on whole envelopes: factor, budget (money of all envelopes), status
    (`optimal`, `feasible`, `infeasible`), value, bound, best_value (running maximum of the values: more
    budget never lowers it without shares of the envelopes), gain (per unit of money since the last point)
    and gain_upper (equal where both points are proven), enters, leaves, shifts (against the point below),
    obstacle (rules in conflict).

    Parameters
    ----------
    plans : DataFrame
        project_id x factor: the level, empty where refused; no column where no plan is possible.
    """

    question: Question
    _table: pd.DataFrame = field(repr=False)
    allocations: Mapping[float, Allocation] = field(repr=False)
    plans: pd.DataFrame = field(repr=False)

    @property
    def summary(self) -> str:
        """One sentence."""
        done = self._table[self._table["value"].notna()]
        if done.empty:
            return "No plan is possible at any of these budgets."
        unit = self.question.built.value_unit
        low, high = done.iloc[0], done.iloc[-1]
        first, last = (as_given(round(point["value"], 2)) for point in (low, high))
        budgets = f"From {number(100 * low['factor'], 0)} % to {number(100 * high['factor'], 0)} % of the budget"
        return f"{budgets} the {self.question.goal} goes from {first} to {last} {unit}."

    @property
    def inputs(self) -> Mapping[str, str]:
        """Fingerprints."""
        return MappingProxyType({**self.question.fingerprints, "solver": "HiGHS"})


@dataclass(frozen=True, eq=False)
class FundingOrder(Frontier):
    """One order of funding for a range of budgets: what is funded at a budget is funded at every larger one.

    `table` has two more columns: `alone`, the best plan of that budget alone, and `price`, what the order costs there
    (alone - value). Its `bound` is that of the budget alone; `status` is of the whole order.

    Parameters
    ----------
    order : DataFrame
        One row per project that is funded at some budget, in the order of entering: project_id, name, level, factor
        and budget (at which it enters), later ((factor, level) wherever its
        size changes at a larger budget).
    weights : tuple of float
        Of the values, one per budget at which a plan is possible; their sum is 1.
    value, bound : float
        Weighted value of the order, and what no order can exceed.
    """

    order: pd.DataFrame = field(repr=False)
    weights: tuple[float, ...]
    value: float
    bound: float

    @property
    def gap(self) -> float:
        """(bound - value) / |value|; 0 where no other order is better."""
        return 0.0 if self.bound <= self.value else (self.bound - self.value) / abs(self.value or np.inf)

    @property
    def summary(self) -> str:
        """One sentence."""
        unit = self.question.built.value_unit
        price = float(np.dot(self.weights, self._table["price"].dropna()))
        proof = "proven best" if self.gap == 0 else f"at most {number(100 * self.gap, 1)} % below the best order"
        return (
            f"One order of funding for {len(self.weights)} budgets enters {len(self.order)} projects, each for good "
            f"({proof}); holding to it costs {number(price, 2)} {unit} on average."
        )


@door
def frontier(
    question: Question,
    budgets: Sequence[float] = STEPS,
    *,
    nested: bool = False,
    weights: Sequence[float] | None = None,
) -> Frontier:
    """The best plan at every factor on whole envelopes, or one order of funding for all of them.

    Parameters
    ----------
    question : Question
    budgets : sequence of float
        Factors: 0.85 is 15 % less in every envelope.
    nested : bool
        What is funded at a budget, at whatever level, stays funded at every larger one; the plans are those whose
        weighted value is largest.
    weights : sequence of float, optional
        For `nested`: one per budget, in the order of `budgets`; equal when not given.

    Returns
    -------
    Frontier
        Every point is exact or an interval from `value` to `bound`. `FundingOrder` where `nested`.

    Raises
    ------
    InputError
        A factor is negative or stated twice; weights without `nested`, not one per budget, negative or all zero.
    InfeasibleError
        No plans for these budgets can be nested.

    Notes
    -----
    Source: the efficient frontier of a project portfolio, Ghasemzadeh and Archer (2000); Lourenco, Morton
    and Bana e Costa (2012), PROBE. Exit and re-entry are real: the best plan of a larger budget need not
    contain that of a smaller one.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> pmo.frontier(question, budgets=[0.85, 1.0, 1.1]).table["value"].tolist()
    [28.5, 33.5, 35.5]
    >>> order = pmo.frontier(question, budgets=[0.85, 1.0, 1.1], nested=True)
    >>> order.table["price"].tolist(), order.order["project_id"].tolist()[-1]
    ([0.0, 0.0, 0.0], 'P07')
    """
    asked = [factor(each, "a budget") for each in several(budgets)]
    factors = sorted(asked)
    if not factors or len(set(factors)) < len(factors):
        raise InputError("Budgets are factors of zero or more, each stated once.")
    if nested:
        given = [1.0] * len(asked) if weights is None else [at_least(w, "a weight", 0.0) for w in several(weights)]
        if len(given) != len(asked) or not sum(given):
            raise InputError("Weights are numbers of zero or more, one for each budget, and not all zero.")
        return _funding_order(frontier(question, budgets), dict(zip(asked, given, strict=True)))
    if weights is not None:
        raise InputError("Weights belong to one order of funding for all budgets: add nested=True.")
    points = side_by_side(partial(answered, question.scaled(times)) for times in factors)
    return _ladder(question, dict(zip(factors, points, strict=True)))


def _ladder(question: Question, found: Mapping[float, Allocation | InfeasibleError]) -> Frontier:
    """The answers at every factor."""
    whole = sum(r.amount for r in _counted(question))
    records: list[tuple[object, ...]] = []
    last: Allocation | None = None
    top, before = -np.inf, 0.0
    for times, a in found.items():
        budget = round(whole * times, 9)
        if isinstance(a, InfeasibleError):
            records.append((times, budget, "infeasible", *[float("nan")] * 5, (), (), (), a.conflict))
        else:
            top = max(top, a.value)
            moved, money, gains = PlanChange.between((last or a).plan, a.plan), budget - before, (np.nan, np.nan)
            if last is not None and money > 0:  # between the proofs of both points
                gains = (a.value - last.bound) / money, (a.bound - last.value) / money
            moves = moved.enters, moved.leaves, tuple(p for p, _, _ in moved.resized)
            records.append((times, budget, a.status, a.value, a.bound, top, *gains, *moves, ()))
            last = a
        before = budget
    columns = ["factor", "budget", "status", "value", "bound", "best_value", "gain", "gain_upper",
               "enters", "leaves", "shifts", "obstacle"]  # fmt: skip
    allocations = {times: a for times, a in found.items() if isinstance(a, Allocation)}
    plans = pd.DataFrame({f: pd.Series(dict(a.plan), dtype="str") for f, a in allocations.items()})
    plans = plans.reindex(list(question.built.groups)).rename_axis(index="project_id", columns="factor")
    table = pd.DataFrame(records, columns=columns)
    return Frontier(question, table, MappingProxyType(allocations), plans)


def _funding_order(alone: Frontier, weights: Mapping[float, float]) -> FundingOrder:
    """The best nested plans for the budgets of a frontier."""
    question, table = alone.question, alone.table
    if not alone.allocations:
        raise InfeasibleError("No plan is possible at any of these budgets.", ())
    shares = np.array([weights[times] for times in alone.allocations])
    shares = shares / shares.sum() if shares.any() else np.full(len(shares), 1 / len(shares))
    chain = _Chain(list(alone.allocations.values()), shares.tolist())
    bound = chain.search()
    if chain.best is None:
        names = ", ".join(f"{number(100 * times, 1)} %" for times in alone.allocations)
        raise InfeasibleError(f"No order of funding holds for the budgets of {names} together.", ())
    nested: dict[float, Allocation | InfeasibleError]
    nested = {times: InfeasibleError("", why) for times, why in zip(table["factor"], table["obstacle"], strict=True)}
    for (times, a), plan in zip(alone.allocations.items(), chain.best, strict=True):
        exact = a._model.evaluate(plan).value
        nested[times] = allocation_of(a._model, Found("feasible", plan, exact, max(exact, in_parts(a.bound)), 0))
    value, bound = chain.value, max(chain.value, bound)
    ladder = _ladder(question, nested)
    table, possible = ladder._table, ladder._table["status"].ne("infeasible")
    table["status"] = table["status"].where(~possible, "optimal" if bound == value else "feasible")
    table["alone"] = alone.table["value"]
    table["price"] = (table["alone"] - table["value"]).clip(lower=0.0)
    order = _entries(question, table, ladder.plans)
    return FundingOrder(**vars(ladder), order=order, weights=tuple(shares.tolist()), value=value, bound=bound)


def _entries(question: Question, table: pd.DataFrame, plans: pd.DataFrame) -> pd.DataFrame:
    """At which budget, and at which level, each project enters, and how it later."""
    money = table.set_index("factor")["budget"]
    values, names = question.built.table["value"], question.built.projects["name"]
    rows = []
    for project, levels in plans.iterrows():
        steps = levels[levels.notna() & levels.ne("stop")]
        if len(steps):
            changes = steps[steps.ne(steps.shift())]
            later = tuple((float(times), str(level)) for times, level in changes.iloc[1:].items())
            first, level = float(changes.index[0]), str(changes.iloc[0])
            rows.append((project, names[project], level, first, money[first], later, values[(project, level)]))
    columns = ["project_id", "name", "level", "factor", "budget", "later", "value"]
    entries = pd.DataFrame(rows, columns=columns)
    return entries.sort_values(["factor", "value"], ascending=[True, False], kind="stable", ignore_index=True)


WINDOW, TOGETHER = 3, 450  # budgets that are improved at a time, and the most columns of one program
NODES = 300  # branches of one program


class _Chain:
    """Nested plans for growing budgets, the best known of them at any time in `best`, worth `value`.

    From the best plan of each budget outward, then a few budgets at a time in one program while the others stay as they
    are, at last all budgets in one program, whose bound is that of the whole. Where that program is too large the
    budgets are cut into runs: what each run is worth at most, whatever the others are, adds up to a bound.
    """

    def __init__(self, points: Sequence[Allocation], weights: Sequence[float]) -> None:
        self._points, self._weights = points, weights
        self._models = [a._model for a in points]
        options = self._models[0].question.built
        self._groups, self._funding = options.groups, options.of  # projects, and the options that fund one
        self._near = 2e-9 * max(1e-9, *(m.size for m in self._models))
        self._steps: dict[tuple[int, bool, frozenset[str]], Plan | None] = {}
        self.best: tuple[Plan, ...] | None = None
        self.value = -np.inf

    def search(self) -> float:
        """Look for the best plans; a bound on the weighted value of any."""
        count = len(self._points)
        bound = float(np.dot(self._weights, [a.bound for a in self._points]))
        starts = (partial(self._from, start) for start in range(count) if self.value + self._near < bound)
        side_by_side(starts, self._keep)
        done: dict[int, tuple[Plan, ...]] = {}  # what stood in and around a run when it was last improved
        before = None
        while self.best is not None and self.best != before and self.value < bound - self._near:
            before = self.best
            for first in range(count - WINDOW + 1) if count > WINDOW else ():
                around = slice(max(0, first - 1), first + WINDOW + 1)
                if done.get(first) != self.best[around]:
                    self._together(range(first, first + WINDOW))
                    done[first] = self.best[around]
        if self.value + self._near < bound:
            whole = self._together(range(count))
            bound = min(bound, whole if whole < np.inf else self._runs())
        return max(self.value, bound) if bound > self.value + self._near else self.value

    def _runs(self) -> float:
        """A bound from runs of budgets, each free of the others: first where the best known plans lose most."""
        most = [w * a.bound for w, a in zip(self._weights, self._points, strict=True)]
        runs = [range(first, first + WINDOW) for first in range(len(most) - WINDOW + 1)]
        alone = {run: sum(most[run.start : run.stop]) for run in runs}
        best = self.best or tuple(() for _ in most)
        known = {run: self._worth(run, best[run.start : run.stop]) for run in runs}
        total, taken = sum(most), set[int]()
        for run in sorted(runs, key=lambda run: known[run] - alone[run]):
            if taken.isdisjoint(run):
                taken.update(run)
                total -= max(0.0, alone[run] - self._together(run, free=True))
        return total

    def _from(self, start: int) -> tuple[Plan, ...]:
        """Nested plans from the best plan of one budget: larger ones add, smaller ones leave out; none if it ends."""
        plans = {start: self._points[start]._positions}
        for place in [*range(start + 1, len(self._models)), *range(start - 1, -1, -1)]:
            more = place > start
            beside = place - 1 if more else place + 1
            key = place, more, self._held(beside, plans[beside])
            if key not in self._steps:  # the best plans of other budgets often lead here, too
                self._steps[key] = self._step(*key)
            step = self._steps[key]
            if step is None:
                return ()
            plans[place] = step
        return tuple(plans[place] for place in range(len(plans)))

    def _step(self, place: int, more: bool, held: frozenset[str]) -> Plan | None:
        """The best plan of a budget that holds all of these projects and `more`, or none but these."""
        model = self._models[place]
        fixed, rows = self._between(held, None) if more else self._between((), held)
        pool = Pool(model, (a._positions for a in self._points))
        return pool.search(fixed, rows, self._points[place]._search_limits(model)).plan

    def _together(self, places: range, free: bool = False) -> float:
        """A bound on the plans of adjacent budgets from one program, the others as they are best known, or `free`."""
        models = [self._models[k] for k in places]
        programs, weights = [m.program for m in models], [self._weights[k] for k in places]
        starts = np.cumsum([0, *(len(p.value) for p in programs)])
        if starts[-1] > TOGETHER:
            return np.inf
        rows, fixed = [], dict[int, int]()
        for k, start in enumerate(starts[:-2]):
            for members in map(self._funding, self._groups):
                columns = np.concatenate([start + members, starts[k + 1] + members])
                rows.append(Row("chain", columns, np.repeat([1.0, -1.0], len(members)), -np.inf, 0.0))
        low, high = places[0] - 1, places[-1] + 1
        if self.best is not None and low >= 0 and not free:
            rows += self._between(self._held(low, self.best[low]), None)[1]
        if self.best is not None and high < len(self._models) and not free:
            out, _ = self._between((), self._held(high, self.best[high]))
            fixed = {int(starts[-2]) + column: 0 for column in out}
        whole = Program.stacked([p.maximizing(w * p.value) for w, p in zip(weights, programs, strict=True)])
        known = -np.inf if self.best is None else self._worth(places, self.best[places[0] : high])
        nodes = min(NODES, models[0].question.node_limit or NODES)
        cutoff = None if self.best is None else known + self._near
        found = solve(whole.fixed(fixed).with_rows(rows), Limits(self._near, nodes, cutoff=cutoff))
        if found.x is not None:
            parts_ = zip(np.split(found.x, starts[1:-1]), models, strict=True)
            plans = tuple(taken(x[: m.n]) for x, m in parts_)
            self._keep((*(self.best or ())[: places[0]], *plans, *(self.best or ())[high:]))
        if found.status == "infeasible" or found.value <= known + self._near >= found.bound:
            return known
        return found.bound

    def _worth(self, places: Iterable[int], plans: Iterable[Plan]) -> float:
        """Weighted value of plans of some budgets."""
        exact = (self._models[k].evaluate(plan).value / ONE for k, plan in zip(places, plans, strict=True))
        return float(np.dot([self._weights[k] for k in places], list(exact)))

    def _keep(self, plans: tuple[Plan, ...]) -> None:
        """Plans for all budgets, if they are nested, obey every rule and are the best so far."""
        if not plans:
            return
        held = [self._held(place, plan) for place, plan in enumerate(plans)]
        broken = any(m.evaluate(plan).broken for m, plan in zip(self._models, plans, strict=True))
        if not broken and all(a <= b for a, b in pairwise(held)):
            value = self._worth(range(len(plans)), plans)
            if value > self.value:
                self.best, self.value = plans, value

    def _held(self, place: int, plan: Plan) -> frozenset[str]:
        """Projects that a plan funds."""
        options = self._models[place].question.built
        return frozenset(str(options.project_ids[i]) for i in plan if not options.stops[i])

    def _between(self, inside: Iterable[str], within: Iterable[str] | None) -> tuple[dict[int, int], list[Row]]:
        """Columns and rows of plans with some projects, and with none but some."""
        outside = () if within is None else sorted(self._groups.keys() - set(within))
        rows = [some_of(self._funding(project)) for project in sorted(inside)]
        return {int(i): 0 for p in outside for i in self._funding(p)}, rows


def _counted(question: Question) -> list[Envelope]:
    """The envelopes that make the whole budget: those for everything, or all where there is none."""
    envelopes = [r for r in question.active_rules if isinstance(r, Envelope)]
    return [r for r in envelopes if r.scope == "all"] or envelopes
