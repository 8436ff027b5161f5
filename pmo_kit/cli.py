"""The command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pmo_kit.disk import new_folder, outside, real, scratch, seen_from_here
from pmo_kit.errors import DataError, PmoError, worded
from pmo_kit.facts import MINUS, THIN_SPACE, UNPRINTABLE
from pmo_kit.shipped import shipped

if TYPE_CHECKING:
    from pandas import DataFrame

    from pmo_kit.register import Register

DONE, LOOK, FAILED, FAULT = 0, 1, 2, 3
LAUNCH = (
    "import runpy, sys; sys.modules.setdefault('rfc3987_syntax', None); "  # seconds of import that nothing uses
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)
PLAIN = "pmo_kit.plain"
WIDGETS = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget")
"""What the page of the board needs beside Voila itself."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the name of the program; those of the process by default.

    Returns
    -------
    int
        0: done. 1: done, and there is something to look at (`check --strict`: warnings; `verify`: figures equal, bytes
        not; `diff`: decisions moved). 2: refused or failed, and said why in words. 3: a fault of this program.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=PLAIN)
    shows = "--traceback" in given
    try:
        with _ended_by_signals():
            parser = _parser()
            options, others = parser.parse_known_args([word for word in given if word != "--traceback"])
            if others and options.run not in (lab, board):
                parser.error(f"unrecognized arguments: {' '.join(others)}")
            options.others = others
            return int(options.run(options))
    except PmoError as error:
        return _said(str(error), shows)
    except KeyboardInterrupt:
        return _said("Stopped; nothing was published.", shows)
    except BrokenPipeError:
        return DONE
    except MemoryError:
        return _said("The machine has not enough memory for this.", shows)
    except (OSError, UnicodeEncodeError) as error:
        if arguments is None:  # what a library cannot close any more says no more
            sys.unraisablehook = lambda _: None
        return _said(worded(error), shows)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if Path(__file__).parent in Path(frame.filename).parents] or frames
        where = f"{Path(own[-1].filename).name}, line {own[-1].lineno}"
        words = " ".join(str(error).split())[:200]
        told = f"A fault of pmo_kit itself, not of your data: {type(error).__name__} in {where}: {words}"
        _said(f"{told}. Please report this line and your command; --traceback shows all of it.", shows)
        return FAULT
    finally:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            try:
                stream.flush()
            except (OSError, ValueError):
                _closed(stream)


def _plain(error: UnicodeError) -> tuple[str, int]:
    """What an encoding of few letters prints instead: a blank for a thin space, a hyphen for a minus."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    return "".join({THIN_SPACE: " ", MINUS: "-"}.get(letter, "?") for letter in lost), error.end


codecs.register_error(PLAIN, _plain)


def _tell(words: object, stream: TextIO | None = None) -> None:
    """Print, and nothing that steers a terminal; a reader that is gone (| head) stops no work and changes no status."""
    try:
        print(UNPRINTABLE.sub("\ufffd", str(words)), file=stream, flush=True)
    except BrokenPipeError:
        _closed(stream or sys.stdout)


def _closed(stream: TextIO) -> None:
    """Say nothing more there, not even when Python ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _said(words: str, shows: bool) -> int:
    """Say why it failed, and where where that is asked for."""
    if shows:
        traceback.print_exc()
    with contextlib.suppress(OSError):
        _tell(words, sys.stderr)
    return FAILED


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Be ended by Ctrl-C, TERM and HUP alike: what is temporary goes, kernels end, nothing is published.

    The second one is not heard: it would leave behind what the first one is clearing away.
    """

    def ends(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    try:
        before = {name: signal.signal(getattr(signal, name), ends) for name in names}
    except ValueError:  # not in the main thread
        before = {}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def pack(options: argparse.Namespace) -> int:
    """Build packs; one that fails takes no other down."""
    from pmo_kit.packs.asking import asked, described, listed, log_runs, summed, warned, write_letter

    packs, unread = asked(_pack_files(options), options.only, options.set)
    failed: list[BaseException] = [*unread]
    for error in unread:
        _tell(f"\n{error}\n", sys.stderr)
    if options.list or options.dry_run:
        _tell("\n".join(map(listed if options.list else described, packs)))
        return FAILED if failed else DONE
    from pmo_kit.packs.building import Built, build_packs

    for asked_for in packs if options.log else ():
        outside(options.log, asked_for.spec.register, asked_for.spec.previous)
    built: Sequence[Built] = ()
    try:
        built = build_packs(packs, options.out, options.workers, None, True, options.force, options.if_changed)
        for one in built:
            if one.error is not None:
                _tell(f"\n{one.error}\n", sys.stderr)
            elif one.folder is not None:
                _tell(seen_from_here(one.folder / "index.html"))
                if one.unchanged:
                    _tell(f"{one.pack.name}: nothing changed", sys.stderr)
                elif options.eml:
                    _tell(seen_from_here(write_letter(one)))
                if told := warned(one.folder):
                    _tell(told, sys.stderr)
    except BaseException as error:
        failed.append(error)
        raise
    finally:
        if options.log:
            log_runs(built, failed, options.log)
    if len(built) + len(failed) > 1:
        _tell(summed(built, len(failed)), sys.stderr)
    return FAILED if failed or any(one.error for one in built) else DONE


def verify(options: argparse.Namespace) -> int:
    """Compare a pack with its hashes and execute it again."""
    from pmo_kit.packs.verify import verify_pack

    found = verify_pack(options.pack, options.against, options.workers, not options.hashes and (options.run_it or None))
    _tell(found)
    return DONE if found.equal else LOOK if found.sound else FAILED


def diff(options: argparse.Namespace) -> int:
    """Say what moved between two packs."""
    from pmo_kit.packs.verify import diff_packs

    found = diff_packs(options.old, options.new)
    _tell(found.told(options.all))
    return LOOK if found.decisions else DONE


def record(options: argparse.Namespace) -> int:
    """Add the decisions of a committee to a register."""
    from pmo_kit.packs.decisions import record_decisions

    recorded = record_decisions(options.pack, options.register)
    _tell(recorded)
    return LOOK if recorded.warnings else DONE


def new(options: argparse.Namespace) -> int:
    """Make a workspace."""
    from pmo_kit.packs.asking import new_workspace

    folder = new_workspace(options.folder, options.sources)
    _tell(f"{seen_from_here(folder)} is ready. Next:\n  cd {seen_from_here(folder)}\n  pmo-kit pack")
    return DONE


def import_(options: argparse.Namespace) -> int:
    """Draft the mapping of an export, read it as a register, and account for every row."""
    from pmo_kit.register.drafting import import_sources

    text, status = import_sources(options.files, options.into, options.replace)
    _tell(text)
    return status


def check(options: argparse.Namespace) -> int:
    """Read a register and say what was found."""
    from pmo_kit.register.report import check_register

    if options.xlsx is not None:
        outside(options.xlsx, options.path)
    result = check_register(
        options.path, strict=options.strict, xlsx=options.xlsx, mapping=options.mapping, refused=_refused
    )
    _tell(result.text)
    return result.exit_code


def _refused(register: Register) -> list[DataFrame]:
    """What the chapters of a pack would refuse of a register that reads well, as findings."""
    from pmo_kit.arbitration import Question
    from pmo_kit.prioritization.values import read_scorecard
    from pmo_kit.scenarios import read_scenarios

    found = []

    def ask(reader: Callable[[Any], Any], about: Any) -> Any:
        try:
            return reader(about)
        except DataError as error:
            found.append(error.findings)

    if register.has("criteria") and register.has("scores"):
        ask(read_scorecard, register)
    wanted = ["costs", "benefits", "budgets", *["capacity"] * register.has("resources")]
    if all(map(register.has, wanted)):  # what a register lacks, the chapter that needs it says itself
        question, scenarios = ask(Question, register), ask(read_scenarios, register)
        for scenario in scenarios or () if question is not None else ():
            # that a weight names a criterion is a rule of the register
            ask(replace(scenario, weights={}).check, question)
    return found


def template(options: argparse.Namespace) -> int:
    """Write a workbook to fill."""
    from pmo_kit.register.template import write_template

    if options.file.suffix.lower() != ".xlsx":
        raise PmoError(f"{options.file} is no name of a workbook; it must end in .xlsx.")
    if options.file.exists():
        raise PmoError(f"{options.file} is there already; nothing is overwritten. Name a new file.")
    _tell(f"{seen_from_here(write_template(options.file))} is ready to fill; then: pmo-kit check {options.file}")
    return DONE


def anonymize(options: argparse.Namespace) -> int:
    """Write a copy of a register that can be shared."""
    from pmo_kit.register import load_register
    from pmo_kit.register.anonymize import anonymize_register
    from pmo_kit.register.template import write_register

    outside(options.folder, options.path)
    with new_folder(options.folder) as draft:
        write_register(anonymize_register(load_register(options.path), options.secret), draft)
    folder = seen_from_here(options.folder)
    _tell(f"{folder}: names, people and texts replaced, money scaled. Keep the secret to yourself.")
    return DONE


def lab(options: argparse.Namespace) -> int:
    """Open JupyterLab on the first lesson of a workshop's team, else on the start page of the notebooks."""
    notebooks = Path("notebooks")
    if not notebooks.is_dir():
        raise PmoError("There is no folder 'notebooks' here. Go to your workspace, or make one: pmo-kit new FOLDER")
    pages = (notebooks / "lessons" / "00_ready.ipynb", notebooks / "start.ipynb", notebooks)
    return _jupyter_lab(next(page for page in pages if page.exists()), options.others)


def board(options: argparse.Namespace) -> int:
    """Open the board alone in the browser, by Voila; without it, its notebook in JupyterLab."""
    import importlib.util

    with session_notebook(options.register, options.committee) as page:
        if importlib.util.find_spec("voila") is None:
            _tell("Voila is not installed (pip install voila): the board opens in JupyterLab.", sys.stderr)
            return _jupyter_lab(page, options.others)
        needed = [f"--VoilaConfiguration.extension_allowlist={name}" for name in WIDGETS]
        own = ["--Voila.ip=127.0.0.1", f"--Voila.connection_dir_root={page.parent}", "--show_tracebacks=True"]
        return _jupyter("voila", [str(page), "--token", *own, *needed, *options.others])


@contextlib.contextmanager
def session_notebook(register: Path | None, committee: str) -> Iterator[Path]:
    """The notebook of the session for a register, in a folder that goes when the room is left.

    Sessions are kept in `session` in the folder where the command was given.

    Raises
    ------
    PmoError
        There is no such register, or none is named and the folder holds none.
    """
    from pmo_kit.packs.spec import nbformat, read_notebook, with_values

    found = real(register or own_register())
    if not found.exists():
        raise PmoError(f"There is no register {found}: name a folder of CSV files or a workbook.")
    book = read_notebook(shipped("notebooks", "09_committee_session.ipynb"))
    with_values(book, register_path=str(found), committee=committee, sessions_path=str(real("session")))
    book.cells = [cell for cell in book.cells if cell.cell_type == "code"]
    for cell in book.cells:
        cell.source = cell.source.replace("print(question.register.summary)", "")
    with scratch() as folder:
        page = folder / "board.ipynb"
        nbformat.write(book, page)
        yield page


def own_register() -> Path:
    """The register of a workspace; in a clone, the shipped sample."""
    here = Path()
    for one in (here / "register.xlsx", *sorted(here.glob("*.map.yml")), here / "register"):
        if one.exists():
            return one
    if (here / "notebooks").is_dir() and (here / "data" / "samples").is_dir():
        return shipped("data", "samples", "meridian")
    raise PmoError("There is no register here; name one: pmo-kit board REGISTER")


def _jupyter_lab(page: Path, others: Sequence[str]) -> int:
    """JupyterLab on a page of the folder in which it is started, or of one above the page."""
    root = Path() if not page.is_absolute() else page.parent
    own = [
        f"--LabApp.default_url=/lab/tree/{page.relative_to(root).as_posix()}",
        f"--ServerApp.root_dir={real(root)}",
    ]
    return _jupyter("jupyterlab", ["--ServerApp.ip=127.0.0.1", *own, *others])


def _jupyter(program: str, words: Sequence[str]) -> int:
    """Run a server of notebooks for this machine only, with a token."""
    import re
    import secrets
    import subprocess
    import sysconfig

    for port in re.findall(r"--(?:\w+\.)?port[= ](\S+)", " ".join(words)):
        if not port.isdecimal() or int(port) >= 2**16:
            raise PmoError(f"--port {port}: a port is a number from 0 to 65535.")
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    token = os.environ.get("JUPYTER_TOKEN") or secrets.token_urlsafe(24)
    if "--no-browser" in words:
        _tell(f"Add to the address below: ?token={token}")
    environment = {**os.environ, "PATH": path, "JUPYTER_TOKEN": token}
    ended = subprocess.run([sys.executable, "-c", LAUNCH, program, *words], env=environment, check=False)
    return FAILED if ended.returncode else DONE


def workshop(options: argparse.Namespace) -> int:
    """Write the folders of a workshop."""
    from pmo_kit.packs.asking import new_workspace
    from pmo_kit.workshop.guide import write_workshop

    folder = seen_from_here(write_workshop(options.folder, options.teams, new_workspace))
    _tell(f"{folder} is ready: {options.teams} team folders, {folder}/facilitator (guide, solutions, ballots).")
    _tell(f"Try one:\n  cd {folder}/team_1\n  pmo-kit lab")
    return DONE


def _pack_files(options: argparse.Namespace) -> list[Path]:
    """The pack files asked for: named, or all of the workspace, or all that are shipped."""
    if options.files:
        return list(options.files)
    own = sorted(Path("packs").glob("[!_]*.yml"))
    if own:
        return own
    if options.all:
        return sorted(shipped("templates", "packs").glob("[!_]*.yml"))
    raise PmoError("Name a pack file, or say --all, or run this in a workspace (pmo-kit new FOLDER).")


def _helped(_: argparse.Namespace) -> int:
    """Without a command: print what there is."""
    _parser().print_help()
    return DONE


def _count(text: str) -> int:
    """A whole number of at least one."""
    number = int(text) if text.strip().isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of at least 1")
    return number


Argument = tuple[str, dict[str, Any]]


def _option(name: str, metavar: str, words: str, **more: Any) -> Argument:
    return name, {"metavar": metavar, "help": words, **more}


def _path(name: str, metavar: str, words: str, **more: Any) -> Argument:
    return _option(name, metavar, words, type=Path, **more)


def _flag(name: str, words: str, **more: Any) -> Argument:
    return name, {"action": "store_true", "help": words, **more}


_WORKERS = _option("--workers", "N", "notebooks at a time (default: 2)", type=_count, default=2)
_REGISTER = _path("path", "PATH", "a folder of CSV files or a workbook")
_MANY: dict[str, Any] = {"action": "append", "default": []}
_COMMANDS: tuple[tuple[Callable[[argparse.Namespace], int], str, str, tuple[Argument, ...]], ...] = (
    (pack, "build committee packs", "", (
        _path("files", "FILE", "pack files (default: those in packs/)", nargs="*"),
        _flag("--all", "all pack files: of this workspace, or those shipped"),
        _option("--out", "DIR", "where packs go (default: build/packs)", default="build/packs"),
        _WORKERS,
        _flag("--list", "list the packs and their chapters, build nothing"),
        _flag("--dry-run", "check everything that can be, build nothing"),
        _option("--only", "CHAPTER", "these chapters: number, title or notebook", **_MANY),
        _option("--set", "NAME=VALUE", "set a parameter, or status, date, title", **_MANY),
        _flag("--force", "execute also what was executed before"),
        _flag("--if-changed", "leave a pack as it is when nothing it follows from changed"),
        _path("--log", "FILE", "add a line of JSON for each pack to this file"),
        _flag("--eml", "a letter ready to send: page one and what moved since the last pack"),
    )),
    (verify, "execute a pack again and say what differs",
        "Compare every file of a pack with what was published, then execute it again from its own "
        "sources. Its notebooks are programs that run with your rights: nothing runs where a file was changed, and a "
        "pack that you did not build on this machine runs only with --run. Exits with 0: equal byte by byte; 1: every "
        "figure is equal, something around it is not; 2: figures differ, the pack was changed, or not executed.", (
        _flag("--hashes", "compare the files only, execute nothing"),
        _flag("--run", "execute also a pack of somebody else", dest="run_it"),
        _path("pack", "PACK", "folder of a pack"),
        _path("--against", "FILE", "build from this pack file as it is now"),
        _WORKERS,
    )),
    (diff, "say what moved between two packs",
        "Compare two packs: what went in, the value, decisions, limits; Markdown for the minutes. "
        "Nothing is executed. Exits with 1 when decisions moved.", (
        _path("old", "OLD", "folder of a pack"),
        _path("new", "NEW", "folder of a later pack"),
        _flag("--all", "also every other figure that moved"),
    )),
    (record, "add what a committee decided to a register",
        "Read the decisions.csv that the secretary filled, and add it to the register. Nothing is executed.", (
        _path("pack", "PACK", "folder of the pack, or its decisions.csv (or .xlsx)"),
        _path("register", "REGISTER", "the register: a folder of CSV files"),
    )),
    (new, "make a workspace of your own", "", (
        _option("folder", "FOLDER", "a folder that does not exist yet"),
        _path("--from", "FILE", "your own export", dest="sources", nargs="+", default=[]),
    )),
    (import_, "read any export as a register",
        "Draft a mapping (what each column becomes), read the files with it, and account for every row and "
        "amount. A mapping file among FILE is used as it is.", (
        _path("files", "FILE", "workbooks, CSV files, a mapping", nargs="+"),
        _path("--into", "FOLDER", "where mapping and tables go"),
        _flag("--replace", "write the tables again; never the mapping"),
    )),
    (check, "say what is wrong with a register", "", (
        _REGISTER,
        _flag("--strict", "exit with 1 when there are warnings"),
        _path("--xlsx", "FILE", "also write a workbook with the cells marked"),
        _path("--mapping", "FILE", "a mapping file, for an export of another form"),
    )),
    (template, "write a workbook to fill", "", (
        _path("file", "FILE", "a workbook (.xlsx) that does not exist yet"),
    )),
    (anonymize, "copy a register so that it can be shared", "", (
        _REGISTER,
        _path("folder", "FOLDER", "where the copy goes; it does not exist yet"),
        _option("--secret", "WORDS", "any words; the same words give the same copy", required=True),
    )),
    (lab, "open JupyterLab on the start page",
        "Open JupyterLab on the start page, for this machine only and with a token. Other options go to "
        "JupyterLab: pmo-kit lab --no-browser --port 9000", ()),
    (board, "open the board of a committee session",
        "Open the board alone in the browser, for this machine only and with a token. Sessions are kept in "
        "the folder `session`. Other options go to Voila: pmo-kit board --no-browser --port 9000", (
        _path("register", "REGISTER", "a folder of CSV files or a workbook", nargs="?"),
        _option("--committee", "NAME", "who decides", default="Investment Committee"),
    )),
    (workshop, "folders for a training workshop", "", (
        _path("folder", "FOLDER", "a folder that does not exist yet"),
        _option("--teams", "N", "how many teams (default: 4)", type=_count, default=4),
    )),
)  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """Help that cannot be written is a failure as any other, and `| head` is quiet."""

    def _print_message(self, message: str, file: Any = None) -> None:
        _tell(message.rstrip("\n"), file)


def _parser() -> argparse.ArgumentParser:
    from importlib import metadata

    words = "From a register of projects to a committee pack."
    parser = _Parser(prog="pmo-kit", description=words)
    parser.add_argument("--version", action="version", version=f"pmo_kit {metadata.version('pmo_kit')}")
    parser.add_argument("--traceback", action="store_true", help="show all of an error, to report it")
    parser.set_defaults(run=_helped)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for function, words, more, arguments in _COMMANDS:
        more = more or f"{words[0].upper()}{words[1:]}."
        one = commands.add_parser(function.__name__.rstrip("_"), help=words, description=more)
        for name, settings in arguments:
            one.add_argument(name, **settings)
        one.set_defaults(run=globals()[function.__name__])
    return parser


if __name__ == "__main__":
    sys.exit(main())
