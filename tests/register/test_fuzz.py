"""Whatever stands in the cells: nothing but DataError is raised, and no row is lost without a finding."""

from __future__ import annotations

import csv
import os
import random
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from types import FunctionType

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pmo_kit.errors import DataError
from pmo_kit.register import load_register

NASTY = [
    "", " ", "P01", "p01", "P02", "Total", "Sub-total", "e.g. P01", "=cmd|' /C calc'!A0", "<script>alert(1)</script>",
    "1,234", "1.234", "1.234,5", "(12.3)", "€5", "£5", "5k", "5%", "1e400", "-1", "nan", "inf", "TBC", "Exempt x",
    "2027", "FY27", "2026/27", "31/02/2027", "03/04/2027", "2027-13-01", "1900-01-00", "99999999", "mandatory", "maybe",
    "yes", "project_id", "amount", "\u202f", "\ufeff", "a\nb", '"', "'=1", "😀", "é" * 300, "full", "stop", "R", "red",
    "\x00", "0", "00012", "12.0", "name", "46388", "2027-Q1", "None", "#REF!", "#N/A",
]  # fmt: skip
CELLS = st.one_of(st.sampled_from(NASTY), st.text(max_size=12), st.floats().map(str), st.dates().map(str))
HEADERS = [
    "project_id", "name", "area", "commitment", "start", "finish", "rag_declared", "latest_start", "year", "2027",
    "amount", "kind", "level", "Project\nName", "mood", "", "benefit_end_fixed",
]  # fmt: skip
GRIDS = st.integers(1, 7).flatmap(
    lambda width: st.tuples(
        st.lists(st.sampled_from(HEADERS), min_size=width, max_size=width),
        st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=8),
    )
)
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def fuzz(**strategies):
    """A test of a dozen examples, and a slow one of some hundreds beside it."""

    def make(check):
        def some(function, count):
            return settings(max_examples=count, deadline=None, suppress_health_check=CHECKS)(
                given(**strategies)(function)
            )

        name = f"{check.__name__}_at_length"
        again = FunctionType(check.__code__, check.__globals__, name)
        globals()[name] = pytest.mark.slow(some(again, 300))
        return some(check, 12)

    return make


def load(path: Path, **options):
    """The register or None; anything but DataError fails the test."""
    try:
        return load_register(path, **options)
    except DataError:
        return None


def write(folder: Path, name: str, lines, mark=",", encoding="utf-8"):
    with (folder / name).open("w", encoding=encoding, errors="replace", newline="") as file:
        csv.writer(file, delimiter=mark).writerows(lines)


@pytest.mark.long
@fuzz(
    projects=GRIDS, costs=GRIDS, mark=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    doubtful=st.sampled_from(["refuse", "set_aside"]),
)  # fmt: skip
def test_any_folder(tmp_path_factory, projects, costs, mark, encoding, doubtful):
    folder = tmp_path_factory.mktemp("fuzz")
    for name, (headers, lines) in (("projects", projects), ("costs", costs)):
        write(folder, f"{name}.csv", [headers, *lines], mark, encoding)
    load(folder, doubtful=doubtful)


@pytest.mark.long
@fuzz(bodies=st.lists(st.lists(CELLS, min_size=6, max_size=6), min_size=1, max_size=10), data=st.data())
def test_no_row_of_projects_is_lost_unlisted(tmp_path_factory, bodies, data):
    folder = tmp_path_factory.mktemp("rows")
    headers = ["project_id", "name", "area", "start", "finish", "latest_start"]
    sound = [["Z1", "Sound", "North", "2027-01-01", "2028-12-31", "2028"]]
    lines = [*sound, *bodies]
    write(folder, "projects.csv", [headers, *lines])
    write(folder, "costs.csv", [["project_id", "year", "amount"], ["Z1", "2027", "1"]])
    register = load(folder, doubtful="set_aside")
    if register is not None:
        kept, listed, full = accounted(folder, register)
        assert kept + len(listed) == len(full)
        assert listed <= full


def accounted(folder, register):
    """How many rows of projects.csv are projects, which are listed as left out, and which hold anything."""
    with (folder / "projects.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    full = {
        n for n, row in enumerate(rows, 1) if n > 1 and any(cell.strip("\x00\ufeff \u00a0\n\r\t\u202f") for cell in row)
    }
    here = register.findings[register.findings["file"] == "projects.csv"]
    listed = set(
        here.loc[
            here["rule"].isin(["set_aside", "total_row", "example_row", "banner_row", "repeated_header"]),
            "row",
        ]
    )
    return len(register.projects), listed, full


@pytest.mark.slow
def test_cells_by_the_thousand(tmp_path, capsys):
    """Odd cells in sound rows, `CELLS` of them (2,000): counted are files read and refused, rows kept and listed."""
    rng, count = random.Random(15), Counter()
    heads = ["project_id", "name", "area", "commitment", "start", "finish", "rag_declared", "latest_start"]
    while count["odd cells"] < int(os.environ.get("CELLS", "2000")):
        odd = rng.choice([0.02, 0.1, 0.4])
        lines = []
        for n in range(1, 201):
            line = [
                f"P{n:03d}",
                f"Project {n}",
                "North",
                "discretionary",
                "2027-01-01",
                "2028-12-31",
                "G",
                "2028",
            ]
            for place in range(len(line)):
                if rng.random() < odd:
                    signs = (chr(rng.choice([rng.randrange(32, 127), rng.randrange(160, 0x2FFF)])) for _ in range(6))
                    line[place] = rng.choice([*NASTY, "".join(signs)])
                    count["odd cells"] += 1
            lines.append(line)
        write(tmp_path, "projects.csv", [heads, *lines])
        write(tmp_path, "costs.csv", [["project_id", "year", "amount"], ["P001", "2027", "1"]])
        try:
            register = load_register(tmp_path, doubtful="set_aside")
        except DataError as error:
            count.update({"files refused": 1, "refused without a finding": int(error.findings.empty)})
            continue
        kept, listed, full = accounted(tmp_path, register)
        count.update({"files read": 1, "rows": len(full), "rows kept": kept, "rows listed": len(listed)})
        count["rows unlisted"] += len(full) - kept - len(listed)
    with capsys.disabled():
        print("", *(f"{number:,} {what}" for what, number in count.items()), sep="; ")
    assert count["files read"]
    assert not count["refused without a finding"]
    assert not count["rows unlisted"]


@pytest.mark.long
@fuzz(
    lines=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(NASTY[:-8]).filter(lambda text: "\x00" not in text), st.none(), st.booleans(),
                st.integers(-10, 10**12), st.floats(allow_nan=False, allow_infinity=False),
                st.dates(date(1950, 1, 1), date(2100, 1, 1)), st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)),
            ),
            min_size=5, max_size=5,
        ),
        max_size=8,
    ),
    merges=st.lists(st.tuples(st.integers(1, 8), st.integers(1, 5), st.integers(0, 2), st.integers(0, 2)), max_size=2),
)  # fmt: skip
def test_any_workbook(tmp_path_factory, lines, merges):
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "projects"
    sheet.append(["project_id", "name", "area", "start", "latest_start"])
    for line in lines:
        sheet.append(line)
    for row, column, down, right in merges:
        try:
            sheet.merge_cells(start_row=row, start_column=column, end_row=row + down, end_column=column + right)
        except (ValueError, AttributeError):
            continue
    costs = book.create_sheet("costs")
    costs.append(["project_id", "year", "amount"])
    costs.append(["P01", 2027, 1])
    path = tmp_path_factory.mktemp("book") / "fuzz.xlsx"
    book.save(path)
    load(path, doubtful="set_aside")


@fuzz(data=st.binary(max_size=300))
def test_any_bytes(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "projects.csv").write_bytes(data)
    (folder / "costs.csv").write_bytes(b"project_id,year,amount\nP01,2027,1\n")
    (folder / "broken.xlsx").write_bytes(data)
    load(folder)


@fuzz(text=st.text(max_size=200))
def test_any_settings(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("settings")
    write(
        folder,
        "settings.csv",
        [["key", "value"], ["as_of", text], ["currency", text], ["timing", text], [text, text]],
    )
    write(folder, "projects.csv", [["project_id", "name", "area"], ["P01", "x", "y"]])
    write(folder, "costs.csv", [["project_id", "year", "amount"], ["P01", "2027", "1"]])
    load(folder)
