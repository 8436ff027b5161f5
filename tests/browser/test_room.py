"""`pmo-kit board`: the board alone in the browser, from the command to the register of the next meeting."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

import pmo_kit as pmo
from pmo_kit.errors import PmoError
from pmo_kit.packs.decisions import record_decisions
from pmo_kit.shipped import shipped
from pmo_kit.widgets.room import session_notebook
from tests.browser.lab import PATIENCE

ROOT = Path(__file__).parents[2]
TWELVE = shipped("data", "samples", "meridian_12")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The command as it is given in a folder; the address of its page."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "JUPYTER_TOKEN": ""}
    command = [sys.executable, "-m", "pmo_kit.cli", "board", str(TWELVE), "--no-browser", f"--port={port}"]
    told = tmp_path / "told.txt"
    with told.open("w") as output:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            while not (token := re.search(r"token=(\S{8,})", told.read_text())) or not answers(port):
                assert process.poll() is None, told.read_text()
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}/?token={token[1]}", tmp_path
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 2
    assert not list(tmp_path.glob("pmo_kit_board_*")), "what is temporary goes"


def answers(port: int) -> bool:
    """Whether the server answers; to a stranger it shows no board."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/static/", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


@pytest.mark.browser
def test_a_whole_meeting_from_the_command_to_the_register(room: tuple[str, Path], browser: Any) -> None:
    address, folder = room
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".pw-board[data-status=proven][aria-busy=false]")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".jp-InputArea:visible").count() == 0, "the board alone"
    page.locator("[data-project=P08] [data-way=in]").click()
    page.locator(".pw-reason").fill("Promised to the schools")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.pw-headline').innerText.startsWith('24.5')")
    page.wait_for_selector(".pw-board[data-status=proven][aria-busy=false]")
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Second screen").click()
    second = opening.value
    second.wait_for_selector(".pw-headline")
    assert second.locator(".pw-headline").inner_text() == page.locator(".pw-headline").inner_text()
    page.get_by_role("button", name="End of meeting…").click()
    page.locator(".pw-case").filter(has_text="Reservoir Learning Hub in").click()
    page.get_by_role("button", name="Write minutes and decisions").click()
    page.wait_for_function("document.querySelector('.pw-notice').innerText.startsWith('Decided: ')")
    (place,) = folder.glob("session/investment_committee/*")
    shutil.copytree(TWELVE, folder / "register")
    assert record_decisions(place / "decisions.csv", folder / "register").count == 12
    again = pmo.load_register(folder / "register").table("decisions")
    assert again["reason"].astype(str).str.startswith("displaced by P08").sum() == 1
    page.close()
    assert complaints == []


def test_the_notebook_of_the_room_reads_the_register_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PmoError, match="no register here; name one"), session_notebook(None, "Board"):
        pass
    with (
        pytest.raises(PmoError, match="There is no register"),
        session_notebook(tmp_path / "nowhere", "Board"),
    ):
        pass
    (tmp_path / "register.xlsx").write_bytes(b"")
    with session_notebook(None, 'Board\'s "own"') as page:
        first = nbformat.read(page, as_version=4).cells[0].source
        values = [ast.literal_eval(line.partition(" = ")[2]) for line in first.splitlines()]
        assert values == [str(tmp_path / "register.xlsx"), 'Board\'s "own"', str(tmp_path / "session")]
    assert not page.exists()
