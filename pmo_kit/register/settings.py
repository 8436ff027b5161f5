"""What every figure of a register shares: currency, unit, prices, dates, discounting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from pmo_kit.errors import InputError
from pmo_kit.facts import Unit
from pmo_kit.register import values
from pmo_kit.register.findings import Findings
from pmo_kit.register.layout import known_headers, table_of_sheet
from pmo_kit.register.schema import Column, load_schema
from pmo_kit.register.sheets import Body, RawSheet

_READING = ("decimal", "date_order")
"""Settings about how the files are written: they say nothing about the portfolio."""


@dataclass(frozen=True)
class Settings:
    """Settings of a register; an empty text or None means: not stated.

    Parameters
    ----------
    name : str
        Organisation or portfolio.
    as_of : date or None
        Date on which the figures stand; flows before it are sunk.
    currency, money_unit : str
        ISO 4217 code; unit, thousand, million or billion.
    price_basis : str
        "real" or "nominal"; `price_base_year` is the year of real prices.
    discount_schedule : str
        Name of a dated schedule of `pmo_kit.rates`; `discount_to` is the fiscal year that is t = 0.
    timing : str
        When in a year its flows fall: start, mid or end.
    fiscal_year_start : int
        Month in which the fiscal year starts, 1 to 12.
    beyond_horizon : str
        What a year or role without an envelope or capacity row means: refuse, unlimited or zero.
    notice : str
        Attribution or caution printed with every pack.
    decimal, date_order : str
        How the files are written: point or comma; day_first or month_first. Empty: as the sheets prove.
    """

    name: str = ""
    as_of: date | None = None
    currency: str = ""
    money_unit: str = ""
    price_basis: str = ""
    price_base_year: int | None = None
    discount_schedule: str = "none"
    discount_to: int | None = None
    timing: str = "start"
    fiscal_year_start: int = 1
    beyond_horizon: str = "refuse"
    notice: str = ""
    decimal: str = ""
    date_order: str = ""

    @property
    def comma(self) -> bool | None:
        """True where the files have a decimal comma, False for a point; None: not stated."""
        return {"point": False, "comma": True}.get(self.decimal)

    @property
    def month_first(self) -> bool | None:
        """True where the files have months before days; None: not stated."""
        return {"day_first": False, "month_first": True}.get(self.date_order)

    @property
    def money(self) -> Unit:
        """Unit of the money in the tables."""
        year = f" {self.price_base_year}" if self.price_base_year and self.price_basis == "real" else ""
        prices = f"{self.price_basis}{year}" if self.price_basis else ""
        scale = self.money_unit or ("(unit not stated)" if self.currency else "")
        return Unit("money", self.currency or "", scale, prices)

    @property
    def unit(self) -> str:
        """Unit of the money in the tables, in words.

        >>> Settings(currency="EUR", money_unit="million", price_basis="real", price_base_year=2026).unit
        'EUR million, real 2026'
        >>> Settings().unit, Settings(currency="GBP").unit
        ('currency not stated', 'GBP (unit not stated)')
        """
        return self.money.words

    def fiscal_year(self, day: date) -> int:
        """Fiscal year of a date, named by the calendar year in which it ends.

        >>> Settings(fiscal_year_start=4).fiscal_year(date(2023, 4, 1))
        2024
        >>> Settings().fiscal_year(date(2023, 4, 1))
        2023
        """
        return day.year + (self.fiscal_year_start > 1 and day.month >= self.fiscal_year_start)


def _parse_setting(name: str, column: Column, cell: pd.Series, epoch_1904: bool, order: str) -> tuple[object, bool]:
    """One setting as a Python value, and whether it could not be read."""
    if column.type == "date":
        said = Settings(date_order=order).month_first
        parsed = values.parse_date(cell, column, epoch_1904=epoch_1904, month_first=said)
    else:
        read = values.parse_number if column.type == "number" else values.READERS[column.type]
        parsed = read(cell, column)
    value = parsed.values.iloc[0]
    if pd.isna(value):
        return None, bool(parsed.bad[0])
    if column.type == "date":
        return pd.Timestamp(value).date(), False
    if name == "currency":
        codes, scale, rest = values.read_unit(str(value))
        own = rest.upper() if not codes and len(rest) == 3 else codes
        return own, len(own) != 3 or bool(scale)
    if column.type in ("number", "year"):
        fits = (column.low is None or value >= column.low) and (column.high is None or value <= column.high)
        return int(value), not fits or int(value) != value
    return str(value), False


def settings_frame(settings: pd.DataFrame | Mapping[str, Any] | Settings) -> pd.DataFrame:
    """Settings in any form as a table with the columns key and value."""
    if isinstance(settings, pd.DataFrame):
        return settings
    settings = vars(settings) if isinstance(settings, Settings) else settings
    if not isinstance(settings, Mapping):
        raise InputError(f"settings is {settings!r}: it is a mapping such as {{'currency': 'EUR'}}.")
    filled = {key: value for key, value in settings.items() if value is not None and str(value) != ""}
    return pd.DataFrame({"key": list(filled), "value": [str(value) for value in filled.values()]}, dtype="str")


def stated_settings(raws: Iterable[RawSheet]) -> dict[str, str]:
    """What sheets of settings beside a source say, known or not: their second column, or that which is called value."""
    heads, said = known_headers(load_schema()["settings"]), dict[str, str]()
    for cells in (raw.cells for raw in raws if table_of_sheet(raw.title) == "settings"):
        lines = [[values.clean_cell(cell) for cell in line] for line in cells.to_numpy()]
        at = next((line.index(one) for line in lines for one in line if heads.get(values.folded(one)) == "value"), 1)
        pairs = [(line[0], line[at]) for line in lines if len(line) > at]
        said |= {values.folded(key).replace(" ", "_"): value for key, value in pairs if key and value}
    return {key: value for key, value in said.items() if key in load_schema().settings or key not in heads}


def read_settings(
    body: Body, findings: Findings, *, name: str
) -> tuple[Settings, pd.DataFrame, dict[str, dict[str, Any]]]:
    """Read the settings from their lines of key and value: Settings, their canonical form, and where each is written.

    A missing setting that gives money its meaning is a warning, as is an unknown one; a value that cannot be
    read blocks, and so does a name that is nearly that of a setting.
    """
    schema, found, places = load_schema(), dict[str, Any](), dict[str, dict[str, Any]]()
    keys, said = body.text(0), body.text(1)
    order = dict(zip(keys[::-1].str.lower(), said[::-1].str.lower(), strict=True)).get("date_order", "")
    order = schema.settings["date_order"].values.get(order, order)
    for row, key, value, line in zip(body.rows.tolist(), keys, said, body.cells.to_numpy(), strict=True):
        place: dict[str, Any] = {"row": row, "column": "value", "value": value}
        place["file"], place["sheet"] = body.place()
        if signs := {sign for cell in line for sign in values.ODD_SIGNS.findall(str(cell).strip())}:
            findings.tell("signs_unseen line", "block" if min(signs) < " " else "warn", at=body, row=row)
        setting = "" if pd.isna(key) else str(key).lower().replace(" ", "_")
        if setting not in schema.settings:
            near = values.near_words(setting, schema.settings) if setting else ""
            keys = ", ".join(schema.settings)
            findings.tell("unknown_setting", "block" if near else "", key=key, near=near, keys=keys, **place)
            continue
        if setting in places:
            findings.tell("duplicate_key setting", key=setting, **place)
            continue
        column = schema.settings[setting]
        parsed, bad = _parse_setting(setting, column, pd.Series([value], dtype=object), body.raw.epoch_1904, order)
        if bad:
            fix = f"Use one of: {', '.join(column.allowed)}."
            if not column.allowed:
                fix = f"Write the {column.meaning}{f', such as {column.example}' if column.example else ''}."
            findings.tell("setting_not_read", key=setting, fix=fix, **{**place, "column": setting})
            places[setting] = place
        elif parsed is not None:
            found[setting], places[setting] = parsed, place
    for key in [one for one in ("currency", "money_unit", "price_basis", "as_of") if one not in places]:
        findings.tell("setting_missing", key=key, meaning=schema.settings[key].meaning, at=body, column=key)
    if found.get("price_basis") == "real" and "price_base_year" not in found:
        findings.tell("setting_missing real", at=body, column="price_base_year")
    kept = {key: str(value) for key, value in found.items() if key not in _READING}
    canonical = pd.DataFrame({"key": list(kept), "value": list(kept.values())}, dtype=values.EMPTY_DTYPES["text"])
    return Settings(**{"name": name, **found}), canonical, places
