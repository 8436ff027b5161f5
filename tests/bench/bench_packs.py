"""Committee packs in every medium, from nothing: no cache, kernels started, notebooks executed, files written."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from pmo_kit.packs import build_packs, expand, read_spec
from pmo_kit.packs.jobs import Pack, stage
from pmo_kit.shipped import shipped
from tests.bench.line import Line

MATRIX = """pack: bench
title: Bench
register: ../../data/samples/meridian
matrix:
  area: [Water Supply, Wastewater, Networks, Customer, Digital, Corporate]
  tolerance: [0.02, 0.05, 0.1, 0.15]
chapters:
  - {notebook: ../../notebooks/00_portfolio_overview.ipynb, title: The portfolio}
  - {notebook: ../../notebooks/07_department_view.ipynb, title: The department}
"""
TIMED = 4
"""Packs of the matrix that plain papermill makes; its notebooks share nothing, so the rest would take as long."""


def built(packs: tuple[Pack, ...]) -> float:
    """Seconds to build packs into an empty folder."""
    with tempfile.TemporaryDirectory() as out:
        begun = time.perf_counter()
        for one in build_packs(packs, out):
            assert one.error is None, one.error
        return time.perf_counter() - begun


def looped(packs: tuple[Pack, ...]) -> float:
    """Seconds for the same notebooks by plain papermill, one after another."""
    import papermill

    total = 0.0
    for pack in packs:
        with tempfile.TemporaryDirectory() as folder:
            jobs = stage(pack, Path(folder).resolve() / "stage").jobs
            begun = time.perf_counter()
            for job in jobs:
                home = Path(job.tree, "notebooks")
                papermill.execute_notebook(
                    str(home / job.notebook),
                    str(job.target),
                    job.parameters,
                    progress_bar=False,
                    resources={"metadata": {"path": str(home)}},
                )
            total += time.perf_counter() - begun
    return total


def bench_packs() -> list[Line]:
    spec = read_spec(shipped("templates", "packs", "investment_committee.yml"))
    four = built(expand(spec, chapters=["1", "2", "3", "4"]))
    whole = built(expand(spec))
    return [
        Line("packs: four notebooks of Meridian, every medium, cold", four, 30.0),
        Line("packs: the committee pack with its annex (eight notebooks), every medium, cold", whole, 60.0),
    ]


def bench_matrix() -> Line:
    with tempfile.NamedTemporaryFile("w", suffix=".yml", dir=shipped("templates", "packs"), prefix="_") as file:
        file.write(MATRIX)
        file.flush()
        packs = expand(read_spec(file.name))
    ours = built(packs)
    theirs = looped(packs[:: len(packs) // TIMED][:TIMED]) * len(packs) / TIMED
    what = f"packs: {len(packs)} packs of a matrix, two chapters each, every medium"
    return Line(
        what,
        ours,
        300.0,
        peer=f"plain papermill, {TIMED} packs scaled",
        peer_measured=theirs,
        least_ratio=2.0,
    )
