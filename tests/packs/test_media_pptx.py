"""The deck: native charts and tables, words for those who cannot see them, a template that can be replaced."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from pptx.util import Pt

from pmo_kit.errors import PackError
from pmo_kit.exhibits.records import Chart, Field, Kpi, Message, Reference, Table
from pmo_kit.packs import build_pack
from pmo_kit.packs.layout import Outline
from pmo_kit.packs.media.office import spec
from pmo_kit.packs.media.pptx import Box, add_chart, deck_bytes, pages
from pmo_kit.packs.spec import Deck, kit_deck, read_spec
from pmo_kit.packs.verify import verify_pack
from pmo_kit.shipped import shipped
from tests.packs.media_case import HOSTILE, charts, collected, laid_out, meridian, rendered, small
from tests.packs.tiny import LOAD, Workspace, message, notebook


@pytest.fixture(scope="module")
def deck() -> object:
    return Presentation(io.BytesIO(rendered(deck_bytes, meridian())))


def graphics(deck: object) -> dict[str, object]:
    return {
        shape.name.split(" ", 1)[-1]: shape
        for slide in deck.slides  # type: ignore[attr-defined]
        for shape in slide.shapes
        if shape.has_chart or shape.has_table
    }


@pytest.mark.long
def test_the_first_slide_is_the_decision(deck: object) -> None:
    slide = deck.slides[0]  # type: ignore[attr-defined]
    assert slide.slide_layout.name == "Decision"
    assert slide.shapes.title.text.startswith("Stop Billing replacement and fund 36 projects:")
    said = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
    (asked,) = [shape.table for shape in slide.shapes if shape.has_table]
    assert [row.cells[0].text for row in asked.rows] == ["■ STOP", "✓ FUND", *["× REFUSE"] * 3]
    assert asked.rows[0].cells[1].text.startswith("Billing replacement")
    assert any(text.startswith("▸ What would change this advice: Exit cost of Billing") for text in said)
    (chart,) = [shape.chart for shape in slide.shapes if shape.has_chart]
    assert list(chart.plots[0].categories) == [
        "Data engineers 2028: the limit", "Money 2027, with the exit cost", "Money 2028",
    ]  # fmt: skip


def test_a_front_page_that_asks_nothing_begins_with_its_table_or_its_tiles_and_repeats_nothing() -> None:
    from pmo_kit.packs.spec import PageOne
    from tests.packs.media_case import table

    said = Message(id="h", alt="-", title="Two projects are rated Red", items=())
    tiles = Kpi(
        id="k", alt="-", title="In numbers", data=pd.DataFrame({"label": ["Money"], "value": [6.9], "limit": 7.3})
    )
    known = Message(id="m", alt="-", title="Since last time", items=(("Not kept:", "Archive was stopped."),))
    rows = pd.DataFrame({"project": [f"Project {n}" for n in range(30)], "n": 1.0})
    columns = (Field("project", "project", kind="text"), Field("n", "n"))
    for shown in (table(), table(data=rows, columns=columns, totals=0)):
        drawn = laid_out([collected(said, shown)], PageOne(headline="h", decisions="case.table"))
        slides = [*Presentation(io.BytesIO(deck_bytes(drawn))).slides]
        told = [row.cells[0].text for slide in slides for shape in slide.shapes if shape.has_table
                for row in list(shape.table.rows)[1:]]  # fmt: skip
        assert slides[0].shapes.title.text == "Two projects are rated Red"
        assert any(shape.has_table for shape in slides[0].shapes)
        (begun,) = (shape.table for shape in slides[0].shapes if shape.has_table)
        apart = [field.title for field, cell in zip(shown.columns, begun.rows[1].cells, strict=True)
                 if cell.margin_left > Pt(6)]  # fmt: skip
        assert apart == [field.title for field in shown.columns if field.kind == "time"], "dates stand off numbers"
        assert len(told) == len(set(told)) == len(shown.data)
    front = PageOne(headline="h", tiles="k", decisions="case.table", left=("m",))
    first, second = Presentation(
        io.BytesIO(deck_bytes(laid_out([collected(said, tiles, known, table())], front)))
    ).slides
    words = "\n".join(shape.text_frame.text for shape in first.shapes if shape.has_text_frame)
    assert [part for part in ("6.9 of 7.3", "Since last time", "Archive was stopped.") if part not in words] == []
    assert second.shapes.title.text == "Leak sensors use half"


def test_what_belongs_to_a_table_stands_under_it_where_it_has_room() -> None:
    """A short message of page one, else the foot note; where neither has room they are on a slide and in the notes."""
    from pmo_kit.packs.spec import PageOne
    from tests.packs.media_case import table

    said = Message(id="h", alt="-", title="Two projects are rated Red", items=())
    sure = Message(id="m", alt="-", title="How sure", items=(("Computed:", "the best within the limits."),))
    rows = pd.DataFrame({"project": [f"Project {n}" for n in range(12)], "n": 1.0})
    long = table(data=rows, columns=(Field("project", "project", kind="text"), Field("n", "n")), totals=0)
    note = "pays: worth more than it costs."

    def slides(shown: Table, left: tuple[str, ...]) -> list[dict[str, object]]:
        drawn = laid_out(
            [collected(said, replace(shown, note=note), sure)], PageOne(headline="h", decisions="case.table", left=left)
        )
        return [{shape.name: shape for shape in slide.shapes} | {"notes": slide.notes_slide.notes_text_frame.text}
                for slide in Presentation(io.BytesIO(deck_bytes(drawn))).slides]  # fmt: skip

    def bottom(shape: object) -> int:
        return shape.top + sum(row.height for row in shape.table.rows)  # type: ignore[attr-defined, no-any-return]

    (first, *_) = slides(table(), ())
    assert first["Foot note"].text_frame.text == note  # type: ignore[attr-defined]
    assert first["Foot note"].top >= bottom(first["Table case.table"])  # type: ignore[attr-defined]
    (first,) = slides(table(), ("m",))
    assert first["Text m"].text_frame.text == "Computed: the best within the limits."  # type: ignore[attr-defined]
    assert first["Text m"].top >= bottom(first["Table case.table"])  # type: ignore[attr-defined]
    assert all(part in first["notes"] for part in (note, "Source: m"))  # type: ignore[operator]
    first, second = slides(long, ("m",))
    assert "Text m" in second
    assert "Text m" not in first
    assert "Foot note" not in first
    assert note in first["notes"]  # type: ignore[operator]


def test_messages_of_page_one_stand_side_by_side_in_one_size_of_type() -> None:
    from pmo_kit.packs.spec import PageOne

    def message(name: str, count: int) -> Message:
        return Message(
            id=name, alt="-", title=f"Message {name}", items=(("Computed:", "No other plan is better. " * count),)
        )

    said = Message(id="h", alt="-", title="Fund two projects", items=())
    told = [message("a", 3), message("b", 14), message("c", 8), message("d", 12), message("e", 2)]
    front = PageOne(headline="h", left=("a", "b", "c"), right=("d", "e"))
    slides = [*Presentation(io.BytesIO(deck_bytes(laid_out([collected(said, *told)], front)))).slides][1:]
    found = [
        [shape for shape in slide.shapes if not shape.is_placeholder and shape.name.startswith("Text ")]
        for slide in slides
    ]
    assert [[shape.name for shape in shapes] for shapes in found] == [
        ["Text a", "Text b", "Text c"],
        ["Text d", "Text e"],
    ]
    for shapes in found:
        assert len({run.font.size for s in shapes for p in s.text_frame.paragraphs for run in p.runs}) == 1
        assert all(a.left + a.width < b.left for a, b in itertools.pairwise(shapes))


def test_every_figure_has_words_and_every_slide_notes(deck: object) -> None:
    for slide in deck.slides:  # type: ignore[attr-defined]
        assert slide.has_notes_slide
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert shape._element.nvGraphicFramePr.cNvPr.get("descr"), shape.name
    notes = next(
        slide.notes_slide.notes_text_frame.text for slide in deck.slides  # type: ignore[attr-defined]
        if slide.shapes.title.text.startswith("Asked in 2029")
    )  # fmt: skip
    assert notes.startswith("39\u202f% of the 2029 ask must wait in any plan.")
    assert "Source: overview.ask · costs, budgets · register" in notes


def test_nothing_stands_outside_its_slide(deck: object) -> None:
    wide, high = deck.slide_width, deck.slide_height  # type: ignore[attr-defined]
    for number, slide in enumerate(deck.slides, 1):  # type: ignore[attr-defined]
        for shape in slide.shapes:
            assert shape.left >= -10, (number, shape.name)
            assert shape.left + shape.width <= wide + 10, (number, shape.name)
            assert shape.top + shape.height <= high + 10, (number, shape.name)


def test_the_strip_stands_on_every_slide(deck: object) -> None:
    for slide in deck.slides:  # type: ignore[attr-defined]
        said = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        assert any("Pack 748e29fbef2a" in text and text.endswith("DRAFT") for text in said)


@pytest.mark.parametrize("chart", charts(), ids=lambda chart: chart.id)
def test_every_mark_can_be_drawn(chart: object) -> None:
    made = Presentation(io.BytesIO(deck_bytes(laid_out([collected(chart)]))))  # type: ignore[arg-type]
    shapes = made.slides[0].shapes
    wanted = (
        "none" if chart.data.empty else "table" if chart.mark == "heatmap" else "chart" if spec(chart) else "picture"
    )  # type: ignore[attr-defined]
    found = ["chart" for shape in shapes if shape.has_chart] + ["table" for shape in shapes if shape.has_table]
    found += ["picture" for shape in shapes if shape.shape_type == MSO_SHAPE_TYPE.PICTURE]
    assert (found or ["none"]) == [wanted]
    for series in spec(chart).series if wanted == "chart" else ():  # type: ignore[union-attr]
        assert series.name in [one.name for one in shapes[-1].chart.plots[0].series] or not series.across


def test_a_chart_says_outright_what_programs_take_differently_where_it_is_not_there() -> None:
    """What is absent is no in a sheet and yes on a slide: lines would bend, axes vanish, labels name everything."""
    for shape in graphics(Presentation(io.BytesIO(rendered(deck_bytes, small())))).values():
        if not shape.has_chart:  # type: ignore[attr-defined]
            continue
        drawn = shape.chart._chartSpace  # type: ignore[attr-defined]
        axes = drawn.xpath(".//c:catAx | .//c:valAx")
        assert len(drawn.xpath(".//c:catAx/c:delete | .//c:valAx/c:delete")) == len(axes) == 2
        assert len(drawn.xpath(".//c:scatterChart//c:smooth")) == len(drawn.xpath(".//c:scatterChart/c:ser"))
        labels = drawn.xpath(".//c:dLbls | .//c:dLbl[not(c:delete)]")
        for name in ("showLegendKey", "showCatName", "showSerName"):
            assert {tuple(one.xpath(f"./c:{name}/@val")) for one in labels} <= {("0",)}


def test_a_label_can_be_read_on_the_bar_that_it_stands_in() -> None:

    from pmo_kit.exhibits import theme

    data = pd.DataFrame({"what": ["was", "less", "is"], "kind": ["previous", "bad", "actual"],
                         "from": [0.0, 3.0, 0.0], "to": [5.0, 5.0, 3.0]})  # fmt: skip
    bridge = Chart(id="b", alt="-", title="B", mark="bar", data=data, x=Field("to"), y=Field("what", kind="category"),
                   start=Field("from"), series=Field("kind"), styles={})  # fmt: skip
    (shape,) = graphics(Presentation(io.BytesIO(deck_bytes(laid_out([collected(bridge)]))))).values()
    series = shape.chart.plots[0].series[1]  # type: ignore[attr-defined]
    inks = [f"#{color}" for color in series._element.xpath("./c:dLbls/c:dLbl//a:srgbClr/@val")]
    grounds = [theme.look(style).fill for style in data["kind"]]
    assert len(set(inks)) > 1
    assert all(theme.contrast(ink, ground) >= 4.5 for ink, ground in zip(inks, grounds, strict=True))


def test_numbers_of_a_plan_and_its_envelope_are_told_alike_in_every_year() -> None:
    """That of the envelope stands above both bars, that of the plan within its own, also where it is the higher."""
    data = pd.DataFrame({"year": ["2028", "2029"] * 2, "what": ["envelope"] * 2 + ["spent"] * 2,
                         "amount": [110.0, 54.0, 107.0, 56.6]})  # fmt: skip
    layered = Chart(id="l", alt="-", title="L", mark="bar", data=data, x=Field("year", kind="time"), y=Field("amount"),
                    series=Field("what"), layered=True, styles={"envelope": "plan", "spent": "forecast"})  # fmt: skip
    (shape,) = graphics(Presentation(io.BytesIO(deck_bytes(laid_out([collected(layered)]))))).values()
    plot = shape.chart.plots[0]  # type: ignore[attr-defined]
    found = [
        (series.values, series._element.xpath("./c:dLbls/c:dLblPos/@val"), series._element.xpath(".//a:t/text()"))
        for series in plot.series
    ]
    # At the end is what a program does unasked.
    assert found == [((110.0, 54.0), [], []), ((107.0, 56.6), ["ctr"], []), ((110.0, 56.6), [], ["110.0", "54.0"])]
    assert [one.name for one in shape.chart.plots[0].series][:2] == ["envelope", "spent"]  # type: ignore[attr-defined]


def test_bars_that_lie_over_one_another_stand_in_blocks() -> None:
    data = pd.DataFrame({"area": ["A", "A", "B", "B"], "role": ["x", "x", "y", "y"], "what": ["has", "needs"] * 2,
                         "n": [5.0, 3.0, 6.0, 7.0]})  # fmt: skip
    layered = Chart(id="l", alt="-", title="L", mark="bar", data=data, x=Field("n"), y=Field("role", kind="text"),
                    series=Field("what"), group=Field("area", kind="text"), layered=True)  # fmt: skip
    (shape,) = graphics(Presentation(io.BytesIO(deck_bytes(laid_out([collected(layered)]))))).values()
    plot = shape.chart.plots[0]  # type: ignore[attr-defined]
    assert list(plot.categories) == ["A", "x", "B", "y"]
    assert [series.values for series in plot.series][-1] == (None, 5.0, None, 7.0)


def test_a_deck_says_its_own_size_and_program() -> None:
    with zipfile.ZipFile(io.BytesIO(rendered(deck_bytes, small()))) as archive:
        names = archive.namelist()
        whole = archive.read("ppt/presentation.xml").decode()
        assert "<Application>pmo_kit</Application>" in archive.read("docProps/app.xml").decode()
    assert not [name for name in names if "thumbnail" in name]
    assert "screen4x3" not in whole
    assert whole.count("<p:notesMasterId ") == 1


def test_no_slide_of_one_line_and_no_divider(deck: object) -> None:
    for slide in deck.slides:  # type: ignore[attr-defined]
        said = [s for s in slide.shapes if s.has_text_frame and s.text_frame.text and not s.is_placeholder]
        bodies = [s for s in slide.shapes if s.has_chart or s.has_table or s.shape_type == MSO_SHAPE_TYPE.PICTURE]
        lines = sum(len(s.text_frame.paragraphs) for s in said)
        assert bodies or lines > 1, slide.shapes.title.text


def test_a_headline_whose_lines_do_not_fit_is_broken_otherwise() -> None:
    from pmo_kit.exhibits import theme
    from pmo_kit.packs.media.pptx import EMU, WIDEST
    from pmo_kit.packs.spec import PageOne
    from tests.packs.media_case import table

    long = "Wastewater asked 136.7 EUR million for twelve projects, gets 107.3 expected for nine;\n" * 2
    said = Message(id="h", alt="-", title=long + "and three of them wait", items=())
    drawn = laid_out([collected(said, table())], PageOne(headline="h", decisions="case.table"))
    first = Presentation(io.BytesIO(deck_bytes(drawn))).slides[0]
    title = first.shapes.title
    size = title.text_frame.paragraphs[0].runs[0].font.size.pt
    rows = theme.wrap(title.text_frame.text, title.width / EMU, size * WIDEST[0], True)
    assert "\x0b" not in title.text_frame.text
    assert len(rows) * size * 1.2 <= title.height / EMU + 2
    wide = next(shape.width for shape in first.shapes if shape.has_table)
    assert wide > 0.85 * Presentation(io.BytesIO(deck_bytes(drawn))).slide_width, "nothing stands beside it"


def test_a_picture_with_too_many_rows_is_a_table_with_its_line_in_words() -> None:

    from pmo_kit.packs.media.pptx import open_template, too_small

    def bars(count: int) -> Chart:
        data = pd.DataFrame({"what": [f"Source {n}" for n in range(count)], "n": [float(n) for n in range(count)]})
        return Chart(id="b", alt="-", title="B", mark="bar", data=data, unit_line="percent", x=Field("n", "distance"),
                     y=Field("what", kind="text"), references=(Reference("x", 5.0, "rounding"),))  # fmt: skip

    room = open_template().room_of("figure")
    small = too_small(bars(20), room)
    assert small is not None
    assert small.unit_line == "percent · rounding: 5.0"
    assert [field.name for field in small.columns] == ["what", "n"]
    assert too_small(bars(8), room) is None


def test_text_of_a_register_is_text() -> None:
    made = Presentation(io.BytesIO(rendered(deck_bytes, small())))
    shape = graphics(made)["case.table"]
    assert shape.table.cell(2, 0).text == HOSTILE  # type: ignore[attr-defined]


def test_a_long_table_goes_on_and_repeats_its_header(deck: object) -> None:
    slides = [s for s in deck.slides if s.shapes.title.text.startswith("Fund 36 projects, stop")]  # type: ignore[attr-defined]
    assert len(slides) > 1
    tables = [next(shape.table for shape in slide.shapes if shape.has_table) for slide in slides]
    assert {table.cell(0, 1).text for table in tables} == {"project"}
    assert sum(len(table.rows) - 1 for table in tables) == 38


@pytest.mark.long
def test_equal_packs_give_equal_bytes() -> None:
    assert deck_bytes(meridian()) == deck_bytes(meridian())


def test_what_a_short_step_of_a_bridge_says_stands_beside_it() -> None:
    data = pd.DataFrame({"step": ["before", "left", "now"], "start": [0.0, 35.0, 0.0], "n": [36.2, 36.2, 35.0],
                         "said": ["36.2", "−1.2", "35.0"]})  # fmt: skip
    words, number = Field("step", kind="text"), Field("n")
    chart = Chart(id="b", alt="-", mark="bar", data=data, x=number, y=words, start=Field("start"),
                  label=Field("said", kind="text"))  # fmt: skip
    drawn = spec(chart)
    assert drawn is not None
    assert [one.labels for one in drawn.series] == [("", "−1.2", ""), ("36.2", "", "35.0")]
    deck = Presentation()
    shape = add_chart(deck.slides.add_slide(deck.slide_layouts[6]), chart, Box(0, 0, 9_000_000, 4_000_000))
    made = shape.chart._chartSpace.xml
    assert made.count("−1.2") == 1
    assert 'dLblPos val="inEnd"' in made


LAYOUTS = {"decision": "Our title", "chapter": "Section Header", "exhibit": "Title Only"}


def own_template(folder: Path) -> Path:
    """A template of somebody else: the empty deck of python-pptx, one layout with another name."""
    own = Presentation()
    own.slide_layouts[0].name = "Our title"
    own.save(str(folder / "own.pptx"))
    return folder / "own.pptx"


def with_deck(outline: Outline, deck: Deck) -> Outline:
    return replace(outline, deck=deck)


@pytest.mark.long
def test_an_organization_puts_its_own_template(tmp_path: Path) -> None:
    deck = Deck(own_template(tmp_path), LAYOUTS)
    made = Presentation(io.BytesIO(deck_bytes(with_deck(meridian(), deck))))
    assert made.slides[0].slide_layout.name == "Our title"
    assert {slide.slide_layout.name for slide in made.slides} == {LAYOUTS["decision"], LAYOUTS["exhibit"]}
    assert "arbitration.frontier" in graphics(made)


def test_a_template_file_is_read_as_a_deck(tmp_path: Path) -> None:
    source = shipped("templates", "report", "deck", "pmo_kit.pptx")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(tmp_path / "own.potx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"presentation.main+xml", b"template.main+xml"))
    deck = replace(kit_deck(), template=tmp_path / "own.potx")
    assert len(Presentation(io.BytesIO(deck_bytes(with_deck(small(), deck)))).slides) == 14


@pytest.mark.long
def test_the_pack_file_maps_layouts_and_the_pack_is_rebuilt_with_them(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")))
    own_template(tmp_path / "packs")
    mapped = ", ".join(f"{kind}: {name}" for kind, name in LAYOUTS.items())
    asked = f"deck: {{template: own.pptx, layouts: {{{mapped}}}}}\nformats: [pptx]\n"
    file.write_text(file.read_text(encoding="utf-8") + asked, encoding="utf-8")
    folder = build_pack(file, tmp_path / "out")
    names = [slide.slide_layout.name for slide in Presentation(str(folder / "pack.pptx")).slides]
    assert names == ["Title Only"]
    assert "own/own.pptx" in json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert verify_pack(folder).equal


def test_what_is_wrong_with_a_deck_is_told_with_its_line(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")))
    own_template(tmp_path / "packs")
    first = len(file.read_text(encoding="utf-8").splitlines()) + 1
    wrong = "deck:\n  template: own.pptx\n  layouts:\n    decision: Entscheid\n    exhibits: Title Only\n"
    file.write_text(file.read_text(encoding="utf-8") + wrong, encoding="utf-8")
    with pytest.raises(PackError) as caught:
        read_spec(file)
    told = str(caught.value)
    assert f"line {first + 3}: decision: 'own.pptx' has no layout 'Entscheid'; it has Our title," in told
    assert f"line {first + 4}: 'exhibits' is not known; did you mean 'exhibit'?" in told
    assert f"line {first + 2}: chapter: 'own.pptx' has no layout 'Chapter'" in told


def test_the_name_of_a_group_stands_with_a_row_of_it() -> None:
    room, parted = Box(0, 0, 11_000_000, 4_000_000), 0
    columns = (Field("project", title="project", kind="text"), Field("n", title="n", decimals=0))
    for rows in range(2, 60):
        data = pd.DataFrame(
            {"project": "Some project", "n": range(rows + 9), "group": ["Fund"] * rows + ["Refuse"] * 9}
        )
        made = pages(Table(data=data, columns=columns, group=Field("group", kind="category")), room)
        parted += len(made) > 1
        assert sum(len(page.lines) for page in made) == len(data) + 2
        assert all(page.lines[-1][0].span == 1 for page in made)
    assert parted > 20


@pytest.mark.slow
def test_five_thousand_rows_take_six_slides_and_say_how_many_are_left() -> None:
    data = pd.DataFrame({"project": [f"Project {n} " + "x" * (n % 300) for n in range(5000)], "n": range(5000)})
    columns = (Field("project", title="project", kind="text"), Field("n", title="n", decimals=0))
    made = Presentation(
        io.BytesIO(deck_bytes(laid_out([collected(Table(id="t", alt="-", data=data, columns=columns))])))
    )
    tables = [shape.table for slide in made.slides for shape in slide.shapes if shape.has_table]
    assert len(tables) == 6
    shown = sum(len(table.rows) - 1 for table in tables) - 1
    assert tables[-1].cell(len(tables[-1].rows) - 1, 0).text == f"and {5000 - shown} more, in the annex"


@pytest.mark.long
def test_every_slide_of_numbers_names_their_unit_below_its_title() -> None:
    """A table under a row of another has the unit of the whole, not the words for those who cannot see it."""
    deck = Presentation(io.BytesIO(rendered(deck_bytes, meridian())))
    slides = [slide for slide in deck.slides if any(shape.has_table or shape.has_chart for shape in slide.shapes)]
    assert len(slides) > 3
    for slide in slides:
        words = [shape.text_frame.text for shape in slide.shapes if shape.has_text_frame]
        assert not [one for one in words if "a table of" in one]
        assert len(words) >= 4, "title, the line of units below it, footer, number"


def test_a_message_stands_under_its_table_in_a_line_where_it_has_no_room_for_its_title() -> None:
    """Between room for its title too and a slide of its own."""
    from pmo_kit.packs.spec import PageOne

    said = Message(id="sure", alt="-", title="How sure", items=(("Computed:", "32.5 is proven."), ("Data:", "Fine.")))
    head = Message(id="h", alt="-", title="Networks gets 92.4", items=())
    found = []
    for count in range(4, 16):
        data = pd.DataFrame({"what": [f"Project {n}" for n in range(count)], "n": [float(n) for n in range(count)]})
        rows = Table(id="t", alt="-", title="Nine of eleven", data=data,
                     columns=(Field("what", "project", kind="text"), Field("n", "money")))  # fmt: skip
        outline = laid_out([collected(head, rows, said)], PageOne(headline="h", decisions="t", left=("sure",)))
        slides = Presentation(io.BytesIO(deck_bytes(outline))).slides
        (place,) = [n for n, slide in enumerate(slides) for one in slide.shapes if one.name == "Text sure"]
        (lines,) = [one.text_frame.text for one in slides[place].shapes if one.name == "Text sure"]
        under = any(one.has_table for one in slides[place].shapes)
        found.append((under, lines == "How sure Computed: 32.5 is proven. Data: Fine."))
    assert {(True, False), (True, True), (False, False)} == set(found), found


def test_a_line_of_a_headline_is_not_broken_where_it_fits_joined() -> None:
    from pmo_kit.packs.spec import PageOne

    lines = ("Networks asked 113.6 EUR million for eleven projects, gets 92.4 expected for nine;",
             "Service reservoir twin cell and River crossing pipe renewal wait")  # fmt: skip
    said = Message(id="h", alt="-", title="\n".join(lines), items=())
    outline = laid_out([collected(said)], PageOne(headline="h"))
    title = Presentation(io.BytesIO(deck_bytes(outline))).slides[0].shapes.title
    assert title.text_frame.text.replace("\x0b", "\n") == " ".join(lines)


def test_the_table_under_a_row_is_told_in_one_sentence() -> None:
    amounts = Table(data=pd.DataFrame({"n": [1.0, 2.0]}), columns=(Field("n"),))
    rows = pd.DataFrame({"what": [(("lead", "Fund two projects."), ("text", "One has a condition. It holds."))]})
    table = Table(id="t", alt="-", title="What is asked", data=rows, columns=(Field("what", kind="text"),),
                  details=((0, amounts),))  # fmt: skip
    slides = Presentation(io.BytesIO(deck_bytes(laid_out([collected(table)])))).slides
    told = [one._element.xpath(".//p:cNvPr/@descr") for slide in slides for one in slide.shapes if one.has_table]
    assert ["Table of two rows."] in told
