"""One register saved in many ways reads the same, and what is left out is listed."""

from __future__ import annotations

import codecs
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from pmo_kit.errors import DataError
from pmo_kit.register import load_register
from pmo_kit.register.drafting import import_sources

PROJECTS = [
    ["project_id", "name", "area", "commitment", "start", "finish"],
    ["P01", "Conduite d’eau à Orléans", "Réseaux", "discretionary", "2027-01-01", "2028-12-31"],
    ["P02", "Zähler – Süd", "Clients", "mandatory", "2027-02-13", "2028-06-30"],
    ["P03", "Platform", "Clients", "discretionary", "2027-03-04", "2027-12-05"],
]
COSTS = [
    ["project_id", "kind", "2027", "2028"],
    ["P01", "capex", 1234.5, 14.25],
    ["P02", "capex", 16, None],
    ["P03", "opex", 0.5, 1000000],
]
SETTINGS = [["key", "value"], ["currency", "EUR"], ["money_unit", "thousand"], ["price_basis", "nominal"]]
SETTINGS += [["as_of", "2026-09-30"]]


def written(cell, decimal=".", thousands="", day_first=False):
    """A cell as a person writes it."""
    if cell is None:
        return ""
    if isinstance(cell, str) and day_first and len(cell) == 10 and cell[4] == "-":
        return f"{cell[8:]}/{cell[5:7]}/{cell[:4]}"
    if isinstance(cell, int | float):
        return f"{cell:,.2f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)
    return cell


def save(folder, mark, encoding, bom=b"", **style):
    """Save the three tables as text files."""
    folder.mkdir()
    for name, lines in (("projects", PROJECTS), ("costs", COSTS), ("settings", SETTINGS)):
        rows = []
        for number, line in enumerate(lines):
            cells = [written(cell, **style) if number else cell for cell in line]
            rows.append(mark.join(f'"{cell}"' if mark in cell or "\n" in cell else cell for cell in cells))
        data = "\r\n".join(rows).encode(encoding)
        (folder / f"{name}.csv").write_bytes(bom + data)
    return load_register(folder)


@pytest.fixture
def plain(tmp_path):
    return save(tmp_path / "plain", ",", "utf-8")


@pytest.mark.parametrize(
    ("mark", "encoding", "bom", "style"),
    [
        (",", "utf-8", codecs.BOM_UTF8, {}),
        (";", "cp1252", b"", {"decimal": ",", "thousands": "."}),
        ("\t", "utf-16-le", codecs.BOM_UTF16_LE, {"decimal": ",", "thousands": "\u202f", "day_first": True}),
        ("\t", "utf-16-be", codecs.BOM_UTF16_BE, {"thousands": "'"}),
        (";", "utf-8", b"", {"decimal": ",", "thousands": " ", "day_first": True}),
        (",", "utf-8", b"", {"thousands": ","}),
        ("|", "utf-16-le", b"", {"thousands": "\u00a0"}),
    ],
)
def test_text_files(plain, tmp_path, mark, encoding, bom, style):
    register = save(tmp_path / "other", mark, encoding, bom, **style)
    assert register.fingerprint == plain.fingerprint
    assert not (register.findings["severity"] == "block").any()
    if encoding == "cp1252":
        assert "encoding_repaired" in set(register.findings["rule"])
    if style.get("day_first"):
        assert "date_order" in set(register.findings["rule"])


def fancy_workbook(path):
    """A workbook as people make it: cover, titles, banners, two header rows, sub-totals, hidden rows."""
    book = openpyxl.Workbook()
    cover = book.worksheets[0]
    cover.title = "Cover"
    cover["A1"] = "Portfolio 2027"
    sheet = book.create_sheet("Projects")
    sheet.append(["Investment plan, version 7"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(["Project\nID *", "Project Name", "AREA", "commitment", "start", "finish", None])
    areas = {"Réseaux": [1], "Clients": [2, 3]}
    for area, numbers in areas.items():
        sheet.append([area])
        sheet.merge_cells(start_row=sheet.max_row, end_row=sheet.max_row, start_column=1, end_column=6)
        top = sheet.max_row + 1
        for number in numbers:
            line = list(PROJECTS[number])
            line[4:] = [datetime.fromisoformat(line[4]), date.fromisoformat(line[5])]
            line[2] = area if number == numbers[0] else None
            sheet.append(line)
        if len(numbers) > 1:
            sheet.merge_cells(start_row=top, end_row=sheet.max_row, start_column=3, end_column=3)
        sheet.append([None, f"Sub-total {area}", None, None, None, None])
    sheet.append(["Total", 3])
    sheet.row_dimensions[5].hidden = True
    costs = book.create_sheet("2. Costs")
    costs.append(["project_id", "kind", "Amount by year", None])
    costs.append([None, None, 2027, "FY 2028"])
    costs.merge_cells("C1:D1")
    for line in COSTS[1:]:
        costs.append(line)
    costs["C3"] = "1 234,5"  # a number stored as text
    costs.append(["Grand total", None, 1251, 1000014.25])
    settings = book.create_sheet("settings")
    for line in SETTINGS:
        settings.append(line)
    book.create_sheet("Scratch")["A1"] = "thoughts"
    hidden = book.create_sheet("areas")
    hidden.append(["area"])
    hidden.append(["Réseaux"])
    hidden.append(["Clients"])
    hidden.sheet_state = "hidden"
    book.save(path)
    return path


def test_workbook_as_people_make_it(plain, tmp_path):
    register = load_register(fancy_workbook(tmp_path / "fancy.xlsx"))
    assert register.has("areas")
    for name in ("projects", "costs", "settings"):
        pd.testing.assert_frame_equal(register.table(name), plain.table(name))
    rules = register.findings.groupby("rule")["row"].apply(lambda rows: sorted(rows.dropna()))
    assert rules["total_row"] == [6, 11]  # one of the costs, one of the projects
    assert rules["banner_row"] == [4, 6, 7, 10]
    assert rules["two_header_rows"] == [2]
    assert rules["lines_above_header"] == [1]
    assert rules["merged_cells"] == [8]
    assert rules["hidden_rows"] == [5]
    assert "hidden_sheet" in rules
    unused = register.findings.query("rule == 'sheet_not_used'")
    assert dict(zip(unused["sheet"], unused["severity"], strict=True)) == {"Cover": "info", "Scratch": "warn"}


@pytest.mark.parametrize("epoch", [None, CALENDAR_MAC_1904])
def test_both_date_systems(tmp_path, epoch):
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    sheet = book.worksheets[0]
    sheet.title = "projects"
    serial = 46388 if epoch is None else 46388 - 1462  # 2027-01-01
    sheet.append(["project_id", "name", "area", "start", "finish"])
    sheet.append(["P01", "Pipes", "N", serial, date(2027, 6, 30)])
    costs = book.create_sheet("costs")
    costs.append(["project_id", "year", "amount"])
    costs.append(["P01", 2027, 1])
    book.save(tmp_path / "dates.xlsx")
    projects = load_register(tmp_path / "dates.xlsx").projects
    assert projects["start"].dt.strftime("%Y-%m-%d").tolist() == ["2027-01-01"]
    assert projects["finish"].dt.strftime("%Y-%m-%d").tolist() == ["2027-06-30"]


def test_formula_without_result_blocks(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "projects"
    sheet.append(["project_id", "name", "area"])
    sheet.append(["P01", "Pipes", "N"])
    costs = book.create_sheet("costs")
    costs.append(["project_id", "year", "amount"])
    costs.append(["P01", 2027, "=1+1"])
    book.save(tmp_path / "formulas.xlsx")
    with pytest.raises(DataError) as error:
        load_register(tmp_path / "formulas.xlsx")
    found = error.value.findings.query("rule == 'formula_without_result'").iloc[0]
    assert (found["row"], found["column"], found["value"]) == (2, "amount", "=1+1")


def test_example_row_and_repeated_header_are_no_data(tables, folder):
    head, *lines = tables["projects"].strip().splitlines()
    lines.insert(0, "e.g. P01,Lead pipe replacement,Networks,mandatory,2027-01-01,2028-12-31")
    lines.insert(3, head)
    register = load_register(folder({**tables, "projects": "\n".join([head, *lines])}))
    assert len(register.projects) == 3
    assert {"example_row", "repeated_header"} <= set(register.findings["rule"])


@pytest.mark.parametrize("sign", ["\u200b", "\x07", "_x0007_", "\u2060"])
def test_a_line_of_signs_that_nobody_sees_is_no_blank_line(tables, folder, sign):
    for more in (f"{sign},,", f",{sign},", f",{sign},{sign}"):
        projects = f"{tables['projects'].strip()}\n{more},,,\n"
        path = folder({**tables, "projects": projects}, f"at{more.count(sign)}{len(more)}")
        found = load_register(path, doubtful="set_aside").findings
        here = found[found["file"].eq("projects.csv") & found["row"].eq(5)]
        assert set(here["rule"]) & {"set_aside", "banner_row"}


@pytest.mark.parametrize("word", ["Total", ""])
def test_a_total_of_rows_of_which_one_is_set_aside_is_a_total_all_the_same(tables, folder, word):
    costs = f"project_id,2027,2028\nP01,14,3\nP02,16,4\nP09,5,6\n{word},35,13\n"
    register = load_register(folder({**tables, "costs": costs}), doubtful="set_aside")
    found = register.findings.query("file == 'costs.csv' and row > 3").set_index("row")["rule"]
    assert found.to_dict() == {4: "set_aside", 5: "total_row"}
    assert register.costs["amount"].sum() == 37


def test_a_row_that_may_be_a_total_is_set_aside_once(tables, folder):
    costs = tables["costs"] + "Total,2027,capex,99\n"
    register = load_register(folder({**tables, "costs": costs}), doubtful="set_aside")
    assert register.findings.query("file == 'costs.csv'")[["rule", "row"]].values.tolist() == [["set_aside", 6]]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("costs", 'project_id,2027\nP01,"1,234"\nP02,"2,345"\nP03,4\n'),
        ("budgets", "envelope,scope,year,amount\nN,area=Networks,2027,99\n"),
        ("settings", "key,value\ncurrency,ABCD\n"),
    ],
)
def test_what_is_in_doubt_as_a_whole_costs_no_project(tables, folder, table, text):
    with pytest.raises(DataError):
        load_register(folder({**tables, table: text}), doubtful="set_aside")


@pytest.mark.parametrize("amount", [4, "four"])
def test_another_header_above_is_no_row_that_is_set_aside(tables, workbook, amount):
    """The rows below it would be lost with it, or without a word where another row is set aside."""
    head = ["project_id", "year", "amount", "kind", "state"]
    lines = [["project_id", "year", "benefit", "amount"], ["P01", 2027, "x", 7], [], head]
    lines += [["P01", 2027, 14, "capex", "planned"], ["P03", 2027, amount, "capex", "planned"]]
    path = workbook({**{name: tables[name] for name in ("settings", "projects")}, "costs": "project_id\n"})
    book = openpyxl.load_workbook(path)
    for at, line in enumerate(lines, 1):
        for place, cell in enumerate(line, 1):
            book["costs"].cell(at, place, cell)
    book.save(path)
    with pytest.raises(DataError, match="belong to another table"):
        load_register(path, doubtful="set_aside")


def turned(text: str) -> str:
    return "\n".join(map(",".join, zip(*(line.split(",") for line in text.strip().splitlines()), strict=True)))


def test_of_a_turned_sheet_a_project_is_set_aside_and_no_field(tables, folder):
    projects = (
        tables["projects"].replace("Customer,discretionary", "Customer,perhaps").replace("Digital,d", "Digital,D")
    )
    costs = "project_id,2027\nP01,14\nP03,4\n"
    path = folder(
        {**tables, "costs": costs, "projects": turned(projects.replace("Networks,discretionary", "N,mandatory"))}
    )
    register = load_register(path, doubtful="set_aside")
    assert register.projects["commitment"].to_dict() == {"P01": "mandatory", "P03": "discretionary"}
    assert register.findings.query("rule == 'set_aside'")["row"].tolist() == [3]


@pytest.mark.parametrize("mapped", [False, True])
def test_what_is_merged_or_folded_in_a_turned_sheet_is_so_for_its_fields(tables, workbook, mapped, tmp_path):
    projects = (
        "project_id,name,area,stage,2027,2028\nP01,Pipes,N,delivery,5,5\nP02,Meters,,,2,2\nP03,Pumps,S,idea,3,3\n"
    )
    path = workbook({"settings": tables["settings"], "projects": turned(projects)})
    book = openpyxl.load_workbook(path)
    for area in ("B3:C3", "B4:C4"):  # the area and the stage of two projects
        book["projects"].merge_cells(area)
    for row in (3, 4):  # fields that are folded away, and no projects whose sum another one is
        book["projects"].row_dimensions[row].outlineLevel = 1
    book.save(path)
    told = import_sources([path], tmp_path / "into")[0] if mapped else ""
    register = load_register(tmp_path / "into" if mapped else path)
    assert register.projects[["area", "stage"]].values.tolist() == [["N", "delivery"]] * 2 + [["S", "idea"]], told
    assert register.costs["amount"].sum() == 20


def test_no_header(tables, folder):
    with pytest.raises(DataError, match="No header row of the table costs"):
        load_register(folder({**tables, "costs": "1,2,3\n4,5,6\n"}))


def test_two_files_for_one_table(tables, folder):
    with pytest.raises(DataError, match="The table costs is there twice"):
        load_register(folder({**tables, "cost": tables["costs"]}))


def test_sheets_without_a_known_name_are_read_by_their_columns(tables, workbook):
    plain = load_register(workbook(tables))
    named = {"settings": tables["settings"], "Sheet1": tables["projects"], "Tabelle2": tables["costs"]}
    register = load_register(workbook(named, "unnamed.xlsx"))
    assert register.fingerprint == plain.fingerprint
    assert register.findings.query("rule == 'sheet_by_columns'")["sheet"].tolist() == ["Sheet1", "Tabelle2"]


@pytest.mark.parametrize(
    "head",
    [
        "project_id,Capex 2027,Capex 2028,Opex 2027,opex - FY2028\n",
        "project_id,Capex,,Opex,\n,2027,2028,2027,2028\n",
        "project_id,2027 capex,2028 capex,2027 opex,2028 opex\n",
    ],
)
def test_kinds_and_years_in_the_header(tables, folder, head):
    tables["costs"] = head + "P01,14,14.5,,\nP02,16,,,\nP03,,,4,\n"
    costs = load_register(folder(tables)).costs
    assert costs[["project_id", "year", "kind", "amount"]].values.tolist() == [
        ["P01", 2027, "capex", 14.0],
        ["P01", 2028, "capex", 14.5],
        ["P02", 2027, "capex", 16.0],
        ["P03", 2027, "opex", 4.0],
    ]


def test_one_sheet_with_years_is_enough(tables, folder):
    plain = load_register(folder({**tables, "costs": tables["costs"].replace("opex", "capex")}))
    head, *lines = tables["projects"].strip().splitlines()
    amounts = [",2027,2028", ",14,14.5", ",16,", ",4,"]
    one = "\n".join(line + more for line, more in zip([head, *lines], amounts, strict=True))
    register = load_register(folder({"settings": tables["settings"], "projects": one}, "one"))
    assert register.fingerprint == plain.fingerprint
    assert "costs_beside_projects" in set(register.findings["rule"])
    assert "column_not_mapped" not in set(register.findings["rule"])


@pytest.mark.parametrize(
    ("head", "rows", "area"),
    [
        (["project_id", "year", "kind", "amount"], [["P1", 2027, "capex", 1], ["P1", None, "opex", 2]], "B2:B3"),
        (["year", "project_id", "kind", "amount"], [[2027, 1, "capex", 1], [2028, None, "capex", 2]], "B2:B3"),
        (["amount", "project_id", "year", "kind"], [[3, "P1", 2027, "capex"], [None, "P1", 2028, "capex"]], "A2:A3"),
        (["project_id", "year", "kind", "amount"], [["P1", 2027, "capex", "3"], ["P1", 2027, "opex", None]], "D2:D3"),
    ],
)
def test_a_key_or_a_year_merged_over_rows_is_that_of_each_and_an_amount_is_not(tmp_path, head, rows, area):
    book = openpyxl.Workbook()
    who = rows[0][head.index("project_id")]
    lines = {"settings": SETTINGS, "projects": [["project_id", "name", "area"], [who, "Pier", "Roads"]]}
    for title, given in (lines | {"costs": [head, *rows]}).items():
        sheet = book.create_sheet(title)
        for line in given:
            sheet.append(line)
    book["costs"].merge_cells(area)
    book.save(tmp_path / "a.xlsx")
    if head["ABCD".index(area[0])] == "amount":
        with pytest.raises(DataError, match="amount is missing"):
            load_register(tmp_path / "a.xlsx")
    else:
        assert load_register(tmp_path / "a.xlsx").costs["amount"].sum() == 3
