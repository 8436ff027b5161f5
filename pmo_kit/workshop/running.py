"""Running the cells of a lesson in this process: the solution for its numbers, any variant for tests."""

from __future__ import annotations

import ast
import contextlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pmo_kit.shipped import shipped
from pmo_kit.workshop.source import Cell

SAMPLE = ("data", "samples", "meridian_12")


@dataclass(eq=False)
class Run:
    """What running gave: the names, what each cell printed, and the value of its last line where it has one."""

    names: dict[str, Any] = field(default_factory=dict)
    printed: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


def run_cells(cells: Iterable[Cell], code: Callable[[Cell], str]) -> Run:
    """Run cells one after the other, as a notebook does, in one namespace.

    Parameters
    ----------
    cells : iterable of Cell
        Texts are passed over.
    code : callable
        Cell -> what to run: `solution_code`, or a learner's.

    Raises
    ------
    Exception
        Whatever a cell raises.
    """
    run = Run()
    for cell in cells:
        if cell.kind == "text":
            continue
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            value = run_code(code(cell), run.names)
        if cell.kind == "parameters":
            run.names["register_path"] = str(shipped(*SAMPLE))
        run.printed.append(shown.getvalue())
        run.values.append(value)
    return run


def run_code(code: str, names: dict[str, Any]) -> Any:
    """Run code in a namespace; the value of a last line that is an expression, else None."""
    tree = ast.parse(code)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "<cell>", "exec"), names)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "<cell>", "eval"), names)
    return None


def solution_code(cell: Cell) -> str:
    """The code of the solution; a check cell judges nothing while the answers are computed."""
    return "" if cell.kind == "check" else cell.solution


def expected(cell: Cell, names: dict[str, Any]) -> dict[str, Any]:
    """Right answer, known wrong ones and tolerance of a check cell, in the namespace of the solution.

    The cell assigns `right` (by default the variable that has the name of the check), `within` where numbers need
    another tolerance than half a percent, and one name per known mistake.
    """
    own: dict[str, Any] = {}
    exec(compile(cell.code, f"<check {cell.name}>", "exec"), dict(names), own)
    right = plain(own.pop("right", names[cell.name]))
    within = own.pop("within", None)
    if within is None:
        within = 0.005 * abs(right) if isinstance(right, float) else 0.0
    return {
        "right": right,
        "within": plain(within),
        "wrong": {case: plain(value) for case, value in own.items()},
    }


def plain(value: Any) -> Any:
    """A value as JSON holds it: numbers to nine digits, lists sorted."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted(str(item) for item in value)
    return round(float(value), 9)
