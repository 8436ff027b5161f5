"""Running a simulation: streams, correlations and blocks of projects, on any executor."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from types import MappingProxyType

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Allocation, Question
from pmo_kit.doors import door
from pmo_kit.risk.blocks import (
    PLACES,
    STEPS,
    Run,
    blocks_of,
    empty_block,
    present_worth,
    simulate_block,
    stream,
)
from pmo_kit.risk.distributions import Floats
from pmo_kit.risk.exposure import Exposure, expose
from pmo_kit.risk.inputs import QUANTITIES
from pmo_kit.risk.sampling import METHODS, Correlation, Key, Method, Single, nearest_correlation, root
from pmo_kit.risk.simulation import Simulation


@door
def simulate(
    allocation: Allocation,
    draws: int = 10_000,
    seed: int = 7,
    *,
    correlation: Correlation | pd.DataFrame | None = None,
    uplifts: Mapping[str, float] | None = None,
    responses: Mapping[str, float] | None = None,
    method: Method = "random",
    detail: bool = True,
    executor: Executor | None = None,
) -> Simulation:
    """Simulate the plan of an allocation.

    Every draw takes for each project a factor on its cost, on its benefits and on its duration (table `estimates`),
    and the risk events that come (table `risks`): their cost, their share of benefits lost, their delay. A delay
    moves costs, benefits and people in time. What the register's figures already hold (`includes`) is not added again:
    with risk or optimism_bias no events, with optimism_bias only the spread of the estimates.

    Parameters
    ----------
    allocation : Allocation
    draws, seed : int
        Equal numbers for equal seeds, whatever the number of workers; adding a project changes no other draw.
    correlation : Correlation or DataFrame, optional
        0.2 within an area, 0.5 within a driver of risks, 0.3 between a project's cost and duration when not given. A
        DataFrame is a matrix of project ids: one that is impossible is repaired, and `notes` says by how much.
    uplifts : mapping of scope to fraction, optional
        Optimism bias or a reference class to add instead of estimates' bias and events: from `pmo_kit.rates`, or from
        the register's own past, `performance.reference_class`. Never added to figures that hold optimism bias.
    responses : mapping of str to float, optional
        Risk, risk class or `all` -> factor on its probability.
    method : {"random", "lhs", "sobol"}
        Latin hypercube and scrambled Sobol need fewer draws for the same error. Sobol coordinates follow the size of
        the projects, so there a new project does change other draws.
    detail : bool
        False for portfolio totals only.
    executor : concurrent.futures.Executor, optional
        Blocks of projects are drawn by its workers.

    Raises
    ------
    DataError
        Estimates or risks are not in order; every one is listed.
    ValueError
        An argument is out of range or names what is not there.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> plan = pmo.arbitrate(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> sure = pmo.simulate(plan, draws=100)  # no estimates and no risks: every draw is the plan
    >>> round(float(sure.totals["npv"].max()), 3), sure.fits_envelopes
    (33.5, 1.0)
    """
    return simulate_plan(
        allocation.question, allocation.plan, draws, seed, correlation=correlation, uplifts=uplifts,
        responses=responses, method=method, detail=detail, executor=executor,
    )  # fmt: skip


def simulate_plan(
    question: Question,
    plan: Mapping[str, str],
    draws: int = 10_000,
    seed: int = 7,
    *,
    correlation: Correlation | pd.DataFrame | None = None,
    uplifts: Mapping[str, float] | None = None,
    responses: Mapping[str, float] | None = None,
    method: Method = "random",
    detail: bool = True,
    executor: Executor | None = None,
) -> Simulation:
    """Simulate any plan under a question, whether or not it obeys its rules; otherwise as `simulate`."""
    if draws < 1 or method not in METHODS:
        raise ValueError(
            f"draws is at least 1 and method one of {', '.join(METHODS)}, not {draws} and {method!r}"
        )
    stated = (
        correlation
        if isinstance(correlation, Correlation)
        else Correlation({} if correlation is not None else None)
    )
    exposure = expose(question, plan, stated, uplifts, responses)
    places = _places_of(exposure, stated) if method == "sobol" else {}
    run = Run(
        seed, draws, method, stated, {}, places, {}, len(exposure.scopes), len(exposure.years), exposure.factors,
        len(exposure.periods), len(exposure.roles), exposure.months_a_period, detail,
        present_worth(exposure.factors, int(STEPS * max([0.0, *(p.longest_delay for p in exposure.projects)])) + 2),
    )  # fmt: skip
    run = replace(
        run, shared={key: _scaled(key, stream(run, key), stated) for key in _shared_keys(exposure, stated)}
    )
    notes = [f"Correlations: {stated.words}."]
    if isinstance(correlation, pd.DataFrame):
        matrix, sentence = _correlated(exposure, correlation, run)
        run, notes = replace(run, matrix=matrix), [sentence]
    held = [p for p, what in exposure.held.items() if what]
    if held:
        notes.append(
            f"{len(held)} projects already hold bias or risk in their figures; it is not added again."
        )
    whole = empty_block(run)
    job = partial(simulate_block, run=run)
    for block in (executor.map if executor else map)(job, list(blocks_of(exposure))):
        whole.add(block)
    whole.cost += exposure.together[0].sum()
    whole.npv += exposure.together_value
    if detail:
        whole.spend += exposure.together[:, :, None]
    return Simulation(
        question, MappingProxyType(dict(plan)), draws, seed, method, tuple(notes), exposure, run, whole
    )


def _shared_keys(exposure: Exposure, correlation: Correlation) -> list[Key]:
    """Streams that several projects share."""
    factors = {
        (*key, quantity)
        for p in exposure.projects
        for key, weight in p.loads
        if weight
        for quantity in QUANTITIES
        if p.estimate(quantity)
    }
    drivers = {
        ("driver", e.driver) for p in exposure.projects for e in p.events if e.driver and correlation.driver
    }
    return [*sorted(factors), *sorted(drivers)]


def _scaled(key: Key, z: Single, correlation: Correlation) -> Single:
    """A shared stream in the units in which it is added: drivers with their weight, factors as places in a table."""
    if key[0] == "driver":
        return z * np.float32(correlation.driver**0.5)
    return z * PLACES


def _places_of(exposure: Exposure, correlation: Correlation) -> dict[Key, int]:
    """Coordinates of a Sobol sequence: shared streams first, then projects by size."""
    keys: list[Key] = list(_shared_keys(exposure, correlation))
    for p in sorted(exposure.projects, key=lambda p: (-float(p.spend[0].sum()), p.project)):
        keys += [(p.project, quantity) for quantity in QUANTITIES if p.estimate(quantity)]
        keys += [(p.project, "event", e.risk) for e in p.events]
    return {key: place for place, key in enumerate(keys)}


def _correlated(
    exposure: Exposure, given: pd.DataFrame, run: Run
) -> tuple[dict[str, dict[str, Single]], str]:
    """Correlated normals of the projects of a matrix, and what had to be repaired."""
    names = [str(name) for name in given.index]
    if names != [str(name) for name in given.columns]:
        raise ValueError(
            "the correlation matrix needs the same project ids as rows and columns, in one order"
        )
    repair = nearest_correlation(given.to_numpy(float))
    lower: Floats = root(repair.matrix)
    inside = {p.project: p for p in exposure.projects}
    found: dict[str, dict[str, Single]] = {}
    for quantity in QUANTITIES:
        wanted = [i for i, name in enumerate(names) if name in inside and inside[name].estimate(quantity)]
        if wanted:
            own = np.stack([stream(run, (name, quantity)) for name in names])
            mixed = (lower[wanted] @ own).astype(np.float32)
            found[quantity] = {names[i]: mixed[k] for k, i in enumerate(wanted)}
    return found, repair.words(names)
