"""Spreadsheets as people keep them: import, and every amount is the one that was counted by hand, or it stops."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.errors import DataError
from pmo_kit.register import Register, load_register
from pmo_kit.register.drafting import draft_mapping, import_sources
from pmo_kit.register.rows import find_totals
from pmo_kit.register.values import SCALES
from tests.register.conftest import each_once

HEAD = ["Code", "Name", "Department"]
ROWS = [["C1", "Wall", "Ports"], ["C2", "Ferry", "Ports"], ["C3", "Gauge", "Nets"]]
Cells = list[list[Any]]


def wide(heads: list[Any], *amounts: list[Any], under: Cells | None = None) -> Cells:
    """Three projects with one column of amounts for each header."""
    return [
        [*HEAD, *heads],
        *([*row, *mine] for row, mine in zip(ROWS, amounts, strict=True)),
        *(under or []),
    ]


def years(*pairs: tuple[float | None, float | None], scale: float = 1) -> dict[tuple[str, int], float]:
    """What C1, C2 and C3 cost in 2027 and 2028, in single units of money."""
    found = {}
    for number, pair in enumerate(pairs, 1):
        found |= {(f"C{number}", 2027 + n): scale * one for n, one in enumerate(pair) if one is not None}
    return found


def imported(folder: Path, sheets: dict[str, Cells], **formats: str) -> tuple[str, int]:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        for row in rows:
            (book[title] if title in book.sheetnames else book.create_sheet(title)).append(row)
    for place, code in formats.items():
        book.worksheets[0][place].number_format = code
    book.save(folder / "source.xlsx")
    return import_sources([folder / "source.xlsx"], folder / "out")


def amounts(folder: Path) -> dict[tuple[str, int], float]:
    register = load_register(folder / "out")
    worth = SCALES[register.settings.money_unit or "unit"]
    costs = register.costs.groupby(["project_id", "year"])["amount"].sum() * worth
    return {(str(project), int(year)): float(one) for (project, year), one in costs.items()}


BASE = years((100, 200), (50, None), (8, 7))
ISSUES: Cells = [
    ["Jira"], ["Displaying 3 issues at 28/Nov/26 7:57 PM."], [],
    ["Project", "Key", "Summary", "Status", "Due Date", "Custom field (Cost 2027)", "Custom field (Cost 2028)"],
    ["Harbor", "C1", "Wall", "To Do", "31/Dec/27 12:00 AM", 100, 200],
    ["Harbor", "C2", "Ferry", "Done", None, 50, None],
    ["Nets", "C3", "Gauge", "Done", None, 8, 7],
    ["Generated at Sat Nov 28 19:57:00 UTC 2026 by Ada"],
]  # fmt: skip
READ: dict[str, tuple[dict[str, Cells], dict[tuple[str, int], float]]] = {
    "a field of an issue tracker": ({"Issues": ISSUES}, BASE),
    "parents above their children": (
        {"P": [
            ["Project ID", "Task Name", "Department", "Health", "Start", "FY27 Budget ($K)", "FY28 Budget ($K)"],
            [None, "Harbors", None, None, None, 150, 200],
            ["C1", "Wall", "Harbors", "Red", "01/15/27", 100, 200],
            ["C2", "Ferry", "Harbors", "Green", "02/01/27", 50, None],
            [None, "Networks", None, None, None, 8, 7],
            ["C3", "Gauge", "Networks", "Red", "03/01/27", 8, 7],
        ]},
        years((100, 200), (50, None), (8, 7), scale=1e3),
    ),
    "a total of projects that have a key": (
        {"Suivi": [
            ["Suivi – montants en k€ HT"], [], ["N° projet", "Intitulé", "Direction", "Budget 2027", "Budget 2028"],
            ["C1", "Quai", "Ports", "1 250,5", "750"], ["C2", "Écluse", "Ports", "500", None],
            ["C3", "Jauge", "Nets", "80,25", "19,75"], ["", "Sous-total", None, "1 830,75", "769,75"],
        ]},
        years((1250.5, 750), (500, None), (80.25, 19.75), scale=1e3),
    ),
    "a ledger with a total that is called by a sign": (
        {"Sheet1": [
            ["Projektdefinition", "Bezeichnung", "Geschäftsjahr", "Plankosten (TEUR)"],
            ["C1", "Mauer", 2027, "1.200,00"], ["C1", "Mauer", 2028, "2.400,50"], ["C2", "Tor", 2027, "800,00"],
            ["*", "Summe", None, "4.400,50"],
        ]},
        {("C1", 2027): 1.2e6, ("C1", 2028): 2.4005e6, ("C2", 2027): 8e5},
    ),
    "a unit for each column": (
        {"P": wide(["2027 (€k)", "2028 (€)"], [100, 200000], [50, None], [8, 7000])},
        years((1e5, 2e5), (5e4, None), (8e3, 7e3)),
    ),
    "a line of units below the header": (
        {"P": [[*HEAD, 2027, 2028], [None, None, None, "k€", "m€"], ["C1", "Wall", "Ports", 100, 2],
               ["C2", "Ferry", "Ports", 50, None], ["C3", "Gauge", "Nets", 8, 0.5]]},
        years((1e5, 2e6), (5e4, None), (8e3, 5e5)),
    ),
    "brackets of another width": (
        {"一覧": [["Code", "Name", "部門", "2027年度（百万円）", "2028年度（百万円）"],
                ["C1", "Wall", "Ports", 100, 200], ["C2", "Ferry", "Ports", 50, None],
                ["C3", "Gauge", "Nets", 8, 7], ["合計", None, None, 158, 207]]},
        years((100, 200), (50, None), (8, 7), scale=1e6),
    ),
    "amounts without cents": (
        {"P": wide(["2027 (CHF)", "2028 (CHF)"], ["1'200.-", "200.--"], ["500.00", "0.–"], ["80,-", "7.50"])},
        years((1200, 200), (500, 0), (80, 7.5)),
    ),
    "quarters and their total": (
        {"P": wide(["Q1 2027", "Q2 2027", "2027 Total", "2028"],
                   [60, 40, 100, 200], [50, None, 50, None], [4, 4, 8, 7])},
        BASE,
    ),
    "a month that happens to be a sum": (
        {"P": wide(["Jan-27", "Feb-27", "Jan-28"], [150, 50, 200], [50, None, 50], [3, 4, 7])},
        years((200, 200), (50, 50), (7, 7)),
    ),
    "words in a column of a year": (
        {"P": wide([2027, 2028], [100, 200], [50, "see note"], [8, 7], under=[["* provisional"]])}, BASE,
    ),
    "a sheet for each department": (
        {"Ports": [["Code", "Name", "2027", "2028"], ["C1", "Wall", 100, 200], ["C2", "Ferry", 50, None]],
         "Nets": [["Code", "Name", "2027", "2028"], ["C3", "Gauge", 8, 7]]},
        BASE,
    ),
    "formulas of a total without a result": (
        {"P": wide([2027, 2028], [100, 200], [50, None], [8, 7],
                   under=[["Total", None, None, "=SUM(D2:D4)", "=SUM(E2:E4)"]])},
        BASE,
    ),
    "dates as headers": (
        {"P": wide([datetime.datetime(year, 1, 1) for year in (2027, 2028)], [100, 200], [50, None], [8, 7])}, BASE,
    ),
    "names that sound like totals": (
        {"P": [[*HEAD, 2027, 2028], ["C1", "Total asset care", "Ports", 100, 200],
               ["C2", "Sum insured", "Ports", 50, None], ["C3", "Overall plan", "Nets", 150, 200]]},
        years((100, 200), (50, None), (150, 200)),
    ),
}  # fmt: skip


H = [*HEAD, 2027, 2028]
BODY: Cells = [[*row, *pair] for row, pair in zip(ROWS, ((100, 200), (50, None), (8, 7)), strict=True)]
READ |= {
    "a header on every page, with sums carried over": (
        {"P": [["Capital plan"], H, BODY[0], ["Carried forward", None, None, 100, 200], ["Page 2 of 2"], H,
               ["Brought forward", None, None, 100, 200], *BODY[1:], ["Total", None, None, 158, 207]]},
        BASE,
    ),
    "a table for each department on one sheet": (
        {"P": [["Ports"], H, *BODY[:2], ["Total", None, None, 150, 200], [], ["Nets"], H, BODY[2],
               ["Total", None, None, 8, 7], [], ["Grand total", None, None, 158, 207]]},
        BASE,
    ),
    "groups of a board": (
        {"board": [["Ports"], ["Name", "Owner", "Budget 2027", "Budget 2028", "Item ID"],
                   ["Wall", "Ada", 100, 200, "C1"], ["Ferry", "Bob", 50, None, "C2"], [None, None, 150, 200, None],
                   [], ["Nets"], ["Name", "Owner", "Budget 2027", "Budget 2028", "Item ID"],
                   ["Gauge", "Cy", 8, 7, "C3"], [None, None, 8, 7, None]]},
        BASE,
    ),
    "lines below the table": (
        {"P": [H, *BODY, [], ["Source: Finance, 2026"], ["Approved by", "J. Doe"], ["On", datetime.date(2026, 11, 1)]]},
        BASE,
    ),
    "another table below": ({"P": [H, *BODY, [], ["Funding", "Amount"], ["Grant", 120], ["Own", 245]]}, BASE),
    "fiscal years of four digits": (
        {"P": wide(["26-27", "27/28 (€)"], [100, 200], [50, None], [8, 7])}, BASE,
    ),
    "limits beside the costs": (
        {"P": [[*row, None, *more] for row, more in zip(
            [H, *BODY], (["Envelope", "Limit 2027"], ["All", 150], ["Ports", 100], ["Nets", 50]), strict=True)]},
        BASE,
    ),
    "later years without any money": (
        {"P": wide([2027, 2028, "Later years"], [100, 200, 0], [50, None, 0], [8, 7, 0])}, BASE,
    ),
    "investment and running cost of a year side by side": (
        {"P": [["Code", "Year", "Capex", "Opex"],
               *([code, year, 0.75 * one, 0.25 * one] for (code, year), one in BASE.items())]},
        BASE,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", READ)
def test_every_amount_is_the_one_counted_by_hand(kind: str, tmp_path: Path) -> None:
    sheets, right = READ[kind]
    text, code = imported(tmp_path, sheets)
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(right)
    assert "Too much" not in text


STOPS: dict[str, tuple[Cells, dict[str, str], str]] = {
    "later years": (wide([2027, "Beyond"], [100, 400], [50, None], [8, 30]), {}, '"Beyond" holds amounts'),
    "later years with a total": (
        wide([2027, "2028 ff.", "Gesamt"], [100, 400, 500], [50, None, 50], [8, 30, 38]), {}, '"2028 ff." holds',
    ),
    "a range of years": (wide([2027, "2028-2031"], [100, 400], [50, None], [8, 30]), {}, '"2028-2031" holds'),
    "two currencies in headers": (wide(["2027 (EUR)", "2028 (USD)"], [1, 2], [3, 4], [5, 6]), {}, "several currencies"),
    "two currencies in formats": (
        wide([2027, 2028], [1, 2], [3, 4], [5, 6]),
        {"D2": '#,##0 "€"', "D3": "[$$-409]#,##0", "E2": '#,##0 "€"'}, "currenc",
    ),
    "money of a month": (wide(["Monthly cost 2027"], [1], [2], [3]), {}, "what a year costs (monthly)"),
    "money up to a year": (wide(["Cumulative 2027", "Cumulative 2028"], [1, 2], [3, 4], [5, 6]), {}, "(cumulative)"),
    "added or taken off": (
        [["Project code", "Name", "Fiscal year", "Amount", "D/C"], ["C1", "a", 2027, 5, "D"], ["C1", "a", 2028, 2, "C"],
         ["C2", "b", 2027, 5, "H"]], {}, "D/C",
    ),
    "a part of the cost": (wide([2027, "Our share"], [1, "50%"], [2, "100%"], [3, "100%"]), {}, "Our share"),
    "parents that are no sum": (
        [["WBS", "Name", "Department", "2027"], ["1", "All", "Ports", 70], ["1.1", "Wall", "Ports", 40],
         ["1.2", "Tor", "Ports", 20]],
        {}, "stands over the rows below it",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", STOPS)
def test_what_cannot_be_counted_stops(kind: str, tmp_path: Path) -> None:
    rows, formats, words = STOPS[kind]
    text, code = imported(tmp_path, {"P": rows}, **formats)
    assert code == 2, text
    assert words in text


def test_summary_tasks_are_no_projects(tmp_path: Path) -> None:
    rows: Cells = [
        ["ID", "WBS", "Task Name", "Outline Level", "Start", "Cost"],
        [1, "1", "All", 1, "04/01/27", "€1,500.00"], [2, "1.1", "Sea", 2, "04/01/27", "€1,000.00"],
        [3, "1.1.1", "Wall", 3, "14/01/27", "€1,000.00"], [4, "1.2", "Ferry", 2, "01/02/27", "€500.00"],
    ]  # fmt: skip
    text, code = imported(tmp_path, {"Tasks": rows})
    assert code == 0, text
    register = load_register(tmp_path / "out")
    assert list(register.projects.index) == ["3", "4"]
    assert register.table("baselines")["now"].sum() == 1500


def test_amounts_spent_before_and_sheets_not_read_are_told(tmp_path: Path) -> None:
    other = [["Envelope", "2027"], ["All", 10], ["North", 4], ["South", 6]]
    text, code = imported(tmp_path, {"P": wide(["Prior years", 2027], [1000, 1], [5, 2], [8, 3]), "Caps": other})
    assert code == 0, text
    found = load_register(next((tmp_path / "out").glob("*.map.yml"))).findings.set_index("rule")
    assert found.loc["column_ignored", "severity"] == "warn"
    assert found.loc["sheet_not_used", "severity"] == "warn"


def test_settings_beside_the_projects_are_taken(tmp_path: Path) -> None:
    given = [["key", "value"], ["currency", "SEK"], ["money_unit", "million"], ["as_of", "2026-09-30"]]
    text, code = imported(tmp_path, {"Projekt": wide([2027], [1], [2], [3]), "settings": given})
    assert code == 0, text
    register = load_register(tmp_path / "out")
    assert (register.settings.currency, register.settings.money_unit) == ("SEK", "million")


@pytest.mark.parametrize("header", ["amount (2020 €)", "amount (real 2020, €m)", "Betrag (Mio. €, Preisstand 2020)",
                                    "montant (prix 2019/20)", "amount (2020 prices)"])  # fmt: skip
def test_another_year_of_prices_is_refused(header: str) -> None:
    tables: dict[str, Any] = {
        "projects": pd.DataFrame({"project_id": ["P1"], "name": ["Pier"], "area": ["Sea"]}),
        "costs": pd.DataFrame({"project_id": ["P1"], "year": [2027], header: [1.0]}),
    }
    told = {"currency": "EUR", "money_unit": "million", "price_basis": "real", "price_base_year": 2020}
    assert Register(settings=told, **tables).costs["amount"].sum() == 1
    with pytest.raises(DataError, match="other prices than the settings"):
        Register(settings={**told, "price_base_year": 2026}, **tables)


@pytest.mark.long
def test_the_year_of_prices_is_drafted(tmp_path: Path) -> None:
    text, code = imported(tmp_path, {"P": wide(["2027 (2020 €k)"], [1], [2], [3])})
    assert code == 0, text
    assert load_register(tmp_path / "out").settings.unit == "EUR thousand, real 2020"


@given(
    st.lists(st.lists(st.integers(1, 10**6), min_size=1, max_size=5), min_size=1, max_size=5),
    st.booleans(),
    st.booleans(),
)
@settings(deadline=None)
def test_totals_above_or_below_are_found_and_no_other_row(groups: list[list[int]], before: bool, whole: bool) -> None:
    """Rows of departments with their sums before or after them, and the sum of all."""
    rows: list[tuple[int, bool]] = []
    for group in groups:
        mine, total = [(one, False) for one in group], [(sum(group), True)]
        rows += total + mine if before else mine + total
    if whole:
        everything = [(sum(map(sum, groups)), True)]
        rows = everything + rows if before else rows + everything
    numbers = np.array([[float(one)] for one, _ in rows])
    totals = np.array([total for _, total in rows])
    found = find_totals(numbers, totals, np.ones(len(rows), bool), totals)
    assert sorted(found) == np.flatnonzero(totals).tolist()


FIGURES = {
    "Measure": (("Budget", 1), ("Actual", 0.5), ("Variance", 0.5)), "Of": (("Original budget", 1), ("Forecast", 2)),
    "Line": (("Expenditure", 1), ("Income", 3)), "Type": (("Cost", 1), ("Benefit", 3)),
    "Item": (("Total cost", 1), ("Funding", 1)), "Category": (("Gross cost", 1), ("Grant", 0.5), ("Net cost", 0.5)),
    "Kategorie": (("Kosten", 1), ("Nutzen", 2)), "Element": (("Labor", 0.25), ("Material", 0.75)),
    "Level": (("Low", 1), ("High", 2)), "Round": (("Original budget", 1), ("Revised budget", 2)),
    "Part": (("Labor", 0.25), ("Material", 0.75), ("Total", 1)),
}  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("head", FIGURES)
@pytest.mark.parametrize("across", [False, True])
def test_figures_told_apart_by_a_column_are_not_added_up(head: str, across: bool, tmp_path: Path) -> None:
    rows: Cells = [[*HEAD, head, *((2027, 2028) if across else ("Fiscal year", "Amount"))]]
    for row in ROWS:
        mine = {year: BASE[row[0], year] for year in (2027, 2028) if (row[0], year) in BASE}
        for word, part in FIGURES[head]:
            if across:
                rows.append([*row, word, *(part * mine[year] if year in mine else None for year in (2027, 2028))])
            else:
                rows += [[*row, word, year, part * one] for year, one in mine.items()]
    text, code = imported(tmp_path, {"P": rows})
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(BASE)
    if head == "Type":
        register = load_register(tmp_path / "out")
        assert register.table("benefits")["amount"].sum() == pytest.approx(3 * register.costs["amount"].sum())


@pytest.mark.long
@pytest.mark.parametrize("words", ["FTE", "Headcount", "Grant", "Limit", "Score", "Contingency", "Funding", "Net"])
@pytest.mark.parametrize("alone", [False, True])
def test_a_year_in_a_header_makes_no_cost(words: str, alone: bool, tmp_path: Path) -> None:
    """Beside the costs of the year no other figure counts; alone one counts only where it can be a cost."""
    heads: list[Any] = [f"{words} 2027", f"{words} 2028"]
    costs = [[3, 4]] * 3 if alone else [[100, 200, 3, 4], [50, None, 3, 4], [8, 7, 3, 4]]
    text, code = imported(tmp_path, {"P": wide(heads if alone else [2027, 2028, *heads], *costs)})
    assert code == 0, text
    may = alone and words in ("Contingency", "Funding", "Net")
    assert amounts(tmp_path) == pytest.approx(years(*[(3, 4)] * 3) if may else {} if alone else BASE)
    assert may or "not read" in text


def test_another_header_below_is_another_table(tmp_path: Path) -> None:
    text, code = imported(tmp_path, {"P": [H, *BODY[:2], [*HEAD, 2030, 2031], BODY[2]]})
    assert code == 2
    assert "Another header stands here" in text


@pytest.mark.parametrize("above", [False, True])
def test_rows_folded_away_have_their_sum_beside_them(above: bool, tmp_path: Path) -> None:
    book, rows = openpyxl.Workbook(), [["PG", "Harbors", "Ports", 150, 200], *BODY[:2]]
    rows = [*(rows if above else rows[1:] + rows[:1]), BODY[2]]
    for row in [H, *rows]:
        book.worksheets[0].append(row)
    for number in (3, 4) if above else (2, 3):
        book.worksheets[0].row_dimensions[number].outlineLevel = 1
    book.save(tmp_path / "source.xlsx")
    text, code = import_sources([tmp_path / "source.xlsx"], tmp_path / "out")
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(BASE)
    assert "it was left out" in text


def test_rows_folded_away_without_a_sum_beside_them_are_told(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [H, ["PG", "Harbors", "Ports", 70, 200], *BODY]:
        book.worksheets[0].append(row)
    for number in (3, 4):
        book.worksheets[0].row_dimensions[number].outlineLevel = 1
    book.save(tmp_path / "source.xlsx")
    text, code = import_sources([tmp_path / "source.xlsx"], tmp_path / "out")
    assert code == 0, text
    assert "Rows are folded away" in text
    assert "row 3" in text
    assert amounts(tmp_path) == pytest.approx({**BASE, ("PG", 2027): 70, ("PG", 2028): 200})


@pytest.mark.parametrize(
    "word",
    ["Łącznie", "Ukupno", "Kokku", "합계", "總計", "Genel toplam", "Delsumma", "Tổng cộng", "Kosten gesamt"],
)
def test_totals_in_many_languages(word: str, tmp_path: Path) -> None:
    text, code = imported(tmp_path, {"P": [H, *BODY, [word, None, None, 158, 207]]})
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(BASE)
    (tmp_path / "register").mkdir()
    projects = "project_id,name,area,2027,2028\nC1,Wall,Ports,100,200\nC2,Ferry,Ports,50,\n"
    (tmp_path / "register" / "projects.csv").write_text(f"{projects}{word},,,150,200\n", encoding="utf-8")
    if word != "Kosten gesamt":  # a key of a register is a total only where it is a total word
        assert load_register(tmp_path / "register").costs["amount"].sum() == 350


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("costs_keur", "currency: EUR  # ?"),
        ("plan (€m)", "money_unit: million"),
        ("Budget T€", "money_unit: thousand  # ?"),
        ("budget in thousands", "money_unit: thousand  # ?"),
        ("projets_fr", "# money_unit"),
        ("plan_m_2027", "# money_unit"),
    ],
)
def test_a_unit_in_the_name_of_a_file_is_a_question(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.csv").write_text(
        "Code,Name,Department,2027\nC1,Wall,Ports,10\nC2,Tor,Nets,5\n", encoding="utf-8"
    )
    assert said in draft_mapping([tmp_path / f"{name}.csv"]).text


@pytest.mark.parametrize("mark", [";", ","])
def test_thousands_by_points_are_decided_by_the_semicolon_or_by_nobody(mark: str, tmp_path: Path) -> None:
    lines = [
        "Code,Name,Dept,2027,2028",
        "C1,Wall,Ports,1.200,2.000",
        "C2,Ferry,Ports,500,",
        "C3,Gauge,Nets,80,1.000",
    ]
    (tmp_path / "source.csv").write_text("\n".join(lines).replace(",", mark), encoding="utf-8")
    text, code = import_sources([tmp_path / "source.csv"], tmp_path / "out")
    if mark == ",":
        assert code == 2
        assert "nothing decides" in text
    else:
        assert amounts(tmp_path) == pytest.approx(years((1200, 2000), (500, None), (80, 1000)))


def test_keys_guarded_against_a_spreadsheet_are_read_bare(tmp_path: Path) -> None:
    lines = ["Code,Name,Dept,2027", '="0012",Wall,Ports,100', '="0013",Ferry,Ports,50']
    (tmp_path / "source.csv").write_text("\n".join(lines), encoding="utf-8")
    text, code = import_sources([tmp_path / "source.csv"], tmp_path / "out")
    assert code == 0, text
    assert amounts(tmp_path) == {("0012", 2027): 100, ("0013", 2027): 50}


def test_keys_in_other_letters_are_told(tmp_path: Path) -> None:
    costs: Cells = [
        ["Code", "Year", "Amount"],
        ["c1", 2027, 100],
        ["C1", 2028, 200],
        ["C2", 2027, 50],
        ["C3", 2027, 8],
    ]
    text, code = imported(tmp_path, {"Projects": [HEAD, *ROWS], "Costs": costs})
    assert code == 0, text
    assert 'Did you mean "C1"?' in text
    assert "27.9 % of the money left out" in text


@pytest.mark.long
@pytest.mark.parametrize(
    "unit", ["£'000", "£’000", "£000s", "(£'000s)", "£k", "(£ thousands)", "in 1000 £", "GBP '000"]
)
@pytest.mark.parametrize("place", ["header", "above", "sheet"])
def test_thousands_are_thousands_however_they_are_written(unit: str, place: str, tmp_path: Path) -> None:
    head = [f"{year} {unit}" if place == "header" else year for year in (2027, 2028)]
    rows = wide(head, [100, 200], [50, None], [8, 7])
    above: Cells = [[f"All figures {unit} unless stated"], []] if place == "above" else []
    title = f"Costs ({unit.strip('()')})" if place == "sheet" else "P"
    text, code = imported(tmp_path, {title: [*above, *rows]})
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(years((100, 200), (50, None), (8, 7), scale=1e3))


@pytest.mark.parametrize("head", ["Year ended 31 March {}", "12 months to 31/03/{}", "FY{} spend", "{}年度予算"])
def test_the_end_of_a_year_names_it(head: str, tmp_path: Path) -> None:
    rows = wide([head.format(2027), head.format(2028)], [100, 200], [50, None], [8, 7])
    text, code = imported(tmp_path, {"P": rows})
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(BASE)


def test_a_list_in_japanese_is_read(tmp_path: Path) -> None:
    rows: Cells = [["案件番号", "案件名", "年度", "予算額（百万円）"]]
    rows += [[code, f"件 {code}", year, one] for (code, year), one in BASE.items()]
    text, code = imported(tmp_path, {"予算": rows})
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx({place: 1e6 * one for place, one in BASE.items()})


def test_amounts_split_at_their_commas_stop(tmp_path: Path) -> None:
    lines = [
        "Code,Name,Dept,2027,2028",
        "C1,Wall,Ports,1,100,200",
        "C2,Ferry,Ports,50,5",
        "C3,Gauge,Nets,8,7",
    ]
    (tmp_path / "source.csv").write_text("\n".join(lines), encoding="utf-8")
    text, code = import_sources([tmp_path / "source.csv"], tmp_path / "out")
    assert code == 2
    assert "not in the mapping" in text


@pytest.mark.parametrize(("place", "new"), each_once([1, 2, 3, 4], ["Owner", "2029", "2028 (k€)"]))
def test_a_header_that_is_repeated_otherwise_is_another_header(place: int, new: str, tmp_path: Path) -> None:
    again = [new if n == place else text for n, text in enumerate(H)]
    text, code = imported(tmp_path, {"P": [H, *BODY[:2], again, BODY[2]]})
    assert code == 2, text
    assert "belong to another table" in text


@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#WERT!", "########"])
def test_an_amount_that_a_spreadsheet_lost_is_no_empty_cell(error: str, tmp_path: Path) -> None:
    text, code = imported(tmp_path, {"P": wide([2027, 2028], [error, 200], [50, None], [8, 7])})
    assert code == 0, text
    assert "one amount cannot be read" in text


def test_too_many_amounts_that_nobody_can_read_stop_a_pack(tmp_path: Path) -> None:
    text, code = imported(tmp_path, {"P": wide([2027, 2028], ["90-110", 200], ["50*", None], [8, 7])})
    assert code == 0, text
    assert "Too much of the source is left out for a pack" in text


@pytest.mark.parametrize("pair", [("Low", "High"), ("Original budget", "Revised budget"), ("Base", "Best")])
def test_two_figures_of_a_year_are_not_added_up(pair: tuple[str, str], tmp_path: Path) -> None:
    heads: list[Any] = [f"{word} {year}" for year in (2027, 2028) for word in pair]
    rows = wide(heads, [100, 900, 200, 900], [50, 900, None, 900], [8, 900, 7, 900])
    text, code = imported(tmp_path, {"P": rows})
    assert code == 0, text
    assert amounts(tmp_path) == pytest.approx(BASE)
    assert f'"{pair[1]} 2028" was left out' in text


def test_spent_and_then_planned_are_both_costs(tmp_path: Path) -> None:
    rows: Cells = [["Code", "Name", "Department", "Status", "Year", "Amount"]]
    for row in ROWS[:2]:
        rows += [[*row, "Actual", 2025, 9], [*row, "Planned", 2027, 100]]
    text, code = imported(tmp_path, {"P": rows})
    assert code == 0, text
    assert sum(amounts(tmp_path).values()) == 218


def test_a_pattern_takes_no_column_of_several_years(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("Code,Name,Dept,FY 2027,FY 2027 to 2029\nC1,Wall,Ports,1,3\n", encoding="utf-8")
    columns = "project_id: Code, repeats: sum, unpivot: {name: year, into: amount, pattern: 'FY (\\d{4})'}"
    lines = ["source: s.csv", "settings: {currency: EUR, money_unit: unit}", "tables:",
             "  projects: {project_id: Code, name: Name, area: Dept, commitment: {value: committed}}",
             f"  costs: {{{columns}}}"]  # fmt: skip
    (tmp_path / "m.yml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="holds later years too"):
        load_register(tmp_path / "m.yml")
