"""What a committee argues about: shares of the ask, cuts, the core, the letter, sums that hold."""

import pytest

import pmo_kit as pmo
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import contested, limits


@pytest.fixture(scope="module")
def allocation() -> pmo.Allocation:
    return pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))


def test_departments_by_hand(allocation: pmo.Allocation) -> None:
    """Customer asks 36.5 (P02 full 34, P11 2.5) and gets 15 (P02 in two districts)."""
    table = contested.departments(allocation)
    row = table.data.set_index("area").loc["Customer"]
    assert (row["asked"], row["given"], round(row["rate"], 4)) == (36.5, 15.0, 41.0959)
    assert table.title == "Digital gets 100 % of its ask, Corporate 0 %"


def test_cuts_name_who_loses(allocation: pmo.Allocation) -> None:
    ladder = pmo.frontier(allocation.question, budgets=[0.85, 1.0])
    table = limits.cuts(ladder)
    assert table.title == "The first cut, −15\u202f%, costs 5.0"
    assert table.data.loc[0, ["leave", "reduced", "enter"]].tolist() == ["Storm overflows", "–", "–"]


def test_the_core_is_settled(allocation: pmo.Allocation) -> None:
    table = contested.core(pmo.core_projects(allocation.question))
    assert table.title == "No project is worth debating: every good plan decides all of them alike"
    assert table.data["projects"].tolist() == [8.0, 0.0, 4.0]


def test_the_letter_says_what_would_change_it(allocation: pmo.Allocation) -> None:
    letter = contested.sponsor_letter(allocation, "P11")
    assert letter.title == "Customer app is not in the plan"
    assert ("▸", "4 data engineers more in 2028") in letter.items
    assert letter.items[-1][1].startswith("The plan is worth 33.5")


def test_the_sums_of_the_plan_hold_with_effects_between_projects() -> None:
    question = pmo.Question(pmo.load_register("data/samples/meridian"))
    allocation = pmo.arbitrate(question.without(*[override.name for override in question.overrides]))
    rows = figures.plan(allocation).data
    assert rows["value"].iloc[:-1].sum() == pytest.approx(allocation.value)
    assert rows["value"].iloc[-1] == allocation.value
