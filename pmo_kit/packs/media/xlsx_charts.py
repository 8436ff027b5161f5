"""Native charts in a sheet, linked to its cells; a heatmap is a colored grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import ticks
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.packs.media.plan import Drawn, Plan, number_of, plan, stepped
from pmo_kit.packs.media.xlsx_tables import Block, Formats, header, number_format, text, write_table

_SHADES = {"min_color": "#FFFFFF", "mid_color": "#D3E6F6", "max_color": "#6BACE6"}
_SIGNED = {"min_color": "#F79A6B", "mid_color": "#FFFFFF", "max_color": "#6BACE6"}
_PATTERNS = {"/": "wide_upward_diagonal"}
_BESIDE = 12
"""Columns that a chart covers."""
_DASHES = {"dash": "dash", "solid": "solid"}


def write_chart(
    book: Any, sheet: Any, chart: Chart, head: int, fields: Sequence[Field], formats: Formats
) -> int:
    """Write the rows of a chart, the chart beside them, and to its right the cells that it is drawn from.

    Parameters
    ----------
    book, sheet : xlsxwriter workbook and worksheet
    chart : Chart
        The exhibit.
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
    if chart.mark == "heatmap":
        return _references(sheet, chart, _grid(sheet, chart, head, formats), formats)
    block = write_table(sheet, head, 0, chart.data, fields, formats)
    row = _references(sheet, chart, block.under, formats)
    planned = plan(chart)
    if planned is None:
        return row
    columns = _columns(sheet, chart, planned, block, block.right + 1 + _BESIDE, formats)
    drawn = _native(book, chart, planned, sheet.name, columns, block.head)
    height = 340 if planned.shape != "bar" else max(260, 80 + 27 * len(planned.categories))
    drawn.set_size({"width": 720, "height": height})
    place = {"description": chart.alt, "object_position": 3, "x_offset": 24, "y_offset": 2}
    sheet.insert_chart(block.head, block.right, drawn, place)
    under = max(row, block.head + 2 + height // 19)
    sheet.print_area(0, 0, under + 5, block.right + _BESIDE - 1)
    return under


def _references(sheet: Any, chart: Chart, row: int, formats: Formats) -> int:
    """The named lines as a list; the first free row."""
    for place, reference in enumerate(chart.references):
        if place == 0:
            row += 1
            text(sheet, row, 0, "Lines across the chart", formats, bold=True)
        row += 1
        text(sheet, row, 0, reference.label, formats)
        if isinstance(reference.value, str):
            text(sheet, row, 1, reference.value, formats, align="right")
        else:
            axis = chart.x if reference.axis == "x" else chart.y
            sheet.write_number(row, 1, float(reference.value), formats(num_format=number_format(axis)))
    return row + 1 if chart.references else row


def _columns(
    sheet: Any, chart: Chart, planned: Plan, block: Block, left: int, formats: Formats
) -> list[tuple[int, int]]:
    """Write categories and series as formulas on the rows; the column of the values and their number."""
    number = number_of(chart)
    style = formats(num_format=number_format(number), font_color=theme.QUIET)
    quiet = {"font_color": theme.QUIET}
    places: list[tuple[int, int]] = []
    at = left
    if planned.shape != "xy":
        text(sheet, block.head, left, "for the chart", formats, bottom=1, valign="bottom", **quiet)
        for place, category in enumerate(planned.categories):
            text(sheet, block.head + 1 + place, left, category, formats, **quiet)
        sheet.set_column(left, left, min(max(map(len, planned.categories)) + 1, 34))
        at += 1
    for drawn in planned.series:
        values, xs = list(drawn.values), list(drawn.xs)
        steps = drawn.manner == "steps"
        if steps:
            xs, values = stepped(xs, values)
        if planned.shape == "xy":
            text(
                sheet,
                block.head,
                at,
                header(chart.x),
                formats,
                bottom=1,
                text_wrap=True,
                valign="bottom",
                **quiet,
            )
            for place, x in enumerate(xs):
                sheet.write_number(block.head + 1 + place, at, x, formats(num_format="General", **quiet))
            sheet.set_column(at, at, 11)
            at += 1
        text(sheet, block.head, at, drawn.name, formats, bottom=1, text_wrap=True, valign="bottom",
             align="right", **quiet)  # fmt: skip
        for place, value in enumerate(values):
            if value is None:
                continue
            formula = "" if steps else _link(drawn, place, block)
            if formula:
                sheet.write_formula(block.head + 1 + place, at, formula, style, value)
            else:
                sheet.write_number(block.head + 1 + place, at, value, style)
        sheet.set_column(at, at, 11)
        places.append((at, len(values)))
        at += 1
    return places


def _link(drawn: Drawn, place: int, block: Block) -> str:
    """The formula that takes a value from the rows; "" where there is none."""
    if not drawn.rows or drawn.rows[place] is None or drawn.column not in block.names:
        return ""
    row = drawn.rows[place]
    assert row is not None
    return f"={block.cell(row, drawn.column)}" + (f"-{block.cell(row, drawn.minus)}" if drawn.minus else "")


def _native(
    book: Any, chart: Chart, planned: Plan, sheet: str, columns: list[tuple[int, int]], head: int
) -> Any:
    kind: dict[str, Any] = {
        "bar": {"type": "bar"},
        "column": {"type": "column"},
        "line": {"type": "line"},
        "range": {"type": "line"},
        "xy": {"type": "scatter", "subtype": "straight"},
    }[planned.shape]
    if planned.stacked:
        kind["subtype"] = "stacked"
    drawn = book.add_chart(kind)
    first = columns[0][0] - 1
    number = number_of(chart)
    for series, (column, count) in zip(planned.series, columns, strict=True):
        settings = _series(series, number, planned.stacked)
        settings["name"] = [sheet, head, column]
        settings["values"] = [sheet, head + 1, column, head + count, column]
        across = column - 1 if planned.shape == "xy" else first
        settings["categories"] = [sheet, head + 1, across, head + count, across]
        if planned.shape in ("bar", "column"):
            settings["gap"] = 45
            settings["overlap"] = 100 if planned.stacked or planned.layered else 0
        drawn.add_series(settings)
    if planned.shape == "range":
        drawn.set_high_low_lines({"line": {"color": theme.DARK_BLUE, "width": 4}})
    font = {"name": theme.FONT, "size": 9, "color": theme.INK, "bold": False}
    line = {"none": True}
    grid = {"visible": True, "line": {"color": theme.GRID, "width": 0.75}}
    labelled = any(any(series.labels) for series in planned.series)
    values = {"num_font": font, "name_font": font, "line": line, "major_gridlines": {"visible": False} if labelled and
              planned.shape in ("bar", "column") else grid, "name": header(number),
              "num_format": "General" if planned.shape == "xy" else number_format(number)}  # fmt: skip
    words: dict[str, Any] = {"num_font": font, "name_font": font, "line": {"color": theme.INK},
                             "major_gridlines": {"visible": False}, "label_position": "low"}  # fmt: skip
    if planned.shape == "bar":
        values["name"] = header(chart.x)
        drawn.set_y_axis({**words, "reverse": True, "interval_unit": 1})
        drawn.set_x_axis({**values, "visible": not labelled})
    else:
        if planned.shape == "xy":
            words["name"] = header(chart.x)
            xs = [x for series in planned.series for x in series.xs]
            words["min"], words["max"], words["major_unit"] = span(xs)
        drawn.set_x_axis(words)
        drawn.set_y_axis(values)
    title = " ".join(chart.title.split("\n"))
    drawn.set_title({"name": title, "overlay": False,
                     "name_font": {"name": theme.FONT, "size": 12, "color": theme.DARK_BLUE}})  # fmt: skip
    if planned.key:
        hidden = [n for n, series in enumerate(planned.series) if series.manner == "hidden"]
        drawn.set_legend({"position": "top", "font": font, "delete_series": hidden})
    else:
        drawn.set_legend({"none": True})
    drawn.set_chartarea({"border": {"none": True}})
    return drawn


def span(values: Sequence[float], room: float = 0.05, zero: float = 0.3) -> tuple[float, float, float]:
    """Round ends and step of an axis around some values; it begins at zero where the least is below a share.

    Examples
    --------
    >>> span([70.0, 120.0])
    (60.0, 130.0, 10.0)
    """
    low, high = min(values), max(values)
    pad = room * ((high - low) or 1)
    low = 0.0 if 0 <= low < zero * high else low - pad
    marks = ticks(low, high + pad, 6)
    step = marks[1] - marks[0] if len(marks) > 1 else (high - low) or 1.0
    first = math.floor(low / step + 1e-9) * step
    return round(first, 9), round(math.ceil((high + pad) / step - 1e-9) * step, 9), round(step, 9)


def _series(series: Drawn, number: Field, stacked: bool) -> dict[str, Any]:
    """Colors, outline and labels of a series."""
    settings: dict[str, Any] = {}
    look = series.look
    if series.manner == "hidden":
        settings = {name: {"none": True} for name in ("fill", "border", "line")} | {
            "marker": {"type": "none"}
        }
        if any(series.labels):
            settings["data_labels"] = {
                "value": True, "position": "inside_base",
                "font": {"name": theme.FONT, "size": 9, "color": theme.INK},
                "custom": [{"value": said} if said else {"delete": True} for said in series.labels],
            }  # fmt: skip
        return settings
    if series.manner == "outline":
        settings |= {"fill": {"none": True}, "border": {"color": theme.INK, "width": 1.75}}
    elif series.manner == "fill":
        settings |= _fill(look)
        if series.looks:
            settings["points"] = [
                _fill(series.looks[n]) if n in series.looks else None for n in range(len(series.values))
            ]
    else:
        color = look.line if look.fill == theme.PAPER else look.fill
        line = {"color": color, "width": 2.0, "dash_type": _DASHES.get(look.dash, "solid")}
        dots = {"type": "circle", "size": 8, "fill": {"color": color}, "border": {"color": theme.PAPER}}
        settings["line"] = {"none": True} if series.manner == "dots" else line
        settings["marker"] = dots if series.manner == "dots" else {"type": "none"}
    if any(series.labels) and series.manner != "steps":
        position = {"position": "above"} if series.manner in ("line", "dots") else {}
        dark = stacked and theme.contrast(look.fill) > theme.contrast(look.fill, theme.INK)
        settings["data_labels"] = {
            "value": True, "num_format": number_format(number), **position,
            "font": {"name": theme.FONT, "size": 9, "color": theme.PAPER if dark else theme.INK},
            "custom": [{"value": said} if said else {"delete": True} for said in series.labels],
        }  # fmt: skip
    return settings


def _fill(look: theme.Look) -> dict[str, Any]:
    border = {"color": look.line, "width": look.width} if look.width else {"none": True}
    if look.hatch:
        pattern = {
            "pattern": _PATTERNS.get(look.hatch, "wide_upward_diagonal"),
            "fg_color": look.line,
            "bg_color": look.fill,
        }
        return {"pattern": pattern, "border": border}
    return {"fill": {"color": look.fill}, "border": border}


def _grid(sheet: Any, chart: Chart, head: int, formats: Formats) -> int:
    """A heatmap as a table: numbers on a scale of color, words as they are."""
    assert chart.value is not None
    columns = list(dict.fromkeys(theme.format_text(value) for value in chart.data[chart.x.name]))
    rows = list(dict.fromkeys(theme.format_text(value) for value in chart.data[chart.y.name]))
    left = 0
    text(sheet, head, left, header(chart.y), formats, bold=True, bottom=1, valign="bottom")
    sheet.set_column(left, left, min(max([10, *map(len, rows)]) + 1, 40))
    for place, name in enumerate(columns):
        text(sheet, head, left + 1 + place, name, formats, bold=True, bottom=1, align="center", text_wrap=True,
             valign="bottom")  # fmt: skip
    sheet.set_column(left + 1, left + len(columns), 12)
    for place, name in enumerate(rows):
        text(sheet, head + 1 + place, left, name, formats)
    for record in chart.data.to_dict("records"):
        value = record[chart.value.name]
        at = (
            head + 1 + rows.index(theme.format_text(record[chart.y.name])),
            left + 1 + columns.index(theme.format_text(record[chart.x.name])),
        )
        if theme.is_missing(value):
            text(sheet, *at, theme.MISSING, formats, align="center", font_color=theme.QUIET)
        elif isinstance(value, str):
            letter = theme.rag_letter(value) if chart.value.kind == "rag" else ""
            color: dict[str, Any] = {}
            if letter:
                color = {"bg_color": theme.RAG[letter][1], "font_color": theme.RAG[letter][2], "bold": True}
            text(sheet, *at, letter or value, formats, align="center", **color)
        else:
            sheet.write_number(
                *at, float(value), formats(num_format=number_format(chart.value), align="center")
            )
    if chart.value.kind == "number" and rows:
        shades: dict[str, Any] = {"type": "3_color_scale", **(_SIGNED if chart.value.signed else _SHADES)}
        if chart.value.signed:
            shades |= {"mid_type": "num", "mid_value": 0}
        sheet.conditional_format(head + 1, left + 1, head + len(rows), left + len(columns), shades)
    return head + 1 + len(rows)
