"""How far a run is and how long it still takes: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from pmo_kit.errors import PackError

if TYPE_CHECKING:
    from pmo_kit.packs.run import Failure
    from pmo_kit.packs.staging import Job


class Progress:
    """Counts cells as they start and chapters as they end.

    Parameters
    ----------
    title : str
        Of the pack, or how many there are.
    jobs : sequence of Job
        The notebooks to execute.
    on : bool
        False: say nothing.
    seconds : mapping of str to float
        How long notebooks took last, by name; cells are counted where one is new.
    workers : int
        Notebooks at a time.
    stream : text file, optional
        Where to say it; standard error by default.
    """

    def __init__(
        self,
        title: str,
        jobs: Sequence[Job],
        on: bool,
        seconds: Mapping[str, float] | None = None,
        workers: int = 1,
        stream: TextIO | None = None,
    ) -> None:
        known = seconds or {}
        all_known = all(known.get(job.notebook) for job in jobs)
        self.work = {job.target: known[job.notebook] if all_known else float(job.cells) for job in jobs}
        self.first = sum(self.work.values()) / max(1, min(workers, len(jobs))) if all_known else 0.0
        self.whole = sum(self.work.values())
        self.stream = stream or sys.stderr
        self.on, self.title, self.count = on, title, len(jobs)
        self.cells = sum(job.cells for job in jobs)
        self.ended = 0
        self.stopped = False
        self.bar: Any = None

    def __enter__(self) -> Progress:
        self.begun = time.monotonic()
        if self.on and self.stream.isatty():
            from tqdm import tqdm

            self.bar = tqdm(
                total=self.cells,
                desc=self.title,
                unit="cell",
                file=self.stream,
                dynamic_ncols=True,
                leave=False,
            )
        elif self.on:
            many = "s" if self.count > 1 else ""
            print(
                f"{self.title}: {self.count} notebook{many}{_left(self.first)}", file=self.stream, flush=True
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.bar is not None:
            self.bar.close()

    def cell(self) -> None:
        """A cell starts; after `stop` no further one does."""
        if self.stopped:
            raise PackError("Stopped.")
        if self.bar is not None:
            self.bar.update()

    def stop(self) -> None:
        """Let every notebook end at its next cell."""
        self.stopped = True

    def done(self, job: Job, failure: Failure | None) -> None:
        """A notebook ended."""
        self.ended += 1
        self.work.pop(job.target, None)
        if not self.on:
            return
        seconds = time.monotonic() - self.begun
        state = f"failed in cell {failure.cell}" if failure else "done"
        waits = sum(self.work.values())
        left = seconds * waits / (self.whole - waits) if self.whole > waits else 0.0
        line = f"  {self.ended} of {self.count}  {job.title}: {state} ({seconds:.0f} s{_left(left)})"
        if self.bar is not None:
            self.bar.write(line, file=self.stream)
        else:
            print(line, file=self.stream, flush=True)


def _left(seconds: float) -> str:
    """The time left in words; empty where it is not known or not worth a word."""
    if seconds < 5:
        return ""
    return f", about {seconds / 60:.0f} min left" if seconds >= 90 else f", about {seconds:.0f} s left"
