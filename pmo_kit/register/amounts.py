"""Numbers and units as people write them, in cells and in headers; the decimal sign is decided for the whole sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from numbers import Number

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Column
from pmo_kit.register.values import Parsed, clean_text, one_of, split_missing, words

SCALES: dict[str, float] = {name: float(one["worth"]) for name, one in words()["scales"].items()}
"""What one unit of money is worth, by its name in the settings."""
_SCALE_OF = {word: name for name, one in words()["scales"].items() for word in one["words"]}
_SIGNS: dict[str, str] = words()["currencies"]
CURRENCIES = {sign: codes.split()[0] for sign, codes in _SIGNS.items() if not sign.isalpha()}
_CODES = set(words()["codes"].split())
_TOKEN = re.compile(r"[^\W\d_]*[€£$¥₹₩₽₺₫₪₴₦₱]|'?000s?\b|[^\W\d_]+|\S")
_FILL = {"in", "of", "en", "de", "(", ")", "[", "]", ".", ",", "'", "’", "/", "-", "–"}


def _token(word: str) -> tuple[str, str] | None:
    """Currencies (codes, separated by blanks) and scale of one word; None when it is neither."""
    low, code = word.casefold().lstrip("'"), word.upper()
    if low in _SIGNS:
        return _SIGNS[low], ""
    if code in _CODES:
        return code, ""
    if low in _SCALE_OF:
        return "", _SCALE_OF[low]
    for cut in range(1, len(word)):  # TEUR, MEUR, kUSD, k€, EURm
        for scale, money in ((word[:cut], word[cut:]), (word[cut:], word[:cut])):
            codes = (
                _SIGNS.get(money) if len(money) == 1 else money.upper() if money.upper() in _CODES else None
            )
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
    parts = _TOKEN.findall(text)
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


def settle_currency(codes: str, currency: str) -> str:
    """One currency of those that a sign may mean: that of the settings where it is among them."""
    return currency if currency in codes.split() else codes.partition(" ")[0]


@lru_cache(maxsize=4096)
def _split_header(header: str) -> tuple[str, str, str]:
    """Currencies and scale that a header states, and the header without them."""
    money, scale, bare = "", "", header
    for inside in re.findall(r"[(\[].*?[)\]]", header):
        stated = read_unit(inside[1:-1])
        if stated[0] or stated[1]:
            money, scale = stated[0] or money, stated[1] or scale
            bare = bare.replace(inside, " ")
    outside = [(word, _token(word)) for word in re.findall(r"[^\s,;:_()\[\]]+", bare)]
    has_money = bool(money) or any(found and found[0] and word != "R" for word, found in outside)
    for word, found in outside:
        short = word.casefold().strip(".'") in words()["short"]
        found = (
            found
            or _token(word.strip("."))
            or (("", "thousand") if word in ("T", "t") and has_money else None)
        )
        if found is None or (short and not has_money) or (found[0] and money) or (found[1] and scale):
            continue
        money, scale = found[0] or money, found[1] or scale
        bare = re.sub(
            rf"(?:\b(?:in|en)\s+)?(?<!\S){re.escape(word)}(?:\s+(?:of|de|d')(?!\S))?|{re.escape(word)}(?=[\s,;]|$)",
            " ",
            bare,
            count=1,
        )
    return (money, scale, re.sub(r"\s+", " ", bare).strip(" ,;")) if money or scale else ("", "", header)


def without_unit(header: str) -> str:
    """A header without the unit that it states; other brackets stay.

    >>> without_unit("2027 (€k)"), without_unit("2027 (baseline)"), without_unit("2027 in Mio. EUR")
    ('2027', '2027 (baseline)', '2027')
    """
    return _split_header(header)[2]


def header_unit(header: str, currency: str = "") -> tuple[str, str]:
    """Currency and money unit that a header states; empty where it states none.

    >>> header_unit("Cost (£m)"), header_unit("Budget [k EUR]"), header_unit("$ 000", "CAD")
    (('GBP', 'million'), ('EUR', 'thousand'), ('CAD', 'thousand'))
    """
    codes, scale, _ = _split_header(header)
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
_POINT = rf"\d\.\d{{1,2}}{_AFTER}|\.\d{{4,}}{_AFTER}|,\d{{3}}\.\d|" + (
    rf"\d(?:,\d{{2,3}}){{2,}}{_AFTER}|(?:^|\D)0\.\d|(?:^|[^\d,])\.\d"
)
_COMMA = rf"\d,\d{{1,2}}{_AFTER}|,\d{{4,}}{_AFTER}|\.\d{{3}},\d|" + (
    rf"\d(?:\.\d{{3}}){{2,}}{_AFTER}|(?:^|\D)0,\d|(?:^|[^\d.]),\d"
)
TWO_WAYS = r"[^\d.,]*[1-9]\d{0,2}[.,]\d{3}\D*"
"""A number that a decimal comma and a decimal point read differently, and neither proves."""


def decimal_evidence(text: pd.Series) -> tuple[bool, bool]:
    """Tell whether any cell proves a decimal point, and whether any proves a decimal comma.

    >>> decimal_evidence(pd.Series(["1.234,50", "12"], dtype="str"))
    (False, True)
    >>> decimal_evidence(pd.Series(["1,234", "12"], dtype="str")), decimal_evidence(pd.Series(["12,5 Mio. €"]))
    ((False, False), (False, True))
    """
    text = text.dropna()
    text = text[text.str.contains("[.,]", regex=True).to_numpy(bool)]
    if not len(text):
        return False, False
    return bool(text.str.contains(_POINT, regex=True).any()), bool(
        text.str.contains(_COMMA, regex=True).any()
    )


def own_decimal(cells: pd.Series) -> bool:
    """True when the texts of a column alone prove a decimal comma."""
    point, comma = decimal_evidence(cells[[isinstance(cell, str) for cell in cells]].astype("str"))
    return comma and not point


_NUMBER = re.compile(
    r"(?P<lead>[^\d.,]*(?:\.(?!\d)[^\d.,]*)*)(?P<digits>(?:\d[\d.,'’ ]*)|[.,]\d+)"
    r"(?P<exponent>e[-+]?\d+)?(?P<tail>\D.*)?",
    re.I,
)
_MINUS = re.compile(r"[-−–—]")


class Shown(float):
    """A number of a workbook that is shown with a currency, a unit or a percent sign: `unit` is that text."""

    unit: str = ""


_IN_FORMAT = re.compile(r'\[\$([^-\]]*)[^\]]*\]|\[[^\]]*\]|"([^"]*)"|\\(.)|[_*].|([€£¥₹$%])|[A-Z]{3}|.')


@lru_cache(maxsize=4096)
def unit_of_format(code: str) -> str:
    """The unit that a number format of a workbook shows; empty where none.

    A comma behind the digits divides what is shown: nobody can tell whether the number or its picture is meant.

    >>> unit_of_format('#,##0.0 "k€";[Red]-#,##0.0 "k€"'), unit_of_format("[$£-809]#,##0"), unit_of_format("#,##0.0,,")
    ('k€', '£', ',')
    """
    first = re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', code)[0]
    if re.search(r"[0#?],+(?![0#?,])", re.sub(r'"[^"]*"', " ", first)):
        return ","
    text = " ".join(filter(None, ("".join(filter(None, one.groups())) for one in _IN_FORMAT.finditer(first))))
    codes, scale, _ = read_unit(text.replace("%", " "))
    return text.strip() if codes or scale or "%" in text else ""


def _digits(digits: str, comma: bool | None) -> float | None:
    """The value of bare digits; None where they are grouped as no number is, or can be read two ways."""
    digits = digits.strip(" '’")
    if comma is None:  # decide by this cell alone
        last = max(digits.rfind("."), digits.rfind(","))
        mark = digits[last] if last >= 0 else "."
        if last >= 0 and digits.count(mark) == 1 and re.fullmatch(TWO_WAYS, digits):
            return None
        comma = (mark == ",") == (digits.count(mark) == 1)
    point, group = (",", ".") if comma else (".", ",")
    whole, _, rest = digits.partition(point)
    grouped = rf"\d+|\d{{1,3}}(?:[{group}'’ ]\d{{2,3}})*[{group}'’ ]\d{{3}}"
    if (
        (rest and not rest.isascii())
        or (rest and not rest.isdigit())
        or (whole and not re.fullmatch(grouped, whole))
    ):
        return None
    whole = re.sub(r"\D", "", whole)
    return float(f"{whole or 0}.{rest or 0}") if whole or rest else None


def _one_number(text: str, comma: bool | None, is_money: bool = False) -> tuple[float, str, str] | None:
    """Read one number: value, scale, currencies; None when it is not a number (a percentage is no money)."""
    match = _NUMBER.fullmatch(text)
    value = (
        None
        if match is None
        else _digits(match["digits"].rstrip(".,") if match["digits"][-1] in ".," else match["digits"], comma)
    )
    if match is None or value is None:
        return None
    lead, tail = match["lead"].strip(), (match["tail"] or "").strip()
    bracket = lead.startswith("(") and tail.endswith(")")
    if bracket:
        lead, tail = lead[1:], tail[:-1]
    signs = len(_MINUS.findall(lead)) + len(_MINUS.findall(tail)) + bracket
    percent = tail.startswith("%") or tail.endswith("%")
    text = f"{_MINUS.sub(' ', lead)} {_MINUS.sub(' ', tail)}".replace("+", " ").replace("%", " ", 1)
    money, scale, rest = read_unit(text)
    try:
        value *= float("1" + (match["exponent"] or "e0"))
    except (OverflowError, ValueError):
        return None
    if (
        rest
        or signs > 1
        or (percent and is_money)
        or any(one in text for one in "()[]/,")
        or not np.isfinite(value)
    ):
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
    money: np.ndarray | None = None,
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
    """
    index = cells.index
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        values = cells.astype("Float64").astype("float64")
        return Parsed(values, np.isinf(values.to_numpy()), np.zeros(len(values), dtype=bool))
    native = np.zeros(len(cells), dtype=bool)
    if cells.dtype == object:
        native = np.array([isinstance(c, Number) and not isinstance(c, bool) for c in cells], dtype=bool)
    text, reason = split_missing(clean_text(cells))
    odd = np.array([isinstance(c, Shown) for c in cells], dtype=bool) if native.any() else native
    whole = text.str.fullmatch(r"[-+]?\d+(?:\.\d+)?" if comma is False else r"[-+]?\d+", na=False)
    plain = text.where((native | whole) & ~odd)
    values = pd.to_numeric(plain, errors="coerce").astype("float64")
    values = values.where(np.isfinite(values))
    rest = np.flatnonzero((text.notna() & values.isna()).to_numpy())
    result, bad = values.to_numpy(copy=True), np.zeros(len(cells), dtype=bool)
    scaled, foreign, divided, used = bad.copy(), bad.copy(), bad.copy(), set[str]()
    for position in rest:
        mine = column.is_money if money is None else bool(money[position])
        written, point = text.iloc[position], comma
        if odd[position]:
            if not mine or cells.iloc[position].unit == ",":
                result[position] = float(cells.iloc[position])
                divided[position] = mine
                continue
            written, point = f"{written} {cells.iloc[position].unit}", False
        found = _one_number(written, point, mine)
        if found is None or (found[2] and not mine) or (found[1] and money is not None and not mine):
            bad[position] = True
            continue
        value, scale, codes = found
        used.add(settle_currency(codes, currency) if codes else currency)
        foreign[position] = bool(codes) and (settle_currency(codes, currency) != currency) and bool(currency)
        if scale and mine and money_unit not in SCALES:
            bad[position] = True
            continue
        if scale:
            value *= SCALES[scale] / (SCALES[money_unit or "unit"] if mine else 1.0)
            scaled[position] = True
        result[position] = float(f"{value:.15g}")
    if not currency and len(used - {""}) > 1:  # the settings name no currency, and there are two
        foreign = ~np.isnan(result) & (text.str.contains(r"[^\d.,\s+\-]", na=False).to_numpy(bool))
    notes: list[tuple[str, str, str, np.ndarray | None]] = []
    if comma and rest.size:
        notes.append(("info", "decimal_comma", "Read with a decimal comma.", None))
    if scaled.any():
        notes.append(
            ("info", "scale_suffix", "{value} was brought to the money unit of the settings.", scaled)
        )
    if divided.any():
        message = "{value} is shown divided by its number format: is this the amount, or what is shown?"
        notes.append(("block", "number_shown_divided", message, divided))
    if foreign.any():
        message = f"{{value}} is in another currency than the settings say ({currency or 'none'})."
        notes.append(("block", "currency_mixed", message, foreign))
    return Parsed(pd.Series(result, index=index), bad, reason, notes)
