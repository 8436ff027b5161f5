"""Charts as still pictures (SVG), without a browser: the sheet that the screen shows, drawn line by line.

A figure of `exhibits.drawing` has every place settled in pixels from measured text; what it is made of (bars,
lines, dots, boxes, words) is written here as SVG, text as text. So paper and screen show the same drawing, and
equal charts give equal bytes. Only what the theme draws is read; anything else is an error, never left out.
"""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart

_LEADING = 1.3
_CENTER = 0.34
_DASHES = {"solid": "", "dash": "6 4"}
_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def picture(chart: Chart, width: int) -> str:
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
        An SVG document with its alternative text as title; no scripts, no addresses.

    Examples
    --------
    >>> import pandas as pd
    >>> from pmo_kit.exhibits.records import Field
    >>> chart = Chart(id="c", alt="x is 2", mark="bar", data=pd.DataFrame({"a": ["x"], "n": [2.0]}),
    ...               x=Field("n"), y=Field("a", kind="text"))
    >>> picture(chart, 317).startswith('<svg xmlns="http://www.w3.org/2000/svg" width="317"')
    True
    """
    from pmo_kit.exhibits.drawing import figure

    drawn = figure(chart, width=width)
    canvas = _Canvas(drawn.layout)
    shapes = [(shape.layer or "above", shape) for shape in drawn.layout.shapes]
    for shape in (shape for layer, shape in shapes if layer == "below"):
        canvas.shape(shape)
    canvas.grid()
    for shape in (shape for layer, shape in shapes if layer == "between"):
        canvas.shape(shape)
    for trace in drawn.data:
        canvas.trace(trace)
    for shape in (shape for layer, shape in shapes if layer == "above"):
        canvas.shape(shape)
    canvas.tick_words()
    if drawn.layout.showlegend:
        canvas.key([trace for trace in drawn.data if trace.showlegend is not False and trace.name])
    for note in drawn.layout.annotations:
        canvas.note(note)
    wide, high = drawn.layout.width, drawn.layout.height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" viewBox="0 0 {wide} {high}" '
        f"""font-family="'{theme.FONT}', sans-serif">"""
        f"<title>{html.escape(chart.alt)}</title>{''.join(canvas.parts)}</svg>"
    )


@dataclass(frozen=True)
class _Axis:
    """From values to px along one axis."""

    low: float
    high: float
    first: float
    length: float
    up: bool

    def at(self, value: Any, paper: bool = False) -> float:
        share = float(value) if paper else (float(value) - self.low) / (self.high - self.low)
        return self.first + self.length * (1 - share if self.up else share)


def _axis(ends: Any, first: float, length: float, up: bool) -> _Axis:
    """An axis between the ends of its range."""
    low, high = ends
    return _Axis(low, high, first, length, up)


class _Canvas:
    """Collects SVG elements; places are px from the top left corner."""

    def __init__(self, layout: Any) -> None:
        self.layout = layout
        self.parts: list[str] = []
        margin = layout.margin
        wide = layout.width - margin.l - margin.r
        high = layout.height - margin.t - margin.b
        self.x = _axis(layout.xaxis.range, margin.l, wide, False)
        self.y = _axis(layout.yaxis.range, margin.t, high, True)
        self.patterns: dict[tuple[str, str], str] = {}

    def grid(self) -> None:
        """The light lines at the ticks."""
        for axis, across in ((self.layout.xaxis, True), (self.layout.yaxis, False)):
            if not axis.showgrid:
                continue
            for value in axis.tickvals or ():
                if across:
                    x = self.x.at(value)
                    self._line(x, self.y.first, x, self.y.first + self.y.length, axis.gridcolor, 1)
                else:
                    y = self.y.at(value)
                    self._line(self.x.first, y, self.x.first + self.x.length, y, axis.gridcolor, 1)

    def tick_words(self) -> None:
        """Words and numbers along the axes."""
        size = self.layout.font.size
        for axis, lying in ((self.layout.xaxis, True), (self.layout.yaxis, False)):
            if axis.showticklabels is False or not axis.tickvals:
                continue
            gap = (axis.ticklabelstandoff or 0) + 3
            for value, said in zip(axis.tickvals, axis.ticktext, strict=True):
                if lying and axis.side == "top":
                    self._words(
                        said, self.x.at(value), self.y.first - gap, size, theme.INK, "center", "bottom"
                    )
                elif lying:
                    under = self.y.first + self.y.length + gap
                    self._words(said, self.x.at(value), under, size, theme.INK, "center", "top")
                else:
                    self._words(
                        said, self.x.first - gap, self.y.at(value), size, theme.INK, "right", "middle"
                    )

    def shape(self, shape: Any) -> None:
        """A line or a box, in values, in shares of the plot area, or in px around a place."""
        xs = self._ends(shape.x0, shape.x1, shape.xref, shape.xsizemode, shape.xanchor, self.x)
        ys = self._ends(shape.y0, shape.y1, shape.yref, shape.ysizemode, shape.yanchor, self.y)
        color, width = shape.line.color, shape.line.width
        if shape.type == "line":
            dash = shape.line.dash or "solid"
            self._line(xs[0], ys[0], xs[1], ys[1], color or theme.INK, 1 if width is None else width, dash)
        elif shape.type == "rect":
            self._box(xs, ys, shape.fillcolor or "none", color or "none", width or 0)
        else:
            raise ValueError(f"no picture of a shape of type {shape.type!r}")

    def trace(self, trace: Any) -> None:
        """Bars, lines or dots."""
        if trace.type == "bar":
            self._bars(trace)
        elif trace.type == "scatter":
            self._scatter(trace)
        else:
            raise ValueError(f"no picture of a trace of type {trace.type!r}")

    def note(self, note: Any) -> None:
        """Words at a place."""
        x = self.x.at(note.x, note.xref == "paper") + (note.xshift or 0)
        y = self.y.at(note.y, note.yref == "paper") - (note.yshift or 0)
        bold = (note.font.weight or 400) >= 600
        across, down = note.xanchor or "center", note.yanchor or "middle"
        size = note.font.size
        lines = _lines(note.text)
        if note.bordercolor or (note.bgcolor and note.bgcolor not in ("rgba(0,0,0,0)",)):
            self._patch(lines, x, y, size, bold, across, down, note)
        self._words(note.text, x, y, size, note.font.color, across, down, bold)

    def key(self, traces: Sequence[Any]) -> None:
        """The names of the series over the plot, in one row or in columns."""
        size = self.layout.legend.font.size
        names = [" ".join(_lines(trace.name)) for trace in traces]
        wide = [theme.text_width(name, size) * 1.06 + 40 for name in names]
        left = self.x.first + self.layout.legend.x * self.x.length + 6
        fits = sum(wide) <= self.x.length + self.x.first - left
        per_row = len(wide) if fits else max(1, int((self.x.length - 8) / max(wide)))
        rows = math.ceil(len(wide) / per_row)
        bottom = self.y.first + self.y.length * (1 - self.layout.legend.y)
        at = left
        for place, (trace, name) in enumerate(zip(traces, names, strict=True)):
            row, column = divmod(place, per_row)
            at = left + (sum(wide[row * per_row : place]) if fits else column * max(wide))
            y = bottom - (rows - row - 0.5) * size * 1.6
            self._swatch(trace, at, y)
            self._words(html.escape(name, quote=False), at + 26, y, size, theme.INK, "left", "middle")

    def _swatch(self, trace: Any, x: float, y: float) -> None:
        if trace.type == "bar":
            line = trace.marker.line
            fill = self._fill(trace.marker)
            self._box((x + 4, x + 20), (y - 5, y + 5), fill, line.color or "none", line.width or 0)
        elif "lines" in trace.mode:
            self._line(x, y, x + 20, y, trace.line.color, trace.line.width or 2, trace.line.dash or "solid")
        else:
            self._mark(trace.marker, x + 12, y)

    def _bars(self, trace: Any) -> None:
        lying = trace.orientation == "h"
        lengths, places = (trace.x, trace.y) if lying else (trace.y, trace.x)
        along, across = (self.x, self.y) if lying else (self.y, self.x)
        fill, line = self._fill(trace.marker), trace.marker.line
        for length, place, base, thick in zip(lengths, places, trace.base, trace.width, strict=True):
            ends = (along.at(base), along.at(base + length))
            sides = (across.at(place - thick / 2), across.at(place + thick / 2))
            xs, ys = (ends, sides) if lying else (sides, ends)
            self._box(xs, ys, fill, line.color or "none", line.width or 0)

    def _scatter(self, trace: Any) -> None:
        points = [
            None if x is None or y is None or math.isnan(y) else (self.x.at(x), self.y.at(y))
            for x, y in zip(trace.x, trace.y, strict=True)
        ]
        if "lines" in trace.mode:
            path, pen, last = "", "M", 0.0
            for point in points:
                if point is None:
                    pen = "M"
                    continue
                if pen == "L" and trace.line.shape == "hv":
                    path += f"L{_n(point[0])} {_n(last)}"
                path += f"{pen}{_n(point[0])} {_n(point[1])}"
                pen, last = "L", point[1]
            dash = _DASHES[trace.line.dash or "solid"]
            self.parts.append(
                f'<path d="{path}" fill="none" stroke="{trace.line.color}" stroke-width="{_n(trace.line.width)}"'
                f' stroke-linejoin="round"{f""" stroke-dasharray="{dash}" """ if dash else ""}/>'
            )
        if "markers" in trace.mode and trace.opacity != 0 and trace.marker.opacity != 0:
            for point in points:
                if point is not None:
                    self._mark(trace.marker, *point)

    def _mark(self, marker: Any, x: float, y: float) -> None:
        half = marker.size / 2
        color, edge = marker.color, marker.line
        stroke = f'stroke="{edge.color}" stroke-width="{_n(edge.width)}"' if edge.width else ""
        symbol = marker.symbol or "circle"
        draw: dict[str, Callable[[], str]] = {
            "circle": lambda: f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="{color}" {stroke}/>',
            "square": lambda: (
                f'<rect x="{_n(x - half)}" y="{_n(y - half)}" width="{_n(2 * half)}" '
                f'height="{_n(2 * half)}" fill="{color}" {stroke}/>'
            ),
            "diamond": lambda: (
                f'<path d="M{_n(x)} {_n(y - half)}L{_n(x + half)} {_n(y)}L{_n(x)} {_n(y + half)}'
                f'L{_n(x - half)} {_n(y)}Z" fill="{color}" {stroke}/>'
            ),
            "line-ns": lambda: _stroke(x, y - half, x, y + half, edge.color, edge.width),
            "line-ew": lambda: _stroke(x - half, y, x + half, y, edge.color, edge.width),
        }
        if symbol not in draw:
            raise ValueError(f"no picture of a mark {symbol!r}")
        self.parts.append(draw[symbol]())

    def _fill(self, marker: Any) -> str:
        """A color, or the name of a hatch."""
        shape = marker.pattern.shape
        if not shape:
            return str(marker.color)
        key = (marker.pattern.fgcolor, marker.pattern.bgcolor)
        if key not in self.patterns:
            self.patterns[key] = f"hatch{len(self.patterns)}"
            lines = "M0 7L7 0M-1 1L1 -1M6 8L8 6"
            self.parts.append(
                f'<defs><pattern id="{self.patterns[key]}" width="7" height="7" patternUnits="userSpaceOnUse">'
                f'<rect width="7" height="7" fill="{key[1]}"/><path d="{lines}" stroke="{key[0]}" '
                f'stroke-width="1.1"/></pattern></defs>'
            )
        return f"url(#{self.patterns[key]})"

    def _ends(
        self, first: Any, last: Any, ref: str | None, mode: str | None, anchor: Any, axis: _Axis
    ) -> tuple[float, float]:
        if mode == "pixel":
            sign = -1 if axis.up else 1
            return axis.at(anchor) + sign * float(first), axis.at(anchor) + sign * float(last)
        return axis.at(first, ref == "paper"), axis.at(last, ref == "paper")

    def _line(
        self, x0: float, y0: float, x1: float, y1: float, color: str, width: float, dash: str = "solid"
    ) -> None:
        self.parts.append(_stroke(x0, y0, x1, y1, color, width, _DASHES[dash]))

    def _box(
        self, xs: tuple[float, float], ys: tuple[float, float], fill: str, color: str, width: float
    ) -> None:
        edge = f' stroke="{color}" stroke-width="{_n(width)}"' if width and color != "none" else ""
        self.parts.append(
            f'<rect x="{_n(min(xs))}" y="{_n(min(ys))}" width="{_n(abs(xs[1] - xs[0]))}" '
            f'height="{_n(abs(ys[1] - ys[0]))}" fill="{fill}"{edge}/>'
        )

    def _patch(
        self,
        lines: Sequence[str],
        x: float,
        y: float,
        size: float,
        bold: bool,
        across: str,
        down: str,
        note: Any,
    ) -> None:
        """A white (or colored) ground under words."""
        pad = note.borderpad or 0
        wide = max(theme.text_width(line, size, bold) for line in lines)
        high = len(lines) * size * _LEADING
        left = x - {"left": 0.0, "center": wide / 2, "right": wide}[across]
        top = y - {"top": 0.0, "middle": high / 2, "bottom": high}[down]
        fill, alpha = _color(note.bgcolor or "none")
        edge = (
            f' stroke="{note.bordercolor}" stroke-width="{note.borderwidth or 1}"' if note.bordercolor else ""
        )
        self.parts.append(
            f'<rect x="{_n(left - pad - 1)}" y="{_n(top - pad)}" width="{_n(wide + 2 * pad + 2)}" '
            f'height="{_n(high + 2 * pad)}" fill="{fill}" fill-opacity="{alpha}"{edge}/>'
        )

    def _words(
        self,
        markup: str,
        x: float,
        y: float,
        size: float,
        color: str,
        across: str,
        down: str,
        bold: bool = False,
    ) -> None:
        """Lines of text; the markup of labels knows line breaks and bold."""
        lines = _lines(markup)
        weight = ' font-weight="700"' if bold or "<b>" in str(markup) else ""
        high = len(lines) * size * _LEADING
        top = y - {"top": 0.0, "middle": high / 2, "bottom": high}[down]
        for place, line in enumerate(lines):
            if line:
                base = top + (place + 0.5) * size * _LEADING + _CENTER * size
                self.parts.append(
                    f'<text x="{_n(x)}" y="{_n(base)}" font-size="{_n(size)}" fill="{color}" '
                    f'text-anchor="{_ANCHORS[across]}"{weight}>{html.escape(line)}</text>'
                )


def _stroke(x0: float, y0: float, x1: float, y1: float, color: str, width: float, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{_n(x0)}" y1="{_n(y0)}" x2="{_n(x1)}" y2="{_n(y1)}" stroke="{color}" '
        f'stroke-width="{_n(width)}"{dashed}/>'
    )


def _lines(markup: Any) -> list[str]:
    """The lines of a label of a figure, as plain text."""
    return [html.unescape(re.sub(r"</?b>", "", line)) for line in str(markup).split("<br>")]


def _color(text: str) -> tuple[str, str]:
    """A color and its opacity."""
    found = re.fullmatch(r"rgba\((\d+),(\d+),(\d+),([\d.]+)\)", text)
    if found is None:
        return text, "1"
    red, green, blue = (int(found[n]) for n in (1, 2, 3))
    return f"#{red:02X}{green:02X}{blue:02X}", found[4]


def _n(value: float) -> str:
    """A number of px, two digits after the point at most."""
    return f"{round(float(value), 2) + 0.0:g}" if abs(value) < 1000 else f"{float(value):.2f}"
