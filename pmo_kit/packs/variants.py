"""Packs that follow from one pack file: a matrix of parameters, some chapters only, a value set by hand."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from pmo_kit.errors import PackError
from pmo_kit.forms import LIMITS, plain
from pmo_kit.packs.parameters import declared, read_notebook
from pmo_kit.packs.spec import Chapter, PackSpec, Scalar

_TOP = ("title", "committee", "date", "status")


def expand(spec: PackSpec) -> tuple[PackSpec, ...]:
    """Return the packs of a pack file: one, or one for each combination of the values of its matrix.

    Each is named after its values, `department_arbitration_networks`; "{area}" in the title is replaced, and a title
    that names no parameter has the values at its end.

    Parameters
    ----------
    spec : PackSpec
        A pack file.

    Raises
    ------
    PackError
        When no notebook has a parameter of the matrix, a chapter sets it itself, or two packs would have one name.
    """
    if not spec.matrix:
        return (spec,)
    for name in spec.matrix:
        at = f"{spec.file.name}, matrix: '{name}'"
        if not any(name in _declared(chapter.notebook) for chapter in spec.chapters):
            raise PackError(f"{at} is a parameter of none of its notebooks.")
        for chapter in (c for c in spec.chapters if name in c.parameters):
            raise PackError(f"{at} is also set by the chapter '{chapter.title}'; write it once.")
    if (count := math.prod(map(len, spec.matrix.values()))) > (most := LIMITS["packs of a matrix"]):
        raise PackError(f"{spec.file.name}, matrix: {count:,} packs; at most {most} are built from one file.")
    packs = [
        _variant(spec, dict(zip(spec.matrix, values, strict=True)))
        for values in itertools.product(*spec.matrix.values())
    ]
    names = [pack.name for pack in packs]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        raise PackError(f"{spec.file.name}: two packs of its matrix would be named '{twice}'.")
    return tuple(packs)


def only(spec: PackSpec, wanted: Sequence[str]) -> PackSpec:
    """Return a pack of some chapters, named `<pack>_part` so that the whole one stays the latest.

    Parameters
    ----------
    spec : PackSpec
        A pack file.
    wanted : sequence of str
        Chapters by number (1 is the first), by title or by the name of the notebook, or its beginning.

    Raises
    ------
    PackError
        When a name fits no chapter.
    """
    if not wanted:
        return spec
    kept: list[Chapter] = []
    for word in wanted:
        found = [c for number, c in enumerate(spec.chapters, 1) if _fits(word, number, c)]
        if not found:
            have = "; ".join(f"{number} {c.title}" for number, c in enumerate(spec.chapters, 1))
            raise PackError(f"{spec.file.name} has no chapter '{word}'. It has: {have}.")
        kept += [chapter for chapter in found if chapter not in kept]
    page = replace(spec.page_one, optional=True) if spec.page_one else None
    chapters = tuple(chapter for chapter in spec.chapters if chapter in kept)
    return replace(
        spec, name=f"{spec.name}_part", title=f"{spec.title} (part)", chapters=chapters, page_one=page
    )


def with_values(spec: PackSpec, pairs: Sequence[str]) -> PackSpec:
    """Return a pack with values set by hand: a line of the pack file, or a parameter of its notebooks.

    Parameters
    ----------
    spec : PackSpec
        A pack file.
    pairs : sequence of str
        Each "name=value": title, committee, date, status, or any parameter; it is given to every chapter whose
        notebook has it.

    Raises
    ------
    PackError
        When a pair is not written so, or nothing has that name.

    Examples
    --------
    >>> from pmo_kit.packs import read_spec
    >>> spec = with_values(read_spec("templates/packs/delivery_overview.yml"), ["status=FINAL", "tolerance=0.1"])
    >>> spec.status, spec.chapters[0].parameters
    ('FINAL', {'tolerance': 0.1})
    """
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise PackError(f"'{pair}' must be written name=value.")
        if name in _TOP:
            spec = replace(spec, **{name: _top(name, text.strip())})  # type: ignore[arg-type]
            continue
        value = plain(text)
        if not any(name in _declared(chapter.notebook) for chapter in spec.chapters):
            raise PackError(
                f"{spec.file.name}: no notebook has a parameter '{name}', and no line is named so."
            )
        matrix = {key: values for key, values in spec.matrix.items() if key != name}
        spec = replace(spec, matrix=matrix, chapters=_given(spec.chapters, {name: value}))
    return spec


def _variant(spec: PackSpec, values: Mapping[str, Scalar]) -> PackSpec:
    """One pack of a matrix."""
    title, named = spec.title, False
    for name, value in values.items():
        named = named or f"{{{name}}}" in title
        title = title.replace(f"{{{name}}}", str(value))
    if not named:
        title += ": " + ", ".join(str(value) for value in values.values())
    name = "_".join([spec.name, *(_slug(value) for value in values.values())])
    return replace(spec, name=name, title=title, matrix={}, chapters=_given(spec.chapters, values))


def _given(chapters: Sequence[Chapter], values: Mapping[str, Scalar]) -> tuple[Chapter, ...]:
    """Chapters with those of the values that their notebooks have."""
    return tuple(
        replace(
            chapter,
            parameters={
                **chapter.parameters,
                **{name: value for name, value in values.items() if name in _declared(chapter.notebook)},
            },
        )
        for chapter in chapters
    )


def _declared(notebook: Path) -> frozenset[str]:
    """Names of the parameters of a notebook."""
    return _names(notebook, notebook.stat().st_mtime_ns)


@cache
def _names(notebook: Path, _changed: int) -> frozenset[str]:
    return frozenset(declared(read_notebook(notebook), notebook.name))


def _fits(word: str, number: int, chapter: Chapter) -> bool:
    """Whether a word of the command line means a chapter."""
    sought = word.strip().casefold()
    names = (chapter.title.casefold(), chapter.notebook.stem.casefold(), chapter.notebook.name.casefold())
    return sought == str(number) or sought in names or (len(sought) > 1 and names[1].startswith(sought))


def _slug(value: Scalar) -> str:
    """A value as part of the name of a folder: `Water Supply` is water_supply, 0.85 is 0_85."""
    plain = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or "none"


def _top(name: str, text: str) -> str | dt.date:
    """A line of the pack file, set by hand."""
    if name == "status" and text not in ("DRAFT", "FINAL"):
        raise PackError(f"status is DRAFT or FINAL, not '{text}'.")
    if name != "date":
        return text
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise PackError(f"date must be like 2026-10-15, not '{text}'.") from None
