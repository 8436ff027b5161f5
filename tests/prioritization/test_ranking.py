"""Rankings from registers: values by hand, gaps as intervals, gates, assessors, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_kit import prioritization as pr
from pmo_kit.errors import DataError, PmoError
from pmo_kit.prioritization.values import read_scorecard
from pmo_kit.register import Register
from tests.strategies import dominance

Build = Callable[..., Register]


def test_value_of_p01_by_hand(twelve: Register) -> None:
    """Mean scores 20, 30, 0, 0.2, 4 and 11/3; weights 27.5, 20, 17.5, 10, 12.5, 12.5; health is piecewise."""
    ranking = pr.prioritize(twelve)
    health = 40 + (20 - 10) / 15 * 60
    by_hand = [27.5 * health, 20 * 15, 0, 10 * 1, 12.5 * (100 - 4 / 0.6), 12.5 * (11 / 3) * 25]
    assert ranking.contributions.loc["P01"].tolist() == pytest.approx(np.array(by_hand) / 100)
    assert ranking.table.loc["P01", "value"] == pytest.approx(sum(by_hand) / 100)
    assert ranking.table.loc["P01", "rank"] == 1
    assert ranking.summary.startswith("P01 Lead pipe replacement leads with 48.2 (points of 100)")


def test_the_answer_is_whole(twelve: Register) -> None:
    ranking = pr.prioritize(twelve)
    table = ranking.table
    assert table.index.name == "project_id"
    assert len(table) == 12
    assert (ranking.contributions.sum(axis=1) == table["value"]).all()
    assert table["rank"].tolist() == sorted(table["rank"])
    assert table["value"].is_monotonic_decreasing
    assert ranking.contributions.index.equals(table.index)
    assert "P01" in ranking._repr_html_()
    assert ranking.inputs == {"register": twelve.fingerprint, "weights_seal": ranking.inputs["weights_seal"]}
    cells, _, _ = ranking.cells()
    assert table["value"].to_numpy() == pytest.approx(pr.weighted_value(cells, ranking.weights))


def test_leaving_a_project_out_changes_no_other_value(twelve: Register) -> None:
    """Values on declared scales know no rank reversal (Belton and Gear 1983)."""
    whole = pr.prioritize(twelve).table["value"]
    for project in ("P01", "P07"):
        tables = {
            name: table[table["project_id"] != project]
            for name, table in ((n, twelve.table(n)) for n in ("levels", "costs", "benefits", "scores", "links"))
        }
        fewer = twelve.replace(projects=twelve.projects.drop(project), **tables)
        assert pr.prioritize(fewer).table["value"].to_dict() == whole.drop(project).to_dict()


def test_a_missing_score_is_an_interval_and_never_zero(small: Build) -> None:
    ranking = pr.prioritize(small({"A": [80, None], "B": [60, 60]}))
    row = ranking.table.loc["A"]
    assert [row["value_low"], row["value"], row["value_high"]] == [40, 65, 90]
    assert (row["missing"], row["rank"], row["rank_low"], row["rank_high"]) == (1, 1, 1, 2)
    assert ranking.table.loc["B", ["value_low", "value_high"]].tolist() == [60, 60]
    assert "1 with missing scores" in ranking.summary


def test_a_declared_interval_is_kept(small: Build) -> None:
    scores = pd.DataFrame(
        {
            "project_id": ["A", "B"],
            "criterion": ["c0", "c0"],
            "score": [50, 70],
            "low": [40, None],
            "high": [80, None],
        }
    )
    table = pr.prioritize(small({"A": [50], "B": [70]}, rows=scores)).table
    assert table.loc["A", ["value_low", "value", "value_high", "rank_low"]].tolist() == [40, 50, 80, 1]


def test_projects_without_scores_are_listed_and_not_ranked(small: Build) -> None:
    ranking = pr.prioritize(small({"A": [80], "B": [None], "C": [10]}))
    assert ranking.table.loc["B", "excluded"] == "no scores"
    assert np.isnan(ranking.table.loc["B", "value"])
    assert pd.isna(ranking.table.loc["B", "rank"])
    assert list(ranking.ranked) == ["A", "C"]
    assert "1 not ranked" in ranking.summary


def test_gates_come_before_weights(small: Build) -> None:
    criteria = [{}, {"gate": 30}, {"gate": 50, "sense": "min"}]
    ranking = pr.prioritize(small({"A": [99, 20, 10], "B": [10, 30, 50], "C": [5, None, 60]}, criteria))
    assert list(ranking.ranked) == ["B"]
    assert ranking.table.loc["A", "excluded"] == "gate c1: 20, needs at least 30"
    assert ranking.table.loc["C", "excluded"] == "gate c1: no score, needs at least 30; gate c2: 60, needs at most 50"


def test_equal_values_share_the_better_rank(small: Build) -> None:
    table = pr.prioritize(small({"A": [50, 70], "B": [70, 50], "C": [60, 60], "D": [0, 0]})).table
    assert table["rank"].tolist() == [1, 1, 1, 4]
    assert table["tie"].tolist() == [True, True, True, False]
    assert "lead together" in pr.prioritize(small({"A": [50, 70], "B": [70, 50]})).summary


def test_assessors_are_averaged_and_their_leniency_is_told(small: Build) -> None:
    """The kind assessor gives 10 more on all that both score, and alone scores C."""
    rows = []
    for project, score in {"A": 40, "B": 60, "C": 50}.items():
        rows.append((project, "c0", score + 10, "kind"))
        if project != "C":
            rows.append((project, "c0", score, "strict"))
    scores = pd.DataFrame(rows, columns=["project_id", "criterion", "score", "assessor"])
    register = small({"A": [0], "B": [0], "C": [0]}, rows=scores)
    assert pr.prioritize(register).table["value"].to_dict() == pytest.approx({"A": 45, "B": 65, "C": 60})
    card = read_scorecard(register)
    assert card.leniency.to_dict() == pytest.approx({"kind": 5, "strict": -5})


def test_weights_in_every_form(twelve: Register) -> None:
    criteria = list(pr.prioritize(twelve).weights.index)
    some = dict(zip(criteria, [6, 5, 4, 3, 2, 1], strict=True))
    by_name = pr.prioritize(twelve, dict(reversed(some.items())))
    assert by_name.weights.to_dict() == pytest.approx({name: weight / 21 for name, weight in some.items()})
    assert pr.prioritize(twelve, [6, 5, 4, 3, 2, 1]).table["value"].equals(by_name.table["value"])
    finance = pr.prioritize(twelve, "Finance").weights
    assert finance["readiness"] == pytest.approx(0.30)
    everyone = pr.stakeholder_weights(twelve, finance.index)
    assert pr.prioritize(twelve, "stakeholders").weights.to_numpy() == pytest.approx(everyone.mean().to_numpy())


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"carbon": 1}, "do not match"),
        ([1, 2], "6 criteria and 2 weights"),
        ([1, 1, -1, 1, 1, 1], "weight of spills is -1"),
        ([1, 1, np.nan, 1, 1, 1], "weight of spills"),
        ("Nobody", "no stakeholder 'Nobody'"),
    ],
)
def test_weights_that_do_not_fit_are_refused(twelve: Register, weights: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        pr.prioritize(twelve, weights)


def test_other_weights_have_another_seal(twelve: Register) -> None:
    seal = pr.prioritize(twelve).inputs["weights_seal"]
    assert seal == pr.seal_weights(pr.prioritize(twelve).weights)
    assert pr.prioritize(twelve, "Finance").inputs["weights_seal"] != seal


@pytest.mark.parametrize("method", ["topsis", "promethee", "bcr", "vallue"])
def test_a_register_is_ranked_by_value_alone(twelve: Register, method: str) -> None:
    with pytest.raises(ValueError, match=f"by method 'value', not '{method}'"):
        pr.prioritize(twelve, method=method)


def test_scores_off_the_scale_and_bad_functions_name_every_cell(small: Build, twelve: Register) -> None:
    register = small({"A": [50, 10], "B": [60, 20]})
    scores = register.table("scores")
    scores["score"] = [50, 110, -5, 20]
    with pytest.raises(DataError) as caught:
        pr.prioritize(register.replace(scores=scores))
    assert len(caught.value.findings) == 2
    assert "A, c1, no assessor: score 110 is off the declared scale 0 to 100" in str(caught.value)
    criteria = twelve.table("criteria")
    criteria.loc[0, "value_function"] = "0:0; 10:40"
    criteria.loc[1, "do_nothing"] = 999
    with pytest.raises(DataError, match=r"(?s)health_risk.*interruptions"):
        pr.prioritize(twelve.replace(criteria=criteria))


def test_a_score_off_the_steps_is_refused(small: Build) -> None:
    with pytest.raises(DataError, match="score 3 is none of 0, 2, 4"):
        pr.prioritize(small({"A": [3], "B": [2]}, [{"low": 0, "high": 4, "value_function": "steps 0:0; 2:30; 4:100"}]))


def test_without_scores_the_table_is_named(small: Build) -> None:
    register = small({"A": [3], "B": [2]})
    with pytest.raises(DataError, match="scores"):
        pr.prioritize(register.replace(scores=register.table("scores").iloc[:0]))


def test_value_for_arbitration_starts_from_doing_nothing(twelve: Register) -> None:
    """Clemen and Smith 2009: doing nothing has value 12.5 here (nobody must change how they work)."""
    ranking = pr.prioritize(twelve)
    worth = pr.arbitration_value(ranking, scale=0.5)
    assert list(worth.index.names) == ["project_id", "level"]
    assert len(worth) == 15
    assert worth["P01", "full"] == pytest.approx(0.5 * (ranking.table.loc["P01", "value"] - 12.5))
    assert worth["P06", "full"] < 0
    assert "0.5 a point" in worth.name
    for other in (ranking.table["rank"], pr.topsis([[1, 2], [3, 4]], [1, 1], [True, True])):
        with pytest.raises(PmoError, match="no value to add up"):
            pr.arbitration_value(other, 1.0)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above zero"):
        pr.arbitration_value(ranking, 0)


def test_stopping_without_scores_is_doing_nothing(twelve: Register) -> None:
    scores = twelve.table("scores")
    kept = scores[~(scores["level"] == "stop").fillna(False)].reset_index(drop=True)
    worth = pr.arbitration_value(pr.prioritize(twelve.replace(scores=kept)), 1.0)
    assert worth["P06", "stop"] == 0


cells = st.lists(st.lists(st.integers(0, 100), min_size=3, max_size=3), min_size=2, max_size=5)


@pytest.mark.long
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells, st.lists(st.integers(1, 9), min_size=3, max_size=3), st.randoms(use_true_random=False))
def test_order_units_dominance_and_sums(
    small: Build, rows: list[list[int]], weights: list[int], random: object
) -> None:
    scores = {f"P{i}": row for i, row in enumerate(rows)}
    base = pr.prioritize(small(scores), weights)
    assert (base.contributions.sum(axis=1) == base.table["value"]).all()
    names = list(scores)
    random.shuffle(names)  # type: ignore[attr-defined]
    moved = pr.prioritize(small({name: scores[name] for name in names}), weights)
    assert moved.table["value"].sort_index().equals(base.table["value"].sort_index())
    grams = [{"low": 0, "high": 100_000}, {"low": 0, "high": 100_000}, {"low": 0, "high": 100_000}]
    other = pr.prioritize(small({k: [1000 * x for x in row] for k, row in scores.items()}, grams), weights)
    np.testing.assert_allclose(other.table["value"].sort_index(), base.table["value"].sort_index(), atol=1e-9)
    matrix = np.array(rows, dtype=float)
    for i, j in np.argwhere(dominance(matrix)):
        assert base.table.loc[f"P{i}", "value"] > base.table.loc[f"P{j}", "value"]
