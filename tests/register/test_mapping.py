"""Other people's exports, read through mapping files, with every row accounted for."""

from __future__ import annotations

import csv
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pmo_kit.cli import main
from pmo_kit.errors import DataError
from pmo_kit.register import load_register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.register.findings import describe_findings
from pmo_kit.register.mapping import load_mapping
from pmo_kit.register.template import write_register

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "templates" / "mappings"
GMPP = ROOT / "data" / "samples" / "gmpp_dft_2024"
SHARED = ROOT.parent / "shared" / "data"
NO_SOURCE = "the source data is not part of the repository"


@pytest.fixture(scope="module")
def gmpp():
    return load_register(GMPP)


def test_gmpp_totals_added_by_hand(gmpp):
    """Added on paper from the published table."""
    baselines = gmpp.table("baselines").set_index("quantity")
    assert len(gmpp.projects) == 19
    assert len(gmpp.costs) == 17
    assert gmpp.costs["amount"].sum() == pytest.approx(6917.22)
    assert gmpp.costs["year"].unique().tolist() == [2024]
    assert baselines.loc["spend", "baseline"].sum() == pytest.approx(7310.95)
    assert baselines.loc["spend", "now"].sum() == pytest.approx(6917.22)
    assert baselines.loc["whole_life_cost", "baseline"].sum() == 67446
    assert baselines.loc["whole_life_benefit", "baseline"].sum() == 64173
    assert gmpp.projects["rag_declared"].value_counts().to_dict() == {"A": 5, "G": 4}
    assert gmpp.projects["rag_assured"].value_counts().to_dict() == {"A": 8, "R": 1}


def test_gmpp_exempt_values_are_missing_with_their_reason(gmpp):
    exemptions = gmpp.table("exemptions")
    # rail transformation: 2 dates, 2 ratings, 5 amounts (the forecast is a cost and a baseline)
    assert (exemptions["project_id"] == "DFT_0020_2122-Q2").sum() == 9
    assert len(exemptions) == 22
    assert exemptions["reason"].str.match("Exempt|ARMP").all()
    reasons = gmpp.findings.query("rule == 'missing_with_reason'")
    assert len(reasons) == 22
    assert set(reasons["severity"]) == {"info"}
    assert gmpp.projects["finish"].isna().sum() == 4
    zero = gmpp.table("baselines").query("quantity == 'spend' and baseline == 0")
    assert zero["project_id"].tolist() == ["DFT_0033_1819-Q1"]


def test_gmpp_settings_and_attribution(gmpp):
    attribution = (
        "Contains public sector information licensed under the Open Government Licence v3.0 "
        "(Infrastructure and Projects Authority, Government Major Projects Portfolio data, March 2024)"
    )
    assert gmpp.settings.notice == attribution
    assert attribution in (GMPP / "README.md").read_text(encoding="utf-8")
    assert gmpp.settings.unit == "GBP million"
    assert gmpp.settings.fiscal_year(gmpp.settings.as_of) == 2024


@pytest.mark.skipif(not SHARED.exists(), reason=NO_SOURCE)
def test_gmpp_sample_is_what_the_mapping_makes(gmpp, tmp_path, capsys):
    source = SHARED / "gmpp_dft_2024" / "gmpp_dft_march2024.csv"
    assert main(["import", str(source), str(MAPPINGS / "gmpp.yml"), "--into", str(tmp_path)]) == 0
    assert "19 projects in the source, 19 here; none of the money left out" in capsys.readouterr().out
    for file in tmp_path.iterdir():
        assert file.read_bytes() == (GMPP / file.name).read_bytes()
    assert load_register(source, mapping=MAPPINGS / "gmpp.yml").fingerprint == gmpp.fingerprint


MAPPING = """
settings: {currency: EUR, money_unit: million, price_basis: nominal, as_of: 2026-09-30}
keep: [{column: Kind, equals: [project], reason: not a project}]
drop: [{column: Name, matches: "^Total", reason: a total}]
tables:
  projects:
    project_id: Number
    name: Name
    area: [Directorate, Unit]
    rag_declared: {column: Light, values: {Gruen: G, Rot: R}}
    finish: {column: End, reason: Remark}
  costs:
    project_id: Number
    unpivot: {name: year, into: amount, pattern: "FY (\\\\d{4})", unit: thousand}
ignore: {Text: long text}
doubtful: set_aside
"""
SOURCE = """Export of yesterday;;;;;;;;;;
Number;Name;Unit;Kind;Light;End;Remark;FY 2027 (k);FY 2028 (k);Text;Mood
1;Pipes;North;project;Gruen;31.12.2028;;1.500;2.000,5;a;good
2;Meters;North;project;Rot;;to be decided;1.500,5;TBC;b;
3;;South;project;Rot;01.02.2028;;10,5;;c;
4;Course;South;training;;;;1;1;d;
5;Total South;South;project;;;;99;99;e;
"""


def test_own_mapping(tmp_path):
    (tmp_path / "mine.yml").write_text(MAPPING)
    (tmp_path / "source.csv").write_text(SOURCE, encoding="cp1252")
    register = load_register(tmp_path / "source.csv", mapping=tmp_path / "mine.yml")
    assert register.projects["rag_declared"].tolist() == ["G", "R"]
    assert register.projects["finish"].dt.strftime("%Y-%m-%d").tolist()[0] == "2028-12-31"
    costs = register.costs[["project_id", "year", "amount"]].values.tolist()
    assert costs == [["1", 2027, 1.5], ["1", 2028, 2.0005], ["2", 2027, 1.5005]]
    found = register.findings
    accounted = found.query("rule == 'rows_accounted'")["message"].item()
    assert accounted == "3 projects in the source, 2 here; 0.3 % of the money left out (FY 2027 (k))."
    aside = found.query("rule == 'set_aside'")[["row", "column"]].values.tolist()
    assert aside == [[5, "Name"]]
    assert sorted(found.query("rule == 'row_ignored'")["row"]) == [6, 7]
    assert found.query("rule == 'column_not_mapped'")["column"].tolist() == ["Mood"]
    assert found.query("rule == 'column_ignored'")["column"].tolist() == ["Text"]
    reasons = register.table("exemptions")[["project_id", "column", "item", "reason"]].values.tolist()
    assert ["2", "finish", "", "to be decided"] in [["" if x != x else x for x in line] for line in reasons]
    assert ["2", "amount", "2028", "TBC"] in reasons


def test_written_register_loads_back_equal(tmp_path, gmpp):
    write_register(gmpp, tmp_path / "copy")
    assert load_register(tmp_path / "copy").fingerprint == gmpp.fingerprint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tables: {nonsense: {a: b}}", "no tables of the register"),
        ("tables: {projects: {colour: b}}", "no column colour"),
        ("surprise: 1\ntables: {}", "'surprise' is not known"),
        ("tables: {costs: {year: {value: 1, column: a}}}", "either column, join or value"),
        ("keep: [{column: a}]\ntables: {}", "'reason' is missing"),
        ("name: x", "'tables' is missing"),
        ("[", "cannot be used"),
    ],
)
def test_mapping_file_that_cannot_be_used(tmp_path, text, says):
    (tmp_path / "bad.yml").write_text(text)
    with pytest.raises(DataError, match=says):
        load_mapping(tmp_path / "bad.yml")


def test_column_that_the_source_does_not_have(tmp_path):
    (tmp_path / "m.yml").write_text("tables: {projects: {project_id: id, name: nom, area: aire}}")
    (tmp_path / "s.csv").write_text("id,nom\n1,x\n")
    with pytest.raises(DataError, match=r"The source has no column aire for projects\.area"):
        load_register(tmp_path / "s.csv", mapping=tmp_path / "m.yml")


def added_by_csv(path: Path, column: str) -> Decimal:
    """Add a column with nothing but the standard library."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [line[column] for line in csv.DictReader(file)]
    return sum((Decimal(re.sub(r"[$,]", "", cell)) for cell in cells if cell), Decimal(0))


@pytest.mark.skipif(not SHARED.exists(), reason=NO_SOURCE)
def test_canada_every_row_and_dollar():
    source = SHARED / "gc_it_projects" / "gc-it-projects-2022.csv"
    register = load_register(source, mapping=MAPPINGS / "canada_it_projects.yml")
    assert (
        register.findings.query("rule == 'rows_accounted'")["message"]
        .item()
        .startswith("495 projects in the source, 495 here; none of the money left out")
    )
    baselines = register.table("baselines")
    total = float(added_by_csv(source, "totalBudget")) / 1e6
    assert baselines["now"].sum() == pytest.approx(total)
    assert len(baselines) == 481  # 14 rows have no budget and no date
    assert register.projects["finish"].isna().sum() == 14
    assert len(register.table("exemptions")) == 14
    assert not register.has("costs")
    assert "table_absent" in set(register.findings["rule"])


@pytest.mark.skipif(not SHARED.exists(), reason=NO_SOURCE)
def test_melbourne_every_row_dollar_and_date():
    source = SHARED / "melbourne_water" / "capital_delivery.csv"
    register = load_register(source, mapping=MAPPINGS / "melbourne_water.yml")
    assert len(register.projects) == 445
    assert register.table("baselines")["now"].sum() == pytest.approx(float(added_by_csv(source, "FFC")) / 1e6)
    gates = register.table("gates").set_index(["project_id", "gate"])["date"]
    assert len(gates) == 445 * 7 - (32 + 2 + 232 + 3 + 1)  # blank cells, counted by column
    assert gates["Q05388", "BNI"].date() == date(2016, 2, 5)  # written 5/02/2016 5:00:00 PM
    assert gates["Q05388", "BCA"].date() == date(2016, 5, 25)  # written 2016-05-25 17:00:00
    assert gates["Q05388", "PBC"].date() == date(2016, 3, 30)  # written 30/03/2016 5:00:00 PM


MANY = """
settings: {currency: EUR, money_unit: million, price_basis: nominal, as_of: 2026-09-30}
tables:
  projects:
    sheet: Projects
    project_id: {join: [Unit, No], by: "/"}
    name: Title
    area: [Department, Unit]
    rag_declared: Light (1)
    rag_assured: Light (2)
    stage: {column: Gate, pattern: "^(\\\\d)", values: {1: idea, 2: delivery}, default: outline_case}
    finish: End
  costs:
    - {sheet: Budget, project_id: Key, year: {value: 2027}, amount: {column: Plan, unit: thousand}}
    - {sheet: Paid, project_id: Key, year: Year, amount: Paid, state: {value: actual}, repeats: sum}
"""
PROJECT_ROWS = [
    ["Unit", "No", "Title", "Department", "Light", "Light", "Gate", "End"],
    ["N", 1, "Pipes", "Networks", "Green", "Amber/Red", "2 - build", "31/12/2028"],
    ["N", 2, "Meters", None, "late", None, None, "after the tender"],
    [None, 3, "Lost", "Networks", None, None, "1 - idea", None],
]


def many(folder, lost=1.0, extra=""):
    book = openpyxl.Workbook()
    book.worksheets[0].title = "Projects"
    sheets = {
        "Projects": PROJECT_ROWS,
        "Budget": [["Key", "Plan"], ["N/1", 1500], ["N/2", 500], [None, lost]],
        "Paid": [["Key", "Year", "Paid"], ["N/1", 2026, 1], ["N/1", 2026, 0.5], ["N/2", 2025, 2]],
    }
    for title, rows in sheets.items():
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "city.xlsx")
    (folder / "city.map.yml").write_text("source: city.xlsx\n" + MANY + extra, encoding="utf-8")
    return folder / "city.map.yml"


def test_several_sheets_joined_keys_twins_and_first_filled(tmp_path):
    register = load_register(many(tmp_path))
    projects = register.projects
    assert projects.index.tolist() == ["N/1", "N/2"]
    assert projects["area"].tolist() == ["Networks", "N"]
    assert projects["rag_declared"].fillna("").tolist() == ["G", ""]
    assert projects["rag_assured"].fillna("").tolist() == ["A", ""]
    assert projects["stage"].tolist() == ["delivery", "outline_case"]
    costs = register.costs[["project_id", "year", "state", "amount"]].values.tolist()
    assert sorted(costs) == [
        ["N/1", 2026, "actual", 1.5], ["N/1", 2027, "planned", 1.5],
        ["N/2", 2025, "actual", 2.0], ["N/2", 2027, "planned", 0.5],
    ]  # fmt: skip
    kept = register.table("exemptions")[["project_id", "column", "reason"]].values.tolist()
    assert ["N/2", "finish", "after the tender"] in kept
    assert ["N/2", "rag_declared", "late"] in kept
    left = register.table("left_out")
    assert left[["sheet", "row"]].values.tolist() == [["Projects", 4.0], ["Budget", 4.0]]
    assert left["amount"].sum() == pytest.approx(0.001)


def test_what_is_left_out_of_one_of_two_files_counts_once(tmp_path):
    (tmp_path / "a.csv").write_text("Code,2027\nC1,10\nC1,3\nC2,7\n")
    (tmp_path / "b.csv").write_text("Code,2027\nC3,100\nC3,30\nC4,-70\n")
    table = "{{file: {0}.csv, project_id: Code, {1}}}"
    projects = ", ".join(table.format(one, "name: Code, area: {value: x}") for one in "ab")
    turned = "unpivot: {name: year, into: amount, columns: ['2027']}, repeats: sum"
    costs = ", ".join(table.format(one, turned) for one in "ab")
    text = "source: [a.csv, b.csv]\nsettings: {currency: EUR, money_unit: million}\n"
    text += "accept: {up_to: 1, who: x, why: x}\n"
    (tmp_path / "map.yml").write_text(f"{text}tables:\n  projects: [{projects}]\n  costs: [{costs}]\n")
    register = load_register(tmp_path / "map.yml")
    sources = register.table("sources").query("table == 'costs'").set_index("file")
    assert sources[["found", "used"]].T.to_dict("list") == {"a.csv": [20, 20], "b.csv": [60, 130]}
    assert "87.5 % of the money left out" in accounts(register.table).sentence


@pytest.mark.parametrize(
    ("above", "head", "amount", "rule", "row"),
    [
        ("", "2027", "=1+2", "formula_without_result", 2),
        ("", "2027 (k$)", 3, "header_unit_differs", None),
        ("all amounts in thousands of EUR", "2027", 3, "header_unit_differs", 1),
    ],
)
def test_what_is_wrong_in_the_second_of_two_files_is_told_of_it(tmp_path, above, head, amount, rule, row):
    for file, lines in (
        ("a.xlsx", [["Id", "Title", "2027"], ["P1", "Pipes", 3]]),
        ("b.xlsx", [[above]] * bool(above) + [["Id", "Title", head], ["P2", "Quay", amount]]),
    ):
        book = openpyxl.Workbook()
        for line in lines:
            book.active.append(line)
        book.save(tmp_path / file)
    table = "{{file: {0}.xlsx, project_id: Id, {1}}}"
    projects = ", ".join(table.format(one, "name: Title, area: {value: x}") for one in "ab")
    turned = 'unpivot: {name: year, into: amount, pattern: "^(2027)"}'
    costs = ", ".join(table.format(one, turned) for one in "ab")
    text = "source: [a.xlsx, b.xlsx]\nsettings: {currency: EUR, money_unit: million}\n"
    (tmp_path / "map.yml").write_text(f"{text}tables:\n  projects: [{projects}]\n  costs: [{costs}]\n")
    with pytest.raises(DataError) as error:
        load_register(tmp_path / "map.yml")
    found = error.value.findings.query("rule == @rule").iloc[0]
    assert (found["file"], found["sheet"]) == ("b.xlsx", "Sheet")
    assert found["column"] == ("" if above else head)
    assert row is None or found["row"] == row


@pytest.mark.long
def test_what_is_left_out_comes_back_with_the_folder_and_stops_a_pack(tmp_path):
    register = load_register(many(tmp_path, lost=400))
    write_register(register, tmp_path / "out")
    again = load_register(tmp_path / "out")
    assert again.fingerprint == register.fingerprint
    told = accounts(again.table)
    assert (told.found, told.used, told.accepted) == (3, 2, "")
    assert told.share == pytest.approx(0.4 / 2.4)
    assert told.stops
    assert "left_out_too_much" in set(again.findings["rule"])
    assert "Nothing stops a pack" not in describe_findings(again.findings)
    accept = "accept: {up_to: 0.2, who: Finance controller, why: closed}\n"
    told = accounts(load_register(many(tmp_path, lost=400, extra=accept)).table)
    assert not told.stops
    assert "Finance controller" in told.accepted
    accept = accept.replace("0.2", "0.1")  # accepted for less than what is left out now
    assert accounts(load_register(many(tmp_path, lost=400, extra=accept)).table).stops


def test_the_page_on_mappings_is_a_mapping(tmp_path):
    text = (ROOT / "data" / "samples" / "README.md").read_text(encoding="utf-8")
    (tmp_path / "page.yml").write_text(re.search(r"```yaml\n(.*?)```", text, re.DOTALL)[1], encoding="utf-8")
    assert len(load_mapping(tmp_path / "page.yml").tables) == 3


def of_cells(tmp_path, cells, amount, form="General"):
    """A register of one amount a project, written in a workbook in a format and read through a mapping."""
    book = openpyxl.Workbook()
    for line in [["ID", "Unit", "Budget"], *([f"P{n}", "North", cell] for n, cell in enumerate(cells))]:
        book.active.append(line)
    for (cell,) in book.active.iter_rows(2, min_col=3):
        cell.number_format = form
    book.save(tmp_path / "a.xlsx")
    settings = "{currency: EUR, money_unit: million, as_of: 2026-09-30, price_basis: nominal}"
    costs = f"{{project_id: ID, year: {{value: 2027}}, amount: {amount}}}"
    text = f"settings: {settings}\ntables: {{projects: {{project_id: ID, name: ID, area: Unit}}, costs: {costs}}}\n"
    (tmp_path / "map.yml").write_text(text, encoding="utf-8")
    return load_register(tmp_path / "a.xlsx", mapping=tmp_path / "map.yml")


@pytest.mark.parametrize("way", ["", ", values: {none: 0}", ", pattern: '^([0-9.]+)$'", ", default: 0"])
@pytest.mark.parametrize("form", ["General", '0 "k€"', '0.0 "Mio. €"', "0.000"])
def test_a_cell_that_a_mapping_does_not_change_is_read_as_it_stands(tmp_path, way, form):
    read = of_cells(tmp_path, [1.234, 2500, 0.5], f"{{column: Budget{way}}}", form).costs["amount"]
    assert read.tolist() == pytest.approx([one / (1000 if "k€" in form else 1) for one in (1.234, 2500, 0.5)])


@pytest.mark.parametrize("formula", ["=Budget*Rate", "=SUM(B:C)", "=B2+C2"])
def test_a_formula_without_a_result_is_no_word_for_nothing(tmp_path, formula):
    with pytest.raises(DataError, match="no stored result"):
        of_cells(tmp_path, [1.5, formula], "Budget")


def test_a_share_that_a_mapping_writes_is_no_percent(tmp_path):
    book = openpyxl.Workbook()
    for line in (
        ["Id", "2027", "Risk", "Chance %"],
        *(["P1", 1, f"R{n}", one] for n, one in enumerate(["high", 30, None])),
    ):
        book.active.append(line)
    for cell in ([0.2], [0.4]):
        book.active.append(["P1", 1, f"R{cell[0]}", *cell])
        book.active.cell(book.active.max_row, 4).number_format = "0%"
    book.save(tmp_path / "a.xlsx")
    chance = "{column: Chance %, values: {high: 0.7}, default: 0.5}"
    (tmp_path / "map.yml").write_text(
        "source: a.xlsx\nsettings: {currency: EUR, money_unit: million}\ntables:\n"
        "  projects: {project_id: Id, name: Id, area: {value: x}}\n"
        '  costs: {project_id: Id, unpivot: {name: year, into: amount, columns: ["2027"]}, repeats: same}\n'
        f"  risks: {{project_id: Id, risk: Risk, probability: {chance}, cost_likely: {{value: 1}}}}\n"
    )
    risks = load_register(tmp_path / "map.yml").table("risks")
    assert risks["probability"].tolist() == [0.7, 0.3, 0.5, 0.2, 0.4]
