"""Where the table is inside a sheet, and what its headers say: header rows, years, periods, kinds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, lru_cache
from itertools import pairwise

import numpy as np
import pandas as pd

from pmo_kit.register import values
from pmo_kit.register.findings import Findings
from pmo_kit.register.rows import Apart, Look, rows_apart, tell
from pmo_kit.register.schema import Table, Wide, load_schema
from pmo_kit.register.sheets import Body, RawSheet

_YEAR_PART = re.compile(
    rf"(?:(?:{values.one_of('year')}|\b(?:fye?|cye?|ye|gj|hj|ex))\.?\s*)?"
    r"(?P<day>\b\d{1,2}[./ -](?:\d{1,2}|[^\W\d]{3,})[./ -])?"
    r"'?(?<![\d,])(?:19|20|21)\d\d(?!\d)(?:\s*[-/–]\s*'?(?:\d{4}|\d\d)(?![^\W_]))?"
    r"|\b(?:fye?|cye?|gj|hj)\s*'?\d\d(?:\s*[-/–]\s*'?\d\d)?(?!\d)|(?<![\d/-])\d\d[-/–]\d\d(?![\d/-])",
    re.I,
)
_PERIOD_PART = re.compile(r"(\D+?)[\s:|/\-–]+(\S*\d.*)|(\S*\d\S*)[\s:|\-–]+(\D+)")
_WORD_AND_DATE = re.compile(r"[^\W\d]+\.?,?\s+\d+[./-]\d+[./-]|.*\b12 months?\b", re.I)


_OPEN = re.compile(
    rf"\d\s*(?:\+|\.\.+|…|→|>|[-–—/]\s*$|ff\b)|^\W*(?:>|≥|→)|{values.one_of('later')}|"
    rf"(?:{values.one_of('until')}|(?<!year )(?<!months )\bto)[\s-]+(?:(?:fy\s*)?(?:19|20)|fy\s*'?)\d\d(?![\d./-])|"
    rf"(?:19|20)\d\d\W+(?:(?:and|or|und|oder|et|ou|y|o)\s+{values.one_of('until')}|{values.one_of('with')}.*{values.one_of('spent')})",
    re.I,
)


def open_ended(header: str) -> bool:
    """True when a header of a year says that later or earlier years are in it too.

    >>> [open_ended(one) for one in ("2029+", "2029 ff.", "2029–", "from 2029 on", "Cost to 2029", "bis 2029")]
    [True, True, True, True, True, True]
    >>> [open_ended(one) for one in ("2029-30", "Plan 2029", "Year to 31 March 2029", "bis 31.12.2029")]
    [False, False, False, False]
    """
    return any(sign.isdigit() for sign in header) and _OPEN.search(header) is not None


_RANGE = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*(?:[-–—/]|to|bis|à|au|a|al|until)\s*'?((?:19|20)?\d\d)(?!\d)", re.I)
_NO_WORDS = {"on", "from", "since", "post", "ab", "dès", "desde", "vanaf"}
_LATER = re.compile(
    rf"(?<!\w)(?:{'|'.join(re.escape(one) for one in values.words()['later'] if one not in _NO_WORDS)})(?!\w)"
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
    bare = values.without_unit(header)
    if any(sign.isdigit() for sign in bare):
        first = _RANGE.search(bare)
        last = int(f"{first[1][: 4 - len(first[2])]}{first[2]}") if first else 0
        return first is not None and last > int(first[1]) + 1 and values.read_period(bare) is None
    text = values.folded(bare)
    rest = re.sub(values.one_of("of_years"), " ", _LATER.sub(" ", text))
    return _LATER.search(text) is not None and not re.search(r"\w", rest)


@lru_cache(maxsize=1 << 12)
def _categories(text: str, table: Table) -> dict[str, str] | None:
    """The categories that the words of a header beside its year name; None where a word names none."""
    found: dict[str, str] = {}
    amounts = (table[one.value] for one in table.wide)
    if values.folded(text) in {values.folded(word) for column in amounts for word in column.aliases}:
        return found
    parts = [word for word in re.split(r"[\s:|/–,()_\-]+", values.folded(text)) if word]
    for column in table:
        known = {values.folded(value): value for value in column.allowed}
        known |= {values.folded(key): value for key, value in column.values.items()}
        whole = " ".join(parts)
        if whole in known:
            return {column.name: known[whole]}
        for word in [word for word in parts if word in known and column.name not in found]:
            found[column.name] = known[word]
            parts.remove(word)
    return found if all(word in values.words()["planned"] for word in parts) else None


_LIKE_A_DATE = re.compile(
    r"\d\s*[-/.]\s*\d{1,2}\s*[-/.]\s*\d|\d[.\s-]*[^\W\d]{3,}\.?[\s,-]*\d|[^\W\d]{3,}\.?\s+\d{1,2}\b,?\s+\d{2}"
)
"""A day, a month and a year, in digits or with a written month: only such a header is parsed as a date."""


@lru_cache(maxsize=8192)
def year_in(text: str, first_month: int) -> int | None:
    """The fiscal year that a header or a cell names: a year, or a date in it."""
    year = values.read_year(text)
    if year is None and text.strip().isdigit():
        return None
    if year is not None:
        return None if first_month > 1 and text.strip().lower().startswith("cy") else year
    month = values.read_period(re.sub(r"(?<=[^\W\d])[-'’](\d\d)$", r" 20\1", text))
    if month is not None and "Q" not in month and len(month) == 7:
        return int(month[:4]) + (1 < first_month <= int(month[5:]))
    if not _LIKE_A_DATE.search(text):
        return None
    days = filter(None, (values.read_date(text.strip(), order) for order in (False, True)))
    years = {day.year + (1 < first_month <= day.month) for day in days}
    return years.pop() if len(years) == 1 else None


def read_header(
    header: str, table: Table, wide: Wide, known: frozenset[str], first_month: int = 1
) -> dict[str, str] | None:  # fmt: skip
    """What a header of a wide form says, column by column ("Opex 2028": year and kind); None when it is none.

    Parameters
    ----------
    header : str
    table : Table
    wide : Wide
        The form.
    known : frozenset of str
        Criteria that exist; empty when nobody says.
    first_month : int
        Month in which the fiscal year starts: a calendar year is then no fiscal year.
    """
    kind = table[wide.variable].type
    if kind not in ("year", "period"):
        same = (name for name in known if header and values.folded(name) == values.folded(header))
        name = next(same, "") if known else header
        return {wide.variable: name} if name else None
    said = ((value, _categories(rest, table)) for value, rest in dated(header, kind, first_month))
    doubt = values.stated_prices(header) == ("real", None)  # real prices, or what is spent, as Spanish has it
    whole = ({wide.variable: value, **found} for value, found in said if found is not None and not (doubt and found))
    return next(whole, None)


def dated(header: str, kind: str = "year", first_month: int = 1) -> Iterator[tuple[str, str]]:
    """The years (or periods) that a header may stand for, each with the words beside it.

    >>> [list(dated(one)) for one in ("Capex 2027 (k€)", "FY27", "2027A", "Year to 31 March 2027", "2029+")]
    [[('2027', 'Capex')], [('2027', '')], [('2027', 'actual')], [('2027', 'Year to')], []]
    """
    header = values.without_unit(header).strip()
    if not any(sign.isdigit() for sign in header) or open_ended(header):
        return

    def read(text: str) -> str | None:
        year = year_in(text, first_month) if kind == "year" else values.read_period(text)
        return None if year is None else str(year)

    if not _WORD_AND_DATE.match(header) and (value := read(header)) is not None:
        yield value, ""
    elif kind == "year":
        for part in _YEAR_PART.finditer(header):
            before, after = header[: part.start()], header[part.end() :]
            after = re.sub(r"(?i)^e(?![^\W\d_])", "", re.sub(r"(?i)^a\s*$", "actual", after))
            own = part[0] if part["day"] is None else header[part.start("day") : part.end()]
            if (values.read_year(own) or part["day"]) and (value := read(own)) is not None:
                yield value, f"{before} {after}".strip()
    elif (match := _PERIOD_PART.fullmatch(header)) and (value := read(match[2] or match[3])) is not None:
        yield value, match[1] or match[4]


def find_wide_form(
    table: Table, matched: Mapping[str, int], headers: list[str], rest: list[int], known: frozenset[str],
    first_month: int = 1,
) -> tuple[Wide | None, dict[int, dict[str, str]]]:  # fmt: skip
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
        found: dict[int, dict[str, str]] = {}
        for place in rest:
            said = read_header(values.shown(headers[place]), table, wide, known, first_month) or {}
            more = {name: value for name, value in said.items() if name != wide.variable}
            if said and not set(more) & set(matched):
                found[place] = said
            elif said and more == {"state": "planned"}:  # a plan, where each row says its state
                found[place] = {wide.variable: said[wide.variable]}
        if found:
            return wide, found
    return None, {}


def melt(
    body: Body, raw: dict[str, pd.Series], headers: dict[str, str | np.ndarray], wide: Wide,
    variables: dict[int, dict[str, str]], findings: Findings,
) -> tuple[dict[str, pd.Series], dict[str, str | np.ndarray], np.ndarray]:  # fmt: skip
    """One row for each filled cell of the wide columns, in the order of the sheet; dashes and "n/a" fill none."""
    places, columns = list(variables), list[pd.Series]()
    for place in places:
        cells = body.cells[place]
        if cells.dtype != "float64":
            text = values.clean_text(cells)
            missing = text.str.fullmatch(values.MISSING, na=False)
            cells = cells.where(text.notna() & ~missing)
            why, head = missing & ~text.str.fullmatch(values.NOTHING, na=False), values.shown(body.headers[place])
            findings.tell_lines("missing_with_reason", body, why, name=wide.value, column=head, values=text)
        columns.append(cells)
    line, column, cells = long_form(columns)
    none = ~np.isin(range(len(body.rows)), line)
    findings.tell_lines("row_without_values", body, none, name=wide.value)
    long = {name: cells.iloc[line].reset_index(drop=True) for name, cells in raw.items()}
    long[wide.value] = values.narrowed(cells)
    titles = np.array([body.label(place) for place in places], dtype=object)[column]
    said = dict.fromkeys(name for one in variables.values() for name in one)
    for name in said:
        texts = [variables[place].get(name, "") for place in places]
        long[name] = pd.Series(np.array(texts, dtype=object)[column], dtype="str")
    return long, {**headers, wide.value: titles, **dict.fromkeys(said, titles)}, body.rows[line]


def long_form(columns: list[pd.Series]) -> tuple[np.ndarray, np.ndarray, pd.Series]:
    """Columns as rows, one for each filled cell in the order of the sheet: its line, its column, the cell."""
    filled = np.column_stack([one.notna() for one in columns]) if columns else np.zeros((0, 0), bool)
    line, column = np.nonzero(filled)
    grid = [one.to_numpy(object) for one in columns]
    return line, column, pd.Series([grid[n][row] for row, n in zip(line, column, strict=True)], dtype=object)


NOT_TABLES = {"start", "readme", "read me", "dictionary", "cover", "contents", "notes", "lists", "how to"}


@cache
def known_headers(table: Table) -> dict[str, str]:
    """Every header that names a column of the table: its own name first, then the aliases."""
    words = [*((one.name, one) for one in table), *((alias, one) for one in table for alias in one.aliases)]
    return {values.folded(word): column.name for word, column in reversed(words)}


def table_of_sheet(title: str) -> str | None:
    """The table that a file or sheet title names, or None."""
    plain = re.sub(r"^\d+\s*[.\-_ ]\s*", "", values.folded(title)).replace("-", " ")
    for table in load_schema():
        names = {values.folded(table.name), *map(values.folded, table.aliases)}
        if plain in names or plain + "s" in names:
            return table.name
    return None


@lru_cache(maxsize=1 << 14)
def _is_wide(text: str, table: Table) -> bool:
    """True when a header is a year or a period of a wide form of a table."""
    wide = next((one for one in table.wide if table[one.variable].type in ("year", "period")), None)
    return bool(text) and wide is not None and read_header(text, table, wide, frozenset()) is not None


def _named(line: list[str], known: dict[str, str]) -> dict[int, str]:
    """The columns of a table that the texts of a line name, by position."""
    return {place: name for place, text in enumerate(line) if (name := known.get(values.folded(text)))}


def _points(line: list[str], known: dict[str, str], table: Table) -> int:
    """How much a line looks like a header: two for each name, one for each year or period."""
    names = _named(line, known).values()
    return 2 * len(set(names)) + sum(_is_wide(text, table) for text in line)


def looks_like(raw: RawSheet, table: Table) -> bool:
    """True when one line of a sheet has all needed headers of a table, in the long or in a wide form."""
    known = known_headers(table)
    needed = {column.name for column in table if column.needed}
    for line in raw.top:
        lacking = needed - set(_named(line, known).values())
        if any(_is_wide(text, table) for text in line):
            lacking -= {name for wide in table.wide for name in (wide.variable, wide.value)}
        if not lacking:
            return True
    return False


def find_body(raw: RawSheet, table: Table, findings: Findings) -> Body | None:
    """Find the header of a table in a sheet, of one row or two, and return the lines below it.

    Left out, each with a finding: lines above the header, banners, totals, examples. Blank lines are dropped.
    """
    top, known = raw.top, known_headers(table)
    found = [(_points(one.texts, known, table), one) for one in headings(raw, _joining(known, table))]
    points, best = max(found, key=lambda pair: pair[0], default=(0, Heading(raw, [], 0)))
    down = len(set(_named([line[0] for line in top if line], known).values()))
    alone = max((one for one, heading in found if heading.lines == 1), default=0)
    if table.name != "settings" and down >= 3 and 2 * down > alone:
        findings.tell("transposed_layout", at=raw)
        return find_body(turned(raw), table, findings)
    if points < 2:
        expected = ", ".join(column.name for column in table if column.required)
        findings.tell("header_not_found", table=table.name, needed=expected, at=raw)
        return None
    header, look = best.first - best.lines, _look(best.texts, known, table)
    if best.lines > 1:
        row, count = int(raw.rows[header + 1]), {2: "two", 3: "three"}[best.lines]
        findings.tell("two_header_rows", count=count, at=raw, row=row)
    above = [text for line in top[:header] for text in dict.fromkeys(line) if text]
    if above:
        findings.tell("lines_above_header", count=header, at=raw, row=int(raw.rows[0]), value=" | ".join(above))
    body = best.rows(findings)
    kept = body.only(tell(body, rows_apart(body, look), findings))
    if "object" in kept.cells.dtypes.to_list():  # of a workbook
        kept = replace(kept, cells=pd.DataFrame({place: values.narrowed(one) for place, one in kept.cells.items()}))
    return kept


def _look(headers: list[str], known: dict[str, str], table: Table) -> Look:
    """The columns of a table that its headers name; columns of years beside the projects are amounts, too."""
    form = load_schema()["costs"] if table.name == "projects" else table
    added = [one.name for one in table if one.is_summed]
    names = _named(headers, known)
    amounts = [place for place, name in names.items() if name in added]
    amounts += [place for place, text in enumerate(headers) if place not in names and _is_wide(text, form)]
    return Look(amounts, table=table, known=names)


@cache
def _kinds() -> dict[str, set[str]]:
    """What the columns of all tables hold that have a header."""
    found: dict[str, set[str]] = {}
    for table in load_schema():
        for header, name in known_headers(table).items():
            found.setdefault(header, set()).add(table[name].type)
    return found


_IN_UNIT = re.compile(r"(?<=\b[ie]n )\S+|^[A-Z]{3}$")
"""A title that names a currency or a scale alone states it: Costs in thousands, USD; FR may be a country."""


@dataclass(frozen=True, eq=False)
class Heading:
    """A header that a sheet may have: its texts, where the rows below it begin, and how many lines it takes."""

    raw: RawSheet
    texts: list[str]
    first: int
    lines: int = 1

    @cached_property
    def body(self) -> Body:
        """The lines below it; a text merged over several of them stands in each."""
        cells = self.raw.cells.iloc[self.first :].reset_index(drop=True)
        for top, bottom, place in self._tall:
            own = self.raw.cells.iloc[top : bottom + 1].notna().any(axis=1).to_numpy()  # a blank line stays blank
            cells.iloc[np.flatnonzero(own) + top - self.first, place] = self.raw.cells.iat[top, place]
        return Body(self.raw, self.texts, cells, self.raw.rows[self.first :])

    @property
    def _tall(self) -> list[tuple[int, int, int]]:
        """First line, last line and column of what is merged over several lines and no amount."""
        first = self.first
        tall = [(top, end, left) for top, end, left, right in self.raw.merged if left == right and first <= top < end]
        return [one for one in tall if self._of_each(self.raw.cells.iat[one[0], one[2]], one[2])]

    def _of_each(self, cell: object, place: int) -> bool:
        """True for words and days; a number only where its header says that it is a key or a year, else in front."""
        number = not isinstance(cell, date) and values.plain_numbers(pd.Series([cell], dtype=object)).notna().any()
        kinds = _kinds().get(values.folded(self.texts[place]), set() if place else {"text"})
        return not number or (bool(kinds) and "number" not in kinds)

    @property
    def _heads(self) -> list[list[str]]:
        return self.raw.top[self.first - self.lines : self.first]

    def _like(self, row: Iterable[object]) -> tuple[dict[int, str], list[list[int]], int]:
        """The texts of a row, which of them stand in each line of the header, and how many of these are names."""
        texts = enumerate(values.folded(values.clean_cell(one) or "") for one in row)
        line = {place: text for place, text in texts if text}
        equal = [[place for place, text in line.items() if text == values.folded(head[place])] for head in self._heads]
        return line, equal, len({place for some in equal for place in some if not line[place][0].isdigit()})

    @property
    def again(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the body in which the header stands again, as on every page, and those with another header."""
        cells, grid, filled = self.body.cells, self.body.grid, self.body.filled
        written = self.raw.cells.iloc[self.first - self.lines : self.first].to_numpy(object)
        like = np.any([((grid == line) & filled).any(axis=1) for line in written], axis=0)
        again, other = np.zeros(len(cells), bool), np.zeros(len(cells), bool)
        blank = np.append(True, ~filled[:-1].any(axis=1) | (np.diff(self.body.rows) > 1)) & (filled.sum(axis=1) > 1)
        numeric = cache(lambda at: 2 * values.plain_numbers(cells[at]).notna().sum() >= filled[:, at].sum())
        blank[-1:] = False  # rows below an empty line or the header: words where others have numbers are a header
        for row in map(int, np.flatnonzero(like | blank)[::-1]):
            line, equal, named = self._like(grid[row])
            both = zip(equal, self._heads, strict=True)
            whole = any(all(one in some or not head[one] for one in line) for some, head in both)
            same, below = max(map(len, equal)), again[row + 1 : row + 2].any()
            most = named > 0 and same >= max(2, len(line) - 1)
            again[row] = (most and whole) or (below and same == len(line))
            years = 0 < named < len(line) == named + sum(values.read_year(text) is not None for text in line.values())
            wordy = blank[row] and not re.search(r"\d", " ".join(line.values()))
            said = [place for place, text in line.items() if wordy and not values.MISSING.fullmatch(text)]
            words = wordy and (named > 0 or sum(map(numeric, said)) > 1)
            other[row] = not again[row] and (most or years or words or named >= max(2, len(line) / 2))
        return again, other

    def rows(self, findings: Findings, least: int = 1) -> Body:
        """The lines below it without blank ones, those that repeat it on a next page, and titles over these.

        Parameters
        ----------
        findings : Findings
            Takes what is left out, and what stands before it.
        least : int
            Lines with fewer filled cells are blank.
        """
        self._list_before(findings)
        body, (same, other), count = self.body, self.again, self.body.filled.sum(axis=1)
        body.around = self.around
        title = np.zeros(len(count), bool)
        for number in range(len(count) - 2, -1, -1):
            title[number] = count[number] <= 1 and (same[number + 1] or title[number + 1])
        lines = (("repeated_header", same), ("banner_row", title & (count > 0)), ("second_header below", other))
        tell(body, {int(row): Apart(what) for what, rows in lines for row in np.flatnonzero(rows)}, findings)
        return body.only((count >= least) & ~same & ~title)

    def _list_before(self, findings: Findings) -> None:
        """Other headers above it (the rows between both belong to another table), and cells merged over lines."""
        for top, bottom, place in self._tall:
            said = {"column": self.texts[place], "value": self.raw.cells.iat[top, place]}
            findings.tell("merged_cells", count=bottom - top + 1, at=self.raw, row=int(self.raw.rows[top]), **said)
        for row in range(self.first - self.lines - 1):
            line, _, named = self._like(self.raw.cells.iloc[row])
            words = [text for text in line.values() if not any(dated(text))]
            lines = self.raw.top[row + 1 : row + 2 + (len(words) == len(line))]  # where it has years one row is enough
            below = [[one for one in texts if not values.read_year(one)] for texts in lines]
            rows = all(values.plain_numbers(pd.Series(texts, dtype="str")).notna().any() for texts in below)
            wide = words and rows and len(line) >= max(3, sum(map(bool, self.texts)) / 2)
            if named >= max(2, len(line) / 2) or (wide and not re.search(r"\d", " ".join(words))):
                findings.tell("second_header", at=self.raw, row=int(self.raw.rows[row]))

    @property
    def around(self) -> tuple[tuple[RawSheet, int, str], ...]:
        """Texts above it, lines of one text below it, a title that states a unit, placed: all may state units."""
        raw, header, units = self.raw, self.first - self.lines, _IN_UNIT.findall(self.raw.sheet)
        says = values.INSIDE.search(raw.title) or all(values.line_unit(raw.sheet))
        says = says or any(any(values.line_unit(one)) for one in units)
        found: list[tuple[int, str]] = [(int(raw.rows[0]), raw.title)] if says else []
        for above in raw.cells.iloc[:header].to_numpy(object).T if header else ():
            found += [(int(raw.rows[n]), one) for n, one in enumerate(above) if isinstance(one, str) and one]
        alone = self.body.filled.sum(axis=1) == 1
        for number in np.flatnonzero(alone):
            cells = (cell for cell in self.body.grid[number] if isinstance(cell, str) and cell.strip())
            text = next(cells, "")
            unit = all(values.line_unit(text)) and (len(text) > 2 or not text.isalnum())  # k€, TEUR; MR may be a key
            found += [(int(self.body.rows[number]), text)] if " " in text or unit else []
        return tuple((raw, row, text) for row, text in found)


def headings(raw: RawSheet, join: Callable[[str, str, str], str] | None = None) -> Iterator[Heading]:
    """Every header that a sheet may have: one of its first lines, or two of them, joined column by column.

    `join` makes one text of what stands over a column (it goes on to the next text), above and below.
    """
    lines = raw.top
    units = [
        sum(map(bool, line)) and not (line and line[0]) and values.say_units(set(filter(None, line))) for line in lines
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
        yield Heading(across, values.clean_text(across.cells.iloc[0]).fillna("").tolist(), 1)


def find_heading(raws: list[RawSheet], points: Callable[[Heading], float]) -> Heading | None:
    """The header, a row or the first column of one of several sheets, with most points; None where none has any."""
    found = [one for raw in raws for one in (*headings(raw), *first_column(raw))]
    best = max(found, key=points, default=None)
    return None if best is None or points(best) <= 0 else best


def turned(raw: RawSheet) -> RawSheet:
    """A sheet whose rows are fields and whose columns are projects, turned; row numbers are then column numbers."""
    cells = raw.cells.astype(object).T.reset_index(drop=True)
    cells.columns = range(cells.shape[1])
    merged = [(left, right, top, bottom) for top, bottom, left, right in raw.merged]
    return replace(raw, cells=cells, rows=np.arange(1, len(cells) + 1), merged=merged, depths={})


def _joining(known: dict[str, str], table: Table) -> Callable[[str, str, str], str]:
    """How two header rows of a table are one: 2027 over Capex, Opex is both; else what names a column."""

    def join(over: str, high: str, low: str) -> str:
        if over and low and _is_wide(both := f"{over} {low}", table):
            return both
        return next((text for text in (low, high) if values.folded(text) in known), low or high)

    return join
