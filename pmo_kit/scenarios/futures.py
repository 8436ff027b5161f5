"""Scenarios and risk together: every plan in every scenario, in many possible futures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmo_kit.doors import door
from pmo_kit.risk.simulation import DRAWS, SEED, simulate_plan
from pmo_kit.scenarios.comparison import Comparison
from pmo_kit.scenarios.regret import evaluate_plans, reference_plans

COLUMNS = ["plan", "scenario", "cost_p80", "npv_p20", "npv_p50", "fits", "wins"]


@door
def simulate_cases(comparison: Comparison, draws: int = DRAWS, seed: int = SEED) -> pd.DataFrame:
    """Simulate every plan in every case that forces no project; least regret, do nothing and do minimum included.

    What a plan no longer fits in a case is dropped from it first, as for its regret.

    Parameters
    ----------
    comparison : Comparison
    draws, seed : int
        All plans and cases share the same draws, so differences between them are theirs alone.

    Returns
    -------
    DataFrame
        One row per (plan, scenario): cost_p80, npv_p20, npv_p50, fits (probability that all envelopes of the scenario
        hold together), wins (probability of being worth more than the base's plan there; missing for that plan itself).
        All are missing where no dropping makes the plan fit.
    """
    cases = {name: comparison.allocations[name] for name in comparison.cases}
    others = {"Least regret": comparison.minimax.plan} | reference_plans(comparison.question)
    plans = {name: allocation.plan for name, allocation in cases.items()} | others
    rows: list[tuple[object, ...]] = []
    base = None
    for found in evaluate_plans(cases, others).itertuples():
        name, case = str(found.plan), str(found.scenario)
        base = None if name == comparison.base else base
        if found.value != found.value:
            rows.append((name, case, *[float("nan")] * 5))
            continue
        plan = {p: level for p, level in plans[name].items() if p not in found.dropped}
        drawn = simulate_plan(cases[case].question, plan, draws, seed)
        base = drawn if name == comparison.base else base
        low, middle = np.quantile(drawn.totals["npv"], [0.2, 0.5])
        wins = float("nan") if base is None or drawn is base else drawn.beats(base)
        cost = float(np.quantile(drawn.totals["cost"], 0.8))
        rows.append((name, case, cost, float(low), float(middle), drawn.fits_envelopes, wins))
    return pd.DataFrame(rows, columns=COLUMNS)
