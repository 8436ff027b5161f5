"""Lines and scatters: values at places, named where they stand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bars import said_on, series_looks
from pmo_kit.exhibits.canvas import Dot, Path, Point, Sheet, amount, pointed, positions, tick_text, ticks
from pmo_kit.exhibits.records import Chart, Field, Reference

Patch = tuple[float, float, float, float]


@dataclass
class Track:
    """The points of one series, in order of the data, with their labels and what the pointer reads."""

    name: str
    style: str
    look: theme.Look
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)


def draw_points(chart: Chart, sheet: Sheet) -> None:
    """Draw a line or scatter chart: labelled rows get a dot and their words, lines their name at the end."""
    xs, x_ticks, x_text = positions(chart.data[chart.x.name].tolist(), chart.x)
    ys, y_ticks, y_text = positions(chart.data[chart.y.name].tolist(), chart.y)
    tracks = _tracks(chart, xs, ys)
    lines = chart.mark == "line"
    named = [track for track in tracks if lines and track.name and len(track.x) > 1]
    places = [_reference_place(chart, line) for line in chart.references]
    _axes(chart, sheet, xs, ys, (x_ticks, x_text), (y_ticks, y_text), named, places)
    boxes: list[Patch] = []
    paths = [_path(sheet, track, chart.step) for track in tracks if lines and len(track.x) > 1]
    for track in tracks:
        _draw_track(chart, sheet, track, lines)
    _name_ends(sheet, named, boxes)
    spots = [sheet.px(at) if line.axis == "x" else sheet.py(at)
             for line, at in zip(chart.references, places, strict=True)]  # fmt: skip
    sheet.name_references(chart.references, spots)
    title = axis_title(chart.y)
    if title:
        sheet.words(title, -sheet.left, -sheet.top - 2, across="left", down="bottom")
        sheet.top += sheet.size * 1.6
    paths += [[(at, 0.0), (at, sheet.height)]
              for line, at in zip(chart.references, spots, strict=True) if line.axis == "x"]  # fmt: skip
    points = [
        (track, sheet.px(x), sheet.py(y), label, track.style == "focus" and x in places)
        for track in tracks
        for x, y, label in zip(track.x, track.y, track.labels, strict=True)
        if not math.isnan(y)
    ]
    boxes += [
        (x - 6, y - 6, x + 6, y + 6)
        for track, x, y, label, _ in points
        if label or not lines or len(track.x) == 1
    ]
    for track, x, y, label, bold in sorted(points, key=lambda point: not point[4]):
        if label:
            _say(sheet, track, (x, y), label, bold, boxes, paths)


def _tracks(chart: Chart, xs: Sequence[float], ys: Sequence[float]) -> list[Track]:
    tracks = {name: Track(name, style, look) for name, (style, look) in series_looks(chart).items()}
    for row, x, y in zip(chart.data.to_dict("records"), xs, ys, strict=True):
        if math.isnan(x):
            continue
        track = tracks["" if chart.series is None else str(row[chart.series.name])]
        label = "" if chart.label is None else said_on(chart, row, chart.y)
        who = (
            "" if chart.name is None or theme.is_missing(row[chart.name.name]) else str(row[chart.name.name])
        )
        track.x.append(x)
        track.y.append(y)
        track.labels.append(label)
        values = (amount(chart.x, row[chart.x.name]), amount(chart.y, row[chart.y.name]))
        track.says.append(pointed(who, track.name, label.replace("\n", " "), *values))
    return list(tracks.values())


def _axes(
    chart: Chart, sheet: Sheet, xs: Sequence[float], ys: Sequence[float],
    x_ticks: tuple[list[float], list[str]], y_ticks: tuple[list[float], list[str]], named: Sequence[Track],
    places: Sequence[float],
) -> None:  # fmt: skip
    size = sheet.size
    lines = {
        axis: [at for line, at in zip(chart.references, places, strict=True) if line.axis == axis]
        for axis in "xy"
    }
    low, high = _span([*ys, *lines["y"]], zero=True)
    values, text = y_ticks
    if not values:
        values = ticks(low, high + 0.04 * (high - low))
        text = tick_text(values, chart.y)
    sheet.left = max((theme.text_width(item, size) for item in text), default=0) + 10
    ends = (theme.text_width(track.name, size, track.style == "focus") for track in named)
    sheet.right = min(max(ends, default=4) + 10, 0.3 * sheet.width)
    sheet.height = 21 * size
    pad = 0.07 * (high - low)
    sheet.y_range = (low - (0 if low == 0 else pad), high + pad)
    x_low, x_high = _span([*xs, *lines["x"]], zero=False)
    side = (0.02 if chart.mark == "line" else 0.05) * (x_high - x_low)
    start = 0.0 if chart.mark != "line" and x_low == 0 else x_low - side
    sheet.x_range = (start, x_high + (0 if named else side))
    x_values, x_text = x_ticks
    if not x_values:
        x_values = ticks(*sheet.x_range, count=7)
        x_text = tick_text(x_values, chart.x)
    sheet.scale(values, text, "y", grid=True)
    sheet.scale(x_values, x_text, "x")
    sheet.line(0, sheet.height, sheet.plot_width, sheet.height, under=True)
    sheet.bottom += size * 1.7
    under = axis_title(chart.x)
    if under:
        sheet.words(
            under, sheet.plot_width, sheet.height + size * 1.7, across="right", down="top", color=theme.QUIET
        )
        sheet.bottom += size * 1.5


def axis_title(axis: Field) -> str:
    """Title and unit of an axis in one line; a percent sign already stands at each tick."""
    return ", ".join(part for part in (axis.title, "" if axis.unit == "%" else axis.unit) if part)


def _span(values: Sequence[float], zero: bool) -> tuple[float, float]:
    real = [value for value in values if not math.isnan(value)]
    low, high = (min(real), max(real)) if real else (0.0, 1.0)
    if zero and 0 < low < 0.6 * high:
        low = 0.0
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _reference_place(chart: Chart, reference: Reference) -> float:
    axis = chart.x if reference.axis == "x" else chart.y
    values = chart.data[axis.name].tolist()
    if isinstance(reference.value, int | float):
        return float(reference.value)
    known = {theme.format_text(v): p for v, p in zip(values, positions(values, axis)[0], strict=True)}
    if reference.value not in known:
        raise ValueError(
            f"exhibit {chart.id}: {reference.label!r} stands at {reference.value!r}, which is not on the axis"
        )
    return known[str(reference.value)]


def _draw_track(chart: Chart, sheet: Sheet, track: Track, lines: bool) -> None:
    look, single = track.look, len(track.x) == 1
    color = look.line if look.fill == theme.PAPER else look.fill
    hollow = track.style in ("previous", "plan", "muted")
    spots = [
        None if math.isnan(y) else (sheet.px(x), sheet.py(y)) for x, y in zip(track.x, track.y, strict=True)
    ]
    fill, edge = (theme.PAPER, theme.INK) if hollow else (color, theme.PAPER)
    if lines and not single:
        shade = theme.QUIET if hollow and track.style != "plan" else color
        points: list[Point | None] = []
        says: list[str] = []
        for spot, say in zip(spots, track.says, strict=True):
            if chart.step and spot and points and points[-1]:
                points.append((spot[0], points[-1][1]))
                says.append("")
            points.append(spot)
            says.append(say)
        dash = track.style in ("previous", "muted", "forecast")
        width = 3 if track.style in ("focus", "good") else 2
        sheet.marks.append(Path(tuple(points), shade, width, dash, tuple(says)))
    elif not lines and not set(series_looks(chart)) <= set(theme.LOOKS) | {""}:
        sheet.key.append((track.name, Dot(12, 0, 10, fill, edge, 2)))
    for place, spot in enumerate(spots):
        if spot and (not lines or single or track.labels[place]):
            sheet.marks.append(Dot(*spot, 10, fill, edge, 2, say=track.says[place]))


def _path(sheet: Sheet, track: Track, step: bool) -> list[Point]:
    """A line in pixels, its steps written out, gaps left out."""
    points: list[Point] = []
    for x, y in zip(track.x, track.y, strict=True):
        if math.isnan(y):
            continue
        if step and points:
            points.append((sheet.px(x), points[-1][1]))
        points.append((sheet.px(x), sheet.py(y)))
    return points


def _name_ends(sheet: Sheet, tracks: Sequence[Track], boxes: list[Patch]) -> None:
    """Name each line at its right end, moved apart where ends are close."""
    last = sorted(
        (sheet.py(track.y[end]), place, track.x[end])
        for place, track in enumerate(tracks)
        for end in [max((i for i, y in enumerate(track.y) if not math.isnan(y)), default=-1)]
        if end >= 0
    )
    floor = -math.inf
    for height, place, x in last:
        track = tracks[place]
        bold = track.style == "focus"
        parts = theme.wrap(track.name, sheet.right - 8, sheet.size, bold)
        high = len(parts) * sheet.size * 1.25
        at = max(height, floor + high / 2)
        floor = at + high / 2
        left = sheet.px(x)
        color = theme.readable(track.look.text if bold else track.look.fill)
        sheet.words("\n".join(parts), left, at, across="left", dx=7, bold=bold, color=color)
        wide = max(theme.text_width(part, sheet.size, bold) for part in parts)
        boxes.append((left, at - high / 2, left + wide, floor))


def _say(
    sheet: Sheet, track: Track, point: Point, label: str, bold: bool, boxes: list[Patch],
    paths: Sequence[Sequence[Point]],
) -> None:  # fmt: skip
    """Write a label at the best of the places around its point: off the lines, off other labels."""
    size = sheet.size
    rows = label.split("\n")
    width = max(theme.text_width(row, size, bold) for row in rows) + 4
    high = len(rows) * size * 1.3
    px, py = point
    near = [(width / 2 + 10, 0), (-width / 2 - 10, 0), (0, -high / 2 - 9), (0, high / 2 + 9)]
    near += [(side * (width / 2 + 4), up * (high / 2 + 7)) for up in (-1, 1) for side in (-1, 1)]
    far = [
        (part * width / 2, up * (high / 2 + out))
        for out in (20, 38)
        for up in (1, -1)
        for part in (0, -0.5, 0.5, -1, 1)
    ]
    others = [
        box for box in boxes if abs(box[0] + box[2] - 2 * px) > 2e-6 or abs(box[1] + box[3] - 2 * py) > 2e-6
    ]
    segments = [pair for path in paths for pair in itertools.pairwise(path)]

    def cost(rank: int, dx: float, dy: float) -> float:
        box = (px + dx - width / 2, py + dy - high / 2, px + dx + width / 2, py + dy + high / 2)
        found = rank * 0.1 + 10 * _outside(sheet, box) + 8 * sum(_overlap(box, other) for other in others)
        if rank >= len(near):
            x0, y0, x1, y1 = _reach(point, dx, dy, width, high)
            thin = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
            found += 4 * sum(_overlap(thin, other) for other in others)
            found += sum(_meet((x0, y0), (x1, y1), a, b) for a, b in segments)
        return found + 5 * sum(_crosses(box, a, b) for a, b in segments)

    rank, (dx, dy) = min(
        enumerate([*near, *far]), key=lambda item: (round(cost(item[0], *item[1]), 9), item[0])
    )
    boxes.append((px + dx - width / 2, py + dy - high / 2, px + dx + width / 2, py + dy + high / 2))
    if rank >= len(near):
        sheet.line(*_reach(point, dx, dy, width, high), color=theme.QUIET, width=0.9)
    color = theme.readable(track.look.text) if bold else theme.INK
    sheet.words(label, px, py, dx=dx, dy=dy, bold=bold, color=color, ground="#FFFFFFBF")


def _reach(point: Point, dx: float, dy: float, width: float, high: float) -> Patch:
    """Start and tip of the thin line from a point to its label."""
    tip = (min(max(0.0, dx - width / 2 + 6), dx + width / 2 - 6), dy - math.copysign(high / 2 + 1, dy))
    length = math.hypot(*tip) or 1.0
    x, y = point
    return x + 7 * tip[0] / length, y + 7 * tip[1] / length, x + tip[0], y + tip[1]


def _outside(sheet: Sheet, box: Patch) -> float:
    """0 inside the plot area, 1 beside it, 10 where the picture ends."""
    far = (
        box[0] < -sheet.left
        or box[2] > sheet.plot_width + sheet.right
        or box[3] > sheet.height + sheet.bottom
    )
    return 10.0 if far else float(box[0] < 0 or box[1] < -4 or box[3] > sheet.height)


def _overlap(a: Patch, b: Patch) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _meet(p: Point, q: Point, a: Point, b: Point) -> bool:
    """Do the lines from p to q and from a to b cross?"""

    def side(u: Point, v: Point, w: Point) -> float:
        return (v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0])

    return side(p, q, a) * side(p, q, b) < 0 and side(a, b, p) * side(a, b, q) < 0


def _crosses(box: Patch, a: Point, b: Point) -> bool:
    """Does the line from a to b touch the box? Tested at 24 points, enough for labels."""
    return any(
        box[0] - 1 <= a[0] + (b[0] - a[0]) * i / 24 <= box[2] + 1
        and box[1] - 1 <= a[1] + (b[1] - a[1]) * i / 24 <= box[3] + 1
        for i in range(25)
    )
