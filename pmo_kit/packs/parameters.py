"""What a notebook can be asked: its parameters cell, read without running it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from pmo_kit.doors import factor, nearest
from pmo_kit.errors import InputError, PackError
from pmo_kit.packs.spec import Scalar

_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `gap: float = 0.0`."""

    name: str
    type: type
    default: Scalar


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook file; a file that is none is refused in words."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:
        raise PackError(f"{path.name} is not a notebook that can be read: {error}") from error


def declared(notebook: Any, name: str) -> dict[str, Parameter]:
    """Read the parameters cell of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        A notebook whose cell tagged `parameters` holds lines like `gap: float = 0.0`.
    name : str
        Its file name, for messages.

    Raises
    ------
    PackError
        When a line is not a plain annotated value of type str, int, float or bool.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    if len(cells) > 1:
        raise PackError(f"{name} has {len(cells)} cells tagged 'parameters'; one is read.")
    found: dict[str, Parameter] = {}
    try:
        lines = ast.parse(cells[0].source).body if cells else []
    except SyntaxError as error:
        raise PackError(f"{name}, parameters cell: {error.msg} in line {error.lineno}.") from error
    for line in lines:
        parameter = _parameter(line)
        if parameter is None:
            raise PackError(
                f"{name}, parameters cell: '{ast.unparse(line)}' must be written like 'gap: float = 0.0' "
                f"(types: {', '.join(_TYPES)})."
            )
        found[parameter.name] = parameter
    return found


def problems(given: Mapping[str, object], known: Mapping[str, Parameter]) -> list[str]:
    """Say what is wrong with the parameters given: an unknown name, a value of another type, 15 for a share of 0.15.

    Examples
    --------
    >>> problems({"gab": 0.1, "draws": "many"}, {"gap": Parameter("gap", float, 0.0),
    ...                                          "draws": Parameter("draws", int, 10)})
    ["no parameter 'gab'; did you mean 'gap'?", "parameter 'draws' must be a whole number, not 'many'."]
    """
    found = []
    for name, value in given.items():
        if name not in known:
            found.append(f"no parameter '{name}'; {nearest(name, known)}")
        elif not _fits(value, known[name].type):
            found.append(f"parameter '{name}' must be {_WORDS[known[name].type]}, not {value!r}.")
        elif known[name].type is float and 0 < float(str(known[name].default)) <= 1:
            try:
                factor(value, f"parameter '{name}'")
            except InputError as error:
                found.append(str(error))
    return found


def _parameter(line: ast.stmt) -> Parameter | None:
    """Read one line; None when it is not an annotated plain value."""
    if not (isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name) and line.value):
        return None
    kind = _TYPES.get(ast.unparse(line.annotation))
    try:
        value = ast.literal_eval(line.value)
    except ValueError:
        return None
    return Parameter(line.target.id, kind, value) if kind and _fits(value, kind) else None


def _fits(value: object, kind: type) -> bool:
    """Whether a value is of the kind: a whole number is a number, true is no number."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)
