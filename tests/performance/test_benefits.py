"""Benefits, change load, gates and risks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pmo_kit.errors import DataError
from pmo_kit.figures import performance as figures
from pmo_kit.performance import (
    coverage_by_area,
    directions,
    exposure_by_class,
    gate_coverage,
    load_on_units,
    reference_class,
    review_benefits,
    risk_movement,
    top_risks,
)
from pmo_kit.register import Register
from tests.conftest import shipped_register

SETTINGS = pd.DataFrame(
    {
        "key": ["as_of", "currency", "money_unit", "price_basis"],
        "value": ["2026-12-31", "EUR", "million", "nominal"],
    }
)
PROJECTS = pd.DataFrame(
    {
        "project_id": ["A", "B", "C"],
        "name": ["Alpha", "Beta", "Gamma"],
        "area": ["North", "North", "South"],
        "stage": ["full_case", "outline_case", "delivery"],
        "strategic_goal": "G1",
    }
)


def register(**tables: pd.DataFrame) -> Register:
    costs = pd.DataFrame({"project_id": ["A", "B", "C"], "year": 2027, "amount": 1.0})
    goals = pd.DataFrame({"goal": ["G1"], "label": ["Safe water"]})
    areas = pd.DataFrame({"area": ["North", "South"], "headcount": [100.0, 200.0], "change_threshold": [0.3, 0.3]})
    return Register(
        **({"projects": PROJECTS, "costs": costs, "goals": goals, "areas": areas, "settings": SETTINGS} | tables)
    )


@pytest.fixture(scope="module")
def meridian() -> Register:
    return shipped_register("meridian")


def test_approved_forecast_and_realized() -> None:
    rows = [
        ("A", "Fuel", "2025", 4.0, 3.0, 3.0),
        ("A", "Fuel", "2026", 4.0, 4.0, 2.0),
        ("A", "Fuel", "2027", 4.0, 3.5, None),
    ]
    rows += [("B", "Time", "2026", 2.0, 2.0, None)]
    status = pd.DataFrame(rows, columns=["project_id", "benefit", "period", "planned", "forecast", "actual"])
    profile = pd.DataFrame({"project_id": ["A"], "benefit": ["Fuel"], "owner": ["Ann"], "measure": ["litres"]})
    found = review_benefits(register(benefit_status=status, benefit_profiles=profile))
    fuel, time = found.table.set_index("benefit").loc[["Fuel", "Time"]].itertuples()
    assert (fuel.approved, fuel.forecast, fuel.due, fuel.realized, fuel.rate) == (12, 8.5, 8, 5, 0.625)
    assert not time.reported
    assert found.summary == "1 benefit reports: 5.0 realized of 8.0 due (EUR million, nominal), 63 %."


def test_a_business_case_that_is_no_longer_true() -> None:
    rows = [
        ("A", "whole_life_cost", 10.0, 14.0),
        ("A", "whole_life_benefit", 12.0, 12.0),
        ("B", "whole_life_cost", 5.0, 5.0),
    ]
    rows += [("B", "whole_life_benefit", 4.0, 4.0)]
    baselines = pd.DataFrame(rows, columns=["project_id", "quantity", "baseline", "now"])
    status = pd.DataFrame({"project_id": ["A"], "benefit": ["Fuel"], "period": ["2026"], "planned": [1.0]})
    cases = review_benefits(register(baselines=baselines, benefit_status=status)).cases
    assert cases["holds"].to_dict() == {"A": False, "B": True}
    assert cases.loc["A", ["net_approved", "net_now"]].tolist() == [2, -2]
    unknown = pd.concat([baselines, baselines[:2].assign(project_id="C", now=np.nan)], ignore_index=True)
    cases = review_benefits(register(baselines=unknown, benefit_status=status)).cases
    assert sorted(cases.index) == ["A", "B"], "what nobody states today is not nought"


def test_claims_and_outturns_make_a_reference_class(meridian: Register) -> None:
    table = reference_class(meridian).set_index(["quantity", "area"])
    status = meridian.table("benefit_status").dropna(subset=["actual"])
    assert table.loc[("benefit", "All"), "pooled"] == pytest.approx(status["actual"].sum() / status["planned"].sum())
    assert pd.isna(table.loc[("benefit", "Digital"), "median"])
    assert table.loc[("cost", "All"), "low"] <= table.loc[("cost", "All"), "high"]


def test_change_load_by_hand() -> None:
    rows = [
        ("A", "North", "2027-Q1", 0.2, 3),
        ("B", "North", "2027-Q1", 0.3, 2),
        ("B", "South", "2027-Q1", 0.3, 1),
    ]
    impacts = pd.DataFrame(rows, columns=["project_id", "unit", "quarter", "headcount_share", "severity"])
    found = load_on_units(register(change_impacts=impacts))
    north = found.table.set_index("unit").loc["North"]
    assert north["load"] == pytest.approx(0.4)
    assert north["people"] == pytest.approx(40)
    assert north["over"] == pytest.approx(0.1)
    assert found.collisions["project_id"].tolist() == ["A", "B"]
    assert found.collisions["clears"].all()
    fewer = load_on_units(register(change_impacts=impacts[impacts["project_id"] == "B"]))
    assert fewer.collisions.empty
    assert "No unit" in fewer.summary


def test_too_much_change_for_customer(meridian: Register) -> None:
    found = load_on_units(meridian)
    assert set(found.collisions["quarter"]) == {"2027-Q3", "2027-Q4"}
    assert found.collisions["name"].iloc[0] == "Smart meters"
    assert found.grid.to_numpy().sum() == pytest.approx(found.table["load"].sum())


def test_gates_asked_passed_and_missing() -> None:
    rows = [
        ("A", "outline_case", "Goal", True),
        ("A", "full_case", "Costs", False),
        ("C", "delivery", "Tender", True),
    ]
    gates = pd.DataFrame(rows, columns=["project_id", "gate", "check", "passed"])
    table = gate_coverage(register(gates=gates))
    assert table["asked"].to_dict() == {"A": 2, "B": 1, "C": 3}
    assert table["missing"].to_dict() == {"A": 0, "B": 1, "C": 2}
    areas = coverage_by_area(table)
    assert areas.loc["All", ["asked", "passed"]].tolist() == [6, 2]
    assert areas.at["All", "coverage"] == pytest.approx(2 / 6)


def test_risks_move() -> None:
    def with_risks(**probability: float) -> Register:
        risks = pd.DataFrame({"risk": list(probability), "probability": list(probability.values())})
        risks = risks.assign(
            project_id="A", risk_class="human", cost_low=0.0, cost_likely=3.0, cost_high=6.0, owner="Ann"
        )
        return register(risks=risks)

    moved = risk_movement(with_risks(R1=0.5, R2=0.1, R4=0.2), with_risks(R1=0.2, R2=0.1, R3=0.3)).set_index("risk")
    assert moved["movement"].to_dict() == {"R1": "up", "R2": "same", "R4": "new", "R3": "closed"}
    assert moved.at["R1", "exposure"] == 1.5
    assert exposure_by_class(moved.reset_index()).loc[
        "human", ["exposure", "before", "risks"]
    ].tolist() == pytest.approx([2.4, 1.8, 3])
    assert top_risks(moved.reset_index())["risk"].tolist() == ["R1", "R4", "R2"]


def test_actions_past_their_date(meridian: Register) -> None:
    table = directions(meridian)
    assert table["days_late"].iloc[0] > 0
    assert not table["status"].isin(["done", "dropped"]).any()


def test_absent_tables_say_what_to_add() -> None:
    for reader in (review_benefits, load_on_units, gate_coverage, risk_movement):
        with pytest.raises(DataError):
            reader(register())


def test_what_a_unit_can_take_is_told_only_where_it_is_stated() -> None:
    impacts = pd.DataFrame({"project_id": ["A", "C"], "unit": ["North", "South"], "quarter": "2027-Q1"})
    impacts = impacts.assign(headcount_share=0.9, severity=3.0)
    areas = pd.DataFrame({"area": ["North", "South"], "change_threshold": [None, 1.0]})
    half = figures.change_load(load_on_units(register(change_impacts=impacts, areas=areas)))
    assert half.title == "No unit that states how much it can take is asked for more change than it can take"
    none = register(change_impacts=impacts, areas=areas.assign(change_threshold=pd.NA))
    assert figures.change_load(load_on_units(none)).title == "How much change a unit can take is not stated"
