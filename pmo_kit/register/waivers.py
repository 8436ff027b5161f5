"""Waivers: findings that somebody has accepted, with who, when and why. They are printed, never hidden.

A file `waivers.yml` beside the tables:

    - rule: cost_outside_dates        # as in the findings
      project_id: P12                 # these narrow it down; leave out what does not matter
      file: costs.csv
      column: year
      row: 14
      who: Finance controller
      when: 2026-09-30
      why: retention money is paid a year after the finish
      until: 2027-06-30               # from that day on it counts no more
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pandas as pd
from pydantic import BeforeValidator

from pmo_kit.forms import Block, Day, Form, FormError, Reading, Required, Rows, read_form
from pmo_kit.register.findings import Findings

ACCEPTABLE_BLOCKS = frozenset((
    "cycle_in_requires", "impossible_obligation", "price_basis_mixed", "score_outside_scale", "shares_not_100",
    "start_after_finish", "total_as_project",
))  # fmt: skip
_NARROW = ("project_id", "file", "sheet", "column", "row")


@dataclass(frozen=True)
class Waiver(Form):
    """One accepted finding, or several of a kind.

    Parameters
    ----------
    rule : str
        Name of the rule.
    who, why : str
        Who accepts it, and the reason.
    when : date
        Day on which it was accepted.
    until : date or None
        First day on which it counts no more.
    where : tuple of (name, value)
        What narrows it down: project_id, file, sheet, column, row.
    """

    shape: ClassVar[str] = "a waiver is written '- rule: ...' with its lines below."
    unsaid: ClassVar[tuple[str, ...]] = ("where",)
    also: ClassVar[tuple[str, ...]] = _NARROW

    rule: Required
    who: Required
    why: Required
    when: Day
    until: Day | None = None
    where: tuple[tuple[str, str], ...] = ()

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """What narrows it down stands together."""
        for name in _NARROW:
            if isinstance(given.get(name), Rows | Block):
                reading.note(given, "{key} must be one text.", name)
        where = tuple((name, given[name]) for name in _NARROW if isinstance(given.get(name), str))
        kept = {name: value for name, value in given.items() if name not in _NARROW}
        return given.with_({**kept, "where": where})

    def fits(self, finding: dict[str, Any]) -> bool:
        """True when the waiver is about this finding."""
        same = all(str(finding[name]) == value for name, value in self.where)
        return bool(finding["rule"] == self.rule and same)


def _entries(given: object) -> object:
    return [] if given is None else given if isinstance(given, Rows) else [given]


_WAIVERS: Any = Annotated[list[Waiver], BeforeValidator(_entries)]


def load_waivers(path: str | PathLike[str], findings: Findings) -> list[Waiver]:
    """Read a file of waivers; each thing that is wrong with it is a blocking finding, and then none counts.

    Parameters
    ----------
    path : path
        A YAML file in the form shown at the head of this module.
    findings : Findings
        Takes what is wrong with the file.
    """
    place = Path(path)
    try:
        return list(read_form(place, _WAIVERS))
    except FormError as error:
        fix = "Give each waiver a rule, who, when (2026-09-30) and why."
        findings.add_form(error, "waiver_not_read", fix)
        return []


def apply_waivers(findings: Findings, waivers: Sequence[Waiver], today: date | None, file: str) -> pd.DataFrame:
    """Turn accepted findings into information that names who accepted them.

    Parameters
    ----------
    findings : Findings
        Changed in place: an accepted warning, or a block that may be accepted, becomes information.
    waivers : sequence of Waiver
    today : date or None
        For waivers that end; None: none has ended.
    file : str
        Name of the file of waivers, for findings about it.

    Returns
    -------
    DataFrame
        One row a waiver: rule, who, when, why, until, count (findings accepted).
    """
    rows = []
    for waiver in waivers:
        ended = waiver.until is not None and today is not None and today >= waiver.until
        count, refused = 0, False
        for finding in findings.records():
            if not waiver.fits(finding) or finding["severity"] == "info" or ended:
                continue
            if finding["severity"] == "block" and waiver.rule not in ACCEPTABLE_BLOCKS:
                refused = True
                continue
            count += 1
            text = f"{finding['message']} Accepted by {waiver.who} on {waiver.when:%Y-%m-%d}: {waiver.why}"
            findings.accept(finding, text if text.endswith(".") else text + ".")
        rows.append((waiver.rule, waiver.who, waiver.when, waiver.why, waiver.until, count))
        about = f"The waiver of {waiver.rule} by {waiver.who}"
        if refused:
            text = f"{about} cannot count: without a repair the register cannot be used."
            findings.add("warn", "waiver_refused", text, "Repair the data.", file=file, value=waiver.rule)
        elif ended:
            text = f"{about} ended on {waiver.until:%Y-%m-%d}."
            findings.add("warn", "waiver_ended", text, "Renew it, or repair the data.", file=file, value=waiver.rule)
        elif not count:
            text = f"{about} fits no finding."
            findings.add("info", "waiver_unused", text, "Delete it.", file=file, value=waiver.rule)
    return pd.DataFrame(rows, columns=["rule", "who", "when", "why", "until", "count"])
