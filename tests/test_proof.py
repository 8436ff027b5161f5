"""Published cases: each is asked, each can fail, and the sources are many and can be found."""

from pathlib import Path

import pandas as pd
import pytest

from pmo_kit.proof import Proof, published_cases

pytestmark = pytest.mark.long

FOLDER = Path(__file__).parents[1] / "data" / "samples" / "published"


@pytest.fixture(scope="module")
def proof() -> Proof:
    return published_cases(FOLDER)


def test_every_figure_that_is_asked_agrees(proof: Proof) -> None:
    asked = proof.table.dropna(subset="ours")
    assert asked["agrees"].all(), asked[~asked["agrees"]].to_string()
    assert asked["source"].nunique() >= 15
    assert asked["case"].nunique() >= 15


def test_what_is_not_asked_says_why(proof: Proof) -> None:
    rest = proof.table[proof.table["ours"].isna()]
    assert (rest["note"].str.len() > 30).all()
    assert len(rest) <= 6


def test_every_row_can_fail(proof: Proof) -> None:
    """A published figure one digit further would not be called equal."""
    asked = proof.table.dropna(subset="ours")
    for step in (1.0, -1.0):
        moved = (asked["ours"] - (asked["published"] + step * 1.01 * asked["step"])).abs()
        assert (moved > 0.5 * asked["step"]).all()


def test_every_source_can_be_found(proof: Proof) -> None:
    for column in ("source", "title", "place"):
        assert (proof.table[column].str.len() > 5).all()
    cited = proof.table["source"] + " " + proof.table["title"] + " " + proof.table["place"]
    assert cited.str.contains(r"\b(?:19|20)\d\d\b|no date", regex=True).all(), "author, year, title, place"
    listed = pd.read_csv(FOLDER / "figures.csv")
    assert not listed.duplicated(["source", "case", "quantity"]).any()
