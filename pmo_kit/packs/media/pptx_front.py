"""The first slide of a deck: what the committee is asked to decide, what limits it, what would turn it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Table, words
from pmo_kit.packs.media.pptx_tables import WIDER, Run, rgb, write_paragraphs
from pmo_kit.packs.media.template import Box

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Front

_EMU = 12700


def deciding(exhibit: Exhibit) -> bool:
    """Whether an exhibit is a table that asks for decisions."""
    return isinstance(exhibit, Table) and any(field.kind == "decision" for field in exhibit.columns)


def asked(slide: Any, table: Table, room: Box) -> None:
    """What is asked, one below the other: a mark and its words; smaller type where there are many."""
    rows = [_decision(table, row) for row in table.data.to_dict("records")]
    wide, high = room.width / _EMU, room.height / _EMU
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
                Box(room.left, top + 70000, round(mark * _EMU), round(size * 1.3 * _EMU)),
                size * 0.72,
            )
        left = round((mark + 12) * _EMU)
        box = slide.shapes.add_textbox(
            room.left + left, top + 50000, room.width - left, round(height * _EMU) - 60000
        )
        box.name = f"Decision {part.get('text', '')}"
        flat(box.text_frame)
        write_paragraphs(box.text_frame, runs, size)
        top += round(height * _EMU)


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
