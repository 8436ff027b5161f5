"""How wide the columns of a table are, from the measured widths of their words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pmo_kit.exhibits import theme
from pmo_kit.exhibits.cells import cell, columns, said
from pmo_kit.exhibits.records import Field, Table

_WORDS = ("text", "category")
_FEW = 3
"""Lines that a header of numbers may take."""
_SHORT = 0.2
"""Columns no wider than this share of the table are not broken where there is room."""


def widths(table: Table, room: float, size: float, pad: float, slack: float = 0.0) -> list[float]:
    """Share the width of a page among the columns of a table.

    Numbers, marks and short words get what they need; headers of numbers take up to three lines; long words
    share the rest by the root of their length, so that no column is starved.

    Parameters
    ----------
    table : Table
        The exhibit.
    room : float
        Width of the table, in any unit.
    size : float
        Size of type in that unit.
    pad : float
        Room on both sides of a cell together.
    slack : float
        How much more numbers and single words may take in another font, as a share; what is left over then goes to
        all columns by their need, not to the first of words.

    Returns
    -------
    list of float
        A width for each of `cells.columns`, together `room`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = Table(id="t", alt="-", data=pd.DataFrame({"a": ["Leak sensors"], "n": [1.0]}),
    ...               columns=(Field("a", kind="text"), Field("n", title="net value")))
    >>> [round(width) for width in widths(table, 200, 10, 4)]
    [178, 22]
    """
    fields = columns(table)
    needs = [_needs(table, field, size, 1 + slack) for field in fields]
    least, natural, usual = ([each[n] + pad for each in needs] for n in range(3))
    if sum(natural) <= room:
        return [room * part / sum(natural) for part in natural] if slack else _filled(fields, natural, room)
    if sum(least) >= room:
        return [room * low / sum(least) for low in least]
    open_columns = set(range(len(fields)))
    given = [0.0] * len(fields)
    left = room
    short = [n for n in open_columns if natural[n] <= _SHORT * room]
    if sum(natural[n] for n in short) + sum(least[n] for n in open_columns - set(short)) <= 0.8 * room:
        for n in short:
            given[n] = natural[n]
            left -= natural[n]
        open_columns -= set(short)
    while open_columns:
        weight = {n: max(usual[n], 1.0) ** 0.6 for n in open_columns}
        total = sum(weight.values())
        share = {n: left * weight[n] / total for n in open_columns}
        fixed = {n: natural[n] for n in open_columns if natural[n] <= share[n]}
        if not fixed:
            fixed = {n: least[n] for n in open_columns if least[n] > share[n]}
        if not fixed:
            for n in open_columns:
                given[n] = share[n]
            break
        for n, width in fixed.items():
            given[n] = width
            left -= width
        open_columns -= set(fixed)
    return given if open_columns else _filled(fields, given, room)


def _filled(fields: Sequence[Field], given: list[float], room: float) -> list[float]:
    """What is left over goes to the first column of words."""
    words = [n for n, field in enumerate(fields) if field.kind in _WORDS and field.title] or [
        n for n, field in enumerate(fields) if field.kind in _WORDS
    ]
    if given:
        given[words[0] if words else 0] += room - sum(given)
    return given


def _needs(table: Table, field: Field, size: float, more: float) -> tuple[float, float, float]:
    """The least, the natural and the usual width of a column: its widest word, its widest and its typical line."""
    lines = [line for value in table.data[field.name] for line in said(cell(field, value)).split("\n")]
    ids = [other.name for before, other in pairwise(table.columns) if before is field and other.name == "id"]
    if ids:
        lines = [f"{a} {b}" for a, b in zip(lines, table.data[ids[0]], strict=False)]
    bold = bool(table.totals) or any("lead" in str(value)[:12] for value in table.data[field.name])
    words = [word for line in lines for word in line.split(" ")]
    wide = sorted(theme.text_width(line, size, bold) * 1.03 for line in lines) or [0.0]
    most, usual = wide[-1], wide[len(wide) * 2 // 3]
    word = max((theme.text_width(part, size, bold) for part in words), default=0.0) * 1.03
    if field.kind in ("decision", "rag"):
        most = word = most + size * 1.4
    head = _head(field, size * 0.75)
    if field.kind not in (*_WORDS, "note"):
        return (max(most * more, head),) * 3
    return max(word * more, head), max(most, word * more, head), max(usual, word * more, head)


def _head(field: Field, size: float) -> float:
    """The width at which title and unit take few lines."""
    text = " ".join(part for part in (field.title, field.unit) if part)
    wide = max((theme.text_width(word, size) for word in text.replace("\n", " ").split(" ")), default=0.0)
    while len(theme.wrap(text, wide, size)) > _FEW:
        wide += size
    return wide * 1.05
