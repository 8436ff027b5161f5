"""A body of cells to one typed table of the schema, with the place of every cell kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pmo_kit.register import values
from pmo_kit.register.findings import Findings, Intake
from pmo_kit.register.layout import find_wide_form, melt, several_years, year_in
from pmo_kit.register.schema import Column, Table
from pmo_kit.register.settings import Settings
from pmo_kit.register.sheets import Body, RawSheet, Uncached

Elsewhere = Callable[[str], bool | None]
"""How a register is written, where a sheet does not prove it: True is a decimal comma, or months first."""


def match_columns(body: Body, table: Table, findings: Findings) -> tuple[dict[str, int], list[int]]:
    """Match headers to columns: names first, then the words of `headers.csv`, then without what stands in brackets.

    A word may stand for several columns ("Status"): a category takes a header by such a word only where at least half
    of the values are its own.

    Returns
    -------
    matched : dict
        Column -> position.
    rest : list of int
        Positions of headers that name no column.
    """
    matched: dict[str, int] = {}
    headers = body.headers
    texts = [values.folded(header) for header in headers]
    bare = [values.folded(values.INSIDE.sub(" ", values.without_unit(header))) for header in headers]

    ways = [(texts, True), (texts, False), (bare, False)]
    for (names, own), column in [(way, column) for way in ways for column in table]:
        listed = (column.name,) if own else (column.name, *column.aliases)
        free = (
            place for word in map(values.folded, listed) for place, text in enumerate(names)
            if text == word and place not in matched.values() and (own or fits(body.cells[place], column))
        )  # fmt: skip
        place = None if column.name in matched else next(free, None)
        if place is not None:
            matched[column.name] = place
        if place is not None and not own:
            header = values.shown(headers[place])
            findings.tell("column_renamed", at=body, column=header, value=column.name)
    rest = [place for place in range(len(headers)) if place not in matched.values()]
    return matched, rest


def fits(cells: pd.Series, column: Column) -> bool:
    """True when at least half of the filled cells are values of a category that has a list; any other column fits."""
    if not column.allowed:
        return True
    read = values.parse_category(cells, column)
    filled = read.values.notna().sum() + read.bad.sum()
    return bool(filled == 0 or read.values.notna().sum() >= 0.5 * filled)


def shape_table(
    body: Body, table: Table, findings: Findings, settings: Settings, elsewhere: Elsewhere,
    known_variables: frozenset[str] = frozenset(),
) -> Intake:  # fmt: skip
    """Turn a body into the table of the schema: columns matched, wide form melted, cells typed.

    Columns that name nothing are listed, never dropped in silence; one that qualifies amounts, or holds some, blocks.
    `elsewhere`: what all sheets prove together of a decimal comma ("decimal") or of months before days ("date").
    """
    matched, rest = match_columns(body, table, findings)
    month = settings.fiscal_year_start
    wide, variables = find_wide_form(table, matched, body.headers, rest, known_variables, month)
    unread = [place for place in rest if place not in variables]
    list_unmapped(body, unread, table, findings, matched, variables, settings)
    body = without_formulas(body, [*matched.values(), *variables], findings)
    raw = {name: body.cells[place] for name, place in matched.items()}
    headers = {name: body.label(place) for name, place in matched.items()}
    rows = body.rows
    if wide is not None:
        raw, headers, rows = melt(body, raw, headers, wide, variables, findings)
    frame = pd.DataFrame(index=pd.RangeIndex(len(rows)))
    intake = Intake(table, *body.place(), frame, raw, rows, headers, places=body.places)
    intake.guessed = {
        name for name, place in matched.items() if values.folded(body.headers[place]) != values.folded(name)
    }
    intake.units = {name: units for name, units in body.units.items() if (units != "").any()}
    heads = _header_units(intake, findings, settings, mapped=body.labels is not None)
    _unit_around(intake, heads, body.around, findings, settings)
    _type_columns(intake, findings, settings, elsewhere, body.raw)
    return intake


def without_formulas(body: Body, places: list[int], findings: Findings) -> Body:
    """Refuse formulas without a stored result in the columns that are read; elsewhere they do no harm."""
    cells, kinds = body.cells, body.cells.dtypes.to_numpy()
    for place in (one for one in places if kinds[one] == "object"):
        lost = np.array([isinstance(cell, Uncached) for cell in cells[place]], dtype=bool)
        findings.tell_lines("formula_without_result", body, lost, column=body.label(place), values=cells[place])
        if lost.any():
            cells = cells.assign(**{}) if cells is body.cells else cells
            cells[place] = cells[place].mask(lost, None)
    return replace(body, cells=cells)


def _header_units(intake: Intake, findings: Findings, settings: Settings, *, mapped: bool) -> dict[str, list[str]]:
    """Amounts whose header states a unit are in that unit ("Cost (€k)" among millions); other money is refused.

    Where a mapping names the columns it states the units too, and a header that says another one is refused.

    Returns the headers of each column of money.
    """
    money = [one.name for one in intake.table if one.is_money and one.name in intake.headers]
    labels = {name: np.full(len(intake.rows), intake.headers[name], dtype=object) for name in money}
    said = {name: sorted(set(labels[name]) or {str(intake.headers[name])}) for name in money}
    scaled = {header: values.header_unit(header)[1] for heads in said.values() for header in heads}
    other = next(filter(None, scaled.values()), "")
    mixed = len({values.stated_prices(header)[1] for header in scaled} - {None}) > 1 and not settings.price_basis
    units: dict[str, np.ndarray] = {}
    for name, header in [(name, header) for name, heads in said.items() for header in heads]:
        mine, stated = labels[name] == header, intake.units.get(name)
        currency, unit = values.header_unit(header, settings.currency)
        intake.codes |= {currency} - {""}
        done = stated is not None and bool((stated[mine] != "").all())
        wrong = sorted(set(stated[mine]) - {unit}) if unit and done and stated is not None else []
        doubt, (how, prices) = values.unit_in_doubt(header), other_prices(header, settings)
        part = _NOT_A_YEAR.search(values.folded(header)) if "year" in intake.table else None
        foreign = bool(currency and settings.currency) and currency != settings.currency
        differs = bool(unit) and unit != settings.money_unit and not done
        refused = foreign or (differs and (mapped or not settings.money_unit))
        for fault, what, detail in (
            (doubt, "header_unit_differs unclear", doubt),
            (part, "header_unit_differs of_no_year", part[0].strip() if part else ""),
            (mixed, "price_basis_mixed headers", ""),
            (how, "price_basis_mixed header", prices),
            (wrong, "header_unit_differs mapping", wrong[0] if wrong else ""),
            (currency and other and not (unit or done), "header_unit_differs unsaid", other),
            (refused, "header_unit_differs settings", _own_unit(settings)),
            (differs and not refused, "header_unit", settings.money_unit),
        ):
            if fault:
                file, sheet = intake.place(int(mine.argmax()) if mine.any() else None)
                findings.tell(what, other=detail, file=file, sheet=sheet, column=header)
        if differs and not refused:
            units[name] = np.where(mine, unit, units.get(name, ""))
    intake.units = units | intake.units
    return said


def _own_unit(settings: Settings) -> str:
    return " ".join(part for part in (settings.currency, settings.money_unit) if part) or "nothing"


_NOT_A_YEAR = re.compile(values.one_of("not_a_year"))


def other_prices(text: str, settings: Settings, line: bool = False) -> tuple[str, str]:
    """How bad it is that a text about amounts states other prices than the settings, and theirs; empty where none.

    Another year or basis blocks; in a line beside the table a basis alone ("nominal") may be that of other figures.
    """
    basis, year = values.stated_prices(text, line)
    own = f"{settings.price_basis} {settings.price_base_year or ''}".strip()
    if settings.price_basis and year and year != settings.price_base_year:
        return "block", own
    other = settings.price_basis and basis not in ("", settings.price_basis)
    return ("warn" if line else "block", own) if other else ("", "")


def _unit_around(
    intake: Intake, money: Mapping[str, list[str]], around: Iterable[tuple[RawSheet, int, str]], findings: Findings,
    settings: Settings,
) -> None:  # fmt: skip
    """A line above or below the table that states another unit than the settings, where no header states one."""
    heads = {head for some in money.values() for head in some}
    units = [units for name in money if (units := intake.units.get(name)) is not None]
    own = {values.header_unit(head)[1] for head in heads} - {""}
    done = bool(own) or (bool(intake.units) and all((one != "").all() for one in units))
    own = (own | {one for some in units for one in some}) - {""} or {settings.money_unit} - {""}
    rows = intake.rows if len(set(intake.places or ())) < 2 else intake.rows[:0]
    for raw, row, text in around if money else ():
        at: Any = {"at": raw, "row": row, "value": text}
        how, prices = other_prices(text, settings, line=True)
        if how and not any(values.stated_prices(one)[1] for one in heads):
            findings.tell("price_basis_mixed line", how, line=values.shown(text), other=prices, **at)
        currency, unit = values.line_unit(text, settings.currency)
        intake.codes |= {currency} - {""}
        foreign = currency and settings.currency and currency != settings.currency
        within = len(rows) and min(rows) < row < max(rows) and (unit or currency)  # of the rows below it
        other = within and own and (unit or "unit") not in own
        if other or (not done and ((unit and unit != settings.money_unit) or foreign)):
            what, unit = ("below", ", ".join(own)) if other else ("line", _own_unit(settings))
            findings.tell(f"header_unit_differs {what}", line=values.shown(text), other=unit, **at)


_AMOUNT = re.compile(
    rf"{values.one_of('amount')}|[€£$¥₹]|(?:19|20)\d\d|\bfy ?'?\d\d|\+$|(?:{values.one_of('year')}|\b[yn]) ?\+?\d\d?$"
)
_NO_AMOUNT, _SPENT = re.compile(values.one_of("not_amount")), re.compile(values.one_of("spent"))


def looks_like_numbers(header: str, cells: pd.Series) -> bool:
    """True when at least half of the filled cells are numbers that may be amounts.

    They are none where the header says so, where they are the numbers of the lines, and as answers to isSomething.
    """
    numbers = values.plain_numbers(cells[~cells.str.fullmatch(values.MISSING, na=False)])
    lines = len(numbers) > 4 and numbers.diff().iloc[1:].eq(1).all()
    flags = re.match(r"(?:is|has)(?=[A-Z_ ])", header) and numbers.dropna().isin([0, 1]).all()
    return bool(numbers.notna().mean() >= 0.5 and not (lines or flags or _NO_AMOUNT.search(values.folded(header))))


def _words_of(header: str) -> str:
    """A header in one form, the digits behind a word apart: Cost27."""
    return re.sub(r"(?<=[^\W\d_])(?=\d)", " ", values.folded(header))


def _names_amounts(header: str) -> bool:
    """True when a header has a word of amounts, or stands for those of several years."""
    return _AMOUNT.search(_words_of(header)) is not None or several_years(header)


def looks_like_amounts(header: str, cells: pd.Series) -> bool:
    """True when a header names amounts, and at least half of the filled cells are numbers."""
    spent = _SPENT.search(_words_of(header))
    return _names_amounts(header) and not spent and looks_like_numbers(header, cells)


def may_be_amounts(header: str, cells: pd.Series) -> bool:
    """True when a header names amounts of which half can be read, or half of the numbers have cents."""
    cents = cells.str.fullmatch(r".*\d[.,]\d\d\D{0,4}").mean() >= 0.5
    cents &= not re.search(values.one_of("no_people"), values.folded(header)) and looks_like_numbers(header, cells)
    return bool(cents) or looks_like_amounts(header, cells)


def booked_sides(headers: list[str]) -> dict[int, int]:
    """Columns of amounts that are added, and the column beside each whose amounts are taken off.

    >>> booked_sides(["Project", "Soll (EUR)", "Haben (EUR)"]), booked_sides(["Soll", "Ist"])
    ({1: 2}, {})
    """
    names = list(map(values.folded, headers))
    said = [(n, re.sub(rf"(?<!\w){one}", other, text)) for one, other in values.words()["booked"].items()
            for n, text in enumerate(names)]  # fmt: skip
    return {n: names.index(other) for n, other in said if other != names[n] and other in names}


_SOME_AMOUNT = re.compile(r"[^\d\n]{0,12}\d[\d.,'’ ]*+\D{0,12}(?:\d[\d.,'’ ]*+\D{0,12})?")


def amounts_in_words(header: str, cells: pd.Series) -> bool:
    """True when a header names amounts, and half of the cells are such as nobody can read: 100-200k, about 3 m.

    >>> amounts_in_words("Cost estimate", pd.Series(["100-200k", ">1m"])), amounts_in_words("Cost", pd.Series(["Q3"]))
    (True, False)
    """
    text = cells[~cells.str.fullmatch(values.MISSING, na=False)]
    other = [values.READERS[kind](text, Column(kind, kind)).values.notna() for kind in ("date", "period")]
    found = text.str.fullmatch(_SOME_AMOUNT) & ~np.any(other, axis=0) & ~text.str.fullmatch(r"[^\W\d]+\W?\d+")
    none = _NO_AMOUNT.search(values.folded(header))
    return bool(_names_amounts(header) and not none and found.mean() >= 0.5)


def _says_the_same(kind: str, cells: pd.Series, settings: Settings) -> bool:
    """True when a column that qualifies amounts says in every row what the settings say."""
    said = set(cells.str.casefold())
    if kind in ("currency", "unit"):
        read = {one: values.read_unit(one) for one in said}
        ours = {values.settle_currency(codes, settings.currency) for codes, _, _ in read.values()}
        units = {scale or ("unit" if codes or one in ("unit", "1") else one) for one, (codes, scale, _) in read.items()}
        if kind == "unit":
            return ours <= {"", settings.currency} and units == {settings.money_unit} - {""}
        return bool(settings.currency) and ours <= {settings.currency}
    if kind == "price":
        basis, year = settings.price_basis, str(settings.price_base_year)
        return said <= {year, basis, f"{basis} {year}"} - {"", "none", "None"}
    return said <= {"1", "1.0", "100%", "100 %", "1,0", "+", "1.00"} or (len(said) == 1 and kind == "tax")


def qualifies(header: str, settings: Settings, cells: pd.Series) -> str:
    """What a column that is not read says about the amounts beside it, by its header or by all of its values.

    Empty where nothing; "same" where it says what the settings say.
    """
    said = [one.strip(" .").casefold() for one in pd.unique(cells)]
    if len(said) <= 40 and values.say_units(said):
        scaled = any(values.read_unit(one)[1] for one in said)
        kind = "unit" if scaled else "currency"
        return "same" if _says_the_same(kind, cells, settings) else kind
    for kind in ("sign", "tax", "per"):
        known = {*values.words()["qualifies"][kind], *(values.words()["signs"] if kind == "sign" else ())}
        if len(said) > 1 and set(said) <= known:
            return kind

    def bare(text: str) -> str:
        return re.sub(r"[^\w%]+", " ", values.folded(text)).strip()

    name, numbers = bare(header), values.plain_numbers(cells).notna().mean() >= 0.5
    if name == "index" and cells.is_unique and cells.str.fullmatch(r"\d+").all():
        return ""  # the number of a row; else it may be a price index
    for kind, listed in values.words()["qualifies"].items():
        known = set(map(bare, listed))
        inside = (f" {one} " in f" {name} " for one in known if len(one) > 3 and kind != "share")
        booked = values.words()["booked"]
        own = numbers and name not in {*booked, *booked.values()} - {"soll"}  # Debit and Credit
        own &= kind == "sign" or (kind == "per" and name not in known)  # Income 2027, Annual savings
        if (name in known or any(inside)) and not own:
            return "same" if _says_the_same(kind, cells, settings) else kind
    return ""


def list_unmapped(
    body: Body, places: list[int], table: Table, findings: Findings, matched: Mapping[str, int],
    wide: Iterable[int] = (), settings: Settings | None = None,
) -> None:  # fmt: skip
    """List columns that were not read, with what they hold; one whose loss changes amounts blocks."""
    limits = table.name == "rules"
    added = [one.name for one in table if one.is_summed or (limits and one.type == "number")]
    read = [place for name, place in matched.items() if name in added] + list(wide)
    taken = {values.folded(body.headers[place]): place for place in matched.values()}
    for place, title, cells, value in body.unread(places):
        header, severity, why = body.headers[place], "warn", ""
        twin = taken.get(values.folded(header)) if header else None
        if twin is not None:
            same = body.text(place).equals(body.text(twin))
            severity, why = ("info", "") if same else ("block", " Another column has the same header.")
        elif read and settings is not None and (kind := qualifies(header, settings, cells)):
            words_ = f" It says something about the amounts beside it ({kind}), which cannot be left out."
            severity, why = ("info", "") if kind == "same" else ("block", words_)
        elif read and table.name != "projects" and looks_like_numbers(header, cells):
            part = _SPENT.search(_words_of(header)) or is_sum(body, place, read)
            if not part and (limits or _names_amounts(header) or (table.wide and not body.beside)):
                severity, why = "block", " It looks like amounts, and money must not be left out."
        here: Any = {"at": body, "column": title, "value": value}
        findings.tell("column_not_mapped", severity, table=table.name, count=len(cells), why=why, **here)


def is_sum(body: Body, place: int, others: Iterable[int]) -> bool:
    """True when a column is the sum of several others, row by row; one that holds other years than they do is none."""
    header, heads = body.headers[place], " ".join(body.headers[one] for one in others)
    named, known = (set(re.findall(r"(?:19|20)\d\d", text)) for text in (header, heads))
    if several_years(header) and not (named and named <= known):
        return False
    mine, *parts = (values.plain_numbers(body.cells[one], own=True) for one in (place, *others))
    whole = pd.concat(parts, axis=1).sum(axis=1, min_count=1) if len(parts) > 1 else mine.where(mine.isna())
    known = (mine.notna() & whole.notna()).any()  # an amount that stands alone is no sum of others
    return bool(known and np.allclose(mine.fillna(0.0), whole.fillna(0.0), rtol=1e-6, atol=0.011))


_MARKED = re.compile(r"[.,]\s*\d")
_APART = re.compile(r"^(?!\s*\d{4}).*\d[./\-]\d", re.S)
"""What stands in every number, and in every date, that can be read two ways."""


def _styles(
    cells: Mapping[str, pd.Series], proof: Callable[[Iterable[object]], tuple[bool, bool]], doubt: re.Pattern[str],
    said: bool | None, otherwise: Callable[[], bool | None],
) -> dict[str, bool | None]:  # fmt: skip
    """One style for each column: as the settings say, else its own proof, else that of the sheet, else of the register.

    None: nothing decides, or the column itself is mixed: only what is clear by itself is read.
    """
    if said is not None:
        return dict.fromkeys(cells, said)
    texts = {name: column for name, column in cells.items() if column.dtype in ("str", "object")}
    seen = {name: proof(column) for name, column in texts.items()}
    first, second = (any(pair[n] for pair in seen.values()) for n in (0, 1))
    sheet = second if first != second else None
    styles: dict[str, bool | None] = {}
    for name, (one, other) in seen.items():
        styles[name] = (other if one != other else None) if one or other else sheet
        if not (one or other) and sheet is None and any(map(doubt.search, values.texts_of(texts[name]))):
            styles[name] = otherwise()
    return styles


def _type_columns(intake: Intake, findings: Findings, settings: Settings, elsewhere: Elsewhere, raw: RawSheet) -> None:
    """Fill the typed frame, column by column, and say what could not be read."""
    numbers = {name: cells for name, cells in intake.raw.items() if intake.table[name].type == "number"}
    dates = {name: cells for name, cells in intake.raw.items() if intake.table[name].type == "date"}
    lean = (lambda: True) if raw.separator == ";" else (lambda: elsewhere("decimal"))
    styles = _styles(numbers, values.decimal_evidence, _MARKED, settings.comma, lean)
    styles |= _styles(dates, values.order_evidence, _APART, settings.month_first, lambda: elsewhere("date"))
    typed: dict[str, pd.Series] = {}
    parsed: dict[str, values.Parsed] = {}
    for name, column in intake.table.columns.items():
        if name not in intake.raw:
            typed[name] = pd.Series(pd.array([None] * len(intake.rows), dtype=values.EMPTY_DTYPES[column.type]))
        else:
            units, rows = intake.units.get(name), values.money_rows(intake.raw, column)
            one = _parse(intake.raw[name], column, styles.get(name), settings, raw.epoch_1904, units, rows)
            if column.high == 1 and re.search(
                values.PERCENT, " ".join(map(str, np.unique(np.asarray(intake.headers[name], str))))
            ):
                one = values.in_percent(intake.raw[name], one)
            typed[name], parsed[name], intake.unread[name] = one.values, one, one.bad
            intake.codes |= one.codes if column.is_money else set()
        if column.default is not None:
            fill: object = column.default == "yes" if column.type == "flag" else column.default
            empty = typed[name].isna() & ~intake.unread.get(name, np.array(False))
            typed[name] = typed[name].mask(empty, fill) if empty.any() else typed[name]
    intake.frame = pd.DataFrame({name: one.array for name, one in typed.items()}, index=intake.frame.index)
    for name, one in parsed.items():
        _report(intake, intake.table[name], one, findings)


def _year_of_cell(text: str, first_month: int) -> int | None:
    """The fiscal year of a cell; of a quarter or a half, too, where no fiscal year lies in two calendar years."""
    period = values.read_period(text) if first_month == 1 else None
    if period is not None and "Q" in period:
        return int(period[:4])
    return year_in(re.sub(values.PART_OF_YEAR, "", text).strip(" -/.") if first_month == 1 else text, first_month)


def _parse(
    cells: pd.Series, column: Column, style: bool | None, settings: Settings, epoch_1904: bool,
    units: np.ndarray | None = None, rows: np.ndarray | None = None,
) -> values.Parsed:  # fmt: skip
    """Parse one column by its type; `units` are those of its amounts, row by row, `rows` those that are money."""
    if column.type == "number":
        if units is not None and rows is not None:
            units = np.where(rows, units, "")
        said: dict[str, Any] = {"money_unit": settings.money_unit or None, "currency": settings.currency}
        return values.parse_number(cells, column, comma=style, money=rows, units=units, **said)
    if column.type == "date":
        return values.parse_date(cells, column, epoch_1904=epoch_1904, month_first=style)
    if column.type == "year":
        return values.by_distinct(cells, lambda text: _year_of_cell(text, settings.fiscal_year_start), "Int64")
    return values.READERS[column.type](cells, column)


def _report(intake: Intake, column: Column, parsed: values.Parsed, findings: Findings) -> None:
    """Findings of one column: unread cells, reasons for empty ones, styles."""
    bad = parsed.bad
    if column.type in ("number", "date") and bad.any():
        cells, pattern = intake.raw[column.name], values.TWO_WAYS if column.type == "number" else values.SLASHED
        both = bad & values.clean_text(cells).str.fullmatch(pattern, na=False).to_numpy(bool)
        if column.type == "date":  # the thirty-first of month 31 is no date in any order
            both &= values.parse_date(cells, column, month_first=False).values.notna().to_numpy(bool)
        findings.tell_rows(f"{column.type}_ambiguous", intake, both, column.name)
        bad = bad & ~both
    if bad.any():
        guessed = column.type == "category" and column.name in intake.guessed and not column.required
        what = "number_not_read money" if column.is_money else f"{column.type}_not_read"
        what = f"unknown_category{' guessed' * guessed}" if column.type == "category" else what
        findings.tell_rows(what, intake, bad, column.name, name=column.name, allowed=", ".join(column.allowed))
    findings.tell_rows("missing_with_reason", intake, parsed.reason, column.name, name=column.name)
    for what, words, mask in parsed.notes:
        if mask is not None:
            findings.tell_rows(what, intake, mask, column.name, **words)
        else:
            header = intake.headers[column.name]
            findings.tell(what, at=intake, column=header if isinstance(header, str) else "", **words)
