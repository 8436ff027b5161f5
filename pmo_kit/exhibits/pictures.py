"""A sheet drawn for a medium: as SVG, text as text, for paper and still pages; as a plotly figure for the screen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from pmo_kit.exhibits import canvas, theme
from pmo_kit.exhibits.canvas import WIDTH, Box, Dot, Path, Sheet, Words
from pmo_kit.exhibits.cells import spoken
from pmo_kit.exhibits.drawing import draw
from pmo_kit.exhibits.records import Chart


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
    name = re.sub(r"\W", "_", name + chart.id, flags=re.ASCII)
    marks = sorted(sheet.marks, key=lambda mark: 2 if isinstance(mark, Words) else not getattr(mark, "under", False))
    parts = [_group(sheet.left, sheet.top, *(_svg(mark, name) for mark in marks))]
    for (series, swatch), (start, row) in zip(sheet.key.items(), sheet.key_places(), strict=True):
        words = Words(series, 26, 0, sheet.size, across="left")
        parts.append(_group(start + 2, sheet.size * (1.6 * row + 0.9), _svg(swatch, name), _text(words)))
    boxes = (mark for mark in (*sheet.marks, *sheet.key.values()) if isinstance(mark, Box) and mark.hatch)
    hatches = "".join(_HATCH.format(_hatch(edge, name), edge) for edge in dict.fromkeys(box.edge for box in boxes))
    high = round(sheet.top + sheet.height + sheet.bottom)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{high}" viewBox="0 0 {width} {high}" '
        f"""font-family="'{theme.FONT}', Arial, sans-serif"><title>{escape(spoken(chart))}</title>"""
        f"{hatches}{''.join(parts)}</svg>"
    )


_HATCH = (
    '<defs><pattern id="{}" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<path d="M2.5 0V5" stroke="{}" stroke-width="1.1"/></pattern></defs>'
)


def _hatch(edge: str, name: str) -> str:
    return f"{name}_hatch{edge}".replace("#", "_")


def _group(x: float, y: float, *parts: str) -> str:
    return f'<g transform="translate({_n(x)} {_n(y)})">{"".join(parts)}</g>'


def _svg(mark: canvas.Mark, name: str) -> str:
    """A mark; nothing for a box that only the pointer finds."""
    match mark:
        case Words():
            return _text(mark)
        case Box():
            ends = {"x": mark.x0, "y": mark.y0, "width": mark.x1 - mark.x0, "height": mark.y1 - mark.y0}
            whole = _tag("rect", **ends, fill=mark.fill or "none", **_stroke(mark.edge, mark.width))
            hatched = _tag("rect", **ends, fill=f"url(#{_hatch(mark.edge, name)})") * mark.hatch
            return (whole + hatched) * bool(mark.fill or mark.edge)
        case Path():
            look = {"fill": "none", "stroke_linejoin": "round", **_stroke(mark.color, mark.width, mark.dash)}
            return _tag("path", d=_d(mark), **look)
        case Dot():
            look = _stroke(mark.edge, mark.width)
            return _tag("circle", cx=mark.x, cy=mark.y, r=mark.size / 2, fill=mark.fill, **look)


def _d(path: Path) -> str:
    """A path in the words of SVG, which plotly reads too."""
    pairs = itertools.pairwise((None, *path.points))
    return "".join(f"{'L' if before else 'M'}{_n(at[0])} {_n(at[1])}" for before, at in pairs if at)


def _text(mark: Words) -> str:
    """Lines of text, and the patch under them."""
    x0, top, x1, end = mark.patch
    patch = {"x": x0 - 1, "y": top, "width": x1 - x0 + 2, "height": end - top, "fill": theme.PAPER}
    look = {"font_size": mark.size, "fill": mark.color, "text_anchor": _ANCHORS[mark.across],
            "font_weight": "700" if mark.bold else ""}  # fmt: skip
    x, high = mark.x + mark.dx, mark.size * canvas.LEADING
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
    pad = canvas.PADDING if framed else 0
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
        "shapes": [_shape(mark) for mark in sheet.marks if isinstance(mark, Path) and not mark.says],
        "annotations": [_annotation(mark, wide, high) for mark in sheet.marks if isinstance(mark, Words)],
        "meta": {"exhibit": chart.id, "alt": chart.alt},
        "legend": legend,
    }  # fmt: skip
    return {"data": [*_traces(sheet), *(_swatch(name, box) for name, box in sheet.key.items())], "layout": layout}


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

    def kept(mark: canvas.Mark) -> tuple[Any, ...]:  # plotly hatches all bars of a trace alike
        return type(mark), id(mark) if isinstance(mark, Path) else isinstance(mark, Box) and mark.hatch and mark.edge

    found = []
    shown = (mark for mark in sheet.marks if type(mark) in _TRACES and getattr(mark, "says", True))
    for (kind, _), group in itertools.groupby(shown, kept):
        some: list[Any] = list(group)
        says = some[0].says if kind is Path else [mark.say for mark in some]
        told = {"hovertext": list(map(safe, says)), "hoverinfo": "text"} if any(says) else {"hoverinfo": "skip"}
        found.append({**_TRACES[kind](some), "showlegend": False, "cliponaxis": False, "name": "", **told})
    return found


def _bars(boxes: Sequence[Box]) -> dict[str, Any]:
    return {
        "type": "bar", "orientation": "h", "marker": _fill(boxes),
        "x": [box.x1 - box.x0 for box in boxes], "base": [box.x0 for box in boxes],
        "y": [(box.y0 + box.y1) / 2 for box in boxes], "width": [box.y1 - box.y0 for box in boxes],
    }  # fmt: skip


def _fill(boxes: Sequence[Box]) -> dict[str, Any]:
    """The look of each box; one that only the pointer finds is not seen."""
    edges = [box.edge or theme.PAPER for box in boxes]
    hatch = {"shape": "/", "fgcolor": boxes[0].edge, "bgcolor": theme.PAPER, "fillmode": "overlay", "size": 7,
             "solidity": 0.22}  # fmt: skip
    return {
        "color": boxes[0].fill if boxes[0].hatch else [box.fill or theme.PAPER for box in boxes],
        "opacity": [float(bool(box.fill or box.edge)) for box in boxes],
        "line": {"color": edges, "width": [box.width * bool(box.edge) for box in boxes]},
        **({"pattern": hatch} if boxes[0].hatch else {}),
    }


def _dots(dots: Sequence[Dot]) -> dict[str, Any]:
    line = {"color": [dot.edge or dot.fill for dot in dots], "width": [dot.width for dot in dots]}
    marker = {"symbol": "circle", "size": [dot.size for dot in dots], "color": [dot.fill for dot in dots], "opacity": 1}
    places = {"x": [dot.x for dot in dots], "y": [dot.y for dot in dots]}
    return {"type": "scatter", "mode": "markers", **places, "marker": {**marker, "line": line}}


def _line(paths: Sequence[Path]) -> dict[str, Any]:
    x, y = zip(*(point or (None, None) for point in paths[0].points), strict=True)
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "connectgaps": False, "line": _pen(paths[0])}


_TRACES: dict[type, Callable[[Sequence[Any]], dict[str, Any]]] = {Box: _bars, Dot: _dots, Path: _line}


def _pen(mark: Path) -> dict[str, Any]:
    return {"color": mark.color, "width": mark.width, "dash": "dash" if mark.dash else "solid"}


def _swatch(name: str, box: Box) -> dict[str, Any]:
    """A trace without points that names a series in the key; a flat box is a line."""
    empty = {"x": [None], "y": [None], "name": safe(name), "showlegend": True}
    if box.y1 - box.y0 > 4:
        return {"type": "bar", **empty, "marker": _fill([box])}
    return {"type": "scatter", **empty, "mode": "lines", "line": {"color": box.fill, "width": 2.5}}


def _shape(path: Path) -> dict[str, Any]:
    return {"type": "path", "path": _d(path), "line": _pen(path), "layer": "below" if path.under else "above"}


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
