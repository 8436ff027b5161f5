"""The same numbers, labels, order and lines in every medium: page, figures.json, PDF, deck and workbook."""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from html import unescape
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pandas as pd
import pypdf
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import data_table
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import Chart, Field, Table, from_json, words
from pmo_kit.facts import Unit, bound
from pmo_kit.packs.media.office import header, number_format, spec
from pmo_kit.packs.media.pdf import _table as pdf_table
from pmo_kit.packs.media.pdf import pdf_bytes
from pmo_kit.packs.media.pptx import Box, deck_bytes, open_template, pages, too_small
from pmo_kit.packs.media.xlsx import annex_bytes, placing
from tests.packs.media_case import collected, laid_out, meridian, records, rendered

SHOWN = [from_json(r) for r in records() if getattr(from_json(r), "data", None) is not None]
CHARTS = [exhibit for exhibit in SHOWN if isinstance(exhibit, Chart)]
TABLES = [exhibit for exhibit in SHOWN if isinstance(exhibit, Table)]


@pytest.fixture(scope="module")
def paper() -> str:
    """Text of the PDF without spaces, which are set by eye, and without the contents on its second page."""
    reader = pypdf.PdfReader(io.BytesIO(rendered(pdf_bytes, meridian())))
    first, second, *rest = (page.extract_text() for page in reader.pages)
    return "".join(map(_tight, [first, second[second.rindex("Chapter 1") :], *rest]))


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(rendered(annex_bytes, meridian())), data_only=True)


@pytest.fixture(scope="module")
def sheets() -> dict[str, str]:
    return {item.id: name for name, items in placing(meridian()).items() for item in items}


@pytest.fixture(scope="module")
def frames() -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for slide in Presentation(io.BytesIO(rendered(deck_bytes, meridian()))).slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table or shape.shape_type == MSO_SHAPE_TYPE.PICTURE:
                found.setdefault(shape.name.split(" ", 1)[1], []).append((slide, shape))
    return found


def _tight(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _in_order(parts: list[str], text: str) -> str:
    """The first part that does not follow the one before it in the text; empty when all do."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        if found < 0:
            return part
        at = found + len(part)
    return ""


def _block(sheet: object, exhibit: Chart | Table) -> list[list[object]]:
    """The rows of an exhibit on its sheet, its header first."""
    title = " ".join(exhibit.title.split("\n"))
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]  # type: ignore[attr-defined]
    top = next(n for n, row in enumerate(rows) if row[0] == title)
    return rows[top + 3 :]


def _column(block: list[list[object]], title: str) -> list[object]:
    """The cells under a title of the header."""
    place = block[0].index(title)
    return [row[place] for row in block[1:]]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_a_chart_has_its_numbers_in_the_workbook(chart: Chart, book: openpyxl.Workbook, sheets: dict[str, str]) -> None:
    block = _block(book[sheets[chart.id]], chart)
    if chart.mark == "heatmap":
        assert chart.value is not None
        grid = [cell for row in block[1 : 1 + chart.data[chart.y.name].nunique()] for cell in row[1:]]
        numbers = [cell for cell in grid if isinstance(cell, int | float)]
        assert numbers == pytest.approx([v for v in chart.data[chart.value.name] if not theme.is_missing(v)])
        return
    for field in data_table(chart).columns:
        wanted = chart.data[field.name].tolist()
        have = _column(block, header(field))[: len(wanted)]
        if field.kind == "number":
            assert have == pytest.approx(wanted)
        else:
            assert have == [theme.format_text(value) for value in wanted]
    for reference in chart.references:
        lines = [cell for row in block for cell in row[:2]]
        assert lines[lines.index(reference.label) + 1] == pytest.approx(reference.value)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_a_chart_has_its_numbers_labels_order_and_lines_on_its_slide(
    chart: Chart, frames: dict[str, list[tuple[object, object]]]
) -> None:
    _, shape = frames[chart.id][0]
    drawn = spec(chart)
    if chart.mark == "heatmap":
        assert chart.value is not None
        said = [cell.text for row in shape.table.rows for cell in list(row.cells)[1:]][len(shape.table.columns) - 1 :]
        labels = chart.data[(chart.label or chart.value).name].tolist()
        assert said == [str(label) if isinstance(label, str) else theme.format_number(label) for label in labels]
        return
    small = too_small(chart, open_template().room_of("figure"))
    if small is not None:
        tables = [shape.table for _, shape in frames[chart.id]]
        told = [[cell.text for cell in row.cells] for table in tables for row in list(table.rows)]
        wanted = [[cells.said(part) for part in row["cells"]] for row in cells.rows(small)]
        assert [row for row in told if row in wanted] == wanted
        return
    if drawn is None:
        assert shape.shape_type == MSO_SHAPE_TYPE.PICTURE
        assert chart.mark in ("scatter", "interval") or chart.references
        assert cells.spoken(chart) in shape._element.xpath(".//@descr")
        return
    plot = shape.chart.plots[0]
    if drawn.shape != "xy":
        assert [name.replace("\u00a0", " ") for name in plot.categories] == list(drawn.categories)
    for series, wanted in zip(plot.series, drawn.series, strict=True):
        values = [v for v in series.values if v is not None]
        assert values == pytest.approx([v for v in wanted.values if v is not None])
    shown = [
        v
        for s in drawn.series
        if s.column == drawn.number.name and s.kind != "hidden"
        for v in s.values
        if v is not None
    ]
    assert sorted(shown) == pytest.approx(sorted(chart.data[drawn.number.name]))
    across = {series.name: series.values for series in drawn.series if series.across}
    assert set(across) == {reference.label for reference in chart.references}


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_a_chart_has_its_words_on_paper_and_on_the_page(chart: Chart, paper: str) -> None:
    table = data_table(chart)
    page = fragment(table, framed=False)
    names = chart.y if chart.y.kind != "number" else chart.x
    labels = list(dict.fromkeys(theme.format_text(value) for value in chart.data[names.name]))
    if names.kind != "number":
        for label in labels:
            assert label.replace("&", "&amp;") in page
        loose = paper.replace("-", "")
        assert not [label for label in labels if _tight(label).replace("-", "") not in loose]
    for reference in chart.references:
        assert _tight(reference.label) in paper
    assert _in_order([_tight(chart.title), _tight(chart.takeaway)], paper) == ""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_a_table_reads_the_same_everywhere(
    table: Table, paper: str, book: openpyxl.Workbook, sheets: dict[str, str],
    frames: dict[str, list[tuple[object, object]]],
) -> None:  # fmt: skip
    lines = [row for row in cells.rows(table) if "cells" in row]
    fields = cells.columns(table)
    numbers = [n for n, field in enumerate(fields) if field.kind == "number"]
    printed = [row["cells"][n]["text"] for row in lines for n in numbers]
    page = fragment(table, framed=False)
    assert _in_order([f">{text}<" for text in printed], page) == ""
    start = paper.find(_tight(table.title))
    assert _in_order([_tight(text) for text in printed], paper[start:]) == ""
    block = _block(book[sheets[table.id]], table)
    for n in numbers:
        field = fields[n]
        for have, value in zip(_column(block, header(field)), table.data[field.name], strict=False):
            if isinstance(have, str):
                assert have == theme.format_number(value)
            else:
                assert have == pytest.approx(value, rel=1e-12)
    if table.id == "page_one.decisions":
        return
    said = [
        cell.text
        for _, shape in frames[table.id]
        for row in list(shape.table.rows)[1:]
        for cell in row.cells
        if not cell.is_spanned
    ]
    assert _in_order(printed, "\n".join(said)) == ""
    first = fields[next(n for n, field in enumerate(fields) if field.kind in ("text", "category", "rag"))]
    for value in table.data[first.name]:
        assert any(bound(words(value).split("\n")[0]) in text for text in said) or first.kind == "rag"


MONEY = [Unit("money", "EUR", scale, prices) for scale, prices in (("million", "real 2026"), ("thousand", "nominal"))]
THINGS = ("%", "projects", "FTE", "days", "points of 100", "persons & teams")
UNITS = ["", *(unit.words for unit in (*MONEY, Unit("money"), *map(Unit, THINGS)))]
"""No unit, money of every kind, shares and things that are counted."""


@given(
    st.lists(st.tuples(st.integers(-10_000_000, 10_000_000), st.integers(0, 4)), min_size=1, max_size=6),
    st.integers(0, 3),
    st.booleans(),
    st.sampled_from(UNITS),
)
@settings(max_examples=60, deadline=None)
def test_a5_the_text_of_a_number_and_its_unit_are_equal_in_four_media(
    parts: list[tuple[int, int]], decimals: int, signed: bool, unit: str
) -> None:
    """Halves too: 0.25, 1.15 and 84.85 have one text on the page, on paper, on a slide and in a sheet."""
    values = [number / 10**places for number, places in parts]
    values += [value + 0.5 * 10**-decimals for value in values]
    field = Field("n", "n", unit, decimals=decimals, signed=signed)
    data = pd.DataFrame({"what": [f"row {n}" for n in range(len(values))], "n": values})
    table = Table(id="t", alt="-", title="T", data=data, columns=(Field("what", kind="text"), field))
    html, on_paper, on_slides = (
        fragment(table, framed=False),
        pdf_table(table),
        pages(table, Box(0, 0, 9_000_000, 4_000_000)),
    )
    page = re.findall(r'<td class="pk-num">([^<]*)</td>', html)
    paper = [row["cells"][1]["text"] for part in on_paper["parts"] for row in part]
    slides = [line[1].paragraphs[0][0].text for part in on_slides for line in part.lines]
    units = re.findall(r'<span class="pk-th-unit">([^<]*)</span>', html) or [""]
    assert [unescape(one) for one in units] == [on_paper["columns"][1]["unit"]] == [unit]
    assert on_slides[0].head[1].paragraphs[0][0].text == f"n {unit}".strip()
    assert header(field) == ", ".join(filter(None, ("n", unit)))
    sheet = [as_excel_shows(value, number_format(field, value)) for value in values]
    assert page == paper == slides == [theme.format_number(value, decimals, signed) for value in values]
    assert sheet == page


def as_excel_shows(value: float, shape: str) -> str:
    """What a spreadsheet shows for a number: its section, fifteen digits, halves away from zero."""
    sections = shape.split(";")
    if sections[0].startswith("["):
        bound = float(sections[0][3 : sections[0].index("]")])
        chosen = sections[0] if value <= bound else sections[1] if value < 0 else sections[2]
    elif len(sections) > 1:
        chosen = sections[0] if value > 0 else sections[1] if value < 0 else sections[2]
    else:
        chosen = shape if value >= 0 else f"-{shape}"
    chosen = re.sub(r"\[[^]]*\]", "", chosen)
    digits = len(chosen.partition(".")[2])
    exact = abs(Decimal(format(value, ".15g"))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = chosen[0].replace("-", theme.MINUS) if chosen[0] in "+-" else ""
    return sign + f"{exact:,}".replace(",", theme.THIN_SPACE)


RUNS = (("lead", "Own solar."), ("text", "Costs 3.05 & more"), ("line", "2026-11-30"), ("small", "Holds in 4 of 5"))
PARTS: dict[str, list[object]] = {
    "text": ["Leak sensors", "= same", "!A1", "R&D <b>", None, RUNS, True, dt.date(2026, 9, 30)],
    "decision": ["fund", "stop", "fund_with_condition", "maybe", None],
    "rag": ["R", "amber", "Green", "grey", None],
    "mark": ["full", "reduced", "out", "small", None],
    "time": [2027, dt.date(2026, 11, 30), None],
}
"""Cells of every kind that is no number, what is unknown or missing among them."""
HALVES = st.builds(lambda n, places: n / 10**places, st.integers(-100_005, 100_005), st.integers(0, 3))
NUMBERS = st.one_of(HALVES, HALVES.map(lambda x: x + 0.05), st.sampled_from([None, math.inf, "none", 0.0, -0.04]))


@given(
    st.lists(st.tuples(NUMBERS, NUMBERS, *map(st.sampled_from, PARTS.values())), min_size=3, max_size=25),
    st.integers(0, 3),
)
@settings(max_examples=5, deadline=None, phases=[Phase.generate])
def test_a5_every_cell_reads_the_same_in_the_files_of_four_media(rows: list[tuple[object, ...]], decimals: int) -> None:
    """Numbers and their halves, words, decisions, statuses, sizes, dates, what is missing: as each file holds them."""
    kinds = {"number": "number", "difference": "number"} | {name: name for name in PARTS}
    fields = tuple(
        Field(name, name, kind=kind, decimals=decimals, signed=name == "difference")  # type: ignore[arg-type]
        for name, kind in kinds.items()
    )
    data = pd.DataFrame(rows, columns=list(kinds), dtype=object)
    shown = Table(id="t", alt="All kinds.", title="Every kind of cell", data=data, columns=fields)
    outline = laid_out([collected(shown)])
    wanted = [[cells.said(cells.cell(field, row[field.name])) for field in fields] for row in data.to_dict("records")]
    assert of_page(fragment(shown, framed=False)) == loose(wanted)
    sheet = openpyxl.load_workbook(io.BytesIO(annex_bytes(outline)))["More"]
    assert [[as_shown(cell) for cell in line[: len(fields)]] for line in sheet.iter_rows(5, 4 + len(rows))] == wanted
    slides = [shape.table for slide in Presentation(io.BytesIO(deck_bytes(outline))).slides for shape in slide.shapes
              if shape.has_table]  # fmt: skip
    lines = [[cell.text for cell in row.cells] for table in slides for row in list(table.rows)[1:]]
    assert loose([[re.sub("^[■◆●] (?=[RAG]$)", "", text) for text in line] for line in lines]) == loose(wanted)
    paper = "".join(_tight(page.extract_text()) for page in pypdf.PdfReader(io.BytesIO(pdf_bytes(outline))).pages)
    drawn = ("full", "reduced")  # a square that is filled or half filled
    printed = [_tight(text).replace("out", "–") for line in loose(wanted) for text in line if text not in drawn]
    assert _in_order(printed, paper.replace("-", "")) == ""


def loose(rows: list[list[str]]) -> list[list[str]]:
    """Cells without the breaks between their lines; a size that is out is a dash where there is no room for words."""
    return [[" ".join(text.split()).replace("-", "").replace("–", "out") for text in row] for row in rows]


def of_page(page: str) -> list[list[str]]:
    """The cells of a table in HTML: their text, and what a picture in them says."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.rows: list[list[str]] = []
            self.drawn = False

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            told = dict(attributes)
            if tag == "tr":
                self.rows.append([])
            elif tag in ("td", "th"):
                self.rows[-1].append("")
            elif tag == "br" or told.get("class") == "pk-small":
                self.rows[-1][-1] += " "
            elif told.get("class") == "pk-level":
                self.rows[-1][-1] += told["aria-label"] or ""

        def handle_data(self, text: str) -> None:
            if self.rows and self.rows[-1]:
                self.rows[-1][-1] += text

    reader = Reader()
    reader.feed(page)
    return loose(reader.rows[1:])


def as_shown(cell: Any) -> str:
    """What a spreadsheet shows for a cell."""
    if isinstance(cell.value, dt.datetime):
        assert cell.number_format == "yyyy-mm-dd"
        return cell.value.date().isoformat()
    if cell.data_type != "n" or cell.value is None:
        return str(cell.value or "")
    return str(cell.value) if cell.number_format == "0" else as_excel_shows(cell.value, cell.number_format)
