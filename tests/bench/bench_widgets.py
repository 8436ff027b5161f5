"""The workbench: an answer after a move, in the browser, from the click to the words on the screen."""

from __future__ import annotations

import random
import statistics
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pmo_kit as pmo
from pmo_kit.arbitration import Override
from pmo_kit.shipped import shipped
from pmo_kit.widgets.session_state import Case, ask, base_and_case
from tests.bench.line import Line, seconds

if TYPE_CHECKING:
    from tests.browser.lab import Lab

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
            sixty, proofs = _moves(
                lab, chromium, f"pmo.Question(pmo.load_register({str(SIXTY)!r}))", prove=True
            )
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
    for move in range(1, MOVES + 1):
        row = page.locator(".pw-row[data-project]").nth(dice.randrange(1, count))
        ways = [way for way in ("in", "out") if row.get_attribute("data-forced") != way]
        row.locator(f"[data-way={ways[0]}]").click()
        done = (
            "b.getAttribute('aria-busy') === 'false' && b.dataset.proofMs" if prove else "!b.dataset.waiting"
        )
        page.wait_for_function(
            "move => { const b = document.querySelector('.pw-board'); return Number(b.dataset.seq) === move && "
            + done + "; }", arg=move, timeout=60_000,
        )  # fmt: skip
        answers.append(float(board.get_attribute("data-answer-ms")) / 1000)
        if prove:
            proofs.append(float(board.get_attribute("data-proof-ms")) / 1000)
    page.close()
    return answers, proofs
