"""From a register to a ranking with its reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from pmo_kit.answers import Answer
from pmo_kit.errors import PmoError
from pmo_kit.prioritization.contributions import contributions_of, ranked_levels
from pmo_kit.prioritization.scorecard import Scorecard, read_scorecard
from pmo_kit.prioritization.weights import Floats, combined_weights, normalized, seal_weights

if TYPE_CHECKING:
    from pmo_kit.register import Register

Method = Literal["value", "topsis", "promethee", "bcr", "profitability", "wsjf"]
METHODS: dict[str, str] = {
    "value": "points of 100",
    "topsis": "closeness, percent",
    "promethee": "net flow, percent",
    "bcr": "PV of benefits per PV of cost",
    "profitability": "1 + NPV per PV of capex",
    "wsjf": "points per year of duration",
}
_OPTIONS = {"topsis": {"normalization"}, "promethee": {"preference", "q", "p", "s"}, "wsjf": {"size"}}
_RATIO_WARNING = (
    "A ratio ignores the size of a project and everything that has no price: unlike projects are not ranked "
    "by it alone (UK Green Book 2026)."
)
_SET_WARNING = (
    "The figures depend on which projects are compared: withdrawing one may change the order of the others, "
    "and they cannot be added up in a budget."
)
_TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Ranking(Answer):
    """Projects in order, with what each criterion contributes and how far missing scores could move them.

    `table` is indexed by project_id, best first:

    - name, area, commitment, level: the level that is ranked (full, or the first that is not stop)
    - value: in `unit`; for the method value 0 to 100
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
        Normalized weight of each criterion (empty for ratios).
    method, unit, summary : str
    warnings : tuple of str
        What the committee should know about the method.
    inputs : mapping of str to str
        Register fingerprint, method, seal of the weights, treatment of missing scores.
    """

    _table: pd.DataFrame = field(repr=False)
    _contributions: pd.DataFrame = field(repr=False)
    weights: pd.Series
    method: str
    unit: str
    summary: str
    warnings: tuple[str, ...]
    inputs: Mapping[str, str]
    register: Register = field(repr=False)
    card: Scorecard | None = field(repr=False)
    settings: Mapping[str, Any] = field(repr=False)

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

    def cells(self, projects: Sequence[str] | pd.Index | None = None) -> tuple[Floats, Floats, Floats]:
        """Values of the ranked level (0..100), and their least and greatest: projects x criteria.

        Raises
        ------
        PmoError
            The method uses no scores.
        """
        if self.card is None:
            raise PmoError(f"The method {self.method} uses no scores: rank by method='value' first.")
        chosen = self._table.loc[self.ranked if projects is None else list(projects), "level"]
        rows = self.card.options.get_indexer(pd.MultiIndex.from_arrays([chosen.index, chosen]))
        low, high = self.card.bounds()
        return self.card.values[rows], low[rows], high[rows]

    @property
    def _notes(self) -> tuple[str, ...]:
        return (self.summary, *self.warnings)


def prioritize(
    register: Register,
    weights: Mapping[str, float] | pd.Series | Sequence[float] | str | None = None,
    method: str = "value",
    *,
    leniency: bool = False,
    missing: str = "middle",
    seal: str | None = None,
    **options: Any,
) -> Ranking:
    """Rank the projects of a register.

    - value (default): sum of weight x value on declared scales; the only one that may be added up
    - topsis: closeness to the best point, on the scores (`normalization`, vector unless given)
    - promethee: net flow, on the scores (`preference`, `q`, `p`, `s`)
    - bcr, profitability: PV of benefits / PV of cost; 1 + NPV / PV of capex; both with a warning
    - wsjf: value per year of duration, or per unit of cost with size="cost": cost of delay over job size

    Parameters
    ----------
    register : Register
        Needs the tables criteria and scores (bcr and profitability: benefits).
    weights : mapping, Series, sequence or str, optional
        Weight by criterion; a sequence in the order of the criteria; the name of a stakeholder, or
        "stakeholders" for the mean of all. The weights of the criteria table when not given.
    method : {"value", "topsis", "promethee", "bcr", "profitability", "wsjf"}
    leniency : bool
        Take the leniency of each assessor off before averaging.
    missing : {"middle", "refuse"}
        A missing score counts as the middle of what is possible and is shown as an interval, or is refused.
    seal : str, optional
        What `seal_weights` gave before the scores were seen; other weights are refused.
    **options
        Of the method, as above.

    Returns
    -------
    Ranking

    Raises
    ------
    DataError
        A table is missing, or a score is off its declared scale.
    ValueError
        Weights that do not fit the criteria, an unknown method or option.
    PmoError
        The weights are not the sealed ones.

    Notes
    -----
    Sources: Keeney and Raiffa (1976); Hwang and Yoon (1981); Brans and Vincke (1985); UK Green Book (2026) on
    ratios; Reinertsen (2009), The Principles of Product Development Flow, for cost of delay over duration.

    Examples
    --------
    >>> from pmo_kit.register import load_register
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> prioritize(register).table["rank"].head(3).to_dict()
    {'P01': 1, 'P02': 2, 'P07': 3}
    """
    if method not in METHODS:
        raise ValueError(f"method is one of {', '.join(METHODS)}, not {method!r}")
    unknown = set(options) - _OPTIONS.get(method, set())
    if unknown:
        raise TypeError(f"method {method} has no option {', '.join(sorted(unknown))}")
    scored = method not in ("bcr", "profitability")
    card = read_scorecard(register, leniency, missing) if scored else None
    share = _weights(register, card, weights) if card is not None else pd.Series(dtype=float)
    if seal is not None and seal != seal_weights(_by_name(share)):
        raise PmoError("These weights are not the ones that were sealed before the scores were seen.")
    rows = ranked_levels(register)
    parts, low, high, excluded = contributions_of(register, card, share, method, rows, options)
    table = _ordered(register, rows, parts, low, high, excluded)
    gaps = card.missing[card.options.get_indexer(rows)].sum(axis=1) if card is not None else 0
    table.insert(
        len(table.columns) - 1, "missing", pd.Series(gaps, index=rows.get_level_values(0))[table.index]
    )
    warnings = {"bcr": _RATIO_WARNING, "profitability": _RATIO_WARNING}.get(method, "")
    warnings = warnings or (_SET_WARNING if method in ("topsis", "promethee") else "")
    inputs = {
        "register": register.fingerprint,
        "method": " ".join([method, *(f"{key}={value}" for key, value in sorted(options.items()))]),
        "weights_seal": seal_weights(_by_name(share)) if scored else "",
        "missing": missing if scored else "",
        "leniency": ("taken off" if leniency else "left in") if scored else "",
    }
    unit = "points per unit of cost" if options.get("size") == "cost" else METHODS[method]
    return Ranking(
        table,
        parts.loc[table.index],
        share,
        method,
        unit,
        _sentence(table, unit),
        (warnings,) if warnings else (),
        MappingProxyType(inputs),
        register,
        card,
        MappingProxyType({"leniency": leniency, "missing": missing, **options}),
    )


def _weights(register: Register, card: Scorecard, weights: Any) -> pd.Series:
    """Normalized weights in the order of the criteria."""
    criteria = card.criteria.index
    if weights is None:
        given = card.criteria["weight"]
    elif isinstance(weights, str):
        given = _of_stakeholders(register, criteria, weights)
    elif isinstance(weights, Mapping | pd.Series):
        given = pd.Series(weights, dtype=float)
        odd = [str(name) for name in given.index.symmetric_difference(criteria)]
        if odd:
            raise ValueError(f"weights and criteria do not match: {', '.join(odd)}")
        given = given.reindex(criteria)
    else:
        given = pd.Series(np.asarray(weights, dtype=float))
        if len(given) != len(criteria):
            raise ValueError(f"{len(criteria)} criteria and {len(given)} weights do not match")
    bad = ~np.isfinite(given.to_numpy(float)) | (given.to_numpy(float) < 0)
    if bad.any():
        place = int(np.flatnonzero(bad)[0])
        raise ValueError(f"the weight of {criteria[place]} is {given.iloc[place]}: it must be 0 or more")
    return pd.Series(normalized(given.to_numpy(float)), index=criteria, name="weight")


def _by_name(weights: pd.Series) -> dict[str, float]:
    """Weights as a mapping."""
    return {str(name): float(weight) for name, weight in weights.items()}


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
        return pd.Series(combined_weights(table.to_numpy(float)), index=criteria)
    if who not in table.index:
        raise ValueError(
            f"no stakeholder {who!r}; known: {', '.join(table.index)}, or stakeholders for the mean"
        )
    return pd.Series(table.loc[who])


def _ordered(
    register: Register,
    rows: pd.MultiIndex,
    parts: pd.DataFrame,
    low: Floats,
    high: Floats,
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
    last = ["value_low", "value_high", "rank_low", "rank_high", "excluded"]
    return frame[[*(c for c in frame.columns if c not in last), *last]]


def _label(project: object, name: object) -> str:
    """Id and name, once where they are the same."""
    return str(project) if project == name else f"{project} {name}"


def _sentence(table: pd.DataFrame, unit: str) -> str:
    """What a committee reads first."""
    ranked = table[table["rank"].notna()]
    if ranked.empty:
        return "No project can be ranked: " + "; ".join(sorted(set(table["excluded"]) - {""})) + "."
    first = ranked[ranked["rank"] == 1]
    names = " and ".join(_label(i, name) for i, name in first["name"].items())
    verb = "leads" if len(first) == 1 else "lead together"
    text = f"{names} {verb} with {first['value'].iloc[0]:.1f} ({unit})"
    following = ranked.loc[ranked["rank"] > 1, "name"].head(2)
    if len(following):
        text += f", then {' and '.join(_label(i, name) for i, name in following.items())}"
    text += f"; {len(ranked)} projects ranked"
    gaps = int((ranked["missing"] > 0).sum()) if "missing" in ranked else 0
    ties = int(ranked["tie"].sum())
    out = len(table) - len(ranked)
    notes = [f"{ties} tied"] * (ties > 0) + [f"{gaps} with missing scores"] * (gaps > 0)
    notes += [f"{out} not ranked"] * (out > 0)
    return text + (", " + ", ".join(notes) if notes else "") + "."
