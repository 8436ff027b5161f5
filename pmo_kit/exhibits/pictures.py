"""A sheet drawn for a medium: as SVG, text as text, for paper and still pages; as a plotly figure for the screen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import (
    LEADING,
    PADDING,
    WIDTH,
    Box,
    Dot,
    Line,
    Mark,
    Path,
    Sheet,
    Words,
)
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
    parts = writer.parts()
    high = round(sheet.top + sheet.height + sheet.bottom)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{high}" viewBox="0 0 {width} {high}" '
        f"""font-family="'{theme.FONT}', Arial, sans-serif"><title>{escape(spoken(chart))}</title>"""
        f"{writer.defs()}{parts}</svg>"
    )


class _Writer:
    """Writes the marks of a sheet one after another."""

    def __init__(self, sheet: Sheet, name: str) -> None:
        self.sheet, self.name = sheet, name
        self.hatches: dict[tuple[str, str], str] = {}

    def parts(self) -> str:
        sheet = self.sheet
        placed = [(mark, sheet.left, sheet.top) for mark in sheet.marks]
        if sheet.key:
            per_row, starts = sheet.key_columns()
            for place, ((name, swatch), start) in enumerate(zip(sheet.key, starts, strict=True)):
                below = -(-len(sheet.key) // per_row) - place // per_row - 0.5
                at = sheet.top - sheet.key_top - sheet.size * (0.2 + 1.6 * below)
                placed += [(swatch, start + 2, at), (Words(name, 28, 0, sheet.size, across="left"), start, at)]

        def rank(part: tuple[Mark, float, float]) -> int:
            return 2 if isinstance(part[0], Words) else not (isinstance(part[0], Line) and part[0].under)

        return "".join(self.mark(*part) for part in sorted(placed, key=rank))

    def mark(self, mark: Mark, dx: float, dy: float) -> str:
        """A mark, moved by some px."""
        if isinstance(mark, Words):
            return self.words(mark, mark.x + mark.dx + dx, mark.y + mark.dy + dy)
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
        x, y, half = mark.x + dx, mark.y + dy, mark.size / 2
        stroke = f" {_stroke(mark.edge, mark.width)}" if mark.edge else ""
        return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="{_n(half)}" fill="{mark.fill}"{stroke}/>'

    def fill(self, box: Box) -> str:
        """A color, or a hatch, which is defined before its first use."""
        name = f"{self.name}_hatch{len(self.hatches)}"
        return f"url(#{self.hatches.setdefault((box.edge, box.fill), name)})" if box.hatch else box.fill

    def words(self, mark: Words, x: float, y: float) -> str:
        """Lines of text at a place, and the patch under them."""
        lines = mark.text.split("\n")
        high = len(lines) * mark.size * LEADING
        top = y - _RISE[mark.down] * high
        found = ""
        if mark.ground:
            wide = max(theme.text_width(line, mark.size, mark.bold) for line in lines)
            left = x - {"left": 0.0, "center": wide / 2, "right": wide}[mark.across] - 1
            shine = 0.75 if len(mark.ground) > 7 else 1.0
            found = _rect(left, top, left + wide + 2, top + high, mark.ground[:7], opacity=shine)
        weight = ' font-weight="700"' if mark.bold else ""
        for place, line in enumerate(lines):
            if line:
                base = top + (place + 0.5) * mark.size * LEADING + 0.34 * mark.size
                found += (
                    f'<text x="{_n(x)}" y="{_n(base)}" font-size="{_n(mark.size)}" fill="{mark.color}" '
                    f'text-anchor="{_ANCHORS[mark.across]}"{weight}>{escape(line, quote=False)}</text>'
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
    x0: float, y0: float, x1: float, y1: float, fill: str, edge: str = "", width: float = 0.0, opacity: float = 1.0
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


CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "typesetMath": False,
    "modeBarButtons": [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
}
"""What a page gives `Plotly.newPlot` besides the figure."""


def figure(chart: Chart, *, width: int = WIDTH, framed: bool = False) -> Any:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
        What to draw.
    width : int
        Width of the drawing in px, as in `drawing.draw`.
    framed : bool
        Write title, unit line, takeaway, note and source into the picture, for a notebook, which shows
        nothing but the figure. A page writes them in HTML (`html.fragment`).

    Returns
    -------
    plotly.graph_objects.Figure
        Of fixed size, the same for the same chart; its axes count px of the plot area. Its labels are data: tags in
        them are not read. `layout.meta` holds the exhibit's id and alternative text.

    Raises
    ------
    ValueError
        When the mark lacks a field that it needs, or a style is unknown.
    """
    import plotly.graph_objects as go

    return go.Figure(drawing(chart, width=width, framed=framed))


def drawing(chart: Chart, *, width: int = WIDTH, framed: bool = False) -> dict[str, Any]:
    """The figure as the plain data and layout that plotly's script reads; parameters as for `figure`."""
    sheet = draw(chart, width, framed)
    pad = PADDING if framed else 0
    wide, high = sheet.plot_width, sheet.height
    axis = {"showgrid": False, "zeroline": False, "showline": False, "showticklabels": False}
    font = {"family": theme.FONTS, "color": theme.INK}
    legend = {
        "orientation": "h", "x": -(sheet.left + 8) / wide, "xanchor": "left",
        "y": 1 + (sheet.key_top - sheet.size * 0.2) / high, "yanchor": "bottom", "traceorder": "normal",
        "itemclick": False, "itemdoubleclick": False, "bgcolor": "rgba(0,0,0,0)", "font": {"size": sheet.size},
        "borderwidth": 0,
    }  # fmt: skip
    layout = {
        "template": {},
        "width": round(width + 2 * pad),
        "height": round(sheet.top + high + sheet.bottom + 2 * pad),
        "margin": {"l": sheet.left + pad, "r": sheet.right + pad, "t": sheet.top + pad, "b": sheet.bottom + pad,
                   "pad": 0, "autoexpand": False},
        "font": {**font, "size": sheet.size},
        "paper_bgcolor": theme.PAPER,
        "plot_bgcolor": theme.PAPER,
        "barmode": "overlay",
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": theme.PAPER, "bordercolor": theme.DARK_GRAY, "align": "left", "namelength": -1,
                       "font": {**font, "size": 14}},
        "dragmode": False,
        "showlegend": bool(sheet.key),
        "xaxis": {**axis, "range": [0, wide]},
        "yaxis": {**axis, "range": [high, 0]},
        "shapes": [_shape(mark) for mark in sheet.marks if isinstance(mark, Line)],
        "annotations": [_annotation(mark, wide, high) for mark in sheet.marks if isinstance(mark, Words)],
        "meta": {"exhibit": chart.id, "alt": chart.alt},
        **({"legend": legend} if sheet.key else {}),
    }  # fmt: skip
    return {"data": [*_traces(sheet), *(_swatch(name, mark) for name, mark in sheet.key)], "layout": layout}


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
    """Boxes, paths and dots in their order; neighbors of one look are one trace."""

    def look(mark: Mark) -> tuple[Any, ...]:
        if isinstance(mark, Box):
            return "box", mark.fill, mark.edge, mark.width, mark.hatch
        return ("dot",) if isinstance(mark, Dot) else ("path", id(mark))

    marks = [mark for mark in sheet.marks if isinstance(mark, Box | Dot | Path)]
    write: dict[str, Callable[[Sequence[Any]], Any]] = {"box": _bars, "dot": _dots, "path": _line}
    return [write[kind[0]](list(group)) for kind, group in itertools.groupby(marks, look)]


def _bars(boxes: Sequence[Box]) -> Any:
    return dict(type="bar",
        x=[box.x1 - box.x0 for box in boxes], base=[box.x0 for box in boxes],
        y=[(box.y0 + box.y1) / 2 for box in boxes], width=[box.y1 - box.y0 for box in boxes], orientation="h",
        marker=_fill(boxes[0]), opacity=1 if boxes[0].fill or boxes[0].edge else 0, cliponaxis=False,
        showlegend=False, **_pointer([box.say for box in boxes]),
    )  # fmt: skip


def _fill(box: Box) -> dict[str, Any]:
    edge = {"color": box.edge, "width": box.width} if box.edge else {"width": 0}
    marker: dict[str, Any] = {"color": box.fill or theme.PAPER, "line": edge}
    if box.hatch:
        marker["pattern"] = {"shape": "/", "fgcolor": box.edge, "bgcolor": box.fill, "fillmode": "overlay", "size": 7,
                             "solidity": 0.22}  # fmt: skip
    return marker


def _dots(dots: Sequence[Dot]) -> Any:
    return dict(type="scatter",
        x=[dot.x for dot in dots], y=[dot.y for dot in dots], mode="markers", showlegend=False, cliponaxis=False,
        marker={
            "symbol": "circle", "size": [dot.size for dot in dots], "color": [dot.fill for dot in dots],
            "opacity": 1,
            "line": {"color": [dot.edge or dot.fill for dot in dots], "width": [dot.width for dot in dots]},
        }, **_pointer([dot.say for dot in dots]),
    )  # fmt: skip


def _line(paths: Sequence[Path]) -> Any:
    (path,) = paths
    points = [point or (None, None) for point in path.points]
    return dict(type="scatter",
        x=[x for x, _ in points], y=[y for _, y in points], mode="lines", connectgaps=False, cliponaxis=False,
        line={"color": path.color, "width": path.width, "dash": "dash" if path.dash else "solid"}, showlegend=False,
        **_pointer(path.says),
    )  # fmt: skip


def _pointer(says: Sequence[str]) -> dict[str, Any]:
    if not any(says):
        return {"hoverinfo": "skip", "name": ""}
    return {"hovertext": [safe(say) for say in says], "hoverinfo": "text", "name": ""}


def _swatch(name: str, mark: Mark) -> Any:
    """A trace without points that names a series in the key."""
    empty = {"x": [None], "y": [None], "name": safe(name), "showlegend": True}
    if isinstance(mark, Box):
        return {"type": "bar", **empty, "marker": _fill(mark)}
    if isinstance(mark, Dot):
        marker = {"color": mark.fill, "size": mark.size, "line": {"color": mark.edge, "width": mark.width}}
    else:
        assert isinstance(mark, Line)
        way = "line-ns" if mark.x0 == mark.x1 else "line-ew"
        marker = {"symbol": way, "size": 14, "line": {"color": mark.color, "width": mark.width}}
    return {"type": "scatter", **empty, "mode": "markers", "marker": marker}


def _shape(line: Line) -> dict[str, Any]:
    look = {"color": line.color, "width": line.width, "dash": "dash" if line.dash else "solid"}
    return {"type": "line", "x0": line.x0, "y0": line.y0, "x1": line.x1, "y1": line.y1, "line": look,
            "layer": "below" if line.under else "above"}  # fmt: skip


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
    if words.ground:
        note["bgcolor"] = words.ground if len(words.ground) == 7 else "rgba(255,255,255,.75)"
    return note
