"""The catalogue of columns: every entry is used, none is doubtful, and a head is read as it is written."""

from __future__ import annotations

import ast
import csv
import re
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.exhibits import Field, Table
from pmo_kit.exhibits.records import Kind
from pmo_kit.facts import number
from pmo_kit.figures.figure import columns, figure

HOME = Path("pmo_kit/figures")


def heads() -> set[str]:
    """The names that the figures ask the catalogue for."""
    found = set()
    for file in HOME.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                parts = node.value.replace("||", "|").split("|")
                found |= {part.partition(":")[0].strip() for part in parts}
    return found


def test_the_catalogue_holds_what_is_shown_and_nothing_else() -> None:
    with (HOME / "columns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [row["name"] for row in rows]
    assert names == sorted(set(names))
    assert {row["kind"] for row in rows} <= set(get_args(Kind))
    assert set(names) - heads() == set()


def test_a_head_is_read_as_it_is_written() -> None:
    found = columns("project | passed: passed: this time || value: planned net value", "", "change.risks")
    assert [(one.name, one.title, one.ruled) for one in found] == [
        ("project", "project", False), ("passed", "passed: this time", False),
        ("value", "planned net value", True), ("change", "change", False),
    ]  # fmt: skip
    assert found[-1].formula == "exposure - before"
    with pytest.raises(KeyError, match="nobody"):
        columns("project | nobody")


def test_every_figure_stands_once_in_the_list_of_figures() -> None:
    with (HOME / "figures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids))
    drawn = [
        name for file in HOME.glob("*.py") for name in re.findall(r'^@figure\("(.+)"\)$', file.read_text("utf-8"), re.M)
    ]
    assert sorted(drawn) == ids
    assert not [row["id"] for row in rows if bool(row["needs"]) != bool(row["shows"])]


@given(st.lists(st.integers(-999, 999), min_size=1, max_size=8), st.booleans())
def test_a_column_whose_printed_parts_do_not_add_up_says_so(cents: list[int], effects: bool) -> None:
    """Hundredths, printed with one decimal: what a reader adds up gives the total, or is said not to."""
    amounts = [cent / 100 for cent in cents]
    sums = [0.25, sum(amounts) + 0.25] if effects else [sum(amounts)]
    data = pd.DataFrame({"what": "x", "n": [*amounts, *sums]})
    made = figure("page_one.amounts")(
        lambda: Table(data=data, columns=(Field("what", kind="text"), Field("n", "money")), totals=len(sums))
    )
    printed = [Decimal(str(number(value)).replace("−", "-")) for value in data["n"]]
    assert ("“money” do not add up" in made().note) == (sum(printed[:-1]) != printed[-1])
