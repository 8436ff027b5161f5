"""Text, categories and flags as people write them to typed columns; blank is missing, never zero."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from pmo_kit.register.schema import Column

_SIGN, _CODE = r"(?:[€£$¥₹₩]|(?:us|ca|au|nz|hk|sg|c|a|r)\$|kr)", r"(?-i:[A-Z]{3})"
_DASHES = rf"(?:{_SIGN}\s*|{_CODE}\s+)?[-–—−]+|[-–—−]+(?:\s*{_SIGN}|\s+{_CODE})"
NOTHING = re.compile(rf"(?i){_DASHES}|n\s*/\s*a\.?|n\.a\.?|na|nil|none|null|nan|\?+|\.\.+")
"""Ways to show that nothing is there, without a reason."""
MISSING = re.compile(
    rf"(?i){NOTHING.pattern[4:]}|tbc|tbd|tba|t\.b\.[acd]\.?|"
    r"not (applicable|available|known|yet known|set)|unknown|to be (confirmed|determined|agreed)"
    r"|(exempt|armp|redacted|withheld)\b.*|e\.g\. .*"
)
_SPACES = "\u00a0\u202f\u2009\u2007\u2002\u2003\x85\u2028\u2029"
ODD_SIGNS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
    "|_x00(?:0[0-8BCEF]|1[0-9A-F])_"
)
"""Signs that no sheet shows: control characters (also as a workbook writes them), zero-width and turning signs."""


@cache
def words() -> dict[str, Any]:
    """The words around numbers (see words.yml)."""
    text = Path(__file__).with_name("words.yml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def one_of(name: str) -> str:
    """A pattern that fits one of the words of a list, whole."""
    found = sorted(map(re.escape, words()[name]), key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(found)})(?!\w)"


_TRUE = {"yes", "y", "true", "t", "1", "x", "✓", "on", "oui", "ja", "si", "sí"}
_FALSE = {"no", "n", "false", "f", "0", "off", "non", "nein"}
LONGEST = 160
EMPTY_DTYPES = {
    "id": "str",
    "text": "str",
    "category": "str",
    "value": "str",
    "period": "str",
    "number": "float64",
    "year": "Int64",
    "date": "datetime64[us]",
    "flag": "boolean",
}


@dataclass(eq=False)
class Parsed:
    """A typed column; where cells could not be read, where they say why they are empty, and what to report.

    `notes` holds (severity, rule, message, mask): one note for the column, or findings for rows of the mask.
    """

    values: pd.Series
    bad: np.ndarray
    reason: np.ndarray
    notes: list[tuple[str, str, str, np.ndarray | None]] = field(default_factory=list)

    def scaled(self, factor: float) -> Parsed:
        """The same column with its numbers in another unit."""
        return Parsed(self.values * factor, self.bad, self.reason, self.notes)


def joined(parts: list[Parsed]) -> Parsed:
    """One column from parts that have their values in different rows."""
    values, notes = parts[0].values, list(parts[0].notes)
    for part in parts[1:]:
        values, notes = values.fillna(part.values), notes + part.notes
    bad, reason = (np.any([getattr(part, name) for part in parts], axis=0) for name in ("bad", "reason"))
    return Parsed(values, bad, reason, notes)


_PLAIN = {str, int, float, bool, type(None)}


def clean_text(cells: pd.Series) -> pd.Series:
    """Text without outer blanks, `_x000D_` and odd spaces; empty text is missing. Dtype str."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.strftime("%Y-%m-%d")
    written = cells.to_numpy(dtype=object, na_value=None)
    if cells.dtype == "str":
        clean = {cell: _clean(cell) for cell in set(written) if cell is not None}
        texts = [clean.get(cell) for cell in written]
    else:
        known: dict[tuple[type, object], str | None] = {}
        texts = []
        for cell in written:
            key = (cell.__class__, cell if cell.__class__ in _PLAIN else str(cell))
            if key not in known:
                known[key] = _clean(_as_text(cell))
            texts.append(known[key])
    return pd.Series(texts, index=cells.index, dtype="str")


_ODD = re.compile(f"[{_SPACES}]|_x000D_")


def _clean(text: str) -> str | None:
    """One text cleaned and composed (NFC); None when nothing is left."""
    if not text.isascii() or not text.isprintable() or "_x00" in text:
        text = ODD_SIGNS.sub("", _ODD.sub(" ", unicodedata.normalize("NFC", text)))
    text = text.strip()
    if text.startswith("'") and text[1:2] in ("=", "+", "-", "@"):
        text = text[1:]  # a quote that keeps a spreadsheet from running the text
    return text or None


def folded(text: object) -> str:
    """A header in one form: lower case, no line breaks, underscores, stars or colons.

    >>> folded(" Project_Name\\n*")
    'project name'
    """
    plain = unicodedata.normalize("NFKC", str(text)).casefold()
    return re.sub(r"[\s_]+", " ", plain).strip(" :*.")


_TWINS = str.maketrans(
    "аеорсухіјѕһԁԛԝԍвкмнтАВЕКМНОРСТУХІЈЅΑΒΕΖΗΙΚΜΝΟΡΤΥΧοανρτικυχ",
    "aeopcyxijshdqwgbkmhtABEKMHOPCTYXIJSABEZHIKMNOPTYXoavptikux",
)
"""Cyrillic and Greek letters that look like Latin ones."""


def look_alike(text: str) -> str:
    """A text in the form in which texts that look alike are equal: case, blanks, width, accents, scripts, last points.

    >>> look_alike("Networks. ") == look_alike("networks"), look_alike("Ｐ０１"), look_alike("1") == look_alike("001")
    (True, 'p01', False)
    >>> look_alike("Nоrth") == look_alike("North"), look_alike("Réseau")  # the first o is Cyrillic
    (True, 'reseau')
    """
    plain = unicodedata.normalize("NFKD", ODD_SIGNS.sub("", text)) if not text.isascii() else text
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).translate(_TWINS).casefold()
    return re.sub(r"[\s_\-–—]+", " ", plain).strip(" .,;:") or plain


def near_words(value: str, known: Iterable[str]) -> str:
    """Did you mean: the known value that is most like another one, in words; empty where none is.

    >>> near_words("Nort", ["North", "South"])
    ' Did you mean "North"?'
    """
    forms = {look_alike(one): one for one in known}
    found = difflib.get_close_matches(look_alike(value), forms, n=1, cutoff=0.7)
    if not found:
        return ""
    same = " (they differ in case, blanks or signs that look alike)" if found[0] == look_alike(value) else ""
    return f' Did you mean "{forms[found[0]]}"?{same}'


def nearest(lost: Iterable[str], known: set[str]) -> dict[str, str]:
    """For each lost value what it most likely means, in words (see `near_words`)."""
    return {value: near_words(value, known) for value in lost}


def is_total(text: object) -> bool:
    """True when a text is a total word and nothing else but a year, a unit or a colon.

    >>> is_total("Total 2027:"), is_total("Gesamt (T€)"), is_total("Total-ERP"), is_total("Total quality programme")
    (True, True, False, False)
    """
    if not isinstance(text, str) or not text:
        return False
    bare = re.sub(r"[(\[].*?[)\]]|\b(?:19|20)\d\d\b", " ", folded(text))
    return re.sub(r"\s+", " ", bare).strip(" :-–=") in words()["totals"]


def _as_text(cell: object) -> str:
    """One workbook cell as text: 12.0 is "12", a date is ISO, True is "yes"."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return "yes" if cell else "no"
    if isinstance(cell, (int, np.integer)):
        return str(cell)
    if isinstance(cell, (float, np.floating)):
        number = float(cell)
        if np.isnan(number):
            return ""
        whole = np.isfinite(number) and number == int(number) and abs(number) < 1e15
        return str(int(number)) if whole else repr(number)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def split_missing(text: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Set cells that say why they are empty ("TBC", "Exempt ...") to missing; tell where they were."""
    reason = text.str.fullmatch(MISSING, na=False).to_numpy(dtype=bool)
    return text.mask(reason), reason


def parse_flag(cells: pd.Series, column: Column) -> Parsed:
    """Read yes / no."""
    text, reason = split_missing(clean_text(cells))
    low = text.str.lower()
    values = pd.Series(pd.NA, index=cells.index, dtype="boolean")
    values[low.isin(_TRUE)] = True
    values[low.isin(_FALSE)] = False
    return Parsed(values, (text.notna() & values.isna()).to_numpy(), reason)


def parse_text(cells: pd.Series, column: Column) -> Parsed:
    """Read free text; an identifier also loses inner line breaks."""
    text = clean_text(cells)
    reason = text.str.startswith("e.g. ", na=False).to_numpy(dtype=bool)  # left over from an example row
    text = text.mask(reason)
    if column.type == "id":
        text = text.str.replace(r"\s+", " ", regex=True)
    return Parsed(text, np.zeros(len(text), dtype=bool), reason)


def parse_category(cells: pd.Series, column: Column) -> Parsed:
    """Read one of the allowed values, whatever its case; without a list any text will do."""
    text, reason = split_missing(clean_text(cells))
    if not column.allowed:
        return Parsed(text, np.zeros(len(text), dtype=bool), reason)
    known = {_folded(value): value for value in column.allowed}
    known |= {_folded(key): value for key, value in column.values.items()}
    written = pd.unique(text.dropna())
    table = {value: known.get(_folded(value)) for value in written}
    values = text.map(table).astype("str")
    return Parsed(values, (text.notna() & values.isna()).to_numpy(), reason)


def _folded(value: str) -> str:
    return re.sub(r"[\s_\-]+", "_", value.strip().casefold())


def shown(value: object) -> str:
    """Write a cell as text on one line, cut when it is long."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA or value is pd.NaT:
        return ""
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
