"""Every number of the table in reference/meridian.md, on both bases, through public functions.

The table was proven by enumeration of every combination, by three independent programs.
"""

from __future__ import annotations

import pytest

from pmo_kit.arbitration import (
    Allocation,
    Capacity,
    Envelope,
    Explanation,
    Question,
    arbitrate,
    explain,
    frontier,
    limits_worth,
    obstacles,
    override_ledger,
    supports,
    turning_points,
)
from pmo_kit.arbitration.counterfactual import LOSES
from pmo_kit.facts import Unit
from tests.conftest import shipped_register

MONEY = ("envelope all 2027", "envelope all 2028")
PEOPLE = "data_engineer 2028"


@pytest.fixture(scope="module")
def question() -> Question:
    return Question(shipped_register("meridian_12"))


@pytest.fixture(scope="module")
def carry_on(question: Question) -> Question:
    """P06 held at full by an override."""
    return question.with_override("P06", "in", "full", reason="carry on")


@pytest.fixture(scope="module")
def best(question: Question) -> Allocation:
    return arbitrate(question)


@pytest.fixture(scope="module")
def held(carry_on: Question) -> Allocation:
    return arbitrate(carry_on)


@pytest.fixture(scope="module")
def reasons(best: Allocation) -> Explanation:
    return explain(best)


@pytest.fixture(scope="module")
def held_reasons(held: Allocation) -> Explanation:
    return explain(held)


def funded(allocation: Allocation) -> str:
    """Funded projects, reduced levels with a star."""
    plan = {p: v for p, v in allocation.plan.items() if v != "stop"}
    return " ".join(p + ("" if v == "full" else "*") for p, v in sorted(plan.items()))


def test_recommended_plan(best: Allocation) -> None:
    assert (best.value, best.bound, best.status, best.unique) == (33.5, 33.5, "optimal", True)
    assert funded(best) == "P01 P02* P03 P04 P05 P07* P10 P12"
    assert best.plan["P06"] == "stop"
    assert best.use["used"].tolist() == [48.5, 44, 14]
    spend = best.spend[2027]
    assert (spend.sum() - spend["P06"], spend["P06"]) == (47.0, 1.5)


def test_carrying_on(held: Allocation) -> None:
    assert (held.value, held.unique) == (29.0, True)
    assert funded(held) == "P01 P02* P03 P04 P06 P07* P10 P12"
    assert held.use["used"].tolist() == [50, 45, 13]


def test_next_best(best: Allocation, held: Allocation) -> None:
    assert best.next_best_value == 30.5
    assert best.next_best is not None
    assert set(best.next_best) - set(best.plan) == {"P09"}
    assert set(best.plan) - set(best.next_best) == {"P07", "P10"}
    assert held.next_best_value == 28.0
    assert held.next_best is not None
    assert set(held.next_best) ^ set(held.plan) == {"P02", "P05"}


def test_unlimited_money(question: Question, carry_on: Question, reasons: Explanation) -> None:
    assert arbitrate(question.without(*MONEY)).value == 37.5
    assert arbitrate(carry_on.without(*MONEY)).value == 33.0
    worth = limits_worth(reasons.allocation).loc["all money"]
    assert (worth["unlimited_value"], worth["enough"]) == (37.5, 15.5)


def test_unlimited_engineers(question: Question, carry_on: Question, reasons: Explanation) -> None:
    assert arbitrate(question.without(PEOPLE)).value == 37.5
    assert arbitrate(carry_on.without(PEOPLE)).value == 36.0
    values = [arbitrate(question.with_rules(engineers(14 + more))).value for more in range(5)]
    assert values == [33.5, 33.5, 33.5, 33.5, 37.5]
    worth = limits_worth(reasons.allocation).loc[PEOPLE]
    assert (worth["one_more"], worth["more"], worth["more_value"], worth["enough"]) == (0, 4, 37.5, 4)


@pytest.mark.parametrize(
    ("option", "value", "price"),
    [(("P08", "full"), 24.5, 9.0), (("P11", "full"), 25.0, 8.5), (("P09", "full"), 30.5, 3.0),
     (("P02", "full"), 21.0, 12.5)],
)  # fmt: skip
def test_forced_in(question: Question, reasons: Explanation, option: tuple, value: float, price: float) -> None:
    row = reasons.table.loc[option]
    assert (row["flip"], row["value"], row["price"], row["price_upper"], row["proof"]) == (
        "in", value, price, price, "exact"
    )  # fmt: skip
    assert arbitrate(question.with_override(option[0], "in", option[1])).value == value


@pytest.mark.parametrize(
    ("option", "value", "price"),
    [(("P08", "full"), 20.0, 9.0), (("P11", "full"), 25.0, 4.0), (("P05", "full"), 28.0, 1.0)],
)
def test_forced_in_carrying_on(held_reasons: Explanation, option: tuple, value: float, price: float) -> None:
    row = held_reasons.table.loc[option]
    assert (row["value"], row["price"], row["price_upper"]) == (value, price, price)


def test_whom_they_displace_in_every_tied_plan(reasons: Explanation) -> None:
    table = reasons.table
    assert table.loc[("P08", "full"), "displaces"] == ("P07",)
    assert table.loc[("P09", "full"), "displaces"] == ("P07", "P10")
    p11 = table.loc[("P11", "full")]
    assert p11["tied"]
    assert p11["displaces"] == ("P03", "P04", "P05")
    assert "P06" in p11["admits"]


def test_p11_ties_exactly_two_plans(question: Question) -> None:
    forced = arbitrate(question.with_override("P11"))
    assert (forced.value, forced.unique, forced.next_best_value) == (25.0, False, 25.0)


def test_p11_lacks_people_not_money(reasons: Explanation) -> None:
    assert reasons.table.loc[("P11", "full"), "in_its_way"] == (PEOPLE,)


def test_worth_of_the_enabler(reasons: Explanation, held_reasons: Explanation, carry_on: Question) -> None:
    out = reasons.table.loc[("P03", "full")]
    assert (out["flip"], out["value"], out["price"]) == ("out", 25.0, 8.5)
    out = held_reasons.table.loc[("P03", "full")]
    assert (out["value"], out["price"]) == (25.0, 4.0)
    assert arbitrate(carry_on.with_override("P03", "out")).value == 25.0


def test_budget_ladder(question: Question, carry_on: Question) -> None:
    ladder = frontier(question, budgets=[0.85, 1.0, 1.1])
    assert ladder.table["value"].tolist() == [28.5, 33.5, 35.5]
    assert ladder.table["bound"].tolist() == [28.5, 33.5, 35.5]
    assert ladder.table["budget"].tolist() == [81.6, 96.0, 105.6]
    assert ladder.table.loc[1, "enters"] == ("P07",)
    assert ladder.plans.loc["P07"].fillna("").tolist() == ["", "worst_12", "full"]
    cut = arbitrate(carry_on.scaled(0.85))
    assert (cut.value, cut.unique) == (23.0, False)


def test_thirteen_engineers(question: Question, carry_on: Question, reasons: Explanation) -> None:
    fewer = arbitrate(question.with_rules(engineers(13)))
    assert (fewer.value, fewer.plan["P06"]) == (29.0, "full")
    assert arbitrate(carry_on.with_rules(engineers(13))).value == 29.0
    point = turning_points(reasons.allocation).set_index("what").loc[PEOPLE]
    assert (point["today"], point["at"], point["value"]) == (14, 13, 29.0)
    assert (point["leaves"], point["enters"]) == (("P05",), ("P06",))
    assert point["sentence"] == (
        "14 data engineers in 2028: at 13 the plan changes to 29: Predictive pumping leaves, Billing replacement stays"
    )


def test_exit_cost(reasons: Explanation) -> None:
    points = turning_points(reasons.allocation)
    exit_cost = points[(points["kind"] == "costs") & (points["what"] == "P06")].iloc[0]
    assert (exit_cost["today"], exit_cost["at"], exit_cost["value"]) == (1.5, 3.0, 29.0)
    assert exit_cost["label"] == "exit cost of Billing replacement"
    assert exit_cost["enters"] == ("P06",)


def test_less_money_in_2027(question: Question, reasons: Explanation) -> None:
    point = turning_points(reasons.allocation).set_index("what").loc["envelope all 2027"]
    assert (point["today"], point["at"], point["value"], point["leaves"]) == (50, 48.5, 29.5, ("P10",))
    assert arbitrate(question.with_rules(Envelope(envelope="all", year=2027, amount=48.5))).value == 33.5
    just_short = question.with_rules(Envelope(envelope="all", year=2027, amount=48.49))
    assert arbitrate(just_short).value == 29.5


def test_duty_by_law(reasons: Explanation) -> None:
    assert reasons.duties.to_dict() == {"P01": 10.0}
    assert reasons.table.loc[("P01", "full"), "blocked_by"] == ("P01 mandatory",)


def test_override_ledger(question: Question) -> None:
    chair = question.with_override("P08", reason="the Chair wants it", decided_by="Chair")
    both = chair.with_override("P11", reason="promised", decided_by="Customer director")
    ledger = override_ledger(both)
    table = ledger.table
    assert table["alone"].to_dict() == {"override P08 in": 9.0, "override P11 in": 8.5}
    joint = 33.5 - arbitrate(both).value
    assert ledger.joint == joint
    assert ledger.interaction == joint - 17.5
    assert table.loc["override P08 in", "last_in"] == 25.0 - arbitrate(both).value
    assert table.loc["override P11 in", "last_in"] == 24.5 - arbitrate(both).value


def engineers(count: float) -> Capacity:
    return Capacity(role="data_engineer", period="2028", fte=count)


def test_b14_exceptions_that_lead_to_one_plan_are_one_choice(reasons: Explanation) -> None:
    bundles = reasons.bundles
    own_solar = bundles[bundles["exceptions"].map(lambda e: ("P09", "full", "in") in e)].iloc[0]
    assert own_solar["exceptions"] == (
        ("P07", "worst_12", "out"),
        ("P09", "full", "in"),
        ("P10", "full", "out"),
    )
    assert (own_solar["price"], own_solar["leaves"], own_solar["enters"]) == (3.0, ("P07", "P10"), ("P09",))
    priced = reasons.table["price"].notna().sum()
    assert sum(map(len, bundles["exceptions"])) == priced
    assert bundles["price"].is_monotonic_increasing


def test_why_in_and_why_out(best: Allocation) -> None:
    kept = supports(best)
    assert kept.index.tolist() == ["P01", "P03"]
    assert kept.loc["P03", "rules"] == ("P04 requires P03", "P05 requires P03")
    assert kept.loc["P03", "loses"] == 8.5  # an enabler is worth what the plan loses without it
    assert kept.loc["P01", "why"].startswith("it must be done")
    out = obstacles(best)
    assert out["P08"][0] == LOSES
    assert out["P11"] == ("data engineers in 2028",)


def test_a_limit_is_typed(best: Allocation) -> None:
    people = next(use for use in best.limits if use.kind == "capacity")
    assert (people.role, people.period, people.used, people.limit) == ("data_engineer", "2028", 14.0, 14.0)
    money = [use for use in best.limits if use.kind == "envelope"]
    assert [(use.year, use.envelope, use.scope, use.carried) for use in money] == [
        (2027, "all", "all", 0.0),
        (2028, "all", "all", 0.0),
    ]
    assert money[0].unit == Unit("money", "EUR", "million", "real 2026")


def test_turning_points_in_single_euros(best: Allocation) -> None:
    register, tables = best.question.register, {}
    for name in ("costs", "benefits", "budgets"):
        table = register.table(name)
        tables[name] = table.assign(amount=table["amount"] * 1e6)
    ones = arbitrate(Question(register.replace(**tables)))
    assert ones.value == 33_500_000
    points = [turning_points(a, ("money",)).set_index("what") for a in (best, ones)]
    assert points[1]["at"].tolist() == pytest.approx((1e6 * points[0]["at"]).tolist())
    assert points[1]["value"].tolist() == pytest.approx((1e6 * points[0]["value"]).tolist())
    assert len(points[0]) == 2


def test_the_summary_of_prices_speaks_of_the_projects_asked_about(best: Allocation) -> None:
    every = explain(best).table
    for asked, said in ((["P01"], "one project"), (["P03", "P08", "P09"], "three projects"), (None, "twelve projects")):
        reasons = explain(best, projects=asked)
        out = every[(every["flip"] == "in") & every["price"].notna()]
        out = out if asked is None else out[out.index.get_level_values("project_id").isin(asked)]
        start, rest = reasons.summary.split(" asked about ")
        assert start == f"Of {said}"
        if out.empty:
            assert rest == "nothing that is not in the plan could be forced in."
        else:
            assert rest.startswith(f"the closest call is {out.loc[out['price'].idxmin(), 'name']} (")
