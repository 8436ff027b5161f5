"""Real exports that nobody wrote for this kit: import, and every project and amount is accounted for against pandas."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from pmo_kit.register import load_register
from pmo_kit.register.drafting import import_sources

EXPORTS = Path(__file__).with_name("exports")
FILES = {
    # file: separator, encoding, key, columns of money -> factor to the unit of the register
    "gmpp_2018": (",", "cp1252", "project_name", ["yearly_budget", "yearly_forecast", "wlc_baseline_incl_NCG"]),
    "gmpp_2022": (";", "cp1252", "project_number", ["total_baseline", "forecast_incl_NGC", "wlc_baseline_incl_NCG"]),
    "us_it_dashboard": (
        ",", "utf-8", "Project ID", ["Lifecycle Cost ($ M)", "Planned Cost ($ M)", "Projected/Actual Cost ($ M)"],
    ),
    "canada_it_projects": (",", "utf-8", "uniqueId", ["totalBudget"]),
    "melbourne_water": (",", "utf-8-sig", "ID", ["FFC"]),
}  # fmt: skip


def plain(cells: pd.Series) -> pd.Series:
    """Numbers of a column read with nothing but a regular expression; words are missing."""
    text = cells.fillna("").str.replace(r"[£$,\s]", "", regex=True)
    return pd.to_numeric(
        text.where(text.map(lambda one: bool(re.fullmatch(r"-?\d+(\.\d+)?", one)))), errors="coerce"
    )


@pytest.mark.parametrize("name", FILES)
def test_every_project_and_amount(name: str, tmp_path: Path) -> None:
    mark, encoding, key, money = FILES[name]
    file = EXPORTS / f"{name}.csv"
    source = pd.read_csv(file, sep=mark, encoding=encoding, dtype="str")
    text, code = import_sources([file], tmp_path / "out")
    assert code == 0, text
    register = load_register(tmp_path / "out")
    assert sorted(register.projects.index) == sorted(source[key].str.split().str.join(" ").unique())
    told = register.table("sources")
    for column in money:
        unit = (
            1e6
            if register.settings.money_unit == "million" and name in ("canada_it_projects", "melbourne_water")
            else 1
        )
        found = told.loc[told["column"] == column, ["found", "used"]]
        assert len(found) >= 1
        assert found["found"].to_numpy() == pytest.approx(plain(source[column]).sum() / unit)
        left = register.table("left_out")
        gone = left.loc[(left["column"] == column), "amount"].sum()
        assert (found["found"] - found["used"]).sum() == pytest.approx(gone, abs=1e-9)
        assert gone == pytest.approx(plain(source[column])[source.duplicated()].sum() / unit, abs=1e-9)
    for column in source.columns:
        assert column.removesuffix(".1") in (tmp_path / "out" / f"{name}.map.yml").read_text(encoding="utf-8")
    mapping = tmp_path / "out" / f"{name}.map.yml"
    assert load_register(mapping).fingerprint == register.fingerprint


def test_words_of_the_source_are_kept(tmp_path: Path) -> None:
    text, code = import_sources([EXPORTS / "gmpp_2018.csv"], tmp_path / "out")
    assert code == 0, text
    register = load_register(tmp_path / "out")
    source = pd.read_csv(EXPORTS / "gmpp_2018.csv", encoding="cp1252", dtype="str")
    exemptions = register.table("exemptions")
    for column, ours in (("start_date", "start"), ("end_date", "finish"), ("yearly_forecast", "amount")):
        filled = source[column].fillna("")
        words = filled[filled.ne("") & ~filled.str.contains(r"^\s*[£\d]")]
        assert len(words)
        kept = exemptions.loc[exemptions["column"] == ours, "reason"]
        assert sorted(set(words.str.split().str.join(" "))) == sorted(set(kept.str.split().str.join(" ")))
    ratings = source["colour_rating"].str.lower().str.split("/").str[0]
    assert (register.projects["rag_declared"] == "R").sum() == (
        source["colour_rating"].str.lower() == "red"
    ).sum()
    assert (register.projects["rag_declared"] == "A").sum() == (ratings == "amber").sum()


@pytest.mark.slow
def test_from_the_export_to_a_pack(tmp_path: Path) -> None:
    from pmo_kit.packs import build_pack
    from pmo_kit.packs.workspace import new_workspace

    home = new_workspace(tmp_path / "board", [EXPORTS / "gmpp_2018.csv"])
    page = (build_pack(home / "packs" / "portfolio_overview.yml", tmp_path / "out") / "index.html").read_text(
        "utf-8"
    )
    assert "33 projects in the source, 33 here; none of the money left out." in page
