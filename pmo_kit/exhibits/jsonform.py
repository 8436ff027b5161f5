"""Exhibits as JSON and back, so that a notebook carries them and a pack collects them.

Mappings and tables are written as lists, never as objects whose order matters: nbformat sorts keys.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from pmo_kit import facts
from pmo_kit.exhibits.records import Chart, Exhibit, Field, Kpi, Message, Reference, Table
from pmo_kit.facts import Fact, is_missing

MIME = "application/vnd.pmo-kit.exhibit+json"
VERSION = 1
_TYPES: dict[str, type[Exhibit]] = {"chart": Chart, "table": Table, "kpi": Kpi, "message": Message}
_UNSAID = (("name", None), ("first", 0), ("formula", ""))
"""Parts that are written only where they say something."""
_WRITTEN: dict[str, Callable[[Any], Any]] = {
    "runs": lambda runs: tuple(map(tuple, runs)),
    "time": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "float": float,
}
"""Cells that JSON has no form for, each an object of one key."""


def to_json(exhibit: Exhibit) -> dict[str, Any]:
    """An exhibit as plain lists, texts and numbers; missing values are null, dates ISO text.

    The row index of a table is not kept: what is to be shown is in its columns.

    Examples
    --------
    >>> note = Message(id="note", alt="Proven.", items=(("Proven.", "No other plan reaches 33.5."),))
    >>> to_json(note)["items"]
    [['Proven.', 'No other plan reaches 33.5.']]
    >>> from_json(to_json(note)).items == note.items
    True
    """
    kind = next(name for name, record in _TYPES.items() if isinstance(exhibit, record))
    found = ((part.name, getattr(exhibit, part.name)) for part in dataclasses.fields(exhibit))
    parts = {name: _encode(value) for name, value in found if (name, value) not in _UNSAID}
    return {"exhibit": kind, "version": VERSION, **parts}


def from_json(document: Mapping[str, Any] | str) -> Exhibit:
    """The exhibit that `to_json` wrote; a text is parsed first.

    Raises
    ------
    ValueError
        When it is no exhibit, or a newer version than this package reads.
    """
    content: Mapping[str, Any] = json.loads(document) if isinstance(document, str) else document
    kind = content.get("exhibit")
    if kind not in _TYPES:
        raise ValueError(f"not an exhibit: {kind!r}; expected one of {', '.join(_TYPES)}")
    if content.get("version", 0) > VERSION:
        raise ValueError(
            f"exhibit {content.get('id')}: written by a newer pmo_kit (version {content['version']})"
        )
    record = _TYPES[kind]
    parts = (part.name for part in dataclasses.fields(record) if part.name in content)
    return record(**{name: _decode(name, content[name]) for name in parts})


def _encode(value: Any) -> Any:
    if hasattr(value, "columns") and hasattr(value, "dtypes"):
        return _encode_table(value)
    if isinstance(value, Exhibit):
        return to_json(value)
    if isinstance(value, Fact):
        return facts.to_json(value)
    if isinstance(value, Field | Reference):
        found = ((part.name, getattr(value, part.name)) for part in dataclasses.fields(value))
        return [[name, _scalar(part)] for name, part in found if (name, part) not in _UNSAID]
    if isinstance(value, Mapping):
        return [[str(key), str(item)] for key, item in value.items()]
    if isinstance(value, tuple | list):
        return [_encode(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    """One cell: runs and dates in one-key objects, numpy scalars as Python's, infinities as text."""
    if is_missing(value):
        return None
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if isinstance(value, tuple | list):
        return {"runs": [[str(role), str(text)] for role, text in value]}
    if isinstance(value, dt.datetime):
        return {"time": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, float) and math.isinf(value):
        return {"float": "inf" if value > 0 else "-inf"}
    return value if isinstance(value, bool | int | float | str) else str(value)


def _unscalar(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((kind, text),) = value.items()
    return _WRITTEN[kind](text)


def _encode_table(data: Any) -> dict[str, Any]:
    names = list(data.columns)
    columns = [[_scalar(value) for value in data[name].tolist()] for name in names]
    return {
        "columns": [str(name) for name in names],
        "types": [_type_name(data[name].dtype) for name in names],
        "rows": [list(row) for row in zip(*columns, strict=True)],
    }


def _type_name(dtype: Any) -> str:
    """A dtype that can be restored by name; categories, periods and the like become text."""
    name = str(dtype)
    known = ("bool", "boolean", "int", "Int", "float", "Float", "str", "object", "datetime64")
    return name if name.startswith(known) and "," not in name else "str"


def _decode_table(content: Mapping[str, Any]) -> Any:
    import pandas as pd

    columns = {}
    for position, (name, kind) in enumerate(zip(content["columns"], content["types"], strict=True)):
        values = [_unscalar(row[position]) for row in content["rows"]]
        columns[name] = pd.Series(values, dtype=kind, name=name)
    return pd.DataFrame(columns, columns=content["columns"])


_FIELDS = {part.name for part in dataclasses.fields(Chart) if "Field" in str(part.type)}
_READ: dict[str, Callable[[Any], Any]] = {
    "data": _decode_table,
    "styles": dict,
    "inputs": dict,
    "items": lambda value: tuple(map(tuple, value)),
    "facts": lambda value: tuple(map(facts.from_json, value)),
    "columns": lambda value: tuple(_record(Field, pairs) for pairs in value),
    "references": lambda value: tuple(_record(Reference, pairs) for pairs in value),
    "details": lambda value: tuple((row, from_json(table)) for row, table in value),
}


def _decode(name: str, value: Any) -> Any:
    if name in _FIELDS:
        return None if value is None else _record(Field, value)
    return _READ[name](value) if name in _READ else value


def _record(kind: type, pairs: list[list[Any]]) -> Any:
    return kind(**{key: _unscalar(value) for key, value in pairs})
