"""Published cases, asked again: every figure that somebody else printed, beside what the kit computes now."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.arbitration import Question, arbitrate, frontier, solve_selection
from pmo_kit.doors import Answer
from pmo_kit.facts import number
from pmo_kit.register import Register
from pmo_kit.shipped import shipped

COLUMNS = ["source", "title", "place", "case", "quantity", "published", "ours", "difference", "step", "agrees",
           "note"]  # fmt: skip
FIRST = 2027
SETTINGS = {
    "currency": "USD", "money_unit": "million", "price_basis": "real", "price_base_year": 2027, "as_of": "2026-12-31",
    "discount_schedule": "none", "discount_to": 2027, "timing": "end", "beyond_horizon": "zero",
}  # fmt: skip
TIED = "Not asked: it ties sizes over projects, a rule that no register here has. Our best plan is never worth less."


@dataclass(frozen=True, eq=False)
class Proof(Answer):
    """Published figures beside ours.

    `table` has one row per figure: source, title and place where it is printed, case, quantity, published, ours,
    difference (ours - published), step (the last digit printed; for values without rounding a millionth of them),
    agrees (within half a step), note. A figure that is not asked has no `ours`, and its note says why.
    """

    _table: pd.DataFrame = field(repr=False)

    @property
    def summary(self) -> str:
        """One sentence."""
        table = self._table
        asked = table["ours"].notna()
        return (
            f"{number(table.loc[asked, 'agrees'].sum(), 0)} of {number(asked.sum(), 0)} published figures of "
            f"{number(table['source'].nunique(), 0)} sources are reproduced; {number((~asked).sum(), 0)} are not asked."
        )

    @property
    def inputs(self) -> Mapping[str, str]:
        """Nothing but the published figures goes in."""
        return MappingProxyType({"cases": "data/samples/published"})


def published_cases(folder: str | Path | None = None) -> Proof:
    """Ask every published case again.

    Parameters
    ----------
    folder : path, optional
        `figures.csv`: one row per figure, with the function to call, its arguments as JSON and the part of the answer;
        `*.json`: portfolios with their published plans. The shipped ones when not given.

    Returns
    -------
    Proof

    Examples
    --------
    >>> published_cases().summary  # doctest: +SKIP
    '87 of 87 published figures of 17 sources are reproduced; 5 are not asked.'
    """
    home = Path(folder) if folder else shipped("data", "samples", "published")
    rows = [*_figures(home), *_selections(home), *_portfolios(home)]
    table = pd.DataFrame(rows).fillna({"note": ""})
    table["difference"] = table["ours"] - table["published"]
    table["agrees"] = table["difference"].abs() <= 0.5 * table["step"] * (1 + 1e-9)
    return Proof(table[COLUMNS])


def agreement(folder: str | Path | None = None) -> pd.DataFrame:
    """What a second program said of random questions in the last full run: `second_program.csv`.

    Returns
    -------
    DataFrame
        date, what was asked, questions, agreed, repeat (the command).
    """
    home = Path(folder) if folder else shipped("data", "samples", "published")
    return pd.read_csv(home / "second_program.csv")


def _figures(home: Path) -> Iterator[dict[str, Any]]:
    """Figures of one call each."""
    for row in pd.read_csv(home / "figures.csv", dtype=str, keep_default_na=False).to_dict("records"):
        ours = np.nan
        if row["call"]:
            answer = resolve_name(f"pmo_kit.{row['call']}")(**json.loads(row["arguments"]))
            ours = float(_part(answer, row["part"]))
        yield {**row, "published": float(row["published"]), "ours": ours, "step": float(row["step"])}


def _part(answer: Any, path: str) -> Any:
    """A part of an answer: attribute, key or place, one behind the other."""
    for step in path.split():
        if isinstance(answer, Mapping):
            answer = answer[step]
        else:
            answer = answer[int(step)] if step.lstrip("-").isdigit() else getattr(answer, step)
    return answer


def _selections(home: Path) -> Iterator[dict[str, Any]]:
    """The capital budgeting problems of OR-Library: the value of the best selection."""
    found = json.loads((home / "mknap1.json").read_text(encoding="utf-8"))
    for case in found["cases"]:
        best = solve_selection(case["profits"], case["weights"], case["capacities"])
        row = {"case": case["name"], "quantity": "value of the best selection", "published": case["optimum"]}
        yield {**found["cited"], **row, "ours": best.value, "step": 1e-6 * case["optimum"]}


def _portfolios(home: Path) -> Iterator[dict[str, Any]]:
    """Portfolios with the plans that others published."""
    for file in sorted(home.glob("*.json")):
        case = json.loads(file.read_text(encoding="utf-8"))
        rows = [_non_dominated(case)] if "scores" in case else _plans(case) if "options" in case else []
        yield from ({**case["cited"], "case": case["case"], **row} for row in rows)


def _plans(case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is published of one portfolio, and ours."""
    for variant, published in case["published"].items():
        stated = published["value"] if variant == "single" else published.get("mean")
        what, ours, note = "mean value with sizes tied over projects", np.nan, TIED
        if variant == "single":
            what, ours, note = "value of the best plan", arbitrate(question(case)).value, ""
        elif variant == "plain":
            found = [arbitrate(question(case, budget)).value for budget in case["budgets"]]
            mean = float(np.dot([budget["probability"] for budget in case["budgets"]], found))
            what, ours, note = "mean value of the best plan of each budget", mean, ""
        elif variant == "nested":
            what, ours, note = "mean value of one order of funding", _nested(case), ""
        step = 2e-6 * max(1.0, abs(stated))  # published to six digits behind the point
        yield {"quantity": what, "published": stated, "ours": ours, "step": step, "note": note}


def _nested(case: Mapping[str, Any]) -> float:
    """One list for all budgets, its values weighted by their probabilities."""
    last, fund = case["budgets"][-1], case["funds"][0]
    factors = [budget[fund][0] / last[fund][0] for budget in case["budgets"]]
    weights = [budget["probability"] for budget in case["budgets"]]
    table = frontier(question(case, last), factors, nested=True, weights=weights).table
    return float(np.average(table["value"], weights=weights))


def _non_dominated(case: Mapping[str, Any]) -> dict[str, Any]:
    """How many best portfolios of drawn weightings are among the published non-dominated ones."""
    scores, draws = np.array(case["scores"]), 200
    published = {tuple(portfolio) for portfolio in case["published"]["non_dominated"]}
    weights = np.random.default_rng(7).dirichlet(np.ones(scores.shape[1]), draws)
    best = [solve_selection(scores @ w, [case["cost"]], [case["budget"]]).chosen for w in weights]
    inside = sum(tuple(i + 1 for i in chosen) in published for chosen in best)
    what = f"best portfolios of {draws} weightings among the {len(published)} non-dominated"
    return {"quantity": what, "published": draws, "ours": inside, "step": 1.0}


def question(case: Mapping[str, Any], budget: Mapping[str, Any] | None = None) -> Question:
    """The question of a published portfolio.

    Parameters
    ----------
    case : mapping
        funds, periods, mandatory, budget (fund -> money of each period), options (project, level, value, cost).
    budget : mapping, optional
        One of `case["budgets"]`; that of the case when not given.

    Examples
    --------
    >>> option = {"project": "A", "level": "full", "value": 3.0, "cost": {"money": [2.0]}}
    >>> case = {"funds": ["money"], "periods": 1, "mandatory": [], "budget": {"money": [2.0]}, "options": [option]}
    >>> arbitrate(question(case)).value
    3.0
    """
    budget, one = budget or case["budget"], len(case["funds"]) == 1
    options = [o for o in case["options"] if o["value"] or any(any(flow) for flow in o["cost"].values())]
    years, must = range(FIRST, FIRST + case["periods"]), set(case["mandatory"])
    projects = dict.fromkeys(o["project"] for o in case["options"])
    tables = {
        "settings": [{"key": key, "value": value} for key, value in SETTINGS.items()],
        "projects": [
            {"project_id": p, "name": f"Project {p}", "area": "plant",
             "commitment": "mandatory" if p in must else "discretionary",
             "mandatory_reason": "regulator" if p in must else None}
            for p in projects
        ],
        "levels": [{"project_id": o["project"], "level": o["level"], "label": o["level"]} for o in options],
        "costs": [
            {"project_id": o["project"], "level": o["level"], "year": year, "kind": "capex",
             "fund": "" if one else fund, "amount": amount}
            for o in options for fund, flow in o["cost"].items()
            for year, amount in zip(years, flow, strict=True) if amount
        ],
        "budgets": [
            {"envelope": "all" if one else fund, "scope": "all" if one else f"fund={fund}", "year": y, "amount": amount}
            for fund in case["funds"] for y, amount in zip(years, budget[fund], strict=True)
        ],
    }  # fmt: skip
    index = pd.MultiIndex.from_tuples([(o["project"], o["level"]) for o in options], names=["project_id", "level"])
    register = Register(**{name: pd.DataFrame(rows) for name, rows in tables.items()})
    return Question(register, value=pd.Series([o["value"] for o in options], index=index), gap=0.0)
