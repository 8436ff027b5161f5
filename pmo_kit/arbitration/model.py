"""From a question to named sparse rows for the solver, and the exact arithmetic that checks every plan.

Sources: Nemhauser and Wolsey (1988), Integer and Combinatorial Optimization; products of choices are
linearized exactly (Fortet 1960; Glover and Woolsey 1974).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import floor, gcd, inf, isinf, log10
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from pmo_kit.arbitration.links import Synergy
from pmo_kit.arbitration.rules import Envelope, Row, Rule
from pmo_kit.arbitration.solving import Program

if TYPE_CHECKING:
    from pmo_kit.arbitration.options import Floats
    from pmo_kit.arbitration.question import Question

ONE = 10**22  # exact numbers are whole multiples of 1 / ONE
DIGITS = 14  # of the largest number of a row: what is left of them is noise of the machine's sums
NO_BOUND = 10**60
Plan = tuple[int, ...]


def parts(*numbers: float) -> list[int]:
    """Numbers in whole parts of 1 / ONE, rounded to 14 digits of the largest of them.

    >>> parts(0.1 + 0.2) == parts(0.3)
    True
    """
    array = np.asarray(numbers, float)
    size = float(np.abs(array).max(initial=0.0))
    places = min(22, DIGITS - 1 - floor(log10(size))) if size else 0
    whole = np.rint(array * 10.0**places if places >= 0 else array / 10.0**-places)
    return [int(x) * 10 ** (22 - places) for x in whole.tolist()]


@dataclass(frozen=True, eq=False)
class Product:
    """A column that is 1 when one option of each of two sets is in."""

    rule: str
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    value: float
    money: dict[int, float]  # row position -> coefficient


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A plan in exact arithmetic: its value in parts of 1 / ONE, what each rule row uses, and what it breaks."""

    value: int
    used: tuple[int, ...]
    broken: tuple[tuple[int, int], ...]  # (row position, by how much)
    penalties: int


@dataclass(frozen=True, eq=False)
class Model:
    """A question as rows and columns.

    Columns are the options, then products of options (synergies), money carried over, and breaches of soft
    rules. `rows` are the rules' rows; `program` holds them after one row per project (at most one of its
    options).
    """

    question: Question
    rows: tuple[Row, ...]
    products: tuple[Product, ...]
    carries: tuple[tuple[int, int, float], ...]  # (row of the year, row of the next year, limit)
    prices: Mapping[int, float]  # row position -> price of breaking it by one unit
    program: Program = field(repr=False)
    value_row: Floats = field(repr=False)  # value of every column

    @property
    def n(self) -> int:
        """Number of options."""
        return len(self.question.built)

    @property
    def head(self) -> int:
        """Rows of the program before the rules' rows."""
        return len(self.question.built.groups)

    @cached_property
    def values(self) -> list[int]:
        """Value of every option and then product, in parts of 1 / ONE."""
        return parts(*self.value_row[: self.n + len(self.products)].tolist())

    @cached_property
    def grain(self) -> int:
        """All plan values are multiples of this (1 where nothing is known)."""
        if self.prices:
            return 1
        return gcd(*self.values) or ONE

    @cached_property
    def size(self) -> float:
        """The largest value of a column: what is small is small against it."""
        return float(np.abs(self.value_row).max(initial=0.0)) or 1.0

    @cached_property
    def step(self) -> float:
        """The least difference of two values, where it is large enough for the solver to see it; otherwise 0."""
        return self.grain / ONE if self.grain / ONE >= 1e-8 * self.size else 0.0

    def better(self, value: int) -> int:
        """The least value that counts as more."""
        return value + max(self.grain, round(1e-8 * self.size * ONE))

    @cached_property
    def _entries(self) -> dict[int, list[tuple[int, int]]]:
        """Exact coefficients by option: (row, coefficient)."""
        entries: dict[int, list[tuple[int, int]]] = {}
        for place, row in enumerate(self.rows):
            whole = parts(*row.coefficients.tolist())
            for column, coefficient in zip(row.columns.tolist(), whole, strict=True):
                entries.setdefault(column, []).append((place, coefficient))
        return entries

    @cached_property
    def _bounds(self) -> list[tuple[int | None, int | None]]:
        """Exact limits of every row."""
        return [
            (None if isinf(r.lower) else parts(r.lower)[0], None if isinf(r.upper) else parts(r.upper)[0])
            for r in self.rows
        ]

    def share_coefficients(self, other: Model) -> None:
        """Take over what was computed from the coefficients of a model that differs in its limits only."""
        for name in ("values", "grain", "step", "_entries"):
            self.__dict__[name] = getattr(other, name)

    def evaluate(self, plan: Iterable[int]) -> Evaluation:
        """A plan (positions of the chosen options) in exact integer arithmetic, against every rule.

        Numbers are rounded to 14 digits of the largest coefficient of their row, which leaves amounts as they are
        written in the register.
        """
        chosen = set(plan)
        used = [0] * len(self.rows)
        for option in chosen:
            for place, coefficient in self._entries.get(option, ()):
                used[place] += coefficient
        value = sum(self.values[i] for i in chosen)
        for y, product in enumerate(self.products, start=self.n):
            if not chosen.isdisjoint(product.first.tolist()) and not chosen.isdisjoint(
                product.second.tolist()
            ):
                value += self.values[y]
                for place, amount in product.money.items():
                    used[place] += parts(amount)[0]
        extra = [0] * len(self.rows)
        for place, following, limit in self.carries:
            high = self._bounds[place][1]
            assert high is not None
            carried = min(parts(limit)[0], max(0, high + extra[place] - used[place]))
            extra[following] += carried
        broken, penalties = [], 0
        for place, (low, high) in enumerate(self._bounds):
            excess = max(
                used[place] - high - extra[place] if high is not None else 0,
                low - used[place] if low is not None else 0,
            )
            if excess > 0:
                if place in self.prices:
                    penalties += parts(self.prices[place])[0] * excess // ONE
                else:
                    broken.append((place, excess))
        return Evaluation(value - penalties, tuple(used), tuple(broken), penalties)

    def other_plan(self, plan: Plan) -> Row:
        """The row that every plan but this one obeys (a no-good cut)."""
        chosen = set(plan)
        groups = self.question.built.groups
        columns: list[int] = []
        coefficients: list[float] = []
        missing = 0
        for members in groups.values():
            inside = [i for i in members.tolist() if i in chosen]
            columns += inside or members.tolist()
            coefficients += [1.0] * len(inside) if inside else [-1.0] * len(members)
            missing += bool(inside)
        return Row("another plan", np.array(columns, np.int64), np.array(coefficients), -inf, missing - 1)

    def levels(self, plan: Plan) -> dict[str, str]:
        """project_id -> level of the chosen options."""
        return dict(self.question.built.table.index[list(plan)])

    def positions(self, levels: Mapping[str, str]) -> Plan:
        """Positions of the chosen options."""
        return tuple(sorted(self.question.built.position(p, level) for p, level in levels.items()))


def compile_model(
    question: Question, rules: Sequence[Rule] | None = None, elastic: Mapping[str, float] | None = None
) -> Model:
    """The rows and columns of a question.

    Parameters
    ----------
    question : Question
    rules : sequence of Rule, optional
        The question's active rules when not given.
    elastic : mapping of str to float, optional
        Rules by name that may be broken at this price, instead of what they say themselves.
    """
    options = question.built
    rules = [r for r in (question.rules if rules is None else rules) if r.active]
    rows: list[Row] = []
    prices: dict[int, float] = {}
    for rule in rules:
        price = (elastic or {}).get(rule.name, rule.price)
        for row in rule.rows(options, rules):
            if price is not None:
                prices[len(rows)] = price
            rows.append(row)
    envelopes = {(r.envelope, r.year): r for r in rules if isinstance(r, Envelope)}
    places = {row.rule: place for place, row in enumerate(rows)}
    carries = [
        (places[r.name], places[envelopes[e, y + 1].name], r.carry_limit)
        for (e, y), r in sorted(envelopes.items())
        if r.carry_limit and (e, y + 1) in envelopes
    ]
    products = [_product(rule, question, envelopes, places) for rule in rules if isinstance(rule, Synergy)]
    program, value_row = _program(question, rows, products, carries, prices)
    return Model(question, tuple(rows), tuple(products), tuple(carries), prices, program, value_row)


def _product(
    rule: Synergy,
    question: Question,
    envelopes: Mapping[tuple[str, int], Envelope],
    places: Mapping[str, int],
) -> Product:
    """The column of a synergy: what it adds to the value, and to the envelopes of its year."""
    options = question.built
    first, second = options.of(rule.project_id, rule.level), options.of(rule.other_id, rule.other_level)
    if rule.quantity == "value":
        return Product(rule.name, first, second, rule.amount, {})
    if rule.year is None:
        raise ValueError(f"{rule.name}: a cost synergy needs the year in which it falls.")
    money = {
        places[e.name]: rule.amount
        for e in envelopes.values()
        if e.year == rule.year
        and options.matches(e.scope)[first[0]]
        and not e.scope.startswith(("kind", "fund"))
    }
    if options.money_value and rule.year not in options.factors:
        raise ValueError(f"{rule.name}: its year {rule.year} is outside the years of the question.")
    value = -rule.amount * options.factors[rule.year] if options.money_value else 0.0
    return Product(rule.name, first, second, value, money)


def _program(
    question: Question,
    rows: Sequence[Row],
    products: Sequence[Product],
    carries: Sequence[tuple[int, int, float]],
    prices: Mapping[int, float],
) -> tuple[Program, Floats]:
    """The solver's arrays."""
    options = question.built
    n, groups = len(options), list(options.groups.values())
    head = len(groups)
    at, columns, data = [], [], []
    lower, upper = [0.0] * head, [1.0] * head
    at.append(np.repeat(np.arange(head), [len(g) for g in groups]))
    columns.append(np.concatenate(groups) if groups else np.empty(0, np.int64))
    data.append(np.ones(n))
    for place, row in enumerate(rows):
        at.append(np.full(len(row.columns), head + place))
        columns.append(row.columns)
        data.append(row.coefficients)
        lower.append(row.lower)
        upper.append(row.upper)

    def put(r: Iterable[int], c: Iterable[int], v: Iterable[float]) -> None:
        at.append(np.fromiter(r, np.int64))
        columns.append(np.fromiter(c, np.int64))
        data.append(np.fromiter(v, float))

    value = options.values.tolist()
    top = [1.0] * n
    for product in products:
        y, f, s = len(value), product.first.tolist(), product.second.tolist()
        value.append(product.value)
        top.append(1.0)
        put([head + p for p in product.money], [y] * len(product.money), product.money.values())
        for side in (f, s):  # y <= sum of one side
            put([len(lower)] * (len(side) + 1), [y, *side], [1.0, *[-1.0] * len(side)])
            lower.append(-inf)
            upper.append(0.0)
        put([len(lower)] * (len(f) + len(s) + 1), [y, *f, *s], [-1.0, *[1.0] * (len(f) + len(s))])
        lower.append(-inf)
        upper.append(1.0)
    for place, following, limit in carries:
        put([head + place, head + following], [len(value)] * 2, [1.0, -1.0])
        value.append(0.0)
        top.append(limit)
    for place, price in prices.items():
        for bound, sign in ((rows[place].upper, -1.0), (rows[place].lower, 1.0)):
            if not isinf(bound):
                put([head + place], [len(value)], [sign])
                value.append(-price)
                top.append(inf)
    total = len(value)
    matrix = sparse.csr_array(
        (np.concatenate(data), (np.concatenate(at), np.concatenate(columns))), shape=(len(lower), total)
    )
    integer = np.zeros(total, bool)
    integer[:n] = True
    values = np.array(value)
    program = Program(
        values, matrix, np.array(lower), np.array(upper), np.zeros(total), np.array(top), integer
    )
    return program, values
