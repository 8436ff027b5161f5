"""The review of 2,000 projects over 60 periods."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pmo_kit.performance import forecast_accuracy, review_performance
from pmo_kit.register import Register
from tests.bench.line import Line, seconds

PROJECTS, PERIODS = 2_000, 60


def large_register() -> Register:
    """Straight plans of random size; work earned and cost around them."""
    rng = np.random.default_rng(7)
    ids = [f"P{place:04d}" for place in range(PROJECTS)]
    bac = rng.uniform(5, 100, (PROJECTS, 1))
    plan = bac * np.cumsum(rng.uniform(0.5, 1.5, (PROJECTS, PERIODS)), axis=1)
    plan = plan / plan[:, -1:] * bac
    earned = plan * rng.uniform(0.6, 1.0, (PROJECTS, 1))
    spent = earned * rng.uniform(0.9, 1.3, (PROJECTS, 1))
    periods = [f"{2022 + month // 12}-{month % 12 + 1:02d}" for month in range(PERIODS)]
    status = pd.DataFrame(
        {
            "project_id": np.repeat(ids, PERIODS),
            "period": np.tile(periods, PROJECTS),
            "bac": np.repeat(bac[:, 0], PERIODS),
            "pv": plan.ravel(),
            "ev": earned.ravel(),
            "ac": spent.ravel(),
        }
    )
    areas = rng.choice(["North", "South", "East", "West"], PROJECTS)
    projects = pd.DataFrame({"project_id": ids, "name": ids, "area": areas, "rag_declared": "G"})
    costs = pd.DataFrame({"project_id": ids, "year": 2027, "amount": 1.0})
    settings = pd.DataFrame({"key": ["as_of"], "value": ["2025-06-30"]})
    return Register(projects=projects, costs=costs, status=status, settings=settings)


def bench_review() -> list[Line]:
    register = large_register()
    assert register.fingerprint
    review = review_performance(register)
    return [
        Line("review 2,000 projects x 60 periods", seconds(lambda: review_performance(register)), 1.0),
        Line("forecast accuracy of the same, every period", seconds(lambda: forecast_accuracy(review)), 1.0),
    ]
