"""From the sources of the lessons to notebooks, and the answers the checks compare with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from pmo_kit.exhibits.theme import format_number
from pmo_kit.shipped import shipped
from pmo_kit.workshop.running import expected, run_cells, solution_code
from pmo_kit.workshop.source import Cell, lesson_names, read_source
from pmo_kit.workshop.texts import LANGUAGE, Texts, home, read_texts

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
def built(name: str, language: str = LANGUAGE) -> Built:
    """Run the solution of a lesson and take its answers."""
    cells = read_source(name)
    run = run_cells(cells, solution_code)
    answers = {cell.name: expected(cell, run.names) for cell in cells if cell.kind == "check"}
    code_cells = [cell for cell in cells if cell.kind != "text"]
    checked = "".join(
        out for cell, out in zip(code_cells, run.printed, strict=True) if cell.kind == "checked"
    )
    return Built(name, cells, read_texts(name, language), run.names, answers, checked)


def learner_notebook(lesson: Built) -> str:
    """Text of the notebook with gaps."""
    return _notebook(lesson, lambda cell: cell.learner, solution=False)


def solution_notebook(lesson: Built) -> str:
    """Text of the notebook filled in; its last cell keeps its output, which tests compare."""
    return _notebook(lesson, lambda cell: cell.solution, solution=True)


def lesson_files(language: str = LANGUAGE) -> dict[Path, str]:
    """Every generated file below the kit's folder -> its text: two notebooks a lesson and the answers."""
    lessons = [built(name, language) for name in lesson_names()]
    files = {home() / "answers.json": _json({lesson.name: lesson.answers for lesson in lessons})}
    for lesson in lessons:
        files[shipped("notebooks", "workshops", f"{lesson.name}.ipynb")] = learner_notebook(lesson)
        files[shipped("notebooks", "workshops", f"{lesson.name}_solution.ipynb")] = solution_notebook(lesson)
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


def _listed(items: Any) -> str:
    return ", ".join(items)


@cache
def _environment() -> jinja2.Environment:
    """Jinja with numbers written as everywhere in the kit; a name that is not there is an error."""
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=False, keep_trailing_newline=False
    )
    environment.filters |= {"number": format_number, "percent": _percent, "table": table, "listed": _listed}
    return environment


def _notebook(lesson: Built, code: Callable[[Cell], str], solution: bool) -> str:
    """Cells as a notebook in its committed form."""
    title = f"# {lesson.name[:2]} {lesson.texts.title}\n\n**{lesson.texts.question}**"
    cells = [new_markdown_cell(title)]
    for cell in lesson.cells:
        if cell.kind == "text":
            cells.append(new_markdown_cell(lesson.fill(lesson.texts.text[cell.name])))
        elif cell.kind == "check":
            cells.append(new_code_cell(f'check("{cell.name}", {cell.name})'))
        elif cell.kind == "checked" and solution:
            output = new_output("stream", name="stdout", text=lesson.checked)
            cells.append(
                new_code_cell(cell.code, execution_count=1, outputs=[output], metadata={"tags": CHECKED})
            )
        elif cell.kind in ("code", "gap", "parameters"):
            tags = {"tags": ["parameters"]} if cell.kind == "parameters" else {}
            cells.append(new_code_cell(code(cell), metadata=tags))
    for number, one in enumerate(cells):
        one.id = f"c{number:02d}"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return str(nbformat.writes(new_notebook(cells=cells, metadata=metadata), indent=1)) + "\n"


def _json(content: object) -> str:
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
