"""A session on disk, by committee and date: every move, cases kept, what was decided, the minutes.

`<folder>/<committee>/<date>/` holds one session; a second one of a day is `<date>-2`. Nothing that is there is ever
overwritten but the session's own log, which only grows.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, count
from math import isnan
from os import PathLike
from pathlib import Path

import pandas as pd
from pydantic import TypeAdapter

from pmo_kit.arbitration import PlanChange, Question
from pmo_kit.arbitration.allocation import SMALL
from pmo_kit.disk import inert, write_whole
from pmo_kit.errors import PmoError
from pmo_kit.exhibits import theme
from pmo_kit.facts import between, listed, number, sentence
from pmo_kit.figures.arbitration import changes
from pmo_kit.register.schema import load_schema
from pmo_kit.scenarios import Scenario, read_scenario_file, write_scenario_file
from pmo_kit.widgets.board_contents import cases, less_words, log, proof_words, value_words
from pmo_kit.widgets.session_state import Answer, Case, Move, SessionState, money_words

STATE = "session.json"
SCENARIOS = "scenarios.yml"
MOST_TOLD = 2
"""Changes that are named one by one; more are counted."""
MOST_LETTERS = 50
"""In the name of a folder: a letter may take four bytes of the 255 that a file system allows."""


@dataclass(frozen=True)
class Saved:
    """What `session.json` says: the question by its fingerprint, the case, its plan and its bound, every move."""

    question: str
    committee: str
    saved: dt.datetime
    case: Case
    plan: dict[str, str]
    value: float | None
    log: list[Move]
    bound: float | None = None


FORM = TypeAdapter(Saved)


def new_place(folder: str | PathLike[str], committee: str, day: dt.date) -> Path:
    """The folder of a new session of a committee, made here: of two that begin at once each has its own.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for _ in range(2):
    ...         print(new_place(folder, "Investment Committee", dt.date(2026, 10, 15)).relative_to(folder).as_posix())
    investment_committee/2026-10-15
    investment_committee/2026-10-15-2
    """
    name = re.sub(r"\W+", "_", committee.lower()).strip("_")[:MOST_LETTERS] or "committee"
    first = Path(folder) / name / day.isoformat()
    first.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with suppress(FileExistsError):
            place = unused(first)
            place.mkdir()
            return place


def unused(path: Path) -> Path:
    """A path that is not taken: the path itself, or with a number."""
    more = (path.with_name(f"{path.stem}-{number}{path.suffix}") for number in count(2))
    return next(one for one in chain([path], more) if not one.exists())


def save_session(session: SessionState, place: str | PathLike[str], committee: str = "Committee") -> Path:
    """Write every move of a session, and its case: `session.json`, and `moves.csv` to read."""
    place, case = Path(place), session.case
    found = session.known(case)
    saved = Saved(
        session.base.fingerprint, committee, session.clock(), case, found.plan, found.value, session.log, found.bound,
    )  # fmt: skip
    write_csv(place / "moves.csv", session.moves)
    return write_whole(place / STATE, FORM.dump_json(saved, indent=1))


def keep_case(session: SessionState, place: str | PathLike[str], name: str) -> str:
    """Keep the case on the table as a scenario for the next pack: it was tried, nothing is decided.

    Another case that is kept under this name stays; this one gets a number.

    Raises
    ------
    PmoError
        It has no name, or changes nothing.
    """
    if not name.strip():
        raise PmoError("Give the case a name before it is kept.")
    if session.case.key == Case().key:
        raise PmoError("This is the recommended plan: there is no case to keep.")
    names = (name.strip(), *(f"{name.strip()} {number}" for number in range(2, 1000)))
    kept = {one.name: one.table for one in _scenarios(Path(place) / SCENARIOS)}
    found = (session.case.scenario(one) for one in names)
    scenario = next(one for one in found if one.name not in kept or kept[one.name].equals(one.table))
    file = save_scenarios([scenario], place, session.base)
    return f"Kept as {scenario.name} in {file}. A case that is kept is no decision."


def decide(
    session: SessionState,
    place: str | PathLike[str],
    case: Case,
    *,
    committee: str,
    note: str = "",
    decided_by: str = "",
) -> str:
    """Close the meeting: the case that was decided, as `decisions.csv`, `overrides.csv` and the minutes.

    `decisions.csv` is what `pmo-kit record` takes as it is; `overrides.csv` is a sheet of a register. Those of an
    earlier decision of the session stay.

    Raises
    ------
    PmoError
        The case has no plan.
    """
    place, who = Path(place), decided_by or committee
    session.proved(Case())
    answer = session.proved(case)
    if answer.allocation is None:
        why = "no plan obeys its rules" if answer.status == "none" else "none was found in the time allowed"
        raise PmoError(f"That case has no plan: {why}. Decide another one.")
    rows = decisions_of(session, case, answer, committee, who)
    save_session(session, place, committee)
    minutes = write_minutes(place, session, case, rows, [f"Decided by {who}.", note])
    told = [column for column in load_schema()["decisions"].columns if column in rows]
    decisions = write_csv(unused(place / "decisions.csv"), rows[told])
    forces = pd.DataFrame(case.forces, columns=list(load_schema()["overrides"].columns))
    forces = forces.replace({"decided_by": {"": who}})
    write_csv(unused(place / "overrides.csv"), forces)
    sure = "" if answer.status == "proven" else " The plan is the best one known, not proven best."
    return (
        f"Decided: {session.case_words(case, MOST_TOLD)}. Written: {minutes.name} and {decisions}; "
        f"pmo-kit record takes it as it is.{sure}"
    )


def without_each(session: SessionState, case: Case, who: str) -> dict[str, Case]:
    """The case without each of its changes, by the words of the change; who decides where a change does not say."""
    found = {
        f"{session.force_words(f)}, ordered by {f.decided_by or who} ({f.reason})": case.freed(f.project_id)
        for f in case.forces
    }
    if case.money != 1:
        found[money_words(case.money)] = replace(case, money=1.0)
    return found | {session.case_words(Case(people=(one,))): case.with_people(one[0], 1.0) for one in case.people}


def decisions_of(session: SessionState, case: Case, answer: Answer, committee: str, who: str) -> pd.DataFrame:
    """One row per project, with the columns of the register's table `decisions`; each that differs has its reason.

    Of several changes those are named without which, the others kept, the project were as recommended; where none is
    alone the reason, or the portfolio is a large one, all of them; where these are many, how many they are.
    """
    assert answer.allocation is not None
    advice = session.recommended
    change = PlanChange.between(advice.plan, answer.plan)
    lead = dict.fromkeys(change.leaves, "displaced by") | dict.fromkeys(change.enters, "comes in with")
    proven, without = answer.status == advice.status == "proven", without_each(session, case, who)
    several = without if proven and len(without) > 1 and len(session.names) <= SMALL else {}  # each takes a proof
    asked = {words: session.proved(one) for words, one in several.items()}
    there = {words: found.plan for words, found in asked.items() if found.status == "proven"}
    whole = listed(without) if len(without) <= MOST_TOLD else f"the {len(without)} changes together"

    def because(project: object) -> str:
        own = [words for words, plan in there.items() if plan.get(str(project)) == advice.plan.get(str(project))]
        told = listed(own) if own else whole if without else "another plan within the bound"
        return told if proven else f"{told}; a plan is not proven best"

    rows = session.rows(case, answer)
    known = [f"{lead.get(p, 'changed with')} {because(p)}" * differs for p, differs in rows["differs"].items()]
    rows["reason"] = rows["reason"].where(rows["forced"] != "", known)
    rows["decided_by"] = rows["decided_by"].replace("", who)
    rows["amount"] = answer.allocation.table["cost"].map("{:.15g}".format)
    rows["date"], rows["committee"] = session.clock().date().isoformat(), committee
    rows["register_fingerprint"] = session.base.register.fingerprint
    return rows.rename(columns={"name": "project_name"}).reset_index()


def save_scenarios(scenarios: Sequence[Scenario], folder: str | PathLike[str], question: Question) -> Path:
    """Write scenarios into the folder's `scenarios.yml`; others in it stay, one that changes nothing goes.

    Raises
    ------
    PmoError
        The file that is there cannot be read.
    """
    file, names = Path(folder) / SCENARIOS, {one.name for one in scenarios}
    file.parent.mkdir(parents=True, exist_ok=True)
    others = [one for one in _scenarios(file) if one.name not in names]
    kept = [*others, *(one for one in scenarios if not one.table.empty)]
    return write_scenario_file(kept, file, question.money.short)


def _scenarios(file: Path) -> list[Scenario]:
    """The scenarios that are kept in a file."""
    return read_scenario_file(file) if file.exists() else []


def saved_sessions(session: SessionState, folder: str | PathLike[str]) -> list[list[str]]:
    """The sessions of this very question in a folder, the newest first: [place in the folder, in words]."""
    found: dict[str, Saved] = {}
    for file in Path(folder).glob(f"*/*/{STATE}"):
        with suppress(PmoError):
            found[file.parent.relative_to(folder).as_posix()] = _known(session, file.parent)
    newest = sorted(found.items(), key=lambda one: (one[1].saved, one[0]), reverse=True)
    words = session.case_words
    return [[p, f"{one.committee}, {one.saved:%Y-%m-%d %H:%M}: {words(one.case, MOST_TOLD)}"] for p, one in newest]


def restore_session(session: SessionState, place: str | PathLike[str]) -> str:
    """Open a saved session: its case and its log; undo and redo replay its moves.

    Raises
    ------
    PmoError
        Nothing is saved there, or it belongs to another question: the register has changed since.
    """
    saved = _known(session, place)
    session.restore(saved.case, saved.log)
    return f"Opened: {saved.committee}, {saved.saved.date()}. Undo and Redo go through its moves."


def compare_session(session: SessionState, place: str | PathLike[str]) -> str:
    """What is different between the plan of a saved session and the one on the table, in a sentence.

    Raises
    ------
    PmoError
        As `restore_session`; or one of them has no plan.
    """
    saved, answer, unit = _known(session, place), session.answer, session.base.worth.short
    found = session.proved(saved.case) if saved.value is None else saved  # saved while it searched, or without a plan
    if found.value is None or isnan(answer.value + found.value):
        raise PmoError("One of the two has no plan: there is nothing to compare.")
    change = changes(session.base.register.projects["name"], found.plan, answer.plan)
    there = between(found.value, found.value if found.bound is None else found.bound)
    words = [session.case_words(case, MOST_TOLD) for case in (saved.case, session.case)]
    values = f"There {words[0]}: {there} {unit}; here {words[1]}: {value_words(answer)}"
    return f"{values}. {f'Here against there: {change}' if change else 'The plans are the same'}."


def _known(session: SessionState, place: str | PathLike[str]) -> Saved:
    """What is saved in a place about this very question."""
    with suppress(OSError, ValueError):
        saved = FORM.validate_json((Path(place) / STATE).read_bytes())
        if saved.question == session.base.fingerprint:
            return saved
    raise PmoError(f"In {Path(place)} no session of this question is saved; the register may have changed.")


def write_csv(file: Path, rows: pd.DataFrame) -> Path:
    """A CSV file, in a folder that is made for it, which a spreadsheet program opens without running anything in it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = rows.astype("object").where(rows.notna(), "").map(lambda cell: inert(str(cell)))
    return write_whole(file, plain.to_csv(index=False, lineterminator="\n").encode())


def write_minutes(place: Path, session: SessionState, case: Case, decisions: pd.DataFrame, said: list[str]) -> Path:
    """Write the minutes of a session in which a case was decided; `decisions` is its `decisions.csv`."""
    answer, now, unit = session.known(case), session.clock(), session.base.worth.short
    settings, committee = session.base.register.settings, decisions["committee"].iloc[0]
    name = decisions["project_id"] + " " + decisions["project_name"]
    cost = decisions["amount"].astype(float).map(number)
    levels = zip(decisions["project_id"], decisions["level"].where(decisions["decision"] == "fund", ""), strict=True)
    sizes = [f", {session.level_words(project, level)}" if level else "" for project, level in levels]
    records = decisions.assign(name=name, sized=name + sizes, cost=cost).to_dict("records")
    loss = session.worse(Case(), case)
    less = f"Against the recommended plan: {less_words(*loss, f' {unit}')}." if loss and loss != (0, 0) else ""
    value = f"Value {value_words(answer)} {unit}. {proof_words(answer, False)}."
    data = {
        "title": f"Minutes: {committee}, {now.date().isoformat()}",
        "about": f"{settings.name}, data as of {settings.as_of}. Written {now:%Y-%m-%d %H:%M}.",
        "foot": f"{committee} · register {session.base.register.fingerprint[:12]}",
        "decided": f"{sentence(session.case_words(case))}.",
        "facts": [*filter(None, (value, less, *said))],
        "amount": f"Cost, {session.base.money.short}",
        "unit": unit,
        "differs": [row for row in records if row["differs"]],
        "plan": [row for row in records if row["decision"] != "refuse"],
        "tried": [one for one in cases(session) if one["id"] != str(case.key)],
        "moves": log(session)[::-1],
    }
    return write_whole(unused(place / "minutes.pdf"), theme.paper("minutes", data, now.date()))
