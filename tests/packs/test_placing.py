"""A sentence that points to another exhibit names the chapter or the part of the annex where it stands."""

import io
import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pypdf
import pytest

from pmo_kit.errors import PackError
from pmo_kit.exhibits import Message
from pmo_kit.packs import build_pack
from pmo_kit.packs.jobs import Stage
from pmo_kit.packs.layout import place
from pmo_kit.packs.media.pdf import letter_files, provenance_bytes
from pmo_kit.packs.spec import PageOne
from pmo_kit.packs.verify import verify_pack
from tests.conftest import shipped_register
from tests.packs.media_case import collected, laid_out
from tests.packs.tiny import LOAD, Workspace, message, notebook

pytestmark = pytest.mark.long

TOLD = "More of it (see a.two), of that (see a.three), of none (see a.gone) and of a.two."


@pytest.mark.parametrize(
    ("annex", "place"), [("", "the workbook"), ("annex: full\n", "annex 1"), ("annex: [full]\n", "annex 1")]
)
def test_references_name_where_an_exhibit_stands(workspace: Workspace, tmp_path: Path, annex: str, place: str) -> None:
    file = workspace(
        one=notebook(LOAD, message("a.one", text=TOLD), message("a.two")),
        two=notebook(LOAD, message("a.three")),
    )
    text = file.read_text(encoding="utf-8").replace("title: About one\n", "title: About one\n    show: [a.one]\n")
    file.write_text(annex + text, encoding="utf-8")
    folder = build_pack(file, tmp_path / "out")
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    said = f"More of it ({place}), of that (chapter 2), of none and of a.two."
    assert said in json.dumps(figures[0])
    page = (folder / "index.html").read_text(encoding="utf-8")
    linked = re.sub(r"<a [^>]*>([^<]*)</a>", r"\1", page)
    assert said in linked
    assert ('data-exhibit="a.two"' in page) == bool(annex)
    assert verify_pack(folder).equal, "its own pack file has the same annex"


def letter(identity: str, to: str) -> Message:
    return Message(id=identity, alt="-", title=f"{identity} waits", items=(("Why.", "So."),), to=to)


def test_a_sponsor_gets_one_letter_file_with_all_that_is_for_him() -> None:
    pairs = (("c.letter_a", "Chair"), ("c.letter_b", "Head, IT"), ("c.letter_c", "Chair"))
    shown = collected(*(letter(identity, to) for identity, to in pairs))
    whole = laid_out([shown])
    staged = Stage(Path(), whole.pack, whole.pack.chapters, (), {}, {}, shipped_register("meridian_12"), ())
    drawn = replace(whole, **vars(place(staged, [shown], ["What?"])))
    assert [item.id for item in drawn.letters] == [identity for identity, _ in pairs]
    assert not any(part.shown for part in drawn.chapters), "a letter stands in no chapter"
    assert letter_files(drawn) == {}, "no paper is asked for"
    paper = replace(drawn.pack, formats=("html", "pdf"), title="Investment Committee, October")
    drawn = replace(drawn, pack=replace(paper, committee="Investment Committee"))
    files = letter_files(drawn)
    assert list(files) == ["letters/chair.pdf", "letters/head_it.pdf"]
    paper = pypdf.PdfReader(io.BytesIO(files["letters/chair.pdf"]))
    said = [" ".join(page.extract_text().split()) for page in paper.pages]
    assert len(said) == 2
    for words, identity in zip(said, ("c.letter_a", "c.letter_c"), strict=True):
        assert all(part in words for part in ("To: Chair", "2026-10-15", "Investment Committee", f"{identity} waits"))
        assert "Head" not in words
        assert words.count("Investment Committee") == 1, "the committee is not named before its own meeting"


def test_no_sponsor_loses_a_letter_to_another_of_like_name() -> None:
    names = ("IT 2", "IT", "it", "...")
    shown = collected(*(letter(f"c.letter_{n}", to) for n, to in enumerate(names)))
    whole = laid_out([shown])
    drawn = replace(whole, letters=tuple(shown), pack=replace(whole.pack, formats=("html", "pdf")))
    assert list(drawn.papers.values()) == list(names)
    assert list(drawn.papers) == [f"letters/{name}.pdf" for name in ("it_2", "it", "it_3", "sponsor")]


def test_a_letter_stands_on_no_page_one() -> None:
    with pytest.raises(PackError, match=r"asks for c\.letter, which no notebook shows"):
        laid_out([collected(letter("c.letter", "Chair"))], PageOne(headline="c.letter"))


def test_provenance_names_the_tables_and_rows_of_what_names_few_projects() -> None:
    register = shipped_register("meridian_12")
    shown = [
        Message(id="a.one", alt="-", title="P08 waits", items=(("Why.", "-"),), source="costs"),
        Message(id="a.all", alt="-", title="All twelve", items=(("Why.", "-"),), source="projects, costs"),
    ]
    drawn = replace(laid_out([collected(*shown)]), register=register)
    own = [n for n, one in enumerate(register.costs["project_id"], 2) if one == "P08"]
    rows = {name: rows for _, name, _, rows, _ in drawn.provenance["figures"]}
    assert rows["a.all"] == f"projects 2 to 13; costs 2 to {len(register.costs) + 1}"
    assert [int(n) for n in re.findall(r"\d+", rows["a.one"])] == [own[0], own[-1]]
    paper = pypdf.PdfReader(io.BytesIO(provenance_bytes(drawn)))
    names = paper.trailer["/Root"]["/StructTreeRoot"]["/IDTree"]["/Names"][1::2]
    scopes = Counter(one.get_object()["/A"][0]["/Scope"] for one in names)
    assert scopes["/Row"] == sum(len(drawn.provenance[name]) for name in ("figures", "notebooks", "files"))
    said = "".join(page.extract_text() for page in paper.pages)
    assert "Where every number comes from" in said
