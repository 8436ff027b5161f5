"""What draws say: contingency pooled and unpooled, shares of variance, and how often limits are exceeded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.arbitration import Capacity, Envelope, Question
from pmo_kit.arbitration.rules import role_words
from pmo_kit.doors import share
from pmo_kit.errors import InputError
from pmo_kit.risk.exposure import Exposure
from pmo_kit.uncertainty.distributions import Floats

LIMITS = [
    "rule", "kind", "label", "limit", "planned", "p50", "p80", "available", "probability", "short_p80", "unit",
]  # fmt: skip


@dataclass(frozen=True)
class Contingency:
    """Money to hold for a confidence.

    Parameters
    ----------
    confidence : float
    base : float
        Sum of the base costs.
    quantile : float
        What the portfolio costs at most with this confidence.
    pooled : float
        quantile - base: one reserve for the portfolio.
    unpooled : float
        Sum over the projects of (their own quantile - base): every project with a reserve of its own.
    """

    confidence: float
    base: float
    quantile: float
    pooled: float
    unpooled: float

    @property
    def saved(self) -> float:
        """What holding the reserve together saves."""
        return self.unpooled - self.pooled


def portfolio_contingency(costs: ArrayLike, base: ArrayLike, confidence: float = 0.8) -> Contingency:
    """Return the contingency of a portfolio at a confidence.

    Parameters
    ----------
    costs : array_like, shape (projects, draws)
    base : array_like, shape (projects,)
    confidence : float

    Notes
    -----
    Contingency = P80 of the portfolio - sum of base. The sum of the projects' own P80s is larger unless all move
    together: for n equal normal projects with correlation r by sqrt(n / (1 + (n - 1) r)).

    Examples
    --------
    >>> found = portfolio_contingency([[10, 12], [12, 10]], [10, 10], 0.8)
    >>> round(found.pooled, 3), round(found.unpooled, 3)
    (2.0, 3.2)
    """
    if not 0 < share(confidence, "confidence") < 1:
        raise InputError(f"confidence lies between 0 and 1, not {confidence}")
    drawn, bases = np.atleast_2d(np.asarray(costs)), np.asarray(base, float)
    total = drawn.sum(axis=0, dtype=float)
    whole = float(np.quantile(total, confidence))
    own = np.quantile(drawn, confidence, axis=1)
    return Contingency(
        confidence, float(bases.sum()), whole, whole - float(bases.sum()), float((own - bases).sum())
    )


def variance_shares(draws: ArrayLike, total: ArrayLike | None = None) -> Floats:
    """Return each part's share of the variance of the sum: Cov(X_i, T) / Var(T). The shares add up to 1.

    Parameters
    ----------
    draws : array_like, shape (parts, draws)
    total : array_like, shape (draws,), optional
        The sum, where the parts are not all of it.

    Notes
    -----
    Euler's allocation: Tasche (1999), Risk contributions and performance measurement. A share may be negative: a
    part that falls when the rest rises.

    Examples
    --------
    >>> variance_shares([[1, -1, 1, -1], [2, 2, -2, -2]]).tolist()
    [0.2, 0.8]
    """
    parts = np.atleast_2d(np.asarray(draws))
    whole = parts.sum(axis=0, dtype=float) if total is None else np.asarray(total, float)
    centered = whole - whole.mean()
    spread = float(centered @ centered)
    if spread == 0:
        return np.zeros(len(parts))
    return np.array([float(part.astype(float) @ centered) for part in parts]) / spread


def limits_drawn(
    question: Question, exposure: Exposure, spend: NDArray[np.float64], people: NDArray[np.float64]
) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
    """Return every limit of money and people against the draws, and in which draws all envelopes hold together.

    Money that is not spent is carried into the next year of its envelope up to the carry limit, draw by draw.

    Parameters
    ----------
    spend : ndarray, shape (scopes, years, draws)
    people : ndarray, shape (roles, periods, draws)

    Returns
    -------
    DataFrame
        rule, kind, label; limit (of the year alone); planned, p50, p80: what is needed; available: the limit and what
        is carried into the year where P80 is needed; probability that more is needed than there is; short_p80: by how
        much at P80, zero where it is enough; unit. p80 > available, short_p80 > 0 and probability > 20 % say the same.
    ndarray of bool, shape (draws,)

    Notes
    -----
    What is needed and what is carried both vary; the 80 % sure shortfall is the quantile of their difference, and
    available = p80 - that quantile: between the limit and the limit with all that may be carried.
    """
    rows: list[tuple[object, ...]] = []
    holds = np.ones(spend.shape[-1], bool)
    envelopes = sorted(
        (r for r in question.active_rules if isinstance(r, Envelope)), key=lambda r: (r.envelope, r.year)
    )
    planned = exposure.base_spend
    carried: dict[tuple[str, int], Floats] = {}
    for rule in envelopes:
        if rule.year not in exposure.years:
            continue
        scope, year = exposure.scopes.index(rule.scope), exposure.years.index(rule.year)
        needed = spend[scope, year]
        available = rule.amount + carried.get((rule.envelope, rule.year), np.zeros(len(holds)))
        carried[rule.envelope, rule.year + 1] = np.clip(available - needed, 0.0, rule.carry_limit)
        row, over = _limit(needed, available, rule.amount)
        holds &= ~over
        unit = question.built.money_unit
        rows.append((rule.name, "envelope", rule.label, rule.amount, float(planned[scope, year]), *row, unit))
    demand = sum((p.demand for p in exposure.projects), np.zeros(people.shape[:2]))
    for role_rule in (r for r in question.active_rules if isinstance(r, Capacity)):
        if role_rule.period not in exposure.periods:
            continue
        role, period = exposure.roles.index(role_rule.role), exposure.periods.index(role_rule.period)
        row, _ = _limit(people[role, period], np.full(len(holds), role_rule.fte), role_rule.fte)
        base, unit = float(demand[role, period]), role_words(role_rule.role)
        rows.append((role_rule.name, "capacity", role_rule.label, role_rule.fte, base, *row, unit))
    return pd.DataFrame(rows, columns=LIMITS), holds


def _limit(needed: Floats, available: Floats, amount: float) -> tuple[tuple[float, ...], NDArray[np.bool_]]:
    """p50, p80, available, probability and shortfall of one limit, and in which draws it is exceeded."""
    short = needed - available
    over = short > 1e-6 * max(1.0, amount)
    p50, p80 = (float(x) for x in np.quantile(needed, [0.5, 0.8], method="inverted_cdf"))
    missing = float(np.quantile(np.where(over, short, np.minimum(short, 0.0)), 0.8, method="inverted_cdf"))
    return (p50, p80, p80 - missing, float(over.mean()), max(0.0, missing)), over


def curve(drawn: ArrayLike, points: int = 101) -> pd.DataFrame:
    """Return the S-curve of draws: value at equally spaced probabilities from 0 to 1.

    Examples
    --------
    >>> curve([1, 2, 3], 3).to_numpy().tolist()
    [[0.0, 1.0], [0.5, 2.0], [1.0, 3.0]]
    """
    levels = np.linspace(0, 1, points)
    return pd.DataFrame({"probability": levels, "value": np.quantile(np.asarray(drawn, float), levels)})


def swings(draws: Sequence[NDArray[np.float32]], total: Floats) -> NDArray[np.float64]:
    """Return parts x 2: the median of the total where a part is in its lowest and in its highest tenth of draws.

    The bars of a tornado, read from the draws themselves: correlation is in them.
    """
    k = max(1, len(total) // 10)
    found = np.full((len(draws), 2), np.median(total))
    for i, part in enumerate(draws):
        if part.min() < part.max():
            order = np.argpartition(part, (k, len(part) - k - 1))
            found[i] = np.median(total[order[:k]]), np.median(total[order[-k:]])
    return found
