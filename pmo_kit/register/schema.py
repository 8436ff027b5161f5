"""The tables of the register as data: what `schema.yml` says, in frozen dataclasses."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table, or one setting.

    Parameters
    ----------
    name, type : str
        Type is id, text, category, number, year, date, period, flag or value (of a setting).
    required : bool
        A row without a value here cannot be used.
    meaning, unit, example : str
        Words for people: the dictionary, the notes of the workbook and messages show them.
    aliases : tuple of str
        Other headers that mean this column, in lower case.
    allowed : tuple of str
        The only values of a category; empty when any text will do.
    values : mapping of str to str
        Other ways to write an allowed value, in lower case ("amber" is A).
    low, high : float or None
        Ends of the allowed range, both included.
    refs : tuple of (table, column)
        Where the value must be found; not checked while that table is absent.
    default : str or None
        Value where the cell is empty.
    money_where : (column, pattern) or None
        Where only some rows are money: those whose other column fits the pattern.
    """

    name: str
    type: str
    required: bool = False
    meaning: str = ""
    unit: str = ""
    example: str = ""
    aliases: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    refs: tuple[tuple[str, str], ...] = ()
    default: str | None = None
    money_where: tuple[str, str] | None = None

    @property
    def needed(self) -> bool:
        """True when a row cannot do without a value that is written."""
        return self.required and self.default is None

    @property
    def is_money(self) -> bool:
        """True when the numbers are amounts in the money unit of the settings."""
        return self.unit == "money"

    @property
    def is_summed(self) -> bool:
        """True when the numbers are added up over rows: money, or people."""
        return self.type == "number" and self.unit in ("money", "full-time equivalents")


@dataclass(frozen=True)
class Wide:
    """A wide form: headers hold values of `variable`, cells hold `value`."""

    variable: str
    value: str


@dataclass(frozen=True, eq=False)
class Table:
    """One table: what a row is, what makes it unique, and its columns; `written`: nobody fills it in by hand."""

    name: str
    rows: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    required: bool = False
    written: bool = False
    wide: tuple[Wide, ...] = ()
    aliases: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns.values())

    def __getitem__(self, column: str) -> Column:
        return self.columns[column]

    def __contains__(self, column: object) -> bool:
        return column in self.columns


@dataclass(frozen=True)
class Schema:
    """All tables of a register, and the settings that are read by key."""

    tables: Mapping[str, Table]
    settings: Mapping[str, Column]

    def __getitem__(self, table: str) -> Table:
        return self.tables[table]

    def __iter__(self) -> Iterator[Table]:
        return iter(self.tables.values())

    def __contains__(self, table: object) -> bool:
        return table in self.tables


def _column(name: str, line: Mapping[str, Any], aliases: tuple[str, ...] = ()) -> Column:
    """One line of the YAML file as a Column."""
    said: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in line.items() if key != "ref"
    }
    refs = [tuple(line["ref"].split("."))] if "ref" in line else []
    return Column(name=name, aliases=aliases, refs=tuple(refs), **said)


def _table(name: str, spec: Mapping[str, Any]) -> Table:
    """One block of the YAML file as a Table."""
    words = header_words()
    columns = {
        column: _column(column, line, words.get(("projects" if column == "project_id" else name, column), ()))
        for column, line in spec["columns"].items()
    }
    said = {key: spec[key] for key in ("rows", "required", "written") if key in spec}
    wide = tuple(Wide(**form) for form in spec.get("wide", ()))
    return Table(
        name=name, key=tuple(spec["key"]), columns=columns, wide=wide, aliases=words.get((name, ""), ()), **said
    )


@cache
def header_words() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The words that people use for tables and columns, in five languages: `headers.csv`, by table and column.

    A column of "" stands for the table itself; the table `words` holds parts of headers (planned, actual, capex).

    >>> header_words()["projects", "finish"][:3], "enddatum" in header_words()["projects", "finish"]
    (('finish', 'end', 'end date'), True)
    """
    with Path(__file__).with_name("headers.csv").open(encoding="utf-8", newline="") as file:
        next(lines := csv.reader(file))
        return {
            (one, two): tuple(dict.fromkeys(word for cell in cells for word in cell.split("|") if word))
            for one, two, *cells in lines
        }


@cache
def load_schema() -> Schema:
    """Read the schema of the register (once).

    Returns
    -------
    Schema
        Tables in the order of the workbook.

    Examples
    --------
    >>> schema = load_schema()
    >>> schema["costs"].key
    ('project_id', 'level', 'year', 'kind', 'fund', 'state')
    >>> schema["costs"]["amount"].is_money
    True
    """
    text = Path(__file__).with_name("schema.yml").read_text(encoding="utf-8")
    document = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    tables = {name: _table(name, spec) for name, spec in document.items()}
    settings = {name: _column(name, line) for name, line in document["settings"]["settings"].items()}
    return Schema(tables, settings)
