"""Lines and points: values at places, named where they stand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.bar_rows import series_looks
from pmo_kit.exhibits.records import Chart, Field, Reference
from pmo_kit.exhibits.sheet import Sheet, positions, safe, tick_text, ticks

Spot = tuple[float, float]
Box = tuple[float, float, float, float]


@dataclass
class Track:
    """The points of one series, in order of the data, with their labels."""

    name: str
    style: str
    look: theme.Look
    x: list[float]
    y: list[float]
    labels: list[str]
    said: list[str]


def draw_points(chart: Chart, sheet: Sheet) -> None:
    """Draw a line or scatter chart: labelled rows get a dot and their words, lines their name at the end."""
    xs, x_ticks, x_text = positions(chart.data[chart.x.name].tolist(), chart.x)
    ys, y_ticks, y_text = positions(chart.data[chart.y.name].tolist(), chart.y)
    tracks = _tracks(chart, xs, ys)
    lines = chart.mark == "line"
    named = [track for track in tracks if lines and track.name and len(track.x) > 1]
    _frame_axes(chart, sheet, xs, ys, (x_ticks, x_text), (y_ticks, y_text), named)
    boxes: list[Box] = []
    paths = [_path(sheet, track, chart.step) for track in tracks if lines and len(track.x) > 1]
    for track in tracks:
        _draw_track(chart, sheet, track, lines)
    _name_ends(sheet, named, boxes)
    places = [_reference_place(chart, reference) for reference in chart.references]
    sheet.name_references(chart.references, places)
    _name_axis(sheet, chart.y)
    for reference, place in zip(chart.references, places, strict=True):
        if reference.axis == "x":
            paths.append([(sheet.px(place), 0.0), (sheet.px(place), sheet.height)])
    for track in tracks:
        for x, y in zip(track.x, track.y, strict=True):
            if track.labels and not math.isnan(y):
                at = (sheet.px(x), sheet.py(y))
                if not lines or len(track.x) == 1 or track.labels[track.x.index(x)]:
                    boxes.append((at[0] - 6, at[1] - 6, at[0] + 6, at[1] + 6))
    said = [
        (track, (x, y), label, track.style == "focus" and x in places)
        for track in tracks
        for x, y, label in zip(track.x, track.y, track.labels, strict=True)
        if label and not math.isnan(y)
    ]
    for track, point, label, bold in sorted(said, key=lambda item: not item[3]):
        _say(sheet, track, point, label, bold, boxes, paths)
    sheet.key = not lines and len(tracks) > 1 and not {track.name for track in tracks} <= set(theme.LOOKS)


def _tracks(chart: Chart, xs: Sequence[float], ys: Sequence[float]) -> list[Track]:
    looks = series_looks(chart)
    tracks = {name: Track(name, style, look, [], [], [], []) for name, (style, look) in looks.items()}
    for row, x, y in zip(chart.data.to_dict("records"), xs, ys, strict=True):
        if math.isnan(x):
            continue
        track = tracks["" if chart.series is None else str(row[chart.series.name])]
        label = "" if chart.label is None else row[chart.label.name]
        label = (
            "" if theme.is_missing(label) else label if isinstance(label, str) else theme.format_number(label)
        )
        track.x.append(x)
        track.y.append(y)
        track.labels.append(label)
        amount = theme.format_number(y, chart.y.decimals, chart.y.signed) if chart.y.kind == "number" else ""
        at = row[chart.x.name]
        where = (
            theme.format_number(at, chart.x.decimals) if chart.x.kind == "number" else theme.format_text(at)
        )
        track.said.append(
            safe("\n".join(p for p in (track.name, label, f"{where}: {amount} {chart.y.unit}") if p))
        )
    return list(tracks.values())


def _frame_axes(
    chart: Chart, sheet: Sheet, xs: Sequence[float], ys: Sequence[float],
    x_ticks: tuple[list[float], list[str]], y_ticks: tuple[list[float], list[str]], named: Sequence[Track],
) -> None:  # fmt: skip
    size = sheet.size
    refs = {
        axis: [_reference_place(chart, reference) for reference in chart.references if reference.axis == axis]
        for axis in ("x", "y")
    }
    low, high = _span([*ys, *refs["y"]], zero=True)
    values, text = y_ticks
    if not values:
        values = ticks(low, high + 0.04 * (high - low))
        text = tick_text(values, chart.y)
    sheet.left = max((theme.text_width(item, size) for item in text), default=0) + 10
    sheet.right = (
        max((theme.text_width(track.name, size, track.style == "focus") for track in named), default=4) + 10
    )
    sheet.right = min(sheet.right, 0.3 * sheet.width)
    sheet.height = 21 * size
    pad = 0.07 * (high - low)
    sheet.y_range = (low - (0 if low == 0 else pad), high + pad)
    x_low, x_high = _span([*xs, *refs["x"]], zero=False)
    side = (0.02 if chart.mark == "line" else 0.05) * (x_high - x_low)
    if chart.mark != "line" and x_low == 0:
        sheet.x_range = (0.0, x_high + side)
    else:
        sheet.x_range = (x_low - side, x_high + (0 if named else side))
    x_values, x_text = x_ticks
    if not x_values:
        x_values = ticks(*sheet.x_range, count=7)
        x_text = tick_text(x_values, chart.x)
    sheet.y_axis = {"tickvals": values, "ticktext": [safe(item) for item in text], "showgrid": True,
                    "gridcolor": theme.GRID, "ticklabelstandoff": 4}  # fmt: skip
    sheet.x_axis = {"tickvals": x_values, "ticktext": [safe(item) for item in x_text], "tickangle": 0,
                    "ticklabelstandoff": 4}  # fmt: skip
    sheet.line(0, sheet.y_range[0], 1, sheet.y_range[0], xref="paper", width=1, layer="between")
    sheet.bottom += size * 1.7
    under = axis_title(chart.x)
    if under:
        sheet.note(under, 1, 0, xref="paper", yref="paper", xanchor="right", yanchor="top",
                   yshift=-size * 1.7, color=theme.QUIET)  # fmt: skip
        sheet.bottom += size * 1.5


def _name_axis(sheet: Sheet, axis: Field) -> None:
    """Write what stands on the upright axis above it, lying: nobody reads turned text."""
    title = axis_title(axis)
    if title:
        sheet.note(
            title, 0, 1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", xshift=-sheet.left,
            yshift=sheet.top + 2,
        )  # fmt: skip
        sheet.top += sheet.size * 1.6


def axis_title(axis: Field) -> str:
    """Title and unit of an axis in one line; a percent sign already stands at each tick."""
    unit = "" if axis.unit == "%" else axis.unit
    return ", ".join(part for part in (axis.title, unit) if part)


def _span(values: Sequence[float], zero: bool) -> tuple[float, float]:
    real = [value for value in values if not math.isnan(value)]
    low, high = (min(real), max(real)) if real else (0.0, 1.0)
    if zero and 0 < low < 0.6 * high:
        low = 0.0
    if low == high:
        low, high = low - 0.5, high + 0.5
    return low, high


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
    focus = track.style in ("focus", "good")
    hollow = track.style in ("previous", "plan", "muted")
    if lines and not single:
        dash = "dash" if track.style in ("previous", "muted", "forecast") else "solid"
        shade = theme.QUIET if hollow and track.style != "plan" else color
        sheet.traces.append(
            go.Scatter(
                x=track.x, y=track.y, mode="lines", name=safe(track.name),
                hovertext=track.said, hoverinfo="text",
                line={"color": shade, "width": 3 if focus else 2, "dash": dash,
                      "shape": "hv" if chart.step else "linear"},
                connectgaps=False, cliponaxis=False,
            )
        )  # fmt: skip
    marked = [place for place in range(len(track.x)) if not lines or single or track.labels[place]]
    if marked:
        sheet.traces.append(
            go.Scatter(
                x=[track.x[p] for p in marked], y=[track.y[p] for p in marked], mode="markers",
                name=safe(track.name), hovertext=[track.said[p] for p in marked], hoverinfo="text",
                showlegend=not lines, cliponaxis=False,
                marker={"size": 10, "color": theme.PAPER if hollow else color,
                        "line": {"width": 2, "color": theme.INK if hollow else theme.PAPER}},
            )
        )  # fmt: skip


def _path(sheet: Sheet, track: Track, step: bool) -> list[tuple[float, float]]:
    """A line in pixels, its steps written out."""
    points: list[tuple[float, float]] = []
    for x, y in zip(track.x, track.y, strict=True):
        if math.isnan(y):
            continue
        if step and points:
            points.append((sheet.px(x), points[-1][1]))
        points.append((sheet.px(x), sheet.py(y)))
    return points


def _name_ends(sheet: Sheet, tracks: Sequence[Track], boxes: list[Box]) -> None:
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
        shade = track.look.text if bold else track.look.fill
        sheet.note(
            "\n".join(parts), x, 1, yref="paper", xanchor="left", yanchor="middle", xshift=7, yshift=-at, bold=bold,
            color=shade if theme.contrast(shade) >= 4.5 else theme.INK,
        )  # fmt: skip
        left = sheet.px(x)
        wide = max(theme.text_width(part, sheet.size, bold) for part in parts)
        boxes.append((left, at - high / 2, left + wide, floor))


def _say(
    sheet: Sheet,
    track: Track,
    point: tuple[float, float],
    label: str,
    bold: bool,
    boxes: list[Box],
    paths: Sequence[Sequence[tuple[float, float]]],
) -> None:
    """Write a label at the best of the places around its point: off the lines, off other labels."""
    x, y = point
    size = sheet.size
    rows = label.split("\n")
    width = max(theme.text_width(row, size, bold) for row in rows) + 4
    high = len(rows) * size * 1.3
    px, py = sheet.px(x), sheet.py(y)
    near = [(width / 2 + 10, 0), (-width / 2 - 10, 0), (0, -high / 2 - 9), (0, high / 2 + 9)]
    near += [(side * (width / 2 + 4), up * (high / 2 + 7)) for up in (-1, 1) for side in (-1, 1)]
    far = [
        (part * width / 2, up * (high / 2 + out))
        for out in (20, 38)
        for up in (1, -1)
        for part in (0, -0.5, 0.5, -1, 1)
    ]
    best, least = near[0], math.inf
    for rank, (dx, dy) in enumerate([*near, *far]):
        middle = (px + dx, py + dy)
        box = (middle[0] - width / 2, middle[1] - high / 2, middle[0] + width / 2, middle[1] + high / 2)
        cost = rank * 0.1 + 10 * _outside(sheet, box)
        cost += 8 * sum(_overlap(box, other) for other in boxes if not _owns(other, px, py))
        if rank >= len(near):
            reach = _reach(dx, dy, width, high)
            start, tip = (px + reach[0], py + reach[1]), (px + reach[2], py + reach[3])
            leader = (
                min(start[0], tip[0]),
                min(start[1], tip[1]),
                max(start[0], tip[0]),
                max(start[1], tip[1]),
            )
            cost += 4 * sum(_overlap(leader, other) for other in boxes if not _owns(other, px, py))
            cost += sum(_meet(start, tip, a, b) for path in paths for a, b in itertools.pairwise(path))
        cost += 5 * sum(_crosses(box, a, b) for path in paths for a, b in itertools.pairwise(path))
        if cost < least - 1e-9:
            best, least = (dx, dy), cost
    dx, dy = best
    boxes.append((px + dx - width / 2, py + dy - high / 2, px + dx + width / 2, py + dy + high / 2))
    if best in far:
        _leader(sheet, x, y, _reach(dx, dy, width, high))
    sheet.note(
        label,
        x,
        y,
        xshift=dx,
        yshift=-dy,
        bold=bold,
        color=track.look.text if bold else theme.INK,
        bgcolor="rgba(255,255,255,.75)",
    )


def _reach(dx: float, dy: float, width: float, high: float) -> Box:
    """Start and tip of the thin line from a point to its label, in px from the point."""
    tip = (min(max(0.0, dx - width / 2 + 6), dx + width / 2 - 6), dy - math.copysign(high / 2 + 1, dy))
    length = math.hypot(*tip) or 1.0
    return 7 * tip[0] / length, 7 * tip[1] / length, tip[0], tip[1]


def _leader(sheet: Sheet, x: float, y: float, reach: Box) -> None:
    """Draw that line; plotly counts pixels upwards."""
    sheet.shapes.append(
        {
            "type": "line", "xsizemode": "pixel", "ysizemode": "pixel", "xanchor": x, "yanchor": y,
            "x0": reach[0], "y0": -reach[1], "x1": reach[2], "y1": -reach[3],
            "line": {"color": theme.QUIET, "width": 0.9}, "layer": "above",
        }
    )  # fmt: skip


def _outside(sheet: Sheet, box: Box) -> float:
    """0 inside the plot area, 1 beside it, 10 where the picture ends."""
    if (
        box[0] < -sheet.left
        or box[2] > sheet.plot_width + sheet.right
        or box[3] > sheet.height + sheet.bottom
    ):
        return 10.0
    return float(box[0] < 0 or box[1] < -4 or box[3] > sheet.height)


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _owns(box: Box, x: float, y: float) -> bool:
    return abs((box[0] + box[2]) / 2 - x) < 1e-6 and abs((box[1] + box[3]) / 2 - y) < 1e-6


def _meet(p: Spot, q: Spot, a: Spot, b: Spot) -> bool:
    """Do the lines from p to q and from a to b cross?"""

    def side(u: Spot, v: Spot, w: Spot) -> float:
        return (v[0] - u[0]) * (w[1] - u[1]) - (v[1] - u[1]) * (w[0] - u[0])

    return side(p, q, a) * side(p, q, b) < 0 and side(a, b, p) * side(a, b, q) < 0


def _crosses(box: Box, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Does the line from a to b touch the box? Tested at 24 points, enough for labels."""
    return any(
        box[0] - 1 <= a[0] + (b[0] - a[0]) * i / 24 <= box[2] + 1
        and box[1] - 1 <= a[1] + (b[1] - a[1]) * i / 24 <= box[3] + 1
        for i in range(25)
    )
