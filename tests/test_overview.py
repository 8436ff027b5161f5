"""The portfolio as it is asked: meridian_12 re-added by hand, and the real register of a transport ministry."""

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit import overview
from pmo_kit.figures import overview as figures
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def register() -> pmo.Register:
    return shipped_register("meridian_12")


@pytest.fixture(scope="module")
def appraisal(register: pmo.Register) -> pmo.Appraisal:
    return pmo.appraise(register)


def test_ask_against_envelopes_by_hand(register: pmo.Register, appraisal: pmo.Appraisal) -> None:
    """2027: 14+16+4+5+3+6+12+6+8+1+1.5+7 = 83.5; 2028: 14+18+3+4+3+4+10+5+2+1+1+6 = 71."""
    table = overview.ask_against_envelopes(register, appraisal)
    assert table.to_dict("index") == {
        2027: {"asked": 83.5, "envelope": 50.0},
        2028: {"asked": 71.0, "envelope": 46.0},
    }


def test_people_by_hand(register: pmo.Register, appraisal: pmo.Appraisal) -> None:
    """Data engineers at full level: 6+4+3+3+2+4+2 = 24 for 14."""
    (row,) = overview.ask_against_capacity(register, appraisal).to_dict("records")
    assert (row["role"], row["period"], row["asked"], row["capacity"]) == (
        "data_engineer",
        "2028",
        24.0,
        14.0,
    )


def test_sums_by_goal_and_area(register: pmo.Register, appraisal: pmo.Appraisal) -> None:
    goals = overview.ask_by(register, appraisal, "strategic_goal")["asked"].to_dict()
    assert goals == {"G3": 57.5, "G1": 50.0, "G2": 22.0, "G4": 18.0, "G5": 7.0}
    areas = overview.ask_by(register, appraisal, "area")
    assert areas["asked"].sum() == pytest.approx(154.5)
    assert areas["share"].sum() == pytest.approx(1.0)


def test_the_level_asked_is_the_largest_and_never_stop(appraisal: pmo.Appraisal) -> None:
    levels = overview.asked_levels(appraisal)
    assert levels[["P02", "P06", "P07"]].tolist() == ["full", "full", "full"]


def test_the_money_of_a_project_is_what_was_spent_and_its_largest_level() -> None:
    costs = pd.DataFrame(
        {"project_id": "A", "level": ["north", "south", None], "year": [2027, 2027, 2026], "amount": [4.0, 2.0, 3.0],
         "state": ["planned", "planned", "actual"]}
    )  # fmt: skip
    projects = pd.DataFrame({"project_id": ["A", "B"], "name": ["A", "B"], "area": "Water"})
    register = pmo.Register(projects=projects, levels=costs[["project_id", "level"]].dropna(), costs=costs)
    assert overview.money_of_projects(register).dropna().to_dict() == {"A": 7.0}


def test_ratings_are_counted_apart(register: pmo.Register) -> None:
    counts = overview.confidence_counts(register)
    assert counts.loc["G"].tolist() == [2, 0]
    assert counts.loc["A"].tolist() == [0, 1]
    assert counts.sum().tolist() == [12, 12]


def test_variance_of_the_real_register_by_hand() -> None:
    """Department for Transport, March 2024: forecast 6917.21 against baseline 7310.95 where both are published."""
    register = shipped_register("gmpp_dft_2024")
    table = overview.budget_variance(register)
    both = table.dropna(subset="variance")
    assert len(both) == 17
    east_coast = table.loc[table["name"] == "East Coast Mainline Programme"].iloc[0]
    assert east_coast["baseline"] == 0
    assert east_coast["share"] != east_coast["share"]
    assert both["variance"].abs().is_monotonic_decreasing


def test_goals_against_their_targets(register: pmo.Register, appraisal: pmo.Appraisal) -> None:
    """G3 asks 57.5 of 154.5, 37.2 %, against 20 %."""
    goal = overview.spend_by_goal(register, appraisal).loc["G3"]
    assert (goal["label"], goal["owner"]) == ("Fair bills", "Customer director")
    assert goal["gap"] == pytest.approx(57.5 / 154.5 - 0.2)


def test_what_stands_on_the_data_platform(register: pmo.Register, appraisal: pmo.Appraisal) -> None:
    """P03 loses 3 alone and is required by P02 (full, 19), P04 (13) and P05 (8)."""
    row = overview.enablers(register, appraisal).loc["P03"]
    assert (row["npv"], row["dependents"], row["dependents_npv"]) == (-3.0, ("P02", "P04", "P05"), 40.0)


def test_a_project_red_in_both_ratings_counts_once() -> None:
    ids = ["P1", "P2", "P3"]
    projects = pd.DataFrame({"project_id": ids, "name": ids, "area": "A"})
    projects["rag_declared"] = projects["rag_assured"] = ["R", None, None]
    costs = pd.DataFrame({"project_id": ids, "year": 2027, "amount": 1.0})
    register = pmo.Register(settings={"currency": "EUR"}, projects=projects, costs=costs)
    tile = figures.tiles(register).data.set_index("label")["value"]
    assert tile["Rated Red"] == 1
    title = figures.headline(register, pmo.appraise(register)).title
    assert title.startswith("Three projects, one rated Red, two not rated;")
