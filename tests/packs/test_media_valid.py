"""What other programs read is valid: Office files by the schemas of Open XML, JSON by those that the package ships."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
from openxml_audit import OpenXmlValidator

from pmo_kit.packs.layout import Outline
from pmo_kit.packs.media.pptx import deck_bytes
from pmo_kit.packs.media.xlsx import annex_bytes
from tests.packs.media_case import meridian, records, rendered, small


@pytest.mark.long
@pytest.mark.parametrize("pack", [meridian, small])
@pytest.mark.parametrize(("file", "made"), [("pack.pptx", deck_bytes), ("annex.xlsx", annex_bytes)])
def test_a8_a_file_is_valid(
    pack: Callable[[], Outline], file: str, made: Callable[[Outline], bytes], tmp_path: Path
) -> None:
    (tmp_path / file).write_bytes(made(pack()))
    assert faults(tmp_path / file) == []


def faults(file: Path) -> list[str]:
    """What the validator finds in a file."""
    return [f"{error.part_uri}: {error.description}" for error in OpenXmlValidator().validate(file).errors]


def check_schema(name: str, content: object) -> None:
    """Hold what a pack wrote against the schema that the package ships."""
    schema = json.loads((files("pmo_kit.packs") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(content)


def test_figures_follow_their_schema_and_others_do_not() -> None:
    shown = [item.record for _, item in small().exhibits]
    check_schema("figures", shown)
    check_schema("figures", list(records()))
    table = next(record for record in shown if record["exhibit"] == "table")
    for spoil in (
        {"exhibit": "pie"},
        {"version": 9},
        {"inputs": {"register": "x"}},
        {"data": {"columns": []}},
    ):
        with pytest.raises(jsonschema.ValidationError):
            check_schema("figures", [{**table, **spoil}])


def test_facts_follow_their_schema_and_others_do_not() -> None:
    from pmo_kit.facts import Base, Fact, Of, Unit, to_json

    money = Unit("money", "EUR", "million", "real 2026")
    fact = to_json(Fact("plan.spend", 91.5, money, Of(year=2027), Base("sure", 0.8, "q", draws=100, seed=7)))
    check_schema("facts", [fact])
    for spoil in ({"value": "91.5"}, {"base": {"figures": "hoped"}}, {"unit": {}}):
        with pytest.raises(jsonschema.ValidationError):
            check_schema("facts", [{**fact, **spoil}])


def test_the_validator_bites(tmp_path: Path) -> None:
    """A marker on the series of a bar chart, which makes Excel offer a repair, is found."""
    import zipfile

    (tmp_path / "good.xlsx").write_bytes(rendered(annex_bytes, small()))
    with zipfile.ZipFile(tmp_path / "good.xlsx") as old, zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(
                name,
                old.read(name).replace(b"<c:cat>", b'<c:marker><c:symbol val="none"/></c:marker><c:cat>', 1),
            )
    assert faults(tmp_path / "bad.xlsx")
