"""Risk at the table: how sure do we want to be, and what does that cost?"""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.doors import door
from pmo_kit.exhibits import Field
from pmo_kit.exhibits.theme import DARK_BLUE, INK
from pmo_kit.facts import as_given, number
from pmo_kit.risk import Simulation
from pmo_kit.widgets.panel import Panel, column, control, labeled, plot, ring, row, scrolled, table_html

SHOWN = 10


class RiskState:
    """The state: the confidence that is asked for.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> allocation = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> state = RiskState(pmo.simulate(allocation, draws=500, seed=7))
    >>> state.choose(0.9)
    >>> state.reserve.confidence, round(state.reserve.base, 1)
    (0.9, 92.5)
    """

    def __init__(self, simulation: Simulation, confidence: float = 0.8) -> None:
        self.simulation = simulation
        self.choose(confidence)

    def choose(self, confidence: float) -> None:
        """Ask for a confidence between 0 and 1.

        Raises
        ------
        ValueError
            It is not between 0 and 1.
        """
        if not 0 < confidence < 1:
            raise ValueError(f"a confidence lies between 0 and 1, not {as_given(confidence)}")
        self.confidence = confidence
        self.reserve = self.simulation.contingency(confidence)

    @property
    def unit(self) -> str:
        """The unit of money, in short."""
        return self.simulation.question.money.short

    @property
    def table(self) -> pd.DataFrame:
        """The projects that drive the uncertainty, the largest share of the cost's first."""
        drivers = self.simulation.drivers.sort_values("share_cost", ascending=False).head(SHOWN)
        return drivers.assign(percent=100 * drivers["share_cost"])

    @property
    def headline(self) -> str:
        """What the confidence costs, in a sentence."""
        held = self.reserve
        sure = number(100 * self.confidence, 0)
        words = f"To be {sure} % sure hold {number(held.pooled)} {self.unit} on top of {number(held.base)}"
        if held.saved > 0.05:
            words += f"; held project by project it would be {number(held.unpooled)}"
        return words


@door
def risk(simulation: Simulation) -> Panel:
    """Explore a simulation: move the confidence, see the reserve that it asks for and what drives it.

    Parameters
    ----------
    simulation : Simulation
        From `pmo.simulate(allocation)`.

    Returns
    -------
    Panel
        `panel.state` is the `RiskState`.
    """
    state = RiskState(simulation)
    figure, years = _curve(state), ipywidgets.HTML()
    slider = control(ipywidgets.IntSlider, "How sure, %", "90px", value=80, min=5, max=99)
    drivers = table_html(
        state.table, ("name", "project"), Field("percent", "share of the spread, %", decimals=0)
    )
    panel = Panel(state, simulation.summary)

    def draw() -> str:
        figure.data[1].x, figure.data[1].y = [state.reserve.quantile], [100 * state.confidence]
        figure.draw()
        by_year = simulation.contingency_by_year(state.confidence).reset_index().astype({"year": "str"})
        years.value = table_html(
            by_year, ("year", "year"), Field("base", "planned"), Field("quantile", "at most"),
            Field("contingency", "reserve"),
        )  # fmt: skip
        return state.headline

    answers = column(
        labeled(f"Reserve by year, {state.unit}"), scrolled(years, 4),
        labeled("What drives the cost"), scrolled(ipywidgets.HTML(drivers), 5), width="48%",
    )  # fmt: skip
    panel.figure, panel.slider = figure, slider
    panel.play(
        [row(column(figure, slider, width="52%"), answers, share=1)],
        draw,
        {slider: lambda percent: state.choose(percent / 100)},
    )
    return panel


def _curve(state: RiskState) -> Any:
    """The cost that is not exceeded, at every confidence; the one asked for is ringed."""
    points = state.simulation.s_curve("cost")
    line = {
        "type": "scatter", "x": points["value"].tolist(), "y": (100 * points["probability"]).tolist(), "mode": "lines",
        "line": {"color": DARK_BLUE, "width": 3},
        "hovertemplate": f"%{{y:.0f}} % sure: at most %{{x:.1f}} {state.unit}<extra></extra>",
    }  # fmt: skip
    figure = plot(
        [line, ring()], f"cost of the plan, {state.unit}", {"title": "how sure, %", "range": [0, 104]}
    )
    figure.figure.add_vline(
        x=state.reserve.base,
        line={"color": INK, "width": 2},
        annotation_text="as planned",
        annotation_xshift=6,
    )
    return figure
