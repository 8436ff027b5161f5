"""Scenarios and their comparison on meridian_12; expected values by enumeration (data/samples tests, meridian.md)."""

from dataclasses import replace

import pytest

import pmo_kit as pmo
from pmo_kit.arbitration import Envelope
from pmo_kit.figures.scenarios import grid
from pmo_kit.scenarios.comparison import regret_table
from tests.conftest import shipped_register

CUT, MORE = pmo.Scenario("Budget -15 %", budget=0.85), pmo.Scenario("Budget +10 %", budget=1.1)
FEWER = pmo.Scenario("One engineer fewer", capacity={"data_engineer": 13 / 14})
STAY = pmo.Scenario("Carry on", projects_in={"P06": "full"})


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    return pmo.Question(shipped_register("meridian_12"))


@pytest.fixture(scope="module")
def comparison(question: pmo.Question) -> pmo.Comparison:
    hopeless = pmo.Scenario("Almost no money", budget=0.2)
    return pmo.compare(question, [CUT, MORE, FEWER, STAY, hopeless])


def test_values_of_the_proven_table(comparison: pmo.Comparison) -> None:
    expected = {
        "Today": 33.5,
        "Budget -15 %": 28.5,
        "Budget +10 %": 35.5,
        "One engineer fewer": 29.0,
        "Carry on": 29.0,
    }
    assert comparison.table["value"].dropna().to_dict() == expected


def test_entries_exits_and_sizes(comparison: pmo.Comparison) -> None:
    table = comparison.table
    assert table.loc["Budget -15 %", "left"] == ("P07",)
    assert table.loc["Budget +10 %", "resized"] == ("P07",)
    assert table.loc["One engineer fewer", ["entered", "left"]].tolist() == [("P06",), ("P05",)]


def test_grid_and_presence(comparison: pmo.Comparison) -> None:
    assert comparison.grid.loc["P07"].dropna().tolist() == ["worst_12", "out", "full", "worst_12", "worst_12"]
    presence = comparison.presence
    assert presence[presence == "always"].index.tolist() == ["P01", "P02", "P03", "P04", "P10", "P12"]
    assert presence[presence == "sometimes"].index.tolist() == ["P05", "P06", "P07"]


def test_a_case_that_forces_the_answer_is_no_test_of_it(comparison: pmo.Comparison) -> None:
    held, others = comparison.holds("P06")
    assert (held.value, others.value) == (2, 3)  # -15 % and +10 % stop it as today does; 13 engineers keep it
    assert held.base.over == "today and three other cases"


def test_an_infeasible_scenario_stays_with_its_reason(comparison: pmo.Comparison) -> None:
    row = comparison.table.loc["Almost no money"]
    assert row["status"] == "infeasible"
    assert "P01" in row["reason"]
    assert comparison.grid["Almost no money"].isna().all()
    assert grid(comparison).data["Almost no money"].isna().all()  # not "out": there is no plan


def test_regret_by_hand(comparison: pmo.Comparison) -> None:
    """The plan of today under 85 %: 42.5 in 2027 against 48.5 asked; dropping P07* (6, value 5) is the least."""
    row = comparison.evaluated.set_index(["plan", "scenario"]).loc[("Today", "Budget -15 %")]
    assert not row["fits"]
    assert row["dropped"] == ("P07",)
    assert row["regret"] == 0.0
    regret = comparison.regret
    assert regret.loc["Budget -15 %", "Today"] == 5.0  # 33.5 - 28.5
    assert regret.loc["Today", "Budget +10 %"] == 2.0  # 35.5 - 33.5
    assert "Carry on" not in regret.index
    assert (regret.loc[comparison.least_regret, "maximum"] <= regret["maximum"]).all()


def test_regret_table_of_three_plans_and_three_states() -> None:
    """F10 of the worked examples: values 100 60 20 / 80 75 50 / 60 60 60; regrets 0 15 40 / 20 0 10 / 40 15 0."""
    import pandas as pd

    values = {"P1": (100, 60, 20), "P2": (80, 75, 50), "P3": (60, 60, 60)}
    best = [max(row[i] for row in values.values()) for i in range(3)]
    rows = [
        {"plan": plan, "scenario": state, "fits": True, "regret": best[i] - row[i]}
        for plan, row in values.items()
        for i, state in enumerate(values)
    ]
    table = regret_table(pd.DataFrame(rows))
    assert table[["P1", "P2", "P3"]].to_numpy().tolist() == [[0, 15, 40], [20, 0, 10], [40, 15, 0]]
    assert table["maximum"].tolist() == [40, 20, 40]


def test_costs_and_benefits_flow_into_value(question: pmo.Question) -> None:
    dearer = pmo.Scenario("P10 twice as dear", cost={"project_id=P10": 2.0})(question)
    before, after = question.options["value"], dearer.options["value"]
    assert after[("P10", "full")] == before[("P10", "full")] - 2.0
    assert after.drop("P10", level=0).equals(before.drop("P10", level=0))


def test_a_factor_on_all_money_is_the_same_question_in_a_scenario_and_on_the_frontier(question: pmo.Question) -> None:
    """What may be carried over is an amount of its own: it stays in both."""
    envelopes = [replace(rule, carry_limit=3.0) for rule in question.rules if isinstance(rule, Envelope)]
    carried = question.with_rules(*envelopes)
    for factor in (0.85, 1.1):
        assert pmo.Scenario("Money", budget=factor)(carried).rules == carried.scaled(factor).rules


def test_every_mistake_is_listed(question: pmo.Question) -> None:
    wrong = pmo.Scenario(
        "wrong", capacity={"astronaut": 1.0}, budget={"no": 0.9}, projects_in={"P99": ""}, rules_off=("no",)
    )
    with pytest.raises(pmo.DataError) as caught:
        wrong(question)
    assert len(caught.value.findings) == 4
    assert "there is no capacity 'astronaut'; known here: data_engineer" in str(caught.value)


def test_two_scenarios_of_one_name_are_refused(question: pmo.Question) -> None:
    with pytest.raises(ValueError, match="one name"):
        pmo.compare(question, [CUT, CUT])


def test_the_usual_cases_stand_in_for_an_absent_sheet(question: pmo.Question) -> None:
    cases = pmo.scenarios.read_scenarios(question.register)
    assert [case.name for case in cases] == ["Money −15 %", "Money +10 %", "People −10 %"]
    assert [pmo.arbitrate(case(question)).value for case in cases[:2]] == [28.5, 35.5]


def test_the_sheet_is_read(question: pmo.Question) -> None:
    cases = {case.name: case for case in pmo.scenarios.read_scenarios(shipped_register("meridian"))}
    assert cases["Hiring freeze"].capacity == {"data_engineer": 0.85}
    assert cases["Late benefits"].benefit == {"strategic_goal=G5": 0.7, "area=Customer": 0.8}
    assert cases["Learning hub in"].projects_in == {"P08": ""}
