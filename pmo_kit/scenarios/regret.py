"""What a plan costs if another case comes: every plan in every case, and the plan that loses least in its worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, nan
from typing import TypedDict

import numpy as np
import pandas as pd
from scipy import sparse

from pmo_kit.arbitration import Allocation, Question
from pmo_kit.arbitration.model import ONE, Model, compile_model
from pmo_kit.arbitration.search import best_plan
from pmo_kit.arbitration.solving import Limits, Program, Status, solve
from pmo_kit.doors import door

NODES = 2_000  # most branches of the search for the plan of least regret


class Tried(TypedDict):
    """A plan in a case: see `evaluate_plans`."""

    fits: bool
    broken: str
    value: float
    dropped: tuple[str, ...]
    regret: float


def evaluate_plans(
    allocations: Mapping[str, Allocation], others: Mapping[str, Mapping[str, str]] | None = None
) -> pd.DataFrame:
    """Return every scenario's plan in every scenario.

    A plan that breaks a rule of a scenario is repaired by the cheapest recourse: discretionary projects are dropped,
    nothing is added or resized.

    Parameters
    ----------
    allocations : mapping of scenario name to Allocation
        The best plan of each scenario; the first is the base.
    others : mapping of name to plan, optional
        Further plans, such as doing nothing.

    Returns
    -------
    DataFrame
        One row per (plan, scenario): fits (bool), broken (what does not fit, with its unit), value after recourse
        (missing where even recourse does not help), dropped (project ids), regret = V*_s - value, in the unit of
        the value. Of the plan in its own scenario the regret is 0.

    Notes
    -----
    Regret_s(x) = V*_s - V_s(x): Savage (1951), The Theory of Statistical Decision, J. Am. Stat. Assoc. 46.
    """
    rows = []
    plans = {name: allocation.plan for name, allocation in allocations.items()} | dict(others or {})
    for scenario, best in allocations.items():
        model = compile_model(best.question)
        options = best.question.options.index
        for name, levels in plans.items():
            plan = {p: level for p, level in levels.items() if (p, level) in options}
            rows.append({"plan": name, "scenario": scenario} | evaluate_plan(model, plan, best.value))
    return pd.DataFrame(rows)


def regret_table(evaluated: pd.DataFrame) -> pd.DataFrame:
    """Return plans x scenarios, the maximum and the mean regret, and the number of scenarios that each plan fits.

    Parameters
    ----------
    evaluated : DataFrame
        From `evaluate_plans`.

    Returns
    -------
    DataFrame
        Index plan; one column per scenario, then maximum, mean, fits. A regret that no recourse ends is infinite.
    """
    order, cases = evaluated["plan"].drop_duplicates(), evaluated["scenario"].drop_duplicates()
    table = evaluated.pivot(index="plan", columns="scenario", values="regret").loc[order, cases]
    table = table.fillna(inf)
    fits = evaluated.groupby("plan")["fits"].sum()
    return table.assign(maximum=table.max(axis=1), mean=table.mean(axis=1), fits=fits).rename_axis(
        columns=None
    )


@door
def reference_plans(question: Question) -> dict[str, dict[str, str]]:
    """Return doing nothing and doing the minimum, which belong among the options of every decision.

    Do nothing: nothing new, what runs goes on at its dearest level; it may break a duty, and that is shown. Do minimum:
    the plan with the least spending that every rule allows; absent where no plan is possible.

    Notes
    -----
    Source: UK Green Book (2026), shortlisting: business as usual and do minimum are always appraised.
    """
    options = question.options
    running = options[(options["commitment"] == "committed") & ~options["stop"] & (options["delay"] == 0)]
    keep = running.sort_values("cost", kind="stable").groupby(level="project_id").tail(1).index
    plans = {"Do nothing": {str(p): str(level) for p, level in keep}}
    model = compile_model(question)
    objective = np.zeros(len(model.program.value))
    objective[: model.n] = -question.built.costs - 1e-6
    found = best_plan(model, objective=objective)
    if found.plan is not None:
        plans["Do minimum"] = model.levels(found.plan)
    return plans


def dominated_plans(regrets: pd.DataFrame) -> pd.DataFrame:
    """Return the plans that another plan beats in at least one case and loses to in none.

    Parameters
    ----------
    regrets : DataFrame
        Plans x cases.

    Returns
    -------
    DataFrame
        plan, by: the dominating plan with the least maximum regret.

    Examples
    --------
    >>> dominated_plans(pd.DataFrame({"dry": [0, 1], "wet": [2, 2]}, index=["A", "B"])).to_dict("records")
    [{'plan': 'B', 'by': 'A'}]
    """
    rows = []
    for plan, mine in regrets.iterrows():
        better = regrets.le(mine + 1e-9).all(axis=1) & regrets.lt(mine - 1e-9).any(axis=1)
        if better.any():
            rows.append({"plan": plan, "by": regrets[better].max(axis=1).idxmin()})
    return pd.DataFrame(rows, columns=["plan", "by"])


def evaluate_plan(model: Model, plan: Mapping[str, str], best: float) -> Tried:
    """A plan under the rules and values of one scenario, after recourse where it does not fit."""
    positions = model.positions(plan)
    exact = model.evaluate(positions)
    broken = [
        f"{model.rows[place].label or model.rows[place].rule}: {excess / ONE:g} {model.rows[place].unit} too much"
        for place, excess in exact.broken
    ]
    value, dropped = exact.value / ONE, []
    if broken:
        chosen = set(positions)
        free = model.question.options["commitment"].to_numpy() == "discretionary"
        fixed = {i: int(i in chosen) for i in range(model.n) if i not in chosen or not free[i]}
        found = best_plan(model, fixed=fixed)
        value = nan if found.plan is None else found.value / ONE
        dropped = [] if found.plan is None else sorted(set(plan) - set(model.levels(found.plan)))
    return {
        "fits": not broken,
        "broken": "; ".join(broken),
        "value": value,
        "dropped": tuple(dropped),
        "regret": round(best - value, 9),
    }


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


def minimax_plan(allocations: Mapping[str, Allocation], in_percent: bool = False) -> MinimaxPlan:
    """Return the plan of the base question with the least maximum regret over all scenarios.

    The plan obeys the rules of the base (the first). In every other scenario discretionary projects may be dropped,
    and nothing is added or resized. Where every plan of today fits too (only looser limits, other values), nothing is
    dropped. A bound below the maximum says that a plan could do better by dropping what it need not drop.

    Parameters
    ----------
    allocations : mapping of scenario name to Allocation
    in_percent : bool
        Regret in percent of each scenario's best value, where they have several units.

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
    outcome = solve(program, Limits(gap=1e-6, nodes=NODES))
    if outcome.x is None:
        raise ValueError("no plan of today can be repaired in every scenario")
    plan = models[0].levels(tuple(int(i) for i in np.flatnonzero(outcome.x[:n] > 0.5)))
    there = {
        name: evaluate_plan(model, plan, allocations[name].value)
        for name, model in zip(names, models, strict=True)
    }
    regrets = {name: found["regret"] * scale[name] for name, found in there.items()}
    fits = sum(found["fits"] for found in there.values())
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
