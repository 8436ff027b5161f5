"""`pmo-kit import`: anybody's export becomes a register in one go, every row and amount accounted for."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pmo_kit.errors import PmoError
from pmo_kit.register import load_register
from pmo_kit.register.checks.provenance import accounts
from pmo_kit.register.drafting import draft_mapping, import_sources
from pmo_kit.register.mapping import load_mapping
from pmo_kit.register.shaping import amounts_in_words

JIRA = """Issue key,Summary,Component/s,Assignee,Status,Due date,Custom field (Budget)
INF-1,Sea wall,Harbors,Ada,In Progress,31/Dec/27,1200000
INF-2,Ferry stairs,Harbors,Ben,To Do,30/Jun/28,450000
INF-3,Tide gauge,,Cleo,Done,,80000
INF-4,Lock gates,Locks,Ada,Parked,,2300000
"""
GERMAN = """Projekt-Nr;Projektname;Abteilung;Ampel;Projektleiter;Beginn;Ende;Plan 2027 (k€);Plan 2028 (k€);Ist 2026 (k€)
7;Kaimauer;Wasserbau;gelb;A. Meer;01.02.2027;30.11.2028;1.250;750,5;
8;Schleuse;Wasserbau;rot;B. Fluss;01.03.2027;31.12.2027;500;;120
9;Leitstelle;Betrieb;grün;C. Turm;15.01.2027;30.06.2028;80,5;19,5;
"""
SMARTSHEET = """Task Name,Department,Health,% Complete,Start Date,End Date,Assigned To,Budget
Sea wall,Harbors,Red,20%,01/15/2027,06/30/2028,Ada,"$1,200,000"
Ferry stairs,Harbors,Green,0%,02/01/2027,12/31/2027,Ben,"$450,000"
Tide gauge,Networks,Yellow,90%,03/01/2026,03/31/2027,Cleo,"$80,000"
"""
PLANNER = """Task ID,Task Name,Bucket Name,Progress,Priority,Assigned To,Start date,Due date
aQ1,Sea wall,Harbors,In progress,Important,Ada,2027-01-15,2028-06-30
bR2,Ferry stairs,Harbors,Not started,Medium,Ben,2027-02-01,2027-12-31
cS3,Tide gauge,Networks,Completed,Low,Cleo,2026-03-01,2027-03-31
"""
ASANA = """Task ID,Created At,Completed At,Last Modified,Name,Section/Column,Assignee,Start Date,Due Date,Tags,Notes
1201,2026-01-02,,2026-03-01,Sea wall,Harbors,Ada,2027-01-15,2028-06-30,,
1202,2026-01-03,,2026-03-02,Ferry stairs,Harbors,Ben,2027-02-01,2027-12-31,,
1203,2026-01-04,,2026-03-03,Tide gauge,Networks,Cleo,2027-02-02,2027-03-31,,
"""
SNAPSHOTS = """Project,Name,Borough,Month,Budget
A1,Pier,North,2026-01,10
A1,Pier,North,2026-02,12
A2,Pump,South,2026-01,5
A2,Pump station,South,2026-02,6
"""
RAID = """Risk ID,Site,Site owner,Description,Probability,Impact
R1,S1,Roads,Late crane,0.3,10
R2,S1,Roads,Silt,0.1,4
R3,S2,Water,Strike,0.2,7
"""
EVM = """Period,Package,Work,BAC,PV,EV,AC
2026-05,W1,Piling,18,6,6,6
2026-06,W1,Piling,18,9,8,9
2026-05,W2,Deck,9,2,2,3
2026-06,W2,Deck,9,4,4,5
2026-06,W3,Fenders,4,1,1,1
"""
LEDGER = """Project ID,Project name,Department,Year,Amount (€k)
A1,Pier,Roads,2027,10
A1,Pier,Roads,2027,5
A1,Pier,Roads,2028,20
A2,Pump,Water,2027,30
"""


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def workbook(path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, lines in sheets.items():
        sheet = book.create_sheet(title)
        for line in lines:
            sheet.append(line)
    book.save(path)
    return path


def imported(folder: Path, *files: Path):
    text, code = import_sources(list(files), folder / "out")
    assert code == 0, text
    mapping = next((folder / "out").glob("*.map.yml"))
    return load_register(folder / "out"), text, mapping.read_text(encoding="utf-8")


def imported_twice(folder: Path, *files: Path):
    """Next month the mapping is read as a register."""
    register, text, mapping = imported(folder, *files)
    assert load_register(next((folder / "out").glob("*.map.yml"))).fingerprint == register.fingerprint
    return register, text, mapping


def test_every_column_of_the_source_stands_in_the_mapping(tmp_path):
    for name, text in (
        ("jira", JIRA),
        ("german", GERMAN),
        ("smart", SMARTSHEET),
        ("planner", PLANNER),
        ("asana", ASANA),
    ):
        draft = draft_mapping([write(tmp_path, f"{name}.csv", text)])
        write(tmp_path, f"{name}.yml", draft.text)
        load_mapping(tmp_path / f"{name}.yml")
        headers = next(csv.reader(io.StringIO(text), delimiter=";" if name == "german" else ","))
        filled = [one for one in headers if one not in ("Completed At", "Tags", "Notes")]  # columns without a value
        assert all(f'"{header}"' in draft.text for header in filled)
        assert all(header in draft.table for header in filled)


def test_jira(tmp_path):
    register, text, _ = imported_twice(tmp_path, write(tmp_path, "jira.csv", JIRA))
    projects = register.projects
    assert projects["stage"].fillna("").tolist() == ["delivery", "idea", "closing", ""]
    assert projects["area"].tolist() == ["Harbors", "Harbors", "not stated", "Locks"]
    assert projects["finish"].dt.strftime("%Y-%m-%d").tolist()[:2] == ["2027-12-31", "2028-06-30"]
    assert register.table("baselines")[["baseline", "now"]].sum().sum() == pytest.approx(4_030_000)
    assert "4 projects in the source, 4 here" in text
    assert "Parked" in register.table("exemptions")["reason"].tolist()


def test_german(tmp_path):
    register, _, _ = imported_twice(tmp_path, write(tmp_path, "export.csv", GERMAN, "cp1252"))
    assert register.projects["rag_declared"].tolist() == ["A", "R", "G"]
    assert register.projects["area"].tolist() == ["Wasserbau", "Wasserbau", "Betrieb"]
    costs = register.costs.groupby(["year", "state"])["amount"].sum().to_dict()
    assert costs == pytest.approx({(2026, "actual"): 120, (2027, "planned"): 1830.5, (2028, "planned"): 770.0})
    assert register.settings.unit.startswith("EUR thousand")


def test_french_workbook_of_two_sheets(tmp_path):
    file = workbook(
        tmp_path / "projets.xlsx",
        Projets=[
            [
                "N° projet",
                "Intitulé",
                "Direction",
                "Statut",
                "Météo",
                "Chef de projet",
                "Date de début",
                "Date de fin",
            ],
            ["P-1", "Quai Nord", "Ports", "En cours", "vert", "A. Mer", "01/02/2027", "30/11/2028"],
            ["P-2", "Écluse", "Voies", "À faire", "rouge", "B. Eau", "15/03/2027", "31/12/2027"],
        ],
        Coûts=[
            ["N° projet", "Nature", "2027", "2028"],
            ["P-1", "Investissement", "1 250 000,00 €", "500 000,50 €"],
            ["P-2", "Fonctionnement", "80 000,00 €", None],
        ],
    )
    register, text, mapping = imported_twice(tmp_path, file)
    assert register.projects["name"].tolist() == ["Quai Nord", "Écluse"]
    assert register.projects["stage"].tolist() == ["delivery", "idea"]
    assert register.projects["rag_declared"].tolist() == ["G", "R"]
    assert register.costs.groupby("kind")["amount"].sum().to_dict() == pytest.approx(
        {"capex": 1_750_000.5, "opex": 80_000}
    )
    assert register.settings.currency == "EUR"
    assert 'sheet: "Coûts"' in mapping
    assert "2 projects in the source, 2 here; none of the money left out." in text


@pytest.mark.long
def test_the_same_workbook_in_two_languages_is_one_register(tmp_path):
    heads = {
        "en": (["Project number", "Title", "Department", "Status", "RAG", "Start date", "End date"],
               ["Project number", "Type", "2027", "2028"]),
        "fr": (["N° projet", "Intitulé", "Direction", "Statut", "Météo", "Date de début", "Date de fin"],
               ["N° projet", "Nature", "2027", "2028"]),
    }  # fmt: skip
    words = {"en": ("In progress", "To do", "green", "red", "Capital", "Opex"),
             "fr": ("En cours", "À faire", "vert", "rouge", "Investissement", "Fonctionnement")}  # fmt: skip
    sheets = {"en": ("Projects", "Costs"), "fr": ("Projets", "Coûts")}
    read = {}
    for language, (running, waiting, good, bad, capital, running_cost) in words.items():
        projects = [
            ["P-1", "Quai Nord", "Ports", running, good, "2027-02-01", "2028-11-30"],
            ["P-2", "Écluse", "Voies", waiting, bad, "2027-03-15", "2027-12-31"],
        ]
        costs = [["P-1", capital, 1250000, 500000.5], ["P-2", running_cost, 80000, None]]
        names = dict(zip(sheets[language], (projects, costs), strict=True))
        (tmp_path / language).mkdir()
        content = {sheet: [head, *rows] for (sheet, rows), head in zip(names.items(), heads[language], strict=True)}
        read[language], _, _ = imported(tmp_path / language, workbook(tmp_path / language / "plan.xlsx", **content))
    one, two = read["en"], read["fr"]
    for table in ("projects", "costs"):
        pd.testing.assert_frame_equal(one.table(table), two.table(table))
    assert one.projects["stage"].tolist() == ["delivery", "idea"]
    assert one.costs["kind"].tolist() == ["capex", "capex", "opex"]


@pytest.mark.long
def test_smartsheet_and_planner_and_asana(tmp_path):
    for name, source in (("smart", SMARTSHEET), ("planner", PLANNER), ("asana", ASANA)):
        (tmp_path / name).mkdir()
        register, _, _ = imported(tmp_path / name, write(tmp_path / name, f"{name}.csv", source))
        assert register.projects["name"].tolist() == ["Sea wall", "Ferry stairs", "Tide gauge"]
        assert register.projects["area"].tolist() == ["Harbors", "Harbors", "Networks"]
        assert register.projects["finish"].dt.year.tolist() == [2028, 2027, 2027]
        assert register.projects["manager"].tolist() == ["Ada", "Ben", "Cleo"]
        if name == "smart":
            assert register.projects["start"].dt.month.tolist() == [1, 2, 3]
            assert register.projects["rag_declared"].tolist() == ["R", "G", "A"]
        if name == "planner":
            assert register.projects["stage"].tolist() == ["delivery", "idea", "closing"]


def test_snapshots_keep_the_latest(tmp_path):
    register, text, mapping = imported_twice(tmp_path, write(tmp_path, "months.csv", SNAPSHOTS))
    assert "latest by Month" in mapping
    assert register.table("baselines")[["baseline", "now"]].sum().sum() == 18
    assert register.projects["name"].tolist() == ["Pier", "Pump station"]
    assert "2 projects in the source, 2 here" in text
    assert (register.findings["rule"] == "row_ignored").sum() == 0  # the folder was read; the mapping lists them
    found = load_register(next((tmp_path / "out").glob("*.map.yml"))).findings
    assert sorted(found.loc[found["rule"] == "row_ignored", "row"]) == [2, 4]


@pytest.mark.long
def test_rows_of_risks_and_of_months(tmp_path):
    register, _, _ = imported(tmp_path, write(tmp_path, "raid.csv", RAID))
    assert len(register.projects) == 2
    assert register.table("risks")[["risk", "probability"]].values.tolist() == [
        ["R1", 0.3],
        ["R2", 0.1],
        ["R3", 0.2],
    ]
    (tmp_path / "evm").mkdir()
    register, _, _ = imported(tmp_path / "evm", write(tmp_path / "evm", "evm.csv", EVM))
    assert len(register.projects) == 3
    assert len(register.table("status")) == 5
    assert register.table("status")["ac"].sum() == 24


def test_ledger_is_added_up(tmp_path):
    register, text, mapping = imported_twice(tmp_path, write(tmp_path, "ledger.csv", LEDGER))
    assert "repeats: sum" in mapping
    costs = register.costs[["project_id", "year", "amount"]].values.tolist()
    assert costs == [["A1", 2027, 15.0], ["A1", 2028, 20.0], ["A2", 2027, 30.0]]
    assert "none of the money left out" in text


def test_columns_of_months_are_added_up_and_a_line_below_is_no_project(tmp_path):
    lines = ["Code,Name,Team,Jan-27,Feb-27,janv. 28", *(f"P{n},Pier {n},Roads,{n},2,3" for n in range(1, 6))]
    text = "\n".join([*lines, "Amounts in k€,,,,,"])
    register, _, _ = imported(tmp_path, write(tmp_path, "months.csv", text))
    assert register.costs.groupby("year")["amount"].sum().to_dict() == {2027: 25, 2028: 15}
    assert len(register.projects) == 5
    assert register.settings.money_unit == "thousand"


def test_amounts_in_two_currencies_are_never_added_up(tmp_path):
    text = "ID,Name,Dept,Money,2027,2028\n1,Pier,N,{},10,1\n2,Tram,S,USD,5,2\n"
    with pytest.raises(AssertionError, match="Money"):
        imported(tmp_path / "two", write(tmp_path, "two.csv", text.format("EUR")))
    register, _, _ = imported(tmp_path / "one", write(tmp_path, "one.csv", text.format("USD")))
    assert register.settings.currency == "USD"


def test_two_header_rows_and_a_turned_sheet(tmp_path):
    above = [
        ["", "", "", "FY2027", "", "FY2028", ""],
        ["ID", "Name", "Department", "Capex", "Opex", "Capex", "Opex"],
    ]
    rows = [["A1", "Pier", "Roads", 10, 1, 5, 2], ["A2", "Pump", "Water", 3, 0.5, 2, 0.25]]
    register, _, _ = imported_twice(tmp_path, workbook(tmp_path / "two.xlsx", Export=[*above, *rows]))
    assert register.costs.groupby(["year", "kind"])["amount"].sum().to_dict() == {
        (2027, "capex"): 13, (2027, "opex"): 1.5, (2028, "capex"): 7, (2028, "opex"): 2.25,
    }  # fmt: skip
    (tmp_path / "turned").mkdir()
    lines: list[list[object]] = [
        ["Project number", "A1", "A2", "A3"],
        ["Project name", "Pier", "Pump", "Lock"],
    ]
    lines += [["Department", "Roads", "Water", "Water"], ["Budget 2027", 10, 3, 4]]
    register, _, _ = imported(tmp_path / "turned", workbook(tmp_path / "turned" / "t.xlsx", Export=lines))
    assert register.projects["name"].tolist() == ["Pier", "Pump", "Lock"]
    assert register.costs["amount"].sum() == 17
    direct = load_register(next((tmp_path / "turned" / "out").glob("*.map.yml")))
    assert "transposed_layout" in set(direct.findings["rule"])  # rows are told by the numbers of columns


def test_nothing_is_overwritten_and_the_mapping_is_kept(tmp_path):
    source = write(tmp_path, "ledger.csv", LEDGER)
    imported(tmp_path, source)
    with pytest.raises(PmoError, match="--replace"):
        import_sources([source], tmp_path / "out")
    mapping = tmp_path / "out" / "ledger.map.yml"
    mapping.write_text(mapping.read_text(encoding="utf-8").replace("Roads", "Roads") + "# mine\n", encoding="utf-8")
    text, code = import_sources([source], tmp_path / "out", replace=True)
    assert code == 0, text
    assert mapping.read_text(encoding="utf-8").endswith("# mine\n")


def test_a_renamed_header_next_month_is_refused(tmp_path):
    imported(tmp_path, write(tmp_path, "ledger.csv", LEDGER))
    write(tmp_path, "ledger.csv", LEDGER.replace("Amount (€k)", "Amount (€m)"))
    text, code = import_sources([tmp_path / "out" / "ledger.map.yml"], replace=True)
    assert code == 2
    assert "Renamed?" in text
    assert "Amount (€m)" in text


def test_a_sheet_of_costs_with_a_total_row_in_mixed_cells_is_read(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Projets"
    for line in (["Code projet", "Intitulé", "Direction"], ["P1", "Quai", "Nord"], ["P2", "Dépôt", "Sud"]):
        sheet.append(line)
    sheet = book.create_sheet("Coûts")
    for line in (
        ["Code projet", "Nature", "2027 (k€)", "2028 (k€)"],
        ["P1", "Investissement", "1 250,5", "300"],
        ["P2", "Fonctionnement", 800, "-"],
        ["Total", None, 2050.5, 300],
    ):
        sheet.append(line)
    sheet = book.create_sheet("Budgets")
    for line in (["Enveloppe", "2027"], ["Toutes", 1900]):
        sheet.append(line)
    book.save(tmp_path / "plan.xlsx")
    text, code = import_sources([tmp_path / "plan.xlsx"], tmp_path / "out")
    assert code == 0, text
    register = load_register(tmp_path / "out")
    assert register.costs.groupby("kind")["amount"].sum().to_dict() == {"capex": 1550.5, "opex": 800.0}
    assert register.settings.money_unit == "thousand"
    assert register.table("budgets")[["year", "amount"]].to_numpy().tolist() == [[2027, 1900.0]]
    assert "? the money that may be spent; in which unit" in (tmp_path / "out" / "plan.map.yml").read_text()


ALL = "all 90 80"
ENVELOPES = {
    "with its total": ("Budget", [["FY", "Available funding"], ["FY27", 90], ["FY28", 80], ["Total", 170]], ALL),
    "words in German": ("Haushalt", [["Jahr", "Verfügbares Budget"], [2027, 90], [2028, 80]], ALL),
    "turned": ("Presupuesto", [["Año", 2027, 2028], ["Presupuesto", 90, 80], ["Ejecutado", 30, 0]], ALL),
    "a line of its own": ("Enveloppes", [["", "2027", "2028"], ["Disponible", 90, 80]], ALL),
    "below a title": ("Budget", [["Capital 2027-2028"], ["Year", "Amount"], [2027, 90], [2028, 80]], ALL),
    "beside others": ("B", [["Year", "Budget", "Spent", "Left"], [2027, 90, 5, 85], [2028, 80, 0, 80]], ALL),
    "of areas": (
        "Budgets",
        [["Area", "2027", "2028"], ["North", 50, 40], ["South", 40, 40], ["Total", 90, 80]],
        "North 50 40 South 40 40",
    ),
    "of areas, long": (
        "Caps",
        [["Area", "Year", "Ceiling"], *((area, year, 40) for area in ("North", "South") for year in (2027, 2028))],
        "North 40 40 South 40 40",
    ),
    "of one programme": ("Budget", [["Programme", "2027", "2028"], ["A", 50, 40]], ""),
    "a summary": ("Summary", [["Area", "2027", "2028"], ["North", 50, 40], ["South", 40, 40]], ""),
    "of what nobody knows": ("Budget", [["Programme", "2027", "2028"], ["A", 50, 40], ["B", 40, 40]], ""),
    "of areas and all": (
        "Budgets",
        [["Area", "2027"], ["North", 50], ["South", 30], ["All", 70]],
        "All 70 North 50 South 30",
    ),
    "of one fund": ("Budget", [["Fund", "Year", "Amount"], ["Grant", 2027, 90], ["Grant", 2028, 80]], ""),
    "what the projects cost": ("Budget", [["Area", "2027", "2028"], ["North", 20, 36], ["South", 20, 36]], ""),
    "what they cost by year": ("Summary", [["Year", "Budget", "Spent"], [2027, 40, 5], [2028, 72, 0]], ""),
    "gains": ("Benefits", [["Year", "Amount"], [2027, 90], [2028, 80]], ""),
    "what nobody names": ("Invoices", [["Year", "Amount"], [2027, 90], [2028, 80]], ""),
    "people by area": ("Headcount", [["Area", "Year", "Limit"], ["North", 2027, 4], ["South", 2027, 7]], ""),
    "a plan": ("Plan", [["Year", "Planned cost"], [2027, 90], [2028, 80]], ""),
    "rates": ("Rates", [["Year", "Inflation %", "EUR/USD"], [2027, 2.0, 1.1], [2028, 2.1, 1.2]], ""),
    "people": ("Capacity", [["Role", "2027", "2028"], ["Engineer", 5, 6], ["Analyst", 3, 3]], ""),
}


@pytest.mark.parametrize("case", ENVELOPES)
def test_a_sheet_of_the_money_that_may_be_spent_becomes_budgets(tmp_path, case):
    title, lines, wanted = ENVELOPES[case]
    projects = [
        ["ID", "Name", "Area", "2027", "2028"],
        *([f"P{n}", f"Pump {n}", ("North", "South")[n % 2], 5, 9] for n in range(8)),
    ]
    book = workbook(tmp_path / "plan.xlsx", Projects=projects, **{title: lines})
    text, code = import_sources([book], tmp_path / "out")
    assert code == 0, text
    budgets = load_register(tmp_path / "out").table("budgets")
    said = [f"{one} {' '.join(f'{x:g}' for x in rows['amount'])}" for one, rows in budgets.groupby("envelope")]
    assert " ".join(said) == wanted
    assert set(budgets["scope"]) == {"all" if one in ("all", "All") else f"area={one}" for one in budgets["envelope"]}
    assert ("? the money that may be spent" in (tmp_path / "out" / "plan.map.yml").read_text()) == bool(wanted)
    assert (f'reads nothing from "{title}"' in text) != bool(wanted)


def test_a_row_without_an_area_stops_no_sheet_of_envelopes(tmp_path):
    projects = [["ID", "Name", "Area", "Year", "Cost"], ["P1", "Pump", "North", 2027, 5], ["P2", "Main", None, 2027, 6]]
    book = workbook(tmp_path / "plan.xlsx", Projects=projects, Budget=[["Area", "2027"], ["North", 30]])
    text, code = import_sources([book], tmp_path / "out")
    assert (code, "area is missing." in text) == (2, True)  # as `check` would say, and no fault
    assert "budgets.amount" in text


def test_settings_of_the_source_are_written_once_whatever_signs_they_hold(tmp_path):
    settings = [
        ["setting", "value"],
        ["name", "Water: north & south"],
        ["currency", "GBP"],
        ["notice", "# of 2026: 'ours'"],
    ]
    projects = [["ID", "Name", "2027"], *([f"P{n}", f"Pump {n}", 5] for n in range(4))]
    register, _, _ = imported(tmp_path, workbook(tmp_path / "plan.xlsx", Settings=settings, Projects=projects))
    found = register.settings
    assert (found.name, found.currency, found.notice) == ("Water: north & south", "GBP", "# of 2026: 'ours'")


@pytest.mark.parametrize("key", ["P{}", "{}", "PRJ-{}", "{}-A"])
def test_keys_that_look_like_years_are_no_header(tmp_path, key):
    """A column of them is not the header of a sheet whose fields are rows."""
    lines = [f"{key.format(n)};Pump {n};North;5" for n in range(2001, 2041)]
    register, _, _ = imported(tmp_path, write(tmp_path, "list.csv", "\n".join(["ID;Name;Area;2027", *lines])))
    assert list(register.projects["name"]) == [f"Pump {n}" for n in range(2001, 2041)]
    assert register.costs["amount"].sum() == 200


def test_projects_that_no_envelope_holds_are_told_and_none_is_left_out(tmp_path):
    lines = [["Area", "Year", "Ceiling"], ["North", 2027, 50], ["North", 2028, 40]]
    projects = [
        ["ID", "Name", "Area", "2027"],
        *([f"P{n}", f"Pump {n}", ("North", "South")[n % 2], 5] for n in range(8)),
    ]
    text, code = import_sources([workbook(tmp_path / "plan.xlsx", Projects=projects, Caps=lines)], tmp_path / "out")
    assert code == 2
    assert "is under no envelope: nothing limits it. (4 times)" in text
    assert "set aside" not in text


RISKS = {
    "en": (["Project ID", "Risk description", "Probability (%)", "Impact"], "Under study", "n/a"),
    "fr": (["N° projet", "Description du risque", "Probabilité %", "Impact"], "À l'étude", "non renseigné"),
    "de": (["Projekt-Nr.", "Risikobeschreibung", "Wahrscheinlichkeit in %", "Schadenshöhe"], "In Prüfung", "k. A."),
    "es": (["Código", "Descripción del riesgo", "Probabilidad (%)", "Impacto"], "En estudio", "n/d"),
}  # fmt: skip


@pytest.mark.parametrize("language", RISKS)
def test_a_risk_without_a_number_is_its_words_and_30_percent_are_0_3(tmp_path, language):
    heads, stage, nothing = RISKS[language]
    projects = [
        [heads[0], "Name", "Status", "RAG", "2027"],
        *([f"P{n}", f"Pump {n}", stage, "Green", 5] for n in range(4)),
    ]
    projects[2][3] = nothing
    risks = [heads, ["P0", "Late pipes", 30, 2], ["P1", "Late valves", 5, 1]]
    text, code = import_sources([workbook(tmp_path / "plan.xlsx", Projects=projects, Risks=risks)], tmp_path / "out")
    assert code == 0, text
    register = load_register(tmp_path / "out")
    found = register.table("risks")[["risk", "probability", "cost_likely"]]
    assert found.to_numpy().tolist() == [["Late pipes", 0.3, 2.0], ["Late valves", 0.05, 1.0]]
    assert set(register.projects["stage"]) == {"idea"}
    assert register.projects["rag_declared"].isna().sum() == 1


@pytest.mark.parametrize(
    "header",
    [
        "Annual savings",
        "Gains annuels (k€)",
        "Économies annuelles",
        "Jährliche Einsparung",
        "Nutzen p.a.",
        "Ahorros anuales",
        "Savings/yr",
    ],
)
def test_what_is_gained_each_year_is_no_total(tmp_path, header):
    lines = [["ID", "Name", "2027 (k€)", header], *([f"P{n}", f"Pump {n}", 5, 2] for n in range(4))]
    text, code = import_sources([workbook(tmp_path / "plan.xlsx", Projects=lines)], tmp_path / "out")
    assert code == 0, text
    assert not len(load_register(tmp_path / "out").table("baselines"))
    assert f"not read: {header}" in text


@pytest.mark.parametrize("line", ["Amounts in thousands of EUR", "alle Angaben in T€", "(EUR thousand)"])
def test_a_unit_above_the_header_is_drafted(tmp_path, line):
    rows = "ID,Title,Department,2027,2028\nA1,x,N,1500,200\nA2,y,S,700,300\n"
    (tmp_path / "plan.csv").write_text(f"Capital plan,,,,\n{line},,,,\n{rows}", encoding="utf-8")
    text, code = import_sources([tmp_path / "plan.csv"], tmp_path / "out")
    assert code == 0, text
    register = load_register(tmp_path / "out")
    assert (register.settings.unit, register.costs["amount"].sum()) == ("EUR thousand", 2700)


def test_amounts_that_cannot_be_read_are_in_the_sentence_of_what_was_left_out(tmp_path):
    """What they stand for is not known: no sentence says that nothing is left out."""
    file = tmp_path / "x.csv"
    head = "Project ID,Project name,Dept,2027 (EURm),2028 (EURm)\n"
    file.write_text(head + "A1,Alpha,North,10,8*\nA2,Beta,South,50%,5\nA3,Gamma,South,3,4\n", encoding="utf-8")
    register, text, _ = imported(tmp_path, file)
    told = (
        "3 projects in the source, 3 here; none of the money that can be read is left out; two amounts cannot be read."
    )
    assert told in text
    assert accounts(register.table).sentence == told
    assert register.costs["amount"].sum() == 22
    file = tmp_path / "y" / "x.csv"
    file.parent.mkdir()
    file.write_text(head + "A1,Alpha,North,10,8\nA2,Beta,South,50,5\nA3,Gamma,South,3,4\n", encoding="utf-8")
    assert "none of the money left out." in imported(file.parent, file)[1]


HEAD = ["Code", "Name", "Department"]


def amounts(register) -> list[float]:
    return register.table("costs").groupby("year")["amount"].sum().tolist()


@pytest.mark.parametrize(
    ("heads", "row", "read"),
    [
        (["Q1 2027", "Q2 2027", "2027"], [10, 10, 20], [20.0]),  # quarters that make the year: once
        (["Q1 2027", "Q2 2027", "2027"], [10, 10, 100], [100.0]),  # that do not: the year is read, the rest asked
        (["Q1 2027", "Q2 2027", "Q3 2027", "Q4 2027", "2027", "2028"], [1, 1, 1, 1, 9, 5], [9.0, 5.0]),
        (["Q1 2027", "2027 total"], [10, 40], [40.0]),
        (["2027 excl. VAT", "2027 incl. VAT"], [100, 120], [100.0]),
        (["2027 netto", "2027 brutto"], [100, 119], [119.0]),
        (["AE 2027", "CP 2027", "AE 2028", "CP 2028"], [100, 40, 50, 80], [40.0, 80.0]),
        (["2027 (Commitment)", "2027 (Payment)"], [100, 40], [40.0]),
    ],
)
def test_two_figures_of_one_year_are_never_added_up(tmp_path, heads, row, read):
    file = workbook(tmp_path / "a.xlsx", P=[[*HEAD, *heads], ["C1", "Wall", "Ports", *row]])
    register, text, _ = imported(tmp_path, file)
    assert amounts(register) == read
    assert text.count("not read") >= 1


def test_a_unit_inside_a_table_is_of_the_rows_below_it_alone(tmp_path):
    """What states a unit between rows is asked about, whether or not anything is stated above."""
    for number, (first, banner) in enumerate(
        [
            ("Cost, EUR million", "EUR thousand"),
            ("", "Amounts below in thousands"),
            ("", "in Mio. EUR"),
            ("", "k\u20ac"),
        ]
    ):
        rows = [*([[first]] if first else []), [*HEAD, "2027"], ["C1", "Wall", "Ports", 10], [banner]]
        file = workbook(tmp_path / f"b{number}.xlsx", P=[*rows, ["C2", "Ferry", "Ports", 5000]])
        text, code = import_sources([file], tmp_path / f"out{number}")
        assert code == 2
        assert f'"{banner}" states another' in text


def test_sheets_of_departments_keep_their_own_units_and_years(tmp_path):
    north = [["Code", "Name", "2027 (EUR million)"], ["N1", "Wall", 10]]
    south = [["Code", "Name", "2028 (EUR thousand)", "2029 (EUR thousand)"], ["R1", "Bridge", 5000, 6000]]
    register, _, _ = imported_twice(tmp_path, workbook(tmp_path / "s.xlsx", North=north, South=south))
    assert amounts(register) == [10.0, 5.0, 6.0]
    assert (register.settings.money_unit, register.settings.currency) == ("million", "EUR")


@pytest.mark.parametrize("key", ["R1", "E1", "Kr7", "L 3", "C-9"])
def test_letters_of_a_key_are_no_currency(tmp_path, key):
    for number, head in enumerate(("2027", "2027 (EUR million)")):
        file = workbook(tmp_path / f"c{number}.xlsx", P=[[*HEAD, head], [key, "Wall", "Ports", 10]])
        text, code = import_sources([file], tmp_path / f"out{number}")
        assert code == 0, text
        assert load_register(tmp_path / f"out{number}").settings.currency == ("EUR" if number else "")


def test_a_currency_in_cells_of_money_is_read(tmp_path):
    file = workbook(tmp_path / "d.xlsx", P=[[*HEAD, "Budget 2027"], ["C1", "Wall", "Ports", "R 6m"]])
    assert imported(tmp_path, file)[0].settings.currency == "ZAR"


@pytest.mark.parametrize(
    ("heads", "read", "unit"),
    [
        (["Exercice 2027 – M€", "Exercice 2028 – M€"], [4.0, 6.0], "EUR million"),
        (["2027 | T€", "2028 / T€"], [4.0, 6.0], "EUR thousand"),
        (["Coût 2027 (en milliers d'euros)", "Coût 2028 (en milliers d’euros)"], [4.0, 6.0], "EUR thousand"),
        (["€2027", "€2028"], [4.0, 6.0], ""),  # the year of an amount, not of prices
        (["1. HJ 2027 (T€)", "2. HJ 2027 (T€)"], [10.0], "EUR thousand"),
        (["2027 likely (£m)", "2027 low (£m)"], [4.0], "GBP million"),
        (["2027 low (£m)", "2027 likely (£m)"], [6.0], "GBP million"),
        (["Obligo 2027 (T€)", "Plan 2027 (T€)"], [6.0], "EUR thousand"),  # a known word before one that nobody knows
        (["Recette 2027 (k€)", "Dépense 2027 (k€)"], [6.0], "EUR thousand"),
        (["Einnahme 2027 (T€)", "Ausgabe 2027 (T€)"], [6.0], "EUR thousand"),
    ],
)
def test_headers_say_unit_year_and_figure(tmp_path, heads, read, unit):
    file = workbook(
        tmp_path / "h.xlsx", P=[[*HEAD, *heads], ["C1", "Wall", "Ports", 1, 2], ["C2", "Ferry", "Rail", 3, 4]]
    )
    register, _, _ = imported(tmp_path, file)
    assert amounts(register) == read
    assert register.settings.unit.startswith(unit)
    assert not register.settings.price_basis


@pytest.mark.parametrize(("cost", "other"), [("Gasto", "Ingreso"), ("Ausgabe", "Einnahme"), ("Cost", "Sales")])
def test_rows_of_income_are_no_costs(tmp_path, cost, other):
    head = ["Code", "Name", "Department", "Line", "Year", "Amount (€k)"]
    rows = [[code, code, "Rail", line, 2027, 10] for code in ("C1", "C2") for line in (cost, other)]
    assert amounts(imported(tmp_path, workbook(tmp_path / "i.xlsx", P=[head, *rows]))[0]) == [20.0]


@pytest.mark.parametrize("row", [["davon Personal", "", ""], ["", "dont personnel", ""], ["- of which staff", "", ""]])
def test_a_row_that_is_a_part_of_the_row_above_is_asked_about(tmp_path, row):
    rows = [["C1", "Wall", "Ports", 100], [*row, 40], ["C2", "Ferry", "Rail", 50]]
    text, code = import_sources([workbook(tmp_path / "p.xlsx", P=[[*HEAD, "2027 (T€)"], *rows])], tmp_path / "out")
    assert code == 2
    assert "a part of the row above it" in text


@pytest.mark.parametrize("sign", [":", "*", ".", "_"])
def test_a_header_that_stands_again_with_a_sign_under_a_blank_one(tmp_path, sign):
    text = f"Code,Name,Department,2027,\nC1,a,N,1,x\nCode,Name,Department,2027,{sign}\nC2,b,S,2,y\n"
    assert amounts(imported(tmp_path, write(tmp_path, "a.csv", text))[0]) == [3.0]


@pytest.mark.parametrize("name", ["Index", "Price index", "Deflator", "FX rate", "Our share"])
def test_a_column_that_multiplies_amounts_is_asked_about_and_is_no_amount(tmp_path, name):
    rows = [[*HEAD, "2027 (T€)", name], ["C1", "Wall", "Ports", 100, 1.02], ["C2", "Ferry", "Rail", 50, 1.03]]
    text, code = import_sources([workbook(tmp_path / "p.xlsx", P=rows)], tmp_path / "out")
    assert code == 2
    assert f'The column "{name}" was left out by a guess, and may change the amounts beside it.' in text
    assert "not read" in next(line for line in text.splitlines() if line.startswith(name))


def test_an_index_that_counts_the_rows_is_left_out_without_asking(tmp_path):
    rows = [["Index", *HEAD, "2027 (T€)"], [1, "C1", "Wall", "Ports", 100], [2, "C2", "Ferry", "Rail", 50]]
    assert amounts(imported(tmp_path, workbook(tmp_path / "p.xlsx", P=rows))[0]) == [150.0]


@pytest.mark.parametrize(
    ("heads", "row", "now"),
    [
        (["Kosten", "Geplante Kosten", "Aktuelle Kosten"], ["1.500,50 €", "1.250,50 €", "40,25 €"], 2791.25),
        (["Budget", "Cost to date"], ["€1,500.50", "€40.25"], 40.25),
        (["Cost low", "Cost likely", "Cost high"], [80, 100, 150], 330),
    ],
)
def test_every_total_is_read_as_money_and_the_likely_one_is_the_cost(tmp_path, heads, row, now):
    file = workbook(tmp_path / "t.xlsx", P=[[*HEAD, *heads], ["C1", "Wall", "Ports", *row]])
    baselines = imported(tmp_path, file)[0].table("baselines").set_index("quantity")
    assert baselines["now"].sum() == pytest.approx(now)
    assert baselines["baseline"].sum() == pytest.approx(1500.5 if "Budget" in heads else 0)
    assert "Cost likely" not in heads or baselines["now"]["whole_life_cost"] == 100


@pytest.mark.parametrize("head", ["Annual savings", "Year 1 cost", "Budget 2027 v1", "Coût annuel", "Cost per month"])
def test_the_money_of_a_period_is_no_total(tmp_path, head):
    rows = [["C1", "Wall", "Ports", 70, 30], ["C2", "Ferry", "Rail", 50, 20]]
    file = workbook(tmp_path / "t.xlsx", P=[[*HEAD, "Total cost (€k)", head], *rows])
    text, _ = import_sources([file], tmp_path / "out")
    assert f'"{head}": "? the money of a period, and no total"' in (tmp_path / "out" / "t.map.yml").read_text("utf-8")
    assert f"not read: {head}." in text
    assert f'The column "{head}"' in text


def test_totals_that_cannot_be_read_are_in_the_sentence_of_what_was_left_out(tmp_path):
    rows = [["C1", "Wall", "Ports", ">1m"], ["C2", "Ferry", "Rail", "ca. 3 Mio."], ["C3", "Buoy", "Rail", 5]]
    _, text, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=[[*HEAD, "Cost estimate"], *rows]))
    assert "; two amounts cannot be read. No pack is made of it until somebody accepts it." in text


@pytest.mark.parametrize("cells", [["100-200k", "50-80k"], ["~ 1.5m", "approx 200k"]])
def test_amounts_that_nobody_can_read_are_told(tmp_path, cells):
    rows = [["C1", "Wall", "Ports", cells[0]], ["C2", "Ferry", "Rail", cells[1]]]
    _, text, mapping = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=[[*HEAD, "Cost estimate"], *rows]))
    assert 'The column "Cost estimate" was left out: amounts, not read.' in text
    assert '"Cost estimate": "? amounts, not read"' in mapping


def test_a_cell_of_many_digits_is_looked_at_once():
    cells = pd.Series([f"{'1' * 30_000}{'x' * 30}"])
    start = time.process_time()
    assert not amounts_in_words("Cost", cells)
    assert time.process_time() - start < 2


BOOKED = {
    "Month,Cost": "C1,Wall,Ports,{},10\nC1,Wall,Ports,{},15\nC1,Wall,Ports,{},7\nC2,Ferry,Rail,{},4\n",
    "Quarter,Actual cost": "C1,Wall,Ports,{},10\nC1,Wall,Ports,{},15\nC1,Wall,Ports,{},7\nC2,Ferry,Rail,{},4\n",
    "Posting date,Text,Amount": "C1,Wall,Ports,{},x,10\nC1,Wall,Ports,{},y,15\nC1,Wall,Ports,{},z,7\n"
    "C2,Ferry,Rail,{},x,4\n",
}


@pytest.mark.parametrize("heads", BOOKED)
def test_amounts_booked_by_month_or_day_are_those_of_years(tmp_path, heads):
    days = {
        "M": ["2027-01", "2027-02", "2028-01", "2027-01"],
        "Q": ["Q1 2027", "Q2 2027", "Q1 2028", "Q1 2027"],
        "P": ["2027-01-05", "2027-01-05", "2028-02-03", "2027-12-31"],
    }[heads[0]]
    text = f"Code,Name,Department,{heads}\n" + BOOKED[heads].format(*days)
    register, _, mapping = imported_twice(tmp_path, write(tmp_path, "booked.csv", text))
    assert register.costs.groupby("year")["amount"].sum().to_dict() == {2027: 29, 2028: 7}
    assert "? each amount is that of a month or day" in mapping


def test_states_of_a_project_on_a_day_are_not_added_up(tmp_path):
    text = "Code,Name,Department,Last updated,Cost (€k)\nC1,Wall,Ports,2027-01-31,10\nC1,Wall,Ports,2027-02-28,12\n"
    register, _, mapping = imported_twice(tmp_path, write(tmp_path, "states.csv", text))
    assert register.table("baselines")["now"].tolist() == [12]
    assert "latest by Last updated" in mapping


def test_it_is_asked_whether_tasks_of_a_project_are_added_up(tmp_path):
    text = "Code,Name,Department,Task,Start,Due date,Cost (€k)\n"
    days = ("Piling,2027-01-01,2027-06-30", "Deck,2027-03-01,2028-12-31", "Fenders,2027-02-01,2027-09-30")
    for n, task in enumerate(days):
        text += f"C1,Wall,Ports,{task},10\nC2,Ferry,Rail,{task},{n}\n"
    told, code = import_sources([write(tmp_path, "tasks.csv", text)], tmp_path / "out")
    assert code == 2
    assert "(repeats: sum or same)" in told


def test_rows_that_a_guess_leaves_out_are_told(tmp_path):
    _, text, _ = imported(tmp_path, write(tmp_path, "months.csv", SNAPSHOTS))
    assert "The row was left out by a guess: not the latest by Month of the project. (2 times)" in text


def test_a_line_below_a_group_from_its_first_to_its_last_day_is_its_total(tmp_path):
    head = ["Name", "Owner", "Timeline - Start", "Timeline - End", "Budget 2027", "Department"]
    one, two = ["2027-01-01", "2028-06-30", 40], ["2027-02-01", "2027-12-31", 5]
    sums = [None, None, "2027-01-01", "2028-06-30", 45, None]
    rows = [["Wall", "Ada", *one, "Ports"], ["Ferry", "Ben", *two, "Rail"], sums, [], ["Ideas"], head]
    rows += [["Buoy", "Ada", *one, "Ports"], ["Gauge", "Ben", *two, "Rail"], sums]
    register, text, _ = imported(tmp_path, workbook(tmp_path / "m.xlsx", P=[["Portfolio"], [], head, *rows]))
    assert amounts(register) == [90.0]
    assert "4 projects in the source, 4 here; none of the money left out." in text


def test_the_total_of_one_project_is_left_out_whatever_else_its_line_says(tmp_path):
    rows = [["C1", "Wall", "Ports", "EUR", 100], [None, "Total", None, "EUR", 100]]
    register, text, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=[[*HEAD, "Curr", "2027 (€k)"], *rows]))
    assert amounts(register) == [100.0]
    assert "1 project in the source, 1 here; none of the money left out." in text


@pytest.mark.parametrize(
    "heads",
    [
        ["Orçamento 2027 (€)", "Realizado 2026 (€)", "Desvio 2026 (€)", "Receitas 2027 (€)"],
        ["Preventivo 2027 (€)", "Consuntivo 2026 (€)", "Scostamento 2026 (€)", "Entrate 2027 (€)"],
        ["Begroting 2027 (€)", "Gerealiseerd 2026 (€)", "Afwijking 2026 (€)", "Bijdrage 2027 (€)"],
    ],
)
def test_words_of_money_in_more_languages(tmp_path, heads):
    rows = [["C1", "Wall", "Ports", 100, 10, 3, 40], ["C2", "Ferry", "Rail", 50, 5, 2, 20]]
    costs = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=[[*HEAD, *heads], *rows]))[0].costs
    assert costs.groupby(["year", "state"])["amount"].sum().to_dict() == {(2026, "actual"): 15, (2027, "planned"): 150}


def test_amounts_that_are_to_be_added_up_are_not_told_to_be_there_twice(tmp_path):
    head = "Name,Department,2027 Q1 ($),2027 Q2 ($)\n"
    file = write(tmp_path, "q.csv", head + 'Wall,Ports,"100,000","200,000"\nFerry,Rail,"25,000","50,000"\n')
    text, code = import_sources([file], tmp_path / "out")
    assert code == 2
    assert "decimal comma or a decimal point" in text
    assert "there twice" not in text


@pytest.mark.parametrize(
    ("heads", "row", "baseline", "now"),
    [
        (["Planned cost", "Actual cost", "Estimate at completion"], [10, 4, 12], 10, 12),
        (["Original Budget(€)", "Actual Total Cost(€)", "At Completion Total Cost(€)"], [10, 4, 12], 10, 12),
        (["Budget (€k)", "Spent to date (€k)", "Remaining (€k)"], [10, 4, 6], 10, 0),
        (["Grant (€k)", "Budget (€k)"], [3, 10], 10, 0),
        (["Original budget", "Current budget", "Forecast outturn"], [10, 11, 13], 10, 13),
        (["Labour cost", "Total cost"], [4, 12], 0, 12),
        (["Labour cost", "Material cost", "Savings"], [4, 2, 9], 0, 6),
        (["Base cost (€m)", "Contingency (€m)"], [10, 2], 0, 12),
        (["Cost P80", "Cost P50"], [15, 12], 0, 12),
    ],
)
def test_what_a_project_costs_is_no_part_of_it_and_not_what_is_spent(tmp_path, heads, row, baseline, now):
    file = workbook(tmp_path / "t.xlsx", P=[[*HEAD, *heads], ["C1", "Wall", "Ports", *row]])
    baselines = imported(tmp_path, file)[0].table("baselines")
    whole = baselines[baselines["quantity"] == "whole_life_cost"]
    assert (whole["baseline"].sum(), whole["now"].sum()) == (baseline, now)
    assert baselines[["baseline", "now"]].sum().sum() == sum(row) - 6 * ("Remaining (€k)" in heads)


@pytest.mark.parametrize(
    ("heads", "total"),
    [
        (["S1 2027 (k€)", "S2 2027 (k€)"], 30), (["2027 P50 (£m)", "2027 P80 (£m)"], 10),
        (["2027 (P80)", "2027 (P50)"], 20),
        (["2027-12-31", "2028-12-31"], 30), (["31/01/2027", "28/02/2027"], 30), (["2027-01-31", "2027-02-28"], 30),
        (["Inversión 2027 (M€)", "Gasto corriente 2027 (M€)"], 30), (["CDEL 2027", "RDEL 2027"], 30),
        (["Gross cost 2027", "Income 2027"], 10), (["Cost 2027", "Disbenefit 2028"], 10),
    ],
)  # fmt: skip
def test_halves_ranges_last_days_and_kinds_of_a_year(tmp_path, heads, total):
    file = workbook(tmp_path / "t.xlsx", P=[[*HEAD, *heads], ["C1", "Wall", "Ports", 10, 20]])
    assert sum(amounts(imported(tmp_path, file)[0])) == total


@pytest.mark.parametrize(
    ("words", "total"), [(["Cost", "Wibble"], 10), (["Low", "Base", "High"], 20), (["Labour", "Wibble"], 30)]
)
def test_rows_with_a_word_that_nobody_knows_are_no_costs_beside_rows_of_costs(tmp_path, words, total):
    rows = [["C1", "Wall", "Ports", word, 10 * n] for n, word in enumerate(words, 1)]
    rows += [["C2", "Ferry", "Rail", word, 0] for word in words]
    register, text, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=[[*HEAD, "Line", "2027 (€k)"], *rows]))
    assert sum(amounts(register)) == total
    assert ("left out by a guess" in text) == (total < 30)


def test_what_is_taken_off_counts_in_a_sum(tmp_path):
    text = "Project ID,Name,Dept,Date,Amount (€k)\nA1,Pier,Roads,2027-02-01,10\nA1,Pier,Roads,2027-03-01,-4\n"
    register, said, _ = imported(tmp_path, write(tmp_path, "l.csv", text + "A2,Pump,Roads,2027-03-01,7\n"))
    assert amounts(register) == [13.0]
    assert "none of the money left out" in said


def test_words_of_other_tools_are_known(tmp_path):
    head = ["Proj #", "Proj Name", "Division", "Health", "Probability", "Gsch.Jahr", "Wert/BWähr"]
    rows = [[1, "Wall", "Ports", "On track", 0.5, 2027, 10], [2, "Ferry", "Rail", "Off track", 0.9, 2027, 5]]
    register, _, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=[head, *rows]))
    assert register.projects[["name", "area", "rag_declared"]].to_numpy().tolist() == [
        ["Wall", "Ports", "G"], ["Ferry", "Rail", "R"]
    ]  # fmt: skip
    assert amounts(register) == [15.0]


@pytest.mark.parametrize(
    ("below", "line"),
    [
        (["Code", "Risk", "Chance", "Impact"], 5), (["x", "Step", "Who", "Impact", "y"], 5),
        (["Key", "Risk", "Owner", "Impact", "Response"], 1),
    ],
)  # fmt: skip
def test_another_table_in_a_sheet_is_no_part_of_the_projects(tmp_path, below, line):
    rows = [[*HEAD, "Cost", "Plan"], ["C1", "Wall", "Ports", 1, 2], ["C2", "Ferry", "Rail", 3, 4], []]
    file = workbook(tmp_path / "t.xlsx", P=[*rows, below, ["R1", "Late", "Ports", 1, 1]])
    text, code = import_sources([file], tmp_path / "out")
    assert code == 2
    assert f"row {line} " in text or f"row {line}\n" in text
    assert "belong to another table" in text


def test_numbers_of_a_dashboard_above_the_projects_are_no_table(tmp_path):
    rows = [["Red", "Amber", "Green"], [1, 2, 3], [], [*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 4]]
    assert amounts(imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows))[0]) == [4.0]


def test_a_department_merged_over_rows_is_that_of_each(tmp_path):
    file = workbook(
        tmp_path / "t.xlsx", P=[["Department", "ID", "Name", 2027], ["X", "C1", "A", 1], [None, "C2", "B", 2]]
    )
    book = openpyxl.load_workbook(file)
    book.active.merge_cells("A2:A3")
    book.save(file)
    assert imported(tmp_path, file)[0].projects["area"].tolist() == ["X", "X"]


@pytest.mark.parametrize(("cells", "amount"), [([2027, None, 1, 2], 3), ([2027, 2028, "1", None], 1)])
def test_a_year_merged_over_rows_is_that_of_each_and_an_amount_is_not(tmp_path, cells, amount):
    rows = [["C1", "Wall", "Ports", year, one] for year, one in zip(cells[:2], cells[2:], strict=True)]
    file = workbook(tmp_path / "t.xlsx", P=[[*HEAD, "Year", "Amount (€k)"], *rows, ["C2", "Ferry", "Rail", 2027, "0"]])
    book = openpyxl.load_workbook(file)
    book.active.merge_cells("D2:D3" if cells[1] is None else "E2:E3")
    book.save(file)
    assert sum(amounts(imported(tmp_path, file)[0])) == amount


def test_a_month_may_be_told_by_its_last_day(tmp_path):
    text = "Project;Month;PV;EV;AC;BAC\nP1;31.08.2026;10;8;9;100\nP1;30.09.2026;20;15;18;100\nP2;30.09.2026;2;2;2;10\n"
    status = imported(tmp_path, write(tmp_path, "s.csv", text))[0].table("status")
    assert status["period"].tolist() == ["2026-08", "2026-09", "2026-09"]


@pytest.mark.parametrize(
    ("title", "head", "cells"),
    [
        ("Resources", ["Role", 2027, 2028], ["Tester", 2, 3]), ("Ressourcen", [2027], [2]),
        ("Staffing plan", [2027], [2]),
        ("Plan de charge", ["janv. 2027", "févr. 2027"], [3, 4]), ("Sheet2", ["Perfil", 2027], ["QA", 2]),
        ("Progress", ["Jan 2027", "Feb 2027"], [10, 20]), ("More", [2027], [3]),
        ("Grants", ["Year", "Amount"], [2027, 3]),
        ("Funding limits", ["Cost 2027"], [3]), ("Change requests", ["Amount (€k)"], [3]),
        ("Decisions", ["Decision", "Amount (€k)"], ["Defer", 500]), ("Timesheet", ["Jan 2027"], [160]),
    ],
)  # fmt: skip
def test_figures_are_costs_only_where_something_says_money(tmp_path, title, head, cells):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    other = [["ID", *head], ["C1", *cells], ["C2", *cells]]
    register, said, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows, **{title: other}))
    assert (amounts(register), register.has("baselines")) == ([90.0], False)
    assert f'reads nothing from "{title}"' in said


@pytest.mark.parametrize("title", ["p_benefits", "Expected savings", "Nutzen je Projekt"])
def test_what_a_sheet_of_gains_says_are_no_costs(tmp_path, title):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    for head, cells in ((["Year", "Amount"], [2028, 3]), ([2028], [3]), (["2028 (€k)"], [3])):
        gains = [["ID", *head], ["C1", *cells], ["C2", *cells]]
        (folder := tmp_path / str(len(list(tmp_path.iterdir())))).mkdir()
        register, *_ = imported(folder, workbook(folder / "t.xlsx", P=rows, **{title: gains}))
        assert (amounts(register), register.table("benefits")["amount"].sum()) == ([90.0], 6)


@pytest.mark.parametrize("head", ["Dont investissement 2027", "of which capex 2027", "davon Investition 2027"])
def test_what_is_a_part_by_its_header_is_not_the_cost(tmp_path, head):
    rows = [[*HEAD, "Budget 2027", head], ["C1", "Wall", "Ports", 40, 10], ["C2", "Ferry", "Rail", 50, 20]]
    assert amounts(imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows))[0]) == [90.0]


def test_a_guess_is_told_without_its_mark(tmp_path):
    rows = [[*HEAD, "Cost 2027", "Level"], ["C1", "Wall", "Ports", 40, 1], ["C2", "Ferry", "Rail", 50, 7]]
    register, said, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows))
    assert "was left out: not needed." in said
    assert "guess: ?" not in said
    assert not register.table("left_out")["reason"].str.contains("?", regex=False).any()


STAFF = [("Staff", "Equipment"), ("Personal", "Sachmittel"), ("Personnel", "Matériel")]


@pytest.mark.parametrize("words", STAFF)
@pytest.mark.parametrize("title", ["Costs", "Lines"])
def test_what_people_cost_is_a_part_of_the_costs(tmp_path, words, title):
    rows = [HEAD, ["C1", "Wall", "Ports"], ["C2", "Ferry", "Rail"]]
    lines = [[key, word, 2027, n] for key in ("C1", "C2") for n, word in enumerate(words, 4)]
    book = workbook(tmp_path / "t.xlsx", P=rows, **{title: [["ID", "Cost type", "Year", "Amount"], *lines]})
    register, said, _ = imported(tmp_path, book)
    assert (sum(amounts(register)), "left out by a guess" in said) == (18, False)


@pytest.mark.parametrize("words", STAFF[:2])
@pytest.mark.parametrize("head", ["{} 2027 (€k)", "{} 2027", "{} (€k)"])
def test_columns_of_what_people_cost_are_added_up(tmp_path, words, head):
    heads = [head.format(word) for word in words]
    rows = [[*HEAD, *heads], ["C1", "Wall", "Ports", 40, 1], ["C2", "Ferry", "Rail", 50, 2]]
    register, *_ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows))
    found = register.table("costs")["amount"] if register.has("costs") else register.table("baselines")["now"]
    assert found.sum() == 93
    assert not register.has("baselines") or set(register.table("baselines")["quantity"]) == {"whole_life_cost"}


@pytest.mark.parametrize("head", ["Effort", "Resource", "Rolle", "Profil"])
def test_a_word_about_people_beside_each_project_makes_its_money_no_people(tmp_path, head):
    rows = [[*HEAD, head, 2027], ["C1", "Wall", "Ports", "High", 40], ["C2", "Ferry", "Rail", "Low", 50]]
    assert amounts(imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows))[0]) == [90.0]


@pytest.mark.parametrize("title", ["Staff costs", "Personalkosten", "Coûts de personnel"])
def test_what_people_cost_by_the_title_is_a_cost(tmp_path, title):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    more = [["ID", 2028], ["C1", 4], ["C2", 5]]
    register, *_ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows, **{title: more}))
    assert sum(amounts(register)) == 99


@pytest.mark.parametrize("title", ["Resource forecast", "Effort estimate"])
def test_a_forecast_of_people_is_no_cost(tmp_path, title):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    more = [["ID", 2028], ["C1", 4], ["C2", 5]]
    register, said, _ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows, **{title: more}))
    assert (amounts(register), f'reads nothing from "{title}"' in said) == ([90.0], True)


@pytest.mark.parametrize("title", ["Costs and benefits", "Kosten und Nutzen", "Coûts et gains", "Business case"])
def test_a_sheet_of_costs_and_gains_is_not_of_gains(tmp_path, title):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    beside = [["ID", "Cost 2028", "Benefit 2028"], ["C1", 4, 7], ["C2", 5, 8]]
    below = [
        ["ID", "Type", 2028],
        *([key, *line] for key in ("C1", "C2") for line in (["Cost", 4.5], ["Benefit", 7.5])),
    ]
    for name, both in (("beside", beside), ("below", below)):
        (folder := tmp_path / name).mkdir()
        register, *_ = imported(folder, workbook(folder / "t.xlsx", P=rows, **{title: both}))
        assert (sum(amounts(register)), register.table("benefits")["amount"].sum()) == (99, 15)


@pytest.mark.parametrize("title", ["Spend", "Budget plan", "Costs by year"])
def test_figures_of_a_sheet_that_says_money_are_costs(tmp_path, title):
    rows, more = [HEAD, ["C1", "Wall", "Ports"], ["C2", "Ferry", "Rail"]], [["ID", 2027], ["C1", 4], ["C2", 5]]
    assert amounts(imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows, **{title: more}))[0]) == [9.0]


@pytest.mark.parametrize(
    ("title", "head", "cells"),
    [
        ("Risks", ["Risk ID", "Probability", "Impact (€k)"], ["R1", "High", 30]),
        ("Status", ["Month", "RAG"], ["2026-09", "Red"]),
    ],
)  # fmt: skip
def test_a_sheet_that_lacks_what_its_table_needs_stops_no_pack(tmp_path, title, head, cells):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    other = [["ID", *head], ["C1", *cells], ["C2", *cells]]
    _, said, mapping = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows, **{title: other}))
    assert f'reads nothing from "{title}"' in said
    assert f"? of the table {title.lower()}, which needs " in mapping


@pytest.mark.parametrize("head", ["Type", "Art", "Nature", "Tipo"])
def test_a_disbenefit_is_subtracted_and_no_cash_is_none(tmp_path, head):
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    gains = [["ID", "Benefit", head, 2028], ["C1", "Calls", "Cashable", 9], ["C1", "Image", "Non-cash", 8],
             ["C2", "Noise", "Dis-benefit", 7]]  # fmt: skip
    register, *_ = imported(tmp_path, workbook(tmp_path / "t.xlsx", P=rows, Benefits=gains))
    assert register.table("benefits")["kind"].tolist() == ["cash", "non_cash", "disbenefit"]


def test_settings_that_a_sheet_says_are_read_again_next_month(tmp_path):
    def write_month(day):
        said = [["Setting", "Value"], ["as_of", day], ["currency", "EUR"], ["money_unit", "thousand"]]
        rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
        return workbook(tmp_path / "t.xlsx", P=rows, Settings=said)

    register, said, mapping = imported(tmp_path, write_month("2026-09-30"))
    assert "Settings" not in said
    path = next((tmp_path / "out").glob("*.map.yml"))
    write_month("2026-10-31")
    assert (str(load_register(path).settings.as_of), str(register.settings.as_of)) == ("2026-10-31", "2026-09-30")
    path.write_text(mapping.replace("# as_of", "as_of"))
    later = load_register(path)
    assert str(later.settings.as_of) == "2026-09-30"
    path.write_text(
        mapping.replace("# as_of: 2026-09-30", "as_of: 31.10.2026").replace("# currency: EUR", "currency: €")
    )
    assert not load_register(path).findings["rule"].eq("setting_contradicted").any()
    assert "2026-10-31; the mapping counts" in " ".join(later.findings.query("severity == 'warn'")["message"])


@pytest.mark.parametrize("head", [["Setting", "Value"], ["key", "meaning", "value"], None])
def test_a_line_of_a_sheet_of_settings_that_is_none_is_told(tmp_path, head):
    said = [["as_of", "2026-09-30"], ["currency", "EUR"], ["money_unit", "thousand"], ["Prepared by", "the office"]]
    lines = [line if head is None or len(head) == 2 else [line[0], "what it is", line[1]] for line in said]
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    register, text, mapping = imported(
        tmp_path, workbook(tmp_path / "t.xlsx", P=rows, Settings=[*([head] if head else []), *lines])
    )
    assert (register.settings.currency, str(register.settings.as_of)) == ("EUR", "2026-09-30")
    found = load_register(next((tmp_path / "out").glob("*.map.yml"))).findings
    assert list(found.loc[found["rule"] == "unknown_setting", "value"]) == ["the office"]
    assert '"prepared_by" is not a setting' in text
    assert "prepared" not in mapping


@pytest.mark.parametrize(("key", "meant"), [("as_off", "as_of"), ("Discount rate", "discount_to")])
def test_a_setting_of_a_sheet_that_is_nearly_one_is_asked_about(tmp_path, key, meant):
    said = [["Setting", "Value"], [key, "2026-09-30"], ["currency", "EUR"]]
    rows = [[*HEAD, "Cost 2027"], ["C1", "Wall", "Ports", 40], ["C2", "Ferry", "Rail", 50]]
    text, code = import_sources([workbook(tmp_path / "t.xlsx", P=rows, Settings=said)], tmp_path / "out")
    assert code == 2
    assert f'Did you mean "{meant}"?' in text
