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

    A move is answered within 1 % at once, with the bound; the proof follows. Every forced project needs a reason.
    Every move is kept as it is made. A case that is tried is no decision: *End of meeting* asks which was decided, and
    writes `decisions.csv`, `overrides.csv` and `minutes.pdf`; *Keep this case* writes it to `scenarios.yml`.

    Parameters
    ----------
    question : Question
        Overrides in it are the first moves; the recommended plan is the best one without them.
    folder : path
        Where sessions are kept, by committee and date, and opened from; beside the notebook.
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
        Where sessions are kept.
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
