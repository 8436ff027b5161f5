"""The architecture holds, importing the package is cheap, and a broken layer would be noticed."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(folder)},
        check=False,
    )


def test_layers_hold_and_a_forbidden_import_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "pmo_kit", tmp_path / "pmo_kit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    kept = lint(tmp_path)
    assert kept.returncode == 0, kept.stdout
    module = tmp_path / "pmo_kit" / "finance.py"
    module.write_text(module.read_text(encoding="utf-8") + "\nfrom pmo_kit import packs\n", encoding="utf-8")
    module = tmp_path / "pmo_kit" / "packs" / "manifest.py"
    circle = "\nif TYPE_CHECKING:\n    from pmo_kit.packs.building import pack_files\n"
    module.write_text(
        module.read_text(encoding="utf-8") + "\nfrom typing import TYPE_CHECKING\n" + circle, encoding="utf-8"
    )
    broken = lint(tmp_path)
    assert broken.returncode == 1
    assert "No cycles are allowed in pmo_kit.packs." in broken.stdout
    assert "pmo_kit.packs.manifest is not allowed to import pmo_kit.packs.building" in broken.stdout
    assert "pmo_kit.finance -> pmo_kit.packs" in broken.stdout


def test_importing_loads_nothing_heavy() -> None:
    heavy = ["pandas", "numpy", "plotly", "papermill", "highspy", "ipywidgets", "yaml"]
    script = f"import sys, pmo_kit; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    import pmo_kit

    assert all(getattr(pmo_kit, name) is not None for name in pmo_kit.__all__)


def test_modules_say_what_they_hold() -> None:
    vague = {"utils", "helpers", "core", "common", "misc", "manager"}
    for path in (ROOT / "pmo_kit").rglob("*.py"):
        assert path.stem not in vague, path
