"""An executed notebook without what changes from run to run: times, machine paths, user names, random ids."""

from __future__ import annotations

import re
import sys
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")
_CELL_FILE = re.compile(r"[^\s\"'<>()]*ipykernel_\d+[/\\]+\d+\.py")


def canonical(notebook: Any, folder: Path) -> Any:
    """Return a copy of an executed notebook that depends only on its inputs.

    Run times, widget state, kernel details, error streams (progress bars, warnings with process numbers) and
    random cell ids go; machine paths are shortened in texts; neighboring prints are joined.

    Parameters
    ----------
    notebook : NotebookNode
        As papermill left it.
    folder : Path
        Folder in which it ran; it vanishes from every text.
    """
    import nbformat

    cells = []
    for number, cell in enumerate(notebook.cells):
        tags = list(cell.metadata.get("tags", []))
        fresh = {
            "cell_type": cell.cell_type,
            "id": f"cell-{number:03d}",
            "metadata": {"tags": tags} if tags else {},
            "source": scrub(cell.source, folder),
        }
        if cell.cell_type == "code":
            fresh["execution_count"] = cell.get("execution_count")
            fresh["outputs"] = _outputs(cell.get("outputs", []), folder)
        cells.append(fresh)
    return nbformat.from_dict(
        {
            "cells": cells,
            "metadata": {
                "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def scrub(text: str, folder: Path) -> str:
    """Shorten the machine's paths in a text and drop memory addresses.

    Examples
    --------
    >>> scrub("no file /tmp/x7/inputs/a.csv (object at 0x7f00aa11bb22)", Path("/tmp/x7"))
    'no file inputs/a.csv (object at 0x)'
    """
    text = _CELL_FILE.sub("this cell", text)
    if "/" in text or "\\" in text:
        for path, short in _machine(folder):
            if path in text:
                text = text.replace(path, short)
    return _ADDRESS.sub("0x", text)


@lru_cache(maxsize=8)
def _machine(folder: Path) -> tuple[tuple[str, str], ...]:
    """Paths that tell where something ran, in every way to write them, longest first, with what replaces them."""
    package = Path(__file__).resolve().parents[2]
    known = {str(folder): "", str(folder.resolve()): ""}
    for place, short in (
        (Path(sys.prefix) / "lib", "python/"),
        (Path(sys.base_prefix) / "lib", "python/"),
        (package, ""),
        (Path(tempfile.gettempdir()), ""),
        (Path.home(), "~/"),
    ):
        if len(place.parts) > 1:
            known.setdefault(str(place), short)
    forms: dict[str, str] = {}
    for path, short in known.items():
        for form in (path, path.replace("\\", "/"), path.replace("\\", "\\\\")):
            for end in ("/", "\\\\", "\\", ""):
                forms.setdefault(form + end, short if end else short.rstrip("/") or ".")
    return tuple(sorted(forms.items(), key=lambda pair: -len(pair[0])))


def _outputs(outputs: list[Any], folder: Path) -> list[dict[str, Any]]:
    """Outputs in order, prints joined, error streams left out."""
    kept: list[dict[str, Any]] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "stream":
            if output["name"] != "stdout":
                continue
            if kept and kept[-1]["output_type"] == "stream":
                kept[-1]["text"] += scrub(output["text"], folder)
                continue
            kept.append({"output_type": kind, "name": "stdout", "text": scrub(output["text"], folder)})
        elif kind == "error":
            kept.append(
                {
                    "output_type": kind,
                    "ename": output["ename"],
                    "evalue": scrub(output["evalue"], folder),
                    "traceback": [],
                }
            )
        else:
            fresh = {"output_type": kind, "metadata": {}, "data": _walk(output["data"], folder)}
            if kind == "execute_result":
                fresh["execution_count"] = output.get("execution_count")
            kept.append(fresh)
    return kept


def _walk(value: Any, folder: Path) -> Any:
    """Scrub every text inside nested data."""
    if isinstance(value, str):
        return scrub(value, folder) if len(value) < 200_000 else value
    if isinstance(value, dict):
        return {key: _walk(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, folder) for item in value]
    return value
