"""What every answer has: a table, one sentence, where it comes from, and its look in a notebook."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from pmo_kit.facts import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class Answer:
    """Base of the frozen dataclasses that hold answers; each describes the columns of its own table."""

    if TYPE_CHECKING:

        @property
        def _table(self) -> pd.DataFrame: ...

        @property
        def summary(self) -> str:
            """One sentence that a committee can read."""

        @property
        def inputs(self) -> Mapping[str, str]:
            """Fingerprints, dates, seeds and proofs that the answer rests on."""

    @property
    def table(self) -> pd.DataFrame:
        """The rows; the columns are described in the class."""
        return self._table.copy(deep=False)

    @property
    def _notes(self) -> tuple[str, ...]:
        return (self.summary,)

    @property
    def _shown(self) -> pd.DataFrame:
        return self._table

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes)
        return notes + self._shown.to_html(float_format=lambda value: number(value, 2), na_rep="n/a")
