"""Sources read through a mapping: every row and amount ends up in a table, or is stored with the reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register.findings import Findings
from pmo_kit.register.intake import Intake
from pmo_kit.register.layout import (
    BANNER,
    REPEATED,
    Heading,
    below_table,
    called_total,
    find_totals,
    first_column,
    grouped,
    headings,
    outline,
    several_years,
    table_of_sheet,
)
from pmo_kit.register.mapping import ColumnSource, Mapping, RowFilter, TableSource
from pmo_kit.register.schema import Column, load_schema
from pmo_kit.register.settings import Settings
from pmo_kit.register.shaping import looks_like_amounts, qualifies
from pmo_kit.register.sheets import Body, RawSheet, Uncached
from pmo_kit.register.values import (
    MISSING,
    clean_cell,
    clean_text,
    folded,
    is_total,
    near_words,
    one_of,
    order_evidence,
    parse_date,
    parse_period,
    plain_numbers,
    shown,
    words,
)

Place = tuple[str, str]
Tables = dict[str, tuple[RawSheet, list[str] | None]]
NOT_STATED = "not stated"
_IN_TYPE = ("number", "date", "year", "period")
_AS_PERIOD, _AS_DATE = Column("period", "period"), Column("date", "date")


def _wanted(specs: Iterable[TableSource], source: Body) -> int:
    """How many of the columns that are asked for a header row has."""
    asked = {header for spec in specs for one in spec.columns.values() for header in one.headers}
    turn = [spec.unpivot for spec in specs if spec.unpivot is not None]
    asked |= {header for one in turn for header in one.columns}
    patterns = {one.pattern for one in turn if one.pattern}
    found = sum(bool(source.places(header)) for header in asked)
    return found + sum(any(re.search(one, header) for header in source.headers) for one in patterns)


@dataclass(frozen=True)
class _Reason:
    """Why one value is missing, in the words of the source."""

    table: str
    project_id: str
    column: str
    item: str
    reason: str
    place: Place
    row: int


@dataclass(eq=False)
class _Part:
    """Rows of one table from one sheet: cells, and for each the header and the money unit it was read with."""

    source: Body
    frame: pd.DataFrame
    rows: np.ndarray
    labels: dict[str, np.ndarray]
    units: dict[str, np.ndarray]

    def only(self, keep: np.ndarray) -> _Part:
        """Some of the rows."""
        labels = {name: one[keep] for name, one in self.labels.items()}
        units = {name: one[keep] for name, one in self.units.items()}
        return _Part(self.source, self.frame[keep].reset_index(drop=True), self.rows[keep], labels, units)


class Import:
    """A source on its way into the register: its sheets as tables, and what becomes of each row and amount.

    Parameters
    ----------
    raws : list of RawSheet
        Sheets of the source.
    mapping : Mapping
        Says which are read, and how.
    findings : Findings
        Takes every row and column that is left out on purpose, with the reason.
    hashes : mapping of str to str
        SHA-256 of each file.
    """

    def __init__(
        self, raws: list[RawSheet], mapping: Mapping, findings: Findings, hashes: dict[str, str]
    ) -> None:
        self.mapping, self.findings, self.hashes = mapping, findings, hashes
        self.reasons: list[_Reason] = []
        self.left: list[dict[str, Any]] = []
        self.found: pd.DataFrame | None = None
        self.ignored = 0
        self._equal_rows: set[tuple[Place, int]] = set()
        self._blanked: set[tuple[str, int, int, str]] = set()
        self._repeats = {spec.table: spec.repeats for spec in mapping.tables}
        self.sheets: Tables = {}
        parts: dict[str, list[_Part]] = {}
        sources = self._sources(raws)
        self._list_kept_by_none(sources)
        for spec, source in sources:
            parts.setdefault(spec.table, []).append(self._part(source, spec))
        for table, some in parts.items():
            self.sheets[table] = _as_sheet(table, some)
        for source in {id(source): source for _, source in sources}.values():
            self._list_unused(source)
        self._list_sheets(raws, [source for _, source in sources])
        self.left += [{"table": table, "reason": why} for table, why in mapping.absent.items()]
        self._add("settings", pd.DataFrame(mapping.settings.items(), columns=["key", "value"], dtype="str"))
        self._store()

    def _sources(self, raws: list[RawSheet]) -> list[tuple[TableSource, Body]]:
        """For each block of the mapping the sheet that it means, below the header row that fits best."""
        findings, check = self.findings, "Check the file and the mapping."
        groups: dict[Place, list[TableSource]] = {}
        for spec in self.mapping.tables:
            groups.setdefault((spec.file, spec.sheet or self.mapping.sheet), []).append(spec)
        found: list[tuple[TableSource, Body]] = []
        for (file, sheet), specs in groups.items():
            named = [raw for raw in raws if not sheet or folded(raw.title) == folded(sheet)]
            named = [raw for raw in named if not file or fnmatch(raw.file.casefold(), file.casefold())]
            if not named:
                what = f"sheet {sheet}" if sheet else f"file {file}"
                text = f"The source has no {what}." if sheet or file else "The source is empty."
                raise findings.refused("source_not_read", text, check)
            found_ = [one for raw in named for one in (*headings(raw), *first_column(raw))]
            best = max(found_, key=lambda one: _wanted(specs, one.body), default=None)
            if best is None or not _wanted(specs, best.body):
                text = "None of the columns that the mapping names is in the source."
                raise findings.refused("source_not_read", text, check)
            source = self._pages(best)
            for spec in specs:
                for name, column in spec.columns.items():
                    self._find(source, f"{spec.table}.{name}", column)
                for header in spec.unpivot.columns if spec.unpivot else ():
                    self._one(source, header, f"{spec.table}.{spec.unpivot.into if spec.unpivot else ''}")
            own = (one for spec in specs for one in spec.keep)
            for test in (*self.mapping.keep, *self.mapping.drop, *own):
                self._one(source, test.column, "a filter")
            source = self._filtered(source, specs)
            found += [(spec, source) for spec in specs]
        order = {id(spec): number for number, spec in enumerate(self.mapping.tables)}
        return sorted(found, key=lambda pair: order[id(pair[0])])

    def _one(self, source: Body, header: str, where: str) -> int | None:
        """The position of a header; none or several of them is a finding that blocks."""
        found = source.places(header)
        if len(found) == 1:
            return found[0]
        if found:
            message = f'{len(found)} columns are called "{header}"; {where} needs one of them.'
            fix = f'Write "{header} (1)" or "{header} (2)" in the mapping.'
        else:
            message = f"The source has no column {header} for {where}."
            near = _near(header, source.headers)
            fix = f'Renamed? It has "{near}". ' if near else ""
            fix += "Correct the mapping file, or the export."
        self.findings.add("block", "mapped_column_missing", message, fix, at=source, column=header)
        return None

    def _find(self, source: Body, where: str, one: ColumnSource) -> list[int]:
        """Positions that a column is read from; of several alternatives those that are there."""
        alone = bool(one.join) or not any(source.places(header) for header in one.headers)
        asked = one.headers if one.join else one.headers[:1] if alone else one.headers
        there = [self._one(source, header, where) for header in asked if alone or source.places(header)]
        if one.reason:
            self._one(source, one.reason, where)
        return [place for place in there if place is not None]

    def _add(self, table: str, frame: pd.DataFrame) -> None:
        """A table of our own making, as a sheet."""
        headers = [str(name) for name in frame.columns]
        cells = frame.set_axis(range(len(headers)), axis=1)
        self.sheets[table] = RawSheet("", "", table, cells, np.arange(1, len(cells) + 1)), headers

    # ---------------------------------------------------------------- rows

    def _pages(self, heading: Heading) -> Body:
        """The lines below a header without blank ones, those that repeat it on a next page, and titles over these."""
        body, (again, other) = heading.body, heading.again
        count = np.sum([body.text(place).notna() for place in range(body.cells.shape[1])], axis=0)
        title = np.zeros(len(count), bool)
        for number in range(len(count) - 2, -1, -1):
            title[number] = count[number] <= 1 and (again[number + 1] or title[number + 1])
        for rows, (rule, text) in ((again, REPEATED), (title & (count > 0), BANNER)):
            for number in map(int, np.flatnonzero(rows)):
                words_ = next(one for one in map(clean_cell, body.cells.iloc[number]) if one)
                self.findings.add("info", rule, text, at=body, row=int(body.rows[number]), value=words_)
        for number in map(int, np.flatnonzero(other)):
            text = (
                "Another header stands here: the rows below it belong to another table than those above it."
            )
            fix = "Give each table a sheet of its own."
            self.findings.add("block", "second_header", text, fix, at=body, row=int(body.rows[number]))
        return replace(body.only((count > 0) & ~again & ~title), around=heading.around)

    def _filtered(self, source: Body, specs: list[TableSource]) -> Body:
        """Leave out blank rows, totals and banners, and list those that a filter leaves out."""
        texts = [source.text(place) for place in range(source.cells.shape[1])]
        filled = np.column_stack([text.notna() for text in texts]) if texts else np.zeros((0, 0), dtype=bool)
        keep = np.ones(len(source.rows), dtype=bool)
        first = [
            next((text.iloc[n] for text in texts if not pd.isna(text.iloc[n])), "") for n in range(len(keep))
        ]
        ids = self._ids(source, next((spec for spec in specs if spec.table == "projects"), specs[0]))

        def leave(out: np.ndarray, severity: str, rule: str, message: str, column: str = "") -> int:
            for number in np.flatnonzero(out & keep):
                row, value = int(source.rows[number]), first[number]
                self.findings.add(severity, rule, message, at=source, row=row, column=column, value=value)
            count = int((out & keep).sum())
            keep[out] = False
            return count

        for wanted, tests in ((False, self.mapping.keep), (True, self.mapping.drop)):
            for test in tests:
                out = _fits(source, test, ids, self.findings, self._order) == wanted
                text = f"The row was ignored: {test.reason}."
                self.ignored += leave(out, "info", "row_ignored", text, test.column)
        found = self._totals(source, specs, ids)
        for side, text in (
            ("above", "The row begins like a total and is the sum of the rows above; it was left out."),
            ("below", "The row is the sum of the rows below it; it was left out."),
        ):
            leave(found == side, "warn", "total_row", text)
        alone, banner = (
            (filled.sum(axis=1) == 1) & (filled.shape[1] > 2),
            ids.eq("").to_numpy(bool, copy=True),
        )
        for pattern in (
            r"\w\s+\w",
            r"^\D+$",
        ):  # words among keys of one word; no number where each key has one
            odd = ids.str.contains(pattern, regex=True).to_numpy(bool)
            banner |= odd & (not (odd & ~alone & keep).any())
        leave(alone & banner, "info", *BANNER)
        money = sorted({place for spec in specs for place, _, _ in self._money(source, spec)})
        text = "The row stands below the table, after an empty line, and has no amounts; it was left out."
        leave(below_table(source, money, ~keep), "warn", "banner_row", text)
        left = source.only(keep)
        whole = pd.DataFrame({place: left.text(place) for place in range(left.cells.shape[1])})
        self._equal_rows |= {(left.place, int(row)) for row in left.rows[whole.duplicated().to_numpy()]}
        return left

    def _totals(self, source: Body, specs: list[TableSource], ids: pd.Series) -> np.ndarray:
        """Rows that are called totals, have no key, or head others, and are sums: "above" or "below"; else empty."""
        heads = [
            spec.columns[name].headers for spec in specs for name in ("name", "area") if name in spec.columns
        ]
        names = [
            source.text(place).fillna("")
            for some in heads
            for one in some
            for place in source.places(one)[:1]
        ]
        none = ~ids.str.contains(r"\w", regex=True).to_numpy(bool)
        named = ids.map(called_total).to_numpy(bool)
        for text in names:
            named = named | (none & text.map(called_total).to_numpy(bool))
        texts = [source.text(place) for place in range(source.cells.shape[1])]
        money = sorted({place for spec in specs for place, _, _ in self._money(source, spec)})
        others = [text.notna() for place, text in enumerate(texts) if place not in money]
        counts = np.sum(others, axis=0) if others else np.zeros(len(ids))
        alone = (counts <= 1) & (np.median(counts) >= 2)  # where other rows say more than their key
        said = (
            {one for text in texts for one in text[~alone].dropna().str.casefold()} if alone.any() else set()
        )
        named = named | (alone & ids.str.casefold().isin(said - {""}).to_numpy(bool))  # of a department
        spans = outline(source)
        over = np.isin(np.arange(len(ids)), list(spans))
        may, sides = named | alone | over, np.full(len(ids), "", dtype=object)
        if not money or not (may.any() or source.depths.any()):
            return sides
        amounts = np.column_stack([plain_numbers(source.cells.iloc[:, place], own=True) for place in money])
        lone = ids.map(is_total).to_numpy(bool) | (named & alone) | none
        found = find_totals(amounts, may & ~over, ~over, lone)
        for number, last in spans.items():
            leaves = [row for row in range(number + 1, last) if row not in spans]
            here = np.nan_to_num(amounts[number])
            if here.any() and np.allclose(here, np.nansum(amounts[leaves], axis=0), rtol=1e-3, atol=1e-9):
                found[number] = "below"
        folds = grouped(source, amounts)
        found |= folds
        over |= np.isin(np.arange(len(ids)), list(folds))
        may |= over
        said = ids.map(lambda text: folded(text) in words()["averages"]).to_numpy(bool)
        for number in map(int, np.flatnonzero(may)):
            if number in found and (named[number] or none[number] or over[number]):
                sides[number] = found[number]
                continue
            formulas = any(isinstance(source.cells.iat[number, place], Uncached) for place in money)
            if formulas and np.isnan(amounts[number]).all() and is_total(ids.iloc[number]):
                sides[number] = "above"
                continue
            whole, empty = number in found, np.isnan(amounts[number]).all()
            if not (over[number] and not empty) and not (
                alone[number] and (whole or named[number] or said[number])
            ):
                continue
            who = next((text.iloc[number] for text in texts if not pd.isna(text.iloc[number])), "")
            what = (
                f"is the sum of the rows {found[number]} it"
                if whole
                else "is called like a total and is no sum"
            )
            text = f"The row has no text of its own and {what}: a total or a row?"
            if over[number]:
                text = "The row stands over the rows below it and has amounts that are not their sum: a total or a row?"
            fix = "Leave it out in the mapping (drop: {column: ..., matches: ..., reason: a total}), or fill it in."
            row = int(source.rows[number])
            self.findings.add("block", "total_or_row", text, fix, at=source, row=row, value=who)
        return sides

    @property
    def _told(self) -> dict[str, Any]:
        """What the settings of the mapping say about money."""
        said = {key: self.mapping.settings.get(key, "") for key in ("currency", "money_unit", "price_basis")}
        year = self.mapping.settings.get("price_base_year", "")
        return {**said, "price_base_year": int(year) if year.isdigit() else None}

    @property
    def _order(self) -> str:
        return self.mapping.settings.get("date_order", "")

    def _money(self, source: Body, spec: TableSource) -> list[tuple[int, str, str]]:
        """Columns of a sheet that hold money of a table: position, column of the table, header."""
        table, found = load_schema()[spec.table], []
        for name, one in spec.columns.items():
            if _counted(spec.table, table[name]):
                found += [(place, name, header) for header in one.headers for place in source.places(header)]
        if spec.unpivot is not None and _counted(spec.table, table[spec.unpivot.into]):
            turned = self._turned(source, spec)
            found += [(place, spec.unpivot.into, source.headers[place]) for place in turned]
        return found

    def _turned(self, source: Body, spec: TableSource) -> dict[int, str]:
        """Columns that become rows: position -> value of the name."""
        assert spec.unpivot is not None
        said = spec.unpivot.columns.items()
        places = {place: value for header, value in said for place in source.places(header)[:1]}
        for place, header in enumerate(source.headers if spec.unpivot.pattern else ()):
            if match := re.search(spec.unpivot.pattern, header):
                places[place] = match[1] if match.groups() else match[0]
        return places

    def _ids(self, source: Body, spec: TableSource) -> pd.Series:
        """Project of each row of a sheet, empty where none is said."""
        one = spec.columns.get("project_id")
        if one is None or not one.headers:
            return pd.Series([""] * len(source.rows), dtype="str")
        cells, _, _, _ = self._cells(source, one, load_schema()[spec.table]["project_id"], None)
        return clean_text(cells).str.replace(r"\s+", " ", regex=True).fillna("")

    # ---------------------------------------------------------------- cells

    def _cells(
        self, source: Body, one: ColumnSource, column: Column, findings: Findings | None
    ) -> tuple[pd.Series, pd.Series, np.ndarray, list[int]]:
        """Cells of one column, the reasons of those that are missing with one, their headers, and the positions."""
        places = [place for header in one.headers for place in source.places(header)[:1]]
        if not places:
            empty = pd.Series([None] * len(source.rows), dtype="str")
            return empty, empty, np.full(len(source.rows), column.name, dtype=object), []
        source.used.update(places)
        titles = [shown(source.headers[place]) for place in places]
        label = np.full(len(source.rows), titles[0], dtype=object)
        cells = source.cells.iloc[:, places[0]].reset_index(drop=True)
        text = clean_text(cells)
        if one.join:
            texts = [source.text(place) for place in places]
            text = texts[0].str.cat(texts[1:], sep=one.by) if len(texts) > 1 else text
            cells = text
        for place, title in () if one.join else zip(places[1:], titles[1:], strict=True):
            other = source.text(place)
            take = (text.isna() | self._empty(text, column)) & other.notna()
            cells = cells.astype(object).where(~take, source.cells.iloc[:, place].reset_index(drop=True))
            text, label[take.to_numpy()] = text.where(~take, other), title
        plain = not (one.join or one.values or one.pattern)
        known = {key.casefold(): value for key, value in one.values.items()}
        replaced = text.str.casefold().map(known).astype("str") if known else text.where(text.isna())
        missed = pd.Series(False, index=text.index)
        if one.pattern:
            found = text.str.extract(one.pattern if re.compile(one.pattern).groups else f"({one.pattern})")[0]
            missed = text.notna() & found.isna() & replaced.isna() & ~self._empty(text, column)
            again = found.str.casefold().map(known).astype("str") if known else found.where(found.isna())
            final = replaced.fillna(again).fillna(found)
        else:
            final = replaced.fillna(text)
        reason = text.where((missed | self._empty(text, column)) & replaced.isna())
        reason = reason.where(reason.str.contains(r"[^\W_]", regex=True, na=False))
        if one.reason:
            for place in source.places(one.reason)[:1]:
                source.used.add(place)
                reason = reason.mask(text.isna(), source.text(place))
        gone = final.isna() | ((missed | self._empty(text, column)) & replaced.isna())
        kept = (cells if plain else final).where(~gone)
        if one.default:
            reason = reason.where(~gone)
            kept = kept.astype(object).where(~gone, one.default)
            reason = reason.where(kept.isna())
        if findings is not None:
            message = f"The pattern of {column.name} fits no part of the cell; the value is missing."
            fix = "Change the pattern in the mapping, or mend the cell."
            for n in np.flatnonzero(missed):
                said: Any = {"row": int(source.rows[n]), "column": str(label[n]), "value": text.iloc[n]}
                findings.add("warn", "pattern_missed", message, fix, at=source, **said)
        return kept, reason, label, places

    def _empty(self, text: pd.Series, column: Column) -> pd.Series:
        """Cells that say that there is nothing: "TBC", "-", and words in the place of a number or a date."""
        empty = text.str.fullmatch(MISSING, na=False)
        if column.type in _IN_TYPE and self.mapping.doubtful != "refuse":
            empty |= text.notna() & ~text.str.contains(r"\d", regex=True, na=False)
        return empty

    def _part(self, source: Body, spec: TableSource) -> _Part:
        """Rows of one table from the rows of a sheet; rows without any value of their own are no rows."""
        table = load_schema()[spec.table]
        source = source.only(self._kept_by(source, spec, self.findings))
        size, ids = len(source.rows), self._ids(source, spec)
        frame, labels, units = pd.DataFrame(index=pd.RangeIndex(size)), {}, {}
        missing: dict[str, pd.Series] = {}
        filled: dict[str, np.ndarray] = {}
        for name, one in spec.columns.items():
            if one.value:
                frame[name] = pd.Series([one.value] * size, dtype="str")
                continue
            frame[name], missing[name], labels[name], _ = self._cells(source, one, table[name], self.findings)
            units[name] = np.full(size, one.unit, dtype=object)
            filled[name] = frame[name].notna().to_numpy()
        keys = [name for name in table.key if name != "project_id" and name in frame]
        item = frame[keys].astype("str").apply(lambda line: " ".join(line.dropna()), axis=1) if keys else ""
        for name, why in missing.items():
            self._note((spec.table, name), why, ids, source, item)
        if spec.unpivot is not None:
            return self._unpivoted(source, spec, frame, labels, units, ids)
        part = _Part(source, frame, source.rows, labels, units)
        if spec.table == "projects":
            return self._one_row_each(part, ids)
        values = [name for name in filled if name not in table.key]
        values = values or [name for name in filled if name != "project_id"]
        own = np.any([filled[name] for name in values], axis=0) if values else np.ones(size, dtype=bool)
        return part.only(own)

    def _kept_by(self, source: Body, spec: TableSource, findings: Findings) -> np.ndarray:
        """Rows of a sheet that one table takes."""
        tests = [_fits(source, test, self._ids(source, spec), findings, self._order) for test in spec.keep]
        return np.all([np.ones(len(source.rows), dtype=bool), *tests], axis=0)

    def _list_kept_by_none(self, sources: list[tuple[TableSource, Body]]) -> None:
        """List the rows whose amounts no table takes, because of its own filter."""
        for source in {id(source): source for _, source in sources}.values():
            mine = [spec for spec, body in sources if body is source and self._money(source, spec)]
            taken = [self._kept_by(source, spec, Findings()) for spec in mine]
            for number in np.flatnonzero(~np.any(taken, axis=0)) if mine else ():
                test = next(test for spec in mine for test in spec.keep)
                value, row = source.text(source.places(test.column)[0]).iloc[number], int(source.rows[number])
                text = f"The amounts of the row were ignored: {test.reason}."
                self.ignored += 1
                self.findings.add(
                    "info", "row_ignored", text, at=source, row=row, column=test.column, value=value
                )

    def _note(
        self, where: tuple[str, str], why: pd.Series, ids: pd.Series, source: Body, item: pd.Series | str
    ) -> None:
        """Keep the words of the source where a value of a table and column is missing."""
        for n in np.flatnonzero(why.notna()):
            what, who = item if isinstance(item, str) else str(item.iloc[n]), str(ids.iloc[n])
            row = int(source.rows[n])
            self.reasons.append(_Reason(where[0], who, where[1], what, str(why.iloc[n]), source.place, row))

    def _unpivoted(
        self, source: Body, spec: TableSource, frame: pd.DataFrame, labels: dict[str, np.ndarray],
        units: dict[str, np.ndarray], ids: pd.Series,
    ) -> _Part:  # fmt: skip
        """One row for each filled cell of the columns that become rows."""
        turn = spec.unpivot
        assert turn is not None
        column, size = load_schema()[spec.table][turn.into], len(source.rows)
        grid: list[tuple[np.ndarray, pd.DataFrame, str]] = []
        for place, value in self._turned(source, spec).items():
            name, one = source.headers[place], ColumnSource(column=(source.title(place),))
            cells, why, _, _ = self._cells(source, one, column, None)
            self._note((spec.table, turn.into), why, ids, source, value)
            self._doubt_turned(source, place, spec, column, cells, why)
            part = frame.assign(**{turn.name: value, turn.into: cells.astype(object)})
            grid.append((np.flatnonzero(cells.notna()), part, shown(name)))
        names = [*frame.columns, *(name for name in (turn.name, turn.into) if name not in frame)]
        grid = grid or [(np.zeros(0, dtype=int), frame.iloc[:0].reindex(columns=names), "")]
        long = pd.concat([part.iloc[rows] for rows, part, _ in grid])
        titles = np.concatenate([np.full(len(rows), name, dtype=object) for rows, _, name in grid])
        rows = np.concatenate([rows for rows, _, _ in grid])
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        labels = {name: one[rows] for name, one in labels.items()}
        labels |= dict.fromkeys((turn.into, turn.name), titles[order])
        units = {name: one[rows] for name, one in units.items()}
        units[turn.into] = np.full(size, turn.unit, dtype=object)[rows]
        return _Part(source, long.iloc[order].reset_index(drop=True), source.rows[rows], labels, units)

    def _doubt_turned(
        self, source: Body, place: int, spec: TableSource, column: Column, cells: pd.Series, why: pd.Series
    ) -> None:
        """A column that a pattern takes may stand for more than one year, or hold no amounts at all."""
        turn, name = spec.unpivot, source.headers[place]
        assert turn is not None
        at: dict[str, Any] = {"at": source, "column": shown(name)}
        dated = load_schema()[spec.table][turn.name].type in ("year", "period")
        if turn.pattern and dated and several_years(name):
            message = f'"{shown(name)}" holds later years too, and the pattern reads it as one.'
            fix = "Name the columns one by one (columns: {header: year}), or change the pattern."
            self.findings.add("block", "several_years_in_one", message, fix, **at)
        if _counted(spec.table, column) and why.notna().any() and not cells.notna().any():
            message = f'"{shown(name)}" holds words only, and no amount.'
            self.findings.add("warn", "column_without_numbers", message, "Is it a column of amounts?", **at)

    def _one_row_each(self, part: _Part, ids: pd.Series) -> _Part:
        """Projects that stand in several rows are one where the rows say the same; else a finding blocks."""
        key = ids.str.casefold()
        several = key.ne("") & key.duplicated(keep=False)
        if not several.any():
            return part
        first = ~key.duplicated() | key.eq("")
        frame = part.frame.copy()
        for name in frame.columns:
            text = clean_text(frame[name])
            for _, group in text[several].groupby(key[several], sort=False):
                said = group.dropna().drop_duplicates()
                if name != "project_id" and said.str.casefold().nunique() > 1:
                    place = int(said.index[1])
                    message = f"Project {ids.iloc[place]} is in {len(group)} rows, and {name} differs: "
                    message += f'"{shown(said.iloc[0])}", "{shown(said.iloc[1])}".'
                    fix = "Say in the mapping which row counts (keep: latest by COLUMN), or join two columns as key."
                    row, head = int(part.rows[place]), str(part.labels.get(name, [name])[0])
                    where: Any = {"row": row, "column": head, "project_id": ids.iloc[place]}
                    rule = "project_in_several_rows"
                    self.findings.add("block", rule, message, fix, at=part.source, **where)
                elif len(said) and pd.isna(text[group.index[0]]):
                    frame[name] = frame[name].astype(object)
                    frame.loc[group.index[0], name] = frame.loc[said.index[0], name]
        return replace(part, frame=frame).only(first.to_numpy())

    # ---------------------------------------------------------------- what becomes of doubt

    def settle(self, intakes: dict[str, Intake], trial: Findings) -> bool:
        """Blank the cells, or leave out the rows, that block; False when there is nothing more that can be done so.

        Parameters
        ----------
        intakes : dict
            The tables as they were read.
        trial : Findings
            What was found in them.
        """
        if self.found is None:
            self.found = self._sums(intakes)
        blocks = [one for one in trial.records() if one["severity"] == "block"]
        if not blocks or self.mapping.doubtful == "refuse" or any(one["position"] is None for one in blocks):
            return False
        if any(one["rule"] == "number_ambiguous" for one in blocks):  # the file is in doubt, not a cell of it
            return False
        out: dict[str, dict[int, dict[str, Any]]] = {}
        several: set[str] = set()
        for one in blocks:
            table, position, name = one["table"], one["position"], one["field"]
            if table not in self.sheets or table in ("settings", "exemptions", "sources", "left_out"):
                return False
            if one["rule"] == "duplicate_key" and self._repeats.get(table) != "refuse":
                several.add(table)
                continue
            row = (self._place(table, position), int(one["row"]))
            if one["rule"] == "duplicate_key":
                if row not in self._equal_rows:
                    return False
                one["message"] = "The same row is in the source twice."
            elif self.mapping.doubtful == "blank" and self._blank(intakes[table], position, name, one, row):
                continue
            out.setdefault(table, {})[position] = one
            if self.mapping.doubtful == "set_aside" and one["rule"] != "duplicate_key":
                for other in self.sheets:
                    raw = self.sheets[other][0]
                    for place in (
                        np.flatnonzero(raw.rows == row[1]) if other not in ("settings", "exemptions") else ()
                    ):
                        if self._place(other, int(place)) == row[0]:
                            out.setdefault(other, {}).setdefault(int(place), one)
        for table in several:
            self._merge(table, intakes[table])
        for table in out.keys() - several:  # what is to leave a merged table is found again
            self._leave_out(table, out[table], intakes)
        self._store()
        return True

    def _place(self, table: str, position: int) -> Place:
        raw = self.sheets[table][0]
        return raw.places[position] if raw.places is not None else (raw.file, raw.sheet)

    def _blank(
        self, intake: Intake, position: int, name: str, one: dict[str, Any], row: tuple[Place, int]
    ) -> bool:
        """Empty an optional cell and keep its words; False when the row cannot do without it."""
        table = intake.table.name
        raw, headers = self.sheets[table]
        assert headers is not None
        column = load_schema()[table].columns.get(name)
        mark = (table, hash(row[0]), position, name)
        if column is None or name not in headers or mark in self._blanked:
            return False
        fill: object = None
        if column.required and column.default is None:
            if table != "projects" or name == "project_id":
                return False
            fill = NOT_STATED if name == "area" else one["project_id"] or None
            if fill is None:
                return False
        self._blanked.add(mark)
        cells = raw.cells.astype({headers.index(name): object})
        cells.iat[position, headers.index(name)] = fill
        self.sheets[table] = replace(raw, cells=cells), headers
        words = f"{name} was left empty" if fill is None else f'{name} was set to "{fill}"'
        text = f"{words}: {one['message']}"
        where = {key: one[key] for key in ("file", "sheet", "row", "column", "value", "project_id")}
        self.findings.add("warn", "cell_left_empty", text, one["fix"], **where)
        if _counted(table, column):
            self._leave(intake, position, [name], one, one["project_id"], always=False)
        why = one["value"] or one["message"]
        why = f"{why} ({one['message']})" if one["rule"] in ("start_after_finish", "out_of_range") else why
        self.reasons.append(_Reason(table, one["project_id"], name, self._item(table, position), why, *row))
        return True

    def _item(self, table: str, position: int) -> str:
        """Which row of its project a row is: the other columns of the key."""
        raw, headers = self.sheets[table]
        assert headers is not None
        own = [key for key in load_schema()[table].key if key != "project_id"]
        keys = [headers.index(key) for key in own if key in headers]
        texts = [clean_text(raw.cells[key].iloc[[position]]).iloc[0] for key in keys]
        return " ".join(str(text) for text in texts if not pd.isna(text))

    def _leave_out(self, table: str, rows: dict[int, dict[str, Any]], intakes: dict[str, Intake]) -> None:
        """Take rows out of a table; their money and the reason are stored."""
        intake, (raw, headers) = intakes[table], self.sheets[table]
        assert headers is not None
        money = [column.name for column in intake.table if _counted(table, column) and column.name in headers]
        for position, one in rows.items():
            file, sheet = self._place(table, position)
            row = int(raw.rows[position])
            text = f"The row was set aside: {one['message']}"
            where = {key: one[key] for key in ("column", "value", "project_id")}
            self.findings.add("warn", "set_aside", text, one["fix"], file=file, sheet=sheet, row=row, **where)
            who = one["project_id"] or self._words(table, position)
            self._leave(intake, position, money, one, who, always=True)
        keep = np.ones(len(raw.rows), dtype=bool)
        keep[list(rows)] = False
        self.sheets[table] = _kept(raw, keep), headers

    def _leave(
        self, intake: Intake, position: int, money: list[str], one: dict[str, Any], who: str, *, always: bool
    ) -> None:
        """Store the amounts that are left out with a row or a cell; with `always` also that there were none."""
        table = intake.table.name
        file, sheet = self._place(table, position)
        line = {"file": file, "sheet": sheet, "row": int(self.sheets[table][0].rows[position])}
        line |= {"table": table, "project": who, "reason": one["message"]}
        amounts = {name: intake.frame[name].iloc[position] for name in money}
        said = [
            line | {"column": intake.header(name, position), "amount": float(amount)}
            for name, amount in amounts.items()
            if not pd.isna(amount)
        ]
        self.left += said or ([line | {"column": one["column"]}] if always else [])

    def _words(self, table: str, position: int) -> str:
        """What names a row without a project: its first text."""
        raw = self.sheets[table][0]
        for source in (self.sheets["projects"][0], raw) if "projects" in self.sheets else (raw,):
            where = np.flatnonzero(source.rows == raw.rows[position])
            for place in where[:1]:
                texts = [clean_text(source.cells[one].iloc[[place]]).iloc[0] for one in source.cells.columns]
                found = [text for text in texts if not pd.isna(text)]
                if found:
                    return str(found[0])
        return ""

    def _merge(self, table: str, intake: Intake) -> None:
        """Make one row of the rows with one key: equal ones are one, or their numbers are added up."""
        raw, headers = self.sheets[table]
        assert headers is not None
        keys = [name for name in intake.table.key if name in headers]
        texts = intake.frame[keys].astype("str").apply(lambda column: column.str.casefold())
        group = texts.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
        first = ~pd.Series(group).duplicated().to_numpy()
        cells = raw.cells.astype(object)
        numbers = [one.name for one in intake.table if one.type == "number" and one.name in headers]
        units = dict(raw.units or {})
        if self._repeats[table] == "sum":
            for name in numbers:
                sums = intake.frame[name].groupby(group).sum(min_count=1).to_numpy()[group]
                cells[headers.index(name)] = pd.Series(sums, index=cells.index).astype(object)
                units[name] = np.full(len(group), "", dtype=object)
        else:
            whole = pd.DataFrame({n: clean_text(cells[n]) for n in cells.columns}).assign(group=group)
            first = ~whole.duplicated().to_numpy()
            self._repeats[table] = "refuse"
        self.sheets[table] = _kept(replace(raw, cells=cells, units=units), first), headers

    # ---------------------------------------------------------------- what is stored

    def _sums(self, intakes: dict[str, Intake]) -> pd.DataFrame:
        """Money of each table by file, sheet and header, and the number of projects, as the tables are now."""
        lines: list[tuple[str, str, str, str, str, float]] = []
        for table in {spec.table: None for spec in self.mapping.tables}:
            intake = intakes.get(table)
            if intake is None:
                continue
            count = len(intake.frame)
            places = [self._place(table, number) for number in range(count)]
            if table == "projects":
                lines += [(table, "", *place, "", 1.0) for place in places]
            for column in intake.table:
                if _counted(table, column) and column.name in intake.raw:
                    amounts = intake.frame[column.name].fillna(0.0).tolist()
                    heads = [intake.header(column.name, number) for number in range(count)]
                    rows = zip(places, heads, amounts, strict=True)
                    lines += [(table, column.name, *place, head, amount) for place, head, amount in rows]
        keys = ["table", "field", "file", "sheet", "column"]
        frame = pd.DataFrame(lines, columns=[*keys, "sum"])
        return frame.groupby(keys, sort=False, as_index=False)["sum"].sum()

    def account(self, intakes: dict[str, Intake], findings: Findings) -> None:
        """Store what was found in the source and what of it is used; what does not add up blocks."""
        assert self.found is not None
        keys = ["table", "field", "file", "sheet", "column"]
        used, ends = self._sums(intakes), ("_found", "_used")
        both = self.found.merge(used, on=keys, how="outer", suffixes=ends, sort=False).fillna(0.0)
        left = pd.DataFrame(self.left, columns=["table", "column", "amount"])
        gone = left.groupby(["table", "column"])["amount"].sum()
        added = both["table"].map({spec.table: spec.repeats == "sum" for spec in self.mapping.tables}) & both[
            "field"
        ].ne("")
        for (table, name), group in both[both["field"] != ""].groupby(["table", "field"]):
            mine = left[(left["table"] == table) & left["column"].isin(group["column"])]["amount"].sum()
            found, used = group["sum_found"].sum(), group["sum_used"].sum()
            if abs(found - used - mine) > 1e-9 * max(1.0, abs(found)):
                text = f"The money of {table}.{name} does not add up: "
                text += f"{as_given(found)} in the source, {as_given(used)} used, {as_given(mine)} left out."
                fix = "Please report this file."
                findings.add("block", "money_not_accounted", text, fix, sheet=str(table))
        if added.any():  # the sum of several columns stands in the first of them
            out = gone.reindex(pd.MultiIndex.from_frame(both[["table", "column"]])).fillna(0.0).to_numpy()
            both["sum_used"] = both["sum_used"].where(~added, both["sum_found"] - out)
        accept = self.mapping.accept
        accepted = f"up to {as_given(100 * accept.up_to)} %, {accept.who}: {accept.why}" if accept else ""
        frame = pd.DataFrame(
            {
                "file": both["file"], "sheet": both["sheet"], "sha256": both["file"].map(self.hashes),
                "mapping": self.mapping.name,
                "table": both["table"], "column": both["column"], "found": both["sum_found"], "used": both["sum_used"],
                "accepted": accepted, "up_to": accept.up_to if accept else None,
            }
        )  # fmt: skip
        order = ["table", "file", "sheet", "column"]
        self._add("sources", frame.sort_values(order, kind="stable").reset_index(drop=True))
        self._store()

    def _store(self) -> None:
        """Bring the reasons of missing values and the rows that are left out into their tables."""
        projects = self.sheets.get("projects")
        known: set[str] = set()
        if projects is not None and projects[1] is not None and "project_id" in projects[1]:
            ids = clean_text(projects[0].cells[projects[1].index("project_id")])
            known = set(ids.str.replace(r"\s+", " ", regex=True).dropna())
        kept = [one for one in self.reasons if one.project_id in known]
        names = ["table", "project_id", "column", "item"]
        frame = pd.DataFrame(
            [(one.table, one.project_id, one.column, one.item or None, one.reason) for one in kept],
            columns=[*names, "reason"],
        )
        again = frame.duplicated(names).to_numpy()
        self.sheets.pop("exemptions", None)
        if len(frame):
            self._add("exemptions", frame[~again].reset_index(drop=True))
            raw, headers = self.sheets["exemptions"]
            mine = [one for one, twice in zip(kept, again, strict=True) if not twice]
            rows = np.array([one.row for one in mine], dtype=int)
            self.sheets["exemptions"] = replace(raw, rows=rows, places=[one.place for one in mine]), headers
        self.sheets.pop("left_out", None)
        if self.left:
            columns = [column.name for column in load_schema()["left_out"]]
            self._add("left_out", pd.DataFrame(self.left).reindex(columns=columns).astype(object))

    # ---------------------------------------------------------------- what was not read

    def _list_unused(self, source: Body) -> None:
        """List the columns that the mapping does not read: on purpose (info) or not (warn)."""
        own = (test for spec in self.mapping.tables for test in spec.keep)
        tests = [*self.mapping.keep, *self.mapping.drop, *own]
        used = source.used | {place for test in tests for place in source.places(test.column)}
        ignored = self.mapping.ignore.items()
        purpose = {place: why for header, why in ignored for place in source.places(header)}
        money = {place for spec in self.mapping.tables for place, _, _ in self._money(source, spec)}
        for place, header in enumerate(source.headers):
            cells = source.text(place).dropna() if place not in used else pd.Series(dtype="str")
            if not len(cells):
                continue
            reason = purpose.get(place)
            title = shown(header) or str(place + 1)
            left = f"not in the mapping; its {len(cells)} values were not read"
            kind = qualifies(header, Settings(**self._told), cells) if money else ""
            numbers = plain_numbers(cells).notna().mean() >= 0.5 and not _NO_AMOUNT.search(folded(header))
            beyond = (
                not header and numbers and place > min(money, default=len(source.headers))
            )  # cells of split amounts
            grave = (
                beyond
                or (bool(kind) and kind != "same")
                or (bool(money) and looks_like_amounts(header, cells))
            )
            guess = reason is not None and reason.startswith("?")
            taken = folded(header) in words()["taken"]
            changes = guess and (taken or kind not in ("", "same", "tax", "share"))
            later = guess and money and several_years(header) and plain_numbers(cells).fillna(0).ne(0).any()
            if later:
                total = as_given(float(plain_numbers(cells, own=True).sum()))
                text = f'"{title}" holds amounts of several years ({total} in all), and none of them is read.'
                how, rule = "block", "several_years_in_one"
                fix = "Name a year for them in the mapping (columns: {header: year}), or write why they are left out."
            elif reason and not changes:
                how, fix = "warn" if guess and numbers else "info", ""
                rule, text = "column_ignored", f'The column "{title}" was left out: {reason}.'
            else:
                how, fix = "block" if grave else "warn", "Map it, or list it under ignore with the reason."
                rule, text = "column_not_mapped", f'The column "{title}" is {left}.'
            value = f"{len(cells)} values: {', '.join(pd.unique(cells)[:5])}"
            self.findings.add(how, rule, text, fix, at=source, column=title, value=value)

    def _list_sheets(self, raws: list[RawSheet], read: list[Body]) -> None:
        """List the sheets that no table of the mapping reads."""
        places = {source.place for source in read}
        for raw in raws:
            if (raw.file, raw.sheet) not in places:
                text = (
                    f'The mapping reads nothing from "{raw.title}"; its {len(raw.cells)} lines were not read.'
                )
                shares = (plain_numbers(raw.cells[place]).notna().mean() for place in raw.cells)
                amounts = len(raw.cells) > 3 and any(share >= 0.5 for share in shares)
                severity = "warn" if amounts or table_of_sheet(raw.title, load_schema()) else "info"
                self.findings.add(severity, "sheet_not_used", text, at=raw)


_NO_AMOUNT = re.compile(one_of("not_amount"))


def _counted(table: str, column: Column) -> bool:
    """Money that is accounted for; baselines hold money beside months and shares."""
    return column.is_money or (table == "baselines" and column.type == "number")


def _near(header: str, headers: list[str]) -> str:
    """The header of the source that was most likely meant."""
    plain = {folded(one): one for one in headers if one}
    begin = [one for text, one in plain.items() if folded(header) in text or text in folded(header)]
    close = difflib.get_close_matches(folded(header), plain, n=1, cutoff=0.6)
    return shown(begin[0] if begin else plain[close[0]] if close else "")


def _fits(source: Body, test: RowFilter, ids: pd.Series, findings: Findings, order: str = "") -> np.ndarray:
    """Rows that a filter describes."""
    places = source.places(test.column)
    if len(places) != 1:
        return np.ones(len(source.rows), dtype=bool)
    text = source.text(places[0])
    if test.latest:
        return _latest(source, places[0], ids, findings, order)
    if test.equals:
        there = set(text.dropna().str.casefold())
        for lost in (one for one in test.equals if one.casefold() not in there):
            near = near_words(lost, set(text.dropna()))
            message = f'No row has "{lost}" in {source.headers[places[0]]}.{near}'
            said: Any = {"at": source, "column": test.column, "value": lost}
            bad = "block" if near else "warn"
            findings.add(bad, "filter_finds_nothing", message, "Correct the mapping.", **said)
        return text.str.casefold().isin([one.casefold() for one in test.equals]).to_numpy(dtype=bool)
    if test.matches:
        return text.str.contains(test.matches, regex=True, na=False).to_numpy(dtype=bool)
    return (text.isna() if test.empty else text.notna()).to_numpy(dtype=bool)


def _latest(source: Body, place: int, ids: pd.Series, findings: Findings, order: str) -> np.ndarray:
    """Rows with the last date, period or number of their project; what can be read two ways must give one answer."""
    cells, text = source.cells.iloc[:, place].reset_index(drop=True), source.text(place)
    day, month = order_evidence(text)
    said = {"day_first": [False], "month_first": [True]}.get(
        order, [month] if day != month else [False, True]
    )
    periods = parse_period(cells, _AS_PERIOD).values
    ways = [
        periods.where(periods.notna()),
        *(parse_date(cells, _AS_DATE, month_first=one).values for one in said),
    ]
    ways.append(pd.to_numeric(text, errors="coerce"))
    whole = [one for one in ways if one.notna().sum() == text.notna().sum()]
    picked = []
    for way in whole[: 1 if whole and whole[0] is ways[0] else len(said)]:
        rank = way.rank(method="dense").fillna(0.0)
        picked.append(rank.eq(rank.groupby(ids.str.casefold()).transform("max")).to_numpy(dtype=bool))
    if picked and all((one == picked[0]).all() for one in picked):
        return picked[0]
    header = source.headers[place]
    message = f'"latest by {header}" needs dates, periods or numbers in all filled cells.'
    fix = "Mend the cells, or name another column."
    if picked:
        message = (
            f"The dates in {header} can be read day first or month first, and the last ones are not the same."
        )
        fix = "Set date_order to day_first or month_first in the settings of the mapping."
    findings.add("block", "filter_not_read", message, fix, at=source, column=header)
    return np.ones(len(text), dtype=bool)


def _kept(raw: RawSheet, keep: np.ndarray) -> RawSheet:
    """Some rows of a mapped table."""
    return replace(
        raw,
        cells=raw.cells[keep].reset_index(drop=True),
        rows=raw.rows[keep],
        labels=[one[keep] if isinstance(one, np.ndarray) else one for one in raw.labels or []],
        units={name: one[keep] for name, one in (raw.units or {}).items()},
        places=[place for place, one in zip(raw.places, keep, strict=True) if one]
        if raw.places is not None
        else None,
    )


def _as_sheet(table: str, parts: list[_Part]) -> tuple[RawSheet, list[str]]:
    """Rows of a table as a sheet with known headers; row numbers, headers and places are those of the source."""
    headers = list(dict.fromkeys(name for part in parts for name in part.frame.columns))
    cells = pd.concat([part.frame.reindex(columns=headers) for part in parts], ignore_index=True)
    cells = cells.set_axis(range(len(headers)), axis=1)

    def every(name: str, kind: str, empty: str) -> np.ndarray:
        some = [getattr(part, kind).get(name, np.full(len(part.rows), empty, dtype=object)) for part in parts]
        return np.concatenate(some)

    first = parts[0].source.raw
    return RawSheet(
        first.file,
        first.sheet,
        table,
        cells,
        np.concatenate([part.rows for part in parts]),
        epoch_1904=first.epoch_1904,
        labels=[every(name, "labels", name) for name in headers],
        units={name: every(name, "units", "") for name in headers},
        places=[part.source.place for part in parts for _ in part.rows],
        around=tuple(line for part in parts for line in part.source.around),
        semicolon=all(part.source.raw.semicolon for part in parts),
    ), headers
