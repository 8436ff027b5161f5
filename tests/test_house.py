"""The house stays small, and the page for those who work on it names what is there."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pmo_kit

ROOT = Path(__file__).parents[1]
LINES, FILES, NAMES = 28_308, 126, 45
"""The most code lines and files of the package, and public names. Lower them when you can; raise none."""
BLANK = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}


def code_lines(text: str) -> int:
    """Lines that hold code: no comments, docstrings or blanks."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in {*BLANK, tokenize.ENDMARKER}:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and ast.get_docstring(node) is not None:
            first = node.body[0]
            lines -= set(range(first.lineno, (first.end_lineno or 0) + 1))
    return len(lines)


def test_code_lines_are_counted_as_said() -> None:
    assert code_lines('"""Doc."""\n\nx = 1  # one\n# no\ndef f():\n    """Doc\n    more."""\n    return (\n1)\n') == 4


def test_the_package_keeps_to_its_budget() -> None:
    files = sorted((ROOT / "pmo_kit").rglob("*.py"))
    files = [file for file in files if "_shipped" not in file.parts]
    total = sum(code_lines(file.read_text(encoding="utf-8")) for file in files)
    assert total <= LINES, f"{total} code lines; at most {LINES}: an addition pays by a deletion"
    assert len(files) <= FILES, f"{len(files)} files; at most {FILES}: does one concept stand in two?"
    assert len(pmo_kit.__all__) <= NAMES


def test_the_page_for_contributors_names_what_is_there() -> None:
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = [name for name in re.findall(r"`([^`\s]+)`", told) if "/" in name or name.endswith((".py", ".yml"))]
    rooms = [ROOT, ROOT / "pmo_kit", *(ROOT / "pmo_kit" / room for room in ("arbitration", "packs"))]
    assert len(named) > 20
    for name in named:
        assert any((room / name).exists() for room in rooms), name
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z]+)`", told)) <= targets
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "pmo_kit").rglob("*.py"))
    for word in re.findall(r"`@([a-z]+)\(", told):
        assert f"def {word}(" in code
    for word in ("say", "show"):
        assert f"def {word}(" in code
