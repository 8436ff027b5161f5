"""The command line: parse, call one function, print."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pmo_kit.errors import PmoError

DATA_OK, DATA_WARNED, FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Without the name of the program; those of the process by default.

    Returns
    -------
    int
        0: done. 1: `check --strict` found warnings. 2: it failed, and said why in words.
    """
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except PmoError as error:
        print(error, file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("Stopped; nothing was published.", file=sys.stderr)
        return FAILED


def pack(options: argparse.Namespace) -> int:
    """Build packs; one that fails takes no other down."""
    from pmo_kit.packs.asking import asked, described, listed

    specs, failed = asked(_pack_files(options), options.only, options.set)
    for error in failed:
        print(f"\n{error}\n", file=sys.stderr)
    if options.list or options.dry_run:
        print("\n".join(map(listed if options.list else described, specs)))
        return FAILED if failed else DATA_OK
    from pmo_kit.packs.asking import cluster, summed, warned
    from pmo_kit.packs.building import build_packs

    with cluster(options.dask) as executor:
        built = build_packs(specs, options.out, options.workers, executor, progress=True, force=options.force)
    for one in built:
        if one.error is not None:
            print(f"\n{one.error}\n", file=sys.stderr)
        elif one.folder is not None:
            print(_short(one.folder / "index.html"))
            if told := warned(one.folder):
                print(told, file=sys.stderr)
    if len(built) + len(failed) > 1:
        print(summed(built, len(failed)), file=sys.stderr)
    return FAILED if failed or any(one.error for one in built) else DATA_OK


def verify(options: argparse.Namespace) -> int:
    """Execute a pack again and compare."""
    from pmo_kit.packs.verify import verify_pack

    found = verify_pack(options.pack, options.against, options.workers)
    print(found)
    return DATA_OK if found.equal else DATA_WARNED if found.sound else FAILED


def diff(options: argparse.Namespace) -> int:
    """Say what moved between two packs."""
    from pmo_kit.packs.diff import diff_packs

    print(diff_packs(options.old, options.new))
    return DATA_OK


def record(options: argparse.Namespace) -> int:
    """Add the decisions of a committee to a register."""
    from pmo_kit.packs.decisions import record_decisions

    count = record_decisions(options.pack, options.register)
    print(f"{count} decision{'s' * (count != 1)} recorded in {options.register / 'decisions.csv'}.")
    return DATA_OK


def new(options: argparse.Namespace) -> int:
    """Make a workspace."""
    from pmo_kit.packs.workspace import new_workspace

    folder = new_workspace(options.folder, options.sources)
    print(f"{_short(folder)} is ready. Next:\n  cd {_short(folder)}\n  pmo-kit pack")
    return DATA_OK


def import_(options: argparse.Namespace) -> int:
    """Draft the mapping of an export, read it as a register, and account for every row."""
    from pmo_kit.register.drafting import import_sources

    text, status = import_sources(options.files, options.into, options.replace)
    print(text)
    return status


def check(options: argparse.Namespace) -> int:
    """Read a register and say what was found."""
    from pmo_kit.register.report import check_register

    result = check_register(options.path, strict=options.strict, xlsx=options.xlsx, mapping=options.mapping)
    print(result.text)
    return result.exit_code


def template(options: argparse.Namespace) -> int:
    """Write a workbook to fill."""
    from pmo_kit.register.template import write_template

    if options.file.suffix.lower() != ".xlsx":
        raise PmoError(f"{options.file} is no name of a workbook; it must end in .xlsx.")
    if options.file.exists():
        raise PmoError(f"{options.file} is there already; nothing is overwritten. Name a new file.")
    print(f"{_short(write_template(options.file))} is ready to fill; then: pmo-kit check {options.file}")
    return DATA_OK


def anonymize(options: argparse.Namespace) -> int:
    """Write a copy of a register that can be shared."""
    from pmo_kit.register import load_register
    from pmo_kit.register.anonymize import anonymize_register
    from pmo_kit.register.writing import write_register

    if options.folder.exists():
        raise PmoError(f"{options.folder} is there already; nothing is overwritten. Name a new folder.")
    write_register(anonymize_register(load_register(options.path), options.secret), options.folder)
    print(
        f"{_short(options.folder)}: names, people and texts replaced, money scaled. Keep the secret to yourself."
    )
    return DATA_OK


def lab(options: argparse.Namespace) -> int:
    """Open JupyterLab on the first lesson of a workshop's team, else on the start page of the notebooks."""
    import os
    import subprocess
    import sysconfig

    notebooks = Path("notebooks")
    if not notebooks.is_dir():
        raise PmoError(
            "There is no folder 'notebooks' here. Go to your workspace, or make one: pmo-kit new FOLDER"
        )
    path = os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", "")])
    pages = (notebooks / "lessons" / "00_ready.ipynb", notebooks / "start.ipynb", notebooks)
    page = next(page for page in pages if page.exists())
    command = [sys.executable, "-m", "jupyterlab", f"--LabApp.default_url=/lab/tree/{page.as_posix()}"]
    return subprocess.run(command, env={**os.environ, "PATH": path}, check=False).returncode


def workshop(options: argparse.Namespace) -> int:
    """Write the folders of a workshop."""
    from pmo_kit.packs.workspace import new_workspace
    from pmo_kit.workshop.folders import write_workshop

    folder = _short(write_workshop(options.folder, options.teams, new_workspace))
    print(
        f"{folder} is ready: {options.teams} team folders, {folder}/facilitator (guide, solutions, ballots)."
    )
    print(f"Try one:\n  cd {folder}/team_1\n  pmo-kit lab")
    return DATA_OK


def _pack_files(options: argparse.Namespace) -> list[Path]:
    """The pack files asked for: named, or all of the workspace, or all that are shipped."""
    from pmo_kit.shipped import shipped

    if options.files:
        return list(options.files)
    own = sorted(Path("packs").glob("[!_]*.yml"))
    if own:
        return own
    if options.all:
        return sorted(shipped("templates", "packs").glob("[!_]*.yml"))
    raise PmoError("Name a pack file, or say --all, or run this in a workspace (pmo-kit new FOLDER).")


def _short(path: Path) -> Path:
    """A path as it is seen from here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pmo-kit", description="From a register of projects to a committee pack."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    one = commands.add_parser("pack", help="build committee packs", description="Build committee packs.")
    one.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="pack files (default: those in packs/)"
    )
    one.add_argument("--all", action="store_true", help="all pack files: of this workspace, or those shipped")
    one.add_argument(
        "--out", default="build/packs", metavar="DIR", help="where packs go (default: build/packs)"
    )
    one.add_argument("--workers", type=int, default=2, metavar="N", help="notebooks at a time (default: 2)")
    one.add_argument(
        "--dask", metavar="ADDRESS", help="run on a Dask cluster (or: local); needs the extra dask"
    )
    one.add_argument("--list", action="store_true", help="list the packs and their chapters, build nothing")
    one.add_argument("--dry-run", action="store_true", help="check everything that can be, build nothing")
    one.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="CHAPTER",
        help="these chapters: number, title or notebook",
    )
    one.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter, or status, date, title",
    )
    one.add_argument("--force", action="store_true", help="execute also what was executed before")
    one.set_defaults(run=pack)
    one = commands.add_parser(
        "verify",
        help="execute a pack again and say what differs",
        description="Execute a pack again from its own sources. Exits with 0: equal byte by byte; 1: every figure is "
        "equal, something around it is not; 2: figures differ, or the pack was changed.",
    )
    one.add_argument("pack", type=Path, metavar="PACK", help="folder of a pack")
    one.add_argument("--against", type=Path, metavar="FILE", help="build from this pack file as it is now")
    one.add_argument("--workers", type=int, default=2, metavar="N", help="notebooks at a time (default: 2)")
    one.set_defaults(run=verify)
    one = commands.add_parser(
        "diff", help="say what moved between two packs", description="Compare the figures of two packs."
    )
    one.add_argument("old", type=Path, metavar="OLD", help="folder of a pack")
    one.add_argument("new", type=Path, metavar="NEW", help="folder of a later pack")
    one.set_defaults(run=diff)
    one = commands.add_parser(
        "record",
        help="add what a committee decided to a register",
        description="Read the decisions.csv that the secretary filled, and add it to the register.",
    )
    one.add_argument("pack", type=Path, metavar="PACK", help="folder of the pack, or its decisions.csv")
    one.add_argument("register", type=Path, metavar="REGISTER", help="the register: a folder of CSV files")
    one.set_defaults(run=record)
    one = commands.add_parser("new", help="make a workspace of your own", description="Make a workspace.")
    one.add_argument("folder", metavar="FOLDER", help="a folder that does not exist yet")
    one.add_argument(
        "--from", dest="sources", nargs="+", type=Path, default=[], metavar="FILE", help="your own export"
    )
    one.set_defaults(run=new)
    one = commands.add_parser(
        "import",
        help="read any export as a register",
        description="Draft a mapping (what each column becomes), read the files with it, and account for every row and "
        "amount. A mapping file among FILE is used as it is.",
    )
    one.add_argument("files", nargs="+", type=Path, metavar="FILE", help="workbooks, CSV files, a mapping")
    one.add_argument("--into", type=Path, metavar="FOLDER", help="where mapping and tables go")
    one.add_argument("--replace", action="store_true", help="write the tables again; never the mapping")
    one.set_defaults(run=import_)
    one = commands.add_parser(
        "check", help="say what is wrong with a register", description="Check a register."
    )
    one.add_argument("path", type=Path, metavar="PATH", help="a folder of CSV files or a workbook")
    one.add_argument("--strict", action="store_true", help="exit with 1 when there are warnings")
    one.add_argument("--xlsx", type=Path, metavar="FILE", help="also write a workbook with the cells marked")
    one.add_argument(
        "--mapping", type=Path, metavar="FILE", help="a mapping file, for an export of another form"
    )
    one.set_defaults(run=check)
    one = commands.add_parser(
        "template", help="write a workbook to fill", description="Write a blank register."
    )
    one.add_argument("file", type=Path, metavar="FILE", help="a workbook (.xlsx) that does not exist yet")
    one.set_defaults(run=template)
    one = commands.add_parser(
        "anonymize", help="copy a register so that it can be shared", description="Make an anonymous copy."
    )
    one.add_argument("path", type=Path, metavar="PATH", help="a folder of CSV files or a workbook")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="where the copy goes; it does not exist yet")
    one.add_argument("--secret", required=True, help="any words; the same words give the same copy")
    one.set_defaults(run=anonymize)
    one = commands.add_parser("lab", help="open JupyterLab on the start page", description="Open JupyterLab.")
    one.set_defaults(run=lab)
    one = commands.add_parser(
        "workshop",
        help="folders for a training workshop",
        description="Make a workshop: teams and facilitator.",
    )
    one.add_argument("folder", type=Path, metavar="FOLDER", help="a folder that does not exist yet")
    one.add_argument("--teams", type=int, default=4, metavar="N", help="how many teams (default: 4)")
    one.set_defaults(run=workshop)
    return parser


if __name__ == "__main__":
    sys.exit(main())
