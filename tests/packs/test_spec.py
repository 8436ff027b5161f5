"""The pack file: what is read, and every problem at once with its line."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pmo_kit.errors import PackError
from pmo_kit.packs.spec import declared, layout_names, read_notebook, read_spec
from pmo_kit.shipped import shipped
from tests.packs.tiny import LOAD, notebook


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a notebook, a register and a place for pack files."""
    for folder in ("notebooks", "packs", "register"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "one.ipynb").write_text("{}", encoding="utf-8")
    return tmp_path


def written(home: Path, text: str) -> Path:
    file = home / "packs" / "board.yml"
    file.write_text(text, encoding="utf-8")
    return file


GOOD = """pack: board
title: "Board: October"
date: 2026-10-15
status: FINAL
register: ../register
page_one: {headline: page_one.headline, left: page_one.limits}
chapters:
  - notebook: ../notebooks/one.ipynb
    title: One
    parameters: {gap: 0.0, label: x, fast: true}
"""


def test_a_good_file_is_read_whole(home: Path) -> None:
    spec = read_spec(written(home, GOOD))
    assert (spec.name, spec.title, spec.status, spec.date) == (
        "board",
        "Board: October",
        "FINAL",
        dt.date(2026, 10, 15),
    )
    assert spec.register == home / "register"
    assert spec.previous is None
    assert spec.page_one.ids == ("page_one.headline", "page_one.limits")
    assert spec.chapters[0].parameters == {"gap": 0.0, "label": "x", "fast": True}


def test_every_problem_is_told_at_once_with_its_line(home: Path) -> None:
    text = """pack: My Board
titel: October
committee: 2026
date: October
status: draft
register: /etc
previous: ../../elsewhere
colour: red
page_one:
  tiles: page_one.tiles
  left: {a: b}
  right: [page_one.tiles]
chapters:
  - notebook: ../notebooks/none.ipynb
    title: One
    parameters: {when: 2026-10-15}
  - just text
  - notebook: ../register
    title: Two
    title: Three
"""
    with pytest.raises(PackError) as caught:
        read_spec(written(home, text))
    told = str(caught.value).splitlines()
    assert told[0].endswith("board.yml cannot be used: 17 things to fix.")
    for line in (
        "  line 1: 'My Board' must be small letters, digits, _ or -: a folder is named so.",
        "  line 1: 'title' is missing.",
        "  line 2: 'titel' is not known; did you mean 'title'?",
        "  line 3: committee must be a text; write it in quotes: '2026'.",
        "  line 4: date must be like 2026-10-15, not 'October'.",
        "  line 5: status is DRAFT or FINAL, not 'draft'.",
        "  line 6: '/etc' must be relative to this file.",
        f"  line 7: '../../elsewhere' leads out of the folder '{home.name}'.",
        "  line 9: 'headline' is missing.",
        "  line 9: 'page_one.tiles' is placed twice.",
        "  line 11: left is a list of exhibit ids, such as [page_one.limits].",
        "  line 14: '../notebooks/none.ipynb' does not exist (seen from the folder of this file).",
        "  line 16: when must be a text, a number, true or false; dates in quotes.",
        "  line 17: a chapter is written '- notebook: ...' with its title below.",
        "  line 18: 'register' is not a notebook (.ipynb).",
        "  line 20: 'title' is written twice.",
    ):
        assert line in told
    assert any(line.startswith("  line 8: 'colour' is not known") for line in told)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pack: [1, 2", "line 1: expected ',' or ']'"),
        ("", "it must hold lines like"),
        ("- a\n- b\n", "it must hold lines like"),
        ("register: " + "a" * 5_000 + "\n", "is no path: File name too long"),
        ("cell_timeout: soon\n", "cell_timeout must be a whole number, not 'soon'"),
        ("? [a]\n: b\n", "a name before ':' is a plain text"),
        ("pack: &a [*a]\n", "'*a' repeats a block inside itself"),
        ("anex: []\n", "'anex' is not known; did you mean 'annex'?"),
        (
            "pack: !!python/object/apply:os.system [ls]\n",
            "the tag 'python/object/apply:os.system' is not read",
        ),
    ],
)
def test_what_is_no_pack_file_is_refused_in_words(home: Path, text: str, words: str) -> None:
    with pytest.raises(PackError, match="cannot be used") as caught:
        read_spec(written(home, text))
    assert words in str(caught.value)


def test_a_link_that_leads_out_is_refused(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (home / "linked").symlink_to(outside)
    with pytest.raises(PackError, match="leads out of the folder"):
        read_spec(written(home, GOOD.replace("../register", "../linked")))


def test_a_missing_file_is_told(home: Path) -> None:
    with pytest.raises(PackError, match="There is no pack file"):
        read_spec(home / "packs" / "none.yml")


@pytest.mark.parametrize("file", sorted(shipped("templates", "packs").glob("[a-z]*.yml")), ids=lambda p: p.stem)
def test_the_shipped_pack_files_are_good(file: Path) -> None:
    spec = read_spec(file)
    assert spec.name == file.stem


def test_a_date_that_no_calendar_has_is_told(home: Path) -> None:
    text = "pack: board\ntitle: Board\ndate: 2026-13-15\nregister: ../register\nchapters: []\n"
    with pytest.raises(PackError, match=r"no such date, month must be in 1\.\.12; write it like 2026-10-15"):
        read_spec(written(home, text))


CODE = {
    "cell_type": "code",
    "id": "a",
    "metadata": {"tags": ["parameters"]},
    "outputs": [],
    "execution_count": None,
}
NO_NOTEBOOKS: dict[str, Any] = {
    "tags are a number": {**CODE, "source": "", "metadata": {"tags": 5}},
    "tags are nothing": {**CODE, "source": "", "metadata": {"tags": None}},
    "metadata are a list": {**CODE, "source": "", "metadata": []},
    "a source that is a number": {**CODE, "source": 7},
    "a source with NUL": {**CODE, "source": 'gap: str = "\0"'},
    "signs by the thousand": {**CODE, "source": f"gap: float = {'-' * 5_000}1"},
    "sums by the thousand": {**CODE, "source": f"gap: float = {'+'.join('1' * 20_000)}"},
    "brackets by the thousand": {**CODE, "source": f"gap: float = {'(' * 5_000}1{')' * 5_000}"},
    "a set of lists": {**CODE, "source": "draws: int = {[]}"},
    "half a character": {**CODE, "source": 'label: str = "\ud800"'},
    "a number of 5,000 digits": {**CODE, "source": f"draws: int = {'9' * 5_000}"},
    "outputs are a number": {**CODE, "source": "", "outputs": 5},
    "no cell": 5,
    "an empty cell": {},
}


@pytest.mark.parametrize("name", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused_in_words(name: str, tmp_path: Path) -> None:
    file = tmp_path / "one.ipynb"
    content = {**json.loads(json.dumps(notebook(LOAD))), "cells": [NO_NOTEBOOKS[name]]}
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(PackError, match=r"one\.ipynb"):
        declared(read_notebook(file), file.name)


@pytest.mark.skipif(os.name == "nt", reason="links of POSIX")
def test_a_link_that_leads_to_itself_is_told_with_its_line(home: Path) -> None:
    (home / "notebooks" / "one.ipynb").unlink()
    (home / "notebooks" / "one.ipynb").symlink_to("one.ipynb")
    with pytest.raises(PackError, match=r"line \d+: '../notebooks/one.ipynb' does not exist"):
        read_spec(written(home, GOOD))


@pytest.mark.parametrize(("place", "value"), [(6, 1), (8, 97), (43, 255), (22, 1)])
def test_an_archive_that_is_damaged_is_no_deck(place: int, value: int, tmp_path: Path) -> None:
    """Encrypted, packed in an unknown way, damaged inside, of another size than it says."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ppt/slideLayouts/a.xml", '<p:cSld name="x">' * 99)
    content = bytearray(stream.getvalue())
    content[place : place + 8 * (place > 30) + 1] = bytes([value]) * (8 * (place > 30) + 1)
    listed = content.index(b"PK\1\2")
    if place in (6, 8, 22):
        content[listed + place + 2] = value
    (tmp_path / "deck.pptx").write_bytes(content)
    assert layout_names(tmp_path / "deck.pptx") == ()
