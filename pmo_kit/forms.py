"""One reader for every YAML file that people write: a pydantic model in; out comes the model, or every problem at once.

A model is a frozen dataclass on `Form`; its fields are what a file may say. In a field `str` takes a scalar as it was
written (`001`, `Yes`, `2027` stay as they are), `Text` insists on a text, `Day` on a date, `Plain` gives a text, number
or truth by the rules of YAML. A validator raises ValueError in words (`{key}` stands for the name of the field), or
notes a problem and goes on: `reading_of(info).note(where, words)`. A file cannot run code, fill the memory or keep the
reader busy: see `LIMITS`; what an alias repeats counts as often as it is repeated.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import math
import re
import stat
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import CoreSchema, core_schema

from pmo_kit.doors import nearest as nearest
from pmo_kit.errors import InputError, PmoError
from pmo_kit.facts import UNPRINTABLE

Model = TypeVar("Model")

LIMITS: Mapping[str, int] = {
    "bytes of a YAML file": 300_000, "blocks in each other": 20, "values in a YAML file": 20_000,
    "scenarios of a grid": 500, "packs of a matrix": 200,
    "bytes of a table": 50_000_000, "bytes of a workbook, unpacked": 100_000_000, "columns of a table": 1_000,
    "cells of a table": 4_000_000, "letters of a cell": 32_767, "letters of a line": 1_000_000,
    "sheets of a workbook": 500, "merged areas of a sheet": 20_000, "bytes of a notebook or JSON file": 50_000_000,
    "marks in a deck, notebook or JSON file": 3_000_000, "marks in the formats of a workbook": 200_000,
    "marks in the sheets of a workbook": 12_000_000,
}  # fmt: skip
"""What a file may hold that somebody gives us; what is larger is refused in words before it is read.

Marks are what opens or parts values: `<` in the parts of a workbook, `,` `[` `{` in JSON. They say what reading costs.
"""

_TOLD = 50  # problems in the text of an error; all are in `problems`
_TAG = "tag:yaml.org,2002:"
_TAGS = {
    None,
    "!",
    *(_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp", "seq", "map")),
}
_ALLOWED = {
    "int_parsing": "a whole number", "int_type": "a whole number", "int_from_float": "a whole number",
    "int_parsing_size": "a whole number that has at most 15 digits",
    "float_parsing": "a number", "float_type": "a number", "finite_number": "a number that has an end",
    "bool_parsing": "true or false", "bool_type": "true or false", "type": "a text",
    "list_type": "a list, such as [one, two]", "tuple_type": "a list, such as [one, two]",
    "dict_type": "lines of 'name: value'",
}  # fmt: skip


class Written(str):
    """A scalar as it was written; `value` is what YAML reads in it, `line` where it stands."""

    value: object = ""
    line: int = 1


class Rows(list[Any]):
    """A list, and the line where it begins."""

    def __init__(self, values: Iterable[Any] = (), line: int = 1) -> None:
        super().__init__(values)
        self.line = line


class Block(dict[str, Any]):
    """Lines of `name: value`, with the line where the block begins and that of each name."""

    def __init__(self, values: Mapping[str, Any] | None = None, line: int = 1) -> None:
        super().__init__(values or {})
        self.line, self.lines = line, dict[str, int]()

    def with_(self, values: Mapping[str, Any]) -> Block:
        """Other values at the same place."""
        block = Block(values, self.line)
        block.lines = self.lines
        return block


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to fix in a file: line, words, the name of the field and the value as written."""

    line: int
    words: str
    key: str = ""
    value: str = ""


class FormError(PmoError):
    """A file cannot be used; `problems` has all that is wrong with it, in the order of lines."""

    def __init__(self, file: str | Path, problems: Iterable[Problem]) -> None:
        self.file, self.problems = Path(file), sorted(set(problems))
        count = len(self.problems)
        things = "one thing" if count == 1 else f"{count} things"
        lines = [f"  line {one.line}: {one.words}" for one in self.problems[:_TOLD]]
        lines += [f"  and {count - _TOLD:,} more."] if count > _TOLD else []
        super().__init__("\n".join([f"{file} cannot be used: {things} to fix.", *lines]))


@dataclass(frozen=True)
class Reading:
    """What validators see as `info.context`: the file, and where they note problems."""

    file: Path
    problems: list[Problem] = field(default_factory=list)

    def note(self, where: object, words: str, key: str = "") -> None:
        """Note a problem and go on, from inside a validator.

        Parameters
        ----------
        where : Written, Rows or Block
            Gives the line; that of `key` where it is a Block which has it.
        """
        value = where.get(key) if isinstance(where, Block) else where
        told = str(value) if isinstance(value, Written) else ""
        self.problems.append(Problem(_line(where, key) or 1, words.replace("{key}", key), key, told))


class Form:
    """Base of a frozen dataclass that a block of a file fills; in code it is made like any other, without a check.

    Attributes
    ----------
    shape : str
        What to say where something else than a block stands.
    unsaid : tuple of str
        Fields that no file may give.
    also : tuple of str
        Names in a file that are no fields: `prepared` takes them up.
    called : mapping
        Field -> its name in a file, where that is another one.
    """

    shape: ClassVar[str] = "{key} is written as lines of 'name: value'."
    unsaid: ClassVar[tuple[str, ...]] = ()
    also: ClassVar[tuple[str, ...]] = ()
    called: ClassVar[Mapping[str, str]] = {}
    __pydantic_config__: ClassVar[ConfigDict]

    def __init_subclass__(cls) -> None:
        cls.__pydantic_config__ = ConfigDict(
            allow_inf_nan=False,
            str_strip_whitespace=True,
            alias_generator=lambda name: cls.called.get(name, name),
        )

    @classmethod
    def prepared(cls, given: Block, reading: Reading) -> Block:
        """For a subclass: note what no single field can see, or give other values to be read."""
        return given

    @classmethod
    def _known(cls, given: object, info: ValidationInfo) -> object:
        """Note names that nothing reads; a name with nothing behind it is as good as none."""
        if isinstance(given, cls):
            return given
        reading = reading_of(info)
        if not isinstance(given, Block):
            raise ValueError(cls.shape)
        fields = [one.name for one in dataclasses.fields(cls)]  # type: ignore[arg-type]
        names = [*(cls.called.get(name, name) for name in fields if name not in cls.unsaid), *cls.also]
        written = (Written, Rows, Block)
        strange = [
            key for key, one in given.items() if key not in names and (isinstance(one, written) or key not in fields)
        ]
        for key in strange:
            reading.note(given, f"'{_short(key)}' is not known; {nearest(key, names)}", key)
        found = cls.prepared(given.with_({key: given[key] for key in given if key not in strange}), reading)
        return found.with_({key: one for key, one in found.items() if one is not None})

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_before_validator_function(cls._known, handler(source))


def _short(given: object) -> str:
    """A value as it is told."""
    told = str(given)
    return told if len(told) <= 60 else told[:59] + "…"


def _text(given: object) -> object:
    if isinstance(given, Written) and not isinstance(given.value, str):
        raise ValueError(f"{{key}} must be a text; write it in quotes: '{_short(given)}'.")
    return given.strip() if isinstance(given, str) else given


def _day(given: object) -> dt.date:
    value = given.value if isinstance(given, Written) else given
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    if re.fullmatch(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}", str(value)):
        try:
            return dt.date(*map(int, str(value).split("-")))
        except ValueError as error:
            raise ValueError(f"{{key}}: no such date, {error}; write it like 2026-10-15.") from error
    raise ValueError("{key} must be like 2026-10-15" + (f", not '{_short(given)}'." if isinstance(given, str) else "."))


def _plain(given: object) -> str | int | float | bool:
    value = given.value if isinstance(given, Written) else given
    if isinstance(value, str | int | bool) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("{key} must be a text, a number, true or false; dates in quotes.")


def _listed(given: object) -> object:
    return Rows([given], given.line) if isinstance(given, Written) else given


Text = Annotated[str, BeforeValidator(_text)]
Day = Annotated[dt.date, PlainValidator(_day)]
Plain = Annotated[str | int | float | bool, PlainValidator(_plain)]
Required = Annotated[Text, Field(min_length=1)]
OneOrMore = BeforeValidator(_listed)
"""For a field that holds a list: one value may stand for a list of it."""


def plain(text: str) -> str | int | float | bool:
    """One value by the rules of a file, as in `--set gap=0.5`: what is no number, true or false is a text.

    Examples
    --------
    >>> plain("1e-3"), plain("yes"), plain("[1]"), plain("2026-10-15"), plain(" "), plain(".nan")
    (0.001, True, '[1]', '2026-10-15', '', '.nan')
    """
    with contextlib.suppress(ValueError):
        return _plain(_scalar(yaml.ScalarEvent(None, None, (True, False), text.strip()), 1) or Written())
    return text.strip()


def read_value(key: str, text: str, kind: Any) -> Any:
    """One value that is given by hand instead of in a file, as in `--set date=2026-10-15`.

    Raises
    ------
    InputError
        It is not of the kind.
    """
    one = Written(text)
    one.value = text
    try:
        return TypeAdapter(dict[str, kind]).validate_python({key: one}, context=Reading(Path()))[key]
    except ValidationError as error:
        raise InputError(_problem(error.errors(include_url=False)[0], None).words) from error


def reading_of(info: ValidationInfo) -> Reading:
    """The reading that a validator belongs to."""
    assert isinstance(info.context, Reading), "a form is read from a file"
    return info.context


def read_form(file: str | Path, model: type[Model]) -> Model:
    """Read a file into a model.

    Parameters
    ----------
    file : str or Path
        YAML in UTF-8.
    model : type
        A frozen dataclass on `Form`, or any type that pydantic checks, such as `list[Waiver]`.

    Raises
    ------
    FormError
        With every problem at once, each with its line.

    Examples
    --------
    >>> import tempfile
    >>> @dataclass(frozen=True)
    ... class Person(Form):
    ...     name: Text
    ...     born: Day
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "person.yml")
    ...     _ = file.write_text("name: 2026\\nborn: 1987-13-01\\nsex: f\\n")
    ...     try:
    ...         read_form(file, Person)
    ...     except FormError as error:
    ...         print(*(one.words for one in error.problems), sep="\\n")
    name must be a text; write it in quotes: '2026'.
    born: no such date, month must be in 1..12; write it like 2026-10-15.
    'sex' is not known; known here: name, born.
    """
    reading = Reading(Path(file))
    data = _composed(_read(reading.file), reading)
    try:
        found: Model = _checked(model).validate_python(data, context=reading)  # type: ignore[arg-type]
    except ValidationError as error:
        reading.problems.extend(_problem(one, data) for one in error.errors(include_url=False))
    if reading.problems:
        raise FormError(file, reading.problems)
    return found


@cache
def _checked(model: Any) -> TypeAdapter[Any]:
    """What pydantic makes of a model, once."""
    return TypeAdapter(model)


def unreadable(path: Path, limit: str) -> str:
    """Why a file cannot be read from beginning to end: it is none, or larger than a limit; empty where it can."""
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # ValueError: NUL in a name
        return f"it cannot be read: {getattr(error, 'strerror', None) or error}."
    if not stat.S_ISREG(found.st_mode):
        folder = stat.S_ISDIR(found.st_mode)
        what = "a folder: name a file in it" if folder else "not a file that can be read from beginning to end"
        return f"it is {what}."
    size, most = found.st_size, LIMITS[limit]
    marks = dict.fromkeys((name for name in LIMITS if name.startswith("marks")), 0)
    other, formats, sheets = marks
    with contextlib.suppress(Exception):  # a damaged archive is told by its reader
        if size <= most and limit.endswith("unpacked") and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = sum(part.file_size for part in archive.infolist())
                for part in archive.infolist() if size <= most else ():
                    place = re.match(r"xl/(?:(worksheets/|sharedStrings)|(workbook|styles)|.)", part.filename)
                    kind = other if place is None else sheets if place[1] else formats if place[2] else None
                    if kind is not None:  # no other part of a workbook is read
                        marks[kind] += _marks(archive.open(part), b"<")
        elif size <= most and limit.endswith("JSON file"):
            marks[other] = _marks(path.open("rb"), b",[{")
    if size > most:
        return f"it has {size:,} bytes; at most {most:,} are read."
    return "".join(too_many("values and marks", n, name) for name, n in marks.items())


def too_many(what: str, count: int, limit: str) -> str:
    """Why so many of something are not read; empty where they are."""
    return f"it has {count:,} {what}; at most {LIMITS[limit]:,} are read." if count > LIMITS[limit] else ""


def _marks(stream: IO[bytes], marks: bytes) -> int:
    """How often some bytes stand in a stream, which is closed."""
    with stream:
        pieces = iter(lambda: stream.read(1_000_000), b"")
        return sum(piece.count(mark) for piece in pieces for mark in marks)


def _read(file: Path) -> str:
    """The text of a file that is one, of a size that a person writes, in UTF-8."""
    if reason := unreadable(file, "bytes of a YAML file"):
        raise FormError(file, [Problem(1, reason)])
    try:
        return file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FormError(file, [Problem(1, f"it cannot be read: {error.strerror}.")]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        words = "it is not a text file in UTF-8; save it with the encoding UTF-8."
        raise FormError(file, [Problem(line, words)]) from error


def _composed(text: str, reading: Reading) -> Any:
    """The content of a YAML text; what could be dangerous ends the reading."""
    events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)
    anchors: dict[str, tuple[Any, int]] = {}  # a value, and how many it holds
    root, count = Rows(), 0

    def refused(line: int, words: str) -> FormError:
        return FormError(reading.file, [*reading.problems, Problem(line, words)])

    def value_of(event: Any, above: tuple[str, ...], name: Written | None = None) -> Any:
        """One value with all that it holds; it has a name, and stands in blocks with these marks."""
        nonlocal count
        line, mark, value = event.start_mark.line + 1, event.anchor or "", None
        start = line if name is None else name.line
        if (tag := getattr(event, "tag", None)) not in _TAGS:
            tag = str(tag).removeprefix(_TAG)
            raise refused(line, f"the tag '{tag}' is not read; write plain texts, numbers, lists and lines.")
        if isinstance(event, yaml.AliasEvent):
            if mark in above:
                raise refused(line, f"'*{mark}' repeats a block inside itself.")
            if mark not in anchors:
                raise refused(line, f"'*{mark}' repeats what no '&{mark}' before it names.")
            value, size = anchors[mark]
            count += size
        elif isinstance(event, yaml.ScalarEvent):
            if odd := UNPRINTABLE.search(event.value):
                words = f"a character that nothing prints (U+{ord(odd[0]):04X}) stands in a text; delete it."
                reading.problems.append(Problem(line, words))
            value = _scalar(event, start)
            anchors[mark] = value, 1
        count += 1
        if count > LIMITS["values in a YAML file"]:
            raise refused(line, f"it holds more than {LIMITS['values in a YAML file']:,} values.")
        if isinstance(event, yaml.CollectionStartEvent):
            if len(above) >= LIMITS["blocks in each other"]:
                raise refused(line, f"more than {LIMITS['blocks in each other']} blocks stand in each other.")
            before, above = count, (*above, mark)
            value = Block({}, start) if isinstance(event, yaml.MappingStartEvent) else Rows([], start)
            while not isinstance(event := next(events), yaml.CollectionEndEvent):
                inner, line = value_of(event, above), event.start_mark.line + 1
                if isinstance(value, Rows):
                    value.append(inner)
                    continue
                if not isinstance(inner, Written):
                    raise refused(line, "a name before ':' is a plain text, not a list, a block or nothing.")
                if inner in value:
                    reading.problems.append(Problem(line, f"'{inner}' is written twice.", inner))
                value.lines[str(inner)] = line
                value[str(inner)] = value_of(next(events), above, inner)
            anchors[mark] = value, count - before
        return value

    try:
        for one in events:
            if isinstance(one, yaml.NodeEvent):
                root.append(value_of(one, ("",)))
            elif isinstance(one, yaml.DocumentStartEvent) and root:
                assert one.start_mark is not None
                raise refused(one.start_mark.line + 1, "a second document begins; one file holds one.")
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # of a character that is none: "\\UFFFFFFFF"
        place = getattr(error, "problem_mark", None)
        line = place.line + 1 if place else text.count("\n", 0, getattr(error, "position", 0)) + 1
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is not YAML"
        raise refused(line, f"{reason}; check indentation, colons, quotes and brackets.") from error
    return root[0] if root else None


class _Resolver(yaml.resolver.Resolver):
    """What a scalar is by YAML 1.1, and `1e-3` a number."""


_Resolver.add_implicit_resolver(_TAG + "float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$"), list("-+0123456789"))
_RESOLVER = _Resolver()
_SCALARS = yaml.constructor.SafeConstructor()


def _scalar(event: yaml.ScalarEvent, line: int) -> Written | None:
    """One scalar: None where nothing is written; a number in base 60 or 8 is a text."""
    tag = event.tag if event.tag not in (None, "!") else _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    if tag == _TAG + "null":
        return None
    one = Written(event.value)
    one.value, one.line = str(one), line
    kind = tag.removeprefix(_TAG)
    if kind in ("bool", "int", "float", "timestamp") and not re.match(r"[-+]?(0[0-7_]|\d[\d_]*:)", one):
        # 2026-13-13 stays a text, and an int of no letters: refused as such
        with contextlib.suppress(ValueError, LookupError, AttributeError):
            one.value = getattr(_SCALARS, f"construct_yaml_{kind}")(yaml.ScalarNode(tag, event.value))
    return one


def _line(where: object, key: object = "") -> int | None:
    """The line of a name in a block, else that of the thing itself."""
    if isinstance(where, Block) and key in where.lines:
        return where.lines[str(key)]
    return getattr(where, "line", None)


def _problem(error: Mapping[str, Any], data: object) -> Problem:
    """What pydantic found, in words and with its line."""
    line, here = 1, data
    for part in error["loc"]:
        line = _line(here, part) or line
        if isinstance(here, Block):
            here = here.get(str(part), here)
        elif isinstance(here, Rows) and isinstance(part, int) and part < len(here):
            here = here[part]
        line = _line(here) or line if not isinstance(here, Block) or part == error["loc"][-1] else line
    key = next((part for part in reversed(error["loc"]) if isinstance(part, str) and part != "[key]"), "it")
    given, kind = error["input"], error["type"].removeprefix("string_")
    shown = _short(given) if isinstance(given, str | int | float) else ""
    if kind in ("missing", "too_short"):
        words = f"'{key}' is missing."
        line = (_line(given, key) if isinstance(given, Block) else None) or line
    elif kind == "value_error":
        words = str(error["ctx"]["error"]).replace("{key}", key)
    elif kind == "literal_error":
        expected = error["ctx"]["expected"].replace("'", "")
        words = f"{key} is {expected}" + (f", not '{shown}'." if shown else ".")
    elif kind == "too_long":
        words = f"{key} must have at most {error['ctx']['max_length']} letters."
    elif kind in ("greater_than_equal", "less_than_equal"):
        words = f"{key} must be at {'least' if 'ge' in error['ctx'] else 'most'} {next(iter(error['ctx'].values()))}."
    elif kind in _ALLOWED:
        words = f"{key} must be {_ALLOWED[kind]}" + (f", not '{shown}'." if shown else ".")
    else:
        words = f"{key}: {error['msg']}."
    return Problem(getattr(given, "line", None) or line if isinstance(given, Written) else line, words, key, shown)
