"""The board: a session on the screen. It draws what `board_contents` says and sends moves back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from pmo_kit.errors import PmoError
from pmo_kit.exhibits import theme
from pmo_kit.widgets.answers import Answer
from pmo_kit.widgets.background import SLICES, BackgroundWork
from pmo_kit.widgets.board_contents import board_contents, price_words
from pmo_kit.widgets.cases import Case
from pmo_kit.widgets.lifetime import one_per_cell, parts_of
from pmo_kit.widgets.reversal_prices import prices_of
from pmo_kit.widgets.session_files import restore_session, save_session, saved_session
from pmo_kit.widgets.session_state import SessionState

BETWEEN_PRICES = 0.4
_FILES = resources.files("pmo_kit.widgets")


class Board(anywidget.AnyWidget):
    """A session on the screen: projects to take in and out, limits as gauges, the answer, and the log.

    Parameters
    ----------
    session : SessionState
    title : str
    folder : path
        Where Save writes.
    committee : str
        Who decides, where a move does not say.
    ask_reason : bool
        Whether forcing a project opens the box for its reason.
    """

    _esm = "".join((_FILES / name).read_text(encoding="utf-8") for name in ("board.js", "board_jupyter.js"))
    _css = theme.font_css((400, 700)) + (_FILES / "board.css").read_text(encoding="utf-8")
    state = traitlets.Dict().tag(sync=True)
    prices = traitlets.Dict().tag(sync=True)
    progress = traitlets.Unicode("").tag(sync=True)
    notice = traitlets.Dict().tag(sync=True)
    options = traitlets.Dict().tag(sync=True)

    def __init__(
        self, session: SessionState, *, title: str, folder: Path, committee: str, ask_reason: bool
    ) -> None:
        self.session, self.title, self.folder, self.committee = session, title, folder, committee
        self._background = BackgroundWork()
        self._sequence = 0
        self._priced: tuple[object, ...] = ()
        self._all_priced = False
        self._said = ""
        saved = saved_session(session, folder)
        super().__init__(
            options={
                "ask": ask_reason,
                "by": committee,
                "name": f"{committee} {session.clock().date().isoformat()}",
                "sessions": [["", f"Session of {str(saved['saved']).replace('T', ' ')[:16]}"]]
                if saved
                else [],
                "without": ["decide", "compare"],
            },
            notice={"text": "", "error": False},
            state=self._contents(busy=bool(session.open_cases())),
        )
        self.on_msg(self._receive)
        one_per_cell(self)

    def close(self) -> None:
        """Close the widget and stop its work."""
        self._background.close()
        self.on_msg(self._receive, remove=True)
        for part in parts_of(self):
            part.close()
        super().close()

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until nothing is being searched: for programs, not for a cell that draws."""
        self._background.wait(seconds)

    # What the screen sends

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """One message from the screen; whatever goes wrong is said in words, on the screen."""
        kind = str(content.get("type", ""))
        acts: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "ready": lambda m: self.send_state(["state", "prices", "progress", "notice", "options"]),
            "ping": lambda m: self.send({"pong": m.get("seq", 0)}),
            "force": self._force,
            "free": lambda m: self.session.free(str(m["project"])),
            "money": lambda m: self.session.set_money(round(float(m["value"]) / 100, 6)),
            "people": lambda m: self.session.set_people(str(m["role"]), float(m["value"])),
            "undo": lambda m: self.session.undo(),
            "redo": lambda m: self.session.redo(),
            "again": lambda m: self.session.start_again(),
            "keep": self._save,
            "restore": lambda m: restore_session(self.session, self.folder),
            "stop": self._stop,
        }
        if kind not in acts:
            return
        if kind in ("ready", "ping"):
            acts[kind](content)
            if kind == "ready":
                self._work()
            return
        self._sequence = int(content.get("seq", self._sequence))
        text, error = "", False
        try:
            acts[kind](content)
            text = self._said
        except PmoError as problem:
            text, error = str(problem), True
        except Exception as problem:
            logging.getLogger("pmo_kit").warning("the board could not do %r", kind, exc_info=problem)
            text, error = f"That was not possible ({problem}). The plan shown is unchanged.", True
        self._said = ""
        self.notice = {"text": text, "error": error, "seq": self._sequence}
        self._draw(busy=kind != "stop" and bool(self.session.open_cases()))
        if kind != "stop":
            self._work()

    def _force(self, message: Mapping[str, Any]) -> None:
        self.session.force(
            str(message["project"]),
            "in" if message["way"] == "in" else "out",
            message.get("level") or None,
            reason=str(message.get("reason", "")),
            decided_by=str(message.get("by", "")),
        )

    def _save(self, message: Mapping[str, Any]) -> None:
        files = save_session(self.session, self.folder, str(message.get("name", "")), self.committee)
        sure = (
            ""
            if self.session.answer.status == "proven"
            else " The plan is the best one known, not proven best."
        )
        names = ", ".join(file.name for file in files)
        self._said = f"Saved in the folder {self.folder.name}: {names}.{sure}"

    def _stop(self, _: Mapping[str, Any]) -> None:
        self._background.stop()
        self.progress = ""
        self._said = "The search was stopped; the best plan known is shown."

    # What is searched beside it

    def _work(self) -> None:
        """Search for what is still open: proofs first, then prices."""
        case, session = self.session.case, self.session
        if self._priced != case.key:
            self.prices, self._priced, self._all_priced = {}, case.key, False
            self.progress = ""
        wanted = session.open_cases()
        if wanted or not self._all_priced:
            self._all_priced = False
            self._background.ask(partial(self._search_safely, case, wanted, session.answer))

    def _search_safely(
        self, case: Case, wanted: list[Case], answer: Answer, stopped: Callable[[], bool]
    ) -> None:
        """In the thread: a search that fails says so on the screen."""
        try:
            self._search(case, wanted, answer, stopped)
        except Exception as problem:
            logging.getLogger("pmo_kit").warning("the search failed", exc_info=problem)
            self._background.hand(partial(self._failed, str(problem)))

    def _failed(self, why: str) -> None:
        self.progress = ""
        self.notice = {"text": f"The search failed ({why}). The best plan known is shown.", "error": True}
        self._draw(busy=False)

    def _search(self, case: Case, wanted: list[Case], answer: Answer, stopped: Callable[[], bool]) -> None:
        """In the thread: proofs with growing patience, then a price for every project."""
        session, last = self.session, self.session.seconds
        patiences = [*(s for s in SLICES if s < last), last]
        for one in wanted:
            for patience in patiences:
                if stopped():
                    return
                found = session.answers.search(one, patience, last=patience == last)
                done = found.status in ("proven", "none", "stopped")
                self._background.hand(partial(self._settle, one, found))
                if one == case:
                    answer = found
                if done:
                    break
        if answer.has_plan:
            self._search_prices(case, answer, stopped)

    def _search_prices(self, case: Case, answer: Answer, stopped: Callable[[], bool]) -> None:
        """In the thread: prices, handed over a few at a time."""
        new: dict[str, dict[str, str]] = {}
        count, shown = len(self.session.base.built.groups), time.monotonic()
        for price in prices_of(self.session, case, answer, self.session.answers.pool):
            if stopped():
                return
            new[price.project_id] = {**price_words(self.session, price), "way": price.in_out}
            if time.monotonic() - shown > BETWEEN_PRICES:
                self._background.hand(
                    partial(self._show_prices, case, dict(new), f"Prices: {len(new)} of {count} projects")
                )
                shown = time.monotonic()
        self._background.hand(partial(self._show_prices, case, new, ""))

    def _show_prices(self, case: Case, prices: dict[str, dict[str, str]], progress: str) -> None:
        if case.key == self.session.case.key:
            self.prices, self.progress = prices, progress
            self._all_priced = not progress

    def _settle(self, case: Case, answer: Answer) -> None:
        self.session.settle(case, answer)
        self._draw(busy=bool(self.session.open_cases()))

    def _draw(self, *, busy: bool) -> None:
        """Send the whole screen; the same numbers feed every part of it."""
        self.state = self._contents(busy)

    def _contents(self, busy: bool) -> dict[str, Any]:
        return {**board_contents(self.session, title=self.title, busy=busy), "seq": self._sequence}
