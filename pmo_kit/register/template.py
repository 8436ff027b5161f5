"""The workbook to fill: one sheet a table, lists to choose from, notes on every column. It loads as it is saved."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name

from pmo_kit.disk import inert, write_whole
from pmo_kit.register.schema import Column, Table, load_schema
from pmo_kit.register.tables import Register
from pmo_kit.register.values import words

_INK, _PAPER, _MUTED = "#1F2A37", "#FFFFFF", "#6B7280"
_NEEDED, _OPTIONAL, _EMPTY = "#1F5A7A", "#8A9BA8", "#F8D7D0"
_LOOKS: dict[str, dict[str, Any]] = {
    "needed": {"bold": True, "font_color": _PAPER, "bg_color": _NEEDED},
    "optional": {"bold": True, "font_color": _PAPER, "bg_color": _OPTIONAL},
    "title": {"bold": True, "font_size": 16, "font_color": _INK},
    "line": {"font_color": _INK},
    "link": {"font_color": _NEEDED, "underline": 1},
    "first link": {"font_color": _NEEDED, "underline": 1, "bold": True},
    "bold": {"bold": True},
    "muted": {"font_color": _MUTED},
    "example": {"font_color": _MUTED, "italic": True},
    "lacking": {"bg_color": _EMPTY},
}
"""How cells look."""


def write_book(file: Path, fill: Callable[[Workbook], None]) -> Path:
    """Write a workbook, and the folders above it; text in it is text, whatever it begins with."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        fill(book)
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
        text = text_columns(frame[keep]).to_csv(index=False, lineterminator="\n")
        written.append(write_whole(place / f"{name}.csv", text.encode()))
    return written


_FIRST = ("projects", "costs")
_LAST_ROW = 2000
_FIRST_DATA_ROW = 3
_FORMATS = {"date": "yyyy-mm-dd", "id": "@", "period": "@", "year": "0"}


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
    first = (*_FIRST, "settings")
    filled = {} if register is None else {one: register.table(one) for one in register.names}
    rest = [one.name for one in load_schema() if not one.written or one.name in filled]
    order = [*first, *(name for name in rest if name not in (*first, "exemptions")), "exemptions"]

    def fill(book: Workbook) -> None:
        _write_start(book, order)
        for name in order:
            write = _write_settings if name == "settings" else _write_table
            write(book, load_schema()[name], filled.get(name))
        _write_dictionary(book, order)

    return write_book(Path(path), fill)


def write_header(book: Workbook, sheet: Any, names: list[str], widths: list[int], needed: tuple[str, ...] = ()) -> None:
    """A header row that stays in view; needed columns are darker and starred."""
    for place, (name, width) in enumerate(zip(names, widths, strict=True)):
        look = book.add_format(_LOOKS["needed" if name in needed else "optional"])
        sheet.write_string(0, place, f"{name} *" if name in needed else name, look)
        sheet.set_column(place, place, width)
    sheet.freeze_panes(1, 0)


def _note(column: Column) -> str:
    """What a column means, in the note on its header."""
    parts = (
        ("", column.meaning or column.name),
        ("Unit: ", "the money unit of the settings" if column.is_money else column.unit),
        ("One of: ", ", ".join(column.allowed)),
        ("Empty means: ", column.default),
        ("From: ", " or ".join(f"{table}, {name}" for table, name in column.refs)),
        ("", "Needed" if column.needed else "May stay empty"),
    )
    return "\n".join(f"{head}{text}" for head, text in parts if text)


def _example(column: Column) -> str:
    """A cell of the example row; one that is left over when others are overwritten is still no data."""
    plain = {"year": "2027", "number": "1", "date": "2027-03-31", "period": "2027", "flag": "yes"}
    plain |= {"id": "P01" if column.name in ("project_id", "other_id") else "A"}
    first = column.allowed[0] if column.allowed else plain.get(column.type, "words")
    return f"e.g. {column.example or column.default or first}"


def _validation(column: Column) -> dict[str, Any]:
    """The list or range that a cell of the column is held to; empty where it is held to none."""
    if column.allowed or column.type == "flag":
        return {"validate": "list", "source": list(column.allowed or ("yes", "no"))}
    if column.refs and column.refs[0][0] != "levels":
        table, name = column.refs[0]
        letter = xl_col_to_name(list(load_schema()[table].columns).index(name))
        source = f"='{table}'!${letter}${_FIRST_DATA_ROW}:${letter}${_LAST_ROW}"
        return {"validate": "list", "source": source, "error_type": "warning"}
    if column.type == "date":
        return {"validate": "date", "criteria": ">", "value": date(1990, 1, 1)}
    if column.type == "year":
        return {"validate": "integer", "criteria": "between", "minimum": 1950, "maximum": 2200}
    if column.type == "number":
        low, high = (end if own is None else own for own, end in ((column.low, -1e15), (column.high, 1e15)))
        return {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
    return {}


def _write_table(book: Workbook, table: Table, frame: pd.DataFrame | None) -> None:
    """One table: header with notes, the example row, lists and ranges, rows where there are some."""
    sheet, names, rows = book.add_worksheet(table.name), list(table.columns), (_FIRST_DATA_ROW - 1, _LAST_ROW - 1)
    needed = tuple(column.name for column in table if column.needed)
    widths = [max(12, min(40, len(name) + 6)) for name in names]
    write_header(book, sheet, names, widths, needed)
    sheet.set_tab_color(_NEEDED if table.required else _OPTIONAL)
    row = f"$A{_FIRST_DATA_ROW}:${xl_col_to_name(len(names) - 1)}{_FIRST_DATA_ROW}"
    frame = frame if frame is None or table.name != "projects" else frame.reset_index()
    for place, (column, width) in enumerate(zip(table, widths, strict=True)):
        look = book.add_format({"num_format": _FORMATS.get(column.type, "General")})
        sheet.set_column(place, place, width, look)
        sheet.write_comment(0, place, _note(column), {"author": "pmo_kit", "height": 150, "width": 280})
        sheet.write_string(1, place, _example(column), book.add_format(_LOOKS["example"]))
        if said := _validation(column):
            told = {"error_title": column.name, "error_message": _note(column)[:250]}
            sheet.data_validation(rows[0], place, rows[1], place, said | told)
        if column.name in needed:
            lacking = f"AND(COUNTA({row})>0,ISBLANK({xl_col_to_name(place)}{_FIRST_DATA_ROW}))"
            rule = {"type": "formula", "criteria": lacking, "format": book.add_format(_LOOKS["lacking"])}
            sheet.conditional_format(rows[0], place, rows[1], place, rule)
        cells = () if frame is None else frame[column.name]
        sheet.write_column(rows[0], place, [None if pd.isna(one) else _cell(one) for one in cells], look)


def _cell(value: object) -> object:
    """A value as a workbook holds it."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return inert(value)[:32767] if isinstance(value, str) else value


def _write_settings(book: Workbook, table: Table, frame: pd.DataFrame | None) -> None:
    """All settings by key, to be given a value."""
    sheet = book.add_worksheet(table.name)
    write_header(book, sheet, ["key", "value", "meaning"], [22, 32, 90], ("key", "value"))
    sheet.set_tab_color(_NEEDED)
    given = {} if frame is None else dict(zip(frame["key"], frame["value"], strict=True))
    for number, (name, column) in enumerate(load_schema().settings.items(), 1):
        sheet.write_string(number, 0, name, book.add_format(_LOOKS["bold"]))
        if name in given:
            sheet.write_string(number, 1, inert(str(given[name])))
        meaning = column.meaning + (f" (example: {column.example})" if column.example else "")
        meaning += f" (one of: {', '.join(column.allowed)})" if column.allowed else ""
        sheet.write_string(number, 2, meaning, book.add_format(_LOOKS["muted"]))
        if column.allowed:
            sheet.data_validation(number, 1, number, 1, _validation(column))


def _write_start(book: Workbook, order: list[str]) -> None:
    """How to begin, and a link to every sheet."""
    sheet, lines, purpose = book.add_worksheet("start"), words()["start"]["lines"], words()["start"]["purpose"]
    muted = book.add_format(_LOOKS["muted"])
    for number, line in enumerate(lines):
        sheet.write_string(number, 0, line, book.add_format(_LOOKS["line" if number else "title"]))
    for number, table in enumerate(map(load_schema().__getitem__, order), len(lines) + 1):
        look = _LOOKS["first link" if table.name in (*_FIRST, "settings") else "link"]
        sheet.write_url(number, 0, f"internal:'{table.name}'!A1", book.add_format(look), table.name)
        sheet.write_string(number, 1, purpose.get(table.name, table.rows), muted)
        sheet.write_string(number, 2, "needed" if table.required else "optional", muted)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 60)
    sheet.hide_gridlines(2)


def _write_dictionary(book: Workbook, order: list[str]) -> None:
    """Every column of every table, from the schema."""
    sheet, schema = book.add_worksheet("dictionary"), load_schema()
    heads = ["table", "column", "type", "needed", "unit", "allowed", "meaning", "also read as"]
    write_header(book, sheet, heads, [20, 22, 10, 8, 22, 40, 70, 50])
    columns = [
        (name, one) for name in order for one in (schema.settings.values() if name == "settings" else schema[name])
    ]
    for number, (name, column) in enumerate(columns, 1):
        needed = "yes" if column.needed else ""
        unit = "money unit of the settings" if column.is_money else column.unit
        line = [name, column.name, column.type, needed, unit, ", ".join(column.allowed), column.meaning]
        sheet.write_row(number, 0, [*line, ", ".join(column.aliases)])
    sheet.autofilter(0, 0, len(columns), len(heads) - 1)
