"""A small workspace in a temporary folder: a register of two projects and tiny notebooks made to measure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

PARAMETERS = 'register_path: str = "../data/samples/harbor"\nprevious_path: str = ""\ngap: float = 0.0'
LOAD = (
    "import pmo_kit as pmo\nfrom pmo_kit.exhibits import Message, Table, Chart, Kpi, Field\n"
    "import pandas as pd"
)
PROJECTS = (
    "project_id,name,area,commitment\nA,North quay,Works,discretionary\n"
    "B,Pilot boats,Fleet,discretionary\n"
)
COSTS = "project_id,year,amount\nA,2027,3.0\nB,2027,2.5\n"
SETTINGS = (
    "key,value\nname,Harbor Trust\nas_of,2026-09-30\ncurrency,EUR\nmoney_unit,million\nprice_basis,real\n"
    "price_base_year,2026\n"
)

Workspace = Callable[..., Path]


def message(identity: str, title: str = "Two projects cost 5.5", text: str = "All in 2027.") -> str:
    """Code of a cell that shows a message."""
    return (
        f'pmo.show(Message(id="{identity}", alt="In words.", items=(("Sure.", "{text}"),)), title="{title}")'
    )


def notebook(*cells: str | tuple[str, str], parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    """A notebook: a question, a parameters cell, then code cells (a pair carries a tag)."""
    book = nbformat.v4.new_notebook()
    book.cells.append(nbformat.v4.new_markdown_cell("# Overview\n\nWhat do **two projects** cost?"))
    book.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for cell in cells:
        source, tags = (cell, []) if isinstance(cell, str) else (cell[0], [cell[1]])
        book.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags} if tags else {}))
    return book


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Write a workspace with the notebooks given by name; return its pack file."""

    def write(pack: str = "", **books: nbformat.NotebookNode) -> Path:
        register = tmp_path / "data" / "samples" / "harbor"
        register.mkdir(parents=True, exist_ok=True)
        for name, text in (("projects", PROJECTS), ("costs", COSTS), ("settings", SETTINGS)):
            (register / f"{name}.csv").write_text(text, encoding="utf-8")
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        (tmp_path / "packs").mkdir(exist_ok=True)
        for name, book in books.items():
            nbformat.write(book, tmp_path / "notebooks" / f"{name}.ipynb")
        lines = (f"  - notebook: ../notebooks/{name}.ipynb\n    title: About {name}\n" for name in books)
        chapters = "".join(lines)
        file = tmp_path / "packs" / "board.yml"
        text = pack or (
            "pack: board\ntitle: Board, October\ncommittee: Board\ndate: 2026-10-15\n"
            f"register: ../data/samples/harbor\nchapters:\n{chapters}"
        )
        file.write_text(text, encoding="utf-8")
        return file

    return write
