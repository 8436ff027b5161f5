"""What a committee looks at, as data: a Chart, a Table, a Kpi row or a Message.

Every medium (notebook, page, PDF, slide, sheet) is rendered from these records alone, so the numbers are
equal in all of them. A record holds no colors and no layout: `theme` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd

Mark = Literal["bar", "line", "scatter", "interval", "heatmap"]
Kind = Literal["number", "text", "category", "time", "rag", "decision", "mark"]
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
        "rag" holds R, A, G; "decision" holds fund, refuse, stop, ...; "mark" holds full, reduced, out.
    decimals : int
        Digits after the point, for numbers.
    signed : bool
        Print a plus before positive numbers (differences).
    """

    name: str
    title: str = ""
    unit: str = ""
    kind: Kind = "number"
    decimals: int = 1
    signed: bool = False


@dataclass(frozen=True)
class Reference:
    """A named line across a chart: a limit, an envelope, the value of today."""

    axis: Literal["x", "y"]
    value: float | str
    label: str
    style: Style = "limit"


@dataclass(frozen=True, eq=False, kw_only=True)
class Exhibit:
    """What every exhibit has.

    Figures supply `id`, `unit_line`, `alt`, `source` and `inputs`; `show` adds `title` and `takeaway`.

    Parameters
    ----------
    id : str
        Stable name, unique in a notebook: "arbitration.frontier".
    title : str
        The message: a sentence with a verb and a number.
    unit_line : str
        What, unit, scope, period, data as of: one line in small type.
    takeaway : str
        What it means for the decision, one line.
    alt : str
        The same in words, for those who cannot see it. Never empty.
    source : str
        Tables and rows that it comes from.
    note : str
        A foot note; markers are explained here.
    inputs : mapping of str to str
        Register fingerprint, solver status, seed: what is needed to rebuild it.
    """

    id: str
    alt: str
    title: str = ""
    unit_line: str = ""
    takeaway: str = ""
    source: str = ""
    note: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, kw_only=True)
class Chart(Exhibit):
    """Five marks over a tidy table (one row per mark).

    Parameters
    ----------
    mark : Mark
        bar, line, scatter, interval (a line from `low` to `high`, dot at y) or heatmap.
    data : DataFrame
        One row per mark, in drawing order.
    x, y : Field
        A bar whose y is text is horizontal. A heatmap's x and y are text or time and `value` its cell.
    series : Field, optional
        Splits the rows into named series (at most four).
    styles : mapping of str to Style
        Series value (or value of `series` on a row) -> how it is drawn. Unlisted: categorical order.
    label : Field, optional
        Column printed on each mark (direct labels).
    low, high : Field, optional
        Ends of an interval.
    start : Field, optional
        Where a bar begins (waterfall).
    value : Field, optional
        Cell of a heatmap: a number (sequential color) or a category (kind "mark", "rag", "decision").
    group : Field, optional
        Splits a horizontal bar chart into titled blocks, top to bottom, on one scale.
    stacked : bool
        Bars of one x stand on one another.
    step : bool
        A line that moves in steps (a frontier).
    references : tuple of Reference
        Named lines.
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
    stacked: bool = False
    step: bool = False
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Table(Exhibit):
    """Rows and columns; numbers right on the decimal, unit in the header, sums in bold at the end.

    Parameters
    ----------
    data : DataFrame
        The rows, total rows last.
    columns : tuple of Field
        What is shown, in order. A column named "id" is printed small beside the one before it.
    totals : int
        How many rows at the end are sums.
    group : Field, optional
        Rows of one value stand under a heading (Always, Sometimes, Never).
    """

    data: pd.DataFrame
    columns: tuple[Field, ...]
    totals: int = 0
    group: Field | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class Kpi(Exhibit):
    """A row of at most four big numbers.

    Parameters
    ----------
    data : DataFrame
        One row per tile: label, value, unit, decimals, limit (the "of 50.0"; missing for none), note, focus (bool).
    """

    data: pd.DataFrame


@dataclass(frozen=True, eq=False, kw_only=True)
class Message(Exhibit):
    """Short paragraphs, each with a lead in bold: the decision text, what limits us, how sure.

    Parameters
    ----------
    items : tuple of (lead, text)
        Either may be empty. Text is data: it is never read as markup.
    """

    items: tuple[tuple[str, str], ...]
