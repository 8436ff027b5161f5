"""A body of cells to one typed table of the schema, with the place of every cell kept."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.register.amounts import SCALES, decimal_evidence, header_unit, parse_number
from pmo_kit.register.dates import parse_date, parse_period, parse_year
from pmo_kit.register.findings import Findings
from pmo_kit.register.intake import Intake
from pmo_kit.register.layout import Body, folded
from pmo_kit.register.schema import Column, Table
from pmo_kit.register.settings import Settings
from pmo_kit.register.values import (
    EMPTY_DTYPES,
    Parsed,
    clean_text,
    joined,
    parse_category,
    parse_flag,
    parse_text,
    shown,
)
from pmo_kit.register.wide import find_wide_form, melt

_UNREAD = {
    "number": (
        "number_not_read",
        '"{value}" cannot be read as a number.',
        "Write a plain number such as 12.5.",
    ),
    "date": ("date_not_read", '"{value}" is not a date.', "Write it as 2027-03-31."),
    "year": ("year_not_read", '"{value}" is not a year.', "Write four digits such as 2027."),
    "period": ("period_not_read", '"{value}" is not a period.', "Write 2028, 2028-Q1 or 2026-09."),
    "flag": ("flag_not_read", '"{value}" is neither yes nor no.', "Write yes or no."),
}


def match_columns(
    headers: list[str],
    table: Table,
    findings: Findings,
    file: str,
    sheet: str,
    cells: pd.DataFrame | None = None,
) -> tuple[dict[str, int], list[int]]:
    """Match headers to columns: names first, then the words of `headers.csv`, then without what stands in brackets.

    A word may stand for several columns ("Status"): with `cells`, a category takes a header by such a word only where
    at least half of the values are its own.

    Returns
    -------
    matched : dict
        Column -> position.
    rest : list of int
        Positions of headers that name no column.
    """
    matched: dict[str, int] = {}
    texts = [folded(header) for header in headers]
    bare = [folded(re.sub(r"[(\[].*?[)\]]", " ", header)) for header in headers]

    def take(names: list[str], column: Column, words: tuple[str, ...], own: bool) -> None:
        for word in map(folded, words):
            for place, text in enumerate(names):
                if text != word or column.name in matched or place in matched.values():
                    continue
                if not own and cells is not None and not fits(cells[place], column):
                    continue
                matched[column.name] = place
                if not own:
                    header = shown(headers[place])
                    message = f'The column "{header}" was read as {column.name}.'
                    where: dict[str, Any] = {"file": file, "sheet": sheet, "column": header}
                    findings.add("info", "column_renamed", message, value=column.name, **where)

    for column in table:
        take(texts, column, (column.name,), own=True)
    for names in (texts, bare):
        for column in table:
            take(names, column, (column.name, *column.aliases), own=False)
    rest = [place for place in range(len(headers)) if place not in matched.values()]
    return matched, rest


def fits(cells: pd.Series, column: Column) -> bool:
    """True when at least half of the filled cells are values of a category that has a list; any other column fits."""
    if not column.allowed:
        return True
    read = parse_category(cells, column)
    filled = read.values.notna().sum() + read.bad.sum()
    return bool(filled == 0 or read.values.notna().sum() >= 0.5 * filled)


def shape_table(
    body: Body,
    table: Table,
    findings: Findings,
    settings: Settings,
    *,
    file: str,
    sheet: str,
    known_variables: frozenset[str] = frozenset(),
    epoch_1904: bool = False,
) -> Intake:
    """Turn a body into the table of the schema: columns matched, wide form melted, cells typed.

    Columns that name nothing are listed, never dropped in silence.
    """
    matched, rest = match_columns(body.headers, table, findings, file, sheet, body.cells)
    wide, variables = find_wide_form(table, matched, body.headers, rest, known_variables)
    list_unmapped(body, [place for place in rest if place not in variables], table, findings, file, sheet)
    raw = {name: body.cells[place] for name, place in matched.items()}
    headers: dict[str, str | np.ndarray] = {}
    for name, place in matched.items():
        label = body.label(place)
        headers[name] = label if isinstance(label, np.ndarray) else shown(label)
    rows = body.rows
    if wide is not None:
        raw, headers, rows = melt(body, raw, headers, wide, variables, findings, file, sheet)
    raw = {name: cells.reset_index(drop=True) for name, cells in raw.items()}
    intake = Intake(table, file, sheet, pd.DataFrame(index=pd.RangeIndex(len(rows))), raw, rows, headers)
    intake.guessed = {name for name, place in matched.items() if folded(body.headers[place]) != folded(name)}
    intake.units = {name: units for name, units in body.units.items() if (units != "").any()}
    _compare_header_units(intake, findings, settings)
    _type_columns(intake, findings, settings, epoch_1904)
    return intake


def _compare_header_units(intake: Intake, findings: Findings, settings: Settings) -> None:
    """Refuse a header that states another currency or unit than the settings: Cost (£k) among millions of euros."""
    for column in intake.table:
        said = intake.headers.get(column.name)
        if not column.is_money or said is None:
            continue
        stated = intake.units.get(column.name)
        heads = np.full(len(intake.rows), said, dtype=object)
        pairs = set(zip(heads, heads == "" if stated is None else stated != "", strict=True))
        for header, said_in_mapping in sorted(pairs or {(said, False)} if isinstance(said, str) else pairs):
            currency, unit = header_unit(header)
            other_unit = bool(unit) and unit != settings.money_unit and not said_in_mapping
            if not other_unit and (not currency or currency == settings.currency):
                continue
            words = " ".join(part for part in (settings.currency, settings.money_unit) if part) or "nothing"
            known = bool(settings.currency and settings.money_unit)
            findings.add(
                "block" if known else "warn",
                "header_unit_differs",
                f'The header "{header}" states another currency or unit than the settings ({words}).',
                "Bring the amounts to the unit of the settings, or correct the settings.",
                file=intake.file,
                sheet=intake.sheet,
                column=header,
            )


def list_unmapped(
    body: Body, places: list[int], table: Table, findings: Findings, file: str, sheet: str
) -> None:
    """List columns that were not read, with what they hold."""
    for place in places:
        cells = clean_text(body.cells[place]).dropna()
        header = shown(body.headers[place])
        if not len(cells):
            continue
        some = ", ".join(pd.unique(cells)[:5])
        findings.add(
            "warn",
            "column_not_mapped",
            f'The column "{header or place + 1}" is not one of the table {table.name}; '
            f"its {len(cells)} values were not read.",
            "Rename it to a column of the dictionary, or map it in a mapping file.",
            file=file,
            sheet=sheet,
            column=header or str(place + 1),
            value=f"{len(cells)} values: {some}",
        )


def _comma_styles(intake: Intake, findings: Findings) -> dict[str, bool | None]:
    """Decimal comma for each number column: its own proof, else that of the sheet, else a point.

    Where nothing proves either, a cell such as 1,234 is read with a decimal point, and reported.
    """
    styles: dict[str, bool | None] = {}
    seen: list[tuple[bool, bool]] = []
    unclear: dict[str, pd.Series] = {}
    for name, cells in intake.raw.items():
        if intake.table[name].type != "number" or cells.dtype not in ("str", object):
            continue
        written = cells[[isinstance(cell, str) for cell in cells]].astype("str")
        point, comma = decimal_evidence(written)
        seen.append((point, comma))
        if point or comma:
            styles[name] = None if point and comma else comma
        else:
            unclear[name] = written
    sheet = any(comma for _, comma in seen) and not any(point for point, _ in seen)
    if not any(point or comma for point, comma in seen):
        for name, written in unclear.items():
            two_ways = written.str.fullmatch(r"\D*\d{1,3}[.,]\d{3}\D*", na=False)
            if two_ways.any():
                message = "{value} can be read with a decimal comma or point; a point was taken."
                fix = "Write at least one amount that is clear, such as 0.5."
                rows = written.index[two_ways].to_numpy()
                findings.add_rows(intake, rows, "warn", "number_ambiguous", message, fix, column=name)
    return {column.name: styles.get(column.name, sheet) for column in intake.table}


def _type_columns(intake: Intake, findings: Findings, settings: Settings, epoch_1904: bool) -> None:
    """Fill the typed frame, column by column, and say what could not be read."""
    styles = _comma_styles(intake, findings)
    typed: dict[str, pd.Series] = {}
    parsed: dict[str, Parsed] = {}
    for column in intake.table:
        if column.name not in intake.raw:
            typed[column.name] = pd.Series(index=intake.frame.index, dtype=EMPTY_DTYPES[column.type])
            continue
        units = intake.units.get(column.name)
        one = _parse(intake.raw[column.name], column, styles[column.name], settings, epoch_1904, units)
        typed[column.name], parsed[column.name] = one.values, one
        intake.unread[column.name] = one.bad
    for column in intake.table:
        if column.default is not None:
            bad = intake.unread.get(column.name)
            fill: object = column.default == "yes" if column.type == "flag" else column.default
            empty = typed[column.name].isna() if bad is None else typed[column.name].isna() & ~bad
            typed[column.name] = typed[column.name].mask(empty, fill)
    intake.frame = pd.DataFrame(typed, index=intake.frame.index)
    for name, one in parsed.items():
        _report(intake, intake.table[name], one, findings)


def _parse(
    cells: pd.Series,
    column: Column,
    comma: bool | None,
    settings: Settings,
    epoch_1904: bool,
    units: np.ndarray | None = None,
) -> Parsed:
    """Parse one column by its type; `units` are those of its amounts, row by row, where a mapping states them."""
    if units is not None:
        parts, ours, money = [], settings.money_unit or "unit", replace(column, unit="money")
        for unit in dict.fromkeys(units):
            read = replace(settings, money_unit=unit or settings.money_unit)
            one = _parse(cells.where(units == unit), money if unit else column, comma, read, epoch_1904)
            parts.append(one.scaled(SCALES[unit] / SCALES[ours]) if unit else one)
        return joined(parts)
    if column.type == "number":
        return parse_number(
            cells, column, comma=comma, money_unit=settings.money_unit or None, currency=settings.currency
        )
    if column.type == "date":
        return parse_date(cells, column, epoch_1904=epoch_1904)
    readers = {
        "year": parse_year,
        "period": parse_period,
        "flag": parse_flag,
        "category": parse_category,
        "id": parse_text,
        "text": parse_text,
        "value": parse_text,
    }
    return readers[column.type](cells, column)


def _report(intake: Intake, column: Column, parsed: Parsed, findings: Findings) -> None:
    """Findings of one column: unread cells, reasons for empty ones, styles."""
    if parsed.bad.any():
        if column.type == "category":
            allowed = ", ".join(column.allowed)
            rule, message, fix = (
                "unknown_category",
                f'"{{value}}" is not a {column.name}.',
                f"Use one of: {allowed}.",
            )
        else:
            rule, message, fix = _UNREAD[column.type]
            if column.is_money:
                fix += " Amounts such as 120k or 1.2m are read once the settings say their money_unit."
        guessed = column.type == "category" and column.name in intake.guessed and not column.required
        message += " It was left empty." if guessed else ""
        findings.add_rows(
            intake, parsed.bad, "warn" if guessed else "block", rule, message, fix, column=column.name
        )
    if parsed.reason.any():
        message = f'{column.name} is missing; the reason given is "{{value}}".'
        findings.add_rows(intake, parsed.reason, "info", "missing_with_reason", message, column=column.name)
    for severity, rule, message, mask in parsed.notes:
        if mask is not None:
            fix = "Write the amount in the currency of the settings." if rule == "currency_mixed" else ""
            findings.add_rows(intake, mask, severity, rule, message, fix, column=column.name)
        else:
            header = intake.headers[column.name]
            fix = "Write dates as 2027-03-31." if severity == "warn" else ""
            findings.add(
                severity,
                rule,
                message,
                fix,
                file=intake.file,
                sheet=intake.sheet,
                column=header if isinstance(header, str) else "",
            )
