"""Scenario files: what ships is readable, every mistake has its line, and every change does what it says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit.scenarios import (
    Scenario,
    combine,
    gather_scenarios,
    one_at_a_time,
    read_scenario_file,
    read_scenarios,
    write_scenario_file,
)
from tests.conftest import shipped_register

TEMPLATES = sorted(Path("templates/scenarios").glob("*.yml"))


@pytest.fixture(scope="module")
def question() -> pmo.Question:
    return pmo.Question(shipped_register("meridian"))


@pytest.mark.long
@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_fits_the_sample(path: Path, question: pmo.Question) -> None:
    found = read_scenario_file(path, question)
    assert found
    assert len({scenario.name for scenario in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("scenarios:\n  - name: A\n    projects_in: {P99: full}\n", 3, "no project_in 'P99'"),
        ("scenarios:\n  - name: A\n    budget: 0.9\n    projects_in: P01, P02\n", 4, "no project_in 'P01, P02'"),
        ("scenarios:\n  - name: A\n    budget: -0.5\n", 3, "budget is -0.5, which is negative"),
        ("unit: EUR thousand\nscenarios:\n  - name: A\n    budget: 0.9\n", 1, "the unit is EUR thousand"),
        (
            "scenarios:\n  - name: A\n    budget: 85 million\n",
            3,
            "budget is '85 million': it must be a number",
        ),
        ("scenarios:\n  - name: A\n    wizard: 3\n", 3, "cannot change 'wizard'"),
        ("scenarios:\n  - budget: 0.9\n", 2, "needs a name"),
        ("scenarios:\n  - name: A\n    capacity: {astronaut: 0.5}\n", 3, "no capacity 'astronaut'"),
        ("scenarios:\n  - name: A\n    cost: {area=Moon: 1.1}\n", 3, "no cost 'area=Moon'"),
        ("scenarios:\n  - name: A\n    rules_off: [gravity]\n", 3, "no rule_off 'gravity'"),
        ("scenarios:\n  - name: A\n    delay: {project_id=P03: 0.5}\n", 3, "whole number"),
        ("grid:\n  budget: 0.9\n", 2, "a list of values"),
        ("grid:\n  budget: [0.9, 90]\n", 2, "a factor above 5 is a percentage; write 0.9 for 90 %"),
        ("sweep:\n  delay: {project_id=P03: [1, .inf]}\n", 2, "a number that has an end"),
        ("scenarios:\n  - name: A\n    budget: 85\n", 3, "write 0.85 for 85 %"),
        ("scenarios:\n  - name: A\n    cost: {kind=capex: 8 %}\n", 3, "'8 %'"),
        ("scenarios:\n  - name: A\n    benefit: .nan\n", 3, "benefit is nan"),
        ("scenarios:\n  - name: A\n    delay: {project_id=P03: 2028}\n", 3, "at least 0 and at most 50"),
        ("scenarios:\n  - name: A\n    capacity: 0.9\n", 3, "capacity needs names"),
        ("cases:\n  - name: A\n", 1, "'cases' is not known"),
        ("scenarios:\n  - name: A\n  budget: 0.9\n", 3, "expected"),
    ],
)
def test_a_mistake_has_its_file_and_line(
    text: str, line: int, words: str, question: pmo.Question, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(pmo.DataError) as caught:
        read_scenario_file(path, question)
    assert words in str(caught.value)
    assert f"wrong.yml, line {line}:" in str(caught.value)
    assert caught.value.findings["row"].tolist() == [line]


def test_a_project_is_not_taken_in_and_out_at_once(question: pmo.Question, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text("scenarios:\n  - name: A\n    projects_in: [P08]\n    projects_out: [P08, P03]\n", encoding="utf-8")
    with pytest.raises(pmo.DataError, match="line 4: Scenario 'A': project P08 is taken in and out"):
        read_scenario_file(path, question)
    with pytest.raises(pmo.DataError, match="project P08 is taken in and out"):
        pmo.Scenario("A", projects_in=["P08"], projects_out=["P08"])(question)


def test_all_mistakes_of_a_file_are_listed(question: pmo.Question, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yml"
    path.write_text(
        "scenarios:\n  - name: A\n    budget: -1\n    projects_out: [P98]\n  - name: B\n    no: 1\n",
        encoding="utf-8",
    )
    with pytest.raises(pmo.DataError) as caught:
        read_scenario_file(path, question)
    assert sorted(caught.value.findings["row"]) == [3, 4, 6]


def test_a_grid_is_every_combination_and_a_sweep_one_at_a_time() -> None:
    axes = {("budget", "all"): [0.8, 1.0], ("capacity", "data_engineer"): [0.5, 1.0, 1.5]}
    assert len(combine(axes)) == 5  # of six, one changes nothing
    assert [len(s.table) for s in one_at_a_time(axes)] == [1, 1, 1]


def test_a_delay_moves_money_people_and_benefits(question: pmo.Question) -> None:
    later = pmo.Scenario("later", delay={"project_id=P07": 1})(question)
    before, after = question.spend.loc["P07"], later.spend.loc["P07"]
    assert after[2028].tolist() == pytest.approx(before[2027].tolist(), rel=1e-12)  # sums in another order
    assert after[2027].eq(0).all()
    assert later.spend.drop("P07").equals(question.spend.drop("P07"))
    assert later.options.loc["P07", "value"].ne(question.options.loc["P07", "value"]).all()


@pytest.mark.long
def test_a_delay_is_the_deferral_that_arbitration_knows() -> None:
    register = shipped_register("meridian")
    deferred = pmo.Question(register, deferral=1).options
    later = pmo.Scenario("later", delay={"project_id=P04": 1})(pmo.Question(register))
    assert later.options.loc[("P04", "full"), "value"] == pytest.approx(deferred.loc[("P04", "full +1y"), "value"])


def test_one_weight_rescales_the_others_in_proportion() -> None:
    """METHOD: changing one weight rescales the others in proportion."""
    register = shipped_register("meridian_12")

    def value(of: pmo.Register) -> object:
        return pmo.prioritization.arbitration_value(pmo.prioritize(of), 1.0)

    question = pmo.Question(register, value=value(register))
    weights = register.table("criteria").set_index("criterion")["weight"]
    first = weights.index[0]
    heavy = pmo.Scenario("heavy", weights={first: 1.5}, value=value)(question)
    after = heavy.register.table("criteria").set_index("criterion")["weight"]
    assert after.sum() == pytest.approx(weights.sum())
    assert after[first] == pytest.approx(1.5 * weights[first])
    ratio = (after / weights).drop(first)
    assert ratio.max() == pytest.approx(ratio.min())
    assert not heavy.options["value"].equals(question.options["value"])
    with pytest.raises(pmo.DataError, match="weights change no value"):
        pmo.Scenario("heavy", weights={first: 1.5})(pmo.Question(register))


names = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=12)
factors = st.floats(0, 5, allow_nan=False)
by_name = st.dictionaries(names, factors, max_size=2)
several = st.lists(names, max_size=2).map(tuple)
written = st.builds(
    Scenario,
    name=names,
    budget=factors | by_name,
    capacity=by_name,
    cost=factors | by_name,
    benefit=factors,
    projects_in=st.dictionaries(names, names | st.none(), max_size=2),
    projects_out=several,
    rules_off=several,
    discount_schedule=names | st.none(),
    weights=by_name,
    delay=st.dictionaries(names, st.integers(0, 9), max_size=2),
)


@pytest.mark.long
@given(st.lists(written, max_size=3, unique_by=lambda one: one.name))
def test_what_is_written_is_read(scenarios: list[Scenario]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = write_scenario_file(scenarios, Path(folder) / "s.yml", unit="EUR million")
        again = read_scenario_file(file)
        assert sorted(Path(folder).iterdir()) == [file]
    assert [one.name for one in again] == [one.name for one in scenarios]
    for one, other in zip(again, scenarios, strict=True):
        pd.testing.assert_frame_equal(one.table, other.table)


def test_a_scenario_of_the_file_replaces_that_of_the_register(question: pmo.Question, tmp_path: Path) -> None:
    own = read_scenarios(question.register)
    mine = [Scenario(own[1].name, budget=0.5), Scenario("Mine", budget=0.9)]
    found = gather_scenarios(question, write_scenario_file(mine, tmp_path / "s.yml"))
    assert [one.name for one in found] == [*(one.name for one in own), "Mine"]
    assert found[1].budget == 0.5
    assert [one.name for one in gather_scenarios(question)] == [one.name for one in own]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scenarios:\n  - name: A\n    weights: [0.85]\n", "line 3: Scenario 'A': weights needs names"),
        (
            "scenarios:\n  - name: A\n    delay: {project_id=P03: inf}\n",
            "line 3: Scenario 'A': delay of 'project_id=P03' is 'inf': it must be a number",
        ),
        ("scenarios:\n  - name: A\n    projects_in: {P01: [full]}\n", "line 3: Scenario 'A': projects_in takes names"),
        ("scenarios:\n  - name: A\n    projects_out: {P01: full}\n", "line 3: Scenario 'A': projects_out takes names"),
        ("scenarios:\n  - name: A\n    rules_off: [[x]]\n", "line 3: Scenario 'A': rules_off takes names"),
        ("scenarios:\n  - name: A\n    projects_out: [P01, ]\n    discount_schedule: [green]\n", "line 4: "),
        ("scenarios:\n  - name: A\n    projects_in:\n      - P01\n      -\n", "line 3: "),
        ("scenarios:\n  - {name: A, budget: 0.9}\n  - {name: A, budget: 0.8}\n", "2 scenarios are named 'A'"),
        (b"scenarios:\n  - name: Sc\xe9nario\n    budget: 0.9\n", "line 2: it is not a text file in UTF-8"),
        (
            f"grid:\n  budget: {[1 + n / 1e3 for n in range(300)]}\n  cost: {[1 + n / 1e3 for n in range(300)]}\n",
            "the grid has more than 500 scenarios",
        ),
    ],
    ids=[
        "a list for names",
        "no end",
        "a list for a level",
        "a level of what is out",
        "lists in a list",
        "a list for one",
        "a name is missing",
        "a name twice",
        "Latin-1",
        "a large grid",
    ],
)
def test_slips_and_bombs_are_refused_in_words(text: str | bytes, words: str, tmp_path: Path) -> None:
    """Attack 11b."""
    path = tmp_path / "wrong.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(pmo.DataError, match=r"wrong\.yml, ") as caught:
        read_scenario_file(path)
    assert words in str(caught.value)


def test_one_project_needs_no_list(tmp_path: Path) -> None:
    path = tmp_path / "one.yml"
    path.write_text(
        "scenarios:\n  - {name: A, projects_in: P01, projects_out: 002, rules_off: [x]}\n", encoding="utf-8"
    )
    (one,) = read_scenario_file(path)
    assert (dict(one.projects_in), one.projects_out, one.rules_off) == ({"P01": ""}, ("002",), ("x",))
