"""The workbook to fill: one sheet a table, lists to choose from, notes on every column. It loads as it is saved."""

from __future__ import annotations

import csv
import errno
import io
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from pmo_kit.disk import inert, write_whole
from pmo_kit.register.schema import Column, Schema, Table, load_schema
from pmo_kit.register.tables import Register
from pmo_kit.register.values import words


def write_book(book: openpyxl.Workbook, file: Path) -> Path:
    """Write a workbook, and the folders above it."""
    content = io.BytesIO()
    try:
        book.save(content)
    except Exception as error:  # the XML library puts the system's reason into words of its own
        code = getattr(errno, str(error).removeprefix("IO_"), None)
        raise OSError(code, str(error), str(file)) if code else error from None
    file.parent.mkdir(parents=True, exist_ok=True)
    return write_whole(file, content.getvalue())


def text_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """A table as text, as it is written to a file: ISO dates, yes and no, empty for missing."""
    columns = {}
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_float_dtype(column):
            values = column.to_numpy(dtype=float, na_value=np.nan)
            columns[name] = ["" if np.isnan(value) else format(value, ".15g") for value in values]
        elif pd.api.types.is_datetime64_any_dtype(column):
            columns[name] = column.dt.strftime("%Y-%m-%d").fillna("").tolist()
        elif column.dtype == "boolean":
            columns[name] = ["" if pd.isna(flag) else "yes" if flag else "no" for flag in column]
        else:
            columns[name] = [inert(text) for text in column.astype("str").fillna("")]
    return pd.DataFrame(columns, dtype="str")


def write_register(register: Register, folder: str | PathLike[str]) -> list[Path]:
    """Write each table that has rows as <table>.csv, in the order and columns of the schema.

    Columns that hold nothing are left out, except required ones, and so are levels that only say "full".

    Returns
    -------
    list of Path
        The files written.
    """
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    written = []
    for name in register.names:
        table = load_schema()[name]
        frame = register.table(name).reset_index() if name == "projects" else register.table(name)
        if name == "levels":
            said = (frame["level"] != "full") | (frame["label"] != "")
            frame = frame[said | frame["project_id"].duplicated(keep=False)]
        keep = [column.name for column in table if column.required or frame[column.name].notna().any()]
        if not len(frame):
            continue
        text = text_columns(frame[keep])
        lines = io.StringIO()
        csv.writer(lines, lineterminator="\n").writerows([keep, *text.itertuples(index=False)])
        written.append(write_whole(place / f"{name}.csv", lines.getvalue().encode()))
    return written


_FIRST = ("projects", "costs")
_LAST_ROW = 2000
_FIRST_DATA_ROW = 3
_INK, _PAPER, _MUTED = "1F2A37", "FFFFFF", "6B7280"
_NEEDED, _OPTIONAL, _EMPTY = "1F5A7A", "8A9BA8", "F8D7D0"
_FORMATS = {"date": "yyyy-mm-dd", "id": "@", "period": "@", "text": "General", "year": "0"}


def write_template(path: str | PathLike[str], register: Register | None = None) -> Path:
    """Write the workbook to fill; with a register, filled with its tables.

    Parameters
    ----------
    path : path
        An .xlsx file; an existing one is replaced.
    register : Register or None
        What to fill in; the workbook then loads back equal.

    Returns
    -------
    Path
        The file.
    """
    schema = load_schema()
    book = openpyxl.Workbook()
    start = book.worksheets[0]
    start.title = "start"
    first = (*_FIRST, "settings")
    filled = () if register is None else register.names
    rest = [one.name for one in schema if not one.written or one.name in filled]
    order = [*first, *(name for name in rest if name not in (*first, "exemptions")), "exemptions"]
    _write_start(start, schema, order)
    for name in order:
        sheet = book.create_sheet(name)
        frame = register.table(name) if register is not None and register.has(name) else None
        if name == "settings":
            _write_settings(sheet, schema, frame)
        else:
            _write_table(sheet, schema[name], frame)
    _write_dictionary(book.create_sheet("dictionary"), schema, order)
    return write_book(book, Path(path))


def write_header(sheet: Worksheet, names: list[str], widths: tuple[int, ...], needed: tuple[str, ...] = ()) -> None:
    """A header row that stays in view; needed columns are darker and starred."""
    for place, (name, width) in enumerate(zip(names, widths, strict=True), 1):
        cell = sheet.cell(1, place, f"{name} *" if name in needed else name)
        cell.font = Font(bold=True, color=_PAPER)
        cell.fill = PatternFill("solid", fgColor=_NEEDED if name in needed else _OPTIONAL)
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"


def _note(column: Column) -> str:
    """What a column means, in the note on its header."""
    parts = [column.meaning or column.name]
    if column.unit:
        parts.append("Unit: " + ("the money unit of the settings" if column.is_money else column.unit))
    if column.allowed:
        parts.append("One of: " + ", ".join(column.allowed))
    if column.default:
        parts.append(f"Empty means: {column.default}")
    if column.refs:
        parts.append("From: " + " or ".join(f"{table}, {name}" for table, name in column.refs))
    parts.append("Needed" if column.required and column.default is None else "May stay empty")
    return "\n".join(parts)


def _example(column: Column) -> str:
    """A cell of the example row; one that is left over when others are overwritten is still no data."""
    plain = {"year": "2027", "number": "1", "date": "2027-03-31", "period": "2027", "flag": "yes"}
    plain |= {"id": "P01" if column.name in ("project_id", "other_id") else "A"}
    first = column.allowed[0] if column.allowed else plain.get(column.type, "words")
    return f"e.g. {column.example or column.default or first}"


def _validation(column: Column) -> DataValidation | None:
    """The list or range that a cell of the column is held to."""
    said: dict[str, Any] = {}
    if column.allowed or column.type == "flag":
        said = {"type": "list", "formula1": f'"{",".join(column.allowed or ("yes", "no"))}"'}
    elif column.refs and column.refs[0][0] != "levels":
        table, name = column.refs[0]
        letter = get_column_letter(list(load_schema()[table].columns).index(name) + 1)
        formula = f"='{table}'!${letter}${_FIRST_DATA_ROW}:${letter}${_LAST_ROW}"
        said = {"type": "list", "formula1": formula, "errorStyle": "warning"}
    elif column.type == "date":
        said = {"type": "date", "operator": "greaterThan", "formula1": "DATE(1990,1,1)"}
    elif column.type == "year":
        said = {"type": "whole", "operator": "between", "formula1": "1950", "formula2": "2200"}
    elif column.type == "number":
        low = "-1E+15" if column.low is None else f"{column.low:g}"
        high = "1E+15" if column.high is None else f"{column.high:g}"
        said = {"type": "decimal", "operator": "between", "formula1": low, "formula2": high}
    return DataValidation(allow_blank=True, **said) if said else None


def _write_table(sheet: Worksheet, table: Table, frame: pd.DataFrame | None) -> None:
    """One table: header with notes, the example row, lists and ranges, rows where there are some."""
    columns = list(table)
    names = [column.name for column in columns]
    needed = tuple(column.name for column in columns if column.required and column.default is None)
    write_header(sheet, names, tuple(max(12, min(40, len(name) + 6)) for name in names), needed)
    sheet.sheet_properties.tabColor = _NEEDED if table.required else _OPTIONAL
    last = get_column_letter(len(columns))
    for place, column in enumerate(columns, 1):
        letter = get_column_letter(place)
        sheet.cell(1, place).comment = Comment(_note(column), "pmo_kit", height=150, width=280)
        example = sheet.cell(2, place, _example(column))
        example.font = Font(italic=True, color=_MUTED)
        area = f"{letter}{_FIRST_DATA_ROW}:{letter}{_LAST_ROW}"
        validation = _validation(column)
        if validation is not None:
            validation.errorTitle, validation.error = column.name, _note(column)[:250]
            sheet.add_data_validation(validation)
            validation.add(area)
        if column.required and column.default is None:
            row = f"$A{_FIRST_DATA_ROW}:${last}{_FIRST_DATA_ROW}"
            formula = f"AND(COUNTA({row})>0,ISBLANK({letter}{_FIRST_DATA_ROW}))"
            fill = PatternFill("solid", bgColor=_EMPTY)
            sheet.conditional_formatting.add(area, FormulaRule(formula=[formula], fill=fill))
        if column.type in _FORMATS:
            sheet.column_dimensions[letter].number_format = _FORMATS[column.type]
    if frame is None:
        return
    frame = frame.reset_index() if table.name == "projects" else frame
    for number, line in enumerate(frame[names].itertuples(index=False), _FIRST_DATA_ROW):
        for place, (column, value) in enumerate(zip(columns, line, strict=True), 1):
            if pd.isna(value):
                continue
            cell = sheet.cell(number, place, _cell(value))
            cell.number_format = _FORMATS.get(column.type, "General")


def _cell(value: object) -> str | int | float | date:
    """A value as a workbook holds it; text never becomes a formula."""
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, str):
        return inert(value)
    return float(value) if isinstance(value, float) else int(str(value))


def _write_settings(sheet: Worksheet, schema: Schema, frame: pd.DataFrame | None) -> None:
    """All settings by key, to be given a value."""
    write_header(sheet, ["key", "value", "meaning"], (22, 32, 90), ("key", "value"))
    sheet.sheet_properties.tabColor = _NEEDED
    given = {} if frame is None else dict(zip(frame["key"], frame["value"], strict=True))
    for number, (name, column) in enumerate(schema.settings.items(), 2):
        sheet.cell(number, 1, name).font = Font(bold=True)
        if name in given:
            sheet.cell(number, 2, inert(str(given[name])))
        meaning = column.meaning + (f" (example: {column.example})" if column.example else "")
        meaning += f" (one of: {', '.join(column.allowed)})" if column.allowed else ""
        sheet.cell(number, 3, meaning).font = Font(color=_MUTED)
        if column.allowed and (validation := _validation(column)) is not None:
            sheet.add_data_validation(validation)
            validation.add(f"B{number}")


def _write_start(sheet: Worksheet, schema: Schema, order: list[str]) -> None:
    """How to begin, and a link to every sheet."""
    lines, purpose = words()["start"]["lines"], words()["start"]["purpose"]
    for number, line in enumerate(lines, 1):
        sheet.cell(number, 1, line).font = Font(bold=number == 1, size=16 if number == 1 else 11, color=_INK)
    sheet.column_dimensions["A"].width = 26
    for number, name in enumerate(order, len(lines) + 2):
        link = sheet.cell(number, 1, name)
        link.hyperlink = f"#'{name}'!A1"
        link.font = Font(color=_NEEDED, underline="single", bold=name in (*_FIRST, "settings"))
        sheet.cell(number, 2, purpose.get(name, schema[name].rows)).font = Font(color=_MUTED)
        sheet.cell(number, 3, "needed" if schema[name].required else "optional").font = Font(color=_MUTED)
    sheet.column_dimensions["B"].width = 60
    sheet.sheet_view.showGridLines = False


def _write_dictionary(sheet: Worksheet, schema: Schema, order: list[str]) -> None:
    """Every column of every table, from the schema."""
    heads = ["table", "column", "type", "needed", "unit", "allowed", "meaning", "also read as"]
    write_header(sheet, heads, (20, 22, 10, 8, 22, 40, 70, 50))
    for name in order:
        columns = schema.settings.values() if name == "settings" else schema[name]
        for column in columns:
            needed = "yes" if column.required and column.default is None else ""
            unit = "money unit of the settings" if column.is_money else column.unit
            line = [name, column.name, column.type, needed, unit, ", ".join(column.allowed), column.meaning]
            sheet.append([*line, ", ".join(column.aliases)])
    sheet.auto_filter.ref = f"A1:H{sheet.max_row}"
