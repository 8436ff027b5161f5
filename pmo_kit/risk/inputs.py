"""What a register says about risk: estimates, events, the benefits that count and the planned durations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.appraisal import SOCIAL_KINDS
from pmo_kit.arbitration import Question
from pmo_kit.errors import DataError
from pmo_kit.risk.distributions import Estimate

QUANTITIES = ("cost", "benefit", "duration")
CLASSES = ("financial", "human", "technical", "external")


@dataclass(frozen=True, eq=False)
class Event:
    """A discrete risk: whether it comes, what it costs in which year, what it takes away, how long it delays."""

    risk: str
    risk_class: str
    probability: float
    cost: Estimate | None
    year: int | None  # position of the year; None is spread like the project's spending
    benefit_loss: float
    delay: float  # months
    driver: str

    @property
    def expected_cost(self) -> float:
        """Probability x mean cost."""
        return self.probability * (self.cost.mean if self.cost else 0.0)


def benefits_counted(question: Question) -> pd.DataFrame:
    """(project, level) x years: the benefits that the question's value counts."""
    register = question.register
    first = int(register.settings.discount_to or min(question.built.years))
    rows = register.table("benefits")
    rows = rows[(rows["year"] >= first).fillna(False).astype(bool)]
    if isinstance(question.value, str) and question.value == "npsv":
        key = ["project_id", "level", "benefit"]
        economic = pd.MultiIndex.from_frame(rows.loc[rows["kind"] == "economic", key])
        doubled = (rows["kind"] == "cash").to_numpy(bool) & pd.MultiIndex.from_frame(rows[key]).isin(economic)
        counted = rows["kind"].isin(SOCIAL_KINDS).to_numpy(bool) & ~doubled
        sign = np.where(rows["kind"] == "disbenefit", -1.0, counted.astype(float))
        rows = rows.assign(amount=rows["amount"] * sign)
    else:
        rows = rows[(rows["kind"] == "cash").fillna(False).astype(bool)]
    options = pd.MultiIndex.from_frame(register.table("levels")[["project_id", "level"]].astype("str"))
    table = rows.pivot_table(index=["project_id", "level"], columns="year", values="amount", aggfunc="sum")
    last = max([first, *map(int, table.columns)])
    return table.reindex(index=options, columns=range(first, last + 1)).fillna(0.0)


def read_estimates(register: Any, ids: set[str]) -> dict[str, dict[str, Estimate]]:
    """project -> quantity -> estimate."""
    found: dict[str, dict[str, Estimate]] = {}
    wrong = []
    for row in _rows(register.table("estimates")):
        if row.project_id not in ids:
            continue
        try:
            kind = "lognormal" if row.distribution == "lognormal" else str(row.distribution)
            made = _estimate(float(row.low), float(row.likely), float(row.high), str(row.basis), kind)
            found.setdefault(str(row.project_id), {})[str(row.quantity)] = made
        except ValueError as error:
            wrong.append((row, f"{row.project_id} {row.quantity}: {error}"))
    _refuse(wrong, "estimates", "an estimate has three points in order")
    return found


@lru_cache(maxsize=4096)
def _estimate(low: float, likely: float, high: float, basis: str, kind: str) -> Estimate:
    """An estimate whose ends are known, so that the quantiles are solved for once."""
    made = Estimate(low, likely, high, basis, kind)  # type: ignore[arg-type]
    if basis == "p10_p90" and kind != "lognormal":
        low, high = made.ends
        return Estimate(low, likely, high, "min_max", kind)  # type: ignore[arg-type]
    return made


def read_events(register: Any, ids: set[str], first: int, delay: Mapping[str, int]) -> dict[str, list[Event]]:
    """project -> its risk events."""
    found: dict[str, list[Event]] = {}
    wrong = []
    for row in _rows(register.table("risks")):
        if row.project_id not in ids:
            continue
        points = [float(x) for x in (row.cost_low, row.cost_likely, row.cost_high) if not pd.isna(x)]
        try:
            cost = (
                _estimate(min(points), points[len(points) // 2], max(points), "min_max", "pert")
                if points
                else None
            )
            if len(points) == 3 and not points[0] <= points[1] <= points[2]:
                raise ValueError("cost_low <= cost_likely <= cost_high does not hold")
        except ValueError as error:
            wrong.append((row, f"{row.project_id} {row.risk}: {error}"))
            continue
        year = (
            None
            if pd.isna(row.period)
            else max(0, int(str(row.period)[:4]) + delay[str(row.project_id)] - first)
        )
        event = Event(
            str(row.risk),
            "" if pd.isna(row.risk_class) else str(row.risk_class),
            float(row.probability),
            cost if cost is not None and cost.high > 0 else None,
            year,
            0.0 if pd.isna(row.benefit_loss) else float(row.benefit_loss),
            0.0 if pd.isna(row.delay_months) else float(row.delay_months),
            "" if pd.isna(row.driver) else str(row.driver),
        )
        found.setdefault(str(row.project_id), []).append(event)
    _refuse(wrong, "risks", "a risk has three costs in order")
    return found


def planned_months(register: Any) -> dict[str, float]:
    """Planned duration in months: finish - start, else the years that still cost money."""
    projects = register.projects
    days = (projects["finish"] - projects["start"]).dt.days
    first = register.settings.discount_to or 0
    costs = register.table("costs")
    years = costs[(costs["year"] >= first).fillna(False)].groupby("project_id")["year"].nunique()
    stated = ((days + 1) / 365.25 * 12).to_dict()
    spending = years.to_dict()
    return {
        str(p): months if months > 0 else 12.0 * spending.get(p, 0) for p, months in stated.items()
    }  # a missing duration is not above zero


def _rows(table: pd.DataFrame) -> Iterator[Any]:
    """Rows as named tuples of plain objects: a text column hands out its values one by one only slowly."""
    return table.astype(object).itertuples()


def _refuse(wrong: list[tuple[Any, str]], sheet: str, rule: str) -> None:
    """One error with everything that is wrong."""
    if wrong:
        rows = [
            {
                "severity": "block", "file": sheet, "sheet": sheet, "row": int(row.Index) + 2, "column": "",
                "value": None, "rule": rule, "message": words, "fix": "correct the row",
            }
            for row, words in wrong
        ]  # fmt: skip
        raise DataError("\n".join(words for _, words in wrong), pd.DataFrame(rows))
