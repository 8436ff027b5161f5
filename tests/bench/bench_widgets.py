"""The workbench: an answer after a move, in the browser, from the click to the words on the screen."""

from __future__ import annotations

import random
import statistics
import tempfile
from pathlib import Path

import pmo_kit as pmo
from pmo_kit.shipped import shipped
from pmo_kit.widgets.answers import PlanPool, proven_answer, quick_answer
from pmo_kit.widgets.cases import Case, Force, base_and_case
from tests.bench.line import Line, seconds

SIXTY = shipped("data", "samples", "meridian")
MOVES = 12


def bench_first_answer() -> list[Line]:
    """The first answer at 60 projects, without a browser."""
    base, _ = base_and_case(pmo.Question(pmo.load_register(SIXTY)))
    pool = PlanPool()
    proven_answer(base, pool, 10)
    question = Case().forced(Force("P08", "in")).question(base)
    return [
        Line("first answer of a session, 60 projects", seconds(lambda: quick_answer(question, pool)), 0.3)
    ]


def bench_moves_in_the_browser() -> list[Line]:
    """Click to first answer and to proof in JupyterLab, 60 projects; nothing without a Chromium."""
    from playwright.sync_api import sync_playwright

    from tests.browser.lab import Lab, run_all
    from tests.conftest import ARGUMENTS, CHROMIUM

    if not Path(CHROMIUM).exists():
        return []
    answers, proofs, dice = [], [], random.Random(5)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        try:
            chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            load = f"import pmo_kit as pmo\nquestion = pmo.Question(pmo.load_register({str(SIXTY)!r}))"
            call = "pmo.widgets.arbitration(question.without(*[o.name for o in question.overrides]))"
            page = lab.open(chromium, lab.write("bench.ipynb", load, call))
            run_all(page)
            page.wait_for_selector(".pw-board[data-status=proven]")
            for move in range(1, MOVES + 1):
                row = page.locator(f".pw-row[data-project=P{dice.randint(2, 60):02d}]")
                ways = [way for way in ("in", "out") if row.get_attribute("data-forced") != way]
                row.locator(f"[data-way={ways[0]}]").click()
                page.wait_for_function(
                    "move => { const b = document.querySelector('.pw-board'); return Number(b.dataset.seq) === move"
                    " && b.getAttribute('aria-busy') === 'false' && b.dataset.proofMs; }",
                    arg=move,
                    timeout=60_000,
                )
                answers.append(float(page.locator(".pw-board").get_attribute("data-answer-ms")) / 1000)
                proofs.append(float(page.locator(".pw-board").get_attribute("data-proof-ms")) / 1000)
            chromium.close()
        finally:
            lab.close()
    return [
        Line(
            f"click to answer in JupyterLab, 60 projects, median of {MOVES}", statistics.median(answers), 0.3
        ),
        Line(f"click to answer in JupyterLab, 60 projects, slowest of {MOVES}", max(answers), 0.6),
        Line(f"click to proof in JupyterLab, 60 projects, median of {MOVES}", statistics.median(proofs), 2.0),
    ]
