"""Where the table is inside a sheet: header rows, banners, totals, examples. What is left out is listed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from pmo_kit.register.findings import Findings
from pmo_kit.register.schema import Column, Schema, Table, Wide
from pmo_kit.register.sheets import Body, RawSheet, Uncached
from pmo_kit.register.values import (
    INSIDE,
    MISSING,
    NOTHING,
    clean_cell,
    clean_text,
    folded,
    is_total,
    narrowed,
    one_of,
    parse_date,
    plain_numbers,
    read_period,
    read_year,
    say_units,
    shown,
    texts_of,
    without_unit,
    words,
)

_DATE = Column("header", "date")
_PLANNED = {"state": "planned"}

_YEAR_PART = re.compile(
    r"(?i)(?:\b(?:fye?|cye?|ye|gj|hj)\s*)?'?(?<!\d)(?:19|20|21)\d\d(?!\d)(?:\s*[-/–]\s*'?(?:\d{4}|\d{2})\b)?|\b(?:fye?|cye?|gj|hj)\s*'?\d\d"
    r"(?:[-/–]\d\d)?"
)


_OPEN = re.compile(rf"\d\s*(?:\+|\.\.+|…|→|>|[-–—/]\s*$|ff\b)|^\W*(?:>|≥|→)|{one_of('later')}", re.I)


def open_ended(header: str) -> bool:
    """True when a header of a year says that later years are in it too.

    >>> [open_ended(one) for one in ("2029+", "2029 ff.", "2029–", "from 2029 on", "2029-30", "Plan 2029")]
    [True, True, True, True, False, False]
    """
    return any(sign.isdigit() for sign in header) and _OPEN.search(header) is not None


_RANGE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)\s*(?:[-–—/]|to|bis|à|au|a|al|until)\s*'?((?:19|20)?\d\d)(?!\d)", re.I
)
_NO_WORDS = {"on", "from", "since", "post", "ab", "dès", "desde", "vanaf"}
_LATER = re.compile(
    rf"(?<!\w)(?:{'|'.join(re.escape(one) for one in words()['later'] if one not in _NO_WORDS)})(?!\w)"
)


def several_years(header: str) -> bool:
    """True when a header stands for the amounts of more than one year.

    >>> [several_years(one) for one in ("2029 ff.", "2029-2031", "2029/31", "Beyond", "Later years (€k)", "Folgejahre")]
    [True, True, True, True, True, True]
    >>> [several_years(one) for one in ("2029", "2029/30", "FY 2029-30", "2029-07", "Afterlife", "Future state")]
    [False, False, False, False, False, False]
    """
    if open_ended(header):
        return True
    bare = without_unit(header)
    if any(sign.isdigit() for sign in bare):
        first = _RANGE.search(bare)
        last = int(f"{first[1][: 4 - len(first[2])]}{first[2]}") if first else 0
        return first is not None and last > int(first[1]) + 1 and read_period(bare) is None
    text = folded(bare)
    rest = re.sub(one_of("of_years"), " ", _LATER.sub(" ", text))
    return _LATER.search(text) is not None and not re.search(r"\w", rest)


_OUTLINE = re.compile(
    r"(?P<depth>(?:outline|hierarchy|wbs|gliederungs) ?(?:level|ebene)|niveau hiérarchique)|"
    r"wbs(?: code)?|outline(?: number)?|gliederung(?:snummer)?|psp(?:-code)?|edt|n° wbs"
)


def outline(body: Body) -> dict[int, int]:
    """Rows that stand over others by a column of outline levels or numbers (1, 1.1, 1.1.2): row -> end of its rows."""
    for place, header in enumerate(body.headers):
        kind = _OUTLINE.fullmatch(folded(header))
        text = body.text(place).fillna("") if kind else pd.Series(dtype="str")
        if not len(text) or not text.str.fullmatch(r"\d+(?:\.\d+)*\.?").all():
            continue
        depths = text.astype(float) if kind and kind["depth"] else text.str.strip(".").str.count(r"\.")
        deep, spans = depths.to_numpy(), {}
        for row, own in enumerate(deep[:-1]):
            if deep[row + 1] > own:
                ends = np.flatnonzero(deep[row + 1 :] <= own)
                spans[row] = row + 1 + int(ends[0]) if len(ends) else len(deep)
        if spans:
            return spans
    return {}


def grouped(body: Body, amounts: np.ndarray) -> dict[int, str]:
    """Rows beside a group of rows that a workbook folds away, with the sums of these: row -> above or below it."""
    found: dict[int, str] = {}
    depths, last = body.depths, len(body.rows) - 1
    for step, side in ((1, "below"), (-1, "above")):
        deep = depths[::step]
        for row in map(int, np.flatnonzero(np.diff(deep) > 0)[::-1]):
            ends = np.flatnonzero(deep[row + 1 :] <= deep[row])
            inside = range(row + 1, row + 1 + int(ends[0]) if len(ends) else len(deep))
            mine, *rows = (one if step > 0 else last - one for one in (row, *inside))
            sums = np.nansum(amounts[[one for one in rows if one not in found]], axis=0)
            own = np.nan_to_num(amounts[mine])
            if own.any() and np.allclose(own, sums, rtol=1e-3, atol=1e-9):
                found[mine] = side
    return found


def below_table(body: Body, money: list[int], gone: np.ndarray) -> np.ndarray:
    """Lines that stand below the rows, after an empty line, say less than these, and have no amounts."""
    filled = np.column_stack([body.text(place).notna() for place in range(body.cells.shape[1])])
    count = filled.sum(axis=1)
    thin = gone | ((count <= 0.5 * np.median(count)) & ~filled[:, money].any(axis=1))
    starts = [row + 1 for row in np.flatnonzero(np.diff(body.rows) > 1) if thin[row + 1 :].all()]
    return np.arange(len(count)) >= min(starts, default=len(count))


@dataclass(frozen=True)
class WideColumn:
    """What a header of a wide form says: a value of the variable, and of categories ("Opex 2028")."""

    variable: str
    categories: Mapping[str, str] = field(default_factory=dict)


def _categories(text: str, table: Table) -> dict[str, str] | None:
    """The categories that the words of a header beside its year name; None where a word names none."""
    found: dict[str, str] = {}
    parts = [word for word in re.split(r"[\s:|/–,()_\-]+", folded(text)) if word]
    for column in table:
        known = {folded(value): value for value in column.allowed}
        known |= {folded(key): value for key, value in column.values.items()}
        whole = " ".join(parts)
        if whole in known:
            return {column.name: known[whole]}
        for word in [word for word in parts if word in known and column.name not in found]:
            found[column.name] = known[word]
            parts.remove(word)
    return found if all(word in words()["planned"] for word in parts) else None


_LIKE_A_DATE = re.compile(
    r"\d\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d|\d[.\s-]*[^\W\d]{3,}\.?[\s,-]*\d|[^\W\d]{3,}\.?\s+\d{1,2}\b,?\s+\d{2}"
)
"""A day, a month and a year, in digits or with a written month: only such a header is parsed as a date."""


@lru_cache(maxsize=8192)
def _year_of(text: str, first_month: int) -> int | None:
    """The fiscal year that a header names: a year, or a date in it."""
    year = read_year(text)
    if year is None and text.strip().isdigit():
        return None
    if year is not None:
        return None if first_month > 1 and text.strip().lower().startswith("cy") else year
    month = read_period(text)
    if month is not None and "Q" not in month and len(month) == 7:
        return int(month[:4]) + (1 < first_month <= int(month[5:]))
    if not _LIKE_A_DATE.search(text):
        return None
    cell = pd.Series([text], dtype="str")
    days = [parse_date(cell, _DATE, month_first=order).values.iloc[0] for order in (False, True)]
    years = {day.year + (1 < first_month <= day.month) for day in days if not pd.isna(day)}
    return int(years.pop()) if len(years) == 1 else None


def read_header(
    header: str, table: Table, kind: str, known: frozenset[str], first_month: int = 1
) -> WideColumn | None:
    """Read one header of a wide form; None when it is none.

    Parameters
    ----------
    header : str
    table : Table
    kind : str
        Type of the variable.
    known : frozenset of str
        Criteria that exist; empty when nobody says.
    first_month : int
        Month in which the fiscal year starts: a calendar year is then no fiscal year.
    """
    if kind not in ("year", "period"):
        if not header or not known:
            return WideColumn(header) if header else None
        name = next((name for name in known if folded(name) == folded(header)), None)
        return None if name is None else WideColumn(name)
    header = without_unit(header).strip()
    if not any(sign.isdigit() for sign in header) or open_ended(header):
        return None

    def read(text: str) -> str | None:
        year = _year_of(text, first_month) if kind == "year" else read_period(text)
        return None if year is None else str(year)

    value = read(header)
    if value is not None:
        return WideColumn(value)
    for part in _YEAR_PART.finditer(header) if kind == "year" else ():
        rest = f"{header[: part.start()]} {header[part.end() :]}"
        value, letter = read(part[0]), header[part.end() : part.end() + 1].lower()
        if letter == "a" and not header[part.end() + 1 :].strip():  # 2027A: actual
            rest = "actual"
        categories = _categories(rest, table)
        if value is not None and categories is not None:
            return WideColumn(value, categories)
    if kind == "period" and (
        match := re.fullmatch(r"(\D+?)[\s:|/\-–]+(\S*\d.*)|(\S*\d\S*)[\s:|\-–]+(\D+)", header)
    ):
        categories, value = _categories(match[1] or match[4], table), read(match[2] or match[3])
        return None if categories is None or value is None else WideColumn(value, categories)
    return None


def find_wide_form(
    table: Table, matched: Mapping[str, int], headers: list[str], rest: list[int], known: frozenset[str],
    first_month: int = 1,
) -> tuple[Wide | None, dict[int, WideColumn]]:  # fmt: skip
    """The wide form that a sheet uses, and what each of its columns stands for.

    Parameters
    ----------
    table : Table
    matched : mapping
        Columns that are matched already -> position.
    headers : list of str
    rest : list of int
        Positions of the other headers.
    known : frozenset of str
        Criteria that exist; empty when nobody says.
    first_month : int
        Month in which the fiscal year starts.
    """
    for wide in table.wide:
        if wide.variable in matched or wide.value in matched:
            continue
        kind = table[wide.variable].type
        found: dict[int, WideColumn] = {}
        for place in rest:
            column = read_header(shown(headers[place]), table, kind, known, first_month)
            if column is None or (set(column.categories) & set(matched) and column.categories != _PLANNED):
                continue
            if set(column.categories) & set(matched):  # a plan, where each row says its state
                column = WideColumn(column.variable)
            found[place] = column
        if found:
            return wide, found
    return None, {}


def melt(
    body: Body, raw: dict[str, pd.Series], headers: dict[str, str | np.ndarray], wide: Wide,
    variables: dict[int, WideColumn], findings: Findings,
) -> tuple[dict[str, pd.Series], dict[str, str | np.ndarray], np.ndarray]:  # fmt: skip
    """One row for each filled cell of the wide columns, in the order of the sheet; dashes and "n/a" fill none."""
    places = list(variables)
    grid = np.column_stack([body.cells[place].astype(object).to_numpy() for place in places])
    filled = np.zeros(grid.shape, bool)
    for number, place in enumerate(places):
        if body.cells[place].dtype == "float64":
            filled[:, number] = body.cells[place].notna()
            continue
        text = clean_text(body.cells[place])
        missing = text.str.fullmatch(MISSING, na=False).to_numpy(bool)
        filled[:, number] = text.notna().to_numpy(bool) & ~missing
        for row in np.flatnonzero(missing & ~text.str.fullmatch(NOTHING, na=False).to_numpy(bool)):
            why, head = text.iloc[row], shown(body.headers[place])
            words_ = f'{wide.value} is missing; the reason given is "{why}".'
            at_row = int(body.rows[row])
            findings.add("info", "missing_with_reason", words_, at=body, row=at_row, column=head, value=why)
    line, column = np.nonzero(filled)
    for number in map(int, np.flatnonzero(~filled.any(axis=1))):
        text = f"The row has no {wide.value} in any column; it gives no data."
        findings.add("info", "row_without_values", text, at=body, row=int(body.rows[number]))
    long = {name: cells.iloc[line] for name, cells in raw.items()}
    long[wide.value] = narrowed(pd.Series(grid[line, column], dtype=object))
    titles = np.array([shown(body.label(place)) for place in places], dtype=object)[column]
    said = {wide.variable: [variables[place].variable for place in places]}
    for name in dict.fromkeys(name for one in variables.values() for name in one.categories):
        said[name] = [variables[place].categories.get(name, "") for place in places]
    for name, texts in said.items():
        long[name] = pd.Series(np.array(texts, dtype=object)[column], dtype="str")
    return long, {**headers, wide.value: titles, **dict.fromkeys(said, titles)}, body.rows[line]


SEARCHED_ROWS = 40
REPEATED = "repeated_header", "The header is repeated here; the row is not data."
BANNER = "banner_row", "The row holds one text only, no data; it was left out."
_EXAMPLE = re.compile(r"(?i)e\.g\..*|example( row)?:?")
NOT_TABLES = {"start", "readme", "read me", "dictionary", "cover", "contents", "notes", "lists", "how to"}


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


def _variable_type(table: Table) -> str:
    """Type of what the columns of a wide form are: year or period; empty where neither."""
    types = [table[wide.variable].type for wide in table.wide]
    return next((kind for kind in types if kind in ("year", "period")), "")


def _points(line: list[str], known: dict[str, str], table: Table) -> int:
    """How much a line looks like a header: two for each name, one for each year or period."""
    kind, texts = _variable_type(table), [text for text in line if text]
    years = sum(read_header(text, table, kind, frozenset()) is not None for text in texts) if kind else 0
    return 2 * len({known[folded(text)] for text in texts if folded(text) in known}) + years


def top_lines(raw: RawSheet) -> list[list[str]]:
    """The first lines of a sheet as clean text."""
    head = raw.cells.head(SEARCHED_ROWS)
    columns = [clean_text(head.iloc[:, place]).fillna("").tolist() for place in range(head.shape[1])]
    return [list(line) for line in zip(*columns, strict=True)]


def looks_like(raw: RawSheet, table: Table) -> bool:
    """True when one line of a sheet has all needed headers of a table, in the long or in a wide form."""
    known, kind = known_headers(table), _variable_type(table)
    needed = {column.name for column in table if column.required and column.default is None}
    for line in top_lines(raw):
        lacking = needed - {known[folded(text)] for text in line if folded(text) in known}
        if kind and any(text and read_header(text, table, kind, frozenset()) for text in line):
            lacking -= {name for wide in table.wide for name in (wide.variable, wide.value)}
        if not lacking:
            return True
    return False


def find_body(raw: RawSheet, table: Table, findings: Findings) -> Body | None:
    """Find the header of a table in a sheet, of one row or two, and return the lines below it.

    Left out, each with a finding: lines above the header, banners, totals, examples. Blank lines are dropped.
    """
    top, known = top_lines(raw), known_headers(table)
    found = [(_points(one.texts, known, table), one) for one in headings(raw, _joining(known, table))]
    points, best = max(found, key=lambda pair: pair[0], default=(0, Heading(raw, [], 0)))
    down = len({known[folded(line[0])] for line in top if line and folded(line[0]) in known})
    alone = max((one for one, heading in found if heading.lines == 1), default=0)
    if table.name != "settings" and down >= 3 and 2 * down > alone:
        text = "Fields are rows and projects are columns here; the sheet was turned. Row numbers are column numbers."
        findings.add("warn", "transposed_layout", text, "Put one project in each row.", at=raw)
        return find_body(turned(raw), table, findings)
    if points < 2:
        expected = ", ".join(column.name for column in table if column.required)
        fix = f"Give the columns the names of the dictionary; needed: {expected}."
        text = f"No header row of the table {table.name} was found."
        findings.add("block", "header_not_found", text, fix, at=raw)
        return None
    texts, first, header = best.texts, best.first, best.first - best.lines
    if best.lines > 1:
        row, count = int(raw.rows[header + 1]), {2: "two", 3: "three"}[best.lines]
        words_ = f"The header has {count} rows; they were joined."
        findings.add("info", "two_header_rows", words_, at=raw, row=row)
    above = [text for line in top[:header] for text in dict.fromkeys(line) if text]
    if above:
        text, row = f"{header} lines above the header are not data.", int(raw.rows[0])
        findings.add("info", "lines_above_header", text, at=raw, row=row, value=" | ".join(above))
    body = best.body
    cells = _fill_merged(raw, body.cells.copy(), first, texts, known, table, findings)
    keep = _kept_lines(cells, body.rows, raw, texts, known, table, findings, best.again[0])
    kept = replace(body, cells=cells, around=best.around).only(keep)
    return replace(kept, cells=pd.DataFrame({place: narrowed(one) for place, one in kept.cells.items()}))


@dataclass(frozen=True, eq=False)
class Heading:
    """A header that a sheet may have: its texts, where the rows below it begin, and how many lines it takes."""

    raw: RawSheet
    texts: list[str]
    first: int
    lines: int = 1

    @property
    def body(self) -> Body:
        """The lines below it."""
        return Body(self.raw, self.texts, self.raw.cells.iloc[self.first :], self.raw.rows[self.first :])

    @property
    def again(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the body in which the header stands again, as on every page, and those with another header."""
        cells, heads = self.body.cells, top_lines(self.raw)[self.first - self.lines : self.first]
        written = self.raw.cells.iloc[self.first - self.lines : self.first]
        like = np.zeros(len(cells), bool)
        for place in cells.columns:
            like |= (cells[place].isin(written[place]) & _filled(cells[place])).to_numpy(bool)
        again, other = np.zeros(len(cells), bool), np.zeros(len(cells), bool)
        for row in map(int, np.flatnonzero(like)[::-1]):
            line = {
                place: folded(text) for place, one in enumerate(cells.iloc[row]) if (text := clean_cell(one))
            }
            equal = [[place for place, text in line.items() if text == folded(head[place])] for head in heads]
            same, below = max(map(len, equal)), again[row + 1 : row + 2].any()
            named = len({place for some in equal for place in some if not line[place][0].isdigit()})
            again[row] = (named and same >= max(2, len(line) - 1)) or (below and same == len(line))
            other[row] = not again[row] and named >= max(2, len(line) / 2)
        return again, other

    @property
    def around(self) -> tuple[tuple[int, str], ...]:
        """Texts above it, and lines of one text below it, each with its row: they may state the unit."""
        return _lines_around(self.raw, self.first - self.lines, self.first)


def headings(raw: RawSheet, join: Callable[[str, str, str], str] | None = None) -> Iterator[Heading]:
    """Every header that a sheet may have: one of its first lines, or two of them, joined column by column.

    `join` makes one text of what stands over a column (it goes on to the next text), above and below.
    """
    lines = top_lines(raw)
    units = [
        sum(map(bool, line)) and not (line and line[0]) and say_units(set(filter(None, line)))
        for line in lines
    ]

    def with_units(heading: Heading) -> Iterator[Heading]:
        """First with the line of units that stands below it, where there is one."""
        if heading.first < len(lines) and units[heading.first] and heading.texts[:1] != [""]:
            both = zip(heading.texts, lines[heading.first], strict=True)
            texts = [f"{text} ({unit})" if text and unit else text for text, unit in both]
            yield Heading(raw, texts, heading.first + 1, heading.lines + 1)
        yield heading

    for number, line in enumerate(lines):
        yield from with_units(Heading(raw, line, number + 1))
    for number, (above, below) in enumerate(pairwise(lines)):
        across = [(left, right) for top, _, left, right in raw.merged if top == number]
        merged = {one for left, right in across for one in range(left, right + 1)}
        texts, over = [], ""
        for place, (high, low) in enumerate(zip(above, below, strict=True)):
            over = high or (over if place in merged or not merged else "")
            texts.append(join(over, high, low) if join else f"{over} {low}".strip())
        yield from with_units(Heading(raw, texts, number + 2, 2))


def first_column(raw: RawSheet) -> Iterator[Heading]:
    """The first column as the header of a sheet that has its fields as rows; none where it is empty."""
    if len(raw.cells):
        across = turned(raw)
        yield Heading(across, clean_text(across.cells.iloc[0]).fillna("").tolist(), 1)


def _lines_around(raw: RawSheet, header: int, first: int) -> tuple[tuple[int, str], ...]:
    """Texts above the header, lines of one text below it, and what the sheet says in brackets, each with its row."""
    found: list[tuple[int, str]] = [(int(raw.rows[0]), raw.sheet)] if INSIDE.search(raw.sheet) else []
    for place in raw.cells.columns:
        texts = [
            (n, one) for n, one in enumerate(raw.cells[place].iloc[:header]) if isinstance(one, str) and one
        ]
        found += [(int(raw.rows[n]), str(one)) for n, one in texts]
    below = raw.cells.iloc[first:]
    count = np.sum([_filled(below[place]) for place in below.columns], axis=0) if len(below) else np.zeros(0)
    for number in np.flatnonzero(count == 1):
        cells = below.iloc[number]
        text = next((cell for cell in cells if isinstance(cell, str) and cell.strip()), "")
        found += [(int(raw.rows[first + number]), text)] if " " in text else []
    return tuple(found)


def turned(raw: RawSheet) -> RawSheet:
    """A sheet whose rows are fields and whose columns are projects, turned; row numbers are then column numbers."""
    cells = raw.cells.astype(object).T.reset_index(drop=True)
    cells.columns = range(cells.shape[1])
    return replace(raw, cells=cells, rows=np.arange(1, len(cells) + 1), merged=[])


def _joining(known: dict[str, str], table: Table) -> Callable[[str, str, str], str]:
    """How two header rows of a table are one: 2027 over Capex, Opex is both; else what names a column."""
    kind = _variable_type(table)

    def join(over: str, high: str, low: str) -> str:
        both = f"{over} {low}"
        if over and low and kind and read_header(both, table, kind, frozenset()) is not None:
            return both
        return next((text for text in (low, high) if folded(text) in known), low or high)

    return join


def _fill_merged(
    raw: RawSheet, cells: pd.DataFrame, first: int, headers: list[str], known: dict[str, str], table: Table,
    findings: Findings,
) -> pd.DataFrame:  # fmt: skip
    """Give every row of a cell merged over several rows its value; amounts stay in the first row only."""
    for top, bottom, left, right in raw.merged:
        if top < first or top == bottom or left != right or bottom - first >= len(cells):
            continue
        name = known.get(folded(headers[left]))
        if name is None or table[name].type == "number":
            continue
        value, size = cells.iat[top - first, left], bottom - top + 1
        cells.iloc[top - first : bottom - first + 1, left] = np.full(size, value, dtype=object)
        text, row = f"A merged cell was taken for each of its {size} rows.", int(raw.rows[top])
        findings.add("info", "merged_cells", text, at=raw, row=row, column=headers[left], value=value)
    return cells


def _kept_lines(
    cells: pd.DataFrame, rows: np.ndarray, raw: RawSheet, headers: list[str], known: dict[str, str], table: Table,
    findings: Findings, again: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Tell which lines are rows of the table; list banners, totals, examples and repeated headers."""
    if not len(cells):
        return np.zeros(0, dtype=bool)
    columns = [cells.iloc[:, place] for place in range(cells.shape[1])]
    filled = np.column_stack([_filled(column) for column in columns])
    count = filled.sum(axis=1)
    keep = count > 0
    names = {place: known[folded(header)] for place, header in enumerate(headers) if folded(header) in known}
    ids = [place for place, name in names.items() if name.endswith("_id")]
    texts = {place: clean_text(column) for place, column in enumerate(columns) if texts_of(column)}
    suspects = again | ((count == 1) & (len(names) > 2))

    def told(number: int) -> dict[int, str]:
        """The filled cells of a line as text."""
        places = map(int, np.flatnonzero(filled[number]))
        return {place: clean_cell(columns[place].iloc[number]) or "" for place in places}

    for text in texts.values():
        odd = [one for one in pd.unique(text.dropna()) if _EXAMPLE.fullmatch(one)]
        suspects |= text.isin(odd).to_numpy() if odd else False
    across = {int(raw.rows[top]) for top, bottom, left, right in raw.merged if top == bottom and right > left}
    left_out: dict[int, tuple[str, str, str]] = {}
    for number in map(int, np.flatnonzero(suspects & keep)):
        said = _reason_to_leave(told(number), int(count[number]), headers, ids, len(names))
        said = REPEATED if again[number] else said
        if not said[0] and count[number] == 1 and int(rows[number]) in across:
            said = "banner_row", "The row is one text merged over columns, not data; it was left out."
        if said[0]:
            left_out[number] = ("info", *said)
            keep[number] = False
    left_out |= _totals(table, headers, names, columns, texts, filled, keep)
    for number, (severity, rule, message) in sorted(left_out.items()):
        keep[number] &= rule == "total_or_row"
        fix = "Give the row a name of its own, or delete it." if rule == "total_or_row" else ""
        row = int(rows[number])
        value = " | ".join(told(number).values())
        findings.add(severity, rule, message, fix, at=raw, row=row, value=value)
    return keep


def find_totals(
    numbers: np.ndarray, candidates: np.ndarray, keep: np.ndarray, lone: np.ndarray
) -> dict[int, str]:
    """Candidates whose amounts are the sums of rows above or below, all or up to the next one: row -> which of both.

    Parameters
    ----------
    numbers : ndarray
        Rows by amounts, NaN where there is none.
    candidates : ndarray of bool
        Rows that may be totals.
    keep : ndarray of bool
        Rows that are summed up.
    lone : ndarray of bool
        Candidates that may be the total of one row: they are called totals.
    """
    found: dict[int, str] = {}
    for side, step in (("above", 1), ("below", -1)):
        one, may, summed, named = (array[::step] for array in (numbers, candidates, keep.copy(), lone))
        summed, start = summed.copy(), 0
        summed[[len(keep) - 1 - row if step < 0 else row for row in found]] = False
        for number in map(int, np.flatnonzero(may & summed)):
            mine, here = one[number], ~np.isnan(one[number])
            summed[number] = False
            for begin in dict.fromkeys((start, 0)):
                rows = one[begin:number][summed[begin:number]]
                sums = (np.nansum(rows, axis=0), np.nansum(np.maximum(rows, 0), axis=0))
                equal = any(np.allclose(mine[here], some[here], rtol=1e-3, atol=1e-9) for some in sums)
                if here.any() and equal and mine[here].any() and len(rows) > (0 if named[number] else 1):
                    found[number if step > 0 else len(keep) - 1 - number], start = side, number + 1
                    break
            else:
                summed[number] = True
    return found


_CALLED = re.compile(rf"{one_of('totals')}|{one_of('total_parts')}", re.I)


def called_total(text: object) -> bool:
    """True when a text begins or ends as totals do: "Total outlays", "Gesamtkosten", "Portfolio total".

    >>> called_total("Total outlays"), called_total("Portfolio total"), called_total("Quay wall")
    (True, True, False)
    """
    return isinstance(text, str) and _CALLED.search(folded(text)) is not None


def _totals(
    table: Table, headers: list[str], names: dict[int, str], columns: list[pd.Series], texts: dict[int, pd.Series],
    filled: np.ndarray, keep: np.ndarray,
) -> dict[int, tuple[str, str, str]]:  # fmt: skip
    """Rows of totals: the key is empty or a total word, and nothing else, and the amounts are the sums above.

    Only in tables whose rows are amounts: a rule, a criterion, a goal or a scenario may be called as it likes.
    """
    kind = _variable_type(table)
    added = {c.name for c in table if c.type == "number" and (c.unit in ("money", "full-time equivalents"))}
    if table.name in ("rules", "settings") or not (added or table.name == "projects"):
        return {}
    amounts = [place for place, name in names.items() if name in added]
    amounts += [
        place for place, text in enumerate(headers)
        if place not in names and text and kind and read_header(text, table, kind, frozenset()) is not None
    ]  # fmt: skip
    none = np.zeros(len(keep), bool)
    own_ids = [name for name in table.key if table[name].type == "id"]
    keys = [place for name in own_ids for place in names if names[place] == name][:1]
    words = {place: _words_fit(text, is_total) for place, text in texts.items() if place not in amounts}
    named = words.get(keys[0], none) if keys else none
    blank = ~filled[:, keys[0]] if keys else ~none
    said = np.any(list(words.values()), axis=0) if words else none
    loose = _words_fit(texts[keys[0]], called_total) if keys and keys[0] in texts else none
    other = [
        place for place, name in names.items()
        if name in table.key and place not in keys and table[name].type not in ("year", "period")
    ]  # fmt: skip
    own = np.any([none, *(filled[:, place] & ~words.get(place, none) for place in other)], axis=0)
    few = (filled.sum(axis=1) <= len(amounts) + 1) & ~own
    may = keep & (named | loose | (blank & (said | few)))
    if not may.any():
        return {}
    numbers = np.full((len(keep), len(amounts)), np.nan)
    for number, place in enumerate(amounts):
        numbers[:, number] = plain_numbers(columns[place], own=True).where(filled[:, place])
    found = find_totals(numbers, may, keep, said)
    years = [clean_text(columns[p]) for p, name in names.items() if table[name].type in ("year", "period")]
    for text in years:  # a total of one year, below the rows of several
        for value in pd.unique(text.dropna()):
            mine = keep & (text == value).to_numpy(bool)
            found |= find_totals(numbers, may & mine, mine, said)
    scopes = [place for place, name in names.items() if name in ("scope", "role") and place not in keys]
    refers = any(column.refs for column in table if column.name in table.key)
    result: dict[int, tuple[str, str, str]] = {}
    for number in map(int, np.flatnonzero(may)):
        scope = any(filled[number, place] and not words.get(place, named)[number] for place in scopes)
        formulas = any(isinstance(columns[place].iloc[number], Uncached) for place in amounts)
        nothing = np.isnan(numbers[number]).all() and (formulas or not filled[number, amounts].any())
        total = named[number] or (blank[number] and (said[number] or few[number]))
        bare = nothing and said[number] and ((named[number] and filled[number].sum() <= 2) or formulas)
        if total and not scope and (number in found or bare):
            side = found.get(number, "above")
            result[number] = (
                "warn",
                "total_row",
                f"The row is the total of the rows {side}; it was left out.",
            )
        elif named[number] and not refers and table.name != "projects":
            why = "has a scope of its own" if scope else "is not the sum of the rows above it"
            text = f"The row is called as a total and {why}: a total or a row?"
            result[number] = ("block", "total_or_row", text)
        elif number in found and loose[number]:
            text = f"The row is called like a total and is the sum of the rows {found[number]}; it was read as a row."
            result[number] = ("warn", "total_or_row", text)
    return result


def _words_fit(text: pd.Series, fits: Callable[[object], bool]) -> np.ndarray:
    """Rows whose text is of a kind."""
    return text.isin([one for one in pd.unique(text.dropna()) if fits(one)]).to_numpy(bool)


def _filled(column: pd.Series) -> np.ndarray:
    """Cells that hold something."""
    blank = [one for one in texts_of(column) if not one.strip()]
    return (column.notna() & ~column.isin(blank)).to_numpy(bool)


def _reason_to_leave(
    line: dict[int, str], count: int, headers: list[str], ids: list[int], known: int
) -> tuple[str, str]:
    """Rule and message when a line is no row of the table, else two empty texts."""
    texts = list(line.values())
    if texts and _EXAMPLE.fullmatch(texts[0]) and min(line) == 0:
        return "example_row", "The example row is not data."
    no_id = bool(ids) and not any(place in line for place in ids)
    if count == 1 and known > 2 and no_id and texts and not is_total(texts[0]):
        return BANNER
    several = 1 < count == len(texts) and known > 2 and count >= len(headers) - 1
    if several and len(set(texts)) == 1 and not is_total(texts[0]):
        return "banner_row", "The row is a banner, not data; it was left out."
    return "", ""
