"""What a run that nobody watches leaves behind: a line of JSON for each pack, and a letter ready to be sent."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from pmo_kit.disk import write_whole
from pmo_kit.errors import PmoError
from pmo_kit.packs.building import Built
from pmo_kit.packs.compare import Published
from pmo_kit.packs.spec import read_spec
from pmo_kit.packs.verify import diff_packs


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
