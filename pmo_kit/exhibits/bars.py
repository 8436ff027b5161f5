"""Bars, lying or standing: plain, in blocks, side by side, stacked, layered, or as a bridge."""

from __future__ import annotations

import itertools
import math
from typing import Any

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bar_rows import Bar, arrange, needs_key, read_bars
from pmo_kit.exhibits.records import Chart
from pmo_kit.exhibits.sheet import Sheet, safe, tick_text, ticks


def draw_bars(chart: Chart, sheet: Sheet) -> None:
    """Draw a bar chart onto a sheet; bars lie when y holds words."""
    lying = chart.y.kind != "number"
    bars = read_bars(chart, lying)
    many = len({bar.slot for bar in bars}) < len(bars)
    arrange(chart, bars, many)
    (_lying if lying else _standing)(chart, sheet, bars)
    sheet.key = (many and bool(chart.series) and not chart.start) or needs_key(chart, bars)


def _trace(sheet: Sheet, chart: Chart, bars: list[Bar], lying: bool, place: dict[int, float]) -> None:
    """One trace for each series, in order: hatched and outlined bars are told apart without color."""
    number = chart.x if lying else chart.y
    for name in dict.fromkeys(bar.series for bar in bars):
        mine = [bar for bar in bars if bar.series == name]
        look = mine[0].look
        where = [place[bar.slot] + bar.shift for bar in mine]
        base, length = [bar.start for bar in mine], [bar.end - bar.start for bar in mine]
        text = [_hover(bar, number.unit, number.decimals) for bar in mine]
        if chart.layered and mine[0].style == "limit":
            _caps(sheet, mine, where, lying, text)
            continue
        marker: dict[str, Any] = {"color": look.fill, "line": {"color": look.line, "width": look.width}}
        if look.hatch:
            marker["pattern"] = {
                "shape": look.hatch, "fgcolor": look.line, "bgcolor": look.fill,
                "fillmode": "overlay", "size": 7, "solidity": 0.22,
            }  # fmt: skip
        along = {"x": length, "y": where} if lying else {"x": where, "y": length}
        sheet.traces.append(
            go.Bar(
                **along, base=base, width=[bar.thickness for bar in mine], orientation="h" if lying else "v",
                name=safe(name), marker=marker, hovertext=text, hoverinfo="text", cliponaxis=False,
            )
        )  # fmt: skip


def _caps(sheet: Sheet, bars: list[Bar], where: list[float], lying: bool, text: list[str]) -> None:
    """Thick lines where bars would end; the drawn markers are for the key and the pointer only."""
    ends = [bar.end for bar in bars]
    line = {"width": 2.5, "color": bars[0].look.line}
    symbol = "line-ns" if lying else "line-ew"
    marker = {"symbol": symbol, "size": 14, "line": line}
    sheet.traces.append(
        go.Scatter(x=[None], y=[None], mode="markers", name=safe(bars[0].series), marker=marker)
    )
    along = {"x": ends, "y": where} if lying else {"x": where, "y": ends}
    sheet.traces.append(
        go.Scatter(
            **along, mode="markers", showlegend=False, name="", hovertext=text, hoverinfo="text", opacity=0
        )
    )
    for bar, place in zip(bars, where, strict=True):
        low, high = place - bar.thickness / 2, place + bar.thickness / 2
        ends_at = (bar.end, low, bar.end, high) if lying else (low, bar.end, high, bar.end)
        sheet.line(*ends_at, width=2.5, color=bar.look.line)


def _hover(bar: Bar, unit: str, decimals: int) -> str:
    amount = theme.format_number(bar.end - bar.start if bar.start else bar.end, decimals)
    head = ": ".join(part for part in (bar.category, bar.series) if part)
    return safe(f"{head}\n{amount} {unit}".strip())


def _lying(chart: Chart, sheet: Sheet, bars: list[Bar]) -> None:
    size = sheet.size
    names = {bar.slot: bar.category for bar in bars}
    focus = {bar.slot for bar in bars if bar.style == "focus"}
    limit = max(0.36 * sheet.width, 13.5 * size)
    wrapped = {slot: theme.wrap(name, limit, size) for slot, name in names.items()}
    texts = [(line, slot in focus) for slot, parts in wrapped.items() for line in parts]
    sheet.left = max((sheet.widest([line], bold) for line, bold in texts), default=0.0) + 9
    row = _row_height(chart, sheet, bars, max((len(parts) for parts in wrapped.values()), default=1))
    place, headings, blocks = _stack_rows(bars, gap=size * 0.9 / row, head=size * 1.75 / row)
    at = blocks[-1][1] if blocks else 1.0
    sheet.height = max(at * row, row)
    sheet.y_range = (at, 0.0)
    _range_lying(sheet, bars, chart)
    _trace(sheet, chart, bars, True, place)
    for first, last in blocks:
        sheet.line(0, first + 0.02, 0, last - 0.02, color=theme.INK, width=1)
    for text, middle in headings:
        sheet.note(
            text, 0, middle, xref="paper", xanchor="left", xshift=-sheet.left, bold=True, size=size + 1
        )
    for bar in bars:
        _label_lying(chart, sheet, bar, place[bar.slot] + bar.shift)
    _totals(chart, sheet, bars, place, lying=True)
    sheet.y_axis = {
        "tickvals": list(place.values()),
        "ticktext": [_tick(wrapped[slot], slot in focus) for slot in place],
        "ticklabelstandoff": 4,
    }
    sheet.x_axis = {"showticklabels": False}
    marks = [bar.label for bar in bars if bar.label]
    if not marks:
        values = ticks(*sheet.x_range)
        sheet.x_axis = {"tickvals": values, "ticktext": tick_text(values, chart.x), "showgrid": True,
                        "gridcolor": theme.GRID}  # fmt: skip
        sheet.bottom += size * 1.6
    sheet.name_references(chart.references, [float(reference.value) for reference in chart.references])


def _row_height(chart: Chart, sheet: Sheet, bars: list[Bar], lines: int) -> float:
    """Height of a row in px: room for its words and for the bars side by side in it."""
    beside = 1
    if not (chart.stacked or chart.layered):
        counts: dict[int, int] = {}
        for bar in bars:
            counts[bar.slot] = counts.get(bar.slot, 0) + 1
        beside = max(counts.values(), default=1)
    return max(sheet.size * 1.95, beside * sheet.size * 1.35, lines * sheet.size * 1.2 + 6)


def _stack_rows(
    bars: list[Bar], gap: float, head: float
) -> tuple[dict[int, float], list[tuple[str, float]], list[tuple[float, float]]]:
    """Where rows stand from the top, in rows; the headings of blocks; first and last edge of each block."""
    place: dict[int, float] = {}
    headings: list[tuple[str, float]] = []
    blocks: list[tuple[float, float]] = []
    at = 0.0
    for group in dict.fromkeys(bar.group for bar in bars):
        if group:
            at += gap if blocks else 0.0
            headings.append((group, at + head / 2))
            at += head
        first = at
        for slot in dict.fromkeys(bar.slot for bar in bars if bar.group == group):
            place[slot] = at + 0.5
            at += 1
        blocks.append((first, at))
    return place, headings, blocks


def _tick(lines: list[str], bold: bool) -> str:
    text = "<br>".join(safe(line) for line in lines)
    return f"<b>{text}</b>" if bold else text


def _label_lying(chart: Chart, sheet: Sheet, bar: Bar, at: float) -> None:
    if not bar.label:
        return
    bold = bar.style == "focus"
    length = abs(sheet.px(bar.end) - sheet.px(bar.start))
    if bar.inner:
        if length >= theme.text_width(bar.label, sheet.size) + 6:
            _inner(sheet, bar, (bar.start + bar.end) / 2, at)
        elif not chart.stacked:
            sheet.note(bar.label, bar.end, at, xanchor="left", xshift=3, bold=True, color=bar.look.text)
        return
    right = bar.end >= bar.start
    sheet.note(
        bar.label, bar.end, at, xanchor="left" if right else "right", xshift=5 if right else -5,
        bold=bold, color=bar.look.text if bold else theme.INK,
    )  # fmt: skip


def _inner(sheet: Sheet, bar: Bar, x: float, y: float) -> None:
    """A label inside a bar: on a white patch where it is hatched, else in the color that can be read."""
    hatched = bool(bar.look.hatch)
    dark = bar.look.fill in (theme.DARK_BLUE, theme.DARK_GRAY, theme.DARK_PINK, "#2073BC")
    sheet.note(
        bar.label, x, y, bgcolor=theme.PAPER if hatched else "rgba(0,0,0,0)", bold=hatched,
        color=bar.look.text if hatched else theme.PAPER if dark else theme.INK,
    )  # fmt: skip


def _range_lying(sheet: Sheet, bars: list[Bar], chart: Chart) -> None:
    """A scale from zero on which every label has room."""
    ends = [0.0] + [value for bar in bars for value in (bar.start, bar.end)]
    ends += [float(reference.value) for reference in chart.references if reference.axis == "x"]
    low, high = min(ends), max(ends)
    if low == high:
        high = low + 1
    before = max((_room(sheet, bar) + 8 for bar in bars if bar.end < bar.start), default=0.0)
    scale = (sheet.plot_width - before - 4) / (high - low)
    for bar in bars:
        if bar.end >= bar.start and bar.end > low:
            scale = min(scale, (sheet.plot_width - before - _room(sheet, bar)) / (bar.end - low))
    scale = max(scale, 1e-12)
    start = low - before / scale
    sheet.x_range = (start, start + sheet.plot_width / scale)


def _room(sheet: Sheet, bar: Bar) -> float:
    if bar.inner:
        return 4.2 * sheet.size
    if not bar.label:
        return 2.0
    return theme.text_width(bar.label, sheet.size, bar.style == "focus") * 1.06 + 8


def _standing(chart: Chart, sheet: Sheet, bars: list[Bar]) -> None:
    size = sheet.size
    names = {bar.slot: bar.category for bar in bars}
    place = {slot: float(slot) for slot in names}
    count = max(len(names), 1)
    labelled = any(bar.label for bar in bars)
    ends = [0.0] + [value for bar in bars for value in (bar.start, bar.end)]
    ends += [float(reference.value) for reference in chart.references if reference.axis == "y"]
    low, high = min(ends), max(ends)
    if low == high:
        high = low + 1
    values = ticks(low, high)
    if not labelled:
        sheet.left = max(theme.text_width(text, size) for text in tick_text(values, chart.y)) + 10
    if chart.layered:
        named = [bar.label for bar in bars if not bar.inner and bar.style != "limit"]
        beside = max((theme.text_width(label, size) for label in named), default=0.0)
        sheet.right = max(0.0, beside + 6 - 0.16 * min(sheet.plot_width / count, 160.0))
    sheet.height = 15.5 * size
    room = size * 1.5 if labelled else 4.0
    above = room if high > 0 else 2.0
    below = room if low < 0 and any(bar.end < min(bar.start, 0) for bar in bars) else 0.0
    scale = (sheet.height - above - below) / (high - low)
    sheet.y_range = (low - below / scale, high + above / scale)
    spread = max(float(count), sheet.plot_width / 160)
    sheet.x_range = (-0.5, spread - 0.5)
    for bar in bars:
        bar.thickness *= 0.9
    _trace(sheet, chart, bars, False, place)
    sheet.line(-0.5, 0, count - 0.5, 0, color=theme.INK, width=1)
    _bridge(chart, sheet, bars, place)
    crowns = {slot: [bar.end for bar in bars if bar.slot == slot and not bar.inner] for slot in place}
    for bar in bars:
        _label_standing(chart, sheet, bar, crowns[bar.slot], place[bar.slot] + bar.shift)
    _totals(chart, sheet, bars, place, lying=False)
    wrapped = [theme.wrap(name, sheet.plot_width / spread - 4, size) for name in names.values()]
    sheet.x_axis = {
        "tickvals": list(place.values()),
        "ticktext": [_tick(lines, False) for lines in wrapped],
        "tickangle": 0,
        "ticklabelstandoff": 4,
    }
    sheet.bottom += max((len(lines) for lines in wrapped), default=1) * size * 1.35 + 6
    sheet.y_axis = {"showticklabels": False}
    if not labelled:
        sheet.y_axis = {"tickvals": values, "ticktext": tick_text(values, chart.y), "showgrid": True,
                        "gridcolor": theme.GRID, "ticklabelstandoff": 4}  # fmt: skip
    where = [float(r.value) if r.axis == "y" else _slot(chart, r.value) for r in chart.references]
    sheet.name_references(chart.references, where)


def _slot(chart: Chart, value: Any) -> float:
    names = [theme.format_text(item) for item in chart.data[chart.x.name]]
    return float(list(dict.fromkeys(names)).index(theme.format_text(value)))


def _bridge(chart: Chart, sheet: Sheet, bars: list[Bar], place: dict[int, float]) -> None:
    """Thin lines from the end of each bar of a bridge to the next one."""
    if chart.start is None:
        return
    for bar, after in itertools.pairwise(bars):
        level = bar.end
        sheet.line(
            place[bar.slot] + bar.thickness / 2, level, place[after.slot] - after.thickness / 2, level,
            width=0.8, color=theme.QUIET,
        )  # fmt: skip


def _label_standing(chart: Chart, sheet: Sheet, bar: Bar, crowns: list[float], at: float) -> None:
    if not bar.label:
        return
    length = abs(sheet.py(bar.end) - sheet.py(bar.start))
    if bar.inner:
        gaps = [sheet.py(bar.end) - sheet.py(crown) for crown in crowns]
        if length > sheet.size * 1.3 or (
            not chart.stacked and any(0 <= gap < sheet.size * 1.1 for gap in gaps)
        ):
            _inner(sheet, bar, at, (bar.start + bar.end) / 2)
        elif not chart.stacked:
            sheet.note(bar.label, at, bar.end, yanchor="bottom", yshift=-3, bold=True, color=bar.look.text)
        return
    top = max(bar.start, bar.end) if chart.start is not None or bar.end >= bar.start else bar.end
    up = top > bar.end or bar.end >= bar.start
    whole = chart.start is not None and bar.start == 0
    beside = chart.layered and bar.style != "limit"
    sheet.note(
        bar.label, at + (bar.thickness / 2 if beside else 0), top, yanchor="bottom" if up else "top",
        xanchor="left" if beside else "center",
        yshift=(2 if up else -2) - (sheet.size * 0.4 if beside else 0),
        xshift=3 if beside else 0, bold=bar.style == "focus" or whole,
        color=bar.look.text if bar.style == "focus" else theme.INK,
    )  # fmt: skip


def _totals(chart: Chart, sheet: Sheet, bars: list[Bar], place: dict[int, float], lying: bool) -> None:
    """The sum at the end of each stack of positive parts, as a reading aid."""
    if not chart.stacked or chart.label is not None:
        return
    number = chart.x if lying else chart.y
    for slot, at in place.items():
        mine = [bar for bar in bars if bar.slot == slot]
        if len(mine) < 2 or any(bar.end < bar.start for bar in mine):
            continue
        total = math.fsum(bar.end - bar.start for bar in mine)
        text = theme.format_number(total, number.decimals)
        if lying:
            sheet.note(text, mine[-1].end, at, xanchor="left", xshift=5, bold=True)
        else:
            sheet.note(text, at, mine[-1].end, yanchor="bottom", yshift=2, bold=True)
