"""Charts: what is drawn, where it stands, and that text stays text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.exhibits import Chart, Field, Reference, theme
from pmo_kit.exhibits.drawing import figure
from pmo_kit.exhibits.sheet import positions, ticks
from tests.exhibits import meridian_12

CHARTS = {chart.id: chart for chart in meridian_12.charts()}


def said(drawn: Any) -> list[str]:
    return [note.text for note in drawn.layout.annotations]


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


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("width", [317, 665, 800])
def test_no_note_is_cut_off(name: str, width: int) -> None:
    """Each label, measured in Source Sans 3, ends inside the picture."""
    drawn = figure(CHARTS[name], width=width)
    layout = drawn.layout
    low, high = layout.xaxis.range
    plot = layout.width - layout.margin.l - layout.margin.r
    for note in layout.annotations:
        lines = note.text.replace("&lt;", "<").replace("&amp;", "&").split("<br>")
        wide = max(theme.text_width(line, note.font.size, note.font.weight == 700) for line in lines)
        share = note.x if note.xref == "paper" else (note.x - low) / (high - low)
        at = layout.margin.l + share * plot + (note.xshift or 0)
        start = at - {"left": 0, "right": 1}.get(note.xanchor, 0.5) * wide
        assert start >= -1, note.text
        assert start + wide <= layout.width + 1, note.text


def test_bars_lie_and_carry_their_labels() -> None:
    drawn = figure(meridian_12.prices())
    assert {trace.orientation for trace in drawn.data} == {"h"}
    for block in (
        "Out: price of letting it in",
        "In: what is lost if it leaves",
        "By law: what the duty costs",
    ):
        assert block in said(drawn)
    assert {"9.0", "8.5", "1.5¹", "10.0"} <= set(said(drawn))
    assert drawn.layout.showlegend is False
    assert drawn.layout.xaxis.range[0] == 0
    assert drawn.layout.xaxis.showgrid is False
    tops = [trace.y[0] for trace in drawn.data]
    assert tops == sorted(tops)
    assert drawn.layout.yaxis.range[0] > drawn.layout.yaxis.range[1]


def test_the_notation_holds() -> None:
    """IBCS: previous light, plan outlined, forecast hatched, good and bad apart."""
    bridge = {trace.name: trace for trace in figure(meridian_12.bridge()).data}
    assert bridge["plan"].marker.pattern.shape == "/"
    assert bridge["carry on"].marker.color == theme.LIGHT_GRAY
    assert bridge["loss"].marker.color == theme.ORANGE
    ask = {trace.name: trace for trace in figure(meridian_12.ask()).data if trace.name}
    assert ask["envelope"].marker.color == theme.PAPER
    assert ask["envelope"].marker.line.width > 0
    assert ask["asked"].type == "scatter"


def test_a_bridge_runs_from_start_to_value() -> None:
    drawn = figure(meridian_12.bridge())
    loss = next(trace for trace in drawn.data if trace.name == "loss")
    assert list(loss.base) == [29.0, 35.0]
    assert list(loss.y) == [-2.0, -1.5]
    levels = [shape.y0 for shape in drawn.layout.shapes if shape.y0 == shape.y1 and shape.x1 - shape.x0 < 1]
    assert levels == [29.0, 27.0, 35.0, 33.5]


def test_stacked_bars_stand_on_one_another() -> None:
    drawn = figure(meridian_12.stacked())
    assert list(drawn.data[1].base)[:2] == [19.0, 18.0]
    assert list(drawn.data[2].base)[:2] == [26.0, 26.0]
    assert {"35.0", "34.0", "11.0", "3.4", "envelope 50.0"} <= set(said(drawn))
    assert drawn.layout.showlegend is True


def test_focus_stands_before_light_gray() -> None:
    colors = {trace.name: trace.marker.color for trace in figure(meridian_12.per_engineer()).data}
    assert colors == {"ordinary": theme.LIGHT_GRAY, "focus": theme.DARK_BLUE}
    assert "<b>Customer app</b>" in figure(meridian_12.per_engineer()).layout.yaxis.ticktext


def test_a_frontier_moves_in_steps_and_names_its_lines() -> None:
    drawn = figure(meridian_12.ladder())
    lines = [trace for trace in drawn.data if trace.mode == "lines"]
    assert {trace.line.shape for trace in lines} == {"hv"}
    assert {
        "14 data engineers",
        "18 data engineers",
        "Carry on 29.0",
        "envelope today: 50.0 and 46.0",
    } <= set(said(drawn))
    assert drawn.layout.showlegend is False
    assert drawn.layout.yaxis.range[0] == 0
    assert "100\u202f%" in drawn.layout.xaxis.ticktext


def test_a_gap_in_a_line_is_not_bridged() -> None:
    data = pd.DataFrame({"t": [1, 2, 3], "v": [1.0, float("nan"), 3.0]})
    drawn = figure(Chart(id="l", alt="-", mark="line", data=data, x=Field("t"), y=Field("v")))
    assert drawn.data[0].connectgaps is False
    assert drawn.data[0].y[1] != drawn.data[0].y[1]


def test_intervals_name_both_ends() -> None:
    drawn = figure(meridian_12.intervals())
    assert "4.0 (−1.0 to 6.0)" in said(drawn)
    assert drawn.layout.xaxis.range[0] < -1
    with pytest.raises(ValueError, match="needs the fields `low` and `high`"):
        figure(
            Chart(
                id="i", alt="-", mark="interval", data=pd.DataFrame({"v": [1.0]}), x=Field("v"), y=Field("v")
            )
        )


def test_a_grid_draws_marks_and_shades() -> None:
    marks = figure(meridian_12.cases_grid())
    boxes = [shape for shape in marks.layout.shapes if shape.type == "rect"]
    levels = meridian_12.cases_grid().data["level"]
    assert len(boxes) == 2 * int((levels != "out").sum())
    assert said(marks).count("–") == int((levels == "out").sum())
    shades = [shape.fillcolor for shape in figure(meridian_12.regret()).layout.shapes if shape.type == "rect"]
    assert shades[0] == "#FFFFFF"
    assert theme.DARK_BLUE in shades


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12))
@settings(max_examples=30, deadline=None)
def test_text_is_data(text: str) -> None:
    """Plotly reads tags, entities, $...$ and %{...}; none may come from a register."""
    text = f"{text}<b>x</b><a href='javascript:1'>&amp;$a$%{{x}}"
    chart = bar_chart([1.0, 2.0], [text, text + "2"], title=text, takeaway=text, unit_line=text, note=text, source=text,
                      references=(Reference("x", 1.0, text),))  # fmt: skip
    drawn = json.loads(figure(chart, framed=True).to_json())
    words = [note["text"] for note in drawn["layout"]["annotations"]]
    words += drawn["layout"]["yaxis"]["ticktext"] + [trace.get("name", "") for trace in drawn["data"]]
    words += [hover for trace in drawn["data"] for hover in trace["hovertext"]]
    for label in words:
        plain = label.replace("<br>", "")
        assert "<" not in plain
        assert "$" not in plain
        assert "%{" not in plain


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_values_fit_the_scale(values: list[float]) -> None:
    low, high = figure(bar_chart(values)).layout.xaxis.range
    assert low <= min([0.0, *values])
    assert high >= max([0.0, *values])
    assert low < high


def test_a_category_that_comes_again_hides_nothing() -> None:
    drawn = figure(bar_chart([3.0, 2.0, 1.0], ["Cloud", "Cloud", "Lead"]))
    assert list(drawn.data[0].y) == [0.5, 1.5, 2.5]
    assert list(drawn.layout.yaxis.ticktext) == ["Cloud", "Cloud", "Lead"]


def test_a_small_part_keeps_its_label() -> None:
    data = pd.DataFrame(
        {
            "year": ["2027", "2027", "2028", "2028"],
            "series": ["envelope", "plan"] * 2,
            "v": [90.0, 80.0, 17.0, 1.0],
        }
    )
    common = {"series": Field("series", kind="category"), "layered": True, "styles": {"envelope": "plan"}}
    standing = Chart(
        id="a", alt="-", mark="bar", data=data, x=Field("year", kind="time"), y=Field("v"), **common
    )
    lying = Chart(
        id="a", alt="-", mark="bar", data=data, y=Field("year", kind="text"), x=Field("v"), **common
    )
    for chart in (standing, lying):
        assert {"90.0", "80.0", "17.0", "1.0"} <= set(said(figure(chart)))


def test_nothing_to_show_is_said() -> None:
    assert said(figure(bar_chart([]))) == ["No rows to show."]


def test_a_reference_off_the_axis_is_refused() -> None:
    data = pd.DataFrame({"t": ["2027", "2028"], "v": [1.0, 2.0]})
    chart = Chart(id="l", alt="-", mark="line", data=data, x=Field("t", kind="time"), y=Field("v"),
                  references=(Reference("x", "2031", "today"),))  # fmt: skip
    with pytest.raises(ValueError, match="'today' stands at '2031', which is not on the axis"):
        figure(chart)


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_round_and_inside(low: float, span: float) -> None:
    found = ticks(low, low + span)
    slack = 1e-6 * (abs(low) + span)
    assert all(low - slack <= tick <= low + span + slack for tick in found)
    assert len(found) <= 8


def test_positions_of_words_dates_and_years() -> None:
    assert positions(["2027-Q1", "2027-Q2"], Field("q", kind="time"))[0] == [0.0, 1.0]
    days, _, text = positions([pd.Timestamp("2026-09-30"), pd.NaT], Field("d", kind="time"))
    assert text == ["2026-09-30"]
    assert days[0] == pd.Timestamp("2026-09-30").toordinal()
    assert positions([2027, 2029], Field("y", kind="time"))[2] == ["2027", "2029"]
