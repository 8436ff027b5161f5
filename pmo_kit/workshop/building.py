"""From the sources of the lessons to notebooks, and the answers the checks compare with.

A cell of a source begins with `# %% KIND NAME`. Kinds: `text` (a section of the texts), `code` (the same for all),
`parameters` (code, tagged), `gap` (code; a line that ends in `#?` is a gap for learners: what follows the mark is
their line, or `name = ____`), `check` (right and wrong answers, computed when built; learners see `check(...)`),
`checked` (in the solution alone: prints the numbers that tests compare) and `guide` (computed for the guide alone).
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pmo_kit.doors import nearest
from pmo_kit.errors import PmoError
from pmo_kit.exhibits.theme import format_number
from pmo_kit.shipped import shipped

LANGUAGE = "en"
_FIELD = re.compile(r"^- (label|unit|open|right|else|wrong \w+): ", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Texts:
    """What a lesson says: its title and question, texts and guide sections by name, hints by check and case."""

    title: str
    question: str
    text: dict[str, str]
    guide: dict[str, str]
    checks: dict[str, dict[str, str]]


def home() -> Path:
    """The folder of the lessons and their texts."""
    return shipped("templates", "workshops")


@cache
def read_texts(name: str) -> Texts:
    """Read the texts of one lesson.

    The file begins with `# Title` and the question; then `## text NAME`, `## check NAME` (a list of label, unit
    where the answer is a number with one, open, right, wrong CASE, else) and `## guide NAME` sections follow.

    Parameters
    ----------
    name : str
        The lesson: "02_ranking".

    Raises
    ------
    PmoError
        There is no such lesson, or a section of its texts cannot be read.
    """
    path = home() / LANGUAGE / f"{name}.md"
    if not path.is_file():
        raise PmoError(f"There is no lesson {name!r}; {nearest(name, lesson_names(), most=3)}")
    head, *sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    title, _, question = head.strip().partition("\n")
    kinds: dict[str, dict[str, str]] = {"text": {}, "check": {}, "guide": {}}
    for section in sections:
        heading, _, body = section.partition("\n")
        kind, _, key = heading.strip().partition(" ")
        if kind not in kinds or not key or key in kinds[kind]:
            raise PmoError(f"{path.name}: section '## {heading}' is not one of text, check, guide, or is there twice.")
        kinds[kind][key] = body.strip()
    checks = {key: _fields(body, f"{path.name}, check {key}") for key, body in kinds["check"].items()}
    return Texts(title.removeprefix("# ").strip(), question.strip(), kinds["text"], kinds["guide"], checks)


@cache
def common() -> dict[str, str]:
    """Words that belong to no lesson: verdicts, seals, general hints."""
    text = (home() / LANGUAGE / "common.yml").read_text(encoding="utf-8")
    return {key: str(value).strip() for key, value in yaml.safe_load(text).items()}


def _fields(body: str, where: str) -> dict[str, str]:
    """`- open: ...` items of a check section, lines joined."""
    parts = _FIELD.split(body)
    if parts[0].strip() or len(parts) < 3:
        raise PmoError(f"{where}: a check is a list of '- label:', '- open:', '- right:', '- wrong CASE:', '- else:'.")
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {key.removeprefix("wrong "): " ".join(value.split()) for key, value in pairs}


KINDS = ("text", "code", "parameters", "gap", "check", "checked", "guide")
_HEAD = re.compile(r"^# %% (\w+) ?(\w*)$", re.MULTILINE)
_GAP = re.compile(r"^(?P<solution>.*?)  #\?(?: (?P<learner>.*))?$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """One cell of a source: its kind, its name where it has one, its code."""

    kind: str
    name: str
    code: str

    @property
    def solution(self) -> str:
        """Code of the solution."""
        return _GAP.sub(lambda line: line["solution"], self.code)

    @property
    def learner(self) -> str:
        """Code that learners see: `____` in the gaps."""
        return _GAP.sub(lambda line: line["learner"] or _blank(line["solution"]), self.code)


def lesson_names() -> list[str]:
    """Lessons in their order.

    Examples
    --------
    >>> lesson_names()[:3]
    ['00_ready', '01_gut_round', '02_ranking']
    """
    return sorted(path.stem for path in (home() / "lessons").glob("*.py"))


def parse_source(path: Path) -> list[Cell]:
    """Cells of a source file; what stands before the first cell is a comment to the reader.

    Raises
    ------
    PmoError
        A cell of a kind that does not exist.
    """
    parts = _HEAD.split(path.read_text(encoding="utf-8"))
    cells = []
    for kind, name, code in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        if kind not in KINDS:
            raise PmoError(f"{path.name}: no cell is of kind {kind!r}; kinds: {', '.join(KINDS)}.")
        cells.append(Cell(kind, name, code.strip("\n")))
    return cells


def _blank(line: str) -> str:
    """`name = ____` for an assignment."""
    name, equals, _ = line.partition(" = ")
    if not equals:
        raise PmoError(f"A gap needs an assignment or the learner's line after '#?': {line}")
    return f"{name} = ____"


SAMPLE = ("data", "samples", "meridian_12")


def run_cells(cells: Iterable[Cell], code: Callable[[Cell], str], **names: Any) -> tuple[dict[str, Any], str]:
    """Run cells one after the other, as a notebook does, in one namespace.

    Parameters
    ----------
    cells : iterable of Cell
        Texts are passed over.
    code : callable
        Cell -> what to run: its solution, or a learner's.
    **names
        What is known from the beginning.

    Returns
    -------
    dict, str
        The namespace, and what the cells of kind `checked` printed.

    Raises
    ------
    Exception
        Whatever a cell raises.
    """
    checked = ""
    for cell in (one for one in cells if one.kind != "text"):
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown):
            exec(compile(code(cell), "<cell>", "exec"), names)
        if cell.kind == "parameters":
            names["register_path"] = str(shipped(*SAMPLE))
        checked += shown.getvalue() if cell.kind == "checked" else ""
    return names, checked


def expected(cell: Cell, names: dict[str, Any]) -> dict[str, Any]:
    """Right answer, known wrong ones and tolerance of a check cell, in the namespace of the solution.

    The cell assigns `right` (by default the variable that has the name of the check), `within` where numbers need
    another tolerance than half a percent, and one name per known mistake.
    """
    own: dict[str, Any] = {}
    exec(compile(cell.code, f"<check {cell.name}>", "exec"), dict(names), own)
    right = plain(own.pop("right", names[cell.name]))
    within = plain(own.pop("within", 0.005 * abs(right) if isinstance(right, float) else 0.0))
    return {"right": right, "within": within, "wrong": {case: plain(value) for case, value in own.items()}}


def plain(value: Any) -> Any:
    """A value as JSON holds it: numbers to nine digits, lists sorted."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple, set, frozenset)):
        return sorted(str(item) for item in value)
    return round(float(value), 9)


KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
CHECKED = ["keep_output", "nbval-check-output"]


@dataclass(frozen=True, eq=False)
class Built:
    """A lesson whose solution has run: its cells, texts, names with their values, answers and checked lines."""

    name: str
    cells: list[Cell]
    texts: Texts
    names: Mapping[str, Any]
    answers: dict[str, Any]
    checked: str

    def fill(self, text: str) -> str:
        """A text with its `{{ }}` computed from the solution; `text` holds the texts of the lesson."""
        sections = {name: self._render(section) for name, section in self.texts.text.items()}
        return self._render(text, text=sections)

    def _render(self, template: str, **more: Any) -> str:
        return _environment().from_string(template).render({**self.names, **more})


@cache
def built(name: str) -> Built:
    """Run the solution of a lesson and take its answers."""
    cells = parse_source(home() / "lessons" / f"{name}.py")
    # a check judges nothing while the answers are computed
    names, checked = run_cells(cells, lambda cell: "" if cell.kind == "check" else cell.solution)
    answers = {cell.name: expected(cell, names) for cell in cells if cell.kind == "check"}
    return Built(name, cells, read_texts(name), names, answers, checked)


def lesson_files() -> dict[Path, str]:
    """Every generated file below the kit's folder -> its text: two notebooks a lesson and the answers."""
    lessons = [built(name) for name in lesson_names()]
    answers = {lesson.name: lesson.answers for lesson in lessons}
    files = {home() / "answers.json": json.dumps(answers, indent=1, sort_keys=True, ensure_ascii=False) + "\n"}
    for lesson in lessons:
        files[shipped("notebooks", "workshops", f"{lesson.name}.ipynb")] = notebook(lesson)
        files[shipped("notebooks", "workshops", f"{lesson.name}_solution.ipynb")] = notebook(lesson, solution=True)
    return files


def write_lessons() -> list[Path]:
    """Generate notebooks and answers from the sources; the files that changed."""
    changed = []
    for path, text in lesson_files().items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(path)
    return changed


def table(frame: Any, decimals: int = 0) -> str:
    """A DataFrame as a Markdown table, its index first where it is named; one decimal where a column has any."""
    frame = frame.reset_index() if frame.index.name else frame
    columns = [_column(list(frame[name]), decimals) for name in frame]
    rows = [list(map(str, frame.columns)), ["---"] * len(columns), *zip(*columns, strict=True)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _column(values: list[Any], decimals: int) -> list[str]:
    if any(isinstance(value, (bool, str)) for value in values):
        return list(map(str, values))
    whole = all(float(value) == round(float(value), decimals) for value in values)
    return [format_number(value, decimals if whole else max(decimals, 1)) for value in values]


def _percent(value: float, decimals: int = 0) -> str:
    return f"{format_number(100 * value, decimals)} %"


@cache
def _environment() -> jinja2.Environment:
    """Jinja with numbers written as everywhere in the kit; a name that is not there is an error."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False)
    environment.filters |= {"number": format_number, "percent": _percent, "table": table, "listed": ", ".join}
    return environment


def notebook(lesson: Built, solution: bool = False) -> str:
    """Text of the notebook with gaps, or filled in: then its last cell keeps its output, which tests compare."""
    title = f"# {lesson.name[:2]} {lesson.texts.title}\n\n**{lesson.texts.question}**"
    cells = [new_markdown_cell(title)]
    for cell in lesson.cells:
        if cell.kind == "text":
            cells.append(new_markdown_cell(lesson.fill(lesson.texts.text[cell.name])))
        elif cell.kind == "check":
            cells.append(new_code_cell(f'check("{cell.name}", {cell.name})'))
        elif cell.kind == "checked" and solution:
            output = new_output("stream", name="stdout", text=lesson.checked)
            cells.append(new_code_cell(cell.code, execution_count=1, outputs=[output], metadata={"tags": CHECKED}))
        elif cell.kind in ("code", "gap", "parameters"):
            tags = {"tags": ["parameters"]} if cell.kind == "parameters" else {}
            cells.append(new_code_cell(cell.solution if solution else cell.learner, metadata=tags))
    for number, one in enumerate(cells):
        one.id = f"c{number:02d}"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return str(nbformat.writes(new_notebook(cells=cells, metadata=metadata), indent=1)) + "\n"
