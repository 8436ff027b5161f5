"""Build packs: stage, run what is not known yet, lay out, publish; a pack that fails takes no other down."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from pmo_kit import facts
from pmo_kit.disk import real, scratch, write_whole
from pmo_kit.doors import door
from pmo_kit.errors import PackError, PmoError, worded
from pmo_kit.packs import manifest, run
from pmo_kit.packs.manifest import Published
from pmo_kit.packs.run import Cache, Job, Stage, canonical, key_of
from pmo_kit.packs.spec import PackSpec, expand, read_notebook, read_spec

if TYPE_CHECKING:
    from pmo_kit.packs.layout import Collected


@dataclass(frozen=True)
class Medium:
    """A medium beside the page: its file, its words for a reader, what makes it and what that needs."""

    file: str
    words: str
    maker: str
    needs: str


MEDIA: Mapping[str, Medium] = {
    "pdf": Medium("pack.pdf", "paper (PDF)", "pmo_kit.packs.media.pdf:pdf_bytes", "typst"),
    "pptx": Medium("pack.pptx", "slides (PPTX)", "pmo_kit.packs.media.pptx:deck_bytes", "pptx"),
    "xlsx": Medium("annex.xlsx", "workbook (XLSX)", "pmo_kit.packs.media.xlsx:annex_bytes", "xlsxwriter"),
}


def settled(spec: PackSpec) -> PackSpec:
    """The pack file with its media: those it asks for, or all that can be made here.

    Raises
    ------
    PackError
        A medium that is asked for needs a package that is not installed.
    """
    lacks = {name: medium.needs for name, medium in MEDIA.items() if not find_spec(medium.needs)}
    if not spec.formats:
        return replace(spec, formats=("html", *(name for name in MEDIA if name not in lacks)))
    for name in (name for name in spec.formats if name in lacks):
        words = f"{spec.file.name} asks for {name}, which needs the package"
        raise PackError(f"{words} {lacks[name]}: pip install {lacks[name]}")
    return spec


def pack_files(
    stage: Stage, notebooks: Mapping[str, bytes], made_with: Mapping[str, Any]
) -> tuple[dict[str, bytes], bytes, str]:
    """Make every file of a pack from its executed notebooks, without running anything again.

    Parameters
    ----------
    stage : Stage
        The pack.
    notebooks : mapping of str to bytes
        Executed notebooks, canonical, in the order of the chapters.
    made_with : mapping
        As `manifest.software` gives it.

    Returns
    -------
    dict of str to bytes, bytes, str
        The files of the pack, its `decisions.csv` (empty where it asks for none), its id.

    Raises
    ------
    PackError
        When an exhibit is shown twice, is missing on page one or has no words.
    """
    import nbformat

    from pmo_kit.packs.decisions import PLAN, blank_decisions
    from pmo_kit.packs.layout import collect, lay_out, question
    from pmo_kit.packs.media import html
    from pmo_kit.packs.media.pdf import letter_files, provenance_bytes, warning

    spec, register, sources = stage.spec, stage.register, stage.sources
    parsed = {name: nbformat.reads(content.decode(), as_version=4) for name, content in notebooks.items()}
    chapters = collect(list(parsed.items()))
    questions = [question(notebook) for notebook in parsed.values()]
    drawn = lay_out(spec, chapters, questions)
    own = register.table("vocabulary").set_index("term")["our_word"].to_dict()
    exhibits = [i.referring(drawn.places).in_own_words(own) for chapter in chapters for i in chapter]
    figures = manifest.dumps([{"notebook": i.notebook, "cell": i.cell, **i.record} for i in exhibits])
    content = _inputs(stage, exhibits, notebooks, made_with)
    content["pack_file"] = manifest.sha256(sources["sources/pack.yml"])
    content["unprintable"] = lost = _lost(exhibits) if "pdf" in spec.formats else {}
    answering, why = html.find_live(parsed.values()) if spec.live else (None, "")
    if answering is not None:
        content["live"] = answering.stated
    name = manifest.pack_id(content, figures)
    absent = (*stage.absent, *filter(None, (warning(lost), why)))
    drawn = replace(drawn.worded({item.id: item for item in exhibits}), pack_id=name, manifest=content,
                    settings=register.settings, absent=absent, register=register)  # fmt: skip
    media = [MEDIA[one] for one in spec.formats if one in MEDIA]
    others = [(one.file, one.words) for one in media]
    files = {
        "index.html": html.page(drawn, others, answering),
        "figures.json": figures,
        "facts.json": manifest.dumps(_facts(exhibits)),
        **{f"notebooks/{notebook}": data for notebook, data in notebooks.items()},
        **({"question.json": answering.question} if answering else {}),
        **sources,
    }
    files |= {one.file: _made(one, drawn, spec) for one in media}
    if "pdf" in spec.formats:
        files |= {**letter_files(drawn), "provenance.pdf": provenance_bytes(drawn)}
    content["id"] = name
    words = ", ".join(["page (HTML)", *(words for _, words in others)])
    files["record.md"] = manifest.transparency_record(content, register, words)
    content["outputs"] = {file: manifest.sha256(data) for file, data in sorted(files.items())}
    files["manifest.json"] = manifest.dumps(content)
    asks = drawn.front is None or drawn.front.deciding or any(item.id == PLAN for item in exhibits)
    return files, blank_decisions(spec, exhibits, register) if asks else b"", name


def _inputs(
    stage: Stage,
    exhibits: Sequence[Collected],
    notebooks: Mapping[str, bytes],
    made_with: Mapping[str, Any],
) -> dict[str, Any]:
    """Everything that the pack follows from, in a fixed order: the manifest without its outputs.

    Exhibits carry the inputs that the figures gave them: solver status, gap, seeds.
    """
    from pmo_kit.register.report import grade_register

    spec, register, settings = stage.spec, stage.register, stage.register.settings
    return {
        "pack": spec.name,
        "title": spec.title,
        "committee": spec.committee,
        "date": spec.date.isoformat() if spec.date else None,
        "status": spec.status,
        "register": {
            "name": settings.name,
            "as_of": settings.as_of.isoformat() if settings.as_of else None,
            "fingerprint": register.fingerprint,
            "findings": manifest.finding_counts(register),
            "grade": grade_register(register).grade,
        },
        "inputs": dict(stage.inputs),
        "chapters": [
            {
                "title": job.title,
                "notebook": job.notebook,
                "sha256": job.notebooks[job.notebook],
                "parameters": dict(sorted(job.parameters.items())),
                "executed_sha256": manifest.sha256(notebooks[job.notebook]),
            }
            for job in stage.jobs
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
        **made_with,
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
    from pmo_kit.exhibits.theme import coverage, fonts, lacking

    known = coverage(fonts())
    found = {item.id: lacking(json.dumps(item.record, ensure_ascii=False), known) for item in exhibits}
    return {name: letters for name, letters in found.items() if letters}


def _made(medium: Medium, drawn: Any, spec: PackSpec) -> bytes:
    """A file of a medium; what goes wrong in it is said of it alone."""
    try:
        content = resolve_name(medium.maker)(drawn)
    except (PmoError, OSError, MemoryError, UnicodeEncodeError):
        raise
    except Exception as error:
        raise PackError(
            f"{medium.file} of {spec.name} could not be made: {type(error).__name__}: {error}. "
            "Leave that medium out with a line 'formats' until it is mended."
        ) from error
    assert isinstance(content, bytes)
    return content


@dataclass(frozen=True, eq=False)
class Built:
    """What became of one pack.

    Parameters
    ----------
    spec : PackSpec
        Its pack file.
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

    spec: PackSpec
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
    specs: Sequence[PackSpec],
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
    specs : sequence of PackSpec
        Packs, each with a name of its own: `expand(read_spec(file))`.
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
        In the order of `specs`. What is wrong with one pack is in it; nothing is raised for it.

    Raises
    ------
    PackError
        When two packs have one name.
    """
    names = [spec.name for spec in specs]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        raise PackError(f"Two packs are named '{twice}': change the line 'pack' of one.")
    place = real(out)
    place.mkdir(parents=True, exist_ok=True)
    with scratch(None if executor is None else place) as temporary, run.surroundings(temporary / "shared"):
        batch = _Batch(place, temporary, Cache(place / ".cache", force), if_changed)
        for number, spec in enumerate(specs):
            with batch.told(spec):
                batch.add(number, spec)
        batch.run(workers, executor, progress)
    return tuple(batch.built[spec.name] for spec in specs)


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
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def told(self, spec: PackSpec, stage: Stage | None = None) -> Iterator[None]:
        """Note what is wrong with one pack, in words; the others go on."""
        try:
            yield
        except PmoError as error:
            self._ends(spec, None, error, stage)
        except (OSError, UnicodeEncodeError) as error:
            words = f"{spec.name} was not built; the pack published last is untouched. {worded(error)}"
            self._ends(spec, None, PackError(words), stage)

    def add(self, number: int, spec: PackSpec) -> None:
        """Stage a pack and note which of its notebooks nobody has executed."""
        spec = settled(spec)
        stage = run.stage(spec, self.folder / str(number), self.registers)
        if self._unchanged(spec.name, stage.sources):
            self._ends(spec, self.latest[spec.name], None, unchanged=True)
            return
        jobs = tuple(replace(job, key=key_of(job, self.software)) for job in stage.jobs)
        for job in jobs:
            if job.key not in self.known and job.key not in self.jobs:
                content = self.cache.get(job.key)
                self.jobs |= {job.key: job} if content is None else {}
                self.known |= {job.key: content} if content is not None else {}
        self.waiting.append(replace(stage, jobs=jobs))

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
        took = self.cache.seconds()

        def longest(job: Job) -> tuple[float, int]:
            return -took.get(job.notebook, 9e9), -Path(job.source).stat().st_size

        jobs = sorted(self.jobs.values(), key=longest)
        many = f"{len(self.waiting)} packs" if len(self.waiting) > 1 else ""
        title = many or next((stage.spec.title for stage in self.waiting), "")
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
        self.cache.close(self.seconds)

    def _executed(self, job: Job) -> bytes:
        """The executed notebook of a job as it goes into packs; kept for the next run."""
        import nbformat

        notebook = read_notebook(Path(job.target))
        self.seconds[job.notebook] = float(notebook.metadata.get("papermill", {}).get("duration") or 0.0)
        fresh = canonical(notebook, job.home)
        content = (nbformat.writes(fresh).rstrip("\n") + "\n").encode()
        self.cache.put(job.key, content)
        return content

    def _finish(self) -> None:
        """Lay out and publish every pack whose notebooks have ended."""
        ready = [stage for stage in self.waiting if all(job.key in self.known for job in stage.jobs)]
        self.waiting = [stage for stage in self.waiting if stage not in ready]
        for stage in ready:
            with self.told(stage.whole, stage):
                self._ends(stage.whole, self._published(stage, self.place / stage.spec.name), None, stage)

    def _published(self, stage: Stage, home: Path) -> Path:
        """Publish a pack, or leave the page that says which cells failed."""
        from pmo_kit.packs.media import html

        home.mkdir(parents=True, exist_ok=True)
        pairs = [(job, self.known[job.key]) for job in stage.jobs]
        failures = [replace(x, title=job.title) for job, x in pairs if isinstance(x, run.Failure)]
        if failures:
            write_whole(home / "error.html", html.error_page(stage.spec, failures))
            raise PackError(run.told(stage.spec, failures, home / "error.html"))
        if run.hashes(stage.folder / "inputs") != stage.inputs:
            raise PackError(f"{stage.spec.name}: the snapshot of its inputs was changed while it was built.")
        notebooks = {job.notebook: content for job, content in pairs if isinstance(content, bytes)}
        files, decisions, name = pack_files(stage, notebooks, self.software)
        diary = {**self._run(stage), "seal": manifest.seal(files["manifest.json"])}
        beside = {"run.json": manifest.dumps(diary), **({"decisions.csv": decisions} if decisions else {})}
        folder = manifest.publish(files, beside, home, name)
        (home / "error.html").unlink(missing_ok=True)
        return folder

    def _run(self, stage: Stage) -> dict[str, Any]:
        """What is worth knowing of a run and follows from no input."""
        try:
            user = getpass.getuser()
        except (OSError, KeyError):
            user = ""
        return {
            "begun": dt.datetime.fromtimestamp(self.begun, dt.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self.begun, 1),
            "asked_by": user,
            "pack_file": os.fsencode(stage.spec.file).decode(errors="replace"),
            "reused": [job.notebook for job in stage.jobs if job.key not in self.jobs],
        }

    def _ends(
        self, spec: PackSpec, folder: Path | None, error: PmoError | None, stage: Stage | None = None,
        unchanged: bool = False,
    ) -> None:  # fmt: skip
        """Note what became of a pack."""
        reused = sum(self.jobs.get(job.key) is not job for job in stage.jobs) if stage else 0
        seconds, before = time.time() - self.begun, self.latest.get(spec.name)
        self.built[spec.name] = Built(spec, folder, error, seconds, reused, before, unchanged)
