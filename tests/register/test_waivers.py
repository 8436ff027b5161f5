"""Accepted findings are printed with who, when and why; grades say how good the data are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pmo_kit.errors import DataError
from pmo_kit.register import load_register
from pmo_kit.register.report import grade_register
from pmo_kit.register.values import words

WAIVER = """
- rule: cost_outside_dates
  project_id: P02
  who: Finance controller
  when: 2026-09-01
  why: retention money
"""


@pytest.fixture
def faulty(tables, folder):
    tables["costs"] = tables["costs"].replace("P02,2027", "P02,2031").replace("P03,2027,opex", "P03,2030,capex")

    def write(waivers, **more):
        place = folder({**tables, **more})
        (place / "waivers.yml").write_text(waivers)
        return place

    return write


def test_the_page_on_waivers_shows_one_that_is_read_and_names_the_blocks_that_can_be_accepted(faulty):
    page = (Path(__file__).parents[2] / "data" / "samples" / "README.md").read_text(encoding="utf-8")
    section = page[page.index("## Waivers") : page.index("## Licenses")]
    shown = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)[1]
    accepted = load_register(faulty(shown.replace("P12", "P02").replace("  row: 14\n", ""))).waivers
    assert accepted["rule"].tolist() == ["cost_outside_dates"]
    assert accepted["count"].tolist() == [1]
    assert set(re.findall("`([a-z]+(?:_[a-z0-9]+)+)`", section)) == set(words()["acceptable_blocks"])


@pytest.mark.parametrize("name", ["project_id", "file", "column", "row"])
def test_a_waiver_that_is_narrowed_by_nothing_is_refused(faulty, name):
    with pytest.raises(DataError, match=f"{name} is empty: say which is meant"):
        load_register(faulty(WAIVER.replace("  project_id: P02", f"  {name}:")))


def test_envelopes_far_from_what_a_few_projects_cost_can_be_accepted(faulty):
    small = "project_id,year,amount\nP01,2027,0.1\nP02,2027,0.2\nP03,2027,0.1\n"
    waiver = WAIVER.replace("cost_outside_dates", "unit_jump").replace("  project_id: P02\n", "")
    register = load_register(faulty(waiver, costs=small, budgets="envelope,year,amount\nall,2027,90\n"))
    assert register.findings.query("rule == 'unit_jump'")["severity"].tolist() == ["info"]


def test_accepted_warning_is_information_with_its_reason(faulty):
    register = load_register(faulty(WAIVER))
    found = register.findings.query("rule == 'cost_outside_dates'").set_index("severity")
    assert sorted(found.index) == ["info", "warn"]
    assert "Accepted by Finance controller on 2026-09-01: retention money." in found.loc["info", "message"]
    assert register.waivers[["rule", "who", "why", "count"]].values.tolist() == [
        ["cost_outside_dates", "Finance controller", "retention money", 1]
    ]


def test_a_waiver_ends_and_an_unused_one_is_listed(faulty):
    ended = load_register(faulty(WAIVER + "  until: 2026-09-15\n"))
    assert (ended.findings.query("rule == 'cost_outside_dates'")["severity"] == "warn").all()
    assert "waiver_ended" in set(ended.findings["rule"])
    unused = load_register(faulty(WAIVER.replace("P02", "P01")))
    assert "waiver_unused" in set(unused.findings["rule"])


def test_what_a_waiver_can_accept_and_what_not(faulty, tables):
    goals = "goal,target_share\nG1,0.4\nG2,0.4\n"
    text = "- {rule: shares_not_100, who: CFO, when: 2026-09-01, why: the rest is free}\n"
    assert load_register(faulty(text, goals=goals)).waivers["count"].tolist() == [1]
    doubled = tables["projects"] + "P01,Pipes,Networks,discretionary,,\n"
    text = "- {rule: duplicate_key, who: CFO, when: 2026-09-01, why: no time}\n"
    with pytest.raises(DataError) as error:
        load_register(faulty(text, projects=doubled))
    assert {"duplicate_key", "waiver_refused"} <= set(error.value.findings["rule"])


@pytest.mark.parametrize(
    "text",
    [
        "- {rule: x, who: me}",
        "- just text",
        "[",
        "- {rule: x, who: a, when: soon, why: b}",
        "- {rule: x, who: a, when: 2026-09-01, why: b, until: 2026-09-02 10:00:00}",
        "- &a [*a]",
    ],
)
def test_waivers_that_cannot_be_read_block(faulty, text):
    """Attack 11c."""
    with pytest.raises(DataError) as error:
        load_register(faulty(text))
    assert "waiver_not_read" in set(error.value.findings["rule"])


def test_grades(tables, folder):
    head = "project_id,name,area,strategic_goal,project_type,stage,sponsor,manager,start,finish,status_date\n"
    full = "{0},N {0},A,G1,run,idea,Dir,Lead,2027-01-01,2028-12-31,{1}\n"
    tables["projects"] = (
        head + full.format("P01", "2026-09-20") + full.format("P02", "2026-07-15") + "P03,N,A,,,,,,,,\n"
    )
    register = load_register(folder(tables))
    grades = grade_register(register)
    assert grades.table["grade"].to_dict() == {"P01": "A", "P02": "B", "P03": "D"}
    assert grades.table.loc["P03", "missing"].startswith("strategic_goal, project_type, stage")
    assert grades.grade == "D"  # four in five reach no more
    assert grades.summary == "Data grade D (projects: 1 A, 1 B, 1 D); the status of the middle project is 44 days old."


def test_every_fault_of_a_file_of_waivers_is_told_with_its_line(faulty):
    """Attack 11c."""
    text = "- rule: shares_not_100\n  who: CFO\n  when: 2026-13-13\n  file: [a]\n"
    text += "- {rule: x, whom: me, when: 2026-09-01, why: y}\n"
    with pytest.raises(DataError) as error:
        load_register(faulty(text))
    found = error.value.findings.query("rule == 'waiver_not_read'")
    assert list(zip(found["row"], found["column"], found["value"], strict=True)) == [
        (1, "why", ""),
        (3, "when", "2026-13-13"),
        (4, "file", ""),
        (5, "who", ""),
        (5, "whom", "me"),
    ]
    assert "did you mean 'who'" in found["message"].iloc[4]
