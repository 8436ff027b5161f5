"""The workspace of a test."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.packs.tiny import Workspace, write_workspace


@pytest.fixture(autouse=True)
def package(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that does not change while a test runs, whoever edits it."""
    monkeypatch.setattr("pmo_kit.packs.manifest.package_hash", lambda: "0" * 64)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Write a workspace into the folder of the test: `workspace(one=notebook(...))` returns its pack file."""
    return partial(write_workspace, tmp_path)
