"""Twenty planted faults give one error that names all twenty, blocks first, repeats grouped."""

from __future__ import annotations

import pytest

from pmo_kit.errors import DataError
from pmo_kit.register import load_register

FAULTS = {
    "settings": "key,value\ncurrency,EUR\nmoney_unit,million\nprice_basis,real\nprice_base_year,2026\n"
    "as_of,30 of September\n"  # 1 setting_not_read
    "timing,whenever\n",  # 2 setting_not_read
    "projects": "project_id,name,area,commitment,start,finish,rag_declared\n"
    "P01,Pipes,Networks,mandatory,2027-01-01,2028-12-31,G\n"
    "P02,,Networks,discretionary,2027-01-01,2028-12-31,G\n"  # 3 missing_required
    "P03,Platform,Digital,maybe,2027-01-01,2027-12-31,G\n"  # 4 unknown_category
    "p01,Pipes again,Networks,discretionary,,,G\n"  # 5 duplicate_key
    "P05,Pumps,Networks,discretionary,2029-01-01,2027-12-31,G\n"  # 6 start_after_finish
    "P06,Billing,Digital,committed,31/31/2027,2027-12-31,G\n"  # 7 date_not_read
    "P07,Overflows,Space,mandatory,,,Purple\n",  # 8 unknown_category, 9 unknown_reference
    "areas": "area\nNetworks\nDigital\n",
    "levels": "project_id,level\nP02,full\nP02,half\nP05,full\nP05,stop\n",  # 10 stop_not_committed
    "costs": "project_id,level,year,kind,amount\n"
    "P01,,2027,capex,14\nP01,,2027,capex,15\n"  # 11 duplicate_key
    "P02,,2027,capex,3\n"  # 12 level_not_stated
    "P02,tiny,2027,capex,3\n"  # 13 unknown_level
    "P03,,20x7,capex,3\n"  # 14 year_not_read
    "P06,,2027,capex,-3\n"  # 15 out_of_range
    "P07,,2027,capex,lots\n"  # 16 number_not_read
    "P77,,2027,capex,1\n",  # 17 unknown_reference
    "resources": "project_id,role,period,fte\nP01,engineer,2027,1\nP01,engineer,2028,1\nP03,engineer,2028-Q1,1\n",  # 18
    "links": "project_id,relation,other_id\nP03,requires,P06\nP06,requires,P03\n"  # 19 cycle
    "P01,excludes,P07\n",  # 20 impossible_obligation
}
EXPECTED = {
    ("setting_not_read", "settings.csv"): 2,
    ("missing_required", "projects.csv"): 1,
    ("unknown_category", "projects.csv"): 2,
    ("duplicate_key", "projects.csv"): 1,
    ("start_after_finish", "projects.csv"): 1,
    ("date_not_read", "projects.csv"): 1,
    ("unknown_reference", "projects.csv"): 1,
    ("stop_not_committed", "levels.csv"): 1,
    ("duplicate_key", "costs.csv"): 1,
    ("level_not_stated", "costs.csv"): 1,
    ("unknown_level", "costs.csv"): 1,
    ("year_not_read", "costs.csv"): 1,
    ("out_of_range", "costs.csv"): 1,
    ("number_not_read", "costs.csv"): 1,
    ("unknown_reference", "costs.csv"): 1,
    ("mixed_periods", "resources.csv"): 1,
    ("cycle_in_requires", "links.csv"): 1,
    ("impossible_obligation", "links.csv"): 1,
}


def test_twenty_faults_one_error(folder):
    with pytest.raises(DataError) as error:
        load_register(folder(FAULTS))
    findings = error.value.findings
    blocks = findings[findings["severity"] == "block"]
    counted = blocks.groupby(["rule", "file"]).size().to_dict()
    assert counted == EXPECTED
    assert sum(EXPECTED.values()) == 20
    assert list(findings.columns) == [
        "severity",
        "file",
        "sheet",
        "row",
        "column",
        "value",
        "rule",
        "message",
        "fix",
    ]
    assert (findings["severity"].iloc[:20] == "block").all()
    assert (blocks["message"].str.len() > 0).all()
    assert (blocks["fix"].str.len() > 0).all()
    text = str(error.value)
    assert text.splitlines()[0] == "20 things to fix before your first pack (and 3 warnings)"


def test_repeats_are_one_line(tables, folder):
    tables["costs"] = "project_id,year,amount\n" + "".join(f"P01,{2000 + n},x{n}\n" for n in range(30))
    tables["costs"] += "P09,2027,1\n"
    tables["projects"] = tables["projects"].replace("2027-01-01,2028-12-31", "2029-01-01,2028-12-31", 1)
    with pytest.raises(DataError) as error:
        load_register(folder(tables))
    text = str(error.value)
    assert text.startswith("3 things to fix before your first pack")
    assert "(30 times)" in text
    assert 'row 2 "x0"' in text
    assert "and 26 more" in text
    assert len(error.value.findings.query("rule == 'number_not_read'")) == 30


def test_row_and_column_are_those_of_the_file(tables, folder):
    tables["costs"] = "Project,FY2026/27,FY2027/28\n\nP01,1,oops\n"
    with pytest.raises(DataError) as error:
        load_register(folder(tables))
    found = error.value.findings.query("rule == 'number_not_read'").iloc[0]
    assert (found["file"], found["row"], found["column"], found["value"]) == (
        "costs.csv",
        3,
        "FY2027/28",
        "oops",
    )


def test_missing_tables_say_what_to_put_where(folder):
    with pytest.raises(DataError, match=r"costs is missing.*\n.*columns project_id, year, amount"):
        load_register(folder({"projects": "project_id,name,area\nP01,Pipes,Networks\n"}))


def test_did_you_mean(tables, folder):
    tables["costs"] = tables["costs"].replace("P03,", "p03,")
    with pytest.raises(DataError, match='Did you mean "P03"'):
        load_register(folder(tables))
