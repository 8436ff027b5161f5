"""Packs as a reader opens them: every chart drawn without a network, page one on one printed page."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import pytest

from pmo_kit.packs import build_pack, build_packs, expand, read_spec
from pmo_kit.shipped import shipped
from tests.packs.test_vocabulary import ours
from tests.packs.tiny import write_workspace

pytestmark = pytest.mark.browser
GOLDEN = Path(__file__).parents[1] / "golden" / "packs"
SHIPPED = sorted(shipped("templates", "packs").glob("[!_]*.yml"))


def golden(home: Path) -> Path:
    """The hand-written committee pack: the longest page one."""
    book = nbformat.read(GOLDEN / "page.ipynb", as_version=4)
    file = write_workspace(home, (GOLDEN / "committee.yml").read_text(encoding="utf-8"), page=book)
    return build_pack(file, home / "out")


@pytest.fixture(scope="module", params=["golden", *SHIPPED], ids=lambda p: getattr(p, "stem", p))
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published pack, moved to a place of its own: a page needs nothing beside it."""
    home = tmp_path_factory.mktemp("packs")
    if request.param == "golden":
        built = golden(home)
    else:
        (done,) = build_packs(expand(read_spec(request.param))[:1], home)
        assert done.folder is not None, done.error
        built = done.folder
    alone = tmp_path_factory.mktemp("alone")
    shutil.copy(built / "index.html", alone)
    shutil.copy(built / "figures.json", alone)
    return alone


def test_every_chart_is_drawn_without_a_network(opened: Any, folder: Path) -> None:
    page, complaints = opened(folder / "index.html")
    page.wait_for_selector("html[data-drawn]", state="attached")
    charts = [x for x in json.loads((folder / "figures.json").read_text()) if x["exhibit"] == "chart"]
    assert charts
    assert page.locator(".chart").count() == len(charts)
    assert page.locator(".js-plotly-plot svg.main-svg:first-child").count() == len(charts)
    assert page.evaluate("document.documentElement.dataset.drawn") == str(len(charts))
    for box in page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot')].map(p => [p.scrollWidth - p.clientWidth, "
        "p.scrollHeight - p.clientHeight, p.querySelector('svg').getBoundingClientRect().height])"
    ):
        assert box[0] <= 1
        assert box[1] <= 1
        assert box[2] > 20
    assert page.evaluate("document.fonts.check('700 14px \"Source Sans 3\"')")
    assert complaints == []


def test_page_one_prints_on_one_page(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html")
    page.wait_for_selector("html[data-drawn]", state="attached")
    first = page.locator(".pk-page")
    if read_title(folder) == "Budget arbitration, Water Supply":
        assert first.count() == 0
        return
    assert first.count() == 1
    assert "page-one-overflows" not in page.evaluate("document.documentElement.className")
    page.emulate_media(media="print")
    room = "p => p.getBoundingClientRect().bottom - parseFloat(getComputedStyle(p).paddingBottom)"
    foot = "p => p.querySelector('.pk-foot').getBoundingClientRect().bottom"
    assert first.evaluate(foot) <= first.evaluate(room) + 1
    assert first.evaluate("p => p.scrollHeight - p.clientHeight") <= 1
    page.evaluate("document.querySelectorAll('.pk-document').forEach(part => part.remove())")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) == 1


def read_title(folder: Path) -> str:
    """The title of a page, without its status."""
    found = re.search(
        r"<title>(.*?)(?: \(DRAFT\))?</title>", (folder / "index.html").read_text(encoding="utf-8")
    )
    return found.group(1) if found else ""


def test_the_committee_reads_at_most_eight_pages_before_the_annex(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html")
    page.wait_for_selector("html[data-drawn]", state="attached")
    page.evaluate("document.querySelectorAll('.annex.chapter, .provenance').forEach(part => part.remove())")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 8


def test_the_committee_reads_no_word_of_the_trade(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html")
    page.wait_for_selector("html[data-drawn]", state="attached")
    parts = page.locator(".pk-page, .contents, .chapter:not(.annex)")
    texts = [
        *parts.all_inner_texts(),
        *parts.locator(".chart").evaluate_all("all => all.map(c => c.ariaLabel)"),
    ]
    assert len(texts) > 2
    assert {word for text in texts for word in ours(text)} == set()


def test_the_page_can_be_read_by_keyboard_and_by_ear(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html")
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").count() == 1
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert all(after - before <= 1 for before, after in pairwise(levels))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    labels = page.locator(".chart").evaluate_all("charts => charts.map(c => [c.role, c.ariaLabel])")
    assert all(role == "img" and label.strip() for role, label in labels)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    links = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash.slice(1))")
    assert set(links) <= set(ids)


def test_a_narrow_screen_needs_no_sideways_scrolling(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html", width=1024)
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1024


def test_text_of_a_register_is_inert(opened: Any, tmp_path: Path) -> None:
    bad = "<img src=x onerror=alert(1)><script>window.stolen = 1</script></script>"
    cell = (
        "import pandas as pd\nimport pmo_kit as pmo\nfrom pmo_kit.exhibits import Chart, Field, Message\n"
        f"bad = {bad!r}\nframe = pd.DataFrame({{'name': [bad, 'b'], 'value': [1.0, 2.0]}})\n"
        "pmo.show(Chart(id='a.chart', alt=bad, mark='bar', data=frame, x=Field('value', bad),\n"
        "    unit_line=bad, y=Field('name', bad, kind='category')), title=bad, takeaway=bad)\n"
        "pmo.show(Message(id='a.text', alt=bad, items=((bad, bad),), note=bad, source=bad), title=bad)"
    )
    from tests.packs.tiny import notebook

    file = write_workspace(tmp_path, one=notebook(cell))
    text = file.read_text(encoding="utf-8").replace(
        "Board, October", "Board </title><script>window.stolen = 2</script>"
    )
    file.write_text(text, encoding="utf-8")
    page, complaints = opened(build_pack(file, tmp_path / "out") / "index.html")
    page.wait_for_selector("html[data-drawn]", state="attached")
    assert page.evaluate("window.stolen") is None
    assert page.locator("img").count() == 0
    assert complaints == []
