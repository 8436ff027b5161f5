"""Interactive explorers and the committee session: one call in a cell, over the same functions as the packs.

The only place that imports ipywidgets. Widgets never feed later cells.
"""

from pmo_kit.doors import names_of as _names_of

__getattr__, __dir__, __all__ = _names_of(__name__, __file__)
