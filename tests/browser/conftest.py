"""Pages opened without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import PATIENCE


def warm(browser: Any) -> Any:
    """A profile with a blank page: while it is open, others start in its process, not each in a new one."""
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.new_page()
    return context


@pytest.fixture(scope="session")
def offline(browser: Any) -> Iterator[Any]:
    """A profile without a network for all pages, which keep nothing in it."""
    context = warm(browser)
    context.set_offline(True)
    yield context
    context.close()


@pytest.fixture
def opened(offline: Any) -> Iterator[Any]:
    """Open a file with the network off: `opened(path)` gives the page and what it complained of."""
    before = offline.pages

    def open_file(path: Path, width: int = 1280, scheme: str = "light") -> tuple[Any, list[str]]:
        page = offline.new_page()
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)
        complaints: list[str] = []

        def refuse(route: Any) -> None:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

        page.route(lambda url: not url.startswith(("file:", "data:", "blob:")), refuse)
        page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.resolve().as_uri())
        return page, complaints

    yield open_file
    for page in offline.pages[len(before) :]:
        page.close()
