"""Executed notebooks kept by what they follow from: an equal chapter is not executed again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pmo_kit.disk import write_whole
from pmo_kit.packs.manifest import dumps, file_hash, sha256
from pmo_kit.packs.staging import Job

KEPT = 400
"""Notebooks that are kept; the oldest go first."""


def key_of(job: Job, inputs: Mapping[str, str], software: Mapping[str, Any]) -> str:
    """The SHA-256 of all that an executed notebook follows from.

    Parameters
    ----------
    job : Job
        The notebook and its parameters.
    inputs : mapping of str to str
        Every file of the stage that it may read -> SHA-256.
    software : mapping
        Python, packages, the code of this one.
    """
    source = file_hash(Path(job.source))
    return sha256(dumps([source, sorted(job.parameters.items()), sorted(inputs.items()), software]))


class Cache:
    """Executed notebooks in a folder, one file each, and how long each notebook took.

    Parameters
    ----------
    folder : Path
        Made when something is put into it.
    force : bool
        Find nothing, but keep what is put.
    """

    def __init__(self, folder: Path, force: bool = False) -> None:
        self.folder, self.force = folder, force
        self._times = folder / "seconds.json"

    def get(self, key: str) -> bytes | None:
        """The executed notebook, or None. One that was damaged is none."""
        path = self.folder / f"{key}.ipynb"
        if self.force or not path.is_file():
            return None
        digest, _, content = path.read_bytes().partition(b"\n")
        if digest.decode(errors="replace") != sha256(content):
            return None
        os.utime(path)
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep an executed notebook, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_whole(self.folder / f"{key}.ipynb", sha256(content).encode() + b"\n" + content)

    def seconds(self) -> dict[str, float]:
        """How long each notebook took last, by name."""
        try:
            found = json.loads(self._times.read_text(encoding="utf-8"))
            return {str(name): float(value) for name, value in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def close(self, seconds: Mapping[str, float]) -> None:
        """Note how long notebooks took and let the oldest go."""
        if not self.folder.is_dir():
            return
        write_whole(self._times, dumps({**self.seconds(), **seconds}))
        kept = sorted(self.folder.glob("*.ipynb"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)
