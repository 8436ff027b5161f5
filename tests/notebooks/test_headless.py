"""Widgets feed nothing: a notebook shows the same exhibits with its interactive cells and without them."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pmo_kit.exhibits.records import MIME
from tests.notebooks.strip import notebooks

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def interactive(cell: nbformat.NotebookNode) -> bool:
    return "interactive" in cell.metadata.get("tags", [])


def shown(path: Path, without_widgets: bool) -> tuple[list[dict], int]:
    """Exhibits of a notebook, and how many widgets it displayed."""
    book = nbformat.read(path, as_version=4)
    if without_widgets:
        book.cells = [cell for cell in book.cells if not interactive(cell)]
    NotebookClient(book, timeout=None, resources={"metadata": {"path": str(path.parent)}}).execute()
    data = [o.data for c in book.cells for o in c.get("outputs", []) if "data" in o]
    return [d[MIME] for d in data if MIME in d], sum("application/vnd.jupyter.widget-view+json" in d for d in data)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_interactive_cells_name_nothing(path: Path) -> None:
    for cell in filter(interactive, nbformat.read(path, as_version=4).cells):
        assert all(isinstance(line, ast.Expr) for line in ast.parse(cell.source).body), cell.source


def test_same_exhibits_with_and_without_widgets() -> None:
    path = ROOT / "notebooks" / "04_performance_review.ipynb"
    (plain, none), (live, some) = shown(path, without_widgets=True), shown(path, without_widgets=False)
    assert (none, some) == (0, 2)  # the explorer, and the bar of parameters
    assert plain
    assert plain == live
