"""One line of `make bench`, and how its seconds are taken."""

import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """What was measured, in seconds (or `unit`), against a bound and, where there is one, a peer."""

    what: str
    measured: float
    bound: float
    unit: str = "s"
    peer: str = ""
    peer_measured: float | None = None
    least_ratio: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.peer_measured is None else self.peer_measured / self.measured

    @property
    def kept(self) -> bool:
        fast = self.least_ratio is None or (self.ratio is not None and self.ratio >= self.least_ratio)
        return self.measured <= self.bound and fast

    def text(self) -> str:
        words = f"{'kept  ' if self.kept else 'MISSED'}  {self.what}: {self.measured:.3g} {self.unit}"
        words += f" (bound {self.bound:g} {self.unit})"
        if self.ratio is not None:
            least = f", at least {self.least_ratio:g} asked" if self.least_ratio else ""
            words += f"; {self.peer}: {self.peer_measured:.3g} {self.unit}, ratio {self.ratio:.1f}{least}"
        return words


def seconds(run: Callable[[], object], times: int = 3) -> float:
    """Return the best wall time of `times` runs."""
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - begin)
    return best


def peak_memory(script: str) -> float:
    """Peak memory in MB of a process that does only this, Python and its libraries included (Linux)."""
    # ru_maxrss would start at what the parent holds
    tell = "\nprint(next(x.split()[1] for x in open('/proc/self/status') if x.startswith('VmHWM')))"
    command = [sys.executable, "-c", textwrap.dedent(script) + tell]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024
