"""A mapping file: how anybody's own export becomes tables of the register. Data, no code.

`python -m pmo_kit.register SOURCE MAPPING.yml OUT_FOLDER` writes the tables.

    name: what this mapping reads
    sheet: Export            # of a workbook; the first one where it is not said
    settings: {currency: GBP, money_unit: million, as_of: 2024-03-31}
    keep:                    # only rows that fit all of these; the others are listed as ignored
      - {column: Department, equals: [DFT], reason: other departments}
    drop:                    # rows that fit one of these are listed as ignored
      - {column: Name, matches: "^Total", reason: a total}
    tables:
      projects:
        project_id: Project number            # a header, or the beginning of one
        area: [Directorate, Department]       # the first of these headers that is there
        commitment: {value: discretionary}    # the same for every row
        rag_declared: {column: RAG, values: {Gruen: G}}
        finish: {column: End, reason: Comment}    # where End is empty, Comment says why
      costs:
        - project_id: Project number
          amount: {column: Budget, unit: unit}    # in units; brought to the money unit of the settings
          year: {value: 2027}
        - project_id: Project number
          unpivot: {name: year, into: amount, pattern: "FY (\\\\d{4})"}   # or columns: {header: year}
    ignore: {Description: long text}          # columns left out on purpose, and why
    absent: {costs: the source has totals only}   # a required table that the source does not have
    doubtful: set_aside      # rows with a blocking problem are left out and listed; refuse: nothing is read
"""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

import yaml

from pmo_kit.errors import DataError
from pmo_kit.register.findings import COLUMNS, Findings
from pmo_kit.register.schema import load_schema

_KEYS = {
    "name",
    "sheet",
    "settings",
    "keep",
    "drop",
    "tables",
    "ignore",
    "absent",
    "doubtful",
    "about",
    "source",
}
_SPEC_KEYS = {"column", "value", "values", "unit", "pattern", "reason"}


@dataclass(frozen=True)
class ColumnSource:
    """Where the cells of one column come from.

    Parameters
    ----------
    headers : tuple of str
        The first of these headers (or beginnings of headers) that the source has; empty for a constant.
    value : str
        The constant.
    values : mapping of str to str
        Replacements of whole cells, by lower-case text.
    unit : str
        Money unit of the cells, where it differs from the settings.
    pattern : str
        Regular expression; its first group is the value.
    reason : str
        Header of the column that says why a cell is empty.
    """

    headers: tuple[str, ...] = ()
    value: str = ""
    values: MappingType[str, str] = field(default_factory=dict)
    unit: str = ""
    pattern: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Unpivot:
    """Columns of the source that become rows: `columns` header -> value of `name`, or by `pattern`."""

    name: str
    into: ColumnSource
    target: str
    columns: MappingType[str, str] = field(default_factory=dict)
    pattern: str = ""


@dataclass(frozen=True)
class TableSource:
    """How rows of the source become rows of one table."""

    table: str
    columns: MappingType[str, ColumnSource]
    unpivot: Unpivot | None = None


@dataclass(frozen=True)
class RowFilter:
    """Rows of the source that are kept or dropped, and why."""

    column: str
    reason: str
    equals: frozenset[str] = frozenset()
    matches: str = ""
    empty: bool | None = None


@dataclass(frozen=True, eq=False)
class Mapping:
    """A mapping file, read; see the head of this module for the format."""

    name: str
    tables: tuple[TableSource, ...]
    settings: MappingType[str, Any] = field(default_factory=dict)
    sheet: str = ""
    keep: tuple[RowFilter, ...] = ()
    drop: tuple[RowFilter, ...] = ()
    ignore: MappingType[str, str] = field(default_factory=dict)
    absent: MappingType[str, str] = field(default_factory=dict)
    doubtful: str = "refuse"


def _column_source(spec: object) -> ColumnSource:
    """Read one column of the mapping: a header, a list of headers, or a block."""
    if isinstance(spec, str | int | float):
        return ColumnSource(headers=(str(spec),))
    if isinstance(spec, list):
        return ColumnSource(headers=tuple(map(str, spec)))
    if not isinstance(spec, dict) or set(spec) - _SPEC_KEYS:
        raise ValueError(
            f"a column is a header, a list of headers, or a block of {', '.join(sorted(_SPEC_KEYS))}"
        )
    headers = spec.get("column", [])
    headers = headers if isinstance(headers, list) else [headers]
    if bool(headers) == ("value" in spec):
        raise ValueError("a column has either column or value")
    re.compile(str(spec.get("pattern", "")))
    return ColumnSource(
        headers=tuple(map(str, headers)),
        value=str(spec.get("value", "")),
        values={str(key).casefold(): str(value) for key, value in spec.get("values", {}).items()},
        unit=str(spec.get("unit", "")),
        pattern=str(spec.get("pattern", "")),
        reason=str(spec.get("reason", "")),
    )


def _unpivot(spec: MappingType[str, Any]) -> Unpivot:
    """Read the block that turns columns into rows."""
    columns = spec.get("columns", {})
    columns = {str(one): str(one) for one in columns} if isinstance(columns, list) else columns
    pattern = str(spec.get("pattern", ""))
    if bool(columns) == bool(pattern):
        raise ValueError("unpivot has either columns or a pattern")
    re.compile(pattern)
    return Unpivot(
        name=spec["name"],
        into=ColumnSource(unit=str(spec.get("unit", ""))),
        target=spec["into"],
        columns={str(key): str(value) for key, value in columns.items()},
        pattern=pattern,
    )


def _table_source(table: str, spec: MappingType[str, Any]) -> TableSource:
    """Read one block of a table, and check its columns against the schema."""
    known = load_schema()[table]
    spec = dict(spec)
    unpivot = _unpivot(spec.pop("unpivot")) if "unpivot" in spec else None
    targets = set(spec) | ({unpivot.name, unpivot.target} if unpivot else set())
    unknown = sorted(name for name in targets if name not in known)
    if unknown:
        raise ValueError(f"the table {table} has no column {', '.join(unknown)}")
    return TableSource(table, {name: _column_source(one) for name, one in spec.items()}, unpivot)


def _row_filter(spec: MappingType[str, Any]) -> RowFilter:
    """Read one filter of rows."""
    tests = {"equals", "matches", "empty"} & set(spec)
    if len(tests) != 1 or "column" not in spec or "reason" not in spec:
        raise ValueError("a filter has a column, a reason, and one of equals, matches, empty")
    re.compile(str(spec.get("matches", "")))
    return RowFilter(
        column=str(spec["column"]),
        reason=str(spec["reason"]),
        equals=frozenset(str(value).casefold() for value in spec.get("equals", ())),
        matches=str(spec.get("matches", "")),
        empty=spec.get("empty"),
    )


def load_mapping(path: str | PathLike[str]) -> Mapping:
    """Read and check a mapping file.

    Parameters
    ----------
    path : path
        A YAML file in the form shown at the head of this module.

    Raises
    ------
    DataError
        When it is not such a file; the message says what is wrong.
    """
    place = Path(path)
    try:
        document = yaml.safe_load(place.read_text(encoding="utf-8"))
        unknown = sorted(set(document) - _KEYS)
        if unknown:
            raise ValueError(f"unknown entries: {', '.join(unknown)}")
        schema = load_schema()
        wrong = sorted(
            name for name in [*document["tables"], *document.get("absent", {})] if name not in schema
        )
        if wrong:
            raise ValueError(f"no tables of the register: {', '.join(wrong)}")
        tables = []
        for table, spec in document["tables"].items():
            blocks = spec if isinstance(spec, list) else [spec]
            tables += [_table_source(table, block) for block in blocks]
        doubtful = document.get("doubtful", "refuse")
        if doubtful not in ("refuse", "set_aside"):
            raise ValueError("doubtful is refuse or set_aside")
        return Mapping(
            name=str(document.get("name", place.stem)),
            tables=tuple(tables),
            settings=document.get("settings", {}),
            sheet=str(document.get("sheet", "")),
            keep=tuple(map(_row_filter, document.get("keep", ()))),
            drop=tuple(map(_row_filter, document.get("drop", ()))),
            ignore={str(key): str(value) for key, value in document.get("ignore", {}).items()},
            absent={str(key): str(value) for key, value in document.get("absent", {}).items()},
            doubtful=doubtful,
        )
    except (OSError, yaml.YAMLError, ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        text = f"needs {error}" if isinstance(error, KeyError) else str(error)
        findings = Findings()
        message = f"The mapping file {place.name} cannot be used: {text}."
        findings.add(
            "block", "mapping_not_read", message, "See templates/mappings for examples.", file=place.name
        )
        raise DataError(message, findings.frame()[list(COLUMNS)]) from error
