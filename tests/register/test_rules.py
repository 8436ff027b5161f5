"""Each of the 36 data-quality rules: one register that trips it, and one without it."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from pmo_kit.errors import DataError
from pmo_kit.register import Register, load_register
from pmo_kit.register.checks import RULES
from pmo_kit.register.values import words

SETTINGS = (
    "key,value\ncurrency,EUR\nmoney_unit,million\nprice_basis,real\nprice_base_year,2026\nas_of,2026-09-30\n"
    "discount_to,2027\n"
)
READING = {
    "number_not_read": 4, "currency_mixed": 6, "transposed_layout": 29, "encoding_repaired": 30, "year_contradicted": 0,
    "column_renamed": 31, "column_not_mapped": 32,
}  # fmt: skip
"""Rules that reading itself applies, with their numbers in the published list."""
CLEAN = {
    "settings": SETTINGS,
    "projects": "project_id,name,area,commitment,stage,start,finish,status_date,includes,rag_declared\n"
    "P01,Pipes,North,discretionary,full_case,2027-01-01,2028-12-31,2026-09-01,,G\n"
    "P02,Meters,North,discretionary,full_case,2027-01-01,2028-12-31,2026-09-01,,A\n"
    "P03,Platform,North,discretionary,full_case,2027-01-01,2028-12-31,2026-09-01,,\n"
    "P04,Sensors,North,discretionary,full_case,2027-01-01,2028-12-31,2026-09-01,,\n"
    "P05,Pumps,North,mandatory,full_case,2027-01-01,2028-12-31,2026-09-01,,\n",
    "costs": "project_id,year,amount\nP01,2027,14\nP01,2028,6\nP02,2027,8\nP03,2028,3\nP04,2027,5\nP05,2028,9\n",
    "benefits": "project_id,year,amount\nP01,2029,30\nP02,2029,10\nP03,2028,1\nP04,2030,9\n",
    "budgets": "envelope,year,amount,price_basis\nall,2027,30,real\nall,2028,30,\n",
    "goals": "goal,target_share\nG1,0.4\nG2,0.6\n",
    "criteria": "criterion,sense,low,high,weight\nc1,max,0,10,1\nc2,max,0,10,1\nc3,min,0,10,1\nc4,max,0,10,1\n",
    "scores": "project_id,criterion,score,assessor,date\n"
    + "".join(f"P0{p},c{c},{(p * 3 + c * 2) % 9},ann,2026-03-01\n" for p in range(1, 6) for c in range(1, 5)),
    "resources": "project_id,role,period,fte\nP01,engineer,2027,3\nP02,engineer,2028,2\n",
    "capacity": "role,period,fte\nengineer,2027,5\nengineer,2028,5\n",
    "links": "project_id,relation,other_id\nP02,requires,P03\nP04,excludes,P03\n",
    "status": "project_id,period,bac,pv,ev,ac\nP01,2026-07,20,3,3,3\nP01,2026-08,20,5,5,5\nP02,2026-08,8,4,4,4.3\n",
    "milestones": "project_id,milestone,baseline,now\nP01,live,2028-06-30,2028-07-15\n",
    "baselines": "project_id,quantity,year,baseline,now,reference\nP01,whole_life_cost,,20,20,\n",
    "estimates": "project_id,quantity,low,likely,high\nP01,cost,0.9,1.1,1.5\n",
    "risks": "project_id,risk,probability\nP01,R1,0.2\n",
}
CLEAN["projects"] = (
    CLEAN["projects"]
    .replace("finish,", "finish,mandatory_reason,", 1)
    .replace("2028-12-31,", "2028-12-31,,")
    .replace(
        "P05,Pumps,North,mandatory,full_case,2027-01-01,2028-12-31,,",
        "P05,Pumps,North,mandatory,full_case,2027-01-01,2028-12-31,law 7,",
    )
)


def change(table, old, new):
    """A clean register with one change."""
    assert old in CLEAN[table], old
    return {table: CLEAN[table].replace(old, new, 1)}


def add(table, line):
    """A clean register with one more line."""
    return {table: CLEAN[table] + line + "\n"}


# rule, severity, number of findings, what was changed
FAULTS = [
    ("duplicate_key", "block", 1, add("projects", "p01 ,Pipes 2,North,discretionary,,,,,,,")),
    ("same_name", "warn", 1, change("projects", "P02,Meters", "P02,pipes")),
    ("missing_required", "block", 1, change("projects", "P02,Meters", "P02,")),
    ("number_not_read", "block", 1, change("costs", "P02,2027,8", "P02,2027,eight")),
    ("unit_jump", "warn", 1, change("costs", "P02,2027,8", "P02,2027,8000")),
    ("unit_jump", "warn", 1, add("baselines", "P01,spend,,0.02,0.02,")),
    ("unit_jump", "block", 1, {"budgets": "envelope,year,amount\nall,2027,0.03\nall,2028,0.03\n"}),
    ("unit_jump", "block", 1, {"budgets": "envelope,year,amount\nall,2027,30000\nall,2028,30000\n"}),
    ("unit_jump", "warn", 1, {"benefits": "project_id,year,amount\nP01,2029,0.03\n"}),
    ("currency_mixed", "block", 1, change("costs", "P02,2027,8", "P02,2027,£8")),
    ("price_basis_mixed", "block", 1, change("budgets", "30,real", "30,nominal")),
    ("sum_differs", "warn", 1, change("baselines", ",20,20,", ",20,25,")),
    ("cost_outside_dates", "warn", 1, change("costs", "P02,2027,8", "P02,2031,8")),
    ("start_after_finish", "block", 1, change("projects", "2027-01-01", "2029-01-01")),
    ("start_passed", "warn", 1, change("projects", "full_case,2027-01-01", "idea,2026-02-01")),
    ("status_old", "warn", 1, change("projects", "2026-09-01", "2026-01-01")),
    ("unknown_reference", "block", 1, change("links", "P02,requires,P03", "P02,requires,P33")),
    ("cycle_in_requires", "block", 1, add("links", "P03,requires,P02")),
    (
        "impossible_obligation",
        "block",
        1,
        {
            **change("projects", "Sensors,North,discretionary", "Sensors,North,mandatory"),
            **add("links", "P05,excludes,P04"),
        },
    ),
    ("risk_counted_twice", "warn", 1, change("projects", "2026-09-01,,G", "2026-09-01,optimism_bias,G")),
    ("benefit_before_delivery", "warn", 1, change("benefits", "P01,2029", "P01,2027")),
    ("score_outside_scale", "block", 1, change("scores", "P01,c1,5", "P01,c1,50")),
    ("out_of_range", "block", 1, change("costs", "P02,2027,8", "P02,2027,-8")),
    (
        "scores_alike",
        "warn",
        1,
        add("scores", "P02,c1,10,bob,\nP02,c2,10,bob,\nP02,c3,0,bob,\nP02,c4,10,bob,\nP01,c4,4,bob,"),
    ),
    (
        "scores_alike",
        "warn",
        1,
        add("scores", "\n".join(f"P0{p},c1,5,eve," for p in range(1, 6))),
    ),
    ("shares_not_100", "block", 1, change("goals", "0.6", "0.7")),
    ("zero_money", "warn", 1, change("costs", "P03,2028,3", "P03,2028,0")),
    ("zero_money", "warn", 1, change("benefits", "P04,2030,9\n", "")),
    ("ev_above_bac", "block", 1, change("status", "20,5,5,5", "20,5,25,26")),
    ("actual_falls", "warn", 1, change("status", "20,5,5,5", "20,5,5,2")),
    ("watermelon", "warn", 1, change("status", "20,5,5,5", "20,5,5,7")),
    ("watermelon", "warn", 1, change("milestones", "2028-07-15", "2028-12-15")),
    ("rating_differs", "warn", 1, change("status", "8,4,4,4.3", "8,4,4,4")),
    ("mixed_periods", "block", 1, change("resources", "engineer,2028", "engineer,2028-Q1")),
    (
        "days_as_fte",
        "warn",
        1,
        {
            "resources": "project_id,role,period,fte\n"
            + "".join(f"P0{p},artist,2027,{2 if p < 5 else 44}\n" for p in range(1, 6)),
            "capacity": "role,period,fte\nartist,2027,99\n",
        },
    ),
    ("demand_above_supply", "warn", 1, change("resources", "2028,2", "2028,7")),
    (
        "total_as_project",
        "block",
        1,
        {**add("projects", "P99,Total portfolio,North,,,,,,,,"), **add("costs", "P99,2027,1")},
    ),
    (
        "total_as_project",
        "block",
        1,
        {**add("projects", "P99,Everything,North,,,,,,,,"), **add("costs", "P99,2027,45")},
    ),
    ("encoding_repaired", "warn", 1, change("projects", "P02,Meters", "P02,Meters â€“ south")),
    ("column_renamed", "info", 1, change("projects", "project_id,name", "project_id,Project Name")),
    ("column_not_mapped", "warn", 1, {"goals": "goal,target_share,mood\nG1,0.4,good\nG2,0.6,\n"}),
    ("personal_data", "info", 1, {"goals": "goal,owner\nG1,Jane Doe\nG2,Finance Director\n"}),
    ("personal_data", "info", 1, {"goals": "goal,label\nG1,ask jane@example.org\n"}),
    ("formula_in_text", "warn", 1, change("projects", "P02,Meters", "P02,=cmd|' /C calc'!A0")),
    ("reason_missing", "warn", 1, change("projects", "law 7", "")),
]


def found(folder, tables, **options):
    """Findings of a register, whether it loads or not."""
    try:
        return load_register(folder(tables), **options).findings
    except DataError as error:
        return error.findings


def test_clean_register_has_no_findings(folder):
    findings = found(folder, CLEAN)
    assert findings[["rule", "message"]].values.tolist() == []


@pytest.mark.parametrize(
    ("rule", "severity", "count", "fault"), FAULTS, ids=[f"{n}_{f[0]}" for n, f in enumerate(FAULTS)]
)
def test_fault_is_found(folder, rule, severity, count, fault):
    findings = found(folder, {**CLEAN, **fault})
    hits = findings[findings["rule"] == rule]
    assert len(hits) == count, findings[["rule", "message"]].values.tolist()
    assert set(hits["severity"]) == {severity}
    assert (hits["file"] != "").all()
    assert (hits["message"] != "").all()
    others = findings[(findings["rule"] != rule) & (findings["severity"] == "block")]
    assert others.empty, others[["rule", "message"]].values.tolist()


@pytest.mark.long
def test_transposed_sheet_is_turned(folder):
    lines = [line.split(",") for line in CLEAN["projects"].strip().splitlines()]
    turned = "\n".join(",".join(column) for column in zip(*lines, strict=True)) + "\n"
    findings = found(folder, {**CLEAN, "projects": turned})
    assert findings["rule"].tolist() == ["transposed_layout"]
    register = load_register(folder({**CLEAN, "projects": turned}))
    assert register.fingerprint == load_register(folder(CLEAN)).fingerprint


def before(folder, **changes):
    return load_register(folder({**CLEAN, **changes}, "before"))


@pytest.mark.parametrize(("scale", "told"), [(0.005, 1), (0.02, 0)])
def test_amounts_that_print_as_nought_are_told(folder, scale, told):
    """Whole projects cost 20, 8, 3, 5 and 9: half of them 8 or less, of which a hundredth prints as 0.1."""
    heads, *rows = CLEAN["costs"].splitlines()
    costs = [f"{project},{year},{float(amount) * scale}" for project, year, amount in (row.split(",") for row in rows)]
    tables = {"costs": "\n".join([heads, *costs]) + "\n"}
    register = found(folder, tables)
    assert (register["rule"] == "prints_as_nought").sum() == told


def test_vanished_project(folder):
    previous = before(folder, **{**add("projects", "P09,Old,North,discretionary,,,,,,,"), **add("costs", "P09,2027,4")})
    hits = found(folder, CLEAN, previous=previous)
    assert hits["rule"].tolist() == ["project_vanished"]
    decisions = "date,committee,project_id,decision\n2026-08-01,IC,P09,stop\n"
    assert found(folder, {**CLEAN, "decisions": decisions}, previous=previous).empty


@pytest.mark.long
def test_moved_baseline(folder):
    previous = before(folder, **change("baselines", ",20,20,", ",18,20,"))
    assert found(folder, CLEAN, previous=previous)["rule"].tolist() == ["baseline_moved"]
    named = change("baselines", ",20,20,", ",20,20,CR-7")
    assert found(folder, {**CLEAN, **named}, previous=previous).empty
    previous = before(folder, **change("milestones", "2028-06-30", "2028-05-30"))
    assert found(folder, CLEAN, previous=previous)["rule"].tolist() == ["baseline_moved"]


@pytest.mark.long
def test_changed_score(folder):
    previous = before(folder, **change("scores", "P01,c1,5,ann", "P01,c1,2,ann"))
    hits = found(folder, CLEAN, previous=previous)
    assert hits["rule"].tolist() == ["score_changed"]
    assert "published as 2, and is 5" in hits["message"].item()
    dated = change("scores", "P01,c1,5,ann,2026-03-01", "P01,c1,5,ann,2026-11-01")
    assert found(folder, {**CLEAN, **dated}, previous=previous).empty


def test_unit_jump_since_last_time(folder):
    previous = before(folder, **change("costs", "P02,2027,8", "P02,2027,0.008"))
    hits = found(folder, CLEAN, previous=previous)
    assert "1\u202f000 times what it was last time" in hits.query("rule == 'unit_jump'")["message"].item()


def test_age_counts_to_the_day_of_the_check(folder):
    assert len(found(folder, CLEAN, today=date(2027, 3, 1)).query("rule == 'status_old'")) == 5


def test_all_36_rules_are_listed():
    assert {rule.number for rule in RULES.values()} | set(READING.values()) >= set(range(1, 37))
    assert {severity for severity, *_ in words()["told"].values()} == {"block", "warn", "info"}
    assert {what.split()[0] for what in words()["told"]} >= (RULES.keys() | READING.keys()) - {"currency_mixed"}


def test_script_and_html_are_inert_in_the_register_page():
    register = Register(
        settings={"name": "<script>alert(1)</script>"},
        projects=pd.DataFrame({"project_id": ["<b>"], "name": ["<img src=x>"], "area": ["x"]}),
        costs=pd.DataFrame({"project_id": ["<b>"], "year": [2027], "amount": [1.0]}),
    )
    assert "<script>" not in register._repr_html_()
