"""Lessons: generated from one source, run unfilled, and every wrong answer gets its own hint."""

from __future__ import annotations

import json
import re
from pathlib import Path

import nbformat
import pytest
import yaml

from pmo_kit.shipped import shipped
from pmo_kit.workshop.building import Built, Cell, built, home, lesson_files, lesson_names, run_cells
from pmo_kit.workshop.checks import GENERAL, Verdict, lesson
from pmo_kit.workshop.guide import written_number

NAMES = lesson_names()
ANSWERS = json.loads((home() / "answers.json").read_text(encoding="utf-8"))
"""Those committed, which a test holds against what the lessons give: naming the tests runs no lesson."""
CHECKS = [(name, check) for name in NAMES for check in ANSWERS[name]]
WRONG = [(name, check, case) for name, check in CHECKS for case in ANSWERS[name][check]["wrong"]]
NOTEBOOKS = sorted(shipped("notebooks", "workshops").glob("*.ipynb"))
SLIPS = yaml.safe_load((home() / "en" / "guide.yml").read_text(encoding="utf-8"))["slips"]
PUBLISHED = {
    ("02_ranking", "by_value"): 170, ("02_ranking", "by_ratio"): 235,
    ("04_costs", "net"): 247.49, ("04_costs", "fall"): 0.1984, ("04_costs", "real_net"): 31.66,
    ("05_uncertainty", "regret_p1"): 40, ("06_arbitration", "left_2027"): 1.5,
    ("06_arbitration", "carry_on_price"): 4.5, ("06_arbitration", "hub_price"): 9.0,
    ("07_refused", "solar_price"): 3.0, ("07_refused", "engineers_more"): 4,
    ("09_performance", "cpi"): 0.7778, ("09_performance", "eac"): 1285.7, ("09_performance", "months_late"): 3.4,
}  # fmt: skip
"""Answers published in the worked examples F1 to F10 and proven for the twelve projects."""


def learner_code(cell: Cell) -> str:
    return f'verdicts.append(check("{cell.name}", {cell.name}))' if cell.kind == "check" else cell.learner


def verdicts(name: str, filled: dict[str, object] | None = None) -> list[Verdict]:
    """What the checks say in a learner's notebook, run in this process with values in gaps like `name = ____`."""
    found: list[Verdict] = []

    def code(cell: Cell) -> str:
        text = "" if cell.kind in ("guide", "checked") else learner_code(cell)
        for gap, value in (filled or {}).items():
            text = re.sub(rf"^{gap} = ____$", f"{gap} = {value!r}", text, flags=re.MULTILINE)
        return text

    run_cells(built(name).cells, code, verdicts=found)
    return found


@pytest.fixture(scope="module")
def generated() -> dict[Path, str]:
    return lesson_files()


@pytest.mark.parametrize("path", [home() / "answers.json", *NOTEBOOKS], ids=lambda path: path.stem)
def test_generated_files_are_those_committed(path: Path, generated: dict[Path, str]) -> None:
    assert path.read_text(encoding="utf-8") == generated[path], "run: make workshop"


def test_no_notebook_without_a_source(generated: dict[Path, str]) -> None:
    assert {home() / "answers.json", *NOTEBOOKS} == set(generated)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_learner_notebook_runs_unfilled_and_gaps_answer_with_their_hint(name: str) -> None:
    found = verdicts(name)
    assert [verdict.state for verdict in found] == ["open"] * len(built(name).answers)
    assert [verdict.hint for verdict in found] == [built(name).texts.checks[c]["open"] for c in built(name).answers]


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [-1, ["zzz", 99]], ids=repr)
def test_nonsense_in_every_gap_breaks_no_cell(name: str, value: object) -> None:
    gaps = [match for cell in built(name).cells for match in re.findall(r"^(\w+) = ____$", cell.learner, re.M)]
    assert "right" not in {verdict.state for verdict in verdicts(name, dict.fromkeys(gaps, value))}


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_typical_mistakes_in_every_gap_break_no_cell(name: str) -> None:
    mistakes = {check: next(iter(answer["wrong"].values())) for check, answer in built(name).answers.items()}
    assert {v.state for v in verdicts(name, mistakes)} <= {"wrong", "open"}


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_are_right(name: str) -> None:
    right = {check: answer["right"] for check, answer in built(name).answers.items()}
    assert {v.state for v in verdicts(name, right)} <= {"right", "open"}


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_a_check_accepts_the_right_answer_and_has_its_words(name: str, check: str) -> None:
    answer, texts = built(name).answers[check], built(name).texts.checks[check]
    assert lesson(name)(check, answer["right"]).state == "right"
    assert set(texts) - {"unit"} == {"label", "open", "right", "else", *answer["wrong"]}
    assert "unit" not in texts or isinstance(answer["right"], float)
    assert not set(answer["wrong"]) & set(GENERAL)
    assert lesson(name)(check, "qqq").state == "wrong"


@pytest.mark.parametrize(("name", "check", "case"), WRONG)
def test_each_wrong_answer_gets_its_own_hint(name: str, check: str, case: str) -> None:
    verdict = lesson(name)(check, built(name).answers[check]["wrong"][case])
    assert (verdict.state, verdict.case) == ("wrong", case)
    assert verdict.hint == built(name).texts.checks[check][case]


@pytest.mark.parametrize(("name", "check"), CHECKS)
def test_hints_never_say_the_answer(name: str, check: str) -> None:
    answer, texts = built(name).answers[check], built(name).texts.checks[check]
    if isinstance(answer["right"], str):
        written = rf"\b{re.escape(answer['right'])}\b(?!,? or )" if len(answer["right"]) > 1 else None
    elif isinstance(answer["right"], list):
        written = r"\W+".join(answer["right"])
    else:
        written = rf"(?<![\d.]){re.escape(written_number(answer['right'], answer['within']))}(?![\d.])"
    for case, hint in texts.items():
        if written and case not in ("label", "unit", "right"):
            assert not re.search(written, hint.replace('"P1", "P2" or "P3"', "")), hint


@pytest.mark.parametrize(("slip", "number", "check", "case"), SLIPS, ids=lambda value: str(value)[:24])
def test_the_ten_slips_each_trigger_their_hint(slip: str, number: str, check: str, case: str) -> None:
    name = next(name for name in NAMES if name.startswith(number))
    assert lesson(name)(check, built(name).answers[check]["wrong"][case]).case == case


def test_there_are_ten_slips_and_the_quiz_asks_for_each() -> None:
    assert len(SLIPS) == 10
    assert len([check for check in built("08_debrief").answers if check.startswith("q_")]) == 10


@pytest.mark.parametrize(("place", "value"), PUBLISHED.items(), ids=str)
def test_answers_are_the_published_ones(place: tuple[str, str], value: float) -> None:
    assert built(place[0]).answers[place[1]]["right"] == pytest.approx(value, rel=2e-3)


def test_answers_that_are_lists_or_letters() -> None:
    assert built("02_ranking").answers["best"]["right"] == ["A", "B", "D", "F"]
    assert built("06_arbitration").answers["leaves"]["right"] == ["P07"]
    assert built("07_refused").answers["leaves_for_app"]["right"] == ["P03", "P04", "P05"]


def test_what_is_computed_for_the_guide_comes_last() -> None:
    for name in NAMES:
        assert [cell.kind for cell in built(name).cells][-2:] in (["checked", "guide"], ["text", "checked"])


def test_learners_see_no_solution() -> None:
    for name in NAMES:
        lesson_: Built = built(name)
        text = shipped("notebooks", "workshops", f"{name}.ipynb").read_text(encoding="utf-8")
        code = "\n".join(cell.source for cell in nbformat.reads(text, 4).cells if cell.cell_type == "code")
        assert "#?" not in code
        for cell in lesson_.cells:
            if cell.kind == "gap":
                assert "____" in cell.learner
                assert cell.solution not in code


def test_lines_that_learners_read_fit_the_screen() -> None:
    for name in NAMES:
        for cell in built(name).cells:
            if cell.kind in ("code", "gap"):
                assert max(map(len, cell.learner.splitlines())) <= 96, cell.learner
