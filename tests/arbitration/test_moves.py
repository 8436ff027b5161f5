"""Money moved between years, against trying every plan under the moved envelopes."""

from __future__ import annotations

import dataclasses
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given

import pmo_kit as pmo
from pmo_kit.arbitration import (
    Committed,
    Envelope,
    Mandatory,
    Share,
    limits_worth,
    money_moves,
    thresholds,
    what_would_admit,
)
from pmo_kit.arbitration.thresholds import least_increase
from pmo_kit.errors import InfeasibleError, InputError
from tests.arbitration.test_brute_force import ask
from tests.arbitration.test_budgets import by_funded
from tests.conftest import shipped_register
from tests.strategies import Case, brief, cases


def best_with(question: pmo.Question, together: tuple[str, ...], by: dict[int, float]) -> float:
    """Value of the best plan with the amounts of some years of some envelopes changed; NaN where there is none."""
    moved = [
        dataclasses.replace(r, amount=r.amount + by.get(r.year, 0.0))
        for r in question.active_rules
        if isinstance(r, Envelope) and r.envelope in together
    ]
    return max(by_funded(question.with_rules(*moved)).values(), default=np.nan)


@pytest.mark.long
@brief(5)
@given(cases(most=3))
def test_gain_and_cap_of_every_move(case: Case) -> None:
    question = ask(case)
    try:
        allocation = pmo.arbitrate(question)
    except InfeasibleError:
        return
    envelopes = {(r.envelope, r.year): r for r in question.active_rules if isinstance(r, Envelope)}
    table = money_moves(allocation, amounts=(1, 3))
    assert table["gain"].dropna().is_monotonic_decreasing
    for row in table.itertuples():
        assert row.together[0] == row.envelope
        assert all(envelopes[e, row.to_year].scope in ("all", envelopes[row.envelope, row.to_year].scope)
                   for e in row.together if (e, row.to_year) in envelopes)  # fmt: skip
        there = [envelopes[e, row.from_year].amount for e in row.together if (e, row.from_year) in envelopes]
        if min(there) < row.amount:
            assert np.isnan(row.gain)
            continue
        value = best_with(question, row.together, {row.from_year: -row.amount, row.to_year: row.amount})
        assert row.gain == pytest.approx(value - allocation.value, abs=1e-6, nan_ok=True)
        more = best_with(question, row.together, {row.to_year: row.amount})
        assert row.more == pytest.approx(more - allocation.value, abs=1e-6)
        assert row.most >= max(0.0, row.gain) - 1e-6
        if row.cap:
            at = {row.from_year: -row.cap, row.to_year: row.cap}
            assert best_with(question, row.together, at) - allocation.value == pytest.approx(row.most, abs=1e-6)
            less = {row.from_year: 1e-5 - row.cap, row.to_year: row.cap - 1e-5}
            assert best_with(question, row.together, less) - allocation.value < row.most - 1e-9


def test_what_a_wider_search_answers_is_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    allocation = pmo.arbitrate(pmo.Question(shipped_register("meridian_12")))
    eased = allocation._eased
    envelopes = [r.name for r in allocation.question.active_rules if isinstance(r, Envelope)]
    most = eased.value(dict.fromkeys(envelopes, np.inf))
    together = least_increase(eased, [{name: 1.0} for name in envelopes], most + 1)
    rising = least_increase(eased, [{name: 1.0} for name in envelopes], most)
    assert together is None
    assert rising is not None
    first = envelopes[0]
    key = (frozenset({(first, 1.0)}),)
    assert eased.too_little(key, None, most + 1) == np.inf
    assert eased.too_little(key, None, most) == rising.amount
    assert eased.too_little(key, None, most - 1) == eased.too_little(key, 0, most) == 0
    both = (frozenset({(first, 1.0), (envelopes[1], 1.0)}),)  # one unit of it is two of the sum
    assert eased.too_little(both, None, most) == 0
    monkeypatch.setattr(thresholds, "solve", None)
    assert least_increase(eased, [{first: 1.0}], most + 1) is None
    assert least_increase(eased, [{name: 1.0} for name in envelopes], most) is rising


def test_amounts_that_cannot_be_moved_are_refused() -> None:
    allocation = pmo.arbitrate(pmo.Question(shipped_register("meridian_12")))
    for wrong in ([], [0], [-1], [np.nan], [np.inf]):
        with pytest.raises(InputError, match="above zero"):
            money_moves(allocation, amounts=wrong)


def test_less_money_than_one_unit_can_move_where_a_share_of_the_envelopes_moves_with_it() -> None:
    question = pmo.Question(shipped_register("meridian_12"))
    duties = [rule.name for rule in question.rules if isinstance(rule, Committed | Mandatory)]
    small = next(rule for rule in question.rules if isinstance(rule, Envelope) and rule.year == 2027)
    share = Share(rule="networks", scope="area=Networks", maximum=0.6, of="envelope")
    question = question.without(*duties).with_rules(dataclasses.replace(small, amount=0.5), share)
    table = money_moves(pmo.arbitrate(question), amounts=[0.25]).set_index(["from_year", "to_year"])
    assert table.loc[(2028, 2027), "most"] == table["most"].max() > 0
    assert table.loc[(2027, 2028), ["gain", "most", "cap"]].tolist() == [0.0, 0.0, 0.0]


def test_more_of_a_soft_limit_lowers_what_breaking_it_costs() -> None:
    """P1 is worth 5; P2, worth 6.5, breaks the limit by 2 for 1 each, so that half of one more lets it in."""
    register = pmo.Register(
        settings={"discount_schedule": "none", "discount_to": "2027"},
        projects=pd.DataFrame({"project_id": ["P1", "P2"], "name": ["Pipes", "Pumps"], "area": "North",
                               "commitment": "discretionary"}),
        costs=pd.DataFrame({"project_id": ["P1", "P2"], "year": 2027, "amount": [10.0, 12.0]}),
        benefits=pd.DataFrame({"project_id": ["P1", "P2"], "year": 2029, "amount": [15.0, 18.5]}),
        budgets=pd.DataFrame({"envelope": "all", "year": [2027, 2028], "amount": 10.0}),
    )  # fmt: skip
    hard = pmo.Question(register)
    soft = hard.with_rules(dataclasses.replace(hard.rule("envelope all 2027"), price=1.0))
    allocation = pmo.arbitrate(soft)
    assert dict(allocation.plan) == {"P1": "full"}
    worth = limits_worth(allocation)
    for name in ("envelope all 2027", "all money"):
        more, value, unlimited, enough = worth.loc[name, ["more", "more_value", "unlimited_value", "enough"]]
        assert (more, value) == pytest.approx((0.5, 5.0), abs=1e-5)
        assert (unlimited, enough) == pytest.approx((11.5, 12.0))
    moves = money_moves(allocation, amounts=[2])
    assert moves.loc[0, ["from_year", "gain", "most", "cap"]].tolist() == pytest.approx([2028, 1.5, 4.5, 10.0])
    ways = what_would_admit(allocation, "P2").table.set_index("way")["amount"]
    assert ways["all envelopes"] == pytest.approx(0.05)


@pytest.mark.parametrize("prices", [(1.0, None), (None, 0.5), (0.5, 1.7)])
def test_a_soft_limit_that_also_carries_money_on_has_least_increases_and_moves(
    prices: tuple[float | None, float | None],
) -> None:
    """Against every plan at every amount; what a year carries on is never what breaks its own limit."""
    names, costs = ["P0", "P1", "P2"], [(6.0, 1.0), (4.0, 6.0), (2.0, 5.0)]
    years, rows = (2027, 2028), zip(names, costs, strict=True)
    register = pmo.Register(
        settings={"discount_schedule": "none", "discount_to": "2027"},
        projects=pd.DataFrame({"project_id": names, "name": names, "area": "North", "commitment": "discretionary"}),
        costs=pd.DataFrame([(p, y, x) for p, each in rows for y, x in zip(years, each, strict=True)],
                           columns=["project_id", "year", "amount"]),
        benefits=pd.DataFrame({"project_id": names, "year": 2029, "amount": [12.0, 17.5, 9.2]}),
        budgets=pd.DataFrame({"envelope": "all", "year": years, "amount": [7.0, 8.0]}),
    )  # fmt: skip
    question = pmo.Question(register)
    own = [question.rule(f"envelope all {year}") for year in years]
    soft = (dataclasses.replace(r, price=p, carry_limit=2.0) for r, p in zip(own, prices, strict=True))
    allocation = pmo.arbitrate(question.with_rules(*soft))
    model, now = allocation._model, allocation.value
    plans = [tuple(i for i in range(3) if k >> i & 1) for k in range(8)]

    def best(by: dict[str, float]) -> float:
        exact = map(model.eased(by).evaluate, plans)
        return max(each.value for each in exact if not each.broken) / 1e22 - now

    for name, limit in limits_worth(allocation, [r.name for r in own]).iterrows():
        if limit["unlimited_value"] > now:
            assert best({str(name): limit["more"] - 1e-4}) <= 1e-6 < best({str(name): limit["more"] + 1e-4})
            assert best({str(name): limit["enough"]}) == pytest.approx(limit["unlimited_value"] - now, abs=1e-5)
            assert best({str(name): limit["enough"] - 1e-3}) < limit["unlimited_value"] - now - 1e-6
    for move in money_moves(allocation, amounts=[1, 2]).itertuples():
        by = {f"envelope all {move.from_year}": -1.0, f"envelope all {move.to_year}": 1.0}
        gains = {x: best({name: x * step for name, step in by.items()}) for x in (move.cap, move.amount, *range(8))}
        assert gains[move.amount] == pytest.approx(move.gain, abs=1e-6)
        assert max(0.0, *gains.values()) == pytest.approx(move.most, abs=1e-5)
        assert gains[move.cap] == pytest.approx(move.most, abs=1e-5)


@pytest.mark.parametrize("seed", [14, 88, 102, *range(4)])
def test_more_of_all_money_is_worth_what_the_best_of_the_plans_that_it_lets_in_is(seed: int) -> None:
    """Against every plan: of several that need as much more money, the most valuable one."""
    rng, names, years = np.random.default_rng(seed), ["P0", "P1", "P2", "P3"], [2027, 2028]
    costs = rng.integers(0, 5, (4, 2)).astype(float)
    gains, amounts = rng.integers(1, 12, 4).astype(float), rng.integers(1, 6, 2).astype(float)
    spent = [(p, y, x) for p, each in zip(names, costs, strict=True) for y, x in zip(years, each, strict=True) if x]
    register = pmo.Register(
        settings={"discount_schedule": "none", "discount_to": "2027"},
        projects=pd.DataFrame({"project_id": names, "name": names, "area": "North", "commitment": "discretionary"}),
        costs=pd.DataFrame(spent, columns=["project_id", "year", "amount"]),
        benefits=pd.DataFrame({"project_id": names, "year": 2029, "amount": gains + costs.sum(axis=1)}),
        budgets=pd.DataFrame({"envelope": "all", "year": years, "amount": amounts}),
    )
    plans = np.array(list(product([0, 1], repeat=4)))
    needs, worths = np.maximum(0.0, plans @ costs - amounts).sum(axis=1), plans @ gains
    better = worths > worths[needs == 0].max()
    more = needs[better].min()
    found = limits_worth(pmo.arbitrate(pmo.Question(register)), ["all money"]).loc["all money"]
    assert found["more"] == pytest.approx(more)
    assert found["more_value"] == pytest.approx(worths[needs <= more].max())
    assert found["enough"] == pytest.approx(needs[worths == worths.max()].min())
