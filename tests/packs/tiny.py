"""A small workspace: a register of two projects and tiny notebooks made to measure, one for each behavior."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat

PARAMETERS = 'register_path: str = "../data/samples/harbor"\nprevious_path: str = ""\ngap: float = 0.0'
LOAD = "import pmo_kit as pmo\nfrom pmo_kit.exhibits import Message, Table, Chart, Kpi, Field\nimport pandas as pd"
PROJECTS = "project_id,name,area,commitment\nA,North quay,Works,discretionary\nB,Pilot boats,Fleet,discretionary\n"
COSTS = "project_id,year,amount\nA,2027,3.0\nB,2027,2.5\n"
Workspace = Callable[..., Path]

SETTINGS = (
    "key,value\nname,Harbor Trust\nas_of,2026-09-30\ncurrency,EUR\nmoney_unit,million\nprice_basis,real\n"
    "price_base_year,2026\n"
)


def message(identity: str, title: str = "Two projects cost 5.5", text: str = "All in 2027.") -> str:
    """Code of a cell that shows a message."""
    return f'pmo.show(Message(id="{identity}", alt="In words.", items=(("Sure.", "{text}"),)), title="{title}")'


def notebook(*cells: str | tuple[str, str], parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    """A notebook: a question, a parameters cell, then code cells (a pair carries a tag)."""
    book = nbformat.v4.new_notebook()
    book.cells.append(nbformat.v4.new_markdown_cell("# Overview\n\nWhat do **two projects** cost?"))
    book.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
    for cell in cells:
        source, tags = (cell, []) if isinstance(cell, str) else (cell[0], [cell[1]])
        book.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags} if tags else {}))
    return book


def write_workspace(home: Path, pack: str = "", **books: nbformat.NotebookNode) -> Path:
    """Write a workspace with the notebooks given by name; return its pack file."""
    register = home / "data" / "samples" / "harbor"
    register.mkdir(parents=True, exist_ok=True)
    for name, text in (("projects", PROJECTS), ("costs", COSTS), ("settings", SETTINGS)):
        (register / f"{name}.csv").write_text(text, encoding="utf-8")
    (home / "notebooks").mkdir(exist_ok=True)
    (home / "packs").mkdir(exist_ok=True)
    for name, book in books.items():
        nbformat.write(book, home / "notebooks" / f"{name}.ipynb")
    lines = (f"  - notebook: ../notebooks/{name}.ipynb\n    title: About {name}\n" for name in books)
    chapters = "".join(lines)
    file = home / "packs" / "board.yml"
    text = pack or (
        "pack: board\ntitle: Board, October\ncommittee: Board\ndate: 2026-10-15\n"
        f"register: ../data/samples/harbor\nchapters:\n{chapters}"
    )
    file.write_text(text, encoding="utf-8")
    return file
