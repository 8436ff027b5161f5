"""Registers at the edge: one project, every project refused, all alike; what the figures say of them is true."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits import Exhibit, Message
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import page_one, risk, scenarios


def register(costs: list[float], benefits: list[float], budget: float, spread: bool) -> pmo.Register:
    """Projects of two years without levels; `spread` gives their costs an estimate."""
    ids = [f"P{n}" for n in range(1, len(costs) + 1)]
    tables = {
        "settings": pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["none", "2027"]}),
        "projects": pd.DataFrame({"project_id": ids, "name": [f"Job {i}" for i in ids], "area": "North",
                                  "commitment": "discretionary"}),
        "costs": pd.DataFrame([(i, year, cost / 2) for i, cost in zip(ids, costs, strict=True)
                               for year in (2027, 2028)], columns=["project_id", "year", "amount"]),
        "benefits": pd.DataFrame({"project_id": ids, "year": 2029, "amount": benefits}),
        "budgets": pd.DataFrame({"envelope": "all", "year": [2027, 2028], "amount": budget}),
    }  # fmt: skip
    if spread:
        tables["estimates"] = pd.DataFrame({"project_id": ids, "quantity": "cost", "low": 0.9, "likely": 1.0,
                                            "high": 1.3, "basis": "min_max"})  # fmt: skip
    return pmo.Register(**tables)


CASES = {
    "one": ([10.0], [30.0], 20.0),
    "refused": ([10.0, 8.0, 6.0], [4.0, 3.0, 2.0], 20.0),
    "alike": ([10.0] * 4, [20.0] * 4, 10.0),
}


def said(exhibit: Exhibit) -> str:
    items = [part for pair in exhibit.items for part in pair] if isinstance(exhibit, Message) else []
    return " ".join([exhibit.title, exhibit.takeaway, *items])


@pytest.mark.parametrize("spread", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_nothing_false_is_said_at_the_edge(case: str, spread: bool) -> None:
    question = pmo.Question(register(*CASES[case], spread))
    allocation = pmo.arbitrate(question)
    reasons, simulation = pmo.explain(allocation), pmo.simulate(allocation, draws=200, seed=7)
    comparison = pmo.compare(question, [pmo.Scenario("Less", budget=0.8), pmo.Scenario("More", budget=1.2)])
    worth = pmo.arbitration.limits_worth(allocation, [*figures.tightest(allocation), "all money"])
    drawn = {
        name: getattr(risk, name)(simulation)
        for name in ("s_curve", "tornado", "exceedance", "contingency", "by_year", "top_risks")
    }
    plan = figures.plan(allocation, reasons, area="North")
    cases = [scenarios.results(comparison), scenarios.grid(comparison), scenarios.regret(comparison)]
    page = [page_one.headline(allocation), page_one.limits(allocation, worth), page_one.how_sure(allocation)]
    others = [plan, figures.prices(reasons), figures.limits(allocation, worth), *cases, *page]
    words = " ".join(said(one) for one in (*others, *drawn.values()))
    assert not re.findall(r"\bno (?:sometimes|never|at|of)\b|the no | : ;|:\s*;|exceeded in 0", words), words
    assert "costs 0.0" not in words
    assert "gains 0.0" not in words
    funded, whole = int((allocation.table["decision"] == "fund").sum()), len(allocation.table)
    if funded:
        some = f"{figures.count(funded)} of {figures.count(whole, 'project')}"
        assert (some in plan.title) == (funded < whole)
    else:
        assert page[0].title == "Fund no projects;\nworth 0.0" + " expected" * spread
    likely = simulation.exceedance["probability"].max()
    assert ("holds in all of the futures" in drawn["exceedance"].title) == (likely == 0)
    assert (": exceeded in" in drawn["exceedance"].title) == (likely >= 0.005)
    reserve = simulation.contingency(0.8).pooled
    assert ("No reserve" in drawn["contingency"].title) == (reserve < 0.05)
    cost = simulation.totals["cost"]
    assert (cost >= cost.median() - 1e-9).mean() >= 0.5
    regret = float(comparison.regret.loc[comparison.base, "maximum"])
    assert ("is the best of every case" in cases[2].title) == (regret < 0.05)
    counts = comparison.presence.value_counts()
    for standing in ("always", "sometimes", "never"):
        assert f"{figures.count(counts[standing])}" in cases[1].title.lower() if standing in counts else True
