"""Two packs side by side, for `verify` and `diff`: what they were made from, and which cells of exhibits moved."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from pmo_kit.errors import PackError
from pmo_kit.facts import as_given
from pmo_kit.forms import unreadable
from pmo_kit.packs.manifest import sha256

_KEYS = (
    "project_id", "rule", "label", "criterion", "scenario", "plan", "role", "period", "rating", "what", "who"
)  # fmt: skip


class _Chapter(TypedDict):
    notebook: str
    sha256: str
    parameters: dict[str, Any]


class _Manifest(TypedDict):
    pack: str
    id: str
    title: str
    committee: str | None
    date: str | None
    status: str
    register: dict[str, Any]
    inputs: dict[str, str]
    chapters: list[_Chapter]
    software: dict[str, Any]
    outputs: dict[str, str]


class _Figure(TypedDict):
    id: str


class _Latest(TypedDict):
    id: str


@dataclass(frozen=True, eq=False)
class Published:
    """A pack as it lies in its folder: read, never executed."""

    folder: Path
    manifest: Mapping[str, Any]
    figures: Sequence[Mapping[str, Any]]

    @classmethod
    def at(cls, place: str | Path) -> Published:
        """The pack in a folder, or the one that its `latest.json` names.

        Raises
        ------
        PackError
            When there is no pack, or its files are damaged.
        """
        folder = Path(place)
        if folder.name in ("latest.json", "manifest.json", "index.html"):
            folder = folder.parent
        latest = folder / "latest.json"
        if latest.is_file():
            named = read_json(latest, _Latest)["id"]
            if not named.isalnum():
                raise PackError(f"{latest} does not name a pack.")
            folder = folder / named
        if not (folder / "manifest.json").is_file():
            raise PackError(f"{place} is no pack: it holds neither manifest.json nor latest.json.")
        manifest = read_json(folder / "manifest.json", _Manifest)
        return cls(folder, manifest, read_json(folder / "figures.json", list[_Figure]))

    @property
    def title(self) -> str:
        """Name and id."""
        return f"{self.manifest['pack']} {self.folder.name}"

    def whole(self) -> Published:
        """This pack, where its figures are those that it was published with.

        Raises
        ------
        PackError
            They were changed.
        """
        if sha256((self.folder / "figures.json").read_bytes()) != self.manifest["outputs"].get(
            "figures.json"
        ):
            raise PackError(f"{self.folder}: figures.json was changed after it was published.")
        return self


def read_json(path: Path, kind: Any = None) -> Any:
    """A JSON file of a pack, of the kind that a pack has there.

    Raises
    ------
    PackError
        It cannot be read, or holds something else.
    """
    if reason := unreadable(path, "bytes of a notebook or JSON file"):
        raise PackError(f"{path} cannot be read: {reason}")
    try:
        found = json.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PackError(f"{path} cannot be read: {error}") from error
    if kind is not None:
        from pydantic import TypeAdapter, ValidationError

        try:
            TypeAdapter(kind).validate_python(found)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise PackError(f"{path} is damaged: {where}: {first['msg']}.") from error
    return found


@dataclass(frozen=True)
class Move:
    """One cell that moved.

    Parameters
    ----------
    row : str
        The row in words; empty for what belongs to the whole exhibit.
    column : str
        The column in words, or title, takeaway, note.
    old, new : object
        Its values; None where the row is new or gone.
    """

    row: str
    column: str
    old: Any
    new: Any

    def __str__(self) -> str:
        head = ", ".join(part for part in (self.row, self.column) if part)
        if self.column == "" and self.old is None:
            return f"{self.row} is new"
        if self.column == "" and self.new is None:
            return f"{self.row} is gone"
        return f"{head}: {value_words(self.old)} → {value_words(self.new)}"


@dataclass(frozen=True, eq=False)
class FigureMoves:
    """Exhibits of two packs: id -> cells that moved, and the ids that only one of them has."""

    moved: Mapping[str, tuple[Move, ...]]
    added: tuple[str, ...]
    gone: tuple[str, ...]


def figures_moved(old: Published, new: Published) -> FigureMoves:
    """Compare every exhibit of two packs."""
    was, now = ({record["id"]: record for record in pack.figures} for pack in (old, new))
    found = {name: tuple(moves(was[name], now[name])) for name in was if name in now}
    return FigureMoves(
        {name: moved for name, moved in found.items() if moved},
        tuple(name for name in now if name not in was),
        tuple(name for name in was if name not in now),
    )


def made_from(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What two packs were made from and is not the same, from their manifests: all but the rows of the register."""
    for key in ("title", "committee", "date", "status"):
        if old[key] != new[key]:
            yield f"{key}: {value_words(old[key])} → {value_words(new[key])}"
    for key, words in (("fingerprint", "register"), ("as_of", "data as of"), ("grade", "data grade")):
        one, other = (_short(pack["register"].get(key)) for pack in (old, new))
        if one != other:
            yield f"{words}: {one} → {other}"
    yield from _pairs("file", old["inputs"], new["inputs"])
    yield from _pairs("notebook", _by_notebook(old, "sha256"), _by_notebook(new, "sha256"))
    then, now = _by_notebook(old, "parameters"), _by_notebook(new, "parameters")
    for name in sorted(set(then) & set(now)):
        yield from (f"{name}: {line}" for line in _pairs("parameter", then[name], now[name]))
    yield from _pairs("package", old["software"], new["software"])
    yield from _pairs("package", old.get("environment", {}), new.get("environment", {}), old["software"])


def _by_notebook(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {chapter["notebook"]: chapter[key] for chapter in manifest["chapters"]}


def _pairs(
    what: str, old: Mapping[str, Any], new: Mapping[str, Any], told: Mapping[str, Any] | None = None
) -> Iterator[str]:
    """Names whose value differs; hashes are shortened."""
    for name in sorted({*old, *new} - set(told or ())):
        if name not in new:
            yield f"{what} {name}: is no more"
        elif name not in old:
            yield f"{what} {name}: is new"
        elif old[name] != new[name]:
            yield f"{what} {name}: {_short(old[name])} → {_short(new[name])}"


def _short(value: Any) -> str:
    text = str(value)
    return text[:8] if len(text) == 64 else text


def moves(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Move]:
    """Compare two records of one exhibit, cell by cell.

    Rows are matched by what they are about (a project, a limit, a year), not by their place.

    Parameters
    ----------
    old, new : mapping
        Records as in `figures.json`.

    Examples
    --------
    >>> a = {"exhibit": "kpi", "title": "t", "data": {"columns": ["label", "value"], "rows": [["Money", 3.0]]}}
    >>> b = {"exhibit": "kpi", "title": "t", "data": {"columns": ["label", "value"], "rows": [["Money", 3.5]]}}
    >>> [str(move) for move in moves(a, b)]
    ['Money, value: 3 → 3.5']
    """
    found = [
        Move("", key.replace("_", " "), old.get(key, ""), new.get(key, ""))
        for key in ("title", "unit_line", "takeaway", "note")
        if old.get(key, "") != new.get(key, "")
    ]
    if old.get("items") != new.get("items"):
        found += _items(old.get("items") or [], new.get("items") or [])
    if old.get("data") != new.get("data"):
        found += _rows(old, new)
    if not found and _essence(old) != _essence(new):
        found.append(Move("", "how it is shown", "as it was", "otherwise"))
    return found


def table_rows(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of a record by what they are about; equal rows are numbered."""
    data = record.get("data") or {"columns": [], "rows": []}
    names = data["columns"]
    keys = _key_columns(names, data["rows"])
    found: dict[str, dict[str, Any]] = {}
    for number, cells in enumerate(data["rows"], 1):
        row = dict(zip(names, cells, strict=True))
        said = project_of(row) or " ".join(value_words(row[key]) for key in keys if row[key] is not None)
        said = said or next(
            (value_words(cell) for cell in cells if isinstance(cell, str | dict) and cell), ""
        )
        name = said or f"row {number}"
        fresh, count = name, 2
        while fresh in found:
            fresh, count = f"{name} ({count})", count + 1
        found[fresh] = row
    return found


def project_of(row: Mapping[str, Any]) -> str:
    """The id of the project that a row is about; empty for none.

    Examples
    --------
    >>> project_of({"project": {"runs": [["text", "Own solar"], ["id", "P09"]]}}), project_of({"year": 2027})
    ('P09', '')
    """
    if row.get("project_id"):
        return str(row["project_id"])
    runs = row["project"].get("runs", ()) if isinstance(row.get("project"), dict) else ()
    return next((str(text) for role, text in runs if role == "id"), "")


def value_words(value: Any) -> str:
    """A cell in words: a number without noise, runs as text.

    Examples
    --------
    >>> value_words(3.0), value_words({"runs": [["lead", "Own solar"], ["id", "P09"]]}), value_words(None)
    ('3', 'Own solar P09', 'nothing')
    """
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return as_given(value)
    if isinstance(value, dict) and "runs" in value:
        return " ".join(str(text) for _, text in value["runs"])
    return " ".join(str(value).split())


def _rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Move]:
    """Cells that moved, rows that are new or gone."""
    before, after = table_rows(old), table_rows(new)
    titles = _titles(new) | _titles(old)
    found = []
    for name, row in before.items():
        if name not in after:
            found.append(Move(name, "", name, None))
            continue
        found += [
            Move(name, titles.get(column, column), row.get(column), after[name].get(column))
            for column in row
            if column in after[name] and row[column] != after[name][column]
        ]
    return found + [Move(name, "", None, name) for name in after if name not in before]


def _items(old: Sequence[Any], new: Sequence[Any]) -> Iterator[Move]:
    """Paragraphs of a message that moved."""
    before, after = ({str(lead): text for lead, text in items} for items in (old, new))
    for lead in {**before, **after}:
        if before.get(lead) != after.get(lead):
            yield Move("", lead or "text", before.get(lead, ""), after.get(lead, ""))


def _key_columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[str]:
    """Columns that say what a row is about: known names, else texts in the order of the columns, until rows differ."""
    texts = [
        name
        for at, name in enumerate(names)
        if rows and all(isinstance(row[at], str | dict) or row[at] is None for row in rows)
    ]
    order = [name for name in _KEYS if name in texts] + [name for name in texts if name not in _KEYS]
    numbers = [name for name in names if name in ("year", "number", "tier", "percent", "rank")]
    chosen: list[str] = []
    for name in [*order[:3], *numbers]:
        chosen.append(name)
        at = [names.index(one) for one in chosen]
        if len({str([row[i] for i in at]) for row in rows}) == len(rows):
            return chosen
    return chosen


def _titles(record: Mapping[str, Any]) -> dict[str, str]:
    """Column -> its words, from the fields of a record."""
    found = {}
    fields = [record.get(key) for key in ("x", "y", "value", "label", "low", "high", "start", "series")]
    for field in [*(record.get("columns") or []), *(one for one in fields if one)]:
        pairs = dict(field) if isinstance(field, list) else field
        if isinstance(pairs, dict) and pairs.get("title"):
            found[str(pairs.get("name"))] = str(pairs["title"])
    return found


def _essence(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without where it stands and which versions made it."""
    return {
        key: value for key, value in record.items() if key not in ("notebook", "cell", "inputs", "version")
    }
