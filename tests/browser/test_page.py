"""Packs as a reader opens them: every chart drawn without a network, page one on one printed page."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import axe_playwright_python
import nbformat
import openpyxl
import pypdf
import pytest

import pmo_kit as pmo
from pmo_kit.exhibits.cells import sayings
from pmo_kit.exhibits.records import Exhibit, Kpi, Table, from_json, words
from pmo_kit.facts import COUNTS, NUMBER
from pmo_kit.facts import number as printed
from pmo_kit.packs import build_pack, build_packs, expand, read_spec
from pmo_kit.shipped import shipped
from pmo_kit.uncertainty import expected
from tests.conftest import shipped_register
from tests.packs.test_media_live import SOFFICE, convert
from tests.packs.test_media_valid import check_schema, faults
from tests.packs.test_vocabulary import ours
from tests.packs.tiny import write_workspace

pytestmark = pytest.mark.browser
GOLDEN = Path(__file__).parents[1] / "golden" / "packs"
DOCUMENTS = ("annex.method", "annex.glossary")
"""Texts of a template, which state no result."""
SHIPPED = sorted(shipped("templates", "packs").glob("[!_]*.yml"))
OTHERS = ("proof", "workshop_arbitration")
"""Not for committees: the proof is for auditors, in words of the trade; the workshop's is one page without a chart."""


def golden(home: Path) -> Path:
    """The hand-written committee pack: the longest page one."""
    book = nbformat.read(GOLDEN / "page.ipynb", as_version=4)
    file = write_workspace(home, (GOLDEN / "committee.yml").read_text(encoding="utf-8"), page=book)
    return build_pack(file, home / "out")


@pytest.fixture(
    scope="module",
    params=["golden", *(pytest.param(file, marks=pytest.mark.long, id=file.stem) for file in SHIPPED)],
)
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
    for file in (
        "index.html",
        "figures.json",
        "facts.json",
        "manifest.json",
        "pack.pptx",
        "annex.xlsx",
        "pack.pdf",
    ):
        if (built / file).is_file():
            shutil.copy(built / file, alone)
    return alone


@pytest.fixture(scope="module")
def ready(offline: Any, folder: Path) -> Iterator[Any]:
    """Its page, opened once for all tests that only read it."""
    page = offline.new_page()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto((folder / "index.html").resolve().as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    yield page
    page.close()


@pytest.fixture
def committee(folder: Path) -> Path:
    """A pack that a committee reads."""
    if json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["pack"] in OTHERS:
        pytest.skip("not for a committee")
    return folder


def read_all(page: Any) -> None:
    """Open what is folded and bring every chart into view, as a reader does who reads it all."""
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    for place in page.locator(".chart > [data-figure]").all():
        place.scroll_into_view_if_needed()
    count = page.locator(".chart").count()
    page.wait_for_selector(f'html[data-drawn="{count}"]', state="attached")


def test_charts_are_pictures_until_they_are_seen_and_then_drawn_without_a_network(opened: Any, committee: Path) -> None:
    page, complaints = opened(committee / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    text = (committee / "index.html").read_text(
        encoding="utf-8"
    )  # what stands in the workbook alone is not on the page
    shown = [x for x in json.loads((committee / "figures.json").read_text()) if f'data-exhibit="{x["id"]}"' in text]
    charts = [x for x in shown if x["exhibit"] == "chart"]
    assert charts
    assert page.locator(".chart").count() == len(charts)
    assert page.locator(".chart > [data-figure] > svg").count() >= len(charts) - 4
    size = "all => all.map(c => [c.clientWidth, c.clientHeight])"
    still = page.locator(".chart > [data-figure]").evaluate_all(size)
    read_all(page)
    assert page.locator(".js-plotly-plot svg.main-svg:first-child").count() == len(charts)
    drawn = page.locator(".chart > [data-figure]").evaluate_all(size)
    assert all(abs(a[1] - b[1]) <= 1 for a, b in zip(still, drawn, strict=True) if a[1])
    for box in page.evaluate(
        "[...document.querySelectorAll('.js-plotly-plot')].map(p => [p.scrollWidth - p.clientWidth, "
        "p.scrollHeight - p.clientHeight, p.querySelector('svg').getBoundingClientRect().height])"
    ):
        assert box[0] <= 1
        assert box[1] <= 1
        assert box[2] > 20
    assert page.evaluate("document.fonts.check('700 14px \"Source Sans 3\"')")
    assert complaints == []


NAMED = re.compile(
    r"(annex|chapter|page) \d+|\b[0-9a-f]{8}\b|\d{4}-\d\d(-\d\d)?|\d{4}Q\d|20\d\d"
    r"|\w+ [−+]\d+\s%|Phase 1|Stage 2 & 3"
    r"|\b[Rr]ows? \d+(, \d+)*|(?<=[Pp]er )1\b|(?<=of )100\b|\bt?on? 1 spent"
)
"""Dates, years, seals, names of projects and cases, rows of a sheet; what is counted per 1 or of 100 points."""
OF_LIMITS = re.compile(r"at (most|least) [\d.]+(\s%)?")
"""A limit is called by what its rule says."""


def test_every_number_in_words_was_printed_from_a_fact(committee: Path) -> None:
    """Titles, takeaways, notes, paragraphs, letters, tiles and labels hold no digit that is not a fact's."""
    strangers = []
    for record in json.loads((committee / "figures.json").read_text(encoding="utf-8")):
        exhibit = from_json(record)
        if exhibit.id in DOCUMENTS:
            continue
        stated = {text for fact in exhibit.facts for spec in ("", "+", ".1") for text in [fact.words(spec)]}
        stated |= {fact.exact for fact in exhibit.facts}  # letters print to the cent
        stated |= {part for fact in exhibit.facts for part in NUMBER.findall(fact.of.part or "")}
        stated |= {f"{100 * fact.base.level:.0f}" for fact in exhibit.facts if fact.base.level is not None}
        bare = {text.split("\u202f%")[0].lstrip("−+") for text in stated}
        strangers += [
            (exhibit.id, number, text)
            for text in sayings(exhibit)
            for number in NUMBER.findall(OF_LIMITS.sub("", NAMED.sub("", text)))
            if number.lstrip("−+") not in bare
        ]
    by_hand = json.loads((committee / "manifest.json").read_text(encoding="utf-8"))["pack"] == "committee"
    assert bool(strangers) == by_hand, strangers  # the golden pack is typed by hand, and its digits are found


def test_a_page_is_small_and_paints_before_it_draws(opened: Any, folder: Path) -> None:
    answers = "live" in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (folder / "index.html").stat().st_size < (6.3e6 if answers else 4.5e6)  # the solver is 1.8 MB
    page, _ = opened(folder / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate("typeof Plotly") == "undefined" or page.locator(".pk-page").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_page_has_no_barrier_that_axe_finds(opened: Any, folder: Path, width: int, scheme: str) -> None:
    source = Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
    page, _ = opened(folder / "index.html", width, scheme)
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    page.evaluate(source)
    paper, ink = page.evaluate(
        "[document.documentElement, document.body].map(getComputedStyle).map((s, n) => n ? s.color : s.backgroundColor)"
    )
    assert (bright(paper) < bright(ink)) == (scheme == "dark")
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_table_is_reached_by_keyboard_from_the_first_pixel_that_is_hidden(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    for width, reached in (("calc(100% + 1px)", 0), ("100%", -1)):
        page.evaluate(
            """width => document.querySelectorAll('.scroller > table').forEach((table) => {
              table.style.cssText = `display: block; overflow: hidden; min-width: 0; width: ${width}`;
            })""",
            width,
        )
        page.wait_for_function(
            "reached => [...document.querySelectorAll('.scroller')].every(part => part.tabIndex === reached)",
            arg=reached,
        )


def bright(color: str) -> int:
    """How bright a color of a style is."""
    return sum(int(part) for part in re.findall(r"\d+", color)[:3])


def test_a_chart_can_be_zoomed_back_and_saved_and_says_names_and_units(opened: Any, committee: Path) -> None:
    page, _ = opened(committee / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    chart = page.locator(".chart > [data-figure]").last
    chart.scroll_into_view_if_needed()
    chart.locator(".main-svg").first.wait_for(state="attached")
    titles = chart.locator(".modebar-btn").evaluate_all("all => all.map(b => b.dataset.title)")
    assert {"Zoom", "Reset axes"} <= set(titles)
    assert any("png" in title.lower() or "download" in title.lower() for title in titles)
    plot, ends = chart.element_handle(), "p => [...p._fullLayout.xaxis.range, ...p._fullLayout.yaxis.range]"
    before = plot.evaluate(ends)
    plot.evaluate("p => Plotly.relayout(p, {'xaxis.range': [10, 20], 'yaxis.range': [20, 10]})")
    assert plot.evaluate(ends) == [10, 20, 20, 10]
    chart.hover()
    chart.locator(".modebar-btn[data-title='Reset axes']").click()
    assert plot.evaluate(ends) == pytest.approx(before)


def test_tables_are_sorted_copied_and_saved(opened: Any, committee: Path) -> None:
    page, _ = opened(committee / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    table = page.locator(
        "table:has(th[scope=col].pk-num button.sort):not(:has(.pk-group, .pk-under, .pk-detail))"
    ).first
    head = table.locator("th[scope=col].pk-num").first
    head.locator("button.sort").click()
    assert head.get_attribute("aria-sort") == "ascending"
    read = """t => { const at = [...t.tHead.rows[0].cells].findIndex(h => h.ariaSort || h.getAttribute('aria-sort'));
      return [...t.tBodies[0].rows].filter(r => !r.matches('.pk-total')).map(r => r.cells[at].innerText); }"""
    values = [number(text) for text in table.evaluate(read)]
    known = [value for value in values if value is not None]
    assert known == sorted(known)
    exhibit = table.locator("xpath=ancestor::*[@data-exhibit][1]")
    exhibit.hover()
    with page.expect_download() as saved:
        exhibit.locator(".tools button", has_text="CSV").first.click()
    content = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert len(content.splitlines()) >= len(values) + 1
    page.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }")
    exhibit.locator(".tools button", has_text="Copy").first.click()
    copied = [line.split("\t") for line in page.evaluate("window.copied").splitlines()]
    assert copied == list(csv.reader(io.StringIO(content)))


def number(text: str) -> float | None:
    plain = text.replace("\u202f", "").replace("\u2212", "-").replace("%", "")
    try:
        return float(plain)
    except ValueError:
        return None


def test_what_programs_read_follows_its_schema(folder: Path) -> None:
    found = 0
    for name in ("figures", "facts", "manifest"):
        if (folder / f"{name}.json").is_file():
            check_schema(name, json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))
            found += 1
    assert found == 3


def test_office_files_are_valid(folder: Path) -> None:
    made = [file for file in (folder / "pack.pptx", folder / "annex.xlsx") if file.is_file()]
    pack = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["pack"]
    assert (not made) == (pack == "workshop_arbitration"), "the workshop's is a page alone"
    assert [fault for file in made for fault in faults(file)] == []


def test_libreoffice_computes_the_facts_of_the_plan_from_nothing(committee: Path, tmp_path: Path) -> None:
    """No number is stored in the workbook that it opens: the value and money of the plan follow from the register."""
    facts = json.loads((committee / "facts.json").read_text(encoding="utf-8"))
    wanted = {
        "planned_value" if fact["key"] == "plan.value" else f"planned_spend_{fact['of']['year']}": fact["value"]
        for fact in facts
        if fact["key"] in ("plan.value", "plan.spend")
        and (fact["base"].get("figures"), fact["of"].get("plan")) == ("likely", "recommended")
    }
    pack = json.loads((committee / "manifest.json").read_text(encoding="utf-8"))["pack"]
    assert bool(wanted) == (pack == "investment_committee")
    if not wanted or SOFFICE is None:
        pytest.skip("no plan on planned figures, or no LibreOffice")
    openpyxl.load_workbook(committee / "annex.xlsx").save(tmp_path / "bare.xlsx")
    convert(tmp_path / "bare.xlsx", tmp_path / "out", "xlsx:Calc MS Excel 2007 XML")
    book = openpyxl.load_workbook(tmp_path / "out" / "bare.xlsx", data_only=True)
    for name, value in wanted.items():
        ((sheet, cell),) = book.defined_names[name].destinations
        assert book[sheet][cell.replace("$", "")].value == pytest.approx(value, abs=1e-9), name


def test_page_one_prints_on_one_page(opened: Any, committee: Path) -> None:
    page, _ = opened(committee / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    first = page.locator(".pk-page")
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
    found = re.search(r"<title>(.*?)(?: \(DRAFT\))?</title>", (folder / "index.html").read_text(encoding="utf-8"))
    return found.group(1) if found else ""


def test_a11_the_committee_reads_at_most_nine_pages_before_the_annex(opened: Any, committee: Path) -> None:
    page, _ = opened(committee / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    page.evaluate("document.querySelectorAll('.annex.chapter, .provenance').forEach(part => part.remove())")
    pdf = page.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", pdf)) <= 9


def reach(sheet: pypdf.PageObject) -> float:
    """How far down its page the last text above the foot stands, as a share of the height."""
    downs: list[float] = []

    def seen(text: str, matrix: Any, place: Any, *_: Any) -> None:
        if text.strip():
            height = place[4] * matrix[1] + place[5] * matrix[3] + matrix[5]
            downs.append(1 - height / float(sheet.mediabox.height))

    sheet.extract_text(visitor_text=seen)
    return max((down for down in downs if down < 0.94), default=0.0)


def test_a11_the_paper_is_short_and_full(committee: Path) -> None:
    """Of the PDF as it is built: no page is more than 60 % empty but the last of the body and of the annex."""
    if not (committee / "pack.pdf").is_file():
        assert read_title(committee) == ""
    sheets = pypdf.PdfReader(committee / "pack.pdf").pages
    texts = [sheet.extract_text() for sheet in sheets]
    body = next((n for n, text in enumerate(texts) if n > 1 and "Annex 1. " in text), len(sheets))
    if json.loads((committee / "manifest.json").read_text())["pack"] == "investment_committee":
        assert len(sheets) <= 24
        assert body <= 9
    ends = {body - 1, len(sheets) - 1}
    assert [(n + 1, reach(sheet)) for n, sheet in enumerate(sheets) if reach(sheet) < 0.4 and n not in ends] == []


WRITTEN = re.compile(rf"(?:{'|'.join(COUNTS)}) [a-z]")
"""A number in letters and what is counted."""


SIZES = ("gets", "size", "today", "there")
"""Columns with the register's own words for a size, which may begin with a number."""


def lines(exhibit: Exhibit) -> list[str]:
    """Every line of an exhibit that begins anew: titles, cells and leads; what follows a lead goes on."""
    found: list[Any] = [exhibit.title, exhibit.takeaway, exhibit.note]
    found += [lead or text for lead, text in getattr(exhibit, "items", ())]
    if isinstance(exhibit, Kpi):
        found += [*exhibit.data["label"], *exhibit.data.get("note", ())]
    if isinstance(exhibit, Table):
        shown = [*exhibit.columns, *([exhibit.group] if exhibit.group else [])]
        values = [value for one in shown if one.name not in SIZES for value in exhibit.data[one.name]]
        found += [value[0][1] if isinstance(value, tuple) and value else value for value in values]
        found += [line for _, table in exhibit.details for line in lines(table)]
    return [line for line in found if isinstance(line, str)]


def test_no_line_begins_with_a_number_in_small_letters(folder: Path) -> None:
    """ "four other areas" in front of a row is a sentence that lost its head."""
    exhibits = [from_json(one) for one in json.loads((folder / "figures.json").read_text(encoding="utf-8"))]
    assert [(one.id, line) for one in exhibits for line in lines(one) if WRITTEN.match(line)] == []


def test_the_readme_s_picture_is_page_one_of_today(folder: Path) -> None:
    """A picture cannot be compared; the words under it can, and whoever changes them sees that it is old."""
    shown = {x["id"]: x["title"] for x in json.loads((folder / "figures.json").read_text())}
    if json.loads((folder / "manifest.json").read_text())["pack"] == "investment_committee":
        said = " ".join(shown["page_one.headline"].split())
        readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
        assert f"![Page one of a committee pack: {said}](notebooks/pictures/page_one.png)" in readme


@pytest.mark.usefixtures("committee")
def test_the_committee_reads_no_word_of_the_trade(ready: Any) -> None:
    parts = ready.locator(".pk-page, .contents, .chapter:not(.annex)")
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
    assert all(role == "group" and label.strip() for role, label in labels)
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
    assert len(ids) == len(set(ids))
    links = page.evaluate("[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.hash.slice(1))")
    assert set(links) <= set(ids)


def test_a_narrow_screen_needs_no_sideways_scrolling(ready: Any) -> None:
    ready.set_viewport_size({"width": 1024, "height": 800})
    assert ready.evaluate("document.documentElement.scrollWidth") <= 1024


def test_no_column_of_words_is_starved_on_a_telephone(ready: Any) -> None:
    """Words beside twelve columns of numbers keep twelve letters' width: the rows of a wide table stay low."""
    ready.set_viewport_size({"width": 390, "height": 844})
    wide = ready.evaluate("""() => {
      const table = [...document.querySelectorAll('.scroller > table')]
        .find(one => one.offsetParent && !one.closest('.decisions'))
      const cells = ['money in 2029 and data engineers in 2028', ...Array(12).fill('100.0')]
      const row = table.tBodies[0].appendChild(document.createElement('tr'))
      cells.forEach(said => { row.appendChild(document.createElement('td')).textContent = said })
      const wide = row.cells[0].clientWidth / parseFloat(getComputedStyle(row.cells[0]).fontSize)
      row.remove()
      return wide
    }""")
    ready.set_viewport_size({"width": 1280, "height": 800})
    assert wide > 12


@pytest.mark.parametrize("width", [1200, 1199])
def test_the_contents_stand_beside_the_text_where_there_is_room(ready: Any, width: int) -> None:
    ready.set_viewport_size({"width": width, "height": 800})
    ready.evaluate("window.scrollTo(0, 500)")
    nav = ready.locator("nav.contents").bounding_box()
    beside = nav["x"] + nav["width"] <= ready.locator("main article").first.bounding_box()["x"]
    assert (beside, beside and nav["y"] == 0) == ((True, True) if width == 1200 else (False, False))


def test_the_annex_is_folded_until_a_link_leads_into_it(opened: Any, folder: Path) -> None:
    page, _ = opened(folder / "index.html")
    page.wait_for_selector("html[data-ready]", state="attached")
    folded = page.locator("details.annex")
    assert folded.count() > 0
    assert page.locator("details.annex[open]").count() == 0
    page.locator("nav.contents a[href='#provenance']").click()
    page.wait_for_selector("#provenance[open]")
    assert page.locator("details.annex[open]").count() == 1
    assert page.locator("#provenance table").first.is_visible()


def test_references_are_links(ready: Any) -> None:
    bare = ready.evaluate("""[...document.querySelectorAll('main p, main td, main th')]
      .filter(e => !e.querySelector('p, td') && /\\((chapter|annex) [0-9]+\\)/.test(e.textContent)
        && ![...e.querySelectorAll('a')].some(a => /^(chapter|annex) [0-9]+$/.test(a.textContent)))
      .map(e => e.textContent)""")
    assert bare == []


def test_every_place_that_names_a_project_is_listed(ready: Any, folder: Path) -> None:
    listed = ready.locator("#projects dt").all_inner_texts()
    shown = json.loads((folder / "figures.json").read_text())
    for entry in ready.locator("#projects dt").all()[:5]:
        identity = (entry.get_attribute("id") or "").removeprefix("project-")
        places = (
            entry.locator("xpath=following-sibling::dd[1]")
            .locator("a")
            .evaluate_all("all => all.map(a => a.hash.slice(1))")
        )
        assert places
        for record in shown:
            if record["id"] in places:
                assert identity in json.dumps(record) or entry.inner_text().removeprefix(f"{identity} ") in json.dumps(
                    record, ensure_ascii=False
                )
    assert listed or len(shown) < 12


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
    page.wait_for_selector("html[data-ready]", state="attached")
    assert page.evaluate("window.stolen") is None
    assert page.locator("img").count() == 0
    assert complaints == []


def quantities(exhibit: Exhibit) -> Iterator[tuple[tuple[str, ...], float]]:
    """What the numbers of a table are: of which row, under which head, in which unit; and how much."""
    if not isinstance(exhibit, Table):
        return
    for _, row in exhibit.data.iterrows():
        first = row[exhibit.columns[0].name]
        runs = dict(part[:2] for part in first) if isinstance(first, tuple) else {}
        key = row.get("project_id") or runs.get("id") or (first if isinstance(first, str) else None)
        key = words(first) if "lead" in runs else key  # a risk, of which a project has several
        for field in exhibit.columns:
            value = row[field.name]
            if key and field.kind == "number" and isinstance(value, int | float) and value == value:
                yield (str(key), field.name, field.title, field.unit), float(value)


def test_one_quantity_under_one_head_has_one_value_in_every_table(folder: Path) -> None:
    """The cost of a project, the value of a case: wherever a table prints it, it is the same number."""
    found: dict[tuple[str, ...], dict[str, float]] = {}
    for record in json.loads((folder / "figures.json").read_text(encoding="utf-8")):
        exhibit = from_json(record)
        for what, value in quantities(exhibit):
            found.setdefault(what, {})[exhibit.id] = value
    apart = {what: seen for what, seen in found.items() if max(seen.values()) - min(seen.values()) > 1e-6}
    assert apart == {}
    if json.loads((folder / "manifest.json").read_text())["pack"] == "investment_committee":
        assert sum(len(seen) > 1 for seen in found.values()) > 90


def test_page_one_and_the_workbook_each_answer_five_questions(folder: Path) -> None:
    """Of today's pack: the numbers are found again by asking the register, the spending by adding up its rows."""
    if json.loads((folder / "manifest.json").read_text())["pack"] != "investment_committee":
        return
    register = shipped_register("meridian")
    question = pmo.Question(register, overrides=False)
    plan = pmo.arbitrate(question)
    rows = expected(register).costs
    rows = rows[[plan.plan.get(p) == level for p, level in zip(rows["project_id"], rows["level"], strict=True)]]
    spent = rows[rows["state"] != "actual"].groupby("year")["amount"].sum()
    spent[2028] -= 0.4 if {"P31", "P34"} <= set(plan.plan) else 0.0  # saved by doing two together
    simulation = pmo.simulate(plan, draws=10_000, seed=7)
    lifted = [one for one in pmo.Question(register).orders if (one.in_out == "in") != (one.project_id in plan.plan)]
    capacity = register.table("capacity")
    engineers = capacity["role"].eq("data_engineer") & capacity["period"].eq("2028")
    fewer = register.replace(capacity=capacity.assign(fte=capacity["fte"] - engineers))
    kept = [pmo.arbitrate(question.with_override(x.project_id, "in", x.level, reason="as on record")) for x in lifted]
    answers = {
        "what in 2028": [f"{printed(spent[2028])} in 2028"],
        "in all": [f"in all {printed(spent[spent.index >= 2027].sum())}"],
        "how sure": [
            f"{printed(simulation.totals['npv'].median())} in the middle (median)",
            f"{printed(simulation.totals['npv'].quantile(0.2))} 80 % sure",
            f"Every envelope holds in {round(100 * simulation.fits_envelopes)} % of the futures",
            f"{printed(plan.value)} is proven",
        ],
        "which orders are lifted": [
            "This plan lifts two orders on record",
            *(f"{register.projects.loc[one.project_id, 'name']} in:" for one in lifted),
            *(f"costs {printed(plan.value - other.value)}" for other in kept),
        ],
        "one engineer less": [
            "Data engineers 2028",
            printed(pmo.arbitrate(pmo.Question(fewer, overrides=False)).value),
        ],
    }
    assert len(lifted) == 2
    page = pypdf.PdfReader(folder / "pack.pdf").pages[0].extract_text()
    book = openpyxl.load_workbook(folder / "annex.xlsx", data_only=True)
    lines = [
        " | ".join(printed(v) if isinstance(v, float | int) else str(v) for v in row if v not in (None, ""))
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
    ]
    (whole,) = [line for line in lines if line.startswith("The plan | ")]
    money = [answers.pop(asked)[0].split() for asked in ("what in 2028", "in all")]
    assert f"{printed(spent[2027])} | {money[0][0]} | " in whole
    assert f" | {money[1][-1]} | " in whole
    assert all(" ".join(parts) in re.sub(r"\s+", " ", page) for parts in money)
    for medium in (page, " ".join(lines)):
        said = re.sub(r"\s+", " ", medium.replace("\u202f", " "))
        assert [(asked, part) for asked, wanted in answers.items() for part in wanted if part not in said] == []
