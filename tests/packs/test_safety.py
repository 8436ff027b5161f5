"""A hostile register, pack file or disk: text stays text, paths stay at home, half a pack is never seen."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pmo_kit.errors import DataError, PackError
from pmo_kit.packs import build_pack, build_packs, expand, read_spec
from pmo_kit.packs.verify import verify_pack
from pmo_kit.shipped import shipped
from tests.packs.tiny import LOAD, Workspace, message, notebook

pytestmark = pytest.mark.long

HOSTILE = (
    '=HYPERLINK("http://evil","x")', "<script>window.stolen = 1</script>", "x" * 300, "\u202eeslaf", "مشروع النهر",
    "🚰 tap 👩‍🔧", "#set text(red) $x^2$ *bold* @ref", "{{ 7 * 7 }} {% raw %}", "A & B's \"best\"",
    "back\\slash `code`",
)  # fmt: skip
TABLE = """register = pmo.load_register(register_path)
frame = register.projects.reset_index()[["project_id", "name"]].assign(cost=register.costs["amount"].to_numpy())
pairs = frame[["project_id", "name"]].values
frame = frame.assign(decision="refuse", project=[(("lead", n), ("id", i)) for i, n in pairs])
fields = (Field("project", kind="text"), Field("decision", kind="decision"), Field("cost", "cost"))
pmo.show(Table(id="arbitration.plan", alt="All.", data=frame, columns=fields), title=frame["name"].iloc[1])
pmo.show(Chart(id="a.chart", alt="All.", mark="bar", data=frame.head(12), x=Field("cost"),
    y=Field("name", kind="category")), title=frame["name"].iloc[6], takeaway=frame["name"].iloc[7])"""


def hostile(workspace: Workspace, tmp_path: Path, count: int) -> Path:
    file = workspace(one=notebook(LOAD, TABLE))
    register = tmp_path / "data" / "samples" / "harbor"
    ids = [f"P{n}" for n in range(count)]
    for name, rows in (
        (
            "projects",
            [("project_id", "name", "area")] + [(i, HOSTILE[n % len(HOSTILE)], "A") for n, i in enumerate(ids)],
        ),
        ("costs", [("project_id", "year", "amount")] + [(i, "2027", "1.5") for i in ids]),
    ):
        with (register / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(rows)
    return file


OWN_LINK = re.compile(r"""=HYPERLINK\("#('[\w ]+'!A\d+)", \1\)""")
"""A title in the contents of a workbook leads to its cell and shows what stands there: no text is part of it."""


def test_text_of_a_hostile_register_is_inert_in_every_medium(workspace: Workspace, tmp_path: Path) -> None:
    from openpyxl import load_workbook

    folder = build_pack(hostile(workspace, tmp_path, len(HOSTILE)), tmp_path / "out")
    assert {"index.html", "pack.pdf", "pack.pptx", "annex.xlsx"} <= {path.name for path in folder.iterdir()}
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<script>window.stolen" not in page
    assert "{{ 7 * 7 }}" in page
    lines = (folder / "decisions.csv").read_text(encoding="utf-8")
    assert "'=HYPERLINK" in lines
    assert not any(cell.startswith("=") for row in csv.reader(lines.splitlines()) for cell in row)
    for sheet in load_workbook(folder / "annex.xlsx").worksheets:
        formulas = [c.value for row in sheet.iter_rows() for c in row if c.data_type == "f"]
        foreign = [value for value in map(str, formulas) if not OWN_LINK.fullmatch(value)]
        assert not any("HYPERLINK" in value for value in foreign)


def test_letters_that_the_paper_lacks_are_told(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from pmo_kit.cli import main

    file = hostile(workspace, tmp_path, len(HOSTILE))
    assert main(["pack", str(file), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().err
    assert "□ stands for letters that its font lacks" in told
    assert "arbitration.plan" in told
    (manifest,) = (tmp_path / "out" / "board").glob("*/manifest.json")
    lost = json.loads(manifest.read_text(encoding="utf-8"))["unprintable"]
    assert "م" in lost["arbitration.plan"]
    assert "🚰" in lost["arbitration.plan"]
    assert "U+" in (manifest.parent / "index.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_five_thousand_projects_make_a_pack(workspace: Workspace, tmp_path: Path) -> None:
    file = hostile(workspace, tmp_path, 5_000)
    file.write_text(file.read_text() + "formats: html\n")
    folder = build_pack(file, tmp_path / "out")
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    assert len(figures[0]["data"]["rows"]) == 5_000
    assert sum(1 for _ in (folder / "decisions.csv").open(encoding="utf-8")) == 5_001


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("register: ../../../../../etc", "leads out of the folder"),
        ("register: /etc", "must be relative to this file"),
        ("register: C:\\Windows", "must be relative to this file"),
        ("register: !!python/object/apply:os.system [touch owned]", "the tag .python"),
    ],
    ids=["climbs", "absolute", "drive", "code"],
)
def test_a_pack_file_stays_at_home_and_runs_nothing(workspace: Workspace, tmp_path: Path, line: str, said: str) -> None:
    file = workspace(one=notebook(LOAD))
    file.write_text(file.read_text().replace("register: ../data/samples/harbor", line))
    with pytest.raises(PackError, match=said):
        read_spec(file)
    assert not list(tmp_path.rglob("owned"))


def test_a_name_cannot_be_a_path_and_a_parameter_cannot_leave(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, parameters='register_path: str = ""\ncases_path: str = ""'))
    text = file.read_text()
    file.write_text(text.replace("pack: board", "pack: ../board"))
    with pytest.raises(PackError, match="a folder is named so"):
        read_spec(file)
    file.write_text(text.replace("About one\n", "About one\n    parameters: {cases_path: ../../../etc/passwd}\n"))
    with pytest.raises(PackError, match=r"cases_path '../../../etc/passwd' does not exist in"):
        build_pack(file, tmp_path / "out")


def test_a_link_in_a_register_cannot_lead_out(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD))
    (tmp_path / "data" / "samples" / "harbor" / "scores.csv").symlink_to("/etc/hostname")
    with pytest.raises(PackError, match=r"harbor/scores.csv is a link that leads out"):
        build_pack(file, tmp_path / "out")


def test_executed_notebooks_and_sources_carry_no_machine(workspace: Workspace, tmp_path: Path) -> None:
    cell = "import os, getpass\nprint(os.getcwd(), os.path.expanduser('~/x'), os.path.abspath(register_path))"
    folder = build_pack(workspace(one=notebook(LOAD, cell, message("a.one"))), tmp_path / "out")
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix in (".ipynb", ".json", ".yml") and path.name != "run.json":
            text = path.read_text(encoding="utf-8")
            for trace in (str(tmp_path), str(Path.home()) + "/", "/tmp/", sys.prefix):
                assert trace not in text, f"{trace} in {path.name}"


def test_one_medium_that_fails_is_named(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pmo_kit.packs.media.xlsx.annex_bytes", lambda outline: 1 / 0)
    file = workspace(one=notebook(LOAD, message("a.one")))
    with pytest.raises(PackError, match=r"annex.xlsx of board could not be made: ZeroDivisionError"):
        build_pack(file, tmp_path / "out")
    file.write_text(file.read_text() + "formats: [pdf]\n")
    names = {path.name for path in build_pack(file, tmp_path / "out").iterdir()}
    assert {"index.html", "pack.pdf"} <= names
    assert "annex.xlsx" not in names


def test_every_medium_has_equal_bytes_when_made_again(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(hostile(workspace, tmp_path, len(HOSTILE)), tmp_path / "out")
    found = verify_pack(folder)
    assert found.equal, str(found)


@pytest.mark.slow
def test_processes_give_the_serial_pack(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")), two=notebook(LOAD, message("b.two")))
    packs = expand(read_spec(file))
    (serial,) = build_packs(packs, tmp_path / "serial", workers=1)
    assert serial.folder is not None
    with ProcessPoolExecutor(2) as executor:
        (parallel,) = build_packs(packs, tmp_path / "processes", executor=executor)
    assert parallel.error is None
    assert parallel.folder is not None
    for path in (p for p in serial.folder.rglob("*") if p.is_file() and p.name != "run.json"):
        name = path.relative_to(serial.folder)
        assert (parallel.folder / name).read_bytes() == path.read_bytes(), name


def test_two_runs_at_once_publish_one_whole_pack(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")))
    code = f"from pmo_kit.packs import build_pack\nprint(build_pack({str(file)!r}, {str(tmp_path / 'out')!r}).name)"
    runs = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    names = {run.communicate()[0].strip() for run in runs}
    assert len(names) == 1
    assert [run.returncode for run in runs] == [0, 0]
    assert whole(tmp_path / "out" / "board") == names.pop()


SLOWED = """
import sys, time
from pathlib import Path
from pmo_kit import cli, disk
from pmo_kit.packs import manifest

begun, wait = Path(sys.argv.pop(1)), float(sys.argv.pop(1))


def slow(call):
    def called(*given, **more):
        time.sleep(wait)
        found = call(*given, **more)
        time.sleep(wait)
        return found

    return called


def publish(*given, call=manifest.publish):
    begun.touch()
    for owner, name in ((disk.os, "replace"), (Path, "rename"), (disk, "flushed"), (disk.shutil, "rmtree")):
        setattr(owner, name, slow(getattr(owner, name)))
    manifest.flushed = disk.flushed
    return call(*given)


manifest.publish = publish
sys.exit(cli.main(sys.argv[1:]))
"""
"""`pmo-kit` whose steps of publishing are slow, and which tells that it begins to publish."""


@pytest.mark.slow
@pytest.mark.timeout(0)
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_hundred_kills_leave_no_broken_pack(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 9a: half of them in the moment of publication, by four signals; packs are whole, the next run tidies."""
    out, temporary, draw = tmp_path / "out", tmp_path / "tmp", random.Random(7)
    temporary.mkdir()
    begun = tmp_path / "begun"

    def run(title: str, wait: float = 0.0) -> subprocess.Popen[bytes]:
        begun.unlink(missing_ok=True)
        file = workspace(one=notebook(LOAD, message("a.one", title)))
        file.write_text(file.read_text() + "formats: html\n")
        command = [sys.executable, "-c", SLOWED, str(begun), str(wait), "pack", str(file), "--out", str(out)]
        environment = {**os.environ, "TMPDIR": str(temporary)}
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    home, longest = out / "board", 0.0
    for number in range(2):  # the second one finds everything in the cache of the system
        start = time.monotonic()
        assert run(f"Trial {number}").wait() == 0
        longest = time.monotonic() - start
    counts, times = Counter[str](), int(os.environ.get("KILLS", "100"))
    for number in range(times):
        before, name = whole(home), ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")[number % 4]
        one = run(f"Two cost {number}", 0.03)
        publishing = number // 4 % 2 == 0
        while publishing and not begun.exists() and one.poll() is None:
            time.sleep(0.005)
        try:
            one.wait(draw.uniform(0, 1.2) if publishing else draw.uniform(0.1, longest))
            counts["ended first"] += 1
        except subprocess.TimeoutExpired:
            counts["while publishing" if begun.exists() else "before publishing"] += 1
            one.send_signal(getattr(signal, name))
            one.wait()
            counts[name] += 1
        after = whole(home)
        counts["published" if after != before else "not published"] += 1
        counts["left for the next run"] += len([*temporary.iterdir(), *out.rglob(".pmo_kit_*")])
        for folder in home.glob("[!.]*/"):
            whole_folder(folder)
    assert run("The last").wait() == 0
    assert [*temporary.iterdir(), *out.rglob(".pmo_kit_*")] == []
    assert counts["while publishing"] >= times // 4
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"\n{times} kills: {told}; broken packs 0, left after the next run 0")


def whole(home: Path) -> str:
    """The id of the latest pack, every byte of which is as published."""
    name = str(json.loads((home / "latest.json").read_text())["id"])
    whole_folder(home / name)
    return name


def whole_folder(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, digest in manifest["outputs"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name
    assert (folder / "run.json").is_file()


def test_a_register_that_cannot_be_read_is_refused_in_words(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD))
    (tmp_path / "data" / "samples" / "harbor" / "costs.csv").write_bytes(b"\x00\xff\xfe project_id\x00,year\n1,2\n")
    with pytest.raises(DataError):
        build_pack(file, tmp_path / "out")


def test_shipped_pack_files_are_all_good() -> None:
    for file in sorted(shipped("templates", "packs").glob("*.yml")):
        packs = expand(read_spec(file))
        assert len(packs) == (6 if file.stem == "department_arbitration" else 1)
