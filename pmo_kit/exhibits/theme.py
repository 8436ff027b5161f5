"""One look for every medium: colors, type, marks, notation and how numbers are written.

Sources: International Business Communication Standards (IBCS 1.2: what looks the same means the same) and the
palettes of the UK Government Analysis Function ("Data visualisation: colours in charts", WCAG 2.2).
"""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import re
import unicodedata
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from pmo_kit import facts
from pmo_kit.shipped import shipped

MINUS, MISSING, THIN_SPACE = facts.MINUS, facts.MISSING, facts.THIN_SPACE
format_number, is_missing = facts.number, facts.is_missing
_HOME = Path(__file__).parent

_KEPT, _UNSEEN = ("\n", "\u200b", "\u00ad"), ("Cc", "Cf")
_ESCAPED = re.compile(r"(\\\\)|\\u00[01].|\\[bfr]")
"""A control character in JSON; or, to be kept, a backslash."""

DARK_BLUE = "#12436D"
TURQUOISE = "#28A197"
DARK_PINK = "#801650"
ORANGE = "#F46A25"
DARK_GRAY = "#3D3D3D"
LIGHT_PURPLE = "#A285D1"
LIGHT_GRAY = "#BFBFBF"
PAPER = "#FFFFFF"
INK = "#333333"
QUIET = "#666666"
GRID = "#DDDDDD"

CATEGORIES = (DARK_BLUE, TURQUOISE, DARK_PINK, ORANGE, DARK_GRAY, LIGHT_PURPLE)
TWO_SERIES = (DARK_BLUE, ORANGE)

FONT = "Source Sans 3"
FONTS = f'"{FONT}", "Source Sans Pro", "Segoe UI", "Helvetica Neue", Arial, sans-serif'
SIZES = {"headline": 22, "text": 17, "label": 14, "small": 14}
"""Type in the notebook, in px; on A4 18, 10 and 7.5 pt, on slides 30, 19 and 14 pt."""


@dataclass(frozen=True)
class Look:
    """How a mark is drawn; `fill` is the inside, `line` the outline, which `hatch` draws across the inside too."""

    fill: str
    line: str
    text: str = INK
    hatch: bool = False
    width: float = 0.0
    dash: bool = False
    style: str = field(default="", compare=False)

    @property
    def shade(self) -> str:
        """The color of a line or a dot: the inside, or the outline where the inside is too light."""
        return self.line if self.fill in (PAPER, LIGHT_GRAY) else self.fill


LOOKS: dict[str, Look] = {
    "ordinary": Look(DARK_GRAY, DARK_GRAY),
    "actual": Look(DARK_GRAY, DARK_GRAY),
    "focus": Look(DARK_BLUE, DARK_BLUE, DARK_BLUE),
    "previous": Look(LIGHT_GRAY, QUIET, QUIET, dash=True),
    "plan": Look(PAPER, DARK_GRAY, width=1.5),
    "forecast": Look(PAPER, DARK_BLUE, DARK_BLUE, hatch=True, width=1.0, dash=True),
    "limit": Look(INK, INK, width=2.5),
    "good": Look(DARK_BLUE, DARK_BLUE, DARK_BLUE),
    "bad": Look(ORANGE, ORANGE),
    "muted": Look(LIGHT_GRAY, QUIET, QUIET, dash=True),
}


def look(style: str) -> Look:
    """The look of a style of `records.Style`.

    Raises
    ------
    ValueError
        For a style that the notation does not have; the message lists them.
    """
    if style not in LOOKS:
        raise ValueError(f"no style {style!r}; the notation has {', '.join(LOOKS)}")
    return replace(LOOKS[style], style=style)


DECISIONS: dict[str, tuple[str, str, str]] = {
    "stop": ("■", "STOP", "stop"),
    "fund": ("✓", "FUND", "fund"),
    "fund_to_next_gate": ("✓", "FUND TO GATE", "fund"),
    "fund_with_condition": ("✓", "FUND IF", "fund"),
    "refuse": ("×", "REFUSE", "refuse"),
    "defer": ("→", "DEFER", "defer"),
    "pause": ("‖", "PAUSE", "pause"),
    "decide": ("●", "DECIDE", "decide"),
    "note": ("·", "NOTE", "note"),
}
"""Decision -> mark, word and the class that colors it, on top of both."""

BADGES = {"stop": DARK_PINK, "fund": DARK_BLUE}
"""Class of a decision -> the color that fills it; the others are outlined."""

LEVELS = {"full": DARK_BLUE, "reduced": "#D3E6F6", "out": ""}
"""Level -> the color of a cell that is colored as a whole."""

RAG: dict[str, tuple[str, str, str, str]] = {
    "R": ("Red", "square", "#B3261E", "#FFFFFF"),
    "A": ("Amber", "diamond", "#F5B000", "#1E1E1E"),
    "G": ("Green", "circle", "#1B7F4B", "#FFFFFF"),
}
"""Letter -> word, shape, color of the shape, color of the letter."""


def contrast(color: str, other: str = PAPER) -> float:
    """Contrast of two colors, from 1 to 21 (WCAG 2.2: text needs 4.5, neighbors 3).

    Examples
    --------
    >>> round(contrast(DARK_BLUE), 1), round(contrast("#000000"), 1)
    (10.2, 21.0)
    """

    def luminance(shade: str) -> float:
        parts = [int(shade[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(color), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def readable(color: str, ground: str = PAPER) -> str:
    """A color for words on a ground: itself where it can be read there, else the ink, black or white that can.

    Examples
    --------
    >>> readable(ORANGE), readable(INK, DARK_BLUE), readable(DARK_BLUE)
    ('#333333', '#FFFFFF', '#12436D')
    """
    return next(ink for ink in (color, INK, PAPER, "#000000") if contrast(ink, ground) >= 4.5)


def format_value(field: Any, value: object) -> str:
    """A value of a column or axis in words: numbers with its decimals and sign, years and all else as they are."""
    plain = isinstance(value, str | bool | dt.date) or field.kind == "time" or is_missing(value)
    return format_text(value) if plain else format_number(value, field.decimals, field.signed)


def format_text(value: object) -> str:
    """A cell that is no number: dates as 2026-09-30, yes and no, texts as they are; n/a when missing.

    Examples
    --------
    >>> import datetime
    >>> format_text(datetime.datetime(2026, 9, 30)), format_text(True), format_text("P01")
    ('2026-09-30', 'yes', 'P01')
    """
    if is_missing(value):
        return MISSING
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


_WIDTHS: dict[str, str] = json.loads((_HOME / "fonts" / "widths.json").read_text(encoding="utf-8"))
_WIDTH_OF = {letter: int(width) for width, letters in _WIDTHS.items() for letter in letters}
BOLD_WIDTH = 1.065


def text_width(text: str, size: float, bold: bool = False) -> float:
    """Width of a line of text in the unit of `size`, from the advance widths of Source Sans 3.

    Letters that are not in the table count as wide ones, so that text is never cut off.

    Examples
    --------
    >>> round(text_width("33.5", 14), 1)
    24.4
    """
    thousandths = sum(_WIDTH_OF.get(letter, 600) for letter in text)
    return thousandths / 1000 * size * (BOLD_WIDTH if bold else 1.0)


def wrap(text: str, width: float, size: float, bold: bool = False) -> list[str]:
    """Break text into lines no wider than `width`; a longer word is parted with a hyphen.

    Examples
    --------
    >>> wrap("Data engineers, not money, limit 2028", 120, 14)
    ['Data engineers, not', 'money, limit 2028']
    >>> wrap("Recommended", 60, 14)
    ['Recomm-', 'ended']
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            for part in _parts(word, width, size, bold):
                trial = f"{line} {part}" if line else part
                if line and text_width(trial, size, bold) > width:
                    lines.append(line)
                    trial = part
                line = trial
        lines.append(line)
    return lines


def _parts(word: str, width: float, size: float, bold: bool) -> list[str]:
    """A word, parted where it is wider than a line; no part is shorter than three letters."""
    if len(word) < 7 or text_width(word, size, bold) <= width:
        return [word]
    fits = [cut for cut in range(3, len(word) - 2) if text_width(word[:cut] + "-", size, bold) <= width]
    cut = fits[-1] if fits else 3
    return [word[:cut] + "-", *_parts(word[cut:], width, size, bold)]


FONT_FOLDER = _HOME / "fonts"
"""The folder with the fonts, for Typst (`font_paths`) and matplotlib (`addfont`)."""


def fonts() -> tuple[Path, ...]:
    """The kit's fonts and those that an organization puts into `templates/report/fonts`."""
    return tuple(one for one in (FONT_FOLDER, shipped("templates", "report", "fonts")) if one.is_dir())


def printable(text: str, known: frozenset[int]) -> str:
    """A text with only the characters that can be printed.

    A character that no font has becomes a sign for a missing one; invisible marks, such as those that turn the
    direction of writing, are left out.

    Parameters
    ----------
    text : str
        Any text, JSON and SVG too: what is ASCII stays.
    known : frozenset of int
        Code points that can be printed, as `coverage` gives them.

    Examples
    --------
    >>> printable("Pump \U0001f6b0", frozenset(map(ord, "Pump □")))
    'Pump □'
    """
    sign = next((sign for sign in ("□", "\ufffd") if ord(sign) in known), "?")

    def printed(letter: str) -> str:
        kind = unicodedata.category(letter)
        if letter in _KEPT or (ord(letter) in known and kind not in _UNSEEN):
            return letter
        return "" if kind in (*_UNSEEN, "Mn") else sign

    return text.translate({ord(letter): printed(letter) for letter in set(text) if not " " <= letter <= "~"})


def lacking(text: str, known: frozenset[int]) -> str:
    """The letters of a text that `printable` replaces or drops, once each; invisible marks apart.

    Examples
    --------
    >>> lacking("Pump \U0001f6b0 \u202e", frozenset(map(ord, "Pump ")))
    '\U0001f6b0'
    """
    lost = (c for c in set(text) if not c.isascii() and ord(c) not in known)
    return "".join(sorted(c for c in lost if unicodedata.category(c) not in _UNSEEN))


@cache
def coverage(folders: tuple[Path, ...]) -> frozenset[int]:
    """The code points that every weight of at least one family in these folders can draw.

    Parameters
    ----------
    folders : tuple of Path
        Folders with .ttf or .otf files.

    Examples
    --------
    >>> found = coverage((FONT_FOLDER,))
    >>> ord("é") in found, ord("−") in found, ord("漢") in found
    (True, True, False)
    """
    from fontTools.ttLib import TTFont

    files = sorted(path for folder in folders for path in folder.glob("*") if path.suffix in (".ttf", ".otf"))
    families: dict[str, frozenset[int]] = {}
    for path in files:
        family = path.stem.rpartition("-")[0] or path.stem
        points = frozenset(TTFont(path, lazy=True).getBestCmap() or ())  # one of symbols has none
        families[family] = families.get(family, points) & points
    return frozenset().union(*families.values())


def paper(template: str, data: object, day: dt.date) -> bytes:
    """A tagged PDF by a Typst template of `templates/report`, which reads the data as JSON under its own name.

    Letters that no font has are printed as a sign for a missing one: PDF/UA-1 refuses them. A cell of a table that
    the template emphasizes heads its row.
    """
    import typst

    folders = fonts()
    content = facts.bound(_ESCAPED.sub(r"\1", json.dumps(data, ensure_ascii=False, allow_nan=False)))
    made = typst.compile(
        str(shipped("templates", "report", f"{template}.typ")),
        sys_inputs={template: printable(content, coverage(folders))},
        font_paths=[str(font) for font in folders],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC),
    )
    return _headed(made)


def _headed(made: bytes) -> bytes:
    """A PDF with its row headers (ISO 32000-1, 14.8.5.7), which Typst cannot mark: cells with emphasized words."""
    import pikepdf

    written, name, named = io.BytesIO(), pikepdf.Name, list[Any]()
    with pikepdf.open(io.BytesIO(made)) as pdf:
        tree, tags = pdf.Root.StructTreeRoot, [one for one in pdf.objects if isinstance(one, pikepdf.Dictionary)]
        for head in list[Any](one for one in tags if one.get("/S") == name.Em):
            while head.get("/S", name.TH) not in (name.TD, name.TH):  # the root, which no table holds, has none
                head = head.P
            if head.get("/S") == name.TD:
                head.S, head.ID = name.TH, pikepdf.String(f"R{len(named):06d}")  # before its columns' U0x0y0
                named += [head.ID, head]
                for cell in head.P.K:
                    cell.A[0].Headers.append(head.ID)
                head.A[0] = pikepdf.Dictionary(O=name.Table, Scope=name.Row, Headers=head.A[0].Headers[:-1])
        tree.IDTree = pikepdf.Dictionary(Names=[*named, *(tree.IDTree.Names if "/IDTree" in tree else [])])
        pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    return written.getvalue()


@cache
def css() -> str:
    """The style sheet `theme.css`: notebook, page and print."""
    return (_HOME / "theme.css").read_text(encoding="utf-8")


@cache
def font_css(weights: tuple[int, ...] = (400, 600, 700)) -> str:
    """`@font-face` rules with the fonts inside, so that a page needs no network (about 145 KB each)."""
    names = {400: "Regular", 600: "Semibold", 700: "Bold"}
    rules = []
    for weight in weights:
        data = (FONT_FOLDER / f"SourceSans3-{names[weight]}.ttf.woff2").read_bytes()
        source = f"url(data:font/woff2;base64,{base64.b64encode(data).decode('ascii')}) format('woff2')"
        rules.append(f"@font-face{{font-family:'{FONT}';font-weight:{weight};font-display:block;src:{source}}}")
    return "\n".join(rules)
