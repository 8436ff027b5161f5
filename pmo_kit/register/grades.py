"""A grade for the data of each project and of the register: complete, consistent, fresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pmo_kit.register.tables import Register

EXPECTED = (
    "name", "area", "strategic_goal", "project_type", "stage", "sponsor", "manager", "start", "finish", "status_date",
)  # fmt: skip
LETTERS = "ABCD"
_LIMITS = ((0.9, 0, 45), (0.75, 1, 90), (0.5, 3, 180))


@dataclass(frozen=True, eq=False)
class Grades:
    """Grades of the data; A is best.

    Parameters
    ----------
    table : DataFrame
        Index project_id: grade, filled (share of the expected columns), warnings (rules tripped), age_days, missing
        (names of the empty columns).
    grade : str
        Of the register: the best letter that four projects in five reach.
    age_days : float
        Median age of the status; NaN where nobody says.
    """

    table: pd.DataFrame
    grade: str
    age_days: float

    @property
    def summary(self) -> str:
        """One sentence."""
        counts = self.table["grade"].value_counts()
        parts = [f"{counts[letter]} {letter}" for letter in LETTERS if letter in counts]
        fresh = "the age of the status is not stated"
        if not np.isnan(self.age_days):
            fresh = f"the status of the middle project is {self.age_days:.0f} days old"
        return f"Data grade {self.grade} (projects: {', '.join(parts)}); {fresh}."


def grade_register(register: Register, *, today: date | None = None) -> Grades:
    """Grade the data of each project.

    A: at least 90 % of the expected columns filled, no warning, status at most 45 days old. B: 75 %, one rule
    tripped, 90 days. C: 50 %, three rules, 180 days. D: the rest. A project that does not date its status is at most
    B. The limits are this kit's own convention.

    Parameters
    ----------
    register : Register
    today : date or None
        Day to which ages count; `as_of` of the settings when None.

    Returns
    -------
    Grades
    """
    projects = register.projects
    filled = pd.DataFrame({name: projects[name].notna() for name in EXPECTED})
    table = pd.DataFrame(index=projects.index)
    table["filled"] = filled.mean(axis=1)
    table["warnings"] = register.warnings_by_project().reindex(table.index).fillna(0).astype("int64")
    day = today or register.settings.as_of
    table["age_days"] = np.nan
    if day is not None:
        table["age_days"] = (
            (pd.Timestamp(day) - projects["status_date"]).dt.days.clip(lower=0).astype("float64")
        )
    grade = np.full(len(table), len(LETTERS) - 1)
    age = table["age_days"].fillna(90)
    for letter, (share, rules, days) in reversed(list(enumerate(_LIMITS))):
        reached = (table["filled"] >= share) & (table["warnings"] <= rules) & (age <= days)
        grade = np.where(reached, letter, grade)
    table.insert(0, "grade", pd.Series([LETTERS[one] for one in grade], index=table.index, dtype="str"))
    table["missing"] = [
        ", ".join(name for name in EXPECTED if not line[name]) for line in filled.to_dict("records")
    ]
    worst = int(np.sort(grade)[int(np.ceil(0.8 * len(grade))) - 1]) if len(grade) else len(LETTERS) - 1
    return Grades(table, LETTERS[worst], float(table["age_days"].median()))
