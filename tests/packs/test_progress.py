"""Progress: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import io

import pytest

from pmo_kit.errors import PackError
from pmo_kit.packs.jobs import Job
from pmo_kit.packs.run import Failure, Progress

JOBS = [Job(f"Chapter {n}", f"{n}.ipynb", "", {}, 1, cells=4) for n in (1, 2)]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_plain_lines_where_there_is_no_terminal() -> None:
    stream = io.StringIO()
    with Progress("Board", JOBS, on=True, stream=stream) as bar:
        bar.cell()
        bar.done(JOBS[0], None)
        bar.done(JOBS[1], Failure("Chapter 2", "2.ipynb", 3, "1 / 0", "ZeroDivisionError", "", ""))
    assert stream.getvalue().splitlines() == [
        "Board: 2 notebooks",
        "  1 of 2  Chapter 1: done (0 s)",
        "  2 of 2  Chapter 2: failed in cell 3 (0 s)",
    ]


def test_a_bar_counts_cells_on_a_terminal() -> None:
    stream = Terminal()
    with Progress("Board", JOBS, on=True, stream=stream) as bar:
        for _ in range(8):
            bar.cell()
        assert bar.bar.n == bar.bar.total == 8
        bar.done(JOBS[0], None)
    assert "1 of 2  Chapter 1: done" in stream.getvalue()


def test_silence_when_off_and_no_cell_after_stop() -> None:
    stream = Terminal()
    with Progress("Board", JOBS, on=False, stream=stream) as bar:
        bar.cell()
        bar.stop()
        with pytest.raises(PackError):
            bar.cell()
        bar.done(JOBS[0], None)
    assert stream.getvalue() == ""
