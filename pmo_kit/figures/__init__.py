"""Results -> exhibits, one module per concept. No arithmetic that belongs to a concept.

Every figure proposes its own title and takeaway, computed from the result; `show` may replace them.
"""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
