"""What the command line asks of packs, in words; a workspace of one's own; what a run that nobody watches leaves."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import nbformat

from pmo_kit.disk import new_folder, real, scratch, write_whole
from pmo_kit.doors import missing
from pmo_kit.errors import PmoError
from pmo_kit.exhibits.display import plain
from pmo_kit.exhibits.records import from_json
from pmo_kit.facts import number
from pmo_kit.packs.building import Built
from pmo_kit.packs.jobs import Pack, expand, stage
from pmo_kit.packs.manifest import Published, read_json
from pmo_kit.packs.media.pdf import warning
from pmo_kit.packs.spec import read_notebook, read_spec, with_values
from pmo_kit.packs.verify import diff_packs
from pmo_kit.register import load_register
from pmo_kit.register.drafting import draft_mapping
from pmo_kit.register.template import write_template
from pmo_kit.shipped import shipped


def asked(
    files: Sequence[Path], chapters: Sequence[str] = (), values: Sequence[str] = ()
) -> tuple[list[Pack], list[PmoError]]:
    """The packs of some pack files, and what is wrong with the files that cannot be used.

    Parameters
    ----------
    files : sequence of Path
        Pack files.
    chapters, values : sequence of str
        As for `expand`.
    """
    packs: list[Pack] = []
    failed: list[PmoError] = []
    for file in files:
        try:
            packs += expand(read_spec(file), values, chapters)
        except PmoError as error:
            failed.append(error)
    return packs, failed


def listed(pack: Pack) -> str:
    """A pack and its chapters, in a few lines."""
    lines = [f"{pack.name}: {pack.title} ({pack.status})"]
    for place, chapter in enumerate(pack.chapters, 1):
        title = f"{chapter.title} (annex)" if chapter.annex else chapter.title
        lines.append(f"  {place}  {title}: {chapter.notebook.stem}")
    return "\n".join(lines)


def described(pack: Pack) -> str:
    """What building a pack would do: register, media, chapters with every parameter; nothing is executed.

    Raises
    ------
    PackError, DataError
        What can be known to be wrong before a notebook runs.
    """
    with scratch() as temporary:
        staged = stage(pack, temporary / "stage")
    register = staged.register
    lines = [
        f"{pack.name}: {pack.title} ({pack.status})",
        f"  register {register.settings.name}, content {register.fingerprint[:8]}, {len(register.projects)} projects",
        f"  media {', '.join(pack.formats)}",
    ]
    for place, job in enumerate(staged.jobs, 1):
        given = ", ".join(f"{name} = {value!r}" for name, value in sorted(job.parameters.items()))
        lines.append(f"  {place}  {job.title}: {job.notebook}, {given}")
    return "\n".join([*lines, *(f"  not shown: {line}" for line in staged.absent)])


def warned(folder: Path) -> str:
    """What a reader of a published pack should know about its paper; empty when all is well."""
    return warning(read_json(folder / "manifest.json").get("unprintable", {}))


def summed(built: Sequence[Built], unread: int = 0) -> str:
    """The summary of a run: what was built, what was not and why, in a line each."""
    width = max((len(one.pack.name) for one in built), default=0)
    lines = []
    for one in built:
        reused = f", {one.reused} of {len(one.pack.chapters)} chapters reused" if one.reused else ""
        words = "unchanged" if one.unchanged else f"built after {number(one.seconds, 0)} s{reused}"
        state = f"not built: {_first(one.error)}" if one.error else words
        lines.append(f"  {one.pack.name:<{width}}  {state}")
    failed, left = sum(one.error is not None for one in built) + unread, sum(one.unchanged for one in built)
    made = len(built) + unread - failed - left
    counted = (
        f"{made} pack{'s' * (made != 1)} built",
        f"{left} unchanged" * bool(left),
        f"{failed} not" * bool(failed),
    )
    return "\n".join([", ".join(filter(None, counted)) + (":" if lines else "."), *lines])


def _first(error: PmoError | None) -> str:
    """The first line that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines[1:] if ":" in line), lines[0] if lines else "")


def log_runs(built: Sequence[Built], failed: Sequence[BaseException], file: Path) -> None:
    """Append one line of JSON for each pack: when, pack, state (built, unchanged, failed), id, folder, seconds, error.

    Parameters
    ----------
    built : sequence of Built
        What became of each pack.
    failed : sequence of exception
        Why pack files could not be read at all, or the run ended early.
    file : Path
        Made where it is not there; lines are only ever added.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    lines = [
        {
            "time": now,
            "pack": one.pack.name,
            "state": "failed" if one.folder is None else "unchanged" if one.unchanged else "built",
            "id": one.folder.name if one.folder else None,
            "folder": str(one.folder) if one.folder else None,
            "previous": one.previous.name if one.previous else None,
            "seconds": round(one.seconds, 1),
            "reused": one.reused,
            "error": str(one.error) if one.error else None,
        }
        for one in built
    ]
    lines += [
        {"time": now, "pack": None, "state": "failed", "error": str(error) or type(error).__name__} for error in failed
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    size = file.stat().st_size if file.is_file() else 0
    try:
        with file.open("a", encoding="utf-8", errors="replace") as stream:
            stream.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    except OSError:  # half a line would spoil the next one
        if file.is_file():
            os.truncate(file, size)
        raise


def write_letter(built: Built) -> Path:
    """Write `<id>.eml` beside the folder of a pack: page one in words, what moved since the last pack, the pack itself.

    A mail program opens it as a draft: there is no sender and nobody it goes to. Equal packs give equal bytes.

    Raises
    ------
    PackError
        When the pack is damaged.
    """

    assert built.folder is not None
    pack = Published.at(built.folder)
    parts = [plain(from_json(pack.by_id[name])) for name in pack.page_one if name in pack.by_id]
    parts = parts or [str(record.get("title", "")) for record in pack.figures if record.get("title")]
    if built.previous is not None and built.previous != built.folder:
        parts.append(diff_packs(built.previous, built.folder).told())
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = f"{pack.manifest['title']} ({pack.manifest['status']}, {pack.folder.name})"
    letter["X-Unsent"] = "1"
    letter.set_content("\n\n".join(parts))
    for name, kind in (("pack.pdf", ("application", "pdf")), ("index.html", ("text", "html"))):
        if (pack.folder / name).is_file():
            letter.add_attachment((pack.folder / name).read_bytes(), maintype=kind[0], subtype=kind[1], filename=name)
            break
    letter.set_boundary(f"pmo_kit_{pack.folder.name}")
    return write_whole(pack.folder.parent / f"{pack.folder.name}.eml", letter.as_bytes())


SAMPLE = ("data", "samples", "meridian_12")
PACKS = {
    "investment_committee.yml": {},
    "delivery_overview.yml": {
        "pack": "portfolio_overview",
        "title": "Portfolio overview",
        "committee": "Board",
    },
}
"""Shipped pack files that a workspace receives, with the lines that change."""
_README = """# Your committee packs
Replace the rows of `register.xlsx` by your own (the sheets projects and costs are enough to begin); `pmo-kit check register.xlsx` says what to mend.
`pmo-kit pack` makes the packs of `packs/` in `build/packs/` (a chapter whose sheet is empty becomes one line); `pmo-kit lab` opens the notebooks.
"""  # noqa: E501
_README_FROM = """# Your committee packs
`{mapping}` says what each column of your export (in `source/`) becomes; lines with a question mark are guesses: correct them, then `pmo-kit check {mapping}`.
`pmo-kit pack` makes the packs of `packs/` in `build/packs/`. Next month: put the new export in the place of the old one. `pmo-kit lab` opens the notebooks.
"""  # noqa: E501


def new_workspace(folder: str | Path, sources: Sequence[Path] = ()) -> Path:
    """Make a folder in which `pmo-kit pack` works at once.

    It holds `register.xlsx` (a small sample to replace), `packs/` (a pack file), `notebooks/` (their parameters
    read the register of the workspace) and a README of three lines.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet, or is empty.
    sources : sequence of Path
        Your own export: it is copied, a mapping is drafted (NAME.map.yml), and everything reads it through that.

    Raises
    ------
    PmoError
        When something is there already: nothing is ever overwritten.
    """
    for source in sources:
        if not source.is_file():
            raise PmoError(f"{source} is a folder: name its files." if source.is_dir() else missing(source))
    with new_folder(real(folder)) as draft:
        _fill(draft, sources)
    return real(folder)


def _fill(home: Path, sources: Sequence[Path]) -> None:
    """Put everything into the folder of a workspace."""
    (home / "packs").mkdir()
    (home / "notebooks").mkdir()
    register = "register.xlsx"
    if sources:
        (home / "source").mkdir()
        copies = [Path(shutil.copy(source, home / "source")) for source in sources]
        register = f"{sources[0].stem}.map.yml"
        (home / register).write_text(draft_mapping(copies, home).text, encoding="utf-8")
    else:
        write_template(home / register, load_register(shipped(*SAMPLE)))
    for name, changes in PACKS.items():
        text = own_pack(shipped("templates", "packs", name).read_text(encoding="utf-8"), register, **changes)
        own = changes.get("pack", Path(name).stem)
        (home / "packs" / f"{own}.yml").write_text(text, encoding="utf-8")
    for source in sorted(shipped("notebooks").glob("*.ipynb")):
        book = with_values(read_notebook(source), register_path=f"../{register}", previous_path="")
        nbformat.write(book, home / "notebooks" / source.name)
    text = _README if not sources else _README_FROM.format(mapping=register)
    (home / "README.md").write_text(text, encoding="utf-8")


def own_pack(text: str, register: str = "register.xlsx", **changes: str) -> str:
    """A shipped pack file that reads the register and the notebooks of a workspace, some lines changed.

    Examples
    --------
    >>> print(own_pack("register: ../../data/samples/meridian\\nprevious: ../../data/samples/old\\n"
    ...                "  - notebook: ../../notebooks/00.ipynb\\n"), end="")
    register: ../register.xlsx
      - notebook: ../notebooks/00.ipynb
    """
    text = re.sub(r"^register:.*$", f"register: ../{register}", text, flags=re.MULTILINE)
    text = re.sub(r"^previous:.*\n", "", text, flags=re.MULTILINE)
    for key, value in changes.items():
        text = re.sub(rf"^{key}:.*$", f"{key}: {value}", text, flags=re.MULTILINE)
    if changes:
        text = re.sub(r"\A(#.*\n)+", "# An overview of any register: the sheets projects and costs are enough.\n", text)
    return text.replace("../../notebooks/", "../notebooks/")
