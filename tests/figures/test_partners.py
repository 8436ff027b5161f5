"""Partner selection as exhibits."""

from __future__ import annotations

import pandas as pd
import pytest

from pmo_kit.exhibits import Chart, Exhibit
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import from_json, to_json
from pmo_kit.figures import partners as figures
from pmo_kit.partners import Award, select_partners
from tests.conftest import shipped_register
from tests.exhibits.gallery import figure
from tests.test_partners import small


@pytest.fixture(scope="module")
def award() -> Award:
    return select_partners(shipped_register("meridian"), draws=20)


@pytest.fixture(scope="module")
def shown(award: Award) -> dict[str, Exhibit]:
    made = [
        figures.lots(award),
        figures.bids(award),
        figures.sensitivity(award),
        figures.debrief(award, "boreal", "A"),
        figures.debrief(award, "boreal", "B"),
        figures.audit(award),
    ]
    return {exhibit.id: exhibit for exhibit in made}


@pytest.mark.long
def test_every_figure_has_words_and_survives_json(shown: dict[str, Exhibit]) -> None:
    for exhibit in shown.values():
        assert exhibit.title
        assert to_json(from_json(to_json(exhibit))) == to_json(exhibit)
        assert fragment(exhibit)
        if isinstance(exhibit, Chart):
            assert figure(exhibit).data


def test_titles_are_the_message(shown: dict[str, Exhibit]) -> None:
    assert shown["partners.lots"].title == (
        "Cygnus Water Technology for Meters and radio network and Aquila Metering for Data platform: 17.6 together"
    )
    assert shown["partners.bids"].title == (
        "One bid misses a must-pass minimum: Boreal Systems on lot B (Cyber security 2, needs 3)"
    )
    assert shown["partners.bids"].takeaway == (
        "Price counts 40\u202f%, quality 60\u202f%; one evaluator left out for a conflict on part of the bids."
    )
    assert shown["partners.audit"].title == "Ten scores of 120 left out for a conflict"
    assert (
        shown["partners.debrief_boreal_A"].title == "Boreal Systems, lot A: most was lost on technical fit, 6.0 points"
    )


def test_a_winner_has_no_debrief(award: Award) -> None:
    with pytest.raises(KeyError, match="no losing bid"):
        figures.debrief(award, "cygnus", "A")


def test_odd_bids_are_told_as_they_are() -> None:
    """Ties, one lot, no lot, a lot without a bid, a bundle, one bid that is better by itself: no sentence is false."""
    two = {("p", "A"): 6.0, ("p", "B"): 6.0, ("q", "A"): 6.0, ("q", "B"): 6.0}

    def asked(scores: dict[tuple[str, str], float], limits: dict[str, int], discount: float = 0.0) -> Award:
        return select_partners(small(scores, dict.fromkeys(scores, 10.0), limits, discount), draws=5)

    tie = figures.lots(asked(two, {"p": 2, "q": 2}))
    assert tie.note.startswith("Just as good: ")
    alike = figures.debrief(asked({("p", "A"): 6.0, ("q", "A"): 6.0}, {"p": 1, "q": 1})).takeaway
    assert "No bid for this lot is better by itself." in alike
    one = asked({("p", "A"): 6.0}, {"p": 1})
    assert figures.lots(one).title == "P for A: 10.0"
    assert figures.debrief(one).title == "No bid lost"
    none = figures.lots(asked({("p", "A"): 1.0}, {"p": 1}))
    assert (none.title, none.takeaway, none.note) == ("No award for A", "No lot can be awarded.", "")
    register = one.register.replace(lots=pd.DataFrame({"lot": ["A", "C"], "label": [None, "Works"]}))
    both = select_partners(register.replace(partners=register.table("partners").assign(name=None)), draws=5)
    assert figures.lots(both).title == "P for A and no award for Works: 10.0"
    better = {("p", "A"): 6.0, ("p", "B"): 6.0, ("q", "A"): 6.2, ("q", "B"): 6.2}
    assert (
        figures.lots(asked(better, {"p": 2, "q": 2}, 0.1)).takeaway
        == "Awarded one by one or together, the lots go to the same partners."
    )


def test_points_of_a_bundle_are_those_of_its_price() -> None:
    better = {("p", "A"): 6.0, ("p", "B"): 6.0, ("q", "A"): 6.1}
    register = small(better, dict.fromkeys(better, 10.0), {"p": 2, "q": 1}, 0.1)
    award = select_partners(register, draws=5)
    assert award.lots["partner_id"].tolist() == ["p", "p"]
    assert award.lots["value"].mean() == pytest.approx(award.value)
    assert figures.lots(award).takeaway.endswith("together 60.0: several lots of one partner cost less.")
    assert "No bid for this lot is better by itself" in figures.debrief(award, "q", "A").takeaway


def test_without_a_name_the_debrief_is_of_a_partner_that_wins_nothing(award: Award) -> None:
    assert figures.debrief(award).id == "partners.debrief_boreal_A"
