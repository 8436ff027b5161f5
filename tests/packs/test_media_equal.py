"""The same numbers, labels, order and lines in every medium: page, figures.json, PDF, deck and workbook."""

from __future__ import annotations

import io
import re

import openpyxl
import pypdf
import pytest
from pptx import Presentation

from pmo_kit.exhibits import cells, theme
from pmo_kit.exhibits.cells import data_table
from pmo_kit.exhibits.html import fragment
from pmo_kit.exhibits.jsonform import from_json
from pmo_kit.exhibits.records import Chart, Table, words
from pmo_kit.packs.media.pdf import pdf_bytes
from pmo_kit.packs.media.plan import plan
from pmo_kit.packs.media.pptx import deck_bytes
from pmo_kit.packs.media.xlsx import annex_bytes, sheet_names
from tests.packs.media_case import meridian, records

SHOWN = [from_json(r) for r in records() if getattr(from_json(r), "data", None) is not None]
CHARTS = [exhibit for exhibit in SHOWN if isinstance(exhibit, Chart)]
TABLES = [exhibit for exhibit in SHOWN if isinstance(exhibit, Table)]


@pytest.fixture(scope="module")
def paper() -> str:
    """Text of the PDF without spaces, which are set by eye."""
    reader = pypdf.PdfReader(io.BytesIO(pdf_bytes(meridian())))
    return "".join(_tight(page.extract_text()) for page in reader.pages[:1]) + "".join(
        _tight(page.extract_text()) for page in reader.pages[2:]
    )


@pytest.fixture(scope="module")
def book() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(annex_bytes(meridian())), data_only=True)


@pytest.fixture(scope="module")
def sheets() -> dict[str, str]:
    return sheet_names([item.id for _, item in meridian().exhibits])


@pytest.fixture(scope="module")
def frames() -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for slide in Presentation(io.BytesIO(deck_bytes(meridian()))).slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
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


def _column(sheet: object, title: str) -> list[object]:
    """The cells under a title of the header."""
    head = [cell.value for cell in sheet[5]]  # type: ignore[index]
    place = head.index(title) + 1
    return [sheet.cell(row, place).value for row in range(6, sheet.max_row + 1)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_a_chart_has_its_numbers_in_the_workbook(
    chart: Chart, book: openpyxl.Workbook, sheets: dict[str, str]
) -> None:
    sheet = book[sheets[chart.id]]
    if chart.mark == "heatmap":
        assert chart.value is not None
        grid = [cell.value for row in sheet.iter_rows(min_row=6) for cell in row[1:]]
        numbers = [cell for cell in grid if isinstance(cell, int | float)]
        assert numbers == pytest.approx([v for v in chart.data[chart.value.name] if not theme.is_missing(v)])
        return
    for field in data_table(chart).columns:
        wanted = chart.data[field.name].tolist()
        title = " ".join(part for part in [field.title or field.name.replace("_", " ")] if part)
        have = _column(sheet, f"{title}, {field.unit}" if field.unit else title)[: len(wanted)]
        if field.kind == "number":
            assert have == pytest.approx(wanted)
        else:
            assert have == [theme.format_text(value) for value in wanted]
    for reference in chart.references:
        lines = [cell.value for row in sheet.iter_rows(max_col=2) for cell in row]
        assert lines[lines.index(reference.label) + 1] == pytest.approx(reference.value)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.id)
def test_a_chart_has_its_numbers_labels_order_and_lines_on_its_slide(
    chart: Chart, frames: dict[str, list[tuple[object, object]]]
) -> None:
    slide, shape = frames[chart.id][0]
    planned = plan(chart)
    if planned is None:
        assert chart.value is not None
        said = [cell.text for row in shape.table.rows for cell in list(row.cells)[1:]][
            len(shape.table.columns) - 1 :
        ]
        labels = chart.data[(chart.label or chart.value).name].tolist()
        assert said == [
            str(label) if isinstance(label, str) else theme.format_number(label) for label in labels
        ]
        return
    plot = shape.chart.plots[0]
    if planned.shape != "xy":
        assert list(plot.categories) == list(planned.categories)
    for series, wanted in zip(plot.series, planned.series, strict=True):
        values = [v for v in series.values if v is not None]
        assert values == pytest.approx([v for v in wanted.values if v is not None])
    number = chart.x if planned.shape == "bar" else chart.y
    drawn = [
        v
        for s in planned.series
        if s.column == number.name and not s.minus
        for v in s.values
        if v is not None
    ]
    if chart.mark != "interval":
        assert sorted(drawn) == pytest.approx(sorted(chart.data[number.name]))
    words_on = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    for reference in chart.references:
        assert reference.label in words_on


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
    sheet = book[sheets[table.id]]
    for n in numbers:
        field = fields[n]
        title = (field.title or field.name.replace("_", " ")) + (f", {field.unit}" if field.unit else "")
        for have, value in zip(_column(sheet, title), table.data[field.name], strict=False):
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
        assert any(words(value).split("\n")[0] in text for text in said) or first.kind == "rag"
