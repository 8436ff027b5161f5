"""Which cells of a table follow from others: sums at its end, ratios and differences of its columns.

A formula is proposed only where it gives the exhibit's own number to twelve digits, so a sheet can be
re-added by hand and still says what the committee read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pmo_kit.exhibits import theme

if TYPE_CHECKING:
    from pmo_kit.exhibits.records import Field

_CLOSE = 1e-12


@dataclass(frozen=True)
class Derived:
    """A column that follows from two columns to its left: one / other, 100 one / other, or one - other."""

    how: Literal["ratio", "percent", "difference"]
    one: str
    other: str


def derived(data: Any, fields: Sequence[Field], rows: int) -> dict[str, Derived]:
    """Columns that follow from two columns to their left in every row.

    Parameters
    ----------
    data : DataFrame
        The rows of a table.
    fields : sequence of Field
        Its columns in their order.
    rows : int
        Rows before the sums; at least three with a value are needed, or chance could do it.

    Returns
    -------
    dict of str to Derived
        Column -> how it follows.

    Examples
    --------
    >>> import pandas as pd
    >>> from pmo_kit.exhibits.records import Field
    >>> data = pd.DataFrame({"used": [1.0, 2.0, 3.0], "limit": [4.0, 4.0, 5.0], "share": [0.25, 0.5, 0.6]})
    >>> derived(data, [Field("used"), Field("limit"), Field("share")], 3)
    {'share': Derived(how='ratio', one='used', other='limit')}
    """
    numbers = [field.name for field in fields if is_numeric(data, field)]
    found: dict[str, Derived] = {}
    for place, name in enumerate(numbers):
        before = [other for other in numbers[:place] if other != name]
        pairs = ((one, other) for one in before for other in before if one != other)
        for one, other in pairs:
            how = _how(data, name, one, other, rows)
            if how is not None:
                found[name] = Derived(how, one, other)
                break
    return found


def is_sum(data: Any, name: str, row: int, rows: int) -> bool:
    """Whether a cell is the sum of its column over the first `rows` rows.

    Examples
    --------
    >>> import pandas as pd
    >>> is_sum(pd.DataFrame({"n": [1.5, 2.0, 3.5]}), "n", 2, 2)
    True
    """
    parts = [float(value) for value in data[name].iloc[:rows] if not theme.is_missing(value)]
    total = data[name].iloc[row]
    return (
        len(parts) > 1
        and not theme.is_missing(total)
        and _equal(float(total), sum(parts), max(map(abs, parts)))
    )


def is_rest(data: Any, name: str, rows: int) -> bool:
    """Whether the last row is what is left: all that stands under the sum, less the sum.

    Examples
    --------
    >>> import pandas as pd
    >>> is_rest(pd.DataFrame({"n": [3.0, 4.0, 7.0, 10.0, 2.0, 5.0]}), "n", 2)
    True
    """
    last = [float(value) for value in data[name].iloc[rows:]]
    if len(last) < 3 or any(value != value for value in last):
        return False
    return _equal(last[-1], sum(last[1:-1]) - last[0], max(map(abs, last)))


def is_numeric(data: Any, field: Field) -> bool:
    """Whether a column holds numbers and nothing else."""
    values = [value for value in data[field.name] if not theme.is_missing(value)]
    return bool(values) and all(
        (isinstance(value, int | float) or hasattr(value, "dtype")) and not isinstance(value, bool)
        for value in values
    )


def _how(
    data: Any, name: str, one: str, other: str, rows: int
) -> Literal["ratio", "percent", "difference"] | None:
    cells = [
        (float(c), float(a), float(b))
        for c, a, b in zip(*(data[n].iloc[:rows] for n in (name, one, other)), strict=True)
        if not any(theme.is_missing(value) for value in (c, a, b))
    ]
    if len(cells) < 3 or len({round(c, 12) for c, _, _ in cells}) < 2:
        return None
    if sum(b != 0 for _, _, b in cells) < 3 or sum(a != 0 for _, a, _ in cells) < 3:
        return None
    if all(b != 0 for _, _, b in cells) and len({b for _, _, b in cells}) > 1:
        if all(_equal(c, a / b, 1.0) for c, a, b in cells):
            return "ratio"
        if all(_equal(c, 100 * a / b, 100.0) for c, a, b in cells):
            return "percent"
    if all(_equal(c, a - b, max(abs(a), abs(b))) for c, a, b in cells):
        return "difference"
    return None


def _equal(value: float, other: float, scale: float) -> bool:
    return abs(value - other) <= _CLOSE * max(1.0, abs(scale)) * 10
