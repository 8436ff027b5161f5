"""Published plans beyond their mean: every budget by itself, and an order of funding that only adds and is proven."""

import json

import numpy as np
import pytest

import pmo_kit as pmo
from pmo_kit.proof import question
from pmo_kit.shipped import shipped

FILES = sorted(shipped("data", "samples", "published").glob("*.json"))
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}


def having(variant: str) -> list[str]:
    return [name for name, case in CASES.items() if variant in case.get("published", ())]


@pytest.mark.long
@pytest.mark.parametrize("name", having("plain"))
def test_best_plan_of_each_budget(name: str) -> None:
    case = CASES[name]
    values = [pmo.arbitrate(question(case, budget)).value for budget in case["budgets"]]
    assert values == pytest.approx(case["published"]["plain"]["each"], rel=1e-6, abs=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", having("nested"))
def test_one_order_of_funding(name: str) -> None:
    case = CASES[name]
    last, fund = case["budgets"][-1], case["funds"][0]
    factors = [budget[fund][0] / last[fund][0] for budget in case["budgets"]]
    weights = [budget["probability"] for budget in case["budgets"]]
    order = pmo.frontier(question(case, last), factors, nested=True, weights=weights)
    found = np.average(order.table["value"], weights=weights)
    assert found == pytest.approx(case["published"]["nested"]["mean"], rel=1e-6, abs=1e-6)
    assert order.gap == 0
    assert order.value <= np.average(order.table["alone"], weights=weights) + 1e-6
