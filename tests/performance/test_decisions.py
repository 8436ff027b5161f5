"""What became of the last committee's decisions."""

from __future__ import annotations

import pandas as pd
import pytest

from pmo_kit.errors import DataError
from pmo_kit.performance import decision_log, directions, since_last_committee
from pmo_kit.performance.governance import baseline_moves, how
from pmo_kit.register import Register
from tests.conftest import shipped_register


def settings(as_of: str, currency: str = "EUR") -> pd.DataFrame:
    return pd.DataFrame({"key": ["as_of", "currency", "money_unit"], "value": [as_of, currency, "million"]})


def projects(**names: str) -> pd.DataFrame:
    return pd.DataFrame({"project_id": list(names), "name": list(names.values()), "area": "North", "stage": "delivery"})


def amounts(**costs: float) -> pd.DataFrame:
    return pd.DataFrame({"project_id": list(costs), "year": 2027, "amount": list(costs.values())})


def decided(*rows: tuple[str, str, str, str | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["project_id", "project_name", "decision", "recommended"])
    return table.assign(date="2026-03-26", committee="Investment Committee")


@pytest.fixture(scope="module")
def twelve() -> Register:
    return shipped_register("meridian_12")


def test_the_story_of_the_twelve(twelve: Register) -> None:
    found = since_last_committee(twelve)
    first = found.drop_duplicates("kind").set_index("kind")
    assert list(first.index) == ["against_advice", "baseline_moved", "returned", "open"]
    assert first.at["against_advice", "text"] == (
        "Billing replacement was funded; the advice was to defer. "
        "It has earned 18.2 of work for 22.5 spent and still reports Green."
    )
    assert first.at["baseline_moved", "project_id"] == "P12"
    assert first.at["baseline_moved", "amount"] == 4
    assert first.at["returned", "text"] == (
        "Visitor Centre, refused on 2026-03-26, returns as Reservoir Learning Hub: "
        "the same cost of 11.0, benefits doubled from 3.5 to 7.0."
    )


def test_stopped_but_spending_and_gone_without_a_decision() -> None:
    previous = Register(
        projects=projects(S="Archive", V="Intranet", W="Depot"),
        costs=amounts(S=2.0, V=1.7, W=3.0),
        decisions=decided(("S", "Archive", "stop", "stop"), ("W", "Depot", "refuse", "refuse")),
        settings=settings("2026-02-28"),
    )
    costs = pd.concat([amounts(S=1.0, N=5.0), amounts(S=0.4).assign(year=2026, state="actual")], ignore_index=True)
    register = Register(projects=projects(S="Archive", N="New"), costs=costs, settings=settings("2026-09-30"))
    found = since_last_committee(register, previous).set_index("kind")
    assert found.at["not_kept", "amount"] == pytest.approx(0.4)
    assert found.at["not_kept", "text"] == "Archive was stopped on 2026-03-26 and has spent 0.4 since."
    assert found.at["gone", "project_id"] == "V"
    assert found.at["gone", "amount"] == 1.7
    assert "W" not in set(found["project_id"])


def test_levels_are_no_parts_and_what_leaving_costs_is_not_spent() -> None:
    """A project of 4.0 or 2.0 asks for 4.0, not for 6.0; an exit cost is left out then and now."""
    levels = pd.DataFrame(
        {"project_id": ["V", "V", "S", "S"], "level": ["full", "reduced", "full", "reduced"], "year": 2027,
         "amount": [4.0, 2.0, 3.0, 1.0]}
    )  # fmt: skip
    left = pd.DataFrame({"project_id": ["S"], "year": 2026, "kind": "exit", "state": "actual", "amount": 5.0})
    named = {"levels": levels[["project_id", "level"]].assign(label="so much")}
    previous = Register(
        projects=projects(S="Archive", V="Intranet"),
        costs=pd.concat([levels, left]),
        decisions=decided(("S", "Archive", "stop", "stop")),
        settings=settings("2026-04-30"),
        **named,
    )
    own = {name: table[table["project_id"] == "S"] for name, table in {"costs": levels, **named}.items()}
    now = {"projects": projects(S="Archive"), "levels": own["levels"], "settings": settings("2026-09-30")}
    planning = Register(costs=pd.concat([own["costs"], left]), **now)
    found = since_last_committee(planning, previous).set_index("kind")
    assert found.at["gone", "text"].startswith("Intranet is no longer in the register, with 4.0 of planned cost;")
    assert found.at["not_kept", "text"] == "Archive was stopped on 2026-03-26 and still plans to spend 3.0."
    paid = pd.DataFrame({"project_id": ["S"], "year": 2026, "kind": "capex", "state": "actual", "amount": 2.5})
    spending = Register(costs=pd.concat([own["costs"], left, paid]), **now)
    assert since_last_committee(spending, previous).set_index("kind").at["not_kept", "amount"] == 2.5
    sizes = pd.concat([paid.assign(level="full"), paid.assign(level="reduced", amount=2.0)])
    both = Register(costs=pd.concat([own["costs"], left, sizes]), **now)
    assert since_last_committee(both, previous).set_index("kind").at["not_kept", "amount"] == 2.5, "not 4.5"
    idle = Register(projects=now["projects"], costs=left, settings=now["settings"])
    assert "not_kept" not in set(since_last_committee(idle, previous)["kind"])
    assert decision_log(idle, previous)["outcome"].tolist() == ["stopped; nothing spent since"], "not: plans 0.0"


def test_an_old_request_under_a_new_id_and_name() -> None:
    gain = pd.DataFrame({"project_id": ["O"], "year": 2028, "amount": 4.0})
    previous = Register(
        projects=projects(O="Visitor Centre"),
        costs=amounts(O=11.0),
        benefits=gain,
        decisions=decided(("O", "Visitor Centre", "refuse", "refuse")),
        settings=settings("2026-02-28"),
    )
    register = Register(
        projects=projects(N="Learning Hub", M="Depot"),
        costs=amounts(N=11.0, M=12.0),
        benefits=gain.assign(project_id="N", amount=5.0),
        settings=settings("2026-09-30"),
    )
    found = since_last_committee(register, previous)
    assert found["project_id"].tolist() == ["N"]
    assert found["text"].iloc[0].endswith("the same cost of 11.0, benefits 25 % higher (4.0 to 5.0).")


def test_a_baseline_moves_with_or_without_a_reference() -> None:
    def register(baseline: float, reference: str | None, as_of: str) -> Register:
        rows = {
            "project_id": ["A"],
            "quantity": "whole_life_cost",
            "baseline": baseline,
            "reference": reference,
        }
        return Register(
            projects=projects(A="Depot"),
            costs=amounts(A=1.0),
            baselines=pd.DataFrame(rows),
            settings=settings(as_of),
        )

    before = register(36.0, None, "2026-03-26")
    silent, asked = register(40.0, None, "2026-09-30"), register(40.0, "CR-7", "2026-09-30")
    assert since_last_committee(silent, before)["text"].tolist() == [
        "The baseline of Depot moved without a decision: whole-life cost from 36 to 40."
    ]
    assert len(since_last_committee(asked, before)) == 0
    assert baseline_moves(asked, before)["explained"].tolist() == [True]


def test_two_currencies_are_refused() -> None:
    old = Register(projects=projects(A="Depot"), costs=amounts(A=1.0), settings=settings("2026-03-26", "GBP"))
    new = Register(projects=projects(A="Depot"), costs=amounts(A=1.0), settings=settings("2026-09-30"))
    with pytest.raises(DataError, match="GBP"):
        since_last_committee(new, old)


def test_nothing_decided_gives_an_empty_table() -> None:
    new = Register(projects=projects(A="Depot"), costs=amounts(A=1.0), settings=settings("2026-09-30"))
    assert len(since_last_committee(new)) == 0


def test_how_benefits_changed() -> None:
    assert how(4, 4) == ", the same benefits"
    assert how(3.5, 7) == ", benefits doubled from 3.5 to 7.0"
    assert how(4, 3) == ", benefits 25 % lower (4.0 to 3.0)"
    assert how(float("nan"), 3) == ""


def test_an_action_due_on_the_day_of_the_data_is_not_past_its_date(twelve: Register) -> None:
    """So page one counts as late what the list of actions and the tiles count as late."""
    as_of = pd.Timestamp(twelve.settings.as_of)
    actions = twelve.table("actions").head(3).assign(
        status="open", due=[as_of - pd.Timedelta(days=1), as_of, as_of + pd.Timedelta(days=1)]
    )  # fmt: skip
    found = since_last_committee(twelve.replace(actions=actions))
    told = found.loc[found["text"].str.contains("was due on"), "text"]
    assert [text.split(":")[0] for text in told] == actions["action"].head(1).tolist()


def test_an_action_without_owner_or_status_is_late_as_the_list_of_actions_counts_it(twelve: Register) -> None:
    actions = twelve.table("actions").head(1).assign(status=pd.NA, owner=pd.NA, due=pd.Timestamp("2026-01-31"))
    register = twelve.replace(actions=actions)
    found = since_last_committee(register)["text"]
    assert f"{actions['action'].iloc[0]}: was due on 2026-01-31." in found.tolist()
    assert (directions(register)["days_late"] > 0).tolist() == [True]
