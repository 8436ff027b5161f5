"""The session in the room, and the analyst's arbitration: one board, two ways to use it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from pmo_kit.arbitration import Question
from pmo_kit.doors import door
from pmo_kit.widgets.board import Board
from pmo_kit.widgets.session_state import SessionState


@door
def committee_session(
    question: Question,
    *,
    folder: str | PathLike[str] = "session",
    committee: str = "Committee",
    seconds: float = 10.0,
) -> Board:
    """One dashboard for a meeting: take projects in and out, move limits, and see at once what it costs.

    The best plan known is shown first, with how much better another may be; the proof follows. Every forced project
    needs a reason. Save writes `decisions.csv`, `scenarios.yml`, `overrides.csv`, `moves.csv` and `session.json`.

    Parameters
    ----------
    question : Question
        Overrides in it are the first moves; the recommended plan is the best one without them.
    folder : path
        Where Save writes, and from where a saved session is opened; beside the notebook.
    committee : str
        Name of the committee: who decides, where a move does not say.
    seconds : float
        Longest search for one proof.

    Returns
    -------
    Board
        `board.session` holds the state: `session.answer`, `session.table`, `session.moves`.

    Raises
    ------
    InfeasibleError
        No plan obeys the rules of the question without its overrides.
    """
    session = SessionState(question, reasons=True, seconds=seconds)
    title = f"{committee} · {_about(question)}"
    return Board(session, title=title, folder=Path(folder), committee=committee, ask_reason=True)


@door
def arbitration(
    question: Question, *, folder: str | PathLike[str] = "session", seconds: float = 10.0
) -> Board:
    """Explore an arbitration: force projects at a click, move money and people, see prices and what moves.

    The same board as `committee_session`, without asking for reasons.

    Parameters
    ----------
    question : Question
    folder : path
        Where Save writes.
    seconds : float
        Longest search for one proof.

    Returns
    -------
    Board
    """
    session = SessionState(question, reasons=False, seconds=seconds)
    return Board(
        session,
        title=f"What if · {_about(question)}",
        folder=Path(folder),
        committee="Analyst",
        ask_reason=False,
    )


def _about(question: Question) -> str:
    """The register and the date of the data."""
    settings = question.register.settings
    as_of = f" · data as of {settings.as_of.isoformat()}" if settings.as_of else ""
    return f"{settings.name}{as_of}"
