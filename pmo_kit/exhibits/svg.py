"""A sheet as a still picture (SVG), text as text: for paper and for the page before its charts move."""

from __future__ import annotations

import html
import re

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import LEADING, TICK_GAP, WIDTH, Box, Dot, Line, Mark, Path, Sheet, Words
from pmo_kit.exhibits.cells import spoken
from pmo_kit.exhibits.drawing import draw
from pmo_kit.exhibits.records import Chart

_ANCHORS = {"left": "start", "center": "middle", "right": "end"}
_RISE = {"top": 0.0, "middle": 0.5, "bottom": 1.0}


def picture(chart: Chart, width: int = WIDTH, name: str = "") -> str:
    """Draw a chart as SVG.

    Parameters
    ----------
    chart : Chart
        What to draw.
    width : int
        Width in px; a chart is drawn at its printed width, so that type is never scaled.
    name : str
        Before the names of its hatches, where a page holds a chart twice.

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
    writer = _Writer(sheet, re.sub(r"\W", "_", name + chart.id, flags=re.ASCII))
    parts = "".join(writer.parts())
    high = round(sheet.top + sheet.height + sheet.bottom)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{high}" viewBox="0 0 {width} {high}" '
        f"""font-family="'{theme.FONT}', Arial, sans-serif"><title>{html.escape(spoken(chart))}</title>"""
        f"{writer.defs()}{parts}</svg>"
    )


class _Writer:
    """Writes the marks of a sheet one after another."""

    def __init__(self, sheet: Sheet, name: str) -> None:
        self.sheet, self.name = sheet, name
        self.hatches: dict[tuple[str, str], str] = {}

    def parts(self) -> list[str]:
        sheet = self.sheet
        under = [mark for mark in sheet.marks if isinstance(mark, Line) and mark.under]
        words = [mark for mark in sheet.marks if isinstance(mark, Words)]
        rest = [mark for mark in sheet.marks if not isinstance(mark, Words) and mark not in under]
        found = [self.mark(mark, sheet.left, sheet.top) for mark in [*under, *rest]]
        for tick in sheet.ticks:
            x, y, across, down = {
                "y": (-TICK_GAP, tick.at, "right", "middle"),
                "x": (tick.at, sheet.height + TICK_GAP, "center", "top"),
                "top": (tick.at, -TICK_GAP, "center", "bottom"),
            }[tick.axis]
            words.append(Words(tick.text, x, y, sheet.size, across=across, down=down))
        if sheet.key:
            per_row, starts = sheet.key_columns()
            for place, ((name, swatch), start) in enumerate(zip(sheet.key, starts, strict=True)):
                below = -(-len(sheet.key) // per_row) - place // per_row - 0.5
                y = -sheet.key_top - sheet.size * (0.2 + 1.6 * below)
                found.append(self.mark(swatch, start + 2, sheet.top + y))
                words.append(Words(name, start + 28 - sheet.left, y, sheet.size, across="left"))
        return [part for part in [*found, *(self.words(mark) for mark in words)] if part]

    def mark(self, mark: Mark, dx: float, dy: float) -> str:
        """A box, line, path or dot, moved by some px."""
        if isinstance(mark, Box | Line):
            ends = mark.x0 + dx, mark.y0 + dy, mark.x1 + dx, mark.y1 + dy
            if isinstance(mark, Box):
                return _rect(*ends, self.fill(mark), mark.edge, mark.width)
            x0, y0, x1, y1 = map(_n, ends)
            stroke = _stroke(mark.color, mark.width, mark.dash)
            return f'<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" {stroke}/>'
        if isinstance(mark, Path):
            drawn, pen = "", "M"
            for point in mark.points:
                drawn += f"{pen}{_n(point[0] + dx)} {_n(point[1] + dy)}" if point else ""
                pen = "L" if point else "M"
            stroke = _stroke(mark.color, mark.width, mark.dash)
            return f'<path d="{drawn}" fill="none" stroke-linejoin="round" {stroke}/>'
        assert isinstance(mark, Dot)
        x, y, half = mark.x + dx, mark.y + dy, mark.size / 2
        stroke = f" {_stroke(mark.edge, mark.width)}" if mark.edge else ""
        if mark.shape == "circle":
            return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="{mark.fill}"{stroke}/>'
        if mark.shape == "square":
            return _rect(x - half, y - half, x + half, y + half, mark.fill, mark.edge, mark.width)
        tips = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
        corners = "L".join(f"{_n(a)} {_n(b)}" for a, b in tips)
        return f'<path d="M{corners}Z" fill="{mark.fill}"{stroke}/>'

    def fill(self, box: Box) -> str:
        """A color, or a hatch, which is defined before its first use."""
        if not box.hatch:
            return box.fill
        key = (box.edge, box.fill)
        if key not in self.hatches:
            self.hatches[key] = f"{self.name}_hatch{len(self.hatches)}"
        return f"url(#{self.hatches[key]})"

    def words(self, mark: Words) -> str:
        """Lines of text and the patch under them."""
        x = mark.x + mark.dx + self.sheet.left
        y = mark.y + mark.dy + self.sheet.top
        lines = mark.text.split("\n")
        high = len(lines) * mark.size * LEADING
        top = y - _RISE[mark.down] * high
        found = ""
        if mark.ground or mark.edge:
            pad = 2.0 if mark.edge else 0.0
            wide = max(theme.text_width(line, mark.size, mark.bold) for line in lines)
            left = x - {"left": 0.0, "center": wide / 2, "right": wide}[mark.across] - pad - 1
            found = _rect(left, top - pad, left + wide + 2 * pad + 2, top + high + pad, mark.ground[:7], mark.edge, 1.0,
                          0.75 if len(mark.ground) > 7 else 1.0)  # fmt: skip
        weight = ' font-weight="700"' if mark.bold else ""
        for place, line in enumerate(lines):
            if line:
                base = top + (place + 0.5) * mark.size * LEADING + 0.34 * mark.size
                found += (
                    f'<text x="{_n(x)}" y="{_n(base)}" font-size="{_n(mark.size)}" fill="{mark.color}" '
                    f'text-anchor="{_ANCHORS[mark.across]}"{weight}>{html.escape(line, quote=False)}</text>'
                )
        return found

    def defs(self) -> str:
        """The hatches."""
        return "".join(
            f'<defs><pattern id="{name}" width="7" height="7" patternUnits="userSpaceOnUse">'
            f'<rect width="7" height="7" fill="{ground}"/>'
            f'<path d="M0 7L7 0M-1 1L1 -1M6 8L8 6" stroke="{ink}" stroke-width="1.1"/></pattern></defs>'
            for (ink, ground), name in self.hatches.items()
        )


def _rect(
    x0: float, y0: float, x1: float, y1: float, fill: str, edge: str, width: float, opacity: float = 1.0
) -> str:
    if not fill and not edge:
        return ""
    stroke = f" {_stroke(edge, width)}" if edge and width else ""
    shine = f' fill-opacity="{_n(opacity)}"' if opacity < 1 else ""
    x, y, wide, high = map(_n, (x0, y0, x1 - x0, y1 - y0))
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="{fill or "none"}"{shine}{stroke}/>'


def _stroke(color: str, width: float, dash: bool = False) -> str:
    return f'stroke="{color}" stroke-width="{_n(width)}"' + (' stroke-dasharray="6 4"' if dash else "")


def _n(value: float) -> str:
    """A number of px, two digits after the point at most."""
    return f"{round(float(value), 2) + 0.0:g}" if abs(value) < 1000 else f"{float(value):.2f}"
