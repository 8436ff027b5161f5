"""What a run makes of a pack file: its packs, decided once, each staged over one snapshot of its inputs as jobs."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import re
import shutil
import unicodedata
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import yaml

from pmo_kit.disk import real
from pmo_kit.errors import InputError, PackError
from pmo_kit.forms import LIMITS, Form, Plain, plain, read_value
from pmo_kit.packs.manifest import dumps, file_hash, sha256
from pmo_kit.packs.spec import CELL_SECONDS, FORMATS, FULL, MEDIA, PREVIOUS, Chapter, Deck, PackSpec
from pmo_kit.register import Register, load_register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.register.reading import sources_of

_FROM_PACK = {"register_path": "register", "previous_path": "previous"}
_LEFT_OUT = (".*", "~$*", "*.md", "*.py", "__pycache__")
_TOP = ("title", "committee", "date", "status")


@dataclass(frozen=True, eq=False)
class Pack:
    """One pack of a pack file: what the file leaves to a run, decided once and read by all that follows.

    Parameters
    ----------
    spec : PackSpec
        What the file says.
    name, title, committee, date, status
        Those of the file, or given by hand; name and title also say which variant and which part it is.
    chapters : tuple of Chapter
        Those that are asked for.
    formats : tuple of str
        The media that are asked for, or all that can be made here.
    values : mapping of str to Plain
        What every notebook is given that has a parameter of that name.
    part : bool
        Whether chapters of a pack were chosen, now or when its file was written: page one may stand in another.
    """

    spec: PackSpec
    name: str
    title: str
    committee: str
    date: dt.date | None
    status: str
    chapters: tuple[Chapter, ...]
    formats: tuple[str, ...]
    values: Mapping[str, Plain] = field(default_factory=dict)
    part: bool = False


def expand(spec: PackSpec, values: Sequence[str] = (), chapters: Sequence[str] = ()) -> tuple[Pack, ...]:
    """Return the packs of a pack file: one, or one for each combination of the values of its matrix.

    Each is named after its values, `department_arbitration_networks`; "{area}" in the title is replaced, and a title
    that names no parameter has the values at its end. A pack of some chapters is named `<pack>_part`, so that the whole
    one stays the latest.

    Parameters
    ----------
    spec : PackSpec
        A pack file.
    values : sequence of str
        Set by hand, each "name=value": title, committee, date, status, or any parameter; it is given to every chapter
        whose notebook has it.
    chapters : sequence of str
        Those that are wanted, by number (1 is the first), by title or by the name of the notebook, or its beginning;
        without one all are.

    Raises
    ------
    PackError
        When a value is not written so, or nothing has that name; no chapter is called so; no notebook has a parameter
        of the matrix, a chapter sets it itself, two packs would have one name, or a line of the pack file cannot be so.

    Examples
    --------
    >>> from pmo_kit.packs import read_spec
    >>> (pack,) = expand(read_spec("templates/packs/delivery_overview.yml"), ["status=FINAL", "tolerance=0.1"], ["1"])
    >>> pack.name, pack.status, pack.values
    ('delivery_overview_part', 'FINAL', {'tolerance': 0.1})
    """
    kept, unknown = _wanted(spec, chapters)
    lines, given = _by_hand(spec, values, kept, unknown)
    name, title = (f"{spec.name}_part", f"{lines['title']} (part)") if chapters else (spec.name, lines["title"])
    matrix = {key: column for key, column in spec.matrix.items() if key not in given}
    for key in matrix:
        at = f"{spec.file.name}, matrix: '{key}'"
        if not _taken(key, kept):
            raise PackError(f"{at} is a parameter of none of its notebooks.")
        for chapter in (one for one in kept if key in one.parameters):
            raise PackError(f"{at} is also set by the chapter '{chapter.title}'; write it once.")
    if (count := math.prod(map(len, matrix.values()))) > (most := LIMITS["packs of a matrix"]):
        raise PackError(f"{spec.file.name}, matrix: {count:,} packs; at most {most} are built from one file.")
    variants = [dict(zip(matrix, row, strict=True)) for row in itertools.product(*matrix.values())]
    names = ["_".join([name, *map(_slug, own.values())]) for own in variants]
    for twice in sorted({one for one in names if names.count(one) > 1}):
        raise PackError(f"{spec.file.name}: two packs of its matrix would be named '{twice}'.")
    formats = spec.formats or tuple(medium for medium in FORMATS if not _lacking([medium]))
    asked = partial(Pack, spec, chapters=kept, formats=formats, part=spec.part or bool(chapters))
    return tuple(
        asked(one, **{**lines, "title": _titled(title, own)}, values=given | own)
        for one, own in zip(names, variants, strict=True)
    )


def _by_hand(
    spec: PackSpec, pairs: Sequence[str], kept: Sequence[Chapter], unknown: Sequence[str]
) -> tuple[dict[str, Any], dict[str, Plain]]:
    """The lines of a pack file that may be given by hand, as they are now, and the parameters that are given."""
    lines, given, faults = {name: getattr(spec, name) for name in _TOP}, dict[str, Plain](), list(unknown)
    for pair in pairs:
        name, equals, text = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            faults.append(f"'{pair}' must be written name=value.")
        elif name in lines:
            try:
                lines[name] = read_value(name, text, get_type_hints(PackSpec, include_extras=True)[name])
            except InputError as error:
                faults.append(str(error))
        elif _taken(name, spec.chapters if name in spec.matrix else kept):  # which of several packs, by its name
            given[name] = plain(text)
        else:
            of = " of the chapters that were chosen" * _taken(name, spec.chapters)
            faults.append(f"{spec.file.name}: no notebook{of} has a parameter '{name}', and no line is named so.")
    if faults:
        raise PackError("\n".join(faults))
    return lines, given


def _taken(name: str, chapters: Sequence[Chapter]) -> bool:
    """Whether a notebook has a parameter of that name."""
    return any(name in chapter.declared for chapter in chapters)


def _wanted(spec: PackSpec, words: Sequence[str]) -> tuple[tuple[Chapter, ...], Sequence[str]]:
    """The chapters that words of the command line mean, in the order of the file, or all; a line on unknown words."""

    def suits(word: str, number: int, chapter: Chapter) -> bool:
        sought, stem = word.strip().casefold(), chapter.notebook.stem.casefold()
        names = (str(number), chapter.title.casefold(), stem, chapter.notebook.name.casefold())
        return sought in names or (len(sought) > 1 and stem.startswith(sought))

    numbered = list(enumerate(spec.chapters, 1))
    kept = tuple(chapter for number, chapter in numbered if any(suits(word, number, chapter) for word in words))
    if unknown := [f"'{word}'" for word in words if not any(suits(word, *one) for one in numbered)]:
        have = "; ".join(f"{number} {chapter.title}" for number, chapter in numbered)
        return spec.chapters, [f"{spec.file.name} has no chapter {', '.join(unknown)}. It has: {have}."]
    return kept or spec.chapters, ()


def _titled(title: str, values: Mapping[str, Plain]) -> str:
    """The title of a variant, with its values at their places or at the end."""
    told = title
    for name, value in values.items():
        told = told.replace(f"{{{name}}}", str(value))
    return told if told != title or not values else f"{title}: {', '.join(map(str, values.values()))}"


def _slug(value: Plain) -> str:
    """A value as part of the name of a folder: `Water Supply` is water_supply, 0.85 is 0_85."""
    plain = unicodedata.normalize("NFKD", str(value)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40] or f"{zlib.crc32(str(value).encode()):08x}"


def _lacking(media: Iterable[str]) -> dict[str, str]:
    """Those of some media that cannot be made here, and the package that each needs."""
    return {one: MEDIA[one].needs for one in media if one in MEDIA and not find_spec(MEDIA[one].needs)}


@dataclass(frozen=True)
class Job:
    """One notebook to execute; plain values, so that it travels to any worker."""

    title: str
    notebook: str
    tree: str
    parameters: dict[str, Plain]
    injected_after: int
    cells: int
    seconds: int = CELL_SECONDS
    inputs: Mapping[str, str] = field(default_factory=dict)
    notebooks: Mapping[str, str] = field(default_factory=dict)
    made_with: Mapping[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> Path:
        """Where it is kept as it was executed."""
        return Path(self.tree, "executed", self.notebook)

    @property
    def home(self) -> Path:
        """The folder in which it runs, its own: `notebooks/`, and a copy of the inputs."""
        return self.target.with_suffix("")

    @cached_property
    def key(self) -> str:
        """The SHA-256 of all that the executed notebook follows from: itself, parameters, inputs, and what runs it."""
        inputs = sorted(self.inputs.items())
        return sha256(dumps((self.notebooks[self.notebook], sorted(self.parameters.items()), inputs, self.made_with)))


@dataclass(frozen=True, eq=False)
class Stage:
    """A pack before it runs: the temporary tree (`notebooks/`, `inputs/<name>/`, `executed/`), and what is built of it.

    Parameters
    ----------
    folder : Path
        Of the tree.
    pack : Pack
        What is asked for.
    chapters : tuple of Chapter
        Those of the pack whose tables are there.
    jobs : tuple of Job
        A notebook for each of them.
    inputs : mapping of str to str
        The hash of each input.
    sources : mapping of str to bytes
        What an auditor needs to build the pack again, as it was: path in the pack (`sources/pack.yml`,
        `sources/notebooks/...`, `sources/inputs/...`) -> content.
    register : Register
        Of the tree.
    absent : tuple of str
        Chapters that are left out, one line each.
    deck : Deck or None
        The organization's own template of slides, as it is in the tree.
    """

    folder: Path
    pack: Pack
    chapters: tuple[Chapter, ...]
    jobs: tuple[Job, ...]
    inputs: Mapping[str, str]
    sources: Mapping[str, bytes]
    register: Any
    absent: tuple[str, ...]
    deck: Deck | None = None


def stage(
    pack: Pack, folder: Path, made_with: Mapping[str, Any] | None = None, registers: dict[str, Any] | None = None
) -> Stage:
    """Copy notebooks and inputs into a temporary tree, settle every parameter and leave out what cannot be shown.

    Parameters
    ----------
    pack : Pack
        Of a pack file.
    folder : Path
        Where the tree is made.
    made_with : mapping, optional
        As `manifest.software` gives it.
    registers : dict, optional
        What is read already: packs of one register read it once.

    Raises
    ------
    DataError
        The register, or that of the committee before, cannot be used.
    PackError
        With every unknown or mistyped parameter of every chapter; or the register lacks what every chapter needs, or
        more money of its source than a pack may leave out; or a medium needs a package that is not installed.
    """
    spec = pack.spec
    for medium, package in _lacking(pack.formats).items():
        raise PackError(f"{spec.file.name} asks for {medium}, which needs the package {package}: pip install {package}")
    inputs = _Inputs(folder, spec)
    settled = _settled(pack, inputs)
    (folder / "notebooks").mkdir()
    for name, (chapter, _) in settled.items():
        shutil.copyfile(chapter.notebook, folder / "notebooks" / name)
    kept, notebooks = hashes(folder / "inputs"), hashes(folder / "notebooks")
    jobs = [
        Job(
            title=chapter.title,
            notebook=name,
            tree=str(folder),
            parameters={one: f"../{inputs.at(x)}" if isinstance(x, Path) else x for one, x in own.items()},
            injected_after=["parameters" in cell.metadata.get("tags", ()) for cell in chapter.book.cells].index(True),
            cells=len(chapter.book.cells) + 1,
            seconds=spec.cell_timeout,
            inputs=kept,
            notebooks=notebooks,
            made_with=made_with or {},
        )
        for name, (chapter, own) in settled.items()
    ]
    read, content = {} if registers is None else registers, str((inputs.at(spec.register), sorted(kept.items())))
    if content not in read:
        read[content] = inputs.register()
    has = read[content].has
    lacks = [[one for one in chapter.needs if not (spec.previous if one == PREVIOUS else has(one))]
             for chapter in pack.chapters]  # fmt: skip
    absent = _absent(pack, lacks)
    if all(lacks):
        raise PackError("\n".join([f"{spec.file.name}: the register has the tables of no chapter.", *absent]))
    shown = [not lack for lack in lacks]
    files = [f"{room}/{name}" for room, names in (("notebooks", notebooks), ("inputs", kept)) for name in names]
    return Stage(
        folder=folder,
        pack=pack,
        chapters=tuple(itertools.compress(pack.chapters, shown)),
        jobs=tuple(itertools.compress(jobs, shown)),
        inputs=kept,
        sources={
            "sources/pack.yml": _pack_file(pack, settled, inputs),
            **{f"sources/{name}": (folder / name).read_bytes() for name in files},
        },
        register=read[content],
        absent=absent,
        deck=spec.deck and replace(spec.deck, template=inputs.staged[spec.deck.template]),
    )


Settled = dict[str, tuple[Chapter, dict[str, Plain | Path]]]
"""The name of each notebook in the tree -> its chapter, and the values that it is given."""


def _settled(pack: Pack, inputs: _Inputs) -> Settled:
    """What each notebook is given; all that is wrong is told at once."""
    found: list[str] = []
    settled: Settled = {}
    for chapter in map(replace, pack.chapters):  # whose notebook may have changed since it was read
        known, name = chapter.declared, chapter.notebook.name
        given = {**chapter.parameters, **{one: value for one, value in pack.values.items() if one in known}}
        faults = chapter.faults(given)
        if "register_path" not in known:
            faults.append("it has no parameter 'register_path': it would read another register.")
        ours = [one for one in given if one in _FROM_PACK]
        faults += [f"'{one}' is set by the line '{_FROM_PACK[one]}' of the pack file." for one in ours]
        own: dict[str, Plain | Path] = {}
        for one in known.values():
            try:
                if one.name.endswith("_path") and one.type is str:
                    own[one.name] = inputs.asked(one.name, given.get(one.name), chapter)
                elif one.name in given:
                    own[one.name] = given[one.name]
            except PackError as error:
                faults.append(str(error))
        found += [f"  {name}: {fault}" for fault in faults]
        settled[unique(name, settled)] = chapter, own
    if found:
        raise PackError("\n".join([f"{pack.spec.file.name} gives its notebooks what they cannot use:", *found]))
    return settled


def hashes(folder: Path) -> dict[str, str]:
    """Every file in a folder -> SHA-256."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in paths}


def _absent(pack: Pack, lacks: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A line for every chapter that cannot be shown, in one for all that only lack tables."""
    told = [(chapter.title, lack) for chapter, lack in zip(pack.chapters, lacks, strict=True) if lack]
    lines = [f"{title} needs the register of the committee before (a line 'previous')."
             for title, lack in told if PREVIOUS in lack]  # fmt: skip
    lacking = {title: lack for title, lack in told if PREVIOUS not in lack}
    tables = list(dict.fromkeys(table for lack in lacking.values() for table in lack))
    titles, listed = ", ".join(lacking), ", ".join(tables)
    if len(lacking) > 1:
        lines.insert(0, f"With the tables {listed} this pack would also hold: {titles}.")
    elif lacking:
        lines.insert(0, f"{titles} needs the table{'s' * (len(tables) > 1)} {listed}.")
    return tuple(lines)


def _pack_file(pack: Pack, settled: Settled, inputs: _Inputs) -> bytes:
    """The file of a pack as it is written in a tree."""
    told: dict[bool, list[Any]] = {False: [], True: [FULL] * pack.spec.full}
    for name, (chapter, own) in settled.items():
        said = {one: value for one, value in own.items() if one not in _FROM_PACK}
        told[chapter.annex].append(inputs.lines(chapter, notebook=f"notebooks/{name}", parameters=said))
    decided = {name: getattr(pack, name) for name in ("name", *_TOP, "formats", "part")}
    data = inputs.lines(pack.spec, **decided, matrix={}, chapters=tuple(told[False]))
    data |= {"annex": told[True]} if told[True] else {}
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110).encode()


class _Inputs:
    """Copies each input of a pack once into `inputs/<name>/` of the stage."""

    def __init__(self, folder: Path, spec: PackSpec) -> None:
        self.folder, self.spec, self.out = folder, spec, f"out of the folder '{spec.home.name}'."
        self.staged: dict[Path, Path] = {}
        for register in filter(None, (spec.register, spec.previous)):
            self._add(register, is_register=True)
        if spec.deck:
            self._add(spec.deck.template)

    def at(self, path: Path) -> str:
        """Where an input stands in the tree."""
        return self.staged[path].relative_to(self.folder).as_posix()

    def lines(self, said: Any, **instead: Any) -> Any:
        """What a file in the tree says of a form, all but what is so without a line; other values for some fields."""
        if isinstance(said, Form):
            values = {one: instead.get(one.name, getattr(said, one.name)) for one in fields(said)}  # type: ignore[arg-type]
            return {
                said.called.get(one.name, one.name): self.lines(value)
                for one, value in values.items()
                if one.name not in said.unsaid and value and value != one.default
            }
        if isinstance(said, Mapping):
            return {key: self.lines(value) for key, value in said.items()}
        if isinstance(said, tuple):
            return [self.lines(one) for one in said]
        return self.at(said) if isinstance(said, Path) else said

    def register(self) -> Register:
        """The register of the tree; that of the committee before is read too, and could be."""
        register = load_register(self.staged[self.spec.register])
        if self.spec.previous:
            load_register(self.staged[self.spec.previous])
        told = accounts(register.table)
        if told is not None and told.stops:
            raise PackError(
                f"{told.sentence} A pack would be about another portfolio. The rows are in the table left_out; mend "
                "the source, or accept it by name in the mapping: accept: {up_to: 0.05, who: ..., why: ...}"
            )
        return register

    def _add(self, path: Path, is_register: bool = False) -> None:
        """Copy a folder or a file, a register that is a mapping with its sources."""
        if path in self.staged:
            return
        taken = {(p if p.is_dir() else p.parent).name for p in self.staged.values()}
        top = self.folder / "inputs" / unique(path.name if path.is_dir() else path.stem, taken)
        if path.is_dir():
            self._stays_at_home(path)
            shutil.copytree(path, top, ignore=shutil.ignore_patterns(*_LEFT_OUT))
            self.staged[path] = top
            return
        top.mkdir(parents=True)
        self.staged[path] = Path(shutil.copyfile(path, top / path.name))
        for source in sources_of(path) if is_register and path.suffix.lower() in (".yml", ".yaml") else ():
            if not real(source).is_relative_to(self.spec.home):
                raise PackError(f"{path.name} reads {source.name}, which is {self.out}")
            shutil.copyfile(source, top / source.name)

    def _stays_at_home(self, folder: Path) -> None:
        """Refuse a link inside a folder that leads out of the home of the pack, and what is no file."""
        for path in folder.rglob("*"):
            if not real(path).is_relative_to(self.spec.home):
                raise PackError(f"{folder.name}/{path.name} is a link that leads {self.out}")
            if not (path.is_file() or path.is_dir()):
                raise PackError(f"{folder.name}/{path.name} is no file that can be copied.")

    def asked(self, name: str, given: Plain | None, chapter: Chapter) -> Path | str:
        """The input that a parameter that ends in `_path` names, in the tree from now on; empty where it names none."""
        if name in _FROM_PACK:
            return getattr(self.spec, _FROM_PACK[name]) or ""
        base = chapter.notebook.parent if given is None else self.spec.file.parent
        text = str(chapter.declared[name].default if given is None else given)
        if not text:
            return ""
        path = real(base / text)
        if not path.is_relative_to(self.spec.home) or not path.exists():
            raise PackError(f"{name} '{text}' does not exist in '{self.spec.home.name}'.")
        self._add(path)
        return path


def unique(name: str, taken: Any, form: str = "{path.stem}_{number}{path.suffix}") -> str:
    """The name; where it is taken with a number, that of a file before its ending."""
    numbered = (form.format(name=name, path=Path(name), number=number) for number in itertools.count(2))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)
