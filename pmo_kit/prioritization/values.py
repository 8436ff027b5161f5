"""Value functions: from a score on a declared, anchored scale to 0..100.

The scale is declared before scoring, so that withdrawing or adding a project changes no other value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pmo_kit.prioritization.weights import Floats

Shape = Literal["linear", "piecewise", "discrete", "target"]


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
    ValueError
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
        raise ValueError("a value function needs at least two points and one value for each")
    if not (np.isfinite(at).all() and np.isfinite(worth).all()):
        raise ValueError("a point or a value of the value function is missing")
    step = np.diff(at)
    if (step < 0).all():
        at, worth = at[::-1], worth[::-1]
    elif not (step > 0).all():
        raise ValueError(f"points of a value function are all different and in order, not {at.tolist()}")
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
                raise ValueError(
                    f"score {given[odd][0]:g} is none of {', '.join(f'{p:g}' for p in self.points)}"
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
    ValueError
        The text cannot be read; the pairs do not cover the scale, leave 0..100 or run against the sense.

    Examples
    --------
    >>> read_value_function("linear", 0, 60, "min")([0, 15, 60]).tolist()
    [100.0, 75.0, 0.0]
    >>> read_value_function("target 6 8", 0, 10)([3, 7, 10]).tolist()
    [50.0, 100.0, 66.66666666666667]
    """
    if not low < high:
        raise ValueError(f"the declared scale runs from {low:g} to {high:g}: low must be below high")
    if sense not in ("max", "min"):
        raise ValueError(f"sense is max or min, not {sense!r}")
    words = text.strip().lower()
    if words in ("", "linear"):
        return ValueFunction("linear", (low, high), (0.0, 100.0) if sense == "max" else (100.0, 0.0))
    if words.startswith("target"):
        return _target(words, low, high)
    discrete = words.startswith("steps")
    points, values = _pairs(words.removeprefix("steps"), text)
    if list(points) != sorted(set(points)) or len(points) < 2:
        raise ValueError(f"{text!r}: scores are all different and ascending")
    if points[0] < low or points[-1] > high or (not discrete and (points[0] > low or points[-1] < high)):
        raise ValueError(f"{text!r} does not cover the declared scale {low:g} to {high:g}")
    if min(values) < 0 or max(values) > 100:
        raise ValueError(f"{text!r}: values run from 0 to 100")
    ordered = values if sense == "max" else values[::-1]
    if list(ordered) != sorted(ordered):
        raise ValueError(f"{text!r} runs against the sense {sense}; use a target where the middle is best")
    return ValueFunction("discrete" if discrete else "piecewise", points, values)


def _pairs(words: str, text: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Scores and values of `0:0; 10:40`."""
    try:
        cells = [pair.split(":") for pair in words.split(";") if pair.strip()]
        return tuple(float(score) for score, _ in cells), tuple(float(value) for _, value in cells)
    except ValueError:
        raise ValueError(
            f"{text!r} is no value function: write linear, 0:0; 10:40; 25:100, steps 0:0; 4:100 or target 7"
        ) from None


def _target(words: str, low: float, high: float) -> ValueFunction:
    """A function that is 100 at a target and 0 at the end of the scale that is farther from it."""
    try:
        numbers = [float(word) for word in words.split()[1:]]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, 2) or not low <= numbers[0] <= numbers[-1] <= high:
        raise ValueError(f"{words!r}: write target 7 or target 6 8, inside the scale {low:g} to {high:g}")
    first, last = numbers[0], numbers[-1]
    reach = max(first - low, high - last)
    if reach <= 0:
        raise ValueError(f"{words!r}: the target is the whole scale")
    at = sorted({low, first, last, high})
    worth = [100 * (1 - max(first - x, x - last, 0.0) / reach) for x in at]
    return ValueFunction("target", tuple(at), tuple(worth))
