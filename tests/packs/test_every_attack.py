"""Every way in which the kit was once broken on purpose, by number, and the rest of the tests that show each mended.

A test that shows one says so in its docstring: "Attack 4a". Those that stand beside their subject are found there.
"""

from __future__ import annotations

import csv
import io
import itertools
import random
import re
import subprocess
import sys
import warnings
from fractions import Fraction
from pathlib import Path

import numpy as np
import pypdf
import pytest

import pmo_kit as pmo
from pmo_kit import finance
from pmo_kit.arbitration import solve_selection
from pmo_kit.cli import main
from pmo_kit.errors import DataError, InputError, PackError
from pmo_kit.packs import build_pack
from pmo_kit.packs.spec import read_spec
from pmo_kit.register.mapping import load_mapping
from tests.packs.tiny import LOAD, Workspace, message, notebook
from tests.test_fuzz import SMALL, save

REPRODUCTIONS = {
    "1a": "four projects in single yen: a third of the value lost, called proven best",
    "1b": "fractional amounts of 1e-6 to 1e12, and of very different size, against every plan in fractions",
    "1c": "coefficients that mislead a solver",
    "1d": "negative weights and capacities: feasible or not, in fractions",
    "2a": "verify runs a notebook that was changed",
    "2b": "verify runs a stranger's pack",
    "2c": "nobody says that notebooks are programs",
    "3a": "damaged latest.json, manifest.json, figures.json end with 1",
    "3b": "places that cannot be written",
    "3c": "csv.Error of a long field",
    "3d": ".cache a file, an entry of it a folder",
    "3e": "a crash is 3, never 1",
    "3f": "a full disk",
    "4a": "one stray double quote loses rows",
    "4b": "a file cut inside a quoted cell loses rows",
    "5a": "NUL in an amount is left out in silence",
    "5b": "NUL in any other cell",
    "6a": "a schedule that no pack can use",
    "7a": "control characters in texts",
    "8a": "a chart's title is taken for the address of a cell",
    "8b": "in a whole pack",
    "9a": "kills leave copies of the register",
    "9b": "TERM, HUP and INT do",
    "9c": "the first Ctrl-C ends no hanging cell",
    "9d": "no option changes how long a cell may take",
    "10a": "a chapter writes into its inputs",
    "10b": "into those of all",
    "11a": "YAML bombs: aliases, depth, tags, keys, NUL",
    "11b": "slips and bombs in scenarios",
    "11c": "slips in waivers",
    "11d": "slips in mappings",
    "11e": "a path of 5,000 letters, a NUL in a path",
    "11f": "random YAML",
    "12a": "a cell in the last corner of a sheet",
    "12b": "zip bombs",
    "12c": "10,000 columns",
    "12d": "300 MB of commas",
    "12e": "a FIFO among the tables",
    "12f": "a field over 16 MB",
    "13a": "irr of exactly -1, and near it",
    "13b": "npv NaN of finite numbers",
    "13c": "costs whose sum is no number",
    "13d": "ids that look alike",
    "13e": "signs that turn the text of a page",
    "13f": "a folder that is called settings.csv",
    "13g": "200 MB are printed",
}


def test_every_attack_has_a_test_that_names_it() -> None:
    told: dict[str, list[str]] = {number: [] for number in REPRODUCTIONS}
    for file in sorted(Path(__file__).parents[1].rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        found = re.findall(r'\ndef (test_\w+)\((?:[^()]|\([^()]*\))*\)(?: -> None)?:\n +"""(.*?)"""', text, re.S)
        for name, words in found:
            for number in re.findall(r"\d+[a-g]\b", " ".join(re.findall(r"[Aa]ttacks? ([\da-g, and]+)", words))):
                told[number].append(f"{file.name}::{name}")
    for number, words in REPRODUCTIONS.items():
        print(f"{number:4} {words}: {', '.join(told[number])}")
    assert [number for number, tests in told.items() if not tests] == []


def best(value: list[float], weights: list[list[float]], capacities: list[float]) -> Fraction | None:
    """Value of the best selection in fractions; None where none keeps every capacity."""
    found = None
    for chosen in itertools.product((0, 1), repeat=len(value)):
        used = [sum(Fraction(w) for w, x in zip(row, chosen, strict=True) if x) for row in weights]
        if all(one <= Fraction(most) for one, most in zip(used, capacities, strict=True)):
            worth = sum((Fraction(v) for v, x in zip(value, chosen, strict=True) if x), Fraction(0))
            found = worth if found is None else max(found, worth)
    return found


@pytest.mark.parametrize("scale", [1e-6, 1e-3, 1.0, 1e6, 1e9, 1e12])
def test_selections_with_negative_numbers_are_what_fractions_say(scale: float) -> None:
    """Attack 1d: never infeasible what is feasible, never optimal what is not; no capacity is nearly a sum."""
    draw, counts = random.Random(1), {"optimal": 0, "infeasible": 0}
    for _ in range(25):
        n, limits = draw.randrange(1, 7), draw.randrange(1, 3)
        weights = [[draw.uniform(-3, 9) * scale for _ in range(n)] for _ in range(limits)]
        capacities = [draw.uniform(-6, 15) * scale for _ in range(limits)]
        value = [draw.uniform(-2, 9) * scale for _ in range(n)]
        sums = [
            (sum(w for w, x in zip(row, chosen, strict=True) if x), most)
            for row, most in zip(weights, capacities, strict=True)
            for chosen in itertools.product((0, 1), repeat=n)
        ]
        if any(abs(one - most) <= 1e-6 * scale for one, most in sums):
            continue
        found, right = solve_selection(value, weights, capacities), best(value, weights, capacities)
        assert found.status == ("infeasible" if right is None else "optimal")
        counts[found.status] += 1
        if right is not None:
            assert found.value == pytest.approx(float(right), rel=1e-9, abs=1e-9 * scale)
    assert min(counts.values()) >= 2, counts


def test_help_readme_and_every_pack_say_that_notebooks_are_programs(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack 2c."""
    with pytest.raises(SystemExit):
        main(["verify", "--help"])
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    pack = build_pack(workspace(one=notebook(LOAD, message("a.one"))), tmp_path / "out")
    page = (pack / "index.html").read_text(encoding="utf-8")
    paper = " ".join(one.extract_text() for one in pypdf.PdfReader(pack / "provenance.pdf").pages)
    for text in (capsys.readouterr().out, readme, page, paper):
        assert re.search(r"(?i)notebooks( of a pack)? are programs", " ".join(text.split()))


@pytest.mark.long
def test_a_cache_that_is_none_is_told_or_made_again(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack 3d."""
    file = workspace(one=notebook(LOAD, message("a.one")))
    file.write_text(file.read_text() + "formats: html\n")
    out = tmp_path / "out"
    out.mkdir()
    (out / ".cache").write_text("mine")
    assert main(["pack", str(file), "--out", str(out)]) == 2
    told = capsys.readouterr().err
    assert ".cache" in told
    assert "Traceback" not in told
    (out / ".cache").unlink()
    assert main(["pack", str(file), "--out", str(out)]) == 0
    (entry,) = (out / ".cache").glob("*.ipynb")
    entry.unlink()
    entry.mkdir()
    status = main(["pack", str(file), "--out", str(out)])
    told = capsys.readouterr().err
    assert status in (0, 2)
    assert "Traceback" not in told


def rows_read(folder: Path, name: str) -> int | None:
    """How many rows of a table are read; None where the register is refused or the loss is told."""
    try:
        register = pmo.load_register(folder)
    except DataError:
        return None
    return None if "quote_swallows_rows" in set(register.findings["rule"]) else len(register.table(name))


@pytest.mark.long
def test_a_file_that_is_cut_anywhere_loses_no_row_in_silence(tmp_path: Path) -> None:
    """Attack 4b: every place in quoted rows; what stands before the cut is read, or the file is refused."""
    rows = [
        ["project_id", "benefit", "year", "amount"],
        *([f"P{n:02}", f"toll, {n}", "2030", str(n)] for n in range(1, 5)),
    ]
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    whole = text.getvalue()
    folder = save({name: SMALL[name] for name in ("settings", "projects", "costs")}, tmp_path / "register")
    kept = 0
    for end in range(whole.index("\n") + 1, len(whole), 3):
        (folder / "benefits.csv").write_text(whole[:end], encoding="utf-8")
        read = rows_read(folder, "benefits")
        assert read is None or read >= whole[:end].count("\n") - 1, whole[:end]
        kept += read is not None
    assert kept > 3


@pytest.mark.parametrize(
    "table",
    [
        "costs",
        *(
            pytest.param(one, marks=pytest.mark.long)
            for one in ("projects", "benefits", "budgets", "capacity", "settings")
        ),
    ],
)
def test_nul_in_any_cell_is_told_with_its_place(table: str, tmp_path: Path) -> None:
    """Attacks 5a and 5b: refused in numbers and dates; elsewhere the cell is named, whatever its column."""
    head, first, *rest = SMALL[table]
    for column, name in enumerate(head):
        row = [cell if place != column else f"{cell[:1]}\0{cell[1:]}" for place, cell in enumerate(first)]
        folder = save({**SMALL, table: [head, row, *rest]}, tmp_path / name)
        try:
            findings = pmo.load_register(folder).findings
        except DataError as error:
            findings = error.findings
        here = findings[findings["file"].eq(f"{table}.csv") & findings["row"].eq(2)]
        assert len(here), (table, name)
        if name in ("amount", "fte", "start", "finish", "latest_start", "year", "period"):
            assert (here["severity"] == "block").any(), (table, name)


@pytest.mark.parametrize(
    "text",
    ["settings: [1]\ntables: {}", "tables: []", "tables: {projects: [a]}", "tables: {costs: {year: {pattern: FY}}}",
     "tables: {costs: {wide: {pattern: '(a)(b)(c)'}}}", "tables: {costs: {year: {column: a, pattern: '('}}}",
     b"tables: {projects: {name: Sc\xe9nario}}", "tables: &a [*a]",
     "tables: {costs: {year: {column: a, pattern: '(a+)+$'}}}",
     "tables: {costs: {year: {column: a, pattern: 'a{9999999999}'}}}",
     f"tables: {{costs: {{year: {{column: a, pattern: '{'(' * 5_000}a{')' * 5_000}'}}}}}}"],
    ids=lambda text: str(text)[:40],
)  # fmt: skip
def test_slips_in_a_mapping_are_told(text: str | bytes, tmp_path: Path) -> None:
    """Attack 11d."""
    (tmp_path / "bad.yml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError, match=r"bad\.yml"):
        load_mapping(tmp_path / "bad.yml")


@pytest.mark.parametrize("place", ["a" * 5_000, "a/" * 2_500, '"a\\0b"', '"\\0"', "[a]", "~", "."])
@pytest.mark.parametrize("key", ["register", "previous"])
def test_a_path_that_can_be_none_is_told(key: str, place: str, workspace: Workspace) -> None:
    """Attack 11e."""
    file = workspace(one=notebook(LOAD))
    lines = [line for line in file.read_text().splitlines() if not line.startswith(f"{key}:")]
    file.write_text("\n".join([*lines, f"{key}: {place}\n"]))
    if place in ("~", ".") and (key, place) != ("register", "~"):
        read_spec(file)
        return
    with pytest.raises(PackError, match=r"line \d+: "):
        read_spec(file)


def test_npv_of_finite_numbers_is_a_number_or_refused_in_words() -> None:
    """Attack 13b: no warning of numpy, and NaN only where a part is larger than a number can say."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for flows, rate in itertools.product(
            ([1e308, -1e308, 1e300], [1e308] * 4, [-1e308, 1e300]), (-0.999999, 0, 1e6)
        ):
            try:
                found = finance.npv(rate, flows)
            except InputError:
                continue
            with np.errstate(over="ignore"):
                parts = np.array(flows) * finance.discount_factors(rate, len(flows))
            assert np.isinf(parts).any() or not np.isnan(found), (flows, rate)


def test_a_folder_that_is_called_like_a_table_is_told(tmp_path: Path) -> None:
    """Attack 13f."""
    folder = save({name: rows for name, rows in SMALL.items() if name != "settings"}, tmp_path / "register")
    (folder / "settings.csv").mkdir()
    findings = pmo.load_register(folder).findings
    assert findings["message"].str.contains("settings.csv is a folder").any()


@pytest.mark.slow
def test_a_cell_that_prints_without_end_is_stopped_in_words(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 13g."""
    file = workspace(one=notebook(LOAD, "for _ in range(200):\n    print('x' * 1_000_000)", message("a.one")))
    command = [sys.executable, "-m", "pmo_kit.cli", "pack", str(file), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or "one.ipynb" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "words"),
    [("import os; os._exit(0)", "ended itself"), ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended"),
     ("raise MemoryError", "MemoryError"), ("def f(): f()\nf()", "RecursionError"), ("input()", "asks"),
     ("raise KeyboardInterrupt", "KeyboardInterrupt")],
)  # fmt: skip
def test_a_notebook_that_dies_is_named_by_its_cell_and_nothing_is_published(
    code: str, words: str, workspace: Workspace, tmp_path: Path
) -> None:
    """What held: it is to hold."""
    with pytest.raises(PackError, match=r"one\.ipynb, cell 4") as caught:
        build_pack(workspace(one=notebook(LOAD, code, message("a.one"))), tmp_path / "out")
    assert str(caught.value).strip()
    assert not (tmp_path / "out" / "board" / "latest.json").exists(), words
