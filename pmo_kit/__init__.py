"""pmo_kit: decision support for project management offices, in notebooks."""

import lazy_loader as _lazy

_public, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    if name in __all__ or name.startswith("_"):
        return _public(name)
    from pmo_kit.doors import nearest

    raise AttributeError(f"pmo_kit has no {name!r}; {nearest(name, __all__)}")
