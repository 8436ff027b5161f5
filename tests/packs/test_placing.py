"""A sentence that points to another exhibit names the chapter or the part of the annex where it stands."""

import json
import re
from pathlib import Path

from pmo_kit.packs import build_pack
from tests.packs.tiny import LOAD, Workspace, message, notebook

TOLD = "More of it (see a.two), of that (see a.three), of none (see a.gone) and of a.two."


def test_references_name_where_an_exhibit_stands(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(
        one=notebook(LOAD, message("a.one", text=TOLD), message("a.two")),
        two=notebook(LOAD, message("a.three")),
    )
    text = file.read_text(encoding="utf-8").replace(
        "title: About one\n", "title: About one\n    show: [a.one]\n"
    )
    file.write_text(text, encoding="utf-8")
    folder = build_pack(file, tmp_path / "out")
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    said = "More of it (annex 1), of that (chapter 2), of none and of a.two."
    assert said in json.dumps(figures[0])
    assert said in re.sub(r"<[^>]+>", "", (folder / "index.html").read_text(encoding="utf-8"))
