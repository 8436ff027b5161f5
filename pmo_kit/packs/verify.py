"""Two packs side by side: what was changed since one was published, and what moved from one to the next."""

from __future__ import annotations

import contextlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pmo_kit.disk import real, scratch
from pmo_kit.errors import PmoError
from pmo_kit.facts import KEYS, as_given
from pmo_kit.packs.building import build_pack
from pmo_kit.packs.decisions import project_of, recommendation, rows_of
from pmo_kit.packs.jobs import unique
from pmo_kit.packs.manifest import KeptFact, Published, dumps, read_json, seal, software
from pmo_kit.packs.spec import read_spec
from pmo_kit.register import load_register
from pmo_kit.register.schema import load_schema
from pmo_kit.register.template import text_columns

_KEYS = (
    "project_id", "rule", "label", "criterion", "scenario", "plan", "role", "period", "rating", "what", "who"
)  # fmt: skip
NUMBERED = "{name} ({number})"
"""Rows of one name."""


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
        if not self.column and (self.old is None or self.new is None):
            return f"{self.row} is {'new' if self.old is None else 'gone'}"
        then, now = value_words(self.old), value_words(self.new)
        then, now = (then, now) if then != now else (repr(self.old), repr(self.new))  # they differ in what is not said
        return f"{head}: {then} → {now}"

    @property
    def change(self) -> float:
        """New less old; NaN where one of them is no number."""
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (self.old, self.new))
        return float(self.new) - float(self.old) if numbers else float("nan")


@dataclass(frozen=True, eq=False)
class FigureMoves:
    """Exhibits of two packs: id -> cells that moved, and the ids that only one of them has."""

    moved: Mapping[str, tuple[Move, ...]]
    added: tuple[str, ...]
    gone: tuple[str, ...]


def figures_moved(old: Published, new: Published) -> FigureMoves:
    """Compare every exhibit of two packs."""
    found = list(changed(old.by_id, new.by_id))
    both = {name: tuple(moves(was, now)) for name, was, now in found if was and now}
    return FigureMoves(
        {name: moved for name, moved in both.items() if moved},
        tuple(name for name, was, _ in found if was is None),
        tuple(name for name, _, now in found if now is None),
    )


def changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Names whose value differs, with both values; None where a name is new or gone.

    Examples
    --------
    >>> list(changed({"a": 1, "b": 2, "c": 3}, {"b": 2, "c": 4, "d": 5}))
    [('a', 1, None), ('c', 3, 4), ('d', None, 5)]
    """
    yield from ((name, old.get(name), new.get(name)) for name in {**old, **new} if old.get(name) != new.get(name))


def made_from(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What two packs were made from and is not the same, from their manifests: all but the rows of the register."""
    both = set.intersection(*({chapter["notebook"] for chapter in one["chapters"]} for one in (old, new)))
    for name, then, now in changed(_origins(old, both), _origins(new, both)):
        gone = "is new" if then is None else "is no more" if now is None else ""
        yield f"{name}: {gone or f'{_short(then)} → {_short(now)}'}"


def _origins(manifest: Mapping[str, Any], notebooks: Collection[str]) -> dict[str, Any]:
    """What a pack was made from, each under its words; parameters of some notebooks."""
    register, chapters = manifest["register"], manifest["chapters"]
    return {
        **{key: value_words(manifest[key]) for key in ("title", "committee", "date", "status")},
        "register": str(register.get("fingerprint")),
        "data as of": str(register.get("as_of")),
        "data grade": str(register.get("grade")),
        **{f"file {name}": digest for name, digest in manifest["inputs"].items()},
        **{f"notebook {chapter['notebook']}": chapter["sha256"] for chapter in chapters},
        **{
            f"{chapter['notebook']}: parameter {name}": "None" if value is None else value
            for chapter in chapters if chapter["notebook"] in notebooks
            for name, value in chapter["parameters"].items()
        },
        **{f"package {name}": version for name, version in manifest.get("environment", {}).items()},
        **{f"package {name}": version for name, version in manifest["software"].items()},
    }  # fmt: skip


def _short(value: Any) -> str:
    """A value as it is told; of a hash the first eight digits."""
    text = str(value)
    return text[:8] if re.fullmatch("[0-9a-f]{64}", text) else text


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
    texts = ({key: record.get(key, "") for key in ("title", "unit_line", "takeaway", "note")} for record in (old, new))
    items = ({str(lead): text for lead, text in record.get("items") or []} for record in (old, new))
    found = [
        Move("", (name or "text").replace("_", " "), then or "", now or "")
        for name, then, now in (*changed(*texts), *changed(*items))
    ]
    if old.get("data") != new.get("data"):
        found += _rows(old, new)
    if not found and _essence(old) != _essence(new):
        found.append(Move("", "how it is shown", "as it was", "otherwise"))
    return found


def table_rows(record: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The rows of a record by what they are about; equal rows are numbered."""
    rows = rows_of(record)
    keys = _key_columns(rows)
    found: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows, 1):
        said = project_of(row) or " ".join(value_words(row[key]) for key in keys if row[key] is not None)
        texts = (value_words(cell) for cell in row.values() if isinstance(cell, str | dict) and cell)
        found[unique(said or next(texts, "") or f"row {number}", found, NUMBERED)] = row
    return found


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


def _rows(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Move]:
    """Cells that moved, rows that are new or gone."""
    titles = _titles(new) | _titles(old)
    columns = (dict.fromkeys((record.get("data") or {}).get("columns", ()), True) for record in (old, new))
    for name, before, after in changed(*columns):
        yield Move(f"the column {titles.get(name, name)}", "", before, after)
    for name, before, after in changed(table_rows(old), table_rows(new)):
        if before is None or after is None:
            yield Move(name, "", before and name, after and name)
        else:
            cells = changed(before, {key: after[key] for key in before if key in after})
            yield from (Move(name, titles.get(key, key), then, now) for key, then, now in cells if key in after)


def _key_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Columns that say what a row is about: known names, else texts in the order of the columns, until rows differ."""
    names = [*rows[0]] if rows else []
    texts = [name for name in names if all(isinstance(row[name], str | dict | None) for row in rows)]
    order = [name for name in _KEYS if name in texts] + [name for name in texts if name not in _KEYS]
    numbers = [name for name in names if name in ("year", "number", "tier", "percent", "rank")]
    chosen: list[str] = []
    for name in [*order[:3], *numbers]:
        chosen.append(name)
        if len({str([row[one] for one in chosen]) for row in rows}) == len(rows):
            return chosen
    return chosen


def _titles(record: Mapping[str, Any]) -> dict[str, str]:
    """Column -> its words, from the fields of a record."""
    found = {}
    for field in [*(record.get("columns") or []), *record.values()]:
        with contextlib.suppress(TypeError, ValueError):  # no field is what is no list of pairs
            pairs = dict(field)
            if pairs.get("title"):
                found[str(pairs.get("name"))] = str(pairs["title"])
    return found


def _essence(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without where it stands and which versions made it."""
    return {key: record[key] for key in record if key not in ("notebook", "cell", "inputs", "version")}


_LISTED = 8
_LINES = 40
_VALUE, _LIMITS = ("plan.", "risk."), ("limit.", "envelope.", "money.")


@dataclass(frozen=True, eq=False)
class PackDiff:
    """What moved from one pack to another. As text it is Markdown; `told(all=True)` has every figure.

    Parameters
    ----------
    old, new : str
        Name and id of each.
    inputs : DataFrame
        One row per cell of the register that is not the same: file, key, column, old, new; one of the last two is empty
        where the row is new or gone.
    made_from : tuple of str
        What else they were made from and differs: dates, notebooks, parameters, versions.
    value, limits : tuple of str
        Facts of the plan and of its limits that moved.
    decisions : tuple of str
        Projects whose recommendation, size or money moved.
    page_one : tuple of str
        Ids of the exhibits that stand on page one of the new pack.
    figures : FigureMoves
        Every exhibit, cell by cell.
    """

    old: str
    new: str
    inputs: pd.DataFrame
    made_from: tuple[str, ...]
    value: tuple[str, ...]
    decisions: tuple[str, ...]
    limits: tuple[str, ...]
    page_one: tuple[str, ...]
    figures: FigureMoves

    @property
    def summary(self) -> str:
        """One sentence."""
        found = self.figures
        counted = (
            (self.inputs, "cell of the register is not the same", "cells of the register are not the same"),
            (self.decisions, "project decided otherwise", "projects decided otherwise"),
            (found.moved, "figure or table moved", "figures and tables moved"),
            (found.added, "figure or table is new", "figures and tables are new"),
            (found.gone, "figure or table is gone", "figures and tables are gone"),
        )
        parts = [f"{len(these)} {many if len(these) > 1 else one}" for these, one, many in counted if len(these)]
        if not parts:
            return f"{self.new} says the same as {self.old}."
        return f"From {self.old} to {self.new}: {', '.join(parts)}."

    def told(self, all: bool = False) -> str:
        """The whole as Markdown; with `all` every figure, else those of page one."""
        lines, figures, inputs = [self.summary], self.figures, self.inputs

        def part(head: str, found: Sequence[str]) -> None:
            lines.extend(["", f"## {head}", "", *found] if found else [])

        listed = inputs if all else inputs.head(_LINES)
        if len(listed):
            rows = [inputs.columns, ["---"] * len(inputs.columns), *listed.itertuples(index=False)]
            part("Inputs", [f"| {' | '.join(map(_cell, row))} |" for row in rows])
        if len(inputs) > len(listed):
            lines.append(f"\nAnd {len(inputs) - len(listed)} more (`--all`).")
        told = ("file ", "package ") if len(inputs) and not all else ()  # files whose cells are listed
        part("Made from", [f"- {line}" for line in self.made_from if not line.startswith(told)])
        for head, found in (("Value", self.value), ("Decisions", self.decisions), ("Limits", self.limits)):
            part(head, [f"- {line}" for line in found])
        shown = [name for name in figures.moved if all or name in self.page_one]
        said: list[str] = []
        for name in shown:
            moves = [move for move in figures.moved[name] if all or move.column not in ("number", "order")]
            most = len(moves) if all else _LISTED
            said += [f"- {name}", *(f"  - {_moved(move)}" for move in moves[:most])]
            said += [f"  - and {len(moves) - most} more"] if len(moves) > most else []
        part("Figures" if all else "Page one", said)
        if all:
            part("New", [f"- {name}" for name in figures.added])
            part("Gone", [f"- {name}" for name in figures.gone])
        if rest := len(figures.moved) - len(shown):
            lines += ["", f"{rest} other figure{'s' * (rest > 1)} moved: `--all`."]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.told()


def diff_packs(old: str | Path, new: str | Path) -> PackDiff:
    """Compare two published packs: what went in, what it is worth, what is decided otherwise, which figures moved.

    Only what the packs hold is read; nothing is executed.

    Parameters
    ----------
    old, new : str or Path
        Folders of packs, or those with their `latest.json`.

    Raises
    ------
    PackError
        When one is no pack, or was changed after it was published.
    """
    packs = (Published.at(old).whole(), Published.at(new).whole())
    facts = list(_facts_moved(*packs))
    return PackDiff(
        old=packs[0].title,
        new=packs[1].title,
        inputs=_inputs(*packs),
        made_from=tuple(made_from(*(pack.manifest for pack in packs))),
        value=tuple(words for key, words in facts if key.startswith(_VALUE)),
        decisions=tuple(_decisions(*(recommendation(pack.figures) for pack in packs))),
        limits=tuple(words for key, words in facts if key.startswith(_LIMITS)),
        page_one=packs[1].page_one,
        figures=figures_moved(*packs),
    )


def _inputs(old: Published, new: Published) -> pd.DataFrame:
    """The cells of the two registers that differ, by the keys of their tables; none where one cannot be read."""
    columns = ["file", "key", "column", "old", "new"]
    first, second = (pack.manifest["register"].get("fingerprint") for pack in (old, new))
    same = first is not None and first == second
    registers = [] if same else [_register(pack) for pack in (old, new)]
    if same or None in registers:
        return pd.DataFrame([], columns=columns)
    rows = []
    for table in load_schema():
        one, other = (_keyed(register, table) for register in registers)
        for key, before, after in changed(one, other):
            if before is None or after is None:
                said = (before or after or {}).items()
                whole = ", ".join(f"{name} {value}" for name, value in said if value and name not in table.key)
                rows.append((table.name, key, "the row", whole if before else "", whole if after else ""))
            else:
                rows += [(table.name, key, *cell) for cell in changed(before, after)]
    return pd.DataFrame(rows, columns=columns)


def _register(pack: Published) -> Any:
    """The register that a pack keeps; None where it cannot be read any more."""
    try:
        return load_register(read_spec(pack.folder / "sources" / "pack.yml").register)
    except PmoError:
        return None


def _keyed(register: Any, table: Any) -> dict[str, dict[str, str]]:
    """Key in words -> column -> text, for each row of a table; rows of one key are numbered."""
    frame = register.table(table.name)
    frame = frame.reset_index() if frame.index.name else frame
    found: dict[str, dict[str, str]] = {}
    for row in text_columns(frame).to_dict("records"):
        name = " · ".join(row[key] for key in table.key if row.get(key) and row[key] != "full")
        found[unique(name, found, NUMBERED)] = {str(column): value for column, value in row.items()}
    return found


def _facts_moved(old: Published, new: Published) -> Iterator[tuple[str, str]]:
    """Facts of equal key, subject and basis whose value moved, in words."""
    for _, fact, other in changed(_facts(old), _facts(new)):
        if fact and other and fact["value"] != other["value"]:
            of = ", ".join(str(value) for value in (fact.get("of") or {}).values())
            base = fact.get("base") or {}
            basis = ", ".join(str(base[key]) for key in ("figures", "level", "over") if base.get(key))
            words = f"{KEYS.get(fact['key'], fact['key'])}{f', {of}' if of else ''}{f' ({basis})' if basis else ''}"
            yield fact["key"], f"{words}: {value_words(fact['value'])} → {value_words(other['value'])}"


def _facts(pack: Published) -> dict[str, dict[str, Any]]:
    """The facts of a pack by key, subject and basis, whatever the fingerprint of the question."""
    file = pack.folder / "facts.json"
    found = read_json(file, list[KeptFact]) if file.is_file() else []
    names = {}
    for fact in found:
        base = {key: value for key, value in (fact.get("base") or {}).items() if key != "question"}
        names[str((fact.get("key"), sorted((fact.get("of") or {}).items()), sorted(base.items())))] = fact
    return names


def _cell(value: object) -> str:
    """A cell of a Markdown table."""
    text = " ".join(str(value).split()).replace("|", "\\|")
    return text if len(text) <= 80 else text[:79] + "…"


def _decisions(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Projects whose recommendation, size or money moved, in words with amounts."""
    if not before or not after:
        return []
    lines = []
    for project_id, one, other in changed(before, after):
        name = (other or one)["project_name"]
        who = f"{name} ({project_id})" if name else project_id
        if one is None:
            lines.append(f"{who}: new, {_said(other)}")
        elif other is None:
            lines.append(f"{who}: gone, was {_said(one)}")
        elif (one["recommended"], one["level"]) != (other["recommended"], other["level"]):
            lines.append(f"{who}: {_said(one)} → {_said(other)}")
        elif one["amount"] != other["amount"] and one["recommended"] != "refuse":
            lines.append(f"{who}: still {one['recommended']}, {_amount(one)} → {_amount(other)}")
    return lines


def _said(advice: Mapping[str, Any]) -> str:
    size = advice["level"]
    words = advice["recommended"] + (f" ({size})" if size not in ("", "full", "stop") else "")
    return f"{words}, {_amount(advice)}" if advice["recommended"] != "refuse" else words


def _amount(advice: Mapping[str, Any]) -> str:
    return as_given(advice["amount"]) if isinstance(advice["amount"], int | float) else "no amount"


def _moved(move: Move) -> str:
    change = move.change
    return f"{move} ({'+' if change > 0 else ''}{as_given(change)})" if change == change else str(move)


BESIDE = ("manifest.json", "run.json", "decisions.csv")
"""Files of a pack that no hash covers: the list of hashes, the diary of the run, what the secretary fills in."""
_OF_SYSTEMS = ("thumbs.db", "desktop.ini")
_MOST = 12
_STRANGER = (
    "It was not built here by you, so nothing was executed: its notebooks are programs that run with your rights. "
    "--run executes them, if you trust who sent it; --hashes compares only."
)


@dataclass(frozen=True)
class Verification:
    """What came of comparing a pack, and of executing it again.

    Parameters
    ----------
    pack : str
        Name and id.
    files : int
        Files whose hash was compared.
    ran : bool
        Whether it was executed.
    notes : tuple of str
        What is no change of a pack but worth knowing: a copied folder, and why nothing was executed.
    touched : tuple of str
        Files changed, lost or added since the pack was published, one line each.
    inputs : tuple of str
        What the pack was made from and is not the same now: register, notebook, parameter, package.
    figures : tuple of str
        Numbers and texts that came out otherwise, figure by figure.
    outputs : tuple of str
        Files that came out with other bytes.
    """

    pack: str
    files: int = 0
    ran: bool = False
    notes: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether every byte is the same, as far as was asked for."""
        return self.sound and not (self.inputs or self.outputs)

    @property
    def sound(self) -> bool:
        """Whether nobody touched the pack, every number is the same and nothing that was asked for was left undone."""
        return not (self.touched or self.figures or _STRANGER in self.notes)

    @property
    def summary(self) -> str:
        """One sentence."""
        if self.touched:
            return f"{self.pack} was changed after it was published; nothing was executed."
        if self.figures:
            return f"{self.pack} came out with other figures."
        if not self.ran:
            return f"{self.pack}: all {self.files} files are as its manifest says; nothing was executed."
        if self.equal:
            return f"{self.pack} is rebuilt from its sources, byte for byte."
        return f"{self.pack} is rebuilt with every figure equal; something around it is not the same."

    def __str__(self) -> str:
        parts = (
            ("Changed since it was published", self.touched),
            ("Not the same as then", self.inputs),
            ("Figures that differ", self.figures),
            ("Files that differ", self.outputs),
        )
        lines = [self.summary, *self.notes]
        for head, found in parts:
            lines += [f"{head}:", *(f"  {line}" for line in found)] if found else []
        return "\n".join(lines)


def verify_pack(
    place: str | Path, pack_file: str | Path | None = None, workers: int = 2, run: bool | None = None
) -> Verification:
    """Compare a published pack with its hashes, then execute it again in a clean folder and compare that.

    Nothing is executed where a file was changed.

    Parameters
    ----------
    place : str or Path
        The folder of the pack, or the one with its `latest.json`.
    pack_file : str or Path, optional
        Build from this pack file and what it names now, instead of the sources kept in the pack: what has moved since.
    workers : int
        Notebooks that run at the same time.
    run : bool, optional
        True: execute also a pack that was not built here. False: execute nothing. By default a pack is executed that
        this user built on this machine.

    Returns
    -------
    Verification

    Raises
    ------
    PackError
        When there is no pack, it is damaged, its sources are gone, or it cannot be executed any more.
    DataError
        When the register cannot be read any more.
    """
    pack = Published.at(place)
    folder, old = pack.folder, pack.manifest
    touched = tuple(_touched(pack))
    notes = (f"The folder has another name; it was published as {old['id']}.",) * (folder.name != old["id"])
    found = Verification(f"{old['pack']} {folder.name}", len(old["outputs"]), False, notes, touched)
    if touched or run is False:
        return found
    foreign = pack_file is None or real(pack_file).is_relative_to(real(folder))
    if run is None and foreign and not _built_here(folder):
        return replace(found, notes=(*notes, _STRANGER))
    try:
        with scratch() as temporary:
            again = Published.at(build_pack(pack_file or folder / "sources" / "pack.yml", temporary / "packs", workers))
    except PmoError as error:
        since = [f"Not the same as then: {line}" for line in made_from(old, {**old, **software()})]
        error.args = ("\n".join([f"{pack.title} could not be executed again.", str(error), *since]),)
        raise
    new = again.manifest
    names = [name for name, digest in new["outputs"].items() if old["outputs"].get(name) not in (None, digest)]
    return replace(
        found,
        ran=True,
        inputs=tuple(made_from(old, new)),
        figures=tuple(_told(figures_moved(pack, again))),
        outputs=tuple(name for name in names if not name.startswith("sources/")),
    )


def _built_here(folder: Path) -> bool:
    """Whether this user of this machine built the pack."""
    file = folder / "run.json"
    told = read_json(file) if file.is_file() else {}
    given = str(told.get("seal", "")) if isinstance(told, dict) else ""
    own = seal((folder / "manifest.json").read_bytes())
    return bool(own) and hmac.compare_digest(given.encode(), own.encode())


def _touched(pack: Published) -> Iterator[str]:
    """Files that are not as they were published."""
    folder, old = pack.folder, pack.manifest
    yield from pack.altered()
    known = {*old["outputs"], *BESIDE}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() or path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if name not in known and not path.name.startswith((".", "~$")) and path.name.lower() not in _OF_SYSTEMS:
            yield f"{name} was added"
    if dumps(old) != (folder / "manifest.json").read_bytes():
        yield "manifest.json was written again by another program"


def _told(found: FigureMoves) -> Iterator[str]:
    """Figures that differ, with the first few numbers of each."""
    yield from (f"{name}: is no longer shown" for name in found.gone)
    for name, moves in found.moved.items():
        yield from (f"{name}: {line}" for line in moves[:_MOST])
        if len(moves) > _MOST:
            yield f"{name}: and {len(moves) - _MOST} more"
    yield from (f"{name}: is new" for name in found.added)
