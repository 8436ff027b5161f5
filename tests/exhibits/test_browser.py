"""Exhibits in a real browser: nothing cut off, nothing executed, page one on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.exhibits import gallery, meridian_12

pytestmark = pytest.mark.browser

CUT_OFF = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(plot => {
  const edge = plot.querySelector('svg').getBoundingClientRect();
  return [...plot.querySelectorAll('text')].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < edge.left - 1 || box.right > edge.right + 1
      || box.top < edge.top - 1 || box.bottom > edge.bottom + 1);
  }).map(text => plot.dataset.figure + ': ' + text.textContent);
})"""


def opened(browser: Any, tmp_path: Path, html: str) -> tuple[Any, list[str]]:
    """The page with the network off, and what went wrong in it."""
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    view = browser.new_page(viewport={"width": 1000, "height": 1123})
    wrong: list[str] = []
    view.context.set_offline(True)
    view.on("console", lambda message: wrong.append(message.text))
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.goto((tmp_path / "page.html").as_uri())
    return view, wrong


@pytest.mark.long
@pytest.mark.parametrize("width", [317, 665, 800])
def test_no_text_of_a_chart_is_cut_off(browser: Any, tmp_path: Path, width: int) -> None:
    charts = meridian_12.charts()
    body, drawings = gallery.sheet_of(list(charts), width)
    view, wrong = opened(browser, tmp_path, gallery.page("Charts", body, drawings))
    view.wait_for_function(f"document.querySelectorAll('.js-plotly-plot').length == {len(charts)}")
    assert view.evaluate(CUT_OFF) == []
    assert wrong == []
    assert gallery.figure(charts[0], width=width).layout.width == width


def test_page_one_fits_one_page(browser: Any, tmp_path: Path) -> None:
    view, wrong = opened(browser, tmp_path, gallery.page("Page one", gallery.page_one(), []))
    tall, wide = view.evaluate(
        "() => { const p = document.querySelector('.pk-page'); return [p.scrollHeight, p.scrollWidth]; }"
    )
    assert tall <= 297 / 25.4 * 96 + 1
    assert wide <= 210 / 25.4 * 96 + 1
    assert view.evaluate("document.fonts.check('700 14px \"Source Sans 3\"')")
    assert wrong == []
