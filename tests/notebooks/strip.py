"""Notebooks as they are committed: no outputs but the kept ones, no execution counts, no machine in the metadata.

nbstripout keeps the outputs of cells tagged `keep_output`; nbval needs an execution count where there is an
output, so kept cells get 1.
"""

import sys
from pathlib import Path

import nbformat
from nbstripout import strip_output

ROOT = Path(__file__).parents[2]
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def stripped(path: Path) -> str:
    """Return the text of the notebook at `path` in its committed form."""
    notebook = nbformat.read(path, as_version=4)
    notebook = strip_output(notebook, keep_output=False, keep_count=False, keep_id=True)
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        for output in cell.get("outputs", []):
            cell.execution_count = 1
            if "execution_count" in output:
                output["execution_count"] = 1
    return nbformat.writes(notebook, indent=1) + "\n"


def notebooks() -> list[Path]:
    return sorted(p for p in (ROOT / "notebooks").rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


if __name__ == "__main__":
    for path in notebooks():
        text = stripped(path)
        if text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"stripped {path.relative_to(ROOT)}\n")
