"""Appraisal against the printed table of Meridian Water and against sums done by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmo_kit.appraisal import appraise
from pmo_kit.errors import DataError
from pmo_kit.register import Register, load_register

TWELVE = """P01 full 14 14 -6
P02 full 16 18 19
P02 two_districts 7 8 9
P03 full 4 3 -3
P04 full 5 4 13
P05 full 3 3 8
P06 full 6 4 2
P06 stop 1.5 0 -1.5
P07 full 12 10 7
P07 worst_12 6 5 5
P08 full 6 5 -4
P09 full 8 2 6
P10 full 1 1 4
P11 full 1.5 1 4
P12 full 7 6 5"""


def register(costs: list, benefits: list | None = None, **settings: object) -> Register:
    """A register of plain rows."""
    cost = pd.DataFrame(costs, columns=["project_id", "level", "year", "kind", "state", "amount"])
    gain = pd.DataFrame(benefits or [], columns=["project_id", "benefit", "level", "year", "kind", "amount"])
    ids = cost["project_id"].unique()
    stops = set(cost.loc[cost["level"] == "stop", "project_id"])
    commitment = ["committed" if i in stops else "discretionary" for i in ids]
    tables = {
        "projects": pd.DataFrame({"project_id": ids, "name": ids, "area": "A", "commitment": commitment}),
        "levels": cost[["project_id", "level"]].dropna().drop_duplicates(),
        "costs": cost,
    }
    if benefits:
        tables["benefits"] = gain
    base = {
        "currency": "EUR", "money_unit": "million", "price_basis": "real", "price_base_year": 2026,
        "discount_schedule": "none", "discount_to": 2027, "timing": "start", "as_of": "2026-09-30",
    }  # fmt: skip
    return Register(settings={**base, **settings}, **tables)


def cost(project: str, year: int, amount: float, level: str | None = "full", **more: str) -> tuple:
    return (project, level, year, more.get("kind", "capex"), more.get("state", "planned"), amount)


def test_the_twelve_have_the_npv_of_the_table() -> None:
    costs, benefits, expected = [], [], {}
    for line in TWELVE.splitlines():
        project, level, c27, c28, npv = line.split()
        kind = "exit" if level == "stop" else "capex"
        costs += [
            cost(project, 2027, float(c27), level, kind=kind),
            cost(project, 2028, float(c28), level, kind=kind),
        ]
        total = float(npv) + float(c27) + float(c28)
        parts = [round(total / 4, 1), round(total / 4, 1)]
        for year, part in zip((2029, 2030, 2031), [*parts, total - sum(parts)], strict=True):
            benefits.append((project, "benefit", level, year, "cash", part))
        expected[project, level] = float(npv)
    appraisal = appraise(register(costs, benefits))
    assert appraisal.table["npv"].to_dict() == pytest.approx(expected, abs=1e-9)
    assert appraisal.spend.loc[("P06", "stop")].tolist() == [1.5, 0, 0, 0, 0]
    assert appraisal.spend.loc[("P01", "full"), 2028] == 14
    assert appraisal.table.loc[("P06", "stop"), "irr_reason"] == "no change of sign"
    assert "12 projects with 15 levels appraised: 11 of 15 levels have a positive NPV" in appraisal.summary


def test_the_shipped_twelve() -> None:
    table = appraise(load_register(Path(__file__).parents[1] / "data/samples/meridian_12")).table
    printed = {}
    for line in TWELVE.splitlines():
        project, level, *_, npv = line.split()
        printed[project, level] = float(npv)
    assert table["npv"].rename({"districts": "two_districts"}).to_dict() == pytest.approx(printed, abs=1e-9)


def test_discounting_timing_and_ratios_by_hand() -> None:
    costs = [cost("A", 2027, 100)]
    benefits = [("A", "b", "full", 2028, "cash", 66), ("A", "b", "full", 2029, "cash", 60.5)]
    row = appraise(register(costs, benefits, discount_schedule="flat_10")).table.loc[("A", "full")]
    assert row["pv_benefit"] == pytest.approx(60 + 50)
    assert row["npv"] == pytest.approx(10)
    assert row["bcr"] == pytest.approx(1.1)
    assert row["switching_cost"] == pytest.approx(0.1)  # costs may rise by 10 %
    assert row["switching_benefit"] == pytest.approx(-1 / 11)
    assert row["payback"] == pytest.approx(1 + 34 / 60.5)
    assert row["irr"] == pytest.approx((66 + (66**2 + 4 * 100 * 60.5) ** 0.5) / 200 - 1)
    middle = appraise(register(costs, benefits, timing="mid"), schedule="flat_10").table.loc[("A", "full")]
    end = appraise(register(costs, benefits, timing="end"), schedule="flat_10").table.loc[("A", "full")]
    assert middle["npv"] == pytest.approx(10 / 1.1**0.5)
    assert end["npv"] == pytest.approx(10 / 1.1)


def test_sunk_costs_are_shown_and_never_counted() -> None:
    costs = [cost("A", 2026, 5), cost("A", 2027, 3, None, state="actual"), cost("A", 2027, 4)]
    appraisal = appraise(
        register(
            costs,
            [("A", "b", "full", 2026, "cash", 9), ("A", "b", "full", 2028, "cash", 6)],
            as_of="2027-03-31",
        )
    )
    assert appraisal.sunk["A"] == 8
    assert appraisal.table.loc[("A", "full"), ["cost", "npv"]].tolist() == [4, 2]
    sizes = [cost("A", 2026, 5), cost("A", 2026, 3, "reduced"), cost("A", 2027, 4), cost("A", 2027, 2, "reduced")]
    assert appraise(register(sizes)).sunk["A"] == 5, "levels are totals, never increments"
    own = [cost("A", 2026, 5, "north"), cost("A", 2026, 3, "south"), cost("A", 2026, 2, None, state="actual")]
    assert appraise(register([*own, cost("A", 2027, 4, "north")])).sunk["A"] == 7, "money spent is a part of each level"


def test_social_value_counts_no_benefit_twice() -> None:
    benefits = [
        ("A", "tariff", "full", 2028, "cash", 5),
        ("A", "tariff", "full", 2028, "economic", 8),
        ("A", "health", "full", 2028, "non_cash", 3),
        ("A", "spend less", "full", 2028, "cash", 1),
        ("A", "noise", "full", 2028, "disbenefit", 2),
    ]
    row = appraise(register([cost("A", 2027, 4)], benefits)).table.loc[("A", "full")]
    assert row["npv"] == 5 + 1 - 4
    assert row["npsv"] == 8 + 3 + 1 - 2 - 4
    assert row["bcr_social"] == 2.5


def test_several_rates_are_named() -> None:
    costs = [cost("A", 2027, 100), cost("A", 2029, 132)]
    row = appraise(register(costs, [("A", "b", "full", 2028, "cash", 230)])).table.loc[("A", "full")]
    assert np.isnan(row["irr"])
    assert row["irr_reason"] == "several rates: 10.0%, 20.0%"
    assert row["payback_recrosses"]


def test_without_benefits_there_is_no_npv() -> None:
    appraisal = appraise(register([cost("A", 2027, 4)]))
    assert np.isnan(appraisal.table.loc[("A", "full"), "npv"])
    assert appraisal.table.loc[("A", "full"), "cost"] == 4
    assert "no benefits are stated" in appraisal.summary


def test_a_missing_amount_is_missing_and_never_zero() -> None:
    tables = register([cost("A", 2027, 5), cost("B", 2027, 1)], [("A", "b", "full", 2028, "cash", 6)])
    tables = tables.replace(costs=tables.costs.assign(amount=tables.costs["amount"].replace(5, np.nan)))
    appraisal = appraise(tables)
    assert np.isnan(appraisal.table.loc[("A", "full"), "npv"])
    assert np.isnan(appraisal.spend.loc[("A", "full"), 2027])
    assert appraisal.table.loc[("B", "full"), "cost"] == 1


def test_no_ratio_without_costs() -> None:
    row = appraise(register([cost("A", 2027, 0)], [("A", "b", "full", 2028, "cash", 6)])).table.loc[("A", "full")]
    assert np.isnan(row["bcr"])
    assert row["payback"] == 0


def test_real_rates_on_nominal_flows_are_refused() -> None:
    tables = register([cost("A", 2027, 4)], price_basis="nominal")
    with pytest.raises(DataError, match="nominal"):
        appraise(tables, "uk_green_book_2026")
    assert appraise(tables, "flat_5").table.loc[("A", "full"), "cost"] == 4
