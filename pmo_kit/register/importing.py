"""Sources read through a mapping: every row and amount ends up in a table, or is stored with the reason."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatch
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.facts import as_given
from pmo_kit.register import values
from pmo_kit.register.findings import Finding, Findings, Intake
from pmo_kit.register.layout import Heading, dated, find_heading, long_form, several_years, table_of_sheet
from pmo_kit.register.mapping import ColumnSource, Mapping, RowFilter, TableSource
from pmo_kit.register.rows import Look, rows_apart, tell
from pmo_kit.register.schema import Column, load_schema
from pmo_kit.register.settings import read_settings, settings_frame, stated_settings
from pmo_kit.register.shaping import amounts_in_words, booked_sides, looks_like_amounts, looks_like_numbers, qualifies
from pmo_kit.register.sheets import Body, RawSheet, body_of_frame

NOT_STATED, NOT_READ, MAY_ADD = "not stated", "amounts, not read", "? sum"
_IN_TYPE = ("number", "date", "year", "period")
_MONEY = ["table", "field", "file", "sheet", "column"]
_NUMBER_AND_WORD = re.compile(r"(?<![\d.,])([-−]?\d(?:(?:[.,'’]|\s(?=\d{3}(?!\d)))?\d)*)(\s?[^\W\d_]*)")


def _wanted(specs: list[TableSource], heading: Heading) -> int:
    """How many of the columns that are asked for a header row has."""
    source = heading.body
    asked = {header for spec in specs for _, one in spec.reads for header in one.headers}
    patterns = {spec.unpivot.pattern for spec in specs if spec.unpivot and spec.unpivot.pattern}
    found = sum(bool(source.find(header)) for header in asked)
    return found + sum(any(re.search(one, header) for header in source.headers) for one in patterns)


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
    file : str
        Name of the file of the mapping.
    """

    def __init__(
        self, raws: list[RawSheet], mapping: Mapping, findings: Findings, hashes: dict[str, str], file: str
    ) -> None:
        self.mapping, self.findings, self.hashes, self.file = mapping, findings, hashes, file
        self.reasons: list[tuple[Any, ...]] = []
        self.left: list[dict[str, Any]] = [{"table": name, "reason": why} for name, why in mapping.absent.items()]
        self.found: pd.DataFrame | None = None
        self._equal_rows: set[tuple[str, str, int]] = set()
        self._blanked: set[tuple[Any, ...]] = set()
        self._added = {spec.table for spec in mapping.tables if spec.repeats.endswith("sum")}
        stated, own = stated_settings(raws), mapping.settings
        bodies = [body_of_frame("settings", settings_frame(one), "settings") for one in (stated | own, own | stated)]
        self._settings, other = (read_settings(one, Findings(), name="")[0] for one in bodies)
        for key in [one for one in stated if one in own and vars(self._settings).get(one) != vars(other).get(one)]:
            findings.tell("setting_contradicted", key=key, own=own[key], other=stated[key])
        raw = replace(bodies[0].raw, file="" if stated else file)
        self._own = {"settings": replace(bodies[0], raw=raw)}
        self._sources = self._find_sources(raws)
        self._kept = {id(spec): self._kept_by(source, spec) for spec, source in self._sources}
        self._list_slips()
        self._list_kept_by_none()
        self._list_added()
        parts: dict[str, list[pd.DataFrame]] = {}
        for spec, source in self._sources:
            parts.setdefault(spec.table, []).append(self._rows_of(source, spec))
        self.tables = {table: pd.concat(some, ignore_index=True) for table, some in parts.items()}
        if "projects" in self.tables and ("cell", "project_id") in self.tables["projects"]:
            self.tables["projects"] = self._one_row_each(self.tables["projects"])
        for table in dict.fromkeys(spec.table for spec in mapping.tables if spec.repeats == "same"):
            self.tables[table] = self._equal_once(table, self.tables[table])
        for source in {id(source): source for _, source in self._sources}.values():
            self._list_unused(source)
        self._list_sheets(raws)
        self._store()

    @property
    def bodies(self) -> dict[str, Body]:
        """The tables with known headers; rows, headers and places are those of the source."""
        found: dict[str, Body] = {}
        for table, frame in self.tables.items():
            sources = [source for spec, source in self._sources if spec.table == table]
            cells = frame["cell"] if "cell" in frame else frame.iloc[:, :0]
            label, unit = (frame[kind] if kind in frame else frame.iloc[:, :0] for kind in ("label", "unit"))
            body, nothing = body_of_frame(table, cells), pd.Series(None, index=frame.index, dtype=object)
            marks = {source.raw.separator for source in sources}
            files, sheets = (", ".join(dict.fromkeys(names)) for names in zip(*map(Body.place, sources), strict=True))
            raw = replace(sources[0].raw, file=files, sheet=sheets, separator=marks.pop() if len(marks) == 1 else "")
            found[table] = replace(
                body, raw=raw, rows=frame["at", "row"].to_numpy(),
                labels=[label.get(name, nothing).fillna(name).to_numpy(object) for name in body.headers],
                units={name: unit.get(name, nothing).fillna("").to_numpy(object) for name in body.headers},
                places=list(frame["at"][["file", "sheet"]].itertuples(index=False, name=None)),
                around=tuple(line for source in sources for line in source.around),
            )  # fmt: skip
        return found | self._own

    def _find_sources(self, raws: list[RawSheet]) -> list[tuple[TableSource, Body]]:
        """For each block of the mapping the sheet that it means, below the header row that fits best."""
        findings = self.findings
        groups: dict[tuple[str, str], list[TableSource]] = {}
        for spec in self.mapping.tables:
            groups.setdefault((spec.file, spec.sheet or self.mapping.sheet), []).append(spec)
        found: dict[int, Body] = {}
        for (file, sheet), specs in groups.items():
            named = [raw for raw in raws if not sheet or values.folded(raw.title) == values.folded(sheet)]
            named = [raw for raw in named if not file or fnmatch(raw.file.casefold(), file.casefold())]
            if not named:
                what, name = ("lacks" if sheet or file else "empty"), f"sheet {sheet}" if sheet else f"file {file}"
                near = values.near_words(sheet or file, [raw.title if sheet else raw.file for raw in raws])
                raise findings.refused(f"source_not_read {what}", name=name, near=near)
            best = find_heading(named, partial(_wanted, specs))
            if best is None:
                raise findings.refused("source_not_read headers")
            if not any(best.raw is raw for raw in named):
                findings.tell("transposed_layout", "info", at=best.raw)
            source = best.rows(findings)
            for where, one in [(f"{spec.table}.{name}", one) for spec in specs for name, one in spec.reads]:
                there = [header for header in one.headers if source.find(header)]
                needed = one.headers if one.join else there or one.headers[:1]
                for header in filter(None, (*needed, one.reason)):
                    self._one(source, header, where)
            for test in self._tests(specs):
                self._one(source, test.column, "a filter")
            source = self._filtered(source, specs)
            found |= {id(spec): source for spec in specs}
        found = self._without_copies(found)
        return [(spec, found[id(spec)]) for spec in self.mapping.tables]

    def _tests(self, specs: Iterable[TableSource]) -> list[RowFilter]:
        """The filters of the mapping, and those of some of its blocks."""
        return [*self.mapping.keep, *self.mapping.drop, *(test for spec in specs for test in spec.keep)]

    def _one(self, source: Body, header: str, where: str) -> None:
        """A header is there once; none or several of them is a finding that blocks."""
        found = len(source.find(header))
        near = "" if found else _near(header, source.headers)
        what = f"mapped_column_missing {'several' if found else 'near' if near else 'none'}"
        if found != 1:
            self.findings.tell(what, at=source, column=header, where=where, count=found, near=near)

    # ---------------------------------------------------------------- rows

    def _filtered(self, source: Body, specs: list[TableSource]) -> Body:
        """Leave out the rows that a filter names, and those that are none of the table: each is listed."""
        main = next((spec for spec in specs if spec.table == "projects"), specs[0])
        gone = np.zeros(len(source.rows), bool)
        first = pd.concat([source.text(place) for place in source.cells], axis=1).bfill(axis=1).iloc[:, 0]
        ids = self._ids(source, main) if "project_id" in load_schema()[main.table] else first.fillna("")
        for wanted, tests in ((False, self.mapping.keep), (True, self.mapping.drop)):
            for test in tests:
                out = (self._fits(source, test, ids) == wanted) & ~gone
                what, why = f"row_ignored{' guess' * test.reason.startswith('?')}", test.reason.lstrip("? ")
                self.findings.tell_lines(what, source, out, why=why, column=test.column, values=first)
                gone |= out
        money = sorted({place for spec in specs for place in self._money(source, spec)})
        years = [place for spec in specs for name in ("year", "period") for place in self._places(source, spec, name)]
        apart = rows_apart(source, Look(money, ids, years), gone)
        left = source.only(tell(source, apart, self.findings) & ~gone)
        whole = pd.DataFrame({place: left.text(place) for place in range(left.cells.shape[1])})
        self._equal_rows |= {(*left.place(), int(row)) for row in left.rows[whole.duplicated().to_numpy()]}
        return left

    def _money(self, source: Body, spec: TableSource) -> list[int]:
        """Positions of the columns of a sheet that hold money of a table."""
        counted = [one.name for one in load_schema()[spec.table] if _counted(one, spec.table)]
        found = [place for name in counted for place in self._places(source, spec, name)]
        turned = spec.unpivot is not None and spec.unpivot.into in counted
        return [*found, *(self._turned(source, spec) if turned else ())]

    def _places(self, source: Body, spec: TableSource, name: str) -> list[int]:
        """Positions of what fills a column of a table."""
        heads = spec.columns[name].headers if name in spec.columns else ()
        return [place for header in heads for place in source.find(header)]

    def _turned(self, source: Body, spec: TableSource) -> dict[int, str]:
        """Columns that become rows: position -> value of the name."""
        assert spec.unpivot is not None
        places = {place: value for header, value in spec.unpivot.columns.items() for place in source.find(header)[:1]}
        for place, header in enumerate(source.headers if spec.unpivot.pattern else ()):
            if match := re.search(spec.unpivot.pattern, header):
                places[place] = match[1] if match.groups() else match[0]
        return places

    def _ids(self, source: Body, spec: TableSource) -> pd.Series:
        """Project of each row of a sheet, empty where none is said."""
        one = spec.columns.get("project_id")
        if one is None or not one.headers:
            return pd.Series([""] * len(source.rows), dtype="str")
        cells, _, _ = self._cells(source, one, load_schema()[spec.table]["project_id"])
        return values.clean_text(cells).str.replace(r"\s+", " ", regex=True).fillna("")

    # ---------------------------------------------------------------- cells

    def _cells(
        self, source: Body, one: ColumnSource, column: Column, *, aloud: bool = False
    ) -> tuple[pd.Series, pd.Series, np.ndarray]:
        """Cells of one column, the reasons of those that are missing with one, and their headers."""
        places = [place for header in one.headers for place in source.find(header)[:1]]
        if not places:
            empty = pd.Series([None] * len(source.rows), dtype="str")
            return empty, empty, np.full(len(source.rows), column.name, dtype=object)
        source.used.update(places)
        titles, texts = [values.shown(source.headers[place]) for place in places], list(map(source.text, places))
        columns = [source.cells.iloc[:, place].reset_index(drop=True) for place in places]
        label, cells, text = np.full(len(source.rows), titles[0], dtype=object), columns[0], texts[0]
        if one.join:
            cells = text = text.str.cat(texts[1:], sep=one.by) if len(texts) > 1 else text
        for own, title, other in () if one.join else zip(columns[1:], titles[1:], texts[1:], strict=True):
            take = (text.isna() | self._empty(text, column)) & other.notna()
            lost = other.notna() & ~take & ~self._empty(other, column)
            counts = aloud and column.type == "number"
            if counts and (lost & values.plain_numbers(other).ne(values.plain_numbers(text))).any():
                first, name = source.title(places[0]), source.title(places[titles.index(title, 1)])
                self.findings.tell("column_not_mapped second", name=name, first=first, at=source, column=title)
                self.left.append(self._place_of(source) | {"column": name, "reason": "another column is filled"})
            cells, text = cells.astype(object).where(~take, own), text.where(~take, other)
            label[take.to_numpy()] = title
        known = {key.casefold(): value for key, value in one.values.items()}
        pattern = one.pattern if re.compile(one.pattern).groups else f"({one.pattern})"
        part = text.str.extract(pattern)[0] if one.pattern else text
        none = text.where(text.isna())
        whole, inside = (some.str.casefold().map(known).astype("str") if known else none for some in (text, part))
        empty = self._empty(text, column) & whole.isna()
        missed = text.notna() & part.isna() & whole.isna() & ~empty
        odd = {"pattern_missed": missed} if aloud and one.pattern else {}
        if odd and column.type == "number":
            odd["pattern_missed cuts"] = whole.isna() & _cuts(part, text)
        for what, rows in odd.items():
            self.findings.tell_lines(what, source, rows.to_numpy(), name=column.name, column=label, values=text)
        final = whole.fillna(inside).fillna(part)
        reason = text.where(missed | empty)
        reason = reason.where(reason.str.contains(r"[^\W_]", regex=True, na=False))
        for place in source.find(one.reason)[:1] if one.reason else ():
            source.used.add(place)
            reason = reason.mask(text.isna(), source.text(place))
        gone = final.isna() | missed | empty
        if one.values or one.pattern:  # a cell that the mapping does not change keeps its unit and its percent sign
            cells = final.astype(object).where(final.ne(text), cells)
        kept = cells.where(~gone)
        if one.default:
            kept, reason = kept.astype(object).where(~gone, one.default), text.where(text.isna())
        if one.minus:
            kept = kept.astype(object).map(values.taken_off, na_action="ignore")
        if column.high == 1:  # what the mapping writes is a share
            said = zip(whole.notna() | inside.notna() | gone, kept, strict=True)
            kept = pd.Series([values.as_share(cell) if mine else cell for mine, cell in said], dtype=object)
        return kept, reason, label

    def _place_of(self, source: Body) -> dict[str, Any]:
        """Where a column of a sheet stands that is left out."""
        table = next(spec.table for spec, body in self._sources if body.place() == source.place())
        file, sheet = source.place()
        return {"table": table, "file": file, "sheet": sheet}

    def _empty(self, text: pd.Series, column: Column) -> pd.Series:
        """Cells that say that there is nothing: "TBC", "-", and words in the place of a number or a date."""
        empty = text.str.fullmatch(values.MISSING, na=False)
        if column.type in _IN_TYPE and self.mapping.doubtful != "refuse":
            lost = r"\d|^[#=]|^\W+$"  # #REF!, =Budget*Rate, ***
            empty |= text.notna() & ~text.str.contains(lost, regex=True, na=False)
        return empty

    def _rows_of(self, source: Body, spec: TableSource) -> pd.DataFrame:
        """Rows of one table from the rows of a sheet; rows without any value of their own are no rows."""
        table = load_schema()[spec.table]
        source = source.only(self._kept[id(spec)])
        size, ids = len(source.rows), self._ids(source, spec)
        cells, labels, units, missing = (dict[str, Any]() for _ in range(4))
        for name, one in spec.columns.items():
            if one.value:
                cells[name] = pd.Series([one.value] * size, dtype="str")
                continue
            cells[name], missing[name], labels[name] = self._cells(source, one, table[name], aloud=True)
            units[name] = np.full(size, one.unit, dtype=object)
        keys = [cells[name].astype("str").fillna("") for name in table.key if name != "project_id" and name in cells]
        item = pd.Series([" ".join(filter(None, line)) for line in zip(*keys, strict=True)], dtype="str")
        for name, why in missing.items():
            self._note(spec.table, name, why, ids, source, item if keys else "")
        file, sheet = source.place()
        at = {"row": source.rows, "file": file, "sheet": sheet}
        kinds = {"cell": cells, "label": labels, "unit": units, "at": at}  # each value with its header, unit and place
        part = pd.concat({kind: pd.DataFrame(some, index=range(size)) for kind, some in kinds.items()}, axis=1)
        if spec.unpivot is not None:
            return self._unpivoted(source, spec, part, ids)
        if spec.table == "projects":
            return part
        asked = [name for name in missing if name not in table.key]
        asked = asked or [name for name in missing if name != "project_id"]
        own = np.any([cells[name].notna() for name in asked], axis=0) if asked else np.ones(size, dtype=bool)
        return part[own]

    def _kept_by(self, source: Body, spec: TableSource) -> np.ndarray:
        """Rows of a sheet that one table takes."""
        ids = self._ids(source, spec) if spec.keep else pd.Series(dtype="str")
        tests = [self._fits(source, test, ids) for test in spec.keep]
        return np.all([np.ones(len(source.rows), dtype=bool), *tests], axis=0)

    def _list_kept_by_none(self) -> None:
        """List the rows whose amounts no table takes, because of its own filter."""
        for source in {id(source): source for _, source in self._sources}.values():
            mine = [spec for spec, body in self._sources if body is source and self._money(source, spec)]
            none = ~np.any([self._kept[id(spec)] for spec in mine], axis=0)
            for one in [one for spec in mine for one in spec.keep][:1]:
                text = source.text(source.find(one.column)[0]) if none.any() else pd.Series(dtype="str")
                what = f"row_ignored {'guess' if one.reason.startswith('?') else 'amounts'}"
                why = one.reason.lstrip("? ")
                self.findings.tell_lines(what, source, none, why=why, column=one.column, values=text)

    def _list_slips(self) -> None:
        """What a mapping says and cannot be: constants, years that are not those of a header, one column twice."""
        tell = partial(self.findings.tell, file=self.file)
        read: dict[tuple[int, int], np.ndarray] = {}
        for spec, source in self._sources:
            table, turn = load_schema()[spec.table], spec.unpivot
            for name, one in spec.columns.items():
                said = {one.value, one.default, *one.values.values()} - {""} if name != "project_id" else set[str]()
                for text in sorted(text for text in said if not values.readable(text, table[name])):
                    tell("mapping_not_read constant", table=spec.table, column=name, value=text)
            years = turn.columns if turn is not None and turn.name == "year" else {}
            if (year := spec.columns.get("year")) is not None and year.value:
                years = {source.headers[place]: year.value for place in self._money(source, spec)}
            for header, text in years.items():
                own = {value for value, _ in dated(header, first_month=self._settings.fiscal_year_start)}
                own |= set(re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", header)) if own else set()
                own -= {str(values.stated_prices(header)[1])}
                if own and str(values.read_year(text)) not in own:
                    tell("year_contradicted", own=min(own), column=header, value=text)
            keep = self._kept[id(spec)]
            for place in self._money(source, spec) if spec.table != "baselines" else ():
                before = read.get((id(source), place), np.zeros(len(keep), bool))
                if (keep & before).any():
                    tell("mapping_not_read twice", name=source.title(place), column=source.headers[place])
                read[id(source), place] = keep | before

    def _list_added(self) -> None:
        """List the columns of a table, and of one value where they become rows, that are added up by a guess."""
        found: dict[tuple[str, ...], dict[str, float]] = {}
        for spec, source in [one for one in self._sources if one[0].repeats == MAY_ADD]:
            turned, kept = self._turned(source, spec) if spec.unpivot else {}, self._kept[id(spec)]
            for place in self._money(source, spec):
                sums = found.setdefault((spec.table, *source.place(), turned.get(place, "")), {})
                sums[source.title(place)] = values.plain_numbers(source.cells[place], own=True)[kept].sum()
        for (table, file, sheet, _), sums in found.items():
            if len(sums) > 1:
                where: Any = {"table": table, "file": file, "sheet": sheet, "column": ", ".join(sums)}
                self.findings.tell("columns_added_up", total=as_given(sum(sums.values())), **where)

    def _note(
        self, table: str, column: str, why: pd.Series, ids: pd.Series, source: Body, item: pd.Series | str
    ) -> None:
        """Keep the words of the source where a value of a table and column is missing."""
        for n in np.flatnonzero(why.notna()):
            what, at = item if isinstance(item, str) else item.iloc[n], (*source.place(), int(source.rows[n]))
            self.reasons.append((table, ids.iloc[n], column, what or None, why.iloc[n], *at))

    def _unpivoted(self, source: Body, spec: TableSource, part: pd.DataFrame, ids: pd.Series) -> pd.DataFrame:
        """One row for each filled cell of the columns that become rows."""
        turn = spec.unpivot
        assert turn is not None
        column, said = load_schema()[spec.table][turn.into], self._turned(source, spec)
        found = list[pd.Series]()
        years = load_schema()[spec.table][turn.name].type in ("year", "period")
        for place, value in said.items():
            cells, why, _ = self._cells(source, ColumnSource(column=(source.title(place),)), column)
            self._note(spec.table, turn.into, why, ids, source, value)
            name = values.shown(source.headers[place])
            if turn.pattern and years and several_years(source.headers[place]):
                self.findings.tell("several_years_in_one pattern", at=source, column=name)
            if _counted(column, spec.table) and why.notna().any() and not cells.notna().any():
                self.findings.tell("column_without_numbers", at=source, column=name)
            found.append(cells)
        line, at, filled = long_form(found)
        long, heads = part.iloc[line].reset_index(drop=True), [values.shown(source.headers[place]) for place in said]
        long["cell", turn.name] = pd.Series(np.array([*said.values(), ""], dtype=object)[at], dtype="str")
        long["cell", turn.into] = filled
        long["label", turn.into] = long["label", turn.name] = np.array([*heads, ""], dtype=object)[at]
        long["unit", turn.into] = turn.unit
        return long

    def _one_row_each(self, part: pd.DataFrame) -> pd.DataFrame:
        """Projects that stand in several rows are one where the rows say the same; else a finding blocks."""
        ids = values.clean_text(part["cell", "project_id"]).str.replace(r"\s+", " ", regex=True).fillna("")
        key = ids.str.casefold()
        several = key.ne("") & key.duplicated(keep=False)
        part = part.copy() if several.any() else part
        for name in part["cell"].columns if several.any() else ():
            cells = part["cell", name].astype(object)
            text = values.clean_text(cells)
            for who, said in text[several].dropna().groupby(key[several], sort=False):
                other = said[said.str.casefold().ne(said.iloc[0].casefold())]
                if name != "project_id" and len(other):
                    lines = (said.index[0], other.index[0])
                    words_ = " and ".join(f'"{values.shown(said[n])}" in {_place(**part.loc[n, "at"])}' for n in lines)
                    label, at = part.loc[lines[1]].get(("label", name)), part.loc[lines[1], "at"]
                    where = {**at, "column": name if pd.isna(label) else str(label), "project_id": ids[lines[1]]}
                    twice = {"project": ids[lines[1]], "count": (key == who).sum(), "name": name, "where": words_}
                    self.findings.tell("project_in_several_rows", **twice, **where)
            first = cells.where(text.notna()).groupby(key).transform("first")
            part["cell", name] = cells.where(~several, first)
        return part[~key.duplicated().to_numpy() | key.eq("").to_numpy()].reset_index(drop=True)

    def _equal_once(self, table: str, part: pd.DataFrame) -> pd.DataFrame:
        """Rows that say the same, in the same units, are one."""
        said = {key: values.clean_text(cells) for key, cells in part.items() if key[0] in ("cell", "unit")}
        again = pd.DataFrame(said).duplicated()
        if again.any():
            self.findings.tell("equal_rows", table=table, count=again.sum(), sheet=table)
        return part[~again].reset_index(drop=True)

    def _without_copies(self, found: dict[int, Body]) -> dict[int, Body]:
        """Rows of projects that stand in another sheet, too, and say the same there, are read once."""
        bodies = {id(body): body for body in found.values()}
        seen: dict[Any, tuple[Body, int]] = {}
        for key, body in bodies.items():
            specs = [spec for spec in self.mapping.tables if found[id(spec)] is body]
            flat = all(spec.table in ("projects", "baselines") or spec.unpivot for spec in specs)
            if not flat or all(spec.table != "projects" for spec in specs):
                continue
            same = {(spec.table, name, one.value) for spec in specs for name, one in spec.columns.items() if one.value}
            heads, copies = list(map(values.folded, body.headers)), np.zeros(len(body.rows), bool)
            for number, cells in enumerate(zip(*map(body.text, range(len(heads))), strict=True)):
                line = frozenset(one for one in zip(heads, cells, strict=True) if isinstance(one[1], str)) | same
                other, row = seen.setdefault(line, (body, int(body.rows[number])))
                if other is not body:
                    copies[number], there = True, _place(*other.place(), row)
                    here = {"at": body, "row": int(body.rows[number]), "value": cells[0]}
                    self.findings.tell("row_in_two_sheets", where=there, **here)
            bodies[key] = body.only(~copies) if copies.any() else body
        return {spec: bodies[id(body)] for spec, body in found.items()}

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
        blocks = [one for one in trial.found if one.severity == "block"]
        whole = any(one.position is None or one.of_whole for one in blocks)
        if not blocks or whole or self.mapping.doubtful == "refuse":
            twice = [one for one in blocks if one.rule == "duplicate_key" and one.table in self._added]
            for one in twice if len(twice) < len(blocks) else ():
                one.severity = "info"  # they are added up as soon as the rest can be read
            return False
        out: dict[str, dict[int, Finding]] = {}
        several = dict.fromkeys(one.table for one in blocks if one.rule == "duplicate_key")
        added = [table for table in several if table in self._added]
        for one in blocks:
            table, position, again = one.table, one.position or 0, one.rule == "duplicate_key"
            if table not in self.tables:
                return False
            if table in added and (again or one.rule == "out_of_range"):  # what is taken off counts in the sum
                continue
            at = self._at(table, position)
            if again:
                if at not in self._equal_rows:
                    return False
                one = replace(one, message="The same row is in the source twice.")
            elif self.mapping.doubtful == "blank" and self._blank(intakes[table], position, one):
                continue
            out.setdefault(table, {})[position] = one
            if self.mapping.doubtful == "set_aside" and not again:
                for other, frame in self.tables.items():
                    for place in map(int, np.flatnonzero(frame["at", "row"] == at[2])):
                        if self._at(other, place) == at:
                            out.setdefault(other, {}).setdefault(place, one)
        for table in [one for one in added if one not in out]:  # what cannot be added up is left out before
            self._merge(table, intakes[table])
        for table, rows in out.items():
            self._leave_out(intakes[table], rows)
        for table, rows in out.items():
            self.tables[table] = self.tables[table].drop(index=list(rows)).reset_index(drop=True)
        self._store()
        return True

    def _at(self, table: str, position: int) -> tuple[str, str, int]:
        """File, sheet and row of a row."""
        file, sheet, row = (self.tables[table].at[position, ("at", one)] for one in ("file", "sheet", "row"))
        return file, sheet, int(row)

    def _blank(self, intake: Intake, position: int, one: Finding) -> bool:
        """Empty an optional cell and keep its words; False when the row cannot do without it."""
        table, name, frame = intake.table.name, one.field, self.tables[intake.table.name]
        column, at, fill = intake.table.columns.get(name), self._at(table, position), None
        mark = (table, *at[:2], position, name)
        if column is None or ("cell", name) not in frame or mark in self._blanked:
            return False
        if column.needed:
            fill = NOT_STATED if name == "area" else one.project_id or None
            if table != "projects" or name == "project_id" or fill is None:
                return False
        self._blanked.add(mark)
        frame["cell", name] = frame["cell", name].astype(object)
        frame.loc[position, ("cell", name)] = fill
        what = f"cell_left_empty{' filled' * (fill is not None)}"
        self.findings.tell(what, name=name, fill=fill, why=one.message, fix=one.fix, **one.place)
        if _counted(column, table):
            self._leave(intake, position, [name], one, one.project_id)
        why = one.value or one.message
        why = f"{why} ({one.message})" if one.rule in ("start_after_finish", "out_of_range") else why
        keys = [key for key in intake.table.key if key != "project_id" and ("cell", key) in frame]
        texts = values.clean_text(frame["cell"].loc[position, keys].astype(object)).dropna()
        self.reasons.append((table, one.project_id, name, " ".join(texts) or None, why, *at))
        return True

    def _leave_out(self, intake: Intake, rows: dict[int, Finding]) -> None:
        """Say that rows of a table are left out; their money and the reason are stored."""
        table = intake.table.name
        money = [one.name for one in intake.table if _counted(one, table) and ("cell", one.name) in self.tables[table]]
        for position, one in rows.items():
            where = one.place | dict(zip(("file", "sheet", "row"), self._at(table, position), strict=True))
            self.findings.tell("set_aside", why=one.message, fix=one.fix, **where)
            who = one.project_id or self._words(table, position)
            self._leave(intake, position, money, one, who)

    def _leave(self, intake: Intake, position: int, money: list[str], one: Finding, who: str) -> None:
        """Store the amounts that are left out with a row or a cell, or that none of them could be read."""
        table = intake.table.name
        line = {**self.tables[table]["at"].loc[position], "table": table, "project": who, "reason": one.message}
        amounts = {name: intake.frame[name].iloc[position] for name in money}
        said = [line | {"column": intake.header(name, position), "amount": float(amount)}
                for name, amount in amounts.items() if not pd.isna(amount)]  # fmt: skip
        self.left += said or [line | {"column": one.column}]

    def _words(self, table: str, position: int) -> str:
        """What names a row without a project: its first text."""
        row = self.tables[table]["at", "row"].iloc[position]
        frames = [self.tables[name] for name in ("projects", table) if name in self.tables]
        lines = [one["cell"][one["at", "row"] == row].head(1).to_numpy().ravel() for one in frames]
        return next(filter(None, (values.clean_cell(cell) for line in lines for cell in line)), "")

    def _merge(self, table: str, intake: Intake) -> None:
        """Make one row of the rows with one key: their numbers are added up."""
        frame = self.tables[table].copy()
        keys = [name for name in intake.table.key if name in frame["cell"]]
        texts = intake.frame[keys].astype("str").apply(lambda column: column.str.casefold())
        group = texts.groupby(keys, sort=False, dropna=False).ngroup().to_numpy()
        first = ~pd.Series(group).duplicated().to_numpy()
        for name in [one.name for one in intake.table if one.type == "number" and one.name in frame["cell"]]:
            sums = intake.frame[name].groupby(group).sum(min_count=1).to_numpy()[group]
            frame["cell", name], frame["unit", name] = sums.astype(object), ""
        self.tables[table] = frame[first].reset_index(drop=True)

    # ---------------------------------------------------------------- what is stored

    def _sums(self, intakes: dict[str, Intake]) -> pd.DataFrame:
        """Money of each table by file, sheet and header, and the number of projects, as the tables are now."""
        parts = [pd.DataFrame(columns=[*_MONEY, "sum"])]
        for table in (one for one in self.tables if one in intakes):
            intake = intakes[table]
            at = self.tables[table]["at"][["file", "sheet"]].assign(table=table)
            parts += [at.assign(field="", column="", sum=1.0)] if table == "projects" else []
            for name in (one.name for one in intake.table if _counted(one, table) and one.name in intake.raw):
                heads = [intake.header(name, number) for number in range(len(at))]
                amounts = intake.frame[name].fillna(0.0).to_numpy()
                parts.append(at.assign(field=name, column=heads, sum=amounts))
        frame = pd.concat([part for part in parts if len(part)] or parts)
        return frame.groupby(_MONEY, sort=False, as_index=False)["sum"].sum()

    def account(self, intakes: dict[str, Intake], findings: Findings) -> dict[str, Body]:
        """The table of what was found in the source and what of it is used; what does not add up blocks."""
        sums = self._sums(intakes)
        self.found = sums if self.found is None else self.found
        both = self.found.merge(sums, on=_MONEY, how="outer", suffixes=("_found", "_now"), sort=False).fillna(0.0)
        keys, money = ["table", "file", "sheet", "column"], both["field"].ne("")
        left = pd.DataFrame(self.left, columns=[*keys, "amount"]).groupby(keys)["amount"].sum()
        both["left"] = left.reindex(pd.MultiIndex.from_frame(both[keys])).fillna(0.0).to_numpy()
        sums = both[money].groupby(["table", "field"])[["sum_found", "sum_now", "left"]].sum()
        for (table, name), (found, now, mine) in sums.iterrows():
            if abs(found - now - mine) > 1e-9 * max(1.0, abs(found)):
                said: Any = {"found": as_given(found), "used": as_given(now), "left": as_given(mine)}
                findings.tell("money_not_accounted", table=table, name=name, sheet=str(table), **said)
        used = both["sum_now"].where(~money, both["sum_found"] - both["left"])  # a sum stands under its first header
        accept = self.mapping.accept
        accepted = f"up to {as_given(100 * accept.up_to)} %, {accept.who}: {accept.why}" if accept else ""
        frame = both[keys].assign(
            found=both["sum_found"], used=used, sha256=both["file"].map(self.hashes), mapping=self.mapping.name,
            accepted=accepted, up_to=accept.up_to if accept else None,
        )  # fmt: skip
        return {"sources": body_of_frame("sources", frame.sort_values(keys, kind="stable", ignore_index=True))}

    def _store(self) -> None:
        """Bring the reasons of missing values and the rows that are left out into their tables."""
        known: set[str] = set()
        if "projects" in self.tables and ("cell", "project_id") in self.tables["projects"]:
            ids = values.clean_text(self.tables["projects"]["cell", "project_id"])
            known = set(ids.str.replace(r"\s+", " ", regex=True).dropna())
        names = ["table", "project_id", "column", "item", "reason", "file", "sheet", "row"]
        why = pd.DataFrame(self.reasons, columns=names)
        why = why[why["project_id"].isin(known)].drop_duplicates(names[:4]).reset_index(drop=True)
        self._own.pop("exemptions", None)
        if len(why):
            body = body_of_frame("exemptions", why[names[:5]])
            places = list(why[["file", "sheet"]].itertuples(index=False, name=None))
            self._own["exemptions"] = replace(body, rows=why["row"].to_numpy(int), places=places)
        if self.left:
            frame = pd.DataFrame(self.left).reindex(columns=list(load_schema()["left_out"].columns)).astype(object)
            self._own["left_out"] = body_of_frame("left_out", frame)

    # ---------------------------------------------------------------- what was not read

    def _list_unused(self, source: Body) -> None:
        """List the columns that the mapping does not read: on purpose (info) or not (warn)."""
        used = source.used | {place for test in self._tests(self.mapping.tables) for place in source.find(test.column)}
        purpose = {place: why for header, why in self.mapping.ignore.items() for place in source.find(header)}
        money = {place for spec in self.mapping.tables for place in self._money(source, spec)}
        counted = any(self._money(other, spec) for spec, other in self._sources)
        keys = [place for spec in self.mapping.tables for place in self._places(source, spec, "project_id")]
        sides = [place for pair in booked_sides(source.headers).items() for place in pair]
        places = (place for place in range(len(source.headers)) if place not in used)
        for place, title, cells, value in source.unread(places):
            header, reason = source.headers[place], purpose.get(place)
            kind, numbers = qualifies(header, self._settings, cells), looks_like_numbers(header, cells)
            kind = "sign" if place in sides else kind if money or (kind == "sign" and numbers) else ""
            beyond = not header and numbers and place > min(money, default=len(source.headers))  # split amounts
            grave = beyond or kind not in ("", "same") or (bool(money) and looks_like_amounts(header, cells))
            guess, why = (reason or "").startswith("?"), (reason or "").lstrip("? ")
            taken = bool(kind) and values.folded(header) in values.words()["taken"]
            changes = guess and (taken or kind not in ("", "same", "tax", "share"))
            later = guess and money and several_years(header) and values.plain_numbers(cells).fillna(0).ne(0).any()
            what, how = "column_not_mapped mapping", "block" if grave else "warn"
            twins = [source.text(one) for one in keys if source.headers[one] == header]
            if guess and any(not one.equals(source.text(place)) for one in twins):
                what, how = "column_ignored beside", ""
            elif later or changes:
                what, how = "several_years_in_one" if later else "column_ignored changes", ""
            elif guess and not counted and numbers and why == NOT_READ:
                what, how = "column_ignored amounts", ""
            elif reason:
                lost = guess and (numbers or amounts_in_words(header, cells))
                what, how = "column_ignored", "warn" if lost else "info"
            words = {"why": why, "count": len(cells), "total": as_given(values.plain_numbers(cells, own=True).sum())}
            self.findings.tell(what, how, at=source, column=title, value=value, **words)
            if money and not (reason and not guess) and numbers:
                line = {"column": title if header else f"column {title}", "reason": why or "not in the mapping"}
                self.left.append(self._place_of(source) | line)

    def _list_sheets(self, raws: list[RawSheet]) -> None:
        """List the sheets that no table of the mapping reads."""
        places = {source.place() for _, source in self._sources}
        for raw in (one for one in raws if (one.file, one.sheet) not in places and not stated_settings([one])):
            shares = (values.plain_numbers(raw.cells[place]).notna().mean() for place in raw.cells)
            amounts = len(raw.cells) > 2 and any(share >= 0.5 for share in shares)
            severity = "warn" if amounts or table_of_sheet(raw.title) else "info"
            self.findings.tell("sheet_not_used mapping", severity, title=raw.title, count=len(raw.cells), at=raw)
            if amounts:
                line = {"table": self.mapping.tables[0].table, "file": raw.file, "sheet": raw.sheet}
                self.left.append(line | {"column": f"sheet {raw.title}", "reason": "not in the mapping"})

    # ---------------------------------------------------------------- filters

    def _fits(self, source: Body, test: RowFilter, ids: pd.Series) -> np.ndarray:
        """Rows that a filter describes."""
        places = source.find(test.column)
        if len(places) != 1:
            return np.ones(len(source.rows), dtype=bool)
        text = source.text(places[0])
        if test.latest:
            return self._latest(source, places[0], ids)
        if test.equals:
            there = set(text.dropna().str.casefold())
            for lost in (one for one in test.equals if one.casefold() not in there):
                near = values.near_words(lost, set(text.dropna()))
                how, words = "block" if near else "", {"near": near, "value": lost}
                self.findings.tell("filter_finds_nothing", how, at=source, column=test.column, **words)
            return text.str.casefold().isin([one.casefold() for one in test.equals]).to_numpy(dtype=bool)
        if test.matches:
            return text.str.contains(test.matches, regex=True, na=False).to_numpy(dtype=bool)
        return (text.isna() if test.empty else text.notna()).to_numpy(dtype=bool)

    def _latest(self, source: Body, place: int, ids: pd.Series) -> np.ndarray:
        """Rows with the last date, period or number of their project; two ways to read one must give one answer."""
        cells, text = source.cells.iloc[:, place].reset_index(drop=True), source.text(place)
        day, month = values.order_evidence(text)
        said = self._settings.month_first
        order = [said] if said is not None else [month] if day != month else [False, True]
        dates = [values.parse_date(cells, Column("date", "date"), month_first=one).values for one in order]
        periods = values.READERS["period"](cells, Column("period", "period")).values
        ways = [periods, *dates, pd.to_numeric(text, errors="coerce")]
        whole = [one for one in ways if one.notna().sum() == text.notna().sum()]
        picked = []
        for way in whole[: 1 if whole and whole[0] is periods else len(order)]:
            rank = way.rank(method="dense").fillna(0.0)
            picked.append(rank.eq(rank.groupby(ids.str.casefold()).transform("max")).to_numpy(dtype=bool))
        if picked and all((one == picked[0]).all() for one in picked):
            return picked[0]
        what = "filter_not_read two_ways" if picked else "filter_not_read"
        self.findings.tell(what, at=source, column=source.headers[place])
        return np.ones(len(text), dtype=bool)


def _counted(column: Column, table: str) -> bool:
    """Money that is accounted for; baselines hold money beside months and shares."""
    return column.is_money or (table == "baselines" and column.type == "number")


def _place(file: str, sheet: str, row: int) -> str:
    return f"{' '.join(filter(None, (file, sheet)))}, row {row}"


def _cuts(found: pd.Series, text: pd.Series) -> pd.Series:
    """Which of the numbers found in texts are a part of one that stands there: 1 of 1 500, 5 of 5k."""
    whole, part = values.plain_numbers(text), values.plain_numbers(found)
    inside = text.str.extractall(_NUMBER_AND_WORD)
    each = values.plain_numbers(inside[0].str.cat(inside[1])).fillna(values.plain_numbers(inside[0]))
    same = each.eq(part.reindex(each.index.get_level_values(0)).to_numpy()).groupby(level=0).any()
    same = same.reindex(text.index, fill_value=False) | part.isna()
    return found.notna() & ~whole.eq(part).where(whole.notna(), same)


def _near(header: str, headers: list[str]) -> str:
    """The header of the source that was most likely meant."""
    plain = {values.folded(one): one for one in headers if one}
    begin = [one for text, one in plain.items() if values.folded(header) in text or text in values.folded(header)]
    close = difflib.get_close_matches(values.folded(header), plain, n=1, cutoff=0.6)
    return values.shown(begin[0] if begin else plain[close[0]] if close else "")
