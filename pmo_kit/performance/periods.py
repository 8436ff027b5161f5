"""Periods as whole months, so that months, quarters and years stand on one line of time; tables row by row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

PATTERN = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(\d{2})))?")


def last_month(period: str, fiscal_year_start: int = 1) -> tuple[int, int]:
    """Return the last calendar month of a period (counted from year 0) and its length in months.

    Years and quarters are fiscal; a fiscal year has the name of the calendar year in which it ends.

    Raises
    ------
    ValueError
        If the text is not like 2028, 2028-Q1 or 2026-09.

    Examples
    --------
    >>> last_month("2026-09"), last_month("2026-Q3"), last_month("2026")
    ((24320, 1), (24320, 3), (24323, 12))
    """
    found = PATTERN.fullmatch(str(period))
    if not found:
        raise ValueError(f"{period} is not a period: write 2028, 2028-Q1 or 2026-09.")
    year, quarter, month = found.groups()
    if month:
        return int(year) * 12 + int(month) - 1, 1
    end = int(year) * 12 + (fiscal_year_start - 2) % 12
    return (end - 12 + 3 * int(quarter), 3) if quarter else (end, 12)


def months_of(periods: pd.Series, fiscal_year_start: int = 1) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the last month and the length of every period of a column."""
    codes, names = pd.factorize(periods)
    pairs = np.array([last_month(name, fiscal_year_start) for name in names], dtype=np.int64).reshape(-1, 2)
    return pairs[codes, 0], pairs[codes, 1]


def month_of(day: date | pd.Timestamp) -> int:
    """Return the last month that has ended on a day.

    Examples
    --------
    >>> month_of(date(2026, 9, 30)) - month_of(date(2026, 9, 29))
    1
    """
    stamp = pd.Timestamp(day)
    return int(stamp.year * 12 + stamp.month - 1 - (not stamp.is_month_end))


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Yield every row as a named tuple (whose types pandas cannot state)."""
    yield from table.itertuples()


def called(projects: pd.DataFrame, project: object, otherwise: object = "") -> str:
    """Return the name of a project; else the other name given; else its id."""
    if project in projects.index:
        return str(projects.at[project, "name"])
    return str(otherwise) if isinstance(otherwise, str) and otherwise else str(project)
