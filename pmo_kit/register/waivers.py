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
from typing import Any

import pandas as pd
import yaml

from pmo_kit.register.findings import Findings

ACCEPTABLE_BLOCKS = frozenset(
    {
        "cycle_in_requires",
        "impossible_obligation",
        "price_basis_mixed",
        "score_outside_scale",
        "shares_not_100",
        "start_after_finish",
        "total_as_project",
    }
)
_NARROW = ("project_id", "file", "sheet", "column", "row")


@dataclass(frozen=True)
class Waiver:
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

    rule: str
    who: str
    why: str
    when: date
    until: date | None = None
    where: tuple[tuple[str, str], ...] = ()

    def fits(self, finding: dict[str, Any]) -> bool:
        """True when the waiver is about this finding."""
        same = all(str(finding[name]) == value for name, value in self.where)
        return bool(finding["rule"] == self.rule and same)


def _day(value: object, name: str) -> date:
    if isinstance(value, date):
        return value
    raise ValueError(f"{name} is not a date such as 2026-09-30")


def _waiver(spec: dict[str, Any]) -> Waiver:
    """One entry of the file."""
    missing = [name for name in ("rule", "who", "when", "why") if not str(spec.get(name, "")).strip()]
    unknown = sorted(set(spec) - {"rule", "who", "when", "why", "until", *_NARROW})
    if missing or unknown:
        text = f"it lacks {', '.join(missing)}" if missing else f"it has unknown entries {', '.join(unknown)}"
        raise ValueError(text)
    until = spec.get("until")
    return Waiver(
        rule=str(spec["rule"]),
        who=str(spec["who"]),
        why=str(spec["why"]),
        when=_day(spec["when"], "when"),
        until=None if until is None else _day(until, "until"),
        where=tuple((name, str(spec[name])) for name in _NARROW if name in spec),
    )


def load_waivers(path: str | PathLike[str], findings: Findings) -> list[Waiver]:
    """Read a file of waivers; an entry that cannot be read is a blocking finding.

    Parameters
    ----------
    path : path
        A YAML file in the form shown at the head of this module.
    findings : Findings
        Takes what is wrong with the file.
    """
    place = Path(path)
    fix = "Give each waiver a rule, who, when (2026-09-30) and why."
    try:
        entries = yaml.safe_load(place.read_text(encoding="utf-8")) or []
    except (OSError, yaml.YAMLError) as error:
        findings.add("block", "waiver_not_read", f"The file cannot be read: {error}.", fix, file=place.name)
        return []
    waivers = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        try:
            if not isinstance(entry, dict):
                raise ValueError("it is no list of entries")
            waivers.append(_waiver(entry))
        except ValueError as error:
            findings.add(
                "block", "waiver_not_read", f"Waiver {number} cannot be used: {error}.", fix, file=place.name
            )
    return waivers


def apply_waivers(
    findings: Findings, waivers: Sequence[Waiver], today: date | None, file: str
) -> pd.DataFrame:
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
            findings.add(
                "warn", "waiver_ended", text, "Renew it, or repair the data.", file=file, value=waiver.rule
            )
        elif not count:
            text = f"{about} fits no finding."
            findings.add("info", "waiver_unused", text, "Delete it.", file=file, value=waiver.rule)
    return pd.DataFrame(rows, columns=["rule", "who", "when", "why", "until", "count"])
