"""Checks of a lesson: they say right, or what went wrong, and never the answer; sealed ballots."""

from __future__ import annotations

import hashlib
import html
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pmo_kit.exhibits.theme import DARK_BLUE, LIGHT_GRAY, ORANGE, format_number
from pmo_kit.workshop.building import common, home, read_texts

T = TypeVar("T")


class Gap:
    """What `____` is until a learner writes something in its place.

    Arithmetic, calls, items and public attributes give the gap again; as a number it is NaN, as a list empty.
    A check that meets it answers with its hint.

    Examples
    --------
    >>> gap = Gap()
    >>> 2 * gap + 1
    ____
    >>> float(gap)
    nan
    >>> gap == gap, list(gap), f"{gap:.1f}"
    (False, [], '____')
    """

    __slots__ = ()
    __array_ufunc__ = None  # numpy leaves arithmetic to the gap
    __hash__ = object.__hash__

    def _same(self, *_: object, **__: object) -> Gap:
        """The gap, whatever is done to it."""
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = _same
    __neg__ = __pos__ = __abs__ = __call__ = __getitem__ = __round__ = _same

    def _false(self, _: object) -> bool:
        """Nothing is known of a gap, so no comparison holds."""
        return False

    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _false

    def __getattr__(self, name: str) -> Gap:
        if name.startswith("_"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[object]:
        return iter(())

    def __bool__(self) -> bool:
        return False

    def __float__(self) -> float:
        return math.nan

    def __format__(self, _: str) -> str:
        return "____"

    def __repr__(self) -> str:
        return "____"


____ = Gap()
"""The gap itself: `from pmo_kit.workshop import ____`."""


def is_open(value: object) -> bool:
    """True while an answer is missing: a gap, nothing, NaN, an empty text, or a list that holds one of these.

    Examples
    --------
    >>> is_open(____), is_open([3, ____]), is_open("____"), is_open(0), is_open([])
    (True, True, True, False, True)
    """
    if value is None or value is Ellipsis or isinstance(value, Gap):
        return True
    if isinstance(value, str):
        return not value.strip(" _.")
    if isinstance(value, dict):
        return not value or any(is_open(item) for item in value.values())
    if isinstance(value, (list, tuple, set, frozenset)):
        return not value or any(is_open(item) for item in value)
    try:
        return math.isnan(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return False


def filled(answer: Any, otherwise: T) -> T:
    """The learner's answer, or `otherwise` while its gap is open, so that the cell runs either way.

    Examples
    --------
    >>> filled(____, 1.0), filled(0.85, 1.0)
    (1.0, 0.85)
    """
    return otherwise if is_open(answer) else answer


def items(answer: Any) -> list[Any]:
    """The items of an answer that is a list, or ids in one text; nothing while its gap is open.

    Examples
    --------
    >>> items(["P01", "P02"]), items("P01, P02"), items(____), items(5)
    (['P01', 'P02'], ['P01', 'P02'], [], [])
    """
    if isinstance(answer, str):
        return re.findall(r"\w+", answer) if not is_open(answer) else []
    return list(answer) if isinstance(answer, (list, tuple, set, frozenset, range)) else []


def read_number(answer: Any) -> float | None:
    """An answer as a number: 1 200, 3,5 and 20 % are read as people write them; None otherwise.

    Examples
    --------
    >>> read_number("1 200,5"), read_number("20 %"), read_number("b")
    (1200.5, 0.2, None)
    """
    hundreds = 1
    if isinstance(answer, str):
        text = re.sub(r"[\s_\u202f\u00a0]", "", answer).replace("\u2212", "-").replace(",", ".")
        answer, hundreds = text.rstrip("%"), 100 if text.endswith("%") else 1
    try:
        return float(answer) / hundreds
    except (TypeError, ValueError):
        return None


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
    number: str = ""

    @property
    def said(self) -> str:
        """Number and hint."""
        number = common()["number"].format(number=self.number) + " " if self.number else ""
        return number + self.hint

    def __repr__(self) -> str:
        return f"{common()[self.state]} {self.said}"

    def _repr_html_(self) -> str:
        word, hint = html.escape(common()[self.state]), html.escape(self.said)
        for mark, tag in ((r"`(.+?)`", "code"), (r"\*\*(.+?)\*\*", "b"), (r"\*(.+?)\*", "i")):
            hint = re.sub(mark, rf"<{tag}>\1</{tag}>", hint)
        style = f"border-left: 4px solid {COLORS[self.state]}; padding: 4px 12px; max-width: 46em"
        return f'<div style="{style}" role="status"><b>{word}</b> {hint}</div>'


@dataclass(frozen=True, eq=False)
class Checker:
    """The checks of one lesson: `check("by_value", by_value)` gives a Verdict."""

    name: str

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
        expected, hints = answers()[self.name][question], read_texts(self.name).checks[question]
        if is_open(answer):
            return Verdict("open", "", hints["open"])
        case = judge(answer, expected["right"], expected["wrong"], expected["within"])
        number = read_number(answer) if isinstance(expected["right"], float) else None
        written = "" if number is None else written_number(number, expected["within"])
        with_unit = f"{written} {hints.get('unit', '')}".strip() if written else ""
        if case == "right":
            return Verdict("right", case, hints["right"], with_unit)
        words = hints.get(case) or common().get(case) or hints["else"]
        return Verdict("wrong", case, words, with_unit)

    def accepted(self, question: str, answer: Any, otherwise: Any) -> Any:
        """The answer where it is right, else `otherwise`, so that the cells below run whatever was written."""
        being_built = question not in answers().get(self.name, {})
        return answer if being_built or self(question, answer).state == "right" else otherwise


def lesson(name: str) -> Checker:
    """The checker of a lesson.

    Examples
    --------
    >>> check = lesson("02_ranking")
    >>> check("by_value", 170).state, check("by_value", 245).case
    ('right', 'past_the_line')
    """
    read_texts(name)
    return Checker(name)


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
    off = (abs(round(number, digits) - number) for digits in range(4))
    near = (digits for digits, far in enumerate(off) if far <= within / 10 * (digits > 0))
    return format_number(number, next(near, 4))


def _name(value: object) -> str:
    """An id or letter, however it is written: p8 is P08, " b)" is B."""
    text = str(value).strip(" .)('\"").upper()
    match = re.fullmatch(r"P(\d)", text)
    return f"P0{match[1]}" if match else text


@cache
def answers() -> dict[str, Any]:
    """Right and known wrong answers of every lesson, computed from the solutions when the lessons are built."""
    return dict(json.loads((home() / "answers.json").read_text(encoding="utf-8")))


@dataclass(frozen=True, eq=False)
class Seal:
    """A sealed ballot; `code` is empty while a gap is open. Read the code aloud, it tells nothing."""

    code: str

    def __repr__(self) -> str:
        return common()["seal"].format(code=self.code) if self.code else common()["seal_open"]


def seal(choice: Sequence[str], confidence: float, secret: str) -> Seal:
    """Seal a choice: the same choice, confidence and secret word give the same code, nothing else does.

    Parameters
    ----------
    choice : sequence of str
        Project ids; order and spelling in capitals or not do not matter.
    confidence : float
        0 to 100: how sure the team is that no better choice exists.
    secret : str
        A word only the team knows; without it a guess could be tried against the code.

    Returns
    -------
    Seal
        Its code is the beginning of SHA-256 over the ballot; without code while a gap is open.

    Examples
    --------
    >>> first, again = seal(["P02", "P01"], 70, "heron"), seal(["p01", "P02"], 70, "heron")
    >>> first.code == again.code, first.code == seal(["P01"], 70, "heron").code
    (True, False)
    """
    sure = read_number(confidence)
    if is_open(choice) or is_open(secret) or sure is None or is_open(sure):
        return Seal("")
    ids = sorted({str(project).upper() for project in items(choice)})
    content = json.dumps([ids, sure, str(secret).strip().lower()])
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Seal("-".join(digest[i : i + 4] for i in (0, 4, 8)))
