"""The command line: what it prints, where it writes, how it exits."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pmo_kit.cli import main
from pmo_kit.shipped import shipped
from tests.packs.tiny import LOAD, message, notebook, write_workspace


def test_pack_says_how_far_it_is_and_where_the_page_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_workspace(tmp_path, one=notebook(LOAD, message("a.one")))
    monkeypatch.chdir(tmp_path)
    assert main(["pack"]) == 0
    told = capsys.readouterr()
    assert told.err.splitlines()[0] == "Board, October: 1 notebook"
    assert "1 of 1  About one: done" in told.err
    page = Path(told.out.strip())
    assert page.parts[:3] == ("build", "packs", "board")
    assert page.is_file()


def test_a_pack_that_fails_takes_no_other_down(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_workspace(tmp_path, one=notebook(LOAD, message("a.one")), two=notebook("1 / 0"))
    good = file.with_name("good.yml")
    lines = file.read_text(encoding="utf-8").replace("pack: board", "pack: good").splitlines()
    good.write_text("\n".join(lines[:-2]), encoding="utf-8")
    assert main(["pack", str(file), str(good), "--out", str(tmp_path / "out"), "--workers", "1"]) == 2
    told = capsys.readouterr()
    assert "two.ipynb, cell 3" in told.err
    assert "Traceback" not in told.err
    assert (tmp_path / "out" / "board" / "error.html").is_file()
    assert Path(told.out.strip()).parts[-3:-2] == ("good",)


def test_errors_are_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["pack"]) == 2
    assert capsys.readouterr().err.startswith("Name a pack file")
    assert main(["pack", "none.yml"]) == 2
    assert "There is no pack file none.yml." in capsys.readouterr().err
    assert main(["lab"]) == 2
    assert "pmo-kit new FOLDER" in capsys.readouterr().err
    assert main(["check", "nowhere"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_check_reads_a_register_and_exits_by_what_it_finds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_workspace(tmp_path)
    register = tmp_path / "data" / "samples" / "harbor"
    assert main(["check", str(register), "--strict"]) == 0
    assert "Harbor Trust" in capsys.readouterr().out
    (register / "settings.csv").unlink()
    assert main(["check", str(register)]) == 0
    assert main(["check", str(register), "--strict"]) == 1
    assert "[warn]" in capsys.readouterr().out
    (register / "costs.csv").write_text("project_id,year,amount\nZ,2027,-3\n", encoding="utf-8")
    assert main(["check", str(register)]) == 2
    assert "to fix before your first pack" in capsys.readouterr().out


def test_new_makes_a_workspace_in_which_pack_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "mine"]) == 0
    told = capsys.readouterr().out
    assert "cd mine" in told
    home = tmp_path / "mine"
    assert len((home / "README.md").read_text(encoding="utf-8").splitlines()) == 3
    names = {path.name for path in (home / "notebooks").iterdir()}
    assert names == {path.name for path in shipped("notebooks").glob("*.ipynb")}
    assert "data/samples" not in "".join(p.read_text(encoding="utf-8") for p in home.rglob("*.ipynb"))
    start = json.loads((home / "notebooks" / "start.ipynb").read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in start["cells"])
    monkeypatch.chdir(home)
    assert main(["pack"]) == 0
    pages = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [page.parts[2] for page in pages] == ["investment_committee", "portfolio_overview"]
    assert all("Meridian Water" in page.read_text(encoding="utf-8") for page in pages)


def test_new_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "register").mkdir()
    assert main(["new", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["register"]
    (tmp_path / "file").write_text("mine")
    assert main(["new", str(tmp_path / "file")]) == 2
    assert (tmp_path / "file").read_text() == "mine"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom pmo_kit.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pandas', 'plotly', 'papermill', 'highspy'} & set(sys.modules)\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "pack" in done.stdout


def test_the_command_is_installed() -> None:
    command = shutil.which("pmo-kit", path=str(Path(sys.executable).parent))
    assert command
    assert subprocess.run([command, "--help"], capture_output=True, check=False).returncode == 0
