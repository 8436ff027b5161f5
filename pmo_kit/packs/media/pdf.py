"""The papers of a pack by Typst, tagged, without a browser: `pack.pdf`, a letter a sponsor, `provenance.pdf`."""

from __future__ import annotations

import datetime as dt
import json
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmo_kit.disk import scratch
from pmo_kit.errors import PackError
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import source_line, widths
from pmo_kit.exhibits.pictures import picture
from pmo_kit.exhibits.records import Chart, Exhibit, Kpi, Message, Table
from pmo_kit.packs.layout import addressee
from pmo_kit.packs.media.html import COLUMN_WIDTH, TEXT_WIDTH
from pmo_kit.shipped import shipped

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected, Outline

_KEPT = ("\n", "\u200b", "\u00ad")
_SIGNS = ("□", "\ufffd", "?")
_TOLD = 8


def printable(value: Any, known: frozenset[int]) -> Any:
    """Texts in nested lists and mappings with only the characters that can be printed.

    A character that no font has becomes a sign for a missing one; invisible marks, such as those that turn the
    direction of writing, are left out.

    Parameters
    ----------
    value : object
        Texts, lists, mappings; anything else is returned as it is.
    known : frozenset of int
        Code points that can be printed, as `coverage` gives them.

    Examples
    --------
    >>> printable(["Pump \U0001f6b0", 3.0], frozenset(map(ord, "Pump □")))
    ['Pump □', 3.0]
    """
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value
        sign = next((sign for sign in _SIGNS if ord(sign) in known), "?")
        return "".join(_printed(letter, known, sign) for letter in value)
    if isinstance(value, dict):
        return {key: printable(item, known) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [printable(item, known) for item in value]
    return value


def lacking(value: Any, known: frozenset[int]) -> str:
    """The letters in nested lists and mappings that `printable` replaces or drops, once each; invisible marks apart.

    Examples
    --------
    >>> lacking({"title": "Pump \U0001f6b0 \u202e"}, frozenset(map(ord, "Pump ")))
    '\U0001f6b0'
    """
    if isinstance(value, str):
        found = set() if value.isascii() else set(value)
        lost = (c for c in found if ord(c) not in known and unicodedata.category(c) not in ("Cc", "Cf"))
        return "".join(sorted(lost))
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return "".join(sorted(set().union(*(lacking(part, known) for part in parts))))


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


def _printed(letter: str, known: frozenset[int], sign: str) -> str:
    if letter in _KEPT or (ord(letter) in known and unicodedata.category(letter) not in ("Cc", "Cf")):
        return letter
    return "" if unicodedata.category(letter) in ("Cc", "Cf", "Mn") else sign


@cache
def coverage(folders: tuple[Path, ...]) -> frozenset[int]:
    """The code points that every weight of at least one family in these folders can draw.

    Parameters
    ----------
    folders : tuple of Path
        Folders with .ttf or .otf files.

    Examples
    --------
    >>> from pmo_kit.exhibits import theme
    >>> found = coverage((theme.font_folder(),))
    >>> ord("é") in found, ord("−") in found, ord("漢") in found
    (True, True, False)
    """
    files = sorted(path for folder in folders for path in folder.glob("*") if path.suffix in (".ttf", ".otf"))
    families: dict[str, frozenset[int]] = {}
    for path in files:
        family = path.stem.rpartition("-")[0] or path.stem
        points = frozenset(_points(path.read_bytes()))
        families[family] = families.get(family, points) & points
    return frozenset().union(*families.values())


def _points(font: bytes) -> Iterator[int]:
    """Code points in the `cmap` table of an OpenType font (formats 4 and 12 of the specification)."""
    count = struct.unpack_from(">H", font, 4)[0]
    tables = (struct.unpack_from(">4sLLL", font, 12 + 16 * n) for n in range(count))
    at = next(offset for tag, _, offset, _ in tables if tag == b"cmap")
    for n in range(struct.unpack_from(">H", font, at + 2)[0]):
        start = at + struct.unpack_from(">HHL", font, at + 4 + 8 * n)[2]
        form = struct.unpack_from(">H", font, start)[0]
        if form == 4:
            yield from _segments(font, start)
        elif form == 12:
            for group in range(struct.unpack_from(">L", font, start + 12)[0]):
                first, last, _ = struct.unpack_from(">LLL", font, start + 16 + 12 * group)
                yield from range(first, last + 1)


def _segments(font: bytes, start: int) -> Iterable[int]:
    count = struct.unpack_from(">H", font, start + 6)[0] // 2
    lasts = struct.unpack_from(f">{count}H", font, start + 14)
    firsts = struct.unpack_from(f">{count}H", font, start + 16 + 2 * count)
    return (point for a, b in zip(firsts, lasts, strict=True) for point in range(a, b + 1) if point != 0xFFFF)


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

    with scratch() as folder:
        folders = fonts()
        known = coverage(folders)
        content = printable(_Writer(folder, known).document(outline, kind), known)
        (folder / "pack.json").write_text(json.dumps(content, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        template = shipped("templates", "report", "pack.typ")
        (folder / "pack.typ").write_bytes(template.read_bytes())
        day = outline.spec.date or outline.settings.as_of or dt.date(1980, 1, 1)
        try:
            pages = typst.compile(
                str(folder / "pack.typ"),
                root=str(folder),
                font_paths=[str(font) for font in folders],
                ignore_system_fonts=True,
                format="pdf",
                pdf_standards=["ua-1"],
                timestamp=dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC),
            )
        except typst.TypstError as error:
            raise PackError(_told(error, outline)) from error
    assert isinstance(pages, bytes)
    return pages


def fonts() -> tuple[Path, ...]:
    """The kit's fonts and those that an organization puts into `templates/report/fonts`."""
    own = shipped("templates", "report", "fonts")
    return (theme.font_folder(), own) if own.is_dir() else (theme.font_folder(),)


def _told(error: Any, outline: Outline) -> str:
    """Typst's refusal in words."""
    if _TOO_LONG in str(error):
        return (
            f"Page one of {outline.spec.title} does not fit one page: shorten the texts of its requests, or list "
            "fewer decisions."
        )
    return f"{outline.spec.title}: the PDF could not be set. Typst says: {error}"


class _Writer:
    """Turns exhibits into what the template reads, and charts into pictures beside it."""

    def __init__(self, folder: Path, known: frozenset[int]) -> None:
        self.folder, self.known = folder, known
        self.printed: set[str] = set()

    def document(self, outline: Outline, kind: str) -> dict[str, Any]:
        """A whole paper as lists, texts and numbers."""
        spec, settings = outline.spec, outline.settings
        self.printed = {item.id for part in outline.chapters for item in part.items}
        to = addressee(outline.letters[0]) if kind == "letters" else ""
        day = spec.date or settings.as_of
        about = {"pack": spec.title, "letters": f"{spec.title}: letter to {to}",
                 "provenance": f"{spec.title}: where every number comes from"}[kind]  # fmt: skip
        return {
            "kind": kind,
            "title": f"{about} (DRAFT)" if spec.status == "DRAFT" else about,
            "name": spec.title,
            "author": outline.manifest["register"]["name"],
            "committee": spec.committee,
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
            "rag": {letter: [fill, ink] for letter, (_, fill, ink) in theme.RAG.items()},
            "front": self._front(outline) if kind == "pack" else None,
            "to": to,
            "date": day.isoformat() if day else "",
            "letters": self._exhibits(outline.letters) if kind == "letters" else [],
            "missing": list(outline.missing),
            "chapters": [
                {
                    "number": "" if part.annex else str(part.number),
                    "title": part.title,
                    "question": part.question,
                    "lead": list(part.lead),
                    "missing": list(part.missing),
                    "exhibits": self._exhibits(part.items),
                }
                for part in outline.chapters
                if kind == "pack"
            ],
            "provenance": outline.provenance if kind == "provenance" else None,
        }

    def _front(self, outline: Outline) -> dict[str, Any] | None:
        front = outline.front
        if front is None:
            return None
        headline = front.headline.exhibit
        sub = [outline.spec.committee, headline.unit_line or outline.settings.unit]
        return {
            "headline": _even(front.lines),
            "sub": " · ".join(part for part in sub if part),
            "tiles": self._exhibit(front.tiles, TEXT_WIDTH) if front.tiles else None,
            "decisions": self._exhibit(front.decisions, TEXT_WIDTH) if front.decisions else None,
            "deciding": front.deciding,
            "left": self._exhibits(front.left, COLUMN_WIDTH),
            "right": self._exhibits(front.right, COLUMN_WIDTH),
            "notes": [*front.notes, *([outline.settings.notice] if outline.settings.notice else [])],
            "missing": list(front.missing),
        }

    def _exhibits(self, items: Sequence[Collected], width: int = TEXT_WIDTH) -> list[dict[str, Any]]:
        return [self._exhibit(item, width) for item in items]

    def _exhibit(self, item: Collected, width: int) -> dict[str, Any]:
        exhibit = item.printed
        return {
            "id": exhibit.id,
            "title": exhibit.title,
            "unit": exhibit.unit_line,
            "takeaway": exhibit.takeaway,
            "note": exhibit.note,
            "source": source_line(exhibit),
            "alt": cells.spoken(exhibit),
            "links": [[words, id] for words, id in item.refers.items() if id in self.printed],
            **self._body(exhibit, width),
        }

    def _body(self, exhibit: Exhibit, width: int) -> dict[str, Any]:
        if isinstance(exhibit, Chart):
            plain, place = re.sub(r"[^a-zA-Z0-9_.-]", "_", exhibit.id), len(list(self.folder.glob("*.svg")))
            name = f"{plain}_{place}.svg"
            (self.folder / name).write_text(printable(picture(exhibit, width), self.known), encoding="utf-8")
            return {"kind": "chart", "picture": name}
        if isinstance(exhibit, Table):
            return {"kind": "table", **_table(exhibit, _TEXT if width == TEXT_WIDTH else _COLUMN)}
        if isinstance(exhibit, Kpi):
            return {"kind": "tiles", "tiles": cells.tiles(exhibit)}
        assert isinstance(exhibit, Message)
        return {"kind": "message", "items": [list(pair) for pair in exhibit.items]}


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
