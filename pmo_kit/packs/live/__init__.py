"""The page that answers back: the question of a pack beside its facts, and a solver that asks it again in the page.

Everything is in the page: HiGHS as WebAssembly (npm package `highs`, MIT), the question as data, and this folder's
JavaScript. Nothing is fetched when it is opened.
"""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pmo_kit.disk import scratch
from pmo_kit.errors import PackError
from pmo_kit.packs.manifest import sha256

MIME = "application/vnd.pmo-kit.question+json"
VERSION = "1.15.3"
PINNED = {
    "highs.js": "0bd23843c9795753f2276e9901eb2a1e66288547b6bcba84fa0665dc037b5c7c",
    "highs.wasm": "528be4365bea1d4188988646b244263f50320df55782e14d6af5bce7cd45c840",
}
"""SHA-256 of the solver's files in that version of the npm package."""
HOME = files("pmo_kit.packs.live")
ABSENT = "The page does not answer back: its solver is not here; run 'make live', then build the pack again."
UNASKED = "The page does not answer back: no chapter of this pack hands over its question."


@dataclass(frozen=True, eq=False)
class Live:
    """What a page needs to ask its question again.

    Parameters
    ----------
    question : bytes
        `question.json`.
    program : str
        The script of the worker: the solver and what drives it.
    binary : str
        The solver as WebAssembly, gzipped, in base64.
    script, style : str
        Of the page.
    """

    question: bytes
    program: str
    binary: str
    script: str
    style: str

    @property
    def stated(self) -> dict[str, str]:
        """What the manifest says of it."""
        return {"solver": f"highs {VERSION}", "wasm": PINNED["highs.wasm"], "question": sha256(self.question)}


def live(notebooks: Iterable[Any]) -> tuple[Live | None, str]:
    """The question that the notebooks hand over with what solves it; or none, and a line that says why.

    Parameters
    ----------
    notebooks : iterable of NotebookNode
        Executed.

    Raises
    ------
    PackError
        Two notebooks hand over different questions, or a file of the solver is not the pinned one.
    """
    found = [
        json.dumps(output["data"][MIME], ensure_ascii=False, separators=(",", ":"))
        for notebook in notebooks for cell in notebook.cells for output in cell.get("outputs", ())
        if MIME in output.get("data", {})
    ]  # fmt: skip
    if not found:
        return None, UNASKED
    if len(set(found)) > 1:
        raise PackError("Two cells hand different questions to the page: leave 'as_data' in one of them.")
    solver, binary = HOME / "highs" / "highs.js", HOME / "highs" / "highs.wasm.gz"
    if not (solver.is_file() and binary.is_file()):
        return None, ABSENT
    packed = binary.read_bytes()
    for name, content in (("highs.js", solver.read_bytes()), ("highs.wasm", gzip.decompress(packed))):
        if sha256(content) != PINNED[name]:
            raise PackError(f"{name} is not that of highs {VERSION}: run 'make live' to fetch it again.")
    notice = (HOME / "highs" / "LICENSE").read_text("utf-8")
    program = "\n".join(
        [
            f"/* highs {VERSION}\n{notice}*/",
            solver.read_text("utf-8"),
            _text("question.js"),
            _text("solver.js"),
            _text("worker.js"),
        ]
    )
    board = files("pmo_kit") / "widgets"
    drawn = [
        _text("question.js"),
        _text("session.js"),
        *((board / name).read_text("utf-8") for name in ("link.js", "board.js")),
        _text("page.js"),
    ]
    return Live(
        f"{found[0]}\n".encode(),
        program,
        base64.b64encode(packed).decode(),
        "\n".join(["(() => {", *drawn, "})();"]),
        (board / "board.css").read_text("utf-8") + _text("page.css"),
    ), ""


def _text(name: str) -> str:
    return (HOME / name).read_text("utf-8")


def fetch() -> str | None:
    """Fetch the solver from npm and keep it where packs find it, if it is the pinned one: `make live`.

    Returns
    -------
    str or None
        Words for what went wrong; none where all is well.
    """
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed: it fetches the solver."
    with scratch() as folder:
        ran = subprocess.run([npm, "pack", f"highs@{VERSION}", "--silent"], cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            return f"npm could not fetch highs {VERSION}: {ran.stderr.strip()}"
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            names = {"highs.js": "build/highs.js", "highs.wasm": "build/highs.wasm", "LICENSE": "LICENSE"}
            found = {to: archive.extractfile(f"package/{name}").read() for to, name in names.items()}  # type: ignore[union-attr]
    for name, digest in PINNED.items():
        if sha256(found[name]) != digest:
            return f"{name} of highs {VERSION} is not the one that is pinned; nothing was kept."
    home = Path(str(HOME)) / "highs"
    home.mkdir(exist_ok=True)
    (home / "highs.wasm.gz").write_bytes(gzip.compress(found.pop("highs.wasm"), 9, mtime=0))
    for name, content in found.items():
        (home / name).write_bytes(content)
    return None
