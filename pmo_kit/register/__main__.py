"""`python -m pmo_kit.register SOURCE MAPPING OUT`: the same as `pmo-kit import SOURCE MAPPING --into OUT`."""

import sys
from pathlib import Path

from pmo_kit.errors import DataError
from pmo_kit.register.findings import describe_findings
from pmo_kit.register.reading import load_register
from pmo_kit.register.template import write_register


def main(arguments: list[str]) -> int:
    """Read a source through a mapping, write it as a folder of CSV tables, print what became of its rows."""
    if len(arguments) != 3:
        print("usage: python -m pmo_kit.register SOURCE MAPPING.yml OUT_FOLDER")
        return 2
    source, mapping, out = map(Path, arguments)
    try:
        register = load_register(source, mapping=mapping)
    except DataError as error:
        print(error)
        return 2
    for file in write_register(register, out):
        print(file)
    print(describe_findings(register.findings))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
