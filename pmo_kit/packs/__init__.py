"""Committee packs: notebooks run over one register, exhibits laid out, published whole or not at all.

A pack file goes one way, through seven stations:

1. `spec.read_spec`: the file becomes a `PackSpec`, which stays as it is.
2. `jobs.expand`: the `PackSpec` becomes `Pack`s, one for each row of its matrix; what it leaves open is decided.
3. `jobs.stage`: a `Pack` becomes a `Stage`: a tree with one snapshot of its inputs, and a `Job` for each notebook.
4. `run.run_many`: a `Job` becomes an executed notebook, once for all packs that have it alike.
5. `layout.place`: the exhibits of the notebooks become a `Placed`: each at its place, in its last words.
6. `building.pack_files`: a `Placed` and its manifest become an `Outline`, and that the bytes of every medium (`media`).
7. `manifest.publish`: the bytes become a folder.

`verify` sends the sources of a published pack the same way and compares the two packs, as `diff_packs` does.
"""

from __future__ import annotations

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # seconds of import that nothing uses

from pmo_kit.packs.building import Built, build_pack, build_packs  # noqa: E402
from pmo_kit.packs.jobs import expand  # noqa: E402
from pmo_kit.packs.spec import PackSpec, read_spec  # noqa: E402
