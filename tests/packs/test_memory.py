"""What a pack remembers: rebuilt from its sources, compared with another, decisions filled and read back."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from pmo_kit.errors import DataError, PackError
from pmo_kit.packs import build_pack
from pmo_kit.packs.decisions import read_decisions, record_decisions
from pmo_kit.packs.diff import diff_packs
from pmo_kit.packs.verify import verify_pack
from pmo_kit.performance import decision_log
from pmo_kit.register import load_register
from tests.packs.tiny import LOAD, PARAMETERS, Workspace, message, notebook

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
    file.write_text(
        file.read_text().replace("title: About two\n", "title: About two\n    parameters: {gap: 0.5}\n")
    )
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
    assert "register Harbor Trust: content" in found.inputs[0]
    assert "file harbor/projects.csv" in found.inputs[1]
    assert found.figures == ("a.n: title: Value 2.00 → Value 3.00", "a.n: Count: 2.00 → 3.00")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["title"] = "Another"
    (folder / "manifest.json").write_text(json.dumps(manifest))
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
    assert "package pmo_kit_sha256: 00000000, now 11111111" in told
    assert found.figures[0] == "a.n: title: Value 2.00 → Value 2.25"


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
    rows = found.table.set_index(["exhibit", "row", "column"])
    assert rows.loc[("arbitration.plan", "A", "cost"), "change"] == -1.5
    assert "North quay (A): fund, 3 → stop, 1.5" in str(found)
    assert diff_packs(old, old).summary == f"board {old.name} says the same as board {old.name}."
    other = build_pack(workspace(one=notebook(LOAD, message("b.new"))), tmp_path / "other")
    assert diff_packs(old, other).added == ("b.new: Two projects cost 5.5",)
    assert [line.split(":")[0] for line in diff_packs(old, other).gone] == ["arbitration.plan", "a.one"]


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


def test_decisions_are_prefilled_filled_and_read_into_the_register(
    workspace: Workspace, tmp_path: Path
) -> None:
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
    with pytest.raises(
        PackError, match=r"line 3, B: the committee decided 'fund' where 'refuse' was .* the reason"
    ):
        record_decisions(folder, register)
    filled(folder, B={"reason": "=Pilots are law", "decided_by": "Chair"})
    assert record_decisions(folder, register) == 2
    assert record_decisions(folder, register) == 2
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
    assert "line 2, A: 'agreed' is no decision; use fund, " in told
    assert "line 2, A: date is empty." in told
    assert "line 3, B: decided against the recommendation; write down who decided." in told
    (folder / "decisions.csv").write_text("a,b\n1,2\n")
    with pytest.raises(PackError, match="lacks the columns committee, date"):
        read_decisions(folder)


def test_a_register_that_would_not_load_is_left_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(plan(workspace), tmp_path / "out")
    filled(folder, A={"decision": "fund", "due": "soon"})
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
