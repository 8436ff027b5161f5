"""A ready set for one workshop: a folder for each team, one for who facilitates, ballots to print."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from pmo_kit.errors import PmoError
from pmo_kit.shipped import shipped
from pmo_kit.workshop.building import built, learner_notebook, solution_notebook
from pmo_kit.workshop.guide import write_guide
from pmo_kit.workshop.source import lesson_names
from pmo_kit.workshop.texts import LANGUAGE

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
        Makes a workspace in a folder: `pmo_kit.packs.workspace.new_workspace`.
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
    return home


def _write_notebooks(folder: Path, notebooks: dict[str, str]) -> None:
    """Notebooks beside the register that they read."""
    shutil.copytree(shipped("data", "samples", SAMPLE), folder / SAMPLE, ignore=shutil.ignore_patterns(".*"))
    for name, text in notebooks.items():
        text = text.replace(f"../../data/samples/{SAMPLE}", SAMPLE)
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8", newline="\n")
