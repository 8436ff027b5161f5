"""A sheet as a plotly figure, for the screen: the same marks, with words under the pointer, zoom and download."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import PADDING, WIDTH, Box, Dot, Line, Mark, Path, Sheet, Words
from pmo_kit.exhibits.drawing import draw
from pmo_kit.exhibits.records import Chart

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
    axis = {"showgrid": False, "zeroline": False, "showline": False, "ticks": "", "ticklabeloverflow": "allow",
            "tickangle": 0, "ticklabelstandoff": 4}  # fmt: skip
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
        "xaxis": {**axis, "range": [0, wide], **_ticks(sheet, "x", "top")},
        "yaxis": {**axis, "range": [high, 0], **_ticks(sheet, "y")},
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
        return ("dot", mark.shape) if isinstance(mark, Dot) else ("path", id(mark))

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
            "symbol": dots[0].shape, "size": [dot.size for dot in dots], "color": [dot.fill for dot in dots],
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
        marker = {"symbol": "line-ns", "size": 14, "line": {"color": mark.color, "width": mark.width}}
    return {"type": "scatter", **empty, "mode": "markers", "marker": marker}


def _ticks(sheet: Sheet, *axes: str) -> dict[str, Any]:
    ticks = [tick for tick in sheet.ticks if tick.axis in axes]
    text = [safe(tick.text) for tick in ticks]
    side = {"side": "top"} if any(tick.axis == "top" for tick in ticks) else {}
    return {"tickvals": [tick.at for tick in ticks], "ticktext": text, "showticklabels": bool(ticks), **side}


def _shape(line: Line) -> dict[str, Any]:
    look = {"color": line.color, "width": line.width, "dash": "dash" if line.dash else "solid"}
    return {"type": "line", "x0": line.x0, "y0": line.y0, "x1": line.x1, "y1": line.y1, "line": look,
            "layer": "below" if line.under else "above"}  # fmt: skip


def _annotation(words: Words, wide: float, high: float) -> dict[str, Any]:
    """Words inside the plot area stand at a place that zooms with it; those outside keep their distance from it."""
    across, down = 0 <= words.x <= wide, 0 <= words.y <= high
    share_x, share_y = float(words.x > wide), float(words.y < 0)
    note: dict[str, Any] = {
        "text": safe(words.text), "showarrow": False, "borderpad": 2 if words.edge else 0, "align": words.across,
        "xref": "x" if across else "paper", "x": words.x if across else share_x, "xanchor": words.across,
        "xshift": words.dx + (0 if across else words.x - share_x * wide),
        "yref": "y" if down else "paper", "y": words.y if down else share_y, "yanchor": words.down,
        "yshift": -words.dy - (0 if down else words.y - (1 - share_y) * high),
        "font": {"size": words.size, "color": words.color, "weight": 700 if words.bold else 400},
    }  # fmt: skip
    if words.ground:
        note["bgcolor"] = words.ground if len(words.ground) == 7 else "rgba(255,255,255,.75)"
    return note | ({"bordercolor": words.edge, "borderwidth": 1} if words.edge else {})
