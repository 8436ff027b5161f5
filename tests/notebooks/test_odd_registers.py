"""Notebooks on registers that are short of something: whatever is lacking, every cell of code answers."""

from collections.abc import Callable
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import pmo_kit as pmo
from tests.conftest import shipped_register

pytestmark = pytest.mark.long

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = ["00_portfolio_overview", "01_prioritization", "02_budget_arbitration", "03_scenario_comparison", "08_annex"]


def _one_year(register: pmo.Register) -> pmo.Register:
    """All money falls in one year: no plan carries on what runs, and no money can move."""
    budgets = register.table("budgets")
    return register.replace(costs=register.costs.assign(year=2027), budgets=budgets[budgets["year"] == 2027])


def _worthless(register: pmo.Register) -> pmo.Register:
    """Nothing pays."""
    benefits = register.table("benefits")
    return register.replace(benefits=benefits.assign(amount=0.01 * benefits["amount"]))


def _no_money_in_a_case(register: pmo.Register) -> pmo.Register:
    """One case has no plan."""
    return register.replace(
        scenarios=pd.DataFrame({"scenario": ["Nothing"], "what": "budget", "scope": "all", "factor": 0.0})
    )


def _nothing_to_do(register: pmo.Register) -> pmo.Register:
    """Nobody must do anything, and there is money for everything."""
    budgets, capacity = register.table("budgets"), register.table("capacity")
    return register.replace(
        projects=register.projects.assign(commitment="discretionary", mandatory_reason=""),
        budgets=budgets.assign(amount=1000.0),
        capacity=capacity.assign(fte=1000.0),
    )


def _one_project(register: pmo.Register) -> pmo.Register:
    """One project, with its own rows."""
    names = ("costs", "benefits", "levels", "resources", "scores", "status", "decisions", "requests", "baselines")
    tables = {name: register.table(name) for name in names if register.has(name)}
    kept = {name: table[table["project_id"] == "P11"] for name, table in tables.items()}
    return register.replace(projects=register.projects.loc[["P11"]], links=register.table("links").iloc[:0], **kept)


ODD = [_one_year, _worthless, _no_money_in_a_case, _nothing_to_do, _one_project]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", NAMES)
def test_every_cell_answers(
    name: str, odd: Callable[[pmo.Register], pmo.Register], monkeypatch: pytest.MonkeyPatch
) -> None:
    register = odd(shipped_register("meridian_12"))
    monkeypatch.setattr(pmo, "load_register", lambda *_, **__: register)
    monkeypatch.chdir(NOTEBOOKS)
    known: dict[str, object] = {}
    for cell in nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells:
        if cell.cell_type == "code" and "interactive" not in cell.metadata.get("tags", []):
            exec(cell.source, known)  # as a kernel does
            if "parameters" in cell.metadata.get("tags", []):
                known |= {"previous_path": "", "draws": 500}
