"""What stands where in a pack: page one, the chapters and their exhibits, the same in every medium."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmo_kit.errors import PackError
from pmo_kit.packs.placing import PAGE_ONE, addressee

if TYPE_CHECKING:
    from pmo_kit.packs.collect import Collected
    from pmo_kit.packs.placing import Laid
    from pmo_kit.packs.spec import PackSpec

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
    chapter, or is one line when its title begins with "Not shown: ".

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
    """Whether a message only says that something cannot be shown."""
    return item.exhibit.title.startswith(NOT_SHOWN) and _bare(item)


def _missing(items: Sequence[Collected]) -> tuple[str, ...]:
    """What a chapter cannot show, in one sentence: of many figures only the sheets that they would need."""
    sheets = list(dict.fromkeys(getattr(item.exhibit, "absent", "") for item in items))
    if len(items) < 3 or "" in sheets:
        return tuple(map(_sentence, items))
    *most, last = sheets
    return (f"{len(items)} more figures, for which the register would need {', '.join(most)} and {last}.",)


def _sentence(item: Collected) -> str:
    """What is not shown and why, as a sentence."""
    words = item.exhibit.title.removeprefix(NOT_SHOWN)
    return words[:1].upper() + words[1:]
