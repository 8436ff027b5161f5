"""A chart to primitives on a sheet: bars and intervals, lines and points, grids; each drawn once for every medium."""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import (
    WIDTH,
    Box,
    Dot,
    Line,
    Path,
    Point,
    Sheet,
    Words,
    amount,
    pointed,
    positions,
    tick_text,
    ticks,
)
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
    few = {1: (theme.DARK_GRAY,), 2: theme.TWO_SERIES}.get(list(styles.values()).count(""), theme.CATEGORIES)
    palette = (theme.Look(color, color) for color in itertools.cycle(few))
    beside_focus = {"ordinary": replace(theme.look("muted"), dash=False)} if "focus" in styles.values() else {}
    looks = ((style, beside_focus.get(style) or (theme.look(style) if style else next(palette)))
             for style in styles.values())  # fmt: skip
    return dict(zip(styles, looks, strict=True))


def series_of(chart: Chart, row: Mapping[Any, Any]) -> str:
    """The series of a row; empty where the chart has none."""
    return "" if chart.series is None else str(row[chart.series.name])


def fields_of(chart: Chart) -> tuple[Field, Field]:
    """The axis of words and the axis of numbers: words stand on y where bars are horizontal."""
    return (chart.y, chart.x) if chart.flat else (chart.x, chart.y)


def said_on(chart: Chart, row: Mapping[Any, Any], number: Field) -> str:
    """What stands on a mark: its label, or its number where the chart has no labels."""
    field = chart.label or number
    value = row[field.name]
    return "" if chart.label and theme.is_missing(value) else theme.format_value(field, value)


def read_bars(chart: Chart) -> list[Bar]:
    """The bars in order of the data; a slot is one category of one block.

    A category that comes again in its series gets a slot of its own, so that no bar hides another.
    """
    words, number = fields_of(chart)
    looks = series_looks(chart)
    slots: dict[tuple[str, str, int], int] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    bars = []
    for place, row in enumerate(chart.data.to_dict("records")):
        if theme.is_missing(row[number.name]):
            continue
        category, series = theme.format_text(row[words.name]), series_of(chart, row)
        group = "" if chart.group is None else str(row[chart.group.name])
        again = times[group, category, series]
        times[group, category, series] += 1
        slot = slots.setdefault((group, category, 0 if chart.stacked else again), len(slots))
        start: Any = None if chart.start is None else row[chart.start.name]
        ends = 0.0 if theme.is_missing(start) else float(start), float(row[number.name])
        style, look = looks[series]
        label = said_on(chart, row, number)
        bars.append(Bar(place, slot, category, group, series, *ends, label, look, style))
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
    (_horizontal if chart.flat else _upright)(chart, sheet, bars)
    if needs_key(chart, bars):
        first = {bar.series: bar for bar in reversed(bars)}
        for name in dict.fromkeys(bar.series for bar in bars):
            look, cap = first[name].look, chart.layered and first[name].style == "limit"
            across = (12, -7, 12, 7) if chart.flat else (4, 0, 20, 0)
            sheet.key.append((name, Line(*across, look.line, 2.5) if cap else _box(look, 4, -5, 20, 5)))


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
    corners = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return Box(*corners, look.fill, look.line if look.width else "", look.width, bool(look.hatch), say)


def _at(chart: Chart, sheet: Sheet, value: float, beside: float) -> Point:
    """Where a value is on the axis of numbers, at a place on the axis of words, in px."""
    return (sheet.px(value), beside) if chart.flat else (beside, sheet.py(value))


def _draw(chart: Chart, sheet: Sheet, bars: Sequence[Bar], middle: Mapping[int, float], unit: float) -> None:
    """The bars, series by series; `middle` is where a slot stands in px, `unit` how thick a whole one is."""
    _, number = fields_of(chart)
    names = list(dict.fromkeys(bar.series for bar in bars))
    for bar in sorted(bars, key=lambda bar: names.index(bar.series)):
        at, half = middle[bar.slot] + bar.shift * unit, bar.thickness * unit / 2
        said = amount(number, bar.end - bar.start if chart.start is not None or chart.stacked else bar.end)
        say = pointed(bar.group, bar.category, bar.series, said)
        x1, y1 = _at(chart, sheet, bar.end, at + half)
        if not chart.layered or bar.style != "limit":
            sheet.marks.append(_box(bar.look, *_at(chart, sheet, bar.start, at - half), x1, y1, say))
            continue
        x0, y0 = _at(chart, sheet, bar.end, at - half)
        sheet.line(x0, y0, x1, y1, color=bar.look.line, width=2.5)
        sheet.marks.append(Box(x0 - 4, y0 - 4, x1 + 4, y1 + 4, say=say))
    for bar in sorted(bars, key=lambda bar: bar.style != "limit"):  # the others keep off the words of limits
        if bar.label:
            crowns = [other.end for other in bars if other.slot == bar.slot and not other.inner]
            _label(chart, sheet, bar, crowns, middle[bar.slot] + bar.shift * unit, unit)
    look: dict[str, Any] = {"across": "left", "dx": 5} if chart.flat else {"down": "bottom", "dy": -2}
    stacks = middle if chart.stacked and chart.label is None else ()
    for slot in stacks:  # a stack of positive parts says its sum, as a reading aid
        mine = [bar for bar in bars if bar.slot == slot]
        if len(mine) > 1 and all(bar.end >= bar.start for bar in mine):
            total = theme.format_number(math.fsum(bar.end - bar.start for bar in mine), number.decimals)
            sheet.words(total, *_at(chart, sheet, mine[-1].end, middle[slot]), bold=True, **look)


def _horizontal(chart: Chart, sheet: Sheet, bars: list[Bar]) -> None:
    size = sheet.size
    names = {bar.slot: bar.category for bar in bars}
    focus = {bar.slot for bar in bars if bar.style == "focus"}
    most = max(0.36 * sheet.width, 13.5 * size)
    wrapped = {slot: theme.wrap(name, most, size) for slot, name in names.items()}
    sheet.left = max((sheet.widest(lines, slot in focus) for slot, lines in wrapped.items()), default=0) + 9
    beside = 1 if chart.stacked or chart.layered else max(Counter(bar.slot for bar in bars).values(), default=1)
    row = max(size * 1.95, beside * size * 1.35, max(map(len, wrapped.values()), default=1) * size * 1.2 + 6)
    middle: dict[int, float] = {}
    blocks: list[tuple[float, float]] = []
    at = 0.0
    for group in dict.fromkeys(bar.group for bar in bars):
        if group:
            at += size * 0.9 if blocks else 0.0
            sheet.words(group, -sheet.left, at + size * 0.875, bold=True, size=size + 1, across="left")
            at += size * 1.75
        first = at
        for slot in dict.fromkeys(bar.slot for bar in bars if bar.group == group):
            middle[slot] = at + row / 2
            at += row
        blocks.append((first, at))
    sheet.height = max(at, row)
    low, high = _span(chart, bars)
    before = max((_room(sheet, bar) + 8 for bar in bars if bar.end < bar.start), default=0.0)
    room, reach = sheet.plot_width - before, [(4.0, high)]  # every label has room
    reach += [(_room(sheet, bar), bar.end) for bar in bars if bar.end >= bar.start and bar.end > low]
    scale = max(min((room - beyond) / (end - low) for beyond, end in reach), 1e-12)
    start = low - before / scale
    sheet.x_range = (start, start + sheet.plot_width / scale)
    if not any(bar.label for bar in bars):
        values = ticks(*sheet.x_range)
        _scale_below(sheet, values, tick_text(values, chart.x), chart.x, grid=True)
    _draw(chart, sheet, bars, middle, row)
    for first, last in blocks:
        sheet.line(sheet.px(0), first + 1, sheet.px(0), last - 1)
    for slot, at in middle.items():
        sheet.tick("y", at, "\n".join(wrapped[slot]), bold=slot in focus)
    sheet.name_references(chart, {("y", names[slot]): at for slot, at in middle.items()})


def _span(chart: Chart, bars: Sequence[Bar]) -> tuple[float, float]:
    """The ends of a scale from zero that holds every bar and line."""
    axis = "x" if chart.flat else "y"
    ends = [0.0, *(value for bar in bars for value in (bar.start, bar.end))]
    ends += [float(line.value) for line in chart.references if line.axis == axis]
    return min(ends), max(ends) if max(ends) - min(ends) > 1e-300 else min(ends) + 1


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
        sheet.right = max(0.0, beside + 6 - 0.09 * min(sheet.plot_width / count, 160.0))
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
            left, right = middle[bar.slot] + bar.thickness * unit / 2, middle[after.slot]
            end = sheet.py(bar.end)
            sheet.line(left, end, right - after.thickness * unit / 2, end, width=0.8, color=theme.QUIET)
    wrapped = {slot: theme.wrap(name, unit - 4, size) for slot, name in names.items()}
    for slot, lines in wrapped.items():
        sheet.tick("x", middle[slot], "\n".join(lines))
    sheet.bottom += max((len(lines) for lines in wrapped.values()), default=1) * size * 1.35 + 6
    sheet.name_references(chart, {("x", name): middle[slot] for slot, name in reversed(names.items())})


def _label(chart: Chart, sheet: Sheet, bar: Bar, crowns: list[float], at: float, unit: float) -> None:
    """What a bar says: in it where it is a part and has room, else at its end; `at` is its middle in px."""
    size, focus, flat = sheet.size, bar.style == "focus", chart.flat
    start, end = (_at(chart, sheet, value, at)[not flat] for value in (bar.start, bar.end))
    look: dict[str, Any] = {"bold": focus, "color": theme.readable(bar.look.text) if focus else theme.INK}
    if bar.inner:
        room = theme.text_width(bar.label, size) + 6 if flat else size * 1.3
        close = not (flat or chart.stacked) and any(0 <= end - sheet.py(crown) < size * 1.1 for crown in crowns)
        if abs(end - start) >= room or close:
            patch, end = bool(bar.look.hatch), (start + end) / 2  # white where it is hatched
            ink = bar.look.text if patch else theme.readable(theme.INK, bar.look.fill)
            look = {"ground": theme.PAPER * patch, "bold": patch, "color": ink}
        elif chart.stacked:
            return
        else:
            look = {"bold": True, "color": theme.readable(bar.look.text)}
            look |= {"across": "left", "dx": 3} if flat else {"down": "bottom", "dy": 3}
    elif flat:
        look |= {"across": "left", "dx": 5} if bar.end >= bar.start else {"across": "right", "dx": -5}
    else:
        up = chart.start is not None or bar.end >= bar.start
        end = min(start, end) if up else end
        look |= {"down": "bottom" if up else "top", "dy": -2 if up else 2,
                 "bold": focus or (chart.start is not None and bar.start == 0)}  # fmt: skip
        if chart.layered and bar.style != "limit":
            wide = theme.text_width(bar.label, size)
            top = _free_above(sheet, at, wide) if wide + 6 > unit * (1 - bar.thickness) else None
            if top is not None and at + unit < sheet.plot_width:  # beside the last bar there is room
                end = top
            else:
                at += bar.thickness * unit / 2
                look |= {"across": "left", "dx": 3, "dy": look["dy"] + size * 0.4}
                caps = [mark for mark in sheet.marks if isinstance(mark, Line) and -size < mark.y0 - end < size / 2]
                at = max([at, *(cap.x1 for cap in caps if cap.x0 < at < cap.x1)])  # off its limit, and the next
                end = min((cap.y0 - 3 - look["dy"] for cap in caps if at < cap.x0 < at + 3 + wide), default=end)
    sheet.words(bar.label, *((end, at) if flat else (at, end)), **look)


def _free_above(sheet: Sheet, at: float, wide: float) -> float | None:
    """The top of the bars that stand at a place, if words so wide have room over it; else None."""
    top = min(mark.y0 for mark in sheet.marks if isinstance(mark, Box) and mark.fill and mark.x0 < at < mark.x1)
    said = (mark for mark in sheet.marks if isinstance(mark, Words) and mark.down == "bottom")
    halves = ((mark, theme.text_width(mark.text, sheet.size) / 2) for mark in said)
    taken = [(mark.x - half, mark.y - sheet.size * 1.3, mark.x + half, mark.y + 4) for mark, half in halves]
    above = at - wide / 2, top - sheet.size * 1.3, at + wide / 2, top
    return None if any(_overlap(above, one) for one in taken) else top


def draw_intervals(chart: Chart, sheet: Sheet) -> None:
    """Draw intervals, one under the other: a band from low to high and a dot at the value."""
    words, number = fields_of(chart)
    lines = (replace(line, axis="x" if (line.axis == "x") is chart.flat else "y") for line in chart.references)
    chart = replace(chart, references=tuple(lines))
    assert chart.low is not None
    assert chart.high is not None
    records = chart.data.to_dict("records")
    names = [theme.format_text(row[words.name]) for row in records]
    slots = {name: place for place, name in enumerate(dict.fromkeys(names))}
    parts = number.name, chart.low.name, chart.high.name
    ends = [float(row[name]) for row in records for name in parts if not theme.is_missing(row[name])]
    ends += [float(line.value) for line in chart.references if line.axis == "x"]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    low = 0.0 if 0 <= low < 0.5 * high else low - 0.04 * ((high - low) or 1)
    said = []
    for row in records:
        value, *both = (theme.format_number(row[name], number.decimals, number.signed) for name in parts)
        said.append(said_on(chart, row, number) if chart.label else f"{value} ({' to '.join(both)})")
    said = ["\n".join(theme.wrap(text, 0.4 * sheet.width, sheet.size)) for text in said]
    tall = max((text.count("\n") * 1.2 for text in said), default=0.0)
    middle = [(start + end) / 2 for start, end in _rows(sheet, slots, 1.95 + tall)]
    sheet.right = sheet.widest(line for text in said for line in text.split("\n")) + 12
    sheet.x_range = (low, high + 0.02 * ((high - low) or 1))
    values = ticks(*sheet.x_range)
    _scale_below(sheet, values, tick_text(values, number), number)
    if low <= 0:
        sheet.line(sheet.px(0), 0, sheet.px(0), sheet.height)
    looks = series_looks(chart)
    for row, name, words_said in zip(records, names, said, strict=True):
        style, look = looks[series_of(chart, row)]
        value, start, end = (row[part] for part in parts)
        if theme.is_missing(start) or theme.is_missing(end):
            continue
        at, a, b = middle[slots[name]], sheet.px(start), sheet.px(end)
        say = pointed(name, amount(number, value), amount(chart.low, start), amount(chart.high, end))
        sheet.line(0, at, a, at, color=theme.GRID)
        sheet.marks.append(Box(a, at - 3.5, b, at + 3.5, fill=_mix(0.6, (look.shade, theme.PAPER)), say=say))
        if not theme.is_missing(value):
            sheet.marks.append(Dot(sheet.px(value), at, 11, look.shade, theme.PAPER, 1.5, say=say))
        ink = theme.readable(look.text) if style == "focus" else theme.INK
        sheet.words(words_said, b, at, across="left", dx=8, bold=style == "focus", color=ink)
    sheet.name_references(chart, {("y", name): middle[slot] for name, slot in slots.items()})


def _rows(sheet: Sheet, names: Iterable[str], least: float) -> list[tuple[float, float]]:
    """Name rows on the left, each as high as its name and no lower than so many lines; where they begin and end."""
    wrapped = [theme.wrap(name, 0.36 * sheet.width, sheet.size) for name in names]
    sheet.left = sheet.widest(line for lines in wrapped for line in lines) + 11
    tall = [max(sheet.size * least, len(lines) * sheet.size * 1.2 + 6) for lines in wrapped]
    spans = list(itertools.pairwise(itertools.accumulate(tall, initial=0.0)))
    for (start, end), lines in zip(spans, wrapped, strict=True):
        sheet.tick("y", (start + end) / 2, "\n".join(lines))
    sheet.height = spans[-1][1]
    return spans


Patch = tuple[float, float, float, float]
Scales = Mapping[str, tuple[list[float], list[float], list[str]]]
"""For x and y: where each row stands, and the ticks of its axis, as `positions` gives them."""


@dataclass(frozen=True)
class Spot:
    """A point of a series: its row, values and label, and what the pointer reads; y is NaN where a line has a gap."""

    row: int
    x: float
    y: float
    label: str
    say: str


@dataclass(frozen=True)
class Track:
    """The points of one series, in order of the data."""

    name: str
    style: str
    look: theme.Look
    spots: list[Spot] = field(default_factory=list)

    @property
    def drawn(self) -> list[Spot]:
        """Its points without the gaps."""
        return [spot for spot in self.spots if not math.isnan(spot.y)]


def draw_points(chart: Chart, sheet: Sheet) -> None:
    """Draw a line or scatter chart: labelled rows get a dot and their words, lines their name at the end."""
    (scales, tracks), lines = read_points(chart), chart.mark == "line"
    named = [track for track in tracks if lines and track.name and len(track.spots) > 1]
    _axes(chart, sheet, named, scales)
    for track in tracks:
        _draw_track(chart, sheet, track, lines)
    boxes = _name_ends(sheet, named)
    words = {(axis, theme.format_text(value)): place(at)
             for axis, name, place in (("x", chart.x.name, sheet.px), ("y", chart.y.name, sheet.py))
             for value, at in zip(chart.data[name], scales[axis][0], strict=True)}  # fmt: skip
    across = sheet.name_references(chart, words)
    title = axis_title(chart.y)
    if title:
        sheet.words(title, -sheet.left, -sheet.top - 2, across="left", down="bottom")
        sheet.top += sheet.size * 1.6
    paths = [[point for point in mark.points if point] for mark in sheet.marks if isinstance(mark, Path)]
    paths += [[(at, 0.0), (at, sheet.height)]
              for line, at in zip(chart.references, across, strict=True) if line.axis == "x"]  # fmt: skip
    dots = (mark for mark in sheet.marks if isinstance(mark, Dot))
    boxes += [(dot.x - 6, dot.y - 6, dot.x + 6, dot.y + 6) for dot in dots]
    ends = np.array([pair for path in paths for pair in itertools.pairwise(path)]).reshape(-1, 2, 1, 2)
    pieces = ends[:, 0] + np.linspace(0, 1, 25)[:, None] * (ends[:, 1] - ends[:, 0])
    said = [(track.style == "focus" and sheet.px(spot.x) in across, track, spot)
            for track in tracks for spot in track.drawn if spot.label]  # fmt: skip
    for bold, track, spot in sorted(said, key=lambda one: not one[0]):
        _say(sheet, track, spot, bold, boxes, pieces)


def read_points(chart: Chart) -> tuple[Scales, list[Track]]:
    """The points of each series in order of the data, and the scales that they stand on."""
    scales = {name: positions(chart.data[axis.name].tolist(), axis) for name, axis in (("x", chart.x), ("y", chart.y))}
    tracks = {name: Track(name, style, look) for name, (style, look) in series_looks(chart).items()}
    records = enumerate(chart.data.to_dict("records"))
    for (place, row), x, y in zip(records, scales["x"][0], scales["y"][0], strict=True):
        if math.isnan(x):
            continue
        track = tracks[series_of(chart, row)]
        label = "" if chart.label is None else said_on(chart, row, chart.y)
        who = None if chart.name is None else row[chart.name.name]
        named = "" if theme.is_missing(who) else str(who)
        values = (amount(axis, row[axis.name]) for axis in (chart.x, chart.y))
        say = pointed(named, track.name, label.replace("\n", " "), *values)
        track.spots.append(Spot(place, x, y, label, say))
    return scales, list(tracks.values())


def _axes(chart: Chart, sheet: Sheet, named: Sequence[Track], scales: Scales) -> None:
    size, ((xs, x_values, x_text), (ys, values, text)) = sheet.size, scales.values()
    marked = [(line.axis, float(line.value)) for line in chart.references if not isinstance(line.value, str)]
    low, high = _ends_of([*ys, *(at for axis, at in marked if axis == "y")], zero=True)
    if not values:
        values = ticks(low, high + 0.04 * (high - low))
        text = tick_text(values, chart.y)
    sheet.left = max((theme.text_width(item, size) for item in text), default=0) + 10
    ends = (theme.text_width(track.name, size, track.style == "focus") for track in named)
    sheet.right = min(max(ends, default=4) + 10, 0.3 * sheet.width)
    sheet.height = 21 * size
    pad = 0.07 * (high - low)
    sheet.y_range = (low - (0 if low == 0 else pad), high + pad)
    x_low, x_high = _ends_of([*xs, *(at for axis, at in marked if axis == "x")], zero=False)
    side = (0.02 if chart.mark == "line" else 0.05) * (x_high - x_low)
    start = 0.0 if chart.mark != "line" and x_low == 0 else x_low - side
    sheet.x_range = (start, x_high + (0 if named else side))
    if not x_values:
        x_values = ticks(*sheet.x_range, count=7)
        x_text = tick_text(x_values, chart.x)
    sheet.scale(values, text, "y", grid=True)
    _scale_below(sheet, x_values, x_text, chart.x)
    sheet.line(0, sheet.height, sheet.plot_width, sheet.height, under=True)


def _scale_below(sheet: Sheet, values: Sequence[float], texts: Sequence[str], axis: Field, grid: bool = False) -> None:
    """The axis under a plot: its ticks and, below them, what they count."""
    sheet.scale(values, texts, "x", grid)
    said = axis_title(axis)
    if said:
        at = sheet.height + sheet.size * 1.7
        sheet.words(said, sheet.plot_width, at, across="right", down="top", color=theme.QUIET)
    sheet.bottom += sheet.size * (3.2 if said else 1.7)


def axis_title(axis: Field) -> str:
    """Title and unit of an axis in one line; a percent sign already stands at each tick."""
    return ", ".join(part for part in (axis.title, "" if axis.unit == "%" else axis.unit) if part)


def _ends_of(values: Sequence[float], zero: bool) -> tuple[float, float]:
    real = [value for value in values if not math.isnan(value)]
    low, high = (min(real), max(real)) if real else (0.0, 1.0)
    if zero and 0 < low < 0.6 * high:
        low = 0.0
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _draw_track(chart: Chart, sheet: Sheet, track: Track, lines: bool) -> None:
    color, single = track.look.shade, len(track.spots) == 1
    hollow = track.style in ("previous", "plan", "muted")
    fill, edge = (theme.PAPER, theme.INK) if hollow else (color, theme.PAPER)
    if lines and not single:
        points: list[Point | None] = []
        says: list[str] = []
        for spot in track.spots:
            point = None if math.isnan(spot.y) else (sheet.px(spot.x), sheet.py(spot.y))
            if chart.step and point and points and points[-1]:
                points.append((point[0], points[-1][1]))
                says.append("")
            points.append(point)
            says.append(spot.say)
        shade = theme.QUIET if hollow and track.style != "plan" else color
        width = 3 if track.style in ("focus", "good") else 2
        sheet.marks.append(Path(tuple(points), shade, width, track.look.dash, tuple(says)))
    elif not lines and not set(series_looks(chart)) <= set(theme.LOOKS) | {""}:
        sheet.key.append((track.name, Dot(12, 0, 10, fill, edge, 2)))
    for spot in track.drawn:
        if not lines or single or spot.label:
            sheet.marks.append(Dot(sheet.px(spot.x), sheet.py(spot.y), 10, fill, edge, 2, say=spot.say))


def _name_ends(sheet: Sheet, tracks: Sequence[Track]) -> list[Patch]:
    """Name each line at its right end, moved apart where ends are close; where the names stand."""
    last = sorted(
        (sheet.py(track.drawn[-1].y), place, sheet.px(track.drawn[-1].x))
        for place, track in enumerate(tracks)
        if track.drawn
    )
    floor, boxes = -math.inf, []
    for height, place, left in last:
        track = tracks[place]
        bold = track.style == "focus"
        parts = theme.wrap(track.name, sheet.right - 8, sheet.size, bold)
        high = len(parts) * sheet.size * 1.25
        at = max(height, floor + high / 2)
        floor = at + high / 2
        color = theme.readable(track.look.text if bold else track.look.fill)
        sheet.words("\n".join(parts), left, at, across="left", dx=7, bold=bold, color=color)
        wide = max(theme.text_width(part, sheet.size, bold) for part in parts)
        boxes.append((left, at - high / 2, left + wide, floor))
    return boxes


def _say(sheet: Sheet, track: Track, spot: Spot, bold: bool, boxes: list[Patch], pieces: Any) -> None:
    """Write a label at the best of the places around its point: off the lines, off other labels."""
    size, px, py = sheet.size, sheet.px(spot.x), sheet.py(spot.y)
    rows = spot.label.split("\n")
    width = max(theme.text_width(row, size, bold) for row in rows) + 4
    high = len(rows) * size * 1.3
    near = [(width / 2 + 10, 0), (-width / 2 - 10, 0), (0, -high / 2 - 9), (0, high / 2 + 9)]
    near += [(side * (width / 2 + 4), up * (high / 2 + 7)) for up in (-1, 1) for side in (-1, 1)]
    turns = itertools.product((20, 38), (1, -1), (0, -0.5, 0.5, -1, 1))
    far = [(part * width / 2, up * (high / 2 + out)) for out, up, part in turns]
    others = [box for box in boxes if abs(box[0] + box[2] - 2 * px) > 2e-6 or abs(box[1] + box[3] - 2 * py) > 2e-6]

    def patch(dx: float, dy: float) -> Patch:
        return px + dx - width / 2, py + dy - high / 2, px + dx + width / 2, py + dy + high / 2

    def reach(dx: float, dy: float) -> Patch:
        """Start and tip of the thin line from the point to a label that is far."""
        tip = (min(max(0.0, dx - width / 2 + 6), dx + width / 2 - 6), dy - math.copysign(high / 2 + 1, dy))
        length = math.hypot(*tip) or 1.0
        return px + 7 * tip[0] / length, py + 7 * tip[1] / length, px + tip[0], py + tip[1]

    def cost(rank: int, dx: float, dy: float) -> float:
        box = patch(dx, dy)
        found = rank * 0.1 + 10 * _outside(sheet, box) + 8 * sum(_overlap(box, other) for other in others)
        if rank >= len(near):
            x0, y0, x1, y1 = reach(dx, dy)
            thin = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
            found += 4 * sum(_overlap(thin, other) for other in others)
        return found + 5 * _crossed(box, pieces)

    costs = [round(cost(rank, *place), 9) for rank, place in enumerate([*near, *far])]
    rank = costs.index(min(costs))
    dx, dy = [*near, *far][rank]
    boxes.append(patch(dx, dy))
    if rank >= len(near):
        sheet.line(*reach(dx, dy), color=theme.QUIET, width=0.9)
    color = theme.readable(track.look.text) if bold else theme.INK
    sheet.words(spot.label, px, py, dx=dx, dy=dy, bold=bold, color=color, ground="#FFFFFFBF")


def _outside(sheet: Sheet, box: Patch) -> float:
    """0 inside the plot area, 1 beside it, 10 where the picture ends."""
    x0, y0, x1, y1 = box
    far = x0 < -sheet.left or x1 > sheet.plot_width + sheet.right or y1 > sheet.height + sheet.bottom
    return 10.0 if far else float(x0 < 0 or y0 < -4 or y1 > sheet.height)


def _overlap(a: Patch, b: Patch) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _crossed(patch: Patch, pieces: Any) -> int:
    """How many of the lines touch a patch: each is looked at in 25 points, enough for labels."""
    x0, y0, x1, y1 = patch
    inside = (pieces >= (x0 - 1, y0 - 1)) & (pieces <= (x1 + 1, y1 + 1))
    return int(inside.all(axis=2).any(axis=1).sum())


SHADES = ("#FFFFFF", "#D3E6F6", "#6BACE6", "#2073BC", "#12436D")
SIGNED_SHADES = ("#F46A25", "#FBC9AE", "#FFFFFF", "#A9CBEA", "#12436D")


@dataclass(frozen=True)
class Tile:
    """A cell of a heat map: its value, what stands in it, and the colors of its ground ("" for none) and words."""

    value: Any = None
    said: str = ""
    shade: str = ""
    ink: str = theme.INK


def grid_of(chart: Chart) -> tuple[list[str], list[str], dict[tuple[str, str], Tile]]:
    """A heat map as every medium reads it: rows and columns in order of the data, and the tile of each pair.

    Raises
    ------
    ValueError
        Without a field `value`.
    """
    if chart.value is None:
        raise ValueError(f"exhibit {chart.id}: a heatmap needs the field `value`")
    value = chart.value
    records = [(row, cells.cell(value, row[value.name])) for row in chart.data.to_dict("records")]
    numbers = [float(row[value.name]) for row, part in records if part["kind"] == "number"]
    most = max((abs(number) for number in numbers), default=1.0) or 1.0
    low, high = (-most, most) if value.signed else (min([0.0, *numbers]), max([0.0, *numbers]))
    tiles = defaultdict[tuple[str, str], Tile](Tile)
    for row, part in records:
        said, shade = cells.said(part), cells.ground(part)
        if part["kind"] == "number":
            share = (float(row[value.name]) - low) / ((high - low) or 1)
            shade = _mix(share, SIGNED_SHADES if value.signed else SHADES)
        elif part["kind"] == "level" and not shade:
            said = "–"
        if chart.label is not None and value.kind == "number" and not theme.is_missing(row[chart.label.name]):
            said = theme.format_value(chart.label, row[chart.label.name])
        ink = theme.QUIET if said == "–" or part["kind"] == "missing" else theme.INK
        pair = theme.format_text(row[chart.y.name]), theme.format_text(row[chart.x.name])
        tiles[pair] = Tile(row[value.name], said, shade, theme.readable(ink, shade or theme.PAPER))
    rows, columns = (list(dict.fromkeys(pair[n] for pair in tiles)) for n in (0, 1))
    return rows, columns, tiles


def draw_grid(chart: Chart, sheet: Sheet) -> None:
    """Draw a heat map."""
    rows, columns, tiles = grid_of(chart)
    assert chart.value is not None
    size = sheet.size
    spans = _rows(sheet, rows, 2.0)
    wide = max(theme.text_width(tile.said, size) for tile in tiles.values()) + 4
    cell = min(sheet.plot_width / len(columns), max(wide + 12, 5.2 * size))
    step = math.ceil((sheet.widest(columns) + 4) / cell) if chart.x.kind == "time" else 1
    heads = [theme.wrap(name, cell * step - 4, size) for name in columns]  # a time is never broken
    sheet.right = max(sheet.width - sheet.left - cell * len(columns), 0)
    sheet.top += max(map(len, heads)) * size * 1.25 + 6
    fit = min(1, cell * step / (sheet.widest(part for head in heads for part in head) or 1))
    for n, head in list(enumerate(heads))[::step]:
        sheet.tick("top", (n + 0.5) * cell, "\n".join(head), size=size * fit)
    for at in (0.0, *(end for _, end in spans)):
        sheet.line(0, at, cell * len(heads), at, color=theme.GRID, under=True)
    for (row, column), tile in tiles.items():
        x, (top, end) = columns.index(column) * cell, spans[rows.index(row)]
        unit = f" {chart.value.unit}" if chart.value.unit and tile.shade else ""
        value = theme.format_value(chart.value, tile.value) if tile.said == "–" else tile.said + unit
        say = pointed(row, column, (chart.value.title, value))
        edge = theme.PAPER if tile.shade else ""
        sheet.marks.append(Box(x, top, x + cell, end, tile.shade, edge, 1.5 if edge else 0.0, say=say))
        sheet.words(tile.said, x + cell / 2, (top + end) / 2, color=tile.ink, size=size * min(1, cell / wide))


def _mix(share: float, colors: tuple[str, ...]) -> str:
    """The color at a share of the way through several, from 0 to 1."""
    at = min(max(share, 0.0), 1.0) * (len(colors) - 1)
    first = min(int(at), len(colors) - 2)
    pairs = ([int(color[i : i + 2], 16) for color in colors[first : first + 2]] for i in (1, 3, 5))
    return "#" + "".join(f"{round(low * (first + 1 - at) + high * (at - first)):02X}" for low, high in pairs)


def draw(chart: Chart, width: int = WIDTH, framed: bool = False) -> Sheet:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
        What to draw. Its data are drawn in their order.
    width : int
        Width of the drawing in px. A chart is drawn at its printed width, so that its type is not scaled:
        14 px from 700 px on, 12 px below; in cells of a heat map that are narrower than their words, less.
    framed : bool
        With title, unit line, takeaway, note and source.

    Returns
    -------
    Sheet
        Everything that is drawn, in its order.

    Raises
    ------
    ValueError
        When the mark lacks a field that it needs, or a style is unknown.
    """
    if chart.mark == "interval" and (chart.low is None or chart.high is None):
        raise ValueError(f"exhibit {chart.id}: an interval needs the fields `low` and `high`")
    sheet = Sheet(width=width, size=14 if width >= 700 else 12)
    drawing = {"bar": draw_bars, "line": draw_points, "scatter": draw_points, "interval": draw_intervals,
               "heatmap": draw_grid}  # fmt: skip
    if chart.data.empty:
        sheet.height = 3.0 * sheet.size
        sheet.words("No rows to show.", 0, sheet.height / 2, across="left", color=theme.QUIET)
    else:
        drawing[chart.mark](chart, sheet)
    sheet.add_key()
    if framed:
        sheet.frame(chart)
    return sheet
