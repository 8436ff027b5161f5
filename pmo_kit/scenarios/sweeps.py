"""Grids and one-at-a-time sweeps: scenarios made from lists of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from pmo_kit.scenarios.changes import Scenario

Axis = tuple[str, str]
WORDS = {"budget": "money", "capacity": "people", "cost": "costs", "benefit": "benefits", "weights": "weight"}


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
    found = []
    for values in product(*axes.values()):
        chosen = [(axis, value) for axis, value in zip(axes, values, strict=True) if value != _nothing(axis)]
        if chosen:
            found.append(_scenario(chosen, where))
    return found


def one_at_a_time(
    axes: Mapping[Axis, Sequence[float]], where: Mapping[Any, Any] | None = None
) -> list[Scenario]:
    """Return one scenario for every value of every change, the others left as they are.

    Examples
    --------
    >>> [s.name for s in one_at_a_time({("budget", "all"): [0.9, 1.0, 1.1], ("cost", "kind=capex"): [1.1]})]
    ['money 0.9', 'money 1.1', 'costs kind=capex 1.1']
    """
    return [
        _scenario([(axis, value)], where)
        for axis, values in axes.items()
        for value in values
        if value != _nothing(axis)
    ]


def _scenario(chosen: list[tuple[Axis, float]], where: Mapping[Any, Any] | None) -> Scenario:
    """The scenario of some changes, named after them."""
    fields: dict[str, Any] = {}
    for (what, scope), value in chosen:
        fields.setdefault(what, {})[scope] = int(value) if what == "delay" else value
    name = ", ".join(_words(axis, value) for axis, value in chosen)
    return Scenario(name, **fields, where=dict(where or {}))


def _words(axis: Axis, value: float) -> str:
    """A change in words."""
    what, scope = axis
    if what == "delay":
        return f"{scope.partition('=')[2] or scope} {value:g} years later"
    if what in ("capacity", "weights"):
        return f"{scope.replace('_', ' ')} {value:g}"
    return f"{WORDS[what]}{'' if scope == 'all' else f' {scope}'} {value:g}"


def _nothing(axis: Axis) -> float:
    """The value that changes nothing."""
    return 0.0 if axis[0] == "delay" else 1.0
