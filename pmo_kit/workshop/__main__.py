"""`python -m pmo_kit.workshop`: the lessons from their sources, and the guide in build/workshop."""

from __future__ import annotations

import sys
from pathlib import Path

from pmo_kit.workshop.building import write_lessons
from pmo_kit.workshop.guide import write_guide


def main() -> None:
    """Write what `make workshop` writes, and say where."""
    for path in write_lessons():
        sys.stdout.write(f"{_short(path)}\n")
    sys.stdout.write(f"{_short(write_guide(Path('build/workshop/guide.pdf').resolve()))}\n")


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


if __name__ == "__main__":
    main()
