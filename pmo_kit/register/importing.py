"""Sources read through a mapping: every row ends up in a table, or is listed with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pmo_kit.errors import DataError
from pmo_kit.register.amounts import decimal_evidence, parse_number
from pmo_kit.register.findings import COLUMNS, Findings
from pmo_kit.register.layout import folded
from pmo_kit.register.mapping import ColumnSource, Mapping, RowFilter, TableSource
from pmo_kit.register.schema import Column, load_schema
from pmo_kit.register.sheets import RawSheet
from pmo_kit.register.values import MISSING, clean_text, shown

_SCALES = {"unit": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SEARCHED_ROWS = 40


@dataclass(eq=False)
class _Source:
    """The rows of the source below its header."""

    raw: RawSheet
    headers: list[str]
    cells: pd.DataFrame
    rows: np.ndarray

    def place(self, names: tuple[str, ...]) -> int | None:
        """Position of the first of some headers: the whole header, else the only one that begins so."""
        texts = [folded(header) for header in self.headers]
        for name in map(folded, names):
            if name in texts:
                return texts.index(name)
            begin = [place for place, text in enumerate(texts) if text.startswith(name)]
            if len(begin) == 1:
                return begin[0]
        return None

    def text(self, place: int) -> pd.Series:
        """A column as clean text."""
        return clean_text(self.cells.iloc[:, place])


def map_sheets(
    sheets: list[RawSheet], mapping: Mapping, findings: Findings
) -> dict[str, tuple[RawSheet, list[str] | None]]:
    """Bring a source into the tables of the register.

    Parameters
    ----------
    sheets : list of RawSheet
        Of the source; one of them is read.
    mapping : Mapping
        Says which, and how.
    findings : Findings
        Takes every row and column that is left out, with the reason.

    Returns
    -------
    dict
        Table -> sheet and headers, as `assemble` takes them.
    """
    source = _find_source(sheets, mapping, findings)
    source = _filtered(source, mapping, findings)
    used: set[int] = set()
    reasons: list[tuple[str, str, str, str, str, int]] = []
    parts: dict[str, list[pd.DataFrame]] = {}
    for spec in mapping.tables:
        parts.setdefault(spec.table, []).append(_mapped(source, spec, mapping, used, reasons, findings))
    tables: dict[str, tuple[RawSheet, list[str] | None]] = {}
    for table, frames in parts.items():
        tables[table] = _as_sheet(source, table, pd.concat(frames, ignore_index=True))
    for table, reason in mapping.absent.items():
        names = [column.name for column in load_schema()[table]]
        raw = RawSheet(
            source.raw.file,
            source.raw.sheet,
            table,
            pd.DataFrame(columns=range(len(names))),
            np.zeros(0, int),
        )
        raw.absent = True
        tables[table] = (raw, names)
        text = f"The table {table} is empty: {reason}."
        findings.add("warn", "table_absent", text, file=source.raw.file, sheet=source.raw.sheet)
    _list_unused(source, mapping, used, findings)
    if reasons:
        frame = pd.DataFrame(reasons, columns=["table", "project_id", "column", "item", "reason", "row"])
        tables["exemptions"] = _as_sheet(source, "exemptions", frame)
    settings = pd.DataFrame(
        {"key": list(mapping.settings), "value": [str(one) for one in mapping.settings.values()]}
    )
    tables["settings"] = _as_sheet(source, "settings", settings.assign(row=0))
    return tables


def _as_sheet(source: _Source, table: str, frame: pd.DataFrame) -> tuple[RawSheet, list[str]]:
    """A mapped table as a sheet with known headers; row numbers are those of the source."""
    rows = frame.pop("row").to_numpy(dtype=int)
    labels = frame.attrs.get("labels", {})
    headers = [str(name) for name in frame.columns]
    cells = frame.set_axis(range(len(headers)), axis=1)
    raw = RawSheet(source.raw.file, source.raw.sheet, table, cells, rows, epoch_1904=source.raw.epoch_1904)
    raw.labels = [labels.get(name, name) for name in headers]
    return raw, headers


def _find_source(sheets: list[RawSheet], mapping: Mapping, findings: Findings) -> _Source:
    """The sheet that the mapping means, and the header row that has most of its columns."""
    named = [raw for raw in sheets if not mapping.sheet or folded(raw.title) == folded(mapping.sheet)]
    if not named:
        raise _refused(
            findings, f"The source has no sheet {mapping.sheet}." if mapping.sheet else "The source is empty."
        )
    wanted = [one for spec in mapping.tables for one in spec.columns.values() if one.headers]
    best: tuple[int, _Source] | None = None
    for raw in named:
        head = raw.cells.head(_SEARCHED_ROWS)
        columns = [clean_text(head.iloc[:, place]).fillna("").tolist() for place in range(head.shape[1])]
        for number, line in enumerate(zip(*columns, strict=True)):
            source = _Source(raw, list(line), raw.cells.iloc[number + 1 :], raw.rows[number + 1 :])
            points = sum(source.place(one.headers) is not None for one in wanted)
            if best is None or points > best[0]:
                best = (points, source)
    if best is None or best[0] == 0:
        raise _refused(findings, "None of the columns that the mapping names is in the source.")
    for spec in mapping.tables:
        for name, one in spec.columns.items():
            if one.headers and best[1].place(one.headers) is None:
                findings.add(
                    "block",
                    "mapped_column_missing",
                    f"The source has no column {' or '.join(one.headers)} for {spec.table}.{name}.",
                    "Correct the mapping file, or the export.",
                    file=best[1].raw.file,
                    sheet=best[1].raw.sheet,
                    column=one.headers[0],
                )
    return best[1]


def _refused(findings: Findings, message: str) -> DataError:
    """The error when a source cannot be read at all."""
    findings.add("block", "source_not_read", message, "Check the file and the mapping.")
    return DataError(message, findings.frame()[list(COLUMNS)])


def _fits(source: _Source, test: RowFilter) -> np.ndarray:
    """Rows that a filter describes."""
    place = source.place((test.column,))
    if place is None:
        return np.zeros(len(source.rows), dtype=bool)
    text = source.text(place)
    if test.equals:
        return text.str.casefold().isin(test.equals).to_numpy(dtype=bool)
    if test.matches:
        return text.str.contains(test.matches, regex=True, na=False).to_numpy(dtype=bool)
    return (text.isna() if test.empty else text.notna()).to_numpy(dtype=bool)


def _filtered(source: _Source, mapping: Mapping, findings: Findings) -> _Source:
    """Leave out blank rows, and list those that a filter leaves out."""
    cells = [source.text(place) for place in range(source.cells.shape[1])]
    blank = np.all([text.isna() for text in cells], axis=0) if cells else np.zeros(0, dtype=bool)
    keep = ~blank
    tests = [(test, ~_fits(source, test)) for test in mapping.keep] + [
        (test, _fits(source, test)) for test in mapping.drop
    ]
    for test, out in tests:
        for number in np.flatnonzero(out & keep):
            value = next((text.iloc[number] for text in cells if not pd.isna(text.iloc[number])), "")
            findings.add(
                "info",
                "row_ignored",
                f"The row was ignored: {test.reason}.",
                file=source.raw.file,
                sheet=source.raw.sheet,
                row=int(source.rows[number]),
                column=test.column,
                value=value,
            )
        keep &= ~out
    return _Source(source.raw, source.headers, source.cells[keep].reset_index(drop=True), source.rows[keep])


def _cells(
    source: _Source, place: int, one: ColumnSource, column: Column, mapping: Mapping
) -> tuple[pd.Series, pd.Series]:
    """Cells of one mapped column, and the reasons of those that are missing with one."""
    cells = source.cells.iloc[:, place]
    text = clean_text(cells)
    if one.values:
        text = text.str.casefold().map(dict(one.values)).astype("str").fillna(text)
    reason = text.where(text.str.fullmatch(MISSING, na=False) & ~text.isin(set(one.values.values())))
    if one.reason:
        other = source.place((one.reason,))
        if other is not None:
            reason = reason.mask(text.isna(), source.text(other))
    kept = (text if one.values else cells).where(text.notna() & reason.isna())
    if one.pattern:
        kept = clean_text(kept).str.extract(one.pattern, expand=False)
    if one.unit:
        point, comma = decimal_evidence(clean_text(kept).dropna())
        parsed = parse_number(
            kept,
            column,
            comma=comma and not point,
            money_unit=one.unit,
            currency=str(mapping.settings.get("currency", "")),
        )
        factor = _SCALES[one.unit] / _SCALES[str(mapping.settings.get("money_unit", "unit"))]
        bad = pd.Series(parsed.bad, index=kept.index)
        kept = (
            (parsed.values * factor).astype(object).where(~bad & parsed.values.notna(), kept.astype(object))
        )
    return kept, reason


def _mapped(
    source: _Source,
    spec: TableSource,
    mapping: Mapping,
    used: set[int],
    reasons: list[tuple[str, str, str, str, str, int]],
    findings: Findings,
) -> pd.DataFrame:
    """Rows of one table from the rows of the source; rows without any value of their own are left out."""
    table = load_schema()[spec.table]
    size = len(source.rows)
    ids, labels, own = _project_ids(source, spec), {}, np.zeros(size, dtype=bool)
    frame = pd.DataFrame({"row": source.rows})
    missing: dict[str, pd.Series] = {}
    for name, one in spec.columns.items():
        place = source.place(one.headers) if one.headers else None
        if place is None:
            frame[name] = pd.Series([one.value or None] * size, dtype="str")
            continue
        used.add(place)
        if one.reason and (other := source.place((one.reason,))) is not None:
            used.add(other)
        frame[name], missing[name] = _cells(source, place, one, table[name], mapping)
        labels[name] = shown(source.headers[place])
        if name != "project_id":
            own |= frame[name].notna().to_numpy()
    item_columns = [name for name in table.key if name != "project_id" and name in frame]
    items = (
        frame[item_columns].astype("str").apply(lambda line: " ".join(line.dropna()), axis=1)
        if item_columns
        else None
    )
    for name, why in missing.items():
        for number in np.flatnonzero(why.notna()):
            item = "" if items is None else str(items.iloc[number])
            reasons.append(
                (
                    spec.table,
                    str(ids.iloc[number]),
                    name,
                    item,
                    str(why.iloc[number]),
                    int(source.rows[number]),
                )
            )
    if spec.unpivot is not None:
        frame = _unpivoted(source, spec, mapping, frame, ids, used, reasons)
        own = np.ones(len(frame), dtype=bool)
        labels |= frame.attrs.get("labels", {})
    elif spec.table == "projects":
        own = np.ones(size, dtype=bool)
    frame = frame[own].reset_index(drop=True)
    frame.attrs["labels"] = labels
    return frame


def _project_ids(source: _Source, spec: TableSource) -> pd.Series:
    """Project of each row of the source, for the list of reasons."""
    one = spec.columns.get("project_id")
    place = source.place(one.headers) if one is not None and one.headers else None
    return pd.Series([""] * len(source.rows)) if place is None else source.text(place).fillna("")


def _unpivoted(
    source: _Source,
    spec: TableSource,
    mapping: Mapping,
    frame: pd.DataFrame,
    ids: pd.Series,
    used: set[int],
    reasons: list[tuple[str, str, str, str, str, int]],
) -> pd.DataFrame:
    """One row for each filled cell of the columns that become rows."""
    unpivot = spec.unpivot
    assert unpivot is not None
    places: dict[int, str] = {}
    for header, value in unpivot.columns.items():
        place = source.place((header,))
        if place is not None:
            places[place] = value
    if unpivot.pattern:
        for place, header in enumerate(source.headers):
            if match := re.search(unpivot.pattern, header):
                places[place] = match[1] if match.groups() else match[0]
    used.update(places)
    column = load_schema()[spec.table][unpivot.target]
    parts = []
    for place, value in places.items():
        cells, why = _cells(source, place, unpivot.into, column, mapping)
        for number in np.flatnonzero(why.notna()):
            reasons.append(
                (
                    spec.table,
                    str(ids.iloc[number]),
                    unpivot.target,
                    value,
                    str(why.iloc[number]),
                    int(source.rows[number]),
                )
            )
        part = frame.copy()
        part[unpivot.name], part[unpivot.target] = value, cells.astype(object)
        parts.append(part[cells.notna().to_numpy()])
    long = (
        pd.concat(parts)
        if parts
        else frame.iloc[:0].reindex(columns=[*frame.columns, unpivot.name, unpivot.target])
    )
    return long.sort_index(kind="stable").reset_index(drop=True)


def _list_unused(source: _Source, mapping: Mapping, used: set[int], findings: Findings) -> None:
    """List the columns that the mapping does not read: on purpose (info) or not (warn)."""
    for test in (*mapping.keep, *mapping.drop):
        place = source.place((test.column,))
        if place is not None:
            used.add(place)
    purpose = {source.place((header,)): reason for header, reason in mapping.ignore.items()}
    for place, header in enumerate(source.headers):
        if place in used:
            continue
        cells = source.text(place).dropna()
        if not len(cells):
            continue
        reason = purpose.get(place)
        title = shown(header) or str(place + 1)
        left = f"not in the mapping; its {len(cells)} values were not read"
        findings.add(
            "info" if reason else "warn",
            "column_ignored" if reason else "column_not_mapped",
            f'The column "{title}" was left out: {reason}.' if reason else f'The column "{title}" is {left}.',
            "" if reason else "Map it, or list it under ignore with the reason.",
            file=source.raw.file,
            sheet=source.raw.sheet,
            column=title,
            value=f"{len(cells)} values: {', '.join(pd.unique(cells)[:5])}",
        )
