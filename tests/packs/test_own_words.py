"""A register's vocabulary is printed in every medium of its pack."""

import json
from pathlib import Path

from pmo_kit.packs import build_pack
from tests.packs.tiny import LOAD, Workspace, message, notebook

WORDS = "term,our_word\nnpv,present worth\ndata_engineer,analysts\n"


def test_packs_speak_the_organisations_language(workspace: Workspace, tmp_path: Path) -> None:
    cell = message("a.one", "Net value 5.5: 3 of 3 data engineers used", "Net value left.")
    file = workspace(one=notebook(LOAD, cell))
    (tmp_path / "data" / "samples" / "harbor" / "vocabulary.csv").write_text(WORDS, encoding="utf-8")
    folder = build_pack(file, tmp_path / "out")
    assert "Present worth 5.5: 3 of 3 analysts used" in (folder / "index.html").read_text(encoding="utf-8")
    (figure,) = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    assert figure["title"] == "Present worth 5.5: 3 of 3 analysts used"
