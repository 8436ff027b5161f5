"""What one year later costs, against trying every plan."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import pmo_kit as pmo
from pmo_kit.arbitration import cost_of_delay
from pmo_kit.arbitration.model import NO_BOUND, ONE
from pmo_kit.arbitration.search import Found
from pmo_kit.errors import InfeasibleError
from pmo_kit.figures.arbitration import delay
from tests.arbitration.test_brute_force import ask
from tests.arbitration.test_budgets import every_plan
from tests.strategies import Case, Project, brief, cases


@pytest.mark.long
@brief(5)
@given(cases(most=3))
def test_cost_of_one_year_later(case: Case) -> None:
    question = ask(case)
    try:
        allocation = pmo.arbitrate(question)
    except InfeasibleError:
        return
    later = question.replace(deferral=question.deferral + 1)
    options = later.built
    plans = list(every_plan(later))
    table = cost_of_delay(allocation)
    told = set()
    for project, plan in allocation.table.iterrows():
        years = int(plan["delay"]) + 1
        late = {i for i in options.of(str(project)) if options.delays[i] == years}
        if not late:
            continue
        told.add(project)
        values = [
            value
            for chosen, value in plans
            if late & set(chosen)
            and all(options.delays[i] <= question.deferral for i in chosen if options.project_ids[i] != project)
        ]
        row = table.loc[project]
        assert (row["later"], row["in_plan"]) == (years, plan["decision"] == "fund")
        assert row["value"] == pytest.approx(max(values, default=np.nan), abs=1e-6, nan_ok=True)
        assert row["cost"] == pytest.approx(allocation.value - row["value"], abs=1e-6, nan_ok=True)
        assert row["cost_upper"] == pytest.approx(row["cost"], abs=1e-6, nan_ok=True)
    assert told == set(table.index)
    assert table["cost"].dropna().is_monotonic_decreasing


def two_that_start_later() -> pmo.Question:
    drawn = (("A", 2028, (5,), (0, 8, 7, 10)), ("B", 2028, (5,), (0, 7, 7, 1)), ("C", None, (10,), (0, 15)))
    projects = []
    for p, latest, *money in drawn:
        costs, benefits = ({"full": tuple(map(Fraction, amounts))} for amounts in money)
        projects.append(Project(p, "North", "discretionary", True, latest, True, costs, benefits, {"full": ()}))
    budget = (Fraction(10),) * 3
    return ask(Case(projects, budget, Fraction(0), None, None, None, budget, deferral=1))


def test_two_that_start_later_together() -> None:
    """Within the years that the question allows, another may start later too: A late is best with B late and C in."""
    allocation = pmo.arbitrate(two_that_start_later())
    assert (allocation.plan, allocation.value) == ({"A": "full", "B": "full"}, 30)
    assert cost_of_delay(allocation)["value"].to_dict() == {"A": 10 + 9 + 5, "B": 20 + 9}


def test_what_is_known_of_prices_is_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a start within the years that the question allows is a price; it is the same without prices."""
    allocation = pmo.arbitrate(two_that_start_later())
    searched = cost_of_delay(allocation)
    pmo.explain(allocation)
    monkeypatch.setattr("pmo_kit.arbitration.prices.Pool.search", None)
    pd.testing.assert_frame_equal(cost_of_delay(allocation), searched)


def test_what_a_limit_left_unknown_is_an_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known of A but that its plans are worth 26 at most; of B, started late, that there is none."""
    allocation = pmo.arbitrate(two_that_start_later())
    answers = iter([Found("unknown", None, 0, 26 * ONE, 9), Found("infeasible", None, 0, -NO_BOUND, 0)])
    monkeypatch.setattr("pmo_kit.arbitration.prices.Pool.search", lambda *_: next(answers))
    table = cost_of_delay(allocation)
    assert table.loc["A", ["cost", "cost_upper"]].tolist() == [4, np.inf]
    assert table["value"].isna().all()
    assert table.loc["B", ["cost", "cost_upper"]].isna().all()
    assert delay(allocation, table).title == "What one year later costs is not known: a limit ended the search"


def test_a_project_that_comes_too_late_for_all_its_benefits_costs_what_it_costs() -> None:
    """Its benefit is of 2028 and ends there: a year later all of it is lost, and two years later too."""
    money = ({"full": (Fraction(5),)}, {"full": (Fraction(0), Fraction(12))}, {"full": ()})
    budget = (Fraction(10),) * 3
    case = Case(
        [Project("A", "North", "discretionary", True, 2029, True, *money)],
        budget,
        Fraction(0),
        None,
        None,
        None,
        budget,
    )
    for deferral in (0, 1):
        allocation = pmo.arbitrate(ask(dataclasses.replace(case, deferral=deferral)))
        assert (allocation.value, allocation.table.loc["A", "delay"]) == (7, 0)
        assert cost_of_delay(allocation).loc["A", ["later", "value", "cost"]].tolist() == [1, -5, 12]
    late = pmo.Scenario("late", delay={"all": 1})(pmo.Question(case.register(), deferral=1))
    assert late.options["value"].tolist() == [-5, -5]
