"""One living widget per cell: a cell that is run again closes what its last run made."""

from __future__ import annotations

import sys
from typing import Any

_living: dict[str, tuple[str, list[Any]]] = {}


def one_per_cell(widget: Any) -> None:
    """Close what an earlier run of this cell made; keep what this run made.

    Outside a notebook nothing is closed. JupyterLab says which cell runs (`cellId`).
    """
    cell, run = _running()
    if not cell:
        return
    last, widgets = _living.get(cell, ("", []))
    if last != run:
        for old in widgets:
            old.close()
        widgets = []
    _living[cell] = (run, [*widgets, widget])


def parts_of(widget: Any) -> list[Any]:
    """Everything that lives with a widget, the deepest first: children, layouts and styles."""
    found: list[Any] = []
    for child in getattr(widget, "children", ()):
        found += [*parts_of(child), child]
    return found + [
        x for x in (getattr(widget, "layout", None), getattr(widget, "style", None)) if hasattr(x, "close")
    ]


def _running() -> tuple[str, str]:
    """The cell that runs and the message that made it run; empty outside a notebook."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is None or not hasattr(shell, "get_parent"):
        return "", ""
    parent = shell.get_parent() or {}
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))
