"""Files to grids of cells, nothing interpreted yet: CSV in any usual encoding, and workbooks."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import numpy as np
import pandas as pd
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string, get_column_letter, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, from_excel, from_ISO8601
from openpyxl.xml.constants import SHARED_STRINGS

from pmo_kit.errors import PmoError
from pmo_kit.forms import LIMITS, too_many, unreadable
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
    reason = _too_large(widest, text.count(mark) + text.count("\n"))
    most = LIMITS["letters of a line"]
    if not reason and any(len(one[0]) > most for one in re.finditer("[^\n]+", text)):
        reason = f"one of its lines has more than {most:,} letters."
    if _refused(path, findings, reason):
        return None
    written = (one[0] for one in re.finditer(r"[^\n]*\n|[^\n]+", text))
    reader, lines, begins = csv.reader(written, delimiter=mark), [], [0]
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


_TRUE = ("1", "true", "on", "t")


@dataclass(eq=False)
class _Part:
    """What one sheet of a workbook holds, as its file says it: its filled cells, and what is merged or hidden."""

    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    styles: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)


def _read_part(stream: IO[bytes], read: Callable[[str, int, str], Any] = lambda *_: None) -> _Part:
    """One pass over a sheet, or over the texts that cells share; `read` makes a value of a type, a style and a text."""
    part, tags, letters, text = _Part(), dict[str, str](), dict[str, int](), list[str]()
    row, column, style, kind, aloud, found = 0, 0, 0, "n", True, dict[str, str]()

    def start(name: str, said: dict[str, str]) -> None:
        nonlocal row, column, style, kind, aloud, found
        tag = tags.get(name) or tags.setdefault(name, name.rpartition(":")[2])
        if tag == "c":
            column += 1
            if place := said.get("r"):
                head = place.rstrip("0123456789")
                column = letters.get(head) or letters.setdefault(head, column_index_from_string(head))
                row = int(place[len(head) :])
            kind, style, found = said.get("t", "n"), int(said.get("s", 0)), {}
        elif tag == "v" or tag == "t" or tag == "f":
            text.clear()
        elif tag == "si":  # a text that several cells share
            found = {}
        elif tag == "row":
            row, column = int(float(said["r"])) if "r" in said else row + 1, 0
            if said.get("hidden") in _TRUE:
                part.hidden_rows.append(row)
        elif tag == "rPh":  # how a Japanese text is spoken
            aloud = False
        elif tag == "col" and said.get("hidden") in _TRUE:
            part.hidden_columns.append((int(said["min"]), int(said.get("max", said["min"]))))
        elif tag == "mergeCell":
            bounds: Any = range_boundaries(said["ref"])
            part.merged.append(bounds)
            if reason := too_many("merged areas", len(part.merged), "merged areas of a sheet"):
                raise PmoError(reason)

    def end(name: str) -> None:
        nonlocal aloud
        tag = tags[name]
        if tag == "v" or tag == "f":
            found[tag] = "".join(text)
        elif tag == "t" and aloud:
            found["t"] = found.get("t", "") + "".join(text)
        elif tag == "rPh":
            aloud = True
        elif tag == "si":
            part.values.append(found.get("t", "").replace("x005F_", ""))
        elif tag == "c" and found:
            written = found.get("t" if kind == "inlineStr" else "v")
            if not written and ("f" not in found or (kind == "str" and written is not None)):
                return
            part.values.append(read(kind, style, written) if written else Uncached(f"={found['f']}"))
            part.rows.append(row)
            part.columns.append(column)
            part.styles.append(style)

    def doctype(*_: object) -> None:
        raise ValueError("a workbook has no document type")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text.append, doctype
    rest = b""
    while piece := stream.read(1_000_000):
        rest = _trimmed(rest + piece)
        whole = rest.rfind(b"<", len(rest) - 1_000)  # -1: in the middle of a text
        parser.Parse(rest[:whole] if whole > 0 else rest)
        rest = rest[whole:] if whole > 0 else b""
    parser.Parse(rest, True)
    return part


_BARE_CELL = re.compile(rb'<(?:\w+:)?c r="[^<>]*(?:/>|>\s*</(?:\w+:)?c>)')
_BARE_ROW = re.compile(rb'<(?:\w+:)?row r="[^<>]*(?:/>|>\s*</(?:\w+:)?row>)')
_PLACELESS = re.compile(rb'<(?:\w+:)?(?:c|row)(?=[\s/>])(?! r=")|<!\[CDATA\[')


def _trimmed(cells: bytes) -> bytes:
    """A piece of a sheet without its empty cells and rows; all of it where places are not stated or text is literal."""
    return cells if _PLACELESS.search(cells) else _BARE_ROW.sub(b"", _BARE_CELL.sub(b"", cells))


def _values_of(book: Any, strings: list[str]) -> Callable[[str, int, str], Any]:
    """How the cells of a workbook are read: type, style and text to a value."""
    dates, spans, epoch = book._date_formats, book._timedelta_formats, book.epoch

    def read(kind: str, style: int, text: str) -> Any:
        if kind == "n":
            number = float(text) if "." in text or "E" in text or "e" in text else int(text)
            if style not in dates:
                return number
            try:
                return from_excel(number, epoch, timedelta=style in spans)
            except (OverflowError, ValueError):  # no day has this number
                return "#VALUE!"
        if kind == "s":
            return strings[int(text)]
        if kind == "b":
            return bool(int(text))
        return from_ISO8601(text) if kind == "d" else text

    return read


def read_workbook(path: Path, findings: Findings) -> list[RawSheet]:
    """Read every sheet of a workbook: values, cached results of formulas, merged, hidden and struck parts."""
    if _refused(path, findings, unreadable(path, "bytes of a workbook, unpacked")):
        return []
    sheets = []
    try:
        reader = ExcelReader(path, read_only=True, keep_links=False)
        with reader.archive:
            reader.read_manifest()
            reader.read_workbook()
            apply_stylesheet(reader.archive, reader.wb)
            texts = []
            if shared := reader.package.find(SHARED_STRINGS):
                with reader.archive.open(shared.PartName[1:]) as stream:
                    texts = _read_part(stream).values
            read = _values_of(reader.wb, texts)
            found = [*reader.parser.find_sheets()]
            if reason := too_many("sheets", len(found), "sheets of a workbook"):
                raise PmoError(reason)
            for sheet, link in found:
                if link.target in reader.valid_files and "chartsheet" not in link.Type:
                    with reader.archive.open(link.target) as stream:
                        sheets.append((sheet.name, str(sheet.state or "visible"), _read_part(stream, read)))
    except PmoError as error:
        _refused(path, findings, str(error))
        return []
    except Exception as error:  # damaged files raise many kinds
        words = f"The workbook cannot be opened ({type(error).__name__})."
        fix = "Open it in a spreadsheet program and save it again as .xlsx, without a password."
        findings.add("block", "file_not_read", words, fix, file=path.name)
        return []
    raws = (_raw_sheet(path, *sheet, reader.wb, findings) for sheet in sheets)
    return [raw for raw in raws if raw is not None]


def _raw_sheet(
    path: Path, title: str, state: str, part: _Part, book: Any, findings: Findings
) -> RawSheet | None:
    """The cells of one sheet as a grid, and what is to be said about it; None where it holds nothing or is refused."""
    looks = {style: book._cell_styles[style] for style in set(part.styles)}
    formats = {style: _format_of(look.numFmtId, book) for style, look in looks.items()}
    units = {style: unit for style, code in formats.items() if (unit := unit_of_format(code))}
    struck = [style for style, look in looks.items() if book._fonts[look.fontId].strike]
    order = np.argsort(part.rows, kind="stable")
    row, column, style = (np.array(one)[order] for one in (part.rows, part.columns, part.styles))
    values = np.array([*part.values, None], dtype=object)[:-1][order]
    for number in np.flatnonzero(np.isin(style, list(units))):
        if isinstance(value := values[number], int | float) and not isinstance(value, bool):
            values[number] = Shown(str(value))
            values[number].unit = units[style[number]]
    merged = [one for one in part.merged if one[3] - one[1] < 10_000]
    seen = np.ones(len(row), bool)
    for left, top, right, bottom in merged:
        inside = slice(*np.searchsorted(row, [top, bottom + 1]))
        beside = (column[inside] < left) | (column[inside] > right)
        seen[inside] &= beside | ((row[inside] == top) & (column[inside] == left))
    if not seen.any():
        return None
    rows, line = np.unique(row[seen], return_inverse=True)
    width = int(column[seen].max())
    long = any(len(one) > LIMITS["letters of a cell"] for one in part.values if isinstance(one, str))
    if _refused(path, findings, _TOO_LONG if long else _too_large(width, len(rows) * width), title):
        return None
    grid = np.full((len(rows), width), None, dtype=object)
    grid[line, column[seen] - 1] = values[seen]
    spans = [
        (
            int(np.searchsorted(rows, top)),
            int(np.searchsorted(rows, bottom, "right")) - 1,
            left - 1,
            right - 1,
        )
        for left, top, right, bottom in merged
        if top in rows and right <= width
    ]
    epoch = book.epoch == CALENDAR_MAC_1904
    raw = RawSheet(path.name, title, title, pd.DataFrame(grid, dtype=object), rows, spans, epoch)
    _report_hidden(state, part, raw, findings)
    if not seen.all():
        first = int(np.flatnonzero(~seen)[0])
        words = f"{(~seen).sum()} filled cells lie under merged ones, where no sheet shows them; they were not read."
        where: Any = {
            "row": int(row[first]),
            "column": get_column_letter(column[first]),
            "value": values[first],
        }
        findings.add(
            "warn", "cells_under_merged", words, "Unmerge the cells, and look at them.", at=raw, **where
        )
    for number in np.unique(row[np.isin(style, struck)]):
        words = "The row holds text that is struck through; it was read like the others."
        value = " | ".join(str(cell) for cell in grid[np.searchsorted(rows, number)] if cell is not None)
        fix = "Delete the row, or take the line out of its font."
        findings.add("warn", "struck_through", words, fix, at=raw, row=int(number), value=value)
    return raw


def _format_of(number: int, book: Any) -> str:
    """A number format, by its number in a workbook."""
    return str(BUILTIN_FORMATS.get(number) or book._number_formats[number - BUILTIN_FORMATS_MAX_SIZE])


def _report_hidden(state: str, part: _Part, raw: RawSheet, findings: Findings) -> None:
    """Hidden sheets, rows and columns are read like the others, and reported."""
    if state != "visible":
        words, fix = "The sheet is hidden; it was read all the same.", "Show it, or delete it."
        findings.add("warn", "hidden_sheet", words, fix, at=raw)
    filled = raw.rows[np.isin(raw.rows, part.hidden_rows)].tolist()
    if filled:
        rows = ", ".join(map(str, filled[:8])) + ("…" if len(filled) > 8 else "")
        words = f"{len(filled)} hidden rows were read like the others (rows {rows})."
        fix = "Show them (a filter may be on), or delete them."
        findings.add("warn", "hidden_rows", words, fix, at=raw, row=filled[0], value=rows)
    width = raw.cells.shape[1]
    for number in sorted({n for low, high in part.hidden_columns for n in range(low, min(high, width) + 1)}):
        cells = raw.cells.iloc[:, number - 1].dropna()
        if len(cells):
            letter, value = get_column_letter(number), cells.iloc[0]
            words = f'The column {letter} ("{value}") is hidden; it was read like the others.'
            where: Any = {"column": letter, "value": value}
            findings.add("warn", "hidden_column", words, "Show it, or delete it.", at=raw, **where)


def sheet_of_frame(name: str, frame: pd.DataFrame) -> tuple[RawSheet, list[str]]:
    """Treat a DataFrame as a sheet whose headers are known."""
    if frame.index.name is not None or isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index()
    headers = [str(column) for column in frame.columns]
    cells = frame.reset_index(drop=True).set_axis(range(len(headers)), axis=1)
    return RawSheet("", name, name, cells, np.arange(1, len(cells) + 1)), headers
