"""The facilitator guide and the folders of a workshop."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from pmo_kit.cli import main
from pmo_kit.errors import PmoError
from pmo_kit.workshop.building import built, lesson_names, read_texts
from pmo_kit.workshop.guide import glossary, guide_content, write_guide, write_workshop

SECTIONS = {"aim", "script", "fallback", "paper"}
STAGING = (
    r"\{\{.*?\}\}|\{%.*?%\}|`[^`]*`|lessons? [\d, and]+|\bP\d\d\b|\b20(?:27|28)\b"
    r"|(?m:^\d+\. )|\*\*\d+\.?\*\*|_{2,}"
)
"""What is no number of a result: computed parts, code, references to lessons, ids, years, list marks, lines."""
GIVEN = {
    "00_ready": set(), "01_gut_round": {"08"}, "02_ranking": {"1", "2", "100"},
    "03_criteria": {"1", "2", "3", "0", "10", "100", "60", "40"}, "04_costs": {
        "0", "1", "2", "3", "4", "5", "6", "10", "11", "100", "150", "800", "2.5", "3.5", "1.025"},
    "05_uncertainty": {"80", "50", "1", "2", "3"}, "06_arbitration": {"15"}, "07_refused": set(),
    "08_debrief": {str(n) for n in range(1, 11)}, "09_performance": {"1", "2", "3", "4", "5"},
}  # fmt: skip
"""Numbers of the exercises themselves, as the learners read them; all others are computed."""


def test_every_number_of_the_guide_is_computed_or_given_in_the_exercise() -> None:
    for name in lesson_names():
        for section, text in read_texts(name).guide.items():
            rest = re.sub(STAGING, " ", text)
            written = set(re.findall(r"(?<![\w.])\d[\d.,]*\d|(?<![\w.])\d", rest))
            assert written <= GIVEN[name], (name, section, written - GIVEN[name])


def test_the_guide_holds_what_a_facilitator_needs() -> None:
    content = guide_content()
    assert [one["name"] for one in content["lessons"]] == lesson_names()
    for one in content["lessons"]:
        assert set(one) >= SECTIONS
        assert one["expected"]
    assert [agenda["minutes"] for agenda in content["agendas"][:2]] == [90, 225]
    assert content["agendas"][1]["total"] == "3:45"
    assert {row[3] for row in content["agendas"][2]["rows"]} - {""} == set(lesson_names())
    assert len(content["roles"]) == 6
    assert "loses EUR 3 million" in content["roles"][1]["knows"]
    assert "9.0" not in str(content["roles"]), "the price is found, not dealt"
    assert len(content["slips"]) == 10
    assert "{{" not in str(content)


def test_the_script_says_the_proven_numbers() -> None:
    script = built("06_arbitration").fill(read_texts("06_arbitration").guide["script"])
    for words in ("worth 33.5", "costs 4.5", "is 9.0", "worth 28.5", "costs 13.0", "costs 8.5"):
        assert words in script


def test_glossary_has_french_for_every_term() -> None:
    rows = glossary()
    assert all(len(row) == 3 and all(row) for row in rows)
    french = {row[0]: row[1] for row in rows}
    assert french["budget arbitration"] == "arbitrage budgétaire"
    assert french["earned value (EV)"] == "valeur acquise"
    assert len(french) == len(rows) >= 40
    assert [row[0].lower() for row in rows] == sorted(row[0].lower() for row in rows)
    assert not [row for row in rows if re.search(r"'| [;:?!]", "".join(row[1:]))], "French apostrophes and spaces"


def test_every_text_is_used_and_every_cell_has_its_text() -> None:
    for name in lesson_names():
        cells = built(name).cells
        assert [cell.name for cell in cells if cell.kind == "text"] == list(read_texts(name).text)
        assert {cell.name for cell in cells if cell.kind == "check"} == set(read_texts(name).checks)


def test_the_pdf_is_the_same_each_time(tmp_path: Path) -> None:
    first, again = (write_guide(tmp_path / name, "cards").read_bytes() for name in ("a.pdf", "b.pdf"))
    assert first == again
    assert first.startswith(b"%PDF")
    with pytest.raises(PmoError, match="parts: guide, cards, ballots, sheets"):
        write_guide(tmp_path / "c.pdf", "slides")


@pytest.mark.long
def test_workshop_command_writes_a_ready_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "day"
    assert main(["workshop", str(folder), "--teams", "2"]) == 0
    assert "2 team folders" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == ["facilitator", "team_1", "team_2"]
    for team in ("team_1", "team_2"):
        lessons = folder / team / "notebooks" / "lessons"
        assert sorted(path.stem for path in lessons.glob("*.ipynb")) == lesson_names()
        assert 'register_path: str = \\"meridian_12\\"' in (lessons / "06_arbitration.ipynb").read_text("utf-8")
        assert (lessons / "meridian_12" / "projects.csv").is_file()
        assert not list((folder / team).rglob("*_solution.ipynb"))
        assert list((folder / team / "packs").glob("*.yml"))
    own = folder / "facilitator"
    assert {path.name for path in own.glob("*.pdf")} == {
        "guide.pdf",
        "role_cards.pdf",
        "ballots.pdf",
        "sheets.pdf",
    }
    assert len(list((own / "solutions").glob("*_solution.ipynb"))) == len(lesson_names())
    assert main(["workshop", str(folder)]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err


def test_a_team_starts_at_its_first_lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    lessons = tmp_path / "notebooks" / "lessons"
    lessons.mkdir(parents=True)
    (lessons / "00_ready.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(subprocess, "run", run)
    assert main(["lab"]) == 0
    assert "--LabApp.default_url=/lab/tree/notebooks/lessons/00_ready.ipynb" in commands[0]


def test_a_number_of_teams_that_makes_no_sense(tmp_path: Path) -> None:
    with pytest.raises(PmoError, match="1 to 40, not 0"):
        write_workshop(tmp_path / "day", 0, lambda path: path)
