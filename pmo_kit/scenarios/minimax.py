"""The plan that loses least in its worst case: one program with a common plan and recourse in every scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf

import numpy as np
import pandas as pd
from scipy import sparse

from pmo_kit.arbitration import Allocation
from pmo_kit.arbitration.model import compile_model
from pmo_kit.arbitration.solving import Limits, Program, Status, solve
from pmo_kit.scenarios.regret import evaluate_plan


@dataclass(frozen=True, eq=False)
class MinimaxPlan:
    """The plan with the least maximum regret.

    Parameters
    ----------
    plan : mapping of project_id to level
    maximum : float
        Its maximum regret, evaluated exactly; in percent where `in_percent`.
    bound : float
        No plan has less: equal to `maximum` where it is proven.
    regrets : Series
        Case -> regret after recourse.
    fits : int
        In how many cases nothing has to be dropped.
    status : str
        optimal or feasible.
    """

    plan: Mapping[str, str]
    maximum: float
    bound: float
    regrets: pd.Series
    fits: int
    status: Status
    in_percent: bool


def minimax_plan(
    allocations: Mapping[str, Allocation], in_percent: bool = False, nodes: int | None = 2_000
) -> MinimaxPlan:
    """Return the plan of the base question with the least maximum regret over all scenarios.

    The plan obeys the rules of the base (the first). In every other scenario discretionary projects may be dropped,
    and nothing is added or resized. Where every plan of today fits too (only looser limits, other values), nothing is
    dropped. A bound below the maximum says that a plan could do better by dropping what it need not drop.

    Parameters
    ----------
    allocations : mapping of scenario name to Allocation
    in_percent : bool
        Regret in percent of each scenario's best value, where they have several units.
    nodes : int, optional
        Most branches of the search.

    Raises
    ------
    ValueError
        In percent, and a best value is not above zero; or no plan can be repaired in every scenario.

    Notes
    -----
    Minimax regret: Savage (1951); with recourse as in Kouvelis and Yu (1997), Robust Discrete Optimization. Program:
    least t with t >= V*_s - v_s y_s, y_s <= x for discretionary options, y_s = x for the others, x and y_s feasible.
    """
    names = list(allocations)
    base = allocations[names[0]].question
    options = base.options
    free = options["commitment"].to_numpy() == "discretionary"
    n = len(options)
    scale = {name: 100 / allocations[name].value if in_percent else 1.0 for name in names}
    if in_percent and min(allocations[name].value for name in names) <= 0:
        raise ValueError("a regret in percent needs a best value above zero in every scenario")
    models = [compile_model(allocations[name].question) for name in names]
    programs = [model.program for model in models]
    widths = [len(program.value) for program in programs]
    starts = np.concatenate([[0], np.cumsum(widths)])
    total = int(starts[-1]) + 1  # the last column is the largest regret
    height = sum(p.matrix.shape[0] for p in programs)
    blocks = sparse.block_diag([program.matrix for program in programs])
    rows: list[sparse.csr_array] = [sparse.hstack([blocks, sparse.csr_array((height, 1))])]
    lower = [np.concatenate([p.lower for p in programs])]
    upper = [np.concatenate([p.upper for p in programs])]
    for place, (name, model) in enumerate(zip(names, models, strict=True)):
        value = sparse.lil_array((1, total))
        value[0, starts[place] : starts[place] + widths[place]] = programs[place].value * scale[name]
        value[0, total - 1] = 1.0
        rows.append(value.tocsr())
        lower.append(np.array([allocations[name].value * scale[name]]))
        upper.append(np.array([inf]))
        if place == 0:
            continue
        here = model.question.options.index.get_indexer(options.index)
        if (here < 0).any():
            raise ValueError(f"scenario {name!r} has other projects or levels than the base")
        link = sparse.csr_array(
            (
                np.concatenate([np.ones(n), -np.ones(n)]),
                (np.tile(np.arange(n), 2), np.concatenate([np.arange(n), starts[place] + here])),
            ),
            shape=(n, total),
        )
        rows.append(link)
        lower.append(np.zeros(n))
        upper.append(np.where(free & (not _looser(programs[0], programs[place])), inf, 0.0))
    objective = np.zeros(total)
    objective[-1] = -1.0
    least = np.concatenate([*(p.least for p in programs), [0.0]])
    most = np.concatenate([*(p.most for p in programs), [inf]])
    integer = np.concatenate([*(p.integer for p in programs), [False]])
    matrix = sparse.csr_array(sparse.vstack(rows, format="csr"))
    program = Program(objective, matrix, np.concatenate(lower), np.concatenate(upper), least, most, integer)
    outcome = solve(program, Limits(gap=1e-6, nodes=nodes))
    if outcome.x is None:
        raise ValueError("no plan of today can be repaired in every scenario")
    plan = models[0].levels(tuple(int(i) for i in np.flatnonzero(outcome.x[:n] > 0.5)))
    there = {
        name: evaluate_plan(model, plan, allocations[name].value)
        for name, model in zip(names, models, strict=True)
    }
    regrets = {name: float(str(found["regret"])) * scale[name] for name, found in there.items()}
    fits = sum(bool(found["fits"]) for found in there.values())
    series = pd.Series(regrets, name="regret")
    maximum = float(series.max())
    proven = outcome.status == "optimal"
    bound = maximum if proven and abs(-outcome.bound - maximum) < 1e-4 else max(0.0, -outcome.bound)
    return MinimaxPlan(plan, maximum, bound, series, fits, outcome.status, in_percent)


def _looser(base: Program, other: Program) -> bool:
    """Whether every plan that obeys the base also obeys the other: the same rows, no limit tighter."""
    if base.matrix.shape != other.matrix.shape or (base.matrix != other.matrix).nnz:
        return False
    return bool(
        (other.lower <= base.lower + 1e-9).all()
        and (other.upper >= base.upper - 1e-9).all()
        and (other.least <= base.least + 1e-9).all()
        and (other.most >= base.most - 1e-9).all()
    )
