"""Exhibits as plain text: the part of an output that any program can read."""

from __future__ import annotations

from pmo_kit.exhibits import cells
from pmo_kit.exhibits.canvas import source_line
from pmo_kit.exhibits.records import Exhibit, Kpi, Message, Table


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
        tiles = (
            (f"{tile['label']}: {tile['number']}", tile["after"], tile["note"])
            for tile in cells.tiles(exhibit)
        )
        return "\n".join(" ".join(part for part in tile if part) for tile in tiles)
    return _table(exhibit) if isinstance(exhibit, Table) else exhibit.alt


def _table(table: Table) -> str:
    head = [field.title.replace("\n", " ") or field.name for field in table.columns]
    columns = [[cells.said(cells.cell(field, value)).replace("\n", " / ") for value in table.data[field.name]]
               for field in table.columns]  # fmt: skip
    rows = [head, *zip(*columns, strict=True)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = [
        "  ".join(
            said.rjust(width) if field.kind == "number" else said.ljust(width)
            for said, width, field in zip(row, widths, table.columns, strict=True)
        ).rstrip()
        for row in rows
    ]
    for row, detail in table.details:
        lines += [f"under row {row + 1}:", _table(detail)]
    return "\n".join(lines)
