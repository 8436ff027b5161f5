"""Facts: what a number is, of what, on which basis; and the one way to print it.

A number that anyone may print is a `Fact`. Sentences are made from facts by `say`, and keep them; nobody reads a
sentence, a label or a unit back. Two facts with one key, one `of` and one base have one value (`collect`).
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import wraps
from pathlib import Path
from string import Formatter
from typing import Any, Literal, ParamSpec

from pmo_kit.errors import PmoError

P = ParamSpec("P")
THIN_SPACE = "\u202f"
MINUS = "\u2212"
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""Control characters, halves of characters, signs that turn a text: no medium prints them, some cannot hold them."""
MISSING = "n/a"
WIDE = Context(prec=400, rounding=ROUND_HALF_UP)
"""Room for the digits of every number that a machine holds."""

COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]

with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as _rows:
    _LISTED = list(csv.DictReader(_rows))
KEYS: dict[str, str] = {row["key"]: row["meaning"] for row in _LISTED}
"""Every key, and what it means. A key that is not here cannot be printed."""
UNITS: dict[str, str] = {row["key"]: row["unit"] for row in _LISTED}
"""What each key counts: a thing, a share, money, or the value that a question maximizes, which may be points."""


@dataclass(frozen=True)
class Unit:
    """What is counted: money with its currency, scale and prices; a share; or a thing ("projects", "FTE").

    Examples
    --------
    >>> euros = Unit("money", "EUR", "million", "real 2026")
    >>> euros.short, euros.words
    ('EUR million', 'EUR million, real 2026')
    >>> Unit("projects").words
    'projects'
    """

    thing: str
    currency: str = ""
    scale: str = ""
    prices: str = ""

    @property
    def short(self) -> str:
        """The unit without its prices."""
        if self.thing != "money":
            return self.thing
        scale = "" if self.scale in ("", "unit") else f" {self.scale}"
        unstated = f"{scale} (currency not stated)".strip() if scale else "currency not stated"
        return self.currency + scale if self.currency else unstated

    @property
    def words(self) -> str:
        """The whole unit, as under a figure."""
        return f"{self.short}, {self.prices}" if self.thing == "money" and self.prices else self.short


SHARE = Unit("%")
"""Unit of a share; the value is between 0 and 1 and is printed in percent."""


MEASURE = Unit("measure")
"""Unit of an amount that is in the unit of its exhibit."""


@dataclass(frozen=True)
class Of:
    """What a fact is about; ids, never labels. What is not given is meant in all."""

    project: str | None = None
    level: str | None = None
    year: int | None = None
    period: str | None = None
    envelope: str | None = None
    role: str | None = None
    area: str | None = None
    rule: str | None = None
    case: str | None = None
    plan: str | None = None
    part: str | None = None


@dataclass(frozen=True)
class Base:
    """On which figures a number stands, of which question, and over which set.

    Parameters
    ----------
    figures : str
        "likely" (as planned), "expected" (means) or "sure" (met with the confidence `level`).
    level : float, optional
        The confidence, or the share of futures of a quantile.
    question : str
        Fingerprint of the question: its register, rules, orders and starts.
    over : str
        The set that the number ranges over: "20 refused projects", "5 cases beside today".
    draws, seed : int, optional
        Where it was simulated.
    """

    figures: Literal["likely", "expected", "sure", "counted"] = "likely"
    level: float | None = None
    question: str = ""
    over: str = ""
    draws: int | None = None
    seed: int | None = None

    @property
    def word(self) -> str:
        """The word that a sentence must hold where it puts figures of several bases together."""
        if self.figures == "sure":
            return "median" if self.level == 0.5 else f"{number(100 * (self.level or 0), 0)} % sure"
        return {"likely": "planned", "expected": "expected", "counted": ""}[self.figures]


_printed: ContextVar[dict[str, Fact] | None] = ContextVar("printed", default=None)


@contextmanager
def printing() -> Iterator[dict[str, Fact]]:
    """Every number that `number`, `money`, `percent` and `count` print inside, by its words, as a fact.

    What one figure alone states (a count in its title, the ends of a range beside a mark) needs no name of its own:
    that it was printed by the one function that prints, from a number, is what makes it a fact.

    Examples
    --------
    >>> with printing() as told:
    ...     words = f"{count(3, 'project')} for {number(4.55)}"
    >>> words, [fact.key for fact in told.values()]
    ('three projects for 4.6', ['count', 'amount'])
    """
    told: dict[str, Fact] = {}
    outer = _printed.set(told)
    try:
        yield told
    finally:
        _printed.reset(outer)


@dataclass(frozen=True)
class Fact:
    """One number that may be printed.

    Parameters
    ----------
    key : str
        From `KEYS`.
    value : float
        Money in the unit's scale, a count, or a share between 0 and 1.
    unit : Unit
    of : Of
    base : Base

    Raises
    ------
    KeyError
        For a key that `KEYS` does not have.

    Examples
    --------
    >>> money = Unit("money", "EUR", "million", "real 2026")
    >>> fact = Fact("plan.value", 63.85, money)
    >>> fact.words(), f"{fact:unit}", f"{fact:+}"
    ('63.9', '63.9 EUR million', '+63.9')
    >>> day, days = (Fact("plan.refused", n, Unit("days")) for n in (1, 2))
    >>> f"{day: day|days}", f"{day:day|days}", f"{days: day|days}", f"{days:words day late|days late}"
    ('1 day', '1 day', '2 days', 'two days late')
    """

    key: str
    value: float
    unit: Unit
    of: Of = Of()
    base: Base = Base()

    def __post_init__(self) -> None:
        if self.key not in KEYS:
            raise KeyError(f"no fact is called {self.key!r}; pmo_kit.facts.KEYS lists them")

    @printing()
    def words(self, spec: str = "") -> str:
        """The number as it is printed; `spec` as in `say`."""
        if spec[:1] == "=":
            return spec[1:].split("|")[self.value != 1]
        if "|" in spec:
            how, _, nouns = (spec if "|" not in spec.split()[0] else f" {spec.strip()}").partition(" ")
            return f"{self.words(how)} {nouns.split('|')[self.value != 1]}"
        if "ords" in spec:
            written = "none" if "nones" in spec and not self.value else count(self.value)
            return sentence(written) if "Words" in spec else written
        signed, whole = "+" in spec, self.unit.thing != "money" and float(self.value).is_integer()
        if self.unit == SHARE:
            return percent(self.value, 1 if ".1" in spec else 0, signed)
        printed = number(self.value, 0, signed) if whole else money(self.value, signed)
        return f"{printed} {self.unit.short}" if "unit" in spec else printed

    __format__ = words

    @property
    def exact(self) -> str:
        """The number with two digits behind the point, as letters print it; a share in percent.

        Examples
        --------
        >>> Fact("plan.value", 32.4552, Unit("money", "EUR", "million")).exact, Fact("share", 0.1966, SHARE).exact
        ('32.46', '19.66')
        """
        with printing():
            return as_given(round(self.value * (100 if self.unit == SHARE else 1), 2))


class Sentence(str):
    """Words that keep the facts they were made from, through joining and title case."""

    facts: tuple[Fact, ...]

    def __new__(cls, words: str, facts: Iterable[Fact] = ()) -> Sentence:
        made = super().__new__(cls, words)
        made.facts = tuple(facts)
        return made

    def __add__(self, other: str) -> Sentence:
        return Sentence(str(self) + str(other), self.facts + facts_of(other))

    def __radd__(self, other: str) -> Sentence:
        return Sentence(str(other) + str(self), facts_of(other) + self.facts)

    def join(self, parts: Iterable[str]) -> Sentence:
        parts = list(parts)
        return Sentence(str(self).join(parts), (fact for part in parts for fact in facts_of(part)))

    def rstrip(self, ends: str | None = None, /) -> Sentence:
        return Sentence(str(self).rstrip(ends), self.facts)


def facts_of(words: object) -> tuple[Fact, ...]:
    """The facts that words were made from, or the fact itself; none for plain words.

    Examples
    --------
    >>> facts_of("none"), len(facts_of(say("{n} projects", n=Fact("plan.funded", 8, Unit("projects")))))
    ((), 1)
    """
    return (words,) if isinstance(words, Fact) else getattr(words, "facts", ())


class FactError(PmoError):
    """Two facts contradict one another, or a sentence puts figures of two bases side by side unsaid."""


def say(template: str, /, between: Any = "", **parts: Any) -> Sentence:
    """A sentence made from facts; `template` has the words and a name in braces for each part.

    Behind a colon: `+` prints a sign, `unit` adds the unit, `words` writes a count up to twelve in letters
    (`nones-words` also zero as "none"), `.1` prints a share with a decimal; behind a blank `one|many` is the noun.
    `=is|are` is only the word for one or for many. Parts that are no facts (names, other sentences) are put in as they
    are.

    Raises
    ------
    FactError
        Figures of several bases stand in it, and the sentence does not name each basis ("planned",
        "expected", "80 % sure"). Facts of other questions are to be told apart by the caller's words,
        which `between` repeats.

    Examples
    --------
    >>> money = Unit("money", "EUR", "million")
    >>> planned = Fact("plan.value", 60.2, money)
    >>> mean = Fact("plan.value", 32.8, money, base=Base("expected"))
    >>> print(say("{a} planned, {b} expected", a=planned, b=mean))
    60.2 planned, 32.8 expected
    >>> print(say("{n:nones-Words} {n:=waits|wait}", n=Fact("plan.refused", 0, Unit("projects"))))
    None wait
    >>> say("{a} or {b}", a=planned, b=mean)
    Traceback (most recent call last):
        ...
    pmo_kit.facts.FactError: figures of several bases stand in '60.2 or 32.8', which does not say expected, planned
    """
    said = [name for _, name, spec, _ in Formatter().parse(template) if name and not str(spec).startswith("=")]
    words = template.format(**parts)
    whole = [f for f in parts.values() if isinstance(f, Fact)]
    needed = sorted({f.base.word for f in whole} - {""})
    if len(needed) > 1 and (absent := [word for word in needed if word not in words.replace(THIN_SPACE, " ")]):
        raise FactError(f"figures of several bases stand in {words!r}, which does not say {', '.join(absent)}")
    questions = {f.base.question for f in whole} - {""}
    if len(questions) > 1 and (not between or between not in words):
        raise FactError(f"figures of several questions in one sentence, which does not say how they differ: {words}")
    return Sentence(words, (fact for name in said for fact in facts_of(parts[name])))


def collect(found: Iterable[tuple[str, Fact]]) -> list[Fact]:
    """Every fact once, in the order of key and subject; each comes with the place where it is printed.

    Raises
    ------
    FactError
        Two places give one key, subject and base two values; every such pair is named. Of two simulations, which draw
        other futures, what is printed has to be the same.

    Examples
    --------
    >>> money = Unit("money", "EUR", "million")
    >>> a, b = Fact("plan.value", 63.8, money), Fact("plan.value", 64.0, money)
    >>> collect([("page one", a), ("annex", b)])
    Traceback (most recent call last):
        ...
    pmo_kit.facts.FactError: plan.value is 63.8 EUR million in page one and 64.0 EUR million in annex
    """
    kept: dict[tuple[str, Of, Base], Fact] = {}
    drawn: dict[tuple[str, Of, Base], tuple[str, Fact]] = {}
    faults = []
    for place, fact in found:
        kept.setdefault((fact.key, fact.of, fact.base), fact)
        whichever = replace(fact.base, draws=None, seed=None)
        first, known = drawn.setdefault((fact.key, fact.of, whichever), (place, fact))
        equal = math.isclose(known.value, fact.value, rel_tol=1e-9, abs_tol=1e-9)
        alike = equal if known.base == fact.base else known.words() == fact.words()
        if known.unit != fact.unit or not alike:
            about = ", ".join(f"{name} {value}" for name, value in asdict(fact.of).items() if value is not None)
            what = f"{fact.key} ({about})" if about else fact.key
            faults.append(f"{what} is {known:unit} in {first} and {fact:unit} in {place}")
    if faults:
        raise FactError("\n".join(dict.fromkeys(faults)))
    return sorted(kept.values(), key=lambda fact: (fact.key, repr(fact.of), repr(fact.base)))


def to_json(fact: Fact) -> dict[str, Any]:
    """A fact as plain data; what is not given is left out."""
    parts = asdict(fact)
    for part in ("unit", "of", "base"):
        parts[part] = {name: value for name, value in parts[part].items() if value not in (None, "")}
    return parts


def from_json(data: Mapping[str, Any]) -> Fact:
    """The fact of `to_json`.

    Examples
    --------
    >>> fact = Fact("plan.spend", 91.5, Unit("money", "EUR", "million"), Of(year=2027))
    >>> from_json(to_json(fact)) == fact
    True
    """
    return Fact(data["key"], data["value"], Unit(**data["unit"]), Of(**data["of"]), Base(**data["base"]))


NUMBER = re.compile(r"(?<![\w.])[−+]?\d+(?:\u202f\d{3})*(?:\.\d+)?")
"""A number as `number` prints it, where it is no part of a word."""


_APART = re.compile(r"(?<=\d) (?=%|(?:[A-Z]{3}|M|million|billion|years?|months?)\b)")


def bound(words: str) -> str:
    """Words in which no line ends between a number and its unit: the space there does not break.

    Examples
    --------
    >>> bound("38 % of 4.5 EUR million in 3 years, 2 of 4 projects")
    '38\xa0% of 4.5\xa0EUR million in 3\xa0years, 2 of 4 projects'
    """
    return _APART.sub("\u00a0", words)


def told_in(words: str, told: Mapping[str, Fact]) -> tuple[Fact, ...]:
    """Those of the printed numbers that stand in words, in the order of the words, whoever printed first."""
    read = dict.fromkeys([*NUMBER.findall(words), *re.findall(r"[a-z]+", words.lower())])
    return tuple(told[printed] for printed in read if printed in told)


def keeping(make: Callable[P, str]) -> Callable[P, Sentence]:
    """Decorate a function that makes a sentence of plain words: the sentence keeps the numbers printed in it as facts.

    Examples
    --------
    >>> facts_of(keeping(lambda: f"{number(4.55)} too much")())[0].value
    4.6
    """

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> Sentence:
        with printing() as told:
            words = make(*args, **kwargs)
        return Sentence(words, (*facts_of(words), *told_in(words, told)))

    return made


def _tell(words: str, key: str, value: float, unit: Unit) -> str:
    """Words of a number, kept with the value that they say for who listens."""
    told = _printed.get()
    if told is not None and math.isfinite(value):
        told.setdefault(words, Fact(key, value, unit, Of(part=words), Base("counted")))
    return words


def number(value: object, decimals: int = 1, signed: bool = False) -> str:
    """A number as a committee reads it: thin spaces between thousands, a real minus, n/a when missing.

    Halves go away from zero on the decimal representation of 15 digits, as a spreadsheet and an accountant
    round; binary halves would print 1.15 as 1.1 in one medium and 1.2 in another.

    Parameters
    ----------
    value : float or None
        None, NaN and NaT are missing.
    decimals : int
        Digits after the point.
    signed : bool
        Print a plus before positive numbers; zero has no sign.

    Examples
    --------
    >>> number(-1234.56), number(1.15), number(2.5, 0), number(-0.25)
    ('−1\u202f234.6', '1.2', '3', '−0.3')
    >>> number(4.5, signed=True), number(-0.04), number(float("nan"))
    ('+4.5', '0.0', 'n/a')
    """
    if is_missing(value):
        return MISSING
    amount = float(value)  # type: ignore[arg-type]
    if math.isinf(amount):
        return "∞" if amount > 0 else f"{MINUS}∞"
    exact = rounded(amount, decimals)
    text = f"{exact:{'+' if signed and exact else ''}z,.{decimals}f}".replace(",", THIN_SPACE).replace("-", MINUS)
    return _tell(text, "amount", float(exact), MEASURE)


_plainly = printing()(number)
"""`number`, for words that tell more of it than that it is an amount."""


def rounded(value: float, decimals: int = 1) -> Decimal:
    """The number that `number` prints: halves away from zero on 15 significant digits.

    Examples
    --------
    >>> rounded(84.85), rounded(-2.675, 2), rounded(0.1 + 0.2, 1)
    (Decimal('84.9'), Decimal('-2.68'), Decimal('0.3'))
    """
    return Decimal(format(value, ".15g")).quantize(Decimal(1).scaleb(-decimals), context=WIDE)


def as_given(value: object) -> str:
    """A number as somebody gave it: no digit before the point is lost, six are kept behind it.

    Examples
    --------
    >>> as_given(1234567.5), as_given(0.85), as_given(14.0), as_given(0.1 + 0.2), as_given(2.5e-7)
    ('1\u202f234\u202f567.5', '0.85', '14', '0.3', '0.00000025')
    """
    amount = math.nan if is_missing(value) else float(value)  # type: ignore[arg-type]
    size = abs(amount)
    if 1e15 <= size < math.inf:
        return f"{value:.6g}".replace("-", MINUS)
    text = _plainly(amount, 5 - Decimal(size).adjusted() if 0 < size < 1e-3 else 6)
    return _tell(text.rstrip("0").rstrip(".") if "." in text else text, "amount", amount, MEASURE)


def money(value: float, signed: bool = False) -> str:
    """An amount in the register's unit: one decimal below 1000, none from there on.

    Examples
    --------
    >>> money(48.5), money(6917.24)
    ('48.5', '6\u202f917')
    """
    return number(value, 0 if abs(value) >= 1000 else 1, signed)


def percent(share: float, decimals: int = 0, signed: bool = False) -> str:
    """A share as a percentage, with a thin space before the sign.

    Examples
    --------
    >>> percent(-0.15)
    '−15\u202f%'
    """
    words = _plainly(100 * share, decimals, signed)
    known = not is_missing(share) and math.isfinite(share)
    printed = float(rounded(100 * share, decimals)) / 100 if known else math.nan
    return f"{_tell(words, 'share', printed, SHARE)}{THIN_SPACE}%"


def count(things: float, noun: str = "", plural: str = "") -> str:
    """A number of things in words up to twelve.

    Examples
    --------
    >>> count(8, "project"), count(1, "project"), count(30, "finding")
    ('eight projects', 'one project', '30 findings')
    """
    word = COUNTS[int(things)] if things in range(len(COUNTS)) else _plainly(things, int(float(things) % 1 > 0))
    _tell(word, "count", float(things), Unit(plural or f"{noun}s" if noun else "count"))
    return f"{word} {noun if things == 1 else plural or f'{noun}s'}" if noun else word


def or_none(n: float) -> str:
    """How many of several, in words."""
    return count(n) if n else "none"


def many(n: float, nouns: str) -> str:
    """How many at the beginning of a sentence; `nouns` are for one and for several.

    Examples
    --------
    >>> many(1, "project hopes|projects hope"), many(0, "check was|checks were")
    ('One project hopes', 'No checks were')
    """
    return sentence(count(n, *nouns.split("|")))


def sentence(text: str) -> str:
    """Text with a capital letter in front; the rest is left as it is.

    Examples
    --------
    >>> sentence("eight projects")
    'Eight projects'
    """
    return Sentence(text[:1].upper() + text[1:], facts_of(text))


def in_sentence(label: str) -> str:
    """A label inside a sentence: without its capital letter, unless that is the beginning of a code.

    Examples
    --------
    >>> in_sentence("Load test fails"), in_sentence("P02-R1")
    ('load test fails', 'P02-R1')
    """
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


def at_least_some(amount: float) -> str:
    """An amount that is more than nothing, also where it would be printed as nought."""
    return number(amount) if amount >= 0.05 or amount <= 0 else f"less than {number(0.1)}"


def between(low: float, high: float) -> str:
    """An amount, or the two that it lies between, where they are printed apart.

    Examples
    --------
    >>> between(4.5, 4.51), between(2, 4.5), between(0.0, 0.04)
    ('4.5', '2.0 to 4.5', 'less than 0.1')
    """
    return at_least_some(high) if number(low) == number(high) else f"{number(low)} to {number(high)}"


def in_row(names: Iterable[str]) -> str:
    """Names one after another, as behind a colon; semicolons part them where a name has a comma of its own.

    Examples
    --------
    >>> in_row(["Leak sensors", "Own solar"]), in_row(["Sewer relining, old town", "Own solar"])
    ('Leak sensors, Own solar', 'Sewer relining, old town; Own solar')
    """
    every = list(names)
    return say(_apart(every)).join(every)


def _apart(names: list[str]) -> str:
    return "; " if any(", " in name for name in names) else ", "


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, parted as by `in_row`.

    Examples
    --------
    >>> listed(["Leak sensors", "Own solar", "Storm overflows"])
    'Leak sensors, Own solar and Storm overflows'
    >>> listed(["Sewer relining, old town", "Storm overflows"])
    'Sewer relining, old town; and Storm overflows'
    """
    *most, last = list(names) or ["nothing"]
    mark = _apart([*most, last])
    return say("{most}{end} and {last}", most=say(mark).join(most), end=mark.strip(", "), last=last) if most else last


def shortened(names: Iterable[str], most: int = 3) -> str:
    """The first names in a sentence and how many more there are.

    Examples
    --------
    >>> shortened(["A", "B", "C", "D", "E"], 2)
    'A, B and 3 more'
    """
    every = list(names)
    if len(every) > most + 1:
        every = [*every[:most], f"{number(len(every) - most, 0)} more"]
    return listed(every)


def doing(names: Iterable[str], verb: str, most: int = 3) -> str:
    """The first names with their verb, which is for one and for several.

    Examples
    --------
    >>> doing(["Own solar"], "waits|wait"), doing(["Own solar", "Leak sensors"], "waits|wait")
    ('Own solar waits', 'Own solar and Leak sensors wait')
    """
    every = list(names)
    return f"{shortened(every, most)} {verb.split('|')[len(every) != 1]}"


def is_missing(value: object) -> bool:
    """True for None, NaN, NaT and pandas' NA, of whatever type.

    Examples
    --------
    >>> is_missing(None), is_missing(float("nan")), is_missing(0.0), is_missing("")
    (True, True, False, False)
    """
    return type(value).__name__ in ("NoneType", "NAType", "NaTType") or (isinstance(value, float) and math.isnan(value))
