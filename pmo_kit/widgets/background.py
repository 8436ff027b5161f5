"""Work beside the kernel's loop: one thread while there is work, none when there is not."""

from __future__ import annotations

import asyncio
import atexit
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pmo_kit.arbitration.solving import Interrupted, interruptible


class BackgroundWork:
    """Runs the newest job in a thread and hands results to the loop of the one who made it.

    A job is a function that takes `stopped` (a function: whether newer work has come) and returns nothing. `hand`
    runs a function on the loop, so that widgets are only ever touched from there; outside a kernel it runs at
    once, under `hands`, which whoever asks for work holds until the asking is done. What the solver searches for a
    job ends when newer work comes, and before Python ends.
    """

    def __init__(self) -> None:
        self._loop = _kernel_loop()
        self.hands = threading.RLock()
        self._turn = 0
        self._thread: threading.Thread | None = None
        self._closed = False
        atexit.register(self.close)

    def ask(self, job: Callable[[Callable[[], bool]], None]) -> None:
        """Do this next; what runs now is told to stop, what waits is forgotten."""
        if self._closed:
            return
        self._turn += 1
        turn, before = self._turn, self._thread

        def stopped() -> bool:
            return self._turn != turn

        def work() -> None:
            if before is not None:
                before.join()
            if not stopped():
                with suppress(Interrupted), interruptible(stopped):
                    job(stopped)

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
