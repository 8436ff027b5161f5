"""How a widget lives: one per cell, closed when the cell runs again; its page asks whether it is there."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any
from uuid import uuid4

import anywidget
import traitlets

from pmo_kit.widgets.background import shell

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
    parent: Mapping[str, Any] = getattr(shell(), "get_parent", dict)() or {}
    cell = parent.get("metadata", {}).get("cellId", "")
    return str(cell), str(parent.get("header", {}).get("msg_id", ""))


def front(*names: str) -> str:
    """Files of the front end, one after another."""
    return "".join((resources.files("pmo_kit.widgets") / name).read_text(encoding="utf-8") for name in names)


class Linked(anywidget.AnyWidget):
    """A widget that its front end hears however late its script was loaded, and asks whether the kernel is there.

    What is shown travels with the first message; `ready` is answered with all of it again, `ping` with `pong`.
    """

    PARTS: tuple[str, ...] = ()
    own = traitlets.Unicode().tag(sync=True)

    def __init__(self, **shown: Any) -> None:
        own = uuid4().hex
        super().__init__(model_id=own, own=own, **shown)
        self.on_msg(self._receive)

    def _receive(self, _: object, content: Mapping[str, Any], __: object) -> None:
        """One message from the screen."""
        if content.get("type") == "ping":
            self.send({"pong": content.get("seq", 0)})
        elif content.get("type") == "ready":
            self.send_state(list(self.PARTS))

    def close(self) -> None:
        """Close the widget; it hears nothing more."""
        self.on_msg(self._receive, remove=True)
        super().close()
