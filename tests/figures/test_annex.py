"""What an auditor re-adds and reads: against the proven twelve, and the previous committee of Meridian."""

import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits.records import words
from pmo_kit.figures import annex, overview
from pmo_kit.performance import decision_log
from tests.conftest import shipped_register


@pytest.fixture(scope="module")
def twelve() -> pmo.Register:
    return shipped_register("meridian_12")


@pytest.fixture(scope="module")
def meridian() -> pmo.Register:
    return shipped_register("meridian")


def test_hand_check_adds_up_to_what_the_proven_plan_uses(twelve: pmo.Register) -> None:
    table = annex.hand_check(pmo.arbitrate(pmo.Question(twelve)))
    data = table.data.assign(line=table.data["project"].map(words)).set_index("line")
    columns = ["2027", "2028", "Data engineers 2028".lower()]
    projects = data.iloc[: len(data) - table.totals]
    assert len(projects) == 9
    assert projects[columns].sum().tolist() == pytest.approx([48.5, 44.0, 14.0])
    assert data.loc["there is", columns].tolist() == [50.0, 46.0, 14.0]
    assert data.loc["left", columns].tolist() == pytest.approx([1.5, 2.0, 0.0])
    assert "data engineers 2028: 0.0" in table.title


@pytest.mark.long
def test_decision_log_says_what_was_advised_decided_and_became(meridian: pmo.Register) -> None:
    log = decision_log(meridian, shipped_register("meridian_2026_03"))
    assert not log.duplicated(["date", "project_id"]).any()
    last = log.drop_duplicates("project_id").set_index("project_id")
    assert last.loc["P57", ["kept", "outcome"]].tolist() == [False, "has spent 0.4 since"]
    assert last.loc["P08", ["name", "outcome"]].tolist() == [
        "Visitor Centre",
        "asked again as Reservoir Learning Hub",
    ]
    assert log.loc[~log["followed"], "project_id"].tolist() == ["P06", "P57"]
    table = annex.decisions(meridian, log)
    assert table.title == "Of 21 decisions two went against the advice, one was not kept"
    billing = table.data[table.data["project"].map(words) == "Billing replacement P06"].iloc[0]
    assert (billing["recommended"], billing["decision"]) == ("defer", "fund")
    assert words(billing["outcome"]).endswith("Against the advice: Chair; The programme reports Green")


def test_a_decision_is_superseded_by_a_later_one(meridian: pmo.Register) -> None:
    log = decision_log(meridian).set_index(["project_id", "date"])
    assert log.loc[("P57", pd.Timestamp("2025-10-16")), "outcome"] == "decided again on 2026-03-26"


def test_assumptions_stand_weakest_and_most_decisive_first(meridian: pmo.Register) -> None:
    table = annex.assumptions(meridian)
    first = table.data.iloc[0]
    assert (first["quality"], first["impact"], first["owner"]) == ("R", "R", "Finance director")
    pairs = [
        ("RAG".index(q) + "RAG".index(i)) for q, i in zip(table.data["quality"], table.data["impact"], strict=True)
    ]
    assert pairs == sorted(pairs)
    assert table.title == "One of nine assumptions is both weak and decisive"


def test_what_is_absent_is_said(twelve: pmo.Register) -> None:
    bare = pmo.Register(projects=twelve.projects.reset_index(), costs=twelve.table("costs"))
    assert annex.assumptions(bare).title.startswith("Not shown")
    assert annex.decisions(bare, decision_log(bare)).title.startswith("Not shown")
    assert overview.waivers(bare).title == "Nothing was waived: every finding counts."


def test_waivers_say_who_and_why(meridian: pmo.Register, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame(
        [("cost_outside_dates", "Controller", pd.Timestamp("2026-09-30"), "retention money", pd.NaT, 2)],
        columns=["rule", "who", "when", "why", "until", "count"],
    )
    monkeypatch.setattr(type(meridian), "waivers", property(lambda _: rows))
    first = overview.waivers(meridian).data.iloc[0]
    assert first.tolist() == [
        "Cost outside dates, two findings", "retention money", "Controller, 2026-09-30", "no end",
    ]  # fmt: skip


def test_method_speaks_of_the_registers_own_terms(twelve: pmo.Register, meridian: pmo.Register) -> None:
    assert "UK Green Book 2026" in str(annex.method(meridian).items)
    assert "UK Green Book" not in str(annex.method(twelve).items)
    assert "{" not in str(annex.method(meridian).items)


def test_glossary_explains_every_term_without_workshop_words(twelve: pmo.Register) -> None:
    data = annex.glossary(twelve).data
    assert data["meaning"].str.len().min() > 10
    assert not set(data["term"]) & {"ballot", "knapsack problem", "gap"}


def test_hand_check_with_two_envelopes_of_a_year_and_with_none(twelve: pmo.Register) -> None:
    money = twelve.table("budgets")
    second = twelve.replace(budgets=pd.concat([money, money.assign(envelope="grant", amount=60.0)]))
    table = annex.hand_check(pmo.arbitrate(pmo.Question(second)))
    data = table.data.assign(line=table.data["project"].map(words)).set_index("line")  # type: ignore[union-attr]
    columns = ["all 2027", "all 2028", "grant 2027", "grant 2028"]
    assert data.loc["there is", columns].tolist() == [50.0, 46.0, 60.0, 60.0]
    assert data.loc["together", columns].tolist() == pytest.approx([48.5, 44.0, 48.5, 44.0])
    networks = money.assign(envelope="pipes", scope="area=Networks")
    nobody = twelve.table("capacity").assign(fte=1000.0)
    line = annex.hand_check(pmo.arbitrate(pmo.Question(twelve.replace(budgets=networks, capacity=nobody))))
    assert line.title.startswith("Not shown: no envelope is for the whole portfolio")


def test_none_is_a_word(twelve: pmo.Register) -> None:
    assert annex.assumptions(twelve).title == "None of six assumptions are both weak and decisive"
