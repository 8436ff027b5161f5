"""How sure a ranking is: ranks under other weights, tiers, and what would change the order.

Changing one weight rescales the others in proportion. The size of a change of weights is half the sum of the
absolute differences: the weight that moves from some criteria to others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import Answer, door, whole
from pmo_kit.errors import InputError, PmoError
from pmo_kit.facts import Sentence, in_row, keeping, listed, number, percent, printing, told_in
from pmo_kit.prioritization.ranking import Ranking, stakeholder_weights
from pmo_kit.prioritization.weights import Floats, checked_matrix, kendall_w, normalized

_NOISE = 1e-9
CONFIDENCE = 0.95  # share of the draws in which the head of a tier beats the head of the next
_BLOCK = 400_000  # values held at a time


def sample_weights(n: int, draws: int, seed: int) -> Floats:
    """Random weights that sum to 1, uniform over all of them: nothing is known of what matters.

    Parameters
    ----------
    n : int
        Number of criteria.
    draws, seed : int
        Equal seeds give equal draws.

    Returns
    -------
    ndarray, shape (draws, n)

    Raises
    ------
    InputError
        Fewer than one criterion or draw.

    Notes
    -----
    Source: Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3); Tervonen and Lahdelma (2007) for
    uniform weights from exponential draws.

    Examples
    --------
    >>> sample_weights(3, 2, seed=1).sum(axis=1).round(12).tolist()
    [1.0, 1.0]
    """
    whole(n, "the number of criteria", least=1)
    draws = whole(draws, "draws", least=1)
    drawn = np.random.Generator(np.random.SFC64(seed)).standard_exponential((draws, n))
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


@door
def rank_acceptability(values: ArrayLike, draws: int = 10_000, seed: int = 0) -> Floats:
    """Share of uniform weights for which each alternative takes each rank.

    Parameters
    ----------
    values : array, shape (alternatives, criteria)
        Values on one scale, more is better, none missing.
    draws, seed : int
        The standard error of a share p is sqrt(p (1 - p) / draws).

    Returns
    -------
    ndarray, shape (alternatives, ranks)
        Rows and columns sum to 1. Identical alternatives share their ranks equally.

    Notes
    -----
    Source: Lahdelma and Salminen (2001), SMAA-2, Operations Research 49(3).

    Examples
    --------
    >>> rank_acceptability([[0.9, 0.8], [0.5, 0.6], [0.2, 0.1]], draws=1_000, seed=7).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    cells = checked_matrix(values)
    return count_ranks(cells, sample_weights(cells.shape[1], draws, seed))


def count_ranks(cells: Floats, weights: Floats) -> Floats:
    """Rank acceptability for given weights (draws x criteria): alternatives x ranks."""
    n = len(cells)
    counts = np.zeros(n * n, dtype=np.int64)
    for worth in _blocks(-cells, weights):
        place = np.argsort(worth, axis=1) * n + np.arange(n)  # project, rank
        counts += np.bincount(place.ravel(), minlength=n * n)
    return _shared(cells, counts.reshape(n, n) / len(weights))


def win_shares(cells: Floats, weights: Floats) -> Floats:
    """Pairwise winning index: share of draws in which the row beats the column; ties count half."""
    wins = np.zeros((len(cells), len(cells)))
    for worth in _blocks(cells, weights):
        single = np.ascontiguousarray(worth.astype(np.float32).T)
        for row, mine in zip(wins, single, strict=True):
            row += np.count_nonzero(mine > single, axis=1)
    return np.asarray((1 + (wins - wins.T) / len(weights)) / 2)


def tiers(order: NDArray[np.int_], wins: Floats) -> NDArray[np.int_]:
    """Tiers: a new one begins where the head of the tier wins in 95 % of the draws.

    Parameters
    ----------
    order : array of int
        Alternatives from best to worst.
    wins : array, shape (n, n)
        Pairwise winning index.

    Returns
    -------
    ndarray of int, shape (n,)
        1 is the first tier. Inside a tier the order is not settled.

    Examples
    --------
    >>> tiers(np.array([0, 1, 2]), np.array([[0.5, 0.6, 1], [0.4, 0.5, 1], [0, 0, 0.5]])).tolist()
    [1, 1, 2]
    """
    tier = np.zeros(len(order), dtype=int)
    current, head = 0, -1
    for i in order:
        if head < 0 or wins[head, i] >= CONFIDENCE:
            current, head = current + 1, i
        tier[i] = current
    return tier


def _blocks(cells: Floats, weights: Floats) -> Iterator[Floats]:
    """Values of all alternatives (draws x alternatives), a block of draws at a time."""
    size = max(1, _BLOCK // len(cells))
    for start in range(0, len(weights), size):
        yield weights[start : start + size] @ cells.T


def _shared(cells: Floats, share: Floats) -> Floats:
    """Identical alternatives get the mean of their rows."""
    _, group = np.unique(cells, axis=0, return_inverse=True)
    return pd.DataFrame(share).groupby(group.ravel()).transform("mean").to_numpy()


@dataclass(frozen=True, eq=False)
class WeightInterval:
    """Between which weights of one criterion (or group) the leader leads, and the whole order holds.

    Parameters
    ----------
    weight, low, high : float
        The weight now; below `low` or above `high` another alternative leads.
    challenger_low, challenger_high : int, optional
        Position of the one that then leads; None where the interval ends at 0 or 1.
    order_low, order_high : float
        Between these no two alternatives change places.
    """

    weight: float
    low: float
    high: float
    challenger_low: int | None
    challenger_high: int | None
    order_low: float
    order_high: float


def weight_interval(values: ArrayLike, weights: ArrayLike, part: ArrayLike) -> WeightInterval:
    """Weight-stability interval of a criterion or a group, in closed form.

    The value of each alternative is a straight line in the weight t of the part, V_i(t) = t x inside_i + (1 - t) x
    outside_i, inside and outside weighted in the stated proportions (equal ones where those are all zero). The leader L
    stays ahead of i while at_zero_L - at_zero_i + t (slope_L - slope_i) >= 0; each i bounds t from one side.

    Parameters
    ----------
    values : array, shape (alternatives, criteria)
    weights : array, shape (criteria,)
    part : array of bool, shape (criteria,)
        The criteria whose weight varies together; not all of them.

    Notes
    -----
    Source: Mareschal (1988), European Journal of Operational Research 33(1), on weight-stability intervals.

    Examples
    --------
    >>> interval = weight_interval([[100, 0], [0, 80]], [0.5, 0.5], [True, False])
    >>> round(interval.low, 4), interval.high, interval.challenger_low
    (0.4444, 1.0, 1)
    """
    cells, share, mask = checked_matrix(values), normalized(weights), np.asarray(part, dtype=bool)
    if mask.shape != share.shape or not mask.any() or mask.all():
        raise InputError("the part whose weight varies is some of the criteria, not none and not all")
    at_one, at_zero = (
        cells[:, some] @ normalized(share[some] if share[some].sum() > 0 else np.ones(some.sum()))
        for some in (mask, ~mask)
    )
    now = float(share[mask].sum())
    worth = now * at_one + (1 - now) * at_zero
    order = np.argsort(-worth, kind="stable")
    first, rest = order[0], order[1:]
    low, high, below, above = _bounds(now, at_zero[first] - at_zero[rest], at_one[first] - at_one[rest])
    steps = at_zero[order[:-1]] - at_zero[order[1:]], at_one[order[:-1]] - at_one[order[1:]]
    order_low, order_high, _, _ = _bounds(now, *steps)
    loses, gains = (int(order[at]) if at else None for at in (below, above))
    return WeightInterval(now, low, high, loses, gains, order_low, order_high)


def _bounds(now: float, at_zero: Floats, at_one: Floats) -> tuple[float, float, int, int]:
    """Where all lines at_zero + t (at_one - at_zero) stay above zero around t = now, and which ends it: 0 is none."""
    slope = at_one - at_zero
    cross = np.divide(-at_zero, slope, out=np.full(slope.shape, np.nan), where=np.abs(slope) > _NOISE)
    lower = np.append(0.0, np.where(slope > _NOISE, np.minimum(cross, now), -np.inf))
    upper = np.append(1.0, np.where(slope < -_NOISE, np.maximum(cross, now), np.inf))
    below, above = int(lower.argmax()), int(upper.argmin())
    return float(lower[below]), float(upper[above]), below, above


def smallest_change(ahead: ArrayLike, behind: ArrayLike, weights: ArrayLike) -> tuple[float, Floats]:
    """The least change of weights that brings one alternative level with the one ahead of it.

    min 1/2 sum |w'_j - w_j| with sum w'_j (behind_j - ahead_j) >= 0, w' >= 0, sum w' = 1. All weight that
    moves goes to the criterion on which `behind` is best placed; it is taken first where `behind` loses
    most. That is the exact optimum: a fractional knapsack.

    Parameters
    ----------
    ahead, behind : array, shape (criteria,)
        Values of the two.
    weights : array, shape (criteria,)

    Returns
    -------
    size : float
        Weight that moves, 0 to 1; 0 where it is level or ahead already, `inf` where no weights do it.
    weights : ndarray
        The changed weights; the given ones where there is no change.

    Examples
    --------
    >>> size, changed = smallest_change([80, 20], [30, 60], [0.6, 0.4])
    >>> round(size, 4), changed.round(4).tolist()
    (0.1556, [0.4444, 0.5556])
    """
    share = normalized(weights)
    gap = np.asarray(behind, dtype=float) - np.asarray(ahead, dtype=float)
    if gap.shape != share.shape or not np.isfinite(gap).all():
        raise InputError("two alternatives need one value for each criterion")
    need = -float(gap @ share)
    if need <= _NOISE:
        return 0.0, share
    best = int(gap.argmax())
    if gap[best] < 0:
        return float("inf"), share
    changed = share.copy()
    gain = gap[best] - gap
    for j in np.argsort(-gain, kind="stable"):
        if need <= 0 or gain[j] <= 0:
            break
        moved = min(share[j], need / gain[j])
        changed[j] -= moved
        changed[best] += moved
        need -= moved * gain[j]
    return float(changed[best] - share[best]), changed


@dataclass(frozen=True, eq=False)
class Disagreement(Answer):
    """The ranks that each stakeholder's weights give, and which pairs of projects they put in another order.

    Parameters
    ----------
    table, values : DataFrame
        Projects x stakeholders, in the order of the ranking: rank, and value in points.
    pairs : DataFrame
        One row per pair on which they differ: first and second (as ranked), for_first and for_second (who),
        gap (points between them as ranked).
    kendall_w : float
        1 when all weightings give one order (Kendall and Babington Smith 1939); NaN of one weighting or project.
    summary : str
    inputs : mapping of str to str
    """

    _table: pd.DataFrame = field(repr=False)
    values: pd.DataFrame = field(repr=False)
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
        No project is ranked.

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
    if projects.empty:
        raise PmoError(ranking.summary)
    worth = ranking.cells()[0] @ weights.to_numpy(float).T
    values = pd.DataFrame(worth, index=projects, columns=weights.index)
    ranks = 1 + (worth[None, :, :] > worth[:, None, :] + _NOISE).sum(axis=1)
    table = pd.DataFrame(ranks, index=projects, columns=weights.index)
    pairs = _pairs(values, ranking)
    agreement = kendall_w(-np.round(worth, 9)) if min(worth.shape) > 1 else np.nan
    inputs = {"register": ranking.inputs["register"], "stakeholders": ", ".join(weights.index)}
    words = _sentence(ranking, table, pairs, agreement)
    return Disagreement(table, values, pairs, agreement, words, MappingProxyType(inputs))


def _pairs(values: pd.DataFrame, ranking: Ranking) -> pd.DataFrame:
    """Pairs that at least two stakeholders put in opposite order, closest pairs first."""
    worth, names, projects = values.to_numpy(float), list(values.columns), list(values.index)
    own = ranking.table.loc[values.index, "value"].to_numpy(float)
    rows = []
    for i in range(len(projects) - 1):
        gap = worth[i] - worth[i + 1 :]
        for k in np.flatnonzero((gap > _NOISE).any(axis=1) & (gap < -_NOISE).any(axis=1)):
            for_first = [name for name, g in zip(names, gap[k], strict=True) if g > _NOISE]
            for_second = [name for name, g in zip(names, gap[k], strict=True) if g < -_NOISE]
            j = i + 1 + int(k)
            rows.append((projects[i], projects[j], ", ".join(for_first), ", ".join(for_second), own[i] - own[j]))
    frame = pd.DataFrame(rows, columns=["first", "second", "for_first", "for_second", "gap"])
    return frame.sort_values("gap", kind="stable", ignore_index=True)


@keeping
def _sentence(ranking: Ranking, table: pd.DataFrame, pairs: pd.DataFrame, agreement: float) -> str:
    """Whether the disagreement matters, in words."""
    who, n, label = number(table.shape[1], 0), len(table), ranking.label
    if min(table.shape) < 2:
        return f"Only one {'project is ranked' if n < 2 else 'stakeholder weighs'}: nobody can differ on an order."
    if pairs.empty:
        return f"The {who} weightings give one order: the disagreement changes nothing."
    total = n * (n - 1) // 2
    alike, whole = number(total - len(pairs), 0), number(total, 0)
    if len(pairs) <= 2:
        both = zip(pairs["first"].map(label), pairs["second"].map(label), strict=True)
        words = listed(f"{a} against {b}" for a, b in both)
        return f"The disagreement changes only {words}; the other {alike} pairs are in one order."
    return (
        f"The {who} weightings agree on {alike} of {whole} pairs (agreement {number(agreement, 2)} of 1); "
        f"the closest pair they dispute is {label(pairs['first'][0])} against {label(pairs['second'][0])}: "
        f"{pairs['for_second'][0]} would turn it."
    )


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
    stability : DataFrame
        Index (kind, name) of criteria and groups: weight, low, high (the leader leads between them), who
        leads below and above, order_low, order_high (nobody changes places between them).
    reversals : DataFrame
        Pairs (ahead, behind): the leader with each other project, and neighbors. change is the least weight
        that must move (half L1), inf where no weights do it; toward is the criterion that gains.
    sentences : tuple of str
        The same in words.
    summary : str
    inputs : mapping of str to str
        Register fingerprint, seal of the weights, draws, seed.
    """

    _table: pd.DataFrame = field(repr=False)
    acceptability: pd.DataFrame = field(repr=False)
    stability: pd.DataFrame = field(repr=False)
    reversals: pd.DataFrame = field(repr=False)
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
        No project is ranked.

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
    if projects.empty:
        raise PmoError(ranking.summary)
    cells, weights = ranking.cells()[0], ranking.weights.to_numpy(float)
    drawn = sample_weights(len(weights), draws, seed)
    share, wins = count_ranks(cells, drawn), win_shares(cells, drawn)
    stability = weight_stability(ranking)
    reversals = _reversals(ranking, cells, weights, projects)
    table = _table(ranking, share, wins)
    with printing() as told:
        lines = _sentences(ranking, table, stability, reversals)
    sentences = tuple(Sentence(line, told_in(line, told)) for line in lines)
    shares = pd.DataFrame(share, index=projects, columns=pd.RangeIndex(1, len(projects) + 1, name="rank"))
    known = MappingProxyType({**ranking.inputs, "draws": str(draws), "seed": str(seed)})
    return RankRobustness(table, shares, stability, reversals, sentences, sentences[0], known, ranking)


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


def weight_stability(ranking: Ranking) -> pd.DataFrame:
    """Weight-stability intervals of every criterion and group: see `RankRobustness.stability`."""
    cells, weights, projects = ranking.cells()[0], ranking.weights.to_numpy(float), ranking.ranked
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
        below, above = ("" if at is None else str(projects[at]) for at in (found.challenger_low, found.challenger_high))
        ends = (found.weight, found.low, found.high, below, above, found.order_low, found.order_high)
        rows.append((kind, name, *ends))
    columns = ["kind", "name", "weight", "low", "high", "leads_below", "leads_above", "order_low",
               "order_high"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns).set_index(["kind", "name"])


def _reversals(ranking: Ranking, cells: Floats, weights: Floats, projects: pd.Index) -> pd.DataFrame:
    """Least weight changes that turn the leader and each other project, and each pair of neighbors."""
    n, names = len(projects), [str(name) for name in ranking.weights.index]
    pairs = sorted({*((0, i) for i in range(1, n)), *((i, i + 1) for i in range(n - 1))})
    rows = []
    for ahead, behind in pairs:
        size, changed = smallest_change(cells[ahead], cells[behind], weights)
        toward = names[int((changed - weights).argmax())] if 0 < size < np.inf else ""
        rows.append((projects[ahead], projects[behind], size, toward))
    return pd.DataFrame(rows, columns=["ahead", "behind", "change", "toward"])


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
        top = f"{leader} leads with the stated weights, but {most} comes first most often: in {percent(share)}"
        top += f" of cases ({CASES}), {leader} in {percent(own)}"
    count, same = int(table["tier"].nunique()), table.index[table["tier"] == 1]
    few = len(same) <= 3
    firsts = in_row(label(str(i)) if few else str(i) for i in same[:6])
    firsts += f" and {number(len(same) - 6, 0)} more" if len(same) > 6 else ""
    tell = "no tiers can be told apart"
    if count > 1:
        tell = f"{number(count, 0)} tiers can be told apart, the first is {firsts}"
    lines = [f"{top}; {tell}." if len(table) > 1 else f"Only {leader} is ranked: there is no order to be sure of."]
    lines += [unless_sentence(leader, stability.replace({i: label(str(i)) for i in table.index}))]
    near = reversals[reversals["ahead"] == table.index[0]].sort_values("change", kind="stable")
    if len(near) and np.isfinite(near["change"].iloc[0]):
        row = near.iloc[0]
        lines.append(
            f"Moving {number(100 * row['change'])} points of weight to {row['toward'].replace('_', ' ')} is enough "
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
    return f"{leader} leads unless the weight of {name} {verb} {percent(turn, 1)} ({now}): then {other} leads."
