"""What a committee looks at, as data: a Chart, a Table, a Kpi row or a Message; and as JSON and back.

Every medium (notebook, page, PDF, slide, sheet) is rendered from these records alone, so the numbers are
equal in all of them. A record holds no colors and no layout: `theme` does. As JSON a notebook carries it and a pack
collects it; mappings and tables are written as lists, never as objects whose order matters: nbformat sorts keys.

A cell of a text column is a str, or a tuple of runs `(role, text)` where a person reads more than one thing::

    (("lead", "Billing replacement."), ("text", "Leaving costs 1.5."), ("small", "Holds in 4 of 5 cases"))
    (("text", "Corporate director"), ("line", "2026-11-30"))

"lead" is bold, "text" ordinary, "id" muted: these three follow one another in a line. "line" begins a new
line, "small" a new line in small type. In a sheet a cell of runs is one text with line breaks (`words`).
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pmo_kit import facts
from pmo_kit.facts import Fact, is_missing

if TYPE_CHECKING:
    import pandas as pd

Mark = Literal["bar", "line", "scatter", "interval", "heatmap"]
Kind = Literal["number", "text", "category", "time", "rag", "decision", "mark", "note"]
Role = Literal["lead", "text", "id", "line", "small"]
Runs = tuple[tuple[Role, str], ...]
Style = Literal["ordinary", "focus", "actual", "previous", "plan", "forecast", "limit", "good", "bad", "muted"]


@dataclass(frozen=True)
class Field:
    """How one column of an exhibit's data is read.

    Parameters
    ----------
    name : str
        Column of `data`.
    title : str
        Words for a header or an axis.
    unit : str
        Unit of the numbers ("EUR million, real 2026"; "data engineers"; "%" multiplies nothing).
    kind : Kind
        "rag" holds R, A, G; "decision" holds fund, refuse, stop, ...; "mark" holds full, reduced, out;
        "note" is printed small under the row, over the width of a table (a column of its own in a sheet).
    decimals : int
        Digits after the point, for numbers.
    signed : bool
        Print a plus before positive numbers (differences).
    ruled : bool
        A thin upright rule before this column of a table: what follows is only for comparison.
    formula : str
        How a number follows from other columns of its row, for the workbook: "100*used/limit" (names of columns,
        numbers, + - * / and brackets).
    """

    name: str
    title: str = ""
    unit: str = ""
    kind: Kind = "number"
    decimals: int = 1
    signed: bool = False
    ruled: bool = False
    formula: str = ""


@dataclass(frozen=True)
class Reference:
    """A named line across a chart at a number of one of its axes: a limit, an envelope, the value of today."""

    axis: Literal["x", "y"]
    value: float
    label: str
    style: Style = "limit"


@dataclass(frozen=True, eq=False, kw_only=True)
class Exhibit:
    """What every exhibit has.

    Figures supply `id`, `unit_line`, `source` and `inputs`; `show` adds `title`, `takeaway` and `alt`.

    Parameters
    ----------
    id : str
        Stable name, unique in a notebook: "arbitration.frontier".
    title : str
        The message: a sentence with a verb and a number. A line break in it is kept where there is room.
    unit_line : str
        What, unit, scope, period, data as of: one line in small type.
    takeaway : str
        What it means for the decision, one line.
    alt : str
        The same in one sentence, for those who cannot see it; `cells.spoken` where none is given.
    source : str
        Tables and rows that it comes from.
    note : str
        A foot note; markers are explained here.
    inputs : mapping of str to str
        Register fingerprint, solver status, seed: what is needed to rebuild it.
    facts : tuple of Fact
        What its numbers in words were made from; `show` adds those of its sentences.
    """

    _repr_mimebundle_: ClassVar[Callable[..., dict[str, Any]]]
    """Its look at the end of a cell, which `display` gives; a pack takes up only what `show` shows."""

    id: str = ""
    alt: str = ""
    title: str = ""
    unit_line: str = ""
    takeaway: str = ""
    source: str = ""
    note: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()

    @property
    def printed(self) -> Exhibit:
        """What page, paper, slides and notebook show of it; the workbook and `figures.json` hold it whole."""
        return self


@dataclass(frozen=True, eq=False, kw_only=True)
class Chart(Exhibit):
    """Five marks over a tidy table (one row per mark).

    Parameters
    ----------
    mark : Mark
        bar, line, scatter, interval (a band from `low` to `high` and a dot at the value, one under the other) or
        heatmap.
    data : DataFrame
        One row per mark, in drawing order.
    x, y : Field
        A bar whose y is text is horizontal, and so are all intervals. A heatmap's x and y are text or time and
        `value` its cell.
    series : Field, optional
        Splits the rows into named series (at most four).
    styles : mapping of str to Style
        Series value (or value of `series` on a row) -> how it is drawn. Unlisted: categorical order.
    label : Field, optional
        Column printed on each mark (direct labels); empty for none. Without any label bars carry their value.
        On a line a row with a label gets a dot.
    low, high : Field, optional
        Ends of an interval.
    start : Field, optional
        Where a bar begins (waterfall): it runs from there to its value; the next begins where it ends.
    value : Field, optional
        Cell of a heatmap: a number (sequential color) or a category (kind "mark", "rag", "decision").
    group : Field, optional
        Splits a horizontal bar chart into titled blocks on one scale: a title stands where its value changes.
    name : Field, optional
        Who a dot is, for the pointer and for the table behind the chart, where labels name only some.
    stacked : bool
        Bars of one x stand on one another.
    layered : bool
        Bars of one x lie over one another on one base line, the first series at the back: a part within its
        limit ("37.0 of 50.0"). A series in the style "limit" is a cap: a thick line where the bar would end.
    references : tuple of Reference
        Named lines across an axis of numbers, on any mark but a heatmap.

    Raises
    ------
    ValueError
        A column is missing; a line or a scatter has dates, which would stand equally far apart; a named line stands
        at what is no number or across words.
    """

    mark: Mark
    data: pd.DataFrame
    x: Field
    y: Field
    series: Field | None = None
    styles: Mapping[str, Style] = field(default_factory=dict)
    label: Field | None = None
    low: Field | None = None
    high: Field | None = None
    start: Field | None = None
    value: Field | None = None
    group: Field | None = None
    name: Field | None = None
    stacked: bool = False
    layered: bool = False
    references: tuple[Reference, ...] = ()

    @property
    def flat(self) -> bool:
        """Whether words stand on the upright axis: bars are horizontal."""
        return self.y.kind != "number"

    def __post_init__(self) -> None:
        given = (getattr(self, name) for name in _FIELDS)
        _need_columns(self.id, self.data, [field.name for field in given if field is not None])
        held = {axis: self.data[getattr(self, axis).name].dropna().tolist() for axis in ("x", "y")}
        of_numbers = {"x": self.flat, "y": not self.flat} if self.mark in ("bar", "interval") else {}
        if self.mark in ("line", "scatter"):
            of_numbers = {axis: all(isinstance(value, Real) for value in values) for axis, values in held.items()}
            if any(isinstance(value, dt.date) for values in held.values() for value in values):
                raise ValueError(f"exhibit {self.id}: no axis has dates; give days, months or years as numbers")
        for line in self.references:
            if not (of_numbers.get(line.axis) and isinstance(line.value, Real) and math.isfinite(line.value)):
                where = f"{line.label!r} stands at {line.value!r}"
                raise ValueError(f"exhibit {self.id}: {where}, not on an axis of numbers")


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(Exhibit):
    """Rows and columns; numbers right on the decimal, unit in the header, sums in bold at the end.

    Parameters
    ----------
    data : DataFrame
        The rows, total rows last.
    columns : tuple of Field
        What is shown, in order.
    totals : int
        How many rows at the end are sums.
    group : Field, optional
        Rows of one value stand under a heading (Always, Sometimes, Never).
    details : tuple of (int, Table)
        Tables printed under a row, given by its position: the projects and amounts behind one decision.
    across : int
        Print the rows in so many columns side by side (long narrow lists); sums stand at the end of the last.
    first : int
        How many rows are printed, before the sums; 0 is all. The workbook holds every row.
    """

    data: pd.DataFrame
    columns: tuple[Field, ...]
    totals: int = 0
    group: Field | None = None
    details: tuple[tuple[int, Table], ...] = ()
    across: int = 1
    first: int = 0

    @property
    def printed(self) -> Table:
        """The rows that are printed, the sums, and how many more the workbook has.

        Examples
        --------
        >>> import pandas as pd
        >>> table = Table(data=pd.DataFrame({"n": [1, 2, 3, 6]}), columns=(Field("n", "N"),), totals=1, first=2)
        >>> table.printed.data["n"].tolist(), table.printed.note
        ([1, 2, 6], 'The first 2 of 3 rows; the workbook has all.')
        """
        rows = len(self.data) - self.totals
        if not 0 < self.first < rows:
            return self
        kept = [*range(self.first), *range(rows, len(self.data))]
        more = f"The first {self.first} of {rows} rows; the workbook has all."
        return replace(
            self,
            data=self.data.iloc[kept].reset_index(drop=True),
            details=tuple((kept.index(row), table) for row, table in self.details if row in kept),
            note=" ".join(part for part in (self.note, more) if part),
            first=0,
        )

    def __post_init__(self) -> None:
        names = [field.name for field in self.columns] + ([self.group.name] if self.group else [])
        _need_columns(self.id, self.data, names)
        if outside := [row for row, _ in self.details if not 0 <= row < len(self.data)]:
            raise ValueError(f"exhibit {self.id}: details name row {outside[0]}, the table has {len(self.data)} rows")


@dataclass(frozen=True, eq=False, kw_only=True)
class Kpi(Exhibit):
    """A row of at most four big numbers.

    Parameters
    ----------
    data : DataFrame
        One row per tile: label, value, decimals, limit (the "of 50.0"; missing for none), note, focus (bool).
        Only label and value are required.
    """

    data: pd.DataFrame

    def __post_init__(self) -> None:
        _need_columns(self.id, self.data, ["label", "value"])


@dataclass(frozen=True, eq=False, kw_only=True)
class Message(Exhibit):
    """Short paragraphs, each with a lead in bold: the decision text, what limits us, how sure.

    Parameters
    ----------
    items : tuple of (lead, text)
        Either may be empty, and so may all. Text is data: it is never read as markup.
    absent : str
        The sheet that is missing, where this line stands in place of an exhibit.
    to : str
        Whom a letter is for; empty for what is none.
    """

    items: tuple[tuple[str, str], ...] = ()
    absent: str = ""
    to: str = ""


def words(cell: object) -> str:
    """The plain words of a text cell, with line breaks: for sheets, plain text and search.

    Examples
    --------
    >>> words((("lead", "Own solar."), ("text", "Costs 3.0."), ("small", "Holds in 5 of 5 cases")))
    'Own solar. Costs 3.0.\\nHolds in 5 of 5 cases'
    """
    if not isinstance(cell, tuple | list):
        return str(cell)
    return "\n".join("".join(joint + text for _, joint, text in line) for line in lined(cell))


def lined(runs: Iterable[Sequence[str]]) -> list[list[tuple[str, str, str]]]:
    """Runs by the line that they stand in, each as its role, the space before it and its text.

    Examples
    --------
    >>> lined((("lead", "Own solar"), ("text", ", reduced"), ("small", "Holds")))
    [[('lead', '', 'Own solar'), ('text', '', ', reduced')], [('small', '', 'Holds')]]
    """
    found: list[list[tuple[str, str, str]]] = [[]]
    for role, text in runs:
        for place, part in enumerate(text.split("\n")):
            if (place or role in ("line", "small")) and found[-1]:
                found.append([])
            found[-1].append((role, " " if found[-1] and part[:1] not in (",", ".", ";", ":") else "", part))
    return found


def _need_columns(exhibit: str, data: pd.DataFrame, names: list[str]) -> None:
    if missing := [name for name in names if name not in data.columns]:
        have = ", ".join(map(str, data.columns))
        raise ValueError(f"exhibit {exhibit}: no column {missing[0]!r} in its data; it has {have}")


MIME = "application/vnd.pmo-kit.exhibit+json"
VERSION = 1
_TYPES: dict[str, type[Exhibit]] = {kind.__name__.lower(): kind for kind in (Chart, Table, Kpi, Message)}
_UNSAID = (("name", None), ("first", 0), ("formula", ""))
"""Parts that are written only where they say something."""
_WRITTEN: dict[str, tuple[type, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "runs": (tuple, lambda runs: [list(map(_printed, run)) for run in runs], lambda runs: tuple(map(tuple, runs))),
    "time": (dt.datetime, dt.datetime.isoformat, dt.datetime.fromisoformat),
    "date": (dt.date, dt.date.isoformat, dt.date.fromisoformat),
}
"""Cells that JSON has no form for, each an object of one key: their type, how they are written and read."""


def to_json(exhibit: Exhibit) -> dict[str, Any]:
    """An exhibit as plain lists, texts and numbers; missing values are null, dates ISO text.

    The row index of a table is not kept: what is to be shown is in its columns.

    Examples
    --------
    >>> note = Message(id="note", alt="Proven.", items=(("Proven.", "No other plan reaches 33.5."),))
    >>> to_json(note)["items"]
    [['Proven.', 'No other plan reaches 33.5.']]
    >>> from_json(to_json(note)).items == note.items
    True
    """
    return {"exhibit": type(exhibit).__name__.lower(), "version": VERSION, **dict(_parts(exhibit))}


def _parts(record: Any) -> list[list[Any]]:
    """Name and value of each part of a record that says something."""
    found = ((part.name, getattr(record, part.name)) for part in fields(record))
    return [[name, _encode(value)] for name, value in found if (name, value) not in _UNSAID]


def from_json(document: Mapping[str, Any] | str) -> Exhibit:
    """The exhibit that `to_json` wrote; a text is parsed first.

    Raises
    ------
    ValueError
        When it is no exhibit, or a newer version than this package reads.
    """
    content: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    kind = content.get("exhibit")
    if kind not in _TYPES:
        raise ValueError(f"not an exhibit: {kind!r}; expected one of {', '.join(_TYPES)}")
    if content.get("version", 0) > VERSION:
        raise ValueError(f"exhibit {content.get('id')}: written by a newer pmo_kit (version {content['version']})")
    record = _TYPES[kind]
    parts = (part.name for part in fields(record) if part.name in content)
    return record(**{name: _READ[name](content[name]) if name in _READ else content[name] for name in parts})


def _encode(value: Any) -> Any:
    if hasattr(value, "dtypes"):
        return {
            "columns": list(map(str, value.columns)),
            "types": list(map(_type_name, value.dtypes)),
            "rows": [list(map(_scalar, row)) for row in value.astype("object").to_numpy().tolist()],
        }
    if isinstance(value, Exhibit):
        return to_json(value)
    if isinstance(value, Fact):
        return facts.to_json(value)
    if isinstance(value, Field | Reference):
        return _parts(value)
    if isinstance(value, Mapping):
        return [[_printed(key), _printed(item)] for key, item in value.items()]
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """One cell: runs and dates in one-key objects, numpy scalars as Python's, infinities as text."""
    if is_missing(value):
        return None
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    for kind, (of, write, _) in _WRITTEN.items():
        if isinstance(value, of):
            return {kind: write(value)}
    if isinstance(value, float) and math.isinf(value):
        return {"float": str(value)}
    return value if isinstance(value, bool | int | float) else _printed(value)


def _printed(value: object) -> str:
    """A text as every medium can print it: a sign stands where a character is none."""
    return facts.UNPRINTABLE.sub("\ufffd", str(value))


def _unscalar(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((kind, text),) = value.items()
    return float(text) if kind == "float" else _WRITTEN[kind][2](text)


def _type_name(dtype: Any) -> str:
    """A dtype that can be restored by name; categories, periods and the like become text."""
    name = str(dtype)
    known = ("bool", "boolean", "int", "Int", "float", "Float", "str", "object", "datetime64")
    return name if name.startswith(known) and "," not in name else "str"


def _decode_table(content: Mapping[str, Any]) -> Any:
    import pandas as pd

    rows = [list(map(_unscalar, row)) for row in content["rows"]]
    data = pd.DataFrame(rows, columns=content["columns"], dtype="object")
    return data.astype(dict(zip(content["columns"], content["types"], strict=True)))


_FIELDS = [part.name for part in fields(Chart) if "Field" in str(part.type)]
_READ: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_FIELDS, lambda value: value and _record(Field, value)),
    "data": _decode_table,
    "styles": dict,
    "inputs": dict,
    "items": lambda value: tuple(map(tuple, value)),
    "facts": lambda value: tuple(map(facts.from_json, value)),
    "columns": lambda value: tuple(_record(Field, pairs) for pairs in value),
    "references": lambda value: tuple(_record(Reference, pairs) for pairs in value),
    "details": lambda value: tuple((row, from_json(table)) for row, table in value),
}


def _record(kind: type, pairs: list[list[Any]]) -> Any:
    return kind(**{key: _unscalar(value) for key, value in pairs})
