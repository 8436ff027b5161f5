"""The pack file: what a committee receives, from which register, in which chapters; read and checked."""

from __future__ import annotations

import ast
import contextlib
import html
import json
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import nbformat
import yaml
from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from pmo_kit.disk import real
from pmo_kit.doors import admit_path, factor, missing
from pmo_kit.errors import InputError, PackError
from pmo_kit.forms import (
    Block,
    Day,
    Form,
    FormError,
    OneOrMore,
    Plain,
    Reading,
    Required,
    Rows,
    Text,
    Written,
    nearest,
    read_form,
    reading_of,
    unreadable,
)
from pmo_kit.register.schema import load_schema
from pmo_kit.shipped import shipped

PREVIOUS = "previous"
"""Among the `needs` of a chapter: the register of the committee before."""
FULL = "full"
"""`annex: full`: everything that the notebooks of the pack show is printed."""
CELL_SECONDS = 1200
"""Longest time that one cell may take, where the pack file does not say (`cell_timeout`)."""


@dataclass(frozen=True)
class Medium:
    """A medium beside the page: its file, its words for a reader, what makes it and what that needs."""

    file: str
    words: str
    maker: str
    needs: str


MEDIA: Mapping[str, Medium] = {
    "pdf": Medium("pack.pdf", "paper (PDF)", "pmo_kit.packs.media.pdf:pdf_bytes", "typst"),
    "pptx": Medium("pack.pptx", "slides (PPTX)", "pmo_kit.packs.media.pptx:deck_bytes", "pptx"),
    "xlsx": Medium("annex.xlsx", "workbook (XLSX)", "pmo_kit.packs.media.xlsx:annex_bytes", "xlsxwriter"),
}
FORMATS = ("html", *MEDIA)
"""Media of a pack; the page (html) is always made."""


def home_of(file: Path) -> Path:
    """The folder that the paths of a pack file may not leave: the nearest above it that holds `notebooks`."""
    file = real(file)
    return next((folder for folder in file.parents if (folder / "notebooks").is_dir()), file.parent)


def _inside(given: object, info: ValidationInfo) -> Path:
    """A path relative to the file, which exists and stays at home."""
    if not isinstance(given, Written) or not isinstance(given.value, str):
        raise ValueError(
            "{key} must be a text" + (f"; write it in quotes: '{given}'." if isinstance(given, str) else ".")
        )
    if not (given := given.strip()):
        raise ValueError("'{key}' is missing.")
    file = real(reading_of(info).file)
    if Path(given).is_absolute() or re.match(r"[A-Za-z]:|\\", given):
        raise ValueError(f"'{given}' must be relative to this file.")
    try:
        path = real(file.parent / given)
        there = path.exists()
    except (OSError, ValueError) as error:  # too long, a character that no name has
        raise ValueError(f"'{given[:60]}' is no path: {getattr(error, 'strerror', error)}.") from error
    if not path.is_relative_to(home_of(file)):
        raise ValueError(f"'{given}' leads out of the folder '{home_of(file).name}'.")
    if not there:
        raise ValueError(f"'{given}' does not exist (seen from the folder of this file).")
    return path


def _notebook(path: Path) -> Path:
    if path.suffix != ".ipynb":
        raise ValueError(f"'{path.name}' is not a notebook (.ipynb).")
    return path


def _ids(given: object) -> object:
    if not isinstance(given, Rows | tuple) or not all(isinstance(one, str) for one in given):
        raise ValueError("{key} is a list of exhibit ids, such as [page_one.limits].")
    return given


def _needs(names: tuple[str, ...]) -> tuple[str, ...]:
    strange = [name for name in names if name not in {*load_schema().tables, PREVIOUS}]
    if strange:
        known = "{key} is a list of tables of the register, such as [budgets, requests]"
        raise ValueError(f"{known}, not {', '.join(strange)}.")
    return names


def _formats(names: tuple[str, ...]) -> tuple[str, ...]:
    if not set(names) <= set(FORMATS):
        raise ValueError(f"{{key}} is a list of {', '.join(FORMATS)}.")
    return tuple(name for name in FORMATS if name in names or (names and name == "html"))


def _one_line(text: str) -> str:
    return re.sub(r"[\t-\r\x85\u2028\u2029]+", " ", text)


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", name):
        raise ValueError(f"'{name}' must be small letters, digits, _ or -: a folder is named so.")
    return name


def _values(given: object) -> object:
    if not isinstance(given, Rows) or not given or not all(isinstance(one, Written) for one in given):
        raise ValueError("{key} needs a list of texts or numbers, such as [Networks, Customer].")
    if len({(one.value, isinstance(one.value, bool)) for one in given}) < len(given):
        raise ValueError("{key} lists a value twice.")
    return given


Inside = Annotated[Path, BeforeValidator(_inside)]
Line = Annotated[Text, Field(max_length=200), AfterValidator(_one_line)]
Title = Annotated[Required, Field(max_length=200), AfterValidator(_one_line)]
Ids = Annotated[tuple[str, ...], BeforeValidator(_ids), OneOrMore]


@dataclass(frozen=True)
class PageOne(Form):
    """Ids of the exhibits of page one, placed. Empty: that place is not used."""

    shape: ClassVar[str] = "{key} needs lines for headline, tiles, decisions, left, right."

    headline: Required = ""
    tiles: Text = ""
    decisions: Text = ""
    left: Ids = ()
    right: Ids = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that page one asks for, in reading order."""
        return tuple(i for i in (self.headline, self.tiles, self.decisions, *self.left, *self.right) if i)

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """A headline is needed; no exhibit stands in two places."""
        if not given.get("headline"):
            reading.note(given, "'{key}' is missing.", "headline")
        ids = [
            one for value in given.values() for one in (value if isinstance(value, Rows) else [value])
            if isinstance(one, Written) and one
        ]  # fmt: skip
        for twice in sorted({one for one in ids if ids.count(one) > 1}):
            reading.note(given, f"'{twice}' is placed twice.")
        return given


def kit_deck() -> Deck:
    """The kit's own template of slides: `templates/report/deck`."""
    home = shipped("templates", "report", "deck")
    return Deck(home / "pmo_kit.pptx", **yaml.safe_load((home / "layouts.yml").read_text(encoding="utf-8")))


def layout_names(file: Path) -> tuple[str, ...]:
    """The names of the layouts of a .pptx or .potx; empty where the file is something else."""
    if unreadable(file, "bytes of a workbook, unpacked"):
        return ()
    try:
        with zipfile.ZipFile(file) as content:
            parts = sorted(n for n in content.namelist() if re.fullmatch(r"ppt/slideLayouts/[^/]+\.xml", n))
            texts = [content.read(part).decode("utf-8") for part in parts]
    except Exception:  # damaged, encrypted, packed in another way
        return ()
    found = [re.search(r'<p:cSld[^>]*\bname="([^"]*)"', text) for text in texts]
    return tuple(html.unescape(name[1]) for name in found if name)


@dataclass(frozen=True, eq=False)
class Deck(Form):
    """An organization's own template of slides: its file, and what its layouts and places are called there.

    `layouts` maps decision, chapter and exhibit to layouts, `places` unit, figure and meaning to their
    placeholders.
    """

    shape: ClassVar[str] = "{key} needs lines for template, layouts, places."

    template: Inside
    layouts: Mapping[str, Text] = field(default_factory=dict)
    places: Mapping[str, Text] = field(default_factory=dict)

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """What the file does not say is as in the shipped template."""
        maps, kit = {}, kit_deck()
        for key, ours in (("layouts", kit.layouts), ("places", kit.places)):
            own = given.get(key)
            if own is not None and not (isinstance(own, Block) and all(isinstance(v, str) for v in own.values())):
                reading.note(given, f"{{key}} is written '{next(iter(ours))}: name in your template'.", key)
            own = own if isinstance(own, Block) else Block()
            for name in own:
                if name not in ours:
                    reading.note(own, f"'{{key}}' is not known; {nearest(name, ours)}", name)
            maps[key] = own.with_({**ours} | {k: v for k, v in own.items() if k in ours and isinstance(v, str)})
        template = real(reading.file).parent / str(given.get("template", ""))
        if template.is_file():
            known, own = layout_names(template), given.get("layouts")
            if not known:
                reading.note(given, f"'{template.name}' is not a PowerPoint file (.pptx, .potx).", "template")
            for kind, name in maps["layouts"].items():
                if known and name not in known:
                    words = f"{kind}: '{template.name}' has no layout '{name}'; it has {', '.join(known)}."
                    said = isinstance(own, Block) and kind in own
                    reading.note(own if said else given, words, kind if said else "layouts")
        return given.with_({**given, **maps})


_TYPES: dict[str, type] = {"str": str, "int": int, "float": float, "bool": bool}
_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: `gap: float = 0.0`."""

    name: str
    type: type
    default: Plain


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """Read a notebook file; a file that is none is refused in words."""
    if reason := unreadable(path, "bytes of a notebook or JSON file"):
        raise PackError(f"{path.name} is not a notebook that can be read: {reason}")
    invalid: dict[str, Exception] = {}
    try:
        text = path.read_bytes().decode("utf-8")
        book = nbformat.reads(text, as_version=4, capture_validation_error=invalid)
        if "\\u" in text:  # half a character can be written so
            nbformat.writes(book).encode()
    except Exception as error:
        raise PackError(f"{path.name} is not a notebook that can be read: {error}") from error
    for fault in invalid.values():
        raise PackError(f"{path.name} is not a notebook that can be read: {str(fault).splitlines()[0]}")
    return book


def declared(notebook: Any, name: str) -> dict[str, Parameter]:
    """Read the parameters cell of a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        A notebook whose cell tagged `parameters` holds lines like `gap: float = 0.0`.
    name : str
        Its file name, for messages.

    Raises
    ------
    PackError
        When a line is not a plain annotated value of type str, int, float or bool.
    """
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    if len(cells) > 1:
        raise PackError(f"{name} has {len(cells)} cells tagged 'parameters'; one is read.")
    found: dict[str, Parameter] = {}
    try:
        lines = ast.parse(cells[0].source).body if cells else []
    except (SyntaxError, ValueError, RecursionError) as error:  # of a NUL one or the other, as Python has it
        deep, place = isinstance(error, RecursionError), getattr(error, "lineno", 1)
        words = "too many brackets or signs in each other" if deep else f"{error.args[0]} in line {place}"
        raise PackError(f"{name}, parameters cell: {words}.") from error
    for line in lines:
        parameter = _parameter(line)
        if parameter is None:
            raise PackError(
                f"{name}, parameters cell: '{ast.unparse(line)}' must be written like 'gap: float = 0.0' "
                f"(types: {', '.join(_TYPES)})."
            )
        found[parameter.name] = parameter
    return found


def with_values(book: nbformat.NotebookNode, **values: str) -> nbformat.NotebookNode:
    """A notebook that nobody has run yet, with other texts for some of its parameters.

    Examples
    --------
    >>> cell = nbformat.v4.new_code_cell('years: int = 3\\nfile: str = "a.csv"', metadata={"tags": ["parameters"]})
    >>> with_values(nbformat.v4.new_notebook(cells=[cell]), file="b.csv").cells[0].source
    'years: int = 3\\nfile: str = "b.csv"'
    """
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if "parameters" in cell.metadata.get("tags", ()):
            lines = (line.partition(": str = ") for line in cell.source.splitlines())
            said = {name: json.dumps(text, ensure_ascii=False) for name, text in values.items()}
            source = "\n".join(f"{name}{mark}{said.get(name, text)}" for name, mark, text in lines)
            cell.source = source.encode(errors="backslashreplace").decode()  # a name of bytes that are no text
    return book


def _parameter(line: ast.stmt) -> Parameter | None:
    """Read one line; None when it is not an annotated plain value."""
    match line:
        case ast.AnnAssign(ast.Name(name), ast.Name(kind), ast.expr() as written) if kind in _TYPES:
            with contextlib.suppress(ValueError, TypeError):  # `{[]}`
                value = ast.literal_eval(written)
                return Parameter(name, _TYPES[kind], value) if _fits(value, _TYPES[kind]) else None
    return None


def _fits(value: object, kind: type) -> bool:
    """Whether a value is of the kind: a whole number is a number, true is no number."""
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)


@dataclass(frozen=True, eq=False)
class Chapter(Form):
    """One notebook of a pack, with the parameters that this pack gives it.

    `needs` names the tables without which the chapter is one line, "Not shown", instead. `show` lists the exhibits
    that stand in the chapter or in that part of the `annex`, in this order, and `more` those that a chapter has in the
    annex; the others are in the workbook, and in a full annex. A part of the annex without `show` stands there whole.
    """

    shape: ClassVar[str] = "a chapter is written '- notebook: ...' with its title below."
    unsaid: ClassVar[tuple[str, ...]] = ("annex",)

    notebook: Annotated[Inside, AfterValidator(_notebook)]
    title: Title
    needs: Annotated[tuple[str, ...], AfterValidator(_needs), OneOrMore] = ()
    parameters: Mapping[str, Plain] = field(default_factory=dict)
    show: Ids = ()
    more: Ids = ()
    annex: bool = False

    @cached_property
    def book(self) -> nbformat.NotebookNode:
        """The notebook as it is when it is first asked for."""
        return read_notebook(self.notebook)

    @cached_property
    def declared(self) -> dict[str, Parameter]:
        """The parameters of the notebook."""
        return declared(self.book, self.notebook.name)

    def faults(self, given: Mapping[str, object]) -> list[str]:
        """What is wrong with values for its notebook: an unknown name, another type, 15 for a share of 0.15.

        Examples
        --------
        >>> chapter = read_spec("templates/packs/delivery_overview.yml").chapters[0]
        >>> chapter.faults({"tolerence": 0.1, "register_path": 1, "tolerance": 10})[:2]
        ["no parameter 'tolerence'; did you mean 'tolerance'?", "parameter 'register_path' must be a text, not 1."]
        """
        found, known = [], self.declared
        for name, value in given.items():
            if name not in known:
                found.append(f"no parameter '{name}'; {nearest(name, known)}")
            elif not _fits(value, known[name].type):
                found.append(f"parameter '{name}' must be {_WORDS[known[name].type]}, not {value!r}.")
            elif known[name].type is float and 0 < float(str(known[name].default)) <= 1:
                try:
                    factor(value, f"parameter '{name}'")
                except InputError as error:
                    found.append(str(error))
        return found


@dataclass(frozen=True, eq=False)
class PackSpec(Form):
    """A checked pack file. Paths are absolute and exist; `home` is the folder that they may not leave.

    `formats` is empty where the file does not say: every medium that is installed. A `matrix` makes a pack of each
    combination of its values. `cell_timeout` is in seconds. A `live` pack's page answers what-if questions itself. A
    `part` holds some chapters of another pack, and page one only where they show it. With `full` the annex holds
    whatever the notebooks show.
    """

    shape: ClassVar[str] = "it must hold lines like 'title: Investment Committee'."
    unsaid: ClassVar[tuple[str, ...]] = ("file", "home", "full")
    also: ClassVar[tuple[str, ...]] = ("annex",)
    called: ClassVar[Mapping[str, str]] = {"name": "pack"}

    file: Path
    home: Path
    name: Annotated[Required, AfterValidator(_name)]
    title: Title
    register: Inside
    chapters: tuple[Chapter, ...]
    committee: Line = ""
    date: Day | None = None
    status: Literal["DRAFT", "FINAL"] = "DRAFT"
    previous: Inside | None = None
    page_one: PageOne | None = None
    formats: Annotated[tuple[str, ...], AfterValidator(_formats), OneOrMore] = ()
    matrix: Mapping[str, Annotated[tuple[Plain, ...], BeforeValidator(_values)]] = field(default_factory=dict)
    deck: Deck | None = None
    live: bool = False
    part: bool = False
    cell_timeout: Annotated[int, Field(ge=1, le=86_400)] = CELL_SECONDS
    full: bool = False

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """The chapters of the annex stand behind the others; the word `full` brings the rest."""
        file, chapters = real(reading.file), given.get("chapters")
        if isinstance(chapters, Rows) and not chapters:
            reading.note(given, "{key} is a list with at least one notebook.", "chapters")
        annex = given.pop("annex", None)
        full = annex == FULL or (isinstance(annex, Rows) and FULL in annex)
        if full:
            annex = Rows([one for one in annex if one != FULL], annex.line) if isinstance(annex, Rows) else None
        if isinstance(annex, Rows) and isinstance(chapters, Rows):
            behind = [one.with_({**one, "annex": True}) if isinstance(one, Block) else one for one in annex]
            given = given.with_({**given, "chapters": Rows([*chapters, *behind], chapters.line)})
        elif annex is not None and not isinstance(annex, Rows):
            reading.note(given, "{key} is a list with at least one notebook, or the word full.", "annex")
        return given.with_({**given, "file": file, "home": home_of(file), "full": full})


def read_spec(pack_file: str | Path) -> PackSpec:
    """Read and check a pack file.

    Paths in it are relative to the file and stay inside its home: the nearest folder above it that holds
    `notebooks`.

    Parameters
    ----------
    pack_file : str or Path
        A YAML file as in `templates/packs`.

    Raises
    ------
    PackError
        With every problem at once, each with its line.
    """
    file = admit_path("build_pack", pack_file, "a pack file")
    if not os.path.exists(file):
        raise PackError(missing(file, "pack file"))
    try:
        return read_form(file, PackSpec)
    except FormError as error:
        raise PackError(str(error)) from error
