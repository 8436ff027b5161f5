"""What stands on a slide: text, native tables and charts, thin rules; pictures where Office draws no such chart."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import spoken
from pmo_kit.exhibits.drawing import grid_of
from pmo_kit.exhibits.records import Chart, Field, Table
from pmo_kit.packs.media.office import GROUND, Series, Spec, header, image, number_format, span, spec
from pmo_kit.packs.media.widths import widths

EMU = 12700
_RAG_MARKS = {"R": "■", "A": "◆", "G": "●"}
_MARGIN = 3.4
WIDER = 1.13
"""How much wider than Source Sans 3 the font may be that a slide is shown in: digits of Arial are 556 of 500 wide."""
_MOST = 6
"""Slides that a table may take; a longer one is for the annex."""


@dataclass(frozen=True)
class Box:
    """A place on a slide, in EMU (914 400 to the inch)."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Run:
    """A piece of text in one look."""

    text: str
    bold: bool = False
    color: str = theme.INK
    scale: float = 1.0


@dataclass(frozen=True)
class Slot:
    """A cell: paragraphs of runs, its side, its ground and the rule above it."""

    paragraphs: tuple[tuple[Run, ...], ...]
    side: str = "left"
    fill: str = ""
    rule: str = ""
    span: int = 1


Line = tuple[Slot, ...]


@dataclass(frozen=True)
class Page:
    """The lines of a table that stand on one slide, with their heights in pt."""

    head: Line
    lines: tuple[Line, ...]
    heights: tuple[float, ...]
    widths: tuple[float, ...]
    size: float


def pages(table: Table, room: Box) -> list[Page]:
    """Part a table over as many slides as it needs, six at most; the header stands on each.

    Parameters
    ----------
    table : Table
        The exhibit.
    room : Box
        Where it stands on a slide.

    Returns
    -------
    list of Page
    """
    high, most = room.height / EMU, room.width / EMU
    head, lines = _head(table), _lines(table)
    made = []
    for size in (16.0, 14.0, 12.0, 11.0):
        given = tuple(widths(table, most, size * WIDER, 2 * _MARGIN + 2, slack=0.16))
        heights = [_height(line, given, size) for line in lines]
        top = _height(head, given, size) if head else 0.0
        made.append((_parted(heights, high - top), size, given, heights, top))
        if len(made[-1][0]) == 1:
            break
    least = len(made[-1][0])
    found, size, given, heights, top = next(one for one in made if len(one[0]) <= least)
    if len(found) > _MOST:
        last = found[_MOST - 1]
        rest = len(lines) - last[0] - len(last) + 1
        lines[last[-1]] = (
            Slot(((Run(f"and {rest} more, in the annex", color=theme.QUIET),),), span=len(given)),
        )
        found = found[:_MOST]
    return [
        Page(head, tuple(lines[n] for n in part), (top, *(heights[n] for n in part)), given, size)
        for part in found
    ]


def _parted(heights: Sequence[float], room: float) -> list[list[int]]:
    """Lines over as few slides as hold them, about alike."""
    count = max(1, math.ceil(sum(heights) / room))
    found: list[list[int]] = [[]]
    used, aim = 0.0, sum(heights) / count
    for place, height in enumerate(heights):
        full = used + height > room
        if found[-1] and (full or (used + height / 2 > aim and len(found) < count)):
            found.append([])
            used = 0.0
        found[-1].append(place)
        used += height
    return found


def heat_pages(chart: Chart, room: Box) -> list[Page]:
    """A heatmap as a colored table, on as many slides as its rows need."""
    grid = grid_of(chart)
    head = (
        Slot(((Run("", color=theme.QUIET),),)),
        *(_header_slot(name, "", "center") for name in grid.columns),
    )
    lines: list[Line] = []
    for name in grid.rows:
        line = [Slot(((Run(name),),))]
        for column in grid.columns:
            _, part, shade = grid.parts.get((name, column), ({}, {"kind": "words", "runs": []}, ""))
            slot = _slot(part, "center", False)
            if shade:
                said = Run(cells.said(part), color=theme.readable(theme.INK, shade))
                slot = replace(slot, paragraphs=((said,),), fill=shade)
            line.append(slot)
        lines.append(tuple(line))
    wide, high = room.width / EMU, room.height / EMU - 34
    size = 12.0 if len(lines) <= 14 else 11.0
    first = max(theme.text_width(name, size * WIDER) for name in grid.rows) + 3 * _MARGIN
    given = (first, *([(wide - first) / len(grid.columns)] * len(grid.columns)))
    step = min(22.0, high / len(lines))
    per = len(lines) if step >= size * 1.3 else max(1, int(high / (size * 1.6)))
    tall = max(step, size * 1.5)
    return [
        Page(head, tuple(lines[n : n + per]), (30.0, *([tall] * len(lines[n : n + per]))), given, size)
        for n in range(0, len(lines), per)
    ]


def add_table(slide: Any, page: Page, room: Box, alt: str, name: str) -> Any:
    """Put one page of a table on a slide; its shape carries the alternative text."""
    from pptx.util import Emu

    lines = [page.head, *page.lines] if page.head else list(page.lines)
    heights = page.heights if page.head else page.heights[1:]
    count = len(page.widths)
    wide = round(sum(page.widths) * EMU)
    frame = slide.shapes.add_table(len(lines), count, room.left, room.top, wide, round(sum(heights) * EMU))
    frame.name = name
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alt)
    table = frame.table
    properties = table._tbl.tblPr
    for flag in ("bandRow", "firstRow"):
        properties.attrib.pop(flag, None)
    if page.head:
        properties.set("firstRow", "1")
    style = properties.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId")
    if style is not None:
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
    for column, width in enumerate(page.widths):
        table.columns[column].width = Emu(round(width * EMU))
    for row, (line, height) in enumerate(zip(lines, heights, strict=True)):
        table.rows[row].height = Emu(round(height * EMU))
        column = 0
        for slot in line:
            cell = table.cell(row, column)
            if slot.span > 1:
                cell.merge(table.cell(row, column + slot.span - 1))
            _write(cell, slot, page.size, last=row == len(lines) - 1, head=bool(page.head) and row == 0)
            column += slot.span
    return frame


def _lines(table: Table) -> list[Line]:
    fields = cells.columns(table)
    lines: list[Line] = []
    for row in cells.rows(table):
        if "group" in row:
            runs = (Run(row["group"], bold=True, color=theme.DARK_BLUE),)
            lines.append((Slot((runs,), span=len(fields)),))
            continue
        line = []
        rule = theme.DARK_GRAY if row["first"] else ""
        words = next((n for n, field in enumerate(fields) if field.kind in ("text", "category")), 0)
        for place, (part, identity) in enumerate(zip(row["cells"], row["ids"], strict=True)):
            slot = _slot(part, cells.side(fields[place]), row["total"])
            paragraphs = list(slot.paragraphs)
            if identity:
                paragraphs[-1] = (*paragraphs[-1], Run(f" {identity}", color=theme.QUIET))
            if place == words:
                paragraphs += [
                    (Run(cells.said(under), color=theme.QUIET, scale=0.8),) for under in row["under"]
                ]
            line.append(replace(slot, paragraphs=tuple(paragraphs), rule=rule))
        lines.append(tuple(line))
    return lines


def _slot(part: cells.Cell, side: str, total: bool) -> Slot:
    if part["kind"] == "decision":
        color = {"stop": theme.DARK_PINK, "fund": theme.DARK_BLUE}.get(part["css"], theme.INK)
        return Slot(((Run(cells.said(part), bold=True, color=color, scale=0.85),),))
    if part["kind"] == "rag":
        _, fill, ink = theme.RAG[part["letter"]]
        return Slot(
            ((Run(f"{_RAG_MARKS[part['letter']]} {part['letter']}", bold=True, color=ink),),), "center", fill
        )
    if part["kind"] == "level":
        fill = {"full": theme.DARK_BLUE, "reduced": "#D3E6F6"}.get(part["text"], "")
        color = theme.PAPER if part["text"] == "full" else theme.INK
        return Slot(((Run(part["text"] if fill else "–", color=color, scale=0.85),),), "center", fill)
    if part["kind"] != "words":
        color = theme.QUIET if part["kind"] == "missing" else theme.INK
        return Slot(((Run(part["text"], bold=total, color=color),),), side)
    return Slot(paragraphs_of(part["runs"], total), side)


def paragraphs_of(runs: Sequence[Sequence[str]], bold: bool = False) -> tuple[tuple[Run, ...], ...]:
    """Runs of a text cell as paragraphs; "line" and "small" begin a new one."""
    found: list[list[Run]] = [[]]
    for role, text in runs:
        for place, line in enumerate(text.split("\n")):
            if (role in ("line", "small") or place) and found[-1]:
                found.append([])
            joint = "" if not found[-1] or line[:1] in (",", ".", ";", ":") else " "
            found[-1].append(
                Run(joint + line, bold=bold or role == "lead", scale=0.8 if role == "small" else 1.0,
                    color=theme.QUIET if role in ("small", "id") else theme.INK)
            )  # fmt: skip
    return tuple(tuple(line) for line in found)


def _head(table: Table) -> Line:
    if not cells.titled(table):
        return ()
    return tuple(_header_slot(field.title, field.unit, cells.side(field)) for field in cells.columns(table))


def _header_slot(title: str, unit: str, side: str) -> Slot:
    text = " ".join(part for part in (title.replace("\n", " "), unit) if part)
    return Slot(((Run(text, color=theme.QUIET, scale=0.8),),), side)


def _height(line: Line, given: Sequence[float], size: float) -> float:
    """Height of a line in pt, from the widths of its words."""
    most, column = 0.0, 0
    for slot in line:
        room = sum(given[column : column + slot.span]) - 2 * _MARGIN - 1
        tall = 0.0
        for runs in slot.paragraphs:
            text = "".join(run.text for run in runs)
            scale = max(run.scale for run in runs) if runs else 1.0
            bold = any(run.bold for run in runs)
            tall += len(theme.wrap(text, room, size * scale * WIDER, bold)) * size * scale * 1.22
        most = max(most, tall)
        column += slot.span
    return most + 4.2


def _write(cell: Any, slot: Slot, size: float, last: bool, head: bool) -> None:
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    cell.margin_left = cell.margin_right = Pt(_MARGIN)
    cell.margin_top, cell.margin_bottom = Pt(1.6), Pt(1.6)
    cell.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.TOP
    write_paragraphs(cell.text_frame, slot.paragraphs, size, slot.side)
    properties = cell._tc.get_or_add_tcPr()
    if slot.rule:
        _rule(properties, "T", slot.rule, 1.0)
    _rule(properties, "B", theme.DARK_GRAY if head or last else "#D0D0D0", 0.75 if head or last else 0.5)
    if slot.fill:
        cell.fill.solid()
        cell.fill.fore_color.rgb = rgb(slot.fill)
    else:
        cell.fill.background()


def write_paragraphs(
    frame: Any, paragraphs: Sequence[Sequence[Run]], size: float, side: str = "left", gap: float = 0.0
) -> None:
    """Write paragraphs of runs into a text frame; text is data, never markup."""
    from pptx.enum.text import PP_ALIGN
    from pptx.util import Pt

    align = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "center": PP_ALIGN.CENTER}[side]
    frame.word_wrap = True
    for place, runs in enumerate(paragraphs):
        paragraph = frame.paragraphs[0] if place == 0 else frame.add_paragraph()
        paragraph.alignment = align
        if gap and place:
            paragraph.space_before = Pt(gap)
        if not any(run.text for run in runs):
            end = paragraph._p.get_or_add_endParaRPr()
            end.set("sz", str(round(size * 100)))
            continue
        for run in runs:
            added = paragraph.add_run()
            added.text = clean(run.text)
            added.font.size = Pt(round(size * run.scale, 1))
            added.font.bold = run.bold
            added.font.color.rgb = rgb(run.color)


def clean(text: str) -> str:
    """Text without the control characters that XML cannot hold.

    Examples
    --------
    >>> clean("a\\x07b\\nc")
    'ab\\nc'
    """
    return "".join(c for c in text if c >= " " or c in "\n\t")


def rgb(color: str) -> Any:
    """A color of the theme for python-pptx."""
    from pptx.dml.color import RGBColor

    return RGBColor.from_string(color.lstrip("#"))


def _rule(properties: Any, side: str, color: str, width: float) -> None:
    """A border of a cell; python-pptx has none."""
    from pptx.oxml import parse_xml

    xml = (
        f'<a:ln{side} xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" w="{round(width * EMU)}" '
        f'cap="flat"><a:solidFill><a:srgbClr val="{color.lstrip("#")}"/></a:solidFill></a:ln{side}>'
    )
    properties.append(parse_xml(xml))


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
