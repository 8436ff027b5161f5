"""Scenarios from a YAML file, with every mistake named by file and line, and into one."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pandas as pd
import yaml
from pydantic import BeforeValidator, Field, PlainValidator, ValidationInfo

from pmo_kit.arbitration import Question
from pmo_kit.errors import DataError
from pmo_kit.forms import (
    LIMITS,
    Block,
    Form,
    FormError,
    OneOrMore,
    Problem,
    Reading,
    Rows,
    Written,
    nearest,
    read_form,
    reading_of,
)
from pmo_kit.register.findings import form_error
from pmo_kit.scenarios.changes import Axis, Scenario, combine, one_at_a_time, read_scenarios

FACTORS = ("budget", "capacity", "cost", "benefit", "weights")
CHANGES = (*FACTORS, "delay", "projects_in", "projects_out", "rules_off", "discount_schedule")
WHAT = {
    "weights": "weight",
    "projects_in": "project_in",
    "projects_out": "project_out",
    "rules_off": "rule_off",
}
_RULE = ("a scenario file is readable", "see templates/scenarios for examples")
Lines = Mapping[tuple[str, str], tuple[str, int]]


def _number(given: object, reading: Reading, key: str) -> float:
    """A factor: a plain number, not below zero; what is none is noted."""
    try:
        number = float(given) if isinstance(given, Written) else math.nan
    except ValueError:
        number = math.nan
    if number < 0:
        reading.note(given, f"{key} {given} is negative; a factor is zero or more: 0.85 is 15 % less.", key)
    elif not math.isfinite(number):
        told = given if isinstance(given, Written) else "this"
        reading.note(given, f"{told!r} is no plain number for {key}; 0.85 is 15 % less.", key)
    return number if number >= 0 and math.isfinite(number) else 1.0


def _named(given: object, info: ValidationInfo) -> dict[str, float]:
    if not isinstance(given, Block):
        raise ValueError("{key} needs names: write {key}: {name: 0.85}.")
    return {name: _number(one, reading_of(info), str(info.field_name)) for name, one in given.items()}


def _factors(given: object, info: ValidationInfo) -> float | dict[str, float]:
    return (
        _named(given, info)
        if isinstance(given, Block)
        else _number(given, reading_of(info), str(info.field_name))
    )


def _years(given: object, info: ValidationInfo) -> dict[str, int]:
    if not isinstance(given, Block):
        raise ValueError("{key} needs a scope: write {key}: {project_id=P09: 1}.")
    years = _named(given, info)
    for name, number in years.items():
        if number % 1:
            reading_of(info).note(given, f"a delay is whole years, not {given[name]}; write 1, 2, ...", name)
    return {name: int(number) for name, number in years.items()}


def _unit(given: object) -> tuple[str, int]:
    if not isinstance(given, Written):
        raise ValueError("{key} is a text, such as EUR million.")
    return str(given), given.line


def _levels(given: object) -> object:
    if isinstance(given, Written | Rows):
        return dict.fromkeys([given] if isinstance(given, Written) else given, "")
    return {name: level or "" for name, level in given.items()} if isinstance(given, Block) else given


_Factors = Annotated[Any, PlainValidator(_factors)]
_Named = Annotated[Any, PlainValidator(_named)]
_Several = Annotated[tuple[str, ...], OneOrMore]


@dataclass(frozen=True)
class _Entry(Form):
    """One scenario as it is written: what `Scenario` says, and the line of each change."""

    shape: ClassVar[str] = "a scenario is a name and its changes; begin with - name:."
    unsaid: ClassVar[tuple[str, ...]] = ("where",)

    name: Annotated[str, Field(min_length=1)]
    budget: _Factors = 1.0
    capacity: _Named = None
    cost: _Factors = 1.0
    benefit: _Factors = 1.0
    weights: _Named = None
    delay: Annotated[Any, PlainValidator(_years)] = None
    projects_in: Annotated[dict[str, str], BeforeValidator(_levels)] | None = None
    projects_out: _Several = ()
    rules_off: _Several = ()
    discount_schedule: str | None = None
    where: Any = None

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """Each change has its line."""
        file = reading.file.name
        where = {
            (WHAT.get(key, key), scope): (file, line)
            for key, value in given.items()
            for scope, line in _scopes(value, given.lines[key])
        }
        return given.with_({**given, "where": where})

    def scenario(self) -> Scenario:
        """The scenario that is meant."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return Scenario(**{name: value for name, value in said.items() if value is not None})


def _scopes(value: object, line: int) -> list[tuple[str, int]]:
    """The names that a change has, with their lines."""
    if isinstance(value, Block):
        return list(value.lines.items())
    if isinstance(value, Rows):
        return [(str(one), one.line) for one in value if isinstance(one, Written)]
    return [("all", line), *([(str(value), line)] if isinstance(value, Written) else [])]


@dataclass(frozen=True)
class _Axes:
    """The values of several changes: (what, scope) -> values, and the line of each."""

    axes: Mapping[Axis, list[float]]
    where: Lines


def _axes(given: object, info: ValidationInfo) -> _Axes:
    """The axes of a grid or a sweep."""
    reading = reading_of(info)
    if not isinstance(given, Block):
        raise ValueError("{key} is written as lines such as 'budget: [0.8, 0.9, 1.0]'.")
    axes: dict[Axis, list[float]] = {}
    where: dict[tuple[str, str], tuple[str, int]] = {}
    for key, value in given.items():
        if key not in (*FACTORS, "delay"):
            reading.note(given, f"{{key}} has no values to vary; {nearest(key, (*FACTORS, 'delay'))}", key)
            continue
        for scope, values in (value if isinstance(value, Block) else {"all": value}).items():
            if isinstance(values, Rows):
                axes[key, scope] = [_number(one, reading, key) for one in values]
                where[WHAT.get(key, key), scope] = (reading.file.name, given.lines[key])
            else:
                reading.note(given, "{key} needs a list of values: write [0.8, 0.9, 1.0].", key)
    most = LIMITS["scenarios of a grid"]
    if info.field_name == "grid" and math.prod(map(len, axes.values())) > most:
        reading.note(given, f"the grid has more than {most} scenarios.")
        axes = {}
    return _Axes(axes, where)


@dataclass(frozen=True)
class _File(Form):
    """What a scenario file may say."""

    shape: ClassVar[str] = "write scenarios:, grid: or sweep: at the beginning of a line."

    unit: Annotated[tuple[str, int], PlainValidator(_unit)] = ("", 1)
    scenarios: tuple[_Entry, ...] = ()
    grid: Annotated[_Axes | None, PlainValidator(_axes)] = None
    sweep: Annotated[_Axes | None, PlainValidator(_axes)] = None

    def all(self) -> list[Scenario]:
        """Scenarios, then those of the grid, then those of the sweep."""
        found = [one.scenario() for one in self.scenarios]
        found += combine(self.grid.axes, self.grid.where) if self.grid else []
        return found + (one_at_a_time(self.sweep.axes, self.sweep.where) if self.sweep else [])


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
        The file is no YAML, a key or a value is wrong, a factor is negative, the unit is another one, or a name is not
        in the question. Every mistake is listed with file and line.
    """
    mistakes: list[DataError] = []
    try:
        content = read_form(path, _File)
    except FormError as error:
        content = error.found or _File()
        mistakes.append(form_error(error, *_RULE))
    found = content.all()
    if question is not None:
        unit, short = question.register.settings.unit, question.register.settings.unit.split(",")[0]
        if content.unit[0] not in ("", unit, short):
            words = f"the unit is {content.unit[0]}, the register's is {short}; convert the file or choose another."
            wrong = FormError(path, [Problem(content.unit[1], words, "unit", content.unit[0])])
            mistakes.append(form_error(wrong, *_RULE))
        for scenario in found:
            try:
                scenario.check(question)
            except DataError as error:
                mistakes.append(error)
    if mistakes:
        findings = pd.concat([one.findings for one in mistakes], ignore_index=True)
        raise DataError("\n".join(findings["message"]), findings)
    return found


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
    content = ({"unit": unit} if unit else {}) | {"scenarios": [_plain(one) for one in scenarios]}
    file = Path(path)
    temporary = file.with_suffix(".part")
    temporary.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    os.replace(temporary, file)
    return file


def _plain(scenario: Scenario) -> dict[str, Any]:
    """A scenario as YAML holds it: its name and what it changes."""
    entry: dict[str, Any] = {"name": scenario.name}
    for key in CHANGES:
        change = getattr(scenario, key)
        if isinstance(change, Mapping):
            change = {str(scope): _bare(value) for scope, value in change.items()}
        elif isinstance(change, tuple):
            change = [str(one) for one in change]
        if change not in (1.0, None, {}, []):
            entry[key] = change if isinstance(change, dict | list) else _bare(change)
    return entry


def _bare(value: object) -> object:
    """A value as YAML holds it."""
    if value is None:
        return ""
    return value if isinstance(value, str | int) else float(str(value))
