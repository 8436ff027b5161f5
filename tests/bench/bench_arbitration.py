"""Arbitration at size: proofs, prices, frontiers, what a committee asks; against CBC, scipy.milp, plain HiGHS."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import highspy
import numpy as np
import papermill
import pulp
from scipy import optimize

from pmo_kit.arbitration import Question, arbitrate, explain, frontier, money_moves
from pmo_kit.arbitration.model import compile_model
from pmo_kit.register import load_register
from tests.bench.instances import question
from tests.bench.line import Line, peak_memory


def timed(run) -> tuple[float, object]:
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def cbc(asked: Question, gap: float) -> float:
    """Seconds of CBC for the same program, rebuilt through PuLP; the rebuild is counted."""
    program = compile_model(asked).program
    matrix = program.matrix

    def rebuilt() -> None:
        problem = pulp.LpProblem("plan", pulp.LpMaximize)
        x = [pulp.LpVariable(f"x{i}", 0, 1, cat="Binary") for i in range(len(program.value))]
        problem += pulp.lpDot(program.value.tolist(), x)
        for r in range(matrix.shape[0]):
            part = slice(matrix.indptr[r], matrix.indptr[r + 1])
            row = pulp.lpDot(matrix.data[part].tolist(), [x[c] for c in matrix.indices[part]])
            if np.isfinite(program.lower[r]):
                problem += row >= program.lower[r]
            if np.isfinite(program.upper[r]):
                problem += row <= program.upper[r]
        problem.solve(pulp.PULP_CBC_CMD(msg=False, gapRel=gap, timeLimit=LIMIT, threads=1))

    return timed(rebuilt)[0]


def scipy_milp(asked: Question, gap: float) -> float:
    """Seconds of scipy.optimize.milp for the same program."""
    p = compile_model(asked).program
    rows = optimize.LinearConstraint(p.matrix, p.lower, p.upper)
    bounds = optimize.Bounds(p.least, p.most)
    options = {"mip_rel_gap": gap, "time_limit": LIMIT}
    kind = p.integer.astype(int)
    return timed(lambda: optimize.milp(-p.value, constraints=rows, bounds=bounds, integrality=kind, options=options))[0]


def plain_highs(asked: Question, gap: float) -> float:
    """Seconds of HiGHS as it comes, on the same arrays."""
    p = compile_model(asked).program
    m = p.matrix

    def run() -> None:
        highs = highspy.Highs()
        highs.silent()
        highs.setOptionValue("threads", 1)
        highs.setOptionValue("mip_rel_gap", gap)
        highs.setOptionValue("time_limit", LIMIT)
        highs.passModel(
            len(p.value), len(p.lower), m.nnz, int(highspy.MatrixFormat.kRowwise), int(highspy.ObjSense.kMaximize),
            0.0, p.value, p.least, p.most, p.lower, p.upper, m.indptr.astype(np.int32), m.indices.astype(np.int32),
            m.data, p.integer.astype(np.int32),
        )  # fmt: skip
        highs.run()

    return timed(run)[0]


ROOT = Path(__file__).parents[2]
PEERS = {"CBC rebuilt by PuLP": cbc, "scipy.milp": scipy_milp, "plain HiGHS": plain_highs}
LIMIT = 30.0
"""Seconds after which a peer is stopped, in its favor."""


def against_peers(
    what: str,
    measured: float,
    bound: float,
    questions: list[Question],
    gap: float,
    times: int = 1,
    **least: float,
) -> list[Line]:
    """A line for each peer, which answers some of the questions; the rest would take as long."""
    sample = "" if times == 1 else f" ({len(questions)} of {times * len(questions)})"
    return [
        Line(what, measured, bound, peer=f"{name}{sample}", peer_measured=times * sum(peer(q, gap) for q in questions),
             least_ratio=least.get(peer.__name__))
        for name, peer in PEERS.items()
    ]  # fmt: skip


def bench_prices_of_60() -> list[Line]:
    lines = []
    for levels, bound in ((False, 30.0), (True, 120.0)):
        asked = question(60, levels)
        seconds, a = timed(lambda asked=asked: arbitrate(asked))
        lines.append(Line(f"60 projects{' with levels' * levels}: proof and next best", seconds, 5.0))
        seconds, reasons = timed(lambda a=a: explain(a))
        assert (reasons.table["proof"] != "undecided").all()
        lines.append(Line(f"60 projects{' with levels' * levels}: all prices exact", seconds, bound))
    return lines


def bench_200() -> Line:
    asked = question(200, gap=0.003)
    seconds, a = timed(lambda: arbitrate(asked.replace(time_limit=60.0)))
    print(f"   200 projects: gap {100 * a.gap:.3f} %, {a.gap_projects:.2f} median projects, {seconds:.1f} s")
    return Line("200 projects: gap in median projects within 60 s", a.gap_projects, 0.5, "projects")


def bench_5000() -> list[Line]:
    asked = question(5000, gap=1e-3)
    seconds, a = timed(lambda: arbitrate(asked))
    assert a.gap <= 1e-3
    return against_peers("5,000 projects to 0.1 %", seconds, 1.5, [asked], 1e-3)


def bench_frontier_1000() -> list[Line]:
    asked, factors = question(1000, gap=1e-3), np.linspace(0.6, 1.2, 100)
    seconds, found = timed(lambda: frontier(asked, budgets=factors.tolist()))
    assert all(a.gap <= 1e-3 for a in found.allocations.values())
    some = [asked.scaled(float(f)) for f in factors[5::10]]
    what = "1,000 projects: frontier of 100 points to 0.1 %"
    return against_peers(what, seconds, 120.0, some, 1e-3, 10, cbc=5.0)


def bench_committee() -> list[Line]:
    """What a committee asks of the 60 projects of the sample, on expected figures."""
    asked = Question(load_register(ROOT / "data" / "samples" / "meridian"), overrides=False, node_limit=20_000)
    budgets = [0.7, 0.8, 0.85, 0.9, 1.0, 1.1, 1.2]
    nested, _ = timed(lambda: frontier(asked, budgets, nested=True))
    allocation = arbitrate(asked)
    prices, _ = timed(lambda: explain(allocation))
    moves, _ = timed(lambda: money_moves(allocation))
    return [
        Line("Meridian: one order of funding for 7 budgets", nested, 10.0),
        Line("Meridian: all prices exact", prices, 8.0),
        Line("Meridian: money moved between years", moves, 10.0),
    ]


def bench_notebook() -> list[Line]:
    """The notebook of the plan from start to end, starts as asked and one year later where the register allows."""
    lines = []
    for deferral, bound in ((0, 40.0), (1, 40.0)):
        with tempfile.TemporaryDirectory() as folder:
            seconds, _ = timed(
                lambda deferral=deferral, folder=folder: papermill.execute_notebook(
                    ROOT / "notebooks" / "02_budget_arbitration.ipynb", Path(folder) / "done.ipynb",
                    {"deferral": deferral}, progress_bar=False, cwd=ROOT / "notebooks",
                )
            )  # fmt: skip
        lines.append(Line(f"notebook 02, starts up to {deferral} years later", seconds, bound))
    return lines


def bench_memory() -> list[Line]:
    """Peak memory of each answer alone."""
    runs = {
        "5,000 projects to 0.1 %": "arbitrate(question(5000, gap=1e-3))",
        "1,000 projects: frontier of 30 points": "frontier(question(1000, gap=1e-3), [k / 50 for k in range(30, 60)])",
        "60 projects: all prices": "explain(arbitrate(question(60)))",
    }
    imports = (
        "from pmo_kit.arbitration import arbitrate, explain, frontier\nfrom tests.bench.instances import question\n"
    )
    return [Line(f"{what}, memory", peak_memory(imports + run), 300.0, "MB") for what, run in runs.items()]
