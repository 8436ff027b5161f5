"""Distributions of three-point estimates, their moments and quantiles, and the expected shortfall of a tail."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from pmo_kit.doors import door, known
from pmo_kit.errors import InputError
from pmo_kit.facts import as_given

Floats = NDArray[np.float64]
Kind = Literal["pert", "triangular", "lognormal"]
KINDS: tuple[Kind, ...] = ("pert", "triangular", "lognormal")
Z80 = 1.2815515655446004  # the standard normal quantile of 0.9
REACH = 4.5  # tables run over the standard normal from -REACH to REACH
NODES = 1025
GRID = np.linspace(-REACH, REACH, NODES)
_MODES = np.linspace(0.0, 1.0, 65)


@door
def pert(low: ArrayLike, likely: ArrayLike, high: ArrayLike, draws: int, rng: np.random.Generator | int) -> Floats:
    """Draw from a beta-PERT distribution.

    Mean (low + 4 likely + high) / 6 and variance (mean - low)(high - mean) / 7: the beta distribution with
    a = 1 + 4 (likely - low) / (high - low) and b = 6 - a. The classic ((high - low) / 6)^2 of the 1959 paper is an
    approximation of that variance and is not used.

    Parameters
    ----------
    low, likely, high : array_like
        low <= likely <= high; broadcast against one another.
    draws : int
        Length of the last axis.
    rng : Generator or int
        A generator, or a seed for one.

    Returns
    -------
    ndarray, shape (..., draws)

    Raises
    ------
    InputError
        The three points are not in order, or one is missing.

    Notes
    -----
    Sources: Malcolm et al. (1959), Application of a technique for research and development program evaluation, Oper.
    Res. 7; Vose (2008), Risk Analysis, 3rd ed., on the beta-PERT and its shape 4.

    Examples
    --------
    >>> x = pert(10, 20, 60, 100_000, rng=7)
    >>> bool(abs(x.mean() - 25) < 0.1), bool(abs(x.var() / (15 * 35 / 7) - 1) < 0.02)
    (True, True)
    """
    a, m, b = _ordered(low, likely, high)
    width = np.where(b > a, b - a, 1.0)
    shape = 1 + 4 * (m - a) / width
    generator = np.random.default_rng(rng)
    unit = generator.beta(shape[..., None], 6 - shape[..., None], (*a.shape, draws))
    return a[..., None] + (b - a)[..., None] * unit


@door
def cvar(x: ArrayLike, level: float, tail: Literal["upper", "lower"] = "upper") -> Floats:
    """Mean of a tail: the conditional value at risk, or expected shortfall.

    Parameters
    ----------
    x : array_like, shape (..., draws)
    level : float
        Confidence: 0.9 is the mean of the worst tenth, whichever tail is the bad one.
    tail : {"upper", "lower"}
        The bad side: `upper` for costs, `lower` for values.

    Returns
    -------
    ndarray or float
        Of the upper tail (1 / (1 - level)) times the integral of the quantiles from `level` to 1; a draw that the
        level cuts in two counts in part, so it is a coherent measure for any number of draws.

    Raises
    ------
    InputError
        The level is not in [0, 1), the tail is neither, or there is no outcome or an infinite one.

    Notes
    -----
    Source: Rockafellar and Uryasev (2002), Conditional value-at-risk for general loss distributions, J. Bank. Finance
    26; Acerbi and Tasche (2002).

    Examples
    --------
    >>> float(cvar([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.8)), float(cvar([1, 2, 3, 4], 0.5, "lower"))
    (9.5, 1.5)
    """
    if not 0 <= level < 1:
        raise InputError(f"level is a confidence from 0 to below 1, not {level}")
    if tail not in ("upper", "lower"):
        raise InputError(f"tail is 'upper' or 'lower', not {tail!r}")
    values = np.sort(np.atleast_1d(np.asarray(x, float)), axis=-1)
    if not values.size or np.isinf(values).any():
        raise InputError("x needs outcomes, none of them infinite")
    values = values[..., ::-1] if tail == "upper" else values
    n = values.shape[-1]
    weights = np.clip(n * (1 - level) - np.arange(n), 0.0, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):  # a sum larger than a number can say
        return np.asarray(values @ weights / weights.sum())[()]


@dataclass(frozen=True)
class Estimate:
    """A three-point estimate: low, likely, high, what the ends mean, and the distribution.

    Parameters
    ----------
    basis : {"min_max", "p10_p90"}
        Whether low and high are the ends or the quantiles of 10 and 90 %.
    distribution : {"pert", "triangular", "lognormal"}
        A lognormal needs p10_p90: its two quantiles define it, and its median replaces the likely value.

    Raises
    ------
    InputError
        The points are not in order, a lognormal has ends instead of quantiles or a low that is not positive, or no
        distribution of that kind has these quantiles.

    Examples
    --------
    >>> fuel = Estimate(80, 100, 125, "p10_p90", "lognormal")
    >>> [round(float(q), 1) for q in fuel.quantile([0.1, 0.5, 0.9])]
    [80.0, 100.0, 125.0]
    """

    low: float
    likely: float
    high: float
    basis: Literal["min_max", "p10_p90"] = "min_max"
    distribution: Kind = "pert"

    def __post_init__(self) -> None:
        if not self.low <= self.likely <= self.high:
            raise InputError("an estimate needs low <= likely <= high, none of them missing")
        known([self.distribution], KINDS, "distribution")
        if self.distribution == "lognormal" and (self.basis != "p10_p90" or self.low <= 0):
            raise InputError("a lognormal is defined by a P10 above zero and a P90: write basis p10_p90")

    @property
    def ends(self) -> tuple[float, float]:
        """Lowest and highest value; for a lognormal 0 and infinity."""
        if self.distribution == "lognormal":
            return 0.0, float("inf")
        if self.basis == "min_max" or self.low == self.high:
            return self.low, self.high
        return _ends_of_quantiles(self.low, self.likely, self.high, self.distribution)

    @property
    def mean(self) -> float:
        """Expected value."""
        if self.distribution == "lognormal":
            mu, sigma = self._log
            return float(np.exp(mu + sigma**2 / 2))
        a, b = self.ends
        weight = 4 if self.distribution == "pert" else 1
        return (a + weight * self.likely + b) / (2 + weight)

    @property
    def _log(self) -> tuple[float, float]:
        """Mean and standard deviation of the logarithm."""
        low, high = np.log(self.low), np.log(self.high)
        return float((low + high) / 2), float((high - low) / (2 * Z80))

    def quantile(self, probability: ArrayLike) -> Floats:
        """Values at these probabilities."""
        return self.at_normal(special.ndtri(np.asarray(probability, float)))

    def at_normal(self, z: ArrayLike) -> Floats:
        """Values where a standard normal is z: what a Gaussian copula asks for."""
        z = np.asarray(z, float)
        if self.distribution == "lognormal":
            mu, sigma = self._log
            return np.exp(mu + sigma * z)
        a, b = self.ends
        if b == a:
            return np.full(z.shape, float(self.likely))
        mode = (self.likely - a) / (b - a)
        p = special.ndtr(z)
        if self.distribution == "pert":
            return a + (b - a) * special.betaincinv(1 + 4 * mode, 5 - 4 * mode, p)
        left = np.sqrt(p * mode)
        return a + (b - a) * np.where(p <= mode, left, 1 - np.sqrt((1 - p) * (1 - mode)))

    def table(self, every: int = 1) -> Floats:
        """Values at NODES equal steps of the standard normal from -REACH to REACH, or at every such node only.

        A beta-PERT is read from a table of its shapes, made once: equal to `at_normal` within 1e-4 of its width.
        """
        if self.distribution != "pert":
            return self.at_normal(GRID[::every])
        a, b = self.ends
        if b == a:
            return np.full(len(GRID[::every]), float(self.likely))
        at = (self.likely - a) / (b - a) * (len(_MODES) - 1)
        first = min(int(at), len(_MODES) - 2)
        shapes, part = _pert_shapes()[:, ::every], at - first
        values = shapes[first] * ((1 - part) * (b - a))
        values += shapes[first + 1] * (part * (b - a))
        values += a
        return np.asarray(values)


@cache
def _pert_shapes() -> Floats:
    """Standard beta-PERT values, modes x nodes."""
    mode = _MODES[:, None]
    return np.asarray(special.betaincinv(1 + 4 * mode, 5 - 4 * mode, special.ndtr(GRID)))


def _ends_of_quantiles(p10: float, likely: float, p90: float, kind: Kind) -> tuple[float, float]:
    """Ends of the distribution with this mode whose quantiles of 10 and 90 % are those given.

    Newton steps from the ends that a normal would suggest.
    """
    from scipy.optimize import fsolve

    width = p90 - p10

    def miss(widen: Floats) -> Floats:
        a, b = min(p10, likely) - width * np.exp(widen[0]), max(p90, likely) + width * np.exp(widen[1])
        trial = Estimate(float(a), likely, float(b), "min_max", kind)
        return (trial.quantile([0.1, 0.9]) - [p10, p90]) / width

    found, _, status, _ = fsolve(miss, np.log([0.3, 0.3]), full_output=True, xtol=1e-12)
    if status != 1 or np.abs(miss(found)).max() > 1e-6:
        raise InputError(
            f"no {kind} distribution has mode {as_given(likely)}, P10 {as_given(p10)} and P90 {as_given(p90)}"
        )
    return float(p10 - width * np.exp(found[0])), float(p90 + width * np.exp(found[1]))


def _ordered(low: ArrayLike, likely: ArrayLike, high: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """The three points as arrays of one shape, or an error."""
    a, m, b = np.broadcast_arrays(*(np.asarray(x, float) for x in (low, likely, high)))
    if not ((a <= m) & (m <= b)).all():
        raise InputError("an estimate needs low <= likely <= high, none of them missing")
    return a, m, b
