"""Which rows of a sheet are no rows of its table, and why: totals, parents, headers of a next page, banners, notes.

One place decides for a register, for a source that is read through a mapping, and for the draft of such a mapping; what
it decides is a fact for each row (`Apart`), told in one set of words (`tell`). No row goes without a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from pmo_kit.register.findings import Findings, told
from pmo_kit.register.schema import Table
from pmo_kit.register.sheets import Body, Uncached
from pmo_kit.register.values import INSIDE, folded, one_of, plain_numbers, where, words

AVERAGES = frozenset(words()["averages"])
_CALLED = re.compile(rf"{one_of('totals')}|{one_of('total_parts')}", re.I)
_EXAMPLE = re.compile(r"(?i)e\.g\..*|example( row)?:?")
_NOTE = re.compile(rf"{one_of('notes')}\s*\d?\s*[:.)–-]", re.I)
_PART = re.compile(rf"\W*{one_of('part_of')}", re.I)
_SIGN = re.compile(r"^(?:[*†‡§]+|\(?\d\)|\d(?=\s[^\W\d]))")
_DATES = re.compile(
    r"\b(?:\d{4}-\d\d?-\d\d?|\d\d?[./-]\d\d?[./-](?:\d{4}|\d\d)|(?:\d\d?\.?\s+[^\W\d]+\.?\s+)?(?:19|20)\d\d(?:[-/]\d\d)?)\b"
)
_SPAN = re.compile(r"\d{1,4}[./-]\d\d?[./-]\d{1,4}(?:(?: to |\s*\W\s*)\d{1,4}[./-]\d\d?[./-]\d{1,4})?")
OUTLINE = re.compile(
    r"(?P<depth>(?:outline|hierarchy|wbs|gliederungs) ?(?:level|ebene)|niveau hiérarchique)|"
    rf"(?P<parent>{one_of('parent')}(?: .+)?)|"
    r"wbs(?: code)?|outline(?: number)?|gliederung(?:snummer)?|psp(?:-code)?|edt|n° wbs"
)
"""Headers of columns by which rows stand over others."""


@dataclass(frozen=True)
class Apart:
    """Why a row is no row of the table, or must be asked about; `side`: where the rows are whose sum it is."""

    what: str
    side: str = ""

    @property
    def row(self) -> bool:
        """It is a row of the table all the same."""
        return self.what in ("total_or_row named", "total_or_row folded") or "groups" in self.what

    @property
    def out(self) -> bool:
        """It is left out; what blocks is asked for, and stays."""
        return not self.row and told(self.what, side=self.side)[0] != "block"


@dataclass(frozen=True, eq=False)
class Look:
    """What is known of the columns of a sheet.

    Parameters
    ----------
    amounts : list of int
        Positions of amounts.
    key : Series or None
        The key of each row, empty text where it has none; None in a register.
    years : list of int
        Columns of years and periods: a total may be that of one of them.
    table, known : Table or None, mapping of int to str
        Of a register: its table, and position -> column. There a key is what it says, unless it is a total word and
        nothing else; in a table without amounts a row may be called as it likes.
    """

    amounts: list[int]
    key: pd.Series | None = None
    years: list[int] = field(default_factory=list)
    table: Table | None = None
    known: Mapping[int, str] = field(default_factory=dict)


@lru_cache(maxsize=1 << 14)
def is_total(text: object) -> bool:
    """True when a text is a total word and nothing else but a year, a unit or a colon.

    >>> is_total("Total 2027:"), is_total("Gesamt (T€)"), is_total("Total-ERP"), is_total("Total quality programme")
    (True, True, False, False)
    """
    if not isinstance(text, str) or not text:
        return False
    bare = re.sub(r"\b(?:19|20)\d\d\b", " ", INSIDE.sub(" ", folded(text)))
    return re.sub(r"\s+", " ", bare).strip(" :-–=") in words()["totals"]


def called_total(text: object) -> bool:
    """True when a text begins or ends as totals do: "Total outlays", "Gesamtkosten", "Portfolio total".

    >>> called_total("Total outlays"), called_total("Portfolio total"), called_total("Quay wall")
    (True, True, False)
    """
    return isinstance(text, str) and _CALLED.search(folded(text)) is not None


def find_totals(numbers: np.ndarray, candidates: np.ndarray, keep: np.ndarray, lone: np.ndarray) -> dict[int, str]:
    """Candidates whose amounts are the sums of rows above or below, all or up to the next one: row -> which of both.

    Parameters
    ----------
    numbers : ndarray
        Rows by amounts, NaN where there is none.
    candidates : ndarray of bool
        Rows that may be totals.
    keep : ndarray of bool
        Rows that are summed up.
    lone : ndarray of bool
        Candidates that may be the total of one row: they are called totals.
    """
    found: dict[int, str] = {}
    for side, step in (("above", 1), ("below", -1)):
        one, may, summed, named = (array[::step] for array in (numbers, candidates, keep.copy(), lone))
        summed, starts = summed.copy(), [0]
        summed[[len(keep) - 1 - row if step < 0 else row for row in found]] = False
        for number in map(int, np.flatnonzero(may & summed)):
            mine, here = one[number], ~np.isnan(one[number])
            summed[number] = False
            for begin in dict.fromkeys((*starts[:-50:-1], 0)):  # behind a total of its own level, or all
                rows = one[begin:number][summed[begin:number]]
                sums = (np.nansum(rows, axis=0), np.nansum(np.maximum(rows, 0), axis=0))
                equal = any(np.allclose(mine[here], some[here], rtol=1e-3, atol=1e-9) for some in sums)
                if here.any() and equal and mine[here].any() and len(rows) > (0 if named[number] else 1):
                    found[number if step > 0 else len(keep) - 1 - number] = side
                    starts.append(number + 1)
                    break
            else:
                summed[number] = True
    return found


def _is_sum(amounts: np.ndarray, row: int, of: list[int]) -> bool:
    """A row has amounts, and they are the sums of other rows."""
    own = np.nan_to_num(amounts[row])
    return bool(own.any() and np.allclose(own, np.nansum(amounts[of], axis=0), rtol=1e-3, atol=1e-9))


def _outline(body: Body) -> dict[int, list[int]]:
    """Rows that stand over others, and the last of these below each.

    By a column of outline levels, of numbers (1, 1.1, 1.1.2), or of the key of the row above.
    """
    headers = map(OUTLINE.fullmatch, map(folded, body.headers))
    kinds = {place: kind for place, kind in enumerate(headers) if kind}
    texts = [body.text(place).fillna("") for place in range(len(body.headers))] if kinds else []
    for place, kind in kinds.items():
        text = texts[place]
        if kind["parent"]:
            keys = (one for one in texts if one is not text and one.is_unique and (set(one) & set(text)) - {""})
            rows = {key: row for row, key in enumerate(next(keys, ())) if key}
            above = [rows.get(key, -1) for key in text]
        elif text.str.fullmatch(r"\d+(?:\.\d+)*\.?").all():
            deep = (text.astype(float) if kind["depth"] else text.str.strip(".").str.count(r"\.")).to_list()
            above, last = [], dict[float, int]()
            for row, own in enumerate(deep):
                above.append(max((at for depth, at in last.items() if depth < own), default=-1))
                last[own] = row
        else:
            continue
        below: dict[int, list[int]] = {}
        for row in sorted(set(range(len(above))) - set(above)):
            at = above[row]
            while at >= 0 and below.setdefault(at, [])[-1:] != [row]:  # a circle ends, too
                below[at].append(row)
                at = above[at]
        if below:
            return below
    return {}


def _groups(numbers: np.ndarray, rows: list[int]) -> dict[int, list[int]]:
    """Rows that head others, and those below each, where all rows are such groups: a head is the sum of its rows.

    >>> _groups(np.array([[40.0], [10], [30], [12], [5], [7]]), [*range(6)])
    {0: [1, 2], 3: [4, 5]}
    >>> _groups(np.array([[40.0], [10], [30], [12], [5], [8]]), [*range(6)])
    {}
    """
    amounts = np.nan_to_num(numbers[rows])
    sizes = amounts.sum(axis=1).tolist()
    for least in (2, 1):  # equal rows one below the other are a group only where nothing else makes all of them groups
        heads, ends, start, groups = dict[int, list[int]](), dict[int, int](), 0, 0
        for row in reversed(range(len(rows))):
            inside, below, left = list[int](), row + 1, sizes[row]
            while below < len(rows) and left > 1e-6:
                inside.append(below)
                left, below = left - sizes[below], ends.get(below, below + 1)
            if len(inside) >= least and left > -1e-6 and np.allclose(amounts[inside].sum(axis=0), amounts[row]):
                heads[row], ends[row] = inside, below
        while start in ends:
            start, groups = ends[start], groups + 1
        if start == len(rows) and groups > 1 and max(map(len, heads.values())) > 1:
            return {rows[row]: [rows[one] for one in heads[row]] for row in sorted(heads)}
    return {}


def _folds(body: Body, amounts: np.ndarray) -> tuple[dict[int, str], set[int]]:
    """Rows beside rows that a workbook folds away, with the sums of these; first rows of others."""
    found: dict[int, str] = {}
    groups: dict[int, bool] = {}
    depths, last = body.depths, len(body.rows) - 1
    for step, side in ((1, "below"), (-1, "above")):
        deep = depths[::step]
        for row in map(int, np.flatnonzero(np.diff(deep) > 0)[::-1]):
            ends = np.flatnonzero(deep[row + 1 :] <= deep[row])
            inside = range(row + 1, row + 1 + int(ends[0]) if len(ends) else len(deep))
            mine, *rows = (one if step > 0 else last - one for one in (row, *inside))
            summed = _is_sum(amounts, mine, [one for one in rows if one not in found])
            counts = not np.isnan(amounts[[mine, *rows]]).all()
            groups[min(rows)] = groups.get(min(rows), False) or summed or not counts
            if summed:
                found[mine] = side
    return found, {row for row, settled in groups.items() if not settled}


def below_table(body: Body, filled: np.ndarray, amounts: list[int], gone: np.ndarray) -> np.ndarray:
    """Lines that stand below the rows, after an empty line, say less than these, and have no amounts."""
    count = filled.sum(axis=1)
    thin = gone | ((count <= 0.5 * np.median(count)) & ~filled[:, amounts].any(axis=1))
    starts = [row + 1 for row in np.flatnonzero(np.diff(body.rows) > 1) if thin[row + 1 :].all()]
    return np.arange(len(count)) >= min(starts, default=len(count))


def rows_apart(body: Body, look: Look, gone: np.ndarray | None = None) -> dict[int, Apart]:
    """What each row of a sheet is that is no row of the table, or about which it must be asked: row -> why.

    Parameters
    ----------
    body : Body
        Without blank lines.
    look : Look
        What its columns are.
    gone : ndarray of bool or None
        Rows that a filter leaves out: they are summed up all the same, and nothing is said about them.
    """
    filled = body.filled
    if not filled.size:
        return {}
    if look.key is None:
        apart = _lines_of_register(body, look)
        totals = _totals_of_register(body, look, _among(apart, len(filled)))
        return apart | totals | _parts(body, look)
    left = np.zeros(len(filled), bool) if gone is None else gone.copy()
    apart = _totals_of_source(body, look, left)
    left |= _among([row for row, one in apart.items() if one.out], len(left))
    alone = (filled.sum(axis=1) == 1) & (filled.shape[1] > 2)
    banner = look.key.eq("").to_numpy(bool, copy=True)
    for pattern in (r"\w\s+\w", r"^\D+$"):  # words among keys of one word; no number where each key has one
        odd = look.key.str.contains(pattern, regex=True).to_numpy(bool)
        banner |= odd & (not (odd & ~alone & ~left).any())
    banner &= alone & ~left
    parts = {row: one for row, one in _parts(body, look).items() if not left[row]}
    if banner.any():
        banner &= np.isnan(_amounts(body, look.amounts)).all(axis=1)  # an amount without a key is asked about
    below = below_table(body, filled, look.amounts, left | banner) & ~left & ~banner
    lines = {"banner_row": banner, "banner_row note": below}
    return {int(row): Apart(what) for what, rows in lines.items() for row in np.flatnonzero(rows)} | apart | parts


def _parts(body: Body, look: Look) -> dict[int, Apart]:
    """Rows with amounts whose first text says that they are a part of the row above: of which staff."""
    said = where(body.texts[np.arange(len(body.rows)), body.filled.argmax(axis=1)], _PART.match)
    rows = said & ~np.isnan(_amounts(body, look.amounts if said.any() else [])).all(axis=1)
    return {int(row): Apart("total_or_row part") for row in np.flatnonzero(rows)}


def _among(rows: Iterable[int], size: int) -> np.ndarray:
    return np.isin(np.arange(size), list(rows))


def tell(body: Body, apart: Mapping[int, Apart], findings: Findings) -> np.ndarray:
    """Say why rows are no rows of a table, in the order of the sheet; which rows are left."""
    keep = np.ones(len(body.rows), bool)
    for row, one in sorted(apart.items()):
        value = " | ".join(filter(None, body.texts[row]))
        findings.tell(one.what, at=body, row=int(body.rows[row]), value=value, side=one.side)
        keep[row] = not one.out
    return keep


def _lines_of_register(body: Body, look: Look) -> dict[int, Apart]:
    """Examples and banners among the rows of a table of the register."""
    count, known = body.filled.sum(axis=1), len(look.known)
    ids = [place for place, name in look.known.items() if name.endswith("_id")]
    across = {int(body.raw.rows[top]) for top, bottom, left, right in body.raw.merged if top == bottom and right > left}
    example = where(body.texts[:, 0], _EXAMPLE.fullmatch)
    apart: dict[int, Apart] = {}
    for row in map(int, np.flatnonzero(example | ((count == 1) & (known > 2)))):
        place = int(body.filled[row].argmax())
        first = body.texts[row, place] or ""
        if place == 0 and _EXAMPLE.fullmatch(first):
            apart[row] = Apart("example_row")
        elif count[row] == 1 and known > 2 and ids and place not in ids and not is_total(first):
            apart |= {} if place in look.amounts and re.search(r"\d", first) else {row: Apart("banner_row")}
        elif count[row] == 1 and int(body.rows[row]) in across:
            apart[row] = Apart("banner_row merged")
    return apart | {row: Apart("banner_row note") for row in _notes(body, look)}


def _notes(body: Body, look: Look) -> set[int]:
    """The last rows of a table of the register that are notes: words in the first cells, no number, no new key.

    A note says so by its first word or sign, or is a sentence in one cell where keys are single words.
    """
    first, found = min(look.known, default=0), set[int]()
    if look.table is None or len(look.known) < 2:
        return found
    gaps = np.flatnonzero(np.diff(body.rows) > 1) + 1
    numbers = [place for place, name in look.known.items() if look.table[name].type not in ("id", "text", "category")]
    for row in range(len(body.rows) - 1, 0, -1):
        said = list(filter(None, body.texts[row]))
        if len(said) > 2 or not body.filled[row, first] or body.filled[row, numbers].any():
            break
        keys = set(filter(None, body.texts[:row, first]))
        line = " ".join(said)
        rest = " ".join(one for one in re.split(r"[^\w.-]+", _SIGN.sub("", _DATES.sub(" ", line))) if one not in keys)
        words_ = _NOTE.match(line) or (_SIGN.match(line) and len(said) == 1)
        least = 4 if any(gaps <= row) else 5
        sentence = len(said) == 1 and len(line.split()) >= least and not any(" " in one for one in keys)
        if re.search(r"\d", rest) or not (words_ or sentence):
            break
        found.add(row)
    return found


def _amounts(body: Body, places: list[int]) -> np.ndarray:
    """The amounts of each row."""
    columns = [plain_numbers(body.cells.iloc[:, place], own=True).to_numpy() for place in places]
    return np.column_stack(columns) if columns else np.zeros((len(body.rows), 0))


def _decided(
    body: Body, look: Look, may: np.ndarray, gone: np.ndarray, lone: np.ndarray, *, summed: np.ndarray,
    sure: np.ndarray, called: np.ndarray, bare: np.ndarray, own: np.ndarray,
    asked: list[tuple[str, np.ndarray, bool]], years: Iterable[np.ndarray], below: dict[int, list[int]],
) -> dict[int, Apart]:  # fmt: skip
    """Rows that are totals, that stand over others, or of which it is asked, by what they say of themselves.

    Some `may` be totals, `lone` ones of one row; `sure` are they where their amounts are sums of rows that are
    `summed`, those `called` so without amounts where these have no result, or the row is `bare`; never those with a
    scope of their `own`. What is `asked`, the most urgent last, of which rows, and whether only where they are sums.
    `below` are the rows over which others stand.
    """
    if not (may.any() or (look.amounts and body.depths.any()) or below):
        return {}
    numbers, size = _amounts(body, look.amounts), len(may)
    below = {row: rows for row, rows in below.items() if not np.isnan(numbers[rows]).all()}
    over = _among(below, size)
    found = find_totals(numbers, may & ~over, summed & ~over, lone)
    for text in years:  # a total of one year, below the rows of several
        for value in dict.fromkeys(filter(None, text)):
            mine = summed & (text == value)
            found |= find_totals(numbers, may & mine, mine, lone)
    found |= {row: "below" for row, rows in below.items() if _is_sum(numbers, row, rows)}
    folds, alone = _folds(body, numbers) if body.depths.any() and numbers.size else ({}, set[int]())
    found, over, empty = found | folds, over | _among(folds, size), np.isnan(numbers).all(axis=1)
    sums, formulas = _among(found, size), np.zeros(size, bool)
    for row in np.flatnonzero(empty & called):
        formulas[row] = any(isinstance(body.cells.iat[row, place], Uncached) for place in look.amounts)
    total = ((sums & (sure | over)) | (empty & called & (formulas | bare))) & ~own
    said = [("total_or_row folded", _among(alone, size), False), *asked]
    said += [("total_or_row parent", over & ~empty, False), ("total_row", total, False)]
    lines = (
        (what, int(row)) for what, rows, only in said for row in np.flatnonzero(rows & ~gone & (sums | (not only)))
    )
    return {row: Apart(what, found.get(row, "above")) for what, row in lines}


def _totals_of_source(body: Body, look: Look, gone: np.ndarray) -> dict[int, Apart]:
    """Rows that are called totals, have no key, head others or say no more than their key, and are sums; or may be."""
    assert look.key is not None
    key, texts, others = look.key, body.texts, [n for n in range(body.texts.shape[1]) if n not in look.amounts]
    none = ~key.str.contains(r"\w", regex=True).to_numpy(bool)
    named = where(key, called_total)
    for row in np.flatnonzero(none):
        named[row] |= any(map(called_total, texts[row, others]))
    counts = body.filled[:, others].sum(axis=1)
    alone = (counts <= 1) & (np.median(counts) >= 2)  # where other rows say more than their key
    said = {one.casefold() for one in texts[~alone].flat if one} if alone.any() else set()
    named |= alone & key.str.casefold().isin(said).to_numpy(bool)  # of a department
    group = none & ~alone  # the line below a group, from its first to its last day
    for place in others if group.any() else ():
        text, same = texts[:, place], len(set(texts[:, place])) == 1  # stars, and the currency of all rows, say nothing
        spans = where(text, lambda one: _SPAN.fullmatch(one) or not re.search(r"\w", one))
        group &= ~body.filled[:, place] | spans | same
    if not look.amounts:
        return {}
    below, numbers = _outline(body), _amounts(body, look.amounts)
    counted = np.nan_to_num(numbers).any(axis=1) & ~gone & ~named
    flat = np.isclose(np.nansum(numbers[named], axis=1), np.nansum(numbers[counted])).any()  # a total of all rows
    groups = {} if flat or below or none[counted].any() else _groups(numbers, list(map(int, np.flatnonzero(counted))))
    if all(key[row] == key[one] for row, rows in groups.items() for one in rows):  # sorts of money of one project
        groups = {}
    exact, average, never = where(key, is_total), where(key, lambda text: folded(text) in AVERAGES), np.zeros_like(gone)
    asked = [("total_or_row bare", alone & (named | average), False), ("total_or_row bare_sum", alone, True)]
    apart = _decided(
        body, look, named | alone | group, gone, exact | (named & none) | (alone & (named | none)), summed=~never,
        sure=named | none, called=exact, bare=never, own=never, asked=asked, years=texts[:, look.years].T,
        below=below | groups,
    )  # fmt: skip
    level = r"[._/-]|(?<!\d)\d"  # A over A.01 and A01; P1 is not over P10
    codes = all(re.match(f"{re.escape(key[row])}({level})", key[one]) for row, rows in groups.items() for one in rows)
    if codes or any(folded(header) in words()["pivot"] for header in body.headers):
        return apart
    few = " few" if len(groups) * np.nan_to_num(numbers).any(axis=0).sum() < 4 else ""  # that may be chance
    return apart | {row: Apart(f"total_or_row groups{few}") for row in groups if row in apart}


def _totals_of_register(body: Body, look: Look, gone: np.ndarray) -> dict[int, Apart]:
    """Rows whose key is empty, or a total word and nothing else, and whose amounts are sums; or that may be totals."""
    table, known, texts, filled = look.table, look.known, body.texts, body.filled
    if table is None or table.name in ("rules", "settings") or not (look.amounts or table.name == "projects"):
        return {}
    none, others = np.zeros(len(gone), bool), [n for n in range(texts.shape[1]) if n not in look.amounts]
    ids = [name for name in table.key if table[name].type == "id"]
    mine = [place for name in ids for place in known if known[place] == name][:1]
    key = texts[:, mine[0]] if mine else np.full(len(gone), None)
    exact, loose, blank = where(key, is_total), where(key, called_total), pd.isna(key)
    total = {place: where(texts[:, place], is_total) for place in others}
    said = np.any([none, *total.values()], axis=0)
    timed = [place for place, name in known.items() if table[name].type in ("year", "period")]
    keys = [place for place, name in known.items() if name in table.key and place not in (*timed, *mine)]
    own = np.any([none, *(filled[:, place] & ~total.get(place, none) for place in keys)], axis=0)
    few = (filled.sum(axis=1) <= len(look.amounts) + 1) & ~own
    called = exact | (blank & (said | few))
    scopes = [place for place, name in known.items() if name in ("scope", "role") and place not in mine]
    scope = np.any([none, *(filled[:, place] & ~total[place] for place in scopes)], axis=0)
    bare = exact & (filled.sum(axis=1) <= 2) & ~filled[:, look.amounts].any(axis=1)
    refers = table.name == "projects" or any(column.refs for column in table if column.name in table.key)
    odd = none if refers else exact
    asked = [("total_or_row named", loose, True), ("total_or_row no_sum", odd, False)]
    asked += [("total_or_row scoped", odd & scope, False)]
    return _decided(
        body, look, (called | loose) & ~gone, gone, said, summed=~gone, sure=called, called=called & said, bare=bare,
        own=scope, asked=asked, years=texts[:, timed].T, below=_outline(body) if look.amounts else {},
    )  # fmt: skip
