"""Each public function, given the neighbor of what it wants, says in one sentence what that is and how to make it."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit import doors, rates
from pmo_kit.errors import InputError
from pmo_kit.scenarios import read_scenario_file
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def things() -> dict[str, Any]:
    register = shipped_register("meridian_12")
    question = pmo.Question(register)
    return {
        "register": register,
        "question": question,
        "allocation": pmo.arbitrate(question),
        "scenario": pmo.Scenario("Less", budget=0.85),
    }


NEIGHBORS = ("Register", "Question", "Allocation", "Scenario", "str", "None")


def public_doors() -> list[Any]:
    """Functions of `pmo` and `pmo.widgets` that want a kind of the package, each beside what is not of it."""
    found = []
    for room in (pmo, importlib.import_module("pmo_kit.widgets")):
        for name in room.__all__:
            function = getattr(room, name)
            if not inspect.isfunction(function):
                continue
            for parameter, kind in inspect.get_annotations(function).items():
                if parameter != "return" and doors._looked_at(str(kind)):
                    place = f"{room.__name__}.{name}-{parameter}"
                    wrong = [other for other in NEIGHBORS if other not in str(kind)]
                    found += [pytest.param(function, parameter, other, id=f"{place}-{other}") for other in wrong]
    return found


def test_most_public_functions_have_a_door() -> None:
    assert len({one.values[0] for one in public_doors()}) >= 20


@pytest.mark.parametrize(("function", "parameter", "other"), public_doors())
def test_what_is_not_of_the_kind_is_refused_in_a_sentence(
    function: Callable[..., Any], parameter: str, other: str, things: dict[str, Any]
) -> None:
    wrong = {**things, "str": "register.xlsx", "none": None}[other.lower()]
    right = {"Register": "register", "Question": "question", "Allocation": "allocation"}
    stated = {name: str(one) for name, one in inspect.get_annotations(function).items()}
    given = {name: things[right[one]] for name, one in stated.items() if one in right and name != "return"}
    if "path" in stated:
        given["path"] = "data/samples/meridian_12"
    with pytest.raises(InputError) as caught:
        function(**{**given, parameter: wrong})
    words = str(caught.value)
    assert words.startswith(f"{function.__name__} wants a")
    assert "pmo." in words or "it holds one" in words
    assert "\n" not in words


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: pmo.arbitrate(question=t["register"]), "make one: pmo.Question(register)"),
        (lambda t: pmo.frontier(t["allocation"]), "it holds one: give its .question"),
        (
            lambda t: pmo.compare(t["question"], t["scenario"]),
            "wants a list of Scenario, not a Scenario; write [",
        ),
        (lambda t: pmo.compare(t["question"], ["Less"]), "wants a list of Scenario, not 'Less'"),
        (lambda t: pmo.explain(t["allocation"], projects=["P99"]), "no project 'P99'; did you mean 'P09'?"),
        (lambda t: pmo.frontier(t["question"], budgets=[70, 85]), "a percentage; write 0.7 for 70 %"),
        (lambda t: pmo.frontier(t["question"], budgets=[float("nan")]), "a number that has an end"),
        (lambda t: pmo.review_performance(t["register"], as_of="yesterday"), "write a date like 2026-09-30"),
        (lambda t: t["register"].table("project"), "no table 'project'; did you mean 'projects'?"),
        (lambda t: pmo.load_register(t["register"]), "load_register wants the path of"),
        (lambda t: pmo.build_pack(t["register"]), "build_pack wants the path of a pack file"),
        (lambda t: pmo.load_register("x", maping="y"), "'maping'; did you mean 'mapping'?"),
        (lambda t: pmo.arbitrate(t["question"], 0.01), "too many positional arguments; it takes question."),
        (lambda t: pmo.arbitrate(), "it takes question."),
        (lambda t: pmo.prioritize(t["register"], weights={"carbon": "high"}), "where numbers are needed"),
        (lambda t: pmo.prioritize(t["register"], weights={"carbn": 1}), "no criterion 'carbn'; did you mean 'carbon'?"),
        (lambda t: pmo.prioritize(t["register"], weights={"carbon": 1}), "spills has no weight"),
        (lambda t: pmo.appraise(t["register"], "uk_green_bok"), "did you mean 'uk_green_book"),
        (lambda t: t["question"].with_override("P02", "in", "distrikts"), "no level 'distrikts'; did you mean 'distr"),
        (lambda t: pmo.prioritize(t["register"], weights="Finanse"), "'Finanse'; did you mean 'Finance'?"),
        (lambda t: pmo.Question(t["register"], value="nvp"), "There is no value 'nvp'; did you mean 'npv'?"),
        (lambda t: pmo.figures.arbitration.plan(t["question"]), "plan wants an Allocation, not a Question"),
        (
            lambda t: pmo.figures.arbitration.sponsor_letter(t["allocation"], "P99"),
            "no project 'P99'; did you mean",
        ),
        (lambda t: t["register"].need("score"), "no table 'score'; did you mean 'scores'?"),
        (
            lambda t: t["register"].replace(costs="x"),
            "The table costs is of type str: it must be a DataFrame.",
        ),
        (lambda t: pmo.Register(project=None), "no table 'project'; did you mean 'projects'?"),
        (lambda t: t["scenario"](t["register"]), "A Scenario wants a Question, not a Register"),
        (
            lambda t: pmo.widgets.arbitration(t["question"], folder=None),
            "folder is nothing: it must be a path",
        ),
        (
            lambda t: pmo.widgets.committee_session(t["question"], committee=3),
            "committee is 3: it must be text",
        ),
        (lambda t: pmo.widgets.parameters(t["question"]), "notebook is a Question: it must be a path"),
        (lambda t: pmo.finance.npv(0.1, "abc"), "flows: 'abc' is given where numbers are needed"),
        (lambda t: pmo.prioritization.roc_weights(2.5), "it must be a whole number"),
        (lambda t: pmo.performance.earned_schedule([], 1, 1), "the plan of at least one period"),
    ],
)
def test_a_slip_is_answered_in_words(call: Callable[..., Any], words: str, things: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        call(things)
    assert words in str(caught.value)


def test_a_whole_number_may_be_written_with_a_point(things: dict[str, Any]) -> None:
    ranking = pmo.prioritize(things["register"])
    both = [pmo.rank_robustness(ranking, draws, seed) for draws, seed in ((50, 7), (50.0, 7.0))]
    assert both[0].table.equals(both[1].table)
    assert len(pmo.finance.discount_factors(0.1, 3.0)) == 3
    with pytest.raises(InputError, match="must be a whole number"):
        pmo.rank_robustness(ranking, 50, 7.5)


def test_one_id_needs_no_list(things: dict[str, Any]) -> None:
    found = pmo.explain(things["allocation"], projects="P11").table
    assert set(found.index.get_level_values(0)) == {"P11"}


def test_a_name_that_is_not_there_is_answered_with_the_one_that_is() -> None:
    for room, slip, meant in (
        (pmo, "arbitrat", "arbitrate"),
        (pmo.widgets, "comittee_session", "committee_session"),
        (pmo.figures, "arbitraton", "arbitration"),
    ):
        with pytest.raises(AttributeError, match=f"{room.__name__} has no '{slip}'; did you mean '{meant}'"):
            getattr(room, slip)


def test_a_path_that_is_not_there_is_told_whole_with_its_neighbors(tmp_path: Any) -> None:
    (tmp_path / "meridian.xlsx").touch()
    with pytest.raises(pmo.DataError) as caught:
        pmo.load_register(tmp_path / "meridien.xlsx")
    assert str(tmp_path / "meridien.xlsx") in str(caught.value)
    assert "did you mean 'meridian.xlsx'?" in str(caught.value)


@pytest.mark.parametrize(
    "error", [pmo.PmoError("One.\nTwo."), pmo.InfeasibleError("One.\nTwo.", []), InputError("One.\nTwo.")]
)
def test_a_notebook_prints_the_sentence_alone(error: pmo.PmoError) -> None:
    assert error._render_traceback_() == ["One.", "Two."]


@given(
    st.one_of(
        st.floats(5.01, 1e300),
        st.floats(max_value=-1e-9),
        st.just(np.nan),
        st.text(),
        st.none(),
        st.booleans(),
    )
)
def test_no_factor_is_taken_that_is_none(wrong: object) -> None:
    for change in ({"budget": wrong}, {"budget": {"all": wrong}}, {"cost": wrong}, {"capacity": {"x": wrong}},
                   {"benefit": wrong}, {"weights": {"x": wrong}}):  # fmt: skip
        with pytest.raises(pmo.DataError, match="Scenario 'Lean': ") as caught:
            pmo.Scenario("Lean", **change)  # type: ignore[arg-type]
        assert len(caught.value.findings) == 1
    with pytest.raises(InputError):
        doors.factor(wrong, "a budget")


@given(st.floats(0, 5))
def test_every_factor_up_to_five_is_taken(right: float) -> None:
    assert pmo.Scenario("Lean", budget=right, cost=np.float64(right)).budget == right


@given(st.one_of(st.floats(1.01, 1e9), st.floats(max_value=-1e-9), st.just(np.inf), st.text()))
def test_no_share_is_taken_that_is_none(wrong: object) -> None:
    with pytest.raises(InputError):
        doors.share(wrong, "confidence")


@pytest.mark.parametrize("wrong", [np.inf, np.nan, -1, 0.5, 2028, "1"])
def test_a_delay_is_a_few_whole_years(wrong: Any) -> None:
    with pytest.raises(pmo.DataError, match="delay of 'project_id=P01'"):
        pmo.Scenario("Late", delay={"project_id=P01": wrong})


def test_the_scenarios_sheet_is_refused_with_every_scenario_named(things: dict[str, Any]) -> None:
    import pandas as pd

    rows = [
        ("Lean", "budget", None, 85.0),
        ("Late", "delay", "project_id=P01", 0.5),
        ("Fine", "budget", None, 0.9),
    ]
    sheet = pd.DataFrame(rows, columns=["scenario", "what", "scope", "factor"]).assign(value=None)
    register = things["register"].replace(scenarios=sheet)
    with pytest.raises(pmo.DataError) as caught:
        pmo.scenarios.read_scenarios(register)
    assert "Scenario 'Lean': budget is 85: a factor above 5" in str(caught.value)
    assert "Scenario 'Late': delay of 'project_id=P01' is 0.5" in str(caught.value)
    assert len(caught.value.findings) == 2


@pytest.mark.parametrize("name", ["", " \n", "Less\nmoney", None])
def test_a_scenario_has_a_name_of_one_line(name: Any) -> None:
    with pytest.raises(pmo.DataError, match="give it a name of its own, text of one line"):
        pmo.Scenario(name)


def test_a_question_and_an_exhibit_at_the_end_of_a_cell_are_short(things: dict[str, Any]) -> None:
    shown = things["question"]._repr_html_()
    assert "the best plan of 12 projects of Meridian Water (synthetic), by npv, under 10 rules" in shown
    assert len(repr(things["question"].replace(deferral=1))) < 200
    assert "<td>0.85</td>" in things["scenario"]._repr_html_()
    look = pmo.figures.arbitration.plan(things["allocation"])._repr_mimebundle_()
    assert set(look) == {"text/plain", "text/html"}
    assert "Lead pipe replacement" in look["text/html"]


def test_the_words_of_an_explanation_come_first(things: dict[str, Any]) -> None:
    reasons = pmo.explain(things["allocation"], projects=["P08"])
    html = reasons._repr_html_()
    assert html.index("<th>words</th>") < html.index("<th>in_plan</th>")
    assert "<th>displaces</th>" not in html
    assert "displaces" in reasons.table


NUMBERS = {
    pmo.finance: ("discount_factors", "npv", "irr", "irr_roots", "mirr", "payback", "bcr"),
    pmo.prioritization: (
        "weighted_value", "topsis", "promethee", "roc_weights", "rank_sum_weights", "rank_reciprocal_weights",
        "swing_weights", "entropy_weights", "ahp_weights", "piecewise_value", "rank_acceptability", "kendall_w",
    ),
    pmo.performance: ("earned_value", "earned_schedule"),
    pmo.risk: ("pert", "cvar"),
    pmo.arbitration: ("solve_selection",),
}  # fmt: skip


@pytest.mark.parametrize("function", [getattr(room, name) for room, names in NUMBERS.items() for name in names])
@pytest.mark.parametrize("wrong", ["ten", {}, object(), ["a"], b"x"], ids=lambda one: type(one).__name__)
def test_what_wants_numbers_says_so_of_every_parameter(function: Callable[..., Any], wrong: object) -> None:
    wants = [name for name, kind in inspect.get_annotations(function).items() if "Array" in kind or kind == "int"]
    for name in wants:
        if name != "return":
            with pytest.raises(InputError, match=f"{name}|numbers"):
                function(**{name: wrong})
    with pytest.raises(InputError, match=r"known here|did you mean|it takes"):
        function(wgt=1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: pmo.Question(t["register"], valeu="npv"), "'valeu'; did you mean 'value'?"),
        (lambda t: pmo.Question(), "it takes register, value,"),
        (lambda t: pmo.Question(t["register"], rules=3), "rules is a list of rules"),
        (lambda t: pmo.Question(t["register"], rules={}), "rules is a list of rules"),
        (lambda t: pmo.Question(t["register"], rules=""), "rules is a list of rules"),
        (lambda t: pmo.Question(t["register"], rules=t["register"].projects[:0]), "rules is a list of rules"),
        (lambda t: pmo.compare(t["question"], []), "compare wants at least one Scenario; write ["),
        (lambda t: pmo.Scenario("Less", budgets=0.85), "'budgets'; did you mean 'budget'?"),
        (lambda t: pmo.Scenario("Less", projects_out=3), "projects_out is 3: it needs names"),
        (lambda t: pmo.load_register("x", mapping=t), "mapping is a dict: it must be a path"),
        (lambda t: pmo.load_register("x", waivers=3), "waivers is 3: it must be a path"),
        (lambda t: pmo.load_register("x", today="soon"), "today is 'soon': write a date"),
        (lambda t: pmo.load_register("x", doubtful="x"), "known here: blank, set_aside, refuse"),
        (lambda t: pmo.build_pack("x.yml", out=None), "out is nothing: it must be a path"),
        (lambda t: pmo.build_pack("x.yml", workers=0), "workers is 0: it is at least 1"),
        (lambda t: pmo.Register(settings=3), "settings is 3: it is a mapping"),
        (lambda t: read_scenario_file(None), "read_scenario_file wants the path of a file of scenarios"),
        (lambda t: pmo.appraise(t["register"], "uk"), "no discount schedule 'uk'; known here: "),
        (lambda t: pmo.simulate(t["allocation"], uplifts=0.2), "uplifts is 0.2: it needs names"),
        (lambda t: pmo.simulate(t["allocation"], uplifts={"a": "x"}), "uplifts of 'a' is 'x': it must be a number"),
        (lambda t: rates.discount_schedule("uk_green_book_2026", "ten"), "years is 'ten': it must be a number"),
        (lambda t: rates.optimism_bias(85), "shares is 85: it needs names"),
        (lambda t: pmo.simulate(t["allocation"], executor=4), "executor is 4: it must be an executor"),
        (
            lambda t: pmo.simulate(t["allocation"], executor=pd.Series([4])),
            "executor is a Series: it must be an executor",
        ),
        (lambda t: pmo.appraise(t["register"], "x" * 999), "x…; known here"),
        (lambda t: pmo.prioritize(t["register"], method="x" * 999), "x…; topsis"),
        (lambda t: pmo.finance.discount_factors(0.1, 3, "x" * 999), "x…"),
        (lambda t: pmo.review_performance(t["register"], as_of=pd.NaT), "as_of is a NaTType: write a date"),
        (lambda t: pmo.prioritize(t["register"], "x" * 999), "x…; known here"),
        (lambda t: pmo.explain(t["allocation"], exact="no"), "exact is 'no': it must be True or False"),
        (lambda t: pmo.finance.npv(-1.5, [1, 2]), "every rate must be above -1"),
        (lambda t: pmo.prioritization.topsis([[1, 2], [3, 4]], [1, 1], [True]), "each of the 2 criteria"),
        (lambda t: pmo.prioritization.topsis([[1, 2], [3, 4]], [1, 1], [2, 1]), "each of the 2 criteria"),
        (
            lambda t: pmo.prioritization.promethee([[1], [3]], [1], [True], "linear", [1, 2]),
            "each of the 1 crit",
        ),
    ],
)
def test_names_kinds_and_sizes_are_refused_in_words(
    call: Callable[..., Any], words: str, things: dict[str, Any]
) -> None:
    test_a_slip_is_answered_in_words(call, words, things)


def test_a_whole_number_larger_than_any_number_is_refused_in_words() -> None:
    for large in (10**400, [10**400, -1], [[-(10**400)]]):
        with pytest.raises(InputError, match="numbers are needed"):
            pmo.finance.npv(0.1, large)
        with pytest.raises(InputError):
            pmo.risk.cvar([1.0, 2.0], large, "upper")
    with pytest.raises(InputError, match="a number that has an end"):
        doors.factor(10**400, "the budget of 'Lean'")
