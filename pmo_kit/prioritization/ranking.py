"""From a register to a ranking with its reasons, and what of it an arbitration may add up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import Answer, door, known, names, numbers, told
from pmo_kit.errors import InputError, PmoError
from pmo_kit.facts import as_given, keeping, listed, number
from pmo_kit.prioritization.values import Scorecard, read_scorecard
from pmo_kit.prioritization.weights import Floats, checked_matrix, normalized, seal_weights
from pmo_kit.register import Register

UNIT = "points of 100"
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Ranking(Answer):
    """Projects in order of additive value, what each criterion contributes, how far missing scores could move them.

    `table` is indexed by project_id, best first:

    - name, area, commitment, level: the level that is ranked (full, or the first that is not stop)
    - value: 0 to 100, in `unit`
    - rank, tie: equal values share the better rank and are marked
    - value_low, value_high: between what the value may lie, given missing scores and declared intervals
    - rank_low, rank_high: the best and the worst rank that these intervals allow
    - missing: how many scores are missing
    - excluded: why a project is not ranked (a gate, no scores); its value is NaN and its rank NA

    Parameters
    ----------
    table : DataFrame
        As above.
    contributions : DataFrame
        Projects x criteria; each row sums to the value.
    weights : Series
        Normalized weight of each criterion.
    summary : str
    inputs : mapping of str to str
        Register fingerprint, seal of the weights.
    """

    _table: pd.DataFrame = field(repr=False)
    contributions: pd.DataFrame = field(repr=False)
    weights: pd.Series
    summary: str
    inputs: Mapping[str, str]
    register: Register = field(repr=False)
    card: Scorecard = field(repr=False)
    unit: ClassVar[str] = UNIT
    """What a value is counted in."""

    @property
    def ranked(self) -> pd.Index:
        """Projects that have a rank, best first."""
        return self._table.index[self._table["rank"].notna()]

    def label(self, project: str) -> str:
        """A project by id and name: "P01 Lead pipe replacement"."""
        return _label(project, self._table.loc[project, "name"])

    def positions(self, projects: Sequence[str] | pd.Index) -> Any:
        """Rows of the scorecard of the levels by which these projects are ranked."""
        level = self._table.loc[list(projects), "level"]
        return self.card.options.get_indexer(pd.MultiIndex.from_arrays([level.index, level]))

    def cells(self, projects: Sequence[str] | pd.Index | None = None) -> tuple[Floats, Floats, Floats]:
        """Values of the ranked level (0..100), and their least and greatest: projects x criteria."""
        rows = self.positions(self.ranked if projects is None else projects)
        low, high = self.card.bounds()
        return self.card.values[rows], low[rows], high[rows]


@door
def prioritize(
    register: Register,
    weights: Mapping[str, float] | pd.Series | Sequence[float] | str | None = None,
    method: str = "value",
) -> Ranking:
    """Rank the projects of a register by additive value: the sum of weight x value on declared scales.

    A missing score counts as the middle of what is possible and is shown as an interval. Orders that cannot be added
    up in a budget (`topsis`, `promethee`) are functions of their own on bare arrays.

    Parameters
    ----------
    register : Register
        Needs the tables criteria and scores.
    weights : mapping, Series, sequence or str, optional
        Weight by criterion; a sequence in the order of the criteria; the name of a stakeholder, or
        "stakeholders" for the mean of all. The weights of the criteria table when not given.
    method : {"value"}

    Returns
    -------
    Ranking

    Raises
    ------
    DataError
        A table is missing, or a score is off its declared scale.
    InputError
        Weights that do not fit the criteria, or another method.

    Notes
    -----
    Source: Keeney and Raiffa (1976), Decisions with Multiple Objectives.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> prioritize(register).table["rank"].head(3).to_dict()
    {'P01': 1, 'P02': 2, 'P07': 3}
    """
    if method != "value":
        raise InputError(
            f"a register is ranked by method 'value', not {told(method)}; topsis and promethee take bare arrays: "
            "pmo.prioritization.topsis(matrix, weights, maximize)"
        )
    card = read_scorecard(register)
    share = _weights(register, card, weights)
    rows = _ranked_levels(register)
    at = card.options.get_indexer(rows)
    gates, unscored = card.gate_reasons(), card.missing[at].all(axis=1)
    excluded = ["no scores" if none else gates[i] for i, none in zip(at, unscored, strict=True)]
    kept = np.array([not why for why in excluded], dtype=bool)
    by = share.to_numpy(float)
    part = np.where(kept[:, None], card.values[at] * by, np.nan)
    low, high = (np.where(kept, bound[at] @ by, np.nan) for bound in card.bounds())
    parts = pd.DataFrame(part, index=rows.get_level_values(0), columns=card.criteria.index)
    table = _ordered(register.projects[["name", "area", "commitment"]].assign(
        level=rows.get_level_values(1), value=parts.sum(axis=1, skipna=False), value_low=low, value_high=high,
        missing=card.missing[at].sum(axis=1), excluded=excluded,
    ))  # fmt: skip
    inputs = MappingProxyType({"register": register.fingerprint, "weights_seal": seal_weights(share.to_dict())})
    return Ranking(table, parts.loc[table.index], share, _sentence(table), inputs, register, card)


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
        Closeness, net flows, ratios and ranks are refused: they cannot be added up.
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
    InputError
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
    if not isinstance(ranking, Ranking):
        raise PmoError(
            f"{type(ranking).__name__} is no value to add up in a budget: closeness, net flows, ratios and ranks "
            "depend on what is compared. Use prioritize(register)."
        )
    if not np.isfinite(scale) or scale <= 0:
        raise InputError(f"the scale is what one point is worth, above zero, not {scale}")
    card, weights = ranking.card, ranking.weights.to_numpy(float)
    worth = scale * ((card.values - card.baseline) @ weights)
    out = np.array([bool(reason) for reason in card.gate_reasons()]) | card.missing.all(axis=1)
    name = f"value over doing nothing ({as_given(scale)} a point)"
    return pd.Series(np.where(out, np.nan, worth), index=card.options, name=name)


def _ranked_levels(register: Register) -> pd.MultiIndex:
    """The level by which each project is ranked: full, else the first that is not stop."""
    levels = register.table("levels")
    order = levels["level"].map({"full": 0, "stop": 2}).fillna(1)
    first = levels.assign(order=order).sort_values("order", kind="stable").drop_duplicates("project_id")
    level = first.set_index("project_id")["level"].reindex(register.projects.index)
    return pd.MultiIndex.from_arrays([level.index.astype("str"), level.astype("str")])


def _weights(register: Register, card: Scorecard, weights: Any) -> pd.Series:
    """Normalized weights in the order of the criteria."""
    criteria = card.criteria.index
    if weights is None:
        given = card.criteria["weight"]
    elif isinstance(weights, str):
        table = stakeholder_weights(register, criteria)
        known([weights], [*table.index, "stakeholders"], "stakeholder")
        given = table.mean() if weights == "stakeholders" else table.loc[weights]
    elif isinstance(weights, Mapping | pd.Series):
        points = dict(weights)
        given = pd.Series(numbers([*points.values()], "weights"), [*points])
        known(given.index, criteria, "criterion")
        if left := [str(name) for name in criteria.difference(given.index)]:
            raise InputError(f"weights and criteria do not match: {', '.join(left)} has no weight")
        given = given.reindex(criteria)
    else:
        given = pd.Series(numbers(weights, "weights").ravel())
        if len(given) != len(criteria):
            raise InputError(f"{len(criteria)} criteria and {len(given)} weights do not match")
    bad = ~np.isfinite(given.to_numpy(float)) | (given.to_numpy(float) < 0)
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise InputError(f"the weight of {criteria[place]} is {given.iloc[place]}: it must be 0 or more")
    return pd.Series(normalized(given.to_numpy(float)), index=criteria, name="weight")


@door
def stakeholder_weights(register: Register, criteria: pd.Index) -> pd.DataFrame:
    """Normalized weights, stakeholders x criteria; a criterion that a stakeholder left out weighs 0."""
    table = register.need("stakeholder_weights").pivot(index="stakeholder", columns="criterion", values="weight")
    table = table.reindex(columns=criteria).fillna(0.0)
    return pd.DataFrame(normalized(table.to_numpy(float)), index=table.index, columns=criteria)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """The table of a ranking, best first, with ranks."""
    table = table.sort_values("value", ascending=False, kind="stable", na_position="last")
    worth, least, most = (table[name].to_numpy(float) for name in ("value", "value_low", "value_high"))
    ranked, near = np.isfinite(worth), _TIE * max(1.0, float(np.nanmax(np.abs(worth), initial=0.0)))
    best = 1 + _above(least[ranked], most + near)
    worst = 1 + _above(most[ranked], least + near) - (most > least + near)  # itself apart
    ranks = {
        "rank": 1 + _above(worth[ranked], worth + near),
        "tie": (np.abs(worth[ranked] - worth[:, None]) <= near).sum(axis=1) > 1,
        "rank_low": best,
        "rank_high": np.maximum(worst, best),
    }
    for name, found in ranks.items():
        table[name] = pd.Series(found, index=table.index).astype("boolean" if name == "tie" else "Int64").where(ranked)
    last = ["value_low", "value_high", "rank_low", "rank_high", "missing", "excluded"]
    return table[["name", "area", "commitment", "level", "value", "rank", "tie", *last]]


def _above(values: Floats, limits: Floats) -> NDArray[np.int64]:
    """How many values are above each limit."""
    return np.asarray((values > limits[:, None]).sum(axis=1), np.int64)


def _label(project: object, name: object) -> str:
    """Id and name, once where they are the same."""
    return str(project) if project == name else f"{project} {name}"


@keeping
def _sentence(table: pd.DataFrame) -> str:
    """What a committee reads first."""
    ranked = table[table["rank"].notna()]
    if ranked.empty:
        return "No project can be ranked: " + "; ".join(sorted(set(table["excluded"]) - {""})) + "."
    first = ranked[ranked["rank"] == 1]
    names = listed(_label(i, name) for i, name in first["name"].items())
    verb = "leads" if len(first) == 1 else "lead together"
    text = f"{names} {verb} with {number(first['value'].iloc[0])} ({UNIT})"
    following = ranked.loc[ranked["rank"] > 1, "name"].head(2)
    if len(following):
        text += f", then {listed(_label(i, name) for i, name in following.items())}"
    text += f"; {number(len(ranked), 0)} project{'s' * (len(ranked) != 1)} ranked"
    gaps = int((ranked["missing"] > 0).sum())
    ties = int(ranked["tie"].sum())
    out = len(table) - len(ranked)
    notes = [f"{number(ties, 0)} tied"] * (ties > 0) + [f"{number(gaps, 0)} with missing scores"] * (gaps > 0)
    notes += [f"{number(out, 0)} not ranked"] * (out > 0)
    return text + (", " + ", ".join(notes) if notes else "") + "."


# Orders on bare arrays: additive value, TOPSIS, PROMETHEE II

Normalization = Literal["vector", "minmax", "sum", "max", "none"]
_SIZES: dict[str, Callable[[Floats], Floats]] = {
    "vector": lambda cells: np.sqrt((cells**2).sum(axis=0)),
    "minmax": lambda cells: np.ptp(cells, axis=0),
    "sum": lambda cells: cells.sum(axis=0),
    "max": lambda cells: cells.max(axis=0),
    "none": lambda cells: np.ones(cells.shape[1]),
}
"""What the columns of a matrix are divided by."""
_DEGREES: dict[str, tuple[str, Callable[..., bool], Callable[..., Floats]]] = {
    "usual": ("", lambda q, p, s: True, lambda d, q, p, s: np.ones_like(d)),
    "u_shape": ("", lambda q, p, s: True, lambda d, q, p, s: (d > q).astype(float)),
    "v_shape": ("p above zero", lambda q, p, s: p > 0, lambda d, q, p, s: np.minimum(d / p, 1.0)),
    "level": ("p not below q", lambda q, p, s: p >= q, lambda d, q, p, s: ((d > q).astype(float) + (d > p)) / 2),
    "linear": ("p above q", lambda q, p, s: p > q, lambda d, q, p, s: np.clip((d - q) / (p - q), 0.0, 1.0)),
    "gaussian": ("s above zero", lambda q, p, s: s > 0, lambda d, q, p, s: -np.expm1(-(d**2) / (2 * s**2))),
}
"""Preference functions: what they need of q, p and s, and the degree for a difference above zero."""


@door
def weighted_value(values: ArrayLike, weights: ArrayLike) -> Floats:
    """Additive value: sum over criteria of w_j v_ij, the weights normalized to 1.

    Parameters
    ----------
    values : array, shape (..., criteria)
        Values on one scale (0..100), more is better.
    weights : array, shape (criteria,)
        Swing weights, none below zero.

    Raises
    ------
    InputError
        A missing value (named), a negative or missing weight, or a number of weights that differs.

    Notes
    -----
    Source: Keeney and Raiffa (1976), Decisions with Multiple Objectives; Goodwin and Wright, chapter 3.

    Examples
    --------
    >>> weighted_value([[100, 0], [50, 80]], [3, 1]).tolist()
    [75.0, 57.5]
    """
    worth, share = np.asarray(values, dtype=float), normalized(weights)
    if worth.ndim == 0 or share.shape != worth.shape[-1:]:
        raise InputError(f"{worth.shape[-1:] or 0} criteria and {share.shape[-1]} weights do not match")
    if not np.isfinite(worth).all():
        place = tuple(int(i) for i in np.argwhere(~np.isfinite(worth))[0])
        raise InputError(f"value at {place} is missing: state how missing scores count before adding up")
    return np.asarray(worth @ share)


@door
def topsis(
    matrix: ArrayLike, weights: ArrayLike, maximize: ArrayLike, normalization: Normalization = "vector"
) -> Floats:
    """TOPSIS closeness: distance from the worst point / (distance from the best + distance from the worst).

    Each criterion is normalized and weighted; best and worst are taken over the alternatives given, so that
    removing one may change the order of the others. Closeness is an order, never a value to add up.

    Parameters
    ----------
    matrix : array, shape (alternatives, criteria)
    weights : array, shape (criteria,)
    maximize : array of bool, shape (criteria,)
        False where less is better.
    normalization : {"vector", "minmax", "sum", "max", "none"}
        vector (the textbook): x / sqrt(sum x^2). pymcdm's default is minmax, which may give another winner.

    Returns
    -------
    ndarray, shape (alternatives,)
        0 to 1; 0.5 where best and worst are the same point.

    Notes
    -----
    Source: Hwang and Yoon (1981), Multiple Attribute Decision Making; Opricovic and Tzeng (2004), European
    Journal of Operational Research 156, on normalization.

    Examples
    --------
    >>> topsis([[1, 3000], [2, 3750], [5, 4500]], [1, 1], [False, True]).round(3).tolist()
    [0.762, 0.722, 0.238]
    """
    cells, share, up = _problem(matrix, weights, maximize)
    scaled = _scaled(cells, normalization) * share
    best = np.where(up, scaled.max(axis=0), scaled.min(axis=0))
    worst = np.where(up, scaled.min(axis=0), scaled.max(axis=0))
    far, near = (np.sqrt(((scaled - end) ** 2).sum(axis=1)) for end in (worst, best))
    return np.divide(far, far + near, out=np.full(len(cells), 0.5), where=far + near > 0)


@door
def promethee(
    matrix: ArrayLike,
    weights: ArrayLike,
    maximize: ArrayLike,
    preference: str | list[str] = "usual",
    q: ArrayLike = 0.0,
    p: ArrayLike = 0.0,
    s: ArrayLike = 0.0,
) -> Floats:
    """PROMETHEE II net flows: how much each alternative is preferred to the others, less the reverse.

    phi(a) = sum_j w_j sum_b [P_j(a, b) - P_j(b, a)] / (n - 1). With d = x_a - x_b (turned where less is
    better), P is 0 for d <= 0 and else

    - usual: 1
    - u_shape: 1 if d > q
    - v_shape: min(d / p, 1)
    - level: 0 if d <= q, 1/2 if d <= p, 1 beyond
    - linear: 0 if d <= q, (d - q) / (p - q) up to 1
    - gaussian: 1 - exp(-d^2 / (2 s^2))

    Net flows depend on the set compared: an order, never a value to add up.

    Parameters
    ----------
    matrix : array, shape (alternatives, criteria)
        At least two alternatives.
    weights, maximize : array, shape (criteria,)
    preference : str or list of str
        One for all criteria or one each.
    q, p, s : float or array, shape (criteria,)
        Indifference threshold, preference threshold, spread; in the units of the criterion.

    Returns
    -------
    ndarray, shape (alternatives,)
        -1 to 1; they sum to 0.

    Notes
    -----
    Source: Brans and Vincke (1985), Management Science 31(6).

    Examples
    --------
    >>> promethee([[10, 5], [8, 9], [1, 1]], [0.6, 0.4], [True, True]).round(3).tolist()
    [0.6, 0.4, -1.0]
    """
    cells, share, up = _problem(matrix, weights, maximize)
    n, k = cells.shape
    if n < 2:
        raise InputError("net flows need at least two alternatives")
    kinds = [preference] * k if isinstance(preference, str) else list(names(preference, "preference"))
    if len(kinds) != k:
        raise InputError(f"{k} criteria and {len(kinds)} preference functions do not match")
    limits = [np.asarray(limit, dtype=float) for limit in (q, p, s)]
    if any(limit.shape not in ((), (k,)) for limit in limits):
        raise InputError(f"q, p and s are one number, or one for each of the {k} criteria")
    limits = [np.broadcast_to(limit, (k,)) for limit in limits]
    flows = np.zeros(n)
    for j, kind in enumerate(kinds):
        column = cells[:, j] if up[j] else -cells[:, j]
        degree = _preference(column[:, None] - column[None, :], kind, *(float(limit[j]) for limit in limits))
        flows += share[j] * (degree.sum(axis=1) - degree.sum(axis=0)) / (n - 1)
    return flows


def _problem(matrix: ArrayLike, weights: ArrayLike, maximize: ArrayLike) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Checked matrix, normalized weights and senses."""
    cells, share = checked_matrix(matrix), normalized(weights)
    up = np.asarray(maximize)
    if share.shape != cells.shape[1:]:
        raise InputError(f"{cells.shape[1]} criteria and {share.shape[-1]} weights do not match")
    if up.shape not in ((), cells.shape[1:]) or not np.isin(up, (False, True)).all():
        raise InputError(f"maximize says True or False of each of the {cells.shape[1]} criteria")
    return cells, share, np.broadcast_to(up.astype(bool), cells.shape[1:])


def _scaled(cells: Floats, normalization: str) -> Floats:
    """Columns on a common scale; a column without spread (or of zeros) becomes zero."""
    if normalization not in _SIZES:
        raise InputError(f"normalization is vector, minmax, sum, max or none, not {normalization!r}")
    size = _SIZES[normalization](cells)
    base = cells.min(axis=0) if normalization == "minmax" else 0.0
    if (size < 0).any():
        raise InputError(f"normalization {normalization} needs columns whose size is above zero")
    return np.divide(cells - base, size, out=np.zeros_like(cells), where=size > 0)


def _preference(d: Floats, kind: str, q: float, p: float, s: float) -> Floats:
    """Degree of preference for differences d, zero where d is not above zero."""
    if any(threshold < 0 for threshold in (q, p, s)):
        raise InputError("thresholds q, p and s are not below zero")
    known([kind], _DEGREES, "preference function")
    needed, holds, degree = _DEGREES[kind]
    if not holds(q, p, s):
        raise InputError(f"{kind} needs {needed}")
    return np.where(d > 0, degree(d, q, p, s), 0.0)
