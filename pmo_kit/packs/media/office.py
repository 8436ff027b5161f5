"""A Chart as Office programs draw it: categories, series, their looks and labels, for slides and sheets alike.

Bars, columns and lines are native and can be edited. A scatter, an interval, a line in steps, a bar chart with a
line across it and a bridge below zero are pictures, the same as on paper; their numbers stand in the workbook.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import ticks
from pmo_kit.exhibits.cells import header as header
from pmo_kit.exhibits.drawing import Bar, fields_of, needs_key, read_bars, said_on, series_looks, series_of
from pmo_kit.exhibits.records import Chart, Field
from pmo_kit.exhibits.svg import picture

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FIRST = ("[Content_Types].xml", "_rels/.rels", "mimetype")
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:(?:created|modified)>)")


def normalized(content: bytes, stamp: str) -> bytes:
    """Rewrite an Office file: members sorted, no dates of their own, workbooks inside treated alike.

    Parameters
    ----------
    content : bytes
        A .pptx, .xlsx or .docx file.
    stamp : str
        When it was made, for its properties: "2026-10-15T00:00:00Z".

    Returns
    -------
    bytes
        Equal for equal content, whenever and wherever it is made.

    Examples
    --------
    >>> def packed(*names):
    ...     stream = io.BytesIO()
    ...     with zipfile.ZipFile(stream, "w") as archive:
    ...         for name in names:
    ...             archive.writestr(name, name)
    ...     return stream.getvalue()
    >>> normalized(packed("b.xml", "a.xml"), "") == normalized(packed("a.xml", "b.xml"), "")
    True
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in sorted(old.namelist(), key=lambda name: (name not in _FIRST, name)):
            member = old.read(name)
            if name.endswith(".xlsx"):
                member = normalized(member, stamp)
            elif name.startswith("docProps/"):
                member = _STAMP.sub(rb"\g<1>" + stamp.encode() + rb"\g<3>", member)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            info.create_system = 3
            new.writestr(info, member, compresslevel=9)
    return stream.getvalue()


def clean(text: str) -> str:
    """Text without the control characters that XML cannot hold.

    Examples
    --------
    >>> clean("a\\x07b\\nc")
    'ab\\nc'
    """
    return "".join(c for c in text if c >= " " or c in "\n\t")


Shape = Literal["bar", "column", "line", "xy"]
HIDDEN = theme.Look(theme.PAPER, theme.PAPER)
GROUND = theme.Look("#E6E6E6", theme.DARK_GRAY, width=1.5)
"""A plan behind a limit: both are outlines on paper, where the limit is a thick line across."""


@dataclass(frozen=True)
class Series:
    """One series.

    Parameters
    ----------
    name : str
        Its name in the key and the sheet.
    values : tuple of float or None
        One per category; for "xy" one per point.
    kind : str
        fill, outline (no ground), hidden (holds others up), line or dots.
    look : theme.Look
        Its color, outline and hatch.
    xs : tuple of float
        Places on the axis of numbers, for "xy".
    labels : tuple of str
        Words on each mark; empty for none.
    looks : mapping of int to theme.Look
        Marks that look different from the rest.
    rows : tuple of int or None
        Row of the data that each value is from, in its column `column`; empty where it is from none.
    """

    name: str
    values: tuple[float | None, ...]
    kind: Literal["fill", "outline", "hidden", "line", "dots"]
    look: theme.Look
    xs: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    looks: dict[int, theme.Look] = field(default_factory=dict)
    rows: tuple[int | None, ...] = ()
    column: str = ""

    @property
    def across(self) -> bool:
        """Whether it is a named line across the chart, not data."""
        return len(self.labels) == 2 and self.labels == ("", self.name)

    def plain(self, number: Field) -> bool:
        """Whether its labels are its numbers, each of them, and nothing else."""
        said = ("" if value is None else theme.format_value(number, value) for value in self.values)
        return not self.xs and all(a == b for a, b in zip(self.labels, said, strict=True))


@dataclass(frozen=True)
class Spec:
    """How a chart is drawn by an Office program; categories run left to right or top to bottom."""

    shape: Shape
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    number: Field
    stacked: bool = False
    layered: bool = False
    key: bool = False

    @property
    def labelled(self) -> bool:
        """Whether words stand on its bars, so that it needs no axis of numbers."""
        return self.shape in ("bar", "column") and any(any(series.labels) for series in self.series)

    def span(self, room: float = 0.05) -> tuple[float, float, float]:
        """Round ends and step of the axis of values."""
        sums = [0.0] * max((len(series.values) for series in self.series), default=1)
        values = []
        for series in (one for one in self.series if not one.across):
            for place, value in enumerate(series.values):
                if value is not None:
                    sums[place] += value
                    values.append(sums[place] if self.stacked else value)
        if self.shape in ("line", "xy"):
            return span(values, room, 0.6)
        low, high = min([0.0, *values]), max([0.0, *values])
        worded = not self.stacked and any(len(said) > 8 for series in self.series for said in series.labels)
        air = (0.22 if worded else 0.1) * (high - low)
        low, high = low - air * (low < 0), high + air * (high > 0)
        return (low, high, 0.0) if high > low else (0.0, 1.0, 0.0)


def spec(chart: Chart) -> Spec | None:
    """How a chart is drawn natively; None for one that is a picture or, as a heat map, a colored table.

    Examples
    --------
    >>> import pandas as pd
    >>> chart = Chart(id="c", alt="-", mark="bar", data=pd.DataFrame({"a": ["x", "y"], "n": [2.0, 1.0]}),
    ...               x=Field("n"), y=Field("a", kind="text"))
    >>> drawn = spec(chart)
    >>> drawn.shape, drawn.categories, drawn.series[0].values
    ('bar', ('x', 'y'), (2.0, 1.0))
    """
    if chart.data.empty or chart.mark in ("heatmap", "scatter", "interval") or chart.step:
        return None
    return _bars(chart) if chart.mark == "bar" else _lines(chart)


def image(chart: Chart, width: int) -> bytes:
    """The picture of a chart as PNG, twice as fine as `width` px, without a browser."""
    import typst

    from pmo_kit.packs.media.pdf import fonts

    page = "#set page(width: auto, height: auto, margin: 0pt)\n"
    page += f'#image(bytes(sys.inputs.at("svg")), width: {width}pt)'
    folders: list[Any] = list(fonts())
    made = typst.compile(
        page.encode(), format="png", ppi=144, sys_inputs={"svg": picture(chart, width)},
        font_paths=folders, ignore_system_fonts=True,
    )  # fmt: skip
    assert isinstance(made, bytes)
    return made


def _bars(chart: Chart) -> Spec | None:
    bars = read_bars(chart)
    if not bars or chart.references or (chart.start and min(min(bar.start, bar.end) for bar in bars) < 0):
        return None
    _, number = fields_of(chart)
    slots = dict.fromkeys(bar.slot for bar in bars)
    categories, place = _categories(bars)
    alone = len(slots) == len(bars) and not needs_key(chart, bars)
    names = [""] if alone else list(dict.fromkeys(bar.series for bar in bars))
    styles = {bar.series: bar.style for bar in reversed(bars)}
    capped = chart.layered and "limit" in styles.values()
    if chart.layered:
        names.sort(key=lambda name: styles.get(name) == "limit")
    series = []
    for name in names:
        mine = [bar for bar in bars if alone or bar.series == name]
        look = GROUND if capped and styles.get(name) == "plan" else mine[0].look
        at = {place[bar.slot]: bar for bar in mine}
        found = [at.get(n) for n in range(len(categories))]
        if chart.start:
            base = tuple(min(bar.start, bar.end) if bar else None for bar in found)
            series.append(Series("from", base, "hidden", HIDDEN))
        series.append(
            Series(
                name or number.title or "value",
                tuple((abs(bar.end - bar.start) if chart.start else bar.end) if bar else None for bar in found),
                "outline" if chart.layered and styles.get(name) == "limit" else "fill", look,
                labels=tuple(bar.label if bar else "" for bar in found),
                looks={n: bar.look for n, bar in at.items() if bar.look != mine[0].look},
                rows=() if chart.start else tuple(bar.row if bar else None for bar in found),
                column="" if chart.start else number.name,
            )
        )  # fmt: skip
    many = len(names) > 1
    return Spec(
        "bar" if chart.flat else "column", categories, tuple(series), number,
        stacked=chart.stacked or chart.start is not None,
        layered=chart.layered or (many and len(slots) == len(bars) and not chart.stacked), key=many,
    )  # fmt: skip


def _categories(bars: Sequence[Bar]) -> tuple[tuple[str, ...], dict[int, int]]:
    """Categories with a heading before each block, and where each slot stands."""
    categories: list[str] = []
    place: dict[int, int] = {}
    for group in dict.fromkeys(bar.group for bar in bars):
        categories += [group] if group else []
        for bar in (bar for bar in bars if bar.group == group and bar.slot not in place):
            place[bar.slot] = len(categories)
            categories.append(bar.category)
    return tuple(categories), place


def _lines(chart: Chart) -> Spec | None:
    """Over words and times a line chart, over numbers and dates points in a plane; lines across are series too."""
    present = [value for value in chart.data[chart.x.name] if not theme.is_missing(value)]
    numeric = chart.x.kind == "number" or isinstance(next(iter(present), None), dt.date)
    if chart.references and not numeric:
        return None
    categories = tuple(dict.fromkeys(theme.format_text(value) for value in present))
    looks = series_looks(chart)
    series: list[Series] = []
    records = list(enumerate(chart.data.to_dict("records")))
    for name, (style, look) in looks.items():
        mine = [
            (n, row) for n, row in records
            if series_of(chart, row) == name
            and not theme.is_missing(row[chart.x.name]) and not theme.is_missing(row[chart.y.name])
        ]  # fmt: skip
        if not mine:
            continue
        shade = replace(look, fill=theme.QUIET) if style in ("previous", "muted") else look
        said = {n: "" if chart.label is None else said_on(chart, row, chart.y) for n, row in mine}
        at = {theme.format_text(row[chart.x.name]): (n, row) for n, row in mine}
        points = mine if numeric else [at.get(category) for category in categories]
        series.append(
            Series(
                name or chart.y.title or "value",
                tuple(float(point[1][chart.y.name]) if point else None for point in points),
                "line" if len(mine) > 1 else "dots", shade,
                xs=tuple(_number(row[chart.x.name]) for _, row in mine) if numeric else (),
                labels=tuple(said[point[0]] if point else "" for point in points),
                rows=tuple(point[0] if point else None for point in points), column=chart.y.name,
            )
        )  # fmt: skip
    if not series:
        return None
    named = len(series) > 1 and not {one.name for one in series} <= set(theme.LOOKS)
    if not numeric:
        return Spec("line", categories, tuple(series), chart.y, key=named)
    drawn = Spec("xy", (), tuple(sorted(series, key=lambda one: -len(one.values))), chart.y, key=named)
    return Spec("xy", (), (*drawn.series, *_references(chart, drawn)), chart.y, key=named)


def _references(chart: Chart, drawn: Spec) -> list[Series]:
    """The named lines of a chart in a plane, each as a series of two points from end to end of its axis."""
    low, high, _ = drawn.span()
    left, right, _ = span([x for series in drawn.series for x in series.xs])
    found = []
    for line in chart.references:
        at = float(line.value)
        look = theme.Look(theme.INK, theme.INK, dash=theme.look(line.style).dash)
        xs, ys = ((at, at), (low, high)) if line.axis == "x" else ((left, right), (at, at))
        found.append(Series(line.label, ys, "line", look, xs=xs, labels=("", line.label)))
    return found


def _number(value: Any) -> float:
    """A number, or a date as the days that Office counts, on an axis."""
    day = value.date() if isinstance(value, dt.datetime) else value
    return float((day - dt.date(1899, 12, 30)).days if isinstance(day, dt.date) else value)


def number_format(field: Field, value: Any = None) -> str:
    """The format of a field's numbers: decimals, thousands apart, a sign where differences need one.

    `value` is a number that is printed; one that rounds to nought from below has no sign there, as everywhere.

    Examples
    --------
    >>> number_format(Field("x", decimals=2)), number_format(Field("x", decimals=0, signed=True))
    ('#,##0.00', '+#,##0;-#,##0;0')
    >>> number_format(Field("x"), -0.04)
    '[<=-0.05]-#,##0.0;[<0]0.0;#,##0.0'
    """
    zero = "0" + ("." + "0" * field.decimals if field.decimals else "")
    plain = f"#,##{zero}"
    said = "" if value is None else theme.format_number(value, field.decimals)
    if value and not said.strip(f"0.{theme.MINUS}"):  # it is printed as nought
        if field.signed:
            return zero + f";{zero};{zero}"
        if value < 0:
            return f"[<=-0.{'0' * field.decimals}5]-{plain};[<0]{zero};{plain}"
    return f"+{plain};-{plain};{zero}" if field.signed else plain


def span(values: Sequence[float], room: float = 0.05, zero: float = 0.3) -> tuple[float, float, float]:
    """Round ends and step of an axis around some values; it begins at zero where the least is below a share.

    Examples
    --------
    >>> span([70.0, 120.0])
    (60.0, 130.0, 10.0)
    """
    low, high = min(values), max(values)
    pad = room * ((high - low) or 1)
    low = 0.0 if 0 <= low < zero * high else low - pad
    marks = ticks(low, high + pad, 6)
    step = marks[1] - marks[0] if len(marks) > 1 else (high - low) or 1.0
    first = math.floor(low / step + 1e-9) * step
    return round(first, 9), round(math.ceil((high + pad) / step - 1e-9) * step, 9), round(step, 9)
