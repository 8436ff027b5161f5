"""One list of all data-quality rules; a rule looks at the evidence and returns rows and words, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from inspect import signature
from string import Formatter
from typing import Any, Protocol, TypeAlias

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register.findings import Findings, Intake, empty_table
from pmo_kit.register.schema import Column, Schema
from pmo_kit.register.settings import Settings
from pmo_kit.register.values import words


class Previous(Protocol):
    """What the rules ask of the previous committee's register."""

    @property
    def settings(self) -> Settings:
        """What its figures share."""

    def has(self, name: str) -> bool:
        """True when the table is present and has rows."""

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
        Of this register; `places` holds where each of them is written (file, sheet, row).
    schema : Schema
        The tables' description.
    previous : Previous or None
        The previous committee's register, for rules that compare.
    today : date or None
        For ages; the settings' `as_of` when None.
    """

    intakes: Mapping[str, Intake]
    settings: Settings
    schema: Schema
    previous: Previous | None = None
    today: date | None = None
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """True when all the tables are present and have rows."""
        return all(name in self.intakes and len(self.intakes[name].frame) > 0 for name in names)

    def frame(self, name: str) -> pd.DataFrame:
        """The typed table; an empty one where it is absent."""
        return self.intakes[name].frame if name in self.intakes else empty_table(self.schema[name])

    def written(self, *types: str) -> Iterator[tuple[Intake, Column, pd.Series]]:
        """Every column that a table was given, of some types, with its typed cells."""
        for intake in self.intakes.values():
            for column in intake.table:
                if column.name in intake.raw and (not types or column.type in types):
                    yield intake, column, intake.frame[column.name]

    def known(self, table: str, column: str) -> set[str]:
        """The values of a column, as a set."""
        return set(self.frame(table)[column].dropna()) if table in self.intakes else set()

    def owner(self, column: str) -> pd.Series:
        """A column of the projects by project_id, the first row of each."""
        projects = self.frame("projects").drop_duplicates("project_id")
        return projects.set_index("project_id")[column]

    @property
    def this_year(self) -> int | None:
        """Fiscal year of `as_of`, where that is stated."""
        return None if self.settings.as_of is None else self.settings.fiscal_year(self.settings.as_of)


Words: TypeAlias = "str | list[str] | Mapping[str, str]"
Rows: TypeAlias = "np.ndarray | pd.Series | pd.DataFrame | list[int] | None"


def _sentences(words: str, rows: pd.DataFrame) -> list[str]:
    """One sentence for each of some rows: `{name}` is its cell of a column; `{value}` stays for the cell as written."""
    named = {name for _, name, _, _ in Formatter().parse(words)}
    lines = rows[[name for name in rows if name in named]].reset_index().to_dict("records")
    told = ({name: as_given(one) if isinstance(one, float) else one for name, one in line.items()} for line in lines)
    return [words.format_map({"value": "{value}", **line}) for line in told]


@dataclass(frozen=True, eq=False)
class Found:
    """What a rule found in one column of a table.

    Parameters
    ----------
    table, column : str
        Of the register; "settings" and the key of a setting, too.
    rows : mask, positions, DataFrame or None
        Rows of the table; None where the column as a whole is meant. A DataFrame has the rows, by position, with the
        cells that the words name.
    words : str, list of str or mapping
        One text for all rows (`{value}` stands for the cell as written), or one for each of them; with a DataFrame
        one text in which `{name}` stands for the cell of a column; where `rows` are all cells of the column, a text
        for each that is wrong.
    fix : str
        What to do about it.
    severity : str
        Where it is not that of the rule.
    value : object
        What is shown, where `rows` is None.
    """

    table: str
    column: str
    rows: Rows
    words: Words
    fix: str = ""
    severity: str = ""
    value: object = ""


Check = Callable[..., Iterator[Found]]


@dataclass(frozen=True)
class Rule:
    """One data-quality rule.

    Parameters
    ----------
    number : int
        In the published list of 36; 0 for rules of the register's own shape.
    name : str
        As in the findings; used in waivers.
    severity : str
        The worst one that it reports.
    what : str
        What it looks for, in one sentence.
    check : callable or None
        Is given what its parameters are called: tables, without which it says nothing, and the evidence. None for
        rules that reading itself applies, cell by cell.
    """

    number: int
    name: str
    severity: str
    what: str
    check: Check | None = None


RULES: dict[str, Rule] = {name: Rule(number, name, *said) for number, name, *said in words()["reading_rules"]}


def rule(number: int, severity: str, what: str) -> Callable[[Check], Check]:
    """Register a function as the rule of its own name."""

    def note(check: Check) -> Check:
        name = getattr(check, "__name__")  # noqa: B009
        RULES[name] = Rule(number, name, severity, what, check)
        return check

    return note


def run_checks(evidence: Evidence, findings: Findings) -> None:
    """Run every rule; all problems are collected, none stops the others."""
    for one in RULES.values():
        asked = signature(one.check).parameters if one.check else ()
        if one.check is None or not evidence.has(*(name for name in asked if name != "evidence")):
            continue
        given = {name: evidence if name == "evidence" else evidence.frame(name) for name in asked}
        for found in one.check(**given):
            severity, intake = found.severity or one.severity, evidence.intakes.get(found.table)
            if found.table != "settings" and intake is None:
                continue
            if intake is not None and found.rows is not None:
                rows, words = found.rows, found.words
                if isinstance(rows, pd.DataFrame):
                    rows, words = rows.index.to_numpy(), _sentences(str(words), rows)
                elif isinstance(words, Mapping):
                    cells = pd.Series(rows)
                    rows = np.flatnonzero(cells.isin(list(words))) if words else []
                    words = [words[cell] for cell in cells.iloc[rows]]
                findings.add_rows(intake, rows, severity, one.name, words, found.fix, column=found.column)
                continue
            column, place = found.column, dict(evidence.places.get(found.column, {"sheet": found.table}))
            if intake is not None:
                column, place = intake.header(column, 0), {"file": intake.file, "sheet": intake.sheet}
            place |= {"column": column, "value": found.value}
            findings.add(severity, one.name, str(found.words), found.fix, **place)
