"""The review of a register: Meridian's two watermelons, figures that do not add up, sums by area."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.errors import DataError
from pmo_kit.performance import RagRules, review_performance
from pmo_kit.performance.review import apply_rules, roll_up
from pmo_kit.register import Register
from tests.conftest import shipped_register

AS_OF = pd.DataFrame(
    {
        "key": ["as_of", "currency", "money_unit", "price_basis"],
        "value": ["2026-06-30", "EUR", "million", "nominal"],
    }
)


def register_of(status: pd.DataFrame, **tables: pd.DataFrame) -> Register:
    """A register of the projects that a status table names."""
    ids = sorted(set(status["project_id"]))
    projects = pd.DataFrame({"project_id": ids, "name": [f"Project {i}" for i in ids], "area": "North"})
    costs = pd.DataFrame({"project_id": ids, "year": 2027, "amount": 1.0})
    return Register(projects=projects, costs=costs, status=status, settings=AS_OF, **tables)


def months(project: str, pv: list[float], ev: list[float], ac: list[float], bac: float = 100) -> pd.DataFrame:
    """Status rows from January 2026 on; figures may stop before the plan does."""
    n = len(pv)
    pad = [np.nan] * (n - len(ev))
    periods = [f"2026-{month:02d}" for month in range(1, n + 1)]
    return pd.DataFrame(
        {"project_id": project, "period": periods, "bac": bac, "pv": pv, "ev": ev + pad, "ac": ac + pad}
    )


@pytest.fixture(scope="module")
def twelve() -> Register:
    return shipped_register("meridian_12")


def test_both_watermelons_are_found_with_their_reason(twelve: Register) -> None:
    review = review_performance(twelve)
    assert set(review.watermelons.index) == {"P06", "P12"}
    assert "0.81 earned per 1 spent" in review.table.at["P06", "reason"]
    assert review.table.at["P12", "reason"] == "8.6 months earned in 12"
    assert review.table.at["P12", "es"] == pytest.approx(8.6)
    assert review.table.at["P12", "slip_months"] == 14
    assert review.table.loc["P06", ["bac", "pv", "ev", "ac"]].tolist() == [30, 24, 18.2, 22.5]
    assert review.table.at["P12", "rag_assured"] == "A"
    assert "Billing replacement, Control-room upgrade" in review.summary
    assert review.inputs["register"] == twelve.fingerprint
    assert "Billing replacement" in review._repr_html_()


def test_an_earlier_date_gives_earlier_figures(twelve: Register) -> None:
    review = review_performance(twelve, as_of=pd.Timestamp("2026-03-26").date())
    assert review.table.at["P06", "period"] == "2026-02"
    assert review.table.at["P06", "ev"] == 10.2


def test_figures_that_contradict_themselves_are_listed_and_in_no_sum() -> None:
    good = months("A", [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 50], [10, 20, 30, 40, 50, 60])
    above = months("B", [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 120], [10, 20, 30, 40, 50, 60])
    falling = months("C", [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 45])
    gap = months("D", [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 60], [10, 20, 30, 40, 50, 60]).drop(index=2)
    stale = months("E", [10, 20, 30, 40, 50, 60], [10, 20], [10, 20])
    with pytest.raises(DataError, match="EV 120 is above BAC 100"):
        register_of(above)
    # A register that was changed after it was read is not checked again; the review still refuses the figure.
    sound = register_of(pd.concat([good, above.assign(ev=above["pv"]), falling, gap, stale], ignore_index=True))
    status = sound.table("status")
    status.loc[(status["project_id"] == "B") & (status["period"] == "2026-06"), "ev"] = 120.0
    review = review_performance(sound.replace(status=status))
    found = set(zip(review.findings["project_id"], review.findings["rule"], strict=True))
    assert ("B", "EV not above BAC") in found
    assert ("C", "AC does not fall") in found
    assert {("D", "no gap in periods"), ("D", "whole plan curve")} <= found
    assert ("E", "status up to date") in found
    assert not any(project == "A" for project, _ in found)
    assert review.table["counted"].to_dict() == {"A": True, "B": False, "C": True, "D": True, "E": True}
    assert review.table.loc["B", ["ev", "cpi", "eac_cpi", "spi_t"]].isna().all()
    assert review.table["spi_t"].notna().to_dict() == {
        "A": True,
        "B": False,
        "C": True,
        "D": False,
        "E": True,
    }
    assert review.areas.at["All", "ev"] == 50 + 60 + 60 + 20
    assert review.areas.at["All", "counted"] == 4
    assert "1 not counted" in review.summary


def test_mixed_periods_are_refused() -> None:
    status = months("A", [10, 20], [10, 20], [10, 20])
    status.loc[1, "period"] = "2026-Q2"
    with pytest.raises(DataError):
        review_performance(register_of(status))


def test_a_register_without_status_says_what_to_add() -> None:
    register = register_of(months("A", [1], [1], [1])).replace(status=pd.DataFrame())
    with pytest.raises(DataError, match="status"):
        review_performance(register)


def test_finished_work_keeps_its_time_index() -> None:
    plan = [50.0, 100.0, 100.0, 100.0, 100.0, 100.0]
    review = review_performance(
        register_of(months("A", plan, [40, 70, 100, 100, 100, 100], [40, 80, 110, 110, 110, 110]))
    )
    row = review.table.loc["A"]
    assert (row["state"], row["es"], row["at"], row["eac_cpi"]) == ("finished", 2, 3, 110)
    assert row["spi_t"] == pytest.approx(2 / 3)


def test_rag_follows_the_stated_limits() -> None:
    table = pd.DataFrame(
        {
            "cpi": [0.95, 0.949, 0.85, 0.84, np.nan],
            "spi": 1.0,
            "spi_t": [1.0, np.nan, 0.8, 1.0, np.nan],
            "es": 1.0,
            "at": 1.0,
            "benefit_share": np.nan,
            "rag_declared": ["G", "G", "G", "A", None],
        }
    )
    rated = apply_rules(table, RagRules())
    assert rated["rag_rule"].tolist() == ["G", "A", "R", "R", "G"]
    assert rated["watermelon"].tolist() == [False, False, True, False, False]


rows = st.lists(
    st.tuples(st.sampled_from("abc"), st.floats(1, 100), st.floats(0, 100), st.floats(0, 1), st.floats(0, 100)),
    min_size=1,
    max_size=12,
)


@settings(deadline=None)
@given(rows)
def test_sums_by_area_add_up_and_ratios_come_from_sums(
    cases: list[tuple[str, float, float, float, float]],
) -> None:
    table = pd.DataFrame(cases, columns=["area", "bac", "pv", "done", "ac"])
    table["ev"] = table["bac"] * table.pop("done")
    table = table.assign(es=1.0, at=2.0, counted=True, watermelon=False)
    table[["rag_declared", "rag_assured", "rag_rule"]] = "G"
    rolled = roll_up(table, "area")
    parts, total = rolled.drop(index="All"), rolled.loc["All"]
    for name in ("projects", "bac", "pv", "ev", "ac", "cv", "sv", "rag_rule_G"):
        assert parts[name].sum() == pytest.approx(total[name])
    if total["ac"] > 0:
        assert total["cpi"] == pytest.approx(table["ev"].sum() / table["ac"].sum())
    assert (parts["cpi"].min() <= total["cpi"] + 1e-9) or parts["cpi"].isna().any()
