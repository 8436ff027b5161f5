"""Figures of prioritization: what they draw is what the results say."""

from __future__ import annotations

import numpy as np
import pytest

from pmo_kit import prioritization as pr
from pmo_kit.exhibits import Chart, Exhibit
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import from_json, to_json, words
from pmo_kit.figures import prioritization as figures
from pmo_kit.register import Register
from tests.conftest import shipped_register
from tests.exhibits.gallery import figure

OURS = ("SMAA", "PROMETHEE", "Kendall", "MILP", "exhibit", "fingerprint", "core index", "dual")


@pytest.fixture(scope="module")
def register() -> Register:
    return shipped_register("meridian_12")


@pytest.fixture(scope="module")
def ranking(register: Register) -> pr.Ranking:
    return pr.prioritize(register)


@pytest.fixture(scope="module")
def robustness(ranking: pr.Ranking) -> pr.RankRobustness:
    return pr.rank_robustness(ranking, draws=1_000, seed=7)


@pytest.fixture(scope="module")
def everything(register: Register, ranking: pr.Ranking, robustness: pr.RankRobustness) -> dict[str, Exhibit]:
    disputes, flags = pr.compare_stakeholders(ranking), pr.screen_scores(ranking)
    shown = [
        figures.answer(ranking, robustness, disputes, flags),
        figures.tiers(ranking, robustness),
        figures.criteria(ranking),
        figures.contributions(ranking),
        figures.scores(ranking),
        figures.acceptability(robustness),
        figures.stability(robustness),
        figures.disagreement(disputes, ranking),
        figures.flags(flags, ranking),
    ]
    return {exhibit.id.removeprefix("prioritization."): exhibit for exhibit in shown}


@pytest.mark.long
def test_every_figure_can_be_shown_kept_and_drawn(everything: dict[str, Exhibit]) -> None:
    assert len(everything) == 9
    for exhibit in everything.values():
        assert exhibit.title
        assert exhibit.unit_line
        assert exhibit.source
        assert len(exhibit.inputs["register"]) == 8
        again = from_json(to_json(exhibit))
        assert to_json(again) == to_json(exhibit)
        if isinstance(exhibit, Chart):
            assert figure(exhibit).layout.meta
        else:
            assert exhibit.title.split()[0] in fragment(exhibit)


def test_a_committee_can_read_them(everything: dict[str, Exhibit]) -> None:
    for exhibit in everything.values():
        text = " ".join((exhibit.title, exhibit.takeaway, exhibit.unit_line, exhibit.note))
        for word in OURS:
            assert word.lower() not in text.lower(), (exhibit.id, word)


def test_contributions_sum_to_the_value(everything: dict[str, Exhibit], ranking: pr.Ranking) -> None:
    chart = everything["contributions"]
    assert isinstance(chart, Chart)
    assert set(chart.data["what"]) == {"Service", "Environment", "Delivery"}
    total = chart.data.groupby("project", sort=False)["points"].sum()
    assert total.to_numpy() == pytest.approx(ranking.table["value"].to_numpy())


def test_scores_mark_what_is_missing(register: Register) -> None:
    scores = register.table("scores")
    gone = (scores["project_id"] == "P03") & (scores["criterion"] == "readiness")
    chart = figures.scores(pr.prioritize(register.replace(scores=scores[~gone].reset_index(drop=True))))
    hole = chart.data[(chart.data["project"] == "Data platform P03") & (chart.data["criterion"] == "readiness")]
    assert hole["label"].tolist() == ["?"]
    assert np.isnan(hole["value"].iloc[0])
    assert chart.title == "One score is missing of 72: shown as ?, counted as an interval"


def test_tiers_hold_every_project_and_its_range(everything: dict[str, Exhibit], robustness: pr.RankRobustness) -> None:
    table = everything["tiers"]
    assert len(table.data) == 12
    row = table.data[[words(cell) == "Billing replacement P06" for cell in table.data["project"]]].iloc[0]
    assert row["ranks"] == "12"
    assert row["standing"] == "running"
    assert table.data["first"].sum() == pytest.approx(100)


@pytest.mark.long
def test_long_lists_are_cut_and_say_so() -> None:
    register = shipped_register("meridian")
    ranking = pr.prioritize(register)
    robustness = pr.rank_robustness(ranking, draws=200, seed=1)
    tiers = figures.tiers(ranking, robustness)
    assert len(tiers.data) - tiers.first == 44
    assert "The first 15 of 59 rows; the workbook has all." in tiers.printed.note
    for exhibit in (
        figures.contributions(ranking),
        figures.scores(ranking),
        figures.acceptability(robustness),
    ):
        assert "44 more." in exhibit.note
    assert "Archive digitization is not ranked: no scores." in tiers.note
