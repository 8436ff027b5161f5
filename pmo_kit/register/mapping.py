"""A mapping file: how anybody's own export becomes tables of the register. Data, no code.

`pmo-kit import FILE...` drafts one; the page on mappings in `data/samples/README.md` shows every entry.

    name: what this mapping reads
    source: export.xlsx      # beside this file, or a list of files; then the mapping itself can be read as a register
    sheet: Export            # of a workbook; the sheet that fits best where it is not said
    settings: {currency: GBP, money_unit: million, as_of: 2024-03-31}
    keep:                    # only rows that fit all of these; the others are listed as ignored
      - {column: Department, equals: [DFT], reason: other departments}
      - latest by Month      # of each project only the rows with the last month
    drop:                    # rows that fit one of these are listed as ignored
      - {column: Name, matches: "^Total", reason: a total}
    tables:
      projects:
        project_id: {join: [Unit, Number], by: "-"}   # the key is made of two columns
        name: Title                           # a header, exactly as it stands in the source
        area: [Directorate, Department]       # the first of these columns that is filled, row by row
        rag_declared: Rating (1)              # the first of two columns that are both called Rating
        commitment: {value: discretionary}    # the same for every row
        stage: {column: Gate, pattern: "^(\\\\d)", values: {1: idea, 2: delivery}, default: idea}
        finish: {column: End, reason: Comment}    # where End is empty, Comment says why
      costs:
        - sheet: Budget                       # another sheet (or file: budget.csv) than the rest
          project_id: Project number
          amount: {column: Budget, unit: unit}    # in units; brought to the money unit of the settings
          year: {value: 2027}
        - project_id: Project number
          year: Posting date
          amount: {column: Credit, minus: true}   # taken off the amounts of the other blocks
          repeats: sum
        - project_id: Project number
          unpivot: {name: year, into: amount, pattern: "FY (\\\\d{4})"}   # or columns: {header: year}
          repeats: sum           # rows of one key are added up ("? sum": it is told that this is a guess);
                                 # same: equal rows are one; refuse (default)
    ignore: {Description: long text}          # columns left out on purpose, and why
    absent: {costs: the source has totals only}   # a required table that the source does not have
    doubtful: blank          # a doubtful cell is missing and its words are kept; set_aside: its row is left out; refuse
    accept: {up_to: 0.05, who: Finance controller, why: closed projects}   # share of the money that may be left out
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from pmo_kit import forms
from pmo_kit.errors import DataError
from pmo_kit.register.findings import form_error
from pmo_kit.register.layout import dated
from pmo_kit.register.schema import load_schema


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"{{key}} is no regular expression: {error}.") from error
    if re.search(r"\)[*+{]", re.sub(r"\\.|\[\^?.[^\]]*\]", "x", text)):
        raise ValueError("{key} repeats a group, which may take for ever; repeat single signs only.")
    return text


def _unit(text: str) -> str:
    units = load_schema().settings["money_unit"].allowed
    if text not in units:
        raise ValueError(f"{{key}} is one of {', '.join(units)}, not '{text}'.")
    return text


Headers = Annotated[tuple[str, ...], forms.OneOrMore]
Pattern = Annotated[str, AfterValidator(_pattern)]
Unit = Annotated[str, AfterValidator(_unit)]
Doubtful = Literal["blank", "set_aside", "refuse"]


def _short(given: object) -> object:
    """A header, or a list of headers, stands for the block of a column."""
    return forms.Block({"column": given}, given.line) if isinstance(given, forms.Written | forms.Rows) else given


@dataclass(frozen=True)
class ColumnSource(forms.Form):
    """Where the cells of one column come from: one header, the first filled of several, a join, or a constant.

    `values` replaces whole cells; `pattern` keeps its first group; `unit` is the money unit of the cells; `minus` takes
    them off; `default` fills empty cells; `reason` is the header of the column that says why a cell is empty.
    """

    shape: ClassVar[str] = "{key} is a header, a list of headers, or a block with column, join or value."
    column: Headers = ()
    join: Headers = ()
    by: str = "-"
    value: str = ""
    values: dict[str, str] = field(default_factory=dict)
    default: str = ""
    unit: Unit = ""
    minus: bool = False
    pattern: Pattern = ""
    reason: str = ""

    @classmethod
    def prepared(cls, given: forms.Block, reading: forms.Reading) -> forms.Block:
        """One of three ways to fill a column."""
        if sum(name in given for name in ("column", "join", "value")) != 1:
            reading.note(given, "a column has either column, join or value.")
        if "minus" in given and "column" not in given:
            reading.note(given, "minus takes off the amounts of a column; write a value with its own sign.", "minus")
        return given

    @property
    def headers(self) -> tuple[str, ...]:
        """Headers that are read, but for that of the reason."""
        return self.column or self.join


@dataclass(frozen=True)
class Unpivot(forms.Form):
    """Columns of the source that become rows: `columns` header -> value of `name`, or by `pattern`."""

    name: forms.Required
    into: forms.Required
    columns: dict[str, str] = field(default_factory=dict)
    pattern: Pattern = ""
    unit: Unit = ""

    @classmethod
    def prepared(cls, given: forms.Block, reading: forms.Reading) -> forms.Block:
        """A list of headers stands for each of them under its own name."""
        if ("columns" in given) == ("pattern" in given):
            reading.note(given, "unpivot has either columns or a pattern.")
        columns = given.get("columns")
        if isinstance(columns, forms.Rows):
            years = given.get("name") == "year"
            said = {str(one): next((year for year, _ in dated(str(one)) if years), str(one)) for one in columns}
            given = given.with_({**given, "columns": forms.Block(said, columns.line)})
        return given


def _latest(given: object) -> object:
    """`latest by Month` is a filter too."""
    if not isinstance(given, forms.Written):
        return given
    match = re.fullmatch(r"latest by (.+)", given)
    if match is None:
        raise ValueError("{key} is written 'latest by COLUMN', or {column: ..., equals: [...], reason: ...}.")
    words = {"column": match[1], "latest": "true", "reason": f"{match[1]} is not the latest of the project"}
    return forms.Block(words, given.line)


@dataclass(frozen=True)
class RowFilter(forms.Form):
    """Rows of the source that are kept or dropped, and why; `latest` keeps the last ones of each project."""

    column: forms.Required
    reason: forms.Required
    equals: Headers = ()
    matches: Pattern = ""
    empty: bool | None = None
    latest: bool = False

    @classmethod
    def prepared(cls, given: forms.Block, reading: forms.Reading) -> forms.Block:
        """One test."""
        if sum(name in given for name in ("equals", "matches", "empty", "latest")) != 1:
            reading.note(given, "a filter has a column, a reason, and one of equals, matches, empty.")
        return given


Filters = Annotated[tuple[Annotated[RowFilter, BeforeValidator(_latest)], ...], forms.OneOrMore]
_OWN = ("unpivot", "sheet", "file", "keep", "repeats")


@dataclass(frozen=True)
class TableSource(forms.Form):
    """How rows of one sheet become rows of one table."""

    table: str
    columns: dict[str, Annotated[ColumnSource, BeforeValidator(_short)]]
    unpivot: Unpivot | None = None
    sheet: str = ""
    file: str = ""
    keep: Filters = ()
    repeats: Literal["refuse", "same", "sum", "? sum"] = "refuse"

    @property
    def reads(self) -> list[tuple[str, ColumnSource]]:
        """Where the cells of each column come from, and those of the columns that become rows."""
        turned = dict.fromkeys(self.unpivot.columns, self.unpivot.into) if self.unpivot else {}
        return [*self.columns.items(), *((name, ColumnSource(column=(header,))) for header, name in turned.items())]

    @classmethod
    def prepared(cls, given: forms.Block, reading: forms.Reading) -> forms.Block:
        """Every column that is filled is one of the table."""
        table = load_schema()[str(given["table"])]
        known = [column.name for column in table]
        turned = given.get("unpivot") or {}
        for name in {str(turned[key]) for key in ("name", "into") if key in turned} & set(given["columns"]):
            reading.note(given, f"{name} is filled by unpivot and by a line of its own: keep one.", name)
        for name in (*given["columns"], *(str(turned[key]) for key in ("name", "into") if key in turned)):
            if name not in known:
                hint = forms.nearest(name, [*known, *_OWN])
                reading.note(given, f"the table {given['table']} has no column {name}; {hint}", name)
            elif isinstance(one := given["columns"].get(name), dict) and "minus" in one and not table[name].is_money:
                reading.note(given, f"minus takes amounts off, and {name} is none.", name)
        return given


def _tables(given: object, info: ValidationInfo) -> object:
    """Blocks of columns by table as one list of tables; a table that nobody knows is noted."""
    if not isinstance(given, forms.Block) or not given:
        raise ValueError("{key} says for each table which column of the source fills which of its columns.")
    found, tables = forms.Rows([], given.line), [one.name for one in load_schema()]
    for table, blocks in given.items():
        if table not in tables:
            forms.reading_of(info).note(
                given, f"no tables of the register: {table}; {forms.nearest(table, tables)}", table
            )
            continue
        for block in blocks if isinstance(blocks, forms.Rows) else [blocks]:
            if not isinstance(block, forms.Block):
                forms.reading_of(info).note(given, f"{table} is written as lines of 'column: header'.", table)
                continue
            columns = block.with_({name: one for name, one in block.items() if name not in _OWN})
            spec = {name: one for name, one in block.items() if name in _OWN}
            found.append(block.with_({"table": forms.Written(table), "columns": columns, **spec}))
    return found


@dataclass(frozen=True)
class Accept(forms.Form):
    """Who accepts that up to a share of the money of the source is left out, and why."""

    up_to: Annotated[float, Field(ge=0, le=1)]
    who: forms.Required
    why: forms.Required


@dataclass(frozen=True)
class Mapping(forms.Form):
    """A mapping file, read; see the head of this module for the format."""

    tables: Annotated[tuple[TableSource, ...], BeforeValidator(_tables)]
    name: str = ""
    about: str = ""
    source: Headers = ()
    sheet: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    keep: Filters = ()
    drop: Filters = ()
    ignore: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    doubtful: Doubtful = "blank"
    accept: Accept | None = None

    @classmethod
    def prepared(cls, given: forms.Block, reading: forms.Reading) -> forms.Block:
        """What is absent is a table of the register."""
        for table in given.get("absent") or {}:
            if table in (given.get("tables") or {}):
                reading.note(given["absent"], f"{table} is absent, and tables says how it is filled.", table)
            if table not in load_schema():
                reading.note(given["absent"], f"no tables of the register: {table}.", table)
        return given


def load_mapping(path: str | PathLike[str]) -> Mapping:
    """Read and check a mapping file.

    Parameters
    ----------
    path : path
        A YAML file in the form shown at the head of this module.

    Raises
    ------
    DataError
        When it is not such a file; every problem is a finding with its line.
    """
    place = Path(path)
    try:
        mapping = forms.read_form(place, Mapping)
    except forms.FormError as error:
        fix = "Mappings are described in data/samples/README.md."
        told = form_error(error, "mapping_not_read", fix).findings
        raise DataError(f"{error}\n{fix}", told) from error
    return mapping if mapping.name else replace(mapping, name=place.stem)
