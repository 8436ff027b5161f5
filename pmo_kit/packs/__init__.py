"""Committee packs: notebooks run over one register, exhibits laid out, published whole or not at all."""

from __future__ import annotations

import sys

sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # seconds of import that nothing uses

from pmo_kit.packs.building import Built, build_pack, build_packs  # noqa: E402
from pmo_kit.packs.jobs import expand  # noqa: E402
from pmo_kit.packs.spec import PackSpec, read_spec  # noqa: E402
