"""The bars of a chart as rows: where each begins and ends, how it looks, what it says."""

from __future__ import annotations

from dataclasses import dataclass

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.records import Chart


@dataclass
class Bar:
    """One bar: its slot on the axis of words, from where to where, and what it says."""

    slot: int
    category: str
    group: str
    series: str
    start: float
    end: float
    label: str
    look: theme.Look
    style: str
    shift: float = 0.0
    thickness: float = 0.7
    inner: bool = False


def series_looks(chart: Chart) -> dict[str, tuple[str, theme.Look]]:
    """Series -> its style ("" for a palette color) and look, in order of the data."""
    if chart.series is None:
        return {"": ("ordinary", theme.look("ordinary"))}
    names = list(dict.fromkeys(str(value) for value in chart.data[chart.series.name]))
    styles = {name: chart.styles.get(name, name if name in theme.LOOKS else "") for name in names}
    palette = iter(theme.category_looks(sum(not style for style in styles.values())))
    looks = {name: (style, theme.look(style) if style else next(palette)) for name, style in styles.items()}
    if "focus" in styles.values():
        looks = {
            name: (style, theme.look("muted") if style == "ordinary" else look)
            for name, (style, look) in looks.items()
        }
    return looks


def read_bars(chart: Chart, lying: bool) -> list[Bar]:
    """The bars in order of the data; a slot is one category of one block.

    A category that comes again in its series gets a slot of its own, so that no bar hides another.
    """
    words, number = (chart.y, chart.x) if lying else (chart.x, chart.y)
    looks = series_looks(chart)
    slots: dict[tuple[str, str, int], int] = {}
    times: dict[tuple[str, str, str], int] = {}
    bars = []
    for row in chart.data.to_dict("records"):
        value = row[number.name]
        if theme.is_missing(value):
            continue
        category = theme.format_text(row[words.name])
        group = "" if chart.group is None else str(row[chart.group.name])
        series = "" if chart.series is None else str(row[chart.series.name])
        again = times[(group, category, series)] = times.get((group, category, series), -1) + 1
        slot = slots.setdefault((group, category, 0 if chart.stacked else again), len(slots))
        start = (
            0.0 if chart.start is None or theme.is_missing(row[chart.start.name]) else row[chart.start.name]
        )
        label = theme.format_number(value, number.decimals, number.signed)
        if chart.label is not None:
            said = row[chart.label.name]
            numeric = not isinstance(said, str) and not theme.is_missing(said)
            label = theme.format_number(said, chart.label.decimals, chart.label.signed) if numeric else said
            label = "" if theme.is_missing(label) else str(label)
        style, look = looks[series]
        bars.append(Bar(slot, category, group, series, float(start), float(value), label, look, style))
    return bars


def arrange(chart: Chart, bars: list[Bar], many: bool) -> None:
    """Give the bars of one slot their shift, thickness and, when stacked, their base."""
    names = list(dict.fromkeys(bar.series for bar in bars))
    tops: dict[tuple[int, bool], float] = {}
    for bar in bars:
        place = names.index(bar.series)
        if chart.stacked:
            bar.inner = True
            base = tops.get((bar.slot, bar.end < 0), 0.0)
            bar.start, bar.end = base, base + bar.end
            tops[(bar.slot, bar.end < base)] = bar.end
        elif chart.layered:
            bar.thickness = max(0.74 - 0.2 * place, 0.2)
            bar.inner = place > 0 and bar.style != "limit"
            if bar.style == "limit":
                bar.thickness = 0.9
        elif many:
            bar.thickness = 0.84 / len(names)
            bar.shift = (place - (len(names) - 1) / 2) * bar.thickness


def needs_key(chart: Chart, bars: list[Bar]) -> bool:
    """Series that stand alone in their slots need a key, unless blocks or plain styles explain them."""
    if chart.series is None or chart.group is not None or chart.start is not None:
        return False
    names = {bar.series for bar in bars}
    return len(names) > 1 and not names <= set(theme.LOOKS)
