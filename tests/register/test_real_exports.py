"""Real exports that nobody wrote for this kit: import, and every project and amount is accounted for against pandas."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from pmo_kit.errors import PackError
from pmo_kit.register import load_register
from pmo_kit.register.drafting import import_sources
from pmo_kit.register.findings import Findings
from pmo_kit.register.sheets import read_csv_sheet

EXPORTS = Path(__file__).with_name("exports")
FILES = {
    # file: separator, encoding, key, columns of money: as planned, as expected now, of the whole life
    "gmpp_2018": (",", "cp1252", "project_name", ["yearly_budget", "yearly_forecast", "wlc_baseline_incl_NCG"]),
    "gmpp_2022": (";", "cp1252", "project_number", ["total_baseline", "forecast_incl_NGC", "wlc_baseline_incl_NCG"]),
    "us_it_dashboard": (
        ",", "utf-8", "Project ID", ["Planned Cost ($ M)", "Projected/Actual Cost ($ M)", "Lifecycle Cost ($ M)"],
    ),
    "canada_it_projects": (",", "utf-8", "uniqueId", ["totalBudget"]),
    "melbourne_water": (",", "utf-8-sig", "ID", ["FFC"]),
}  # fmt: skip


def plain(cells: pd.Series) -> pd.Series:
    """Numbers of a column read with nothing but a regular expression; words are missing."""
    text = cells.fillna("").str.replace(r"[£$,\s]", "", regex=True)
    return pd.to_numeric(text.where(text.map(lambda one: bool(re.fullmatch(r"-?\d+(\.\d+)?", one)))), errors="coerce")


def unit_of(name: str) -> float:
    """What one unit of the register is in the source: two of them count in dollars, and are shown in millions."""
    return 1e6 if name in ("canada_it_projects", "melbourne_water") else 1


@pytest.mark.long
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
        unit = unit_of(name)
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
    assert (register.projects["rag_declared"] == "R").sum() == (source["colour_rating"].str.lower() == "red").sum()
    assert (register.projects["rag_declared"] == "A").sum() == (ratings == "amber").sum()


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_from_the_export_to_a_pack(name: str, tmp_path: Path) -> None:
    """Nothing of the draft is edited; the pack has every project and amount; rows that are there twice are accepted."""
    from pmo_kit.packs import build_pack
    from pmo_kit.packs.asking import new_workspace

    mark, encoding, key, money = FILES[name]
    source = pd.read_csv(EXPORTS / f"{name}.csv", sep=mark, encoding=encoding, dtype="str")
    home = new_workspace(tmp_path / "board", [EXPORTS / f"{name}.csv"])
    spec, mapping = home / "packs" / "portfolio_overview.yml", home / f"{name}.map.yml"
    if name == "us_it_dashboard":
        with pytest.raises(PackError, match=r"4\.7 % of the money left out.*accept: \{up_to"):
            build_pack(spec, tmp_path / "out")
        accept = "accept: {up_to: 0.05, who: Controller, why: equal rows are there twice}\n"
        mapping.write_text(mapping.read_text("utf-8") + accept, encoding="utf-8")
    pack = build_pack(spec, tmp_path / "out")
    page = (pack / "index.html").read_text("utf-8")
    count = source[key].str.split().str.join(" ").nunique()
    assert f"{count} projects in the source, {count} here; " in page
    assert "state benefits of 0" not in page
    exhibits = {
        one["id"]: one["data"] for one in json.loads((pack / "figures.json").read_text("utf-8")) if "data" in one
    }
    tables = {one: pd.DataFrame(exhibits[one]["rows"], columns=exhibits[one]["columns"]) for one in exhibits}
    whole, ids = tables["overview.whole_life"], source[key].str.split().str.join(" ")
    listed = tables["overview.projects"]
    keys = listed.get("id", listed["name"]).fillna(listed["name"])  # where nothing else names a project
    assert sorted(keys) == sorted(ids.unique())
    life, *of_years = [plain(source[column]).set_axis(ids) / unit_of(name) for column in reversed(money)]
    whole = whole.set_index("project_id").astype({"life_cost": float, "now": float, "variance": float})
    shown = {"life_cost": life}
    if of_years:  # a variance needs both figures
        shown |= {"now": of_years[0], "base": of_years[1].where(of_years[0].notna())}
    whole["base"] = whole["now"] - whole["variance"]
    for column, amounts in shown.items():
        amounts = amounts[~source.duplicated().to_numpy()].dropna()
        assert whole[column].dropna().to_dict() == pytest.approx(amounts.to_dict())
    register = load_register(mapping)
    if not register.settings.money_unit:
        assert "(unit not stated)" in page
    told = register.table("sources")
    for column in money:
        assert column in set(told["column"])


def test_prose_with_many_commas_swallows_no_row(tmp_path: Path) -> None:
    """A cell of several lines, one of which has as many commas as the header, is a cell; rows are a majority."""
    prose = '"Done so far: a, b, c, d\nThere is more\n\nfirst, second, third, fourth, fifth\nand one, two"'
    rows = "".join(f"P{n},Area,100,2027,{prose}\n" for n in range(1, 4))
    (tmp_path / "projects.csv").write_text("project_id,area,amount,year,comment\n" + rows, encoding="utf-8")
    findings = Findings()
    raw = read_csv_sheet(tmp_path / "projects.csv", findings)
    assert raw is not None
    assert len(raw.cells) == 4
    assert findings.frame().empty
    broken = 'project_id,name,area\nP1,"open,A\nP2,b,A\n\nP3,c,A\nP4,d,A,late\nP5,close",A\n'
    (tmp_path / "projects.csv").write_text(broken, encoding="utf-8")
    read_csv_sheet(tmp_path / "projects.csv", findings)
    assert findings.frame()["rule"].tolist() == ["quote_swallows_rows"]
