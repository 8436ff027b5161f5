"""The workbench: an answer after a move, in the browser, from the click to the words on the screen."""

from __future__ import annotations

import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pmo_kit as pmo
from pmo_kit.arbitration import Override
from pmo_kit.shipped import shipped
from pmo_kit.widgets.session_state import Case, ask, base_and_case
from tests.bench.line import Line, seconds

if TYPE_CHECKING:
    from tests.browser.lab import Lab

TWELVE = shipped("data", "samples", "meridian_12")
SIXTY = shipped("data", "samples", "meridian")
MOVES = 12


def bench_first_answer() -> list[Line]:
    """The first answer at 60 projects, without a browser."""
    base, _ = base_and_case(pmo.Question(pmo.load_register(SIXTY)))
    question = Case().forced(Override(project_id="P08", in_out="in")).question(base)
    return [
        Line("first answer of a session, 60 projects", seconds(lambda: ask(question, 10, last=False)), 0.3),
        Line("proof of a session, 60 projects", seconds(lambda: ask(question, 10, last=True)), 1.0),
    ]


def bench_the_board_alone() -> list[Line]:
    """From the command `pmo-kit board` to the rows on the screen, twelve projects; nothing without a Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.conftest import ARGUMENTS, CHROMIUM

    if not Path(CHROMIUM).exists():
        return []
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = chromium.new_page()
        command = [
            sys.executable,
            "-m",
            "pmo_kit.cli",
            "board",
            str(TWELVE),
            "--no-browser",
            f"--port={port}",
        ]
        environment = {**os.environ, "JUPYTER_TOKEN": "bench", "PYTHONPATH": str(Path.cwd())}
        begin = time.perf_counter()
        served = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            while not _there(port):
                time.sleep(0.02)
            page.goto(f"http://127.0.0.1:{port}/?token=bench", wait_until="commit")
            page.wait_for_selector(".pw-row[data-project]", timeout=120_000)
            spent = time.perf_counter() - begin
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait(60)
        chromium.close()
    return [Line("pmo-kit board, from the command to the rows on the screen", spent, 6.0)]


def _there(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/static/", timeout=5)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def bench_moves_in_the_browser() -> list[Line]:
    """Click to first answer, and at 60 projects to proof, in JupyterLab; nothing without a Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.browser.lab import Lab
    from tests.conftest import ARGUMENTS, CHROMIUM

    if not Path(CHROMIUM).exists():
        return []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        try:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            sixty, proofs = _moves(lab, chromium, f"pmo.Question(pmo.load_register({str(SIXTY)!r}))", prove=True)
            large, _ = _moves(
                lab,
                chromium,
                "__import__('tests.bench.instances', fromlist=['question']).question(200)",
            )
            chromium.close()
        finally:
            lab.close()
    where = f"in JupyterLab, {MOVES} moves"
    return [
        Line(f"click to answer, 60 projects, median {where}", statistics.median(sixty), 0.3),
        Line(f"click to answer, 60 projects, slowest {where}", max(sixty), 0.3),
        Line(f"click to proof, 60 projects, median {where}", statistics.median(proofs), 2.0),
        Line(
            f"click to answer within 1 % and its bound, 200 projects, median {where}",
            statistics.median(large),
            0.5,
        ),
        Line(f"click to answer within 1 % and its bound, 200 projects, slowest {where}", max(large), 1.0),
    ]


def _moves(lab: Lab, chromium: Any, question: str, prove: bool = False) -> tuple[list[float], list[float]]:
    """Seconds from click to answer, and to proof where it is waited for."""
    from tests.browser.lab import run_all

    load = f"import pmo_kit as pmo\nquestion = {question}"
    call = "pmo.widgets.arbitration(question.replace(overrides=False))"
    page = lab.open(chromium, lab.write("bench.ipynb", load, call))
    run_all(page)
    page.wait_for_selector(".pw-board[data-status=proven]" if prove else ".pw-board[data-seq]")
    board, dice, answers, proofs = page.locator(".pw-board"), random.Random(5), [], []
    count = page.locator(".pw-row[data-project]").count()
    for move in range(1, 2 * MOVES, 2):
        row = page.locator(".pw-row[data-project]").nth(dice.randrange(1, count))
        row.locator("[data-way]:enabled:not([data-way=free])").nth(dice.choice([0, -1])).click()
        _answered(page, move, prove)
        answers.append(float(board.get_attribute("data-answer-ms")) / 1000)
        if prove:
            proofs.append(float(board.get_attribute("data-proof-ms")) / 1000)
        page.get_by_role("button", name="Undo", exact=True).click()
        _answered(page, move + 1, prove)
    page.close()
    return answers, proofs


def _answered(page: Any, move: int, prove: bool) -> None:
    """Wait for the answer to a move, or for its proof; every answer comes with one of the two, or with its bound."""
    done = "b.ariaBusy === 'false' && b.dataset.proofMs" if prove else "!b.dataset.waiting"
    board = "const b = document.querySelector('.pw-board')"
    page.wait_for_function(f"move => {{ {board}; return Number(b.dataset.seq) === move && {done}; }}", arg=move)
    words = page.locator(".pw-proof").inner_text()
    assert re.match("Proven best|No plan|Best plan known: at most ", words), words
