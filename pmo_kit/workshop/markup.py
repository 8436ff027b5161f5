"""Markdown of the texts as Typst markup: paragraphs, lists, tables, bold, italics, code, lines to write on."""

from __future__ import annotations

import re

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
        return "#raw(" + _quoted(found["code"]) + ");"
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


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
