"""Every shipped notebook runs from top to bottom, and its checked cell says what it said when it was committed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pmo_kit.disk import SHARED

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The surroundings of one run: what one notebook has read and proven, the next one takes from it, as in a pack."""
    return {**os.environ, SHARED: str(tmp_path_factory.mktemp("shared"))}


@pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=() if path.stem == "start" else pytest.mark.long, id=path.stem) for path in NOTEBOOKS],
)
def test_runs_and_prints_its_key_numbers(path: Path, run: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider"]
    command += ["-p", "no:xdist", "-p", "pmo_kit.packs", "-o", "addopts=", "-q", str(path)]
    done = subprocess.run(command, cwd=ROOT, env=run, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
