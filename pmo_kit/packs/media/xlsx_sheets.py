"""Cells, tables and charts in a sheet: numbers as numbers, text as inert text, formulas and charts on live cells."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import spoken
from pmo_kit.exhibits.drawing import grid_of
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.packs.media.office import GROUND, Series, Spec, clean, header, image, number_format, span, spec

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


def inert_book(stream: io.BytesIO) -> Any:
    """A workbook in which no text is read as a formula, a link or a number."""
    inert = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    return Workbook(stream, {"in_memory": True, **inert})


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
    said = clean(value)[:32767]
    if said[:1] in ("=", "+", "-", "@", "\t"):
        settings["quote_prefix"] = True
    sheet.write_string(row, column, said, formats(**settings))


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
    texts: list[list[tuple[int, str]]] = [[] for _ in range(rows)]
    for column, field in enumerate(fields, left):
        values = data[field.name].tolist()
        kinds = {cells.cell(field, value)["kind"] for value in values}
        number = "number" in kinds and kinds <= {"number", "missing"}
        inner: dict[str, Any] = {} if number or column == left else {"indent": 1}
        title = header(field)
        side = {"align": "right"} if number and field.kind != "time" else inner
        top = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", **side}
        text(sheet, head, column, title, formats, **top)
        longest = 0
        for row, value in enumerate(values):
            look: dict[str, Any] = {"bold": True, "top": int(row == plain)} if row >= plain else {}
            look |= inner and {**inner, "align": "left"}
            formula = _total(block, field.name, values, row, plain) if row >= plain and number else ""
            if row < plain and field.formula:
                formula = declared(field, block, row, data.iloc[row])
            part = write_cell(sheet, head + 1 + row, column, field, value, formats, formula, **look)
            said = cells.said(part)
            texts[row] += [(column, said)] if part["kind"] == "words" else []
            longest = max(longest, *map(len, said.split("\n")))
        half = max(max(map(len, title.split()), default=0), -(-len(title) // 2) + 2)
        wide = longest + (2 if number else 3)
        most = WIDEST if column == left else 0.7 * WIDEST
        formats.widen(sheet, column, min(max(wide, half + 1, 7), most))
    heads = [lines_in(header(field), formats.width(sheet, n) - 1.5) for n, field in enumerate(fields, left)]
    sheet.set_row(head, 15 * max(heads, default=1))
    for row, found in enumerate(texts, head + 1):  # as high as needed: no program does it alike
        lines = max((lines_in(said, formats.width(sheet, n) * 1.2) for n, said in found), default=1)
        if lines > 1:
            sheet.set_row(row, 13.5 * lines + 2)
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
    if any(map(theme.is_missing, [*parts, record[field.name]])) or not set(names.values()) <= set(
        block.names
    ):
        return ""
    values = {f"v{n}": float(value) for n, value in enumerate(parts)}
    order = list(names)
    said = _NAME.sub(lambda name: f"v{order.index(name[0])}", field.formula)
    try:  # the text is a constant of this package, of names, numbers and + - * / alone
        found = eval(said, {"__builtins__": {}}, values)
    except ZeroDivisionError:
        return ""
    wanted = float(record[field.name])
    if not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, *map(abs, values.values()))):
        raise ValueError(
            f"the formula of {field.name}, {field.formula}, gives {found:.15g} in row {row + 1}, "
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
        style = formats(**{"align": "left", **look, "num_format": "yyyy-mm-dd"})
        sheet.write_datetime(row, column, day, style)
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


_SHADES = {"min_color": "#FFFFFF", "mid_color": "#D3E6F6", "max_color": "#6BACE6"}
_SIGNED = {"min_color": "#F79A6B", "mid_color": "#FFFFFF", "max_color": "#6BACE6", "mid_type": "num",
           "mid_value": 0}  # fmt: skip
_BESIDE = 12
"""Columns that a chart covers."""


def write_chart(
    book: Any, sheet: Any, chart: Chart, head: int, fields: Sequence[Field], formats: Formats
) -> int:
    """Write the rows of a chart, the chart beside them, and to its right the cells that it is drawn from.

    Parameters
    ----------
    book, sheet : xlsxwriter workbook and worksheet
    chart : Chart
        The exhibit; its title stands in the first column three rows above its header.
    head : int
        Row of the header.
    fields : sequence of Field
        Its columns.
    formats : Formats
        Of the workbook.

    Returns
    -------
    int
        The first free row under everything.
    """
    if chart.mark == "heatmap" and not chart.data.empty:
        return _references(sheet, chart, _grid(sheet, chart, head, formats), formats)
    block = write_table(sheet, head, 0, chart.data, fields, formats)
    row = _references(sheet, chart, block.under, formats)
    if chart.data.empty:
        return row
    drawn = spec(chart)
    place = {"description": spoken(chart), "object_position": 3, "x_offset": 24, "y_offset": 2}
    if drawn is None:
        content = image(chart, 665)
        high = int.from_bytes(content[20:24], "big") // 2
        scale = {"image_data": io.BytesIO(content), "x_scale": 0.5 * 96 / 72, "y_scale": 0.5 * 96 / 72}
        sheet.insert_image(block.head, block.right, f"{chart.id}.png", {**place, **scale})
        return max(row, block.head + 2 + round(high * 96 / 72) // 19)
    columns = write_series(sheet, drawn, block.head, block.right + 1 + _BESIDE, formats, block)
    made = native(book, chart, drawn, sheet.name, columns, block.head)
    height = 340 if drawn.shape != "bar" else max(260, 80 + 27 * len(drawn.categories))
    made.set_size({"width": 720, "height": height})
    sheet.insert_chart(block.head, block.right, made, place)
    return max(row, block.head + 2 + height // 19)


def _references(sheet: Any, chart: Chart, row: int, formats: Formats) -> int:
    """The named lines as a list; the first free row."""
    if not chart.references:
        return row
    text(sheet, row + 1, 0, "Lines across the chart", formats, bold=True)
    for place, line in enumerate(chart.references, row + 2):
        text(sheet, place, 0, line.label, formats)
        write_cell(sheet, place, 1, chart.x if line.axis == "x" else chart.y, line.value, formats)
    return row + 3 + len(chart.references)


def write_series(
    sheet: Any, drawn: Spec, head: int, left: int, formats: Formats, block: Block | None = None
) -> list[int]:
    """Write categories and series, as formulas on the rows of a block; the column of the values of each series."""
    quiet = {"font_color": theme.QUIET}
    places: list[int] = []
    at = left
    if drawn.shape != "xy":
        text(sheet, head, left, "for the chart", formats, bottom=1, **quiet)
        for place, category in enumerate(drawn.categories, head + 1):
            text(sheet, place, left, category, formats, **quiet)
        at += 1
    for one in drawn.series:
        if drawn.shape == "xy":
            text(sheet, head, at, "across", formats, bottom=1, **quiet)
            for place, x in enumerate(one.xs, head + 1):
                sheet.write_number(place, at, x, formats(num_format="General", **quiet))
            at += 1
        text(sheet, head, at, one.name, formats, bottom=1, **quiet)
        style = formats(num_format=number_format(drawn.number), **quiet)
        for place, value in enumerate(one.values):
            row = one.rows[place] if one.rows else None
            if value is not None and row is not None and block is not None and one.column in block.names:
                link = f"={block.cell(row, one.column)}"
                sheet.write_formula(head + 1 + place, at, link, style, value)
            elif value is not None:
                sheet.write_number(head + 1 + place, at, value, style)
        places.append(at)
        at += 1
    return places


_KINDS = {"xy": {"type": "scatter", "subtype": "straight"}}


def native(
    book: Any, chart: Chart, drawn: Spec, sheet: str, columns: Sequence[int], head: int, on_slide: int = 0
) -> Any:
    """A chart over the cells of its series.

    Parameters
    ----------
    book : xlsxwriter workbook
    chart, drawn : Chart, Spec
        The exhibit and how it is drawn.
    sheet, columns, head : str, sequence of int, int
        Where its series stand, as `write_series` wrote them.
    on_slide : int
        Size of type in pt on a slide, where the scale is set and the font the template's; 0 in a sheet, where the
        scale follows the cells and the title stands three rows above the header.
    """
    made = book.add_chart(
        _KINDS.get(drawn.shape, {"type": drawn.shape}) | ({"subtype": "stacked"} if drawn.stacked else {})
    )
    size: dict[str, Any] = {"size": on_slide} if on_slide else {"name": theme.FONT, "size": 9}
    font = {**size, "color": theme.INK, "bold": False}
    small = {**font, "size": min(font["size"], 12), "color": theme.QUIET}
    few = max(0, 5 - len(drawn.categories))
    for one, column in zip(drawn.series, columns, strict=True):
        along = column - 1 if drawn.shape == "xy" else columns[0] - 1
        made.add_series({
            "name": [sheet, head, column],
            "values": [sheet, head + 1, column, head + len(one.values), column],
            "categories": [sheet, head + 1, along, head + len(one.values), along],
            "gap": (45 if drawn.shape == "bar" else 60) + 55 * few,
            "overlap": 100 if drawn.stacked or drawn.layered else -5 if len(drawn.series) > 1 else 0,
            **_look(one),
            **({"data_labels": _labels(one, drawn, font)} if any(one.labels) else {}),
        })  # fmt: skip
    plain = {"num_font": font, "name_font": small, "major_gridlines": {"visible": False},
             "major_tick_mark": "none", "minor_tick_mark": "none"}  # fmt: skip
    words: dict[str, Any] = {**plain, "line": {"color": theme.INK}, "label_position": "low"}
    grid = {"visible": not drawn.labelled, "line": {"color": theme.GRID, "width": 0.75}}
    values = {**plain, "line": {"none": True}, "major_gridlines": grid, "visible": not drawn.labelled,
              "num_format": number_format(drawn.number)}  # fmt: skip
    values |= {} if drawn.labelled else {"name": _inert(header(drawn.number))}
    if on_slide:
        values |= _scale(drawn.span(), drawn.number.signed)
    if drawn.shape == "xy":
        across = _scale(span([x for one in drawn.series for x in one.xs]))
        months = {} if chart.x.kind == "number" else {"num_format": "yyyy-mm"}
        words |= {"name": _inert(header(chart.x)), **across, **months}
    if drawn.shape == "bar":
        made.set_y_axis({**words, "reverse": True, "interval_unit": 1})
        made.set_x_axis({**values, "label_position": "high"})
    else:
        made.set_x_axis(words)
        made.set_y_axis(values)
    title = {"name": [sheet, head - 3, 0], "overlay": False,
             "name_font": {"name": theme.FONT, "size": 12, "color": theme.DARK_BLUE}}  # fmt: skip
    made.set_title({"none": True} if on_slide else title)
    unnamed = [n for n, one in enumerate(drawn.series) if one.kind == "hidden" or one.across]
    made.set_legend(
        {"position": "top", "font": font, "delete_series": unnamed} if drawn.key else {"none": True}
    )
    made.set_chartarea({"border": {"none": True}})
    return made


def _scale(ends: tuple[float, float, float], signed: bool = False) -> dict[str, Any]:
    """Lowest, highest and step of an axis of numbers, and how its numbers are written."""
    low, high, step = ends
    form = number_format(Field("", decimals=0 if not step or float(step).is_integer() else 1, signed=signed))
    return {"min": low, "max": high, "num_format": form, **({"major_unit": step} if step else {})}


def _inert(said: str) -> str:
    """Words that a chart does not take for the address of a cell: an invisible joiner follows each "!".

    Examples
    --------
    >>> _inert("Stop!A1") == "Stop!\u2060A1", _inert("EUR million")
    (True, 'EUR million')
    """
    return clean(said).replace("!", "!\u2060")


def _look(one: Series) -> dict[str, Any]:
    """Colors and outline of a series; bars have no markers, which the schema forbids there."""
    none, color = {"none": True}, one.look.shade
    if one.kind == "line":
        width = 1.5 if one.across else 2.25
        line = {"color": color, "width": width, "dash_type": "dash" if one.look.dash else "solid"}
        return {"line": line, "marker": {"type": "none"}}
    if one.kind == "dots":
        dots = {"type": "circle", "size": 8, "fill": {"color": color}, "border": {"color": theme.PAPER}}
        return {"line": none, "marker": dots}
    if one.kind == "fill":
        looks = map(one.looks.get, range(len(one.values)))
        return {**_fill(one.look), "points": one.looks and [look and _fill(look) for look in looks]}
    return {"fill": none, "border": none if one.kind == "hidden" else {"color": theme.INK, "width": 1.75}}


def _labels(one: Series, drawn: Spec, font: Mapping[str, Any]) -> dict[str, Any]:
    """Words on the marks: the number where they say just that, else the words themselves."""
    inner = drawn.stacked and one.kind == "fill"
    if drawn.layered and (one.look.hatch or one.look is GROUND):
        place = "inside_end" if one.look.hatch else "inside_base"
    elif one.kind in ("line", "dots"):
        place = "right" if one.across and one.xs[0] == one.xs[1] else "above"
    else:
        place = "center" if inner else "outside_end"
    grounds = [one.looks.get(n, one.look).fill if inner else theme.PAPER for n in range(len(one.labels))]
    looks = [{"font": {**font, "color": theme.readable(theme.INK, ground)}} for ground in grounds]
    found = {"value": True, "num_format": number_format(drawn.number), "position": place, **looks[0]}
    plain = one.plain(drawn.number)
    if not plain or len(set(grounds)) > 1:
        found["custom"] = [
            {**look, **({} if plain else {"value": _inert(said)})} if said else {"delete": True}
            for said, look in zip(one.labels, looks, strict=True)
        ]
    return found


def _fill(look: theme.Look) -> dict[str, Any]:
    border = {"color": look.line, "width": look.width} if look.width else {"none": True}
    if look.hatch:
        pattern = {"pattern": "wide_upward_diagonal", "fg_color": look.line, "bg_color": look.fill}
        return {"pattern": pattern, "border": border}
    return {"fill": {"color": look.fill}, "border": border}


def _grid(sheet: Any, chart: Chart, head: int, formats: Formats) -> int:
    """A heatmap as a table: numbers on a scale of color, words as they are."""
    assert chart.value is not None
    grid = grid_of(chart)
    text(sheet, head, 0, header(chart.y), formats, bold=True, bottom=1)
    formats.widen(sheet, 0, min(max([10, *map(len, grid.rows)]) + 1, 40))
    for place, name in enumerate(grid.columns, 1):
        text(sheet, head, place, name, formats, bold=True, bottom=1, align="center", text_wrap=True)
        formats.widen(sheet, place, 12)
    for place, name in enumerate(grid.rows, head + 1):
        text(sheet, place, 0, name, formats)
    for (row, column), (record, _, _) in grid.parts.items():
        at = (head + 1 + grid.rows.index(row), 1 + grid.columns.index(column))
        write_cell(sheet, *at, chart.value, record[chart.value.name], formats, align="center")
    last = head + len(grid.rows)
    if chart.value.kind == "number":
        shades = {"type": "3_color_scale", **(_SIGNED if chart.value.signed else _SHADES)}
        sheet.conditional_format(head + 1, 1, last, len(grid.columns), shades)
    return last + 1
