"""The catalogue of columns: every entry is used, none is doubtful, and a head is read as it is written."""

from __future__ import annotations

import ast
import csv
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.arbitration import Question, arbitrate
from pmo_kit.exhibits import Chart, Field, Table
from pmo_kit.exhibits.records import Kind
from pmo_kit.facts import Fact, Unit, facts_of, number, say
from pmo_kit.figures.arbitration import plan
from pmo_kit.figures.figure import axes, columns, figure
from pmo_kit.register import load_register

HOME = Path("pmo_kit/figures")


def listed() -> list[dict[str, str]]:
    """The list of figures."""
    with (HOME / "figures.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def heads() -> set[str]:
    """The names that the figures ask the catalogue for, in the list of figures and in their code."""
    told = [part.rpartition(" = ")[2] for row in listed() for part in re.split(r"\|+", row["columns"])]
    found = {part.partition(":")[0].strip().rstrip("?") for part in told}
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
    data = pd.DataFrame({"move": ["", None], "rag": ["", "R"]})
    head = "project | passed: passed: this time | * || value: planned net value | move? | rag? | gate? | change.risks"
    found = columns(head, [Field("2027", "2027")], data)
    assert [(one.name, one.title, one.ruled) for one in found] == [
        ("project", "project", False), ("passed", "passed: this time", False), ("2027", "2027", False),
        ("value", "planned net value", True), ("rag", "rated", False), ("change", "change", False),
    ]  # fmt: skip
    assert found[-1].formula == "exposure - before"
    with pytest.raises(KeyError, match="nobody"):
        columns("project | nobody")


def test_every_figure_stands_once_in_the_list_of_figures() -> None:
    rows = listed()
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


@given(st.lists(st.tuples(st.integers(-999, 999), st.integers(-999, 999)), min_size=1, max_size=6))
def test_a_column_that_is_a_difference_says_where_the_printed_amounts_give_another(
    cents: list[tuple[int, int]],
) -> None:
    data = pd.DataFrame(cents, columns=["after", "before"]) / 100
    data["change"] = data["after"] - data["before"]
    made = figure("page_one.amounts")(lambda: Table(data=data, columns=columns("before | after | change")))
    shown = data.map(lambda amount: Decimal(number(amount).replace("−", "-")))
    off = (shown["after"] - shown["before"] != shown["change"]).any()
    assert ("“change” may be one off" in made().note) == off


@given(st.lists(st.integers(-999, 999), min_size=2, max_size=6))
def test_a_bridge_says_where_its_printed_steps_do_not_add_up(cents: list[int]) -> None:
    ends = pd.Series(cents).cumsum() / 100
    data = pd.DataFrame(
        {"step": [f"s{n}" for n in range(len(cents))], "end": ends, "start": ends.shift(fill_value=0.0)}
    )
    data = pd.concat([data, pd.DataFrame({"step": ["now"], "end": ends.iloc[-1:], "start": [0.0]})], ignore_index=True)
    made = figure("page_one.amounts")(
        lambda: Chart(mark="bar", data=data, **axes(x=Field("end", "worth"), y="step", start="start.end"))
    )
    steps = [Decimal(number(step).replace("−", "-")) for step in data["end"] - data["start"]]
    assert ("the steps do not add up" in made().note) == (sum(steps[:-1]) != steps[-1])


def test_what_is_added_under_a_figure_loses_no_fact_of_its_note() -> None:
    data = pd.DataFrame({"what": "x", "n": [0.04, 0.04, 0.08]})
    fact = Fact("count", 17, Unit("projects"))
    table = Table(data=data, columns=(Field("what", kind="text"), Field("n", "money")), totals=1,
                  note=say("{n} hold risk already.", n=fact))  # fmt: skip
    made = figure("page_one.amounts")(lambda: table)()
    assert made.note.startswith("17 hold risk already. Rounded: ")
    assert facts_of(made.note) == (fact,)


def test_among_thousands_a_column_has_no_decimals(tmp_path: Path) -> None:
    source, copy = Path("data/samples/meridian_12"), tmp_path / "yen"
    shutil.copytree(source, copy)
    for name in ("costs", "benefits", "budgets"):
        table = pd.read_csv(copy / f"{name}.csv")
        table.assign(amount=table["amount"] * 123_456_789.1).to_csv(copy / f"{name}.csv", index=False)
    for folder, decimals in ((source, 1), (copy, 0)):
        shown = plan(arbitrate(Question(load_register(folder))), None)
        money = [
            one for one in shown.columns if one.kind == "number" and one.name in ("2027", "2028", "total", "value")
        ]
        assert [one.decimals for one in money] == [decimals] * 4
