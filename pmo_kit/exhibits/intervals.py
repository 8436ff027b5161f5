"""Intervals: a line from low to high, a dot at the value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bar_rows import series_looks
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.exhibits.sheet import Sheet, safe, tick_text, ticks


def draw_intervals(chart: Chart, sheet: Sheet) -> None:
    """Draw intervals: a line from low to high and a dot at the value; they lie when y holds words."""
    assert chart.low is not None
    assert chart.high is not None
    lying = chart.y.kind != "number"
    words, number = (chart.y, chart.x) if lying else (chart.x, chart.y)
    names = [theme.format_text(value) for value in chart.data[words.name]]
    slots = {name: place + 0.5 for place, name in enumerate(dict.fromkeys(names))}
    records = chart.data.to_dict("records")
    ends = [
        float(row[field.name])
        for row in records
        for field in (number, chart.low, chart.high)
        if not theme.is_missing(row[field.name])
    ]
    ends += [float(r.value) for r in chart.references if r.axis == ("x" if lying else "y")]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    low = 0.0 if 0 <= low < 0.5 * high else low - 0.04 * ((high - low) or 1)
    high += 0.02 * ((high - low) or 1)
    said = [_interval_words(chart, row, number) for row in records]
    if lying:
        _lie(chart, sheet, slots, said, (low, high))
    else:
        _stand(chart, sheet, slots, number, (low, high))
    looks = series_looks(chart)
    for row, name, words_said in zip(records, names, said, strict=True):
        style, look = looks["" if chart.series is None else str(row[chart.series.name])]
        color = look.line if look.fill == theme.PAPER else look.fill
        start, end, middle = (row[field.name] for field in (chart.low, chart.high, number))
        if theme.is_missing(start) or theme.is_missing(end):
            continue
        at = slots[name]
        ends_at = (start, at, end, at) if lying else (at, start, at, end)
        sheet.line(*ends_at, width=7, color=_pale(color), layer="between")
        if not theme.is_missing(middle):
            x, y = (middle, at) if lying else (at, middle)
            sheet.traces.append(
                go.Scatter(
                    x=[x], y=[y], mode="markers", showlegend=False, name=safe(name),
                    hovertext=safe(f"{name}\n{words_said} {number.unit}".strip()), hoverinfo="text",
                    marker={"size": 11, "color": color, "line": {"width": 1.5, "color": theme.PAPER}},
                )
            )  # fmt: skip
        bold = style == "focus"
        color = look.text if bold else theme.INK
        if lying:
            sheet.line(low, at, start, at, width=1, color=theme.GRID, layer="between")
            sheet.note(words_said, end, at, xanchor="left", xshift=8, bold=bold, color=color)
        else:
            sheet.note(words_said, at, end, yanchor="bottom", yshift=3, bold=bold, color=color)
    axis = "x" if lying else "y"
    sheet.name_references(chart.references, [
        float(r.value) if r.axis == axis else slots[str(r.value)] for r in chart.references
    ])  # fmt: skip


def _pale(color: str) -> str:
    """A color mixed with white, three parts of five: still 3:1 beside its own dot."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part * 0.4 + 255 * 0.6):02X}" for part in (red, green, blue))


def _interval_words(chart: Chart, row: dict[Any, Any], number: Field) -> str:
    assert chart.low is not None
    assert chart.high is not None
    if chart.label is not None:
        said = row[chart.label.name]
        return "" if theme.is_missing(said) else str(said)
    middle, low, high = (
        theme.format_number(row[name], number.decimals, number.signed)
        for name in (number.name, chart.low.name, chart.high.name)
    )
    return f"{middle} ({low} to {high})"


def _lie(
    chart: Chart, sheet: Sheet, slots: dict[str, float], said: Sequence[str], span: tuple[float, float]
) -> None:
    size = sheet.size
    wrapped = {name: theme.wrap(name, 0.36 * sheet.width, size) for name in slots}
    sheet.left = sheet.widest(line for parts in wrapped.values() for line in parts) + 11
    sheet.right = sheet.widest(said) + 12
    sheet.height = len(slots) * max(size * 2.1, max(map(len, wrapped.values())) * size * 1.2 + 8)
    sheet.x_range, sheet.y_range = span, (float(len(slots)), 0.0)
    values = ticks(*span)
    sheet.x_axis = {"tickvals": values, "ticktext": tick_text(values, chart.x), "ticklabelstandoff": 4}
    if span[0] <= 0:
        sheet.line(0, 0, 0, 1, yref="paper", width=1)
    text = ["<br>".join(safe(line) for line in lines) for lines in wrapped.values()]
    sheet.y_axis = {
        "tickvals": list(slots.values()),
        "ticktext": text,
        "ticklabelstandoff": 4,
    }
    sheet.bottom += size * 1.6


def _stand(
    chart: Chart, sheet: Sheet, slots: dict[str, float], number: Field, span: tuple[float, float]
) -> None:
    size = sheet.size
    values = ticks(*span)
    text = tick_text(values, number)
    sheet.left = max(theme.text_width(item, size) for item in text) + 10
    sheet.height = 16 * size
    sheet.x_range, sheet.y_range = (0.0, float(len(slots))), (span[0], span[1] + 0.1 * (span[1] - span[0]))
    sheet.y_axis = {"tickvals": values, "ticktext": text, "showgrid": True, "gridcolor": theme.GRID,
                    "ticklabelstandoff": 4}  # fmt: skip
    if span[0] <= 0:
        sheet.line(0, 0, 1, 0, xref="paper", width=1)
    wrapped = [theme.wrap(name, sheet.plot_width / len(slots) - 6, size) for name in slots]
    sheet.x_axis = {"tickvals": list(slots.values()),
                    "ticktext": ["<br>".join(map(safe, parts)) for parts in wrapped],
                    "tickangle": 0}  # fmt: skip
    sheet.bottom += max(map(len, wrapped)) * size * 1.35 + 4
