"""Compare a pack with what was published and, where that is safe, rebuild it from its own sources and say what differs.

The notebooks of a pack are programs: they run with the rights of whoever executes them. So hashes come first, nothing
runs where one differs, and a pack that was not built by this user on this machine runs only when that is asked for.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pmo_kit.errors import PackError
from pmo_kit.packs.building import build_pack
from pmo_kit.packs.compare import FigureMoves, Published, figures_moved, made_from, read_json
from pmo_kit.packs.manifest import dumps, pack_id, seal, sha256
from pmo_kit.packs.staging import scratch

BESIDE = ("manifest.json", "run.json", "decisions.csv")
"""Files of a pack that no hash covers: the list of hashes, the diary of the run, what the secretary fills in."""
_MOST = 12
_STRANGER = (
    "It was not built here by you, so nothing was executed: its notebooks are programs that run with your rights. "
    "--run executes them, if you trust who sent it; --hashes compares only."
)


@dataclass(frozen=True)
class Verification:
    """What came of comparing a pack, and of executing it again.

    Parameters
    ----------
    pack : str
        Name and id.
    files : int
        Files whose hash was compared.
    ran : bool
        Whether it was executed.
    notes : tuple of str
        What is no change of a pack but worth knowing: a copied folder, and why nothing was executed.
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
    files: int = 0
    ran: bool = False
    notes: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every byte is the same, as far as was asked for."""
        return self.sound and not (self.inputs or self.outputs)

    @property
    def sound(self) -> bool:
        """Whether nobody touched the pack, every number is the same and nothing that was asked for was left undone."""
        return not (self.touched or self.figures or _STRANGER in self.notes)

    @property
    def summary(self) -> str:
        """One sentence."""
        if self.touched:
            return f"{self.pack} was changed after it was published; nothing was executed."
        if self.figures:
            return f"{self.pack} came out with other figures."
        if not self.ran:
            return f"{self.pack}: all {self.files} files are as they were published; nothing was executed."
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
        lines = [self.summary, *self.notes]
        for head, found in parts:
            lines += [f"{head}:", *(f"  {line}" for line in found)] if found else []
        return "\n".join(lines)


def verify_pack(
    place: str | Path, pack_file: str | Path | None = None, workers: int = 2, run: bool | None = None
) -> Verification:
    """Compare a published pack with its hashes, then execute it again in a clean folder and compare that.

    Nothing is executed where a file was changed.

    Parameters
    ----------
    place : str or Path
        The folder of the pack, or the one with its `latest.json`.
    pack_file : str or Path, optional
        Build from this pack file and what it names now, instead of the sources kept in the pack: what has moved since.
    workers : int
        Notebooks that run at the same time.
    run : bool, optional
        True: execute also a pack that was not built here. False: execute nothing. By default a pack is executed that
        this user built on this machine.

    Returns
    -------
    Verification

    Raises
    ------
    PackError
        When there is no pack, it is damaged, its sources are gone, or it cannot be executed any more.
    DataError
        When the register cannot be read any more.
    """
    pack = Published.at(place)
    folder, old = pack.folder, pack.manifest
    touched = tuple(_touched(pack))
    notes = (
        [f"The folder has another name; it was published as {old['id']}."] if folder.name != old["id"] else []
    )
    found = Verification(f"{old['pack']} {folder.name}", len(old["outputs"]), False, tuple(notes), touched)
    if touched or run is False:
        return found
    if run is None and pack_file is None and not _built_here(folder):
        return replace(found, notes=(*notes, _STRANGER))
    source = Path(pack_file) if pack_file else folder / "sources" / "pack.yml"
    if not source.is_file():
        raise PackError(
            f"{folder} has no {source.relative_to(folder) if not pack_file else source}: it cannot be rebuilt."
        )
    with scratch() as temporary:
        again = Published.at(build_pack(source, temporary / "packs", workers))
    new = again.manifest
    names = [
        name for name, digest in new["outputs"].items() if old["outputs"].get(name) not in (None, digest)
    ]
    return replace(
        found,
        ran=True,
        inputs=tuple(made_from(old, new)),
        figures=tuple(_told(figures_moved(pack, again))),
        outputs=tuple(name for name in names if not name.startswith("sources/")),
    )


def _built_here(folder: Path) -> bool:
    """Whether this user of this machine built the pack."""
    file = folder / "run.json"
    told = read_json(file) if file.is_file() else {}
    given = str(told.get("seal", "")) if isinstance(told, dict) else ""
    own = seal((folder / "manifest.json").read_bytes())
    return bool(own) and hmac.compare_digest(given.encode(), own.encode())


def _touched(pack: Published) -> Iterator[str]:
    """Files that are not as they were published."""
    folder, old = pack.folder, pack.manifest
    for name, digest in old["outputs"].items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            yield f"{name} leads out of the pack"
        elif not path.is_file():
            yield f"{name} is gone"
        elif sha256(path.read_bytes()) != digest:
            yield f"{name} was changed"
    known = {*old["outputs"], *BESIDE}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if name not in known and not path.name.startswith((".", "~$")):
            yield f"{name} was added"
    inputs = {key: value for key, value in old.items() if key not in ("id", "outputs")}
    if pack_id(inputs, (folder / "figures.json").read_bytes()) != old["id"]:
        yield "manifest.json does not belong to this pack: its id does not follow from it"
    elif dumps(old) != (folder / "manifest.json").read_bytes():
        yield "manifest.json was written again by another program"


def _told(found: FigureMoves) -> Iterator[str]:
    """Figures that differ, with the first few numbers of each."""
    yield from (f"{name}: is no longer shown" for name in found.gone)
    for name, moves in found.moved.items():
        yield from (f"{name}: {line}" for line in moves[:_MOST])
        if len(moves) > _MOST:
            yield f"{name}: and {len(moves) - _MOST} more"
    yield from (f"{name}: is new" for name in found.added)
