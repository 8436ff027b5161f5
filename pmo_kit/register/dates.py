"""Dates, years and periods as people write them; day first or month first is decided for a whole column."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Column
from pmo_kit.register.values import Parsed, clean_text, split_missing

_MONTH_FORMATS = (
    "%d %B %Y",
    "%d %b %Y",
    "%B %d %Y",
    "%b %d %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %y",
    "%Y %b %d",
    "%Y %B %d",
    "%d/%b/%y",
    "%d/%b/%Y",
)
_CLOCK = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?)?"
_SLASHED = r"^(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{2}|\d{4})" + _CLOCK + "$"


def parse_date(cells: pd.Series, column: Column, *, epoch_1904: bool = False) -> Parsed:
    """Read dates: ISO, written months, workbook serials, and d/m/y or m/d/y decided for the whole column.

    A column of slashed dates that fits both orders is read day first and reported as ambiguous.
    """
    size, index = len(cells), cells.index
    nothing = np.zeros(size, dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(cells):
        return Parsed(
            _days(cells.dt.tz_localize(None) if cells.dt.tz is not None else cells), nothing, nothing.copy()
        )
    text, reason = split_missing(clean_text(cells))
    text = text.str.replace(r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,.]+(?=\d)", "", regex=True)
    dates = pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    iso = text.str.fullmatch(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:[ T]\d{1,2}:\d{2}.*)?", na=False)
    if iso.any():
        days = (
            text[iso]
            .str.slice(0, 10)
            .str.replace("/", "-", regex=False)
            .str.split("[ T]", n=1, regex=True)
            .str[0]
        )
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
            dates[serial.index] = pd.to_datetime(np.floor(serial), unit="D", origin=origin).astype(
                "datetime64[us]"
            )
            notes.append(("info", "date_serial", "Day numbers of a workbook were read as dates.", None))
        words = text[rest & dates.isna()].str.replace(r"(?<=\d)(st|nd|rd|th)\b|[.,]", " ", regex=True)
        words = (
            words.str.replace(r"\s+\d{1,2}:\d{2}.*$", "", regex=True)
            .str.replace(r"\s+", " ", regex=True)
            .str.strip()
        )
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
    year = year.where(year >= 100, year + np.where(year >= 70, 1900, 2000))
    day_proof = bool(((first > 12) & (second <= 12)).any())
    month_proof = bool(((second > 12) & (first <= 12)).any())
    if day_proof and month_proof:  # no one order: only the cells that can be read one way are read
        clear = (first > 12) | (second > 12)
        day, month = first.where(first > 12, second), second.where(first > 12, first)
        year, day, month = year[clear], day[clear], month[clear]
        notes.append(
            ("warn", "date_order_mixed", "Day-first and month-first dates are mixed in this column.", None)
        )
    elif month_proof:
        day, month = second, first
        notes.append(("info", "date_order", "Dates were read month first (a day above 12 proves it).", None))
    else:
        day, month = first, second
        if day_proof:
            notes.append(
                ("info", "date_order", "Dates were read day first (a day above 12 proves it).", None)
            )
        else:
            text = "Dates such as 03/04/2027 can be read two ways; they were read day first."
            notes.append(("warn", "date_ambiguous", text, None))
    pieces = pd.DataFrame({"year": year, "month": month, "day": day})
    read = pd.to_datetime(pieces, errors="coerce").astype("datetime64[us]")
    dates[read.index] = read


def read_year(text: str) -> int | None:
    """Read a fiscal year; a year over two calendar years is named by the one in which it ends.

    >>> read_year("2027"), read_year("FY2026/27"), read_year("FY27"), read_year("2023-24 (forecast)")
    (2027, 2027, 2027, None)
    """
    text = text.strip().lower()
    match = re.fullmatch(
        r"(?:fy|f\.y\.|year|financial year|fiscal year)?\s*'?(\d{4}|\d{2})(?:\.0)?"
        r"(?:\s*[-/–]\s*'?(\d{4}|\d{2}))?",
        text,
    )
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


_MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}


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
    text, reason = split_missing(clean_text(cells))
    table = {value: read(value) for value in pd.unique(text.dropna())}
    values = pd.Series(text.map(table), index=cells.index)
    values = values.astype("Float64").astype("Int64") if dtype == "Int64" else values.astype("str")
    return Parsed(values, (text.notna() & values.isna()).to_numpy(), reason)


def parse_year(cells: pd.Series, column: Column) -> Parsed:
    """Read fiscal years."""
    return _by_distinct(cells, read_year, "Int64")


def parse_period(cells: pd.Series, column: Column) -> Parsed:
    """Read years, quarters and months."""
    return _by_distinct(cells, read_period, "str")
