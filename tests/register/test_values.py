"""How people write numbers, dates, years and periods."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmo_kit.register.schema import Column
from pmo_kit.register.values import (
    READERS,
    clean_text,
    decimal_evidence,
    order_evidence,
    parse_category,
    parse_date,
    parse_number,
    read_period,
    read_year,
)

MONEY = Column("amount", "number", unit="money")
PLAIN = Column("fte", "number")


def numbers(*cells, comma=False, **options):
    column = options.pop("column", MONEY)
    return parse_number(pd.Series(cells, dtype="str"), column, comma=comma, **options)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1234.5", 1234.5),
        ("1,234.5", 1234.5),
        ("1 234.5", 1234.5),
        ("1'234.5", 1234.5),
        ("1\u202f234.5", 1234.5),
        ("(12.3)", -12.3),
        ("-12.3", -12.3),
        ("\u221212.3", -12.3),
        ("12.3-", -12.3),
        ("€ 12.3", 12.3),
        ("12.3 EUR", 12.3),
        ("-€12.3", -12.3),
        ("1.5e3", 1500.0),
        ("2.00E-06", 2e-6),
        ("1.5E+3 €", 1500.0),
        (".5", 0.5),
    ],
)
def test_numbers_with_a_point(written, value):
    parsed = numbers(written, currency="EUR")
    assert not parsed.bad.any()
    assert parsed.values.iloc[0] == pytest.approx(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [("1.234,5", 1234.5), ("1 234,5", 1234.5), ("12,3 €", 12.3), ("(0,5)", -0.5), ("1.234", 1234)],
)
def test_numbers_with_a_comma(written, value):
    parsed = numbers(written, comma=True, currency="EUR")
    assert not parsed.bad.any()
    assert parsed.values.iloc[0] == pytest.approx(value)


@pytest.mark.parametrize(
    ("written", "value"),
    [("2.5E+03", 2500), ("1.21e+08", 1.21e8), ("5E-1", 0.5), ("１２．５", 12.5), ("１，２５０", 1250),
     ("١٬٢٥٠٫٥", 1250.5), ("（３）", -3)],
)  # fmt: skip
def test_numbers_with_an_exponent_or_in_digits_of_another_script(written, value):
    parsed = numbers(written)
    assert not parsed.bad.any()
    assert parsed.values.iloc[0] == pytest.approx(value)


@pytest.mark.parametrize(("written", "value"), [
    ("$ (300)", -300), ("$ (5,000.00)", -5000), ("(300) €", -300), ("(€300)", -300), ("£(300)m", -300e6),
])  # fmt: skip
def test_brackets_beside_a_currency_take_off(written, value):
    assert numbers(written, money_unit="unit").values.tolist() == [value]


@pytest.mark.parametrize("written", ["10³", "12½", "5e", "2e étape", "５th"])
def test_a_raised_digit_a_fraction_or_a_place_is_no_number(written):
    assert numbers(written).bad.all()


@pytest.mark.parametrize(("written", "value"), [("5百万円", 5), ("1,250千円", 1.25), ("30円", 30)])
def test_an_amount_in_yen_says_its_currency(written, value):
    assert numbers(written, money_unit="million", currency="JPY").values.tolist() == [value]
    elsewhere = numbers(written, money_unit="million", currency="EUR")
    assert "currency_mixed" in [note[0] for note in elsewhere.notes]


@pytest.mark.parametrize(
    "written",
    [
        "abc",
        "12 apples",
        "1.2.3,4,5",
        "(12",
        "M(5)",
        "-(5)",
        "((5))",
        "5 (6)",
        "Lot (5)",
        "--5",
        "inf",
        "0x10",
        "1e999",
        "=1+1",
    ],
)
def test_what_is_no_number(written):
    assert numbers(written).bad.all()


def test_a_blank_is_missing_and_never_zero():
    parsed = numbers("", None, "n/a", "TBC", "-", "Exempt under Section 43", "0")
    assert parsed.values.isna().tolist() == [True] * 6 + [False]
    assert parsed.reason.tolist() == [False, False, True, True, True, True, False]
    assert not parsed.bad.any()


def test_suffixes_come_to_the_money_unit():
    parsed = numbers("1.2m", "3k", "2bn", "7", money_unit="million", currency="EUR")
    assert parsed.values.tolist() == pytest.approx([1.2, 0.003, 2000, 7])
    assert [note[0] for note in parsed.notes] == ["scale_suffix"]
    assert numbers("3k", column=PLAIN).values.tolist() == [3000]
    assert numbers("3k").bad.all()  # of which unit, the settings do not say


def test_another_currency_is_refused():
    parsed = numbers("£5", "5", currency="EUR")
    assert [note[0] for note in parsed.notes] == ["currency_mixed"]
    assert parsed.notes[0][2].tolist() == [True, False]


def test_decimal_style_is_decided_by_proof():
    def proof(*cells):
        return decimal_evidence(pd.Series(cells, dtype="str"))

    assert proof("1,5") == (False, True)
    assert proof("1.5") == (True, False)
    assert proof("1,234") == (False, False)
    assert proof("1.234.567") == (False, True)
    assert proof("1,5", "1.5") == (True, True)
    mixed = numbers("1,5", "2.5", "1,234", comma=None)
    assert mixed.values.tolist()[:2] == [1.5, 2.5]
    assert mixed.bad.tolist() == [False, False, True]


@settings(deadline=None, max_examples=60)
@given(st.floats(-1e12, 1e12, allow_nan=False).map(lambda x: round(x, 3)))
def test_numbers_round_trip_in_every_style(value):
    for thousands, decimal in ((",", "."), (" ", "."), (".", ","), ("\u202f", ","), ("'", ".")):
        text = f"{value:,.3f}".replace(",", "\0").replace(".", decimal).replace("\0", thousands)
        parsed = numbers(text, comma=decimal == ",")
        assert parsed.values.iloc[0] == pytest.approx(value, abs=1e-9)


def dates(*cells, **options):
    written = pd.Series(cells, dtype="str")
    day, month = order_evidence(written)
    parsed = parse_date(written, Column("start", "date"), month_first=month if day != month else None, **options)
    return (
        parsed.values.dt.strftime("%Y-%m-%d").fillna("").tolist(),
        [note[0] for note in parsed.notes],
        parsed,
    )


@pytest.mark.parametrize(
    "written",
    [
        "2027-03-04", "2027-03-04 00:00:00", "2027/03/04", "4 March 2027", "4 Mar 2027", "March 4, 2027",
        "4-Mar-2027", "4th March 2027", "04-Mar-27", "Mar 4, 2027", "46450",
    ],
)  # fmt: skip
def test_one_date_in_many_forms(written):
    assert dates(written)[0] == ["2027-03-04"]


def test_order_of_day_and_month_is_one_for_the_column():
    assert dates("03/04/2027", "25/12/2027")[:2] == (["2027-04-03", "2027-12-25"], ["date_order"])
    assert dates("03/04/2027", "12/25/2027")[:2] == (["2027-03-04", "2027-12-25"], ["date_order"])
    assert dates("03/04/2027", "5/6/27")[2].bad.all()
    days, notes, parsed = dates("13/04/2027", "04/13/2027", "03/04/2027")
    assert days == ["2027-04-13", "2027-04-13", ""]
    assert notes == []
    assert parsed.bad.tolist() == [False, False, True]


def test_dates_with_a_clock_and_mixed_with_iso():
    assert dates("5/02/2016 5:00:00 PM", "2016-05-25 17:00:00", "30/03/2016")[0] == [
        "2016-02-05", "2016-05-25", "2016-03-30",
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["2027", "31/02/2027", "soon", "2027-13-01", "99", "Q3 2027", "046450", "0000/1/1"])
def test_what_is_no_date(written):
    assert dates(written)[2].bad.all()


@pytest.mark.parametrize("written", ["27-03-31", "Di 27-03-31", "Mi., 27-03-31 10:30", "27-03/31", "27-03-0031"])
def test_a_date_that_may_begin_with_its_year_is_read_in_no_order_by_itself(written):
    for month_first in (None, False, True):
        parsed = parse_date(pd.Series([written, None]), Column("start", "date"), month_first=month_first)
        assert (parsed.values.isna().all(), parsed.bad.tolist()) == (True, [True, False])


def test_1904_workbooks():
    assert dates("44988", epoch_1904=True)[0] == ["2027-03-04"]


@pytest.mark.parametrize(("text", "year"), [("2027", 2027), ("FY27", 2027), ("2026/27", 2027), ("1999-00", 2000)])
def test_years(text, year):
    assert read_year(text) == year


@pytest.mark.parametrize("text", ["27", "2027-29", "year", "1234567", "3027"])
def test_what_is_no_year(text):
    assert read_year(text) is None


@pytest.mark.parametrize(
    ("text", "period"),
    [("Jan-26", "2026-01"), ("sept. 27", "2027-09"), ("déc-2027", "2027-12"), ("T4 2027", "2027-Q4"),
     ("1999-Q1", "1999-Q1"), ("Q4 2008", "2008-Q4"), ("FY09 Q3", "2009-Q3"), ("Q1 FY '09", "2009-Q1"),
     ("2071 Q2", "2071-Q2")],
)  # fmt: skip
def test_periods_as_sheets_show_them(text, period):
    assert read_period(text) == period


@pytest.mark.parametrize("text", ["2028-Q5", "Q0 2028", "2028-13", "soon", "0000-01", "Q1 0000", "Jan 0000", "T1-05"])
def test_what_is_no_period(text):
    assert read_period(text) is None


def test_flags_and_categories():
    flags = READERS["flag"](pd.Series(["yes", "No", "1", "", "perhaps"], dtype="str"), Column("active", "flag"))
    assert flags.values.tolist()[:3] == [True, False, True]
    assert flags.values.isna().tolist() == [False, False, False, True, True]
    assert flags.bad.tolist() == [False] * 4 + [True]
    column = Column("rag", "category", allowed=("R", "A"), values={"red": "R", "amber": "A"})
    rag = parse_category(pd.Series(["RED", " amber ", "r", "blue"], dtype="str"), column)
    assert rag.values.tolist()[:3] == ["R", "A", "R"]
    assert rag.bad.tolist() == [False, False, False, True]
    stage = Column("stage", "category", allowed=("outline_case",))
    assert parse_category(pd.Series(["Outline case", "OUTLINE-CASE"], dtype="str"), stage).values.nunique() == 1


def test_text_is_cleaned_and_inert_quotes_go():
    text = clean_text(pd.Series([" a\u00a0b ", "x_x000D_y", "'=1+1", "'quoted'", "  "], dtype="str"))
    assert text.tolist()[:4] == ["a b", "x y", "=1+1", "'quoted'"]
    assert text.isna().tolist()[4]
    mixed = clean_text(pd.Series([12.0, 1.5, True, None, np.nan, 3], dtype=object))
    assert mixed.fillna("?").tolist() == ["12", "1.5", "yes", "?", "?", "3"]


def test_a_dash_between_letters_is_a_name_and_no_empty_cell():
    from pmo_kit.register.values import MISSING

    assert not any(MISSING.fullmatch(text) for text in ("hc-mrs", "it-ops", "A-B", "ABC - DEF", "x -"))
    assert all(MISSING.fullmatch(text) for text in ("-", "€ -", "- €", "EUR -", "– CHF", "$-", "US$ -", "n/a"))


def test_a_percentage_is_a_share_and_never_an_amount():
    assert parse_number(pd.Series(["40 %"], dtype="str"), Column("share", "number")).values.tolist() == [0.4]
    assert parse_number(pd.Series(["40 %"], dtype="str"), Column("amount", "number", unit="money")).bad.all()
