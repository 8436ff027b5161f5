"""`show`: an exhibit in a notebook, and in the words of any other program."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from typing import Any, TypeVar

from pmo_kit.doors import door
from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.canvas import source_line
from pmo_kit.exhibits.cells import data_table
from pmo_kit.exhibits.html import fragment
from pmo_kit.exhibits.jsonform import MIME, to_json
from pmo_kit.exhibits.records import Chart, Exhibit, Kpi, Message, Table, described
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
            raise ValueError(
                f"exhibit {shown.id or type(shown).__name__}: {name} is empty; every exhibit needs one"
            )
    shell = _shell()
    if shell is None:
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
        from pmo_kit.exhibits.plotly import CONFIG, drawing

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


def _shell() -> Any:
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _carries_fonts(exhibit: str) -> bool:
    if not _carrier:
        _carrier.append(exhibit)
    return _carrier[0] == exhibit
