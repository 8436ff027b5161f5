"""Scenarios from a YAML file, with every mistake named by file and line, and into one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pmo_kit.arbitration import Question
from pmo_kit.errors import DataError
from pmo_kit.scenarios.changes import Scenario, combine, one_at_a_time, read_scenarios

FACTORS = ("budget", "capacity", "cost", "benefit", "weights")
CHANGES = (*FACTORS, "delay", "projects_in", "projects_out", "rules_off", "discount_schedule")
KEYS = ("name", *CHANGES)
WHAT = {
    "weights": "weight",
    "projects_in": "project_in",
    "projects_out": "project_out",
    "rules_off": "rule_off",
}
PARTS = ("unit", "scenarios", "grid", "sweep")


class _Mistakes:
    """Everything that is wrong in a file, with its lines."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rows: list[dict[str, object]] = []

    def add(self, node: yaml.Node, words: str, fix: str) -> None:
        """Note a mistake at a place."""
        line = node.start_mark.line + 1
        self.rows.append(
            {
                "severity": "block", "file": self.file, "sheet": "scenarios", "row": line, "column": "",
                "value": getattr(node, "value", None) if isinstance(node, yaml.ScalarNode) else None,
                "rule": "a scenario file is readable", "message": f"{self.file}, line {line}: {words}.", "fix": fix,
            }
        )  # fmt: skip

    def refuse(self) -> None:
        """One DataError with all of them."""
        if self.rows:
            raise DataError("\n".join(str(row["message"]) for row in self.rows), pd.DataFrame(self.rows))


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
    file = str(path)
    mistakes = _Mistakes(Path(path).name)
    try:
        root = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        node = yaml.ScalarNode("", "", mark, mark)
        mistakes.add(node, f"this is no YAML: {error.problem}", "check indentation and colons")
        mistakes.refuse()
    if not isinstance(root, yaml.MappingNode):
        raise DataError(
            f"{file}: write scenarios:, grid: or sweep: at the beginning of a line.", pd.DataFrame()
        )
    found: list[Scenario] = []
    for key, node in root.value:
        if key.value == "unit":
            _check_unit(node, question, mistakes)
        elif key.value == "scenarios" and isinstance(node, yaml.SequenceNode):
            found += [one for entry in node.value if (one := _scenario(entry, mistakes)) is not None]
        elif key.value in ("grid", "sweep") and isinstance(node, yaml.MappingNode):
            axes, where = _axes(node, mistakes)
            found += combine(axes, where) if key.value == "grid" else one_at_a_time(axes, where)
        else:
            mistakes.add(key, f"{key.value!r} is not understood here", f"use {', '.join(PARTS)}")
    if question is not None:
        for scenario in found:
            _check_names(scenario, question, mistakes)
    mistakes.refuse()
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


def _scenario(entry: yaml.Node, mistakes: _Mistakes) -> Scenario | None:
    """One entry of the list."""
    if not isinstance(entry, yaml.MappingNode):
        mistakes.add(entry, "a scenario is a name and its changes", "begin with - name:")
        return None
    given: dict[str, Any] = {}
    where: dict[tuple[str, str], tuple[str, int]] = {}
    for key, node in entry.value:
        if key.value not in KEYS:
            mistakes.add(key, f"a scenario cannot change {key.value!r}", f"use {', '.join(KEYS)}")
            continue
        given[key.value] = _changed(key.value, node, mistakes)
        what = WHAT.get(key.value, key.value)
        for scope, line in _scopes(node):
            where[what, scope] = (mistakes.file, line)
    if not given.get("name"):
        mistakes.add(entry, "a scenario needs a name", "add name:")
        return None
    return Scenario(**given, where=where)


def _changed(key: str, node: yaml.Node, mistakes: _Mistakes) -> Any:
    """The value of one change, typed."""
    if key in FACTORS:
        if isinstance(node, yaml.MappingNode):
            return {str(name.value): _number(value, key, mistakes) for name, value in node.value}
        if key in ("capacity", "weights"):
            mistakes.add(node, f"{key} needs names", f"write {key}: {{name: 0.85}}")
        return _number(node, key, mistakes)
    if key == "delay":
        if not isinstance(node, yaml.MappingNode):
            mistakes.add(node, "delay needs a scope", "write delay: {project_id=P09: 1}")
            return {}
        years = {str(name.value): _number(value, key, mistakes) for name, value in node.value}
        for name, value in node.value:
            if years[str(name.value)] % 1:
                mistakes.add(value, f"a delay is whole years, not {value.value}", "write 1, 2, ...")
        return {name: int(number) for name, number in years.items()}
    if key == "projects_in":
        pairs = node.value if isinstance(node, yaml.MappingNode) else [(one, None) for one in node.value]
        return {str(name.value): str(level.value) if level is not None else "" for name, level in pairs}
    if key in ("projects_out", "rules_off"):
        return (
            tuple(str(one.value) for one in node.value)
            if isinstance(node, yaml.SequenceNode)
            else (str(node.value),)
        )
    return str(node.value)


def _number(node: yaml.Node, key: str, mistakes: _Mistakes) -> float:
    """A factor: a plain number, not below zero."""
    text = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    try:
        number = float(text)
    except ValueError:
        mistakes.add(
            node,
            f"{text or 'this'!r} is no plain number for {key}",
            "write a factor without unit: 0.85 is 15 % less",
        )
        return 1.0
    if number < 0 or number != number:
        mistakes.add(node, f"{key} {text} is negative", "a factor is zero or more: 0.85 is 15 % less")
        return 1.0
    return number


def _axes(
    node: yaml.MappingNode, mistakes: _Mistakes
) -> tuple[dict[tuple[str, str], list[float]], Mapping[Any, Any]]:
    """The axes of a grid or a sweep: (what, scope) -> values."""
    axes: dict[tuple[str, str], list[float]] = {}
    where: dict[tuple[str, str], tuple[str, int]] = {}
    for key, value in node.value:
        if key.value not in (*FACTORS, "delay"):
            mistakes.add(key, f"{key.value!r} has no values to vary", f"use {', '.join((*FACTORS, 'delay'))}")
            continue
        named = value.value if isinstance(value, yaml.MappingNode) else [(None, value)]
        for name, values in named:
            scope = "all" if name is None else str(name.value)
            if not isinstance(values, yaml.SequenceNode):
                mistakes.add(values, f"{key.value} needs a list of values", "write [0.8, 0.9, 1.0]")
                continue
            axes[key.value, scope] = [_number(one, key.value, mistakes) for one in values.value]
            where[WHAT.get(key.value, key.value), scope] = (mistakes.file, key.start_mark.line + 1)
    return axes, where


def _scopes(node: yaml.Node) -> list[tuple[str, int]]:
    """The names that a change has, with their lines."""
    if isinstance(node, yaml.MappingNode):
        return [(str(name.value), name.start_mark.line + 1) for name, _ in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(str(one.value), one.start_mark.line + 1) for one in node.value]
    return [("all", node.start_mark.line + 1)]


def _check_unit(node: yaml.Node, question: Question | None, mistakes: _Mistakes) -> None:
    """Refuse a file that is written for another unit of money."""
    if question is None:
        return
    settings = question.register.settings
    unit, short = settings.unit, settings.unit.split(",")[0]
    if str(node.value) not in (unit, short):
        mistakes.add(
            node,
            f"the unit is {node.value}, the register's is {short}",
            "convert the file, or choose its register",
        )


def _check_names(scenario: Scenario, question: Question, mistakes: _Mistakes) -> None:
    """Refuse names that the question does not have."""
    try:
        scenario.check(question)
    except DataError as error:
        mistakes.rows += error.findings.to_dict("records")
