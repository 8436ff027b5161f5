"""Fetch the solver of the page from npm and keep it where packs find it, if it is the pinned one: `make live`."""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from pmo_kit.disk import scratch
from pmo_kit.packs.live import PINNED, VERSION
from pmo_kit.packs.manifest import sha256


def main() -> str | None:
    """Words for what went wrong; none where all is well."""
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed: it fetches the solver."
    with scratch() as folder:
        ran = subprocess.run(
            [npm, "pack", f"highs@{VERSION}", "--silent"], cwd=folder, capture_output=True, text=True
        )
        if ran.returncode:
            return f"npm could not fetch highs {VERSION}: {ran.stderr.strip()}"
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            names = {"highs.js": "build/highs.js", "highs.wasm": "build/highs.wasm", "LICENSE": "LICENSE"}
            found = {to: archive.extractfile(f"package/{name}").read() for to, name in names.items()}  # type: ignore[union-attr]
    for name, digest in PINNED.items():
        if sha256(found[name]) != digest:
            return f"{name} of highs {VERSION} is not the one that is pinned; nothing was kept."
    home = Path(__file__).parent / "highs"
    home.mkdir(exist_ok=True)
    (home / "highs.wasm.gz").write_bytes(gzip.compress(found.pop("highs.wasm"), 9, mtime=0))
    for name, content in found.items():
        (home / name).write_bytes(content)
    return None


if __name__ == "__main__":
    sys.exit(main())
