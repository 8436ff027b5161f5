"""A Chart as a plotly figure, in the theme."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart

WIDTH = 848
CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "typesetMath": False}


def figure(chart: Chart, *, width: int = WIDTH, framed: bool = False) -> go.Figure:
    """Draw a chart; `framed` adds title, unit line, takeaway and source inside the picture."""
    drawn = go.Figure()
    across = chart.mark == "bar" and chart.y.kind != "number"
    names = [""] if chart.series is None else list(dict.fromkeys(chart.data[chart.series.name]))
    for name in names:
        rows = chart.data if chart.series is None else chart.data[chart.data[chart.series.name] == name]
        x, y = rows[chart.x.name].tolist(), rows[chart.y.name].tolist()
        if chart.mark == "bar":
            drawn.add_bar(x=x, y=y, orientation="h" if across else "v", name=str(name))
        else:
            drawn.add_scatter(
                x=x, y=y, mode="lines+markers" if chart.mark == "line" else "markers", name=str(name)
            )
    drawn.update_layout(width=width, height=360, template=None, font_family=theme.FONTS)
    return drawn
