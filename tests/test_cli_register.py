"""check, template and anonymize from the command line: what they print, write and refuse."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pmo_kit as pmo
from pmo_kit.cli import main
from tests.packs.tiny import LOAD, message, notebook, write_workspace

SAMPLE = "data/samples/meridian_12"


def test_check_reports_and_exits_0_1_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", SAMPLE]) == 0
    assert "Meridian Water" in capsys.readouterr().out
    assert main(["check", SAMPLE, "--strict"]) == 1
    folder = tmp_path / "register"
    folder.mkdir()
    (folder / "projects.csv").write_text("project_id,name,area,commitment\nA,,North,discretionary\n")
    (folder / "costs.csv").write_text("project_id,year,amount\nA,2027,many\n")
    capsys.readouterr()
    assert main(["check", str(folder), "--xlsx", str(tmp_path / "report.xlsx")]) == 2
    told = capsys.readouterr().out
    assert "things to fix before your first pack" in told
    assert (tmp_path / "report.xlsx").exists()


@pytest.mark.parametrize(
    "words",
    [
        "check {0} --xlsx {0}/report.xlsx",
        "anonymize {0} {0}/copy --secret x",
        "pack {0}/../../../packs/board.yml --out {0}",
        "pack {0}/../../../packs/board.yml --out {0}/packs/of_all",
        "pack {0}/../../../packs/board.yml --out {0}/../before/packs",
        "pack {0}/../../../packs/board.yml --log {0}/runs.jsonl",
    ],
)
def test_nothing_is_written_into_a_register_that_would_be_read_as_a_part_of_it(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_workspace(tmp_path, one=notebook(LOAD, message("a.one")))
    folder, file = tmp_path / "data" / "samples" / "harbor", tmp_path / "packs" / "board.yml"
    shutil.copytree(folder, folder.with_name("before"))
    with file.open("a", encoding="utf-8") as stream:
        stream.write("previous: ../data/samples/before\n")
    before = sorted(tmp_path.rglob("*"))
    assert main([word.format(folder) for word in words.split()]) == 2
    assert "would lie in the register" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_report_on_a_register_that_is_not_there_makes_no_folder(tmp_path: Path) -> None:
    assert main(["check", str(tmp_path / "none"), "--xlsx", str(tmp_path / "none" / "report.xlsx")]) == 2
    assert not list(tmp_path.iterdir())


def test_template_never_overwrites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "register.xlsx"
    assert main(["template", str(book)]) == 0
    before = book.read_bytes()
    assert main(["template", str(book)]) == 2
    assert book.read_bytes() == before
    assert "nothing is overwritten" in capsys.readouterr().err


@pytest.mark.long
def test_anonymize_hides_names_and_keeps_the_links(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    assert main(["anonymize", SAMPLE, str(copy), "--secret", "three words here"]) == 0
    text = "".join(file.read_text(encoding="utf-8") for file in copy.iterdir())
    for name in ("Smart meters", "Billing", "Meridian", "Chair"):
        assert name not in text
    plan, original = (pmo.arbitrate(pmo.Question(pmo.load_register(path))).table for path in (copy, SAMPLE))
    assert sorted(plan["decision"]) == sorted(original["decision"])


@pytest.mark.long
def test_an_anonymous_copy_can_be_used_like_its_original(tmp_path: Path) -> None:
    """Scenarios name levels too; what named nothing any more would be refused by check."""
    folder, copy = tmp_path / "register", tmp_path / "copy"
    shutil.copytree(SAMPLE, folder)
    level = pmo.load_register(SAMPLE).table("levels").iloc[1]
    lines = f"scenario,what,scope,factor,value\nIn,project_in,project_id={level['project_id']},,{level['level']}\n"
    (folder / "scenarios.csv").write_text(f"{lines}Rates,discount_schedule,all,,uk_green_book_2026\n", encoding="utf-8")
    assert main(["check", str(folder)]) == 0
    assert main(["anonymize", str(folder), str(copy), "--secret", "three words here"]) == 0
    assert main(["check", str(copy)]) == 0
    assert main(["anonymize", SAMPLE, str(tmp_path / "third"), "--secret", " "]) == 2


def test_a_template_is_a_workbook_by_name_too(tmp_path: Path) -> None:
    assert main(["template", str(tmp_path / "board.csv")]) == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.long
@pytest.mark.parametrize(
    ("table", "old", "new", "column"),
    [
        ("criteria", "0:0; 10:40; 25:100", "0:0; 10:40", "value_function"),
        ("criteria", "0:0; 10:40; 25:100", "0:0; 10:400; 25:100", "value_function"),
        ("criteria", "0:0; 10:40; 25:100", "0:0; 10:ten; 25:100", "value_function"),
        ("criteria", "0:0; 10:40; 25:100", "steps 0:0; 25:100", "score"),
        ("criteria", "0:0; 10:40; 25:100", "logistic", "value_function"),
        ("criteria", ",0,0:0; 10:40; 25:100", ",30,linear", "do_nothing"),
        ("scenarios", "", "Hub in,project_in,project_id=P08,,gold", "project_in"),
        ("scenarios", "", "Free,rule_off,rule=no such rule,,", "rule_off"),
    ],
)
def test_check_refuses_what_a_chapter_would_refuse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, old: str, new: str, column: str
) -> None:
    """What reads well and cannot be answered on is said before a pack is asked for, and every instance of it."""
    folder = tmp_path / "register"
    shutil.copytree(SAMPLE, folder)
    file = folder / f"{table}.csv"
    text = file.read_text(encoding="utf-8") if file.exists() else "scenario,what,scope,factor,value\n"
    file.write_text(text.replace(old, new, 1) if old else f"{text}{new}\n", encoding="utf-8")
    assert main(["check", str(folder)]) == 2
    told = capsys.readouterr().out
    assert re.search(rf"\[block\] ({table}|scores).*{column}", told)
    assert "to fix before your first pack" in told
    if table == "scenarios":
        for gone in (
            "budgets",
            "benefits",
            "capacity",
        ):  # what a register lacks is said by the chapter that needs it
            (folder / f"{gone}.csv").unlink()
            assert main(["check", str(folder)]) == 0
            assert "Nothing stops a pack" in capsys.readouterr().out


@pytest.mark.long
def test_a_mapping_can_be_read_by_the_register_alone(tmp_path: Path) -> None:
    """`python -m pmo_kit.register SOURCE MAPPING OUT` is a contract: other programs call it."""
    source = tmp_path / "export.csv"
    source.write_text("Key,Title,Dept,2027\nA1,Alpha,North,10\nA2,Beta,South,5\n", encoding="utf-8")
    mapping = tmp_path / "map.yml"
    mapping.write_text(
        "settings: {currency: EUR, money_unit: million}\n"
        "tables:\n  projects: {project_id: Key, name: Title, area: Dept}\n"
        "  costs: {project_id: Key, unpivot: {name: year, into: amount, columns: {'2027': 2027}}}\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pmo_kit.register", str(source), str(mapping), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert pmo.load_register(tmp_path / "out").costs["amount"].sum() == 15
    again = subprocess.run(command[:-2], capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "Traceback" not in again.stderr
