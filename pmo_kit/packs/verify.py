"""Rebuild a pack from its own sources and say what differs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pmo_kit.errors import PackError
from pmo_kit.packs.building import build_pack
from pmo_kit.packs.compare import moves
from pmo_kit.packs.manifest import dumps, pack_id, sha256

BESIDE = ("manifest.json", "run.json", "decisions.csv")
"""Files of a pack that no hash covers: the list of hashes, the diary of the run, what the secretary fills in."""
_MOST = 12


@dataclass(frozen=True)
class Verification:
    """What came of executing a pack again.

    Parameters
    ----------
    pack : str
        Name and id.
    touched : tuple of str
        Files changed, lost or added since the pack was published, one line each.
    inputs : tuple of str
        What the pack was made from and is not the same now: register, notebook, parameter, package.
    figures : tuple of str
        Numbers and texts that came out otherwise, figure by figure.
    outputs : tuple of str
        Files that came out with other bytes.
    """

    pack: str
    touched: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every byte is the same."""
        return not (self.touched or self.inputs or self.figures or self.outputs)

    @property
    def sound(self) -> bool:
        """Whether nobody touched the pack and every number is the same."""
        return not (self.touched or self.figures)

    @property
    def summary(self) -> str:
        """One sentence."""
        if self.touched:
            return f"{self.pack} was changed after it was published."
        if self.figures:
            return f"{self.pack} came out with other figures."
        if self.equal:
            return f"{self.pack} is rebuilt from its sources, byte for byte."
        return f"{self.pack} is rebuilt with every figure equal; something around it is not the same."

    def __str__(self) -> str:
        parts = (
            ("Changed since it was published", self.touched),
            ("Not the same as then", self.inputs),
            ("Figures that differ", self.figures),
            ("Files that differ", self.outputs),
        )
        lines = [self.summary]
        for head, found in parts:
            lines += [f"{head}:", *(f"  {line}" for line in found)] if found else []
        return "\n".join(lines)


def published(place: str | Path) -> Path:
    """The folder of a pack: itself, or the one that `latest.json` names.

    Raises
    ------
    PackError
        When there is no pack.
    """
    folder = Path(place)
    if folder.name in ("latest.json", "manifest.json", "index.html"):
        folder = folder.parent
    latest = folder / "latest.json"
    if latest.is_file():
        named = str(read_json(latest).get("id", ""))
        if not named.isalnum():
            raise PackError(f"{latest} does not name a pack.")
        folder = folder / named
    if not (folder / "manifest.json").is_file():
        raise PackError(f"{place} is no pack: it holds neither manifest.json nor latest.json.")
    return folder


def read_json(path: Path) -> Any:
    """A JSON file of a pack."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackError(f"{path} cannot be read: {error}") from error


def verify_pack(place: str | Path, pack_file: str | Path | None = None, workers: int = 2) -> Verification:
    """Execute a published pack again in a clean folder and compare it, byte by byte and figure by figure.

    Parameters
    ----------
    place : str or Path
        The folder of the pack, or the one with its `latest.json`.
    pack_file : str or Path, optional
        Build from this pack file and what it names now, instead of the sources kept in the pack: what has moved since.
    workers : int
        Notebooks that run at the same time.

    Returns
    -------
    Verification

    Raises
    ------
    PackError
        When there is no pack, its sources are gone, or it cannot be executed any more.
    DataError
        When the register cannot be read any more.
    """
    folder = published(place)
    old = read_json(folder / "manifest.json")
    figures = read_json(folder / "figures.json")
    touched = tuple(_touched(folder, old))
    source = Path(pack_file) if pack_file else folder / "sources" / "pack.yml"
    if not source.is_file():
        raise PackError(
            f"{folder} has no {source.relative_to(folder) if not pack_file else source}: it cannot be rebuilt."
        )
    with tempfile.TemporaryDirectory(prefix="pmo_kit_", ignore_cleanup_errors=True) as temporary:
        again = build_pack(source, Path(temporary) / "packs", workers)
        new = read_json(again / "manifest.json")
        fresh = read_json(again / "figures.json")
    names = [
        name for name, digest in new["outputs"].items() if old["outputs"].get(name) not in (None, digest)
    ]
    made = tuple(name for name in names if not name.startswith("sources/"))
    return Verification(
        pack=f"{old['pack']} {folder.name}",
        touched=touched,
        inputs=tuple(_inputs(old, new)),
        figures=tuple(_figures(figures, fresh)),
        outputs=made,
    )


def _touched(folder: Path, old: Mapping[str, Any]) -> Iterator[str]:
    """Files that are not as they were published."""
    for name, digest in old["outputs"].items():
        path = folder / name
        if not path.is_file():
            yield f"{name} is gone"
        elif sha256(path.read_bytes()) != digest:
            yield f"{name} was changed"
    known = {*old["outputs"], *BESIDE}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in known and not path.name.startswith((".", "~$")):
            yield f"{name} was added"
    inputs = {key: value for key, value in old.items() if key not in ("id", "outputs")}
    follows = pack_id(inputs, (folder / "figures.json").read_bytes())
    if follows != old.get("id"):
        yield "manifest.json does not belong to this pack: its id does not follow from it"
    elif folder.name != follows:
        yield f"the folder was renamed; it was published as {follows}"
    if dumps(old) != (folder / "manifest.json").read_bytes():
        yield "manifest.json was written again by another program"


def _inputs(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What goes in and differs, in words."""
    for key in ("title", "committee", "date", "status"):
        if old[key] != new[key]:
            yield f"{key}: {old[key]!r}, now {new[key]!r}"
    if old["register"]["fingerprint"] != new["register"]["fingerprint"]:
        yield (
            f"register {old['register']['name']}: content {old['register']['fingerprint'][:8]}, "
            f"now {new['register']['fingerprint'][:8]}"
        )
    yield from _pairs("file", old["inputs"], new["inputs"])
    yield from _pairs("notebook", _by_notebook(old, "sha256"), _by_notebook(new, "sha256"))
    then, now = _by_notebook(old, "parameters"), _by_notebook(new, "parameters")
    for name in sorted(set(then) & set(now)):
        yield from (f"{name}: {line}" for line in _pairs("parameter", then[name], now[name]))
    yield from _pairs("package", old["software"], new["software"])
    yield from _pairs("package", old.get("environment", {}), new.get("environment", {}), old["software"])


def _by_notebook(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {chapter["notebook"]: chapter[key] for chapter in manifest["chapters"]}


def _pairs(
    what: str, old: Mapping[str, Any], new: Mapping[str, Any], told: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Names whose value differs; hashes are shortened."""
    for name in sorted({*old, *new} - set(told or ())):
        if name not in new:
            yield f"{what} {name}: is no more"
        elif name not in old:
            yield f"{what} {name}: is new"
        elif old[name] != new[name]:
            yield f"{what} {name}: {_short(old[name])}, now {_short(new[name])}"


def _short(value: Any) -> str:
    text = str(value)
    return text[:8] if len(text) == 64 else text


def _figures(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Iterator[str]:
    """Figures that differ, with the first few numbers of each."""
    before, after = ({record["id"]: record for record in records} for records in (old, new))
    for name in before:
        if name not in after:
            yield f"{name}: is no longer shown"
            continue
        found = moves(before[name], after[name])
        for line in found[:_MOST]:
            yield f"{name}: {line}"
        if len(found) > _MOST:
            yield f"{name}: and {len(found) - _MOST} more"
    yield from (f"{name}: is new" for name in after if name not in before)
