"""Charts on a slide: native and editable where Office draws them as they are meant, else the picture of the paper."""

from __future__ import annotations

import io
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.cells import spoken
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.packs.media.office import GROUND, Series, Spec, header, image, number_format, span, spec
from pmo_kit.packs.media.pptx_tables import clean, rgb
from pmo_kit.packs.media.template import Box

_EMU = 12700
_PX = 9525
_DENSE = 12


def add_chart(slide: Any, chart: Chart, room: Box, key: bool = True) -> Any:
    """Put a chart on a slide; None where there is nothing to draw.

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
    if chart.data.empty:
        return None
    drawn = spec(chart)
    if drawn is None:
        shape = _add_picture(slide, chart, room)
    else:
        shape = slide.shapes.add_chart(
            _kind(drawn), room.left, room.top, room.width, room.height, _data(drawn)
        )
        _dress(shape.chart, drawn, chart, key)
    shape.name = f"Chart {chart.id}"
    shape._element.xpath(".//p:cNvPr")[0].set("descr", spoken(chart))
    return shape


def _add_picture(slide: Any, chart: Chart, room: Box) -> Any:
    """The picture of a chart, drawn for the width of the slide so that its type is as large as other type."""
    wide = round(room.width / _PX * 0.72)
    content = io.BytesIO(image(chart, wide))
    shape = slide.shapes.add_picture(content, room.left, room.top)
    scale = min(room.width / shape.width, room.height / shape.height)
    shape.width, shape.height = round(shape.width * scale), round(shape.height * scale)
    return shape


def _kind(drawn: Spec) -> Any:
    from pptx.enum.chart import XL_CHART_TYPE as Kind

    return {
        "bar": Kind.BAR_STACKED if drawn.stacked else Kind.BAR_CLUSTERED,
        "column": Kind.COLUMN_STACKED if drawn.stacked else Kind.COLUMN_CLUSTERED,
        "line": Kind.LINE_MARKERS,
        "xy": Kind.XY_SCATTER_LINES_NO_MARKERS,
    }[drawn.shape]


def _data(drawn: Spec) -> Any:
    """The workbook behind a chart."""
    from pptx.chart.data import CategoryChartData, XyChartData

    form = number_format(drawn.number)
    if drawn.shape == "xy":
        points = XyChartData(number_format=form)
        for one in drawn.series:
            series = points.add_series(clean(one.name))
            for x, y in zip(one.xs, one.values, strict=True):
                series.add_data_point(x, y)
        return points
    data = CategoryChartData(number_format=form)
    for category in drawn.categories:
        data.add_category(clean(category))
    for one in drawn.series:
        data.add_series(clean(one.name), one.values)
    return data


def _dress(chart: Any, drawn: Spec, of: Chart, key: bool) -> None:
    """Looks, labels, axes and key; axis ids as the schema wants them."""
    from pptx.enum.chart import XL_LEGEND_POSITION

    size = 14 if len(drawn.categories) <= _DENSE and not (drawn.layered and drawn.shape == "bar") else 12
    _font(chart.font, size)
    chart.has_title = False
    chart.has_legend = drawn.key and key
    if chart.has_legend:
        chart.legend.position = XL_LEGEND_POSITION.TOP
        chart.legend.include_in_layout = False
        _font(chart.legend.font, 14)
        if any(one.kind == "hidden" or one.across for one in drawn.series):
            _unnamed(chart, drawn)
    plot = chart.plots[0]
    if drawn.shape in ("bar", "column"):
        few = max(0, 5 - len(drawn.categories))
        plot.gap_width = (45 if drawn.shape == "bar" else 60) + 55 * few
        plot.overlap = 100 if drawn.stacked or drawn.layered else -5 if len(drawn.series) > 1 else 0
        plot.vary_by_categories = False
    for series, wanted in zip(plot.series, drawn.series, strict=True):
        if wanted.kind in ("line", "dots"):
            _stroke(series, wanted)
        else:
            _fill(series.format, wanted.look, wanted.kind)
            series.invert_if_negative = False
            for place, look in wanted.looks.items():
                _fill(series.points[place].format, look, "fill")
        if any(wanted.labels):
            _labels(series, wanted, drawn, size)
    _axes(chart, drawn, of)
    for element in chart._chartSpace.iter("{*}axId", "{*}crossAx"):
        element.set("val", element.get("val").lstrip("-"))


def _unnamed(chart: Any, drawn: Spec) -> None:
    """Take out of the key what only holds others up, or is named where it stands."""
    from pptx.oxml import parse_xml

    legend = chart.legend._element
    for place, one in reversed(list(enumerate(drawn.series))):
        if one.kind == "hidden" or one.across:
            spaces = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
            entry = f'<c:legendEntry {spaces}><c:idx val="{place}"/><c:delete val="1"/></c:legendEntry>'
            legend.find("{*}legendPos").addnext(parse_xml(entry))


def _fill(form: Any, look: theme.Look, kind: str) -> None:
    from pptx.enum.dml import MSO_PATTERN
    from pptx.util import Pt

    line, width = (theme.INK, 1.75) if kind == "outline" else (look.line, look.width)
    if kind in ("outline", "hidden"):
        form.fill.background()
    elif look.hatch:
        form.fill.patterned()
        form.fill.pattern = MSO_PATTERN.LIGHT_UPWARD_DIAGONAL
        form.fill.fore_color.rgb = rgb(look.line)
        form.fill.back_color.rgb = rgb(look.fill)
    else:
        form.fill.solid()
        form.fill.fore_color.rgb = rgb(look.fill)
    if width and kind != "hidden":
        form.line.color.rgb = rgb(line)
        form.line.width = Pt(width)
    else:
        form.line.fill.background()


def _stroke(series: Any, wanted: Series) -> None:
    """A line, with dots where it has labels; or dots alone."""
    from pptx.enum.chart import XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    look = wanted.look
    color = rgb(look.line if look.fill == theme.PAPER else look.fill)
    series.smooth = False
    if wanted.kind == "line":
        series.format.line.color.rgb = color
        series.format.line.width = Pt(1.5 if wanted.across else 2.5)
        if look.dash == "dash":
            series.format.line.dash_style = MSO_LINE.DASH
        series.marker.style = XL_MARKER_STYLE.NONE
        dots = [
            series.points[place].marker
            for place, said in enumerate(wanted.labels)
            if said and not wanted.across
        ]
    else:
        series.format.line.fill.background()
        dots = [series.marker]
    for dot in dots:
        dot.style = XL_MARKER_STYLE.CIRCLE
        dot.size = 9
        dot.format.fill.solid()
        dot.format.fill.fore_color.rgb = color
        dot.format.line.color.rgb = rgb(theme.PAPER)


def _labels(series: Any, wanted: Series, drawn: Spec, size: float) -> None:
    """Words on the marks: the number where they say just that, else the words themselves."""
    from pptx.enum.chart import XL_LABEL_POSITION as At

    inner = drawn.stacked and wanted.kind == "fill"
    color = theme.readable(theme.INK, wanted.look.fill) if inner else theme.INK
    if drawn.layered and (wanted.look.hatch or wanted.look is GROUND):
        place = At.INSIDE_END if wanted.look.hatch else At.INSIDE_BASE
    elif inner:
        place = At.CENTER
    else:
        beside = wanted.across and wanted.xs[0] == wanted.xs[1]
        place = At.OUTSIDE_END if drawn.shape in ("bar", "column") else At.RIGHT if beside else At.ABOVE
    if wanted.plain(drawn.number):
        labels = series.data_labels
        labels.show_value = True
        labels.number_format, labels.number_format_is_linked = number_format(drawn.number), False
        labels.position = place
        _font(labels.font, size, color)
        return
    for at, said in enumerate(wanted.labels):
        if said:
            label = series.points[at].data_label
            label.text_frame.text = clean(said)
            label.text_frame.word_wrap = False
            label.position = place
            for run in (run for paragraph in label.text_frame.paragraphs for run in paragraph.runs):
                _font(run.font, size, color)


def _axes(chart: Any, drawn: Spec, of: Chart) -> None:
    from pptx.enum.chart import XL_TICK_LABEL_POSITION, XL_TICK_MARK
    from pptx.util import Pt

    across, values = chart.category_axis, chart.value_axis
    for axis in (across, values):
        axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
        axis.has_major_gridlines = False
        axis.format.line.color.rgb = rgb(theme.INK)
    across.tick_label_position = XL_TICK_LABEL_POSITION.LOW
    if drawn.shape == "bar":
        across.reverse_order = True
        values.tick_label_position = XL_TICK_LABEL_POSITION.HIGH
    values.format.line.fill.background()
    low, high, step = drawn.span()
    values.minimum_scale, values.maximum_scale = low, high
    if step:
        values.major_unit = step
    decimals = 0 if not step or float(step).is_integer() else 1
    values.tick_labels.number_format = number_format(Field("", decimals=decimals, signed=drawn.number.signed))
    values.tick_labels.number_format_is_linked = False
    values.visible = not drawn.labelled
    if not drawn.labelled:
        values.has_major_gridlines = True
        values.major_gridlines.format.line.color.rgb = rgb(theme.GRID)
        values.major_gridlines.format.line.width = Pt(0.75)
        _title(values, drawn.number)
    if drawn.shape == "xy":
        across.minimum_scale, across.maximum_scale, across.major_unit = span(
            [x for one in drawn.series for x in one.xs]
        )
        decimals = 0 if float(across.major_unit).is_integer() else 1
        across.tick_labels.number_format = (
            "yyyy-mm" if of.x.kind == "time" else number_format(Field("", decimals=decimals))
        )
        across.tick_labels.number_format_is_linked = False
        _title(across, of.x)


def _title(axis: Any, field: Field) -> None:
    axis.has_title = True
    axis.axis_title.text_frame.text = clean(header(field))
    for run in axis.axis_title.text_frame.paragraphs[0].runs:
        _font(run.font, 12, theme.QUIET)
        run.font.bold = False


def _font(font: Any, size: float, color: str = theme.INK) -> None:
    from pptx.util import Pt

    font.size = Pt(size)
    font.color.rgb = rgb(color)
