"""Exhibits survive a notebook."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.exhibits import Exhibit, Field, Message, Table
from pmo_kit.exhibits.records import from_json, to_json
from pmo_kit.facts import UNPRINTABLE
from tests.exhibits import meridian_12

GOLDEN = Path(__file__).parents[1] / "golden" / "exhibits"
EVERY = [
    *meridian_12.page_one().values(),
    *meridian_12.charts(),
    meridian_12.cases(),
    meridian_12.watermelons(),
]


def through_a_notebook(exhibit: Exhibit) -> Exhibit:
    """As nbformat does it: keys sorted, text, back."""
    return from_json(json.dumps(to_json(exhibit), sort_keys=True, allow_nan=False))


@pytest.mark.parametrize("exhibit", EVERY, ids=lambda exhibit: exhibit.id)
def test_every_exhibit_comes_back(exhibit: Exhibit) -> None:
    back = through_a_notebook(exhibit)
    assert type(back) is type(exhibit)
    assert to_json(back) == to_json(exhibit)
    if hasattr(exhibit, "data"):
        pd.testing.assert_frame_equal(back.data, exhibit.data, check_index_type=False)
    for name in ("x", "y", "columns", "styles", "references", "items", "across", "totals", "layered"):
        if hasattr(exhibit, name):
            assert getattr(back, name) == getattr(exhibit, name)


def test_details_come_back() -> None:
    row, inner = through_a_notebook(meridian_12.decisions()).details[0]
    assert row == 1
    assert inner.data["y2027"].tolist() == meridian_12.funded().data["y2027"].tolist()


def test_missing_values_dates_and_types() -> None:
    data = pd.DataFrame(
        {
            "float": [1.5, float("nan"), float("inf")],
            "year": pd.array([2027, None, 2028], dtype="Int64"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "at": pd.to_datetime(["2026-09-30", None, "2027-01-01"]),
            "day": [dt.date(2026, 9, 30), None, dt.date(2027, 1, 1)],
            "text": pd.Series(["a", None, "c"], dtype="str"),
            "cell": [(("lead", "x"), ("small", "y")), "plain", None],
        }
    )
    table = Table(id="t", alt="-", data=data, columns=tuple(Field(name) for name in data))
    back = through_a_notebook(table).data
    assert back.dtypes.astype(str).tolist() == data.dtypes.astype(str).tolist()
    pd.testing.assert_frame_equal(back, data)


@given(st.lists(st.tuples(st.text(), st.none() | st.floats(allow_nan=False) | st.integers(-(2**53), 2**53))))
def test_any_rows_come_back(rows: list[tuple[str, float | None]]) -> None:
    data = pd.DataFrame({"name": [row[0] for row in rows], "value": [row[1] for row in rows]}, dtype="object")
    back = through_a_notebook(Table(id="t", alt="-", data=data, columns=(Field("name"), Field("value"))))
    printed = [(UNPRINTABLE.sub("\ufffd", name), value) for name, value in rows]  # what no medium prints is told
    assert [tuple(row) for row in back.data.to_numpy().tolist()] == printed


def test_what_is_no_exhibit_is_refused() -> None:
    with pytest.raises(ValueError, match="not an exhibit: None"):
        from_json({})
    with pytest.raises(ValueError, match="newer pmo_kit"):
        from_json({**to_json(Message(id="m", alt="-", items=())), "version": 99})


def test_the_written_form_is_stable() -> None:
    """Packs hash it: a change of form is a change of version."""
    written = json.dumps(to_json(meridian_12.prices()), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert written == (GOLDEN / "prices.json").read_text(encoding="utf-8")
