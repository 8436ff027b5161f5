"""The committee's memory: `decisions.csv` of a pack, filled by the secretary, read back into a register."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError
from pmo_kit.packs.compare import project_of
from pmo_kit.register.schema import load_schema

if TYPE_CHECKING:
    from pmo_kit.packs.collect import Collected
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
    """
    columns = [column.name for column in load_schema()["decisions"]]
    advice = _advice(exhibits)
    rows = register.table("requests").to_dict("records")
    requests = {row["project_id"]: row for row in rows if _text(row["project_id"])}
    of_all = {row["decision"]: row for row in rows if not _text(row["project_id"])}
    for project_id, row in requests.items():
        advice.setdefault(
            project_id, {"recommended": _text(row["decision"]), "amount": _number(row["amount"])}
        )
    allowed = load_schema()["decisions"]["recommended"].allowed or ()
    names = register.projects["name"]
    lines = []
    for project_id, found in advice.items():
        request = requests.get(project_id) or of_all.get(found["recommended"], {})
        lines.append(
            {
                "date": spec.date.isoformat() if spec.date else "",
                "committee": spec.committee,
                "project_id": project_id,
                "project_name": _text(names.get(project_id)),
                "amount": found.get("amount", ""),
                "level": found.get("level", ""),
                "owner": _text(request.get("owner")),
                "due": _text(request.get("by_when"))[:10],
                "recommended": found["recommended"] if found["recommended"] in allowed else "",
                "register_fingerprint": register.fingerprint,
            }
        )
    return _written(columns, lines)


def read_decisions(path: str | Path) -> list[dict[str, str]]:
    """Read what the committee decided from the `decisions.csv` of a pack.

    Lines without a decision are left out: nothing was decided.

    Parameters
    ----------
    path : str or Path
        The file, or the folder of a pack.

    Raises
    ------
    PackError
        With every line to mend: a decision that is not known, a date or committee that is missing, and a decision
        against the recommendation without a reason or without who decided it.
    """
    file = Path(path) / "decisions.csv" if Path(path).is_dir() else Path(path)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PackError(f"{file} cannot be read: {error}") from error
    columns = {column.name: column for column in load_schema()["decisions"]}
    separator = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    absent = {"date", "committee", "project_id", "decision", "recommended", "reason"} - set(
        reader.fieldnames or ()
    )
    if absent:
        raise PackError(f"{file.name} lacks the column{'s' * (len(absent) > 1)} {', '.join(sorted(absent))}.")
    rows, faults = [], []
    for number, raw in enumerate(reader, 2):
        row = {name: _plain(raw.get(name)) for name in columns}
        row["decision"] = row["decision"].lower().replace(" ", "_")
        if not row["decision"]:
            continue
        rows.append(row)
        who = f"line {number}, {row['project_id'] or 'no project'}"
        allowed = columns["decision"].allowed or ()
        if row["decision"] not in allowed:
            faults.append(f"{who}: '{row['decision']}' is no decision; use {', '.join(allowed)}.")
        elif _against(row) and not row["reason"]:
            faults.append(
                f"{who}: the committee decided {_said(row['decision'])} where {_said(row['recommended'])} was "
                "recommended; write down the reason."
            )
        elif _against(row) and not row["decided_by"]:
            faults.append(f"{who}: decided against the recommendation; write down who decided.")
        for name in ("date", "committee", "project_id"):
            if not row[name]:
                faults.append(f"{who}: {name} is empty.")
    if faults:
        raise PackError("\n".join([f"{file} cannot be recorded:", *(f"  {fault}" for fault in faults)]))
    return rows


def record_decisions(path: str | Path, register_folder: str | Path) -> int:
    """Add what a committee decided to the table `decisions` of a register, so that the next pack knows it.

    A line of the same date, committee and project is replaced. The register is read and checked with the new lines
    before a file is changed.

    Parameters
    ----------
    path : str or Path
        The filled `decisions.csv`, or the folder of its pack.
    register_folder : str or Path
        A register in CSV files.

    Returns
    -------
    int
        How many decisions were recorded.

    Raises
    ------
    PackError
        As `read_decisions`; nothing is decided; or the register is not a folder.
    DataError
        When the register would not load with them.
    """
    import shutil
    import tempfile

    from pmo_kit.register import load_register

    folder = Path(register_folder)
    if not folder.is_dir():
        raise PackError(
            f"{folder} is not a folder of CSV files: copy the lines of decisions.csv into its sheet."
        )
    rows = read_decisions(path)
    if not rows:
        raise PackError(f"No line of {path} has a decision: fill the column 'decision' first.")
    file = folder / "decisions.csv"
    columns = [column.name for column in load_schema()["decisions"]]
    before: list[dict[str, str]] = []
    if file.is_file():
        before = _raw(file)
        columns += [name for name in (before[0] if before else {}) if name not in columns]
    fresh = {_key(row) for row in rows}
    content = _written(columns, [*(row for row in before if _key(row) not in fresh), *rows])
    with tempfile.TemporaryDirectory(prefix="pmo_kit_") as temporary:
        trial = Path(temporary) / folder.resolve().name
        shutil.copytree(folder, trial)
        (trial / "decisions.csv").write_bytes(content)
        load_register(trial)
    draft = file.with_name(f".decisions.{os.getpid()}.part")
    draft.write_bytes(content)
    os.replace(draft, file)
    return len(rows)


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
        names = record["data"]["columns"]
        for cells in record["data"]["rows"]:
            row = dict(zip(names, cells, strict=True))
            project_id = project_of(row)
            if not project_id:
                continue
            decision = row.get("decision") if record["id"] == PLAN else "refuse"
            found[str(project_id)] = {
                "recommended": str(decision or ""),
                "level": str(row.get("level") or "") if decision != "refuse" else "",
                "amount": _number(row.get("cost")),
            }
    return found


def _advice(exhibits: Sequence[Collected]) -> dict[str, dict[str, Any]]:
    return recommendation([item.record for item in exhibits])


def _against(row: Mapping[str, str]) -> bool:
    """Whether a decision is another one than was recommended; money with a condition is still money."""
    advised, decided = row["recommended"], row["decision"]
    return bool(advised) and advised != decided and not (advised in _FUNDS and decided in _FUNDS)


def _said(decision: str) -> str:
    return f"'{decision.replace('_', ' ')}'"


def _key(row: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(_plain(row.get(name)) for name in ("date", "committee", "project_id"))


def _raw(file: Path) -> list[dict[str, str]]:
    """The lines of a table as they are written."""
    text = file.read_text(encoding="utf-8-sig")
    first = text.partition("\n")[0]
    rows = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") > first.count(",") else ",")
    return [{str(key): value or "" for key, value in row.items() if key} for row in rows]


def _written(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A CSV file in which no text can run as a formula."""
    from pmo_kit.register.writing import inert

    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [
                v if isinstance(v, int | float) else inert(str(v))
                for v in (row.get(name, "") for name in columns)
            ]
        )
    return stream.getvalue().encode()


def _plain(value: Any) -> str:
    """A cell as text, without the quote that keeps a spreadsheet from running it."""
    text = str(value or "").strip()
    return text[1:] if text.startswith(("'=", "'+", "'-", "'@")) else text


def _text(value: Any) -> str:
    """A value of a register as text; missing is empty."""
    return "" if value is None or value != value or str(value) in ("<NA>", "NaT", "nan") else str(value)


def _number(value: Any) -> Any:
    """An amount as it is written; missing is empty."""
    return round(float(value), 6) if isinstance(value, int | float) and value == value else ""
