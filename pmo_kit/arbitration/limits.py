"""What limits are worth: one more or one fewer of each, none of it, and money moved from one year to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import permutations
from math import inf, nan

import pandas as pd

from pmo_kit.arbitration.allocation import Allocation
from pmo_kit.arbitration.model import NO_BOUND, ONE, Model, compile_model
from pmo_kit.arbitration.prices import NOTHING
from pmo_kit.arbitration.rules import Capacity, Envelope, Limit, Share
from pmo_kit.arbitration.search import Known, Pool, best_known, best_plan, each
from pmo_kit.arbitration.thresholds import STEP, least_increase, limit_shift, touched
from pmo_kit.doors import door, known, number, several
from pmo_kit.errors import InputError

WORTH = ["label", "unit", "used", "limit", "step", "one_more", "one_fewer", "more", "more_value",
         "unlimited_value", "enough"]  # fmt: skip
MOVES = ["from_year", "to_year", "envelope", "amount", "gain", "more", "most", "cap", "together"]
SAME = 1e-9  # of the value: gains below it are none
STOCK_STEP = 1.0  # one person, or one unit of money


class Eased(Known):
    """Best values of a question with limits eased by amounts (infinite: set aside), each proven once.

    More never lowers the value, so that a value proven for at least as much is a bound, and a known plan that reaches
    it is the answer. A share of the envelopes moves with them: then less could allow other plans, and there is no such
    bound.
    """

    def __init__(self, allocation: Allocation) -> None:
        self.base, self.question = allocation, allocation.question
        self.shares = any(isinstance(r, Share) and r.of == "envelope" for r in self.question.active_rules)
        self.plans = dict.fromkeys(allocation._pool.plans)
        self._values = dict[frozenset[tuple[str, float]], int]()
        self.note({}, allocation._value)

    def note(self, by: Mapping[str, float], value: int) -> None:
        """Keep what is proven of some amounts."""
        self._values[frozenset(by.items())] = value

    def model(self, by: Mapping[str, float]) -> Model:
        """The question with the limits eased by so much."""
        rules = {name: self.question.rule(name) for name in by}
        if not self.shares and all(isinstance(rule, Envelope | Capacity) for rule in rules.values()):
            return self.base._model.eased(by)
        changed = (r.changed(by[name]) for name, r in rules.items() if isinstance(r, Limit) and by[name] < inf)
        return compile_model(self.question.with_rules(*changed).without(*(name for name in by if by[name] == inf)))

    def value(self, by: Mapping[str, float]) -> int:
        """The value of the best plan with the limits eased by so much; `NOTHING` where there is none."""
        key = frozenset(by.items())
        if key not in self._values:
            model, most = self.model(by), self._most(by)
            pool = Pool(model, best_known(model, self.plans))
            if most == NOTHING or pool.best({}) == most:
                self._values[key] = most
            else:
                found = pool.search()
                self._values[key] = NOTHING if found.plan is None else found.value
                self.plans |= dict.fromkeys(pool.plans)
        return self._values[key]

    def _most(self, by: Mapping[str, float]) -> int:
        """What no plan exceeds, as values for at least as much show."""
        if self.shares:
            return NO_BOUND

        def as_much(eased: Mapping[str, float]) -> bool:
            return all(eased.get(name, 0.0) >= by.get(name, 0.0) for name in eased.keys() | by.keys())

        return min((value for key, value in self._values.items() if as_much(dict(key))), default=NO_BOUND)

    def gain(self, by: Mapping[str, float]) -> float:
        """What the best plan is worth more with the limits eased by so much; NaN where there is none."""
        return self.gained(self.value(by))

    def gained(self, value: int) -> float:
        """What a value is more than that of the plan."""
        if value == NOTHING:
            return nan
        gained = (value - self.base._value) / ONE
        return 0.0 if abs(gained) <= SAME * max(1e-9, self.base._model.size) else gained


@door
def limits_worth(allocation: Allocation, names: Sequence[str] | None = None) -> pd.DataFrame:
    """What more or less of every limit would be worth.

    Parameters
    ----------
    allocation : Allocation
    names : sequence of str, optional
        Only these rules (and `all money`).

    Returns
    -------
    DataFrame
        Index: rule name, and `all money` for every envelope together. label, unit, used, limit; step (one
        person, or one unit of money); one_more and one_fewer: change of the value (NaN: no plan is
        possible); more: the least increase with which the value rises (NaN: none does) and more_value, the
        value it then has; unlimited_value: the value without the limit, and enough: the least increase that
        reaches it. Of floors, shares and counts there is only unlimited_value: what it is above the plan's value is
        the price of the rule. For `all money` an increase is the sum over the envelopes, placed where it helps most.

    Notes
    -----
    All by solving again: the difference of a relaxation is not what one more unit is worth.
    """
    question = allocation.question
    known(names or (), {rule.name for rule in question.rules} | {"all money"}, "limit")
    use = allocation.use.drop_duplicates("rule").set_index("rule")
    limits = [r for r in question.active_rules if isinstance(r, Limit) and (names is None or r.name in names)]
    asks: dict[str, Callable[[Eased], tuple[float, ...]]] = {rule.name: partial(_around, rule=rule) for rule in limits}
    heads = [tuple(use.loc[rule.name, ["label", "unit", "used", "limit"]]) for rule in limits]
    envelopes = [r for r in question.active_rules if isinstance(r, Envelope)]
    if len(envelopes) > 1 and (names is None or "all money" in names):
        total = sum(r.amount for r in envelopes if r.scope == "all")
        used = float(use.loc[[r.name for r in envelopes if r.scope == "all"], "used"].sum())
        asks["all money"] = lambda eased: (nan, nan, nan, *_ahead(eased, [r.name for r in envelopes]))
        heads.append(("all money", question.built.money_unit, used, total))
    answers = each(Eased(allocation), [*asks.values()][::-1])[::-1]  # all money takes longest
    rows = [(*head, *found) for head, found in zip(heads, answers, strict=True)]
    return pd.DataFrame(rows, columns=WORTH, index=pd.Index([*asks], name="rule", dtype="str")).astype(
        dict.fromkeys(WORTH[2:], float)
    )


def _around(eased: Eased, rule: Limit) -> tuple[float, ...]:
    """step, one_more, one_fewer, and what lies ahead of one limit."""
    if rule.stock is None:
        free = eased.value({rule.name: inf})
        return *[nan] * 5, nan if free == NOTHING else free / ONE, nan
    ahead = _ahead(eased, [rule.name])
    more, fewer = (eased.gain({rule.name: by}) for by in (STOCK_STEP, -min(STOCK_STEP, rule.stock)))
    return STOCK_STEP, more, fewer, *ahead


def _ahead(eased: Eased, names: Sequence[str]) -> tuple[float, float, float, float]:
    """more, more_value, unlimited_value, enough."""
    free, model, now = eased.value(dict.fromkeys(names, inf)), eased.base._model, eased.base._value
    if free <= now:
        return nan, nan, nan if free == NOTHING else free / ONE, 0.0
    best = best_known(eased.model(dict.fromkeys(names, inf)), eased.plans)
    least = partial(least_increase, model, *({name: 1.0} for name in names))
    first = least(least=model.better(now), known=best)
    reached = first is not None and not eased.shares and first.value >= free / ONE
    last = first if reached else least(least=free, known=[*best, *([first.plan] if first else [])])
    eased.plans |= dict.fromkeys(found.plan for found in (first, last) if found)
    more, value = (first.amount, first.value) if first else (nan, nan)
    if first and len(names) == 1:
        eased.note({names[0]: more - STEP}, now)
        value = value if reached else eased.value({names[0]: more}) / ONE
    return more, value, free / ONE, last.amount if last else nan


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
    eased, active = Eased(allocation), allocation.question.active_rules
    envelopes = [r for r in active if isinstance(r, Envelope)]
    held = {r.envelope: _together(envelopes, r) for r in envelopes}
    moved = {
        (own.envelope, own.year): [r for r in envelopes if r.envelope in held[own.envelope] and r.year == own.year]
        for own in envelopes
    }
    bounds = each(eased, (partial(Eased.value, by=_by([], into, inf)) for into in moved.values()))
    useless = (into for into, most in zip(moved.values(), bounds, strict=True) if most <= allocation._value)
    free = {} if eased.shares else {rule.name: inf for into in useless for rule in into}
    # What is taken from a year and given to years that need nothing is bounded once, for all of them.
    taken = (free | _by(less, [], x) for less in moved.values() for x in amounts if free and x <= _whole(less))
    each(eased, (partial(Eased.value, by=by) for by in taken))
    pairs = [(name, *pair) for name in held for pair in permutations(sorted(y for of, y in moved if of == name), 2)]
    asks = (partial(_move, less=moved[name, start], into=moved[name, to], amounts=amounts) for name, start, to in pairs)
    rows = [
        (start, to, name, *of, held[name])
        for (name, start, to), found in zip(pairs, each(eased, asks), strict=True)
        for of in found
    ]
    table = pd.DataFrame(rows, columns=MOVES)
    order = ["gain", "amount", "cap", "envelope", "from_year", "to_year"]
    return table.sort_values(order, ascending=[False, True, True, True, True, True], kind="stable", ignore_index=True)


def _together(envelopes: Iterable[Envelope], own: Envelope) -> tuple[str, ...]:
    """An envelope, and those that hold its money too: for everything, or of the same scope."""
    return tuple(dict.fromkeys([own.envelope, *(r.envelope for r in envelopes if r.scope in ("all", own.scope))]))


def _by(less: Iterable[Envelope], into: Iterable[Envelope], amount: float) -> dict[str, float]:
    """By how much an amount eases each envelope that gives it or gets it."""
    return {r.name: -amount for r in less} | {r.name: amount for r in into}


def _whole(less: Iterable[Envelope]) -> float:
    """All the money that can leave."""
    return min(rule.amount for rule in less)


def _move(
    eased: Eased, less: Sequence[Envelope], into: Sequence[Envelope], amounts: Sequence[float]
) -> list[tuple[float, ...]]:
    """amount, gain, more, most and cap of the moves from one year to another."""
    base, by, whole, most, cap = eased.base, _by(less, into, 1.0), _whole(less), 0.0, 0.0
    bound = NO_BOUND if eased.shares else eased.value(_by([], into, whole))
    if bound > base._value:
        model, shift, value = base._model, limit_shift(base._model, by), bound
        least = None if eased.shares else least_increase(model, by, least=bound, known=eased.plans)
        if least is None or least.amount > whole:  # moved money does less than as much new money
            program = model.program.with_columns([{row: -step for row, step in shift.items()}], whole)
            best = best_plan(model, program=program, loose=touched(model, shift), least=base._value)
            value = base._value if best.plan is None else best.value
            least = least_increase(model, by, least=value, known=[best.plan]) if best.plan is not None else None
        if (gained := eased.gained(value)) > 0:
            most, cap = gained, nan if least is None else least.amount
        eased.plans |= {least.plan: None} if least else {}
    more = [eased.gain(_by([], into, x)) for x in amounts]  # asked about first: a move gains no more
    gains = [eased.gain(_by(less, into, x)) if x <= whole else nan for x in amounts]
    return [(*of, most, cap) for of in zip(amounts, gains, more, strict=True)]
