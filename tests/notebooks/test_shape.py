"""Notebooks stay thin and clean: a question, the answer, the picture, the decision text; no machinery."""

import ast
from pathlib import Path

import nbformat
import pytest

from tests.notebooks.strip import notebooks, stripped

MACHINERY = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.For, ast.While, ast.Lambda)
SIMPLE = {"str", "int", "float", "bool"}


@pytest.fixture(params=notebooks(), ids=lambda path: path.name)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def is_lesson(path: Path) -> bool:
    """Lessons of the workshops: parameters only where a register is read; learners' ones hold gaps, no outputs."""
    return path.parent.name == "workshops"


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]


def tags(cell: nbformat.NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def test_there_are_notebooks() -> None:
    assert [p.name[:2] for p in notebooks()][:4] == ["00", "01", "02", "03"]


def test_thin(path: Path) -> None:
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= 15, cell.source
        found = [type(node).__name__ for node in ast.walk(ast.parse(cell.source)) if isinstance(node, MACHINERY)]
        assert not found, f"{found} in:\n{cell.source}"


def test_starts_with_its_question(path: Path) -> None:
    first = nbformat.read(path, as_version=4).cells[0]
    assert first.cell_type == "markdown"
    assert "?" in first.source


def test_parameters_are_annotated_flat_values(path: Path) -> None:
    cells = [cell for cell in code_cells(path) if "parameters" in tags(cell)]
    assert len(cells) == 1 or (is_lesson(path) and not cells)
    for node in ast.parse("\n".join(cell.source for cell in cells)).body:
        assert isinstance(node, ast.AnnAssign), ast.unparse(node)
        assert ast.unparse(node.annotation) in SIMPLE, ast.unparse(node)
        assert isinstance(ast.literal_eval(node.value), (str, int, float, bool))


def test_the_committee_session_is_three_cells() -> None:
    (page,) = [path for path in notebooks() if path.name == "09_committee_session.ipynb"]
    _, load, board = (cell.source for cell in code_cells(page))
    assert "pmo.load_register(register_path)" in load
    assert board.startswith("pmo.widgets.committee_session(")


def test_interactive_cells_come_last(path: Path) -> None:
    marks = ["interactive" in tags(cell) for cell in code_cells(path)]
    assert marks == sorted(marks)


def test_committed_without_outputs(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == stripped(path), "run: make strip"
    kept = [cell for cell in code_cells(path) if cell.outputs]
    learner = is_lesson(path) and not path.stem.endswith("_solution")
    assert bool(kept) != learner, "a checked cell states the key numbers, except where there are gaps"
    for cell in kept:
        assert {"keep_output", "nbval-check-output"} <= set(tags(cell))
