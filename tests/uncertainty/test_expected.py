"""Expected figures are the mean of what is drawn: random registers, exact cases, and the sample of sixty."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit.appraisal import appraise
from pmo_kit.risk import simulate_plan
from pmo_kit.uncertainty import Estimate, expected
from tests.conftest import shipped_register

DRAWS = 8_000


def random_register(seed: int) -> pmo.Register:
    """Two or three projects with all that can be uncertain about them, and all that bears on when it falls."""
    rng = np.random.default_rng(seed)
    ids = [f"P{k}" for k in range(1, int(rng.integers(2, 4)) + 1)]
    quarters, year_start = bool(rng.integers(2)), int(rng.choice([1, 4]))
    projects, costs, benefits, people, estimates, risks = [], [], [], [], [], []
    for p in ids:
        start = pd.Timestamp("2027-01-01") + pd.Timedelta(days=int(rng.integers(-200, 500)))
        finish = start + pd.Timedelta(days=int(rng.integers(200, 1000)))
        projects.append({
            "project_id": p, "name": p, "area": "North" if p == "P1" else str(rng.choice(["North", "South"])),
            "start": start if rng.random() < 0.8 else pd.NaT, "finish": finish if rng.random() < 0.8 else pd.NaT,
            "benefit_end_fixed": bool(rng.integers(2)), "latest_start": 2029,
            "includes": str(rng.choice(["", "", "", "risk", "optimism_bias", "optimism_bias; risk"])),
        })  # fmt: skip
        for kind, fund in [("capex", "own"), ("capex", "grant"), ("opex", "own")][: int(rng.integers(1, 4))]:
            years = sorted(rng.choice([2027, 2028, 2029, 2030], int(rng.integers(1, 4)), replace=False))
            costs += [(p, int(y), kind, fund, float(rng.integers(1, 20))) for y in years]
        benefits += [(p, y, float(rng.integers(1, 20))) for y in (2029, 2030, 2031)]
        periods = ["2027-Q2", "2028-Q1", "2028-Q2"] if quarters else ["2027", "2028"]
        people += [(p, "engineer", period, float(rng.integers(1, 5))) for period in periods]
        for quantity in ("cost", "benefit", "duration"):
            if rng.random() < 0.6:
                low, high = float(rng.uniform(0.6, 0.95)), float(rng.uniform(1.1, 1.9))
                shape = ("pert", "triangular", "lognormal")[int(rng.integers(3))]
                basis = "p10_p90" if shape == "lognormal" else "min_max"
                estimates.append((p, quantity, low, 1.0, high, basis, shape))
        for k in range(int(rng.integers(0, 4))):
            risks.append({
                "project_id": p, "risk": f"{p}-R{k}", "probability": float(rng.choice([0.2, 0.5, 0.9, 1.0])),
                "cost_low": 1.0, "cost_likely": 2.0, "cost_high": 5.0, "benefit_loss": float(rng.choice([0.0, 0.2])),
                "delay_months": float(rng.choice([0, 4, 9, 14])), "driver": str(rng.choice(["weather", "prices", ""])),
                "period": str(rng.choice(["2027", "2028", ""])),
            })  # fmt: skip
    risks.append({"project_id": "P1", "risk": "last", "probability": 0.3, "delay_months": 3.0, "period": ""})
    tables: dict[str, Any] = {
        "projects": pd.DataFrame(projects),
        "costs": pd.DataFrame(costs, columns=["project_id", "year", "kind", "fund", "amount"]),
        "benefits": pd.DataFrame(benefits, columns=["project_id", "year", "amount"]),
        "resources": pd.DataFrame(people, columns=["project_id", "role", "period", "fte"]),
        "capacity": pd.DataFrame({"role": "engineer", "period": sorted({r[2] for r in people}), "fte": 99.0}),
        "budgets": pd.DataFrame(
            [(e, s, y, 99.0) for e, s in SCOPES.items() if e != "grant" or any(c[3] == e for c in costs)
             for y in (2027, 2028, 2029, 2030)],
            columns=["envelope", "scope", "year", "amount"],
        ),
        "risks": pd.DataFrame(risks).replace({"period": "", "driver": ""}, None),
        "links": pd.DataFrame(
            {"project_id": ["P1"], "relation": ["synergy"], "other_id": ["P2"], "quantity": ["cost"],
             "amount": [-0.7], "year": [2028]}
        ),
        "settings": pd.DataFrame({
            "key": ["discount_schedule", "discount_to", "fiscal_year_start", "beyond_horizon", "as_of"],
            "value": ["flat_10", "2027", str(year_start), "unlimited", "2026-09-30"],
        }),
    }  # fmt: skip
    if estimates:
        columns = ["project_id", "quantity", "low", "likely", "high", "basis", "distribution"]
        tables["estimates"] = pd.DataFrame(estimates, columns=columns)
    return pmo.Register(**tables)


SCOPES = {"all": "all", "capital": "kind=capex", "grant": "fund=grant", "north": "area=North"}


def close(drawn: np.ndarray, counted: float) -> None:
    """The mean of draws is the figure, within four and a half standard errors; a rare tail may be missed."""
    error = 4.5 * float(drawn.std()) / len(drawn) ** 0.5
    assert abs(float(drawn.mean()) - counted) <= error + 2e-3 * max(1.0, abs(counted))


@pytest.mark.long
@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_a_plan_is_worth_and_spends_its_simulated_mean(seed: int) -> None:
    register = random_register(seed)
    rng = np.random.default_rng(seed)
    question = pmo.Question(register, value=str(rng.choice(["npv", "npsv"])), deferral=int(rng.integers(2)))
    assert question.basis == "expected"
    options = question.options
    plan = {p: str(rng.choice(group.index.get_level_values(1))) for p, group in options.groupby("project_id")}
    found = simulate_plan(question, plan, DRAWS, seed)
    chosen = [question.built.position(*pair) for pair in plan.items()]
    saved = (
        0.7 / 1.1**1.5 if register.settings.timing == "mid" else 0.7 / 1.1 ** (1 + (register.settings.timing == "end"))
    )
    close(found.totals["npv"].to_numpy(), float(question.built.values[chosen].sum()) + saved)
    together = {
        "all": 1,
        "kind=capex": 1,
        "fund=grant": 0,
        "area=North": register.projects.loc["P1", "area"] == "North",
    }
    for scope in register.table("budgets")["scope"].unique():
        for year in found.years:
            counted = question.built.measure(scope, year)[chosen].sum() - 0.7 * together[scope] * (year == 2028)
            close(found.spending(scope, year), float(counted))
    for place, period in enumerate(found._run.exposure.periods):
        close(found._block.people[0, place], float(question.built.demand("engineer", period)[chosen].sum()))


@pytest.mark.long
@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_exceedance_shortfall_and_eighty_percent_agree(seed: int) -> None:
    """P80 above what there is, a shortfall at P80 and more than 20 % of futures exceeded are one thing."""
    rng = np.random.default_rng(seed)
    register = random_register(seed)
    budgets = register.table("budgets")
    budgets = budgets.assign(
        amount=rng.uniform(0, 45, len(budgets)), carry_limit=rng.choice([0.0, 2.0, 20.0], len(budgets))
    )
    question = pmo.Question(register.replace(budgets=budgets))
    plan = dict.fromkeys(map(str, register.projects.index), "full")
    table = simulate_plan(question, plan, int(rng.integers(3, 400)), seed).exceedance
    often = (table["probability"] > 0.2).tolist()
    assert (table["p80"] > table["available"]).tolist() == often
    assert (table["short_p80"] > 0).tolist() == often
    money = table[table["kind"] == "envelope"].merge(
        budgets.assign(rule=lambda t: "envelope " + t["envelope"] + " " + t["year"].astype(str)), on="rule"
    )
    assert (money["available"] >= money["limit"] - 1e-4).all()


def test_means_are_exact_where_nothing_is_late() -> None:
    """Mean of the estimate x the row, and probability x mean of the event, in its year or as the project spends."""
    register = random_register(3).replace(
        estimates=pd.DataFrame({
            "project_id": ["P1", "P1"], "quantity": ["cost", "benefit"], "low": [0.9, 0.4], "likely": 1.0,
            "high": [1.7, 1.2], "basis": "min_max", "distribution": "pert",
        }),
        risks=pd.DataFrame({
            "project_id": ["P1", "P2"], "risk": ["R1", "R2"], "probability": [0.25, 0.5], "cost_low": 1.0,
            "cost_likely": 2.0, "cost_high": 5.0, "period": ["2029", None],
        }),
        projects=random_register(3).projects.assign(includes=""),
    )  # fmt: skip
    before, after = appraise(register), appraise(register).expected
    event = Estimate(1.0, 2.0, 5.0).mean
    assert after.table.loc[("P1", "full"), "cost"] == pytest.approx(
        before.table.loc[("P1", "full"), "cost"] * 6.6 / 6 + 0.25 * event
    )
    assert after.spend.loc[("P1", "full"), 2029] == pytest.approx(
        before.spend.get(2029, pd.Series(0.0, before.spend.index)).loc[("P1", "full")] * 1.1 + 0.25 * event
    )
    shares = before.spend.loc[("P2", "full")] / before.spend.loc[("P2", "full")].sum()
    assert after.spend.loc[("P2", "full"), shares.index].to_numpy() == pytest.approx(
        (before.spend.loc[("P2", "full")] + 0.5 * event * shares).to_numpy()
    )
    assert after.table.loc[("P1", "full"), "pv_benefit"] == pytest.approx(
        before.table.loc[("P1", "full"), "pv_benefit"] * (0.4 + 4 + 1.2) / 6
    )


def test_what_states_nothing_more_stays_as_it_is() -> None:
    twelve = shipped_register("meridian_12")
    assert expected(twelve) is twelve
    assert pmo.Question(twelve).basis == "likely"
    assert pmo.Question(twelve, basis="expected").options.equals(pmo.Question(twelve).options)
    with pytest.raises(ValueError, match="'expected' or 'likely'"):
        pmo.Question(twelve, basis="mean")  # type: ignore[arg-type]


@pytest.mark.long
def test_figures_that_hold_their_bias_keep_their_mean() -> None:
    """Optimism bias is counted once: such a project's cost and benefits stay, only their dates move."""
    register = shipped_register("meridian")
    costs, means = appraise(register).table, appraise(register).expected.table
    held = register.projects["includes"].fillna("").str.contains("optimism_bias")
    ids = held.index[held]
    assert means.loc[ids, "cost"].to_numpy() == pytest.approx(costs.loc[ids, "cost"].to_numpy())
    rest = [p for p in register.projects.index if not held[p]]
    assert means.loc[rest, "cost"].sum() > 1.1 * costs.loc[rest, "cost"].sum()
