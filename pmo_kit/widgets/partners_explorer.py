"""Partners at the table: how much should the price count, and who gets which lot then?"""

from __future__ import annotations

import ipywidgets

from pmo_kit.doors import door
from pmo_kit.figures.partners import bids, lots, sensitivity
from pmo_kit.partners import Award, select_partners
from pmo_kit.widgets.panel import Panel, column, control, exhibit_html, labeled, row, scrolled

DRAWS = 50


class PartnersState:
    """The state: the weight of the price, and the award that is best with it.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = PartnersState(pmo.select_partners(pmo.load_register("data/samples/meridian")))
    >>> state.choose(0.9)
    >>> state.award.price_weight, state.first.price_weight
    (0.9, 0.4)
    """

    def __init__(self, award: Award) -> None:
        self.first = self.award = award

    def choose(self, price_weight: float) -> None:
        """Let the price count so much, 0 to 1."""
        seed = int(self.first.inputs["seed"])
        self.award = select_partners(self.first.register, round(price_weight, 6), draws=DRAWS, seed=seed)

    @property
    def headline(self) -> str:
        """The award at this weight, and whether it is that of the start."""
        same = self.award.lots["partner_id"].equals(self.first.lots["partner_id"])
        return f"{lots(self.award).title}; {'the award of the start' if same else 'another award than at the start'}"


@door
def partners(award: Award) -> Panel:
    """Explore an award: move the weight of the price, see who gets which lot, and from where on it changes.

    Parameters
    ----------
    award : Award
        From `pmo.select_partners(register)`.

    Returns
    -------
    Panel
        `panel.state` is the `PartnersState`.
    """
    state = PartnersState(award)
    start = round(100 * award.price_weight)
    slider = control(
        ipywidgets.IntSlider, "Price counts, %", value=start, min=0, max=100, continuous_update=False
    )
    given, offers, spans = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
    spans.value = exhibit_html(sensitivity(award))
    panel = Panel(state, f"Quality counts for the rest. {sensitivity(award).title}.")

    def draw() -> str:
        given.value, offers.value = exhibit_html(lots(state.award)), exhibit_html(bids(state.award))
        return state.headline

    weighed = labeled("Best award by weight of the price")
    tables = ipywidgets.Tab(
        [column(scrolled(given), weighed, scrolled(spans), width="100%"), scrolled(offers)]
    )
    tables.titles = (f"Award, {award.unit}", "Every bid")
    panel.slider = slider
    panel.play(
        [row(column(slider, tables, width="100%"), share=1)],
        draw,
        {slider: lambda percent: state.choose(percent / 100)},
    )
    return panel
