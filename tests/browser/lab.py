"""A real JupyterLab or Notebook 7 for the tests: its own folder, its own port, its own settings."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat

PATIENCE = 240_000
"""Milliseconds that a page may take where the machine is busy; a test waits for what it wants, not for a time."""


CHOSEN = "p => p.layout.annotations.filter(note => note.font.weight === 700).map(note => note.text).includes('28.5')"
"""Whether the ladder of budgets points at that of 28.5."""


APPS = {"jupyterlab": ("LabApp", "lab/tree"), "notebook": ("JupyterNotebookApp", "notebooks")}


class Lab:
    """A server on a folder of notebooks: JupyterLab, or Notebook 7."""

    def __init__(self, folder: Path, program: str = "jupyterlab") -> None:
        self.folder, self.token = folder, secrets.token_hex(16)
        app, self.page = APPS[program]
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        home = folder / ".home"
        settings = home / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text(
            json.dumps({"fetchNews": "false", "checkForUpdates": False})
        )
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(home / "config" / "lab" / "user-settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
            "IPYTHONDIR": str(home / "ipython"),
            "PYTHONPATH": str(Path(__file__).parents[2]),
        }
        self.output = (home / "server.txt").open("w")
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", program, "--no-browser", "--ip=127.0.0.1", f"--port={self.port}",
                f"--IdentityProvider.token={self.token}", f"--notebook-dir={folder}", "--allow-root",
                "--ServerApp.port_retries=0", "--LabApp.news_url=", f"--{app}.expose_app_in_browser=True",
            ],
            cwd=folder, env=environment, stdout=self.output, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._await_start()

    def _await_start(self) -> None:
        for _ in range(960):
            try:
                self._get("api/status")
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.25)
        raise RuntimeError((self.folder / ".home" / "server.txt").read_text()[-3000:])

    def _get(self, path: str) -> Any:
        address = f"http://127.0.0.1:{self.port}/{path}?token={self.token}"
        with urllib.request.urlopen(address, timeout=5) as answer:
            return json.load(answer)

    def kernels(self) -> list[Any]:
        """The kernels that run."""
        found: list[Any] = self._get("api/kernels")
        return found

    def write(self, name: str, *cells: str) -> str:
        """A notebook of these code cells."""
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, self.folder / name)
        return name

    def address(self, name: str) -> str:
        """Where a notebook opens, without the panels of an earlier visit."""
        return f"http://127.0.0.1:{self.port}/{self.page}/{name}?token={self.token}&reset"

    def open(self, browser: Any, name: str, width: int = 1280, height: int = 800) -> Any:
        """A page on a notebook, its cells not run yet."""
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(PATIENCE)
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(self.address(name))
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_function("document.querySelector('.jp-NotebookPanel-toolbar')?.innerText.includes('Python 3')")
        return page

    def close(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.output.close()


def run_all(page: Any) -> None:
    """Run every cell from the menu, and wait until each has a number."""
    count = page.locator(".jp-Notebook .jp-CodeCell").count()
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    page.evaluate(  # the numbers of the last kernel stay when it is restarted: they are no sign that a cell has run
        "() => document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt').forEach(p => p.textContent = '')"
    )
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        """count => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')].slice(0, count);
            return prompts.length === count && prompts.every(p => /\\[\\d+\\]/.test(p.innerText));
        }""",
        arg=count,
    )


def run_again(page: Any, call: str) -> None:
    """Put another call into the last cell of a notebook that has run, and run it alone."""
    page.evaluate(
        """async call => {
            const app = window.jupyterapp, book = app.shell.currentWidget.content;
            await app.commands.execute('notebook:clear-all-cell-outputs');
            book.activeCellIndex = book.widgets.length - 1;
            book.widgets[book.widgets.length - 1].model.sharedModel.setSource(call);
            await app.commands.execute('notebook:run-cell');
        }""",
        call,
    )


def numbers(text: str) -> list[float]:
    """The numbers in a text as a committee writes them."""
    plain = text.replace("\u202f", "").replace("−", "-")
    return [float(x) for x in re.findall(r"-?\d+(?:\.\d+)?", plain)]
