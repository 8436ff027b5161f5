"""How far a pack is: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from pmo_kit.errors import PackError

if TYPE_CHECKING:
    from pmo_kit.packs.run import Failure, Job


class Progress:
    """Counts cells as they start and chapters as they end.

    Parameters
    ----------
    title : str
        Of the pack.
    jobs : sequence of Job
        Its notebooks.
    on : bool
        False: say nothing.
    stream : text file, optional
        Where to say it; standard error by default.
    """

    def __init__(self, title: str, jobs: Sequence[Job], on: bool, stream: TextIO | None = None) -> None:
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
            print(f"{self.title}: {self.count} notebook{many}", file=self.stream, flush=True)
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
        if not self.on:
            return
        seconds = time.monotonic() - self.begun
        state = f"failed in cell {failure.cell}" if failure else "done"
        line = f"  {self.ended} of {self.count}  {job.title}: {state} ({seconds:.0f} s)"
        if self.bar is not None:
            self.bar.write(line, file=self.stream)
        else:
            print(line, file=self.stream, flush=True)
