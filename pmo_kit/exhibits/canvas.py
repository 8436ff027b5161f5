"""What a chart is drawn with: boxes, lines, paths, dots and words in px, on a sheet that places them.

Every place is measured from the top left corner of the plot area; what stands left of it or above it has places
below zero. All of them follow from measured text widths, so no label is cut off and equal charts are drawn alike.
`pictures` writes a sheet and decides nothing.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.cells import source_line
from pmo_kit.exhibits.records import Chart, Field

WIDTH = 800
"""Width of a chart in the notebook, px: in its frame it fits JupyterLab at 1280 x 800.
One of two A4 columns is 317 wide, the whole text 665."""
LEADING = 1.3
PADDING = 16
"""White around a framed chart, px."""
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


@dataclass(frozen=True)
class Path:
    """A line through points; None leaves a gap. `says` is what the pointer reads at each; `under` all else for axes."""

    points: tuple[Point | None, ...]
    color: str = theme.INK
    width: float = 1.0
    dash: bool = False
    under: bool = False
    says: tuple[str, ...] = ()


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
    key_top: float = 0.0

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

    def tick(self, axis: str, at: float, text: str, **look: Any) -> None:
        """Write words on an axis: "y" on the left, "x" below, "top" above."""
        x, y, side = {
            "y": (-TICK_GAP, at, {"across": "right"}),
            "x": (at, self.height + TICK_GAP, {"down": "top"}),
            "top": (at, -TICK_GAP, {"down": "bottom"}),
        }[axis]
        self.words(text, x, y, **side, **look)

    def name_references(self, chart: Chart) -> None:
        """Draw the named lines of a chart; those across x are named above, in rows without overlap.

        Raises
        ------
        ValueError
            A line stands at what is not on its axis.
        """
        taken: list[tuple[int, float, float]] = []
        for reference in chart.references:
            scale, end = (self.px, self.plot_width) if reference.axis == "x" else (self.py, self.height)
            place = scale(reference.value)
            if not -1 <= place <= end + 1:
                what = f"{reference.label!r} stands at {reference.value!r}"
                raise ValueError(f"exhibit {chart.id}: {what}, which is not on the axis")
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
            crossed = {row for row, a, b in taken if a < stop and start < b}
            row = next(n for n in itertools.count() if n not in crossed)
            taken.append((row, start, stop))
            self.words(reference.label, middle, -2 - row * self.size * 1.25, **said)
        self.top += max((2 + (row + 1) * self.size * 1.25 for row, *_ in taken), default=0)

    def add_key(self) -> None:
        """Make room for the names of the series above the plot."""
        if self.key:
            self.key_top = self.top
            self.top += self.size * (1.6 * (self.key_places()[-1][1] + 1) + 0.3)

    def key_places(self) -> list[tuple[float, int]]:
        """Where each name of the key begins, from the left of the first, and its row."""
        wide = [theme.text_width(name, self.size) * 1.06 + 40 for name in self.key]
        room = self.plot_width + self.left - 8
        if sum(wide) <= room:
            return [(sum(wide[:n]), 0) for n in range(len(wide))]
        columns = max(1, int(room / max(wide)))
        return [(n % columns * max(wide), n // columns) for n in range(len(wide))]

    def frame(self, chart: Chart) -> None:
        """Write title and unit line above, meaning, note and source below: a notebook shows nothing but the figure."""
        sizes = theme.SIZES
        quiet: dict[str, Any] = {"size": sizes["small"] - 1, "color": theme.QUIET}
        title: dict[str, Any] = {"size": sizes["headline"], "color": theme.DARK_BLUE, "bold": True}
        above = [(chart.unit_line, {**quiet, "size": sizes["small"]}), (chart.title, title)]
        meaning = f"▸ {chart.takeaway}" if chart.takeaway else ""
        below = [(meaning, {"size": sizes["text"]}), (chart.note, quiet), (source_line(chart), quiet)]
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
    """Where values stand on an axis, and its ticks: numbers as they are, dates as days, words in order."""
    present = [value for value in values if not theme.is_missing(value)]
    days = all(isinstance(value, dt.date) for value in present)
    if present and (days or all(isinstance(value, int | float) for value in present)):

        def place(value: Any) -> float:
            return float("nan") if theme.is_missing(value) else float(value.toordinal() if days else value)

        marked = sorted(set(present)) if days or axis.kind == "time" else []
        said = [theme.format_text(value if days else round(value)) for value in marked]
        return list(map(place, values)), list(map(place, marked)), said
    order = {value: float(place) for place, value in enumerate(dict.fromkeys(map(str, present)))}
    return [order.get(str(value), float("nan")) for value in values], list(order.values()), list(order)
