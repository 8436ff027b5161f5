"""`make bench`: measured claims. Each bench module lists its lines; a ratio is against a peer in the same run.

A bench function is named `bench_*` and returns a `Line` (or several). Times are wall seconds, the best of the
stated runs; a bound that is missed is printed as MISSED and makes the command fail.
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterable

import tests.bench
from tests.bench.line import Line


def lines(wanted: list[str]) -> Iterable[Line]:
    for module in sorted(m.name for m in pkgutil.iter_modules(tests.bench.__path__) if m.name.startswith("bench_")):
        loaded = importlib.import_module(f"tests.bench.{module}")
        for name in (n for n in vars(loaded) if n.startswith("bench_")):
            if not wanted or any(word in f"{module}.{name}" for word in wanted):
                found = getattr(loaded, name)()
                yield from [found] if isinstance(found, Line) else found


if __name__ == "__main__":
    missed = 0
    for line in lines(sys.argv[1:]):
        print(line.text(), flush=True)
        missed += not line.kept
    sys.exit(f"{missed} bound(s) missed" if missed else 0)
