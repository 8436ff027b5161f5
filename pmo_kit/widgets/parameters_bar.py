"""A notebook's parameters at the table: change some, and run a copy with them."""

from __future__ import annotations

import ast
import datetime as dt
import json
import os
from functools import partial
from html import escape
from os import PathLike
from pathlib import Path
from typing import Any

import ipywidgets

from pmo_kit.doors import door
from pmo_kit.errors import PmoError
from pmo_kit.widgets.lifetime import Stopped
from pmo_kit.widgets.panel import Panel, column, control, row, scrolled

CONTROLS = {bool: ipywidgets.Checkbox, int: ipywidgets.IntText, float: ipywidgets.FloatText}


class ParametersState:
    """The state: what the annotated `parameters` cell of a notebook says, and the values to run it with.

    Examples
    --------
    >>> state = ParametersState("notebooks/05_partner_selection.ipynb")
    >>> state.values["price_weight"], state.changed
    (0.4, {})
    """

    def __init__(self, notebook: str | PathLike[str]) -> None:
        self.notebook = Path(notebook).resolve()
        if not self.notebook.is_file() or self.notebook.suffix != ".ipynb":
            raise PmoError(f"There is no notebook {self.notebook}.")
        cells = json.loads(self.notebook.read_text(encoding="utf-8"))["cells"]
        tagged = ["".join(c["source"]) for c in cells if "parameters" in c["metadata"].get("tags", ())]
        lines = [line for line in ast.parse("\n".join(tagged)).body if isinstance(line, ast.AnnAssign)]
        self.first = {ast.unparse(line.target): ast.literal_eval(line.value) for line in lines if line.value}
        self.values: dict[str, Any] = dict(self.first)

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that are not as in the notebook."""
        return {name: value for name, value in self.values.items() if value != self.first[name]}

    def run(self, folder: str | PathLike[str], now: dt.datetime) -> Path:
        """Run the notebook with these values and keep it in a folder; the notebook itself stays as it is.

        Raises
        ------
        PmoError
            A cell stopped it; what it shows up to there is kept.
        """
        import papermill

        place = Path(folder).resolve() / f"{self.notebook.stem}_{now:%Y-%m-%d_%H%M%S}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            papermill.execute_notebook(
                str(self.notebook), str(place), parameters=self.changed, progress_bar=False,
                cwd=str(self.notebook.parent), skip_cells_with_tag="interactive",
            )  # fmt: skip
        except papermill.PapermillExecutionError as error:
            raise PmoError(f"It stopped: {error.evalue} What it shows up to there is in {place}.") from error
        return place


@door
def parameters(notebook: str | PathLike[str], *, folder: str | PathLike[str] = "session") -> Panel:
    """Change the parameters of a notebook and run it: a field for each name in its annotated `parameters` cell.

    A copy is run and kept with its answers; the notebook and its later cells stay as they are.

    Parameters
    ----------
    notebook : path
        The notebook itself, seen from its own folder.
    folder : path
        Where the copies are kept.

    Returns
    -------
    Panel
        `panel.state` is the `ParametersState`.
    """
    state = ParametersState(notebook)
    fields = {
        name: control(CONTROLS.get(type(value), ipywidgets.Text), _plain(name), "150px", value=value)
        for name, value in state.values.items()
    }
    done = ipywidgets.HTML()
    panel = Panel(
        state, "Run makes a copy of this notebook with these parameters and opens nothing by itself."
    )
    panel.add_class("pw-bar-only")

    def draw() -> str:
        words = [f"{_plain(name)} {value}" for name, value in state.changed.items()]
        return f"{state.notebook.stem}: {'; '.join(words) or 'the parameters of the notebook'}"

    def run() -> bool:
        start.disabled = True
        panel.say(f"Running {state.notebook.name}…")
        panel.work.ask(partial(search, panel.words), partial(ended, "", ""))
        return False

    def search(words: str, stopped: Stopped) -> None:
        place = state.run(folder, dt.datetime.now())
        link = os.path.relpath(place, state.notebook.parent).replace(os.sep, "/")
        panel.work.hand(partial(ended, link, words, f"Done: {place}"))

    def ended(link: str, words: str, said: str) -> None:
        start.disabled = False
        if link:
            done.value += f'<div><a href="{escape(link)}" target="_blank">{escape(words)}</a></div>'
        panel.say(said, bad=not link)

    start = panel.button("Run", run, "The whole notebook with these parameters")
    panel.fields = fields
    parts = row(scrolled(column(*fields.values(), width="100%")), column(start, scrolled(done)), share=1)
    panel.play([parts], draw, {field: partial(state.values.__setitem__, n) for n, field in fields.items()})
    return panel


def _plain(name: str) -> str:
    return name.replace("_", " ")
