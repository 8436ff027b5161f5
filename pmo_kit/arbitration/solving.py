"""HiGHS on arrays: one program in, one honest outcome out.

Source: Huangfu and Hall (2018), Parallelizing the dual revised simplex method, Math. Prog. Comp. 10 (HiGHS).
Every solve uses a new solver object, one thread and a fixed seed, so that equal inputs give equal answers
and time limits do not add up. Gaps are absolute and set here: the solver's own default of 1e-4 would call a
worse plan optimal.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial
from math import inf
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from pmo_kit.disk import shared
from pmo_kit.doors import door
from pmo_kit.errors import InputError

if TYPE_CHECKING:
    from pmo_kit.arbitration.rules import Row

T = TypeVar("T")
Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Status = Literal["optimal", "feasible", "infeasible", "unknown"]


@dataclass(frozen=True, eq=False)
class Program:
    """maximize value . x with lower <= matrix x <= upper, least <= x <= most, some x whole."""

    value: Floats
    matrix: sparse.csr_array
    lower: Floats
    upper: Floats
    least: Floats
    most: Floats
    integer: NDArray[np.bool_]

    def fixed(self, columns: Mapping[int, float]) -> Program:
        """The program with some columns at a value."""
        least, most = self.least.copy(), self.most.copy()
        for column, x in columns.items():
            least[column] = most[column] = x
        return replace(self, least=least, most=most)

    def with_rows(self, rows: Sequence[Row]) -> Program:
        """The program with more rows."""
        if not rows:
            return self
        more = Program.of_rows(rows, self.value, self.integer)
        return replace(
            self,
            matrix=sparse.csr_array(sparse.vstack([self.matrix, more.matrix], format="csr")),
            lower=np.append(self.lower, more.lower),
            upper=np.append(self.upper, more.upper),
        )

    @staticmethod
    def of_rows(rows: Sequence[Row], value: Floats, integer: NDArray[np.bool_]) -> Program:
        """The program of some rows, over columns from 0 to 1."""
        starts = np.cumsum([0, *(len(r.columns) for r in rows)])
        columns, data = (np.concatenate(x) for x in zip(*((r.columns, r.coefficients) for r in rows), strict=True))
        matrix = sparse.csr_array((data, columns, starts), shape=(len(rows), len(value)))
        lower, upper = np.array([r.lower for r in rows]), np.array([r.upper for r in rows])
        return Program(value, matrix, lower, upper, np.zeros(len(value)), np.ones(len(value)), integer)

    def with_columns(
        self,
        columns: Sequence[Mapping[int, float]],
        most: float | Sequence[float] = inf,
        value: float | Sequence[float] = 0.0,
        whole: bool = False,
    ) -> Program:
        """The program with more columns from 0 to `most`; each is a mapping of row to coefficient."""
        if not columns:
            return self
        rows = np.array([row for column in columns for row in column], np.int64)
        data = np.array([x for column in columns for x in column.values()], float)
        starts, count = np.cumsum([0, *map(len, columns)]), len(columns)
        more = sparse.csc_array((data, rows, starts), shape=(len(self.lower), count))
        return replace(
            self,
            value=np.append(self.value, np.full(count, value)),
            matrix=sparse.csr_array(sparse.hstack([self.matrix, more], format="csr")),
            least=np.append(self.least, np.zeros(count)),
            most=np.append(self.most, np.full(count, most)),
            integer=np.append(self.integer, np.full(count, whole)),
        )

    @staticmethod
    def stacked(programs: Sequence[Program]) -> Program:
        """Programs beside one another, each with rows of its own."""
        matrix = sparse.csr_array(sparse.block_diag([p.matrix for p in programs], format="csr"))
        names = ("value", "lower", "upper", "least", "most", "integer")
        return Program(matrix=matrix, **{name: np.concatenate([getattr(p, name) for p in programs]) for name in names})

    @property
    def relaxed(self) -> Program:
        """The program without whole numbers."""
        return replace(self, integer=np.zeros_like(self.integer))

    def part(self, columns: NDArray[np.int64], x: Floats) -> Program:
        """The program of some columns, where the others stay as in a point."""
        others = np.rint(x)
        others[columns] = 0.0
        used, matrix = self.matrix @ others, self.matrix[:, columns]
        rows = np.flatnonzero(np.diff(matrix.indptr) > 0)
        return Program(
            self.value[columns], sparse.csr_array(matrix[rows]), (self.lower - used)[rows],
            (self.upper - used)[rows], self.least[columns], self.most[columns], self.integer[columns],
        )  # fmt: skip

    @property
    def content(self) -> tuple[str, ...]:
        """All that an answer follows from: hashes of every number."""
        matrix = self.matrix
        parts: list[Any] = [self.value, matrix.indptr, matrix.indices, matrix.data, self.lower, self.upper]
        parts += [self.least, self.most, self.integer]
        return tuple(hashlib.sha256(part.tobytes()).hexdigest() for part in parts)

    def maximizing(self, value: Floats) -> Program:
        """The program with another objective."""
        return replace(self, value=value)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What the solver says: status, the point, its value, and a bound that no plan exceeds."""

    status: Status
    x: Floats | None
    value: float
    bound: float
    nodes: int
    reduced: Floats | None = None  # of a program without whole numbers: what the bound loses with a column


@dataclass(frozen=True, eq=False)
class Limits:
    """How far a search goes: an absolute gap that counts as a proof, branches, and a moment to stop.

    With a `cutoff` only points of at least that value are looked for: where one is known, the search need
    not find it again by trying, and the proof is several times faster. A point of `enough` ends the search.
    Without `tries` no plan is guessed on the way.
    """

    gap: float = 0.0
    nodes: int | None = None
    until: float | None = None  # time.monotonic()
    cutoff: float | None = None
    enough: float | None = None
    tries: bool = True


# With a good value known, or where nothing is tried, searches inside the search and restarts cost more than they find.
_PROOF: dict[str, bool | int | float | str] = {
    "mip_allow_restart": False,
    "mip_pscost_minreliable": 2,
    "mip_heuristic_effort": 0.0,
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
}
# Where any point of a value will do few cuts are kept, and symmetry is not looked for.
_ANY: dict[str, bool | int | float | str] = {
    "mip_detect_symmetry": False,
    "mip_pool_soft_limit": 10,
    "mip_lp_age_limit": 2,
}
_SMALL = 400  # columns
_SOON: dict[str, bool | int | float | str] = {
    **_ANY, "mip_pool_soft_limit": 1, "mip_allow_restart": False, "mip_heuristic_run_feasibility_jump": False,
}  # fmt: skip


@cache
def _solver() -> type[Any]:
    """HiGHS without the banner that it prints while it is made, before an option can be set."""
    import highspy

    class Quiet(highspy.Highs):
        def enableCallbacks(self) -> None:
            self.setOptionValue("output_flag", False)
            super().enableCallbacks()

    return Quiet


class Interrupted(Exception):
    """The search was no longer wanted; there is no answer."""


_unwanted: ContextVar[Callable[[], bool]] = ContextVar("unwanted", default=bool)  # which says False


@contextmanager
def interruptible(unwanted: Callable[[], bool]) -> Iterator[None]:
    """Let every search in here end with `Interrupted` soon after `unwanted()` has become true."""
    token = _unwanted.set(unwanted)
    try:
        yield
    finally:
        _unwanted.reset(token)


AHEAD = 4  # searches that are on their way at once, on however many cores
ASKED = 0.2  # seconds after which one that another thread waits for asks at every branch whether it is still wanted
_running: ContextVar[set[Callable[[], None]] | None] = ContextVar("running", default=None)  # what makes them ask


def side_by_side(jobs: Iterable[Callable[[], T]], learn: Callable[[T], object] = lambda found: None) -> list[T]:
    """What searches that do not wait for one another find, in their order, on as many threads as there are cores.

    Parameters
    ----------
    jobs : iterable of callable
        Each is taken when it is its turn and may hold what was learned by then: from all but the last few before it,
        the same on every machine, so that no answer depends on its cores. It shares nothing that others change.
    learn : callable
        Takes what each found, in their order, in this thread.

    Examples
    --------
    >>> side_by_side((lambda x=x: x * x) for x in range(5))
    [0, 1, 4, 9, 16]
    """
    unwanted, ended = _unwanted.get(), threading.Event()
    workers = ThreadPoolExecutor(min(AHEAD, os.cpu_count() or 1))
    found, ahead, running = list[T](), deque[Future[T]](), set[Callable[[], None]]()

    def ask() -> None:
        for listen in running.copy():
            running.discard(listen)
            listen()

    def take() -> None:
        while not wait([ahead[0]], ASKED).done:
            ask()
        found.append(ahead.popleft().result())
        learn(found[-1])

    try:
        with interruptible(lambda: ended.is_set() or unwanted()):
            for job in jobs:
                context = copy_context()
                context.run(_running.set, running)
                ahead.append(workers.submit(context.run, job))
                if len(ahead) == AHEAD:
                    take()
            while ahead:
                take()
    finally:  # also at Ctrl-C, or where a search fails: those on their way end soon
        ended.set()
        ask()
        workers.shutdown(cancel_futures=True)
    return found


_ended: ContextVar[Callable[[], bool]] = ContextVar("ended", default=bool)


def ended() -> bool:
    """True once Ctrl-C has ended the searches that `ending_at_ctrl_c` holds."""
    return _ended.get()()


@contextmanager
def ending_at_ctrl_c() -> Iterator[None]:
    """Let Ctrl-C end every search in here with its best plan so far, instead of raising.

    Only the main thread may listen to it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    token = _ended.set(lambda: bool(pressed))
    try:
        yield
    finally:
        _ended.reset(token)
        signal.signal(signal.SIGINT, before)


def taken(x: Floats) -> tuple[int, ...]:
    """Positions of the options that a solution takes.

    >>> taken(np.array([0.0, 1.0, 0.9999999]))
    (1, 2)
    """
    return tuple(np.flatnonzero(x > 0.5).tolist())


def _near_one(sizes: Floats) -> Floats:
    """Powers of two that bring sizes to between 1 and 1024; what is there already, or zero, stays."""
    exponent = np.floor(np.log2(np.where(sizes > 0, sizes, 1.0)))
    return np.exp2(np.where(exponent < 0, -exponent, np.minimum(0, 9 - exponent)))


def _rows_of(matrix: sparse.csr_array) -> Indices:
    """The row of each entry."""
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _largest(entries: Floats, starts: Indices) -> Floats:
    """The largest size of the entries of each row (or column), by where each starts; zero where it has none."""
    found, filled = np.zeros(len(starts) - 1), np.flatnonzero(np.diff(starts))
    if len(filled):
        found[filled] = np.maximum.reduceat(np.abs(entries), starts[filled])
    return found


def scaled(program: Program) -> tuple[Program, Floats, float]:
    """A program whose rows, continuous columns and objective are near 1, for the solver's tolerances are absolute.

    Returns
    -------
    tuple of Program, array, float
        The program; x of the original = the array times x of this one; the factor on the objective. All factors are
        powers of two, so that nothing is rounded.
    """
    matrix, at = program.matrix, _rows_of(program.matrix)
    whole = np.where(program.integer[matrix.indices], matrix.data, 0.0)
    sizes, every = (_largest(entries, matrix.indptr) for entries in (whole, matrix.data))
    rows = _near_one(np.where(sizes > 0, sizes, every))
    matrix = sparse.csr_array((matrix.data * rows[at], matrix.indices, matrix.indptr), matrix.shape)
    by_column = matrix.tocsc()
    columns = np.where(program.integer, 1.0, _near_one(_largest(by_column.data, by_column.indptr)))
    matrix.data *= columns[matrix.indices]
    value = program.value * columns
    factor = float(_near_one(np.abs(value).max(initial=0.0, keepdims=True))[0])
    scaled = Program(
        value * factor, matrix, program.lower * rows, program.upper * rows, program.least / columns,
        program.most / columns, program.integer,
    )  # fmt: skip
    return scaled, columns, factor


class SafeBound:
    """Bounds on what any point of a program is worth, from any multipliers of its rows, whatever the rounding.

    Source: Neumaier and Shcherbina (2004), Safe bounds in linear and mixed-integer linear programming, Math. Prog. 99.
    """

    def __init__(self, program: Program) -> None:
        matrix, at = program.matrix, _rows_of(program.matrix)
        self._program, self._at = program, at
        self._sizes = _largest(matrix.data, matrix.indptr) * np.diff(matrix.indptr)
        # No multiplier is there for an end that is none.
        self._low, self._high = -1.0 * np.isfinite(program.lower), 1.0 * np.isfinite(program.upper)

    def of(self, y: Floats, least: Floats, most: Floats, worth: float = 1.0) -> tuple[float, Floats]:
        """The bound from multipliers, and the reduced costs; below 0 where nothing has a `worth`: no point is there.

        No limit of a column is infinite.
        """
        p, value = self._program, worth * self._program.value
        y = np.where(y > 0, self._high, self._low) * np.abs(y)
        ends = np.where(y > 0, p.upper, np.where(y < 0, p.lower, 0.0))
        reduced = value - np.bincount(p.matrix.indices, p.matrix.data * y[self._at], len(value))
        total = float(y @ ends) + float(np.maximum(reduced * least, reduced * most).sum())
        sizes = float(np.abs(y) @ (np.abs(ends) + self._sizes))
        return total + 1e-13 * (sizes + float(np.abs(value).sum()) + abs(total)), reduced


def solve(program: Program, limits: Limits | None = None) -> Outcome:
    """Solve a program with HiGHS, brought to a common scale.

    Returns
    -------
    Outcome
        Status `optimal` only where the gap is closed; `feasible` at a limit; `unknown` at a limit without a
        plan. A proof of another process of the same run is taken from it.
    """
    limits = limits or Limits()
    if limits.until is not None:  # what a clock ends follows from more than the program
        return _solved(program, limits)
    proven = ("optimal", "infeasible")
    return shared(lambda: (program.content, limits), lambda: _solved(program, limits), lambda o: o.status in proven)


def _solved(program: Program, limits: Limits) -> Outcome:
    """The outcome of a search by HiGHS."""
    import highspy

    program, columns, factor = scaled(program)
    whole = program.integer.any()
    settings: dict[str, bool | int | float | str] = {
        "mip_rel_gap": 0.0, "mip_abs_gap": limits.gap * factor, "mip_feasibility_tolerance": 1e-7,
    }  # fmt: skip
    if len(program.value) <= _SMALL and (whole or (program.least == program.most).any()):
        settings |= _SOON if whole else {"presolve": "off"}  # it takes longer than the little that is left
    if not limits.tries:
        settings |= _PROOF
    if limits.cutoff is not None:
        settings |= {**_PROOF, "objective_bound": -limits.cutoff * factor}
    if limits.enough is not None:
        settings |= {**_ANY, "objective_target": limits.enough * factor}
    if limits.nodes is not None:
        settings["mip_max_nodes"] = int(limits.nodes)
    if limits.until is not None:
        settings["time_limit"] = max(0.01, limits.until - time.monotonic())
    highs = _holding(program, settings)
    unwanted, stop = _unwanted.get(), _ended.get()

    def listen() -> None:  # at every branch, which costs time
        highs.cbMipInterrupt += lambda event: event.interrupt() if unwanted() or stop() else None

    running = _running.get()
    if running is not None:
        running.add(listen)
    if running is None or unwanted() or stop():
        listen()
    highs.run()
    if running is not None:
        running.discard(listen)
    if unwanted():
        raise Interrupted
    info, status = highs.getInfo(), highs.getModelStatus()
    nodes = max(0, int(info.mip_node_count))
    kinds = highspy.HighsModelStatus
    if status in (kinds.kInfeasible, kinds.kUnboundedOrInfeasible):
        return Outcome("infeasible", None, -inf, -inf, nodes)
    # A point worth `enough` ends the search also where it breaks a limit by little more than the tolerance.
    found = info.primal_solution_status == 2 or status == kinds.kObjectiveTarget
    x = np.array(highs.getSolution().col_value) * columns if found else None
    value = float(info.objective_function_value) / factor if found else -inf
    bound = float(info.mip_dual_bound) / factor if whole else value
    reduced = None
    if found and not whole:
        y = np.array(highs.getSolution().row_dual)
        bound, costs = SafeBound(program).of(y, program.least, np.minimum(program.most, FAR))
        bound, reduced = bound / factor, costs / columns / factor
    if status == kinds.kOptimal and found:
        return Outcome("optimal", x, value, max(bound, value), nodes, reduced)
    return Outcome("feasible" if found else "unknown", x, value, bound, nodes)


def _holding(program: Program, settings: Mapping[str, Any]) -> Any:
    """A solver that holds a program: one thread and a fixed seed, and further settings."""
    import highspy

    highs, matrix = _solver()(), program.matrix
    for option, setting in {"threads": 1, "parallel": "off", "random_seed": 0, **settings}.items():
        highs.setOptionValue(option, setting)
    highs.passModel(
        len(program.value), len(program.lower), matrix.nnz, int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMaximize), 0.0, program.value, program.least, program.most, program.lower,
        program.upper, matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data,
        program.integer.astype(np.int32),
    )  # fmt: skip
    return highs


MOST_NODES = 10_000
MOST_LOST = 1e3  # counted where a side is empty; values are scaled to about that
FAR = 1e7  # stands for "no end" in a column of the scaled program


@dataclass(frozen=True, eq=False)
class Proof:
    """What a second search says: nothing is worth more (`proven`), a `better` plan, or neither within the nodes."""

    proven: bool
    better: tuple[int, ...] | None


def prove(
    program: Program,
    n: int,
    target: float,
    improves: Callable[[tuple[int, ...]], bool],
    nodes: int = MOST_NODES,
) -> Proof:
    """Look for a plan that is worth at least a target.

    Parameters
    ----------
    program : Program
    n : int
        Its first columns are the whole ones.
    target : float
        Value of the objective below which plans do not matter; -inf: any plan will do.
    improves : callable
        Positions of the chosen columns -> whether, in exact arithmetic, the plan obeys every rule and is worth the
        target.
    nodes : int
        Where the search gives up.

    Returns
    -------
    Proof
    """
    p, _, factor = scaled(program)
    p = replace(p, most=np.where(np.isinf(p.most), FAR, p.most))
    branching = _Branching(p, n, target * factor)
    stack = [(p.least, p.most)]
    unwanted = _unwanted.get()
    for _ in range(nodes):
        if unwanted():
            raise Interrupted
        if not stack or ended():
            break
        node = branching.narrowed(*stack.pop())
        if node is None:
            continue
        least, most, x, column = node
        if column is None or (x[:n] == np.rint(x[:n])).all():
            plan = taken(x[:n])
            if improves(plan):
                return Proof(False, plan)
        if column is not None:
            zero, one = most.copy(), least.copy()
            zero[column], one[column] = 0.0, 1.0
            pair = [(least, zero), (one, most)]
            stack += pair if x[column] > 0.5 else pair[::-1]
    return Proof(not stack, None)


TRIED, RELIABLE = 12, 2  # columns tried at a node before it is split, and how often each


class _Branching:
    """Which column a node is split at: the one that lowers the bound most on both sides, as far as it was tried.

    A side that is tried and found empty, or worth less than the target, settles the column for the whole node. Source:
    Achterberg, Koch and Martin (2005), Branching rules revisited, Oper. Res. Lett. 33 (reliability branching).
    """

    def __init__(self, program: Program, n: int, target: float) -> None:
        self._n, self._target = n, target
        # One run after another with small changes; the program is brought to a common scale before.
        settings = {"solver": "simplex", "presolve": "off", "simplex_scale_strategy": 0}
        self._highs, self._safe = _holding(program.relaxed, settings), SafeBound(program)
        self._lost, self._times = np.zeros((2, n)), np.zeros((2, n))  # per unit of a column, down and up

    def narrowed(self, least: Floats, most: Floats) -> tuple[Floats, Floats, Floats, int | None] | None:
        """Limits, point (whole where it is close) and column to split at of a node; None where nothing is left.

        No column: all of them are settled.
        """
        found = self._relaxed(least, most)
        while not self._hopeless(found[0]):
            bound, reduced, x = found
            if reduced is not None:  # a column is settled whose reduced cost is more than the target leaves
                n, costs = self._n, reduced[: self._n]
                over = np.flatnonzero((least[:n] < most[:n]) & (np.abs(costs) > bound - self._target))
                least, most = least.copy(), most.copy()
                least[over] = most[over] = costs[over] > 0
            free = np.flatnonzero(least[: self._n] < most[: self._n])
            part = np.abs(x[free] - np.rint(x[free]))
            if not len(free) or part.max() < 1e-6:
                x = np.append(np.rint(np.clip(x[: self._n], least[: self._n], most[: self._n])), x[self._n :])
                if not len(free):
                    return least, most, x, None
                first = np.argmin(np.abs(reduced[free])) if reduced is not None else 0
                return least, most, x, int(free[first])
            split = free[part > 1e-6]
            settled = self._tried(split, bound, x, least, most)
            if settled is None:
                return least, most, x, int(split[np.argmax(self._score(split, x))])
            least, most, found = settled
        return None

    def _tried(
        self, split: NDArray[np.int64], bound: float, x: Floats, least: Floats, most: Floats
    ) -> tuple[Floats, Floats, tuple[float, Floats | None, Floats]] | None:
        """The first side that is left alone among the columns tried, and its relaxation; None where there is none."""
        for column in split[np.argsort(-self._score(split, x), kind="stable")][:TRIED].tolist():
            if self._times[:, column].min() >= RELIABLE:
                continue
            sides = []
            for side in (0, 1):
                ends = least.copy(), most.copy()
                ends[0][column] = ends[1][column] = float(side)
                found = self._relaxed(*ends)
                sides.append((*ends, found))
                way = abs(side - x[column])
                self._lost[side, column] += min(max(0.0, bound - found[0]), MOST_LOST) / max(1e-6, way)
                self._times[side, column] += 1
            sides.sort(key=lambda side: side[2][0])
            if self._hopeless(sides[0][2][0]):
                return sides[1]
        return None

    def _hopeless(self, bound: float) -> bool:
        """Whether no point of a node is worth the target, or none is there."""
        return bound < self._target or bound == -inf

    def _score(self, columns: NDArray[np.int64], x: Floats) -> Floats:
        """What splitting at columns lowers the bound by: the product of both sides; the mean where it is not known."""
        times, lost = self._times[:, columns], self._lost[:, columns]
        mean = self._lost.sum(axis=1, keepdims=True) / np.maximum(1, self._times.sum(axis=1, keepdims=True))
        each = np.where(times > 0, lost / np.maximum(1, times), np.where(mean > 0, mean, 1.0))
        ways = np.array([x[columns], 1 - x[columns]])
        return np.asarray(np.maximum(each * ways, 1e-9).prod(axis=0), np.float64)

    def _relaxed(self, least: Floats, most: Floats) -> tuple[float, Floats | None, Floats]:
        """Bound, reduced costs and point of a node; the bound is -inf where it is certain that nothing is there."""
        highs, safe = self._highs, self._safe
        highs.changeColsBounds(len(least), np.arange(len(least), dtype=np.int32), least, most)
        highs.run()
        info, solution = highs.getInfo(), highs.getSolution()
        if info.primal_solution_status == 2 and solution.dual_valid:
            bound, reduced = safe.of(np.array(solution.row_dual), least, most)
            return bound, reduced, np.array(solution.col_value)
        _, there, ray = highs.getDualRay()
        if there and any(safe.of(sign * np.array(ray), least, most, 0.0)[0] < 0 for sign in (1, -1)):
            return -inf, None, least
        return inf, None, least


@dataclass(frozen=True, eq=False)
class Selection:
    """A plain selection: `chosen` positions, `value`, `bound`, `status`."""

    chosen: tuple[int, ...]
    value: float
    bound: float
    status: Status


@door
def solve_selection(value: ArrayLike, weights: ArrayLike, capacities: ArrayLike) -> Selection:
    """The plain multidimensional knapsack: the most valuable projects within all capacities.

    Parameters
    ----------
    value : array (projects)
    weights : array (constraints x projects)
    capacities : array (constraints)

    Returns
    -------
    Selection
        Status `optimal` or `infeasible`. Plans are compared in exact arithmetic on the numbers as they are written
        (0.1 + 0.2 is 0.3); where no more than the solver's own word stands for a proof, the bound is a billionth
        above the value.

    Raises
    ------
    InputError
        A number is missing or infinite, or the sizes do not fit together.

    Notes
    -----
    Source: Kellerer, Pferschy and Pisinger (2004), Knapsack Problems, chapter 9; tested on Petersen (1967),
    Senju and Toyoda (1968) and Weingartner and Ness (1967) as published in the OR-Library (Beasley 1990).

    Examples
    --------
    >>> solve_selection([6, 5, 4], [[3, 2, 2]], [4]).chosen
    (1, 2)
    """
    worth, limit = (np.atleast_1d(np.asarray(a, float)) for a in (value, capacities))
    table, n = np.atleast_2d(np.asarray(weights, float)), len(worth)
    sizes = (*table.shape, worth.ndim, limit.ndim)
    if sizes != (len(limit), n, 1, 1) or not all(np.isfinite(a).all() for a in (worth, table, limit)):
        raise InputError(
            f"solve_selection needs finite numbers: {n} values, weights of {len(limit)} x {n} (one row a capacity), "
            f"not {' x '.join(map(str, table.shape))}."
        )
    exact_worth, exact_limit = _fractions(worth), _fractions(limit)
    exact_rows = [_fractions(row) for row in table]

    def exactly(plan: tuple[int, ...]) -> Fraction | None:
        """What a plan is worth; None where it breaks a limit."""
        if any(sum(row[i] for i in plan) > b for row, b in zip(exact_rows, exact_limit, strict=True)):
            return None
        return sum((exact_worth[i] for i in plan), Fraction(0))

    def above(least: Fraction | None, plan: tuple[int, ...]) -> bool:
        worth = exactly(plan)
        return worth is not None and (least is None or worth > least)

    ones = np.ones(n)
    program = Program(worth, sparse.csr_array(table), np.full(len(limit), -inf), limit, 0 * ones, ones, ones > 0)
    grain = float(np.array_equal(worth, np.rint(worth)))
    gap = 0.999 * grain or 1e-9 * float(np.abs(worth).max(initial=0.0))
    outcome = solve(program, Limits(gap))
    chosen = None if outcome.x is None else taken(outcome.x)
    best = None if chosen is None else exactly(chosen)
    while True:
        target = -inf if best is None else float(best) + 0.5 * grain
        checked = prove(program, n, target, partial(above, best))
        if checked.better is None:
            break
        chosen, best = checked.better, exactly(checked.better)
    if chosen is None or best is None:
        return Selection((), -inf, -inf, "infeasible" if checked.proven else "unknown")
    worth_it = float(best)
    return Selection(chosen, worth_it, worth_it if checked.proven else worth_it + gap, "optimal")


def _fractions(numbers: Floats) -> list[Fraction]:
    """Numbers as they are written."""
    return [Fraction(repr(x)) for x in numbers.tolist()]
