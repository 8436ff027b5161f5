"""Past estimates, the stop or continue test, contingency, milestones."""

from __future__ import annotations

import pandas as pd
import pytest

from pmo_kit.figures import performance as figures
from pmo_kit.performance import (
    forecast_accuracy,
    milestone_slips,
    review_performance,
    s_curve,
    stop_or_continue,
)
from pmo_kit.performance.curves import last_month
from pmo_kit.performance.review import period_name
from pmo_kit.register import Register
from tests.conftest import shipped_register

SETTINGS = pd.DataFrame(
    {
        "key": ["as_of", "currency", "money_unit", "price_basis", "discount_schedule"],
        "value": ["2026-04-30", "EUR", "million", "nominal", "none"],
    }
)


@pytest.fixture(scope="module")
def twelve() -> Register:
    return shipped_register("meridian_12")


@pytest.fixture(scope="module")
def small() -> Register:
    """A is finished at 110; B runs, has earned 20 of 100 for 40, and could be left for 2."""
    rows = [
        ("A", "2026-01", 100, 50, 40, 50),
        ("A", "2026-02", 100, 100, 80, 90),
        ("A", "2026-03", 100, 100, 100, 110),
    ]
    rows += [
        ("B", "2026-03", 100, 10, 10, 10),
        ("B", "2026-04", 100, 40, 20, 40),
        ("B", "2026-05", 100, 100, None, None),
    ]
    status = pd.DataFrame(rows, columns=["project_id", "period", "bac", "pv", "ev", "ac"])
    costs = [
        ("A", "full", 2027, "capex", 1.0),
        ("B", "full", 2027, "capex", 80.0),
        ("B", "stop", 2027, "exit", 2.0),
    ]
    baselines = pd.DataFrame(
        {"project_id": ["B"], "quantity": "contingency", "baseline": 10.0, "last": 8.0, "now": 5.0}
    )
    return Register(
        projects=pd.DataFrame(
            {
                "project_id": ["A", "B"],
                "name": ["Alpha", "Beta"],
                "area": "North",
                "commitment": ["discretionary", "committed"],
            }
        ),
        levels=pd.DataFrame({"project_id": ["B", "B"], "level": ["full", "stop"]}),
        costs=pd.DataFrame(costs, columns=["project_id", "level", "year", "kind", "amount"]),
        benefits=pd.DataFrame({"project_id": ["B"], "level": "full", "year": 2028, "kind": "cash", "amount": 120.0}),
        baselines=baselines,
        status=status,
        settings=SETTINGS,
    )


def test_an_estimate_is_held_against_the_oldest_of_the_last_periods(small: Register) -> None:
    table = forecast_accuracy(review_performance(small))
    assert table.loc["B", ["eac", "eac_before", "drift"]].tolist() == [200, 100, 100]
    assert table.at["A", "eac_before"] == 125


def test_only_the_future_decides(small: Register) -> None:
    table = stop_or_continue(small, review_performance(small))
    assert list(table.index) == ["B"]
    row = table.loc["B"]
    assert (row["npv_continue"], row["npv_stop"], row["gain"]) == (40, -2, 42)
    assert row["etc"] == 160
    assert row["gain_at_cpi"] == 42 - 80
    assert row["verdict"] == "look again"


def test_stopping_billing_is_worth_a_look(twelve: Register) -> None:
    """Forward: worth 2.0 against -1.5; at today's performance 14.6 is to come, not 10: 3.5 - 4.6 < 0."""
    row = stop_or_continue(twelve, review_performance(twelve)).loc["P06"]
    assert (row["npv_continue"], row["npv_stop"], row["to_spend"]) == (2, -1.5, 10)
    assert row["gain_at_cpi"] == pytest.approx(3.5 - (22.5 + 11.8 / (18.2 / 22.5) - 22.5 - 10))
    assert row["verdict"] == "look again"


def test_the_s_curve_ends_where_earned_schedule_says(twelve: Register) -> None:
    curve = s_curve(review_performance(twelve), "P12")
    ends = curve.groupby("what").tail(1).set_index("what")
    assert ends.at["earned", "amount"] == 26.2
    assert ends.at["plan", "period"] == "2028-12"
    # 39 planned months / (8.6 / 12) = 54.4 months after September 2025
    assert ends.at["forecast", "period"] == "2030-03"
    with pytest.raises(KeyError, match="P01"):
        s_curve(review_performance(twelve), "P01")


@pytest.mark.parametrize("column", ["ev", "ac"])
def test_without_a_pace_nothing_is_told_at_today_s_pace(small: Register, column: str) -> None:
    """Money was spent and nothing earned, or earned and nothing spent: there is no end, no cost and no gain by pace."""
    status = small.table("status")
    status.loc[status["project_id"].eq("B") & status["ev"].notna(), column] = 0.0
    register = small.replace(status=status)
    review = review_performance(register)
    assert review.table.loc["B", ["eac_cpi", "vac"]].isna().all()
    assert "forecast" not in set(s_curve(review, "B")["what"])
    row = stop_or_continue(register, review).loc["B"]
    assert pd.isna(row["gain_at_cpi"])
    assert row["gain"] == 42
    assert "at this pace" not in figures.s_curve(review, "B").takeaway


def test_areas_count_who_reports_figures(small: Register) -> None:
    status = small.table("status")
    status.loc[status["project_id"].eq("B"), ["ev", "ac"]] = float("nan")
    table = figures.areas(review_performance(small.replace(status=status))).data
    assert table["projects"].tolist() == [1, 1]


def test_milestones_of_the_control_room(twelve: Register) -> None:
    slips = milestone_slips(twelve).set_index(["project_id", "milestone"])
    assert slips.loc[("P12", "First benefits"), ["slip_months", "moved_months"]].tolist() == [14, 10]
    assert slips["slip_months"].iloc[0] == 14


@pytest.mark.parametrize("start", [1, 4, 10])
@pytest.mark.parametrize("period", ["2026-09", "2026-Q1", "2026-Q4", "2026"])
def test_period_names_go_there_and_back(period: str, start: int) -> None:
    assert period_name(*last_month(period, start), start) == period
