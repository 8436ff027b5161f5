"""A scenario is a set of changes to a base question, nothing else; it comes from code, a sheet or a YAML file."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pmo_kit.arbitration import Capacity, Envelope, Question
from pmo_kit.arbitration.options import later
from pmo_kit.disk import write_whole
from pmo_kit.doors import admit, admit_path, door, factor, missing, names, nearest, whole
from pmo_kit.errors import DataError, InputError
from pmo_kit.facts import as_given
from pmo_kit.forms import LIMITS, Block, FormError, Rows, Written, read_form
from pmo_kit.register import Register
from pmo_kit.register.findings import form_error

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
RULE = "a scenario file is readable"
WHAT = {name: what for what, name in FIELDS.items()}
VARIED = tuple(FIELDS[what] for what in NUMBERS)
_FEW = Written | Rows
NAMED = {"projects_in": _FEW | Block, "projects_out": _FEW, "rules_off": _FEW, "discount_schedule": Written}
PARTS = ("unit", "scenarios", "grid", "sweep")


@door
@dataclass(frozen=True, eq=False)
class Scenario:
    """Changes to a base question; call it with the question to get the changed one.

    Parameters
    ----------
    name : str
        What the committee calls it: "Budget -15 %".
    budget : float or mapping of envelope to float
        Factor on whole envelopes, committed money included; "year=2027" is a factor on every envelope of that year
        alone, beside the envelope's own.
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
            given = getattr(self, name)
            if isinstance(given, float | int | str):
                given = {"all": given} if given != 1.0 else {}
            elif not isinstance(given, Mapping):
                given = dict.fromkeys(given or (), "")
            for scope, change in given.items():
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
            amount, carried = round(rule.amount * times, 9), round(rule.carry_limit * times, 9)
            return dataclasses.replace(rule, amount=amount, carry_limit=carried)
        if isinstance(rule, Capacity) and rule.role in self.capacity:
            return dataclasses.replace(rule, fte=round(rule.fte * self.capacity[rule.role], 9))
        return rule

    def _register(self, register: Register) -> Register:
        """The register with this scenario's costs, benefits and discounting; the same object where none changes."""
        for name, factors in (("costs", self.cost), ("benefits", self.benefit)):
            if isinstance(factors, Mapping) or factors != 1.0:
                table = register.table(name)
                times = pd.Series(1.0, index=table.index)
                for scope, number in (factors if isinstance(factors, Mapping) else {"all": factors}).items():
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


@door
def read_scenario_file(path: str | Path, question: Question | None = None) -> list[Scenario]:
    """Read scenarios, grids and sweeps from a YAML file.

    The file has `scenarios` (a list; each entry has a name and changes), `grid` (several values of several changes:
    every combination) and `sweep` (several values of several changes, one at a time); `unit`, where it is stated, must
    be the register's. See templates/scenarios.

    Parameters
    ----------
    path : str or Path
    question : Question, optional
        What the names are checked against, so that an unknown project is refused with its line.

    Raises
    ------
    DataError
        The file is no YAML, a key or a value is wrong, a factor is refused as in `Scenario`, the unit is another one,
        or a name is not in the question. Every mistake is listed with file and line.
    """
    file = admit_path("read_scenario_file", path, "a file of scenarios")
    if not file.exists():
        raise DataError(missing(file), pd.DataFrame())
    mistakes = _Mistakes(file.name)
    given: object = Block()
    try:
        given = read_form(file, object)
    except FormError as error:
        mistakes.rows += form_error(error, RULE, "see templates/scenarios").findings.to_dict("records")
    if not isinstance(given, Block):
        mistakes.add(given, "write scenarios:, grid: or sweep: at the beginning of a line.")
        given = Block()
    found: list[Scenario] = []
    for key, node in given.items():
        if key == "scenarios" and isinstance(node, Rows):
            found += [one for entry in node if (one := _entered(entry, mistakes)) is not None]
        elif key in ("grid", "sweep") and isinstance(node, Block):
            axes, where = _axes(node, mistakes)
            if key == "grid" and prod(map(len, axes.values())) > LIMITS["scenarios of a grid"]:
                mistakes.add(node, f"the grid has more than {LIMITS['scenarios of a grid']} scenarios.")
                continue
            with mistakes.listed():
                found += (combine if key == "grid" else one_at_a_time)(axes, where)
        elif key not in PARTS:
            mistakes.add(given.lines[key], f"'{key}' is not known; {nearest(key, PARTS)}")
        elif key != "unit" and node is not None:
            shape = "a list; begin each with - name:" if key == "scenarios" else "lines of 'budget: [0.8, 0.9]'."
            mistakes.add(given.lines[key], f"{key} is written as {shape}")
    for name, count in Counter(one.name for one in found).items():
        if count > 1:
            mistakes.add(given, f"{count} scenarios are named {name!r}; give each a name of its own.")
    if question is not None:
        settings, unit = question.register.settings, given.get("unit")
        short = question.money.short
        if unit is not None and str(unit) not in (settings.unit, short):
            mistakes.add(unit, f"the unit is {unit}, the register's is {short}: convert the file.")
        for scenario in found:
            with mistakes.listed():
                scenario.check(question)
    if mistakes.rows:
        raise DataError.of(mistakes.rows)
    return found


@door
def gather_scenarios(question: Question, path: str | Path = "") -> list[Scenario]:
    """The scenarios of the question's register, and those of a file: one of the same name replaces the register's.

    Raises
    ------
    DataError
        The file cannot be read, or does not fit the question: see `read_scenario_file`.
    """
    given = read_scenario_file(path, question) if path else []
    return list({one.name: one for one in [*read_scenarios(question.register), *given]}.values())


def write_scenario_file(scenarios: Iterable[Scenario], path: str | Path, unit: str = "") -> Path:
    """Write scenarios as the YAML file that `read_scenario_file` reads; an existing file is replaced whole.

    Parameters
    ----------
    scenarios : iterable of Scenario
    path : str or Path
    unit : str
        Unit of money of the register, stated in the file; no line where empty.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = write_scenario_file([Scenario("Hub in", budget=0.9, projects_in={"P08": None})], f"{folder}/s.yml")
    ...     print(file.read_text())
    scenarios:
    - name: Hub in
      budget: 0.9
      projects_in:
        P08: ''
    <BLANKLINE>
    """
    content = ({"unit": unit} if unit else {}) | {"scenarios": [_entry(one) for one in scenarios]}
    return write_whole(Path(path), yaml.safe_dump(content, sort_keys=False, allow_unicode=True).encode())


def _entry(scenario: Scenario) -> dict[str, Any]:
    """A scenario as YAML holds it: its name and what it changes."""
    changes = {key: _bare(getattr(scenario, key)) for key in WHAT}
    return {"name": scenario.name} | {key: change for key, change in changes.items() if change not in (1.0, "", {}, [])}


def _bare(value: Any) -> Any:
    """A change as YAML holds it."""
    if isinstance(value, Mapping):
        return {str(scope): _bare(one) for scope, one in value.items()}
    if isinstance(value, tuple):
        return list(value)
    return value if isinstance(value, str | int) else "" if value is None else float(value)


class _Mistakes:
    """Everything that is wrong in a file, with its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: list[dict[Any, Any]] = []

    def add(self, where: object, words: str) -> None:
        """Note a mistake at a line, or where something is written."""
        line = where if isinstance(where, int) else getattr(where, "line", 1)
        value = str(where) if isinstance(where, Written) else ""
        self.rows.append(finding("", value, words, RULE, (self.file, line)))

    @contextlib.contextmanager
    def listed(self) -> Iterator[None]:
        """Take up what a scenario refuses, and go on."""
        try:
            yield
        except DataError as error:
            self.rows += error.findings.to_dict("records")


def _entered(entry: object, mistakes: _Mistakes) -> Scenario | None:
    """One entry of the list."""
    if not isinstance(entry, Block) or not entry.get("name"):
        mistakes.add(entry, "a scenario needs a name and its changes: begin with - name:")
        return None
    given: dict[str, Any] = {}
    where: dict[tuple[str, str], tuple[str, int]] = {}
    for key, node in entry.items():
        line = entry.lines[key]
        if key not in ("name", *WHAT):
            mistakes.add(line, f"a scenario cannot change {key!r}; {nearest(key, WHAT)}")
        elif node is not None:
            block, listed = isinstance(node, Block), node if isinstance(node, Rows) else [node]
            inner = [one for one in node.values() if one is not None] if block else listed
            if key in NAMED and not (isinstance(node, NAMED[key]) and all(isinstance(one, Written) for one in inner)):
                mistakes.add(line, f"Scenario '{entry['name']}': {key} takes names, such as [P01, P02], or one.")
                continue
            given[key] = _plain(node, as_number=key in VARIED)
            lines = node.lines if block else {str(one): getattr(one, "line", line) for one in listed}
            where |= {(WHAT.get(key, key), scope): (mistakes.file, at) for scope, at in {**lines, "all": line}.items()}
    try:
        return Scenario(**given, where=where)
    except DataError as error:  # what is left is looked at too: all mistakes are told at once
        mistakes.rows += error.findings.to_dict("records")
        refused = set(error.findings["column"])
        kept = {key: change for key, change in given.items() if WHAT.get(key) not in refused}
        return Scenario(**kept, where=where)


def _axes(
    node: Block, mistakes: _Mistakes
) -> tuple[dict[tuple[str, str], list[Any]], dict[tuple[str, str], tuple[str, int]]]:
    """The axes of a grid or a sweep: (what, scope) -> values; and where each is written."""
    axes: dict[tuple[str, str], list[Any]] = {}
    where: dict[tuple[str, str], tuple[str, int]] = {}
    for key, value in node.items():
        if key not in VARIED:
            mistakes.add(node.lines[key], f"{key!r} has no values to vary; {nearest(key, VARIED)}")
            continue
        for scope, values in value.items() if isinstance(value, Block) else [("all", value)]:
            if isinstance(values, Rows):
                axes[key, scope] = _plain(values, as_number=True)
                where[WHAT[key], scope] = (mistakes.file, node.lines[key])
            else:
                mistakes.add(node.lines[key], f"{key} needs a list of values, such as [0.8, 0.9, 1.0].")
    return axes, where


def _plain(node: object, as_number: bool) -> Any:
    """A change without its lines: numbers by the rules of YAML, names as they are written."""
    if isinstance(node, Block):
        return {str(name): _plain(one, as_number) for name, one in node.items()}
    if isinstance(node, Rows):
        return [_plain(one, as_number) for one in node]
    if isinstance(node, Written):
        return node.value if as_number else str(node)
    return None
