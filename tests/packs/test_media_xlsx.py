"""The annex as a workbook: live where it can be, inert where it must be."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import openpyxl
import pandas as pd
import pytest

from pmo_kit.exhibits.records import Field
from pmo_kit.packs.media.xlsx import annex_bytes, sheet_names
from tests.packs.media_case import HOSTILE, meridian, small


@pytest.fixture(scope="module")
def content() -> bytes:
    return annex_bytes(small())


@pytest.fixture(scope="module")
def live(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="module")
def stored(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=True)


def rows(sheet: object) -> list[list[object]]:
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5, max_col=7)]  # type: ignore[attr-defined]


def test_a_sheet_says_what_it_is_and_where_it_comes_from(live: openpyxl.Workbook) -> None:
    sheet = live["3 table"]
    assert sheet["A1"].value == "Leak sensors use half"
    assert sheet["A2"].value == "EUR million"
    assert sheet["A3"].value == "▸ Nothing is over."
    assert sheet.freeze_panes == "A6"
    said = [cell.value for cell in sheet["A"] if cell.value]
    assert "Source: case.table · projects" in said


def test_sums_ratios_and_differences_are_formulas_with_their_values(
    live: openpyxl.Workbook, stored: openpyxl.Workbook
) -> None:
    formulas, values = rows(live["3 table"]), rows(stored["3 table"])
    assert formulas[0][:5] == ["project", "used", "limit", "left", "share"]
    assert formulas[4][1:4] == ["=SUM(B6:B8)", "=SUM(C6:C8)", "=SUM(D6:D8)"]
    assert values[4][1:4] == [15.0, 23.0, 8.0]
    assert [row[3] for row in formulas[1:4]] == ["=C6-B6", "=C7-B7", "=C8-B8"]
    assert [row[4] for row in formulas[1:4]] == ["=B6/C6", "=B7/C7", "=B8/C8"]
    assert values[2][4] == pytest.approx(7.5 / 9.0, rel=1e-15)
    assert values[4][4] == "n/a"


def test_what_is_left_follows_from_what_there_is_even_where_that_is_the_sum_by_chance() -> None:
    from tests.packs.media_case import collected, laid_out, table

    data = pd.DataFrame({"project": ["a", "b", "sum", "there", "carried", "left"]})
    numbers = {"2027": [3.0, 4.0, 7.0, 7.0, 0.0, 0.0], "2028": [1.0, 2.5, 3.5, 5.0, 1.0, 2.5]}
    fields = (Field("project", kind="text"), *(Field(year, year) for year in numbers))
    shown = table(data=data.assign(**numbers), columns=fields, totals=4)
    found = rows(openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(shown)]))))["1 table"])
    assert [row[1] for row in found[3:7]] == ["=SUM(B6:B7)", 7, 0, "=SUM(B9:B10)-B8"]
    assert [row[2] for row in found[3:7]] == ["=SUM(C6:C7)", 5, 1, "=SUM(C9:C10)-C8"]


def test_a_total_that_is_no_sum_stays_a_number() -> None:
    from tests.packs.media_case import collected, laid_out, table

    odd = table()
    odd.data.loc[3, "used"] = 99.0
    sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(odd)]))))["1 table"]
    assert sheet["B9"].value == 99.0
    assert sheet["C9"].value == "=SUM(C6:C8)"


def test_numbers_beside_words_stay_numbers() -> None:
    import pandas as pd

    from pmo_kit.exhibits.records import Field, Table
    from tests.packs.media_case import collected, laid_out

    data = pd.DataFrame({"what": ["a", "b", "c"], "n": [1.5, "none", float("inf")]})
    mixed = Table(id="t", alt="-", data=data, columns=(Field("what", kind="text"), Field("n")))
    sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(mixed)]))))["1 t"]
    assert [sheet.cell(row, 2).value for row in (6, 7, 8)] == [1.5, "none", "∞"]


def test_text_of_a_register_is_never_a_formula(live: openpyxl.Workbook) -> None:
    cell = live["3 table"]["A7"]
    assert cell.value == HOSTILE
    assert cell.data_type == "s"
    assert cell.quotePrefix
    said = live["2 m"]["B6"]
    assert (said.value, said.data_type) == (HOSTILE, "s")


def test_dates_are_dates_and_statuses_letters(live: openpyxl.Workbook) -> None:
    found = rows(live["3 table"])
    assert found[1][5] == dt.datetime(2026, 11, 30)
    assert [row[6] for row in found[1:4]] == ["R", "A", "G"]


def test_tiles_show_their_share_as_a_formula(live: openpyxl.Workbook, stored: openpyxl.Workbook) -> None:
    head = [cell.value for cell in live["1 k"][5]]
    column = head.index("used, %") + 1
    assert live["1 k"].cell(6, column).value == "=100*B6/C6"
    assert stored["1 k"].cell(6, column).value == 90.0
    assert live["1 k"].cell(7, column).value is None


def test_each_chart_is_native_and_drawn_from_the_rows(content: bytes, live: openpyxl.Workbook) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
    assert len(names) == 9
    sheet = live["4 bar"]
    linked = [
        cell.value for row in sheet.iter_rows(min_row=6, max_row=8, min_col=4) for cell in row if cell.value
    ]
    assert linked == ["Leak sensors", "=B6", "Own solar", "=B7", "Data platform", "=B8"]
    lines = [cell.value for row in sheet.iter_rows(max_col=2) for cell in row]
    assert lines[lines.index("the limit") + 1] == 2.5


def test_a_heatmap_is_a_grid_of_numbers(live: openpyxl.Workbook) -> None:
    found = [row[:3] for row in rows(live["13 heat"])[:3]]
    assert found == [["row", "a", "b"], ["P1", 1, 2], ["P2", 3, "n/a"]]


def test_the_contents_lead_to_every_sheet(live: openpyxl.Workbook) -> None:
    links = [cell.hyperlink.location for row in live["Contents"] for cell in row if cell.hyperlink]
    assert [link.split("'")[1] for link in links] == live.sheetnames[1:]


def test_names_of_sheets_are_short_and_one_each() -> None:
    names = sheet_names(["a." + "x" * 40, "b." + "x" * 40, "c.[a]:b/c"])
    assert len(set(names.values())) == 3
    assert max(map(len, names.values())) <= 31
    assert names["c.[a]:b/c"] == "3 a  b c"


def test_equal_packs_give_equal_bytes() -> None:
    assert annex_bytes(meridian()) == annex_bytes(meridian())
