"""Registers at the edge: one project, every project refused, all alike; what the figures say of them is true."""

from __future__ import annotations

import re

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits import Exhibit, Message
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import overview, page_one, prioritization, risk, scenarios


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


def pair(costs: tuple[float, float] = (10.0, 10.0), **more: pd.DataFrame) -> pmo.Register:
    """Two projects of two areas and goals that ask for as much, the same in both years, in envelopes that hold them."""
    projects = pd.DataFrame({"project_id": ["P1", "P2"], "name": ["Job P1", "Job P2"], "area": ["North", "South"],
                             "strategic_goal": ["G1", "G2"], "commitment": "discretionary"})  # fmt: skip
    goals = pd.DataFrame({"goal": ["G1", "G2"], "label": ["Safe", "Green"]})
    return register([*costs], [30.0, 20.0], 20.0, False).replace(projects=projects, goals=goals, **more)


def test_of_several_that_are_alike_none_is_said_to_be_first() -> None:
    asked, larger = pair(), pair((12.0, 10.0))
    titles = [
        [overview.by_year(one, pmo.appraise(one)).title, overview.asked_by(one, pmo.appraise(one)).title,
         overview.goals(one, pmo.appraise(one)).title]
        for one in (asked, larger)
    ]  # fmt: skip
    assert titles[0] == [
        "20.0 asked from 2027 to 2028, the same in every year: 10.0",
        "North and South ask for most: 10.0 of 20.0, 50\u202f% each",
        "Safe and Green ask for most: 50\u202f% of the money each",
    ]
    assert titles[1][1:] == [
        "North asks for most: 12.0 of 22.0, 55\u202f%",
        "Safe asks for most: 55\u202f% of the money",
    ]
    uneven = asked.replace(costs=asked.costs.assign(amount=[4.0, 6.0, 6.0, 4.0]))
    third = pd.DataFrame({"project_id": ["P1"], "year": [2029], "amount": [1.0]})
    three = uneven.replace(costs=pd.concat([uneven.costs, third], ignore_index=True))
    assert overview.by_year(three, pmo.appraise(three)).title == (
        "21.0 asked from 2027 to 2029, most in 2027 and 2028: 10.0 each"
    )


@pytest.mark.parametrize(
    ("weights", "title"),
    [
        ([1.0, 1.0, 1.0], "All three criteria weigh the same: 33.3\u202f%"),
        ([2.0, 2.0, 1.0], "Cost and Risk weigh most: 40.0\u202f% each"),
        ([2.0, 1.0, 1.0], "Cost weighs most: 50.0\u202f% for 0 to 10"),
    ],
)
def test_criteria_of_one_weight_are_named_together(weights: list[float], title: str) -> None:
    criteria = pd.DataFrame({"criterion": ["Cost", "Risk", "Fit"], "sense": "max", "low": 0.0, "high": 10.0,
                             "weight": weights})  # fmt: skip
    scores = pd.DataFrame([(p, c, 5.0 + len(c)) for p in ("P1", "P2") for c in ("Cost", "Risk", "Fit")],
                          columns=["project_id", "criterion", "score"])  # fmt: skip
    assert prioritization.criteria(pmo.prioritize(pair(criteria=criteria, scores=scores))).title == title


def test_nothing_stands_under_the_line_of_an_empty_table_but_what_the_figure_says() -> None:
    allocation = pmo.arbitrate(pmo.Question(register(*CASES["one"], False)))
    reasons = pmo.explain(allocation)
    empty = [figures.refused(allocation), figures.claims(reasons, [])]
    assert [(one.title.split(":")[0], one.items) for one in empty if isinstance(one, Message)] == [
        ("Nothing is refused", ()), ("Nothing is contested", ()),
    ]  # fmt: skip


def test_who_is_in_for_no_money_is_not_said_to_get_nothing() -> None:
    free = pmo.Question(register([0.0, 8.0], [5.0, 4.0], 20.0, False))
    allocation = pmo.arbitrate(free)
    assert figures.area_headline(allocation, "North").title == (
        "North asked 8.0 currency not stated for two projects, gets 0.0 for one;\nJob P2 waits"
    )
    inside = pmo.explain(allocation, projects=["P1"])
    assert figures.prices(inside).title == "Leaving out one that is in costs 5.0 of net value"


def test_what_brings_what_it_costs_is_not_said_to_bring_less() -> None:
    """Of two plans that are worth as much the cheaper one is taken: what brings nothing above its cost stays out."""
    allocation = pmo.arbitrate(pmo.Question(register([10.0, 8.0], [10.0, 20.0], 20.0, False)))
    assert figures.plan(allocation).data.set_index("project_id")["why"]["P1"] == "worth no more than it costs"


def test_limits_without_a_plan_that_touches_them_are_not_counted() -> None:
    allocation = pmo.arbitrate(pmo.Question(register([10.0], [4.0], 20.0, False)))
    shown = figures.limits(allocation, pmo.arbitration.limits_worth(allocation, ["all money"]))
    assert (shown.title, isinstance(shown, Message) and shown.items) == ("No limit is touched by the plan", ())


def test_of_a_single_project_the_plan_speaks_in_the_singular() -> None:
    titles = [
        figures.plan(pmo.arbitrate(pmo.Question(register([10.0], [worth], 20.0, False)))).title for worth in (4.0, 30.0)
    ]
    assert titles[0].startswith("None of 1 project is funded, one waits: ")
    assert titles[1].startswith("One of 1 project is funded, none wait: ")
    refused = figures.plan(pmo.arbitrate(pmo.Question(register(*CASES["refused"], False)))).title
    assert refused.startswith("None of 3 projects are funded, three wait: ")


@pytest.mark.parametrize(
    ("scores", "title"),
    [
        ([5.0, 7.0], "Job P2 leads with 70.0; 70.0 of it from Cost"),
        ([7.0, 7.0], "Job P1 and Job P2 lead with 70.0 each"),
    ],
)
def test_who_leads_in_a_tie_is_not_said_to_lead_alone(scores: list[float], title: str) -> None:
    criteria = pd.DataFrame({"criterion": ["Cost"], "sense": "max", "low": 0.0, "high": 10.0, "weight": 1.0})
    given = pd.DataFrame({"project_id": ["P1", "P2"], "criterion": "Cost", "score": scores})
    ranking = pmo.prioritize(pair(criteria=criteria, scores=given))
    assert prioritization.contributions(ranking).title == title
