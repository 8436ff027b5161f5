"""Least regret, dominance, break-even and attribution, against values that enumeration or paper gives."""

from __future__ import annotations

from itertools import product

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.arbitration import Count
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.errors import InputError
from pmo_kit.scenarios import attribute, break_even, partly, switching_points
from pmo_kit.scenarios.comparison import dominated_plans, evaluate_plan
from tests.conftest import shipped_register

CUT, MORE = pmo.Scenario("Budget -15 %", budget=0.85), pmo.Scenario("Budget +10 %", budget=1.1)
FEWER = pmo.Scenario("One engineer fewer", capacity={"data_engineer": 13 / 14})
DEAR = pmo.Scenario("Pumping twice as dear", cost={"project_id=P05": 2.0})


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    return pmo.Question(shipped_register("meridian_12"))


@pytest.fixture(scope="module")
def comparison(question: pmo.Question) -> pmo.Comparison:
    return pmo.compare(question, [CUT, MORE, FEWER, DEAR])


def small_question() -> pmo.Question:
    """Seven projects, small enough to enumerate every plan."""
    keep = ["P01", "P03", "P04", "P05", "P07", "P10", "P11"]
    register = shipped_register("meridian_12")
    tables = {
        name: register.table(name).loc[lambda t: t["project_id"].isin(keep)].reset_index(drop=True)
        for name in ("levels", "costs", "benefits", "resources", "links")
    }
    links = tables["links"]
    tables["links"] = links[links["other_id"].isin(keep)].reset_index(drop=True)
    budgets = register.table("budgets").assign(amount=[30.0, 30.0])
    return pmo.Question(register.replace(projects=register.projects.loc[keep], budgets=budgets, **tables))


def test_the_least_maximum_regret_by_enumeration() -> None:
    question = small_question()
    cases = [pmo.Scenario("less", budget=0.8), pmo.Scenario("people", capacity={"data_engineer": 0.5}), MORE]
    comparison = pmo.compare(question, cases)
    found = comparison.minimax
    models = {name: compile_model(a.question) for name, a in comparison.allocations.items()}
    base, levels = models["Today"], question.options.reset_index().groupby("project_id")["level"].agg(list)
    best = float("inf")
    for choice in product(*([None, *options] for options in levels)):
        plan = {p: level for p, level in zip(levels.index, choice, strict=True) if level}
        if base.evaluate(base.positions(plan)).broken:
            continue
        regrets = [
            evaluate_plan(model, plan, comparison.allocations[name].value).regret for name, model in models.items()
        ]
        best = min(best, max(float("inf") if r != r else r for r in regrets))
    assert found.bound == found.maximum
    assert found.bound <= best + 1e-6
    assert found.maximum == pytest.approx(best)


def test_the_least_regret_is_below_every_scenario_s_own_plan(comparison: pmo.Comparison) -> None:
    found, table = comparison.minimax, comparison.regret
    fits_today = [
        plan
        for plan in table.index
        if comparison.evaluated.set_index(["plan", "scenario"]).loc[(plan, "Today"), "fits"]
    ]
    assert found.maximum <= table.loc[fits_today, "maximum"].min() + 1e-9
    assert found.maximum == found.regrets.max()


def test_do_nothing_and_do_minimum_are_always_among_the_options(comparison: pmo.Comparison) -> None:
    """The law asks for P01, and P12 runs with one level; P06 may stop for 1.5: 28 + 13 + 1.5."""
    plans = comparison.evaluated.set_index(["plan", "scenario"])
    assert {"Do nothing", "Do minimum"} <= set(comparison.regret.index)
    nothing, minimum = plans.loc[("Do nothing", "Today")], plans.loc[("Do minimum", "Today")]
    assert not nothing["fits"]
    assert nothing["broken"] == "P01 mandatory: 1 too much"
    assert minimum["fits"]
    assert minimum["value"] == pytest.approx(-6 + 5 - 1.5)
    assert minimum["regret"] == pytest.approx(33.5 + 2.5)


def test_dominance() -> None:
    table = pd.DataFrame({"a": [0, 1, 3], "b": [5, 5, 0]}, index=["X", "Y", "Z"])
    assert dominated_plans(table).to_dict("records") == [{"plan": "Y", "by": "X"}]


def test_other_units_are_compared_in_percent(question: pmo.Question) -> None:
    comparison = pmo.compare(question, [CUT, pmo.Scenario("rates", discount_schedule="flat_3")])
    assert comparison.in_percent
    assert comparison.regret.loc["Budget -15 %", "Today"] == pytest.approx(100 * 5 / 33.5)
    assert comparison.minimax.maximum <= comparison.regret["maximum"].min() + 1e-9


def test_a_regret_in_percent_of_nothing_is_refused(question: pmo.Question) -> None:
    nothing = question.replace(value=question.options["value"] * 0.0)
    comparison = pmo.compare(nothing, [pmo.Scenario("rates", discount_schedule="flat_3")])
    with pytest.raises(InputError, match="above zero"):
        _ = comparison.minimax


def worth_after_dropping(question: pmo.Question, plan: dict[str, str]) -> float:
    """The most that a plan is worth when any of its discretionary projects may be dropped, by trying all."""
    model, free = compile_model(question), question.options["commitment"] == "discretionary"
    may = [p for p, level in plan.items() if free[(p, level)]]
    found = []
    for dropped in product((False, True), repeat=len(may)):
        gone = {p for p, drop in zip(may, dropped, strict=True) if drop}
        tried = model.evaluate(model.positions({p: v for p, v in plan.items() if p not in gone}))
        found += [] if tried.broken else [tried.value / ONE]
    return max(found)


@pytest.mark.long
def test_break_even_by_hand_and_by_trying_all(question: pmo.Question, comparison: pmo.Comparison) -> None:
    """P05 is worth 8 and brings 14: without it a plan is better once 8 / 14 of its benefits are gone."""
    today = dict(comparison.allocations["Today"].plan)
    without = {p: level for p, level in today.items() if p != "P05"}
    cheap = pmo.Scenario("Pumping brings less", benefit={"project_id=P05": 0.0})
    crossing = break_even(question, cheap, today, without)
    assert (crossing.before, crossing.after) == (-8, 6)
    assert crossing.share == pytest.approx(8 / 14, abs=1e-3)
    assert break_even(question, MORE, today, without).share is None
    few = small_question()
    today = dict(pmo.arbitrate(few).plan)
    without = {p: level for p, level in today.items() if p != "P05"}
    found = break_even(few, DEAR, today, without)
    assert found.share is not None
    assert 0 < found.share < 1
    for share, better in ((found.share - 0.01, False), (found.share + 0.01, True)):
        there = partly(DEAR, share)(few)
        lead = worth_after_dropping(there, without) - worth_after_dropping(there, today)
        assert (lead >= -1e-9) == better


def test_a_case_that_comes_whole_has_two_ends_alone(question: pmo.Question, comparison: pmo.Comparison) -> None:
    """Half a delay, or half a rule, is nothing: the share is 1 where all of the case turns the plans, or none."""
    today = dict(comparison.allocations["Today"].plan)
    without = {p: level for p, level in today.items() if p != "P05"}
    late = break_even(question, pmo.Scenario("Pumping later", delay={"project_id=P05": 1}), today, without)
    assert (late.share, late.before, late.after) == (None, -8, -8)
    free = pmo.Scenario("No limit on money", rules_off=[r.name for r in question.rules if "envelope" in r.name])
    larger = pmo.arbitrate(free(question))
    turned = break_even(question, free, today, larger.plan)
    assert (turned.share, turned.after) == (1.0, pytest.approx(larger.value - 33.5))
    assert turned.before < 0
    both = switching_points(pmo.compare(question, [CUT, free]))
    assert both["whole"].tolist() == [False, True]


def test_half_a_scenario() -> None:
    assert partly(CUT, 0.5).budget == pytest.approx(0.925)
    with pytest.raises(ValueError, match="cannot be done by half"):
        partly(pmo.Scenario("in", projects_in={"P08": ""}), 0.5)


def test_attribution_adds_up_to_the_last_cent(question: pmo.Question) -> None:
    register = question.register
    budgets = register.table("budgets")
    after = register.replace(budgets=budgets.assign(amount=budgets["amount"] * 0.85))
    forced = pmo.Question(after).with_override("P08", "in", reason="the Chair")
    found = attribute(question, forced)
    assert found.table.index.tolist() == ["constraints", "overrides"]
    assert found.residual == 0
    assert found.table["shapley"].sum() == found.change
    constraints = found.amounts.loc["constraints"]
    assert constraints["total"] == -5.0  # 33.5 -> 28.5
    assert constraints["held"] == -5.0  # dropping the worst twelve sites repairs the old plan, and is the best plan
    assert constraints["reoptimized"] == 0.0
    assert found.table.loc["constraints", "left"] == ("P07",)


def test_who_stops_leaves_and_who_is_stopped_no_more_enters(question: pmo.Question) -> None:
    """With one engineer fewer P06, which was to stop, carries on: it enters, as a comparison of scenarios says."""
    capacity = question.register.table("capacity")
    fewer = pmo.Question(question.register.replace(capacity=capacity.assign(fte=13.0)))
    step = attribute(question, fewer).table.loc["constraints"]
    assert (step["entered"], step["left"], step["resized"]) == (("P06",), ("P05",), ())


def test_nothing_changed_has_no_cause(question: pmo.Question) -> None:
    found = attribute(question, pmo.Question(shipped_register("meridian_12")))
    assert found.table.empty
    assert found.change == 0
    assert "nothing changed" in found.summary


def test_a_project_that_moves_to_another_area_is_a_cause(question: pmo.Question) -> None:
    """Of P01 and P04 in Networks only one may be in; where P01 is elsewhere, both are again."""
    projects = question.register.projects
    elsewhere = question.register.replace(
        projects=projects.assign(area=projects["area"].mask(projects.index == "P01", "Digital"))
    )
    rule = Count(rule="one network", scope="area=Networks", maximum=1.0)
    found = attribute(question.with_rules(rule), pmo.Question(elsewhere).with_rules(rule))
    assert (found.before.value, found.after.value, found.residual) == (25.0, 33.5, 0)
    assert found.amounts["total"].to_dict() == {"data": 8.5}


@pytest.mark.slow
@pytest.mark.parametrize(("overrides", "values"), [(True, (65.3, 52.9)), (False, (67.3, 63.8))])
def test_attribution_between_the_two_committees(overrides: bool, values: tuple[float, float]) -> None:
    """The four values are those of an independent recomputation, on likely figures."""
    before = pmo.Question(shipped_register("meridian_2026_03"), basis="likely")
    after = pmo.Question(shipped_register("meridian"), overrides=overrides, basis="likely")
    found = attribute(before, after)
    table = found.table
    assert (round(found.before.value, 1), round(found.after.value, 1)) == values
    assert found.residual == 0
    assert table["total"].sum() == table["shapley"].sum() == found.change
    assert (table["held"] + table["reoptimized"] == table["total"]).all()
    assert set(table.index) == {"data", "projects", "constraints", *(["overrides"] if overrides else [])}


def with_orders(question: pmo.Question, budget: float, *orders: tuple[str, str]) -> pmo.Register:
    """The register with orders on record, and another budget."""
    rows = [(project, in_out, None, "promised", "Chair", "2026-09-24") for project, in_out in orders]
    table = pd.DataFrame(rows, columns=["project_id", "in_out", "level", "reason", "decided_by", "date"])
    budgets = question.register.table("budgets")
    return question.register.replace(
        overrides=table.assign(date=pd.to_datetime(table["date"])),
        budgets=budgets.assign(amount=budgets["amount"] * budget),
    )


@pytest.mark.parametrize("lifted", [(True, True), (True, False), (False, True), (False, False)])
def test_b5_like_is_compared_with_like(question: pmo.Question, lifted: tuple[bool, bool]) -> None:
    """Whoever lifts the orders on record of one side has both compared without any."""
    registers = [
        with_orders(question, 1.0, ("P08", "in")),
        with_orders(question, 1.1, ("P09", "in"), ("P01", "in")),
    ]
    asked = [pmo.Question(r, overrides=not without) for r, without in zip(registers, lifted, strict=True)]
    found = attribute(*asked)
    alike = [pmo.arbitrate(pmo.Question(register, overrides=not any(lifted))).value for register in registers]
    assert [found.before.value, found.after.value] == alike
    assert found.table.index.tolist() == ["constraints", *([] if any(lifted) else ["overrides"])]
    assert found.orders == f"both {'without' if any(lifted) else 'with'} the orders on record"
    assert f"({found.orders})" in found.summary
    assert found.residual == 0


def test_one_order_set_aside_by_name_sets_all_aside(question: pmo.Question) -> None:
    asked = pmo.Question(with_orders(question, 1.0, ("P08", "in"), ("P09", "in")))
    found = attribute(asked, asked.without("override P08 in"))
    assert found.table.empty
    assert found.change == 0
    assert found.orders == "both without the orders on record"


def test_what_is_ordered_at_the_table_stays_a_cause(question: pmo.Question) -> None:
    before = pmo.Question(with_orders(question, 1.0, ("P08", "in")), overrides=False)
    found = attribute(before, before.with_override("P09", "in", reason="the Chair"))
    assert found.table.index.tolist() == ["overrides"]
    assert found.amounts.loc["overrides", "total"] == -3.0
    assert "nothing changed" not in found.summary


def test_without_any_order_nothing_is_said_of_them(question: pmo.Question) -> None:
    assert attribute(question, question).orders == ""
