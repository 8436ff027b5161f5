"""Dates, years and periods as people write them; day first or month first is decided for a whole sheet."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Column
from pmo_kit.register.values import Parsed, clean_text, split_missing, words

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
SLASHED = r"(?:[A-Za-z]{2,9}\.?,? +)?(\d{1,2})([/.\-])(\d{1,2})[/.\-](\d{4}|\d{2})" + _CLOCK
"""A date of three numbers, the year last; the name of a weekday may stand before it."""
_PARTS = f"^{SLASHED}$"


def order_evidence(text: pd.Series) -> tuple[bool, bool]:
    """Tell whether any date proves that days come first, and whether any proves that months do.

    Points between the numbers are a proof of days first, unless the second number is no month.

    >>> order_evidence(pd.Series(["1/2/2027", "7/31/2027"])), order_evidence(pd.Series(["1/2/2027"]))
    ((False, True), (False, False))
    """
    parts = text.dropna().str.extract(_PARTS).dropna()
    first, second = parts[0].astype(int), parts[2].astype(int)
    day = ((first > 12) | (parts[1] == ".")) & (second <= 12)
    return bool(day.any()), bool(((second > 12) & (first <= 12)).any())


def dates_of(cells: pd.Series) -> pd.Series:
    """The dates of a column that stands alone: months first where one of them proves it, else days first."""
    return parse_date(cells, Column("date", "date"), month_first=order_evidence(clean_text(cells))[1]).values


def parse_date(
    cells: pd.Series, column: Column, *, epoch_1904: bool = False, month_first: bool | None = None
) -> Parsed:
    """Read dates: ISO, written months, workbook serials, and d/m/y or m/d/y as the sheet has them.

    Where `month_first` is None only those are read that can be read one way.
    """
    size, index = len(cells), cells.index
    nothing = np.zeros(size, dtype=bool)
    if pd.api.types.is_datetime64_any_dtype(cells):
        plain = cells.dt.tz_localize(None) if cells.dt.tz is not None else cells
        return Parsed(_days(plain), nothing, nothing.copy())
    text, reason = split_missing(clean_text(cells))
    text = text.str.replace(r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,.]+(?=\d)", "", regex=True)
    dates = pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    iso = text.str.extract(r"^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]\d{1,2}:\d{2}.*)?$").dropna()
    if len(iso):
        dates[iso.index] = _to_days(iso[0] + "-" + iso[1] + "-" + iso[2], "%Y-%m-%d")
    notes: list[tuple[str, str, str, np.ndarray | None]] = []
    rest = text.notna() & dates.isna()
    parts = text[rest].str.extract(_PARTS).dropna() if rest.any() else pd.DataFrame()
    if len(parts):
        read = _read_slashed(parts, month_first)
        dates[read.index] = read
        if month_first is not None:
            way = "month first" if month_first else "day first"
            notes.append(("info", "date_order", f"Dates such as 3/4/2027 were read {way}.", None))
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
        words = words.str.replace(r"\s+\d{1,2}:\d{2}.*$", "", regex=True)
        words = words.str.replace(r"\s+", " ", regex=True).str.strip()
        for form in _MONTH_FORMATS:
            open_words = words[dates[words.index].isna()]
            if len(open_words):
                dates[open_words.index] = _to_days(open_words, form)
    return Parsed(_days(dates), (text.notna() & dates.isna()).to_numpy(), reason, notes)


def _to_days(text: pd.Series, form: str) -> pd.Series:
    return pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]")


def _days(dates: pd.Series) -> pd.Series:
    """Dates at midnight, in the one unit that all tables use."""
    return dates.dt.normalize().astype("datetime64[us]")


def _read_slashed(parts: pd.DataFrame, month_first: bool | None) -> pd.Series:
    """Dates of three numbers, as far as they can be read."""
    first, second, year = (parts[number].astype(int) for number in (0, 2, 3))
    year = year.where(year >= 100, year + np.where(year >= 70, 1900, 2000))
    if month_first is None:
        clear = (first > 12) | (second > 12) | (parts[1] == ".") | (first == second)
        month = second.where(second <= 12, first)
        day = first.where(second <= 12, second)
        year, month, day = year[clear], month[clear], day[clear]
    else:
        swap = (parts[1] == ".") & (second <= 12) if month_first else pd.Series(False, index=parts.index)
        month, day = (first, second) if month_first else (second, first)
        month, day = month.where(~swap, second), day.where(~swap, first)
    read = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}), errors="coerce")
    return read.astype("datetime64[us]")


_YEAR = re.compile(
    rf"(?:(?P<word>{'|'.join(map(re.escape, words()['year']))})\.?\s*)?'?(?P<year>\d{{4}}|\d{{2}})(?:\.0)?"
    r"(?:\s*[-/–]\s*'?(?P<end>\d{4}|\d{2}))?"
)


def read_year(text: str) -> int | None:
    """Read a fiscal year; a year over two calendar years is named by the one in which it ends.

    >>> read_year("2027"), read_year("FY2026/27"), read_year("Jahr 2027"), read_year("2023-24 (forecast)")
    (2027, 2027, 2027, None)
    """
    match = _YEAR.fullmatch(text.strip().lower())
    if match is None or (
        len(match["year"]) == 2 and not (match["word"] or "").startswith(("f", "cy", "ye", "gj", "hj"))
    ):
        return None
    year = int(match["year"]) if len(match["year"]) == 4 else 2000 + int(match["year"])
    if match["end"]:
        end = int(match["end"]) if len(match["end"]) == 4 else year // 100 * 100 + int(match["end"])
        end += 100 if end < year else 0
        if end != year + 1:
            return None
        year = end
    return year if 1900 <= year <= 2200 else None


_MONTHS = dict(zip(calendar.month_abbr[1:], range(1, 13), strict=True))


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
        month = _MONTHS.get(match[1].capitalize(), 0)
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
