"""Text, categories and flags as people write them to typed columns; blank is missing, never zero."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Column

MISSING = re.compile(
    r"(?i)(n\s*/\s*a|n\.a\.?|#n/a|na|nan|none|null|tbc|tbd|tba|t\.b\.[acd]\.?|[-–—−]+|\?+|\.\.+|"
    r"not (applicable|available|known|yet known|set)|unknown|to be (confirmed|determined|agreed)"
    r"|(exempt|armp|redacted|withheld)\b.*|e\.g\. .*)"
)
_SPACES = "\u00a0\u202f\u2009\u2007\u2002\u2003\ufeff"
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


def clean_text(cells: pd.Series) -> pd.Series:
    """Text without outer blanks, `_x000D_` and odd spaces; empty text is missing. Dtype str."""
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.strftime("%Y-%m-%d")
    written = cells.to_numpy(dtype=object, na_value=None)
    if cells.dtype == "str":
        clean = {cell: _clean(cell) for cell in set(written) if cell is not None}
        texts = [clean.get(cell) for cell in written]
    else:
        texts = [_clean(_as_text(cell)) for cell in written]
    return pd.Series(texts, index=cells.index, dtype="str")


_ODD = re.compile(f"[{_SPACES}]|_x000D_")


def _clean(text: str) -> str | None:
    """One text cleaned; None when nothing is left."""
    if not text.isascii() or "_x000D_" in text:
        text = _ODD.sub(" ", text)
    text = text.strip()
    if text.startswith("'") and text[1:2] in ("=", "+", "-", "@"):
        text = text[1:]  # a quote that keeps a spreadsheet from running the text
    return text or None


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
