"""The frontier at the table: point at a budget, see its plan, and the one order of funding that holds for all."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from html import escape
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.arbitration import Frontier, FundingOrder
from pmo_kit.arbitration import frontier as ladder_of
from pmo_kit.doors import door
from pmo_kit.errors import InfeasibleError
from pmo_kit.exhibits import Field, theme
from pmo_kit.facts import number
from pmo_kit.figures.arbitration import holds
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets.panel import Panel


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
    >>> state.order.table["price"].tolist()
    [0.0, 0.0]
    """

    def __init__(self, ladder: Frontier) -> None:
        self.ladder = ladder
        self.points = ladder.table[ladder.table["value"].notna()].reset_index(drop=True)
        if self.points.empty:
            raise InfeasibleError(ladder.summary, ())
        self.choose(1.0)

    def choose(self, factor: float) -> None:
        """Look at the point nearest to a factor on the envelopes."""
        self.factor = min(map(float, self.points["factor"]), key=lambda f: abs(f - factor))

    @cached_property
    def order(self) -> FundingOrder | None:
        """The line that holds: one order of funding for the budgets of the ladder; None where no order holds."""
        if isinstance(self.ladder, FundingOrder):
            return self.ladder
        try:
            found = ladder_of(self.ladder.question, self.points["factor"].tolist(), nested=True)
        except InfeasibleError:
            return None
        assert isinstance(found, FundingOrder)
        return found

    @property
    def point(self) -> pd.Series:
        """The point that is looked at."""
        return self.points[self.points["factor"] == self.factor].iloc[0]

    @property
    def value(self) -> float:
        """What the plan at this budget is worth."""
        return float(self.ladder.allocations[self.factor].value)

    @property
    def difference(self) -> dict[str, list[str]]:
        """What the next larger budget would change: enters, leaves, shifts."""
        more = self.points[self.points["factor"] > self.factor]
        return {
            name: list(more.iloc[0][name]) if len(more) else [] for name in ("enters", "leaves", "shifts")
        }

    @property
    def table(self) -> pd.DataFrame:
        """The plan at this budget: decision, project, level, value, cost; nothing where nothing is funded."""
        plan = self.ladder.allocations[self.factor].table.reset_index()
        order = plan["decision"].map({"fund": 0, "stop": 1, "refuse": 2})
        plan[["value", "cost"]] = plan[["value", "cost"]].mask(plan["decision"] == "refuse")
        return plan.assign(order=order).sort_values(
            ["order", "value"], ascending=[True, False], kind="stable"
        )

    @property
    def headline(self) -> str:
        """The point in a sentence."""
        plan, question = self.ladder.allocations[self.factor], self.ladder.question
        sure = "" if plan.status == "optimal" else f", at most {number(plan.bound - plan.value)} better"
        funded = int((plan.table["decision"] == "fund").sum())
        money = f"{number(self.point['budget'])} {question.money.short}"
        return (
            f"{number(100 * self.factor, 0)} % of the money ({money}) buys {number(self.value)} "
            f"{question.worth.short}{sure}: {funded} projects funded"
        )

    @property
    def next_words(self) -> str:
        """What more money changes, and what holding to one order costs here, in a sentence each."""
        names, found = self.ladder.question.register.projects["name"], self.difference
        words = [
            f"{', '.join(str(names[p]) for p in found[key])} {verb}"
            for key, verb in (("enters", "in"), ("leaves", "out"), ("shifts", "at another level"))
            if found[key]
        ]
        last = self.factor == self.points["factor"].max()
        more = f"One step more money: {'; '.join(words) or 'nothing changes'}."
        more = "This is the largest budget of the ladder." if last else more
        if self.order is None:
            return f"{more} No order of funding holds for all these budgets."
        price = self.order.table.set_index("factor")["price"][self.factor]
        return f"{more} Holding to one order costs {number(price)} here."


@door
def frontier(ladder: Frontier) -> Panel:
    """Explore a ladder of budgets: point at a budget, or move the slider, and see its plan.

    The dashed line is the one that holds: one order of funding that only adds, and what it costs at each budget.

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
    figure = _lines(state, lambda curve, point: slider.set_trait("value", options[point][1]))
    options = [(f"{number(100 * f, 0)} %", float(f)) for f in state.points["factor"]]
    slider = ui.control(ipywidgets.SelectionSlider, "Money", "60px", options=options, value=state.factor)
    plan, order, following = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
    if state.order is not None:
        order.value = ui.exhibit_html(holds(state.order))
    panel = Panel(
        state,
        f"Best plan at each share of every envelope, and the order of funding that holds for all (dashed); "
        f"{ladder.question.built.value_unit}. Point at a budget to read it; click it, or move the slider.",
    )

    def draw() -> str:
        figure.data[1].x, figure.data[1].y = [100 * state.factor], [float(state.point["value"])]
        figure.draw()
        plan.value = ui.table_html(
            state.table, Field("decision", "", kind="decision"), ("name", "project"), ("project_id", "id"),
            Field("value", "value"), Field("cost", "cost"),
        )  # fmt: skip
        following.value = f'<span class="pw-about">{escape(state.next_words)}</span>'
        return state.headline

    tables = ipywidgets.Tab([ui.scrolled(plan), ui.scrolled(order)])
    tables.titles = ("The plan at this budget", "The line that holds")
    panel.figure, panel.slider = figure, slider
    panel.play(
        [ui.row(ui.column(figure, slider, following), ui.column(tables), share=1)],
        draw,
        {slider: state.choose},
    )
    return panel


def _lines(state: FrontierState, clicked: Callable[[int, int], object]) -> ui.Chart:
    """The ladder, the point that is looked at, and the order that holds."""
    unit, money = state.ladder.question.worth.short, state.ladder.question.money.short

    def line(points: pd.DataFrame, name: str, color: str, dash: str, size: int) -> dict[str, Any]:
        words = [
            f"{number(100 * f, 0)} % of the money: {number(b)} {money}<br>{name} worth {number(v)} {unit}"
            for f, b, v in zip(points["factor"], points["budget"], points["value"], strict=True)
        ]
        return {
            "type": "scatter", "x": (100 * points["factor"]).tolist(), "y": points["value"].tolist(), "name": name,
            "mode": "lines+markers", "line": {"color": color, "width": 2, "dash": dash}, "hovertext": words,
            "hoverinfo": "text", "marker": {"size": size, "color": color},
        }  # fmt: skip

    traces = [line(state.points, "best plan", theme.DARK_GRAY, "solid", 11), ui.ring()]
    if state.order is not None:
        held = state.order.table.dropna(subset="value")
        dashed = line(held, "order that holds", theme.ORANGE, "dash", 6)
        traces.append(dashed | {"mode": "lines", "hoverinfo": "skip"})
    return ui.plot(
        traces,
        "share of every envelope, %",
        {"title": f"worth of the plan, {unit}", "rangemode": "tozero"},
        clicked,
    )
