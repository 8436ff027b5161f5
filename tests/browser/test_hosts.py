"""The board and a chart in Notebook 7 and in Voila, as in JupyterLab: drawn, answered, and their end is said."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pmo_kit.shipped import shipped
from tests.browser.lab import CHOSEN, PATIENCE, Lab, run_all

pytestmark = [pytest.mark.long, pytest.mark.browser, pytest.mark.timeout(1200)]
CELLS = (
    "import os\nimport pmo_kit as pmo\n"
    f"question = pmo.Question(pmo.load_register({str(shipped('data', 'samples', 'meridian_12'))!r}))",
    "print('kernel', os.getpid())\npmo.widgets.committee_session(question)",
    "pmo.widgets.frontier(pmo.frontier(question, budgets=[0.85, 1.0, 1.1]))",
)


@pytest.fixture
def server(browser: Any, tmp_path: Path) -> Iterator[Lab]:
    found = Lab(tmp_path, "notebook")
    yield found
    found.close()


@pytest.mark.parametrize("host", ["notebook", "voila"])
def test_it_lives_there_and_its_end_is_said(host: str, server: Lab, browser: Any) -> None:
    name = server.write("board.ipynb", *CELLS)
    if host == "voila":
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE)
        page.goto(server.address(name).replace("/notebooks/", "/voila/render/"))
    else:
        page = server.open(browser, name)
        run_all(page)
    page.wait_for_selector(".pw-board[data-status=proven][aria-busy=false]")
    page.locator("[data-project=P08] [data-way=in]").focus()
    page.keyboard.press("Enter")
    page.locator(".pw-reason").fill("Promised to the schools")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('.pw-headline').innerText.startsWith('24.5')")
    page.wait_for_selector(".pw-board[data-status=proven][aria-busy=false]")
    page.keyboard.press("Control+z")
    page.wait_for_function("document.querySelector('.pw-headline').innerText.startsWith('33.5')")
    page.keyboard.press("Control+Shift+z")
    page.wait_for_function("document.querySelector('.pw-headline').innerText.startsWith('24.5')")
    page.locator(".pw-panel").scroll_into_view_if_needed()
    page.wait_for_selector(".js-plotly-plot .main-svg")
    page.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("document.querySelector('.pw-h').innerText.includes('buys 28.5')")
    page.wait_for_function(f"({CHOSEN})(document.querySelector('.js-plotly-plot'))")
    assert not re.search("undefined|NaN|Waiting for", page.locator(".pw-board").inner_text())
    assert page.locator(".pw-alarm").all_inner_texts() == ["", ""]
    kernel = re.search(r"kernel (\d+)", page.locator("body").inner_text())
    assert kernel is not None
    os.kill(int(kernel[1]), signal.SIGKILL)
    gone = time.monotonic()
    page.wait_for_function(
        "() => [...document.querySelectorAll('.pw-alarm')].every(n => /run this cell again/i.test(n.textContent))"
    )
    print(f"{host}: a killed kernel is said by all after {time.monotonic() - gone:.1f} s")
    assert page.locator(".pw-proof").is_hidden()
    page.close()
