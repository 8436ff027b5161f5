"""`python -m pmo_kit.register SOURCE MAPPING OUT`: the same as `pmo-kit import SOURCE MAPPING --into OUT`."""

import sys
from pathlib import Path

from pmo_kit.errors import PmoError
from pmo_kit.register.drafting import import_sources

if __name__ == "__main__":
    try:
        *files, out = map(Path, sys.argv[1:])
        told, status = import_sources(files, out)
    except (PmoError, ValueError) as error:
        told, status = str(error), 2
    print(told)
    sys.exit(status)
