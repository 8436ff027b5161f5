"""Charts in a sheet: native ones are linked to its cells; others are pictures beside their numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.cells import spoken
from pmo_kit.exhibits.drawing import grid_of
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.packs.media.office import Series, Spec, header, image, number_format, span, spec
from pmo_kit.packs.media.xlsx_tables import Block, Formats, text, write_cell, write_table

_SHADES = {"min_color": "#FFFFFF", "mid_color": "#D3E6F6", "max_color": "#6BACE6"}
_SIGNED = {
    "min_color": "#F79A6B",
    "mid_color": "#FFFFFF",
    "max_color": "#6BACE6",
    "mid_type": "num",
    "mid_value": 0,
}
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
    columns = _columns(sheet, drawn, block, block.right + 1 + _BESIDE, formats)
    native = _native(book, chart, drawn, sheet.name, columns, block.head)
    height = 340 if drawn.shape != "bar" else max(260, 80 + 27 * len(drawn.categories))
    native.set_size({"width": 720, "height": height})
    sheet.insert_chart(block.head, block.right, native, place)
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


def _columns(sheet: Any, drawn: Spec, block: Block, left: int, formats: Formats) -> list[int]:
    """Write categories and series as formulas on the rows; the column of the values of each series."""
    quiet = {"font_color": theme.QUIET}
    places: list[int] = []
    at = left
    if drawn.shape != "xy":
        text(sheet, block.head, left, "for the chart", formats, bottom=1, **quiet)
        for place, category in enumerate(drawn.categories):
            text(sheet, block.head + 1 + place, left, category, formats, **quiet)
        at += 1
    for one in drawn.series:
        if drawn.shape == "xy":
            text(sheet, block.head, at, "across", formats, bottom=1, **quiet)
            for place, x in enumerate(one.xs):
                sheet.write_number(block.head + 1 + place, at, x, formats(num_format="General", **quiet))
            at += 1
        text(sheet, block.head, at, one.name, formats, bottom=1, **quiet)
        style = formats(num_format=number_format(drawn.number), **quiet)
        for place, value in enumerate(one.values):
            row = one.rows[place] if one.rows else None
            if value is not None and row is not None and one.column in block.names:
                link = f"={block.cell(row, one.column)}"
                sheet.write_formula(block.head + 1 + place, at, link, style, value)
            elif value is not None:
                sheet.write_number(block.head + 1 + place, at, value, style)
        places.append(at)
        at += 1
    return places


def _native(book: Any, chart: Chart, drawn: Spec, sheet: str, columns: Sequence[int], head: int) -> Any:
    kind = {"xy": {"type": "scatter", "subtype": "straight"}}.get(drawn.shape, {"type": drawn.shape})
    native = book.add_chart(kind | ({"subtype": "stacked"} if drawn.stacked else {}))
    first = columns[0] - 1
    for one, column in zip(drawn.series, columns, strict=True):
        count = len(one.values)
        across = column - 1 if drawn.shape == "xy" else first
        settings = {
            "name": [sheet, head, column],
            "values": [sheet, head + 1, column, head + count, column],
            "categories": [sheet, head + 1, across, head + count, across],
            **_look(one, drawn),
        }
        if drawn.shape in ("bar", "column"):
            settings |= {"gap": 45, "overlap": 100 if drawn.stacked or drawn.layered else 0}
        native.add_series(settings)
    font = {"name": theme.FONT, "size": 9, "color": theme.INK, "bold": False}
    plain = {"num_font": font, "name_font": font, "major_gridlines": {"visible": False}}
    grid = {"visible": not drawn.labelled, "line": {"color": theme.GRID, "width": 0.75}}
    values = {**plain, "line": {"none": True}, "major_gridlines": grid, "name": _inert(header(drawn.number)),
              "num_format": number_format(drawn.number), "visible": not drawn.labelled}  # fmt: skip
    words: dict[str, Any] = {**plain, "line": {"color": theme.INK}, "label_position": "low"}
    if drawn.shape == "bar":
        native.set_y_axis({**words, "reverse": True, "interval_unit": 1})
        native.set_x_axis(values)
    else:
        if drawn.shape == "xy":
            low, high, step = span([x for one in drawn.series for x in one.xs])
            words |= {"name": _inert(header(chart.x)), "min": low, "max": high, "major_unit": step}
        native.set_x_axis(words)
        native.set_y_axis(values)
    native.set_title({
        "name": [sheet, head - 3, 0], "overlay": False,
        "name_font": {"name": theme.FONT, "size": 12, "color": theme.DARK_BLUE},
    })  # fmt: skip
    unnamed = [n for n, one in enumerate(drawn.series) if one.kind == "hidden" or one.across]
    native.set_legend(
        {"position": "top", "font": font, "delete_series": unnamed} if drawn.key else {"none": True}
    )
    native.set_chartarea({"border": {"none": True}})
    return native


def _inert(said: str) -> str:
    """Words that a chart does not take for the address of a cell: an invisible joiner follows each "!".

    Examples
    --------
    >>> _inert("Stop!A1") == "Stop!\u2060A1", _inert("EUR million")
    (True, 'EUR million')
    """
    return said.replace("!", "!\u2060")


def _look(one: Series, drawn: Spec) -> dict[str, Any]:
    """Colors, outline and labels of a series; bars have no markers, which the schema forbids there."""
    settings: dict[str, Any]
    if one.kind in ("line", "dots"):
        color = one.look.line if one.look.fill == theme.PAPER else one.look.fill
        dots = {"type": "circle", "size": 8, "fill": {"color": color}, "border": {"color": theme.PAPER}}
        line = {"color": color, "width": 2.0, "dash_type": one.look.dash}
        settings = {"line": line, "marker": {"type": "none"}}
        if one.kind == "dots":
            settings = {"line": {"none": True}, "marker": dots}
    elif one.kind == "hidden":
        settings = {"fill": {"none": True}, "border": {"none": True}}
    elif one.kind == "outline":
        settings = {"fill": {"none": True}, "border": {"color": theme.INK, "width": 1.75}}
    else:
        settings = _fill(one.look)
        if one.looks:
            settings["points"] = [
                _fill(one.looks[n]) if n in one.looks else None for n in range(len(one.values))
            ]
    if any(one.labels):
        inner = drawn.stacked and one.kind == "fill"
        color = theme.readable(theme.INK, one.look.fill) if inner else theme.INK
        settings["data_labels"] = {
            "value": True, "num_format": number_format(drawn.number),
            "font": {"name": theme.FONT, "size": 9, "color": color},
            **({"position": "above"} if one.kind in ("line", "dots") else {}),
            **({} if one.plain(drawn.number) else {
                "custom": [{"value": _inert(said)} if said else {"delete": True} for said in one.labels]
            }),
        }  # fmt: skip
    return settings


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
