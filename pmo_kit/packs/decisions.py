"""The committee's memory: `decisions.csv` of a pack, filled by the secretary, read back into a register."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pmo_kit.disk import inert, real, scratch, write_whole
from pmo_kit.errors import DataError, PackError
from pmo_kit.packs.manifest import Published, read_json
from pmo_kit.register.schema import load_schema
from pmo_kit.register.values import DOUBTS

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected
    from pmo_kit.packs.spec import PackSpec

PLAN, REFUSED = "arbitration.plan", "arbitration.refused"
_FUNDS = ("fund", "fund_to_next_gate", "fund_with_condition")


def blank_decisions(spec: PackSpec, exhibits: Sequence[Collected], register: Any) -> bytes:
    """`decisions.csv` of a pack: a line for each project that the pack recommends something for.

    Its columns are those of the table `decisions`; the recommendation, the amount and the size are filled in, and
    owner and date where the committee was asked, for a project or for all of a decision. The secretary fills
    `decision`, and `reason` where it is another one.

    Parameters
    ----------
    spec : PackSpec
        Committee and date.
    exhibits : sequence of Collected
        The plan (`arbitration.plan`) and what is refused (`arbitration.refused`) are read; without them the requests
        of the register are.
    register : Register
        Names, requests, fingerprint.

    Returns
    -------
    bytes
        Empty where nothing is recommended.
    """
    columns = _columns()
    advice = recommendation([item.record for item in exhibits])
    rows = register.table("requests").to_dict("records")
    requests = {row["project_id"]: row for row in rows if _text(row["project_id"])}
    of_all = {row["decision"]: row for row in rows if not _text(row["project_id"])}
    if not advice:
        advice = {
            project_id: {"recommended": _text(row["decision"]), "amount": _number(row["amount"])}
            for project_id, row in requests.items()
        }
    allowed = load_schema()["decisions"]["recommended"].allowed or ()
    names = register.projects["name"]
    lines = []
    for project_id, found in advice.items():
        request = requests.get(project_id) or of_all.get(found["recommended"], {})
        own = {
            "date": spec.date.isoformat() if spec.date else "",
            "committee": spec.committee,
            "project_id": project_id,
            "project_name": _text(names.get(project_id)),
            "owner": _text(request.get("owner")),
            "due": _text(request.get("by_when"))[:10],
            "recommended": found["recommended"] if found["recommended"] in allowed else "",
            "register_fingerprint": register.fingerprint,
        }
        lines.append({**found, **own})
    return _written(columns, lines) if lines else b""


@dataclass(frozen=True)
class Recorded:
    """What became of the decisions of a committee.

    Parameters
    ----------
    count : int
        Decisions that were recorded.
    file : Path
        The table that they were added to.
    left_open : tuple of str
        Projects that the pack recommends something for and on which nothing was decided.
    warnings : tuple of str
        What to look at: the pack was made from another state of the register.
    """

    count: int
    file: Path
    left_open: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.count} decision{'s' * (self.count != 1)} recorded in {self.file}."]
        if self.left_open:
            lines.append(f"Left open, nothing was decided on: {', '.join(self.left_open)}.")
        return "\n".join([*lines, *self.warnings])


def read_decisions(path: str | Path, register: Any = None) -> list[dict[str, str]]:
    """Read what the committee decided from the `decisions.csv` of a pack, as any spreadsheet program saved it.

    Every encoding, separator, order of day and month and decimal mark that a register may have is read; day and month
    are settled by the date of the pack, else by the other dates of the file. Lines without a decision are left out.

    Parameters
    ----------
    path : str or Path
        The file (.csv or .xlsx), or the folder of a pack.
    register : Register or None
        Amounts that state a unit are brought to its own; those in another currency are refused.

    Returns
    -------
    list of dict
        Column of the table `decisions` -> text; dates are ISO, amounts plain numbers.

    Raises
    ------
    PackError
        With every line to mend: a decision that is not known, a date that can be read two ways or is none, a committee
        that is missing, and a decision against the recommendation without a reason or without who decided it.
    """
    return _read(path, register)[0]


def _read(path: str | Path, register: Any) -> tuple[list[dict[str, str]], list[str], list[str]]:
    """What was decided, the projects without a decision, and warnings."""
    file = _decisions_file(path)
    lines, warnings, faults = _lines(file, register)
    if register:
        warnings += _read_projects(lines, register)
    decided = [(number, row) for number, row in lines if row["decision"]]
    faults += [fault for number, row in decided for fault in _faults(row, _who(number, row))]
    first: dict[tuple[str, ...], int] = {}
    twice = [(number, row) for number, row in decided if first.setdefault(_key(row), number) != number]
    faults += [f"{_who(number, row)}: decided in line {first[_key(row)]} already." for number, row in twice]
    if faults:
        raise PackError("\n".join([f"{file} cannot be recorded:", *(f"  {fault}" for fault in faults)]))
    left = [row["project_id"] for _, row in lines if row["project_id"] and not row["decision"]]
    return [row for _, row in decided], left, warnings


def _decisions_file(path: str | Path) -> Path:
    """The file itself, or that of a pack."""
    place = Path(path)
    if not place.is_dir() or (place / "decisions.csv").is_file():
        return place / "decisions.csv" if place.is_dir() else place
    return Published.at(place).folder / "decisions.csv"


def _lines(file: Path, register: Any) -> tuple[list[tuple[int, dict[str, str]]], list[str], list[str]]:
    """The lines of a file with their numbers, dates as ISO, amounts as plain numbers; warnings; what is wrong."""
    numbers, raws, comma, warnings = _cells(file)
    columns, faults = _columns(), list[str]()
    names = set(raws[0]) if raws else set()
    absent = sorted({"date", "committee", "project_id", "decision", "recommended", "reason"} - names)
    if absent:
        raise PackError(f"{file.name} lacks the column{'s' * (len(absent) > 1)} {', '.join(absent)}.")
    filled = {name for raw in raws for name, cell in raw.items() if cell.strip()} - set(columns)
    others = ", ".join(sorted(name or "(without a header)" for name in filled))
    if others:
        warnings.append(f"Look: what stands under {others} was not recorded.")
    if others and (gone := ", ".join(name for name in columns if name not in names)):
        faults.append(f"{others}: no column of the table decisions. Renamed? It lacks {gone}.")
    rows = [{name: _plain(raw.get(name)) for name in columns} for raw in raws]
    decided = [(number, row) for number, row in zip(numbers, rows, strict=True) if row["decision"]]
    for _, row in decided:
        row["decision"] = row["decision"].lower().replace(" ", "_")
    _read_dates(decided, file, faults)
    _read_amounts(decided, comma, faults, register)
    return list(zip(numbers, rows, strict=True)), warnings, faults


def _columns() -> list[str]:
    return [column.name for column in load_schema()["decisions"]]


def _cells(file: Path) -> tuple[list[int], list[dict[str, str]], bool, list[str]]:
    """Numbers of the lines, lines by column, whether a comma is the mark where nothing proves it, and warnings."""
    from pmo_kit.register.findings import Findings
    from pmo_kit.register.reading import read_sheets

    findings = Findings()
    try:
        raws = read_sheets(file, findings)
    except DataError as error:
        raise PackError(f"{file} cannot be read: {error}") from error
    stop, look = (findings.frame().query(f"severity == '{one}'") for one in ("block", "warn"))
    look = look[(look["rule"] != "encoding_repaired") | (look["value"] != "cp1252")]  # as Excel saves a CSV file
    if len(stop) or not raws:
        raise PackError(f"{file} cannot be read: {stop['message'].iloc[0] if len(stop) else 'it is empty.'}")
    warnings = [f"Look at {row.file} {row.sheet} {_text(row.row)}: {row.message}" for row in look.itertuples()]
    for raw in raws:
        cells = [[_shown(cell) for cell in line] for line in raw.cells.astype(object).to_numpy().tolist()]
        heads = [n for n, line in enumerate(cells) if {"project_id", "decision"} <= set(map(_folded, line))]
        for head in heads[:1]:
            names = [_folded(one) if _folded(one) in _columns() else one for one in cells[head]]
            lines = zip(raw.rows[head + 1 :].tolist(), cells[head + 1 :], strict=True)
            found = [(row, dict(zip(names, line, strict=True))) for row, line in lines if any(line)]
            return [row for row, _ in found], [line for _, line in found], raw.semicolon, warnings
    return [], [], False, warnings


def _read_projects(rows: Sequence[tuple[int, dict[str, str]]], register: Any) -> Iterator[str]:
    """Write the id where a project is called by its name; say so, and where id, name and level do not agree."""
    levels = register.table("levels").groupby("project_id")["level"].agg(set).to_dict()
    called, read = dict(register.projects["name"].astype(str)), dict[str, str]()
    for number, row in rows:
        told, name = row["project_id"], row["project_name"]
        ways = ((each, (each, own, f"{each} {own}")) for each, own in called.items())
        meant = [] if told in called else [each for each, names in ways if _folded(told) in map(_folded, names)]
        if len(meant) == 1:
            row["project_id"] = read[told] = meant[0]
        own = called.get(row["project_id"], name)
        if name and _folded(name) != _folded(own):
            yield f"Look: {_who(number, row)} is {own} in this register, not {name}."
        if row["decision"] and row["level"] and row["level"] not in levels.get(row["project_id"], {row["level"]}):
            yield f"Look: {_who(number, row)} has no level {row['level']} in this register."
    if read:
        yield f"Look: projects were read by name: {', '.join(f'{told} as {meant}' for told, meant in read.items())}."


def _folded(text: str) -> str:
    return "_".join(text.casefold().split())


def _shown(cell: Any) -> str:
    """A cell as text, an amount with the unit that its sheet shows; what the sheet shows otherwise is no number."""
    unit = getattr(cell, "unit", "")
    return "" if pd.isna(cell) else f"{cell} {DOUBTS.get(unit, unit)}".strip() if unit else str(cell)


def _read_dates(rows: Sequence[tuple[int, dict[str, str]]], file: Path, faults: list[str]) -> None:
    """Write every date as ISO; the order of day and month is one for the whole file."""
    from pmo_kit.register.values import order_evidence, parse_date

    dated = [(number, row, name) for number, row in rows for name in ("date", "due") if row[name]]
    told = pd.Series([row[name] for _, row, name in dated], dtype="str")
    column = load_schema()["decisions"]["date"]
    plain, *both = (parse_date(told, column, month_first=way).values for way in (None, False, True))
    proven: tuple[bool, ...] = order_evidence(told)
    pack = file.parent / "manifest.json"
    if plain.isna().any() and not any(proven) and pack.is_file() and (own := read_json(pack).get("date")):
        proven = tuple(pd.Timestamp(own) in set(way[plain.isna()]) for way in both)
    for (number, row, name), clear, *ways in zip(dated, plain, *both, strict=True):
        where = f"{_who(number, row)}: {name}"
        pairs = zip(ways, proven if any(proven) else (True, True), strict=True)
        left = {clear} if pd.notna(clear) else {day for day, taken in pairs if taken and pd.notna(day)}
        days = sorted(f"{day:%Y-%m-%d}" for day in left)
        if len(days) == 1:
            row[name] = days[0]
        elif days:
            faults.append(f"{where} {row[name]} can be {days[0]} or {days[1]}; write it as one of these.")
        else:
            faults.append(f"{where} '{row[name]}' is no date; write it like 2026-10-15.")


def _read_amounts(rows: Sequence[tuple[int, dict[str, str]]], comma: bool, faults: list[str], register: Any) -> None:
    """Write every amount as a plain number; the decimal mark is one for the whole file."""
    from pmo_kit.register.values import decimal_evidence, parse_number

    told = pd.Series([row["amount"] for _, row in rows], dtype="str")
    point, proven = decimal_evidence(told)
    style = None if point and proven else proven or (comma and not point)
    unit, currency = (register.settings.money_unit, register.settings.currency) if register else (None, "")
    column = load_schema()["decisions"]["amount"]
    parsed = parse_number(told, column, comma=style, money_unit=unit or None, currency=currency)
    blocked = (mask for how, _, _, mask in parsed.notes if how == "block" and mask is not None)
    states = zip(rows, parsed.values, parsed.bad, np.any([parsed.bad, *blocked], axis=0), strict=True)
    for (number, row), value, bad, other in states:
        if bad:
            faults.append(f"{_who(number, row)}: amount '{row['amount']}' is no plain number.")
        elif other:
            faults.append(f"{_who(number, row)}: amount '{row['amount']}' is in another currency than the register.")
        elif value < 0:
            faults.append(f"{_who(number, row)}: amount '{row['amount']}' is below zero.")
        elif row["amount"]:
            row["amount"] = f"{value:.15g}"


def _who(number: int, row: Mapping[str, str]) -> str:
    return f"line {number}, {row['project_id'] or 'no project'}"


def _faults(row: Mapping[str, str], who: str) -> Iterator[str]:
    """What is wrong with one decision."""
    allowed = load_schema()["decisions"]["decision"].allowed or ()
    if row["decision"] not in allowed:
        yield f"{who}: '{row['decision']}' is no decision; use {', '.join(allowed)}."
    elif _against(row) and not row["reason"]:
        yield (
            f"{who}: the committee decided {_said(row['decision'])} where {_said(row['recommended'])} was "
            "recommended; write down the reason."
        )
    elif _against(row) and not row["decided_by"]:
        yield f"{who}: decided against the recommendation; write down who decided."
    yield from (f"{who}: {name} is empty." for name in ("date", "committee", "project_id") if not row[name])


def record_decisions(path: str | Path, register_folder: str | Path) -> Recorded:
    """Add what a committee decided to the table `decisions` of a register, so that the next pack knows it.

    A line of the same date, committee and project is replaced. The register is read and checked with the new lines
    before a file is changed.

    Parameters
    ----------
    path : str or Path
        The filled `decisions.csv` (or .xlsx), or the folder of its pack.
    register_folder : str or Path
        A register in CSV files.

    Raises
    ------
    PackError
        As `read_decisions`; nothing is decided; or the register is not a folder.
    DataError
        When the register would not load with them.
    """
    from pmo_kit.register import load_register

    folder = Path(register_folder)
    if not folder.is_dir():
        raise PackError(f"{folder} is not a folder of CSV files: copy the lines of decisions.csv into its sheet.")
    register = load_register(folder)
    rows, left, warnings = _read(path, register)
    if not rows:
        raise PackError(f"No line of {path} has a decision: fill the column 'decision' first.")
    file, columns = folder / "decisions.csv", _columns()
    before: list[dict[str, str]] = []
    if file.is_file():
        before = _cells(file)[1]
        known = register.table("decisions")
        if len(known) == len(before) and known["date"].notna().all():  # as the register reads them
            days = (f"{day:%Y-%m-%d}" for day in known["date"])
            sums = (f"{one:.15g}" if one == one else "" for one in known["amount"])
            pairs = zip(before, days, sums, strict=True)
            before = [row | {"date": day, "amount": amount} for row, day, amount in pairs]
        columns += [name for name in (before[0] if before else {}) if name and name not in columns]
    fresh = {_key(row) for row in rows}
    content = _written(columns, [*(row for row in before if _key(row) not in fresh), *rows])
    with scratch() as temporary:
        trial = temporary / real(folder).name
        shutil.copytree(folder, trial)
        (trial / "decisions.csv").write_bytes(content)
        load_register(trial)
    write_whole(file, content)
    return Recorded(len(rows), file, tuple(left), (*_warnings(rows, register), *warnings))


def _warnings(rows: Sequence[Mapping[str, str]], register: Any) -> Iterator[str]:
    """Whether the decisions are about this register as it is."""
    then = sorted({row["register_fingerprint"] for row in rows} - {"", register.fingerprint})
    if then:
        yield (
            f"Look: the pack was made from a register with content {then[0][:8]}, this one has "
            f"{register.fingerprint[:8]}. It was changed since, or it is another one."
        )
    strange = sorted({row["project_id"] for row in rows} - set(register.projects.index))
    if strange:
        verb = "is" if len(strange) == 1 else "are"
        yield f"Look: {', '.join(strange)} {verb} in no row of the projects of this register."


def project_of(row: Mapping[str, Any]) -> str:
    """The id of the project that a row is about; empty for none.

    Examples
    --------
    >>> project_of({"project": {"runs": [["text", "Own solar"], ["id", "P09"]]}}), project_of({"year": 2027})
    ('P09', '')
    """
    return str(row.get("project_id") or "") or next(_runs(row, "id"), "")


def _runs(row: Mapping[str, Any], *roles: str) -> Iterator[str]:
    """The texts of some roles in the cell of a row that names its project."""
    runs = row["project"].get("runs", ()) if isinstance(row.get("project"), dict) else ()
    return (str(text) for role, text in runs if role in roles)


def recommendation(exhibits: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a pack recommends, from its `figures.json`: project -> recommended, level, amount.

    Parameters
    ----------
    exhibits : sequence of mapping
        Records of exhibits; the plan and what is refused are read.
    """
    found: dict[str, dict[str, Any]] = {}
    for record in exhibits:
        if record.get("id") not in (PLAN, REFUSED):
            continue
        data = record.get("data") or {"columns": [], "rows": []}
        for cells in data["rows"]:
            row = dict(zip(data["columns"], cells, strict=True))
            project_id = project_of(row)
            if not project_id or (record["id"] == REFUSED and project_id in found):
                continue
            decision = row.get("decision") if record["id"] == PLAN else "refuse"
            condition = str(row.get("condition") or "")
            advised = "fund_with_condition" if decision == "fund" and condition else str(decision or "")
            found[project_id] = {
                "project_name": " ".join(_runs(row, "lead", "text")),
                "recommended": advised,
                **({"condition": condition} if condition else {}),
                "level": str(row.get("level") or "") if decision != "refuse" else "",
                "amount": _number(row.get("cost")),
            }
    return found


def _against(row: Mapping[str, str]) -> bool:
    """Whether a decision is another one than was recommended; money with a condition is still money."""
    advised, decided = row["recommended"], row["decision"]
    return bool(advised) and advised != decided and not (advised in _FUNDS and decided in _FUNDS)


def _said(decision: str) -> str:
    return f"'{decision.replace('_', ' ')}'"


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_plain(row.get(name)).casefold() for name in ("date", "committee", "project_id"))


def _written(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A CSV file in which no text can run as a formula."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        values = (row.get(name, "") for name in columns)
        writer.writerow([v if isinstance(v, int | float) else inert(str(v)) for v in values])
    return stream.getvalue().encode()


def _plain(value: Any) -> str:
    """A cell as text, without the quote that keeps a spreadsheet from running it."""
    text = str(value or "").strip()
    return text[1:] if text.startswith(("'=", "'+", "'-", "'@")) else text


def _text(value: Any) -> str:
    """A value of a register as text; missing is empty."""
    return "" if pd.isna(value) or str(value) in ("<NA>", "NaT", "nan") else str(value)


def _number(value: Any) -> Any:
    """An amount as it is written; missing is empty."""
    return round(float(value), 6) if isinstance(value, int | float) and value == value else ""
