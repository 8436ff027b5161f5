"""The papers of a pack by Typst, tagged, without a browser: `pack.pdf`, a letter a sponsor, `provenance.pdf`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import picture
from pmo_kit.exhibits.cells import source_line, widths
from pmo_kit.exhibits.records import Chart, Kpi, Message, Table
from pmo_kit.packs.layout import addressee
from pmo_kit.packs.media.html import COLUMN_WIDTH, TEXT_WIDTH

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected, Outline

_TOLD = 8


def warning(lost: Mapping[str, str]) -> str:
    """One line that says which letters are lost on paper and where; empty when none is.

    Parameters
    ----------
    lost : mapping of str to str
        Id of an exhibit -> the letters, as `lacking` gives them.

    Examples
    --------
    >>> warning({"a.plan": "漢"}).partition(". ")[0]
    'On paper (PDF) □ stands for letters that its font lacks: U+6F22 in a.plan'
    """
    if not lost:
        return ""
    letters = sorted(set("".join(lost.values())))
    codes = [f"U+{ord(letter):04X}" for letter in letters[:_TOLD]]
    where = list(lost)
    more = [f" and {len(of) - most} more" * (len(of) > most) for of, most in ((letters, _TOLD), (where, 3))]
    return (
        f"On paper (PDF) □ stands for letters that its font lacks: {', '.join(codes)}{more[0]} in "
        f"{', '.join(where[:3])}{more[1]}. A font in templates/report/fonts adds them."
    )


_TEXT, _COLUMN = 499.0, 238.0
"""Widths of the text and of one of two columns in pt: 176 and 84 mm."""
_PAD, _GAP = 8.0, 20.0
"""Room beside a cell and between columns of a long list in pt."""
_DENSE, _LONG = 10, 8
_TOO_LONG = "page one is longer than one page"


def pdf_bytes(outline: Outline) -> bytes:
    """Render `pack.pdf` on A4: page one, contents with page numbers, chapters, annex.

    The template `templates/report/pack.typ` reads the pack as data, so text of a register is never markup.
    PDF/UA-1 is asked for: Typst checks tags, title, language and alternative texts, and refuses otherwise. Letters
    that the font lacks are printed as a sign for a missing one; fonts in `templates/report/fonts` add to it.

    Parameters
    ----------
    outline : Outline
        The pack.

    Returns
    -------
    bytes
        A PDF; equal for equal packs.

    Raises
    ------
    PackError
        When page one does not fit one page, or Typst refuses the document.
    """
    return _paper(outline, "pack")


def letter_files(outline: Outline) -> dict[str, bytes]:
    """Name -> PDF: one a sponsor, with the committee, the date and whom it is for; a letter starts on a page."""
    return {
        file: _paper(replace(outline, letters=tuple(i for i in outline.letters if addressee(i) == to)), "letters")
        for file, to in outline.papers.items()
    }


def provenance_bytes(outline: Outline) -> bytes:
    """Render `provenance.pdf`: for each figure its cell, its tables and their rows, and how it was computed."""
    return _paper(outline, "provenance")


def _paper(outline: Outline, kind: str) -> bytes:
    """One paper: "pack", "letters" or "provenance"."""
    import typst

    day = outline.pack.date or outline.settings.as_of or dt.date(1980, 1, 1)
    try:
        return theme.paper("pack", _document(outline, kind), day)
    except typst.TypstError as error:
        raise PackError(_told(error, outline)) from error


def _told(error: Any, outline: Outline) -> str:
    """Typst's refusal in words."""
    if _TOO_LONG in str(error):
        return (
            f"Page one of {outline.pack.title} does not fit one page: shorten the texts of its requests, or list "
            "fewer decisions."
        )
    return f"{outline.pack.title}: the PDF could not be set. Typst says: {error}"


def _document(outline: Outline, kind: str) -> dict[str, Any]:
    """A whole paper as lists, texts and numbers."""
    pack, settings, front = outline.pack, outline.settings, outline.front
    printed = {item.id for part in outline.chapters for item in part.items}
    to = addressee(outline.letters[0]) if kind == "letters" else ""
    day = pack.date or settings.as_of
    about = {"pack": pack.title, "letters": f"{pack.title}: letter to {to}",
             "provenance": f"{pack.title}: where every number comes from"}[kind]  # fmt: skip

    def exhibits(items: Iterable[Collected | None], width: int = TEXT_WIDTH) -> list[dict[str, Any]]:
        return [_exhibit(item, width, printed) for item in items if item]

    return {
        "kind": kind,
        "title": f"{about} (DRAFT)" if pack.status == "DRAFT" else about,
        "name": pack.title,
        "author": outline.manifest["register"]["name"],
        "committee": pack.committee,
        "unit": settings.unit,
        "notice": settings.notice or "",
        "strip": outline.strip,
        "font": theme.FONT,
        "colors": {
            "blue": theme.DARK_BLUE,
            "pink": theme.DARK_PINK,
            "gray": theme.DARK_GRAY,
            "ink": theme.INK,
            "quiet": theme.QUIET,
            "rule": "#D0D0D0",
            "paper": theme.PAPER,
        },
        "rag": {letter: [fill, ink] for letter, (*_, fill, ink) in theme.RAG.items()},
        "front": {
            "headline": _even(front.lines),
            "sub": " · ".join(filter(None, [pack.committee, front.headline.exhibit.unit_line or settings.unit])),
            "tiles": next(iter(exhibits([front.tiles])), None),
            "decisions": next(iter(exhibits([front.decisions])), None),
            "deciding": front.deciding,
            "left": exhibits(front.left, COLUMN_WIDTH),
            "right": exhibits(front.right, COLUMN_WIDTH),
            "notes": [*front.notes, *filter(None, [settings.notice])],
            "missing": list(front.missing),
        } if front and kind == "pack" else None,
        "to": to,
        "date": day.isoformat() if day else "",
        "letters": exhibits(outline.letters) if kind == "letters" else [],
        "missing": list(outline.missing),
        "chapters": [
            {
                "number": "" if part.annex else str(part.number),
                "title": part.title,
                "question": part.question,
                "lead": list(part.lead),
                "missing": list(part.missing),
                "exhibits": exhibits(part.items),
            }
            for part in outline.chapters
            if kind == "pack"
        ],
        "provenance": outline.provenance if kind == "provenance" else None,
    }  # fmt: skip


def _exhibit(item: Collected, width: int, printed: set[str]) -> dict[str, Any]:
    """An exhibit and its body; a chart is a picture."""
    exhibit, body = item.printed, dict[str, Any]()
    if isinstance(exhibit, Chart):
        body = {"kind": "chart", "picture": picture(exhibit, width)}
    elif isinstance(exhibit, Table):
        body = {"kind": "table", **_table(exhibit, _TEXT if width == TEXT_WIDTH else _COLUMN)}
    elif isinstance(exhibit, Kpi):
        body = {"kind": "tiles", "tiles": cells.tiles(exhibit)}
    elif isinstance(exhibit, Message):
        body = {"kind": "message", "items": exhibit.items}
    return {
        "id": exhibit.id,
        "title": exhibit.title,
        "unit": exhibit.unit_line,
        "takeaway": exhibit.takeaway,
        "note": exhibit.note,
        "source": source_line(exhibit),
        "alt": cells.spoken(exhibit),
        "links": [[words, id] for words, id in item.refers.items() if id in printed],
        **body,
    }


def _even(parts: Sequence[str]) -> list[str]:
    """The lines of a headline; one that is broken on the page has lines of like length."""
    (text, *more) = parts
    if more:
        return [*parts]
    broken = [theme.wrap(text, wide, 18, bold=True) for wide in range(490, 240, -10)]
    return [found for found in broken if len(found) == len(broken[0])][-1]


def _table(table: Table, room: float = _TEXT) -> dict[str, Any]:
    """A table as its columns and lines; a list in several columns as parts side by side."""
    fields = cells.columns(table)
    dense = len(table.data) > _DENSE
    across = max(table.across, 1)
    given = widths(table, (room - _GAP * (across - 1)) / across, 9 if dense else 10, _PAD)
    begins = cells.row_header(table)  # what stands under a row begins at its name
    inner = sum(given[begins:]) - _PAD
    details = {position: _table(detail, inner) for position, detail in table.details}

    def detailed(row: dict[str, Any]) -> dict[str, Any]:
        return {**row, "detail": details.get(row["position"])} if "cells" in row else row

    parts = [list(map(detailed, cells.rows(table, *ends))) for ends in cells.parts_of(table)]
    return {
        "columns": [
            {
                "title": field.title,
                "unit": field.unit,
                "side": cells.side(field),
                "ruled": field.ruled,
                "width": round(width, 3),
            }
            for field, width in zip(fields, given, strict=True)
        ],
        "from": begins,
        "parts": parts,
        "dense": dense,
        "long": len(table.data) > _LONG,
    }
