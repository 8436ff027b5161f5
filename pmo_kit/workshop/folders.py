"""A ready set for one workshop: a folder for each team, one for who facilitates, ballots to print."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pmo_kit.disk import new_folder
from pmo_kit.errors import PmoError
from pmo_kit.shipped import shipped
from pmo_kit.workshop.building import (
    LANGUAGE,
    Built,
    built,
    learner_notebook,
    lesson_names,
    solution_notebook,
    words,
)
from pmo_kit.workshop.checks import is_open, items, read_number
from pmo_kit.workshop.guide import write_guide


@dataclass(frozen=True, eq=False)
class Seal:
    """A sealed ballot; `code` is empty while a gap is open. Read the code aloud, it tells nothing."""

    code: str

    def __repr__(self) -> str:
        return words("seal").format(code=self.code) if self.code else words("seal_open")


def seal(choice: Sequence[str], confidence: float, secret: str) -> Seal:
    """Seal a choice: the same choice, confidence and secret word give the same code, nothing else does.

    Parameters
    ----------
    choice : sequence of str
        Project ids; order and spelling in capitals or not do not matter.
    confidence : float
        0 to 100: how sure the team is that no better choice exists.
    secret : str
        A word only the team knows; without it a guess could be tried against the code.

    Returns
    -------
    Seal
        Its code is the beginning of SHA-256 over the ballot; without code while a gap is open.

    Examples
    --------
    >>> first, again = seal(["P02", "P01"], 70, "heron"), seal(["p01", "P02"], 70, "heron")
    >>> first.code == again.code, first.code == seal(["P01"], 70, "heron").code
    (True, False)
    """
    sure = read_number(confidence)
    if is_open(choice) or is_open(secret) or sure is None or is_open(sure):
        return Seal("")
    ids = sorted({str(project).upper() for project in items(choice)})
    content = json.dumps([ids, sure, str(secret).strip().lower()])
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Seal("-".join(digest[i : i + 4] for i in (0, 4, 8)))


MOST_TEAMS = 40
SAMPLE = "meridian_12"
_README = """# {title}
`pmo-kit lab`, run in this folder, opens JupyterLab on the first lesson; the others stand beside it. They read `lessons/meridian_12` (twelve projects).
`pmo-kit pack`, run in this folder, makes the committee's pack of the same twelve.
"""  # noqa: E501


def write_workshop(
    folder: str | Path, teams: int, workspace: Callable[[Path], Path], language: str = LANGUAGE
) -> Path:
    """Write the folders of a workshop.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet, or is empty.
    teams : int
        How many teams: `team_1` to `team_n`, each a workspace with `notebooks/lessons/` (gaps).
    workspace : callable
        Makes a workspace in a folder: `pmo_kit.packs.asking.new_workspace`.
    language : str
        A folder of templates/workshops.

    Returns
    -------
    Path
        The folder: `facilitator/` (guide, solutions, role cards, ballots and sheets as PDF) and the teams.

    Raises
    ------
    PmoError
        Something is there already, or the number of teams makes no sense.
    """
    home = Path(folder).resolve()
    if home.is_file() or (home.is_dir() and any(home.iterdir())):
        raise PmoError(f"{home} is not empty. Name a new folder: nothing is overwritten.")
    if not 1 <= teams <= MOST_TEAMS:
        raise PmoError(f"--teams is a number from 1 to {MOST_TEAMS}, not {teams}.")
    lessons = [built(name, language) for name in lesson_names()]
    with new_folder(home) as draft:
        _fill(draft, lessons, teams, workspace, language)
    return home


def _fill(
    home: Path, lessons: Sequence[Built], teams: int, workspace: Callable[[Path], Path], language: str
) -> None:
    """Put the folders of the teams and of the facilitator into one."""
    for number in range(1, teams + 1):
        team = workspace(home / f"team_{number}")
        texts = {lesson.name: learner_notebook(lesson) for lesson in lessons}
        _write_notebooks(team / "notebooks" / "lessons", texts)
        (team / "README.md").write_text(_README.format(title=f"Team {number}"), encoding="utf-8")
    own = home / "facilitator"
    _write_notebooks(own / "solutions", {f"{one.name}_solution": solution_notebook(one) for one in lessons})
    for part, name in (
        ("guide", "guide"),
        ("cards", "role_cards"),
        ("ballots", "ballots"),
        ("sheets", "sheets"),
    ):
        write_guide(own / f"{name}.pdf", part, teams, language)


def _write_notebooks(folder: Path, notebooks: dict[str, str]) -> None:
    """Notebooks beside the register that they read."""
    shutil.copytree(shipped("data", "samples", SAMPLE), folder / SAMPLE, ignore=shutil.ignore_patterns(".*"))
    for name, text in notebooks.items():
        text = text.replace(f"../../data/samples/{SAMPLE}", SAMPLE)
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8", newline="\n")
