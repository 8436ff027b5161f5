"""What the command line asks of packs, in words, and what a run that nobody watches leaves behind."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from pmo_kit.disk import scratch, write_whole
from pmo_kit.errors import PmoError
from pmo_kit.facts import number
from pmo_kit.packs.building import Built
from pmo_kit.packs.manifest import Published, read_json
from pmo_kit.packs.spec import PackSpec, expand, only, read_spec, with_values


def asked(
    files: Sequence[Path], chapters: Sequence[str] = (), values: Sequence[str] = ()
) -> tuple[list[PackSpec], list[PmoError]]:
    """The packs of some pack files, and what is wrong with the files that cannot be used.

    Parameters
    ----------
    files : sequence of Path
        Pack files.
    chapters, values : sequence of str
        As for `only` and `with_values`.
    """
    specs: list[PackSpec] = []
    failed: list[PmoError] = []
    for file in files:
        try:
            specs += expand(only(with_values(read_spec(file), values), chapters))
        except PmoError as error:
            failed.append(error)
    return specs, failed


def listed(spec: PackSpec) -> str:
    """A pack and its chapters, in a few lines."""
    lines = [f"{spec.name}: {spec.title} ({spec.status})"]
    for place, chapter in enumerate(spec.chapters, 1):
        title = f"{chapter.title} (annex)" if chapter.annex else chapter.title
        lines.append(f"  {place}  {title}: {chapter.notebook.stem}")
    return "\n".join(lines)


def described(spec: PackSpec) -> str:
    """What building a pack would do: register, media, chapters with every parameter; nothing is executed.

    Raises
    ------
    PackError, DataError
        What can be known to be wrong before a notebook runs.
    """
    from pmo_kit.packs import staging
    from pmo_kit.packs.building import settled

    spec = settled(spec)
    with scratch() as temporary:
        stage = staging.stage(spec, temporary / "stage")
        register = staging.register_of(stage)
        _, stage, absent = staging.possible(spec, stage, register.has)
    lines = [
        f"{spec.name}: {spec.title} ({spec.status})",
        f"  register {register.settings.name}, content {register.fingerprint[:8]}, {len(register.projects)} projects",
        f"  media {', '.join(spec.formats)}",
    ]
    for place, job in enumerate(stage.jobs, 1):
        given = ", ".join(f"{name} = {value!r}" for name, value in sorted(job.parameters.items()))
        lines.append(f"  {place}  {job.title}: {job.notebook}, {given}")
    return "\n".join([*lines, *(f"  not shown: {line}" for line in absent)])


def warned(folder: Path) -> str:
    """What a reader of a published pack should know about its paper; empty when all is well."""
    from pmo_kit.packs.media.pdf import warning

    return warning(read_json(folder / "manifest.json").get("unprintable", {}))


def summed(built: Sequence[Built], unread: int = 0) -> str:
    """The summary of a run: what was built, what was not and why, in a line each."""
    width = max((len(one.spec.name) for one in built), default=0)
    lines = []
    for one in built:
        reused = f", {one.reused} of {len(one.spec.chapters)} chapters reused" if one.reused else ""
        words = "unchanged" if one.unchanged else f"built after {number(one.seconds, 0)} s{reused}"
        state = f"not built: {_first(one.error)}" if one.error else words
        lines.append(f"  {one.spec.name:<{width}}  {state}")
    failed = sum(one.error is not None for one in built) + unread
    made = len(built) + unread - failed
    head = f"{made} pack{'s' * (made != 1)} built" + (f", {failed} not" if failed else "")
    return "\n".join([f"{head}:", *lines])


def _first(error: PmoError | None) -> str:
    """The first line that says why."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines[1:] if ":" in line), lines[0] if lines else "")


def log_runs(built: Sequence[Built], failed: Sequence[PmoError], file: Path) -> None:
    """Append one line of JSON for each pack: when, pack, state (built, unchanged, failed), id, folder, seconds, error.

    Parameters
    ----------
    built : sequence of Built
        What became of each pack.
    failed : sequence of PmoError
        Pack files that could not be read at all.
    file : Path
        Made where it is not there; lines are only ever added.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    lines = [
        {
            "time": now,
            "pack": one.spec.name,
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
    lines += [{"time": now, "pack": None, "state": "failed", "error": str(error)} for error in failed]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def write_letter(built: Built) -> Path:
    """Write `<id>.eml` beside the folder of a pack: page one in words, what moved since the last pack, the pack itself.

    A mail program opens it as a draft: there is no sender and nobody it goes to. Equal packs give equal bytes.

    Raises
    ------
    PackError
        When the pack is damaged.
    """
    from pmo_kit.exhibits.display import plain
    from pmo_kit.exhibits.jsonform import from_json
    from pmo_kit.packs.verify import diff_packs

    assert built.folder is not None
    pack = Published.at(built.folder)
    page = read_spec(pack.folder / "sources" / "pack.yml").page_one
    records = {record["id"]: record for record in pack.figures}
    parts = [plain(from_json(records[name])) for name in (page.ids if page else ()) if name in records]
    parts = parts or [str(record.get("title", "")) for record in pack.figures if record.get("title")]
    if built.previous is not None and built.previous != built.folder:
        parts.append(diff_packs(built.previous, built.folder).told())
    letter = EmailMessage(policy=SMTP)
    letter["Subject"] = f"{pack.manifest['title']} ({pack.manifest['status']}, {pack.folder.name})"
    letter["X-Unsent"] = "1"
    letter.set_content("\n\n".join(parts))
    for name, kind in (("pack.pdf", ("application", "pdf")), ("index.html", ("text", "html"))):
        if (pack.folder / name).is_file():
            letter.add_attachment(
                (pack.folder / name).read_bytes(), maintype=kind[0], subtype=kind[1], filename=name
            )
            break
    letter.set_boundary(f"pmo_kit_{pack.folder.name}")
    return write_whole(pack.folder.parent / f"{pack.folder.name}.eml", letter.as_bytes())
