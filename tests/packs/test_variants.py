"""One pack file, many packs: matrix, chosen chapters, values set by hand, equal chapters executed once."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest

from pmo_kit.errors import PackError, PmoError
from pmo_kit.packs import build_pack, build_packs, expand, read_spec
from pmo_kit.packs.asking import asked, described, listed, summed
from pmo_kit.packs.jobs import Pack, stage
from pmo_kit.packs.verify import verify_pack
from tests.packs.tiny import LOAD, Workspace, message, notebook

pytestmark = pytest.mark.long

PACK = """pack: round
title: Round of {area}
register: ../data/samples/harbor
formats: html
matrix:
  area: [Works, "Fleet & Pilots"]
  gap: [0.0, 0.5]
chapters:
  - {notebook: ../notebooks/one.ipynb, title: The area}
  - {notebook: ../notebooks/two.ipynb, title: The whole}
"""
ONE_GAP = PACK.replace("  gap: [0.0, 0.5]\n", "")
AREA = 'register_path: str = ""\narea: str = "all"\ngap: float = 0.0'
WHOLE = 'register_path: str = ""'


def round_of_areas(workspace: Workspace, second: str = "1", text: str = PACK) -> Path:
    shown = 'pmo.show(Message(id="a.area", alt="-", items=(("", area),)), title=f"{area} at {gap}")'
    return workspace(
        text,
        one=notebook(LOAD, shown, parameters=AREA),
        two=notebook(LOAD, second, message("b.whole"), parameters=WHOLE),
    )


def test_a_matrix_makes_a_pack_of_each_combination(workspace: Workspace) -> None:
    packs = expand(read_spec(round_of_areas(workspace)))
    assert [p.name for p in packs] == [
        "round_works_0_0", "round_works_0_5", "round_fleet_pilots_0_0", "round_fleet_pilots_0_5",
    ]  # fmt: skip
    assert packs[2].title == "Round of Fleet & Pilots"
    assert packs[3].values == {"area": "Fleet & Pilots", "gap": 0.5}


def test_a_title_without_a_place_has_the_values_at_its_end(workspace: Workspace) -> None:
    text = PACK.replace("Round of {area}", "Round")
    assert expand(read_spec(round_of_areas(workspace, text=text)))[0].title == "Round: Works, 0.0"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  area: [", "  region: [", "'region' is a parameter of none of its notebooks"),
        ("title: The area}", "title: The area, parameters: {gap: 1}}", "'gap' is also set by the chapter"),
        ('"Fleet & Pilots"', '"works!"', "two packs of its matrix would be named 'round_works_0_0'"),
        ("[0.0, 0.5]", "[0.5, 0.5]", "line 7: gap lists a value twice"),
        (
            "[0.0, 0.5]",
            str([n / 1000 for n in range(200)]),
            "matrix: 400 packs; at most 200 are built from one file",
        ),
        ("[0.0, 0.5]", "0.5", "line 7: gap needs a list of texts or numbers"),
        ("formats: html", "formats: [html, docx]", "line 4: formats is a list of html, pdf, pptx, xlsx"),
    ],
    ids=["unknown", "twice set", "one name", "one value twice", "too many", "no list", "medium"],
)
def test_a_wrong_matrix_is_refused_in_words(workspace: Workspace, old: str, new: str, said: str) -> None:
    file = round_of_areas(workspace, text=PACK.replace(old, new))
    with pytest.raises(PackError, match=said):
        expand(read_spec(file))


def test_chapters_that_packs_have_alike_are_executed_once(workspace: Workspace, tmp_path: Path) -> None:
    count = f"open({str(tmp_path / 'count')!r}, 'a').write('x')"
    packs = expand(read_spec(round_of_areas(workspace, count)))
    built = build_packs(packs, tmp_path / "out")
    assert [one.error for one in built] == [None] * 4
    assert sorted(one.reused for one in built) == [0, 1, 1, 1]
    assert (tmp_path / "count").read_text() == "x"
    again = build_packs(packs, tmp_path / "out")
    assert [one.folder for one in again] == [one.folder for one in built]
    assert (tmp_path / "count").read_text() == "x"
    assert [one.reused for one in again] == [2] * 4
    build_packs(packs[:1], tmp_path / "out", force=True)
    assert (tmp_path / "count").read_text() == "xx"


def test_a_damaged_entry_of_the_cache_is_executed_again(workspace: Workspace, tmp_path: Path) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")))
    folder = build_pack(file, tmp_path / "out")
    (kept,) = (tmp_path / "out" / ".cache").glob("*.ipynb")
    kept.write_bytes(kept.read_bytes().replace(b"5.5", b"9.9"))
    assert build_pack(file, tmp_path / "out") == folder


def test_a_pack_that_fails_takes_no_other_down(workspace: Workspace, tmp_path: Path) -> None:
    fails = "assert area == 'Works', 'not this one'"
    file = workspace(
        PACK.replace("  gap: [0.0, 0.5]\n", ""),
        one=notebook(LOAD, fails, message("a.one"), parameters=AREA),
        two=notebook(LOAD, message("b.two"), parameters=WHOLE),
    )
    good, bad = build_packs(expand(read_spec(file)), tmp_path / "out")
    assert good.error is None
    assert good.folder is not None
    assert "not this one" in str(bad.error)
    assert (tmp_path / "out" / bad.pack.name / "error.html").is_file()
    told = summed([good, bad])
    assert told.startswith("1 pack built, 1 not:")
    assert summed([], 2) == "0 packs built, 2 not."
    assert summed([replace(good, unchanged=True), bad]).startswith("0 packs built, 1 unchanged, 1 not:")
    assert "one.ipynb, cell 4: A check in the notebook does not hold." in told


def test_some_chapters_are_another_pack(workspace: Workspace, tmp_path: Path) -> None:
    spec = read_spec(round_of_areas(workspace, text=ONE_GAP))

    def of(*words: str) -> Pack:
        return expand(spec, ["area=Works"], words)[0]

    assert [chapter.title for chapter in of("2").chapters] == ["The whole"]
    assert [chapter.title for chapter in of("two.ipynb", "the AREA").chapters] == ["The area", "The whole"]
    assert (of("on").name, of("on").title) == ("round_part", "Round of {area} (part)")
    with pytest.raises(PackError, match=r"has no chapter '9', 'x'. It has: 1 The area; 2 The whole"):
        of("9", "x")
    with pytest.raises(PackError, match=r"(?s)has no chapter '9'\..*no notebook has a parameter 'gop'"):
        expand(spec, ["gop=1"], ["9"])


def test_a_part_without_page_one_says_so_and_is_built_again_from_its_own_sources(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = workspace(one=notebook(LOAD, message("a.one")), two=notebook(LOAD, message("page_one.headline")))
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "page_one: {headline: page_one.headline}\nformats: html\n", encoding="utf-8")
    parts = [expand(read_spec(file), chapters=[word])[0] for word in ("one", "two")]
    for part, told in zip(parts, (1, 0), strict=True):
        (built,) = build_packs([part], tmp_path / part.chapters[0].notebook.stem)
        assert built.folder, built.error
        page = (built.folder / "index.html").read_text(encoding="utf-8")
        assert page.count("There is no page one: it stands on a chapter that is not in this part.") == told
        assert verify_pack(built.folder).equal
        (again,) = build_packs([part], tmp_path / part.chapters[0].notebook.stem, if_changed=True)
        assert again.unchanged


def test_values_set_by_hand_reach_the_notebooks_that_have_them(workspace: Workspace, tmp_path: Path) -> None:
    spec = read_spec(round_of_areas(workspace))
    works, fleet = expand(spec, ["gap=0.25", "status=FINAL", "date=2026-11-01"])
    assert (works.status, fleet.date, spec.status, spec.date) == ("FINAL", dt.date(2026, 11, 1), "DRAFT", None)
    assert [pack.values for pack in (works, fleet)] == [
        {"gap": 0.25, "area": "Works"},
        {"gap": 0.25, "area": "Fleet & Pilots"},
    ]
    assert [job.parameters for job in stage(works, tmp_path / "stage").jobs] == [
        {"register_path": "../inputs/harbor", "area": "Works", "gap": 0.25},
        {"register_path": "../inputs/harbor"},
    ]
    for pair, said in (
        ("gap", "must be written name=value"),
        ("gab=1", "no notebook has a parameter 'gab'"),
        ("status=final", "status is DRAFT or FINAL"),
        ("date=soon", "date must be like 2026-10-15"),
    ):
        with pytest.raises(PmoError, match=said):
            expand(spec, [pair])
    with pytest.raises(PmoError, match=r"(?s)name=value.*parameter 'gab'.*DRAFT or FINAL.*like 2026-10-15"):
        expand(spec, ["gap", "gab=1", "status=final", "date=soon"])
    with pytest.raises(PmoError, match="no notebook of the chapters that were chosen has a parameter 'gap'"):
        expand(read_spec(round_of_areas(workspace, text=ONE_GAP)), ["area=Works", "gap=0.25"], ["2"])


def test_a_medium_that_cannot_be_made_here_is_told_where_it_is_asked_for(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmo_kit.packs.jobs.find_spec", lambda name: name != "typst")
    file = workspace(one=notebook(LOAD, message("a.one")))
    (pack,) = expand(read_spec(file))
    assert pack.formats == ("html", "pptx", "xlsx"), "a file that asks for none gets what can be made"
    file.write_text(file.read_text(encoding="utf-8") + "formats: [pdf]\n", encoding="utf-8")
    (pack,) = expand(read_spec(file))
    assert listed(pack).startswith("board: Board, October (DRAFT)")
    (built,) = build_packs([pack], tmp_path / "out")
    assert str(built.error) == "board.yml asks for pdf, which needs the package typst: pip install typst"


def test_packs_are_listed_and_described_without_running(workspace: Workspace) -> None:
    file = round_of_areas(workspace, "1 / 0")
    specs, failed = asked([file, file.with_name("none.yml")], ["1"], ["gap=0.5"])
    assert [spec.name for spec in specs] == ["round_part_works", "round_part_fleet_pilots"]
    assert "There is no pack file" in str(failed[0])
    assert listed(specs[0]).splitlines()[1] == "  1  The area: one"
    told = described(specs[0])
    assert "area = 'Works', gap = 0.5, register_path = '../inputs/harbor'" in told
    assert "register Harbor Trust, content " in told


def test_what_a_chapter_does_not_show_stands_in_the_annex(workspace: Workspace, tmp_path: Path) -> None:
    table = (
        'pmo.show(Table(id="a.{0}", alt="-", data=pd.DataFrame({{"n": range({1})}}), '
        'columns=(Field("n", "n"),)), title="Table {0}")'
    )
    text = """pack: board
title: Board
register: ../data/samples/harbor
formats: html
chapters:
  - {notebook: ../notebooks/one.ipynb, title: First}
  - {notebook: ../notebooks/two.ipynb, title: Second, show: [b.two, b.one], more: [b.four]}
annex:
  - {notebook: ../notebooks/three.ipynb, title: Third}
"""
    cells = (LOAD, table.format("short", 16), table.format("long", 17))
    file = workspace(
        text,
        one=notebook(*cells),
        two=notebook(
            LOAD,
            message("b.one", "B1"),
            message("b.two", "B2"),
            message("b.three", "B3"),
            message("b.four", "B4"),
        ),
        three=notebook(LOAD, message("c.one", "C1")),
    )
    folder = build_pack(file, tmp_path / "out")
    page = (folder / "index.html").read_text()
    body = page[page.index('id="chapter-1"') :]
    order = [
        "Table short",
        "B2",
        "B1",
        "Annex 1. First",
        "Table long",
        "Annex 2. Second",
        "B4",
        "Annex 3. Third",
        "C1",
    ]
    places = [body.index(f"{word}</h") for word in order]
    assert places == sorted(places)
    assert body.count('class="in-annex"') == 2
    assert "B3" not in body, "what is not named stands in the workbook"
    assert verify_pack(folder).equal, "its own pack file has the same annex"
    file.write_text(text.replace("b.one]", "b.none]"))
    with pytest.raises(PackError, match=r"'Second' of board.yml is to show b.none, which two.ipynb does not"):
        build_pack(file, tmp_path / "out")


def test_the_strip_says_how_good_the_data_are_and_which_version(workspace: Workspace, tmp_path: Path) -> None:
    folder = build_pack(workspace(one=notebook(LOAD, message("a.one"))), tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text())
    grade, version = manifest["register"]["grade"], manifest["software"]["pmo_kit"]
    assert grade in "ABCD"
    page = (folder / "index.html").read_text()
    assert f"data grade {grade} · pmo_kit {version} · DRAFT" in page
    assert manifest["environment"]["papermill"]


def test_a_chapter_that_says_which_sheet_is_missing_is_excused(workspace: Workspace, tmp_path: Path) -> None:
    lack = 'pmo.show(Message(id="a.lack", alt="-", items=(), absent="estimates"), title="Not shown: futures")'
    file = workspace(one=notebook(LOAD, message("a.one"), lack))
    text = file.read_text(encoding="utf-8").replace(
        "title: About one\n", "title: About one\n    show: [a.one, a.futures]\n"
    )
    file.write_text(text, encoding="utf-8")
    page = (build_pack(file, tmp_path / "out") / "index.html").read_text(encoding="utf-8")
    assert "Two projects cost 5.5" in page
    assert "Futures" in page[page.index("Not shown:") :]
