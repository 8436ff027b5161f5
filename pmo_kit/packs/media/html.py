"""The page of a pack: one file that opens anywhere without a network and prints page one on one page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pmo_kit.shipped import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from pmo_kit.packs.collect import Collected
    from pmo_kit.packs.media.outline import Outline
    from pmo_kit.packs.run import Failure
    from pmo_kit.packs.spec import PackSpec

TEXT_WIDTH, COLUMN_WIDTH = 665, 317
"""Widths on A4 in px: the text (176 mm) and one of two columns (84 mm). Charts are drawn at these."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data: blob:; script-src"


def page(outline: Outline, others: Sequence[tuple[str, str]] = ()) -> bytes:
    """Render `index.html`.

    Parameters
    ----------
    outline : Outline
        The pack.
    others : sequence of (file, words)
        The same pack in other media.
    """
    figures: list[tuple[str, str]] = []
    front = outline.front
    context = {
        "outline": outline,
        "page_one": front and {
            "tiles": front.tiles and _placed(front.tiles, figures),
            "decisions": front.decisions and _placed(front.decisions, figures),
            "left": [_placed(item, figures, COLUMN_WIDTH) for item in front.left],
            "right": [_placed(item, figures, COLUMN_WIDTH) for item in front.right],
        },
        "chapters": [(part, [_placed(item, figures) for item in part.items]) for part in outline.chapters],
        "others": others,
    }  # fmt: skip
    return _render("page.html", context, figures).encode()


def error_page(spec: PackSpec, failures: Sequence[Failure]) -> bytes:
    """Render `error.html`: which cell of which notebook failed, and why, in words."""
    return _render("error.html", {"spec": spec, "failures": failures}, []).encode()


def _placed(item: Collected, figures: list[tuple[str, str]], width: int = TEXT_WIDTH) -> dict[str, Any]:
    """An exhibit with its body as HTML; a chart leaves its place and its figure for the script."""
    from markupsafe import Markup

    from pmo_kit.exhibits.cells import data_table
    from pmo_kit.exhibits.html import fragment
    from pmo_kit.exhibits.records import Chart

    exhibit = item.exhibit
    body, table = "", ""
    if isinstance(exhibit, Chart):
        from pmo_kit.exhibits.plotly import figure
        from pmo_kit.exhibits.svg import picture

        figures.append((item.id, figure(exhibit, width=width).to_json()))
        place = '<div class="chart" role="img" data-figure="{}" aria-label="{}">{}</div>'
        body = Markup(place).format(item.id, exhibit.alt, Markup(picture(exhibit, width)))
        table = Markup(fragment(data_table(exhibit), framed=False))
    else:
        body = Markup(fragment(exhibit, framed=False))
    return {"exhibit": exhibit, "body": body, "numbers": table}


def _render(name: str, context: Mapping[str, Any], figures: Sequence[tuple[str, str]]) -> str:
    """Fill a template of `templates/report`; every text is escaped by jinja."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    from pmo_kit.exhibits import theme

    folder: Path = shipped("templates", "report")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["css_text"] = _css_text
    scripts: list[str] = []
    if figures:
        from plotly.offline import get_plotlyjs

        scripts.append(get_plotlyjs())
    scripts.append((folder / "page.js").read_text(encoding="utf-8"))
    data = [{"id": identity, "json": Markup(text.replace("<", "\\u003c"))} for identity, text in figures]
    template = environment.get_template(name)
    return template.render(
        **context,
        fonts=Markup(theme.font_css()),
        theme=Markup(theme.css()),
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        figures=data,
        scripts=[Markup(script) for script in scripts],
        policy=" ".join([_POLICY, *(_source(script) for script in scripts)]),
    )


def _source(script: str) -> str:
    """A script as the page's security policy names it: by its SHA-256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _css_text(text: str) -> str:
    """A text inside quotes in a style sheet: whatever is not plain is written by its number."""
    return "".join(c if c.isalnum() or c in " .,:-" else f"\\{ord(c):x} " for c in text)
