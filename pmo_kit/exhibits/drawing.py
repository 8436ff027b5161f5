"""A Chart as a plotly figure, in the theme."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bars import draw_bars
from pmo_kit.exhibits.grid import draw_grid
from pmo_kit.exhibits.intervals import draw_intervals
from pmo_kit.exhibits.points import draw_points
from pmo_kit.exhibits.records import Chart
from pmo_kit.exhibits.sheet import Sheet

WIDTH = 800
"""Width of a chart in the notebook, px: in its frame it fits JupyterLab at 1280 x 800.
One of two A4 columns is 317 wide, the whole text 665."""

CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "typesetMath": False}
"""What a page gives `Plotly.newPlot` besides the figure."""


def figure(chart: Chart, *, width: int = WIDTH, framed: bool = False) -> go.Figure:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
        What to draw. Its data are drawn in their order.
    width : int
        Width of the drawing in px. A chart is drawn at its printed width, so that type is never scaled:
        14 px from 700 px on, 12 px below.
    framed : bool
        Write title, unit line, takeaway, note and source into the picture, for a notebook, which shows
        nothing but the figure. A page writes them in HTML (`html.fragment`).

    Returns
    -------
    plotly.graph_objects.Figure
        Of fixed size, the same for the same chart. Its labels are data: tags in them are not read.
        `layout.meta` holds the exhibit's id and alternative text.

    Raises
    ------
    ValueError
        When the mark lacks a field that it needs, or a style is unknown.
    """
    if chart.mark == "interval" and (chart.low is None or chart.high is None):
        raise ValueError(f"exhibit {chart.id}: an interval needs the fields `low` and `high`")
    sheet = Sheet(width=width, size=14 if width >= 700 else 12)
    draw = {
        "bar": draw_bars,
        "line": draw_points,
        "scatter": draw_points,
        "interval": draw_intervals,
        "heatmap": draw_grid,
    }[chart.mark]
    if chart.data.empty:
        sheet.height = 3.0 * sheet.size
        sheet.x_axis = sheet.y_axis = {"showticklabels": False}
        sheet.note("No rows to show.", 0, 0.5, xref="paper", yref="paper", xanchor="left", color=theme.QUIET)
    else:
        draw(chart, sheet)
    return sheet.finish(chart, framed)
