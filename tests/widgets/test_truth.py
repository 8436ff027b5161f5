"""Whatever is moved, the board says what trying every plan says: values, prices, what moved, limits, decisions."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import event, given, reject
from hypothesis import strategies as st

from pmo_kit.arbitration import Override, PlanChange, Question
from pmo_kit.arbitration.options import LATER
from pmo_kit.arbitration.prices import prices_of
from pmo_kit.errors import DataError, InfeasibleError
from pmo_kit.facts import number
from pmo_kit.widgets.board_contents import board_contents
from pmo_kit.widgets.session_files import compare_session, decide, restore_session, save_session, without_each
from pmo_kit.widgets.session_state import Case as Moved
from pmo_kit.widgets.session_state import SessionState
from tests.strategies import Case, Choice, brief, cases

NEAR = 1e-6
Plans = list[tuple[Fraction, dict[str, str]]]


def every_plan(drawn: Case, moved: Moved) -> Plans:
    """Every plan of a drawn question under what the committee has moved, the best first."""
    money, people = Fraction(moved.money), Fraction(dict(moved.people).get("engineer", 1.0))

    def scaled(amounts: tuple[Fraction, ...] | None) -> tuple[Fraction, ...] | None:
        return None if amounts is None else tuple(money * one for one in amounts)

    orders = [{"project_id": f.project_id, "in_out": f.in_out, "level": f.level} for f in moved.forces]
    asked = dataclasses.replace(
        drawn, budget=scaled(drawn.budget), area_budget=scaled(drawn.area_budget), overrides=orders,
        capital_budget=scaled(drawn.capital_budget), engineers=tuple(people * n for n in drawn.engineers),
    )  # fmt: skip
    return [
        (value, {p: level + (LATER.format(years=k) if k else "") for p, level, k in plan})
        for value, plan in asked.best(None)
    ]


def worth(plans: Plans) -> float:
    return float(plans[0][0]) if plans else math.nan


def tied(plans: Plans) -> list[dict[str, str]]:
    """The plans that are as good as the best one."""
    return [plan for value, plan in plans if plans[0][0] - value < NEAR / 10]


def chosen(project: str, level: str) -> Choice:
    """A choice of a plan as it was drawn: project, level, years later."""
    for years in (1, 2):
        if level.endswith(LATER.format(years=years)):
            return project, level.removesuffix(LATER.format(years=years)), years
    return project, level, 0


def check_money(session: SessionState, drawn: Case, limits: list[dict[str, Any]]) -> None:
    """Every envelope shows what the plan spends of the money of the case; what is carried over is left out."""
    if drawn.carry or any(link["relation"] == "synergy" for link in drawn.links):
        return
    envelopes = {"all": (drawn.budget, "all"), "north": (drawn.area_budget, "area=North"),
                 "capital": (drawn.capital_budget, "kind=capex")}  # fmt: skip
    found = 0
    for limit in limits:
        rule, year, _ = limit["id"].split("|")
        if rule.startswith("envelope "):
            amounts, scope = envelopes[rule.split()[1]]
            assert amounts is not None
            counted = [
                drawn._counted(p, chosen(p.id, session.answer.plan[p.id]), scope, "spend")[int(year) - 2027]
                for p in drawn.projects
                if p.id in session.answer.plan
            ]
            used, amount = sum(counted, Fraction(0)), Fraction(session.case.money) * amounts[int(year) - 2027]
            assert limit["words"] == f"{short(used)} of {short(amount)}"
            assert limit["share"] == pytest.approx(float(used / amount) if amount else float(used > 0))
            assert limit["full"] == (used == amount)
            found += 1
    assert found == 3 * sum(amounts is not None for amounts, _ in envelopes.values())


def check_soft(session: SessionState, drawn: Case, limits: list[dict[str, Any]]) -> None:
    """What the limits that are overrun cost is what the plan is worth less than its projects."""
    if any(link["relation"] == "synergy" for link in drawn.links):
        return
    plan = session.answer.plan
    npv = sum((drawn._npv(p, chosen(p.id, plan[p.id])) for p in drawn.projects if p.id in plan), Fraction(0))
    costs = [limit["long"].partition("which costs ")[2].split()[0] for limit in limits if limit["over"]]
    event("a soft limit is overrun" if costs else "no soft limit is overrun")
    paid = float(npv) - session.answer.value
    assert sum(map(float, costs)) == pytest.approx(paid, abs=0.051 * len(costs) + NEAR)


def short(amount: Fraction) -> str:
    return number(float(amount)).removesuffix(".0")


def check_answer(session: SessionState, drawn: Case, advice: Plans, plans: Plans) -> None:
    """Value, proof, plan and price of the case on the table."""
    answer, free = session.answer, every_plan(drawn, session.case.unforced)
    if not plans:
        assert (answer.status, answer.allocation) == ("none", None)
        assert session.worse(session.case.unforced, session.case) is None
        return
    assert answer.status == "proven"
    assert answer.value == pytest.approx(worth(plans), abs=NEAR)
    assert answer.rest == 0
    assert answer.plan in tied(plans)
    assert session.worse(Moved(), session.case) == pytest.approx((worth(advice) - worth(plans),) * 2, abs=NEAR)
    assert session.worse(session.case.unforced, session.case) == pytest.approx(
        (worth(free) - worth(plans),) * 2, abs=NEAR
    )
    if session.case.key != Moved().key:
        near = session.recommended.plan

        def changes(plan: dict[str, str]) -> int:
            return sum(1 if near.get(p) != level else -1 for p, level in plan.items())

        assert changes(answer.plan) == min(map(changes, tied(plans))), "what differs, differs because of the case"


def check_screen(session: SessionState, drawn: Case, advice: Plans, plans: Plans, before: Plans) -> None:
    """Every number and word on the screen is that of the case on the table."""
    shown = board_contents(session, title="t", busy=False)
    assert (shown["computing"], shown["status"]) == ("", session.answer.status)
    if not plans:
        assert shown["headline"].startswith("No plan obeys the rules with ")
        assert [tile["value"] for tile in shown["tiles"]][::2] == ["n/a", "n/a"]
        assert {row["decision"] for row in shown["projects"]} == {"none"}
        assert shown["moved"] == [["", "There is no plan to compare."]] or not session.log
        assert shown["conflict"]
        return
    plan, loss = session.answer.plan, worth(advice) - worth(plans)
    assert shown["headline"].startswith(f"{number(worth(plans))} ")
    told = f"{number(abs(loss))} {'less' if loss > 0 else 'more'} than recommended"
    if session.case.key != Moved().key:
        assert (told if abs(loss) > NEAR else "as much as recommended") in shown["headline"]
    assert shown["tiles"][0]["value"] == number(worth(plans))
    assert shown["tiles"][0]["note"] == f"recommended {number(worth(advice))}"
    price = worth(every_plan(drawn, session.case.unforced)) - worth(plans)
    assert shown["tiles"][1]["value"] == number(price if session.case.forces else 0.0)
    several = len(tied(plans)) > 1
    assert shown["proof"] == ("Proven best; another plan is as good" if several else "Proven best")
    for row, project in zip(shown["projects"], drawn.projects, strict=True):
        level = plan.get(project.id)
        force = next((one for one in session.case.forces if one.project_id == project.id), None)
        decision = "refuse" if level is None else "stop" if level == "stop" else "fund"
        assert (row["id"], row["decision"]) == (project.id, decision)
        assert row["forced"] == (force.in_out if force else "free")
        assert row["differs"] == (decision != session.recommended.decisions[project.id])
        if level is not None:
            choice = chosen(project.id, level)
            assert row["worth"] == pytest.approx(float(drawn._npv(project, choice)), abs=NEAR)
            assert row["spend"] == pytest.approx(float(sum(drawn._spend(project, choice))), abs=NEAR)
    check_money(session, drawn, shown["limits"])
    check_soft(session, drawn, shown["limits"])
    lists = dict(shown["moved"]) if session.log else {}
    if before and "" not in lists:
        change = session.changes
        ids = {word: [part.split()[-1] for part in text.split(", ")] for word, text in lists.items()}
        assert ids.get("Entered", []) == list(change.enters)
        assert ids.get("Left", []) == list(change.leaves)


def check_prices(session: SessionState, drawn: Case, plans: Plans) -> None:
    """The price of each reversal is what the best plan under that override is worth less."""
    plan, allocation = session.answer.plan, session.answer.allocation
    assert allocation is not None
    for price in prices_of(allocation, [f.project_id for f in session.case.forces], 60):
        way = "out" if plan.get(price.project_id, "stop") != "stop" else "in"
        assert price.in_out == way
        forced = every_plan(drawn, session.case.forced(Override(project_id=price.project_id, in_out=price.in_out)))
        if not forced:
            assert math.isinf(price.low)
            continue
        assert (price.low, price.high) == pytest.approx((worth(plans) - worth(forced),) * 2, abs=NEAR)
        assert price.plan in [found for value, found in forced if forced[0][0] - value < NEAR / 10]


def check_decisions(session: SessionState, drawn: Case, advice: Plans, plans: Plans) -> None:
    """What is written is the case that was decided, each project with its reason where it is not as recommended."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "c" / "d"
        decide(session, place, session.case, committee="Board")
        rows = pd.read_csv(place / "decisions.csv", keep_default_na=False).set_index("project_id")
        forces = pd.read_csv(place / "overrides.csv", keep_default_na=False)
        assert (place / "minutes.pdf").read_bytes()[:4] == b"%PDF"
        save_session(session, place, "Board")
        again = SessionState(session.base, reasons=False)
        restore_session(again, place)
        again.prove()
        assert again.answer.value == session.answer.value
        assert "The plans are the same" in compare_session(again, place)
    near, plan = session.recommended.plan, session.answer.plan
    change = PlanChange.between(near, plan)
    assert list(rows.index) == [p.id for p in drawn.projects]
    assert rows["level"].to_dict() == {p.id: plan.get(p.id, "") for p in drawn.projects}
    assert rows["recommended"].to_dict() == session.recommended.decisions
    forced = {f.project_id: f for f in session.case.forces}
    assert [tuple(row) for row in forces[["project_id", "in_out"]].itertuples(index=False)] == [
        (f.project_id, f.in_out) for f in session.case.forces
    ]
    for project, row in rows.iterrows():
        if project in forced:
            assert row["reason"] == forced[project].reason
            continue
        same = plan.get(project) == near.get(project)
        assert bool(row["reason"]) != same
        if row["reason"].startswith("displaced by"):
            assert project in change.leaves
        if row["reason"].startswith("comes in with"):
            assert project in change.enters
        without = without_each(session, session.case, "Board")
        own = [words for words in without if words in row["reason"]]
        for words in own if len(own) < len(without) else ():
            event("one of several changes is the reason")
            best = every_plan(drawn, without[words])
            assert any(plan.get(str(project)) == near.get(str(project)) for plan in tied(best))


@pytest.mark.long
@brief(25)
@given(cases(most=5), st.data())
def test_the_board_says_what_trying_every_plan_says(drawn: Case, data: st.DataObject) -> None:
    drawn = dataclasses.replace(drawn, change=None)
    start = drawn.overrides
    try:
        question = Question(drawn.register(), deferral=drawn.deferral)
    except DataError:
        reject()
    advice = every_plan(drawn, Moved())
    try:
        session = SessionState(question, seconds=60, clock=lambda: dt.datetime(2026, 10, 15, 14, 2))
    except InfeasibleError:
        assert not advice
        reject()
    assert advice, "a plan is recommended where none obeys the rules"
    session.prove()
    assert bool(start) == bool(session.case.forces)
    before: Plans = []
    line, at = [session.case], 0
    for _ in range(data.draw(st.integers(2, 5))):
        act = data.draw(st.sampled_from(["in", "out", "in", "out", "free", "money", "people", "undo", "redo", "again"]))
        event(act)
        project = data.draw(st.sampled_from(drawn.projects))
        was = session.case
        if act in ("in", "out"):
            levels = [None, *(level for level in project.costs if level != "stop")]
            session.force(project.id, act, data.draw(st.sampled_from(levels)), reason="asked")  # type: ignore[arg-type]
        elif act == "free":
            session.free(project.id)
        elif act == "money":
            session.set_money(data.draw(st.sampled_from([0.5, 1.0, 1.5])))
        elif act == "people":
            today = session.people().get("engineer")
            if today:
                session.set_people("engineer", today * data.draw(st.sampled_from([0.0, 0.5, 1.0, 1.5])))
        else:
            {"undo": session.undo, "redo": session.redo, "again": session.start_again}[act]()
        if act == "undo":
            at = max(0, at - 1)
        elif act == "redo":
            at = min(len(line) - 1, at + 1)
        elif session.case != was:
            line, at = [*line[: at + 1], session.case], at + 1
        assert session.case == line[at]
        session.prove()
        plans = every_plan(drawn, session.case)
        event("a plan" if plans else "no plan")
        check_answer(session, drawn, advice, plans)
        check_screen(session, drawn, advice, plans, before)
        before = plans
    if plans:
        check_prices(session, drawn, plans)
        check_decisions(session, drawn, advice, plans)
