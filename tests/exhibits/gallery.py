# ruff: noqa: E501
"""Draw every kind of exhibit and look at it: `python -m tests.exhibits.gallery FOLDER`, run by hand.

Writes page_one.html, chapters.html and notebook.html, and a PNG of each when Chromium is installed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import plotly.offline

from pmo_kit.exhibits import Chart, Exhibit, theme
from pmo_kit.exhibits.canvas import CONFIG, drawing
from pmo_kit.exhibits.display import fragment, lines, mimebundle
from tests.exhibits import meridian_12

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>{fonts}{css}body{{margin:0;background:{paper}}}</style><script>{plotly}</script><body>{body}
<script>(async () => {{
  await Promise.all([400, 600, 700].map(weight => document.fonts.load(weight + ' 14px "Source Sans 3"')));
  for (const [id, drawing] of {drawings}) {{
    const place = document.querySelector('[data-figure="' + id + '"]');
    await Plotly.newPlot(place, drawing.data, drawing.layout, {config});
  }}
}})();</script></body></html>"""


def page(title: str, body: str, drawings: list[tuple[str, object]], paper: str = "#fff") -> str:
    return PAGE.format(
        title=title, fonts=theme.font_css(), css=theme.css(), body=body, paper=paper, config=json.dumps(CONFIG),
        drawings=json.dumps(drawings), plotly=plotly.offline.get_plotlyjs() if drawings else "",
    )  # fmt: skip


def page_one() -> str:
    shown = meridian_12.page_one()

    def put(name: str, framed: bool = True) -> str:
        return fragment(shown[f"page_one.{name}"], framed=framed, level=2)

    head = shown["page_one.headline"]
    return f"""<main class="pk-page"><h1 class="pk-headline">{lines(head.title)}</h1><p class="pk-sub">{lines(head.unit_line)}</p>
{put("tiles")}{put("decisions")}<div class="pk-columns"><div>{put("limits")}{put("turning_points")}</div>
<div>{put("since_last")}{put("how_sure")}</div></div><footer class="pk-foot"><p class="pk-footnote">Owners and dates are sample text.</p>
<div class="pk-strip"><span>Meridian Water (synthetic) · Pack IC-2026-10 · 2026-10-15 · data as of 2026-09-30 · register 8260e04b
· quality B · <b>DRAFT</b></span><span>page 1 of 8</span></div></footer></main>"""


def figure(chart: Chart, **how: Any) -> go.Figure:
    """A chart as plotly reads it: a figure refuses what it does not know."""
    return go.Figure(drawing(chart, **how))


def sheet_of(exhibits: list[Exhibit], width: int) -> tuple[str, list[tuple[str, object]]]:
    body = "".join(fragment(exhibit) for exhibit in exhibits)
    return body, [(e.id, drawing(e, width=width)) for e in exhibits if isinstance(e, Chart)]


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "page_one.html").write_text(page("Page one", page_one(), []), encoding="utf-8")
    tables: list[Exhibit] = [meridian_12.cases(), meridian_12.watermelons(), meridian_12.exceptions()]
    body, drawings = sheet_of([*meridian_12.charts(), *tables], 665)
    body = f'<div class="pk-document" style="margin-top:8mm">{body}</div>'
    (folder / "chapters.html").write_text(page("Chapters", body, drawings), encoding="utf-8")
    left, one = sheet_of([meridian_12.ask(), meridian_12.prices()], 317)
    right, two = sheet_of([meridian_12.bridge(), meridian_12.cases()], 317)
    body = f'<main class="pk-page"><div class="pk-columns"><div>{left}</div><div>{right}</div></div></main>'
    (folder / "columns.html").write_text(page("Columns", body, one + two), encoding="utf-8")
    cells, drawings = "", []
    for exhibit in [*meridian_12.charts(), *tables, meridian_12.tiles(), meridian_12.limits()]:
        bundle = mimebundle(exhibit)
        if isinstance(exhibit, Chart):
            cells += f'<div data-figure="{exhibit.id}" style="margin:12px"></div>'
            drawings.append((exhibit.id, bundle["application/vnd.plotly.v1+json"]))
        else:
            cells += f'<div style="margin:12px">{bundle["text/html"]}</div>'
    (folder / "notebook.html").write_text(page("Notebook", cells, drawings, "#111"), encoding="utf-8")
    photograph(folder)


def photograph(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                  "--disable-component-update", "--disable-sync"],
        )  # fmt: skip
        for name, width in (("page_one", 794), ("chapters", 800), ("columns", 794), ("notebook", 960)):
            view = browser.new_page(viewport={"width": width, "height": 1123}, device_scale_factor=1.5)
            view.on("console", lambda message: print("console:", message.text))
            view.on("pageerror", lambda error: print("error:", error))
            view.goto((folder / f"{name}.html").resolve().as_uri())
            view.evaluate("document.fonts.ready")
            view.wait_for_timeout(600)
            view.screenshot(path=folder / f"{name}.png", full_page=True)
            view.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/gallery"))
