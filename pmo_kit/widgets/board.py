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

from pmo_kit.arbitration import Allocation, Question
from pmo_kit.arbitration.prices import prices_of
from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.exhibits import theme
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets import session_files as files
from pmo_kit.widgets.board_contents import board_contents, price_words
from pmo_kit.widgets.session_state import Answer, Case, SessionState

BETWEEN_PRICES = 0.4


class Board(ui.Working, ui.Linked):
    """A session on the screen: projects to take in and out, limits as gauges, the answer, and the log.

    Parameters
    ----------
    session : SessionState
    folder : path
        Where sessions are kept, by committee and date.
    committee : str
        Who decides, where a move does not say.
    """

    _esm = ui.front("link.js", "board.js", "board_jupyter.js")
    _css = theme.font_css((400, 700)) + ui.front("board.css")
    state = traitlets.Dict().tag(sync=True, shown=True)
    prices = traitlets.Dict().tag(sync=True, shown=True)
    progress = traitlets.Unicode("").tag(sync=True, shown=True)
    notice = traitlets.Dict().tag(sync=True, shown=True)
    options = traitlets.Dict().tag(sync=True, shown=True)

    def __init__(self, session: SessionState, folder: Path, committee: str) -> None:
        self.session, self.folder, self.committee = session, folder, committee.strip() or "Committee"
        settings = session.base.register.settings
        as_of = f" · data as of {settings.as_of.isoformat()}" if settings.as_of else ""
        self.title = f"{self.committee if session.reasons else 'What if'} · {settings.name}{as_of}"
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

    @cached_property
    def place(self) -> Path:
        """The folder of this session, made when it is first written to; a session that is opened goes on in its own."""
        return files.new_place(self.folder, self.committee, self.session.clock().date())

    # What the screen sends

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """One message from the screen; whatever goes wrong is said in words, on the screen."""
        kind = str(content.get("type", ""))
        session = self.session
        acts: dict[str, Callable[[Mapping[str, Any]], object]] = {
            "force": lambda m: session.force(
                m["project"], m["way"], m.get("level") or None, reason=m.get("reason", ""), decided_by=m.get("by", "")
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
        with self.hands:
            if kind == "ready":
                self._work()
            elif kind in acts:
                self._sequence = int(content.get("seq", self._sequence))
                self._stopped, moves = kind == "stop", len(session.log)
                said, problem = ui.tried(partial(acts[kind], content), f"the board, asked to {kind},")
                if kind == "restore" and not problem:  # what was moved here before stays where it is
                    self.__dict__.pop("place", None)
                    moves = 0
                self._work()
                lost = self._lost() if len(session.log) > moves else ""  # while the solver searches
                self._draw(lost or (said if isinstance(said, str) else ""), bool(lost or problem))

    def _decide(self, message: Mapping[str, Any]) -> str:
        there = {str(case.key): case for case in self.session.tried()}
        if message["case"] not in there:
            raise PmoError("That case is not among those of this meeting: ask again which was decided.")
        return files.decide(
            self.session, self.place, there[message["case"]], committee=self.committee,
            note=str(message.get("note", "")), decided_by=str(message.get("by", "")),
        )  # fmt: skip

    def _stop(self) -> str:
        self.stop()
        self.progress = ""
        return "The search was stopped; what is shown is the best plan known, with its bound."

    # What is searched beside it

    def _work(self) -> None:
        """Ask the solver what is still open, then the prices."""
        case, session = self.session.case, self.session
        if self._priced != case.key:
            self.prices, self.progress, self._priced, self._all_priced = {}, "", case.key, False
        wanted = list(session.open_searches())
        if not self._stopped and (wanted or not self._all_priced):
            self._all_priced = False
            plan = session.known(case).allocation
            self.ask(partial(self._search, case, wanted, plan), self._failed)

    def _search(
        self, case: Case, wanted: list[tuple[Case, bool]], plan: Allocation | None, stopped: ui.Stopped
    ) -> None:
        """In the thread: first answers and proofs, then a price for every project, handed over a few at a time."""
        ended: set[object] = set()
        for one, last in wanted:
            if one.key in ended:
                continue
            found = self.session.search(one, last=last)
            if stopped():
                return
            ended |= {one.key} if found.ended else set()
            if one == case:  # a proof that is not found in time takes no plan away
                plan = found.allocation or plan
            self.hand(partial(self._settle, one, found))
        if plan is None:
            return
        new: dict[str, dict[str, Any]] = {}
        count, shown = len(self.session.base.built.groups), time.monotonic()
        for price in prices_of(plan, [force.project_id for force in case.forces]):
            if stopped():
                return
            new[price.project_id] = price_words(self.session, plan, price)
            if time.monotonic() - shown > BETWEEN_PRICES:
                words = f"Prices: {len(new)} of {count} projects"
                self.hand(partial(self._show_prices, case, dict(new), words))
                shown = time.monotonic()
        self.hand(partial(self._show_prices, case, new, ""))

    def _failed(self, why: str) -> None:
        self.progress, self._stopped = "", True
        self._draw(f"The search failed ({why}). The last answer is shown.", True)

    def _show_prices(self, case: Case, prices: dict[str, dict[str, Any]], progress: str) -> None:
        if case.key == self.session.case.key:
            self.prices, self.progress, self._all_priced = prices, progress, not progress

    def _settle(self, case: Case, answer: Answer) -> None:
        self.session.settle(case, answer)
        lost = self._lost() if case == self.session.case and "place" in vars(self) else ""
        self._draw(lost or None, True)

    def _lost(self) -> str:
        """Save the session; why that was not possible, if so."""
        said, problem = ui.tried(lambda: files.save_session(self.session, self.place, self.committee), "the board")
        return said if problem else ""

    def _draw(self, said: str | None = None, bad: bool = False) -> None:
        """Send the whole screen, whose parts are fed by the same numbers, and what is said of it."""
        if said is not None:
            self.notice = {"text": said, "error": bad, "seq": self._sequence}
        self.state = self._contents()

    def _contents(self) -> dict[str, Any]:
        busy = not self._stopped and any(True for _ in self.session.open_searches())
        return {**board_contents(self.session, title=self.title, busy=busy), "seq": self._sequence}


@door
def committee_session(
    question: Question, *, folder: str | PathLike[str] = "session", committee: str = "Committee", seconds: float = 10.0
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
