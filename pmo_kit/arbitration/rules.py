"""The rules of an arbitration: small named objects that read as a sentence and compile to named rows.

Every rule is frozen. It holds resolved amounts, so that a what-if is `dataclasses.replace(rule, amount=...)`.
`rows(options, rules)` gives its linear rows over the options; `price` makes it soft: breaking it by one unit
then costs that much value. Sources: Ghasemzadeh and Archer (2000), A zero-one model for project portfolio
selection, J. Oper. Res. Soc. 51; Nemhauser and Wolsey (1988), Integer and Combinatorial Optimization, I.1
(linear rows for logic).
"""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from math import ceil, inf, isinf
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from pmo_kit.arbitration.options import Floats, Options
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given, in_row


@dataclass(frozen=True, eq=False)
class Row:
    """lower <= coefficients . x[columns] <= upper, over the options and, after them, the effects of two together.

    `share` holds what a share is made of: its part and its whole (one number a column), and the ratio asked for.
    """

    rule: str
    columns: NDArray[np.int64]
    coefficients: Floats
    lower: float
    upper: float
    label: str = ""
    unit: str = ""
    share: tuple[Floats, Floats, float] | None = None
    year: int | None = None

    @property
    def ends(self) -> list[tuple[float, float]]:
        """Its limits, the upper first, each with the sign of what eases it."""
        return [(end, sign) for end, sign in ((self.upper, -1.0), (self.lower, 1.0)) if not isinf(end)]


@dataclass(frozen=True)
class Rule(ABC):
    """What all rules have in common: `name`, `active`, `price` (None is hard).

    Rules are written with keywords only.

    >>> rule = Envelope(envelope="all", year=2027, amount=50)
    >>> rule.name, rule.sentence("EUR million")
    ('envelope all 2027', 'At most 50 EUR million in 2027')
    """

    reads: ClassVar[tuple[str, ...]] = ()
    """Kinds of other rules that its rows are made of."""

    active: bool = field(default=True, kw_only=True)
    price: float | None = field(default=None, kw_only=True)

    @property
    @abstractmethod
    def name(self) -> str:
        """Unique name, fit for the middle of a sentence."""

    @property
    def kind(self) -> str:
        """What kind of rule it is: envelope, capacity, share and so on."""
        return type(self).__name__.lower()

    @property
    def parties(self) -> list[tuple[str, str | None]]:
        """The projects that it is about, each with the level that is meant; None is any."""
        pairs = (("project_id", "level"), ("other_id", "other_level"))
        named = [(getattr(self, p, None), getattr(self, v, None)) for p, v in pairs]
        return [one for one in named if one[0] is not None] + list(getattr(self, "members", ()))

    def sentence(self, unit: str) -> str:
        """The rule in words."""
        return self.name

    @abstractmethod
    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        """Linear rows; `rules` are all rules of the question, those that are set aside too.

        Setting a rule aside lifts its own limit and changes no other: what a rule takes from others (the amounts and
        the years of the envelopes) it takes whether they are active or not.
        """

    def shortfall(self, amount: float, unit: str, least: bool = False) -> str:
        """Words for relaxing the rule by an amount in its unit: its largest allowed, or its least asked for."""
        return "set the rule aside"


@dataclass(frozen=True)
class Limit(Rule):
    """A rule that limits a quantity; what-ifs, prices and thresholds work on any kind of it."""

    moved_by_costs: ClassVar[bool] = True
    """Whether an option that costs more takes more of it."""
    held: ClassVar[str] = ""
    """The field that says what there is of it, for a limit of one amount."""

    def changed(self, by: float) -> Limit:
        """The rule with its amount, or with its least and most, eased by an amount in its unit."""
        return replace(self, **{self.held: getattr(self, self.held) + by})

    @property
    def stock(self) -> float | None:
        """What there is of it, for a limit of one amount; None for a least, a most or a share."""
        return getattr(self, self.held) if self.held else None

    @property
    def label(self) -> str:
        """Its words in a table."""
        return self.name

    def unit_of(self, money: str, amount: float = 2) -> str:
        """The unit of its amount, in the plural but of one, where the question's money is called `money`."""
        return money


def enough_words(amount: float) -> str:
    """An amount that must be reached, rounded up to two digits: at less it is not enough.

    >>> enough_words(2.955838), enough_words(1.3), enough_words(2.0)
    ('2.96', '1.3', '2')
    """
    return as_given(ceil(100 * amount - 1e-4) / 100)


def role_words(role: str, count: float = 2) -> str:
    """The name of a role in the plural, or the singular for one.

    >>> role_words("data_engineer"), role_words("change_coach"), role_words("data_engineer", 1)
    ('data engineers', 'change coaches', 'data engineer')
    """
    word = role.replace("_", " ")
    if round(count, 6) == 1:
        return word
    return word + ("es" if word.endswith(("s", "ch", "sh", "x")) else "s")


def _for(scope: str) -> str:
    """The words that narrow a rule to its scope."""
    return "" if scope == "all" else f" for {scope.replace('=', ' ')}"


def money(
    options: Options, rules: Sequence[Rule], scope: str, year: int | None = None, measure: str = "spend"
) -> Floats:
    """Money in a scope of every option, then of every effect of two together that is in force."""
    joint = [r.joint_money(options, scope, year, measure) for r in rules if r.active and isinstance(r, Synergy)]
    alone = options.measure(scope, year, measure)
    return np.append(alone, joint) if joint else alone


def _end(amount: float, least: bool) -> tuple[float, float]:
    """Lower and upper limit of a row, of which one is given."""
    return (amount, inf) if least else (-inf, amount)


def _row(rule: str, coefficients: Floats, lower: float, upper: float, label: str, unit: str) -> Row:
    """A row from one coefficient per option."""
    columns = np.flatnonzero(coefficients)
    return Row(rule, columns, coefficients[columns], lower, upper, label, unit)


@dataclass(frozen=True)
class Envelope(Limit):
    """Money of one envelope in one year; unspent money may be carried into the next year up to
    `carry_limit`."""

    held: ClassVar[str] = "amount"
    reads: ClassVar[tuple[str, ...]] = ("synergy",)

    envelope: str = field(kw_only=True)
    year: int = field(kw_only=True)
    amount: float = field(kw_only=True)
    scope: str = field(default="all", kw_only=True)
    carry_limit: float = field(default=0.0, kw_only=True)

    @property
    def name(self) -> str:
        return f"envelope {self.envelope} {self.year}"

    @property
    def label(self) -> str:
        return f"money {self.year}" + ("" if self.scope == "all" else f", {self.envelope}")

    def times(self, factor: float) -> Envelope:
        """So many times its money, in 14 digits; what may be carried over is an amount of its own and stays."""
        return self if factor == 1 else replace(self, amount=float(f"{self.amount * factor:.14g}"))

    def sentence(self, unit: str) -> str:
        carry = f", {as_given(self.carry_limit)} of it may be carried over" if self.carry_limit else ""
        return f"At most {as_given(self.amount)} {unit} in {self.year}{_for(self.scope)}{carry}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        spend = money(options, rules, self.scope, self.year)
        return [_row(self.name, spend, -inf, self.amount, label=self.label, unit=options.money_unit)]

    @property
    def purpose(self) -> str:
        """What it is for; empty where that is everything."""
        return "" if self.envelope == "all" and self.scope == "all" else self.envelope

    @property
    def place(self) -> str:
        """Its year, and what it is for, in words: "2027 for Capex"."""
        return f"{self.year}{f' for {self.purpose}' * bool(self.purpose)}"

    def shortfall(self, amount: float, unit: str, least: bool = False) -> str:
        return f"{enough_words(amount)} {unit} more in {self.place}"


@dataclass(frozen=True)
class Capacity(Limit):
    """People of one role in one period."""

    moved_by_costs: ClassVar[bool] = False
    held: ClassVar[str] = "fte"

    role: str = field(kw_only=True)
    period: str = field(kw_only=True)
    fte: float = field(kw_only=True)

    @property
    def name(self) -> str:
        return f"{self.role} {self.period}"

    def unit_of(self, money: str, amount: float = 2) -> str:
        return role_words(self.role, amount)

    @property
    def label(self) -> str:
        return f"{role_words(self.role)} {self.period}"

    def sentence(self, unit: str) -> str:
        return f"At most {as_given(self.fte)} {role_words(self.role, self.fte)} in {self.period}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        demand = options.demand(self.role, self.period)
        return [_row(self.name, demand, -inf, self.fte, label=self.label, unit=role_words(self.role))]

    def shortfall(self, amount: float, unit: str, least: bool = False) -> str:
        return f"{enough_words(amount)} {self.unit_of(unit, amount)} more in {self.period}"


@dataclass(frozen=True)
class Range(Limit):
    """A least and a most of what a scope counts for."""

    missed: ClassVar[tuple[str, str]] = ("less than it allows", "more than it allows")
    """Words for what lies below the least, and above the most."""

    rule: str = field(kw_only=True)
    scope: str = field(default="all", kw_only=True)
    minimum: float | None = field(default=None, kw_only=True)
    maximum: float | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        return self.rule

    def changed(self, by: float) -> Range:
        low, high = self.minimum, self.maximum
        return replace(self, minimum=None if low is None else low - by, maximum=None if high is None else high + by)

    @property
    def ends(self) -> list[tuple[float, bool]]:
        """What is asked for: each amount, and whether it is the least."""
        both = ((self.minimum, True), (self.maximum, False))
        return [(amount, least) for amount, least in both if amount is not None]

    def _asked(self, words: Callable[[float], str] = as_given) -> str:
        """What is asked for, in words."""
        return " and ".join(f"at {'least' if least else 'most'} {words(amount)}" for amount, least in self.ends)

    def shortfall(self, amount: float, unit: str, least: bool = False) -> str:
        return f"{self.rule}: {as_given(amount)} {self.unit_of(unit, amount)} {self.missed[not least]}"

    def _between(self, coefficients: Floats, label: str, unit: str) -> list[Row]:
        """One row for each stated limit."""
        return [_row(self.rule, coefficients, *_end(amount, least), label, unit) for amount, least in self.ends]


@dataclass(frozen=True)
class Share(Range):
    """A scope's share of money: of what the plan spends (`portfolio`), or of the envelopes (`envelope`)."""

    reads: ClassVar[tuple[str, ...]] = ("synergy", "envelope")
    missed: ClassVar[tuple[str, str]] = ("below its share", "above its share")

    measure: Literal["spend", "capex", "pv_cost"] = field(default="spend", kw_only=True)
    of: Literal["portfolio", "envelope"] = field(default="portfolio", kw_only=True)
    per: Literal["year", "horizon"] = field(default="horizon", kw_only=True)

    def sentence(self, unit: str) -> str:
        limits = self._asked(lambda share: f"{as_given(100 * share)} %")
        what = {
            "spend": "what the plan spends",
            "capex": "the plan's capital",
            "pv_cost": "the plan's present cost",
        }
        whole = what[self.measure] if self.of == "portfolio" else "the envelopes"
        each = " each year" if self.per == "year" else ""
        return f"{self.scope.replace('=', ' ')}: {limits} of {whole}{each}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        rows = []
        for year, label in _years(self, options, rules):
            part = money(options, rules, self.scope, year, self.measure)
            for share, least in self.ends:
                if self.of == "portfolio":
                    whole = money(options, rules, "all", year, self.measure)
                    row = _row(self.rule, part - share * whole, *_end(0.0, least), label, "share of the plan")
                    row = replace(row, share=(part, whole, share))
                else:
                    total = share * sum(amount * times for amount, times in self.whole(options, rules, year))
                    row = _row(self.rule, part, *_end(total, least), label, options.money_unit)
                rows.append(replace(row, year=year))
        return rows

    def whole(self, options: Options, rules: Sequence[Rule], year: int | None) -> list[tuple[float, float]]:
        """Amount and factor of every envelope that it is a share of, in a year or in all."""
        made_of = [r for r in rules if isinstance(r, Envelope) and r.scope == "all" and year in (None, r.year)]
        return [(r.amount, options.factors[r.year] if self.measure == "pv_cost" else 1.0) for r in made_of]


@dataclass(frozen=True)
class Count(Range):
    """How many projects of a scope may or must be in."""

    moved_by_costs: ClassVar[bool] = False
    missed: ClassVar[tuple[str, str]] = ("fewer than it allows", "more than it allows")

    def unit_of(self, money: str, amount: float = 2) -> str:
        return "project" if round(amount, 6) == 1 else "projects"

    def sentence(self, unit: str) -> str:
        limits = self._asked()
        return f"{limits[0].upper()}{limits[1:]} projects{_for(self.scope)}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        inside = np.where(options.matches(self.scope) & ~options.stops, 1.0, 0.0)
        return self._between(inside, self.rule, "projects")


@dataclass(frozen=True)
class Spend(Range):
    """Least or most money of a scope, each year or over the horizon."""

    reads: ClassVar[tuple[str, ...]] = ("synergy", "envelope")

    measure: Literal["spend", "capex", "pv_cost"] = field(default="spend", kw_only=True)
    per: Literal["year", "horizon"] = field(default="horizon", kw_only=True)

    def sentence(self, unit: str) -> str:
        limits = self._asked()
        what = {"spend": "", "capex": " of capital", "pv_cost": " of present cost"}[self.measure]
        each = "each year" if self.per == "year" else "over all years"
        return f"{limits[0].upper()}{limits[1:]} {unit}{what}{_for(self.scope)} {each}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        rows = []
        for year, label in _years(self, options, rules):
            spend = money(options, rules, self.scope, year, self.measure)
            rows += [replace(row, year=year) for row in self._between(spend, label, options.money_unit)]
        return rows


@dataclass(frozen=True)
class Demand(Range):
    """Least or most of any demand that options make, such as the change that a unit can take in a quarter.

    `demand` is a tuple of (project_id, level, amount); level None is every level but stop.
    """

    moved_by_costs: ClassVar[bool] = False
    held: ClassVar[str] = "maximum"
    missed: ClassVar[tuple[str, str]] = ("more", "more")

    demand: tuple[tuple[str, str | None, float], ...] = field(kw_only=True)
    maximum: float = field(kw_only=True)
    unit: str = field(default="", kw_only=True)

    def unit_of(self, money: str, amount: float = 2) -> str:
        return self.unit

    def sentence(self, unit: str) -> str:
        return f"{self.rule}: {self._asked()} {self.unit}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        total = np.zeros(len(options))
        for project_id, level, amount in self.demand:
            total[options.of(project_id, level)] += amount
        return self._between(total, self.rule, self.unit)


def _years(rule: Share | Spend, options: Options, rules: Sequence[Rule]) -> list[tuple[int | None, str]]:
    """Years that a rule holds for, and labels: of the envelopes, set aside or not, else of what is spent; None: all."""
    if rule.per == "horizon":
        return [(None, rule.rule)]
    years = {r.year for r in rules if isinstance(r, Envelope)} or set(options.years)
    return [(year, f"{rule.rule} {year}") for year in sorted(years)]


def some_of(columns: NDArray[np.int64], lower: float = 1, upper: float = inf, rule: str = "") -> Row:
    """The row of plans that hold so many of some options, from least to most; one or more of them, if not given."""
    return Row(rule, columns, np.ones(len(columns)), lower, upper)


@dataclass(frozen=True)
class Mandatory(Rule):
    """The project is in, at one of its levels, by law."""

    project_id: str = field(kw_only=True)
    reason: str = field(default="", kw_only=True)

    @property
    def name(self) -> str:
        return f"{self.project_id} mandatory"

    def sentence(self, unit: str) -> str:
        return f"{self.project_id} must be done" + (f": {self.reason}" if self.reason else "")

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        return [some_of(options.of(self.project_id), rule=self.name)]


@dataclass(frozen=True)
class Committed(Rule):
    """The project is running: exactly one of its levels is chosen, stop included."""

    project_id: str = field(kw_only=True)

    @property
    def name(self) -> str:
        return f"{self.project_id} committed"

    def sentence(self, unit: str) -> str:
        return f"{self.project_id} is running: exactly one of its levels is chosen, stop included"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        return [some_of(options.of(self.project_id, stop=True), rule=self.name)]


def _named(project_id: str, level: str | None) -> str:
    """A project, with its level where one is meant."""
    return f"{project_id} {level}" if level else project_id


@dataclass(frozen=True)
class Pair(Rule):
    """A link from one project (at one level, or at any) to another one (at one level, or at any)."""

    word: ClassVar[str] = "with"

    project_id: str = field(kw_only=True)
    other_id: str = field(kw_only=True)
    level: str | None = field(default=None, kw_only=True)
    other_level: str | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        return f"{_named(self.project_id, self.level)} {self.word} {_named(self.other_id, self.other_level)}"

    def sides(self, options: Options) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The options of either project."""
        return options.of(self.project_id, self.level), options.of(self.other_id, self.other_level)


@dataclass(frozen=True)
class Requires(Pair):
    """The project needs the other one, deferred no longer."""

    word: ClassVar[str] = "requires"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        (mine, other), delays = self.sides(options), options.delays
        rows = []
        for years in sorted(set(delays[mine])):
            sides = mine[delays[mine] <= years], other[delays[other] <= years]
            signs = np.repeat([1.0, -1.0], [*map(len, sides)])
            rows.append(Row(self.name, np.concatenate(sides), signs, -inf, 0))
        return rows


@dataclass(frozen=True)
class Excludes(Pair):
    """The two cannot both be in."""

    word: ClassVar[str] = "excludes"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        return [some_of(np.concatenate(self.sides(options)), -inf, 1, self.name)]


@dataclass(frozen=True)
class Group(Rule):
    """Exactly one member of the group is in (`least` 1), or at most one (`least` 0)."""

    group: str = field(kw_only=True)
    members: tuple[tuple[str, str | None], ...] = field(kw_only=True)
    least: int = field(default=1, kw_only=True)

    @property
    def name(self) -> str:
        return f"{'exactly' if self.least else 'at most'} one of {self.group}"

    def sentence(self, unit: str) -> str:
        return f"{self.name[0].upper()}{self.name[1:]} ({in_row(_named(p, v) for p, v in self.members)})"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        members = np.concatenate([options.of(p, level) for p, level in self.members])
        return [some_of(members, self.least, 1, self.name)]


@dataclass(frozen=True)
class Override(Rule):
    """A decision that the engine must take as given: who wants it, when, and why."""

    project_id: str = field(kw_only=True)
    in_out: Literal["in", "out"] = field(kw_only=True)
    level: str | None = field(default=None, kw_only=True)
    reason: str = field(default="", kw_only=True)
    decided_by: str = field(default="", kw_only=True)
    date: dt.date | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        return f"override {_named(self.project_id, self.level)} {self.in_out}"

    def sentence(self, unit: str) -> str:
        who, why = f", decided by {self.decided_by}" * bool(self.decided_by), f": {self.reason}" * bool(self.reason)
        return f"{_named(self.project_id, self.level)} is {self.in_out}{who}{why}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        where = options.of(self.project_id, self.level)
        low, high = (1, inf) if self.in_out == "in" else (-inf, 0)
        return [some_of(where, low, high, self.name)]


@dataclass(frozen=True)
class Synergy(Pair):
    """Both in together change value or cost by an amount (signed); a cost falls in one year."""

    amount: float = field(kw_only=True)
    quantity: Literal["value", "cost"] = field(default="value", kw_only=True)
    year: int | None = field(default=None, kw_only=True)

    def joint_money(self, options: Options, scope: str, year: int | None, measure: str) -> float:
        """A cost counts as a row of the costs table: of the first project, in its year, kind capex, no fund."""
        if self.quantity == "value":
            return 0.0
        if self.year is None or self.year not in options.factors:
            raise InputError(f"{self.name}: a cost of two together needs a year of the question, not {self.year}.")
        if year not in (None, self.year) or not options.holds_capital(scope)[options.of(self.project_id)[0]]:
            return 0.0
        return self.amount * (options.factors[self.year] if measure == "pv_cost" else 1.0)

    @property
    def name(self) -> str:
        when = f" {self.year}" if self.year is not None else ""
        return f"{self.quantity} of {super().name}{when}"

    def sentence(self, unit: str) -> str:
        word = "more" if self.amount > 0 else "less"
        return f"{self.name[0].upper()}{self.name[1:]}: {as_given(abs(self.amount))} {word} when both are in"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        return []
