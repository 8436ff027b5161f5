"""Runs that nobody watches: only what changed, a log, a letter; and every recipe as far as this machine can run it."""

from __future__ import annotations

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
from tests.packs.tiny import LOAD, Workspace, message, notebook

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
    file.write_text(file.read_text().replace("status", "x") + "colour: red\n")
    assert main(command) == 2
    told = lines()
    assert [line["state"] for line in told] == ["built", "unchanged", "built", "failed"]
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


def test_the_plain_command_runs_in_a_shell_as_cron_calls_it(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")))
    file.write_text(file.read_text() + "formats: html\n")
    (line,) = (line for line in blocks("cron")[0].splitlines() if line.strip())
    minute, hour, day, month, week, command = line.split(maxsplit=5)
    assert (minute, hour, day, month, week) == ("30", "6", "*", "*", "1-5")
    (tmp_path / "my_board").symlink_to(tmp_path)
    home = {"HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    home["PYTHONPATH"] = os.environ.get("PYTHONPATH", "")
    done = subprocess.run(["/bin/sh", "-c", command], env=home, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "packs.jsonl").read_text())["state"] == "built"


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
