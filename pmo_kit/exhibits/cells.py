"""Cells, tables and tiles as plain parts that any medium sets: the words and marks a reader sees, no markup."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table, words

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
        `kind` "words" with `runs` (role, text), "number" with `text`, "rag" with `letter` and `text`,
        "decision" with `mark`, `text` and `css`, "level" with `text` full, reduced or out, or "missing".

    Examples
    --------
    >>> cell(Field("n", decimals=1), -2.0)
    {'kind': 'number', 'text': '−2.0'}
    >>> cell(Field("d", kind="decision"), "stop")
    {'kind': 'decision', 'mark': '■', 'text': 'STOP', 'css': 'stop'}
    """
    if isinstance(value, tuple):
        return {"kind": "words", "runs": [list(run) for run in value]}
    if theme.is_missing(value):
        return {"kind": "missing", "text": theme.MISSING}
    if not isinstance(value, str | bool) and (isinstance(value, int | float) or hasattr(value, "dtype")):
        return {"kind": "number", "text": theme.format_value(field, value)}
    text = theme.format_text(value)
    letter = theme.rag_letter(value) if field.kind == "rag" else ""
    if letter:
        return {"kind": "rag", "letter": letter, "text": {"R": "Red", "A": "Amber", "G": "Green"}[letter]}
    badge = theme.DECISIONS.get(text.strip().lower()) if field.kind == "decision" else None
    if badge is not None:
        return {"kind": "decision", "mark": badge.mark, "text": badge.word, "css": badge.css}
    if field.kind == "mark" and text.strip().lower() in ("full", "reduced", "out"):
        return {"kind": "level", "text": text.strip().lower()}
    return {"kind": "words", "runs": [["text", text]]}


def said(part: Cell) -> str:
    """The words of a cell in one text, with line breaks.

    Examples
    --------
    >>> said(cell(Field("d", kind="decision"), "fund")), said(cell(Field("n"), None))
    ('✓ FUND', 'n/a')
    """
    if part["kind"] == "words":
        return words(tuple((role, text) for role, text in part["runs"]))
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
    """The columns that stand side by side: neither notes under a row nor ids beside a name."""
    return [field for field in table.columns if field.kind != "note" and field.name != "id"]


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
        `group` with its words, or `cells` (one for each of `columns`), `ids` (texts beside them), `under` (words
        below the row), `total` and `first` (the first of the sums), and `position` in the data.
    """
    shown = columns(table)
    notes = [field for field in table.columns if field.kind == "note"]
    beside = {
        before.name: field.name for before, field in itertools.pairwise(table.columns) if field.name == "id"
    }
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
            "ids": [_words(row[beside[field.name]]) if field.name in beside else "" for field in shown],
            "under": [cell(field, row[field.name]) for field in notes if _words(row[field.name])],
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


def _tile(row: dict[Any, Any]) -> dict[str, Any]:
    decimals = 1 if theme.is_missing(row.get("decimals")) else int(row["decimals"])
    value, limit = row["value"], row.get("limit")
    share = None
    after = []
    if not theme.is_missing(limit):
        after.append(f"of {theme.format_number(limit, decimals)}")
        if not isinstance(value, str) and not theme.is_missing(value):
            share = float(value) / float(limit) if limit else float(value > 0)
    after += [_words(row.get("unit"))]
    return {
        "label": str(row["label"]),
        "number": value if isinstance(value, str) else theme.format_number(value, decimals),
        "after": " ".join(part for part in after if part),
        "share": share,
        "note": _words(row.get("note")),
        "focus": not theme.is_missing(row.get("focus")) and bool(row.get("focus")),
    }


def data_table(chart: Chart) -> Table:
    """The numbers of a chart as a Table, for those who cannot see it and for viewers that draw no charts."""
    order = ("name", "group", "series", "y", "x", "start", "low", "high", "value")
    fields = [field for part in order if (field := getattr(chart, part)) is not None]
    shown: dict[str, Field] = {}
    for field in fields:
        shown.setdefault(field.name, field)
    words_first = sorted(shown.values(), key=lambda field: field.kind == "number")
    return Table(id=chart.id, alt=chart.alt, data=chart.data, columns=tuple(words_first))


_KINDS = {"bar": "Bar chart", "line": "Line chart", "scatter": "Scatter chart", "interval": "Intervals",
          "heatmap": "Heat map"}  # fmt: skip
_SHORT = 200


def spoken(exhibit: Exhibit) -> str:
    """What is said of an exhibit to those who cannot see it: one sentence; its numbers stand in a table.

    Its own words where they are one short sentence, else what it is and its message.

    Examples
    --------
    >>> from pmo_kit.exhibits.records import Message
    >>> spoken(Message(id="m", alt="Proven. No lead. " * 20, title="The plan is  proven", items=()))
    'Text: The plan is proven.'
    """
    words, title = " ".join(exhibit.alt.split()), " ".join(exhibit.title.split()).rstrip(".")
    if len(words) <= _SHORT and ". " not in words:
        return words
    if not title:
        return f"{words[:_SHORT].rpartition(' ')[0].partition('. ')[0].rstrip('.')}."
    if isinstance(exhibit, Chart):
        return f"{_KINDS[exhibit.mark]}: {title}."
    return f"{'Table' if isinstance(exhibit, Table) else 'Text'}: {title}."


def parts_of(table: Table) -> list[tuple[int, int]]:
    """Where the rows of a table that stands in several columns are parted."""
    count = len(table.data)
    height = -(-count // max(table.across, 1)) or 1
    return [(first, min(first + height, count)) for first in range(0, count, height)] or [(0, 0)]


def _words(value: Any) -> str:
    return "" if theme.is_missing(value) else str(value)


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
