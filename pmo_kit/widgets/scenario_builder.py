"""Scenarios at the table: build one, name it, compare, keep it."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Question, arbitrate
from pmo_kit.arbitration.rules import role_words
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.exhibits import Field
from pmo_kit.exhibits.theme import format_number
from pmo_kit.scenarios import Comparison, Scenario, read_scenarios
from pmo_kit.widgets.panel import Panel, button, column, row, scrolled, table_html
from pmo_kit.widgets.session_files import save_scenarios

TODAY = "Today"


class ScenariosState:
    """The state: scenarios built so far and the best plan of each.

    Examples
    --------
    >>> import pmo_kit as pmo
    >>> state = ScenariosState(pmo.Question(pmo.load_register("data/samples/meridian_12")), scenarios=[])
    >>> state.add(pmo.Scenario("Less money", budget=0.85))
    >>> state.table.loc["Less money", ["value", "delta"]].tolist()
    [28.5, -5.0]
    """

    def __init__(self, question: Question, scenarios: list[Scenario] | None = None) -> None:
        self.question = question
        self._today = arbitrate(question)
        self.scenarios: list[Scenario] = []
        self._allocations: dict[str, Allocation] = {}
        self._reasons: dict[str, str] = {}
        for scenario in read_scenarios(question.register) if scenarios is None else scenarios:
            self.add(scenario)

    def add(self, scenario: Scenario) -> None:
        """Solve a scenario and keep it; one of the same name is replaced.

        Raises
        ------
        PmoError
            It has no name, changes nothing, or names what the question does not have.
        """
        name = scenario.name.strip()
        if not name or name == TODAY:
            raise PmoError("Give the scenario a name of its own.")
        if scenario.table.empty:
            raise PmoError("This scenario changes nothing: move a limit, or take a project in or out.")
        question = scenario(self.question)
        self.remove(name)
        try:
            self._allocations[name] = arbitrate(question)
        except InfeasibleError as error:
            self._reasons[name] = str(error)
        self.scenarios.append(scenario)

    def remove(self, name: str) -> None:
        """Forget a scenario."""
        self.scenarios = [s for s in self.scenarios if s.name != name]
        self._allocations.pop(name, None)
        self._reasons.pop(name, None)

    @property
    def comparison(self) -> Comparison:
        """All scenarios side by side."""
        names = [s.name for s in self.scenarios if s.name in self._allocations]
        allocations = {TODAY: self._today, **{name: self._allocations[name] for name in names}}
        return Comparison(
            self.question,
            TODAY,
            tuple(self.scenarios),
            MappingProxyType(allocations),
            MappingProxyType(dict(self._reasons)),
        )

    @property
    def table(self) -> pd.DataFrame:
        """The table of the comparison."""
        return self.comparison.table

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write the scenarios as a register's sheet `scenarios.csv`."""
        if not self.scenarios:
            raise PmoError("There is no scenario to save.")
        return save_scenarios(self.scenarios, folder)


def scenarios(question: Question, *, folder: str | PathLike[str] = "session") -> Panel:
    """Build scenarios, compare them with today, and save them for the next pack.

    Parameters
    ----------
    question : Question
        Today; the scenarios of its register are there from the start.
    folder : path
        Where Save writes `scenarios.csv`.

    Returns
    -------
    Panel
        `panel.state` is the `ScenariosState`.
    """
    state = ScenariosState(question)
    names = question.register.projects["name"]
    projects = [(f"{p} {name}", str(p)) for p, name in names.items()]
    roles = sorted({r.role for r in question.active_rules if isinstance(r, Capacity)})
    wide, style = ipywidgets.Layout(width="98%"), {"description_width": "110px"}

    def slider(text: str, low: int, high: int) -> Any:
        return ipywidgets.IntSlider(
            value=0, min=low, max=high, description=text, continuous_update=False, readout_format="+d", style=style,
            layout=wide,
        )  # fmt: skip

    name = ipywidgets.Text(
        description="Name", placeholder="What the committee calls it", style=style, layout=wide
    )
    money, cost = slider("Money, %", -50, 50), slider("Costs, %", -30, 50)
    benefit, people = slider("Benefits, %", -50, 30), slider("People, %", -50, 50)
    role = ipywidgets.Dropdown(
        options=[("every role", ""), *((role_words(r), r) for r in roles)],
        description="of",
        style=style,
        layout=wide,
    )
    taken = ipywidgets.Dropdown(
        options=[("none", ""), *projects], description="Take in", style=style, layout=wide
    )
    left = ipywidgets.Dropdown(
        options=[("none", ""), *projects], description="Leave out", style=style, layout=wide
    )
    table, detail = ipywidgets.HTML(), ipywidgets.HTML()
    chosen = ipywidgets.Dropdown(description="Show", style={"description_width": "50px"}, layout=wide)

    def draft() -> Scenario:
        factor = 1 + people.value / 100
        picked = [role.value] if role.value else roles
        return Scenario(
            name.value.strip(),
            budget=round(1 + money.value / 100, 6),
            cost=round(1 + cost.value / 100, 6),
            benefit=round(1 + benefit.value / 100, 6),
            capacity=dict.fromkeys(picked, round(factor, 6)) if people.value else {},
            projects_in={taken.value: ""} if taken.value else {},
            projects_out=(left.value,) if left.value else (),
        )

    def draw(show: str = "") -> None:
        compared = state.table
        table.value = _results(compared, names)
        chosen.options = [s.name for s in state.scenarios]
        if state.scenarios:
            chosen.value = show or state.scenarios[-1].name
        worst = compared["delta"].min()
        count = len(state.scenarios)
        panel.headline(
            f"Today {format_number(compared['value'].iloc[0])}; the hardest of {count} cases "
            f"{'costs ' + format_number(-worst) if worst < 0 else 'costs nothing'}"
            if count
            else f"Today {format_number(compared['value'].iloc[0])}; no case yet"
        )

    def shown(*_: object) -> None:
        detail.value = _detail(state, str(chosen.value), names) if chosen.value else ""

    def added(*_: object) -> None:
        scenario = draft()
        panel.say("Searching for the best plan…")
        state.add(scenario)
        draw(scenario.name)
        panel.say(f"{scenario.name} was added.")

    def removed(*_: object) -> None:
        if chosen.value:
            state.remove(str(chosen.value))
            draw()

    def saved(*_: object) -> None:
        panel.say(
            f"Saved in {state.save(folder)}: put it into the register's folder, and the next pack reads it."
        )

    panel = Panel(
        f"A scenario is a set of changes to today; {question.built.value_unit}.",
        [
            row(
                column(name, money, people, role, cost, benefit, taken, left, width="42%"),
                column(scrolled(table, "290px"), chosen, scrolled(detail, "120px"), width="58%"),
            )
        ],
    )
    buttons = row(
        button("Add and compare", panel.guard(added)),
        button("Remove the one shown", panel.guard(removed)),
        button("Save", panel.guard(saved), "scenarios.csv"),
    )
    panel.children = (*panel.children[:-1], buttons, panel.children[-1])
    panel.state, panel.fields = state, {"name": name, "money": money, "people": people, "cost": cost}
    chosen.observe(panel.guard(shown), "value")
    draw()
    shown()
    return panel


def _results(table: pd.DataFrame, names: pd.Series) -> str:
    """Every case with its worth and what it changes."""
    rows = table.reset_index()
    rows["changes"] = [
        "no plan obeys the rules"
        if r.status == "infeasible"
        else "; ".join(
            f"{', '.join(str(names[p]) for p in ids)} {verb}"
            for ids, verb in ((r.left, "out"), (r.entered, "in"))
            if len(ids)
        )
        or ("" if r.Index == 0 else "the same projects")
        for r in rows.itertuples()
    ]
    rows["changes"] = [text if len(text) < 90 else text[:87] + "…" for text in rows["changes"]]
    fields = (
        Field("scenario", "case", kind="text"), Field("value", "worth"), Field("delta", "against today", signed=True),
        Field("changes", "what changes", kind="text"),
    )  # fmt: skip
    return table_html(rows, fields)


def _detail(state: ScenariosState, name: str, names: pd.Series) -> str:
    """What a case changes in the question, and in the plan."""
    scenario = next(s for s in state.scenarios if s.name == name)
    changes = "; ".join(
        f"{r.what.replace('_', ' ')} {r.scope}" + ("" if r.factor != r.factor else f" × {r.factor:g}")
        for r in scenario.table.itertuples()
    )
    line = state.table.loc[name]
    words = [("Changes", changes)]
    for label, column_ in (("In", "entered"), ("Out", "left"), ("Other level", "resized")):
        if len(line[column_]):
            words.append((label, ", ".join(f"{names[p]} {p}" for p in line[column_])))
    if line["status"] == "infeasible":
        words.append(("No plan", str(line["reason"])))
    frame = pd.DataFrame(words, columns=["what", "is"])
    return table_html(frame, (Field("what", "", kind="text"), Field("is", name, kind="text")))
