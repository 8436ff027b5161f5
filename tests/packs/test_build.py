"""A pack from a register and tiny notebooks: one behavior a test."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import pandas as pd
import pytest

from pmo_kit.errors import DataError, PackError
from pmo_kit.exhibits.records import MIME, Message, to_json
from pmo_kit.packs import build_pack, expand, read_spec
from pmo_kit.packs.jobs import stage
from pmo_kit.packs.layout import collect
from pmo_kit.packs.run import run_many, surroundings
from tests.packs.tiny import COSTS, LOAD, PARAMETERS, PROJECTS, SETTINGS, Workspace, message, notebook

COMPARED = ("index.html", "figures.json", "manifest.json", "notebooks/one.ipynb", "notebooks/two.ipynb")
READ = "register = pmo.load_register(register_path)\nlen(register.projects)"


def test_a_pack_holds_the_page_the_figures_the_notebooks_and_where_all_comes_from(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = workspace(one=notebook(LOAD, READ, message("a.one", "Two <b>projects</b> cost 5.5")))
    folder = build_pack(file, tmp_path / "out")
    assert folder.parent == tmp_path / "out" / "board"
    assert re.fullmatch("[0-9a-f]{12}", folder.name)
    latest = json.loads((folder.parent / "latest.json").read_text())
    assert latest == {"pack": "board", "id": folder.name, "index": f"{folder.name}/index.html"}
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["register"]["name"] == "Harbor Trust"
    assert set(manifest["inputs"]) == {"harbor/projects.csv", "harbor/costs.csv", "harbor/settings.csv"}
    assert manifest["exhibits"][0]["id"] == "a.one"
    assert manifest["exhibits"][0]["cell"] == 5
    made = {"index.html", "record.md", "facts.json", "figures.json", "notebooks/one.ipynb"}
    sources = {"pack.yml", "notebooks/one.ipynb", *(f"inputs/{name}" for name in manifest["inputs"])}
    assert made | {f"sources/{name}" for name in sources} <= set(manifest["outputs"])
    figures = json.loads((folder / "figures.json").read_text())
    assert figures[0]["title"] == "Two <b>projects</b> cost 5.5"
    page = (folder / "index.html").read_text()
    assert "Two &lt;b&gt;projects&lt;/b&gt; cost 5.5" in page
    assert "What do two projects cost?" in page
    assert "Two <b>" not in page
    assert json.loads((folder / "run.json").read_text())["seconds"] > 0
    assert not list((tmp_path / "out" / "board").glob(".*"))


@pytest.mark.long
def test_equal_inputs_give_equal_bytes(workspace: Workspace, tmp_path: Path) -> None:
    noise = "import sys, os\nprint('here', os.getcwd())\nprint('there')\nsys.stderr.write(f'{3} s')\nobject()"
    file = workspace(one=notebook(LOAD, noise, message("a.one")), two=notebook(LOAD, "{'x', 'y', 'z'}"))
    first = build_pack(file, tmp_path / "first", workers=1)
    second = build_pack(file, tmp_path / "second", workers=2)
    assert first.name == second.name
    for name in COMPARED:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name
    executed = (first / "notebooks" / "one.ipynb").read_text()
    for trace in (str(tmp_path), "/tmp", os.path.expanduser("~"), sys.prefix, "3 s", "start_time", "at 0x7"):
        assert trace not in executed, trace
    assert "here notebooks" in executed
    changed = workspace(one=notebook(LOAD, message("a.one", "Two cost 5.6")), two=notebook(LOAD))
    assert build_pack(changed, tmp_path / "first").name != first.name
    assert (first / "index.html").is_file()


@pytest.mark.long
def test_building_again_leaves_the_published_pack_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")))
    folder = build_pack(file, tmp_path)
    before = (folder / "run.json").read_bytes()
    assert build_pack(file, tmp_path) == folder
    assert (folder / "run.json").read_bytes() == before
    (folder / "index.html").write_text("rewritten by hand")
    with pytest.raises(PackError, match=r"was changed after it was published \(index.html\)"):
        build_pack(file, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(
    ("cell", "cause"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import sys\nsys.exit()", "The notebook ended itself before its last cell."),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "Python ended in the middle of the cell"),
        ("open('../inputs/none.csv')", "No such file or directory: '../inputs/none.csv'"),
    ],
    ids=["error", "exit", "dead kernel", "missing file"],
)
def test_a_failing_notebook_names_its_cell_and_leaves_the_last_pack(
    workspace: Workspace, tmp_path: Path, cell: str, cause: str
) -> None:
    out = tmp_path / "out"
    folder = build_pack(workspace(one=notebook(LOAD, message("a.one"))), out)
    before = {p: p.read_bytes() for p in folder.parent.rglob("*") if p.is_file()}
    file = workspace(one=notebook(LOAD, f"# the <third> cell\n{cell}", message("a.one")))
    with pytest.raises(PackError) as caught:
        build_pack(file, out)
    assert "one.ipynb, cell 4" in str(caught.value)
    assert cause in str(caught.value)
    page = (folder.parent / "error.html").read_text()
    assert "one.ipynb, cell 4" in page
    assert "# the &lt;third&gt; cell" in page
    assert str(tmp_path) not in page
    assert {p: p.read_bytes() for p in before} == before
    build_pack(workspace(one=notebook(LOAD, message("a.one"))), out)
    assert not (folder.parent / "error.html").exists()


def test_one_failing_notebook_takes_no_other_down(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook("x"), two=notebook(LOAD, message("b.two")))
    with pytest.raises(PackError) as caught:
        build_pack(file, tmp_path, progress=True)
    assert "one.ipynb, cell 3: A name is used before it is given a value." in str(caught.value)
    assert "two.ipynb" not in str(caught.value)


def test_an_exhibit_id_is_used_once_in_a_pack() -> None:
    def shows(title: str, *before: str) -> nbformat.NotebookNode:
        book = notebook(*before, "show")
        record = to_json(Message(id="a.x", alt="-", title=title, items=()))
        book.cells[-1].outputs = [nbformat.v4.new_output("display_data", {MIME: record})]
        return book

    with pytest.raises(PackError, match=r"'a.x': one.ipynb, cell 3, and two.ipynb, cell 4"):
        collect([("one.ipynb", shows("One")), ("two.ipynb", shows("Other", "1"))])
    one, two = collect([("one.ipynb", shows("One")), ("two.ipynb", shows("One"))])
    assert ([item.id for item in one], two) == (["a.x"], [])


@pytest.mark.long
def test_an_exhibit_that_two_notebooks_show_alike_stands_in_the_first(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.x")), two=notebook(LOAD, message("a.x"), message("b.y")))
    figures = json.loads((build_pack(file, tmp_path) / "figures.json").read_text())
    assert [(x["id"], x["notebook"]) for x in figures] == [("a.x", "one.ipynb"), ("b.y", "two.ipynb")]
    twice = workspace(one=notebook(LOAD, message("a.x"), message("a.x")))
    with pytest.raises(PackError, match=r"'a.x': one.ipynb, cell 4, and one.ipynb, cell 5"):
        build_pack(twice, tmp_path)


def _spend(value: float, place: str) -> str:
    return (
        "from pmo_kit.facts import Fact, Of, Unit, say\n"
        f'spend = Fact("plan.spend", {value}, Unit("money", "EUR", "million"), Of(year=2028))\n'
        f'pmo.show(Message(id="{place}", title=say("{{a}} in 2028", a=spend), items=()))'
    )


@pytest.mark.long
def test_facts_of_a_pack_agree_or_the_build_stops(workspace: Workspace, tmp_path: Path) -> None:
    agreeing = workspace(one=notebook(LOAD, _spend(104.5, "a.x")), two=notebook(LOAD, _spend(104.5, "b.y")))
    facts = json.loads((build_pack(agreeing, tmp_path) / "facts.json").read_text())
    assert [(f["key"], f["value"], f["of"]) for f in facts] == [("plan.spend", 104.5, {"year": 2028})]
    torn = workspace(one=notebook(LOAD, _spend(104.5, "a.x")), two=notebook(LOAD, _spend(104.93, "b.y")))
    with pytest.raises(PackError, match=r"plan.spend \(year 2028\) is 104.5 EUR million in a.x and 104.9 EUR"):
        build_pack(torn, tmp_path)


def test_unknown_and_mistyped_parameters_stop_the_build(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD), two=notebook(LOAD, parameters="gap: float = 0.0"))
    text = file.read_text().replace("About one\n", "About one\n    parameters: {gab: 1, gap: high}\n")
    file.write_text(text.replace("About two\n", "About two\n    parameters: {register_path: x}\n"))
    with pytest.raises(PackError) as caught:
        build_pack(file, tmp_path)
    assert "one.ipynb: no parameter 'gab'; did you mean 'gap'?" in str(caught.value)
    assert "one.ipynb: parameter 'gap' must be a number, not 'high'." in str(caught.value)
    assert "two.ipynb: it has no parameter 'register_path'" in str(caught.value)
    assert not (tmp_path / "board" / "latest.json").exists()


def test_parameters_reach_the_notebook_and_interactive_cells_do_not_run(workspace: Workspace, tmp_path: Path) -> None:
    check = "assert (gap, previous_path, register_path) == (1, '', '../inputs/harbor')"
    file = workspace(one=notebook(LOAD, check, message("a.one"), ("1 / 0", "interactive")))
    file.write_text(file.read_text().replace("About one\n", "About one\n    parameters: {gap: 1}\n"))
    folder = build_pack(file, tmp_path)
    executed = nbformat.read(folder / "notebooks" / "one.ipynb", as_version=4)
    assert executed.cells[-1].execution_count is None


@pytest.mark.long
def test_a_path_parameter_is_staged_beside_the_register(workspace: Workspace, tmp_path: Path) -> None:
    lines = PARAMETERS + '\nscenarios_path: str = "../data/cases.yml"'
    reads = "assert open(scenarios_path).read() == 'a: 1'"
    file = workspace(one=notebook(LOAD, reads, message("a.one"), parameters=lines))
    (tmp_path / "data" / "cases.yml").write_text("a: 1")
    folder = build_pack(file, tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["chapters"][0]["parameters"]["scenarios_path"] == "../inputs/cases/cases.yml"
    assert "cases/cases.yml" in manifest["inputs"]


def test_a_bad_register_stops_the_build_with_its_findings(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD))
    (tmp_path / "data" / "samples" / "harbor" / "costs.csv").write_text("project_id,year,amount\nZ,2027,-1\n")
    with pytest.raises(DataError, match="to fix before your first pack"):
        build_pack(file, tmp_path / "out")


@pytest.mark.long
def test_page_one_must_find_its_exhibits_or_be_told_why_not(workspace: Workspace, tmp_path: Path) -> None:
    book = notebook(LOAD, message("page_one.headline", "Fund both"), message("a.one"))
    file = workspace(one=book)
    text = file.read_text()
    file.write_text(text + "page_one: {headline: page_one.headline, left: [page_one.limits]}\n")
    with pytest.raises(PackError, match=r"asks for page_one\.limits, which no notebook shows"):
        build_pack(file, tmp_path / "out")
    lacking = 'Message(id="page_one.limits", alt="-", items=(), absent="capacity")'
    absent = f'pmo.show({lacking}, title="Not shown: no people.")'
    book.cells.append(nbformat.v4.new_code_cell(absent))
    nbformat.write(book, tmp_path / "notebooks" / "one.ipynb")
    page = (build_pack(file, tmp_path / "out") / "index.html").read_text()
    assert page.count("No people.") == 3  # page one, contents and chapter
    assert page.count("Fund both") == 1


def test_a_notebook_is_staged_as_it_is_now(workspace: Workspace, tmp_path: Path) -> None:
    """Whoever keeps a pack, and changes a notebook between two builds, gets what the notebook says at the second."""
    (pack,) = expand(read_spec(workspace(one=notebook(LOAD, message("a.one")))))
    first = stage(pack, tmp_path / "first").jobs[0]
    (tmp_path / "own.csv").write_text("a\n1\n", encoding="utf-8")
    book = notebook(LOAD, message("a.one"), parameters=f'{PARAMETERS}\nown_path: str = "../own.csv"')
    book.cells.insert(0, nbformat.v4.new_markdown_cell("New."))
    nbformat.write(book, tmp_path / "notebooks" / "one.ipynb")
    second = stage(pack, tmp_path / "second").jobs[0]
    assert second.parameters == {**first.parameters, "own_path": "../inputs/own/own.csv"}
    assert (second.injected_after, second.cells) == (first.injected_after + 1, first.cells + 1)
    book.cells[2].source += "\nown: list = []"
    nbformat.write(book, tmp_path / "notebooks" / "one.ipynb")
    with pytest.raises(PackError, match="own: list"):
        stage(pack, tmp_path / "third")


@pytest.mark.long
def test_notebooks_run_over_any_executor(workspace: Workspace, tmp_path: Path) -> None:
    spec = read_spec(workspace(one=notebook(LOAD, message("a.one")), two=notebook("1 / 0")))
    staged = stage(*expand(spec), tmp_path / "stage")
    with ProcessPoolExecutor(1) as executor:
        failures = [failure for _, failure in run_many(staged.jobs, executor) if failure]
    assert [(f.notebook, f.cell, f.error) for f in failures] == [("two.ipynb", 3, "ZeroDivisionError")]


@pytest.mark.long
def test_a_workbook_is_staged_as_it_is(workspace: Workspace, tmp_path: Path) -> None:
    from openpyxl import Workbook

    file = workspace(one=notebook(LOAD, READ, message("a.one")))
    book = Workbook()
    book.remove(book.active)
    for name, text in (("projects", PROJECTS), ("costs", COSTS), ("settings", SETTINGS)):
        sheet = book.create_sheet(name)
        for line in text.splitlines():
            sheet.append(line.split(","))
    book.save(tmp_path / "data" / "board.xlsx")
    file.write_text(file.read_text().replace("../data/samples/harbor", "../data/board.xlsx"))
    manifest = json.loads((build_pack(file, tmp_path / "out") / "manifest.json").read_text())
    assert list(manifest["inputs"]) == ["board/board.xlsx"]
    assert manifest["register"]["name"] == "Harbor Trust"


@pytest.mark.long
def test_killing_a_run_leaves_the_published_pack_whole(workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder = build_pack(workspace(one=notebook(LOAD, message("a.one"))), out)
    latest = (folder.parent / "latest.json").read_bytes()
    file = workspace(one=notebook(LOAD, message("a.one", "Two cost 5.6"), "import time\ntime.sleep(0.5)"))
    code = f"from pmo_kit.packs import build_pack\nbuild_pack({str(file)!r}, {str(out)!r})"
    run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with pytest.raises(subprocess.TimeoutExpired):
        run.wait(1.2)
    run.kill()
    run.wait()
    assert (folder.parent / "latest.json").read_bytes() == latest
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_a_register_is_read_once_for_all_kernels_of_a_run(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second kernel gets the register that the first one read, its findings too; another content is read anew."""
    import pmo_kit as pmo
    from pmo_kit import disk
    from pmo_kit.register import reading

    place = workspace(one=notebook(LOAD)).parents[1] / "data" / "samples" / "harbor"
    first = pmo.load_register(place)
    with surroundings(tmp_path / "kept"):
        pmo.load_register(place)
        assert len(list((tmp_path / "kept" / str(os.getpid())).iterdir())) == 1
        again = tmp_path / "again"
        with monkeypatch.context() as patched:
            patched.setattr(reading, "read_sheets", lambda *_: pytest.fail("it is read twice"))
            second = pmo.load_register(place)
        assert second.fingerprint == first.fingerprint
        pd.testing.assert_frame_equal(second.findings, first.findings)
        for name in ("projects", "costs"):
            pd.testing.assert_frame_equal(second.table(name), first.table(name))
        shutil.copytree(place, again / "harbor")
        costs = again / "harbor" / "costs.csv"
        costs.write_text(costs.read_text().replace("3", "4", 1))
        assert pmo.load_register(again / "harbor").fingerprint != first.fingerprint
    assert disk.SHARED not in os.environ


@pytest.mark.long
def test_every_kernel_of_a_pack_finds_the_register_that_was_read(workspace: Workspace, tmp_path: Path) -> None:
    found = "from pmo_kit.register import reading\nreading._read = None  # it is not read again"
    folder = build_pack(workspace(one=notebook(LOAD, found, READ), two=notebook(LOAD, found, READ)), tmp_path / "out")
    assert folder.is_dir()
