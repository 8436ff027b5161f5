"""The minutes of a meeting as a PDF: what was decided, what is not as recommended and why, what was tried."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd

from pmo_kit.disk import write_whole
from pmo_kit.exhibits import theme
from pmo_kit.facts import number
from pmo_kit.figures.figure import sentence
from pmo_kit.shipped import shipped
from pmo_kit.widgets.board_contents import between, cases, log, proof_words
from pmo_kit.widgets.session_state import Case, SessionState


def write_minutes(
    file: Path,
    session: SessionState,
    case: Case,
    decisions: pd.DataFrame,
    committee: str,
    note: str = "",
    decided_by: str = "",
) -> Path:
    """Write the minutes of a session in which a case was decided; `decisions` is its `decisions.csv`."""
    import typst

    answer, now, unit = session.known(case), session.clock(), session.base.worth.short
    assert answer is not None
    named, level = decisions["project_id"] + " " + decisions["project_name"], session.recommended.plan
    rows = list(zip(named, decisions.to_dict("records"), strict=True))
    sizes = {p: session.level_words(p, v) for p, v in answer.plan.items() if v != "stop"}
    loss = session.worse(Case(), case)
    facts = [
        f"Value {between(answer.value, answer.value + answer.rest)} {unit}. {proof_words(answer, False)}.",
        f"Against the recommended plan: {between(*loss)} {unit} less." if loss and loss != (0, 0) else "",
        f"Decided by {decided_by or committee}.",
        note,
    ]
    settings = session.base.register.settings
    data = {
        "title": f"Minutes: {committee}, {now.date().isoformat()}",
        "about": f"{settings.name}, data as of {settings.as_of}. Written {now:%Y-%m-%d %H:%M}.",
        "foot": f"{committee} · register {session.base.register.fingerprint[:12]}",
        "decided": f"{sentence(session.case_words(case))}.",
        "facts": [fact for fact in facts if fact],
        "amount": f"Cost, {session.base.money.short}",
        "unit": unit,
        "differs": [
            [name, row["decision"], row["recommended"], row["reason"], row["decided_by"]]
            for name, row in rows
            if row["decision"] != row["recommended"] or row["level"] != level.get(row["project_id"], "")
        ],
        "plan": [
            [
                f"{name}, {sizes.get(row['project_id'], '')}".rstrip(", "),
                row["decision"],
                number(float(row["amount"])),
            ]
            for name, row in rows
            if row["decision"] in ("fund", "stop")
        ],
        "tried": [
            [one["words"], one["value"]]
            for one, tried in zip(cases(session), session.tried(), strict=True)
            if tried.key != case.key
        ],
        "moves": [[one["time"], one["move"], one["why"], one["value"]] for one in reversed(log(session))],
    }
    made = typst.compile(
        str(shipped("templates", "report", "minutes.typ")), font_paths=[str(theme.font_folder())],
        ignore_system_fonts=True, format="pdf", pdf_standards="ua-1",
        sys_inputs={"minutes": json.dumps(data, ensure_ascii=False)},
        timestamp=dt.datetime(now.year, now.month, now.day, tzinfo=dt.UTC),
    )  # fmt: skip
    return write_whole(file, made)
