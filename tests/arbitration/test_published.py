"""Published answers: best plans, plans of uncertain budgets, one order of funding, portfolios no other dominates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import pmo_kit as pmo
from pmo_kit.arbitration import solve_selection

FOLDER = Path(__file__).parent / "published"
FIRST = 2027
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))}
Case = dict[str, Any]


def having(variant: str) -> list[str]:
    return [name for name, case in CASES.items() if variant in case["published"]]


def question(case: Case, budget: dict[str, Any]) -> pmo.Question:
    """A case as a register: its funds are funds of the costs, each with an envelope a year; its value is given."""
    one, years = len(case["funds"]) == 1, range(FIRST, FIRST + case["periods"])
    told = [o for o in case["options"] if o["value"] or any(any(c) for c in o["cost"].values())]
    ids = list(dict.fromkeys(o["project"] for o in case["options"]))
    rows: dict[str, list[dict[str, Any]]] = {
        "settings": [
            {"key": "discount_schedule", "value": "none"}, {"key": "discount_to", "value": str(FIRST)},
            {"key": "beyond_horizon", "value": "zero"},
        ],
        "projects": [
            {"project_id": p, "name": p, "area": "plant",
             "mandatory_reason": "regulator" if p in case["mandatory"] else None,
             "commitment": "mandatory" if p in case["mandatory"] else "discretionary"}
            for p in ids
        ],
        "levels": [{"project_id": o["project"], "level": o["level"]} for o in told],
        "costs": [
            {"project_id": o["project"], "level": o["level"], "year": y, "fund": "" if one else fund, "amount": amount}
            for o in told for fund, flow in o["cost"].items() for y, amount in zip(years, flow, strict=True) if amount
        ],
        "budgets": [
            {"envelope": fund, "scope": "all" if one else f"fund={fund}", "year": year, "amount": amount}
            for fund in case["funds"] for year, amount in zip(years, budget[fund], strict=True)
        ],
    }  # fmt: skip
    keys = pd.MultiIndex.from_tuples(
        [(o["project"], o["level"]) for o in told], names=["project_id", "level"]
    )
    register = pmo.Register(**{name: pd.DataFrame(table) for name, table in rows.items()})
    return pmo.Question(register, value=pd.Series([o["value"] for o in told], keys), gap=0.0)


def same(published: float) -> Any:
    return pytest.approx(published, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", having("single"))
def test_best_plan(name: str) -> None:
    case = CASES[name]
    assert pmo.arbitrate(question(case, case["budget"])).value == same(case["published"]["single"]["value"])


@pytest.mark.parametrize("name", having("plain"))
def test_best_plan_of_each_budget(name: str) -> None:
    case = CASES[name]
    values = [pmo.arbitrate(question(case, budget)).value for budget in case["budgets"]]
    assert values == same(case["published"]["plain"]["each"])


@pytest.mark.parametrize("name", having("nested"))
def test_one_order_of_funding(name: str) -> None:
    case = CASES[name]
    last, fund = case["budgets"][-1], case["funds"][0]
    factors = [b[fund][0] / last[fund][0] for b in case["budgets"]]
    weights = [b["probability"] for b in case["budgets"]]
    order = pmo.frontier(question(case, last), factors, nested=True, weights=weights)
    assert np.average(order.table["value"], weights=weights) == same(case["published"]["nested"]["mean"])
    assert order.gap == 0
    assert order.value <= np.average(order.table["alone"], weights=weights) + 1e-6


def test_best_portfolios_of_any_weights_are_those_that_none_dominates() -> None:
    case = CASES["rpm_15"]
    scores = np.array(case["scores"])
    published = {tuple(p) for p in case["published"]["non_dominated"]}
    for weights in np.random.default_rng(7).dirichlet([1, 1, 1], 60):
        best = solve_selection(scores @ weights, [case["cost"]], [case["budget"]])
        assert tuple(i + 1 for i in best.chosen) in published
