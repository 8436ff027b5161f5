"""Tables in a sheet: numbers as numbers, text as inert text, sums and declared formulas as live formulas."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.records import Field
from pmo_kit.packs.media.office import header, number_format

WIDEST = 44
_NAME = re.compile(r"[A-Za-z_]\w*|\[[^\]]+\]")


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


def is_numeric(data: Any, field: Field) -> bool:
    """Whether a column holds numbers and nothing else."""
    kinds = {cells.cell(field, value)["kind"] for value in data[field.name]}
    return "number" in kinds and kinds <= {"number", "missing"}


def write_table(
    sheet: Any, head: int, left: int, data: Any, fields: Sequence[Field], formats: Formats, totals: int = 0
) -> Block:
    """Write a header and rows; sums at the end and columns with a declared formula are formulas.

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
        Rows at the end that are sums; a total that is no sum stays a number.

    Returns
    -------
    Block
        Where it stands.

    Raises
    ------
    ValueError
        A declared formula does not give the number of its row.
    """
    rows = len(data)
    block = Block(head, left, tuple(field.name for field in fields), rows)
    plain = rows - totals
    numeric = {field.name: is_numeric(data, field) for field in fields}
    for place, field in enumerate(fields):
        column, number = left + place, numeric[field.name]
        title = header(field)
        side = (
            {"align": "right"}
            if number and field.kind != "time"
            else {"indent": 1}
            if place and not number
            else {}
        )
        text(
            sheet, head, column, title, formats, bold=True, bottom=1, text_wrap=True, valign="bottom", **side
        )
        values = data[field.name].tolist()
        longest = 0
        for row, value in enumerate(values):
            look: dict[str, Any] = {"bold": True, "top": int(row == plain)} if row >= plain else {}
            look |= {"indent": 1, "align": "left"} if place and not number else {}
            formula = _total(block, field.name, values, row, plain) if row >= plain and number else ""
            if row < plain and field.formula:
                formula = declared(field, block, row, data.iloc[row])
            part = write_cell(sheet, head + 1 + row, column, field, value, formats, formula, **look)
            longest = max(longest, *map(len, cells.said(part).split("\n")))
        half = max(max(map(len, title.split()), default=0), -(-len(title) // 2) + 2)
        wide = longest + (2 if number else 3)
        formats.widen(sheet, column, min(max(wide, half + 1, 7), WIDEST if not column else 0.7 * WIDEST))
    _heights(sheet, block, data, fields, formats)
    return block


def declared(field: Field, block: Block, row: int, record: Mapping[str, Any]) -> str:
    """The formula of a cell from the declared one, names of columns replaced by cells; "" where a part is missing.

    Examples
    --------
    >>> block = Block(0, 0, ("used", "limit", "share"), 1)
    >>> declared(Field("share", formula="100 * used / limit"), block, 0, {"used": 1.0, "limit": 4.0, "share": 25.0})
    '=100 * A2 / B2'
    >>> declared(Field("share", formula="used / limit"), block, 0, {"used": 1.0, "limit": 4.0, "share": 25.0})
    Traceback (most recent call last):
        ...
    ValueError: the formula of share, used / limit, gives 0.25 in row 1, where 25.0 stands
    """
    names = {name: name.strip("[]") for name in _NAME.findall(field.formula)}
    parts = [record[name] for name in names.values()]
    if any(theme.is_missing(value) for value in [*parts, record[field.name]]) or not set(
        names.values()
    ) <= set(block.names):
        return ""
    values = {f"v{n}": float(value) for n, value in enumerate(parts)}
    order = list(names)
    try:
        found = eval(  # the text is a constant of this package, of names, numbers and + - * / alone
            _NAME.sub(lambda name: f"v{order.index(name[0])}", field.formula), {"__builtins__": {}}, values
        )
    except ZeroDivisionError:
        return ""
    wanted = float(record[field.name])
    if not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, *map(abs, values.values()))):
        raise ValueError(
            f"the formula of {field.name}, {field.formula}, gives {found!r} in row {row + 1}, "
            f"where {wanted!r} stands"
        )
    return "=" + _NAME.sub(lambda name: block.cell(row, names[name[0]]), field.formula)


def _total(block: Block, name: str, values: Sequence[Any], row: int, plain: int) -> str:
    """The formula of a row of sums: the sum of the rows; the last of several may be what is left of all under it."""
    parts = [float(value) for value in values[:plain] if not theme.is_missing(value)]
    if theme.is_missing(values[row]):
        return ""
    near = 1e-9 * max([1.0, *map(abs, parts)])
    if row == plain and len(parts) > 1 and abs(float(values[row]) - math.fsum(parts)) <= near:
        return f"=SUM({block.cell(0, name)}:{block.cell(plain - 1, name)})"
    under = [float(value) for value in values[plain:] if not theme.is_missing(value)]
    last = row == len(values) - 1 and len(under) == len(values) - plain > 2
    if last and abs(under[-1] - (math.fsum(under[1:-1]) - under[0])) <= near:
        return f"=SUM({block.cell(plain + 1, name)}:{block.cell(row - 1, name)})-{block.cell(plain, name)}"
    return ""


def write_cell(
    sheet: Any,
    row: int,
    column: int,
    field: Field,
    value: Any,
    formats: Formats,
    formula: str = "",
    **look: Any,
) -> cells.Cell:
    """Write one cell as `cells.cell` reads it: numbers and dates as such, all else as text; what it is."""
    part = cells.cell(field, value)
    kind = part["kind"]
    if kind == "number" and math.isfinite(float(value)):
        year = field.kind == "time"
        shape = "0" if year else number_format(field, float(value))
        style = formats(**{"align": "left" if year else "right", **look, "num_format": shape})
        if formula:
            sheet.write_formula(row, column, formula, style, float(value))
        else:
            sheet.write_number(row, column, float(value), style)
    elif isinstance(value, dt.date) and kind == "words":
        day = dt.datetime(value.year, value.month, value.day)
        sheet.write_datetime(
            row, column, day, formats(**{"align": "left", **look, "num_format": "yyyy-mm-dd"})
        )
    else:
        if kind == "rag":
            _, fill, ink = theme.RAG[part["letter"]]
            look = {**look, "bg_color": fill, "font_color": ink, "bold": True, "align": "center"}
        elif kind == "missing":
            look = {"font_color": theme.QUIET, "align": "right" if field.kind == "number" else "left", **look}
        elif kind in ("decision", "number"):
            look = {**look, "bold": True} if kind == "decision" else {**look, "align": "right"}
        said = cells.said(part)
        wrap = {"text_wrap": True} if "\n" in said or len(said) > 0.7 * WIDEST else {}
        text(sheet, row, column, said, formats, **wrap, **look)
    return part


def _heights(sheet: Any, block: Block, data: Any, fields: Sequence[Field], formats: Formats) -> None:
    """Rows as high as their longest text needs: no program does it alike."""
    fits = [formats.width(sheet, block.left + place) for place in range(len(fields))]
    titles = [lines_in(header(field), fit - 1.5) for field, fit in zip(fields, fits, strict=True)]
    sheet.set_row(block.head, 15 * max(titles, default=1))
    for row in range(block.rows):
        parts = (cells.cell(field, data[field.name].iloc[row]) for field in fields)
        counts = [
            lines_in(cells.said(part), fit * 1.2)
            for part, fit in zip(parts, fits, strict=True)
            if part["kind"] == "words"
        ]
        if max(counts, default=1) > 1:
            sheet.set_row(block.head + 1 + row, 13.5 * max(counts) + 2)
