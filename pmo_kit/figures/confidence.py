"""How likely the plan stays inside its money and people, and the plan that does so with a stated confidence."""

from __future__ import annotations

import pandas as pd

from pmo_kit.arbitration import Allocation
from pmo_kit.exhibits import Field, Table
from pmo_kit.exhibits.theme import format_number
from pmo_kit.facts import say
from pmo_kit.figures import claims
from pmo_kit.figures.arbitration import value_words
from pmo_kit.figures.captions import count, percent, sentence, shortened, unit_line
from pmo_kit.figures.figure import figure
from pmo_kit.risk import Fit, Simulation

ROWS = 12


@figure("confidence.holds", source="budgets, capacity, costs, estimates, risks")
def holds(simulation: Simulation, surer: Fit) -> Table:
    """Return how often each limit holds under the plan, and under the plan whose envelopes hold together.

    The limits that hold least often come first; the last row is all envelopes together.
    """
    register, names = simulation.question.register, simulation.question.register.projects["name"]
    now, then = (one.exceedance.set_index("rule") for one in (simulation, surer.simulation))
    rows = now.assign(
        label=now["label"].map(sentence),
        holds=100 * (1 - now["probability"]),
        surer=100 * (1 - then["probability"].reindex(now.index)),
        unit=now["unit"].mask(now["kind"] == "envelope", simulation.question.money.short),
    )
    shown = rows[rows["planned"] > 0].sort_values("holds", kind="stable")
    together = {"label": "All envelopes, all years", "unit": "", "holds": 100 * simulation.fits_envelopes}
    data = pd.concat([shown, pd.DataFrame([together | {"surer": 100 * surer.reached}])], ignore_index=True)
    before, after = (one.table["decision"].eq("fund") for one in (surer.plain, surer.allocation))
    left = names[before.index[before & ~after]]
    title = f"All envelopes hold together in {percent(simulation.fits_envelopes)} of the futures"
    if surer.reached > surer.before or not surer.fits:
        gives_up = f"gives up {format_number(surer.given_up)} of {value_words(surer.plain)}"
        words = (
            f"a plan for {percent(surer.confidence)} {gives_up}"
            if surer.fits
            else "no plan was found for more"
        )
        title += f"; {words}"
    return Table(
        data=data,
        totals=1,
        first=ROWS,
        columns=(
            Field("label", "limit", kind="text"),
            Field("available", "there"),
            Field("planned", "planned"),
            Field("p80", "needed, 80\u202f% sure"),
            Field("unit", "unit", kind="text"),
            Field("holds", "holds: this plan", "%", decimals=0),
            Field("surer", "holds: surer plan", "%", decimals=0),
        ),
        title=title,
        takeaway=f"The surer plan leaves out {count(len(left))} of today's projects: {shortened(left, 5)}."
        if len(left)
        else "The surer plan funds the same projects.",
        unit_line=unit_line(
            register, f"Share of {simulation.draws} possible futures in which a limit holds", "%"
        ),
        note="Late work moves money and people into later years. The surer plan keeps a reserve in each envelope; "
        "its share is counted on futures that no reserve was computed from.",
    )


def certificate(allocation: Allocation, simulation: Simulation, confidence: float = 0.8) -> tuple[str, str]:
    """Return the line of page one that says what the futures hold for the plan: (lead, text).

    Parameters
    ----------
    allocation : Allocation
        The plan.
    simulation : Simulation
        Of the plan.
    confidence : float
        How sure "sure" is.
    """
    planned, median, sure = claims.drawn(simulation, confidence)
    parts = [say("{planned} planned", planned=planned)]
    if allocation.question.basis == "expected":
        parts.append(say("{value} expected", value=claims.value(allocation)))
    parts.append(say("{median} in the middle (median)", median=median))
    parts.append(say("{sure} {word}", sure=sure, word=sure.base.word))
    worth = say(", ").join(parts)
    holds, reserve = claims.holds(simulation), claims.reserve(simulation, confidence)
    money = say(
        "Every envelope holds in {holds} of the futures; a reserve of {reserve} makes its cost {word}.",
        holds=holds, reserve=reserve, word=sure.base.word,
    )  # fmt: skip
    return "Likely:", say("worth {worth}. {money}", worth=worth, money=money)
