"""Arbitration at size: proofs, prices, frontiers and samples, against CBC (PuLP), scipy.milp and plain HiGHS.

Instances have 5 yearly budgets, 8 roles, 10 % dependencies, 5 % exclusive groups, 5 goal floors and 6 area caps.
"""

from __future__ import annotations

import time
from functools import cache

import numpy as np
import pandas as pd
import pulp
from scipy import optimize

from pmo_kit.arbitration import Question, arbitrate, explain, frontier, inclusion_frequency
from pmo_kit.arbitration.model import compile_model
from pmo_kit.register import Register
from tests.bench.line import Line

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


def timed(run) -> tuple[float, object]:
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def cbc(asked: Question, gap: float, limit: float) -> float:
    """Seconds of CBC for the same program, rebuilt through PuLP; the rebuild is counted."""
    program = compile_model(asked).program
    matrix = program.matrix

    def rebuilt() -> None:
        problem = pulp.LpProblem("plan", pulp.LpMaximize)
        x = [pulp.LpVariable(f"x{i}", 0, 1, cat="Binary") for i in range(len(program.value))]
        problem += pulp.lpDot(program.value.tolist(), x)
        for r in range(matrix.shape[0]):
            part = slice(matrix.indptr[r], matrix.indptr[r + 1])
            row = pulp.lpDot(matrix.data[part].tolist(), [x[c] for c in matrix.indices[part]])
            if np.isfinite(program.lower[r]):
                problem += row >= program.lower[r]
            if np.isfinite(program.upper[r]):
                problem += row <= program.upper[r]
        problem.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=gap, timeLimit=limit, threads=1))

    return timed(rebuilt)[0]


def scipy_milp(asked: Question, gap: float, limit: float) -> float:
    """Seconds of scipy.optimize.milp for the same program."""
    p = compile_model(asked).program
    rows = optimize.LinearConstraint(p.matrix, p.lower, p.upper)
    bounds = optimize.Bounds(p.least, p.most)
    options = {"mip_rel_gap": gap, "time_limit": limit}
    kind = p.integer.astype(int)
    return timed(
        lambda: optimize.milp(-p.value, constraints=rows, bounds=bounds, integrality=kind, options=options)
    )[0]


def bench_prices_of_60() -> list[Line]:
    lines = []
    for levels, bound in ((False, 30.0), (True, 120.0)):
        asked = question(60, levels)
        seconds, a = timed(lambda asked=asked: arbitrate(asked))
        lines.append(Line(f"60 projects{' with levels' * levels}: proof and next best", seconds, 5.0))
        seconds, reasons = timed(lambda a=a: explain(a))
        assert (reasons.table["proof"] != "undecided").all()
        lines.append(Line(f"60 projects{' with levels' * levels}: all prices exact", seconds, bound))
    return lines


def bench_200() -> Line:
    asked = question(200, gap=0.003)
    seconds, a = timed(lambda: arbitrate(asked.replace(time_limit=60.0)))
    print(f"   200 projects: gap {100 * a.gap:.3f} %, {a.gap_projects:.2f} median projects, {seconds:.1f} s")
    return Line("200 projects: gap in median projects within 60 s", a.gap_projects, 0.5, "projects")


def bench_5000() -> Line:
    asked = question(5000, gap=1e-3)
    seconds, a = timed(lambda: arbitrate(asked))
    assert a.gap <= 1e-3
    return Line(
        "5,000 projects to 0.1 %",
        seconds,
        1.5,
        peer="CBC rebuilt by PuLP",
        peer_measured=cbc(asked, 1e-3, 60),
    )


def bench_frontier_1000() -> Line:
    asked, factors = question(1000, gap=1e-3), np.linspace(0.6, 1.2, 100)
    seconds, found = timed(lambda: frontier(asked, budgets=factors.tolist()))
    assert all(a.gap <= 1e-3 for a in found.allocations.values())
    some = [cbc(asked.scaled(float(f)), 1e-3, 30) for f in factors[5::10]]
    return Line(
        "1,000 projects: frontier of 100 points to 0.1 %", seconds, 120.0, peer="CBC rebuilt by PuLP (10 points x 10)",
        peer_measured=10 * sum(some), least_ratio=5.0,
    )  # fmt: skip


def bench_inclusion_200() -> Line:
    asked = question(200, gap=0.003)
    rng = np.random.default_rng(7)
    samples = asked.built.values * rng.uniform(0.9, 1.1, (100, len(asked.built)))
    seconds, found = timed(lambda: inclusion_frequency(asked, samples))
    print(f"   200 projects: mean gap {found.gaps.mean():.2f} median projects")
    peers = [
        cbc(asked.replace(value=pd.Series(v, asked.options.index, name="v")), 0.003, 60) for v in samples[:10]
    ]
    return Line(
        "200 projects: inclusion frequency, 1,000 samples (100 x 10)", 10 * seconds, 300.0,
        peer="CBC rebuilt by PuLP to 0.3 % (10 samples x 100)", peer_measured=100 * sum(peers), least_ratio=5.0,
    )  # fmt: skip
