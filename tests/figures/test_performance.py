"""Performance and benefits as exhibits: what they say, and that every medium can hold them."""

from __future__ import annotations

import dataclasses
import re

import pytest

import pmo_kit as pmo
from pmo_kit import performance
from pmo_kit.exhibits import Chart, Exhibit
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import from_json, to_json
from pmo_kit.figures import overview
from pmo_kit.figures import performance as figures
from pmo_kit.performance import (
    baseline_moves,
    coverage_by_area,
    directions,
    exposure_by_class,
    forecast_accuracy,
    gate_coverage,
    load_on_units,
    milestone_slips,
    reference_class,
    review_benefits,
    review_performance,
    risk_movement,
    since_last_committee,
    stop_or_continue,
    top_risks,
)
from tests.conftest import shipped_register
from tests.exhibits.gallery import figure

OURS = ("CPI", "SPI", "EAC", "MILP", "dual", "exhibit", "fingerprint", "core index")


@pytest.fixture(scope="module")
def shown() -> dict[str, Exhibit]:
    register, previous = shipped_register("meridian"), shipped_register("meridian_2026_03")
    review, benefits, load = review_performance(register), review_benefits(register), load_on_units(register)
    made = [
        figures.ratings(review, review_performance(previous)),
        figures.areas(review),
        figures.s_curve(review, "P06"),
        figures.s_curve(review, "P12"),
        figures.slips(register, milestone_slips(register)),
        figures.forecasts(review, forecast_accuracy(review)),
        figures.stop_or_continue(review, stop_or_continue(register, review)),
        figures.rebaselines(register, baseline_moves(register, previous)),
        figures.since_last(register, since_last_committee(register, previous)),
        figures.realized(benefits),
        figures.reference_classes(register, reference_class(register)),
        figures.change_load(load),
        figures.gates(register, coverage_by_area(gate_coverage(register))),
        figures.risks(register, top_risks(risk_movement(register, previous))),
        figures.exposure(register, exposure_by_class(risk_movement(register, previous))),
        figures.actions(register, directions(register)),
    ]
    assert len({exhibit.id for exhibit in made}) == len(made)
    return {exhibit.id: exhibit for exhibit in made}


@pytest.mark.long
def test_every_figure_has_words_and_survives_json(shown: dict[str, Exhibit]) -> None:
    for exhibit in shown.values():
        assert exhibit.title
        again = from_json(to_json(exhibit))
        assert to_json(again) == to_json(exhibit)
        assert fragment(exhibit)
        if isinstance(exhibit, Chart):
            assert figure(exhibit).data


def test_titles_say_what_the_story_says(shown: dict[str, Exhibit]) -> None:
    assert shown["performance.ratings"].title == (
        "Two projects report Green while the figures say Red: Control-room upgrade and Billing replacement"
    )
    assert shown["performance.s_curve_P06"].title == (
        "Billing replacement has earned 18.2 for 22.5 spent, 3.8 months behind its plan"
    )
    assert shown["performance.slips"].title == "Latest is Control-room upgrade: First benefits, by 14 months"
    assert shown["performance.rebaselines"].title == "The baseline of Control-room upgrade moved without a decision"
    assert shown["benefits.change_load"].title.startswith("Customer is asked for too much in Q3 2027 and Q4 2027")


def test_a_committee_reads_its_own_words(shown: dict[str, Exhibit]) -> None:
    for exhibit in shown.values():
        text = " ".join([exhibit.title, exhibit.takeaway, exhibit.note, exhibit.unit_line])
        assert not [word for word in OURS if word in text], exhibit.id


def test_sums_stand_at_the_end(shown: dict[str, Exhibit]) -> None:
    areas = shown["performance.areas"]
    assert areas.data["area"].iloc[-1] == "All"
    assert areas.data["bac"].iloc[:-1].sum() == pytest.approx(areas.data["bac"].iloc[-1])


@pytest.mark.parametrize("day", ["1999-01-01", "2025-06-30", "2025-12-31", "2026-06-30", None])
def test_a_review_of_any_day_does_not_contradict_itself(day: str | None) -> None:
    """What is known only after the day of a review is not told: before the first figures nobody is Red by them."""
    register = shipped_register("meridian")
    review = pmo.review_performance(register, as_of=day)
    table, silent = review.table, review.table["period"].isna()
    assert table.loc[silent, ["rag_rule", "benefit_share", "slip_months"]].isna().all(axis=None)
    assert ("report" in review.summary.partition(";")[2]) == silent.any()
    for ending in ("declared Green", "Red by rule"):
        assert (ending in review.summary) == bool(len(review.watermelons))
    reporting = int(table["counted"].sum())
    drawn = [
        figures.headline(review),
        figures.ratings(review),
        figures.areas(review),
        figures.forecasts(review, performance.forecast_accuracy(review)),
        figures.stop_or_continue(review, performance.stop_or_continue(register, review)),
        *(figures.s_curve(review, project) for project in table.index),
    ]
    who = next(fact for fact in drawn[0].facts if fact.key == "delivery.running")
    assert who.value == reporting
    words = " ".join(f"{one.title} {one.takeaway}" for one in drawn)
    assert ("reports no figures" in words or "No project reports figures" in words) == bool(silent.any())
    if not reporting:
        assert "worth finishing" not in words
        assert " run" not in drawn[0].title


def test_titles_name_the_set_that_they_count(shown: dict[str, Exhibit]) -> None:
    """Late milestones are those that are late, hopes those above the stated share, classes those with both figures."""
    register = shipped_register("meridian")
    slips = performance.milestone_slips(register)
    late = slips[~slips["done"] & (slips["slip_months"] > 0)]
    moved = int((late["moved_months"] >= 1).sum())
    chart = figures.slips(register, slips)
    assert chart.takeaway.startswith(f"{moved} of {len(late)} late milestones have moved")
    none = figures.slips(register, slips[slips["done"]])
    assert (none.title, none.takeaway) == ("No open milestone is late", "")
    accuracy = performance.forecast_accuracy(pmo.review_performance(register))
    level = accuracy.assign(declared_gap=-0.049 * accuracy["eac"])
    review = pmo.review_performance(register)
    assert figures.forecasts(review, level).title.startswith("No project declares to end more than 5")
    one = figures.forecasts(review, level.assign(declared_gap=[-1e3, *level["declared_gap"][1:]]))
    assert "One project hopes to end more than 5" in one.title
    assert "cheaper than its pace" in one.title
    empty = performance.baseline_moves(register).iloc[:0]
    assert figures.rebaselines(register, empty).title == "No baseline moved"
    assert figures.actions(register, performance.directions(register).iloc[:0]).title == "No action is open"
    benefits = performance.review_benefits(register)
    kept = dataclasses.replace(benefits, _table=benefits.table.assign(realized=benefits.table["due"]))
    assert figures.realized(kept).title == "Every benefit that was due and is reported has come"


@pytest.mark.parametrize("stopped", [True, False])
def test_who_was_stopped_is_not_said_to_run(stopped: bool) -> None:
    """A project that was stopped and still spends reports figures; only where there is none are they said to run."""
    register = shipped_register("meridian")
    if not stopped:
        status = register.table("status")
        register = register.replace(status=status[status["project_id"] != "P57"])
    review = review_performance(register)
    counted = review.table.index[review.table["counted"]]
    assert register.projects["stage"][counted].eq("stopped").any() == stopped
    test = figures.stop_or_continue(review, stop_or_continue(register, review))
    for said in (figures.headline(review).title, figures.areas(review).title + test.title):
        assert ("projects run," in said or "running project" in said) != stopped, said


def test_one_project_on_its_budget_is_told_in_the_singular() -> None:
    """Who spends as much as is earned ends on budget, neither over nor under it."""
    register = shipped_register("meridian_12")
    status = register.table("status")
    titles = []
    for projects in (["P12"], ["P06", "P12"]):
        rows = status[status["project_id"].isin(projects)]
        review = review_performance(register.replace(status=rows.assign(ac=rows["ev"])))
        titles.append((figures.headline(review).title, figures.areas(review).takeaway))
    assert [title.partition(";\n")[2] for title, _ in titles] == [
        "at today's pace it ends on budget", "at today's pace they end on budget",
    ]  # fmt: skip
    assert all(takeaway.endswith(", on budget.") for _, takeaway in titles), titles
    review = review_performance(register.replace(status=status[status["project_id"] == "P12"]))
    assert re.search(r"it ends [\d.]+ EUR million over budget$", figures.headline(review).title)


def test_one_is_told_in_the_singular_and_none_without_a_double_negative() -> None:
    register = shipped_register("meridian")
    slips = milestone_slips(register)
    slips = slips[~slips["done"]].head(2).assign(slip_months=[1.2, 2.0])
    words = figures.slips(register, slips).data["words"].tolist()
    assert [word.partition(",")[0] for word in words] == ["1 month", "2 months"]
    soon = figures.slips(register, slips.assign(slip_months=[0.2, 0.7]))
    assert soon.title.endswith(", by less than a month")
    assert soon.data["words"].str.startswith("less than a month, ").all()
    coverage = coverage_by_area(gate_coverage(register))
    assert figures.gates(register, coverage.assign(missing=0)).takeaway == "Every one of them was done."
    assert figures.gates(register, coverage.assign(missing=1)).takeaway == "One check was never done."
    unasked = figures.gates(register, coverage.assign(missing=0, coverage=float("nan")))
    assert (unasked.title, unasked.takeaway) == ("No check is asked for", "")
    ministry = shipped_register("gmpp_dft_2024")
    base = ministry.table("baselines")
    named = next(
        p for p, rows in base.groupby("project_id")["quantity"] if {"whole_life_benefit", "whole_life_cost"} <= {*rows}
    )
    one = overview.whole_life(ministry.replace(baselines=base[base["project_id"] == named]))
    assert re.match(r"Over its life one project costs .*; one states benefits of ", one.title), one.title


def test_risks_and_milestones_that_are_alike_are_not_said_to_be_first() -> None:
    register = shipped_register("meridian")
    top = top_risks(risk_movement(register))
    assert figures.risks(register, top).title.startswith("The largest risk on record is")
    assert figures.risks(register, top.assign(exposure=2.0)).title.startswith("No risk on record is larger than")
    slips = milestone_slips(register)
    slips = slips[~slips["done"]].head(2).assign(slip_months=3.0)
    assert re.match(r"Latest are .+ and .+, by three months$", figures.slips(register, slips).title)
