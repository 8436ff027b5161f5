"""The workbook to fill loads as it is saved; a shared register gives nobody away."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import yaml

from pmo_kit.errors import DataError
from pmo_kit.register import load_register
from pmo_kit.register.anonymize import anonymize_register
from pmo_kit.register.schema import load_schema
from pmo_kit.register.template import write_template

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"


@pytest.fixture(scope="module")
def meridian():
    return load_register(SAMPLES / "meridian_12")


@pytest.mark.long
def test_filled_workbook_loads_back_equal(meridian, tmp_path):
    file = write_template(tmp_path / "register.xlsx", meridian)
    register = load_register(file)
    assert register.fingerprint == meridian.fingerprint
    assert register.names == meridian.names
    left_out = register.findings.query("rule == 'example_row'")
    assert len(left_out) == sum(not table.written for table in load_schema()) - 1  # every sheet but settings
    assert "column_not_mapped" not in set(register.findings["rule"])


@pytest.mark.long
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_what_libreoffice_saves_is_the_same_register(meridian, tmp_path, kind):
    """Opened and saved again in another program, twice where that one has a form of its own."""
    file = write_template(tmp_path / "register.xlsx", meridian)
    for step in ("xlsx",) if kind == "xlsx" else ("ods", "xlsx"):
        home = tmp_path / step
        profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
        command = ["soffice", profile, "--headless", "--convert-to", step, "--outdir", str(home), str(file)]
        subprocess.run(command, check=True, capture_output=True)
        file = home / f"register.{step}"
    again = load_register(file)
    assert again.names == meridian.names
    assert again.fingerprint == meridian.fingerprint


@pytest.mark.long
def test_blank_workbook_is_for_people(tmp_path):
    book = openpyxl.load_workbook(write_template(tmp_path / "blank.xlsx"))
    assert book.sheetnames[:4] == ["start", "projects", "costs", "settings"]
    assert book.sheetnames[-1] == "dictionary"
    projects = book["projects"]
    assert projects["A1"].value == "project_id *"
    assert projects.freeze_panes == "A2"
    assert "stable for life" in projects["A1"].comment.text
    assert str(projects["A2"].value).startswith("e.g. ")
    kinds = {validation.type for validation in projects.data_validations.dataValidation}
    assert kinds == {"list", "date", "whole"}
    assert len(projects.conditional_formatting) == 3  # id, name, area; commitment has a default
    filled = [table for table in load_schema() if table.name != "settings" and not table.written]
    rows = sum(len(table.columns) for table in filled) + len(load_schema().settings)
    assert book["dictionary"].max_row == rows + 1
    with pytest.raises(DataError) as error:
        load_register(tmp_path / "blank.xlsx")
    assert set(error.value.findings.query("severity == 'block'")["rule"]) == {"table_missing"}


@pytest.mark.long
def test_formulas_in_text_stay_text(tables, folder, tmp_path):
    tables["projects"] = tables["projects"].replace("Pipes", "=cmd|' /C calc'!A0").replace("Meters", "@SUM(A1)")
    register = load_register(folder(tables))
    file = write_template(tmp_path / "register.xlsx", register)
    sheet = openpyxl.load_workbook(file)["projects"]
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    assert load_register(file).fingerprint == register.fingerprint


@pytest.mark.long
@pytest.mark.parametrize("sample", ["meridian_12", "meridian"])
def test_anonymous_register_keeps_its_structure(sample):
    register = load_register(SAMPLES / sample)
    secret = anonymize_register(register, "four words of ours")
    assert len(secret.projects) == len(register.projects)
    for name in register.names:
        if name not in ("vocabulary", "settings"):
            assert len(secret.table(name)) == len(register.table(name)), name
    ratio = secret.costs["amount"].sum() / register.costs["amount"].sum()
    assert 0.5 <= ratio <= 2
    assert abs(ratio - 1) > 1e-6
    assert secret.table("budgets")["amount"].sum() / register.table("budgets")["amount"].sum() == pytest.approx(ratio)
    words = {word for name in ("name", "area", "sponsor", "manager") for word in register.projects[name].dropna()}
    text = "\n".join(
        "\n".join(secret.table(name).reset_index()[column].dropna().astype(str))
        for name in secret.names
        for column in secret.table(name).reset_index().columns
    )
    assert [word for word in words if word in text] == []
    assert "Meridian" not in text
    links = register.table("links")
    assert secret.table("links")["relation"].value_counts().to_dict() == links["relation"].value_counts().to_dict()


def test_anonymous_is_repeatable_and_needs_a_secret(meridian):
    one, other = anonymize_register(meridian, "a"), anonymize_register(meridian, "a")
    assert one.fingerprint == other.fingerprint
    assert anonymize_register(meridian, "b").fingerprint != one.fingerprint
    kept = anonymize_register(meridian, "a", scale_money=False)
    assert kept.costs["amount"].sum() == meridian.costs["amount"].sum()
    with pytest.raises(ValueError, match="secret"):
        anonymize_register(meridian, " ")
    assert isinstance(kept.projects, pd.DataFrame)


@pytest.mark.long
def test_rows_pasted_over_a_part_of_the_example_row(tmp_path):
    file = write_template(tmp_path / "mine.xlsx")
    book = openpyxl.load_workbook(file)
    pasted = {
        "projects": [{"project_id": f"X{n}", "name": f"N {n}", "area": "North"} for n in range(30)],
        "costs": [{"project_id": f"X{n}", "year": 2027, "amount": n + 0.5} for n in range(30)],
    }
    for name, rows in pasted.items():
        heads = [str(cell.value).strip(" *") for cell in book[name][1]]
        for number, row in enumerate(rows, 2):
            for column, value in row.items():
                book[name].cell(number, heads.index(column) + 1, value)
    book.save(file)
    register = load_register(file)
    assert len(register.projects) == 30
    assert register.costs["amount"].sum() == 450.0
    assert register.projects.loc["X0"].dropna().to_dict() == {
        "name": "N 0",
        "area": "North",
        "commitment": "discretionary",
    }
    assert register.costs["level"].unique().tolist() == ["full"]


def test_no_meaning_of_a_column_ends_at_a_comma():
    """A meaning without quotes loses its words after a comma, and the workbook prints half of it."""
    tables = yaml.safe_load((ROOT / "pmo_kit" / "register" / "schema.yml").read_text(encoding="utf-8"))
    columns = [one for table in tables.values() if isinstance(table, dict) for one in table["columns"].values()]
    assert len(columns) > 200
    assert not [one for one in columns if None in (one or {}).values()]
