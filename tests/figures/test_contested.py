"""What a committee argues about: shares of the ask, cuts, the core, the letter, sums that hold."""

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.figures import arbitration as figures
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def allocation() -> pmo.Allocation:
    return pmo.arbitrate(pmo.Question(shipped_register("meridian_12")))


def test_departments_by_hand(allocation: pmo.Allocation) -> None:
    """Customer asks 36.5 (P02 full 34, P11 2.5) and gets 15 (P02 in two districts)."""
    table = figures.departments(allocation)
    row = table.data.set_index("area").loc["Customer"]
    assert (row["asked"], row["given"], round(row["rate"], 4)) == (36.5, 15.0, 41.0959)
    assert table.title == "Digital and Networks get 100\u202f% of their ask, Corporate 0\u202f%"


def test_the_core_is_settled(allocation: pmo.Allocation) -> None:
    table = figures.core(pmo.core_projects(allocation.question))
    assert (
        table.title
        == "No project is worth debating: every plan within 1\u202f% of the best takes or leaves all of them alike"
    )
    assert table.data["projects"].tolist() == [8.0, 0.0, 4.0]


def test_the_letter_says_what_would_change_it(allocation: pmo.Allocation) -> None:
    letter = figures.sponsor_letter(allocation, "P11")
    assert (letter.id, letter.title) == ("contested.letter_p11", "Customer app is not in the plan")
    assert letter.items[0][1].startswith("2.5 EUR million: 1.5 in 2027 and 1 in 2028. By itself it is worth 4 ")
    assert ("What would not, alone.", "A lower cost and more money in every envelope.") in letter.items
    assert ("▸", "4 data engineers more in 2028") in letter.items
    assert letter.items[-1][1].startswith("The plan is worth 33.5")


@pytest.mark.long
def test_the_sums_of_the_plan_hold_with_effects_between_projects() -> None:
    question = pmo.Question(shipped_register("meridian"))
    allocation = pmo.arbitrate(question.replace(overrides=False))
    rows = figures.plan(allocation).data
    rows = rows[rows["decision"] != "refuse"]
    assert rows["value"].iloc[:-1].sum() == pytest.approx(allocation.value)
    assert rows["value"].iloc[-1] == allocation.value


@pytest.fixture(scope="module")
def reasons(allocation: pmo.Allocation) -> pmo.Explanation:
    asked = allocation.question.with_override("P05", "in", reason="promised")
    return pmo.explain(allocation, projects=[*figures.contested(allocation, asked), "P12"])


def test_contested_is_what_gets_less_than_it_asks_and_what_an_override_decides(
    allocation: pmo.Allocation,
) -> None:
    """Requests name P06, P08, P09 and P11; P02 and P07 are reduced (full: 19 and 7); P05 is overridden (8)."""
    asked = allocation.question.with_override("P05", "in", reason="promised")
    named = set(asked.register.table("requests")["project_id"].dropna())
    found = figures.contested(allocation, asked)
    assert set(found) == {"P02", "P05", "P06", "P07", "P08", "P09", "P11"}
    first = [p for p in found if p in named | {"P05"}]
    assert found[: len(first)] == first
    assert first[0] == "P05"
    assert [p for p in found if p not in first] == [p for p in ("P02", "P07") if p not in named]


def test_claims_say_what_granting_costs(reasons: pmo.Explanation) -> None:
    """At the size asked P02 costs 12.5; the overridden P05 is in: leaving it out costs 33.5 - 29.0 (P06 returns)."""
    table = figures.claims(reasons, ["P02", "P05", "P06", "P11"], left=3)
    rows = table.data.assign(id=[cell[1][1] for cell in table.data["project"]]).set_index("id")
    assert rows["if"].tolist() == ["grant it", "leave it out", "carry it on", "grant it"]
    assert rows["price"].tolist() == ["12.5", "4.5", "4.5", "8.5"]
    assert rows.loc["P02", "gets"] == "two districts, 15.0"
    assert table.title == "Four claims are contested; the cheapest to grant, Billing replacement, costs 4.5"
    assert table.note.endswith("Left out: three other projects that get less than they ask.")


@pytest.mark.long
def test_limits_are_in_their_own_unit_and_priced() -> None:
    question = pmo.Question(shipped_register("meridian"), overrides=False, basis="likely")
    found = pmo.arbitrate(question)
    rule = "Cleaner rivers at least 20 % of spending"
    worth = pmo.arbitration.limits_worth(found, ["envelope all 2027", rule])
    rows = figures.limits(found, worth).data.set_index("rule")
    goals = found.question.register.projects["strategic_goal"].reindex(found.table.index)
    share = 100 * found.spend[goals == "G2"].to_numpy().sum() / found.spend.to_numpy().sum()
    assert rows.loc[rule, ["used", "limit", "slack"]].tolist() == pytest.approx([share, 20, share - 20])
    free = pmo.arbitrate(found.question.without(rule)).value
    assert worth.loc[rule, "unlimited_value"] == pytest.approx(free)
    assert rows.loc["envelope all 2027", "more"].endswith("more gains 0.3")


def test_what_would_start_later(allocation: pmo.Allocation) -> None:
    """Two projects of 6 and 5 compete for 4 in 2027; the second may wait until 2028, which is free."""
    rows = [("A", "full", 2027, 4), ("B", "full", 2027, 4)]
    register = pmo.Register(
        settings=pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["none", "2027"]}),
        projects=pd.DataFrame({"project_id": ["A", "B"], "name": ["One", "Two"], "area": "X",
                               "commitment": "discretionary", "latest_start": [2027, 2028]}),
        costs=pd.DataFrame(rows, columns=["project_id", "level", "year", "amount"]),
        benefits=pd.DataFrame({"project_id": ["A", "B"], "level": "full", "year": 2029, "amount": [10, 9]}),
        budgets=pd.DataFrame({"envelope": "all", "year": [2027, 2028], "amount": [4, 4]}),
    )  # fmt: skip
    question = pmo.Question(register)
    waiting = pmo.arbitrate(question.replace(deferral=1))
    table = figures.later(pmo.arbitrate(question), waiting)
    assert table.title == "Starting one project one year later would gain 5.0, 11.0 in all"
    assert table.data["now"].tolist() == ["not in the plan"]
    assert table.takeaway == "In: Two; out: nothing."
    letter = dict(figures.sponsor_letter(waiting, "B").items)
    assert letter["The decision."] == "It is in the plan as asked (full one year later), with 4 currency not stated."
    assert "Why." not in letter


def test_another_goal_is_compared_under_the_same_limits(allocation: pmo.Allocation) -> None:
    """Points only for P08 (10, cost 11): it comes in; P11 has no points, so it may not."""
    question = allocation.question
    points = pd.Series(0.0, index=question.options.index, name="points")
    points["P08"], points["P11"] = 10.0, float("nan")
    scored = pmo.arbitrate(pmo.arbitration.revalued(question, points))
    table = figures.by_score(allocation, scored, points)
    assert table.data["points"].tolist() == [0.0, 10.0]
    assert table.data["money"].tolist() == [33.5, allocation.worth_of(scored.plan)]
    assert "Not scored: Customer app" in table.note
    assert "P11" not in scored.plan
