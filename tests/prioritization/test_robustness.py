"""Robustness, stakeholders, reversals and screening on the shipped twelve and on small registers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from pmo_kit import prioritization as pr
from pmo_kit.errors import PmoError
from pmo_kit.register import Register

Build = Callable[..., Register]


@pytest.fixture(scope="module")
def ranking(twelve: Register) -> pr.Ranking:
    return pr.prioritize(twelve)


@pytest.fixture(scope="module")
def sure(ranking: pr.Ranking) -> pr.RankRobustness:
    return pr.rank_robustness(ranking, draws=2_000, seed=7)


def test_shares_equal_the_array_function(ranking: pr.Ranking, sure: pr.RankRobustness) -> None:
    cells, _, _ = ranking.cells()
    assert (sure.acceptability.to_numpy() == pr.rank_acceptability(cells, 2_000, 7)).all()
    assert sure.table["first"].to_numpy() == pytest.approx(sure.acceptability[1].to_numpy())
    assert sure.inputs["seed"] == "7"


def test_the_sentence_names_the_turning_point(ranking: pr.Ranking, sure: pr.RankRobustness) -> None:
    row = sure.stability.loc[("criterion", "health_risk")]
    assert (
        f"P01 Lead pipe replacement leads unless the weight of health risk falls below {100 * row['low']:.1f}\u202f%"
        in sure.sentences[1]
    )
    weights = ranking.weights.copy()
    weights["health_risk"] = row["low"] - 0.001
    others = weights.index != "health_risk"
    weights[others] *= (1 - weights["health_risk"]) / weights[others].sum()
    assert pr.prioritize(ranking.register, weights).table.index[0] == row["leads_below"]


def test_groups_have_their_own_intervals(sure: pr.RankRobustness) -> None:
    groups = sure.stability.loc["group"]
    assert sorted(groups.index) == ["Delivery", "Environment", "Service"]
    assert groups.loc["Environment", "weight"] == pytest.approx(0.275)


def test_reversals_really_turn_the_pair(ranking: pr.Ranking, sure: pr.RankRobustness) -> None:
    row = sure.reversals[(sure.reversals["ahead"] == "P01") & (sure.reversals["behind"] == "P07")].iloc[0]
    cells, _, _ = ranking.cells(["P01", "P07"])
    size, changed = pr.smallest_change(cells[0], cells[1], ranking.weights)
    assert row["change"] == size
    assert row["toward"] == "spills"
    assert cells[1] @ changed == pytest.approx(cells[0] @ changed)


def test_tiers_and_rank_intervals(sure: pr.RankRobustness) -> None:
    table = sure.table
    assert table.loc["P06", "tier"] == table["tier"].max()
    assert table.loc["P06", ["rank_low", "rank_high"]].tolist() == [12, 12]
    assert (table["rank_low"] <= table["rank_high"]).all()


def test_who_is_better_on_everything_always_leads(small: Build) -> None:
    sure = pr.rank_robustness(pr.prioritize(small({"A": [90, 80], "B": [20, 10]})), draws=100, seed=1)
    assert sure.summary.startswith("A leads and comes first in 100\u202f% of cases")
    assert "A leads whatever the weight of any one criterion." in sure.sentences
    assert sure.table["tier"].tolist() == [1, 2]


def test_one_ranked_project_has_no_order_and_none_is_refused(small: Build) -> None:
    register = small({"A": [1], "B": [2]})
    alone = pr.prioritize(register.replace(scores=register.table("scores").query("project_id == 'A'")))
    sure = pr.rank_robustness(alone, draws=100)
    assert sure.summary == "Only A is ranked: there is no order to be sure of."
    assert sure.acceptability.to_numpy().tolist() == [[1.0]]
    assert "; 1 project ranked, 1 not ranked." in alone.summary
    nobody = pr.prioritize(register.replace(scores=register.table("scores").assign(score=np.nan)))
    with pytest.raises(PmoError, match="No project can be ranked"):
        pr.rank_robustness(nobody)


def test_one_stakeholder_or_one_project_differs_from_nobody(small: Build) -> None:
    weights = pd.DataFrame([("X", "c0", 70), ("Y", "c0", 30)], columns=["stakeholder", "criterion", "weight"])
    several = small({"A": [9], "B": [1]}).replace(stakeholder_weights=weights)
    one = several.replace(stakeholder_weights=weights.iloc[:1])
    lone = several.replace(scores=several.table("scores").query("project_id == 'A'"))
    for register, who in ((one, "stakeholder weighs"), (lone, "project is ranked")):
        found = pr.compare_stakeholders(pr.prioritize(register))
        assert (found.summary, len(found.pairs)) == (f"Only one {who}: nobody can differ on an order.", 0)


def test_stakeholders_of_the_twelve(ranking: pr.Ranking) -> None:
    found = pr.compare_stakeholders(ranking)
    assert set(found.table.columns) == {"Finance", "Operations", "Environment", "Customer"}
    for name in found.table.columns:
        own = pr.prioritize(ranking.register, name).table["rank"]
        assert (found.table[name] == own.reindex(found.table.index)).all()
    assert found.kendall_w == pytest.approx(pr.kendall_w(-found.values.round(9)))
    row = found.pairs.iloc[0]
    assert row["gap"] == found.pairs["gap"].min()


def test_a_disagreement_that_changes_one_pair(small: Build) -> None:
    weights = pd.DataFrame(
        [("X", "c0", 70), ("X", "c1", 30), ("Y", "c0", 30), ("Y", "c1", 70)],
        columns=["stakeholder", "criterion", "weight"],
    )
    register = small({"P14": [60, 40], "P22": [40, 60], "Q": [90, 90], "R": [5, 5]}, stakeholder_weights=weights)
    ranking = pr.prioritize(register, [0.51, 0.49])
    found = pr.compare_stakeholders(ranking)
    assert found.summary == "The disagreement changes only P14 against P22; the other 5 pairs are in one order."


def test_the_planted_traps_of_the_twelve_are_found(ranking: pr.Ranking) -> None:
    found = pr.screen_scores(ranking)
    table = found.table
    best = table[table["check"] == "all_best"]
    assert set(zip(best["project_id"], best["assessor"], strict=True)) == {
        ("P02", "customer_director"),
        ("P11", "customer_director"),
    }
    priced = table[table["check"] == "priced_and_scored"]
    assert ("P05", "carbon") in set(zip(priced["project_id"], priced["criterion"], strict=True))
    assert (table["check"] == "late").sum() == 1
    assert "chief_engineer scores 5.7 points below" in " ".join(table["message"])
    assert found.without is not None
    assert f"P02 Smart meters from rank 2 to {found.without.table.loc['P02', 'rank']}" in found.summary


def test_other_flags(small: Build) -> None:
    rng = np.random.default_rng(4)
    rows = []
    for i in range(12):
        for criterion, exact in (("c0", 3.3 + 7 * i), ("c1", 4.1 + 7.1 * i), ("c2", 50.0)):
            rows.append((f"P{i:02}", criterion, round(exact / 10) * 10 or 10, "rounder", "2026-01-10"))
            rows.append(
                (
                    f"P{i:02}",
                    criterion,
                    exact + float(rng.uniform(0.1, 0.9)) * (criterion != "c2"),
                    "exact",
                    "2026-03-01",
                )
            )
    scores = pd.DataFrame(rows, columns=["project_id", "criterion", "score", "assessor", "date"])
    scores.loc[scores["criterion"] == "c2", "score"] = 50.0
    register = small({f"P{i:02}": [0, 0, 0] for i in range(12)}, [{"gate": 5}, {}, {}], rows=scores)
    found = pr.screen_scores(pr.prioritize(register))
    checks = found.table.groupby("check").size()
    assert checks["same_thing"] == 1
    assert checks["constant"] == 1
    assert checks["just_over"] == 1
    assert set(found.table.loc[found.table["check"] == "round_numbers", "assessor"]) == {"rounder"}
    assert set(found.table.loc[found.table["check"] == "late", "assessor"]) == {"exact"}
    assert "after all other assessors" in " ".join(found.table["message"])


def test_clean_scores_have_no_flag(small: Build) -> None:
    found = pr.screen_scores(pr.prioritize(small({"A": [10, 90], "B": [50, 20], "C": [70, 60]})))
    assert found.table.empty
    assert found.summary == "Nothing in the scores asks for a second look."
    assert found.without is None
