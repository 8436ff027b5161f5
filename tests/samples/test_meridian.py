"""The large sample: made again byte for byte, with its story in the data and a plan that fits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from pmo_kit.register.schema import load_schema

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def now(name: str) -> pd.DataFrame:
    """A sheet of today's register."""
    return pd.read_csv(SAMPLES / "meridian" / f"{name}.csv")


def then(name: str) -> pd.DataFrame:
    """A sheet of the register of the committee before."""
    return pd.read_csv(SAMPLES / "meridian_2026_03" / f"{name}.csv")


def test_made_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-B", SAMPLES / "make_meridian.py", tmp_path], check=True)
    made = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    kept = sorted(
        path.relative_to(SAMPLES)
        for folder in ("meridian", "meridian_2026_03")
        for path in (SAMPLES / folder).iterdir()
    )
    assert made == sorted([*kept, Path("README.md")])
    stale = [str(path) for path in made if (tmp_path / path).read_bytes() != (SAMPLES / path).read_bytes()]
    assert stale == [], "run: python data/samples/make_meridian.py"


def test_every_table_of_the_schema_is_filled() -> None:
    tables = {table.name for table in load_schema() if not table.written}
    assert {path.stem for path in (SAMPLES / "meridian").glob("*.csv")} == tables
    assert all(len(now(name)) for name in tables)


def test_sixty_projects_and_the_twelve_unchanged() -> None:
    assert len(now("projects")) == 60
    for name in ("costs", "benefits", "resources"):
        keys = [
            "project_id",
            "level",
            *({"costs": ["year", "kind"], "benefits": ["benefit", "year"], "resources": ["role", "period"]}[name]),
        ]
        twelve = pd.read_csv(SAMPLES / "meridian_12" / f"{name}.csv")
        large = now(name)
        large = large[
            large["project_id"].le("P12") & large.get("state", pd.Series("planned", large.index)).eq("planned")
        ]
        if name == "resources":
            large = large[large["role"].eq("data_engineer")]
        number = "fte" if name == "resources" else "amount"
        both = twelve.merge(large, on=keys, how="outer", suffixes=("", "_large"))
        assert (both[number] == both[f"{number}_large"]).all()


def test_asked_is_about_1_6_times_the_envelope() -> None:
    costs, budgets = now("costs"), now("budgets")
    asked = costs[costs["state"].eq("planned") & costs["level"].fillna("full").eq("full")]["amount"].sum()
    assert asked / budgets[budgets["envelope"].eq("all")]["amount"].sum() == pytest.approx(1.6, abs=0.03)


def test_data_engineers_are_the_scarcest_people() -> None:
    asked = now("resources")
    asked = asked[asked["level"].fillna("full").eq("full")].groupby(["role", "period"])["fte"].sum()
    pressure = (asked / now("capacity").set_index(["role", "period"])["fte"]).groupby("role").max()
    assert pressure.idxmax() == "data_engineer"
    assert pressure["data_engineer"] > 1.9
    assert pressure.drop("data_engineer").max() < 1.5


def test_known_plan_fits_without_the_overrides() -> None:
    reduced = {
        "P02": "districts",
        "P06": "stop",
        "P07": "worst_12",
        "P13": "reduced",
        "P16": "reduced",
        "P30": "reduced",
        "P31": "reduced",
        "P36": "reduced",
        "P43": "reduced",
        "P53": "reduced",
        "P54": "reduced",
    }
    plan = (
        dict.fromkeys(
            [
                "P01",
                "P03",
                "P04",
                "P05",
                "P10",
                "P12",
                "P14",
                "P19",
                "P21",
                "P22",
                "P23",
                "P25",
                "P27",
                "P28",
                "P29",
                "P32",
                "P34",
                "P35",
                "P37",
                "P38",
                "P45",
                "P46",
                "P51",
                "P56",
                "P60",
                "P61",
            ],
            "full",
        )
        | reduced
    )
    projects = now("projects").set_index("project_id")
    assert set(projects.index[projects["commitment"].ne("discretionary")]) <= set(plan)

    def chosen(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[
            [plan.get(p) == v for p, v in zip(frame["project_id"], frame["level"].fillna("full"), strict=True)]
        ]

    costs = now("costs")
    spend = chosen(costs[costs["state"].eq("planned")]).merge(projects["area"], left_on="project_id", right_index=True)
    spend["all"] = "all"
    for budget in now("budgets").itertuples():
        column, _, value = budget.scope.partition("=")
        used = spend[spend[column].eq(value or "all") & spend["year"].eq(budget.year)]["amount"].sum()
        assert used <= budget.amount + 1e-9, (budget.envelope, budget.year)
    people = chosen(now("resources")).groupby(["role", "period"])["fte"].sum()
    limit = now("capacity").set_index(["role", "period"])["fte"]
    assert (people <= limit.reindex(people.index) + 1e-9).all()
    assert people["data_engineer", 2028] == limit["data_engineer", 2028] == 20


def test_overrides_name_the_chair() -> None:
    overrides = now("overrides").set_index("project_id")
    assert overrides.loc["P08", ["in_out", "decided_by"]].tolist() == ["in", "Chair"]
    assert overrides[["reason", "decided_by", "date"]].notna().all().all()


def test_requests_have_owner_date_and_consequence() -> None:
    requests = now("requests")
    assert requests[["by_when", "owner", "if_not_decided"]].notna().all().all()
    assert requests["decision"].tolist()[:3] == ["stop", "fund", "refuse"]


def test_since_the_last_committee() -> None:
    before, today = then("projects").set_index("project_id"), now("projects").set_index("project_id")
    assert set(before.index) - set(today.index) == {"P58"}
    assert set(today.index) - set(before.index) == {"P33", "P39", "P42", "P59", "P60", "P61"}
    assert (before.loc["P08", "name"], today.loc["P08", "name"]) == (
        "Visitor Centre",
        "Reservoir Learning Hub",
    )

    def amount(table: pd.DataFrame) -> float:
        return float(table[table["project_id"].eq("P08")]["amount"].sum())

    assert amount(then("costs")) == amount(now("costs")) == 11
    assert amount(now("benefits")) == 2 * amount(then("benefits")) == 7
    decisions = now("decisions")
    assert "P58" not in set(decisions["project_id"])
    march = decisions[decisions["date"].eq("2026-03-26")].set_index("project_id")
    assert march.loc["P06", ["decision", "recommended"]].tolist() == ["fund", "defer"]
    assert march.loc["P57", "decision"] == "stop"
    assert today.loc["P57", "stage"] == "stopped"


def test_stopped_project_still_spends() -> None:
    paid = now("status").query("project_id == 'P57'").set_index("period")["ac"]
    assert paid["2026-09"] - paid["2026-03"] == pytest.approx(0.4)
    costs = now("costs").query("project_id == 'P57'")
    assert costs[costs["state"].eq("planned")]["amount"].tolist() == [0.4]
    assert costs[costs["state"].eq("actual")]["amount"].sum() == pytest.approx(3.5)


def test_baseline_of_the_control_room_moved_without_reference() -> None:
    def baseline(table: pd.DataFrame, project: str) -> float:
        rows = table[table["project_id"].eq(project) & table["quantity"].eq("whole_life_cost")]
        return float(rows["baseline"].iloc[0])

    today = now("baselines").set_index(["project_id", "quantity"])
    assert (baseline(then("baselines"), "P12"), baseline(now("baselines"), "P12")) == (36, 40)
    assert pd.isna(today.loc[("P12", "whole_life_cost"), "reference"])
    moved = {
        project
        for project in set(then("baselines")["project_id"])
        if baseline(then("baselines"), project) != baseline(now("baselines"), project)
    }
    referenced = set(now("baselines").dropna(subset=["reference"])["project_id"])
    assert moved - referenced == {"P12"}
    assert "P30" in moved


def test_only_two_watermelons() -> None:
    last = now("status").dropna(subset=["ac"]).groupby("project_id").last()
    declared = now("projects").set_index("project_id").loc[last.index, "rag_declared"]
    assert (last["ev"] <= last["bac"]).all()
    green = last[declared.eq("G")]
    poor = green[(green["ev"] / green["ac"]).lt(0.9)]
    assert poor.index.tolist() == ["P06"]
    assert declared["P12"] == "G"
    paid = now("status").dropna(subset=["ac"]).groupby("project_id")["ac"]
    assert paid.apply(lambda amounts: amounts.is_monotonic_increasing).all()


def test_best_pair_of_lots_is_not_the_best_lot_by_lot() -> None:
    scores = now("partner_scores").merge(now("partner_criteria")[["criterion", "weight", "gate"]], on="criterion")
    conflicts = set(now("evaluator_conflicts")[["evaluator", "partner_id"]].itertuples(index=False, name=None))
    fair = scores[[pair not in conflicts for pair in zip(scores["evaluator"], scores["partner_id"], strict=True)]]
    failed = fair[fair["score"] < fair["gate"].fillna(0)]
    assert set(failed[["partner_id", "lot"]].itertuples(index=False, name=None)) == {("boreal", "B")}
    mean = fair.groupby(["partner_id", "lot", "criterion"])[["score", "weight"]].mean()
    value = (mean["score"] * mean["weight"]).groupby(["partner_id", "lot"]).sum()
    for lot in "AB":
        assert value.xs(lot, level="lot").idxmax() == "aquila"
    assert value["cygnus", "A"] > value["boreal", "A"]
    greedy = value["aquila", "A"] + value["cygnus", "B"]
    assert value["cygnus", "A"] + value["aquila", "B"] > greedy
    assert now("partners").set_index("partner_id").loc["aquila", "max_lots"] == 1
    bids = now("bids")
    assert set(bids.loc[bids.groupby("lot")["price"].idxmin(), "partner_id"]) == {"boreal"}


def test_customer_staff_are_overbooked_at_the_end_of_2027() -> None:
    load = now("change_impacts").groupby(["unit", "quarter"])["headcount_share"].sum().reset_index()
    load = load.merge(now("areas"), left_on="unit", right_on="area")
    over = load[load["headcount_share"] > load["change_threshold"]]
    assert list(zip(over["unit"], over["quarter"], strict=True)) == [
        ("Customer", "2027-Q3"),
        ("Customer", "2027-Q4"),
    ]
