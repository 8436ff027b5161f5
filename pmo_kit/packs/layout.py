"""What stands where in a pack: the exhibits of its notebooks, placed once, the same in every medium."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError
from pmo_kit.packs.spec import Chapter, PackSpec

if TYPE_CHECKING:
    from pmo_kit.exhibits.records import Exhibit
    from pmo_kit.packs.spec import PackSpec

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
    excused = any(
        getattr(item.exhibit, "absent", "") for item in items
    )  # a line in it says which sheet is missing
    if absent and not excused:
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
    first = [known[identity] for identity in chapter.show if known.get(identity) in stay]
    return (*(item for item in stay if item not in first), *first), move


def _long(item: Collected) -> bool:
    """Whether an exhibit is a table that is longer than a chapter holds."""
    from pmo_kit.exhibits import Table

    exhibit = item.printed
    return isinstance(exhibit, Table) and len(exhibit.data) > LONG * exhibit.across


NOT_SHOWN = "Not shown: "


@dataclass(frozen=True, eq=False)
class Front:
    """Page one: the headline and what stands under it."""

    headline: Collected
    tiles: Collected | None
    decisions: Collected | None
    left: tuple[Collected, ...]
    right: tuple[Collected, ...]
    missing: tuple[str, ...]

    @property
    def items(self) -> tuple[Collected, ...]:
        """The exhibits under the headline, in reading order."""
        return tuple(item for item in (self.tiles, self.decisions, *self.left, *self.right) if item)

    @property
    def notes(self) -> tuple[str, ...]:
        """Foot notes of the page."""
        return tuple(i.exhibit.note for i in (self.headline, *self.items) if i.exhibit.note)

    @property
    def deciding(self) -> bool:
        """Whether its table asks for decisions."""
        exhibit = self.decisions.exhibit if self.decisions else None
        return any(field.kind == "decision" for field in getattr(exhibit, "columns", ()))


@dataclass(frozen=True, eq=False)
class Part:
    """A chapter or a part of the annex.

    Its title and question, the messages without text that head it, its exhibits, those it has in the annex, and what
    is not shown.
    """

    number: int
    title: str
    question: str
    lead: tuple[str, ...]
    items: tuple[Collected, ...]
    moved: tuple[Collected, ...]
    missing: tuple[str, ...]
    annex: bool = False


@dataclass(frozen=True, eq=False)
class Outline:
    """A pack before it is drawn in a medium.

    Parameters
    ----------
    spec : PackSpec
        The pack file.
    pack_id : str
        Printed on every page.
    manifest : mapping
        What the pack follows from.
    settings : Settings
        Of the register: name, unit, as_of, notice.
    front : Front or None
        Page one.
    chapters : tuple of Part
        The rest.
    absent : tuple of str
        Chapters that are left out, one line each.
    register : Register, optional
        The tables that the formulas of the workbook stand on.
    letters : tuple of Collected
        Papers of their own, each to somebody.
    rest : tuple of Collected
        What is printed nowhere: the workbook has it.
    """

    spec: PackSpec
    pack_id: str
    manifest: Mapping[str, Any]
    settings: Any
    front: Front | None
    chapters: tuple[Part, ...]
    absent: tuple[str, ...] = ()
    register: Any = None
    letters: tuple[Collected, ...] = ()
    rest: tuple[Collected, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not shown, one line each."""
        return (*self.absent, *(line for part in self.chapters for line in part.missing))

    @property
    def strip(self) -> str:
        """The line at the foot of every page."""
        return strip(self.spec, self.pack_id, self.manifest)

    @property
    def rebuild(self) -> str:
        """How to make the pack again, in words."""
        version = self.manifest["software"]["pmo_kit"]
        return (
            f"To rebuild it: install pmo_kit {version} with the packages of manifest.json, then run pmo-kit verify "
            "on the folder of this pack. The notebooks, the register and the pack file as they were stand in "
            "its folder sources; they are executed again, and what differs is named. Notebooks are programs: execute "
            "those of a pack only if you trust who sent it."
        )

    @property
    def papers(self) -> dict[str, str]:
        """The files of the letters, where papers are made -> the sponsor whom each is for."""
        sponsors = (
            dict.fromkeys(addressee(item) for item in self.letters) if "pdf" in self.spec.formats else {}
        )
        names = [re.sub(r"[^a-z0-9]+", "_", one.lower()).strip("_") or "sponsor" for one in sponsors]
        return {
            f"letters/{name if names.count(name) == 1 else f'{name}_{place}'}.pdf": sponsor
            for place, (name, sponsor) in enumerate(zip(names, sponsors, strict=True), 1)
        }

    @property
    def exhibits(self) -> Iterator[tuple[str, Collected]]:
        """Where it stands ("Page one", or the title of its chapter) and the exhibit, in reading order."""
        if self.front is not None:
            yield from (("Page one", item) for item in self.front.items)
        for part in self.chapters:
            yield from ((part.title, item) for item in part.items)
        yield from (("Letters", item) for item in self.letters)
        yield from (("Here only", item) for item in self.rest if not _bare(item))


def outline(
    laid: Laid,
    pack_id: str,
    manifest: Mapping[str, Any],
    settings: Any,
    absent: Sequence[str] = (),
    register: Any = None,
) -> Outline:
    """Say what stands where, for every medium alike.

    Exhibits of page one, and all whose id begins with `page_one.`, stand there only; a message without text heads its
    chapter, or is one line when it says which sheet it lacks (`Message.absent`).

    Parameters
    ----------
    laid : Laid
        The chapters, then the parts of the annex.
    pack_id, manifest, settings, absent
        As `Outline` holds them.

    Raises
    ------
    PackError
        When page one asks for an exhibit that no notebook shows, or an exhibit has no alternative text.
    """
    spec = laid.spec
    for item in (*(item for chapter in laid.chapters for item in chapter), *laid.letters, *laid.rest):
        if not item.exhibit.alt.strip():
            raise PackError(
                f"Exhibit '{item.id}' ({item.where}) has no words for those who cannot see it (alt)."
            )
    placed = spec.page_one.ids if spec.page_one else ()
    parts = []
    rows = zip(spec.chapters, laid.chapters, laid.questions, laid.moved, strict=True)
    for number, (chapter, items, asked, moved) in enumerate(rows, 1):
        kept = [i for i in items if i.id not in placed and not i.id.startswith(PAGE_ONE)]
        parts.append(
            Part(
                number=number,
                title=chapter.title,
                question=asked,
                lead=tuple(i.exhibit.title for i in kept if _bare(i) and not _not_shown(i)),
                items=tuple(i for i in kept if not _bare(i)),
                moved=moved,
                missing=_missing([i for i in items if _not_shown(i)]),
                annex=chapter.annex,
            )
        )
    front = _front(spec, laid.chapters)
    if spec.page_one and front is None:
        absent = ["There is no page one: it stands on a chapter that this register cannot fill yet.", *absent]
    return Outline(
        spec,
        pack_id,
        manifest,
        settings,
        front,
        tuple(parts),
        tuple(absent),
        register,
        laid.letters,
        laid.rest,
    )


def strip(spec: PackSpec, pack_id: str, manifest: Mapping[str, Any]) -> str:
    """The line at the foot of every page, without the page number.

    What a reader needs to know which paper this is: whose, which pack, when, data as of when, from which
    register, how good the data (a grade, A to D), made by which version, draft or final.
    """
    register = manifest["register"]
    parts = [
        register["name"],
        f"Pack {pack_id}",
        spec.date.isoformat() if spec.date else "",
        f"data as of {register['as_of'] or 'a date not stated'}",
        f"register {register['fingerprint'][:8]}",
        f"data grade {register['grade']}",
        f"pmo_kit {manifest['software']['pmo_kit']}",
        spec.status,
    ]
    return " · ".join(part for part in parts if part)


def _front(spec: PackSpec, chapters: Sequence[Sequence[Collected]]) -> Front | None:
    asked = spec.page_one
    if asked is None:
        return None
    known = {item.id: item for chapter in chapters for item in chapter}
    absent = [i for i in asked.ids if i not in known]
    if absent and asked.optional:
        return None
    if absent:
        have = ", ".join(sorted(i for i in known if i.startswith(PAGE_ONE))) or "none"
        raise PackError(
            f"Page one of {spec.file.name} asks for {', '.join(absent)}, which no "
            f"notebook shows. Shown for page one: {have}."
        )

    def shown(*ids: str) -> tuple[Collected, ...]:
        return tuple(known[i] for i in ids if i and not _not_shown(known[i]))

    return Front(
        headline=known[asked.headline],
        tiles=next(iter(shown(asked.tiles)), None),
        decisions=next(iter(shown(asked.decisions)), None),
        left=shown(*asked.left),
        right=shown(*asked.right),
        missing=tuple(_sentence(known[i]) for i in asked.ids if _not_shown(known[i])),
    )


def _bare(item: Collected) -> bool:
    """Whether a message is a title and nothing else."""
    return not getattr(item.exhibit, "items", True)


def _not_shown(item: Collected) -> bool:
    """Whether a message only says that something cannot be shown, for want of a sheet."""
    return bool(getattr(item.exhibit, "absent", ""))


def _missing(items: Sequence[Collected]) -> tuple[str, ...]:
    """What a chapter cannot show, in one sentence: of many figures only the sheets that they would need."""
    sheets = list(dict.fromkeys(getattr(item.exhibit, "absent", "") for item in items))
    if len(items) < 3:
        return tuple(map(_sentence, items))
    *most, last = sheets
    return (f"{len(items)} more figures, for which the register would need {', '.join(most)} and {last}.",)


def _sentence(item: Collected) -> str:
    """What is not shown and why, as a sentence."""
    words = item.exhibit.title.removeprefix(NOT_SHOWN)
    return words[:1].upper() + words[1:]
