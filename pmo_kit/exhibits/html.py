"""Exhibits as HTML fragments, for the notebook and the page of a pack. Every text is escaped.

The classes are listed at the top of `theme.css`.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from html import escape
from typing import Any

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Table

_ALIGN = {"number": "pk-num", "rag": "pk-mid", "mark": "pk-mid", "decision": "pk-badge"}


def fragment(exhibit: Exhibit, *, framed: bool = True, level: int = 3, figure: str = "") -> str:
    """One exhibit as HTML: its frame, and in it a table, tiles, text or the place of a chart.

    Parameters
    ----------
    exhibit : Exhibit
        What to show.
    framed : bool
        With title, unit line, takeaway, note and source. False gives the body alone.
    level : int
        Level of the heading, 2 to 6.
    figure : str
        HTML to stand where a chart is drawn. Without it a chart leaves an empty
        `<div class="pk-figure" data-figure="<id>">` with its alternative text, for the page's script.

    Returns
    -------
    str
        HTML without scripts. Texts are data: they are escaped, never read as markup.

    Examples
    --------
    >>> print(fragment(Message(id="m", alt="-", items=(("Proven.", "a < b"),)), framed=False))
    <div class="pk-message"><p><b>Proven.</b> a &lt; b</p></div>
    """
    body = _body(exhibit, figure)
    if not framed:
        return body
    parts = [
        f'<h{level} class="pk-title">{lines(exhibit.title)}</h{level}>' if exhibit.title else "",
        _line("pk-unit", exhibit.unit_line),
        body,
        f'<p class="pk-takeaway"><span aria-hidden="true">▸</span> {lines(exhibit.takeaway)}</p>'
        if exhibit.takeaway
        else "",
        _line("pk-note", exhibit.note),
        _line("pk-source", source_line(exhibit)),
    ]
    kind = type(exhibit).__name__.lower()
    inside = "\n".join(part for part in parts if part)
    return (
        f'<section class="pk-exhibit pk-is-{kind}" data-exhibit="{escape(exhibit.id)}">\n{inside}\n</section>'
    )


def source_line(exhibit: Exhibit) -> str:
    """Where an exhibit comes from, in one line: id, source, inputs (long hashes cut to eight)."""
    inputs = [f"{key} {value[:8] if _is_hash(value) else value}" for key, value in exhibit.inputs.items()]
    return " · ".join(part for part in [exhibit.id, exhibit.source, *inputs] if part)


def lines(text: str) -> str:
    """Escaped text with its line breaks."""
    return escape(text).replace("\n", "<br>")


def badge(decision: object) -> str:
    """A decision as a word with a mark; an unknown one is printed as it is, outlined."""
    known = theme.DECISIONS.get(str(decision).strip().lower())
    if known is None:
        return f'<span class="pk-decision">{escape(str(decision))}</span>'
    mark = f'<span class="pk-mark" aria-hidden="true">{known.mark}</span>'
    return f'<span class="pk-decision pk-decision-{known.css}">{mark} {known.word}</span>'


def rag(status: object) -> str:
    """A status as a letter in its shape: R in a square, A in a diamond, G in a circle."""
    letter = theme.rag_letter(status)
    if not letter:
        return f'<span class="pk-missing">{escape(str(status))}</span>'
    shape, fill, ink = theme.RAG[letter]
    outline = {
        "square": f'<rect x="2" y="2" width="16" height="16" fill="{fill}"/>',
        "diamond": f'<path d="M10 0 20 10 10 20 0 10Z" fill="{fill}"/>',
        "circle": f'<circle cx="10" cy="10" r="9" fill="{fill}"/>',
    }[shape]
    word = {"R": "Red", "A": "Amber", "G": "Green"}[letter]
    return (
        f'<svg class="pk-rag pk-rag-{letter}" viewBox="0 0 20 20" role="img" aria-label="{word}">{outline}'
        f'<text x="10" y="14" text-anchor="middle" fill="{ink}">{letter}</text></svg>'
    )


def level_mark(level: object) -> str:
    """A level as a square: filled in full, half when reduced, a dash when out."""
    name = str(level).strip().lower()
    if name == "out":
        return '<span class="pk-out" role="img" aria-label="out">–</span>'
    if name not in ("full", "reduced"):
        return escape(str(level))
    color = theme.DARK_BLUE
    width = 16 if name == "full" else 8
    return (
        f'<svg class="pk-level" viewBox="0 0 16 12" role="img" aria-label="{name}">'
        f'<rect x=".75" y=".75" width="14.5" height="10.5" fill="none" stroke="{color}" stroke-width="1.5"/>'
        f'<rect width="{width}" height="12" fill="{color}"/></svg>'
    )


def runs(cell: object) -> str:
    """A text cell: plain text, or runs (lead, text, id, line, small)."""
    if not isinstance(cell, tuple):
        return lines(str(cell))
    html = ""
    for role, text in cell:
        if role == "small":
            html += f'<span class="pk-small">{lines(text)}</span>'
            continue
        joint = "" if not html or text[:1] in (",", ".", ";", ":") else "<br>" if role == "line" else " "
        wrapped = {"lead": f"<b>{lines(text)}</b>", "id": f'<span class="pk-id">{escape(text)}</span>'}
        html += joint + wrapped.get(role, lines(text))
    return html


def data_table(chart: Chart) -> Table:
    """The numbers of a chart as a Table, for those who cannot see it and for viewers that draw no charts."""
    shown: list[Field] = []
    for field in (
        chart.group,
        chart.series,
        chart.y,
        chart.x,
        chart.start,
        chart.low,
        chart.high,
        chart.value,
    ):
        if field is not None and field.name not in [have.name for have in shown]:
            shown.append(field)
    words_first = sorted(shown, key=lambda field: field.kind == "number")
    return Table(id=chart.id, alt=chart.alt, data=chart.data, columns=tuple(words_first))


def _body(exhibit: Exhibit, figure: str) -> str:
    if isinstance(exhibit, Table):
        return _table(exhibit)
    if isinstance(exhibit, Kpi):
        return _tiles(exhibit)
    if isinstance(exhibit, Message):
        paragraphs = "".join(f"<p>{_item(lead, text)}</p>" for lead, text in exhibit.items)
        return f'<div class="pk-message">{paragraphs}</div>'
    if figure:
        return figure
    return (
        f'<div class="pk-figure" data-figure="{escape(exhibit.id)}" role="img" '
        f'aria-label="{escape(exhibit.alt)}"></div>'
    )


def _item(lead: str, text: str) -> str:
    return runs(tuple((role, part) for role, part in (("lead", lead), ("text", text)) if part))


def _line(css: str, text: str) -> str:
    return f'<p class="{css}">{lines(text)}</p>' if text else ""


def _is_hash(text: str) -> bool:
    return len(text) >= 32 and all(letter in "0123456789abcdef" for letter in text.lower())


def _tiles(kpi: Kpi) -> str:
    tiles = "".join(_tile(row) for row in kpi.data.to_dict("records"))
    return f'<div class="pk-kpis">{tiles}</div>'


def _tile(row: dict[Any, Any]) -> str:
    decimals = 1 if theme.is_missing(row.get("decimals")) else int(row["decimals"])
    value, limit, note, unit = (row.get(name) for name in ("value", "limit", "note", "unit"))
    focus = not theme.is_missing(row.get("focus")) and bool(row["focus"])
    number = value if isinstance(value, str) else theme.format_number(value, decimals)
    after, bar = "", ""
    if not theme.is_missing(limit):
        after = f"of {theme.format_number(limit, decimals)}"
        if not isinstance(value, str) and not theme.is_missing(value):
            share = float(value) / float(limit) if limit else float(value > 0)  # type: ignore[operator,arg-type]
            over = " pk-over" if share > 1 else ""
            bar = f'<div class="pk-bar{over}"><i style="width:{min(max(share, 0), 1) * 100:.2f}%"></i></div>'
    if not theme.is_missing(unit) and unit:
        after = f"{after} {unit}".strip()
    note_line = (
        "" if theme.is_missing(note) or not note else f'<div class="pk-kpi-note">{lines(str(note))}</div>'
    )
    return (
        f'<div class="pk-kpi{" pk-focus" if focus else ""}">'
        f'<div class="pk-kpi-label">{lines(str(row["label"]))}</div>'
        f'<div class="pk-kpi-value"><b>{escape(str(number))}</b>{" " if after else ""}{escape(after)}</div>'
        f"{bar}{note_line}</div>"
    )


def _table(table: Table) -> str:
    if table.across <= 1:
        return _grid(table, range(len(table.data)))
    count = len(table.data)
    height = -(-count // table.across)
    parts = [_grid(table, range(first, min(first + height, count))) for first in range(0, count, height)]
    return f'<div class="pk-across" style="--pk-across:{table.across}">{"".join(parts)}</div>'


def _grid(table: Table, rows: range) -> str:
    columns = [field for field in table.columns if field.kind != "note" and field.name != "id"]
    notes = [field for field in table.columns if field.kind == "note"]
    beside = _ids(table.columns)
    details = dict(table.details)
    html = [f'<table class="pk-table" aria-label="{escape(table.alt)}">', _head(columns), "<tbody>"]
    group: object = None
    for position in rows:
        row = table.data.iloc[position]
        total = position >= len(table.data) - table.totals
        if table.group is not None and not total and row[table.group.name] != group:
            group = row[table.group.name]
            heading = f'<th scope="rowgroup" colspan="{len(columns)}">{lines(str(group))}</th>'
            html.append(f'<tr class="pk-group">{heading}</tr>')
        under = [
            row[field.name] for field in notes if not theme.is_missing(row[field.name]) and row[field.name]
        ]
        css = " ".join(
            name
            for name, on in (
                ("pk-total", total),
                (
                    "pk-first",
                    total and (position == rows.start or position == len(table.data) - table.totals),
                ),
                ("pk-noted", bool(under)),
                ("pk-detailed", position in details),
            )
            if on
        )
        cells = "".join(_cell(field, row, beside.get(field.name)) for field in columns)
        html.append(f'<tr class="{css}">{cells}</tr>' if css else f"<tr>{cells}</tr>")
        html += [
            f'<tr class="pk-under"><td colspan="{len(columns)}">{runs(note)}</td></tr>' for note in under
        ]
        if position in details:
            html.append(_detail(columns, details[position]))
    html.append("</tbody></table>")
    return "".join(html)


def _ids(columns: Sequence[Field]) -> dict[str, str]:
    """Column -> the id column printed small beside it."""
    return {before.name: field.name for before, field in itertools.pairwise(columns) if field.name == "id"}


def _head(columns: Sequence[Field]) -> str:
    if not any(field.title or field.unit for field in columns):
        return ""
    cells = []
    for field in columns:
        unit = f' <span class="pk-th-unit">{escape(field.unit)}</span>' if field.unit else ""
        cells.append(f'<th scope="col"{_css(field)}>{lines(field.title)}{unit}</th>')
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def _css(field: Field) -> str:
    names = " ".join(name for name in (_ALIGN.get(field.kind, ""), "pk-ruled" if field.ruled else "") if name)
    return f' class="{names}"' if names else ""


def _cell(field: Field, row: Any, id_column: str | None) -> str:
    value = row[field.name]
    text = _value(field, value)
    if id_column is not None and not theme.is_missing(row[id_column]) and row[id_column] != "":
        text += f' <span class="pk-id">{escape(str(row[id_column]))}</span>'
    css = _css(field)
    if isinstance(value, tuple) and any(role == "line" for role, _ in value):
        short = all(len(part) <= 24 for _, part in value)
        css = ' class="pk-lines"' if short and not css else css
    return f"<td{css}>{text}</td>"


def _value(field: Field, value: Any) -> str:
    if isinstance(value, tuple):
        return runs(value)
    if theme.is_missing(value):
        return f'<span class="pk-missing">{theme.MISSING}</span>'
    if not isinstance(value, str) and not isinstance(value, bool) and _is_number(value):
        return escape(theme.format_number(value, field.decimals, field.signed))
    if field.kind == "rag" and value:
        return rag(value)
    if field.kind == "decision" and value:
        return badge(value)
    if field.kind == "mark" and value:
        return level_mark(value)
    return lines(theme.format_text(value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) or hasattr(value, "dtype")


def _detail(columns: Sequence[Field], table: Table) -> str:
    """A table under a row, from the first column of words (after the decision, if any) to the right edge."""
    badges = [position for position, field in enumerate(columns) if field.kind == "decision"]
    after = badges[0] if badges else -1
    words = [
        place for place, field in enumerate(columns) if place > after and field.kind in ("text", "category")
    ]
    first = words[0] if words else 0
    empty = f'<td colspan="{first}"></td>' if first else ""
    return f'<tr class="pk-detail">{empty}<td colspan="{len(columns) - first}">{_table(table)}</td></tr>'
