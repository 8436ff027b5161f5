"""The page of a pack: one file that opens anywhere without a network and prints page one on one page.

A page may answer back: the question of a pack stands beside its facts, and a solver asks it again in the page. HiGHS as
WebAssembly (npm package `highs`, MIT), the question as data and the scripts of `packs/live` are all in it. Nothing is
fetched when it is opened.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pmo_kit.disk import scratch
from pmo_kit.errors import PackError
from pmo_kit.exhibits import theme
from pmo_kit.exhibits.canvas import CONFIG, drawing, picture
from pmo_kit.exhibits.cells import data_table, spoken
from pmo_kit.exhibits.display import fragment
from pmo_kit.exhibits.records import Chart
from pmo_kit.packs.manifest import sha256
from pmo_kit.shipped import shipped

if TYPE_CHECKING:
    from pmo_kit.packs.jobs import Stage
    from pmo_kit.packs.layout import Collected, Outline
    from pmo_kit.packs.run import Failure
    from pmo_kit.packs.spec import Medium

TEXT_WIDTH, COLUMN_WIDTH = 665, 317
"""Widths on A4 in px: the text (176 mm) and one of two columns (84 mm). Charts are drawn at these."""
_NARROW = 340
"""Width of a chart on a telephone, px."""
_POLICY = "font-src data:; img-src data: blob:; script-src"
"""Behind what the template says itself: nothing but its own style sheet, and the empty one that plotly fills."""
MIME = "application/vnd.pmo-kit.question+json"
VERSION = "1.15.3"
PINNED = {
    "highs.js": "0bd23843c9795753f2276e9901eb2a1e66288547b6bcba84fa0665dc037b5c7c",
    "highs.wasm": "528be4365bea1d4188988646b244263f50320df55782e14d6af5bce7cd45c840",
}
"""SHA-256 of the solver's files in that version of the npm package."""
HOME = files("pmo_kit.packs") / "live"
ABSENT = "The page does not answer back: its solver is not here; run 'make live', then build the pack again."
UNASKED = "The page does not answer back: no chapter of this pack hands over its question."


@dataclass(frozen=True, eq=False)
class Live:
    """What a page needs to ask its question again.

    Parameters
    ----------
    question : bytes
        `question.json`.
    program : str
        The script of the worker: the solver and what drives it.
    binary : str
        The solver as WebAssembly, gzipped, in base64.
    script, style : str
        Of the page.
    """

    question: bytes
    program: Markup
    binary: Markup
    script: Markup
    style: Markup

    @property
    def stated(self) -> dict[str, str]:
        """What the manifest says of it."""
        return {"solver": f"highs {VERSION}", "wasm": PINNED["highs.wasm"], "question": sha256(self.question)}


def page(outline: Outline, others: Sequence[Medium] = (), live: Live | None = None) -> bytes:
    """Render `index.html`.

    Charts stand in it as pictures; one that comes into view is drawn again by plotly, with words under the pointer,
    zoom and download. Tables can be sorted, copied and saved; references lead to what they name.

    Parameters
    ----------
    outline : Outline
        The pack.
    others : sequence of Medium
        The same pack in other media.
    live : Live, optional
        What the page answers what-if questions with.
    """
    figures: list[tuple[str, str]] = []
    front = outline.front
    context = {
        "outline": outline,
        "page_one": front and {
            "tiles": front.tiles and _placed(front.tiles, figures),
            "decisions": front.decisions and _placed(front.decisions, figures),
            "left": [_placed(item, figures, COLUMN_WIDTH) for item in front.left],
            "right": [_placed(item, figures, COLUMN_WIDTH) for item in front.right],
        },
        "chapters": [(part, [_placed(item, figures) for item in part.items]) for part in outline.chapters],
        "projects": projects_named(outline),
        "others": others,
    }  # fmt: skip
    return _render("page.html", context, figures, live).encode()


def error_page(staged: Stage, failures: Sequence[Failure]) -> bytes:
    """Render `error.html`: which cell of which notebook failed, and why, in words."""
    return _render("error.html", {"staged": staged, "failures": failures}, []).encode()


def projects_named(outline: Outline) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each project of the register with its name and the exhibits (id, title) whose data or words name it."""
    if outline.register is None:
        return []
    shown = [item for part in outline.chapters for item in part.items]
    words = [set(re.findall(r"\w+", item.text)) for item in shown]
    found = []
    for identity, name in outline.register.projects["name"].items():
        said = json.dumps(str(name), ensure_ascii=False)[1:-1]
        places = [
            (item.id, " ".join(item.exhibit.title.split("\n")) or item.exhibit.alt)
            for item, known in zip(shown, words, strict=True)
            if str(identity) in known or said in item.text
        ]
        if places:
            found.append((str(identity), str(name), places))
    return found


def _placed(item: Collected, figures: list[tuple[str, str]], width: int = TEXT_WIDTH) -> dict[str, Any]:
    """An exhibit with its body as HTML; a chart stands in it as a picture and leaves its figure for the script."""
    exhibit = item.printed
    body, table = "", ""
    if isinstance(exhibit, Chart):
        figures.append((item.id, json.dumps(drawing(exhibit, width=width), ensure_ascii=False)))
        narrow, wide = "", Markup(picture(exhibit, width))
        if width > _NARROW:
            narrow = f'<div class="narrow" aria-hidden="true">{picture(exhibit, _NARROW)}</div>'
        place = '<div class="chart{}" role="group" aria-label="{}"><div data-figure="{}">{}</div>{}</div>'
        both = " both" if narrow else ""
        body = Markup(place).format(both, spoken(exhibit), item.id, wide, Markup(narrow))
        table = Markup(fragment(data_table(exhibit), framed=False))
    else:
        body = Markup(_linked(fragment(exhibit, framed=False), item.refers))
    return {"exhibit": exhibit, "body": body, "numbers": table, "refers": item.refers}


def _linked(html: str, refers: Mapping[str, str]) -> Any:
    """HTML in whose texts, not in whose tags, words that name a place lead to what they mean."""
    if not refers:
        return Markup(html)
    pattern = re.compile("|".join(map(re.escape, refers)))

    def link(found: re.Match[str]) -> str:
        return f'(<a href="#{escape(refers[found[0]])}">{escape(found[0][1:-1])}</a>)'

    parts = re.split(r"(<[^>]*>)", html)
    return Markup("".join(part if part.startswith("<") else pattern.sub(link, part) for part in parts))


def _render(name: str, context: Mapping[str, Any], figures: Sequence[tuple[str, str]], live: Live | None = None) -> str:
    """Fill a template of `templates/report`; every text is escaped by jinja."""
    folder: Path = shipped("templates", "report")
    environment = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    linked = {"linked": lambda text, refers: _linked(str(escape(text)), refers)}
    environment.filters |= {"css_text": _css_text, "source": _source, "json": _json, **linked}
    plotly = (folder / "plotly" / "plotly-basic.min.js").read_text(encoding="utf-8") if figures else ""
    script = (folder / "page.js").read_text(encoding="utf-8")
    template = environment.get_template(name)
    return template.render(
        **context,
        fonts=Markup(theme.font_css()),
        theme=Markup(theme.css()),
        style=Markup((folder / "page.css").read_text(encoding="utf-8")),
        figures=figures,
        config=Markup(json.dumps(CONFIG)),
        plotly=Markup(plotly.replace("</script", "<\\/script")),
        script=Markup(script),
        live=live,
        policy=_policy([plotly, script], live),
    )


def _policy(scripts: list[str], live: Live | None) -> str:
    """What the page may do: run these scripts; and, where it answers back, one worker that holds the solver."""
    scripts = [*scripts, live.script] if live else scripts
    allowed = [_POLICY, *(_source(text) for text in scripts if text)]
    return " ".join(allowed) + (" 'wasm-unsafe-eval'; worker-src blob:" if live else "")


def _source(text: str) -> str:
    """A script or style sheet as the page's security policy names it: by its SHA-256."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(text: str) -> Markup:
    """JSON inside a script, which no text in it ends."""
    return Markup(text.replace("<", "\\u003c"))


def _css_text(text: str) -> str:
    """A text inside quotes in a style sheet: whatever is not plain is written by its number."""
    return "".join(c if c.isalnum() or c in " .,:-" else f"\\{ord(c):x} " for c in text)


def find_live(notebooks: Iterable[Any]) -> tuple[Live | None, str]:
    """The question that the notebooks hand over with what solves it; or none, and a line that says why.

    Parameters
    ----------
    notebooks : iterable of NotebookNode
        Executed.

    Raises
    ------
    PackError
        Two notebooks hand over different questions, or a file of the solver is not the pinned one.
    """
    found = [
        json.dumps(output["data"][MIME], ensure_ascii=False, separators=(",", ":"))
        for notebook in notebooks for cell in notebook.cells for output in cell.get("outputs", ())
        if MIME in output.get("data", {})
    ]  # fmt: skip
    if not found:
        return None, UNASKED
    if len(set(found)) > 1:
        raise PackError("Two cells hand different questions to the page: leave 'as_data' in one of them.")
    solver, binary = HOME / "highs" / "highs.js", HOME / "highs" / "highs.wasm.gz"
    if not (solver.is_file() and binary.is_file()):
        return None, ABSENT
    packed = binary.read_bytes()
    for name, content in (("highs.js", solver.read_bytes()), ("highs.wasm", gzip.decompress(packed))):
        if sha256(content) != PINNED[name]:
            raise PackError(f"{name} is not that of highs {VERSION}: run 'make live' to fetch it again.")
    notice, board = (HOME / "highs" / "LICENSE").read_text("utf-8"), files("pmo_kit") / "widgets"
    program = (
        f"/* highs {VERSION}\n{notice}*/",
        solver.read_text("utf-8"),
        *map(_text, ("question.js", "solver.js", "worker.js")),
    )
    drawn = *map(_text, ("question.js", "session.js")), *(_text(name, board) for name in ("link.js", "board.js"))
    return Live(
        f"{found[0]}\n".encode(),
        Markup("\n".join(program).replace("</script", "<\\/script")),
        Markup(base64.b64encode(packed).decode()),
        Markup("\n".join(["(() => {", *drawn, _text("page.js"), "})();"])),
        Markup(_text("board.css", board) + _text("page.css")),
    ), ""


def _text(name: str, home: Any = HOME) -> str:
    return str((home / name).read_text("utf-8"))


def fetch() -> str | None:
    """Fetch the solver from npm and keep it where packs find it, if it is the pinned one: `make live`.

    Returns
    -------
    str or None
        Words for what went wrong; none where all is well.
    """
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed: it fetches the solver."
    with scratch() as folder:
        ran = subprocess.run([npm, "pack", f"highs@{VERSION}", "--silent"], cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            return f"npm could not fetch highs {VERSION}: {ran.stderr.strip()}"
        with tarfile.open(next(folder.glob("*.tgz"))) as archive:
            names = {"highs.js": "build/highs.js", "highs.wasm": "build/highs.wasm", "LICENSE": "LICENSE"}
            found = {to: archive.extractfile(f"package/{name}").read() for to, name in names.items()}  # type: ignore[union-attr]
    for name, digest in PINNED.items():
        if sha256(found[name]) != digest:
            return f"{name} of highs {VERSION} is not the one that is pinned; nothing was kept."
    home = Path(str(HOME)) / "highs"
    home.mkdir(exist_ok=True)
    (home / "highs.wasm.gz").write_bytes(gzip.compress(found.pop("highs.wasm"), 9, mtime=0))
    for name, content in found.items():
        (home / name).write_bytes(content)
    return None
