"""Every cell of a workbook is read as openpyxl reads it, whatever its style, its type and its place."""

from __future__ import annotations

import datetime as dt
import random
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.styles import Font
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pmo_kit.register.findings import Findings
from pmo_kit.register.sheets import Uncached
from pmo_kit.register.workbook import read_workbook

FORMATS = [
    "General",
    "#,##0.00",
    '#,##0.0 "k€"',
    "[$£-809]#,##0",
    "0%",
    "yyyy-mm-dd",
    "dd/mm/yy",
    "[h]:mm",
    "@",
]
VALUES = [
    None, "", "  ", "-", "TBC", "Réseau", "P01\u200b", "1,5", "x\ny", "<&>", True, False, 0, -3, 1.5, 1e21, 3_000_000,
    10**17, dt.datetime(2027, 3, 1, 4, 5), dt.date(2027, 4, 1), dt.time(3, 4), dt.timedelta(hours=30), "=1+1", "#N/A",
]  # fmt: skip


def write(path: Path, seed: int, *, odd_names: bool) -> None:
    """A workbook of random cells; its parts may have a prefix, as some programs write them."""
    draw, book = random.Random(seed), openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904 if seed % 5 == 0 else book.epoch
    for number in range(draw.randint(1, 3)):
        sheet = book.worksheets[0] if not number else book.create_sheet(f"S & {number}")
        for _ in range(draw.randint(0, 60)):
            cell = sheet.cell(draw.randint(1, 12), draw.randint(1, 30), draw.choice(VALUES))
            cell.number_format = draw.choice(FORMATS) if draw.random() < 0.5 else cell.number_format
            cell.font = Font(strike=draw.random() < 0.1)
        for column in draw.sample(range(1, 28, 3), 3):
            top = draw.randint(1, 9)
            sheet.merge_cells(None, top, column, top + draw.randint(0, 3), column + draw.randint(0, 2))
        sheet.cell(1_048_576, 9).font = Font(bold=True)
    book.save(path)
    if odd_names:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name).decode() for name in archive.namelist()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in parts.items():
                if name.startswith("xl/worksheets/sheet"):
                    text = text.replace("</", "</x:").replace("<", "<x:").replace("<x:/x:", "</x:")
                    text = text.replace(" xmlns=", " xmlns:x=").replace("<x:?xml", "<?xml")
                archive.writestr(name, text)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.filterwarnings("ignore:Cell .* is marked as a date")
def test_cells_are_those_of_openpyxl(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    write(path, seed, odd_names=False)
    with_formulas, stored = (openpyxl.load_workbook(path, data_only=one) for one in (False, True))
    write(path, seed, odd_names=seed % 3 == 0)
    raws = {raw.title: raw for raw in read_workbook(path, Findings())}
    for sheet in stored.worksheets:
        wanted = {(c.row, c.column): c.value for line in sheet.iter_rows(max_row=20) for c in line}
        wanted = {place: value for place, value in wanted.items() if value is not None}
        lines = {(c.row, c.column): c.value for line in with_formulas[sheet.title].iter_rows(max_row=20) for c in line}
        found, open_ = {}, {}
        if raw := raws.get(sheet.title):
            for (line, column), value in raw.cells.stack().dropna().items():
                (open_ if isinstance(value, Uncached) else found)[int(raw.rows[line]), column + 1] = value
        assert found == {place: value for place, value in wanted.items() if value != ""}
        assert all(type(found[place]) is type(wanted[place]) or isinstance(found[place], float) for place in found)
        assert open_ == {place: value for place, value in lines.items() if str(value).startswith("=")}


def test_what_lies_under_a_merged_cell_is_told(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A2"], book.active["C4"] = "one", 77, 5
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    merged = '</sheetData><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text.replace("</sheetData>", merged))
    findings = Findings()
    assert read_workbook(path, findings)[0].rows.tolist() == [1, 4]
    told = findings.frame().set_index("rule").loc["cells_under_merged"]
    assert (told["row"], told["column"], told["value"]) == (2, "A", "77")


def test_a_formula_that_gives_no_text_is_blank(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["x", '=IF(1,"","")', "=1+1"])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text.replace('<c r="B1">', '<c r="B1" t="str">'))
    cells = read_workbook(path, Findings())[0].cells.iloc[0].tolist()
    assert cells == ["x", None, "=1+1"]
    assert isinstance(cells[2], Uncached)
