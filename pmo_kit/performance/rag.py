"""Red, amber and green by stated rules, beside what is declared and what is assured: never mixed.

A watermelon is declared Green and Red by rule: green outside, red inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pmo_kit.performance.periods import rows_of

ORDER = {"G": 0, "A": 1, "R": 2}


@dataclass(frozen=True)
class RagRules:
    """Where Green ends and Red begins. Below `amber` is amber, below `red` is red.

    Parameters
    ----------
    cost_amber, cost_red : float
        Work earned per 1 spent (CPI).
    time_amber, time_red : float
        Months earned per month elapsed (SPI(t)); without a plan curve, the share of planned work (SPI).
    benefit_amber, benefit_red : float
        Benefits forecast today per benefits approved.
    """

    cost_amber: float = 0.95
    cost_red: float = 0.85
    time_amber: float = 0.95
    time_red: float = 0.85
    benefit_amber: float = 0.95
    benefit_red: float = 0.80

    def text(self) -> str:
        """Return the rules as one sentence.

        Examples
        --------
        >>> RagRules().text().split(";")[0]
        'Cost: Red below 0.85 earned per 1 spent, Amber below 0.95'
        """
        return (
            f"Cost: Red below {self.cost_red:g} earned per 1 spent, Amber below {self.cost_amber:g}; "
            f"time: Red below {self.time_red:g} months earned per month, Amber below {self.time_amber:g}; "
            f"benefits: Red below {self.benefit_red:g} of the approved, Amber below {self.benefit_amber:g}; "
            "the worst of the three counts."
        )


def rate(measure: pd.Series, amber: float, red: float) -> pd.Series:
    """Return R, A or G for a ratio where more is better; missing stays missing.

    Examples
    --------
    >>> rate(pd.Series([0.81, 0.9, 1.02, np.nan]), 0.95, 0.85).tolist()
    ['R', 'A', 'G', nan]
    """
    letters = np.select([measure < red, measure < amber], ["R", "A"], "G")
    return pd.Series(letters, index=measure.index, dtype="str").where(measure.notna())


def worst(ratings: pd.DataFrame) -> pd.Series:
    """Return the worst letter of every row; missing where none is known.

    Examples
    --------
    >>> worst(pd.DataFrame({"cost": ["G", "A"], "time": ["R", None]})).tolist()
    ['R', 'A']
    """
    ranks = ratings.apply(lambda column: column.map(ORDER)).astype(float).max(axis=1)
    return ranks.map(dict(enumerate("GAR"))).astype("str")


def rag_movement(now: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return how ratings by rule moved between two reviews.

    Parameters
    ----------
    now, before : DataFrame
        `Review.table` of today and of the last committee.

    Returns
    -------
    DataFrame
        Index project_id, as `now`: name, rag_before, rag_now (by rule), move ("worse", "better", "same", "new"),
        cpi_before, cpi_now, spi_t_before, spi_t_now.

    Examples
    --------
    >>> one = pd.DataFrame({"name": ["Depot"], "rag_rule": ["G"], "cpi": [1.0], "spi_t": [1.0]}, index=["A"])
    >>> rag_movement(one.assign(rag_rule="R"), one)["move"].tolist()
    ['worse']
    """
    then = before.reindex(now.index)
    step = now["rag_rule"].map(ORDER) - then["rag_rule"].map(ORDER)
    move = pd.Series(
        np.select([step > 0, step < 0, step == 0], ["worse", "better", "same"], "new"), index=now.index
    )
    moved = pd.DataFrame({"name": now["name"], "rag_before": then["rag_rule"], "rag_now": now["rag_rule"]})
    moved["move"] = move.astype("str")
    for column in ("cpi", "spi_t"):
        moved[f"{column}_before"], moved[f"{column}_now"] = then[column], now[column]
    return moved


def reason_cost(cpi: float) -> str:
    """Return the cost reason in a committee's words."""
    return f"{cpi:.2f} earned per 1 spent"


def reason_time(es: float, at: float, spi: float) -> str:
    """Return the time reason: months earned where a plan curve is known, else the share of planned work."""
    if np.isfinite(es):
        return f"{es:.1f} months earned in {at:.0f}"
    return f"{spi:.2f} of the planned work done"


def reason_benefits(share: float) -> str:
    """Return the benefit reason in a committee's words."""
    decimals = 1 if 0.9 <= share < 1 else 0
    return f"{100 * share:.{decimals}f} % of the approved benefits still expected"


def apply_rules(table: pd.DataFrame, rules: RagRules) -> pd.DataFrame:
    """Rate projects by rule and compare with what they declare.

    Parameters
    ----------
    table : DataFrame
        One row per project with cpi, spi, spi_t, es, at, benefit_share, rag_declared.
    rules : RagRules

    Returns
    -------
    DataFrame
        rag_cost, rag_time, rag_benefits, rag_rule; mismatch (declared better than the rule), watermelon
        (declared G, rule R) and reason (why the rule is not Green; empty where it is).
    """
    time = table["spi_t"].fillna(table["spi"])
    rated = pd.DataFrame(
        {
            "rag_cost": rate(table["cpi"], rules.cost_amber, rules.cost_red),
            "rag_time": rate(time, rules.time_amber, rules.time_red),
            "rag_benefits": rate(table["benefit_share"], rules.benefit_amber, rules.benefit_red),
        }
    )
    rated["rag_rule"] = worst(rated)
    declared, rule = table["rag_declared"].map(ORDER), rated["rag_rule"].map(ORDER)
    rated["mismatch"] = declared < rule
    rated["watermelon"] = (table["rag_declared"] == "G") & (rated["rag_rule"] == "R")
    rated["reason"] = [
        "; ".join(
            text
            for letter, text in (
                (row.rag_cost, reason_cost(figures.cpi)),
                (row.rag_time, reason_time(figures.es, figures.at, figures.spi)),
                (row.rag_benefits, reason_benefits(figures.benefit_share)),
            )
            if letter in ("R", "A")
        )
        for row, figures in zip(rows_of(rated), rows_of(table), strict=True)
    ]
    rated["reason"] = rated["reason"].astype("str")
    return rated
