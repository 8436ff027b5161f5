"""What a chart is drawn with: boxes, lines, dots and words in px, on a sheet that places them; and its two writers.

Every place is measured from the top left corner of the plot area; what stands left of it or above it has places
below zero. All of them follow from measured text widths, so no label is cut off and equal charts are drawn alike.
`svg` writes a sheet for paper and still pages, text as text, `plotly` for the screen; they decide nothing.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.cells import source_line
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

    def put(self, box: Box) -> None:
        """Draw a box, and the lines across it where it is hatched."""
        self.marks += [box, *box.hatching]

    def words(self, text: str, x: float, y: float, **look: Any) -> Words:
        """Write text at a place."""
        self.marks.append(words := Words(text, x, y, **{"size": self.size, **look}))
        return words

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
    """Where values stand on an axis, and its ticks: numbers as they are, all else as words in order."""
    present = [value for value in values if not theme.is_missing(value)]
    if present and all(isinstance(value, int | float) for value in present):
        marked = sorted(set(present)) if axis.kind == "time" else []
        places = [math.nan if theme.is_missing(value) else float(value) for value in values]
        return places, list(map(float, marked)), [theme.format_text(round(value)) for value in marked]
    order = {value: float(place) for place, value in enumerate(dict.fromkeys(map(theme.format_text, present)))}
    return [order.get(theme.format_text(value), math.nan) for value in values], list(order.values()), list(order)


def svg(sheet: Sheet, told: str) -> str:
    """A sheet as an SVG document, which says as its title what it shows; no scripts, no addresses."""
    order = sorted(sheet.marks, key=lambda mark: 2 if isinstance(mark, Words) else not getattr(mark, "under", False))
    wide, high = round(sheet.width), round(sheet.top + sheet.height + sheet.bottom)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f"""font-family="'{theme.FONT}', Arial, sans-serif"><title>{escape(told)}</title>"""
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


def plotly(sheet: Sheet, pad: float, meta: dict[str, str]) -> dict[str, Any]:
    """A sheet as the data and layout that plotly's script reads: of fixed size, its axes count px of the plot area.

    Its labels are data: tags in them are not read.
    """
    wide, high = sheet.plot_width, sheet.height
    font = {"family": theme.FONTS, "color": theme.INK}
    layout = {
        "template": {},
        "width": round(sheet.width + 2 * pad),
        "height": round(sheet.top + high + sheet.bottom + 2 * pad),
        "margin": {"l": sheet.left + pad, "r": sheet.right + pad, "t": sheet.top + pad, "b": sheet.bottom + pad},
        "font": {**font, "size": sheet.size},
        "barmode": "overlay",
        "hoverlabel": {"bgcolor": theme.PAPER, "bordercolor": theme.DARK_GRAY, "align": "left",
                       "font": {**font, "size": 14}},
        "dragmode": False,
        "showlegend": False,
        "xaxis": {"visible": False, "range": [0, wide]},
        "yaxis": {"visible": False, "range": [high, 0]},
        "shapes": [_shape(mark) for mark in sheet.marks if isinstance(mark, Path) and not mark.says],
        "annotations": [_annotation(mark, wide, high) for mark in sheet.marks if isinstance(mark, Words)],
        "meta": meta,
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
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [dot.x for dot in dots],
        "y": [dot.y for dot in dots],
        "marker": marker,
    }


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
    fill = {"fillcolor": path.fill} if path.fill else {}
    line = {"line": _pen(path), "layer": "below" if path.under else "above"}
    return {"type": "path", "path": _d(points), **line, **fill, **place}


def _annotation(words: Words, wide: float, high: float) -> dict[str, Any]:
    """Words inside the plot area stand at a place that zooms with it; those outside keep their distance from it."""
    across, down = 0 <= words.x <= wide, 0 <= words.y <= high
    share_x, share_y = float(words.x > wide), float(words.y < 0)
    note: dict[str, Any] = {
        "text": safe(words.text), "showarrow": False, "borderpad": 0, "align": words.across,
        "xref": "x" if across else "paper", "x": words.x if across else share_x, "xanchor": words.across,
        "xshift": words.dx + (0 if across else words.x - share_x * wide),
        "yref": "y" if down else "paper", "y": words.y if down else share_y, "yanchor": words.down,
        "yshift": -words.dy - (0 if down else words.y - (1 - share_y) * high),
        "font": {"size": words.size, "color": words.color, "weight": 700 if words.bold else 400},
    }  # fmt: skip
    return {**note, "bgcolor": "rgba(255,255,255,.75)"} if words.ground else note
