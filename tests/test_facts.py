"""Facts: printed as an accountant rounds, one value for one key and base, no two bases in a sentence unsaid."""

import ast
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmo_kit
from pmo_kit import facts
from pmo_kit.facts import (
    Base,
    Fact,
    FactError,
    Of,
    Sentence,
    Unit,
    collect,
    facts_of,
    from_json,
    say,
    to_json,
)

EUROS = Unit("money", "EUR", "million", "real 2026")


@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_halves_go_away_from_zero_whatever_the_binary_form(hundreds: int, decimals: int) -> None:
    """Every written decimal that ends in 5 just behind the last digit shown."""
    written = Decimal(hundreds * 10 + 5).scaleb(-decimals - 1)
    right = written.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    printed = facts.number(float(written), decimals).replace(facts.THIN_SPACE, "").replace(facts.MINUS, "-")
    assert Decimal(printed) == right


@given(st.lists(st.integers(-(10**7), 10**7), min_size=2, max_size=30))
def test_noise_of_a_sum_does_not_change_what_is_printed(cents: list[int]) -> None:
    noisy = sum(cent / 100 for cent in cents)
    assert facts.number(noisy, 1) == facts.number(sum(cents) / 100, 1)


def test_what_is_missing_is_printed_as_missing_and_stated_by_no_fact() -> None:
    with facts.printing() as told:
        for missing in (pd.NA, float("nan")):
            printed = facts.number(missing), facts.as_given(missing), facts.percent(missing)
            assert printed == ("n/a", "n/a", "n/a\u202f%")
        assert facts.count(float("nan")) == "n/a"
    assert not told


def test_what_has_no_end_is_printed_so_and_stated_by_no_fact() -> None:
    with facts.printing() as told:
        for most in (math.inf, np.float64("inf")):
            assert [facts.number(most), facts.as_given(most), facts.money(most), facts.count(most)] == ["∞"] * 4
            assert (facts.percent(most), facts.percent(-most)) == ("∞\u202f%", "−∞\u202f%")
    assert not told


def test_one_key_subject_and_base_has_one_value() -> None:
    spend = Fact("plan.spend", 104.5, EUROS, Of(year=2028))
    other = Fact("plan.spend", 104.93, EUROS, Of(year=2028))
    with pytest.raises(FactError, match=r"plan.spend \(year 2028\) is 104.5 EUR million in tile and 104.9 EUR"):
        collect([("tile", spend), ("title", other)])
    next_year = Fact("plan.spend", 104.93, EUROS, Of(year=2029))
    expected = Fact("plan.spend", 110.0, EUROS, Of(year=2028), Base("expected"))
    assert len(collect([("tile", spend), ("title", next_year), ("chart", expected), ("again", spend)])) == 3


def test_every_conflict_is_told_at_once() -> None:
    pairs = [(f"place {i}", Fact("plan.spend", float(i), EUROS, Of(year=2027 + i % 2))) for i in range(4)]
    with pytest.raises(FactError) as told:
        collect(pairs)
    assert len(str(told.value).splitlines()) == 2


def test_a_sentence_keeps_its_facts_through_joining() -> None:
    first = say("Fund {n:words} projects", n=Fact("plan.funded", 8, Unit("projects")))
    second = say("{money:unit} in 2027", money=Fact("plan.spend", 91.5, EUROS, Of(year=2027)))
    whole = Sentence(": ").join([first, second]) + "."
    assert whole == "Fund eight projects: 91.5 EUR million in 2027."
    assert [fact.key for fact in facts_of(whole)] == ["plan.funded", "plan.spend"]
    assert [fact.key for fact in facts_of(say("{a}!", a=whole))] == ["plan.funded", "plan.spend"]


def test_figures_of_two_questions_are_told_apart() -> None:
    then = Fact("plan.value", 65.3, EUROS, base=Base(question="with orders"))
    now = Fact("plan.value", 63.8, EUROS, base=Base(question="without"))
    with pytest.raises(FactError, match="does not say how they differ"):
        say("from {a} to {b}", a=then, b=now)
    told = say("from {a} with the orders to {b} without", a=then, b=now, between="with the orders")
    assert len(told.facts) == 2


@given(st.sampled_from(sorted(facts.KEYS)), st.floats(-1e9, 1e9), st.integers(2020, 2040))
def test_facts_come_back_from_json(key: str, value: float, year: int) -> None:
    fact = Fact(key, value, EUROS, Of(project="P01", year=year), Base("sure", 0.8, "f3ed", "20 refused", 10_000, 7))
    assert from_json(to_json(fact)) == fact


DRAWN = {"doors.py", "exhibits/canvas.py", "exhibits/display.py", "register/template.py"}
"""An argument is echoed as it was typed; coordinates, and the limits of a workbook's own checks, are for machines."""


def test_numbers_are_printed_by_one_function() -> None:
    """Python's own formats print 1234567.5 as 1.23457e+06 and round 0.25 to 0.2: words for people use facts.py."""
    package = Path(pmo_kit.__file__).parent
    found = []
    for file in sorted(package.rglob("*.py")):
        if "_shipped" in file.parts or file.relative_to(package).as_posix() in DRAWN:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                spec = "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))
                if re.search(r"[eEfFgG%]$", spec) and not spec.startswith("%") and spec not in (".14g", ".15g"):
                    found.append(f"{file.relative_to(package)}, line {node.lineno}: {spec}")
    assert all(one.startswith("facts.py,") for one in found), "\n".join(found)


@given(st.floats(-1e14, 1e14).map(lambda value: float(f"{value:.15g}")))
def test_a_number_as_given_loses_no_digit_before_the_point(value: float) -> None:
    printed = facts.as_given(value).replace(facts.THIN_SPACE, "").replace(facts.MINUS, "-")
    assert float(printed) == pytest.approx(value, abs=5.1e-7, rel=1e-5 if abs(value) < 1e-3 else 1e-14)
    assert "e" not in printed


def test_numbers_kept_with_words_stand_in_the_order_of_the_words() -> None:
    with facts.printing() as told:
        late, early = facts.number(72.73, 2), facts.number(35.0)
    words = f"{early} of {late}"
    assert [fact.of.part for fact in facts.told_in(words, told)] == [early, late]
