"""Boards and panels without a browser: messages in, words out, nothing left behind."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest

import pmo_kit as pmo
from pmo_kit import widgets
from pmo_kit.scenarios import read_scenario_file, read_scenarios
from pmo_kit.shipped import shipped
from pmo_kit.widgets import lifetime
from pmo_kit.widgets.lifetime import parts_of

TWELVE = shipped("data", "samples", "meridian_12")


@pytest.fixture(scope="module")
def register() -> pmo.Register:
    return pmo.load_register(TWELVE)


@pytest.fixture(scope="module")
def question(register: pmo.Register) -> pmo.Question:
    return pmo.Question(register)


@pytest.fixture
def board(question: pmo.Question, tmp_path: Path) -> Iterator[Any]:
    made = widgets.committee_session(question, folder=tmp_path / "session")
    yield made
    made.close()


def send(board: Any, kind: str, **more: Any) -> None:
    """What the screen sends, and then until nothing is searched."""
    board._receive(None, {"type": kind, "seq": board._sequence + 1, **more}, None)
    board.wait()


def test_board_and_session_never_differ(board: Any) -> None:
    send(board, "force", project="P08", way="in", reason="promised", by="Chair")
    state = board.state
    assert state["headline"] == "24.5 EUR million with Reservoir Learning Hub in: 9.0 less than recommended"
    assert [tile["value"] for tile in state["tiles"]] == ["24.5", "9.0", "14 of 14"]
    assert (state["status"], state["proof"]) == ("proven", "Proven best")
    assert state["moved"] == [["Entered", "Reservoir Learning Hub P08"], ["Left", "Storm overflows P07"]]
    shown = {p["id"]: p["decision"] for p in state["projects"]}
    assert shown == board.session.table["decision"].to_dict()
    assert board.prices["P07"]["way"] == "in"
    assert board.progress == ""


def test_errors_are_words_on_the_screen(board: Any) -> None:
    before = board.state["headline"]
    send(board, "force", project="P08", way="in", reason="", by="Chair")
    assert board.notice["error"]
    assert board.notice["text"].startswith("An override without a reason is refused")
    send(board, "people", role="astronaut", value=2)
    assert board.notice["text"] == "There is no role 'astronaut'; known here: data_engineer."
    send(board, "money", value="many")
    assert "That was not possible" in board.notice["text"]
    send(board, "nonsense")
    assert board.state["headline"] == before
    send(board, "force", project="P01", way="out", reason="too dear", by="Chair")
    assert board.state["status"] == "none"
    assert "These cannot hold together" in board.state["conflict"]
    assert "Traceback" not in str(board.get_state())


def test_save_undo_and_open_again(board: Any, question: pmo.Question) -> None:
    send(board, "money", value=85)
    assert board.state["tiles"][0]["value"] == "28.5"
    send(board, "keep", name="Money −15 %")
    assert "decisions.csv" in board.notice["text"]
    send(board, "undo")
    assert board.state["tiles"][0]["value"] == "33.5"
    again = widgets.committee_session(question, folder=board.folder)
    assert again.options["sessions"][0][1].startswith("Session of 20")
    send(again, "restore")
    assert again.state["tiles"][0]["value"] == "28.5"
    again.close()


def test_stop_keeps_the_best_plan_known(board: Any) -> None:
    board._receive(None, {"type": "money", "seq": 1, "value": 90}, None)
    board._receive(None, {"type": "stop", "seq": 2}, None)
    board.wait()
    assert board.state["status"] in ("known", "proven")
    assert "stopped" in board.notice["text"]


def test_a_search_that_fails_says_so(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr(board.session.answers, "search", fail)
    send(board, "money", value=91)
    assert board.notice["text"] == "The search failed (no memory left). The best plan known is shown."
    assert not board.state["busy"]


def test_closed_boards_leave_nothing(question: pmo.Question, register: pmo.Register) -> None:
    before, threads = len(ipywidgets.widgets.widget._instances), threading.active_count()
    for _ in range(3):
        board = widgets.arbitration(question)
        send(board, "force", project="P08", way="in")
        board.close()
        widgets.weights(register).close()
        widgets.scenarios(question).close()
        widgets.register(register).close()
        widgets.frontier(pmo.frontier(question, budgets=[0.9, 1.0])).close()
        widgets.performance(pmo.review_performance(register)).close()
        widgets.risk(pmo.simulate(pmo.arbitrate(question), draws=200, seed=7)).close()
    gc.collect()
    assert len(ipywidgets.widgets.widget._instances) - before <= 3 * 2
    assert threading.active_count() <= threads


def press(panel: Any, words: str) -> None:
    """Click a button of a panel, and wait until nothing is searched."""
    next(part for part in parts_of(panel) if getattr(part, "description", "") == words).click()
    panel.work.wait()


def test_scenarios_are_searched_beside_the_cell_and_saved(question: pmo.Question, tmp_path: Path) -> None:
    panel = widgets.scenarios(question, folder=tmp_path)
    panel.work.wait()
    own = [one.name for one in read_scenarios(question.register)]
    assert [one.name for one in panel.state.scenarios] == own
    panel.fields["name"].value, panel.fields["money"].value = "A hard year", -15
    press(panel, "Add and compare")
    assert panel.state.table.loc["A hard year", ["value", "delta"]].tolist() == [28.5, -5.0]
    press(panel, "Save")
    assert [one.name for one in read_scenario_file(tmp_path / "scenarios.yml")] == [*own, "A hard year"]
    press(panel, "Stop")
    assert "keeps the best plan known" in panel._said.value
    panel.fields["name"].value = ""
    press(panel, "Add and compare")
    assert "name of its own" in panel._said.value
    panel.close()


def test_a_scenario_whose_search_fails_is_said_in_words(
    question: pmo.Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = widgets.scenarios(question)
    panel.work.wait()

    def fail(*_: object) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr(panel.state, "solve", fail)
    panel.fields["name"].value, panel.fields["money"].value = "A hard year", -15
    press(panel, "Add and compare")
    assert "A hard year was not added: no memory left" in panel._said.value
    panel.close()


def test_a_cell_that_runs_again_closes_what_it_made(
    register: pmo.Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ["cell", "first"]
    monkeypatch.setattr(lifetime, "_running", lambda: (run[0], run[1]))
    one, beside = widgets.register(register), widgets.register(register)
    assert one.comm is not None
    assert beside.comm is not None
    run[1] = "second"
    again = widgets.register(register)
    assert one.comm is None
    assert beside.comm is None
    assert again.comm is not None
    again.close()
    lifetime._living.clear()


def test_the_name_alone_loads_no_widget() -> None:
    code = "import sys, pmo_kit.widgets; print([m for m in ('ipywidgets', 'plotly', 'highspy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
