"""What the explorers have in common: a frame with a title, a line for words, and parts that close together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from html import escape
from importlib import resources
from typing import Any

import anywidget
import ipywidgets
import pandas as pd

from pmo_kit.errors import PmoError
from pmo_kit.exhibits import Field, Table, theme
from pmo_kit.exhibits.html import fragment
from pmo_kit.widgets.lifetime import one_per_cell, parts_of

_FILES = resources.files("pmo_kit.widgets")


class Frame(anywidget.AnyWidget):
    """The look of a panel, and the script that keeps its charts as large as their places."""

    _esm = (_FILES / "panel.js").read_text(encoding="utf-8")
    _css = theme.font_css((400, 700)) + theme.css() + (_FILES / "panel.css").read_text(encoding="utf-8")


class Panel(ipywidgets.VBox):
    """One explorer: a headline, a line about it, its controls and answers, and a line for words.

    `headline` and `say` write; `guard` makes a handler that says what went wrong instead of raising.
    """

    def __init__(self, about: str, parts: Iterable[Any]) -> None:
        self._head = ipywidgets.HTML()
        self._said = ipywidgets.HTML('<span class="pw-say" role="status"></span>')
        self._about = ipywidgets.HTML(f'<span class="pw-about">{escape(about)}</span>')
        super().__init__([Frame(), self._about, self._head, *parts, self._said])
        self.add_class("pw-panel")
        self._ends: list[Callable[[], None]] = []
        one_per_cell(self)

    @property
    def words(self) -> str:
        """The headline, as plain words."""
        return self._words

    def headline(self, text: str) -> None:
        """Write the message of the explorer."""
        self._words = text
        self._head.value = f'<span class="pw-h" aria-live="polite">{escape(text)}</span>'

    def say(self, text: str, bad: bool = False) -> None:
        """Write the line at the end: what was done, or what went wrong."""
        css = "pw-say pw-bad" if bad else "pw-say"
        self._said.value = f'<span class="{css}" role="status">{escape(text)}</span>'

    def guard(self, act: Callable[..., None]) -> Callable[..., None]:
        """A handler whose errors are said in words, in the panel."""

        def handler(*values: object) -> None:
            try:
                self.say("")
                act(*values)
            except PmoError as problem:
                self.say(str(problem), bad=True)
            except Exception as problem:
                logging.getLogger("pmo_kit").warning("the explorer could not do that", exc_info=problem)
                self.say(f"That was not possible ({problem}). What is shown is unchanged.", bad=True)

        return handler

    def on_close(self, act: Callable[[], None]) -> None:
        """Have something done when the panel closes."""
        self._ends.append(act)

    def close(self) -> None:
        """Close the panel with all its parts."""
        for act in self._ends:
            act()
        for part in parts_of(self):
            part.unobserve_all()
            part.close()
        super().close()


def table_html(data: pd.DataFrame, columns: Iterable[Field], empty: str = "Nothing to show.") -> str:
    """A table in the look of the packs, without its frame."""
    if data.empty:
        return f'<div class="pk-exhibit">{escape(empty)}</div>'
    table = Table(id="widget.table", alt="table", data=data, columns=tuple(columns))
    return f'<div class="pk-exhibit">{fragment(table, framed=False)}</div>'


def column(*parts: Any, width: str = "50%") -> Any:
    """Parts under one another."""
    return ipywidgets.VBox(list(parts), layout=ipywidgets.Layout(width=width, min_width="0", min_height="0"))


def row(*parts: Any, share: int = 0) -> Any:
    """Parts beside one another; with a share it takes that part of the height that is left."""
    layout = ipywidgets.Layout(width="100%", align_items="stretch", grid_gap="14px")
    if share:
        layout.flex, layout.min_height = f"{share} 1 0", "0"
    return ipywidgets.HBox(list(parts), layout=layout)


def scrolled(part: Any, share: int = 1) -> Any:
    """A part that takes its share of the height that is left, so that nothing below it moves."""
    box = ipywidgets.Box(
        [part], layout=ipywidgets.Layout(flex=f"{share} 1 0", min_height="0", min_width="0", width="100%")
    )
    box.add_class("pw-lower")
    return box


def figure_widget(figure: Any) -> Any:
    """A figure that can be pointed at and is as large as its place, without the bar of tools.

    All of it travels with the message that opens it: a page that is busy draws a chart, or nothing, never empty axes.
    """
    from plotly.graph_objects import FigureWidget

    class Whole(FigureWidget):
        whole = False

        def open(self) -> None:
            if self.whole:
                super().open()

    made = Whole(figure)
    made.update_layout(autosize=True, width=None, height=None)
    made._config = {**made._config, "displayModeBar": False, "displaylogo": False, "responsive": True}
    made.add_class("pw-figure")
    made.whole = True
    made.open()
    return made


def labeled(text: str) -> Any:
    """A line that says what stands below it."""
    return ipywidgets.HTML(f'<span class="pw-label">{escape(text)}</span>')


def button(text: str, act: Callable[..., None], hint: str = "") -> Any:
    """A button with words."""
    made = ipywidgets.Button(description=text, tooltip=hint, layout=ipywidgets.Layout(width="auto"))
    made.on_click(act)
    return made
