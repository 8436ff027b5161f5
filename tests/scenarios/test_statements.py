"""What is said of several cases is true of the set that is named: recomputed here case by case, and plan by plan."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import count
from pmo_kit.figures import scenarios as figures
from pmo_kit.figures.page_one import one_project, the_plan
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    return pmo.Question(shipped_register("meridian_12"))


def best_after_dropping(question: pmo.Question, plan: dict[str, str]) -> float | None:
    """The most that a plan is worth when discretionary projects may be dropped, by trying every subset."""
    model, free = compile_model(question), question.options["commitment"] == "discretionary"
    may = [p for p, level in plan.items() if free[(p, level)]]
    found = []
    for dropped in product((False, True), repeat=len(may)):
        gone = {p for p, drop in zip(may, dropped, strict=True) if drop}
        tried = model.evaluate(model.positions({p: v for p, v in plan.items() if p not in gone}))
        found += [] if tried.broken else [float(tried.value / ONE)]
    return max(found, default=None)


def plans_of(question: pmo.Question, cases: list[pmo.Scenario]) -> dict[str, dict[str, str]]:
    """The best plan of today and of every case that forces nothing and has one, each asked by itself."""
    found = {"Today": dict(pmo.arbitrate(question).plan)}
    for case in cases:
        if not (case.projects_in or case.projects_out):
            try:
                found[case.name] = dict(pmo.arbitrate(case(question)).plan)
            except pmo.InfeasibleError:
                continue
    return found


money = st.sampled_from([0.3, 0.8, 0.85, 0.9, 0.95, 1.1, 1.3])
people = st.sampled_from([0.5, 13 / 14, 1.0, 18 / 14])
several = st.lists(st.tuples(money, people), min_size=1, max_size=3, unique=True)


@pytest.mark.long
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several)
def test_b7_b8_counts_and_regrets_are_those_of_the_named_cases(
    question: pmo.Question, given_cases: list[tuple[float, float]]
) -> None:
    cases = [
        pmo.Scenario(f"case {n}", budget=budget, capacity={"data_engineer": engineers})
        for n, (budget, engineers) in enumerate(given_cases)
    ]
    forced = pmo.Scenario("forced", projects_in={"P08": ""})
    comparison = pmo.compare(question, [*cases, forced])
    plans = plans_of(question, cases)
    today = plans["Today"]
    other = {name: plan for name, plan in plans.items() if name != "Today"}
    over = f"today and {count(len(other), 'other case')}" if other else "today alone"
    assert comparison.over == over
    everyone = question.register.projects.index
    alike = {p: sum(plan.get(p) == today.get(p) for plan in other.values()) for p in everyone}
    for project in everyone:
        held, known = comparison.holds(project)
        assert (held.value, known.value) == (alike[project], len(other))
    often = {p: sum(plan.get(p, "stop") != "stop" for plan in plans.values()) for p in everyone}
    always = [p for p in everyone if often[p] == len(plans)]
    same = sum(alike[p] == len(other) for p in always)
    never = sum(times == 0 for times in often.values())

    def none(several: int) -> str:
        return count(several) if several else "none"

    sized = f" ({none(same)} at one size)" if always else ""
    many = count(len(always), "project is", "projects are")
    rest = f"{none(len(everyone) - len(always) - never)} sometimes, {none(never)} never"
    assert figures.grid(comparison).title == f"Over {over} {many} always funded{sized}, {rest}"
    sized = f", {none(same)} of them at one size" if always else ""
    assert comparison.summary.startswith(f"Over {over} {many} always funded{sized}, {rest}.")
    asked = {case.name: case(question) for case in cases if case.name in other} | {"Today": question}
    behind = [
        pmo.arbitrate(there).value - kept
        for there in asked.values()
        if (kept := best_after_dropping(there, today)) is not None
    ]
    if len(behind) == len(asked):
        most = format_number(max(behind))
        said = "the best of every case" if most == "0.0" else f"at most {most} worse than the best"
        assert figures.regret(comparison).title.startswith(f"Over {over} today's plan is {said}")


def test_b8_page_one_counts_the_cases_beside_today_at_the_size_of_the_plan(question: pmo.Question) -> None:
    """With 10 % more money P07 is funded in full and no longer reduced: funded in both cases, at its size in one."""
    cases = [pmo.Scenario("more", budget=1.1), pmo.Scenario("as much", budget=1.0)]
    comparison = pmo.compare(question, cases)
    allocation = comparison.allocations["Today"]
    reasons = pmo.explain(allocation, projects=["P07", "P08", "P06"])
    told = {
        p: " ".join(words for _, words in one_project(allocation, reasons, comparison, p, "fund"))
        for p in ("P07", "P08")
    }
    assert "Holds at this size in 1 of 2 cases beside today" in told["P07"]
    assert "Holds in 2 of 2 cases beside today" in told["P08"]
    plan = " ".join(words for _, words in the_plan(allocation, comparison))
    plans = plans_of(question, cases)
    funded = [p for p, level in plans["Today"].items() if level != "stop"]
    same = sum(all(plans[case.name].get(p) == plans["Today"][p] for case in cases) for p in funded)
    assert f"At this size {count(same)} of the {count(len(funded))} hold in all two other cases" in plan
    facts = [fact for _, words in the_plan(allocation, comparison) for fact in getattr(words, "facts", ())]
    counted = [(fact.key, fact.value) for fact in facts if fact.key in ("case.holds", "cases")]
    assert counted == [("case.holds", same), ("cases", 2)]


@pytest.mark.parametrize(
    ("cases", "title"),
    [
        ([("cut", 0.85)], "cut costs most: −5.0"),
        ([("more", 1.1)], "more gains 2.0"),
        ([("cut", 0.85), ("more", 1.1)], "cut costs most: −5.0; more gains 2.0"),
        ([("as much", 1.0)], "None of the cases changes the net value"),
        ([("nothing", 0.1)], "None of the cases has a plan"),
    ],
)
def test_what_costs_most_is_one_of_the_cases(
    question: pmo.Question, cases: list[tuple[str, float]], title: str
) -> None:
    comparison = pmo.compare(question, [pmo.Scenario(name, budget=budget) for name, budget in cases])
    assert figures.results(comparison).title == title
    if title.endswith("has a plan"):
        assert "Over today alone" in comparison.summary
        assert "One case has no plan." in comparison.summary


def test_the_least_regret_is_said_to_be_proven_only_where_it_is(question: pmo.Question) -> None:
    comparison = pmo.compare(question, [pmo.Scenario("cut", budget=0.85), pmo.Scenario("more", budget=1.1)])
    table = figures.regret(comparison)
    said = "Proven: " in table.note or table.title.endswith("no plan that is possible today has less to regret")
    assert said == (comparison.minimax.bound >= comparison.minimax.maximum - 1e-6)
    assert table.title.startswith("Over today and two other cases ")
