"""Gaps, checks, ballots, sources and texts, each alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.errors import PmoError
from pmo_kit.workshop import Verdict, ____, filled, lesson, seal
from pmo_kit.workshop.building import parse_source, read_texts
from pmo_kit.workshop.checks import is_open, judge
from pmo_kit.workshop.guide import inline, markup


def test_a_gap_survives_what_lessons_do_with_it() -> None:
    assert is_open(____ + 1 - np.float64(2))
    assert is_open(np.float64(2) * ____)
    assert is_open(pmo.finance.npv(0.035, [____, 150, 150]))
    assert pd.Series([1.0]).isin(list(filled(____, []))).sum() == 0
    assert not ____
    assert repr(____.anything(3)[0]) == "____"
    with pytest.raises(AttributeError):
        ____._repr_html_  # noqa: B018


def test_what_is_open() -> None:
    assert all(map(is_open, (None, ..., float("nan"), "", "____", [], {"a": ____}, np.nan, pd.NA is None or np.nan)))
    assert not any(map(is_open, (0, 0.0, "a", [0], False, np.float64(3))))


@pytest.mark.parametrize(
    ("answer", "case"),
    [
        (20, "hundred"), ("20 %", "right"), (0.2, "right"), ("0,2", "right"), (-0.2, "sign"), (200, "thousand"),
        (0.4, "doubles"), (7.7, ""), ("twenty", "kind"), (["a"], "kind"), (np.float64(0.2), "right"), (True, ""),
    ],
)  # fmt: skip
def test_how_numbers_are_judged(answer: object, case: str) -> None:
    assert judge(answer, 0.2, {"doubles": 0.4}, 0.001) == case


@pytest.mark.parametrize(
    ("answer", "case"),
    [
        (["P01", "P02"], "right"), ("p1, P2", "right"), ({"P02", "P01"}, "right"), (["P01"], "missing"),
        (["P01", "P02", "P03"], "extra"), (["P04"], "fourth"), (["P05", "P06"], ""), (5, "kind"),
    ],
)  # fmt: skip
def test_how_lists_are_judged(answer: object, case: str) -> None:
    assert judge(answer, ["P01", "P02"], {"fourth": ["P04"]}, 0) == case


def test_letters_are_read_as_people_write_them() -> None:
    assert [judge(word, "b", {"other": "a"}, 0) for word in ("b", " B) ", "(b", "a", 2, "c")] == [
        "right", "right", "right", "other", "", "",
    ]  # fmt: skip


def test_verdict_is_words_and_escaped_html() -> None:
    verdict = Verdict("wrong", "", "Use `a < b` and **think**.")
    assert repr(verdict) == "✗ Not yet. Use `a < b` and **think**."
    assert "<code>a &lt; b</code> and <b>think</b>" in verdict._repr_html_()
    verdict = lesson("04_costs")("net", "239.1")
    assert repr(verdict).startswith("✗ Not yet. Your number: 239.1 EUR thousand. You discounted today's money")
    assert "<i>Refused</i> is an answer" in lesson("06_arbitration")("deferred", "a")._repr_html_()


def test_accepted_answers_alone_go_on() -> None:
    check = lesson("06_arbitration")
    assert [check.accepted("money_left", value, 1.0) for value in (0.85, 0.15, ____)] == [0.85, 1.0, 1.0]


def test_seal() -> None:
    assert "Not sealed" in repr(seal(____, 80, "heron"))
    assert seal("P01 P02", "80", "Heron").code == seal(["P02", "P01"], 80, "heron").code != ""
    assert seal(["P01"], 80, "heron").code != seal(["P01"], 80, "crane").code


def test_source_marks(tmp_path: Path) -> None:
    path = tmp_path / "00.py"
    path.write_text("# note\n# %% gap a\nx = 1 + 1  #?\ny = 3  #? y = [____]\nz = 4\n# %% text b\n", encoding="utf-8")
    gap, text = parse_source(path)
    assert (gap.kind, gap.name, text.kind, text.name) == ("gap", "a", "text", "b")
    assert gap.learner == "x = ____\ny = [____]\nz = 4"
    assert gap.solution == "x = 1 + 1\ny = 3\nz = 4"
    path.write_text("# %% slide a\n", encoding="utf-8")
    with pytest.raises(PmoError, match="no cell is of kind 'slide'"):
        parse_source(path)


def test_a_lesson_that_is_not_there() -> None:
    with pytest.raises(PmoError, match="no lesson '01_gut'; did you mean '01_gut_round'"):
        read_texts("01_gut")


def test_markup_escapes_and_numbers() -> None:
    assert inline("a_b #1 *not* $") == r"a\_b \#1 #emph[not]; \$"
    assert markup("- a\n- b\n\n3. c") == "#list([a], [b])\n\n#enum(start: 3, [c])"
    assert markup("| a | b |\n| --- | --- |\n| x | −1 |") == r"#ruled(2, (left, right,), ([a], [b],), ([x], [−1],))"
