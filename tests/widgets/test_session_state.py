"""The state of a session: moves, undo, the log and honest answers, on the twelve (values by enumeration)."""

from __future__ import annotations

import datetime as dt
import math
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest

import pmo_kit as pmo
from pmo_kit.arbitration import Envelope, Override, PlanChange
from pmo_kit.arbitration.prices import prices_of
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.widgets.board_contents import board_contents, price_words
from pmo_kit.widgets.session_state import (
    MOST_ANSWERS,
    NO_REASON,
    Case,
    SessionState,
    ask,
    base_and_case,
)
from tests.bench.instances import question as large_question
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    return pmo.Question(shipped_register("meridian_12"))


@pytest.fixture
def session(question: pmo.Question) -> SessionState:
    return SessionState(question, clock=lambda: dt.datetime(2026, 10, 15, 14, 2))


def test_a_forced_project_has_its_price_and_displaces(session: SessionState) -> None:
    session.force("P08", "in", reason="promised", decided_by="Chair")
    assert session.answer.status in ("known", "proven")
    session.prove()
    assert (session.answer.status, session.answer.value) == ("proven", 24.5)
    assert session.worse(Case(), session.case) == (9.0, 9.0)
    assert session.changes == PlanChange(leaves=("P07",), enters=("P08",))
    assert session.table.loc["P08", ["decision", "recommended", "forced"]].tolist() == [
        "fund",
        "refuse",
        "in",
    ]


@pytest.mark.parametrize(
    ("project", "way", "level", "value"),
    [
        ("P11", "in", None, 25.0), ("P09", "in", None, 30.5), ("P02", "in", "full", 21.0), ("P03", "out", None, 25.0),
        ("P06", "in", None, 29.0), ("P08", "out", None, 33.5),
    ],
)  # fmt: skip
def test_values_of_forced_projects(
    session: SessionState, project: str, way: str, level: str | None, value: float
) -> None:
    session.force(project, way, level, reason="asked")  # type: ignore[arg-type]
    session.prove()
    assert session.answer.value == value
    assert session.answer.status == "proven"


def test_limits_move(session: SessionState) -> None:
    session.set_money(0.85)
    session.prove()
    assert session.answer.value == 28.5
    assert session.changes.leaves == ("P07",)
    session.set_money(1.1)
    session.prove()
    assert session.answer.value == 35.5
    session.set_money(1)
    session.set_people("data_engineer", 13)
    session.prove()
    assert session.answer.value == 29.0
    assert session.moves["move"].tolist()[-1] == "Data engineers: 13 of 14"
    assert session.answer.allocation is not None
    limit = next(x for x in session.answer.allocation.limits if x.kind == "capacity")
    assert (limit.used, limit.limit) == (13.0, 13.0)


def test_price_is_of_the_forced_projects_under_the_same_limits(session: SessionState) -> None:
    session.set_money(0.85)
    session.force("P08", "in", reason="promised")
    session.prove()
    both = pmo.arbitrate(session.case.question(session.base)).value
    assert session.worse(session.case.unforced, session.case) == (28.5 - both, 28.5 - both)
    assert session.worse(Case(), session.case) == (33.5 - both, 33.5 - both)


def test_undo_redo_and_the_log(session: SessionState) -> None:
    session.force("P08", "in", reason="promised", decided_by="Chair")
    session.set_money(0.9)
    session.undo()
    assert session.case.money == 1
    assert [f.project_id for f in session.case.forces] == ["P08"]
    session.undo()
    assert session.case == Case()
    assert session.answer.value == 33.5
    session.undo()
    session.redo()
    assert session.case.forces[0].reason == "promised"
    session.free("P08")
    assert not session.can_step(1)
    assert session.moves["move"].tolist() == [
        "P08 Reservoir Learning Hub in", "Money −10 %", "Undo", "Undo", "Redo", "P08 Reservoir Learning Hub free again",
    ]  # fmt: skip
    first = session.moves.iloc[0]
    assert (first["reason"], first["decided_by"], first["time"]) == (
        "promised", "Chair", dt.datetime(2026, 10, 15, 14, 2),
    )  # fmt: skip


def test_a_reason_is_needed_and_what_does_not_exist_is_refused(session: SessionState) -> None:
    with pytest.raises(PmoError, match="refused"):
        session.force("P08", "in", reason="  ")
    assert NO_REASON.startswith("An override without a reason is refused")
    with pytest.raises(ValueError, match="no project 'P99'"):
        session.force("P99", "in", reason="x")
    with pytest.raises(ValueError, match="no way 'maybe'"):
        session.force("P08", "maybe", reason="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no level"):
        session.force("P02", "in", "gold", reason="x")
    for wrong in (-0.1, 85, float("nan")):
        with pytest.raises(ValueError, match="the factor on money is"):
            session.set_money(wrong)
    with pytest.raises(ValueError, match="no role 'astronaut'"):
        session.set_people("astronaut", 3)
    with pytest.raises(ValueError, match="people of data_engineer is nan"):
        session.set_people("data_engineer", float("nan"))
    assert session.case == Case()
    assert session.moves.empty


def test_a_case_without_a_plan_says_which_rules_clash(session: SessionState) -> None:
    session.force("P01", "out", reason="too dear")
    assert session.answer.status == "none"
    session.prove()
    assert session.answer.error is not None
    assert "cannot hold together" in session.answer.error.why
    assert session.worse(session.case.unforced, session.case) is None
    assert set(session.table["decision"]) == {"none"}
    session.undo()
    assert session.answer.value == 33.5


def test_overrides_of_the_register_are_the_first_case(question: pmo.Question) -> None:
    held = question.with_override("P08", "in", reason="promised", decided_by="Chair")
    base, case = base_and_case(held)
    assert not any(order.active for order in base.orders)
    assert case.forces == (Override(project_id="P08", in_out="in", reason="promised", decided_by="Chair"),)
    session = SessionState(held)
    session.prove()
    assert (session.recommended.value, session.answer.value) == (33.5, 24.5)
    assert session.moves["move"].tolist() == ["Overrides in force at the start: P08 Reservoir Learning Hub in"]
    session.free("P08")
    assert session.answer.value == 33.5


def test_a_question_without_a_plan_is_refused(question: pmo.Question) -> None:
    with pytest.raises(InfeasibleError):
        SessionState(question.scaled(0.1))


@pytest.mark.long
def test_first_answers_are_plans_and_bounds() -> None:
    """Within 1 % at once, and the bound is one: the proof lies between."""
    base, _ = base_and_case(pmo.Question(shipped_register("meridian")))
    dice, projects = random.Random(3), list(base.built.groups)
    for _ in range(5):
        case = Case(money=dice.choice([0.9, 1.0, 1.1]))
        for project in dice.sample(projects, 2):
            case = case.forced(Override(project_id=project, in_out=dice.choice(["in", "out"])))
        question = case.question(base)
        first, proof = ask(question, 60, last=False), ask(question, 60, last=True)
        assert (first.status == "none") == (proof.status == "none")
        if proof.allocation is None or first.allocation is None:
            continue
        assert (first.status, proof.status) == ("known", "proven")
        assert first.value <= proof.value + 1e-9 <= first.bound + 2e-9
        assert first.allocation.gap <= 0.01 + 1e-9
        assert first.allocation.worth_of(first.plan) == pytest.approx(first.value)


def test_the_screen_stays_with_the_last_case_that_stands(session: SessionState) -> None:
    session.prove()
    session.set_money(0.9)
    session.force("P08", "in", reason="asked")
    assert session.standing == Case()
    session.settle(session.case, session.search(session.case, last=False))
    assert session.standing == session.case
    assert "P08" in session.changes.enters
    assert [last for case, last in session.open_searches() if case == session.case] == [True]


def test_a_later_answer_is_never_worse(session: SessionState) -> None:
    session.prove()
    proven = session.answer
    session.settle(Case(), ask(session.base, 10, last=False))
    assert session.answer is proven


def test_prices_agree_with_the_explanation(session: SessionState) -> None:
    reasons = pmo.explain(pmo.arbitrate(session.base)).table
    session.prove()
    assert session.answer.allocation is not None
    prices = {p.project_id: p for p in prices_of(session.answer.allocation, ["P05"])}
    assert "P05" not in prices
    assert "P01" not in prices
    assert (prices["P08"].in_out, prices["P08"].low, prices["P08"].high) == ("in", 9.0, 9.0)
    assert prices["P11"].high == 8.5
    assert math.isinf(prices["P12"].low)
    for project, price in prices.items():
        rows = reasons.loc[project]
        flips = rows[(rows["flip"] == price.in_out) & rows["price"].notna()]
        if price.in_out == "out" and len(flips) and not math.isinf(price.low):
            assert price.high == pytest.approx(flips["price"].min())
    words = {p: price_words(session, session.answer.allocation, prices[p])["long"] for p in ("P02", "P06")}
    assert words["P02"] == "Taking it out costs 5.5 EUR million; in the plan found Billing replacement in."
    assert words["P06"] == "Taking it in costs 4.5 EUR million; in the plan found Predictive pumping out."


def test_fifty_moves_hold_their_memory(session: SessionState) -> None:
    dice = random.Random(7)
    projects = [p for p in session.base.built.groups if p not in ("P01", "P12")]
    for _ in range(50):
        act = dice.random()
        if act < 0.5:
            session.force(dice.choice(projects), dice.choice(["in", "out"]), reason="scripted")
        elif act < 0.7:
            session.set_money(dice.choice([0.85, 0.9, 1.0, 1.1]))
        elif act < 0.85:
            session.undo()
        else:
            session.redo()
        expected = "none" if session.answer.status in ("none", "open") else "fund"
        assert expected in set(session.table["decision"])
        assert len(session.moves) == len(session.log)
    assert len(session._answers) <= MOST_ANSWERS


def test_reasons_are_not_part_of_what_is_asked() -> None:
    one = Case().forced(Override(project_id="P08", in_out="in", reason="a"))
    assert one.key == one.forced(Override(project_id="P08", in_out="in", reason="b")).key
    assert replace(one, money=0.9).unforced == Case(money=0.9)


def test_paths_are_not_created_by_a_desk(tmp_path: Path, session: SessionState) -> None:
    session.set_money(0.9)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_two_hundred_projects_open_and_answer_with_a_bound() -> None:
    session = SessionState(large_question(200), reasons=False)
    dice, ids = random.Random(5), list(session.base.built.groups)
    spent = []
    for _ in range(10):
        began = time.process_time()
        session.force(dice.choice(ids), dice.choice(["in", "out"]))
        answer = session.answer
        spent.append(time.process_time() - began)
        assert answer.status == "known"
        assert answer.value <= answer.bound
        assert answer.rest / answer.value < 0.011
    print("CPU seconds to a first answer, 200 projects:", sorted(spent))


def test_the_log_names_people_as_the_limits_do() -> None:
    register = shipped_register("meridian_12")
    coaches = {name: register.table(name).assign(role="change_coach") for name in ("capacity", "resources")}
    session = SessionState(pmo.Question(register.replace(**coaches)))
    session.set_people("change_coach", 13)
    assert session.moves["move"].tolist() == ["Change coaches: 13 of 14"]


def test_what_was_tried_again_is_the_newest_of_what_was_tried(session: SessionState) -> None:
    for factor in (0.85, 0.9, 0.85, 1.1):
        session.set_money(factor)
    assert [case.money for case in session.tried()] == [1.1, 0.85, 0.9, 1.0]


def test_money_in_all_is_not_told_where_no_envelope_holds_it(question: pmo.Question) -> None:
    """Envelopes of areas may overlap: their sum is nobody's money."""
    whole = [rule.name for rule in question.active_rules if isinstance(rule, Envelope) and rule.scope == "all"]
    for asked, words in ((question, "86.4 in all, −10 %"), (question.without(*whole), "−10 %")):
        session = SessionState(asked)
        session.set_money(0.9)
        assert board_contents(session, title="", busy=False)["money"]["words"] == words
