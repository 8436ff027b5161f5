"""The frontier at the table: point at a budget, see its plan."""

from __future__ import annotations

from html import escape
from typing import Any

import ipywidgets
import pandas as pd
import plotly.graph_objects as go

from pmo_kit.arbitration import Frontier
from pmo_kit.doors import door
from pmo_kit.exhibits import Field, theme
from pmo_kit.widgets.panel import Panel, column, figure_widget, labeled, row, scrolled, table_html

DECIDED = {"fund": 0, "stop": 1, "refuse": 2}


class FrontierState:
    """The state: which budget is looked at.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> question = pmo.Question(pmo.load_register("data/samples/meridian_12"))
    >>> state = FrontierState(pmo.frontier(question, budgets=[0.85, 1.0]))
    >>> state.choose(0.85)
    >>> state.value, state.difference
    (28.5, {'enters': ['P07'], 'leaves': [], 'shifts': []})
    """

    def __init__(self, ladder: Frontier) -> None:
        self.ladder = ladder
        self.points = ladder.table[ladder.table["value"].notna()].reset_index(drop=True)
        if self.points.empty:
            raise ValueError(ladder.summary)
        self.factor = min(map(float, self.points["factor"]), key=lambda f: abs(f - 1))

    def choose(self, factor: float) -> None:
        """Look at the point nearest to a factor on the envelopes."""
        self.factor = min(map(float, self.points["factor"]), key=lambda f: abs(f - factor))

    @property
    def value(self) -> float:
        """What the plan at this budget is worth."""
        return float(self.ladder.allocations[self.factor].value)

    @property
    def difference(self) -> dict[str, list[str]]:
        """What the next larger budget would change: enters, leaves, shifts."""
        more = self.points[self.points["factor"] > self.factor]
        if more.empty:
            return {"enters": [], "leaves": [], "shifts": []}
        first = more.iloc[0]
        return {name: list(first[name]) for name in ("enters", "leaves", "shifts")}

    @property
    def table(self) -> pd.DataFrame:
        """The plan at this budget: decision, project, level, value, cost."""
        plan = self.ladder.allocations[self.factor].table.reset_index()
        order = plan["decision"].map(DECIDED)
        return plan.assign(order=order).sort_values(
            ["order", "value"], ascending=[True, False], kind="stable"
        )

    @property
    def headline(self) -> str:
        """The point in a sentence."""
        point = self.points[self.points["factor"] == self.factor].iloc[0]
        share, budget = theme.format_number(100 * self.factor, 0), theme.format_number(point["budget"])
        unit, money = self.units
        plan = self.ladder.allocations[self.factor]
        sure = (
            ""
            if plan.status == "optimal"
            else f", at most {theme.format_number(plan.bound - plan.value)} better"
        )
        funded = int((plan.table["decision"] == "fund").sum())
        value = theme.format_number(self.value)
        return (
            f"{share} % of the money ({budget} {money}) buys {value} {unit}{sure}: {funded} projects funded"
        )

    @property
    def units(self) -> tuple[str, str]:
        """The units of value and of money, in short."""
        question = self.ladder.question
        return question.worth.short, question.money.short

    @property
    def next_words(self) -> str:
        """What more money changes, in a sentence."""
        names = self.ladder.question.register.projects["name"]
        found = self.difference
        words = [
            f"{', '.join(str(names[p]) for p in found[key])} {verb}"
            for key, verb in (("enters", "in"), ("leaves", "out"), ("shifts", "at another level"))
            if found[key]
        ]
        if self.factor == self.points["factor"].max():
            return "This is the largest budget of the ladder."
        return "One step more money: " + ("; ".join(words) or "nothing changes") + "."


@door
def frontier(ladder: Frontier) -> Panel:
    """Explore a ladder of budgets: point at a budget, or move the slider, and see its plan.

    Parameters
    ----------
    ladder : Frontier
        From `pmo.frontier(question)`.

    Returns
    -------
    Panel
        `panel.state` is the `FrontierState`.
    """
    state = FrontierState(ladder)
    figure = figure_widget(_line(state))
    options = [(f"{100 * f:.0f} %", float(f)) for f in state.points["factor"]]
    slider = ipywidgets.SelectionSlider(
        options=options, value=state.factor, description="Money", continuous_update=True,
        style={"description_width": "60px"}, layout=ipywidgets.Layout(width="98%"),
    )  # fmt: skip
    table, following = ipywidgets.HTML(), ipywidgets.HTML()

    def draw() -> None:
        points = state.points
        chosen = points[points["factor"] == state.factor].iloc[0]
        with figure.batch_update():
            figure.data[1].x, figure.data[1].y = [100 * state.factor], [float(chosen["value"])]
        table.value = _plan(state)
        following.value = f'<span class="pw-about">{escape(state.next_words)}</span>'
        panel.headline(state.headline)

    def slid(change: dict[str, Any]) -> None:
        state.choose(float(change["new"]))
        draw()

    def pointed(_: object, points: Any, __: object) -> None:
        if points.point_inds:
            slider.value = float(state.points["factor"].iloc[points.point_inds[0]])

    panel = Panel(
        f"Best plan at each share of every envelope; {ladder.question.built.value_unit}. "
        "Point at a budget to read it; click it, or move the slider, to see its plan.",
        [
            row(
                column(figure, slider, following, width="50%"),
                column(
                    labeled(f"The plan at this budget, {ladder.question.register.settings.unit}"),
                    scrolled(table),
                    width="50%",
                ),
                share=1,
            )
        ],
    )
    panel.state, panel.figure, panel.slider = state, figure, slider
    slider.observe(panel.guard(slid), "value")
    figure.data[0].on_click(panel.guard(pointed))
    draw()
    return panel


def _line(state: FrontierState) -> Any:
    """The ladder, and the point that is looked at."""
    points = state.points
    share = (100 * points["factor"]).tolist()
    unit, money = state.units
    words = [
        f"{s:.0f} % of the money: {theme.format_number(b)} {money}<br>best plan worth {theme.format_number(v)} {unit}"
        for s, b, v in zip(share, points["budget"], points["value"], strict=True)
    ]
    line = go.Scatter(
        x=share, y=points["value"].tolist(), mode="lines+markers", line={"color": theme.DARK_GRAY, "width": 2},
        marker={"size": 11, "color": theme.DARK_GRAY}, hovertext=words, hoverinfo="text", name="best plan",
    )  # fmt: skip
    ring = go.Scatter(
        x=[], y=[], mode="markers", hoverinfo="skip", name="shown",
        marker={"size": 20, "color": "rgba(0,0,0,0)", "line": {"color": theme.ORANGE, "width": 4}},
    )  # fmt: skip
    figure = go.Figure([line, ring])
    figure.update_layout(
        showlegend=False, margin={"l": 50, "r": 20, "t": 10, "b": 45}, hovermode="closest",
        plot_bgcolor=theme.PAPER, paper_bgcolor=theme.PAPER,
        font={"family": theme.FONTS, "size": 14, "color": theme.INK},
        xaxis={"title": "share of every envelope, %", "gridcolor": theme.GRID, "zeroline": False},
        yaxis={"title": f"worth of the best plan, {unit}", "gridcolor": theme.GRID, "rangemode": "tozero"},
    )  # fmt: skip
    return figure


def _plan(state: FrontierState) -> str:
    """The plan at the point as a table."""
    fields = (
        Field("decision", "", kind="decision"), Field("name", "project", kind="text"),
        Field("project_id", "id", kind="text"), Field("value", "value"), Field("cost", "cost"),
    )  # fmt: skip
    return table_html(state.table, fields)
