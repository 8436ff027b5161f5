"""What moving money between years is worth: bringing some forward, or putting some off."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from math import isfinite, nan

import pandas as pd

from pmo_kit.arbitration.allocation import Allocation
from pmo_kit.arbitration.model import ONE, Model, compile_model
from pmo_kit.arbitration.rules import Envelope, Share
from pmo_kit.arbitration.search import Pool, best_plan
from pmo_kit.arbitration.thresholds import least_increase, limit_shift, touched
from pmo_kit.doors import door
from pmo_kit.errors import InputError

COLUMNS = ["from_year", "to_year", "envelope", "amount", "gain", "more", "most", "cap", "together"]
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
    wrong = [each for each in amounts if not (isfinite(float(each)) and float(each) > 0)]
    if wrong or not len(amounts):
        raise InputError(
            f"Amounts of money to move are finite numbers above zero; {wrong or 'none'} cannot be moved."
        )
    moves = _Moves(allocation)
    rows = []
    for name in moves.names:
        years = moves.years(name)
        for to in years:
            for start in years:
                if start != to:
                    most, cap = moves.best(name, start, to)
                    for amount in amounts:
                        pair = (
                            moves.gain(name, start, to, float(amount)),
                            moves.gain(name, None, to, float(amount)),
                        )
                        rows.append((start, to, name, float(amount), *pair, most, cap, moves.together(name)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    order = ["gain", "amount", "cap", "envelope", "from_year", "to_year"]
    return table.sort_values(
        order, ascending=[False, True, True, True, True, True], kind="stable", ignore_index=True
    )


class _Moves:
    """Best plans with money moved, each asked once."""

    def __init__(self, allocation: Allocation) -> None:
        self._base, self._question = allocation, allocation.question
        self._envelopes = {
            (r.envelope, r.year): r for r in self._question.active_rules if isinstance(r, Envelope)
        }
        self.names = list(dict.fromkeys(name for name, _ in self._envelopes))
        # A share of the envelopes moves with them, so that more money can also allow less.
        self._shares = any(isinstance(r, Share) and r.of == "envelope" for r in self._question.active_rules)
        self._values: dict[tuple[str, int | None, int, float], float] = {}

    def years(self, name: str) -> list[int]:
        """Years of an envelope."""
        return sorted(year for each, year in self._envelopes if each == name)

    def together(self, name: str) -> tuple[str, ...]:
        """The envelope, and those that hold its money too: for everything, or of the same scope."""
        mine = next(r.scope for (e, _), r in self._envelopes.items() if e == name)
        holds = dict.fromkeys(
            e for (e, _), r in self._envelopes.items() if r.scope in ("all", mine) and e != name
        )
        return (name, *holds)

    def _by(self, name: str, start: int | None, to: int) -> dict[str, float]:
        """What one unit of money does to each rule."""
        by = {}
        for each in self.together(name):
            for year, sign in ((start, -1.0), (to, 1.0)):
                rule = self._envelopes.get((each, year)) if year is not None else None
                if rule is not None:
                    by[rule.name] = sign
        return by

    def _model(self, by: dict[str, float], amount: float) -> Model:
        """The question with money moved."""
        moved = (
            dataclasses.replace(r, amount=r.amount + amount * by[r.name])
            for r in self._envelopes.values()
            if r.name in by
        )
        return compile_model(self._question.with_rules(*moved))

    def gain(self, name: str, start: int | None, to: int, amount: float) -> float:
        """The gain of one move; without a year to start from, of as much more money."""
        key = (name, start, to, amount)
        if key not in self._values:
            self._values[key] = self._solved(name, start, to, amount)
        return self._values[key]

    def _solved(self, name: str, start: int | None, to: int, amount: float) -> float:
        if start is not None and self._all(name, start) < amount:
            return nan
        model = self._model(self._by(name, start, to), amount)
        pool = Pool(model, self._base._pool.plans)
        known = pool.best({})
        if start is not None and known is not None and not self._shares:
            ahead = self.gain(name, None, to, amount)
            if known / ONE - self._base.value >= ahead - self._near:
                return ahead
        found = pool.search()
        self._base._pool.add(found.plan)
        if found.plan is None:
            return nan
        gained = (found.value - self._base._value) / ONE
        return 0.0 if abs(gained) <= self._near else gained

    @property
    def _near(self) -> float:
        return SAME * max(1e-9, self._base._model.size)

    def best(self, name: str, start: int, to: int) -> tuple[float, float]:
        """The largest gain of any amount, and the least amount that reaches it."""
        model, by = self._base._model, self._by(name, start, to)
        everything = max(self._all(name, year) for year in self.years(name) if year != to)
        if not self._shares and self.gain(name, None, to, everything) <= 0:
            return 0.0, 0.0
        shift = limit_shift(model, by)
        program = model.program.with_column(
            {row: -step for row, step in shift.items()}, most=self._all(name, start)
        )
        found = best_plan(model, program=program, loose=touched(model, shift), least=self._base._value)
        if found.plan is None or (found.value - self._base._value) / ONE <= self._near:
            return 0.0, 0.0
        least = least_increase(model, by, least=found.value)
        return (found.value - self._base._value) / ONE, least.amount if least else nan

    def _all(self, name: str, start: int) -> float:
        """All the money that can leave a year."""
        return min(
            self._envelopes[e, start].amount
            for e in self.together(name)
            if start is not None and (e, start) in self._envelopes
        )
