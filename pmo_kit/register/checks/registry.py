"""One list of all data-quality rules; a rule looks at the evidence and returns rows and words, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from inspect import signature
from typing import Any, Protocol, TypeVar

import numpy as np
import pandas as pd

from pmo_kit.register.findings import Findings, Intake, empty_table
from pmo_kit.register.schema import Column, load_schema
from pmo_kit.register.settings import Settings

T = TypeVar("T")


class Previous(Protocol):
    """What the rules ask of the previous committee's register."""

    @property
    def settings(self) -> Settings:
        """What its figures share."""

    def table(self, name: str) -> pd.DataFrame:
        """A table by name."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rules look at: the typed tables with the place of each cell, settings, the last register.

    Parameters
    ----------
    intakes : mapping of str to Intake
        Tables that are present, by name.
    settings : Settings
        Of this register; `places` holds where each of them is written, as `Findings.add` takes it.
    previous : Previous or None
        The previous committee's register, for rules that compare.
    today : date or None
        For ages; the settings' `as_of` when None.
    """

    intakes: Mapping[str, Intake]
    settings: Settings
    previous: Previous | None = None
    today: date | None = None
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    _counted: dict[tuple[str, str], Counter[Any]] = field(default_factory=dict, init=False, repr=False)
    _made: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False)

    def has(self, *names: str) -> bool:
        """True when all the tables are present and have rows."""
        return all(name in self.intakes and len(self.intakes[name].frame) > 0 for name in names)

    def frame(self, name: str) -> pd.DataFrame:
        """The typed table; an empty one where it is absent."""
        return self.intakes[name].frame if name in self.intakes else empty_table(load_schema()[name])

    def written(self, *types: str) -> Iterator[tuple[Intake, Column, pd.Series]]:
        """Every column that a table was given, of some types, with its typed cells."""
        return (found for found in self.once(_written) if not types or found[1].type in types)

    def present(self, *names: str) -> Iterator[tuple[str, pd.DataFrame]]:
        """Those of some tables that have rows, by name."""
        return ((name, self.intakes[name].frame) for name in names if self.has(name))

    def counted(self, table: str, column: str) -> Counter[Any]:
        """How often each value stands in a column of a table."""
        if (table, column) not in self._counted:
            found = Counter[Any](self.intakes[table].frame[column].tolist() if table in self.intakes else [])
            self._counted[table, column] = Counter({one: n for one, n in found.items() if not pd.isna(one)})
        return self._counted[table, column]

    def known(self, table: str, column: str) -> set[Any]:
        """The values of a column, as a set."""
        return set(self.counted(table, column))

    def owner(self, column: str) -> pd.Series:
        """A column of the projects by project_id, the first row of each."""
        return self.once(_owners)[column]

    def once(self, make: Callable[[Evidence], T]) -> T:
        """What a function makes of the evidence, made once for all rules."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @cached_property
    def to_come(self) -> pd.DataFrame:
        """The costs that are not spent."""
        costs = self.frame("costs")
        return costs[costs["state"] != "actual"]

    @property
    def this_year(self) -> Any:
        """Fiscal year of `as_of`; where that is not stated a missing one, before or after which nothing is."""
        return pd.NA if self.settings.as_of is None else self.settings.fiscal_year(self.settings.as_of)


def _written(evidence: Evidence) -> list[tuple[Intake, Column, pd.Series]]:
    return [
        (intake, column, intake.frame[column.name])
        for intake in evidence.intakes.values() for column in intake.table if column.name in intake.raw
    ]  # fmt: skip


def _owners(evidence: Evidence) -> pd.DataFrame:
    return evidence.frame("projects").drop_duplicates("project_id").set_index("project_id")


class Found:
    """What a rule found in one column of a table; its words stand in the list `told` of words.yml.

    Parameters
    ----------
    table, column : str
        Of the register; "settings" and the key of a setting, too.
    rows : DataFrame, mask or None
        Rows of the table, by position, with the cells that the words name, or a mask of them; None where the column as
        a whole is meant.
    what : str
        Which of the things that the rule tells, where these are several.
    value : object
        What is shown, where `rows` is None.
    **said : object
        What stands for the names in the words; else these are the cells, or `table` and `column` as above.
    """

    def __init__(
        self, table: str, column: str, rows: Any = None, what: str = "", *, value: object = "", **said: Any
    ) -> None:
        self.table, self.column, self.rows = table, column, rows
        self.what, self.value, self.said = what, value, said


def of_projects(ids: pd.Series, values: pd.Series) -> pd.Series:
    """A number of the project of each row; missing where it has none."""
    known = dict(zip(values.index, values.to_numpy(dtype=float, na_value=np.nan), strict=True))
    return pd.Series([known.get(one, np.nan) for one in ids.tolist()], index=ids.index, dtype=float)


_NONE = pd.DataFrame(columns=["one", "near"], dtype="str")


def those(cells: pd.Series, said: Mapping[Any, str]) -> pd.DataFrame:
    """The rows of a column in which one of some things stands: as `one`, and what is said of it as `near`."""
    if not said:
        return _NONE
    lines = cells[cells.isin(list(said))]
    return pd.DataFrame({"one": lines, "near": lines.map(said)})


Check = Callable[..., Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """One data-quality rule.

    Parameters
    ----------
    number : int
        In the published list of 36; 0 for rules of the register's own shape.
    check : callable
    asked : tuple of str
        What its parameters are called, and what it is given: tables and the previous register, without which it says
        nothing, and the evidence.
    """

    number: int
    check: Check
    asked: tuple[str, ...]


RULES: dict[str, Rule] = {}
"""By name, as in the findings and waivers; reading itself applies others, cell by cell."""


def rule(number: int = 0) -> Callable[[Check], Check]:
    """Register a function as the rule of its own name."""

    def note(check: Check) -> Check:
        RULES[getattr(check, "__name__")] = Rule(number, check, tuple(signature(check).parameters))  # noqa: B009
        return check

    return note


def run_checks(evidence: Evidence, findings: Findings) -> None:
    """Run every rule; all problems are collected, none stops the others."""
    whole = {"evidence": evidence, "previous": evidence.previous}
    for name, one in RULES.items():
        if any(whole[asks] is None if asks in whole else not evidence.has(asks) for asks in one.asked):
            continue
        given = {asks: whole[asks] if asks in whole else evidence.frame(asks) for asks in one.asked}
        for found in one.check(**given):
            what, intake = f"{name} {found.what}".strip(), evidence.intakes.get(found.table)
            if intake is not None and found.rows is not None:
                findings.tell_rows(what, intake, found.rows, found.column, **found.said)
            elif intake is not None or found.table == "settings":
                if intake is None:
                    place = {**evidence.places.get(found.column, {"sheet": "settings"}), "column": found.column}
                else:
                    place = {"file": intake.file, "sheet": intake.sheet, "column": intake.header(found.column, 0)}
                words = {"table": found.table, "column": found.column, **found.said}
                findings.add(what, words, place | {"value": found.value})
