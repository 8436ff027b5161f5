"""What moving between years is worth: money that is brought forward or put off, and starts one year later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from math import inf, nan

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pmo_kit.arbitration.allocation import SMALL, Allocation
from pmo_kit.arbitration.model import NO_BOUND, ONE, Model, Plan, compile_model
from pmo_kit.arbitration.prices import NOTHING
from pmo_kit.arbitration.rules import Envelope, Row, Share
from pmo_kit.arbitration.search import Known, Pool, best_known, best_plan, each
from pmo_kit.arbitration.thresholds import least_increase, limit_shift, touched
from pmo_kit.doors import door, number, several
from pmo_kit.errors import InputError

COLUMNS = ["from_year", "to_year", "envelope", "amount", "gain", "more", "most", "cap", "together"]
DELAYS = ["project_id", "name", "area", "in_plan", "later", "value", "cost", "cost_upper"]
SAME = 1e-9  # of the value: gains below it are none


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
    moves = _Moves(allocation)
    asks = (
        partial(_Moves.rows, name=name, start=start, to=to, amounts=amounts)
        for name, years in moves.years.items()
        for apart in range(1, len(years))  # neighbors share no year, so that no search is made twice
        for start, to in zip(years[apart:] + years[:apart], years, strict=True)
    )
    each(moves, (partial(_Moves._idle, name=name, to=to) for name, years in moves.years.items() for to in years))
    rows = [row for found in each(moves, asks) for row in found]
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = ["gain", "amount", "cap", "envelope", "from_year", "to_year"]
    return table.sort_values(order, ascending=[False, True, True, True, True, True], kind="stable", ignore_index=True)


class _Moves(Known):
    """Best values with money moved, each proven once.

    More money never lowers the value, so that a value proven for at least as much money is a bound, and a known plan
    that reaches it is the answer. A share of the envelopes moves with them: then there is no such bound.
    """

    def __init__(self, allocation: Allocation) -> None:
        self._base, self._question = allocation, allocation.question
        active = self._question.active_rules
        self._envelopes = {(r.envelope, r.year): r for r in active if isinstance(r, Envelope)}
        self.years: dict[str, list[int]] = {}
        for name, year in sorted(self._envelopes, key=lambda at: at[1]):
            self.years.setdefault(name, []).append(year)
        self._shares = any(isinstance(r, Share) and r.of == "envelope" for r in active)
        self._plans = dict.fromkeys(allocation._pool.plans)
        self._values = {frozenset[tuple[str, float]](): allocation._value} if allocation.gap == 0 else {}
        self._everything = sum(r.amount for r in self._envelopes.values())

    def rows(self, name: str, start: int, to: int, amounts: Sequence[float]) -> list[tuple[object, ...]]:
        """The rows of one pair of years."""
        most, cap = self.best(name, start, to)
        # More money is asked about first: a move gains no more.
        more, gains = ([self.gain(name, year, to, x) for x in amounts] for year in (None, start))
        kept = self.together(name)
        return [(start, to, name, *of, most, cap, kept) for of in zip(amounts, gains, more, strict=True)]

    def together(self, name: str) -> tuple[str, ...]:
        """The envelope, and those that hold its money too: for everything, or of the same scope."""
        mine = next(r.scope for (e, _), r in self._envelopes.items() if e == name)
        holds = dict.fromkeys(e for (e, _), r in self._envelopes.items() if r.scope in ("all", mine) and e != name)
        return (name, *holds)

    def _rules(self, names: Iterable[str], year: int) -> list[Envelope]:
        return [self._envelopes[each, year] for each in names if (each, year) in self._envelopes]

    def _by(self, name: str, start: int | None, to: int) -> dict[str, float]:
        """What one unit of money does to each rule."""
        less = {} if start is None else {r.name: -1.0 for r in self._rules(self.together(name), start)}
        return less | {r.name: 1.0 for r in self._rules(self.together(name), to)}

    def _model(self, by: Mapping[str, float]) -> Model:
        """The question with the envelopes changed by so much."""
        if not self._shares:
            return self._base._model.eased(by)
        moved = (r.changed(by[r.name]) for r in self._envelopes.values() if r.name in by)
        return compile_model(self._question.with_rules(*moved))

    def _value(self, by: Mapping[str, float], wider: Sequence[Mapping[str, float]] = ()) -> int:
        """The value of the best plan with the envelopes changed by so much; `NOTHING` where there is none.

        `wider` are changes that leave at least as much money everywhere: asked first where a search is needed.
        """
        key = frozenset(by.items())
        if key not in self._values:
            model, most = self._model(by), self._most(by)
            pool = Pool(model, best_known(model, self._plans))
            if most == NOTHING or pool.best({}) == most:
                self._values[key] = most
            elif wider:
                self._value(wider[0])
                return self._value(by, wider[1:])
            else:
                found = pool.search()
                self._values[key] = NOTHING if found.plan is None else found.value
                self._plans |= dict.fromkeys(pool.plans)
        return self._values[key]

    def _most(self, by: Mapping[str, float]) -> int:
        """What no plan exceeds, as values for at least as much money show."""
        if self._shares:
            return NO_BOUND
        more = (
            value
            for key, value in self._values.items()
            if all(amount >= by.get(name, 0.0) for name, amount in key)
            and all(amount <= 0 or name in dict(key) for name, amount in by.items())
        )
        return min(more, default=NO_BOUND)

    def _gained(self, value: int) -> float:
        if value == NOTHING:
            return nan
        gained = (value - self._base._value) / ONE
        return 0.0 if abs(gained) <= SAME * max(1e-9, self._base._model.size) else gained

    def gain(self, name: str, start: int | None, to: int, amount: float) -> float:
        """The gain of one move; without a year to start from, of as much more money."""
        if start is not None and self._all(name, start) < amount:
            return nan
        by = {rule: amount * sign for rule, sign in self._by(name, start, to).items()}
        wider = list[dict[str, float]]()
        if start is not None and self._idle(name, to):
            free = {r.name: self._everything for at, r in self._envelopes.items() if self._idle(*at)}
            less = self._rules(self.together(name), start)
            for scopes in ({"all"}, {r.scope for r in less}):
                wider.append(free | {r.name: -amount for r in less if r.scope in scopes})
        return self._gained(self._value(by, wider))

    def best(self, name: str, start: int, to: int) -> tuple[float, float]:
        """The largest gain of any amount, and the least amount that reaches it."""
        model, by, most = self._base._model, self._by(name, start, to), self._all(name, start)
        into = [r.name for r in self._rules(self.together(name), to)]
        if self._idle(name, to):
            return 0.0, 0.0
        value, plan = self._reached(by, into, most)
        if value < (NO_BOUND if self._shares else self._value(dict.fromkeys(into, most))):
            shift = limit_shift(model, by)
            program = model.program.with_columns([{row: -step for row, step in shift.items()}], most)
            found = best_plan(model, program=program, loose=touched(model, shift), least=max(value, self._base._value))
            if found.plan is not None:
                self._plans[found.plan] = None
                value, plan = max((value, plan), (found.value, found.plan))
        gained = self._gained(value)
        if not gained > 0:
            return 0.0, 0.0
        least = least_increase(model, by, least=value, known=[plan])
        return gained, nan if least is None else least.amount

    def _reached(self, by: Mapping[str, float], into: Sequence[str], most: float) -> tuple[int, Plan]:
        """The best known plan that some amount admits, and its value."""
        model, best = self._base._model, (self._base._value, self._base._positions)
        for plan in self._plans:
            value = model.evaluate(plan).value
            if value > best[0]:
                over = model.excess(plan)
                amount = max(over.values(), default=0.0)
                if over.keys() <= set(into) and amount <= most:
                    moved = self._model({rule: amount * sign for rule, sign in by.items()}).evaluate(plan)
                    best = best if moved.broken else max(best, (moved.value, plan))
        return best

    def _idle(self, name: str, to: int) -> bool:
        """Whether it is known that no amount of new money in a year gains anything."""
        asks = (self._rules(names, to) for names in (self.years, self.together(name)) if not self._shares)
        return any(not self._gained(self._value({r.name: self._everything for r in rules})) > 0 for rules in asks)

    def _all(self, name: str, start: int) -> float:
        """All the money that can leave a year."""
        return min(r.amount for r in self._rules(self.together(name), start))


@door
def cost_of_delay(allocation: Allocation) -> pd.DataFrame:
    """What one year later costs or gains, for each project whose later start the register allows.

    Parameters
    ----------
    allocation : Allocation

    Returns
    -------
    DataFrame
        One row per project, the dearest delay first: name, area; in_plan; later (years after the start that was asked
        for); value of the best plan in which it starts so, and no other project starts later than the question allows
        (NaN: none is known); cost, of the value of the plan: positive where the delay costs, negative where it gains.
        A project that is not in the plan is taken in one year late. The cost lies between cost and cost_upper, which
        are equal where it is proven, and NaN where no plan is possible. cost_upper has no end where a limit ended the
        search before a plan was found.

    Notes
    -----
    By solving again with the start fixed: the others may leave, enter and change their size. Cost of delay: Reinertsen
    (2009), The Principles of Product Development Flow, chapter 2; here on the value of the portfolio.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> list(cost_of_delay(allocation).columns[:4])
    ['name', 'area', 'in_plan', 'later']
    """
    question = allocation.question
    model = compile_model(question.replace(deferral=question.deferral + 1))
    options, delays = model.question.built, model.question.built.delays
    known = [set(model.positions(allocation._model.levels(plan))) for plan in allocation._pool.plans]
    pool = Pool(model, map(tuple, map(sorted, known)))
    limits = allocation._search_limits(model, exact=len(options.groups) <= SMALL)
    late = np.flatnonzero(delays > question.deferral)
    wanted = dict[str, NDArray[np.int64]]()
    for project, years in allocation.table["delay"].items():
        mine = options.of(str(project))
        starts = mine[delays[mine] == years + 1]
        if len(starts):
            wanted[str(project)] = starts
            moved = (tuple(sorted(one.difference(mine) | {i})) for one in known for i in starts.tolist())
            for late_plan in best_known(model, moved):
                pool.add(late_plan)

    def only(project: str) -> tuple[dict[int, int], list[Row]]:
        """Columns and rows of the plans in which a project starts so, and no other later than the question allows."""
        starts = wanted[project]
        return {int(i): 0 for i in late if i not in starts}, [Row("later", starts, np.ones(len(starts)), 1, inf)]

    asks = (lambda pool, project=p: pool.search(*only(project), limits) for p in wanted)
    records = []
    for (project, starts), answer in zip(wanted.items(), each(pool, asks), strict=True):
        plan, worths = allocation.table.loc[project], (nan, nan, nan)
        if answer.status != "infeasible":
            least = allocation.value - (answer.bound / ONE if answer.bound < NO_BOUND else inf)
            worths = answer.worth, least, inf if answer.plan is None else allocation.bound - answer.worth
        records.append((project, plan["name"], plan["area"], plan["decision"] == "fund", delays[starts[0]], *worths))
    table = pd.DataFrame(records, columns=DELAYS).set_index("project_id")
    return table.sort_values("cost", ascending=False, kind="stable")
