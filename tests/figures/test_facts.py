"""No digit on page one that is not a fact, a year, an id or a name; each fact recomputed by trying every plan."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import pmo_kit as pmo
from pmo_kit import performance
from pmo_kit.exhibits.display import _facts
from pmo_kit.exhibits.records import Exhibit, Message, Table, words
from pmo_kit.facts import KEYS, UNITS, Base, Fact, Of, Unit, collect
from pmo_kit.figures import annex, overview, page_one, risk, scenarios
from pmo_kit.figures import arbitration as figures
from pmo_kit.figures import performance as delivery
from tests.conftest import shipped_register
from tests.oracle.plans import Plans, Register

DATE = re.compile(r"\d{4}-\d\d-\d\d")
NAMED = re.compile("HS2 Phase 1|Money −15 %")
"""Names with digits in them."""
NUMBER = re.compile(r"[−+]?\d[\d\u202f]*(?:\.\d+)?")


@pytest.fixture(scope="module")
def shown() -> list[Exhibit]:
    register = shipped_register("meridian_12")
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


def strangers(exhibit: Exhibit, texts: list[str]) -> list[tuple[str, str, str]]:
    """Numbers in texts that are no fact of the exhibit, no year and not the level of a confidence."""
    facts = list(_facts(exhibit))
    printed = {fact.words(spec) for fact in facts for spec in ("", "+", ".1")}
    printed |= {f"{100 * fact.base.level:.0f}" for fact in facts if fact.base.level is not None}
    bare = {text.rstrip("\u202f%").split(" ")[0].lstrip("−+") for text in printed}
    return [
        (exhibit.id, number, text)
        for text in texts
        for number in NUMBER.findall(NAMED.sub("", DATE.sub("", text)))
        if not re.fullmatch(r"20\d\d", number) and number.strip("−+\u202f") not in bare
    ]


def test_every_number_in_a_sentence_is_a_fact(shown: list[Exhibit]) -> None:
    assert [found for exhibit in shown for found in strangers(exhibit, spoken(exhibit))] == []


@pytest.fixture(scope="module")
def titled() -> list[Exhibit]:
    """Figures of every notebook, on small registers and few futures."""
    register = shipped_register("meridian_12")
    asked = pmo.Question(register)
    allocation, ledger = pmo.arbitrate(asked.replace(overrides=False)), pmo.arbitration.override_ledger(asked)
    question, reasons = allocation.question, pmo.explain(allocation)
    comparison = pmo.compare(question, [pmo.Scenario("Money −15 %", budget=0.85)])
    waiting = pmo.arbitrate(question.replace(deferral=1))
    moves = pmo.arbitration.money_moves(allocation)
    simulation = pmo.simulate(allocation, draws=200, seed=7)
    surer = pmo.risk.fit_envelopes(question, 0.8, draws=200, seed=7)
    bases = pmo.risk.compare_bases(question, 0.8, 200, 7)
    ladder = pmo.frontier(question, budgets=[0.7, 1.0, 1.2])
    order = pmo.frontier(question, budgets=[0.7, 1.0, 1.2], nested=True)
    large = shipped_register("meridian")
    review = pmo.review_performance(large)
    benefits, directions = performance.review_benefits(large), performance.directions(large)
    ministry = shipped_register("gmpp_dft_2024")
    drawn = {name: pmo.risk.simulate_plan(question, plan, 200, 7) for name, plan in
             {"Today's plan": allocation.plan, **pmo.scenarios.reference_plans(question)}.items()}  # fmt: skip
    return [
        *(figures.area_headline(allocation, area) for area in allocation.table["area"].unique()),
        *(figures.plan(allocation, area=area) for area in allocation.table["area"].unique()),
        figures.refused(allocation),
        figures.envelopes(allocation),
        figures.overrides(ledger, allocation),
        figures.prices(reasons),
        figures.frontier(ladder),
        figures.holds(order),
        figures.moves(allocation, moves),
        page_one.alternatives(allocation, surer, waiting, moves, ledger),
        scenarios.regret(comparison),
        risk.s_curve(simulation),
        risk.tornado(simulation),
        risk.exceedance(simulation),
        risk.contingency(simulation),
        risk.top_risks(simulation),
        risk.by_year(simulation),
        risk.bases(bases),
        risk.compared(drawn),
        delivery.headline(review),
        delivery.tiles(review, benefits, directions),
        *(overview.headline(one, pmo.appraise(one)) for one in (register, ministry)),
        overview.whole_life(ministry),
        scenarios.grid(comparison),
        scenarios.results(comparison),
        *(overview.asked_by(large, pmo.appraise(large), column) for column in ("area", "stage")),
        overview.by_year(large, pmo.appraise(large)),
        *(delivery.s_curve(review, project) for project in review.watermelons.index),
        delivery.since_last(large, performance.since_last_committee(large)),
        annex.decisions(large, performance.decision_log(large)),
    ]


def test_every_number_of_a_title_is_a_fact(titled: list[Exhibit]) -> None:
    assert [found for exhibit in titled for found in strangers(exhibit, [exhibit.title])] == []
    messages = [exhibit for exhibit in titled if isinstance(exhibit, Message)]
    assert [found for one in messages for found in strangers(one, spoken(one))] == []


def test_b18_a18_facts_of_all_figures_agree(shown: list[Exhibit], titled: list[Exhibit]) -> None:
    areas = ("arbitration.area", "arbitration.plan")
    pairs = [(one.id, fact) for one in (*shown, *titled) for fact in _facts(one) if one.id not in areas]
    ministry = [pair for pair in pairs if pair[1].unit.currency == "GBP" or pair[0].startswith("overview")]
    assert len(collect(pair for pair in pairs if pair not in ministry)) > 60


def test_what_two_figures_tell_of_one_thing_has_one_subject(titled: list[Exhibit]) -> None:
    """Only then are the two compared: a number that is told by its printed place alone agrees with everything."""
    places: dict[tuple[str, Of, Base], set[str]] = {}
    for exhibit in titled:
        for fact in _facts(exhibit):
            places.setdefault((fact.key, fact.of, fact.base), set()).add(exhibit.id)
    shared = {key for (key, _, _), ids in places.items() if len(ids) > 1}
    assert shared >= {"register.asked", "case.funded", "delivery.earned", "delivery.spent"}


def test_named_numbers_are_those_of_the_tables(titled: list[Exhibit]) -> None:
    """Asked by area and stage, work earned and money spent, recounted from the sheets themselves."""
    large = shipped_register("meridian")
    facts = [fact for one in titled for fact in _facts(one)]
    told = [fact for one in titled for fact in _facts(one) if one.id.startswith("overview.by_")]
    costs = large.costs[large.costs["state"].fillna("planned").ne("actual")]
    costs = costs[costs["level"].fillna("").ne("stop")]
    asked = costs.groupby(["project_id", costs["level"].fillna("")])["amount"].sum().groupby("project_id").max()
    for column in ("area", "stage"):
        for one, amount in asked.groupby(large.projects[column]).sum().items():
            of = Of(area=str(one)) if column == "area" else Of(part=f"stage {one}")
            found = [fact.value for fact in told if fact.key == "register.asked" and fact.of == of]
            assert found
            assert found == pytest.approx([amount] * len(found))
    status = (
        large.table("status")
        .dropna(subset=["ev"])
        .sort_values("period")
        .drop_duplicates("project_id", keep="last")
        .set_index("project_id")
    )
    for key, column in (("delivery.earned", "ev"), ("delivery.spent", "ac")):
        each = {fact.of.project: fact.value for fact in facts if fact.key == key and fact.of.project}
        assert len(each) > 2
        assert each == pytest.approx(status.loc[list(each), column].to_dict())


def test_no_number_stands_beside_itself_without_a_subject(titled: list[Exhibit]) -> None:
    for exhibit in titled:
        own = [fact for fact in _facts(exhibit) if not (fact.of.part or "").startswith(f"{exhibit.id}: ")]
        said = {fact.words().removesuffix("\u202f%") for fact in own}
        bare = {fact.of.part.split(": ", 1)[1] for fact in exhibit.facts if fact not in own and fact.of.part}
        assert not bare & said


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


def test_a_letter_tells_its_limits_and_the_plan_as_page_one_does(shown: list[Exhibit]) -> None:
    """What a letter says is used of a limit is a fact of that limit: the one that page one and the workbook tell."""
    allocation = pmo.arbitrate(pmo.Question(shipped_register("meridian_12"), overrides=False))
    use, pairs = allocation.use.set_index("rule"), []
    for project in allocation.table.index[allocation.table["decision"] != "fund"]:
        letter = figures.sponsor_letter(allocation, project)
        told = {(fact.key, fact.of.rule): fact for fact in letter.facts if fact.key.startswith("limit.")}
        for (key, rule), fact in told.items():
            assert fact.value == pytest.approx(use.loc[rule, "used" if key == "limit.used" else "limit"])
        said = [fact.exact for fact in told.values()]
        own = re.findall(r"([\d.]+) of ([\d.]+) [^;:]* used", " ".join(text for _, text in letter.items))
        assert all({used, most} <= set(said) for used, most in own)
        pairs += own
        collect([*((one.id, fact) for one in shown for fact in _facts(one)), *((letter.id, f) for f in letter.facts)])
        assert "plan.value" in {fact.key for fact in letter.facts}
    assert len(pairs) > 3


def test_a_fact_of_another_value_is_found(shown: list[Exhibit]) -> None:
    headline = next(exhibit for exhibit in shown if exhibit.id == "page_one.headline")
    value = next(fact for fact in _facts(headline) if fact.key == "plan.value")
    other = Fact(value.key, value.value + 0.4, value.unit, value.of, value.base)
    with pytest.raises(pmo.PmoError, match=r"plan\.value"):
        collect([("here", value), ("there", other)])


def test_the_ladder_is_drawn_without_its_plan_too() -> None:
    """`pmo.figures.arbitration.frontier(ladder)`: the plan of today is asked for where it has no rung."""
    question = pmo.Question(shipped_register("meridian_12"))
    ladder = pmo.frontier(question, budgets=[0.85, 1.1])
    chart = pmo.figures.arbitration.frontier(ladder)
    assert chart.title == figures.frontier(ladder, pmo.arbitrate(question)).title


@pytest.mark.parametrize("key", KEYS)
def test_two_values_of_one_key_stop_the_build_whatever_the_key(key: str) -> None:
    """Also of two simulations: 12.4 of 10,000 futures and 11.8 of 4,000 are one quantity with two values."""
    money, of = Unit("money", "EUR", "million"), Of(project="P01", part="of one kind")
    few, many = (Base("sure", 0.8, "q", draws=n, seed=7) for n in (4_000, 10_000))
    pair = [("here", Fact(key, 12.4, money, of, many)), ("there", Fact(key, 11.8, money, of, few))]
    with pytest.raises(pmo.PmoError, match=rf"{key.replace('.', '[.]')} .*12\.4.* in here and 11\.8"):
        collect(pair)
    with pytest.raises(pmo.PmoError, match="in here and"):
        collect([pair[0], ("there", Fact(key, 12.4 + 1e-6, money, of, many))])
    alike = [pair[0], ("there", Fact(key, 12.43, money, of, few))]
    assert len(collect(alike)) == 2
    for other in (Of(project="P02", part="of one kind"), Of(project="P01", part="of another")):
        assert len(collect([pair[0], ("there", Fact(key, 11.8, money, other, many))])) == 2


def test_every_key_is_told_somewhere() -> None:
    """A key that nothing in the package tells is no fact; each says what it counts."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in Path("pmo_kit").rglob("*.py"))
    made = {f"{room}.{part}" for room, parts in (("ladder", ("factor", "change")), ("year", ("forecast", "baseline")))
            for part in parts if f'f"{room}.{{' in code}  # fmt: skip
    assert [key for key in KEYS if f'"{key}"' not in code and key not in made] == []
    assert all(UNITS.values())
