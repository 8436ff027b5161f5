"""The annex as a workbook: live where it can be, inert where it must be."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from dataclasses import replace

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries

from pmo_kit.exhibits.records import Chart, Exhibit, Field, Message, Table
from pmo_kit.figures import overview
from pmo_kit.packs.media.office import spec
from pmo_kit.packs.media.xlsx import SHEETS, annex_bytes, placing
from pmo_kit.register import load_register
from pmo_kit.shipped import shipped
from tests.packs.media_case import HOSTILE, charts, collected, laid_out, meridian, rendered, small


@pytest.fixture(scope="module")
def content() -> bytes:
    return rendered(annex_bytes, small())


@pytest.fixture(scope="module")
def live(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="module")
def stored(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content), data_only=True)


def rows(sheet: object, title: str = "Leak sensors use half") -> list[list[object]]:
    """The rows of an exhibit from its header on."""
    found = [[cell.value for cell in row] for row in sheet.iter_rows(max_col=9)]  # type: ignore[attr-defined]
    top = next(n for n, row in enumerate(found) if row[0] == title)
    return found[top + 3 :]


def at(sheet: object, title: str = "Leak sensors use half") -> int:
    """The row in which an exhibit begins, from 1."""
    return next(cell.row for cell in sheet["A"] if cell.value == title)  # type: ignore[index]


def test_an_exhibit_says_what_it_is_and_where_it_comes_from(live: openpyxl.Workbook) -> None:
    said = [cell.value for cell in live["More"]["A"]]
    top = said.index("Leak sensors use half")
    assert said[top : top + 3] == ["Leak sensors use half", "EUR million", "▸ Nothing is over."]
    assert "Source: case.table · projects" in said


def test_sums_and_declared_formulas_are_formulas_with_their_values(
    live: openpyxl.Workbook, stored: openpyxl.Workbook
) -> None:
    formulas, values = rows(live["More"]), rows(stored["More"])
    n = at(live["More"]) + 4
    assert formulas[0][:5] == ["project", "used", "limit", "left", "share"]
    assert formulas[4][1:4] == [f"=SUM({c}{n}:{c}{n + 2})" for c in "BCD"]
    assert values[4][1:4] == [15.0, 23.0, 8.0]
    assert [row[3] for row in formulas[1:4]] == [f"=C{n + k} - B{n + k}" for k in range(3)]
    assert [row[4] for row in formulas[1:4]] == [f"=B{n + k} / C{n + k}" for k in range(3)]
    assert values[2][4] == pytest.approx(7.5 / 9.0, rel=1e-15)
    assert values[4][4] == "n/a"


def test_no_formula_is_guessed_and_a_false_one_stops_the_workbook() -> None:
    from tests.packs.media_case import collected, laid_out

    data = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [2.0, 4.0, 6.0], "c": [0.5, 0.5, 0.5], "d": [3.0, 6.0, 9.0]})

    def book(formula: str) -> bytes:
        fields = (Field("a"), Field("b"), Field("c"), Field("d", formula=formula))
        return annex_bytes(laid_out([collected(Table(id="t", alt="-", title="T", data=data, columns=fields))]))

    plain = rows(openpyxl.load_workbook(io.BytesIO(book("")))["More"], "T")
    assert not [cell for row in plain for cell in row if str(cell).startswith("=")]
    assert rows(openpyxl.load_workbook(io.BytesIO(book("a + b")))["More"], "T")[1][3] == "=A5 + B5"
    with pytest.raises(ValueError, match=r"the formula of d, a - b, gives -1 in row 1, where 3.0 stands"):
        book("a - b")


def test_what_is_left_follows_from_what_there_is_even_where_that_is_the_sum_by_chance() -> None:
    from tests.packs.media_case import collected, laid_out, table

    data = pd.DataFrame({"project": ["a", "b", "sum", "there", "carried", "left"]})
    numbers = {"2027": [3.0, 4.0, 7.0, 7.0, 0.0, 0.0], "2028": [1.0, 2.5, 3.5, 5.0, 1.0, 2.5]}
    fields = (Field("project", kind="text"), *(Field(year, year) for year in numbers))
    shown = table(data=data.assign(**numbers), columns=fields, totals=4)
    found = rows(openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(shown)]))))["More"])
    assert [row[1] for row in found[3:7]] == ["=SUM(B5:B6)", 7, 0, "=SUM(B8:B9)-B7"]
    assert [row[2] for row in found[3:7]] == ["=SUM(C5:C6)", 5, 1, "=SUM(C8:C9)-C7"]


def test_a_total_that_is_no_sum_stays_a_number() -> None:
    from tests.packs.media_case import collected, laid_out, table

    odd = table()
    odd.data.loc[3, "used"] = 99.0
    sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(odd)]))))["More"]
    assert sheet["B8"].value == 99.0
    assert sheet["C8"].value == "=SUM(C5:C7)"


def test_numbers_beside_words_stay_numbers() -> None:
    from tests.packs.media_case import collected, laid_out

    data = pd.DataFrame({"what": ["a", "b", "c"], "n": [1.5, "none", float("inf")]})
    mixed = Table(id="t", alt="-", data=data, columns=(Field("what", kind="text"), Field("n")))
    sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(mixed)]))))["More"]
    assert [sheet.cell(row, 2).value for row in (5, 6, 7)] == [1.5, "none", "∞"]


def test_text_of_a_register_is_never_a_formula(live: openpyxl.Workbook) -> None:
    sheet = live["More"]
    cell = sheet.cell(at(sheet) + 5, 1)
    assert cell.value == HOSTILE
    assert cell.data_type == "s"
    assert cell.quotePrefix
    said = sheet.cell(at(sheet, "How sure") + 2, 2)
    assert (said.value, said.data_type) == (HOSTILE, "s")


@pytest.mark.parametrize("name", ["=cmd|'/c calc'!A0 leads", "Stop!P07 leads", "!A1", "=1+1"])
def test_text_of_a_chart_is_never_a_formula(name: str) -> None:
    """Attack 8a. Titles, names of axes and labels: a chart takes none of them for the address of a cell."""
    from pmo_kit.exhibits.records import Chart
    from tests.packs.media_case import collected, laid_out

    data = pd.DataFrame({"what": ["a", "b"], "n": [2.0, 1.0], "said": [name, name], "s": [name, "b"]})
    chart = Chart(id="c", alt=name, title=name, mark="bar", data=data, x=Field("n", name, name), unit_line=name,
                  y=Field("what", name, kind="text"), label=Field("said", kind="text"), series=Field("s"))  # fmt: skip
    content = annex_bytes(laid_out([collected(chart)]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        drawn = archive.read("xl/charts/chart1.xml").decode()
    formulas = re.findall(r"<c:f>(.*?)</c:f>", drawn)
    assert {formula.split("!")[0] for formula in formulas} == {"More"}
    sheet = openpyxl.load_workbook(io.BytesIO(content))["More"]
    assert sheet["A1"].value == name
    assert "More!$A$1" in formulas
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" and name in str(cell.value)]


def test_dates_are_dates_and_statuses_letters(live: openpyxl.Workbook) -> None:
    found = rows(live["More"])
    assert found[1][5] == dt.datetime(2026, 11, 30)
    assert [row[6] for row in found[1:4]] == ["R", "A", "G"]
    sheet = live["More"]
    heads = [cell for row in sheet.iter_rows() for cell in row if cell.value == "status"]
    for head in heads:
        below = [sheet.cell(head.row + down, head.column) for down in range(5)]
        assert {cell.alignment.horizontal for cell in below} == {"center"}, "one side for letters, n/a and their header"


def test_tiles_show_their_share_as_a_formula(live: openpyxl.Workbook, stored: openpyxl.Workbook) -> None:
    formulas, values = rows(live["More"], "Four numbers"), rows(stored["More"], "Four numbers")
    column = formulas[0].index("used, %")
    n = at(live["More"], "Four numbers") + 4
    assert formulas[1][column] == f"=100 * B{n} / C{n}"
    assert values[1][column] == 90.0
    assert formulas[2][column] == "n/a"


def test_bars_and_lines_are_native_and_drawn_from_the_rows_the_rest_are_pictures(
    content: bytes, live: openpyxl.Workbook
) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
    drawn = [chart for chart in charts() if chart.mark != "heatmap" and not chart.data.empty]
    native = [chart for chart in drawn if spec(chart) is not None]
    assert {chart.id for chart in native} == {"c.stack", "c.bridge", "c.layer", "c.line", "c.years"}
    assert len([name for name in names if name.startswith("xl/charts/chart")]) == len(native)
    assert len([name for name in names if name.startswith("xl/media/")]) == len(drawn) - len(native)
    linked = {
        cell.value for row in live["More"].iter_rows(min_col=10) for cell in row if str(cell.value).startswith("=")
    }
    assert len(linked) >= 6
    lines = [cell.value for row in live["More"].iter_rows(max_col=2) for cell in row]
    assert lines[lines.index("the limit") + 1] == 2.5


def test_a_heatmap_is_a_grid_of_numbers(live: openpyxl.Workbook) -> None:
    found = [[cell.value for cell in row[:3]] for row in live["More"].iter_rows()]
    assert ["row", "a", "b"] in found
    top = found.index(["row", "a", "b"])
    assert found[top + 1 : top + 3] == [["P1", 1, 2], ["P2", 3, "n/a"]]


def test_the_contents_lead_to_every_sheet_and_exhibit(live: openpyxl.Workbook) -> None:
    links = [cell.hyperlink.location for row in live["Contents"] for cell in row if cell.hyperlink]
    columns = {cell.column_letter for row in live["Contents"] for cell in row if cell.hyperlink}
    assert columns == {"A", "C"}, "LibreOffice breaks no line in a title that is a link"
    placed = placing(small())
    assert {link.split("'")[1] for link in links} == set(placed)
    assert len(links) == len(placed) + sum(map(len, placed.values()))
    titles = {str(cell.value) for row in live["Contents"] for cell in row if str(cell.value).startswith("=HYPERLINK")}
    titled = [link for link in links if not link.endswith("!A1")]
    assert {f'=HYPERLINK("#{link}", {link})' for link in titled} <= titles


def test_a_workbook_has_few_sheets_whatever_a_pack_shows() -> None:
    """Contents, the subjects, More, the inputs, discount factors and provenance: at most 28."""
    from pmo_kit.packs.media.xlsx import INPUTS

    assert 1 + len(SHEETS) + 1 + len(INPUTS) + 2 <= 28


def test_equal_packs_give_equal_bytes() -> None:
    assert annex_bytes(meridian()) == annex_bytes(meridian())


def test_what_is_printed_has_its_words_and_not_what_charts_are_drawn_from() -> None:
    """Words are broken within the columns of the print; the cells behind a chart stand beyond them."""
    from tests.packs.media_case import collected, laid_out

    exhibits: list[Exhibit]
    said = Message(id="m", alt="-", title="How sure", items=(("Computed:", "word " * 60), ("", "No lead.")))
    wide = pd.DataFrame({"term": ["bottleneck"], "means": ["what runs out first " * 9]})
    after = Table(id="t", alt="-", title="One term", data=wide,
                  columns=(Field("term", kind="text"), Field("means", kind="text")))  # fmt: skip
    for exhibits in ([said], [said, *charts()], [said, after]):
        sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(*exhibits)]))))["More"]
        _, _, right, bottom = range_boundaries(sheet.print_area.split("!")[1])
        row = next(cell.row for cell in sheet["A"] if cell.value == "Computed:")
        (merged,) = (one for one in sheet.merged_cells.ranges if (one.min_row, one.min_col) == (row, 2))
        assert 2 < merged.max_col <= right
        assert sheet.cell(row, 2).alignment.wrap_text
        assert sheet.row_dimensions[row].height > 40
        outside = [cell.value for line in sheet.iter_rows(min_col=right + 1) for cell in line if cell.value is not None]
        native = [
            one
            for one in map(spec, (one for one in exhibits if isinstance(one, Chart)))
            if one is not None and one.shape != "xy"
        ]
        assert outside.count("for the chart") == len(native)
        assert sheet.max_row <= bottom + 3
        drawn = [one.anchor.to.col + 1 for one in (*sheet._images, *sheet._charts)]
        assert max(drawn, default=0) <= right, "a picture is cut at the edge of the page"


def test_long_words_have_the_width_that_short_ones_leave() -> None:
    """Beside two short columns a text has sixty characters; three texts have their share."""
    from tests.packs.media_case import collected, laid_out

    for names, least, most in ((("short",), 55, 60), (("long", "longer", "longest"), 28, 32)):
        data = pd.DataFrame({"n": [1.0], "owner": ["Chair"], **dict.fromkeys(names, "word " * 30)})
        fields = (Field("n"), Field("owner", kind="text"), *(Field(name, kind="text") for name in names))
        shown = collected(Table(id="t", alt="-", title="Asked", data=data, columns=fields))
        sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([shown]))))["More"]
        assert least <= sheet.column_dimensions["C"].width <= most + 1, names


def test_a_long_first_column_takes_its_width_from_the_others() -> None:
    from pmo_kit.packs.media.office import LINE, Formats, inert_book, write_table

    book = inert_book(io.BytesIO())
    sheet, formats = book.add_worksheet("Asked"), Formats(book)
    data = pd.DataFrame({name: ["word " * 30] for name in ("what", "long", "longer", "longest")})
    write_table(sheet, 0, 0, data, [Field(name, kind="text") for name in data], formats)
    assert LINE - 3 < formats.width(sheet, 0, 3) <= LINE


def test_a_printed_page_ends_before_what_has_no_room_on_it_and_not_within() -> None:
    """Two short tables stand on a page; one longer than a page begins a page, and so does what follows it."""
    from tests.packs.media_case import collected, laid_out, table

    long = pd.DataFrame({"project": [f"P{n}" for n in range(60)], "used": 1.0})
    fields = (Field("project", kind="text"), Field("used"))
    shown = [table(id=f"case.{n}", title=f"Title {n}") for n in range(4)]
    shown += [Table(id="long", alt="-", title="Title 4", data=long, columns=fields), table(id="last", title="Title 5")]
    sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(*shown)]))))["More"]
    begin = {str(cell.value): cell.row for cell in sheet["A"] if str(cell.value).startswith("Title ")}
    assert len(begin) == len(shown)
    assert [one.id for one in sheet.row_breaks.brk] == [begin[f"Title {n}"] - 1 for n in (2, 4, 5)]


def test_a_project_is_found_by_its_id_and_by_its_name() -> None:
    register = load_register(shipped("data", "samples", "meridian_12"))
    listed = replace(overview.projects(register), id="overview.projects", alt="-")
    book = openpyxl.load_workbook(io.BytesIO(annex_bytes(laid_out([collected(listed)]))))
    rows = [[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]
    (head,) = [place for place, row in enumerate(rows) if row[:2] == ["project", "id"]]
    found = {row[1]: row[0] for row in rows[head + 1 : head + 1 + len(register.projects)]}
    assert found == register.projects["name"].to_dict()
