"""The line that holds, money between years and one year later, as a committee sees them."""

from __future__ import annotations

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits.display import plain
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import scenarios
from tests.conftest import shipped_register
from tests.figures.two_projects import two_projects


@pytest.mark.long
def test_lines_of_the_twelve() -> None:
    question = pmo.Question(shipped_register("meridian_12"))
    allocation = pmo.arbitrate(question)
    order = pmo.frontier(question, [0.7, 0.85, 1.0, 1.1], nested=True)
    table = figures.holds(order)
    assert table.data["price"].tolist() == order.table["price"].tolist()
    assert table.data["projects"].iloc[-1] == len(order.order)
    moved = pmo.arbitration.money_moves(allocation, amounts=[1, 2])
    assert moved["gain"].max() == 0
    assert "would gain nothing" in figures.moves(allocation, moved).title
    costs = pmo.arbitration.cost_of_delay(allocation)
    later = figures.delay(allocation, costs)
    assert costs.empty
    assert later.title == "No funded project may start a year later"


def test_what_a_limit_left_unknown_of_a_delay_is_not_said_to_be_known() -> None:
    """A gains between −2 and +3 by what is proven, B gains for sure, of C no plan was found, D may not start later."""
    allocation = pmo.arbitrate(pmo.Question(two_projects(budget=17.0)))
    endless, nothing = float("inf"), float("nan")
    costs = pd.DataFrame(
        [["A", True, 7.0, -2.0, 3.0], ["B", True, 9.0, -1.0, -1.0], ["C", True, nothing, -4.0, endless],
         ["D", True, nothing, nothing, nothing]],
        columns=["name", "in_plan", "value", "cost", "cost_upper"], index=pd.Index([*"ABCD"], name="project_id"),
    )  # fmt: skip
    table = figures.delay(allocation, costs)
    assert table.title == "One year later costs most for B; one funded project would gain by waiting"
    assert table.note.startswith("Of two funded projects that may start a year later")
    assert "For one funded project a limit ended the search before a plan was found." in table.note
    assert table.note.endswith(" Not proven: A −2.0 to 3.0.")
    unknown = figures.delay(allocation, costs.loc[["C", "D"]])
    assert "latest start" not in plain(unknown)
    assert "the portfolio nothing" in figures.delay(allocation, costs.loc[["B"]]).title


@pytest.mark.parametrize("basis", ["likely", "expected"])
def test_what_the_value_of_a_plan_is_called_is_said_alike(basis: str) -> None:
    """Net value alone would be another number where a question is asked on expected figures, or of points."""
    register = two_projects(budget=17.0)
    options = pmo.Question(register).options
    words = "expected" if basis == "expected" else "planned"
    goals = {
        "npv": f"{words} net value",
        "npsv": f"{words} net value to society",
        "points": "value",
    }
    for value, goal in goals.items():
        of = pd.Series(1.0, options.index, name="points") if value == "points" else value
        question = pmo.Question(register, value=of, basis=basis)
        assert question.goal == goal
        allocation, ladder = pmo.arbitrate(question), pmo.frontier(question, [0.6, 1.0])
        assert allocation.summary.lower().startswith(f"{goal} ")
        assert f"the {goal} goes from" in ladder.summary
        assert figures.frontier(ladder, allocation).title.startswith("40\u202f% less money costs ")
        assert " more " not in figures.frontier(ladder, allocation).title


def test_a_project_that_only_changes_its_size_is_named() -> None:
    """A case of the twelve under which a plan keeps the same projects is not shown as one that changes nothing."""
    question = pmo.Question(shipped_register("meridian_12"), overrides=False)
    comparison = pmo.compare(question, [pmo.Scenario(f"Money {x}", budget=x) for x in (0.7, 0.85, 0.95, 1.1)])
    rows = scenarios.results(comparison).data.set_index("scenario")
    base, names = comparison.allocations[comparison.base].plan, question.register.projects["name"]
    only = 0
    for case, allocation in comparison.allocations.items():
        kept = [p for p in base.keys() & allocation.plan.keys() if "stop" not in (base[p], allocation.plan[p])]
        sized = [names[p] for p in kept if base[p] != allocation.plan[p]]
        only += bool(sized)
        assert (rows.loc[case, "resized"] == "–") == (not sized)
        assert not sized or any(rows.loc[case, "resized"].startswith(name) for name in sized)
        moved = rows.loc[case, ["entered", "left", "resized"]].ne("–").any()
        assert moved == (dict(allocation.plan) != dict(base))
    assert only


def test_money_that_gains_in_another_amount_than_those_tried_is_not_nothing() -> None:
    """Page one names the best move of any amount; the table of moves does not then say that there is none."""
    allocation = pmo.arbitrate(pmo.Question(shipped_register("meridian_12")))
    moved = pmo.arbitration.money_moves(allocation, amounts=[1, 2])
    moved.loc[3, ["gain", "most", "cap"]] = [-1.0, 0.7, 0.4]
    table = figures.moves(allocation, moved)
    assert table.data[["amount", "gain"]].to_numpy().tolist() == [[0.4, 0.7]]
    assert table.title.startswith(f"0.4 moved from {moved.loc[3, 'from_year']:.0f}")
    assert "would gain 0.7" in table.title
    assert "would gain nothing" in figures.moves(allocation, moved.assign(most=0.0)).title
