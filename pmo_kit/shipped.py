"""Where the notebooks, templates and samples of the kit are: in a clone and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(*parts: str) -> Path:
    """Return a path below the folder that holds `notebooks`, `templates` and `data/samples`.

    Parameters
    ----------
    *parts : str
        Names below that folder: `shipped("data", "samples", "meridian_12")`.

    Examples
    --------
    >>> shipped("templates", "packs").name
    'packs'
    """
    wheel = _PACKAGE / "_shipped"
    return (wheel if wheel.is_dir() else _PACKAGE.parent).joinpath(*parts)
