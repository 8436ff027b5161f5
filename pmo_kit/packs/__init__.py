"""Committee packs: notebooks run over one register, exhibits laid out, published whole or not at all."""

from __future__ import annotations

from pmo_kit.packs.building import Built, build_pack, build_packs
from pmo_kit.packs.spec import PackSpec, read_spec
from pmo_kit.packs.variants import expand

__all__ = ["Built", "PackSpec", "build_pack", "build_packs", "expand", "read_spec"]
