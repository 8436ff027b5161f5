"""Native, editable charts on a slide, drawn from the same plan as those in the annex."""

from __future__ import annotations

from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.packs.media.plan import Drawn, Plan, number_of, plan, stepped
from pmo_kit.packs.media.pptx_lines import add_references, key_of, scale
from pmo_kit.packs.media.pptx_tables import clean, rgb
from pmo_kit.packs.media.template import Box
from pmo_kit.packs.media.xlsx_charts import span
from pmo_kit.packs.media.xlsx_tables import header, number_format

_EMU = 12700
_DENSE = 12


def add_chart(slide: Any, chart: Chart, room: Box, key: bool = True) -> Any:
    """Put a chart on a slide; None where there is nothing to draw.

    The reference lines of a chart are lines on the slide: the plot area and the scale are then fixed, so that
    they stand where they should.

    Parameters
    ----------
    slide : pptx slide
    chart : Chart
        Any mark but a heatmap, which is a table.
    room : Box
        Where it stands.
    key : bool
        Name the series where several need it.
    """
    planned = plan(chart)
    if planned is None:
        return None
    return draw(slide, planned, room, chart, key)


def draw(slide: Any, planned: Plan, room: Box, chart: Chart, key: bool) -> Any:
    """Draw a plan as a native chart."""
    number = number_of(chart)
    hidden = any(series.manner == "hidden" for series in planned.series)
    if hidden and planned.key and key:
        key_of(slide, planned, room)
        room = Box(room.left, room.top + 260000, room.width, room.height - 260000)
    frame = slide.shapes.add_chart(
        _kind(planned), room.left, room.top, room.width, room.height, _data(planned, number)
    )
    frame.name = f"Chart {chart.id}"
    frame._element.nvGraphicFramePr.cNvPr.set("descr", chart.alt)
    drawn = frame.chart
    size = 14 if len(planned.categories) <= _DENSE else 12
    if chart.layered and planned.shape == "bar":
        size = 12
    _font(drawn.font, size)
    drawn.has_title = False
    drawn.has_legend = planned.key and not hidden and key
    if drawn.has_legend:
        _legend(drawn)
    plot = drawn.plots[0]
    if planned.shape in ("bar", "column"):
        few = max(0, 5 - len(planned.categories))
        plot.gap_width = (45 if planned.shape == "bar" else 60) + 55 * few
        plot.overlap = 100 if planned.stacked or planned.layered else -5 if len(planned.series) > 1 else 0
        plot.vary_by_categories = False
    for series, wanted in zip(plot.series, planned.series, strict=True):
        _dress(series, wanted, number, planned, size)
    if planned.shape == "range":
        _whiskers(plot, planned)
    _axes(drawn, planned, chart, number)
    if chart.references:
        add_references(slide, drawn, planned, chart, room, size)
    return frame


def _kind(planned: Plan) -> Any:
    from pptx.enum.chart import XL_CHART_TYPE as Kind

    return {
        "bar": Kind.BAR_STACKED if planned.stacked else Kind.BAR_CLUSTERED,
        "column": Kind.COLUMN_STACKED if planned.stacked else Kind.COLUMN_CLUSTERED,
        "line": Kind.LINE_MARKERS,
        "range": Kind.LINE_MARKERS,
        "xy": Kind.XY_SCATTER_LINES_NO_MARKERS,
    }[planned.shape]


def _data(planned: Plan, number: Field) -> Any:
    """The workbook behind a chart."""
    from pptx.chart.data import CategoryChartData, XyChartData

    form = number_format(number)
    if planned.shape == "xy":
        points = XyChartData(number_format=form)
        for drawn in planned.series:
            series = points.add_series(clean(drawn.name))
            xs, ys = list(drawn.xs), list(drawn.values)
            if drawn.manner == "steps":
                xs, ys = stepped(xs, ys)
            for x, y in zip(xs, ys, strict=True):
                series.add_data_point(x, y)
        return points
    data = CategoryChartData(number_format=form)
    for category in planned.categories:
        data.add_category(clean(category))
    for drawn in planned.series:
        data.add_series(clean(drawn.name), drawn.values)
    return data


def _dress(series: Any, wanted: Drawn, number: Field, planned: Plan, size: float) -> None:
    """Colors, outline, hatch and labels of a series."""
    if wanted.manner in ("fill", "outline"):
        _fill(series.format, wanted.look, wanted.manner == "outline")
        series.invert_if_negative = False
        for place, look in wanted.looks.items():
            _fill(series.points[place].format, look, False)
    elif wanted.manner == "hidden":
        series.format.fill.background()
        series.format.line.fill.background()
        _no_marker(series, planned)
    else:
        _stroke(series, wanted)
    if any(wanted.labels):
        _labels(series, wanted, number, planned, size)


def _fill(form: Any, look: theme.Look, outline: bool) -> None:
    from pptx.enum.dml import MSO_PATTERN
    from pptx.util import Pt

    if outline:
        form.fill.background()
        form.line.color.rgb = rgb(theme.INK)
        form.line.width = Pt(1.75)
        return
    if look.hatch:
        form.fill.patterned()
        form.fill.pattern = MSO_PATTERN.LIGHT_UPWARD_DIAGONAL
        form.fill.fore_color.rgb = rgb(look.line)
        form.fill.back_color.rgb = rgb(look.fill)
    else:
        form.fill.solid()
        form.fill.fore_color.rgb = rgb(look.fill)
    if look.width:
        form.line.color.rgb = rgb(look.line)
        form.line.width = Pt(look.width)
    else:
        form.line.fill.background()


def _stroke(series: Any, wanted: Drawn) -> None:
    """A line or dots."""
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    look = wanted.look
    color = rgb(look.line if look.fill == theme.PAPER else look.fill)
    series.smooth = False
    if wanted.manner == "dots":
        series.format.line.fill.background()
        series.marker.style = XL_MARKER_STYLE.CIRCLE
        series.marker.size = 9
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = color
        series.marker.format.line.color.rgb = rgb(theme.PAPER)
        return
    series.format.line.color.rgb = color
    series.format.line.width = Pt(2.5)
    if look.dash == "dash":
        series.format.line.dash_style = MSO_LINE.DASH
    series.marker.style = XL_MARKER_STYLE.NONE
    if wanted.manner in ("line", "steps"):
        for place, said in enumerate(wanted.labels):
            if said:
                marker = series.points[_point(wanted, place)].marker
                marker.style = XL_MARKER_STYLE.CIRCLE
                marker.size = 9
                marker.format.fill.solid()
                marker.format.fill.fore_color.rgb = color


def _no_marker(series: Any, planned: Plan) -> None:
    if planned.shape in ("line", "range", "xy"):
        from pptx.enum.chart import XL_MARKER_STYLE

        series.marker.style = XL_MARKER_STYLE.NONE


def _labels(series: Any, wanted: Drawn, number: Field, planned: Plan, size: float) -> None:
    """Words on the marks: the number where they say just that, else the words themselves."""
    from pptx.enum.chart import XL_LABEL_POSITION as At

    inner = planned.stacked and wanted.manner == "fill"
    dark = inner and theme.contrast(wanted.look.fill) > theme.contrast(wanted.look.fill, theme.INK)
    if planned.layered and wanted.look.hatch:
        place, color = At.INSIDE_END, theme.INK
    elif inner:
        place, color = At.CENTER, theme.PAPER if dark else theme.INK
    elif wanted.manner == "hidden":
        place, color = At.INSIDE_BASE, theme.INK
    else:
        place = At.OUTSIDE_END if planned.shape in ("bar", "column") else At.ABOVE
        color = theme.INK
    plain = [theme.format_number(value, number.decimals, number.signed) if value is not None else "" for value in
             wanted.values]  # fmt: skip
    same = (
        planned.shape != "xy"
        and all(a == b or not b for a, b in zip(wanted.labels, plain, strict=True))
        and all(bool(a) == bool(b) for a, b in zip(wanted.labels, plain, strict=True))
    )
    if planned.shape != "xy":
        labels = series.data_labels
        labels.show_value = same
        labels.number_format, labels.number_format_is_linked = number_format(number), False
        labels.position = place
        _font(labels.font, size, color)
    if same:
        return
    for at, said in enumerate(wanted.labels):
        if said:
            label = series.points[_point(wanted, at)].data_label
            label.has_text_frame = True
            label.text_frame.text = clean(said)
            label.text_frame.word_wrap = False
            label.position = place
            for paragraph in label.text_frame.paragraphs:
                for run in paragraph.runs:
                    _font(run.font, size, color)


def _point(wanted: Drawn, place: int) -> int:
    """Which point of a series a mark is: a line in steps has one more between two."""
    return 2 * place if wanted.manner == "steps" else place


def _axes(drawn: Any, planned: Plan, chart: Chart, number: Field) -> None:
    from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    across, values = drawn.category_axis, drawn.value_axis
    labelled = planned.shape in ("bar", "column") and any(any(series.labels) for series in planned.series)
    for axis in (across, values):
        axis.major_tick_mark = XL_TICK_MARK.NONE
        axis.minor_tick_mark = XL_TICK_MARK.NONE
        axis.has_major_gridlines = False
        axis.format.line.color.rgb = rgb(theme.INK)
    across.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if planned.shape == "bar":
        across.reverse_order = True
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    values.format.line.fill.background()
    values.tick_labels.number_format = number_format(
        Field(number.name, decimals=_decimals(planned), signed=number.signed)
    )
    values.tick_labels.number_format_is_linked = False
    if labelled:
        values.visible = False
    else:
        values.has_major_gridlines = True
        values.major_gridlines.format.line.color.rgb = rgb(theme.GRID)
        values.major_gridlines.format.line.width = Pt(0.75)
        _title(values, number)
    low, high, step = scale(planned, chart)
    values.minimum_scale, values.maximum_scale = low, high
    if step < high - low:
        values.major_unit = step
    if planned.shape == "xy":
        xs = [x for series in planned.series for x in series.xs]
        across.minimum_scale, across.maximum_scale, across.major_unit = span(xs)
        decimals = 0 if float(across.major_unit).is_integer() else 1
        across.tick_labels.number_format = number_format(Field(chart.x.name, decimals=decimals))
        if chart.x.kind == "time":
            across.tick_labels.number_format = "yyyy-mm"
        across.tick_labels.number_format_is_linked = False
        _title(across, chart.x)


def _decimals(planned: Plan) -> int:
    values = [value for series in planned.series for value in series.values if value is not None]
    return 0 if not values or max(values) - min(values) >= 8 else 1


def _title(axis: Any, field: Field) -> None:
    axis.has_title = True
    axis.axis_title.text_frame.text = clean(header(field))
    for run in axis.axis_title.text_frame.paragraphs[0].runs:
        _font(run.font, 12, theme.QUIET)
        run.font.bold = False


def _legend(drawn: Any) -> None:
    from pptx.enum.chart import XL_LEGEND_POSITION

    drawn.legend.position = XL_LEGEND_POSITION.TOP
    drawn.legend.include_in_layout = False
    _font(drawn.legend.font, 14)


def _whiskers(plot: Any, planned: Plan) -> None:
    """A thick line from the low to the high end of each dot, as error bars: every program draws those."""
    from pptx.oxml import parse_xml

    high, middle, low = (series.values for series in planned.series)
    sides = {
        "plus": [float(a or 0) - float(b or 0) for a, b in zip(high, middle, strict=True)],
        "minus": [float(a or 0) - float(b or 0) for a, b in zip(middle, low, strict=True)],
    }
    points = {
        side: f'<c:numLit><c:ptCount val="{len(values)}"/>'
        + "".join(f'<c:pt idx="{n}"><c:v>{value!r}</c:v></c:pt>' for n, value in enumerate(values))
        + "</c:numLit>"
        for side, values in sides.items()
    }
    bars = parse_xml(
        '<c:errBars xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><c:errDir val="y"/>'
        '<c:errBarType val="both"/><c:errValType val="cust"/><c:noEndCap val="1"/>'
        f"<c:plus>{points['plus']}</c:plus><c:minus>{points['minus']}</c:minus>"
        '<c:spPr><a:ln w="76200" cap="flat"><a:solidFill><a:srgbClr val="A0B4C5"/></a:solidFill></a:ln></c:spPr>'
        "</c:errBars>"
    )
    series = plot.series[1]._element
    series.find("{http://schemas.openxmlformats.org/drawingml/2006/chart}cat").addprevious(bars)


def _font(font: Any, size: float, color: str = theme.INK) -> None:
    from pptx.util import Pt

    font.size = Pt(size)
    font.color.rgb = rgb(color)
