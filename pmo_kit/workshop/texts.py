"""The texts of lessons: one Markdown file per lesson and language, in sections, apart from the code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from pmo_kit.errors import PmoError
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


def languages() -> list[str]:
    """Languages that have texts: the folders that hold common.yml.

    Examples
    --------
    >>> languages()
    ['en']
    """
    return sorted(file.parent.name for file in home().glob("*/common.yml"))


@cache
def read_texts(name: str, language: str = LANGUAGE) -> Texts:
    """Read the texts of one lesson.

    The file begins with `# Title` and the question; then `## text NAME`, `## check NAME` (a list of label, unit
    where the answer is a number with one, open, right, wrong CASE, else) and `## guide NAME` sections follow.

    Parameters
    ----------
    name : str
        The lesson: "02_ranking".
    language : str
        A folder of templates/workshops.

    Raises
    ------
    PmoError
        The lesson has no texts in this language, or a section cannot be read.
    """
    path = home() / language / f"{name}.md"
    if not path.is_file():
        raise PmoError(f"No texts of lesson {name} in {language}; languages: {', '.join(languages())}.")
    head, *sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    title, _, question = head.strip().partition("\n")
    kinds: dict[str, dict[str, str]] = {"text": {}, "check": {}, "guide": {}}
    for section in sections:
        heading, _, body = section.partition("\n")
        kind, _, key = heading.strip().partition(" ")
        if kind not in kinds or not key or key in kinds[kind]:
            raise PmoError(
                f"{path.name}: section '## {heading}' is not one of text, check, guide, or is there twice."
            )
        kinds[kind][key] = body.strip()
    checks = {key: _fields(body, f"{path.name}, check {key}") for key, body in kinds["check"].items()}
    return Texts(title.removeprefix("# ").strip(), question.strip(), kinds["text"], kinds["guide"], checks)


@cache
def common(language: str = LANGUAGE) -> dict[str, str]:
    """Words that belong to no lesson: verdicts, seals, general hints."""
    text = (home() / language / "common.yml").read_text(encoding="utf-8")
    return {key: str(value).strip() for key, value in yaml.safe_load(text).items()}


def words(key: str, language: str = LANGUAGE) -> str:
    """One of the common words."""
    return common(language)[key]


def _fields(body: str, where: str) -> dict[str, str]:
    """`- open: ...` items of a check section, lines joined."""
    parts = _FIELD.split(body)
    if parts[0].strip() or len(parts) < 3:
        raise PmoError(
            f"{where}: a check is a list of '- label:', '- open:', '- right:', '- wrong CASE:', '- else:'."
        )
    pairs = zip(parts[1::2], parts[2::2], strict=True)
    return {key.removeprefix("wrong "): " ".join(value.split()) for key, value in pairs}
