"""Charts, tables and cells as Office programs hold them, for slides and sheets alike.

Bars, columns and lines are native and can be edited. A scatter, an interval, a bar chart with a line across it and a
bridge below zero are pictures, the same as on paper; their numbers stand in the workbook.
Numbers are numbers, text is inert, formulas and charts stand on live cells.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import itertools
import math
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_rowcol_to_cell

from pmo_kit.exhibits import canvas, cells, theme
from pmo_kit.exhibits.cells import header, spoken
from pmo_kit.exhibits.records import Chart, Field

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Outline

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


def stamp(outline: Outline) -> str:
    """When a pack is of, for the properties of its files: its date, else the date of its data."""
    day = outline.pack.date or outline.settings.as_of or dt.date(1980, 1, 1)
    return f"{day.isoformat()[:10]}T00:00:00Z"


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
_LETTER = 0.022
"""How wide a letter on a bar is, as a share of the axis."""
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
    looks: dict[int, theme.Look] = dataclasses.field(default_factory=dict)
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
        longest = 0 if self.stacked else max(len(said) for one in self.series for said in (*one.labels, ""))
        air = (0.22 if longest > 8 else 0.1) * (high - low)
        left = max(air, _LETTER * longest * (high - low) * (self.shape == "bar"))  # off the names of the bars
        low, high = low - left * (low < 0), high + air * (high > 0)
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
    if chart.data.empty or chart.mark in ("heatmap", "scatter", "interval"):
        return None
    return _bars(chart) if chart.mark == "bar" else _lines(chart)


def image(chart: Chart, width: int) -> bytes:
    """The picture of a chart as PNG, twice as fine as `width` px, without a browser."""
    import typst

    page = "#set page(width: auto, height: auto, margin: 0pt)\n"
    page += f'#image(bytes(sys.inputs.at("svg")), width: {width}pt)'
    folders: list[Any] = list(theme.fonts())
    made: bytes = typst.compile(
        page.encode(), format="png", ppi=144, sys_inputs={"svg": canvas.picture(chart, width)},
        font_paths=folders, ignore_system_fonts=True,
    )  # fmt: skip
    return made


def _bars(chart: Chart) -> Spec | None:
    bars = canvas.read_bars(chart)
    if not bars or chart.references or (chart.start and min(min(bar.start, bar.end) for bar in bars) < 0):
        return None
    _, number = canvas.fields_of(chart)
    slots = dict.fromkeys(bar.slot for bar in bars)
    categories, place = _categories(bars)
    alone = len(slots) == len(bars) and not canvas.needs_key(chart, bars)
    names = [""] if alone else list(dict.fromkeys(bar.series for bar in bars))
    styles = {bar.series: bar.look.style for bar in reversed(bars)}
    capped = chart.layered and "limit" in styles.values()
    if chart.layered:
        names.sort(key=lambda name: styles.get(name) == "limit")
    series = []
    for name in names:
        mine = [bar for bar in bars if alone or bar.series == name]
        look = GROUND if capped and styles.get(name) == "plan" else mine[0].look
        at = {place[bar.slot]: bar for bar in mine}
        found = [at.get(n) for n in range(len(categories))]
        said, beside = [bar.label if bar else "" for bar in found], [""] * len(found)
        if chart.start:
            base = tuple(min(bar.start, bar.end) if bar else None for bar in found)
            letter = _LETTER * max(max(bar.start, bar.end) for bar in bars)
            for n, bar in at.items():
                if abs(bar.end - bar.start) < letter * len(bar.label) <= min(bar.start, bar.end):
                    said[n], beside[n] = "", bar.label
            series.append(Series("from", base, "hidden", HIDDEN, labels=tuple(beside)))
        series.append(
            Series(
                name or number.title or "value",
                tuple((abs(bar.end - bar.start) if chart.start else bar.end) if bar else None for bar in found),
                "outline" if chart.layered and styles.get(name) == "limit" else "fill", look,
                labels=tuple(said),
                looks={n: bar.look for n, bar in at.items() if bar.look != mine[0].look},
                rows=() if chart.start else tuple(bar.row if bar else None for bar in found),
                column="" if chart.start else number.name,
            )
        )  # fmt: skip
    many = len(names) > 1
    if chart.layered and many and not capped:  # the number of what lies behind stands above all that lies over it
        highest = {place[bar.slot]: bar for bar in sorted(bars, key=lambda bar: bar.end)}
        tops = [(bar.end, bar.row) if bar else (None, None) for bar in map(highest.get, range(len(categories)))]
        values, rows = zip(*tops, strict=True)
        back, series[0] = series[0], replace(series[0], labels=())
        series.append(Series("above", values, "hidden", HIDDEN, labels=back.labels, rows=rows, column=number.name))
    return Spec(
        "bar" if chart.flat else "column", categories, tuple(series), number,
        stacked=chart.stacked or chart.start is not None,
        layered=chart.layered or (many and len(slots) == len(bars) and not chart.stacked), key=many,
    )  # fmt: skip


def _categories(bars: Sequence[canvas.Bar]) -> tuple[tuple[str, ...], dict[int, int]]:
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
    """Over words and times a line chart, over numbers points in a plane; lines across are series too."""
    numeric = chart.x.kind == "number"
    if chart.references and not numeric:
        return None
    scales, tracks = canvas.read_points(chart)
    shown = zip(scales[0][0], chart.data[chart.x.name], strict=True)
    categories = {x: theme.format_text(value) for x, value in shown if not math.isnan(x)}
    series: list[Series] = []
    for track in tracks:
        mine = track.drawn
        if not mine:
            continue
        at = {spot.x: spot for spot in mine}
        points = mine if numeric else [at.get(x) for x in categories]
        series.append(
            Series(
                track.name or chart.y.title or "value", tuple(point.y if point else None for point in points),
                "line" if len(mine) > 1 else "dots", track.look,
                xs=tuple(spot.x for spot in mine) if numeric else (),
                labels=tuple(point.label if point else "" for point in points),
                rows=tuple(point.row if point else None for point in points), column=chart.y.name,
            )
        )  # fmt: skip
    if not series:
        return None
    named = len(series) > 1 and not {one.name for one in series} <= set(theme.LOOKS)
    if not numeric:
        return Spec("line", tuple(categories.values()), tuple(series), chart.y, key=named)
    drawn = Spec("xy", (), tuple(sorted(series, key=lambda one: -len(one.values))), chart.y, key=named)
    return Spec("xy", (), (*drawn.series, *_references(chart, drawn)), chart.y, key=named)


def _references(chart: Chart, drawn: Spec) -> list[Series]:
    """The named lines of a chart in a plane, each as a series of two points from end to end of its axis."""
    low, high, _ = drawn.span()
    left, right, _ = span([x for series in drawn.series for x in series.xs])
    found = []
    for line in chart.references:
        at = line.value
        look = theme.Look(theme.INK, theme.INK, dash=theme.look(line.style).dash)
        xs, ys = ((at, at), (low, high)) if line.axis == "x" else ((left, right), (at, at))
        found.append(Series(line.label, ys, "line", look, xs=xs, labels=("", line.label)))
    return found


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
    marks = canvas.ticks(low, high + pad, 6)
    step = marks[1] - marks[0] if len(marks) > 1 else (high - low) or 1.0
    first = math.floor(low / step + 1e-9) * step
    return round(first, 9), round(math.ceil((high + pad) / step - 1e-9) * step, 9), round(step, 9)


WIDEST, _WIDE, _MOST = 36, 22, 60
"""Characters of the first column, at most; of any other, where they are many and where they are few."""
_DIGIT = 4.4
"""What a character of a column's width is to the type in it, in pt, where another font than its own is wider."""
_NAME = re.compile(r"[A-Za-z_]\w*|\[[^\]]+\]")


@dataclass(frozen=True)
class Block:
    """Where a table stands: row of its header, first column, its fields and number of rows."""

    head: int
    left: int
    names: tuple[str, ...]
    rows: int

    def cell(self, row: int, name: str) -> str:
        """Address of a cell: row of the data, name of the column."""
        return str(xl_rowcol_to_cell(self.head + 1 + row, self.left + self.names.index(name)))

    @property
    def right(self) -> int:
        """The first free column to its right."""
        return self.left + len(self.names)

    @property
    def under(self) -> int:
        """The first free row under it."""
        return self.head + 1 + self.rows


class Formats:
    """Cell formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[tuple[tuple[str, Any], ...], Any] = {}
        self.widths: dict[tuple[str, int], float] = {}
        self.wrapped: dict[tuple[str, int], list[tuple[int, int, str]]] = {}
        self.across: dict[str, list[tuple[int, int, str, dict[str, Any]]]] = {}

    def __call__(self, **settings: Any) -> Any:
        """A format; the font is that of every medium."""
        key = tuple(sorted(settings.items()))
        if key not in self.made:
            base = {"font_name": theme.FONT, "font_size": 10, "font_color": theme.INK, "valign": "top"}
            self.made[key] = self.book.add_format({**base, **settings})
        return self.made[key]

    def widen(self, sheet: Any, column: int, width: float) -> None:
        """Make a column at least so wide, in characters."""
        place = (sheet.name, column)
        if width > self.widths.get(place, 0.0):
            self.widths[place] = width
            sheet.set_column(column, column, width)

    def width(self, sheet: Any, first: int, last: int | None = None) -> float:
        """How wide a column is, or several are together, in characters."""
        columns = range(first, (first if last is None else last) + 1)
        return sum(self.widths.get((sheet.name, column), 8.4) for column in columns)

    def reach(self, sheet: Any, first: int, room: float) -> int:
        """The column after so many characters from a column on."""
        return next(n for n in itertools.count(first) if self.width(sheet, first, n - 1) >= room)

    def wraps(self, sheet: Any, row: int, first: int, said: str, last: int | None = None) -> None:
        """Note that a text is broken in its cell, or in one that reaches to another column."""
        self.wrapped.setdefault((sheet.name, row), []).append((first, first if last is None else last, said))

    def settle(self, sheet: Any) -> dict[int, float]:
        """Write paragraphs and make rows as high as their texts need, once all columns have their width.

        Returns the rows that are higher than one line, with their heights in pt.
        """
        for row, column, said, look in self.across.get(sheet.name, ()):
            last = max(self.reach(sheet, 0, LINE) - 1, column + 1)
            sheet.merge_range(row, column, row, last, "", self(text_wrap=True, **look))
            text(sheet, row, column, said, self, last, text_wrap=True, **look)
        high: dict[int, float] = {}
        for (name, row), texts in self.wrapped.items():
            if name == sheet.name:
                rooms = ((said, _DIGIT * self.width(sheet, first, last)) for first, last, said in texts)
                lines = max(len(theme.wrap(said, room, 10, bold=True)) for said, room in rooms)
                if lines > 1:
                    high[row] = 13.5 * lines + 2
                    sheet.set_row(row, high[row])
        return high


def inert_book(stream: io.BytesIO) -> Any:
    """A workbook in which no text is read as a formula, a link or a number."""
    inert = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
    return Workbook(stream, {"in_memory": True, **inert})


def text(
    sheet: Any, row: int, column: int, value: str, formats: Formats, last: int | None = None, **settings: Any
) -> None:
    """Write text that stays text: what begins like a formula is marked as a quotation.

    A cell is never read as a formula or a link; control characters, which a sheet cannot hold, are left out. A row has
    room for what is broken into lines in a cell, or in one that reaches to another column.
    """
    said = clean(value)[:32767]
    if settings.get("text_wrap"):
        formats.wraps(sheet, row, column, said, last)
    if said[:1] in ("=", "+", "-", "@", "\t"):
        settings["quote_prefix"] = True
    sheet.write_string(row, column, said, formats(**settings))


LINE = 110
"""Characters of a line of words that stands across a sheet."""


def paragraph(sheet: Any, row: int, column: int, said: str, formats: Formats, **look: Any) -> None:
    """Write words, when the sheet is settled, across as many columns as a line of them needs."""
    formats.across.setdefault(sheet.name, []).append((row, column, said, look))


def write_table(
    sheet: Any, head: int, left: int, data: Any, fields: Sequence[Field], formats: Formats, totals: int = 0
) -> Block:
    """Write a header and rows; sums at the end and columns with a declared formula are formulas.

    Parameters
    ----------
    sheet : xlsxwriter worksheet
    head, left : int
        Row of the header and first column, counted from 0.
    data : DataFrame
        The rows.
    fields : sequence of Field
        The columns.
    formats : Formats
        Of the workbook.
    totals : int
        Rows at the end that are sums; a total that is no sum stays a number.

    Returns
    -------
    Block
        Where it stands.

    Raises
    ------
    ValueError
        A declared formula does not give the number of its row.
    """
    rows = len(data)
    block = Block(head, left, tuple(field.name for field in fields), rows)
    plain = rows - totals
    needs: list[float] = []
    for column, field in enumerate(fields, left):
        values = data[field.name].tolist()
        kinds = {cells.cell(field, value)["kind"] for value in values}
        number = "number" in kinds and kinds <= {"number", "missing"}
        if cells.side(field) == "center":
            inner: dict[str, Any] = {"align": "center"}
        else:
            inner = {} if number or column == left else {"indent": 1, "align": "left"}
        title = header(field)
        side = {"align": "right"} if number and field.kind != "time" else inner
        top = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", **side}
        text(sheet, head, column, title, formats, **top)
        longest = 0
        for row, value in enumerate(values):
            look: dict[str, Any] = {"bold": True, "top": int(row == plain)} if row >= plain else {}
            look |= inner
            formula = _total(block, field.name, values, row, plain) if row >= plain and number else ""
            if row < plain and field.formula:
                formula = declared(field, block, row, data.iloc[row])
            part = write_cell(sheet, head + 1 + row, column, field, value, formats, formula, **look)
            longest = max(longest, *map(len, cells.said(part).split("\n")))
        half = max(max(map(len, title.split()), default=0), -(-len(title) // 2) + 2)
        wide = longest + (2 if number else 3)
        needs.append(min(max(wide, half + 1, 7), _MOST if needs else WIDEST))
    fits = (most for most in range(_MOST, _WIDE, -1) if sum(needs[:1]) + sum(min(n, most) for n in needs[1:]) <= LINE)
    most = next(fits, _WIDE)
    for column, need in enumerate(needs, left):
        formats.widen(sheet, column, min(need, most) if column > left else need)
    return block


def declared(field: Field, block: Block, row: int, record: Mapping[str, Any]) -> str:
    """The formula of a cell from the declared one, names of columns replaced by cells; "" where a part is missing.

    Examples
    --------
    >>> block = Block(0, 0, ("used", "limit", "share"), 1)
    >>> declared(Field("share", formula="100 * used / limit"), block, 0, {"used": 1.0, "limit": 4.0, "share": 25.0})
    '=100 * A2 / B2'
    >>> declared(Field("share", formula="used / limit"), block, 0, {"used": 1.0, "limit": 4.0, "share": 25.0})
    Traceback (most recent call last):
        ...
    ValueError: the formula of share, used / limit, gives 0.25 in row 1, where 25.0 stands
    """
    names = {name: name.strip("[]") for name in _NAME.findall(field.formula)}
    parts = [record[name] for name in names.values()]
    if any(map(theme.is_missing, [*parts, record[field.name]])) or not set(names.values()) <= set(block.names):
        return ""
    values = {f"v{n}": float(value) for n, value in enumerate(parts)}
    order = list(names)
    said = _NAME.sub(lambda name: f"v{order.index(name[0])}", field.formula)
    try:  # the text is a constant of this package, of names, numbers and + - * / alone
        found = eval(said, {"__builtins__": {}}, values)
    except ZeroDivisionError:
        return ""
    wanted = float(record[field.name])
    if not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9 * max(1.0, *map(abs, values.values()))):
        raise ValueError(
            f"the formula of {field.name}, {field.formula}, gives {found:.15g} in row {row + 1}, "
            f"where {wanted!r} stands"
        )
    return "=" + _NAME.sub(lambda name: block.cell(row, names[name[0]]), field.formula)


def _total(block: Block, name: str, values: Sequence[Any], row: int, plain: int) -> str:
    """The formula of a row of sums: the sum of the rows; the last of several may be what is left of all under it."""
    parts = [float(value) for value in values[:plain] if not theme.is_missing(value)]
    if theme.is_missing(values[row]):
        return ""
    near = 1e-9 * max([1.0, *map(abs, parts)])
    if row == plain and len(parts) > 1 and abs(float(values[row]) - math.fsum(parts)) <= near:
        return f"=SUM({block.cell(0, name)}:{block.cell(plain - 1, name)})"
    under = [float(value) for value in values[plain:] if not theme.is_missing(value)]
    last = row == len(values) - 1 and len(under) == len(values) - plain > 2
    if last and abs(under[-1] - (math.fsum(under[1:-1]) - under[0])) <= near:
        return f"=SUM({block.cell(plain + 1, name)}:{block.cell(row - 1, name)})-{block.cell(plain, name)}"
    return ""


def write_cell(
    sheet: Any,
    row: int,
    column: int,
    field: Field,
    value: Any,
    formats: Formats,
    formula: str = "",
    **look: Any,
) -> cells.Cell:
    """Write one cell as `cells.cell` reads it: numbers and dates as such, all else as text; what it is."""
    part = cells.cell(field, value)
    kind = part["kind"]
    if kind == "number" and math.isfinite(float(value)):
        year = field.kind == "time"
        shape = "0" if year else number_format(field, float(value))
        style = formats(**{"align": "left" if year else "right", **look, "num_format": shape})
        if formula:
            sheet.write_formula(row, column, formula, style, float(value))
        else:
            sheet.write_number(row, column, float(value), style)
    elif isinstance(value, dt.date) and kind == "words":
        day = dt.datetime(value.year, value.month, value.day)
        style = formats(**{"align": "left", **look, "num_format": "yyyy-mm-dd"})
        sheet.write_datetime(row, column, day, style)
    else:
        if kind == "rag":
            look = {**look, "bg_color": part["fill"], "font_color": part["ink"], "bold": True, "align": "center"}
        elif kind == "missing":
            look = {"font_color": theme.QUIET, "align": "right" if field.kind == "number" else "left", **look}
        elif kind in ("decision", "number"):
            look = {**look, "bold": True} if kind == "decision" else {**look, "align": "right"}
        said = cells.said(part)
        wrap = {"text_wrap": True} if "\n" in said or len(said) > _WIDE else {}
        text(sheet, row, column, said, formats, **wrap, **look)
    return part


_SHADES = {"type": "3_color_scale", "min_color": "#FFFFFF", "mid_color": "#D3E6F6", "max_color": "#6BACE6"}
CHART, _ACROSS = 104, 720
"""Width of a chart: the characters that it covers, and px."""
_ASIDE = 40
"""The column at which stands what a chart is drawn from, beyond all that is printed."""


def write_chart(book: Any, sheet: Any, chart: Chart, head: int, fields: Sequence[Field], formats: Formats) -> int:
    """Write the rows of a chart, the chart beside them, and to its right the cells that it is drawn from.

    Parameters
    ----------
    book, sheet : xlsxwriter workbook and worksheet
    chart : Chart
        The exhibit; its title stands in the first column three rows above its header.
    head : int
        Row of the header.
    fields : sequence of Field
        Its columns.
    formats : Formats
        Of the workbook.

    Returns
    -------
    int
        The first free row under everything.
    """
    if chart.mark == "heatmap" and not chart.data.empty:
        return _write_references(sheet, chart, _grid(sheet, chart, head, formats), formats)
    block = write_table(sheet, head, 0, chart.data, fields, formats)
    row = _write_references(sheet, chart, block.under, formats)
    if chart.data.empty:
        return row
    drawn = spec(chart)
    place = {"description": spoken(chart), "object_position": 3, "x_offset": 24, "y_offset": 2}
    if drawn is None:
        content = image(chart, 665)
        wide, high = (int.from_bytes(content[at : at + 4], "big") for at in (16, 20))
        scale = {"image_data": io.BytesIO(content), "x_scale": _ACROSS / wide, "y_scale": _ACROSS / wide}
        sheet.insert_image(block.head, block.right, f"{chart.id}.png", {**place, **scale})
        return max(row, block.head + 2 + round(high * _ACROSS / wide) // 19)
    columns = write_series(sheet, drawn, block.head, _ASIDE, formats, block)
    made = native(book, chart, drawn, sheet.name, columns, block.head)
    height = 340 if drawn.shape != "bar" else max(260, 80 + 27 * len(drawn.categories))
    made.set_size({"width": _ACROSS, "height": height})
    sheet.insert_chart(block.head, block.right, made, place)
    return max(row, block.head + 2 + height // 19)


def _write_references(sheet: Any, chart: Chart, row: int, formats: Formats) -> int:
    """The named lines as a list; the first free row."""
    if not chart.references:
        return row
    text(sheet, row + 1, 0, "Lines across the chart", formats, bold=True)
    for place, line in enumerate(chart.references, row + 2):
        text(sheet, place, 0, line.label, formats)
        write_cell(sheet, place, 1, chart.x if line.axis == "x" else chart.y, line.value, formats)
    return row + 3 + len(chart.references)


def write_series(
    sheet: Any, drawn: Spec, head: int, left: int, formats: Formats, block: Block | None = None
) -> list[int]:
    """Write categories and series, as formulas on the rows of a block; the column of the values of each series."""
    quiet: dict[str, Any] = {"font_color": theme.QUIET}
    places: list[int] = []
    at = left
    if drawn.shape != "xy":
        text(sheet, head, left, "for the chart", formats, bottom=1, **quiet)
        for place, category in enumerate(drawn.categories, head + 1):
            text(sheet, place, left, category, formats, **quiet)
        at += 1
    for one in drawn.series:
        if drawn.shape == "xy":
            text(sheet, head, at, "across", formats, bottom=1, **quiet)
            for place, x in enumerate(one.xs, head + 1):
                sheet.write_number(place, at, x, formats(num_format="General", **quiet))
            at += 1
        text(sheet, head, at, one.name, formats, bottom=1, **quiet)
        style = formats(num_format=number_format(drawn.number), **quiet)
        for place, value in enumerate(one.values):
            row = one.rows[place] if one.rows else None
            if value is not None and row is not None and block is not None and one.column in block.names:
                link = f"={block.cell(row, one.column)}"
                sheet.write_formula(head + 1 + place, at, link, style, value)
            elif value is not None:
                sheet.write_number(head + 1 + place, at, value, style)
        places.append(at)
        at += 1
    return places


def native(
    book: Any, chart: Chart, drawn: Spec, sheet: str, columns: Sequence[int], head: int, on_slide: int = 0
) -> Any:
    """A chart over the cells of its series.

    Parameters
    ----------
    book : xlsxwriter workbook
    chart, drawn : Chart, Spec
        The exhibit and how it is drawn.
    sheet, columns, head : str, sequence of int, int
        Where its series stand, as `write_series` wrote them.
    on_slide : int
        Size of type in pt on a slide, where the scale is set and the font the template's; 0 in a sheet, where the
        scale follows the cells and the title stands three rows above the header.
    """
    kind, way = ("scatter", "straight") if drawn.shape == "xy" else (drawn.shape, "stacked" if drawn.stacked else None)
    made = book.add_chart({"type": kind, "subtype": way})
    size: dict[str, Any] = {"size": on_slide} if on_slide else {"name": theme.FONT, "size": 9}
    font = {**size, "color": theme.INK, "bold": False}
    small = {**font, "size": min(font["size"], 12), "color": theme.QUIET}
    few = max(0, 5 - len(drawn.categories))
    for one, column in zip(drawn.series, columns, strict=True):
        along = column - 1 if drawn.shape == "xy" else columns[0] - 1
        made.add_series({
            "name": [sheet, head, column],
            "values": [sheet, head + 1, column, head + len(one.values), column],
            "categories": [sheet, head + 1, along, head + len(one.values), along],
            "gap": (45 if drawn.shape == "bar" else 60) + 55 * few,
            "overlap": 100 if drawn.stacked or drawn.layered else -5 if len(drawn.series) > 1 else 0,
            **_look(one),
            **({"data_labels": _labels(one, drawn, font)} if any(one.labels) else {}),
        })  # fmt: skip
    plain = {"num_font": font, "name_font": small, "major_gridlines": {"visible": False},
             "major_tick_mark": "none", "minor_tick_mark": "none"}  # fmt: skip
    words: dict[str, Any] = {**plain, "line": {"color": theme.INK}, "label_position": "low"}
    scaled = drawn.shape in ("line", "xy")  # bars carry their numbers, so that they need no axis
    grid = {"visible": scaled, "line": {"color": theme.GRID, "width": 0.75}}
    values = {**plain, "line": {"none": True}, "major_gridlines": grid, "visible": scaled,
              "num_format": number_format(drawn.number)}  # fmt: skip
    values |= {"name": _inert(header(drawn.number))} if scaled else {}
    if on_slide:
        values |= _scale(drawn.span(), drawn.number.signed)
    if drawn.shape == "xy":
        across = _scale(span([x for one in drawn.series for x in one.xs]))
        words |= {"name": _inert(header(chart.x)), **across}
    if drawn.shape == "bar":
        made.set_y_axis({**words, "reverse": True, "interval_unit": 1})
        made.set_x_axis({**values, "label_position": "high"})
    else:
        made.set_x_axis(words)
        made.set_y_axis(values)
    title = {"name": [sheet, head - 3, 0], "overlay": False,
             "name_font": {"name": theme.FONT, "size": 12, "color": theme.DARK_BLUE}}  # fmt: skip
    made.set_title({"none": True} if on_slide else title)
    unnamed = [n for n, one in enumerate(drawn.series) if one.kind == "hidden" or one.across]
    made.set_legend({"position": "top", "font": font, "delete_series": unnamed} if drawn.key else {"none": True})
    made.set_chartarea({"border": {"none": True}})
    return made


def _scale(ends: tuple[float, float, float], signed: bool = False) -> dict[str, Any]:
    """Lowest, highest and step of an axis of numbers, and how its numbers are written."""
    low, high, step = ends
    form = number_format(Field("", decimals=0 if not step or float(step).is_integer() else 1, signed=signed))
    return {"min": low, "max": high, "num_format": form, **({"major_unit": step} if step else {})}


def _inert(said: str) -> str:
    """Words that a chart does not take for the address of a cell: an invisible joiner follows each "!".

    Examples
    --------
    >>> _inert("Stop!A1") == "Stop!\u2060A1", _inert("EUR million")
    (True, 'EUR million')
    """
    return clean(said).replace("!", "!\u2060")


def _look(one: Series) -> dict[str, Any]:
    """Colors and outline of a series; bars have no markers, which the schema forbids there."""
    none, color = {"none": True}, one.look.shade
    if one.kind == "line":
        width = 1.5 if one.across else 2.25
        line = {"color": color, "width": width, "dash_type": "dash" if one.look.dash else "solid"}
        return {"line": line, "marker": {"type": "none"}}
    if one.kind == "dots":
        dots = {"type": "circle", "size": 8, "fill": {"color": color}, "border": {"color": theme.PAPER}}
        return {"line": none, "marker": dots}
    if one.kind == "fill":
        looks = map(one.looks.get, range(len(one.values)))
        return {**_fill(one.look), "points": one.looks and [look and _fill(look) for look in looks]}
    return {"fill": none, "border": none if one.kind == "hidden" else {"color": theme.INK, "width": 1.75}}


def _labels(one: Series, drawn: Spec, font: Mapping[str, Any]) -> dict[str, Any]:
    """Words on the marks: the number where they say just that, else the words themselves."""
    inner = drawn.stacked and one.kind == "fill"
    if drawn.layered and (one.look.hatch or one.look is GROUND):
        place = "center" if one.look.hatch else "inside_base"
    elif one.kind in ("line", "dots"):
        place = "right" if one.across and one.xs[0] == one.xs[1] else "above"
    else:
        place = "outside_end" if not drawn.stacked else "center" if inner else "inside_end"
    grounds = [one.looks.get(n, one.look).fill if inner else theme.PAPER for n in range(len(one.labels))]
    looks = [{"font": {**font, "color": theme.readable(theme.INK, ground)}} for ground in grounds]
    found = {"value": True, "num_format": number_format(drawn.number), "position": place, **looks[0]}
    plain = one.plain(drawn.number)
    if not plain or len(set(grounds)) > 1:
        found["custom"] = [
            {**look, **({} if plain else {"value": _inert(said)})} if said else {"delete": True}
            for said, look in zip(one.labels, looks, strict=True)
        ]
    return found


def _fill(look: theme.Look) -> dict[str, Any]:
    border = {"color": look.line, "width": look.width} if look.width else {"none": True}
    if look.hatch:
        pattern = {"pattern": "wide_upward_diagonal", "fg_color": look.line, "bg_color": look.fill}
        return {"pattern": pattern, "border": border}
    return {"fill": {"color": look.fill}, "border": border}


def _grid(sheet: Any, chart: Chart, head: int, formats: Formats) -> int:
    """A heatmap as a table: numbers on a scale of color, words as they are."""
    value, (names, columns, tiles) = chart.value, canvas.grid_of(chart)
    assert value is not None
    number = value.kind == "number"
    cell = replace(value, unit="", kind="mark" if number else value.kind)
    fields = [Field("", header(chart.y), kind="text"), *(replace(cell, name=name, title=name) for name in columns)]
    rows = [[row, *(tiles[row, column].value for column in columns)] for row in names]
    data = pd.DataFrame(rows, columns=[field.name for field in fields])
    block = write_table(sheet, head, 0, data, fields, formats)
    if number:
        sheet.conditional_format(head + 1, 1, block.under - 1, len(columns), _SHADES)
    return block.under
