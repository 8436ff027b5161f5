"""Wide forms: one column a year, period, criterion or role, melted into rows; nothing filled is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.register.amounts import without_unit
from pmo_kit.register.dates import parse_date, read_period, read_year
from pmo_kit.register.findings import Findings
from pmo_kit.register.schema import Column, Table, Wide
from pmo_kit.register.sheets import Body
from pmo_kit.register.values import MISSING, NOTHING, clean_text, folded, one_of, shown, words

_DATE = Column("header", "date")
_PLANNED = {"state": "planned"}

_YEAR_PART = re.compile(
    r"(?i)(?:\b(?:fye?|cye?|ye|gj|hj)\s*)?'?(?<!\d)(?:19|20|21)\d\d(?!\d)(?:\s*[-/–]\s*'?(?:\d{4}|\d{2})\b)?|\b(?:fye?|cye?|gj|hj)\s*'?\d\d"
    r"(?:[-/–]\d\d)?"
)


_OPEN = re.compile(rf"\d\s*(?:\+|\.\.+|…|→|>|[-–—/]\s*$|ff\b)|^\W*(?:>|≥|→)|{one_of('later')}", re.I)


def open_ended(header: str) -> bool:
    """True when a header of a year says that later years are in it too.

    >>> [open_ended(one) for one in ("2029+", "2029 ff.", "2029–", "from 2029 on", "2029-30", "Plan 2029")]
    [True, True, True, True, False, False]
    """
    return any(sign.isdigit() for sign in header) and _OPEN.search(header) is not None


@dataclass(frozen=True)
class WideColumn:
    """What a header of a wide form says: a value of the variable, and of categories ("Opex 2028")."""

    variable: str
    categories: Mapping[str, str] = field(default_factory=dict)


def _categories(text: str, table: Table) -> dict[str, str] | None:
    """The categories that the words of a header beside its year name; None where a word names none."""
    found: dict[str, str] = {}
    parts = [word for word in re.split(r"[\s:|/–,()_\-]+", folded(text)) if word]
    for column in table:
        known = {folded(value): value for value in column.allowed} | {
            folded(k): v for k, v in column.values.items()
        }
        whole = " ".join(parts)
        if whole in known:
            return {column.name: known[whole]}
        for word in [word for word in parts if word in known and column.name not in found]:
            found[column.name] = known[word]
            parts.remove(word)
    return found if all(word in words()["planned"] for word in parts) else None


_LIKE_A_DATE = re.compile(
    r"\d\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d|\d[.\s-]*[^\W\d]{3,}\.?[\s,-]*\d|[^\W\d]{3,}\.?\s+\d{1,2}\b,?\s+\d{2}"
)
"""A day, a month and a year, in digits or with a written month: only such a header is parsed as a date."""


@lru_cache(maxsize=8192)
def _year_of(text: str, first_month: int) -> int | None:
    """The fiscal year that a header names: a year, or a date in it."""
    year = read_year(text)
    if year is None and text.strip().isdigit():
        return None
    if year is not None:
        return None if first_month > 1 and text.strip().lower().startswith("cy") else year
    month = read_period(text)
    if month is not None and "Q" not in month and len(month) == 7:
        return int(month[:4]) + (1 < first_month <= int(month[5:]))
    if not _LIKE_A_DATE.search(text):
        return None
    cell = pd.Series([text], dtype="str")
    days = [parse_date(cell, _DATE, month_first=order).values.iloc[0] for order in (False, True)]
    years = {day.year + (1 < first_month <= day.month) for day in days if not pd.isna(day)}
    return int(years.pop()) if len(years) == 1 else None


def read_header(
    header: str, table: Table, kind: str, known: frozenset[str], first_month: int = 1
) -> WideColumn | None:
    """Read one header of a wide form; None when it is none.

    Parameters
    ----------
    header : str
    table : Table
    kind : str
        Type of the variable.
    known : frozenset of str
        Criteria that exist; empty when nobody says.
    first_month : int
        Month in which the fiscal year starts: a calendar year is then no fiscal year.
    """
    if kind not in ("year", "period"):
        if not header or not known:
            return WideColumn(header) if header else None
        name = next((name for name in known if folded(name) == folded(header)), None)
        return None if name is None else WideColumn(name)
    header = without_unit(header).strip()
    if not any(sign.isdigit() for sign in header) or open_ended(header):
        return None

    def read(text: str) -> str | None:
        year = _year_of(text, first_month) if kind == "year" else read_period(text)
        return None if year is None else str(year)

    value = read(header)
    if value is not None:
        return WideColumn(value)
    for part in _YEAR_PART.finditer(header) if kind == "year" else ():
        rest = f"{header[: part.start()]} {header[part.end() :]}"
        value, letter = read(part[0]), header[part.end() : part.end() + 1].lower()
        if letter == "a" and not header[part.end() + 1 :].strip():  # 2027A: actual
            rest = "actual"
        categories = _categories(rest, table)
        if value is not None and categories is not None:
            return WideColumn(value, categories)
    if kind == "period" and (
        match := re.fullmatch(r"(\D+?)[\s:|/\-–]+(\S*\d.*)|(\S*\d\S*)[\s:|\-–]+(\D+)", header)
    ):
        categories, value = _categories(match[1] or match[4], table), read(match[2] or match[3])
        return None if categories is None or value is None else WideColumn(value, categories)
    return None


def find_wide_form(
    table: Table,
    matched: Mapping[str, int],
    headers: list[str],
    rest: list[int],
    known: frozenset[str],
    first_month: int = 1,
) -> tuple[Wide | None, dict[int, WideColumn]]:
    """The wide form that a sheet uses, and what each of its columns stands for.

    Parameters
    ----------
    table : Table
    matched : mapping
        Columns that are matched already -> position.
    headers : list of str
    rest : list of int
        Positions of the other headers.
    known : frozenset of str
        Criteria that exist; empty when nobody says.
    first_month : int
        Month in which the fiscal year starts.
    """
    for wide in table.wide:
        if wide.variable in matched or wide.value in matched:
            continue
        kind = table[wide.variable].type
        found: dict[int, WideColumn] = {}
        for place in rest:
            column = read_header(shown(headers[place]), table, kind, known, first_month)
            if column is None or (set(column.categories) & set(matched) and column.categories != _PLANNED):
                continue
            if set(column.categories) & set(matched):  # a plan, where each row says its state
                column = WideColumn(column.variable)
            found[place] = column
        if found:
            return wide, found
    return None, {}


def melt(
    body: Body,
    raw: dict[str, pd.Series],
    headers: dict[str, str | np.ndarray],
    wide: Wide,
    variables: dict[int, WideColumn],
    findings: Findings,
    file: str,
    sheet: str,
) -> tuple[dict[str, pd.Series], dict[str, str | np.ndarray], np.ndarray]:
    """One row for each filled cell of the wide columns, in the order of the sheet; dashes and "n/a" fill none."""
    places = list(variables)
    grid = np.column_stack([body.cells[place].astype(object).to_numpy() for place in places])
    filled = np.zeros(grid.shape, bool)
    for number, place in enumerate(places):
        text = clean_text(body.cells[place])
        missing = text.str.fullmatch(MISSING, na=False).to_numpy(bool)
        filled[:, number] = text.notna().to_numpy(bool) & ~missing
        for row in np.flatnonzero(missing & ~text.str.fullmatch(NOTHING, na=False).to_numpy(bool)):
            text_ = f'{wide.value} is missing; the reason given is "{text.iloc[row]}".'
            where: Any = {
                "file": file,
                "sheet": sheet,
                "row": int(body.rows[row]),
                "column": shown(body.headers[place]),
            }
            findings.add("info", "missing_with_reason", text_, value=text.iloc[row], **where)
    line, column = np.nonzero(filled)
    for number in map(int, np.flatnonzero(~filled.any(axis=1))):
        text = f"The row has no {wide.value} in any column; it gives no data."
        findings.add("info", "row_without_values", text, file=file, sheet=sheet, row=int(body.rows[number]))
    long = {name: cells.iloc[line] for name, cells in raw.items()}
    values = pd.Series(grid[line, column], dtype=object)
    if all(isinstance(value, str) for value in values):
        values = values.astype("str")
    long[wide.value] = values
    titles = np.array([shown(body.label(place)) for place in places], dtype=object)[column]
    said = {wide.variable: [variables[place].variable for place in places]}
    for name in dict.fromkeys(name for one in variables.values() for name in one.categories):
        said[name] = [variables[place].categories.get(name, "") for place in places]
    for name, texts in said.items():
        long[name] = pd.Series(np.array(texts, dtype=object)[column], dtype="str")
    return long, {**headers, wide.value: titles, **dict.fromkeys(said, titles)}, body.rows[line]
