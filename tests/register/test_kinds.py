"""Kinds of faults, several instances each: nothing is lost, changed or left unlimited in silence."""

from __future__ import annotations

import time
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from pmo_kit.errors import DataError
from pmo_kit.register import load_register
from pmo_kit.register.drafting import draft_mapping, import_sources
from pmo_kit.register.rows import is_total
from pmo_kit.register.sheets import read_csv_sheet
from pmo_kit.register.values import look_alike
from tests.register.conftest import each_once

SETTINGS = {
    "name": "Harbor", "as_of": "2026-09-30", "currency": "EUR", "money_unit": "million", "price_basis": "real",
    "price_base_year": "2026", "discount_schedule": "none", "discount_to": "2027", "beyond_horizon": "refuse",
}  # fmt: skip
PLAIN = {
    "projects": "project_id,name,area,project_type\nP01,Quay wall,North,grow\nP02,Tram depot,South,run\n",
    "costs": "project_id,year,kind,fund,amount\nP01,2027,capex,Grant A,10\nP02,2027,capex,Grant A,5\n",
    "benefits": "project_id,benefit,year,amount\nP01,toll,2028,30\nP02,fares,2028,12\n",
    "budgets": "envelope,scope,year,amount\nall,all,2027,15\n",
}


def read(folder, said=None, **tables):
    """The register, or the error that refuses it; `said` are other settings. Costs of any size have no envelope."""
    plain = {name: text for name, text in PLAIN.items() if name != "budgets" or "costs" not in tables}
    lines = [f"{key},{value}" for key, value in {**SETTINGS, **(said or {})}.items()]
    try:
        return load_register(folder({"settings": "\n".join(["key,value", *lines]) + "\n", **plain, **tables}))
    except DataError as error:
        return error


def told(result, severity="block", *texts, row=None):
    """True when a finding of that severity names the texts (and the row)."""
    frame = result.findings
    frame = frame[(frame["severity"] == severity) & (True if row is None else frame["row"].eq(row).fillna(False))]
    words = (frame["file"] + "|" + frame["column"] + "|" + frame["value"] + "|" + frame["message"]).str.casefold()
    return any(all(text.casefold() in line for text in texts) for line in words)


def test_the_plain_register_is_read_without_a_finding(folder):
    assert read(folder).findings.empty


SCOPES = [
    "area=Nort", "area=north", "Area=North", "area:North", "region=North", "project_type=grw", "kind=capx",
    "fund=Grant B",
    "project_id=P1", "North", "area=Nor\u200bth x", "name=Quay", "strategic_goal=G9", "stage=idee", "=North", "area=",
]  # fmt: skip


@pytest.mark.parametrize(
    ("table", "scope"), [(("budgets", "rules", "scenarios")[n % 3], scope) for n, scope in enumerate(SCOPES)]
)
def test_a_scope_that_finds_nothing_is_refused(folder, table, scope):
    sheets = {
        "budgets": PLAIN["budgets"] + f"ring,{scope},2027,1\n",
        "rules": f"rule,kind,scope,maximum\nCap,spend,{scope},1\n",
        "scenarios": f"scenario,what,scope,factor\nDear,cost,{scope},1.2\n",
    }
    assert told(read(folder, **{table: sheets[table]}), "block", f"{table}.csv", "scope")


@pytest.mark.parametrize("scope", ["project_type=compliance", "kind=exit", "stage=idea"])
def test_a_known_value_that_no_project_has_is_told(folder, scope):
    assert told(read(folder, budgets=PLAIN["budgets"] + f"ring,{scope},2027,1\n"), "warn", scope)


def test_rules_of_whole_projects_have_no_scope_of_costs_and_limits_are_there(folder):
    head = "rule,kind,scope,measure,minimum,maximum\n"
    for line in ("A,count,fund=Grant A,,,1", "A,share,kind=capex,pv_cost,,0.5", "A,count,all,,,", "A,share,all,,,40",
                 "A,count,all,,3,1"):  # fmt: skip
        assert told(read(folder, rules=f"{head}{line}\n"), "block", "rules.csv", row=2), line
    assert not isinstance(read(folder, rules=f"{head}A,spend,kind=capex,,,1.5\n"), DataError)


def test_a_project_under_no_envelope_is_refused_unless_the_settings_say_otherwise(folder):
    budgets = "envelope,scope,year,amount\nnorth,area=North,2027,10\n"
    assert told(read(folder, budgets=budgets), "block", "P02", "South")
    assert not isinstance(read(folder, {"beyond_horizon": "unlimited"}, budgets=budgets), DataError)
    assert told(read(folder, budgets=budgets.replace("area=North", "kind=opex")), "block", "P01")
    levels = "project_id,level,label\nP02,full,all\nP02,half,a half\n"
    costs = "project_id,level,year,kind,amount\nP01,,2027,capex,10\nP02,full,2027,capex,5\nP02,half,2027,capex,2\n"
    gains = "project_id,benefit,level,year,amount\nP01,toll,,2028,30\nP02,fares,full,2028,12\nP02,fares,half,2028,5\n"
    sized = {"budgets": budgets, "levels": levels, "costs": costs, "benefits": gains}
    assert told(read(folder, **sized), "block", "P02 (South) costs 5 and"), "its largest level, not both"


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("rules", "rule,kind,maximum\nTotal opex cap,spend,8\nTotal,spend,9\n"),
        ("goals", "goal,label\nG1,Total health\nTotal,Everything\n"),
        ("areas", "area,label\nNorth,Total care\nSouth,Sum of parts\n"),
        (
            "budgets",
            "envelope,scope,year,amount\nNorth,all,2027,10\nSouth,all,2027,5\nTotal programme,all,2027,12\n",
        ),
        ("scenarios", "scenario,what,factor\nTotal freeze,budget,0.5\nSumme,budget,0.9\n"),
        ("vocabulary", "term,our_word\nTotal,All in\nSum,Amount\n"),
        (
            "criteria",
            "criterion,label,sense,low,high,weight\nc1,Total cost of ownership,min,0,1,60\nc2,Sum,max,0,1,40\n",
        ),
    ],
)
def test_a_row_that_begins_like_a_total_is_a_row(folder, table, text):
    register = read(folder, **{table: text})
    assert len(register.table(table)) == len(text.strip().splitlines()) - 1


@pytest.mark.parametrize(
    "word", ["Total", "TOTAL:", "Gesamt", "Total général", "Suma", "Totaal", "Razem", "", "Summe 2027"]
)
def test_a_true_total_is_left_out_and_told(folder, word):
    costs = f"project_id,name,2027,2028\nP01,a,10,1\nP02,b,5,2\n{word},,15,3\n"
    register = read(folder, costs=costs)
    assert register.costs["amount"].sum() == 18
    assert told(register, "warn", "total", row=4)


@pytest.mark.parametrize("word", ["Total outlays", "Gesamtkosten", "Portfolio total", "Overall"])
def test_a_row_that_is_called_like_a_total_and_is_the_sum_is_told(folder, word):
    budgets = f"envelope,year,amount\nNorth,2027,10\nSouth,2027,5\n{word},2027,15\n"
    register = read(folder, budgets=budgets)
    assert register.table("budgets")["amount"].sum() == 30
    assert told(register, "warn", word, row=4)


@pytest.mark.parametrize(
    "costs",
    [
        "project_id,kind,2027,2028\nP02,capex,4,\nP01,capex,6,\n,opex,10,\n",
        "project_id,fund,year,amount\nP02,A,2027,4\nP01,A,2027,6\n,B,2027,10\n",
        "project_id,year,amount\nP01,2027,10\n,2027,10\n",
    ],
)
def test_a_row_whose_key_stands_above_is_never_a_total(folder, costs):
    assert told(read(folder, costs=costs), "block", "costs.csv", "project_id")


def test_what_is_called_a_total_and_is_no_sum_is_asked(folder):
    budgets = "envelope,year,amount\nNorth,2027,10\nSouth,2027,5\nTotal,2027,12\n"
    assert told(read(folder, budgets=budgets), "block", "total or a row", row=4)
    assert told(read(folder, costs=PLAIN["costs"] + "Total,2027,capex,,99\n"), "block", "costs.csv", row=4)


@given(st.text(min_size=1, max_size=8).filter(lambda text: text.strip().isalnum() and text.strip().isascii()))
@settings(max_examples=60, deadline=None)
def test_a_total_word_with_another_word_is_no_total(word):
    assert not is_total(f"Total {word}x quay")
    assert is_total("Sous-total :")


@pytest.mark.parametrize(
    ("tables", "severity", "where"),
    [
        ({"costs": "project_id,year,state,amount\nP01,2028,actual,10\nP02,2027,planned,5\n"}, "block", "costs.csv"),
        ({"costs": "project_id,year,amount\nP01,2026,10\nP02,2027,5\n"}, "warn", "costs.csv"),
        ({"benefits": "project_id,benefit,year,amount\nP01,toll,2026,30\nP02,fares,2028,1\n"}, "warn", "benefits.csv"),
        ({"costs": "project_id,2025 Plan,2027\nP01,10,\nP02,,5\n"}, "warn", "costs.csv"),
        ({"costs": "project_id,Ist 2028,2027\nP01,10,\nP02,,5\n"}, "block", "costs.csv"),
        ({"costs": "project_id,year,amount\nP01,2127,10\nP02,2027,5\n"}, "warn", "2127"),
        ({"benefits": "project_id,benefit,year,amount\nP01,toll,1928,30\nP02,fares,2028,1\n"}, "warn", "1928"),
    ],
)  # fmt: skip
def test_money_that_its_date_would_hide_is_told(folder, tables, severity, where):
    assert told(read(folder, **tables), severity, where, row=2)


@pytest.mark.parametrize("as_of", ["2036-09-30", "2006-09-30", "2029-01-01"])
def test_a_date_of_the_figures_that_fits_no_year_is_told(folder, as_of):
    assert told(read(folder, {"as_of": as_of}), "warn", as_of)


def test_a_late_base_year_is_refused(folder):
    assert told(read(folder, {"discount_to": "2028"}), "block", "discount_to", row=2)
    assert told(read(folder, {"discount_to": "2029"}), "block", "benefits.csv", row=2)


@pytest.mark.parametrize("schedule", ["3%", "0.03", "green", "uk_green_book", "flat_x"])
def test_a_schedule_that_no_pack_can_use_is_found(folder, schedule):
    """Attack 6a."""
    assert told(read(folder, {"discount_schedule": schedule}), "block", "discount_schedule")


@pytest.mark.parametrize("triple", ["1.2,1.0,0.8", "8,10,18", "80,100,140", "10,10,10", "0.01,0.1,0.2"])
def test_estimates_are_factors_in_order(folder, triple):
    assert told(read(folder, estimates=f"project_id,quantity,low,likely,high\nP01,cost,{triple}\n"), "block", row=2)


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("risks", "project_id,risk,probability,cost_low,cost_likely,cost_high\nP01,R,0.5,3,2,1\n"),
        ("criteria", "criterion,sense,low,high,weight\nc1,max,10,0,1\n"),
        ("scenarios", "scenario,what,factor\nLean,budget,85\n"),
        ("scenarios", "scenario,what,scope,factor\nLean,capacity,nobody,0.85\n"),
    ],
)
def test_ranges_and_factors_of_other_tables(folder, table, text):
    assert told(read(folder, **{table: text}), "block", f"{table}.csv", row=2)


def test_includes_that_nothing_understands_is_refused(folder):
    for text in ("optimsm_bias", "optimism_bias, risk", "bias"):
        projects = f'project_id,name,area,includes\nP01,Quay,North,"{text}"\nP02,Depot,South,optimism_bias;risk\n'
        assert told(read(folder, projects=projects), "block", "includes", row=2)


@pytest.mark.parametrize(
    "column", ["currency:EUR:JPY", "Währung:EUR:USD", "unit:k:m", "price year:2026:2019", "probability:0.5:1",
               "VAT:0.2:0.1", "amount:1:2", "2029+:4:5", "Later:4:5", "Beyond 2030:1:1", "Forecast:3:4",
               "remark:EUR:USD", "remark:k€:Mio. €", "side:debit:credit", "how:net:gross", "how often:monthly:yearly",
               "Reserve:1:2", "2029 ff.:1:2", "2029…:1:2", "2029–:1:2", "Folgejahre:1:2", "2O29:1:2", "Nachtrag:1:2",
               "quantity:3:1", "our share:0.5:1", "remark:k:m", "multiplier:2:1", "Index:1.02:1.05", "index:100:100"]
)  # fmt: skip
def test_a_column_that_changes_amounts_is_never_passed_over(folder, column):
    name, first, second = column.split(":")
    text = f"project_id,benefit,2027,{name}\nP01,a,10,{first}\nP02,b,5,{second}\n"
    if name == "amount":
        text = "project_id,benefit,year,amount,amount\nP01,a,2027,10,1\nP02,b,2027,5,2\n"
    result = read(folder, costs=text.replace("benefit,", "fund,"), benefits=text)
    assert all(told(result, "block", f"{table}.csv", name) for table in ("costs", "benefits"))


@pytest.mark.parametrize(
    "column", ["currency:EUR", "unit:€m", "price year:2026", "probability:100%", "multiplier:1", "index:7:12"]
)  # fmt: skip
def test_a_column_that_says_what_the_settings_say_or_counts_rows_is_read_past(folder, column):
    name, value, *other = column.split(":")
    register = read(
        folder, costs=f"project_id,year,amount,{name}\nP01,2027,10,{value}\nP02,2027,5,{[value, *other][-1]}\n"
    )
    assert register.costs["amount"].sum() == 15


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("project_id;year;amount\nP01;2027;10,500\nP02;2027;5,250\n", 15.75),
        ("project_id;year;amount\nP01;2027;1.250\nP02;2027;10.500\n", 11750),
        ("project_id,year,amount\nP01,2027,\"12,5 Mio. €\"\nP02,2027,\"1,2 Mrd. €\"\n", 1212.5),
        ("project_id,year,amount\nP01,2027,500 T€\nP02,2027,900 TEUR\n", 1.4),
        ("project_id,2027 (€k),2028 in Mio. EUR\nP01,1500,1\nP02,500,2\n", 5.0),
        ("project_id,FY27 Budget,Plan 2028,2029E,CY2030,Jahr 2031\nP01,1,2,3,4,5\nP02,1,,-,n/a,€ -\n", 16.0),
        ("project_id,year,amount (тыс. €)\nP01,2027,10\nP02,2027,5\n", 0.015),
        ("project_id,year,Betrag [1.000 €]\nP01,2027,10\nP02,2027,5\n", 0.015),
        ("project_id,year,amount (€ k; real)\nP01,2027,10\nP02,2027,5\n", 0.015),
        ("project_id,2027 (k€),Plan 2028\nP01,10000,1\nP02,5000,2\n", 18.0),
        ("project_id,2027-12-31,31/12/2028,Dec 2029\nP01,1,2,3\nP02,4,,\n", 10.0),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(folder, text, total):
    assert read(folder, costs=text).costs["amount"].sum() == pytest.approx(total)


@pytest.mark.parametrize(
    "unit",
    [
        "mil €",
        "R$ mil",
        "€ 10 000",
        "10^3 €",
        "€ hundreds",
        "万元",
        "€ per month",
        "x 100",
        "mil.",
        "cents",
        "T",
    ],
)
@pytest.mark.parametrize("head", ["year,amount ({})", "2027 ({})", "2027 [{}]"])
def test_a_header_whose_unit_cannot_be_read_is_refused(folder, head, unit):
    year = "2027," if "year" in head else ""
    text = f"project_id,{head.format(unit)}\nP01,{year}10\nP02,{year}5\n"
    result = read(folder, costs=text)
    assert isinstance(result, DataError)
    assert told(result, "block" if year else "warn", unit) or told(result, "block", unit)


@pytest.mark.parametrize(
    "amount",
    [
        "10 %",
        "#N/A",
        "10.Mai",
        "8-12",
        "<10",
        "4+6",
        '"1,234"',
        "1.250",
        "500 mil €",
        "5 parsecs",
        "£12",
        "1\x002",
        "1e400",
        "2e15",
    ],
)
def test_an_amount_that_is_not_clear_is_refused(folder, amount):
    """Attack 5a."""
    assert told(
        read(folder, costs=f"project_id,year,amount\nP01,2027,{amount}\nP02,2027,5\n"),
        "block",
        "costs.csv",
        row=2,
    )


@pytest.mark.parametrize(
    ("code", "sign"), [("CAD", "$"), ("AUD", "A$"), ("USD", "US$"), ("SEK", "kr "), ("INR", "Rs. ")]
)
def test_a_sign_means_the_currency_of_the_settings(folder, code, sign):
    costs = f'project_id,year,amount\nP01,2027,"{sign}1,500,000.00"\nP02,2027,{sign}2m\n'
    assert read(folder, {"currency": code, "money_unit": "unit"}, costs=costs).costs["amount"].sum() == 3_500_000


def test_baselines_and_limits_are_money_where_they_are(folder):
    text = "project_id,quantity,baseline,now\nP01,whole_life_cost,1.5m,900k\nP02,finish_months,12,14\n"
    register = read(folder, baselines=text, rules="rule,kind,maximum\nCap,spend,500k\n")
    assert register.table("baselines")["baseline"].tolist() == [1.5, 12]
    assert register.table("rules")["maximum"].tolist() == [0.5]
    assert told(read(folder, baselines=text.replace("12,14", "12m,14m")), "block", row=3)
    assert told(read(folder, baselines=text.replace("1.5m", "£1.5m")), "block", row=2)


def test_the_order_of_dates_is_that_of_the_sheet(folder):
    projects = "project_id,name,area,start,finish\nP01,a,North,10/1/2026,7/31/2027\nP02,b,South,4/1/2027,9/30/2028\n"
    days = read(folder, projects=projects).projects["start"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2026-10-01", "2027-04-01"]
    unclear = projects.replace("7/31/2027", "").replace("9/30/2028", "")
    assert told(read(folder, projects=unclear), "block", "start", row=2)
    assert not isinstance(read(folder, {"date_order": "month_first"}, projects=unclear), DataError)
    later = "project_id,name,area,status_date\nP01,a,North,2027-01-15\nP02,b,South,2026-09-01\n"
    assert told(read(folder, projects=later), "warn", "status_date", row=2)


@pytest.mark.parametrize(
    "line",
    [
        "Costs in thousands of EUR",
        "alle Angaben in T€",
        "(in thousands)",
        "Montants en k€",
        "(£ in millions)",
        "Amounts: USD",
    ],
)
def test_a_unit_that_stands_above_or_below_a_table_counts(folder, line):
    table = "project_id,2027,2028\nP01,10000,\nP02,5000,\n"
    for text in (f'"{line}",,\n{table}', f"{table}\n{line} only,,\n"):
        assert told(read(folder, costs=text), "block", line)
    said = table.replace("2027", "2027 (k€)").replace("2028", "2028 (k€)")
    assert read(folder, costs=f"Costs in thousands of EUR,,\n{said}").costs["amount"].sum() == 15
    register = read(folder, costs=f"Costs in EUR million of Kraków m. b. H.,,\n{table.replace('000', '')}")
    assert register.costs["amount"].sum() == 15


@pytest.mark.parametrize("said", ["€ k; nominal", "€k, current prices", "€k, outturn", "Mio. €, laufende Preise"])
def test_a_header_of_other_prices_is_refused_and_can_be_accepted(folder, said):
    costs = f'project_id,year,"amount ({said})"\nP01,2027,10\nP02,2027,5\n'
    assert told(read(folder, costs=costs), "block", said, "other prices")
    same = read(folder, {"price_basis": "nominal", "price_base_year": ""}, costs=costs)
    assert same.costs["amount"].sum() == pytest.approx(15 if "Mio" in said else 0.015)


@pytest.mark.parametrize("amount", ["10000000", '"€ 10,000,000.00"', "2000000"])
def test_an_amount_beyond_a_trillion_is_told(folder, amount):
    costs = f"project_id,year,amount\nP01,2027,{amount}\nP02,2027,5\n"
    assert told(read(folder, costs=costs), "warn", "trillion", row=2)


@pytest.mark.parametrize(
    ("amount", "is_told"),
    [("450'000 €", True), ("EUR 90 000", True), ("€ 9000", False), ("90 000", False), ("12000 Mio. €", False)],
)
def test_much_money_with_a_currency_and_no_unit_is_told(folder, amount, is_told):
    costs = f"project_id,year,amount\nP01,2027,{amount}\nP02,2027,5\n"
    assert told(read(folder, costs=costs), "warn", "no million", row=2) is is_told


@pytest.mark.parametrize(
    ("amount", "currency"), [("2.5 Cr", "INR"), ("2.5Cr", "INR"), ("Rs 2.5 Cr.", "INR"), ("2.5 crore", "EUR")]
)
def test_cr_is_a_crore_beside_rupees_and_may_be_a_credit_elsewhere(folder, amount, currency):
    costs = f"project_id,year,amount\nP01,2027,{amount}\nP02,2027,5\n"
    assert read(folder, {"currency": currency}, costs=costs).costs["amount"].sum() == 30
    if currency == "INR":
        assert told(read(folder, costs=costs), "block", amount, row=2)


def test_columns_of_years_beside_projects_lose_no_money(folder):
    head = "project_id,name,area,2027,2028,Priority"
    for more, values in (("2029+", (1, 2)), ("Currency", ("EUR", "USD")), ("Later", (1, 2))):
        projects = f"{head},{more}\nP01,a,North,10,2,1,{values[0]}\nP02,b,South,5,3,2,{values[1]}\n"
        result = read(folder, projects=projects, costs="")
        assert told(result, "block", more)
    register = read(folder, projects=f"{head}\nP01,a,North,10,,1\nP02,b,South,5,,2\n", costs="")
    assert register.costs["amount"].sum() == 15


@pytest.mark.parametrize("other", ["Nоrth", "Νorth", "north", "North.", "North\u200b", "Ｎorth", "NORTH "])
def test_areas_that_look_alike_are_told(folder, other):
    """Attack 13d."""
    projects = f"project_id,name,area\nP01,a,North\nP02,b,{other}\nP03,c,North\n"
    costs = PLAIN["costs"] + "P03,2027,capex,Grant A,1\n"
    result = read(folder, projects=projects, costs=costs, budgets="envelope,year,amount\nall,2027,20\n")
    assert told(result, "warn", "projects.csv", "area", row=3)
    assert look_alike(other) == "north"


def test_accents_and_scripts_of_keys_are_compared(folder):
    """Attack 13d."""
    for other in ("Р01", "P０1", "p01"):
        projects = PLAIN["projects"] + f"{other},Other,North,grow\n"
        assert told(read(folder, projects=projects), "block", "project_id", row=4)
    text = "project_id,name,area\nP01,a,Réseau\nP02,b,Reseau\n"
    assert told(read(folder, projects=text), "warn", "Reseau")


def test_one_letter_in_two_forms_is_one_letter(folder):
    projects = PLAIN["projects"].replace("North", "Re\u0301seau").replace("South", "Réseau")
    assert read(folder, projects=projects).projects["area"].nunique() == 1


def test_a_stray_quote_takes_no_rows(folder):
    """Attack 4a."""
    for text in (
        'P01,"toll,2028,30\nP02,fares"",2028,12\nP02,more",2029,1\n',
        'P01,"toll,2028,30\nP02,fares,2028,12\n',
    ):
        assert told(read(folder, benefits=f"project_id,benefit,year,amount\n{text}"), "block", "benefits.csv")
    named = PLAIN["projects"].replace("Quay wall", '24" main')
    assert read(folder, projects=named).projects.loc["P01", "name"] == '24" main'
    two_lines = PLAIN["projects"].replace("Quay wall", '"Quay, wall\nof the port"')
    assert len(read(folder, projects=two_lines).projects) == 2
    two_cells = PLAIN["projects"].replace("Quay wall,North", '"Quay\nwall, of the, port","North\nside"')
    assert read(folder, projects=two_cells).projects.loc["P01", "name"] == "Quay\nwall, of the, port"


def book_of(path, change, **extra):
    """A workbook of a small register, changed."""
    book = openpyxl.Workbook()
    book.active.title = "projects"
    for line in (["project_id", "name", "area"], ["P01", "a", "North"], ["P02", "b", "South"]):
        book.active.append(line)
    costs = book.create_sheet("costs")
    for line in (["project_id", 2027, 2028], ["P01", 10, 2], ["P02", 5, 3]):
        costs.append(line)
    change(book)
    book.save(path)
    return path


def found(path):
    try:
        return load_register(path)
    except DataError as error:
        return error


def test_hidden_and_struck_parts_are_told_and_open_formulas_only_where_they_count(tmp_path):
    def change(book):
        book["costs"].column_dimensions["C"].hidden = True
        book["projects"]["A3"].font = Font(strike=True)
        book["costs"]["D1"], book["costs"]["D2"] = "remark", "=B2"
        book["costs"].append(["Total", "=SUM(B2:B3)", "=SUM(C2:C3)"])

    register = found(book_of(tmp_path / "a.xlsx", change))
    assert register.costs["amount"].sum() == 20
    assert told(register, "warn", "hidden")
    assert told(register, "warn", "struck", row=3)
    path = book_of(tmp_path / "b.xlsx", lambda book: book["costs"].__setitem__("B2", "=5*2"))
    assert told(found(path), "block", "no stored result", row=2)


@pytest.mark.parametrize(
    ("form", "total"),
    [('#,##0 "€"', 20), ("0.0", 20), ('0 "k€"', 10.01), ('0.0" Mio. €"', 20), ('"£"#,##0', None),
     ("[$$-409]#,##0", None), ("0%", None), ("#,##0.0,,", None), ('0.0,"k"', None), (";;;", None), ('"tbc"', None),
     ('0",000"', None), (r"0\,\0\0\0", None), ('"-"0', None), ('0 "FTE"', None), ("[$ден]0", None),
     ('0 "€\'000"', 10.01), ('[=0]"-";0.0', 20), ('_-* #,##0.00 "€"_-;-* #,##0.00 "€"_-;_-* "-"?? "€"_-;_-@_-', 20)],
)  # fmt: skip
def test_what_a_number_format_shows_counts(tmp_path, form, total):
    path = book_of(tmp_path / "a.xlsx", lambda book: setattr(book["costs"]["B2"], "number_format", form))
    with_settings(path)
    result = found(path)
    if total is None:
        assert told(result, "block", "a.xlsx", row=2)
    else:
        assert result.costs["amount"].sum() == pytest.approx(total)


@pytest.mark.parametrize("area", ["C2:C3", "B2:C2"])
def test_an_amount_of_several_cells_is_asked_about(tmp_path, area):
    path = book_of(tmp_path / "a.xlsx", lambda book: book["costs"].merge_cells(area))
    with_settings(path)
    assert told(found(path), "block", "merged over others", row=2)


def with_settings(path):
    book = openpyxl.load_workbook(path)
    sheet = book.create_sheet("settings")
    for line in [("key", "value"), *SETTINGS.items()]:
        sheet.append(line)
    book.save(path)


def test_a_stray_formatted_cell_costs_nothing(tmp_path):
    """Attack 12a."""
    for spot in ("J1048576", "XFD1", "XFD1048576"):
        path = book_of(
            tmp_path / f"{spot}.xlsx",
            lambda book, spot=spot: setattr(book["costs"][spot], "font", Font(bold=True)),
        )
        begun = time.process_time()
        assert found(path).costs["amount"].sum() == 20
        assert time.process_time() - begun < 10


def test_what_is_too_large_is_refused_in_words(tmp_path):
    """Attacks 3c and 12f."""
    from pmo_kit.register.findings import Findings

    findings = Findings()
    (tmp_path / "wide.csv").write_text(",".join(["x"] * 10_000) + "\n")
    (tmp_path / "cell.csv").write_text('a,b\n"' + "x" * 1_100_000 + '",2\n')
    assert read_csv_sheet(tmp_path / "wide.csv", findings) is None
    assert read_csv_sheet(tmp_path / "cell.csv", findings) is None
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 160_000_000)
    assert told(found(tmp_path / "bomb.xlsx"), "block", "bomb.xlsx")
    assert (findings.frame()["severity"] == "block").sum() == 2


def test_sheets_without_a_name_are_never_taken_for_another_table(tmp_path):
    for name in ("projects", "costs", "benefits"):
        (tmp_path / f"plan-{name}.csv").write_text(PLAIN[name])
    register = found(tmp_path)
    assert (register.costs["amount"].sum(), register.table("benefits")["amount"].sum()) == (15, 42)
    (tmp_path / "plan-costs.csv").rename(tmp_path / "Savings.csv")
    assert told(found(tmp_path), "block", "costs is missing")


def test_an_area_that_is_called_na_is_an_area(folder):
    projects = PLAIN["projects"].replace("North", "NA")
    register = read(folder, projects=projects, areas="area,label\nNA,North America\nSouth,x\n")
    assert register.projects["area"].tolist() == ["NA", "South"]


MAPPED = "ID,Title,Dept,When,2027,2028\n"
MAPPING = """settings: {currency: EUR, money_unit: million, as_of: 2026-09-30, discount_to: 2027}
EXTRA
tables:
  projects: {project_id: ID, name: Title, area: Dept}
  costs:
    project_id: ID
    unpivot: {name: year, into: amount, pattern: "(20\\\\d\\\\d)"UNIT}
ignore: {When: a date}
"""


def mapped(tmp_path, export, extra="", unit=""):
    (tmp_path / "export.csv").write_text(export, encoding="utf-8")
    text = MAPPING.replace("EXTRA", extra).replace("UNIT", f", unit: {unit}" if unit else "")
    (tmp_path / "map.yml").write_text(text, encoding="utf-8")
    try:
        return load_register(tmp_path / "export.csv", mapping=tmp_path / "map.yml")
    except DataError as error:
        return error


ROWS = "P01,a,N,,10,2\nP02,b,S,,5,3\n"


@pytest.mark.parametrize(
    ("export", "extra", "unit", "text"),
    [
        (f"in thousands of euros,,,,,\n{MAPPED}{ROWS}", "", "", "thousands"),
        (MAPPED.replace("2028", "2028 (€m)") + ROWS, "", "thousand", "2028"),
        (MAPPED.replace("When", "Currency") + "P01,a,N,EUR,10,2\nP02,b,S,USD,5,3\n", "", "", "Currency"),
        (MAPPED.replace("When", "Later") + "P01,a,N,7,10,2\nP02,b,S,7,5,3\n", "", "", "Later"),
        (MAPPED.replace("2028", "2028+") + ROWS, "", "", "2028+"),
        (MAPPED.replace("2028", "ab 2028") + ROWS, "", "", "ab 2028"),
        (f"{MAPPED}{ROWS}Whole house,,,,15,5\n", "", "", "Whole house"),
        (
            f"{MAPPED}{ROWS}",
            "keep:\n  - {column: Dept, equals: [N, S, s.], reason: ours}",
            "",
            "Did you mean",
        ),
        (MAPPED + "P01,a,N,1/12/2026,10,2\nP01,a,N,2/11/2026,7,2\n", "keep: latest by When", "", "When"),
        (f"{MAPPED}{ROWS}Mittelwert,,,,7.5,2.5\n", "", "", "Mittelwert"),
        (f"{MAPPED}{ROWS}Count,,,,2,2\n", "", "", "Count"),
        (f"{MAPPED}{ROWS}Subtotal North,,,,9,9\n", "", "", "Subtotal North"),
    ],
)
def test_a_mapped_source_keeps_the_same_promises(tmp_path, export, extra, unit, text):
    assert told(mapped(tmp_path, export, extra, unit), "block", text)


@pytest.mark.parametrize(
    ("export", "extra", "unit", "total"),
    [
        (MAPPED + ROWS, "", "", 20),
        (MAPPED.replace("2027", "2027 (T€)").replace("2028", "2028 (T€)") + ROWS, "", "thousand", 0.02),
        (f"in thousands of euros,,,,,\n{MAPPED}{ROWS}", "", "thousand", 0.02),
        (f"{MAPPED}{ROWS}Total outlays,,,,15,5\n", "", "", 20),
        (f"{MAPPED}{ROWS},Total,,,15,5\n", "", "", 20),
        (MAPPED + "P01,a,N,,10,2\nSub-total,,,,10,2\nP02,b,S,,5,3\nGrand total,,,,15,5\n", "", "", 20),
        (f"{MAPPED}{ROWS}P03,Total revamp,N,,15,5\n", "", "", 40),
        (MAPPED + "P01,a,N,Jan 2026,10,2\nP01,a,N,Feb 2026,7,2\n", "keep: latest by When", "", 9),
        (MAPPED + "P01,a,N,märz 2026,10,2\nP01,a,N,Mai 2026,7,2\n", "keep: latest by When", "", 9),
        (MAPPED + "P01,a,N,1er déc. 2026,10,2\nP01,a,N,3 août 2026,7,2\n", "keep: latest by When", "", 12),
        (
            MAPPED
            + "P01,a,N,,10,2\nSubtotal N,,,,10,2\nP02,b,S,,5,3\nP03,c,S,,1,1\nSubtotal S,,,,6,4\nTotal,,,,16,6\n",
            "",
            "",
            22,
        ),
        (f"{MAPPED}{ROWS}P03,c,S,,ca. 4,2-3\n", "accept: {up_to: 1, who: a, why: b}", "", 20),
        (MAPPED + "P01,a,N,1/12/2026,10,2\nP01,a,N,1/11/2026,7,2\n", "keep: latest by When", "", 12),
    ],
)
def test_a_mapped_source_is_read_right(tmp_path, export, extra, unit, total):
    register = mapped(tmp_path, export, extra, unit)
    assert not isinstance(register, DataError), str(register)
    assert register.costs["amount"].sum() == pytest.approx(total)


@pytest.mark.parametrize("last", ["Total outlays,60,66", "Gesamt,60,66", "Roads,60,66"])
def test_a_row_that_happens_to_be_a_sum_is_a_row_where_rows_have_one_text(tmp_path, last):
    text = f"Agency,2027,2028\nHarbors,10,11\nCourts,20,22\nParks,30,33\n{last}\n"
    (tmp_path / "export.csv").write_text(text)
    head = "settings: {currency: EUR, money_unit: million, as_of: 2026-09-30}\ntables:\n"
    projects = "  projects: {project_id: Agency, name: Agency, area: Agency}\n"
    costs = '  costs: {project_id: Agency, unpivot: {name: year, into: amount, pattern: "^(20..)"}}\n'
    (tmp_path / "map.yml").write_text(head + projects + costs)
    register = load_register(tmp_path / "export.csv", mapping=tmp_path / "map.yml")
    assert register.costs["amount"].sum() == (252 if "Roads" in last else 126)


def test_ids_that_a_spreadsheet_cut_short_are_told(tmp_path):
    export = MAPPED + ROWS.replace("P01", "1.21143E+15")
    assert told(mapped(tmp_path, export), "warn", "1.21143E+15")


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("baselines", "project_id,quantity,baseline,now\nP01,whole_life_cots,1,2\nP01,risk appetite,1,2\n"),
        ("baselines", "project_id,quantity,baseline,now\nP01,Finish months,1,2\nP02,carbon,3,3\n"),
        (
            "exemptions",
            "table,project_id,column,reason\nbenefit,P01,amount,not yet\nbenefits,P02,amount,late\n",
        ),
        (
            "exemptions",
            "table,project_id,column,reason\nprojects,P01,sponsr,none\nprojects,P02,sponsor,none\n",
        ),
    ],
)
def test_a_word_that_is_nearly_one_that_is_read_is_told(folder, table, text):
    register = read(folder, **{table: text})
    mine = register.findings.query("rule == 'word_read_by_nothing'")
    assert mine["row"].tolist() == [2]
    assert mine["message"].str.contains("Did you mean").all()


# ---------------------------------------------------------------- columns that look like a sum, tables below tables


@pytest.mark.parametrize(
    ("rows", "is_read"),
    [
        ("P01,10,2,12\nP02,5,1,6\n", True),
        ("P01,10,2,12\nP02,,6,6\n", True),
        ("P01,10,2,12\nP02,,,50\n", False),  # the years of P02 are not known yet, its money is
        ("P01,10,2,12\nP02,5,1,\n", False),
    ],
)
def test_a_column_of_sums_is_the_sum_in_every_row(folder, rows, is_read):
    result = read(folder, costs="project_id,2027,2028,Total\n" + rows, said={"beyond_horizon": "unlimited"})
    if is_read:
        assert result.table("costs")["amount"].sum() == 18
    else:
        assert told(result, "block", "Total", "money must not be left out")


@pytest.mark.parametrize(
    ("header", "value"), [("max", 1), ("Upper limit", 1), ("höchstens", 1), ("biggest value", None), ("cap 2027", None)]
)
def test_the_limit_of_a_rule_is_never_left_out(folder, header, value):
    result = read(folder, rules=f"rule,kind,scope,minimum,{header}\nCap,count,all,0,1\n")
    if value is not None:
        assert result.table("rules")["maximum"].tolist() == [value]
    else:
        assert told(result, "block", header, "must not be left out")


@pytest.mark.parametrize(("years", "refused"), [("2029,2030", True), ("2027,2028", False)])
def test_a_table_of_other_years_below_a_table_is_refused(folder, years, refused):
    resources = "project_id,role,period,fte\nP01,engineer,2027,2\n"
    capacity = f"role,2027,2028\nengineer,4,4\nrole,{years}\nsurveyor,5,5\n"
    result = read(folder, resources=resources, capacity=capacity)
    if refused:
        assert told(result, "block", "Another header stands here", row=3)
    else:
        assert result.table("capacity")["fte"].sum() == 18


@pytest.mark.parametrize("words", ["Cost 2027", "Montant 2027 (M€)", "Kosten 2027", "2027 expenditure"])
def test_a_year_beside_the_word_for_the_amounts_of_a_table_is_a_year(folder, words):
    result = read(folder, costs=f'project_id,"{words}"\nP01,10\nP02,5\n')
    assert result.table("costs")[["year", "amount"]].to_numpy().tolist() == [[2027, 10], [2027, 5]]


def test_the_only_year_with_readable_amounts_is_no_sum_of_itself(tmp_path):
    lines = ["Project ID,Project Name,Department,FY27 Cost,FY28 Cost"]
    lines += ['1001,Bridge,Roads,"$1,250,000",$ -', '1002,School,Roads,"$800,000","$(200,000)"']
    (tmp_path / "source.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    draft = draft_mapping([tmp_path / "source.csv"])
    assert "not read" not in draft.table
    assert '"FY27 Cost": 2027, "FY28 Cost": 2028' in draft.text


def drafted(tmp_path, heads, *lines):
    rows = [f"Project ID,Name,Department,{heads}", *(f"P0{n},Quay {n},North,{one}" for n, one in enumerate(lines))]
    (tmp_path / "source.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return draft_mapping([tmp_path / "source.csv"]).text


@pytest.mark.parametrize(
    "heads",
    ["3Q27,4Q27", "Q1/27,Q2/27", "2027Q3,2027Q4", "2027-Q3,2027-Q4", "1. Quartal 2027,2. Quartal 2027",
     "1er trimestre 2027,2e trimestre 2027", "1H27,H2/27", "1. Halbjahr 2027,2. Halbjahr 2027", "T1 2027,T2 2027"],
)  # fmt: skip
def test_parts_of_a_year_are_added_up_however_they_are_written(tmp_path, heads):
    text = drafted(tmp_path, heads, "1,2", "3,5")
    assert all(f'"{head}": 2027' in text for head in heads.split(","))
    assert "repeats: sum  # several columns of one year are added up" in text


@pytest.mark.parametrize(
    ("heads", "why"),
    [
        ("2027 (P80)", "? its header says more than a year"),
        ("2027 (Rev. 2)", "? its header says more than a year"),
        ("2027 inkl. Vorjahre", "? amounts of several years"),
        ("2027 (incl. prior years)", "? amounts of several years"),
        ("2027 y compris antérieures", "? amounts of several years"),
        ("2027 rev. 1", "? amounts, not read"),
        ("Year 1", "? amounts, not read"),
        ("Jahr 1", "? amounts, not read"),
        ("N+1", "? amounts, not read"),
        ("Cost27", "? amounts, not read"),
        ("Cost '27", "its header is a year"),
        ("2027 %", "follows from the others"),
        ("2027 Var", "follows from the others"),
    ],
)
def test_a_header_that_says_more_than_a_year_or_no_year_is_asked_about(tmp_path, heads, why):
    for more in ("", ",2028"):
        lines = drafted(tmp_path, f"{heads}{more}", *(("1,2", "3,4") if more else "13")).splitlines()
        assert any(heads in line and why in line for line in lines)


@pytest.mark.parametrize(
    ("day", "near"),
    [("3/4/2028", "2028-03-04 or 2028-04-03"), ("end of 2029", "2029-12-31"), ("Q3 2028", "2028-09-30"),
     ("0000-01", "2027-03-31")],
)  # fmt: skip
def test_what_to_write_for_a_date_is_near_it(folder, day, near):
    projects = f"project_id,name,area,start\nP01,Quay wall,North,{day}\nP02,Tram depot,South,2027-01-01\n"
    assert read(folder, projects=projects).findings["fix"].str.contains(near).any()


@pytest.mark.parametrize(("one", "other"), [("P01", "PO1"), ("P11", "Pl1"), ("R10", "RI0"), ("7O", "70")])
def test_ids_that_differ_in_a_letter_that_looks_like_a_digit_are_told(folder, one, other):
    projects = f"project_id,name,area\n{one},Quay wall,North\n{other},Tram depot,South\n"
    costs = f"project_id,year,amount\n{one},2027,10\n{other},2027,5\n"
    benefits = f"project_id,benefit,year,amount\n{one},toll,2028,30\n{other},fares,2028,12\n"
    assert told(read(folder, projects=projects, costs=costs, benefits=benefits), "warn", one, other, row=3)


def test_an_id_with_a_letter_for_a_digit_is_asked_with_the_one_that_is_meant(folder):
    assert told(read(folder, costs="project_id,year,amount\nPO1,2027,10\n"), "block", "PO1", 'Did you mean "P01"?')


# ---------------------------------------------------------------- rows that stand over others, words that tell a kind

PARENTS = "ID,{parent},Project,Department,2027 (k€),2028 (k€)\n"
OVER = {"A": "A,,Programme,Roads,300,100\n", "B": "B,A,Bridge,Roads,200,60\n", "C": "C,A,Tunnel,Roads,100,40\n"}
OVER |= {"S": "S,,School,Build,50,50\n"}


def imported(tmp_path, text):
    (tmp_path / "source.csv").write_text(text, encoding="utf-8")
    told, code = import_sources([tmp_path / "source.csv"], tmp_path / "out")
    return told, code, load_register(tmp_path / "out") if code == 0 else None


@pytest.mark.parametrize(("parent", "order"), each_once(
    ["Parent ID", "Parent", "Parent task", "Übergeordnet"], ["ABCS", "ASBC", "BCAS"],
))  # fmt: skip
def test_a_row_that_others_name_as_their_parent_is_no_project_beside_them(tmp_path, parent, order):
    told, code, register = imported(tmp_path, PARENTS.format(parent=parent) + "".join(OVER[one] for one in order))
    assert code == 0, told
    assert "total of the rows below" in told
    assert register.table("costs").groupby("project_id")["amount"].sum().to_dict() == {"B": 260, "C": 140, "S": 100}
    assert "rag_declared" not in (tmp_path / "out" / "source.map.yml").read_text(encoding="utf-8")


def test_a_parent_that_is_not_the_sum_of_its_children_is_asked_about(tmp_path):
    rows = OVER | {"C": "C,A,Tunnel,Roads,90,40\n"}
    told, code, _ = imported(tmp_path, PARENTS.format(parent="Parent ID") + "".join(rows.values()))
    assert code == 2
    assert "amounts that are not their sum" in told


@pytest.mark.parametrize("child", ["B,A,Bridge,Roads,,\n", "B,Z,Bridge,Roads,7,8\n"])
def test_a_parent_is_a_project_where_its_children_have_no_amounts_or_it_is_not_there(tmp_path, child):
    text = PARENTS.format(parent="Parent ID") + OVER["A"] + child + OVER["S"]
    told, code, register = imported(tmp_path, text)
    assert code == 0, told
    assert register.table("costs").query("project_id == 'A'")["amount"].tolist() == [300, 100]


@pytest.mark.parametrize("words", [("Capex", "Opex", "Benefit"), ("Investition", "Betrieb", "Nutzen")])
def test_words_that_tell_costs_from_benefits_tell_their_kind_too(tmp_path, words):
    capex, opex, benefit = words
    lines = [f"A,Bridge,Roads,2027,{capex},100", f"A,Bridge,Roads,2027,{opex},10"]
    lines += [f"A,Bridge,Roads,2028,{benefit},50", f"B,School,Build,2027,{capex},70"]
    head = "Project ID,Project Name,Department,Year,Type,Amount (k€)"
    told, code, register = imported(tmp_path, "\n".join([head, *lines]) + "\n")
    assert code == 0, told
    costs = register.table("costs").reset_index()
    assert costs[["project_id", "kind", "amount"]].to_numpy().tolist() == [
        ["A", "capex", 100], ["A", "opex", 10], ["B", "capex", 70]
    ]  # fmt: skip
    assert register.table("benefits")["amount"].tolist() == [50]


@pytest.mark.parametrize("amount", ["about 2", "1,500"])
def test_a_project_whose_amount_cannot_be_read_is_not_told_to_cost_nothing(folder, amount):
    result = read(folder, costs=f'project_id,year,kind,amount\nP01,2027,capex,"{amount}"\nP02,2027,capex,5\n')
    assert told(result, "block", amount, row=2)
    assert not told(result, "warn", "has no cost")
