"""Pages opened without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import PATIENCE


@pytest.fixture
def opened(browser: Any) -> Iterator[Any]:
    """Open a file with the network off: `opened(path)` gives the page and what it complained of."""
    contexts = []

    def open_file(path: Path, width: int = 1280) -> tuple[Any, list[str]]:
        context = browser.new_context(viewport={"width": width, "height": 800})
        contexts.append(context)
        context.set_offline(True)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
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
    for context in contexts:
        context.close()
