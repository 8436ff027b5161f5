"""A session on disk: what is saved is read by a register, by scenarios, and by the session itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import pmo_kit as pmo
from pmo_kit.errors import PmoError
from pmo_kit.packs import build_pack
from pmo_kit.scenarios import read_scenario_file
from pmo_kit.shipped import shipped
from pmo_kit.widgets.session_files import restore_session, save_session, saved_session
from pmo_kit.widgets.session_state import SessionState

TWELVE = shipped("data", "samples", "meridian_12")


@pytest.fixture
def session() -> SessionState:
    session = SessionState(pmo.Question(pmo.load_register(TWELVE)))
    session.force("P08", "in", reason='=HYPERLINK("x")', decided_by="Chair")
    session.set_people("data_engineer", 13)
    session.prove()
    return session


def test_the_next_register_reads_decisions_overrides_and_the_scenario(
    session: SessionState, tmp_path: Path
) -> None:
    files = save_session(session, tmp_path / "session", "Hub in, one fewer", "Investment Committee")
    folder = tmp_path / "register"
    shutil.copytree(TWELVE, folder)
    for name in ("decisions.csv", "overrides.csv"):
        shutil.copy(tmp_path / "session" / name, folder)
    register = pmo.load_register(folder)
    decisions = register.table("decisions").set_index("project_id")
    assert decisions.loc["P08", "decision"] == "fund"
    assert decisions.loc["P08", "recommended"] == "refuse"
    assert decisions.loc["P08", "reason"] == '=HYPERLINK("x")'
    assert set(decisions["committee"]) == {"Investment Committee"}
    assert register.table("overrides")["decided_by"].tolist() == ["Chair"]
    base = pmo.Question(pmo.load_register(TWELVE))
    (scenario,) = read_scenario_file(tmp_path / "session" / "scenarios.yml", base)
    assert scenario.name == "Hub in, one fewer"
    assert pmo.arbitrate(scenario(base)).value == session.answer.value
    assert files[0].name == "decisions.csv"
    raw = (tmp_path / "session" / "decisions.csv").read_text(encoding="utf-8")
    assert ",=HYPER" not in raw
    assert ',"=HYPER' not in raw


def test_other_scenarios_in_the_file_stay(session: SessionState, tmp_path: Path) -> None:
    save_session(session, tmp_path, "One")
    session.free("P08")
    session.prove()
    save_session(session, tmp_path, "Two")
    save_session(session, tmp_path, "One")
    two, one = read_scenario_file(tmp_path / "scenarios.yml")
    assert (two.name, two.projects_in) == ("Two", {})
    assert (one.name, one.projects_in) == ("One", {})
    assert one.capacity == two.capacity == {"data_engineer": 13 / 14}
    (tmp_path / "scenarios.yml").write_text("scenarios: [", encoding="utf-8")
    with pytest.raises(PmoError, match=r"scenarios.yml, line 1: .*check indentation"):
        save_session(session, tmp_path, "Three")


def test_a_session_is_opened_again(session: SessionState, tmp_path: Path) -> None:
    save_session(session, tmp_path, "Hub in")
    again = SessionState(pmo.Question(pmo.load_register(TWELVE)))
    restore_session(again, tmp_path)
    again.prove()
    assert again.case == session.case
    assert again.answer.value == session.answer.value
    assert again.moves["move"].tolist() == [*session.moves["move"], "The saved session was opened"]
    again.undo()
    assert again.answer.value == 33.5


def test_a_session_of_another_question_is_not_opened(session: SessionState, tmp_path: Path) -> None:
    save_session(session, tmp_path, "Hub in")
    other = SessionState(pmo.Question(pmo.load_register(TWELVE)).scaled(1.1))
    assert saved_session(other, tmp_path) is None
    with pytest.raises(PmoError, match="register may have changed"):
        restore_session(other, tmp_path)
    (tmp_path / "session.json").write_text("{broken", encoding="utf-8")
    assert saved_session(session, tmp_path) is None


def test_what_cannot_be_saved_is_said_in_words(session: SessionState, tmp_path: Path) -> None:
    with pytest.raises(PmoError, match="a name"):
        save_session(session, tmp_path, "  ")
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(PmoError, match="cannot be written"):
        save_session(session, file, "x")
    session.force("P01", "out", reason="x")
    session.prove()
    with pytest.raises(PmoError, match="no plan to save"):
        save_session(session, tmp_path, "x")


@pytest.mark.slow
def test_a_pack_reads_the_saved_scenario(session: SessionState, tmp_path: Path) -> None:
    save_session(session, tmp_path / "session", "Hub in, one fewer")
    shutil.copytree(TWELVE, tmp_path / "register")
    (tmp_path / "notebooks").mkdir()
    shutil.copy(shipped("notebooks", "03_scenario_comparison.ipynb"), tmp_path / "notebooks")
    (tmp_path / "pack.yml").write_text(
        "pack: cases\ntitle: Cases\ncommittee: Board\ndate: 2026-10-15\nregister: register\nchapters:\n"
        "  - notebook: notebooks/03_scenario_comparison.ipynb\n    title: Cases\n"
        "    parameters: {scenarios_path: session/scenarios.yml, draws: 200}\n",
        encoding="utf-8",
    )
    folder = build_pack(tmp_path / "pack.yml", tmp_path / "out")
    shown = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    results = next(x for x in shown if x["id"] == "scenarios.results")
    row = next(row for row in results["data"]["rows"] if row[0] == "Hub in, one fewer")
    assert row[2] == session.answer.value == 20.5
