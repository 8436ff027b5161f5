"""1,000 projects x 10,000 draws with correlation, events and delay: against the normals alone and other libraries.

No library on PyPI was found in November 2026 that simulates a portfolio of projects with events and delays. The peers
can express its estimates: three beta-PERTs a project under a Gaussian copula. Each does only that, for a part of the
projects, scaled up as if its time grew with their number alone: less than it would take. scipy runs always, OpenTURNS,
chaospy and mcerp where they are installed; none is a dependency.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import special

from pmo_kit.arbitration import Question
from pmo_kit.register import Register, load_register
from pmo_kit.risk import Simulation, simulate_plan
from pmo_kit.scenarios import combine, compare, one_at_a_time
from tests.bench.line import Line, peak_memory, seconds

PROJECTS, DRAWS, EVENTS = 1_000, 10_000, 2
PART, LOW = 10, 0.9  # projects that the peers draw, and their lowest estimate
STREAMS = PROJECTS * (3 + EVENTS)  # cost, benefit and duration of every project, and its events


def large_question() -> Question:
    """Projects of random size over four years, all funded, with estimates of three quantities and two risks each."""
    rng = np.random.default_rng(7)
    ids = [f"P{place:04d}" for place in range(PROJECTS)]
    areas = rng.choice(["North", "South", "East", "West"], PROJECTS)
    projects = pd.DataFrame({"project_id": ids, "name": ids, "area": areas, "start": pd.Timestamp("2027-01-01"),
                             "finish": pd.Timestamp("2029-12-31")})  # fmt: skip
    years = [2027, 2028, 2029]
    costs = pd.DataFrame({"project_id": np.repeat(ids, 3), "year": years * PROJECTS,
                          "amount": rng.uniform(1, 10, 3 * PROJECTS)})  # fmt: skip
    benefits = pd.DataFrame({"project_id": np.repeat(ids, 2), "benefit": "b", "year": [2030, 2031] * PROJECTS,
                             "amount": rng.uniform(5, 20, 2 * PROJECTS)})  # fmt: skip
    estimates = pd.DataFrame({"project_id": np.repeat(ids, 3), "quantity": ["cost", "benefit", "duration"] * PROJECTS,
                              "low": LOW, "likely": 1.0, "high": rng.uniform(1.1, 1.8, 3 * PROJECTS)})  # fmt: skip
    n = EVENTS * PROJECTS
    risks = pd.DataFrame({"project_id": np.repeat(ids, EVENTS), "risk": [f"R{place}" for place in range(n)],
                          "risk_class": "technical", "probability": rng.uniform(0.05, 0.4, n), "cost_low": 0.2,
                          "cost_likely": 0.5, "cost_high": 1.5, "benefit_loss": rng.choice([0, 0.05], n),
                          "delay_months": rng.choice([0, 3, 6], n), "period": "2028",
                          "driver": rng.choice(["prices", "skills", "weather"], n)})  # fmt: skip
    budgets = pd.DataFrame({"envelope": "all", "year": years, "amount": 6_000.0})
    settings = pd.DataFrame({"key": ["beyond_horizon"], "value": ["unlimited"]})
    register = Register(projects=projects, costs=costs, benefits=benefits, estimates=estimates, risks=risks,
                        budgets=budgets, settings=settings)  # fmt: skip
    return Question(register)


def everything(question: Question) -> Simulation:
    """Simulate all projects."""
    plan = dict.fromkeys(question.register.projects.index, "full")
    return simulate_plan(question, plan, DRAWS, 7)


def draw_normals() -> None:
    """The same number of normals as numpy draws them fastest: one generator, single precision, one buffer."""
    generator, buffer = np.random.Generator(np.random.SFC64(7)), np.empty(DRAWS, np.float32)
    for _ in range(STREAMS):
        generator.standard_normal(dtype=np.float32, out=buffer)


def bench_simulate() -> list[Line]:
    question = large_question()
    everything(question)
    normals, drawn = [], []
    for _ in range(3):  # in turn, so that another load on the machine falls on both
        normals.append(seconds(draw_normals, 1))
        drawn.append(seconds(lambda: everything(question), 1))
    what = "1,000 projects x 10,000 draws"
    return [
        Line(f"{what}: normals alone", min(normals), 60.0),
        Line(f"{what}: years and projects, times the normals", min(drawn) / min(normals), 8.0, "times"),
    ]


def peer_estimates() -> tuple[np.ndarray, np.ndarray]:
    """The highest values and the correlations of PART projects: cost, benefit, duration, each by project."""
    n = PART
    area = np.arange(n) % 4
    quantity = np.where(area[:, None] == area, 0.2, 0.0)
    matrix = np.kron(np.eye(3), quantity)
    for i in range(n):
        matrix[i, 2 * n + i] = matrix[2 * n + i, i] = 0.3
    np.fill_diagonal(matrix, 1.0)
    return np.random.default_rng(7).uniform(1.1, 1.8, 3 * n), matrix


def with_scipy(high: np.ndarray, matrix: np.ndarray) -> None:
    mode = 0.1 / (high[:, None] - LOW)
    z = np.linalg.cholesky(matrix) @ np.random.default_rng(7).standard_normal((len(high), DRAWS))
    x = LOW + (high[:, None] - LOW) * special.betaincinv(1 + 4 * mode, 5 - 4 * mode, special.ndtr(z))
    x.sum(axis=0)


def with_openturns(high: np.ndarray, matrix: np.ndarray) -> None:
    ot = importlib.import_module("openturns")
    mode = 0.1 / (high - LOW)
    margins = [ot.Beta(float(1 + 4 * m), float(5 - 4 * m), LOW, float(h)) for m, h in zip(mode, high, strict=True)]
    copula = ot.NormalCopula(ot.CorrelationMatrix(len(high), matrix.ravel().tolist()))
    np.asarray(ot.JointDistribution(margins, copula).getSample(DRAWS)).sum(axis=1)


def with_chaospy(high: np.ndarray, matrix: np.ndarray) -> None:
    chaospy = importlib.import_module("chaospy")
    margins = chaospy.J(*[chaospy.PERT(LOW, 1.0, float(h)) for h in high])
    chaospy.Nataf(margins, matrix).sample(DRAWS).sum(axis=0)


def with_mcerp(high: np.ndarray, matrix: np.ndarray) -> None:
    mcerp = importlib.import_module("mcerp")
    mcerp.npts = DRAWS
    drawn = [mcerp.PERT(LOW, 1.0, float(h)) for h in high]
    mcerp.correlate(drawn, matrix)
    sum(x._mcpts for x in drawn)


PEERS: dict[str, Callable[[np.ndarray, np.ndarray], None]] = {
    "scipy": with_scipy,
    "openturns": with_openturns,
    "chaospy": with_chaospy,
    "mcerp": with_mcerp,
}


def bench_peers() -> list[Line]:
    question, estimates = large_question(), peer_estimates()
    mine = seconds(lambda: everything(question), 2)
    lines = []
    for name, run in PEERS.items():
        what = f"1,000 projects x 10,000 draws: against {name}"
        if not importlib.util.find_spec(name):
            lines.append(Line(f"{what} (not installed, not compared)", mine, 60.0))
            continue
        run(*estimates)
        theirs = seconds(lambda run=run: run(*estimates), 1) * PROJECTS / PART  # type: ignore[misc]
        lines.append(Line(what, mine, 60.0, peer=f"{name}, estimates alone ({PART} projects scaled)",
                          peer_measured=theirs, least_ratio=1.0))  # fmt: skip
    return lines


def bench_memory() -> Line:
    """Peak memory of a simulation alone."""
    script = """
        from tests.bench.bench_risk import everything, large_question
        everything(large_question()).table
    """
    return Line("1,000 projects x 10,000 draws, years and projects: memory", peak_memory(script), 300.0, "MB")


def bench_sweep() -> Line:
    """Fifty scenarios of the sample, each solved to a proof."""
    question = Question(load_register("data/samples/meridian"))
    budgets = [0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.15]
    people = [0.7, 0.8, 0.9, 0.95, 1.0, 1.1, 1.2]
    cases = combine({("budget", "all"): budgets, ("capacity", "data_engineer"): people})
    cases += one_at_a_time({("benefit", "all"): [0.9]})
    return Line(f"{len(cases)} scenarios of meridian", seconds(lambda: compare(question, cases), 1), 60.0)
