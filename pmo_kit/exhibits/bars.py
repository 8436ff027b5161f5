"""Bars and intervals, horizontal or upright: plain, in blocks, side by side, stacked, layered, or as a bridge."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import Box, Dot, Line, Mark, Sheet, Tick, amount, pointed, tick_text, ticks
from pmo_kit.exhibits.records import Chart, Field


@dataclass
class Bar:
    """One bar: its slot on the axis of words, from where to where, and what it says."""

    row: int
    slot: int
    category: str
    group: str
    series: str
    start: float
    end: float
    label: str
    look: theme.Look
    style: str
    shift: float = 0.0
    thickness: float = 0.7
    inner: bool = False


def series_looks(chart: Chart) -> dict[str, tuple[str, theme.Look]]:
    """Series -> its style ("" for a palette color) and look, in order of the data."""
    if chart.series is None:
        return {"": ("ordinary", theme.look("ordinary"))}
    names = list(dict.fromkeys(str(value) for value in chart.data[chart.series.name]))
    styles = {name: chart.styles.get(name, name if name in theme.LOOKS else "") for name in names}
    palette = iter(theme.category_looks(sum(not style for style in styles.values())))
    looks = {name: (style, theme.look(style) if style else next(palette)) for name, style in styles.items()}
    if "focus" in styles.values():
        looks = {
            name: (style, theme.look("muted") if style == "ordinary" else look)
            for name, (style, look) in looks.items()
        }
    return looks


def fields_of(chart: Chart) -> tuple[Field, Field]:
    """The axis of words and the axis of numbers: words stand on y where bars are horizontal."""
    return (chart.y, chart.x) if chart.y.kind != "number" else (chart.x, chart.y)


def said_on(chart: Chart, row: Mapping[Any, Any], number: Field) -> str:
    """What stands on a mark: its label, or its number where the chart has no labels."""
    if chart.label is None:
        return theme.format_value(number, row[number.name])
    value = row[chart.label.name]
    return "" if theme.is_missing(value) else theme.format_value(chart.label, value)


def read_bars(chart: Chart) -> list[Bar]:
    """The bars in order of the data; a slot is one category of one block.

    A category that comes again in its series gets a slot of its own, so that no bar hides another.
    """
    words, number = fields_of(chart)
    looks = series_looks(chart)
    slots: dict[tuple[str, str, int], int] = {}
    times: dict[tuple[str, str, str], int] = {}
    bars = []
    for place, row in enumerate(chart.data.to_dict("records")):
        if theme.is_missing(row[number.name]):
            continue
        category = theme.format_text(row[words.name])
        group = "" if chart.group is None else str(row[chart.group.name])
        series = "" if chart.series is None else str(row[chart.series.name])
        again = times[(group, category, series)] = times.get((group, category, series), -1) + 1
        slot = slots.setdefault((group, category, 0 if chart.stacked else again), len(slots))
        start = (
            0.0 if chart.start is None or theme.is_missing(row[chart.start.name]) else row[chart.start.name]
        )
        style, look = looks[series]
        label = said_on(chart, row, number)
        bars.append(
            Bar(
                place,
                slot,
                category,
                group,
                series,
                float(start),
                float(row[number.name]),
                label,
                look,
                style,
            )
        )
    return bars


def needs_key(chart: Chart, bars: Sequence[Bar]) -> bool:
    """Whether the series are named in a key: they share slots, or no block and no plain style explains them."""
    if chart.series is None or chart.start is not None:
        return False
    names = {bar.series for bar in bars}
    alone = len({bar.slot for bar in bars}) == len(bars)
    return not alone or (chart.group is None and len(names) > 1 and not names <= set(theme.LOOKS))


def draw_bars(chart: Chart, sheet: Sheet) -> None:
    """Draw a bar chart onto a sheet; bars are horizontal when y holds words."""
    bars = read_bars(chart)
    _arrange(chart, bars)
    (_horizontal if chart.y.kind != "number" else _upright)(chart, sheet, bars)
    if needs_key(chart, bars):
        for name in dict.fromkeys(bar.series for bar in bars):
            first = next(bar for bar in bars if bar.series == name)
            cap = chart.layered and first.style == "limit"
            swatch: Mark = (
                Line(12, -7, 12, 7, first.look.line, 2.5) if cap else _box(first.look, 4, -5, 20, 5)
            )
            sheet.key.append((name, swatch))


def _arrange(chart: Chart, bars: list[Bar]) -> None:
    """Give the bars of one slot their shift, thickness and, when stacked, their base."""
    names = list(dict.fromkeys(bar.series for bar in bars))
    many = len({bar.slot for bar in bars}) < len(bars)
    tops: dict[tuple[int, bool], float] = {}
    for bar in bars:
        place = names.index(bar.series)
        if chart.stacked:
            bar.inner = True
            base = tops.get((bar.slot, bar.end < 0), 0.0)
            bar.start, bar.end = base, base + bar.end
            tops[(bar.slot, bar.end < base)] = bar.end
        elif chart.layered:
            bar.thickness = 0.9 if bar.style == "limit" else max(0.74 - 0.2 * place, 0.2)
            bar.inner = place > 0 and bar.style != "limit"
        elif many:
            bar.thickness = 0.84 / len(names)
            bar.shift = (place - (len(names) - 1) / 2) * bar.thickness


def _box(look: theme.Look, x0: float, y0: float, x1: float, y1: float, say: str = "") -> Box:
    edge = look.line if look.width else ""
    return Box(
        min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), look.fill, edge, look.width, bool(look.hatch), say
    )


def _draw(chart: Chart, sheet: Sheet, bars: Sequence[Bar], middle: Mapping[int, float], unit: float) -> None:
    """The bars, series by series; `middle` is where a slot stands in px, `unit` how thick a whole one is."""
    _, number = fields_of(chart)
    names = list(dict.fromkeys(bar.series for bar in bars))
    for bar in sorted(bars, key=lambda bar: names.index(bar.series)):
        at, half = middle[bar.slot] + bar.shift * unit, bar.thickness * unit / 2
        said = amount(number, bar.end - bar.start if chart.start is not None or chart.stacked else bar.end)
        say = pointed(bar.group, bar.category, bar.series, said)
        cap = chart.layered and bar.style == "limit"
        if chart.y.kind != "number":
            ends = sheet.px(bar.start), at - half, sheet.px(bar.end), at + half
            tip = ends[2], at - half, ends[2], at + half
        else:
            ends = at - half, sheet.py(bar.start), at + half, sheet.py(bar.end)
            tip = at - half, ends[3], at + half, ends[3]
        if not cap:
            sheet.marks.append(_box(bar.look, *ends, say=say))
            continue
        sheet.line(*tip, color=bar.look.line, width=2.5)
        sheet.marks.append(Box(tip[0] - 4, tip[1] - 4, tip[2] + 4, tip[3] + 4, say=say))


def _horizontal(chart: Chart, sheet: Sheet, bars: list[Bar]) -> None:
    size = sheet.size
    names = {bar.slot: bar.category for bar in bars}
    focus = {bar.slot for bar in bars if bar.style == "focus"}
    wrapped = {
        slot: theme.wrap(name, max(0.36 * sheet.width, 13.5 * size), size) for slot, name in names.items()
    }
    sheet.left = (
        max(sheet.widest(lines, slot in focus) for slot, lines in wrapped.items()) + 9 if wrapped else 9
    )
    row = _row_height(chart, sheet, bars, max((len(parts) for parts in wrapped.values()), default=1))
    middle: dict[int, float] = {}
    blocks: list[tuple[float, float]] = []
    at = 0.0
    for group in dict.fromkeys(bar.group for bar in bars):
        if group:
            at += size * 0.9 if blocks else 0.0
            sheet.words(group, -sheet.left, at + size * 0.875, bold=True, size=size + 1, across="left")
            at += size * 1.75
        blocks.append((at, at))
        for slot in dict.fromkeys(bar.slot for bar in bars if bar.group == group):
            middle[slot] = at + row / 2
            at += row
        blocks[-1] = (blocks[-1][0], at)
    sheet.height = max(at, row)
    _range_horizontal(sheet, bars, chart)
    if not any(bar.label for bar in bars):
        values = ticks(*sheet.x_range)
        sheet.scale(values, tick_text(values, chart.x), "x", grid=True)
        sheet.bottom += size * 1.6
    _draw(chart, sheet, bars, middle, row)
    for first, last in blocks:
        sheet.line(sheet.px(0), first + 1, sheet.px(0), last - 1)
    for bar in bars:
        _label_horizontal(chart, sheet, bar, middle[bar.slot] + bar.shift * row)
    for slot, total, end in _totals(chart, bars):
        sheet.words(total, sheet.px(end), middle[slot], across="left", dx=5, bold=True)
    sheet.ticks += [Tick("y", middle[slot], "\n".join(wrapped[slot]), slot in focus) for slot in middle]
    sheet.name_references(chart.references, [sheet.px(float(line.value)) for line in chart.references])


def _row_height(chart: Chart, sheet: Sheet, bars: list[Bar], lines: int) -> float:
    """Height of a row in px: room for its words and for the bars side by side in it."""
    counts = [sum(bar.slot == slot for bar in bars) for slot in {bar.slot for bar in bars}]
    beside = 1 if chart.stacked or chart.layered else max(counts, default=1)
    return max(sheet.size * 1.95, beside * sheet.size * 1.35, lines * sheet.size * 1.2 + 6)


def _label_horizontal(chart: Chart, sheet: Sheet, bar: Bar, at: float) -> None:
    if not bar.label:
        return
    focus, end = bar.style == "focus", sheet.px(bar.end)
    if not bar.inner:
        ahead = bar.end >= bar.start
        color = theme.readable(bar.look.text) if focus else theme.INK
        sheet.words(
            bar.label,
            end,
            at,
            across="left" if ahead else "right",
            dx=5 if ahead else -5,
            bold=focus,
            color=color,
        )
    elif abs(end - sheet.px(bar.start)) >= theme.text_width(bar.label, sheet.size) + 6:
        _inner(sheet, bar, sheet.px((bar.start + bar.end) / 2), at)
    elif not chart.stacked:
        sheet.words(bar.label, end, at, across="left", dx=3, bold=True, color=theme.readable(bar.look.text))


def _inner(sheet: Sheet, bar: Bar, x: float, y: float) -> None:
    """A label inside a bar: on a white patch where it is hatched, else in the color that can be read."""
    hatched = bool(bar.look.hatch)
    ink = bar.look.text if hatched else theme.readable(theme.INK, bar.look.fill)
    sheet.words(bar.label, x, y, ground=theme.PAPER if hatched else "", bold=hatched, color=ink)


def _span(chart: Chart, bars: Sequence[Bar]) -> tuple[float, float]:
    """The ends of a scale from zero that holds every bar and line."""
    axis = "x" if chart.y.kind != "number" else "y"
    ends = [0.0, *(value for bar in bars for value in (bar.start, bar.end))]
    ends += [float(line.value) for line in chart.references if line.axis == axis]
    return min(ends), max(ends) if max(ends) - min(ends) > 1e-300 else min(ends) + 1


def _range_horizontal(sheet: Sheet, bars: list[Bar], chart: Chart) -> None:
    """A scale from zero on which every label has room."""
    low, high = _span(chart, bars)
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
    return theme.text_width(bar.label, sheet.size, bar.style == "focus") * 1.06 + 8 if bar.label else 2.0


def _upright(chart: Chart, sheet: Sheet, bars: list[Bar]) -> None:
    size = sheet.size
    names = {bar.slot: bar.category for bar in bars}
    count = max(len(names), 1)
    labelled = any(bar.label for bar in bars)
    low, high = _span(chart, bars)
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
    unit = min(sheet.plot_width / count, 160.0)
    middle = {slot: (slot + 0.5) * unit for slot in names}
    for bar in bars:
        bar.thickness *= 0.9
    if not labelled:
        sheet.scale(values, tick_text(values, chart.y), "y", grid=True)
    _draw(chart, sheet, bars, middle, unit)
    sheet.line(0, sheet.py(0), count * unit, sheet.py(0))
    if chart.start is not None:
        for bar, after in itertools.pairwise(bars):
            ends = (
                middle[bar.slot] + bar.thickness * unit / 2,
                middle[after.slot] - after.thickness * unit / 2,
            )
            sheet.line(ends[0], sheet.py(bar.end), ends[1], sheet.py(bar.end), width=0.8, color=theme.QUIET)
    for bar in bars:
        crowns = [other.end for other in bars if other.slot == bar.slot and not other.inner]
        _label_upright(chart, sheet, bar, crowns, middle[bar.slot] + bar.shift * unit, unit)
    for slot, total, end in _totals(chart, bars):
        sheet.words(total, middle[slot], sheet.py(end), down="bottom", dy=-2, bold=True)
    wrapped = {slot: theme.wrap(name, unit - 4, size) for slot, name in names.items()}
    sheet.ticks += [Tick("x", middle[slot], "\n".join(lines)) for slot, lines in wrapped.items()]
    sheet.bottom += max((len(lines) for lines in wrapped.values()), default=1) * size * 1.35 + 6
    slots = {theme.format_text(name): slot for slot, name in reversed(names.items())}
    sheet.name_references(chart.references, [
        sheet.py(float(line.value)) if line.axis == "y" else middle[slots[theme.format_text(line.value)]]
        for line in chart.references
    ])  # fmt: skip


def _label_upright(chart: Chart, sheet: Sheet, bar: Bar, crowns: list[float], at: float, unit: float) -> None:
    if not bar.label:
        return
    start, end = sheet.py(bar.start), sheet.py(bar.end)
    if bar.inner:
        close = not chart.stacked and any(0 <= end - sheet.py(crown) < sheet.size * 1.1 for crown in crowns)
        if abs(end - start) > sheet.size * 1.3 or close:
            _inner(sheet, bar, at, (start + end) / 2)
        elif not chart.stacked:
            color = theme.readable(bar.look.text)
            sheet.words(bar.label, at, end, down="bottom", dy=3, bold=True, color=color)
        return
    up = chart.start is not None or bar.end >= bar.start
    beside = chart.layered and bar.style != "limit"
    focus = bar.style == "focus"
    sheet.words(
        bar.label, at + (bar.thickness * unit / 2 if beside else 0), min(start, end) if up else end,
        across="left" if beside else "center", down="bottom" if up else "top",
        dx=3 if beside else 0, dy=(-2 if up else 2) + (sheet.size * 0.4 if beside else 0),
        bold=focus or (chart.start is not None and bar.start == 0),
        color=theme.readable(bar.look.text) if focus else theme.INK,
    )  # fmt: skip


def _totals(chart: Chart, bars: Sequence[Bar]) -> list[tuple[int, str, float]]:
    """Slot, sum and end of each stack of positive parts, as a reading aid."""
    if not chart.stacked or chart.label is not None:
        return []
    _, number = fields_of(chart)
    stacks = {
        slot: [bar for bar in bars if bar.slot == slot] for slot in dict.fromkeys(bar.slot for bar in bars)
    }
    return [
        (
            slot,
            theme.format_number(math.fsum(bar.end - bar.start for bar in mine), number.decimals),
            mine[-1].end,
        )
        for slot, mine in stacks.items()
        if len(mine) > 1 and all(bar.end >= bar.start for bar in mine)
    ]


def interval_words(chart: Chart, row: Mapping[Any, Any]) -> str:
    """What stands beside an interval: its label, or the value with both ends."""
    assert chart.low is not None
    assert chart.high is not None
    _, number = fields_of(chart)
    if chart.label is not None:
        return said_on(chart, row, number)
    middle, low, high = (
        theme.format_number(row[name], number.decimals, number.signed)
        for name in (number.name, chart.low.name, chart.high.name)
    )
    return f"{middle} ({low} to {high})"


def draw_intervals(chart: Chart, sheet: Sheet) -> None:
    """Draw intervals: a band from low to high and a dot at the value; horizontal when y holds words."""
    assert chart.low is not None
    assert chart.high is not None
    flat = chart.y.kind != "number"
    words, number = fields_of(chart)
    records = chart.data.to_dict("records")
    names = [theme.format_text(row[words.name]) for row in records]
    slots = {name: place for place, name in enumerate(dict.fromkeys(names))}
    low_name, high_name = chart.low.name, chart.high.name
    ends = [float(row[name]) for row in records for name in (number.name, low_name, high_name)
            if not theme.is_missing(row[name])]  # fmt: skip
    ends += [float(line.value) for line in chart.references if line.axis == ("x" if flat else "y")]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    low = 0.0 if 0 <= low < 0.5 * high else low - 0.04 * ((high - low) or 1)
    span = (low, high + 0.02 * ((high - low) or 1))
    said = [interval_words(chart, row) for row in records]
    middle = (_interval_rows if flat else _interval_columns)(sheet, slots, said, number, span)
    looks = series_looks(chart)
    for row, name, words_said in zip(records, names, said, strict=True):
        style, look = looks["" if chart.series is None else str(row[chart.series.name])]
        color = look.line if look.fill == theme.PAPER else look.fill
        start, end, value = row[low_name], row[high_name], row[number.name]
        if theme.is_missing(start) or theme.is_missing(end):
            continue
        at, along = middle[slots[name]], sheet.px if flat else sheet.py
        say = pointed(name, amount(number, value), amount(chart.low, start), amount(chart.high, end))
        a, b = along(start), along(end)
        pale = "#" + "".join(f"{round(int(color[i : i + 2], 16) * 0.4 + 153):02X}" for i in (1, 3, 5))
        if flat:
            sheet.line(0, at, a, at, color=theme.GRID)
        sheet.marks.append(
            Box(*((a, at - 3.5, b, at + 3.5) if flat else (at - 3.5, b, at + 3.5, a)), fill=pale, say=say)
        )
        if not theme.is_missing(value):
            x, y = (along(value), at) if flat else (at, along(value))
            sheet.marks.append(Dot(x, y, 11, color, theme.PAPER, 1.5, say=say))
        place: dict[str, Any] = {"across": "left", "dx": 8} if flat else {"down": "bottom", "dy": -3}
        ink = theme.readable(look.text) if style == "focus" else theme.INK
        sheet.words(words_said, *((b, at) if flat else (at, b)), bold=style == "focus", color=ink, **place)
    sheet.name_references(chart.references, [
        (sheet.px if flat else sheet.py)(float(line.value)) if line.axis == ("x" if flat else "y")
        else middle[slots[str(line.value)]]
        for line in chart.references
    ])  # fmt: skip


def _interval_rows(
    sheet: Sheet, slots: Mapping[str, int], said: Sequence[str], number: Field, span: tuple[float, float]
) -> list[float]:
    """Lay out intervals one under the other; where each row stands in px."""
    size = sheet.size
    wrapped = [theme.wrap(name, 0.36 * sheet.width, size) for name in slots]
    sheet.left = sheet.widest(line for parts in wrapped for line in parts) + 11
    sheet.right = sheet.widest(said) + 12
    row = max(size * 2.1, max(map(len, wrapped)) * size * 1.2 + 8)
    sheet.height = len(slots) * row
    sheet.x_range = span
    values = ticks(*span)
    sheet.scale(values, tick_text(values, number), "x")
    if span[0] <= 0:
        sheet.line(sheet.px(0), 0, sheet.px(0), sheet.height)
    sheet.ticks += [Tick("y", (n + 0.5) * row, "\n".join(lines)) for n, lines in enumerate(wrapped)]
    sheet.bottom += size * 1.6
    return [(n + 0.5) * row for n in range(len(slots))]


def _interval_columns(
    sheet: Sheet, slots: Mapping[str, int], said: Sequence[str], number: Field, span: tuple[float, float]
) -> list[float]:
    """Lay out intervals side by side; where each column stands in px."""
    size = sheet.size
    values = ticks(*span)
    text = tick_text(values, number)
    sheet.left = max(theme.text_width(item, size) for item in text) + 10
    sheet.height = 16 * size
    sheet.y_range = (span[0], span[1] + 0.1 * (span[1] - span[0]))
    sheet.scale(values, text, "y", grid=True)
    if span[0] <= 0:
        sheet.line(0, sheet.py(0), sheet.plot_width, sheet.py(0))
    unit = sheet.plot_width / len(slots)
    wrapped = [theme.wrap(name, unit - 6, size) for name in slots]
    sheet.ticks += [Tick("x", (n + 0.5) * unit, "\n".join(parts)) for n, parts in enumerate(wrapped)]
    sheet.bottom += max(map(len, wrapped)) * size * 1.35 + 4
    return [(n + 0.5) * unit for n in range(len(slots))]
