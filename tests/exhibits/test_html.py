"""HTML fragments: escaped, complete, and as drawn in the reference pages."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.exhibits import Chart, Field, Kpi, Message, Table
from pmo_kit.exhibits.cells import data_table, source_line
from pmo_kit.exhibits.display import fragment, plain
from tests.exhibits import meridian_12

GOLDEN = Path(__file__).parents[1] / "golden" / "exhibits"


class Reader(HTMLParser):
    """Tags, attributes and text of a fragment."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        if tag not in ("br", "rect", "path", "circle"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


OURS = {"section", "h3", "p", "span", "b", "br", "table", "thead", "tbody", "tr", "th", "td", "div", "i", "svg",
        "rect", "path", "circle", "text"}  # fmt: skip
EVIL = '<script>alert(1)</script><img src=x onerror="alert(1)">\' & "'


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=40))
def test_text_is_data(text: str) -> None:
    text = f"x{text}{EVIL}x"
    cell = (("lead", text), ("text", text), ("id", text), ("line", text), ("small", text))
    data = pd.DataFrame({"a": [text], "id": [text], "b": [cell], "r": [text], "d": [text], "m": [text], "n": [text]})
    kinds = {"a": "text", "id": "text", "b": "text", "r": "rag", "d": "decision", "m": "mark", "n": "note"}
    common = {
        "id": text,
        "alt": text,
        "title": text,
        "unit_line": text,
        "takeaway": text,
        "note": text,
        "source": text,
    }
    columns = tuple(Field(name, title=text, unit=text, kind=kind) for name, kind in kinds.items())
    chart_data = pd.DataFrame({"x": [1.0], "y": [text]})
    tile = pd.DataFrame({"label": [text], "value": [text], "note": [text], "unit": [text]})
    for exhibit in (
        Table(data=data, columns=columns, group=Field("a"), **common),
        Kpi(data=tile, **common),
        Message(items=((text, text),), **common),
        Chart(mark="bar", data=chart_data, x=Field("x"), y=Field("y", kind="text"), **common),
    ):
        read = Reader(fragment(exhibit))
        assert set(read.tags) <= OURS
        assert not {name for name in read.attributes if name.startswith("on") or name == "src"}
        assert not read.open
        assert text in "".join(read.text)


def test_decisions_table_is_as_agreed() -> None:
    """Number, mark, lead in bold with small print, owner and date, consequence, and the list of amounts."""
    html = fragment(meridian_12.decisions())
    assert html + "\n" == (GOLDEN / "decisions.html").read_text(encoding="utf-8")
    words = " ".join(Reader(html).text)
    for said in (
        "STOP",
        "FUND",
        "REFUSE",
        "Corporate director",
        "47.0",
        "44.0",
        "Holds in 4 of 5 cases tested",
    ):
        assert said in words
    assert html.count("<table") == 3


def test_numbers_totals_groups_and_notes() -> None:
    data = pd.DataFrame(
        {
            "area": ["A", "A", "B", ""],
            "name": ["one", "two", "three", "Sum"],
            "value": [1234.5, -2.0, float("nan"), 1232.5],
            "why": ["", "because", None, ""],
        }
    )
    columns = (
        Field("name", "Project", kind="text"), Field("value", "change", "EUR million", signed=True, ruled=True),
        Field("why", kind="note"),
    )  # fmt: skip
    html = fragment(Table(id="t", alt="-", data=data, columns=columns, totals=1, group=Field("area")), framed=False)
    assert html.count('class="pk-group"') == 2
    assert "+1\u202f234.5" in html
    assert "−2.0" in html
    assert '<span class="pk-missing">n/a</span>' in html
    assert '<tr class="pk-total pk-first"><th scope="row">Sum</th>' in html
    assert html.count('class="pk-under"') == 1
    assert '<th scope="col" class="pk-num pk-ruled">change <span class="pk-th-unit">EUR million</span></th>' in html


def test_marks_say_their_word_to_a_reader() -> None:
    def marked(kind: str, value: str) -> str:
        columns = (Field("x", kind=kind),)  # type: ignore[arg-type]
        return fragment(Table(id="t", alt="-", data=pd.DataFrame({"x": [value]}), columns=columns), framed=False)

    assert 'aria-label="Amber"' in marked("rag", "Amber")
    assert "<path" in marked("rag", "A")
    assert "<rect" in marked("rag", "red")
    assert 'aria-label="reduced"' in marked("mark", "reduced")
    assert "STOP" in marked("decision", "stop")
    assert "pk-decision-fund" in marked("decision", "fund_to_next_gate")
    assert ">think again<" in marked("decision", "think again")
    assert "<span" not in marked("decision", "think again").partition("<tbody>")[2]


def test_tiles_draw_the_share_of_a_limit() -> None:
    html = fragment(meridian_12.tiles(), framed=False)
    assert html.count('class="pk-kpi') >= 4
    assert html.count('class="pk-bar"') == 3
    assert 'width="97.00%"' in html
    over = Kpi(id="k", alt="-", data=pd.DataFrame({"label": ["Money"], "value": [55.0], "limit": [50.0]}))
    assert "pk-over" in fragment(over)
    assert 'width="100.00%"' in fragment(over)


def test_a_chart_leaves_its_place_and_its_numbers() -> None:
    chart = meridian_12.prices()
    assert 'data-figure="arbitration.prices" role="img"' in fragment(chart)
    assert "Reservoir Learning Hub" in fragment(data_table(chart))


def test_the_source_line_shortens_hashes() -> None:
    line = source_line(meridian_12.prices())
    assert (
        line == "arbitration.prices · projects, costs, benefits · register 8260e04b · status proven: 381 plans compared"
    )


def test_plain_text_has_every_number() -> None:
    text = plain(meridian_12.decisions())
    for said in (
        "You are asked to decide",
        "■ STOP",
        "Billing replacement.",
        "2026-11-30",
        "under row 2:",
        "47.0",
    ):
        assert said in text
    assert "14 of 14" in plain(meridian_12.tiles())
