"""Small registers to read: as CSV folders and as workbooks."""

from __future__ import annotations

import csv
import io
import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

AT_ONCE = 3


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of the files that stand for one kind, three are read with the fast tests, the others with the long ones."""
    seen = Counter[tuple[Path, str]]()
    for item in items:
        if (
            item.path.parent == Path(__file__).parent
            and hasattr(item, "callspec")
            and not list(item.iter_markers("long"))
        ):
            one = item.path, item.name.partition("[")[0]
            seen[one] += 1
            if seen[one] > AT_ONCE:
                item.add_marker(pytest.mark.long)


def each_once(one: list[Any], other: list[Any]) -> list[Any]:
    """Pairs of two lists: each of both stands in a fast case; the others are long."""
    pairs = itertools.product(enumerate(one), enumerate(other))
    far = min(len(one), len(other))
    return [pytest.param(a, b, marks=[pytest.mark.long] * ((i - j) % far != 0)) for (i, a), (j, b) in pairs]


SETTINGS = """key,value
name,Test
as_of,2026-09-30
currency,EUR
money_unit,million
price_basis,real
price_base_year,2026
discount_to,2027
"""
PROJECTS = """project_id,name,area,commitment,start,finish
P01,Pipes,Networks,discretionary,2027-01-01,2028-12-31
P02,Meters,Customer,discretionary,2027-01-01,2028-12-31
P03,Platform,Digital,discretionary,2027-01-01,2027-12-31
"""
COSTS = """project_id,year,kind,amount
P01,2027,capex,14
P01,2028,capex,14.5
P02,2027,capex,16
P03,2027,opex,4
"""

Tables = dict[str, str]


@pytest.fixture
def tables() -> Tables:
    """A small register without a fault."""
    return {"settings": SETTINGS, "projects": PROJECTS, "costs": COSTS}


@pytest.fixture
def folder(tmp_path: Path) -> Callable[[Tables], Path]:
    """Write tables (CSV text) as a folder."""

    def write(tables: Tables, name: str = "register") -> Path:
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        for table, text in tables.items():
            (place / f"{table}.csv").write_text(text, encoding="utf-8")
        return place

    return write


def lines_of(text: str) -> list[list[str]]:
    """CSV text as lines of cells."""
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[[Tables], Path]:
    """Write tables (CSV text) as a workbook, numbers as numbers."""

    def number(cell: str) -> object:
        try:
            return float(cell) if "." in cell else int(cell)
        except ValueError:
            return cell or None

    def write(tables: Tables, name: str = "register.xlsx") -> Path:
        book = openpyxl.Workbook()
        book.remove(book.worksheets[0])
        for table, text in tables.items():
            sheet = book.create_sheet(table)
            for line in lines_of(text):
                sheet.append([number(cell) for cell in line])
        book.save(tmp_path / name)
        return tmp_path / name

    return write
