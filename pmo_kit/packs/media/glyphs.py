"""Which characters a font has, read from its own table, so that no letter is lost on paper without a sign."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

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
        found = "" if value.isascii() else value
        kinds = ("Cc", "Cf")
        return "".join(
            sorted({c for c in found if ord(c) not in known and unicodedata.category(c) not in kinds})
        )
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
    more = [
        f" and {len(all_) - most} more" if len(all_) > most else ""
        for all_, most in ((letters, _TOLD), (where, 3))
    ]
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
