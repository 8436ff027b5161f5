"""Run each notebook of a pack in a folder of its own, check every cell, keep what depends on its inputs alone."""

from __future__ import annotations

import csv
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, TextIO
from weakref import WeakSet

import nbformat

from pmo_kit.disk import SHARED, real, scratch, write_whole
from pmo_kit.errors import PackError, worded
from pmo_kit.facts import number
from pmo_kit.packs.jobs import Job, Pack, hashes
from pmo_kit.packs.manifest import sha256

KEPT = 400
"""Notebooks that are kept; the oldest go first."""


class Cache:
    """Executed notebooks in a folder, one file each.

    Parameters
    ----------
    folder : Path
        Made when something is put into it.
    force : bool
        Find nothing, but keep what is put.
    """

    def __init__(self, folder: Path, force: bool = False) -> None:
        self.folder, self.force = folder, force

    def get(self, key: str) -> bytes | None:
        """The executed notebook, or None. One that was damaged is none."""
        path = self.folder / f"{key}.ipynb"
        try:
            digest, _, content = (b"" if self.force else path.read_bytes()).partition(b"\n")
        except OSError:
            return None
        if digest.decode(errors="replace") != sha256(content):
            return None
        with suppress(OSError):  # another run let it go, or it is another user's
            os.utime(path)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep an executed notebook, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / f"{key}.ipynb", sha256(content).encode() + b"\n" + content)

    def close(self) -> None:
        """Let the oldest go."""
        aged: list[tuple[int, Path]] = []
        for path in self.folder.glob("*.ipynb"):
            with suppress(FileNotFoundError):  # another run let it go
                aged.append((path.stat().st_mtime_ns, path))
        for _, path in sorted(aged, reverse=True)[KEPT:]:
            path.unlink(missing_ok=True)


_ADDRESS = re.compile(r"(?<= at )0x[0-9a-fA-F]+")
_CELL_FILE = re.compile(r"[^\s\"'<>()]*ipykernel_\d+[/\\]+\d+\.py")


def canonical(notebook: Any, folder: Path) -> Any:
    """Return a copy of an executed notebook that depends only on its inputs.

    Run times, widget state, kernel details, error streams (progress bars, warnings with process numbers) and
    random cell ids go; machine paths are shortened in texts; neighboring prints are joined.

    Parameters
    ----------
    notebook : NotebookNode
        As papermill left it.
    folder : Path
        Folder in which it ran; it vanishes from every text.
    """

    cells = []
    for place, cell in enumerate(notebook.cells):
        tags = list(cell.metadata.get("tags", []))
        fresh = {
            "cell_type": cell.cell_type,
            "id": f"cell-{place:03d}",
            "metadata": {"tags": tags} if tags else {},
            "source": scrub(cell.source, folder),
        }
        if cell.cell_type == "code":
            fresh["execution_count"] = cell.get("execution_count")
            fresh["outputs"] = _outputs(cell.get("outputs", []), folder)
        cells.append(fresh)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return nbformat.from_dict({"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5})


def scrub(text: str, folder: Path) -> str:
    """Shorten the machine's paths in a text and drop memory addresses.

    Examples
    --------
    >>> scrub("no file /tmp/x7/inputs/a.csv (object at 0x7f00aa11bb22)", Path("/tmp/x7"))
    'no file inputs/a.csv (object at 0x)'
    """
    text = _CELL_FILE.sub("this cell", text)
    if "/" in text or "\\" in text:
        for path, short in _machine(folder):
            if path in text:
                text = text.replace(path, short)
    return _ADDRESS.sub("0x", text)


@lru_cache(maxsize=8)
def _machine(folder: Path) -> tuple[tuple[str, str], ...]:
    """Paths that tell where something ran, in every way to write them, longest first, with what replaces them."""
    package = Path(__file__).resolve().parents[2]
    libraries = (Path(sys.prefix, "lib"), "python/"), (Path(sys.base_prefix, "lib"), "python/")
    places = *libraries, (package, ""), (Path(tempfile.gettempdir()), ""), (Path.home(), "~/")
    known = {str(folder): "", str(real(folder)): ""}
    for place, short in places:
        if len(place.parts) > 1:
            known.setdefault(str(place), short)
    forms: dict[str, str] = {}
    for path, short in known.items():
        for form in (path, path.replace("\\", "/"), path.replace("\\", "\\\\")):
            for end in ("/", "\\\\", "\\", ""):
                forms.setdefault(form + end, short if end else short.rstrip("/") or ".")
    return tuple(sorted(forms.items(), key=lambda pair: -len(pair[0])))


def _outputs(outputs: list[Any], folder: Path) -> list[dict[str, Any]]:
    """Outputs in order, prints joined, error streams left out."""
    kept: list[dict[str, Any]] = []
    for output in outputs:
        kind = output["output_type"]
        if kind == "error":
            said = scrub(output["evalue"], folder)
            fresh = {"ename": output["ename"], "evalue": said, "traceback": []}
        elif kind != "stream":
            fresh = {"metadata": {}, "data": _walk(output["data"], folder)}
            fresh |= {"execution_count": output.get("execution_count")} if kind == "execute_result" else {}
        elif output["name"] != "stdout":
            continue
        elif kept and kept[-1]["output_type"] == "stream":
            kept[-1]["text"] += scrub(output["text"], folder)
            continue
        else:
            fresh = {"name": "stdout", "text": scrub(output["text"], folder)}
        kept.append({"output_type": kind, **fresh})
    return kept


def _walk(value: Any, folder: Path) -> Any:
    """Scrub every text inside nested data."""
    if isinstance(value, str):
        return scrub(value, folder) if len(value) < 200_000 else value
    if isinstance(value, dict):
        return {key: _walk(item, folder) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, folder) for item in value]
    return value


OnCell = Callable[[], object]
with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as _rows:
    _CAUSES = {row["error"]: row["cause"] for row in csv.DictReader(_rows)}
"""The name of an error, and why a cell may end with it."""


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


def execute(job: Job, on_cell: OnCell | None = None) -> Failure | None:
    """Execute one staged notebook in a folder of its own and check every cell of the result.

    papermill reports a notebook as completed after `sys.exit`, a timeout or a dead kernel; so nothing is
    believed: a cell counts as run when it has a count, no error and the status of a completed cell.

    Returns
    -------
    Failure or None
        The first cell that failed, or that wrote into the inputs.
    """
    os.environ["PYTHONHASHSEED"] = "0"  # of the kernel: sets keep their order
    import papermill
    from papermill.exceptions import PapermillExecutionError

    begun: list[tuple[int, str]] = [(0, "")]
    wrote: list[tuple[int, str, str]] = []
    tree, home = Path(job.tree), job.home
    shutil.copytree(tree / "inputs", home / "inputs")
    if changed := _changed(job, home) or _changed(job, tree):
        return _failure(job, 0, "", "SharedInputChanged", changed)
    (home / "notebooks").mkdir()
    given = _stamps(home)

    def looks() -> None:
        """Note the first cell that wrote into its inputs, put back or not."""
        names = sorted({name for name, *_ in given ^ _stamps(home)})
        if names and not wrote:
            wrote.append((*begun[-1], ", ".join(names[:5])))

    def starts(cell: Any, cell_index: int) -> None:
        looks()
        begun.append((cell_index, cell.source))
        if on_cell:
            on_cell()

    try:
        with scratch() as sockets:
            papermill.execute_notebook(
                str(tree / "notebooks" / job.notebook),
                str(job.target),
                dict(job.parameters),
                kernel_name="python3",
                language="python",
                progress_bar=False,
                request_save_on_cell_execute=False,
                autosave_cell_every=0,
                execution_timeout=job.seconds,
                resources={"metadata": {"path": str(home / "notebooks")}},
                skip_cells_with_tag="interactive",
                extra_arguments=["--log-level=50"],
                store_widget_state=False,
                on_cell_start=starts,
                kernel_manager_class=_kernels(sockets),
            )
    except PapermillExecutionError as error:
        return _failure(job, error.cell_index, error.source, error.ename, error.evalue)
    except Exception as error:
        index, code = begun[-1]
        name, words = type(error).__name__, str(error)
        if isinstance(error, OSError) and name not in _CAUSES:
            name, words = "OSError", worded(error)
        return _failure(job, index, code, name, words)
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
    looks()
    own, shared = wrote or [(*begun[-1], _changed(job, home))], (*begun[-1], _changed(job, tree))
    for (index, code, names), kind in ((own[0], "InputChanged"), (shared, "SharedInputChanged")):
        if names:
            return _failure(job, index, code, kind, names)
    return None


def _changed(job: Job, folder: Path) -> str:
    """The first inputs in a folder, of that of all the notebooks too, that are not those given; empty where all are."""
    given, now = job.inputs, hashes(folder / "inputs")
    if folder != job.home:
        given, now = {**given, **job.notebooks}, now | hashes(folder / "notebooks")
    names = sorted(name for name in {*given, *now} if given.get(name) != now.get(name))
    return ", ".join(names[:5])


def _stamps(home: Path) -> set[tuple[str, int, int, int]]:
    """What changes when somebody writes into the inputs of a folder."""
    inputs = home / "inputs"
    stats = [(path.relative_to(inputs).as_posix(), path.stat()) for path in inputs.rglob("*") if path.is_file()]
    return {(name, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns) for name, stat in stats}


_RUNNING: WeakSet[Any] = WeakSet()
_STARTING = Lock()


def _kernels(sockets: Path) -> type:
    """Managers of kernels that no other user of the machine can listen to, and that can be ended at once.

    Kernels talk over sockets in a folder of this user; on Windows over loopback, encrypted, or not at all.
    """
    from jupyter_client.manager import AsyncKernelManager

    class Kernels(AsyncKernelManager):
        def __init__(self, **traits: Any) -> None:
            ours = {"transport": "ipc", "connection_file": str(sockets / "kernel.json")}
            super().__init__(**traits | ({"transport_encryption": "required"} if os.name == "nt" else ours))
            with _STARTING:
                _RUNNING.add(self)

    return Kernels


def stop_kernels() -> None:
    """End every kernel that this process runs; their notebooks fail."""
    with _STARTING:  # others may begin meanwhile
        running = list(_RUNNING)
    for manager in running:
        process = getattr(manager.provisioner, "process", None)
        if process is not None:
            process.kill()


def run_many(
    jobs: Sequence[Job], executor: Executor, on_cell: OnCell | None = None
) -> Generator[tuple[Job, Failure | None], None, None]:
    """Execute notebooks over any `concurrent.futures.Executor`; one that fails takes no other down.

    Parameters
    ----------
    jobs : sequence of Job
        What to execute.
    executor : Executor
        Threads (the work is done by the kernels, which are processes), processes, or a cluster's
        (`distributed.Client.get_executor()`) whose workers see the folder of the jobs.
    on_cell : callable, optional
        Called as each cell starts; only where workers share this process (threads).

    Yields
    ------
    Job, Failure or None
        As they end. What has not begun when nobody asks for more is not begun.
    """
    running: dict[Future[Failure | None], Job] = {executor.submit(execute, job, on_cell): job for job in jobs}
    try:
        for future in as_completed(running):
            try:
                failure = future.result()
            except Exception as error:  # a worker that died is the failure of its notebook alone
                failure = _failure(running[future], 0, "", type(error).__name__, str(error))
            yield running[future], failure
    finally:
        for future in running:
            future.cancel()


class Progress:
    """How far a run is: a bar of cells with the time left on a terminal, a line for each chapter everywhere.

    Parameters
    ----------
    title : str
        Of the pack, or how many there are.
    jobs : sequence of Job
        The notebooks to execute.
    on : bool
        False: say nothing.
    stream : text file, optional
        Where to say it; standard error by default.
    """

    def __init__(self, title: str, jobs: Sequence[Job], on: bool, stream: TextIO | None = None) -> None:
        from tqdm import tqdm

        self.on, self.count, self.ended, self.stopped = on, len(jobs), 0, False
        self.begun, self.stream = time.monotonic(), stream or sys.stderr
        cells, quiet = sum(job.cells for job in jobs), None if on else True  # None: a bar on a terminal only
        self.bar = tqdm(total=cells, desc=title, unit="cell", file=self.stream, leave=False, disable=quiet)
        if self.bar.disable:
            self._say(f"{title}: {self.count} notebook{'s' * (self.count > 1)}")

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()

    def _say(self, line: str) -> None:
        if self.on:
            with suppress(OSError):  # nobody listens any more: the work goes on
                self.bar.write(line, file=self.stream)
                self.stream.flush()

    def cell(self) -> None:
        """A cell starts; after `stop` no further one does."""
        if self.stopped:
            raise PackError("Stopped.")
        with suppress(OSError):
            self.bar.update()

    def stop(self) -> None:
        """Let every notebook end at its next cell."""
        self.stopped = True

    def done(self, job: Job, failure: Failure | None) -> None:
        """A notebook ended."""
        self.ended += 1
        state = f"failed in cell {failure.cell}" if failure else "done"
        took = time.monotonic() - self.begun
        self._say(f"  {self.ended} of {self.count}  {job.title}: {state} ({number(took, 0)} s)")


def told(pack: Pack, failures: Sequence[Failure]) -> str:
    """Say which cells failed and why, in a few lines for a terminal."""
    lines = [f"{pack.title} ({pack.name}) was not built; the pack published last is untouched."]
    for failure in failures:
        lines.append(f"  {failure.notebook}, cell {failure.cell}: {failure.cause}")
        text = f"{failure.error}: {failure.message}" if failure.message else failure.error
        lines += [f"    {line}" for line in text.splitlines()[:12]]
    return "\n".join(lines)


@contextmanager
def surroundings(folder: Path) -> Iterator[None]:
    """What kernels start in: sets keep their order; what one has read or proven is read and proven again by none.

    The environment is afterwards as it was.
    """
    given = {"PYTHONHASHSEED": "0", SHARED: str(folder)}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ.update({name: value} if value is not None else {})


def _failure(job: Job, index: int, code: str, error: str, message: str) -> Failure:
    """Put a failure in words; cells are counted from the top of the notebook as its author sees it."""
    lines = code.strip().splitlines()
    return Failure(
        title=job.title,
        notebook=job.notebook,
        cell=index + 1 - (index > job.injected_after),
        code="\n".join([*lines[:6], "..."] if len(lines) > 6 else lines),
        error=error.rpartition(".")[2],
        message=scrub(message, job.home).strip(),
        cause=_CAUSES.get(error.rpartition(".")[2], "The code of the cell raised an error."),
    )
