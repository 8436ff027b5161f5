"""One list of all data-quality rules; a rule is a small function that looks and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from pmo_kit.register.findings import Findings
from pmo_kit.register.intake import Intake
from pmo_kit.register.schema import Schema
from pmo_kit.register.settings import Settings

if TYPE_CHECKING:
    from pmo_kit.register.tables import Register


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the rules look at: the typed tables with the place of each cell, settings, the last register.

    Parameters
    ----------
    intakes : mapping of str to Intake
        Tables that are present, by name.
    settings : Settings
        Of this register.
    schema : Schema
        The tables' description.
    previous : Register or None
        The previous committee's register, for rules that compare.
    today : date or None
        For ages; the settings' `as_of` when None.
    """

    intakes: Mapping[str, Intake]
    settings: Settings
    schema: Schema
    previous: Register | None = None
    today: date | None = None
    cache: dict[str, object] = field(default_factory=dict)

    def has(self, *names: str) -> bool:
        """True when all the tables are present and have rows."""
        return all(name in self.intakes and len(self.intakes[name].frame) > 0 for name in names)

    def frame(self, name: str) -> pd.DataFrame:
        """The typed table."""
        return self.intakes[name].frame

    def known(self, table: str, column: str) -> set[str]:
        """The values of a column, as a set."""
        return set(self.frame(table)[column].dropna()) if table in self.intakes else set()


Check = Callable[[Evidence, Findings], None]


@dataclass(frozen=True)
class Rule:
    """One data-quality rule.

    Parameters
    ----------
    number : int
        In the published list of 36; 0 for rules of the register's own shape.
    name : str
        As in the findings; used in waivers.
    severity : str
        The worst one that it reports.
    what : str
        What it looks for, in one sentence.
    check : callable or None
        Looks at the evidence and adds findings; None for rules that reading itself applies, cell by cell.
    """

    number: int
    name: str
    severity: str
    what: str
    check: Check | None


RULES: dict[str, Rule] = {}


def rule(number: int, name: str, severity: str, what: str) -> Callable[[Check], Check]:
    """Register a function as a rule."""

    def note(check: Check) -> Check:
        RULES[name] = Rule(number, name, severity, what, check)
        return check

    return note


def reading_rule(number: int, name: str, severity: str, what: str) -> None:
    """List a rule that is applied while files are read."""
    RULES[name] = Rule(number, name, severity, what, None)
