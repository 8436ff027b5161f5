"""The command line: what it prints, where it writes, how it exits."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from pmo_kit.cli import main, session_notebook
from pmo_kit.shipped import shipped
from tests.packs.tiny import LOAD, message, notebook, write_workspace


@pytest.mark.long
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


@pytest.mark.long
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
    told = capsys.readouterr().err
    assert f"There is no pack file {Path('none.yml').absolute()}. In {Path.cwd()}: " in told
    assert told.count("There is no") == 1
    assert main(["lab"]) == 2
    assert "pmo-kit new FOLDER" in capsys.readouterr().err
    assert main(["check", "nowhere"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_check_reads_a_register_and_exits_by_what_it_finds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
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


@pytest.mark.long
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


def run(*words: str, **more: object) -> subprocess.CompletedProcess[bytes]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "pmo_kit.cli", *words]
    return subprocess.run(command, capture_output=True, check=False, **more)  # type: ignore[call-overload]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_any_output_encoding_will_do(tmp_path: Path, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    write_workspace(tmp_path)
    register = tmp_path / "data" / "samples" / "harbor"
    text = (register / "projects.csv").read_text(encoding="utf-8").replace("discretionary", "Łódź 🚰")
    (register / "projects.csv").write_text(text, encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        assert main(["check", str(register)]) == 2
    told, said = (stream.buffer.getvalue().decode(encoding) for stream in (out, err))
    assert ("Łódź 🚰" if encoding == "utf-8" else "?ód? ?" if encoding == "cp1252" else "??d? ?") in told
    assert said == ""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_number_keeps_its_digits_together_in_any_encoding(encoding: str) -> None:
    """The thin space and the minus of a printed number are in no code page: a blank and a hyphen, no question mark."""
    code = (
        "from pmo_kit import cli, facts\n"
        "cli.diff = lambda _: print(facts.number(-1234567.25, 2), 'Ł') or 0\ncli.main(['diff', 'a', 'b'])"
    )
    written = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    told = subprocess.run([sys.executable, "-c", code], env=written, capture_output=True, check=False)
    assert told.stdout.decode(encoding).strip() == "-1 234 567.25 ?"


def test_a_reader_that_has_seen_enough_is_no_fault(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pmo_kit import cli\n"
        "cli.diff = lambda options: print('x' * 200_000) or 1\nsys.exit(cli.main(['diff', 'a', 'b']))"
    )
    first = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert first.stdout is not None
    assert first.stdout.read(1) == b"x"
    first.stdout.close()
    assert first.stderr is not None
    assert first.stderr.read() == b""
    assert first.wait() == 0


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="a shell of POSIX")
@pytest.mark.parametrize("command", ["check REGISTER", "--help", "pack --help", "--version", ""])
@pytest.mark.parametrize(("closed", "status"), [(">&-", 0), (">&- 2>&-", 0), (">/dev/full", 2)])
def test_output_that_cannot_be_written_changes_no_status_in_silence(
    tmp_path: Path, command: str, closed: str, status: int
) -> None:
    write_workspace(tmp_path)
    words = command.replace("REGISTER", str(tmp_path / "data" / "samples" / "harbor"))
    line = f"{sys.executable} -m pmo_kit.cli {words} {closed}"
    for buffered in ("", "1"):
        environment = {**os.environ, "PYTHONUNBUFFERED": buffered}
        done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=False, env=environment)
        assert done.returncode == status, done.stderr
        assert done.stderr == ("It stopped: the disk is full.\n" if status else "")


@pytest.mark.long
def test_nobody_listens_to_the_progress_and_the_pack_is_built(tmp_path: Path) -> None:
    file = write_workspace(tmp_path, one=notebook(LOAD, message("a.one")))
    file.write_text(file.read_text() + "formats: html\n")
    command = [sys.executable, "-m", "pmo_kit.cli", "pack", str(file), "--out", str(tmp_path / "out")]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert running.stderr is not None
    running.stderr.close()
    assert running.wait() == 0
    assert (tmp_path / "out" / "board" / "latest.json").is_file()


def test_version_help_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert re.fullmatch(r"pmo_kit \d+\.\d+\.\d+\s*", capsys.readouterr().out)
    assert main([]) == 0
    assert "COMMAND" in capsys.readouterr().out
    for words in (
        ["pack", "--workers", "0"],
        ["pack", "--workers", "two"],
        ["pack", "--workers", "²"],
        ["workshop", "x", "--teams", "-1"],
    ):
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 2
        assert "is no whole number of at least 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (
            PermissionError(13, "Permission denied", "annex.xlsx"),
            2,
            "annex.xlsx: it is open in another program",
        ),
        (OSError(28, "No space left on device", "pack.pdf"), 2, "pack.pdf: the disk is full."),
        (OSError(30, "Read-only file system", "/mnt/x"), 2, "/mnt/x: it can only be read."),
        (OSError("Z: is\ngone"), 2, "It stopped: Z: is gone."),
        (OSError(9, "Bad file descriptor", 99), 2, "It stopped: Bad file descriptor."),
        (OSError(5, "Input/output error", b"caf\xe9.csv"), 2, ".csv: Input/output error."),
        (FileNotFoundError(2, "No usable temporary directory found"), 2, "It stopped: No usable temporary directory"),
        (shutil.Error([("a.csv", "b.csv", "[Errno 28] No space left on device: 'b.csv'")]), 2, "a.csv: No space left"),
        (ConnectionResetError(), 2, "It stopped: ConnectionResetError."),
        (MemoryError(), 2, "not enough memory"),
        (KeyboardInterrupt(), 2, "Stopped; nothing was published."),
        (RecursionError("deep"), 3, "A fault of pmo_kit itself, not of your data: RecursionError in "),
        (ValueError("two\nlines"), 3, "two lines. Please report this line"),
        (OSError(5, "Input/output error", "a\x1b[2J\x07.csv"), 2, "a\ufffd[2J\ufffd.csv"),
    ],
)
def test_every_error_is_one_line_with_its_status(
    error: BaseException,
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Attack 3e."""

    def fails(_: object) -> int:
        raise error

    monkeypatch.setattr("pmo_kit.cli.diff", fails)
    assert main(["diff", "a", "b"]) == status
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1
    assert main(["diff", "a", "b", "--traceback"]) == status
    assert "Traceback" in capsys.readouterr().err


def test_places_that_cannot_be_written_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack 3b."""
    file = write_workspace(tmp_path, one=notebook(LOAD, message("a.one")))
    (tmp_path / "file").write_text("mine")
    for words in (
        ["pack", str(file), "--out", str(tmp_path / "file")],
        ["pack", str(file), "--out", str(tmp_path / "file" / "deeper")],
        ["template", str(tmp_path / "file" / "new.xlsx")],
        ["check", str(tmp_path / "data" / "samples" / "harbor"), "--xlsx", str(tmp_path / "file")],
        ["check", str(tmp_path / "data" / "samples" / "harbor"), "--xlsx", str(tmp_path / "file" / "r.xlsx")],
        ["new", str(tmp_path / "file" / "new")],
        [
            "anonymize",
            str(tmp_path / "data" / "samples" / "harbor"),
            str(tmp_path / "file"),
            "--secret",
            "x y z",
        ],
        ["workshop", str(tmp_path / "file")],
        ["verify", str(tmp_path / "file")],
        ["record", str(tmp_path / "none.csv"), str(tmp_path / "data" / "samples" / "harbor")],
    ):
        assert main(words) == 2, words
        told = capsys.readouterr().err
        assert told.strip(), words
        assert "Traceback" not in told
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_a_link_that_leads_to_itself_is_told_by_every_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_workspace(tmp_path, one=notebook(LOAD, message("a.one")))
    register = str(tmp_path / "data" / "samples" / "harbor")
    monkeypatch.chdir(tmp_path)
    for name in ("loop", "loop.xlsx", "loop.yml"):
        (tmp_path / name).symlink_to(name)
    assert main(["check", "loop"]) == 2
    assert "did you mean" not in capsys.readouterr().out, "it is not taken for its own neighbor"
    for words in (
        ["check", "loop"], ["check", "loop.xlsx"], ["check", "loop.yml"], ["check", register, "--mapping", "loop.yml"],
        ["pack", "loop.yml"], ["pack", str(file), "--out", "loop"],
        ["pack", str(file), "--out", "loop/deeper"], ["verify", "loop"], ["diff", "loop", "loop"],
        ["record", "loop", register], ["record", register, "loop"], ["new", "loop"],
        ["new", "n", "--from", "loop.xlsx"], ["import", "loop.xlsx"],
        ["import", f"{register}/costs.csv", "--into", "loop"], ["board", "loop"],
        ["anonymize", "loop", "a", "--secret", "x"], ["anonymize", register, "loop", "--secret", "x"],
        ["workshop", "loop"],
    ):  # fmt: skip
        assert main(words) == 2, (words, capsys.readouterr().err)
        told = capsys.readouterr()
        assert (told.out + told.err).strip(), words
    package = Path(__file__).parents[1] / "pmo_kit"
    paths = {file: file.read_text(encoding="utf-8") for file in package.rglob("*.py")}
    assert [
        file for file, code in paths.items() if re.search(r"(?<!__file__)\)\.resolve\(\)|\w\.resolve\(\)", code)
    ] == []


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes")
def test_names_that_are_no_text_are_told_or_used(tmp_path: Path) -> None:
    """Folders called in another encoding are read and built from; a text that no file can hold is refused in words."""
    home = tmp_path / os.fsdecode(b"caf\xe9")
    home.mkdir()
    file = write_workspace(home, one=notebook(LOAD, message("a.one")))
    file.write_text(file.read_text() + "formats: html\n")
    register, out = home / "data" / "samples" / "harbor", str(tmp_path / "out")
    log = ["--log", str(home / "packs.jsonl")]
    assert main(["check", str(register)]) == 0
    with session_notebook(register, "Caf\xe9 \U0001f44d") as page:
        given: dict[str, str] = {}
        exec(nbformat.read(page, as_version=4).cells[0].source, given)
    assert (given["register_path"], given["committee"]) == (str(register), "Caf\xe9 \U0001f44d")
    assert main(["pack", str(file), "--out", out, "--eml", *log]) == 0
    assert main(["pack", str(home / "none.yml"), "--out", out, *log]) == 2
    lines = (home / "packs.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["state"] for line in lines] == ["built", "failed"]
    assert main(["pack", str(file), "--out", out, "--set", f"title={os.fsdecode(b'caf' + bytes([0xE9]))}"]) == 2
    assert main(["anonymize", str(register), str(tmp_path / "a"), "--secret", os.fsdecode(b"\xe9")]) == 2
    (register / os.fsdecode(b"notes\xe9.csv")).write_text("a,b\n1,2\n")
    assert main(["pack", str(file), "--out", out]) == 2


@pytest.mark.long
def test_a_run_that_ends_early_leaves_a_line_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_workspace(tmp_path, one=notebook(LOAD, message("a.one")))
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "packs.jsonl"
    for error, words in ((KeyboardInterrupt(), "KeyboardInterrupt"), (OSError(28, "full"), "full")):

        def stopped(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr("pmo_kit.packs.building.build_packs", stopped)
        assert main(["pack", str(file), "--log", str(log)]) == 2
        last = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
        assert last["state"] == "failed"
        assert words in last["error"]
    monkeypatch.undo()
    assert main(["pack", str(file), "--out", str(tmp_path / "out"), "--log", str(tmp_path)]) == 2
    assert "index.html" in capsys.readouterr().out, "the pack is told, whatever becomes of its line"


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
def test_a_disk_that_is_full_is_told(tmp_path: Path) -> None:
    """Attack 3f."""
    import resource

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))

    done = run("template", str(tmp_path / "new.xlsx"), preexec_fn=small)
    assert done.returncode == 2, done.stderr
    assert done.stderr.decode().strip() == f"{tmp_path / 'new.xlsx'}: the file would be larger than is allowed."
    assert list(tmp_path.iterdir()) == []
    code = (
        "import pathlib, sys\nfrom pmo_kit.packs.asking import log_runs\n"
        "for letters in (100, 5_000, 100):\n"
        "    try:\n        log_runs((), [ValueError('x' * letters)], pathlib.Path(sys.argv[1]))\n"
        "    except OSError:\n        print(letters)"
    )
    log = tmp_path / "packs.jsonl"
    refused = subprocess.check_output([sys.executable, "-c", code, str(log)], preexec_fn=small)
    assert refused.split() == [b"5000"]
    assert [len(json.loads(line)["error"]) for line in log.read_text().splitlines()] == [100, 100], "no half line"


def test_check_writes_its_report_onto_nothing_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "register.xlsx"
    assert main(["template", str(book)]) == 0
    before = book.read_bytes()
    for target in (str(book), str(tmp_path / "." / "register.xlsx"), str(tmp_path / "report.csv")):
        assert main(["check", str(book), "--xlsx", target]) == 2
        assert "Name a new file for the report" in capsys.readouterr().err
    assert book.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["register.xlsx"]


def test_lab_listens_here_alone_and_hands_its_options_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[list[str], dict[str, str]]] = []

    def called(command: list[str], env: dict[str, str], check: bool) -> subprocess.CompletedProcess[bytes]:
        calls.append((command, env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", called)
    monkeypatch.delenv("JUPYTER_TOKEN", raising=False)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "--no-browser", "--port", "9000"]) == 0
    (command, env) = calls[0]
    assert command[-3:] == ["--no-browser", "--port", "9000"]
    assert "--ServerApp.ip=127.0.0.1" in command
    assert len(env["JUPYTER_TOKEN"]) >= 24


@pytest.mark.parametrize("port", ["--port=70000", "--port 65536", "--ServerApp.port=-1", "--port=home", "--port --x"])
def test_a_port_that_no_machine_has_is_refused_before_an_address_is_told(
    port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("subprocess.run", None)
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    for command in (["lab"], ["board", str(shipped("data", "samples", "meridian_12"))]):
        assert main([*command, "--no-browser", *port.split()]) == 2
        told = capsys.readouterr()
        assert "a port is a number from 0 to 65535" in told.err
        assert "token" not in told.out + told.err
