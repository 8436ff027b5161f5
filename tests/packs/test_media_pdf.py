"""The paper of a pack: page one on one page, tagged, everything in it as text."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pypdf
import pytest
import typst
from fontTools.ttLib import TTFont

from pmo_kit.errors import PackError
from pmo_kit.exhibits.canvas import picture
from pmo_kit.exhibits.records import Field, Message, Table
from pmo_kit.exhibits.theme import FONT_FOLDER, _headed, coverage, fonts
from pmo_kit.packs.media.pdf import _table, pdf_bytes
from tests.packs.media_case import FRONT, HOSTILE, charts, collected, laid_out, meridian, records, rendered, small


@pytest.fixture(scope="module")
def paper() -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(rendered(pdf_bytes, meridian())))


def words(page: pypdf.PageObject) -> str:
    return " ".join(page.extract_text().split())


def test_page_one_is_one_page(paper: pypdf.PdfReader) -> None:
    first, second = words(paper.pages[0]), words(paper.pages[1])
    for part in (
        "Stop Billing replacement and fund 36 projects",
        "You are asked to decide",
        "How sure",
        "DRAFT",
    ):
        assert part in first
    assert f"page 1 of {len(paper.pages)}" in first
    assert second.startswith("What this pack says")


@pytest.mark.long
def test_the_contents_name_every_exhibit_with_its_page(paper: pypdf.PdfReader) -> None:
    said = words(paper.pages[1])
    titles = ["Asked in 2029: 89.2 for an envelope of 54.0", "The portfolio in four numbers"]
    for title in titles:
        found = [n for n, sheet in enumerate(paper.pages, 1) if words(sheet).count(title) > (n == 2)]
        assert f"{title} {found[0]}" in said


def test_chapters_follow_one_another_and_the_annex_starts_on_a_page() -> None:
    drawn = small()
    content = pypdf.PdfReader(io.BytesIO(pdf_bytes(drawn)))
    first = words(content.pages[0])
    assert drawn.chapters[0].title in first[first.index(drawn.chapters[-1].title) :]


def test_the_annex_is_named_by_its_parts_and_bookmarked_in_full() -> None:
    from dataclasses import replace

    drawn = small()
    drawn = replace(drawn, chapters=(drawn.chapters[0], replace(drawn.chapters[1], title="Annex 1. More", annex=True)))
    content = pypdf.PdfReader(io.BytesIO(pdf_bytes(drawn)))
    said = words(content.pages[0])
    (found,) = (n for n, sheet in enumerate(content.pages, 1) if words(sheet).startswith("Annex 1. More"))
    assert f"Annex 1. More {found}" in said
    assert "One message" not in said
    marks = [mark for entry in content.outline for mark in (entry if isinstance(entry, list) else [entry])]
    assert [mark.title for mark in marks].count("One message") == len(charts())


def test_it_is_tagged_titled_and_asks_for_pdf_ua(paper: pypdf.PdfReader) -> None:
    root = paper.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert paper.metadata is not None
    assert paper.metadata.title == "Investment Committee (DRAFT)"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert len(paper.outline) > 0


def test_every_chart_has_its_words_in_the_tags() -> None:
    content = pypdf.PdfReader(io.BytesIO(rendered(pdf_bytes, small())))
    things = [pypdf.generic.IndirectObject(n, 0, content).get_object() for n in range(1, content.trailer["/Size"])]
    alts = [thing["/Alt"] for thing in things if isinstance(thing, dict) and "/Alt" in thing]
    assert alts.count("In words.") == sum(chart.mark != "" for chart in charts())


def test_the_tags_tell_headings_tables_headers_and_figures_apart(paper: pypdf.PdfReader) -> None:
    things = [pypdf.generic.IndirectObject(n, 0, paper).get_object() for n in range(1, paper.trailer["/Size"])]
    elements = [thing for thing in things if isinstance(thing, dict) and "/S" in thing and "/P" in thing]
    kinds = Counter(str(thing["/S"]) for thing in elements)
    assert {"/Document", "/H1", "/H2", "/P", "/Table", "/TR", "/TH", "/TD", "/Figure"} <= set(kinds)


def named_rows(parts: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """Of each row of a table that is named in words, and of those in it: how many cells, and which is the name."""
    for row in (row for part in parts["parts"] for row in part if "cells" in row):
        name = row["cells"][parts["from"]]
        if name["kind"] != "words" or any(said for _, said in name["runs"]):
            yield len(row["cells"]), parts["from"]
        yield from named_rows(row["detail"]) if row["detail"] else ()


def test_every_row_has_its_header_and_every_cell_says_which_are_its_own(paper: pypdf.PdfReader) -> None:
    outline = meridian()
    front = [outline.front.decisions, *outline.front.left, *outline.front.right]
    drawn = [item.printed for item in (*front, *(one for part in outline.chapters for one in part.items)) if item]
    wanted = Counter(row for table in drawn if isinstance(table, Table) for row in named_rows(_table(table)))
    names = paper.trailer["/Root"]["/StructTreeRoot"]["/IDTree"]["/Names"]
    headers = dict(zip(names[::2], (one.get_object() for one in names[1::2]), strict=True))
    assert list(headers) == sorted(headers)
    assert all(head["/ID"] == name for name, head in headers.items())
    assert {head["/A"][0]["/Scope"] for head in headers.values()} == {"/Column", "/Row"}
    found = Counter[tuple[int, int]]()
    for name, head in headers.items():
        row = [cell.get_object() for cell in head["/P"]["/K"]]
        assert head in row
        if head["/A"][0]["/Scope"] == "/Row":
            found[len(row), row.index(head)] += 1
            of = [cell["/A"][0]["/Headers"] for cell in row]
            assert all((name in said) != (cell is row[row.index(head)]) for cell, said in zip(row, of, strict=True))
            assert all(other in headers for said in of for other in said)
    assert found == wanted


def test_text_of_a_register_is_printed_not_read() -> None:
    content = pypdf.PdfReader(io.BytesIO(rendered(pdf_bytes, small())))
    said = "".join(words(page) for page in content.pages).replace(" ", "")
    for part in ('=1+1#panic("x")*bold*$x$<b>&amp;\\u{41}@SUM(A1)', "'q'abc□"):
        assert part.replace(" ", "") in said
    assert HOSTILE.startswith("=1+1")


def test_a_part_of_a_cell_may_begin_with_any_letter() -> None:
    """Names, ids and words of a committee in any script, alone and beside others."""
    names = ("Ü01", "é1", "水1", "🚰1", "ﬁ", "Йод", "مشروع", ",x", "·y", "a")
    runs = [(("lead", "A"), ("id", name), ("body", name), ("small", name)) for name in names]
    shown = Table(id="t", alt="-", title="t", data=pd.DataFrame({"a": runs}), columns=(Field("a", "a", kind="text"),))
    said = "".join(
        page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_bytes(laid_out([collected(shown)])))).pages
    )
    assert all(name in said for name in ("Ü01", "é1", "Йод"))


def test_the_name_of_a_group_stands_with_its_rows_and_again_where_they_go_on() -> None:
    ended = set()
    for first in range(28, 44):
        rows = pd.DataFrame(
            {"what": [f"row {n}" for n in range(90)], "group": ["Fund"] * first + ["Refuse"] * (90 - first)}
        )
        shown = Table(id="t", alt="-", title="t", data=rows, columns=(Field("what", "what", kind="text"),),
                      group=Field("group"))  # fmt: skip
        paper = pypdf.PdfReader(io.BytesIO(pdf_bytes(laid_out([collected(shown)]))))
        pages = [[line.strip() for line in page.extract_text().splitlines()] for page in paper.pages]
        for page in pages:
            at = [n for n, line in enumerate(page) if line.startswith("row ")]
            assert not at or page[at[0] - 1] in ("Fund", "Refuse")
            assert not at or "Refuse" not in page[at[-1] + 1 :]
        ended.add(next(page.index("Refuse") for page in pages if "Refuse" in page))
    assert len(ended) > 10, "the group begins at many heights of the page"


def test_a_page_one_that_is_too_long_stops_the_build() -> None:
    from dataclasses import replace

    from pmo_kit.exhibits.records import from_json

    shown = [from_json(record) for record in records() if str(record["id"]).startswith("page_one.")]
    long = Message(id="page_one.limits", alt="-", title="What limits us", items=(("Money.", "word " * 3000),))
    shown = [long if item.id == long.id else replace(item) for item in shown]
    with pytest.raises(PackError, match="does not fit one page"):
        pdf_bytes(laid_out([collected(*shown)], FRONT))


def test_a_missing_alternative_text_stops_the_build() -> None:
    with pytest.raises(PackError, match=r"'m' \(one.ipynb, cell 3\) has no words"):
        laid_out([collected(Message(id="m", alt="  ", title="t", items=(("a", "b"),)))])


def test_page_one_asks_only_for_what_is_shown() -> None:
    with pytest.raises(PackError, match=r"asks for page_one.headline, .* which no notebook shows"):
        laid_out([collected(Message(id="m", alt="-", title="t", items=(("a", "b"),)))], FRONT)


def test_equal_packs_give_equal_bytes() -> None:
    assert pdf_bytes(small()) == pdf_bytes(small())


@pytest.mark.parametrize("chart", charts(), ids=lambda chart: chart.id)
def test_a_picture_holds_text_as_text(chart: object) -> None:
    import xml.etree.ElementTree as Tree

    drawn = Tree.fromstring(picture(chart, 317))  # type: ignore[arg-type]
    said = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert said
    assert drawn.get("width") == "317"
    assert not [element for element in drawn.iter() if element.tag.endswith(("script", "image", "foreignObject"))]


def test_emphasis_outside_of_a_table_heads_no_row() -> None:
    source = b'#set document(title: "T")\n#emph[Outside]\n#table(columns: 2, table.header[A][B], emph[one], [two])'
    made = typst.compile(source, font_paths=list(map(str, fonts())), ignore_system_fonts=True, pdf_standards=["ua-1"])
    names = pypdf.PdfReader(io.BytesIO(_headed(made))).trailer["/Root"]["/StructTreeRoot"]["/IDTree"]["/Names"]
    assert [one.get_object()["/A"][0]["/Scope"] for one in names[1::2]] == ["/Row", "/Column", "/Column"]


def test_a_font_of_symbols_alone_draws_no_letters(tmp_path: Path) -> None:
    font = TTFont(next(FONT_FOLDER.glob("*-Regular.ttf")))
    font["cmap"].tables = font["cmap"].tables[:1]
    font["cmap"].tables[0].platformID, font["cmap"].tables[0].platEncID = 3, 0
    font.save(tmp_path / "Symbols-Regular.ttf")
    assert coverage((tmp_path,)) == set()
    assert coverage((tmp_path, FONT_FOLDER)) == coverage((FONT_FOLDER,))
