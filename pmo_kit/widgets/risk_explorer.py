"""Risk at the table: how sure do we want to be, and what does that cost?"""

from __future__ import annotations

from typing import Any

import ipywidgets
import pandas as pd
import plotly.graph_objects as go

from pmo_kit.doors import door
from pmo_kit.exhibits import Field
from pmo_kit.exhibits.theme import DARK_BLUE, FONTS, GRID, INK, ORANGE, PAPER, format_number
from pmo_kit.risk import Simulation
from pmo_kit.widgets.panel import Panel, column, figure_widget, labeled, row, scrolled, table_html

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
            raise ValueError(f"a confidence lies between 0 and 1, not {confidence:g}")
        self.confidence = confidence
        self.reserve = self.simulation.contingency(confidence)

    @property
    def unit(self) -> str:
        """The unit of money, in short."""
        return self.simulation.question.money.short

    @property
    def table(self) -> pd.DataFrame:
        """The projects that drive the uncertainty, the largest share of the cost's first."""
        return self.simulation.drivers.sort_values("share_cost", ascending=False).head(SHOWN)

    @property
    def headline(self) -> str:
        """What the confidence costs, in a sentence."""
        held = self.reserve
        sure, amount = format_number(100 * self.confidence, 0), format_number(held.pooled)
        words = f"To be {sure} % sure hold {amount} {self.unit} on top of {format_number(held.base)}"
        if held.saved > 0.05:
            words += f"; held project by project it would be {format_number(held.unpooled)}"
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
    figure = figure_widget(_curve(state))
    slider = ipywidgets.IntSlider(
        value=80, min=5, max=99, description="How sure, %", continuous_update=True,
        style={"description_width": "90px"}, layout=ipywidgets.Layout(width="98%"),
    )  # fmt: skip
    years, drivers = ipywidgets.HTML(), ipywidgets.HTML()

    def draw() -> None:
        held = state.reserve
        with figure.batch_update():
            figure.data[1].x, figure.data[1].y = [held.quantile], [100 * state.confidence]
        by_year = simulation.contingency_by_year(state.confidence).reset_index()
        by_year["year"] = by_year["year"].astype("str")
        fields = (
            Field("year", "year", kind="text"), Field("base", "planned"), Field("quantile", "at most"),
            Field("contingency", "reserve"),
        )  # fmt: skip
        years.value = table_html(by_year, fields)
        panel.headline(state.headline)

    def moved(change: dict[str, Any]) -> None:
        state.choose(change["new"] / 100)
        draw()

    table = state.table.reset_index()
    table["share"] = 100 * table["share_cost"]
    drivers.value = table_html(
        table,
        (
            Field("name", "project", kind="text"),
            Field("share", "share of the spread, %", decimals=0),
        ),
    )
    panel = Panel(
        simulation.summary,
        [
            row(
                column(figure, slider, width="52%"),
                column(
                    labeled(f"Reserve by year, {state.unit}"),
                    scrolled(years, 4),
                    labeled("What drives the cost"),
                    scrolled(drivers, 5),
                    width="48%",
                ),
                share=1,
            )
        ],
    )
    panel.state, panel.figure, panel.slider = state, figure, slider
    slider.observe(panel.guard(moved), "value")
    draw()
    return panel


def _curve(state: RiskState) -> Any:
    """The cost that is not exceeded, at every confidence; the one asked for is ringed."""
    points = state.simulation.s_curve("cost")
    line = go.Scatter(
        x=points["value"].tolist(), y=(100 * points["probability"]).tolist(), mode="lines",
        line={"color": DARK_BLUE, "width": 3},
        hovertemplate=f"%{{y:.0f}} % sure: at most %{{x:.1f}} {state.unit}<extra></extra>",
    )  # fmt: skip
    ring = go.Scatter(
        x=[], y=[], mode="markers", hoverinfo="skip",
        marker={"size": 18, "color": "rgba(0,0,0,0)", "line": {"color": ORANGE, "width": 4}},
    )  # fmt: skip
    base = state.reserve.base
    figure = go.Figure([line, ring])
    figure.add_vline(
        x=base, line={"color": INK, "width": 2}, annotation_text="as planned", annotation_xshift=6
    )
    figure.update_layout(
        showlegend=False, margin={"l": 50, "r": 15, "t": 24, "b": 45},
        plot_bgcolor=PAPER, paper_bgcolor=PAPER, font={"family": FONTS, "size": 14, "color": INK},
        xaxis={"title": f"cost of the plan, {state.unit}", "gridcolor": GRID},
        yaxis={"title": "how sure, %", "gridcolor": GRID, "range": [0, 104]},
    )  # fmt: skip
    return figure
