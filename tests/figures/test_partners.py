"""Partner selection as exhibits."""

from __future__ import annotations

import pytest

from pmo_kit.exhibits import Chart, Exhibit
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import from_json, to_json
from pmo_kit.figures import partners as figures
from pmo_kit.partners import Award, select_partners
from tests.conftest import shipped_register
from tests.exhibits.gallery import figure


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
