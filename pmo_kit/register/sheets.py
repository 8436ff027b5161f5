"""Files to grids of cells, nothing interpreted yet: CSV in any usual encoding; `workbook` reads workbooks."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.forms import LIMITS, unreadable
from pmo_kit.register import values
from pmo_kit.register.findings import Findings

csv.field_size_limit(LIMITS["letters of a cell"])
_DELIMITERS = ",;\t|"
SEARCHED_ROWS = 40
"""Lines of a sheet in which a header is looked for."""


class Uncached(str):
    """A formula that has no stored result: it is no text, and its cell has no value."""


@dataclass(eq=False)
class RawSheet:
    """The cells of one CSV file or of one sheet, as they are.

    `cells` has positions as columns; `rows` holds the row number of each line, as a spreadsheet shows it.
    `merged` holds (first line, last line, first column, last column), by position. `separator`: what stands between
    the cells of a CSV file; `depths`: how deep a row is folded away; `zeros`: numbers shown with zeros in front.
    """

    file: str
    sheet: str
    title: str
    cells: pd.DataFrame
    rows: np.ndarray
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    epoch_1904: bool = False
    separator: str = ""
    depths: dict[int, int] = field(default_factory=dict)
    zeros: dict[tuple[int, int], str] = field(default_factory=dict)

    def place(self, position: int | None = None) -> tuple[str, str]:
        """File and sheet."""
        return self.file, self.sheet

    @cached_property
    def top(self) -> list[list[str]]:
        """The first lines as clean text."""
        columns = [values.cleaned(cells) for _, cells in self.cells.head(SEARCHED_ROWS).items()]
        return [[text or "" for text in line] for line in zip(*columns, strict=True)]


@dataclass(eq=False)
class Body:
    """The lines of a table below its header, in a sheet; `columns` are positions, `headers` their texts.

    `around` are the texts above and below the rows, with their sheet and row; `beside`: the columns stood beside
    projects; `used`: positions that a mapping reads. Of a table that a mapping fills: `labels` are the headers of the
    source, by column and row; `units` the money units that the mapping states, by column and row; `places` the file and
    sheet of each row.
    """

    raw: RawSheet
    headers: list[str]
    cells: pd.DataFrame
    rows: np.ndarray
    labels: list[str | np.ndarray] | None = None
    around: tuple[tuple[RawSheet, int, str], ...] = ()
    beside: bool = False
    used: set[int] = field(default_factory=set)
    units: Mapping[str, np.ndarray] = field(default_factory=dict)
    places: list[tuple[str, str]] | None = None

    def place(self, position: int | None = None) -> tuple[str, str]:
        """File and sheet of a row, or of all."""
        return self.raw.place() if position is None or self.places is None else self.places[position]

    def find(self, header: str) -> list[int]:
        """Positions of a header, whole and exact; `RAG (2)` is the second of the columns that are called RAG."""
        texts = [values.folded(text) for text in self.headers]
        found = [place for place, text in enumerate(texts) if text == values.folded(header)]
        match = re.fullmatch(r"(.+) \((\d+)\)", header)
        if not found and match:
            same = [place for place, text in enumerate(texts) if text == values.folded(match[1])]
            found = same[int(match[2]) - 1 :][:1] if len(same) > 1 and int(match[2]) > 0 else []
        return found

    def title(self, place: int) -> str:
        """A header as a mapping names it: with its number, where several columns have it."""
        header = self.headers[place]
        twins = [one for one, other in enumerate(self.headers) if other == header]
        return f"{header} ({twins.index(place) + 1})" if len(twins) > 1 else header

    @property
    def depths(self) -> np.ndarray:
        """How deep each row is folded away; 0 where it is not."""
        return np.array([self.raw.depths.get(int(row), 0) for row in self.rows])

    @cached_property
    def grid(self) -> np.ndarray:
        """The cells as they are, rows x columns."""
        return self.cells.to_numpy(object)

    @cached_property
    def texts(self) -> np.ndarray:
        """The cells as clean text, None where nothing is left."""
        columns = [values.cleaned(cells) for _, cells in self.cells.items()]
        return np.array(columns, dtype=object).reshape(len(columns), len(self.rows)).T

    def text(self, place: int) -> pd.Series:
        """A column as clean text."""
        return pd.Series(self.texts[:, place], dtype="str")

    @cached_property
    def filled(self) -> np.ndarray:
        """Which cells hold a text, or signs that nobody sees: they make no blank line."""
        filled = pd.notna(self.texts)
        for place in zip(*np.nonzero(~filled), strict=True):
            unseen = isinstance(one := self.grid[place], str) and (not one.isprintable() or "_x00" in one)
            filled[place] = unseen and one.strip() != ""
        return filled

    def only(self, keep: np.ndarray) -> Body:
        """Some of the rows; itself where these are all."""
        if keep.all():
            return self
        kept = replace(self, cells=self.cells[keep].reset_index(drop=True), rows=self.rows[keep])
        kept.texts, kept.filled = self.texts[keep], self.filled[keep]
        return kept

    def unread(self, places: Iterable[int]) -> Iterator[tuple[int, str, pd.Series, str]]:
        """Columns that hold something: position, header, filled cells, and these in words."""
        for place in places:
            cells = self.text(place).dropna()
            if len(cells):
                some = f"{len(cells)} values: {', '.join(pd.unique(cells)[:5])}"
                yield place, values.shown(self.headers[place]) or str(place + 1), cells, some

    def label(self, place: int) -> str | np.ndarray:
        """Header of a column as the source has it, one text or one for each row."""
        label = (self.labels or self.headers)[place]
        return label if isinstance(label, np.ndarray) else values.shown(label)


def decode(data: bytes) -> tuple[str, str, bool]:
    """Decode a text file: text, encoding, and whether the encoding is a guess.

    >>> decode("coût".encode("cp1252"))
    ('coût', 'cp1252', True)
    """
    if data.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-16"
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
        filled = (len(row) for row in csv.reader(io.StringIO(sample), delimiter=mark) if any(row))
        widths = list(islice(filled, 30))
        wide = [width for width in widths if width > 1]
        if wide:
            usual = max(set(wide), key=wide.count)
            score = (wide.count(usual) / len(widths), float(usual))
            best, best_score = (mark, score) if score > best_score else (best, best_score)
    return best


def refused(path: Path, findings: Findings, reason: str, sheet: str = "") -> bool:
    """Say why a file or a sheet is not read, where there is a reason."""
    if reason:
        findings.tell("file_not_read limit", file=path.name, why=reason, sheet=sheet)
    return bool(reason)


TOO_LONG = f"one of its cells has more than {LIMITS['letters of a cell']:,} letters."


def too_large(columns: int, cells: int) -> str:
    """Why a table of this size is not read; empty where it is."""
    most, all_ = LIMITS["columns of a table"], LIMITS["cells of a table"]
    if columns <= most and cells <= all_:
        return ""
    return f"it has {columns:,} columns and about {cells:,} cells; at most {most:,} and {all_:,} are read."


def read_csv_sheet(path: Path, findings: Findings) -> RawSheet | None:
    """Read one CSV file; None when it holds nothing, or is refused."""
    if refused(path, findings, unreadable(path, "bytes of a table")):
        return None
    try:
        text, encoding, guessed = decode(path.read_bytes())
    except OSError as error:
        findings.tell("file_not_read closed", why=error.strerror, file=path.name)
        return None
    if guessed:
        findings.tell("encoding_repaired", value=encoding, file=path.name)
    if "\ufffd" in text or re.search("â€|Ã[\x80-\xbf©¨]|â‚¬|Â£", text):
        findings.tell("encoding_repaired before", file=path.name)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    mark = _delimiter(text)
    widest = max(line.count(mark) for line in text.split("\n", 200)[:200]) + 1
    reason = too_large(widest, text.count(mark) + text.count("\n"))
    most = LIMITS["letters of a line"]
    if not reason and max(map(len, text.split("\n"))) > most:
        reason = f"one of its lines has more than {most:,} letters."
    if refused(path, findings, reason):
        return None
    reader, lines, begins = csv.reader(io.StringIO(text), delimiter=mark), [], [0]
    try:
        for line in reader:
            lines.append(line)
            begins.append(reader.line_num)
    except csv.Error:
        refused(path, findings, TOO_LONG)
        return None
    if not lines:
        return None
    _report_quotes(path.name, text, mark, lines, begins, findings)
    if len(lines[0]) and re.fullmatch(r"sep=.", lines[0][0] + ("," if len(lines[0]) > 1 else "")):
        lines[0] = [""]
    width = max(map(len, lines))
    if refused(path, findings, too_large(width, width * len(lines))):
        return None
    _report_short(path.name, lines, findings)
    cells = {place: pd.array(column, dtype="str") for place, column in enumerate(zip_longest(*lines, fillvalue=""))}
    rows = np.arange(1, len(lines) + 1)
    return RawSheet(path.name, "", path.stem, pd.DataFrame(cells), rows, separator=mark)


def _report_short(file: str, lines: list[list[str]], findings: Findings) -> None:
    """Lines with fewer cells than the header: they block where the missing cell may stand before a number."""
    widths = [len(line) for line in lines]
    usual = max(set(widths), key=widths.count)
    first = next(row for row, one in enumerate(widths) if one >= usual)
    width = max((place + 1 for place, text in enumerate(lines[first]) if text.strip()), default=0)
    full = [row for row, one in enumerate(widths) if row > first and one >= width]
    fewer = [row for row, one in enumerate(widths) if row > first and one < width]
    if width < 2 or not fewer:
        return
    short, last, keys = [], max(full, default=0), all(len(lines[row][0].split()) < 2 for row in full)
    for row in fewer:
        filled = [one for one in lines[row] if one.strip()]
        note = 2 * widths[row] <= width and row > last and not (keys and filled and " " not in filled[0].strip())
        if len(filled) > 1 and not note:
            short.append(row)
    if not short:
        return
    cells = pd.Series([cell for row in (*full, *short) for cell in lines[row]], dtype="str").drop_duplicates()
    cells = cells[cells.str.strip().ne("") & ~cells.str.strip().str.fullmatch(values.MISSING, na=True)]
    number, digits = values.plain_numbers(cells).notna(), cells.str.contains(r"\d")
    kind = dict(zip(cells, np.where(number, "number", np.where(digits, "digits", "text")), strict=True))
    known = [{kind[lines[row][place]] for row in full if lines[row][place] in kind} for place in range(width)]
    known = known if full else list(map(_kinds_under, lines[first][:width]))
    shift = {row for row in short if _may_shift([kind.get(cell, "") for cell in lines[row]], known)}
    for what, rows in {"shifted": sorted(shift), "ends": [row for row in short if row not in shift]}.items():
        if rows:
            count, some = "1 line has" if len(rows) == 1 else f"{len(rows)} lines have", [row + 1 for row in rows[:8]]
            value = f"lines {', '.join(map(str, some))}"
            findings.tell(f"short_line {what}", lines=count, file=file, row=rows[0] + 1, value=value)


def _kinds_under(header: str) -> set[str]:
    """Kinds of cells that stand below a header, where no line of the file has all cells."""
    year, remarks = values.read_year(values.without_unit(header)), values.folded(header) in values.words()["remarks"]
    return {"number"} if year else {"text", "digits"} if remarks else {"text", "digits", "number"}


def _may_shift(kinds: list[str], known: list[set[str]]) -> bool:
    """By the kinds of its cells a short line may have its numbers and dates in other columns than the first ones."""
    last = max((place for place, one in enumerate(kinds) if one in ("number", "digits")), default=-1)

    def fits(start: int, gap: int) -> bool:  # cells are missing before this one; the rest of them at the end
        places = enumerate(kinds)
        return all(not one or one in known[place + gap * (place >= start)] for place, one in places)

    gaps = range(1, len(known) - len(kinds) + 1)
    return last >= 0 and (not fits(0, 0) or any(fits(start, gap) for gap in gaps for start in range(last + 1)))


def _report_quotes(
    file: str, text: str, mark: str, lines: list[list[str]], begins: list[int], findings: Findings
) -> None:
    """Refuse a double quote that swallows rows: its lines, read without quotes, are rows of their own."""
    written, width = text.split("\n"), max(map(len, lines[:1]))
    cells = r'(?:(?:"(?:[^"]|"")*"(?!")[^,]*|[^",][^,]*)?,)*"(?:[^"]|"")*'.replace(",", re.escape(mark))
    cut = re.fullmatch(cells, "\n".join(written[begins[-2] :]))  # the last one is never closed
    several = [n for n in range(len(lines)) if begins[n + 1] - begins[n] > 1 or (cut and n == len(lines) - 1)]
    for number in several:
        mine = written[begins[number] : begins[number + 1]]
        full = [width > 1 and line.count(mark) == width - 1 for line in mine]
        inside = [one for one, line in zip(full, mine, strict=True) if line.strip()][1:-1]
        ends = re.search(rf'[^"]"{re.escape(mark)}', "\n".join(mine[1:-1]))  # of one of several cells of several lines
        rows = (len(mine) > 1 and all(full)) or (2 * sum(inside) > len(inside) and not ends)  # prose has commas, too
        if rows or (cut and number == len(lines) - 1):
            last = begins[number] + len([line for line in mine if line])
            here: Any = {"file": file, "row": number + 1, "value": "\n".join(mine)}
            findings.tell("quote_swallows_rows", first=begins[number] + 1, last=last, **here)


def body_of_frame(title: str, frame: pd.DataFrame, sheet: str = "") -> Body:
    """A DataFrame as a table whose headers are known."""
    if frame.index.name is not None or isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index()
    headers = [str(column) for column in frame.columns]
    cells = frame.reset_index(drop=True).set_axis(range(len(headers)), axis=1)
    raw = RawSheet("", sheet, title, cells, np.arange(1, len(cells) + 1))
    return Body(raw, headers, cells, raw.rows)
