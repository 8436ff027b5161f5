"""A Chart as an Office program draws it: categories, series and their looks, for slides and sheets alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bars import Bar, interval_words, needs_key, read_bars, said_on, series_looks
from pmo_kit.exhibits.records import Chart, Field

Shape = Literal["bar", "column", "line", "range", "xy"]
Manner = Literal["fill", "outline", "hidden", "line", "dots", "steps"]
HIDDEN = theme.Look(theme.PAPER, theme.PAPER)
GROUND = theme.Look("#E6E6E6", theme.DARK_GRAY, width=1.5)
"""A plan behind a limit: both are outlines on paper, where the limit is a thick line across."""
RANGE_LOOKS = (theme.Look(theme.DARK_BLUE, theme.DARK_BLUE), theme.Look("#6BACE6", "#6BACE6"))


@dataclass(frozen=True)
class Drawn:
    """One series.

    Parameters
    ----------
    name : str
        Its name in the key and the sheet.
    values : tuple of float or None
        One per category; for "xy" one per point.
    manner : Manner
        How it is drawn.
    look : theme.Look
        Its color, outline and hatch.
    xs : tuple of float
        Places on the axis of numbers, for "xy".
    labels : tuple of str
        Words on each mark; empty for none.
    looks : mapping of int to theme.Look
        Marks that look different from the rest.
    rows : tuple of int or None
        Row of the data that each value is from.
    column, minus : str
        The value is this column of that row, less the other one when there is one.
    """

    name: str
    values: tuple[float | None, ...]
    manner: Manner
    look: theme.Look
    xs: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    looks: dict[int, theme.Look] = field(default_factory=dict)
    rows: tuple[int | None, ...] = ()
    column: str = ""
    minus: str = ""


@dataclass(frozen=True)
class Plan:
    """How a chart is drawn by an Office program; categories run left to right or top to bottom."""

    shape: Shape
    categories: tuple[str, ...]
    series: tuple[Drawn, ...]
    stacked: bool = False
    layered: bool = False
    key: bool = False
    headings: tuple[int, ...] = ()


def plan(chart: Chart) -> Plan | None:
    """Plan a chart; None for a heatmap, which is a colored table, and where there is nothing to draw.

    Examples
    --------
    >>> import pandas as pd
    >>> from pmo_kit.exhibits.records import Field
    >>> chart = Chart(id="c", alt="-", mark="bar", data=pd.DataFrame({"a": ["x", "y"], "n": [2.0, 1.0]}),
    ...               x=Field("n"), y=Field("a", kind="text"))
    >>> drawn = plan(chart)
    >>> drawn.shape, drawn.categories, drawn.series[0].values
    ('bar', ('x', 'y'), (2.0, 1.0))
    """
    if chart.mark == "heatmap" or chart.data.empty:
        return None
    if chart.mark == "bar":
        return _bars(chart)
    if chart.mark == "interval":
        return _intervals(chart)
    return _points(chart)


def number_of(chart: Chart) -> Field:
    """The axis of numbers of a chart: upright, unless words stand there."""
    return chart.y if chart.y.kind == "number" else chart.x


def _bars(chart: Chart) -> Plan | None:
    lying = chart.y.kind != "number"
    bars = read_bars(chart)
    if not bars:
        return None
    number = chart.x if lying else chart.y
    kept = [n for n, value in enumerate(chart.data[number.name]) if not theme.is_missing(value)]
    slots = dict.fromkeys(bar.slot for bar in bars)
    categories, place, headings = _categories(bars, list(slots))
    alone = len(slots) == len(bars) and not needs_key(chart, bars)
    names = [""] if alone else list(dict.fromkeys(bar.series for bar in bars))
    if chart.layered:
        names.sort(key=lambda name: _style(bars, name) == "limit")
        capped = _style(bars, names[-1]) == "limit"
    start = chart.start is not None and min(min(bar.start, bar.end) for bar in bars) >= 0
    series: list[Drawn] = []
    for name in names:
        mine = [(row, bar) for row, bar in zip(kept, bars, strict=True) if alone or bar.series == name]
        look = mine[0][1].look
        if chart.layered and capped and mine[0][1].style == "plan":
            look = GROUND
        outline = chart.layered and mine[0][1].style == "limit"
        size = len(categories)
        cells: dict[str, list[Any]] = {key: [None] * size for key in ("value", "base", "row")}
        labels, looks = [""] * size, {}
        for row, bar in mine:
            at = place[bar.slot]
            cells["row"][at] = row
            cells["value"][at] = abs(bar.end - bar.start) if start else bar.end
            cells["base"][at] = min(bar.start, bar.end)
            labels[at] = bar.label
            if bar.look != mine[0][1].look:
                looks[at] = bar.look
        if start:
            series.append(Drawn("from", tuple(cells["base"]), "hidden", HIDDEN))
        series.append(
            Drawn(
                name or number.title or "value", tuple(cells["value"]), "outline" if outline else "fill", look,
                labels=tuple(labels), looks=looks, rows=() if start else tuple(cells["row"]),
                column="" if start else number.name,
            )
        )  # fmt: skip
    many = len(names) > 1
    return Plan(
        "bar" if lying else "column", tuple(categories), tuple(series), stacked=chart.stacked or start,
        layered=chart.layered or (many and len(slots) == len(bars) and not chart.stacked), key=many,
        headings=tuple(headings),
    )  # fmt: skip


def _style(bars: Sequence[Bar], name: str) -> str:
    return next(bar.style for bar in bars if bar.series == name)


def _categories(bars: Sequence[Bar], slots: Sequence[int]) -> tuple[list[str], dict[int, int], list[int]]:
    """Categories with a heading before each block; where each slot stands; which are headings."""
    of = {bar.slot: bar for bar in bars}
    categories: list[str] = []
    place: dict[int, int] = {}
    headings: list[int] = []
    group = ""
    for slot in sorted(
        slots, key=lambda slot: list(dict.fromkeys(b.group for b in bars)).index(of[slot].group)
    ):
        if of[slot].group != group:
            group = of[slot].group
            headings.append(len(categories))
            categories.append(group)
        place[slot] = len(categories)
        categories.append(of[slot].category)
    return categories, place, headings


def _intervals(chart: Chart) -> Plan | None:
    assert chart.low is not None
    assert chart.high is not None
    lying = chart.y.kind != "number"
    words, number = (chart.y, chart.x) if lying else (chart.x, chart.y)
    names = [number.name, chart.low.name, chart.high.name]
    rows = [
        (n, row) for n, row in enumerate(chart.data.to_dict("records"))
        if not any(theme.is_missing(row[name]) for name in names)
    ]  # fmt: skip
    if not rows:
        return None
    categories = tuple(theme.format_text(row[words.name]) for _, row in rows)
    where = tuple(n for n, _ in rows)
    middle, low, high = ([float(row[name]) for _, row in rows] for name in names)
    labels = tuple(interval_words(chart, row) for _, row in rows)
    inside = all(a <= b <= c for a, b, c in zip(low, middle, high, strict=True))
    if lying and min(low) >= 0 and inside:
        first, second = RANGE_LOOKS
        under = Drawn("up to the low end", tuple(low), "hidden", HIDDEN, rows=where, column=names[1])
        to_middle = tuple(b - a for a, b in zip(low, middle, strict=True))
        to_high = tuple(c - b for b, c in zip(middle, high, strict=True))
        return Plan(
            "bar", categories, (
                under,
                Drawn(f"low to {number.title or 'middle'}", to_middle, "fill", first, rows=where,
                      column=names[0], minus=names[1]),
                Drawn(f"{number.title or 'middle'} to high", to_high, "fill", second, rows=where,
                      column=names[2], minus=names[0]),
                Drawn("room for the words", (0.3 * max(high),) * len(rows), "hidden", HIDDEN, labels=labels),
            ), stacked=True, key=True,
        )  # fmt: skip
    look = theme.look("focus")
    ends = [
        Drawn(field.title or name, tuple(values), "hidden", look, rows=where, column=field.name)
        for field, name, values in ((chart.high, "high", high), (chart.low, "low", low))
    ]
    dots = Drawn(
        number.title or "middle", tuple(middle), "dots", look, labels=labels, rows=where, column=number.name
    )
    return Plan("range", categories, (ends[0], dots, ends[1]))


def _points(chart: Chart) -> Plan | None:
    """Lines and scatters: over words and times a line chart, over numbers and dates points in a plane."""
    present = [value for value in chart.data[chart.x.name] if not theme.is_missing(value)]
    numeric = chart.x.kind == "number" or isinstance(next(iter(present), None), dt.date)
    records = list(enumerate(chart.data.to_dict("records")))
    looks = series_looks(chart)
    categories = list(dict.fromkeys(theme.format_text(value) for value in present))
    series: list[Drawn] = []
    for name, (style, look) in looks.items():
        mine = [
            (n, row) for n, row in records
            if (chart.series is None or str(row[chart.series.name]) == name)
            and not theme.is_missing(row[chart.x.name]) and not theme.is_missing(row[chart.y.name])
        ]  # fmt: skip
        if not mine:
            continue
        labels = tuple("" if chart.label is None else said_on(chart, row, chart.y) for _, row in mine)
        title = name or chart.y.title or "value"
        shade = (
            look if style not in ("previous", "muted") else theme.Look(theme.QUIET, theme.QUIET, dash="dash")
        )
        line: Manner = "line" if chart.mark == "line" and len(mine) > 1 else "dots"
        if not numeric:
            at = {theme.format_text(row[chart.x.name]): (n, row, said) for (n, row), said in
                  zip(mine, labels, strict=True)}  # fmt: skip
            series.append(
                Drawn(title, tuple(float(at[c][1][chart.y.name]) if c in at else None for c in categories), line,
                      shade, labels=tuple(at[c][2] if c in at else "" for c in categories),
                      rows=tuple(at[c][0] if c in at else None for c in categories), column=chart.y.name)
            )  # fmt: skip
            continue
        xs = tuple(_place(row[chart.x.name]) for _, row in mine)
        ys = tuple(float(row[chart.y.name]) for _, row in mine)
        manner: Manner = "steps" if line == "line" and chart.step else line
        series.append(
            Drawn(title, ys, manner, shade, xs=xs, labels=labels, rows=tuple(n for n, _ in mine),
                  column=chart.y.name)
        )  # fmt: skip
    if not series:
        return None
    named = len(series) > 1 and not {s.name for s in series} <= set(theme.LOOKS)
    if numeric:
        ordered = sorted(series, key=lambda drawn: -len(drawn.values))
        return Plan("xy", (), tuple(ordered), key=named)
    return Plan("line", tuple(categories), tuple(series), key=named)


def _place(value: Any) -> float:
    """A number or a date (as the days that Excel counts) on an axis."""
    return float((value - dt.date(1899, 12, 30)).days) if _is_day(value) else float(
        (value.date() - dt.date(1899, 12, 30)).days if isinstance(value, dt.datetime) else value
    )  # fmt: skip


def _is_day(value: Any) -> bool:
    return isinstance(value, dt.date) and not isinstance(value, dt.datetime)


def stepped(xs: Sequence[float], ys: Sequence[float | None]) -> tuple[list[float], list[float | None]]:
    """A line that moves in steps, written out point by point.

    Examples
    --------
    >>> stepped([1, 2], [5.0, 7.0])
    ([1, 2, 2], [5.0, 5.0, 7.0])
    """
    far, high = list(xs[:1]), list(ys[:1])
    for x, y in zip(xs[1:], ys[1:], strict=True):
        far += [x, x]
        high += [high[-1], y]
    return far, high
