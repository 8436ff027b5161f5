"""The register: 5,000 projects x 10 years with scores and resources, read from CSV and checked by all rules."""

from __future__ import annotations

import csv
import random
import tempfile
import time
from pathlib import Path

from pmo_kit.register import load_register
from tests.bench.line import Line

YEARS = range(2027, 2037)


def write_large_register(folder: Path, projects: int) -> None:
    """Write a register without a fault, seeded."""
    draw = random.Random(7)
    ids = [f"P{number:05d}" for number in range(projects)]
    criteria, roles = [f"c{n}" for n in range(6)], ["engineer", "analyst"]
    settings = {"currency": "EUR", "money_unit": "million", "price_basis": "nominal", "as_of": "2026-09-30"}
    tables = {
        "settings": (["key", "value"], settings.items()),
        "projects": (
            ["project_id", "name", "area", "start", "finish"],
            [(one, f"Name {one}", f"A{n % 20}", "2027-01-01", "2036-12-31") for n, one in enumerate(ids)],
        ),
        "costs": (
            ["project_id", "year", "kind", "amount"],
            [(one, year, "capex", round(draw.uniform(0.1, 50), 3)) for one in ids for year in YEARS],
        ),
        "benefits": (
            ["project_id", "year", "amount"],
            [(one, year + 10, round(draw.uniform(0.1, 50), 3)) for one in ids for year in YEARS],
        ),
        "criteria": (
            ["criterion", "sense", "low", "high", "weight"],
            [(c, "max", 0, 100, 1) for c in criteria],
        ),
        "scores": (
            ["project_id", "criterion", "score", "assessor"],
            [(one, c, round(draw.uniform(0, 99), 1), "ann") for one in ids for c in criteria],
        ),
        "resources": (
            ["project_id", "role", "period", "fte"],
            [(one, role, year, round(draw.uniform(0.1, 5), 1)) for one in ids for role in roles for year in YEARS],
        ),
        "capacity": (["role", "period", "fte"], [(role, year, 900) for role in roles for year in YEARS]),
    }
    for name, (head, rows) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(head)
            writer.writerows(rows)


def bench_large_register() -> Line:
    with tempfile.TemporaryDirectory() as folder:
        write_large_register(Path(folder), 5_000)
        times = []
        for _ in range(2):
            start = time.perf_counter()
            register = load_register(folder)
            times.append(time.perf_counter() - start)
    rows = sum(len(register.table(name)) for name in register.names)
    return Line(f"register: {rows:,} rows of 5,000 projects read and checked", min(times), 5.0)
