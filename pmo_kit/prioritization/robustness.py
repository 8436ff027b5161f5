"""How sure a ranking is: ranks under other weights, tiers, and what would change the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.prioritization.acceptability import (
    central_weights,
    count_ranks,
    sample_weights,
    tiers,
    win_shares,
)
from pmo_kit.prioritization.ranking import Ranking
from pmo_kit.prioritization.sensitivity import dominance, smallest_change, weight_interval
from pmo_kit.prioritization.weights import Floats

CASES = "all weightings equally likely"


@dataclass(frozen=True, eq=False)
class RankRobustness(Answer):
    """How far the order of a ranking can be trusted.

    `table` (index project_id, in the order of the ranking): name, value, rank, first (share of weightings in
    which it comes first), expected_rank, rank_low and rank_high (90 % of the weightings), tier.

    Parameters
    ----------
    acceptability : DataFrame
        Projects x ranks: share of weightings.
    wins : DataFrame
        Projects x projects: share of weightings in which the row beats the column; ties count half.
    central : DataFrame
        Projects x criteria: mean of the weights with which the project comes first; NaN where it never does.
    stability : DataFrame
        Index (kind, name) of criteria and groups: weight, low, high (the leader leads between them), who
        leads below and above, order_low, order_high (nobody changes places between them).
    reversals : DataFrame
        Pairs (ahead, behind): the leader with each other project, and neighbors. change is the least weight
        that must move (half L1), inf where no weights do it; toward is the criterion that gains.
    dominated : DataFrame
        Pairs (better, worse) that hold whatever the weights.
    sentences : tuple of str
        The same in words.
    summary : str
    inputs : mapping of str to str
        Register fingerprint, seal of the weights, draws, seed.
    """

    _table: pd.DataFrame = field(repr=False)
    acceptability: pd.DataFrame = field(repr=False)
    wins: pd.DataFrame = field(repr=False)
    central: pd.DataFrame = field(repr=False)
    stability: pd.DataFrame = field(repr=False)
    reversals: pd.DataFrame = field(repr=False)
    dominated: pd.DataFrame = field(repr=False)
    sentences: tuple[str, ...]
    summary: str
    inputs: Mapping[str, str]
    ranking: Ranking = field(repr=False)

    @property
    def _notes(self) -> tuple[str, ...]:
        return self.sentences


@door
def rank_robustness(ranking: Ranking, draws: int = 10_000, seed: int = 0) -> RankRobustness:
    """How sure a ranking by additive value is, with weights drawn uniformly from all that are possible.

    Parameters
    ----------
    ranking : Ranking
    draws, seed : int
        Equal seeds give equal answers. The standard error of a share p is sqrt(p (1 - p) / draws).

    Returns
    -------
    RankRobustness

    Raises
    ------
    PmoError
        The ranking has fewer than two projects.

    Notes
    -----
    Sources: Lahdelma and Salminen (2001), SMAA-2; Leskinen and others (2006) for the pairwise winning index;
    Mareschal (1988) for weight-stability intervals.

    Examples
    --------
    >>> from pmo_kit.prioritization.ranking import prioritize
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> sure = rank_robustness(prioritize(register), draws=1_000, seed=7)
    >>> sure.stability.loc[("criterion", "health_risk"), ["low", "high"]].round(3).tolist()
    [0.236, 1.0]
    """
    projects = ranking.ranked
    if len(projects) < 2:
        raise PmoError("At least two ranked projects are needed to ask how sure their order is.")
    cells, low, high = ranking.cells()
    weights = ranking.weights.to_numpy(float)
    drawn = sample_weights(len(weights), draws, seed)
    share, wins = count_ranks(cells, drawn), win_shares(cells, drawn)
    stability = _stability(ranking, cells, weights, projects)
    reversals = _reversals(ranking, cells, weights, projects)
    table = _table(ranking, share, wins)
    sentences = _sentences(ranking, table, stability, reversals)
    better, worse = np.nonzero(dominance(low, high))
    inputs = {
        "register": ranking.inputs["register"],
        "weights_seal": ranking.inputs["weights_seal"],
        "draws": str(draws),
        "seed": str(seed),
    }
    return RankRobustness(
        table,
        pd.DataFrame(share, index=projects, columns=pd.RangeIndex(1, len(projects) + 1, name="rank")),
        pd.DataFrame(wins, index=projects, columns=projects),
        pd.DataFrame(central_weights(cells, drawn), index=projects, columns=ranking.weights.index),
        stability,
        reversals,
        pd.DataFrame({"better": projects[better], "worse": projects[worse]}),
        sentences,
        sentences[0],
        MappingProxyType(inputs),
        ranking,
    )


def _table(ranking: Ranking, share: Floats, wins: Floats) -> pd.DataFrame:
    """Rank intervals and tiers."""
    base = ranking.table.loc[ranking.ranked, ["name", "value", "rank"]]
    ranks = np.arange(1, len(base) + 1)
    expected = share @ ranks
    running = share.cumsum(axis=1)
    return base.assign(
        first=share[:, 0],
        expected_rank=expected,
        rank_low=1 + (running < 0.05 - 1e-12).sum(axis=1),
        rank_high=1 + (running < 0.95 - 1e-12).sum(axis=1),
        tier=tiers(np.argsort(expected, kind="stable"), wins),
    )


def _stability(ranking: Ranking, cells: Floats, weights: Floats, projects: pd.Index) -> pd.DataFrame:
    """Weight-stability intervals of every criterion and group."""
    criteria = ranking.weights.index
    groups = ranking.card.criteria["group"]
    parts = [("criterion", str(name), criteria == name) for name in criteria]
    for group in groups.dropna().unique():
        mask = groups.to_numpy() == group
        if 1 < mask.sum() < len(criteria):
            parts.append(("group", str(group), mask))
    rows = []
    for kind, name, mask in parts if len(criteria) > 1 else []:
        found = weight_interval(cells, weights, mask)
        below, above = (
            "" if at is None else str(projects[at]) for at in (found.challenger_low, found.challenger_high)
        )
        ends = (found.weight, found.low, found.high, below, above, found.order_low, found.order_high)
        rows.append((kind, name, *ends))
    columns = [
        "kind",
        "name",
        "weight",
        "low",
        "high",
        "leads_below",
        "leads_above",
        "order_low",
        "order_high",
    ]
    return pd.DataFrame(rows, columns=columns).set_index(["kind", "name"])


def _reversals(ranking: Ranking, cells: Floats, weights: Floats, projects: pd.Index) -> pd.DataFrame:
    """Least weight changes that turn the leader and each other project, and each pair of neighbors."""
    n, names = len(projects), [str(name) for name in ranking.weights.index]
    pairs = sorted({*((0, i) for i in range(1, n)), *((i, i + 1) for i in range(n - 1))})
    rows = []
    for ahead, behind in pairs:
        size, changed = smallest_change(cells[ahead], cells[behind], weights)
        moved = changed - weights
        toward = "" if not 0 < size < np.inf else names[int(moved.argmax())]
        away = [name for name, step in zip(names, moved, strict=True) if step < -1e-12]
        rows.append((projects[ahead], projects[behind], size, toward, ", ".join(away)))
    return pd.DataFrame(rows, columns=["ahead", "behind", "change", "toward", "away_from"])


def percent(share: float, decimals: int = 0) -> str:
    """A share in percent, with the thin space of the house.

    Examples
    --------
    >>> percent(0.236, 1)
    '23.6\u202f%'
    """
    return f"{100 * share:.{decimals}f}\u202f%"


def _sentences(
    ranking: Ranking, table: pd.DataFrame, stability: pd.DataFrame, reversals: pd.DataFrame
) -> tuple[str, ...]:
    """The answer in words, the most important first."""
    leader, label = ranking.label(str(table.index[0])), ranking.label
    often = table["first"].sort_values(ascending=False, kind="stable")
    most, share = label(str(often.index[0])), often.iloc[0]
    if most == leader:
        top = f"{leader} leads and comes first in {percent(share)} of cases ({CASES})"
        if len(often) > 1 and often.iloc[1] > 0:
            top += f", {label(str(often.index[1]))} in {percent(often.iloc[1])}"
    else:
        own = table["first"].iloc[0]
        top = (
            f"{leader} leads with the stated weights, but {most} comes first most often: in {percent(share)}"
        )
        top += f" of cases ({CASES}), {leader} in {percent(own)}"
    count, same = int(table["tier"].nunique()), table.index[table["tier"] == 1]
    few = len(same) <= 3
    firsts = ", ".join(label(str(i)) if few else str(i) for i in same[:6])
    firsts += f" and {len(same) - 6} more" if len(same) > 6 else ""
    tell = (
        "no tiers can be told apart"
        if count == 1
        else f"{count} tiers can be told apart, the first is {firsts}"
    )
    lines = [f"{top}; {tell}."]
    lines += [unless_sentence(leader, stability.replace({i: label(str(i)) for i in table.index}))]
    near = reversals[reversals["ahead"] == table.index[0]].sort_values("change", kind="stable")
    if len(near) and np.isfinite(near["change"].iloc[0]):
        row = near.iloc[0]
        lines.append(
            f"Moving {100 * row['change']:.1f} points of weight to {row['toward'].replace('_', ' ')} is enough "
            f"to bring {label(row['behind'])} up to {leader}."
        )
    return tuple(line for line in lines if line)


def unless_sentence(leader: str, stability: pd.DataFrame) -> str:
    """`P07 leads unless the weight of risk falls below 12 %`, for the nearest turning point."""
    if stability.empty:
        return ""
    only = stability.loc[["criterion"]]
    falls = (only["weight"] - only["low"]).where(only["leads_below"] != "", np.inf)
    rises = (only["high"] - only["weight"]).where(only["leads_above"] != "", np.inf)
    least = pd.concat([falls, rises], axis=1).min(axis=1)
    if not np.isfinite(least.min()):
        return f"{leader} leads whatever the weight of any one criterion."
    at = int(least.to_numpy().argmin())
    row, name = only.iloc[at], str(only.index[at][1]).replace("_", " ")
    if falls.iloc[at] <= rises.iloc[at]:
        turn, verb, other = row["low"], "falls below", row["leads_below"]
    else:
        turn, verb, other = row["high"], "rises above", row["leads_above"]
    now = f"now {percent(row['weight'], 1)}"
    return (
        f"{leader} leads unless the weight of {name} {verb} {percent(turn, 1)} ({now}): then {other} leads."
    )
