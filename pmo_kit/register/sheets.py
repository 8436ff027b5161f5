"""Files to grids of cells, nothing interpreted yet: CSV in any usual encoding, and workbooks."""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.cell import Cell
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from pmo_kit.forms import LIMITS, unreadable
from pmo_kit.register.findings import Findings

csv.field_size_limit(2**26)
_LARGE = "Give a file of projects: an export with what the tables need."
_DELIMITERS = ",;\t|"


class Uncached(str):
    """A formula that has no stored result: it is no text, and its cell has no value."""


@dataclass(eq=False)
class RawSheet:
    """The cells of one CSV file or of one sheet, as they are.

    `cells` has positions as columns; `rows` holds the row number of each line, as a spreadsheet shows it.
    `merged` holds (first line, last line, first column, last column), by position. Of a source
    that is read through a mapping: `labels` are its headers, by column and row; `units` the money units that the
    mapping states, by column and row; `places` the file and sheet of each row. `semicolon`: cells are separated by it.
    """

    file: str
    sheet: str
    title: str
    cells: pd.DataFrame
    rows: np.ndarray
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    epoch_1904: bool = False
    labels: list[str | np.ndarray] | None = None
    units: dict[str, np.ndarray] | None = None
    places: list[tuple[str, str]] | None = None
    semicolon: bool = False


@dataclass(eq=False)
class Body:
    """The lines of a table below its header; `columns` are positions, `headers` their texts."""

    headers: list[str]
    cells: pd.DataFrame
    rows: np.ndarray
    labels: list[str | np.ndarray] | None = None
    units: dict[str, np.ndarray] = field(default_factory=dict)

    def label(self, place: int) -> str | np.ndarray:
        """Header of a column as the source has it, one text or one for each row."""
        return (self.labels or self.headers)[place]


def decode(data: bytes) -> tuple[str, str, bool]:
    """Decode a text file: text, encoding, and whether the encoding is a guess.

    >>> decode("coût".encode("cp1252"))
    ('coût', 'cp1252', True)
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), encoding, False
    if len(data) > 3 and data.count(b"\0") > len(data) // 4:
        encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
        return data.decode(encoding, errors="replace"), encoding, True
    try:
        return data.decode("utf-8"), "utf-8", False
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), "cp1252", True


def _delimiter(text: str) -> str:
    """The separator that splits the first lines most evenly."""
    sample = text[:20000]
    lines = [row for row in sample.splitlines()[:30] if row.strip()]
    best, best_score = ",", (0.0, 0.0)
    for mark in _DELIMITERS:
        widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=mark) if any(row)][:30]
        wide = [width for width in widths if width > 1]
        if wide:
            usual = max(set(wide), key=wide.count)
            score = (wide.count(usual) / len(widths), float(usual))
            best, best_score = (mark, score) if score > best_score else (best, best_score)
    return best if lines else ","


def read_csv_sheet(path: Path, findings: Findings) -> RawSheet | None:
    """Read one CSV file; None when it holds nothing."""
    if reason := unreadable(path, "bytes of a table"):
        findings.add("block", "file_not_read", f"{path.name}: {reason}", _LARGE, file=path.name)
        return None
    try:
        text, encoding, guessed = decode(path.read_bytes())
    except OSError as error:
        findings.add(
            "block", "file_not_read", f"The file cannot be opened: {error.strerror}.", file=path.name
        )
        return None
    if guessed:
        findings.add(
            "warn",
            "encoding_repaired",
            f"The file is not UTF-8; it was read as {encoding}.",
            "Check accented letters and currency signs, or save as CSV UTF-8.",
            file=path.name,
        )
    if "\ufffd" in text or re.search("â€|Ã[\x80-\xbf©¨]|â‚¬|Â£", text):
        findings.add(
            "warn",
            "encoding_repaired",
            "Some characters were damaged before this file was saved.",
            "Export the file again as UTF-8.",
            file=path.name,
        )
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    mark = _delimiter(text)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    if not lines:
        return None
    if len(lines[0]) and re.fullmatch(r"sep=.", lines[0][0] + ("," if len(lines[0]) > 1 else "")):
        lines[0] = [""]
    width = max(map(len, lines))
    if width > (most := LIMITS["columns of a table"]):
        text = f"{path.name}: it has {width:,} columns; at most {most:,} are read."
        findings.add("block", "file_not_read", text, _LARGE, file=path.name)
        return None
    ragged = [number for number, line in enumerate(lines) if len(line) != width]
    for number in ragged:
        lines[number] = lines[number] + [""] * (width - len(lines[number]))
    columns = {place: pd.Series(column, dtype="str") for place, column in enumerate(zip(*lines, strict=True))}
    cells = pd.DataFrame(columns)
    return RawSheet(path.name, "", path.stem, cells, np.arange(1, len(lines) + 1), semicolon=mark == ";")


def read_workbook(path: Path, findings: Findings) -> list[RawSheet]:
    """Read every sheet of a workbook: values, cached results of formulas, merged and hidden parts."""
    if reason := unreadable(path, "bytes of a workbook, unpacked"):
        findings.add("block", "file_not_read", f"{path.name}: {reason}", _LARGE, file=path.name)
        return []
    try:
        book = openpyxl.load_workbook(path, data_only=True)
        with zipfile.ZipFile(path) as archive:
            has_formulas = any(
                b"<f>" in (text := archive.read(name)) or b"<f " in text
                for name in archive.namelist()
                if name.startswith("xl/worksheets/")
            )
        formulas = openpyxl.load_workbook(path) if has_formulas else None
    except Exception as error:  # openpyxl raises many kinds on damaged files
        findings.add(
            "block",
            "file_not_read",
            f"The workbook cannot be opened ({type(error).__name__}).",
            "Open it in a spreadsheet program and save it again as .xlsx, without a password.",
            file=path.name,
        )
        return []
    sheets = []
    for sheet in book.worksheets:
        lines = [list(line) for line in sheet.iter_rows(values_only=True)]
        if not any(cell is not None for line in lines for cell in line):
            continue
        raw = RawSheet(
            path.name,
            sheet.title,
            sheet.title,
            pd.DataFrame(lines, dtype=object),
            np.arange(1, len(lines) + 1),
            [(low - 1, high - 1, left - 1, right - 1) for left, low, right, high in _bounds(sheet)],
            book.epoch == CALENDAR_MAC_1904,
        )
        _report_hidden(sheet, raw, findings)
        if formulas is not None:
            _report_uncached(formulas[sheet.title], raw, findings)
        sheets.append(raw)
    return sheets


def _bounds(sheet: Worksheet) -> list[tuple[int, int, int, int]]:
    """Merged ranges as (first column, first row, last column, last row), from 1."""
    return [one.bounds for one in sheet.merged_cells.ranges]


def _report_hidden(sheet: Worksheet, raw: RawSheet, findings: Findings) -> None:
    """Hidden sheets and rows are read like the others, and reported."""
    if sheet.sheet_state != "visible":
        text = "The sheet is hidden; it was read all the same."
        findings.add("warn", "hidden_sheet", text, "Show it, or delete it.", file=raw.file, sheet=raw.sheet)
    hidden = [n for n, size in sheet.row_dimensions.items() if size.hidden and n <= len(raw.rows)]
    filled = [n for n in hidden if raw.cells.iloc[n - 1].notna().any()]
    if filled:
        rows = ", ".join(map(str, filled[:8])) + ("…" if len(filled) > 8 else "")
        findings.add(
            "warn",
            "hidden_rows",
            f"{len(filled)} hidden rows were read like the others (rows {rows}).",
            "Show them (a filter may be on), or delete them.",
            file=raw.file,
            sheet=raw.sheet,
            row=filled[0],
            value=rows,
        )


def _report_uncached(sheet: Worksheet, raw: RawSheet, findings: Findings) -> None:
    """A formula without a stored result, or with an error, has no value to read."""
    for line in sheet.iter_rows():
        for cell in line:
            if not isinstance(cell, Cell) or cell.data_type != "f":
                continue
            stored = raw.cells.iat[cell.row - 1, cell.column - 1]
            if stored is None:
                findings.add(
                    "block",
                    "formula_without_result",
                    "The formula has no stored result.",
                    "Open the workbook in a spreadsheet program, let it calculate, and save it.",
                    file=raw.file,
                    sheet=raw.sheet,
                    row=cell.row,
                    column=cell.column_letter,
                    value=cell.value,
                )


def sheet_of_frame(name: str, frame: pd.DataFrame) -> tuple[RawSheet, list[str]]:
    """Treat a DataFrame as a sheet whose headers are known."""
    if frame.index.name is not None or isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index()
    headers = [str(column) for column in frame.columns]
    cells = frame.reset_index(drop=True).set_axis(range(len(headers)), axis=1)
    return RawSheet("", name, name, cells, np.arange(1, len(cells) + 1)), headers
