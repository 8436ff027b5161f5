"""Take the exhibits out of executed notebooks, in order; every id stands once."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError

if TYPE_CHECKING:
    from pmo_kit.exhibits.records import Exhibit

_REFERENCE = re.compile(r" \(see ([a-z_0-9]+\.[a-z_0-9]+)\)")


@dataclass(frozen=True, eq=False)
class Collected:
    """An exhibit, its raw record, and the notebook and cell that showed it (counted from the top)."""

    exhibit: Exhibit
    record: dict[str, Any]
    notebook: str
    cell: int
    refers: Mapping[str, str] = field(default_factory=dict)
    """Words in its texts that name a place, "(annex 4)", and the exhibit that is meant."""

    @property
    def id(self) -> str:
        """Id of the exhibit."""
        return self.exhibit.id

    @cached_property
    def printed(self) -> Exhibit:
        """What page, paper and slides show of it; the workbook has all."""
        return self.exhibit.printed

    def in_own_words(self, vocabulary: Mapping[str, str]) -> Collected:
        """The same in the words of the organisation, in every medium."""
        from pmo_kit.exhibits.jsonform import to_json
        from pmo_kit.exhibits.vocabulary import in_own_words

        exhibit = in_own_words(self.exhibit, vocabulary)
        return self if exhibit is self.exhibit else replace(self, exhibit=exhibit, record=to_json(exhibit))

    def referring(self, places: Mapping[str, str]) -> Collected:
        """The same with "(see risk.tornado)" said as the place of that exhibit, "(annex 4)", or left out."""
        from pmo_kit.exhibits.jsonform import from_json
        from pmo_kit.packs.placing import WORKBOOK

        refers: dict[str, str] = {}

        def said(found: re.Match[str]) -> str:
            place = places.get(found[1], "")
            if place and place != WORKBOOK:  # what stands there alone cannot be led to
                refers.setdefault(f"({place})", found[1])
            return f" ({place})" if place else ""

        text = json.dumps(self.record, ensure_ascii=False)
        told = _REFERENCE.sub(said, text)
        if told == text:
            return self
        record = json.loads(told)
        return replace(self, exhibit=from_json(record), record=record, refers=refers)

    @property
    def where(self) -> str:
        """Notebook and cell in words."""
        return f"{self.notebook}, cell {self.cell}"


def collect(notebooks: Sequence[tuple[str, Any]]) -> list[list[Collected]]:
    """Return the exhibits of each notebook; one that an earlier notebook shows just so is taken there alone.

    Parameters
    ----------
    notebooks : sequence of (name, NotebookNode)
        Executed notebooks in the order of the chapters.

    Raises
    ------
    PackError
        When two cells show different exhibits with one id, or a notebook one twice; the message names both.
    """
    from pmo_kit.exhibits.jsonform import MIME, from_json

    seen: dict[str, Collected] = {}
    twice: list[str] = []
    chapters = []
    for name, notebook in notebooks:
        found = []
        number = 0
        for cell in notebook.cells:
            number += "injected-parameters" not in cell.metadata.get("tags", ())
            for output in cell.get("outputs", ()):
                raw = output.get("data", {}).get(MIME)
                if raw is None:
                    continue
                record = json.loads(raw) if isinstance(raw, str) else raw
                item = Collected(from_json(record), record, name, number)
                first = seen.get(item.id)
                if first is not None and first.notebook != name and first.record == record:
                    continue
                if first is not None:
                    twice.append(f"  '{item.id}': {first.where}, and {item.where}")
                seen.setdefault(item.id, item)
                found.append(item)
        chapters.append(found)
    if twice:
        raise PackError("\n".join(["An exhibit id may be shown once in a pack:", *twice]))
    return chapters


def question(notebook: Any) -> str:
    """The question that a notebook opens with: the first paragraph under its heading, as plain text."""
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            continue
        for block in re.split(r"\n\s*\n", cell.source):
            lines = [line for line in block.strip().splitlines() if not line.lstrip().startswith("#")]
            text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(line.strip() for line in lines))
            text = re.sub(r"[*_`]{1,3}(?=\S)(.+?)(?<=\S)[*_`]{1,3}", r"\1", text).strip()
            if text:
                return text
        return ""
    return ""
