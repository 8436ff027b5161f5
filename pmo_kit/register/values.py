"""Cells as people write them to typed values: numbers, units, dates, text, flags; blank is missing, never zero."""

from __future__ import annotations

import calendar
import contextlib
import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from pmo_kit.register.schema import Column

_SIGN, _CODE = r"(?:[€£$¥₹₩]|(?:us|ca|au|nz|hk|sg|c|a|r)\$|kr)", r"(?-i:[A-Z]{3})"
_DASHES = rf"(?:{_SIGN}\s*|{_CODE}\s+)?[-–—−]+|[-–—−]+(?:\s*{_SIGN}|\s+{_CODE})"
NOTHING = re.compile(rf"(?i){_DASHES}|[ns]\s*/\s*[acdo]\.?|n\.\s?[acd]\.?|k\.\s?a\.?|na|nil|none|null|nan|\?+|\.\.+")
"""Ways to show that nothing is there, without a reason."""
MISSING = re.compile(
    rf"(?i){NOTHING.pattern[4:]}|tbc|tbd|tba|t\.b\.[acd]\.?|"
    r"not (applicable|available|known|yet known|set)|unknown|keine angaben?|"
    r"sans objet|non (renseigné|communiqué|disponible)|unbekannt|nicht (bekannt|verfügbar)|"
    r"no disponible|sin datos?|desconocido|to be (confirmed|determined|agreed)"
    r"|(exempt|armp|redacted|withheld)\b.*|e\.g\. .*"
)
_SPACES = "\u00a0\u202f\u2009\u2007\u2002\u2003\x85\u2028\u2029"
ODD_SIGNS = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\uffff\ud800-\udfff]"
    "|_x00(?:0[0-8BCEF]|1[0-9A-F])_"
)
"""Signs that no sheet shows: control characters (also as a workbook writes them), zero-width and turning signs."""


@cache
def words() -> dict[str, Any]:
    """The words around numbers (see words.yml)."""
    text = Path(__file__).with_name("words.yml").read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def one_of(name: str) -> str:
    """A pattern that fits one of the words of a list, whole."""
    found = sorted(map(re.escape, words()[name]), key=len, reverse=True)
    return rf"(?<!\w)(?:{'|'.join(found)})(?!\w)"


_FLAGS = dict.fromkeys(("yes", "y", "true", "t", "1", "x", "✓", "on", "oui", "ja", "si", "sí"), True)
_FLAGS |= dict.fromkeys(("no", "n", "false", "f", "0", "off", "non", "nein"), False)
LONGEST = 160
EMPTY_DTYPES = dict.fromkeys(("id", "text", "category", "value", "period"), "str")
EMPTY_DTYPES |= {"number": "float64", "year": "Int64", "date": "datetime64[us]", "flag": "boolean"}


@dataclass(eq=False)
class Parsed:
    """A typed column; where cells could not be read, where they say why they are empty, and what to report.

    `notes` holds names of the list `told`, each with what stands for the names in its words, and the rows of which it
    is told; None: of the column.
    `codes` are the currencies that cells state.
    """

    values: pd.Series
    bad: np.ndarray
    reason: np.ndarray
    notes: list[tuple[str, dict[str, str], np.ndarray | None]] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)


def cleaned(cells: pd.Series) -> list[str | None]:
    """Cells as clean text (see `clean_text`), None where nothing is left; each different cell is cleaned once."""
    if cells.dtype.kind == "M":
        cells = cells.dt.strftime("%Y-%m-%d")
    written = cells.to_numpy(dtype=object)
    truths = cells.dtype == object and bool in set(map(type, written))  # True is not the number 1
    keys = [(cell.__class__, cell) for cell in written] if truths else written
    clean = {key: clean_cell(cell) for key, cell in dict(zip(keys, written, strict=True)).items()}
    return [clean[key] for key in keys]


def clean_text(cells: pd.Series) -> pd.Series:
    """Text without outer blanks, `_x000D_` and odd spaces; empty text is missing. Dtype str."""
    return pd.Series(pd.array(cleaned(cells), dtype="str"), index=cells.index)


def where(text: Iterable[object], fits: Callable[[str], object]) -> np.ndarray:
    """Rows whose text is of a kind: each different text is asked about once."""
    texts = text.to_numpy(dtype=object) if isinstance(text, pd.Series) else text
    good = {one for one in texts_of(texts) if fits(one)}
    return np.array([one in good for one in texts], dtype=bool)


def clean_cell(cell: object) -> str | None:
    """One cell as clean text (see `clean_text`); None when nothing is left."""
    return _clean(cell if isinstance(cell, str) else _as_text(cell))


def narrowed(cells: pd.Series) -> pd.Series:
    """Cells of a workbook in a dtype that holds each of them exactly: numbers, or text; else as they are."""
    kinds = set(map(type, cells.to_numpy())) if cells.dtype == object else {object}
    if kinds <= {str, type(None)}:
        return cells.astype("str")
    if kinds <= {int, float, type(None)}:
        numbers = cells.astype("float64")
        return cells if (numbers.abs() >= 1e15).any() else numbers
    return cells


_ODD = re.compile(f"[{_SPACES}]|_x000D_")


def _clean(text: str) -> str | None:
    """One text cleaned and composed (NFC); None when nothing is left."""
    if not text.isascii() or not text.isprintable() or "_x00" in text:
        text = ODD_SIGNS.sub("", _ODD.sub(" ", unicodedata.normalize("NFC", text)))
    text = text.strip()
    if text.startswith("'") and text[1:2] in ("=", "+", "-", "@"):
        text = text[1:]  # a quote that keeps a spreadsheet from running the text
    if text.startswith('="') and text.endswith('"') and text.count('"') == 2:
        text = text[2:-1].strip()  # ="0012" keeps it from taking the text for a number
    return text or None


@lru_cache(maxsize=1 << 14, typed=True)
def folded(text: object) -> str:
    """A header in one form: lower case, no line breaks, underscores, stars or colons.

    >>> folded(" Project_Name\\n*")
    'project name'
    """
    plain = unicodedata.normalize("NFKC", str(text)).casefold()
    return re.sub(r"[\s_]+", " ", plain).strip(" :*.")


_TWINS = str.maketrans(*words()["twins"])
"""Cyrillic and Greek letters that look like Latin ones."""


@lru_cache(maxsize=1 << 14)
def look_alike(text: str) -> str:
    """A text in the form in which texts that look alike are equal: case, blanks, width, accents, scripts, last points.

    >>> look_alike("Networks. ") == look_alike("networks"), look_alike("Ｐ０１"), look_alike("1") == look_alike("001")
    (True, 'p01', False)
    >>> look_alike("Nоrth") == look_alike("North"), look_alike("Réseau")  # the first o is Cyrillic
    (True, 'reseau')
    """
    if not text.isascii():
        signs = unicodedata.normalize("NFKD", ODD_SIGNS.sub("", text))
        text = "".join(sign for sign in signs if not unicodedata.combining(sign)).translate(_TWINS)
    plain = text.casefold()
    return re.sub(r"[\s_\-–—]+", " ", plain).strip(" .,;:") or plain


def like_digits(text: str) -> str:
    """A text as `look_alike` has it, with letters beside a digit that look like a digit as that digit.

    >>> like_digits("PO1"), like_digits("Pl1"), like_digits("Pool")
    ('p01', 'p11', 'pool')
    """
    return re.sub(r"(?<=\d)[oil]|[oil](?=\d)", lambda sign: "0" if sign[0] == "o" else "1", look_alike(text))


def near_words(value: str, known: Iterable[str]) -> str:
    """Did you mean: the known value that is most like another one, in words; empty where none is.

    >>> near_words("Nort", ["North", "South"])
    ' Did you mean "North"?'
    """
    forms = {like_digits(one): one for one in known}
    found = difflib.get_close_matches(like_digits(value), forms, n=1, cutoff=0.7)
    if not found:
        return ""
    same = " (they differ in case, blanks or signs that look alike)" if found[0] == like_digits(value) else ""
    return f' Did you mean "{forms[found[0]]}"?{same}'


INSIDE = re.compile(r"[(\[（［](.*?)[)\]）］]")
"""What stands in brackets, of any width."""


def _as_text(cell: object) -> str:
    """One workbook cell as text: 12.0 is "12", a date is ISO, True is "yes"."""
    if isinstance(cell, float | np.floating):
        number = float(cell)
        whole = number.is_integer() and abs(number) < 1e15
        return str(int(number)) if whole else repr(number) if number == number else ""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, bool | np.bool_):
        return "yes" if cell else "no"
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)


def parse_text(cells: pd.Series, column: Column) -> Parsed:
    """Read free text; an identifier also loses inner line breaks."""

    def read(text: str) -> str:
        return " ".join(text.split()) if column.type == "id" else text

    return by_distinct(cells, read, "str", reason=re.compile(r"e\.g\. .*", re.S))  # left over from an example row


def parse_category(cells: pd.Series, column: Column) -> Parsed:
    """Read one of the allowed values, whatever its case; without a list any text will do."""
    known = {_folded(value): value for value in column.allowed}
    known |= {_folded(key): value for key, value in column.values.items()}

    def read(text: str) -> str | None:
        parts = {known.get(part) for part in re.split("[/_–&+]+", _folded(text))} if known else set()
        between = "A" if "A" in parts and parts < {"R", "A", "G"} else None  # Amber/Red of a scale of five
        return known.get(_folded(text), between) if known else text

    return by_distinct(cells, read, "str")


def _folded(value: str) -> str:
    return re.sub(r"[\s_\-]+", "_", value.strip().casefold())


def shown(value: object) -> str:
    """Write a cell as text on one line, cut when it is long."""
    text = " ".join(_as_text(value).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


SCALES: dict[str, float] = {name: float(one["worth"]) for name, one in words()["scales"].items()}
"""What one unit of money is worth, by its name in the settings."""
_SCALE_OF = {word: name for name, one in words()["scales"].items() for word in one["words"]}
_SIGNS: dict[str, str] = words()["currencies"]
CURRENCIES = {sign: codes.split()[0] for sign, codes in _SIGNS.items() if not sign.isalpha()}
_RUPEES = {*_SIGNS["rs"].split(), "BDT"}
_CODES = set(words()["codes"].split())
_TOKEN = re.compile(r"[^\W\d_]*[€£$¥₹₩₽₺₫₪₴₦₱฿₸₾]|'?000s?\b|[^\W\d_]+|\S")
_FILL = {"in", "of", "en", "de", "di", "(", ")", "[", "]", ".", ",", "'", "’", "/", "-", "–"}


def _token(word: str) -> tuple[str, str] | None:
    """Currencies (codes, separated by blanks) and scale of one word; None when it is neither."""
    word = re.sub("^d['’]|['’]", "", word)
    low, code = word.casefold(), word.upper()
    if low in _SIGNS:
        return _SIGNS[low], ""
    if code in _CODES:
        return code, ""
    if low in _SCALE_OF:
        return "", _SCALE_OF[low]
    for cut in range(1, len(word)):  # TEUR, MEUR, kUSD, k€, EURm, AUD$m, R000
        for scale, money in ((word[:cut], word[cut:]), (word[cut:], word[:cut])):
            code = money.upper() if money.upper() in _CODES else ""
            sign = not money.isalpha() or money > "\u2e80" or (money == "R" and word[0] == "R")  # Rm, R000, but not Mr
            codes = _SIGNS.get(money.casefold(), "") if sign else code
            name = "thousand" if scale.casefold() == "t" else _SCALE_OF.get(scale.casefold(), "")
            if codes and name:
                return codes, name
    return None


@lru_cache(maxsize=4096)
def read_unit(text: str) -> tuple[str, str, str]:
    """Currencies, scale and what else stands in a text about a unit.

    >>> read_unit("Mio. €"), read_unit("TEUR"), read_unit("US$ bn"), read_unit("k widgets")
    (('EUR', 'million', ''), ('EUR', 'thousand', ''), ('USD', 'billion', ''), ('', 'thousand', 'widgets'))
    """
    money, scale, rest = "", "", []
    parts = _TOKEN.findall(re.sub(r"\bd['’](?=\w)", " ", text))  # milliers d'euros
    for word in parts:
        found = _token(word)
        if found is None and word.casefold() == "t" and any((_token(one) or ("",))[0] for one in parts):
            found = ("", "thousand")  # T €
        if found is not None and found[0] and money:  # "€5 EUR" says it twice
            found = (" ".join(one for one in money.split() if one in found[0].split()), found[1])
            found = found if found[0] else None
        if found is None or (found[1] and scale):
            rest += [] if word.casefold() in _FILL else [word]
            continue
        money, scale = found[0] or money, found[1] or scale
    return money, scale, " ".join(rest)


def say_units(texts: Iterable[str]) -> bool:
    """True when texts are currencies or units of money, and nothing else; one letter alone may mean anything."""
    read = {text: read_unit(text) for text in texts}
    clear = len(read) > 1 or any(codes or len(text) > 2 for text, (codes, _, _) in read.items())
    return clear and all((codes or scale) and not rest for codes, scale, rest in read.values())


def settle_currency(codes: str, currency: str) -> str:
    """One currency of those that a sign may mean: that of the settings where it is among them."""
    return currency if currency in codes.split() else codes.partition(" ")[0]


@lru_cache(maxsize=4096)
def split_header(header: str) -> tuple[str, str, str]:
    """Currencies and scale that a header states, and the header without them."""
    money, scale, bare = "", "", header
    for inside in INSIDE.finditer(header):
        stated = read_unit(inside[1])
        basis, year = stated_prices(inside[0])
        if stated[0] or stated[1] or basis == "nominal" or year:
            money, scale = stated[0] or money, stated[1] or scale
            bare = bare.replace(inside[0], " ")
    outside = [(word, _token(word)) for word in re.findall(r"[^\s,;:_()\[\]（）［］]+", bare)]
    has_money = bool(money) or any(found and found[0] and word != "R" for word, found in outside)
    for word, found in outside:
        short = re.sub("[.'’]", "", word.casefold()) in words()["short"]
        found = found or _token(word.strip("."))
        found = ("", "thousand") if found is None and word in ("T", "t") and has_money else found
        if found is None or (short and not has_money) or (found[0] and money) or (found[1] and scale):
            continue
        money, scale = found[0] or money, found[1] or scale
        own = re.escape(word)
        around = rf"(?:\b(?:in|en)\s+|(?<=\s)[-–—|/:]\s+)?(?<!\S){own}(?:\s+(?:of|de|d')(?!\S))?|{own}(?=[\s,;]|$)"
        bare = re.sub(around, " ", bare, count=1)
    return (money, scale, re.sub(r"\s+", " ", bare).strip(" ,;")) if bare != header else ("", "", header)


_NEUTRAL = {part for name in ("neutral", "price", "real", "nominal") for one in words()[name] for part in one.split()}
_FACTOR = re.compile(r"\^|[x×*]\s*\d|\d{3}")
_DATED = re.compile(r"\b(?:fy|cy)?\s*(?:19|20)\d\d(?:\s*[-/–]\s*\d{2,4})?\b", re.I)


def unit_in_doubt(header: str) -> str:
    """What the brackets of a header say about the unit and nobody can bring to one; empty where nothing.

    >>> [unit_in_doubt(one) for one in ("Cost (R$ mil)", "Cost (€ 10 000)", "Cost (1.000 €, nominal)", "Cost (2)")]
    ['R$ mil', '€ 10 000', '', '']
    """
    for inside in INSIDE.findall(header):
        bare = _DATED.sub(" ", inside)
        codes, scale, rest = read_unit(bare)
        left = [one for one in re.findall(r"\w+", rest.casefold()) if one not in _NEUTRAL]
        unclear = any(word in words()["unclear"] for word in left)
        if unclear or (left and (codes or scale)) or (not scale and _FACTOR.search(bare)):
            return str(inside)
    return ""


_YEAR_OF_PRICES = r"(?<!\d)((?:19|20)\d\d(?:\s*[-/–]\s*\d{2,4})?)(?!\d)"
_YEAR_ALONE = re.compile(rf"\W*(?:[A-Z]{{3}})?\W*{_YEAR_OF_PRICES}\W*")
"""€2027 is the year of an amount."""
_PRICES = rf"(?i:{one_of('price')})"
_AT_PRICES = (
    re.compile(rf"{_PRICES}\W*(?:\w{{1,3}}\W+)?{_YEAR_OF_PRICES}"),
    re.compile(rf"{_YEAR_OF_PRICES}\W*{_PRICES}|(?:[€£$¥]|\b[A-Z]{{3}})_?{_YEAR_OF_PRICES}|{_YEAR_OF_PRICES}[€£$¥]"),
)
_IN_REAL = re.compile(rf"(?i:real|constant)\W*{_YEAR_OF_PRICES}|{_YEAR_OF_PRICES}\W*(?i:real|constant)")


@lru_cache(maxsize=4096)
def stated_prices(text: str, line: bool = False) -> tuple[str, int | None]:
    """Basis and year of the prices that a header of amounts, or a line about them, states; its own year is neither.

    >>> [stated_prices(one) for one in ("2027 (2020 €k)", "Cost, 2012/13 prices", "2027 (€k)", "€2019m", "Real 2027")]
    [('real', 2020), ('real', 2013), ('', None), ('real', 2019), ('', None)]
    >>> stated_prices("Cost 2027 (nominal)"), stated_prices("EUR million, real 2020", line=True)
    (('nominal', None), ('real', 2020))
    """
    if not line and _YEAR_ALONE.fullmatch(text):
        return "", None
    inside = [text] if line else INSIDE.findall(text)
    found = [one[one.lastindex or 0] for pattern in _AT_PRICES for one in pattern.finditer(text)]
    found += [one[one.lastindex or 0] for part in inside for one in _IN_REAL.finditer(part)]
    for part in [] if line else inside:
        bare = _DATED.sub(" ", part)
        if bare != part and any(read_unit(bare)[:2]) and not re.search(r"(?i)\bfy", part):
            found += re.findall(_YEAR_OF_PRICES, part)
    years = [year for one in found if (year := read_year(re.sub(r"\s", "", one)))]
    for basis in ("real", "nominal"):
        stated = re.search(one_of(basis), text, re.I)
        if stated or any(re.search(one_of(f"{basis}_inside"), one, re.I) for one in inside):
            return basis, years[0] if years else None
    return ("real", years[0]) if years else ("", None)


def without_unit(header: str) -> str:
    """A header without the unit that it states; other brackets stay.

    >>> without_unit("2027 (€k)"), without_unit("2027 (baseline)"), without_unit("2027 in Mio. EUR")
    ('2027', '2027 (baseline)', '2027')
    """
    return split_header(header)[2]


def header_unit(header: str, currency: str = "") -> tuple[str, str]:
    """Currency and money unit that a header states; empty where it states none.

    >>> header_unit("Cost (£m)"), header_unit("Budget [k EUR]"), header_unit("2027 $'000", "CAD")
    (('GBP', 'million'), ('EUR', 'thousand'), ('CAD', 'thousand'))
    """
    codes, scale, _ = split_header(header)
    return settle_currency(codes, currency), scale


_SAYS_UNIT = re.compile(rf"(?i)\b(?:in|en)\b|{one_of('amount')}|^\W*\w+\W*(?:\w+)?\W*$|[(\[]")


def line_unit(text: str, currency: str = "") -> tuple[str, str]:
    """Currency and unit that a line above or below a table states; a title that names none states none.

    >>> line_unit("Costs in thousands of EUR"), line_unit("alle Angaben in T€"), line_unit("Thousands gain from it")
    (('EUR', 'thousand'), ('EUR', 'thousand'), ('', ''))
    """
    said = header_unit(text, currency)
    return said if said[0] or _SAYS_UNIT.search(text) else ("", "")


_AFTER = r"(?!\d)[^\d]*$"
_POINT, _COMMA = (
    re.compile(
        rf"\d{point}\d{{1,2}}{_AFTER}|{point}\d{{4,}}{_AFTER}|{mark}\d{{3}}{point}\d|"
        rf"\d(?:{mark}\d{{{size}}}){{2,}}{_AFTER}|(?:^|\D)0{point}\d|(?:^|[^\d{mark}]){point}\d"
    )
    for point, mark, size in ((r"\.", ",", "2,3"), (",", r"\.", "3"))  # lakh and crore have groups of two
)
"""What proves the sign before the decimals, by the sign between groups of digits and the size of these."""
TWO_WAYS = re.compile(r"[^\d.,]*[1-9]\d{0,2}[.,]\d{3}\D*")
"""A number that a decimal comma and a decimal point read differently, and neither proves."""


def decimal_evidence(cells: Iterable[object]) -> tuple[bool, bool]:
    """Tell whether any text proves a decimal point, and whether any proves a decimal comma.

    >>> decimal_evidence(["1.234,50", "12"]), decimal_evidence(["1,234", "12"]), decimal_evidence(["12,5 Mio. €"])
    ((False, True), (False, False), (False, True))
    """
    texts = [text for text in map(plain_digits, texts_of(cells)) if "." in text or "," in text]
    return any(map(_POINT.search, texts)), any(map(_COMMA.search, texts))


def texts_of(cells: Iterable[object]) -> set[str]:
    """The different texts among cells; the numbers and dates of a workbook are none."""
    if isinstance(cells, pd.Series):
        cells = cells.to_numpy(dtype=object) if cells.dtype in ("object", "str") else ()
    return {cell for cell in set(cells) if isinstance(cell, str)}


_NUMBER = re.compile(
    r"(?P<lead>[^\d.,]*(?:\.(?!\d)[^\d.,]*)*)(?P<digits>(?:\d[\d.,'’ ]*)|[.,]\d+)"
    r"(?P<exponent>e[-+]?\d+)?(?P<tail>\D.*)?",
    re.I,
)
_FLOAT = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
"""A number of Python as text."""
_MINUS = re.compile(r"[-−–—]")
ORDINAL = re.compile(r"\d\s?(?:st|nd|rd|th|[eè]r?e?|ème|º|ª|°)(?![^\W\d_])(?![-+]?\d)", re.I)
"""5th is a place among others, no five thousand."""


class Shown(float):
    """A number of a workbook that is shown with a currency, a unit or a percent sign, or that is in doubt.

    `unit` is the text that is shown, or a sign of DOUBTS.
    """

    unit: str

    def __new__(cls, number: float | str, unit: str) -> Shown:
        """A number and its unit."""
        one = super().__new__(cls, number)
        one.unit = unit
        return one

    def __neg__(self) -> Shown:
        return Shown(-float(self), self.unit)


DOUBTS: dict[str, str] = words()["doubts"]
"""Why nobody can tell what a number of a workbook stands for."""
_IN_FORMAT = re.compile(r'\[\$([^-\]]*)[^\]]*\]|\[[^\]]*\]|"([^"]*)"|\\(.)|[_*].|([€£¥₹฿₽₺₴₩$%])|[A-Z]{3}|.')


@lru_cache(maxsize=4096)
def unit_of_format(code: str) -> str:
    """The unit that a number format of a workbook shows; empty where none.

    A comma behind the digits divides what is shown, digits, a minus or words beside it change it: nobody can tell
    whether the number or its picture is meant.

    >>> unit_of_format('#,##0.0 "k€";[Red]-#,##0.0 "k€"'), unit_of_format("[$£-809]#,##0"), unit_of_format("#,##0.0,,")
    ('k€', '£', ',')
    >>> [unit_of_format(one) for one in ('0",000"', ";;;", '"tbc"', '"-"0', '0 "FTE"', '[=0]"-";#,##0', "General")]
    ['0', '0', '0', '0', '0', '', '']
    """
    sections = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)
    bare = [re.sub(r'"[^"]*"|\\.|[_*].|\[[^\]]*\]', " ", one) for one in sections]
    digits = [re.search(r"[0#?@]|general", one, re.I) for one in bare]
    taken = next((n for n, one in enumerate(digits) if one), 0) if re.search(r"\[[<>=]", code) else 0
    first, place = sections[taken], digits[taken]
    if re.search(r"[0#?],+(?![0#?,])", re.sub(r'"[^"]*"', " ", first)):
        return ","
    text = " ".join(filter(None, ("".join(filter(None, one.groups())) for one in _IN_FORMAT.finditer(first))))
    codes, scale, rest = read_unit(text.replace("%", " "))
    rest = rest or ("th" if ORDINAL.search(f"0{text.strip()}") else "")
    lead = re.split(r"[0#?]", re.sub(r"[_*].|\[[^\]]*\]", "", first))[0]
    if place is None or "-" in lead or re.search(r"[^\W_]", rest) or re.search(r"(?<!['’])\b\d", text):
        return "0"
    return text.strip() if codes or scale or "%" in text else ""


def _digits(digits: str, comma: bool | None) -> float | None:
    """The value of bare digits; None where they are grouped as no number is, or can be read two ways."""
    digits = digits.strip(" '’")
    if comma is None:  # decide by this cell alone
        last = max(digits.rfind("."), digits.rfind(","))
        mark = digits[last] if last >= 0 else "."
        if last >= 0 and digits.count(mark) == 1 and TWO_WAYS.fullmatch(digits):
            return None
        comma = (mark == ",") == (digits.count(mark) == 1)
    point, group = (",", ".") if comma else (".", ",")
    whole, _, rest = digits.partition(point)
    grouped = rf"\d+|\d{{1,3}}(?:[{group}'’ ]\d{{2,3}})*[{group}'’ ]\d{{3}}"
    odd = rest and not rest.isdecimal()
    if odd or (whole and not re.fullmatch(grouped, whole)):
        return None
    whole = re.sub(r"\D", "", whole)
    return float(f"{whole or 0}.{rest or 0}") if whole or rest else None


_WIDE = {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {ord("٫"): ".", ord("٬"): ","}


def plain_digits(text: str) -> str:
    """Digits of any script, and the signs that stand among wide and Arabic ones, as this code knows them.

    >>> plain_digits("１２．５"), plain_digits("١٬٢٥٠٫٥"), plain_digits("10³")
    ('12.5', '1,250.5', '10³')
    """
    return text if text.isascii() else re.sub(r"\d", lambda digit: str(int(digit[0])), text.translate(_WIDE))


@lru_cache(maxsize=1 << 14)
def _one_number(text: str, comma: bool | None, is_money: bool = False) -> tuple[float, str, str] | None:
    """Read one number: value, scale, currencies; None when it is not a number (a percentage is no money)."""
    text = plain_digits(text)
    match = None if ORDINAL.search(text) else _NUMBER.fullmatch(text)
    value = None if match is None else _digits(match["digits"].rstrip(".,"), comma)
    if match is None or value is None:
        return None
    lead, tail = match["lead"].strip(), (match["tail"] or "").strip()
    if match["digits"].rstrip()[-1:] in (".", ","):  # 500.- and 500,-- are whole amounts
        tail = re.sub(r"^[-–—]{1,2}", "", tail).strip()
    if bracket := lead.count("(") == tail.count(")") == 1:
        lead, tail = lead.replace("(", " "), tail.replace(")", " ")
    signs = len(_MINUS.findall(lead)) + len(_MINUS.findall(tail)) + bracket
    percent = tail.startswith("%") or tail.endswith("%")
    text = f"{_MINUS.sub(' ', lead)} {_MINUS.sub(' ', tail)}".replace("+", " ").replace("%", " ", 1)
    money, scale, rest = read_unit(text)
    try:
        value *= float("1" + (match["exponent"] or "e0"))
    except (OverflowError, ValueError):
        return None
    first = re.sub(r"\W", "", lead)  # M5 is a name; M€ 5 and Mio. 5 are amounts
    odd = rest or signs > 1 or (scale and not money and 0 < len(first) < 3) or any(one in text for one in "()[]/,")
    if odd or (percent and is_money) or not np.isfinite(value):
        return None
    return (-value if signs else value) / (100 if percent else 1), scale, money


def money_rows(frame: Mapping[str, pd.Series], column: Column) -> np.ndarray | None:
    """Rows of a column that are money, where another cell of the row decides it; None where all are, or none."""
    if column.money_where is None:
        return None
    name, pattern = column.money_where
    if name not in frame:
        return None
    text = clean_text(frame[name]).str.casefold()
    no = text.str.contains("month|day|week|date|year|percent|share|count|fte|head", regex=True, na=False)
    return (text.str.contains(pattern, regex=True, na=False) & ~no).to_numpy(bool)


def parse_number(
    cells: pd.Series, column: Column, *, comma: bool | None = False, money_unit: str | None = None, currency: str = "",
    money: np.ndarray | None = None, units: np.ndarray | None = None,
) -> Parsed:  # fmt: skip
    """Read numbers as people write them: signs, separators, k / Mio. / bn / crore, brackets, percent, currencies.

    Parameters
    ----------
    cells : Series
        Text, numbers or a mix.
    column : Column
        Says whether the numbers are money.
    comma : bool or None
        True: the sheet has a decimal comma; None: no one style, each cell must be clear by itself.
    money_unit : str or None
        Unit of the settings; an amount with a unit ("1.2m") is brought to it. None: not stated.
    currency : str
        ISO code of the settings; another one in a cell is refused.
    money : ndarray of bool or None
        Rows that are money, where not the whole column is: a unit elsewhere is no number.
    units : ndarray of str or None
        Unit of each row, by the header of its cell or by a mapping; empty where it is that of the settings.
    """
    index, ours = cells.index, money_unit or "unit"
    own = np.full(len(cells), "", dtype=object) if units is None else units
    times = np.array([SCALES[unit] / SCALES[ours] if unit else 1.0 for unit in own])
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        values = cells.astype("Float64").astype("float64")
        return Parsed(values * times, np.isinf(values.to_numpy()), np.zeros(len(values), dtype=bool))
    written, texts = cells.to_numpy(dtype=object), cleaned(cells)
    reason = where(texts, MISSING.fullmatch)
    plain = where(texts, re.compile(r"[-+]?\d+(?:\.\d+)?" if comma is False else r"[-+]?\d+").fullmatch)
    if cells.dtype == object:
        native = np.array([isinstance(cell, Number) and not isinstance(cell, bool) for cell in written], bool)
        odd = np.array([isinstance(cell, Shown) for cell in written], bool)
        plain = (plain | (native & where(texts, _FLOAT.fullmatch))) & ~odd
    result = np.array([float(str(text)) if alone else np.nan for text, alone in zip(texts, plain, strict=True)])
    result[np.isinf(result)] = np.nan
    rest = [row for row in np.flatnonzero(np.isnan(result) & ~reason) if texts[row] is not None]
    bad = np.zeros(len(cells), dtype=bool)
    scaled = bad.copy()
    stated, doubts = (np.full(len(cells), "", dtype=object) for _ in range(2))
    for position in rest:
        mine = own[position] != "" or (column.is_money if money is None else bool(money[position]))
        text, point, cell = str(texts[position]), comma, written[position]
        if isinstance(cell, Shown):
            if not mine or cell.unit in DOUBTS:
                result[position], doubts[position] = float(cell), cell.unit if mine else ""
                continue
            text, point = f"{text} {cell.unit}", False
        value, scale, codes = _one_number(text, point, mine) or (np.nan, "", "")
        stated[position] = settle_currency(codes, currency) if mine else ""
        credit = (stated[position] or currency) not in _RUPEES and re.search(r"(?i)(?<![^\W\d_])cr\b", text)
        unclear = mine and not own[position] and (money_unit not in SCALES or credit)
        alone = not mine and (codes or (scale and money is not None))
        bad[position] = np.isnan(value) or bool((scale and unclear) or alone)
        if not bad[position]:
            value *= SCALES[scale] / (SCALES[ours] if mine else 1.0) if scale else 1.0
            scaled[position], result[position] = bool(scale), float(f"{value:.15g}")
    result = np.where(scaled, result, result * times)
    used = set(stated) - {""}  # where the settings name no currency there may be one
    foreign = (stated != "") & (stated != currency) & (bool(currency) or len(used) > 1)
    parsed = Parsed(pd.Series(result, index=index), bad, reason, codes=used)
    parsed.notes += [("decimal_comma", {}, None)] if comma and rest else []
    told: list[tuple[str, dict[str, str], np.ndarray]] = [
        *(("number_shown_otherwise", {"doubt": DOUBTS[one]}, doubts == one) for one in set(doubts) - {""}),
        ("scale_suffix", {}, scaled),
        ("currency_mixed", {"own": currency or "none"}, foreign),
    ]
    parsed.notes += [note for note in told if note[2].any()]
    return parsed


def taken_off(cell: object) -> object:
    """An amount with a minus in front.

    >>> taken_off("20,00"), taken_off(20)
    ('-20,00', -20)
    """
    if isinstance(cell, int | float) and not isinstance(cell, bool) and cell > 0:
        return -cell
    return f"-{cell}"  # what has a minus already has two then, and is asked about


PERCENT = f"(?i:%|{one_of('percent')})"
"""Words of a header of shares: 30 is 0.3."""


def in_percent(cells: pd.Series, read: Parsed) -> Parsed:
    """Shares under a header that says percent: 30 is 0.3; a cell with a percent sign of its own is read already.

    Where no number is above 1 nobody knows which of both it is, and that is noted.

    >>> column = Column("probability", "number", high=1.0)
    >>> cells = pd.Series([30, "5 %", 0.5])
    >>> in_percent(cells, parse_number(cells, column)).values.tolist()
    [0.3, 0.05, 0.005]
    """
    signed = np.array([isinstance(cell, Shown) or "%" in str(cell) for cell in cells], dtype=bool)
    bare = read.values.mask(signed)
    if (bare > 1).any():
        return replace(read, values=read.values.where(signed, bare / 100))
    return replace(read, notes=[*read.notes, ("share_or_percent", {}, (bare > 0).to_numpy(bool))])


@cache
def as_share(text: object) -> object:
    """A number of a mapping, which is a share whatever the header of its column says; other words as they are."""
    number = plain_numbers(pd.Series([text], dtype=object)).iloc[0]
    return text if pd.isna(number) else Shown(number, "%")


def plain_numbers(cells: pd.Series, *, own: bool = False) -> pd.Series:
    """Amounts of a column in single units, NaN where there is none, only for comparing them with each other.

    `own`: the column itself decides what its comma means; else each cell does.
    """
    comma = decimal_evidence(cells) == (False, True) if own else None
    return parse_number(cells, _AMOUNT, comma=comma, money_unit="unit").values


_AMOUNT = Column("amount", "number", unit="money")
_CLOCK = r"(?:[ T]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?\s*(?:[AaPp]\.?[Mm]\.?)?)?"
SLASHED = re.compile(r"(?:[A-Za-z]{2,9}\.?,? +)?(\d{1,2})([/.\-])(\d{1,2})[/.\-](\d{4}|\d{2})" + _CLOCK)
"""A date of three numbers, the year last; the name of a weekday may stand before it."""
_YEAR_FIRST = re.compile(rf"(?:[A-Za-z]{{2,9}}\.?,? +)?(?:[2-5]\d|60)-\d{{1,2}}[/.\-](?:00)?(?:[0-2]\d|3[01]){_CLOCK}")
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T]\d{1,2}:\d{2}.*)?")
_SERIAL = re.compile(r"(?:1[5-9]|[2-7]\d)\d{3}(?:\.\d+)?|80000")
_WEEKDAY = re.compile(r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[ ,.]+(?=\d)")
_BESIDE_DATE = re.compile(r"(?i)(?<=\d)(?:st|nd|rd|th|er)\b|[.,/-]|\bde\b|\s\d{1,2}:\d{2}.*$")
_MONTH_FORMATS = ("%d %b %Y", "%b %d %Y", "%d %b %y", "%Y %b %d")


def order_evidence(cells: Iterable[object]) -> tuple[bool, bool]:
    """Tell whether any date proves that days come first, and whether any proves that months do.

    Points between the numbers are a proof of days first, unless the second number is no month.

    >>> order_evidence(["1/2/2027", "7/31/2027"]), order_evidence(["1/2/2027"])
    ((False, True), (False, False))
    """
    day = month = False
    for found in map(SLASHED.fullmatch, texts_of(cells)):
        if found:
            first, second = int(found[1]), int(found[3])
            day |= (first > 12 or found[2] == ".") and second <= 12
            month |= second > 12 and first <= 12
    return day, month


@lru_cache(maxsize=1 << 14)
def read_date(
    text: str, month_first: bool | None, *, epoch_1904: bool = False, year_last: bool = False
) -> date | None:  # fmt: skip
    """The day that one text names; None where it names none, or two and `month_first` does not say which.

    27-03-31 may begin with its year: it is read where `year_last` says that it does not.

    >>> [str(read_date(one, False)) for one in ("2027-03-31T00:00", "Tue 3.4.27", "1er mars 2027", "46112", "27-03-31")]
    ['2027-03-31', '2027-04-03', '2027-03-01', '2026-03-31', 'None']
    >>> read_date("3/4/2027", None), str(read_date("3/14/2027", None))
    (None, '2027-03-14')
    """
    text = _WEEKDAY.sub("", text)
    try:
        if iso := _ISO.fullmatch(text):
            return date(*map(int, iso.groups()))
        if parts := SLASHED.fullmatch(text):
            one, two, year = int(parts[1]), int(parts[3]), int(parts[4])
            points, clear = parts[2] == ".", one > 12 or two > 12 or parts[2] == "." or one == two
            if (month_first is None and not clear) or (not year_last and _YEAR_FIRST.fullmatch(text)):
                return None
            month_leads = two > 12 if month_first is None else month_first and not (points and two <= 12)
            month, day = (one, two) if month_leads else (two, one)
            return date(year if year >= 100 else year + (1900 if year >= 70 else 2000), month, day)
    except ValueError:
        return None
    if _SERIAL.fullmatch(text):
        return (date(1904, 1, 1) if epoch_1904 else date(1899, 12, 30)) + timedelta(int(float(text)))
    words = " ".join(english_months(_BESIDE_DATE.sub(" ", text)).split())
    for form in _MONTH_FORMATS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(words, form).date()
    return None


def parse_date(
    cells: pd.Series, column: Column, *, epoch_1904: bool = False, month_first: bool | None = None
) -> Parsed:
    """Read dates: ISO, written months, workbook serials, and d/m/y or m/d/y as the sheet has them.

    Where `month_first` is None only those are read that can be read one way.
    """
    if pd.api.types.is_datetime64_any_dtype(cells):
        plain = cells.dt.tz_localize(None) if cells.dt.tz is not None else cells
        nothing = np.zeros(len(cells), dtype=bool)
        return Parsed(plain.dt.normalize().astype("datetime64[us]"), nothing, nothing.copy())
    known = texts_of(cleaned(cells))
    parts = [found for one in known if (found := SLASHED.fullmatch(_WEEKDAY.sub("", one)))]
    year_last = any(len(one[4]) < 4 and not _YEAR_FIRST.fullmatch(one[0]) for one in parts)
    said: Any = {"epoch_1904": epoch_1904, "year_last": year_last}
    parsed = by_distinct(cells, lambda text: read_date(text, month_first, **said), "datetime64[us]")
    if parts and month_first is not None:
        parsed.notes.append(("date_order", {"way": "month first" if month_first else "day first"}, None))
    if any(map(_SERIAL.fullmatch, known)):
        parsed.notes.append(("date_serial", {}, None))
    return parsed


def near_dates(text: str) -> str:
    """The days that a text may mean, as a date is written: both of 3/4/2028, else the last of its time.

    >>> [near_dates(one) for one in ("3/4/2028", "Q3 2028", "end of 2028", "31.2.2028", "soon")]
    ['2028-03-04 or 2028-04-03', '2028-09-30', '2028-12-31', '2028-12-31', '2027-03-31']
    """
    year = re.search(r"(?:19|20)\d\d", text)
    time_ = read_period(text) or (year[0] if year else "2027-03")
    both = {read_date(clean_cell(text) or "", way) for way in (True, False)}
    days = {day for day in both if day} or {pd.Period(time_).end_time.date()}
    return " or ".join(f"{day:%Y-%m-%d}" for day in sorted(days))


_YEAR = re.compile(
    rf"(?:(?P<word>{'|'.join(map(re.escape, words()['year']))})\.?\s*)?'?(?P<year>\d{{4}}|\d{{2}})(?:\.0)?"
    r"(?:\s*[-/–]\s*'?(?P<end>\d{4}|\d{2}))?"
)


def read_year(text: str) -> int | None:
    """Read a fiscal year; a year over two calendar years is named by the one in which it ends.

    >>> [read_year(one) for one in ("2027", "FY2026/27", "26-27", "Jahr 2027", "2023-24 (forecast)", "26-28")]
    [2027, 2027, 2027, 2027, None, None]
    """
    match = _YEAR.fullmatch(text.strip().lower())
    if match is None or (
        len(match["year"]) == 2
        and not (match["word"] or "").startswith(("f", "cy", "ye", "gj", "hj"))
        and not (match["end"] and "15" <= match["year"] <= "60")
    ):
        return None
    year = int(match["year"]) if len(match["year"]) == 4 else 2000 + int(match["year"])
    if match["end"]:
        end = int(match["end"]) if len(match["end"]) == 4 else year // 100 * 100 + int(match["end"])
        end += 100 if end < year else 0
        if end != year + 1:
            return None
        year = end
    return year if 1900 <= year <= 2200 else None


_MONTHS = {name.casefold(): n for n, name in enumerate(calendar.month_abbr) if name}
_MONTHS |= {name.casefold(): n for n, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name: n for n, names in words()["months"].items() for name in names}
_WORD = re.compile(r"[^\W\d_]{3,}")


def english_months(text: str) -> str:
    """A text in which the names of months are those that a date is parsed by.

    >>> english_months("3 mars 2027"), english_months("1 Dez 27")
    ('3 Mar 2027', '1 Dec 27')
    """

    def english(word: re.Match[str]) -> str:
        number = _MONTHS.get(word[0].casefold())
        return word[0] if number is None else calendar.month_abbr[number]

    return _WORD.sub(english, text)


def _numbered(words_: str) -> str:
    """A pattern of a word with its number: Q3, 3Q, 3. Quartal, quarter 3."""
    first = rf"(?<!\w)(?:[1-4])(?:\.|st|nd|rd|th|er|re|e|ème|º|ª|°)?\s*(?:{words_})(?![^\W\d_])"
    return rf"(?i:{first}|(?<![^\W\d_])(?:{words_})\s*[1-4](?!\d))"


PART_OF_YEAR = _numbered(f"[hqs]|{one_of('quarter')}|{one_of('half')}")
"""A quarter or a half of a year."""
_QUARTER = re.compile(_numbered(f"[qt]|{one_of('quarter')}"))
_ITS_YEAR = re.compile(r"[\s\-/.]*(?:(fy)\s*|(?:of|de|du)\b\s*)?['’]?(?!0000)(\d{4}|(?(1)\d|[1-6])\d)[\s\-/]*")


def read_period(text: str) -> str | None:
    """Read a year, quarter or month (or its first or last day) into its one form: "2028", "2028-Q1", "2026-09".

    >>> [read_period(one) for one in ("Q1 2028", "T3 2028", "Q1 FY28", "Jan-26", "2026/9", "2008-Q4", "FY09 Q1")]
    ['2028-Q1', '2028-Q3', '2028-Q1', '2026-01', '2026-09', '2008-Q4', '2009-Q1']
    >>> [read_period(one) for one in ("01/2027", "12.2027", "001.2027", "13/2027")]
    ['2027-01', '2027-12', '2027-01', None]
    >>> [read_period(one) for one in ("3Q27", "Q3/27", "2027Q3", "3. Quartal 2027", "3e trimestre 2027", "Q32027")]
    ['2027-Q3', '2027-Q3', '2027-Q3', '2027-Q3', '2027-Q3', None]
    >>> [read_period(one) for one in ("2026-09-01 00:00:00", "2026-09-30", "30.09.26", "2026-09-29", "9/10/2026")]
    ['2026-09', '2026-09', '2026-09', None, None]
    """
    low = text.strip().lower()
    part = _QUARTER.search(low)
    if part and (its := _ITS_YEAR.fullmatch(low[: part.start()] + low[part.end() :])):
        return f"{'20'[: 4 - len(its[2])]}{its[2]}-Q{re.sub('[^1-4]', '', part[0])}"
    turned = re.sub(r"^0?(\d{1,2})[./-]((?:19|20)\d\d)$", r"\2-\1", low)  # 001.2027 of SAP
    if match := re.fullmatch(r"(?!0000)(\d{4})[-/](\d{1,2})", turned):
        month = int(match[2])
        if 1 <= month <= 12:
            return f"{match[1]}-{month:02d}"
    if SLASHED.fullmatch(text.strip()) or _ISO.fullmatch(text.strip()):
        day = read_date(text.strip(), None)
        ends = day is not None and day.day in (1, calendar.monthrange(day.year, day.month)[1])
        return f"{day:%Y-%m}" if day is not None and ends else None
    match = re.fullmatch(r"([^\W\d_]{3,})\.?[\s\-/'’]*(?:de )?(?!0000)(\d{4}|\d\d)", low)
    if match and match[1] in _MONTHS:
        return f"{'20'[: 4 - len(match[2])]}{match[2]}-{_MONTHS[match[1]]:02d}"
    year = read_year(text)
    return None if year is None else str(year)


def by_distinct(
    cells: pd.Series, read: Callable[[str], object], dtype: str, reason: re.Pattern[str] = MISSING
) -> Parsed:
    """Parse a column by a function of one text, which says None of what it cannot read: each different text once."""
    texts = cleaned(cells)
    known: dict[str | None, Any] = {one: None if reason.fullmatch(one) else (read(one),) for one in texts_of(texts)}
    found = [known.get(one, ()) for one in texts]
    values = pd.array([one[0] if one else None for one in found], dtype=dtype)
    bad, why = (np.array([one == case for one in found], dtype=bool) for case in ((None,), None))
    return Parsed(pd.Series(values, index=cells.index), bad, why)


def _distinct(read: Callable[[str], object], dtype: str) -> Callable[[pd.Series, Column], Parsed]:
    """A reader of columns of which each different text is read once, by a function of one text."""
    return lambda cells, column: by_distinct(cells, read, dtype)


READERS: dict[str, Callable[[pd.Series, Column], Parsed]] = {
    "year": _distinct(read_year, "Int64"),
    "period": _distinct(read_period, "str"),
    "flag": _distinct(lambda text: _FLAGS.get(text.lower()), "boolean"),
    "category": parse_category,
    "number": lambda cells, column: parse_number(cells, _AMOUNT, comma=None, money_unit="unit"),
    "date": lambda cells, column: parse_date(cells, column, month_first=order_evidence(clean_text(cells))[1]),
    **dict.fromkeys(("id", "text", "value"), parse_text),
}
"""How a column that stands alone is read by its type; the numbers and dates of a table depend on their sheet."""


def readable(text: str, column: Column) -> bool:
    """True when a text alone can be a value of a column.

    >>> [readable(one, Column("kind", "category", allowed=("capex", "opex"))) for one in ("capx", "Opex")]
    [False, True]
    """
    return bool(READERS[column.type](pd.Series([text], dtype="str"), column).values.notna().all())
