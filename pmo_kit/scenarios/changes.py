"""A scenario is a set of changes to a base question, nothing else: Question -> Question."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

import pandas as pd

from pmo_kit.arbitration import Capacity, Envelope, Question
from pmo_kit.arbitration.options import later
from pmo_kit.doors import admit, door, factor, names, nearest, whole
from pmo_kit.errors import DataError, InputError
from pmo_kit.facts import as_given
from pmo_kit.register import Register

Factors = float | Mapping[str, float]
Axis = tuple[str, str]
FIELDS = {
    "budget": "budget", "capacity": "capacity", "cost": "cost", "benefit": "benefit", "weight": "weights",
    "delay": "delay", "project_in": "projects_in", "project_out": "projects_out", "rule_off": "rules_off",
    "discount_schedule": "discount_schedule",
}  # fmt: skip
"""What the sheet calls a change -> the field of `Scenario`."""
NUMBERS = ("budget", "capacity", "cost", "benefit", "weight", "delay")
LONGEST = 50
"""Most years by which a project may start later; more is a year of the calendar by mistake."""
WORDS = {"budget": "money", "capacity": "people", "cost": "costs", "benefit": "benefits", "weights": "weight"}


@door
@dataclass(frozen=True, eq=False)
class Scenario:
    """Changes to a base question; call it with the question to get the changed one.

    Parameters
    ----------
    name : str
        What the committee calls it: "Budget -15 %".
    budget : float or mapping of envelope to float
        Factor on whole envelopes, committed money included; what may be carried over stays. "year=2027" is a factor on
        every envelope of that year alone, beside the envelope's own.
    capacity : mapping of role to float
        Factor on the people of a role in every period.
    cost, benefit : float or mapping of scope to float
        Factor on what is still to be spent, or received; a scope is `column=value` of the projects ("area=Digital",
        "project_id=P06") or of the rows themselves ("kind=capex").
    projects_in : mapping of project_id to level, or sequence of project_id
        Taken in by decision; level None or "" is any.
    projects_out : sequence of project_id
        Taken out by decision.
    rules_off : sequence of str
        Names of rules that are set aside.
    discount_schedule : str, optional
        Another schedule of `pmo_kit.rates`.
    weights : mapping of criterion to float
        Factor on its weight; the others rescale in proportion. Only for a question whose value is a Series, and with
        `value`: the function that makes that Series from a register.
    delay : mapping of scope to int
        Years by which projects start later ("project_id=P09": 1): costs, benefits and people move; late benefits are
        lost where their end is fixed.
    value : callable, optional
        Register -> Series of values, for changes that flow into it.
    where : mapping of (what, scope) to (file, line)
        Where each change is written, for messages.

    Raises
    ------
    DataError
        When it is made: a factor that is no number, negative, or above 5 (a percentage by mistake); a delay that is no
        whole number of years. When it is applied: an envelope, role, project, level or rule that the question does not
        have. Every mistake is listed.

    Examples
    --------
    >>> Scenario("Budget -15 %", budget=0.85).table
           scenario    what scope  factor value
    0  Budget -15 %  budget   all    0.85
    """

    name: str
    budget: Factors = 1.0
    capacity: Mapping[str, float] = field(default_factory=dict)
    cost: Factors = 1.0
    benefit: Factors = 1.0
    projects_in: Mapping[str, str | None] = field(default_factory=dict)
    projects_out: tuple[str, ...] = ()
    rules_off: tuple[str, ...] = ()
    discount_schedule: str | None = None
    weights: Mapping[str, float] = field(default_factory=dict)
    delay: Mapping[str, int] = field(default_factory=dict)
    value: Callable[[Register], pd.Series] | None = field(default=None, repr=False)
    where: Mapping[tuple[str, str], tuple[str, int]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name in ("projects_out", "rules_off"):
            object.__setattr__(self, name, names(getattr(self, name), name))
        if not isinstance(self.projects_in, Mapping):
            object.__setattr__(self, "projects_in", dict.fromkeys(names(self.projects_in, "projects_in"), ""))
        named = isinstance(self.name, str) and len(self.name.strip().splitlines()) == 1
        mistakes = [] if named else [("name", "all", "give it a name of its own, text of one line")]
        for what in NUMBERS:
            given = getattr(self, FIELDS[what])
            if not isinstance(given, Mapping) and what in ("capacity", "weight", "delay"):
                mistakes.append((what, "all", f"{FIELDS[what]} needs names, such as {{'a name': 1}}"))
                continue
            for scope, number in given.items() if isinstance(given, Mapping) else [("all", given)]:
                about = what if scope == "all" else f"{what} of {scope!r}"
                try:
                    whole(number, about, most=LONGEST) if what == "delay" else factor(number, about)
                except InputError as error:
                    mistakes.append((what, str(scope), str(error).rstrip(".")))
        self._refuse(mistakes, "a factor is 0 to 5, a delay whole years")

    @property
    def other_unit(self) -> bool:
        """Whether values under it are in another unit than the base's: other weights or another discounting."""
        return bool(self.weights or self.discount_schedule)

    @property
    def forces(self) -> bool:
        """Whether it takes a project in or out: then it forces the answer and is no test of it."""
        return bool(self.projects_in or self.projects_out)

    @property
    def whole(self) -> bool:
        """Whether it comes whole or not at all: it forces projects, sets rules aside, delays or discounts otherwise."""
        return self.forces or bool(self.rules_off or self.discount_schedule or self.delay)

    @property
    def table(self) -> pd.DataFrame:
        """One row per change, as in the register's `scenarios` sheet: scenario, what, scope, factor, value."""
        rows: list[tuple[str, str, str, float, str]] = []
        for what, name in FIELDS.items():
            for scope, change in _by_scope(getattr(self, name)).items():
                number = float(change) if what in NUMBERS else float("nan")
                words = "years" if what == "delay" else "" if what in NUMBERS else change or ""
                rows.append((self.name, what, scope, number, words))
        return pd.DataFrame(rows, columns=["scenario", "what", "scope", "factor", "value"])

    def _repr_html_(self) -> str:
        return self.table.to_html(index=False, na_rep="")

    def __call__(self, question: Question) -> Question:
        """Return the question as it is under this scenario."""
        self.check(question)
        changed = question.replace(rules=tuple(self._rule(rule) for rule in question.rules))
        register = self._register(question.register)
        if register is not question.register:
            changed = changed.replace(register=register)
        if self.value is not None and register is not question.register:
            changed = changed.replace(value=self.value(register))
        for project, level in self.projects_in.items():
            changed = changed.with_override(project, "in", level or None, reason=self.name)
        for project in self.projects_out:
            changed = changed.with_override(project, "out", reason=self.name)
        return changed.without(*self.rules_off) if self.rules_off else changed

    def _rule(self, rule: object) -> object:
        """A rule with this scenario's amounts."""
        if isinstance(rule, Envelope):
            times = self.budget
            if isinstance(times, Mapping):  # `all` is every envelope that has no factor of its own
                times = times.get(rule.envelope, times.get("all", 1.0)) * times.get(f"year={rule.year}", 1.0)
            return rule.times(times)
        if isinstance(rule, Capacity) and rule.role in self.capacity:
            return dataclasses.replace(rule, fte=round(rule.fte * self.capacity[rule.role], 9))
        return rule

    def _register(self, register: Register) -> Register:
        """The register with this scenario's costs, benefits and discounting; the same object where none changes."""
        for name, factors in (("costs", _by_scope(self.cost)), ("benefits", _by_scope(self.benefit))):
            if factors:
                table = register.table(name)
                times = pd.Series(1.0, index=table.index)
                for scope, number in factors.items():
                    times[_in_scope(register, scope, table)] *= number
                if name == "costs":
                    times = times.where(table["state"] != "actual", 1.0)
                register = register.replace(**{name: table.assign(amount=table["amount"] * times)})
        for scope, years in self.delay.items():
            register = later(register, int(years), partial(_in_scope, register, scope))
        if self.weights:
            criteria = register.table("criteria")
            times = criteria["criterion"].map(self.weights).fillna(1.0)
            register = register.replace(criteria=criteria.assign(weight=_reweighted(criteria["weight"], times)))
        if self.discount_schedule:
            settings = register.table("settings")
            settings = settings[settings["key"] != "discount_schedule"]
            row = pd.DataFrame({"key": ["discount_schedule"], "value": [self.discount_schedule]})
            register = register.replace(settings=pd.concat([settings, row], ignore_index=True))
        return register

    def check(self, question: Question) -> None:
        """One DataError with everything that this scenario names and the question does not have."""
        admit("A Scenario", question, "Question")
        register = question.register
        envelopes = [rule for rule in question.rules if isinstance(rule, Envelope)]
        known = {
            "budget": {"all", *(r.envelope for r in envelopes), *(f"year={r.year}" for r in envelopes)},
            "capacity": {rule.role for rule in question.rules if isinstance(rule, Capacity)},
            "project_in": set(register.projects.index),
            "project_out": set(register.projects.index),
            "rule_off": {rule.name for rule in question.rules},
            "weight": set(register.table("criteria")["criterion"]),
        }
        levels = set(zip(register.table("levels")["project_id"], register.table("levels")["level"], strict=True))
        mistakes = []
        for row in self.table.astype("object").itertuples():
            here, words = known.get(row.what), ""
            sheet = {"cost": "costs", "benefit": "benefits", "delay": "costs"}.get(row.what)
            scoped = sheet is not None and not _in_scope(register, row.scope, register.table(sheet)).any()
            if scoped or (here is not None and row.scope not in here):
                there = nearest(row.scope, sorted(here), 2) if here else "write all or column=value"
                words = f"there is no {row.what} {row.scope!r}; {there.rstrip('.')}"
            elif row.what == "project_in" and row.value and (row.scope, row.value) not in levels:
                words = f"project {row.scope} has no level {row.value!r}"
            elif row.what == "project_out" and row.scope in self.projects_in:
                words = f"project {row.scope} is taken in and out"
            elif row.what == "weight" and self.value is None:
                words = "weights change no value here; give the function that values a register"
            mistakes += [(row.what, row.scope, words)] if words else []
        self._refuse(mistakes, "it names what there is")

    def _refuse(self, mistakes: Sequence[tuple[str, str, str]], rule: str) -> None:
        """One DataError with every mistake (what, scope, words), and where it is written."""
        told = (
            (what, scope, f"Scenario {self.name!r}: {words}{'.' * (words[-1] != '?')}")
            for what, scope, words in mistakes
        )
        if mistakes:
            raise DataError.of([finding(*one, rule, self.where.get(one[:2])) for one in told])


def _by_scope(given: Any) -> Mapping[str, Any]:
    """What changes for each scope: one change alone is for all, names change by being there."""
    if isinstance(given, Mapping):
        return given
    return dict.fromkeys(given, "") if isinstance(given, tuple) else {} if given in (1.0, None) else {"all": given}


def finding(column: str, value: str, words: str, rule: str, where: tuple[str, int] | None) -> dict[str, object]:
    """One mistake in a scenario as a row of findings; `where` is file and line."""
    file, line = where or ("", None)
    return {
        "file": file, "sheet": "scenarios", "row": line, "column": column, "value": value,
        "rule": rule, "message": f"{file}, line {line}: {words}" if where else words, "fix": "correct it",
    }  # fmt: skip


@door
def carry_on(question: Question) -> Scenario:
    """Return the scenario in which nothing that runs is stopped: every committed project is held in."""
    options = question.options
    running = options[options["commitment"] == "committed"].index.get_level_values("project_id").unique()
    return Scenario("Carry on", projects_in=dict.fromkeys(map(str, running)))


def combine(axes: Mapping[Axis, Sequence[float]], where: Mapping[Any, Any] | None = None) -> list[Scenario]:
    """Return every combination of the values of several changes.

    Parameters
    ----------
    axes : mapping of (what, scope) to values
        what is budget, capacity, cost, benefit, weights or delay; scope a name or "all".

    Examples
    --------
    >>> axes = {("budget", "all"): [0.8, 1.0], ("capacity", "data_engineer"): [0.5, 1.0]}
    >>> [scenario.name for scenario in combine(axes)]
    ['money 0.8, data engineer 0.5', 'money 0.8', 'data engineer 0.5']
    """
    cases = (zip(axes, values, strict=True) for values in product(*axes.values()))
    moved = ([(axis, x) for axis, x in case if x != (0.0 if axis[0] == "delay" else 1.0)] for case in cases)
    return [_varied(chosen, where) for chosen in moved if chosen]


def one_at_a_time(axes: Mapping[Axis, Sequence[float]], where: Mapping[Any, Any] | None = None) -> list[Scenario]:
    """Return one scenario for every value of every change, the others left as they are.

    Examples
    --------
    >>> [s.name for s in one_at_a_time({("budget", "all"): [0.9, 1.0, 1.1], ("cost", "kind=capex"): [1.1]})]
    ['money 0.9', 'money 1.1', 'costs kind=capex 1.1']
    """
    return [one for axis, values in axes.items() for one in combine({axis: values}, where)]


@door
def read_scenarios(register: Register) -> list[Scenario]:
    """Return the scenarios of the register's sheet, in their order there; the usual cases where it has none.

    The usual cases are 15 % less and 10 % more money and, where people are limited, a tenth fewer of every role.

    Raises
    ------
    DataError
        A change is none of `FIELDS`, or its factor is refused as in `Scenario`; every one is listed.
    """
    table = register.table("scenarios")
    if table.empty:
        cases = [Scenario("Money −15 %", budget=0.85), Scenario("Money +10 %", budget=1.1)]
        roles = register.table("capacity")["role"].unique() if register.has("resources") else []
        return [*cases, Scenario("People −10 %", capacity=dict.fromkeys(roles, 0.9))] if len(roles) else cases
    for what in set(table["what"]) - set(FIELDS):
        wrong = table[table["what"] == what]
        raise DataError(f"Scenarios cannot change {what!r}; {nearest(what, FIELDS)}", wrong)
    found, refused = [], []
    for name, rows in table.groupby("scenario", sort=False):
        try:
            found.append(_scenario(str(name), rows))
        except DataError as error:
            refused.append(error.findings)
    if refused:
        findings = pd.concat(refused, ignore_index=True)
        raise DataError("\n".join(findings["message"]), findings)
    return found


def _scenario(name: str, rows: pd.DataFrame) -> Scenario:
    """One scenario from its rows."""
    given: dict[str, Any] = {}
    for row in rows.itertuples():
        scope = "all" if pd.isna(row.scope) else str(row.scope)
        if row.what == "discount_schedule":
            given[row.what] = row.value
        elif row.what in NUMBERS:
            scope = scope.removeprefix("role=") if row.what == "capacity" else scope
            given.setdefault(FIELDS[row.what], {})[scope] = row.factor
        else:
            bare = scope.removeprefix("rule=" if row.what == "rule_off" else "project_id=")
            given.setdefault(FIELDS[row.what], {})[bare] = "" if pd.isna(row.value) else str(row.value)
    return Scenario(name, **given)


def _varied(chosen: list[tuple[Axis, float]], where: Mapping[Any, Any] | None) -> Scenario:
    """The scenario of some changes, named after them."""
    fields: dict[str, Any] = {}
    for (what, scope), value in chosen:
        fields.setdefault(what, {})[scope] = value
    name = ", ".join(_words(axis, value) for axis, value in chosen)
    return Scenario(name, **fields, where=dict(where or {}))


def _words(axis: Axis, value: float) -> str:
    """A change in words."""
    what, scope = axis
    told = as_given(value) if isinstance(value, int | float) else value  # what is no number, Scenario refuses
    if what == "delay":
        return f"{scope.partition('=')[2] or scope} {told} years later"
    if what in ("capacity", "weights"):
        return f"{scope.replace('_', ' ')} {told}"
    return f"{WORDS[what]}{'' if scope == 'all' else f' {scope}'} {told}"


def _reweighted(weights: pd.Series, factor: pd.Series) -> pd.Series:
    """Weights after factors on some; the untouched ones share the rest in proportion, so the sum stays."""
    total, touched = float(weights.sum()), factor.ne(1.0)
    changed = weights * factor
    rest, left = float(weights[~touched].sum()), total - float(changed[touched].sum())
    if rest <= 0 or left < 0:
        return changed * (total / float(changed.sum()))
    return changed.where(touched, weights * (left / rest))


def _in_scope(register: Register, scope: str, rows: pd.DataFrame) -> pd.Series:
    """Which rows belong to a scope: a column of the rows themselves, or of their projects; none where it is unknown."""
    if scope == "all":
        return pd.Series(True, index=rows.index)
    column, _, value = scope.partition("=")
    projects = register.projects
    if column in rows:
        found = rows[column]
    elif column in projects:
        found = rows["project_id"].map(projects[column])
    else:
        return pd.Series(False, index=rows.index)
    return found.astype("str").eq(value).fillna(False).astype(bool)
