"""The check report: what to fix first, in words, and as a workbook with the cells in question marked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from math import ceil
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_cell_to_rowcol

from pmo_kit.disk import inert
from pmo_kit.errors import DataError, PmoError
from pmo_kit.facts import as_given
from pmo_kit.register.findings import Findings, describe_findings, group_findings
from pmo_kit.register.layout import turned
from pmo_kit.register.reading import is_mapping, load_register, read_sheets, sources_of
from pmo_kit.register.sheets import RawSheet
from pmo_kit.register.tables import Register
from pmo_kit.register.template import write_book, write_header
from pmo_kit.register.values import clean_text, shown, words

EXPECTED: list[str] = words()["expected"]
LETTERS = "ABCD"
LIMITS = ((0.9, 0, 45), (0.75, 1, 90), (0.5, 3, 180))


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
            fresh = f"the status of the middle project is {as_given(round(self.age_days))} days old"
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
        days = (pd.Timestamp(day) - projects["status_date"]).dt.days
        table["age_days"] = days.clip(lower=0).astype("float64")
    grade = np.full(len(table), len(LETTERS) - 1)
    age = table["age_days"].fillna(90)
    for letter, (share, rules, days) in reversed(list(enumerate(LIMITS))):
        reached = (table["filled"] >= share) & (table["warnings"] <= rules) & (age <= days)
        grade = np.where(reached, letter, grade)
    table.insert(0, "grade", pd.Series([LETTERS[one] for one in grade], index=table.index, dtype="str"))
    lines = filled.to_dict("records")
    table["missing"] = [", ".join(name for name in EXPECTED if not line[name]) for line in lines]
    worst = int(np.sort(grade)[int(np.ceil(0.8 * len(grade))) - 1]) if len(grade) else len(LETTERS) - 1
    return Grades(table, LETTERS[worst], float(table["age_days"].median()))


_FILLS = {"block": "#F4B5A9", "warn": "#FBE3A6", "info": "#D5E4F0"}
_WORDS = {"block": "to fix", "warn": "to look at", "info": "to know"}
_HEAD = ["how bad", "where", "times", "rows and values", "what is wrong", "how to fix"]
_ALL = ["how bad", "file", "sheet", "row", "column", "value", "rule", "what is wrong", "how to fix"]
_SEARCHED_ROWS = 45
_LONGEST = 32000
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True)
class CheckResult:
    """What a check says, and how it ends.

    Parameters
    ----------
    text : str
        The readable report: what to fix first, repeats grouped, accepted findings, the grade.
    exit_code : int
        0: usable. 1: usable, with warnings, and these were to count. 2: something blocks.
    """

    text: str
    exit_code: int


def check_register(
    path: str | PathLike[str],
    *,
    strict: bool = False,
    xlsx: str | PathLike[str] | None = None,
    mapping: str | PathLike[str] | None = None,
    refused: Callable[[Register], list[pd.DataFrame]] = lambda _: [],
) -> CheckResult:
    """Read a register and report on it; nothing is raised for what is wrong with the data.

    Parameters
    ----------
    path : path
        A folder of CSV files or a workbook.
    strict : bool
        Warnings count too.
    xlsx : path or None
        Where to write the report as a workbook with the cells in question marked; a file that does not exist yet.
    mapping : path or None
        A mapping file, for a source of another form.
    refused : callable
        Register -> findings of those who use a register that reads well: what they could not answer on.

    Returns
    -------
    CheckResult

    Examples
    --------
    >>> from pmo_kit.shipped import shipped
    >>> check_register(shipped("data", "samples", "meridian_12")).exit_code
    0
    """
    if xlsx is not None and (Path(xlsx).suffix.lower() != ".xlsx" or Path(xlsx).exists()):
        there = "is there already; nothing is overwritten" if Path(xlsx).exists() else "must end in .xlsx"
        raise PmoError(f"{xlsx} {there}. Name a new file for the report.")
    try:
        register = load_register(path, mapping=mapping)
    except DataError as error:
        findings, text, code = error.findings, str(error), 2
    else:
        more = refused(register)
        findings = pd.concat([*more, register.findings], ignore_index=True)
        lines = [register.summary, grade_register(register).summary, "", describe_findings(findings)]
        for line in register.waivers.to_dict("records"):
            lines.append(f"\nAccepted by {line['who']} on {line['when']}: {line['rule']} ({line['why']})")
        text = "\n".join(lines)
        code = 2 if more else 1 if strict and (findings["severity"] == "warn").any() else 0
    if xlsx is not None:
        text += f"\n\nWritten: {write_check_report(path, findings, xlsx)}"
    return CheckResult(text, code)


def write_check_report(source: str | PathLike[str], findings: pd.DataFrame, target: str | PathLike[str]) -> Path:
    """Write findings as a workbook: what to fix first, every finding, and the sheets with their cells marked.

    Parameters
    ----------
    source : path
        The register that was checked: a folder, a workbook, or a mapping that names its source.
    findings : DataFrame
        `Register.findings`, or `DataError.findings`.
    target : path
        An .xlsx file.

    Returns
    -------
    Path
        The file. Text that begins like a formula is written as text.
    """
    groups, each = group_findings(findings), ["file", "sheet", "row", "column", "value", "rule", "message", "fix"]
    few = ["where", "count", "places", "message", "fix"]

    def fill(book: Workbook) -> None:
        _write_findings(book, "what to fix first", _HEAD, [12, 34, 8, 46, 70, 60], groups, few)
        _write_findings(book, "all findings", _ALL, [12, 22, 16, 8, 22, 30, 24, 70, 60], findings, each)
        for raw in _sheets_of(Path(source)):
            here = (findings["file"] == raw.file) & (findings["sheet"] == raw.sheet)
            mine = findings[here & findings["row"].notna()]
            across = "transposed_layout" in findings.loc[here, "rule"].to_list()
            if not mine.empty:
                _write_marked(book, turned(raw) if across else raw, mine)

    return write_book(Path(target), fill)


def _sheets_of(source: Path) -> list[RawSheet]:
    """The sheets that were checked; none where they cannot be read."""
    with suppress(DataError):
        places = sources_of(source) if is_mapping(source) else [source]
        return [raw for place in places for raw in read_sheets(place, Findings())]
    return []


def _sheet_name(title: str, taken: Iterable[str]) -> str:
    """A name that a workbook allows and that is not taken."""
    base = re.sub(r"[\[\]:*?/\\]", "_", title)[:28].strip("'") or "sheet"
    used, more = {one.lower() for one in taken}, (f"{base} {number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([base], more) if name.lower() not in used)


def _text(value: object) -> str:
    """Text for a cell: one that a workbook can hold and never runs."""
    return inert(_ILLEGAL.sub(" ", str(value))[:_LONGEST])


def _write_findings(
    book: Workbook, title: str, heads: list[str], widths: list[int], findings: pd.DataFrame, names: list[str]
) -> None:
    """One line for each finding, or for each kind of them, to filter and sort."""
    sheet, wrapped = book.add_worksheet(title), book.add_format({"text_wrap": True, "valign": "top"})
    fills = {how: book.add_format({"bg_color": color}) for how, color in _FILLS.items()}
    write_header(book, sheet, heads, widths)
    for number, line in enumerate(findings.to_dict("records"), 1):
        high = max(ceil(len(str(line[name])) / width) for name, width in zip(names, widths[1:], strict=True))
        sheet.set_row(number, 15 * min(high, 27))
        sheet.write_string(number, 0, _WORDS[line["severity"]], fills[line["severity"]])
        cells = ("" if pd.isna(line[name]) else line[name] for name in names)
        sheet.write_row(number, 1, [one if isinstance(one, int) else _text(one) for one in cells], wrapped)
    if findings.empty:
        sheet.write_string(1, 0, "Nothing to fix.")
    sheet.autofilter(0, 0, max(1, len(findings)), len(heads) - 1)


def _write_marked(book: Workbook, raw: RawSheet, findings: pd.DataFrame) -> None:
    """A copy of a sheet of the register with the cells in question filled, each with a note."""
    sheet = book.add_worksheet(_sheet_name(raw.sheet or Path(raw.file).stem, book.sheetnames))
    fills = {how: book.add_format({"bg_color": color}) for how, color in _FILLS.items()}
    columns = [clean_text(raw.cells[place]).fillna("").tolist() for place in raw.cells]
    heads: dict[str, int] = {}
    for place, column in enumerate(columns):
        for text in filter(None, column[:_SEARCHED_ROWS]):
            heads.setdefault(shown(text), place)
    marks: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for line in findings.query("row > 0").to_dict("records"):
        marks.setdefault((int(line["row"]) - 1, _column_of(line["column"], heads, len(columns))), []).append(line)
    cells = {
        (row - 1, place): column[n] for place, column in enumerate(columns) for n, row in enumerate(raw.rows.tolist())
    }
    for (row, place), text in (dict.fromkeys(marks, "") | cells).items():
        sheet.write(row, place, _text(text), *(fills[one["severity"]] for one in marks.get((row, place), [])[:1]))
    for (row, place), lines in marks.items():
        note = "\n".join(f"{one['message']} {one['fix']}".strip() for one in lines)[:2000]
        sheet.write_comment(row, place, note, {"author": "pmo_kit", "height": 120, "width": 320})


def _column_of(column: str, heads: dict[str, int], width: int) -> int:
    """Position of a column that a finding names by its header or by its letter; the first when unknown."""
    if column in heads:
        return heads[column]
    letters = column.isascii() and column.isalpha() and column.isupper() and len(column) <= 3
    place = xl_cell_to_rowcol(f"{column}1")[1] if letters else 0
    return place if place < width else 0
