"""The committee's memory: `decisions.csv` of a pack, filled by the secretary, read back into a register."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.disk import inert, real, scratch, write_whole
from pmo_kit.errors import DataError, PackError
from pmo_kit.facts import as_given
from pmo_kit.packs.jobs import Pack
from pmo_kit.packs.layout import Collected
from pmo_kit.packs.manifest import Published, read_json
from pmo_kit.register import load_register
from pmo_kit.register.findings import Findings, Intake
from pmo_kit.register.layout import find_body
from pmo_kit.register.reading import read_sheets
from pmo_kit.register.schema import load_schema
from pmo_kit.register.settings import Settings
from pmo_kit.register.shaping import shape_table
from pmo_kit.register.sheets import Body
from pmo_kit.register.template import text_columns
from pmo_kit.register.values import TWO_WAYS, clean_cell, clean_text, folded, look_alike, parse_date, readable

PLAN, REFUSED = "arbitration.plan", "arbitration.refused"
_OURS = {"project_name", "recommended", "register_fingerprint"}
_NEEDED = {"date", "committee", "project_id", "decision", "recommended", "reason"}
_NO_ROWS = ("banner_row", "total_row", "example_row")
_FUNDS = ("fund", "fund_to_next_gate", "fund_with_condition")


def blank_decisions(pack: Pack, exhibits: Sequence[Collected], register: Any) -> bytes:
    """`decisions.csv` of a pack: a line for each project that the pack recommends something for.

    Its columns are those of the table `decisions`; the recommendation, the amount and the size are filled in, and
    owner and date where the committee was asked, for a project or for all of a decision. The secretary fills
    `decision`, and `reason` where it is another one.

    Parameters
    ----------
    pack : Pack
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
            "date": pack.date.isoformat() if pack.date else "",
            "committee": pack.committee,
            "project_id": project_id,
            "project_name": _text(names.get(project_id)),
            "owner": _text(request.get("owner")),
            "due": _text(request.get("by_when"))[:10],
            "recommended": found["recommended"] if found["recommended"] in allowed else "",
            "register_fingerprint": register.fingerprint,
        }
        lines.append({**found, **own})
    return _written(_columns(), lines) if lines else b""


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
    body, intake, found = _shaped(file, register.settings if register else Settings())
    if absent := sorted(_NEEDED - set(intake.headers)):
        raise _lacks(file, absent)
    faults, own = [], set(intake.headers.values())
    for _, header, cells, _ in body.unread([at for at, name in enumerate(body.headers) if name not in own]):
        lacks = (one for one in intake.table if one.name not in {*intake.headers, *_OURS})
        if like := ", ".join(one.name for one in lacks if cells.map(lambda cell, one=one: readable(cell, one)).all()):
            faults.append(f"{header}: no column of the table decisions. Renamed? It lacks {like}.")
    rows = text_columns(intake.frame).map(lambda text: clean_cell(text) or "").to_dict("records")
    for name, places in intake.unread.items():
        for place in np.flatnonzero(places):
            rows[place][name] = str(intake.raw[name].iloc[place])
    lines = list(zip(intake.rows.tolist(), rows, strict=True))
    decided = {number: row for number, row in lines if row["decision"]}
    for one in found[found["severity"].eq("block") & (found["row"].isin(decided) | found["row"].isna())].itertuples():
        where = f"{_who(one.row, decided[one.row])}: {one.field}" if one.row in decided else file.name
        faults.append(f"{where}: {one.message} {one.fix}")
    for number, row in decided.items():
        if row["amount"].startswith("-"):
            faults.append(f"{_who(number, row)}: amount '{row['amount']}' is below zero.")
    untold = found["rule"].eq("missing_with_reason") & found["row"].isin(decided) & found["field"].ne("decision")
    untold |= found["rule"].isin(_NO_ROWS)
    look = found[found["severity"].eq("warn") | untold].itertuples()
    none = [number for number, row in lines if not (row["decision"] or row["project_id"])]
    told = [f"Look at {file.name} {number}: no project and no decision; it was left out." for number in none]
    told += [f"Look at {one.file} {one.sheet} {_text(one.row)}: {one.message}" for one in look]
    return lines, told, faults


def _lacks(file: Path, names: Sequence[str]) -> PackError:
    return PackError(f"{file.name} lacks the column{'s' * (len(names) > 1)} {', '.join(names)}.")


def _columns() -> list[str]:
    return [column.name for column in load_schema()["decisions"]]


def _shaped(file: Path, settings: Settings) -> tuple[Body, Intake, pd.DataFrame]:
    """The table of decisions of a file as a register reads it: its lines, its typed columns, what was found.

    What the cells do not settle (day and month, a comma) the date of the pack does, else the settings.
    """

    findings, table = Findings(), load_schema()["decisions"]
    try:
        raws = read_sheets(file, findings)
    except DataError as error:
        raise PackError(f"{file} cannot be read: {error}") from error
    heads = [any({"project id", "decision"} <= set(map(folded, line)) for line in raw.top) for raw in raws]
    body = find_body(raws[heads.index(True)], table, findings) if True in heads else None
    stop = findings.frame().query("severity == 'block'")
    if not raws or len(stop):
        raise PackError(f"{file} cannot be read: {stop['message'].iloc[0] if len(stop) else 'it is empty.'}")
    if body is None:
        there = {folded(cell).replace(" ", "_") for raw in raws for line in raw.top for cell in line}
        raise _lacks(file, sorted(_NEEDED - there or _NEEDED))
    pack = file.parent / "manifest.json"

    def written(*names: str) -> list[str]:
        return [text for name in names for place in body.find(name) for text in body.text(place).dropna()]

    def otherwise(kind: str) -> bool | None:
        if kind == "decimal":
            clear = r"\d+[.,]\d+" if body.raw.separator == "," else r"\d+\.\d+"  # where a comma ends the cell it groups
            odd = any(TWO_WAYS.fullmatch(one) and not re.fullmatch(clear, one) for one in written("amount"))
            return settings.comma if odd else bool(settings.comma)
        own = pd.Timestamp(read_json(pack).get("date")) if pack.is_file() else None
        dates = pd.Series(written("date", "due"), dtype="str")
        day, month = (own in set(parse_date(dates, table["date"], month_first=way).values) for way in (False, True))
        return month if day != month else settings.month_first

    intake = shape_table(body, table, findings, replace(settings, decimal="", date_order=""), otherwise)
    found = findings.frame()
    return body, intake, found[(found["rule"] != "encoding_repaired") | (found["value"] != "cp1252")]  # as Excel saves


def _read_projects(rows: Sequence[tuple[int, dict[str, str]]], register: Any) -> Iterator[str]:
    """Write the id where a project is called by its name; say so, and where id, name and level do not agree."""
    levels = register.table("levels").groupby("project_id")["level"].agg(set).to_dict()
    called, read = dict(register.projects["name"].astype(str)), dict[str, str]()
    for number, row in rows:
        told, name = row["project_id"], row["project_name"]
        ways = ((each, (each, own, f"{each} {own}")) for each, own in called.items())
        meant = [] if told in called else [each for each, names in ways if look_alike(told) in map(look_alike, names)]
        if len(meant) == 1:
            row["project_id"] = read[told] = meant[0]
        own = called.get(row["project_id"], name)
        if name and look_alike(name) != look_alike(own):
            yield f"Look: {_who(number, row)} is {own} in this register, not {name}."
        if row["decision"] and row["level"] and row["level"] not in levels.get(row["project_id"], {row["level"]}):
            yield f"Look: {_who(number, row)} has no level {row['level']} in this register."
    if read:
        yield f"Look: projects were read by name: {', '.join(f'{told} as {meant}' for told, meant in read.items())}."


def _who(number: int, row: Mapping[str, str]) -> str:
    return f"line {number}, {row['project_id'] or 'no project'}"


def _faults(row: Mapping[str, str], who: str) -> Iterator[str]:
    """What is wrong with one decision."""
    if _against(row) and not row["reason"]:
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
        body, intake, found = _shaped(file, register.settings)
        own = {"", *intake.headers.values()}
        others = {name: body.text(at).fillna("") for at, name in enumerate(body.headers) if name not in own}
        extra = found.loc[found["rule"] == "column_not_mapped", "column"]
        lines = found.loc[found["rule"].isin(_NO_ROWS), "value"]
        if lost := [*lines, *extra[extra.duplicated() | ~extra.isin(others)]]:
            raise PackError(f"{file} has what is no decision and would be lost: {', '.join(lost)}.")
        before = text_columns(register.table("decisions")).assign(**others).to_dict("records")  # as it reads them
        for name, cells in intake.raw.items():  # and why there is none
            for row, text in zip(before, clean_text(cells).fillna(""), strict=True):
                row[name] = row[name] or text
        columns += others
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
    as_of = str(register.settings.as_of or "")
    if early := [row["project_id"] for row in rows if row["date"] < as_of and not then]:
        yield f"Look: {', '.join(early)}: the date is before {as_of}, that of the figures it was decided on."
    asked = register.table("costs").groupby(["project_id", "level"])["amount"].sum()
    for row in rows:
        cost = asked.get((row["project_id"], row["level"] or "full"), np.inf)
        if float(row["amount"] or 0) > 2 * cost:
            yield f"Look: {row['project_id']}: {row['amount']} is more than twice its cost here ({as_given(cost)})."
    strange = sorted({row["project_id"] for row in rows} - set(register.projects.index))
    if strange:
        verb = "is" if len(strange) == 1 else "are"
        yield f"Look: {', '.join(strange)} {verb} in no row of the projects of this register."


def rows_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a record of `figures.json`, by column."""
    data = record.get("data") or {"columns": [], "rows": []}
    return [dict(zip(data["columns"], cells, strict=True)) for cells in data["rows"]]


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
        for row in rows_of(record) if record.get("id") in (PLAN, REFUSED) else ():
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
    known = decided in (load_schema()["decisions"]["decision"].allowed or ())
    return bool(advised) and known and advised != decided and not (advised in _FUNDS and decided in _FUNDS)


def _said(decision: str) -> str:
    return f"'{decision.replace('_', ' ')}'"


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple((clean_cell(row.get(name)) or "").casefold() for name in ("date", "committee", "project_id"))


def _written(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A CSV file in which no text can run as a formula."""
    values = ([row.get(name, "") for name in columns] for row in rows)
    cells = [[inert(value) if isinstance(value, str) else value for value in line] for line in values]
    return pd.DataFrame(cells, columns=columns, dtype=object).to_csv(index=False, lineterminator="\n").encode()


def _text(value: Any) -> str:
    """A value of a register as text; missing is empty."""
    return "" if pd.isna(value) or str(value) in ("<NA>", "NaT", "nan") else str(value)


def _number(value: Any) -> Any:
    """An amount as it is written; missing is empty."""
    return round(float(value), 6) if isinstance(value, int | float) and value == value else ""
