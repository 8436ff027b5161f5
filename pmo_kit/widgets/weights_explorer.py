"""Weights at the table: swing points on sliders, or pairs compared, and the order that follows at once."""

from __future__ import annotations

import datetime as dt
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets
import numpy as np
import pandas as pd
import plotly.graph_objects as go

from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.exhibits import Field, theme
from pmo_kit.prioritization import Ranking, ahp_weights, compare_stakeholders, prioritize
from pmo_kit.prioritization.robustness import weight_interval
from pmo_kit.register import Register
from pmo_kit.register.template import inert
from pmo_kit.widgets.panel import Panel, button, column, figure_widget, labeled, row, scrolled, table_html
from pmo_kit.widgets.session_files import write_csv

SHOWN = 15
AXIS = {"text": "value, points of 100", "standoff": 4, "font": {"size": 13}}
SCALE = (9, 7, 5, 3, 2, 1, 1 / 2, 1 / 3, 1 / 5, 1 / 7, 1 / 9)


class WeightsState:
    """The state: points of each criterion, pairwise judgements, and the ranking that follows.

    Parameters
    ----------
    source : Register or Ranking
        A ranking gives its weights; a register those of its criteria table.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = WeightsState(pmo.load_register("data/samples/meridian_12"))
    >>> state.set("carbon", 0)
    >>> round(float(state.weights.sum()), 9), float(state.weights["carbon"])
    (1.0, 0.0)
    """

    def __init__(self, source: Register | Ranking) -> None:
        self.first = source if isinstance(source, Ranking) else prioritize(source)
        criteria = self.first.card.criteria
        self.labels = {str(c): str(label) or str(c) for c, label in criteria["label"].items()}
        top = float(self.first.weights.max()) or 1.0
        self.points: dict[str, float] = {
            str(c): round(100 * float(w) / top) for c, w in self.first.weights.items()
        }
        self._start = dict(self.points)
        self.judgements: dict[tuple[str, str], float] = {}
        self.ranking = self.first

    @property
    def weights(self) -> pd.Series:
        """Normalized weights, as the points say."""
        return self.ranking.weights

    def set(self, criterion: str, points: float) -> None:
        """Give a criterion points from 0 to 100 for its whole range.

        Raises
        ------
        ValueError
            No such criterion, or every criterion would have none.
        """
        if criterion not in self.points or points < 0:
            raise ValueError(f"There is no criterion {criterion!r} with {points:g} points.")
        self._rank({**self.points, criterion: points})

    def set_all(self, weights: dict[str, float]) -> None:
        """Take weights over, the largest as 100 points."""
        top = max(weights.values())
        self._rank({c: round(100 * w / top, 1) for c, w in weights.items()})

    def reset(self) -> None:
        """Back to the weights at the start, exactly."""
        self.points, self.ranking = dict(self._start), self.first

    def _rank(self, points: dict[str, float]) -> None:
        if not sum(points.values()) > 0:
            raise ValueError("at least one criterion needs points")
        self.ranking = prioritize(self.first.register, weights=points)
        self.points = points

    @property
    def table(self) -> pd.DataFrame:
        """Projects in order: rank, name, value, before (rank at the start), moved (places gained)."""
        table, before = self.ranking.table, self.first.table["rank"]
        table = table[table["rank"].notna()]
        moved = before.reindex(table.index).astype(float) - table["rank"].astype(float)
        return pd.DataFrame(
            {
                "rank": table["rank"].astype(int), "name": table["name"], "value": table["value"],
                "before": before.reindex(table.index).astype(int), "moved": moved.astype(int),
            }
        )  # fmt: skip

    @property
    def flips(self) -> pd.DataFrame:
        """Criterion -> weight now, and the weights below and above which another project leads."""
        cells = self.ranking.cells()[0]
        weights, names = self.weights.to_numpy(float), self.ranking.table["name"]
        ranked = self.ranking.ranked
        rows = []
        for place, criterion in enumerate(self.weights.index):
            part = np.arange(len(weights)) == place
            if not weights[~part].any():
                continue
            span = weight_interval(cells, weights, part)
            rivals = [
                "" if at is None else str(names[ranked[at]])
                for at in (span.challenger_low, span.challenger_high)
            ]
            rows.append((self.labels[str(criterion)], 100 * weights[place], 100 * span.low, rivals[0],
                         100 * span.high, rivals[1]))  # fmt: skip
        columns = ["criterion", "now", "low", "below", "high", "above"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def headline(self) -> str:
        """Who leads, and how many have moved."""
        table = self.table
        leader, was = table["name"].iloc[0], self.first.table["name"].iloc[0]
        moved = int((table["moved"] != 0).sum())
        lead = f"{leader} leads with {theme.format_number(table['value'].iloc[0])} of 100"
        lead += f" instead of {was}" if leader != was else ""
        if not moved:
            return f"{lead}; the order is that of the weights at the start"
        return f"{lead}; {moved} of {len(table)} projects have moved"

    def save(self, folder: str | PathLike[str], name: str, day: dt.date | None = None) -> Path:
        """Keep the weights of a person, with the date, in `stakeholder_weights.csv`: a sheet of a register.

        Those of other people, and of the same person at other dates, stay.

        Raises
        ------
        PmoError
            There is no name, or the folder cannot be written.
        """
        if not name.strip():
            raise PmoError("Say whose weights these are before they are saved.")
        who = f"{name.strip()} {(day or dt.date.today()).isoformat()}"
        file = Path(folder) / "stakeholder_weights.csv"
        rows = [row for row in self.saved(folder).itertuples(index=False) if row.stakeholder != inert(who)]
        mine = [(who, criterion, round(float(weight), 6)) for criterion, weight in self.weights.items()]
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            return write_csv(file, ["stakeholder", "criterion", "weight"], [*rows, *mine])
        except OSError as error:
            raise PmoError(f"The folder {folder} cannot be written: {error.strerror or error}.") from error

    def saved(self, folder: str | PathLike[str]) -> pd.DataFrame:
        """The weights kept in a folder: stakeholder, criterion, weight."""
        file = Path(folder) / "stakeholder_weights.csv"
        if file.exists():
            return pd.read_csv(file)
        return pd.DataFrame(columns=["stakeholder", "criterion", "weight"])

    def spread(self, folder: str | PathLike[str]) -> str:
        """Whether the people whose weights are kept disagree on anything that changes the order, in words."""
        kept = self.saved(folder)
        if kept["stakeholder"].nunique() < 2:
            return (
                "Save the weights of a second person to see whether they disagree on anything that matters."
            )
        register = self.first.register.replace(stakeholder_weights=kept)
        return compare_stakeholders(prioritize(register)).summary

    def judge(self, one: str, other: str, times: float) -> None:
        """Say how many times more one criterion matters than another."""
        self.judgements[one, other] = times

    def judged(self) -> tuple[dict[str, float], float, str]:
        """Weights by the pairwise judgements, their consistency ratio, and the pair that fits worst, in words."""
        names = list(self.points)
        matrix = np.ones((len(names), len(names)))
        for i, one in enumerate(names):
            for j, other in enumerate(names[i + 1 :], start=i + 1):
                times = self.judgements.get((one, other), 1.0)
                matrix[i, j], matrix[j, i] = times, 1 / times
        answer = ahp_weights(matrix)
        worst = ""
        if answer.worst_pair is not None and answer.consistency_ratio > 0.1:
            i, j = answer.worst_pair[:2]
            worst = f"{self.labels[names[i]]} against {self.labels[names[j]]}"
        return (
            dict(zip(names, map(float, answer.weights), strict=True)),
            float(answer.consistency_ratio),
            worst,
        )


@door
def weights(source: Register | Ranking, *, folder: str | PathLike[str] = "session") -> Panel:
    """Explore the weights of the criteria: sliders, pairs, the order, and what it takes for another to lead.

    Save keeps them by person and date in `stakeholder_weights.csv`, and says whether the people kept so far disagree.

    Parameters
    ----------
    source : Register or Ranking
    folder : path
        Where Save writes; beside the notebook.

    Returns
    -------
    Panel
        `panel.state` is the `WeightsState`.
    """
    state = WeightsState(source)
    sliders = {}
    for c, points in state.points.items():
        sliders[c] = ipywidgets.IntSlider(
            value=int(points), min=0, max=100, description=state.labels[c], continuous_update=True,
            style={"description_width": "48%"}, layout=ipywidgets.Layout(width="98%", height="auto", min_height="34px"),
        )  # fmt: skip
        sliders[c].add_class("pw-points")
    figure, order, flips = figure_widget(_bars(state)), ipywidgets.HTML(), ipywidgets.HTML()
    pairs, consistency = _pairs(state), ipywidgets.HTML()
    points_tab = scrolled(column(*sliders.values(), width="100%"))
    pairs_tab = column(scrolled(pairs), consistency, width="100%")
    tabs = ipywidgets.Tab([points_tab, pairs_tab])
    tabs.titles = ("Points", "Pairs")
    own = {"moving": False}

    def draw() -> None:
        table = state.table.head(SHOWN).iloc[::-1]
        with figure.batch_update():
            figure.data[0].x, figure.data[0].y = table["value"].tolist(), _names(table)
            figure.data[0].text = [theme.format_number(v) for v in table["value"]]
        order.value = _order(state)
        flips.value = _flips(state)
        panel.headline(state.headline)

    def moved(change: dict[str, Any]) -> None:
        if not own["moving"]:
            name = next(c for c, slider in sliders.items() if slider is change["owner"])
            state.set(name, float(change["new"]))
            draw()

    def follow() -> None:
        own["moving"] = True
        for c, slider in sliders.items():
            slider.value = round(state.points[c])
        own["moving"] = False
        draw()

    def reset(*_: object) -> None:
        state.reset()
        follow()

    def compared(*_: object) -> None:
        for (one, other), pick in pairs.picks.items():
            state.judge(one, other, float(pick.value))
        weights_, ratio, worst = state.judged()
        words = f"Consistency ratio {ratio:.2f}: " + (
            "consistent" if ratio <= 0.1 else f"look again at {worst}"
        )
        consistency.value = f'<span class="pw-about">{words}.</span>'
        state.set_all(weights_)
        follow()

    def saved(*_: object) -> None:
        file = state.save(folder, person.value)
        panel.say(f"Saved in {file}. {state.spread(folder)}")

    person = ipywidgets.Text(placeholder="Whose weights", layout=ipywidgets.Layout(width="150px"))
    buttons = row(
        button("Back to the weights at the start", lambda *_: panel.guard(reset)()),
        person,
        button("Save", lambda *_: panel.guard(saved)(), "stakeholder_weights.csv, a sheet of a register"),
    )
    panel = Panel(
        "Points say how much the whole range of a criterion matters, from its worst end to its best: 100 for the "
        "one that matters most.",
        [
            row(column(tabs, buttons, width="46%"), column(figure, width="54%"), share=10),
            row(
                column(labeled("What it takes for another project to lead"), scrolled(flips)),
                column(labeled("The whole order"), scrolled(order)),
                share=7,
            ),
        ],
    )
    panel.state, panel.figure, panel.sliders, panel.person = state, figure, sliders, person
    for slider in sliders.values():
        slider.observe(panel.guard(moved), "value")
    for pick in pairs.picks.values():
        pick.observe(panel.guard(compared), "value")
    draw()
    return panel


def _names(table: pd.DataFrame) -> list[str]:
    return [f"{rank}  {name}" for rank, name in zip(table["rank"], table["name"], strict=True)]


def _bars(state: WeightsState) -> Any:
    """The first projects as bars."""
    table = state.table.head(SHOWN).iloc[::-1]
    bars = go.Bar(
        x=table["value"].tolist(), y=_names(table), orientation="h", marker={"color": theme.DARK_BLUE},
        text=[theme.format_number(v) for v in table["value"]], textposition="outside", cliponaxis=False,
        constraintext="none", hovertemplate="%{y}: %{x:.1f}<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(bars)
    figure.update_layout(
        margin={"l": 10, "r": 20, "t": 4, "b": 36}, plot_bgcolor=theme.PAPER,
        paper_bgcolor=theme.PAPER, font={"family": theme.FONTS, "size": 14, "color": theme.INK},
        xaxis={"range": [0, 105], "gridcolor": theme.GRID, "title": AXIS},
        yaxis={"automargin": True, "ticklen": 4, "dtick": 1},
    )  # fmt: skip
    return figure


def _order(state: WeightsState) -> str:
    """The whole order as a table."""
    table = state.table.reset_index()
    table["change"] = [
        "–" if not m else f"{'▲' if m > 0 else '▼'} {abs(m)} (was {b})"
        for m, b in zip(table["moved"], table["before"], strict=True)
    ]
    fields = (
        Field("rank", "rank", decimals=0), Field("name", "project", kind="text"),
        Field("project_id", "id", kind="text"), Field("value", "value, of 100"), Field("change", "moved", kind="text"),
    )  # fmt: skip
    return table_html(table, fields)


def _flips(state: WeightsState) -> str:
    """What weight would make another project lead."""
    rows = state.flips
    rows["low"] = [
        f"below {low:.0f} %: {name}" if name else ""
        for low, name in zip(rows["low"], rows["below"], strict=True)
    ]
    rows["high"] = [
        f"above {high:.0f} %: {name}" if name else ""
        for high, name in zip(rows["high"], rows["above"], strict=True)
    ]
    rows["leads"] = [
        "; ".join(filter(None, pair)) or "nobody, whatever its weight"
        for pair in zip(rows["low"], rows["high"], strict=True)
    ]
    fields = (
        Field("criterion", "criterion", kind="text"), Field("now", "weight, %", decimals=0),
        Field("leads", "who would lead at another weight", kind="text"),
    )  # fmt: skip
    return table_html(rows, fields)


def _pairs(state: WeightsState) -> Any:
    """A pick for each pair of criteria."""
    words = {9: "9 times more", 7: "7 times", 5: "5 times", 3: "3 times", 2: "2 times", 1: "as much"}
    choices = [(words[int(s)] if s >= 1 else f"1/{round(1 / s)}", float(s)) for s in SCALE]
    picks, lines = {}, []
    names = list(state.points)
    for i, one in enumerate(names):
        for other in names[i + 1 :]:
            pick = ipywidgets.Dropdown(
                options=choices, value=1.0, description=f"{state.labels[one]} : {state.labels[other]}",
                style={"description_width": "60%"}, layout=ipywidgets.Layout(width="100%"),
            )  # fmt: skip
            picks[one, other] = pick
            lines.append(pick)
    box = ipywidgets.VBox(lines, layout=ipywidgets.Layout(width="96%"))
    box.picks = picks
    return box
