"""Registers to CSV files that any program opens, and that load back equal."""

from __future__ import annotations

import csv
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from pmo_kit.register.schema import load_schema
from pmo_kit.register.tables import Register

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """Text that a spreadsheet program shows and never runs: a leading quote before = + - @.

    The reader takes the quote away again.

    >>> inert("=cmd|' /C calc'!A0"), inert("plain")
    ("'=cmd|' /C calc'!A0", 'plain')
    """
    return "'" + text if text.startswith(_DANGEROUS) else text


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
        frame = register.table(name)
        if name == "projects":
            frame = frame.reset_index()
        if name == "levels":
            said = (frame["level"] != "full") | (frame["label"] != "")
            frame = frame[said | frame["project_id"].duplicated(keep=False)]
        keep = [column.name for column in table if column.required or frame[column.name].notna().any()]
        if not len(frame):
            continue
        text = text_columns(frame[keep])
        with (place / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(keep)
            writer.writerows(text.itertuples(index=False))
        written.append(place / f"{name}.csv")
    return written
