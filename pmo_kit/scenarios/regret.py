"""What a plan costs if another scenario comes: every plan evaluated in every scenario, with recourse."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Allocation, Question
from pmo_kit.arbitration.model import NANO, Model, compile_model
from pmo_kit.arbitration.search import best_plan


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
    table = table.fillna(math.inf)
    fits = evaluated.groupby("plan")["fits"].sum()
    return table.assign(maximum=table.max(axis=1), mean=table.mean(axis=1), fits=fits).rename_axis(
        columns=None
    )


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


def evaluate_plan(model: Model, plan: Mapping[str, str], best: float) -> dict[str, object]:
    """A plan under the rules and values of one scenario, after recourse where it does not fit."""
    positions = model.positions(plan)
    exact = model.evaluate(positions)
    broken = [
        f"{model.rows[place].label or model.rows[place].rule}: {excess / NANO:g} {model.rows[place].unit} too much"
        for place, excess in exact.broken
    ]
    value, dropped = exact.value / NANO, []
    if broken:
        chosen = set(positions)
        free = model.question.options["commitment"].to_numpy() == "discretionary"
        fixed = {i: int(i in chosen) for i in range(model.n) if i not in chosen or not free[i]}
        found = best_plan(model, fixed=fixed)
        value = math.nan if found.plan is None else found.value / NANO
        dropped = [] if found.plan is None else sorted(set(plan) - set(model.levels(found.plan)))
    return {
        "fits": not broken,
        "broken": "; ".join(broken),
        "value": value,
        "dropped": tuple(dropped),
        "regret": round(best - value, 9),
    }
