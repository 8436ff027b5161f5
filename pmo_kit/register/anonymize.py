"""A register that can be shared: names, people and text replaced, money scaled, the structure kept."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pandas as pd

from pmo_kit.errors import InputError
from pmo_kit.register.schema import Column, Table, load_schema
from pmo_kit.register.tables import Register
from pmo_kit.register.values import money_rows
from pmo_kit.register.values import words as word_lists

_WORDS = word_lists()["anonymous"]
_STANDARD_LEVELS = {"full", "reduced", "stop"}


def anonymize_register(register: Register, secret: str, *, scale_money: bool = True) -> Register:
    """Replace names, people and free text consistently, and scale money by a secret factor.

    The same word becomes the same word in every table, so that links, scopes and references still hold. Numbers that
    are not money (scores, people, probabilities, dates, shares) are kept. The factor, between 0.5 and 2, and the
    order of the new names follow from the secret; without it they cannot be found from the result alone.

    Parameters
    ----------
    register : Register
    secret : str
        Any words; the same ones give the same result.
    scale_money : bool
        False keeps the amounts.

    Returns
    -------
    Register
        With new names; findings are not carried over, since they quote the old ones.

    Raises
    ------
    InputError
        When the secret is empty.

    Examples
    --------
    >>> register = Register(projects=pd.DataFrame({"project_id": ["X9"], "name": ["Hospital"], "area": ["Health"]}),
    ...                     costs=pd.DataFrame({"project_id": ["X9"], "year": [2027], "amount": [10.0]}))
    >>> anonymize_register(register, "secret").projects.reset_index()[["project_id", "name", "area"]].values.tolist()
    [['P01', 'Project P01', 'Area 1']]
    """
    if not secret.strip():
        raise InputError("The secret must not be empty: give any words, such as 'three words here'.")
    schema = load_schema()
    seed = int.from_bytes(hashlib.sha256(secret.encode()).digest()[:8], "big")
    rng = np.random.default_rng(seed)
    factor = float(np.exp(rng.uniform(np.log(0.5), np.log(2.0)))) if scale_money else 1.0
    tables = {name: register.table(name) for name in register.names}
    tables["projects"] = tables["projects"].reset_index()
    words = _new_words(tables, rng)
    for name, frame in tables.items():
        if name == "settings":
            frame = frame[frame["key"] != "notice"]
            frame = frame.assign(value=frame["value"].mask(frame["key"] == "name", "An organisation"))
        elif name == "vocabulary":
            frame = frame.iloc[:0]
        else:
            for column in schema[name]:
                frame[column.name] = _anonymous(frame, column, schema[name], words, factor)
        if name == "projects":
            frame["name"] = "Project " + frame["project_id"]
        tables[name] = frame
    settings = tables.pop("settings", None)
    return Register(settings=settings, **{name: frame for name, frame in tables.items() if len(frame)})


def _new_words(tables: dict[str, pd.DataFrame], rng: np.random.Generator) -> dict[str, dict[str, str]]:
    """For each kind of name, old word -> new word, in an order that the secret decides."""
    found: dict[str, set[str]] = {}
    for frame in tables.values():
        for column in frame.columns:
            kind = _kind(column)
            if kind:
                found.setdefault(kind, set()).update(frame[column].dropna().astype(str))
    words = {}
    for kind, old in sorted(found.items()):
        ordered = sorted(old - _STANDARD_LEVELS)
        places = rng.permutation(len(ordered))
        width = max(2, len(str(len(ordered)))) if kind == "project_id" else 1
        prefix = "Person " if kind == "person" else _WORDS["named"][kind]
        words[kind] = {word: f"{prefix}{place + 1:0{width}d}" for word, place in zip(ordered, places, strict=True)}
    return words


def _kind(column: str) -> str:
    """Which words a column shares with others; empty when its text is no name."""
    if column in _WORDS["people"]:
        return "person"
    column = _WORDS["same"].get(column, column)
    return column if column in _WORDS["named"] else ""


def _anonymous(
    frame: pd.DataFrame, column: Column, table: Table, words: dict[str, dict[str, str]], factor: float
) -> pd.Series:
    """One column with new words or scaled money; free text becomes its column's name."""
    cells = frame[column.name]
    if column.type == "number":
        rows = money_rows(frame, column)
        rows = np.full(len(cells), column.is_money) if rows is None else rows
        return cells.mask(rows, cells * factor)
    if (table.name, column.name) == ("scenarios", "value"):  # a level, or a published discount schedule
        return cells.map(lambda text: words.get("level", {}).get(text, text), na_action="ignore").astype("str")
    if column.type not in ("id", "text", "category", "value") or column.allowed or column.name in _WORDS["kept"]:
        return cells
    if column.name == "scope":
        return cells.map(lambda text: _new_scope(text, words), na_action="ignore").astype("str")
    kind = _kind(column.name)
    if kind:
        return cells.map(words[kind]).astype("str").fillna(cells.where(cells.isin(_STANDARD_LEVELS)))
    return cells.where(cells.isna(), f"({column.name})")


def _new_scope(scope: str, words: dict[str, dict[str, str]]) -> str:
    """The scope column=value in the new words; `all` stays what it is."""
    if scope == "all":
        return scope
    match = re.fullmatch(r"\s*(\w+)\s*=\s*(.*?)\s*", scope)
    if match is None:
        return next((new[scope] for new in words.values() if scope in new), scope)
    kind = _kind(match[1])
    return f"{match[1]}={words.get(kind, {}).get(match[2], match[2])}"
