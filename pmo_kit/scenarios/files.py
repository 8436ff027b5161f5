"""Scenarios from a YAML file, with every mistake named by file and line, and into one."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from pmo_kit.arbitration import Question
from pmo_kit.disk import write_whole
from pmo_kit.doors import admit_path, door, missing, nearest
from pmo_kit.errors import DataError
from pmo_kit.forms import LIMITS, Block, FormError, Rows, Written, read_form
from pmo_kit.register.findings import form_error
from pmo_kit.scenarios import changes

RULE = "a scenario file is readable"
WHAT = {name: what for what, name in changes.FIELDS.items()}
VARIED = tuple(changes.FIELDS[what] for what in changes.NUMBERS)
_FEW = Written | Rows
NAMES = {"projects_in": _FEW | Block, "projects_out": _FEW, "rules_off": _FEW, "discount_schedule": Written}
PARTS = ("unit", "scenarios", "grid", "sweep")


@door
def read_scenario_file(path: str | Path, question: Question | None = None) -> list[changes.Scenario]:
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
    found: list[changes.Scenario] = []
    for key, node in given.items():
        if key == "scenarios" and isinstance(node, Rows):
            found += [one for entry in node if (one := _scenario(entry, mistakes)) is not None]
        elif key in ("grid", "sweep") and isinstance(node, Block):
            axes, where = _axes(node, mistakes)
            if key == "grid" and prod(map(len, axes.values())) > LIMITS["scenarios of a grid"]:
                mistakes.add(node, f"the grid has more than {LIMITS['scenarios of a grid']} scenarios.")
                continue
            with mistakes.listed():
                found += (changes.combine if key == "grid" else changes.one_at_a_time)(axes, where)
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
def gather_scenarios(question: Question, path: str | Path = "") -> list[changes.Scenario]:
    """The scenarios of the question's register, and those of a file: one of the same name replaces the register's.

    Raises
    ------
    DataError
        The file cannot be read, or does not fit the question: see `read_scenario_file`.
    """
    given = read_scenario_file(path, question) if path else []
    return list({one.name: one for one in [*changes.read_scenarios(question.register), *given]}.values())


def write_scenario_file(scenarios: Iterable[changes.Scenario], path: str | Path, unit: str = "") -> Path:
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
    ...     scenario = changes.Scenario("Hub in", budget=0.9, projects_in={"P08": None})
    ...     file = write_scenario_file([scenario], f"{folder}/s.yml")
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


def _entry(scenario: changes.Scenario) -> dict[str, Any]:
    """A scenario as YAML holds it: its name and what it changes."""
    given = {key: _bare(getattr(scenario, key)) for key in WHAT}
    return {"name": scenario.name} | {key: change for key, change in given.items() if change not in (1.0, "", {}, [])}


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
        self.rows.append(changes.finding("", value, words, RULE, (self.file, line)))

    @contextlib.contextmanager
    def listed(self) -> Iterator[None]:
        """Take up what a scenario refuses, and go on."""
        try:
            yield
        except DataError as error:
            self.rows += error.findings.to_dict("records")


def _scenario(entry: object, mistakes: _Mistakes) -> changes.Scenario | None:
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
            if key in NAMES and not (isinstance(node, NAMES[key]) and all(isinstance(one, Written) for one in inner)):
                mistakes.add(line, f"Scenario '{entry['name']}': {key} takes names, such as [P01, P02], or one.")
                continue
            given[key] = _plain(node, as_number=key in VARIED)
            lines = node.lines if block else {str(one): getattr(one, "line", line) for one in listed}
            where |= {(WHAT.get(key, key), scope): (mistakes.file, at) for scope, at in {**lines, "all": line}.items()}
    try:
        return changes.Scenario(**given, where=where)
    except DataError as error:  # what is left is looked at too: all mistakes are told at once
        mistakes.rows += error.findings.to_dict("records")
        refused = set(error.findings["column"])
        kept = {key: change for key, change in given.items() if WHAT.get(key) not in refused}
        return changes.Scenario(**kept, where=where)


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
