"""The page of a pack: one file that opens anywhere without a network and prints page one on one page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.cells import data_table, spoken
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.pictures import CONFIG, drawing, picture
from pmo_kit.exhibits.records import Chart
from pmo_kit.shipped import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from pmo_kit.packs.layout import Collected, Outline
    from pmo_kit.packs.live import Live
    from pmo_kit.packs.run import Failure
    from pmo_kit.packs.spec import PackSpec

TEXT_WIDTH, COLUMN_WIDTH = 665, 317
"""Widths on A4 in px: the text (176 mm) and one of two columns (84 mm). Charts are drawn at these."""
_NARROW = 340
"""Width of a chart on a telephone, px."""
_POLICY = "font-src data:; img-src data: blob:; script-src"
"""Behind what the template says itself: nothing but its own style sheet, and the empty one that plotly fills."""


def page(outline: Outline, others: Sequence[tuple[str, str]] = (), live: Live | None = None) -> bytes:
    """Render `index.html`.

    Charts stand in it as pictures; one that comes into view is drawn again by plotly, with words under the pointer,
    zoom and download. Tables can be sorted, copied and saved; references lead to what they name.

    Parameters
    ----------
    outline : Outline
        The pack.
    others : sequence of (file, words)
        The same pack in other media.
    live : Live, optional
        What the page answers what-if questions with.
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
        "projects": projects_named(outline),
        "others": others,
    }  # fmt: skip
    return _render("page.html", context, figures, live).encode()


def error_page(spec: PackSpec, failures: Sequence[Failure]) -> bytes:
    """Render `error.html`: which cell of which notebook failed, and why, in words."""
    return _render("error.html", {"spec": spec, "failures": failures}, []).encode()


def projects_named(outline: Outline) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each project of the register with its name and the exhibits (id, title) whose data or words name it."""
    if outline.register is None:
        return []
    shown = [item for part in outline.chapters for item in part.items]
    texts = [json.dumps(item.record, ensure_ascii=False) for item in shown]
    words = [set(re.findall(r"\w+", text)) for text in texts]
    found = []
    for identity, name in outline.register.projects["name"].items():
        said = json.dumps(str(name), ensure_ascii=False)[1:-1]
        places = [
            (item.id, " ".join(item.exhibit.title.split("\n")) or item.exhibit.alt)
            for item, text, known in zip(shown, texts, words, strict=True)
            if str(identity) in known or said in text
        ]
        if places:
            found.append((str(identity), str(name), places))
    return found


def _placed(item: Collected, figures: list[tuple[str, str]], width: int = TEXT_WIDTH) -> dict[str, Any]:
    """An exhibit with its body as HTML; a chart stands in it as a picture and leaves its figure for the script."""
    exhibit = item.printed
    body, table = "", ""
    if isinstance(exhibit, Chart):
        figures.append((item.id, json.dumps(drawing(exhibit, width=width), ensure_ascii=False)))
        narrow, wide = "", Markup(picture(exhibit, width))
        if width > _NARROW:
            narrow = f'<div class="narrow" aria-hidden="true">{picture(exhibit, _NARROW, "narrow_")}</div>'
        place = '<div class="chart{}" role="group" aria-label="{}"><div data-figure="{}">{}</div>{}</div>'
        both = " both" if narrow else ""
        body = Markup(place).format(both, spoken(exhibit), item.id, wide, Markup(narrow))
        table = Markup(fragment(data_table(exhibit), framed=False))
    else:
        body = Markup(_linked(fragment(exhibit, framed=False), item.refers))
    return {"exhibit": exhibit, "body": body, "numbers": table, "refers": item.refers}


def _linked(html: str, refers: Mapping[str, str]) -> Any:
    """HTML in whose texts, not in whose tags, words that name a place lead to what they mean."""
    if not refers:
        return Markup(html)
    pattern = re.compile("|".join(map(re.escape, refers)))

    def link(found: re.Match[str]) -> str:
        return f'(<a href="#{escape(refers[found[0]])}">{escape(found[0][1:-1])}</a>)'

    parts = re.split(r"(<[^>]*>)", html)
    return Markup("".join(part if part.startswith("<") else pattern.sub(link, part) for part in parts))


def _render(name: str, context: Mapping[str, Any], figures: Sequence[tuple[str, str]], live: Live | None = None) -> str:
    """Fill a template of `templates/report`; every text is escaped by jinja."""
    folder: Path = shipped("templates", "report")
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    linked = {"linked": lambda text, refers: _linked(str(escape(text)), refers)}
    environment.filters |= {"css_text": _css_text, "source": _source, **linked}
    plotly = (folder / "plotly" / "plotly-basic.min.js").read_text(encoding="utf-8") if figures else ""
    script = (folder / "page.js").read_text(encoding="utf-8")
    data = [{"id": identity, "json": Markup(text.replace("<", "\\u003c"))} for identity, text in figures]
    template = environment.get_template(name)
    return template.render(
        **context,
        fonts=Markup(theme.font_css()),
        theme=Markup(theme.css()),
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        figures=data,
        config=Markup(json.dumps(CONFIG)),
        plotly=Markup(plotly.replace("</script", "<\\/script")),
        script=Markup(script),
        live=live
        and {
            "question": Markup(live.question.decode().replace("<", "\\u003c")),
            "program": Markup(live.program.replace("</script", "<\\/script")),
            "binary": Markup(live.binary),
            "script": Markup(live.script),
            "style": Markup(live.style),
        },
        policy=_policy([plotly, script], live),
    )


def _policy(scripts: list[str], live: Live | None) -> str:
    """What the page may do: run these scripts; and, where it answers back, one worker that holds the solver."""
    scripts = [*scripts, live.script] if live else scripts
    allowed = [_POLICY, *(_source(text) for text in scripts if text)]
    return " ".join(allowed) + (" 'wasm-unsafe-eval'; worker-src blob:" if live else "")


def _source(text: str) -> str:
    """A script or style sheet as the page's security policy names it: by its SHA-256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _css_text(text: str) -> str:
    """A text inside quotes in a style sheet: whatever is not plain is written by its number."""
    return "".join(c if c.isalnum() or c in " .,:-" else f"\\{ord(c):x} " for c in text)
