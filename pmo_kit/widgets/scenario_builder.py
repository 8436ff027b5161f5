"""Scenarios at the table: build one, name it, compare, keep it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Envelope, Question, arbitrate
from pmo_kit.arbitration.rules import role_words
from pmo_kit.arbitration.solving import Interrupted
from pmo_kit.doors import door
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.exhibits import Field
from pmo_kit.facts import number
from pmo_kit.figures.scenarios import definitions
from pmo_kit.scenarios import Comparison, Scenario, read_scenarios
from pmo_kit.scenarios.comparison import TODAY
from pmo_kit.widgets.panel import Panel, column, control, exhibit_html, labeled, row, scrolled, table_html
from pmo_kit.widgets.session_files import save_scenarios

Stopped = Callable[[], bool]


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
        self._today = arbitrate(question.replace(time_limit=seconds))
        self._tried: dict[str, tuple[Scenario, Allocation | str]] = {}
        self.shown = ""

    @property
    def scenarios(self) -> list[Scenario]:
        """The scenarios in the order in which they were built."""
        return [scenario for scenario, _ in self._tried.values()]

    def add(self, scenario: Scenario) -> None:
        """Solve a scenario and keep it; one of the same name is replaced.

        Raises
        ------
        PmoError
            It has no name, changes nothing, or names what the question does not have.
        """
        self.check(scenario)
        self.keep(scenario, self.solve(scenario))

    def check(self, scenario: Scenario) -> None:
        """Refuse what cannot be solved, with the reason."""
        if not scenario.name.strip() or scenario.name.strip() == TODAY:
            raise PmoError("Give the scenario a name of its own.")
        if scenario.table.empty:
            raise PmoError("This scenario changes nothing: move a limit, or take a project in or out.")
        scenario.check(self.question)

    def solve(self, scenario: Scenario) -> Allocation | str:
        """The best plan under a scenario, or why there is none.

        Raises
        ------
        PmoError
            No plan was found in the time allowed.
        """
        try:
            return arbitrate(scenario(self.question).replace(time_limit=self.seconds))
        except InfeasibleError as error:
            return str(error)

    def keep(self, scenario: Scenario, answer: Allocation | str) -> None:
        """Take the answer of a scenario in; one of the same name is replaced."""
        self._tried.pop(scenario.name, None)
        self._tried[scenario.name] = scenario, answer
        self.show(scenario.name)

    def remove(self, name: str) -> None:
        """Forget a scenario."""
        self._tried.pop(name, None)
        self.show(next(reversed(self._tried), ""))

    def show(self, name: str) -> None:
        """Look at a scenario."""
        self.shown = name

    @property
    def comparison(self) -> Comparison:
        """All scenarios side by side."""
        found = {TODAY: self._today, **{name: answer for name, (_, answer) in self._tried.items()}}
        plans = {name: answer for name, answer in found.items() if not isinstance(answer, str)}
        reasons = {name: answer for name, answer in found.items() if isinstance(answer, str)}
        return Comparison(
            self.question, tuple(self.scenarios), MappingProxyType(plans), MappingProxyType(reasons)
        )

    @property
    def table(self) -> pd.DataFrame:
        """The table of the comparison."""
        return self.comparison.table

    @property
    def headline(self) -> str:
        """What today is worth, and the hardest case."""
        table, count = self.table, len(self.scenarios)
        today = f"Today {number(table['value'].iloc[0])} {self.question.worth.short}"
        none = int((table["status"] == "infeasible").sum())
        if not count:
            return f"{today}; no case yet"
        if none:
            return f"{today}; {none} of {count} case{'s' * (count > 1)} leave{'s' * (none == 1)} no plan"
        worst = float(table["delta"].min())
        costs = f"costs {number(-worst)}" if worst < 0 else "costs nothing"
        return f"{today}; the hardest of {count} cases {costs}" if count > 1 else f"{today}; the case {costs}"

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write the scenarios as `scenarios.yml`, which the next pack reads."""
        if not self.scenarios:
            raise PmoError("There is no scenario to save.")
        return save_scenarios(self.scenarios, folder, self.question)


@door
def scenarios(question: Question, *, folder: str | PathLike[str] = "session") -> Panel:
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
    table, detail = ipywidgets.HTML(), ipywidgets.HTML()
    chosen = control(ipywidgets.Dropdown, "Show", "50px")
    panel = Panel(
        state, f"A scenario is a set of changes to today; each gets its own best plan. Values in {unit}."
    )

    def draw() -> str:
        chosen.options = [one.name for one in state.scenarios]
        chosen.value = state.shown or None
        table.value = _results(state.table)
        detail.value = _detail(state) if state.shown else ""
        return state.headline

    def ask(scenarios: list[Scenario]) -> bool:
        for scenario in scenarios:
            state.check(scenario)
        if scenarios:
            add.disabled, stop.disabled = True, False
            panel.say(f"Searching for the best plan: {scenarios[0].name}…")
            panel.work.ask(partial(search, scenarios))
        return False

    def search(scenarios: list[Scenario], stopped: Stopped) -> None:
        for place, scenario in enumerate(scenarios, start=1):
            if stopped():
                return
            try:
                answer = state.solve(scenario)
            except Interrupted:
                raise
            except Exception as problem:
                panel.work.hand(partial(rest, f"{scenario.name} was not added: {problem}", bad=True))
                return
            following = scenarios[place].name if place < len(scenarios) else ""
            panel.work.hand(partial(found, scenario, answer, following))

    def found(scenario: Scenario, answer: Allocation | str, following: str) -> None:
        state.keep(scenario, answer)
        panel.draw()
        if following and not stop.disabled:
            panel.say(f"{scenario.name} was added. Searching for the best plan: {following}…")
        else:
            rest(f"{scenario.name} was added.")

    def rest(words: str, bad: bool = False) -> None:
        add.disabled, stop.disabled = False, True
        panel.say(words, bad)

    def stopped_by_hand() -> None:
        panel.work.stop()
        rest("Stopped: the case under way and those after it are left out.")

    def saved() -> str:
        file = state.save(folder)
        return f"Saved in {file}. A pack reads it: scenarios_path under parameters of its scenarios chapter."

    add = panel.button(
        "Add and compare", lambda: ask([_draft(question, fields)]), "Find the best plan of this case"
    )
    stop = panel.button("Stop", stopped_by_hand, "Leave out the case that is searched")
    remove = panel.button("Remove the one shown", lambda: state.remove(state.shown))
    save = panel.button("Save", saved, "scenarios.yml, which the next pack reads")
    answers = column(
        labeled(f"Worth of the best plan, {unit}"),
        scrolled(table, 3),
        chosen,
        scrolled(detail, 2),
        width="60%",
    )
    left = column(scrolled(column(*fields.values(), width="100%")), width="40%")
    panel.fields = fields
    stop.disabled = True
    panel.play([row(left, answers, share=1), row(add, stop, remove, save)], draw, {chosen: state.show})
    ask(read_scenarios(question.register))
    return panel


def _fields(question: Question) -> dict[str, Any]:
    """The controls of a scenario."""
    projects = [(f"{p} {name}", str(p)) for p, name in question.register.projects["name"].items()]
    roles = sorted({rule.role for rule in question.active_rules if isinstance(rule, Capacity)})
    years = sorted({rule.year for rule in question.active_rules if isinstance(rule, Envelope)})

    def slider(text: str, low: int, high: int) -> Any:
        return control(
            ipywidgets.IntSlider,
            text,
            value=0,
            min=low,
            max=high,
            continuous_update=False,
            readout_format="+d",
        )

    def several(text: str) -> Any:
        return control(ipywidgets.SelectMultiple, text, options=projects, rows=3)

    return {
        "name": control(ipywidgets.Text, "Name", placeholder="What the committee calls it"),
        "money": slider("Money, %", -50, 50), "cost": slider("Costs, %", -30, 50),
        "benefit": slider("Benefits, %", -50, 30),
        "year": control(ipywidgets.Dropdown, "in", options=[("every year", 0), *((str(y), y) for y in years)]),
        "people": slider("People, %", -50, 50),
        "role": control(
            ipywidgets.Dropdown, "of", options=[("every role", ""), *((role_words(r), r) for r in roles)]
        ),
        "in": several("Take in"), "out": several("Leave out"), "later": several("Start later"),
        "years": control(ipywidgets.IntSlider, "by years", value=1, min=1, max=5),
    }  # fmt: skip


def _draft(question: Question, fields: dict[str, Any]) -> Scenario:
    """The scenario that the controls say."""
    now = {name: field.value for name, field in fields.items()}

    def factor(name: str) -> Any:
        times = round(1 + now[name] / 100, 6)
        return {f"year={now['year']}": times} if now["year"] and times != 1 else times

    roles = {rule.role for rule in question.active_rules if isinstance(rule, Capacity)}
    people = [now["role"]] if now["role"] else sorted(roles)
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


def _results(table: pd.DataFrame) -> str:
    """Every case with its worth, how sure that is, and how much it changes."""
    rows = table.reset_index()
    for moved in ("entered", "left", "resized"):
        counted = rows[moved].map(len, na_action="ignore").astype("str")
        rows[moved] = counted.mask(rows["status"] == "infeasible", "–")
    words = {"optimal": "best", "infeasible": "no plan obeys the rules"}
    rows["sure"] = rows["status"].map(words).fillna("best known")
    return table_html(
        rows, ("scenario", "case"), Field("value", "worth"), Field("delta", "against today", signed=True),
        ("entered", "projects in"), ("left", "projects out"), ("resized", "other level"), ("sure", "plan"),
    )  # fmt: skip


def _detail(state: ScenariosState) -> str:
    """What the case shown changes in the question, and in the plan."""
    name = state.shown
    one = tuple(scenario for scenario in state.scenarios if scenario.name == name)
    changes = definitions(dataclasses.replace(state.comparison, scenarios=one))
    line, names = state.table.loc[name], state.question.register.projects["name"]
    words = [
        (label, ", ".join(f"{names[p]} {p}" for p in line[ids]))
        for label, ids in (("In", "entered"), ("Out", "left"), ("Other level", "resized"))
        if len(line[ids])
    ]
    if line["status"] == "infeasible":
        words.append(("No plan", str(line["reason"])))
    frame = pd.DataFrame(words, columns=["what", "is"])
    return exhibit_html(changes) + table_html(frame, ("what", ""), ("is", name), empty="The plan is today's.")
