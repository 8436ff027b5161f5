"""Runs that nobody watches: only what changed, a log, a letter; and every recipe as far as this machine can run it."""

from __future__ import annotations

import configparser
import email
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from pmo_kit.cli import _parser, main
from pmo_kit.register import load_register
from pmo_kit.register.template import write_register
from tests.packs.tiny import LOAD, Workspace, message, notebook

pytestmark = pytest.mark.long

RECIPES = (Path(__file__).parents[2] / "templates" / "unattended.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"pmo-kit [a-z][^\n\"`]*", "\n".join(re.findall(r"```\w+\n(.*?)```", RECIPES, re.S)))


def blocks(kind: str) -> list[str]:
    """The blocks of a kind in the recipes."""
    return re.findall(rf"```{kind}\n(.*?)```", RECIPES, re.S)


def test_what_did_not_change_is_left_and_every_run_leaves_a_line(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    book = notebook(LOAD, message("a.one"))
    file = workspace(one=book)
    file.write_text(file.read_text() + "formats: html\npage_one: {headline: a.one}\n")
    monkeypatch.chdir(tmp_path)
    command = ["pack", "--if-changed", "--log", "logs/packs.jsonl", "--eml"]

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in (tmp_path / "logs" / "packs.jsonl").read_text().splitlines()]

    assert main(command) == 0
    (folder,) = (tmp_path / "build" / "packs" / "board").glob("*/index.html")
    stamp = folder.stat().st_mtime_ns
    letter = folder.parent.with_suffix(".eml")
    first = letter.read_bytes()
    assert main(command) == 0
    assert "board: nothing changed" in capsys.readouterr().err
    assert folder.stat().st_mtime_ns == stamp
    costs = tmp_path / "data" / "samples" / "harbor" / "costs.csv"
    costs.write_text(costs.read_text().replace("3.0", "4.0"), encoding="utf-8")
    assert main(command) == 0
    page = tmp_path / "build" / "packs" / "board" / lines()[2]["id"] / "index.html"
    page.write_text(page.read_text().replace("Two projects cost", "No project costs"), encoding="utf-8")
    assert main(command) == 2, "what somebody wrote into is not left as if nothing had changed"
    assert "was changed after it was published (index.html)" in lines()[3]["error"]
    file.write_text(file.read_text().replace("status", "x") + "colour: red\n")
    assert main(command) == 2
    told = [*lines()[:3], lines()[4]]
    assert [line["state"] for line in lines()] == ["built", "unchanged", "built", "failed", "failed"]
    assert told[0]["id"] == told[1]["id"] == told[2]["previous"] != told[2]["id"]
    assert "'colour' is not known" in told[3]["error"]
    assert main(["pack", "--force"]) == 2
    read = cast(EmailMessage, email.message_from_bytes(first, policy=default))
    assert read["Subject"] == f"Board, October (DRAFT, {folder.parent.name})"
    assert (read["X-Unsent"], read["To"]) == ("1", None)
    assert "Two projects cost 5.5" in read.get_body(("plain",)).get_content()
    assert [part.get_filename() for part in read.iter_attachments()] == ["index.html"]
    second = email.message_from_bytes((letter.parent / f"{told[2]['id']}.eml").read_bytes(), policy=default)
    text = cast(EmailMessage, second).get_body(("plain",)).get_content()
    assert "| costs | A · 2027 · capex · planned | amount | 3 | 4 |" in text


def test_every_command_of_the_recipes_is_one(tmp_path: Path) -> None:
    assert len(COMMANDS) >= 8
    for command in COMMANDS:
        options, others = _parser().parse_known_args(shlex.split(command)[1:])
        assert others == [], command
        assert callable(options.run)


def recipes() -> dict[str, list[str]]:
    """What each recipe runs, as lines of a shell: of cron and the task scheduler the part after the time, of systemd
    the unit's command in its folder, of a pipeline every line of its script.
    """
    (cron,) = (line for line in blocks("cron")[0].splitlines() if line.strip())
    minute, hour, day, month, week, command = cron.split(maxsplit=5)
    assert (minute, hour, day, month, week) == ("30", "6", "*", "*", "1-5")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(blocks("ini")[0])
    place = unit["Service"]["WorkingDirectory"].replace("%h", "$HOME")
    (task,) = blocks("bat")
    run = shlex.split(task, posix=False)[-1].strip('"')
    parts = re.fullmatch(r"cmd /c cd /d %USERPROFILE%\\(\S+) && (.*)", run)
    assert parts is not None
    gitlab, github = map(yaml.safe_load, blocks("yaml"))
    plain, check = blocks("sh")
    return {
        "plain": ["cd my_board", plain],
        "cron": [command],
        "systemd": [f'cd "{place}"', f"exec {unit['Service']['ExecStart']}"],
        "Task Scheduler": [f'cd "$HOME/{parts[1]}"', parts[2]],
        "GitLab": ["cd my_board", *gitlab["packs"]["script"]],
        "GitHub": [
            "cd my_board",
            *(step["run"] for step in github["jobs"]["packs"]["steps"] if "run" in step),
        ],
        "somebody else's": ["cd my_board", check.replace("investment_committee", "board")],
    }


def test_what_each_recipe_runs_runs_in_a_clean_folder(workspace: Workspace, tmp_path: Path) -> None:
    """Unattended: cron, systemd, Task Scheduler, GitLab, GitHub; pip is the only thing that is not what it is there."""
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    (home / "bin" / "pip").write_text('#!/bin/sh\necho "$@" >> "$HOME/installed"\n')
    (home / "bin" / "pip").chmod(0o755)
    file = workspace(one=notebook(LOAD, message("a.one")))
    file.write_text(file.read_text() + "formats: html\npage_one: {headline: a.one}\n")
    board = home / "my_board"
    board.mkdir()
    for place in ("data", "notebooks", "packs"):
        (tmp_path / place).rename(board / place)
    write_register(load_register(board / "data" / "samples" / "harbor"), board / "register.xlsx")
    path = f"{home / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
    system = {"HOME": str(home), "PATH": path, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    states = []
    for name, lines in recipes().items():
        script = "\n".join(["set -e", *lines])
        done = subprocess.run(
            ["/bin/sh", "-c", script], env=system, cwd=home, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (name, script, done.stdout, done.stderr)
        states.append([json.loads(line)["state"] for line in (board / "packs.jsonl").read_text().splitlines()])
    assert states[-1] == ["built", "unchanged", "unchanged", "unchanged", "built", "built"]
    assert [len(one) for one in states] == [1, 2, 3, 4, 5, 6, 6]
    assert (home / "installed").read_text().split() == ["install", "pmo_kit"] * 2
    assert len(list((board / "build" / "packs" / "board").glob("*.eml"))) == 1


def test_the_units_the_pipelines_and_the_task_are_well_formed(tmp_path: Path) -> None:
    service, timer = blocks("ini")
    for name, text in (("packs.service", service), ("packs.timer", timer)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    if shutil.which("systemd-analyze"):
        units = [str(tmp_path / name) for name in ("packs.service", "packs.timer")]
        done = subprocess.run(
            ["systemd-analyze", "verify", "--user", *units], capture_output=True, text=True, check=False
        )
        assert "packs." not in done.stderr, done.stderr
    gitlab, github = map(yaml.safe_load, blocks("yaml"))
    steps = [step["run"] for step in github["jobs"]["packs"]["steps"] if "run" in step]
    assert gitlab["packs"]["script"] == steps
    (task,) = blocks("bat")
    words = shlex.split(task, posix=False)
    assert words[:2] == ["schtasks", "/Create"]
    assert {"/TN", "/SC", "/D", "/ST", "/TR"} <= set(words)
