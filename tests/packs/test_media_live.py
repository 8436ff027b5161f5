"""The workbook computes the plan from the register; LibreOffice computes it again from nothing, and shows the deck."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import openpyxl
import pypdf
import pytest

import pmo_kit as pmo
from pmo_kit.packs.layout import Outline
from pmo_kit.packs.media.pptx import deck_bytes
from pmo_kit.packs.media.xlsx import annex_bytes
from pmo_kit.shipped import shipped
from tests.packs.media_case import collected, laid_out, meridian

SOFFICE = shutil.which("soffice")
FONTS = Path("/usr/share/fonts/truetype")
FALLBACKS = ["liberation/LiberationSans-*.ttf", "dejavu/DejaVuSans*.ttf"]
"""The widths of Arial, and a wider font: what a slide falls back to where Source Sans 3 is not installed."""


def planned(sample: str = "meridian_12") -> tuple[Outline, object]:
    """A pack of one exhibit, the plan on planned figures, with its register."""
    from dataclasses import replace

    register = pmo.load_register(shipped("data", "samples", sample))
    allocation = pmo.arbitrate(pmo.Question(register, value="npv", basis="likely"))
    shown = pmo.figures.arbitration.plan(allocation)
    return replace(laid_out([collected(replace(shown, alt="The plan."))]), register=register), allocation


@pytest.fixture(scope="module")
def book() -> tuple[bytes, object]:
    outline, allocation = planned()
    return annex_bytes(outline), allocation


def test_spending_and_value_are_formulas_on_the_inputs_and_equal_the_plan(book: tuple[bytes, object]) -> None:
    content, allocation = book
    live = openpyxl.load_workbook(io.BytesIO(content))
    stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    named = {name: value.attr_text for name, value in live.defined_names.items()}
    spend = allocation.spend.sum()  # type: ignore[attr-defined]
    for name, wanted in [("planned_value", allocation.value)] + [
        (f"planned_spend_{y}", v) for y, v in spend.items()
    ]:  # type: ignore[attr-defined]
        sheet, cell = re.fullmatch(r"'(.*)'!(.*)", named[name]).groups()  # type: ignore[union-attr]
        cell = cell.replace("$", "")
        assert str(live[sheet][cell].value).startswith("=")
        assert stored[sheet][cell].value == pytest.approx(wanted, abs=1e-9), name
    assert {"costs", "benefits", "links", "budgets"} <= set(live.sheetnames)
    plan = [row for row in live["Plan"].iter_rows(min_row=6, values_only=True) if row[0]]
    assert len(plan) == 12
    assert live["Plan"].tables["t_plan"].autoFilter is not None


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_libreoffice_computes_every_formula_from_nothing_and_gets_the_same(
    book: tuple[bytes, object], tmp_path: Path
) -> None:
    outline, _ = planned("meridian")
    for name, content in (
        ("one", book[0]),
        ("two", annex_bytes(outline)),
        ("three", annex_bytes(meridian())),
    ):
        bare = openpyxl.load_workbook(io.BytesIO(content))
        bare.save(tmp_path / f"{name}.xlsx")
        convert(tmp_path / f"{name}.xlsx", tmp_path / "out", "xlsx:Calc MS Excel 2007 XML")
        stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        again = openpyxl.load_workbook(tmp_path / "out" / f"{name}.xlsx", data_only=True)
        wrong = [
            (sheet.title, cell.coordinate, cell.value)
            for sheet in bare
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
            and not same(
                stored[sheet.title][cell.coordinate].value, again[sheet.title][cell.coordinate].value
            )
        ]
        assert wrong == []


def same(one: object, other: object) -> bool:
    both = isinstance(one, int | float) and isinstance(other, int | float)
    return both and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("family", FALLBACKS, ids=lambda family: family.partition("/")[0])
def test_a9_a_deck_breaks_no_number_and_leaves_no_slide_in_another_font(family: str, tmp_path: Path) -> None:
    """Each number and date of a table stands whole in a line of the slide as it is shown."""
    files = [file for file in FONTS.glob(family) if "Mono" not in file.name]
    if not files:
        pytest.skip(f"no fonts {family}")
    from pptx import Presentation

    (tmp_path / "fonts").mkdir()
    for file in files:
        shutil.copy(file, tmp_path / "fonts")
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(
        f"<fontconfig><dir>{tmp_path}/fonts</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>"
    )
    content = deck_bytes(meridian())
    (tmp_path / "pack.pptx").write_bytes(content)
    convert(tmp_path / "pack.pptx", tmp_path / "out", "pdf", FONTCONFIG_FILE=str(fonts))
    pages = [page.extract_text() for page in pypdf.PdfReader(tmp_path / "out" / "pack.pdf").pages]
    slides = Presentation(io.BytesIO(content)).slides
    assert len(pages) == len(slides)
    for page, slide in zip(pages, slides, strict=True):
        shown = Counter(re.findall(r"[^\s\u202f]+", page.replace("\u202f", "")))
        for table in (shape.table for shape in slide.shapes if shape.has_table):
            texts = [cell.text.replace("\u202f", "") for row in list(table.rows)[1:] for cell in row.cells]
            wanted = Counter(
                text for text in texts if re.fullmatch(r"[+\u2212]?[\d.]+|\d{4}-\d\d-\d\d", text)
            )
            broken = {text: count for text, count in wanted.items() if shown[text] < count}
            assert broken == {}, slide.shapes.title.text


def convert(file: Path, folder: Path, form: str, **environment: str) -> None:
    """Have LibreOffice write a file in another form."""
    import os

    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(SOFFICE), "--headless", profile, "--convert-to", form, "--outdir", str(folder), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=240, env={**os.environ, **environment})
