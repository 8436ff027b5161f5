"""A session on disk: what is saved is read by a register, by scenarios, and by the session itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pypdf
import pytest
import typst

import pmo_kit as pmo
from pmo_kit.errors import PmoError
from pmo_kit.packs import build_pack
from pmo_kit.packs.decisions import record_decisions
from pmo_kit.scenarios import read_scenario_file
from pmo_kit.shipped import shipped
from pmo_kit.widgets.panel import tried
from pmo_kit.widgets.session_files import (
    compare_session,
    decide,
    keep_case,
    new_place,
    restore_session,
    save_session,
    saved_sessions,
    without_each,
)
from pmo_kit.widgets.session_state import Answer, SessionState
from tests.conftest import shipped_register

TWELVE = shipped("data", "samples", "meridian_12")


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    return pmo.Question(shipped_register("meridian_12"))


@pytest.fixture
def session(question: pmo.Question) -> SessionState:
    session = SessionState(question)
    session.force("P08", "in", reason='=HYPERLINK("x")', decided_by="Chair")
    session.set_people("data_engineer", 13)
    session.prove()
    return session


def test_the_next_register_reads_decisions_overrides_and_the_scenario(
    session: SessionState, question: pmo.Question, tmp_path: Path
) -> None:
    keep_case(session, tmp_path / "session", "Hub in, one fewer")
    decide(session, tmp_path / "session", session.case, committee="Investment Committee")
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
    (scenario,) = read_scenario_file(tmp_path / "session" / "scenarios.yml", question)
    assert scenario.name == "Hub in, one fewer"
    assert pmo.arbitrate(scenario(question)).value == session.answer.value
    raw = (tmp_path / "session" / "decisions.csv").read_text(encoding="utf-8")
    assert ",=HYPER" not in raw
    assert ',"=HYPER' not in raw


@pytest.mark.long
@pytest.mark.parametrize(
    ("moves", "because"),
    [
        ({"money": 0.85}, "displaced by money −15 %"),
        ({"money": 0.85, "in": "P08"}, "displaced by P08 Reservoir Learning Hub in, ordered by Chair (promised)"),
        ({"out": "P03"}, "comes in with P03 Data platform out, ordered by Chair (promised)"),
        ({"people": 10}, "displaced by 10 data engineers"),
    ],
)  # fmt: skip
def test_every_decision_against_the_advice_has_its_reason(
    question: pmo.Question, tmp_path: Path, moves: dict[str, object], because: str
) -> None:
    session = SessionState(question)
    if "money" in moves:
        session.set_money(0.85)
    if "people" in moves:
        session.set_people("data_engineer", 10)
    for way in {"in", "out"} & moves.keys():
        session.force(str(moves[way]), way, reason="promised", decided_by="Chair")  # type: ignore[arg-type]
    session.prove()
    decide(session, tmp_path / "s", session.case, committee="Board")
    shutil.copytree(TWELVE, tmp_path / "register")
    assert record_decisions(tmp_path / "s", tmp_path / "register").count == 12
    rows = pd.read_csv(tmp_path / "s" / "decisions.csv", keep_default_na=False)
    against = rows[rows["decision"] != rows["recommended"]]
    assert len(against)
    assert all(against["reason"])
    assert any(reason.startswith(because) for reason in against["reason"])


def test_of_several_changes_the_one_that_displaced_a_project_is_named(question: pmo.Question, tmp_path: Path) -> None:
    session = SessionState(question)
    for project in ("P06", "P08"):
        session.force(project, "in", reason="promised", decided_by="Chair")
    decide(session, tmp_path, session.case, committee="Board")
    reason = pd.read_csv(tmp_path / "decisions.csv", index_col="project_id")["reason"]
    assert reason["P05"] == "displaced by P06 Billing replacement in, ordered by Chair (promised)"
    assert reason["P07"] == "displaced by P08 Reservoir Learning Hub in, ordered by Chair (promised)"


def test_of_many_changes_none_of_which_is_the_reason_alone_it_is_said_how_many(
    question: pmo.Question, tmp_path: Path
) -> None:
    session = SessionState(question)
    session.set_money(0.85)
    session.set_people("data_engineer", 10)
    session.force("P11", "in", reason="promised", decided_by="Chair")
    decide(session, tmp_path, session.case, committee="Board")
    reasons = pd.read_csv(tmp_path / "decisions.csv", keep_default_na=False, index_col="project_id")["reason"]
    told = reasons[reasons.str.contains("together")]
    assert set(told) == {f"{how} the 3 changes together" for how in ("displaced by", "comes in with")}
    for project in told.index:
        for other in without_each(session, session.case, "Board").values():
            assert session.proved(other).plan.get(project) != session.recommended.plan.get(project)


def test_other_scenarios_in_the_file_stay(session: SessionState, tmp_path: Path) -> None:
    keep_case(session, tmp_path, "One")
    session.free("P08")
    session.prove()
    keep_case(session, tmp_path, "Two")
    for _ in range(2):
        assert keep_case(session, tmp_path, "One").startswith("Kept as One 2 in ")
    one, two, other = read_scenario_file(tmp_path / "scenarios.yml")
    assert (one.name, two.name, other.name) == ("One", "Two", "One 2"), "the case kept before stays"
    assert [list(kept.projects_in) for kept in (one, two, other)] == [["P08"], [], []]
    assert one.capacity == two.capacity == other.capacity == {"data_engineer": 13 / 14}
    (tmp_path / "scenarios.yml").write_text("scenarios: [", encoding="utf-8")
    with pytest.raises(PmoError, match=r"scenarios.yml, line 1: .*check indentation"):
        keep_case(session, tmp_path, "Three")


def test_a_session_is_opened_and_replayed_by_another(
    session: SessionState, question: pmo.Question, tmp_path: Path
) -> None:
    save_session(session, tmp_path)
    again = SessionState(question)
    restore_session(again, tmp_path)
    again.prove()
    assert again.case == session.case
    assert again.answer.value == session.answer.value
    assert again.moves["move"].tolist() == [*session.moves["move"], "The saved session was opened"]
    again.undo()
    assert again.answer.value == 24.5
    again.undo()
    assert again.answer.value == 33.5
    again.redo()
    assert again.answer.value == 24.5


def test_sessions_are_kept_apart_by_committee_and_date(session: SessionState, tmp_path: Path) -> None:
    day = dt.date(2026, 10, 15)
    places = []
    for committee in ("Investment Committee", "Digital Board", "Investment Committee"):
        places.append(new_place(tmp_path, committee, day))
        save_session(session, places[-1], committee)
    assert [place.relative_to(tmp_path).as_posix() for place in places] == [
        "investment_committee/2026-10-15", "digital_board/2026-10-15", "investment_committee/2026-10-15-2",
    ]  # fmt: skip
    found = saved_sessions(session, tmp_path)
    assert sorted(place for place, _ in found) == sorted(p.relative_to(tmp_path).as_posix() for p in places)
    session.undo()
    session.prove()
    assert compare_session(session, places[0]).startswith("There 13 data engineers and Reservoir Learning Hub in: 20.5")


def test_a_session_that_was_not_proven_is_compared_with_its_bound(
    session: SessionState, question: pmo.Question, tmp_path: Path
) -> None:
    assert session.answer.allocation is not None
    loose = Answer("stopped", dataclasses.replace(session.answer.allocation, bound=21.7))
    session._answers[session.case.key] = loose
    save_session(session, tmp_path)
    other = SessionState(question)
    other.prove()
    words = "There 13 data engineers and Reservoir Learning Hub in: 20.5 to 21.7 EUR million; here "
    assert compare_session(other, tmp_path).startswith(f"{words}the recommended plan: 33.5. ")
    assert "here 13 data engineers and Reservoir Learning Hub in: 20.5 to 21.7. " in compare_session(session, tmp_path)


def test_a_session_of_another_question_is_not_opened(
    session: SessionState, question: pmo.Question, tmp_path: Path
) -> None:
    save_session(session, tmp_path / "a" / "b")
    other = SessionState(question.scaled(1.1))
    assert saved_sessions(other, tmp_path) == []
    with pytest.raises(PmoError, match="register may have changed"):
        restore_session(other, tmp_path / "a" / "b")
    (tmp_path / "a" / "b" / "session.json").write_text("{broken", encoding="utf-8")
    assert saved_sessions(session, tmp_path) == []


def test_what_cannot_be_saved_is_said_in_words(session: SessionState, tmp_path: Path) -> None:
    with pytest.raises(PmoError, match="a name"):
        keep_case(session, tmp_path, "  ")
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    for save in (
        lambda: save_session(session, file),
        lambda: decide(session, file, session.case, committee="Board"),
        lambda: new_place(file, "Board", dt.date(2026, 10, 15)),
        lambda: keep_case(session, file, "One"),
    ):
        said, problem = tried(save, "the board")
        assert isinstance(problem, OSError)
        assert re.fullmatch(
            r".*file(/board)?: (something of that name is there already|a part of the path is .*)\.", said
        )
    session.force("P01", "out", reason="x")
    session.prove()
    with pytest.raises(PmoError, match="has no plan"):
        decide(session, tmp_path, session.case, committee="Board")


def test_minutes_say_every_move_and_what_is_more_as_more(
    question: pmo.Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = SessionState(question)
    for factor in (0.9, 1.1) * 40:
        session.set_money(factor)
    session.prove()
    told: dict[str, Any] = {}
    compiled = typst.compile

    def compile(*given: Any, **more: Any) -> Any:
        told.update(json.loads(more["sys_inputs"]["minutes"]))
        return compiled(*given, **more)

    monkeypatch.setattr(typst, "compile", compile)
    decide(session, tmp_path, session.case, committee="Board")
    assert len(told["moves"]) == len(session.log) == 80
    assert "Against the recommended plan: 2.0\u00a0EUR million more." in told["facts"]
    assert [one["sized"] for one in told["plan"]] == [
        f"{p} {session.names[p]}" + ("" if v == "stop" else f", {session.level_words(p, v)}")
        for p, v in sorted(session.answer.plan.items())
    ]


@pytest.mark.slow
def test_a_pack_reads_the_saved_scenario(session: SessionState, tmp_path: Path) -> None:
    keep_case(session, tmp_path / "session", "Hub in, one fewer")
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
    assert row[results["data"]["columns"].index("value")] == session.answer.value == 20.5


def test_a_meeting_closes_whatever_letters_its_people_write(session: SessionState, tmp_path: Path) -> None:
    """The fonts of the paper lack some of them; the tables keep them all."""
    said = {"committee": "投資委員会 " + "x" * 300, "note": "agreed \U0001f44d\x07", "decided_by": '佐藤, "K"'}
    places = [new_place(tmp_path / "s", said["committee"], dt.date(2026, 10, 15)) for _ in range(2)]
    decide(session, places[1], session.case, **said)
    names = pypdf.PdfReader(places[1] / "minutes.pdf").trailer["/Root"]["/StructTreeRoot"]["/IDTree"]["/Names"][1::2]
    assert {one.get_object()["/A"][0]["/Scope"] for one in names} == {"/Column", "/Row"}
    shutil.copytree(TWELVE, tmp_path / "register")
    assert record_decisions(places[1], tmp_path / "register").count == 12
    rows = pmo.load_register(tmp_path / "register").table("decisions")
    rows = rows[rows["committee"] == said["committee"]]
    assert set(rows["decided_by"]) == {"Chair", said["decided_by"]}


@pytest.mark.parametrize("bound", [0.0, 1.5])
def test_a_bound_of_nothing_is_a_bound(session: SessionState, tmp_path: Path, bound: float) -> None:
    assert session.answer.allocation is not None
    loss = dataclasses.replace(session.answer.allocation, value=-2.0, bound=bound)
    session._answers[session.case.key] = Answer("stopped", loss)
    save_session(session, tmp_path)
    session.undo()
    session.prove()
    assert f": −2.0 to {bound} EUR million; here " in compare_session(session, tmp_path)
