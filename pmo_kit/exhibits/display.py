"""An exhibit on a screen: `show` in a notebook, HTML for notebook and page, plain words elsewhere.

Every text in HTML is escaped; its classes are listed at the top of `theme.css`.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, TypeVar

from pmo_kit.doors import door
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import data_table, source_line
from pmo_kit.exhibits.records import MIME, Chart, Exhibit, Field, Kpi, Message, Table, described, lined, to_json
from pmo_kit.facts import Fact, facts_of


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
    parts = [title, exhibit.unit_line, _plain_body(exhibit), takeaway, exhibit.note, source_line(exhibit)]
    return "\n".join(part for part in parts if part)


def _plain_body(exhibit: Exhibit) -> str:
    if isinstance(exhibit, Message):
        return "\n".join(" ".join(part for part in item if part) for item in exhibit.items)
    if isinstance(exhibit, Kpi):
        tiles = ((f"{tile['label']}: {tile['number']}", tile["after"], tile["note"]) for tile in cells.tiles(exhibit))
        return "\n".join(" ".join(part for part in tile if part) for tile in tiles)
    return _plain_table(exhibit) if isinstance(exhibit, Table) else exhibit.alt


def _plain_table(table: Table) -> str:
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
        lines += [f"under row {row + 1}:", _plain_table(detail)]
    return "\n".join(lines)


E = TypeVar("E", bound=Exhibit)

_carrier: list[str] = []
"""The id of the exhibit that brought the fonts into this notebook: the first that is HTML, and it alone."""


@door
def show(exhibit: Exhibit, *, title: str = "", takeaway: str = "") -> None:
    """Show an exhibit here; a pack picks it up from the notebook.

    One output with plain text, HTML, plotly JSON for a chart, and the exhibit itself as
    `application/vnd.pmo-kit.exhibit+json`. Outside a notebook the plain text is printed.

    Parameters
    ----------
    exhibit : Exhibit
        From a function of `pmo_kit.figures`, or made by hand.
    title : str
        The message: a sentence with a verb and a number; the one that the figure proposes when not given.
    takeaway : str
        What it means for the decision, one line; the figure's own when not given.

    Raises
    ------
    ValueError
        Without an id or a title.
    """
    shown = dataclasses.replace(exhibit, title=title or exhibit.title, takeaway=takeaway or exhibit.takeaway)
    shown = dataclasses.replace(_with_alt(shown), facts=tuple(dict.fromkeys(_facts(shown))))
    for name in ("id", "title"):
        if not getattr(shown, name).strip():
            raise ValueError(f"exhibit {shown.id or type(shown).__name__}: {name} is empty; every exhibit needs one")
    running = shell()
    if running is None:
        print(plain(shown.printed))
        return
    from IPython.display import display

    fonts = not isinstance(shown, Chart) and _carries_fonts(shown.id)
    display(mimebundle(shown, fonts=fonts), raw=True)


def mimebundle(exhibit: Exhibit, fonts: bool = False) -> dict[str, Any]:
    """Every form of an exhibit, by MIME type. A chart's plotly figure holds its frame as well."""
    whole, exhibit = exhibit, exhibit.printed
    bundle: dict[str, Any] = {"text/plain": plain(exhibit)}
    style = f"<style>{theme.font_css((400, 700)) if fonts else ''}{theme.css()}</style>"
    if isinstance(exhibit, Chart):
        from pmo_kit.exhibits.pictures import CONFIG, drawing

        bundle["application/vnd.plotly.v1+json"] = {**drawing(exhibit, framed=True), "config": CONFIG}
        bundle["text/html"] = style + fragment(exhibit, figure=fragment(data_table(exhibit), framed=False))
    else:
        bundle["text/html"] = style + fragment(exhibit)
    bundle[MIME] = to_json(whole)
    return bundle


def _look(exhibit: Exhibit) -> dict[str, Any]:
    """What a cell that ends with an exhibit shows: every form but the one that a pack takes up."""
    return {kind: form for kind, form in mimebundle(exhibit).items() if kind != MIME}


Exhibit.look = staticmethod(_look)


def _with_alt(exhibit: E) -> E:
    if isinstance(exhibit, Table) and exhibit.details:
        details = tuple((row, _with_alt(table)) for row, table in exhibit.details)
        exhibit = dataclasses.replace(exhibit, details=details)
    return dataclasses.replace(exhibit, alt=exhibit.alt or described(exhibit))


def _facts(exhibit: Exhibit) -> Iterator[Fact]:
    """Facts given, and those that its sentences, cells and details were made from."""
    yield from exhibit.facts
    for words in (exhibit.title, exhibit.unit_line, exhibit.takeaway, exhibit.note):
        yield from facts_of(words)
    for pair in getattr(exhibit, "items", ()):
        yield from (fact for words in pair for fact in facts_of(words))
    if isinstance(exhibit, Table | Kpi):
        mixed = [name for name in exhibit.data.columns if exhibit.data[name].dtype == object]
        for value in exhibit.data[mixed].to_numpy().ravel():
            runs = (text for _, text in value) if isinstance(value, tuple) else (value,)
            yield from (fact for words in runs for fact in facts_of(words))
    for _, table in getattr(exhibit, "details", ()):
        yield from _facts(table)


def shell() -> Any:
    """The IPython that runs this; None where there is none."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _carries_fonts(exhibit: str) -> bool:
    if not _carrier:
        _carrier.append(exhibit)
    return _carrier[0] == exhibit


_ALIGN = {"number": "pk-num", "rag": "pk-mid", "mark": "pk-mid", "decision": "pk-badge", "time": "pk-time"}


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
    heading = f'<h{level} class="pk-title">{lines(exhibit.title)}</h{level}>' if exhibit.title else ""
    takeaway = f'<span aria-hidden="true">▸</span> {lines(exhibit.takeaway)}' if exhibit.takeaway else ""
    parts = [
        heading,
        _line("pk-unit", lines(exhibit.unit_line)),
        body,
        _line("pk-takeaway", takeaway),
        _line("pk-note", lines(exhibit.note)),
        _line("pk-source", lines(source_line(exhibit))),
    ]
    kind = type(exhibit).__name__.lower()
    inside = "\n".join(part for part in parts if part)
    return f'<section class="pk-exhibit pk-is-{kind}" data-exhibit="{escape(exhibit.id)}">\n{inside}\n</section>'


def lines(text: str) -> str:
    """Escaped text with its line breaks."""
    return escape(text).replace("\n", "<br>")


def cell_html(part: cells.Cell) -> str:
    """A cell of `cells.cell` as HTML: words, a number, a status in its shape, a decision, a level, or missing.

    Examples
    --------
    >>> cell_html({"kind": "missing", "text": "n/a"})
    '<span class="pk-missing">n/a</span>'
    """
    return {"words": _runs, "decision": _badge, "rag": _rag, "level": _level}.get(part["kind"], _plain)(part)


def _plain(part: cells.Cell) -> str:
    text = escape(part["text"])
    return f'<span class="pk-missing">{text}</span>' if part["kind"] == "missing" else text


def _badge(part: cells.Cell) -> str:
    mark = f'<span class="pk-mark" aria-hidden="true">{part["mark"]}</span>'
    return f'<span class="pk-decision pk-decision-{part["css"]}">{mark} {part["text"]}</span>'


def _rag(part: cells.Cell) -> str:
    """R in a square, A in a diamond, G in a circle."""
    shape, fill, ink = theme.RAG[part["letter"]]
    outline = {
        "square": f'<rect x="2" y="2" width="16" height="16" fill="{fill}"/>',
        "diamond": f'<path d="M10 0 20 10 10 20 0 10Z" fill="{fill}"/>',
        "circle": f'<circle cx="10" cy="10" r="9" fill="{fill}"/>',
    }[shape]
    return (
        f'<svg class="pk-rag pk-rag-{part["letter"]}" viewBox="0 0 20 20" role="img" aria-label="{part["text"]}">'
        f'{outline}<text x="10" y="14" text-anchor="middle" fill="{ink}">{part["letter"]}</text></svg>'
    )


def _level(part: cells.Cell) -> str:
    """A square: filled in full, half when reduced; a dash when out."""
    if part["text"] == "out":
        return '<span class="pk-out" role="img" aria-label="out">–</span>'
    width = 16 if part["text"] == "full" else 8
    return (
        f'<svg class="pk-level" viewBox="0 0 16 12" role="img" aria-label="{part["text"]}">'
        f'<rect x=".75" y=".75" width="14.5" height="10.5" fill="none" stroke="{theme.DARK_BLUE}" stroke-width="1.5"/>'
        f'<rect width="{width}" height="12" fill="{theme.DARK_BLUE}"/></svg>'
    )


def _runs(part: cells.Cell) -> str:
    """Runs of a text cell: lead, text, id, line, small, which is a block of its own."""
    html = ""
    for line in lined(part["runs"]):
        html += "<br>" if html and line[0][0] != "small" else ""
        for role, joint, text in line:
            tag = {
                "lead": "<b>{}</b>",
                "id": '<span class="pk-id">{}</span>',
                "small": '<span class="pk-small">{}</span>',
            }
            html += joint + tag.get(role, "{}").format(escape(text))
    return html


def _line(css: str, html: str) -> str:
    return f'<p class="{css}">{html}</p>' if html else ""


def _body(exhibit: Exhibit, figure: str) -> str:
    if isinstance(exhibit, Table):
        return _table(exhibit)
    if isinstance(exhibit, Kpi):
        return f'<div class="pk-kpis">{"".join(map(_tile, cells.tiles(exhibit)))}</div>'
    if isinstance(exhibit, Message):
        items = (
            [(role, part) for role, part in (("lead", lead), ("text", text)) if part] for lead, text in exhibit.items
        )
        paragraphs = (f"<p>{_runs({'runs': runs})}</p>" for runs in items)
        return f'<div class="pk-message">{"".join(paragraphs)}</div>'
    named = f'data-figure="{escape(exhibit.id)}" role="img" aria-label="{escape(cells.spoken(exhibit))}"'
    return figure or f'<div class="pk-figure" {named}></div>'


def _tile(tile: cells.Cell) -> str:
    bar = ""
    if tile["share"] is not None:
        over = " pk-over" if tile["share"] > 1 else ""
        filled = f'<svg width="{min(max(tile["share"], 0), 1) * 100:.2f}%" height="100%" aria-hidden="true"></svg>'
        bar = f'<div class="pk-bar{over}">{filled}</div>'
    note = f'<div class="pk-kpi-note">{lines(tile["note"])}</div>' if tile["note"] else ""
    after = f" {escape(tile['after'])}" if tile["after"] else ""
    return (
        f'<div class="pk-kpi{" pk-focus" if tile["focus"] else ""}"><div class="pk-kpi-label">{lines(tile["label"])}'
        f'</div><div class="pk-kpi-value"><b>{escape(tile["number"])}</b>{after}</div>{bar}{note}</div>'
    )


def _table(table: Table) -> str:
    parts = [_grid(table, *ends) for ends in cells.parts_of(table)]
    if len(parts) == 1:
        return parts[0]
    return f'<div class="pk-across pk-across-{table.across}">{"".join(parts)}</div>'


def _grid(table: Table, first: int, last: int) -> str:
    fields = cells.columns(table)
    named = cells.row_header(table)
    details = dict(table.details)
    html = [
        f'<table class="pk-table" aria-label="{escape(cells.spoken(table))}">',
        _head(table, fields),
        "<tbody>",
    ]
    for row in cells.rows(table, first, last):
        if "group" in row:
            heading = f'<th scope="rowgroup" colspan="{len(fields)}">{lines(row["group"])}</th>'
            html.append(f'<tr class="pk-group">{heading}</tr>')
            continue
        detail = details.get(row["position"])
        flags = {
            "pk-total": row["total"],
            "pk-first": row["first"],
            "pk-noted": row["under"],
            "pk-detailed": detail,
        }
        css = " ".join(name for name, on in flags.items() if on)
        found = zip(fields, row["cells"], row["ids"], strict=True)
        inside = "".join(_cell(field, part, identity, n == named) for n, (field, part, identity) in enumerate(found))
        html.append(f'<tr class="{css}">{inside}</tr>' if css else f"<tr>{inside}</tr>")
        for under in row["under"]:
            html.append(f'<tr class="pk-under"><td colspan="{len(fields)}">{cell_html(under)}</td></tr>')
        if detail:
            empty = f'<td colspan="{named}"></td>' if named else ""
            inner = f'<td colspan="{len(fields) - named}">{_table(detail)}</td>'
            html.append(f'<tr class="pk-detail">{empty}{inner}</tr>')
    return "".join([*html, "</tbody></table>"])


def _head(table: Table, fields: Sequence[Field]) -> str:
    """The header; a column without a title in print has its name for those who hear it."""
    if not cells.titled(table):
        return ""
    found = []
    for field in fields:
        unit = f' <span class="pk-th-unit">{escape(field.unit)}</span>' if field.unit else ""
        title = lines(field.title) or f'<span class="pk-hidden">{escape(field.name.replace("_", " "))}</span>'
        found.append(f'<th scope="col"{_css(field)}>{title}{unit}</th>')
    return f"<thead><tr>{''.join(found)}</tr></thead>"


def _css(field: Field, *more: str) -> str:
    names = " ".join(name for name in (_ALIGN.get(field.kind, ""), "pk-ruled" * field.ruled, *more) if name)
    return f' class="{names}"' if names else ""


def _cell(field: Field, part: cells.Cell, identity: str, named: bool) -> str:
    text = cell_html(part) + (f' <span class="pk-id">{escape(identity)}</span>' if identity else "")
    runs = part.get("runs", ())
    short = any(role == "line" for role, _ in runs) and all(len(said) <= 24 for _, said in runs)
    css = _css(field, "pk-lines" if short and field.kind not in _ALIGN else "")
    return f'<th scope="row"{css}>{text}</th>' if named and text else f"<td{css}>{text}</td>"
