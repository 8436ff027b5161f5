"""From a question to named sparse rows for the solver, and the exact arithmetic that checks every plan.

Sources: Nemhauser and Wolsey (1988), Integer and Combinatorial Optimization; products of choices are
linearized exactly (Fortet 1960; Glover and Woolsey 1974).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from math import floor, gcd, inf, isfinite, log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pmo_kit.arbitration.options import Options
from pmo_kit.arbitration.question import Question
from pmo_kit.arbitration.rules import Capacity, Envelope, Limit, Row, Rule, Share, Synergy, some_of
from pmo_kit.arbitration.solving import Floats, Outcome, Program, T, solve

ONE = 10**22  # exact numbers are whole multiples of 1 / ONE
DIGITS = 14  # of the largest number of a row: what is left of them is noise of the machine's sums
NO_BOUND = 10**60
NOTHING = -NO_BOUND  # the value where there is no plan
MODELS, PLANS, ROWS = 64, 4096, 20_000  # kept at once
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


@lru_cache(ROWS)
def in_parts(number: float) -> int:
    """One number in whole parts of 1 / ONE, in 14 digits; `NO_BOUND` where it has no end."""
    return parts(number)[0] if isfinite(number) else NO_BOUND if number > 0 else -NO_BOUND


@dataclass(frozen=True)
class PlanChange:
    """What is different between two plans, or in all plans that tie: ids, a stop counts as not being there.

    Parameters
    ----------
    leaves, enters : tuple of str
    resized : tuple of (project, from level, to level)
    tied : bool
        Whether several plans are as good; what is named then changes in all of them.

    Examples
    --------
    >>> PlanChange.between({"A": "full", "B": "full"}, {"A": "half", "C": "full", "D": "stop"})
    PlanChange(leaves=('B',), enters=('C',), resized=(('A', 'full', 'half'),), tied=False)
    """

    leaves: tuple[str, ...] = ()
    enters: tuple[str, ...] = ()
    resized: tuple[tuple[str, str, str], ...] = ()
    tied: bool = False

    @staticmethod
    def between(before: Mapping[str, str], after: Mapping[str, str]) -> PlanChange:
        """From one plan (project_id -> level) to another."""
        old, new = ({p: v for p, v in plan.items() if v != "stop"} for plan in (before, after))
        moved = tuple((p, old[p], new[p]) for p in sorted(old.keys() & new.keys()) if old[p] != new[p])
        return PlanChange(tuple(sorted(old.keys() - new.keys())), tuple(sorted(new.keys() - old.keys())), moved)

    @property
    def moved(self) -> dict[str, tuple[str, ...]]:
        """What becomes of projects (entered, left, resized), and of which."""
        return {"entered": self.enters, "left": self.leaves, "resized": tuple(p for p, *_ in self.resized)}

    def common(self, other: PlanChange) -> PlanChange:
        """What changes in both of two tied plans."""
        kinds = ("leaves", "enters", "resized")
        both = {kind: tuple(x for x in getattr(self, kind) if x in getattr(other, kind)) for kind in kinds}
        return PlanChange(**both, tied=True)


@dataclass(frozen=True, eq=False)
class Product:
    """A column that is 1 when one option of each of two sets is in."""

    rule: str
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    value: float

    @cached_property
    def sides(self) -> tuple[list[int], list[int]]:
        """The options of both sets."""
        return self.first.tolist(), self.second.tolist()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A plan in exact arithmetic, in parts of 1 / ONE: value, what each row uses and is brought, what it breaks."""

    value: int
    used: tuple[int, ...]
    carried: tuple[int, ...]  # money brought into a row from the year before
    broken: tuple[tuple[int, int], ...]  # (row position, by how much)
    paid: tuple[tuple[int, int], ...]  # (row position, what breaking it has cost of the value)


class Coefficients:
    """Exact coefficients, `values` of every option and then product in parts of 1 / ONE, and what plans use of them.

    Nothing here depends on a limit.
    """

    def __init__(self, model: Model) -> None:
        columns, rows = model.n + len(model.products), slice(model.head, model.head + len(model.rows))
        self.worth, self.matrix = model.program.value[:columns], model.program.matrix[rows, :columns]
        self.values = parts(*self.worth.tolist())
        self.grain = gcd(*self.values) or ONE
        self._rows = len(model.rows)
        self._entries: dict[int, list[tuple[int, int]]] = {}  # by option: (row, coefficient)
        for place, row in enumerate(model.rows):
            whole = parts(*row.coefficients.tolist())
            for column, coefficient in zip(row.columns.tolist(), whole, strict=True):
                self._entries.setdefault(column, []).append((place, coefficient))
        self.plans: dict[Plan, tuple[int, tuple[int, ...]]] = {}  # as `of` answers

    def of(self, columns: list[int]) -> tuple[int, tuple[int, ...]]:
        """The value of some columns before any penalty, and what they use of each row."""
        used = [0] * self._rows
        for column in columns:
            for place, coefficient in self._entries.get(column, ()):
                used[place] += coefficient
        return sum(self.values[i] for i in columns), tuple(used)


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

    @property
    def n(self) -> int:
        """Number of options."""
        return len(self.question.built)

    @property
    def head(self) -> int:
        """Rows of the program before the rules' rows."""
        return len(self.question.built.groups)

    @cached_property
    def relaxed(self) -> Outcome:
        """The best point where options may be taken in part."""
        return solve(self.program.relaxed)

    @cached_property
    def exact(self) -> Coefficients:
        """Exact coefficients, the same for models that differ in their limits only."""
        m, known = self.program.matrix, self.question.built.memo
        key = (m.data.tobytes(), m.indices.tobytes(), m.indptr.tobytes(), self.program.value.tobytes())
        return kept(known.setdefault("coefficients", {}), key, lambda: Coefficients(self), MODELS)

    @cached_property
    def grain(self) -> int:
        """All plan values are multiples of this (1 where nothing is known)."""
        return 1 if self.prices else self.exact.grain

    @cached_property
    def noise(self) -> int:
        """How far apart rounding may bring two plans of equal worth: discounted money is cut after 14 digits."""
        unit = 10 ** max(0, 22 - DIGITS + 1 + floor(log10(self.size)))  # of the last digit kept
        return 0 if self.exact.grain >= 10 * unit else 2 * unit * len(self.question.built.groups)

    @cached_property
    def size(self) -> float:
        """The largest value of a column: what is small is small against it."""
        return float(np.abs(self.program.value).max(initial=0.0)) or 1.0

    @cached_property
    def step(self) -> float:
        """The least difference of two values, where it is large enough for the solver to see it; otherwise 0."""
        return self.grain / ONE if self.grain / ONE >= 1e-8 * self.size else 0.0

    @cached_property
    def proof_gap(self) -> float:
        """The absolute gap that is a proof: just under the grain of the values, or a billionth of their size."""
        return 0.999 * self.step or 1e-9 * self.size

    def better(self, value: int) -> int:
        """The least value that counts as more."""
        return value + max(self.grain, round(1e-7 * self.size * ONE))

    @cached_property
    def _bounds(self) -> list[tuple[int, int]]:
        """Exact limits of every row."""
        return [(in_parts(row.lower), in_parts(row.upper)) for row in self.rows]

    @cached_property
    def idle(self) -> list[bool]:
        """Of every row whether no plan can break it, whatever it takes: all that can be, or nothing of a least."""
        found, ids = [], self.question.built.project_ids
        for row in self.rows:
            most: dict[object, float] = {}
            for i, x in zip(row.columns.tolist(), row.coefficients.tolist(), strict=True):
                whose = ids[i] if i < self.n else i
                most[whose] = max(most.get(whose, 0.0), x)
            least = np.isfinite(row.lower) and (row.lower > 0 or (row.coefficients < 0).any())
            found.append(not least and sum(most.values()) <= row.upper)
        return found

    def nearly(self, plans: Sequence[Plan]) -> tuple[Floats, Floats]:
        """What plans are worth before any penalty, and use of each row (plans x rows): as the machine adds it up."""
        of, taken = self.exact, np.zeros((len(plans), self.n + len(self.products)))
        taken[np.repeat(np.arange(len(plans)), [*map(len, plans)]), [i for plan in plans for i in plan]] = 1.0
        for y, product in enumerate(self.products, start=self.n):
            taken[:, y] = taken[:, product.first].any(axis=1) & taken[:, product.second].any(axis=1)
        return taken @ of.worth, (of.matrix @ taken.T).T

    def evaluate(self, plan: Iterable[int]) -> Evaluation:
        """A plan (positions of the chosen options) in exact integer arithmetic, against every rule.

        Unspent money is carried on as far as it may be; a year whose limit is set aside carries on all that it may.

        Numbers are rounded to 14 digits of the largest coefficient of their row, which leaves amounts as they are
        written in the register.
        """
        plan, of = tuple(plan), self.exact
        value, used = kept(of.plans, plan, lambda: of.of(self.columns(plan)), PLANS)
        extra = [0] * len(self.rows)
        for place, following, limit in self.carries:
            high = self._bounds[place][1]
            extra[following] = min(in_parts(limit), max(0, high + extra[place] - used[place]))
        broken, paid = [], []
        for place, ((low, high), uses, more) in enumerate(zip(self._bounds, used, extra, strict=True)):
            if not low <= uses <= high + more:
                excess = max(uses - high - more, low - uses)
                if place in self.prices:
                    paid.append((place, in_parts(self.prices[place]) * excess // ONE))
                else:
                    broken.append((place, excess))
        value -= sum(price for _, price in paid)
        return Evaluation(value, used, tuple(extra), tuple(broken), tuple(paid))

    @cached_property
    def shares(self) -> bool:
        """Whether some limit is a share of the envelopes, and moves with them."""
        return any(isinstance(rule, Share) and rule.of == "envelope" for rule in self.question.active_rules)

    def eased(self, by: Mapping[str, float]) -> Model:
        """The model with some limits larger by an amount; by one without end they are set aside."""
        limits = [rule for rule in self.question.rules if rule.name in by and isinstance(rule, Limit)]
        if self.shares or not all(isinstance(rule, Envelope | Capacity) for rule in limits):  # other rows move, too
            aside = [name for name in by if by[name] == inf]
            changed = (rule.changed(by[rule.name]) for rule in limits if rule.name not in aside)
            return compile_model(self.question.with_rules(*changed).without(*aside))
        rows = tuple(replace(row, upper=row.upper + by[row.rule]) if row.rule in by else row for row in self.rows)
        upper = self.program.upper.copy()
        upper[self.head : self.head + len(rows)] = [row.upper for row in rows]
        return replace(self, rows=rows, program=replace(self.program, upper=upper))

    def excess(self, plan: Iterable[int]) -> dict[str, float]:
        """By how much a plan breaks each rule, in the rule's unit: the most where a rule has several rows."""
        found: dict[str, float] = {}
        for place, over in self.evaluate(plan).broken:
            name = self.rows[place].rule
            found[name] = max(found.get(name, 0.0), over / ONE)
        return found

    def columns(self, plan: Iterable[int]) -> list[int]:
        """The columns that a plan fills: its options, and the effects of two together."""
        chosen = set(plan)
        joint = [
            y for y, product in enumerate(self.products, start=self.n) if not any(map(chosen.isdisjoint, product.sides))
        ]
        return [*chosen, *joint]

    def other_plan(self, plan: Plan) -> Row:
        """The row that every plan but this one obeys (a no-good cut)."""
        chosen, ids = list(plan), self.question.built.project_ids
        funded = set(ids[chosen])
        changes = np.array([0.0 if project in funded else -1.0 for project in ids])
        changes[chosen] = 1.0
        columns = np.flatnonzero(changes)
        return Row("another plan", columns, changes[columns], -inf, len(chosen) - 1)

    def levels(self, plan: Plan) -> dict[str, str]:
        """project_id -> level of the chosen options."""
        return dict(self.question.built.table.index[list(plan)])

    def positions(self, levels: Mapping[str, str]) -> Plan:
        """Positions of the chosen options."""
        return tuple(sorted(self.question.built.position(p, level) for p, level in levels.items()))


def kept(found: dict[Any, T], key: Any, compute: Callable[[], T], most: int) -> T:
    """What was computed before for a key, or is now; no more than `most` are kept."""
    answer = found.get(key)  # another search may clear what is kept meanwhile
    if answer is None:
        answer = compute()
        if len(found) >= most:
            found.clear()
        found[key] = answer
    return answer


def rule_rows(options: Options, rules: Sequence[Rule]) -> list[tuple[Rule, Row]]:
    """The rows of the active rules, and of every envelope that is set aside and may carry money on: without limit.

    Rows of a rule are made once, as long as the other rules that it reads are the same.
    """
    following = {(r.envelope, r.year - 1) for r in rules if isinstance(r, Envelope)}
    reads = {names: tuple(r for r in rules if r.kind in names) for names in {r.reads for r in rules}}
    known = options.memo.setdefault("rows", {})

    def made(rule: Rule) -> list[Row]:
        others = reads[rule.reads]  # held with the rows, so that their ids stay theirs
        key = (id(rule), *map(id, others))
        return kept(known, key, lambda: (rule, others, rule.rows(options, rules)), ROWS)[2]

    rows: list[tuple[Rule, Row]] = []
    for rule in rules:
        if rule.active:
            rows += [(rule, row) for row in made(rule)]
        elif isinstance(rule, Envelope) and rule.carry_limit and (rule.envelope, rule.year) in following:
            rows += [(rule, replace(row, upper=inf)) for row in made(rule)]
    return rows


def compile_model(question: Question) -> Model:
    """The rows and columns of a question."""
    found = rule_rows(question.built, question.rules)
    rows = tuple(row for _, row in found)
    prices = {place: r.price for place, (r, _) in enumerate(found) if r.price is not None and r.active}
    envelopes = {(r.envelope, r.year): (place, r) for place, (r, _) in enumerate(found) if isinstance(r, Envelope)}
    carries = tuple(
        (place, envelopes[e, y + 1][0], rule.carry_limit)
        for (e, y), (place, rule) in sorted(envelopes.items())
        if rule.carry_limit and (e, y + 1) in envelopes
    )
    options = question.built
    products = tuple(_product(r, options) for r in question.active_rules if isinstance(r, Synergy))
    one = [some_of(members, 0.0, 1.0) for members in options.groups.values()]
    joint = [row for y, product in enumerate(products, start=len(options)) for row in _both(product, y)]
    value, head = np.append(options.values, [product.value for product in products]), len(one)
    program = Program.of_rows([*one, *rows, *joint], value, np.arange(len(value)) < len(options))
    program.matrix.sum_duplicates()
    more = [({head + place: 1.0, head + following: -1.0}, limit, 0.0) for place, following, limit in carries]
    more += [({head + place: sign}, inf, -price) for place, price in prices.items() for _, sign in rows[place].ends]
    columns, most, worth = zip(*more, strict=True) if more else ((), (), ())
    return Model(question, rows, products, carries, prices, program.with_columns(columns, most, worth))


def _product(rule: Synergy, options: Options) -> Product:
    """The column of what two together change."""
    value = rule.amount if rule.quantity == "value" else 0.0
    if rule.quantity == "cost" and options.money_value:
        value = -rule.joint_money(options, "all", rule.year, "pv_cost")
    return Product(rule.name, *rule.sides(options), value)


def _both(product: Product, y: int) -> list[Row]:
    """The rows by which a column is 1 where an option of either set is in, and else 0."""
    sides = (product.first, product.second, np.concatenate([product.first, product.second]))
    signs, tops = (-1.0, -1.0, 1.0), (0.0, 0.0, 1.0)
    return [
        Row(product.rule, np.append(side, y), np.append(np.full(len(side), sign), -sign), -inf, top)
        for side, sign, top in zip(sides, signs, tops, strict=True)
    ]
