"""Decisions as spreadsheet programs save them: dates and amounts are those that were written down first, or refused."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pmo_kit.errors import PmoError
from pmo_kit.packs.decisions import read_decisions, record_decisions
from pmo_kit.register import Register, load_register

HEAD = ["date", "committee", "project_id", "project_name", "decision", "amount", "level", "condition", "owner", "due",
        "reason", "decided_by", "recommended", "register_fingerprint"]  # fmt: skip
TRUE = [
    ("2026-10-15", "P01", "fund", 12.5, "2026-12-01"),
    ("2026-10-15", "P02", "defer", 1250.0, "2027-03-31"),
    ("2026-10-15", "P03", "fund", None, ""),
]
Lines = list[list[str]]


@pytest.fixture(scope="module")
def register() -> Register:
    ids = [one[1] for one in TRUE]
    return Register(
        settings={"currency": "EUR", "money_unit": "million", "price_basis": "nominal", "as_of": "2026-09-30"},
        projects=pd.DataFrame({"project_id": ids, "name": ["a", "b", "c"], "area": ["x"] * 3}),
        costs=pd.DataFrame({"project_id": ids, "year": [2027] * 3, "amount": [1.0, 2.0, 3.0]}),
    )


def lines(day: str = "{:%Y-%m-%d}", amount: Callable[[float], str] = str, head: list[str] = HEAD) -> Lines:
    found = [list(head)]
    for on, project, decision, money, due in TRUE:
        line = {
            "date": day.format(date.fromisoformat(on)), "committee": "Comité", "project_id": project, "reason": "voulu",
            "project_name": f"Réseau {project}", "decision": decision, "recommended": decision, "decided_by": "Chair",
            "amount": "" if money is None else amount(money), "register_fingerprint": "",
            "due": day.format(date.fromisoformat(due)) if due else "",
        }  # fmt: skip
        found.append([line.get(name.lower().replace(" ", "_"), "") for name in head])
    return found


def german(amount: float) -> str:
    return f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))


def french(amount: float) -> str:
    return f"{amount:,.2f}".replace(",", "\u00a0").replace(".", ",")


def saved(rows: Lines, mark: str = ",", encoding: str = "utf-8", before: str = "") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=mark, lineterminator="\r\n").writerows(rows)
    return (before + text.getvalue()).encode(encoding)


def said(*pairs: tuple[str, str]) -> Lines:
    rows = lines()
    for old, new in pairs:
        rows = [[cell.replace(old, new) for cell in row] if n else row for n, row in enumerate(rows)]
    return rows


def days(*words: str) -> Lines:
    return said(*zip(("2026-10-15", "2026-12-01", "2027-03-31"), words, strict=True))


def book(rows: Lines, above: int = 0, form: str = "", typed: bool = True, cover: bool = False) -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.worksheets[0]
    if cover:
        sheet.append(["Beschlüsse"])
        sheet = workbook.create_sheet("Entscheidungen")
    for _ in range(above):
        sheet.append(["Beschlüsse des Ausschusses"])
    for number, row in enumerate(rows):
        cells: list[object] = [cell or None for cell in row]
        for place, name in enumerate(rows[0]) if typed and number else ():
            if row[place] and name in ("date", "due"):
                cells[place] = datetime.fromisoformat(row[place])
            elif row[place] and name == "amount":
                cells[place] = float(row[place])
        sheet.append(cells)
        if form and number:
            sheet.cell(sheet.max_row, rows[0].index("amount") + 1).number_format = form
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


RIGHT = {
    "plain": saved(lines()),
    "French Excel": saved(lines("{:%d/%m/%Y}", french), ";", "cp1252"),
    "French, narrow blanks": saved(lines("{:%d/%m/%Y}", lambda one: french(one).replace("\u00a0", "\u202f")), ";"),
    "German Excel": saved(lines("{:%d.%m.%Y}", german), ";", "cp1252"),
    "German, short years": saved(lines("{:%d.%m.%y}", german), ";", "cp1252"),
    "German, a thousand by a point": saved(
        lines("{:%d.%m.%Y}", lambda one: "12,5" if one < 100 else "1.250"), ";", "cp1252"
    ),
    "American": saved(lines("{:%m/%d/%Y}", lambda one: f"{one:,.2f}")),
    "American with a clock": saved(lines("{:%m/%d/%Y} 12:00 AM", lambda one: f"{one:,.2f}")),
    "Unicode text with tabs": saved(lines("{:%d/%m/%Y}", french), "\t", "utf-16"),
    "with a mark of its encoding": saved(lines(), ";", "utf-8-sig"),
    "with a line sep=": saved(lines(), ";", "cp1252", "sep=;\r\n"),
    "columns in another order": saved(lines(head=HEAD[::-1])),
    "headers in capitals": saved(lines(head=[one.upper().replace("_", " ") for one in HEAD])),
    "blank lines between": saved([row for one in lines() for row in (one, [""] * len(HEAD))]),
    "amounts in Mio. €": saved(lines(amount=lambda one: f"{one} Mio. €".replace(".", ",", 1)), ";"),
    "amounts in T€": saved(lines(amount=lambda one: f"{1000 * one:.0f} T€"), ";"),
    "French months": saved(days("15 octobre 2026", "1er décembre 2026", "31 mars 2027"), ";", "cp1252"),
    "German months": saved(days("15. Okt. 2026", "1. Dezember 2026", "31. März 2027"), ";", "cp1252"),
    "English months": saved(days("15-Oct-26", "Dec 1, 2026", "31 March 2027")),
    "decisions in other letters": saved(said(("fund", "Fund"), ("defer", "DEFER "))),
}
BOOKS = {
    "a workbook": book(lines()),
    "lines above": book(lines(), above=2),
    "another sheet before": book(lines(), cover=True),
    "German text": book(lines("{:%d.%m.%Y}", german), typed=False),
    "French text": book(lines("{:%d/%m/%Y}", french), typed=False),
    "shown in k€": book(lines(amount=lambda one: str(1000 * one)), form='#,##0 "k€"'),
    "columns in another order": book(lines(head=HEAD[::-1])),
}
WRONG = {
    "German headers": (saved([[{"date": "Datum"}.get(cell, cell) for cell in row] for row in lines()], ";"), "date"),
    "dollars": (saved(lines(amount=lambda one: f"${one}")), "another currency"),
    "a place among others": (saved(lines(amount=lambda one: "5th")), "cannot be read as a number"),
    "a share": (saved(lines(amount=lambda one: "12 %")), "cannot be read as a number"),
    "two ways to read a day": (saved(days("5/10/2026", "", "")), "Write it as 2026-05-10 or 2026-10-05"),
    "no such day": (saved(days("31/11/2026", "", "")), "is not a date"),
    "a decision in French": (saved(said(("defer", "reporter"))), "is not a decision. Use one of: fund, "),
    "a cell that is missing inside": (saved([row[:3] + row[4:] if n == 1 else row for n, row in enumerate(lines())]),
                                      "fewer cells"),
    "a cell too many": (saved([[*row[:3], "x", *row[3:]] if n == 1 else row for n, row in enumerate(lines())]),
                        "line 2"),
}  # fmt: skip
WRONG_BOOKS = {
    "shown divided": (book(lines(), form="#,##0,"), "amount"),
    "shown in dollars": (book(lines(), form="[$$-409]#,##0.00"), "another currency"),
}


@pytest.mark.parametrize(("kind", "name"), [("csv", one) for one in RIGHT] + [("xlsx", one) for one in BOOKS])
def test_decisions_are_read_as_they_were_written(tmp_path: Path, register: Register, kind: str, name: str) -> None:
    (tmp_path / f"decisions.{kind}").write_bytes((RIGHT if kind == "csv" else BOOKS)[name])
    rows = read_decisions(tmp_path / f"decisions.{kind}", register)
    columns = ("date", "project_id", "decision", "amount", "due")
    found = [{**row, "amount": float(row["amount"]) if row["amount"] else None} for row in rows]
    assert [tuple(row[name] for name in columns) for row in found] == TRUE


@pytest.mark.parametrize(("kind", "name"), [("csv", one) for one in WRONG] + [("xlsx", one) for one in WRONG_BOOKS])
def test_what_may_be_read_otherwise_is_refused(tmp_path: Path, register: Register, kind: str, name: str) -> None:
    content, told = (WRONG if kind == "csv" else WRONG_BOOKS)[name]
    (tmp_path / f"decisions.{kind}").write_bytes(content)
    with pytest.raises(PmoError, match=told):
        read_decisions(tmp_path / f"decisions.{kind}", register)


@pytest.fixture
def folder_of_three(tmp_path: Path, register: Register) -> Path:
    folder = tmp_path / "register"
    folder.mkdir()
    for name in ("settings", "projects", "costs"):
        table = register.table(name).dropna(axis=1, how="all")
        table.to_csv(folder / f"{name}.csv", index=name == "projects")
    return folder


def test_a_project_is_known_by_its_name_and_what_does_not_agree_is_told(tmp_path: Path, folder_of_three: Path) -> None:
    folder, ids = folder_of_three, [one[1] for one in TRUE]
    rows, at = lines(), {name: place for place, name in enumerate(HEAD)}
    for row, told, name in zip(rows[1:], ("A", ids[1].lower(), ids[2]), ("a", "b", "a"), strict=True):
        row[at["project_id"]], row[at["project_name"]] = told, name
    rows[1][at["level"]] = "huge"
    (tmp_path / "decisions.csv").write_bytes(saved(rows))
    recorded = record_decisions(tmp_path / "decisions.csv", folder)
    assert load_register(folder).table("decisions")["project_id"].tolist() == ids
    told = "\n".join(recorded.warnings)
    assert f"projects were read by name: A as {ids[0]}, {ids[1].lower()} as {ids[1]}." in told
    assert f"line 4, {ids[2]} is c in this register, not a." in told
    assert f"line 2, {ids[0]} has no level huge in this register." in told
    assert f"Look: {ids[1]}: 1250 is more than twice its cost here (2)." in told
    assert told.count("more than twice") == 1


def test_two_decisions_on_one_project_and_money_below_zero_are_refused(tmp_path: Path, register: Register) -> None:
    rows, at = lines(), {name: place for place, name in enumerate(HEAD)}
    rows[1][at["amount"]] = "-2"
    (tmp_path / "decisions.csv").write_bytes(saved([*rows, rows[2]]))
    with pytest.raises(PmoError) as caught:
        read_decisions(tmp_path / "decisions.csv", register)
    assert f"line 2, {TRUE[0][1]}: amount '-2' is below zero." in str(caught.value)
    assert f"line 5, {TRUE[1][1]}: decided in line 3 already." in str(caught.value)


@pytest.mark.parametrize(("amount", "mark"), [("1.250 k€", ","), ("1,250", "\t"), ("1.250 Mio. €", ",")])
def test_an_amount_of_two_readings_that_no_pack_wrote_is_refused(tmp_path: Path, amount: str, mark: str) -> None:
    (tmp_path / "decisions.csv").write_bytes(saved(said(("12.5", amount), ("1250.0", "")), mark))
    with pytest.raises(PmoError, match="can be read with a decimal comma or a decimal point"):
        read_decisions(tmp_path / "decisions.csv")


def test_lines_that_are_no_decision_are_told(tmp_path: Path, folder_of_three: Path) -> None:
    note = ["The board wants a new plan"]
    for rows in ([*lines(), note], [*lines(), ["", "", "", "", "", "", "", "", "", "", *note, "Chair", "", ""]]):
        (tmp_path / "decisions.csv").write_bytes(saved(rows))
        told = record_decisions(tmp_path / "decisions.csv", folder_of_three).warnings
        assert any("5" in one and "left out" in one for one in told)


def test_a_decision_from_before_its_figures_is_told(tmp_path: Path, folder_of_three: Path) -> None:
    """The date of a line was mistyped; one decided on the day of the figures, or later, is as it should be."""
    rows = [line.copy() for line in lines()]
    for line, day in zip(rows[1:], ("2020-10-15", "2099-01-01", "2026-09-30"), strict=True):
        line[0] = day
    (tmp_path / "decisions.csv").write_bytes(saved(rows))
    told = record_decisions(tmp_path / "decisions.csv", folder_of_three).warnings
    assert [one for one in told if "before" in one] == [
        "Look: P01: the date is before 2026-09-30, that of the figures it was decided on."
    ]


def test_words_for_what_is_missing_stay_when_another_decision_is_added(tmp_path: Path, folder_of_three: Path) -> None:
    old = dict.fromkeys(HEAD, "") | {"date": "2026-04-15", "committee": "Board", "project_id": "P01"}
    old |= {"decision": "fund", "amount": "tbc", "due": "to be confirmed", "owner": "n/a"}
    (folder_of_three / "decisions.csv").write_bytes(saved([HEAD, list(old.values())]))
    (tmp_path / "decisions.csv").write_bytes(saved(lines()))
    record_decisions(tmp_path / "decisions.csv", folder_of_three)
    assert ",".join(old.values()) in (folder_of_three / "decisions.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(("lacks", "cell", "is_asked"), [("amount", "nice", False), ("amount", "7", True),
                                                          ("register_fingerprint", "7", False),
                                                          ("condition", "with a permit", True)])  # fmt: skip
def test_a_column_is_renamed_only_where_it_may_be_the_one_that_is_missing(
    tmp_path: Path, lacks: str, cell: str, is_asked: bool
) -> None:
    head = ["Auflage" if name == lacks else name for name in HEAD]
    rows = [head, *([cell if name == "Auflage" else text for name, text in zip(head, row, strict=True)]
                    for row in lines(head=head)[1:])]  # fmt: skip
    (tmp_path / "decisions.csv").write_bytes(saved(rows))
    if is_asked:
        with pytest.raises(PmoError, match=rf"Auflage.*Renamed\? It lacks .*{lacks}"):
            read_decisions(tmp_path / "decisions.csv")
    else:
        assert len(read_decisions(tmp_path / "decisions.csv")) == 3


@pytest.mark.parametrize(("header", "name"), [("", "14"), ("Long " * 60, "Long Long")])
def test_a_column_is_read_with_a_header_that_is_empty_or_cut(tmp_path: Path, header: str, name: str) -> None:
    for lacks in ("", "amount"):
        rows = lines(head=[one for one in HEAD if one != lacks])
        (tmp_path / "decisions.csv").write_bytes(saved([[*row, "7" if n else header] for n, row in enumerate(rows)]))
        if lacks:
            with pytest.raises(PmoError, match=rf"{name}.*: no column .* It lacks amount"):
                read_decisions(tmp_path / "decisions.csv")
        else:
            assert len(read_decisions(tmp_path / "decisions.csv")) == 3
