"""Charts: what is drawn, where it stands, and that text stays text."""

from __future__ import annotations

import datetime as dt
import html
import itertools
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.exhibits import Chart, Field, Reference, theme
from pmo_kit.exhibits.canvas import TICK_GAP, Box, Dot, Path, Sheet, Words, draw, picture, positions, ticks
from pmo_kit.exhibits.records import Mark
from tests.exhibits import meridian_12
from tests.exhibits.gallery import figure

CHARTS = {chart.id: chart for chart in meridian_12.charts()}


def said(chart: Chart, width: int = 800) -> list[str]:
    return [mark.text for mark in draw(chart, width).marks if isinstance(mark, Words)]


def boxes(sheet: Sheet, **look: object) -> list[Box]:
    found = [mark for mark in sheet.marks if isinstance(mark, Box) and (mark.fill or mark.edge)]
    return [box for box in found if all(getattr(box, name) == value for name, value in look.items())]


def axis(sheet: Sheet) -> list[Words]:
    """The words left of the plot area."""
    return [mark for mark in sheet.marks if isinstance(mark, Words) and mark.x == -TICK_GAP]


def bar_chart(values: Sequence[float], names: Sequence[str] | None = None, **more: Any) -> Chart:
    words = list(names) if names is not None else [f"P{i:02d}" for i in range(len(values))]
    data = pd.DataFrame({"name": words, "value": list(values)})
    return Chart(
        id="a.b",
        alt="in words",
        mark="bar",
        data=data,
        x=Field("value"),
        y=Field("name", kind="text"),
        **more,
    )


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("width", [317, 665, 800])
def test_every_chart_draws_the_same_each_time(name: str, width: int) -> None:
    first = figure(CHARTS[name], width=width)
    assert first.to_json() == figure(CHARTS[name], width=width).to_json()
    assert first.layout.width == width
    assert first.layout.meta["alt"] == CHARTS[name].alt
    assert "bdata" not in first.to_json()
    assert picture(CHARTS[name], width) == picture(CHARTS[name], width)


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("width", [317, 665, 800])
def test_no_words_are_cut_off(name: str, width: int) -> None:
    """Each label, measured in Source Sans 3, ends inside the picture."""
    sheet = draw(CHARTS[name], width)
    for mark in (mark for mark in sheet.marks if isinstance(mark, Words)):
        wide = max(theme.text_width(line, mark.size, mark.bold) for line in mark.text.split("\n"))
        start = sheet.left + mark.x + mark.dx - {"left": 0, "right": 1}.get(mark.across, 0.5) * wide
        assert start >= -1, mark.text
        assert start + wide <= width + 1, mark.text


@pytest.mark.parametrize("name", CHARTS)
def test_screen_and_paper_draw_the_same_marks_and_words(name: str) -> None:
    """The two writers decide nothing: as many boxes, dots and lines, and the same words."""
    sheet, drawn, paper = draw(CHARTS[name], 665), figure(CHARTS[name], width=665), picture(CHARTS[name], 665)
    words = [html.unescape(line) for mark in sheet.marks if isinstance(mark, Words) for line in mark.text.split("\n")]
    on_screen = [html.unescape(part) for note in drawn.layout.annotations for part in note.text.split("<br>")]
    on_paper = [html.unescape(text) for text in re.findall(r">([^<>]+)</text>", paper)]
    assert on_screen == words
    assert set(filter(None, words)) <= set(on_paper)
    bars = sum(len(trace.y) for trace in drawn.data if trace.type == "bar" and trace.y[0] is not None)
    assert bars == sum(isinstance(mark, Box) for mark in sheet.marks)
    assert len(drawn.layout.shapes) == sum(isinstance(mark, Path) and not mark.says for mark in sheet.marks)
    assert paper.count("<path") >= sum(isinstance(mark, Path) for mark in sheet.marks)
    assert paper.count("<circle") >= sum(isinstance(mark, Dot) for mark in sheet.marks)


@pytest.mark.parametrize("name", CHARTS)
def test_every_label_can_be_read(name: str) -> None:
    """WCAG 2.2: words have a contrast of 4.5 with what is under them."""
    sheet = draw(CHARTS[name], 665)
    for mark in (mark for mark in sheet.marks if isinstance(mark, Words)):
        under = [
            box for box in boxes(sheet)
            if box.fill and box.x0 <= mark.x + mark.dx <= box.x1 and box.y0 <= mark.y + mark.dy <= box.y1
            and mark.across == "center" and mark.down == "middle"
        ]  # fmt: skip
        ground = (theme.PAPER if mark.ground else "") or (
            under[-1].fill if under and not under[-1].hatch else theme.PAPER
        )
        assert theme.contrast(mark.color, ground) >= 4.5, (mark.text, mark.color, ground)


def test_the_pointer_reads_names_and_units() -> None:
    data = pd.DataFrame({"who": ["Own solar"], "cost": [2.0], "value": [4.25]})
    money = "EUR million"
    chart = Chart(id="s", alt="-", mark="scatter", data=data, x=Field("cost", "cost", money),
                  y=Field("value", "net value", money), name=Field("who", kind="text"))  # fmt: skip
    (dot,) = [mark for mark in draw(chart).marks if isinstance(mark, Dot)]
    assert dot.say == "Own solar\ncost: 2.0 EUR million\nnet value: 4.3 EUR million"
    says = [box.say for box in draw(meridian_12.prices()).marks if isinstance(box, Box)]
    assert any(say.endswith("EUR million, real 2026") and "9.0" in say for say in says), says[:2]
    assert all("\n" in say for say in says)
    drawn = figure(chart)
    assert theme.contrast(drawn.layout.hoverlabel.font.color, drawn.layout.hoverlabel.bgcolor) >= 4.5


def test_bars_lie_and_carry_their_labels() -> None:
    chart = meridian_12.prices()
    sheet = draw(chart)
    for block in (
        "Out: price of letting it in",
        "In: what is lost if it leaves",
        "By law: what the duty costs",
    ):
        assert block in said(chart)
    assert {"9.0", "8.5", "1.5¹", "10.0"} <= set(said(chart))
    assert not sheet.key
    assert {round(box.x0) for box in boxes(sheet)} == {0}
    tops = [name.y for name in axis(sheet)]
    assert tops == sorted(tops)
    assert not [mark for mark in sheet.marks if isinstance(mark, Path) and mark.under]


def test_the_notation_holds() -> None:
    """IBCS: previous light, plan outlined, forecast hatched, good and bad apart."""
    bridge = draw(meridian_12.bridge())
    assert boxes(bridge, hatch=True)
    assert boxes(bridge, fill=theme.LIGHT_GRAY)
    assert boxes(bridge, fill=theme.ORANGE)
    ask = draw(meridian_12.ask())
    assert all(box.width > 0 for box in boxes(ask, fill=theme.PAPER))
    assert [name for name, box in ask.key.items() if box.y1 - box.y0 < 4] == ["asked"]


def test_a_bridge_runs_from_start_to_value() -> None:
    sheet = draw(meridian_12.bridge())
    losses = boxes(sheet, fill=theme.ORANGE)
    ends = [
        (round(sheet.y_range[1] - box.y0 / sheet.height * (sheet.y_range[1] - sheet.y_range[0]), 6)) for box in losses
    ]
    assert ends == [29.0, 35.0]


def test_stacked_bars_stand_on_one_another() -> None:
    chart = meridian_12.stacked()
    sheet = draw(chart)
    colors = list(dict.fromkeys(box.fill for box in boxes(sheet)))
    first, second = (boxes(sheet, fill=color) for color in colors[:2])
    across = (lambda box: (box.x0, box.x1)) if chart.y.kind != "number" else (lambda box: (box.y1, box.y0))
    assert [across(box)[0] for box in second] == pytest.approx([across(box)[1] for box in first])
    assert {"35.0", "34.0", "11.0", "3.4", "envelope 50.0"} <= set(said(chart))
    assert len(sheet.key) == 3


def test_focus_stands_before_light_gray() -> None:
    sheet = draw(meridian_12.per_engineer())
    assert {box.fill for box in boxes(sheet)} == {theme.LIGHT_GRAY, theme.DARK_BLUE}
    assert [name.text for name in axis(sheet) if name.bold] == ["Customer app"]
    [name] = [note for note in figure(meridian_12.per_engineer()).layout.annotations if note.text == "Customer app"]
    assert (name.font.weight, name.xanchor, name.x) == (700, "right", 0)


@pytest.mark.parametrize("chart", meridian_12.charts(), ids=lambda chart: chart.id)
def test_no_tag_styles_a_label(chart: Chart) -> None:
    """Plotly makes a style attribute of a tag, and a page whose policy allows none refuses it."""
    assert set(re.findall(r"<[^>]*>", figure(chart, framed=True).to_json())) <= {"<br>"}


def test_a_frontier_names_its_lines() -> None:
    chart = meridian_12.ladder()
    sheet = draw(chart)
    assert {
        "14 data engineers",
        "18 data engineers",
        "Carry on 29.0",
        "envelope today: 50.0 and 46.0",
    } <= set(said(chart))
    assert not sheet.key
    assert sheet.y_range[0] == 0
    assert "100\u202f%" in said(chart)


@pytest.mark.parametrize(("level", "slope"), [(10.0, -2.0), (10.0, 0.0), (10.0, 2.0), (0.0, 0.0)])
def test_no_line_that_goes_on_crosses_the_name_of_one_that_ends(level: float, slope: float) -> None:
    rows = [("short", x, 10.0) for x in range(4)] + [("short", 4, level)]
    rows += [("long", x, level + slope * (x - 4)) for x in range(4, 9)]
    data = pd.DataFrame(rows, columns=["what", "t", "v"])
    sheet = draw(Chart(id="l", alt="-", mark="line", data=data, x=Field("t"), y=Field("v"), series=Field("what")), 600)
    (_, left, top, right, bottom), = (found for found in patches(sheet) if found[0] == "short")  # fmt: skip
    paths = [[point for point in mark.points if point] for mark in sheet.marks if isinstance(mark, Path) and mark.says]
    xs, ys = zip(*next(path for path in paths if path[-1][0] > right), strict=True)
    passing = np.interp(np.linspace(left, right, 50), xs, ys)
    assert not ((passing > top) & (passing < bottom)).any()
    assert bottom <= sheet.height + 1


@pytest.mark.parametrize("width", [317, 340, 665, 800])
def test_the_name_of_a_line_stands_where_no_other_line_runs_beside_it(width: int) -> None:
    """Spent ends under the plan, and the forecast goes on from it: left of that end is the plan alone."""
    lines = {
        "plan": {1: 1, 5: 7, 10: 16, 13: 21, 15: 24, 18: 27, 24: 30},
        "spent": {1: 1, 5: 7, 10: 16, 13: 20.5, 15: 22.5},
        "forecast": {15: 22.5, 32: 37},
        "earned": {1: 1, 5: 6, 10: 13, 15: 18},
    }
    rows = [(what, x, y) for what, line in lines.items() for x, y in line.items()]
    chart = Chart(id="s", alt="-", mark="line", data=pd.DataFrame(rows, columns=["what", "x", "y"]), x=Field("x"),
                  y=Field("y"), series=Field("what"), styles={"plan": "plan", "spent": "actual", "earned": "focus"},
                  references=(Reference("x", 15.0, "today"),))  # fmt: skip
    sheet = draw(chart, width)
    ends = {mark.text: mark for mark in sheet.marks if isinstance(mark, Words) and mark.ground}
    assert set(ends) == set(lines)
    assert all(mark.dx >= 0 for mark in ends.values())


@pytest.mark.parametrize("width", [317, 340])
def test_long_words_beside_bars_stay_on_a_narrow_picture(width: int) -> None:
    names, words = ["HS2 Phase 1", "Lower Thames Crossing"], ["5 118 · Infrastructure and Construction", "148.0 · ICT"]
    data = pd.DataFrame({"name": names, "value": [5118.0, 148.0], "said": words})
    sheet = draw(Chart(id="b", alt="-", mark="bar", data=data, x=Field("value"), y=Field("name", kind="text"),
                       label=Field("said", kind="text")), width)  # fmt: skip
    labels = {mark.text.replace("\n", " "): mark.patch for mark in sheet.marks if isinstance(mark, Words)}
    assert all(sheet.left + labels[said_][2] <= width for said_ in words)
    (first, second), gap = boxes(sheet), labels[words[1]][1] - labels[words[0]][3]
    assert first.x1 - first.x0 > 40
    assert first.y1 < second.y0
    assert gap >= 0


def test_words_of_bars_can_be_read_over_a_line_across_them() -> None:
    sheet = draw(bar_chart([9.8, 1.0], references=(Reference("x", 10.0, "limit"),)))
    (label,) = [mark for mark in sheet.marks if isinstance(mark, Words) and mark.text == "9.8"]
    assert label.patch[0] < sheet.px(10.0) < label.patch[2]
    assert label.ground


def test_a_gap_in_a_line_is_not_bridged() -> None:
    data = pd.DataFrame({"t": [1, 2, 3], "v": [1.0, float("nan"), 3.0]})
    (path,) = [
        mark
        for mark in draw(Chart(id="l", alt="-", mark="line", data=data, x=Field("t"), y=Field("v"))).marks
        if isinstance(mark, Path) and mark.says
    ]
    assert path.points[1] is None


def test_intervals_carry_their_value_and_reach_both_ends() -> None:
    sheet = draw(meridian_12.intervals())
    assert "4.0" in said(meridian_12.intervals())
    assert sheet.x_range[0] < -1
    assert any(box.say.endswith("−1.0\n6.0") for box in boxes(sheet)), [box.say for box in boxes(sheet)]
    with pytest.raises(ValueError, match="needs the fields `low` and `high`"):
        figure(Chart(id="i", alt="-", mark="interval", data=pd.DataFrame({"v": [1.0]}), x=Field("v"), y=Field("v")))


def test_intervals_have_their_words_on_y() -> None:
    data = pd.DataFrame({"what": ["a", "b"], "n": [2.0, 3.0], "low": [1.0, 1.0], "high": [3.0, 5.0]})
    upright = Chart(id="i", alt="-", mark="interval", data=data, x=Field("what", kind="text"), y=Field("n"),
                    low=Field("low"), high=Field("high"))  # fmt: skip
    with pytest.raises(ValueError, match="and words on y"):
        draw(upright)


def test_a_grid_draws_marks_and_shades() -> None:
    marks = draw(meridian_12.cases_grid())
    levels = meridian_12.cases_grid().data["level"]
    assert len(boxes(marks, fill=theme.DARK_BLUE)) == int((levels == "full").sum())
    assert {"full", "reduced"} <= set(said(meridian_12.cases_grid()))
    assert said(meridian_12.cases_grid()).count("–") == int((levels == "out").sum())
    pointed = [mark.say.split("\n")[-1].split(": ")[-1] for mark in marks.marks if isinstance(mark, Box)]
    assert pointed == levels.tolist()
    shades = [box.fill for box in boxes(draw(meridian_12.regret()))]
    assert shades[0] == "#FFFFFF"
    assert theme.DARK_BLUE in shades


def test_no_quarter_above_a_narrow_grid_is_broken() -> None:
    quarters = [f"{year}-Q{n}" for year in (2027, 2028) for n in (1, 2, 3, 4)]
    data = pd.DataFrame({"q": quarters, "area": "Water Supply (at most 30 %)", "n": range(8)})
    chart = Chart(id="g", alt="-", mark="heatmap", data=data, x=Field("q", kind="time"), y=Field("area", kind="text"),
                  value=Field("n", decimals=0))  # fmt: skip
    for width, shown in ((340, quarters[::2]), (800, quarters)):
        sheet = draw(chart, width)
        heads = [mark for mark in sheet.marks if isinstance(mark, Words) and mark.y == -TICK_GAP]
        assert [mark.text for mark in heads] == shown
        ends = [(m.x - theme.text_width(m.text, 12) / 2, m.x + theme.text_width(m.text, 12) / 2) for m in heads]
        assert all(end < start for (_, end), (start, _) in itertools.pairwise(ends))


@pytest.mark.parametrize("label", ["", "100"])
def test_words_in_a_grid_have_a_size_in_cells_of_any_width(label: str) -> None:
    data = pd.DataFrame({"week": [f"{n}" for n in range(60)], "area": "Water Supply", "n": range(60), "said": label})
    chart = Chart(id="g", alt="-", mark="heatmap", data=data, x=Field("week", kind="text"),
                  y=Field("area", kind="text"), value=Field("n"), label=Field("said", kind="text"))  # fmt: skip
    for width in (200, 265, 800):
        sheet = draw(chart, width)
        cells = [mark for mark in sheet.marks if isinstance(mark, Words) and mark.text == label]
        assert len(cells) == 60
        assert all(mark.size > 0 for mark in cells)
        room = sheet.plot_width / 60
        assert all(theme.text_width(label, mark.size) < room for mark in cells)


def patches(sheet: Sheet) -> list[tuple[str, float, float, float, float]]:
    """Where each line of words stands: left, top, right, bottom."""
    found = []
    for mark in (mark for mark in sheet.marks if isinstance(mark, Words)):
        lines = mark.text.split("\n")
        wide = max(theme.text_width(line, mark.size, mark.bold) for line in lines)
        high = len(lines) * mark.size * 1.2
        left = mark.x + mark.dx - {"left": 0.0, "center": wide / 2, "right": wide}[mark.across]
        top = mark.y + mark.dy - {"top": 0.0, "middle": high / 2, "bottom": high}[mark.down]
        found.append((mark.text, left, top, left + wide, top + high))
    return found


@pytest.mark.parametrize("width", [265, 317, 340, 400, 500, 665])
def test_no_words_of_an_ask_lie_on_others_or_on_a_bar(width: int) -> None:
    """Both numbers stand over their year; never on a bar or limit of the next one."""
    years, asked = [2027, 2028, 2029, 2030, 2031], [148.2, 179.6, 89.2, 57.8, 12.9]
    rows = [(year, "envelope", amount) for year, amount in zip(years, [93.0, 110.0, 54.0, 36.0, 14.0], strict=True)]
    rows += [(year, "asked", amount) for year, amount in zip(years, asked, strict=True)]
    data = pd.DataFrame(rows, columns=["year", "what", "amount"])
    chart = Chart(id="ask", alt="-", mark="bar", data=data, layered=True, x=Field("year", kind="time"),
                  y=Field("amount"), series=Field("what", kind="text"),
                  styles={"envelope": "plan", "asked": "limit"})  # fmt: skip
    sheet = draw(chart, width)
    found = patches(sheet)
    for (a, left, top, right, bottom), (b, x0, y0, x1, y1) in itertools.combinations(found, 2):
        assert right <= x0 or x1 <= left or bottom <= y0 or y1 <= top, (a, b)
    numbers = {f"{more:.1f}\nof {amount:.1f}" for (*_, amount), more in zip(rows, asked, strict=False)}
    assert numbers <= {said_ for said_, *_ in found}
    for said_, left, top, right, bottom in found:
        hit = [box for box in boxes(sheet) if box.x0 < right and left < box.x1 and box.y0 < bottom - 4 and top < box.y1]
        assert said_ not in numbers or not hit, said_
        caps = [
            Box(*a, *b)
            for a, b in (path.points for path in sheet.marks if isinstance(path, Path) and path.width == 2.5)
        ]
        assert not [cap for cap in caps if cap.x0 < right and left < cap.x1 and top + 2 < cap.y0 < bottom - 2], said_


@pytest.mark.parametrize("width", [265, 400, 665])
def test_no_limit_crosses_the_number_of_its_bar(width: int) -> None:
    """A limit is wider than its bar; 60.2, 40.8 and 12.9 are a few px off what they limit."""
    years, amounts = [2027, 2028, 2029, 2030, 2031], [93.0, 110.0, 54.0, 36.0, 14.0, 148.2, 179.6, 60.2, 40.8, 12.9]
    data = pd.DataFrame({"year": years * 2, "what": ["envelope"] * 5 + ["asked"] * 5, "amount": amounts})
    chart = Chart(id="ask", alt="-", mark="bar", data=data, layered=True, x=Field("year", kind="time"),
                  y=Field("amount"), series=Field("what", kind="text"),
                  styles={"envelope": "plan", "asked": "limit"})  # fmt: skip
    sheet = draw(chart, width)
    caps = [
        Box(*a, *b) for a, b in (path.points for path in sheet.marks if isinstance(path, Path) and path.width == 2.5)
    ]
    for said_, left, top, right, bottom in patches(sheet):
        assert right <= sheet.plot_width + sheet.right, said_
        assert not [cap for cap in caps if cap.x0 < right and left < cap.x1 and top + 2 < cap.y0 < bottom - 2], said_


@pytest.mark.parametrize("width", [317, 340])
def test_what_an_interval_says_stays_on_a_narrow_picture(width: int) -> None:
    data = pd.DataFrame({"what": [f"Renewal of the trunk main in the eastern ring {n}" for n in range(4)],
                         "n": [10.0, 20.0, 30.0, 60.0], "low": 1.0, "high": 60.0,
                         "said": "Environment 34 of 60, Finance 54 of 60"})  # fmt: skip
    chart = Chart(id="i", alt="-", mark="interval", data=data, x=Field("n", "rank"), y=Field("what", kind="text"),
                  low=Field("low"), high=Field("high"), label=Field("said", kind="text"))  # fmt: skip
    sheet = draw(chart, width)
    found = [patch for patch in patches(sheet) if patch[4] <= sheet.height + 1]
    assert all(right <= sheet.plot_width + sheet.right for _, _, _, right, _ in found)
    for (a, left, top, right, bottom), (b, x0, y0, x1, y1) in itertools.combinations(found, 2):
        assert right <= x0 or x1 <= left or bottom <= y0 or y1 <= top, (a, b)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_text_is_data(text: str) -> None:
    """Plotly reads tags, entities, $...$ and %{...}; none may come from a register."""
    text = f"{text}<b>x</b><a href='javascript:1'>&amp;$a$%{{x}}"
    chart = bar_chart([1.0, 2.0], [text, text + "2"], title=text, takeaway=text, unit_line=text, note=text, source=text,
                      references=(Reference("x", 1.0, text),))  # fmt: skip
    drawn = json.loads(figure(chart, framed=True).to_json())
    words = [note["text"] for note in drawn["layout"]["annotations"]]
    words += [trace.get("name", "") for trace in drawn["data"]]
    words += [hover for trace in drawn["data"] for hover in trace.get("hovertext", ())]
    for label in words:
        plain = label.replace("<br>", "")
        assert "<" not in plain
        assert "$" not in plain
        assert "%{" not in plain


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_values_fit_the_scale(values: list[float]) -> None:
    low, high = draw(bar_chart(values)).x_range
    assert low <= min([0.0, *values])
    assert high >= max([0.0, *values])
    assert low < high


def test_a_category_that_comes_again_hides_nothing() -> None:
    sheet = draw(bar_chart([3.0, 2.0, 1.0], ["Cloud", "Cloud", "Lead"]))
    assert len({box.y0 for box in boxes(sheet)}) == 3
    assert [name.text for name in axis(sheet)] == ["Cloud", "Cloud", "Lead"]


def test_a_small_part_keeps_its_label() -> None:
    data = pd.DataFrame(
        {
            "year": ["2027", "2027", "2028", "2028"],
            "series": ["envelope", "plan"] * 2,
            "v": [90.0, 80.0, 17.0, 1.0],
        }
    )
    common = {"series": Field("series", kind="category"), "layered": True, "styles": {"envelope": "plan"}}
    standing = Chart(id="a", alt="-", mark="bar", data=data, x=Field("year", kind="time"), y=Field("v"), **common)
    lying = Chart(id="a", alt="-", mark="bar", data=data, y=Field("year", kind="text"), x=Field("v"), **common)
    for chart, joint in ((standing, "\n"), (lying, " ")):
        assert {f"80.0{joint}of 90.0", f"1.0{joint}of 17.0"} <= set(said(chart))


def test_nothing_to_show_is_said() -> None:
    assert said(bar_chart([])) == ["No rows to show."]


@pytest.mark.parametrize("mark", ["bar", "interval", "line", "scatter", "heatmap"])
@pytest.mark.parametrize("place", [0.5, 2028, "2028", math.nan])
def test_a_line_that_is_not_on_an_axis_of_numbers_is_refused(mark: Mark, place: Any) -> None:
    data = pd.DataFrame({"year": ["2027", "2028"], "n": [1.0, 2.0]})
    with pytest.raises(ValueError, match=f"'today' stands at {place!r}, not on an axis of numbers"):
        Chart(id="b", alt="-", mark=mark, data=data, x=Field("n"), y=Field("year", kind="time"), value=Field("n"),
              low=Field("n"), high=Field("n"), references=(Reference("y", place, "today"),))  # fmt: skip


def test_a_line_stands_between_years() -> None:
    data = pd.DataFrame({"year": [2027, 2030, None], "n": [1.0, 2.0, 3.0]})
    chart = Chart(id="l", alt="-", mark="line", data=data, x=Field("year", kind="time"), y=Field("n"),
                  references=(Reference("x", 2028.5, "today"),))  # fmt: skip
    assert {"today", "2027", "2030"} <= set(said(chart))


@pytest.mark.parametrize("mark", ["line", "scatter"])
def test_dates_do_not_stand_as_if_equally_far_apart(mark: Mark) -> None:
    days = pd.DataFrame({"day": pd.to_datetime(["2026-01-01", None, "2027-01-01"]), "n": [1.0, 2.0, 3.0]})
    for axes in (("day", "n"), ("n", "day")):
        x, y = (Field(name, kind="time" if name == "day" else "number") for name in axes)
        for data in (days, days.assign(day=[dt.date(2026, 1, 1), None, "later"])):
            with pytest.raises(ValueError, match="exhibit d: no axis has dates"):
                Chart(id="d", alt="-", mark=mark, data=data, x=x, y=y)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_inside(low: float, span: float) -> None:
    found = ticks(low, low + span)
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= tick <= low + span + slack for tick in found)
    assert len(found) <= 8


def test_positions_of_words_and_years() -> None:
    assert positions(["2027-Q1", "2027-Q2"], Field("q", kind="time"))[0] == [0.0, 1.0]
    words, _, text = positions(["2026", None], Field("d", kind="time"))
    assert text == ["2026"]
    assert words[0] == 0.0
    assert words[1] != words[1]
    assert positions([2027, 2029], Field("y", kind="time"))[2] == ["2027", "2029"]


@pytest.mark.parametrize("width", [317, 340, 665, 800])
def test_no_label_of_a_frontier_lies_on_another(width: int) -> None:
    sheet = draw(meridian_12.ladder(), width)
    labels = [mark.patch for mark in sheet.marks if isinstance(mark, Words) and mark.ground]
    assert len(labels) >= 4
    for (left, top, right, bottom), (x0, y0, x1, y1) in itertools.combinations(labels, 2):
        assert right <= x0 or x1 <= left or bottom <= y0 or y1 <= top


@pytest.mark.parametrize("width", [317, 665])
def test_the_last_words_of_an_axis_are_not_cut_off(width: int) -> None:
    days = [f"2026-0{month}-01" for month in (1, 3, 5, 7)]
    data = pd.DataFrame({"day": days, "n": [1.0, 2.0, 2.5, 3.0]})
    chart = Chart(id="l", alt="-", mark="line", data=data, x=Field("day", kind="time"), y=Field("n"))
    sheet = draw(chart, width)
    (last,) = [mark.patch for mark in sheet.marks if isinstance(mark, Words) and mark.text == "2026-07-01"]
    assert sheet.left + last[2] <= width


def test_bars_without_a_single_label_carry_their_numbers() -> None:
    data = pd.DataFrame({"name": ["a", "b"], "value": [1.0, 2.5], "said": ["", None]})
    chart = Chart(id="b", alt="-", mark="bar", data=data, x=Field("value"), y=Field("name", kind="text"),
                  label=Field("said", kind="text"))  # fmt: skip
    assert {"1.0", "2.5"} <= set(said(chart))
    data["said"], data.loc[0, "value"] = ["words of a row without a bar", None], None
    assert "2.5" in said(chart)


@pytest.mark.parametrize("first", [True, False])
def test_a_line_without_any_value_hinders_no_other(first: bool) -> None:
    data = pd.DataFrame(
        {"month": [1, 2, 1, 2], "n": [1.0, 2.0, None, None], "what": ["plan", "plan", "spent", "spent"]}
    )
    data = data.sort_values("what", ascending=not first, kind="stable", ignore_index=True)
    chart = Chart(id="l", alt="-", mark="line", data=data, x=Field("month"), y=Field("n"), series=Field("what"))
    drawn = draw(chart).marks
    assert [mark.text for mark in drawn if isinstance(mark, Words)].count("plan") == 1
    assert len([mark for mark in drawn if isinstance(mark, Path) and mark.says]) == 1


def test_long_numbers_on_an_axis_have_room_in_a_wider_font() -> None:
    """Digits of Arial are 556 thousandths wide, those of Source Sans 3 497; its narrow space is as wide as here."""
    data = pd.DataFrame({"year": [2026, 2027], "n": [0.0, 1e6]})
    chart = Chart(id="l", alt="-", mark="line", data=data, x=Field("year", kind="time"), y=Field("n", decimals=0))
    sheet = draw(chart, 317)
    longest = max((mark.text for mark in axis(sheet)), key=len)
    assert longest == "1\u202f000\u202f000"
    assert 7 * 0.556 * 12 + 2 * theme.text_width("\u202f", 12) <= sheet.left - TICK_GAP


def test_an_interval_needs_its_ends_also_where_no_value_is_known() -> None:
    data = pd.DataFrame({"what": ["a"], "n": [None]})
    with pytest.raises(ValueError, match="needs the fields `low` and `high`"):
        draw(Chart(id="i", alt="-", mark="interval", data=data, x=Field("n"), y=Field("what", kind="text")))


def test_an_interval_that_comes_again_has_a_row_of_its_own() -> None:
    data = pd.DataFrame({"what": ["a", "a", "b"], "n": [2.0, 2.0, None], "low": [1.0, 1.0, None], "high": 3.0})
    chart = Chart(id="i", alt="-", mark="interval", data=data, x=Field("n"), y=Field("what", kind="text"),
                  low=Field("low"), high=Field("high"))  # fmt: skip
    sheet = draw(chart)
    assert len({dot.y for dot in sheet.marks if isinstance(dot, Dot)}) == 2
    assert [mark.text for mark in axis(sheet)] == ["a", "a", "b"]
