"""environment.yml (conda) and the lock follow pyproject.toml, so that every way of installing gives the same kit."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"lazy_loader": "lazy-loader", "typst": "typst-py"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def split(requirement: str) -> tuple[str, str]:
    name, bound = re.fullmatch(r"([A-Za-z0-9_.-]+)(?:\[\w+\])?(.*)", requirement.replace(" ", "")).groups()
    return name, bound


def test_conda_environment_equals_pyproject() -> None:
    named = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["board"]  # conda has no extras
    wanted = {CONDA_NAMES.get(name, name) + bound for name, bound in map(split, named)} | {
        f"python{PROJECT['requires-python']}",
        "pip",
    }
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert conda[-1] == {"pip": ["-e ."]}
    assert set(conda[:-1]) == wanted


def test_lock_pins_every_dependency_and_names_no_index() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = {normalized(name) for name in re.findall(r"^([A-Za-z0-9_.-]+)==", lock, flags=re.M)}
    extras = [name for extra in PROJECT["optional-dependencies"].values() for name in extra]
    assert {normalized(split(line)[0]) for line in PROJECT["dependencies"] + extras} <= pinned
    assert "://" not in lock
