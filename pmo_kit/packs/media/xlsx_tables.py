"""Tables in a sheet: numbers as numbers, text as inert text, sums and ratios as live formulas."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Field, words
from pmo_kit.packs.media.live import Derived, derived, is_numeric, is_rest, is_sum

_WIDEST = 46


@dataclass(frozen=True)
class Block:
    """Where a table stands: row of its header, first column, its fields and number of rows."""

    head: int
    left: int
    names: tuple[str, ...]
    rows: int

    def cell(self, row: int, name: str) -> str:
        """Address of a cell: row of the data, name of the column."""
        from xlsxwriter.utility import xl_rowcol_to_cell

        return str(xl_rowcol_to_cell(self.head + 1 + row, self.left + self.names.index(name)))

    @property
    def right(self) -> int:
        """The first free column to its right."""
        return self.left + len(self.names)

    @property
    def under(self) -> int:
        """The first free row under it."""
        return self.head + 1 + self.rows


class Formats:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.widths: dict[tuple[str, int], float] = {}

    def __call__(self, **settings: Any) -> Any:
        """A format; the font is that of every medium."""
        key = tuple(sorted(settings.items()))
        if key not in self.made:
            base = {"font_name": theme.FONT, "font_size": 10, "font_color": theme.INK, "valign": "top"}
            self.made[key] = self.book.add_format({**base, **settings})
        return self.made[key]

    def widen(self, sheet: Any, column: int, width: float) -> None:
        """Make a column at least so wide, in characters."""
        place = (sheet.name, column)
        if width > self.widths.get(place, 0.0):
            self.widths[place] = width
            sheet.set_column(column, column, width)

    def width(self, sheet: Any, column: int) -> float:
        """How wide a column is, in characters."""
        return self.widths.get((sheet.name, column), 8.4)


def lines_in(value: object, width: float) -> int:
    """How many lines a text takes in a column of so many characters.

    Examples
    --------
    >>> lines_in("Billing replacement leaves", 12), lines_in("short", 12)
    (3, 1)
    """
    count = 0
    for line in str(value).split("\n"):
        room, count = 0.0, count + 1
        for word in line.split(" "):
            room += len(word) + (1 if room else 0)
            if room > width and room > len(word):
                room, count = float(len(word)), count + 1
    return count


def text(sheet: Any, row: int, column: int, value: str, formats: Formats, **settings: Any) -> None:
    """Write text that stays text: what begins like a formula is marked as a quotation.

    A cell is never read as a formula or a link; control characters, which a sheet cannot hold, are left out.
    """
    clean = "".join(c for c in value if c >= " " or c in "\n\t")[:32767]
    if clean[:1] in ("=", "+", "-", "@", "\t"):
        settings["quote_prefix"] = True
    sheet.write_string(row, column, clean, formats(**settings))


def number_format(field: Field) -> str:
    """The format of a field's numbers: decimals, thousands apart, a sign where differences need one.

    Examples
    --------
    >>> number_format(Field("x", decimals=2)), number_format(Field("x", decimals=0, signed=True))
    ('#,##0.00', '+#,##0;-#,##0;0')
    """
    plain = "#,##0" + ("." + "0" * field.decimals if field.decimals else "")
    return f"+{plain};-{plain};{plain.replace('#,##', '')}" if field.signed else plain


def write_table(
    sheet: Any, head: int, left: int, data: Any, fields: Sequence[Field], formats: Formats, totals: int = 0
) -> Block:
    """Write a header and rows; sums at the end and columns that follow from others become formulas.

    Parameters
    ----------
    sheet : xlsxwriter worksheet
    head, left : int
        Row of the header and first column, counted from 0.
    data : DataFrame
        The rows.
    fields : sequence of Field
        The columns.
    formats : Formats
        Of the workbook.
    totals : int
        Rows at the end that are sums.

    Returns
    -------
    Block
        Where it stands.
    """
    rows = len(data)
    block = Block(head, left, tuple(field.name for field in fields), rows)
    plain = rows - totals
    live = derived(data, fields, plain)
    for place, field in enumerate(fields):
        column = left + place
        numeric = is_numeric(data, field)
        title = " ".join(header(field).split("\n"))
        text(sheet, head, column, title, formats, bold=True, bottom=1, text_wrap=True,
             align="right" if numeric and field.kind != "time" else "left", valign="bottom",
             **({} if numeric or not place else {"indent": 1}))  # fmt: skip
        for row in range(rows):
            look: dict[str, Any] = {}
            if row >= plain:
                look = {"bold": True, "top": 1} if row == plain else {"bold": True}
            formula = _formula(data, field, row, plain, block, live.get(field.name))
            value = data[field.name].iloc[row]
            if place and not numeric:
                look |= {"indent": 1, "align": "left"}
            _write(sheet, head + 1 + row, column, field, value, formula, formats, look)
        formats.widen(sheet, column, _width(data, field, title, numeric))
    _heights(sheet, head, left, data, fields, formats)
    return block


def _heights(sheet: Any, head: int, left: int, data: Any, fields: Sequence[Field], formats: Formats) -> None:
    """Rows as high as their longest text needs: no program does it alike."""
    fits = [formats.width(sheet, left + place) for place in range(len(fields))]
    titles = [
        lines_in(" ".join(header(field).split("\n")), fit - 1.5)
        for field, fit in zip(fields, fits, strict=True)
    ]
    sheet.set_row(head, 15 * max(titles, default=1))
    worded = [(n, field.name) for n, field in enumerate(fields) if not is_numeric(data, field)]
    for row in range(len(data)):
        cells = [(fits[n] * 1.2, data[name].iloc[row]) for n, name in worded]
        counts = [lines_in(words(value), fit) for fit, value in cells if isinstance(value, str | tuple)]
        if max(counts, default=1) > 1:
            sheet.set_row(head + 1 + row, 13.5 * max(counts) + 2)


def header(field: Field) -> str:
    """Title and unit of a column; its name where it has no title.

    Examples
    --------
    >>> header(Field("npv", title="net value", unit="EUR million"))
    'net value, EUR million'
    """
    title = field.title or field.name.replace("_", " ")
    return f"{title}, {field.unit}" if field.unit else title


def _formula(data: Any, field: Field, row: int, plain: int, block: Block, how: Derived | None) -> str:
    """The formula of a cell, or "" for a plain value; a sum counts before a ratio."""
    if row >= plain:
        numeric = is_numeric(data, field)
        if numeric and row == plain and is_sum(data, field.name, row, plain):
            return f"=SUM({block.cell(0, field.name)}:{block.cell(plain - 1, field.name)})"
        if numeric and row == len(data) - 1 and is_rest(data, field.name, plain):
            there = f"SUM({block.cell(plain + 1, field.name)}:{block.cell(row - 1, field.name)})"
            return f"={there}-{block.cell(plain, field.name)}"
        return ""
    if how is None or any(theme.is_missing(data[n].iloc[row]) for n in (field.name, how.one, how.other)):
        return ""
    one, other = block.cell(row, how.one), block.cell(row, how.other)
    return {"ratio": f"={one}/{other}", "percent": f"=100*{one}/{other}", "difference": f"={one}-{other}"}[
        how.how
    ]


def _write(
    sheet: Any, row: int, column: int, field: Field, value: Any, formula: str, formats: Formats,
    look: dict[str, Any],
) -> None:  # fmt: skip
    if isinstance(value, tuple):
        text(sheet, row, column, words(value), formats, text_wrap=True, **look)
    elif theme.is_missing(value):
        text(sheet, row, column, theme.MISSING, formats, font_color=theme.QUIET,
             **{"align": "right" if field.kind == "number" else "left", **look})  # fmt: skip
    elif isinstance(value, bool | str):
        _write_word(sheet, row, column, field, theme.format_text(value), formats, look)
    elif isinstance(value, dt.date):
        day = dt.datetime(value.year, value.month, value.day)
        sheet.write_datetime(row, column, day, formats(num_format="yyyy-mm-dd", **{"align": "left", **look}))
    elif math.isinf(float(value)):
        text(sheet, row, column, theme.format_number(value), formats, **{**look, "align": "right"})
    else:
        year = field.kind == "time"
        side = {"indent": 0, "align": "left" if year else "right"}
        style = formats(num_format="0" if year else number_format(field), **{**look, **side})
        if formula:
            sheet.write_formula(row, column, formula, style, float(value))
        else:
            sheet.write_number(row, column, float(value), style)


def _write_word(
    sheet: Any, row: int, column: int, field: Field, value: str, formats: Formats, look: dict[str, Any]
) -> None:
    """A text cell; statuses keep their letter and color, decisions their word."""
    letter = theme.rag_letter(value) if field.kind == "rag" else ""
    if letter:
        _, fill, ink = theme.RAG[letter]
        look = {**look, "bg_color": fill, "font_color": ink, "bold": True, "align": "center"}
        text(sheet, row, column, letter, formats, **look)
        return
    badge = theme.DECISIONS.get(value.strip().lower()) if field.kind == "decision" else None
    if badge is not None:
        text(sheet, row, column, f"{badge.mark} {badge.word}", formats, **{**look, "bold": True})
        return
    text(sheet, row, column, value, formats, text_wrap=len(value) > _WIDEST or "\n" in value, **look)


def _width(data: Any, field: Field, title: str, numeric: bool) -> float:
    """Width of a column in characters: its longest cell, a header may take two lines."""
    if numeric:
        show: Callable[[Any], str] = lambda value: theme.format_number(value, field.decimals)  # noqa: E731
    else:
        show = lambda value: max(words(value).split("\n"), key=len) if value is not None else ""  # noqa: E731
    longest = max((len(show(value)) for value in data[field.name]), default=0)
    half = max(max(map(len, title.split()), default=0), -(-len(title) // 2) + 2)
    return float(min(max(longest + (2 if numeric else 3), half + 1, 7), _WIDEST))
