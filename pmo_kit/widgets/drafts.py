"""Drafted at the table, then asked: scenarios of one's own, and a notebook with other parameters."""

from __future__ import annotations

import ast
import dataclasses
import datetime as dt
import json
import os
from functools import partial
from html import escape
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Question, arbitrate
from pmo_kit.arbitration.rules import role_words
from pmo_kit.arbitration.solving import Interrupted
from pmo_kit.disk import real
from pmo_kit.doors import door
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.exhibits import Field
from pmo_kit.facts import in_row, number
from pmo_kit.figures.scenarios import definitions
from pmo_kit.scenarios import Comparison, Scenario, read_scenarios
from pmo_kit.scenarios.comparison import TODAY
from pmo_kit.widgets import panel as ui
from pmo_kit.widgets.session_files import save_scenarios


class ScenariosState:
    """The state: scenarios built so far and the best plan of each.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = ScenariosState(pmo.Question(pmo.load_register("data/samples/meridian_12")))
    >>> state.add(pmo.Scenario("Less money", budget=0.85))
    >>> state.table.loc["Less money", ["value", "delta"]].tolist()
    [28.5, -5.0]
    """

    def __init__(self, question: Question, seconds: float = 10.0) -> None:
        self.question, self.seconds = question, seconds
        self.scenarios: list[Scenario] = []
        self._answers: dict[str, Allocation | str] = {TODAY: arbitrate(question.replace(time_limit=seconds))}
        self.shown = ""

    def add(self, scenario: Scenario) -> None:
        """Solve a scenario and keep it; one of the same name is replaced.

        Raises
        ------
        PmoError
            As `solve`.
        """
        self.keep(scenario, self.solve(scenario))

    def solve(self, scenario: Scenario) -> Allocation | str:
        """The best plan under a scenario, or why there is none.

        Raises
        ------
        PmoError
            It has no name, changes nothing, or names what the question does not have; or no plan was found in the time
            allowed.
        """
        if not scenario.name.strip() or scenario.name.strip() == TODAY:
            raise PmoError("Give the scenario a name of its own.")
        if scenario.table.empty:
            raise PmoError("This scenario changes nothing: move a limit, or take a project in or out.")
        try:
            return arbitrate(scenario(self.question).replace(time_limit=self.seconds))
        except InfeasibleError as error:
            return str(error)

    def keep(self, scenario: Scenario, answer: Allocation | str) -> None:
        """Take the answer of a scenario in; one of the same name is replaced."""
        self.remove(scenario.name)
        self.scenarios.append(scenario)
        self._answers[scenario.name], self.shown = answer, scenario.name

    def remove(self, name: str) -> None:
        """Forget a scenario; the last one is shown."""
        self.scenarios = [one for one in self.scenarios if one.name != name]
        self.shown = self.scenarios[-1].name if self.scenarios else ""

    @property
    def comparison(self) -> Comparison:
        """All scenarios side by side."""
        found = {name: self._answers[name] for name in (TODAY, *(one.name for one in self.scenarios))}
        plans = {name: answer for name, answer in found.items() if not isinstance(answer, str)}
        reasons = {name: answer for name, answer in found.items() if isinstance(answer, str)}
        return Comparison(self.question, tuple(self.scenarios), MappingProxyType(plans), MappingProxyType(reasons))

    @property
    def table(self) -> pd.DataFrame:
        """The table of the comparison."""
        return self.comparison.table

    @property
    def headline(self) -> str:
        """What today is worth, and the hardest case, with what is not proven."""
        table, count, found = self.table, len(self.scenarios), self.comparison.allocations
        today = f"Today {number(found[TODAY].value)} {self.question.worth.short}{ui.sure_words(found[TODAY], ', ')}"
        none = int((table["status"] == "infeasible").sum())
        if not count:
            return f"{today}; no case yet"
        if none:
            return f"{today}; {none} of {count} case{'s' * (count > 1)} leave{'s' * (none == 1)} no plan"
        worst = table["delta"].idxmin()
        lost, best = -table["delta"][worst], "" if worst == TODAY else ui.sure_words(found[worst], ", its plan ")
        costs = f"costs {number(lost)}{best}" if lost > 0 else "costs nothing"
        return f"{today}; the hardest of {count} cases {costs}" if count > 1 else f"{today}; the case {costs}"


@door
def scenarios(question: Question, *, folder: str | PathLike[str] = "session") -> ui.Panel:
    """Build scenarios, compare them with today, and save them for the next pack.

    A scenario moves money, costs and benefits, in every year or in one, people, and takes projects in, out or later.

    Parameters
    ----------
    question : Question
        Today; the scenarios of its register are there from the start.
    folder : path
        Where Save writes `scenarios.yml`.

    Returns
    -------
    Panel
        `panel.state` is the `ScenariosState`.
    """
    state, unit = ScenariosState(question), question.built.value_unit
    fields = _fields(question)
    table = ui.shown(lambda: _results(state.comparison))
    detail = ui.shown(lambda: _detail(state) if state.shown else "")
    chosen = ui.control(ipywidgets.Dropdown, "Show", "50px", partial(setattr, state, "shown"))
    ui.listed(chosen, lambda: ([one.name for one in state.scenarios], state.shown or None))

    def ask(scenarios: list[Scenario]) -> bool:
        if scenarios:
            add.disabled, stop.disabled = True, False
            panel.work.ask(partial(search, scenarios), partial(rest, bad=True))
        return False

    def search(scenarios: list[Scenario], stopped: ui.Stopped) -> None:
        lost = []
        for scenario in scenarios:
            if stopped():
                return
            panel.work.hand(partial(panel.say, f"Searching for the best plan: {scenario.name}…"))
            try:
                panel.work.hand(partial(found, scenario, state.solve(scenario)))
            except Interrupted:
                raise
            except Exception as error:  # the others are added
                lost.append(f"{scenario.name or 'The scenario'} was not added: {error}")
        panel.work.hand(partial(rest, " ".join(lost) or f"{scenario.name} was added.", bool(lost)))

    def found(scenario: Scenario, answer: Allocation | str) -> None:
        state.keep(scenario, answer)
        panel.draw()

    def rest(words: str, bad: bool = False) -> None:
        add.disabled, stop.disabled = False, True
        panel.say(words, bad)

    def stopped_by_hand() -> None:
        panel.work.stop()
        rest("Stopped: the case under way and those after it are left out.")

    def saved() -> str:
        if not state.scenarios:
            raise PmoError("There is no scenario to save.")
        file = save_scenarios(state.scenarios, folder, question)
        return f"Saved in {file}. A pack reads it: scenarios_path under parameters of its scenarios chapter."

    add = ui.button("Add and compare", lambda: ask([_draft(fields)]), "Find the best plan of this case")
    stop = ui.button("Stop", stopped_by_hand, "Leave out the case that is searched")
    remove = ui.button("Remove the one shown", lambda: state.remove(state.shown))
    save = ui.button("Save", saved, "scenarios.yml, which the next pack reads")
    above = ui.labeled(f"Worth of the best plan, {unit}")
    answers = ui.column(above, ui.scrolled(table, 3), chosen, ui.scrolled(detail, 2), width="60%")
    left = ui.column(ui.scrolled(ui.column(*fields.values(), width="100%")), width="40%")
    about = f"A scenario is a set of changes to today; each gets its own best plan. Values in {unit}."
    buttons = ui.row(add, stop, remove, save)
    panel = ui.Panel(state, about, ui.row(left, answers, share=1), buttons, fields=fields)
    stop.disabled = True
    ask(read_scenarios(question.register))
    return panel


def _fields(question: Question) -> dict[str, Any]:
    """The controls of a scenario."""
    projects = [(f"{p} {name}", str(p)) for p, name in question.register.projects["name"].items()]
    roles = sorted({rule.role for rule in question.active_rules if isinstance(rule, Capacity)})
    years = sorted({rule.year for rule in question.active_rules if isinstance(rule, Envelope)})
    span: dict[str, Any] = {"value": 0, "min": -50, "max": 50, "continuous_update": False, "readout_format": "+d"}
    slider: Any = partial(ui.control, ipywidgets.IntSlider, **span)
    several = partial(ui.control, ipywidgets.SelectMultiple, options=projects, rows=3)
    return {
        "name": ui.control(ipywidgets.Text, "Name", placeholder="What the committee calls it"),
        "money": slider("Money, %"), "cost": slider("Costs, %", min=-30), "benefit": slider("Benefits, %", max=30),
        "year": ui.control(ipywidgets.Dropdown, "in", options=[("every year", 0), *((str(y), y) for y in years)]),
        "people": slider("People, %"),
        "role": ui.control(
            ipywidgets.Dropdown, "of", options=[("every role", ""), *((role_words(r), r) for r in roles)]
        ),
        "in": several("Take in"), "out": several("Leave out"), "later": several("Start later"),
        "years": ui.control(ipywidgets.IntSlider, "by years", value=1, min=1, max=5),
    }  # fmt: skip


def _draft(fields: dict[str, Any]) -> Scenario:
    """The scenario that the controls say."""
    now = {name: field.value for name, field in fields.items()}

    def factor(name: str) -> Any:
        times = round(1 + now[name] / 100, 6)
        return {f"year={now['year']}": times} if now["year"] and times != 1 else times

    people = [role for _, role in fields["role"].options if role and now["role"] in ("", role)]
    return Scenario(
        now["name"].strip(),
        budget=factor("money"),
        cost=factor("cost"),
        benefit=factor("benefit"),
        capacity=dict.fromkeys(people, round(1 + now["people"] / 100, 6)) if now["people"] else {},
        projects_in=dict.fromkeys(now["in"], ""),
        projects_out=now["out"],
        delay={f"project_id={project}": now["years"] for project in now["later"]},
    )


def _results(comparison: Comparison) -> str:
    """Every case with its worth, how sure that is, and how much it changes."""
    rows = comparison.table.reset_index()
    for moved in ("entered", "left", "resized"):
        counted = rows[moved].map(len, na_action="ignore").astype("str")
        rows[moved] = counted.mask(rows["status"] == "infeasible", "–")
    sure = {name: ui.sure_words(plan) or "best" for name, plan in comparison.allocations.items()}
    rows["sure"] = rows["scenario"].map(sure).fillna("no plan obeys the rules")
    return ui.table_html(
        rows, ("scenario", "case"), Field("value", "worth"), Field("delta", "against today", signed=True),
        ("entered", "projects in"), ("left", "projects out"), ("resized", "other level"), ("sure", "plan"),
    )  # fmt: skip


def _detail(state: ScenariosState) -> str:
    """What the case shown changes in the question, and in the plan."""
    name = state.shown
    one = tuple(scenario for scenario in state.scenarios if scenario.name == name)
    changes = definitions(dataclasses.replace(state.comparison, scenarios=one))
    line, names = state.table.loc[name], state.question.register.projects["name"]
    moved = {"In": "entered", "Out": "left", "Other level": "resized"}
    if line["status"] == "infeasible":
        words = {"No plan": str(line["reason"])}
    else:
        words = {label: in_row(f"{names[p]} {p}" for p in line[ids]) for label, ids in moved.items() if line[ids]}
    frame = pd.DataFrame(words.items(), columns=["what", "is"])
    return ui.exhibit_html(changes) + ui.table_html(frame, ("what", ""), ("is", name), empty="The plan is today's.")


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
        self.notebook = real(notebook)
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

    @property
    def headline(self) -> str:
        """The notebook, and what is changed."""
        words = [f"{_plain(name)} {value}" for name, value in self.changed.items()]
        return f"{self.notebook.stem}: {'; '.join(words) or 'the parameters of the notebook'}"

    def run(self, folder: str | PathLike[str], now: dt.datetime) -> Path:
        """Run the notebook with these values and keep it in a folder; the notebook itself stays as it is.

        Raises
        ------
        PmoError
            A cell stopped it; what it shows up to there is kept.
        """
        import papermill

        place = real(folder) / f"{self.notebook.stem}_{now:%Y-%m-%d_%H%M%S}.ipynb"
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
def parameters(notebook: str | PathLike[str], *, folder: str | PathLike[str] = "session") -> ui.Panel:
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
        name: ui.control(
            CONTROLS.get(type(value), ipywidgets.Text), _plain(name), "150px",
            partial(state.values.__setitem__, name), value=value,
        )
        for name, value in state.values.items()
    }  # fmt: skip
    done = ipywidgets.HTML()

    def run() -> bool:
        start.disabled = True
        panel.say(f"Running {state.notebook.name}…")
        panel.work.ask(partial(search, panel.words), partial(ended, "", ""))
        return False

    def search(words: str, stopped: ui.Stopped) -> None:
        place = state.run(folder, dt.datetime.now())
        link = os.path.relpath(place, state.notebook.parent).replace(os.sep, "/")
        panel.work.hand(partial(ended, link, words, f"Done: {place}"))

    def ended(link: str, words: str, said: str) -> None:
        start.disabled = False
        if link:
            done.value += f'<div><a href="{escape(link)}" target="_blank">{escape(words)}</a></div>'
        panel.say(said, bad=not link)

    start = ui.button("Run", run, "The whole notebook with these parameters")
    parts = ui.row(ui.scrolled(ui.column(*fields.values(), width="100%")), ui.column(start, ui.scrolled(done)), share=1)
    about = "Run makes a copy of this notebook with these parameters and opens nothing by itself."
    panel = ui.Panel(state, about, parts, fields=fields)
    panel.add_class("pw-bar-only")
    return panel


def _plain(name: str) -> str:
    return name.replace("_", " ")
