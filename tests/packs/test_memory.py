"""What a pack remembers: rebuilt from its sources, compared with another, decisions filled and read back."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.cli import main
from pmo_kit.errors import DataError, PackError
from pmo_kit.packs import build_pack, manifest
from pmo_kit.packs.decisions import read_decisions, record_decisions
from pmo_kit.packs.manifest import package_hash as hashed
from pmo_kit.packs.verify import diff_packs, made_from, verify_pack
from pmo_kit.performance import decision_log
from pmo_kit.register import load_register
from tests.packs.tiny import LOAD, PARAMETERS, Workspace, message, notebook

pytestmark = pytest.mark.long

PLAN = """rows = [("A", {a!r}, "full", {cost}), ("B", "refuse", None, 2.5)]
frame = pd.DataFrame(rows, columns=["project_id", "decision", "level", "cost"])
frame["project"] = [(("text", "North quay"), ("id", "A")), (("text", "=Pilot"), ("id", "B"))]
fields = (Field("project", kind="text"), Field("decision", kind="decision"), Field("cost", "cost"))
pmo.show(Table(id="arbitration.plan", alt="-", data=frame, columns=fields), title="The plan at {cost}")"""
NUMBER = "value = len(pmo.load_register(register_path).projects) + gap"
SHOWN = 'pmo.show(Message(id="a.n", alt="-", items=(("Count", f"{value:.2f}"),)), title=f"Value {value:.2f}")'


def plan(workspace: Workspace, decision: str = "fund", cost: float = 3.0) -> Path:
    return workspace(one=notebook(LOAD, PLAN.format(a=decision, cost=cost), message("a.one")))


def test_a_pack_is_rebuilt_from_its_own_sources_byte_for_byte(workspace: Workspace, tmp_path: Path) -> None:
    two = notebook(LOAD, message("b.two"), parameters=PARAMETERS + '\nscenarios_path: str = ""')
    file = workspace(one=notebook(LOAD, NUMBER, SHOWN), two=two)
    file.write_text(file.read_text().replace("title: About two\n", "title: About two\n    parameters: {gap: 0.5}\n"))
    folder = build_pack(file, tmp_path / "out")
    for path in (tmp_path / "data", tmp_path / "notebooks"):
        path.rename(path.with_name(f"{path.name} gone"))
    found = verify_pack(folder.parent)
    assert found.equal, str(found)
    assert str(found) == f"board {folder.name} is rebuilt from its sources, byte for byte."


def test_another_layout_is_another_pack(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, NUMBER, SHOWN))
    first = build_pack(file, tmp_path / "out")
    file.write_text(file.read_text().replace("About one\n", "About one\n    show: [a.n]\n"))
    second = build_pack(file, tmp_path / "out")
    assert first.name != second.name
    assert verify_pack(second).equal


def test_what_was_changed_after_publication_is_named(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(workspace(one=notebook(LOAD, NUMBER, SHOWN)), tmp_path / "out")
    (folder / "decisions.csv").write_text("filled by the secretary")
    costs = folder / "sources" / "inputs" / "harbor" / "projects.csv"
    costs.write_text(costs.read_text() + "C,Lock gates,Works,discretionary\n")
    (folder / "extra.txt").write_text("x")
    found = verify_pack(folder)
    assert found.touched == ("sources/inputs/harbor/projects.csv was changed", "extra.txt was added")
    assert not found.sound
    assert not found.ran
    assert not found.figures
    written = json.loads((folder / "manifest.json").read_text())
    written["title"] = "Another"
    (folder / "manifest.json").write_text(json.dumps(written))
    assert any("its id does not follow from it" in line for line in verify_pack(folder).touched)


def test_against_the_files_of_today_each_cause_is_named(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = workspace(one=notebook(LOAD, NUMBER, SHOWN))
    folder = build_pack(file, tmp_path / "out")
    workspace(one=notebook(LOAD, NUMBER, "1", SHOWN))
    file.write_text(file.read_text().replace("About one\n", "About one\n    parameters: {gap: 0.25}\n"))
    monkeypatch.setattr("pmo_kit.packs.manifest.package_hash", lambda: "1" * 64)
    found = verify_pack(folder, file)
    assert not found.touched
    told = "\n".join(found.inputs)
    assert "notebook one.ipynb: " in told
    assert "one.ipynb: parameter gap: is new" in told
    assert "package pmo_kit_sha256: 00000000 → 11111111" in told
    assert found.figures[0] == "a.n: title: Value 2.00 → Value 2.25"


def test_a_parameter_that_was_none_is_named_with_what_it_is_now() -> None:
    def made(gap: object) -> dict[str, object]:
        chapter = {"notebook": "one.ipynb", "sha256": "a", "parameters": {"gap": gap}}
        heads = dict.fromkeys(("title", "committee", "date", "status"), "")
        return heads | {"register": {}, "inputs": {}, "software": {}, "chapters": [chapter]}

    assert list(made_from(made(None), made(0.1))) == ["one.ipynb: parameter gap: None → 0.1"]
    assert list(made_from(made(0.1), made(None))) == ["one.ipynb: parameter gap: 0.1 → None"]
    assert not list(made_from(made(None), made(None)))


def test_a_pack_that_this_version_cannot_execute_says_what_is_not_as_it_was(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = f"open({str(tmp_path / 'there')!r}).read()"
    (tmp_path / "there").touch()
    folder = build_pack(workspace(one=notebook(LOAD, cell, message("a.one"))), tmp_path / "out")
    (tmp_path / "there").unlink()
    monkeypatch.setattr("pmo_kit.packs.manifest.package_hash", lambda: "1" * 64)
    with pytest.raises(PackError) as caught:
        verify_pack(folder)
    told = str(caught.value)
    assert told.startswith(f"board {folder.name} could not be executed again.\n")
    assert "one.ipynb, cell 4: " in told
    assert "package pmo_kit_sha256: 00000000 → 11111111" in told
    assert "error.html" not in told, "the page is gone with the folder in which it was executed"
    assert main(["verify", str(folder), "--hashes"]) == 0
    (tmp_path / "there").touch()
    refused = DataError.of([{"message": "Two projects are called A."}], sheet="projects")
    monkeypatch.setattr("pmo_kit.packs.jobs.load_register", Mock(side_effect=refused))
    with pytest.raises(DataError, match=r"(?s)again\.\nTwo projects are called A\..*00000000 → 11111111") as data:
        verify_pack(folder)
    assert len(data.value.findings) == 1


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="is no pack"):
        verify_pack(tmp_path)
    (tmp_path / "latest.json").write_text('{"id": "../../etc"}')
    with pytest.raises(PackError, match="does not name a pack"):
        verify_pack(tmp_path)


def test_two_packs_are_compared_by_decision_and_figure(workspace: Workspace, tmp_path: Path) -> None:
    old = build_pack(plan(workspace), tmp_path / "out")
    new = build_pack(plan(workspace, "stop", 1.5), tmp_path / "out")
    found = diff_packs(old, new)
    assert found.decisions == ("North quay (A): fund, 3 → stop, 1.5",)
    changes = {(move.row, move.column): move.change for move in found.figures.moved["arbitration.plan"]}
    assert changes["A", "cost"] == -1.5
    assert "North quay (A): fund, 3 → stop, 1.5" in str(found)
    assert diff_packs(old, old).summary == f"board {old.name} says the same as board {old.name}."
    other = build_pack(workspace(one=notebook(LOAD, message("b.new"))), tmp_path / "other")
    assert diff_packs(old, other).figures.added == ("b.new",)
    assert diff_packs(old, other).figures.gone == ("arbitration.plan", "a.one")


def test_a_comparison_leads_with_the_cells_that_went_in(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = build_pack(plan(workspace), tmp_path / "out")
    file, register = plan(workspace, "stop", 1.5), tmp_path / "data" / "samples" / "harbor"
    (register / "costs.csv").write_text("project_id,2027,2028\nA,3.5,\nB,2.5,1\n")  # another layout
    (register / "projects.csv").write_text((register / "projects.csv").read_text().replace("Fleet", "Fleet|2"))
    new = build_pack(file, tmp_path / "out")
    found = diff_packs(old, new)
    assert found.inputs.values.tolist() == [
        ["projects", "B", "area", "Fleet", "Fleet|2"],
        ["costs", "A · 2027 · capex · planned", "amount", "3", "3.5"],
        ["costs", "B · 2028 · capex · planned", "the row", "", "amount 1"],
    ]
    heads = [line for line in str(found).splitlines() if line.startswith("## ")]
    assert heads == ["## Inputs", "## Made from", "## Decisions"]
    assert "| projects | B | area | Fleet | Fleet\\|2 |" in str(found)
    assert "other figure moved: `--all`" in str(found)
    assert "## Figures" in found.told(all=True)
    assert main(["diff", str(old), str(new)]) == 1
    assert capsys.readouterr().out.startswith("From board")
    assert main(["diff", str(new), str(new)]) == 0
    assert "says the same as" in capsys.readouterr().out


def filled(folder: Path, **changes: dict[str, str]) -> None:
    """Fill columns of the lines of a project, as a secretary does."""
    file = folder / "decisions.csv"
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    for row in rows:
        row |= changes.get(row["project_id"], {})
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_decisions_are_prefilled_filled_and_read_into_the_register(workspace: Workspace, tmp_path: Path) -> None:
    file, register = plan(workspace), tmp_path / "data" / "samples" / "harbor"
    (register / "requests.csv").write_text(
        "request_id,decision,project_id,by_when,owner,if_not_decided\n"
        "R1,fund,,2026-11-30,Harbor master,The quay waits.\n"
    )
    folder = build_pack(file, tmp_path / "out")
    lines = list(csv.DictReader((folder / "decisions.csv").open(encoding="utf-8")))
    assert [(row["project_id"], row["recommended"], row["amount"], row["decision"]) for row in lines] == [
        ("A", "fund", "3.0", ""),
        ("B", "refuse", "2.5", ""),
    ]
    assert lines[0]["date"] == "2026-10-15"
    assert lines[0]["project_name"] == "North quay"
    assert [(row["owner"], row["due"]) for row in lines] == [("Harbor master", "2026-11-30"), ("", "")]
    with pytest.raises(PackError, match=r"No line of .* has a decision"):
        record_decisions(folder, register)
    filled(folder, A={"decision": "fund", "decided_by": "Board"}, B={"decision": "fund"})
    with pytest.raises(PackError, match=r"line 3, B: the committee decided 'fund' where 'refuse' was .* the reason"):
        record_decisions(folder, register)
    filled(folder, B={"reason": "=Pilots are law", "decided_by": "Chair"})
    assert record_decisions(folder, register).count == 2
    assert record_decisions(folder, register).count == 2
    table = load_register(register).table("decisions")
    assert list(table["recommended"]) == ["fund", "refuse"]
    assert list(table["reason"].fillna("")) == ["", "=Pilots are law"]
    assert "'=Pilots" in (register / "decisions.csv").read_text()
    settings = (register / "settings.csv").read_text(encoding="utf-8").replace("2026-09-30", "2027-03-31")
    (register / "settings.csv").write_text(settings, encoding="utf-8")
    log = decision_log(load_register(register)).set_index("project_id")
    told = log.loc["B", ["name", "recommended", "decision", "reason", "decided_by"]]
    assert told.tolist() == ["Pilot boats", "refuse", "fund", "=Pilots are law", "Chair"]
    assert log.loc[["A", "B"], "followed"].tolist() == [True, False]


def test_every_wrong_line_is_told_and_nothing_is_written(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(plan(workspace), tmp_path / "out")
    filled(folder, A={"decision": "agreed", "date": ""}, B={"decision": "defer", "reason": "later"})
    with pytest.raises(PackError) as caught:
        read_decisions(folder)
    told = str(caught.value)
    assert 'line 2, A: decision: "agreed" is not a decision. Use one of: fund, ' in told
    assert "line 2, A: date is empty." in told
    assert "line 3, B: decided against the recommendation; write down who decided." in told
    (folder / "decisions.csv").write_text("a,b\n1,2\n")
    with pytest.raises(PackError, match="lacks the columns committee, date"):
        read_decisions(folder)
    (folder / "decisions.csv").write_text("date,committee,project_id,Decided,recommended,reason\n1,2,3,4,5,6\n")
    with pytest.raises(PackError, match=r"lacks the column decision\.$"):
        read_decisions(folder)


def test_a_register_that_would_not_load_is_left_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(plan(workspace), tmp_path / "out")
    filled(folder, A={"decision": "fund", "amount": "1e16"})
    register = tmp_path / "data" / "samples" / "harbor"
    with pytest.raises(DataError):
        record_decisions(folder, register)
    assert not (register / "decisions.csv").exists()
    with pytest.raises(PackError, match="is not a folder of CSV files"):
        record_decisions(folder, register / "projects.csv")


def test_money_with_a_condition_is_no_override(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(plan(workspace), tmp_path / "out")
    filled(folder, A={"decision": "fund with condition", "condition": "after the test"})
    assert [row["decision"] for row in read_decisions(folder)] == ["fund_with_condition"]


HEAD = "date,committee,project_id,decision,amount,due,reason,decided_by,recommended,register_fingerprint"


@pytest.mark.parametrize(
    ("text", "encoding", "date", "amount", "due"),
    [
        ("10/5/2026,Board,A,fund,2.5,11/30/2026,,,fund,", "utf-8", "2026-10-05", "2.5", "2026-11-30"),
        ("5/10/2026,Board,A,fund,2.5,30/11/2026,,,fund,", "utf-16", "2026-10-05", "2.5", "2026-11-30"),
        ("05.10.2026;Board;A;fund;2,5;;;Présidente;fund;", "cp1252", "2026-10-05", "2.5", ""),
        ("05/10/2026;Board;A;fund;1,250;30/11/2026;;;fund;", "utf-8-sig", "2026-10-05", "1.25", "2026-11-30"),
        ('2026-10-05,Board,A,fund,"1,250",,,,fund,', "utf-8", "2026-10-05", "1250", ""),
        ("2026-10-05\tBoard\tA\tfund\t2.5\t\t\t\tfund\t", "utf-8", "2026-10-05", "2.5", ""),
    ],
)
def test_decisions_are_read_as_any_spreadsheet_saved_them(
    tmp_path: Path, text: str, encoding: str, date: str, amount: str, due: str
) -> None:
    mark = next(mark for mark in ";\t," if mark in text)
    file = tmp_path / "decisions.csv"
    file.write_text(HEAD.replace(",", mark) + "\r\n" + text + "\r\n", encoding=encoding, newline="")
    (row,) = read_decisions(file)
    assert (row["date"], row["amount"], row["due"]) == (date, amount, due)
    assert row["decided_by"] in ("", "Présidente")


def test_a_date_that_can_be_read_two_ways_is_settled_by_the_pack_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(f"{HEAD}\n10/5/2026,Board,A,fund,1,,,,fund,\n31/31/2026,Board,B,fund,1,soon,,,fund,\n")
    with pytest.raises(PackError) as caught:
        read_decisions(file)
    told = str(caught.value)
    assert "line 2, A: date: 10/5/2026 can be read day first or month first, and nothing decides." in told
    assert "Write it as 2026-05-10 or 2026-10-05; or set date_order" in told
    assert 'line 3, B: date: "31/31/2026" is not a date.' in told
    assert 'line 3, B: due: "soon" is not a date.' in told
    file.write_text(f"{HEAD}\n10/5/2026,Board,A,fund,1,,,,fund,\n")
    for own in ("2026-05-10", "2026-10-05"):
        (tmp_path / "manifest.json").write_text(json.dumps({"date": own}))
        assert read_decisions(file)[0]["date"] == own


@given(day=st.dates(dt.date(2001, 1, 1), dt.date(2099, 12, 31)), month_first=st.booleans())
def test_any_date_comes_back_or_is_asked(
    day: dt.date, month_first: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / "decisions.csv"
    text = f"{day.month}/{day.day}/{day.year}" if month_first else f"{day.day}/{day.month}/{day.year}"
    file.write_text(f"{HEAD}\n{text},Board,A,fund,1,,,,fund,\n")
    try:
        assert read_decisions(file)[0]["date"] == day.isoformat()
    except PackError as error:
        assert day.day <= 12
        assert day.isoformat() in str(error)  # noqa: PT017


def test_a_workbook_of_decisions_and_what_is_left_open(workspace: Workspace, tmp_path: Path) -> None:
    import openpyxl

    workspace()
    register = tmp_path / "data" / "samples" / "harbor"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(HEAD.split(","))
    sheet.append([dt.datetime(2026, 10, 15), "Board", "A", "fund", 2.5, None, None, None, "fund", "0123456789abcdef"])
    sheet.append([dt.datetime(2026, 10, 15), "Board", "B", None, 2.5, None, None, None, "fund", None])
    sheet.append([dt.datetime(2026, 10, 15), "Board", "Z", "fund", 1, None, None, None, "fund", None])
    book.save(tmp_path / "filled.xlsx")
    (register / "decisions.csv").write_text("date,committee,project_id,decision,reason\n15/10/2026,Board,A,refuse,x\n")
    recorded = record_decisions(tmp_path / "filled.xlsx", register)
    assert (recorded.count, recorded.left_open) == (2, ("B",))
    assert "made from a register with content 01234567" in recorded.warnings[0]
    assert "Look: Z is in no row of the projects of this register." in recorded.warnings[1]
    assert "Left open, nothing was decided on: B." in str(recorded)
    table = load_register(register).table("decisions")
    assert table[["project_id", "decision"]].values.tolist() == [["A", "fund"], ["Z", "fund"]]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ('0 "€"', ""),
        ("[$$-409]0", "another currency"),
        ("#,##0,", "is this the amount"),
        ('0 "days"', "is this the amount"),
    ],
)
def test_what_the_sheet_of_an_amount_shows_counts(code: str, told: str, workspace: Workspace, tmp_path: Path) -> None:
    import openpyxl

    workspace()
    register = tmp_path / "data" / "samples" / "harbor"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append([*HEAD.replace("amount", "Amount").split(","), "remark"])
    sheet.append([dt.datetime(2026, 10, 15), "Board", "A", "fund", 2.5, None, None, None, "fund", None, "late"])
    sheet["E2"].number_format = code
    book.save(tmp_path / "filled.xlsx")
    if told:
        with pytest.raises(PackError, match=told):
            record_decisions(tmp_path / "filled.xlsx", register)
        return
    with pytest.raises(PackError, match="remark: no column of the table decisions"):
        record_decisions(tmp_path / "filled.xlsx", register)
    for name in ("project_name", "level", "condition", "owner"):
        sheet.cell(1, sheet.max_column + 1, name)
    sheet["A2"].font = openpyxl.styles.Font(strike=True)
    book.save(tmp_path / "filled.xlsx")
    told = str(record_decisions(tmp_path / "filled.xlsx", register))
    assert 'The column "remark" is not one of the table decisions; its 1 values were not read.' in told
    assert "struck through" in told
    assert load_register(register).table("decisions")["amount"].tolist() == [2.5]


def test_the_decisions_on_record_keep_their_amounts(workspace: Workspace, tmp_path: Path) -> None:
    workspace()
    register = tmp_path / "data" / "samples" / "harbor"
    (register / "decisions.csv").write_text(
        "date;committee;project_id;decision;amount\n15/10/2025;Board;A;fund;1.250\n15/10/2025;Board;B;fund;2,5\n;;;;\n"
    )
    (tmp_path / "new.csv").write_text(f"{HEAD}\n2026-10-05,Board,A,fund,2.25,,,,fund,\n")
    record_decisions(tmp_path / "new.csv", register)
    assert load_register(register).table("decisions")["amount"].tolist() == [1250, 2.5, 2.25]


@pytest.mark.parametrize(("names", "lost"), [("vote", ""), ("vote,", "x"), ("vote,vote", "vote")])
def test_columns_beside_those_of_decisions_stay_or_are_named(
    names: str, lost: str, workspace: Workspace, tmp_path: Path
) -> None:
    workspace()
    file = tmp_path / "data" / "samples" / "harbor" / "decisions.csv"
    cells = "7 of 9,x" if "," in names else "7 of 9"
    file.write_text(f"{HEAD},{names}\n2025-10-05,Board,A,fund,1,,,,fund,,{cells}\n")
    (tmp_path / "new.csv").write_text(f"{HEAD}\n2026-10-05,Board,A,fund,2,,,,fund,\n")
    before = file.read_text()
    if lost:
        with pytest.raises(PackError, match="would be lost"):
            record_decisions(tmp_path / "new.csv", file.parent)
        assert file.read_text() == before
    else:
        record_decisions(tmp_path / "new.csv", file.parent)
        assert file.read_text().splitlines()[1].endswith("7 of 9")


@pytest.mark.parametrize("text", ['2026-10-05,Board,A,"fund,2,,,,fund,', "2026-10-05,Board,A,2,,,,fund,"])
def test_decisions_whose_lines_are_damaged_are_not_read(text: str, tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text(f"{HEAD}\n{text}\n2026-10-05,Board,B,fund,3,,,,fund,\n")
    with pytest.raises(PackError, match="cannot be read"):
        read_decisions(file)


def test_a_date_is_read_as_a_register_reads_it(tmp_path: Path) -> None:
    """Written months too, and one order of day and month for the whole file, which the register's reader settles."""
    file = tmp_path / "decisions.csv"
    head = "date,committee,project_id,decision,amount,due,recommended,reason\n"
    file.write_text(f"{head}15 Oct 2026,Board,A,fund,1,5/10/2026,fund,\n16/10/2026,Board,B,fund,1,,fund,\n")
    rows = read_decisions(file)
    assert [(row["date"], row["due"]) for row in rows] == [("2026-10-15", "2026-10-05"), ("2026-10-16", "")]


def test_whichever_file_of_the_package_changes_a_pack_is_of_another_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a list of figures, columns or facts: a pack that is kept would say the words of before."""
    kinds = {path.suffix for path in Path("pmo_kit").rglob("*") if path.is_file()} - {".pyc"}
    assert {".py", ".csv", ".yml"} <= kinds
    (tmp_path / "packs").mkdir()
    monkeypatch.setattr(manifest, "__file__", str(tmp_path / "packs" / "manifest.py"))
    seen = set()
    for kind in sorted(kinds):
        (tmp_path / f"one{kind}").write_text("before")
        seen.add(hashed())
        (tmp_path / f"one{kind}").write_text("after")
        seen.add(hashed())
    assert len(seen) == 2 * len(kinds)
