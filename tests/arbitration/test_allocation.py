"""Allocation on the hand-written register: plan, proof, use of limits, conflicts."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pmo_kit import disk
from pmo_kit.arbitration import Envelope, Question, allocation, arbitrate, solving
from pmo_kit.errors import DataError, InfeasibleError, InputError
from pmo_kit.register import Register, load_register
from tests.conftest import shipped_register

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "meridian_12"


@pytest.fixture(scope="module")
def question() -> Question:
    return Question(shipped_register("meridian_12"))


def test_recommended_plan(question: Question) -> None:
    a = arbitrate(question)
    assert (a.value, a.bound, a.gap, a.status, a.unique) == (33.5, 33.5, 0.0, "optimal", True)
    assert dict(a.plan) == {
        "P01": "full", "P02": "districts", "P03": "full", "P04": "full", "P05": "full", "P06": "stop",
        "P07": "worst_12", "P10": "full", "P12": "full",
    }  # fmt: skip
    assert a.use.set_index("rule")["used"].to_dict() == {
        "envelope all 2027": 48.5, "envelope all 2028": 44.0, "data_engineer 2028": 14.0
    }  # fmt: skip
    assert a.use["sentence"].tolist() == [
        "48.5 of 50 EUR million used in 2027",
        "44 of 46 EUR million used in 2028",
        "14 of 14 data engineers used in 2028",
    ]
    table = a.table
    assert table.loc["P06", "decision"] == "stop"
    assert table.loc["P08", "decision"] == "refuse"
    assert table["value"].sum() == 33.5
    assert a.spend.sum().to_dict() == {2027: 48.5, 2028: 44.0}
    assert "33.5 EUR million" in a.summary


def test_what_if_switches_rules_off(question: Question) -> None:
    free = question.without("envelope all 2027", "envelope all 2028")
    assert arbitrate(free).value == 37.5
    with pytest.raises(InputError, match="There is no rule"):
        question.without("envelope all 2040")


def test_conflict_is_named(question: Question) -> None:
    tight = question.with_rules(Envelope(envelope="all", year=2027, amount=10))
    with pytest.raises(InfeasibleError) as caught:
        arbitrate(tight)
    assert set(caught.value.conflict) == {"envelope all 2027", "P01 mandatory"}
    assert caught.value.relaxation["envelope all 2027"] == "12.5 EUR million more in 2027"
    assert "P01 mandatory" not in caught.value.relaxation  # a law is no way out


def test_cheapest_way_out_of_two_conflicts(question: Question) -> None:
    with pytest.raises(InfeasibleError) as caught:
        arbitrate(question.scaled(0.2))
    # The law and the two running projects need at least 14 + 7 + 1.5 in 2027 and 14 + 6 + 0 in 2028.
    money = {k: v for k, v in caught.value.relaxation.items() if k.startswith("envelope")}
    assert money == {
        "envelope all 2027": "12.5 EUR million more in 2027",
        "envelope all 2028": "10.8 EUR million more in 2028",
    }
    assert "12.5 EUR million more in 2027 and 10.8 EUR million more in 2028" in str(caught.value)


def test_equal_plans_are_settled_by_cost_then_by_id() -> None:
    register = _small([("A", 4, 6), ("B", 3, 6), ("C", 3, 6)], budget=4)
    a = arbitrate(Question(register))
    assert (dict(a.plan), a.unique, a.value) == ({"B": "full"}, False, 6.0)
    kept = arbitrate(Question(register, last_plan={"A": "full"}))
    assert dict(kept.plan) == {"A": "full"}


def test_a_year_without_an_envelope_is_refused() -> None:
    register = _small([("A", 4, 6)], budget=4, budget_year=2030)
    with pytest.raises(DataError, match="2027"):
        Question(register)


def test_ratios_cannot_be_added_up() -> None:
    with pytest.raises(ValueError, match="added up"):
        Question(_small([("A", 4, 6)], budget=4), value="bcr")


def _small(rows: list[tuple[str, float, float]], budget: float, budget_year: int = 2027) -> Register:
    """Projects with a cost in 2027 and a net value, under one envelope."""
    ids = [r[0] for r in rows]
    return Register(
        settings=pd.DataFrame({"key": ["discount_schedule", "discount_to"], "value": ["none", "2027"]}),
        projects=pd.DataFrame({"project_id": ids, "name": ids, "area": "X", "commitment": "discretionary"}),
        costs=pd.DataFrame({"project_id": ids, "year": 2027, "amount": [r[1] for r in rows]}),
        benefits=pd.DataFrame({"project_id": ids, "year": 2028, "amount": [r[1] + r[2] for r in rows]}),
        budgets=pd.DataFrame({"envelope": ["all"], "year": [budget_year], "amount": [budget]}),
    )


def test_a_proof_of_another_process_of_a_run_is_taken_and_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is kept in a run answers an equal question alone; a kept plan that breaks a rule is never taken."""
    alone = arbitrate(Question(load_register(SAMPLE)))
    monkeypatch.setenv(disk.SHARED, str(tmp_path))
    first = arbitrate(Question(load_register(SAMPLE)))
    kept = list((own := tmp_path / str(os.getpid())).iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(solving, "_solved", lambda *_: pytest.fail("it is solved twice"))
        patched.setattr(allocation, "prove", lambda *_: pytest.fail("it is proven twice"))
        again = arbitrate(Question(load_register(SAMPLE)))
    for found in (first, again):
        assert dict(found.plan) == dict(alone.plan)
        assert dict(found.inputs) == dict(alone.inputs)
        pd.testing.assert_frame_equal(found.table, alone.table)
    assert arbitrate(Question(load_register(SAMPLE)).scaled(0.85)).value < alone.value
    assert len(list(own.iterdir())) > len(kept)
    forged = 0
    for file in kept:
        outcome = pickle.loads(file.read_bytes())
        if isinstance(outcome, solving.Outcome) and outcome.x is not None:
            file.write_bytes(pickle.dumps(replace(outcome, x=np.ones_like(outcome.x), value=1e3)))
            forged += 1
    assert forged
    held = arbitrate(Question(load_register(SAMPLE)))
    assert (held.value, dict(held.plan)) == (alone.value, dict(alone.plan))
