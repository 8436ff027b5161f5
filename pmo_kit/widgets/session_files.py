"""A session on disk: decisions as a register holds them, the scenario, the log, and the state to open again."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import json
import os
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path

import pandas as pd

from pmo_kit.arbitration import Question
from pmo_kit.errors import PmoError
from pmo_kit.register.writing import inert
from pmo_kit.scenarios import Scenario, read_scenario_file, write_scenario_file
from pmo_kit.widgets.cases import Case, Force
from pmo_kit.widgets.session_state import Move, SessionState

STATE = "session.json"
DECISIONS = "decisions.csv"
SCENARIOS = "scenarios.yml"
OVERRIDES = "overrides.csv"
LOG = "moves.csv"


def decisions_of(session: SessionState, committee: str) -> pd.DataFrame:
    """One row per project, in the columns of the register's table `decisions`.

    Raises
    ------
    PmoError
        There is no plan to write down.
    """
    if not session.answer.has_plan:
        raise PmoError("There is no plan to save: no plan obeys the rules of this case.")
    options = session.base.built
    today = session.clock().date().isoformat()
    rows = []
    for project, row in session.table.iterrows():
        force = session.case.force(str(project))
        cost = options.costs[options.position(str(project), row["level"])] if row["level"] else 0.0
        rows.append(
            {
                "date": today, "committee": committee, "project_id": project, "project_name": row["name"],
                "decision": row["decision"], "amount": f"{cost:.15g}", "level": row["level"],
                "reason": force.reason if force else "", "decided_by": (force and force.decided_by) or committee,
                "recommended": row["recommended"], "register_fingerprint": session.base.register.fingerprint,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def save_session(
    session: SessionState, folder: str | PathLike[str], name: str, committee: str = "Committee"
) -> list[Path]:
    """Write a session into a folder.

    `decisions.csv` and `overrides.csv` are sheets of a register. `scenarios.yml` (other scenarios in it stay) is what
    `read_scenario_file` reads, and a pack through the parameter `scenarios_path` of its scenarios notebook.
    `moves.csv` is the log, `session.json` what `restore_session` opens.

    Returns
    -------
    list of Path
        The files, the decisions first.

    Raises
    ------
    PmoError
        There is no plan, the scenario has no name, or the folder cannot be written.
    """
    if not name.strip():
        raise PmoError("Give the case a name before it is saved.")
    decisions = decisions_of(session, committee)
    scenario = session.case.scenario(name.strip())
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        files = [_write(place / DECISIONS, decisions.columns, decisions.itertuples(index=False))]
        if not scenario.table.empty or (place / SCENARIOS).exists():
            files.append(save_scenarios([scenario], place, session.base))
        forces = [
            (f.project_id, f.in_out, f.level or "", f.reason, f.decided_by or committee, f.date or "")
            for f in session.case.forces
        ]
        head = ["project_id", "in_out", "level", "reason", "decided_by", "date"]
        files.append(_write(place / OVERRIDES, head, forces))
        moves = session.moves.drop(columns="number")
        files.append(_write(place / LOG, moves.columns, moves.itertuples(index=False)))
        state = {
            "question": session.base.fingerprint, "name": name.strip(), "saved": session.clock().isoformat(),
            "value": session.answer.value, "status": session.answer.status, "case": _plain(session.case),
            "log": [{**dataclasses.asdict(m), "time": m.time.isoformat(), "case": _plain(m.case)} for m in session.log],
        }  # fmt: skip
        _replace(place / STATE, json.dumps(state, ensure_ascii=False, indent=1, default=str))
    except OSError as error:
        raise PmoError(f"The folder {place} cannot be written: {error.strerror or error}.") from error
    return [*files, place / STATE]


def save_scenarios(scenarios: Sequence[Scenario], folder: str | PathLike[str], question: Question) -> Path:
    """Write scenarios into the folder's `scenarios.yml`; others in it stay, one that changes nothing goes.

    Raises
    ------
    PmoError
        The folder cannot be written, or the file that is there cannot be read.
    """
    file = Path(folder) / SCENARIOS
    names = {one.name for one in scenarios}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        others = [one for one in read_scenario_file(file) if one.name not in names] if file.exists() else []
        unit = question.register.settings.unit.split(",")[0]
        return write_scenario_file([*others, *(s for s in scenarios if not s.table.empty)], file, unit)
    except OSError as error:
        raise PmoError(f"The folder {file.parent} cannot be written: {error.strerror or error}.") from error


def saved_session(session: SessionState, folder: str | PathLike[str]) -> dict[str, object] | None:
    """What is saved in a folder about this very question; None where there is nothing, or of another question."""
    file = Path(folder) / STATE
    try:
        state = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) and state.get("question") == session.base.fingerprint else None


def restore_session(session: SessionState, folder: str | PathLike[str]) -> None:
    """Open a saved session: its case and its log.

    Raises
    ------
    PmoError
        Nothing is saved there, or it belongs to another question: the register has changed since.
    """
    state = saved_session(session, folder)
    if state is None:
        raise PmoError(
            f"In {Path(folder)} no session of this question is saved; the register may have changed."
        )
    log = [
        Move(m["number"], dt.datetime.fromisoformat(m["time"]), m["words"], m["reason"], m["decided_by"],
             _case(m["case"]))
        for m in state["log"]  # type: ignore[attr-defined]
    ]  # fmt: skip
    session.restore(_case(state["case"]), log)


def _plain(case: Case) -> dict[str, object]:
    """A case as JSON holds it."""
    forces = [{**dataclasses.asdict(f), "date": f.date.isoformat() if f.date else None} for f in case.forces]
    return {"money": case.money, "people": [list(pair) for pair in case.people], "forces": forces}


def _case(plain: object) -> Case:
    """A case from its JSON."""
    assert isinstance(plain, dict)
    forces = [{**f, "date": dt.date.fromisoformat(f["date"]) if f["date"] else None} for f in plain["forces"]]
    people = tuple((str(role), float(factor)) for role, factor in plain["people"])
    return Case(float(plain["money"]), people, tuple(Force(**f) for f in forces))


def _write(file: Path, head: Iterable[object], rows: Iterable[Iterable[object]]) -> Path:
    """A CSV file that a spreadsheet program opens without running anything in it."""
    lines = [[inert("" if cell is None or cell != cell else str(cell)) for cell in row] for row in rows]
    temporary = file.with_suffix(".part")
    with temporary.open("w", encoding="utf-8", newline="") as open_file:
        writer = csv.writer(open_file, lineterminator="\n")
        writer.writerow(list(head))
        writer.writerows(lines)
    os.replace(temporary, file)
    return file


def _replace(file: Path, text: str) -> None:
    temporary = file.with_suffix(".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, file)
