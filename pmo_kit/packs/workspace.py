"""A workspace of one's own: a register, a pack file and notebooks that find them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat

from pmo_kit.disk import new_folder
from pmo_kit.errors import PmoError
from pmo_kit.packs.spec import read_notebook
from pmo_kit.register import load_register
from pmo_kit.register.drafting import draft_mapping
from pmo_kit.register.template import write_template
from pmo_kit.shipped import shipped

SAMPLE = ("data", "samples", "meridian_12")
PACKS = {
    "investment_committee.yml": {},
    "delivery_overview.yml": {
        "pack": "portfolio_overview",
        "title": "Portfolio overview",
        "committee": "Board",
    },
}
"""Shipped pack files that a workspace receives, with the lines that change."""
_README = """# Your committee packs
Replace the rows of `register.xlsx` by your own (the sheets projects and costs are enough to begin); `pmo-kit check register.xlsx` says what to mend.
`pmo-kit pack` makes the packs of `packs/` in `build/packs/` (a chapter whose sheet is empty becomes one line); `pmo-kit lab` opens the notebooks.
"""  # noqa: E501
_README_FROM = """# Your committee packs
`{mapping}` says what each column of your export (in `source/`) becomes; lines with a question mark are guesses: correct them, then `pmo-kit check {mapping}`.
`pmo-kit pack` makes the packs of `packs/` in `build/packs/`. Next month: put the new export in the place of the old one. `pmo-kit lab` opens the notebooks.
"""  # noqa: E501


def new_workspace(folder: str | Path, sources: Sequence[Path] = ()) -> Path:
    """Make a folder in which `pmo-kit pack` works at once.

    It holds `register.xlsx` (a small sample to replace), `packs/` (a pack file), `notebooks/` (their parameters
    read the register of the workspace) and a README of three lines.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet, or is empty.
    sources : sequence of Path
        Your own export: it is copied, a mapping is drafted (NAME.map.yml), and everything reads it through that.

    Raises
    ------
    PmoError
        When something is there already: nothing is ever overwritten.
    """
    home = Path(folder).resolve()
    if home.is_file() or (home.is_dir() and any(home.iterdir())):
        raise PmoError(f"{home} is not empty. Name a new folder: nothing is overwritten.")
    for source in sources:
        if not source.is_file():
            raise PmoError(f"There is no file {source}.")
    with new_folder(home) as draft:
        _fill(draft, sources)
    return home


def _fill(home: Path, sources: Sequence[Path]) -> None:
    """Put everything into the folder of a workspace."""
    (home / "packs").mkdir()
    (home / "notebooks").mkdir()
    register = "register.xlsx"
    if sources:
        (home / "source").mkdir()
        copies = [Path(shutil.copy(source, home / "source")) for source in sources]
        register = f"{sources[0].stem}.map.yml"
        (home / register).write_text(draft_mapping(copies, home).text, encoding="utf-8")
    else:
        write_template(home / register, load_register(shipped(*SAMPLE)))
    for name, changes in PACKS.items():
        text = own_pack(shipped("templates", "packs", name).read_text(encoding="utf-8"), register, **changes)
        own = changes.get("pack", Path(name).stem)
        (home / "packs" / f"{own}.yml").write_text(text, encoding="utf-8")
    for source in sorted(shipped("notebooks").glob("*.ipynb")):
        notebook = read_notebook(source)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None  # they speak of the shipped register
            if "parameters" in cell.metadata.get("tags", ()):
                cell.source = own_parameters(cell.source, register)
        nbformat.write(notebook, home / "notebooks" / source.name)
    text = _README if not sources else _README_FROM.format(mapping=register)
    (home / "README.md").write_text(text, encoding="utf-8")


def own_pack(text: str, register: str = "register.xlsx", **changes: str) -> str:
    """A shipped pack file that reads the register and the notebooks of a workspace, some lines changed.

    Examples
    --------
    >>> print(own_pack("register: ../../data/samples/meridian\\nprevious: ../../data/samples/old\\n"
    ...                "  - notebook: ../../notebooks/00.ipynb\\n"), end="")
    register: ../register.xlsx
      - notebook: ../notebooks/00.ipynb
    """
    text = re.sub(r"^register:.*$", f"register: ../{register}", text, flags=re.MULTILINE)
    text = re.sub(r"^previous:.*\n", "", text, flags=re.MULTILINE)
    for key, value in changes.items():
        text = re.sub(rf"^{key}:.*$", f"{key}: {value}", text, flags=re.MULTILINE)
    if changes:
        text = re.sub(
            r"\A(#.*\n)+", "# An overview of any register: the sheets projects and costs are enough.\n", text
        )
    return text.replace("../../notebooks/", "../notebooks/")


def own_parameters(source: str, register: str = "register.xlsx") -> str:
    """A parameters cell whose paths are those of a workspace.

    Examples
    --------
    >>> own_parameters('register_path: str = "../data/samples/meridian"')
    'register_path: str = "../register.xlsx"'
    """
    source = re.sub(
        r'^(register_path: str = )["\'].*?["\']', rf'\1"../{register}"', source, flags=re.MULTILINE
    )
    return re.sub(r'^(previous_path: str = )["\'].*?["\']', r'\1""', source, flags=re.MULTILINE)
