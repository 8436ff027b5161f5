"""Random numbers by key, in three ways, and how quantities move together.

Every quantity of every project has its own stream, keyed by (seed, project, quantity): adding a project changes no
other draw, and any number of workers gives equal numbers.

Sources: Doty-Humphrey, PractRand (SFC64); McKay, Beckman and Conover (1979), Technometrics 21 (Latin hypercube);
Owen (1997), Ann. Statist. 25 (scrambled nets); Higham (2002), IMA J. Numer. Anal. 22 (nearest correlation matrix).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

Single = NDArray[np.float32]
Floats = NDArray[np.float64]
Method = Literal["random", "lhs", "sobol"]
METHODS: tuple[Method, ...] = ("random", "lhs", "sobol")
Key = tuple[str, ...]


_LOCAL = threading.local()


def _stream(seed: int, key: Key) -> np.random.Generator:
    """The stream of a key, in a generator that the thread keeps: making one costs more than setting it."""
    if not hasattr(_LOCAL, "generator"):
        _LOCAL.generator = np.random.Generator(np.random.SFC64(0))
        _LOCAL.state = _LOCAL.generator.bit_generator.state
    _LOCAL.generator.bit_generator.state = _keyed(_LOCAL.state, seed, key)
    return _LOCAL.generator


def _keyed(state: Any, seed: int, key: Key) -> Any:
    """A state of SFC64 with the words of a key, and its counter at one."""
    words = "\x1f".join((str(seed), *key)).encode()
    state["state"]["state"][:3] = np.frombuffer(hashlib.blake2b(words, digest_size=24).digest(), "<u8")
    state["state"]["state"][3] = 1
    state["has_uint32"] = state["uinteger"] = 0
    return state


def normals(seed: int, key: Key, draws: int, method: Method = "random", place: int | None = None) -> Single:
    """Standard normal draws of a key: the same on every machine and for every order of asking.

    Parameters
    ----------
    method : {"random", "lhs", "sobol"}
        `random`: normals of 65,536 equally likely sizes, up to 4.32, so a probability is exact to 1 in 65,536.
        `lhs`: one draw in each of `draws` equally likely strata, in random order. `sobol`: coordinate `place` of a
        scrambled Sobol sequence; `draws` is a power of two.
    place : int, optional
        Coordinate, for `sobol` only.

    Examples
    --------
    >>> bool((normals(7, ("P01", "cost"), 5) == normals(7, ("P01", "cost"), 9)[:5]).all())
    True
    """
    if method == "sobol":
        assert place is not None
        return _sobol(seed, place, draws)
    stream = _stream(seed, key)
    if method == "random":
        four = stream.bit_generator.random_raw(-(-draws // 4)).astype("<u8", copy=False)
        return _sizes().take(four.view("<u2")[:draws])
    strata = (stream.permutation(draws) + stream.random(draws)) / draws
    return np.asarray(special.ndtri(strata), np.float32)


@cache
def _sizes() -> Single:
    """Standard normal quantiles in the middle of 65,536 equal steps of probability, with variance 1."""
    z = special.ndtri((np.arange(1 << 16) + 0.5) / (1 << 16))
    return np.asarray(z / z.std(), np.float32)


def _sobol(seed: int, place: int, draws: int) -> Single:
    """One coordinate of a scrambled Sobol sequence, as normals."""
    if draws & (draws - 1):
        below = 1 << (draws.bit_length() - 1)
        raise ValueError(f"a Sobol sequence needs a power of two: {below} or {2 * below} draws, not {draws}")
    block = _sobol_block(seed, draws, place // 64)
    return np.asarray(block[:, place % 64], np.float32)


@lru_cache(maxsize=4)
def _sobol_block(seed: int, draws: int, block: int) -> Floats:
    """64 coordinates as normals. Each block is scrambled by its own stream, so more coordinates change none."""
    from scipy.stats import qmc

    engine = qmc.Sobol(64 * (block + 1), scramble=True, rng=np.random.default_rng([seed, block]))
    points = engine.random(draws)[:, 64 * block :]
    return np.asarray(special.ndtri(np.clip(points, 1e-12, 1 - 1e-12)))


@dataclass(frozen=True)
class Correlation:
    """How the estimates of projects move together: latent correlations of a Gaussian copula.

    Parameters
    ----------
    shared : mapping of str to float
        Column of the projects -> correlation of projects that have the same value there ("area": 0.2). Several add
        up; `all` is every project. Together they are at most 1, so the matrix is positive semi-definite.
    driver : float
        Correlation of risk events with one driver (table risks).
    cost_duration : float
        Correlation of the cost and the duration of one project.

    Notes
    -----
    Register estimates are made one by one, and independence understates the spread of a sum. Where nothing is known,
    0.2 is a usual floor: Book (1999), Why correlation matters in cost estimating; U.S. Air Force Cost Risk and
    Uncertainty Handbook (2007), 0.25 as default.

    Examples
    --------
    >>> Correlation({"area": 0.7, "all": 0.5})
    Traceback (most recent call last):
    ValueError: correlations of area, all add up to 1.2; at most 1 is possible
    """

    shared: Mapping[str, float] | None = None
    driver: float = 0.5
    cost_duration: float = 0.3

    def __post_init__(self) -> None:
        shares = {"area": 0.2} if self.shared is None else dict(self.shared)
        object.__setattr__(self, "shared", shares)
        numbers = [*shares.values(), self.driver, self.cost_duration]
        if not all(0 <= number <= 1 for number in numbers):
            raise ValueError("a shared correlation lies between 0 and 1; a matrix can hold negative ones")
        if sum(shares.values()) > 1 + 1e-12:
            total = sum(shares.values())
            raise ValueError(
                f"correlations of {', '.join(shares)} add up to {total:g}; at most 1 is possible"
            )

    @property
    def words(self) -> str:
        """The assumption in words."""
        parts = [f"{number:g} between projects of one {name}" for name, number in (self.shared or {}).items()]
        parts += [f"{self.driver:g} between risks of one driver"] if self.driver else []
        parts += (
            [f"{self.cost_duration:g} between a project's cost and duration"] if self.cost_duration else []
        )
        return "; ".join(parts) or "none"


@dataclass(frozen=True, eq=False)
class Repair:
    """A correlation matrix made possible, and by how much it had to change.

    Parameters
    ----------
    matrix : ndarray
        The nearest correlation matrix.
    changed : bool
    largest : float
        Largest change of a correlation; `pair` are its two positions.
    least_eigenvalue : float
        Of the matrix as given: below zero means that no quantities can move together like that.
    """

    matrix: Floats
    changed: bool
    largest: float
    pair: tuple[int, int]
    least_eigenvalue: float

    def words(self, names: Sequence[str]) -> str:
        """One sentence."""
        if not self.changed:
            return "The correlations are possible together; none was changed."
        first, second = (names[place] for place in self.pair)
        return (
            f"The correlations are not possible together (least eigenvalue {self.least_eigenvalue:.3g}); the nearest "
            f"possible ones are used, changed by at most {self.largest:.3g} ({first} with {second})."
        )


def nearest_correlation(matrix: Floats, tolerance: float = 1e-10, rounds: int = 1000) -> Repair:
    """Return the nearest correlation matrix (Frobenius), and how far it is.

    Parameters
    ----------
    matrix : ndarray, shape (n, n)
        Symmetric, ones on the diagonal, all within [-1, 1].

    Raises
    ------
    ValueError
        It is not symmetric, has no unit diagonal, or holds numbers beyond 1.

    Notes
    -----
    Source: Higham (2002), alternating projections with Dykstra's correction. His example, the matrix below, has the
    nearest correlation matrix with 0.7607 and 0.1573.

    Examples
    --------
    >>> found = nearest_correlation([[1, 1, 0], [1, 1, 1], [0, 1, 1]])
    >>> found.changed, found.matrix[0, 1:].round(4).tolist()
    (True, [0.7607, 0.1573])
    """
    given = np.asarray(matrix, float)
    n = len(given)
    if given.shape != (n, n) or not np.allclose(given, given.T) or not np.allclose(np.diag(given), 1.0):
        raise ValueError("a correlation matrix is square and symmetric with ones on its diagonal")
    if np.abs(given).max() > 1 + 1e-12:
        raise ValueError("a correlation lies between -1 and 1")
    least = float(np.linalg.eigvalsh(given)[0])
    if least >= -tolerance:
        return Repair(given, False, 0.0, (0, 0), least)
    y, correction = given.copy(), np.zeros_like(given)
    for _ in range(rounds):
        r = y - correction
        weights, vectors = np.linalg.eigh(r)
        x = (vectors * np.maximum(weights, 0.0)) @ vectors.T
        correction = x - r
        before, y = y, x.copy()
        np.fill_diagonal(y, 1.0)
        if np.abs(y - before).max() < tolerance:
            break
    weights, vectors = np.linalg.eigh(y)
    x = (vectors * np.maximum(weights, 0.0)) @ vectors.T
    scale = 1 / np.sqrt(np.diag(x))
    x = x * scale * scale[:, None]
    change = np.abs(x - given)
    place = np.unravel_index(int(change.argmax()), change.shape)
    return Repair(x, True, float(change.max()), (int(place[0]), int(place[1])), least)


def root(matrix: Floats) -> Floats:
    """A square root of a positive semi-definite matrix, lower triangular where it can be.

    A later row does not change the earlier ones, so a project added at the end changes no other draw.
    """
    try:
        return np.asarray(np.linalg.cholesky(matrix))
    except np.linalg.LinAlgError:
        weights, vectors = np.linalg.eigh(matrix)
        return np.asarray(vectors * np.sqrt(np.maximum(weights, 0.0)))
