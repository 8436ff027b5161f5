"""What may be done to a pack or its run, by malice or accident: refused in words, nothing runs, nothing stays."""

from __future__ import annotations

import copy
import errno
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import nbformat
import pytest

from pmo_kit.cli import main
from pmo_kit.errors import PackError
from pmo_kit.packs import build_pack
from pmo_kit.packs.decisions import record_decisions
from pmo_kit.packs.manifest import dumps
from pmo_kit.packs.verify import diff_packs, verify_pack
from tests.packs.tiny import LOAD, Workspace, message, notebook

pytestmark = pytest.mark.long


@pytest.fixture
def pack(workspace: Workspace, tmp_path: Path) -> Path:
    """A published pack of one cheap chapter."""
    return build_pack(workspace(one=notebook(LOAD, message("a.one"))), tmp_path / "out")


def with_cell(pack: Path, code: str) -> None:
    """Put code into the notebook that the pack keeps, and into nothing else."""
    file = pack / "sources" / "notebooks" / "one.ipynb"
    book = nbformat.read(file, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(code))
    nbformat.write(book, file)


def test_nothing_of_a_changed_pack_is_executed(pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Attack 2a."""
    with_cell(pack, f"open({str(tmp_path / 'owned')!r}, 'w').close()")
    assert main(["verify", str(pack)]) == 2
    assert main(["verify", str(pack), "--run"]) == 2
    assert "sources/notebooks/one.ipynb was changed" in capsys.readouterr().out
    assert not (tmp_path / "owned").exists()


def test_a_pack_of_somebody_else_is_executed_only_when_that_is_asked(
    pack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack 2b."""
    run = json.loads((pack / "run.json").read_text())
    (pack / "run.json").write_text(json.dumps({**run, "seal": "0" * 64}))
    found = verify_pack(pack)
    assert (found.ran, found.touched) == (False, ())
    assert main(["verify", str(pack)]) == 2
    assert "notebooks are programs that run with your rights" in capsys.readouterr().out
    assert main(["verify", str(pack), "--against", str(pack / "sources" / "pack.yml")]) == 2
    assert "nothing was executed" in capsys.readouterr().out
    assert main(["verify", str(pack), "--hashes"]) == 0
    assert "nothing was executed" in capsys.readouterr().out
    assert main(["verify", str(pack), "--run"]) == 0
    assert "byte for byte" in capsys.readouterr().out


def test_the_seal_of_another_pack_opens_nothing(pack: Path, workspace: Workspace, tmp_path: Path) -> None:
    other = build_pack(workspace(one=notebook(LOAD, message("a.one", "Another"))), tmp_path / "out")
    shutil.copy(pack / "run.json", other / "run.json")
    assert not verify_pack(other).ran


def test_a_renamed_copy_is_a_note_and_no_tampering(
    pack: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = shutil.copytree(pack, tmp_path / "for the minister")
    assert main(["verify", str(copy)]) == 0
    told = capsys.readouterr().out
    assert f"it was published as {pack.name}" in told
    assert "byte for byte" in told


def test_diff_and_record_execute_nothing(pack: Path, tmp_path: Path) -> None:
    with_cell(pack, f"open({str(tmp_path / 'owned')!r}, 'w').close()")
    with pytest.raises(PackError, match=r"sources/notebooks/one\.ipynb was changed"):
        diff_packs(pack, pack)
    with pytest.raises(PackError):
        record_decisions(pack, tmp_path / "data" / "samples" / "harbor")
    assert not (tmp_path / "owned").exists()


DAMAGE = ["[]", '"x"', "null", "{}", "[1]", "{", "", "\x00", "1e999", "[" * 5_000, '{"id": 7}', '{"id": []}']


@pytest.mark.parametrize("name", ["latest.json", "manifest.json", "figures.json"])
def test_damaged_files_of_a_pack_are_told_and_never_a_one(
    pack: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack 3a."""
    file = (pack.parent if name == "latest.json" else pack) / name
    whole = file.read_bytes()
    for text in DAMAGE:
        file.write_text(text, encoding="utf-8")
        for command in (["verify", str(pack.parent)], ["diff", str(pack.parent), str(pack.parent)]):
            assert main(command) == 2, (name, text, command)
            told = capsys.readouterr()
            assert told.err.strip() + told.out.strip()
            assert "A fault of pmo_kit" not in told.err
        file.write_bytes(whole)


ODD: list[Any] = [
    None, True, 0, -1, 1e308, 10**30, "", "x", "\ud800", "a\0b", "../../etc", [], [1], [[]], {}, {"a": 1}, [None],
    "9" * 5_000, {"runs": [1]}, {"runs": [["a", "b"]]}, {"runs": None}, [["id", "x"]], float("nan"),
]  # fmt: skip


def damaged(draw: random.Random, value: Any) -> Any:
    """A document with another value, or nothing, or another name, somewhere in it."""
    value = copy.deepcopy(value)
    holder, key = draw.choice([*places(value)] or [([value], 0)])
    if draw.random() < 0.7:
        holder[key] = draw.choice(ODD)
    elif draw.random() < 0.5 and isinstance(holder, dict):
        holder[draw.choice(["\ud800", "a\0b", "x" * 5_000, "../x", "data", "id", ""])] = holder.pop(key)
    else:
        del holder[key]
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place inside a document: what holds it, and its name or number there."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        yield value, key
        yield from places(inner)


@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_pack_that_is_damaged_and_agrees_with_its_hashes_is_told(
    long: bool, workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Attack 3a, by somebody who writes the hashes again: any part of any JSON file of a pack."""
    file, draw, counts = (
        workspace(one=notebook(LOAD, PLAN, message("a.one"))),
        random.Random(3),
        Counter[str](),
    )
    file.write_text(file.read_text() + "formats: html\n")
    pack = build_pack(file, tmp_path / "out")
    bad = tmp_path / "bad"
    shutil.copytree(pack, bad)
    kept = {name: (pack / name).read_bytes() for name in ("manifest.json", "figures.json", "facts.json", "run.json")}
    for _ in range(500 if long else 25):
        name = draw.choice(["manifest.json", *["figures.json"] * 3, "facts.json", "run.json"])
        for one, content in kept.items():
            (bad / one).write_bytes(content)
        content = json.dumps(damaged(draw, json.loads(kept[name]))).encode()
        (bad / name).write_bytes(content)
        if name in ("figures.json", "facts.json"):
            manifest = json.loads(kept["manifest.json"])
            manifest["outputs"][name] = hashlib.sha256(content).hexdigest()
            (bad / "manifest.json").write_bytes(dumps(manifest))
        for words in (
            ["verify", "--hashes", str(bad)],
            ["diff", str(pack), str(bad)],
            ["diff", str(bad), str(pack)],
        ):
            status = main(words)
            assert status in (0, 1, 2), (words, content, capsys.readouterr().err)
            counts[f"{words[0]} {status}"] += 1
    print(counts)
    assert counts["diff 2"] >= 5


PLAN = """import pmo_kit as pmo
frame = pd.DataFrame({"project_id": ["A", "B"], "cost": [3.0, 2.5], "decision": ["fund", "refuse"],
    "project": [(("lead", "North quay"), ("id", "A")), (("lead", "Pilot boats"), ("id", "B"))]})
columns = (Field("project", kind="text"), Field("decision", kind="decision"), Field("cost", "Cost"))
pmo.show(Table(id="arbitration.plan", alt="All.", data=frame, columns=columns), title="Two projects")"""


def test_a_hash_list_that_leads_out_reads_nothing_outside(pack: Path) -> None:
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["outputs"]["../../../etc/passwd"] = "0" * 64
    (pack / "manifest.json").write_text(json.dumps(manifest))
    assert "../../../etc/passwd leads out of the pack" in verify_pack(pack).touched
    manifest["outputs"]["a\0b"] = "0" * 64
    (pack / "manifest.json").write_text(json.dumps(manifest))
    assert not verify_pack(pack).ran


def test_a_chapter_that_writes_into_its_inputs_fails_by_name(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 10a."""
    write = "with open(register_path + '/costs.csv', 'a') as file:\n    file.write('A,2027,9\\n')"
    file = workspace(one=notebook(LOAD, write, message("a.one")), two=notebook(LOAD, message("b.two")))
    with pytest.raises(PackError, match=r"one.ipynb, cell 4: The notebook wrote into its inputs") as caught:
        build_pack(file, tmp_path / "out")
    assert "harbor/costs.csv" in str(caught.value)


def test_chapters_share_no_folder(workspace: Workspace, tmp_path: Path) -> None:
    leave = "from pathlib import Path\nPath('left.txt').write_text('x')\nPath('../inputs/x.txt').exists()"
    look = "from pathlib import Path\nassert sorted(p.name for p in Path('.').iterdir()) == []"
    file = workspace(one=notebook(LOAD, leave, message("a.one")), two=notebook(LOAD, look, message("b.two")))
    build_pack(file, tmp_path / "out", workers=1)


def test_the_time_of_a_cell_is_a_line_of_the_pack_file(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 9d."""
    file = workspace(one=notebook("import time; time.sleep(300)"))
    text = file.read_text()
    file.write_text(text + "cell_timeout: 5\n")
    with pytest.raises(PackError, match="The cell took longer than it may"):
        build_pack(file, tmp_path / "out")
    file.write_text(text + "cell_timeout: 0\n")
    with pytest.raises(PackError, match="cell_timeout must be at least 1"):
        build_pack(file, tmp_path / "out")


def hanging(workspace: Workspace, tmp_path: Path) -> subprocess.Popen[str]:
    """`pmo-kit pack` in a cell that hangs, with its temporary files in a folder of its own."""
    begun = tmp_path / "begun"
    begun.unlink(missing_ok=True)
    hang = f"open({str(begun)!r}, 'w').close()\nimport time; time.sleep(300)"
    file = workspace(one=notebook(LOAD, hang))
    (tmp_path / "tmp").mkdir(exist_ok=True)
    run = subprocess.Popen(
        [sys.executable, "-m", "pmo_kit.cli", "pack", str(file), "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        start_new_session=True,
    )
    while not begun.exists():
        assert run.poll() is None, run.communicate()
        time.sleep(0.01)
    return run


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_one_signal_ends_a_hanging_cell_and_nothing_stays(workspace: Workspace, tmp_path: Path, name: str) -> None:
    """Attacks 9b and 9c."""
    run = hanging(workspace, tmp_path)
    os.kill(run.pid, getattr(signal, name))
    told = run.communicate()[1]  # of a cell that is not ended nothing says after 300 s that it was stopped
    assert run.returncode == 2, told
    assert "Stopped; nothing was published." in told
    assert "Traceback" not in told
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_the_first_ctrl_c_takes_less_than_the_run_took_to_begin(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 9c: within 3 s, which is what a run takes to begin on a quiet machine; a busy one slows the two alike."""
    began, ended = [], []
    for _ in range(3):
        start = time.monotonic()
        run = hanging(workspace, tmp_path)
        began.append(time.monotonic() - start)
        os.killpg(run.pid, signal.SIGINT)
        run.communicate()
        ended.append(time.monotonic() - start - began[-1])
    print(f"began in {min(began):.2f} s, ended in {min(ended):.2f} s")
    assert min(ended) < min(began)


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_what_a_killed_run_leaves_goes_with_the_next(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Attack 9a."""
    run = hanging(workspace, tmp_path)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    left = list((tmp_path / "tmp").iterdir())
    assert left
    assert all(path.name.startswith("pmo_kit_") for path in left)
    assert all(path.stat().st_mode & 0o077 == 0 for path in left)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    build_pack(workspace(one=notebook(LOAD, message("a.one"))), tmp_path / "out")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_in_use_is_never_swept(tmp_path: Path) -> None:
    from pmo_kit.disk import scratch

    with scratch(tmp_path) as first:
        (first / "mine").write_text("x")
        code = (
            "import sys\nfrom pathlib import Path\nfrom pmo_kit.disk import scratch\n"
            "with scratch(Path(sys.argv[1])) as folder:\n    print(len(list(folder.parent.iterdir())))"
        )
        done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "2"
        assert (first / "mine").exists()
    assert list(tmp_path.iterdir()) == []


ENDS = {
    "made": "tempfile.mkdtemp = lambda made=tempfile.mkdtemp, **given: (made(**given), os._exit(9))",
    "its lock made": "fcntl.flock = lambda *_: os._exit(9)",
    "in use": "ends = os._exit",
    "its lock removed": "pathlib.Path.rmdir = lambda _: os._exit(9)",
    "half removed": "shutil.rmtree = lambda folder, gone=shutil.rmtree, **_: (gone(folder), os._exit(9))",
}


@pytest.mark.skipif(os.name == "nt", reason="locks of POSIX")
@pytest.mark.parametrize("moment", ENDS)
def test_what_a_kill_leaves_of_a_temporary_folder_goes_with_the_next_run(moment: str, tmp_path: Path) -> None:
    from pmo_kit.disk import scratch

    code = (
        "import fcntl, os, pathlib, shutil, sys, tempfile\nfrom pmo_kit.disk import scratch\n"
        f"ends = int\n{ENDS[moment]}\nwith scratch(pathlib.Path(sys.argv[1])) as folder:\n"
        "    for name in ('a', 'z'):\n        (folder / name).mkdir()\n"
        "        (folder / name / 'salaries.csv').write_text('1')\n"
        "    (folder / '.hidden').write_text('1')\n    ends(9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode == 9, done.stderr
    assert len(list(tmp_path.iterdir())) == 1
    with scratch(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder]
    assert list(tmp_path.iterdir()) == []


def test_runs_that_begin_at_once_take_no_folder_from_one_another(tmp_path: Path) -> None:
    from pmo_kit.disk import scratch

    def work(number: int) -> bool:
        with scratch(tmp_path) as folder:
            (folder / "mine").write_text(str(number))
            return (folder / "mine").read_text() == str(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(2000)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="locks of POSIX")
def test_a_folder_is_locked_until_it_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a run that has just made it could lock it in the moment before it goes."""
    import fcntl

    from pmo_kit import disk

    gone, tried = Path.rmdir, []

    def remove(folder: Path) -> None:
        tried.append(folder.name)
        with pytest.raises(BlockingIOError):
            fcntl.flock(locks[folder.name], fcntl.LOCK_EX | fcntl.LOCK_NB)
        gone(folder)

    left = tmp_path / ".pmo_kit_abcdefgh"
    left.mkdir()
    (left / ".lock").touch()
    locks = {left.name: (left / ".lock").open("rb")}
    monkeypatch.setattr(Path, "rmdir", remove)
    with disk.scratch(tmp_path) as folder:
        locks[folder.name] = (folder / ".lock").open("rb")
    assert tried == [left.name, folder.name]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="locks of POSIX")
def test_a_folder_that_could_not_be_locked_is_swept_by_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a network drive locks may run out for a moment, and be there again when the next run sweeps."""
    import fcntl

    from pmo_kit.disk import scratch

    def none_left(*_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", none_left)
        first = scratch(tmp_path)
        used = first.__enter__()
    with scratch(tmp_path) as second:
        assert sorted(tmp_path.iterdir()) == sorted([used, second])
    first.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_a_link_in_the_place_of_a_temporary_folder_takes_nothing_with_it(tmp_path: Path) -> None:
    from pmo_kit.disk import scratch

    for name in (".lock", "mine"):
        (tmp_path / "home").mkdir(exist_ok=True)
        (tmp_path / "home" / name).write_text("x")
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / ".pmo_kit_abcdefgh").symlink_to(tmp_path / "home")
    with scratch(tmp_path / "place"):
        assert {path.name for path in (tmp_path / "home").iterdir()} == {".lock", "mine"}


@pytest.mark.skipif(os.name == "nt", reason="users of POSIX")
@pytest.mark.parametrize("killed", [False, True])
def test_copies_of_folders_that_nobody_may_write_into_go_too(killed: bool) -> None:
    """As of a register on a drive that is read only: its copy is read only as well."""
    from pmo_kit.disk import scratch

    user = os.geteuid()
    place = Path(tempfile.mkdtemp())
    os.chown(place, user or 65534, -1)
    os.seteuid(user or 65534)  # root may write everywhere
    try:
        (place / "register").mkdir()
        (place / "register" / "costs.csv").touch()
        (place / "register").chmod(0o500)
        with scratch(place) as folder:
            shutil.copytree(place / "register", folder / "inputs" / "register")
            if killed:
                shutil.copytree(folder, place / ".pmo_kit_abcdefgh")
        if killed:
            assert len(list(place.iterdir())) == 2
            with scratch(place):
                pass
        assert [path.name for path in place.iterdir()] == ["register"]
    finally:
        os.seteuid(user)
        shutil.rmtree(place)


@pytest.mark.skipif(os.name == "nt", reason="on Windows kernels talk over loopback")
def test_kernels_talk_over_sockets_of_the_user_alone(workspace: Workspace, tmp_path: Path) -> None:
    cell = (
        "import json, os\nfrom ipykernel.connect import get_connection_info\n"
        "info = json.loads(get_connection_info())\nassert info['transport'] == 'ipc', info\n"
        "assert os.stat(os.path.dirname(info['ip'])).st_mode & 0o077 == 0"
    )
    build_pack(workspace(one=notebook(LOAD, cell, message("a.one"))), tmp_path / "out")


def test_where_sockets_have_no_file_kernels_talk_encrypted(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows: on loopback, and every socket of the kernel asks for the key of this run; without keys it is refused."""
    cell = (
        "import json, zmq\nfrom ipykernel.connect import get_connection_info\n"
        "from ipykernel.kernelapp import IPKernelApp\n"
        "info, app = json.loads(get_connection_info()), IPKernelApp.instance()\n"
        "assert (info['transport'], info['ip']) == ('tcp', '127.0.0.1'), info\n"
        "for one in (app.shell_socket, app.stdin_socket, app.control_socket, app.iopub_socket, app.heartbeat.socket):\n"
        "    assert one.getsockopt(zmq.MECHANISM) == zmq.CURVE"
    )
    monkeypatch.setattr("pmo_kit.packs.run.os", SimpleNamespace(**{**vars(os), "name": "nt"}))
    file = workspace(one=notebook(LOAD, cell, message("a.one")))
    build_pack(file, tmp_path / "out")
    monkeypatch.setattr("jupyter_client.manager.KernelManager._kernel_supports_curve_encryption", lambda _: False)
    with pytest.raises(PackError, match="encryption"):
        build_pack(file, tmp_path / "out", force=True)


def test_inputs_of_all_that_a_chapter_wrote_into_are_in_no_later_pack(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 10b."""
    climb = "with open('../../../inputs/harbor/costs.csv', 'a') as file:\n    file.write('A,2028,9\\n')"
    file = workspace(one=notebook(LOAD, climb, message("a.one")), two=notebook(LOAD, message("b.two")))
    with pytest.raises(PackError, match="wrote into the inputs or notebooks of all"):
        build_pack(file, tmp_path / "out", workers=1)
    assert list((tmp_path / "out").rglob("*.ipynb")) == [], "what was read from them is not kept either"


def test_kernels_are_ended_while_others_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pmo_kit.packs import run

    begun: list[Any] = []

    class Running(WeakSet[Any]):
        def __iter__(self) -> Iterator[Any]:
            for one in super().__iter__():
                begins = Thread(target=lambda: begun.append(run._kernels(tmp_path)()))
                begins.start()
                begins.join(0.3)
                yield one

    monkeypatch.setattr(run, "_RUNNING", Running())
    first = run._kernels(tmp_path)()
    run.stop_kernels()
    assert first.provisioner is None


def test_a_kept_notebook_that_another_run_lets_go_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pmo_kit.packs import run

    cache = run.Cache(tmp_path)
    for key in ("a", "b", "c"):
        cache.put(key, key.encode())
    touch = os.utime

    def gone(path: Path, **given: Any) -> None:
        path.unlink()
        touch(path, **given)

    with monkeypatch.context() as patch:
        patch.setattr(os, "utime", gone)
        assert [cache.get("a"), cache.get("a")] == [b"a", None]
    (tmp_path / "a.ipynb").symlink_to("gone")  # listed, and nothing is there
    monkeypatch.setattr(run, "KEPT", 1)
    cache.close()
    assert len([path for path in tmp_path.glob("*.ipynb") if path.is_file()]) == 1


def test_a_process_of_a_run_reads_what_others_keep_and_writes_where_no_other_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pmo_kit.disk import SHARED

    code = (
        "import os, sys\nfrom pmo_kit.disk import shared\n"
        "print(*(word + str(shared(lambda: word, os.getpid)) for word in sys.argv[1]), os.getpid())"
    )
    monkeypatch.setenv(SHARED, str(tmp_path))
    told = [subprocess.check_output([sys.executable, "-c", code, words], text=True).split() for words in ("ab", "bca")]
    (*first, one), (*second, other) = told
    assert (first, second) == ([f"a{one}", f"b{one}"], [f"b{one}", f"c{other}", f"a{one}"])
    assert {folder.name: len(list(folder.iterdir())) for folder in tmp_path.iterdir()} == {one: 2, other: 1}


def test_a_notebook_that_another_wrote_into_is_not_executed(workspace: Workspace, tmp_path: Path) -> None:
    forge = (
        "from pathlib import Path\nfor name in ('one', 'two'):\n    book = Path(f'../../../notebooks/{name}.ipynb')\n"
        "    book.write_text(book.read_text().replace('Honest', 'Forged'))"
    )
    honest = notebook(LOAD, message("b.two", "Honest"))
    file = workspace(one=notebook(LOAD, forge, message("a.one")), two=honest)
    with pytest.raises(PackError, match="wrote into the inputs or notebooks of all") as caught:
        build_pack(file, tmp_path / "out", workers=1)
    assert "two.ipynb" in str(caught.value)
    assert "Forged" not in "".join(book.read_text() for book in (tmp_path / "out").rglob("*.ipynb"))


def test_an_input_that_is_written_before_the_first_cell_is_told_as_one(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a chapter that runs beside it."""
    from pmo_kit.packs import expand, read_spec, run
    from pmo_kit.packs.jobs import stage

    pack = expand(read_spec(workspace(one=notebook(LOAD, message("a.one")))))[0]
    job = stage(pack, tmp_path / "stage").jobs[0]
    kernels = run._kernels

    def begins(sockets: Path) -> type:
        (job.home / "inputs" / "harbor" / "costs.csv").write_text("", encoding="utf-8")
        return kernels(sockets)

    monkeypatch.setattr(run, "_kernels", begins)
    failure = run.execute(job)
    assert failure is not None
    assert (failure.error, failure.cell) == ("InputChanged", 1)


def test_an_input_that_is_put_back_was_written(workspace: Workspace, tmp_path: Path) -> None:
    """Between the two a chapter would have read other figures than the pack keeps."""
    cells = (
        "import os\nfrom pathlib import Path\ncosts = Path(register_path, 'costs.csv')\n"
        "kept, stat = costs.read_text(), costs.stat()\ncosts.write_text(kept.replace('3.0', '9.0'))",
        "costs.write_text(kept)\nos.utime(costs, ns=(stat.st_atime_ns, stat.st_mtime_ns))",
    )
    for code in (cells, ("\n".join(cells),)):
        file = workspace(one=notebook(LOAD, *code, message("a.one")))
        with pytest.raises(PackError, match=r"one.ipynb, cell 4: The notebook wrote into its inputs") as caught:
            build_pack(file, tmp_path / "out")
        assert "harbor/costs.csv" in str(caught.value)


@pytest.mark.skipif(os.name == "nt", reason="limits of POSIX")
@pytest.mark.parametrize("most", [20_000, *(pytest.param(n, marks=pytest.mark.slow) for n in (500, 4_000, 200_000))])
def test_a_full_disk_leaves_the_old_pack_and_nothing_else(
    pack: Path, workspace: Workspace, tmp_path: Path, most: int
) -> None:
    """Attack 3f."""
    import resource

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    (tmp_path / "tmp").mkdir()
    before = {path: path.read_bytes() for path in pack.parent.rglob("*") if path.is_file()}
    file = workspace(one=notebook(LOAD, message("a.one", "New")))
    done = subprocess.run(
        [sys.executable, "-m", "pmo_kit.cli", "pack", str(file), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small,
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
    )
    assert done.returncode == 2, done.stderr
    assert "larger than is allowed" in done.stderr
    assert "Traceback" not in done.stderr
    after = {path: path.read_bytes() for path in pack.parent.rglob("*") if path.is_file()}
    assert {path: content for path, content in after.items() if path.name != "error.html"} == before
    assert [*(tmp_path / "tmp").iterdir(), *(tmp_path / "out").rglob(".pmo_kit_*")] == []
