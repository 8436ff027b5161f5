"""The page of a pack: one file that opens anywhere without a network and prints page one on one page."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError
from pmo_kit.packs.placing import PAGE_ONE
from pmo_kit.shipped import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from pmo_kit.packs.collect import Collected
    from pmo_kit.packs.placing import Laid
    from pmo_kit.packs.run import Failure
    from pmo_kit.packs.spec import PackSpec

NOT_SHOWN = "Not shown: "
_HEIGHT = 320
TEXT_WIDTH, COLUMN_WIDTH = 665, 317
"""Widths on A4 in px: the text (176 mm) and one of two columns (84 mm). Charts are drawn at these."""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data: blob:; script-src"


def page(
    laid: Laid,
    pack_id: str,
    manifest: Mapping[str, Any],
    settings: Any,
    absent: Sequence[str] = (),
    others: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Render `index.html`.

    Exhibits of page one, and all whose id begins with `page_one.`, stand there only. A message without text
    heads its chapter, or is one line when its title begins with "Not shown: ". The others follow.

    Parameters
    ----------
    laid : Laid
        The pack: its chapters, then the parts of its annex.
    pack_id : str
        Printed on every page.
    manifest : mapping
        What the pack follows from, for the page on provenance.
    settings : Settings
        Of the register: name, unit, as_of, notice.
    absent : sequence of str
        Chapters that are left out, one line each.
    others : sequence of (file, words)
        The same pack in other media.

    Raises
    ------
    PackError
        When page one asks for an exhibit that no notebook shows.
    """
    spec = laid.spec
    known = {item.id: item for chapter in laid.chapters for item in chapter}
    figures: list[tuple[str, str]] = []
    shown: list[dict[str, Any]] = [
        {
            "number": number,
            "title": chapter.title,
            "annex": chapter.annex,
            "question": question,
            "lead": [item.exhibit.title for item in items if _in_chapter(spec, item) and _bare(item)],
            "exhibits": [
                _placed(item, figures) for item in items if _in_chapter(spec, item) and not _bare(item)
            ],
            "moved": [item.exhibit for item in moved],
            "missing": [_sentence(item) for item in items if _not_shown(item)],
        }
        for number, (chapter, items, question, moved) in enumerate(
            zip(spec.chapters, laid.chapters, laid.questions, laid.moved, strict=True), start=1
        )
    ]
    context = {
        "spec": spec,
        "pack_id": pack_id,
        "settings": settings,
        "manifest": manifest,
        "strip": strip(spec, pack_id, manifest),
        "page_one": _page_one(spec, known, figures),
        "chapters": shown,
        "others": others,
        "missing": [*absent, *(line for chapter in shown for line in chapter["missing"])],
    }
    return _render("page.html", context, figures).encode()


def error_page(spec: PackSpec, failures: Sequence[Failure]) -> bytes:
    """Render `error.html`: which cell of which notebook failed, and why, in words."""
    return _render("error.html", {"spec": spec, "failures": failures}, []).encode()


def strip(spec: PackSpec, pack_id: str, manifest: Mapping[str, Any]) -> str:
    """The line at the foot of every page, without the page number.

    What a reader needs to know which paper this is: whose, which pack, when, data as of when, from which
    register, how good the data (a grade, A to D), made by which version, draft or final.
    """
    register = manifest["register"]
    warnings = register["findings"]["warn"] + register["findings"]["block"]
    parts = [
        register["name"],
        f"Pack {pack_id}",
        spec.date.isoformat() if spec.date else "",
        f"data as of {register['as_of'] or 'a date not stated'}",
        f"register {register['fingerprint'][:8]}",
        f"data grade {register['grade']}, "
        + (f"{warnings} warning{'' if warnings == 1 else 's'}" if warnings else "no warnings"),
        f"pmo_kit {manifest['software']['pmo_kit']}",
        spec.status,
    ]
    return " · ".join(part for part in parts if part)


def _page_one(
    spec: PackSpec, known: Mapping[str, Collected], figures: list[tuple[str, str]]
) -> dict[str, Any] | None:
    """The parts of page one, rendered; None when the pack has none."""
    asked = spec.page_one
    if asked is None:
        return None
    absent = [i for i in asked.ids if i not in known]
    if absent and asked.optional:
        return None
    if absent:
        have = ", ".join(sorted(i for i in known if i.startswith(PAGE_ONE))) or "none"
        raise PackError(
            f"Page one of {spec.file.name} asks for {', '.join(absent)}, which no "
            f"notebook shows. Shown for page one: {have}."
        )
    placed = [i for i in asked.ids if not _not_shown(known[i])]
    headline = known[asked.headline].exhibit
    return {
        "headline": headline,
        "tiles": _placed(known[asked.tiles], figures) if asked.tiles in placed else None,
        "decisions": _placed(known[asked.decisions], figures) if asked.decisions in placed else None,
        "deciding": asked.decisions in placed and _decides(known[asked.decisions]),
        "left": [_placed(known[i], figures, COLUMN_WIDTH) for i in asked.left if i in placed],
        "right": [_placed(known[i], figures, COLUMN_WIDTH) for i in asked.right if i in placed],
        "notes": [known[i].exhibit.note for i in placed if known[i].exhibit.note],
        "missing": [_sentence(known[i]) for i in asked.ids if i not in placed],
    }


def _in_chapter(spec: PackSpec, item: Collected) -> bool:
    """Whether an exhibit stands in its chapter: what page one prints is not repeated."""
    placed = spec.page_one.ids if spec.page_one else ()
    return not (item.id in placed or item.id.startswith(PAGE_ONE) or _not_shown(item))


def _not_shown(item: Collected) -> bool:
    """Whether a message only says that something cannot be shown."""
    return item.exhibit.title.startswith(NOT_SHOWN) and _bare(item)


def _bare(item: Collected) -> bool:
    """Whether a message is a title and nothing else: the headline of its chapter."""
    return not getattr(item.exhibit, "items", True)


def _sentence(item: Collected) -> str:
    """What is not shown and why, as a sentence."""
    words = item.exhibit.title.removeprefix(NOT_SHOWN)
    return words[:1].upper() + words[1:]


def _decides(item: Collected) -> bool:
    """Whether a table asks for decisions."""
    return any(field.kind == "decision" for field in getattr(item.exhibit, "columns", ()))


def _placed(item: Collected, figures: list[tuple[str, str]], width: int = TEXT_WIDTH) -> dict[str, Any]:
    """An exhibit with its body as HTML; a chart leaves its place and its figure for the script."""
    from markupsafe import Markup

    from pmo_kit.exhibits.html import data_table, fragment
    from pmo_kit.exhibits.records import Chart

    exhibit = item.exhibit
    if not exhibit.alt.strip():
        raise PackError(f"Exhibit '{item.id}' ({item.where}) has no words for those who cannot see it (alt).")
    body, table = "", ""
    if isinstance(exhibit, Chart):
        from pmo_kit.exhibits.drawing import figure

        drawn = figure(exhibit, width=width)
        height = int(drawn.layout.height or _HEIGHT)
        figures.append((item.id, drawn.to_json()))
        place = '<div class="chart" role="img" data-figure="{}" aria-label="{}" style="height:{}px">'
        body = Markup(place + "</div>").format(item.id, exhibit.alt, height)
        table = Markup(fragment(data_table(exhibit), framed=False))
    else:
        body = Markup(fragment(exhibit, framed=False))
    return {"item": item, "exhibit": exhibit, "body": body, "numbers": table}


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
