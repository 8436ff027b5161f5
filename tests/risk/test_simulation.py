"""Simulation of plans: sure things come out exactly, nothing is counted twice, and streams are kept."""

from __future__ import annotations

import warnings
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.performance import reference_class
from pmo_kit.risk import Estimate, Simulation, simulate, simulate_plan
from tests.conftest import shipped_register

FLOWS = ["project_id", "year", "amount"]
HIT = {"project_id": "P1", "risk": "R1", "cost_low": 4.0, "cost_likely": 5.0, "cost_high": 6.0}


def small(
    estimates: list[dict[str, object]] | None = None, risks: list[dict[str, object]] | None = None,
    includes: str | list[str] = "", projects: int = 2, fixed: bool = False,
) -> pmo.Question:  # fmt: skip
    """Projects that cost 10 in 2027 and 10 in 2028 and bring 15 in 2029 and in 2030."""
    ids = [f"P{i}" for i in range(1, projects + 1)]
    settings = pd.DataFrame(
        [("discount_schedule", "flat_10"), ("discount_to", "2027"), ("beyond_horizon", "unlimited")],
        columns=["key", "value"],
    )
    tables = {
        "projects": pd.DataFrame(
            {
                "project_id": ids,
                "name": ids,
                "area": "A",
                "includes": includes,
                "start": pd.Timestamp("2027-01-01"),
                "finish": pd.Timestamp("2028-12-31"),
                "benefit_end_fixed": fixed,
            }
        ),
        "costs": pd.DataFrame([(p, y, 10.0) for p in ids for y in (2027, 2028)], columns=FLOWS),
        "benefits": pd.DataFrame([(p, y, 15.0) for p in ids for y in (2029, 2030)], columns=FLOWS),
        "budgets": pd.DataFrame({"envelope": "all", "year": [2027, 2028], "amount": 10.0 * projects}),
        "settings": settings,
    }  # fmt: skip
    if estimates:
        tables["estimates"] = pd.DataFrame(estimates)
    if risks:
        defaults = {"cost_low": 0.0, "cost_likely": 0.0, "cost_high": 0.0}
        tables["risks"] = pd.DataFrame([defaults | row for row in risks])
    return pmo.Question(pmo.Register(**tables))


def run(question: pmo.Question, draws: int = 4000, **more: object) -> Simulation:
    """Simulate every project at its full level."""
    plan = {str(p): "full" for p in question.register.projects.index}
    return simulate_plan(question, plan, draws, 7, **more)  # type: ignore[arg-type]


def run_one(question: pmo.Question, project: str, draws: int = 4000) -> Simulation:
    """Simulate one project alone."""
    return simulate_plan(question, {project: "full"}, draws, 7)


SPREAD = [
    {"project_id": p, "quantity": q, "low": 0.8, "likely": 1.0, "high": 1.6}
    for p in ("P1", "P2")
    for q in ("cost", "benefit", "duration")
]


SURE = Estimate(0.8, 1.0, 1.6)
NORMAL = np.exp(-(np.linspace(-4, 4, 801) ** 2) / 2) / np.exp(-(np.linspace(-4, 4, 801) ** 2) / 2).sum()


def test_without_estimates_every_draw_is_the_plan() -> None:
    found = run(small())
    assert found.totals["npv"].to_numpy() == pytest.approx(found.base_npv, rel=1e-5)
    assert found.fits_envelopes == 1.0
    assert found.contingency().pooled == pytest.approx(0.0, abs=1e-4)


def test_a_sure_delay_of_a_year_is_a_deferral_of_a_year() -> None:
    """METHOD: deferral shifts costs and benefits and still discounts to the one t = 0."""
    sure = [{"project_id": "P1", "risk": "R1", "probability": 1.0, "delay_months": 12}]
    found = run(small(risks=sure, projects=1))
    assert found.portfolio["spend_p50"].to_dict()["2028"] == pytest.approx(10.0)
    assert found.portfolio["spend_p50"].to_dict()["2029"] == pytest.approx(10.0)
    assert found.totals["npv"].to_numpy() == pytest.approx(found.base_npv / 1.1, rel=1e-4)
    assert found.exceedance.set_index("rule").loc["envelope all 2028", "probability"] == 0.0


def test_a_longer_duration_stretches_the_work_and_costs_more() -> None:
    """24 months of 60 and 40 in 30: 48, 36 and 16 of the work, and 15 % of a quarter more of each."""
    longer = [{"project_id": "P1", "quantity": "duration", "low": 1.25, "likely": 1.25, "high": 1.25}]
    question = small(longer, projects=1)
    costs = question.register.costs.assign(amount=[60.0, 40.0])
    question = question.replace(register=question.register.replace(costs=costs))
    found = run(question, 10)
    more = 1 + 0.15 * 0.25
    years = ["2027", "2028", "2029"]
    assert found.portfolio.loc[years, "spend_p50"].tolist() == pytest.approx([48 * more, 36 * more, 16 * more])
    assert found.portfolio.loc[["2029", "2030", "2031"], "benefit_p50"].tolist() == pytest.approx([7.5, 15, 7.5])
    assert question.spend.to_numpy() == pytest.approx(np.array([[48, 36, 16]]) * more)
    held = small(longer, includes="optimism_bias", projects=1)  # the figure holds its overrun: nothing is added
    assert run(held, 10).totals["cost"].tolist() == pytest.approx([20.0] * 10)


def test_time_gained_makes_up_for_a_late_start_and_brings_nothing_forward() -> None:
    shorter = [{"project_id": "P1", "quantity": "duration", "low": 0.75, "likely": 0.75, "high": 0.75}]
    for delay, late in ((4, 0.0), (9, 3.0)):
        events = [{"project_id": "P1", "risk": "R1", "probability": 1.0, "delay_months": delay}]
        found = run(small(shorter, events, projects=1), 10).portfolio["spend_p50"]
        assert found["2027"] == pytest.approx(10 * (1 - late / 12))


def test_late_benefits_are_lost_where_their_end_is_fixed() -> None:
    sure = [{"project_id": "P1", "risk": "R1", "probability": 1.0, "delay_months": 12}]
    found = run(small(risks=sure, projects=1, fixed=True))
    assert found.totals["benefit"].to_numpy() == pytest.approx(15.0)


def test_a_sure_event_costs_in_its_year_and_takes_its_share() -> None:
    sure = [HIT | {"probability": 1.0, "cost_likely": 4.0, "cost_high": 4.0, "benefit_loss": 0.5, "period": "2028"}]
    found = run(small(risks=sure, projects=1))
    assert found.portfolio.loc["2028", "spend_p50"] == pytest.approx(14.0)
    assert found.portfolio.loc["all years", "benefit_p50"] == pytest.approx(15.0)
    assert found.exceedance["probability"].tolist() == [0.0, 1.0]
    assert found.exceedance["short_p80"].tolist() == pytest.approx([0.0, 4.0])
    assert found.base_npv - found.totals["npv"][0] == pytest.approx(4 / 1.1 + 7.5 / 1.21 + 7.5 / 1.331, rel=1e-4)


@pytest.mark.parametrize(("includes", "events"), [("", True), ("risk", False), ("optimism_bias", False)])
def test_what_figures_hold_is_not_added_again(includes: str, events: bool) -> None:
    risks = [
        {
            "project_id": "P1",
            "risk": "R1",
            "probability": 0.5,
            "cost_low": 4.0,
            "cost_likely": 5.0,
            "cost_high": 6.0,
        }
    ]
    found = run(small(SPREAD, risks, includes), uplifts=None)
    assert bool(len(found.risks)) == events
    mean = found.totals["cost"].mean()
    longer = 1 + 0.15 * np.maximum(0, SURE.at_normal(np.linspace(-4, 4, 801)) - 1) @ NORMAL  # work paid by time
    expected = {"": 40 * 6.4 / 6 * longer + 2.5, "risk": 40 * 6.4 / 6 * longer, "optimism_bias": 40.0}[includes]
    assert mean == pytest.approx(expected, rel=0.01)


def test_an_uplift_replaces_events_and_bias_and_is_never_doubled() -> None:
    risks = [
        {
            "project_id": "P1",
            "risk": "R1",
            "probability": 0.5,
            "cost_low": 4.0,
            "cost_likely": 5.0,
            "cost_high": 6.0,
        }
    ]
    raised = run(small(SPREAD, risks), uplifts={"all": 0.44})
    assert raised.totals["cost"].mean() == pytest.approx(40 * 1.44, rel=0.01)
    assert raised.risks.empty
    held = run(small(SPREAD, risks, "optimism_bias"), uplifts={"all": 0.44})
    assert held.totals["cost"].mean() == pytest.approx(40, rel=0.01)


@pytest.mark.parametrize("words", ["optimism_bias", "Optimism bias; risk"])
def test_a_reference_class_raises_its_area_once(words: str) -> None:
    """Rail needs 40 % at the middle; two projects of 20 each, and one that holds its bias already."""
    question = small(SPREAD[:2], projects=2)
    uplifts = {"area=A": 0.4}
    assert run(question, uplifts=uplifts).totals["cost"].mean() == pytest.approx(40 * 1.4, rel=0.01)
    assert run(small(SPREAD[:2], includes=["", words]), uplifts=uplifts).totals["cost"].mean() == pytest.approx(
        20 * 1.4 + 20, rel=0.01
    )


def test_past_overruns_of_the_register_raise_its_plan() -> None:
    """The class `All` of cost on every project that does not hold its bias: sum of 1 + uplift times the cost."""
    register = shipped_register("meridian")
    past = reference_class(register).set_index(["quantity", "area"]).loc[("cost", "All"), "pooled"]
    question = pmo.Question(register, overrides=False, basis="likely")
    allocation = pmo.arbitrate(question)
    found = simulate(allocation, 500, 7, uplifts={"all": past - 1})
    assert found.base_npv == pytest.approx(allocation.value)  # what pairs of projects save together included
    free = ~found.table["includes"].str.contains("optimism")
    expected = found.table["cost_base"] * np.where(free, past, 1.0)
    assert past > 1
    assert found.totals["cost"].median() == pytest.approx(expected.sum(), rel=0.02)


def test_adding_a_project_changes_no_other_draw() -> None:
    few, more = small(SPREAD, projects=2), small(SPREAD, projects=5)
    a, b = run(few).table, run(more).table
    drawn = [c for c in a if c.startswith(("cost", "benefit", "npv", "delay"))]
    pd.testing.assert_frame_equal(a[drawn], b.loc[["P1", "P2"], drawn])


@pytest.mark.long
def test_any_number_of_workers_gives_equal_numbers() -> None:
    question = pmo.Question(shipped_register("meridian"))
    allocation = pmo.arbitrate(question)
    serial = simulate(allocation, 500)
    for pool in (ThreadPoolExecutor(3), ProcessPoolExecutor(2)):
        with pool as executor:
            other = simulate(allocation, 500, executor=executor)
        pd.testing.assert_frame_equal(serial.totals, other.totals)
        pd.testing.assert_frame_equal(serial.exceedance, other.exceedance)
        pd.testing.assert_frame_equal(serial.table, other.table)


def test_projects_of_one_area_vary_together() -> None:
    """n nearly normal projects: variance of the sum (1 + (n - 1) rho) times that of independent ones, rho 0.2."""
    spread = [row | {"low": 0.9, "high": 1.1} for row in SPREAD if row["quantity"] == "cost"]
    totals = run(small(spread), 40_000).totals["cost"]
    alone = [run_one(small(spread), p, 40_000).totals["cost"].var() for p in ("P1", "P2")]
    assert totals.var() / sum(alone) == pytest.approx(1.2, rel=0.03)


def test_joint_confidence_is_at_most_either() -> None:
    found = run(small(SPREAD))
    assert found.confidence(1e9, 1e9) == 1.0
    assert found.confidence(1e9, 0.0) >= found.confidence(40.0, 0.0)


def test_shares_of_variance_add_up_and_curves_rise() -> None:
    found = run(small(SPREAD))
    assert found.drivers["share_cost"].sum() == pytest.approx(1.0)
    assert found.drivers["share_npv"].sum() == pytest.approx(1.0)
    assert found.s_curve()["value"].is_monotonic_increasing
    assert found.cvar("cost", 0.9) >= np.quantile(found.totals["cost"], 0.9)
    assert found.cvar("npv", 0.9) <= np.quantile(found.totals["npv"], 0.1)
    one = found.contingency(0.8)
    assert one.pooled <= one.unpooled


def test_a_plan_beats_one_without_its_good_project() -> None:
    question = small(SPREAD)
    both, one = run(question), simulate_plan(question, {"P1": "full"}, 4000, 7)
    assert both.beats(one) + one.beats(both) == pytest.approx(1.0, abs=1e-3)
    with pytest.raises(ValueError, match="one seed"):
        both.beats(run(question, 100))


def test_a_risks_sheet_without_words_has_none() -> None:
    """A column of words that is not there holds none, and nothing that later versions of pandas refuse."""
    risks = pd.DataFrame({"project_id": ["P02"], "risk": ["R1"], "probability": [0.2], "cost_likely": [3.0]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        question = pmo.Question(shipped_register("meridian_12").replace(risks=risks))
        (row,) = simulate(pmo.arbitrate(question), draws=100, seed=7).risks.to_dict("records")
    assert {row["risk_class"], row["driver"]} == {""}
    assert (row["expected_cost"], row["delay_months"], row["benefit_loss"]) == (pytest.approx(0.6), 0.0, 0.0)


def test_every_wrong_estimate_is_listed() -> None:
    wrong = [SPREAD[0] | {"low": 2.0}, SPREAD[1] | {"distribution": "lognormal"}]
    with pytest.raises(pmo.DataError) as caught:
        _ = small(wrong).built
    assert {"order_of_range", "estimate_is_amount"} <= set(caught.value.findings["rule"])


@pytest.mark.long
def test_the_sample_says_something_a_committee_can_read() -> None:
    found = simulate(pmo.arbitrate(pmo.Question(shipped_register("meridian"))), 2000)
    assert "all envelopes hold together in" in found.summary
    assert found.portfolio.loc["all years", "spend_p80"] > found.base_cost
    assert set(found.classes.index) == {"financial", "human", "technical", "external"}
    assert found._repr_html_().startswith("<p>")


def test_what_brings_nothing_and_may_be_late_is_drawn() -> None:
    """An enabler without a benefit of its own, late in several ways: no row of its empty profile is asked for."""
    register = pmo.Register(
        settings={"currency": "EUR", "as_of": "2026-01-01", "discount_schedule": "none", "discount_to": 2027},
        projects=pd.DataFrame({"project_id": ["A"], "name": ["A"], "area": ["X"]}),
        costs=pd.DataFrame({"project_id": ["A"], "year": [2027], "amount": [2.0]}),
        benefits=pd.DataFrame(
            {"project_id": ["A"], "benefit": ["B"], "year": [2028], "kind": ["cash"], "amount": [0.0]}
        ),
        budgets=pd.DataFrame({"envelope": ["all"], "scope": ["all"], "year": [2027], "amount": [9.0]}),
        estimates=pd.DataFrame(
            {"project_id": ["A"], "quantity": ["duration"], "low": [0.8], "likely": [1.0], "high": [2.0]}
        ),
    )
    question = pmo.Question(register)
    drawn = pmo.risk.simulate_plan(question, {"A": "full"}, draws=200, seed=7)
    assert (drawn.totals["benefit"] == 0).all()
