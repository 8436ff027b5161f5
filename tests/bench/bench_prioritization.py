"""Rank acceptability of 1,000 projects on 10 criteria with 10,000 draws, on one core's worth of work.

No library on PyPI was found in November 2026 that offers rank acceptability itself. The peer is the way that the
libraries leave to their users: score and rank once per draw. That is pymcdm's weighted sum and ranking where it is
installed, else a matrix product and scipy.stats.rankdata; a part of the draws is run and scaled up.
"""

from __future__ import annotations

import importlib
import importlib.util
import time
import tracemalloc

import numpy as np
from scipy.stats import rankdata

from pmo_kit.finance import irr
from pmo_kit.prioritization import rank_acceptability, sample_weights
from pmo_kit.prioritization.robustness import win_shares
from tests.bench.line import Line, seconds

PROJECTS, CRITERIA, DRAWS, PART = 1_000, 10, 10_000, 200


def values() -> np.ndarray:
    return np.random.default_rng(7).uniform(0, 100, (PROJECTS, CRITERIA))


def peer(cells: np.ndarray) -> tuple[str, float]:
    """Seconds that the plain way takes for all draws."""
    weights = sample_weights(CRITERIA, PART, 7)
    if importlib.util.find_spec("pymcdm"):
        wsm = importlib.import_module("pymcdm.methods").WSM()
        rank = importlib.import_module("pymcdm.helpers").rrankdata
        types = np.ones(CRITERIA)
        name = "pymcdm WSM and rrankdata, draw by draw"

        def run(w: np.ndarray) -> np.ndarray:
            return np.asarray(rank(wsm(cells, w, types)))
    else:
        name = "scipy rankdata, draw by draw"

        def run(w: np.ndarray) -> np.ndarray:
            return np.asarray(rankdata(-(cells @ w), method="min"))

    counts = np.zeros((PROJECTS, PROJECTS))
    begin = time.perf_counter()
    for w in weights:
        counts[np.arange(PROJECTS), run(w).astype(int) - 1] += 1
    return name, (time.perf_counter() - begin) * DRAWS / PART


def bench_rank_acceptability() -> list[Line]:
    cells = values()
    taken = seconds(lambda: rank_acceptability(cells, DRAWS, 7))
    tracemalloc.start()
    rank_acceptability(cells, DRAWS, 7)
    most = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    name, slow = peer(cells)
    what = f"rank acceptability {PROJECTS:,} x {CRITERIA} x {DRAWS:,} draws"
    return [
        Line(what, taken, 2.0, peer=name, peer_measured=slow, least_ratio=20 if "pymcdm" in name else None),
        Line(f"{what}, memory", most, 500.0, unit="MB"),
    ]


def bench_pairs() -> Line:
    cells, weights = values(), sample_weights(CRITERIA, DRAWS, 7)
    taken = seconds(lambda: win_shares(cells, weights), times=1)
    return Line("pairwise winning index of the same", taken, 10.0)


def bench_irr() -> Line:
    rng = np.random.default_rng(7)
    flows = np.column_stack([-rng.uniform(1, 9, 10_000), rng.uniform(0, 1, (10_000, 30))])
    return Line("IRR of 10,000 conventional series of 31 years", seconds(lambda: irr(flows)), 1.0)
