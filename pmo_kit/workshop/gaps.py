"""The gap of a lesson: a value that is not there yet and never breaks the cell it stands in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, TypeVar

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
    if isinstance(answer, str):
        text = re.sub(r"[\s_\u202f\u00a0]", "", answer).replace("\u2212", "-").replace(",", ".")
        share = text.endswith("%")
        try:
            return float(text.rstrip("%")) / (100 if share else 1)
        except ValueError:
            return None
    try:
        return float(answer)
    except (TypeError, ValueError):
        return None
