"""`pmo-kit board`: the board alone in the browser, from the command to the register of the next meeting."""

from __future__ import annotations

import ast
import contextlib
import datetime as dt
import json
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
import psutil
import pytest

import pmo_kit as pmo
from pmo_kit.cli import main, session_notebook
from pmo_kit.errors import PmoError
from pmo_kit.packs import build_pack
from pmo_kit.shipped import shipped
from tests.browser.lab import PATIENCE

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
TWELVE = shipped("data", "samples", "meridian_12")
AGAINST = "Reservoir Learning Hub was funded; the advice was to refuse."


@contextlib.contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[str, str, psutil.Process]]:
    """A command that serves pages, as it is given in a folder: address, token, process. It ends with what it made."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    temporary = folder / "temporary"
    temporary.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), "JUPYTER_TOKEN": ""}
    command = [sys.executable, "-m", "pmo_kit.cli", *words, "--no-browser", f"--port={port}"]
    told, page = folder / "told.txt", f"http://127.0.0.1:{port}/"
    with told.open("w") as output:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while not (token := re.search(r"token=(\S{8,})", told.read_text())) or answer(page) is None:
                assert process.poll() is None, told.read_text()
                time.sleep(0.1)
            yield page, token[1], psutil.Process(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 2
    assert list(temporary.glob("pmo_kit_*")) + list(temporary.glob("voila_*")) == [], "what is temporary goes"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The board; the address of its page."""
    with served(tmp_path, "board", str(TWELVE)) as (page, token, _):
        yield f"{page}?token={token}", tmp_path


def answer(address: str, token: str = "", post: bool = False) -> tuple[int, str] | None:
    """Status and address of what a server gives in the end, a token being in the head; None where nobody listens."""
    head = {"Authorization": f"token {token}"} if token else {}
    try:
        request = urllib.request.Request(address, b"{}" if post else None, head)
        with urllib.request.urlopen(request, timeout=PATIENCE / 1000) as found:
            found.read()
            return found.status, found.url
    except urllib.error.HTTPError as error:
        return error.code, error.url or address
    except OSError:
        return None


PAGES = ["", "?token=", "?token=wrong", "lab", "tree", "api/kernels", "api/contents", "api/terminals", "files/told.txt",
         "voila/render/board.ipynb", "voila/files/board.ipynb", "voila/static/main.js"]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="sockets of processes")
@pytest.mark.parametrize(
    ("words", "asked"),
    [(["board", str(TWELVE)], [""]), (["lab", "--allow-root"], ["lab", "api/contents"])],
    ids=["board", "lab"],
)
def test_pages_are_for_this_machine_and_whoever_has_the_token(
    words: list[str], asked: list[str], tmp_path: Path
) -> None:
    (tmp_path / "notebooks").mkdir()
    with served(tmp_path, *words) as (page, token, process):
        for path in PAGES:
            found = answer(page + path)
            assert found is not None
            assert found[0] in (403, 404) or "/login" in found[1], (path, found)
        assert answer(f"{page}api/kernels", post=True) == (403, f"{page}api/kernels")
        for path in asked:
            assert answer(page + path, token) == (200, page + path)
        if "lab" in words:
            assert answer(f"{page}api/kernels", token, post=True) == (201, f"{page}api/kernels")
        listening: list[str] = []
        while len(listening) < 6:  # the server, and the five of a kernel when it is ready
            ours = {process.pid, *(child.pid for child in process.children(recursive=True))}
            every = (place for place in psutil.net_connections("tcp") if place.pid in ours)
            listening = [place.laddr.ip for place in every if place.status == psutil.CONN_LISTEN]
        assert set(listening) == {"127.0.0.1"}


def reach(page: Any, wanted: str, key: str = "Tab") -> None:
    """Press a key until the focus is on what is wanted: what cannot be reached by keys is not found."""
    for _ in range(200):
        page.keyboard.press(key)
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{key} does not lead to {wanted}")


def meet(page: Any) -> None:
    """A whole meeting by keyboard alone: a project is taken in, a limit moves and moves back, a case is decided."""
    proven = ".pw-board[data-status=proven][aria-busy=false]"
    page.wait_for_selector(proven)
    reach(page, ".pw-find")
    page.keyboard.type("learning")
    reach(page, "[data-project=P08] [data-way=in]")
    page.keyboard.press("Enter")
    page.keyboard.type("Promised to the schools")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.pw-headline').innerText.startsWith('24.5')")
    assert page.evaluate("document.activeElement.matches('[data-project=P08] [data-way=in]')")
    reach(page, ".pw-range")
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.pw-headline').innerText.includes('money −1 %')")
    page.keyboard.press("Control+z")
    page.wait_for_function("!document.querySelector('.pw-headline').innerText.includes('money')")
    page.wait_for_selector(proven)
    reach(page, "[data-needs=decide]")
    page.keyboard.press("Enter")
    assert "Reservoir Learning Hub in" in page.locator(".pw-case:has(input:focus)").inner_text()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.innerText") == "Cancel", "the focus stays in the dialog"
    reach(page, ".pw-case input")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    reach(page, ".pw-note-text")
    page.keyboard.type("Until the next gate")
    reach(page, "button[type=submit]")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.pw-notice').innerText.startsWith('Decided: ')")


@pytest.mark.browser
def test_a_whole_meeting_from_the_command_to_the_register(room: tuple[str, Path], browser: Any) -> None:
    address, folder = room
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(address)
    page.wait_for_selector(".pw-row[data-project]")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator(".jp-InputArea:visible").count() == 0, "the board alone"
    meet(page)
    with page.context.expect_page() as opening:
        page.get_by_role("button", name="Second screen").click()
    second = opening.value
    second.wait_for_selector(".pw-headline")
    assert second.locator(".pw-headline").inner_text() == page.locator(".pw-headline").inner_text()
    page.close()
    assert complaints == []
    (place,) = folder.glob("session/investment_committee/*")
    assert {file.name for file in place.iterdir()} >= {"minutes.pdf", "decisions.csv", "session.json"}
    register = a_month_later(folder)
    again = register.table("decisions")
    assert again["reason"].astype(str).str.startswith("displaced by P08").sum() == 1
    told = pmo.performance.since_last_committee(register)
    assert AGAINST in told.loc[told["project_id"] == "P08", "text"].tolist()


def a_month_later(folder: Path) -> pmo.Register:
    """The register in which the meeting's decisions are recorded, as they were written, when the next one is near."""
    shutil.copytree(TWELVE, folder / "register")
    (decisions,) = folder.glob("session/*/*/decisions.csv")
    assert main(["record", str(decisions), str(folder / "register")]) == 0
    for name, old, new in (
        ("decisions.csv", dt.date.today().isoformat(), "2026-10-15"),
        ("settings.csv", "as_of,2026-09-30", "as_of,2026-10-31"),
    ):
        text = (folder / "register" / name).read_text(encoding="utf-8")
        assert old in text
        (folder / "register" / name).write_text(text.replace(old, new), encoding="utf-8")
    return pmo.load_register(folder / "register")


@pytest.mark.slow
@pytest.mark.browser
def test_the_next_pack_says_what_the_meeting_decided(room: tuple[str, Path], browser: Any) -> None:
    address, folder = room
    page = browser.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    meet(page)
    page.close()
    a_month_later(folder)
    (folder / "notebooks").mkdir()
    shutil.copy(shipped("notebooks", "02_budget_arbitration.ipynb"), folder / "notebooks")
    (folder / "next.yml").write_text(
        "pack: next\ntitle: The next meeting\ncommittee: Investment Committee\ndate: 2026-11-15\nregister: register\n"
        "page_one: {headline: page_one.headline, right: [page_one.since_last]}\n"
        "chapters:\n  - notebook: notebooks/02_budget_arbitration.ipynb\n    title: The plan\n"
    )
    pack = build_pack(folder / "next.yml", folder / "packs")
    shown = json.loads((pack / "figures.json").read_text(encoding="utf-8"))
    (last,) = (str(one) for one in shown if one["id"] == "page_one.since_last")
    assert "Since last time (2026-10-15)" in last
    assert AGAINST in last


def test_without_voila_the_board_opens_in_jupyterlab(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[list[str]] = []

    def called(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        calls.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", called)
    for there in (True, False):
        monkeypatch.setattr("importlib.util.find_spec", lambda name, there=there: there or None)
        assert main(["board", str(TWELVE), "--no-browser"]) == 0
    with_voila, without = calls
    assert "voila" in with_voila
    assert "jupyterlab" in without
    assert "--LabApp.default_url=/lab/tree/board.ipynb" in without
    assert with_voila[-1] == without[-1] == "--no-browser"


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
