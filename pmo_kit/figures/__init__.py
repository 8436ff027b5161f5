"""Results -> exhibits, one module per concept. No arithmetic that belongs to a concept.

Every figure proposes its own title and takeaway, computed from the result; `show` may replace them.
"""

from pmo_kit.doors import names_of as _names_of

__getattr__, __dir__, __all__ = _names_of(__name__, __file__)
