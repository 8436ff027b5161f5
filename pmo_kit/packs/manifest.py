"""A published pack: what it was made from, its id, its record of transparency, its immutable folder."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import platform
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, NotRequired

import yaml
from pydantic import AfterValidator, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from pmo_kit.disk import flushed, new_folder, real, write_whole
from pmo_kit.errors import PackError, PmoError
from pmo_kit.facts import count, is_missing
from pmo_kit.forms import unreadable
from pmo_kit.packs.spec import read_spec
from pmo_kit.shipped import shipped

_ENGINES = (
    "pmo_kit", "highspy", "numpy", "pandas", "papermill", "pikepdf", "plotly", "python-pptx", "scipy", "typst",
    "xlsxwriter",
)  # fmt: skip


def software() -> dict[str, Any]:
    """Versions of what makes a pack, and of every package that it rests on (`environment`)."""
    known = installed("pmo_kit")
    return {
        "software": {
            "python": platform.python_version(),
            **{name: known[name.replace("_", "-")] for name in _ENGINES},
            "pmo_kit_sha256": package_hash(),
        },
        "environment": known,
    }


@cache
def installed(name: str) -> Mapping[str, str]:
    """A package and all that it requires here, directly or not -> version.

    What is required only by an extra, or by another system or Python, is left out; a package that is required and not
    installed is "not installed".

    Parameters
    ----------
    name : str
        Of a distribution.

    Examples
    --------
    >>> found = installed("papermill")
    >>> "papermill" in found, "nbformat" in found
    (True, True)
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        plain = canonicalize_name(waiting.pop())
        if plain in found:
            continue
        try:
            distribution = metadata.distribution(plain)
        except metadata.PackageNotFoundError:
            found[plain] = "not installed"
            continue
        found[plain] = distribution.version
        for line in distribution.requires or ():
            with contextlib.suppress(InvalidRequirement):
                one = Requirement(line)
                waiting += [one.name] if one.marker is None or one.marker.evaluate({"extra": ""}) else []
    return dict(sorted(found.items()))


def pack_id(inputs: Mapping[str, Any], figures: bytes) -> str:
    """The first twelve digits of the SHA-256 of what goes in and of every number that comes out."""
    return sha256(dumps(inputs) + figures)[:12]


def seal(manifest: bytes) -> str:
    """What only this user of this machine can write for a manifest: says that a pack was built here.

    An HMAC with a key that is made once and stays in the user's own data folder; empty where none can be kept there.
    """
    from jupyter_core.paths import jupyter_data_dir

    file = Path(jupyter_data_dir()).parent / "pmo_kit" / "key"
    try:
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):
                descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(secrets.token_bytes(32))
        key = file.read_bytes()
    except OSError:
        return ""
    return hmac.new(key, manifest, "sha256").hexdigest() if len(key) == 32 else ""


def publish(files: Mapping[str, bytes], beside: Mapping[str, bytes], folder: Path, name: str) -> Path:
    """Write a pack into `folder/name` and make it the latest; nobody ever sees half a pack.

    The files go to a hidden folder, renamed once complete; `latest.json` is then replaced in one step.
    A pack that is already there with equal content is left as it is.

    Parameters
    ----------
    files : mapping of str to bytes
        Path in the pack -> content; `manifest.json` among them.
    beside : mapping of str to bytes
        Files outside the manifest and every comparison: `run.json`, and `decisions.csv` to fill.
    folder : Path
        `build/packs/<pack>`.
    name : str
        Id of the pack.

    Raises
    ------
    PackError
        When a pack of that id is there with other content.
    """
    home = folder / name
    if home.is_dir():
        if changed := [name for name, _ in altered(home, {file: sha256(data) for file, data in files.items()})]:
            raise PackError(
                f"{home} was changed after it was published ({', '.join(changed[:3])}). A published pack is "
                "never changed: move that folder away and build again."
            )
    else:
        try:
            with new_folder(home) as draft:
                for file, content in {**files, **beside}.items():
                    flushed(draft / file, content)
        except (OSError, PmoError):  # another run was faster
            if not (home / "manifest.json").is_file():
                raise
    latest = {"pack": folder.name, "id": name, "index": f"{name}/index.html"}
    write_whole(folder / "latest.json", dumps(latest))
    return home


def altered(folder: Path, outputs: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Files of a folder that are not as their hashes say: name, and what became of it in words."""
    for name, digest in outputs.items():
        path = folder / name
        if "\0" in name or not real(path).is_relative_to(real(folder)):
            yield name, "leads out of the pack"
        elif not path.is_file():
            yield name, "is gone"
        elif file_hash(path) != digest:
            yield name, "was changed"


def dumps(value: Any) -> bytes:
    """JSON as it is written everywhere in a pack: UTF-8, indented, order kept, a line end."""
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def sha256(content: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def package_hash() -> str:
    """SHA-256 of all files of the package and of the templates of every medium: each of them may make a pack."""
    package = Path(__file__).resolve().parents[1]
    report = shipped("templates", "report")
    found: Iterable[tuple[str, Path]] = [
        *((p.relative_to(package).as_posix(), p) for p in package.rglob("*") if "_shipped" not in p.parts),
        *((f"report/{p.relative_to(report).as_posix()}", p) for p in report.rglob("*")),
    ]
    files = [(name, path) for name, path in sorted(found) if path.suffix != ".pyc" and path.is_file()]
    lines = [f"{name} {file_hash(path)}" for name, path in files]
    return sha256("\n".join(lines).encode())


class _Chapter(TypedDict):
    notebook: str
    sha256: str
    parameters: dict[str, Any]


class _Manifest(TypedDict):
    """What is read of a manifest: no more than that, so that packs of earlier versions can be compared."""

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
    environment: NotRequired[dict[str, str]]
    outputs: dict[str, str]


class _Words(TypedDict):
    runs: NotRequired[list[tuple[str, str]]]


Cell = str | int | float | bool | None | _Words
_Pairs = list[tuple[str, Any]] | None


class _Grid(TypedDict):
    columns: list[str]
    rows: list[list[Cell]]


def _even(grid: _Grid) -> _Grid:
    if any(len(row) != len(grid["columns"]) for row in grid["rows"]):
        raise ValueError("a row has not as many cells as there are columns")
    return grid


class _Figure(TypedDict):
    id: str
    title: NotRequired[str]
    items: NotRequired[list[tuple[str, str]] | None]
    data: NotRequired[Annotated[_Grid, AfterValidator(_even)] | None]
    columns: NotRequired[list[_Pairs] | None]


class KeptFact(TypedDict):
    """A fact as `facts.json` holds it."""

    key: str
    value: Cell
    of: NotRequired[dict[str, Any] | None]
    base: NotRequired[dict[str, Any] | None]


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
            named = read_json(latest, dict[str, str]).get("id", "")
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

    @property
    def by_id(self) -> dict[str, Mapping[str, Any]]:
        """Its exhibits."""
        return {record["id"]: record for record in self.figures}

    @property
    def page_one(self) -> tuple[str, ...]:
        """Ids of the exhibits on page one; none where its pack file cannot be read any more."""
        with contextlib.suppress(PmoError):
            page = read_spec(self.folder / "sources" / "pack.yml").page_one
            return page.ids if page else ()
        return ()

    def whole(self, read: tuple[str, ...] = ("figures.json", "facts.json", "sources/")) -> Published:
        """This pack, where all that is read of it is as it was published.

        Parameters
        ----------
        read : tuple of str
            How the names of the files begin that are looked at.

        Raises
        ------
        PackError
            Something of it was changed.
        """
        for told in self.altered(read):
            raise PackError(f"{self.folder} was changed after it was published: {told}.")
        return self

    def altered(self, read: tuple[str, ...] = ("",)) -> Iterator[str]:
        """Files whose names begin so that are not as they were published, and the manifest where it is not."""
        outputs = self.manifest["outputs"]
        wanted = {name: digest for name, digest in outputs.items() if name.startswith(read)}
        yield from (f"{name} {what}" for name, what in altered(self.folder, wanted))
        inputs = {key: value for key, value in self.manifest.items() if key not in ("id", "outputs")}
        figures = (self.folder / "figures.json").read_bytes()
        if pack_id(inputs, figures) != self.manifest["id"] or not {"figures.json", "sources/pack.yml"} <= {*outputs}:
            yield "manifest.json does not belong to this pack: its id does not follow from it"


def read_json(path: Path, kind: Any = None) -> Any:
    """A JSON file of a pack, of the kind that a pack has there.

    Raises
    ------
    PackError
        It cannot be read, or holds something else.
    """
    if reason := unreadable(path, "bytes of a notebook or JSON file"):
        raise PackError(f"{path}: {reason}")
    try:
        text = path.read_bytes().decode("utf-8")
        found = json.loads(text)
        if "\\u" in text:  # half a character can be written so, and by no file that we write
            dumps(found)
    except (OSError, ValueError, RecursionError) as error:
        raise PackError(f"{path} cannot be read: {error}") from error
    if kind is not None:
        try:
            TypeAdapter(kind).validate_python(found)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise PackError(f"{path} is damaged: {where}: {first['msg']}.") from error
    return found


def transparency_record(manifest: Mapping[str, Any], register: Any, media: str) -> bytes:
    """`record.md`: the fields of the UK Algorithmic Transparency Recording Standard, in their order.

    The words are those of `templates/report/record.yml`. A field that follows from no input is asked for by name.

    Parameters
    ----------
    manifest : mapping
        Of the pack, with its id.
    register : Register
        What the pack is about.
    media : str
        The media of the pack, in words.

    Returns
    -------
    bytes
        Markdown, UTF-8.
    """
    sections = yaml.safe_load(shipped("templates", "report", "record.yml").read_text(encoding="utf-8"))
    known = _known(manifest, register, media)
    asked = [field["field"] for section in sections for field in section["fields"] if "text" not in field]
    lines = [f"# Transparency record: {manifest['title']}", ""]
    lines += [
        "In the order of the UK Algorithmic Transparency Recording Standard 3.0. "
        + (f"Still to be filled ({len(asked)}): {', '.join(asked)}." if asked else "Every field is filled."),
        "",
    ]
    for section in sections:
        lines += [f"## {section['section']}", ""]
        for field in section["fields"]:
            told = field.get("text" if known["value"] else "without", field.get("text"))
            text = told.format_map(known) if told else f"**TO FILL: {field['ask']}**"
            lines += [f"**{field['field']}.** {text}", ""]
    return "\n".join(lines).encode()


def _known(manifest: Mapping[str, Any], register: Any, media: str) -> dict[str, Any]:
    """What a pack knows of itself, as the words of the record call it: its manifest, and what follows from it."""
    method = yaml.safe_load(shipped("templates", "report", "method.yml").read_text(encoding="utf-8"))
    settings, findings = register.settings, manifest["register"]["findings"]
    said = {"block": "errors", "warn": "warnings", "info": "notes"}
    answers = [exhibit["inputs"] for exhibit in manifest["exhibits"] if "status" in exhibit["inputs"]]  # of the solver
    value = next((inputs["value"] for inputs in answers if "value" in inputs), "points" * bool(answers))
    return {
        **manifest,
        "committee": manifest["committee"] or "the committee",
        "date": f" of {manifest['date']}" if manifest["date"] else "",
        "value": str(value).replace("npsv", "social value").replace("npv", "net value"),
        "method": " ".join(part["text"] for part in method if "{" not in part["text"]),
        "name": manifest["register"]["name"] or "without a name",
        "as_of": manifest["register"]["as_of"] or "no date",
        "projects": count(len(register.projects), "project", "projects"),
        "chapters": "; ".join(dict.fromkeys(chapter["title"] for chapter in manifest["chapters"])),
        "media": media,
        "orders": str(len(register.table("overrides")) if register.has("overrides") else 0),
        "inputs": f"{len(manifest['inputs'])} files, each with its hash in manifest.json",
        "findings": ", ".join(f"{findings[kind]} {word}" for kind, word in said.items()),
        "assumptions": _assumptions(register) + f" Discounting: {settings.discount_schedule}.",
    }


def _assumptions(register: Any) -> str:
    """The rated assumptions of the register, those that matter most first."""
    if not register.has("assumptions"):
        return "No assumptions are on record."
    words = {"R": "red", "A": "amber", "G": "green"}
    rows = register.table("assumptions").sort_values(
        "impact", kind="stable", key=lambda impact: impact.map({one: place for place, one in enumerate(words)})
    )
    return " ".join(
        f"{row.assumption} (quality {words.get(row.quality, 'not rated')}, "
        f"impact {words.get(row.impact, 'not rated')}; {row.owner if not is_missing(row.owner) else 'no owner'})."
        for row in rows.itertuples()
    )
