"""Folders and workbooks become equal registers, in the dtypes of the schema."""

from __future__ import annotations

import ast
import os
import re
from datetime import date
from pathlib import Path
from string import Formatter

import numpy as np
import pandas as pd
import pytest

import pmo_kit
from pmo_kit.errors import DataError, InputError
from pmo_kit.register import Register, Settings, load_register
from pmo_kit.register.checks import RULES
from pmo_kit.register.values import words
from pmo_kit.shipped import shipped


def rules(register: Register) -> set[str]:
    return set(register.findings["rule"])


def test_folder_gives_typed_tables(tables, folder):
    register = load_register(folder(tables))
    assert register.names == ("settings", "projects", "costs", "levels")
    assert register.projects.index.tolist() == ["P01", "P02", "P03"]
    assert register.projects["start"].dtype == "datetime64[us]"
    assert register.projects["benefit_end_fixed"].dtype == "boolean"
    costs = register.costs
    assert costs["year"].dtype == "Int64"
    assert costs["amount"].tolist() == [14.0, 14.5, 16.0, 4.0]
    assert costs["level"].tolist() == ["full"] * 4
    assert costs["state"].tolist() == ["planned"] * 4
    assert costs["fund"].isna().all()
    assert (register.findings["severity"] == "block").sum() == 0


def test_settings_are_typed_and_print_their_unit(tables, folder):
    settings = load_register(folder(tables)).settings
    assert settings.as_of == date(2026, 9, 30)
    assert settings.discount_to == 2027
    assert settings.unit == "EUR million, real 2026"
    assert settings.beyond_horizon == "refuse"


def test_absent_settings_are_warnings_with_defaults(tables, folder):
    del tables["settings"]
    register = load_register(folder(tables, "mine"))
    assert register.settings.name == "mine"
    assert register.settings.discount_to == 2027  # the first cost year
    assert register.settings.unit.startswith("currency not stated")
    missing = register.findings.query("rule == 'setting_missing'")
    assert set(missing["column"]) == {"currency", "money_unit", "price_basis", "as_of"}
    assert set(missing["severity"]) == {"warn"}


def test_a_sheet_of_settings_without_values_is_where_they_are_missing(tables, folder):
    register = load_register(folder(tables | {"settings": "key\ncurrency\n"}))
    missing = register.findings.query("rule == 'setting_missing'")
    assert set(missing["file"]) == {"settings.csv"}
    assert len(missing) == 4


def test_workbook_and_folder_are_equal(tables, folder, workbook):
    one, other = load_register(folder(tables)), load_register(workbook(tables))
    assert one.fingerprint == other.fingerprint
    for name in one.names:
        pd.testing.assert_frame_equal(one.table(name), other.table(name))


def test_fingerprint_ignores_order_and_notices_content(tables, folder):
    base = load_register(folder(tables)).fingerprint
    head, *rows = tables["costs"].strip().splitlines()
    turned = {**tables, "costs": "\n".join([head, *reversed(rows)]) + "\n"}
    columns = [line.split(",")[::-1] for line in tables["projects"].strip().splitlines()]
    turned["projects"] = "\n".join(",".join(line) for line in columns) + "\n"
    assert load_register(folder(turned, "turned")).fingerprint == base
    changed = {**tables, "costs": tables["costs"].replace("14.5", "14.6")}
    assert load_register(folder(changed, "changed")).fingerprint != base


def test_wide_years_are_melted_and_blanks_stay_missing(tables, folder):
    long = load_register(folder(tables))
    wide = "project_id,kind,2027,2028\nP01,capex,14,14.5\nP02,capex,16,\nP03,opex,4,\n"
    register = load_register(folder({**tables, "costs": wide}, "wide"))
    assert register.fingerprint == long.fingerprint
    assert len(register.costs) == 4


def test_wide_scores_and_roles(tables, folder):
    tables["criteria"] = "criterion,label,sense,low,high,weight\nhealth,Health,max,0,25,3\nready,,max,0,4,1\n"
    tables["scores"] = "project_id,Health,ready,remark\nP01,10,2,so so\nP02,,3,\n"
    tables["resources"] = "project_id,role,2027,2028\nP01,engineer,1.5,2\n"
    register = load_register(folder(tables))
    scores = register.table("scores")
    assert scores[["project_id", "criterion", "score"]].values.tolist() == [
        ["P01", "health", 10.0], ["P01", "ready", 2.0], ["P02", "ready", 3.0],
    ]  # fmt: skip
    unmapped = register.findings.query("rule == 'column_not_mapped'")
    assert unmapped["column"].tolist() == ["remark"]
    assert "so so" in unmapped["value"].item()
    assert register.table("resources")["period"].tolist() == ["2027", "2028"]


def test_aliases_are_read_and_listed(tables, folder):
    tables["projects"] = tables["projects"].replace("project_id,name,area", "ID,Project Name,Department")
    register = load_register(folder(tables))
    renamed = register.findings.query("rule == 'column_renamed'")
    assert set(renamed["value"]) == {"project_id", "name", "area"}
    assert set(renamed["severity"]) == {"info"}


def test_absent_tables_are_empty_with_their_columns(tables, folder):
    register = load_register(folder(tables))
    scores = register.table("scores")
    assert scores.empty
    assert list(scores.columns)[:3] == ["project_id", "level", "criterion"]
    assert not register.has("scores")
    with pytest.raises(DataError, match=r"scores\.csv.*project_id, criterion"):
        register.need("scores")
    with pytest.raises(InputError, match="no table 'nonsense'"):
        register.table("nonsense")


def test_levels_are_completed(tables, folder):
    tables["levels"] = "project_id,level,label\nP02,full,all\nP02,half,half\n"
    tables["costs"] = (
        "project_id,level,year,amount,state\nP01,,2027,1,\nP02,full,2027,2,\nP02,half,2027,1,\nP02,,2026,3,actual\nP03,,2027,1,\n"
    )
    register = load_register(folder(tables))
    levels = register.table("levels")
    assert levels[["project_id", "level"]].values.tolist() == [
        ["P01", "full"], ["P02", "full"], ["P02", "half"], ["P03", "full"],
    ]  # fmt: skip
    assert levels["label"].tolist() == ["", "all", "half", ""]
    assert register.costs["level"].isna().sum() == 1  # what is spent is the same at every level


def test_frames_are_validated_like_files(tables, folder):
    read = load_register(folder(tables))
    register = Register(settings=read.settings, projects=read.projects, costs=read.costs)
    assert register.fingerprint == read.fingerprint
    costs = pd.DataFrame({"project_id": ["P01", "P9"], "year": [2027, 2027], "amount": [1.0, -2.0]})
    with pytest.raises(DataError) as error:
        Register(projects=read.projects, costs=costs)
    assert set(error.value.findings.query("severity == 'block'")["rule"]) == {
        "unknown_reference",
        "out_of_range",
    }
    assert error.value.findings.query("rule == 'out_of_range'")["row"].item() == 2


def test_replace_gives_a_new_register(tables, folder):
    register = load_register(folder(tables))
    costs = register.costs
    costs["amount"] = costs["amount"] * 2
    other = register.replace(costs=costs)
    assert other.costs["amount"].sum() == 2 * register.costs["amount"].sum()
    assert other.fingerprint != register.fingerprint
    fewer = register.replace(projects=register.projects.drop("P03"))
    assert fewer.table("levels")["project_id"].tolist() == ["P01", "P02"]


def test_tables_handed_out_do_not_change_the_register(tables, folder):
    register = load_register(folder(tables))
    costs = register.costs
    costs.loc[0, "amount"] = 99
    assert register.costs["amount"].iloc[0] == 14


def test_missing_is_missing_and_its_reason_is_kept(tables, folder):
    tables["projects"] = tables["projects"].replace("2028-12-31", "TBC", 1)
    register = load_register(folder(tables))
    assert register.projects["finish"].isna().sum() == 1
    found = register.findings.query("rule == 'missing_with_reason'")
    assert found[["row", "column", "value"]].values.tolist() == [[2, "finish", "TBC"]]


def test_summary_and_html(tables, folder):
    register = load_register(folder(tables))
    assert register.summary.startswith(
        "Test: 3 projects in 3 areas, 48.5 of cost in 2027 to 2028 (EUR million, real 2026)"
    )
    tables["settings"] = tables["settings"].replace("name,Test", "name,<script>x</script>")
    assert "<script>" not in load_register(folder(tables))._repr_html_()


def test_a_project_counts_at_its_largest_level_whatever_levels_are_called() -> None:
    projects = pd.DataFrame({"project_id": ["A", "B"], "name": ["a", "b"], "area": "x", "commitment": "discretionary"})
    sizes = [("A", "north", 2027, 5.0), ("A", "south", 2028, 7.0), ("B", None, 2027, 4.0)]
    costs = pd.DataFrame(sizes, columns=["project_id", "level", "year", "amount"])
    assert ", 11.0 of cost in 2027 to 2028" in Register(projects=projects, costs=costs).summary


def test_path_that_is_not_there(tmp_path):
    with pytest.raises(DataError, match="no file or folder"):
        load_register(tmp_path / "nothing")


def test_damaged_workbook(tmp_path):
    (tmp_path / "broken.xlsx").write_bytes(b"not a workbook")
    with pytest.raises(DataError) as error:
        load_register(tmp_path / "broken.xlsx")
    assert "file_not_read" in set(error.value.findings["rule"])


def test_settings_alone():
    assert Settings(currency="GBP", money_unit="thousand", price_basis="nominal").unit == "GBP thousand, nominal"
    assert np.isclose(Settings(fiscal_year_start=4).fiscal_year(date(2024, 3, 31)), 2024)


def test_amounts_that_can_be_read_two_ways_are_refused(tables, folder):
    tables["costs"] = 'project_id,year,amount\nP01,2027,"1,234"\nP02,2027,7\n'
    with pytest.raises(DataError) as error:
        load_register(folder(tables))
    assert error.value.findings.query("rule == 'number_ambiguous'")["row"].tolist() == [2]
    said = {**tables, "settings": tables["settings"] + "decimal,point\n"}
    assert load_register(folder(said)).costs["amount"].tolist() == [1234.0, 7.0]
    tables["costs"] += 'P03,2027,"0,5"\n'
    assert load_register(folder(tables)).costs["amount"].tolist() == [1.234, 7.0, 0.5]


@pytest.mark.parametrize("name", ["name", "area"])
def test_a_project_is_not_replaced_by_one_that_nobody_can_call(tables, folder, name):
    register = load_register(folder(tables))
    for blank in (None, float("nan"), pd.NA):
        projects = register.projects.astype({name: "object"})
        projects.loc[projects.index[0], name] = blank
        with pytest.raises(InputError, match="each project needs both"):
            register.replace(projects=projects)
    with pytest.raises(InputError, match="each project needs both"):
        register.replace(projects=register.projects.drop(columns=name))


def test_replaced_rows_without_a_level_are_completed(tables, folder):
    register = load_register(folder(tables))
    costs = pd.DataFrame({"project_id": ["P01"], "year": [2029], "amount": [5.0]})
    assert register.replace(costs=costs).costs["level"].tolist() == ["full"]


def test_header_that_states_another_unit(tables, folder):
    same = {**tables, "costs": tables["costs"].replace("amount", "amount (EUR m)")}
    assert "header_unit_differs" not in rules(load_register(folder(same)))
    with pytest.raises(DataError, match="states another currency or unit"):
        load_register(folder({**tables, "costs": tables["costs"].replace("amount", "Cost (£m)")}))
    for header in ("Cost [k EUR]", "amount (€'000)", "Cost in TEUR", "amount k€"):
        register = load_register(folder({**tables, "costs": tables["costs"].replace("amount", header)}))
        assert register.costs["amount"].tolist() == [0.014, 0.0145, 0.016, 0.004]
        assert "header_unit" in rules(register)
    wide = "project_id,2027 (€k),2028 (€m)\nP01,1,2\n"
    assert load_register(folder({**tables, "costs": wide})).costs["amount"].tolist() == [0.001, 2.0]


@pytest.mark.long
def test_what_a_run_has_read_beside_one_register_it_does_not_take_for_what_it_is_beside_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes of a run share what they read; findings of the rules that compare are those of their previous one."""
    from pmo_kit import disk

    samples = shipped("data", "samples")
    before = [None, load_register(samples / "meridian_2026_03"), load_register(samples / "meridian_12")]
    alone = [load_register(samples / "meridian", previous=one).findings for one in before]
    assert [rows.equals(alone[0]) for rows in alone] == [True, False, True]
    monkeypatch.setenv(disk.SHARED, str(tmp_path))
    for _ in range(2):
        for one, findings in zip(before, alone, strict=True):
            assert load_register(samples / "meridian", previous=one).findings.equals(findings)
    assert len(list((tmp_path / str(os.getpid())).iterdir())) == len(before)


def test_what_is_told_stands_once_and_has_all_its_names():
    """Each line of the list is used, and each use gives what its words name."""
    listed, used = words()["told"], set()
    room = Path(pmo_kit.__file__).parent / "register"
    for one in [one for file in room.rglob("*.py") for one in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]:
        if isinstance(one, ast.Constant) and one.value in listed:
            used.add(one.value)
        elif isinstance(one, ast.Module):  # a rule tells what has its name
            texts = {str(text.value) for text in ast.walk(one) if isinstance(text, ast.Constant)}
            rules = RULES.keys() & {part.name for part in one.body if isinstance(part, ast.FunctionDef)}
            used |= listed.keys() & (rules | {f"{name} {text}" for name in rules for text in texts})
        elif isinstance(one, ast.JoinedStr):  # a name that is put together
            parts = [part.value if isinstance(part, ast.Constant) else "" for part in one.values]
            pattern = r"[\w ]*".join(re.escape(part) for part in ["", *parts, ""])
            used |= {what for what in listed if len("".join(parts)) > 6 and re.fullmatch(pattern, what)}
        elif isinstance(one, ast.Call) and getattr(one.func, "id", "") == "told":
            given = {word.arg for word in one.keywords}
            texts = [text.value for text in ast.walk(one.args[0]) if isinstance(text, ast.Constant)]
            for what in filter(listed.__contains__, texts):
                named = {name for text in listed[what][1:] for _, name, _, _ in Formatter().parse(text) if name}
                assert None in given or named - {"value"} <= given, what
    assert used == set(listed)
