"""What stands where in a pack: the exhibits of its notebooks, placed once, the same in every medium."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from pmo_kit.doors import nearest
from pmo_kit.errors import PackError
from pmo_kit.exhibits import Table
from pmo_kit.exhibits.cells import in_own_words, named, reworded
from pmo_kit.exhibits.records import MIME, Exhibit, from_json, to_json
from pmo_kit.exhibits.theme import text_width
from pmo_kit.facts import bound, sentence
from pmo_kit.packs.jobs import Pack, Stage, unique
from pmo_kit.packs.spec import Chapter, Deck

_REFERENCE = re.compile(r" \(see ([a-z_0-9]+\.[a-z_0-9]+)\)")


@dataclass(frozen=True, eq=False)
class Collected:
    """An exhibit, and the notebook and cell that showed it (counted from the top)."""

    exhibit: Exhibit
    notebook: str
    cell: int
    refers: Mapping[str, str] = field(default_factory=dict)
    """Words in its texts that name a place, "(annex 4)", and the exhibit that is meant."""

    @property
    def id(self) -> str:
        """Id of the exhibit."""
        return self.exhibit.id

    @cached_property
    def record(self) -> dict[str, Any]:
        """It as data, as `figures.json` holds it."""
        return to_json(self.exhibit)

    @cached_property
    def text(self) -> str:
        """All that is written in it, as JSON."""
        return json.dumps(self.record, ensure_ascii=False)

    @cached_property
    def printed(self) -> Exhibit:
        """What page, paper and slides show of it, no line ending before a unit; the workbook has all."""
        return reworded(self.exhibit.printed, bound)

    def worded(self, places: Mapping[str, str], vocabulary: Mapping[str, str]) -> Collected:
        """The same as it is printed, in the words of the organization.

        "(see risk.tornado)" is said as the place of that exhibit, "(annex 4)", or left out.
        """

        refers: dict[str, str] = {}

        def said(found: re.Match[str]) -> str:
            place = places.get(found[1], "")
            if place and place != WORKBOOK:  # what stands there alone cannot be led to
                refers.setdefault(f"({place})", found[1])
            return f" ({place})" if place else ""

        exhibit = in_own_words(reworded(self.exhibit, lambda text: _REFERENCE.sub(said, text)), vocabulary)
        return replace(self, exhibit=exhibit, refers=refers)

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
                item = Collected(from_json(json.loads(raw) if isinstance(raw, str) else raw), name, number)
                first = seen.get(item.id)
                if first is not None and first.notebook != name and first.record == item.record:
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
    first = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    for block in re.split(r"\n\s*\n", first):
        lines = [line for line in block.strip().splitlines() if not line.lstrip().startswith("#")]
        text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", " ".join(line.strip() for line in lines))
        text = re.sub(r"[*_`]{1,3}(?=\S)(.+?)(?<=\S)[*_`]{1,3}", r"\1", text).strip()
        if text:
            return text
    return ""


_FEW = 3
"""Projects whose own rows are named as a source."""
LONG = 16
"""Lines of a table that a chapter still holds; a longer one stands in the annex."""
PAGE_ONE = "page_one."
WORKBOOK = "the workbook"
NOT_SHOWN = "Not shown: "


def addressee(item: Collected) -> str:
    """To whom a letter goes; empty for what is none."""
    return str(getattr(item.exhibit, "to", ""))


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
    def lines(self) -> tuple[str, ...]:
        """Its headline as it is broken; in one where a line of it is wider than the page."""
        parts = self.headline.exhibit.title.split("\n")
        fits = all(text_width(part, 18, bold=True) <= 499 for part in parts)
        return tuple(parts) if fits else (" ".join(parts),)

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

    Parameters
    ----------
    number : int
        Its place in the pack.
    title, question : str
        What heads it.
    shown : tuple of Collected
        What its notebook shows here, in printed order; of what stands on page one only what cannot be shown.
    moved : tuple of Collected
        What it has in the annex.
    annex : bool
        Whether it is a part of the annex.
    """

    number: int
    title: str
    question: str
    shown: tuple[Collected, ...]
    moved: tuple[Collected, ...] = ()
    annex: bool = False

    @property
    def items(self) -> tuple[Collected, ...]:
        """Its exhibits."""
        return tuple(item for item in self.shown if not _bare(item))

    @property
    def lead(self) -> tuple[str, ...]:
        """The messages without text that head it."""
        return tuple(item.exhibit.title for item in self.shown if _bare(item) and not _not_shown(item))

    @property
    def missing(self) -> tuple[str, ...]:
        """What it cannot show, in one sentence: of many figures only the sheets that they would need."""
        items = [item for item in self.shown if _not_shown(item)]
        if len(items) < 3:
            return tuple(map(_sentence, items))
        *most, last = dict.fromkeys(getattr(item.exhibit, "absent", "") for item in items)
        return (f"{len(items)} more figures, for which the register would need {', '.join(most)} and {last}.",)


@dataclass(frozen=True, eq=False)
class Placed:
    """The exhibits of a pack, each at its place and in the words of the organization.

    Parameters
    ----------
    chapters : tuple of Part
        The chapters, then the parts of the annex.
    collected : tuple of Collected
        All exhibits, as the notebooks show them one after the other.
    letters : tuple of Collected
        Papers of their own, each to somebody.
    rest : tuple of Collected
        What is printed nowhere: the workbook has it.
    """

    chapters: tuple[Part, ...]
    collected: tuple[Collected, ...]
    letters: tuple[Collected, ...] = ()
    rest: tuple[Collected, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class Outline(Placed):
    """A pack before it is drawn in a medium: what is placed, and what it follows from.

    Parameters
    ----------
    pack : Pack
        What is asked for.
    pack_id : str
        Printed on every page.
    manifest : mapping
        What the pack follows from.
    settings : Settings
        Of the register: name, unit, as_of, notice.
    absent : tuple of str
        Chapters that are left out, one line each; page one may be left out with them, and in a part of a pack.
    deck : Deck, optional
        The organization's own template of slides.
    register : Register, optional
        The tables that the formulas of the workbook stand on.

    Raises
    ------
    PackError
        When page one asks for an exhibit that no notebook shows, or an exhibit has no alternative text.
    """

    pack: Pack
    pack_id: str
    manifest: Mapping[str, Any]
    settings: Any
    absent: tuple[str, ...] = ()
    deck: Deck | None = None
    register: Any = None

    def __post_init__(self) -> None:
        for item in self.collected:
            if not item.exhibit.alt.strip():
                raise PackError(f"Exhibit '{item.id}' ({item.where}) has no words for those who cannot see it (alt).")
        _ = self.front

    @cached_property
    def front(self) -> Front | None:
        """Page one; None where the pack file has none, or one whose chapter is left out."""
        asked = self.pack.spec.page_one
        if asked is None:
            return None
        known = {item.id: item for item in self.collected if not addressee(item)}
        absent = [i for i in asked.ids if i not in known]
        if absent and (self.pack.part or self.absent):
            return None
        if absent:
            have = ", ".join(sorted(i for i in known if i.startswith(PAGE_ONE))) or "none"
            raise PackError(
                f"Page one of {self.pack.spec.file.name} asks for {', '.join(absent)}, which no "
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

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not shown, one line each."""
        without = self.pack.spec.page_one is not None and self.front is None
        why = "is not in this part" if self.pack.part else "this register cannot fill yet"
        line = f"There is no page one: it stands on a chapter that {why}."
        parts = (told for part in self.chapters for told in part.missing)
        return (*([line] if without else []), *self.absent, *parts)

    @property
    def strip(self) -> str:
        """The line at the foot of every page, without the page number.

        What a reader needs to know which paper this is: whose, which pack, when, data as of when, from which
        register, how good the data (a grade, A to D), made by which version, draft or final.
        """
        register = self.manifest["register"]
        parts = [
            register["name"],
            f"Pack {self.pack_id}",
            self.pack.date.isoformat() if self.pack.date else "",
            f"data as of {register['as_of'] or 'a date not stated'}",
            f"register {register['fingerprint'][:8]}",
            f"data grade {register['grade']}",
            f"pmo_kit {self.manifest['software']['pmo_kit']}",
            self.pack.status,
        ]
        return " · ".join(part for part in parts if part)

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What the pack follows from, the same in every medium: three sentences, then rows of texts by subject."""
        manifest, rows = self.manifest, source_rows(self)
        register = manifest["register"]
        findings = register["findings"]
        return {
            "line": f"Pack {self.pack_id} · made from the files below by executing the notebooks below; equal inputs "
            "give an equal pack",
            "register": f"Register {register['name']}, data as of {register['as_of'] or 'a date not stated'}, SHA-256 "
            f"of its content {register['fingerprint']}. Findings on its data: {findings['warn']} to look at, "
            f"{findings['info']} notes.",
            "rebuild": f"To rebuild it: install pmo_kit {manifest['software']['pmo_kit']} with the packages of "
            "manifest.json, then run pmo-kit verify on the folder of this pack. The notebooks, the register and the "
            "pack file as they were stand in its folder sources; they are executed again, and what differs is named. "
            "Notebooks are programs: execute those of a pack only if you trust who sent it.",
            "figures": [
                [one["notebook"], one["id"], str(one["cell"]), rows.get(one["id"]) or one["source"],
                 "; ".join(named(one["inputs"]))]
                for one in manifest["exhibits"]
            ],
            "notebooks": [
                [one["notebook"], "; ".join(named(one["parameters"], " = ")), one["sha256"]]
                for one in manifest["chapters"]
            ],
            "files": [[name, digest] for name, digest in manifest["inputs"].items()],
            "software": [[name, str(value)] for name, value in manifest["software"].items()],
        }  # fmt: skip

    @property
    def papers(self) -> dict[str, str]:
        """The files of the letters, where papers are made -> the sponsor whom each is for."""
        found: dict[str, str] = {}
        for sponsor in dict.fromkeys(map(addressee, self.letters)) if "pdf" in self.pack.formats else ():
            name = re.sub(r"[^a-z0-9]+", "_", sponsor.lower()).strip("_") or "sponsor"
            found[unique(f"{name}.pdf", found)] = sponsor
        return {f"letters/{name}": sponsor for name, sponsor in found.items()}

    @property
    def exhibits(self) -> Iterator[tuple[str, Collected]]:
        """Where it stands ("Page one", or the title of its chapter) and the exhibit, in reading order."""
        if self.front is not None:
            yield from (("Page one", item) for item in self.front.items)
        for part in self.chapters:
            yield from ((part.title, item) for item in part.items)
        yield from (("Letters", item) for item in self.letters)
        yield from (("Here only", item) for item in self.rest if not _bare(item))


def source_rows(outline: Outline) -> dict[str, str]:
    """Exhibit -> the tables and rows that it stands on: those of the projects it names where they are few, else all.

    A row is counted as in the table's own sheet, whose header is row 1.
    """
    register = outline.register
    if register is None:
        return {}
    projects = set(register.projects.index)
    found = {}
    for _, item in outline.exhibits:
        named = projects & set(re.findall(r"\w+", item.text))
        tables = [name for name in map(str.strip, item.exhibit.source.split(",")) if register.has(name)]
        parts = [_rows(register.table(name).reset_index(), name, named) for name in tables]
        found[item.id] = "; ".join(part for part in parts if part)
    return found


def _rows(table: pd.DataFrame, name: str, projects: set[str]) -> str:
    """Rows of one table in words: "costs 14 to 16"."""
    if table.empty:
        return ""
    places = range(2, len(table) + 2)
    if 0 < len(projects) <= _FEW and "project_id" in table:
        own = [place for place, one in zip(places, table["project_id"], strict=True) if one in projects]
        return f"{name} {_spans(own)}" if own else ""
    return f"{name} 2 to {places[-1]}"


def _spans(places: Sequence[int]) -> str:
    """Ascending numbers, runs of them as "14 to 16"."""
    runs = itertools.groupby(enumerate(places), key=lambda pair: pair[1] - pair[0])
    spans = ([place for _, place in run] for _, run in runs)
    return ", ".join(f"{span[0]} to {span[-1]}" if len(span) > 1 else str(span[0]) for span in spans)


def place(stage: Stage, shown: Sequence[Sequence[Collected]], questions: Sequence[str]) -> Placed:
    """Say what stands where, once and for every medium alike.

    A chapter keeps what it shows; its long tables go to the annex, and in a full annex all that is not shown. Exhibits
    of page one, and all whose id begins with `page_one.`, stand there only; letters are paper of their own.

    Parameters
    ----------
    stage : Stage
        The pack, and its chapters whose tables are there.
    shown : sequence of sequence of Collected
        Exhibits of each notebook.
    questions : sequence of str
        The question that each notebook opens with.

    Raises
    ------
    PackError
        A chapter is to show what its notebook does not.
    """
    spec = stage.pack.spec
    front = spec.page_one.ids if spec.page_one else ()
    body: list[tuple[str, str, list[Collected], list[Collected]]] = []
    whole: list[tuple[str, list[Collected]]] = []
    rest: list[Collected] = []
    for chapter, items, asked in zip(stage.chapters, shown, questions, strict=True):
        stay, move = _parted(chapter, front, [item for item in items if not addressee(item)], spec.file.name)
        if chapter.show and not spec.full:
            rest += [item for item in move if item.id not in chapter.more]
            move = [item for item in move if item.id in chapter.more]
        if chapter.annex:
            whole.append((chapter.title, [*stay, *move]))
        else:
            body.append((chapter.title, asked, stay, move))
    annex = [*((title, move) for title, _, _, move in body if move), *whole]
    rows = [(f"chapter {number}", *one) for number, one in enumerate(body, 1)]
    rows += [(f"annex {n}", f"Annex {n}. {title}", "", items, []) for n, (title, items) in enumerate(annex, 1)]
    places = {item.id: place for place, _, _, items, _ in rows for item in items if not _on_front(item, front)}
    places |= dict.fromkeys((item.id for item in rest), WORKBOOK)
    own = stage.register.table("vocabulary").set_index("term")["our_word"].to_dict()
    worded = {item.id: item.worded(places, own) for items in shown for item in items}

    def told(items: Iterable[Collected]) -> tuple[Collected, ...]:
        return tuple(worded[item.id] for item in items)

    return Placed(
        tuple(
            Part(number, title, asked, told(items), told(move), annex=number > len(body))
            for number, (_, title, asked, items, move) in enumerate(rows, 1)
        ),
        collected=tuple(worded.values()),
        letters=told(item for items in shown for item in items if addressee(item)),
        rest=told(rest),
    )


def _parted(
    chapter: Chapter, front: Sequence[str], items: Sequence[Collected], file: str
) -> tuple[list[Collected], list[Collected]]:
    """What stays in a chapter, in its order, and what moves; what stands on page one does neither."""
    known: Mapping[str, Collected] = {item.id: item for item in items}
    absent = [identity for identity in (*chapter.show, *chapter.more) if identity not in known]
    excused = any(map(_not_shown, items))  # a line in it says which sheet is missing
    if absent and not excused:
        have = [identity for identity in known if not identity.startswith(PAGE_ONE)]
        raise PackError(
            f"Chapter '{chapter.title}' of {file} is to show {', '.join(absent)}, which "
            f"{chapter.notebook.name} does not; {nearest(absent[0], have)}"
        )

    def moves(item: Collected) -> bool:
        return item.id not in chapter.show if chapter.show else not chapter.annex and _long(item)

    items = [item for item in items if _not_shown(item) or not _on_front(item, front)]
    move = [item for item in items if not _bare(item) and moves(item)]
    first = [known[identity] for identity in chapter.show if known.get(identity) in items]
    return [*(item for item in items if item not in (*move, *first)), *first], move


def _on_front(item: Collected, front: Sequence[str]) -> bool:
    """Whether an exhibit stands on page one, or nowhere else."""
    return item.id in front or item.id.startswith(PAGE_ONE)


def _long(item: Collected) -> bool:
    """Whether an exhibit is a table that is longer than a chapter holds."""
    exhibit = item.printed
    return isinstance(exhibit, Table) and len(exhibit.data) > LONG * exhibit.across


def _bare(item: Collected) -> bool:
    """Whether a message is a title and nothing else."""
    return not getattr(item.exhibit, "items", True)


def _not_shown(item: Collected) -> bool:
    """Whether a message only says that something cannot be shown, for want of a sheet."""
    return bool(getattr(item.exhibit, "absent", ""))


def _sentence(item: Collected) -> str:
    """What is not shown and why, as a sentence."""
    return sentence(str(item.exhibit.title).removeprefix(NOT_SHOWN))
