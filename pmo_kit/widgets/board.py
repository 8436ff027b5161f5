"""The board: a session on the screen, for a committee or an analyst.

It draws what `board_contents` says and sends moves back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from os import PathLike
from pathlib import Path
from typing import Any

import traitlets

from pmo_kit.arbitration import Question
from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.exhibits import theme
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets import session_files as files
from pmo_kit.widgets.board_contents import board_contents, price_words
from pmo_kit.widgets.session_state import Answer, Case, SessionState, prices_of

BETWEEN_PRICES = 0.4


class Board(ui.Linked):
    """A session on the screen: projects to take in and out, limits as gauges, the answer, and the log.

    Parameters
    ----------
    session : SessionState
    folder : path
        Where sessions are kept, by committee and date.
    committee : str
        Who decides, where a move does not say.
    """

    PARTS = ("state", "prices", "progress", "notice", "options")
    _esm = ui.front("link.js", "board.js", "board_jupyter.js")
    _css = theme.font_css((400, 700)) + ui.front("board.css")
    state = traitlets.Dict().tag(sync=True)
    prices = traitlets.Dict().tag(sync=True)
    progress = traitlets.Unicode("").tag(sync=True)
    notice = traitlets.Dict().tag(sync=True)
    options = traitlets.Dict().tag(sync=True)

    def __init__(self, session: SessionState, folder: Path, committee: str) -> None:
        self.session, self.folder, self.committee = session, folder, committee.strip() or "Committee"
        settings = session.base.register.settings
        as_of = f" · data as of {settings.as_of.isoformat()}" if settings.as_of else ""
        self.title = f"{self.committee if session.reasons else 'What if'} · {settings.name}{as_of}"
        self._background = ui.BackgroundWork()
        self._sequence = 0
        self._priced: tuple[object, ...] = ()
        self._all_priced = False
        self._stopped = False
        super().__init__(
            options={
                "ask": session.reasons,
                "by": self.committee,
                "name": f"{self.committee} {session.clock().date().isoformat()}",
                "sessions": files.saved_sessions(session, folder),
            },
            notice={"text": "", "error": False},
            state=self._contents(),
        )
        ui.one_per_cell(self)

    @cached_property
    def place(self) -> Path:
        """The folder of this session, made when it is first written to."""
        return files.new_place(self.folder, self.committee, self.session.clock().date())

    def close(self) -> None:
        """Close the widget and stop its work."""
        self._background.close()
        ui.close_parts(self)
        super().close()

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until nothing is being searched: for programs, not for a cell that draws."""
        self._background.wait(seconds)

    # What the screen sends

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """One message from the screen; whatever goes wrong is said in words, on the screen."""
        kind = str(content.get("type", ""))
        session = self.session
        acts: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "force": lambda m: session.force(
                str(m["project"]), "in" if m["way"] == "in" else "out", m.get("level") or None,
                reason=str(m.get("reason", "")), decided_by=str(m.get("by", "")),
            ),
            "free": lambda m: session.free(str(m["project"])),
            "money": lambda m: session.set_money(round(float(m["value"]) / 100, 6)),
            "people": lambda m: session.set_people(str(m["role"]), float(m["value"])),
            "undo": lambda m: session.undo(),
            "redo": lambda m: session.redo(),
            "again": lambda m: session.start_again(),
            "keep": lambda m: files.keep_case(session, self.place, str(m.get("name", ""))),
            "decide": self._decide,
            "restore": lambda m: files.restore_session(session, self.folder / str(m["session"])),
            "compare": lambda m: files.compare_session(session, self.folder / str(m["session"])),
            "stop": lambda m: self._stop(),
        }  # fmt: skip
        super()._receive(_, content, __)
        with self._background.hands:
            if kind == "ready":
                self._work()
            elif kind in acts:
                self._sequence = int(content.get("seq", self._sequence))
                self._stopped, moves = kind == "stop", len(session.log)
                said, bad = ui.tried(partial(acts[kind], content), f"the board, asked to {kind},")
                self._work()
                if len(session.log) > moves:  # while the solver searches
                    said, bad = self._lost() or (said, bad)
                self.notice = {"text": said if isinstance(said, str) else "", "error": bad, "seq": self._sequence}
                self._draw()

    def _decide(self, message: Mapping[str, Any]) -> str:
        there = {str(case.key): case for case in self.session.tried()}
        if message["case"] not in there:
            raise PmoError("That case is not among those of this meeting: ask again which was decided.")
        return files.decide(
            self.session, self.place, there[message["case"]], committee=self.committee,
            note=str(message.get("note", "")), decided_by=str(message.get("by", "")),
        )  # fmt: skip

    def _stop(self) -> str:
        self._background.stop()
        self.progress = ""
        return "The search was stopped; what is shown is the best plan known, with its bound."

    # What is searched beside it

    def _work(self) -> None:
        """Ask the solver what is still open, then the prices."""
        case, session = self.session.case, self.session
        if self._priced != case.key:
            self.prices, self._priced, self._all_priced = {}, case.key, False
            self.progress = ""
        wanted = list(session.open_searches())
        if not self._stopped and (wanted or not self._all_priced):
            self._all_priced = False
            self._background.ask(partial(self._search, case, wanted, session.known(case)), self._failed)

    def _search(self, case: Case, wanted: list[tuple[Case, bool]], answer: Answer, stopped: ui.Stopped) -> None:
        """In the thread: first answers and proofs, then a price for every project."""
        for one, found in self.session.searched(wanted):
            if stopped():
                return
            if one == case and found.allocation is not None:  # a proof that is not found in time takes no plan away
                answer = found
            self._background.hand(partial(self._settle, one, found))
        if answer.allocation is not None:
            self._search_prices(case, answer, stopped)

    def _failed(self, why: str) -> None:
        self.progress, self._stopped = "", True
        self.notice = {"text": f"The search failed ({why}). The last answer is shown.", "error": True}
        self._draw()

    def _search_prices(self, case: Case, answer: Answer, stopped: ui.Stopped) -> None:
        """In the thread: prices, handed over a few at a time."""
        new: dict[str, dict[str, Any]] = {}
        count, shown = len(self.session.base.built.groups), time.monotonic()
        for price in prices_of(answer, [force.project_id for force in case.forces]):
            if stopped():
                return
            new[price.project_id] = price_words(self.session, answer, price)
            if time.monotonic() - shown > BETWEEN_PRICES:
                words = f"Prices: {len(new)} of {count} projects"
                self._background.hand(partial(self._show_prices, case, dict(new), words))
                shown = time.monotonic()
        self._background.hand(partial(self._show_prices, case, new, ""))

    def _show_prices(self, case: Case, prices: dict[str, dict[str, Any]], progress: str) -> None:
        if case.key == self.session.case.key:
            self.prices, self.progress = prices, progress
            self._all_priced = not progress

    def _settle(self, case: Case, answer: Answer) -> None:
        self.session.settle(case, answer)
        if case == self.session.case and "place" in vars(self) and (lost := self._lost()):
            self.notice = {"text": lost[0], "error": True}
        self._draw()

    def _lost(self) -> tuple[str, bool] | None:
        """Save the session; why that was not possible, if so."""
        said, bad = ui.tried(lambda: files.save_session(self.session, self.place, self.committee), "the board")
        return (said, bad) if bad else None

    def _draw(self) -> None:
        """Send the whole screen; the same numbers feed every part of it."""
        self.state = self._contents()

    def _contents(self) -> dict[str, Any]:
        busy = not self._stopped and any(True for _ in self.session.open_searches())
        return {**board_contents(self.session, title=self.title, busy=busy), "seq": self._sequence}


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
    return Board(SessionState(question, reasons=True, seconds=seconds), Path(folder), committee)


@door
def arbitration(question: Question, *, folder: str | PathLike[str] = "session", seconds: float = 10.0) -> Board:
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
    return Board(SessionState(question, reasons=False, seconds=seconds), Path(folder), "Analyst")
