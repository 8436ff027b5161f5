"""Tables in, one validated Register out."""

from pmo_kit.register.reading import load_register
from pmo_kit.register.settings import Settings
from pmo_kit.register.tables import Register
