"""What stands on a disk: files and folders whole or not there, temporary ones that go, text that never runs."""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from pmo_kit.errors import PmoError

T = TypeVar("T")
SHARED = "PMO_KIT_SHARED"
"""Environment variable: a folder of one run; each process keeps in one of its own in it what others would do again."""
_NAME, _LOCK, _UNLOCKED = "pmo_kit_", ".lock", ".unlocked"


@contextmanager
def scratch(place: Path | None = None) -> Iterator[Path]:
    """A temporary folder that goes at the end; those of runs that were killed go at the beginning.

    A folder is in use while the lock in it is held; the system lets go of it when the process ends, however it ends.

    Parameters
    ----------
    place : Path, optional
        Where it is made, hidden; by default where the system has what is temporary.
    """
    parent, name = (Path(tempfile.gettempdir()), _NAME) if place is None else (place, f".{_NAME}")
    for old in parent.glob(f"{name}{'?' * 8}"):
        _sweep(old)
    folder, lock = _locked_folder(parent, name)
    try:
        yield folder
    finally:
        _remove(folder, lock)


def _locked_folder(parent: Path, name: str) -> tuple[Path, BinaryIO]:
    """A new folder and the lock in it, held; one that another run took for left before it was locked is made again."""
    while True:
        try:
            folder = real(tempfile.mkdtemp(prefix=name, dir=parent))
        except OSError as error:
            error.filename = str(parent)  # the name that somebody knows
            raise
        try:
            lock = (folder / _LOCK).open("wb")
        except FileNotFoundError:
            continue
        except OSError:
            folder.rmdir()
            raise
        try:
            if not _held(lock.fileno()) and (folder / _LOCK).exists():
                return folder, lock
        except OSError:  # no locks here, or none left: nobody sweeps it, also later
            with suppress(FileNotFoundError):
                (folder / _LOCK).rename(folder / _UNLOCKED)
                return folder, lock
        lock.close()


@contextmanager
def new_folder(home: Path) -> Iterator[Path]:
    """A folder to fill, which gets its name when it is whole; what goes wrong before leaves nothing.

    Raises
    ------
    PmoError
        Something that is not an empty folder has that name.
    """
    if home.is_file() or (home.is_dir() and any(home.iterdir())):
        raise PmoError(f"{home} is not empty. Name a new folder: nothing is overwritten.")
    home.parent.mkdir(parents=True, exist_ok=True)
    with scratch(home.parent) as draft:
        (draft / home.name).mkdir()
        yield draft / home.name
        if home.is_dir():
            home.rmdir()
        (draft / home.name).rename(home)


def write_whole(file: Path, content: bytes) -> Path:
    """Write a file, or put it in the place of the old one, in one step: no reader ever sees half of it.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_whole(Path(folder, "a.txt"), b"whole").read_text(), len(list(Path(folder).iterdir())))
    whole 1
    """
    try:
        with scratch(file.parent) as draft:
            flushed(draft / file.name, content)
            os.replace(draft / file.name, file)
    except OSError as error:
        error.filename, error.filename2 = str(file), None  # the name that somebody knows
        raise
    return file


def shared(key: Callable[[], object], make: Callable[[], T], proven: Callable[[T], bool] = bool) -> T:
    """What follows from a key and nothing else, worked out once in a run; outside of a run each time.

    A process writes into a folder of its own and reads those of the others.

    Parameters
    ----------
    key : callable
        All that the answer follows from; what `repr` says of it counts. It is called in a run only.
    make : callable
        Works the answer out.
    proven : callable
        Whether an answer may be kept for others.

    Examples
    --------
    >>> shared(lambda: ("a sum", 2, 3), lambda: 2 + 3)
    5
    """
    folder = os.environ.get(SHARED, "")
    if not folder:
        return make()
    name, own = hashlib.sha256(repr(key()).encode()).hexdigest(), Path(folder, str(os.getpid()))
    if file := next(Path(folder).glob(f"*/{name}"), None):
        kept: T = pickle.loads(file.read_bytes())
        return kept
    found = make()
    if proven(found):
        own.mkdir(parents=True, exist_ok=True)
        draft = own / f"{name}.{threading.get_ident()}"
        draft.write_bytes(pickle.dumps(found))
        os.replace(draft, own / name)
    return found


def inert(text: str) -> str:
    """Text that a spreadsheet program shows and never runs: a leading quote before = + - @.

    The reader takes the quote away again.

    >>> inert("=cmd|' /C calc'!A0"), inert("plain")
    ("'=cmd|' /C calc'!A0", 'plain')
    """
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def real(path: str | os.PathLike[str]) -> Path:
    """The place that a path leads to, through links; one that leads to itself is told by whoever opens it."""
    return Path(os.path.realpath(path))


def seen_from_here(path: Path) -> Path:
    """A path as it is seen from the folder in which somebody works."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def outside(target: Path, *registers: Path | None) -> None:
    """Refuse to write into the folder of a register: what lies there is read as a part of it, and copied with it.

    Raises
    ------
    PmoError
        The target lies there.
    """
    for register in filter(None, registers):
        if not register.is_file() and real(target).is_relative_to(real(register)):
            raise PmoError(f"{target} would lie in the register {register} and be a part of it: name another place.")


def flushed(file: Path, content: bytes) -> None:
    """Write a file, with the folders above it, and wait until the disk has it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sweep(folder: Path) -> None:
    """Remove a folder of this user that no process uses; one without a lock goes only where it is empty."""
    try:
        kind = folder.lstat()
        if not stat.S_ISDIR(kind.st_mode) or (os.name != "nt" and kind.st_uid != os.geteuid()):
            return  # a link may lead to what is no temporary folder
        with (folder / _LOCK).open("rb+") as lock:
            if _held(lock.fileno()):
                return
            if os.name != "nt":
                _remove(folder, lock)
                return
        (folder / _LOCK).unlink()  # an open file stays there
        shutil.rmtree(folder, ignore_errors=True)
    except FileNotFoundError:
        with suppress(OSError):  # not empty, or gone
            folder.rmdir()
    except OSError:
        return


def _remove(folder: Path, lock: BinaryIO) -> None:
    """Remove a folder, its lock last and held until then: what a kill leaves half removed the next run removes."""
    for above, inner, _ in os.walk(folder):
        for one in (Path(above, name) for name in inner):
            with suppress(OSError):
                if not one.is_symlink():
                    one.chmod(0o700)  # also copies of what nobody may write into
    with suppress(OSError):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            elif path.name != _LOCK:
                path.unlink()
    if os.name == "nt":
        lock.close()  # an open file stays there
    with suppress(OSError):
        if {path.name for path in folder.iterdir()} <= {_LOCK}:
            (folder / _LOCK).unlink(missing_ok=True)
            folder.rmdir()
    lock.close()


def _held(file: int) -> bool:
    """Take the lock of a file; True where another process has it."""
    if os.name == "nt":
        return False
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
