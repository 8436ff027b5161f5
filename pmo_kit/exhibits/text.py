"""Exhibits as plain text: the part of an output that any program can read."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.html import source_line
from pmo_kit.exhibits.records import Exhibit, Field, Kpi, Message, Table, words


def plain(exhibit: Exhibit) -> str:
    """An exhibit in words: title, unit line, its text, table or alternative text, and what it means.

    Examples
    --------
    >>> print(plain(Message(id="m", alt="-", title="Proven", items=(("All", "381 plans compared."),))))
    Proven
    All 381 plans compared.
    m
    """
    title = exhibit.title.replace("\n", " ")
    takeaway = f"▸ {exhibit.takeaway}" if exhibit.takeaway else ""
    parts = [title, exhibit.unit_line, _body(exhibit), takeaway, exhibit.note, source_line(exhibit)]
    return "\n".join(part for part in parts if part)


def _body(exhibit: Exhibit) -> str:
    if isinstance(exhibit, Message):
        return "\n".join(" ".join(part for part in item if part) for item in exhibit.items)
    if isinstance(exhibit, Kpi):
        return "\n".join(_tile(row) for row in exhibit.data.to_dict("records"))
    if isinstance(exhibit, Table):
        return _table(exhibit)
    return exhibit.alt


def _tile(row: dict[Any, Any]) -> str:
    decimals = 1 if theme.is_missing(row.get("decimals")) else int(row["decimals"])
    value = row["value"] if isinstance(row["value"], str) else theme.format_number(row["value"], decimals)
    limit = row.get("limit")
    of = "" if theme.is_missing(limit) else f" of {theme.format_number(limit, decimals)}"
    extra = [str(row[name]) for name in ("unit", "note") if not theme.is_missing(row.get(name)) and row[name]]
    return " ".join([f"{row['label']}: {value}{of}", *extra])


def _table(table: Table) -> str:
    head = [field.title.replace("\n", " ") or field.name for field in table.columns]
    body = [[_cell(field, value) for field, value in _pairs(table, row)] for row in range(len(table.data))]
    widths = [max(len(row[place]) for row in [head, *body]) for place in range(len(head))]
    right = [field.kind == "number" for field in table.columns]
    lines = []
    for cells in [head, *body]:
        padded = [
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(cells, widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    for row, detail in table.details:
        lines += [f"under row {row + 1}:", _table(detail)]
    return "\n".join(lines)


def _pairs(table: Table, row: int) -> list[tuple[Field, Any]]:
    return [(field, table.data[field.name].iloc[row]) for field in table.columns]


def _cell(field: Field, value: Any) -> str:
    if isinstance(value, tuple):
        return words(value).replace("\n", " / ")
    if isinstance(value, str | bool | dt.date) or theme.is_missing(value):
        return theme.format_text(value)
    return theme.format_number(value, field.decimals, field.signed)
