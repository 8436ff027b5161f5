"""The deck of a pack: native charts and tables on a template that an organization may replace."""

from __future__ import annotations

import copy
import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import source_line
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table, words
from pmo_kit.packs.media.office import normalized
from pmo_kit.packs.media.pptx_shapes import (
    EMU,
    WIDER,
    Box,
    Page,
    Run,
    add_chart,
    add_table,
    clean,
    heat_pages,
    pages,
    rgb,
    write_paragraphs,
)
from pmo_kit.packs.media.xlsx import stamp
from pmo_kit.packs.spec import Deck, deck_home, kit_names

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected, Front, Outline, Part


_PLACES = {
    "title": (0.053, 0.063, 0.894, 0.131),
    "unit": (0.053, 0.199, 0.894, 0.037),
    "figure": (0.053, 0.252, 0.894, 0.577),
    "meaning": (0.053, 0.840, 0.894, 0.094),
    "lead": (0.053, 0.409, 0.894, 0.210),
    "question": (0.053, 0.640, 0.894, 0.157),
}
"""Where a place is that a layout does not have: left, top, width, height as shares of the slide."""
_APP = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Properties xmlns="http://schemas.openxmlformats.org/'
    b'officeDocument/2006/extended-properties"><Application>pmo_kit</Application></Properties>'
)
_POTX = b"application/vnd.openxmlformats-officedocument.presentationml.template.main+xml"
_PPTX = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"


@dataclass(frozen=True, eq=False)
class Template:
    """An open, empty deck and the names that it goes by."""

    deck: Any
    layouts: dict[str, Any]
    names: dict[str, str]

    def slide(self, kind: str) -> Any:
        """A new slide of a kind: decision, chapter or exhibit, with its strip and number."""
        layout = self.layouts[kind]
        slide = self.deck.slides.add_slide(layout)
        for shape in layout.placeholders:
            if shape.placeholder_format.type in _foot_types():
                slide.shapes._spTree.append(copy.deepcopy(shape._element))
        return slide

    def place(self, slide: Any, name: str) -> Any:
        """The placeholder of a place on a slide; None when the layout has none."""
        if name == "title":
            return slide.shapes.title
        wanted = self.names.get(name, name)
        origin = {shape.placeholder_format.idx: shape.name for shape in slide.slide_layout.placeholders}
        for shape in slide.placeholders:
            if origin.get(shape.placeholder_format.idx) == wanted:
                return shape
        return None

    def box(self, slide: Any, name: str) -> Box:
        """Where a place is; a placeholder for a figure is taken off the slide."""
        shape = self.place(slide, name)
        if shape is not None:
            found = Box(shape.left, shape.top, shape.width, shape.height)
            if name == "figure":
                shape._element.getparent().remove(shape._element)
            return found
        wide, high = self.deck.slide_width, self.deck.slide_height
        left, top, width, height = _PLACES[name]
        return Box(round(left * wide), round(top * high), round(width * wide), round(height * high))


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
    from pptx import Presentation

    names = kit_names()
    file = deck.template if deck else deck_home() / "pmo_kit.pptx"
    try:
        made = Presentation(io.BytesIO(_as_deck(file.read_bytes())))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise PackError(f"The deck's template {file.name} cannot be used: {error}.") from error
    _emptied(made)
    _own(made)
    known = {layout.name: layout for layout in made.slide_layouts}
    layouts, places = (deck.layouts, deck.places) if deck else (names["layouts"], names["places"])
    return Template(made, {kind: known[name] for kind, name in layouts.items()}, dict(places))


def _as_deck(content: bytes) -> bytes:
    """A .potx made a .pptx: python-pptx reads only the latter."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            member = old.read(name)
            new.writestr(name, member.replace(_POTX, _PPTX) if name == "[Content_Types].xml" else member)
    return stream.getvalue()


def _emptied(deck: Any) -> None:
    """Take the sample slides of a template away."""
    listed = deck.slides._sldIdLst
    for entry in list(listed):
        deck.part.drop_rel(entry.rId)
        listed.remove(entry)


def _own(deck: Any) -> None:
    """What a file says of itself: not the size, picture and program of the deck that it was made from."""
    from pptx.opc.constants import RELATIONSHIP_TYPE

    package = deck.part.package
    for key, relation in list(package._rels.items()):
        if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL:
            package.drop_rel(key)
        elif relation.reltype == RELATIONSHIP_TYPE.EXTENDED_PROPERTIES:
            relation.target_part._blob = _APP
    size = deck.part._element.sldSz
    if size is not None and size.get("type") == "screen4x3" and 4 * size.cy != 3 * size.cx:
        size.attrib.pop("type")


def _foot_types() -> tuple[Any, ...]:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return PP_PLACEHOLDER.FOOTER, PP_PLACEHOLDER.SLIDE_NUMBER


def deciding(exhibit: Exhibit) -> bool:
    """Whether an exhibit is a table that asks for decisions."""
    return isinstance(exhibit, Table) and any(field.kind == "decision" for field in exhibit.columns)


def asked(slide: Any, table: Table, room: Box) -> None:
    """What is asked, one below the other: a mark and its words; smaller type where there are many."""
    rows = [_decision(table, row) for row in table.data.to_dict("records")]
    wide, high = room.width / EMU, room.height / EMU
    for size in (19.0, 17.0, 15.5, 14.0, 13.0, 12.0, 11.0):
        mark = (
            max(
                (theme.text_width(cells.said(part), size * WIDER * 0.72, True) for part, _ in rows), default=0
            )
            + 16
        )
        heights = [_tall(runs, wide - mark - 12, size) + size * 0.55 for _, runs in rows]
        if sum(heights) <= high:
            break
    top = room.top
    for (part, runs), height in zip(rows, heights, strict=True):
        line_across(
            slide, Box(room.left, top, room.width, 0), theme.DARK_BLUE if top == room.top else "#D0D0D0"
        )
        if part["kind"] == "decision":
            _badge(
                slide,
                part,
                Box(room.left, top + 70000, round(mark * EMU), round(size * 1.3 * EMU)),
                size * 0.72,
            )
        left = round((mark + 12) * EMU)
        box = slide.shapes.add_textbox(
            room.left + left, top + 50000, room.width - left, round(height * EMU) - 60000
        )
        box.name = f"Decision {part.get('text', '')}"
        flat(box.text_frame)
        write_paragraphs(box.text_frame, runs, size)
        top += round(height * EMU)


def _decision(table: Table, row: dict[Any, Any]) -> tuple[cells.Cell, list[tuple[Run, ...]]]:
    """The mark of a decision and its words: what in bold, the rest below."""
    field = next(field for field in table.columns if field.kind == "decision")
    text = next((f for f in table.columns if f.kind == "text" and f.title), table.columns[0])
    part = cells.cell(field, row[field.name])
    value = row[text.name]
    runs = value if isinstance(value, tuple) else (("lead", theme.format_text(value)),)
    lead = "".join(said for role, said in runs if role == "lead").rstrip(".:")
    rest = " ".join(said for role, said in runs if role in ("text", "line"))
    found: list[tuple[Run, ...]] = [(Run(lead, bold=True),)] if lead else []
    return part, found + ([(Run(rest, scale=0.76),)] if rest else [])


def _badge(slide: Any, part: cells.Cell, room: Box, size: float) -> None:
    """A decision as a word with a mark in a small box: filled for stop and fund, outlined otherwise."""
    from pptx.enum.shapes import MSO_SHAPE
    from pptx.enum.text import MSO_ANCHOR
    from pptx.util import Pt

    fill = {"stop": theme.DARK_PINK, "fund": theme.DARK_BLUE}.get(part.get("css", ""), "")
    shape = slide.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, room.left, room.top, room.width, room.height)
    shape.name = f"Mark {part['text']}"
    shape.adjustments[0] = 0.12
    plain(shape)
    shape.line.color.rgb = rgb(fill or theme.DARK_GRAY)
    shape.line.width = Pt(1)
    if fill:
        shape.fill.solid()
        shape.fill.fore_color.rgb = rgb(fill)
    else:
        shape.fill.background()
    flat(shape.text_frame)
    shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    color = theme.PAPER if fill else theme.DARK_GRAY
    write_paragraphs(shape.text_frame, ((Run(cells.said(part), bold=True, color=color),),), size, "center")


def _tall(paragraphs: Sequence[Sequence[Run]], wide: float, size: float) -> float:
    """Height of paragraphs in pt."""
    return sum(
        len(theme.wrap("".join(run.text for run in runs), wide, size * WIDER * runs[0].scale, runs[0].bold))
        * size * runs[0].scale * 1.22
        for runs in paragraphs
    )  # fmt: skip


def limits(kpi: Kpi) -> Chart | None:
    """Tiles with a limit as bars within outlines, each scaled to its own limit."""
    import pandas as pd

    rows = []
    for tile, row in zip(cells.tiles(kpi), kpi.data.to_dict("records"), strict=True):
        if tile["share"] is None:
            continue
        said = f"{tile['number']} {tile['after']}"
        rows.append({"what": tile["label"], "part": "limit", "share": 100.0, "said": ""})
        used = 100 * float(row["value"]) / float(row["limit"] or 1)
        rows.append({"what": tile["label"], "part": "used", "share": used, "said": said})
    if not rows:
        return None
    alt = ", ".join(f"{row['what']}: {row['said']}" for row in rows if row["said"])
    return Chart(
        id=f"{kpi.id}.limits", alt=alt, mark="bar", data=pd.DataFrame(rows), layered=True,
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


def line_across(slide: Any, room: Box, color: str = theme.DARK_BLUE) -> None:
    """A thin line above a block, for the eye only."""
    from pptx.enum.shapes import MSO_CONNECTOR
    from pptx.util import Pt

    line = slide.shapes.add_connector(
        MSO_CONNECTOR.STRAIGHT, room.left, room.top, room.left + room.width, room.top
    )
    line.name = "Rule"
    plain(line)
    line.line.color.rgb = rgb(color)
    line.line.width = Pt(1 if color == theme.DARK_BLUE else 0.5)


def plain(shape: Any) -> None:
    """Take the shadow and the colors of the template's styles off a shape."""
    for child in list(shape._element):
        if child.tag.endswith("}style"):
            shape._element.remove(child)


def flat(frame: Any) -> None:
    """No margins, lines broken at the edge."""
    frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
    frame.word_wrap = True


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SECTION = "http://schemas.microsoft.com/office/powerpoint/2010/main"


def deck_bytes(outline: Outline) -> bytes:
    """Render `pack.pptx`, 16:9: the decision, then chapter by chapter one slide for each exhibit.

    Charts and tables are native: their numbers can be edited. Each carries its alternative text; the notes of a
    slide hold its meaning, its foot note and where it comes from. A heatmap is a colored table. The annex of a
    pack is to be read, not presented: it stands in the PDF and the workbook.

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
    made = open_template(outline.spec.deck)
    writer = _Deck(made, outline)
    if outline.front is not None:
        writer.section("Decision")
        writer.decision(outline.front)
        writer.front(outline.front)
    for part in outline.chapters:
        if not part.annex:
            writer.section(part.title)
            writer.chapter(part)
    writer.finish()
    stream = io.BytesIO()
    made.deck.save(stream)
    return normalized(stream.getvalue(), stamp(outline))


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
            if shape.placeholder_format.type in _footers():
                shape.text_frame.text = clean(self.outline.strip)
        self._say(slide, "title", title)
        self._say(slide, "unit", unit)
        _close_up(slide.shapes.title, self.template.place(slide, "unit") if unit else None)
        self._say(slide, "meaning", f"▸ {meaning}" if meaning else "")
        return slide

    def _say(self, slide: Any, place: str, text: str) -> None:
        shape = self.template.place(slide, place)
        if shape is None:
            if text:
                box = self.template.box(slide, place)
                shape = slide.shapes.add_textbox(box.left, box.top, box.width, box.height)
                shape.text_frame.word_wrap = True
            else:
                return
        if not text:
            shape._element.getparent().remove(shape._element)
            return
        frame = shape.text_frame
        frame.text = clean(text)
        size = _fitting(text, shape.width, shape.height, _sizes(place))
        if size is not None:
            for paragraph in frame.paragraphs:
                for run in paragraph.runs:
                    run.font.size = size

    def decision(self, front: Front) -> None:
        """The first slide: marks and what is asked on the left, what limits us on the right, what turns it below."""
        headline = front.headline.exhibit
        unit = headline.unit_line or self.outline.settings.unit
        slide = self.slide("decision", headline.title, unit, turning(front))
        room = self.template.box(slide, "figure")
        gap = round(0.035 * room.width)
        left = Box(room.left, room.top, round(room.width * 0.575), room.height)
        right = Box(room.left + left.width + gap, room.top, room.width - left.width - gap, room.height)
        table = front.decisions.printed if front.decisions else None
        if isinstance(table, Table) and deciding(table):
            asked(slide, table, left)
        elif isinstance(table, Table):
            _beside(slide, table, left)
        tiles = front.tiles.exhibit if front.tiles else None
        limited = limits(tiles) if isinstance(tiles, Kpi) else None
        if limited is not None and tiles is not None:
            line_across(slide, right)
            said = next(
                (item.exhibit.title for item in front.items if item.id.endswith(".limits")), tiles.title
            )
            box = slide.shapes.add_textbox(right.left, right.top + 60000, right.width, 420000)
            flat(box.text_frame)
            write_paragraphs(box.text_frame, ((Run(said, bold=True),),), 19)
            under = Box(right.left, right.top + 480000, right.width, min(right.height - 480000, 2500000))
            add_chart(slide, limited, under, key=False)
        _notes(slide, headline, table)
        if isinstance(table, Table) and deciding(table):
            for position, detail in table.details:
                self._detail(table, position, detail, words(_lead(table, position)).split("\n")[0])

    def front(self, front: Front) -> None:
        """What the first slide does not show of page one; its short messages stand together."""
        tiles = front.tiles.exhibit if front.tiles else None
        shown = [front.tiles] if isinstance(tiles, Kpi) and limits(tiles) else []
        shown += [front.decisions] if front.decisions and deciding(front.decisions.exhibit) else []
        rest = [item for item in front.items if item not in shown]
        short = [item for item in rest if _is_short(item.exhibit)]
        if len(short) > 1:
            slide = self.slide("exhibit", "; ".join(item.exhibit.title for item in short))
            said = [(f"{lead}", text) for item in short for lead, text in _said(item.exhibit)]
            _text(slide, self.template.box(slide, "figure"), said, "page one")
            _notes(slide, *(item.exhibit for item in short))
            rest = [item for item in rest if item not in short]
        for item in rest:
            self.exhibit(item)

    def chapter(self, part: Part) -> None:
        """The exhibits of a chapter; what it says in a line or two stands together on its first slide.

        A chapter whose short messages are one line has that line under the title of its next slide.
        """
        short = [item for item in part.items if _is_short(item.exhibit)]
        said = [(line, "") for line in part.lead]
        said += [
            (item.exhibit.title, " ".join(" ".join(pair) for pair in _said(item.exhibit))) for item in short
        ]
        rest = [item for item in part.items if item not in short]
        self.before = " ".join(said[0][0].split()) if len(said) == 1 and not said[0][1] and rest else ""
        if said and not self.before:
            slide = self.slide("exhibit", part.title, part.question)
            _text(slide, self.template.box(slide, "figure"), said, f"chapter {part.number}")
            _notes(slide, *(item.exhibit for item in short))
        for item in rest:
            self.exhibit(item)
            self.before = ""

    def exhibit(self, item: Collected) -> None:
        """One exhibit on one slide, a long table on several."""
        exhibit = item.printed
        if isinstance(exhibit, Table):
            self._table(exhibit, exhibit.unit_line)
            for position, detail in exhibit.details:
                self._detail(exhibit, position, detail, exhibit.title)
            return
        if isinstance(exhibit, Chart) and exhibit.mark == "heatmap":
            self._pages(exhibit, heat_pages(exhibit, self._room(exhibit)), exhibit.unit_line)
            return
        slide = self._titled(exhibit, exhibit.unit_line)
        room = self.template.box(slide, "figure")
        if isinstance(exhibit, Chart):
            if add_chart(slide, exhibit, room) is None:
                _text(slide, room, [("", "No rows to show.")], exhibit.id)
        elif isinstance(exhibit, Kpi):
            _tiles(slide, room, exhibit)
        elif isinstance(exhibit, Message):
            _text(slide, room, exhibit.items, exhibit.id)
        _notes(slide, exhibit)

    def _room(self, exhibit: Exhibit) -> Box:
        """The room for a figure, measured on a layout without leaving a slide behind."""
        layout = self.template.layouts["exhibit"]
        wanted = self.template.names.get("figure", "figure")
        for shape in layout.placeholders:
            if shape.name == wanted:
                return Box(shape.left, shape.top, shape.width, shape.height)
        return self.template.box(_Bare(layout), "figure")

    def _titled(self, exhibit: Exhibit, unit: str, more: str = "") -> Any:
        title = " ".join(exhibit.title.split("\n")) or exhibit.alt
        under = " · ".join(part for part in (self.before, unit) if part)
        return self.slide("exhibit", title + more, under, exhibit.takeaway)

    def _table(self, table: Table, unit: str) -> None:
        self._pages(table, pages(table, self._room(table)), unit)

    def _detail(self, table: Table, position: int, detail: Table, title: str) -> None:
        """The table under a row of another, on slides of its own."""
        name = f"{table.id}.{position + 1}"
        inner = replace(detail, id=name, title=title, across=1, source=table.source, inputs=table.inputs)
        self._table(inner, detail.alt)

    def _pages(self, exhibit: Exhibit, parts: Sequence[Page], unit: str) -> None:
        for number, page in enumerate(parts, 1):
            more = f" ({number}\u00a0of\u00a0{len(parts)})" if len(parts) > 1 else ""
            slide = self._titled(exhibit, unit, more)
            room = self.template.box(slide, "figure")
            add_table(slide, page, room, cells.spoken(exhibit), f"Table {exhibit.id}")
            _notes(slide, exhibit)

    def finish(self) -> None:
        """Properties and sections."""
        from pptx.oxml import parse_xml

        deck, outline = self.template.deck, self.outline
        properties = deck.core_properties
        properties.title = outline.spec.title
        properties.author = properties.last_modified_by = clean(outline.manifest["register"]["name"])
        properties.subject = clean(outline.strip)
        properties.created = properties.modified = dt.datetime(1980, 1, 1)
        properties.revision = 1
        listed = "".join(
            f'<p14:section name={_quoted(name)} id="{{{_section_id(number)}}}"><p14:sldIdLst>'
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
        known = element.find("{http://schemas.openxmlformats.org/presentationml/2006/main}extLst")
        if known is None:
            known = parse_xml(f"<p:extLst {spaces}/>")
            element.append(known)
        for old in list(known):
            if old.get("uri", "").startswith("{521415D9"):
                known.remove(old)
        known.append(extension)


class _Bare:
    """A layout asked like a slide that has no placeholders."""

    def __init__(self, layout: Any) -> None:
        self.slide_layout = layout
        self.placeholders: tuple[Any, ...] = ()


def _beside(slide: Any, table: Table, room: Box) -> None:
    """The head of a table that asks for no decision, under its title; it stands whole on a slide of its own."""
    line_across(slide, room)
    box = slide.shapes.add_textbox(room.left, room.top + 60000, room.width, 420000)
    flat(box.text_frame)
    write_paragraphs(box.text_frame, ((Run(table.title, bold=True),),), 19)
    under = Box(room.left, room.top + 480000, room.width, room.height - 480000)
    add_table(slide, pages(table, under)[0], under, cells.spoken(table), f"Head of table {table.id}")


def _lead(table: Table, position: int) -> Any:
    """The words of a row of decisions."""
    text = next((f for f in table.columns if f.kind == "text" and f.title), table.columns[0])
    return table.data[text.name].iloc[position]


def _tiles(slide: Any, room: Box, kpi: Kpi) -> None:
    """Big numbers side by side, as text."""
    tiles = cells.tiles(kpi)
    gap = round(0.03 * room.width)
    wide = (room.width - gap * (max(len(tiles), 1) - 1)) // max(len(tiles), 1)
    for place, tile in enumerate(tiles):
        box = slide.shapes.add_textbox(room.left + place * (wide + gap), room.top + 500000, wide, 1900000)
        box.name = f"Tile {tile['label']}"
        flat(box.text_frame)
        color = theme.DARK_BLUE if tile["focus"] else theme.DARK_GRAY
        number = (
            Run(tile["number"], bold=True, color=color, scale=2.9),
            Run(f" {tile['after']}" if tile["after"] else ""),
        )
        paragraphs = [(Run(tile["label"], bold=tile["focus"]),), number]
        paragraphs += [(Run(tile["note"], color=theme.QUIET, scale=0.9),)] if tile["note"] else []
        write_paragraphs(box.text_frame, paragraphs, 17)


def _text(slide: Any, room: Box, items: Sequence[tuple[str, str]], name: str) -> None:
    """Paragraphs with a lead in bold; as large as they fit."""
    box = slide.shapes.add_textbox(room.left, room.top, room.width, room.height)
    box.name = f"Text {name}"
    flat(box.text_frame)
    paragraphs = [
        tuple(
            run for run in (Run(lead, bold=True) if lead else None, Run(f" {said}" if lead else said)) if run
        )
        for lead, said in items
    ]
    wide, high = room.width / EMU, room.height / EMU
    for size in (20.0, 18.0, 16.0, 14.0, 12.0, 11.0, 10.0):
        tall = sum(
            len(theme.wrap("".join(run.text for run in runs), wide, size * WIDER)) * size * 1.22 + size * 0.5
            for runs in paragraphs
        )
        if tall <= high:
            break
    write_paragraphs(box.text_frame, paragraphs, size, gap=size * 0.5)


def _close_up(title: Any, unit: Any) -> None:
    """Bring the unit line up to a title that takes fewer lines than it has room for."""
    if title is None or unit is None:
        return
    run = title.text_frame.paragraphs[0].runs[0]
    size = run.font.size.pt if run.font.size else 28.0
    rows = len(theme.wrap(title.text_frame.text.replace("\x0b", "\n"), title.width / EMU, size * WIDER, True))
    wanted = title.top + round((rows * size * 1.15 + 5) * EMU)
    if wanted < unit.top:
        left, wide, high = unit.left, unit.width, unit.height
        unit.left, unit.top, unit.width, unit.height = left, wanted, wide, high


def _notes(slide: Any, *exhibits: Exhibit | None) -> None:
    """Meaning, foot note, the picture in words and source, for the speaker."""
    parts = []
    for exhibit in exhibits:
        if exhibit is not None:
            parts += [
                exhibit.takeaway,
                exhibit.note,
                f"In words: {exhibit.alt}",
                f"Source: {source_line(exhibit)}",
            ]
    slide.notes_slide.notes_text_frame.text = clean("\n".join(dict.fromkeys(part for part in parts if part)))


def _said(exhibit: Exhibit) -> Sequence[tuple[str, str]]:
    return exhibit.items if isinstance(exhibit, Message) else ()


def _is_short(exhibit: Exhibit) -> bool:
    """Whether a message is too short for a slide of its own."""
    return isinstance(exhibit, Message) and sum(len(lead) + len(said) for lead, said in exhibit.items) < 300


def _sizes(place: str) -> tuple[float, ...]:
    return {
        "title": (28.0, 26.0, 24.0, 22.0, 20.0, 18.0),
        "unit": (14.0, 13.0, 12.0, 11.0, 10.0),
        "meaning": (17.0, 16.0, 15.0, 14.0, 13.0, 12.0),
    }.get(place, ())


def _fitting(text: str, width: int, height: int, sizes: Sequence[float]) -> Any:
    """The largest size at which a text fits its place; None leaves the template's."""
    from pptx.util import Pt

    for size in sizes:
        rows = len(theme.wrap(text, width / EMU, size * WIDER, size >= 18))
        if rows * size * 1.2 <= height / EMU + 2:
            return Pt(size)
    return Pt(sizes[-1]) if sizes else None


def _footers() -> tuple[Any, ...]:
    from pptx.enum.shapes import PP_PLACEHOLDER

    return (PP_PLACEHOLDER.FOOTER,)


def _section_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012d}"


def _quoted(text: str) -> str:
    from xml.sax.saxutils import quoteattr

    return quoteattr(clean(text))
