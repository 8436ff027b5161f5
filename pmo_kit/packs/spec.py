"""The pack file: what a committee receives, from which register, in which chapters; read and checked."""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pmo_kit.errors import PackError
from pmo_kit.register.schema import load_schema

Scalar = str | int | float | bool
Place = tuple[str | int, ...]

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TOP = (
    "pack", "title", "committee", "date", "status", "register", "previous", "formats", "deck", "matrix", "page_one",
    "chapters", "annex",
)  # fmt: skip
_PAGE_ONE = ("headline", "tiles", "decisions", "left", "right")
_DECK = ("template", "layouts", "places")
_CHAPTER = ("notebook", "title", "needs", "show", "parameters")
PREVIOUS = "previous"
"""Among the `needs` of a chapter: the register of the committee before."""
FORMATS = ("html", "pdf", "pptx", "xlsx")
"""Media of a pack; the page (html) is always made."""


@dataclass(frozen=True)
class PageOne:
    """Ids of the exhibits of page one, placed. Empty: that place is not used.

    Where a chapter is left out page one is `optional`: it is left out too when its exhibits stood there.
    """

    headline: str = ""
    tiles: str = ""
    decisions: str = ""
    left: tuple[str, ...] = ()
    right: tuple[str, ...] = ()
    optional: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id that page one asks for, in reading order."""
        return tuple(i for i in (self.headline, self.tiles, self.decisions, *self.left, *self.right) if i)


@dataclass(frozen=True, eq=False)
class Deck:
    """An organization's own template of slides: its file, and what its layouts and places are called there.

    `layouts` maps decision, chapter and exhibit to layouts, `places` unit, figure, meaning, lead and question to their
    placeholders.
    """

    template: Path
    layouts: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Chapter:
    """One notebook of a pack, with the parameters that this pack gives it.

    `needs` names the tables without which the chapter is one line, "Not shown", instead. `show` lists the exhibits
    that stand in the chapter, in this order; its others move to the annex. An `annex` chapter stands there whole.
    """

    notebook: Path
    title: str
    needs: tuple[str, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    show: tuple[str, ...] = ()
    annex: bool = False


@dataclass(frozen=True, eq=False)
class PackSpec:
    """A checked pack file. Paths are absolute and exist; `home` is the folder that they may not leave.

    `formats` is empty where the file does not say: every medium that is installed. A `matrix` makes a pack of each
    combination of its values.
    """

    file: Path
    home: Path
    name: str
    title: str
    register: Path
    chapters: tuple[Chapter, ...]
    committee: str = ""
    date: dt.date | None = None
    status: str = "DRAFT"
    previous: Path | None = None
    page_one: PageOne | None = None
    formats: tuple[str, ...] = ()
    matrix: Mapping[str, tuple[Scalar, ...]] = field(default_factory=dict)
    deck: Deck | None = None


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
    file = Path(pack_file)
    if not file.is_file():
        raise PackError(f"There is no pack file {file}.")
    reader = _Reader(file.resolve())
    spec = reader.spec()
    if reader.problems:
        found = sorted(reader.problems)
        lines = [f"  line {line}: {text}" for line, text in found]
        things = "one thing" if len(found) == 1 else f"{len(found)} things"
        raise PackError("\n".join([f"{file} cannot be used: {things} to fix.", *lines]))
    assert spec is not None
    return spec


class _Reader:
    """Collects the problems of one pack file, each with its line, while reading it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.home = next((p for p in file.parents if (p / "notebooks").is_dir()), file.parent)
        self.problems: list[tuple[int, str]] = []
        self.lines: dict[Place, int] = {}

    def spec(self) -> PackSpec | None:
        """Read the file; None when it is not a mapping at all."""
        try:
            text = self.file.read_text(encoding="utf-8")
            for place, line in self._places(yaml.compose(text, Loader=yaml.SafeLoader)):
                self.lines.setdefault(place, line)
            data = yaml.safe_load(text)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or "it is not YAML"
            self.problems.append((mark.line + 1 if mark else 1, f"{reason}."))
            return None
        except ValueError as error:  # not UTF-8, or a date such as 2026-13-15
            told = f"no such date, {error}; write it like 2026-10-15."
            self._say((), "it is not a text file in UTF-8." if isinstance(error, UnicodeError) else told)
            return None
        if not isinstance(data, dict):
            self._say((), "it must hold lines like 'title: Investment Committee'.")
            return None
        self._known(data, _TOP, ())
        name = self._text(data, "pack", (), required=True)
        if name and not _NAME.fullmatch(name):
            self._say(("pack",), f"'{name}' must be small letters, digits, _ or -: a folder is named so.")
        status = self._text(data, "status", ()) or "DRAFT"
        if status not in ("DRAFT", "FINAL"):
            self._say(("status",), f"status is DRAFT or FINAL, not '{status}'.")
        date = data.get("date")
        if date is not None and (not isinstance(date, dt.date) or isinstance(date, dt.datetime)):
            self._say(("date",), f"date must be like 2026-10-15, not '{date}'.")
            date = None
        register = self._path(data, "register", (), required=True)
        return PackSpec(
            file=self.file,
            home=self.home,
            name=name,
            title=self._text(data, "title", (), required=True),
            committee=self._text(data, "committee", ()),
            date=date,
            status=status,
            register=register or self.home,
            previous=self._path(data, "previous", ()),
            page_one=self._page_one(data),
            chapters=(*self._chapters(data, "chapters"), *self._chapters(data, "annex")),
            formats=self._formats(data),
            matrix=self._matrix(data),
            deck=self._deck(data),
        )

    def _formats(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Read which media are made."""
        value = data.get("formats")
        names = [value] if isinstance(value, str) else value or []
        if not isinstance(names, list) or not set(map(str, names)) <= set(FORMATS):
            self._say(("formats",), f"formats is a list of {', '.join(FORMATS)}.")
            return ()
        return tuple(name for name in FORMATS if name in names or (names and name == "html"))

    def _deck(self, data: Mapping[str, Any]) -> Deck | None:
        """Read the organization's own template; every layout that is mapped is there."""
        from pmo_kit.packs.media.template import kit_names, layout_names

        value, at = data.get("deck"), ("deck",)
        if value is None:
            return None
        if not isinstance(value, dict):
            self._say(at, f"deck needs lines for {', '.join(_DECK)}.")
            return None
        self._known(value, _DECK, at)
        maps: dict[str, dict[str, str]] = {}
        for key, ours in kit_names().items():
            given = value.get(key) or {}
            if not isinstance(given, dict) or not all(isinstance(name, str) for name in given.values()):
                self._say((*at, key), f"{key} is written '{next(iter(ours))}: name in your template'.")
                given = {}
            self._known(given, tuple(ours), (*at, key))
            maps[key] = ours | given
        template = self._path(value, "template", at, required=True)
        if template is None:
            return None
        known = layout_names(template)
        if not known:
            self._say((*at, "template"), f"'{template.name}' is not a PowerPoint file (.pptx, .potx).")
        for kind, name in maps["layouts"].items():
            if known and name not in known:
                here = f"it has {', '.join(known)}"
                self._say(
                    (*at, "layouts", kind), f"{kind}: '{template.name}' has no layout '{name}'; {here}."
                )
        return Deck(template, maps["layouts"], maps["places"])

    def _matrix(self, data: Mapping[str, Any]) -> dict[str, tuple[Scalar, ...]]:
        """Read the parameters of which each combination makes a pack."""
        value = data.get("matrix") or {}
        if not isinstance(value, dict):
            self._say(("matrix",), "matrix is written 'area: [Networks, Customer]', one parameter a line.")
            return {}
        for name, values in value.items():
            at: Place = ("matrix", name)
            if not isinstance(values, list) or not values or not all(isinstance(v, Scalar) for v in values):
                self._say(at, f"{name} needs a list of texts or numbers, such as [Networks, Customer].")
                return {}
            if len({repr(v) for v in values}) < len(values):
                self._say(at, f"{name} lists a value twice.")
        return {str(name): tuple(values) for name, values in value.items()}

    def _page_one(self, data: Mapping[str, Any]) -> PageOne | None:
        """Read where the exhibits of page one stand."""
        value = data.get("page_one")
        if value is None:
            return None
        if not isinstance(value, dict):
            self._say(("page_one",), f"page_one needs lines for {', '.join(_PAGE_ONE)}.")
            return None
        at: Place = ("page_one",)
        self._known(value, _PAGE_ONE, at)
        page = PageOne(
            headline=self._text(value, "headline", at, required=True),
            tiles=self._text(value, "tiles", at),
            decisions=self._text(value, "decisions", at),
            left=self._ids(value, "left", at),
            right=self._ids(value, "right", at),
        )
        for twice in sorted({i for i in page.ids if page.ids.count(i) > 1}):
            self._say(at, f"'{twice}' is placed twice.")
        return page

    def _chapters(self, data: Mapping[str, Any], key: str) -> tuple[Chapter, ...]:
        """Read the chapters, or those of the annex."""
        value = data.get(key)
        if value is None and key == "annex":
            return ()
        if not isinstance(value, list) or not value:
            self._say((key,), f"{key} is a list with at least one notebook.")
            return ()
        chapters = []
        for number, item in enumerate(value):
            at: Place = (key, number)
            if not isinstance(item, dict):
                self._say(at, "a chapter is written '- notebook: ...' with its title below.")
                continue
            self._known(item, _CHAPTER, at)
            notebook = self._path(item, "notebook", at, required=True)
            if notebook and notebook.suffix != ".ipynb":
                self._say((*at, "notebook"), f"'{notebook.name}' is not a notebook (.ipynb).")
            chapters.append(
                Chapter(
                    notebook=notebook or self.home,
                    title=self._text(item, "title", at, required=True),
                    needs=self._needs(item, at),
                    parameters=self._parameters(item, at),
                    show=self._ids(item, "show", at),
                    annex=key == "annex",
                )
            )
        return tuple(chapters)

    def _ids(self, item: Mapping[str, Any], key: str, at: Place) -> tuple[str, ...]:
        """Read ids of exhibits."""
        ids = item.get(key) or []
        ids = [ids] if isinstance(ids, str) else ids
        if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
            self._say((*at, key), f"{key} is a list of exhibit ids, such as [page_one.limits].")
            return ()
        return tuple(ids)

    def _needs(self, item: Mapping[str, Any], at: Place) -> tuple[str, ...]:
        """Read the tables that a chapter cannot do without."""
        value = item.get("needs") or []
        names = [value] if isinstance(value, str) else value
        tables = {*load_schema().tables, PREVIOUS}
        strange = [name for name in names if str(name) not in tables] if isinstance(names, list) else [names]
        if strange:
            told = f"needs is a list of tables of the register, such as [budgets, requests], not {strange}."
            self._say((*at, "needs"), told)
            return ()
        return tuple(map(str, names))

    def _parameters(self, item: Mapping[str, Any], at: Place) -> dict[str, Scalar]:
        """Read the parameters of a chapter: names with numbers, texts, true or false."""
        value = item.get("parameters")
        if value is None:
            return {}
        if not isinstance(value, dict):
            self._say((*at, "parameters"), "parameters are written {gap: 0.0} or one a line.")
            return {}
        for name, given in value.items():
            if not isinstance(given, Scalar):
                where: Place = (*at, "parameters", name)
                self._say(where, f"{name} must be a text, a number, true or false; dates in quotes.")
        return {str(name): given for name, given in value.items()}

    def _known(self, data: Mapping[Any, Any], known: tuple[str, ...], at: Place) -> None:
        """Refuse a key that nothing reads."""
        for key in data:
            if key not in known:
                near = difflib.get_close_matches(str(key), known, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"known here: {', '.join(known)}."
                self._say((*at, key), f"'{key}' is not known; {hint}")

    def _text(self, data: Mapping[str, Any], key: str, at: Place, required: bool = False) -> str:
        """Read a text; a number or a date in its place is refused, not turned into words."""
        value = data.get(key)
        if value is None or value == "":
            if required:
                self._say((*at, key) if key in data else at, f"'{key}' is missing.")
            return ""
        if not isinstance(value, str):
            self._say((*at, key), f"{key} must be a text; write it in quotes: '{value}'.")
            return ""
        return value.strip()

    def _path(self, data: Mapping[str, Any], key: str, at: Place, required: bool = False) -> Path | None:
        """Read a path relative to the file, which exists and stays at home."""
        text = self._text(data, key, at, required)
        if not text:
            return None
        where = (*at, key)
        if Path(text).is_absolute() or re.match(r"[A-Za-z]:|\\", text):
            self._say(where, f"'{text}' must be relative to this file.")
            return None
        path = (self.file.parent / text).resolve()
        if not path.is_relative_to(self.home):
            self._say(where, f"'{text}' leads out of the folder '{self.home.name}'.")
            return None
        if not path.exists():
            self._say(where, f"'{text}' does not exist (seen from the folder of this file).")
            return None
        return path

    def _say(self, place: Place, text: str) -> None:
        """Note a problem at the nearest place that has a line."""
        while place and place not in self.lines:
            place = place[:-1]
        self.problems.append((self.lines.get(place, 1), text))

    def _places(self, node: yaml.Node | None, at: Place = ()) -> Iterator[tuple[Place, int]]:
        """Give the line of every key and item; a key written twice is a problem."""
        if node is None:
            return
        yield at, node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                line = key.start_mark.line + 1
                if key.value in seen:
                    self.problems.append((line, f"'{key.value}' is written twice."))
                seen.add(key.value)
                yield (*at, key.value), line
                yield from self._places(value, (*at, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                yield from self._places(value, (*at, number))
