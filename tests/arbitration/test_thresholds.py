"""Every claimed threshold holds at it and fails just short of it, by asking the changed question again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given

from pmo_kit.arbitration import (
    Envelope,
    Override,
    Question,
    Synergy,
    arbitrate,
    letter,
    limits_worth,
    turning_points,
    what_would_admit,
)
from pmo_kit.arbitration.model import ONE
from pmo_kit.arbitration.rules import Limit, Spend
from pmo_kit.arbitration.thresholds import least_increase, with_costs_scaled
from pmo_kit.errors import InfeasibleError
from tests.arbitration.test_brute_force import ask
from tests.conftest import shipped_register
from tests.strategies import Case, brief, cases

NEAR, SHORT = 1e-4, 1e-2


def value_with(question: Question, project: str, level: str) -> float:
    """The best value with a project in; minus infinity where no plan is possible."""
    options = question.built
    position = options.position(project, level)
    base = options.table["base_level"].iloc[position]
    if options.table["delay"].iloc[position] or base != level:
        pytest.skip("overrides name a level, not a delay")
    try:
        return arbitrate(question.with_override(project, "in", level)).value
    except InfeasibleError:
        return float("-inf")


@brief(8)
@given(cases(most=5))
def test_ways_in(case: Case) -> None:
    case.deferral = 0
    case.overrides = []
    question = ask(case)
    try:
        a = arbitrate(question)
    except InfeasibleError:
        return
    # With a value of its own, money saved by two projects together does not flow into it.
    costly = any(isinstance(rule, Synergy) and rule.quantity == "cost" for rule in question.rules)
    for project in a.table.index[a.table["decision"] == "refuse"]:
        found = what_would_admit(a, project)
        for row in found.table[found.table["amount"].notna()].itertuples():
            for amount, enough in ((row.amount + 1e-6, True), (row.amount - SHORT, False)):
                if amount < 0 or (row.way == "all envelopes" and amount > 4):  # factors end at 5
                    continue
                if row.way == "cost":
                    new = with_costs_scaled(question, project, found.level, 1 - amount)
                elif row.way == "all envelopes":
                    new = question.scaled(1 + amount)
                elif row.way == "together" or (row.way == "value" and costly):
                    continue
                elif row.way == "value":
                    position = question.built.position(project, found.level)
                    worth = question.options["value"].copy()
                    worth.iloc[position] += amount
                    new = question.replace(value=worth)
                else:
                    new = question.with_rules(question.rule(row.way).changed(amount))
                assert (value_with(new, project, found.level) >= a.value - NEAR) == enough, (row.way, amount)


@brief(7)
@given(cases(least=4, most=6))
def test_several_limits_together(case: Case) -> None:
    """The increases found for several limits admit the project; no split of a smaller sum does."""
    case.deferral, case.overrides, case.carry = 0, [], Fraction(0)
    question = ask(case)
    try:
        a = arbitrate(question)
    except InfeasibleError:
        return
    for project in a.table.index[a.table["decision"] == "refuse"]:
        admission = what_would_admit(a, project)
        rules = [question.rule(name) for name in admission.in_its_way]
        rules = [rule for rule in rules if isinstance(rule, Limit)]
        option = question.built.position(project, admission.level)
        by = [{rule.name: 1.0} for rule in rules]
        found = least_increase(a._eased, by, least=a._value, option=option) if len(rules) > 1 else None
        if found is None:
            continue
        broken = a._model.excess(found.plan)
        enough = question.with_rules(*(rule.changed(broken.get(rule.name, 0.0) + 1e-6) for rule in rules))
        assert value_with(enough, project, admission.level) >= a.value - NEAR
        for rule in rules:  # all the sum but a little on one limit, nothing on the others
            new = question.with_rules(rule.changed(max(0.0, found.amount - SHORT)))
            assert value_with(new, project, admission.level) < a.value - NEAR


@pytest.mark.long
@brief(7)
@given(cases(most=5))
def test_turning_points(case: Case) -> None:
    case.deferral = 0
    question = ask(case)
    try:
        a = arbitrate(question)
    except InfeasibleError:
        return
    for row in turning_points(a, ("people", "money", "costs")).itertuples():
        if row.kind == "costs":
            level, cost = a.plan[row.what], row.today
            before = with_costs_scaled(question, row.what, level, max(row.at - SHORT, cost) / cost)
            after = with_costs_scaled(question, row.what, level, (row.at + SHORT) / cost)
        else:
            step = 1.0 if row.kind == "people" else 0.0
            before = question.with_rules(question.rule(row.what).changed(row.at + step - row.today))
            after = question.with_rules(question.rule(row.what).changed(row.at - (0 if step else SHORT) - row.today))
        model = arbitrate(before)
        held = model._model.evaluate(a._positions)
        assert not held.broken
        assert model.value == pytest.approx(held.value / ONE, abs=NEAR)
        try:
            new = arbitrate(after)
        except InfeasibleError:
            continue
        changed_plan = new._model.evaluate(a._positions)
        assert changed_plan.broken or changed_plan.value / ONE < new.value + NEAR


@pytest.fixture(scope="module")
def question() -> Question:
    return Question(shipped_register("meridian_12"))


def test_p11_needs_four_engineers(question: Question) -> None:
    table = what_would_admit(arbitrate(question), "P11").table.set_index("way")
    assert table.loc["data_engineer 2028", "amount"] == 4.0
    assert table.loc["value", "amount"] == 8.5
    assert table["amount"].isna()[["cost", "all envelopes"]].all()


@pytest.mark.parametrize("name", ["cost", "together", "all envelopes"])
def test_a_limit_may_be_named_as_a_way_is(question: Question, name: str) -> None:
    """P11 would take 0.5 million more than the plan spends, of a limit on all of it."""
    spent = float(arbitrate(question).table["cost"].sum())
    allocation = arbitrate(question.with_rules(Spend(rule=name, maximum=spent)))
    table = what_would_admit(allocation, "P11").table
    assert table["way"].tolist() == ["value", "cost", "data_engineer 2028", name, "all envelopes", "together"]
    assert table["words"][3] == f"no increase of {name} alone is enough"
    assert "off its cost" in table["words"][1]
    assert f" and {name}: 0.5 EUR million more than it allows" in table["words"][5]
    assert "**What would not, alone.** A lower cost and more money in every envelope." in letter(allocation, "P11")


def test_p08_needs_26_5_more_money(question: Question) -> None:
    table = what_would_admit(arbitrate(question), "P08").table.set_index("way")
    assert table.loc["together", "amount"] == 26.5
    assert table.loc["all envelopes", "amount"] == 0.35
    assert table.loc["cost", "amount"] == pytest.approx(8 / 11)


def test_enough_money_for_a_project_is_not_said_to_let_it_in(question: Question) -> None:
    """With 35 % more the best plan buys others: a plan with P08 is then worth no less than today's, that is all."""
    allocation, richer = arbitrate(question), question.scaled(1.35)
    best, held = arbitrate(richer), arbitrate(richer.with_override("P08"))
    assert best.table.loc["P08", "decision"] == "refuse"
    assert best.value > held.value >= allocation.value
    said = letter(allocation, "P08")
    assert "it could be in and the plan be worth no less:" in said
    assert "- 35 % more in every envelope" in said
    assert "could be in, and the plan be worth no less" in what_would_admit(allocation, "P08").summary


def test_a_project_in_the_plan_needs_nothing(question: Question) -> None:
    with pytest.raises(ValueError, match="in the plan already"):
        what_would_admit(arbitrate(question), "P03")


def test_letters_are_plain_words(question: Question) -> None:
    a = arbitrate(question)
    refused, stopped, funded = letter(a, "P11"), letter(a, "P06"), letter(a, "P03")
    assert "14 of 14 data engineers used in 2028" in refused
    assert "4 data engineers more in 2028" in refused
    assert "Data platform, Leak sensors and Predictive pumping" in refused
    assert "exit cost of 1.5" in stopped
    assert "Leaving it out would cost 8.5" in funded
    for text in (refused, stopped, funded):
        assert not any(word in text.lower() for word in ("milp", "dual", "nan", "shadow", "infeasible"))


def test_a_letter_names_who_ordered_it(question: Question) -> None:
    orders = (
        Override(project_id="P08", in_out="in", decided_by="Chair", reason="A promise"),
        Override(project_id="P07", in_out="out", decided_by="Finance director"),
    )
    a = arbitrate(question.with_rules(*orders))
    assert "**The order.** Ordered in by Chair: A promise. The plan follows this order." in letter(a, "P08")
    assert "No plan is possible otherwise while the order stands." in letter(a, "P08")
    assert "Ordered out by Finance director. The plan follows this order." in letter(a, "P07")
    assert "it is kept out by order of Finance director" in letter(a, "P07")
    assert "The order." not in letter(a, "P11")
    free = arbitrate(question.with_rules(*(replace(order, active=False) for order in orders)))
    assert "Ordered in by Chair: A promise. The plan lifts this order." in letter(free, "P08")
    assert "orders on record kept." in letter(a, "P08")
    assert "orders on record set aside." in letter(free, "P08")


@pytest.mark.long
def test_an_order_is_kept_at_any_start_and_at_its_own_size_only() -> None:
    """P11 starts a year later in the best plan: an order for its full size is kept all the same."""
    question = Question(shipped_register("meridian"), overrides=False, deferral=1)
    allocation = arbitrate(question)
    assert allocation.plan["P11"] == "full +1y"
    assert allocation.keeps("P11", "in", "full")
    assert not allocation.keeps("P11", "out")
    small = next(p for p, level in allocation.plan.items() if level == "reduced")
    assert allocation.keeps(small, "in")
    assert allocation.keeps(small, "out", "full")
    assert not allocation.keeps(small, "in", "full")


@pytest.mark.parametrize("seed", range(6))
def test_with_the_least_increase_that_is_named_the_value_does_rise(seed: int) -> None:
    """People in fractions of fractions, as their expected numbers are: an amount rounded down would gain nothing."""
    register = shipped_register("meridian_12")
    spread = np.random.default_rng(seed).uniform(0.7, 1.3, len(register.table("resources")))
    resources = register.table("resources").assign(fte=lambda rows: rows["fte"] * spread)
    allocation = arbitrate(Question(register.replace(resources=resources), overrides=False))
    worth = limits_worth(allocation).dropna(subset="more")
    assert len(worth)
    assert (worth["more_value"] > allocation.value).all()
    for name, row in worth.drop("all money", errors="ignore").iterrows():
        rule = allocation.question.rule(str(name)).changed(row["more"])
        assert arbitrate(allocation.question.with_rules(rule)).value > allocation.value


def test_an_envelope_set_aside_that_carries_money_on_limits_no_way_in() -> None:
    """Its row stays, without an end, for the money that it carries; what a project costs in it changes nothing."""
    question = Question(shipped_register("meridian_12"))
    carried = (replace(rule, carry_limit=3.0) for rule in question.rules if isinstance(rule, Envelope))
    question = question.with_rules(*carried).without("envelope all 2027")
    a = arbitrate(question)
    assert [row.upper for row in a._model.rows if row.rule == "envelope all 2027"] == [float("inf")]
    for project in a.table.index[a.table["decision"] == "refuse"]:
        found = what_would_admit(a, project)
        assert letter(a, project).startswith("# ")
        ways = found.table.set_index("way")["amount"].dropna()
        for name in ways.index.intersection([rule.name for rule in question.rules]):
            rule = question.rule(name)
            assert isinstance(rule, Limit)
            for amount, enough in ((ways[name] + NEAR, True), (ways[name] - SHORT, False)):
                then = value_with(question.with_rules(rule.changed(amount)), project, found.level)
                assert (then >= a.value - 1e-6) == enough
    points = turning_points(a, kinds=("costs",)).set_index("what")
    assert len(points)
    for project, point in points.iterrows():
        for share, holds in ((point["distance"] - 1e-3, True), (point["distance"] + 1e-3, False)):
            then = arbitrate(with_costs_scaled(question, project, a.plan[project], 1 + share))
            fits = not then._model.evaluate(then._model.positions(a.plan)).broken
            assert (fits and then.worth_of(a.plan) >= then.value - 1e-6) == holds


def test_what_a_plan_is_worth_past_a_turning_point_is_not_rounded() -> None:
    """Also where all money is tiny: the same register in units a million times as large."""
    register = shipped_register("meridian_12")
    small = {}
    for name in ("costs", "benefits", "budgets"):
        table = register.table(name)
        columns = table.columns.intersection(["amount", "carry_limit"])
        small[name] = table.assign(**{column: 1e-6 * table[column] for column in columns})
    points, tiny = (
        turning_points(arbitrate(Question(one)), kinds=("people",)).set_index("what")["value"]
        for one in (register, register.replace(**small))
    )
    assert len(points.dropna())
    assert tiny.to_dict() == pytest.approx({what: 1e-6 * value for what, value in points.items()}, nan_ok=True)


@pytest.mark.parametrize("times", [5e-3, 1e-4, 1e4])
def test_the_least_more_of_all_money_is_found_in_any_unit(times: float) -> None:
    """A point that the solver ends at, and itself calls a little outside, is no proof that there is none."""
    register = shipped_register("meridian_12")
    tables = {name: register.table(name) for name in ("costs", "benefits", "budgets")}
    other = register.replace(**{name: table.assign(amount=times * table["amount"]) for name, table in tables.items()})
    plain, scaled = (limits_worth(arbitrate(Question(one))) for one in (register, other))
    columns = ["more", "more_value", "unlimited_value", "enough"]
    money = [name for name in plain.index if "all" in name]
    found = (scaled.loc[money, columns] / times).to_numpy()
    assert found == pytest.approx(plain.loc[money, columns].to_numpy(), nan_ok=True)
