"""Workbooks to grids of cells, in one pass over each sheet: values, stored results of formulas, what is hidden."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
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
from pmo_kit.register.sheets import TOO_LONG, RawSheet, Uncached, refused, too_large
from pmo_kit.register.values import Shown, unit_of_format

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
    depths: dict[int, int] = field(default_factory=dict)
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
            if "outlineLevel" in said:
                part.depths[row] = int(said["outlineLevel"])
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
    if refused(path, findings, unreadable(path, "bytes of a workbook, unpacked")):
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
        refused(path, findings, str(error))
        return []
    except Exception as error:  # damaged files raise many kinds
        findings.tell("file_not_read workbook", why=type(error).__name__, file=path.name)
        return []
    raws = (_raw_sheet(path, *sheet, reader.wb, findings) for sheet in sheets)
    return [raw for raw in raws if raw is not None]


def _raw_sheet(path: Path, title: str, state: str, part: _Part, book: Any, findings: Findings) -> RawSheet | None:
    """The cells of one sheet as a grid, and what is to be said about it; None where it holds nothing or is refused."""
    looks = {style: book._cell_styles[style] for style in set(part.styles)}
    own, first = book._number_formats, BUILTIN_FORMATS_MAX_SIZE
    formats = {style: BUILTIN_FORMATS.get(n := look.numFmtId) or own[n - first] for style, look in looks.items()}
    units = {style: unit for style, code in formats.items() if (unit := unit_of_format(str(code)))}
    struck = [style for style, look in looks.items() if book._fonts[look.fontId].strike]
    order = np.argsort(part.rows, kind="stable")
    row, column, style = (np.array(one)[order] for one in (part.rows, part.columns, part.styles))
    values = np.array([*part.values, None], dtype=object)[:-1][order]
    for number in np.flatnonzero(np.isin(style, list(units))):
        if isinstance(value := values[number], int | float) and not isinstance(value, bool):
            values[number] = Shown(value, units[style[number]])
    zeros = {style: len(code) for style, code in formats.items() if re.fullmatch("00+", str(code))}
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
    if refused(path, findings, TOO_LONG if long else too_large(width, len(rows) * width), title):
        return None
    grid = np.full((len(rows), width), None, dtype=object)
    grid[line, column[seen] - 1] = values[seen]
    ends = [(np.searchsorted(rows, top), np.searchsorted(rows, bottom, "right") - 1, left - 1, right - 1)
            for left, top, right, bottom in merged if top in rows and right <= width]  # fmt: skip
    spans = [(int(top), int(bottom), left, right) for top, bottom, left, right in ends]
    filled = pd.notna(grid)
    begins, key = np.where(filled.any(axis=0), filled.argmax(axis=0), len(grid)), filled.any(axis=0).argmax()
    for top, bottom, left, right in spans:
        others = (begins[left + 1 : right + 1] < top).any() or filled[top + 1 : bottom + 1, key].any()
        if others and isinstance(value := grid[top, left], int | float) and not isinstance(value, bool):
            grid[top, left] = Shown(value, "|")
    epoch = book.epoch == CALENDAR_MAC_1904
    raw = RawSheet(path.name, title, title, pd.DataFrame(grid, dtype=object), rows, spans, epoch)
    raw.depths = part.depths
    for number in np.flatnonzero(np.isin(style, list(zeros)) & seen):
        if type(value := values[number]) is int and (text := f"{value:0{zeros[style[number]]}d}").startswith("0"):
            raw.zeros[int(np.searchsorted(rows, row[number])), int(column[number]) - 1] = text
    _report_hidden(state, part, raw, findings)
    if not seen.all():
        first = int(np.flatnonzero(~seen)[0])
        where: Any = {"row": int(row[first]), "column": get_column_letter(column[first]), "value": values[first]}
        findings.tell("cells_under_merged", count=(~seen).sum(), at=raw, **where)
    for number in np.unique(row[np.isin(style, struck)]):
        value = " | ".join(str(cell) for cell in grid[np.searchsorted(rows, number)] if cell is not None)
        findings.tell("struck_through", at=raw, row=int(number), value=value)
    return raw


def _report_hidden(state: str, part: _Part, raw: RawSheet, findings: Findings) -> None:
    """Hidden sheets, rows and columns are read like the others, and reported."""
    if state != "visible":
        findings.tell("hidden_sheet", at=raw)
    filled = raw.rows[np.isin(raw.rows, part.hidden_rows)].tolist()
    if filled:
        rows = ", ".join(map(str, filled[:8])) + ("…" if len(filled) > 8 else "")
        findings.tell("hidden_rows", count=len(filled), rows=rows, at=raw, row=filled[0], value=rows)
    width = raw.cells.shape[1]
    for number in sorted({n for low, high in part.hidden_columns for n in range(low, min(high, width) + 1)}):
        cells = raw.cells.iloc[:, number - 1].dropna()
        if len(cells):
            letter, value = get_column_letter(number), cells.iloc[0]
            findings.tell("hidden_column", letter=letter, value=value, at=raw, column=letter)
