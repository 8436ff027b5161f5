"""What stands over a native chart on a slide: its named lines, and a key in words; and the scale they share."""

from __future__ import annotations

from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart
from pmo_kit.packs.media.plan import Plan
from pmo_kit.packs.media.pptx_tables import Run, rgb, write_paragraphs
from pmo_kit.packs.media.template import Box
from pmo_kit.packs.media.xlsx_charts import span

_EMU = 12700


def key_of(slide: Any, planned: Plan, room: Box) -> None:
    """The names of the series in words, where some series are only there to hold others up."""
    runs = [
        run
        for series in planned.series
        if series.manner != "hidden"
        for run in (Run("■ ", color=series.look.fill), Run(f"{series.name}    "))
    ]
    box = slide.shapes.add_textbox(room.left, room.top, room.width, 280000)
    box.name = "Key"
    frame = box.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    write_paragraphs(frame, (tuple(runs),), 14, "center")


def add_references(slide: Any, drawn: Any, planned: Plan, chart: Chart, room: Box, size: float) -> None:
    """Fix the plot area and draw the named lines over it."""
    from pptx.enum.shapes import MSO_CONNECTOR
    from pptx.oxml import parse_xml
    from pptx.util import Pt

    left = _left(planned, room, size)
    top = 0.2 if planned.key else 0.1
    x, y, w, h = left, top, 0.97 - left, 0.86 - top
    area = drawn._chartSpace.chart.plotArea
    for old in area.findall("{http://schemas.openxmlformats.org/drawingml/2006/chart}layout"):
        area.remove(old)
    area.insert(0, parse_xml(
        '<c:layout xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:manualLayout>'
        '<c:layoutTarget val="inner"/><c:xMode val="edge"/><c:yMode val="edge"/>'
        f'<c:x val="{x:.4f}"/><c:y val="{y:.4f}"/><c:w val="{w:.4f}"/><c:h val="{h:.4f}"/></c:manualLayout></c:layout>'
    ))  # fmt: skip
    low, high, _ = scale(planned, chart)
    for row, reference in enumerate(chart.references):
        share = _share(reference.axis, reference.value, planned, chart, (low, high))
        if share is None:
            continue
        look = theme.look(reference.style)
        if reference.axis == "x":
            across = room.left + round((x + share * w) * room.width)
            ends = (
                across,
                room.top + round((y - 0.01) * room.height),
                across,
                room.top + round((y + h) * room.height),
            )
            place = (
                across - 1200000,
                room.top + round((y - 0.085) * room.height) - row * 180000,
                2400000,
                260000,
            )
        else:
            down = room.top + round((y + (1 - share) * h) * room.height)
            ends = (room.left + round(x * room.width), down, room.left + round((x + w) * room.width), down)
            place = (ends[2] - 3000000, down - 270000, 3000000, 260000)
        line = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, *ends)
        line.name = f"Line {reference.label}"
        for style in [child for child in line._element if child.tag.endswith("}style")]:
            line._element.remove(style)
        line._element.nvCxnSpPr.cNvPr.set(
            "descr", f"{reference.label} at {theme.format_text(reference.value)}"
        )
        line.line.color.rgb = rgb(look.line if look.line != theme.PAPER else theme.INK)
        line.line.width = Pt(1.5)
        box = slide.shapes.add_textbox(*place)
        box.name = f"Name of line {reference.label}"
        frame = box.text_frame
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.word_wrap = False
        write_paragraphs(frame, ((Run(reference.label, color=look.text),),), size,
                         "center" if reference.axis == "x" else "right")  # fmt: skip


def _left(planned: Plan, room: Box, size: float) -> float:
    """Share of the width that the words on the left take."""
    if planned.shape != "bar":
        return 0.07
    widest = max((theme.text_width(name, size) for name in planned.categories), default=0.0)
    return min(0.36, (widest * 1.1 + 12) * _EMU / room.width)


def _share(
    axis: str, value: float | str, planned: Plan, chart: Chart, ends: tuple[float, float]
) -> float | None:
    """How far along its axis a line stands, from 0 to 1; None when it is not on it."""
    if (axis == "x") == (planned.shape == "bar"):
        return None if isinstance(value, str) else (float(value) - ends[0]) / (ends[1] - ends[0])
    if planned.shape == "xy":
        low, high, _ = span([x for series in planned.series for x in series.xs])
        return None if isinstance(value, str) else (float(value) - low) / (high - low)
    names = list(planned.categories)
    name = theme.format_text(value)
    if name not in names:
        return None
    share = (names.index(name) + 0.5) / len(names)
    return share if planned.shape != "bar" else 1 - share


def scale(planned: Plan, chart: Chart) -> tuple[float, float, float]:
    """Ends and step of the axis of values, with the lines across it."""
    sums = [0.0] * max((len(series.values) for series in planned.series), default=1)
    values = []
    for series in planned.series:
        for place, value in enumerate(series.values):
            if value is not None:
                sums[place] += value
                values.append(sums[place] if planned.stacked else value)
    axis = "x" if planned.shape == "bar" else "y"
    values += [float(r.value) for r in chart.references if r.axis == axis and not isinstance(r.value, str)]
    if planned.shape in ("bar", "column"):
        values.append(0.0)
    bars = planned.shape in ("bar", "column")
    if bars and not chart.references:
        room = (0.22 if _worded(planned) else 0.1) * (max(values) - min(values))
        low, high = (
            (min(values) - room if min(values) < 0 else 0.0),
            (max(values) + room if max(values) > 0 else 0.0),
        )
        return (low, high, 1e9) if high > low else (0.0, 1.0, 1e9)
    return span(values, 0.12 if bars else 0.05, 0.6)


def _worded(planned: Plan) -> bool:
    """Whether words of some length stand beyond the ends of bars."""
    if planned.stacked or any(series.manner == "outline" for series in planned.series):
        return False
    return any(len(said) > 8 for series in planned.series for said in series.labels)
