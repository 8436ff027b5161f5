"""No digit on page one that is not a fact, a year, an id or a name; each fact recomputed by trying every plan."""

from __future__ import annotations

import re

import numpy as np
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits.display import _facts
from pmo_kit.exhibits.records import Exhibit, Message, Table, words
from pmo_kit.facts import Fact, collect
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import page_one
from tests.oracle.plans import Plans, Register

DATE = re.compile(r"\d{4}-\d\d-\d\d")
NUMBER = re.compile(r"[−+]?\d[\d\u202f]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def shown() -> list[Exhibit]:
    register = pmo.load_register("data/samples/meridian_12")
    asked = pmo.Question(register)
    allocation = pmo.arbitrate(asked.replace(overrides=False))
    comparison = pmo.compare(allocation.question, [pmo.Scenario("Money −15 %", budget=0.85)])
    worth = pmo.arbitration.limits_worth(allocation, figures.bottleneck_names(allocation))
    return [
        page_one.headline(allocation),
        page_one.tiles(allocation, 29.0),
        page_one.decisions(allocation, pmo.explain(allocation), comparison),
        page_one.orders(allocation, pmo.arbitration.override_ledger(asked)),
        page_one.limits(allocation, worth),
        page_one.how_sure(allocation),
        figures.plan(allocation),
    ]


def spoken(exhibit: Exhibit) -> list[str]:
    """Everything that a reader reads as a sentence."""
    found = [exhibit.title, exhibit.unit_line, exhibit.takeaway]
    if isinstance(exhibit, Message):
        found += [text for pair in exhibit.items for text in pair]
    if isinstance(exhibit, Table) and exhibit.id == "page_one.decisions":
        found += [words(cell) for cell in exhibit.data["text"]]
    return found


def test_every_number_in_a_sentence_is_a_fact(shown: list[Exhibit]) -> None:
    for exhibit in shown:
        facts = list(_facts(exhibit))
        printed = {fact.words(spec) for fact in facts for spec in ("", "+", ".1")}
        bare = {text.rstrip("\u202f%").split(" ")[0] for text in printed}
        for text in spoken(exhibit):
            for number in NUMBER.findall(DATE.sub("", text)):
                year = re.fullmatch(r"20\d\d", number)
                assert year or number.lstrip("−+") in {one.lstrip("−+") for one in bare}, (
                    exhibit.id,
                    number,
                    text,
                )


def test_facts_of_page_one_agree(shown: list[Exhibit]) -> None:
    assert len(collect((exhibit.id, fact) for exhibit in shown for fact in _facts(exhibit))) > 20


def test_facts_are_what_trying_every_plan_finds(shown: list[Exhibit]) -> None:
    """A second program tries every plan of the twelve: the best, the second, what the best spends and leaves."""
    plans = Plans(Register("data/samples/meridian_12"), overrides=False)
    value = np.where(plans.holds(), plans.value(), -np.inf)
    best, second = np.sort(value)[::-1][:2]
    facts = {(f.key, f.of.year, f.of.project): f.value for exhibit in shown for f in _facts(exhibit)}
    assert facts["plan.value", None, None] == pytest.approx(best)
    assert facts["plan.next_best", None, None] == pytest.approx(second)
    spent = {y: plans.amount(plans.spend(year=y))[value.argmax()] for y in (2027, 2028)}
    for year, amount in {**spent, None: sum(spent.values())}.items():
        assert facts["plan.spend", year, None] == pytest.approx(amount)
    assert facts["envelope.left", 2027, None] == pytest.approx(50 - spent[2027])
    assert facts["project.price_in", None, "P08"] == pytest.approx(best - value[plans.has("P08")].max())


def test_a_fact_of_another_value_is_found(shown: list[Exhibit]) -> None:
    headline = next(exhibit for exhibit in shown if exhibit.id == "page_one.headline")
    value = next(fact for fact in _facts(headline) if fact.key == "plan.value")
    other = Fact(value.key, value.value + 0.4, value.unit, value.of, value.base)
    with pytest.raises(pmo.PmoError, match=r"plan\.value"):
        collect([("here", value), ("there", other)])
