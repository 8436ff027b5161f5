"""The engine against enumeration, on random registers, on those once answered wrongly, and at every scale."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit.arbitration import Capacity, Envelope, Synergy, limits_worth, solve_selection
from pmo_kit.errors import DataError, InfeasibleError
from pmo_kit.uncertainty import expected
from tests.oracle import amounts
from tests.oracle.compare import LIKELY, Tally, compare
from tests.oracle.plans import Plans, Register
from tests.oracle.programs import Program
from tests.oracle.registers import make
from tests.register.conftest import each_once
from tests.strategies import brief

MERIDIAN = Path(__file__).parents[2] / "data" / "samples" / "meridian"
WRONG_ONCE = sorted(p for p in (Path(__file__).parent / "wrong_once").iterdir() if p.is_dir())


def check(folder: Path, deferral: int = 0) -> None:
    tally = Tally()
    compare(folder, tally, deferral)
    assert not tally.wrong, "\n".join(tally.wrong)


def check_seed(folder: Path, seed: int) -> None:
    later = seed % 5 == 0
    make(folder, seed, projects=6 if later else 7, deferral=later)
    check(folder, 2 if later else 0)


@pytest.mark.parametrize("folder", WRONG_ONCE, ids=lambda folder: folder.name)
def test_registers_once_answered_wrongly(folder: Path) -> None:
    check(folder)


@pytest.mark.parametrize("seed", range(301, 304))
def test_random_registers(tmp_path: Path, seed: int) -> None:
    check_seed(tmp_path / "register", seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300))
def test_hundreds_of_random_registers(tmp_path: Path, seed: int) -> None:
    check_seed(tmp_path / "register", seed)


def check_scale(kind: str, scale: float, seeds: range) -> None:
    faults = [amounts.wrong(kind, *amounts.case(seed, scale, kind)) for seed in seeds]
    assert not [f for f in faults if f]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e8, 1e10, 1e12])
@pytest.mark.parametrize("kind", ["arbitrate", "solve_selection"])
def test_proven_at_every_scale(kind: str, scale: float) -> None:
    """Attack 1b."""
    check_scale(kind, scale, range(100, 103))


@pytest.mark.slow
@pytest.mark.parametrize("scale", amounts.SCALES)
@pytest.mark.parametrize("kind", ["arbitrate", "solve_selection"])
def test_proven_at_every_scale_many_times(kind: str, scale: float) -> None:
    """Attack 1b."""
    check_scale(kind, scale, range(40))


def test_a_register_in_single_yen_that_lost_a_third_of_its_value() -> None:
    """Attack 1a."""
    found = amounts.FOUND
    cost, benefit, budget = (np.array(found[name]) for name in ("cost", "benefit", "budget"))
    assert not amounts.wrong("arbitrate", cost[None, :], benefit, budget)


@pytest.mark.parametrize(
    ("value", "weights", "capacities", "best"),
    [([1, 1], [[100.4534, 1e12]], [1e12], 1), ([10, 9], [[100.0000001, 100]], [100], 9),
     ([3, 2], [[100.4534, 1e12], [100.4534, -1e12]], [1e12, 0], 2), ([1, 2], [[0.1, 0.2]], [0.3], 3)],
)  # fmt: skip
def test_coefficients_that_misled_a_solver(value: list, weights: list, capacities: list, best: float) -> None:
    """Attack 1c."""
    found = solve_selection(value, weights, capacities)
    assert (found.status, found.value, found.bound) == ("optimal", best, best)


def best(question: pmo.Question) -> float:
    """Value of the best plan; -inf where there is none."""
    try:
        return pmo.arbitrate(question).value
    except InfeasibleError:
        return -np.inf


@pytest.mark.long
@brief(8)
@given(seed=st.integers(1000, 3000), data=st.data())
def test_a_looser_rule_never_lowers_the_best_value(tmp_path_factory, seed: int, data: st.DataObject) -> None:
    """Removing any rule, against enumeration; and what `limits_worth` says of it."""
    folder = tmp_path_factory.mktemp("register")
    make(folder, seed, projects=5)
    try:
        question = pmo.Question(pmo.load_register(folder), **LIKELY)
    except DataError:
        return
    rule = data.draw(st.sampled_from([r for r in question.active_rules if not isinstance(r, Synergy)]))
    before = best(question)
    assert best(question.without(rule.name)) >= before - 1e-9
    plans = Plans(Register(folder))
    without = plans.best(off=[rule.name])
    if rule.name in plans.names and without is not None:
        assert best(question.without(rule.name)) == pytest.approx(without, abs=1e-6)
    if np.isfinite(before) and isinstance(rule, Envelope | Capacity):
        row = limits_worth(pmo.arbitrate(question), names=[rule.name]).loc[rule.name]
        assert row["one_more"] >= -1e-9
        assert not row["one_fewer"] > 1e-9
        assert row["unlimited_value"] >= before - 1e-9


@pytest.mark.long
@brief(8)
@given(seed=st.integers(3000, 9000), factor=st.sampled_from([0.0, 0.1, 0.3]))
def test_a_conflict_cannot_hold_and_every_part_less_one_can(tmp_path_factory, seed: int, factor: float) -> None:
    """Random registers whose money is cut until no plan is left, against enumeration."""
    folder = tmp_path_factory.mktemp("register")
    make(folder, seed, projects=5)
    budgets = pd.read_csv(folder / "budgets.csv")
    budgets.assign(amount=budgets["amount"] * factor).to_csv(folder / "budgets.csv", index=False)
    try:
        pmo.arbitrate(pmo.Question(pmo.load_register(folder), **LIKELY))
    except InfeasibleError as error:
        found = error
    except DataError:
        return
    else:
        return
    plans, names = Plans(Register(folder)), list(found.conflict)
    assert set(names) <= set(plans.names)
    assert not plans.possible(names)
    assert all(plans.possible([n for n in names if n != name]) for name in names)


def check_sixty(folder: Path, basis: Literal["expected", "likely"], deferral: int, prices: bool) -> None:
    """The plan of the sixty projects, what it spends and the price of every other choice, by a second program."""
    register = pmo.load_register(MERIDIAN)
    shutil.copytree(MERIDIAN, folder)
    for table in ("costs", "benefits", "resources") if basis == "expected" else ():
        expected(register).table(table).to_csv(folder / f"{table}.csv", index=False)
    question = pmo.Question(register, basis=basis, deferral=deferral, overrides=False)
    allocation, plain = pmo.arbitrate(question), Program(Register(folder), "npv", deferral, overrides=False)
    value, chosen = plain.best()
    assert allocation.value == pytest.approx(value, abs=1e-6)
    spent = allocation.spend.sum()
    assert {year: float(plain.spend(year=year) @ chosen) for year in plain.years} == pytest.approx(
        spent.to_dict(), abs=1e-6
    )
    if not prices:
        return
    reasons = pmo.explain(allocation).table
    for (project, level), option in question.options.iterrows():
        place = plain.options.index((project, option["base_level"], option["delay"]))
        if not chosen[place]:
            fixed = {place: 1}
        else:
            fixed = {place: 0} if option["stop"] else dict.fromkeys(plain.at(project, None), 0)
        other = plain.best(fixed)
        price = reasons["price"][project, level]
        assert np.isnan(price) if other is None else price == pytest.approx(value - other[0], abs=1e-6)


@pytest.mark.parametrize(("basis", "deferral"), each_once(["likely", "expected"], [0, 1]))
def test_the_sixty_by_a_second_program(tmp_path: Path, basis: Literal["expected", "likely"], deferral: int) -> None:
    check_sixty(tmp_path / "register", basis, deferral, prices=False)


@pytest.mark.long
def test_every_price_of_the_sixty_by_a_second_program(tmp_path: Path) -> None:
    check_sixty(tmp_path / "register", "expected", 0, prices=True)


@pytest.mark.slow
@pytest.mark.parametrize(("basis", "deferral"), [("likely", 0), ("likely", 1), ("expected", 1)])
def test_more_prices_of_the_sixty_by_a_second_program(
    tmp_path: Path, basis: Literal["expected", "likely"], deferral: int
) -> None:
    check_sixty(tmp_path / "register", basis, deferral, prices=True)
