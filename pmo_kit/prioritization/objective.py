"""Additive value as what an arbitration maximizes, and why nothing else of a ranking may be."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmo_kit.errors import PmoError
from pmo_kit.prioritization.ranking import Ranking


def arbitration_value(ranking: Ranking, scale: float) -> pd.Series:
    """Value of every level of every project for arbitration: scale x (v(scores) - v(do nothing)).

    The trap: additive values have no natural zero. A project that changes nothing has the value of doing
    nothing, not 0: on a criterion such as disruption doing nothing scores 100. Without the subtraction every
    project that is left out would lose points that it never cost, and many small projects would beat one
    large one merely by being many (Clemen and Smith 2009). So the value of doing nothing is subtracted and
    may leave a negative rest.

    Parameters
    ----------
    ranking : Ranking
        Of method value. Closeness, net flows, ratios and ranks are refused: they cannot be added up.
    scale : float
        What one point of 100 is worth, above zero: 0.5 says half a unit of money a point. 1 keeps points.

    Returns
    -------
    Series
        Indexed by (project_id, level); its name states the scale. NaN for an option that fails a gate or has
        no scores: an arbitration refuses it until it is scored or taken out. A missing score counts as the
        middle of what is possible.

    Raises
    ------
    PmoError
        The ranking is not additive.
    ValueError
        The scale is not above zero.

    Notes
    -----
    Source: Clemen and Smith (2009), On the Choice of Baselines in Multiattribute Portfolio Analysis, Decision
    Analysis 6(4).

    Examples
    --------
    >>> from pmo_kit.prioritization.ranking import prioritize
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> arbitration_value(prioritize(register), scale=0.5).round(2)["P07"].to_dict()
    {'full': 14.85, 'worst_12': 12.27}
    """
    if not isinstance(ranking, Ranking) or ranking.method != "value" or ranking.card is None:
        method = getattr(ranking, "method", type(ranking).__name__)
        raise PmoError(
            f"{method} is no value to add up in a budget: closeness, net flows, ratios and ranks depend on "
            "what is compared. Use prioritize(register, method='value')."
        )
    if not np.isfinite(scale) or scale <= 0:
        raise ValueError(f"the scale is what one point is worth, above zero, not {scale}")
    card, weights = ranking.card, ranking.weights.to_numpy(float)
    worth = scale * ((card.values - card.baseline) @ weights)
    out = np.array([bool(reason) for reason in card.gate_reasons()]) | card.missing.all(axis=1)
    name = f"value over doing nothing ({scale:g} a point)"
    return pd.Series(np.where(out, np.nan, worth), index=card.options, name=name)
