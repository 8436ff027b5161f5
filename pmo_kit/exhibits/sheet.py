"""The sheet that a chart is drawn on: sizes in pixels, axes, notes, and its frame.

Everything is placed from measured text widths: no label is cut off, and a picture is the same each time.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.html import source_line
from pmo_kit.exhibits.records import Chart, Field, Reference

PADDING = 16
"""White around a framed chart, px."""


@dataclass
class Sheet:
    """A drawing in the making: `width` and the margins in px, `height` of the plot area, `size` of type."""

    width: int
    size: int
    left: float = 0.0
    right: float = 0.0
    top: float = 4.0
    bottom: float = 4.0
    height: float = 300.0
    x_range: tuple[float, float] = (0.0, 1.0)
    y_range: tuple[float, float] = (0.0, 1.0)
    x_axis: dict[str, Any] = field(default_factory=dict)
    y_axis: dict[str, Any] = field(default_factory=dict)
    traces: list[Any] = field(default_factory=list)
    shapes: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    key: bool = False

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

    def note(self, text: str, x: float, y: float, **settings: Any) -> None:
        """Put text at a place in the values of the axes; plotly's annotation settings may be added."""
        size, bold = settings.pop("size", self.size), settings.pop("bold", False)
        color = settings.pop("color", theme.INK)
        side = settings.get("xanchor", "center")
        self.notes.append(
            {
                "text": safe(text),
                "x": x,
                "y": y,
                "showarrow": False,
                "borderpad": 0,
                "align": side,
                "font": {"size": size, "color": color, "weight": 700 if bold else 400},
                **settings,
            }
        )

    def line(self, x0: float, y0: float, x1: float, y1: float, **settings: Any) -> None:
        """A straight line; "paper" for `xref` or `yref` runs from 0 to 1 over the plot area."""
        color, width = settings.pop("color", theme.INK), settings.pop("width", 1.0)
        dash = settings.pop("dash", "solid")
        self.shapes.append(
            {
                "type": "line",
                "x0": x0,
                "y0": y0,
                "x1": x1,
                "y1": y1,
                "layer": "above",
                "line": {"color": color, "width": width, "dash": dash},
                **settings,
            }
        )

    def name_references(self, references: Sequence[Reference], places: Sequence[float]) -> None:
        """Draw named lines at their places; those across x are named above, in rows without overlap."""
        taken: list[list[tuple[float, float]]] = []
        for reference, place in zip(references, places, strict=True):
            look = theme.look(reference.style)
            stroke = {"color": look.line, "width": max(look.width, 1.2) if reference.style != "plan" else 1.2}
            dash = "dash" if reference.style in ("previous", "muted", "forecast") else "solid"
            if reference.axis == "y":
                self.line(0, place, 1, place, xref="paper", dash=dash, **{**stroke, "width": 1.4})
                self.note(
                    reference.label, 1, place, xref="paper", xanchor="right", yanchor="bottom",
                    color=look.text,
                )  # fmt: skip
                continue
            self.line(place, 0, place, 1, yref="paper", dash=dash, **{**stroke, "width": 1.4})
            half = theme.text_width(reference.label, self.size) / 2
            middle = min(max(self.px(place), half - self.left), self.plot_width + self.right - half)
            span = (middle - half - 6, middle + half + 6)
            row = next((i for i, spans in enumerate(taken) if _free(span, spans)), len(taken))
            taken += [[]] if row == len(taken) else []
            taken[row].append(span)
            self.note(
                reference.label, place, 1, yref="paper", yanchor="bottom", xanchor="center",
                xshift=middle - self.px(place), yshift=2 + row * self.size * 1.25, color=look.text,
            )  # fmt: skip
        self.top += len(taken) * self.size * 1.25 + (2 if taken else 0)

    def finish(self, chart: Chart, framed: bool) -> go.Figure:
        """The figure: traces, axes, key, and with `framed` the title, unit line, takeaway and source."""
        above, below = 0.0, 0.0
        if self.key:
            above_key = self.top
            self.top += self.size * 1.6 * self._key_rows() + self.size * 0.3
        if framed:
            above, below = self._frame(chart)
        pad = PADDING if framed else 0
        left, right = self.left + pad, self.right + pad
        top, bottom = self.top + above, self.bottom + below
        base = {
            "showgrid": False,
            "zeroline": False,
            "showline": False,
            "ticks": "",
            "fixedrange": True,
            "ticklabeloverflow": "allow",
        }
        drawn = go.Figure(data=self.traces)
        drawn.update_layout(
            template="none",
            width=round(self.width + 2 * pad),
            height=round(self.height + top + bottom),
            margin={"l": left, "r": right, "t": top, "b": bottom, "pad": 0, "autoexpand": False},
            font={"family": theme.FONTS, "size": self.size, "color": theme.INK},
            paper_bgcolor=theme.PAPER,
            plot_bgcolor=theme.PAPER,
            barmode="overlay",
            hovermode="closest",
            hoverlabel={"bgcolor": theme.PAPER, "bordercolor": theme.GRID, "align": "left"},
            dragmode=False,
            showlegend=self.key,
            xaxis={**base, "range": list(self.x_range), **self.x_axis},
            yaxis={**base, "range": list(self.y_range), **self.y_axis},
            shapes=self.shapes,
            annotations=self.notes,
            meta={"exhibit": chart.id, "alt": chart.alt},
        )
        if self.key:
            drawn.update_layout(
                legend={
                    "orientation": "h", "x": -(self.left + 8) / self.plot_width, "xanchor": "left",
                    "y": 1 + (above_key - self.size * 0.2) / self.height, "yanchor": "bottom",
                    "traceorder": "normal",
                    "itemclick": False, "itemdoubleclick": False, "bgcolor": "rgba(0,0,0,0)",
                    "font": {"size": self.size}, "borderwidth": 0,
                }
            )  # fmt: skip
        return drawn

    def _key_rows(self) -> int:
        """Rows of the key: plotly sets it in columns where one row is too long."""
        names = [trace.name for trace in self.traces if trace.showlegend is not False and trace.name]
        wide = [theme.text_width(name, self.size) * 1.06 + 46 for name in names]
        if sum(wide) <= self.plot_width - 8 or not wide:
            return 1
        return -(-len(wide) // max(1, int((self.plot_width - 8) / max(wide))))

    def _frame(self, chart: Chart) -> tuple[float, float]:
        """Write title and unit line above, meaning and source below; the heights that they take."""
        sizes = theme.SIZES
        above = self._lines(
            [(chart.title, sizes["headline"], theme.DARK_BLUE, True, 1.15)]
            + [(chart.unit_line, sizes["small"], theme.QUIET, False, 1.4)] * bool(chart.unit_line)
        )
        high = sum(step for *_, step in above) + 12
        at = self.top + high
        for text, size, color, bold, step in above:
            self._edge(text, 1, at, size, color, bold)
            at -= step
        source = source_line(chart)
        below = self._lines(
            [(f"▸ {chart.takeaway}", sizes["text"], theme.INK, False, 1.35)] * bool(chart.takeaway)
            + [(chart.note, sizes["small"] - 1, theme.QUIET, False, 1.35)] * bool(chart.note)
            + [(source, sizes["small"] - 1, theme.QUIET, False, 1.35)] * bool(source)
        )
        at = -self.bottom - 8
        for text, size, color, bold, step in below:
            self._edge(text, 0, at, size, color, bold)
            at -= step
        return high + 6, -at - self.bottom + 6

    def _lines(
        self, blocks: Sequence[tuple[str, int, str, bool, float]]
    ) -> list[tuple[str, int, str, bool, float]]:
        return [
            (part, size, color, bold, size * leading)
            for text, size, color, bold, leading in blocks
            for part in theme.wrap(text, self.width * 0.98, size, bold)
        ]

    def _edge(self, text: str, y: float, yshift: float, size: int, color: str, bold: bool) -> None:
        self.note(
            text, 0, y, xref="paper", yref="paper", xanchor="left", yanchor="top",
            xshift=-self.left, yshift=yshift, size=size, color=color, bold=bold,
        )  # fmt: skip


def safe(text: object) -> str:
    """Text that plotly prints as it is: in labels it reads tags, entities, $...$ and %{...}.

    Examples
    --------
    >>> safe("<b>R&D</b> $1$ %{x}")
    '&lt;b&gt;R&amp;D&lt;/b&gt; &#36;1&#36; %&#123;x}'
    """
    plain = escape(str(text), quote=False)
    return plain.replace("$", "&#36;").replace("%{", "%&#123;").replace("\n", "<br>")


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
    if all(isinstance(value, dt.date) for value in present) and present:
        days = [float("nan") if theme.is_missing(value) else float(value.toordinal()) for value in values]
        unique = sorted(dict.fromkeys(present))
        kept = unique[:: max(1, math.ceil(len(unique) / 8))]
        return (
            days,
            [float(value.toordinal()) for value in kept],
            [theme.format_text(value) for value in kept],
        )
    if all(isinstance(value, int | float) for value in present) and present:
        numbers = [float(value) if not theme.is_missing(value) else float("nan") for value in values]
        if axis.kind == "time":
            years = sorted({float(value) for value in present})
            return numbers, years, [f"{year:.0f}" for year in years]
        return numbers, [], []
    order = {value: float(place) for place, value in enumerate(dict.fromkeys(map(str, present)))}
    return [order.get(str(value), float("nan")) for value in values], list(order.values()), list(order)


def _free(span: tuple[float, float], spans: Sequence[tuple[float, float]]) -> bool:
    return all(span[1] <= low or span[0] >= high for low, high in spans)
