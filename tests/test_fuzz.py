"""Fuzz that counts what came of it: cells, layouts, files that people write, public functions and questions.

The short form of each is in every run, the long one in `make slow`; `FUZZ=0.1` makes the long one shorter.
"""

from __future__ import annotations

import csv
import io
import os
import random
import warnings
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pmo_kit as pmo
from pmo_kit import finance, performance, prioritization
from pmo_kit.arbitration import solve_selection
from pmo_kit.errors import DataError, InfeasibleError, PmoError
from pmo_kit.packs.spec import read_spec
from pmo_kit.register.findings import load_waivers
from pmo_kit.scenarios import read_scenario_file
from pmo_kit.shipped import shipped
from tests.bench.instances import question
from tests.register.test_fuzz import NASTY

LONG = [pytest.param(False, id="short"), pytest.param(True, id="long", marks=pytest.mark.slow)]
Tables = dict[str, list[list[str]]]
SMALL: Tables = {
    "settings": [["key", "value"], ["as_of", "2026-09-30"], ["currency", "EUR"], ["money_unit", "million"],
                 ["price_basis", "real"], ["price_base_year", "2026"], ["discount_to", "2027"]],
    "projects": [["project_id", "name", "area", "commitment", "start", "finish", "latest_start"],
                 *([f"P{n:02}", f"Project {n}", f"Area {n % 3}", "discretionary", "2027-01-01", "2028-12-31", "2028"]
                   for n in range(1, 13))],
    "costs": [["project_id", "year", "kind", "amount"],
              *([f"P{n:02}", str(year), "capex", str(n / 2)] for n in range(1, 13) for year in (2027, 2028))],
    "benefits": [["project_id", "benefit", "year", "kind", "amount"],
                 *([f"P{n:02}", "Savings", "2030", "cash", str(3 * n)] for n in range(1, 13))],
    "budgets": [["envelope", "scope", "year", "amount"], ["Plan", "all", "2027", "20"], ["Plan", "all", "2028", "20"]],
    "resources": [["project_id", "role", "period", "fte"],
                  *([f"P{n:02}", "engineer", "2027", "1.5"] for n in range(1, 13))],
    "capacity": [["role", "period", "fte"], ["engineer", "2027", "9"]],
}  # fmt: skip


def times(long: bool, short: int, most: int) -> int:
    """How often, in this form of the test."""
    return max(short, int(most * float(os.environ.get("FUZZ", "1")))) if long else short


def told(what: str, counts: Counter[str]) -> None:
    """Print the counters of a fuzz; nothing was refused without a reason."""
    assert not counts["refused without words"] + counts["refused without a block"]
    print(f"\n{what}: " + ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()) if count))


def save(tables: Tables, folder: Path, as_book: bool = False) -> Path:
    """Tables as a folder of CSV files or as a workbook, in which numbers are numbers."""
    folder.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in tables.items():
        if as_book:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append([native(cell) for cell in row])
        else:
            text = io.StringIO()
            csv.writer(text).writerows(rows)
            (folder / f"{name}.csv").write_text(text.getvalue(), encoding="utf-8", errors="replace", newline="")
    if as_book:
        book.save(folder / "register.xlsx")
    return folder / "register.xlsx" if as_book else folder


def native(cell: str) -> Any:
    """A cell as a workbook holds it."""
    try:
        number = float(cell)
        return number if np.isfinite(number) else cell
    except ValueError:
        return "".join(c for c in cell if c.isprintable() or c == "\n") or None


def mutated(draw: random.Random, cell: str) -> str:
    """Another cell in the place of one."""
    kind = draw.randrange(6)
    if kind == 0:
        return draw.choice(NASTY)
    if kind == 1:
        return cell[: draw.randrange(len(cell) + 1)] + draw.choice("'\",;\t .-%€\u00a0\u200b\x00é0") + cell
    if kind == 2:
        return str(draw.choice([1e308, -1e308, 1e-308, 5e-324, 1e15, 0, -0.0, 10**30, 0.1 + 0.2]))
    if kind == 3:
        return cell.upper() if cell != cell.upper() else cell.lower()
    if kind == 4:
        return "".join(
            chr(draw.choice([draw.randrange(32, 127), draw.randrange(160, 0x2FFF)])) for _ in range(draw.randrange(9))
        )
    return draw.choice([" " + cell, cell + " ", "", cell[:-1], cell * 2])


@pytest.mark.timeout(0)
@pytest.mark.parametrize("long", LONG)
def test_any_cell_is_read_or_refused_and_none_becomes_infinite(long: bool, tmp_path: Path) -> None:
    draw, counts, number = random.Random(19), Counter[str](), 0
    while counts["cells"] < times(long, 1_000, 200_000):
        number += 1
        share, tables = draw.choice([0.01, 0.5, 0.99]), {name: [*rows] for name, rows in SMALL.items()}
        for rows in tables.values():
            for place, row in enumerate(rows):
                hit = [draw.random() < (share if place else share / 10) for _ in row]
                rows[place] = [mutated(draw, cell) if one else cell for cell, one in zip(row, hit, strict=True)]
                counts["cells"] += len(row)
                counts["cells mutated"] += sum(hit)
        as_book = draw.random() < 0.3
        path = save(tables, tmp_path / str(number), as_book)
        counts["registers, as workbooks" if as_book else "registers, as folders"] += 1
        try:
            register = pmo.load_register(path, doubtful=draw.choice(["refuse", "set_aside"]))
        except DataError as error:
            counts["refused without a block"] += not (error.findings["severity"] == "block").any()
            counts["refused"] += 1
            continue
        counts["loaded"] += 1
        for name in register.names:
            for values in register.table(name).select_dtypes("number").items():
                assert not np.isinf(values[1].to_numpy(float, na_value=np.nan)).any(), (
                    number,
                    name,
                    values[0],
                )
        listed = register.findings["rule"].isin(
            ["set_aside", "total_row", "example_row", "banner_row", "repeated_header"]
        )
        lost = len(SMALL["costs"]) - 1 - len(register.table("costs"))
        assert lost <= (listed & register.findings["file"].str.contains(r"costs|xlsx")).sum(), (number, lost)
    told("Cells", counts)
    if long:
        assert 0.4 <= counts["cells mutated"] / counts["cells"] <= 0.6
        assert counts["loaded"] > 20


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("long", LONG)
def test_any_layout_gives_the_register_or_is_refused(long: bool, tmp_path: Path) -> None:
    draw, counts = random.Random(20), Counter[str]()
    wanted = pmo.load_register(save(SMALL, tmp_path / "plain")).fingerprint
    for number in range(times(long, 6, 600)):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, rows in SMALL.items():
            head, *body = rows
            if name == "costs" and draw.random() < 0.5:  # one column a year
                years, wide = sorted({row[1] for row in body}), {}
                for project, year, kind, amount in body:
                    wide.setdefault((project, kind), {})[year] = amount
                head = ["project_id", "kind", *years]
                body = [[*key, *(amounts.get(year, "") for year in years)] for key, amounts in wide.items()]
            order = draw.sample(range(len(head)), len(head)) if name != "settings" else range(len(head))
            lines = [[row[place] for place in order] for row in (head, *draw.sample(body, len(body)))]
            if draw.random() < 0.3:
                lines = [*([[""] * len(head)] * draw.randrange(3)), *lines, [""] * len(head)]
            if draw.random() < 0.3:
                lines = [[*line, ""] for line in lines]
            text = io.StringIO()
            mark, ends = draw.choice(",;\t"), draw.choice(["\n", "\r\n"])
            csv.writer(text, delimiter=mark, lineterminator=ends, quoting=draw.choice([0, 1])).writerows(lines)
            encoding = draw.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252"])
            (folder / f"{name}.csv").write_text(text.getvalue(), encoding=encoding, newline="")
        try:
            counts["equal" if pmo.load_register(folder).fingerprint == wanted else "other"] += 1
        except DataError:
            counts["refused"] += 1
    told("Layouts", counts)
    assert counts["other"] == 0
    assert counts["equal"] > counts["refused"]


def readers() -> list[tuple[Path, Callable[[Path], object]]]:
    """Files that people write, and what reads each."""
    from pmo_kit.register.findings import Findings
    from pmo_kit.register.mapping import load_mapping

    found: list[tuple[Path, Callable[[Path], object]]] = []
    for place, read in (
        ("packs", read_spec),
        ("scenarios", read_scenario_file),
        ("mappings", lambda path: load_mapping(path)),
    ):
        found += [(file, read) for file in sorted(shipped("templates", place).glob("*.yml"))]
    waivers = "waivers:\n- {rule: unusual_amount, table: costs, project_id: P01, why: a, who: b, until: 2026-12-31}\n"
    return [*found, (Path(waivers), lambda path: load_waivers(path, Findings()))]


@pytest.mark.timeout(0)
@pytest.mark.parametrize("long", LONG)
def test_any_file_that_people_write_is_read_or_refused_in_words(long: bool, tmp_path: Path) -> None:
    """Attack 11f."""
    draw, counts, kinds = random.Random(21), Counter[str](), readers()
    bits = [":", "- ", "[", "]", "{", "}", "&a ", "*a", "!!int ", "!x ", "|", ">", "'", '"', "#", "\n", "\t", "  ",
            "\x00", "2026-13-13", "1e999", ".inf", "null", "~", "yes", "P01", "85", "0.85", "é",
            "? ", "---\n", "<<: "]  # fmt: skip
    for number in range(times(long, 60, 6_000)):
        file, read = kinds[number % len(kinds)]
        text = file.read_text(encoding="utf-8") if file.suffix == ".yml" else str(file)
        for _ in range(draw.randrange(1, 4)):
            at = draw.randrange(len(text) + 1)
            end = at + draw.choice([0, 0, 1, 5, 60])
            text = text[:at] + draw.choice([*bits, "", text[end : end + 40]]) + text[end:]
        path = tmp_path / "one.yml"
        path.write_bytes(text.encode(draw.choice(["utf-8"] * 9 + ["latin-1"]), errors="replace"))
        try:
            read(path)
            counts["read"] += 1
        except PmoError as error:
            counts["refused" if str(error).strip() else "refused without words"] += 1
    told("Files", counts)


EXTREME = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e308, -1e308, 5e-324, 1e-308, 1e-17, 1e15, np.nan, np.inf, -np.inf]),
    st.floats(),
    st.floats(-100, 100),
)  # fmt: skip
ROW = st.lists(EXTREME, min_size=1, max_size=8)
MATRIX = st.integers(1, 5).flatmap(
    lambda n: st.lists(st.lists(EXTREME, min_size=n, max_size=n), min_size=1, max_size=5)
)
RATE = st.one_of(st.floats(-0.999999, 5), EXTREME)
POINTS = st.lists(EXTREME, min_size=1, max_size=5)
SOUND = st.one_of(st.floats(-100, 100), st.floats(0, 1), EXTREME)
CASES = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(SOUND, min_size=n[0], max_size=n[0]), min_size=n[1], max_size=n[1]),
        st.lists(st.one_of(st.floats(0.01, 10), EXTREME), min_size=n[0], max_size=n[0]),
    )
)
CALLS: dict[str, tuple[Callable[..., Any], tuple[st.SearchStrategy[Any], ...]]] = {
    "npv": (finance.npv, (RATE, ROW)),
    "irr": (finance.irr, (ROW,)),
    "irr_roots": (finance.irr_roots, (ROW,)),
    "mirr": (finance.mirr, (ROW, RATE, RATE)),
    "payback": (finance.payback, (ROW, RATE)),
    "bcr": (finance.bcr, (RATE, ROW, ROW)),
    "weighted_value": (lambda case: prioritization.weighted_value(*case), (CASES,)),
    "topsis": (lambda case: prioritization.topsis(*case, [True] * len(case[1])), (CASES,)),
    "promethee": (lambda case: prioritization.promethee(*case, [True] * len(case[1])), (CASES,)),
    "swing_weights": (prioritization.swing_weights, (ROW,)),
    "entropy_weights": (lambda case: prioritization.entropy_weights(np.abs(case[0])), (CASES,)),
    "ahp_weights": (prioritization.ahp_weights, (MATRIX,)),
    "piecewise_value": (prioritization.piecewise_value, (ROW, POINTS, POINTS)),
    "kendall_w": (prioritization.kendall_w, (MATRIX,)),
    "rank_acceptability": (lambda case: prioritization.rank_acceptability(case[0], 50, seed=1), (CASES,)),
    "earned_value": (performance.earned_value, (EXTREME, EXTREME, EXTREME, EXTREME)),
    "earned_schedule": (performance.earned_schedule, (ROW, EXTREME, EXTREME)),
    "pert": (lambda a, b, c: pmo.risk.pert(a, b, c, 20, np.random.default_rng(1)), (EXTREME, EXTREME, EXTREME)),
    "cvar": (lambda x, p: pmo.risk.cvar(x, p, "upper"), (ROW, EXTREME)),
    "solve_selection": (lambda case, most: solve_selection(case[1], case[0], [most] * len(case[0])), (CASES, SOUND)),
}  # fmt: skip


@pytest.mark.timeout(0)
@pytest.mark.parametrize("long", LONG)
@pytest.mark.parametrize("name", CALLS)
def test_extreme_numbers_give_an_answer_or_words(name: str, long: bool) -> None:
    """Attacks 13a and 13b."""
    call, given_to = CALLS[name]
    counts = Counter[str]()

    @settings(max_examples=times(long, 15, 1_500), deadline=None, derandomize=True, database=None)
    @given(st.tuples(*given_to))
    def check(arguments: tuple[Any, ...]) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                answer = call(*arguments)
            except ValueError as error:
                counts["refused" if str(error).strip() else "refused without words"] += 1
                return
            except RuntimeWarning:  # numpy tells that 1e308 and the like are beyond its numbers
                counts["beyond numbers"] += 1
                return
        counts["answered"] += 1
        if name == "irr" and np.isfinite(answer):
            flows = np.array(arguments[0])
            with np.errstate(all="ignore"):
                factors = finance.discount_factors(answer, len(flows))
                size = np.abs(flows) @ factors
                fine = len(flows) * 2.0**-51 / (1 + answer)  # how finely a rate near -1 can be written
            assert answer > -1
            assert (
                not 1e-290 < factors.min() <= size < np.inf or abs(finance.npv(answer, flows)) <= max(1e-4, fine) * size
            )
        if name == "irr_roots":
            assert (np.asarray(answer) > -1).all()
        if name.endswith("_weights") and name != "ahp_weights":
            assert np.sum(answer) == pytest.approx(1)

    check()
    told(name, counts)


@cache
def asked() -> Any:
    """A random question of thirty projects."""
    return question(30, levels=True, gap=0.05)


@pytest.mark.long
@pytest.mark.timeout(0)
@pytest.mark.parametrize("long", LONG)
def test_any_question_has_an_answer_or_is_refused(long: bool) -> None:
    draw, counts = random.Random(22), Counter[str]()
    register = asked().register
    odd: dict[str, list[Any]] = {
        "value": ["npv", "npv", "npv", "npsv", "bcr", "", "nothing", None, 3, pd.Series([1.0], index=["P1"])],
        "gap": [None, 0.0, 0.001, 0.5, 1.0, -1, 2, float("nan"), float("inf"), "0", 5e-324],
        "deferral": [0, 0, 1, 2, -1, 0.5, 10**9, float("nan"), None, "1"],
        "node_limit": [None, 1, 10, 0, -5, 10**12, 0.5, "many"],
        "time_limit": [None, None, 60.0, 0.0, -1.0, float("nan"), "long"],
        "overrides": [True, False, None, "no"],
        "basis": [None, None, "likely", "expected", "sure", 3],
    }  # fmt: skip
    for _ in range(times(long, 25, 1_000)):
        names = draw.sample(list(odd), draw.randrange(1, 4))
        try:
            allocation = pmo.arbitrate(pmo.Question(register, **{name: draw.choice(odd[name]) for name in names}))
            assert allocation.value <= allocation.bound + 1e-6
            counts["answered"] += 1
        except InfeasibleError:
            counts["no plan"] += 1
        except PmoError as error:
            counts["refused" if str(error).strip() else "refused without words"] += 1
    told("Questions", counts)
    assert counts["answered"] > counts["no plan"]


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_a_thousand_projects_are_read_appraised_and_arbitrated(tmp_path: Path) -> None:
    from pmo_kit.register.template import write_register

    register = question(1_000).register
    write_register(register, tmp_path / "register")
    again = pmo.load_register(tmp_path / "register")
    assert len(again.projects) == 1_000
    assert len(pmo.appraise(again).table) >= 1_000
    allocation = pmo.arbitrate(pmo.Question(again))
    assert allocation.status in ("optimal", "gap")
    assert allocation.value <= allocation.bound
    told("A thousand projects", Counter({"projects": len(again.projects), "costs": len(again.table("costs"))}))


@pytest.mark.parametrize("amount", ["1e308", "1e309", "-1e308", "9" * 400, "inf", "1e30"])
def test_amounts_whose_sum_is_no_number_block(amount: str, tmp_path: Path) -> None:
    """Attack 13c."""
    tables = {**SMALL, "costs": [*SMALL["costs"][:-1], ["P12", "2028", "capex", amount]]}
    with pytest.raises(DataError) as caught:
        pmo.load_register(save(tables, tmp_path / "register"))
    blocks = caught.value.findings[caught.value.findings["severity"] == "block"]
    assert set(blocks["column"]) == {"amount"}
    assert "1e+308 must be at least 0" not in "".join(blocks["message"])
