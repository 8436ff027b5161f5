"""Random questions of the stated shape: 5 yearly budgets, 8 roles, 10 % dependencies, 5 % exclusive groups, 5 goal
floors and 6 area caps."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Question
from pmo_kit.register import Register

YEARS, ROLES, GOALS, AREAS = range(2027, 2032), 8, 5, 6


@cache
def question(n: int, levels: bool = False, seed: int = 7, gap: float | None = None) -> Question:
    """A random question of the stated shape."""
    rng = np.random.default_rng(seed)
    ids = [f"P{i:05d}" for i in range(n)]
    area, goal = rng.integers(AREAS, size=n), rng.integers(GOALS, size=n)
    rows: dict[str, list] = {"levels": [], "costs": [], "benefits": [], "resources": []}
    total, need = np.zeros(5), np.zeros(ROLES)
    for p in ids:
        cost = np.round(rng.lognormal(1, 0.7, 5) * (rng.random(5) < 0.6), 1)
        cost[0] = max(cost[0], 0.1)
        worth = round(float(cost.sum() * rng.uniform(0.9, 1.8)), 2)
        people = {r: int(rng.integers(1, 6)) for r in range(ROLES) if rng.random() < 0.4}
        total += cost
        for r, f in people.items():
            need[r] += f
        factors = {"full": (1.0, 1.0)}
        if levels and rng.random() < 0.5:
            factors["reduced"] = (0.6, 0.68)
        for level, (c, b) in factors.items():
            rows["levels"].append((p, level))
            rows["costs"] += [(p, level, y, round(float(x) * c, 2)) for y, x in zip(YEARS, cost, strict=True)]
            rows["benefits"].append((p, level, 2033, round(worth * b, 3)))
            rows["resources"] += [(p, level, f"role_{r}", "2027", f * c) for r, f in people.items()]
    links = []
    for i in range(1, n):
        if rng.random() < 0.10:
            links.append((ids[i], "requires", ids[int(rng.integers(i))], None))
    for g in range(max(1, n // 60)):
        links += [(ids[int(i)], "excludes", None, f"g{g}") for i in rng.choice(n, 3, replace=False)]
    rules = [(f"goal {g}", "share", f"strategic_goal=G{g}", 0.08, None) for g in range(GOALS)]
    rules += [(f"area {a}", "share", f"area=A{a}", None, 0.3) for a in range(AREAS)]
    frames = {
        "projects": pd.DataFrame(
            {"project_id": ids, "name": ids, "area": [f"A{a}" for a in area],
             "strategic_goal": [f"G{g}" for g in goal], "commitment": "discretionary"}
        ),
        "settings": pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["none", "2027"]}),
        "levels": pd.DataFrame(rows["levels"], columns=["project_id", "level"]),
        "costs": pd.DataFrame(rows["costs"], columns=["project_id", "level", "year", "amount"]),
        "benefits": pd.DataFrame(rows["benefits"], columns=["project_id", "level", "year", "amount"]),
        "resources": pd.DataFrame(rows["resources"], columns=["project_id", "level", "role", "period", "fte"]),
        "budgets": pd.DataFrame(
            {"envelope": "all", "scope": "all", "year": list(YEARS), "amount": np.round(0.4 * total, 1)}
        ),
        "capacity": pd.DataFrame(
            {"role": [f"role_{r}" for r in range(ROLES)], "period": "2027", "fte": np.round(0.4 * need)}
        ),
        "links": pd.DataFrame(links, columns=["project_id", "relation", "other_id", "group"]),
        "rules": pd.DataFrame(rules, columns=["rule", "kind", "scope", "minimum", "maximum"]),
        "goals": pd.DataFrame({"goal": [f"G{g}" for g in range(GOALS)]}),
    }  # fmt: skip
    asked = Question(Register(**frames), gap=gap)
    assert len(asked.options) >= n
    return asked
