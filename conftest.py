"""Rooms that ask about answers read a register and prove a plan once in a run, as the notebooks of one pack do."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from _pytest.doctest import DoctestModule

from pmo_kit.disk import SHARED

ROOMS = (
    "pmo_kit", "tests/browser/test_board_module", "tests/exhibits", "tests/figures", "tests/notebooks",
    "tests/packs/test_five", "tests/packs/test_media", "tests/packs/test_transparency", "tests/performance",
    "tests/prioritization", "tests/risk", "tests/scenarios", "tests/test_appraisal", "tests/test_doors",
    "tests/test_overview", "tests/test_partners", "tests/uncertainty", "tests/widgets", "tests/workshop",
)  # fmt: skip
"""Rooms whose subject is neither how a register is read nor how a plan is proven."""


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Tests hold no examples to be run: they are not looked through for any."""
    found = yield
    within = file_path.is_relative_to(parent.config.rootpath / "tests")
    return [one for one in found if not (within and isinstance(one, DoctestModule))]


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"


@pytest.fixture(scope="module", autouse=True)
def once(request: pytest.FixtureRequest, kept: Path) -> Iterator[None]:
    place = request.path.relative_to(request.config.rootpath).as_posix()
    with pytest.MonkeyPatch.context() as patch:
        if place.startswith(ROOMS):
            patch.setenv(SHARED, str(kept))
        yield
