"""One headless Chromium for all browser tests of a process: two drivers cannot live in one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import settings

import pmo_kit.packs  # noqa: F401  # before any nbformat, which alone takes seconds to be imported
from pmo_kit.register import Register, load_register
from pmo_kit.shipped import shipped

CHROMIUM = os.environ.get("PMO_KIT_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


TIMES = int(os.environ.get("EXAMPLES", "1"))
"""How many times as many examples: `make slow` asks for more."""
settings.register_profile("same", derandomize=True, deadline=None, max_examples=40 * TIMES)
settings.register_profile("explore", max_examples=1000, deadline=None)
settings.load_profile("same")


@cache
def shipped_register(name: str) -> Register:
    """A register of `data/samples`, read once in a process: that takes seconds, and nobody can change what is read."""
    return load_register(shipped("data", "samples", name))


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser; without one the tests fail in CI and are skipped, with this reason, elsewhere."""
    if shutil.which(CHROMIUM) is None:
        reason = f"no Chromium at {CHROMIUM}; install it or set PMO_KIT_CHROMIUM to its path"
        if os.environ.get("CI", "").lower() in ("1", "true"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=shutil.which(CHROMIUM), args=ARGUMENTS)
        yield chromium
        chromium.close()
