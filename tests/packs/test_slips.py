"""Slips in a pack file, on the command line and in a published pack: told with their place, or read as meant."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pmo_kit.cli import main
from pmo_kit.packs import build_pack, expand
from pmo_kit.packs.spec import read_spec
from pmo_kit.packs.verify import moves
from tests.packs.tiny import LOAD, PARAMETERS, Workspace, message, notebook, write_workspace

ALL = PARAMETERS + '\ndraws: int = 10\nlabel: str = "x"\nfast: bool = True\nextra_path: str = ""\nshare: float = 0.5'
PACK = """pack: board
title: Board
committee: Board
date: 2026-10-15
register: ../data/samples/harbor
chapters:
  - notebook: ../notebooks/one.ipynb
    title: One
"""
SLIPS = {
    "date: 2026-10-15": {
        "date: ٢٠٢٦-١٠-١٥": "line 4: date must be like 2026-10-15, not '٢٠٢٦-١٠-١٥'.",
        "date: 15/10/2026": "line 4: date must be like 2026-10-15, not '15/10/2026'.",
        "date: 20261015": "line 4: date must be like 2026-10-15, not '20261015'.",
        "date: 2026-10-15 10:00:00": "line 4: date must be like 2026-10-15, not '2026-10-15 10:00:00'.",
        "date: 0000-01-01": "line 4: date: no such date",
        "date: [2026-10-15]": "line 4: date must be like 2026-10-15.\n",
        "date: {day: 2026-10-15}": "line 4: date must be like 2026-10-15.\n",
        "date: ''": "line 4: date must be like 2026-10-15, not ''.",
    },
    "title: Board": {
        "title: [Board]": "line 2: title must be a text.",
        "title: ~": "line 2: 'title' is missing.",
        "title: ''": "line 2: 'title' is missing.",
        "title: yes": "line 2: title must be a text; write it in quotes: 'yes'.",
        f"title: {'x' * 201}": "line 2: title must have at most 200 letters.",
        'title: "Board \\u202e x"': "line 2: a character that nothing prints (U+202E) stands in a text; delete it.",
    },
    "pack: board": {
        "pack: .cache": "line 1: '.cache' must be small letters",
        "pack: 2026": "line 1: pack must be a text; write it in quotes: '2026'.",
        f"pack: {'a' * 65}": "must be small letters, digits, _ or -",
        "pack: [a]": "line 1: pack must be a text.",
    },
    "register: ../data/samples/harbor": {
        "register: [../data/samples/harbor]": "line 5: register must be a text",
        "register: ../data/samples/harbor/projects.csv": "The table costs is missing.",
        "register: ../notebooks/one.ipynb": "neither a workbook (.xlsx) nor a CSV file",
        "register: board.yml": "'pack' is not known",
        "register: .": "The table projects is missing.",
        "register: https://x.org/a.xlsx": "line 5: 'https://x.org/a.xlsx' does not exist",
        "register:": "line 5: 'register' is missing.",
    },
    "chapters:": {
        "chapters: one\nx:": "chapters must be a list, such as [one, two], not 'one'.",
        "chapters: []\nx:": "chapters is a list with at least one notebook.",
    },
    "    title: One": {
        "    title: 1": "line 8: title must be a text",
        "    annex: true": "line 8: 'annex' is not known",
        "    title: One\n    needs: [cost]": "needs is a list of tables of the register",
        "    title: One\n    needs: {costs: yes}": "line 9: needs must be a list",
        "    title: One\n    needs: [budgets]": "One needs the table budgets.",
        "    title: One\n    parameters: [gap]": "line 9: parameters must be lines of 'name: value'.",
        "    title: One\n    parameters: {gap: }": "line 9: gap must be a text, a number, true or false",
        "    title: One\n    parameters: {gap: .nan}": "line 9: gap must be",
        "    title: One\n    parameters: {gap: 1e999}": "line 9: gap must be",
        "    title: One\n    parameters: {gap: -.inf}": "line 9: gap must be",
        "    title: One\n    parameters: {gap: '0.1'}": "one.ipynb: parameter 'gap' must be a number, not '0.1'.",
        "    title: One\n    parameters: {label: 12}": "parameter 'label' must be a text, not 12.",
        "    title: One\n    parameters: {draws: true}": "parameter 'draws' must be a whole number, not True.",
        "    title: One\n    parameters: {draws: 1.0}": "parameter 'draws' must be a whole number, not 1.0.",
        "    title: One\n    parameters: {share: 15}": "write 0.15 for 15 %.",
        "    title: One\n    parameters: {1: 2}": "one.ipynb: no parameter '1'; known here",
        "    title: One\n    parameters: {share: 0.5, share: 0.4}": "line 9: 'share' is written twice.",
        "    title: One\n    parameters: {register_path: x}": "'register_path' is set by the line 'register'",
        "    title: One\n    parameters: {extra_path: /etc/passwd}": "extra_path '/etc/passwd' does not exist in",
        "    title: One\n    parameters: {extra_path: 5}": "parameter 'extra_path' must be a text, not 5.",
        "    title: One\n    show: {a: b}": "line 9: show is a list of exhibit ids",
        "    title: One\nstatus: Final": "line 9: status is DRAFT or FINAL, not 'Final'.",
        "    title: One\nstatus: [FINAL]": "line 9: status is DRAFT or FINAL.\n",
        "    title: One\nformats: [PDF]": "line 9: formats is a list of html, pdf, pptx, xlsx.",
        "    title: One\nformats: {pdf: true}": "line 9: formats must be a list",
        "    title: One\nlive: maybe": "line 9: live must be true or false, not 'maybe'.",
        "    title: One\ncell_timeout: 1e3": "line 9: cell_timeout must be a whole number, not '1e3'.",
        "    title: One\ncell_timeout: .inf": "line 9: cell_timeout must be a whole number, not '.inf'.",
        f"    title: One\ncell_timeout: {'9' * 400}": "line 9: cell_timeout must be at most 86400.",
        "    title: One\ncell_timeout: true": "line 9: cell_timeout must be a whole number, not 'true'.",
        "    title: One\nprevious: ../notebooks/one.ipynb": "neither a workbook (.xlsx) nor a CSV file",
        "    title: One\nprevious: ''": "line 9: 'previous' is missing.",
        "    title: One\nannex: FULL": "line 9: annex is a list with at least one notebook, or the word full.",
        "    title: One\npage_one: [a.one]": "line 9: page_one needs lines for headline",
        "    title: One\npage_one: {headline: 1}": "line 9: headline must be a text",
        "    title: One\npage_one: {headline: a.one, tile: x}": "'tile' is not known; did you mean 'tiles'?",
        "    title: One\nmatrix: {area: [a, b]}": "'area' is a parameter of none of its notebooks.",
        "    title: One\nmatrix: {label: a}": "line 9: label needs a list of texts or numbers",
        "    title: One\nmatrix: {label: ['a b', a-b]}": "two packs of its matrix would be named 'board_a_b'.",
        "    title: One\nmatrix: {share: [1, 1.0]}": "line 9: share lists a value twice.",
        "    title: One\nmatrix: {label: [2026-10-15, a]}": "line 9: label must be a text, a number",
        "    title: One\ndeck: {}": "line 9: 'template' is missing.",
        "    title: One\ndeck: {template: ../none.pptx, layouts: {chaptr: x}}": "did you mean 'chapter'?",
        "    title: One\nformat: [pdf]\nTitle: x": "line 10: 'Title' is not known; did you mean 'title'?",
        "    title: One\nhome: /etc": "line 9: 'home' is not known",
        "    title: One\n<<: {live: true}": "line 9: '<<' is not known",
        "    title: One\n---\npack: two": "line 9: a second document begins",
        "\ttitle: One": "line 8: found character",
    },
}  # fmt: skip
MEANT = {
    "a date in quotes": ("2026-10-15", '"2026-10-15"'),
    "a date of few digits": ("2026-10-15", "2026-10-5"),
    "a title of two lines": ("title: Board", 'title: "Board\\nof\\ttwo"'),
    "a small number": ("    title: One", "    title: One\n    parameters: {gap: 1e-3}"),
    "one medium": ("    title: One", "    title: One\nformats: pdf"),
    "names in other scripts": ("    title: One", "    title: One\nmatrix: {label: [水, 火]}"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slips")
    write_workspace(folder, one=notebook(LOAD, message("a.one"), parameters=ALL))
    return folder


@pytest.mark.parametrize(
    ("right", "slip"), [(right, slip) for right, slips in SLIPS.items() for slip in slips],
    ids=[f"{n}-{m}" for n, slips in enumerate(SLIPS.values()) for m, _ in enumerate(slips)],
)  # fmt: skip
def test_a_slip_in_a_pack_file_is_told(right: str, slip: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = home / "packs" / "board.yml"
    file.write_text(PACK.replace(right, slip, 1), encoding="utf-8")
    assert main(["pack", str(file), "--dry-run"]) == 2
    told = capsys.readouterr().err
    assert SLIPS[right][slip] in told
    assert not any(word in told for word in ("Traceback", "A fault of pmo_kit", "['", "{'"))


@pytest.mark.parametrize("kind", MEANT)
def test_what_can_be_meant_in_one_way_only_is_read(kind: str, home: Path) -> None:
    file = home / "packs" / "board.yml"
    file.write_text(PACK.replace(*MEANT[kind], 1), encoding="utf-8")
    packs = expand(read_spec(file))
    assert {pack.title.partition(":")[0] for pack in packs} <= {"Board", "Board of two"}
    assert str(packs[0].date) == ("2026-10-05" if "few" in kind else "2026-10-15")
    assert packs[0].chapters[0].parameters.get("gap", 0.001) == 0.001
    assert len({pack.name for pack in packs}) == 1 + ("scripts" in kind)


def test_every_fault_of_every_chapter_is_told_at_once(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, again = home / "packs" / "board.yml", "  - notebook: ../notebooks/one.ipynb\n    title: Two\n"
    given = "    parameters: {extra_path: nowhere, gab: 1}\n"
    file.write_text(PACK + given + again + given.replace("nowhere", "elsewhere"), encoding="utf-8")
    assert main(["pack", str(file), "--dry-run"]) == 2
    told = capsys.readouterr().err
    assert told.count("no parameter 'gab'; did you mean 'gap'?") == 2
    assert "extra_path 'nowhere' does not exist" in told
    assert "extra_path 'elsewhere' does not exist" in told


@pytest.mark.parametrize(
    ("pair", "told"),
    [
        ("title=", "'title' is missing."),
        ("date=20261015", "date must be like 2026-10-15, not '20261015'."),
        ("date=2026-W42-4", "date must be like 2026-10-15"),
        ("status=final", "status is DRAFT or FINAL, not 'final'."),
        ("gap=.nan", "parameter 'gap' must be a number, not '.nan'."),
        ("gap=0,5", "parameter 'gap' must be a number, not '0,5'."),
        ("gap=", "parameter 'gap' must be a number, not ''."),
        ("formats=pdf", "no notebook has a parameter 'formats'"),
    ],
)
def test_a_value_set_by_hand_is_read_as_in_the_file(
    pair: str, told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "packs" / "board.yml").write_text(PACK, encoding="utf-8")
    assert main(["pack", str(home / "packs" / "board.yml"), "--dry-run", "--set", pair]) == 2
    assert told in capsys.readouterr().err


def test_sources_of_one_name_are_refused_and_nothing_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One would have been written over the other, and a pack made of half of the rows."""
    for month, text in (("jan", "project_id,name,area\nA,Quay,Works\n"), ("feb", "project_id,year,amount\nA,2027,3\n")):
        (tmp_path / month).mkdir()
        (tmp_path / month / "export.csv").write_text(text, encoding="utf-8")
    files = [str(tmp_path / month / "export.csv") for month in ("jan", "feb")]
    assert main(["new", str(tmp_path / "mine"), "--from", *files]) == 2
    assert main(["import", *files, "--into", str(tmp_path / "mine")]) == 2
    (tmp_path / "two.map.yml").write_text(
        "source: [jan/export.csv, feb/export.csv]\ntables: {projects: {project_id: project_id}}\n", encoding="utf-8"
    )
    assert main(["check", str(tmp_path / "two.map.yml")]) == 2
    told = capsys.readouterr()
    assert (told.err + told.out).count("Two sources are called export.csv: rename one, or name it once.") == 3
    assert main(["new", str(tmp_path / "mine"), "--from", str(tmp_path / "jan")]) == 2
    assert "is a folder: name its files." in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["feb", "jan", "two.map.yml"]


def record(rows: list[list[object]], *columns: str) -> dict[str, object]:
    return {"id": "a", "title": "t", "data": {"columns": ["label", *columns], "rows": rows}}


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (record([["A", 1, 5]], "value", "more"), record([["A", 1]], "value"), ["the column more is gone"]),
        (record([["A", 1]], "value"), record([["A", 2, 5]], "value", "more"),
         ["the column more is new", "A, value: 1 → 2"]),
        (record([["A", 0.1 + 0.2]], "value"), record([["A", 0.3]], "value"),
         ["A, value: 0.30000000000000004 → 0.3"]),
        (record([["A", "3"]], "value"), record([["A", 3]], "value"), ["A, value: '3' → 3"]),
        (record([["A", 1], ["A", 2]], "value"), record([["A", 2]], "value"), ["A, value: 1 → 2", "A (2) is gone"]),
    ],
)  # fmt: skip
def test_every_cell_and_column_that_moved_is_said(old: object, new: object, told: list[str]) -> None:
    assert [str(move) for move in moves(old, new)] == told  # type: ignore[arg-type]


def changed(**values: object) -> Callable[[Path], None]:
    def change(pack: Path) -> None:
        content = json.loads((pack / "manifest.json").read_text(encoding="utf-8")) | values
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        (pack / "manifest.json").write_text(text, encoding="utf-8")

    return change


TOUCHED: dict[str, tuple[Callable[[Path], object], str]] = {
    "another title": (changed(title="X"), "manifest.json does not belong to this pack"),
    "another register": (changed(register={}), "manifest.json does not belong to this pack"),
    "no chapters": (changed(chapters=[]), "manifest.json does not belong to this pack"),
    "no hashes": (changed(outputs={}), "manifest.json does not belong to this pack"),
    "another id": (changed(id="0" * 12), "manifest.json does not belong to this pack"),
    "a link to a folder": (lambda pack: (pack / "linked").symlink_to(pack.parent), "linked was added"),
    "a link to a file": (lambda pack: (pack / "linked").symlink_to(pack / "pack.yml"), "linked was added"),
    "a folder for a file": (lambda pack: ((pack / "record.md").unlink(), (pack / "record.md").mkdir()), "is gone"),
    "pictures that Windows keeps": (lambda pack: (pack / "Thumbs.db").write_text("x"), ""),
    "a folder that Windows knows": (lambda pack: (pack / "desktop.ini").write_text("x"), ""),
    "an empty folder": (lambda pack: (pack / "empty").mkdir(), ""),
    "decisions that are filled": (lambda pack: (pack / "decisions.csv").write_text("x"), ""),
}


def test_what_became_of_a_pack_is_said_by_verify_and_diff(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pack = build_pack(workspace(one=notebook(LOAD, message("a.one"))), tmp_path / "out")
    capsys.readouterr()
    for name, (change, told) in TOUCHED.items():
        copy = tmp_path / name
        shutil.copytree(pack, copy)
        change(copy)
        assert main(["verify", str(copy), "--hashes"]) == (2 if told else 0), name
        assert told in capsys.readouterr().out, name
        refused = "manifest" in told
        assert main(["diff", str(pack), str(copy)]) == (2 if refused else 0), name
        assert ("does not belong" in capsys.readouterr().err) is refused, name
    assert main(["verify", str(pack), "--against", str(tmp_path / "none.yml")]) == 2
    assert "There is no pack file" in capsys.readouterr().err
