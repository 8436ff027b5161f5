"""Several stakeholders: where they differ, and whether it matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.prioritization.ranking import Ranking, stakeholder_weights
from pmo_kit.prioritization.weights import kendall_w

_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Disagreement(Answer):
    """The ranks that each stakeholder's weights give, and which pairs of projects they put in another order.

    Parameters
    ----------
    table, values : DataFrame
        Projects x stakeholders, in the order of the ranking: rank, and value in points.
    weights : DataFrame
        Stakeholders x criteria, normalized.
    pairs : DataFrame
        One row per pair on which they differ: first and second (as ranked), for_first and for_second (who),
        gap (points between them as ranked).
    kendall_w : float
        1 when all weightings give one order (Kendall and Babington Smith 1939).
    summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    values: pd.DataFrame = field(repr=False)
    weights: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    kendall_w: float
    summary: str
    inputs: Mapping[str, str]


@door
def compare_stakeholders(ranking: Ranking) -> Disagreement:
    """Rank the projects with the weights of each stakeholder and say which disagreements change anything.

    Parameters
    ----------
    ranking : Ranking
        Of a register with the table stakeholder_weights.

    Returns
    -------
    Disagreement

    Raises
    ------
    DataError
        The register has no stakeholder weights.
    PmoError
        There are fewer than two stakeholders or ranked projects.

    Examples
    --------
    >>> from pmo_kit.prioritization.ranking import prioritize
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> compare_stakeholders(prioritize(register)).table.loc["P07"].to_dict()
    {'Customer': 6, 'Environment': 1, 'Finance': 4, 'Operations': 6}
    """
    weights = stakeholder_weights(ranking.register, ranking.weights.index)
    projects = ranking.ranked
    if len(weights) < 2 or len(projects) < 2:
        raise PmoError("Comparing needs at least two stakeholders and two ranked projects.")
    cells, _, _ = ranking.cells()
    worth = cells @ weights.to_numpy(float).T
    values = pd.DataFrame(worth, index=projects, columns=weights.index)
    ranks = 1 + (worth[None, :, :] > worth[:, None, :] + _TIE).sum(axis=1)
    table = pd.DataFrame(ranks, index=projects, columns=weights.index)
    pairs = _pairs(values, ranking)
    agreement = kendall_w(-np.round(worth, 9))
    return Disagreement(
        table,
        values,
        weights,
        pairs,
        agreement,
        _sentence(ranking, table, pairs, agreement),
        MappingProxyType({"register": ranking.inputs["register"], "stakeholders": ", ".join(weights.index)}),
    )


def _pairs(values: pd.DataFrame, ranking: Ranking) -> pd.DataFrame:
    """Pairs that at least two stakeholders put in opposite order, closest pairs first."""
    worth, names, projects = values.to_numpy(float), list(values.columns), list(values.index)
    own = ranking.table.loc[values.index, "value"].to_numpy(float)
    rows = []
    for i in range(len(projects) - 1):
        gap = worth[i] - worth[i + 1 :]
        for k in np.flatnonzero((gap > _TIE).any(axis=1) & (gap < -_TIE).any(axis=1)):
            for_first = [name for name, g in zip(names, gap[k], strict=True) if g > _TIE]
            for_second = [name for name, g in zip(names, gap[k], strict=True) if g < -_TIE]
            j = i + 1 + int(k)
            rows.append(
                (projects[i], projects[j], ", ".join(for_first), ", ".join(for_second), own[i] - own[j])
            )
    frame = pd.DataFrame(rows, columns=["first", "second", "for_first", "for_second", "gap"])
    return frame.sort_values("gap", kind="stable", ignore_index=True)


def _sentence(ranking: Ranking, table: pd.DataFrame, pairs: pd.DataFrame, agreement: float) -> str:
    """Whether the disagreement matters, in words."""
    who, n, label = table.shape[1], len(table), ranking.label
    if pairs.empty:
        return f"The {who} weightings give one order: the disagreement changes nothing."
    total = n * (n - 1) // 2
    if len(pairs) <= 2:
        both = zip(pairs["first"].map(label), pairs["second"].map(label), strict=True)
        words = " and ".join(f"{a} against {b}" for a, b in both)
        return (
            f"The disagreement changes only {words}; the other {total - len(pairs)} pairs are in one order."
        )
    return (
        f"The {who} weightings agree on {total - len(pairs)} of {total} pairs (agreement {agreement:.2f} of 1); "
        f"the closest pair they dispute is {label(pairs['first'][0])} against {label(pairs['second'][0])}: "
        f"{pairs['for_second'][0]} would turn it."
    )
