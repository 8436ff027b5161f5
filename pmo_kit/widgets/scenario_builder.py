"""Scenarios at the table: build one, name it, compare, keep it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ipywidgets
import pandas as pd

from pmo_kit.arbitration import Allocation, Capacity, Question, arbitrate
from pmo_kit.arbitration.rules import role_words
from pmo_kit.arbitration.solving import Interrupted
from pmo_kit.doors import door
from pmo_kit.errors import InfeasibleError, PmoError
from pmo_kit.exhibits import Field
from pmo_kit.exhibits.theme import format_number
from pmo_kit.scenarios import Comparison, Scenario, read_scenarios
from pmo_kit.scenarios.comparison import TODAY
from pmo_kit.widgets.background import BackgroundWork
from pmo_kit.widgets.panel import Panel, button, column, labeled, row, scrolled, table_html
from pmo_kit.widgets.session_files import save_scenarios

WORDS = {
    "budget": "money", "capacity": "", "cost": "costs", "benefit": "benefits", "project_in": "in:",
    "project_out": "out:", "rule_off": "without the rule", "discount_schedule": "discounted by", "weight": "weight of",
}  # fmt: skip
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
        self.scenarios: list[Scenario] = []
        self._allocations: dict[str, Allocation] = {}
        self._reasons: dict[str, str] = {}

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
        """Take the answer of a scenario in."""
        self.remove(scenario.name)
        self.scenarios.append(scenario)
        if isinstance(answer, str):
            self._reasons[scenario.name] = answer
        else:
            self._allocations[scenario.name] = answer

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
            tuple(self.scenarios),
            MappingProxyType(allocations),
            MappingProxyType(dict(self._reasons)),
        )

    @property
    def table(self) -> pd.DataFrame:
        """The table of the comparison."""
        return self.comparison.table

    def save(self, folder: str | PathLike[str]) -> Path:
        """Write the scenarios as `scenarios.yml`, which the next pack reads."""
        if not self.scenarios:
            raise PmoError("There is no scenario to save.")
        return save_scenarios(self.scenarios, folder, self.question)


@door
def scenarios(question: Question, *, folder: str | PathLike[str] = "session") -> Panel:
    """Build scenarios, compare them with today, and save them for the next pack.

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

    def several(text: str) -> Any:
        return ipywidgets.SelectMultiple(options=projects, description=text, rows=3, style=style, layout=wide)

    taken, left, later = several("Take in"), several("Leave out"), several("Start later")
    years = ipywidgets.IntSlider(value=1, min=1, max=5, description="by years", style=style, layout=wide)
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
            projects_in=dict.fromkeys(taken.value, ""),
            projects_out=left.value,
            delay={f"project_id={project}": years.value for project in later.value},
        )

    def draw(show: str = "") -> None:
        compared = state.table
        table.value = _results(compared)
        chosen.options = [s.name for s in state.scenarios]
        if state.scenarios:
            chosen.value = show or state.scenarios[-1].name
        shown()
        panel.headline(_headline(compared, question.worth.short))

    def shown(*_: object) -> None:
        detail.value = _detail(state, str(chosen.value), names) if chosen.value else ""

    def ask(scenarios: list[Scenario]) -> None:
        for scenario in scenarios:
            state.check(scenario)
        if scenarios:
            working(f"Searching for the best plan: {scenarios[0].name}…")
            work.ask(partial(search, scenarios))

    def search(scenarios: list[Scenario], stopped: Stopped) -> None:
        for number, scenario in enumerate(scenarios, start=1):
            if stopped():
                return
            try:
                answer = state.solve(scenario)
            except Interrupted:
                raise
            except Exception as problem:
                work.hand(partial(failed, scenario, str(problem)))
                return
            following = scenarios[number].name if number < len(scenarios) else ""
            work.hand(partial(found, scenario, answer, following))

    def found(scenario: Scenario, answer: Allocation | str, following: str) -> None:
        state.keep(scenario, answer)
        draw(scenario.name)
        if following and not stop.disabled:
            working(f"{scenario.name} was added. Searching for the best plan: {following}…")
        else:
            rest(f"{scenario.name} was added.")

    def failed(scenario: Scenario, why: str) -> None:
        rest(f"{scenario.name} was not added: {why}", bad=True)

    def working(words: str) -> None:
        add.disabled, stop.disabled = True, False
        panel.say(words)

    def rest(words: str, bad: bool = False) -> None:
        add.disabled, stop.disabled = False, True
        panel.say(words, bad)

    def stopped_by_hand(*_: object) -> None:
        work.stop()
        rest("Stopped: the case under way and those after it are left out.")

    def removed(*_: object) -> None:
        if chosen.value:
            state.remove(str(chosen.value))
            draw()

    def saved(*_: object) -> None:
        file = state.save(folder)
        panel.say(
            f"Saved in {file}. A pack reads it: scenarios_path under parameters of its scenarios chapter."
        )

    work = BackgroundWork()
    add = button(
        "Add and compare", lambda *_: panel.guard(lambda: ask([draft()]))(), "Find the best plan of this case"
    )
    stop = button("Stop", lambda *_: panel.guard(stopped_by_hand)(), "Leave out the case that is searched")
    unit = question.built.value_unit
    controls = (name, money, people, role, cost, benefit, taken, left, later, years)
    panel = Panel(
        f"A scenario is a set of changes to today; each gets its own best plan. Values in {unit}.",
        [
            row(
                column(scrolled(column(*controls, width="100%")), width="40%"),
                column(
                    labeled(f"Worth of the best plan, {unit}"), scrolled(table, 3), chosen, scrolled(detail, 2),
                    width="60%",
                ),
                share=1,
            ),
            row(
                add, stop, button("Remove the one shown", lambda *_: panel.guard(removed)()),
                button("Save", lambda *_: panel.guard(saved)(), "scenarios.yml, which the next pack reads"),
            ),
        ],
    )  # fmt: skip
    panel.state, panel.work = state, work
    panel.fields = {
        "name": name, "money": money, "people": people, "cost": cost, "in": taken, "out": left, "later": later,
        "years": years,
    }  # fmt: skip
    stop.disabled = True
    panel.on_close(work.close)
    chosen.observe(panel.guard(shown), "value")
    draw()
    ask(read_scenarios(question.register))
    return panel


def _headline(compared: pd.DataFrame, short: str) -> str:
    """What today is worth, and the hardest case."""
    count = len(compared) - 1
    today = f"Today {format_number(compared['value'].iloc[0])} {short}"
    impossible = int((compared["status"] == "infeasible").sum())
    if not count:
        return f"{today}; no case yet"
    if impossible:
        return (
            f"{today}; {impossible} of {count} case{'s' * (count > 1)} leave{'s' * (impossible == 1)} no plan"
        )
    worst = float(compared["delta"].min())
    costs = f"costs {format_number(-worst)}" if worst < 0 else "costs nothing"
    return f"{today}; the hardest of {count} cases {costs}" if count > 1 else f"{today}; the case {costs}"


def _results(table: pd.DataFrame) -> str:
    """Every case with its worth, how sure that is, and how much it changes."""
    rows = table.reset_index()
    for column_ in ("entered", "left", "resized"):
        rows[column_] = [
            "–" if status == "infeasible" else str(len(ids))
            for ids, status in zip(rows[column_], rows["status"], strict=True)
        ]
    words = {"optimal": "best", "infeasible": "no plan obeys the rules"}
    rows["sure"] = [words.get(str(status), "best known") for status in rows["status"]]
    fields = (
        Field("scenario", "case", kind="text"), Field("value", "worth"), Field("delta", "against today", signed=True),
        Field("entered", "projects in", kind="text"), Field("left", "projects out", kind="text"),
        Field("resized", "other level", kind="text"), Field("sure", "plan", kind="text"),
    )  # fmt: skip
    return table_html(rows, fields)


def _change_words(row: Any) -> str:
    """One change: money −15 %, people of a role, a project in."""
    what = WORDS.get(row.what, "")
    words = row.scope.replace("project_id=", "").replace("=", " ").replace("_", " ")
    scope = "" if row.scope == "all" else f" {role_words(row.scope) if row.what == 'capacity' else words}"
    if row.factor != row.factor:
        return f"{what}{scope} {row.value}".strip()
    if row.what == "delay":
        return f"{words} {row.factor:g} year{'s' * (row.factor != 1)} later"
    return f"{what}{scope} {format_number(100 * (row.factor - 1), 0, signed=True)} %".strip()


def _detail(state: ScenariosState, name: str, names: pd.Series) -> str:
    """What a case changes in the question, and in the plan."""
    scenario = next(s for s in state.scenarios if s.name == name)
    changes = "; ".join(_change_words(row) for row in scenario.table.itertuples())
    line = state.table.loc[name]
    words = [("Changes", changes)]
    for label, column_ in (("In", "entered"), ("Out", "left"), ("Other level", "resized")):
        if len(line[column_]):
            words.append((label, ", ".join(f"{names[p]} {p}" for p in line[column_])))
    if line["status"] == "infeasible":
        words.append(("No plan", str(line["reason"])))
    frame = pd.DataFrame(words, columns=["what", "is"])
    return table_html(frame, (Field("what", "", kind="text"), Field("is", name, kind="text")))
