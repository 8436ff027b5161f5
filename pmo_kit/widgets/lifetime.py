"""How a widget lives and works: one per cell, closed when the cell runs again; its page asks whether it is there.

What takes time runs beside the kernel's loop, in one thread while there is work and none when there is not.
"""

from __future__ import annotations

import asyncio
import atexit
import logging
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import resources
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from pmo_kit.arbitration.solving import Interrupted, interruptible
from pmo_kit.errors import PmoError

Stopped = Callable[[], bool]
_living: dict[str, tuple[str, list[Any]]] = {}


def one_per_cell(widget: Any) -> None:
    """Close what an earlier run of this cell made; keep what this run made.

    Outside a notebook nothing is closed. JupyterLab says which cell runs (`cellId`).
    """
    cell, run = _running()
    if not cell:
        return
    last, widgets = _living.get(cell, ("", []))
    if last != run:
        for old in widgets:
            old.close()
        widgets = []
    _living[cell] = (run, [*widgets, widget])


def parts_of(widget: Any) -> list[Any]:
    """Everything that lives with a widget, the deepest first: children, layouts and styles."""
    found: list[Any] = []
    for child in getattr(widget, "children", ()):
        found += [*parts_of(child), child]
    return found + [
        x for x in (getattr(widget, "layout", None), getattr(widget, "style", None)) if hasattr(x, "close")
    ]


def close_parts(widget: Any) -> None:
    """Close everything that lives with a widget; it hears nothing more."""
    for part in parts_of(widget):
        part.unobserve_all()
        part.close()


def _running() -> tuple[str, str]:
    """The cell that runs and the message that made it run; empty outside a notebook."""
    parent: Mapping[str, Any] = getattr(shell(), "get_parent", dict)() or {}
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))


def front(*names: str) -> str:
    """Files of the front end, one after another."""
    return "".join((resources.files("pmo_kit.widgets") / name).read_text(encoding="utf-8") for name in names)


class Linked(anywidget.AnyWidget):
    """A widget that its front end hears however late its script was loaded, and asks whether the kernel is there.

    What is shown travels with the first message; `ready` is answered with all of it again, `ping` with `pong`.
    """

    PARTS: tuple[str, ...] = ()
    own = traitlets.Unicode().tag(sync=True)

    def __init__(self, **shown: Any) -> None:
        own = uuid4().hex
        super().__init__(model_id=own, own=own, **shown)
        self.on_msg(self._receive)

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """One message from the screen."""
        if content.get("type") == "ping":
            self.send({"pong": content.get("seq", 0)})
        elif content.get("type") == "ready":
            self.send_state(list(self.PARTS))

    def close(self) -> None:
        """Close the widget; it hears nothing more."""
        self.on_msg(self._receive, remove=True)
        super().close()


class BackgroundWork:
    """Runs the newest job in a thread and hands results to the loop of the one who made it.

    A job is a function that takes `stopped` (a function: whether newer work has come) and returns nothing; what goes
    wrong in it is handed on in words. `hand` runs a function on the loop, so that widgets are only ever touched from
    there; outside a kernel it runs at once, under `hands`, which whoever asks for work holds until the asking is done.
    What the solver searches for a job ends when newer work comes, and before Python ends.
    """

    def __init__(self) -> None:
        self._loop = _kernel_loop()
        self.hands = threading.RLock()
        self._turn = 0
        self._thread: threading.Thread | None = None
        self._closed = False
        atexit.register(self.close)

    def ask(self, job: Callable[[Stopped], None], failed: Callable[[str], None]) -> None:
        """Do this next; what runs now is told to stop, what waits is forgotten; `failed` hears what goes wrong."""
        if self._closed:
            return
        self._turn += 1
        turn, before = self._turn, self._thread

        def stopped() -> bool:
            return self._turn != turn

        def work() -> None:
            if before is not None:
                before.join()
            try:
                with suppress(Interrupted), interruptible(stopped):
                    if not stopped():
                        job(stopped)
            except Exception as problem:
                if not isinstance(problem, PmoError):
                    logging.getLogger("pmo_kit").warning("the search failed", exc_info=problem)
                self.hand(partial(failed, str(problem)))

        self._thread = threading.Thread(target=work, name="pmo_kit search", daemon=True)
        self._thread.start()

    def hand(self, act: Callable[[], None]) -> None:
        """Run something where widgets may be touched."""

        def safely() -> None:
            if not self._closed:
                act()

        if self._loop is None or self._loop.is_closed():
            with self.hands:
                safely()
        else:
            self._loop.call_soon_threadsafe(safely)

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until there is no work left; for programs and tests, not for the loop itself."""
        if self._thread is not None:
            self._thread.join(seconds)

    def stop(self) -> None:
        """Tell the work to stop at its next step."""
        self._turn += 1

    def close(self) -> None:
        """Stop for good, and wait for the end of the search under way."""
        self._closed = True
        self.stop()
        self.wait()
        atexit.unregister(self.close)


def shell() -> Any:
    """The IPython that runs this; None where there is none."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _kernel_loop() -> asyncio.AbstractEventLoop | None:
    """The loop on which a kernel's messages arrive; None outside a kernel, whatever else runs a loop there."""
    if getattr(shell(), "kernel", None) is None:
        return None
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
