"""Cells, tables and tiles as plain parts that any medium sets: the words and marks a reader sees, no markup.

With the words that an exhibit has beside them (its source, what is said of it, an organization's own words) and the
widths that its columns need.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from pmo_kit import facts
from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Reference, Table, words

Cell = dict[str, Any]
"""A cell: `kind` (words, number, rag, decision, level, missing) and its parts, all texts."""


def cell(field: Field, value: Any) -> Cell:
    """What one value of a column looks like.

    Parameters
    ----------
    field : Field
        How the column is read.
    value : object
        A number, a text, a date, runs, or missing.

    Returns
    -------
    dict
        `kind` "words" with `runs` (role, text), "number" with `text`, "rag" with `letter`, `text`, `shape` and `ink`,
        "decision" with `mark`, `text` and `css`, "level" with `text` full, reduced or out, or "missing" with `text`.
        "rag", "decision" and "level" have the `fill` of the whole cell, "" for none.

    Examples
    --------
    >>> cell(Field("n", decimals=1), -2.0)
    {'kind': 'number', 'text': '−2.0'}
    >>> cell(Field("d", kind="decision"), "stop")
    {'kind': 'decision', 'mark': '■', 'text': 'STOP', 'css': 'stop', 'fill': '#801650'}
    """
    if isinstance(value, tuple):
        return {"kind": "words", "runs": value}
    if theme.is_missing(value):
        return {"kind": "missing", "text": theme.MISSING}
    if not isinstance(value, str | bool) and (isinstance(value, int | float) or hasattr(value, "dtype")):
        return {"kind": "number", "text": theme.format_value(field, value)}
    text = theme.format_text(value)
    said = text.strip().lower()
    if field.kind == "rag" and (letter := said[:1].upper()) in theme.RAG:
        word, shape, fill, ink = theme.RAG[letter]
        if said in (letter.lower(), word.lower()):
            return {"kind": "rag", "letter": letter, "text": word, "shape": shape, "fill": fill, "ink": ink}
    if field.kind == "decision" and said in theme.DECISIONS:
        mark, word, css = theme.DECISIONS[said]
        return {"kind": "decision", "mark": mark, "text": word, "css": css, "fill": theme.BADGES.get(css, "")}
    if field.kind == "mark" and said in theme.LEVELS:
        return {"kind": "level", "text": said, "fill": theme.LEVELS[said]}
    return {"kind": "words", "runs": (("text", text),)}


def said(part: Cell) -> str:
    """The words of a cell in one text, with line breaks.

    Examples
    --------
    >>> said(cell(Field("d", kind="decision"), "fund")), said(cell(Field("n"), None))
    ('✓ FUND', 'n/a')
    """
    if part["kind"] == "words":
        return words(part["runs"])
    if part["kind"] == "decision":
        return f"{part['mark']} {part['text']}"
    return str(part.get("letter") or part["text"])


def header(field: Field) -> str:
    """Title and unit of a column; its name where it has no title.

    Examples
    --------
    >>> header(Field("npv", title="net value", unit="EUR million"))
    'net value, EUR million'
    """
    title = " ".join((field.title or field.name.replace("_", " ")).split("\n"))
    return f"{title}, {field.unit}" if field.unit else title


def titled(table: Table) -> bool:
    """Whether the columns of a table have a header in print."""
    return any(field.title or field.unit for field in columns(table))


def side(field: Field) -> str:
    """On which side the cells of a column stand."""
    return {"number": "right", "rag": "center", "mark": "center"}.get(field.kind, "left")


def row_header(table: Table) -> int:
    """Which of `columns` names a row: the first of words that has a title, else the first of words."""
    worded = [n for n, field in enumerate(columns(table)) if field.kind in ("text", "category")]
    return next((n for n in worded if columns(table)[n].title), (worded or [0])[0])


def columns(table: Table) -> list[Field]:
    """The columns that stand side by side, without notes under a row."""
    return [field for field in table.columns if field.kind != "note"]


def rows(table: Table, first: int = 0, last: int | None = None) -> Iterator[dict[str, Any]]:
    """The lines of a table from top to bottom: headings of groups and rows.

    Parameters
    ----------
    table : Table
        The exhibit.
    first, last : int
        Which rows of its data.

    Yields
    ------
    dict
        `group` with its words, or `cells` (one for each of `columns`), `under` (words below the row), `total` and
        `first` (the first of the sums), and `position` in the data.
    """
    shown = columns(table)
    notes = [field for field in table.columns if field.kind == "note"]
    plain = len(table.data) - table.totals
    group: object = None
    for position in range(first, len(table.data) if last is None else last):
        row = table.data.iloc[position]
        if table.group is not None and position < plain and row[table.group.name] != group:
            group = row[table.group.name]
            yield {"group": theme.format_text(group)}
        yield {
            "position": position,
            "total": position >= plain,
            "first": position >= plain and position == max(plain, first),
            "cells": [cell(field, row[field.name]) for field in shown],
            "under": [cell(field, told) for field in notes if not theme.is_missing(told := row[field.name]) and told],
        }


def tiles(kpi: Kpi) -> list[dict[str, Any]]:
    """The tiles of a row of numbers: label, number, what follows it, share of the limit, note, focus.

    Examples
    --------
    >>> import pandas as pd
    >>> tiles(Kpi(id="k", alt="-", data=pd.DataFrame({"label": ["Money"], "value": [45.0], "limit": [50.0]})))[0]
    {'label': 'Money', 'number': '45.0', 'after': 'of 50.0', 'share': 0.9, 'note': '', 'focus': False}
    """
    return [_tile(row) for row in kpi.data.to_dict("records")]


def _tile(row: Mapping[Any, Any]) -> dict[str, Any]:
    told = {"decimals": 1, "note": "", "focus": False} | {k: v for k, v in row.items() if not theme.is_missing(v)}
    value, limit, read = told.get("value"), told.get("limit"), Field("value", decimals=int(told["decimals"]))
    share = None
    if limit is not None and value is not None and not isinstance(value, str):
        share = float(value) / float(limit) if limit else float(value > 0)
    return {
        "label": str(told["label"]),
        "number": theme.format_value(read, value),
        "after": "" if limit is None else f"of {theme.format_value(read, limit)}",
        "share": share,
        "note": str(told["note"]),
        "focus": bool(told["focus"]),
    }


def data_table(chart: Chart) -> Table:
    """The numbers of a chart as a Table, for those who cannot see it and for viewers that draw no charts."""
    order = ("name", "group", "series", "y", "x", "start", "low", "high", "value")
    shown: dict[str, Field] = {}
    for field in filter(None, (getattr(chart, part) for part in order)):
        shown.setdefault(field.name, field)
    words_first = sorted(shown.values(), key=lambda field: field.kind == "number")
    return Table(id=chart.id, alt=chart.alt, data=chart.data, columns=tuple(words_first))


_SHORT = 200


def spoken(exhibit: Exhibit) -> str:
    """What is said of an exhibit to those who cannot see it: one sentence; its numbers stand in a table.

    Its own words where they are one short sentence, else what it is and its message.

    Examples
    --------
    >>> from pmo_kit.exhibits.records import Message
    >>> spoken(Message(id="m", alt="Proven. No lead. " * 20, title="The plan is  proven", items=()))
    'The plan is proven.'
    """
    told, title = (" ".join(text.split()) for text in (exhibit.alt, exhibit.title))
    if told and len(told) <= _SHORT and ". " not in told:
        return told
    what = ""
    if isinstance(exhibit, Chart):
        by, of = (exhibit.y, exhibit.x) if exhibit.flat else (exhibit.x, exhibit.y)
        drawn = "Heat map" if exhibit.mark == "heatmap" else f"{exhibit.mark.capitalize()} chart"
        what = f"{drawn} of {of.title or of.name} by {by.title or by.name}"
    if isinstance(exhibit, Table):
        what = f"Table of {facts.count(len(exhibit.data), 'row')}"
    return ": ".join(filter(None, (what, title.rstrip(".")))) + "."


def source_line(exhibit: Exhibit) -> str:
    """Where an exhibit comes from, in one line: id, source, inputs (long hashes cut to eight)."""
    return " · ".join(part for part in [exhibit.id, exhibit.source, *named(exhibit.inputs)] if part)


def named(values: Mapping[str, Any], joint: str = " ") -> list[str]:
    """Each name with its value, a long hash cut to eight digits.

    Examples
    --------
    >>> named({"register": "5d" * 32, "gap": 0.0}, " = ")
    ['register = 5d5d5d5d', 'gap = 0.0']
    """
    hashed = re.compile(r"\A([0-9a-fA-F]{8})[0-9a-fA-F]{24,}\Z")
    return [name + joint + hashed.sub(r"\1", str(value)) for name, value in values.items()]


def parts_of(table: Table) -> list[tuple[int, int]]:
    """Where the rows of a table that stands in several columns are parted."""
    count = len(table.data)
    height = -(-count // max(table.across, 1)) or 1
    return [(first, min(first + height, count)) for first in range(0, count, height)] or [(0, 0)]


def sayings(exhibit: Exhibit) -> Iterator[str]:
    """Everything that a reader reads as words: title, small lines, paragraphs, tiles, labels of marks and lines.

    Examples
    --------
    >>> from pmo_kit.exhibits import Message
    >>> list(sayings(Message(id="m", title="Proven", takeaway="Fund it.", items=(("All", "381 plans."),))))
    ['Proven', 'Fund it.', 'All', '381 plans.']
    """
    yield from filter(None, (exhibit.title, exhibit.unit_line, exhibit.takeaway, exhibit.note))
    if isinstance(exhibit, Message):
        yield from (text for item in exhibit.items for text in item)
    if isinstance(exhibit, Kpi):
        yield from (text for tile in tiles(exhibit) for text in tile.values() if isinstance(text, str))
    if isinstance(exhibit, Chart):
        yield from (line.label for line in exhibit.references)
        if exhibit.label is not None:
            yield from (label for label in exhibit.data[exhibit.label.name] if isinstance(label, str))


OUR_WORDS = {"npv": "net value", "npsv": "net value to society", "fte": "full-time equivalents"}
"""What the figures call a term where it is not simply its name without underscores."""
NAMES = ("name", "project", "project_id", "area")
_FIXED = ("id", "source", "inputs", "facts", "mark", "to", "absent")
E = TypeVar("E", bound=Exhibit)


def in_own_words(exhibit: E, vocabulary: Mapping[str, str]) -> E:
    """Return the exhibit with the words of an organisation in place of the kit's.

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
    words: dict[str, str] = {}
    for term, own in vocabulary.items():
        ours = OUR_WORDS.get(term, term.replace("_", " "))
        if own.lower() not in (ours, f"{ours}s"):
            words |= {ours: own, f"{ours}s": own}
    if not words:
        return exhibit
    longest = sorted(words, key=len, reverse=True)
    pattern = re.compile(rf"\b({'|'.join(map(re.escape, longest))})\b", flags=re.IGNORECASE)

    def own_word(found: re.Match[str]) -> str:
        own = words[found[0].lower()]
        return own[:1].upper() + own[1:] if found[0][:1].isupper() else own

    return reworded(exhibit, lambda text: pattern.sub(own_word, text))


def reworded(exhibit: E, say: Callable[[str], str]) -> E:
    """Return the exhibit with all that is read in it put through `say`.

    Titles, unit lines, takeaways, notes, headers, paragraphs and text cells are; names of projects and areas, ids and
    all numbers stay what they are.
    """

    def told(value: Any) -> Any:
        if isinstance(value, str):
            return say(value)
        if isinstance(value, Field):
            return dataclasses.replace(value, title=say(value.title), unit=say(value.unit))
        if isinstance(value, Reference):
            return dataclasses.replace(value, label=say(value.label))
        if isinstance(value, Table):
            return reworded(value, say)
        if isinstance(value, Mapping):
            return {say(series): style for series, style in value.items()}
        if hasattr(value, "dtypes"):
            kept = value.copy(deep=False)
            for name in value.columns.difference(NAMES, sort=False):
                texts = list(map(told_cell, value[name]))
                if texts != value[name].tolist():
                    kept[name] = texts
            return kept
        return tuple(map(told, value)) if isinstance(value, tuple) else value

    def told_cell(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple((role, say(text)) for role, text in value)
        return say(value) if isinstance(value, str) else value

    parts = (part.name for part in dataclasses.fields(exhibit) if part.name not in _FIXED)
    return dataclasses.replace(exhibit, **{name: told(getattr(exhibit, name)) for name in parts})


_WORDS = ("text", "category")
_FEW = 3
"""Lines that a header of numbers may take."""
_NARROW = 0.2
"""Columns no wider than this share of the table are not broken where there is room."""


def widths(table: Table, room: float, size: float, pad: float, slack: float = 0.0) -> list[float]:
    """Share the width of a page among the columns of a table.

    Numbers, marks and short words get what they need; headers of numbers take up to three lines. Columns of long words
    share the rest by what their typical and their longest line lack, so that no column is starved.

    Parameters
    ----------
    table : Table
        The exhibit.
    room : float
        Width of the table, in any unit.
    size : float
        Size of type in that unit.
    pad : float
        Room on both sides of a cell together.
    slack : float
        How much more numbers and single words may take in another font, as a share; what is left over then goes to
        all columns by their need, not to the first of words.

    Returns
    -------
    list of float
        A width for each of `cells.columns`, together `room`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table(id="t", alt="-", data=pd.DataFrame({"a": ["Leak sensors"], "n": [1.0]}),
    ...               columns=(Field("a", kind="text"), Field("n", title="net value")))
    >>> [round(width) for width in widths(table, 200, 10, 4)]
    [178, 22]
    """
    fields = columns(table)
    needs = [_needs(table, field, size, 1 + slack) for field in fields]
    least, natural, usual = ([each[n] + pad for each in needs] for n in range(3))
    if sum(natural) <= room:
        spare, first = room - sum(natural), row_header(table)
        shares = [part / sum(natural) if slack else n == first for n, part in enumerate(natural)]
        return [part + spare * share for part, share in zip(natural, shares, strict=True)]
    if sum(least) >= room:
        return [room * low / sum(least) for low in least]
    short = [low if high > _NARROW * room else high for low, high in zip(least, natural, strict=True)]
    least = short if sum(short) <= 0.8 * room else least
    known = zip(least, natural, usual, strict=True)
    lacks = [max(typical + high - 2 * low, 0.0) ** 0.75 for low, high, typical in known]
    return [low + (room - sum(least)) * lack / sum(lacks) for low, lack in zip(least, lacks, strict=True)]


def _needs(table: Table, field: Field, size: float, more: float) -> tuple[float, float, float]:
    """The least, the natural and the usual width of a column: its widest word, its widest and its typical line."""
    lines = [line for value in table.data[field.name] for line in said(cell(field, value)).split("\n")]
    bold = bool(table.totals) or any("lead" in str(value)[:12] for value in table.data[field.name])
    words = [word for line in lines for word in line.split(" ")]
    wide = sorted(theme.text_width(line, size, bold) * 1.03 for line in lines) or [0.0]
    most, usual = wide[-1], wide[len(wide) * 2 // 3]
    word = max((theme.text_width(part, size, bold) for part in words), default=0.0) * 1.03
    if field.kind in ("decision", "rag"):
        most = word = most + size * 1.4
    head = _head(field, size * 0.75 * more)
    if field.kind not in (*_WORDS, "note"):
        return (max(most * more, head),) * 3
    return max(word * more, head), max(most, word * more, head), max(usual, word * more, head)


def _head(field: Field, size: float) -> float:
    """The width at which title and unit take few lines."""
    text = " ".join(part for part in (field.title, field.unit) if part)
    wide = max((theme.text_width(word, size) for word in text.replace("\n", " ").split(" ")), default=0.0)
    while len(theme.wrap(text, wide, size)) > _FEW:
        wide += size
    return wide * 1.05
