"""One language for all departments: an exhibit in an organisation's own words."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import pandas as pd

from pmo_kit.exhibits.records import Exhibit, Field, Message

OUR_WORDS = {"npv": "net value", "npsv": "net value to society", "fte": "full-time equivalents"}
"""What the figures call a term where it is not simply its name without underscores."""
NAMES = ("name", "project", "project_id", "area")
E = TypeVar("E", bound=Exhibit)


def in_own_words(exhibit: E, vocabulary: Mapping[str, str]) -> E:
    """Return the exhibit with the words of an organisation in place of the kit's.

    Titles, unit lines, takeaways, notes, headers, paragraphs and text cells are put in its words; names of projects
    and areas, and all numbers, stay what they are.

    Parameters
    ----------
    exhibit : Exhibit
    vocabulary : mapping of term to word
        From the register's table `vocabulary`: npv, npsv, a role such as data_engineer, fte, ...

    Examples
    --------
    >>> message = Message(id="m", alt="-", title="Net value 33.5: 14 of 14 data engineers used", items=())
    >>> in_own_words(message, {"npv": "NPV", "data_engineer": "analysts"}).title
    'NPV 33.5: 14 of 14 analysts used'
    """
    say = _speaker(vocabulary)
    if say is None:
        return exhibit
    changes: dict[str, Any] = {
        name: say(getattr(exhibit, name)) for name in ("title", "unit_line", "takeaway", "note", "alt")
    }
    for item in dataclasses.fields(exhibit):
        value = getattr(exhibit, item.name)
        if isinstance(value, Field):
            changes[item.name] = _field(value, say)
        elif item.name == "columns":
            changes["columns"] = tuple(_field(column, say) for column in value)
        elif item.name == "references":
            changes["references"] = tuple(dataclasses.replace(line, label=say(line.label)) for line in value)
        elif item.name == "details":
            changes["details"] = tuple((row, in_own_words(table, vocabulary)) for row, table in value)
        elif isinstance(value, pd.DataFrame):
            changes[item.name] = value.apply(lambda cells: _cells(cells, say))
    if isinstance(exhibit, Message):
        changes["items"] = tuple((say(lead), say(text)) for lead, text in exhibit.items)
    return dataclasses.replace(exhibit, **changes)


def _speaker(vocabulary: Mapping[str, str]) -> Callable[[str], str] | None:
    """Put a text in own words; None where every word is the kit's own already."""
    words: dict[str, str] = {}
    for term, own in vocabulary.items():
        ours = OUR_WORDS.get(term, term.replace("_", " "))
        if own.lower() not in (ours, f"{ours}s"):
            words |= {ours: own, f"{ours}s": own}
    if not words:
        return None
    longest = sorted(words, key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest))})\b", flags=re.IGNORECASE)

    def own_word(found: re.Match[str]) -> str:
        own = words[found[0].lower()]
        return own[:1].upper() + own[1:] if found[0][:1].isupper() else own

    return lambda text: pattern.sub(own_word, text)


def _field(field: Field, say: Callable[[str], str]) -> Field:
    return dataclasses.replace(field, title=say(field.title), unit=say(field.unit))


def _cells(cells: pd.Series, say: Callable[[str], str]) -> pd.Series:
    """Text cells in own words; names and everything that is no plain text as they are."""
    if cells.name in NAMES or pd.api.types.is_numeric_dtype(cells):
        return cells
    return cells.map(lambda cell: say(cell) if isinstance(cell, str) else cell)
