"""A chart to primitives on a sheet: which mark is drawn by whom."""

from __future__ import annotations

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bars import draw_bars, draw_intervals
from pmo_kit.exhibits.canvas import WIDTH, Sheet
from pmo_kit.exhibits.grid import draw_grid
from pmo_kit.exhibits.lines import draw_points
from pmo_kit.exhibits.records import Chart


def draw(chart: Chart, width: int = WIDTH, framed: bool = False) -> Sheet:
    """Draw a chart.

    Parameters
    ----------
    chart : Chart
        What to draw. Its data are drawn in their order.
    width : int
        Width of the drawing in px. A chart is drawn at its printed width, so that type is never scaled:
        14 px from 700 px on, 12 px below.
    framed : bool
        With title, unit line, takeaway, note and source.

    Returns
    -------
    Sheet
        Everything that is drawn, in its order.

    Raises
    ------
    ValueError
        When the mark lacks a field that it needs, or a style is unknown.
    """
    if chart.mark == "interval" and (chart.low is None or chart.high is None):
        raise ValueError(f"exhibit {chart.id}: an interval needs the fields `low` and `high`")
    sheet = Sheet(width=width, size=14 if width >= 700 else 12)
    drawing = {"bar": draw_bars, "line": draw_points, "scatter": draw_points, "interval": draw_intervals,
               "heatmap": draw_grid}  # fmt: skip
    if chart.data.empty:
        sheet.height = 3.0 * sheet.size
        sheet.words("No rows to show.", 0, sheet.height / 2, across="left", color=theme.QUIET)
    else:
        drawing[chart.mark](chart, sheet)
    sheet.add_key()
    if framed:
        sheet.frame(chart)
    return sheet
