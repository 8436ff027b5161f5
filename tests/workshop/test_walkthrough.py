"""The half day in a real JupyterLab: each gap wrong, its hint read, then right; seconds and pictures kept."""

from __future__ import annotations

import csv
import re
import time
from collections.abc import Iterator
from typing import Any

import nbformat
import pytest
import yaml

from pmo_kit.cli import main
from pmo_kit.shipped import shipped
from pmo_kit.workshop.building import built, home, lesson_names
from pmo_kit.workshop.checks import lesson as checker
from tests.browser.lab import PATIENCE, Lab

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(0)]
HALF_DAY = [
    name
    for what, _ in yaml.safe_load((home() / "agendas.yml").read_text("utf-8"))["half_day"]
    for name in lesson_names()
    if name.startswith(str(what))
]
KEPT = shipped("notebooks").parent / "build" / "walkthrough"
"""Pictures of every lesson and the seconds of every cell, to look at."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("workshop") / "day"
    assert main(["workshop", str(folder), "--teams", "1"]) == 0
    server = Lab(folder / "team_1" / "notebooks")
    yield server
    server.close()


class Learner:
    """Somebody with a lesson open, who writes and presses Shift + Enter."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.seconds: dict[int, float] = {}

    def cell(self, number: int) -> Any:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def write(self, number: int, code: str) -> None:
        """Replace what stands in a cell."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(code)

    def run(self, number: int) -> str:
        """Run a cell from its editor and read what it shows."""
        cell = self.cell(number)
        cell.locator(".cm-content").click()
        self.page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=PATIENCE)
        before, start = cell.locator(".jp-InputArea-prompt").inner_text(), time.monotonic()
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function(
            """([number, before]) => {
                const cell = document.querySelectorAll('.jp-Notebook .jp-CodeCell')[number];
                const now = cell.querySelector('.jp-InputArea-prompt').innerText;
                return now !== before && /\\[\\d+\\]/.test(now);
            }""",
            arg=[number, before],
            timeout=PATIENCE,
        )
        self.seconds[number] = max(self.seconds.get(number, 0), time.monotonic() - start)
        assert cell.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
        shown = cell.locator(".jp-OutputArea")
        return str(shown.inner_text()) if shown.count() else ""


@pytest.mark.parametrize("name", HALF_DAY)
def test_a_learner_goes_through_the_lesson(lab: Lab, browser: Any, name: str) -> None:
    codes = [
        c.source for c in nbformat.read(lab.folder / "lessons" / f"{name}.ipynb", 4).cells if c.cell_type == "code"
    ]
    solved = {cell.learner: cell.solution for cell in built(name).cells if cell.kind == "gap"}
    start = time.monotonic()
    page = lab.open(browser, f"lessons/{name}.ipynb", 1366, 768)
    learner, opened = Learner(page), time.monotonic() - start
    for number, code in enumerate(codes):
        if code not in solved:
            asked = re.match(r'check\("(\w+)"', code)
            shown = learner.run(number)
            assert "Traceback" not in shown
            if asked:
                correct(learner, name, asked[1], number, codes, solved, shown)
            continue
        assert "Error" not in learner.run(number), "an open gap runs"
        learner.write(number, wrong(name, codes, number, solved[code]))
        learner.run(number)
    keep(learner, name, codes, opened)
    assert page.complaints == []
    page.close()


def wrong(name: str, codes: list[str], number: int, solution: str) -> str:
    """A gap filled with the first known mistake of the check that asks for it; without a check, with the solution."""
    following = "\n".join(codes[number + 1 :])
    for variable, answer in built(name).answers.items():
        if re.search(rf"^{variable} = ", solution, re.M) and f'check("{variable}"' in following:
            mistake = next(iter(answer["wrong"].values()))
            return re.sub(rf"^{variable} = .*$", f"{variable} = {mistake!r}", solution, flags=re.M)
    return solution


def correct(
    learner: Learner, name: str, check: str, number: int, codes: list[str], solved: dict[str, str], shown: str
) -> None:
    """Read the hint, write the right answer, run again down to the check."""
    answer = built(name).answers[check]
    hint = checker(name)(check, next(iter(answer["wrong"].values()))).hint
    assert "Not yet" in shown
    assert re.sub(r"[*`]", "", hint) in shown
    gap = next(k for k in range(number, -1, -1) if codes[k] in solved and f"{check} = " in solved[codes[k]])
    learner.write(gap, solved[codes[gap]])
    for again in range(gap, number + 1):
        shown = learner.run(again)
    assert "Right." in shown


def keep(learner: Learner, name: str, codes: list[str], opened: float) -> None:
    """Pictures of the filled lesson, screen by screen, and its seconds."""
    KEPT.mkdir(parents=True, exist_ok=True)
    height = learner.page.evaluate(
        "[...document.querySelectorAll('.jp-Notebook .jp-Cell')].reduce((sum, c) => sum + c.offsetHeight, 0)"
    )
    learner.page.set_viewport_size({"width": 1366, "height": int(height) + 400})
    learner.page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0")
    learner.page.wait_for_timeout(500)
    learner.page.screenshot(path=KEPT / f"{name}.png")
    with (KEPT / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "seconds"])
        rows.writerow(["open the lesson, kernel ready", f"{opened:.1f}"])
        rows.writerows([code.splitlines()[0], f"{learner.seconds[n]:.1f}"] for n, code in enumerate(codes))
