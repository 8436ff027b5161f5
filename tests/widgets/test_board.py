"""Boards and panels without a browser: messages in, words out, nothing left behind."""

from __future__ import annotations

import dataclasses
import datetime as dt
import gc
import html
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import ipywidgets
import nbformat
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit import widgets
from pmo_kit.arbitration import Envelope
from pmo_kit.arbitration.question import revalued
from pmo_kit.errors import PmoError
from pmo_kit.facts import number
from pmo_kit.packs.decisions import read_decisions, record_decisions
from pmo_kit.prioritization import arbitration_value
from pmo_kit.scenarios import read_scenario_file, read_scenarios
from pmo_kit.shipped import shipped
from pmo_kit.widgets import explorers
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets.board import Board
from pmo_kit.widgets.explorers import ParametersState, ScenariosState, WeightsState
from pmo_kit.widgets.panel import parts_of
from pmo_kit.widgets.session_files import decide, save_session
from pmo_kit.widgets.session_state import Answer, Case, SessionState
from tests.conftest import shipped_register

ROOT = Path(__file__).parents[2]
TWELVE = shipped("data", "samples", "meridian_12")


@pytest.fixture(scope="module")
def register() -> pmo.Register:
    return shipped_register("meridian_12")


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
    assert state["headline"] == "24.5 EUR million, 9.0 less than recommended, with Reservoir Learning Hub in"
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
    assert "cannot hold together" in board.state["conflict"]
    assert "Traceback" not in str(board.get_state())


def test_a_meeting_is_kept_move_by_move_and_opened_again(board: Any, question: pmo.Question) -> None:
    send(board, "money", value=85)
    assert board.state["tiles"][0]["value"] == "28.5"
    send(board, "keep", name="Money −15 %")
    assert board.notice["text"].startswith("Kept as Money −15 % in ")
    send(board, "undo")
    assert board.state["tiles"][0]["value"] == "33.5"
    again = widgets.committee_session(question, folder=board.folder)
    ((place, words),) = again.options["sessions"]
    assert words.endswith("the recommended plan")
    send(again, "restore", session=place)
    send(again, "undo")
    assert again.state["tiles"][0]["value"] == "28.5"
    send(again, "compare", session=place)
    assert (
        "the recommended plan: 33.5 EUR million; here money −15 %: 28.5. Here against there: Storm overflows out."
        in again.notice["text"]
    )
    assert again.place != board.place
    again.close()


def test_the_last_move_of_a_meeting_is_kept_with_its_answer(board: Any, question: pmo.Question) -> None:
    """Also that of one that ended while the solver searched is compared: it asks for the plan again."""
    send(board, "money", value=85)
    assert pd.read_csv(board.place / "moves.csv")[["value", "status"]].to_numpy().tolist() == [[28.5, "proven"]]
    other = widgets.committee_session(question, folder=board.folder, committee=" ")
    where = board.place.relative_to(board.folder).as_posix()
    said = "There money −15 %: 28.5 EUR million; here the recommended plan: 33.5. Here against there: Storm "
    send(other, "compare", session=where)
    assert other.notice["text"].startswith(said)
    killed = SessionState(question)
    killed.set_money(0.85)
    save_session(killed, board.place)
    assert json.loads((board.place / "session.json").read_text(encoding="utf-8"))["value"] is None
    send(other, "compare", session=where)
    assert other.notice["text"].startswith(said)
    send(other, "decide", case=other.state["cases"][0]["id"])
    other.close()
    assert {row["committee"] for row in read_decisions(other.place)} == {"Committee"}


def test_two_boards_that_open_at_once_keep_their_own_moves(board: Any, question: pmo.Question) -> None:
    """Neither has moved when the other opens: each still has a folder of its own, and nothing is overwritten."""
    other = widgets.committee_session(question, folder=board.folder)
    send(board, "money", value=85)
    send(other, "money", value=90)
    send(board, "undo")
    moves = [pd.read_csv(one.place / "moves.csv")["move"].tolist() for one in (board, other)]
    other.close()
    assert moves == [["Money −15 %", "Undo"], ["Money −10 %"]]


@pytest.mark.parametrize("own", [1, 3])
def test_what_was_moved_before_another_session_is_opened_is_kept(board: Any, question: pmo.Question, own: int) -> None:
    send(board, "money", value=85)
    other = widgets.committee_session(question, folder=board.folder)
    for value in range(90, 90 + own):
        send(other, "money", value=value)
    first = other.place
    send(other, "restore", session=board.place.relative_to(board.folder).as_posix())
    moves = [pd.read_csv(place / "moves.csv")["move"].tolist() for place in (first, other.place, board.place)]
    other.close()
    assert [len(one) for one in moves] == [own, 2, 1]
    assert moves[1] == [*moves[2], "The saved session was opened"]


def test_a_case_is_decided_whatever_was_moved_since_it_was_asked(board: Any) -> None:
    """The list of cases on the screen may be older than a move that is under way."""
    send(board, "money", value=85)
    asked = board.state["cases"]
    send(board, "force", project="P08", way="in", reason="promised", by="Chair")
    send(board, "decide", case=asked[0]["id"], note="", by="")
    assert board.notice["text"].startswith("Decided: money −15 %. Written: ")


def test_a_meeting_may_decide_to_fund_nothing(tmp_path: Path) -> None:
    tables = {
        "projects": {"name": ['Own, "solar"', "שיפוץ"], "area": "North", "commitment": "discretionary"},
        "costs": {"year": 2027, "kind": "capex", "amount": [9.0, 7.0]},
        "benefits": {"benefit": "b", "year": 2028, "kind": "cash", "amount": [1.0, 2.0]},
    }
    frames = {name: pd.DataFrame({"project_id": ["A", "B"], **cells}) for name, cells in tables.items()}
    frames["budgets"] = pd.DataFrame({"envelope": ["all"], "scope": "all", "year": 2027, "amount": 20.0})
    settings = {
        "currency": "EUR",
        "money_unit": "million",
        "price_basis": "real",
        "discount_schedule": "flat_3",
    }
    session = SessionState(pmo.Question(pmo.Register(settings=settings, **frames)))
    said = decide(session, tmp_path, Case(), committee="Board")
    assert said.startswith("Decided: the recommended plan. Written: ")
    assert pd.read_csv(tmp_path / "decisions.csv")["decision"].tolist() == ["refuse", "refuse"]
    assert (tmp_path / "minutes.pdf").read_bytes().startswith(b"%PDF")


def test_the_meeting_closes_into_the_register(board: Any, tmp_path: Path) -> None:
    send(board, "force", project="P08", way="in", reason="promised", by="Chair")
    send(board, "money", value=85)
    words = [one["words"] for one in board.state["cases"]]
    assert words == [
        "Money −15 % and Reservoir Learning Hub in",
        "Reservoir Learning Hub in",
        "The recommended plan",
    ]
    assert not list(board.place.glob("decisions*.csv")), "a case that is tried is no decision"
    send(board, "decide", case=board.state["cases"][1]["id"], note="Until the next gate", by="The board")
    assert board.notice["text"].startswith("Decided: Reservoir Learning Hub in. Written: ")
    send(board, "decide", case=board.state["cases"][2]["id"], note="", by="The board")
    names = sorted(file.name for file in board.place.iterdir())
    assert {"decisions.csv", "decisions-2.csv", "minutes.pdf", "minutes-2.pdf", "session.json"} <= set(names)
    register = tmp_path / "register"
    shutil.copytree(TWELVE, register)
    recorded = record_decisions(board.place / "decisions.csv", register)
    assert (recorded.count, recorded.left_open, recorded.warnings) == (12, (), ())
    decided = pmo.load_register(register).table("decisions").query("committee == 'Committee'").set_index("project_id")
    assert decided.loc["P07", ["decision", "recommended", "reason"]].tolist() == [
        "refuse", "fund", "displaced by P08 Reservoir Learning Hub in, ordered by Chair (promised)",
    ]  # fmt: skip
    assert decided.loc["P01", "decided_by"] == "The board"
    assert (board.place / "minutes.pdf").read_bytes().startswith(b"%PDF")
    send(board, "decide", case="no such case", note="", by="")
    assert board.notice["error"]


def test_no_number_without_a_proof_or_its_bound(
    question: pmo.Question, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever is known when: the screen says proven, or the bound, or that of the last case that stands."""
    found = SessionState.search

    def loose(self: SessionState, case: Case, *, last: bool) -> Answer:
        answer = found(self, case, last=last)
        if last or answer.allocation is None:
            return answer
        return dataclasses.replace(answer, allocation=dataclasses.replace(answer.allocation, bound=answer.value + 2))

    monkeypatch.setattr(SessionState, "search", loose)
    seen: list[dict[str, Any]] = []
    board = widgets.arbitration(question, folder=tmp_path)
    board.observe(lambda change: seen.append(change["new"]), "state")
    for kind, more in (("money", {"value": 85}), ("force", {"project": "P08", "way": "in"}), ("undo", {})):
        send(board, kind, **more)
    board.close()
    assert any("at most 2.0" in state["proof"] for state in seen)
    for state in seen:
        if state["tiles"][1]["note"] == "nothing is forced":
            assert state["tiles"][1]["value"] == "0.0"
        if state["status"] == "known" and "at most 0.0" not in state["proof"]:
            assert " to " in state["tiles"][0]["value"]
            assert " to " in state["headline"].split(" EUR")[0]
            assert "at most 2.0 better is possible" in state["proof"]
        if state["computing"]:
            assert state["computing"].startswith("Computing: ")
            assert not any(row["moved"] for row in state["projects"])
    assert seen[-1]["status"] == "proven"
    assert not seen[-1]["busy"]


def test_a_proof_that_ends_without_a_plan_leaves_the_first_plan_and_its_prices(
    question: pmo.Question, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At many projects, or under load, the last search may find nothing in its time: the first answer stands."""
    found = SessionState.search

    def late(self: SessionState, case: Case, *, last: bool) -> Answer:
        return Answer("stopped") if last and case.forces else found(self, case, last=last)

    monkeypatch.setattr(SessionState, "search", late)
    board = widgets.arbitration(question, folder=tmp_path)
    send(board, "force", project="P08", way="in")
    assert board.state["status"] == "stopped"
    assert board.state["headline"].startswith("24.5")
    assert board.prices["P07"]["short"]
    board.close()


def test_a_case_without_a_plan_leads_with_the_cheapest_money(board: Any) -> None:
    for project in ("P02", "P07", "P08"):
        send(board, "force", project=project, way="in", level="", reason="promised", by="Chair")
    send(board, "money", value=50)
    assert board.state["status"] == "none"
    first = board.state["conflict"].split(". ")[0]
    assert first.startswith("A plan becomes possible with ")
    assert "EUR million more in 20" in first
    assert first + ". " + board.session.answer.error.why == board.state["conflict"]


def test_a_case_without_a_plan_leads_with_the_cheapest_people(board: Any) -> None:
    send(board, "force", project="P03", way="in", level="", reason="promised", by="Chair")
    send(board, "people", role="data_engineer", value=1)
    assert board.state["status"] == "none"
    first = board.state["conflict"].split(". ")[0]
    assert first.startswith("A plan becomes possible with ")
    assert "data engineers more in 2028" in first


def test_a_soft_limit_that_is_overrun_says_its_price(register: pmo.Register, tmp_path: Path) -> None:
    rule = pmo.arbitration.Spend(rule="Systems", maximum=20.0, price=0.4)
    question = pmo.Question(register)
    board = widgets.arbitration(question.replace(rules=(*question.rules, rule)), folder=tmp_path)
    board._work()
    board.wait()
    limit = next(x for x in board.session.recommended.allocation.limits if x.rule == "Systems")
    assert limit.slack < 0
    tile = board.state["tiles"][2]
    assert tile["over"]
    over = number(-limit.slack).removesuffix(".0")
    assert f"{over} over, which costs {number(-0.4 * limit.slack)} EUR million" in tile["note"]
    board.close()


def test_stop_keeps_the_last_answer(board: Any) -> None:
    board._receive(None, {"type": "money", "seq": 1, "value": 90}, None)
    board._receive(None, {"type": "stop", "seq": 2}, None)
    board.wait()
    assert board.state["status"] in ("known", "proven")
    assert not board.state["busy"]
    assert "stopped" in board.notice["text"]


def test_a_search_that_fails_says_so(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr(board.session, "search", fail)
    send(board, "money", value=91)
    assert board.notice["text"] == "The search failed (no memory left). The last answer is shown."
    assert not board.state["busy"]
    assert board.state["computing"].startswith("Not computed: money −9 %")


def test_what_was_found_meanwhile_is_not_overwritten(board: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the screen takes to be made, a search that ends before it is sent is on the screen after it."""

    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no memory left")

    made = board._contents

    def slowly() -> dict[str, Any]:
        contents: dict[str, Any] = made()
        if threading.current_thread() is threading.main_thread():
            board.wait(0.3)
        return contents

    monkeypatch.setattr(board.session, "search", fail)
    monkeypatch.setattr(board, "_contents", slowly)
    send(board, "money", value=91)
    assert not board.state["busy"]
    assert board.state["computing"].startswith("Not computed: money −9 %")


def test_the_first_message_carries_the_whole_screen(question: pmo.Question, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, Any]] = []
    monkeypatch.setattr(Board, "open", lambda self: opened.append(self.get_state()))
    board = widgets.committee_session(question)
    assert opened[0]["state"] == board.state
    assert opened[0]["state"]["projects"]
    figure = widgets.frontier(pmo.frontier(question, budgets=[0.9, 1.0])).figure
    assert figure.comm is not None


@pytest.mark.long
def test_python_ends_cleanly_while_it_searches(tmp_path: Path) -> None:
    code = (
        "import sys; import pmo_kit as pmo; from tests.bench.instances import question; "
        "board = pmo.widgets.arbitration(question(200), folder=sys.argv[1]); "
        "board._receive(None, {'type': 'money', 'seq': 1, 'value': 90}, None); print('ends')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, cwd=ROOT, env=os.environ
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "ends\n", "")


@pytest.mark.long
def test_closed_boards_leave_nothing(question: pmo.Question, register: pmo.Register, tmp_path: Path) -> None:
    award = pmo.select_partners(shipped_register("meridian"), draws=5)
    before, threads = len(ipywidgets.widgets.widget._instances), threading.active_count()
    for _ in range(3):
        board = widgets.arbitration(question, folder=tmp_path)
        send(board, "force", project="P08", way="in")
        board.close()
        widgets.weights(register).close()
        widgets.scenarios(question).close()
        widgets.register(register).close()
        widgets.frontier(pmo.frontier(question, budgets=[0.9, 1.0])).close()
        widgets.performance(pmo.review_performance(register)).close()
        widgets.risk(pmo.simulate(pmo.arbitrate(question), draws=200, seed=7)).close()
        widgets.partners(award).close()
    gc.collect()
    assert len(ipywidgets.widgets.widget._instances) - before <= 3 * 2
    assert threading.active_count() <= threads


def press(panel: Any, words: str) -> None:
    """Click a button of a panel, and wait until nothing is searched."""
    next(part for part in parts_of(panel) if getattr(part, "description", "") == words).click()
    panel.wait()


def test_scenarios_are_searched_beside_the_cell_and_saved(question: pmo.Question, tmp_path: Path) -> None:
    panel = widgets.scenarios(question, folder=tmp_path)
    panel.wait()
    own = [one.name for one in read_scenarios(question.register)]
    assert [one.name for one in panel.state.comparison.scenarios] == own
    panel.fields["name"].value, panel.fields["money"].value = "A hard year", -15
    press(panel, "Add and compare")
    assert panel.state.comparison.table.loc["A hard year", ["value", "delta"]].tolist() == [28.5, -5.0]
    press(panel, "Save")
    assert [one.name for one in read_scenario_file(tmp_path / "scenarios.yml")] == [*own, "A hard year"]
    press(panel, "Stop")
    assert "are left out" in panel._said.value
    panel.fields["name"].value = ""
    press(panel, "Add and compare")
    assert "name of its own" in panel._said.value
    panel.close()


def test_a_scenario_takes_several_projects_and_delays(question: pmo.Question, tmp_path: Path) -> None:
    panel = widgets.scenarios(question, folder=tmp_path)
    panel.wait()
    panel.fields["name"].value, panel.fields["out"].value = "Two out, one later", ("P09", "P11")
    panel.fields["later"].value, panel.fields["years"].value = ("P07",), 1
    press(panel, "Add and compare")
    assert "was added" in panel._said.value
    own = pmo.Scenario("x", projects_out=("P09", "P11"), delay={"project_id=P07": 1})
    assert panel.state.comparison.table.loc["Two out, one later", "value"] == pmo.arbitrate(own(question)).value
    press(panel, "Save")
    kept = read_scenario_file(tmp_path / "scenarios.yml")[-1]
    assert (kept.projects_out, dict(kept.delay)) == (("P09", "P11"), {"project_id=P07": 1})
    panel.close()


def test_a_scenario_moves_money_and_costs_in_one_year(question: pmo.Question) -> None:
    panel = widgets.scenarios(question)
    panel.wait()
    fields, year = panel.fields, panel.fields["year"].options[1][1]
    fields["name"].value, fields["money"].value, fields["cost"].value = "A hard year", -20, 10
    fields["year"].value = year
    press(panel, "Add and compare")
    asked = panel.state.comparison.scenarios[-1](question)
    before = {rule.name: rule.amount for rule in question.rules if isinstance(rule, Envelope)}
    for rule in asked.rules:
        if isinstance(rule, Envelope):
            assert rule.amount == pytest.approx(before[rule.name] * (0.8 if rule.year == year else 1))
    costs, other = asked.register.table("costs"), question.register.table("costs")
    moved = costs["amount"] != other["amount"]
    assert moved.any()
    assert set(costs.loc[moved, "year"]) == {year}
    panel.close()


def test_a_scenario_without_a_plan_says_why(question: pmo.Question) -> None:
    panel = widgets.scenarios(question)
    panel.wait()
    panel.fields["name"].value, panel.fields["out"].value = "Not the law", ("P01",)
    press(panel, "Add and compare")
    assert "Not the law was added" in panel._said.value
    shown = " ".join(part.value for part in parts_of(panel) if isinstance(part, ipywidgets.HTML))
    assert "no plan obeys the rules" in shown
    assert "cannot hold together" in shown
    panel.close()


def test_the_frontier_shows_the_order_that_holds(question: pmo.Question) -> None:
    ladder = pmo.frontier(question, budgets=[0.7, 0.85, 1.0, 1.15])
    panel = widgets.frontier(ladder)
    order = pmo.frontier(question, budgets=[0.7, 0.85, 1.0, 1.15], nested=True)
    drawn = panel.figure.chart.data.groupby("what")["value"].agg(list)
    assert drawn["one order"] == order.table["value"].tolist()
    assert drawn["best plan"] == ladder.table["value"].tolist()
    for factor, price in zip(order.table["factor"], order.table["price"], strict=True):
        panel.slider.value = float(factor)
        assert f"one order costs {number(price)} here" in panel.state.next_words
        refused = panel.state.table[panel.state.table["decision"] == "refuse"]
        assert refused[["value", "cost"]].isna().all(axis=None)
    panel.close()


def test_a_notebook_runs_with_other_parameters_and_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = nbformat.v4.new_notebook()
    lines = 'draws: int = 10\ncut: float = 0.15\nsure: bool = False\nname: str = "a"'
    book.cells = [
        nbformat.v4.new_code_cell(lines, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell("print(draws, cut, sure, name)\nassert draws < 99, 'too many'"),
        nbformat.v4.new_code_cell("raise SystemError", metadata={"tags": ["interactive"]}),
    ]
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    page = tmp_path / "07_page.ipynb"
    nbformat.write(book, page)
    before = page.read_bytes()
    panel = widgets.parameters(page, folder=tmp_path / "session")
    panel.fields["draws"].value, panel.fields["sure"].value = 12, True
    assert "draws 12; sure True" in panel.words
    press(panel, "Run")
    assert panel._said.value.count("07_page.ipynb was run.") == 1
    (copy,) = (tmp_path / "session").iterdir()
    outputs = [cell.outputs for cell in nbformat.read(copy, as_version=4).cells if cell.get("outputs")]
    assert outputs[0][0]["text"] == "12 0.15 True a\n"
    begun, real = threading.Event(), explorers.real
    monkeypatch.setattr(explorers, "real", lambda path: real(path) if begun.wait(60) else path)
    panel.fields["draws"].value = 99
    next(part for part in parts_of(panel) if getattr(part, "description", "") == "Run").click()
    panel.fields["draws"].value = 13
    begun.set()
    panel.wait()
    assert "It stopped: too many" in panel._said.value, "what is set after Run is not run"
    assert page.read_bytes() == before
    panel.close()
    with pytest.raises(PmoError, match="There is no notebook"):
        widgets.parameters(tmp_path / "none.ipynb")


@pytest.mark.parametrize("chapter", range(8))
def test_every_chapter_has_its_parameters_on_a_bar(chapter: int) -> None:
    (page,) = shipped("notebooks").glob(f"{chapter:02}_*.ipynb")
    (call,) = [
        cell.source
        for cell in nbformat.read(page, as_version=4).cells
        if "widgets.parameters(" in cell.source and "interactive" in cell.metadata.tags
    ]
    assert f'parameters("{page.name}")' in call
    state = ParametersState(page)
    assert state.values
    assert state.changed == {}


@pytest.mark.long
def test_the_weight_of_the_price_moves_the_award() -> None:
    register = shipped_register("meridian")
    panel = widgets.partners(pmo.select_partners(register))
    assert "the award of the start" in panel.words
    for percent in (0, 100):
        panel.slider.value = percent
        again = pmo.select_partners(register, percent / 100)
        assert panel.state.award.value == pytest.approx(again.value)
        assert panel.state.award.lots["partner_id"].tolist() == again.lots["partner_id"].tolist()
    panel.close()


def test_agreed_weights_are_those_of_the_register_with_name_and_date(register: pmo.Register, tmp_path: Path) -> None:
    panel = widgets.weights(register, folder=tmp_path)
    next(iter(panel.sliders.values())).value = 5
    panel.person.value = "The committee"
    press(panel, "Save as agreed")
    press(panel, "Save as agreed")
    assert "criteria-2.csv" in panel._said.value, "what was agreed on before stays"
    folder = tmp_path / "register"
    shutil.copytree(TWELVE, folder)
    shutil.copy(tmp_path / "criteria.csv", folder)
    read = pmo.load_register(folder)
    assert not (read.findings["severity"] == "block").any()
    assert pmo.prioritize(read).weights.round(6).to_dict() == panel.state.ranking.weights.round(6).to_dict()
    criteria = read.table("criteria")
    assert set(criteria["weighted_by"]) == {"The committee"}
    assert set(criteria["weighted_on"].dt.date) == {dt.date.today()}
    assert criteria.drop(columns=["weight", "weighted_by", "weighted_on"]).equals(
        register.table("criteria").drop(columns=["weight", "weighted_by", "weighted_on"])
    )
    panel.close()


def only(state: WeightsState, criterion: str) -> None:
    """All points to one criterion."""
    state.set(criterion, 100)
    for other in {*state.points} - {criterion}:
        state.set(other, 0)


def test_weights_without_a_ranked_project_are_refused_in_words(register: pmo.Register) -> None:
    nothing = register.replace(criteria=register.table("criteria").assign(gate=1e9))
    with pytest.raises(PmoError, match="no order that weights could move"):
        widgets.weights(nothing)


def test_a_criterion_without_a_label_is_called_by_its_name(register: pmo.Register) -> None:
    criteria = register.table("criteria")
    state = WeightsState(register.replace(criteria=criteria.assign(label=criteria["label"].where(criteria.index > 1))))
    assert [*state.labels.values()][:3] == ["health risk", "interruptions", "Spills avoided"]
    assert state.flips["criterion"].tolist() == [*state.labels.values()]


def test_the_spread_of_weights_says_which_decisions_it_changes(register: pmo.Register, tmp_path: Path) -> None:
    state = WeightsState(register)
    first, *_, last = state.points
    state.save(tmp_path, "One")
    state.save(tmp_path, "Other")
    assert "The spread changes no decision" in state.spread(tmp_path)
    only(state, first)
    state.save(tmp_path, "Other")
    only(state, last)
    state.save(tmp_path, "Third")
    plans = pd.DataFrame({who: plan.table["decision"] for who, plan in state.plans(tmp_path).items()})
    moved = plans.index[plans.nunique(axis=1) > 1]
    words = state.spread(tmp_path).partition("The spread changes ")[2]
    assert len(moved)
    assert all(f"{state.first.table.at[p, 'name']} (funded for " in words for p in moved[:3])
    for who in plans:
        name = register.replace(stakeholder_weights=state.saved(tmp_path))
        value = arbitration_value(pmo.prioritize(name, who), 1.0)
        best = pmo.arbitrate(revalued(pmo.Question(register, overrides=False), value))
        worth = value.reindex([(p, v) for p, v in best.plan.items()]).sum()
        assert best.value == pytest.approx(worth, abs=1e-6)
    panel = widgets.weights(register, folder=tmp_path)
    for slider in panel.sliders.values():
        slider.value = 0
    assert "At least one criterion needs points" in panel._said.value
    assert sum(slider.value for slider in panel.sliders.values()) > 0, "what is shown is what counts"
    panel.close()


def test_weights_are_kept_by_person_and_a_register_reads_them(register: pmo.Register, tmp_path: Path) -> None:
    panel = widgets.weights(register, folder=tmp_path)
    press(panel, "Save")
    assert "Say whose weights these are" in panel._said.value
    panel.person.value = "=Finance"
    press(panel, "Save")
    press(panel, "Save")
    assert "second person" in panel._said.value
    next(iter(panel.sliders.values())).value = 5
    panel.person.value = "Operations"
    press(panel, "Save")
    press(panel, "Save")
    kept = panel.state.saved(tmp_path)
    assert kept.groupby("stakeholder")["weight"].sum().round(4).tolist() == [1.0, 1.0]
    assert len(kept) == 2 * len(panel.sliders)
    folder = tmp_path / "register"
    shutil.copytree(TWELVE, folder)
    shutil.copy(tmp_path / "stakeholder_weights.csv", folder)
    read = pmo.load_register(folder)
    assert pmo.prioritization.compare_stakeholders(pmo.prioritize(read)).summary in html.unescape(panel._said.value)
    panel.close()


def test_a_scenario_whose_search_fails_is_said_in_words(
    question: pmo.Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = widgets.scenarios(question)
    panel.wait()

    def fail(*_: object) -> None:
        raise MemoryError("no memory left")

    monkeypatch.setattr(panel.state, "solve", fail)
    panel.fields["name"].value, panel.fields["money"].value = "A hard year", -15
    press(panel, "Add and compare")
    assert "A hard year was not added: no memory left" in panel._said.value
    panel.close()


def test_of_several_scenarios_each_that_fails_is_named_and_the_others_are_added(
    question: pmo.Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of four, one names what is not there and one is not found in time: the other two are there, nothing is unsaid."""
    good = [pmo.Scenario("Less", budget=0.9), pmo.Scenario("More", budget=1.1)]
    known, solve = pmo.Scenario("Unknown", projects_out=("P99",)), ScenariosState.solve

    def late(state: ScenariosState, scenario: pmo.Scenario) -> object:
        if scenario.name == "Late":
            raise pmo.PmoError("no plan was found in the time allowed")
        return solve(state, scenario)

    monkeypatch.setattr(ScenariosState, "solve", late)
    cases = [known, pmo.Scenario("Late", budget=0.8), *good]
    monkeypatch.setattr(explorers, "read_scenarios", lambda _: cases)
    panel = widgets.scenarios(question)
    panel.wait()
    assert [one.name for one in panel.state.comparison.scenarios] == ["Less", "More"]
    said = html.unescape(panel._said.value)
    assert all(f"{name} was not added: " in said for name in ("Unknown", "Late"))
    panel.close()


def test_a_finding_about_a_project_stands_on_its_page_though_its_words_name_none(register: pmo.Register) -> None:
    panel = widgets.register(register)
    assert ("P06  Billing replacement  (1 found)", "P06") in panel.state.listed
    panel.projects.value = "P06"
    assert "P06 Billing replacement: one finding" in panel.words
    page = " ".join(part.value for part in parts_of(panel) if isinstance(part, ipywidgets.HTML))
    assert "Declared green, but it earns 0.81 for 1 spent" in page
    panel.close()


def test_a_cell_that_runs_again_closes_what_it_made(register: pmo.Register, monkeypatch: pytest.MonkeyPatch) -> None:
    run = {"metadata": {"cellId": "cell"}, "header": {"msg_id": "first"}}
    monkeypatch.setattr(ui, "shell", lambda: SimpleNamespace(get_parent=lambda: run))
    one, beside = widgets.register(register), widgets.register(register)
    assert one.comm is not None
    assert beside.comm is not None
    run["header"] = {"msg_id": "second"}
    again = widgets.register(register)
    assert one.comm is None
    assert beside.comm is None
    assert again.comm is not None
    again.close()
    ui._living.clear()


def test_the_name_alone_loads_no_widget() -> None:
    code = "import sys, pmo_kit.widgets; print([m for m in ('ipywidgets', 'plotly', 'highspy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
