"""An exhibit on a screen: `show` in a notebook, HTML for notebook and page, plain words elsewhere.

Every text in HTML is escaped; its classes are listed at the top of `theme.css`.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from pmo_kit.doors import door
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import data_table, source_line, spoken
from pmo_kit.exhibits.records import MIME, Chart, Exhibit, Kpi, Message, Table, lined, to_json
from pmo_kit.facts import Fact, bound, facts_of


def plain(exhibit: Exhibit) -> str:
    """An exhibit in words: title, unit line, its text, table or alternative text, and what it means.

    Examples
    --------
    >>> print(plain(Message(id="m", alt="-", title="Proven", items=(("All", "381 plans compared."),))))
    Proven
    All 381 plans compared.
    m
    """
    title, takeaway = exhibit.title.replace("\n", " "), f"▸ {exhibit.takeaway}" * bool(exhibit.takeaway)
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
    columns, looks = [], []
    for field in table.columns:
        said = (cells.said(cells.cell(field, value)).replace("\n", " / ") for value in table.data[field.name])
        columns.append([field.title.replace("\n", " ") or field.name, *said])
        looks.append(f"{{:{'>' if field.kind == 'number' else '<'}{max(map(len, columns[-1]))}}}")
    lines = ["  ".join(looks).format(*row).rstrip() for row in zip(*columns, strict=True)]
    for row, detail in table.details:
        lines += [f"under row {row + 1}:", _plain_table(detail)]
    return "\n".join(lines)


_carrier: dict[str, str] = {}
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
    shown = dataclasses.replace(shown, alt=shown.alt or spoken(shown), facts=tuple(dict.fromkeys(_facts(shown))))
    for name in ("id", "title"):
        if not getattr(shown, name).strip():
            raise ValueError(f"exhibit {shown.id or type(shown).__name__}: {name} is empty; every exhibit needs one")
    if shell() is None:
        print(plain(cells.reworded(shown.printed, bound)))
        return
    from IPython.display import display

    fonts = not isinstance(shown, Chart) and _carrier.setdefault("id", shown.id) == shown.id
    display(mimebundle(shown, fonts=fonts), raw=True)


def mimebundle(exhibit: Exhibit, fonts: bool = False) -> dict[str, Any]:
    """Every form of an exhibit, by MIME type. A chart's plotly figure holds its frame as well."""
    whole, exhibit = exhibit, cells.reworded(exhibit.printed, bound)
    bundle: dict[str, Any] = {"text/plain": plain(exhibit), MIME: to_json(whole)}
    style, figure = f"<style>{theme.font_css((400, 700)) if fonts else ''}{theme.css()}</style>", ""
    if isinstance(exhibit, Chart):
        from pmo_kit.exhibits.canvas import CONFIG, drawing

        bundle["application/vnd.plotly.v1+json"] = {**drawing(exhibit, framed=True), "config": CONFIG}
        figure = fragment(data_table(exhibit), framed=False)
    return {**bundle, "text/html": style + fragment(exhibit, figure=figure)}


def _look(exhibit: Exhibit, **_: object) -> dict[str, Any]:
    """What a cell that ends with an exhibit shows: every form but the one that a pack takes up."""
    return {kind: form for kind, form in mimebundle(exhibit).items() if kind != MIME}


Exhibit._repr_mimebundle_ = _look


def _facts(exhibit: Exhibit) -> list[Fact]:
    """Facts given, and those that its sentences, cells and details were made from."""
    found = [*exhibit.facts]

    def heard(words: str) -> str:
        found.extend(facts_of(words))
        return words

    cells.reworded(exhibit, heard)
    return [*found, *(fact for _, table in getattr(exhibit, "details", ()) for fact in table.facts)]


def shell() -> Any:
    """The IPython that runs this; None where there is none."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


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
    kind, figure = type(exhibit).__name__.lower(), Markup(figure)
    page = _page()
    return str(page.framed(exhibit, kind, level, figure) if framed else page.body(exhibit, kind, figure))


@cache
def _page() -> Any:
    """The macros of `exhibit.html`."""
    made = Environment(autoescape=True, undefined=StrictUndefined)
    made.filters |= {"lines": lines, "lined": lined}
    made.globals |= {"cells": cells, "theme": theme}
    source = Path(__file__).with_name("exhibit.html").read_text(encoding="utf-8")
    return made.from_string(re.sub(r"\n *", "", source)).module


def lines(text: str) -> str:
    """Escaped text with its line breaks."""
    return escape(text).replace("\n", Markup("<br>"))
