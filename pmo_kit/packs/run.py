"""Run the notebooks of a pack: stage them with one snapshot of the inputs, execute, check every cell."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from pmo_kit.errors import PackError
from pmo_kit.packs.canonical import scrub
from pmo_kit.packs.parameters import declared, problems, read_notebook
from pmo_kit.packs.spec import Chapter, PackSpec, PageOne, Scalar

CELL_SECONDS = 1200
"""Longest time that one cell may take."""

OnCell = Callable[[], object]
_FROM_PACK = {"register_path": "register", "previous_path": "previous"}
_CAUSES = {
    "DataError": "The register cannot be used as it is.",
    "InfeasibleError": "No plan obeys the rules of the register.",
    "PmoError": "The kit refused to go on.",
    "FileNotFoundError": "A file is not where the notebook looks for it.",
    "ModuleNotFoundError": "A Python package is not installed.",
    "ImportError": "A name is not in the package that the notebook imports it from.",
    "NameError": "A name is used before it is given a value.",
    "KeyError": "A column or a row that the notebook asks for is not there.",
    "AssertionError": "A check in the notebook does not hold.",
    "MemoryError": "The machine has not enough memory.",
    "DeadKernelError": "Python ended in the middle of the cell, often because memory ran out.",
    "CellTimeoutError": f"The cell took longer than {CELL_SECONDS // 60} minutes.",
    "SystemExit": "The notebook ended itself before its last cell.",
    "Unfinished": "The cell was not run to its end.",
}


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


@dataclass(frozen=True)
class Failure:
    """Where and why a notebook failed, in words for the person who will mend it."""

    title: str
    notebook: str
    cell: int
    code: str
    error: str
    message: str
    cause: str


@dataclass(frozen=True, eq=False)
class Stage:
    """The temporary tree: `notebooks/`, `inputs/<name>/` and `executed/`."""

    folder: Path
    jobs: tuple[Job, ...]
    register: Path
    previous: Path | None
    sources: dict[str, Path] = field(default_factory=dict)


def stage(spec: PackSpec, folder: Path) -> Stage:
    """Copy notebooks and inputs into a temporary tree and settle every parameter.

    Raises
    ------
    PackError
        With every unknown or mistyped parameter of every chapter.
    """
    inputs = _Inputs(folder, spec)
    register = inputs.add(spec.register)
    previous = inputs.add(spec.previous) if spec.previous else None
    (folder / "notebooks").mkdir()
    (folder / "executed").mkdir()
    found: list[str] = []
    jobs: list[Job] = []
    sources: dict[str, Path] = {}
    for chapter in spec.chapters:
        notebook = read_notebook(chapter.notebook)
        known = declared(notebook, chapter.notebook.name)
        faults = problems(chapter.parameters, known)
        if "register_path" not in known:
            faults.append("it has no parameter 'register_path': it would read another register.")
        faults += [
            f"'{n}' is set by the line '{_FROM_PACK[n]}' of the pack file."
            for n in chapter.parameters
            if n in _FROM_PACK
        ]
        name = _unique(chapter.notebook.name, sources)
        sources[name] = chapter.notebook
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
                parameters=given,
                injected_after=next(i for i, t in enumerate(tags) if "parameters" in t),
                cells=len(tags) + 1,
            )
        )
    if found:
        raise PackError("\n".join([f"{spec.file.name} asks for what its notebooks do not have:", *found]))
    return Stage(folder, tuple(jobs), register, previous, sources)


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
    for chapter, job in zip(spec.chapters, stage.jobs, strict=True):
        absent = [table for table in chapter.needs if not has(table)]
        if absent:
            lines.append(f"{chapter.title} needs the table{'s' * (len(absent) > 1)} {', '.join(absent)}.")
        else:
            chapters.append(chapter)
            jobs.append(job)
    if not chapters:
        raise PackError("\n".join([f"{spec.file.name}: the register has the tables of no chapter.", *lines]))
    left = replace(
        spec, chapters=tuple(chapters), page_one=spec.page_one if not lines else _optional(spec.page_one)
    )
    return left, replace(stage, jobs=tuple(jobs)), tuple(lines)


def _optional(page: PageOne | None) -> PageOne | None:
    """Page one may be left out where a chapter is."""
    return replace(page, optional=True) if page else None


def execute(job: Job, on_cell: OnCell | None = None) -> Failure | None:
    """Execute one staged notebook and check every cell of the result.

    papermill reports a notebook as completed after `sys.exit`, a timeout or a dead kernel; so nothing is
    believed: a cell counts as run when it has a count, no error and the status of a completed cell.

    Returns
    -------
    Failure or None
        The first cell that failed.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # 2 s of import that nothing uses
    import nbformat
    import papermill
    from papermill.exceptions import PapermillExecutionError

    begun: list[tuple[int, str]] = []

    def starts(cell: Any, cell_index: int) -> None:
        begun.append((cell_index, cell.source))
        if on_cell:
            on_cell()

    try:
        papermill.execute_notebook(
            job.source,
            job.target,
            dict(job.parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            execution_timeout=CELL_SECONDS,
            resources={"metadata": {"path": str(Path(job.source).parent)}},
            skip_cells_with_tag="interactive",
            extra_arguments=["--log-level=50"],
            store_widget_state=False,
            on_cell_start=starts,
        )
    except PapermillExecutionError as error:
        return _failure(job, error.cell_index, error.source, error.ename, error.evalue)
    except Exception as error:
        index, code = begun[-1] if begun else (0, "")
        return _failure(job, index, code, type(error).__name__, str(error))
    notebook = nbformat.read(job.target, as_version=4)
    for index, cell in enumerate(notebook.cells):
        skipped = "interactive" in cell.metadata.get("tags", ())
        if cell.cell_type != "code" or skipped or not cell.source.strip():
            continue
        errors = [o for o in cell.outputs if o.output_type == "error"]
        note = cell.metadata.get("papermill", {})
        if errors:
            return _failure(job, index, cell.source, errors[0].ename, errors[0].evalue)
        if note.get("status") != "completed" or note.get("exception") or cell.execution_count is None:
            return _failure(job, index, cell.source, "Unfinished", "")
    return None


def run_many(
    jobs: Sequence[Job],
    executor: Executor,
    on_cell: OnCell | None = None,
    on_done: Callable[[Job, Failure | None], object] | None = None,
) -> list[Failure]:
    """Execute notebooks over any `concurrent.futures.Executor`; one that fails takes no other down.

    Parameters
    ----------
    jobs : sequence of Job
        What to execute.
    executor : Executor
        Threads (the work is done by the kernels, which are processes), processes, or a cluster's.
    on_cell : callable, optional
        Called as each cell starts; only where workers share this process (threads).
    on_done : callable, optional
        Called with each job and its failure, in the order of the jobs.
    """
    work = partial(execute, on_cell=on_cell) if on_cell else execute
    failures = []
    for job, failure in zip(jobs, executor.map(work, jobs), strict=True):
        if on_done:
            on_done(job, failure)
        if failure:
            failures.append(failure)
    return failures


def told(spec: PackSpec, failures: Sequence[Failure], page: Path) -> str:
    """Say which cells failed and why, in a few lines for a terminal."""
    lines = [f"{spec.title} was not built; the pack published last is untouched."]
    for failure in failures:
        lines.append(f"  {failure.notebook}, cell {failure.cell}: {failure.cause}")
        text = f"{failure.error}: {failure.message}" if failure.message else failure.error
        lines += [f"    {line}" for line in text.splitlines()[:12]]
    return "\n".join([*lines, f"More in {page}"])


@contextmanager
def workers(count: int) -> Iterator[Executor]:
    """Threads that wait for the kernels; kernels start with a fixed hash seed, so sets keep their order."""
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = "0"
    try:
        with ThreadPoolExecutor(max_workers=max(1, count)) as executor:
            yield executor
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before


class _Inputs:
    """Copies each input once into `inputs/<name>/` of the stage."""

    def __init__(self, folder: Path, spec: PackSpec) -> None:
        self.folder, self.spec = folder, spec
        self.staged: dict[Path, Path] = {}

    def add(self, path: Path) -> Path:
        """Copy a folder or a file and return where it is now."""
        if path not in self.staged:
            name = _unique(path.name if path.is_dir() else path.stem, {p.parent.name for p in self._tops()})
            top = self.folder / "inputs" / name
            if path.is_dir():
                shutil.copytree(
                    path, top, ignore=shutil.ignore_patterns(".*", "~$*", "*.md", "*.py", "__pycache__")
                )
                self.staged[path] = top
            else:
                top.mkdir(parents=True)
                shutil.copyfile(path, top / path.name)
                self.staged[path] = top / path.name
        return self.staged[path]

    def _tops(self) -> list[Path]:
        """A path inside each staged folder."""
        return [p / "x" if p.is_dir() else p for p in self.staged.values()]

    def asked(self, name: str, default: str, chapter: Chapter) -> Path | None:
        """The staged path of a parameter that ends in `_path`; None when there is none to give."""
        if name in _FROM_PACK:
            path = getattr(self.spec, _FROM_PACK[name])
            return self.add(path) if path else None
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


def _failure(job: Job, index: int, code: str, error: str, message: str) -> Failure:
    """Put a failure in words; cells are counted from the top of the notebook as its author sees it."""
    folder = Path(job.source).parents[1]
    lines = code.strip().splitlines()
    return Failure(
        title=job.title,
        notebook=job.notebook,
        cell=index + 1 - (index > job.injected_after),
        code="\n".join([*lines[:6], "..."] if len(lines) > 6 else lines),
        error=error.rpartition(".")[2],
        message=scrub(message, folder).strip(),
        cause=_CAUSES.get(error.rpartition(".")[2], "The code of the cell raised an error."),
    )
