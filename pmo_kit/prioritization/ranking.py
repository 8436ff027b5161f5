"""From a register to a ranking with its reasons, and what of it an arbitration may add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.doors import door, numbers
from pmo_kit.errors import InputError, PmoError
from pmo_kit.facts import as_given, keeping, listed, number
from pmo_kit.prioritization.values import Scorecard, read_scorecard
from pmo_kit.prioritization.weights import Floats, normalized, seal_weights

if TYPE_CHECKING:
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
    _contributions: pd.DataFrame = field(repr=False)
    weights: pd.Series
    summary: str
    inputs: Mapping[str, str]
    register: Register = field(repr=False)
    card: Scorecard = field(repr=False)

    @property
    def unit(self) -> str:
        """What a value is counted in."""
        return UNIT

    @property
    def contributions(self) -> pd.DataFrame:
        """Projects x criteria, in the order of `table`; each row sums to the value."""
        return self._contributions.copy(deep=False)

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
            f"a register is ranked by method 'value', not {method!r}; topsis and promethee take bare arrays: "
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
    gaps = pd.Series(card.missing[at].sum(axis=1), index=parts.index)
    table = _ordered(register, rows, parts, low, high, gaps, excluded)
    inputs = MappingProxyType(
        {"register": register.fingerprint, "weights_seal": seal_weights(share.to_dict())}
    )
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
        given = _of_stakeholders(register, criteria, weights)
    elif isinstance(weights, Mapping | pd.Series):
        points = dict(weights)
        given = pd.Series(numbers([*points.values()], "weights"), [*points])
        odd = [str(name) for name in given.index.symmetric_difference(criteria)]
        if odd:
            raise InputError(f"weights and criteria do not match: {', '.join(odd)}")
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
    table = register.need("stakeholder_weights").pivot(
        index="stakeholder", columns="criterion", values="weight"
    )
    table = table.reindex(columns=criteria).fillna(0.0)
    return pd.DataFrame(normalized(table.to_numpy(float)), index=table.index, columns=criteria)


def _of_stakeholders(register: Register, criteria: pd.Index, who: str) -> pd.Series:
    """Weights of one stakeholder, or the mean of all."""
    table = stakeholder_weights(register, criteria)
    if who == "stakeholders":
        return table.mean()
    if who not in table.index:
        raise InputError(
            f"no stakeholder {who!r}; known: {', '.join(table.index)}, or stakeholders for the mean"
        )
    return pd.Series(table.loc[who])


def _ordered(
    register: Register,
    rows: pd.MultiIndex,
    parts: pd.DataFrame,
    low: Floats,
    high: Floats,
    gaps: pd.Series,
    excluded: list[str],
) -> pd.DataFrame:
    """The table of a ranking, best first."""
    projects = register.projects
    value = parts.sum(axis=1, skipna=False)
    table = pd.DataFrame(
        {
            "name": projects["name"],
            "area": projects["area"],
            "commitment": projects["commitment"],
            "level": rows.get_level_values(1),
            "value": value,
            "value_low": low,
            "value_high": high,
            "missing": gaps,
            "excluded": excluded,
        },
        index=projects.index,
    ).sort_values("value", ascending=False, kind="stable", na_position="last")
    worth = table["value"].to_numpy(float)
    near = _TIE * max(1.0, float(np.nanmax(np.abs(worth), initial=0.0)))
    ranked = np.isfinite(worth)
    rank = [1 + int((worth[ranked] > x + near).sum()) for x in worth]
    equal = [int((np.abs(worth[ranked] - x) <= near).sum()) > 1 for x in worth]
    lows, highs = (
        np.sort(table["value_low"].to_numpy(float)[ranked]),
        np.sort(table["value_high"].to_numpy(float)[ranked]),
    )
    best = 1 + len(lows) - np.searchsorted(lows, table["value_high"].to_numpy(float) + near, side="right")
    worst = len(highs) - np.searchsorted(highs, table["value_low"].to_numpy(float) + near, side="right")
    own = table["value_high"].to_numpy(float) > table["value_low"].to_numpy(float) + near
    frame = table.assign(rank_low=best, rank_high=np.maximum(worst - own + 1, best))
    frame.insert(5, "rank", pd.Series(rank, index=frame.index))
    frame.insert(6, "tie", pd.Series(equal, index=frame.index))
    for column in ("rank", "tie", "rank_low", "rank_high"):
        frame[column] = frame[column].astype("boolean" if column == "tie" else "Int64").where(ranked)
    last = ["value_low", "value_high", "rank_low", "rank_high", "missing", "excluded"]
    return frame[[*(c for c in frame.columns if c not in last), *last]]


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
    text += f"; {number(len(ranked), 0)} projects ranked"
    gaps = int((ranked["missing"] > 0).sum())
    ties = int(ranked["tie"].sum())
    out = len(table) - len(ranked)
    notes = [f"{number(ties, 0)} tied"] * (ties > 0) + [f"{number(gaps, 0)} with missing scores"] * (gaps > 0)
    notes += [f"{number(out, 0)} not ranked"] * (out > 0)
    return text + (", " + ", ".join(notes) if notes else "") + "."
