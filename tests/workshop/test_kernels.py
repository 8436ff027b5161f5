"""The lessons in real kernels: solutions by nbval with their numbers, learner notebooks unfilled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pmo_kit.shipped import shipped
from pmo_kit.workshop.building import lesson_names

FOLDER = shipped("notebooks", "workshops")


@pytest.mark.long
def test_one_learner_notebook_in_a_kernel() -> None:
    run_unfilled(FOLDER / "06_arbitration.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("name", lesson_names())
def test_learner_notebooks_run_unfilled(name: str) -> None:
    run_unfilled(FOLDER / f"{name}.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("name", lesson_names())
def test_solutions_print_their_numbers(name: str) -> None:
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider"]
    command += ["-p", "no:xdist", "-o", "addopts=", "-q", str(FOLDER / f"{name}_solution.ipynb")]
    done = subprocess.run(command, cwd=FOLDER.parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


def run_unfilled(path: Path) -> None:
    """Run as JupyterLab does; no cell fails, and open gaps answer."""
    notebook = nbformat.read(path, 4)
    NotebookClient(notebook, timeout=None, resources={"metadata": {"path": str(FOLDER)}}).execute()
    said = str([cell.outputs for cell in notebook.cells if cell.cell_type == "code"])
    assert "Still open" in said
    assert "Traceback" not in said
