"""What was found while a register was read, and the tables that it points to: told in words, blocks first.

Waivers are findings that somebody has accepted, with who, when and why. They are printed, never hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cache
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

import numpy as np
import pandas as pd
from pydantic import BeforeValidator

from pmo_kit.errors import DataError
from pmo_kit.facts import as_given
from pmo_kit.forms import Block, Day, Form, FormError, Reading, Required, Rows, read_form
from pmo_kit.register.schema import Table
from pmo_kit.register.values import EMPTY_DTYPES, near_dates, shown, words

SEVERITIES = ("block", "warn", "info")
_PLACES = 4
ACCEPTABLE_BLOCKS = frozenset(words()["acceptable_blocks"])


@dataclass
class Finding:
    """One thing that was found: where, what is written there, which rule, and what is said.

    What nobody is shown: `project_id`, the project that it is about; `table`, `field` and `position`, the cell of a
    typed table.
    """

    severity: str
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    rule: str = ""
    message: str = ""
    fix: str = ""
    project_id: str = ""
    table: str = ""
    field: str = ""
    position: int | None = None

    @property
    def place(self) -> dict[str, Any]:
        """Where it is, as `Findings.tell` takes it."""
        return {name: getattr(self, name) for name in WHERE}

    @property
    def of_whole(self) -> bool:
        """It is about a file, a column or all projects, though a row be named: without that row it is no better."""
        return self.row is None or self.rule in _OF_WHOLE


WHERE = ("file", "sheet", "row", "column", "value", "project_id")
_OF_WHOLE = ("number_ambiguous", "outside_envelopes", "second_header", "setting_not_read")
_NAMES = tuple(one.name for one in fields(Finding))[:-1]
COLUMNS = _NAMES[:9]


class Placed(Protocol):
    """What has numbers of rows and comes from files: cells as they are, a body below its header, a typed table."""

    rows: np.ndarray

    def place(self, position: int | None = None, /) -> tuple[str, str]:
        """File and sheet of a row, or of the whole; no sheet where the file has none."""


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

    def place(self, position: int | None = None) -> tuple[str, str]:
        """File and sheet of a row, or of all."""
        return (self.file, self.sheet) if position is None or self.places is None else self.places[position]

    def header(self, column: str, position: int) -> str:
        """Header of a column as written in the file."""
        header = self.headers.get(column, column)
        return header if isinstance(header, str) else str(header[position] if len(header) else column)

    def cell(self, column: str, position: int) -> dict[str, Any]:
        """Where a cell of a row came from, what is written there, and where it is now: the places of a finding."""
        cells, (file, sheet) = self.raw.get(column, self.frame.get(column)), self.place(position)
        who = self.frame["project_id"].iloc[position] if "project_id" in self.frame else ""
        return {
            "file": file, "sheet": sheet, "row": int(self.rows[position]), "column": self.header(column, position),
            "value": "" if cells is None else shown(cells.iloc[position]), "project_id": "" if pd.isna(who) else who,
            "table": self.table.name, "field": column, "position": position,
        }  # fmt: skip


def empty_table(table: Table) -> pd.DataFrame:
    """A table without rows that has every column in its dtype."""
    return _empty(tuple((column.name, EMPTY_DTYPES[column.type]) for column in table)).copy(deep=False)


@cache
def _empty(dtypes: tuple[tuple[str, str], ...]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in dtypes})


def told(what: str, **said: object) -> tuple[str, str, str]:
    """Severity, words and fix of what is told: the list `told` of words.yml.

    Parameters
    ----------
    what : str
        Name in the list: a rule, and after a blank which of the things that it tells.
    **said : object
        What stands for the names in the words; `{date}` are the days that the value may mean.

    Examples
    --------
    >>> told("lines_above_header", count=2)
    ('info', '2 lines above the header are not data.', '')
    """
    severity, message, *fix = words()["told"][what]
    if fix and "{date}" in fix[0]:
        said["date"] = near_dates(str(said["value"]))
    return severity, message.format_map(said), "".join(fix).format_map(said)


class Findings:
    """Collects findings; nothing is printed and nothing stops until all checks have run."""

    def __init__(self, found: Iterable[Finding] = ()) -> None:
        self.found = [replace(one) for one in found]

    def tell(self, what: str, severity: str = "", /, *, at: Placed | None = None, **said: Any) -> None:
        """Add what `told` says.

        Parameters
        ----------
        what : str
            As in `told`.
        severity : str
            Where it is not that of the list.
        at : Placed or None
            Has its file and sheet.
        **said : object
            What stands for the names in the words; among it may be where it is: `WHERE`.
        """
        place = {name: said[name] for name in WHERE if name in said}
        if at is not None:
            place["file"], place["sheet"] = at.place()
        self.add(what, said, place, severity)

    def add(self, what: str, said: Mapping[str, Any], place: Mapping[str, Any], severity: str = "") -> None:
        """Add what `told` says, at a place that its words do not name."""
        usual, message, fix = told(what, **said)
        here = {**place, "value": shown(place.get("value", ""))}
        self.found.append(Finding(severity or usual, rule=what.split()[0], message=message, fix=fix, **here))

    def tell_rows(self, what: str, intake: Intake, where: Any, column: str = "", /, **said: Any) -> None:
        """Tell of rows of a table: those where a mask is true, or some by position, with cells that the words name.

        In the words `{value}` is the cell of the column as written, `{column}` and `{table}` are their names.
        """
        if not isinstance(where, pd.DataFrame):
            where = np.flatnonzero(where if isinstance(where, np.ndarray) else where.to_numpy(bool, na_value=False))
            where = intake.frame.iloc[where] if len(where) else ()
        if not len(where):
            return
        named = [name for name in where if any(f"{{{name}" in text for text in words()["told"][what])]
        for position, line in zip(where.index.tolist(), where[named].to_dict("records"), strict=True):
            cells = {name: as_given(one) if isinstance(one, float) else one for name, one in line.items()}
            place = intake.cell(column, position)
            named_ = {"table": intake.table.name, "column": column, **cells, "value": place["value"]}
            self.add(what, named_ | said, place)

    def tell_lines(
        self, what: str, body: Placed, where: np.ndarray, *, column: str | np.ndarray = "",
        values: pd.Series | None = None, **said: Any,
    ) -> None:  # fmt: skip
        """Tell of every line of a sheet where the mask is true; `{value}` stands for its value."""
        for n in map(int, np.flatnonzero(where)):
            value = "" if values is None else shown(values.iloc[n])
            head = column if isinstance(column, str) else str(column[n])
            file, sheet = body.place(n)
            place = {"file": file, "sheet": sheet, "row": int(body.rows[n]), "column": head, "value": value}
            self.tell(what, **said | place)

    def error(self, message: str) -> DataError:
        """The error that has all findings so far."""
        return DataError(message, self.frame()[list(COLUMNS)])

    def refused(self, what: str, **said: Any) -> DataError:
        """The error of something without which nothing can be read."""
        self.tell(what, **said)
        return self.error(self.found[-1].message)

    def add_form(self, error: FormError, rule: str, fix: str) -> None:
        """Add one blocking finding for every problem of a YAML file."""
        name = error.file.name
        for one in error.problems:
            message, place = f"{name}, line {one.line}: {one.words}", (name, "", one.line, one.key, shown(one.value))
            self.found.append(Finding("block", *place, rule, message, fix))

    def frame(self) -> pd.DataFrame:
        """All findings, the worst first, else in the order in which they were found; each once."""
        lines = dict.fromkeys(tuple(getattr(one, name) for name in _NAMES) for one in self.found)
        ordered = sorted(lines, key=lambda line: SEVERITIES.index(line[0]))
        dtypes = {name: "Int64" if name == "row" else "str" for name in _NAMES}
        return pd.DataFrame(ordered, columns=list(_NAMES)).astype(dtypes)


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
    if any(one.severity == "block" for one in findings.found):
        raise findings.error(describe_findings(findings.frame(), severities=("block", "warn")))


def form_error(error: FormError, rule: str, fix: str) -> DataError:
    """The DataError for a YAML file that cannot be used: one line and one finding a problem."""
    findings = Findings()
    findings.add_form(error, rule, fix)
    return findings.error("\n".join(findings.frame()["message"]))


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

    def fits(self, finding: Finding) -> bool:
        """True when the waiver is about this finding."""
        said = {name: getattr(self, name) for name in ("rule", *self.narrowed)}
        return all(value is None or str(getattr(finding, name)) == value for name, value in said.items())


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
        for finding in findings.found:
            if not waiver.fits(finding) or finding.severity == "info" or ended:
                continue
            if finding.severity == "block" and waiver.rule not in ACCEPTABLE_BLOCKS:
                refused = True
                continue
            count += 1
            text = f"{finding.message} Accepted by {waiver.who} on {waiver.when:%Y-%m-%d}: {waiver.why}"
            finding.severity, finding.message, finding.fix = "info", text if text.endswith(".") else text + ".", ""
        rows.append((waiver.rule, waiver.who, waiver.when, waiver.why, waiver.until, count))
        what = "refused" if refused else "ended" if ended else "" if count else "unused"
        if what:
            said: Any = {"rule": waiver.rule, "who": waiver.who, "until": waiver.until}
            findings.tell(f"waiver_{what}", file=file, value=waiver.rule, **said)
    return pd.DataFrame(rows, columns=["rule", "who", "when", "why", "until", "count"])
