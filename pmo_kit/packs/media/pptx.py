"""The deck of a pack: native charts and tables on a template that an organization may replace."""

from __future__ import annotations

import copy
import datetime as dt
import io
import itertools
import zipfile
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import pandas as pd
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_MARKER_STYLE
from pptx.enum.shapes import MSO_CONNECTOR, PP_PLACEHOLDER
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from pptx.opc.package import PartFactory
from pptx.oxml import parse_xml
from pptx.package import Package
from pptx.parts.presentation import PresentationPart
from pptx.util import Emu, Pt

from pmo_kit.errors import PackError
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import draw, fields_of, grid_of
from pmo_kit.exhibits.cells import source_line, spoken, widths
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table, lined, words
from pmo_kit.facts import sentence
from pmo_kit.packs.media import office
from pmo_kit.packs.spec import Deck, kit_deck

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected, Front, Outline, Part

EMU = 12700
_RAG_MARKS = {"R": "■", "A": "◆", "G": "●"}
_MARGIN = 3.4
WIDER = 1.13
"""How much wider than Source Sans 3 the font may be that a slide is shown in: digits of Arial are 556 of 500 wide."""
WIDEST = 1.32, 1.26
"""The same of DejaVu, the widest that stands in for a font, bold and not; what stands on a slide has room for it."""
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
    """The lines of a table on one slide, with their heights in pt; `high` is all of it in the widest font."""

    head: Line
    lines: tuple[Line, ...]
    heights: tuple[float, ...]
    widths: tuple[float, ...]
    size: float
    high: float


def pages(table: Table, room: Box, more: int = 0) -> list[Page]:
    """Part a table over as many slides as it needs, six at most; the header stands on each.

    Parameters
    ----------
    table : Table
        The exhibit.
    room : Box
        Where it stands on a slide.
    more : int
        How much higher it may be on every slide but the first, in EMU.

    Returns
    -------
    list of Page
    """
    apart = _apart([cells.side(field) for field in cells.columns(table)])
    most, pad = room.width / EMU - sum(apart), 2 * _MARGIN + 2
    given = ((size, widths(table, most, size * WIDER, pad, slack=0.16)) for size in (16.0, 14.0, 12.0, _LEAST))
    sized = ((size, [a + b for a, b in zip(found, apart, strict=True)]) for size, found in given)
    return _laid(_head(table), _lines(table), sized, room, more)


def _laid(
    head: Line, lines: list[Line], sized: Iterable[tuple[float, list[float]]], room: Box, more: int = 0
) -> list[Page]:
    """Lines in the largest type that needs the fewest slides; `sized` are sizes of type with widths of columns."""
    made, heads = [], {n for n, line in enumerate(lines) if line[0].span > 1}
    for size, given in sized:
        # A row is as high as it needs in usual fonts; what stands on a slide has room there in the widest.
        top, *widest = (_height(line, given, size, WIDEST) for line in (head, *lines))
        made.append((_parted(widest, heads, room.height / EMU - top, more / EMU), size, given, top, widest))
        if len(made[-1][0]) == 1:
            break
    least = len(made[-1][0])
    found, size, given, top, widest = next(one for one in made if len(one[0]) <= least)
    if len(found) > _MOST:
        last = found[_MOST - 1]
        rest = len(lines) - last[0] - len(last) + 1
        lines[last[-1]] = (Slot(((Run(f"and {rest} more, in the annex", color=theme.QUIET),),), span=len(given)),)
        found = found[:_MOST]
    pages = []
    for part in found:
        shown = tuple(lines[n] for n in part)
        heights = tuple(_height(line, given, size) for line in (head, *shown))
        pages.append(Page(head, shown, heights, tuple(given), size, top + sum(widest[n] for n in part)))
    return pages


def _apart(sides: Sequence[str]) -> list[float]:
    """What keeps a column of words off the numbers to its left, in pt."""
    return [6.0 * (a == "right" and b == "left") for a, b in itertools.pairwise(["", *sides])]


def _parted(heights: Sequence[float], heads: Container[int], room: float, more: float) -> list[list[int]]:
    """Lines over as few slides as hold them, each about alike full; all but the first have more room.

    The name of a group (`heads`) stands with the row under it.
    """

    def cut(share: float, count: int) -> list[list[int]]:
        found: list[list[int]] = [[]]
        used, here = 0.0, room
        for place, height in enumerate(heights):
            enough = used + height / 2 > share * here and len(found) < count and place - 1 not in heads
            under = sum(heights[place + 1 : place + 2]) if place in heads else 0.0
            if found[-1] and (enough or used + height + under > here):
                found.append([])
                used, here = 0.0, room + more
            found[-1].append(place)
            used += height
        return found

    full = cut(1.0, 0)
    count = len(full)
    even = cut(sum(heights) / (count * (room + more) - more), count)
    return even if len(even) == count else full


def heat_pages(chart: Chart, room: Box) -> list[Page]:
    """A heatmap as a colored table, on as many slides as its rows need."""
    rows, columns, tiles = grid_of(chart)
    head = Slot(((Run(""),),)), *(_header_slot(name, "", "center") for name in columns)
    lines: list[Line] = []
    for name in rows:
        found = (tiles[name, column] for column in columns)
        line = (Slot(((Run(tile.said, color=tile.ink),),), "center", tile.shade) for tile in found)
        lines.append((Slot(((Run(name),),)), *line))
    first = max(theme.text_width(name, 12 * WIDER) for name in rows) + 3 * _MARGIN
    given = [first, *([(room.width / EMU - first) / len(columns)] * len(columns))]
    return _laid(head, lines, ((size, given) for size in (12.0, _LEAST)), room)


def add_table(slide: Any, page: Page, room: Box, alt: str, name: str) -> Any:
    """Put one page of a table on a slide; its shape carries the alternative text."""
    lines = [page.head, *page.lines] if page.head else list(page.lines)
    heights = page.heights if page.head else page.heights[1:]
    count = len(page.widths)
    wide = round(sum(page.widths) * EMU)
    frame = slide.shapes.add_table(len(lines), count, room.left, room.top, wide, round(sum(heights) * EMU))
    frame.name = name
    frame._element.nvGraphicFramePr.cNvPr.set("descr", alt)
    table = frame.table
    table.first_row, table.horz_banding = bool(page.head), False
    table._tbl.tblPr.find("{*}tableStyleId").text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"
    for column, width in enumerate(page.widths):
        table.columns[column].width = Emu(round(width * EMU))
    for row, (line, height) in enumerate(zip(lines, heights, strict=True)):
        table.rows[row].height = Emu(round(height * EMU))
        column = 0
        for slot, apart in zip(line, _apart([slot.side for slot in line]), strict=True):
            cell = table.cell(row, column)
            if slot.span > 1:
                cell.merge(table.cell(row, column + slot.span - 1))
            _write(cell, slot, page.size, apart, last=row == len(lines) - 1, head=bool(page.head) and row == 0)
            column += slot.span
    return frame


def _lines(table: Table) -> list[Line]:
    fields, lines = cells.columns(table), list[Line]()
    words = next((n for n, field in enumerate(fields) if field.kind in ("text", "category")), 0)
    for row in cells.rows(table):
        if "group" in row:
            runs = (Run(row["group"], bold=True, color=theme.DARK_BLUE),)
            lines.append((Slot((runs,), span=len(fields)),))
            continue
        line = []
        rule = theme.DARK_GRAY if row["first"] else ""
        for place, part in enumerate(row["cells"]):
            slot = _slot(part, cells.side(fields[place]), row["total"])
            paragraphs = list(slot.paragraphs)
            if place == words:
                under = (cells.said(part) for part in row["under"])
                paragraphs += [(Run(said, color=theme.QUIET, scale=0.8),) for said in under]
            line.append(replace(slot, paragraphs=tuple(paragraphs), rule=rule))
        lines.append(tuple(line))
    return lines


def _slot(part: cells.Cell, side: str, total: bool) -> Slot:
    if part["kind"] == "decision":
        return Slot(((Run(cells.said(part), bold=True, color=part["fill"] or theme.INK, scale=0.85),),))
    if part["kind"] == "rag":
        run = Run(f"{_RAG_MARKS[part['letter']]} {part['letter']}", bold=True, color=part["ink"])
        return Slot(((run,),), "center", part["fill"])
    if part["kind"] == "level":
        fill = part["fill"]
        color = theme.readable(theme.INK, fill or theme.PAPER)
        return Slot(((Run(part["text"] if fill else "–", color=color, scale=0.85),),), "center", fill)
    if part["kind"] != "words":
        color = theme.QUIET if part["kind"] == "missing" else theme.INK
        return Slot(((Run(part["text"], bold=total, color=color),),), side)
    return Slot(paragraphs_of(part["runs"], total), side)


def paragraphs_of(runs: Sequence[Sequence[str]], bold: bool = False) -> tuple[tuple[Run, ...], ...]:
    """Runs of a text cell as paragraphs; "line" and "small" begin a new one."""
    return tuple(
        tuple(
            Run(joint + text, bold=bold or role == "lead", scale=0.8 if role == "small" else 1.0,
                color=theme.QUIET if role in ("small", "id") else theme.INK)
            for role, joint, text in line
        )
        for line in lined(runs)
    )  # fmt: skip


def _head(table: Table) -> Line:
    if not cells.titled(table):
        return ()
    return tuple(_header_slot(field.title, field.unit, cells.side(field)) for field in cells.columns(table))


def _header_slot(title: str, unit: str, side: str) -> Slot:
    text = " ".join(part for part in (title.replace("\n", " "), unit) if part)
    return Slot(((Run(text, color=theme.QUIET, scale=0.8),),), side)


def _tall(paragraphs: Sequence[Sequence[Run]], wide: float, size: float, wider: Sequence[float] = WIDEST) -> float:
    """Height of paragraphs in pt, from the widths of their words, bold and not."""
    high = 0.0
    for runs in paragraphs:
        text, bold = "".join(run.text for run in runs), any(run.bold for run in runs)
        scaled = size * max((run.scale for run in runs), default=1.0)
        high += len(theme.wrap(text, wide, scaled * wider[not bold], bold)) * scaled * 1.22
    return high


def _height(line: Line, given: Sequence[float], size: float, wider: Sequence[float] = (WIDER,) * 2) -> float:
    """Height of a line of a table in pt; nothing where there is no line."""
    most, column = 0.0, 0
    for slot, apart in zip(line, _apart([slot.side for slot in line]), strict=True):
        room = sum(given[column : column + slot.span]) - 2 * _MARGIN - 1 - apart
        most = max(most, _tall(slot.paragraphs, room, size, wider))
        column += slot.span
    return most + 4.2 if line else 0.0


def _write(cell: Any, slot: Slot, size: float, apart: float, last: bool, head: bool) -> None:
    cell.margin_left, cell.margin_right = Pt(_MARGIN + apart), Pt(_MARGIN)
    cell.margin_top, cell.margin_bottom = Pt(1.6), Pt(1.6)
    cell.vertical_anchor = MSO_ANCHOR.BOTTOM if head else MSO_ANCHOR.TOP
    write_paragraphs(cell.text_frame, slot.paragraphs, size, slot.side)
    properties = cell._tc.get_or_add_tcPr()
    if slot.rule:
        _rule(properties, "T", slot.rule, 1.0)
    _rule(properties, "B", theme.DARK_GRAY if head or last else "#D0D0D0", 0.75 if head or last else 0.5)
    _ground(cell.fill, slot.fill)


def write_paragraphs(
    frame: Any, paragraphs: Sequence[Sequence[Run]], size: float, side: str = "left", gap: float = 0.0
) -> None:
    """Write paragraphs of runs into a text frame; text is data, never markup."""
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
            added.text = office.clean(run.text)
            added.font.size = Pt(round(size * run.scale, 1))
            added.font.bold = run.bold
            added.font.color.rgb = rgb(run.color)


def rgb(color: str) -> Any:
    """A color of the theme for python-pptx."""
    return RGBColor.from_string(color.lstrip("#"))


def _ground(fill: Any, color: str) -> None:
    """Color what stands behind; "" lets it through."""
    if color:
        fill.solid()
        fill.fore_color.rgb = rgb(color)
    else:
        fill.background()


def _rule(properties: Any, side: str, color: str, width: float) -> None:
    """A border of a cell; python-pptx has none."""
    xml = (
        f'<a:ln{side} xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" w="{round(width * EMU)}" '
        f'cap="flat"><a:solidFill><a:srgbClr val="{color.lstrip("#")}"/></a:solidFill></a:ln{side}>'
    )
    properties.append(parse_xml(xml))


_PX = 9525
_DENSE = 12
_LEAST = 11.0
"""Smallest type of a table or a picture on a slide, in pt."""


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
    drawn = office.spec(chart)
    if drawn is None:
        shape = slide.shapes.add_picture(io.BytesIO(office.image(chart, _across(room))), room.left, room.top)
        scale = min(room.width / shape.width, room.height / shape.height)
        shape.width, shape.height = round(shape.width * scale), round(shape.height * scale)
    else:
        made = _written(chart, replace(drawn, key=drawn.key and key))
        shape = slide.shapes.add_chart(None, room.left, room.top, room.width, room.height, made)
        _finish(shape.chart, drawn)
    shape.name = f"Chart {chart.id}"
    shape._element.xpath(".//p:cNvPr")[0].set("descr", spoken(chart))
    return shape


def _across(room: Box) -> int:
    """How wide the picture of a chart is drawn in px, so that its type is as large as other type."""
    return round(room.width / _PX * 0.72)


def too_small(chart: Chart, room: Box) -> Table | None:
    """The words of a chart that is a picture as a table, where its rows are too many for readable type; else None."""
    if chart.mark not in ("bar", "interval") or chart.data.empty or office.spec(chart) is not None:
        return None
    drawn = draw(chart, _across(room))
    high = drawn.top + drawn.height + drawn.bottom
    if drawn.size * room.height / EMU / high >= _LEAST:
        return None
    rows, (what, number) = cells.data_table(chart), fields_of(chart)
    parts = (number, chart.low, chart.high) if chart.label is None or chart.mark == "bar" else ()
    about = {part: getattr(chart, part) for part in ("title", "takeaway", "note", "source", "inputs")}
    lines = [f"{line.label}: {theme.format_value(number, line.value)}" for line in chart.references]
    shown = [field for field in (replace(what, kind="text"), *parts, chart.label) if field is not None]
    unit = " · ".join(part for part in (chart.unit_line, *lines) if part)
    return replace(rows, columns=tuple(shown), unit_line=unit, **about)


def _written(chart: Chart, drawn: office.Spec) -> Any:
    """A chart as a workbook draws it, in larger type, and that workbook without it, as python-pptx asks for them.

    Names of many bars stay on one line: where one is broken, LibreOffice leaves out every other.
    """
    if drawn.shape == "bar" and len(drawn.categories) > _DENSE:
        drawn = replace(drawn, categories=tuple(name.replace(" ", "\u00a0") for name in drawn.categories))

    def book(draws: bool) -> bytes:
        stream = io.BytesIO()
        made = office.inert_book(stream)
        sheet = made.add_worksheet()
        columns = office.write_series(sheet, drawn, 0, 0, office.Formats(made))
        if draws:
            size = 14 if len(drawn.categories) <= _DENSE and not (drawn.layered and drawn.shape == "bar") else 12
            sheet.insert_chart(0, 0, office.native(made, chart, drawn, sheet.name, columns, 0, size))
        made.close()
        return stream.getvalue()

    with zipfile.ZipFile(io.BytesIO(book(True))) as archive:
        xml = archive.read("xl/charts/chart1.xml")
    for said, whole in _OUTRIGHT:
        xml = xml.replace(said, whole)
    return SimpleNamespace(xml_bytes=lambda _: xml, xlsx_blob=book(False))


_OUTRIGHT = (
    (b'<c:lang val="en-US"/>', b'<c:lang val="en-US"/><c:roundedCorners val="0"/>'),
    (b"</c:scaling><c:axPos", b'</c:scaling><c:delete val="0"/><c:axPos'),
    (b"</c:title>", b'<c:overlay val="0"/></c:title>'),
    (b"</c:yVal>", b'</c:yVal><c:smooth val="0"/>'),
    (b'<c:plotVisOnly val="1"/>', b'<c:plotVisOnly val="1"/><c:dispBlanksAs val="gap"/>'),
    (b'<c:showVal val="1"/>', b'<c:showLegendKey val="0"/><c:showVal val="1"/><c:showCatName val="0"/>'
     b'<c:showSerName val="0"/><c:showPercent val="0"/><c:showBubbleSize val="0"/>'),
)  # fmt: skip
"""What a chart of a workbook leaves unsaid: what is not there is no in a sheet and yes on a slide."""


def _finish(chart: Any, drawn: office.Spec) -> None:
    """The rest of it, and what only python-pptx writes: words on one line, dots where a line has labels."""
    if chart.has_legend:
        chart.legend.include_in_layout = False
    chart.plots[0].vary_by_categories = False
    for series, wanted in zip(chart.plots[0].series, drawn.series, strict=True):
        if drawn.shape == "line":
            series.smooth = False
        for place, said in enumerate(wanted.labels):
            if said and not wanted.plain(drawn.number):
                series.points[place].data_label.text_frame.word_wrap = False
            if said and wanted.kind == "line" and not wanted.across:
                dot = series.points[place].marker
                dot.style, dot.size = XL_MARKER_STYLE.CIRCLE, 9
                _ground(dot.format.fill, wanted.look.shade)
                dot.format.line.color.rgb = rgb(theme.PAPER)


_PLACES = {
    "title": (0.053, 0.063, 0.894, 0.131),
    "unit": (0.053, 0.199, 0.894, 0.037),
    "figure": (0.053, 0.252, 0.894, 0.577),
    "meaning": (0.053, 0.840, 0.894, 0.094),
}
"""Where a place is that a layout does not have: left, top, width, height as shares of the slide."""
_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/extended-properties"><Application>pmo_kit</Application></Properties>'
)
PartFactory.part_type_for[CONTENT_TYPE.PML_TEMPLATE_MAIN] = PresentationPart
"""A .potx is read as a deck: python-pptx knows only .pptx."""


@dataclass(frozen=True, eq=False)
class Template:
    """An open, empty deck and the names that it goes by."""

    deck: Any
    layouts: dict[str, Any]
    names: Mapping[str, str]

    def slide(self, kind: str) -> Any:
        """A new slide of a kind: decision, chapter or exhibit, with its strip and number."""
        layout = self.layouts[kind]
        slide = self.deck.slides.add_slide(layout)
        for shape in layout.placeholders:
            if shape.placeholder_format.type in (PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER):
                slide.shapes._spTree.append(copy.deepcopy(shape._element))
        return slide

    def place(self, slide: Any, name: str) -> Any:
        """The placeholder of a place on a slide; None when the layout has none."""
        if name == "title":
            return slide.shapes.title
        origin = self._origin(slide.slide_layout, name)
        index = origin and origin.placeholder_format.idx
        return next((shape for shape in slide.placeholders if shape.placeholder_format.idx == index), None)

    def box(self, slide: Any, name: str) -> Box:
        """Where a place is; a placeholder for a figure is taken off the slide."""
        shape = self.place(slide, name)
        if shape is not None and name == "figure":
            shape._element.getparent().remove(shape._element)
        return self.room_of(name, slide.slide_layout)

    def room_of(self, name: str, layout: Any = None) -> Box:
        """Where a place of a layout is, that of exhibits where none is given."""
        shape = self._origin(layout or self.layouts["exhibit"], name)
        if shape is not None:
            return Box(shape.left, shape.top, shape.width, shape.height)
        wide, high = self.deck.slide_width, self.deck.slide_height
        left, top, width, height = _PLACES[name]
        return Box(round(left * wide), round(top * high), round(width * wide), round(height * high))

    def _origin(self, layout: Any, name: str) -> Any:
        wanted = self.names.get(name, name)
        return next((shape for shape in layout.placeholders if shape.name == wanted), None)


def open_template(deck: Deck | None = None) -> Template:
    """Open an organization's template, or the kit's own.

    Parameters
    ----------
    deck : Deck, optional
        From the pack file, where its layouts were checked.

    Raises
    ------
    PackError
        When PowerPoint's file cannot be read.
    """
    deck = deck or kit_deck()
    try:
        part = Package.open(io.BytesIO(deck.template.read_bytes())).main_document_part
        made = part.presentation
    except (OSError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise PackError(f"The deck's template {deck.template.name} cannot be used: {error}.") from error
    part._content_type = CONTENT_TYPE.PML_PRESENTATION_MAIN
    _emptied(made)
    _own(made)
    known = {layout.name: layout for layout in made.slide_layouts}
    return Template(made, {kind: known[name] for kind, name in deck.layouts.items()}, deck.places)


def _emptied(deck: Any) -> None:
    """Take the sample slides of a template away."""
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.rId)
        listed.remove(entry)


def _own(deck: Any) -> None:
    """What a file says of itself: not the size, picture and program of the deck that it was made from."""
    package = deck.part.package
    for key, relation in list(package._rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            package.drop_rel(key)
        elif relation.reltype == RELATIONSHIP_TYPE.EXTENDED_PROPERTIES:
            relation.target_part._blob = _APP
    size = deck.part._element.sldSz
    if size is not None and size.get("type") == "screen4x3" and 4 * size.cy != 3 * size.cx:
        size.attrib.pop("type")


def asked(table: Table, room: Box) -> list[Page]:
    """What is asked, one below the other: a mark and its words, what in bold; smaller type where there are many."""
    field = next(field for field in table.columns if field.kind == "decision")
    lines: list[Line] = []
    for row in table.data.to_dict("records"):
        value = row[_worded_by(table)]
        runs = value if isinstance(value, tuple) else (("lead", theme.format_text(value)),)
        lead = Run("".join(said for role, said in runs if role == "lead").rstrip(".:"), bold=True)
        rest = Run(sentence(" ".join(said for role, said in runs if role in ("text", "line"))), scale=0.76)
        mark = _slot(cells.cell(field, row[field.name]), "left", False)
        rule = "" if lines else theme.DARK_BLUE
        lines.append((replace(mark, rule=rule), Slot(tuple((run,) for run in (lead, rest) if run.text), rule=rule)))

    def given(size: float) -> list[float]:
        said = ("".join(run.text for run in mark.paragraphs[0]) for mark, _ in lines)
        wide = max(theme.text_width(text, size * 0.85 * WIDEST[0], True) for text in said) + 6 * _MARGIN
        return [wide, room.width / EMU - wide]

    sizes = (19.0, 17.0, 15.5, 14.0, 13.0, 12.0, _LEAST)
    return _laid((), lines, ((size, given(size)) for size in sizes), room)


def _worded_by(table: Table) -> str:
    """The column that says in words what a row of decisions is about."""
    return next((f for f in table.columns if f.kind == "text" and f.title), table.columns[0]).name


def limits(kpi: Kpi) -> Chart | None:
    """Tiles with a limit as bars within outlines, each scaled to its own limit."""
    tiles = [
        tile | {"said": f"{tile['number']} {tile['after']}"} for tile in cells.tiles(kpi) if tile["share"] is not None
    ]
    if not tiles:
        return None
    ends = [(tile["label"], "limit", 100.0, "") for tile in tiles]
    used = [(tile["label"], "used", 100 * tile["share"], tile["said"]) for tile in tiles]
    data = pd.DataFrame([*ends, *used], columns=["what", "part", "share", "said"])
    alt = ", ".join(f"{tile['label']}: {tile['said']}" for tile in tiles)
    return Chart(
        id=f"{kpi.id}.limits", alt=alt, mark="bar", data=data, layered=True,
        x=Field("share", title="used", unit="%", decimals=0), y=Field("what", kind="category"),
        series=Field("part", kind="category"), label=Field("said", kind="text"),
        styles={"limit": "limit", "used": "forecast"},
    )  # fmt: skip


def turning(front: Front) -> str:
    """What would change the advice, in one line."""
    for item in front.items:
        table = item.printed
        if isinstance(table, Table) and item.id.endswith(".turning_points") and len(table.columns) > 2:
            first = table.columns[0].name
            turns = "turns" if "turns" in table.data.columns else table.columns[1].name
            said = [f"{words(row[first])}, {row[turns]}" for row in table.data.to_dict("records")]
            return f"{table.title}: " + "; ".join(said)
    return front.headline.exhibit.takeaway


def add_text(
    slide: Any, room: Box, paragraphs: Sequence[Sequence[Run]], size: float, name: str = "", gap: float = 0.0
) -> None:
    """Put paragraphs of runs on a slide."""
    box = slide.shapes.add_textbox(room.left, room.top, room.width, room.height)
    if name:
        box.name = name
    frame = box.text_frame
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    write_paragraphs(frame, paragraphs, size, gap=gap)


_SIZES = {
    "title": (28.0, 26.0, 24.0, 22.0, 20.0, 18.0),
    "unit": (14.0, 13.0, 12.0, 11.0, 10.0),
    "meaning": (17.0, 16.0, 15.0, 14.0, 13.0, 12.0),
}
"""Sizes of type in pt that a place may have, the largest that fits first."""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SECTION = "http://schemas.microsoft.com/office/powerpoint/2010/main"


def deck_bytes(outline: Outline) -> bytes:
    """Render `pack.pptx`, 16:9: the decision, then chapter by chapter one slide for each exhibit.

    Charts and tables are native: their numbers can be edited. Each carries its alternative text; the notes of a
    slide hold its meaning, its foot note and where it comes from. A heatmap is a colored table, and so are intervals
    that are too many for readable type. The annex of a pack is to be read, not presented: it stands in the PDF and
    the workbook.

    Parameters
    ----------
    outline : Outline
        The pack; its pack file may name a template.

    Returns
    -------
    bytes
        A deck; equal for equal packs.

    Raises
    ------
    PackError
        When the template cannot be read.
    """
    made = open_template(outline.deck)
    writer = _Deck(made, outline)
    if outline.front is not None:
        writer.section("Decision")
        writer.front(outline.front)
    for part in outline.chapters:
        if not part.annex:
            writer.section(part.title)
            writer.chapter(part)
    writer.finish()
    stream = io.BytesIO()
    made.deck.save(stream)
    return office.normalized(stream.getvalue(), office.stamp(outline))


class _Deck:
    """Adds slides one after another."""

    def __init__(self, template: Template, outline: Outline) -> None:
        self.template, self.outline = template, outline
        self.sections: list[tuple[str, list[int]]] = []
        self.before = ""

    def section(self, name: str) -> None:
        """Begin a section: what PowerPoint shows as a group of slides."""
        self.sections.append((name, []))

    def slide(self, kind: str, title: str, unit: str = "", meaning: str = "") -> Any:
        """A slide with its texts; empty places are taken off."""
        slide = self.template.slide(kind)
        self.sections[-1][1].append(slide.slide_id)
        for shape in slide.placeholders:
            if shape.placeholder_format.type == PP_PLACEHOLDER.FOOTER:
                shape.text_frame.text = office.clean(self.outline.strip)
        self._say(slide, "title", title)
        self._say(slide, "unit", unit)
        _close_up(slide.shapes.title, self.template.place(slide, "unit") if unit else None)
        self._say(slide, "meaning", f"▸ {meaning}" if meaning else "")
        return slide

    def _say(self, slide: Any, place: str, text: str) -> None:
        shape = self.template.place(slide, place)
        if not text:
            if shape is not None:
                shape._element.getparent().remove(shape._element)
            return
        if shape is None:
            box = self.template.box(slide, place)
            shape = slide.shapes.add_textbox(box.left, box.top, box.width, box.height)
            shape.text_frame.word_wrap = True

        def fits(size: float) -> bool:
            rows = theme.wrap(text, shape.width / EMU, size * WIDEST[place != "title"], place == "title")
            whole = len(rows) == text.count("\n") + 1 or "\n" not in text
            return whole and len(rows) * size * 1.2 <= shape.height / EMU + 2

        if not fits(_SIZES[place][-1]):
            text = " ".join(text.split("\n"))
        shape.text_frame.text = office.clean(text)
        size = _largest(_SIZES[place], fits)
        for paragraph in shape.text_frame.paragraphs:
            for run in paragraph.runs:
                run.font.size = Pt(size)

    def front(self, front: Front) -> None:
        """The first slide, and what of page one it does not show; messages stand side by side.

        Where decisions are asked they stand on the left, what limits us on the right, what turns it below. Else tiles
        and short messages stand there; without tiles the table of page one begins there.
        """
        headline, unit = front.headline.exhibit, self.outline.settings.unit
        tiles = front.tiles.exhibit if front.tiles else None
        table = front.decisions.printed if front.decisions else None
        begins = isinstance(table, Table) and (front.deciding or not tiles)
        meaning = turning(front) or (table.takeaway if table and begins and not front.deciding else "")
        slide = self.slide("decision", headline.title, headline.unit_line or unit, meaning)
        room = self.template.box(slide, "figure")
        shown = [front.decisions] if begins else [front.tiles]
        said = [item for item in front.items if isinstance(item.exhibit, Message)]
        if isinstance(table, Table) and begins:
            limited = limits(tiles) if isinstance(tiles, Kpi) else None
            if limited is not None and tiles is not None:
                shown.append(front.tiles)
                room, right = _beside(room, 0.575, 0.39)
                titles = (item.exhibit.title for item in front.items if item.id.endswith(".limits"))
                place = _headed(slide, next(titles, tiles.title), right)
                add_chart(slide, limited, replace(place, height=min(place.height, 2500000)), key=False)
            if front.deciding:
                self._pages(table, asked(table, room), unit, (slide, room))
                _notes(slide, headline, table)
            else:
                place = _headed(slide, table.title, room)
                parts = pages(table, place, room.height - place.height)
                under = self._pages(table, parts, table.unit_line or unit, (slide, place), said) * said
                _notes(slide, headline, table, *(item.exhibit for item in under if len(parts) == 1))
                shown += under
            for position, detail in table.details:
                lead = words(table.data[_worded_by(table)].iloc[position])
                self._detail(table, position, detail, lead.split("\n")[0], unit)
        elif isinstance(tiles, Kpi):
            shown += said
            high = round(0.42 * room.height)
            _tiles(slide, room, tiles)
            _messages(slide, said, replace(room, top=room.top + high, height=room.height - high))
            _notes(slide, headline, *(item.exhibit for item in shown if item))
        said = [item for item in said if item not in shown]
        place = self.template.room_of("figure")
        while said:
            count = next((n for n in (3, 2) if n <= len(said) and _side_by_side(said[:n], place, 14.0)), 1)
            together, said = said[:count], said[count:]
            if count == 1:
                self.exhibit(together[0], unit)
                continue
            slide = self.slide("exhibit", "Also on page one", unit)
            _messages(slide, together, self.template.box(slide, "figure"))
            _notes(slide, *(item.exhibit for item in together))
        for item in front.items:
            if item not in shown and not isinstance(item.exhibit, Message):
                self.exhibit(item, unit)

    def chapter(self, part: Part) -> None:
        """The exhibits of a chapter; what it says in a line or two stands together on its first slide.

        A chapter whose short messages are one line has that line under the title of its next slide.
        """
        short = [item for item in part.items if _is_short(item.exhibit)]
        said = [(line, "") for line in part.lead]
        said += map(_told, short)
        rest = [item for item in part.items if item not in short]
        self.before = " ".join(said[0][0].split()) if len(said) == 1 and not said[0][1] and rest else ""
        if said and not self.before:
            slide = self.slide("exhibit", part.title, part.question)
            _text(slide, self.template.box(slide, "figure"), said, f"chapter {part.number}")
            _notes(slide, *(item.exhibit for item in short))
        for item in rest:
            self.exhibit(item)
            self.before = ""

    def exhibit(self, item: Collected, unit: str = "") -> None:
        """One exhibit on one slide, a long table on several; `unit` where it names none itself."""
        exhibit = item.printed
        unit = exhibit.unit_line or unit
        if isinstance(exhibit, Table):
            self._table(exhibit, unit)
            for position, detail in exhibit.details:
                self._detail(exhibit, position, detail, exhibit.title, unit)
            return
        if isinstance(exhibit, Chart) and exhibit.mark == "heatmap":
            self._pages(exhibit, heat_pages(exhibit, self.template.room_of("figure")), unit)
            return
        if isinstance(exhibit, Chart) and (small := too_small(exhibit, self.template.room_of("figure"))):
            self._table(small, small.unit_line or unit)
            return
        slide = self._titled(exhibit, unit)
        room = self.template.box(slide, "figure")
        if isinstance(exhibit, Chart):
            high = round(_tall(_small(exhibit.note), room.width / EMU, _LEAST) * EMU)
            if 0 < high < 0.15 * room.height:
                room = replace(room, height=room.height - high)
                _footnote(slide, exhibit.note, replace(room, top=room.top + room.height, height=high))
            if add_chart(slide, exhibit, room) is None:
                _text(slide, room, [("", "No rows to show.")], exhibit.id)
        elif isinstance(exhibit, Kpi):
            _tiles(slide, replace(room, top=room.top + 500000), exhibit)
        elif isinstance(exhibit, Message):
            _text(slide, room, exhibit.items, exhibit.id)
        _notes(slide, exhibit)

    def _titled(self, exhibit: Exhibit, unit: str, number: int = 1, count: int = 1) -> Any:
        """A slide for an exhibit, or for one part of it; what it means stands on the first."""
        title = " ".join(exhibit.title.split("\n")) or exhibit.alt
        more = f" ({number}\u00a0of\u00a0{count})" if count > 1 else ""
        under = " · ".join(part for part in (self.before, unit) if part)
        return self.slide("exhibit", title + more, under, exhibit.takeaway if number == 1 else "")

    def _table(self, table: Table, unit: str) -> None:
        room, meaning = self.template.room_of("figure"), self.template.room_of("meaning")
        more = meaning.top + meaning.height - room.top - room.height if table.takeaway else 0
        self._pages(table, pages(table, room, max(more, 0)), unit)

    def _detail(self, table: Table, position: int, detail: Table, title: str, unit: str) -> None:
        """The table under a row of another, on slides of its own."""
        name = f"{table.id}.{position + 1}"
        alt = spoken(detail)  # its title here is the row's, of many sentences
        inner = replace(detail, id=name, alt=alt, title=title, across=1, source=table.source, inputs=table.inputs)
        self._table(inner, detail.unit_line or unit)

    def _pages(
        self,
        exhibit: Exhibit,
        parts: Sequence[Page],
        unit: str,
        begun: tuple[Any, Box] | None = None,
        said: Sequence[Collected] = (),
    ) -> bool:
        """A slide for each part of a table, the first on one that is begun.

        Under the last part stand messages (`said`), or its foot note, where there is room; whether messages do.
        """
        room, meaning = self.template.room_of("figure"), self.template.room_of("meaning")
        low = meaning.top + meaning.height if len(parts) > 1 or not (begun or exhibit.takeaway) else 0
        for number, page in enumerate(parts, 1):
            if begun is None or number > 1:
                slide = self._titled(exhibit, unit, number, len(parts))
                begun = slide, self.template.box(slide, "figure")
            slide, room = begun
            add_table(slide, page, room, cells.spoken(exhibit), f"Table {exhibit.id}")
            _notes(slide, exhibit)
        top = room.top + round((page.high + 6) * EMU)
        under = replace(room, top=top, height=max(low, room.top + room.height) - top)
        told, titled = list(map(_told, said)), bool(said) and _side_by_side(said, under, 12.0)
        if said and (titled or _fits(told, under, 12.0)):
            _messages(slide, said, under) if titled else _text(slide, under, told, said[0].id)
            _notes(slide, exhibit, *(item.exhibit for item in said))
            return True
        _footnote(slide, exhibit.note, under)
        return False

    def finish(self) -> None:
        """Properties and sections."""
        deck, outline = self.template.deck, self.outline
        properties = deck.core_properties
        properties.title = outline.pack.title
        properties.author = properties.last_modified_by = office.clean(outline.manifest["register"]["name"])
        properties.subject = office.clean(outline.strip)
        properties.created = properties.modified = dt.datetime(1980, 1, 1)
        properties.revision = 1
        listed = "".join(
            f"<p14:section name={quoteattr(office.clean(name))} "
            f'id="{{00000000-0000-4000-8000-{number:012d}}}"><p14:sldIdLst>'
            + "".join(f'<p14:sldId id="{slide}"/>' for slide in slides)
            + "</p14:sldIdLst></p14:section>"
            for number, (name, slides) in enumerate(self.sections, 1)
        )
        element = deck.part._element
        spaces = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
        if element.find("{*}notesMasterIdLst") is None and deck.slides._sldIdLst is not None:
            link = deck.part.relate_to(deck.part.notes_master_part, f"{_OFFICE}/notesMaster")
            master = f'<p:notesMasterIdLst {spaces} xmlns:r="{_OFFICE}"><p:notesMasterId r:id="{link}"/>'
            element.find("{*}sldMasterIdLst").addnext(parse_xml(f"{master}</p:notesMasterIdLst>"))
        extension = parse_xml(
            f'<p:ext {spaces} uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}"><p14:sectionLst '
            f'xmlns:p14="{_SECTION}">{listed}</p14:sectionLst></p:ext>'
        )
        for old in element.xpath("p:extLst/p:ext[starts-with(@uri, '{521415D9')]"):
            old.getparent().remove(old)
        if element.find("{*}extLst") is None:
            element.append(parse_xml(f"<p:extLst {spaces}/>"))
        element.find("{*}extLst").append(extension)


_TITLE = 480000
"""How high a title is that stands on a slide under a rule, in EMU."""


def _headed(slide: Any, title: str, room: Box) -> Box:
    """A rule and a title in bold at the top of a place; what is left under them."""
    rule = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, room.left, room.top, room.left + room.width, room.top)
    rule.name = "Rule"
    rule._element.remove(rule._element.find("{*}style"))  # its shadow
    rule.line.color.rgb, rule.line.width = rgb(theme.DARK_BLUE), Pt(1)
    above, said = Box(room.left, room.top + 60000, room.width, _TITLE - 60000), ((Run(title, bold=True),),)
    fits = partial(_tall, said, room.width / EMU)
    add_text(slide, above, said, _largest((19.0, 17.0, 15.0, 13.5), lambda size: fits(size) <= 34))
    return replace(room, top=room.top + _TITLE, height=room.height - _TITLE)


def _small(note: str) -> Sequence[Sequence[Run]]:
    return [(Run(note, color=theme.QUIET),)] if note else []


def _footnote(slide: Any, note: str, room: Box) -> None:
    """Write a foot note at the foot of a place that has room for it."""
    high = round(_tall(_small(note), room.width / EMU, _LEAST) * EMU)
    if 0 < high <= room.height:
        place = replace(room, top=room.top + room.height - high, height=high)
        add_text(slide, place, _small(note), _LEAST, "Foot note")


def _side_by_side(said: Sequence[Collected], room: Box, size: float) -> bool:
    """Whether messages have room side by side under their titles in a size of type."""
    return all(
        _fits(_said(item.exhibit), replace(place, height=place.height - _TITLE), size)
        for item, place in zip(said, _beside(room, *[1.0] * len(said)), strict=True)
    )


def _messages(slide: Any, said: Sequence[Collected], room: Box) -> None:
    """Messages side by side, each under its title, in one size of type."""
    size = _largest(_TEXT_SIZES, partial(_side_by_side, said, room))
    for item, place in zip(said, _beside(room, *[1.0] * len(said)), strict=True):
        _text(slide, _headed(slide, item.exhibit.title, place), _said(item.exhibit), item.id, size)


def _beside(room: Box, *shares: float) -> list[Box]:
    """Places side by side that share the width of one."""
    gap = round(0.035 * room.width)
    rest = room.width - gap * (len(shares) - 1)
    wide = [round(rest * share / sum(shares)) for share in shares]
    return [replace(room, left=room.left + sum(wide[:n]) + gap * n, width=each) for n, each in enumerate(wide)]


def _tiles(slide: Any, room: Box, kpi: Kpi) -> None:
    """Big numbers side by side, as text."""
    tiles = cells.tiles(kpi)
    places = _beside(room, *[1.0] * len(tiles))

    def fits(size: float) -> bool:
        wide = (theme.text_width(tile["number"], size * 2.9 * WIDEST[0], bold=True)
                + theme.text_width(f" {tile['after']}", size * WIDEST[1]) for tile in tiles)  # fmt: skip
        return all(each <= place.width / EMU for each, place in zip(wide, places, strict=True))

    size = _largest((17.0, 15.5, 14.0, 13.0, 12.0), fits)
    for place, tile in zip(places, tiles, strict=True):
        color = theme.DARK_BLUE if tile["focus"] else theme.DARK_GRAY
        after = Run(f" {tile['after']}" if tile["after"] else "")
        paragraphs = [(Run(tile["label"], bold=tile["focus"]),),
                      (Run(tile["number"], bold=True, color=color, scale=2.9), after)]  # fmt: skip
        paragraphs += [(Run(tile["note"], color=theme.QUIET, scale=0.9),)] if tile["note"] else []
        add_text(slide, replace(place, height=1900000), paragraphs, size, f"Tile {tile['label']}")


_TEXT_SIZES = (20.0, 18.0, 16.0, 14.0, 12.0, 11.0, 10.0)


def _text(slide: Any, room: Box, items: Sequence[tuple[str, str]], name: str, size: float = 0.0) -> None:
    """Paragraphs with a lead in bold; in the size that is given, or as large as they fit."""
    paragraphs = [
        tuple(run for run in (Run(lead, bold=True), Run(f" {said}" if lead else said)) if run.text or not run.bold)
        for lead, said in items
    ]
    size = size or _largest(_TEXT_SIZES, partial(_fits, items, room))
    add_text(slide, room, paragraphs, size, f"Text {name}", gap=size * 0.5)


def _fits(items: Sequence[tuple[str, str]], room: Box, size: float) -> bool:
    """Whether paragraphs with a lead have room in a size of type."""
    said = [(Run(" ".join(filter(None, item))),) for item in items]
    return _tall(said, room.width / EMU, size) + size * 0.5 * len(said) <= room.height / EMU


def _close_up(title: Any, unit: Any) -> None:
    """Bring the unit line up to a title that takes fewer lines than it has room for."""
    if title is None or unit is None:
        return
    run = title.text_frame.paragraphs[0].runs[0]
    size = run.font.size.pt if run.font.size else 28.0
    said = title.text_frame.text.replace("\x0b", "\n")
    rows = len(theme.wrap(said, title.width / EMU, size * WIDEST[0], True))
    wanted = title.top + round((rows * size * 1.15 + 5) * EMU)
    if wanted < unit.top:
        left, wide, high = unit.left, unit.width, unit.height
        unit.left, unit.top, unit.width, unit.height = left, wanted, wide, high


def _notes(slide: Any, *exhibits: Exhibit | None) -> None:
    """Meaning, foot note, the picture in words and source, for the speaker."""
    parts = [
        part
        for exhibit in filter(None, exhibits)
        for part in (exhibit.takeaway, exhibit.note, f"In words: {exhibit.alt}", f"Source: {source_line(exhibit)}")
    ]
    slide.notes_slide.notes_text_frame.text = office.clean("\n".join(dict.fromkeys(part for part in parts if part)))


def _said(exhibit: Exhibit) -> Sequence[tuple[str, str]]:
    return exhibit.items if isinstance(exhibit, Message) else ()


def _told(item: Collected) -> tuple[str, str]:
    """A message in one paragraph: its title leads it."""
    return item.exhibit.title, " ".join(" ".join(pair) for pair in _said(item.exhibit))


def _is_short(exhibit: Exhibit) -> bool:
    """Whether a message is too short for a slide of its own."""
    return isinstance(exhibit, Message) and sum(len(lead) + len(said) for lead, said in exhibit.items) < 300


def _largest(sizes: Sequence[float], fits: Callable[[float], bool]) -> float:
    """The largest size at which something fits; the smallest where none does."""
    return next((size for size in sizes if fits(size)), sizes[-1])
