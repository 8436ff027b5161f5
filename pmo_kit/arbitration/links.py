"""Rules of logic: what must be in, what needs or shuts out what, and what is decided already.

Source: Nemhauser and Wolsey (1988), Integer and Combinatorial Optimization, I.1 (linear rows for logic).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from pmo_kit.arbitration.options import split_scope
from pmo_kit.arbitration.rules import Row, Rule, amount_words

if TYPE_CHECKING:
    from pmo_kit.arbitration.options import Options


def _logic(
    rule: str, plus: NDArray[np.int64], minus: NDArray[np.int64] | None, lower: float, upper: float
) -> Row:
    """sum of x[plus] - sum of x[minus] between two bounds."""
    minus = np.empty(0, np.int64) if minus is None else minus
    columns = np.concatenate([plus, minus])
    return Row(rule, columns, np.concatenate([np.ones(len(plus)), -np.ones(len(minus))]), lower, upper)


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
        return [_logic(self.name, options.of(self.project_id), None, 1, inf)]


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
        return [_logic(self.name, options.of(self.project_id, stop=True), None, 1, inf)]


def _named(project_id: str, level: str | None) -> str:
    """A project, with its level where one is meant."""
    return f"{project_id} {level}" if level else project_id


@dataclass(frozen=True)
class Requires(Rule):
    """The project (at one level, or at any) needs another one (at one level, or at any), deferred no
    longer."""

    project_id: str = field(kw_only=True)
    other_id: str = field(kw_only=True)
    level: str | None = field(default=None, kw_only=True)
    other_level: str | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        return f"{_named(self.project_id, self.level)} requires {_named(self.other_id, self.other_level)}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        mine = options.of(self.project_id, self.level)
        other = options.of(self.other_id, self.other_level)
        delays = options.delays
        return [
            _logic(self.name, mine[delays[mine] <= k], other[delays[other] <= k], -inf, 0)
            for k in sorted(set(delays[mine]))
        ]


@dataclass(frozen=True)
class Excludes(Rule):
    """The two cannot both be in."""

    project_id: str = field(kw_only=True)
    other_id: str = field(kw_only=True)
    level: str | None = field(default=None, kw_only=True)
    other_level: str | None = field(default=None, kw_only=True)

    @property
    def name(self) -> str:
        return f"{_named(self.project_id, self.level)} excludes {_named(self.other_id, self.other_level)}"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        both = np.concatenate(
            [options.of(self.project_id, self.level), options.of(self.other_id, self.other_level)]
        )
        return [_logic(self.name, both, None, -inf, 1)]


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
        return f"{self.name[0].upper()}{self.name[1:]} ({', '.join(_named(p, v) for p, v in self.members)})"

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        members = np.concatenate([options.of(p, level) for p, level in self.members])
        return [_logic(self.name, members, None, self.least, 1)]


@dataclass(frozen=True)
class Override(Rule):
    """A decision that the engine must take as given: who wants it, when, and why."""

    project_id: str = field(kw_only=True)
    in_out: Literal["in", "out"] = field(kw_only=True)
    level: str | None = field(default=None, kw_only=True)
    reason: str = field(default="", kw_only=True)
    decided_by: str = field(default="", kw_only=True)
    date: dt.date | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.in_out not in ("in", "out"):
            raise ValueError(f"An override says 'in' or 'out', not {self.in_out!r}.")

    @property
    def name(self) -> str:
        return f"override {_named(self.project_id, self.level)} {self.in_out}"

    def sentence(self, unit: str) -> str:
        who = f", decided by {self.decided_by}" if self.decided_by else ""
        return f"{_named(self.project_id, self.level)} is {self.in_out}{who}" + (
            f": {self.reason}" if self.reason else ""
        )

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        where = options.of(self.project_id, self.level)
        low, high = (1, inf) if self.in_out == "in" else (-inf, 0)
        return [_logic(self.name, where, None, low, high)]


@dataclass(frozen=True)
class Synergy(Rule):
    """Both in together change value or cost by an amount (signed); a cost falls in one year."""

    project_id: str = field(kw_only=True)
    other_id: str = field(kw_only=True)
    amount: float = field(kw_only=True)
    quantity: Literal["value", "cost"] = field(default="value", kw_only=True)
    level: str | None = field(default=None, kw_only=True)
    other_level: str | None = field(default=None, kw_only=True)
    year: int | None = field(default=None, kw_only=True)

    def joint_money(self, options: Options, scope: str, year: int | None, measure: str) -> float:
        """A cost counts as a row of the costs table: of the first project, in its year, kind capex, no fund."""
        if self.quantity == "value":
            return 0.0
        if self.year is None or self.year not in options.factors:
            raise ValueError(
                f"{self.name}: a cost of two together needs a year of the question, not {self.year}."
            )
        if year not in (None, self.year):
            return 0.0
        column, wanted = split_scope(scope)
        own = {"kind": "capex", "fund": ""}
        inside = (
            own[column] == wanted if column in own else options.matches(scope)[options.of(self.project_id)[0]]
        )
        if not inside:
            return 0.0
        return self.amount * (options.factors[self.year] if measure == "pv_cost" else 1.0)

    @property
    def name(self) -> str:
        both = f"{_named(self.project_id, self.level)} with {_named(self.other_id, self.other_level)}"
        when = f" {self.year}" if self.year is not None else ""
        return f"{self.quantity} of {both}{when}"

    def sentence(self, unit: str) -> str:
        word = "more" if self.amount > 0 else "less"
        return (
            f"{self.name[0].upper()}{self.name[1:]}: {amount_words(abs(self.amount))} {word} when both are in"
        )

    def rows(self, options: Options, rules: Sequence[Rule]) -> list[Row]:
        return []
