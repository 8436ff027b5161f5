"""Style, types and layers in one portable command; every failure is shown before it exits."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHECKS = (
    [sys.executable, "-m", "ruff", "check", "."],
    [sys.executable, "-m", "ruff", "format", "--check", "."],
    [sys.executable, "-m", "mypy"],
    [str(Path(sys.executable).with_name("lint-imports"))],
)

if __name__ == "__main__":
    failed = [" ".join(command[1:]) or command[0] for command in CHECKS if subprocess.run(command, cwd=ROOT).returncode]
    sys.exit(f"failed: {'; '.join(failed)}" if failed else 0)
