"""A first mapping for anybody's export: what every column seems to be, on which grounds, and how sure that is."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pandas as pd

from pmo_kit.disk import real, write_whole
from pmo_kit.errors import DataError, PmoError
from pmo_kit.facts import number
from pmo_kit.register import values
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.register.findings import Findings, describe_findings
from pmo_kit.register.importing import MAY_ADD, NOT_READ, NOT_STATED
from pmo_kit.register.layout import Heading, dated, find_heading, several_years, table_of_sheet
from pmo_kit.register.reading import admit_names, is_mapping, load_register, read_together, sources_of
from pmo_kit.register.rows import OUTLINE, Look, called_total, rows_apart
from pmo_kit.register.schema import Column, header_words, load_schema
from pmo_kit.register.settings import Settings, stated_settings
from pmo_kit.register.shaping import amounts_in_words, booked_sides, fits, is_sum, may_be_amounts, qualifies
from pmo_kit.register.sheets import Body, RawSheet, Uncached
from pmo_kit.register.tables import Register
from pmo_kit.register.template import write_register

_DATED = re.compile(r"\b\d{4}-\d\d?-\d|\d[./-]\d\d?[./-]\d\d(?!\d)|\d:\d\d")
_LONG = 60
_EXAMPLES = {"currency": "EUR", "money_unit": "million", "as_of": "2026-09-30", "price_basis": "nominal"}
_OF_PROJECTS = ("name", "area", "strategic_goal", "project_type", "stage", "commitment", "sponsor", "manager")
_COSTLY = ("projects", "budgets", "baselines", "estimates", "requests")  # sheets that are called so may hold costs
_CHILDREN = {"risks": ("risk", "probability"), "status": ("period", "pv", "ev"), "milestones": ("milestone",)}


def bare_header(header: str) -> str:
    """A header without what an issue tracker writes around the name of a field.

    >>> bare_header("Custom field (Cost 2027)"), bare_header("Cost (€k)")
    ('Cost 2027', 'Cost (€k)')
    """
    return re.sub(r"(?i)^custom fields? \((.*)\)$", r"\1", header)


def plain(header: str) -> str:
    """A header in the form in which it is looked up: words in lower case, without accents, units and signs.

    >>> plain("Coûts_prévus (k€)"), plain("projectName"), plain("N° projet"), plain("Proj #")
    ('couts prevus', 'project name', 'n projet', 'project no')
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", values.INSIDE.sub(" ", bare_header(header))).replace("#", " no ")
    text = re.sub(r"(?i)\bproj\b", "project", text)
    letters = (one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    text = "".join(letters).casefold()
    return " ".join(re.sub(r"[^\w%]+|_", " ", text).split())


@cache
def _ranks(table: str, name: str) -> dict[str, int]:
    """Plain headers that may name a column of a table -> how sure that is, the surest first."""
    words = (name, *load_schema()[table][name].aliases)
    return {plain(word): rank for rank, word in reversed(list(enumerate(words)))}


@cache
def _known(table: str) -> set[str]:
    """Plain headers that may name a column of a table."""
    return {word for column in load_schema()[table] for word in _ranks(table, column.name)}


@cache
def _parts(kind: str) -> re.Pattern[str]:
    """Words of a header that tell what kind of money it is."""
    words = sorted(filter(None, map(plain, header_words()["words", kind])), key=len, reverse=True)
    close = [word for word in words if word[0] > "\u2e80" or word == "%"]  # no blank stands before them
    apart = "|".join(word for word in words if word not in close)
    return re.compile("|".join([rf"\b(?:{apart})s?\b", *close]))


_PARTS = ("bare", "plain", "capex", "opex")
_ALONE = ("planned", "forecast", "plain", "fund", "net", "case", "actual")
_ORDER = (("bare",), ("total",), ("capex", "opex"), *((one,) for one in _ALONE))
"""Of several figures of one year the first is its cost; those that stand together are parts of it."""
_SORTS = ("derived", "count", "limit", "benefit", "income", "capex", "opex", "forecast", "actual", "planned", "fund",
          "net", "case", "total")  # fmt: skip
_WHOLE = ("forecast", "total", "bare", "planned", "plain", "capex", "opex", "net", "fund", "case")
"""Figures that may be the whole cost of a project, the likeliest first."""
_SAYS: dict[str, dict[str, str]] = {
    "capex": {"kind": "{value: capex}"},
    "opex": {"kind": "{value: opex}"},
    "actual": {"state": "{value: actual}"},
    "benefit": {"benefit": "{value: benefit}"},
}
_NO_AREA = f"{{value: {NOT_STATED}}}"
_PER = sorted({plain(one) for one in (*values.words()["qualifies"]["per"], *values.words()["not_a_year"])}, key=len)
_PERIODIC = re.compile(rf"\b(?:{'|'.join(_PER[::-1])})(?:e?s|e|e[rn]|l?les?)?\b|{values.one_of('year')} ?\d")
"""Plain headers of money of each month or year, or of one that has a number."""


def sort_of(words: str) -> str:
    """What sort of figures plain words tell; "bare" where they say money at most, "plain" where nobody knows.

    >>> [sort_of(one) for one in ("budget", "actual cost", "fte", "staff", "cost", "")]
    ['planned', 'actual', 'count', 'plain', 'bare', 'bare']
    """
    rest = _parts("money").sub(" ", words).strip()
    if rest == "real":  # constant prices, or what is spent, as Spanish has it
        return "case"
    return next((one for one in _SORTS if _parts(one).search(words)), "plain" if rest else "bare")


def _of_people(words: str) -> bool:
    """Plain words name people or their time, and no money; a forecast may be one of both.

    >>> [_of_people(one) for one in ("staff", "resource forecast", "staff costs", "personalkosten", "cost")]
    [True, True, False, False, False]
    """
    return _parts("people").search(words) is not None and not _says_money(words)


def _sort_of_title(title: str) -> str:
    """What sort of figures the plain title of a sheet tells, as `sort_of` names it; people are counted."""
    return "count" if _of_people(title) else sort_of(title)


def _says_money(words: str) -> bool:
    """Plain words name money, alone or as the end of a word: Personalkosten; what is planned may be anything."""
    money = set(map(plain, header_words()["words", "money"])) - set(header_words()["words", "loose"])
    return any(one.endswith(tuple(money)) for word in words.split() for one in (word, word.removesuffix("s")))


def _again(col: _Col, others: list[_Col], alike: bool) -> bool:
    """Another figure of a year, where none of both is one of a month; `alike`: one that is called so, too."""
    same = [one for one in others if one.year == col.year and not one.part]
    return not col.part and any(not alike or one.words == col.words for one in same)


def _bare_of(header: str) -> str:
    """A header without its unit, and of what stands in brackets the words alone, and its only year."""
    text = re.sub(r"\b12 months?\b", " ", values.without_unit(bare_header(header)))
    dated = re.search(r"(?:19|20)\d\d", values.INSIDE.sub(" ", text))

    def kept(inside: re.Match[str]) -> str:
        if values.read_year(inside[1].strip()):
            return " " if dated else f" {inside[1]} "
        whole = re.search(rf"^\D*$|%|(?i:pct|per ?cent|prozent|\bp\d\d\b)|{values.PART_OF_YEAR}", inside[1])
        return " ".join(["", inside[1] if whole else plain(re.sub(r"\d", " ", inside[1])), ""])

    return values.INSIDE.sub(kept, text).strip()


def year_of(header: str) -> tuple[int, str] | None:
    """Fiscal year that a header names, and the words around it; None where it names none or other figures too.

    >>> year_of("FY2026/27 Budget (£m)"), year_of("Ist 2027"), year_of("Phase 2"), year_of("FY27"), year_of("Feb-27")
    ((2027, 'budget'), (2027, 'ist'), None, (2027, ''), (2027, ''))
    >>> year_of("2027 (Actual)"), year_of("Budget (FY27)"), year_of("2027 (2)"), year_of("H1/27"), year_of("2027 (P80)")
    ((2027, 'actual'), (2027, 'budget'), (2027, ''), (2027, ''), (2027, 'p80'))
    >>> year_of("'27"), year_of("Ist '27"), year_of("Cost27"), year_of("P50"), year_of("2027-12-31"), year_of("S1 2027")
    ((2027, ''), (2027, 'ist'), None, None, (2027, ''), (2027, ''))
    """
    if not re.search(r"\d", header):
        return None
    bare = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _bare_of(header))
    if (whole := re.sub(rf"[\s/'’-]*{values.PART_OF_YEAR}[\s/'’-]*", " ", bare)) != bare:
        bare = re.sub(r"(?<!\d)(?=\d\d$)", "20", whole.strip())
    bare = re.sub(r"^(\D*)['’](?=(?:1[5-9]|[2-5]\d)$)", r"\1 20", bare)
    if several_years(bare):
        return None
    if period := values.read_period(_bare_of(bare)):
        return int(period[:4]), ""
    found = [] if _DATED.search(bare) else dated(bare)
    clear = (pair for pair in found if not re.search(r"\d", re.sub(r"(?i)\bp\d\d\b", "", pair[1])))  # P50, P80
    return next(((int(value), plain(rest)) for value, rest in clear), None)


@dataclass(eq=False)
class _Col:
    """One column of a source, and what its cells look like.

    `stated` is the unit of a line beside its table; `side`: its amounts are added or taken off.
    """

    source: Body
    place: int
    stated: tuple[str, str] = ("", "")
    side: str = ""
    used: str = ""
    why: str = ""
    sure: bool = False

    def __post_init__(self) -> None:
        self.header = " ".join(self.source.title(self.place).split())
        self.cells, self.whole = self.source.cells.iloc[:, self.place], self.source.text(self.place)
        self.plain = plain(self.header)
        self.year, self.words = year_of(self.header) or (0, self.side or self.plain)

    @cached_property
    def text(self) -> pd.Series:
        """Filled cells as clean text; words for nothing left out, and formulas without a result."""
        text = self.whole.dropna()
        if self.cells.dtype == object:
            text = text[[not isinstance(cell, Uncached) for cell in self.cells[text.index]]]
        return text[~text.str.fullmatch(values.MISSING, na=False)]

    @cached_property
    def part(self) -> bool:
        """The header names a month, a quarter or half a year, or what is spent of a year until today."""
        months = values.english_months(self.plain) != self.plain
        period = values.read_period(_bare_of(self.header)) or ""
        part = rf"{values.PART_OF_YEAR}|{values.one_of('not_a_year')}"
        return months or "-" in period or re.search(part, self.header, re.I) is not None

    @property
    def periodic(self) -> bool:
        """The header says that the money is that of each month or year, or of one year, and no total."""
        dated = re.search(r"(?:19|20)\d\d", self.plain) and not values.stated_prices(self.header)[1]
        return bool(dated) or _PERIODIC.search(self.plain) is not None

    def share(self, kind: str) -> float:
        """Share of the filled cells that can be read as a number, date, period or year; words do not count."""
        text = self.text[self.text.str.contains(r"\d", regex=True)]
        if not len(text) or len(text) < 0.2 * len(self.text):
            return 0.0
        cells = self.cells.loc[text.index]
        read = values.READERS[kind](cells, Column(kind, kind)).values.notna()
        if kind == "number":
            loose = text.str.fullmatch(r"[-+(]?\s*\D{0,4}\s*[\d.,'\s]+\D{0,6}\)?", na=False)
            read |= loose & ~text.str.contains(values.ORDINAL)
        elif kind == "period":  # the halves of a year are none of a status
            read |= text.str.contains(values.PART_OF_YEAR) & text.str.contains(r"20\d\d")
        elif kind == "date":
            read &= ~text.str.fullmatch(r"\d+([.,]\d+)?", na=False)
        return float(read.mean())

    @cached_property
    def number(self) -> bool:
        return self.share("number") >= (0.3 if self.year else 0.8) and not self.date

    @cached_property
    def date(self) -> bool:
        return self.share("date") >= 0.7

    @cached_property
    def marks(self) -> bool:
        """Letters and a number under a header that names no figures: R1 is no rand."""
        unknown = not self.year and sort_of(self.plain) == "plain"
        return unknown and bool(self.text.str.fullmatch(r"[^\W\d_]+[-_/ ]?\d+").all())

    @cached_property
    def long(self) -> bool:
        return len(self.text) > 0 and self.text.str.len().mean() > _LONG

    @property
    def sample(self) -> str:
        return ", ".join(" ".join(one.split())[:24] for one in pd.unique(self.text)[:3])

    def has(self, kind: str) -> bool:
        """The header has a word of a kind (planned, actual, money, ...)."""
        return _parts(kind).search(plain(re.sub(r"[()\[\]]", " ", self.header))) is not None

    def fit(self, column: Column) -> bool:
        """The cells can be what a column of the register needs."""
        if not len(self.text):
            return False
        if column.type in ("date", "number"):
            return self.date if column.type == "date" else self.number
        if column.type in ("year", "period"):
            return self.share(column.type) >= 0.9
        return fits(self.cells, column) if column.allowed else not (self.long or self.date)

    def take(self, target: str, why: str, sure: bool) -> str:
        """Use it; its header as the mapping writes it."""
        if not self.used:
            self.used, self.why, self.sure = target, why, sure
        return quoted(self.header)


@dataclass(eq=False)
class _Sheet:
    """One sheet, its columns, and the blocks of the mapping that read it: a table, and name -> what is written."""

    source: Body
    cols: list[_Col]
    blocks: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    keep: str = ""
    date: _Col | None = None
    sign: _Col | None = None

    def targets(self, table: str, name: str) -> list[_Col]:
        """Free columns that name a column of a table, and fit; the surest word first."""
        column, ranks = load_schema()[table][name], _ranks(table, name)
        if table == "projects":  # Project Owner, Project Department
            ranks = {f"project {word}": rank for word, rank in ranks.items()} | ranks
        said = {col: col.plain for col in self.cols if not col.used}
        if column.high == 1:  # Probability %, Chance in percent
            said = {col: re.sub(rf"(?: in)? *{values.PERCENT}", "", one).strip() for col, one in said.items()}
        found = [col for col, one in said.items() if one in ranks and col.fit(column)]
        return sorted(found, key=lambda col: ranks[said[col]])

    @property
    def years(self) -> list[_Col]:
        """Free columns of figures of a year."""
        return [col for col in self.cols if not col.used and col.year and col.number]

    def words(self) -> list[_Col]:
        """Free columns of short words."""
        return [col for col in self.cols if not (col.used or col.number or col.date or col.long)]

    def leave(self, cols: Iterable[_Col], why: str, sure: bool = False) -> None:
        """Do not read columns."""
        for col in cols:
            col.take("ignore", why, sure)


def quoted(text: str) -> str:
    """A text as YAML and JSON write it."""
    return json.dumps(text, ensure_ascii=False)


def _sheet(raw: RawSheet) -> _Sheet | None:
    """A sheet below the header row that has most words and years that are known."""

    def score(heading: Heading) -> float:
        texts = [text for text in heading.texts if text]
        known, apart = {plain(text) for text in texts}, set(texts)
        named = sum(any(word in _known(table.name) for table in load_schema()) for word in known)
        years = sum(year_of(text) is not None for text in apart)
        years *= known.isdisjoint(_ranks("costs", "year"))  # Year, 2027, 2028: rows or columns of years
        if heading.raw is not raw:  # turned: keys such as P2027 are no header
            years = min(years, 2 * named)
        elif texts and values.folded(texts[0]) in values.words()["pivot"]:  # below the lines of its filters
            named += len(texts)
        points = 2.0 * named + (years + 0.001 * min(len(apart), 99) if heading.first < len(heading.raw.rows) else -1)
        return points - 0.5 * (len(texts) - len(apart))

    heading = find_heading([raw], score)
    if heading is None:
        return None
    best = heading.rows(Findings(), 2 if len(heading.texts) > 2 else 1)
    inside = range(min(best.rows, default=0) + 1, max(best.rows, default=0))  # a unit there is of the rows below it
    around = (values.line_unit(text) for _, row, text in best.around if row not in inside)
    stated = next((said for said in around if said != ("", "")), ("", ""))
    best = best.only(_may_be_rows(best))
    filled = [place for place, header in enumerate(best.headers) if header and best.text(place).notna().any()]
    sides = booked_sides(best.headers)
    side = dict.fromkeys(sides, "added") | dict.fromkeys(sides.values(), "taken off")
    return _Sheet(best, [_Col(best, place, stated, side.get(place, "")) for place in filled])


def _may_be_rows(body: Body) -> np.ndarray:
    """Rows that are not sums of others, notes or headers: keys are looked for in them."""
    texts = [body.text(place) for place in body.cells]
    numbers = [values.plain_numbers(body.cells[place], own=True) for place in body.cells]
    years = [n for n, one in enumerate(texts) if one.notna().any() and one.dropna().map(values.read_year).notna().all()]
    money = [n for n, one in enumerate(numbers) if one.notna().sum() >= 0.3 * texts[n].notna().sum() > 0]
    money = [n for n in money if n not in years and not (np.diff(numbers[n].dropna()) == 1).all()] or money
    others = [text for n, text in enumerate(texts) if n not in (*money, *years)]
    first = pd.concat(others, axis=1).bfill(axis=1).iloc[:, 0] if others else texts[0].iloc[:0]
    key = first.reindex(range(len(body.rows))).fillna("")
    apart = rows_apart(body, Look(money, key, years))
    return np.array([row not in apart or apart[row].row for row in range(len(key))], dtype=bool)


def _unit_of_name(files: set[str], differ: bool = False) -> tuple[str, str]:
    """Currency and unit that the name of a file states, or nothing: "fr" and "m" may mean anything there.

    One short word may name anything, too, unless files `differ` in such words.

    >>> [_unit_of_name({one}) for one in ("TEUR.csv", "millions.csv", "costs_lac.csv", "lac.csv", "CAD.csv")]
    [('EUR', 'thousand'), ('', 'million'), ('', 'lakh'), ('', ''), ('', '')]
    """
    parts = re.split(r"[\s_.\-]+", Path(files.pop()).stem) if len(files) == 1 else []
    said = values.header_unit(" ".join(part for part in parts if part.casefold() not in values.words()["short"]))
    return said if differ or len(parts) > 1 or len("".join(parts)) > 3 or all(said) else ("", "")


def _unique(text: pd.Series, rows: pd.DataFrame) -> bool:
    """Every row has its own value, rows that are there twice counted once."""
    text = text[~rows.duplicated().to_numpy()]
    return bool(text.notna().mean() > 0.98 and not text.dropna().duplicated().any())


def _pairs(one: _Col, two: _Col) -> bool:
    """Each value of one column goes with one value of another, both ways."""
    both = pd.DataFrame({1: one.whole, 2: two.whole}).dropna().drop_duplicates()
    return bool(len(both)) and not both[1].duplicated().any() and not both[2].duplicated().any()


def _joined(cols: list[_Col]) -> pd.Series:
    """The texts of columns as one key."""
    return cols[0].whole.str.cat([col.whole for col in cols[1:]], sep="-") if len(cols) > 1 else cols[0].whole


def _line(said: str, why: str, col: _Col) -> str:
    """A line of the mapping, with the reason and what the column holds."""
    return f"{said}  # {why}: {col.sample}"


def _differs(text: pd.Series, ids: pd.Series) -> pd.Series:
    """Which projects have rows that do not say the same."""
    return text.groupby(ids).nunique().gt(1)


def _off(sign: str) -> bool:
    """A sign beside an amount takes it off."""
    return sign.strip(" .").casefold() in values.words()["signs_off"]


def _is_amount(quantity: str) -> bool:
    """The name of a quantity says that it is money."""
    return bool(np.any(values.money_rows({"quantity": pd.Series([quantity])}, load_schema()["baselines"]["now"])))


class Draft:
    """A mapping in the making.

    Parameters
    ----------
    raws : list of RawSheet
        Sheets of the source.
    name : str
        Of the mapping.
    sources : list of str
        Paths of the source, as the mapping is to write them.
    """

    def __init__(self, raws: list[RawSheet], name: str, sources: list[str]) -> None:
        self.name, self.sources = name, sources
        self.several = len(raws) > 1
        rest = [raw for raw in raws if table_of_sheet(raw.title) != "settings"] or raws
        self.sheets = [sheet for sheet in map(_sheet, rest) if sheet is not None and len(sheet.source.rows)]
        files = {raw.file for raw in raws}
        differ = len({_unit_of_name({file}, True) for file in files} - {("", "")}) > 1
        for col in (col for sheet in self.sheets if len(files) > 1 for col in sheet.cols if col.stated == ("", "")):
            col.stated = _unit_of_name({col.source.raw.file}, differ)
        if not self.sheets:
            raise PmoError("There is no table with a header and rows in this file.")
        self.settings: dict[str, tuple[str, str]] = {}
        main = max(self.sheets, key=self._points)
        self.ids: set[str] = set()
        self._money_settings(raws)
        self._projects(main)
        twins = [sheet for sheet in self.sheets if sheet is not main and self._twin(main, sheet)]
        for sheet in self.sheets:
            if sheet is not main and sheet not in twins:
                self._child(sheet)

    def _points(self, sheet: _Sheet) -> float:
        title = table_of_sheet(sheet.source.raw.title) == "projects"
        names = [one.name for one in load_schema()["projects"]]
        return 3.0 * title + sum(bool(sheet.targets("projects", name)) for name in names)

    def _money_settings(self, raws: list[RawSheet]) -> None:
        """Currency, unit and prices, where a sheet of settings, headers or cells say them."""
        money = [col for sheet in self.sheets for col in sheet.cols if col.number and not col.marks]
        said = {values.split_header(bare_header(col.header))[:2] for col in money}
        self.scaled = any(unit for _, unit in said)
        said |= {col.stated for col in money}
        amounts = {text for col in money for text in col.text.head(200)}
        slim = {re.fullmatch(r"(\D{0,5})[\d.,'\s]+(\D{0,8})", text) for text in amounts} - {None}
        beside = {" ".join(one.groups()) for one in slim if one}
        beside |= {cell.unit.replace("%", " ") for col in money for cell in col.cells if isinstance(cell, values.Shown)}
        texts = [set(col.text) for sheet in self.sheets for col in sheet.cols if not col.number]
        beside |= {one for some in texts if 0 < len(some) < 9 and values.say_units(some) for one in some}
        units = {unit for _, unit in said} - {""}
        codes = ({code for code, _ in said} | {values.read_unit(one)[0] for one in beside}) - {""}
        called, named = "? as the name of the file says", _unit_of_name({raw.file for raw in raws})
        if not codes and named[0]:
            self.settings["currency"] = (named[0], called)
        elif len(codes) == 1 and " " not in (code := codes.pop()):
            self.settings["currency"] = (code, "as headers or cells say")
        elif money:
            several = "? of several currencies" if codes else "? which dollar, or other currency"
            self.settings["currency"] = ("", several)
        if units:
            self.settings["money_unit"] = (max(units, key=lambda one: values.SCALES[one]), "as the headers say")
        elif named[1]:
            self.settings["money_unit"] = (named[1], called)
        else:
            read = [values.plain_numbers(col.cells) for col in money if col.has("money") or col.year]
            usual, largest = (max(map(one, read), default=0.0) for one in (pd.Series.median, pd.Series.max))
            unit, why = "", "? in what unit is the money"
            if usual >= 1e4:  # most projects cost more than some hundred units
                unit, why = ("million", "; shown in millions") if largest >= 1e7 else ("unit", "")
                why = f"? the source seems to count in units{why}"
            self.settings["money_unit"] = (unit, why)
        self.unit = "unit" if "shown in" in self.settings["money_unit"][1] else ""
        bases = {values.stated_prices(bare_header(col.header)) for col in money}
        if len(bases := bases - {("", None)}) == 1:
            stated = dict(zip(("price_basis", "price_base_year"), bases.pop(), strict=True))
            self.settings |= {key: (str(value), "as the headers say") for key, value in stated.items() if value}
        self.stated = {key: value for key, value in stated_settings(raws).items() if key in load_schema().settings}
        self.settings |= {key: (value, "read from the sheet of settings") for key, value in self.stated.items()}

    # ------------------------------------------------------------ one line

    def _say(self, target: str, cols: list[_Col], why: str, sure: bool = False, minus: bool = False) -> str:
        """What reads a column of a table: its header, or several of which the first that is filled counts."""
        table, name = target.split(".")
        heads = [col.take(target, why, sure) for col in cols]
        said = heads[0] if len(heads) == 1 else f"[{', '.join(heads)}]"
        unit = self._unit(cols[0]) if load_schema()[table][name].is_money else ""
        minus |= cols[0].side == "taken off" and (values.plain_numbers(cols[0].cells) > 0).any()
        more = f", unit: {unit}" * bool(unit) + ", minus: true" * bool(minus)
        return _line(f"{{column: {said}{more}}}" if more else said, why, cols[0])

    def _id(self, sheet: _Sheet) -> str:
        """The key as it is written in a sheet."""
        mine = next((col for col in sheet.cols if col.used == "projects.project_id"), None)
        return self.key if mine is None or self.key.startswith("{") else quoted(mine.header)

    def _unit(self, col: _Col) -> str:
        """The unit of a column, where it must be said."""
        code, said = values.header_unit(bare_header(col.header))
        said = said or ("unit" if code and self.scaled else "") or col.stated[1]
        return self.unit if not said else "" if said == self.settings["money_unit"][0] else said

    # ------------------------------------------------------------ the sheet of projects

    def _key(self, sheet: _Sheet) -> tuple[list[_Col], str, bool]:
        """Columns of the key, why, and whether a project has one row."""
        rows = pd.concat([col.whole for col in sheet.cols], axis=1)
        free = [col for col in sheet.cols if not (col.used or col.date or col.long)]
        known, names = sheet.targets("projects", "project_id"), sheet.targets("projects", "name")
        if any(col.side for col in sheet.cols):  # each booking has a text of its own
            names = [col for col in names if re.match("proj|proy", col.plain)] or names
        words = re.compile(r"\b(id|identifier|number|code|key|nr|no)\b")
        near = [col for col in free if words.search(col.plain) and col not in known and not col.has("booked")]
        near.sort(key=lambda col: ("project" not in col.plain, "unique" not in col.plain))
        words_alone = [] if known or names else [col for col in free if values.plain_numbers(col.cells).isna().all()]
        pairs = [[one, two] for one in known + near for two in known + near + names if one is not two]
        for ways, why in (
            ([[col] for col in known], "its header names a key, and every row has its own"),
            ([[col] for col in near + words_alone], "? every row has its own"),
            ([[col] for col in names], "? no column is a key; every name is there once"),
            (pairs, "? these two together are there once"),
        ):
            for cols in ways:
                if _unique(_joined(cols), rows):
                    return cols, why, True
        texts = [col for col in free if not col.number and 1 < col.text.nunique() < len(col.text)]
        twins = [col for col in texts if names and col is not names[0] and _pairs(col, names[0])]
        for some in (known, near, twins, names, texts):
            if some:
                return [max(some, key=lambda col: col.text.nunique())], "? a project has several rows", False
        raise PmoError(f'No column of "{sheet.source.raw.title}" names the projects.')

    def _projects(self, sheet: _Sheet) -> None:
        """The projects, and what else their sheet holds."""
        child = next(iter(self._children(sheet)), "")
        reserved: list[_Col] = []
        for one in load_schema()[child] if child else ():
            if one.name != "project_id" and (cols := sheet.targets(child, one.name)):
                cols[0].used = "later"
                reserved.append(cols[0])
        key, why, alone = self._key(sheet)
        ids = _joined(key)
        self.ids = set(ids.dropna())
        called, known = (sheet.targets("projects", name) for name in ("name", "project_id"))
        named = key[0] in called and key[0] not in known
        head = [col.take("projects.project_id", why, not why.startswith("?")) for col in key]
        self.key = head[0] if len(head) == 1 else f"{{join: [{', '.join(head)}]}}"
        lines = {"project_id": _line(self.key, why, key[0])}
        steady = sheet.cols
        if not alone and not child:
            no = [*sheet.targets("costs", "year"), *sheet.targets("projects", "start")]
            no += sheet.targets("projects", "finish")  # of tasks: a later one is no later state of the project
            states = sheet.targets("projects", "status_date")
            dated = [col for col in sheet.cols if not col.used and (col.share("period") >= 0.9 or col.date)]
            latest = next((col for col in states + dated if col not in no and _differs(col.text, ids).any()), None)
            if latest is not None and latest not in states and self._booked(sheet, latest, ids):
                sheet.date = latest
            elif latest is not None:
                why = quoted(f"? not the latest by {latest.header} of the project")
                sheet.keep = f"[{{column: {quoted(latest.header)}, latest: true, reason: {why}}}]"
        if not (alone or sheet.keep):
            steady = [col for col in sheet.cols if not _differs(col.whole, ids).any()]
        otherwise = {
            "name": self.key if named else f"{self.key}  # ? no column of names",
            "area": f"{_NO_AREA}  # ? no column of departments",
            "commitment": "{value: discretionary}  # ? all are up for choice; committed: all are running",
        }
        for name in _OF_PROJECTS:
            cols = [col for col in sheet.targets("projects", name) if col in steady]
            words = [col for col in sheet.words() if col in steady]
            why, guess = "? most rows have their own", list[_Col]()
            if name == "area":
                most = max(1, 0.6 * len(self.ids)) if len(self.ids) >= 6 else np.inf
                cols = [col for col in cols if 0 < col.text.nunique() <= most]
                why, guess = "? few different words", [col for col in words if self._departments(col)]
            elif name == "name":
                free = [col for col in words if col.plain not in _known("projects")]
                own = [col for col in free if col.text.nunique() > 0.7 * len(self.ids)]
                cols, guess = ([], []) if named else (cols, own)
            if cols or guess:
                why = "its header is known" if cols else why
                lines[name] = self._say(f"projects.{name}", (cols or guess)[:1], why, bool(cols))
            elif name in otherwise:
                lines[name] = otherwise[name]
        lines |= self._ratings([col for col in sheet.words() if col in steady])
        for name in ("start", "finish", "status_date"):
            lines |= self._dates(sheet, name, steady)
        sheet.blocks.append(("projects", lines))
        for col in reserved:
            col.used = ""
        if child:
            self._rows_of(sheet, child)
        self._amounts(sheet, key[0].whole)

    def _booked(self, sheet: _Sheet, date: _Col, ids: pd.Series) -> bool:
        """Amounts are those of a day or month, and no state of the project on it: none is a plan or a forecast."""
        money = [col for col in sheet.cols if not col.used and col.number]
        income = [col for col in money if sort_of(col.words) == "income"]
        money = [col for col in money if self._is_money(col) or col in income or may_be_amounts(col.header, col.text)]
        texts = [col for col in sheet.cols if not (col.used or col is date or col.number or col.date)]
        twice = pd.concat([ids, date.whole], axis=1).duplicated().any()
        alike = twice or not any(_differs(col.text, ids).any() for col in texts)
        each = pd.concat([col.whole.notna() for col in money] or [ids.notna()], axis=1).sum(axis=1)
        sides = len(money) > 1 and each.max() == 1  # paid and received, each row says one of them
        states = [*sheet.targets("projects", "stage"), *sheet.targets("projects", "rag_declared")]
        less = not states and any((values.plain_numbers(col.cells) < 0).any() for col in money)
        ledger = sides or less or any(col.side for col in money) or self._sign(sheet) is not None
        booked = [col for col in (date, *texts) if col.has("booked") and (col is date or not states)]
        ledger |= any(_differs(col.whole, ids).any() for col in booked)
        sorts = {sort_of(col.words) for col in money} - ({"plain", "income"} if ledger else set())
        return bool(money) and (alike or ledger) and sorts <= {"bare", "actual"}

    def _departments(self, col: _Col) -> bool:
        """Few different words, no years, no ratings: departments perhaps."""
        few = 1 < col.text.nunique() <= 0.3 * len(self.ids) and col.share("year") < 0.5
        return few and not fits(col.cells, load_schema()["projects"]["rag_declared"])

    def _ratings(self, cols: list[_Col]) -> dict[str, str]:
        """One or two columns of Red, Amber, Green."""
        rag = load_schema()["projects"]["rag_declared"]
        cols = [col for col in cols if fits(col.cells, rag) and not OUTLINE.fullmatch(values.folded(col.header))]
        found = [col for col in cols if 0 < col.text.nunique() < 40 and col.text.str.len().median() <= 12]
        found.sort(key=lambda col: (col.has("assured"), col.plain not in _known("projects")))
        sure = len(found) == 1 or any(one.has("assured") for one in found)
        why = "its values are ratings" if sure else "? its values are ratings; whose is it"
        both = zip(("rag_declared", "rag_assured"), found, strict=False)
        return {name: self._say(f"projects.{name}", [col], why, sure) for name, col in both}

    def _dates(self, sheet: _Sheet, name: str, steady: list[_Col]) -> dict[str, str]:
        """The columns of one date; of several the first that is filled."""
        words = [plain(word) for word in (name, *load_schema()["projects"][name].aliases) if len(word) > 2]
        like = re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})\b")
        exact = sheet.targets("projects", name)
        free = [col for col in sheet.cols if not col.used and col.date and col not in exact]
        near = [col for col in free if like.search(col.plain)]
        cols, alone = exact[:1] + near, name == "status_date"
        cols.sort(key=lambda col: (alone and col in near, not (col.has("forecast") or col.has("actual"))))
        if not (cols := [col for col in cols[: 1 if alone else None] if col in steady]):
            return {}
        sure = len(cols) == 1 and bool(exact)
        why = "its header is known" if sure else "? dates"
        why += "; the first that is filled counts" if len(cols) > 1 else ""
        if alone and cols[0].text.nunique() == 1:
            day = values.READERS["date"](cols[0].text, load_schema()["projects"][name]).values.iloc[0]
            self.settings["as_of"] = (f"{day:%Y-%m-%d}", f"the only date in {cols[0].header}")
        return {name: self._say(f"projects.{name}", cols, why, sure)}

    # ------------------------------------------------------------ money

    def _turn(
        self, sheet: _Sheet, cols: list[_Col], said: dict[str, str], why: str, sure: bool, table: str = "costs"
    ) -> None:
        """Columns of years as rows, or those of amounts where rows have their year; each unit has lines of its own."""
        first = self._unit(cols[0])
        if others := cols[1:] if sheet.date else [col for col in cols if self._unit(col) != first]:
            self._turn(sheet, others, said, why, sure, table)
            cols = [col for col in cols if col not in others]
        if first == "unit" and self.scaled and not self.unit:
            why, sure = "? in units, while other headers name a scale", False
        lines = ({"project_id": self._id(sheet)} if "project_id" in load_schema()[table] else {}) | said
        for name in ("kind", "state") if table == "costs" else ():  # where columns say so
            mine = [col for col in sheet.cols if col.used == f"costs.{name}"] or sheet.targets("costs", name)
            if mine and name not in said:
                lines[name] = self._say(f"costs.{name}", mine[:1], "its header is known", True)
        if sheet.date:
            lines["year"] = _line(quoted(sheet.date.header), sheet.date.why, sheet.date)
            for word in pd.unique(sheet.sign.whole) if sheet.sign else [""]:
                mine = cols[0].cells[sheet.sign.whole.eq(word)] if sheet.sign else cols[0].cells
                off = _off(word) and bool((values.plain_numbers(mine) > 0).any())
                own = {"amount": self._say(f"{table}.amount", cols, why, sure, off)}
                if sheet.sign:
                    head = quoted(sheet.sign.header)
                    own["keep"] = f"[{{column: {head}, equals: [{quoted(word)}], reason: the other side}}]"
                sheet.blocks.append((table, lines | own))
            return
        pairs = ", ".join(f"{col.take(f'{table}.amount', why, sure)}: {col.year}" for col in cols)
        unit = f", unit: {first}" if first else ""
        lines["unpivot"] = _line(f"{{name: year, into: amount{unit}, columns: {{{pairs}}}}}", why, cols[0])
        if len({col.year for col in cols}) < len(cols):
            known = sure or all(col.part for col in cols)
            lines["repeats"] = f"{'sum' if known else quoted(MAY_ADD)}  # several columns of one year are added up"
        sheet.blocks.append((table, lines))

    def _amounts(self, sheet: _Sheet, ids: pd.Series) -> None:
        """Amounts by year, and totals as baselines."""
        first = len(sheet.blocks)
        sheet.sign = self._sign(sheet)
        self._leave_no_costs(sheet, ids)
        figures, costs, benefits = self._figures(sheet, ids)
        kept = figures.whole.isin(costs).to_numpy(bool) if figures else np.ones(len(ids), bool)
        ids = ids[kept].dropna()
        several = ids.duplicated().any() and self._adds_up(sheet, ids)
        cols = self._counted(sheet, sheet.years)
        totals = [col for col in sheet.cols if not col.used and col.number and self._is_money(col) and col not in cols]
        sheet.leave([col for col in totals if col.has("derived")], "follows from the others", True)
        totals, named = [col for col in totals if not col.used], sheet.targets("costs", "year")
        why = "its header is known, its values are years" if named else "? each amount is that of a month or day"
        sheet.date = None if cols or not totals else named[0] if named else sheet.date
        if sheet.date is not None:
            sheet.date.take("costs.year", why, bool(named))
            several = any(col.side for col in totals) or (ids.duplicated().any() and not self._versions(sheet, ids))
            if sheet.sign:
                sheet.sign.take("costs, by its sides", "? which amounts are taken off", False)
            cols = self._counted(sheet, [col for col in totals if not col.has("life")] or totals)
        gains = [col for col in cols if sort_of(col.words) == "benefit"]
        self._of_years(sheet, gains, "benefits", _SAYS["benefit"])
        self._of_years(sheet, [col for col in cols if col not in gains], "costs", {})
        if sheet.date is None:
            sheet.leave([col for col in totals if col.side], "? added or taken off: in which year")
            sheet.leave([col for col in totals if col.periodic], "? the money of a period, and no total")
        if sheet.date is None or (ids.is_unique and len(totals) > 1):
            self._totals(sheet, [col for col in totals if col.used != "ignore"])
        unknown = [table for table, lines in sheet.blocks[first:] if "# ?" in lines.get("amount", "")]
        for table, lines in sheet.blocks[first:]:
            if several and table in ("costs", "benefits"):
                how = quoted(MAY_ADD) if unknown.count(table) > 1 else "sum"
                lines.setdefault("repeats", f"{how}  # ? rows of one project are added up")
            if figures and table in ("costs", "baselines"):
                keep = "[{{column: {}, equals: [{}], reason: {}}}]  # ? what its words tell"
                head = quoted(figures.header)
                other = {name: line for name, line in lines.items() if name not in ("kind", "state")}
                if table == "costs" and all(values.readable(word, load_schema()["costs"]["kind"]) for word in costs):
                    lines["kind"] = head
                lines["keep"] = keep.format(head, ", ".join(map(quoted, costs)), quoted("? not the costs"))
                if benefits and table == "costs":
                    own = keep.format(head, ", ".join(map(quoted, benefits)), quoted("? not the benefits"))
                    sheet.blocks.append(("benefits", {**other, "benefit": "{value: benefit}", "keep": own}))

    def _leave_no_costs(self, sheet: _Sheet, ids: pd.Series) -> None:
        """Leave figures that are no money by the title of a sheet beside the projects, or where nothing says money."""
        called = plain(sheet.source.raw.title)
        title, years = _sort_of_title(called), sheet.years
        beside = not any(table == "projects" for table, _ in sheet.blocks)
        if beside and title in ("derived", "limit", "income"):
            sheet.leave([col for col in sheet.cols if col.number], "? no costs by the title of the sheet")
        said = [col.words for col in years if col.words]
        if not all(map(_of_people, said)) or any(col.stated != ("", "") or self._is_money(col) for col in years):
            return
        words = sheet.words()
        if any(sort_of(plain(one)) == "bare" for col in words for one in pd.unique(col.text) if plain(one)):
            return  # Cost, Benefit
        roles = any(_parts("people").fullmatch(col.plain) for col in words)
        people = title == "count" or said or (roles and (beside or ids.duplicated().any()))
        unknown = beside and title == "plain" and not _says_money(called)
        tables = ({table for table, _ in one.blocks} for one in self.sheets if unknown)
        if people or any({"projects", "costs"} <= one for one in tables):
            sheet.leave(years, "? nothing says that it is money")

    def _counted(self, sheet: _Sheet, years: list[_Col], table: str = "costs") -> list[_Col]:
        """Columns of amounts of a year; sums of others, and what is none or twice, are left out."""
        sorts = {col: sort_of(col.words) for col in years}
        sheet.leave([col for col in years if sorts[col] == "derived"], "follows from the others", True)
        none = ("count", "limit", "income") if table == "costs" else ("count",)
        sheet.leave([col for col in years if sorts[col] in none], f"? no {table[:-1]} by its words")
        for col in [col for col in years if not (col.part or col.used)]:  # a month is no sum of the others
            others = [one for one in years if one is not col and not one.used]
            if is_sum(col.source, col.place, [one.place for one in others if one.year == col.year]):
                sheet.leave([col], "the sum of other columns", True)
        full = {(sorts[col].replace("total", "bare"), col.year) for col in years if not (col.part or col.used)}
        parts = [col for col in years if col.part and (sorts[col].replace("total", "bare"), col.year) in full]
        sheet.leave(parts, "? a part of a year that is read already")
        whole = [col for col in years if not col.used]
        for col in [col for col in sheet.cols if not (col.used or col in whole)]:
            if whole and col.number and is_sum(col.source, col.place, [one.place for one in whole]):
                sheet.leave([col], "the sum of other columns", True)
            elif (whole or not col.has("derived")) and several_years(bare_header(col.header)) and col.share("number"):
                sheet.leave([col], "? amounts of several years: in which one do they count")
        return whole

    def _of_years(self, sheet: _Sheet, cols: list[_Col], table: str, own: dict[str, str]) -> None:
        """Of several figures of a year one is its costs or benefits, or the parts of one."""
        years: dict[str, list[_Col]] = {}
        for col in cols:
            years.setdefault(sort_of(_parts("benefit").sub(" ", col.words).strip()), []).append(col)
        taken, only = set[int](), len(years) == 1
        known, doubt = "its header is a year", "? its header says more than a year"
        if sheet.date:
            known, doubt = "money of the year", "? money of the year, of several columns"
        for sorts in _ORDER if sheet.date is None else (("bare",), ("total",), ("forecast",), *_ORDER):
            free = {sort: [col for col in years.get(sort, ()) if col.year not in taken] for sort in sorts}
            for sort, cols in free.items():
                cols = [col for n, col in enumerate(cols) if not _again(col, cols[:n], sort in _PARTS[1:])]
                said, sure = own or _SAYS.get(sort, {}), only and sort in ("total", "planned", "forecast")
                sure |= sort == "bare" or (sort in _SAYS and not own)
                if cols:
                    self._turn(sheet, cols, said, known if sure else doubt, sure, table)
                if sort != "opex" or free["capex"]:  # running costs alone come on top of the others
                    taken |= {col.year for col in cols}
        left = [col for cols in years.values() for col in cols if not (col.used or sheet.date)]
        sheet.leave(left, "? another figure of a year that is read already")

    def _figures(self, sheet: _Sheet, ids: pd.Series) -> tuple[_Col | None, list[str], list[str]]:
        """A column whose words tell costs from other figures (Cost, Benefit; Budget, Actual): its words for both."""
        for col in (one for one in sheet.words() if one is not sheet.sign):
            words = list(pd.unique(col.text))
            sorts = {word: sort_of(plain(word)) for word in words if len(words) <= 12}
            own = col.plain in ("state", "cost state") and fits(col.cells, load_schema()["costs"]["state"])
            doubt = {"bare", "plain"} <= {*sorts.values()}  # Cost, and words that nobody knows
            funds = not {*sorts.values()} & {"total", "case", "actual", "forecast"}
            own |= funds and col.plain in _ranks("costs", "fund")  # who pays, and not what
            if own or (not doubt and {*sorts.values()} <= {*_PARTS}) or len(words) < 2:
                continue
            if 2 * _differs(col.text, ids).sum() < ids.nunique():
                continue
            dates = [one.whole for one in sheet.targets("costs", "year")[:1]]
            phases = bool(dates) and set(sorts.values()) <= {*_PARTS, "planned", "forecast", "actual"}
            if phases and not _differs(col.text, ids.str.cat(dates, sep=" ")).any():
                continue  # what is spent, and then what is to come
            known = not doubt and {*_PARTS} - {"plain"} & {*sorts.values()}
            for wanted in (_PARTS if known else (), *_ORDER):
                costs = [word for word, sort in sorts.items() if sort in wanted]
                if costs := costs if "plain" in wanted else costs[:1]:
                    col.take("costs, by its words", "? its words tell what is counted", False)
                    return col, costs, [word for word, sort in sorts.items() if sort == "benefit"]
        return None, [], []

    def _adds_up(self, sheet: _Sheet, ids: pd.Series) -> bool:
        """Rows of one project are told apart by a column of words, and no version of the figures is among them."""
        texts = [col for col in sheet.cols if not (col.number or col.date or col.long)]
        pairs = (pd.DataFrame({1: ids, 2: col.whole.loc[ids.index]}) for col in texts)
        return any(not both.duplicated().any() for both in pairs) and not self._versions(sheet, ids)

    def _versions(self, sheet: _Sheet, ids: pd.Series) -> bool:
        """A project has several versions of its figures: nobody adds them up."""
        named = [col for col in sheet.cols if _parts("version").fullmatch(col.plain)]
        return any(_differs(col.whole.loc[ids.index], ids).any() for col in named)

    def _sign(self, sheet: _Sheet) -> _Col | None:
        """The column that says of each amount whether it is added or taken off."""
        free = (col for col in sheet.cols if not col.used and col.whole.notna().all())
        found = next((col for col in free if qualifies(col.header, Settings(), col.whole) == "sign"), None)
        words = [] if found is None else list(pd.unique(found.whole))
        if found is None or sorted(map(_off, words)) != [False, True]:
            return None
        whole = all(re.search(r"[^\W\d_]{2}", word) for word in words)  # D and C are Design and Construction, too
        return found if whole or re.search(values.one_of("names_sign"), values.folded(found.header)) else None

    def _is_money(self, col: _Col) -> bool:
        if "%" in col.header or re.search(r"\b(id|no|number|code|days|schedule|fte|score|index|deflator)\b", col.plain):
            return False
        signs = any(sign in "".join(col.text.head(20)) for sign in values.CURRENCIES)
        said = col.has("money") or col.has("benefit") or col.side != ""
        return said or signs or values.header_unit(col.header) != ("", "")

    def _totals(self, sheet: _Sheet, totals: list[_Col]) -> None:
        """Totals as baselines: what was approved, and what is expected now; parts where nothing else is the whole."""
        slots: dict[str, dict[str, list[_Col]]] = {}
        known, sorts = any(col.has("life") for col in totals), {col: sort_of(col.plain) for col in totals}
        parted = not (known or {*_WHOLE} - {*_PARTS[1:], "case"} & {*sorts.values()})
        order = [*_WHOLE, *_SORTS]  # low, high: never before the likely
        for col in sorted(totals, key=lambda one: (order.index(sorts[one]), one.has("planned"))):
            life = col.has("life") or (col.has("total") and not known)
            quantity = "spend" if (sheet.date or known) and not life else "whole_life_cost"
            quantity = "whole_life_benefit" if col.has("benefit") else quantity
            later = col.has("forecast") or col.has("actual")
            side = "baseline" if col.has("planned") and not later else "now"
            part, whole = parted and sorts[col] in _PARTS[1:], quantity != "whole_life_cost" or sorts[col] in _WHOLE
            if not whole or (side in slots.get(quantity, {}) and not part):
                name, side = col.plain.replace(" ", "_"), "now"
                quantity = next(filter(_is_amount, (name, f"cost_{name}", f"amount_{col.place + 1}")))
            slots.setdefault(quantity, {}).setdefault(side, []).append(col)
        for quantity, sides in slots.items():
            for cols in zip_longest(*sides.values()):
                lines = {"project_id": self._id(sheet), "quantity": f"{{value: {quantity}}}"}
                lines |= {"year": quoted(sheet.date.header)} if sheet.date and quantity == "spend" else {}
                for side, col in [pair for pair in zip(sides, cols, strict=True) if pair[1]]:
                    sure = col.has("planned") if side == "baseline" else col.has("forecast")
                    why = "a total by its words" if sure else "? a total"
                    lines[side] = self._say(f"baselines.{side}", [col], why, sure)
                if max(map(len, sides.values())) > 1:
                    lines["repeats"] = "sum  # ? parts of one total are added up"
                sheet.blocks.append(("baselines", lines))

    # ------------------------------------------------------------ other sheets

    def _twin(self, main: _Sheet, sheet: _Sheet) -> bool:
        """A sheet with the columns of the first one and other projects is read like it: one sheet a department."""
        mine, other = ({col.header: col for col in one.cols} for one in (main, sheet))
        key = next(col for col in main.cols if col.used == "projects.project_id")
        used = {header for header, col in mine.items() if col.used not in ("", "ignore")}
        needed = {header for header in used if mine[header].used.startswith("projects.")}
        child = table_of_sheet(sheet.source.raw.title) not in (None, "projects")
        if not needed <= set(other) or child:
            return False
        money = any(table != "projects" for table, _ in main.blocks)
        if other[key.header].text.isin(self.ids).mean() >= 0.8 and not (money and set(mine) == set(other)):
            return False  # amounts of the same projects
        known = self.ids | set(other[key.header].text)
        if not used <= set(other) or any(mine[one].stated != other[one].stated for one in used):
            self._projects(sheet)  # other years or units: it is read in its own way
            self.ids = known
            return True
        for header in mine.keys() & other.keys():
            col, like = other[header], mine[header]
            col.used, col.why, col.sure = like.used, like.why, like.sure
        self.ids = known
        sheet.blocks = [(table, dict(lines)) for table, lines in main.blocks]
        for one in (main, sheet):
            for lines in [lines for _, lines in one.blocks[:1] if lines["area"].startswith(_NO_AREA)]:
                lines["area"] = f"{{value: {quoted(one.source.raw.title)}}}  # ? the name of the sheet"
        return True

    def _child(self, sheet: _Sheet) -> None:
        """A sheet whose rows belong to projects: costs, benefits, risks, status, milestones."""
        ids = {one.casefold() for one in self.ids}

        def inside(col: _Col) -> float:
            text = col.whole.dropna()
            text = text[~text.map(called_total).to_numpy(bool)].str.casefold()
            return float(text.isin(ids).mean())

        own = [col for col in sheet.cols if inside(col) >= 0.8 and not col.date]
        if not own:
            self._envelopes(sheet)
            return
        key = max(own, key=lambda col: (inside(col), col.plain in _ranks("projects", "project_id")))
        key.take("projects.project_id", f"{number(100 * inside(key), 0)} % of its values are projects", True)
        called = plain(sheet.source.raw.title)
        saved = header_words()["words", "saved"]  # costs that are saved are gains
        both = _says_money(called) and not any(one in called for one in saved)
        gains = sort_of(called) == "benefit" and not both
        title = "benefits" if gains else table_of_sheet(sheet.source.raw.title)
        table = title if title not in (None, *_COSTLY) else next(iter(self._children(sheet)), "costs")
        needs = (one.name for one in load_schema()[table] if one.required and one.name != "project_id")
        lacks = ", ".join(one for one in needs if not self._named(sheet, table, one))
        if table == "costs":
            self._amounts(sheet, key.whole)
        elif table == "benefits" or (table in _CHILDREN and not lacks):
            self._rows_of(sheet, table)
        else:
            sheet.leave(sheet.cols, f"? of the table {table}{', which needs ' * bool(lacks)}{lacks}")

    def _named(self, sheet: _Sheet, table: str, name: str) -> list[_Col]:
        """Free columns that name a column of a table; what a risk is called is its key, where it has no other."""
        return sheet.targets(table, name) or (sheet.targets(table, "label") if name == "risk" else [])

    def _envelopes(self, sheet: _Sheet) -> None:
        """A sheet without projects: the money of each year, of all or of an area, where words say that it is given."""
        years, named = sheet.years, sheet.targets("budgets", "year")
        title = sheet.source.raw.title
        table, other = table_of_sheet(title), ("derived", "count", "benefit", "income", "actual")
        if table not in (None, "budgets", "costs") or _sort_of_title(plain(title)) in other:
            return  # gains, people, what is spent
        words, titled = _ranks("budgets", "amount").keys() - {"amount"}, table == "budgets"
        money = years or [col for col in sheet.cols if col.number and not (col.year or col in named)]
        given = [col for col in money if col.words in words or (titled and sort_of(col.words) in ("bare", "total"))]
        funds = _ranks("costs", "fund").keys() - _ranks("budgets", "amount").keys()  # enveloppe is both
        owners = {"envelope", "scope", *_ranks("projects", "area"), *funds}
        whose = [col for col in sheet.words() if col not in named and (col.text.nunique() > 1 or col.plain in owners)]
        given_to = whose[0].text if whose else ()
        scopes = {one: "all" if called_total(one) or plain(one) == "all" else f"area={one}" for one in given_to}
        main = (col for other in self.sheets for col in other.cols if col.used == "projects.area")
        areas = {"all"} | {f"area={one}" for col in main for one in col.text}
        if not (given and (years or named) and areas.issuperset(scopes.values())) or self._summary(given):
            return  # nobody knows what it is, or whose
        unsaid = self.scaled and values.header_unit(given[0].header) == given[0].stated == ("", "")
        lines, why = {"envelope": "{value: all}"}, f"? the money that may be spent{'; in which unit' * unsaid}"
        rest = (col for col in sheet.cols if col.number and col not in (*given, *named))
        sheet.leave(rest, "not the money that may be spent", True)
        if whose:
            head = whose[0].take("budgets.scope", "its values are areas", True)
            pairs = ", ".join(f"{quoted(one)}: {quoted(scope)}" for one, scope in scopes.items())
            lines = {"envelope": head, "scope": f"{{column: {head}, values: {{{pairs}}}}}"}
        if years:
            self._turn(sheet, given, lines, why, False, "budgets")
        else:
            lines["year"] = self._say("budgets.year", named[:1], "its header is known", True)
            lines["amount"] = self._say("budgets.amount", given[:1], why)
            sheet.blocks.append(("budgets", lines))

    def _summary(self, given: list[_Col]) -> bool:
        """True when amounts are no more than what the projects cost: of all or an area, in all or in a year."""
        sums, whole, names = [0.0], 0.0, ("projects.area", "costs.year")
        for other in self.sheets:
            keys = [col.text for col in other.cols if col.used in names]
            for col in [one for one in other.cols if one.used == "costs.amount"]:
                numbers = values.plain_numbers(col.cells)
                by = [[key] for key in keys] + [keys] * (len(keys) > 1)
                sums += [numbers.sum(), *(one for some in by for one in numbers.groupby(some).sum())]
                whole += numbers.sum()
        amounts = pd.concat([values.plain_numbers(col.cells) for col in given]).dropna()
        each, total = [np.isclose(one, sums).any() for one in amounts], amounts.sum()  # twice with a row of totals
        return bool(whole and all(each) and np.isclose(total, [*sums, whole, 2 * whole]).any())

    def _children(self, sheet: _Sheet) -> list[str]:
        """Tables that need no more than the columns of a sheet."""
        return [name for name, needs in _CHILDREN.items() if all(sheet.targets(name, one) for one in needs)]

    def _rows_of(self, sheet: _Sheet, table: str) -> None:
        """The columns of one table by their headers; amounts by year turned."""
        lines = {"project_id": self._id(sheet)}
        for name in [one.name for one in load_schema()[table] if one.name != "project_id"]:
            if cols := self._named(sheet, table, name):
                lines[name] = self._say(f"{table}.{name}", cols[:1], "its header is known", True)
        if table == "benefits" and (years := self._counted(sheet, sheet.years, table)):
            self._of_years(sheet, years, table, lines)
        elif len(lines) > 1:
            sheet.blocks.append((table, lines))

    # ------------------------------------------------------------ what is written

    @property
    def text(self) -> str:
        """The mapping file, with its grounds as comments; what is a guess has a question mark."""
        named = json.dumps(self.sources if len(self.sources) > 1 else self.sources[0], ensure_ascii=False)
        lines = [
            "# Drafted by pmo-kit import. Lines with a question mark are guesses: correct them, or delete the mark.",
            f"name: {quoted(self.name)}",
            f"source: {named}",
            "settings:",
        ]
        open_questions = {"as_of": "? the day on which the figures stand", "price_basis": "? real or nominal"}
        more = {key: ("", why) for key, why in open_questions.items() if key not in self.settings}
        for key, (value, why) in ({"name": (self.name, "as the file is called")} | self.settings | more).items():
            plainly = (value or _EXAMPLES[key]) if re.fullmatch(r"[\w.-]*", value) else quoted(value)
            lines.append(f"  {'' if value and key not in self.stated else '# '}{key}: {plainly}  # {why}")
        if keep := next((sheet.keep for sheet in self.sheets if sheet.keep), ""):
            lines.append(f"keep: {keep}  # ? each project has several rows")
        lines.append("tables:")
        blocks: dict[str, list[list[str]]] = {}
        for sheet in self.sheets:
            raw = sheet.source.raw
            alone = sum(one.source.raw.sheet == raw.sheet for one in self.sheets) == 1
            place = {"sheet": raw.sheet, "file": "" if raw.sheet and alone else raw.file} if self.several else {}
            where = {name: quoted(one) for name, one in place.items() if one}
            for table, said in sheet.blocks:
                blocks.setdefault(table, []).append([f"{name}: {line}" for name, line in (where | said).items()])
        for table, mine in blocks.items():
            first, rest = ("    - ", "      ") if len(mine) > 1 else ("    ", "    ")
            lines.append(f"  {table}:")
            lines += [f"{rest if n else first}{one}" for block in mine for n, one in enumerate(block)]
        cols: dict[str, _Col] = {}
        for col in [col for sheet in self.sheets for col in sheet.cols if col.used in ("", "ignore")]:
            cols.setdefault(col.header, col)
        lines += ["ignore:"] if cols else []
        for header, col in cols.items():
            lost = len(col.text) > 0 and (may_be_amounts(header, col.text) or amounts_in_words(header, col.text))
            why = col.why or (f"? {NOT_READ}" if lost else "long text" if col.long else "? not needed")
            lines.append(f"  {quoted(header)}: {quoted(why)}  # {col.sample}")
        lines += [] if "costs" in blocks else ["absent:", '  costs: "? no amounts by year were found"']
        return "\n".join(lines) + "\n"

    @property
    def table(self) -> str:
        """Column, target, sample, sure or guess: one line each."""
        rows = []
        for sheet in self.sheets:
            for col in sheet.cols:
                sure = "sure" if col.sure or (not col.used and col.long) else "guess"
                target = col.used if col.used not in ("", "ignore") else "not read"
                rows.append((col.header[:40], target, col.sample[:44], sure))
        return aligned([("column", "becomes", "for example", ""), *rows])


def aligned(lines: list[tuple[str, ...]], right: bool = False) -> str:
    """Lines of texts in columns; `right`: numbers, all but the first column stand at the right.

    >>> aligned([("a", "10"), ("bb", "5")], right=True)
    'a   10\\nbb   5'
    """
    widths = [max(map(len, texts)) for texts in zip(*lines, strict=True)]
    sides = [str.ljust, *([str.rjust if right else str.ljust] * len(widths))]
    rows = (zip(sides, line, widths, strict=False) for line in lines)
    cells = [[side(text, width) for side, text, width in row] for row in rows]
    return "\n".join("  ".join(line).rstrip() for line in cells)


def draft_mapping(files: Iterable[str | os.PathLike[str]], beside: Path | None = None) -> Draft:
    """Draft a mapping of one or several files.

    Parameters
    ----------
    files : iterable of path
        Workbooks and CSV files.
    beside : Path or None
        Folder of the mapping; paths are written as seen from there.
    """
    places = [Path(file) for file in files]
    admit_names(places)
    findings = Findings()
    raws = read_together(places, findings)
    if not raws:
        raise DataError(describe_findings(findings.frame()), findings.frame())
    seen = [os.path.relpath(real(place), real(beside or place.parent)) for place in places]
    return Draft(raws, places[0].stem, [Path(one).as_posix() for one in seen])


def import_sources(files: list[Path], into: Path | None = None, replace: bool = False) -> tuple[str, int]:
    """Read files as a register: draft the mapping where there is none yet, convert, and account for every row.

    Parameters
    ----------
    files : list of Path
        Workbooks and CSV files, at most one of them a mapping (.yml); a mapping alone names its own source.
    into : Path or None
        Folder of the mapping and of the tables; named after the first file when None.
    replace : bool
        The tables that are there already may be written again. A mapping never is.

    Returns
    -------
    tuple of str and int
        What there is to say, and the exit status: 0 done, 2 the source cannot be used yet.
    """
    mappings = list(filter(is_mapping, files))
    sources = [file for file in files if file not in mappings]
    if len(mappings) > 1:
        raise PmoError("Name one mapping file.")
    for file in files:
        if not file.exists():
            raise PmoError(f"There is no file {file}.")
    folder = into or (mappings[0].parent if mappings and not sources else Path(sources[0].stem))
    if folder.is_file() or (not replace and any(folder.glob("*.csv") if folder.is_dir() else ())):
        there = "holds tables already; nothing is overwritten. Name a new folder, or say --replace."
        raise PmoError(f"{folder} {there}")
    lines, mapping = [], mappings[0] if mappings else folder / f"{sources[0].stem}.map.yml"
    if not mapping.exists():
        draft = draft_mapping(sources, folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(mapping, draft.text.encode())
        lines += [draft.table, ""]
    sources = sources or sources_of(mapping)
    again = f"Correct {mapping}, then: pmo-kit import {' '.join(map(str, sources))} {mapping} --into {folder}"
    try:
        one = len(sources) == 1
        register = load_register(sources[0] if one else mapping, mapping=mapping if one else None)
    except DataError as error:
        return "\n".join([*lines, str(error), "", again]), 2
    write_register(register, folder)
    told = describe_findings(register.findings, severities=("block", "warn"))
    lines += [reconciled(register), "", told, ""]
    written = mapping.read_text(encoding="utf-8").splitlines()[1:]
    questions = sum("?" in line.split("#")[-1] or '"? ' in line for line in written)
    lines += [f"{questions} guesses to confirm in {mapping}."] if questions else []
    where = f"A pack file may read it ({folder.name}) or the source itself ({mapping.name})."
    lines.append(f"The register is in {folder}. {where}")
    return "\n".join(lines), 0


def reconciled(register: Register) -> str:
    """Projects and money that the source has, that the register has, and that are left out: one line each."""
    lines: list[tuple[str, ...]] = [("", "in the source", "kept", "left out")]
    for row in register.table("sources").itertuples(index=False):
        if pd.isna(row.column) or row.found or row.used:
            what = "projects" if pd.isna(row.column) else f"{row.table}: {row.column}"
            digits = 0 if pd.isna(row.column) else 2
            numbers = (number(value, digits) for value in (row.found, row.used, row.found - row.used))
            lines.append((what[:60], *numbers))
    text = aligned(lines, right=True)
    told = accounts(register.table)
    return f"{text}\n{told.sentence}" if told is not None else text
