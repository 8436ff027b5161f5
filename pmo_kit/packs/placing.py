"""What stands in the chapters of a pack and what in its annex: decided once, for every medium."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pmo_kit.errors import PackError
from pmo_kit.packs.spec import Chapter, PackSpec

if TYPE_CHECKING:
    from pmo_kit.packs.collect import Collected

LONG = 16
"""Lines of a table that a chapter still holds; a longer one stands in the annex."""
PAGE_ONE = "page_one."
WORKBOOK = "the workbook"


@dataclass(frozen=True, eq=False)
class Laid:
    """A pack laid out: chapters, then the parts of the annex.

    Parameters
    ----------
    spec : PackSpec
        Its chapters are those that are printed; a part of the annex has `annex`.
    chapters : tuple of tuple of Collected
        Exhibits of each, in printed order.
    questions : tuple of str
        The question that heads each; empty in the annex.
    moved : tuple of tuple of Collected
        What each chapter has in the annex.
    letters : tuple of Collected
        What is handed out on paper of its own.
    rest : tuple of Collected
        What is printed nowhere and stands in the workbook.
    """

    spec: PackSpec
    chapters: tuple[tuple[Collected, ...], ...]
    questions: tuple[str, ...]
    moved: tuple[tuple[Collected, ...], ...]
    letters: tuple[Collected, ...] = ()
    rest: tuple[Collected, ...] = ()


def places(laid: Laid) -> dict[str, str]:
    """Where each exhibit stands, in words: "chapter 4", "annex 2"; page one needs none."""
    found: dict[str, str] = {}
    rows = zip(laid.spec.chapters, laid.chapters, strict=True)
    for number, (chapter, items) in enumerate(rows, 1):
        place = chapter.title.partition(".")[0].lower() if chapter.annex else f"chapter {number}"
        found |= {item.id: place for item in items if not item.id.startswith(PAGE_ONE)}
    found |= {item.id: WORKBOOK for item in laid.rest}
    front = laid.spec.page_one.ids if laid.spec.page_one else ()
    return {name: place for name, place in found.items() if name not in front}


def lay_out(spec: PackSpec, chapters: Sequence[Sequence[Collected]], questions: Sequence[str]) -> Laid:
    """Keep what a chapter shows; its long tables go to the annex, and in a full annex all that is not shown.

    Letters are paper of their own.

    Parameters
    ----------
    spec : PackSpec
        The pack file.
    chapters : sequence of sequence of Collected
        Exhibits of each notebook.
    questions : sequence of str
        The question that each notebook opens with.

    Raises
    ------
    PackError
        A chapter is to show what its notebook does not.
    """
    kept: list[tuple[Chapter, tuple[Collected, ...], str, tuple[Collected, ...]]] = []
    annex: list[tuple[Chapter, tuple[Collected, ...]]] = []
    whole: list[tuple[Chapter, tuple[Collected, ...]]] = []
    rest: list[Collected] = []
    letters = tuple(item for items in chapters for item in items if addressee(item))
    for chapter, items, question in zip(spec.chapters, chapters, questions, strict=True):
        items = [item for item in items if not addressee(item)]
        stay, move = _parted(spec, chapter, items)
        if chapter.show and not spec.full:
            rest += [item for item in move if item.id not in chapter.more]
            move = tuple(item for item in move if item.id in chapter.more)
        if chapter.annex:
            whole.append((chapter, (*stay, *move)))
            continue
        kept.append((chapter, stay, question, move))
        if move:
            annex.append((chapter, move))
    parts = [
        (replace(chapter, title=f"Annex {number}. {chapter.title}", annex=True), items)
        for number, (chapter, items) in enumerate([*annex, *whole], 1)
    ]
    return Laid(
        spec=replace(spec, chapters=tuple([c for c, *_ in kept] + [c for c, _ in parts])),
        chapters=tuple([items for _, items, *_ in kept] + [items for _, items in parts]),
        questions=tuple([question for _, _, question, _ in kept] + [""] * len(parts)),
        moved=tuple([move for *_, move in kept] + [()] * len(parts)),
        letters=letters,
        rest=tuple(rest),
    )


def addressee(item: Collected) -> str:
    """To whom a letter goes; empty for what is none."""
    return str(getattr(item.exhibit, "to", ""))


def _parted(
    spec: PackSpec, chapter: Chapter, items: Sequence[Collected]
) -> tuple[tuple[Collected, ...], tuple[Collected, ...]]:
    """What stays in a chapter, in its order, and what moves."""
    placed = spec.page_one.ids if spec.page_one else ()
    known: Mapping[str, Collected] = {item.id: item for item in items}
    absent = [identity for identity in (*chapter.show, *chapter.more) if identity not in known]
    if absent:
        have = [identity for identity in known if not identity.startswith(PAGE_ONE)]
        near = difflib.get_close_matches(absent[0], have, n=1)
        hint = f"Did you mean '{near[0]}'?" if near else f"It shows: {', '.join(have) or 'none'}."
        raise PackError(
            f"Chapter '{chapter.title}' of {spec.file.name} is to show {', '.join(absent)}, which "
            f"{chapter.notebook.name} does not. {hint}"
        )

    def moves(item: Collected) -> bool:
        heads = not getattr(item.exhibit, "items", True)
        if heads or item.id in placed or item.id.startswith(PAGE_ONE):
            return False
        return item.id not in chapter.show if chapter.show else not chapter.annex and _long(item)

    move = tuple(item for item in items if moves(item))
    stay = [item for item in items if not moves(item)]
    first = [known[identity] for identity in chapter.show if known[identity] in stay]
    return (*(item for item in stay if item not in first), *first), move


def _long(item: Collected) -> bool:
    """Whether an exhibit is a table that is longer than a chapter holds."""
    from pmo_kit.exhibits import Table

    exhibit = item.printed
    return isinstance(exhibit, Table) and len(exhibit.data) > LONG * exhibit.across
