"""Heat maps: numbers as shades with the number in the cell, or marks in words and shapes."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart
from pmo_kit.exhibits.sheet import Sheet, safe

SHADES = ("#FFFFFF", "#D3E6F6", "#6BACE6", "#2073BC", "#12436D")
SIGNED_SHADES = ("#F46A25", "#FBC9AE", "#FFFFFF", "#A9CBEA", "#12436D")


def draw_grid(chart: Chart, sheet: Sheet) -> None:
    """Draw a heat map: rows top to bottom and columns left to right in order of the data."""
    if chart.value is None:
        raise ValueError(f"exhibit {chart.id}: a heatmap needs the field `value`")
    records = chart.data.to_dict("records")
    columns = list(dict.fromkeys(theme.format_text(row[chart.x.name]) for row in records))
    rows = list(dict.fromkeys(theme.format_text(row[chart.y.name]) for row in records))
    size = sheet.size
    wrapped = {name: theme.wrap(name, 0.36 * sheet.width, size) for name in rows}
    sheet.left = sheet.widest(line for parts in wrapped.values() for line in parts) + 11
    wide = max((theme.text_width(_words(chart, row), size) for row in records), default=0) + 16
    cell = min(sheet.plot_width / max(len(columns), 1), max(wide, 5.2 * size))
    heads = [theme.wrap(name, cell - 4, size) for name in columns]
    sheet.right = max(sheet.width - sheet.left - cell * len(columns), 0)
    high = max(size * 2.0, max((len(lines) for lines in wrapped.values()), default=1) * size * 1.2 + 6)
    sheet.height = high * max(len(rows), 1)
    sheet.x_range, sheet.y_range = (0.0, float(max(len(columns), 1))), (float(max(len(rows), 1)), 0.0)
    sheet.top += max((len(lines) for lines in heads), default=1) * size * 1.25 + 6
    sheet.x_axis = {
        "side": "top",
        "tickvals": [place + 0.5 for place in range(len(columns))],
        "ticktext": ["<br>".join(safe(line) for line in lines) for lines in heads],
        "tickangle": 0,
        "ticklabelstandoff": 2,
    }
    sheet.y_axis = {
        "tickvals": [place + 0.5 for place in range(len(rows))],
        "ticktext": ["<br>".join(safe(line) for line in lines) for lines in wrapped.values()],
        "ticklabelstandoff": 6,
    }
    numeric = chart.value.kind == "number"
    shade = _shades(chart) if numeric else {}
    for place in range(len(rows) + 1):
        sheet.line(0, place, 1, place, xref="paper", color=theme.GRID, width=1)
    hover: list[str] = []
    at: list[tuple[float, float]] = []
    for row in records:
        column = columns.index(theme.format_text(row[chart.x.name]))
        line = rows.index(theme.format_text(row[chart.y.name]))
        at.append((column + 0.5, line + 0.5))
        said = _words(chart, row)
        hover.append(safe(f"{rows[line]}, {columns[column]}\n{said} {chart.value.unit}".strip()))
        if numeric:
            _shaded(sheet, column, line, said, row[chart.value.name], shade)
        else:
            _marked(chart, sheet, column, line, row[chart.value.name], cell, high)
    sheet.traces.append(
        go.Scatter(
            x=[x for x, _ in at], y=[y for _, y in at], mode="markers", hovertext=hover, hoverinfo="text",
            marker={"size": 18, "opacity": 0, "symbol": "square"}, showlegend=False, name="",
        )
    )  # fmt: skip
    for reference in chart.references:
        name = theme.format_text(reference.value)
        if reference.axis == "x" and name in columns:
            sheet.line(columns.index(name), 0, columns.index(name), 1, yref="paper", color=theme.INK, width=1)


def _words(chart: Chart, row: dict[Any, Any]) -> str:
    assert chart.value is not None
    field, source = chart.value, chart.label or chart.value
    said = row[source.name]
    if theme.is_missing(said):
        return theme.MISSING
    if isinstance(said, str) or (field.kind != "number" and chart.label is None):
        return theme.format_text(said)
    return theme.format_number(said, source.decimals, source.signed or field.signed)


def _shades(chart: Chart) -> dict[str, Any]:
    assert chart.value is not None
    values = [float(v) for v in chart.data[chart.value.name] if not theme.is_missing(v)]
    if chart.value.signed:
        most = max((abs(value) for value in values), default=1.0) or 1.0
        return {"low": -most, "high": most, "colors": SIGNED_SHADES}
    low, high = min([0.0, *values]), max([*values, 0.0])
    return {"low": low, "high": high if high > low else low + 1, "colors": SHADES}


def _mix(share: float, colors: tuple[str, ...]) -> str:
    at = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    first = min(int(at), len(colors) - 2)
    parts = [
        round(
            int(colors[first][i : i + 2], 16) * (first + 1 - at)
            + int(colors[first + 1][i : i + 2], 16) * (at - first)
        )
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02X}" for part in parts)


def _readable(color: str) -> str:
    """White or ink, whichever can be read better on a color."""
    return theme.PAPER if theme.contrast(color) > theme.contrast(color, theme.INK) else theme.INK


def _shaded(sheet: Sheet, column: int, line: int, said: str, value: Any, shade: dict[str, Any]) -> None:
    if theme.is_missing(value):
        sheet.note(said, column + 0.5, line + 0.5, color=theme.QUIET)
        return
    color = _mix((float(value) - shade["low"]) / (shade["high"] - shade["low"]), shade["colors"])
    sheet.shapes.append(
        {
            "type": "rect", "x0": column, "x1": column + 1, "y0": line, "y1": line + 1, "fillcolor": color,
            "line": {"width": 1.5, "color": theme.PAPER}, "layer": "between",
        }
    )  # fmt: skip
    sheet.note(
        said,
        column + 0.5,
        line + 0.5,
        color=_readable(color),
    )


def _marked(chart: Chart, sheet: Sheet, column: int, line: int, value: Any, cell: float, high: float) -> None:
    """A cell of words: level squares, RAG letters in shapes, decisions in words, else the word itself."""
    assert chart.value is not None
    x, y, name = column + 0.5, line + 0.5, str(value).strip().lower()
    if chart.value.kind == "mark" and name in ("full", "reduced"):
        wide, tall = sheet.size * 1.15, sheet.size * 0.8
        outline = {"color": theme.DARK_BLUE, "width": 1.5}
        _box(sheet, x, y, (-wide / 2, wide / 2), tall, theme.PAPER, outline)
        _box(sheet, x, y, (-wide / 2, wide / 2 if name == "full" else 0), tall, theme.DARK_BLUE, {"width": 0})
        return
    letter = theme.rag_letter(value) if chart.value.kind == "rag" else ""
    if letter:
        shape, fill, ink = theme.RAG[letter]
        sheet.traces.append(
            go.Scatter(
                x=[x], y=[y], mode="markers", hoverinfo="skip", showlegend=False, name="",
                marker={"symbol": shape, "color": fill,
                        "size": sheet.size * (1.6 if shape == "diamond" else 1.45)},
            )
        )  # fmt: skip
        sheet.note(letter, x, y, color=ink, bold=True, size=sheet.size - 2)
        return
    if chart.value.kind == "mark" and name == "out":
        sheet.note("–", x, y, color=theme.QUIET)
        return
    badge = theme.DECISIONS.get(name) if chart.value.kind == "decision" else None
    if badge is not None:
        filled = {"stop": theme.DARK_PINK, "fund": theme.DARK_BLUE}.get(badge.css)
        sheet.note(
            f"{badge.mark} {badge.word}", x, y, bold=True, size=sheet.size - 3, borderpad=2, borderwidth=1,
            bordercolor=filled or theme.DARK_GRAY, bgcolor=filled or theme.PAPER,
            color=theme.PAPER if filled else theme.DARK_GRAY,
        )  # fmt: skip
        return
    missing = theme.is_missing(value)
    sheet.note(theme.format_text(value), x, y, color=theme.QUIET if missing else theme.INK)


def _box(
    sheet: Sheet, x: float, y: float, span: tuple[float, float], tall: float, fill: str, line: dict[str, Any]
) -> None:
    sheet.shapes.append(
        {
            "type": "rect", "xsizemode": "pixel", "ysizemode": "pixel", "xanchor": x, "yanchor": y,
            "x0": span[0], "x1": span[1], "y0": -tall / 2, "y1": tall / 2, "fillcolor": fill, "line": line,
            "layer": "above",
        }
    )  # fmt: skip
