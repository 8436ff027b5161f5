"""Nothing goes in silence: columns and sheets that are not read, cells that are no amounts, short lines, copies, notes.

The amounts that are right are written down first, as counted by hand; an input is read as these, or it is refused.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pmo_kit.errors import DataError, PmoError
from pmo_kit.register import Register, load_register
from pmo_kit.register.checks.provenance import Accounts, accounts
from pmo_kit.register.drafting import draft_mapping, import_sources
from pmo_kit.register.template import write_template
from tests.register.test_spreadsheets import amounts, imported

HEAD = ["Code", "Name", "Department"]
WIDE = [*HEAD, "2027 (k€)", "2028 (k€)"]
BOTH = [*HEAD[:2], "2027 (k€)", "2028 (k€)"]
ROWS = [["C1", "Wall", "Ports", 100, 200], ["C2", "Ferry", "Ports", 50, 60], ["C3", "Gauge", "Nets", 8, 7]]
TRUE = {("C1", 2027): 100e3, ("C1", 2028): 200e3, ("C2", 2027): 50e3, ("C2", 2028): 60e3}
TRUE |= {("C3", 2027): 8e3, ("C3", 2028): 7e3}


def csv_of(folder: Path, text: str) -> tuple[str, int]:
    (folder / "source.csv").write_text(text, encoding="utf-8")
    return import_sources([folder / "source.csv"], folder / "out")


@pytest.mark.parametrize(
    "head", ["Folgejahre", "Au-delà", "Oltre", "Siguientes", "Later years", "Budget27", "2029 ff."]
)
@pytest.mark.parametrize("beside", [True, False])
def test_amounts_of_later_years_beside_projects_or_alone_are_not_left_out(tables, folder, head, beside):
    costs, projects = "project_id,2027,2028\nP01,14,3\nP02,16,1\nP03,4,5\n", tables["projects"]
    more = zip(costs.split(), [head, "2", "1", "7"], strict=True)
    costs = "\n".join(map(",".join, more))
    if beside:
        both = zip(projects.split(), costs.split("\n"), strict=True)
        projects, costs = "\n".join(f"{one},{other.partition(',')[2]}" for one, other in both), ""
    given = {"settings": tables["settings"], "projects": projects} | ({"costs": costs} if costs else {})
    with pytest.raises(DataError, match="money must not be left out"):
        load_register(folder(given))


# ---------------------------------------------------------------- the sentence of what was left out


@pytest.mark.parametrize(
    ("head", "cells", "named"),
    [
        ("Forecast 2027 (k€)", [120, 50, 9], True),
        ("Contingency", [10, 5, 1], True),
        ("Spent to date", [3, None, 2], True),
        ("Réserve", [3, 4, 2], True),
        ("Pénalités", [3, "tbc", 2], True),
        ("Priority", [1, 2, 3], False),
        ("Comment", ["late", "on time", "see 12"], False),
        ("Total (k€)", [300, 110, 15], False),  # the sum of what is read
    ],
)
def test_no_sentence_claims_what_stands_in_columns_that_are_not_read(tmp_path, head, cells, named):
    rows = [[*row, cell] for row, cell in zip(ROWS, cells, strict=True)]
    text, code = imported(tmp_path, {"P": [[*WIDE, head], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == TRUE
    told = accounts(load_register(tmp_path / "out").table).sentence
    assert (f"not read: {head}" in told) == named
    assert ("none of the money left out" in told) != named
    assert told in text


def test_a_reason_that_somebody_wrote_ends_the_question(tmp_path):
    rows = [[*row, 10] for row in ROWS]
    imported(tmp_path, {"P": [[*WIDE, "Contingency"], *rows]})
    mapping = tmp_path / "out" / "source.map.yml"
    written = mapping.read_text(encoding="utf-8").replace("? not needed", "held by the board")
    mapping.write_text(written, encoding="utf-8")
    told = accounts(load_register(mapping).table).sentence
    assert told == "3 projects in the source, 3 here; none of the money left out."


def test_a_sheet_of_amounts_that_is_not_read_is_in_the_sentence(tmp_path):
    other = [["Who", "Hours", "Rate"], ["Ada", 10, 80], ["Ben", 12, 70], ["Cy", 9, 75]]
    text, code = imported(tmp_path, {"P": [WIDE, *ROWS], "Staff": other})
    assert code == 0, text
    assert "in the columns read is left out; not read: sheet Staff." in text
    assert amounts(tmp_path) == TRUE


# ---------------------------------------------------------------- cells that are no amounts


@pytest.mark.parametrize(
    "cell",
    ["5th", "5 th", "1st", "2nd", "3RD", "€5th", "EUR 12th", "1er", "2ème", "5º", "M5", "k5", "B2", "Phase 5", "#5"],
)
def test_a_place_among_others_or_a_name_is_no_amount(tmp_path, cell):
    text, code = imported(tmp_path, {"P": [WIDE, ["C1", "Wall", "Ports", cell, 200], *ROWS[1:]]})
    assert code == 0, text
    assert amounts(tmp_path) == {key: one for key, one in TRUE.items() if key != ("C1", 2027)}
    assert "one amount cannot be read" in text
    assert "No pack is made of it" in text


def test_a_number_that_is_shown_as_a_place_is_asked_about(tmp_path):
    text, code = imported(tmp_path, {"P": [WIDE, *ROWS]}, D2='0"th"')
    assert code == 0, text
    assert ("C1", 2027) not in amounts(tmp_path)
    assert "shown as something else" in text
    assert "No pack is made of it" in text


# ---------------------------------------------------------------- lines of a CSV file with fewer cells than the header

LINES = "Code,Name,Department,2027 (k€),2028 (k€),Comment\nC1,Wall,Ports,100,200,late\nC2,Ferry,Ports,50,60,ok\n"


@pytest.mark.parametrize(
    "short",
    [
        "C3,Gauge,8,7,ok",  # no department: every amount would stand one year too late
        "C3,Gauge,Nets,7,ok",  # 2027 or 2028
        "C3,Gauge,Nets,8",  # the last year and the comment, or the first
        "C3,Gauge,7",
        "Gauge,Nets,8,7,ok",
        "C3,Nets,8,7",
    ],
)
@pytest.mark.parametrize("after", ["", "C4,Dock,Nets,1,2,x\n", "C4,Dock,Nets,1,2,\n"])
def test_a_short_line_whose_amounts_may_be_of_other_years_is_refused(tmp_path, short, after):
    text, code = csv_of(tmp_path, f"{LINES}{short}\n{after}")
    assert code == 2
    assert "lines 4" in text
    assert not list((tmp_path / "out").glob("costs.csv"))


def test_a_short_line_that_can_be_read_one_way_is_read_and_told(tmp_path):
    text, code = csv_of(tmp_path, f"{LINES}C3,Gauge,Nets,8,7\n")
    assert code == 0, text
    assert amounts(tmp_path) == TRUE
    assert "fewer cells than the header; the last ones were taken for empty" in text


@pytest.mark.parametrize(
    ("last", "cells", "read"),
    [
        ("Comment", "", True),  # an export that does not write its last cells where they are empty
        ("Bemerkung", "", True),
        ("Owner", "", True),
        ("Rating", "", False),  # a number may stand there, and then each of them is of another year
        ("2029 (k€)", "", False),
        ("Comment", ",9", False),  # 9 is no comment: something is missing before it
    ],
)
def test_a_file_whose_every_line_lacks_its_last_cell_is_read_where_no_number_can_move(tmp_path, last, cells, read):
    head = f"Code,Name,Department,2027 (k€),2028 (k€),{last}" + ",Stage,Owner" * bool(cells)
    lines = [f"{code},{name},Nets,{one},{two}{cells}" for code, name, one, two in
             (("C1", "Wall", 100, 200), ("C2", "Ferry", 50, 60), ("C3", "Gauge", 8, 7))]  # fmt: skip
    text, code = csv_of(tmp_path, "\n".join([head, *lines]) + "\n")
    assert code == (0 if read else 2), text
    assert "3 lines have fewer cells than the header" in text
    if read:
        assert amounts(tmp_path) == TRUE


@pytest.mark.parametrize(
    "text",
    [
        "Code,Name,Department,2027 (k€),2028 (k€),2029 (k€)\nC1,A,Ports,100,200\nC2,Dock,Ports,50,60\nC3,G,N,8,7,1\n",
        "Code,Name,Department, unit,2027 (k€),2028 (k€)\nC1,Wall,Ports,100,200\nC2,Ferry,Ports,50,60\n",
        "Code,Name,Department,2027 (k€),2028 (k€)\nC1,Wall, north,Ports,100,200\nC2,Ferry,Ports,50,60\n",
        "Code,Name,Start,Finish,2027\nC1,A,2027-01-01,2028-01-01,4\nC2,B,2027-01-01,2028-01-01,5\nC3,C,2028-01-01,4\n",
    ],
)
def test_lines_that_do_not_fit_their_header_are_refused(tmp_path, text):
    told, code = csv_of(tmp_path, text)
    assert code == 2, told


def test_a_note_or_a_title_is_no_short_line(tmp_path):
    text, code = csv_of(tmp_path, f"Portfolio,2027\n\n{LINES}C3,Gauge,Nets,8,7,x\n\nSource: finance, 2027\n")
    assert code == 0, text
    assert amounts(tmp_path) == TRUE


# ---------------------------------------------------------------- one project in two sheets


@pytest.mark.parametrize(
    ("heads", "roads", "water"),
    [
        (BOTH, [["C1", "Wall", 1, 2], ["C2", "Ferry", 5, 6]], [["C3", "Gauge", 8, 7], ["C1", "Wall", 10, 20]]),
        (BOTH, [["C1", "Wall", 1, 2], ["C2", "Ferry", 5, 6]], [["C1", "Wall", 1, 2]]),  # in both departments
        (WIDE, [["C1", "Wall", "R", 1, 2]], [["C3", "Gauge", "W", 8, 7], ["C1", "Wall", "R", 1, 3]]),
        (WIDE, [["C1", "Wall", "R", 1, 2]], [["C1", "Wall", "R", 1, 3]]),
        (WIDE, [["C1", "Wall", "R", 1, 2]], [["C3", "Gauge", "W", 8, 7], ["c1", "Wall 2", "R", 1, 2]]),
    ],
)
def test_a_project_in_two_sheets_that_do_not_agree_is_refused_with_both(tmp_path, heads, roads, water):
    text, code = imported(tmp_path, {"Roads": [heads, *roads], "Water": [heads, *water]})
    assert code == 2
    told = [line for line in text.splitlines() if line.startswith("[block]")]
    assert any("Roads" in line and "Water" in line and "c1" in line.casefold() for line in told), text


def test_a_project_in_two_sheets_that_agree_is_read_once_and_told(tmp_path):
    sheets = {"Roads": [WIDE, *ROWS[:2]], "Water": [WIDE, ROWS[2], ROWS[0]]}
    text, code = imported(tmp_path, sheets)
    assert code == 0, text
    assert amounts(tmp_path) == TRUE
    assert "The row stands in source.xlsx Roads, row 2, too" in text
    assert "3 projects in the source, 3 here; none of the money left out." in text


def test_a_mapping_says_which_of_two_sheets_counts(tmp_path):
    sheets = {"Roads": [BOTH, ["C1", "Wall", 1, 2]], "Water": [BOTH, ["C3", "Gauge", 8, 7], ["C1", "Wall", 10, 20]]}
    assert imported(tmp_path, sheets)[1] == 2
    mapping = tmp_path / "out" / "source.map.yml"
    written = mapping.read_text(encoding="utf-8")
    assert written.count('- sheet: "Water"') == 2
    only = '- sheet: "Water"\n      keep: [{column: Code, equals: [C3], reason: C1 belongs to Roads}]'
    mapping.write_text(written.replace('- sheet: "Water"', only), encoding="utf-8")
    costs = load_register(mapping).costs
    assert costs.groupby("project_id")["amount"].sum().to_dict() == {"C1": 3.0, "C3": 15.0}


def test_other_years_of_a_project_in_another_sheet_are_read(tmp_path):
    water = [[*HEAD, "2029 (k€)"], ["C3", "Gauge", "Nets", 8], ["C1", "Wall", "Ports", 10]]
    text, code = imported(tmp_path, {"Roads": [WIDE, *ROWS[:2]], "Water": water})
    assert code == 0, text
    more = {("C3", 2029): 8e3, ("C1", 2029): 10e3}
    assert amounts(tmp_path) == {key: one for key, one in TRUE.items() if key[0] != "C3"} | more


def test_equal_rows_are_one_where_the_mapping_says_so(tmp_path):
    (tmp_path / "a.csv").write_text("Code,Name,Dept,2027\nC1,Wall,R,100\nC1,Wall,R,100\nC2,F,W,5\n", encoding="utf-8")
    (tmp_path / "a.yml").write_text(
        "source: a.csv\nsettings: {currency: EUR, money_unit: thousand}\ntables:\n"
        "  projects: {project_id: Code, name: Name, area: Dept, commitment: {value: discretionary}}\n"
        "  costs:\n    project_id: Code\n    unpivot: {name: year, into: amount, columns: ['2027']}\n"
        "    repeats: same\n",
        encoding="utf-8",
    )
    register = load_register(tmp_path / "a.yml")
    assert register.costs["amount"].tolist() == [100, 5]
    assert "equal_rows" in set(register.findings["rule"])
    assert not accounts(register.table).share


def test_rows_are_not_equal_where_the_mapping_gives_their_amounts_other_units(tmp_path):
    (tmp_path / "a.csv").write_text("Code,Name,Dept,Year,Plan,More\nC1,Wall,R,2027,100,100\n", encoding="utf-8")
    block = "    - {project_id: Code, year: Year, repeats: same, amount: {column: %s, unit: %s}}\n"
    (tmp_path / "a.yml").write_text(
        "source: a.csv\nsettings: {currency: EUR, money_unit: thousand}\ntables:\n"
        "  projects: {project_id: Code, name: Name, area: Dept, commitment: {value: discretionary}}\n"
        "  costs:\n" + block % ("Plan", "thousand") + block % ("More", "million"),
        encoding="utf-8",
    )
    with pytest.raises(DataError) as error:
        load_register(tmp_path / "a.yml")
    assert "duplicate_key" in set(error.value.findings["rule"])
    assert "equal_rows" not in set(error.value.findings["rule"])


# ---------------------------------------------------------------- notes below a register's own table

NOTES = [
    "Note: figures of the board", "* provisional", "Source: SAP, as at 30 September 2026",
    "All amounts in EUR million, real 2026", "(1) subject to approval", "P01: subject to approval by the board",
    "Stand: 30.09.2026", "Quelle : Finanzen", "Remarques : hors TVA", "N.B. excludes VAT",
]  # fmt: skip
NO_NOTES = [
    "P07", "*P05", "New harbor bridge", "Note: P07 will follow", "Reserve of 12.5 for risks of all", "Note: 12.5",
    "Hinweis",
]  # fmt: skip


@pytest.mark.parametrize("gap", ["", ",,,\n"])
@pytest.mark.parametrize("table", ["projects", "costs"])
def test_a_note_below_a_table_of_a_register_is_a_note_and_told(tables, folder, gap, table):
    plain = load_register(folder(tables))
    for number, note in enumerate(NOTES):
        path = folder({**tables, table: f'{tables[table]}{gap}"{note}",,,\n'}, f"note{number}")
        register = load_register(path)
        assert register.fingerprint == plain.fingerprint
        assert note in register.findings.query("rule == 'banner_row' and severity == 'warn'")["value"].tolist()


@pytest.mark.parametrize("note", NO_NOTES)
@pytest.mark.parametrize("table", ["projects", "costs"])
def test_what_may_be_a_project_or_a_number_is_no_note(tables, folder, note, table):
    with pytest.raises(DataError, match="missing"):
        load_register(folder({**tables, table: f'{tables[table]}"{note}",,,\n'}))


def test_a_row_with_a_number_or_between_rows_is_no_note(tables, folder):
    for number, costs in enumerate((
        tables["costs"] + "Note: the rest,2027,capex,3\n",
        tables["costs"].replace("P02,", "Note: figures of the board,,,\nP02,", 1),
    )):  # fmt: skip
        with pytest.raises(DataError):
            load_register(folder({**tables, "costs": costs}, f"at{number}"))


def test_a_footnote_in_the_workbook_of_the_kit_is_a_note(tables, folder, tmp_path):
    register = load_register(folder(tables))
    file = write_template(tmp_path / "mine.xlsx", register)
    book = openpyxl.load_workbook(file)
    for name in ("projects", "costs"):
        last = max(row for row in range(1, book[name].max_row + 1) if book[name].cell(row, 1).value)
        book[name].cell(last + 2, 1, "Note: agreed with the finance department on 30 September 2026")
    book.save(file)
    again = load_register(file)
    assert again.fingerprint == register.fingerprint
    assert (again.findings["rule"] == "banner_row").sum() == 2


# ---------------------------------------------------------------- mappings written by hand, with a slip

EXPORT = """Code,Name,Dept,Stage,2027 (k€),2028 (k€),Risk,Start,Rating,Rating
C1,Wall,Ports,idea,100,200,R,2027-01-01,R,G
C2,Ferry,Ports,delivery,50,,G,2027-02-01,G,G
C3,Gauge,Nets,idea,8,7,A,2027-03-01,A,A
Total,,,,158,207,,,,
"""
YEARS = "columns: {'2027 (k€)': 2027, '2028 (k€)': 2028}"
COSTS = f"    project_id: Code\n    unpivot: {{name: year, into: amount, {YEARS}}}\n"
ONLY = "{name: year, into: amount, columns: {'2027 (k€)': 2027}}"
MAPPING = (
    "source: x.csv\nsettings: {currency: EUR, money_unit: thousand, as_of: 2026-09-30, price_basis: nominal}\n"
    "tables:\n  projects: {project_id: Code, name: Name, area: Dept, commitment: {value: discretionary}}\n"
    f"  costs:\n{COSTS}ignore: {{Stage: no, Risk: no, Start: no, Rating: no}}\n"
)
EXACT = {("C1", 2027): 100.0, ("C1", 2028): 200.0, ("C2", 2027): 50.0, ("C3", 2027): 8.0, ("C3", 2028): 7.0}
RIGHT: dict[str, tuple[str, str]] = {
    "a header in another case": ("project_id: Code, name", "project_id: code , name"),
    "the unit of the header said again": ("amount, columns", "amount, unit: thousand, columns"),
    "a pattern with a group": (YEARS, "pattern: '(\\d{4})'"),
    "a pattern without one": (YEARS, "pattern: '20\\d\\d'"),
    "headers in a list": (YEARS, "columns: ['2027 (k€)', '2028 (k€)']"),
    "the first of several": ("area: Dept", "area: [Department, Dept]"),
    "a currency in words": ("currency: EUR", "currency: Euro"),
    "the total left out by name": ("ignore:", "drop: [{column: Code, matches: '^Tot', reason: x}]\nignore:"),
    "one of two twins": ("name: Name", "name: Name, rag_declared: Rating (1)"),
}
WRONG: dict[str, tuple[str, str, str]] = {
    "a header that is not there": ("name: Name", "name: Nmae", 'It has "Name"'),
    "years of other headers": (YEARS, "columns: {'2027 (k€)': 2028, '2028 (k€)': 2027}", "names 2027"),
    "one year twice": ("'2028 (k€)': 2028", "'2028 (k€)': 2027", "names 2028"),
    "another unit": ("amount, columns", "amount, unit: million, columns", "another unit"),
    "no unit": ("amount, columns", "amount, unit: unit, columns", "another unit"),
    "a unit of the settings": ("money_unit: thousand", "money_unit: million", "unit"),
    "a pattern that finds nothing": (YEARS, "pattern: 'FY(\\d{4})'", "costs has no rows"),
    "a pattern that finds half": (YEARS, "pattern: '(2027)'", "2028 (k€)"),
    "a group that is no year": (YEARS, "pattern: '20(\\d\\d)'", "not a year"),
    "no key": ("    project_id: Code\n", "", "project_id"),
    "a word that is none of the list": (COSTS, f"    kind: {{value: capx}}\n{COSTS}", "capx"),
    "a constant as a header": (COSTS, f"    kind: capex\n{COSTS}", "no column capex"),
    "a table that is not there": ("  costs:", "  cost:", "costs"),
    "a column that is not there": ("into: amount", "into: ammount", "amount"),
    "a setting that is not there": ("currency: EUR", "curency: EUR", "currency"),
    "a word in capitals": ("ignore:", "doubtful: Blank\nignore:", "blank"),
    "latest by words": ("ignore:", "keep: latest by Stage\nignore:", "Stage"),
    "a value that is nearly there": ("ignore:", "keep: [{column: Dept, equals: [Port], reason: x}]\nignore:", "Ports"),
    "a filter that leaves nothing": ("ignore:", "drop: [{column: Code, matches: '.', reason: x}]\nignore:", "no rows"),
    "a sheet that is not there": ("ignore:", "sheet: Main\nignore:", "Main"),
    "a source that is not there": ("source: x.csv", "source: y.csv", "y.csv"),
    "a key of two columns, one not there": ("Code, name", "{join: [Code, Unit]}, name", "Unit"),
    "another way with repeats": (COSTS, f"    repeats: add\n{COSTS}", "repeats"),
    "five times the money accepted": ("ignore:", "accept: {up_to: 5, who: A, why: b}\nignore:", "up_to"),
    "accepted by nobody": ("ignore:", "accept: {up_to: 0.05, why: b}\nignore:", "who"),
    "absent and filled": ("ignore:", "absent: {costs: none}\nignore:", "absent"),
    "a tab": ("    unpivot", "\tunpivot", "line"),
    "a colon": ("name: Name", "name: Name: x", "line"),
    "one column in two blocks": (COSTS, f"  - project_id: Code\n    unpivot: {ONLY}\n  - {COSTS[4:]}", "read twice"),
    "one column added up twice": (
        COSTS,
        f"  - project_id: Code\n    repeats: sum\n    unpivot: {ONLY}\n  - repeats: sum\n{COSTS}",
        "read twice",
    ),
    "a cost that is a benefit": (
        "ignore:",
        f"  benefits:\n    project_id: Code\n    benefit: {{value: b}}\n    unpivot: {ONLY}\nignore:",
        "read twice",
    ),
    "name and into the other way": ("name: year, into: amount", "name: amount, into: year", "costs has no rows"),
    "an amount beside unpivot": (COSTS, f"    amount: '2027 (k€)'\n{COSTS}", "amount is filled by unpivot"),
    "a year beside unpivot": (COSTS, f"    year: {{value: 2026}}\n{COSTS}", "year is filled by unpivot"),
    "a unit as a column": (COSTS, f"    unit: thousand\n{COSTS}", "unit"),
    "a file that is not there": (COSTS, f"    file: z.csv\n{COSTS}", "z.csv"),
    "no regular expression": (YEARS, "pattern: '(20'", "regular expression"),
    "the third of two": ("name: Name", "name: Name, rag_declared: Rating (3)", "Rating (3)"),
    "two of one name": ("name: Name", "name: Name, rag_declared: Rating", "Rating (1)"),
    "a day that can be read two ways": ("2026-09-30", "3/4/2026", "as_of"),
    "a line twice": ("source: x.csv", "source: x.csv\nsource: x.csv", "source"),
}


def mapped(folder: Path, old: str, new: str) -> dict[tuple[str, int], float]:
    assert old in MAPPING
    (folder / "x.csv").write_text(EXPORT, encoding="utf-8")
    (folder / "m.yml").write_text(MAPPING.replace(old, new, 1), encoding="utf-8")
    costs = load_register(folder / "m.yml").costs
    pairs = zip(costs["project_id"], costs["year"], costs["amount"], strict=True)
    return {(str(project), int(year)): float(amount) for project, year, amount in pairs}


@pytest.mark.parametrize("way", RIGHT)
def test_a_mapping_written_in_another_way_is_read_exactly(tmp_path, way):
    assert mapped(tmp_path, *RIGHT[way]) == EXACT


@pytest.mark.parametrize("slip", WRONG)
def test_a_slip_in_a_mapping_is_refused_and_named(tmp_path, slip):
    old, new, named = WRONG[slip]
    with pytest.raises(PmoError) as refused:
        mapped(tmp_path, old, new)
    assert named in str(refused.value)


def test_money_goes_to_another_year_than_its_header_says_only_where_a_waiver_accepts_it(tmp_path):
    (tmp_path / "x.csv").write_text(EXPORT.replace("2028 (k€)", "Plan 2028 (k€)"), encoding="utf-8")
    mapping = MAPPING.replace("'2028 (k€)': 2028", "'Plan 2028 (k€)': 2029")
    (tmp_path / "m.yml").write_text(mapping, encoding="utf-8")
    with pytest.raises(DataError, match="names 2028, and the mapping says 2029"):
        load_register(tmp_path / "m.yml")
    waiver = "rule: year_contradicted\nwho: Controller\nwhen: 2026-09-30\nwhy: the plan of 2028 is of the year after\n"
    (tmp_path / "waivers.yml").write_text(waiver, encoding="utf-8")
    costs = load_register(tmp_path / "m.yml").costs
    assert costs.groupby("year")["amount"].sum().to_dict() == {2027: 158, 2029: 207}


def test_one_project_is_one_project() -> None:
    assert Accounts(("a.csv",), 1, 1, "", 0.0, 0, 0.0, (), "").sentence == "1 project in the source, 1 here."


@pytest.mark.parametrize("row", [
    ("stakeholder_weights", "Average"), ("stakeholder_weights", "Total"), ("areas", "Total"),
])  # fmt: skip
def test_no_person_area_or_goal_is_called_as_a_summary_in_silence(row: tuple[str, str], tmp_path: Path) -> None:
    table, name = row
    shutil.copytree("data/samples/meridian_12", tmp_path / "register")
    file = tmp_path / "register" / f"{table}.csv"
    before = load_register(tmp_path / "register").findings
    first, last = file.read_text().splitlines()[0].split(","), file.read_text().splitlines()[-1].split(",")
    file.write_text(file.read_text() + ",".join([name, *last[1 : len(first)]]) + "\n")
    found = load_register(tmp_path / "register").findings
    new = found[~found["message"].isin(before["message"])]
    assert new["message"].tolist() == [f"{name} is the name of a total or an average; it was read as a name."]


AVERAGED = [(4, "Expert"), (6, "Board"), (5, "Average")]
WEIGHTS = "stakeholder,A,B\nFinance,0.4,0.6\nCity,0.5,0.3\n"


@pytest.mark.parametrize(
    ("table", "rows", "refused"),
    [
        ("areas", "area,label,headcount\nNetworks,,100\nCustomer,,50\nDigital,,5\nTotal,,155\n", True),
        ("areas", "area,label,headcount\nNetworks,,100\nCustomer,,50\nDigital,,5\nTotal,,40\n", False),
        (
            "areas",
            "area,label,headcount,change_threshold\nNetworks,,100,0.2\nCustomer,,50,0.1\nDigital,,5,0.1\nTotal,,155,\n",
            True,
        ),
        (
            "scores",
            "project_id,criterion,score,assessor\n"
            + "".join(f"P0{n},{c},{x},{who}\n" for n in (1, 2, 3) for c in "AB" for x, who in AVERAGED),
            True,
        ),
        ("areas", "area,label\nNetworks,\nCustomer,\nDigital,\nTotal,\n", False),
        ("stakeholder_weights", f"{WEIGHTS}Total,0.9,0.9\n", True),
        ("stakeholder_weights", f"{WEIGHTS}Durchschnitt,0.45,0.45\n", True),
        ("stakeholder_weights", f"{WEIGHTS}Average,0.45,0.5\n", False),
        ("stakeholder_weights", "stakeholder,criterion,weight\nFinance,A,1\nCity,B,1\nTotal,A,1\n", False),
    ],
)
def test_a_name_of_a_total_whose_numbers_are_those_of_all_others_is_decided(tables, folder, table, rows, refused):
    criteria = "criterion,sense,low,high,weight\nA,max,0,10,0.5\nB,max,0,10,0.5\n"
    scores = "project_id,criterion,score\n" + "".join(f"P0{n},{one},5\n" for n in (1, 2, 3) for one in "AB")
    tables |= {"criteria": criteria, "scores": scores, table: rows}
    try:
        found, stopped = load_register(folder(tables)).findings, False
    except DataError as error:
        found, stopped = error.findings, True
    assert (stopped, found["rule"].tolist().count("called_as_summary")) == (refused, 1)


@pytest.mark.parametrize("costs", [
    "project_id,year,kind,amount\nP01,2027,capex,10\n,,,7\nP02,2027,capex,5\n", "project_id,2027,2028\nP01,10,1\n,,7\n",
])  # fmt: skip
def test_an_amount_that_stands_alone_is_no_banner(tables, folder, costs):
    with pytest.raises(DataError, match="project_id is missing"):
        load_register(folder(tables | {"costs": costs}))


def test_people_of_several_sources_are_counted_as_each_header_says(tmp_path):
    for name, head in (("a", "FTE"), ("b", "FTE (days)")):
        text = f"Ref,Title,Unit,Role,Period,{head}\n{name}1,Pier {name},Roads,engineer,2027,2\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    mapping = "source: [a.csv, b.csv]\nsettings: {as_of: 2026-03-31}\nabsent: {costs: none}\ntables:\n"
    lines = {"projects": "project_id: Ref, name: Title, area: Unit"}
    lines |= {"resources": "project_id: Ref, role: Role, period: Period"}
    for table, columns in lines.items():
        mapping += f"  {table}:\n"
        for name, head in (("a", "FTE"), ("b", "FTE (days)")):
            mapping += f"    - {{file: {name}.csv, {columns}{f', fte: {head}' if table == 'resources' else ''}}}\n"
    (tmp_path / "m.yml").write_text(mapping, encoding="utf-8")
    with pytest.raises(DataError, match=r"FTE \(days\).* states another unit than full-time equivalents"):
        load_register(tmp_path / "m.yml")


@pytest.mark.parametrize(
    "header",
    ["fte (days)", "FTE in Stunden", "fte %", "fte [person days]", "FTE (PT)", "FTE (Personentage)", "fte (mois)"],
)
@pytest.mark.parametrize("table", ["resources", "capacity"])
def test_people_that_are_counted_otherwise_are_asked_about(tables, folder, table, header):
    people = {"resources": "project_id,role,period,fte\nP01,engineer,2027,2\n"}
    people |= {"capacity": "role,period,fte\nengineer,2027,5\n"}
    load_register(folder(tables | people))
    with pytest.raises(DataError, match=r"another unit than full-time equivalents|no column fte"):
        load_register(folder(tables | people | {table: people[table].replace("fte", header)}))


@pytest.mark.parametrize("cell", ['"16', '"16\n', 'capex,"1', '"1,""6', '"1"",6'])
def test_a_file_that_ends_inside_a_quote_is_refused(tables, folder, cell):
    with pytest.raises(DataError, match="A double quote opens in line 6"):
        load_register(folder(tables | {"costs": f"{tables['costs']}P03,2028,capex,{cell}"}))


def test_a_date_that_may_begin_with_its_year_is_refused(tables, folder):
    dates = tables["projects"].replace("2027-01-01,2028-12-31", "27-01-01,28-12-31")
    with pytest.raises(DataError, match="28-12-31"):
        load_register(folder(tables | {"projects": dates}))
    proved = dates.replace("27-01-01,28-12-31", "01-02-27,31-12-28", 1).replace(
        "27-01-01,28-12-31", "03-01-27,12-11-28"
    )
    read = load_register(folder(tables | {"projects": proved})).projects
    assert read["start"].dt.strftime("%Y-%m-%d").tolist() == ["2027-02-01", "2027-01-03", "2027-01-01"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Amber-Red", "A"),
        ("amber / green", "A"),
        ("A/R", "A"),
        ("AG", "A"),
        ("Gelb/Rot", "A"),
        ("Ambre-Vert", "A"),
        ("Amber–Red", "A"),
        ("Amber & Red", "A"),
        ("Red+Amber", "A"),
    ],
)
def test_two_neighbors_of_a_rating_are_the_one_between(tables, folder, written, read):
    lines = tables["projects"].replace("finish\n", "finish,rag_declared\n").replace("31\n", f"31,{written}\n")
    assert load_register(folder(tables | {"projects": lines})).projects["rag_declared"].tolist() == [read] * 3
    with pytest.raises(DataError, match="is not a rag_declared"):
        load_register(folder(tables | {"projects": lines.replace(written, "Red/Green")}))


@pytest.mark.parametrize(
    ("prices", "fault"), [("real 2026", ""), ("2026 prices", ""), ("nominal", "states other prices"),
                          ("2020 prices", "states other prices")],
)  # fmt: skip
def test_prices_in_the_header_of_a_year_are_compared_with_those_of_the_settings(tables, folder, prices, fault):
    costs = tables | {"costs": f"project_id,2027 ({prices})\nP01,14\nP02,16\n"}
    if fault:
        with pytest.raises(DataError, match=fault):
            load_register(folder(costs))
    else:
        assert load_register(folder(costs)).costs["amount"].sum() == 30


def test_later_years_are_no_sum_of_the_years_before(tables, folder):
    wide = tables["projects"].replace("finish\n", "finish,2027,2028,2029+\n").replace("31\n", "31,1,2,3\n")
    with pytest.raises(DataError, match="2029"):
        load_register(folder({"settings": tables["settings"], "projects": wide}))


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("Sum 2027 to 2028", False),
        ("2029-2031", True),
        ("Cost to completion", True),
        ("2029 suiv.", True),
    ],
)
def test_a_column_of_sums_that_holds_other_years_is_none(tmp_path, header, asked):
    export = f"Ref,Title,Unit,2027,2028,{header}\nA1,Pier,Roads,1,2,3\nA2,Pump,Water,4,5,9\n"
    (tmp_path / "e.csv").write_text(export, encoding="utf-8")
    text = draft_mapping([tmp_path / "e.csv"]).text
    line = next(line for line in text.splitlines() if header in line)
    assert ("? amounts of several years" in line, "the sum of other columns" in line) == (asked, not asked)


HEADS = {  # headers of a column of amounts -> the money of 2027 and 2028 in k€, or None where it must be asked
    "H1 2027 (k€),H2 2027 (k€)": 30, "Q1 FY27 (k€),Q2 FY27 (k€)": 30, "Cost Q1 2027 (k€),Cost Q2 2027 (k€)": 30,
    "2027 (k€),H1 2027 (k€)": 15, "2027 (net) k€,2028 (net) k€": 30, "2027 (excl. VAT) k€,2028 (excl. VAT) k€": 30,
    "2027 (real) k€,2028 (real) k€": 30, "2027 (k€),2028 €": 15.015, "2027 (50%) k€,2028 (50%) k€": None,
    "Cost to 2027 (k€),2028 (k€)": None, "bis 2026 (k€),2027 (k€)": None, "2027 (k€),2028 and before (k€)": None,
    "2027 (50 pct) k€,2028 (50 percent) k€": 0, "bis Ende 2027 (k€),2028 (k€)": None,
    "through FY27 (k€),FY28 (k€)": None, "pre-2027 (k€),2028 (k€)": None,
}  # fmt: skip


@pytest.mark.parametrize("heads", HEADS)
def test_what_a_header_says_beside_its_year_is_read_or_asked(tmp_path, heads):
    text = f"Code,Name,Department,{heads}\nA1,Quay,Ports,10,10\nA2,Dam,Ports,5,5\n"
    if HEADS[heads] is None:
        assert csv_of(tmp_path, text)[1] == 2
        return
    csv_of(tmp_path, text)
    assert sum(amounts(tmp_path).values()) == pytest.approx(1000 * HEADS[heads])
    mapping = (tmp_path / "out" / "source.map.yml").read_text(encoding="utf-8").splitlines()
    asked = any("? " in line for line in mapping if "€" in line)
    assert asked != ("Q" in heads or heads.startswith("H"))  # the parts of a year are read without a question


@pytest.mark.parametrize(
    ("heads", "total"),
    [("Plan 2027,Actual 2027", 33), ("Benefit plan 2027,Benefit actual 2027", 33),
     ("Benefit Q1 2027,Benefit Q2 2027", 65), ("Cash benefit 2027,Social benefit 2027", 65), ("2027,FTE 2027", 33)],
)  # fmt: skip
def test_of_several_figures_of_a_benefit_one_counts(tmp_path, heads, total):
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Plan"
    benefits = book.create_sheet("Benefits")
    for line in [[*HEAD, "2027 (€)"], ["A1", "Quay", "Ports", 10], ["A2", "Dam", "Ports", 5]]:
        book.worksheets[0].append(line)
    for line in [["Code", *heads.split(",")], ["A1", 11, 10], ["A2", 22, 22]]:
        benefits.append(line)
    book.save(tmp_path / "b.xlsx")
    import_sources([tmp_path / "b.xlsx"], tmp_path / "out")
    assert load_register(tmp_path / "out").table("benefits")["amount"].sum() == total


@pytest.mark.parametrize(
    ("costs", "fault"),
    [("project_id,2027 (real)\nP01,10\n", "no column year"),
     ("project_id,year,amount\nP01,2027,\xad5\n", "cannot be seen"),
     ("project_id,year,amount,Inflation index\nP01,2027,5,1.2\n", "It says something about the amounts")],
)  # fmt: skip
def test_a_word_or_sign_with_two_meanings_is_asked(tables, folder, costs, fault):
    with pytest.raises(DataError, match=fault):
        load_register(folder(tables | {"costs": costs}))


def read_costs(folder: Path, export: str, amount: str) -> pd.DataFrame:
    (folder / "e.csv").write_text(export, encoding="utf-8")
    lines = "settings: {currency: EUR, money_unit: million, price_basis: nominal, as_of: 2026-03-31}\ntables:\n"
    lines += "  projects: {project_id: Ref, name: Title, area: Unit}\n"
    (folder / "m.yml").write_text(
        f"{lines}  costs: {{project_id: Ref, year: {{value: 2027}}, amount: {amount}}}\n", "utf-8"
    )
    try:
        return load_register(folder / "e.csv", mapping=folder / "m.yml").findings
    except DataError as error:
        return error.findings


CUT = ["1 500", "1500.75", "-5", "5k", "€5m", "about 5k (old)", "cost 1 500 net", "est. 1,500.75 all in", "was -5 once"]


@pytest.mark.parametrize(
    ("cell", "cut"), [*zip(CUT, [True] * len(CUT), strict=True), ("about 5 (of 7)", False), ("EUR5 at most", False)]
)
def test_a_pattern_that_cuts_a_number_is_refused(tmp_path, cell, cut):
    pattern = "{column: Cost, pattern: '(\\d+)'}"
    found = read_costs(tmp_path, f"Ref;Title;Unit;Cost\nA1;Pier;Roads;{cell}\nA2;Pump;Water;2\n", pattern)
    assert found.loc[found["severity"] == "block", "value"].tolist() == [cell] * cut


def test_amounts_beside_the_first_that_is_filled_are_told(tmp_path):
    found = read_costs(
        tmp_path, "Ref,Title,Unit,Cost,Cost\nA1,Pier,Roads,1,9\nA2,Pump,Water,,9\n", "[Cost (1), Cost (2)]"
    )
    assert any("in the columns read is left out; not read: Cost (2)" in one for one in found["message"])
    for one, other in (("1", "1"), ("1.0", "1"), ("€1", "1.00"), ("1", "tbc")):  # the same amount, or none
        same = read_costs(
            tmp_path,
            f"Ref,Title,Unit,Cost,Cost\nA1,Pier,Roads,{one},{other}\nA2,Pump,Water,,9\n",
            "[Cost (1), Cost (2)]",
        )
        assert any("none of the money left out" in one for one in same["message"])


def test_an_amount_without_a_key_is_left_out_with_its_money(tmp_path):
    found = read_costs(tmp_path, "Ref,Title,Unit,Cost\nA1,Pier,Roads,1\n,,,7\nA3,Lock,Water,4\n", "Cost")
    assert any("58.3 % of the money left out" in one for one in found["message"])
    found = read_costs(tmp_path, "Ref,Title,Unit,Cost\nA1,Pier,Roads,1\nA3,Lock,Water,4\n,,,5\n", "Cost")
    assert any("the total of the rows above" in one for one in found["message"])
    assert any("none of the money left out" in one for one in found["message"])


@pytest.mark.parametrize("cell", ["ca. 5", "5?", "tbc", "#REF!", "∞", "***", "…"])
def test_an_amount_that_cannot_be_read_is_told_where_rows_are_added_up(tmp_path, cell):
    export = f"Ref,Title,Unit,Fund,2027,2028\nA1,Pier,Roads,x,10,1\nA1,Pier,Roads,y,{cell},1\nA2,Pump,Water,x,2,1\n"
    (tmp_path / "e.csv").write_text(export, encoding="utf-8")
    text = "settings: {currency: EUR, money_unit: million, price_basis: nominal, as_of: 2026-03-31}\ntables:\n"
    text += "  projects: {project_id: Ref, name: Title, area: Unit}\n  costs: {project_id: Ref, repeats: sum, "
    text += "unpivot: {name: year, into: amount, columns: [2027, 2028]}}\nignore: {Fund: the amounts are added up}\n"
    (tmp_path / "m.yml").write_text(text, encoding="utf-8")
    register = load_register(tmp_path / "e.csv", mapping=tmp_path / "m.yml")
    assert register.costs["amount"].tolist() == [10, 2, 2, 1]
    told = " ".join(register.findings["message"])
    assert ("one amount cannot be read" in told) == (cell != "tbc")  # "tbc" says that there is none yet
    assert cell == "tbc" or f'"{cell}" cannot be read' in told


@pytest.mark.parametrize("start", [1, 4])
@pytest.mark.parametrize("told", ["2028-12-31", "31.12.2028", "2028-12-31 00:00:00", "31 December 2028"])
def test_a_year_told_by_a_date_is_the_fiscal_year_of_that_date(told: str, start: int) -> None:
    projects = pd.DataFrame({"project_id": ["A"], "name": ["a"], "area": ["x"]})
    costs = pd.DataFrame({"project_id": ["A"], "year": [told], "amount": [1.0]})
    settings = {"currency": "EUR", "money_unit": "million", "price_basis": "nominal", "as_of": "2026-09-30"}
    register = Register(settings=settings | {"fiscal_year_start": start}, projects=projects, costs=costs)
    assert register.table("costs")["year"].tolist() == [2028 + (start == 4)]


@pytest.mark.parametrize(
    ("costs", "named"),
    [
        ("project_id,year,amount,Q1,Q2\nP01,2027,1,1,2\nP02,2027,1,1,1\n", "Q1"),  # quarters beside a year
        ("project_id,year,Jan,Feb\nP01,2027,1,2\nP02,2027,1,1\n", "no column amount"),
        ("project_id,year,amount,Tax\nP01,2027,10,incl.\nP02,2027,5,excl.\n", "Tax"),
        ("project_id,2027 incl. VAT,2028 excl. VAT\nP01,10,5\nP02,1,2\n", "no column year"),
        ("project_id,year,kind,amount\nP01,2027,capex,10\nfrom here in k€,,,\nP02,2027,capex,5000\n", "k€"),
        ("project_id,2027\nAmounts in k€,\nP01,1000\nP02,500\n", "k€"),
        ("project_id,year,amount\nP01,CY2027,2\nP02,2027,1\n", "CY2027"),
    ],
)
def test_what_changes_the_amounts_of_a_table_is_never_read_past(tables, folder, costs, named):
    settings = tables["settings"] + "fiscal_year_start,4\n"
    with pytest.raises(DataError) as error:
        load_register(folder(tables | {"settings": settings, "costs": costs}))
    told = error.value.findings
    told = told[told["severity"] == "block"][["column", "value", "message"]]
    assert told.apply(lambda column: column.str.contains(named, regex=False)).to_numpy().any()


# ---------------------------------------------------------------- sheets of other makers


GROUPS = [["North", 40, 60], ["Quay", 10, 20], ["Net", 30, 40], ["South", 12, 14], ["Depot", 5, 6], ["Tram", 7, 8]]
LEAVES = {("Quay", 2027): 10, ("Quay", 2028): 20, ("Net", 2027): 30, ("Net", 2028): 40}
LEAVES |= {("Depot", 2027): 5, ("Depot", 2028): 6, ("Tram", 2027): 7, ("Tram", 2028): 8}


@pytest.mark.parametrize("head", ["Row Labels", "Zeilenbeschriftungen", "Étiquettes de lignes", "Etiquetas de fila"])
@pytest.mark.parametrize("total", [[], [["Grand Total", 52, 74]], [["Gesamtergebnis", 52, 74]]])
def test_groups_of_a_pivot_table_are_no_projects(tmp_path, head, total):
    text, code = imported(tmp_path, {"Pivot": [[head, "Sum of 2027", "Sum of 2028"], *GROUPS, *total]})
    assert code == 0, text
    assert amounts(tmp_path) == LEAVES
    assert "is the total of the rows" in text


def test_codes_that_begin_others_are_the_sums_of_these(tmp_path):
    rows = [
        ["A", "Ports", 6],
        ["A.1", "Quay", 2],
        ["A.2", "Dam", 4],
        ["B", "Nets", 5],
        ["B.1", "Gauge", 2],
        ["B.2", "Pump", 3],
    ]
    text, code = imported(tmp_path, {"P": [["WBS", "Task", 2027], *rows]})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == 11


@pytest.mark.parametrize(("columns", "code"), [(3, 2), (2, 0)])
def test_rows_that_are_all_groups_and_say_nothing_of_it_are_asked_about(tmp_path, columns, code):
    text, found = imported(tmp_path, {"P": [["Project", 2027, 2028][:columns], *(row[:columns] for row in GROUPS)]})
    assert found == code  # one sum may be chance
    assert "sum of the" in text


@pytest.mark.parametrize(
    "keys", [("P1", "P10", "P11", "P2", "P20", "P21"), ("Al", "Alpha", "Alto", "Be", "Bee", "Bend")]
)
def test_names_that_begin_others_by_chance_are_projects(tmp_path, keys):
    rows = [[key, "N", money] for key, money in zip(keys, (40, 10, 30, 12, 5, 7), strict=True)]
    text, code = imported(tmp_path, {"P": [["Project", "Department", 2027], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {(key, 2027): money for key, _, money in rows}


def test_rows_of_a_pivot_table_of_which_all_are_in_its_total_are_projects(tmp_path):
    rows = [["a", 3], ["b", 1], ["c", 2], ["d", 4], ["e", 2], ["f", 2], ["Grand Total", 14]]
    text, code = imported(tmp_path, {"P": [["Row Labels", "Sum of 2027"], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {(key, 2027): money for key, money in rows[:-1]}


@pytest.mark.parametrize(("words", "right"), [(("Total", "Grant", "Own"), 14), (("Requested", "Approved"), 8)])
def test_a_total_beside_who_pays_is_not_added_to_it(tmp_path, words, right):
    money = {"Total": (5, 9), "Grant": (3, 4), "Own": (2, 5), "Requested": (4, 9), "Approved": (4, 4)}
    rows = [[key, key, word, money[word][n]] for n, key in enumerate(("P1", "P2")) for word in words]
    text, code = imported(tmp_path, {"P": [["ID", "Name", "Funding", 2027], *rows]})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == right


@pytest.mark.parametrize("title", ["CAD drawings in Rome", "Thousand projects in Rome"])
def test_a_word_in_the_title_of_a_sheet_is_no_unit(tmp_path, title):
    text, code = imported(tmp_path, {title: [[*HEAD, 2027, 2028], *ROWS]})
    assert code == 0, text
    settings = load_register(tmp_path / "out").settings
    assert [settings.currency, settings.money_unit] == ["", ""]


def test_amounts_that_are_no_groups_are_no_sums(tmp_path):
    rows = [
        ["P1", "Wall", "Grant", 2, 2],
        ["P1", "Wall", "Own", 2, 2],
        ["P2", "Dam", "Grant", 3, 1],
        ["P2", "Dam", "Own", 3, 1],
    ]
    text, code = imported(tmp_path, {"P": [["ID", "Name", "Funding source", 2027, 2028], *rows]})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == 16  # who pays is no other figure


@pytest.mark.parametrize("title", ["Costs k€", "Kosten in T€", "Coûts en milliers d'euros", "Costs in thousands"])
def test_the_title_of_a_sheet_states_its_unit(tmp_path, title):
    projects = [[*HEAD, "Total budget (M€)"], ["C1", "Wall", "Ports", 0.3], ["C2", "Ferry", "Ports", 0.11]]
    costs = [["Code", 2027, 2028], ["C1", 100, 200], ["C2", 50, 60]]
    text, code = imported(tmp_path, {"Projects": projects, title: costs})
    assert code == 0, text
    assert amounts(tmp_path) == {key: money for key, money in TRUE.items() if key[0] != "C3"}


LEDGER = [
    ["A1", "Wall", "Ports", 1000],
    ["A1", "Wall", "Ports", -200],
    ["A2", "Dam", "Nets", 500],
    ["A2", "Dam", "Nets", 50],
]


@pytest.mark.parametrize("amount", ["Burdened Cost", "Wert/BWähr", "Betrag in HW"])
@pytest.mark.parametrize("head", ["Posting date", "GL Period", "Buchungsdatum", "Fecha"])
def test_amounts_of_a_ledger_are_added_up(tmp_path, amount, head):
    days = ["2027-01-15", "2027-02-20", "2027-03-15", "2028-03-15"]
    rows = [[*row, day] for row, day in zip(LEDGER, days, strict=True)]
    text, code = imported(tmp_path, {"L": [["Project number", "Project name", "Department", amount, head], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("A1", 2027): 800, ("A2", 2027): 500, ("A2", 2028): 50}


@pytest.mark.parametrize("heads", [("Debit", "Credit"), ("Soll", "Haben"), ("Débit", "Crédit"), ("Debe", "Haber")])
def test_debits_beside_credits_are_asked_about(tmp_path, heads):
    rows = [
        ["A1", "Wall", "Ports", 2027, 1000, None],
        ["A1", "Wall", "Ports", 2027, None, 200],
        ["A2", "Dam", "Nets", 2027, 9, 0],
    ]
    text, code = imported(tmp_path, {"L": [[*HEAD, "Year", *heads, "Amount"], *([*row, 1] for row in rows)]})
    assert code == 2
    assert "may change the amounts beside it" in text


def test_another_table_beside_the_first_one_is_told(tmp_path):
    rows = [["P1", "a", "N", 1, None, "P4", "d", "S", 100], ["P2", "b", "S", 2, None, "P5", "e", "N", 200]]
    head = [*HEAD, 2027]
    text, code = imported(tmp_path, {"P": [[*head, None, *head], *rows]})
    assert code == 2
    assert "another table beside the first one" in text
    (tmp_path / "same").mkdir()
    rows = [[*row[:4], None, *row[:4]] for row in rows]
    assert imported(tmp_path / "same", {"P": [[*head, None, *head], *rows]})[1] == 0


@pytest.mark.parametrize("above", [
    [["Code", "Name", "Department", 2027], ["C1", "Wall", "Ports", 5], ["C2", "Ferry", "Ports", 6]],
    [["project_id", "2027", "2028"], ["all", 500, 600]],
    [["Ref", "FY27", "FY28"], ["C1", 5, 6], ["C2", 5, 6]],
])  # fmt: skip
def test_a_table_of_years_above_another_one_is_no_title(tmp_path, above):
    below = [["Code", "Risk", "Owner", "Impact"], ["C1", "late", "x", 50], ["C2", "dear", "y", 60]]
    text, code = imported(tmp_path, {"P": [*above, [], *below]})
    assert code == 2
    assert "would not be read" in text


@pytest.mark.parametrize(
    "above", [[["Year", 2027], ["Budget", 500]], [["Total", None, None, 158, 267]], [["Plan 2027"], ["in EUR"]]]
)
def test_what_stands_above_a_table_is_no_table(tmp_path, above):
    text, code = imported(tmp_path, {"P": [*above, WIDE, *ROWS]})
    assert code == 0, text
    assert amounts(tmp_path) == TRUE


@pytest.mark.parametrize(
    "heads", [("2027 YTD", "2027 full year"), ("Full year 2027", "YTD 2027"), ("2027 cumul", "2027")]
)
def test_what_is_spent_of_a_year_is_no_second_figure_of_it(tmp_path, heads):
    full = [not any(word in head for word in ("YTD", "cumul")) for head in heads]
    rows = [[*row[:3], *(row[3] if whole else 1 for whole in full)] for row in ROWS]
    text, code = imported(tmp_path, {"P": [[*HEAD, *heads], *rows]})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == 158


@pytest.mark.parametrize("deep", [True, False])
def test_groups_of_groups_are_no_projects(tmp_path, deep):
    south = [["South", 7], ["Prog C", 7], ["p5", 3], ["p6", 4]] if deep else [["South", 7], ["p5", 7]]
    rows = [["North", 30], ["Prog A", 10], ["p1", 4], ["p2", 6], ["Prog B", 20], ["p3", 5], ["p4", 15], *south]
    text, code = imported(tmp_path, {"P": [["Row Labels", "Sum of 2027"], *rows, ["Grand Total", 37]]})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == 37
    assert {project for project, _ in amounts(tmp_path)} == {"p1", "p2", "p3", "p4", "p5", *["p6"] * deep}


def test_the_parts_of_a_project_without_a_key_are_no_projects(tmp_path):
    rows = [["P1", "a", None, 30, 40], [None, None, "Staff", 10, 10], [None, None, "Kit", 20, 30]]
    rows += [["P2", "b", None, 3, 4], [None, None, "Staff", 1, 1], [None, None, "Kit", 2, 3]]
    text, code = imported(tmp_path, {"P": [["Project ID", "Project", "Item", 2027, 2028], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 30, ("P1", 2028): 40, ("P2", 2027): 3, ("P2", 2028): 4}


def test_totals_of_each_level_are_sums_of_their_level(tmp_path):
    rows, whole = [], 0
    for unit in ("North", "South", "West"):
        for name, staff in ((f"{unit} 1", 1), (f"{unit} 2", 2)):
            rows += [[unit, name, "Staff", staff], [unit, name, "Kit", 5], [unit, f"{name} subtotal", None, staff + 5]]
        rows += [[f"{unit} subtotal", None, None, 13]]
        whole += 13
    rows += [["Grand total", None, None, whole]]
    text, code = imported(tmp_path, {"P": [["Dept", "Project", "Cost type", 2027], *rows]})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == whole


def test_a_sheet_for_each_currency_is_not_added_up(tmp_path):
    sheets = {"EUR": [[*HEAD, 2027], *(row[:4] for row in ROWS)], "USD": [[*HEAD, 2027], ["C9", "Lock", "Ports", 5]]}
    text, code = imported(tmp_path, sheets)
    assert code == 2
    assert "several currencies" in text


def test_a_setting_of_a_mapping_that_is_misspelled_names_the_mapping(tmp_path):
    (tmp_path / "e.csv").write_text("Ref,Title,Unit,Cost\nA1,Pier,Roads,1\n", encoding="utf-8")
    lines = "name: ours\nsource: e.csv\nsettings: {curency: EUR}\ntables:\n"
    lines += "  projects: {project_id: Ref, name: Title, area: Unit}\n"
    (tmp_path / "m.yml").write_text(f"{lines}  costs: {{project_id: Ref, year: {{value: 2027}}, amount: Cost}}\n")
    with pytest.raises(DataError) as error:
        load_register(tmp_path / "m.yml")
    told = error.value.findings
    assert told[told["rule"] == "unknown_setting"]["file"].tolist() == ["m.yml"]


def test_a_sheet_that_is_called_otherwise_now_is_asked_about(tmp_path):
    sheets = {
        "Projects": [HEAD, *(row[:3] for row in ROWS)],
        "Money": [["Code", 2027], *([row[0], row[3]] for row in ROWS)],
    }
    assert imported(tmp_path, sheets)[1] == 0
    sheets["Moneys"] = sheets.pop("Money")
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "source.xlsx")
    with pytest.raises(DataError, match=r'no sheet Money\. Did you mean "Moneys"'):
        load_register(tmp_path / "out" / "source.map.yml")


def booked(tmp_path, heads, rows, mark):
    text = "\n".join(mark.join(line) for line in (heads, *rows))
    folder = tmp_path / "booked"
    folder.mkdir()
    (folder / "source.csv").write_text(f"{text}\n", encoding="utf-8")
    text, code = import_sources([folder / "source.csv"], tmp_path / "out")
    return text, code


BOOKED = {("P1", 2027): 80, ("P2", 2027): 50, ("P2", 2028): 70}


@pytest.mark.parametrize("heads", [
    "Project,Posting date,Text,Debit,Credit", "Project,Date,Text,Dr,Cr", "Projekt;Buchungsdatum;Text;Soll;Haben",
    "Projekt;Datum;Text;Sollbetrag (EUR);Habenbetrag (EUR)", "Projet;Date comptable;Libellé;Débit;Crédit",
    "Proyecto;Fecha;Texto;Debe;Haber",
])  # fmt: skip
@pytest.mark.parametrize("minus", ["", "-"])
def test_what_is_credited_is_taken_off_what_is_debited(tmp_path, heads, minus):
    mark = ";" if ";" in heads else ","
    rows = [["P1", "2027-01-15", "a", "100.00", ""], ["P1", "2027-02-20", "b", "", f"{minus}20.00"]]
    rows += [["P2", "2027-03-03", "c", "50.00", ""], ["P2", "2028-04-04", "d", "70.00", ""]]
    text, code = booked(tmp_path, heads.split(mark), rows, mark)
    assert code == 0, text
    assert amounts(tmp_path) == BOOKED
    text, code = imported(
        tmp_path / "booked", {"L": [heads.split(mark), *([one or None for one in row] for row in rows)]}
    )
    assert code == 0, text
    assert amounts(tmp_path / "booked") == BOOKED


@pytest.mark.parametrize(("head", "signs"), [
    ("S/H", "SH"), ("Soll/Haben", "SH"), ("Sign", "+-"), ("D/C", "DC"), ("Débit/Crédit", ("Débit", "Crédit")),
    ("Debe/Haber", ("Debe", "Haber")), ("Dr/Cr", ("Dr", "Cr")),
])  # fmt: skip
def test_a_sign_in_a_column_of_its_own_counts(tmp_path, head, signs):
    rows = [["P1", "2027-01-15", "100.00", signs[0]], ["P1", "2027-02-20", "20.00", signs[1]]]
    rows += [["P2", "2027-03-03", "50.00", signs[0]], ["P2", "2028-04-04", "70.00", signs[0]]]
    text, code = booked(tmp_path, ["Project", "Posting date", "Amount", head], rows, ",")
    assert code == 0, text
    assert amounts(tmp_path) == BOOKED


def test_a_credit_that_is_written_with_and_without_a_minus_is_not_added(tmp_path):
    rows = [["P1", 2027, 100, None], ["P1", 2027, None, -20], ["P1", 2027, None, 5], ["P2", 2027, 50, None]]
    text, code = imported(tmp_path, {"L": [["Project", "Year", "Debit", "Credit"], *rows]})
    assert code == 0
    assert "--20" in text
    assert "No pack is made of it" in text


@pytest.mark.parametrize("heads", [
    "Projekt;Datum;Text;Umsatz", "Projekt;Jahr;Soll;Ist", "Projet;Année;Prévu;Réalisé", "Proyecto;Año;Previsto;Real",
    "Project;Year;Plan;Actual", "Project;Date;Out;In", "Project;Name;Debit;Credit",
])  # fmt: skip
def test_columns_of_amounts_are_never_left_out_where_no_amount_is_read(tmp_path, heads):
    day = "2027" if re.search("Jahr|Ann|Año|Year", heads) else "2027-01-15" if "Dat" in heads else "a"
    rows = [[f"P{n}", day.replace("2027", str(2026 + n)), "10.00" if n < 3 else "", "-20.00"] for n in (1, 2, 3)]
    rows = [
        [*row[:2], "abc"[n], row[3]] if heads.count(";") == 3 and "Text" in heads else row for n, row in enumerate(rows)
    ]
    text, code = booked(tmp_path, heads.split(";"), rows, ";")
    assert code == 2, text
    assert "guess" in text


@pytest.mark.parametrize("other", ["Invoice no", "Vendor", "Lieferant", "Belegnummer", "Fournisseur", "Proveedor"])
def test_bookings_are_no_states_of_a_project(tmp_path, other):
    rows = [["P1", "2027-01-15", "a1", 100], ["P1", "2027-02-20", "a2", 30], ["P2", "2028-03-03", "a3", 50]]
    text, code = imported(tmp_path, {"L": [["Project", "Date", other, "Amount"], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 130, ("P2", 2028): 50}


def test_what_is_paid_and_received_is_booked(tmp_path):
    rows = [
        ["P1", "2027-01-15", "a", 100, None],
        ["P1", "2027-02-20", "b", 30, None],
        ["P2", "2028-03-03", "c", None, 5],
    ]
    text, code = imported(tmp_path, {"L": [["Projekt", "Datum", "Text", "Ausgaben", "Einnahmen"], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 130}
    assert "not read: Einnahmen" in text


@pytest.mark.parametrize(("unit", "worth"), [("k€", 0.001), ("Mio EUR", 1), ("TEUR", 0.001)])
def test_a_unit_in_the_name_of_one_of_several_files_counts(tmp_path, unit, worth):
    (tmp_path / "projekte.csv").write_text(
        "Code,Name,Department,Total budget (M€)\nC1,Wall,Ports,0.3\nC2,Ferry,Ports,0.1\n"
    )
    (tmp_path / f"kosten {unit}.csv").write_text("Code,2027,2028\nC1,100,200\nC2,50,60\n", encoding="utf-8")
    text, code = import_sources([tmp_path / "projekte.csv", tmp_path / f"kosten {unit}.csv"], tmp_path / "out")
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == pytest.approx(410e6 * worth)
    assert load_register(tmp_path / "out").settings.money_unit == "million"


def test_lines_of_filters_above_a_pivot_table_are_no_header(tmp_path):
    above = [["Status", "(All)"], ["Region", "North"], []]
    rows = [["Row Labels", "Sum of 2027", "Sum of 2028"], ["Wall", 1, 2], ["Dam", 3, 4], ["Grand Total", 4, 6]]
    text, code = imported(tmp_path, {"P": [*above, *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("Wall", 2027): 1, ("Wall", 2028): 2, ("Dam", 2027): 3, ("Dam", 2028): 4}


def test_a_status_log_with_a_minus_is_no_ledger(tmp_path):
    rows = [[one, one, day, word, money] for one, money in (("P1", 10), ("P2", -1))
            for day, word in (("2027-01-31", "Green"), ("2027-02-28", "Red"))]  # fmt: skip
    text, code = imported(tmp_path, {"P": [["ID", "Name", "Date", "RAG", "Cost"], *rows]})
    assert code == 0, text
    now = load_register(tmp_path / "out").table("baselines")["now"]
    assert now.tolist() == [10, -1]


@pytest.mark.parametrize("cells", [("-100", "50"), ("-100", "100"), ("100,00-", "50,00")])
def test_money_that_is_left_out_with_a_minus_makes_up_for_nothing(tmp_path, cells):
    text = f"Code;Name;Department;2027\nP1;Wall;A;{cells[0]}\nP2;Dam;B;{cells[1]}\n"
    text, code = csv_of(tmp_path, text)
    assert code == 0, text
    assert "No pack is made of it" in text
    assert accounts(load_register(tmp_path / "out").table).share == pytest.approx(1)


@pytest.mark.parametrize("keys", [("007", "012"), (7, 12)])
def test_zeros_in_front_that_a_number_format_shows_are_of_the_key(tmp_path, keys):
    book = openpyxl.Workbook()
    for row in [[*HEAD, 2027], [7, "Wall", "Ports", 1], [12, "Dam", "Ports", 2]]:
        book.worksheets[0].append(row)
    for row in (2, 3):
        book.worksheets[0].cell(row, 1).number_format = "000"
    sheet = book.create_sheet("Costs")
    for row in [["Code", 2028], [keys[0], 5], [keys[1], 6]]:
        sheet.append(row)
    book.save(tmp_path / "source.xlsx")
    text, code = import_sources([tmp_path / "source.xlsx"], tmp_path / "out")
    assert code == 0, text
    one, two = map(str, keys)
    assert amounts(tmp_path) == {(one, 2027): 1, (two, 2027): 2, (one, 2028): 5, (two, 2028): 6}


@pytest.mark.parametrize("parts", [
    ("1. HJ 2027", "2. HJ 2027", "1. HJ 2028"), ("S1 2027", "S2 2027", "S1 2028"), ("H1 2027", "H2 2027", "2028 H1"),
    ("01/2027", "12/2027", "1/2028"), ("001.2027", "012.2027", "001.2028"), ("01.2027", "12.2027", "01.2028"),
    ("Q1 2027", "Q2 2027", "Q1 2028"),
])  # fmt: skip
@pytest.mark.parametrize("head", ["Period", "Halbjahr", "Año"])
def test_halves_and_months_in_a_long_table_are_of_their_year(tmp_path, parts, head):
    rows = [["P1", parts[0], 10], ["P1", parts[1], 20], ["P2", parts[2], 5]]
    text, code = imported(tmp_path, {"L": [["Project", head, "Amount"], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 30, ("P2", 2028): 5}


def test_a_second_line_of_headers_is_no_project(tmp_path):
    head = ["task_code", "task_name", "target_cost", "act_cost"]
    rows = [["Activity ID", "Activity Name", "Budgeted Total Cost", "Actual Total Cost"], ["A10", "Wall", 100, 0]]
    text, code = imported(tmp_path, {"P": [head, *rows, ["A20", "Dam", 200, 5]]})
    assert code == 2
    assert "Another header stands here" in text


@pytest.mark.parametrize("star", ["*", "**", None])
def test_a_total_that_is_marked_by_stars_is_no_booking(tmp_path, star):
    rows = [["P1", "Wall", "2027-01-15", 100, "EUR"], ["P1", "Wall", "2027-02-20", 30, "EUR"]]
    rows += [["P2", "Dam", "2028-03-03", 50, "EUR"], [star, None, None, 180, "EUR"]]
    text, code = imported(tmp_path, {"L": [["Projekt", "Bezeichnung", "Buchungsdatum", "Betrag", "Währung"], *rows]})
    assert code == 0, text
    assert "is the total of the rows above" in text
    assert sum(amounts(tmp_path).values()) == 180


@pytest.mark.parametrize(("head", "signs"), [
    ("Phase", "DC"), ("Category", "SH"), ("Priority", "+-"), ("Rating", ("1", "-1")),
])  # fmt: skip
def test_letters_of_phases_and_ratings_take_nothing_off(tmp_path, head, signs):
    rows = [["P1", "2027", "100.00", signs[0]], ["P1", "2028", "20.00", signs[1]], ["P2", "2027", "50.00", signs[0]]]
    text, code = booked(tmp_path, ["Project", "Year", "Amount", head], rows, ",")
    assert code == 2, text
    assert f'The column "{head}" was left out by a guess' in text


@pytest.mark.parametrize("words", [("Invoice", "Credit note"), ("Rechnung", "Gutschrift"), ("S", "H")])
@pytest.mark.parametrize("minus", ["", "-"])
def test_credit_notes_are_taken_off_once(tmp_path, words, minus):
    rows = [["P1", "2027-01-15", "100.00", words[0]], ["P1", "2027-02-20", f"{minus}20.00", words[1]]]
    rows += [["P2", "2027-03-03", "50.00", words[0]], ["P2", "2028-04-04", "70.00", words[0]]]
    text, code = booked(tmp_path, ["Project", "Date", "Amount", "Type" if len(words[0]) > 1 else "S/H"], rows, ",")
    assert code == 0, text
    assert amounts(tmp_path) == BOOKED


def test_a_status_log_that_names_suppliers_is_no_ledger(tmp_path):
    rows = [["P1", "2027-01-31", "Acme", "Green", 10], ["P1", "2027-02-28", "Bold", "Red", 12]]
    rows += [["P2", "2027-01-31", "Acme", "Green", 5], ["P2", "2027-02-28", "Acme", "Green", 6]]
    text, code = imported(tmp_path, {"L": [["Project", "Date", "Vendor", "Status", "Cost"], *rows]})
    assert code == 0, text
    assert load_register(tmp_path / "out").table("baselines")["now"].tolist() == [12, 6]


@pytest.mark.parametrize(("lines", "said"), [
    ("{project_id: A, year: {column: B, minus: true}, amount: C}", "minus takes amounts off, and year is none"),
    ("{project_id: A, year: B, amount: {value: 5, minus: true}}", "minus takes off the amounts of a column"),
])  # fmt: skip
def test_minus_is_said_of_amounts_of_a_column_only(tmp_path, lines, said):
    (tmp_path / "s.map.yml").write_text(f"source: s.csv\ntables:\n  costs: {lines}\n", encoding="utf-8")
    (tmp_path / "s.csv").write_text("A,B,C\nP1,2027,5\n", encoding="utf-8")
    with pytest.raises(DataError, match=said):
        load_register(tmp_path / "s.map.yml")


@pytest.mark.parametrize("later", [
    "Crédito definitivo", "Presupuesto vigente", "Crédits définitifs", "Fortgeschrieben", "Stanziamento assestato",
])  # fmt: skip
def test_first_and_last_state_of_a_budget_are_not_added_up(tmp_path, later):
    text, code = csv_of(
        tmp_path, f"Code;Name;Department;Crédito inicial 2027;{later} 2027\nP1;Wall;A;10;12\nP2;Dam;B;5;6\n"
    )
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 12, ("P2", 2027): 6}
    assert 'The column "Crédito inicial 2027" was left out' in text


def test_parts_of_a_year_are_added_up(tmp_path):
    text, code = csv_of(tmp_path, "Code;Name;Department;Internal 2027;External 2027\nP1;Wall;A;10;12\nP2;Dam;B;5;6\n")
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 22, ("P2", 2027): 11}


@pytest.mark.parametrize("word", ["Total", "Summe", "Total général"])
def test_a_total_of_each_year_in_a_long_table_is_no_project(tmp_path, word):
    rows = [[2027, "P1", "capex", 10], [2027, "P1", "opex", 2], [2028, "P1", "capex", 20], [2027, "P2", "capex", 5]]
    rows += [[2027, word, None, 17], [2028, word, None, 20]]
    text, code = imported(tmp_path, {"L": [["Year", "Project", "Kind", "Amount"], *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == {("P1", 2027): 12, ("P1", 2028): 20, ("P2", 2027): 5}
    assert "is the total of the rows above; it was left out. (2 times)" in text


@pytest.mark.parametrize("last", [30, 31])
def test_a_total_is_called_so_in_any_column_where_it_has_no_key(tmp_path, last):
    lines = (
        f"N° opération;Libellé;Direction;2027;2028;Remarque\n1;Quai;A;10;5;x\n2;Digue;B;20;6;y\nTOTAL;;;{last};11;z\n"
    )
    text, _ = csv_of(tmp_path, lines)
    assert ("The row is the total of the rows above" in text) == (last == 30)
    assert ("No pack is made of it" in text) == (last == 31)


@pytest.mark.parametrize("files", [("lac", "other"), ("Mio", "other"), ("CAD", "other"), ("plan_TEUR", "other")])
def test_a_file_that_is_called_by_one_word_states_no_unit(tmp_path, files):
    for number, name in enumerate(files):
        rows = f"A{number},Wall,North,{10 + number}\nB{number},Dam,South,5\n"
        (tmp_path / f"{name}.csv").write_text(f"Code,Name,Department,2027\n{rows}", encoding="utf-8")
    text, _ = import_sources([tmp_path / f"{name}.csv" for name in files], tmp_path / "out")
    stated = "_" in files[0]
    mapping = next((tmp_path / "out").glob("*.map.yml")).read_text(encoding="utf-8")
    assert ("\n  money_unit: thousand" in mapping) == ("\n  currency: EUR" in mapping) == stated
    assert ("The setting money_unit is missing" in text) == (not stated)


@pytest.mark.parametrize("names", [("millions", "thousands"), ("Mio", "Tsd")])
def test_files_that_are_called_by_different_units_state_them(tmp_path, names):
    for number, name in enumerate(names):
        rows = f"A{number},Wall,North,{10 + number}\nB{number},Dam,South,5\n"
        (tmp_path / f"{name}.csv").write_text(f"Code,Name,Department,2027\n{rows}", encoding="utf-8")
    text, code = import_sources([tmp_path / f"{name}.csv" for name in names], tmp_path / "out")
    assert code == 0, text
    found = amounts(tmp_path)
    assert found["A1", 2027] * 1000 == pytest.approx(11 * found["A0", 2027] / 10)


def test_two_workbooks_whose_sheets_are_called_alike_are_both_read(tmp_path):
    for name, amount in (("one", 10), ("two", 7)):
        book = openpyxl.Workbook()
        for row in [[*HEAD, 2027], [f"{name}1", "Wall", "Ports", amount], [f"{name}2", "Dam", "Ports", 5]]:
            book.worksheets[0].append(row)
        book.save(tmp_path / f"{name}.xlsx")
    text, code = import_sources([tmp_path / "one.xlsx", tmp_path / "two.xlsx"], tmp_path / "out")
    assert code == 0, text
    assert amounts(tmp_path) == {("one1", 2027): 10, ("one2", 2027): 5, ("two1", 2027): 7, ("two2", 2027): 5}


def test_a_column_that_is_known_is_not_taken_for_names(tmp_path):
    text, code = csv_of(tmp_path, "Project,Department,Start,2027\nWall,North,Sept. 2026,10\nDam,South,mid-2027,5\n")
    assert code == 0, text
    projects = load_register(tmp_path / "out").projects
    assert projects[["name", "area"]].to_numpy().tolist() == [["Wall", "North"], ["Dam", "South"]]


@pytest.mark.parametrize("heads", [("Lat", "Lon"), ("Breitengrad", "Längengrad"), ("Latitud", "Longitud")])
def test_coordinates_are_no_amounts(tmp_path, heads):
    text, code = csv_of(
        tmp_path, f"Code;Name;Department;{';'.join(heads)}\nP1;Wall;A;48.12;11.57\nP2;Dam;B;51.05;3.72\n"
    )
    assert code == 0, text


def test_a_column_of_gas_is_no_coordinate(tmp_path):
    text, code = csv_of(tmp_path, "Code;Name;Department;LNG;2027\nP1;Wall;A;48;10\nP2;Dam;B;51;20\n")
    assert code == 0, text
    assert 'The column "LNG" was left out' in text


@pytest.mark.parametrize(("heads", "cells", "told"), [
    ("2027 tranche A;2027 X;2028 X", ("10;2;7", "5;1;3"), "2027 tranche A, 2027 X; their sum is 18."),
    ("Year;Tranche A cost;Tranche B cost", ("2027;10;2", "2028;5;1", "2028;5;1"), "their sum is 24."),
    ("Capex 2027;Opex 2027", ("10;2", "5;1"), ""),
    ("Q1 2027;Q2 2027", ("10;2", "5;1"), ""),
    ("2027 X;2028 X", ("10;2", "5;1"), ""),
])  # fmt: skip
def test_columns_that_are_added_up_by_a_guess_are_told_with_their_sum(tmp_path, heads, cells, told):
    lines = [f"P{min(n, 1)};N{min(n, 1)};Ports;{line}" for n, line in enumerate(cells)]
    text, code = csv_of(tmp_path, "\n".join([f"Code;Name;Department;{heads}", *lines]) + "\n")
    assert code == 0, text
    assert ("Columns were added up by a guess" in text) == bool(told)
    assert told in text
    mapping = next((tmp_path / "out").glob("*.map.yml"))
    mapping.write_text(mapping.read_text(encoding="utf-8").replace('"? sum"', "sum"), encoding="utf-8")
    assert "columns_added_up" not in load_register(mapping).findings["rule"].to_list()
