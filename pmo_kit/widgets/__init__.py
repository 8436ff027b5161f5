"""Interactive explorers and the committee session: one call in a cell, over the same functions as the packs.

The only place that imports ipywidgets. Widgets never feed later cells.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
