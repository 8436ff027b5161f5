"""A chapter whose table is absent is one line, and page one goes with it."""

from pathlib import Path

import pytest

from pmo_kit.errors import PackError
from pmo_kit.packs import build_pack, read_spec
from pmo_kit.packs.asking import PACKS
from pmo_kit.shipped import shipped
from tests.packs.tiny import LOAD, Workspace, message, notebook, write_workspace

PACK = """pack: board
title: Board, October
register: ../data/samples/harbor
page_one: {headline: page_one.headline}
chapters:
  - {notebook: ../notebooks/one.ipynb, title: The portfolio}
  - {notebook: ../notebooks/two.ipynb, title: Priorities, needs: [criteria, scores]}
"""


def test_a_chapter_without_its_tables_is_one_line(workspace: Workspace, tmp_path: Path) -> None:
    fails = "raise RuntimeError('never run')"
    file = workspace(PACK, one=notebook(LOAD, message("a.one")), two=notebook(fails))
    page = (build_pack(file, tmp_path / "out") / "index.html").read_text(encoding="utf-8")
    assert "Priorities needs the tables criteria, scores." in page
    assert "There is no page one: it stands on a chapter that this register cannot fill yet." in page
    assert "Two projects cost 5.5" in page
    assert "1. </" not in page


def test_a_pack_without_any_chapter_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(
        PACK.replace("title: The portfolio", "title: The portfolio, needs: budgets"),
        one=notebook(),
        two=notebook(),
    )
    with pytest.raises(PackError, match="the tables of no chapter"):
        build_pack(file, tmp_path / "out")


def test_an_unknown_table_is_named_with_its_line(tmp_path: Path) -> None:
    file = write_workspace(tmp_path, PACK.replace("scores]", "skores]"), one=notebook(), two=notebook())
    with pytest.raises(PackError, match=r"line 7: needs is a list of tables .*, not skores"):
        read_spec(file)


@pytest.mark.parametrize("file", PACKS)
def test_no_chapter_of_a_workspace_asks_for_a_name_of_the_samples(file: str) -> None:
    """A project or partner that stands as a default is in no register of somebody else: its chapter would fail."""
    for chapter in read_spec(shipped("templates", "packs", file)).chapters:
        texts = [one for one in chapter.declared.values() if one.type is str and not one.name.endswith("_path")]
        assert not [one.name for one in texts if one.default and one.name not in chapter.parameters]
