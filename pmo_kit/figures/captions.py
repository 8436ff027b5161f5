"""The words around a figure: unit lines, lists, counts, and the line for what cannot be shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pmo_kit.facts import count as count
from pmo_kit.facts import money as money
from pmo_kit.facts import percent as percent

if TYPE_CHECKING:
    from pmo_kit.register import Register


def unit_line(register: Register, what: str, unit: str | None = None, scope: str = "") -> str:
    """What, unit, scope, data as of: the small line under a title.

    Parameters
    ----------
    what : str
        What is shown, with a capital letter.
    unit : str, optional
        The register's money unit when not given; "" for none.
    scope : str
        Years, projects or an area.
    """
    as_of = register.settings.as_of
    stand = f"data as of {as_of.isoformat()}" if as_of else "as-of date not stated"
    parts = (what, register.settings.unit if unit is None else unit, scope, stand)
    return " · ".join(part for part in parts if part)


def listed(names: Iterable[str]) -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["Leak sensors", "Own solar", "Storm overflows"])
    'Leak sensors, Own solar and Storm overflows'
    """
    *most, last = list(names) or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last


def shortened(names: Iterable[str], most: int = 3) -> str:
    """The first names in a sentence and how many more there are.

    Examples
    --------
    >>> shortened(["A", "B", "C", "D", "E"], 2)
    'A, B and 3 more'
    """
    all_names = list(names)
    if len(all_names) <= most + 1:
        return listed(all_names)
    return f"{', '.join(all_names[:most])} and {len(all_names) - most} more"


def sentence(text: str) -> str:
    """Text with a capital letter in front; the rest is left as it is.

    Examples
    --------
    >>> sentence("eight projects")
    'Eight projects'
    """
    return text[:1].upper() + text[1:]
