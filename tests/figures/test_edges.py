"""Sentences at the edges of a register: work that costs nothing, is worth nothing, or is the only one."""

from __future__ import annotations

import dataclasses
import re

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit import arbitration as engine
from pmo_kit import overview
from pmo_kit.arbitration import letter, supports
from pmo_kit.exhibits.display import plain
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import overview as portfolio
from pmo_kit.figures import page_one, performance, prioritization, risk, scenarios
from tests.conftest import shipped_register


def _only(*projects: str) -> pmo.Register:
    """The twelve, cut down to some of them."""
    register = shipped_register("meridian_12")
    kept: dict[str, pd.DataFrame] = {"projects": register.projects.loc[list(projects)]}
    for name in ("costs", "benefits", "levels", "resources", "scores", "status", "decisions", "requests"):
        table = register.table(name)
        kept[name] = table[table["project_id"].isin(projects) | table["project_id"].isna()]
    links = register.table("links")
    kept["links"] = links[links[["project_id", "other_id"]].isin(projects).all(axis=1)]
    return register.replace(**kept)


def _free() -> pmo.Register:
    """The twelve, of which none costs any money: people alone are scarce."""
    register = shipped_register("meridian_12")
    return register.replace(costs=register.costs.assign(amount=0.0))


def _decisions(allocation: pmo.Allocation) -> str:
    cases = pmo.compare(allocation.question, [pmo.Scenario("Less", budget=0.9), pmo.Scenario("More", budget=1.1)])
    return plain(page_one.decisions(allocation, pmo.explain(allocation), cases))


def test_of_sizes_that_cost_alike_the_one_worth_most_is_asked_for() -> None:
    allocation = pmo.arbitrate(pmo.Question(_free()))
    options = allocation.question.built
    largest = {p: str(options.table["base_level"].iloc[options.largest(p)]) for p in ("P02", "P06", "P07")}
    assert largest == {"P02": "full", "P06": "full", "P07": "full"}
    asked = overview.asked_levels(pmo.appraise(allocation.question.register))
    assert asked[list(largest)].to_dict() == largest
    assert allocation.plan["P02"] == "full"
    assert "P02" not in figures.contested(allocation, allocation.question)  # it gets all that it asks for
    assert "as asked (all districts)" in letter(allocation, "P02")
    assert "reduced size" not in _decisions(allocation)


def test_a_stop_that_costs_more_than_going_on_is_not_what_a_project_asks_for() -> None:
    register = shipped_register("meridian_12")
    cheap = register.costs["project_id"].eq("P06") & register.costs["level"].eq("full")
    costs = register.costs.assign(amount=register.costs["amount"].where(~cheap, 0.5))
    question = pmo.Question(register.replace(costs=costs))
    assert question.built.table["base_level"].iloc[question.built.largest("P06")] == "full"
    assert "**You asked for** 1 EUR million" in letter(pmo.arbitrate(question), "P06")


@pytest.mark.parametrize("worth", [0.0, 2.0])
def test_why_a_project_is_in_that_nothing_asks_for(worth: float) -> None:
    """Two that earn what they cost: with something to gain together, or at no cost at all."""
    projects = pd.DataFrame({"project_id": ["A", "B", "C"], "name": ["A", "B", "C"], "area": "X"})
    money = pd.DataFrame({"project_id": ["A", "B", "C"], "year": 2027, "kind": ["capex", "capex", "capex"]})
    register = pmo.Register(
        projects=projects,
        costs=money.assign(amount=[own := 3.0 * bool(worth), own, 1.0]),
        benefits=money.assign(kind="cash", benefit="saved", amount=[own, own, 2.0]),
        budgets=pd.DataFrame({"envelope": ["all"], "scope": ["all"], "year": [2027], "amount": [9.0]}),
        settings={"as_of": "2026-12-31", "currency": "EUR", "money_unit": "million", "price_basis": "real",
                  "price_base_year": "2026", "discount_schedule": "none", "discount_to": "2027"},
    )  # fmt: skip
    question = pmo.Question(register)
    if worth:
        question = question.with_rules(pmo.arbitration.Synergy(project_id="A", other_id="B", amount=worth))
    allocation = pmo.arbitrate(question)
    kept = supports(allocation)
    for project in kept.index:
        assert kept.loc[project, "loses"] == worth
        assert kept.loc[project, "why"] == (
            "what it brings together with others" if worth else "the plan is worth as much without it"
        )
    assert kept.index.tolist() == ["A", "B"]


def test_a_plan_of_no_project_and_of_one() -> None:
    none, one = (pmo.arbitrate(pmo.Question(_only(*projects))) for projects in (["P03"], ["P01", "P08"]))
    assert "No project." in _decisions(none)
    assert "none of the" not in _decisions(none)
    assert page_one.headline(none).unit_line.endswith("in all 0.0")
    assert "One project: one by law." in _decisions(one)
    assert "At this size one of one holds in all two other cases" in _decisions(one)
    assert figures.departments(none).title == "Every area gets 0 % of its ask".replace("0 %", "0\u202f%")


def test_areas_that_ask_for_nothing_get_no_share() -> None:
    register = shipped_register("meridian_12")
    costs = register.costs.assign(amount=register.costs["amount"].where(register.costs["project_id"].eq("P03"), 0.0))
    title = figures.departments(pmo.arbitrate(pmo.Question(register.replace(costs=costs)))).title
    assert title.startswith("Every area that asks for money gets")


def test_a_plan_that_overtakes_at_once_is_not_worth_as_much_before() -> None:
    """Of the twelve at no cost a tenth fewer people is enough, and until then the plan of least regret is worse."""
    comparison = pmo.compare(pmo.Question(_free()), [pmo.Scenario("Fewer people", capacity={"data_engineer": 0.9})])
    points = pmo.scenarios.switching_points(comparison)
    assert points["before"].iloc[0] < 0 <= points["share"].iloc[0] < scenarios.NONE_YET
    found = scenarios.switch(comparison, points)
    assert found.title == "As soon as any of Fewer people comes the plan of least regret overtakes today's"
    assert "with any of it" in plain(found)


def test_a_cost_of_zero_is_stated_and_a_sheet_that_is_there_is_not_asked_for() -> None:
    free = _free()
    some = free.replace(costs=free.costs[free.costs["project_id"].ne("P03")])
    table = portfolio.projects(some)
    assert table.takeaway == "One project states no cost."
    assert table.data.set_index("id")["money"].dropna().tolist() == [0.0] * 11
    for shown in (portfolio.largest(some), portfolio.by_year(some, pmo.appraise(free))):
        assert "needs a sheet" not in shown.title
        assert "the sheet 'costs' states none" in shown.title
    bare = some.replace(links=some.table("links").assign(relation="excludes"))
    assert "the sheet 'links' states none" in portfolio.enablers(bare, pmo.appraise(free)).title


def test_money_of_one_kind_is_named_where_more_of_it_or_a_move_is_priced() -> None:
    """Only the envelope for capital is used up: more money "in 2027" would buy nothing."""
    register = shipped_register("meridian_12")
    capital = pd.DataFrame({"envelope": "Capex", "scope": "kind=capex", "year": [2027, 2028], "amount": [40.0, 40.0]})
    budgets = pd.concat([register.table("budgets"), capital], ignore_index=True)
    allocation = pmo.arbitrate(pmo.Question(register.replace(budgets=budgets)))
    worth = pmo.arbitration.limits_worth(allocation)
    assert worth.loc["envelope all 2027", "unlimited_value"] == allocation.value
    assert "1.0 EUR million more in 2027 for Capex would gain 4.0" in plain(page_one.limits(allocation, worth))
    moves = pmo.arbitration.money_moves(allocation)
    ledger = pmo.arbitration.override_ledger(allocation.question)
    assert "Capex money moved:" in dict(page_one.alternatives(allocation, None, allocation, moves, ledger).items)
    moved = figures.moves(allocation, moves).title
    assert moved.startswith("1.0 of Capex money moved from 2028 to 2027 would gain 4.0")


@pytest.mark.parametrize(("budget", "named"), [(1.0, "data engineers 2028"), (10.0, "people, not money")])
def test_people_alone_limit_a_plan_only_where_more_money_buys_nothing(budget: float, named: str) -> None:
    register = shipped_register("meridian_12")
    budgets = register.table("budgets")
    richer = register.replace(budgets=budgets.assign(amount=budgets["amount"] * budget))
    allocation = pmo.arbitrate(pmo.Question(richer))
    worth = pmo.arbitration.limits_worth(allocation)
    assert (worth.loc["all money", "unlimited_value"] > allocation.value) == (named != "people, not money")
    assert page_one.limits(allocation, worth).title == f"What limits us: {named}"


@pytest.mark.parametrize(("area", "amount", "people"), [("Networks", 30.0, 14.0), ("Wastewater", 12.0, 6.0)])
def test_the_one_envelope_of_an_area_is_money_too(area: str, amount: float, people: float) -> None:
    register = shipped_register("meridian_12")
    envelope = pd.DataFrame({"envelope": area, "scope": f"area={area}", "year": [2027], "amount": amount})
    costs, capacity = register.costs.assign(year=2027), register.table("capacity").assign(fte=people)
    allocation = pmo.arbitrate(pmo.Question(register.replace(budgets=envelope, costs=costs, capacity=capacity)))
    worth = engine.limits_worth(allocation)
    assert worth["unlimited_value"].min() > allocation.value
    assert page_one.limits(allocation, worth).title == "What limits us: data engineers 2028"


def test_what_the_last_committee_did_not_see_is_not_said_to_stand_still() -> None:
    meridian = shipped_register("meridian")
    slips = pmo.performance.milestone_slips(meridian)
    unseen = slips.assign(moved_months=float("nan"), last=pd.NaT)
    assert performance.slips(meridian, unseen).takeaway == "What the last committee saw is not on record."
    late = slips[~slips["done"] & (slips["slip_months"] > 0)].index
    some = slips.assign(moved_months=slips["moved_months"].where(slips.index != late[0]))
    assert "late milestones that the last committee saw have" in performance.slips(meridian, some).takeaway


def test_a_benefit_that_is_due_and_not_reported_is_not_said_to_lie_ahead() -> None:
    meridian = shipped_register("meridian")
    found = pmo.performance.review_benefits(meridian)
    assert (found.table["due"] > 0).any()
    silent = dataclasses.replace(found, _table=found._table.assign(realized=float("nan")))
    assert performance.realized(silent).title == "Of no benefit that was due is it reported what came"
    blank = dataclasses.replace(found, _table=found._table.assign(due=float("nan"), compared=float("nan")))
    assert performance.realized(blank).title == "Of no benefit that came is it reported what was due"


def test_the_year_at_risk_is_that_of_its_likeliest_envelope() -> None:
    """Two envelopes of everything in one year: the one that breaks decides, wherever it stands."""
    meridian = shipped_register("meridian")
    budgets = meridian.table("budgets")
    whole = budgets[budgets["scope"].fillna("all").eq("all")]
    more = pd.concat([budgets, whole.assign(envelope="zz second", amount=whole["amount"] * 100)], ignore_index=True)
    simulation = pmo.simulate(pmo.arbitrate(pmo.Question(meridian.replace(budgets=more))), draws=300, seed=7)
    assert simulation.exceedance["probability"].max() > 0.1
    assert "is the year at risk" in risk.by_year(simulation).title


def test_one_tier_is_no_tier_and_nothing_differs_where_no_decision_was_left() -> None:
    register = shipped_register("meridian_12")
    scores = register.table("scores")
    alike = register.replace(scores=scores.assign(score=scores.groupby("criterion")["score"].transform("first")))
    ranking = pmo.prioritize(alike)
    assert prioritization.tiers(ranking, pmo.rank_robustness(ranking)).title == "No tiers can be told apart"
    none = pmo.performance.since_last_committee(register)[lambda found: found["kind"].eq("open")]
    assert performance.since_last(register, none).title == "Nothing differs from what was decided"


@pytest.fixture(scope="module")
def scarce() -> pmo.Question:
    """Ten of the sixty with little money: what is recommended is best as planned, and sure enough, too."""
    register = shipped_register("meridian")
    projects = register.projects.index[20:30].tolist()
    kept: dict[str, pd.DataFrame] = {"projects": register.projects.loc[projects]}
    for name in ("costs", "benefits", "levels", "resources", "estimates"):
        kept[name] = register.table(name)[register.table(name)["project_id"].isin(projects)]
    links = register.table("links")
    kept["links"] = links[links[["project_id", "other_id"]].isin(projects).all(axis=1)]
    kept |= {name: register.table(name).iloc[:0] for name in ("rules", "overrides", "risks", "scenarios")}
    budgets = register.table("budgets")
    return pmo.Question(register.replace(**kept, budgets=budgets.assign(amount=budgets["amount"] * 0.15)), deferral=1)


def test_one_plan_is_not_better_than_itself(scarce: pmo.Question) -> None:
    found = pmo.risk.compare_bases(scarce, draws=1000)
    assert found.table[["leaves", "enters", "resized"]].map(len).loc[["likely", "sure"]].to_numpy().sum() == 0
    shown = risk.bases(found)
    assert shown.title == "The plan that is best as planned is the recommended one, expected to be worth −3.9"
    assert shown.takeaway.startswith("It is sure enough by itself: all envelopes hold in 8")


def test_a_plan_that_fits_no_more_is_overtaken_without_an_amount(scarce: pmo.Question) -> None:
    comparison = pmo.compare(scarce, [pmo.Scenario("Less money", budget=0.85), pmo.Scenario("More", budget=1.1)])
    points = pmo.scenarios.switching_points(comparison)
    assert points["after"].iloc[0] == float("inf")
    shown = scenarios.switch(comparison, points)
    assert shown.data["after"].isna().tolist() == [True, False]
    assert "n/a: one of them fits no more, whatever is dropped." in plain(shown)


def test_what_is_cheapest_to_grant_may_be_to_carry_on() -> None:
    """Where capital is scarce, going on with Billing replacement costs least of all claims."""
    register = shipped_register("meridian_12")
    capital = pd.DataFrame({"envelope": "Capex", "scope": "kind=capex", "year": [2027, 2028], "amount": [40.0, 40.0]})
    budgets = pd.concat([register.table("budgets"), capital], ignore_index=True)
    allocation = pmo.arbitrate(pmo.Question(register.replace(budgets=budgets)))
    title = figures.claims(pmo.explain(allocation), figures.contested(allocation, allocation.question)).title
    assert title.endswith("the cheapest to grant, Billing replacement, costs 1.5")


def test_what_is_carried_in_is_printed_to_the_cent(scarce: pmo.Question) -> None:
    allocation = pmo.arbitrate(scarce)
    carried = [use for use in allocation.limits if use.carried]
    assert carried
    for use in carried:
        assert all(len(part.partition(".")[2]) <= 2 for part in re.findall(r"\d+\.\d+", use.sentence)), use.sentence


def test_a_benefit_is_compared_with_what_was_due_in_the_periods_that_are_reported() -> None:
    """Of two periods that have ended one is reported: half of what was due by then has come, not a quarter."""
    register = shipped_register("meridian")
    line = register.table("benefit_status").iloc[:1]
    status = pd.concat(
        [
            line.assign(period=period, planned=10.0, actual=came, forecast=10.0)
            for period, came in (("2025-Q4", 5.0), ("2026-Q1", float("nan")))
        ],
        ignore_index=True,
    )
    found = pmo.performance.review_benefits(register.replace(benefit_status=status))
    row = found.table.dropna(subset="realized").iloc[0]
    assert row[["due", "compared", "realized", "rate"]].tolist() == [20.0, 10.0, 5.0, 0.5]
    assert found.summary.startswith("1 benefit reports: 5.0 realized of 10.0 due and reported (EUR million")
    shown = performance.realized(found)
    assert "has brought 50\u202f% of" in shown.title
    assert shown.title.endswith("that was due and is reported")
    assert sorted(shown.data["amount"]) == [5.0, 10.0]


def _ruled(*rows: dict[str, object]) -> pmo.Register:
    """The twelve with policy rules."""
    plain_rule = {"kind": "share", "measure": "spend", "of": "portfolio", "per": "horizon", "active": True}
    rules = pd.DataFrame([plain_rule | {"minimum": None, "maximum": None, "price": None} | row for row in rows])
    return shipped_register("meridian_12").replace(rules=rules)


NO_DIGITAL = {"rule": "No digital", "scope": "area=Digital", "maximum": 0.0}
ONE_CUSTOMER = {"rule": "One for customers", "kind": "count", "scope": "area=Customer", "maximum": 1.0}


def _limits(register: pmo.Register) -> tuple[pmo.Allocation, str, str]:
    """The plan, the table of its limits, and what page one says of them."""
    allocation = pmo.arbitrate(pmo.Question(register))
    worth = pmo.arbitration.limits_worth(allocation)
    return allocation, plain(figures.limits(allocation, worth)), plain(page_one.limits(allocation, worth))


def test_a_rule_that_allows_nothing_is_among_what_limits_the_plan() -> None:
    """Nothing is used of it and nothing is left: without it the plan is worth 33.5, not 21, as by hand."""
    allocation, table, page = _limits(_ruled(NO_DIGITAL, ONE_CUSTOMER))
    free = pmo.arbitrate(pmo.Question(_ruled(ONE_CUSTOMER)))
    gain = f"{free.value - allocation.value:.1f}"
    assert f"without “No digital” the plan would gain {gain}" in table.splitlines()[0]
    assert table.splitlines()[3].startswith("No digital")  # what holds back most stands first
    assert page.splitlines()[:2] == ["What limits us: No digital", f"Without this limit +{gain}."]
    without = pmo.arbitrate(pmo.Question(_ruled(NO_DIGITAL)))
    assert f"Without One for customers the plan would gain {without.value - allocation.value:.1f}." in page


def test_a_year_without_money_is_among_what_limits_the_plan_and_people_whom_nobody_asks_for_are_not() -> None:
    register = shipped_register("meridian_12")
    budgets, capacity = register.table("budgets"), register.table("capacity")
    register = register.replace(
        projects=register.projects.assign(commitment="discretionary", mandatory_reason=""),
        budgets=budgets.assign(amount=budgets["amount"].where(budgets["year"] != 2028, 0.0)),
        capacity=pd.concat([capacity, capacity.assign(role="diver", fte=0.0), capacity.assign(role="cook", fte=5.0)]),
    )
    allocation, table, page = _limits(register)
    assert allocation.value == 0.0
    assert "without “money 2028”" in table.splitlines()[0]
    assert page.splitlines()[0] == "What limits us: money 2028"
    assert not re.search("Diver|Cook", table)
    assert {use.label for use in allocation.limits if use.idle} == {"divers 2028", "cooks 2028"}


def test_what_would_break_a_limit_at_a_high_price_has_it_in_its_way() -> None:
    dear = {"rule": "Digital at most 5 %", "scope": "area=Digital", "maximum": 0.05, "price": 50.0}
    cheap = {"rule": "Networks at least 60 %", "scope": "area=Networks", "minimum": 0.6, "price": 0.01}
    allocation, table, _ = _limits(_ruled(dear, cheap))
    assert "without “Digital at most 5 %” the plan would gain" in table.splitlines()[0]
    way = engine.obstacles(allocation)["P03"]
    assert set(way) & {"Digital at most 5 %", "Networks at least 60 %"} == {"Digital at most 5 %"}
    assert "with it, Digital at most 5 %: 7.3 % against 5.0 %, at its price" in letter(allocation, "P03")
    free = allocation.value + sum(use.paid for use in allocation.limits)
    assert free == pytest.approx(allocation.table.loc[list(allocation.plan), "value"].sum())


def test_a_case_without_a_plan_is_told_wherever_cases_are_counted() -> None:
    question = pmo.Question(shipped_register("meridian_12"))
    allocation = pmo.arbitrate(question)
    nothing, less = pmo.Scenario("Nothing", budget=0.0), pmo.Scenario("A little less", budget=0.9999)
    comparison = pmo.compare(question, [nothing, less])
    assert scenarios.results(comparison).title == "Nothing has no plan; none of the other cases changes the net value"
    grid = scenarios.grid(comparison)
    assert grid.data["Nothing"].isna().all()
    assert grid.note == "n/a: no plan obeys the limits."
    assert grid.takeaway == "None of these cases with a plan changes the list."
    assert "money everything −0.01\u202f%" in re.sub(" +", " ", plain(scenarios.definitions(comparison)))
    decisions = plain(page_one.decisions(allocation, pmo.explain(allocation), comparison))
    assert decisions.count("; Nothing has no plan") == 3


def _risk(project: str, probability: float, cost: tuple[float, float, float], delay_months: int = 0) -> pd.DataFrame:
    """One risk."""
    low, likely, high = cost
    row = {"project_id": project, "risk": "R", "label": "Late", "risk_class": "external", "probability": probability,
           "cost_low": low, "cost_likely": likely, "cost_high": high, "benefit_loss": 0.0, "delay_months": delay_months,
           "period": "2027", "driver": "permits", "owner": "lead", "response": "apply early"}  # fmt: skip
    return pd.DataFrame([row])


def test_a_plan_that_breaks_what_the_recommended_keeps_is_not_told_as_the_better() -> None:
    """Smart meters may cost twice as much: planned costs fit, expected ones do not."""
    register = shipped_register("meridian_12")
    certain = _risk("P02", 1.0, (1.0, 2.0, 3.0))
    found = pmo.risk.compare_bases(pmo.Question(register.replace(risks=certain)), draws=500)
    better, worse = found.table.loc["likely", "expected"], found.table.loc["expected", "expected"]
    assert better > worse
    said = f"Best as planned would be expected to be worth {better:.1f}, not {worse:.1f}, but does not keep the limits"
    assert risk.bases(found).title.startswith(said)
    sure = found.simulations["expected"]
    assert risk.tornado(sure).title == "Nothing that is uncertain moves the plan's net value"
    assert "outside the plan" in plain(risk.top_risks(sure))  # there is a sheet of risks
    assert "Delays" not in plain(risk.by_year(sure))
    alike = pmo.risk.Bases(
        found.allocations, found.simulations, found.fit, found.table.assign(fits=0.5)
    )  # it is people who are too few
    assert risk.bases(alike).title.endswith("but does not keep the limits as expected")


def test_one_limit_that_is_not_listed_is_told_as_one() -> None:
    register = shipped_register("meridian_12")
    late = _risk("P03", 0.9, (0.0, 0.0, 0.0), delay_months=12)
    people = register.table("capacity").assign(fte=8.0)
    plan = pmo.arbitrate(pmo.Question(register.replace(risks=late, capacity=people), basis="expected"))
    note = risk.exceedance(pmo.simulate(plan, draws=500)).note
    assert note.startswith("Not listed: one limit that is exceeded less often.")


def test_a_risk_that_delays_and_costs_nothing_is_told_as_such() -> None:
    register = shipped_register("meridian_12")
    late = _risk("P03", 0.5, (0.0, 0.0, 0.0), delay_months=18)
    simulation = pmo.simulate(pmo.arbitrate(pmo.Question(register.replace(risks=late))), draws=500)
    title = risk.top_risks(simulation).title
    assert title == "The risks of the plan hardly cost money; the first is late (Data platform)"
    assert "Delays take money" in risk.by_year(simulation).takeaway


def test_envelopes_of_areas_alone_are_each_set_against_what_is_spent_of_them() -> None:
    """Amounts of the plan by hand: the areas' rows of its spending."""
    register = shipped_register("meridian_12")
    amounts = {
        "Networks": 20.0,
        "Digital": 3.0,
        "Customer": 9.0,
        "Wastewater": 8.0,
        "Corporate": 6.0,
        "Water Supply": 12.0,
    }
    rows = [{"envelope": area, "scope": f"area={area}", "year": year, "amount": amount, "price_basis": "real",
             "carry_limit": 0.0} for area, amount in amounts.items() for year in (2027, 2028)]  # fmt: skip
    register = register.replace(budgets=pd.DataFrame(rows))
    allocation = pmo.arbitrate(pmo.Question(register))
    spent = allocation.spend.groupby(register.projects["area"]).sum()
    shown = figures.envelopes(allocation)
    total = spent.sum()
    assert (
        shown.title
        == f"The plan spends {total[2027]:.1f} in 2027 and {total[2028]:.1f} in 2028; no envelope is for all of it"
    )
    said = dict(shown.items)
    for area, amount in amounts.items():
        first, then = (spent.loc[area, year] if area in spent.index else 0.0 for year in (2027, 2028))
        assert said[f"{area}:"] == f"{first:.1f} of {amount:.1f} in 2027 and {then:.1f} of {amount:.1f} in 2028."
    assert "No envelope is for the whole portfolio" in plain(portfolio.ask(register, pmo.appraise(register)))


def test_a_year_over_its_envelope_at_a_price_is_not_paid_with_money_carried_in() -> None:
    """First 2027 has 30, and more at 0.2 each; then 2028 has, with money carried in."""
    question = pmo.Question(shipped_register("meridian_12"))
    first, then = (question.rule(f"envelope all {year}") for year in (2027, 2028))
    asked = question.with_rules(dataclasses.replace(first, amount=30.0, price=0.2))
    allocation = pmo.arbitrate(asked)
    worth = engine.limits_worth(allocation)
    priced = "what is below zero is spent beyond the envelope, at its price"
    for said in (figures.envelopes(allocation).takeaway, plain(page_one.limits(allocation, worth))):
        assert priced in said
        assert "carried" not in said
    assert "Less than 0.1 more money in any envelope would already gain; no" in plain(
        page_one.limits(allocation, worth)
    )
    rich = dataclasses.replace(first, amount=60.0, carry_limit=5.0)
    carried = pmo.arbitrate(question.with_rules(rich, dataclasses.replace(then, amount=30.0, price=0.2)))
    row = carried.use.set_index("rule").loc[then.name]
    assert row["carried"] > 0 > row["slack"]
    both = "what is below zero is paid with money carried in or spent beyond the envelope, at its price"
    assert both in figures.envelopes(carried).takeaway


def test_a_price_that_prints_as_nought_is_no_price_of_nothing() -> None:
    """Everything a thousand times smaller: the table of claims says less than 0.1, and so does its title."""
    register = shipped_register("meridian_12")
    tables = {name: register.table(name) for name in ("costs", "benefits", "budgets")}
    small = register.replace(**{name: t.assign(amount=t["amount"] * 0.001) for name, t in tables.items()})
    allocation = pmo.arbitrate(pmo.Question(small))
    reasons = pmo.explain(allocation)
    claims = figures.claims(reasons, figures.contested(allocation, allocation.question))
    assert set(claims.data["price"]) <= {"less than 0.1", "not possible"}
    assert claims.title.endswith(" costs less than 0.1")
    assert figures.prices(reasons).title.startswith("Letting a project that is outside in costs less than 0.1 of net")
    ladder = pmo.frontier(allocation.question, budgets=(0.7, 1.0))
    assert figures.frontier(ladder).title == "30\u202f% less money costs less than 0.1"
    row = engine.limits_worth(allocation, ["envelope all 2027"]).iloc[0]
    assert row["more"] == pytest.approx(0.0055)  # of the very least more nothing comes
    words = "Less than 0.1 more money 2027 would already gain; any amount gains less than 0.1."
    assert page_one.worth_words(allocation, row) == words


def test_a_limit_is_not_read_as_what_a_project_needs() -> None:
    half = {"rule": "Networks at least half", "scope": "area=Networks", "minimum": 0.5}
    allocation = pmo.arbitrate(pmo.Question(_ruled(half, NO_DIGITAL)))
    assert engine.obstacles(allocation)["P02"] == ("needs Data platform", "Networks at least half")
    words = figures.refused(allocation).data.set_index("project_id")["words"]
    assert words["P02"] == "Networks at least half and needs Data platform"
