"""The check report marks the cells that are meant and runs nothing."""

from __future__ import annotations

import openpyxl
import pytest

from pmo_kit.errors import DataError
from pmo_kit.register import load_register
from pmo_kit.register.findings import describe_findings
from pmo_kit.register.report import check_register, write_check_report


@pytest.fixture
def faulty(tables):
    tables["costs"] = tables["costs"].replace("P03,2027,opex,4", "P03,2027,opex,=1+cmd|x")
    tables["projects"] = tables["projects"].replace("P02,Meters,Customer", "P02,,<b>Customer</b>")
    return tables


@pytest.mark.parametrize("kind", ["folder", "workbook"])
def test_cells_are_marked(faulty, folder, workbook, tmp_path, kind):
    source = folder(faulty) if kind == "folder" else workbook({**faulty, "costs": faulty["costs"].replace("=1", "1")})
    with pytest.raises(DataError) as error:
        load_register(source)
    book = openpyxl.load_workbook(write_check_report(source, error.value.findings, tmp_path / "report.xlsx"))
    assert book.sheetnames[:2] == ["what to fix first", "all findings"]
    first = book["what to fix first"]
    assert first["A2"].value == "to fix"
    for number in range(2, first.max_row + 1):  # wrapped text has room, in programs that fit no rows too
        lines = max(
            len(str(first.cell(number, place).value or "")) / (0, 12, 34, 8, 46, 70, 60)[place] for place in range(2, 7)
        )
        assert (first.row_dimensions[number].height or 15) >= 15 * lines
    costs = book["costs"]
    assert costs["D5"].fill.fgColor.rgb.endswith("F4B5A9")
    assert "cannot be read as a number" in costs["D5"].comment.text
    assert "name is missing" in book["projects"]["B3"].comment.text
    assert book["projects"]["B2"].comment is None
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert all(cell.data_type != "f" for cell in cells)
    assert book["all findings"].max_row == len(error.value.findings) + 1


def test_cells_of_a_sheet_of_rows_and_columns_exchanged_are_marked_as_it_was_read(tables, folder, tmp_path):
    lines = [line.split(",") for line in tables["projects"].replace("P02,Meters", "P02,").splitlines()]
    tables["projects"] = "".join(",".join(line) + "\n" for line in zip(*lines, strict=True))
    source = folder(tables)
    with pytest.raises(DataError) as error:
        load_register(source)
    book = openpyxl.load_workbook(write_check_report(source, error.value.findings, tmp_path / "report.xlsx"))
    assert (book["projects"]["B1"].value, book["projects"]["A3"].value) == ("name", "P02")
    assert "name is missing" in book["projects"]["B3"].comment.text


def test_report_without_findings(tables, folder, tmp_path):
    register = load_register(folder(tables))
    assert describe_findings(register.findings) == "Nothing to fix"
    book = openpyxl.load_workbook(write_check_report(folder(tables), register.findings, tmp_path / "r.xlsx"))
    assert book["what to fix first"]["A2"].value == "Nothing to fix."


def test_the_report_on_a_mapping_has_the_sheets_of_its_source(tmp_path):
    (tmp_path / "export.csv").write_text("Id,Title,2027\nP1,Pipes,3\nP2,Quay,a lot\n")
    turned = "{project_id: Id, unpivot: {name: year, into: amount, columns: ['2027']}}"
    projects = "{project_id: Id, name: Title, area: {value: x}}"
    text = f"source: export.csv\ndoubtful: refuse\ntables: {{projects: {projects}, costs: {turned}}}\n"
    (tmp_path / "map.yml").write_text(text)
    assert check_register(tmp_path / "map.yml", xlsx=tmp_path / "report.xlsx").exit_code == 2
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    assert "cannot be read as a number" in book["export"]["C3"].comment.text
    (tmp_path / "map.yml").write_text("tables: [\n")
    assert check_register(tmp_path / "map.yml", xlsx=tmp_path / "none.xlsx").exit_code == 2
    assert len(openpyxl.load_workbook(tmp_path / "none.xlsx").sheetnames) == 2


def test_check_ends_with_0_1_or_2(tables, folder, tmp_path):
    assert check_register(folder(tables)).exit_code == 0
    warned = {**tables, "costs": tables["costs"].replace("P02,2027", "P02,2031")}
    assert check_register(folder(warned)).exit_code == 0
    result = check_register(folder(warned), strict=True)
    assert result.exit_code == 1
    assert "1 warning to look at" in result.text
    assert "Data grade" in result.text
    broken = {**tables, "costs": tables["costs"].replace("14.5", "a lot")}
    result = check_register(folder(broken), xlsx=tmp_path / "report.xlsx")
    assert result.exit_code == 2
    assert result.text.startswith("1 thing to fix before your first pack")
    assert (tmp_path / "report.xlsx").exists()
    assert check_register(tmp_path / "nowhere", xlsx=tmp_path / "r2.xlsx").exit_code == 2
