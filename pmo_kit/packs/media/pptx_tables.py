"""Native tables on a slide: text on the left, numbers on the right, thin rules, marks in words and color."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.drawing import grid_of
from pmo_kit.exhibits.records import Chart, Table
from pmo_kit.packs.media.template import Box
from pmo_kit.packs.media.widths import widths

_EMU = 12700
_RAG_MARKS = {"R": "■", "A": "◆", "G": "●"}
_MARGIN = 3.4
WIDER = 1.13
"""How much wider than Source Sans 3 the font may be that a slide is shown in: digits of Arial are 556 of 500 wide."""
_MOST = 4
"""Slides that a table may take; a longer one is for the annex."""


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
    """Part a table over as many slides as it needs, four at most; the header stands on each.

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
    high, most = room.height / _EMU, room.width / _EMU
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
    wide, high = room.width / _EMU, room.height / _EMU - 34
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
    wide = round(sum(page.widths) * _EMU)
    frame = slide.shapes.add_table(len(lines), count, room.left, room.top, wide, round(sum(heights) * _EMU))
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
        table.columns[column].width = Emu(round(width * _EMU))
    for row, (line, height) in enumerate(zip(lines, heights, strict=True)):
        table.rows[row].height = Emu(round(height * _EMU))
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
    sides = [
        {"number": "right", "rag": "center", "mark": "center"}.get(field.kind, "left") for field in fields
    ]
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
            slot = _slot(part, sides[place], row["total"])
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
    fields = cells.columns(table)
    if not any(field.title or field.unit for field in fields):
        return ()
    sides = [
        {"number": "right", "rag": "center", "mark": "center"}.get(field.kind, "left") for field in fields
    ]
    return tuple(
        _header_slot(field.title, field.unit, side) for field, side in zip(fields, sides, strict=True)
    )


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
        f'<a:ln{side} xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" w="{round(width * _EMU)}" '
        f'cap="flat"><a:solidFill><a:srgbClr val="{color.lstrip("#")}"/></a:solidFill></a:ln{side}>'
    )
    properties.append(parse_xml(xml))
