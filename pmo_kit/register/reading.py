"""A folder of CSV files or a workbook to a Register."""

from __future__ import annotations

from datetime import date
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import DataError
from pmo_kit.register.assembly import assemble
from pmo_kit.register.findings import COLUMNS, Findings, raise_blocks
from pmo_kit.register.layout import NOT_TABLES, folded, table_of_sheet
from pmo_kit.register.schema import load_schema
from pmo_kit.register.sheets import RawSheet, read_csv_sheet, read_workbook
from pmo_kit.register.tables import Register

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORKBOOKS = {".xlsx", ".xlsm"}
_TEXTS = {".csv", ".tsv", ".txt"}
_IGNORED = {".md", ".yml", ".yaml", ".json", ".py"}


def load_register(
    path: str | PathLike[str], *, previous: Register | None = None, today: date | None = None
) -> Register:
    """Read a folder of CSV files (settings.csv, projects.csv, ...) or a workbook into a Register.

    Parameters
    ----------
    path : path
        A folder, or an .xlsx file with one sheet for each table.
    previous : Register or None
        The previous committee's register, for the rules that compare.
    today : date or None
        For the age of the figures; `as_of` of the settings when None.

    Returns
    -------
    Register
        With warnings and information in `findings`.

    Raises
    ------
    DataError
        With every problem at once, when at least one of them blocks.
    """
    place = Path(path)
    findings = Findings()
    sheets = tables_of_sheets(read_sheets(place, findings), findings)
    assembled = assemble(
        {name: (raw, None) for name, raw in sheets.items()},
        findings,
        name=place.stem,
        previous=previous,
        today=today,
    )
    raise_blocks(findings)
    return Register.of_assembled(assembled, findings)


def read_sheets(path: Path, findings: Findings) -> list[RawSheet]:
    """Every CSV file of a folder, or every sheet of a workbook."""
    if not path.exists():
        findings.add(
            "block",
            "path_not_found",
            f"There is no file or folder {path}.",
            "Check the path.",
            file=path.name,
        )
        raise DataError(f"There is no file or folder {path}.", findings.frame()[list(COLUMNS)])
    if path.is_file():
        if path.suffix.lower() in _WORKBOOKS:
            return read_workbook(path, findings)
        raw = read_csv_sheet(path, findings) if path.suffix.lower() in _TEXTS else None
        if raw is None:
            findings.add(
                "block",
                "file_not_read",
                f"{path.name} is neither a workbook (.xlsx) nor a CSV file with rows.",
                "Save it as .xlsx or .csv.",
                file=path.name,
            )
        return [] if raw is None else [raw]
    sheets = []
    for file in sorted(path.iterdir()):
        if file.is_dir() or file.name.startswith((".", "~$")):
            continue
        kind = file.suffix.lower()
        if kind in _TEXTS and table_of_sheet(file.stem, load_schema()) is None and kind == ".txt":
            continue
        if kind in _TEXTS:
            raw = read_csv_sheet(file, findings)
            sheets += [] if raw is None else [raw]
        elif kind in _WORKBOOKS:
            sheets += read_workbook(file, findings)
        elif kind not in _IGNORED:
            findings.add(
                "info", "file_not_used", f"{file.name} is no table; it was not read.", file=file.name
            )
    return sheets


def tables_of_sheets(sheets: list[RawSheet], findings: Findings) -> Mapping[str, RawSheet]:
    """Which sheet holds which table; sheets that hold none are listed."""
    schema = load_schema()
    found: dict[str, RawSheet] = {}
    for raw in sheets:
        name = table_of_sheet(raw.title, schema)
        place: dict[str, Any] = {"file": raw.file, "sheet": raw.sheet}
        if name is None:
            known = folded(raw.title) in NOT_TABLES
            findings.add(
                "info" if known else "warn",
                "sheet_not_used",
                f'"{raw.title}" is not the name of a table; its {len(raw.cells)} lines were not read.',
                "" if known else "Rename it to a table of the dictionary, or map it in a mapping file.",
                **place,
            )
        elif name in found:
            first = found[name]
            findings.add(
                "block",
                "two_sheets",
                f"The table {name} is there twice; {first.file} {first.sheet} has it too.",
                "Put all rows into one of them.",
                **place,
            )
        else:
            found[name] = raw
    return found
