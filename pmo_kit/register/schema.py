"""The tables of the register as data: what `schema.yml` says, in frozen dataclasses."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
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
        Where the value must be found, in any of them; not checked while that table is absent.
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


@dataclass(frozen=True)
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


def _column(name: str, spec: Mapping[str, Any], aliases: tuple[str, ...] = ()) -> Column:
    """Turn one line of the YAML file into a Column."""
    refs = spec.get("ref") or []
    said = {key: spec[key] for key in ("type", "required", "low", "high") if key in spec}
    texts = {key: str(spec[key]) for key in ("meaning", "unit", "example", "default") if spec.get(key) is not None}
    lists = {
        "allowed": tuple(map(str, spec.get("allowed", ()))),
        "values": {str(key).lower(): str(value) for key, value in spec.get("values", {}).items()},
        "refs": tuple(tuple(ref.split(".")[:2]) for ref in ([refs] if isinstance(refs, str) else refs)),
        "money_where": next(iter(spec.get("money_where", {}).items()), None),
    }
    return Column(name=name, aliases=aliases, **{**said, **texts, **lists})


def _table(name: str, spec: Mapping[str, Any], words: Mapping[tuple[str, str], tuple[str, ...]]) -> Table:
    """Turn one block of the YAML file into a Table."""
    wide = spec.get("wide") or []
    wide = [wide] if isinstance(wide, Mapping) else wide
    return Table(
        name=name,
        rows=spec["rows"],
        key=tuple(spec["key"]),
        columns={
            column: _column(column, line, words.get(("projects" if column == "project_id" else name, column), ()))
            for column, line in spec["columns"].items()
        },
        required=bool(spec.get("required", False)),
        written=bool(spec.get("written", False)),
        wide=tuple(Wide(form["variable"], form["value"]) for form in wide),
        aliases=words.get((name, ""), ()),
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
    tables = {name: _table(name, spec, header_words()) for name, spec in document.items()}
    settings = {name: _column(name, line) for name, line in document["settings"]["settings"].items()}
    return Schema(tables, settings)
