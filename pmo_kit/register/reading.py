"""A folder of CSV files or a workbook to a Register."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from os import PathLike
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd

from pmo_kit.disk import shared
from pmo_kit.doors import admit_path, door, known, missing
from pmo_kit.errors import PmoError
from pmo_kit.register.findings import Findings, apply_waivers, load_waivers, raise_blocks
from pmo_kit.register.importing import Import
from pmo_kit.register.layout import NOT_TABLES, find_body, looks_like, table_of_sheet
from pmo_kit.register.mapping import Doubtful, load_mapping
from pmo_kit.register.schema import load_schema
from pmo_kit.register.sheets import Body, RawSheet, read_csv_sheet
from pmo_kit.register.tables import Assembled, Register, assemble
from pmo_kit.register.values import folded, words

_WORKBOOKS = {".xlsx", ".xlsm"}
_TEXTS = {".csv", ".tsv", ".txt"}
_IGNORED = {".md", ".yml", ".yaml", ".json", ".py"}


@door
def load_register(
    path: str | PathLike[str],
    *,
    mapping: str | PathLike[str] | None = None,
    previous: Register | None = None,
    today: date | None = None,
    doubtful: Doubtful | None = None,
    waivers: str | PathLike[str] | None = None,
) -> Register:
    """Read a folder of CSV files (settings.csv, projects.csv, ...) or a workbook into a Register.

    Parameters
    ----------
    path : path
        A folder, or an .xlsx file with one sheet for each table; with a mapping any CSV file, workbook or folder of
        them; or a mapping file that names its source.
    mapping : path or None
        A mapping file that says how the source becomes tables (see `pmo_kit.register.mapping`).
    previous : Register or None
        The previous committee's register, for the rules that compare.
    today : date or None
        For the age of the figures; `as_of` of the settings when None.
    doubtful : str or None
        "refuse": a blocking problem raises. "set_aside": rows with one are left out, each is listed. "blank" (only
        with a mapping): a doubtful cell is missing, and its words are kept. None: as the mapping says, else "refuse".
    waivers : path or None
        A file of accepted findings (see `pmo_kit.register.waivers`); `waivers.yml` beside the tables when None.

    Returns
    -------
    Register
        With warnings and information in `findings`.

    Raises
    ------
    DataError
        With every problem at once, when at least one of them blocks.

    Examples
    --------
    >>> from pmo_kit.shipped import shipped
    >>> register = load_register(shipped("data", "samples", "meridian_12"))
    >>> len(register.projects), register.settings.unit
    (12, 'EUR million, real 2026')
    """
    place = admit_path("load_register", path, "a workbook or of a folder of CSV files")
    known([] if doubtful is None else [doubtful], get_args(Doubtful), "way with what is in doubt")

    def read() -> Register:
        findings = Findings()
        alone = mapping is None and is_mapping(place) and place.is_file()
        said, sources = (place, sources_of(place)) if alone else (mapping, [place])
        raws = read_together(sources, findings)
        spec, sheets = None, dict[str, RawSheet]()
        if said is None:
            sheets = tables_of_sheets(raws, findings)
        else:
            form = load_mapping(said)
            spec = Import(
                raws, replace(form, doubtful=doubtful or form.doubtful), findings, _hashes(sources), Path(said).name
            )
        lines = Findings()
        found = {name: find_body(raw, load_schema()[name], lines) for name, raw in sheets.items()}

        def once() -> tuple[Findings, Assembled]:
            trial = Findings([*findings.found, *lines.found])
            given, account = (found, None) if spec is None else (spec.bodies, spec.account)
            return trial, assemble(given, trial, name=place.stem, previous=previous, today=today, account=account)

        trial, assembled = once()
        while spec is not None and spec.settle(assembled.intakes, trial):
            trial, assembled = once()
        while spec is None and doubtful == "set_aside" and (rows := _set_aside(trial, found, findings)):
            found = {name: body and body.only(~_among(body, rows)) for name, body in found.items()}
            lines.found = [one for one in lines.found if one.severity != "block"]  # of rows that are set aside
            trial, assembled = once()
        accepted = _accepted(place, waivers, trial, today or assembled.settings.as_of)
        raise_blocks(trial)
        return Register.of_assembled(assembled, trial, accepted)

    if is_mapping(place) or any(one is not None for one in (mapping, today, doubtful, waivers)):
        return read()  # a mapping may name files elsewhere
    return shared(lambda: _content(place, previous), read, lambda _: True)


def _content(place: Path, previous: Register | None) -> tuple[object, ...]:
    """The name of a register, each of its files with all that is in it, and the content that it is compared with."""
    files = place.rglob("*") if place.is_dir() else [place, place.parent / "waivers.yml"]
    known = [(str(one.relative_to(place.parent)), one.read_bytes() if one.is_file() else None)
             for one in sorted(files)]  # fmt: skip
    return place.name, known, None if previous is None else previous.fingerprint


def is_mapping(path: Path) -> bool:
    """True when a file is a mapping, by its name."""
    return path.suffix.lower() in (".yml", ".yaml")


def sources_of(mapping: Path) -> list[Path]:
    """The files that a mapping names as its source: relative to it, else beside it.

    Raises
    ------
    DataError
        When it names none.
    """
    named = load_mapping(mapping).source
    if not named:
        raise Findings().refused("source_not_read unnamed", file=mapping.name)
    places = [mapping.parent / name for name in named]
    admit_names(places)
    return [place if place.exists() else mapping.parent / place.name for place in places]


def admit_names(sources: Sequence[Path]) -> None:
    """Refuse two sources of one name: by it findings, mappings and hashes call a file."""
    names = [source.name for source in sources]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        raise PmoError(f"Two sources are called {twice}: rename one, or name it once.")


def _hashes(sources: list[Path]) -> dict[str, str]:
    """SHA-256 of each file that is read."""
    files = [file for one in sources for file in ([one] if one.is_file() else sorted(one.iterdir()))]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def _accepted(
    place: Path, waivers: str | PathLike[str] | None, findings: Findings, today: date | None
) -> pd.DataFrame | None:
    """Apply the file of waivers, where there is one."""
    beside = (place if place.is_dir() else place.parent) / "waivers.yml"
    file = Path(waivers) if waivers is not None else beside
    if waivers is None and not file.exists():
        return None
    return apply_waivers(findings, load_waivers(file, findings), today, file.name)


def _set_aside(trial: Findings, found: Mapping[str, Body | None], findings: Findings) -> set[tuple[str, str, int]]:
    """Rows with a blocking problem, each listed; none when one problem is not of a row: then nothing can be read."""
    blocks = [one for one in trial.found if one.severity == "block"]
    if any(one.of_whole for one in blocks):
        return set()
    there = {(*body.place(), int(row)) for body in found.values() if body for row in body.rows}
    for one in blocks:
        if (one.file, one.sheet, one.row) in there:
            findings.tell("set_aside", why=one.message, fix=one.fix, **one.place)
    return there & {(one.file, one.sheet, one.row) for one in blocks}


def _among(body: Body, rows: set[tuple[str, str, int]]) -> np.ndarray:
    return np.array([(*body.place(), int(row)) in rows for row in body.rows], dtype=bool)


def _sheets_of(path: Path, findings: Findings) -> list[RawSheet]:
    """The sheets of a workbook, or the one of a CSV file; what reads workbooks is loaded for them alone."""
    if path.suffix.lower() in _WORKBOOKS:
        from pmo_kit.register.workbook import read_workbook

        return read_workbook(path, findings)
    raw = read_csv_sheet(path, findings) if path.suffix.lower() in _TEXTS else None
    return [] if raw is None else [raw]


def read_sheets(path: Path, findings: Findings) -> list[RawSheet]:
    """Every CSV file of a folder, or every sheet of a workbook."""
    if not path.exists():
        raise findings.refused("path_not_found", why=missing(path), file=path.name)
    if not path.is_dir():
        sheets = _sheets_of(path, findings)
        if not sheets and path.suffix.lower() not in _WORKBOOKS:
            findings.tell("file_not_read kind", file=path.name)
        return sheets
    sheets = []
    for file in sorted(path.iterdir()):
        kind, named = file.suffix.lower(), table_of_sheet(file.stem) is not None
        if file.name.startswith((".", "~$")) or (file.is_dir() and not (named and kind)):
            continue
        if file.is_dir():
            findings.tell("file_not_used folder", file=file.name)
        elif kind in _WORKBOOKS or (kind in _TEXTS and (named or kind != ".txt")):
            sheets += _sheets_of(file, findings)
        elif kind not in (*_IGNORED, *_TEXTS):
            findings.tell("file_not_used", file=file.name)
    return sheets


def read_together(places: Iterable[Path], findings: Findings) -> list[RawSheet]:
    """Sheets of several sources; a key shown as 007 is no 7 where one of them has 007 as text."""
    raws = [raw for place in places for raw in read_sheets(place, findings)]
    shown = {text for raw in raws for text in raw.zeros.values()}
    if shown and any(cell in shown for raw in raws for cell in raw.cells.to_numpy().ravel() if isinstance(cell, str)):
        for raw in raws:
            for (line, place), text in raw.zeros.items():
                raw.cells.iat[line, place] = text
    return raws


def tables_of_sheets(sheets: list[RawSheet], findings: Findings) -> dict[str, RawSheet]:
    """Which sheet holds which table; sheets that hold none are listed."""
    found: dict[str, RawSheet] = {}
    titles = [_table_of_title(raw.title) for raw in sheets]
    taken = {name for name, _ in titles}
    shapes = [[] if name else _tables_by_columns(raw, taken) for raw, (name, _) in zip(sheets, titles, strict=True)]
    guesses = [name for names in shapes for name in names]
    for raw, (name, how), shape in zip(sheets, titles, shapes, strict=True):
        known = folded(raw.title) in NOT_TABLES
        if not (name or known):
            name, how = next((one for one in shape if guesses.count(one) == 1), None), "by its columns"
        if name is None:
            what = "sheet_not_used known" if known else "sheet_not_used"
            findings.tell(what, title=raw.title, count=len(raw.cells), at=raw)
            continue
        if how:
            findings.tell("sheet_by_columns", title=raw.title, how=how, table=name, at=raw)
        if name in found:
            first = found[name]
            findings.tell("two_sheets", table=name, file=first.file, sheet=first.sheet, at=raw)
        else:
            found[name] = raw
    return found


def _table_of_title(title: str) -> tuple[str | None, str]:
    """The table that a title names, or its end, as spreadsheet programs name exported sheets: plan-benefits."""
    parts = re.split(r"[\s\-_.]+", title.strip())
    if name := table_of_sheet(title):
        return name, ""
    ends = (table_of_sheet(" ".join(parts[start:])) for start in range(1, len(parts)))
    return next((one for one in ends if one), None), "by the end of its name"


_NEUTRAL = re.compile(rf"(?:{'|'.join(words()['neutral_titles'])})? ?\d*")


def _tables_by_columns(raw: RawSheet, taken: set[str | None]) -> list[str]:
    """The needed tables that a sheet without a known name may hold, by its columns.

    Costs look like benefits: they are taken only where the title says costs, or says nothing.
    """
    title = folded(raw.title)
    open_tables = [one for one in load_schema() if one.required and one.name not in taken]
    names = [one.name for one in open_tables if looks_like(raw, one)]
    words = {"cost", "costs", "spend", "spending", "kosten", "coût", "coûts", "coste", "costes"}
    says = bool(_NEUTRAL.fullmatch(title)) or bool(words & set(re.split(r"\W+", title)))
    return [name for name in names if name != "costs" or says]
