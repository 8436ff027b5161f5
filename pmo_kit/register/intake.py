"""One typed table as it came in, with the place of every cell."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Table
from pmo_kit.register.values import EMPTY_DTYPES, shown


@dataclass(eq=False)
class Intake:
    """A typed table and where each of its cells came from."""

    table: Table
    file: str
    sheet: str
    frame: pd.DataFrame
    raw: dict[str, pd.Series] = field(default_factory=dict)
    rows: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    headers: dict[str, str | np.ndarray] = field(default_factory=dict)
    unread: dict[str, np.ndarray] = field(default_factory=dict)
    places: list[tuple[str, str]] | None = None
    units: dict[str, np.ndarray] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)

    def place(self, position: int) -> tuple[str, str]:
        """File and sheet of a row."""
        return (self.file, self.sheet) if self.places is None else self.places[position]

    @classmethod
    def empty(cls, table: Table) -> Intake:
        """A table that is not there: every column in its dtype, no rows."""
        return cls(table, "", table.name, empty_table(table))

    def header(self, column: str, position: int) -> str:
        """Header of a column as written in the file."""
        header = self.headers.get(column, column)
        return header if isinstance(header, str) else str(header[position] if len(header) else column)

    def written(self, column: str, positions: np.ndarray) -> list[str]:
        """Cells as written in the file."""
        cells = self.raw.get(column, self.frame.get(column))
        return [""] * len(positions) if cells is None else [shown(cell) for cell in cells.iloc[positions]]

    def projects(self, positions: np.ndarray) -> list[str]:
        """Projects of rows, where the table has projects."""
        if "project_id" not in self.frame:
            return [""] * len(positions)
        return self.frame["project_id"].iloc[positions].fillna("").tolist()


def empty_table(table: Table) -> pd.DataFrame:
    """A table without rows that has every column in its dtype."""
    return pd.DataFrame({column.name: pd.Series(dtype=EMPTY_DTYPES[column.type]) for column in table})
