"""One order of funding for several budgets, against trying every set of nested plans."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit.arbitration.budgets import FundingOrder
from pmo_kit.arbitration.model import ONE, compile_model
from pmo_kit.errors import InfeasibleError
from tests.arbitration.test_brute_force import ask
from tests.conftest import shipped_register
from tests.strategies import Case, brief, cases

FACTORS = (0.6, 0.8, 1.0, 1.3)


def every_plan(question: pmo.Question) -> Iterator[tuple[tuple[int, ...], float]]:
    """Positions and value of all plans that obey the rules."""
    model, options = compile_model(question), question.built
    for choice in product(*([None, *group.tolist()] for group in options.groups.values())):
        plan = tuple(sorted(i for i in choice if i is not None))
        exact = model.evaluate(plan)
        if not exact.broken:
            yield plan, exact.value / ONE


def by_funded(question: pmo.Question) -> dict[frozenset[str], float]:
    """Projects funded -> value of the best plan that funds just these, of all plans that obey the rules."""
    options = question.built
    best: dict[frozenset[str], float] = {}
    for plan, value in every_plan(question):
        funded = frozenset(str(options.project_ids[i]) for i in plan if not options.stops[i])
        best[funded] = max(best.get(funded, -np.inf), value)
    return best


def nested_by_hand(points: list[dict[frozenset[str], float]], weights: list[float]) -> float:
    """The largest weighted value of plans of which each funds all that the one before funds; -inf where none do."""
    chains = {frozenset[str](): 0.0}
    for values, weight in zip(points, weights, strict=True):
        chains = {
            funded: weight * value + max((v for f, v in chains.items() if f <= funded), default=-np.inf)
            for funded, value in values.items()
        }
    return max(chains.values(), default=-np.inf)


@pytest.mark.long
@brief(6)
@given(cases(most=4), st.lists(st.integers(0, 3), min_size=4, max_size=4).filter(any))
def test_order_is_the_best_of_all(case: Case, weights: list[int]) -> None:
    question = ask(case)
    points = {f: by_funded(question.scaled(f)) for f in FACTORS}
    possible = [f for f in FACTORS if points[f]]
    of = dict(zip(FACTORS, weights, strict=True))
    if not possible:
        with pytest.raises(InfeasibleError):
            pmo.frontier(question, FACTORS, nested=True, weights=weights)
        return
    shares = [float(of[f]) for f in possible]
    shares = [w / sum(shares) if sum(shares) else 1 / len(shares) for w in shares]
    best = nested_by_hand([points[f] for f in possible], shares)
    if best == -np.inf:
        with pytest.raises(InfeasibleError):
            pmo.frontier(question, FACTORS, nested=True, weights=weights)
        return
    order = pmo.frontier(question, FACTORS, nested=True, weights=weights)
    assert isinstance(order, FundingOrder)
    assert order.value == pytest.approx(best, abs=1e-6)
    assert order.gap == 0
    table = order.table.set_index("factor")
    assert float(np.dot(order.weights, table["value"].dropna())) == pytest.approx(best, abs=1e-6)
    for f in possible:
        assert table.loc[f, "alone"] == pytest.approx(max(points[f].values()), abs=1e-6)
        assert table.loc[f, "price"] == pytest.approx(table.loc[f, "alone"] - table.loc[f, "value"], abs=1e-6)
    inside = order.plans.notna() & order.plans.ne("stop")
    assert (inside.astype(int).diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert set(order.order["project_id"]) == set(inside.index[inside.any(axis=1)])
    for row in order.order.itertuples():
        assert inside.columns[inside.loc[row.project_id]][0] == row.factor
        assert order.plans.loc[row.project_id, row.factor] == row.level


@pytest.mark.long
def test_an_order_is_asked_for_with_weights_that_fit() -> None:
    question = pmo.Question(shipped_register("meridian_12"))
    for wrong in ([1.0], [1, -1], [0, 0], [1, np.nan], [1, np.inf]):
        with pytest.raises(ValueError, match=r"one for each budget|a weight is"):
            pmo.frontier(question, [0.9, 1.0], nested=True, weights=wrong)
    with pytest.raises(ValueError, match="nested=True"):
        pmo.frontier(question, [0.9, 1.0], weights=[1, 1])


def test_weights_belong_to_the_budgets_as_they_are_given() -> None:
    question = pmo.Question(shipped_register("meridian_12"))
    one = pmo.frontier(question, [1.0, 0.7], nested=True, weights=[3, 1])
    other = pmo.frontier(question, [0.7, 1.0], nested=True, weights=[1, 3])
    assert one.weights == other.weights == (0.25, 0.75)
    pd.testing.assert_frame_equal(one.table, other.table)
