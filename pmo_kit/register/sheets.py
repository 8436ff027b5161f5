"""Files to grids of cells, nothing interpreted yet: CSV in any usual encoding, and workbooks."""

from __future__ import annotations

import codecs
import csv
import html
import io
import re
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from pmo_kit.forms import LIMITS, unreadable
from pmo_kit.register.findings import Findings
from pmo_kit.register.values import Shown, clean_text, folded, unit_of_format

csv.field_size_limit(LIMITS["letters of a cell"])
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
    mapping states, by column and row; `places` the file and sheet of each row. `semicolon`: cells are separated by it;
    `around`: see Body.
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
    around: tuple[tuple[int, str], ...] = ()


@dataclass(eq=False)
class Body:
    """The lines of a table below its header, in a sheet; `columns` are positions, `headers` their texts.

    `around` are the texts above and below the rows, with their row; `beside`: the columns stood beside projects;
    `used`: positions that a mapping reads.
    """

    raw: RawSheet
    headers: list[str]
    cells: pd.DataFrame
    rows: np.ndarray
    labels: list[str | np.ndarray] | None = None
    around: tuple[tuple[int, str], ...] = ()
    beside: bool = False
    used: set[int] = field(default_factory=set)

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.raw.file

    @property
    def sheet(self) -> str:
        """Name of the sheet."""
        return self.raw.sheet

    @property
    def place(self) -> tuple[str, str]:
        """File and sheet."""
        return self.file, self.sheet

    def places(self, header: str) -> list[int]:
        """Positions of a header, whole and exact; `RAG (2)` is the second of the columns that are called RAG."""
        texts = [folded(text) for text in self.headers]
        found = [place for place, text in enumerate(texts) if text == folded(header)]
        match = re.fullmatch(r"(.+) \((\d+)\)", header)
        if not found and match:
            same = [place for place, text in enumerate(texts) if text == folded(match[1])]
            found = same[int(match[2]) - 1 :][:1] if len(same) > 1 and int(match[2]) > 0 else []
        return found

    def text(self, place: int) -> pd.Series:
        """A column as clean text."""
        return clean_text(self.cells.iloc[:, place])

    def only(self, keep: np.ndarray) -> Body:
        """Some of the rows."""
        return replace(self, cells=self.cells[keep].reset_index(drop=True), rows=self.rows[keep])

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
    best, best_score = ",", (0.0, 0.0)
    for mark in _DELIMITERS:
        widths = [len(row) for row in csv.reader(io.StringIO(sample), delimiter=mark) if any(row)][:30]
        wide = [width for width in widths if width > 1]
        if wide:
            usual = max(set(wide), key=wide.count)
            score = (wide.count(usual) / len(widths), float(usual))
            best, best_score = (mark, score) if score > best_score else (best, best_score)
    return best


def _refused(path: Path, findings: Findings, reason: str, sheet: str = "") -> bool:
    """Say why a file or a sheet is not read, where there is a reason."""
    if reason:
        findings.add("block", "file_not_read", f"{path.name}: {reason}", _LARGE, file=path.name, sheet=sheet)
    return bool(reason)


_TOO_LONG = f"one of its cells has more than {LIMITS['letters of a cell']:,} letters."


def _too_large(columns: int, cells: int) -> str:
    """Why a table of this size is not read; empty where it is."""
    most, all_ = LIMITS["columns of a table"], LIMITS["cells of a table"]
    if columns <= most and cells <= all_:
        return ""
    return f"it has {columns:,} columns and about {cells:,} cells; at most {most:,} and {all_:,} are read."


def read_csv_sheet(path: Path, findings: Findings) -> RawSheet | None:
    """Read one CSV file; None when it holds nothing, or is refused."""
    if _refused(path, findings, unreadable(path, "bytes of a table")):
        return None
    try:
        text, encoding, guessed = decode(path.read_bytes())
    except OSError as error:
        findings.add(
            "block", "file_not_read", f"The file cannot be opened: {error.strerror}.", file=path.name
        )
        return None
    if guessed:
        words = f"The file is not UTF-8; it was read as {encoding}."
        fix = "Check accented letters and currency signs, or save as CSV UTF-8."
        findings.add("warn", "encoding_repaired", words, fix, file=path.name)
    if "\ufffd" in text or re.search("â€|Ã[\x80-\xbf©¨]|â‚¬|Â£", text):
        words = "Some characters were damaged before this file was saved."
        findings.add("warn", "encoding_repaired", words, "Export the file again as UTF-8.", file=path.name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    mark = _delimiter(text)
    widest = max(line.count(mark) for line in text.split("\n", 200)[:200]) + 1
    if _refused(path, findings, _too_large(widest, text.count(mark))):
        return None
    reader, lines, begins = csv.reader(io.StringIO(text, newline=""), delimiter=mark), [], [0]
    try:
        for line in reader:
            lines.append(line)
            begins.append(reader.line_num)
    except csv.Error:
        _refused(path, findings, _TOO_LONG)
        return None
    if not lines:
        return None
    _report_quotes(path.name, text, mark, lines, begins, findings)
    if len(lines[0]) and re.fullmatch(r"sep=.", lines[0][0] + ("," if len(lines[0]) > 1 else "")):
        lines[0] = [""]
    width = max(map(len, lines))
    if _refused(path, findings, _too_large(width, width * len(lines))):
        return None
    lines = [line if len(line) == width else line + [""] * (width - len(line)) for line in lines]
    columns = {place: pd.Series(column, dtype="str") for place, column in enumerate(zip(*lines, strict=True))}
    rows = np.arange(1, len(lines) + 1)
    return RawSheet(path.name, "", path.stem, pd.DataFrame(columns), rows, semicolon=mark == ";")


def _report_quotes(
    file: str, text: str, mark: str, lines: list[list[str]], begins: list[int], findings: Findings
) -> None:
    """Refuse a double quote that swallows rows: its lines, read without quotes, are rows of their own."""
    several = [number for number in range(len(lines)) if begins[number + 1] - begins[number] > 1]
    if not several:
        return
    written, width = text.split("\n"), max(map(len, lines[:1]))
    for number in several:
        mine = written[begins[number] : begins[number + 1]]
        full = [width > 1 and line.count(mark) == width - 1 for line in mine]
        inside = [one for one, line in zip(full, mine, strict=True) if line.strip()][1:-1]
        open_quote = begins[number + 1] >= len(written) - 1 and "\n".join(mine).count('"') % 2 == 1
        if (
            all(full) or open_quote or 2 * sum(inside) > len(inside)
        ):  # prose has a line of so many commas, too
            last = begins[number] + len([line for line in mine if line])
            words = f"A double quote opens in line {begins[number] + 1} and takes the lines up to {last} into one cell."
            fix = "Delete the quote, or write it twice inside a quoted cell."
            findings.add(
                "block", "quote_swallows_rows", words, fix, file=file, row=number + 1, value="\n".join(mine)
            )


_EMPTY = re.compile(rb"<(?:\w+:)?c(?=[\s/>])[^<>]*(?:/>|>\s*</(?:\w+:)?c>)")
_BARE_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s/>])[^<>]*(?:/>|>\s*</(?:\w+:)?row>)")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?ref="[A-Z]+(\d+):[A-Z]+(\d+)"[^<>]*/>')
_FORMULA = re.compile(
    rb"<(?:\w+:)?c\s[^<>]*?\br=\"([A-Z]+)(\d+)\"[^<>]*>\s*<(?:\w+:)?f(?:\s[^<>]*?)?(?:/>|>([^<]*)</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def _trimmed(path: Path) -> tuple[io.BytesIO, dict[str, dict[tuple[int, int], Uncached]], bool]:
    """A workbook without empty formatted cells; its formulas without a result; whether text is struck through."""
    copy, formulas, struck = io.BytesIO(), {}, False
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as new:
        for entry in archive.infolist():
            data = archive.read(entry)
            if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml"):
                data = _BARE_ROW.sub(b"", _EMPTY.sub(b"", data))
                data = _MERGED.sub(lambda one: one[0] if int(one[2]) - int(one[1]) < 10_000 else b"", data)
                formulas[entry.filename] = {
                    (int(row), column_index_from_string(name.decode())): Uncached(f"={text.decode('utf-8', 'replace')}")
                    for name, row, text in _FORMULA.findall(data)
                }  # fmt: skip
            struck = struck or (entry.filename == "xl/styles.xml" and b"<strike" in data)
            new.writestr(entry.filename, data)
    return copy, formulas, struck


def read_workbook(path: Path, findings: Findings) -> list[RawSheet]:
    """Read every sheet of a workbook: values, cached results of formulas, merged, hidden and struck parts."""
    if _refused(path, findings, unreadable(path, "bytes of a workbook, unpacked")):
        return []
    try:
        trimmed = _trimmed(path)
        book = openpyxl.load_workbook(trimmed[0], data_only=True)
    except Exception as error:  # openpyxl raises many kinds on damaged files
        words = f"The workbook cannot be opened ({type(error).__name__})."
        fix = "Open it in a spreadsheet program and save it again as .xlsx, without a password."
        findings.add("block", "file_not_read", words, fix, file=path.name)
        return []
    formulas, struck = trimmed[1:]
    sheets = []
    for sheet in book.worksheets:
        cells = [cell for cell in sheet._cells.values() if cell.value is not None]
        open_cells = formulas.get(_file_of(path, sheet.title), {})
        if not cells and not open_cells:
            continue
        rows = np.array(sorted({cell.row for cell in cells} | {row for row, _ in open_cells}))
        width = max([cell.column for cell in cells] + [column for _, column in open_cells])
        long = any(
            len(str(cell.value)) > LIMITS["letters of a cell"] for cell in cells if cell.data_type == "s"
        )
        reason = _TOO_LONG if long else _too_large(width, len(rows) * width)
        if _refused(path, findings, reason, sheet.title):
            continue
        line = {row: number for number, row in enumerate(rows.tolist())}
        grid = np.full((len(rows), width), None, dtype=object)
        for cell in cells:
            grid[line[cell.row], cell.column - 1] = cell.value
            if cell.data_type == "n" and cell.has_style and (unit := unit_of_format(cell.number_format)):
                grid[line[cell.row], cell.column - 1] = number = Shown(str(cell.value))
                number.unit = unit
        for (row, column), formula in open_cells.items():
            grid[line[row], column - 1] = formula
        merged = [
            (line[top], int(np.searchsorted(rows, bottom, "right")) - 1, left - 1, right - 1)
            for left, top, right, bottom in (one.bounds for one in sheet.merged_cells.ranges)
            if top in line and right <= width
        ]
        epoch = book.epoch == CALENDAR_MAC_1904
        raw = RawSheet(
            path.name, sheet.title, sheet.title, pd.DataFrame(grid, dtype=object), rows, merged, epoch
        )
        _report_hidden(sheet, raw, findings)
        for row in sorted(
            {cell.row for cell in cells if cell.has_style and cell.font.strike} if struck else ()
        ):
            words = "The row holds text that is struck through; it was read like the others."
            value = " | ".join(str(cell) for cell in grid[line[row]] if cell is not None)
            fix = "Delete the row, or take the line out of its font."
            findings.add("warn", "struck_through", words, fix, at=raw, row=row, value=value)
        sheets.append(raw)
    return sheets


def _file_of(path: Path, title: str) -> str:
    """The part of a workbook that holds a sheet."""
    with zipfile.ZipFile(path) as archive:
        book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
        links = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    for name, key in re.findall(r'<(?:\w+:)?sheet\s[^>]*?name="([^"]*)"[^>]*?\w+:id="([^"]*)"', book):
        if html.unescape(name) == title:
            for link in re.findall(r"<(?:\w+:)?Relationship\s[^>]*>", links):
                if f'Id="{key}"' in link and (target := re.search(r'Target="([^"]*)"', link)):
                    return target[1].lstrip("/") if target[1].startswith("/") else f"xl/{target[1]}"
    return ""


def _report_hidden(sheet: Worksheet, raw: RawSheet, findings: Findings) -> None:
    """Hidden sheets, rows and columns are read like the others, and reported."""
    if sheet.sheet_state != "visible":
        words, fix = "The sheet is hidden; it was read all the same.", "Show it, or delete it."
        findings.add("warn", "hidden_sheet", words, fix, at=raw)
    hidden = {n for n, size in sheet.row_dimensions.items() if size.hidden}
    filled = [n for n in raw.rows.tolist() if n in hidden]
    if filled:
        rows = ", ".join(map(str, filled[:8])) + ("…" if len(filled) > 8 else "")
        words = f"{len(filled)} hidden rows were read like the others (rows {rows})."
        fix = "Show them (a filter may be on), or delete them."
        findings.add("warn", "hidden_rows", words, fix, at=raw, row=filled[0], value=rows)
    spans = [(size.min, min(size.max or size.min, raw.cells.shape[1])) for size in sheet.column_dimensions.values()
             if size.hidden and size.min]  # fmt: skip
    for number in sorted({n for first, last in spans for n in range(first, last + 1)}):
        cells = raw.cells.iloc[:, number - 1].dropna()
        if len(cells):
            letter = get_column_letter(number)
            words, value = (
                f'The column {letter} ("{cells.iloc[0]}") is hidden; it was read like the others.',
                cells.iloc[0],
            )
            findings.add(
                "warn", "hidden_column", words, "Show it, or delete it.", at=raw, column=letter, value=value
            )


def sheet_of_frame(name: str, frame: pd.DataFrame) -> tuple[RawSheet, list[str]]:
    """Treat a DataFrame as a sheet whose headers are known."""
    if frame.index.name is not None or isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index()
    headers = [str(column) for column in frame.columns]
    cells = frame.reset_index(drop=True).set_axis(range(len(headers)), axis=1)
    return RawSheet("", name, name, cells, np.arange(1, len(cells) + 1)), headers
