"""Numbers as people write them to one typed column; the decimal sign is decided for the whole column."""

from __future__ import annotations

import re
from numbers import Number

import numpy as np
import pandas as pd

from pmo_kit.register.schema import Column
from pmo_kit.register.values import Parsed, clean_text, split_missing

SCALES = {"unit": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_SUFFIXES = {
    "k": 1e3,
    "thousand": 1e3,
    "m": 1e6,
    "mn": 1e6,
    "mio": 1e6,
    "mil": 1e6,
    "million": 1e6,
    "millions": 1e6,
    "bn": 1e9,
    "b": 1e9,
    "billion": 1e9,
    "billions": 1e9,
    "mrd": 1e9,
}
CURRENCIES = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "zł": "PLN",
    "chf": "CHF",
}
_SIGNS = r"€|£|\$|¥|₹|₩|zł|(?:us|ca|au|nz|hk|sg)\$"
_NUMBER = re.compile(
    r"(?ix)(?P<open>\()?\s*(?P<sign>[-+−–])?\s*(?P<before>"
    + _SIGNS
    + r"|\b[a-z]{3}\b)?\s*(?P<sign2>[-+−–])?\s*"
    r"(?P<digits>\d[\d.,'’\s]*|[.,]\d+)(?P<exponent>e[-+]?\d+)?\s*"
    r"(?P<suffix>k|thousand|m|mn|mio|mil|millions?|bn|b|billions?|mrd)?\.?\s*(?P<percent>%)?\s*"
    r"(?P<after>" + _SIGNS + r"|\b[a-z]{3}\b)?\s*(?P<minus>[-−])?\s*(?P<close>\))?"
)


def decimal_evidence(text: pd.Series) -> tuple[bool, bool]:
    """Tell whether any cell proves a decimal point, and whether any proves a decimal comma.

    >>> decimal_evidence(pd.Series(["1.234,50", "12"], dtype="str"))
    (False, True)
    >>> decimal_evidence(pd.Series(["1,234", "12"], dtype="str"))
    (False, False)
    """
    tail = r"\s*(?:[^\d.,]*)$"
    point = (
        r"\d\.\d{1,2}"
        + tail
        + r"|\.\d{4,}"
        + tail
        + r"|,\d{3}\.\d|\d(?:,\d{3}){2,}"
        + tail
        + r"|(?:^|\D)0\.\d"
    )
    comma = (
        r"\d,\d{1,2}" + tail + r"|,\d{4,}" + tail + r"|\.\d{3},\d|\d(?:\.\d{3}){2,}" + tail + r"|(?:^|\D)0,\d"
    )
    text = text.dropna()
    with_comma = text[text.str.contains(",", regex=False)]
    has_comma = bool(len(with_comma)) and bool(with_comma.str.contains(comma, regex=True).any())
    several = text.str.count(r"\.") > 1
    has_comma = has_comma or bool(text[several].str.contains(comma, regex=True).any())
    return bool(text.str.contains(point, regex=True).any()), has_comma


def _one_number(text: str, comma: bool | None) -> tuple[float, str, str] | None:
    """Read one number: value, scale suffix, currency; None when it is not a number."""
    match = _NUMBER.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    digits = re.sub(r"['’\s]", "", match["digits"]).rstrip(".,")
    if comma is None:  # decide by this cell alone
        last = max(digits.rfind("."), digits.rfind(","))
        tail = digits[last + 1 :] if last >= 0 else ""
        both = "." in digits and "," in digits
        sure = both or len(tail) != 3 or digits.startswith(("0.", "0,"))
        if last >= 0 and not sure and digits.count(digits[last]) == 1:
            return None
        comma = last >= 0 and digits[last] == "," and digits.count(",") == 1
    digits = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    try:
        value = float(digits + (match["exponent"] or ""))
    except ValueError:
        return None
    signs = [sign for sign in (match["sign"], match["sign2"], match["minus"]) if sign and sign != "+"]
    if len(signs) > 1 or not np.isfinite(value):
        return None
    value = -value if signs or match["open"] else value
    value = value / 100 if match["percent"] else value
    mark = (match["before"] or match["after"] or "").lower()
    currency = CURRENCIES.get(mark, mark.upper())
    return value, (match["suffix"] or "").lower(), currency


def parse_number(
    cells: pd.Series,
    column: Column,
    *,
    comma: bool | None = False,
    money_unit: str | None = None,
    currency: str = "",
) -> Parsed:
    """Read numbers as people write them: signs, separators, k / m / bn, brackets, percent.

    Parameters
    ----------
    cells : Series
        Text, numbers or a mix.
    column : Column
        Says whether the numbers are money.
    comma : bool or None
        True: the column has a decimal comma; None: no one style, each cell must be clear by itself.
    money_unit : str or None
        Unit of the settings; an amount with a suffix ("1.2m") is brought to it. None: not stated.
    currency : str
        ISO code of the settings; another one in a cell is refused.
    """
    index = cells.index
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        values = cells.astype("Float64").astype("float64")
        return Parsed(values, np.isinf(values.to_numpy()), np.zeros(len(values), dtype=bool))
    native = np.zeros(len(cells), dtype=bool)
    if cells.dtype == object:
        native = np.array([isinstance(c, Number) and not isinstance(c, bool) for c in cells], dtype=bool)
    text, reason = split_missing(clean_text(cells))
    values = pd.to_numeric(text.where(native) if comma is not False else text, errors="coerce").astype(
        "float64"
    )
    values = values.where(np.isfinite(values))
    rest = np.flatnonzero((text.notna() & values.isna()).to_numpy())
    result, bad = values.to_numpy(copy=True), np.zeros(len(cells), dtype=bool)
    scaled, foreign, percent = bad.copy(), bad.copy(), bad.copy()
    for position in rest:
        cell = text.iloc[position]
        found = _one_number(cell, comma)
        if found is None:
            bad[position] = True
            continue
        value, suffix, sign = found
        sign = currency if sign == "USD" and "USD" not in cell.upper() and currency.endswith("D") else sign
        if sign and column.is_money and sign != currency:
            foreign[position] = bool(currency) or sign not in CURRENCIES.values()
        if sign and not column.is_money and sign not in CURRENCIES.values():
            bad[position] = True
            continue
        if suffix:
            if column.is_money and money_unit not in SCALES:
                bad[position] = True
                continue
            value *= _SUFFIXES[suffix] / (SCALES[money_unit or "unit"] if column.is_money else 1.0)
            scaled[position] = True
        percent[position] = "%" in cell
        result[position] = value
    notes: list[tuple[str, str, str, np.ndarray | None]] = []
    if comma and rest.size:
        notes.append(("info", "decimal_comma", "Read with a decimal comma.", None))
    if scaled.any():
        notes.append(
            ("info", "scale_suffix", "{value} was brought to the money unit of the settings.", scaled)
        )
    if foreign.any():
        message = f"{{value}} is in another currency than the settings say ({currency or 'none'})."
        notes.append(("block", "currency_mixed", message, foreign))
    return Parsed(pd.Series(result, index=index), bad, reason, notes)


_CODES = {
    "AUD",
    "CAD",
    "CHF",
    "CNY",
    "CZK",
    "DKK",
    "EUR",
    "GBP",
    "HUF",
    "INR",
    "JPY",
    "NOK",
    "NZD",
    "PLN",
    "SEK",
    "USD",
}
_UNIT_WORDS = {
    "k": "thousand", "000": "thousand", "000s": "thousand", "thousand": "thousand", "thousands": "thousand",
    "m": "million", "mn": "million", "mio": "million", "million": "million", "millions": "million",
    "bn": "billion", "mrd": "billion", "billion": "billion", "billions": "billion",
}  # fmt: skip


def without_unit(header: str) -> str:
    """A header without the brackets that state a unit; other brackets stay.

    >>> without_unit("2027 (€k)"), without_unit("2027 (baseline)")
    ('2027', '2027 (baseline)')
    """
    return header if header_unit(header) == ("", "") else re.sub(r"[(\[].*?[)\]]", " ", header).strip()


def header_unit(header: str) -> tuple[str, str]:
    """Currency and money unit that a header states in brackets; empty where it states none.

    >>> header_unit("Cost (£m)"), header_unit("Budget [k EUR]"), header_unit("Cost (total)")
    (('GBP', 'million'), ('EUR', 'thousand'), ('', ''))
    """
    currency, unit = "", ""
    for inside in re.findall(r"[(\[](.*?)[)\]]", header):
        for sign, code in CURRENCIES.items():
            if sign in inside.lower():
                currency, inside = code, re.sub(re.escape(sign), " ", inside, flags=re.IGNORECASE)
        for word in re.findall(r"[A-Za-z]+|\d+s?", inside):
            if word.upper() in _CODES:
                currency = word.upper()
            unit = _UNIT_WORDS.get(word.lower(), unit)
    return currency, unit
