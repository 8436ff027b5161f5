"""Stage the notebooks of a pack with one snapshot of the inputs, from which it can be rebuilt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pmo_kit.errors import PackError
from pmo_kit.packs.manifest import file_hash
from pmo_kit.packs.spec import (
    CELL_SECONDS,
    PREVIOUS,
    Chapter,
    PackSpec,
    Scalar,
    declared,
    problems,
    read_notebook,
)

if TYPE_CHECKING:
    from pmo_kit.register import Register

_FROM_PACK = {"register_path": "register", "previous_path": "previous"}
_LEFT_OUT = (".*", "~$*", "*.md", "*.py", "__pycache__")


@dataclass(frozen=True)
class Job:
    """One notebook to execute; plain values, so that it travels to any worker."""

    title: str
    notebook: str
    source: str
    target: str
    parameters: dict[str, Scalar]
    injected_after: int
    cells: int
    seconds: int = CELL_SECONDS
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """The folder in which it runs, its own: `notebooks/`, and a copy of the inputs."""
        return Path(self.target).with_suffix("")


@dataclass(frozen=True, eq=False)
class Stage:
    """The temporary tree: `notebooks/`, `inputs/<name>/` and `executed/`; `inputs` has the hash of each input."""

    folder: Path
    jobs: tuple[Job, ...]
    register: Path
    previous: Path | None
    inputs: dict[str, str]
    deck: Path | None = None


def stage(spec: PackSpec, folder: Path) -> Stage:
    """Copy notebooks and inputs into a temporary tree and settle every parameter.

    Raises
    ------
    PackError
        With every unknown or mistyped parameter of every chapter.
    """
    inputs = _Inputs(folder, spec)
    register = inputs.add(spec.register, is_register=True)
    previous = inputs.add(spec.previous, is_register=True) if spec.previous else None
    deck = inputs.add(spec.deck.template) if spec.deck else None
    (folder / "notebooks").mkdir()
    (folder / "executed").mkdir()
    found: list[str] = []
    jobs: list[Job] = []
    names: list[str] = []
    for chapter in spec.chapters:
        notebook = read_notebook(chapter.notebook)
        known = declared(notebook, chapter.notebook.name)
        faults = problems(chapter.parameters, known)
        if "register_path" not in known:
            faults.append("it has no parameter 'register_path': it would read another register.")
        ours = [name for name in chapter.parameters if name in _FROM_PACK]
        faults += [f"'{name}' is set by the line '{_FROM_PACK[name]}' of the pack file." for name in ours]
        names.append(name := _unique(chapter.notebook.name, names))
        found += [f"  {chapter.notebook.name}: {fault}" for fault in faults]
        if faults:
            continue
        target = folder / "notebooks" / name
        shutil.copyfile(chapter.notebook, target)
        given = dict(chapter.parameters)
        for parameter in known.values():
            if parameter.name.endswith("_path") and parameter.type is str:
                path = inputs.asked(parameter.name, str(parameter.default), chapter)
                given[parameter.name] = f"../{path.relative_to(folder).as_posix()}" if path else ""
        tags = [c.metadata.get("tags", ()) for c in notebook.cells]
        jobs.append(
            Job(
                title=chapter.title,
                notebook=name,
                source=str(target),
                target=str(folder / "executed" / name),
                parameters={name: given[name] for name in known if name in given},
                injected_after=next(i for i, t in enumerate(tags) if "parameters" in t),
                cells=len(tags) + 1,
                seconds=spec.cell_timeout,
            )
        )
    if found:
        raise PackError("\n".join([f"{spec.file.name} asks for what its notebooks do not have:", *found]))
    hashes = input_hashes(folder)
    return Stage(folder, tuple(replace(job, inputs=hashes) for job in jobs), register, previous, hashes, deck)


def input_hashes(folder: Path) -> dict[str, str]:
    """Every file in `inputs` of a folder -> SHA-256."""
    inputs = folder / "inputs"
    paths = sorted(path for path in inputs.rglob("*") if path.is_file())
    return {path.relative_to(inputs).as_posix(): file_hash(path) for path in paths}


def snapshot(spec: PackSpec, stage: Stage) -> dict[str, bytes]:
    """What an auditor needs to build the pack again: a pack file, the notebooks and the inputs, as they were.

    Parameters
    ----------
    spec : PackSpec
        The whole pack file, also the chapters that cannot be shown.
    stage : Stage
        Its stage, before or after it ran.

    Returns
    -------
    dict of str to bytes
        Path in the pack (`sources/pack.yml`, `sources/notebooks/...`, `sources/inputs/...`) -> content.
    """
    chapters: dict[str, list[dict[str, Any]]] = {"chapters": [], "annex": []}
    for chapter, job in zip(spec.chapters, stage.jobs, strict=True):
        given = {
            name: str(value).removeprefix("../") if name.endswith("_path") else value
            for name, value in job.parameters.items()
            if name not in _FROM_PACK
        }
        line: dict[str, Any] = {"notebook": f"notebooks/{job.notebook}", "title": chapter.title}
        line |= {"needs": list(chapter.needs)} if chapter.needs else {}
        line |= {"show": list(chapter.show)} if chapter.show else {}
        line |= {"parameters": given} if given else {}
        chapters["annex" if chapter.annex else "chapters"].append(line)
    page = spec.page_one
    ones = {name: getattr(page, name) for name in ("headline", "tiles", "decisions")} if page else {}
    placed = {**ones, "left": list(page.left), "right": list(page.right)} if page else {}
    data = {
        "pack": spec.name,
        "title": spec.title,
        "committee": spec.committee,
        "date": spec.date,
        "status": spec.status,
        "register": stage.register.relative_to(stage.folder).as_posix(),
        "previous": stage.previous.relative_to(stage.folder).as_posix() if stage.previous else None,
        "formats": list(spec.formats),
        "deck": _deck(spec, stage),
        "live": spec.live or None,
        "cell_timeout": spec.cell_timeout if spec.cell_timeout != CELL_SECONDS else None,
        "page_one": {key: value for key, value in placed.items() if value},
        **chapters,
    }
    text = yaml.safe_dump(
        {key: value for key, value in data.items() if value}, sort_keys=False, allow_unicode=True, width=110
    )
    files = [*(Path(job.source) for job in stage.jobs)]
    files += sorted(path for path in (stage.folder / "inputs").rglob("*") if path.is_file())
    copied = {f"sources/{path.relative_to(stage.folder).as_posix()}": path.read_bytes() for path in files}
    return {"sources/pack.yml": text.encode(), **copied}


def _deck(spec: PackSpec, stage: Stage) -> dict[str, Any] | None:
    if spec.deck is None or stage.deck is None:
        return None
    names = {"layouts": dict(spec.deck.layouts), "places": dict(spec.deck.places)}
    return {"template": stage.deck.relative_to(stage.folder).as_posix(), **names}


def possible(
    spec: PackSpec, stage: Stage, has: Callable[[str], bool]
) -> tuple[PackSpec, Stage, tuple[str, ...]]:
    """Leave out the chapters whose tables the register does not have, and page one where it rests on one of them.

    Parameters
    ----------
    has : callable
        Whether the register has a table, by name.

    Returns
    -------
    PackSpec, Stage, tuple of str
        What can be built, and one line for every chapter that cannot.

    Raises
    ------
    PackError
        No chapter is left.
    """
    lines, chapters, jobs = [], [], []
    lacking: dict[str, list[str]] = {}
    for chapter, job in zip(spec.chapters, stage.jobs, strict=True):
        absent = [table for table in chapter.needs if table != PREVIOUS and not has(table)]
        if PREVIOUS in chapter.needs and not spec.previous:
            lines.append(f"{chapter.title} needs the register of the committee before (a line 'previous').")
            continue
        if absent:
            lacking[chapter.title] = absent
        else:
            chapters.append(chapter)
            jobs.append(job)
    tables = list(dict.fromkeys(table for absent in lacking.values() for table in absent))
    titles, listed = ", ".join(lacking), ", ".join(tables)
    if len(lacking) > 1:
        lines.insert(0, f"With the tables {listed} this pack would also hold: {titles}.")
    elif lacking:
        lines.insert(0, f"{titles} needs the table{'s' * (len(tables) > 1)} {listed}.")
    if not chapters:
        raise PackError("\n".join([f"{spec.file.name}: the register has the tables of no chapter.", *lines]))
    page = spec.page_one and replace(spec.page_one, optional=spec.page_one.optional or bool(lines))
    left = replace(spec, chapters=tuple(chapters), page_one=page)
    return left, replace(stage, jobs=tuple(jobs)), tuple(lines)


def _sources(register: Path) -> list[Path]:
    """The files that a register reads, where it is a mapping."""
    from pmo_kit.register.reading import sources_of

    return sources_of(register) if register.suffix.lower() in (".yml", ".yaml") else []


def register_of(stage: Stage) -> Register:
    """The register of a stage.

    Raises
    ------
    PackError
        More money of its source is left out than a pack may leave out, and nobody accepted it by name.
    """
    from pmo_kit.register import load_register
    from pmo_kit.register.checks.provenance import accounts

    register = load_register(stage.register)
    told = accounts(register.table)
    if told is not None and told.stops:
        raise PackError(
            f"{told.sentence} A pack would be about another portfolio. The rows are in the table left_out; mend the "
            "source, or accept it by name in the mapping: accept: {up_to: 0.05, who: ..., why: ...}"
        )
    return register


class _Inputs:
    """Copies each input once into `inputs/<name>/` of the stage."""

    def __init__(self, folder: Path, spec: PackSpec) -> None:
        self.folder, self.spec = folder, spec
        self.staged: dict[Path, Path] = {}

    def add(self, path: Path, is_register: bool = False) -> Path:
        """Copy a folder or a file, a register that is a mapping with its sources, and return where it is now."""
        if path not in self.staged:
            name = _unique(path.name if path.is_dir() else path.stem, {p.parent.name for p in self._tops()})
            top = self.folder / "inputs" / name
            if path.is_dir():
                self._stays_at_home(path)
                shutil.copytree(path, top, ignore=shutil.ignore_patterns(*_LEFT_OUT))
                self.staged[path] = top
            else:
                top.mkdir(parents=True)
                shutil.copyfile(path, top / path.name)
                for source in _sources(path) if is_register else ():
                    if not source.resolve().is_relative_to(self.spec.home):
                        home = self.spec.home.name
                        raise PackError(
                            f"{path.name} reads {source.name}, which is out of the folder '{home}'."
                        )
                    shutil.copyfile(source, top / source.name)
                self.staged[path] = top / path.name
        return self.staged[path]

    def _stays_at_home(self, folder: Path) -> None:
        """Refuse a link inside a folder that leads out of the home of the pack, and what is no file."""
        for path in folder.rglob("*"):
            if not Path(os.path.realpath(path)).is_relative_to(self.spec.home):
                home = self.spec.home.name
                raise PackError(f"{folder.name}/{path.name} is a link that leads out of the folder '{home}'.")
            if not (path.is_file() or path.is_dir()):
                raise PackError(f"{folder.name}/{path.name} is no file that can be copied.")

    def _tops(self) -> list[Path]:
        """A path inside each staged folder."""
        return [p / "x" if p.is_dir() else p for p in self.staged.values()]

    def asked(self, name: str, default: str, chapter: Chapter) -> Path | None:
        """The staged path of a parameter that ends in `_path`; None when there is none to give."""
        if name in _FROM_PACK:
            path = getattr(self.spec, _FROM_PACK[name])
            return self.add(path, is_register=True) if path else None
        given = chapter.parameters.get(name)
        base = chapter.notebook.parent if given is None else self.spec.file.parent
        text = default if given is None else str(given)
        if not text:
            return None
        path = (base / text).resolve()
        if not path.is_relative_to(self.spec.home) or not path.exists():
            home = self.spec.home.name
            raise PackError(f"{chapter.notebook.name}: {name} '{text}' does not exist in '{home}'.")
        return self.add(path)


def _unique(name: str, taken: Any) -> str:
    """The name, with a number before its ending when it is taken."""
    path, number, fresh = Path(name), 2, name
    while fresh in taken:
        fresh, number = f"{path.stem}_{number}{path.suffix}", number + 1
    return fresh
