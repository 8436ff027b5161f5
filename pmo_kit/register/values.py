"""One column of cells, as people write them, to one typed column: nothing guessed cell by cell.

Styles (decimal comma, day first) are decided for a whole column and reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from numbers import Number

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Column

MISSING = re.compile(
    r"(?i)(n\s*/\s*a|n\.a\.?|#n/a|na|nan|none|null|tbc|tbd|tba|t\.b\.[acd]\.?|[-–—−]+|\?+|\.\.+|"
    r"not (applicable|available|known|yet known|set)|unknown|to be (confirmed|determined|agreed)"
    r"|(exempt|armp|redacted|withheld)\b.*)"
)
_SPACES = "\u00a0\u202f\u2009\u2007\u2002\u2003\ufeff"
_TRUE = {"yes", "y", "true", "t", "1", "x", "✓", "on", "oui", "ja", "si", "sí"}
_FALSE = {"no", "n", "false", "f", "0", "off", "non", "nein"}
_SCALES = {"unit": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SUFFIXES = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "mil": 1e6, "million": 1e6, "millions": 1e6,
    "bn": 1e9, "b": 1e9, "billion": 1e9, "billions": 1e9, "mrd": 1e9,
}  # fmt: skip
CURRENCIES = {"€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "₩": "KRW", "zł": "PLN", "chf": "CHF"}
_SIGNS = r"€|£|\$|¥|₹|₩|zł|(?:us|ca|au|nz|hk|sg)\$"
_NUMBER = re.compile(
    r"(?ix)(?P<open>\()?\s*(?P<sign>[-+−–])?\s*(?P<before>" + _SIGNS + r"|\b[a-z]{3}\b)?\s*(?P<sign2>[-+−–])?\s*"
    r"(?P<digits>\d[\d.,'’\s]*|[.,]\d+)(?P<exponent>e[-+]?\d+)?\s*"
    r"(?P<suffix>k|thousand|m|mn|mio|mil|millions?|bn|b|billions?|mrd)?\.?\s*(?P<percent>%)?\s*"
    r"(?P<after>" + _SIGNS + r"|\b[a-z]{3}\b)?\s*(?P<minus>[-−])?\s*(?P<close>\))?"
)


@dataclass(eq=False)
class Parsed:
    """A typed column; where cells could not be read, where they say why they are empty, and what to report.

    `notes` holds (severity, rule, message, mask): one note for the column, or findings for rows of the mask.
    """

    values: pd.Series
    bad: np.ndarray
    reason: np.ndarray
    notes: list[tuple[str, str, str, np.ndarray | None]] = field(default_factory=list)


def clean_text(cells: pd.Series) -> pd.Series:
    """Text without outer blanks, `_x000D_` and odd spaces; empty text is missing. Dtype str."""
    if cells.dtype == "str":
        text = cells
    elif pd.api.types.is_datetime64_any_dtype(cells):
        text = cells.dt.strftime("%Y-%m-%d").astype("str")
    else:
        text = pd.Series([_as_text(cell) for cell in cells.astype(object)], index=cells.index, dtype="str")
    if text.str.contains(f"[{_SPACES}]|_x000D_", regex=True, na=False).any():
        text = text.str.replace(f"[{_SPACES}]", " ", regex=True).str.replace("_x000D_", " ", regex=False)
    text = text.str.strip()
    return text.mask(text == "")


def _as_text(cell: object) -> str | float:
    """One workbook cell as text: 12.0 is "12", a date is ISO, True is "yes"."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return np.nan
    if isinstance(cell, (bool, np.bool_)):
        return "yes" if cell else "no"
    if isinstance(cell, (int, np.integer)):
        return str(cell)
    if isinstance(cell, (float, np.floating)):
        return np.nan if np.isnan(cell) else (str(int(cell)) if cell == int(cell) and abs(cell) < 1e15 else repr(float(cell)))  # fmt: skip
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def _split_missing(text: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Set cells that say why they are empty ("TBC", "Exempt ...") to missing; tell where they were."""
    reason = text.str.fullmatch(MISSING, na=False).to_numpy(dtype=bool)
    return text.mask(reason), reason


def decimal_evidence(text: pd.Series) -> tuple[bool, bool]:
    """Tell whether any cell proves a decimal point, and whether any proves a decimal comma.

    >>> decimal_evidence(pd.Series(["1.234,50", "12"], dtype="str"))
    (False, True)
    >>> decimal_evidence(pd.Series(["1,234", "12"], dtype="str"))
    (False, False)
    """
    tail = r"\s*(?:[^\d.,]*)$"
    point = r"\d\.\d{1,2}" + tail + r"|\.\d{4,}" + tail + r"|,\d{3}\.\d|\d(?:,\d{3}){2,}" + tail + r"|(?:^|\D)0\.\d"
    comma = r"\d,\d{1,2}" + tail + r"|,\d{4,}" + tail + r"|\.\d{3},\d|\d(?:\.\d{3}){2,}" + tail + r"|(?:^|\D)0,\d"
    text = text.dropna()
    with_comma = text[text.str.contains(",", regex=False)]
    has_comma = bool(len(with_comma)) and bool(with_comma.str.contains(comma, regex=True).any())
    several = text.str.count(r"\.") > 1
    has_comma = has_comma or bool(text[several].str.contains(comma, regex=True).any())
    return bool(text.str.contains(point, regex=True).any()), has_comma


def _one_number(text: str, comma: bool | None) -> tuple[float, str, str] | None:
    """Read one number: value, scale suffix, currency; None when it is not a number."""
    match = _NUMBER.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    digits = re.sub(r"['’\s]", "", match["digits"]).rstrip(".,")
    if comma is None:  # decide by this cell alone
        last = max(digits.rfind("."), digits.rfind(","))
        tail = digits[last + 1 :] if last >= 0 else ""
        both = "." in digits and "," in digits
        sure = both or len(tail) != 3 or digits.startswith(("0.", "0,"))
        if last >= 0 and not sure and digits.count(digits[last]) == 1:
            return None
        comma = last >= 0 and digits[last] == "," and digits.count(",") == 1
    digits = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    try:
        value = float(digits + (match["exponent"] or ""))
    except ValueError:
        return None
    signs = [sign for sign in (match["sign"], match["sign2"], match["minus"]) if sign and sign != "+"]
    if len(signs) > 1 or not np.isfinite(value):
        return None
    value = -value if signs or match["open"] else value
    value = value / 100 if match["percent"] else value
    mark = (match["before"] or match["after"] or "").lower()
    currency = CURRENCIES.get(mark, mark.upper())
    return value, (match["suffix"] or "").lower(), currency


def parse_number(
    cells: pd.Series, column: Column, *, comma: bool | None = False, money_unit: str | None = None, currency: str = ""
) -> Parsed:
    """Read numbers as people write them: signs, separators, k / m / bn, brackets, percent.

    Parameters
    ----------
    cells : Series
        Text, numbers or a mix.
    column : Column
        Says whether the numbers are money.
    comma : bool or None
        True: the column has a decimal comma; None: no one style, each cell must be clear by itself.
    money_unit : str or None
        Unit of the settings; an amount with a suffix ("1.2m") is brought to it. None: not stated.
    currency : str
        ISO code of the settings; another one in a cell is refused.
    """
    index = cells.index
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        values = cells.astype("Float64").astype("float64")
        return Parsed(values, np.isinf(values.to_numpy()), np.zeros(len(values), dtype=bool))
    native = np.zeros(len(cells), dtype=bool)
    if cells.dtype == object:
        native = np.array([isinstance(c, Number) and not isinstance(c, bool) for c in cells], dtype=bool)
    text, reason = _split_missing(clean_text(cells))
    values = pd.to_numeric(text.where(native) if comma is not False else text, errors="coerce").astype("float64")
    values = values.where(np.isfinite(values))
    rest = np.flatnonzero((text.notna() & values.isna()).to_numpy())
    result, bad = values.to_numpy(copy=True), np.zeros(len(cells), dtype=bool)
    scaled, foreign, percent = bad.copy(), bad.copy(), bad.copy()
    for position in rest:
        cell = text.iloc[position]
        found = _one_number(cell, comma)
        if found is None:
            bad[position] = True
            continue
        value, suffix, sign = found
        if sign and column.is_money and sign != currency:
            foreign[position] = bool(currency) or sign not in CURRENCIES.values()
        if sign and not column.is_money and sign not in CURRENCIES.values():
            bad[position] = True
            continue
        if suffix:
            if column.is_money and money_unit not in _SCALES:
                bad[position] = True
                continue
            value *= _SUFFIXES[suffix] / (_SCALES[money_unit or "unit"] if column.is_money else 1.0)
            scaled[position] = True
        percent[position] = "%" in cell
        result[position] = value
    notes: list[tuple[str, str, str, np.ndarray | None]] = []
    if comma and rest.size:
        notes.append(("info", "decimal_comma", "Read with a decimal comma.", None))
    if scaled.any():
        notes.append(("info", "scale_suffix", "{value} was brought to the money unit of the settings.", scaled))
    if foreign.any():
        message = f"{{value}} is in another currency than the settings say ({currency or 'none'})."
        notes.append(("block", "currency_mixed", message, foreign))
    return Parsed(pd.Series(result, index=index), bad, reason, notes)


_MONTH_FORMATS = (
    "%d %B %Y", "%d %b %Y", "%B %d %Y", "%b %d %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%Y %b %d", "%Y %B %d",
)  # fmt: skip
_SLASHED = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})(?:[ T]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?)?$"


def parse_date(cells: pd.Series, column: Column, *, epoch_1904: bool = False) -> Parsed:
    """Read dates: ISO, written months, workbook serials, and d/m/y or m/d/y decided for the whole column.

    A column of slashed dates that fits both orders is read day first and reported as ambiguous.
    """
    size, index = len(cells), cells.index
    nothing = np.zeros(size, dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(cells):
        return Parsed(_days(cells.dt.tz_localize(None) if cells.dt.tz is not None else cells), nothing, nothing.copy())
    text, reason = _split_missing(clean_text(cells))
    dates = pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    iso = text.str.fullmatch(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[ T]\d{1,2}:\d{2}.*)?", na=False)
    if iso.any():
        days = text[iso].str.slice(0, 10).str.replace("/", "-", regex=False).str.split("[ T]", n=1, regex=True).str[0]
        dates[iso] = _to_days(days, "%Y-%m-%d")
    notes: list[tuple[str, str, str, np.ndarray | None]] = []
    rest = text.notna() & dates.isna()
    if rest.any():
        parts = text[rest].str.extract(_SLASHED).dropna()
        if len(parts):
            _read_slashed(parts, dates, notes)
    rest = text.notna() & dates.isna()
    if rest.any():
        serial = pd.to_numeric(text[rest], errors="coerce")
        serial = serial[(serial >= 15000) & (serial <= 80000)]
        if len(serial):
            origin = "1904-01-01" if epoch_1904 else "1899-12-30"
            dates[serial.index] = pd.to_datetime(np.floor(serial), unit="D", origin=origin).astype("datetime64[us]")
            notes.append(("info", "date_serial", "Day numbers of a workbook were read as dates.", None))
        words = text[rest & dates.isna()].str.replace(r"(?<=\d)(st|nd|rd|th)\b|[.,]", " ", regex=True)
        words = words.str.replace(r"\s+\d{1,2}:\d{2}.*$", "", regex=True).str.replace(r"\s+", " ", regex=True).str.strip()
        for form in _MONTH_FORMATS:
            open_words = words[dates[words.index].isna()]
            if not len(open_words):
                break
            dates[open_words.index] = _to_days(open_words, form)
    bad = (text.notna() & dates.isna()).to_numpy()
    return Parsed(_days(dates), bad, reason, notes)


def _to_days(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]")


def _days(dates: pd.Series) -> pd.Series:
    """Dates at midnight, in the one unit that all tables use."""
    return dates.dt.normalize().astype("datetime64[us]")


def _read_slashed(parts: pd.DataFrame, dates: pd.Series, notes: list) -> None:
    """Fill slashed dates, day first or month first for the whole column; say which."""
    first, second, year = (parts[number].astype(int) for number in range(3))
    year = year.where(year >= 100, np.where(year >= 70, year + 1900, year + 2000))
    day_proof, month_proof = bool((first > 12).any()), bool((second > 12).any())
    if day_proof and month_proof:  # no one order: only the cells that can be read one way are read
        clear = (first > 12) | (second > 12)
        day, month = first.where(first > 12, second), second.where(first > 12, first)
        year, day, month = year[clear], day[clear], month[clear]
        notes.append(("warn", "date_order_mixed", "Day-first and month-first dates are mixed in this column.", None))
    elif month_proof:
        day, month = second, first
        notes.append(("info", "date_order", "Dates were read month first (a day above 12 proves it).", None))
    else:
        day, month = first, second
        if day_proof:
            notes.append(("info", "date_order", "Dates were read day first (a day above 12 proves it).", None))
        else:
            text = "Dates such as 03/04/2027 can be read two ways; they were read day first."
            notes.append(("warn", "date_ambiguous", text, None))
    pieces = pd.DataFrame({"year": year, "month": month, "day": day})
    read = pd.to_datetime(pieces, errors="coerce").astype("datetime64[us]")
    dates[read.index] = read


def parse_flag(cells: pd.Series, column: Column) -> Parsed:
    """Read yes / no."""
    text, reason = _split_missing(clean_text(cells))
    low = text.str.lower()
    values = pd.Series(pd.NA, index=cells.index, dtype="boolean")
    values[low.isin(_TRUE)] = True
    values[low.isin(_FALSE)] = False
    return Parsed(values, (text.notna() & values.isna()).to_numpy(), reason)


def parse_text(cells: pd.Series, column: Column) -> Parsed:
    """Read free text; an identifier also loses inner line breaks."""
    text = clean_text(cells)
    reason = np.zeros(len(text), dtype=bool)
    if column.type == "id":
        text = text.str.replace(r"\s+", " ", regex=True)
    return Parsed(text, reason.copy(), reason)


def parse_category(cells: pd.Series, column: Column) -> Parsed:
    """Read one of the allowed values, whatever its case; without a list any text will do."""
    text, reason = _split_missing(clean_text(cells))
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


def read_year(text: str) -> int | None:
    """Read a fiscal year; a year over two calendar years is named by the one in which it ends.

    >>> read_year("2027"), read_year("FY2026/27"), read_year("FY27"), read_year("2023-24 (forecast)")
    (2027, 2027, 2027, None)
    """
    text = text.strip().lower()
    match = re.fullmatch(r"(?:fy|f\.y\.|year|financial year|fiscal year)?\s*'?(\d{4}|\d{2})(?:\.0)?(?:\s*[-/–]\s*'?(\d{4}|\d{2}))?", text)
    if match is None or (len(match[1]) == 2 and not text.startswith("f")):
        return None
    year = int(match[1]) if len(match[1]) == 4 else 2000 + int(match[1])
    if match[2]:
        end = int(match[2]) if len(match[2]) == 4 else year // 100 * 100 + int(match[2])
        end += 100 if end < year else 0
        if end != year + 1:
            return None
        year = end
    return year if 1900 <= year <= 2200 else None


_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}


def read_period(text: str) -> str | None:
    """Read a year, quarter or month into its one form: "2028", "2028-Q1", "2026-09".

    >>> read_period("Q1 2028"), read_period("2028q3"), read_period("Sep 2026"), read_period("2026/9")
    ('2028-Q1', '2028-Q3', '2026-09', '2026-09')
    """
    low = text.strip().lower()
    if match := re.fullmatch(r"(?:fy\s*)?(\d{4})[\s\-/]*q([1-4])|q([1-4])[\s\-/]*(?:fy\s*)?(\d{4})", low):
        return f"{match[1] or match[4]}-Q{match[2] or match[3]}"
    if match := re.fullmatch(r"(\d{4})[-/](\d{1,2})(?:-01(?:[ t]00:00(:00)?)?)?", low):
        month = int(match[2])
        if 1 <= month <= 12:
            return f"{match[1]}-{month:02d}"
    if match := re.fullmatch(r"([a-z]{3})[a-z]*\.?[\s\-/]*(\d{4})", low):
        month = _MONTHS.get(match[1], 0)
        return f"{match[2]}-{month:02d}" if month else None
    year = read_year(text)
    return None if year is None else str(year)


def _by_distinct(cells: pd.Series, read: Callable[[str], object], dtype: str) -> Parsed:
    """Parse a column that has few distinct texts by a function of one text."""
    text, reason = _split_missing(clean_text(cells))
    table = {value: read(value) for value in pd.unique(text.dropna())}
    values = pd.Series(text.map(table), index=cells.index)
    values = values.astype("Float64").astype(dtype) if dtype == "Int64" else values.astype(dtype)
    return Parsed(values, (text.notna() & values.isna()).to_numpy(), reason)


def parse_year(cells: pd.Series, column: Column) -> Parsed:
    """Read fiscal years."""
    return _by_distinct(cells, read_year, "Int64")


def parse_period(cells: pd.Series, column: Column) -> Parsed:
    """Read years, quarters and months."""
    return _by_distinct(cells, read_period, "str")


EMPTY_DTYPES = {
    "id": "str", "text": "str", "category": "str", "value": "str", "period": "str",
    "number": "float64", "year": "Int64", "date": "datetime64[us]", "flag": "boolean",
}  # fmt: skip
