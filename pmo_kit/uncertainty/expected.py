"""Expected figures: a register whose rows stand at their means, so that all that follows from rows is expected too.

Means are exact where nothing can come late: the mean of an estimate is known, an event costs probability x mean.
Where lateness moves money over years, they are sums over the joint distribution of cost, overrun and events on a grid
of half months: those that `risk.simulate` draws from, so the value of a plan equals its simulated mean within the error
of the draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from pmo_kit.register import Register
from pmo_kit.uncertainty import stated
from pmo_kit.uncertainty.distributions import GRID, REACH, Floats

COST_DURATION = 0.3  # latent correlations of a Gaussian copula: of a project's cost and duration,
DRIVER = 0.5  # and of the risks of one driver
_MASS = np.exp(-(GRID**2) / 2) / np.exp(-(GRID**2) / 2).sum()
_COARSE = np.linspace(-REACH, REACH, 33)
_WEIGHT = np.exp(-(_COARSE**2) / 2) / np.exp(-(_COARSE**2) / 2).sum()
# Where a table of the cost is read for each normal of the duration: as np.interp does, with places found once.
_LATENT = np.clip(COST_DURATION * GRID[:, None] + (1 - COST_DURATION**2) ** 0.5 * _COARSE, -REACH, REACH)
_NODE = np.searchsorted(GRID, _LATENT, side="right") - 1
_PAST = _LATENT - GRID[_NODE]
NDInts = NDArray[np.int64]
Bools = NDArray[np.bool_]
_LEAST = 1e-9  # of a row; less is no flow of its year


def states_uncertainty(register: Register) -> bool:
    """Whether a register knows more than likely figures: it has estimates or risks."""
    return register.has("estimates") or register.has("risks")


@lru_cache(maxsize=16)
def expected(register: Register) -> Register:
    """The register with costs, benefits and people at their means, without the estimates and risks that are in them.

    Parameters
    ----------
    register : Register
        The same object gives the same object.

    Returns
    -------
    Register
        Rows of every option at the mean of its estimates, events and lateness (`risk.simulate`); what is spent
        already, what nothing is known about and the level that ends a running project stay as they are. An event's cost
        is of the kinds and funds of its project's costs.

    Raises
    ------
    DataError
        An estimate or a risk is not in order; every one is listed.

    Examples
    --------
    >>> from pmo_kit.register import Register
    >>> asked = Register(
    ...     projects=pd.DataFrame({"project_id": ["P1"], "name": ["Pipes"], "area": ["Networks"]}),
    ...     costs=pd.DataFrame({"project_id": ["P1"], "year": [2027], "amount": [10.0]}),
    ...     estimates=pd.DataFrame(
    ...         {"project_id": ["P1"], "quantity": ["cost"], "low": [0.9], "likely": [1.0], "high": [1.7]}
    ...     ),
    ... )
    >>> expected(asked).costs["amount"].round(6).tolist()
    [11.0]
    """
    if not states_uncertainty(register):
        return register
    t0 = stated.first_year(register)
    known = {p: u for p, u in stated.read_uncertainty(register).items() if u.states_anything}
    money = register.costs
    ahead = ~(money["state"].eq("actual").fillna(False) | money["year"].lt(t0).fillna(True)).to_numpy(bool)
    tables = {"costs": _costs(money, ahead, known, register, t0)}
    if register.has("benefits"):
        tables["benefits"] = _benefits(register, known, t0)
    if register.has("resources"):
        tables["resources"] = _people(register, known, t0)
    return register.replace(**tables, **{name: register.table(name).iloc[:0] for name in ("estimates", "risks")})


def _changes(rows: pd.DataFrame, known: Mapping[str, stated.Uncertainty], register: Register) -> Bools:
    """Which rows stand on estimates or events: not those of the level that ends a running project."""
    running = register.projects["commitment"].eq("committed")
    ends = rows["level"].eq("stop").fillna(False) & rows["project_id"].map(running).fillna(False)
    return (rows["project_id"].isin(known) & ~ends.astype(bool)).to_numpy(bool)


def _costs(
    rows: pd.DataFrame, ahead: Bools, known: Mapping[str, stated.Uncertainty], register: Register, t0: int
) -> pd.DataFrame:
    """Costs to come at their means: stretched, moved, and the events' in their years."""
    options = register.table("levels")[["project_id", "level"]]
    options = options[_changes(options, known, register)]
    silent = ~pd.MultiIndex.from_frame(options).isin(pd.MultiIndex.from_frame(rows.loc[ahead, ["project_id", "level"]]))
    nothing = options[silent].assign(year=t0, kind="capex", state="planned", amount=0.0)  # events cost all the same
    rows = pd.concat([rows, nothing.reindex(columns=rows.columns).astype(rows.dtypes)], ignore_index=True)
    moves = _changes(rows, known, register) & np.append(ahead, np.ones(len(nothing), bool))
    place = _place(rows, t0)
    many = 2 + max([int(place.max(initial=0)), *(e.year for u in known.values() for e in u.events if e.year)])
    of_option = rows["amount"].where(moves).groupby([rows["project_id"], rows["level"]])
    whole, several = of_option.transform("sum").to_numpy(float), of_option.transform("count").to_numpy(float)
    share = np.divide(rows["amount"].to_numpy(float), whole, out=1 / np.maximum(several, 1), where=whole > 0)
    unmoved, project_of = dict[str, Floats](), rows["project_id"].to_numpy(object)
    for project, risk in known.items():
        at = np.flatnonzero(moves & (project_of == project))
        unmoved[project] = np.zeros((many, len(at)))
        for event in risk.events:
            falls = place[at] if event.year is None else np.full(len(at), event.year)
            unmoved[project][falls, np.arange(len(at))] += event.expected_cost * share[at]
    return _at_means(rows, moves, ["project_id", "level", "kind", "fund", "state"], t0, known, "cost", unmoved)


def _benefits(register: Register, known: Mapping[str, stated.Uncertainty], t0: int) -> pd.DataFrame:
    """Benefits to come at their means; what comes after an end that is fixed is lost."""
    rows = register.table("benefits")
    moves = _changes(rows, known, register) & ~rows["year"].lt(t0).fillna(True).to_numpy(bool)
    last = rows.groupby(["project_id", "level"])["year"].transform("max")
    fixed = rows["project_id"].map(register.projects["benefit_end_fixed"]).fillna(False).astype(bool)
    ends = np.where(fixed, last.fillna(t0).to_numpy(int) - t0, np.iinfo(np.int64).max)
    return _at_means(rows, moves, ["project_id", "level", "benefit", "kind"], t0, known, "benefit", {}, ends)


def _people(register: Register, known: Mapping[str, stated.Uncertainty], t0: int) -> pd.DataFrame:
    """People at their means: they are needed as long as the work takes, and more of them where it costs more."""
    rows = register.table("resources")
    moves = _changes(rows, known, register) & (_place(rows, t0) >= 0)
    return _at_means(rows, moves, ["project_id", "level", "role"], t0, known, "cost", {})


def _place(rows: pd.DataFrame, t0: int) -> NDInts:
    """Year or period of rows, counted from t = 0."""
    if "period" in rows:
        return places_of(rows["period"], t0)
    return (rows["year"].fillna(t0).to_numpy(int) - t0).astype(np.int64)


def _at_means(
    rows: pd.DataFrame, moves: Bools, keys: list[str], t0: int, known: Mapping[str, stated.Uncertainty], what: str,
    unmoved: Mapping[str, Floats], ends: NDInts | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Rows with those that move at their means: one row for every group of keys and period in which something falls."""
    column, amount = ("period", "fte") if "period" in rows else ("year", "amount")
    unit, place = 4 if column == "period" and rows["period"].str.contains("Q").any() else 1, _place(rows, t0)
    count = 60 * unit + max([int(place.max(initial=0)), *map(len, unmoved.values())])
    group = np.full(len(rows), -1)
    group[moves] = rows[moves].groupby(keys, dropna=False, sort=False).ngroup().to_numpy(int)
    total = np.zeros((int(group.max(initial=-1)) + 1, count))
    project_of, values = rows["project_id"].to_numpy(object), rows[amount].to_numpy(float)
    for project, risk in known.items():
        at = np.flatnonzero(moves & (project_of == project))
        if not len(at):
            continue
        table = mean_spread(risk, what, place[at], float(unit))[:count] * values[at]
        if ends is not None:
            table = np.where(np.arange(len(table))[:, None] > ends[at], 0.0, table)
        np.add.at(total[:, : len(table)], group[at], table.T)
        if project in unmoved:
            np.add.at(total[:, : len(unmoved[project])], group[at], unmoved[project].T)
    size = np.abs(total).sum(axis=1, keepdims=True)
    kept = ~(np.abs(total) <= _LEAST * size)
    kept[:, 0] |= ~kept.any(axis=1)
    of, when = np.nonzero(kept)
    first = np.unique(group[moves], return_index=True)[1]
    made = rows[moves].iloc[first[of]].reset_index(drop=True)
    labels = [period_at(t0, int(k), unit) for k in when] if column == "period" else t0 + when
    made[column] = pd.array(labels, dtype=rows[column].dtype)
    made[amount] = total[of, when]
    return pd.concat([rows[~moves], made], ignore_index=True)


def places_of(periods: pd.Series, t0: int) -> NDInts:
    """Places of years ("2028") or quarters ("2028-Q2") counted from the start of t = 0.

    >>> places_of(pd.Series(["2028-Q2", "2027-Q1"]), 2027).tolist(), places_of(pd.Series(["2028"]), 2027).tolist()
    ([5, 0], [1])
    """
    year = periods.str[:4].astype(int).to_numpy(np.int64) - t0
    if not periods.str.contains("Q").any():
        return year
    return year * 4 + periods.str[-1:].astype(int).to_numpy(np.int64) - 1


def period_at(t0: int, place: int, unit: int) -> str:
    """The year or quarter that is so many periods after the start of t = 0.

    >>> period_at(2027, 5, 4), period_at(2027, 1, 1)
    ('2028-Q2', '2028')
    """
    return str(t0 + place) if unit == 1 else f"{t0 + place // 4}-Q{place % 4 + 1}"


def mean_spread(risk: stated.Uncertainty, what: str, places: NDInts, unit: float) -> Floats:
    """Mean of what falls in a period for 1 that was planned for another: periods x places.

    Parameters
    ----------
    what : {"cost", "benefit"}
        Costs and people stretch and grow; benefits come later, less what the events take.
    unit : float
        Periods a year.
    """
    overruns, chance, cost, delays, comes, kept = _distributions(risk)
    late = np.maximum(0, delays[:, None] + np.minimum(overruns, 0))
    longer = np.maximum(overruns, 0) + 0 * delays[:, None]
    stretch, scale = longer.max() + 1, unit / 12 / stated.STEPS
    if what == "cost":
        weights, code = np.outer(comes, cost), late * stretch + longer
    else:  # benefits only come later
        weights, code = np.outer(kept, chance) * risk.mean("benefit"), (late + longer) * stretch
    total = np.bincount(code.ravel(), weights.ravel())
    cases = np.flatnonzero(total > 1e-12 * total.sum())
    start, overrun = np.divmod(cases, stretch)
    periods = int(places.max(initial=0)) + 2 + int(np.ceil((start + overrun).max(initial=0) * scale))
    work = (risk.work[0] * unit, risk.work[1] * unit)
    table = stated.spread(places, periods, work, start * scale, overrun * scale, risk.time_share)
    return np.asarray(np.tensordot(total[cases], table, axes=1))


@lru_cache(maxsize=256)
def _distributions(risk: stated.Uncertainty) -> tuple[Any, ...]:
    """Overruns and delays of a project; asked for once for its costs, benefits and people."""
    return *_overruns(risk), *_delays(risk.events)


def _overruns(risk: stated.Uncertainty) -> tuple[NDInts, Floats, Floats]:
    """Steps by which the work takes longer (below zero: shorter), their chance, and chance x mean cost factor then."""
    mean = risk.mean("cost")
    cost_of, duration = risk.estimates.get("cost"), risk.estimates.get("duration")
    if duration is None:
        return np.zeros(1, int), np.ones(1), np.array([mean])
    steps = stated.steps_of(risk.overrun(duration.table()))
    cost = np.full(len(GRID), mean)
    if cost_of is not None:
        table = cost_of.table()
        slopes = np.append(np.diff(table) / np.diff(GRID), 0.0)
        cost = (slopes[_NODE] * _PAST + table[_NODE]) @ _WEIGHT
        cost *= mean / float(cost @ _MASS)
    found = np.unique(steps)
    place = np.searchsorted(found, steps)
    return found, np.bincount(place, _MASS).astype(float), np.bincount(place, _MASS * cost).astype(float)


def _delays(events: tuple[stated.Event, ...]) -> tuple[NDInts, Floats, Floats]:
    """Steps of delay by events, their chance, and chance x mean share of the benefits that is left then."""
    most = sum(event.steps for event in events) + 1
    comes, kept = np.eye(1, most)[0], np.eye(1, most)[0]
    for driver in dict.fromkeys(event.driver or event.risk for event in events):
        group = [event for event in events if (event.driver or event.risk) == driver]
        shared = len(group) > 1  # risks of one driver come together more often
        z = _COARSE if shared else np.zeros(1)
        weight = _WEIGHT if shared else np.ones(1)
        both = [np.tile(np.eye(1, most), (len(z), 1)) for _ in range(2)]
        for event in group:
            p = np.full(1, event.probability)
            if shared and 0 < event.probability < 1:
                p = special.ndtr((special.ndtri(event.probability) - DRIVER**0.5 * z) / (1 - DRIVER) ** 0.5)
            for k, left in enumerate((1.0, 1 - event.benefit_loss)):
                moved = np.roll(both[k], event.steps, axis=1)
                both[k] = (1 - p)[:, None] * both[k] + (p * left)[:, None] * moved
        comes = np.convolve(comes, weight @ both[0])[:most]
        kept = np.convolve(kept, weight @ both[1])[:most]
    return np.arange(most), comes, kept
