"""The transparency record: every field of the standard, filled from the pack or asked for by name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import pmo_kit as pmo
from pmo_kit.packs.manifest import transparency_record
from pmo_kit.shipped import shipped
from tests.conftest import shipped_register

SECTIONS = [
    "Tier 1 - Overview", "Tier 2.1 - Owner and responsibility", "Tier 2.2 - Description and rationale",
    "Tier 2.3 - Deployment context", "Tier 2.4 - Tool specification",
    "Tier 2.5 - Risks, mitigations and impact assessments",
]  # fmt: skip


def manifest(register: pmo.Register, **changed: object) -> dict[str, object]:
    return {
        "pack": "board", "title": "Board", "id": "abc", "committee": "Board of Directors", "date": "2026-10-15",
        "software": {"pmo_kit": "0.2.0", "python": "3.11.7", "highspy": "1.16.0"},
        "register": {
            "name": register.settings.name, "as_of": "2026-09-30", "fingerprint": register.fingerprint,
            "findings": {"block": 0, "warn": 2, "info": 1}, "grade": "B",
        },
        "inputs": {"projects.csv": "0", "costs.csv": "1"},
        "chapters": [{"title": "The plan", "parameters": {}}],
        "exhibits": [{"id": "arbitration.plan", "inputs": {"value": "npsv", "status": "optimal"}}],
        **changed,
    }  # fmt: skip


@pytest.fixture(scope="module")
def register() -> pmo.Register:
    return shipped_register("meridian")


def test_every_field_is_filled_or_asked_for_by_name(register: pmo.Register) -> None:
    told = transparency_record(manifest(register), register, "page (HTML)").decode()
    assert re.findall(r"^## (.+)$", told, re.M) == SECTIONS
    words = yaml.safe_load(Path(shipped("templates", "report", "record.yml")).read_text(encoding="utf-8"))
    fields = [field for section in words for field in section["fields"]]
    assert re.findall(r"^\*\*(.+?)\.\*\* ", told, re.M) == [field["field"] for field in fields]
    asked = [field["field"] for field in fields if "ask" in field]
    assert f"Still to be filled ({len(asked)}): {', '.join(asked)}." in told
    assert told.count("**TO FILL: ") == len(asked) == sum("text" not in field for field in fields)
    assert "{" not in told
    assert "None." not in told.replace("None: nothing is learned from data.", "")


def test_what_it_says_is_what_the_pack_has(register: pmo.Register) -> None:
    told = transparency_record(manifest(register), register, "page (HTML), paper (PDF)").decode()
    assert "of highest social value" in told
    assert "goes to Board of Directors of 2026-10-15" in told
    assert f"({len(register.table('overrides'))} on record for this pack)" in told
    for row in register.table("assumptions").itertuples():
        assert row.assumption in told
    assert "2 files, each with its hash" in told
    assert "0 errors, 2 warnings, 1 notes; grade B" in told


def test_a_register_without_assumptions_says_so(register: pmo.Register) -> None:
    plain = pmo.Register(
        projects=register.table("projects"),
        costs=register.table("costs"),
        settings=register.table("settings"),
    )
    told = transparency_record(manifest(plain, date=None, committee=""), plain, "page (HTML)").decode()
    assert "No assumptions are on record." in told
    assert "(0 on record for this pack)" in told
    assert "leaves the decision to the committee." in told


def test_a_pack_that_looks_for_no_plan_does_not_say_that_it_does(register: pmo.Register) -> None:
    told = transparency_record(manifest(register, exhibits=[]), register, "page (HTML)").decode()
    assert "it recommends no plan, and leaves every decision to Board of Directors." in told
    assert not re.search("Mixed-integer|HiGHS|highest|keep every limit", told)
    assert "become limits" not in told
