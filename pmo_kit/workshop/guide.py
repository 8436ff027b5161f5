"""The facilitator guide, every number taken from the solutions and laid out by Typst, and the folders of a workshop.

`python -m pmo_kit.workshop.guide` writes the lessons from their sources, and the guide in build/workshop.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from pmo_kit.disk import new_folder, real, scratch, seen_from_here
from pmo_kit.errors import PmoError
from pmo_kit.exhibits.theme import FONT_FOLDER
from pmo_kit.shipped import shipped
from pmo_kit.workshop.building import (
    LANGUAGE,
    Built,
    built,
    home,
    lesson_names,
    notebook,
    write_lessons,
)
from pmo_kit.workshop.checks import written_number

_INLINE = re.compile(r"`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>[^*]+?)\*|(?P<blank>_{2,})")
_SPECIAL = re.compile(r"([\\#$@<>*_`\[\]~=+/\-\"'])")
_NUMBERED = re.compile(r"^\d+\. ")


def markup(text: str) -> str:
    """Markdown -> Typst markup.

    Two or more underscores are a line to write on; the template defines `blank`.

    Examples
    --------
    >>> markup("Take **A** at `rate`: ____")
    'Take #strong[A]; at #raw("rate");: #blank(4);'
    >>> print(markup("1. one\\n2. two"))
    #enum([one], [two])
    """
    blocks = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(_block(block) for block in blocks if block.strip())


def inline(text: str) -> str:
    """One run of text: bold, italics, code, lines to write on; every other character as it is."""
    done, at = [], 0
    for found in _INLINE.finditer(text):
        done += [_plain(text[at : found.start()]), _marked(found)]
        at = found.end()
    return "".join([*done, _plain(text[at:])])


def _marked(found: re.Match[str]) -> str:
    """A call in markup; its own semicolon ends it, so that what follows is text."""
    if found["code"]:
        return f"#raw({json.dumps(found['code'], ensure_ascii=False)});"
    if found["bold"]:
        return f"#strong[{inline(found['bold'])}];"
    if found["italic"]:
        return f"#emph[{inline(found['italic'])}];"
    return f"#blank({len(found['blank'])});"


def _block(block: str) -> str:
    lines = block.strip().splitlines()
    if lines[0].startswith("|"):
        return _table(lines)
    if _NUMBERED.match(lines[0]):
        return _list("enum", lines, _NUMBERED)
    if lines[0].startswith("- "):
        return _list("list", lines, re.compile(r"^- "))
    return inline(" ".join(line.strip() for line in lines))


def _list(kind: str, lines: list[str], mark: re.Pattern[str]) -> str:
    items: list[str] = []
    for line in filter(str.strip, lines):
        if mark.match(line):
            items.append(mark.sub("", line))
        else:
            items[-1] += " " + line.strip()
    first = lines[0].partition(".")[0]
    start = f"start: {int(first)}, " if kind == "enum" and first != "1" else ""
    return f"#{kind}({start}" + ", ".join(f"[{inline(item)}]" for item in items) + ")"


def _table(lines: list[str]) -> str:
    """A Markdown table; columns whose cells are all numbers stand right."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    head, body = rows[0], rows[2:]
    right = [all(re.fullmatch(r"[−+\d.\s\u202f%]+", row[k]) for row in body) for k in range(len(head))]
    align = ", ".join("right" if one else "left" for one in right)
    cells = ", ".join(f"[{inline(cell)}]" for row in body for cell in row)
    heads = ", ".join(f"[{inline(cell)}]" for cell in head)
    return f"#ruled({len(head)}, ({align},), ({heads},), ({cells},))"


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


PARTS = ("guide", "cards", "ballots", "sheets")
ROLE_PLAY = "06_arbitration"
"""The lesson whose numbers the role cards use."""


def write_guide(path: Path, part: str = "guide", teams: int = 4) -> Path:
    """Write the guide, or one part of it to print, as PDF.

    Parameters
    ----------
    path : Path
        The PDF.
    part : {"guide", "cards", "ballots", "sheets"}
        Everything, or what participants get.
    teams : int
        How many sets of role cards and ballots are printed (of cards and ballots alone; the guide holds one).

    Raises
    ------
    PmoError
        The part does not exist.
    """
    if part not in PARTS:
        raise PmoError(f"No part {part!r} of the guide; parts: {', '.join(PARTS)}.")
    import typst

    path.parent.mkdir(parents=True, exist_ok=True)
    with scratch() as folder:
        source = folder / "guide.typ"
        shutil.copy(home() / "guide.typ", source)
        data = guide_content() | {"part": part, "teams": 1 if part == "guide" else teams}
        (folder / "guide.json").write_text(json.dumps(data), encoding="utf-8")
        typst.compile(
            str(source), output=str(path), font_paths=[str(FONT_FOLDER)], ignore_system_fonts=True,
            timestamp=0, pdf_standards=["ua-1"],
        )  # fmt: skip
    return path


def guide_content() -> dict[str, Any]:
    """What the guide says, as data: texts in Typst markup, numbers filled in from the solutions."""
    fixed = yaml.safe_load((home() / LANGUAGE / "guide.yml").read_text(encoding="utf-8"))
    lessons = {name: built(name) for name in lesson_names()}
    by_number = {name[:2]: lesson for name, lesson in lessons.items()}
    played = lessons[ROLE_PLAY]
    return {
        "language": LANGUAGE,
        "title": fixed["title"], "subtitle": fixed["subtitle"], "foot": fixed["foot"], "words": fixed["words"],
        "before": markup(fixed["before"]),
        "agendas": [
            {"title": fixed["agendas"][name], **agenda(items, by_number, fixed["activities"])}
            for name, items in _agendas().items()
        ],
        "outcomes": [
            [inline(text), number, _labels(by_number[number], checks.split(", "))]
            for text, number, checks in fixed["outcomes"]
        ],
        "lessons": [_lesson(lesson, fixed) for lesson in lessons.values()],
        "slips": [
            [inline(text), number, inline(by_number[number].texts.checks[check][case])]
            for text, number, check, case in fixed["slips"]
        ],
        "roles": [
            {key: played.fill(value) if key == "name" else inline(played.fill(value)) for key, value in role.items()}
            for role in fixed["roles"]
        ],
        "forms": {name: fixed[name] for name in ("ballot", "pledge", "evaluation")},
        "glossary": glossary(),
    }  # fmt: skip


def agenda(items: list[Any], lessons: dict[str, Built], activities: dict[str, str]) -> dict[str, Any]:
    """Rows of an agenda (start, minutes, what, notebook) and its length.

    Examples
    --------
    >>> agenda([["welcome", 10], ["pause", 65]], {}, {"welcome": "Hello", "pause": "Break"})["rows"]
    [['0:00', 10, 'Hello', ''], ['0:10', 65, 'Break', '']]
    """
    rows, at = [], 0
    for what, minutes in items:
        text = lessons[what].texts.title if what in lessons else activities[what]
        rows.append([_clock(at), minutes, text, lessons[what].name if what in lessons else ""])
        at += minutes
    return {"rows": rows, "total": _clock(at), "minutes": at}


def glossary() -> list[list[str]]:
    """English term, French term, meaning in French."""
    with (home() / "glossary.csv").open(encoding="utf-8", newline="") as file:
        return [row[:3] for row in csv.reader(file)][1:]


def _lesson(lesson: Built, fixed: dict[str, Any]) -> dict[str, Any]:
    """One lesson of the guide: its notes, its effort, its expected numbers with what to say, its sheet."""
    texts, hints = lesson.texts, lesson.texts.checks
    expected = []
    for check, answer in lesson.answers.items():
        values = {case: inline(written_number(value, answer["within"])) for case, value in answer["wrong"].items()}
        expected.append(
            {
                "label": inline(", ".join(hints[check][key] for key in ("label", "unit") if key in hints[check])),
                "right": inline(written_number(answer["right"], answer["within"])),
                "cases": [[value, inline(hints[check][case])] for case, value in values.items()],
            }
        )
    minutes = [
        [fixed["agendas"][name], sum(m for what, m in items if what == lesson.name[:2])]
        for name, items in _agendas().items()
    ]
    words = sum(len(text.split()) for text in texts.text.values()) // 10 * 10
    said = fixed["words"]
    return {
        "minutes": [pair for pair in minutes if pair[1]],
        "effort": [f"{said['reading']}: {words}", f"{said['answers']}: {len(lesson.answers)}"],
        "name": lesson.name,
        "number": lesson.name[:2],
        "title": inline(texts.title),
        "question": inline(texts.question),
        "expected": expected,
        **{name: markup(lesson.fill(text)) for name, text in texts.guide.items()},
    }


def _labels(lesson: Built, checks: list[str]) -> str:
    """What a few checks ask, in a line."""
    return inline("; ".join(lesson.texts.checks[check]["label"] for check in checks))


def _agendas() -> dict[str, list[Any]]:
    return dict(yaml.safe_load((home() / "agendas.yml").read_text(encoding="utf-8")))


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


MOST_TEAMS = 40
SAMPLE = "meridian_12"
_README = """# {title}
`pmo-kit lab`, run in this folder, opens JupyterLab on the first lesson; the others stand beside it. They read `lessons/meridian_12` (twelve projects).
`pmo-kit pack`, run in this folder, makes the committee's pack of the same twelve.
"""  # noqa: E501


def write_workshop(folder: str | Path, teams: int, workspace: Callable[[Path], Path]) -> Path:
    """Write the folders of a workshop.

    Parameters
    ----------
    folder : str or Path
        A folder that does not exist yet, or is empty.
    teams : int
        How many teams: `team_1` to `team_n`, each a workspace with `notebooks/lessons/` (gaps).
    workspace : callable
        Makes a workspace in a folder: `pmo_kit.packs.asking.new_workspace`.

    Returns
    -------
    Path
        The folder: `facilitator/` (guide, solutions, role cards, ballots and sheets as PDF) and the teams.

    Raises
    ------
    PmoError
        Something is there already, or the number of teams makes no sense.
    """
    if not 1 <= teams <= MOST_TEAMS:
        raise PmoError(f"--teams is a number from 1 to {MOST_TEAMS}, not {teams}.")
    with new_folder(real(folder)) as draft:
        _fill(draft, [built(name) for name in lesson_names()], teams, workspace)
    return real(folder)


def _fill(home: Path, lessons: Sequence[Built], teams: int, workspace: Callable[[Path], Path]) -> None:
    """Put the folders of the teams and of the facilitator into one."""
    for number in range(1, teams + 1):
        team = workspace(home / f"team_{number}")
        texts = {lesson.name: notebook(lesson) for lesson in lessons}
        _write_notebooks(team / "notebooks" / "lessons", texts)
        (team / "README.md").write_text(_README.format(title=f"Team {number}"), encoding="utf-8")
    own = home / "facilitator"
    _write_notebooks(own / "solutions", {f"{one.name}_solution": notebook(one, solution=True) for one in lessons})
    for part in PARTS:
        write_guide(own / f"{'role_cards' if part == 'cards' else part}.pdf", part, teams)


def _write_notebooks(folder: Path, notebooks: dict[str, str]) -> None:
    """Notebooks beside the register that they read."""
    shutil.copytree(shipped("data", "samples", SAMPLE), folder / SAMPLE, ignore=shutil.ignore_patterns(".*"))
    for name, text in notebooks.items():
        text = text.replace(f"../../data/samples/{SAMPLE}", SAMPLE)
        (folder / f"{name}.ipynb").write_text(text, encoding="utf-8", newline="\n")


def main() -> None:
    """Write what `make workshop` writes, and say where."""
    for path in write_lessons():
        sys.stdout.write(f"{seen_from_here(path)}\n")
    sys.stdout.write(f"{seen_from_here(write_guide(Path('build/workshop/guide.pdf').absolute()))}\n")


if __name__ == "__main__":
    main()
