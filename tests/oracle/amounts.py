"""Is the plan that is called best still best when amounts are tiny or huge? Fractional amounts against brute force in
fractions.

A case is right where the status is `optimal`, the plan fits every limit (to one part in 1e9), nothing better fits, and
the value that is said is the value of the plan.
"""

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd

import pmo_kit as pmo
from pmo_kit.arbitration import solve_selection

SCALES = (1e-6, 1e-4, 1e-2, 1.0, 1e2, 1e4, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12)
CLOSE = Fraction(1, 10**9)
FOUND = {  # the first register seen: four projects of about 1e10, a third of the value was lost and called proven best
    "cost": [9397470569.07977, 6322638098.407582, 9977417162.219284, 3560044502.106312],
    "benefit": [16198134448.16712, 13970211451.779629, 19801520311.527203, 7308185345.600926],
    "budget": [18895228131.446922],
}


def case(seed, scale, kind):
    """Costs (limits x projects), benefits and limits; no limit is within a part in 1e6 of what a plan uses."""
    g = np.random.default_rng([seed, round(np.log10(scale)) + 20])
    while True:
        n, limits = int(g.integers(3, 9)), 1 if kind == "arbitrate" else int(g.integers(1, 3))
        cost = g.uniform(1, 10, (limits, n)) * scale
        benefit = cost[0] * g.uniform(0.5, 3, n) if kind == "arbitrate" else g.uniform(1, 10, n) * scale
        if seed % 3 == 1:  # cents
            cost, benefit = (
                np.round(cost, 2) if scale >= 1 else cost,
                np.round(benefit, 2) if scale >= 1 else benefit,
            )
        if seed % 3 == 2:  # costs of very different size
            cost = cost * 10.0 ** g.uniform(-2, 0, n)
        most = cost.sum(1) * g.uniform(0.3, 0.7, limits)
        used = np.array([cost @ np.array(x) for x in itertools.product((0, 1), repeat=n)])
        if (np.abs(used - most) > 1e-6 * most).all():
            return cost, benefit, most


def exact_best(worth, cost, most):
    """Value of the best plan, in Fractions."""
    worth, most = [Fraction(float(v)) for v in worth], [Fraction(float(b)) for b in most]
    cost = [[Fraction(float(c)) for c in row] for row in cost]
    best = Fraction(0)
    for x in itertools.product((0, 1), repeat=len(worth)):
        chosen = [i for i, inside in enumerate(x) if inside]
        if all(sum(row[i] for i in chosen) <= b for row, b in zip(cost, most, strict=True)):
            best = max(best, sum((worth[i] for i in chosen), Fraction(0)))
    return best


def register(cost, benefit, budget):
    ids = [f"P{i}" for i in range(len(cost))]
    settings = {
        "currency": "JPY", "money_unit": "unit", "price_basis": "nominal", "as_of": "2026-01-01",
        "discount_schedule": "none", "discount_to": "2027",
    }  # fmt: skip
    return pmo.Register(
        settings=settings,
        projects=pd.DataFrame({"project_id": ids, "name": ids, "area": "a"}),
        costs=pd.DataFrame({"project_id": ids, "year": 2027, "amount": cost}),
        benefits=pd.DataFrame({"project_id": ids, "benefit": "b", "year": 2027, "amount": benefit}),
        budgets=pd.DataFrame({"envelope": ["all"], "year": [2027], "amount": [budget]}),
    )


def answer(kind, cost, benefit, most):
    """(status, value, chosen places) of pmo_kit; the worth of each project."""
    if kind == "arbitrate":
        found = pmo.arbitrate(pmo.Question(register(cost[0], benefit, most[0])))
        worth = [Fraction(float(b)) - Fraction(float(c)) for b, c in zip(benefit, cost[0], strict=True)]
        return found.status, found.value, [int(p[1:]) for p in found.plan], worth
    found = solve_selection(benefit, cost, most)
    return found.status, found.value, list(found.chosen), [Fraction(float(v)) for v in benefit]


def wrong(kind, cost, benefit, most):
    """What is wrong with the answer, or None."""
    try:
        status, value, chosen, worth = answer(kind, cost, benefit, most)
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:120]}"
    best = exact_best(worth, cost, most)
    mine = sum((worth[i] for i in chosen), Fraction(0))
    if status != "optimal":
        return f"status {status}"
    for row, limit in zip(cost, most, strict=True):
        if sum(Fraction(float(row[i])) for i in chosen) > Fraction(float(limit)) * (1 + CLOSE):
            return "the plan breaks a limit"
    if mine < best * (1 - CLOSE):
        return f"{float(1 - mine / best):.1%} of the value is lost"
    if abs(Fraction(float(value)) - mine) > abs(mine) * Fraction(1, 10**6):
        return f"value {value:g} is said of a plan worth {float(mine):g}"
    return None
