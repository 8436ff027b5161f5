"""Heat maps: numbers as shades with the number in the cell, or marks in words and shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import Box, Dot, Sheet, Tick, pointed
from pmo_kit.exhibits.records import Chart

SHADES = ("#FFFFFF", "#D3E6F6", "#6BACE6", "#2073BC", "#12436D")
SIGNED_SHADES = ("#F46A25", "#FBC9AE", "#FFFFFF", "#A9CBEA", "#12436D")


@dataclass(frozen=True)
class Grid:
    """A heat map as every medium reads it: rows, columns, and of each pair its row of the data, cell and shade."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    parts: dict[tuple[str, str], tuple[dict[Any, Any], cells.Cell, str]]


def grid_of(chart: Chart) -> Grid:
    """Rows top to bottom and columns left to right in order of the data.

    Raises
    ------
    ValueError
        Without a field `value`.
    """
    if chart.value is None:
        raise ValueError(f"exhibit {chart.id}: a heatmap needs the field `value`")
    value, records = chart.value, chart.data.to_dict("records")
    numbers = [float(row[value.name]) for row in records if _is_number(row[value.name])]
    most = max((abs(number) for number in numbers), default=1.0) or 1.0
    low, high = (-most, most) if value.signed else (min([0.0, *numbers]), max([0.0, *numbers]))
    parts = {}
    for row in records:
        part = cells.cell(value, row[value.name])
        if chart.label is not None and value.kind == "number" and not theme.is_missing(row[chart.label.name]):
            part = {"kind": "number", "text": theme.format_value(chart.label, row[chart.label.name])}
        share = (float(row[value.name]) - low) / ((high - low) or 1) if _is_number(row[value.name]) else None
        shade = "" if share is None else _mix(share, SIGNED_SHADES if value.signed else SHADES)
        parts[theme.format_text(row[chart.y.name]), theme.format_text(row[chart.x.name])] = (row, part, shade)
    rows, columns = (tuple(dict.fromkeys(pair[n] for pair in parts)) for n in (0, 1))
    return Grid(rows, columns, parts)


def draw_grid(chart: Chart, sheet: Sheet) -> None:
    """Draw a heat map."""
    grid = grid_of(chart)
    assert chart.value is not None
    size = sheet.size
    wrapped = [theme.wrap(name, 0.36 * sheet.width, size) for name in grid.rows]
    sheet.left = sheet.widest(line for parts in wrapped for line in parts) + 11
    wide = max(theme.text_width(cells.said(part), size) for _, part, _ in grid.parts.values()) + 16
    cell = min(sheet.plot_width / len(grid.columns), max(wide, 5.2 * size))
    heads = [theme.wrap(name, cell - 4, size) for name in grid.columns]
    sheet.right = max(sheet.width - sheet.left - cell * len(grid.columns), 0)
    high = max(size * 2.0, max(map(len, wrapped)) * size * 1.2 + 6)
    sheet.height = high * len(grid.rows)
    sheet.top += max(map(len, heads)) * size * 1.25 + 6
    sheet.ticks = [Tick("top", (n + 0.5) * cell, "\n".join(lines)) for n, lines in enumerate(heads)]
    sheet.ticks += [Tick("y", (n + 0.5) * high, "\n".join(lines)) for n, lines in enumerate(wrapped)]
    for n in range(len(grid.rows) + 1):
        sheet.line(0, n * high, cell * len(grid.columns), n * high, color=theme.GRID, under=True)
    for (row, column), (_, part, shade) in grid.parts.items():
        x, y = grid.columns.index(column) * cell, grid.rows.index(row) * high
        value = cells.said(part) + (
            f" {chart.value.unit}" if chart.value.unit and part["kind"] == "number" else ""
        )
        say = pointed(row, column, (chart.value.title, value))
        edge = theme.PAPER if shade else ""
        sheet.marks.append(Box(x, y, x + cell, y + high, shade, edge, 1.5 if shade else 0.0, say=say))
        _cell(sheet, part, shade, x + cell / 2, y + high / 2)
    for reference in chart.references:
        name = theme.format_text(reference.value)
        if reference.axis == "x" and name in grid.columns:
            at = grid.columns.index(name) * cell
            sheet.line(at, 0, at, sheet.height)


def _cell(sheet: Sheet, part: cells.Cell, shade: str, x: float, y: float) -> None:
    """What stands in a cell: a number, a level as a square, a status in its shape, a decision, or words."""
    size, kind = sheet.size, part["kind"]
    if kind == "level" and part["text"] != "out":
        wide, tall = size * 0.575, size * 0.4
        end = x + wide if part["text"] == "full" else x
        sheet.marks.append(Box(x - wide, y - tall, x + wide, y + tall, theme.PAPER, theme.DARK_BLUE, 1.5))
        sheet.marks.append(Box(x - wide, y - tall, end, y + tall, theme.DARK_BLUE))
    elif kind == "rag":
        shape, fill, ink = theme.RAG[part["letter"]]
        sheet.marks.append(Dot(x, y, size * (1.6 if shape == "diamond" else 1.45), fill, shape=shape))
        sheet.words(part["letter"], x, y, color=ink, bold=True, size=size - 2)
    elif kind == "decision":
        fill = theme.BADGES.get(part["css"], "")
        sheet.words(cells.said(part), x, y, bold=True, size=size - 3, edge=fill or theme.DARK_GRAY,
                    ground=fill or theme.PAPER, color=theme.PAPER if fill else theme.DARK_GRAY)  # fmt: skip
    else:
        quiet = kind in ("missing", "level")
        ink = theme.readable(theme.INK, shade) if shade else theme.QUIET if quiet else theme.INK
        sheet.words("–" if kind == "level" else cells.said(part), x, y, color=ink)


def _mix(share: float, colors: tuple[str, ...]) -> str:
    at = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    first = min(int(at), len(colors) - 2)
    parts = (
        round(
            int(colors[first][i : i + 2], 16) * (first + 1 - at)
            + int(colors[first + 1][i : i + 2], 16) * (at - first)
        )
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in parts)


def _is_number(value: object) -> bool:
    return not isinstance(value, str | bool) and not theme.is_missing(value)
