"""Value functions: from a score on a declared, anchored scale to 0..100.

The scale is declared before scoring, so that withdrawing or adding a project changes no other value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pmo_kit.doors import door
from pmo_kit.errors import DataError, InputError
from pmo_kit.facts import as_given
from pmo_kit.prioritization.weights import Floats
from pmo_kit.register import Register

Shape = Literal["linear", "piecewise", "discrete", "target"]


@door
def piecewise_value(x: ArrayLike, points: ArrayLike, values: ArrayLike) -> Floats:
    """Value by straight lines between given points, clipped at the ends. A missing x stays missing.

    Parameters
    ----------
    x : array
        Scores.
    points, values : array, shape (n,)
        At least two points, all different, in ascending or descending order, and the value of each.

    Returns
    -------
    ndarray or scalar, the shape of x

    Raises
    ------
    InputError
        Points that repeat, are unordered or missing, or a number of values that differs.

    Notes
    -----
    Source: Belton and Stewart (2002), Multiple Criteria Decision Analysis, chapter 5.

    Examples
    --------
    >>> piecewise_value([5, 10, 30], [0, 10, 25], [0, 40, 100]).tolist()
    [20.0, 40.0, 100.0]
    """
    at, worth = np.asarray(points, dtype=float), np.asarray(values, dtype=float)
    if at.ndim != 1 or at.shape != worth.shape or len(at) < 2:
        raise InputError("a value function needs at least two points and one value for each")
    if not (np.isfinite(at).all() and np.isfinite(worth).all()):
        raise InputError("a point or a value of the value function is missing")
    step = np.diff(at)
    if (step < 0).all():
        at, worth = at[::-1], worth[::-1]
    elif not (step > 0).all():
        raise InputError(f"points of a value function are all different and in order, not {at.tolist()}")
    return np.asarray(np.interp(np.asarray(x, dtype=float), at, worth))[()]


@dataclass(frozen=True)
class ValueFunction:
    """How the scores of one criterion become values from 0 to 100.

    Parameters
    ----------
    shape : {"linear", "piecewise", "discrete", "target"}
        discrete: only the given points are scores. target: 100 at the target, falling to both ends.
    points, values : tuple of float
        Straight lines run between them.
    """

    shape: Shape
    points: tuple[float, ...]
    values: tuple[float, ...]

    def __call__(self, scores: ArrayLike) -> Floats:
        """Values of scores; missing scores stay missing, other scores than the discrete ones are refused."""
        given = np.asarray(scores, dtype=float)
        if self.shape == "discrete":
            odd = np.isfinite(given) & ~np.isin(given, self.points)
            if odd.any():
                raise InputError(
                    f"score {as_given(given[odd][0])} is none of {', '.join(as_given(p) for p in self.points)}"
                )
        return self.between(given)

    def span(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Least and greatest value when the score is anywhere from low to high."""
        ends = np.stack([self.between(low), self.between(high)])
        least, most = ends.min(axis=0), ends.max(axis=0)
        for point, value in zip(self.points, self.values, strict=True):
            inside = (low < point) & (point < high)
            least = np.where(inside, np.minimum(least, value), least)
            most = np.where(inside, np.maximum(most, value), most)
        return least, most

    def between(self, scores: ArrayLike) -> Floats:
        """Values of scores or of means of scores: on the straight lines, discrete points or not."""
        return np.asarray(piecewise_value(scores, self.points, self.values))


def read_value_function(text: str, low: float, high: float, sense: str = "max") -> ValueFunction:
    """The value function that a cell of the criteria table describes.

    - `linear`: 0 at the worse end of the declared scale, 100 at the better end
    - `0:0; 10:40; 25:100`: score:value pairs, straight lines between them
    - `steps 0:0; 2:50; 4:100`: score:value pairs, no other score is allowed
    - `target 7` or `target 6 8`: 100 at the target (or between the two), 0 at the farther end, linear between

    Parameters
    ----------
    text : str
    low, high : float
        The declared scale.
    sense : {"max", "min"}
        Whether more is better. A target has no sense.

    Raises
    ------
    InputError
        The text cannot be read; the pairs do not cover the scale, leave 0..100 or run against the sense.

    Examples
    --------
    >>> read_value_function("linear", 0, 60, "min")([0, 15, 60]).tolist()
    [100.0, 75.0, 0.0]
    >>> read_value_function("target 6 8", 0, 10)([3, 7, 10]).tolist()
    [50.0, 100.0, 66.66666666666667]
    """
    if not low < high:
        raise InputError(f"the declared scale runs from {as_given(low)} to {as_given(high)}: low must be below high")
    if sense not in ("max", "min"):
        raise InputError(f"sense is max or min, not {sense!r}")
    words = text.strip().lower()
    if words in ("", "linear"):
        return ValueFunction("linear", (low, high), (0.0, 100.0) if sense == "max" else (100.0, 0.0))
    if words.startswith("target"):
        return _target(words, low, high)
    discrete = words.startswith("steps")
    points, values = _pairs(words.removeprefix("steps"), text)
    if list(points) != sorted(set(points)) or len(points) < 2:
        raise InputError(f"{text!r}: scores are all different and ascending")
    if points[0] < low or points[-1] > high or (not discrete and (points[0] > low or points[-1] < high)):
        raise InputError(f"{text!r} does not cover the declared scale {as_given(low)} to {as_given(high)}")
    if min(values) < 0 or max(values) > 100:
        raise InputError(f"{text!r}: values run from 0 to 100")
    ordered = values if sense == "max" else values[::-1]
    if list(ordered) != sorted(ordered):
        raise InputError(f"{text!r} runs against the sense {sense}; use a target where the middle is best")
    return ValueFunction("discrete" if discrete else "piecewise", points, values)


def _pairs(words: str, text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores and values of `0:0; 10:40`."""
    try:
        cells = [pair.split(":") for pair in words.split(";") if pair.strip()]
        return tuple(float(score) for score, _ in cells), tuple(float(value) for _, value in cells)
    except ValueError:
        raise InputError(
            f"{text!r} is no value function: write linear, 0:0; 10:40; 25:100, steps 0:0; 4:100 or target 7"
        ) from None


def _target(words: str, low: float, high: float) -> ValueFunction:
    """A function that is 100 at a target and 0 at the end of the scale that is farther from it."""
    try:
        numbers = [float(word) for word in words.split()[1:]]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not low <= numbers[0] <= numbers[-1] <= high:
        raise InputError(
            f"{words!r}: write target 7 or target 6 8, inside the scale {as_given(low)} to {as_given(high)}"
        )
    first, last = numbers[0], numbers[-1]
    reach = max(first - low, high - last)
    if reach <= 0:
        raise InputError(f"{words!r}: the target is the whole scale")
    at = sorted({low, first, last, high})
    worth = [100 * (1 - max(first - x, x - last, 0.0) / reach) for x in at]
    return ValueFunction("target", tuple(at), tuple(worth))


FAR_OFF = 40.0  # points of 100 from the other assessors' median: not used to estimate leniency


@dataclass(frozen=True, eq=False)
class Scorecard:
    """Scores and values of every option (project and level) on every criterion.

    Arrays are options x criteria. A missing score is NaN in `scores`; `low` and `high` then span the declared
    scale, so that its value is an interval.

    Parameters
    ----------
    criteria : DataFrame
        Index criterion: label, group, sense, low, high, unit, do_nothing, gate, weight.
    functions : tuple of ValueFunction
    options : MultiIndex
        (project_id, level). The level stop has the scores of doing nothing unless it was scored itself.
    scores, low, high : ndarray
        Mean score of the assessors, and between what it may lie (as declared; the whole scale where missing).
    ratings : DataFrame
        One row per option, criterion and assessor: score, points (0..100, more is better), date, row.
    leniency : Series
        Assessor -> points above the others.
    """

    criteria: pd.DataFrame
    functions: tuple[ValueFunction, ...]
    options: pd.MultiIndex
    scores: Floats = field(repr=False)
    low: Floats = field(repr=False)
    high: Floats = field(repr=False)
    ratings: pd.DataFrame = field(repr=False)
    leniency: pd.Series = field(repr=False)

    @property
    def missing(self) -> NDArray[np.bool_]:
        """Cells without any score."""
        return np.isnan(self.scores)

    def bounds(self) -> tuple[Floats, Floats]:
        """Least and greatest value of every cell, 0..100, over what the score may be."""
        pairs = [f.span(self.low[:, j], self.high[:, j]) for j, f in enumerate(self.functions)]
        return np.column_stack([a for a, _ in pairs]), np.column_stack([b for _, b in pairs])

    @property
    def values(self) -> Floats:
        """Value of every cell, 0..100; a missing score counts as the middle of its interval of values."""
        low, high = self.bounds()
        exact = np.column_stack([f.between(self.scores[:, j]) for j, f in enumerate(self.functions)])
        return np.where(self.missing, (low + high) / 2, exact)

    @property
    def baseline(self) -> Floats:
        """Value of doing nothing on every criterion."""
        nothing = self.criteria["do_nothing"].to_numpy(float)
        return np.array([float(f.between(nothing[j])) for j, f in enumerate(self.functions)])

    def gate_reasons(self) -> list[str]:
        """Per option: which must-pass gates it fails, in words; empty where it passes all."""
        reasons = [""] * len(self.options)
        stops = self.options.get_level_values(1) == "stop"
        for j, (criterion, row) in enumerate(self.criteria.iterrows()):
            if pd.isna(row["gate"]):
                continue
            below = self.scores[:, j] < row["gate"] if row["sense"] == "max" else self.scores[:, j] > row["gate"]
            for i in np.flatnonzero((below | self.missing[:, j]) & ~stops):
                word = "no score" if self.missing[i, j] else as_given(self.scores[i, j])
                limit = "at least" if row["sense"] == "max" else "at most"
                text = f"gate {criterion}: {word}, needs {limit} {as_given(row['gate'])}"
                reasons[i] = f"{reasons[i]}; {text}" if reasons[i] else text
        return reasons


def read_scorecard(register: Register) -> Scorecard:
    """Bring the criteria and scores of a register together.

    Scores of several assessors are averaged. A score without a level holds for every level but stop that has
    none of its own. Each assessor's leniency is estimated by least squares on points of the scale (score = option and
    criterion + assessor), ratings more than 40 points from the other assessors' median left out; it is not taken off.

    Parameters
    ----------
    register : Register

    Raises
    ------
    DataError
        With every cell that cannot be used: off the declared scale, or an unreadable value function.
    """
    criteria, functions = _criteria(register)
    options = pd.MultiIndex.from_frame(register.table("levels")[["project_id", "level"]].astype("str"))
    ratings = _ratings(register, criteria, functions, options)
    shape = (len(options), len(criteria))
    cell = (ratings["option"] * shape[1] + ratings["column"]).to_numpy(int)
    score = ratings["score"].to_numpy(float)
    bias = _leniency(ratings.assign(cell=cell))
    low = np.where(ratings["low"].isna(), score, ratings["low"].to_numpy(float))
    high = np.where(ratings["high"].isna(), score, ratings["high"].to_numpy(float))
    score = np.where(np.isnan(score), (low + high) / 2, score)
    mean, lows, highs = (_means(cells, cell, shape) for cells in (score, low, high))
    unscored = (options.get_level_values(1) == "stop") & np.isnan(mean).all(axis=1)
    nothing = np.broadcast_to(criteria["do_nothing"].to_numpy(float), shape)
    mean, lows, highs = (np.where(unscored[:, None], nothing, cells) for cells in (mean, lows, highs))
    gap = np.isnan(mean)
    lows = np.where(gap, criteria["low"].to_numpy(float), lows)
    highs = np.where(gap, criteria["high"].to_numpy(float), highs)
    return Scorecard(criteria, functions, options, mean, lows, highs, ratings, bias)


def _criteria(register: Register) -> tuple[pd.DataFrame, tuple[ValueFunction, ...]]:
    """Criteria with the do-nothing score filled in, and their value functions."""
    table = register.need("criteria").set_index("criterion")
    functions, nothing, problems = [], [], []
    for criterion, row in table.iterrows():
        text = "" if pd.isna(row["value_function"]) else str(row["value_function"])
        try:
            function = read_value_function(text, row["low"], row["high"], row["sense"])
        except ValueError as error:
            problems.append(_finding("value_function", text, f"{criterion}: {error}", "see the data dictionary"))
            function = ValueFunction("linear", (0.0, 1.0), (0.0, 100.0))
        functions.append(function)
        worst = function.points[int(np.argmin(function.values))]
        nothing.append(worst if pd.isna(row["do_nothing"]) else row["do_nothing"])
        if not row["low"] <= nothing[-1] <= row["high"]:
            problems.append(_finding("do_nothing", nothing[-1], f"{criterion}: off the declared scale", "correct it"))
    if problems:
        _refuse(problems, "criteria")
    return table.assign(do_nothing=np.array(nothing, dtype=float)), tuple(functions)


def _ratings(
    register: Register, criteria: pd.DataFrame, functions: tuple[ValueFunction, ...], options: pd.MultiIndex
) -> pd.DataFrame:
    """Checked scores, one row per option, criterion and assessor."""
    rows = register.need("scores").reset_index(drop=True)
    rows = rows.assign(row=rows.index + 2, assessor=rows["assessor"].astype("object").fillna(""))
    every = rows["level"].isna()
    levels = options.to_frame(index=False)
    spread = rows[every].drop(columns="level").merge(levels[levels["level"] != "stop"], on="project_id")
    both = pd.concat([rows[~every], spread], ignore_index=True)
    both = both.drop_duplicates(["project_id", "level", "criterion", "assessor"], ignore_index=True)
    option = options.get_indexer(pd.MultiIndex.from_frame(both[["project_id", "level"]].astype("str")))
    column = criteria.index.get_indexer(pd.Index(both["criterion"]))
    low, high = (criteria[end].to_numpy(float)[column] for end in ("low", "high"))
    problems = []
    for name in ("score", "low", "high"):
        cells = both[name].to_numpy(float)
        for i in np.flatnonzero((cells < low) | (cells > high)):
            place = f"{both['project_id'][i]}, {both['criterion'][i]}, {both['assessor'][i] or 'no assessor'}"
            found, least, most = map(as_given, (cells[i], low[i], high[i]))
            text = f"{place}: {name} {found} is off the declared scale {least} to {most}"
            problems.append(_finding(name, cells[i], text, "correct the score or the scale", int(both["row"][i])))
    for j, function in enumerate(functions):
        for i in np.flatnonzero(column == j) if function.shape == "discrete" else ():
            try:
                function(both["score"][i])
            except ValueError as error:
                text = f"{both['project_id'][i]}, {both['criterion'][i]}: {error}"
                problems.append(_finding("score", both["score"][i], text, "use a listed score", int(both["row"][i])))
    if problems:
        _refuse(problems)
    share = 100 * (both["score"].to_numpy(float) - low) / (high - low)
    points = np.where(criteria["sense"].to_numpy()[column] == "min", 100 - share, share)
    both = both.assign(option=option, column=column, points=points)
    stated = both[["score", "low", "high"]].notna().any(axis=1) & (option >= 0)
    return both[stated].reset_index(drop=True)


def _means(x: Floats, cell: NDArray[np.int_], shape: tuple[int, int]) -> Floats:
    """Mean of the ratings of each cell."""
    size = shape[0] * shape[1]
    count = np.bincount(cell, minlength=size).astype(float)
    return np.divide(np.bincount(cell, x, size), count, out=np.full(size, np.nan), where=count > 0).reshape(shape)


def adjust_leniency(scores: ArrayLike) -> tuple[Floats, Floats]:
    """Return consensus scores free of evaluators' leniency, and each evaluator's leniency.

    Least squares of the additive model score = item + leniency + error, leniencies summing to zero; where every
    evaluator scored every item the consensus is the plain mean.

    Parameters
    ----------
    scores : array_like, shape (items, evaluators)
        NaN where an evaluator did not score an item.

    Returns
    -------
    consensus : ndarray, shape (items)
        NaN where nobody scored.
    leniency : ndarray, shape (evaluators)
        Above 0: kinder than the others, in the unit of the scores.

    Notes
    -----
    Two-way additive model without interaction: Scheffe, *The Analysis of Variance* (1959), chapter 4; in peer
    review: Braun, "Understanding scoring reliability", *Journal of Educational Statistics* (1988).

    Examples
    --------
    The second evaluator is one point kinder and did not see the first item:

    >>> consensus, leniency = adjust_leniency([[3, np.nan], [2, 3], [4, 5]])
    >>> consensus.round(2).tolist(), leniency.round(2).tolist()
    ([3.5, 2.5, 4.5], [-0.5, 0.5])
    """
    table = np.asarray(scores, dtype=np.float64)
    seen = ~np.isnan(table)
    filled = np.where(seen, table, 0.0)
    per_item = seen.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        item_mean = np.where(per_item > 0, filled.sum(axis=1) / per_item, np.nan)
        share = np.where(per_item[:, np.newaxis] > 0, seen / per_item[:, np.newaxis], 0.0)
    counts = seen.astype(float)
    normal = np.diag(counts.sum(axis=0)) - counts.T @ share
    right = np.where(seen, table - np.nan_to_num(item_mean)[:, np.newaxis], 0.0).sum(axis=0)
    leniency = np.linalg.pinv(normal, rcond=1e-10) @ right
    leniency[np.abs(leniency) < 1e-9] = 0.0
    leniency = leniency - leniency.mean()
    return item_mean - share @ leniency, leniency


def _leniency(ratings: pd.DataFrame) -> pd.Series:
    """Points by which each assessor scores above the others on the same cells; they sum to zero."""
    bias = pd.Series(0.0, index=pd.Index(ratings["assessor"].unique(), name="assessor").sort_values())
    frame = ratings[["cell", "assessor", "points"]].dropna()
    middle = frame.groupby("cell")["points"].transform("median")
    frame = frame[(frame["points"] - middle).abs() <= FAR_OFF]
    frame = frame[frame.groupby("cell")["assessor"].transform("size") > 1]
    if len(frame):
        wide = frame.pivot_table(index="cell", columns="assessor", values="points")
        bias[wide.columns] = adjust_leniency(wide)[1]
    return bias


def _finding(column: str, value: object, message: str, fix: str, row: int | None = None) -> dict[str, object]:
    """One problem, in the columns that a DataError carries."""
    return {"column": column, "value": str(value), "message": message, "fix": fix, "row": row}


def _refuse(problems: list[dict[str, object]], table: str = "scores") -> None:
    """Raise one DataError with every problem."""
    shown = "\n".join(f"  - {problem['message']}" for problem in problems[:20])
    more = f"\n  and {len(problems) - 20} more" if len(problems) > 20 else ""
    message = f"{len(problems)} problems in {table}:\n{shown}{more}"
    raise DataError.of(problems, message, sheet=table, rule="declared scales")
