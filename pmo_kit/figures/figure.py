"""`figure`: what every figure has in common: its id, its sources, what it was made from."""

from __future__ import annotations

import csv
import functools
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from pmo_kit.doors import door, known
from pmo_kit.exhibits import Exhibit, Field, Message, Table
from pmo_kit.exhibits.cells import sayings
from pmo_kit.facts import Fact, Of, Sentence, facts_of, printing, told_in
from pmo_kit.facts import count as count
from pmo_kit.facts import listed as listed
from pmo_kit.facts import money as money
from pmo_kit.facts import number as number
from pmo_kit.facts import percent as percent
from pmo_kit.facts import shortened as shortened
from pmo_kit.register import Register

if TYPE_CHECKING:
    import pandas as pd

    from pmo_kit.exhibits.records import Kind, Runs


def unit_line(register: Register, what: str, unit: str | None = None, scope: str = "") -> str:
    """What, unit, scope, data as of: the small line under a title.

    Parameters
    ----------
    what : str
        What is shown, with a capital letter.
    unit : str, optional
        The register's money unit when not given; "" for none.
    scope : str
        Years, projects or an area.
    """
    as_of = register.settings.as_of
    stand = f"data as of {as_of.isoformat()}" if as_of else "as-of date not stated"
    parts = (what, register.settings.unit if unit is None else unit, scope, stand)
    return " · ".join(part for part in parts if part)


@functools.cache
def _catalogue() -> dict[str, Field]:
    """`columns.csv`: of every column its usual title, its unit, kind and digits, and how it follows from others."""
    with Path(__file__).with_name("columns.csv").open(encoding="utf-8", newline="") as file:
        return {
            row["name"]: Field(
                row["name"].partition(".")[0], row["title"], row["unit"], cast("Kind", row["kind"]),
                int(row["decimals"]), row["signed"] == "yes", formula=row["formula"],
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


def columns(*parts: str | Field) -> tuple[Field, ...]:
    """The columns of a table as one reads its head: names of `columns.csv`, with another title behind a colon.

    A double bar is the thin rule before columns that are only for comparison; "" is no column. A name with a dot is the
    same column in another unit or of another kind. What only the data name (years, cases) is given as a `Field`.

    Examples
    --------
    >>> [(one.name, one.title, one.kind, one.ruled) for one in columns("project || cost: money spent")]
    [('project', 'project', 'text', False), ('cost', 'money spent', 'number', True)]
    """
    found: list[Field] = []
    for part in parts:
        if isinstance(part, Field):
            found.append(part)
            continue
        for place, block in enumerate(part.split("||")):
            for nth, column in enumerate(one for one in block.split(" | ") if one.strip()):
                name, colon, title = column.strip().partition(":")
                usual, ruled = _catalogue()[name], place > 0 and nth == 0
                found.append(replace(usual, title=title.strip() if colon else usual.title, ruled=ruled))
    return tuple(found)


def between(low: float, high: float) -> str:
    """An amount, or the two that it lies between, where they are printed apart.

    Examples
    --------
    >>> between(4.5, 4.51), between(2, 4.5)
    ('4.5', '2.0 to 4.5')
    """
    ends = dict.fromkeys((number(low), number(high)))
    return " to ".join(ends)


def named(names: pd.Series) -> list[Runs]:
    """Names by id, each with its id in small type."""
    return [(("text", str(name)), ("id", str(id))) for id, name in names.items()]


def in_words(text: str, names: Mapping[str, str]) -> str:
    """A message with the names of projects in place of their ids, and words in place of codes.

    Examples
    --------
    >>> in_words("customer_director scores P02 high", {"P02": "Smart meters"})
    'customer director scores Smart meters high'
    """
    for word in dict.fromkeys(re.findall(r"[\w\-/.]*\w", text)):
        if word in names:
            text = re.sub(rf"(?<![\w\-]){re.escape(word)}(?![\w\-])", names[word].replace("\\", ""), text)
        elif "_" in word:
            text = text.replace(word, word.replace("_", " "))
    return re.sub(r";(?=\S)", " and ", text)


def nothing(line: str, why: str) -> Message:
    """What is said in place of a table that would be empty."""
    return Message(title=line, items=(("", why),))


def sentence(text: str) -> str:
    """Text with a capital letter in front; the rest is left as it is.

    Examples
    --------
    >>> sentence("eight projects")
    'Eight projects'
    """
    return Sentence(text[:1].upper() + text[1:], facts_of(text))


def in_sentence(label: str) -> str:
    """A label inside a sentence: without its capital letter, unless that is the beginning of a code.

    Examples
    --------
    >>> in_sentence("Load test fails"), in_sentence("P02-R1")
    ('load test fails', 'P02-R1')
    """
    return label[:1].lower() + label[1:] if label[1:2].islower() else label


P = ParamSpec("P")
E = TypeVar("E", bound=Exhibit)


def figure(
    id: str, source: str = "", needs: str = "", shows: str = ""
) -> Callable[[Callable[P, E]], Callable[P, E]]:
    """Decorate a function that makes an exhibit: the exhibit gets this id, source, and the inputs of the arguments.

    A table without rows becomes a line: its title, and under it the takeaway or the note.

    Parameters
    ----------
    id : str
        Stable name; arguments stand in braces: "contested.letter_{project}".
    source : str
        Tables that it comes from.
    needs, shows : str
        The tables without which there is only one line in its place, which says that `shows` is not shown.
    """

    def decorate(make: Callable[P, E]) -> Callable[P, E]:
        signature = inspect.signature(make)

        @functools.wraps(make)
        def made(*args: P.args, **kwargs: P.kwargs) -> E:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            register: Any = given.arguments.get("register")
            for value in given.arguments.values():
                asked = getattr(getattr(value, "question", value), "register", None)
                if asked is not None and isinstance(given.arguments.get("project"), str):
                    known([given.arguments["project"]], asked.projects.index, "project")
            with printing() as told:
                lacking = [sheet for sheet in needs.split() if not register.has(sheet)]
                exhibit: Any = not_shown(shows, lacking[0]) if lacking else make(*args, **kwargs)
            if isinstance(exhibit, Table) and exhibit.data.empty:
                exhibit = nothing(exhibit.title, exhibit.takeaway or exhibit.note)
            named = {name: value for name, value in given.arguments.items() if isinstance(value, str)}
            name = exhibit.id or id.format(**named)
            return replace(
                exhibit,
                id=name,
                facts=(*exhibit.facts, *_stated(exhibit, name, told)),
                source=exhibit.source or source,
                inputs=_inputs(given.arguments.values()) | dict(exhibit.inputs),
            )

        return door(made)

    return decorate


def _stated(exhibit: Exhibit, name: str, told: Mapping[str, Fact]) -> Iterator[Fact]:
    """What this figure alone states: numbers that it printed and that a reader reads in its sentences and labels."""
    with printing() as tiled:
        text = " ".join(sayings(exhibit))
    for fact in told_in(text, {**told, **tiled}):
        yield replace(fact, of=Of(part=f"{name}: {fact.of.part}"))


def not_shown(what: str, sheet: str, id: str = "") -> Message:
    """One line in place of a figure whose table is absent: what, and which sheet would show it."""
    return Message(id=id, title=f"Not shown: {what} needs a sheet {sheet!r}.", items=(), absent=sheet)


def _inputs(values: Any) -> dict[str, str]:
    """Fingerprint of the register first, then what the answers among the arguments say of themselves."""
    found: dict[str, str] = {}
    for value in values:
        if isinstance(value, Register):
            found.setdefault("register", value.fingerprint[:8])
        for answer in _answers(value):
            for name, text in answer.inputs.items():
                found.setdefault(name, text[:8] if name in ("register", "before", "question") else text)
    return {name: found[name] for name in ("register", *found) if name in found}


def _answers(value: Any) -> Iterator[Any]:
    if isinstance(getattr(value, "inputs", None), Mapping):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _answers(part)
