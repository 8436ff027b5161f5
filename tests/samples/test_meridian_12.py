"""Every number of the twelve-project table, by enumeration of every plan straight from the CSV files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "data" / "samples" / "meridian_12"
BEST = {
    "P01": "full",
    "P02": "districts",
    "P03": "full",
    "P04": "full",
    "P05": "full",
    "P06": "stop",
    "P07": "worst_12",
    "P10": "full",
    "P12": "full",
}


def table(name: str) -> pd.DataFrame:
    """One sheet as text and numbers, with the level written out."""
    frame = pd.read_csv(FOLDER / f"{name}.csv")
    if "level" in frame.columns:
        frame["level"] = frame["level"].fillna("full" if name != "links" else "")
    return frame


@dataclass(frozen=True)
class Plan:
    """One choice of a level for every project that is in."""

    levels: dict[str, str]
    value: float
    money: tuple[float, float]
    engineers: float

    def has(self, project: str, level: str | None = None) -> bool:
        """Whether the project is in (at this level)."""
        return project in self.levels and (level is None or self.levels[project] == level)


@cache
def options() -> dict[str, dict[str, tuple[float, float, float, float]]]:
    """(value, spend 2027, spend 2028, engineers 2028) of every project and level."""
    costs, benefits, people = table("costs"), table("benefits"), table("resources")
    levels = table("levels").groupby("project_id")["level"].agg(list).to_dict()
    found: dict[str, dict[str, tuple[float, float, float, float]]] = {}
    for project in table("projects")["project_id"]:
        for level in levels.get(project, ["full"]):

            def of(frame: pd.DataFrame, project: str = project, level: str = level) -> pd.DataFrame:
                return frame[(frame["project_id"] == project) & (frame["level"] == level)]

            spend = of(costs).groupby("year")["amount"].sum()
            value = of(benefits)["amount"].sum() - spend.sum()
            entry = (value, spend.get(2027, 0.0), spend.get(2028, 0.0), of(people)["fte"].sum())
            found.setdefault(project, {})[level] = tuple(round(float(x), 9) for x in entry)  # type: ignore
    return found


@cache
def plans() -> tuple[Plan, ...]:
    """Every plan that obeys the commitments and the links."""
    commitment = table("projects").set_index("project_id")["commitment"]
    links = list(table("links").itertuples())
    choices = [
        [*levels, None] if commitment[project] == "discretionary" else [*levels]
        for project, levels in options().items()
    ]
    found = []
    for pick in product(*choices):
        chosen = {p: level for p, level in zip(options(), pick, strict=True) if level}
        if any(
            link.project_id in chosen
            and link.level in ("", chosen[link.project_id])
            and (link.other_id in chosen) == (link.relation == "excludes")
            for link in links
        ):
            continue
        totals = [sum(column) for column in zip(*(options()[p][v] for p, v in chosen.items()), strict=True)]
        found.append(Plan(chosen, round(totals[0], 9), (totals[1], totals[2]), totals[3]))
    return tuple(found)


def fitting(
    budgets: tuple[float, float] = (50, 46),
    engineers: float = 14,
    keep: Callable[[Plan], bool] = lambda plan: True,
) -> Iterator[Plan]:
    """The plans within the limits that pass the test."""
    return (
        plan
        for plan in plans()
        if plan.money[0] <= budgets[0] + 1e-9
        and plan.money[1] <= budgets[1] + 1e-9
        and plan.engineers <= engineers + 1e-9
        and keep(plan)
    )


def best(
    budgets: tuple[float, float] = (50, 46),
    engineers: float = 14,
    keep: Callable[[Plan], bool] = lambda plan: True,
) -> list[Plan]:
    """All plans that tie at the highest value."""
    ranked = sorted(fitting(budgets, engineers, keep), key=lambda plan: -plan.value)
    return [plan for plan in ranked if plan.value == ranked[0].value]


def carrying_on(plan: Plan) -> bool:
    """Billing replacement goes on."""
    return plan.has("P06", "full")


def test_files_hold_the_limits() -> None:
    budgets = table("budgets").set_index("year")["amount"]
    assert budgets.to_dict() == {2027: 50, 2028: 46}
    assert table("capacity").to_dict("records") == [{"role": "data_engineer", "period": 2028, "fte": 14}]
    assert set(table("costs")["year"]) == {2027, 2028}
    assert set(table("benefits")["year"]) == {2029, 2030, 2031}
    assert not (FOLDER / "overrides.csv").exists()


@pytest.mark.parametrize(
    ("project", "level", "spend", "npv", "engineers"),
    [
        ("P01", "full", (14, 14), -6, 0),
        ("P02", "full", (16, 18), 19, 6),
        ("P02", "districts", (7, 8), 9, 2),
        ("P03", "full", (4, 3), -3, 4),
        ("P04", "full", (5, 4), 13, 3),
        ("P05", "full", (3, 3), 8, 3),
        ("P06", "full", (6, 4), 2, 2),
        ("P06", "stop", (1.5, 0), -1.5, 0),
        ("P07", "full", (12, 10), 7, 0),
        ("P07", "worst_12", (6, 5), 5, 0),
        ("P08", "full", (6, 5), -4, 0),
        ("P09", "full", (8, 2), 6, 0),
        ("P10", "full", (1, 1), 4, 0),
        ("P11", "full", (1.5, 1), 4, 4),
        ("P12", "full", (7, 6), 5, 2),
    ],
)
def test_each_option(project: str, level: str, spend: tuple[int, int], npv: float, engineers: int) -> None:
    assert options()[project][level] == (npv, *spend, engineers)


def test_number_of_plans() -> None:
    assert len(plans()) == 1008
    assert len(list(fitting())) == 381


def test_best_plan() -> None:
    (plan,) = best()
    assert (plan.levels, plan.value, plan.money, plan.engineers) == (BEST, 33.5, (48.5, 44), 14)
    (plan,) = best(keep=carrying_on)
    kept = {**BEST, "P06": "full"}
    del kept["P05"]
    assert (plan.levels, plan.value, plan.money, plan.engineers) == (kept, 29, (50, 45), 13)


def test_next_best_plan() -> None:
    values = sorted({plan.value for plan in fitting()}, reverse=True)
    assert values[:2] == [33.5, 30.5]
    (second,) = [plan for plan in fitting() if plan.value == 30.5]
    assert second.levels == {**{p: v for p, v in BEST.items() if p not in ("P07", "P10")}, "P09": "full"}
    values = sorted({plan.value for plan in fitting(keep=carrying_on)}, reverse=True)
    assert values[:2] == [29, 28]
    (second,) = [plan for plan in fitting(keep=carrying_on) if plan.value == 28]
    assert second.has("P05")
    assert not second.has("P02")


def test_more_money_or_more_people() -> None:
    much = (1e9, 1e9)
    assert best(much)[0].value == 37.5
    assert best(much, keep=carrying_on)[0].value == 33
    assert best(engineers=1e9)[0].value == 37.5
    assert best(engineers=1e9, keep=carrying_on)[0].value == 36
    assert [best(engineers=n)[0].value for n in (15, 16, 17, 18)] == [33.5, 33.5, 33.5, 37.5]


@pytest.mark.parametrize(
    ("project", "level", "value", "value_carrying_on"),
    [
        ("P08", None, 24.5, 20),
        ("P11", None, 25, 25),
        ("P09", None, 30.5, None),
        ("P02", "full", 21, None),
        ("P05", None, 33.5, 28),
    ],
)
def test_forced_in(project: str, level: str | None, value: float, value_carrying_on: float | None) -> None:
    assert best(keep=lambda plan: plan.has(project, level))[0].value == value
    if value_carrying_on is not None:
        kept = best(keep=lambda plan: plan.has(project, level) and carrying_on(plan))
        assert kept[0].value == value_carrying_on


def test_what_is_displaced() -> None:
    def leaves(plan: Plan) -> set[str]:
        return {p for p in BEST if p not in plan.levels}

    (plan,) = best(keep=lambda plan: plan.has("P08"))
    assert leaves(plan) == {"P07"}
    tied = best(keep=lambda plan: plan.has("P11"))
    assert len(tied) == 2
    assert all(plan.has("P06", "full") for plan in tied)
    assert set.intersection(*map(leaves, tied)) == {"P03", "P04", "P05"}
    (plan,) = best(keep=lambda plan: plan.has("P09"))
    assert leaves(plan) == {"P07", "P10"}


@pytest.mark.parametrize(
    ("project", "loss"),
    [
        ("P03", 8.5),
        ("P04", 8.5),
        ("P02", 5.5),
        ("P05", 4.5),
        ("P07", 3.0),
        ("P10", 3.0),
    ],
)
def test_taken_out(project: str, loss: float) -> None:
    assert 33.5 - best(keep=lambda plan: not plan.has(project))[0].value == loss


def test_without_the_data_platform() -> None:
    assert best(keep=lambda plan: not plan.has("P03"))[0].value == 25
    assert best(keep=lambda plan: not plan.has("P03") and carrying_on(plan))[0].value == 25


def test_other_envelopes_and_people() -> None:
    (less,) = best((42.5, 39.1))
    assert less.value == 28.5
    assert not less.has("P07")
    tied = best((42.5, 39.1), keep=carrying_on)
    assert len(tied) == 2
    assert tied[0].value == 23
    (more,) = best((55, 50.6))
    assert more.value == 35.5
    assert more.has("P07", "full")
    (fewer,) = best(engineers=13)
    assert fewer.value == 29
    assert carrying_on(fewer)
    assert best(engineers=13, keep=carrying_on)[0].value == 29


def test_turning_points() -> None:
    (plan,) = best((48.5, 46))
    assert plan.levels == BEST
    (plan,) = best((48.4, 46))
    assert plan.value == 29.5
    assert not plan.has("P10")
    assert plan.has("P06", "stop")


@pytest.mark.parametrize(("exit_cost", "value", "stops"), [(1.5, 33.5, True), (3.0, 32.0, True), (3.1, 29, False)])
def test_exit_cost_that_turns_the_advice(exit_cost: float, value: float, stops: bool) -> None:
    more = exit_cost - 1.5
    stopped = fitting((50 - more, 46), keep=lambda plan: plan.has("P06", "stop"))
    with_stop = max(plan.value for plan in stopped) - more
    without = best(keep=carrying_on)[0].value
    assert max(with_stop, without) == pytest.approx(value)
    assert (with_stop > without) == stops


def test_value_for_each_euro() -> None:
    ratio = {
        (p, v): value / (first + second)
        for p, levels in options().items()
        for v, (value, first, second, _) in levels.items()
        if value > 0
    }
    ranked = sorted(ratio, key=lambda option: -ratio[option])
    assert ranked[:2] == [("P10", "full"), ("P11", "full")]
    assert (ratio["P10", "full"], ratio["P11", "full"]) == (2.0, 1.6)


def test_watermelons() -> None:
    status = table("status").set_index(["project_id", "period"])
    billing, control = status.loc[("P06", "2026-09")], status.loc[("P12", "2026-09")]
    assert billing[["bac", "pv", "ev", "ac"]].tolist() == [30, 24.0, 18.2, 22.5]
    assert control[["bac", "pv", "ev", "ac"]].tolist() == [40, 27.0, 26.2, 27.3]
    curve = table("status").query("project_id == 'P12'")["pv"].tolist()
    last = max(i for i, planned in enumerate(curve) if planned <= 26.2)
    earned = (last + 1) + (26.2 - curve[last]) / (curve[last + 1] - curve[last])
    assert curve[11] == 27.0
    assert earned == pytest.approx(8.6)
    declared = table("projects").set_index("project_id")
    assert declared.loc[["P06", "P12"], "rag_declared"].tolist() == ["G", "G"]
    assert declared.loc["P12", "rag_assured"] == "A"
    assert pd.isna(declared.loc["P06", "rag_assured"])
    assert (status["ev"].fillna(0) <= status["bac"]).all()
    assert (status["pv"] <= status["bac"]).all()
    actual = table("status").dropna(subset=["ac"]).groupby("project_id")["ac"]
    assert actual.apply(lambda paid: paid.is_monotonic_increasing).all()
    first_benefits = table("milestones").query("milestone == 'First benefits'").iloc[0]
    baseline, now = (pd.Timestamp(first_benefits[column]) for column in ("baseline", "now"))
    assert (now.year - baseline.year) * 12 + now.month - baseline.month == 14


def test_scores_show_the_planted_habits() -> None:
    scores, criteria = table("scores"), table("criteria").set_index("criterion")
    scale = criteria.loc[scores["criterion"]].reset_index(drop=True)
    assert ((scores["score"] >= scale["low"]) & (scores["score"] <= scale["high"])).all()
    own = scores.query("assessor == 'customer_director' and project_id in ['P02', 'P11']")
    best_end = criteria["high"].where(criteria["sense"] == "max", criteria["low"])
    assert (own["score"].to_numpy() == best_end.loc[own["criterion"]].to_numpy()).all()
    counts = scores.groupby("assessor").size()
    assert counts["environment_lead"] < counts["asset_manager"] == 15 * 6
    upward = scores[scale["sense"].eq("max").to_numpy()].groupby("assessor")["score"].mean()
    assert upward["asset_manager"] > upward["chief_engineer"]
    double = table("benefits").query("project_id == 'P05' and benefit.str.contains('Carbon')")
    assert double["amount"].sum() == 3
    assert scores.query("project_id == 'P05' and criterion == 'carbon'")["score"].min() > 0


def test_last_committee_and_requests() -> None:
    decisions = table("decisions").set_index("project_id")
    assert decisions.loc["P06", ["decision", "recommended"]].tolist() == ["fund", "defer"]
    assert decisions.loc["P04", "decision"] == "defer"
    assert decisions.loc["P08", ["project_name", "decision"]].tolist() == ["Visitor Centre", "refuse"]
    moved = table("baselines").set_index(["project_id", "quantity"])
    assert moved.loc[("P08", "whole_life_cost"), ["last", "now"]].tolist() == [11, 11]
    assert moved.loc[("P08", "whole_life_benefit"), ["last", "now"]].tolist() == [3.5, 7]
    assert moved.loc[("P12", "whole_life_cost"), "baseline"] == 40
    assert moved["reference"].isna().all()
    budget = table("status").query("project_id == 'P12'")["bac"]
    assert budget.unique().tolist() == [36, 40]
    requests = table("requests")
    asked = list(zip(requests["decision"], requests["project_id"].fillna(""), strict=True))
    assert asked == [("stop", "P06"), ("fund", ""), ("refuse", "P08"), ("refuse", "P11"), ("refuse", "P09")]
    assert requests[["by_when", "owner", "if_not_decided"]].notna().all().all()
