"""pmo_kit: decision support for project management offices, in notebooks."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
