"""Several stakeholders: where they differ, and whether it matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
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
    in_all, in_some : tuple of str
        Projects that stand among the first `top` with every weighting, and with some only.
    summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    values: pd.DataFrame = field(repr=False)
    weights: pd.DataFrame = field(repr=False)
    pairs: pd.DataFrame = field(repr=False)
    kendall_w: float
    in_all: tuple[str, ...]
    in_some: tuple[str, ...]
    summary: str
    inputs: Mapping[str, str]


def compare_stakeholders(ranking: Ranking, top: int | None = None) -> Disagreement:
    """Rank the projects with the weights of each stakeholder and say which disagreements change anything.

    Parameters
    ----------
    ranking : Ranking
        By additive value, of a register with the table stakeholder_weights.
    top : int, optional
        How many projects can be had: the summary then speaks of those that move in or out of the first `top`.

    Returns
    -------
    Disagreement

    Raises
    ------
    DataError
        The register has no stakeholder weights.
    PmoError
        The ranking is not by additive value, or there are fewer than two stakeholders or projects.

    Examples
    --------
    >>> from pmo_kit.prioritization.ranking import prioritize
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> compare_stakeholders(prioritize(register)).table.loc["P07"].to_dict()
    {'Customer': 6, 'Environment': 1, 'Finance': 4, 'Operations': 6}
    """
    if ranking.method != "value":
        raise PmoError(f"Stakeholders are compared by additive value, not by {ranking.method}.")
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
    count = len(projects) if top is None else top
    inside = table <= count
    in_all = tuple(table.index[inside.all(axis=1)])
    in_some = tuple(table.index[inside.any(axis=1) & ~inside.all(axis=1)])
    return Disagreement(
        table,
        values,
        weights,
        pairs,
        agreement,
        in_all,
        in_some,
        _sentence(ranking, table, pairs, agreement, top, in_all, in_some),
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


def _sentence(
    ranking: Ranking,
    table: pd.DataFrame,
    pairs: pd.DataFrame,
    agreement: float,
    top: int | None,
    in_all: tuple[str, ...],
    in_some: tuple[str, ...],
) -> str:
    """Whether the disagreement matters, in words."""
    who, n, label = table.shape[1], len(table), ranking.label
    if top is not None:
        if not in_some:
            return f"The {who} weightings choose one first {top}: what they dispute changes nothing."
        named = tuple(map(label, in_some)) if len(in_some) <= 3 else in_some
        return (
            f"The disagreement changes only {_listed(named)}: {top - len(in_all)} of the first {top} places; "
            f"the other {len(in_all)} are the same with all {who} weightings."
        )
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


def _listed(names: tuple[str, ...]) -> str:
    """Names in a row with `and`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
