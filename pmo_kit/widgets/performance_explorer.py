"""Performance at the table: an area, a project of it, its curve."""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.exhibits.plotly import figure as drawn
from pmo_kit.facts import number
from pmo_kit.figures.performance import s_curve
from pmo_kit.performance import Review
from pmo_kit.widgets.panel import Chart, Panel, column, control, row, scrolled, table_html

ALL = "All areas"
COLORS = {"R": "Red", "A": "Amber", "G": "Green"}
FACTS = (
    ("Earned per 1 spent", "cpi", 2), ("Earned per 1 planned", "spi", 2), ("Months behind (−) or ahead", "sv_t", 1),
    ("Budget, {unit}", "bac", 1), ("Spent, {unit}", "ac", 1), ("Cost at this pace, {unit}", "eac", 1),
)  # fmt: skip


class PerformanceState:
    """The state: the area and the project that are looked at.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = PerformanceState(pmo.review_performance(pmo.load_register("data/samples/meridian_12")))
    >>> state.choose_area("Corporate")
    >>> state.project, round(float(state.row["cpi"]), 2)
    ('P06', 0.81)
    """

    def __init__(self, review: Review) -> None:
        self.review = review
        if review.table.empty:
            raise PmoError("The register has no status rows: there is no curve to show.")
        self.choose_area(ALL)

    @property
    def areas(self) -> list[str]:
        """Areas that report, all first."""
        return [ALL, *sorted(map(str, self.review.table["area"].dropna().unique()))]

    @property
    def projects(self) -> pd.DataFrame:
        """The area's projects, the worst by rule first."""
        table = self.review.table
        if self.area != ALL:
            table = table[table["area"] == self.area]
        order = table["rag_rule"].map({color: place for place, color in enumerate(COLORS)}).fillna(3)
        return table.assign(order=order).sort_values(["order", "bac"], ascending=[True, False], kind="stable")

    @property
    def row(self) -> pd.Series:
        """The row of the open project."""
        return self.review.table.loc[self.project]

    @property
    def facts(self) -> pd.DataFrame:
        """The figures of the open project: what, today."""
        unit = self.review.register.settings.money.short
        words = [(what.format(unit=unit), number(self.row[key], places)) for what, key, places in FACTS]
        words += [
            ("Rated by rule", COLORS.get(self.row["rag_rule"], "not rated")),
            ("Declared", COLORS.get(self.row["rag_declared"], "not stated")),
        ]
        return pd.DataFrame(words, columns=["what", "today"])

    def choose_area(self, area: str) -> None:
        """Look at an area; its worst project opens."""
        self.area = area
        self.project = str(self.projects.index[0])

    def choose(self, project: str) -> None:
        """Open a project."""
        self.project = project or self.project


@door
def performance(review: Review) -> Panel:
    """Explore a performance review: area, project, its plan, what it has earned and spent.

    Parameters
    ----------
    review : Review
        From `pmo.review_performance(register)`.

    Returns
    -------
    Panel
        `panel.state` is the `PerformanceState`.
    """
    state = PerformanceState(review)
    area = control(ipywidgets.Dropdown, tooltip="Area", options=state.areas)
    projects = control(
        ipywidgets.Select, tooltip="Projects", options=_options(state), value=state.project, rows=9
    )
    figure, facts = Chart(_curve(state)), ipywidgets.HTML()
    panel = Panel(state, review.summary)

    def draw() -> str:
        projects.options = _options(state)
        projects.value = state.project
        figure.draw(_curve(state))
        facts.value = table_html(state.facts, ("what", "measure"), ("today", "today"))
        return s_curve(review, state.project).title

    panel.figure, panel.projects = figure, projects
    left = column(area, projects, scrolled(facts), width="39%")
    panel.play(
        [row(left, column(figure, width="61%"), share=1)],
        draw,
        {area: state.choose_area, projects: state.choose},
    )
    return panel


def _options(state: PerformanceState) -> list[tuple[str, str]]:
    """Projects for the list, with the rating by rule and what was declared."""
    return [
        (
            f"{COLORS.get(r['rag_rule'], 'not rated')}: {r['name']} {p}"
            + ("  (declared Green)" if r["watermelon"] else ""),
            str(p),
        )
        for p, r in state.projects.iterrows()
    ]


def _curve(state: PerformanceState) -> Any:
    """The curve as the pack draws it; labels move with the lines when the chart is larger."""
    picture = drawn(s_curve(state.review, state.project), width=505)
    margin = picture.layout.margin
    height = picture.layout.height - margin.t - margin.b
    for label in picture.layout.annotations:
        if label.yref == "paper" and label.y == 1 and (label.yshift or 0) < 0:
            label.y, label.yshift = 1 + label.yshift / height, 0
    return picture
