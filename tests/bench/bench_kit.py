"""A light import and a quick proof."""

import subprocess
import sys
from pathlib import Path

from tests.bench.line import Line, seconds

ROOT = Path(__file__).parents[2]


def bench_import() -> Line:
    """A bare `import pmo_kit` in a fresh interpreter, less the interpreter itself."""
    bare = seconds(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True), 5)
    full = seconds(lambda: subprocess.run([sys.executable, "-c", "import pmo_kit"], check=True), 5)
    return Line("import pmo_kit", full - bare, 0.1)


def bench_meridian() -> Line:
    """The sixty projects of Meridian under every rule, to proof."""
    import pmo_kit as pmo

    question = pmo.Question(pmo.load_register(ROOT / "data/samples/meridian"))

    def solve() -> None:
        assert pmo.arbitrate(question).status == "optimal"

    return Line("meridian, 60 projects with all rules, proven", seconds(solve), 5.0)
