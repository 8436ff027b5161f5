"""Wide forms: one column a year, period, criterion or role, melted into rows; nothing filled is lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pmo_kit.register.amounts import without_unit
from pmo_kit.register.dates import read_period, read_year
from pmo_kit.register.findings import Findings
from pmo_kit.register.layout import Body, folded
from pmo_kit.register.schema import Table, Wide
from pmo_kit.register.values import shown

_WITH_CATEGORY = re.compile(r"(\D+?)[\s:|/\-–]+(\S*\d.*)$|(\S*\d\S*)[\s:|\-–]+(\D+)$")


@dataclass(frozen=True)
class WideColumn:
    """What a header of a wide form says: a value of the variable, and of categories ("Opex 2028")."""

    variable: str
    categories: Mapping[str, str] = field(default_factory=dict)


def _categories(text: str, table: Table) -> dict[str, str] | None:
    """The category that a piece of a header names, or None."""
    for column in table:
        for value in column.allowed:
            if folded(value) == folded(text):
                return {column.name: value}
    return None


def _read_header(header: str, table: Table, kind: str, known: frozenset[str]) -> WideColumn | None:
    """Read one header of a wide form; None when it is none."""
    if kind not in ("year", "period"):
        if not header or not known:
            return WideColumn(header) if header else None
        name = next((name for name in known if folded(name) == folded(header)), None)
        return None if name is None else WideColumn(name)

    header = without_unit(header)

    def read(text: str) -> str | None:
        year = read_year(text) if kind == "year" else None
        return read_period(text) if kind == "period" else None if year is None else str(year)

    value = read(header)
    if value is not None:
        return WideColumn(value)
    match = _WITH_CATEGORY.match(header)
    if match is None:
        return None
    categories, value = _categories(match[1] or match[4], table), read(match[2] or match[3])
    return None if categories is None or value is None else WideColumn(value, categories)


def find_wide_form(
    table: Table, matched: Mapping[str, int], headers: list[str], rest: list[int], known: frozenset[str]
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
    """
    for wide in table.wide:
        if wide.variable in matched or wide.value in matched:
            continue
        kind = table[wide.variable].type
        found: dict[int, WideColumn] = {}
        for place in rest:
            column = _read_header(shown(headers[place]), table, kind, known)
            if column is not None and not set(column.categories) & set(matched):
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
    """One row for each filled cell of the wide columns, in the order of the sheet."""
    places = list(variables)
    grid = np.column_stack([body.cells[place].astype(object).to_numpy() for place in places])
    filled = np.array(
        [[not (pd.isna(cell) or str(cell).strip() == "") for cell in line] for line in grid], bool
    )
    filled = filled.reshape(len(body.cells), len(places))
    line, column = np.nonzero(filled)
    for number in np.flatnonzero(~filled.any(axis=1)):
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
