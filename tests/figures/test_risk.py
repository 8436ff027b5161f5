"""Risk as exhibits: what they say, that every medium can hold them, and that they speak a committee's words."""

from __future__ import annotations

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits import Chart, Exhibit
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import from_json, to_json
from pmo_kit.facts import facts_of
from pmo_kit.figures import risk as figures
from tests.conftest import shipped_register
from tests.exhibits.gallery import figure
from tests.figures.two_projects import two_projects

OURS = ("CVaR", "copula", "Monte Carlo", "Latin", "Sobol", "variance", "MILP", "exhibit", "fingerprint")


@pytest.fixture(scope="module")
def simulation() -> pmo.Simulation:
    allocation = pmo.arbitrate(pmo.Question(shipped_register("meridian")))
    return pmo.simulate(allocation, draws=2000)


@pytest.fixture(scope="module")
def shown(simulation: pmo.Simulation) -> dict[str, Exhibit]:
    made = [
        figures.s_curve(simulation),
        figures.tornado(simulation),
        figures.exceedance(simulation),
        figures.contingency(simulation),
        figures.top_risks(simulation),
        figures.by_year(simulation),
        figures.compared({"Recommended": simulation, "The same": simulation}),
    ]
    return {exhibit.id: exhibit for exhibit in made}


@pytest.mark.long
def test_every_exhibit_is_whole_and_drawn(shown: dict[str, Exhibit]) -> None:
    for exhibit in shown.values():
        assert exhibit.title
        assert exhibit.takeaway
        assert to_json(from_json(to_json(exhibit))) == to_json(exhibit)
        assert len(figure(exhibit).data) if isinstance(exhibit, Chart) else fragment(exhibit)
        said = f"{exhibit.title} {exhibit.takeaway} {exhibit.unit_line}"
        assert not [word for word in OURS if word in said]
        assert "nan" not in said.replace("inan", "")


def test_the_numbers_are_the_simulation_s(shown: dict[str, Exhibit], simulation: pmo.Simulation) -> None:
    asked = simulation.contingency(0.8)
    assert f"{asked.pooled:.1f}" in shown["risk.contingency"].title
    assert f"{simulation.totals['cost'].quantile(0.8):.1f}" in shown["risk.s_curve_cost"].title
    assert f"{100 * simulation.fits_envelopes:.0f}\u202f%" in shown["risk.exceedance"].title


def test_a_plan_without_risks_says_so() -> None:
    sure = pmo.simulate(pmo.arbitrate(pmo.Question(shipped_register("meridian_12"))), draws=100)
    assert figures.top_risks(sure).title == "No risk event is counted on top of the plan's figures"
    assert figures.tornado(sure).title == "Nothing that is uncertain moves the plan's net value"
    assert "Every limit holds" in figures.exceedance(sure).takeaway


@pytest.mark.long
def test_scenarios_and_changes_are_drawn_too() -> None:
    from pmo_kit.figures import scenarios as drawn
    from pmo_kit.figures import what_changed

    question = pmo.Question(shipped_register("meridian_12"))
    comparison = pmo.compare(question, pmo.scenarios.read_scenarios(question.register))
    register = question.register
    tight = register.replace(budgets=register.table("budgets").assign(amount=[45.0, 40.0]))
    attribution = pmo.attribute(question, pmo.Question(tight))
    made = [
        drawn.definitions(comparison),
        drawn.results(comparison),
        drawn.regret(comparison),
        drawn.switch(comparison, pmo.scenarios.switching_points(comparison)),
        what_changed.causes(attribution),
        what_changed.effects(attribution),
    ]
    assert made[3].title == "Today's plan is the plan of least regret: there is nothing to change to"
    for exhibit in made:
        assert exhibit.title
        assert to_json(from_json(to_json(exhibit))) == to_json(exhibit)
        assert len(figure(exhibit).data) if isinstance(exhibit, Chart) else fragment(exhibit)
    total = made[-1].data.iloc[-1]  # type: ignore[attr-defined]
    assert total["total"] == pytest.approx(attribution.after.value - 33.5)


def test_the_year_at_risk_is_set_beside_what_its_exceedance_is_counted_against(simulation: pmo.Simulation) -> None:
    """An envelope without what is carried into its year would be passed oftener than the title says."""
    available = simulation.exceedance.set_index("rule")["available"]
    said = figures.by_year(simulation).data.set_index("year")["words"]
    for year in ("2027", "2028", "2029"):
        assert said[year].endswith(f", available {available[f'envelope all {year}']:.1f}")


@pytest.mark.parametrize("price", [0.0, 0.5])
def test_a_plan_that_pays_to_break_a_limit_is_told_before_and_after(price: float) -> None:
    """Two projects fit and one is wished for: the plan takes both, and its value is less by the price."""
    register = two_projects(budget=17.0)
    if price:
        rule = {"rule": "At most one", "kind": "count", "scope": "all", "maximum": 1.0, "price": price}
        register = register.replace(rules=pd.DataFrame([rule]))
    bases = pmo.risk.compare_bases(pmo.Question(register), 0.8, draws=50)
    plan, expected = bases.fit.plain, bases.table.loc["expected", "expected"]
    assert plan.value == pytest.approx(expected - price)
    shown = figures.bases(bases)
    assert shown.title.endswith(f"is the recommended one, expected to be worth {expected:.1f}")
    assert (f"after it the recommended plan is worth {plan.value:.1f}" in shown.note) == bool(price)


def test_the_share_of_the_projects_that_move_the_plan_is_of_as_many_as_are_named() -> None:
    """Only A of two projects is uncertain: it alone is named, and all of the uncertainty is its."""
    simulation = pmo.simulate(pmo.arbitrate(pmo.Question(two_projects(budget=17.0))), draws=50)
    shown = figures.tornado(simulation)
    assert shown.title == "One moves the plan most: 100\u202f% of its uncertainty"
    assert [fact.of.part for fact in facts_of(shown.title) if fact.key == "risk.share"] == ["first one"]
