"""A newcomer's walk: the wheel in an environment of its own, and every command of the README in an empty folder."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

from pmo_kit.shipped import shipped

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"pmo-kit [a-z]+(?: [\w./\-]+)*", README))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`pmo-kit` as `pip install` of the wheel puts it on the path; what it stands on is that of this environment."""
    home = tmp_path_factory.mktemp("walk")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "wheel", "--no-deps", "-w", home, ROOT], check=True)
    (wheel,) = home.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home / "env"], check=True)
    scheme = {"base": str(home / "env"), "platbase": str(home / "env")}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    (packages / "below.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    python = Path(sysconfig.get_path("scripts", "venv", scheme)) / Path(sys.executable).name
    subprocess.run([*pip, "--python", python, "install", "--no-deps", wheel], check=True)
    return python.with_name("pmo-kit")


def surroundings(program: Path) -> dict[str, str]:
    """What a person has set: the program on the path; pages of Jupyter that it stands on are found as if beside it."""
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    shared = str(Path(sys.prefix, "share", "jupyter"))
    return own | {"PATH": f"{program.parent}{os.pathsep}{own['PATH']}", "JUPYTER_PATH": shared}


def run(program: Path, folder: Path, command: str, allowed: tuple[int, ...] = (0,)) -> str:
    """One command as a person gives it; its words."""
    words = [program, *command.split()[1:]]
    done = subprocess.run(words, cwd=folder, env=surroundings(program), capture_output=True, text=True)
    assert done.returncode in allowed, (command, done.returncode, done.stdout[-500:], done.stderr[-2000:])
    return done.stdout


def answers(program: Path, folder: Path, command: str) -> None:
    """A command that serves a page does so, until it is ended."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [program, *command.split()[1:], "--no-browser", f"--port={port}"]
    lab = "lab" in command or find_spec("voila") is None  # without Voila the board opens in JupyterLab
    words += ["--allow-root"] if lab else []
    own, nowhere = surroundings(program), subprocess.DEVNULL
    served = subprocess.Popen(words, cwd=folder, env=own, stdout=nowhere, stderr=nowhere)
    try:
        while served.poll() is None:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5)
                return
            except urllib.error.HTTPError:
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"{command} ended with {served.returncode}")
    finally:
        served.send_signal(signal.SIGTERM)
        served.wait(60)


@pytest.mark.slow
def test_every_command_of_the_readme_does_what_it_says_in_an_empty_folder(program: Path, tmp_path: Path) -> None:
    walked: list[str] = []

    def walk(command: str, folder: Path, allowed: tuple[int, ...] = (0,)) -> str:
        walked.append(command)
        return run(program, folder, command, allowed)

    assert "my_board is ready" in walk("pmo-kit new my_board", tmp_path)
    board = tmp_path / "my_board"
    assert "block" not in walk("pmo-kit check register.xlsx", board).casefold().split("\n")[0]
    walk("pmo-kit pack", board)
    packs = board / "build" / "packs"
    assert {pack.name for pack in packs.iterdir()} >= {"investment_committee", "portfolio_overview"}
    shutil.copy(board / "packs" / "portfolio_overview.yml", board / "my_committee.yml")
    text = (board / "my_committee.yml").read_text(encoding="utf-8").replace("../", "")
    text = re.sub(r"^pack: \w+", "pack: my_committee", text, flags=re.M)
    (board / "my_committee.yml").write_text(text, encoding="utf-8")
    walk("pmo-kit pack my_committee.yml", board)
    assert "byte for byte" in walk("pmo-kit verify build/packs/my_committee", board)
    walk("pmo-kit diff build/packs/my_committee build/packs/my_committee", board)
    walk("pmo-kit pack --all --dry-run", tmp_path)
    walk("pmo-kit template empty.xlsx", tmp_path)
    rows = {"ID": ["A1"], "Project name": ["New roof"], "Department": ["Estates"], "2027": [1.5], "2028": [2]}
    pd.DataFrame(rows).to_excel(tmp_path / "export.xlsx", index=False)
    (tmp_path / "other").mkdir()
    shutil.move(tmp_path / "export.xlsx", tmp_path / "other")
    walk("pmo-kit new my_board --from export.xlsx", tmp_path / "other", (0, 1))
    (decisions,) = packs.glob("investment_committee/*/decisions.csv")
    lines = list(csv.DictReader(decisions.open(encoding="utf-8-sig", newline="")))
    for line in lines:
        line["decision"] = line["recommended"]
    with (tmp_path / "decisions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0].keys())
        writer.writeheader()
        writer.writerows(lines)
    shutil.copytree(shipped("data", "samples", "meridian_12"), tmp_path / "register")
    walk("pmo-kit record decisions.csv register", tmp_path, (0, 1))
    walk("pmo-kit workshop my_workshop --teams 4", tmp_path)
    assert len(list((tmp_path / "my_workshop").glob("team_*"))) == 4
    for command in ("pmo-kit board", "pmo-kit lab"):
        walked.append(command)
        answers(program, board, command)
    unwalked = {named for named in NAMED if not any(one.startswith(named.rstrip(".")) for one in walked)}
    assert unwalked == set(), "the README names a command that nobody walked"
