"""The packages that a pack rests on, with their versions."""

from __future__ import annotations

import re
from importlib import metadata


def installed(name: str) -> dict[str, str]:
    """A package and all that it requires here, directly or not -> version.

    What is required only by an extra, or by another system or Python, is left out; a package that is required and not
    installed is "not installed".

    Parameters
    ----------
    name : str
        Of a distribution.

    Examples
    --------
    >>> found = installed("papermill")
    >>> "papermill" in found, "nbformat" in found
    (True, True)
    """
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        plain = _plain(waiting.pop())
        if plain in found:
            continue
        try:
            distribution = metadata.distribution(plain)
        except metadata.PackageNotFoundError:
            found[plain] = "not installed"
            continue
        found[plain] = distribution.version
        waiting += [required for line in distribution.requires or () if (required := _required(line))]
    return dict(sorted(found.items()))


def _required(line: str) -> str:
    """The name in a requirement; empty where its marker does not hold here."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return ""
    marker = requirement.marker
    return requirement.name if marker is None or marker.evaluate({"extra": ""}) else ""


def _plain(name: str) -> str:
    """A name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()
