"""Sentences of the packs that were once untrue: each claim recomputed over the whole set that the sentence names.

`bN` and `aN` are the numbers that two audits of an early pack gave to the faults. The claims on cases and regrets (b7,
b8), on like with like (b5), on the four media (a5, a8, a9) and on lengths (a11) stand beside what they are about; `grep
_b7_` finds each.
"""

from __future__ import annotations

import csv
import itertools
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

import pmo_kit as pmo
from pmo_kit import performance
from pmo_kit.arbitration import obstacles, supports
from pmo_kit.exhibits import Exhibit, Message
from pmo_kit.exhibits.display import _facts
from pmo_kit.exhibits.records import words
from pmo_kit.facts import Fact, count
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import overview as portfolio
from pmo_kit.figures import page_one, risk, scenarios
from pmo_kit.figures import performance as delivery
from tests.conftest import shipped_register
from tests.figures.two_projects import two_projects
from tests.oracle.plans import Plans, Register
from tests.oracle.registers import make

TWELVE = "data/samples/meridian_12"
SEEDS = (7, 9, 27, 35, 38, 43, 50, 57)
"""Seeds of registers that have a plan; in that of 35 two projects of the plan save money together."""

Asked = tuple[pmo.Allocation, Plans]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> list[Asked]:
    """Random registers of five projects that have a plan, each beside the enumeration of all its plans."""
    found: list[Asked] = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp("register")
        make(folder, seed, projects=5)
        question = pmo.Question(pmo.load_register(folder), basis="likely")
        found.append((pmo.arbitrate(question), Plans(Register(folder))))
    return found


@pytest.fixture(scope="module")
def twelve() -> Asked:
    question = pmo.Question(shipped_register("meridian_12"), overrides=False)
    return pmo.arbitrate(question), Plans(Register(TWELVE), overrides=False)


@pytest.fixture(scope="module")
def meridian() -> pmo.Register:
    return shipped_register("meridian")


@pytest.fixture(scope="module")
def reasons(twelve: Asked) -> pmo.Explanation:
    return pmo.explain(twelve[0])


def told(exhibit: Exhibit, key: str, **of: object) -> Fact:
    """The one fact of an exhibit with this key and subject."""
    found = {f for f in _facts(exhibit) if f.key == key and all(getattr(f.of, k) == v for k, v in of.items())}
    assert len(found) == 1, found
    return found.pop()


def spoken(exhibit: Exhibit) -> str:
    items = exhibit.items if isinstance(exhibit, Message) else ()
    return " ".join([exhibit.title, exhibit.takeaway, exhibit.note, *(words(part) for pair in items for part in pair)])


def mine(allocation: pmo.Allocation, plans: Plans) -> int:
    """The row of the enumeration that is the plan of the allocation."""
    chosen = np.array([allocation.plan.get(p) == level for p, level, _ in plans.options])
    (row,) = np.flatnonzero((plans.x[:, : plans.n] == chosen).all(axis=1))
    return int(row)


@pytest.mark.long
def test_b1_a4_one_total_for_a_year_wherever_it_is_printed(asked: list[Asked]) -> None:
    """Title, table, amounts and limit of a year hold rows, exit costs and what two save together, once."""
    saving = 0
    for allocation, plans in asked:
        row = mine(allocation, plans)
        saving += bool(plans.x[row, plans.n :].any())
        table = figures.plan(allocation).data.iloc[-1]
        listed = page_one.amounts(allocation).data.iloc[-1]
        headline = page_one.headline(allocation)
        for year in figures.spend_years(allocation):
            spent = plans.amount(plans.spend(year=year))[row]
            assert told(headline, "plan.spend", year=year).value == pytest.approx(spent)
            assert [table[str(year)], listed[str(year)]] == pytest.approx([spent, spent])
            use = figures.money_by_year(allocation)
            assert use.loc[use["year"] == str(year), "used"].tolist() == pytest.approx(
                [spent] * int((use["year"] == str(year)).sum())
            )
        whole = plans.amount(plans.spend())[row]
        assert told(headline, "plan.spend", year=None).value == pytest.approx(whole)
        areas = [told(figures.area_headline(allocation, area), "plan.spend", area=area).value
                 for area in allocation.table["area"].unique()]  # fmt: skip
        assert sum(areas) == pytest.approx(whole)
    assert saving


@pytest.mark.long
def test_b2_a2_proven_names_its_set_and_a_better_plan_beyond_it_stands_beside(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    better = 0
    for seed in (15, 50):
        folder = tmp_path_factory.mktemp("register")
        make(folder, seed, projects=5, deferral=True)
        try:
            question = pmo.Question(pmo.load_register(folder), basis="likely")
            allocation, waiting = pmo.arbitrate(question), pmo.arbitrate(question.replace(deferral=1))
        except (pmo.DataError, pmo.InfeasibleError):
            continue
        best = Plans(Register(folder)).best()
        later = Plans(Register(folder), deferral=1).best()
        assert best is not None
        assert later is not None
        sure, other = page_one.how_sure(allocation), _alternatives(allocation, waiting)
        assert "all starting as asked" in spoken(sure)
        assert "with starts up to one year later" in spoken(page_one.how_sure(waiting))
        assert told(sure, "plan.value").value == pytest.approx(best)
        assert any(lead == "Later:" for lead, _ in other.items) == (later > best + 1e-6)
        if later > best + 1e-6:
            better += 1
            assert told(other, "plan.more", part="later starts").value == pytest.approx(later - best)
    assert better


def _alternatives(allocation: pmo.Allocation, waiting: pmo.Allocation) -> Message:
    moves = pmo.arbitration.money_moves(allocation)
    ledger = pmo.arbitration.override_ledger(allocation.question)
    return page_one.alternatives(allocation, None, waiting, moves, ledger)


def test_b3_a1_no_likely_value_alone_where_the_register_knows_better() -> None:
    """Page one says planned, expected, in the middle and 80 % sure, and how often the envelopes hold."""
    register = two_projects(budget=17.0)
    allocation = pmo.arbitrate(pmo.Question(register))
    simulation = pmo.simulate(allocation, draws=2000, seed=7)
    line = page_one.certificate(allocation, simulation, 0.8)
    page = [page_one.headline(allocation), page_one.tiles(allocation, None, simulation.base_npv),
            page_one.how_sure(allocation, [line])]  # fmt: skip
    assert page[0].title.endswith("expected")
    assert f"{simulation.base_npv:.1f} planned" in page[1].data["note"][0]
    mean = 10 * (0.8 + 1.0 + 1.4) / 3
    assert told(page[0], "plan.value").value == pytest.approx(16 - (mean - 10))
    npv, cost = simulation.totals["npv"].to_numpy(), simulation.totals["cost"].to_numpy()
    facts = {(f.base.figures, f.base.level): f.value for f in _facts(page[2]) if f.key == "plan.npv"}
    assert facts["likely", None] == pytest.approx(16)
    assert facts["sure", 0.5] == pytest.approx(np.quantile(npv, 0.5))
    assert facts["sure", 0.8] == pytest.approx(np.quantile(npv, 0.2))
    assert told(page[2], "plan.holds").value == pytest.approx((cost <= 17).mean(), abs=2e-3)
    assert told(page[2], "risk.reserve").value == pytest.approx(np.quantile(cost, 0.8) - 16)


def test_b4_every_order_that_the_plan_lifts_is_named_with_its_price(twelve: Asked) -> None:
    """Orders for and against the plan, and more of both: those against it are named, each with its price alone."""
    free, plans = twelve
    question = free.question.replace(overrides=True)
    for project, side in (("P08", "in"), ("P02", "out"), ("P05", "in"), ("P11", "out"), ("P10", "out")):
        question = question.with_override(project, side, reason="promised")
    found = page_one.orders(free, pmo.arbitration.override_ledger(question))
    value = np.where(plans.holds(), plans.value(), -np.inf)
    row = mine(free, plans)
    broken = {
        o.project_id: value.max() - value[plans.has(o.project_id, o.level or None) == (o.in_out == "in")].max()
        for o in question.orders
        if plans.has(o.project_id, o.level or None)[row] != (o.in_out == "in")
    }
    assert {"P08", "P02", "P10"} <= set(broken)
    assert not {"P05", "P11"} & set(broken)
    assert {f.of.project: f.value for f in _facts(found) if f.key == "order.price" and f.of.project} == pytest.approx(
        broken
    )
    assert all(any(lead.startswith(free.table.loc[p, "name"]) for lead, _ in found.items) for p in broken)
    assert told(found, "order.lifted").value == len(broken)


@pytest.mark.long
def test_b6_a3_unspent_is_envelopes_less_spending_and_carried_money_counts_once(asked: list[Asked]) -> None:
    for allocation, plans in asked:
        if not any(len(rows) and rows[0][4] == "all" for rows in plans.envelopes.values()):
            continue
        row, left = mine(allocation, plans), 0.0
        for rows in plans.envelopes.values():
            left += sum(amount - plans.amount(c)[row] for _, amount, _, c, scope in rows if scope == "all")
        assert told(figures.envelopes(allocation), "plan.left").value == pytest.approx(left)


def test_b9_what_a_refused_project_costs_ranges_over_the_refused_that_are_named(asked: list[Asked]) -> None:
    for allocation, plans in asked:
        value = np.where(plans.holds(), plans.value(), -np.inf)
        out = allocation.table.index[allocation.table["decision"] != "fund"]
        costs = [value.max() - value[plans.has(p)].max() for p in out]
        costs = [cost for cost in costs if np.isfinite(cost)]
        chart = figures.prices(pmo.explain(allocation))
        if not costs:
            gone = [value.max() - value[~plans.has(p)].max() for p in allocation.table.index.difference(out)]
            words = "No project outside can be let in" if len(out) else "Nothing is outside"
            assert chart.title.startswith(words)
            most = told(chart, "project.price_out", part="most")
            assert most.value == pytest.approx(max(cost for cost in gone if np.isfinite(cost)))
            continue
        ends = {f.of.part: f.value for f in _facts(chart) if f.key == "project.price_in"}
        assert ends["most"] == pytest.approx(max(costs))
        assert ends.get("least", ends["most"]) == pytest.approx(min(costs))
        never = len(out) - len(costs)
        assert (f"; {count(never)} cannot be let in" in chart.title) == (never > 0), chart.title
        some = pmo.explain(allocation, projects=[str(out[0])])
        if len(out) > 1:
            assert "a refused project" not in figures.prices(some).title


def test_what_stops_for_want_of_another_plan_is_not_said_to_stop_for_its_value(asked: list[Asked]) -> None:
    """Where no plan carries a project on that is the reason, whatever it frees or is worth."""
    forced = 0
    for allocation, plans in asked:
        table = figures.plan(allocation, pmo.explain(allocation)).data.set_index("project_id")
        for project in allocation.table.index[allocation.table["decision"] == "stop"]:
            goes = [p == project and level != "stop" for p, level, _ in plans.options]
            never = not (plans.x[plans.holds()][:, : plans.n][:, goes] > 0).any()
            assert (table["why"][project] == "no plan within the limits carries it on") == never
            forced += never
    assert forced


@pytest.mark.long
def test_a_plan_that_fits_no_more_is_no_endless_amount_behind(asked: list[Asked]) -> None:
    """A title has words for a case in which today's plan does not fit, whatever is dropped."""
    unfit = 0
    for allocation, _ in asked:
        comparison = pmo.compare(allocation.question, [pmo.Scenario("Less", budget=0.85)])
        title = scenarios.regret(comparison).title
        endless = np.isinf(comparison.regret.loc[comparison.base, "maximum"])
        assert "∞" not in title
        assert ("does not fit in every case" in title) == endless
        unfit += endless
    assert unfit


def test_an_order_that_costs_nothing_is_said_to_cost_nothing(asked: list[Asked]) -> None:
    free = 0
    for allocation, _ in asked:
        ledger = pmo.arbitration.override_ledger(allocation.question)
        if ledger.table.empty:
            continue
        words = spoken(figures.overrides(ledger, allocation))
        assert not re.search(r"(?:costs?|back) 0\.0", words), words
        free += "costs nothing" in words or "cost nothing" in words
    assert free


def test_b10_more_money_is_placed_in_the_envelope_and_year_that_is_named(twelve: Asked) -> None:
    allocation, plans = twelve
    worth = pmo.arbitration.limits_worth(allocation, ["all money"])
    line = spoken(page_one.limits(allocation, worth))
    assert "in the envelopes and years where it helps most" in line
    step = told(page_one.limits(allocation, worth), "limit.step").value
    rules = [name for name in plans.names if name.startswith("envelope")]
    best = plans.best()
    assert best is not None
    enough = max(plans.best(extra={rule: step}) or best for rule in rules)
    less = max(plans.best(extra={rule: step - 0.01}) or best for rule in rules)
    assert (enough > best + 1e-6, less > best + 1e-6) == (True, False)
    gain = next(f for f in _facts(page_one.limits(allocation, worth)) if f.of.part == f"{step:g}")
    assert gain.value == pytest.approx(enough - best)


def test_b11_what_does_not_fit_allows_for_money_carried_in(asked: list[Asked]) -> None:
    said = 0
    for allocation, plans in asked:
        register = allocation.question.register
        chart = portfolio.ask(register, pmo.appraise(register))
        facts = [f for f in _facts(chart) if f.key == "share"]
        ok = plans.holds()
        for fact in facts:
            said += fact.value > 0
            most = plans.amount(plans.spend(year=fact.of.year))[ok].max()
            whole = told(chart, "register.asked", year=fact.of.year).value
            assert whole * (1 - fact.value) >= most - 1e-6 or not fact.value
    assert said


def test_b12_what_is_worth_debating_is_what_good_plans_differ_in(twelve: Asked) -> None:
    allocation, plans = twelve
    for epsilon in (0.01, 0.15):
        value = np.where(plans.holds(), plans.value(), -np.inf)
        good = plans.x[value >= value.max() - epsilon * abs(value.max()) - 1e-9]
        names = plans.register.projects
        inside = {p: good[:, plans.at(p, None)].any(1) for p in names}
        border = [p for p in names if inside[p].any() and not inside[p].all()]
        table = figures.core(pmo.core_projects(allocation.question, epsilon=epsilon))
        assert table.data["projects"].tolist() == [
            sum(inside[p].all() for p in names), len(border), sum(not inside[p].any() for p in names),
        ]  # fmt: skip


def test_b13_an_enabler_is_worth_what_the_best_plan_loses_without_it(twelve: Asked) -> None:
    allocation, plans = twelve
    best = plans.best()
    assert best is not None
    lost = best - (plans.best(among=~plans.has("P03")) or 0.0)
    assert supports(allocation).loc["P03", "loses"] == pytest.approx(lost)
    register = allocation.question.register
    table = portfolio.enablers(register, pmo.appraise(register))
    assert not [f for f in _facts(table) if f.unit.thing == "money"]
    assert "loses without it" in table.takeaway


def test_b15_the_reason_of_every_project_is_true(asked: list[Asked]) -> None:
    """`pays` only where a project is worth more than it costs; else law, contract, or what the plan loses without."""
    for allocation, plans in asked:
        table = figures.plan(allocation).data.set_index("project_id")
        value = np.where(plans.holds(), plans.value(), -np.inf)
        for project, row in allocation.table.iterrows():
            if row["decision"] == "fund" and row["commitment"] == "discretionary":
                why = str(table.loc[project, "why"])
                assert (why == figures.PAYS) <= (row["value"] > -1e-9)
                if row["value"] < -1e-9:
                    assert value[~plans.has(project)].max() <= value.max() + 1e-9
                    assert why not in ("", figures.PAYS)


def test_a6_what_loses_money_is_refused_for_that_and_not_for_want_of_money(asked: list[Asked]) -> None:
    seen = 0
    for allocation, plans in asked:
        ways = obstacles(allocation)
        for project in allocation.table.index[allocation.table["decision"] == "refuse"]:
            best = max(plans.worth[i] for i in plans.at(project, None))
            first = ways[project][0] if ways[project] else ""
            seen += best <= 0
            assert first.startswith("worth no more than it costs") == (best <= 1e-9), (project, best, first)
    assert seen


@pytest.mark.long
def test_b16_a_forecast_names_its_years(meridian: pmo.Register) -> None:
    register = meridian
    title = portfolio.headline(register, pmo.appraise(register)).title
    rows = register.table("baselines").query("quantity == 'spend'")
    assert rows["year"].nunique() > 1
    assert "year's" not in title
    assert all(str(int(year)) in title for year in rows["year"].unique())


def test_b17_value_and_risk_are_never_counted_against_each_other() -> None:
    """A count of projects whose risks exceed their net value counts mostly those that lose money without any risk."""
    for file in Path("pmo_kit").rglob("*.py"):
        assert "value_and_risk" not in file.read_text(encoding="utf-8")


def test_b19_the_years_of_benefits_are_as_many_as_is_assumed() -> None:
    for sample in ("meridian", "meridian_2026_03"):
        with Path(f"data/samples/{sample}/assumptions.csv").open(encoding="utf-8", newline="") as file:
            line = next(row["assumption"] for row in csv.DictReader(file) if row["assumption_id"] == "S6")
        benefits = pd.read_csv(f"data/samples/{sample}/benefits.csv")
        years = benefits.groupby(["project_id", "benefit"])["year"].nunique().groupby("project_id").max()
        first = years.index.str.fullmatch(r"P0\d|P1[0-2]")
        assert (set(years[~first]), set(years[first])) == ({6}, {3})
        assert "six years; for P01 to P12 for three" in line


def test_b20_deferring_is_enough_for_the_ask(meridian: pmo.Register) -> None:
    load = performance.load_on_units(meridian)
    assert load.summary.startswith("If all that is asked goes ahead, ")
    table = load.table
    worst, every = table.loc[table["over"].idxmax()], load.collisions
    there = every["unit"].eq(worst["unit"]) & every["quarter"].eq(worst["quarter"])
    clears = every[there & every["clears"]]
    assert ("is enough" in load.summary) == bool(len(clears))


def test_a7_page_one_names_every_request_and_every_condition(twelve: Asked, reasons: pmo.Explanation) -> None:
    allocation, _ = twelve
    register = allocation.question.register
    review = pmo.review_performance(register)
    conditions = performance.conditions(register, review)
    red = set(review.table.index[review.table["rag_rule"] == "R"])
    verdicts = performance.stop_or_continue(register, review)
    losing = set(verdicts.index[verdicts["gain_at_cpi"] < 0])
    assert red | losing <= set(conditions.index)
    comparison = pmo.compare(allocation.question, [pmo.Scenario("Money −15 %", budget=0.85)])
    table = page_one.decisions(allocation, reasons, comparison, conditions)
    text = " ".join([*(words(cell) for cell in table.data["text"]), table.note])
    named = register.table("requests")["project_id"].dropna()
    assert all(str(register.projects.loc[p, "name"]) in text for p in named)
    funded = allocation.table.index[allocation.table["decision"] == "fund"]
    assert all(str(allocation.table.loc[p, "name"]) in text for p in conditions.index.intersection(funded))


def _pack(name: str) -> dict[str, object]:
    return yaml.safe_load(Path(f"templates/packs/{name}.yml").read_text(encoding="utf-8"))


def test_a10_the_body_has_the_plan_the_options_the_risk_and_what_changed() -> None:
    body = [show for part in _pack("investment_committee")["chapters"] for show in part.get("show", [])]
    needed = ("arbitration.plan", "risk.compared", "arbitration.envelopes", "risk.exceedance",
              "arbitration.overrides", "what_changed.causes", "performance.ratings")  # fmt: skip
    assert not set(needed) - set(body)
    assert not [show for show in body if show.startswith("prioritization.")]


def test_a12_the_ministry_s_largest_red_project_is_named_and_its_money_counted() -> None:
    register = shipped_register("gmpp_dft_2024")
    with Path("data/samples/gmpp_dft_2024/baselines.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    now = {r["project_id"]: float(r["now"]) for r in rows if r["quantity"] == "spend" and r["now"] and r["baseline"]}
    red = register.projects.index[register.projects[["rag_declared", "rag_assured"]].eq("R").any(axis=1)]
    headline = portfolio.headline(register, pmo.appraise(register))
    assert all(register.projects.loc[p, "name"].split(" (")[0] in headline.title for p in red)
    assert told(headline, "share").value == pytest.approx(sum(now[p] for p in red) / sum(now.values()))
    life = [float(r["now"] or r["baseline"]) for r in rows if r["quantity"] == "whole_life_cost"]
    assert told(portfolio.whole_life(register), "life.cost").value == pytest.approx(sum(life))
    for column in ("area", "stage"):
        one = portfolio.asked_by(register, pmo.appraise(register), column)
        assert isinstance(one, Message) or len(one.data) > 1


def test_goals_are_called_by_their_labels(meridian: pmo.Register) -> None:
    chart = portfolio.asked_by(meridian, pmo.appraise(meridian), "strategic_goal")
    assert {*chart.data["strategic_goal"]} == {*meridian.table("goals")["label"]}


def test_a13_the_board_s_headline_is_the_worst_true_statement(meridian: pmo.Register) -> None:
    assert _pack("quarterly_board")["page_one"]["headline"] == "performance.headline"
    review = pmo.review_performance(meridian)
    table, headline = review.table, delivery.headline(review)
    known = table.dropna(subset=["bac", "ev", "ac"])
    cpi = known["ev"].sum() / known["ac"].sum()
    assert told(headline, "delivery.red", part="by rule").value == (table["rag_rule"] == "R").sum()
    assert told(headline, "delivery.over").value == pytest.approx(known["bac"].sum() / cpi - known["bac"].sum())
    assert "over budget" in headline.title


def test_a14_a_department_reads_of_its_own_projects(twelve: Asked) -> None:
    allocation, _ = twelve
    for area, own in allocation.table.groupby("area"):
        headline, plan = (
            figures.area_headline(allocation, str(area)),
            figures.plan(allocation, area=str(area)),
        )
        assert str(area) in headline.title
        assert (
            told(headline, "plan.funded").value == (own["decision"] == "fund").sum()
            if (own["decision"] == "fund").any()
            else "none is funded" in headline.title
        )
        rows = plan.data["project_id"].replace("", None).dropna()
        assert sorted(rows) == sorted(own.index)
        other = allocation.table.loc[allocation.table["area"] != area, "name"]
        assert not [name for name in other if name in headline.title]


def test_a15_scores_and_money_are_compared_by_the_plans_they_give(twelve: Asked) -> None:
    allocation, plans = twelve
    question = allocation.question
    points = pd.Series(np.arange(len(question.options), dtype=float), index=question.options.index, name="points")
    scored = pmo.arbitrate(pmo.arbitration.revalued(question, points))
    table = figures.by_score(allocation, scored, points)
    theirs = Plans(Register(TWELVE), value=points.to_dict(), overrides=False)
    assert table.data["points"].iloc[1] == pytest.approx(theirs.best())
    shared = [p for p in plans.register.projects
              if allocation.table.loc[p, "decision"] == scored.table.loc[p, "decision"] == "fund"]  # fmt: skip
    assert told(table, "plan.funded", part="by scores too").value == len(shared)
    lost = told(table, "plan.gain", part="by scores").value
    assert lost == pytest.approx(allocation.value - allocation.worth_of(scored.plan))


def test_a16_what_would_change_the_advice_says_what_becomes_of_the_decision_asked(twelve: Asked) -> None:
    """At each turning point the plan past it is found by trying all; the stop that is asked for is among what flips."""
    allocation, _ = twelve
    points = pmo.arbitration.turning_points(allocation, kinds=("people", "costs"), projects=["P06"])
    assert points["enters"].map(lambda who: "P06" in who).any()
    people = points[points["kind"] == "people"].iloc[0]
    fewer = Plans(Register(TWELVE), overrides=False)
    name = next(n for n in fewer.capacity if "data_engineer" in n and "2028" in n)
    best = fewer.best(extra={name: people["at"] - people["today"]})
    assert people["value"] == pytest.approx(best)


def test_a17_the_whole_commitment_and_the_reserve_stand_on_page_one(twelve: Asked) -> None:
    allocation, plans = twelve
    headline = page_one.headline(allocation)
    whole = plans.amount(plans.spend())[mine(allocation, plans)]
    assert told(headline, "plan.spend", year=None).value == pytest.approx(whole)
    assert "in all" in headline.unit_line
    sure, simulation = _sure(_with_overruns(allocation))
    cost = simulation.totals["cost"]
    assert told(sure, "risk.reserve").value == pytest.approx(float(cost.quantile(0.8)) - simulation.base_cost)


def _with_overruns(allocation: pmo.Allocation) -> pmo.Allocation:
    """The plan of the same question where costs may come out a tenth below or half above what is planned."""
    register = allocation.question.register
    estimates = pd.DataFrame({"project_id": register.projects.index, "quantity": "cost", "low": 0.9, "likely": 1.0})
    estimates = estimates.assign(high=1.5, basis="min_max", distribution="pert")
    return pmo.arbitrate(pmo.Question(register.replace(estimates=estimates)))


def _sure(allocation: pmo.Allocation) -> tuple[Exhibit, pmo.Simulation]:
    """How sure a plan is, as page one says it, and its futures."""
    simulation = pmo.simulate(allocation, draws=300, seed=7)
    return page_one.how_sure(allocation, [page_one.certificate(allocation, simulation, 0.8)]), simulation


def test_every_claim_has_a_test() -> None:
    """Every number of the two audits is in the name of a test."""
    names = "\n".join(
        line for file in Path("tests").rglob("*.py") for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith("def test_")
    )  # fmt: skip
    marks = itertools.chain((f"_b{n}_" for n in range(1, 21)), (f"_a{n}_" for n in range(1, 19)))
    assert [mark for mark in marks if mark not in names] == []


def test_b14_requests_that_one_plan_grants_are_one_choice_with_one_price(twelve: Asked) -> None:
    """Own solar, and storm overflows at the worst twelve sites left out, are one other plan: said once on page one."""
    allocation, plans = twelve
    register = allocation.question.register
    asked = register.table("requests")
    asked.loc[asked["request_id"] == asked["request_id"].iloc[-1], "project_id"] = "P02"
    allocation = pmo.arbitrate(pmo.Question(register.replace(requests=asked), overrides=False))
    explanation = pmo.explain(allocation)
    comparison = pmo.compare(allocation.question, [pmo.Scenario("Money −15 %", budget=0.85)])
    note = page_one.decisions(allocation, explanation, comparison).note
    value = np.where(plans.holds(), plans.value(), -np.inf)
    outside = [p for p in asked["project_id"].dropna() if allocation.table.loc[p, "decision"] != "fund"]
    for first, second in itertools.combinations(outside, 2):
        alone = [value[plans.has(p)].max() for p in (first, second)]
        both = value[plans.has(first) & plans.has(second)].max()
        together = both == pytest.approx(alone[0]) == pytest.approx(alone[1])
        names = allocation.table.loc[[first, second], "name"]
        assert together == any("one choice" in line and all(n in line for n in names) for line in note.split(". "))


def test_the_price_of_society_stands_on_page_one(twelve: Asked) -> None:
    """What most value to society would add, and what it would cost in money: both by trying every plan."""
    allocation, plans = twelve
    register = allocation.question.register
    benefits = pd.concat([register.table("benefits"), pd.DataFrame(
        [{"project_id": "P08", "level": "full", "benefit": "Learning", "year": 2029, "kind": "social", "amount": 60.0}]
    )], ignore_index=True)  # fmt: skip
    question = pmo.Question(register.replace(benefits=benefits), overrides=False)
    ours, social = pmo.arbitrate(question), pmo.arbitrate(question.replace(value="npsv"))
    message = page_one.alternatives(
        ours, None, ours, pmo.arbitration.money_moves(ours), pmo.arbitration.override_ledger(question), social
    )
    ok = plans.holds()
    factor = social.worth_of({**dict(ours.plan), "P08": "full"}) - social.worth_of(ours.plan)
    own = max(plans.worth[i] for i in plans.at("P08", None))
    society = np.where(ok, plans.value() + (factor - own) * plans.has("P08"), -np.inf)
    gained = society.max() - society[mine(allocation, plans)]
    assert told(message, "plan.more").value == pytest.approx(gained)
    lost = allocation.value - max(plans.value()[society >= society.max() - 1e-9])
    assert told(message, "plan.gain", part="social").value == pytest.approx(lost)
    assert "net value to society" in spoken(message)


def test_a_rule_is_named_in_the_register_s_words_and_by_no_column(asked: list[Asked]) -> None:
    for allocation, _ in asked:
        for why in figures.plan(allocation).data["why"]:
            assert "strategic_goal" not in str(why)
            assert "project_type" not in str(why)


@pytest.mark.long
def test_what_limits_us_is_what_keeps_a_better_plan_out(asked: list[Asked]) -> None:
    """Projects are whole: a limit with something left may limit, and one that is used up may not."""
    slack = idle = 0
    for allocation, plans in asked:
        worth = pmo.arbitration.limits_worth(allocation)
        labels = allocation.use.drop_duplicates("rule").set_index("rule")["label"]
        best = plans.best()
        gains = {rule: (plans.best(off={rule}) or best) - best for rule in worth.index if rule != "all money"}
        keeps = {labels[rule]: gain for rule, gain in gains.items() if gain > 1e-6}
        held = figures.holding(allocation, worth)
        assert {label for label, _ in held} == set(keeps)
        assert keeps.get(held[0][0] if held else "", 0.0) == max(keeps.values(), default=0.0)
        assert all(gain.value == pytest.approx(keeps[label]) for label, gain in held)
        message = page_one.limits(allocation, worth)
        limit, named = figures.bottleneck(allocation), message.title.removeprefix("What limits us: ")
        if limit is None:
            slack += bool(keeps)
            assert named == (held[0][0] if held else named)
        if named in ("all the money together", "no limit by itself"):
            assert not keeps
        else:
            assert keeps.get(limit["label"] if named == "people, not money" else named, 0.0) > 0, (named, keeps)
            idle += limit is not None and limit["label"] not in keeps
    assert slack
    assert idle


def test_the_reserve_leads_from_the_planned_cost_to_the_sure_one(twelve: Asked) -> None:
    """Who adds the reserve to the cost that stands beside it gets the cost that is sure."""
    allocation, _ = twelve
    sure, simulation = _sure(_with_overruns(allocation))
    whole = told(sure, "risk.cost").value + told(sure, "risk.reserve").value
    assert whole == pytest.approx(float(simulation.totals["cost"].quantile(0.8)))
    assert "planned makes its cost 80" in spoken(sure)
    certain, simulation = _sure(allocation)
    assert "sure to be no more than" in spoken(certain)
    assert "a reserve" not in spoken(certain)
    assert simulation.totals["cost"].quantile(0.8) == pytest.approx(told(certain, "risk.cost").value)


def test_findings_are_told_with_their_kinds(
    twelve: Asked, meridian: pmo.Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many findings page one names how many kinds there are and the first; the kinds are those of the table."""
    allocation, _ = twelve
    found = meridian._findings
    for some in (found, found[found["rule"] == found["rule"].iloc[0]], found.iloc[:0]):
        monkeypatch.setattr(allocation.question.register, "_findings", some)
        warned = some[some["severity"] == "warn"]
        kinds, said = warned["rule"].nunique(), page_one.how_sure(allocation).items[-1][1]
        assert (f"of {count(kinds)} kinds (see data_quality.findings), first" in said) == (kinds > 1)
        assert said.startswith(f"{len(warned)} finding" if kinds else "nothing was repaired")


@pytest.mark.long
def test_the_years_with_most_projects_under_way_are_all_named(meridian: pmo.Register) -> None:
    rng = np.random.default_rng(7)
    ministry = shipped_register("gmpp_dft_2024")
    for register in (ministry, *(_dated(meridian, rng) for _ in range(12))):
        dates = register.projects.dropna(subset=["start", "finish"])
        busy = {
            year: sum(a.year <= year <= b.year for a, b in zip(dates["start"], dates["finish"], strict=True))
            for year in range(dates["start"].min().year, dates["finish"].max().year + 1)
        }
        most = [str(year) for year, many in busy.items() if many == max(busy.values())]
        title = portfolio.timeline(register).title
        assert portfolio.count(max(busy.values())).lower() in title.lower()
        if len(most) <= 3:
            assert all(year in title for year in most)
            assert not [str(year) for year in busy if str(year) in title and str(year) not in most]
        else:
            assert portfolio.count(len(most), "year") in title


def _dated(register: pmo.Register, rng: np.random.Generator) -> pmo.Register:
    """Five projects of random years."""
    projects = register.projects.head(5).reset_index()
    first = rng.integers(2020, 2024, 5)
    last = first + rng.integers(0, 4, 5)
    return pmo.Register(
        projects=projects[["project_id", "name", "area", "commitment"]].assign(
            commitment="discretionary",
            start=[pd.Timestamp(int(year), 3, 1) for year in first],
            finish=[pd.Timestamp(int(year), 9, 1) for year in last],
        ),
        costs=pd.DataFrame({"project_id": projects["project_id"], "year": 2027, "amount": 1.0}),
    )


def test_what_is_left_of_every_year_adds_up_to_what_is_left(asked: list[Asked]) -> None:
    for allocation, _ in asked:
        chart = figures.envelopes(allocation)
        years = [f.value for f in _facts(chart) if f.key == "envelope.left"]
        given = pd.Series([allocation.question.rule(r).amount for r in figures.money_by_year(allocation)["rule"]])
        assert sum(years) == pytest.approx(given.sum() - figures.money_by_year(allocation)["used"].sum())


def test_a_limit_exceeded_at_its_price_is_counted_apart(twelve: Asked) -> None:
    """`None is used up` beside a limit that the plan pays to break would be false."""
    allocation, _ = twelve
    worth = pmo.arbitration.limits_worth(allocation)
    table = figures.limits(allocation, worth)
    use = allocation.use
    over = int(((use["slack"] < -1e-6) & (use["limit"] > 0) & (use["used"] > 0)).sum())
    assert ("exceeded" in table.takeaway) == bool(over)
    assert "gains 0.0" not in " ".join(table.data["more"])


def test_limits_that_hold_back_alike_are_several(twelve: Asked) -> None:
    """Two limits without which the plan would gain the same are not one that holds back most."""
    allocation, _ = twelve
    worth = pmo.arbitration.limits_worth(allocation)
    alike = worth.drop(index="all money")["unlimited_value"].nlargest(2).index
    worth.loc[alike, "unlimited_value"] = worth.loc[alike, "unlimited_value"].max()
    title = figures.limits(allocation, worth).title
    assert "several hold back most: without one of “" in title
    assert "several" not in figures.limits(allocation, worth.drop(index=alike[1])).title


@pytest.mark.long
def test_what_is_spent_after_the_last_envelope_is_said_beside_what_is_left(
    asked: list[Asked], meridian: pmo.Register
) -> None:
    """Envelopes less all spending is what is left less what no envelope holds: both stand under the chart."""
    for allocation, plans in asked:
        years = [int(year) for year in figures.money_by_year(allocation)["year"].unique()]
        if years:
            row = mine(allocation, plans)
            inside = sum(plans.amount(plans.spend(year=year))[row] for year in years)
            assert plans.amount(plans.spend())[row] - inside < 0.05
            assert "without an envelope" not in figures.envelopes(allocation).takeaway
    late = pmo.arbitrate(pmo.Question(meridian, overrides=False))
    chart, budgets = figures.envelopes(late), meridian.table("budgets").query("scope == 'all'")
    beyond = told(chart, "plan.spend", part="years without an envelope").value
    left = budgets["amount"].sum() - late.spend.to_numpy().sum() + beyond
    assert beyond == pytest.approx(late.spend.loc[:, late.spend.columns > budgets["year"].max()].to_numpy().sum())
    assert told(chart, "plan.left").value == pytest.approx(left)


def test_no_budget_above_the_one_that_is_named_is_worth_more(twelve: Asked) -> None:
    allocation, plans = twelve
    budgets = [0.7, 0.85, 1.0, 1.1, 1.2, 1.3, 1.5]
    ladder = pmo.frontier(allocation.question, budgets=budgets)
    line = figures.frontier(ladder, allocation).takeaway
    amounts = {name: rows[0][1] for name, rows in plans.envelopes.items() if rows}
    assert amounts
    best = ladder.table.set_index("factor")["value"]
    enough = min(factor for factor in budgets if best[factor] >= best.iloc[-1] - 0.05)
    assert line == (f"Of the budgets tried none above {100 * enough:.0f}\u202f% of today's is worth more."
                    if enough < budgets[-1] else "")  # fmt: skip


def test_what_a_condition_asked_for_is_not_asked_again_once_it_is_brought(meridian: pmo.Register) -> None:
    """The recovery plan of June was brought, says the log of actions: neither the plan nor page one asks for it."""
    actions = meridian.table("actions")
    own = actions["project_id"].eq("P38") & actions["status"].eq("done")
    assert own.sum() == 1
    missing = meridian.replace(actions=actions.assign(status=actions["status"].mask(own, "open")))
    for register, brought in ((meridian, True), (missing, False)):
        words = performance.conditions(register, pmo.review_performance(register))["P38"]
        assert ("Recovery plan by June" in words) != brought
        events = performance.since_last_committee(register)
        assert events["text"].str.contains("Recovery plan by June").any() != brought


def test_a_calendar_says_of_whom_it_speaks() -> None:
    """HS2 began in 2009 and has no finish: it is under way, and in no count of those with both dates."""
    register = shipped_register("gmpp_dft_2024")
    dates = register.projects[["start", "finish"]].dropna()
    chart = portfolio.timeline(register)
    busy = {year: int(((dates["start"].dt.year <= year) & (dates["finish"].dt.year >= year)).sum())
            for year in range(2009, 2050)}  # fmt: skip
    most = max(busy.values())
    assert len(dates) < register.projects["start"].notna().sum()
    assert chart.title.startswith(f"Of {len(dates)} projects with both dates {most} are under way in ")
    assert [year for year in busy if busy[year] == most] == [int(word) for word in chart.title.replace(",", "").split()
                                                             if word.startswith("20")]  # fmt: skip
    assert chart.takeaway.startswith(f"The first of these starts in {dates['start'].min():%B %Y}")
    assert f"years after {dates['start'].min():%B %Y}" in chart.unit_line
    life = portfolio.whole_life(register)
    silent = register.projects["name"].drop(list(life.data["project_id"]))
    assert all(name in life.note for name in silent)
    assert len(silent)


def test_what_is_exceeded_with_nothing_late_is_said(meridian: pmo.Register) -> None:
    allocation = pmo.arbitrate(pmo.Question(meridian, overrides=False))
    simulation = pmo.simulate(allocation, draws=200, seed=7)
    line, register = risk.exceedance(simulation).takeaway, allocation.question.register
    plan = {(str(p), level) for p, level in allocation.plan.items()}
    people = register.table("resources")
    own = people[[pair in plan for pair in zip(people["project_id"], people["level"], strict=True)]]
    needed = own.groupby(["role", "period"])["fte"].sum()
    there = register.table("capacity").set_index(["role", "period"])["fte"]
    over = needed[needed > there.reindex(needed.index) + 0.05].index
    assert len(over)
    limits = simulation.exceedance
    above = int((limits["planned"] > limits["available"] + 0.05).sum())
    assert f" As planned, with nothing late, {figures.count(above)} would be exceeded." in line
    table = simulation.exceedance.query("kind == 'capacity'").set_index("rule")
    early = table.index[table["planned"] > table["available"] + 0.05]
    assert {f"{role} {period}" for role, period in over} == set(early)


AMOUNT = r"(\d[\d\u202f]*(?:\.\d+)?)"
FULL = re.compile(
    rf"{AMOUNT} of {AMOUNT} [^;]*?used in ([^;]*?) and it needs {AMOUNT}(?:, with which {AMOUNT} is lacking)?"
)


@pytest.mark.long
def test_a_letter_says_of_a_limit_what_a_reader_can_add_up(asked: list[Asked], meridian: pmo.Register) -> None:
    """What is used and what a project needs are more than there is, or what lacks once less is carried in is said."""
    plans = [allocation for allocation, _ in asked] + [pmo.arbitrate(pmo.Question(meridian, overrides=False))]
    seen, less = 0, 0
    for allocation in plans:
        out = allocation.table.index[allocation.table["decision"] == "refuse"]
        for project in out[:9]:
            said = " ".join(words(text) for _, text in figures.sponsor_letter(allocation, str(project)).items)
            for *parts, where, need, lacking in FULL.findall(said):
                used, limit, need, lacking = (float(x.replace("\u202f", "") or "0") for x in (*parts, need, lacking))
                assert bool(lacking) == (used + need <= limit + 1e-9), (project, said)
                if lacking and where.isdigit():  # of the whole portfolio: its own money, and less than is carried now
                    own = allocation.question.rule(f"envelope all {where}").amount
                    assert own - 0.06 < used + need - lacking < limit
                seen, less = seen + 1, less + bool(lacking)
            for above, below in re.findall(r"with it, [^;.]*at least [^;]*: ([\d.]+) % against ([\d.]+) %", said):
                assert float(above) <= float(below)
    assert seen > 20
    assert less


def test_findings_on_one_register_are_one_number_in_every_pack() -> None:
    """Two findings come from the last committee's register: whoever counts findings reads it too."""
    counting = ("how_sure(", "overview.findings(", "overview.known(", "figures.known(", "figures.findings(")
    for file in sorted(Path("notebooks").glob("*.ipynb")):
        source = file.read_text(encoding="utf-8")
        if any(call in source for call in counting):
            assert "previous=previous" in source, file.name
    for file in sorted(Path("templates/packs").glob("*.yml")):
        pack = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert ("previous" in pack) == str(pack["register"]).endswith("/meridian"), file.name
