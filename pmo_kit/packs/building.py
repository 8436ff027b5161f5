"""Build packs: stage, run what is not known yet, lay out, publish; a pack that fails takes no other down."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import nbformat

from pmo_kit import facts
from pmo_kit.disk import outside, real, scratch, write_whole
from pmo_kit.doors import door
from pmo_kit.errors import PackError, PmoError, worded
from pmo_kit.exhibits.theme import coverage, fonts, lacking
from pmo_kit.packs import manifest, run
from pmo_kit.packs.decisions import PLAN, blank_decisions
from pmo_kit.packs.jobs import Job, Pack, Stage, expand, hashes, stage
from pmo_kit.packs.layout import Collected, Outline, collect, place, question
from pmo_kit.packs.manifest import Published
from pmo_kit.packs.media import html
from pmo_kit.packs.media.pdf import letter_files, provenance_bytes, warning
from pmo_kit.packs.run import Cache, canonical
from pmo_kit.packs.spec import MEDIA, Medium, read_notebook, read_spec
from pmo_kit.register.report import grade_register


def pack_files(staged: Stage, notebooks: Mapping[str, bytes]) -> tuple[dict[str, bytes], bytes, str]:
    """Make every file of a pack from its executed notebooks, without running anything again.

    Parameters
    ----------
    staged : Stage
        The pack.
    notebooks : mapping of str to bytes
        Executed notebooks, canonical, in the order of the chapters.

    Returns
    -------
    dict of str to bytes, bytes, str
        The files of the pack, its `decisions.csv` (empty where it asks for none), its id.

    Raises
    ------
    PackError
        When an exhibit is shown twice, is missing on page one or has no words.
    """

    pack, register, sources = staged.pack, staged.register, staged.sources
    parsed = {name: nbformat.reads(content.decode(), as_version=4) for name, content in notebooks.items()}
    placed = place(staged, collect(list(parsed.items())), [question(notebook) for notebook in parsed.values()])
    exhibits = placed.collected
    figures = manifest.dumps([{"notebook": i.notebook, "cell": i.cell, **i.record} for i in exhibits])
    content = _inputs(staged, exhibits, notebooks)
    content["pack_file"] = manifest.sha256(sources["sources/pack.yml"])
    content["unprintable"] = lost = _lost(exhibits) if "pdf" in pack.formats else {}
    answering, why = html.find_live(parsed.values()) if pack.spec.live else (None, "")
    if answering is not None:
        content["live"] = answering.stated
    name = manifest.pack_id(content, figures)
    absent = (*staged.absent, *filter(None, (warning(lost), why)))
    drawn = Outline(**vars(placed), pack=pack, pack_id=name, manifest=content, settings=register.settings,
                    absent=absent, deck=staged.deck, register=register)  # fmt: skip
    media = [MEDIA[one] for one in pack.formats if one in MEDIA]
    files = {
        "index.html": html.page(drawn, media, answering),
        "figures.json": figures,
        "facts.json": manifest.dumps(_facts(exhibits)),
        **{f"notebooks/{notebook}": data for notebook, data in notebooks.items()},
        **({"question.json": answering.question} if answering else {}),
        **sources,
    }
    files |= {one.file: _made(one, drawn) for one in media}
    if "pdf" in pack.formats:
        files |= {**letter_files(drawn), "provenance.pdf": provenance_bytes(drawn)}
    content["id"] = name
    words = ", ".join(["page (HTML)", *(one.words for one in media)])
    files["record.md"] = manifest.transparency_record(content, register, words)
    content["outputs"] = {file: manifest.sha256(data) for file, data in sorted(files.items())}
    files["manifest.json"] = manifest.dumps(content)
    asks = drawn.front is None or drawn.front.deciding or any(item.id == PLAN for item in exhibits)
    return files, blank_decisions(pack, exhibits, register) if asks else b"", name


def _inputs(staged: Stage, exhibits: Sequence[Collected], notebooks: Mapping[str, bytes]) -> dict[str, Any]:
    """Everything that the pack follows from, in a fixed order: the manifest without its outputs.

    Exhibits carry the inputs that the figures gave them: solver status, gap, seeds.
    """

    pack, register, settings = staged.pack, staged.register, staged.register.settings
    severity = register.findings["severity"]
    return {
        "pack": pack.name,
        "title": pack.title,
        "committee": pack.committee,
        "date": pack.date.isoformat() if pack.date else None,
        "status": pack.status,
        "register": {
            "name": settings.name,
            "as_of": settings.as_of.isoformat() if settings.as_of else None,
            "fingerprint": register.fingerprint,
            "findings": {name: int(severity.eq(name).sum()) for name in ("block", "warn", "info")},
            "grade": grade_register(register).grade,
        },
        "inputs": dict(staged.inputs),
        "chapters": [
            {
                "title": job.title,
                "notebook": job.notebook,
                "sha256": job.notebooks[job.notebook],
                "parameters": dict(sorted(job.parameters.items())),
                "executed_sha256": manifest.sha256(notebooks[job.notebook]),
            }
            for job in staged.jobs
        ],
        "exhibits": [
            {
                "id": item.id,
                "notebook": item.notebook,
                "cell": item.cell,
                "source": item.exhibit.source,
                "inputs": dict(sorted(item.exhibit.inputs.items())),
            }
            for item in exhibits
        ],
        **staged.jobs[0].made_with,
    }


def _facts(exhibits: Sequence[Collected]) -> list[dict[str, Any]]:
    """Every fact of a pack once; two places that give one fact two values stop the build."""
    try:
        found = facts.collect((item.id, fact) for item in exhibits for fact in item.exhibit.facts)
    except facts.FactError as error:
        raise PackError(f"Two figures of this pack contradict one another:\n{error}") from error
    return [facts.to_json(fact) for fact in found]


def _lost(exhibits: Sequence[Collected]) -> dict[str, str]:
    """Exhibits with letters that the fonts of the PDF lack, and these letters."""
    known = coverage(fonts())
    found = {item.id: lacking(item.text, known) for item in exhibits}
    return {name: letters for name, letters in found.items() if letters}


def _made(medium: Medium, drawn: Outline) -> bytes:
    """A file of a medium; what goes wrong in it is said of it alone."""
    try:
        content: bytes = resolve_name(medium.maker)(drawn)
    except (PmoError, OSError, MemoryError, UnicodeEncodeError):
        raise
    except Exception as error:
        raise PackError(
            f"{medium.file} of {drawn.pack.name} could not be made: {type(error).__name__}: {error}. "
            "Leave that medium out with a line 'formats' until it is mended."
        ) from error
    return content


@dataclass(frozen=True, eq=False)
class Built:
    """What became of one pack.

    Parameters
    ----------
    pack : Pack
        What was asked for.
    folder : Path or None
        Where it is published.
    error : PmoError or None
        Why it is not.
    seconds : float
        From the beginning of the run to its end.
    reused : int
        Chapters that an earlier run, or another pack, had executed.
    previous : Path or None
        The pack that was the latest before.
    unchanged : bool
        Nothing that it follows from had changed: it was not built again.
    """

    pack: Pack
    folder: Path | None
    error: PmoError | None
    seconds: float
    reused: int = 0
    previous: Path | None = None
    unchanged: bool = False


@door
def build_pack(
    pack_file: str | Path,
    out: str | Path = "build/packs",
    workers: int = 2,
    progress: bool = False,
    force: bool = False,
) -> Path:
    """Build a committee pack and publish it.

    The notebooks run over one snapshot of the register, `workers` at a time. The pack is written to
    `out/<pack>/<id>/`: every medium, `figures.json`, `manifest.json`, `notebooks/` as executed, `sources/` to build it
    again, `decisions.csv` to fill, `run.json`. `out/<pack>/latest.json` names it. Equal inputs give the same id and
    equal bytes, all but `run.json`.

    Parameters
    ----------
    pack_file : str or Path
        A YAML file as in `templates/packs`.
    out : str or Path
        Folder of all packs.
    workers : int
        Notebooks that run at the same time.
    progress : bool
        Say on standard error how far it is.
    force : bool
        Execute every notebook, also one that was executed with equal inputs before.

    Returns
    -------
    Path
        The folder of the published pack.

    Raises
    ------
    PackError
        When the pack file, a parameter, a notebook or an exhibit is wrong. A notebook that fails leaves
        `out/<pack>/error.html`; the pack published last stays as it is.
    DataError
        When the register cannot be used.
    """
    spec = read_spec(pack_file)
    packs = expand(spec)
    if len(packs) > 1:
        raise PackError(
            f"{spec.file.name} has a matrix and makes {len(packs)} packs: use build_packs or 'pmo-kit pack'."
        )
    (built,) = build_packs(packs, out, workers, progress=progress, force=force)
    if built.error is not None:
        raise built.error
    assert built.folder is not None
    return built.folder


def build_packs(
    packs: Sequence[Pack],
    out: str | Path = "build/packs",
    workers: int = 2,
    executor: Executor | None = None,
    progress: bool = False,
    force: bool = False,
    if_changed: bool = False,
) -> tuple[Built, ...]:
    """Build many packs at once; a chapter that several of them have alike is executed once.

    Parameters
    ----------
    packs : sequence of Pack
        Each with a name of its own: `expand(read_spec(file))`.
    out : str or Path
        Folder of all packs; `out/.cache` keeps executed notebooks.
    workers : int
        Notebooks that run at the same time, where no executor is given.
    executor : Executor, optional
        Where notebooks run instead: processes, or `distributed.Client.get_executor()`. Its workers see `out`.
    progress, force : bool
        As for `build_pack`.
    if_changed : bool
        Leave a pack as it is whose file, notebooks, inputs and packages are those of the latest one.

    Returns
    -------
    tuple of Built
        In the order of `packs`. What is wrong with one pack is in it; nothing is raised for it.

    Raises
    ------
    PackError
        When two packs have one name.
    PmoError
        When `out` lies in a register that one of them reads.
    """
    names = [pack.name for pack in packs]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        files = " and ".join(pack.spec.file.name for pack in packs if pack.name == twice)
        raise PackError(f"Two packs are named '{twice}', of {files}: change the line 'pack' of one, or name it once.")
    for pack in packs:
        outside(Path(out), pack.spec.register, pack.spec.previous)
    place = real(out)
    place.mkdir(parents=True, exist_ok=True)
    with scratch(None if executor is None else place) as temporary, run.surroundings(temporary / "shared"):
        batch = _Batch(place, temporary, Cache(place / ".cache", force), if_changed)
        for number, pack in enumerate(packs):
            batch.attempt(pack, partial(batch.add, number, pack))
        batch.run(workers, executor, progress)
    return tuple(batch.built[name] for name in names)


class _Batch:
    """The packs of one run: which chapters they share, and what becomes of each."""

    def __init__(self, place: Path, folder: Path, cache: Cache, if_changed: bool = False) -> None:
        self.place, self.folder, self.cache, self.if_changed = place, folder, cache, if_changed
        self.latest: dict[str, Path] = {}
        self.begun = time.time()
        self.software = manifest.software()
        self.built: dict[str, Built] = {}
        self.waiting: list[Stage] = []
        self.registers: dict[str, Any] = {}
        self.known: dict[str, bytes | run.Failure] = {}
        self.jobs: dict[str, Job] = {}

    def attempt(self, pack: Pack, work: Callable[[], Path | None], staged: Stage | None = None) -> None:
        """Do some of the work on a pack and note what became of it, in words where it failed; the others go on."""
        folder, error = None, None
        try:
            folder = work()
        except PmoError as failed:
            error = failed
        except (OSError, UnicodeEncodeError) as failed:
            words = f"{pack.name} was not built; the pack published last is untouched. {worded(failed)}"
            error = PackError(words)
        if folder or error:
            reused = sum(self.jobs.get(job.key) is not job for job in staged.jobs) if staged else 0
            seconds, unchanged = time.time() - self.begun, staged is None and error is None
            before = self.latest.get(pack.name)
            self.built[pack.name] = Built(pack, folder, error, seconds, reused, before, unchanged)

    def add(self, number: int, pack: Pack) -> Path | None:
        """Stage a pack and note which of its notebooks nobody has executed; the latest one where it has all of that."""
        staged = stage(pack, self.folder / str(number), self.software, self.registers)
        if self._unchanged(pack.name, staged.sources):
            return self.latest[pack.name]
        for job in staged.jobs:
            if job.key not in self.known and job.key not in self.jobs:
                content = self.cache.get(job.key)
                self.jobs |= {job.key: job} if content is None else {}
                self.known |= {job.key: content} if content is not None else {}
        self.waiting.append(staged)
        return None

    def _unchanged(self, name: str, sources: Mapping[str, bytes]) -> bool:
        """Note the latest pack of a name; whether it is wanted and follows from the same."""
        with contextlib.suppress(PmoError):  # none yet, or damaged: build
            pack = Published.at(self.place / name)
            self.latest[name] = pack.folder
            outputs = pack.manifest["outputs"].items()
            kept = {file: digest for file, digest in outputs if file.startswith("sources/")}
            same = kept == {file: manifest.sha256(content) for file, content in sources.items()}
            same = same and self.software.items() <= pack.manifest.items()
            return self.if_changed and same and bool(pack.whole(("",)))
        return False

    def run(self, workers: int, executor: Executor | None, progress: bool) -> None:
        """Execute what is not known and finish each pack as soon as it can be."""
        jobs = list(self.jobs.values())
        many = f"{len(self.waiting)} packs" if len(self.waiting) > 1 else ""
        title = many or next((staged.pack.title for staged in self.waiting), "")
        with ExitStack() as stack:
            bar = stack.enter_context(run.Progress(title, jobs, progress and bool(jobs)))
            self._finish()
            try:
                own = stack.enter_context(ThreadPoolExecutor(max(1, workers))) if executor is None else executor
                with contextlib.closing(run.run_many(jobs, own, None if executor else bar.cell)) as ended:
                    for job, failure in ended:
                        bar.done(job, failure)
                        self.known[job.key] = failure or self._executed(job)
                        self._finish()
            except BaseException:
                bar.stop()
                run.stop_kernels()
                raise
        self.cache.close()

    def _executed(self, job: Job) -> bytes:
        """The executed notebook of a job as it goes into packs; kept for the next run."""
        fresh = canonical(read_notebook(job.target), job.home)
        content = (nbformat.writes(fresh).rstrip("\n") + "\n").encode()
        self.cache.put(job.key, content)
        return content

    def _finish(self) -> None:
        """Lay out and publish every pack whose notebooks have ended."""
        ready = [staged for staged in self.waiting if all(job.key in self.known for job in staged.jobs)]
        self.waiting = [staged for staged in self.waiting if staged not in ready]
        for staged in ready:
            self.attempt(staged.pack, partial(self._published, staged), staged)

    def _published(self, staged: Stage) -> Path:
        """Publish a pack, or leave the page that says which cells failed."""
        pack, home = staged.pack, self.place / staged.pack.name
        home.mkdir(parents=True, exist_ok=True)
        pairs = [(job, self.known[job.key]) for job in staged.jobs]
        failures = [replace(x, title=job.title) for job, x in pairs if isinstance(x, run.Failure)]
        if failures:
            write_whole(home / "error.html", html.error_page(staged, failures))
            raise PackError(run.told(pack, failures), home / "error.html")
        if hashes(staged.folder / "inputs") != staged.inputs:
            raise PackError(f"{pack.name}: the snapshot of its inputs was changed while it was built.")
        notebooks = {job.notebook: content for job, content in pairs if isinstance(content, bytes)}
        files, decisions, name = pack_files(staged, notebooks)
        diary = {**self._run(staged), "seal": manifest.seal(files["manifest.json"])}
        beside = {"run.json": manifest.dumps(diary), **({"decisions.csv": decisions} if decisions else {})}
        folder = manifest.publish(files, beside, home, name)
        (home / "error.html").unlink(missing_ok=True)
        return folder

    def _run(self, staged: Stage) -> dict[str, Any]:
        """What is worth knowing of a run and follows from no input."""
        try:
            user = getpass.getuser()
        except (OSError, KeyError):
            user = ""
        return {
            "begun": dt.datetime.fromtimestamp(self.begun, dt.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self.begun, 1),
            "asked_by": user,
            "pack_file": os.fsencode(staged.pack.spec.file).decode(errors="replace"),
            "reused": [job.notebook for job in staged.jobs if job.key not in self.jobs],
        }
