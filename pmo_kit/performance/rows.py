"""Tables read row by row, and money and names in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def rows_of(table: pd.DataFrame) -> Iterator[Any]:
    """Yield every row as a named tuple (whose types pandas cannot state)."""
    yield from table.itertuples()


def called(projects: pd.DataFrame, project: object, otherwise: object = "") -> str:
    """Return the name of a project; else the other name given; else its id."""
    if project in projects.index:
        return str(projects.at[project, "name"])
    return str(otherwise) if isinstance(otherwise, str) and otherwise else str(project)
