"""Where the table is inside a sheet: header rows, banners, totals, examples. What is left out is listed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.register.amounts import without_unit
from pmo_kit.register.dates import read_period, read_year
from pmo_kit.register.findings import Findings
from pmo_kit.register.schema import Schema, Table
from pmo_kit.register.sheets import RawSheet
from pmo_kit.register.values import clean_text

_SEARCHED_ROWS = 40
_TOTAL = re.compile(
    r"(?i)(grand|sub|overall)?[\s\-]*(total|sum|summe|sous-total)s?\b[^a-z]*.*"
    r"|.*\b(sub-?total|grand total|total)s?:?"
)
_EXAMPLE = re.compile(r"(?i)(e\.g\.|example\b).*")
NOT_TABLES = {"start", "readme", "read me", "dictionary", "cover", "contents", "notes", "lists", "how to"}


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


def folded(text: object) -> str:
    """A header in one form: lower case, no line breaks, underscores, stars or colons.

    >>> folded(" Project_Name\\n*")
    'project name'
    """
    plain = unicodedata.normalize("NFKC", str(text)).casefold()
    return re.sub(r"[\s_]+", " ", plain).strip(" :*.")


def known_headers(table: Table) -> dict[str, str]:
    """Every header that names a column of the table: its own name first, then the aliases."""
    known = {folded(column.name): column.name for column in table}
    for column in table:
        for alias in column.aliases:
            known.setdefault(folded(alias), column.name)
    return known


def table_of_sheet(title: str, schema: Schema) -> str | None:
    """The table that a file or sheet title names, or None."""
    plain = re.sub(r"^\d+\s*[.\-_ ]\s*", "", folded(title)).replace("-", " ")
    for table in schema:
        names = {folded(table.name), *map(folded, table.aliases)}
        if plain in names or plain + "s" in names:
            return table.name
    return None


def is_variable(header: str, variable_type: str) -> bool:
    """True when a header is a year or a period, as in a wide form."""
    header = without_unit(header)
    return (read_year(header) if variable_type == "year" else read_period(header)) is not None


def _scores(top: list[list[str]], known: dict[str, str], variable_type: str) -> np.ndarray:
    """How much each of the first lines looks like a header."""
    points = np.zeros(len(top))
    for number, line in enumerate(top):
        texts = [folded(text) for text in line if text]
        points[number] = 2 * len({known[text] for text in texts if text in known})
        if variable_type:
            points[number] += sum(is_variable(text, variable_type) for text in texts)
    return points


def top_lines(raw: RawSheet) -> list[list[str]]:
    """The first lines of a sheet as clean text."""
    head = raw.cells.head(_SEARCHED_ROWS)
    columns = [clean_text(head.iloc[:, place]).fillna("").tolist() for place in range(head.shape[1])]
    return [list(line) for line in zip(*columns, strict=True)]


def looks_like(raw: RawSheet, table: Table) -> bool:
    """True when one line of a sheet has all needed headers of a table, in the long or in a wide form."""
    known = known_headers(table)
    needed = {column.name for column in table if column.required and column.default is None}
    for line in top_lines(raw):
        names = {known[folded(text)] for text in line if folded(text) in known}
        lacking = needed - names
        for wide in table.wide:
            kind = table[wide.variable].type
            if kind in ("year", "period") and any(text and is_variable(text, kind) for text in line):
                lacking -= {wide.variable, wide.value}
        if not lacking:
            return True
    return False


def find_body(raw: RawSheet, table: Table, findings: Findings) -> Body | None:
    """Find the header of a table in a sheet and return the lines below it.

    Left out, each with a finding: lines above the header, banners, totals, examples. Blank lines are dropped.
    """
    top = top_lines(raw)
    known = known_headers(table)
    types = [table[wide.variable].type for wide in table.wide]
    variable_type = next((kind for kind in types if kind in ("year", "period")), "")
    points = _scores(top, known, variable_type)
    down = len({known[folded(line[0])] for line in top if line and folded(line[0]) in known})
    if table.name != "settings" and down >= 3 and 2 * down > points.max(initial=0):
        text = "Fields are rows and projects are columns here; the sheet was turned. Row numbers are column numbers."
        findings.add(
            "warn", "transposed_layout", text, "Put one project in each row.", file=raw.file, sheet=raw.sheet
        )
        return find_body(turned(raw), table, findings)
    place: dict[str, Any] = {"file": raw.file, "sheet": raw.sheet}
    if points.max(initial=0) < 2:
        expected = ", ".join(column.name for column in table if column.required)
        findings.add(
            "block",
            "header_not_found",
            f"No header row of the table {table.name} was found.",
            f"Give the columns the names of the dictionary; needed: {expected}.",
            **place,
        )
        return None
    header = int(points.argmax())
    if (
        header
        and points[header - 1] >= 2
        and _is_second_header(top[header], top[header - 1], known, variable_type)
    ):
        header -= 1
    texts = top[header]
    first = header + 1
    if first < len(top) and _is_second_header(top[first], texts, known, variable_type):
        texts = _joined(texts, top[first], table)
        findings.add(
            "info",
            "two_header_rows",
            "The header has two rows; they were joined.",
            row=int(raw.rows[first]),
            **place,
        )
        first += 1
    _list_lines_above(raw, top[:header], findings)
    cells, rows = raw.cells.iloc[first:], raw.rows[first:]
    cells = _fill_merged(raw, cells.copy(), first, texts, known, table, findings)
    keep = _kept_lines(cells, rows, raw, texts, known, findings)
    return Body(texts, cells.loc[keep].reset_index(drop=True), rows[keep])


def turned(raw: RawSheet) -> RawSheet:
    """A sheet whose rows are fields and whose columns are projects, turned; row numbers are then column numbers."""
    cells = raw.cells.astype(object).T.reset_index(drop=True)
    cells.columns = range(cells.shape[1])
    return replace(raw, cells=cells, rows=np.arange(1, len(cells) + 1), merged=[])


def _is_second_header(line: list[str], above: list[str], known: dict[str, str], variable_type: str) -> bool:
    """True when every text of the line is a header too, and stands where the line above names no column."""
    texts = [(place, text) for place, text in enumerate(line) if text]
    if not texts:
        return False
    for place, text in texts:
        names = folded(text) in known
        if not names and not (variable_type and is_variable(text, variable_type)):
            return False
        if folded(above[place]) in known and folded(above[place]) != folded(text):
            return False
    return True


def _joined(above: list[str], below: list[str], table: Table) -> list[str]:
    """Two header rows as one; a category above stands for all columns up to the next text ("Opex" over 2027, 2028)."""
    categories = {folded(value) for column in table for value in column.allowed}
    joined, over = [], ""
    for high, low in zip(above, below, strict=True):
        if high:
            over = high if folded(high) in categories else ""
        joined.append(f"{over} {low}" if low and over else low or high)
    return joined


def _list_lines_above(raw: RawSheet, lines: list[list[str]], findings: Findings) -> None:
    """Say what stands above the header (a title, a note); it is not data."""
    texts = [text for line in lines for text in dict.fromkeys(line) if text]
    if texts:
        findings.add(
            "info",
            "lines_above_header",
            f"{len(lines)} lines above the header are not data.",
            file=raw.file,
            sheet=raw.sheet,
            row=int(raw.rows[0]),
            value=" | ".join(texts),
        )


def _fill_merged(
    raw: RawSheet,
    cells: pd.DataFrame,
    first: int,
    headers: list[str],
    known: dict[str, str],
    table: Table,
    findings: Findings,
) -> pd.DataFrame:
    """Give every row of a cell merged over several rows its value; amounts stay in the first row only."""
    for top, bottom, left, right in raw.merged:
        if top < first or top == bottom or left != right:
            continue
        name = known.get(folded(headers[left]))
        if name is None or table[name].type == "number":
            continue
        value = cells.iat[top - first, left]
        cells.iloc[top - first : bottom - first + 1, left] = np.full(bottom - top + 1, value, dtype=object)
        findings.add(
            "info",
            "merged_cells",
            f"A merged cell was taken for each of its {bottom - top + 1} rows.",
            file=raw.file,
            sheet=raw.sheet,
            row=int(raw.rows[top]),
            column=headers[left],
            value=value,
        )
    return cells


def _kept_lines(
    cells: pd.DataFrame,
    rows: np.ndarray,
    raw: RawSheet,
    headers: list[str],
    known: dict[str, str],
    findings: Findings,
) -> np.ndarray:
    """Tell which lines are rows of the table; list banners, totals, examples and repeated headers."""
    if not len(cells):
        return np.zeros(0, dtype=bool)
    columns = [cells.iloc[:, place] for place in range(cells.shape[1])]
    filled = np.column_stack([_filled(column) for column in columns])
    count = filled.sum(axis=1)
    keep = count > 0
    places = [place for place, header in enumerate(headers) if folded(header) in known]
    id_places = [place for place in places if known[folded(headers[place])].endswith("_id")]
    suspects = np.zeros(len(cells), dtype=bool)
    texts: dict[int, pd.Series] = {}
    for place, column in enumerate(columns):
        if column.dtype == object or column.dtype == "str":
            texts[place] = clean_text(column)
            odd = [text for text in pd.unique(texts[place].dropna()) if _may_be_no_row(text, headers[place])]
            if odd:
                suspects |= texts[place].isin(odd).to_numpy()
    suspects |= (count == 1) & (len(places) > 2)
    across = {int(raw.rows[top]) for top, bottom, left, right in raw.merged if top == bottom and right > left}
    for number in np.flatnonzero(suspects & keep):
        line = {place: str(text.iloc[number]) for place, text in texts.items() if filled[number, place]}
        rule, message = _reason_to_leave(line, int(count[number]), headers, id_places, len(places))
        if not rule and count[number] == 1 and int(rows[number]) in across:
            rule, message = (
                "banner_row",
                "The row is one text merged over columns, not data; it was left out.",
            )
        if rule:
            keep[number] = False
            findings.add(
                "warn" if rule == "total_row" else "info",
                rule,
                message,
                file=raw.file,
                sheet=raw.sheet,
                row=int(rows[number]),
                value=" | ".join(line.values()),
            )
    return keep


def _may_be_no_row(text: str, header: str) -> bool:
    """A quick look at one text: could its line be a total, an example or a repeated header?"""
    low = text.lower()
    return "total" in low or "sum" in low or low.startswith(("e.g.", "example")) or text == header


def _filled(column: pd.Series) -> np.ndarray:
    """Cells that hold something."""
    if column.dtype == "str":
        cells = column.to_numpy(dtype=object, na_value="")
        return np.array([cell != "" and not cell.isspace() for cell in cells], dtype=bool)
    return np.array([not pd.isna(cell) and str(cell).strip() != "" for cell in column], dtype=bool)


def _reason_to_leave(
    line: dict[int, str], count: int, headers: list[str], id_places: list[int], known_count: int
) -> tuple[str, str]:
    """Rule and message when a line is no row of the table, else two empty texts."""
    texts = list(line.values())
    if texts and _EXAMPLE.fullmatch(texts[0]) and min(line) == 0:
        return "example_row", "The example row is not data."
    if texts and sum(folded(text) == folded(headers[place]) for place, text in line.items()) >= max(
        2, count - 1
    ):
        return "repeated_header", "The header is repeated here; the row is not data."
    no_id = bool(id_places) and not any(place in line for place in id_places)
    total_in_id = any(_TOTAL.fullmatch(line[place]) for place in id_places if place in line)
    if ((no_id or not id_places) and any(_TOTAL.fullmatch(text) for text in texts)) or total_in_id:
        return "total_row", "The row looks like a total and was left out."
    if count == 1 and known_count > 2 and no_id and texts:
        return "banner_row", "The row holds one text only, no data; it was left out."
    if (
        count > 1
        and known_count > 2
        and count >= len(headers) - 1
        and len(set(texts)) == 1
        and len(texts) == count
    ):
        return "banner_row", "The row is a banner, not data; it was left out."
    return "", ""
