"""What was found while a register was read, and the tables that it points to: told in words, blocks first.

Waivers are findings that somebody has accepted, with who, when and why. They are printed, never hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from pmo_kit.errors import DataError
from pmo_kit.forms import Block, Day, Form, FormError, Reading, Required, Rows, read_form
from pmo_kit.register.schema import Table
from pmo_kit.register.values import EMPTY_DTYPES, near_dates, shown, words

COLUMNS = ("severity", "file", "sheet", "row", "column", "value", "rule", "message", "fix")
SEVERITIES = ("block", "warn", "info")
_PLACES = 4
ACCEPTABLE_BLOCKS = frozenset(words()["acceptable_blocks"])
_WHERE = ("at", "file", "sheet", "row", "column", "value", "project_id")
_HIDDEN = ("project_id", "table", "field", "position")
_NOWHERE: dict[str, Any] = {**dict.fromkeys((*COLUMNS, *_HIDDEN), ""), "row": None, "position": None}


class Placed(Protocol):
    """What has a file, a sheet and numbers of rows: cells as they are, a body below its header, a typed table."""

    rows: np.ndarray

    @property
    def file(self) -> str:
        """Name of the file."""

    @property
    def sheet(self) -> str:
        """Name of the sheet; empty where the file has none."""


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
    return _empty(tuple((column.name, EMPTY_DTYPES[column.type]) for column in table)).copy(deep=False)


@cache
def _empty(dtypes: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes})


def told(what: str, severity: str = "", **said: object) -> tuple[str, str, str, str]:
    """Severity, rule, words and fix of what is told while a source is read: the list `told` of words.yml.

    Parameters
    ----------
    what : str
        Name in the list: a rule, and after a blank which of the things that it tells.
    severity : str
        Where it is not that of the list.
    **said : object
        What stands for the names in the words; `{value}` is kept for the cell as written, `{date}` for what to write.

    Examples
    --------
    >>> told("lines_above_header", count=2)
    ('info', 'lines_above_header', '2 lines above the header are not data.', '')
    """
    usual, *texts = words()["told"][what]
    text, fix = (one.format_map({"value": "{value}", "date": "{date}", **said}) for one in (*texts, "")[:2])
    return severity or usual, what.split()[0], text, fix


class Findings:
    """Collects findings; nothing is printed and nothing stops until all checks have run."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def copy(self) -> Findings:
        """A collector with the same findings so far."""
        other = Findings()
        other._rows = [dict(one) for one in self._rows]
        return other

    def add(
        self, severity: str, rule: str, message: str, fix: str = "", *, at: Placed | None = None, value: object = "",
        **place: Any,
    ) -> None:  # fmt: skip
        """Add one finding; `at` has its file and sheet, `place` is more of what `tell` takes."""
        place |= {} if at is None else {"file": at.file, "sheet": at.sheet}
        said = {"severity": severity, "rule": rule, "message": message, "fix": fix, "value": shown(value)}
        self._rows.append({**_NOWHERE, **place, **said})

    def tell(self, what: str, severity: str = "", **said: Any) -> None:
        """Add what `told` says; that which says where it is (as in `add`) may stand in its words, too."""
        self.add(*told(what, severity, **said), **{name: said[name] for name in _WHERE if name in said})

    def add_rows(
        self,
        intake: Intake,
        where: np.ndarray | pd.Series | list[int],
        severity: str,
        rule: str,
        message: str | list[str],
        fix: str | list[str] = "",
        *,
        column: str = "",
    ) -> None:
        """Add one finding for every row of a table where the mask is true (or for every position).

        `message` and `fix` are one text or one for each row; in the first `{value}` stands for the cell as written, in
        the other `{date}` for the days that it may mean.
        """
        positions = np.asarray(where)
        if positions.dtype == bool:
            positions = np.flatnonzero(positions)
        if not len(positions):
            return
        texts, fixes = ([one] * len(positions) if isinstance(one, str) else one for one in (message, fix))
        values, projects = intake.written(column, positions), intake.projects(positions)
        dates = near_dates(values) if "{date}" in fixes[0] else values
        for at, text, how, value, day, who in zip(positions, texts, fixes, values, dates, projects, strict=True):
            file, sheet = intake.place(at)
            self.add(
                severity, rule, text.replace("{value}", value), how.replace("{date}", day), file=file, sheet=sheet,
                row=int(intake.rows[at]), column=intake.header(column, at), value=value, project_id=who,
                table=intake.table.name, field=column, position=int(at),
            )  # fmt: skip

    def add_lines(
        self, body: Placed, where: np.ndarray, what: str, *, column: str | np.ndarray = "",
        values: pd.Series | None = None, **said: Any,
    ) -> None:  # fmt: skip
        """Tell of every line of a sheet where the mask is true; `{value}` stands for its value."""
        for n in map(int, np.flatnonzero(where)):
            value = "" if values is None else shown(values.iloc[n])
            head = column if isinstance(column, str) else str(column[n])
            self.tell(what, at=body, row=int(body.rows[n]), **{**said, "column": head, "value": value})

    def refused(self, severity: str, rule: str, message: str, fix: str = "", **place: Any) -> DataError:
        """The error of something without which nothing can be read; it has all findings so far."""
        self.add(severity, rule, message, fix, **place)
        return DataError(message, self.frame()[list(COLUMNS)])

    def add_form(self, error: FormError, rule: str, fix: str) -> None:
        """Add one blocking finding for every problem of a YAML file."""
        name = error.file.name
        for one in error.problems:
            message = f"{name}, line {one.line}: {one.words}"
            self.add("block", rule, message, fix, file=name, row=one.line, column=one.key, value=one.value)

    def records(self) -> list[dict[str, Any]]:
        """The findings as mappings; what is changed in one is changed here."""
        return list(self._rows)

    def frame(self) -> pd.DataFrame:
        """All findings, the worst first, else in the order in which they were found."""
        names = (*COLUMNS, *_HIDDEN[:-1])
        lines = dict.fromkeys(tuple(one[name] for name in names) for one in self._rows)
        columns = (
            zip(*sorted(lines, key=lambda line: SEVERITIES.index(line[0])), strict=True) if lines else [()] * len(names)
        )
        dtypes = ["Int64" if name == "row" else "str" for name in names]
        arrays = [pd.array(cells, dtype=dtype) for cells, dtype in zip(columns, dtypes, strict=True)]
        return pd.DataFrame(dict(zip(names, arrays, strict=True)))


def _place(finding: Any) -> str:
    """Where one finding is, inside its table: row and value."""
    text = "" if pd.isna(finding.row) else f"row {finding.row}"
    if finding.value:
        text = f'{text} "{finding.value if len(finding.value) <= 40 else finding.value[:39] + "…"}"'.strip()
    return text


def group_findings(findings: pd.DataFrame) -> pd.DataFrame:
    """Group repeats: one line for each rule, table and column, and for each message that names no row.

    Parameters
    ----------
    findings : DataFrame
        As in `Register.findings`.

    Returns
    -------
    DataFrame
        Columns severity, rule, file, sheet, column, where, count, places (the first few), members (positions),
        message (of the first), fix. Blocks first.
    """
    lines = []
    keys = ["severity", "rule", "file", "sheet", "column"]
    own = findings["message"].where(findings["row"].isna(), "").to_numpy()  # without a row, its words tell it apart
    for key, group in findings.reset_index(drop=True).groupby([*keys, own], sort=False, dropna=False):
        file, sheet, column = key[2:5]
        where = " · ".join(part for part in (str(file), str(sheet), f"column {column}" if column else "") if part)
        places = [place for place in map(_place, group.head(_PLACES).itertuples()) if place]
        more = f" and {len(group) - _PLACES} more" if len(group) > _PLACES else ""
        first = group.iloc[0]
        said = (where, len(group), ", ".join(places) + more, list(group.index), first["message"], first["fix"])
        lines.append((*key[:-1], *said))
    return pd.DataFrame(lines, columns=[*keys, "where", "count", "places", "members", "message", "fix"])


def describe_findings(findings: pd.DataFrame, *, severities: Iterable[str] = SEVERITIES) -> str:
    """Write findings as a text that a person can act on: what to fix first, repeats grouped.

    Parameters
    ----------
    findings : DataFrame
        As in `Register.findings`.
    severities : iterable of str
        The ones to list.

    Returns
    -------
    str
        A first line with the counts, then one paragraph for each group.
    """
    groups = group_findings(findings)
    blocks = int((groups["severity"] == "block").sum())
    warns = int((groups["severity"] == "warn").sum())
    warned = f"{warns} warning{'s' * (warns != 1)}"
    if blocks:
        head = f"{blocks} thing{'s' * (blocks != 1)} to fix before your first pack"
    elif (groups["rule"] == "left_out_too_much").any():
        head = f"Too much of the source is left out for a pack; {warned} to look at"
    elif warns:
        head = f"Nothing stops a pack; {warned} to look at"
    else:
        head = "Nothing to fix"
    if blocks and warns:
        head += f" (and {warned})"
    lines = [head]
    wanted = list(severities)
    for group in groups.loc[groups["severity"].isin(wanted)].to_dict("records"):
        repeat = f" ({group['count']} times)" if group["count"] > 1 else ""
        lines.append(f"\n[{group['severity']}] {group['where'] or 'register'}: {group['message']}{repeat}")
        if group["places"]:
            lines.append(f"    where: {group['places']}")
        if group["fix"]:
            lines.append(f"    fix:   {group['fix']}")
    return "\n".join(lines)


def raise_blocks(findings: Findings) -> None:
    """Raise one DataError with every finding when at least one of them blocks."""
    if any(one["severity"] == "block" for one in findings.records()):
        frame = findings.frame()
        message = describe_findings(frame, severities=("block", "warn"))
        raise DataError(message, frame[list(COLUMNS)])


def form_error(error: FormError, rule: str, fix: str) -> DataError:
    """The DataError for a YAML file that cannot be used: one line and one finding a problem."""
    findings = Findings()
    findings.add_form(error, rule, fix)
    frame = findings.frame()[list(COLUMNS)]
    return DataError("\n".join(frame["message"]), frame)


@dataclass(frozen=True)
class Waiver(Form):
    """One accepted finding, or several of a kind. A file `waivers.yml` beside the tables:

        - rule: cost_outside_dates        # as in the findings
          project_id: P12                 # these narrow it down; leave out what does not matter
          file: costs.csv
          column: year
          row: 14
          who: Finance controller
          when: 2026-09-30
          why: retention money is paid a year after the finish
          until: 2027-06-30               # from that day on it counts no more

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
    project_id, file, sheet, column, row : str or None
        What narrows it down.
    """

    shape: ClassVar[str] = "a waiver is written '- rule: ...' with its lines below."
    narrowed: ClassVar[tuple[str, ...]] = ("project_id", "file", "sheet", "column", "row")

    rule: Required
    who: Required
    why: Required
    when: Day
    until: Day | None = None
    project_id: str | None = None
    file: str | None = None
    sheet: str | None = None
    column: str | None = None
    row: str | None = None

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """A name with nothing behind it would narrow down nothing."""
        for key in [key for key, one in given.items() if one is None and key in cls.narrowed]:
            reading.note(given, "{key} is empty: say which is meant, or leave the line out.", key)
        return given

    def fits(self, finding: dict[str, Any]) -> bool:
        """True when the waiver is about this finding."""
        said = {name: getattr(self, name) for name in ("rule", *self.narrowed)}
        return all(value is None or str(finding[name]) == value for name, value in said.items())


def _entries(given: object) -> object:
    return [] if given is None else given if isinstance(given, Rows) else [given]


_WAIVERS: Any = Annotated[list[Waiver], BeforeValidator(_entries)]


def load_waivers(path: str | PathLike[str], findings: Findings) -> list[Waiver]:
    """Read a file of waivers; each thing that is wrong with it is a blocking finding, and then none counts.

    Parameters
    ----------
    path : path
        A YAML file in the form that `Waiver` shows.
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
            finding |= {"severity": "info", "message": text if text.endswith(".") else text + ".", "fix": ""}
        rows.append((waiver.rule, waiver.who, waiver.when, waiver.why, waiver.until, count))
        what = "refused" if refused else "ended" if ended else "" if count else "unused"
        if what:
            said = told(f"waiver_{what}", rule=waiver.rule, who=waiver.who, until=waiver.until)
            findings.add(*said, file=file, value=waiver.rule)
    return pd.DataFrame(rows, columns=["rule", "who", "when", "why", "until", "count"])
