"""Build packs: stage, run what is not known yet, lay out, publish; a pack that fails takes no other down."""

from __future__ import annotations

import contextlib
import datetime as dt
import getpass
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pmo_kit.errors import PackError, PmoError
from pmo_kit.packs import manifest, run, staging
from pmo_kit.packs.cache import Cache, key_of
from pmo_kit.packs.canonical import canonical
from pmo_kit.packs.compare import Published
from pmo_kit.packs.parameters import read_notebook
from pmo_kit.packs.spec import PackSpec, read_spec
from pmo_kit.packs.variants import expand


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
    place = Path(out).resolve()
    place.mkdir(parents=True, exist_ok=True)
    with staging.scratch(None if executor is None else place) as temporary:
        batch = _Batch(place, temporary, Cache(place / ".cache", force), if_changed)
        for number, spec in enumerate(specs):
            batch.add(number, spec)
        batch.run(workers, executor, progress)
    return tuple(batch.built[spec.name] for spec in specs)


@dataclass(eq=False)
class _Making:
    """A pack on its way: what is staged, and the executed notebooks that it still waits for."""

    whole: PackSpec
    spec: PackSpec
    stage: staging.Stage
    register: Any
    absent: tuple[str, ...]
    sources: dict[str, bytes]
    keys: list[str]
    failures: list[run.Failure] = field(default_factory=list)


class _Batch:
    """The packs of one run: which chapters they share, and what becomes of each."""

    def __init__(self, place: Path, folder: Path, cache: Cache, if_changed: bool = False) -> None:
        self.place, self.folder, self.cache, self.if_changed = place, folder, cache, if_changed
        self.latest: dict[str, Path] = {}
        self.begun = time.time()
        self.software = manifest.software()
        self.built: dict[str, Built] = {}
        self.making: list[_Making] = []
        self.registers: dict[str, Any] = {}
        self.known: dict[str, bytes | run.Failure] = {}
        self.jobs: dict[str, staging.Job] = {}
        self.reused: set[str] = set()
        self.seconds: dict[str, float] = {}

    def add(self, number: int, spec: PackSpec) -> None:
        """Stage a pack; what is wrong with it is noted."""
        from pmo_kit.packs.render import settled

        try:
            spec = settled(spec)
            stage = staging.stage(spec, self.folder / str(number))
            register = self._register(stage)
            sources = staging.snapshot(spec, stage)
            if self._unchanged(spec.name, sources):
                self._ends(spec, self.latest[spec.name], None, unchanged=True)
                return
            left, stage, absent = staging.possible(spec, stage, register.has)
        except PmoError as error:
            self._ends(spec, None, error)
            return
        keys = [key_of(job, stage.inputs, self.software) for job in stage.jobs]
        for key, job in zip(keys, stage.jobs, strict=True):
            if key not in self.known and key not in self.jobs:
                content = self.cache.get(key)
                if content is None:
                    self.jobs[key] = job
                else:
                    self.known[key] = content
                    self.reused.add(key)
        self.making.append(_Making(spec, left, stage, register, absent, sources, keys))

    def _unchanged(self, name: str, sources: Mapping[str, bytes]) -> bool:
        """Note the latest pack of a name; whether it is wanted and follows from the same."""
        with contextlib.suppress(PmoError):  # none yet, or damaged: build
            pack = Published.at(self.place / name)
            self.latest[name] = pack.folder
            kept = {
                file: digest
                for file, digest in pack.manifest["outputs"].items()
                if file.startswith("sources/")
            }
            same = kept == {file: manifest.sha256(content) for file, content in sources.items()}
            return self.if_changed and same and self.software.items() <= pack.manifest.items()
        return False

    def run(self, workers: int, executor: Executor | None, progress: bool) -> None:
        """Execute what is not known and finish each pack as soon as it can be."""
        took = self.cache.seconds()
        jobs = sorted(
            self.jobs.values(),
            key=lambda job: (-took.get(job.notebook, 9e9), -Path(job.source).stat().st_size),
        )
        keys = {job.target: key for key, job in self.jobs.items()}
        many = f"{len(self.making)} packs" if len(self.making) > 1 else ""
        title = many or next((making.spec.title for making in self.making), "")
        with ExitStack() as stack:
            bar = stack.enter_context(run.Progress(title, jobs, progress and bool(jobs)))

            def done(job: staging.Job, failure: run.Failure | None) -> None:
                bar.done(job, failure)
                key = keys[job.target]
                self.known[key] = failure or self._executed(job)
                self._finish()

            self._finish()
            try:
                if executor is None:
                    own = stack.enter_context(run.workers(workers))
                    run.run_many(jobs, own, bar.cell, done)
                else:
                    run.run_many(jobs, executor, None, done)
            except BaseException:
                bar.stop()
                run.stop_kernels()
                raise
        self.cache.close(self.seconds)

    def _register(self, stage: staging.Stage) -> Any:
        """The register of a stage; packs of one register read it once."""
        name = stage.register.relative_to(stage.folder).as_posix()
        key = manifest.sha256(manifest.dumps([name, sorted(stage.inputs.items())]))
        if key not in self.registers:
            self.registers[key] = staging.register_of(stage)
        return self.registers[key]

    def _executed(self, job: staging.Job) -> bytes:
        """The executed notebook of a job as it goes into packs; kept for the next run."""
        import nbformat

        notebook = read_notebook(Path(job.target))
        self.seconds[job.notebook] = float(notebook.metadata.get("papermill", {}).get("duration") or 0.0)
        fresh = canonical(notebook, job.home)
        content = (nbformat.writes(fresh).rstrip("\n") + "\n").encode()
        self.cache.put(next(key for key, known in self.jobs.items() if known is job), content)
        return content

    def _finish(self) -> None:
        """Lay out and publish every pack whose notebooks have ended."""
        ready = [making for making in self.making if all(key in self.known for key in making.keys)]
        self.making = [making for making in self.making if making not in ready]
        for making in ready:
            home = self.place / making.spec.name
            try:
                self._ends(making.whole, self._published(making, home), None, making)
            except PmoError as error:
                self._ends(making.whole, None, error, making)

    def _published(self, making: _Making, home: Path) -> Path:
        """Publish a pack, or leave the page that says which cells failed."""
        from pmo_kit.packs.media import html
        from pmo_kit.packs.render import pack_files

        home.mkdir(parents=True, exist_ok=True)
        pairs = [(job, self.known[key]) for job, key in zip(making.stage.jobs, making.keys, strict=True)]
        failures = [replace(x, title=job.title) for job, x in pairs if isinstance(x, run.Failure)]
        if failures:
            (home / "error.html").write_bytes(html.error_page(making.spec, failures))
            raise PackError(run.told(making.spec, failures, home / "error.html"))
        if staging.input_hashes(making.stage.folder) != making.stage.inputs:
            raise PackError(f"{making.spec.name}: the snapshot of its inputs was changed while it was built.")
        notebooks = {job.notebook: content for job, content in pairs if isinstance(content, bytes)}
        files, decisions, name = pack_files(
            making.spec,
            making.stage,
            making.register,
            making.absent,
            notebooks,
            self.software,
            making.sources,
        )
        diary = {**self._run(making), "seal": manifest.seal(files["manifest.json"])}
        beside = {"run.json": manifest.dumps(diary), **({"decisions.csv": decisions} if decisions else {})}
        folder = manifest.publish(files, beside, home, name)
        (home / "error.html").unlink(missing_ok=True)
        return folder

    def _run(self, making: _Making) -> dict[str, Any]:
        """What is worth knowing of a run and follows from no input."""
        try:
            user = getpass.getuser()
        except (OSError, KeyError):
            user = ""
        return {
            "begun": dt.datetime.fromtimestamp(self.begun, dt.UTC).isoformat(timespec="seconds"),
            "seconds": round(time.time() - self.begun, 1),
            "asked_by": user,
            "pack_file": str(making.spec.file),
            "reused": [
                j.notebook for j, k in zip(making.stage.jobs, making.keys, strict=True) if k in self.reused
            ],
        }

    def _ends(
        self,
        spec: PackSpec,
        folder: Path | None,
        error: PmoError | None,
        making: _Making | None = None,
        unchanged: bool = False,
    ) -> None:
        """Note what became of a pack."""
        reused = 0
        if making is not None:
            own = {self.jobs[key].target for key in making.keys if key in self.jobs}
            reused = len(making.keys) - len(own & {job.target for job in making.stage.jobs})
        seconds, before = time.time() - self.begun, self.latest.get(spec.name)
        self.built[spec.name] = Built(spec, folder, error, seconds, reused, before, unchanged)
