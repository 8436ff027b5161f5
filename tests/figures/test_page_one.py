"""Page one of meridian_12, sentence by sentence: the numbers of its proven table, in a committee's words."""

import dataclasses

import pytest

import pmo_kit as pmo
from pmo_kit.exhibits.display import plain
from pmo_kit.exhibits.records import words
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import page_one
from tests.conftest import shipped_register

FORBIDDEN = ("MILP", "dual", "SMAA", "PROMETHEE", "exhibit", "fingerprint", "core index", "shadow")


@pytest.fixture(scope="module")
def register() -> pmo.Register:
    return shipped_register("meridian_12")


@pytest.fixture(scope="module")
def allocation(register: pmo.Register) -> pmo.Allocation:
    return pmo.arbitrate(pmo.Question(register))


@pytest.fixture(scope="module")
def reasons(allocation: pmo.Allocation) -> pmo.arbitration.Explanation:
    return pmo.explain(allocation)


@pytest.fixture(scope="module")
def comparison(allocation: pmo.Allocation) -> pmo.Comparison:
    question = allocation.question
    cases = [
        pmo.Scenario("Money −15 %", budget=0.85),
        pmo.Scenario("Money +10 %", budget=1.1),
        pmo.Scenario("13 engineers", capacity={"data_engineer": 13 / 14}),
        pmo.Scenario("18 engineers", capacity={"data_engineer": 18 / 14}),
        pmo.scenarios.carry_on(question),
    ]
    return pmo.compare(question, cases)


def test_headline(allocation: pmo.Allocation) -> None:
    found = page_one.headline(allocation)
    assert found.title == "Stop Billing replacement and fund eight projects:\n48.5 in 2027, 44.0 in 2028; worth 33.5"
    assert "EUR million, real 2026" in found.unit_line
    assert "in all 92.5: 48.5 in 2027, 44.0 in 2028" in found.unit_line


def test_tiles(allocation: pmo.Allocation) -> None:
    rows = page_one.tiles(allocation, 29.0).data
    assert rows["label"].tolist() == [
        "Net value",
        "Data engineers 2028: at the limit",
        "Money 2027, with the exit cost",
        "Money 2028",
    ]
    assert rows["value"].tolist() == [33.5, 14.0, 48.5, 44.0]
    assert rows["limit"].tolist()[1:] == [14.0, 50.0, 46.0]


def test_decisions(
    allocation: pmo.Allocation, reasons: pmo.arbitration.Explanation, comparison: pmo.Comparison
) -> None:
    table = page_one.decisions(allocation, reasons, comparison)
    assert table.data["decision"].tolist() == ["stop", "fund", "refuse"]
    assert [words(cell) for cell in table.data["text"]] == [
        "Billing replacement. Leaving costs 1.5 in 2027. Carrying it on costs 4.5 and displaces Predictive pumping.\n"
        "Holds in 3 of 4 cases beside today (see scenarios.results)",
        "Eight projects: one by law, one running, five worth more than they cost, one for a rule or for projects "
        "that need it; "
        "two of them at a reduced size.\n"
        "At this size six of the eight hold in all four other cases",
        "Reservoir Learning Hub. Letting it in costs 9.0 and displaces Storm overflows.\n"
        "Holds in 4 of 4 cases beside today (see scenarios.results)",
    ]
    assert table.note == (
        "Also asked: refuse Customer app, by 2026-11-30. Letting it in costs 8.5 and displaces Data platform, Leak "
        "sensors and Predictive pumping. Also asked: refuse Own solar, by 2026-11-30. Letting it in costs 3.0 and "
        "displaces Storm overflows and Partner solar."
    )
    ((row, amounts),) = table.details
    assert row == 1
    assert amounts.data[["2027", "2028"]].tail(2).to_numpy().tolist() == [[47.0, 44.0], [48.5, 44.0]]


def test_an_empty_cell_of_a_request_stops_the_page_and_is_named(
    register: pmo.Register, reasons: pmo.arbitration.Explanation, comparison: pmo.Comparison
) -> None:
    requests = register.table("requests")
    requests.loc[requests["request_id"] == "R4", "owner"] = None
    question = pmo.Question(register.replace(requests=requests))
    with pytest.raises(pmo.DataError, match=r"Request R4 .* who owns it \(sheet requests, row 5, column owner\)"):
        page_one.decisions(pmo.arbitrate(question), reasons, comparison)


def test_limits_and_what_more_is_worth(allocation: pmo.Allocation) -> None:
    worth = pmo.arbitration.limits_worth(allocation, figures.bottleneck_names(allocation))
    message = page_one.limits(allocation, worth)
    assert message.title == "What limits us: data engineers 2028"  # and money, a little
    assert message.items[0] == (
        "14 of 14 data engineers used in 2028.",
        "Money left: 1.5 in 2027 and 2.0 in 2028.",
    )
    assert message.items[1][1] == (
        "4 more data engineers in 2028, the least that changes anything, would gain 4.0; "
        "no amount of it gains more than 4.0."
    )


def test_what_one_more_of_a_limit_is_worth_in_words(register: pmo.Register) -> None:
    """With thirteen people of another trade one more is missing; with people enough, money is."""
    coaches = {name: register.table(name).assign(role="change_coach") for name in ("capacity", "resources")}
    coaches["capacity"] = coaches["capacity"].assign(fte=13.0)
    many = {"capacity": register.table("capacity").assign(fte=1000.0)}
    found = []
    for tables in (coaches, many):
        plan = pmo.arbitrate(pmo.Question(register.replace(**tables)))
        worth = pmo.arbitration.limits_worth(plan, figures.bottleneck_names(plan))
        found.append(words(page_one.limits(plan, worth).items[1][1]))
    assert found[0].startswith("1 more change coach in 2028 would gain 4.5")
    assert found[1].startswith("5.5 EUR million more in 2027, the least that changes anything, would gain 0.5")


def test_turning_points(allocation: pmo.Allocation) -> None:
    points = pmo.arbitration.turning_points(allocation, kinds=("people", "money", "costs"), projects=["P06"])
    table = page_one.turning_points(allocation, points)
    told = {words(row.what): (row.now, row.turns, row.value, row.then) for row in table.data.itertuples()}
    assert (
        list(told)[:3]
        == list(told)[: table.first]
        == [x[:1].upper() + x[1:] for x in points.groupby("kind").head(1)["label"]]
    )
    assert list(told)[3:] == ["Money 2028"]
    assert told.pop("Money 2028")[1:3] == ("below 44.0", 30.5)
    assert told == {
        "Money 2027": ("50.0", "below 48.5", 29.5, "Partner solar leaves"),
        "Data engineers 2028": ("14", "at 13", 29.0, "Predictive pumping leaves; Billing replacement stays"),
        "Exit cost of Billing replacement": (
            "1.5",
            "above 3.0",
            29.0,
            "Predictive pumping leaves; Billing replacement stays",
        ),
    }


def test_since_last_and_how_sure(allocation: pmo.Allocation, register: pmo.Register) -> None:
    events = pmo.performance.since_last_committee(register)
    leads = [lead for lead, _ in page_one.since_last(register, events).items]
    assert leads == ["Against advice:", "No record:", "Also:"]
    sure = page_one.how_sure(allocation)
    assert sure.items[:1] == (
        (
            "Computed:",
            "33.5 is proven to be the most that any plan is worth within the limits, "
            "all starting as asked. "
            "Next best 30.5: Own solar in, Storm overflows and Partner solar out.",
        ),
    )


def test_a_committees_words(
    allocation: pmo.Allocation, reasons: pmo.arbitration.Explanation, comparison: pmo.Comparison
) -> None:
    worth = pmo.arbitration.limits_worth(allocation, figures.bottleneck_names(allocation))
    pages = (
        page_one.headline(allocation),
        page_one.tiles(allocation, 29.0),
        page_one.decisions(allocation, reasons, comparison),
        page_one.limits(allocation, worth),
        page_one.how_sure(allocation),
    )
    for page in pages:
        text = plain(dataclasses.replace(page, inputs={}, id="x")).lower()
        assert not [word for word in FORBIDDEN if word.lower() in text], text
