"""Office files that Office opens without a word: valid by the schemas of Open XML."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from openxml_audit import OpenXmlValidator

from pmo_kit.packs.media.outline import Outline
from pmo_kit.packs.media.pptx import deck_bytes
from pmo_kit.packs.media.xlsx import annex_bytes
from tests.packs.media_case import meridian, small


@pytest.mark.parametrize("pack", [meridian, small])
@pytest.mark.parametrize(("file", "made"), [("pack.pptx", deck_bytes), ("annex.xlsx", annex_bytes)])
def test_a_file_is_valid(
    pack: Callable[[], Outline], file: str, made: Callable[[Outline], bytes], tmp_path: Path
) -> None:
    (tmp_path / file).write_bytes(made(pack()))
    assert faults(tmp_path / file) == []


def faults(file: Path) -> list[str]:
    """What the validator finds in a file."""
    return [f"{error.part_uri}: {error.description}" for error in OpenXmlValidator().validate(file).errors]


def test_the_validator_bites(tmp_path: Path) -> None:
    """A marker on the series of a bar chart, which makes Excel offer a repair, is found."""
    import zipfile

    (tmp_path / "good.xlsx").write_bytes(annex_bytes(small()))
    with zipfile.ZipFile(tmp_path / "good.xlsx") as old, zipfile.ZipFile(tmp_path / "bad.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(
                name,
                old.read(name).replace(b"<c:cat>", b'<c:marker><c:symbol val="none"/></c:marker><c:cat>', 1),
            )
    assert faults(tmp_path / "bad.xlsx")
