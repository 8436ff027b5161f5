"""What a record refuses."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from pmo_kit.exhibits import Chart, Field, Kpi, Table, cells
from pmo_kit.exhibits.records import Mark, to_json, words

DATA = pd.DataFrame({"project": ["P01"], "cost": [14.0]})


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ValueError, match=r"exhibit a\.b: no column 'price' in its data; it has project, cost"):
        Chart(id="a.b", alt="-", mark="bar", data=DATA, x=Field("price"), y=Field("project", kind="text"))
    with pytest.raises(ValueError, match="no column 'area'"):
        Table(id="a.b", alt="-", data=DATA, columns=(Field("cost"),), group=Field("area"))
    with pytest.raises(ValueError, match="no column 'label'"):
        Kpi(id="a.b", alt="-", data=DATA)


def test_details_stand_under_a_row() -> None:
    inner = Table(id="in", alt="-", data=DATA, columns=(Field("cost"),))
    with pytest.raises(ValueError, match="details name row 1, the table has 1 rows"):
        Table(id="out", alt="-", data=DATA, columns=(Field("cost"),), details=((1, inner),))


def test_words_of_runs() -> None:
    cell = (("lead", "Customer app"), ("text", ", until 2028."), ("line", "Owner"), ("small", "page 2"))
    assert words(cell) == "Customer app, until 2028.\nOwner\npage 2"
    assert words("plain") == "plain"


def test_what_no_medium_prints_is_a_sign_in_every_text() -> None:
    """A control character or half a character in a title would cost a whole medium."""
    odd = "a\x00b\x1b\ud800\ufffe\x85\n"
    cell = (("lead", odd), ("text", "plain"))
    table = Table(
        id="a.b", alt=odd, title=odd, data=DATA.astype(object).assign(project=[cell], odd=odd),
        columns=(Field("odd", odd),),
        inputs={odd: odd},
    )  # fmt: skip
    told = json.dumps(to_json(table), ensure_ascii=False)
    assert "a�b���" in told
    assert not [letter for letter in json.loads(told)["title"] if letter in "\x00\x1b\ud800\ufffe"]
    assert told.encode().count("�".encode()) == 4 * 7
    assert [part for part in ("u0000", "u001b") if part in told] == []


@pytest.mark.parametrize(
    ("mark", "what"), [("heatmap", "Heat map of"), ("bar", "Bar chart of"), ("interval", "Interval chart of")]
)
def test_a_chart_is_told_as_what_it_is(mark: Mark, what: str) -> None:
    chart = Chart(title="All is well", mark=mark, data=DATA, x=Field("cost"), y=Field("project", kind="text"))
    assert cells.spoken(chart) == f"{what} cost by project: All is well."
