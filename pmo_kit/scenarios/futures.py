"""Scenarios and risk together: every plan in every scenario, in many possible futures."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.risk import simulate_plan
from pmo_kit.scenarios.comparison import Comparison
from pmo_kit.scenarios.regret import reference_plans

COLUMNS = ["plan", "scenario", "cost_p80", "npv_p20", "npv_p50", "fits", "wins"]


def simulate_cases(
    comparison: Comparison,
    draws: int = 2_000,
    seed: int = 7,
    *,
    executor: Executor | None = None,
    **simulating: Any,
) -> pd.DataFrame:
    """Simulate every plan in every case that forces no project; least regret, do nothing and do minimum included.

    Parameters
    ----------
    comparison : Comparison
    draws, seed : int
        All plans and cases share the same draws, so differences between them are theirs alone.
    executor : concurrent.futures.Executor, optional
        Draws the blocks of projects.
    **simulating
        Passed on to `simulate`.

    Returns
    -------
    DataFrame
        One row per (plan, scenario): cost_p80, npv_p20, npv_p50, fits (probability that all envelopes of the scenario
        hold together), wins (probability of being worth more than the base's plan there; missing for that plan itself).
    """
    plans = {name: comparison.allocations[name].plan for name in comparison.cases}
    plans |= {"Least regret": comparison.minimax.plan} | reference_plans(comparison.question)
    rows = []
    for case in comparison.cases:
        question = comparison.allocations[case].question
        options, base = question.options.index, None
        for name, levels in plans.items():
            plan = {p: level for p, level in levels.items() if (p, level) in options}
            drawn = simulate_plan(question, plan, draws, seed, executor=executor, **simulating)
            base = base or drawn
            low, middle = np.quantile(drawn.totals["npv"], [0.2, 0.5])
            wins = float("nan") if drawn is base else drawn.beats(base)
            cost = float(np.quantile(drawn.totals["cost"], 0.8))
            rows.append((name, case, cost, float(low), float(middle), drawn.fits_envelopes, wins))
    return pd.DataFrame(rows, columns=COLUMNS)
