"""Checks of a lesson: they say right, or what went wrong, and never the answer."""

from __future__ import annotations

import html
import json
import math
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from pmo_kit.exhibits.theme import DARK_BLUE, LIGHT_GRAY, ORANGE, format_number
from pmo_kit.workshop.gaps import is_open, items, read_number
from pmo_kit.workshop.texts import LANGUAGE, common, home, read_texts

COLORS = {"right": DARK_BLUE, "wrong": ORANGE, "open": LIGHT_GRAY}
GENERAL = ("kind", "sign", "hundred", "thousand", "unknown", "missing", "extra")
"""Mistakes of every lesson; their hints are common words."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a check says: `state` is right, wrong or open; `case` the mistake recognized, or "" for none.

    `number` is the number that was judged, with its unit; "" where the answer is none.
    """

    state: str
    case: str
    hint: str
    language: str = LANGUAGE
    number: str = ""

    @property
    def said(self) -> str:
        """Number and hint."""
        number = common(self.language)["number"].format(number=self.number) + " " if self.number else ""
        return number + self.hint

    def __repr__(self) -> str:
        return f"{common(self.language)[self.state]} {self.said}"

    def _repr_html_(self) -> str:
        word, hint = html.escape(common(self.language)[self.state]), html.escape(self.said)
        for mark, tag in ((r"`(.+?)`", "code"), (r"\*\*(.+?)\*\*", "b"), (r"\*(.+?)\*", "i")):
            hint = re.sub(mark, rf"<{tag}>\1</{tag}>", hint)
        style = f"border-left: 4px solid {COLORS[self.state]}; padding: 4px 12px; max-width: 46em"
        return f'<div style="{style}" role="status"><b>{word}</b> {hint}</div>'


@dataclass(frozen=True, eq=False)
class Checker:
    """The checks of one lesson: `check("by_value", by_value)` gives a Verdict."""

    name: str
    language: str = LANGUAGE

    def __call__(self, question: str, answer: object) -> Verdict:
        """Judge an answer.

        Parameters
        ----------
        question : str
            Name of a check of this lesson.
        answer : object
            A number, a letter or an id, or a list of ids.

        Raises
        ------
        KeyError
            The lesson has no such check.
        """
        expected, hints = (
            answers()[self.name][question],
            read_texts(self.name, self.language).checks[question],
        )
        if is_open(answer):
            return Verdict("open", "", hints["open"], self.language)
        case = judge(answer, expected["right"], expected["wrong"], expected["within"])
        number = read_number(answer) if isinstance(expected["right"], float) else None
        written = "" if number is None else written_number(number, expected["within"])
        with_unit = f"{written} {hints.get('unit', '')}".strip() if written else ""
        if case == "right":
            return Verdict("right", case, hints["right"], self.language, with_unit)
        words = hints.get(case) or common(self.language).get(case) or hints["else"]
        return Verdict("wrong", case, words, self.language, with_unit)

    def accepted(self, question: str, answer: Any, otherwise: Any) -> Any:
        """The answer where it is right, else `otherwise`, so that the cells below run whatever was written."""
        being_built = question not in answers().get(self.name, {})
        return answer if being_built or self(question, answer).state == "right" else otherwise


def lesson(name: str, language: str = LANGUAGE) -> Checker:
    """The checker of a lesson.

    Examples
    --------
    >>> check = lesson("02_ranking")
    >>> check("by_value", 170).state, check("by_value", 245).case
    ('right', 'past_the_line')
    """
    read_texts(name, language)
    return Checker(name, language)


def judge(answer: Any, right: Any, wrong: dict[str, Any], within: float) -> str:
    """The case of an answer: "right", the name of a known mistake, a general one, or "".

    Examples
    --------
    >>> judge("19,8 %", 0.198, {}, 0.001), judge(-5, 5, {}, 0.1), judge(7, 5, {"adds": 7}, 0.1)
    ('right', 'sign', 'adds')
    >>> judge(["a", "B"], ["A", "B"], {}, 0), judge("A", ["A", "B"], {}, 0), judge("x", 5, {}, 0)
    ('right', 'missing', 'kind')
    """
    if isinstance(right, list):
        return _judge_set(answer, right, wrong)
    if isinstance(right, str):
        given = _name(answer) if isinstance(answer, str) else ""
        known = {"right": right, **wrong}
        return next((case for case, value in known.items() if _name(value) == given), "")
    return _judge_number(answer, right, wrong, within)


def _judge_number(answer: Any, right: float, wrong: dict[str, float], within: float) -> str:
    number = read_number(answer)
    if number is None:
        return "kind"
    near = {case: abs(number - value) for case, value in {"right": right, **wrong}.items()}
    case = min(near, key=near.__getitem__)
    if near[case] <= within + 1e-9:
        return case
    if math.isclose(number, -right, abs_tol=within):
        return "sign"
    for factor, word in ((100, "hundred"), (1000, "thousand")):
        for scaled in (number / factor, number * factor):
            if right and abs(scaled - right) <= within:
                return word
    return ""


def _judge_set(answer: Any, right: list[str], wrong: dict[str, list[str]]) -> str:
    given = {_name(item) for item in items(answer)}
    if not given:
        return "kind"
    for case, names in {"right": right, **wrong}.items():
        if given == {_name(name) for name in names}:
            return case
    best = {_name(name) for name in right}
    return "missing" if given < best else "extra" if given > best else ""


def written_number(value: object, within: float) -> str:
    """An answer as it is printed: no more digits than its tolerance asks for.

    Examples
    --------
    >>> written_number(0.060875, 0.0002), written_number(247.4908, 0.6), written_number(["P01", "P02"], 0)
    ('0.0609', '247.5', 'P01, P02')
    """
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    if number == round(number):
        return format_number(number, 0)
    decimals = next(
        digits for digits in (1, 2, 3, 4) if abs(round(number, digits) - number) <= within / 10 or digits == 4
    )
    return format_number(number, decimals)


def _name(value: object) -> str:
    """An id or letter, however it is written: p8 is P08, " b)" is B."""
    text = str(value).strip(" .)('\"").upper()
    match = re.fullmatch(r"P(\d)", text)
    return f"P0{match[1]}" if match else text


@cache
def answers() -> dict[str, Any]:
    """Right and known wrong answers of every lesson, computed from the solutions when the lessons are built."""
    return dict(json.loads((home() / "answers.json").read_text(encoding="utf-8")))
