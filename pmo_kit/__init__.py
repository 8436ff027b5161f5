"""pmo_kit: decision support for project management offices, in notebooks."""

from pmo_kit.doors import names_of as _names_of

__getattr__, __dir__, __all__ = _names_of(__name__, __file__)
