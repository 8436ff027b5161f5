"""A chart drawn: to boxes, lines, dots and words in px, on a sheet that places them; and the two writers of a sheet.

Every place is measured from the top left corner of the plot area; what stands left of it or above it has places
below zero. All of them follow from measured text widths, so no label is cut off and equal charts are drawn alike.
A chart is read (`read_bars`, `read_points`, `grid_of`) and drawn once for every medium; `picture` writes it as SVG for
paper and still pages, text as text, `drawing` for the screen, and neither decides anything.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.records import Chart, Field

WIDTH = 800
"""Width of a chart in the notebook, px: in its frame it fits JupyterLab at 1280 x 800.
One of two A4 columns is 317 wide, the whole text 665."""
LEADING = 1.3
PADDING = 16
"""White around a framed chart, px."""
HATCH = 7.0
"""From line to line of a hatched box along its sides, px."""
Point = tuple[float, float]
Patch = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A filled, outlined or hatched rectangle; `say` is what the pointer reads on it."""

    x0: float
    y0: float
    x1: float
    y1: float
    fill: str = ""
    edge: str = ""
    width: float = 0.0
    hatch: bool = False
    say: str = ""

    @property
    def outline(self) -> Path:
        """The box as a line around it."""
        corners = ((self.x0, self.y0), (self.x1, self.y0), (self.x1, self.y1), (self.x0, self.y1), (self.x0, self.y0))
        return Path(corners, self.edge or self.fill, self.width, fill=self.fill)

    @property
    def hatching(self) -> list[Path]:
        """Lines across the box that rise to the right, where it is hatched."""
        points: list[Point | None] = []
        for total in np.arange(self.x0 + self.y0 + HATCH / 2, self.x1 + self.y1, HATCH).tolist():  # x + y on a line
            low = (max(self.x0, total - self.y1), min(self.y1, total - self.x0))
            high = (min(self.x1, total - self.y0), max(self.y0, total - self.x1))
            points += [low, high, None]
        return [Path(tuple(points), self.edge, 1.1)] * self.hatch


@dataclass(frozen=True)
class Path:
    """A line through points; None leaves a gap. `says` is what the pointer reads at each; `under` all else for axes."""

    points: tuple[Point | None, ...]
    color: str = theme.INK
    width: float = 1.0
    dash: bool = False
    under: bool = False
    says: tuple[str, ...] = ()
    fill: str = ""


@dataclass(frozen=True)
class Dot:
    """A round mark at a place."""

    x: float
    y: float
    size: float
    fill: str
    edge: str = ""
    width: float = 0.0
    say: str = ""


@dataclass(frozen=True)
class Words:
    """Lines of text at a place and, from it, some px to the right and down; `ground` is a white patch."""

    text: str
    x: float
    y: float
    size: float
    color: str = theme.INK
    bold: bool = False
    across: str = "center"
    down: str = "middle"
    dx: float = 0.0
    dy: float = 0.0
    ground: bool = False

    @property
    def patch(self) -> Patch:
        """Left, top, right and bottom of the lines."""
        lines = self.text.split("\n")
        wide = max(theme.text_width(line, self.size, self.bold) for line in lines)
        high = len(lines) * self.size * LEADING
        left = self.x + self.dx - {"left": 0.0, "center": 0.5, "right": 1.0}[self.across] * wide
        top = self.y + self.dy - {"top": 0.0, "middle": 0.5, "bottom": 1.0}[self.down] * high
        return left, top, left + wide, top + high


TICK_GAP = 7.0  # px between the plot area and the words on its axis


Mark = Box | Path | Dot | Words


@dataclass
class Sheet:
    """A drawing in the making: `width` and the margins in px, `height` of the plot area, `size` of type."""

    width: float
    size: int
    left: float = 0.0
    right: float = 0.0
    top: float = 4.0
    bottom: float = 4.0
    height: float = 300.0
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    marks: list[Mark] = field(default_factory=list)
    key: dict[str, Box] = field(default_factory=dict)

    def widest(self, texts: Iterable[str], bold: bool = False) -> float:
        """Width of the widest text, with room for a wider font where Source Sans 3 is not at hand."""
        return max((theme.text_width(text, self.size, bold) for text in texts), default=0.0) * 1.06

    @property
    def plot_width(self) -> float:
        """Width of the plot area in px."""
        return max(self.width - self.left - self.right, 40.0)

    def px(self, x: float) -> float:
        """Distance of a value from the left edge of the plot area, in px."""
        low, high = self.x_range
        return (x - low) / (high - low) * self.plot_width

    def py(self, y: float) -> float:
        """Distance of a value from the top edge of the plot area, in px."""
        low, high = self.y_range
        return (high - y) / (high - low) * self.height

    def line(self, x0: float, y0: float, x1: float, y1: float, **look: Any) -> None:
        """Draw a straight line."""
        self.marks.append(Path(((x0, y0), (x1, y1)), **look))

    def words(self, text: str, x: float, y: float, **look: Any) -> Words:
        """Write text at a place."""
        self.marks.append(words := Words(text, x, y, **{"size": self.size, **look}))
        return words

    def name_references(self, chart: Chart) -> None:
        """Draw the named lines of a chart; those across x are named above, in rows without overlap."""
        taken: list[tuple[int, float, float]] = []
        for reference in chart.references:
            place = (self.px if reference.axis == "x" else self.py)(reference.value)
            look = theme.look(reference.style)
            said = {"down": "bottom", "color": theme.readable(look.text)}
            ends = (place, 0, place, self.height) if reference.axis == "x" else (0, place, self.plot_width, place)
            self.line(*ends, color=look.line, width=1.4, dash=look.dash)
            if reference.axis == "y":
                self.words(reference.label, self.plot_width, place, across="right", **said)
                continue
            half = theme.text_width(reference.label, self.size) / 2
            middle = min(max(place, half - self.left), self.plot_width + self.right - half)
            start, stop = middle - half - 6, middle + half + 6
            row = next(n for n in itertools.count() if not any(n == m and a < stop and start < b for m, a, b in taken))
            taken.append((row, start, stop))
            self.words(reference.label, middle, -2 - row * self.size * 1.25, **said)
        self.top += max((2 + (row + 1) * self.size * 1.25 for row, *_ in taken), default=0)

    def add_key(self) -> None:
        """Name the series above the plot, each beside its box, in columns where one row has no room."""
        wide = [theme.text_width(name, self.size) * 1.06 + 40 for name in self.key]
        room = self.plot_width + self.left - 8
        columns = len(wide) if sum(wide) <= room else max(1, int(room / max(wide)))
        rows = -(-len(wide) // max(columns, 1))
        self.top += self.size * (1.6 * rows + 0.3) * bool(rows)
        for n, (name, box) in enumerate(self.key.items()):
            x = 2 - self.left + (sum(wide[:n]) if rows == 1 else n % columns * max(wide))
            y = self.size * (1.6 * (n // columns) + 0.9) - self.top
            swatch = replace(box, x0=box.x0 + x, x1=box.x1 + x, y0=box.y0 + y, y1=box.y1 + y)
            self.marks += [swatch.outline, *swatch.hatching]
            self.words(name, x + 26, y, across="left")

    def frame(self, chart: Chart) -> None:
        """Write title and unit line above, meaning, note and source below: a notebook shows nothing but the figure."""
        quiet: dict[str, Any] = {"size": theme.SIZES["small"] - 1, "color": theme.QUIET}
        title: dict[str, Any] = {"size": theme.SIZES["headline"], "color": theme.DARK_BLUE, "bold": True}
        above = [(chart.unit_line, {**quiet, "size": theme.SIZES["small"]}), (chart.title, title)]
        meaning = f"▸ {chart.takeaway}" if chart.takeaway else ""
        below = [(meaning, {"size": theme.SIZES["text"]}), (chart.note, quiet), (cells.source_line(chart), quiet)]
        ends = []
        for blocks, at, down in ((above, -self.top - 12, "bottom"), (below, self.height + self.bottom + 8, "top")):
            for text, look in ((text, look) for text, look in blocks if text):
                lines = theme.wrap(text, self.width * 0.98, look["size"], look.get("bold", False))
                _, y0, _, y1 = self.words("\n".join(lines), -self.left, at, across="left", down=down, **look).patch
                at = y0 if down == "bottom" else y1
            ends.append(at)
        self.top, self.bottom = 6 - ends[0], ends[1] - self.height + 6


def pointed(*lines: tuple[str, str] | str) -> str:
    """What the pointer reads: one line for each part that says something; (words, value) are joined by a colon."""
    said = (line if isinstance(line, str) else ": ".join(part for part in line if part) for line in lines)
    return "\n".join(line for line in dict.fromkeys(said) if line)


def amount(axis: Field, value: Any) -> tuple[str, str]:
    """A value of an axis for the pointer: what it is, and the value with its unit."""
    said = theme.format_value(axis, value)
    unit = f"{theme.THIN_SPACE}%" if axis.unit == "%" else f" {axis.unit}" if axis.unit else ""
    return axis.title, said + (unit if said != theme.MISSING else "")


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Round places from `low` to `high`, about `count` of them, at steps of 1, 2, 2.5 or 5.

    Examples
    --------
    >>> ticks(0, 45)
    [0.0, 10.0, 20.0, 30.0, 40.0]
    """
    span = high - low
    if not span > 0 or math.isinf(span):
        return [low]
    power = 10 ** math.floor(math.log10(span / count))
    step = next(nice * power for nice in (1, 2, 2.5, 5, 10) if nice * power * count >= span * 0.85)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) + 0.0 for i in range(first, math.floor(high / step + 1e-9) + 1)]


def tick_text(values: Sequence[float], axis: Field) -> list[str]:
    """Ticks as numbers, with as many decimals as they need and a percent sign for a unit of %."""
    decimals = next((d for d in range(4) if all(abs(v - round(v, d)) < 1e-9 for v in values)), 4)
    percent = f"{theme.THIN_SPACE}%" if axis.unit == "%" else ""
    return [theme.format_number(value, decimals, axis.signed) + percent for value in values]


def positions(values: Sequence[Any], axis: Field) -> tuple[list[float], list[float], list[str]]:
    """Where values stand on an axis, and its ticks: numbers as they are, all else as words in order."""
    present = [value for value in values if not theme.is_missing(value)]
    if present and all(isinstance(value, int | float) for value in present):
        marked = sorted(set(present)) if axis.kind == "time" else []
        places = [math.nan if theme.is_missing(value) else float(value) for value in values]
        return places, list(map(float, marked)), [theme.format_text(round(value)) for value in marked]
    order = {value: float(place) for place, value in enumerate(dict.fromkeys(map(theme.format_text, present)))}
    return [order.get(theme.format_text(value), math.nan) for value in values], list(order.values()), list(order)


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
    shift: float = 0.0
    thickness: float = 0.7
    inner: bool = False


def series_looks(chart: Chart) -> dict[str, theme.Look]:
    """Series -> its look, in order of the data; one of the palette has no style."""
    if chart.series is None:
        return {"": theme.look("ordinary")}
    names = list(dict.fromkeys(str(value) for value in chart.data[chart.series.name]))
    styles = {name: chart.styles.get(name, name if name in theme.LOOKS else "") for name in names}
    few = {1: (theme.DARK_GRAY,), 2: theme.TWO_SERIES}.get(list(styles.values()).count(""), theme.CATEGORIES)
    palette = (theme.Look(color, color) for color in itertools.cycle(few))
    light = replace(theme.look("muted"), style="ordinary", line=theme.LIGHT_GRAY, dash=False)
    beside_focus = {"ordinary": light} if "focus" in styles.values() else {}
    return {name: beside_focus.get(style) or (theme.look(style) if style else next(palette))
            for name, style in styles.items()}  # fmt: skip


def series_of(chart: Chart, row: Mapping[Any, Any]) -> str:
    """The series of a row; empty where the chart has none."""
    return "" if chart.series is None else str(row[chart.series.name])


def fields_of(chart: Chart) -> tuple[Field, Field]:
    """The axis of words and the axis of numbers: words stand on y where bars are horizontal."""
    return (chart.y, chart.x) if chart.flat else (chart.x, chart.y)


def said_on(chart: Chart, row: Mapping[Any, Any], number: Field) -> str:
    """What stands on a mark: its label, or its number where the chart has no labels."""
    if chart.label is not None:
        value = row[chart.label.name]
        return "" if theme.is_missing(value) else theme.format_value(chart.label, value)
    return theme.format_value(number, row[number.name])


def read_bars(chart: Chart) -> list[Bar]:
    """The bars in order of the data, of intervals their bands; a slot is one category of one block.

    A category that comes again in its series gets a slot of its own, so that no bar hides another.
    """
    words, number = fields_of(chart)
    looks = series_looks(chart)
    slots: dict[tuple[str, str, int], int] = {}
    times: Counter[tuple[str, str, str]] = Counter()
    bars, records, first, last = [], chart.data.to_dict("records"), chart.low or chart.start, chart.high or number
    for place, row in enumerate(records):
        group = "" if chart.group is None else str(row[chart.group.name])
        found: list[Any] = [None if field is None else row[field.name] for field in (first, last)]
        start, end = (math.nan if theme.is_missing(value) else float(value) for value in found)
        if chart.low is None and math.isnan(end):
            continue
        start = 0.0 if chart.low is None and math.isnan(start) else start
        category, series = theme.format_text(row[words.name]), series_of(chart, row)
        times[group, category, series] += 1
        again = 0 if chart.stacked else times[group, category, series]
        slot = slots.setdefault((group, category, again), len(slots))
        label = said_on(chart, row, number)
        bars.append(Bar(place, slot, category, group, series, start, end, label, looks[series]))
    if not any(bar.label for bar in bars):
        bars = [replace(bar, label=said_on(replace(chart, label=None), records[bar.row], number)) for bar in bars]
    return bars


def _wrapped(chart: Chart, sheet: Sheet) -> list[Bar]:
    """The bars of a sheet; words beside those that lie are broken where they take too much of its width."""
    wide = 0.4 * sheet.width if chart.flat else math.inf
    return [replace(bar, label="\n".join(theme.wrap(bar.label, wide, sheet.size))) for bar in read_bars(chart)]


def needs_key(chart: Chart, bars: Sequence[Bar]) -> bool:
    """Whether the series are named in a key: they share slots, or no block and no plain style explains them."""
    if chart.series is None or chart.start is not None:
        return False
    names = {bar.series for bar in bars}
    alone = len({bar.slot for bar in bars}) == len(bars)
    return not alone or (chart.group is None and len(names) > 1 and not names <= set(theme.LOOKS))


def draw_bars(chart: Chart, sheet: Sheet) -> None:
    """Draw a bar chart onto a sheet; bars are horizontal when y holds words."""
    bars, flat = _wrapped(chart, sheet), chart.flat
    series = list(dict.fromkeys(bar.series for bar in bars))
    names = [bar.category for bar in {bar.slot: bar for bar in bars}.values()]
    _arrange(chart, bars, series)
    told = _told(chart, bars)
    middle, unit, blocks = (_lie if flat else _stand)(chart, sheet, bars, names)
    _scale(chart, sheet, bars, told)
    for bar in sorted(bars, key=lambda bar: series.index(bar.series)):
        _draw(chart, sheet, bar, middle[bar.slot] + bar.shift * unit, bar.thickness * unit / 2)
    for bar in told:
        _label(chart, sheet, bar, middle[bar.slot] + bar.shift * unit)
    for ends in blocks:
        sheet.line(*(place for end in ends for place in _at(chart, sheet, 0, end)))
    sheet.name_references(chart)
    if needs_key(chart, bars):
        first = {bar.series: bar for bar in reversed(bars)}
        for name in series:
            look, cap = first[name].look, chart.layered and first[name].look.style == "limit"
            sheet.key[name] = Box(4, -1.25, 20, 1.25, look.line) if cap else _box(look, 4, -5, 20, 5)


def _arrange(chart: Chart, bars: list[Bar], series: list[str]) -> None:
    """Give the bars of one slot their shift, thickness and, when stacked, their base."""
    many = len({bar.slot for bar in bars}) < len(bars)
    tops: dict[tuple[int, bool], float] = {}
    for bar in bars:
        place = series.index(bar.series)
        if chart.stacked:
            bar.inner = True
            base = tops.get((bar.slot, bar.end < 0), 0.0)
            bar.start, bar.end = base, base + bar.end
            tops[(bar.slot, bar.end < base)] = bar.end
        elif chart.layered:
            bar.thickness = 0.9 if bar.look.style == "limit" else max(0.74 - 0.2 * place, 0.2)
        elif many:
            bar.thickness = 0.84 / len(series)
            bar.shift = (place - (len(series) - 1) / 2) * bar.thickness


def _told(chart: Chart, bars: Sequence[Bar]) -> list[Bar]:
    """What carries words: each bar; above bars that lie over one another "37.0 of 50.0"; on a stack its sum."""
    told = [] if chart.layered else [*bars]
    slots = [[bar for bar in bars if bar.slot == slot] for slot in dict.fromkeys(bar.slot for bar in bars)]
    for mine in slots:
        if chart.layered:
            said = (" of " if chart.flat else "\nof ").join(bar.label for bar in reversed(mine) if bar.label)
            told.append(replace(max(mine, key=lambda bar: bar.end), label=said, look=theme.look("ordinary")))
        elif chart.stacked and len(mine) > 1 and all(bar.end >= bar.start for bar in mine):
            total = theme.format_number(math.fsum(bar.end - bar.start for bar in mine), fields_of(chart)[1].decimals)
            told.append(replace(mine[-1], start=0.0, inner=False, label=total, look=theme.look("ordinary")))
    return [bar for bar in told if bar.label]


def _box(look: theme.Look, x0: float, y0: float, x1: float, y1: float, say: str = "") -> Box:
    corners = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
    return Box(*corners, look.fill, look.line if look.width else "", look.width, look.hatch, say)


def _at(chart: Chart, sheet: Sheet, value: float, beside: float) -> Point:
    """Where a value is on the axis of numbers, at a place on the axis of words, in px."""
    return (sheet.px(value), beside) if chart.flat else (beside, sheet.py(value))


def _draw(chart: Chart, sheet: Sheet, bar: Bar, at: float, half: float) -> None:
    """A bar, given by its middle and half its thickness in px; a limit of others is a thick line at its end."""
    number = fields_of(chart)[1]
    say = pointed(bar.group, bar.category, bar.series, amount(number, bar.end - bar.start))
    cap = chart.layered and bar.look.style == "limit"
    start = bar.end if cap else bar.start
    x0, y0, x1, y1 = *_at(chart, sheet, start, at - half), *_at(chart, sheet, bar.end, at + half)
    if cap:
        sheet.line(x0, y0, x1, y1, color=bar.look.line, width=2.5)
        sheet.marks.append(Box(x0 - 4, y0 - 4, x1 + 4, y1 + 4, say=say))
    else:
        box = _box(bar.look, x0, y0, x1, y1, say)
        sheet.marks += [box, *box.hatching]


Spans = list[tuple[float, float]]
Laid = tuple[list[float], float, Spans]
"""The middle of each slot, how thick a whole bar is, and where blocks begin and end; all in px."""


def _lie(chart: Chart, sheet: Sheet, bars: Sequence[Bar], names: Sequence[str]) -> Laid:
    """Rows from top to bottom, each block under its name."""
    beside = 1 if chart.stacked or chart.layered else max(Counter(bar.slot for bar in bars).values())
    least = max(1.95, beside * 1.35) + 1.2 * beside * max(bar.label.count("\n") for bar in bars)
    groups = [bar.group for bar in {bar.slot: bar for bar in bars}.values()]
    firsts = {n: group for n, group in enumerate(groups) if n == 0 or group != groups[n - 1]}
    spans = _rows(sheet, names, least, firsts, {bar.slot for bar in bars if bar.look.style == "focus"})
    blocks = [(spans[a][0] + 1, spans[b - 1][1] - 1) for a, b in itertools.pairwise([*firsts, len(names)])]
    return [(start + end) / 2 for start, end in spans], least * sheet.size, blocks


def _stand(chart: Chart, sheet: Sheet, bars: Sequence[Bar], names: Sequence[str]) -> Laid:
    """Columns from left to right over their names."""
    unit = min(sheet.plot_width / len(names), 160.0)
    sheet.height = 15.5 * sheet.size
    middle = [(n + 0.5) * unit for n in range(len(names))]
    wrapped = [theme.wrap(name, unit - 4, sheet.size) for name in names]
    for at, lines in zip(middle, wrapped, strict=True):
        sheet.words("\n".join(lines), at, sheet.height + TICK_GAP, down="top")
    sheet.bottom += max(map(len, wrapped)) * sheet.size * 1.35 + 6
    return middle, unit, [(0, len(names) * unit)]


def _scale(chart: Chart, sheet: Sheet, bars: Sequence[Bar], told: Sequence[Bar]) -> None:
    """Set the scale of numbers: zero, every bar and line are on it, and words have room at the ends of bars."""
    flat, size = chart.flat, sheet.size
    axis, length = ("x", sheet.plot_width) if flat else ("y", sheet.height)
    ends = [0.0, *(value for bar in bars for value in (bar.start, bar.end))]
    ends += [line.value for line in chart.references if line.axis == axis]
    low, high = min(ends), max(ends)

    def room(bar: Bar) -> float:
        lines = bar.label.split("\n")
        across, up = sheet.widest(lines, _bold(chart, bar)) + 8, size * (1.3 * len(lines) + 0.2)
        return 2.0 if bar.inner else across if flat else up

    falling = [bar for bar in told if bar.end < bar.start]
    before = max((room(bar) + 8 * flat for bar in falling), default=0.0)
    reach = [(4.0 if flat or high <= 0 else 1.5 * size, high if high - low > 1e-300 else low + 1)]
    reach += [(room(bar), bar.end) for bar in told if bar.end >= bar.start and bar.end > low]
    scale = max(min((length - before - beyond) / (end - low) for beyond, end in reach), 1e-12)
    shown = low - before / scale, low - before / scale + length / scale
    sheet.x_range, sheet.y_range = (shown, sheet.y_range) if flat else (sheet.x_range, shown)


def _bold(chart: Chart, bar: Bar) -> bool:
    """Whether the words of a bar are bold: those in focus, and sums."""
    return bar.look.style == "focus" or (chart.stacked and not bar.inner)


def _label(chart: Chart, sheet: Sheet, bar: Bar, at: float) -> None:
    """What a bar says: in it where it is a part that has room, else at its end; `at` is its middle in px."""
    size, flat = sheet.size, chart.flat
    start, end = (_at(chart, sheet, value, at)[not flat] for value in (bar.start, bar.end))
    if bar.inner:
        if abs(end - start) < (theme.text_width(bar.label, size) + 6 if flat else size * 1.3):
            return
        end = (start + end) / 2
        look: dict[str, Any] = {"ground": bar.look.hatch, "color": theme.readable(theme.INK, bar.look.fill)}
    else:
        up, gap = bar.end >= bar.start, 5 if chart.low is None else 8
        ink = theme.readable(bar.look.text) if bar.look.style == "focus" else theme.INK
        look = {"bold": _bold(chart, bar), "color": ink, "ground": bool(chart.references)}
        look |= {"across": "left" if up else "right", "dx": gap if up else -gap} if flat else {
            "down": "bottom" if up else "top", "dy": -2 if up else 2}  # fmt: skip
    sheet.words(bar.label, *((end, at) if flat else (at, end)), **look)


def draw_intervals(chart: Chart, sheet: Sheet) -> None:
    """Draw intervals, one under the other: a band from low to high and a dot at the value."""
    if chart.low is None or chart.high is None or not chart.flat:
        raise ValueError(f"exhibit {chart.id}: an interval needs the fields `low` and `high`, and words on y")
    number, low, high, values = chart.x, chart.low, chart.high, chart.data[chart.x.name].tolist()
    bars = _wrapped(chart, sheet)
    ends = [float(end) for bar in bars for end in (bar.start, bar.end, values[bar.row]) if not theme.is_missing(end)]
    names = {bar.slot: bar.category for bar in bars}
    spans = _rows(sheet, names.values(), 1.95 + 1.2 * max(bar.label.count("\n") for bar in bars), {}, ())
    sheet.right = sheet.widest(line for bar in bars for line in bar.label.split("\n")) + 12
    sheet.x_range = _range(chart, "x", ends, 0.5, 0.03)
    places = ticks(*sheet.x_range)
    _scale_below(sheet, places, tick_text(places, number), number)
    if sheet.x_range[0] <= 0:
        sheet.line(sheet.px(0), 0, sheet.px(0), sheet.height)
    for bar in bars:
        value, at, a, b = values[bar.row], sum(spans[bar.slot]) / 2, sheet.px(bar.start), sheet.px(bar.end)
        if math.isnan(a + b):
            continue
        say = pointed(bar.category, amount(number, value), amount(low, bar.start), amount(high, bar.end))
        sheet.line(0, at, a, at, color=theme.GRID)
        sheet.marks.append(Box(a, at - 3.5, b, at + 3.5, _mix(0.6, (bar.look.shade, theme.PAPER)), say=say))
        if not theme.is_missing(value):
            sheet.marks.append(Dot(sheet.px(value), at, 11, bar.look.shade, theme.PAPER, 1.5, say=say))
        _label(chart, sheet, bar, at)
    sheet.name_references(chart)


def _rows(sheet: Sheet, names: Iterable[str], least: float, heads: Mapping[int, str], bold: Container[int]) -> Spans:
    """Name rows on the left, some under a heading; each as high as its name, no lower than so many lines."""
    wrapped = [theme.wrap(name, 0.36 * sheet.width, sheet.size) for name in names]
    sheet.left = max(sheet.widest(lines, n in bold) for n, lines in enumerate(wrapped)) + 11
    spans, at = [], 0.0
    for n, lines in enumerate(wrapped):
        if head := heads.get(n):
            at += sheet.size * 0.9 if n else 0.0
            sheet.words(head, -sheet.left, at + sheet.size * 0.875, bold=True, size=sheet.size + 1, across="left")
            at += sheet.size * 1.75
        spans.append((at, at + max(sheet.size * least, len(lines) * sheet.size * 1.2 + 6)))
        sheet.words("\n".join(lines), -TICK_GAP, sum(spans[-1]) / 2, across="right", bold=n in bold)
        at = spans[-1][1]
    sheet.height = at
    return spans


Scales = list[tuple[list[float], list[float], list[str]]]
"""Of x and y: where each row stands, and the ticks of its axis, as `positions` gives them."""


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
    look: theme.Look
    spots: list[Spot] = field(default_factory=list)

    @property
    def drawn(self) -> list[Spot]:
        """Its points without the gaps."""
        return [spot for spot in self.spots if not math.isnan(spot.y)]


def draw_points(chart: Chart, sheet: Sheet) -> None:
    """Draw a line or scatter chart: labelled rows get a dot and their words, lines their name at the end."""
    (scales, tracks), lines = read_points(chart), chart.mark == "line"
    named = [track for track in tracks if lines and track.name and track.drawn and len(track.spots) > 1]
    _axes(chart, sheet, named, scales)
    for track in tracks:
        _draw_track(chart, sheet, track, lines)
    sheet.name_references(chart)
    if title := axis_title(chart.y):
        sheet.words(title, -sheet.left, -sheet.top - 2, across="left", down="bottom")
        sheet.top += sheet.size * 1.6
    paths = [[at for at in line.points if at] for line in sheet.marks if isinstance(line, Path) and not line.under]
    boxes = [(dot.x - 6, dot.y - 6, dot.x + 6, dot.y + 6) for dot in sheet.marks if isinstance(dot, Dot)]
    ends = np.array([pair for path in paths for pair in itertools.pairwise(path)]).reshape(-1, 2, 1, 1, 2)
    pieces = ends[:, 0] + np.linspace(0, 1, 25)[:, None, None] * (ends[:, 1] - ends[:, 0])
    across = {path[0][0] for path in paths if path[0][0] == path[-1][0]}
    for track in sorted(named, key=lambda track: -track.drawn[-1].y):  # from the top
        bold = track.look.style == "focus"
        name = "\n".join(theme.wrap(track.name, sheet.right - 8, sheet.size, bold))
        _say(sheet, track, track.drawn[-1], name, bold, boxes, pieces)
    said = [(track.look.style == "focus" and sheet.px(spot.x) in across, track, spot)
            for track in tracks for spot in track.drawn if spot.label]  # fmt: skip
    for bold, track, spot in sorted(said, key=lambda one: not one[0]):
        _say(sheet, track, spot, spot.label, bold, boxes, pieces)


def read_points(chart: Chart) -> tuple[Scales, list[Track]]:
    """The points of each series in order of the data, and the scales that they stand on."""
    scales = [positions(chart.data[axis.name].tolist(), axis) for axis in (chart.x, chart.y)]
    tracks = {name: Track(name, look) for name, look in series_looks(chart).items()}
    records = enumerate(chart.data.to_dict("records"))
    for (place, row), x, y in zip(records, scales[0][0], scales[1][0], strict=True):
        if math.isnan(x):
            continue
        track = tracks[series_of(chart, row)]
        label = "" if chart.label is None else said_on(chart, row, chart.y)
        named = "" if chart.name is None or theme.is_missing(row[chart.name.name]) else str(row[chart.name.name])
        values = (amount(axis, row[axis.name]) for axis in (chart.x, chart.y))
        say = pointed(named, track.name, label.replace("\n", " "), *values)
        track.spots.append(Spot(place, x, y, label, say))
    return scales, list(tracks.values())


def _axes(chart: Chart, sheet: Sheet, named: Sequence[Track], scales: Scales) -> None:
    size, ((xs, x_values, x_text), (ys, values, text)) = sheet.size, scales
    sheet.x_range = _range(chart, "x", xs, 0.0, 0.02 if chart.mark == "line" else 0.05)
    sheet.y_range = _range(chart, "y", ys, 0.6, 0.07)
    values = values or ticks(*sheet.y_range)
    text = text or tick_text(values, chart.y)
    x_values = x_values or ticks(*sheet.x_range, count=7)
    x_text = x_text or tick_text(x_values, chart.x)
    sheet.left = sheet.widest(text) + 11
    ends = [theme.text_width(track.name, size, track.look.style == "focus") for track in named]
    ends += [theme.text_width(last, size) / 2 - 10 for last in x_text[-1:]]
    sheet.right = min(max([4.0, *ends]) + 10, 0.3 * sheet.width)
    sheet.height = 21 * size
    for at, said in zip(map(sheet.py, values), text, strict=True):
        sheet.words(said, -TICK_GAP, at, across="right")
        sheet.line(0, at, sheet.plot_width, at, color=theme.GRID, under=True)
    _scale_below(sheet, x_values, x_text, chart.x)
    sheet.line(0, sheet.height, sheet.plot_width, sheet.height, under=True)


def _scale_below(sheet: Sheet, values: Sequence[float], texts: Sequence[str], axis: Field) -> None:
    """The axis under a plot: its ticks, not all where they have no room, and below them what they count."""
    places = list(map(sheet.px, values))
    apart = min((b - a for a, b in itertools.pairwise(places)), default=0.0)
    step = math.ceil((sheet.widest(texts) + 4) / apart) if apart > 0 else 1
    for at, text in list(zip(places, texts, strict=True))[::step]:
        sheet.words(text, at, sheet.height + TICK_GAP, down="top")
    if said := axis_title(axis):
        at = sheet.height + sheet.size * 1.7
        sheet.words(said, sheet.plot_width, at, across="right", down="top", color=theme.QUIET)
    sheet.bottom += sheet.size * (3.2 if said else 1.7)


def axis_title(axis: Field) -> str:
    """Title and unit of an axis in one line; a percent sign already stands at each tick."""
    return ", ".join(part for part in (axis.title, "" if axis.unit == "%" else axis.unit) if part)


def _range(chart: Chart, axis: str, values: Sequence[float], zero: float, air: float) -> tuple[float, float]:
    """The ends of an axis around values and lines, with some air; from zero where the least is a small share."""
    lines = [line.value for line in chart.references if line.axis == axis]
    real = [value for value in (*values, *lines) if not math.isnan(value)] or [0.0, 1.0]
    low, high = min(real), max(real)
    low = 0.0 if 0 < low < zero * high else low
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
    return low - air * (high - low) * (low != 0), high + air * (high - low)


def _draw_track(chart: Chart, sheet: Sheet, track: Track, lines: bool) -> None:
    color, single = track.look.shade, len(track.spots) == 1
    hollow = track.look.style in ("previous", "plan", "muted")
    fill, edge = (theme.PAPER, theme.INK) if hollow else (color, theme.PAPER)
    if lines and track.drawn and not single:
        points = [None if math.isnan(spot.y) else (sheet.px(spot.x), sheet.py(spot.y)) for spot in track.spots]
        says = [spot.say for spot in track.spots]
        width = 3 if track.look.style in ("focus", "good") else 2
        sheet.marks.append(Path(tuple(points), color, width, track.look.dash, says=tuple(says)))
    elif not lines and not set(series_looks(chart)) <= set(theme.LOOKS) | {""}:
        sheet.key[track.name] = Box(7, -5, 17, 5, fill, edge, 2.0)
    for spot in track.drawn:
        if not lines or single or spot.label:
            sheet.marks.append(Dot(sheet.px(spot.x), sheet.py(spot.y), 10, fill, edge, 2, say=spot.say))


def _say(sheet: Sheet, track: Track, spot: Spot, text: str, bold: bool, boxes: list[Patch], pieces: Any) -> None:
    """Write words at the best of the places around their point: off the lines, off other words."""
    plain = theme.INK if text == spot.label else track.look.fill
    color, x, y = theme.readable(track.look.text if bold else plain), sheet.px(spot.x), sheet.py(spot.y)
    words = Words(text, x, y, sheet.size, color, bold, ground=True)
    x0, y0, x1, y1 = words.patch
    wide, high = (x1 - x0) / 2 + 2, (y1 - y0) / 2
    places = [(wide + 10, 0.0), (0.0, -high - 9), (0.0, high + 9), (wide + 4, -high - 7), (wide + 4, high + 7)]
    places += [(-across, down) for across, down in places if across]  # last: on the left another line may be nearer
    near = len(places)
    turns = itertools.product((20, 38, 60), (1, -1), (0, -0.5, 0.5, -1, 1))
    places += [(part * wide, up * (high + out)) for out, up, part in turns]
    lows, highs = (np.array(places) + (x, y) + way * np.array((wide, high)) for way in (-1, 1))
    taken = np.array(boxes).reshape(-1, 1, 4)
    hit = ((taken[:, :, :2] < highs) & (taken[:, :, 2:] > lows)).all(axis=2).sum(axis=0)
    crossed = ((pieces >= lows - 1) & (pieces <= highs + 1)).all(axis=3).any(axis=1).sum(axis=0)
    beside = (lows < (0, -4)).any(axis=1) | (highs[:, 1] > sheet.height)
    ends = sheet.plot_width + sheet.right, sheet.height + sheet.bottom
    lost = (lows[:, 0] < -sheet.left) | (highs > ends).any(axis=1)  # where the picture ends
    rank = int((0.1 * np.arange(len(places)) + 20 * np.where(lost, 10, beside) + 16 * hit + 5 * crossed).argmin())
    (x0, y0), (x1, y1) = lows[rank].tolist(), highs[rank].tolist()
    boxes.append((x0, y0, x1, y1))
    if rank >= near:  # a thin line leads from the point to a label that is far
        tip = min(max(x, x0 + 6), x1 - 6), y1 + 1 if y1 < y else y0 - 1
        sheet.line(x, y, *tip, color=theme.QUIET, width=0.9, under=True)
    sheet.marks.append(replace(words, dx=places[rank][0], dy=places[rank][1]))


SHADES = ("#FFFFFF", "#D3E6F6", "#6BACE6", "#2073BC", "#12436D")


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
    low, high = min([0.0, *numbers]), max([0.0, *numbers])
    tiles = defaultdict[tuple[str, str], Tile](Tile)
    for row, part in records:
        said, shade = cells.said(part), part.get("fill", "")
        if part["kind"] == "number":
            share = (float(row[value.name]) - low) / ((high - low) or 1)
            shade = _mix(share, SHADES)
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
    spans = _rows(sheet, rows, 2.0, {}, ())
    wide = max(theme.text_width(tile.said, size) for tile in tiles.values()) + 4
    cell = min(sheet.plot_width / len(columns), max(wide + 12, 5.2 * size))
    step = math.ceil((sheet.widest(columns) + 4) / cell) if chart.x.kind == "time" else 1
    heads = [theme.wrap(name, cell * step - 4, size) for name in columns]  # a time is never broken
    sheet.right = max(sheet.width - sheet.left - cell * len(columns), 0)
    sheet.top += max(map(len, heads)) * size * 1.25 + 6
    fit = min(1, cell * step / (sheet.widest(part for head in heads for part in head) or 1))
    for n, head in list(enumerate(heads))[::step]:
        sheet.words("\n".join(head), (n + 0.5) * cell, -TICK_GAP, down="bottom", size=size * fit)
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
    parts = ([int(color[i : i + 2], 16) for color in colors] for i in (1, 3, 5))
    at = share * (len(colors) - 1)
    return "#" + "".join(f"{round(np.interp(at, range(len(colors)), part)):02X}" for part in parts)


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
    sheet = Sheet(width=width, size=14 if width >= 700 else 12)
    drawing = {"bar": draw_bars, "line": draw_points, "scatter": draw_points, "interval": draw_intervals,
               "heatmap": draw_grid}  # fmt: skip
    if chart.data.empty or (chart.mark == "bar" and not read_bars(chart)):
        sheet.height = 3.0 * sheet.size
        sheet.words("No rows to show.", 0, sheet.height / 2, across="left", color=theme.QUIET)
    else:
        drawing[chart.mark](chart, sheet)
    sheet.add_key()
    if framed:
        sheet.frame(chart)
    return sheet


def picture(chart: Chart, width: int = WIDTH) -> str:
    """Draw a chart as SVG.

    Parameters
    ----------
    chart : Chart
        What to draw.
    width : int
        Width in px; a chart is drawn at its printed width, so that type is never scaled.

    Returns
    -------
    str
        An SVG document with its alternative text as title; no scripts, no addresses. Equal for equal charts.

    Examples
    --------
    >>> import pandas as pd
    >>> from pmo_kit.exhibits.records import Field
    >>> chart = Chart(id="c", alt="x is 2", mark="bar", data=pd.DataFrame({"a": ["x"], "n": [2.0]}),
    ...               x=Field("n"), y=Field("a", kind="text"))
    >>> picture(chart, 317).startswith('<svg xmlns="http://www.w3.org/2000/svg" width="317"')
    True
    """
    sheet = draw(chart, width)
    order = sorted(sheet.marks, key=lambda mark: 2 if isinstance(mark, Words) else not getattr(mark, "under", False))
    high = round(sheet.top + sheet.height + sheet.bottom)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{high}" viewBox="0 0 {width} {high}" '
        f"""font-family="'{theme.FONT}', Arial, sans-serif"><title>{escape(cells.spoken(chart))}</title>"""
        f'<g transform="translate({_n(sheet.left)} {_n(sheet.top)})">{"".join(map(_svg, order))}</g></svg>'
    )


def _svg(mark: Mark) -> str:
    """A mark; nothing for a box that only the pointer finds."""
    match mark:
        case Words():
            return _text(mark)
        case Box():
            ends = {"x": mark.x0, "y": mark.y0, "width": mark.x1 - mark.x0, "height": mark.y1 - mark.y0}
            look = {"fill": mark.fill or "none", **_stroke(mark.edge, mark.width)}
            return _tag("rect", **ends, **look) * bool(mark.fill or mark.edge)
        case Path():
            look = _stroke(mark.color, mark.width, mark.dash)
            return _tag("path", d=_d(mark.points), fill=mark.fill or "none", stroke_linejoin="round", **look)
        case Dot():
            look = _stroke(mark.edge, mark.width)
            return _tag("circle", cx=mark.x, cy=mark.y, r=mark.size / 2, fill=mark.fill, **look)


def _d(points: Iterable[Point | None]) -> str:
    """A path in the words of SVG, which plotly reads too."""
    pairs = itertools.pairwise((None, *points))
    return "".join(f"{'L' if before else 'M'}{_n(at[0])} {_n(at[1])}" for before, at in pairs if at)


def _text(mark: Words) -> str:
    """Lines of text, and the patch under them."""
    x0, top, x1, end = mark.patch
    patch = {"x": x0 - 1, "y": top, "width": x1 - x0 + 2, "height": end - top, "fill": theme.PAPER}
    look = {"font_size": mark.size, "fill": mark.color, "text_anchor": _ANCHORS[mark.across],
            "font_weight": "700" if mark.bold else ""}  # fmt: skip
    x, high = mark.x + mark.dx, mark.size * LEADING
    rises = (top + (place + 0.5) * high + 0.34 * mark.size for place in itertools.count())
    lines = (_tag("text", escape(line, quote=False), x=x, y=y, **look) * bool(line)
             for line, y in zip(mark.text.split("\n"), rises, strict=False))  # fmt: skip
    return _tag("rect", **patch, fill_opacity=0.75) * mark.ground + "".join(lines)


_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def _tag(name: str, text: str = "", /, **attributes: Any) -> str:
    """An element of SVG without the attributes that say nothing."""
    pairs = ((key.replace("_", "-"), value) for key, value in attributes.items() if value != "")
    said = "".join(f' {key}="{value if isinstance(value, str) else _n(value)}"' for key, value in pairs)
    return f"<{name}{said}>{text}</{name}>" if text else f"<{name}{said}/>"


def _stroke(color: str, width: float, dash: bool = False) -> dict[str, Any]:
    return {"stroke": color, "stroke_width": width, "stroke_dasharray": "6 4" * dash} if color and width else {}


def _n(value: float) -> str:
    """A number of px, two digits after the point at most."""
    return f"{round(float(value), 2) + 0.0:g}" if abs(value) < 1000 else f"{float(value):.2f}"


CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "typesetMath": False,
    "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
}
"""What a page gives `Plotly.newPlot` besides the figure."""


def drawing(chart: Chart, *, width: int = WIDTH, framed: bool = False) -> dict[str, Any]:
    """The data and layout with which plotly's script draws a chart: of fixed size, its axes count px of the plot area.

    Parameters, and what it raises, as for `draw`: a notebook shows nothing but the figure, so that it is framed there;
    a page writes title, unit line, takeaway, note and source in HTML (`display.fragment`). Labels are data: tags in
    them are not read. `layout.meta` holds the exhibit's id and alternative text.
    """
    sheet, pad = draw(chart, width, framed), PADDING * framed
    wide, high = sheet.plot_width, sheet.height
    font = {"family": theme.FONTS, "color": theme.INK}
    layout = {
        "template": {},
        "width": width + 2 * pad,
        "height": round(sheet.top + high + sheet.bottom + 2 * pad),
        "margin": {"l": sheet.left + pad, "r": sheet.right + pad, "t": sheet.top + pad, "b": sheet.bottom + pad},
        "font": {**font, "size": sheet.size},
        "barmode": "overlay",
        "hoverlabel": {"bgcolor": theme.PAPER, "align": "left", "font": {**font, "size": 14}},
        "dragmode": False,
        "showlegend": False,
        "xaxis": {"visible": False, "range": [0, wide]},
        "yaxis": {"visible": False, "range": [high, 0]},
        "shapes": [_shape(mark) for mark in sheet.marks if isinstance(mark, Path) and not mark.says],
        "annotations": [_annotation(mark, wide, high) for mark in sheet.marks if isinstance(mark, Words)],
        "meta": {"exhibit": chart.id, "alt": chart.alt},
    }  # fmt: skip
    return {"data": _traces(sheet), "layout": layout}


def safe(text: object) -> str:
    """Text that plotly prints as it is: in labels it reads tags, entities, $...$ and %{...}.

    Examples
    --------
    >>> safe("<b>R&D</b> $1$ %{x}")
    '&lt;b&gt;R&amp;D&lt;/b&gt; &#36;1&#36; %&#123;x}'
    """
    plain = escape(str(text), quote=False)
    return plain.replace("$", "&#36;").replace("%{", "%&#123;").replace("\n", "<br>")


def _traces(sheet: Sheet) -> list[Any]:
    """Boxes, dots and paths that say something in their order; boxes and dots that follow one another are one trace."""
    shown = (mark for mark in sheet.marks if not isinstance(mark, Words) and getattr(mark, "says", True))
    found = []
    for _, group in itertools.groupby(shown, lambda mark: id(mark) if isinstance(mark, Path) else type(mark)):
        some: list[Any] = list(group)
        says = some[0].says if isinstance(some[0], Path) else [mark.say for mark in some]
        told = {"hovertext": list(map(safe, says)), "hoverinfo": "text"} if any(says) else {"hoverinfo": "skip"}
        found.append({**_TRACES[type(some[0])](some), "cliponaxis": False, "name": "", **told})
    return found


def _bars(boxes: Sequence[Box]) -> dict[str, Any]:
    """Boxes; one that only the pointer finds is not seen."""
    look = {
        "color": [box.fill or theme.PAPER for box in boxes],
        "opacity": [float(bool(box.fill or box.edge)) for box in boxes],
        "line": {"color": [box.edge or theme.PAPER for box in boxes],
                 "width": [box.width * bool(box.edge) for box in boxes]},
    }  # fmt: skip
    return {
        "type": "bar", "orientation": "h", "marker": look,
        "x": [box.x1 - box.x0 for box in boxes], "base": [box.x0 for box in boxes],
        "y": [(box.y0 + box.y1) / 2 for box in boxes], "width": [box.y1 - box.y0 for box in boxes],
    }  # fmt: skip


def _dots(dots: Sequence[Dot]) -> dict[str, Any]:
    line = {"color": [dot.edge or dot.fill for dot in dots], "width": [dot.width for dot in dots]}
    marker = {"size": [dot.size for dot in dots], "color": [dot.fill for dot in dots], "opacity": 1, "line": line}
    x, y = [dot.x for dot in dots], [dot.y for dot in dots]
    return {"type": "scatter", "mode": "markers", "x": x, "y": y, "marker": marker}


def _line(paths: Sequence[Path]) -> dict[str, Any]:
    x, y = zip(*(point or (None, None) for point in paths[0].points), strict=True)
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "connectgaps": False, "line": _pen(paths[0])}


_TRACES: dict[type, Callable[[Sequence[Any]], dict[str, Any]]] = {Box: _bars, Dot: _dots, Path: _line}


def _pen(mark: Path) -> dict[str, Any]:
    return {"color": mark.color, "width": mark.width, "dash": "dash" if mark.dash else "solid"}


_ABOVE = {"xref": "paper", "xsizemode": "pixel", "xanchor": 0, "yref": "paper", "ysizemode": "pixel", "yanchor": 1}
"""Where px are counted from the corner above the plot, to the right and up, whatever its axes show."""


def _shape(path: Path) -> dict[str, Any]:
    """A line; one that stands above the plot does not zoom with it."""
    points, place = path.points, {}
    if all(point[1] < 0 for point in points if point):
        points, place = tuple(point and (point[0], -point[1]) for point in points), _ABOVE
    look = {"line": _pen(path), "fillcolor": path.fill or "rgba(0,0,0,0)"}
    return {"type": "path", "path": _d(points), "layer": "below" if path.under else "above", **look, **place}


def _annotation(words: Words, wide: float, high: float) -> dict[str, Any]:
    """Words inside the plot area stand at a place that zooms with it; those outside keep their distance from it."""
    across, down = 0 <= words.x <= wide, 0 <= words.y <= high
    share_x, share_y = float(words.x > wide), float(words.y < 0)
    return {
        "text": safe(words.text), "showarrow": False, "borderpad": 0, "align": words.across,
        "xref": "x" if across else "paper", "x": words.x if across else share_x, "xanchor": words.across,
        "xshift": words.dx + (0 if across else words.x - share_x * wide),
        "yref": "y" if down else "paper", "y": words.y if down else share_y, "yanchor": words.down,
        "yshift": -words.dy - (0 if down else words.y - (1 - share_y) * high),
        "font": {"size": words.size, "color": words.color, "weight": 700 if words.bold else 400},
        **({"bgcolor": "rgba(255,255,255,.75)"} if words.ground else {}),
    }  # fmt: skip
