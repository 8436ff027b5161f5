"""The source of a lesson: one file of cells that is the solution, with marks where learners get a gap.

A cell begins with `# %% KIND NAME`. Kinds: `text` (a section of the texts), `code` (the same for all),
`parameters` (code, tagged), `gap` (code; a line that ends in `#?` is a gap for learners: what follows the mark is
their line, or `name = ____`), `check` (right and wrong answers, computed when built; learners see `check(...)`),
`checked` (in the solution alone: prints the numbers that tests compare) and `guide` (computed for the guide alone).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pmo_kit.errors import PmoError
from pmo_kit.workshop.texts import home

KINDS = ("text", "code", "parameters", "gap", "check", "checked", "guide")
_HEAD = re.compile(r"^# %% (\w+) ?(\w*)$", re.MULTILINE)
_GAP = re.compile(r"^(?P<solution>.*?)  #\?(?: (?P<learner>.*))?$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell of a source: its kind, its name where it has one, its code."""

    kind: str
    name: str
    code: str

    @property
    def solution(self) -> str:
        """Code of the solution."""
        return _GAP.sub(lambda line: line["solution"], self.code)

    @property
    def learner(self) -> str:
        """Code that learners see: `____` in the gaps."""
        return _GAP.sub(lambda line: line["learner"] or _blank(line["solution"]), self.code)


def lesson_names() -> list[str]:
    """Lessons in their order.

    Examples
    --------
    >>> lesson_names()[:3]
    ['00_ready', '01_gut_round', '02_ranking']
    """
    return sorted(path.stem for path in (home() / "lessons").glob("*.py"))


def read_source(name: str) -> list[Cell]:
    """Cells of a lesson.

    Raises
    ------
    PmoError
        A cell of a kind that does not exist.
    """
    return parse_source(home() / "lessons" / f"{name}.py")


def parse_source(path: Path) -> list[Cell]:
    """Cells of a source file; what stands before the first cell is a comment to the reader."""
    parts = _HEAD.split(path.read_text(encoding="utf-8"))
    cells = []
    for kind, name, code in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if kind not in KINDS:
            raise PmoError(f"{path.name}: no cell is of kind {kind!r}; kinds: {', '.join(KINDS)}.")
        cells.append(Cell(kind, name, code.strip("\n")))
    return cells


def _blank(line: str) -> str:
    """`name = ____` for an assignment."""
    name, equals, _ = line.partition(" = ")
    if not equals:
        raise PmoError(f"A gap needs an assignment or the learner's line after '#?': {line}")
    return f"{name} = ____"
