"""The workbook computes the plan from the register; LibreOffice computes it again from nothing, and shows the deck."""

from __future__ import annotations

import io
import math
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas as pd
import pypdf
import pytest
from pptx import Presentation

import pmo_kit as pmo
from pmo_kit.exhibits import Chart, Field, Table
from pmo_kit.packs.layout import Outline
from pmo_kit.packs.media.pptx import deck_bytes
from pmo_kit.packs.media.xlsx import annex_bytes
from tests.conftest import shipped_register
from tests.packs.media_case import collected, laid_out, meridian, small

SOFFICE = shutil.which("soffice")
FONTS = Path("/usr/share/fonts/truetype")
FALLBACKS = ["liberation/LiberationSans-*.ttf", "dejavu/DejaVuSans*.ttf"]
"""The widths of Arial, and a wider font: what a slide falls back to where Source Sans 3 is not installed."""


def planned(sample: str = "meridian_12") -> tuple[Outline, object]:
    """A pack of one exhibit, the plan on planned figures, with its register."""
    register = shipped_register(sample)
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
    for name, wanted in [("planned_value", allocation.value)] + [(f"planned_spend_{y}", v) for y, v in spend.items()]:  # type: ignore[attr-defined]
        sheet, cell = re.fullmatch(r"'(.*)'!(.*)", named[name]).groups()  # type: ignore[union-attr]
        cell = cell.replace("$", "")
        assert str(live[sheet][cell].value).startswith("=")
        assert stored[sheet][cell].value == pytest.approx(wanted, abs=1e-9), name
    assert {"costs", "benefits", "links", "budgets"} <= set(live.sheetnames)
    plan = [row for row in live["Plan"].iter_rows(min_row=6, values_only=True) if row[0]]
    assert len(plan) == 12
    assert live["Plan"].tables["t_plan"].autoFilter is not None


def test_a_part_of_the_plan_says_nothing_of_what_others_leave() -> None:
    """A department's workbook holds its own projects: an envelope from which others take has no rest there."""
    register = shipped_register("meridian_12")
    allocation = pmo.arbitrate(pmo.Question(register, value="npv", basis="likely"))
    shown = replace(pmo.figures.arbitration.plan(allocation, area="Networks"), alt="The plan.")
    content = annex_bytes(replace(laid_out([collected(shown)]), register=register))
    stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    own = set(register.projects.index[register.projects["area"] == "Networks"])
    assert 0 < len(own) < len(register.projects)
    assert {row[0] for row in stored["Plan"].iter_rows(min_row=6, values_only=True)} == own
    assert {row[0] for row in stored["costs"].iter_rows(min_row=6, values_only=True)} == own
    said = {row[0]: row[1] for row in stored["Money by year"].iter_rows(max_row=12, values_only=True)}
    rows = allocation.table[allocation.table["area"] == "Networks"]
    assert said["planned net value of its projects"] == pytest.approx(
        rows.loc[rows["decision"] != "refuse", "value"].sum()
    )
    assert not {"the plan spends", "envelope of all", "left", "planned net value of the plan"} & set(said)
    assert not {"links", "budgets"} & set(stored.sheetnames)


NEEDS_OFFICE = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


@pytest.mark.long
@NEEDS_OFFICE
@pytest.mark.parametrize(
    "name",
    [
        "meridian_12",
        pytest.param("meridian", marks=pytest.mark.slow),
        pytest.param("", marks=pytest.mark.slow),
    ],
)
def test_libreoffice_computes_every_formula_from_nothing_and_gets_the_same(name: str, tmp_path: Path) -> None:
    content = annex_bytes(planned(name)[0] if name else meridian())
    bare = openpyxl.load_workbook(io.BytesIO(content))
    bare.save(tmp_path / "one.xlsx")
    convert(tmp_path / "one.xlsx", tmp_path / "out", "xlsx:Calc MS Excel 2007 XML")
    stored = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    again = openpyxl.load_workbook(tmp_path / "out" / "one.xlsx", data_only=True)
    places = [
        (sheet.title, cell.coordinate)
        for sheet in bare
        for row in sheet.iter_rows()
        for cell in row
        if cell.data_type == "f"
    ]
    assert len(places) > 10
    wrong = [(sheet, at) for sheet, at in places if not same(stored[sheet][at].value, again[sheet][at].value)]
    assert wrong == []


def same(one: object, other: object) -> bool:
    both = isinstance(one, int | float) and isinstance(other, int | float)
    close = both and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]
    return close or (isinstance(one, str) and one == other)


def worded() -> Outline:
    """The plan of meridian_12 under a title, a unit line and a meaning as long as they come."""
    shown = planned()[0].chapters[0].shown[0].exhibit
    head = "Fund nine projects, stop Billing replacement and let Learning hub wait"
    title = f"{head}: worth 33.5, 3.1 above carrying on and 0.3 above next"
    unit = "Planned figures by year of every project that is funded · EUR million, real 2026 · data as of 2026-09-30"
    meaning = f"{title}; the next best plan is worth 33.2 and takes Own solar in the place of Leak sensors"
    one = replace(shown, title=title, unit_line=unit, takeaway=meaning, alt="The plan.")
    two = replace(one, id="b", title="Fund nine projects, then stop Billing replacement")
    return laid_out([collected(one, two, *(item.exhibit for item in small().chapters[0].shown), crowded(), bars())])


def bars() -> Chart:
    """As many bars as a chart has, one of them with a name that is broken where there is no other way."""
    names = [f"Project number {n} P{n:02}" for n in range(14)] + ["Phosphorus removal at the northern works P21"]
    data = pd.DataFrame({"what": names, "n": [float(n) for n in range(15)]})
    what = Field("what", kind="text")
    return Chart(id="bars", alt="Bars.", title="Fifteen bars", mark="bar", data=data, x=Field("n", "n"), y=what)


def crowded() -> Table:
    """A table whose lines break where a font is wide, as many of them as a slide holds where it is not."""
    rows = {
        "what": [f"Supplier number {n} asks for more than it was promised" for n in range(12)],
        "cost": [float(n) for n in range(12)],
        "since": ["= same"] * 12,
        "answer": ["Keep the right to change the supplier, and do it early"] * 12,
    }
    fields = (
        Field("what", kind="text"),
        Field("cost", title="expected cost"),
        Field("since", title="since last time", kind="text"),
        Field("answer", kind="text"),
    )
    return Table(
        id="crowd", alt="Risks.", title="Twelve suppliers ask for more", data=pd.DataFrame(rows), columns=fields,
        unit_line="EUR million, real 2026", takeaway="Each of them has an owner.",
    )  # fmt: skip


@pytest.mark.long
@NEEDS_OFFICE
@pytest.mark.parametrize(
    ("family", "outline"),
    [
        (FALLBACKS[1], worded),
        *(pytest.param(family, meridian, marks=pytest.mark.slow) for family in FALLBACKS),
    ],
    ids=lambda one: one.partition("/")[0] if isinstance(one, str) else one.__name__,
)
def test_a9_a_deck_breaks_no_number_and_leaves_no_slide_in_another_font(
    family: str, outline: Callable[[], Outline], tmp_path: Path
) -> None:
    """Each number and date of a table is whole in a line of its slide; nothing reaches into what stands below it."""
    files = [file for file in FONTS.glob(family) if "Mono" not in file.name]
    if not files:
        pytest.skip(f"no fonts {family}")
    (tmp_path / "fonts").mkdir()
    for file in files:
        shutil.copy(file, tmp_path / "fonts")
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(f"<fontconfig><dir>{tmp_path}/fonts</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")
    content = deck_bytes(outline())
    (tmp_path / "pack.pptx").write_bytes(content)
    convert(tmp_path / "pack.pptx", tmp_path / "out", "pdf", FONTCONFIG_FILE=str(fonts))
    pages = pypdf.PdfReader(tmp_path / "out" / "pack.pdf").pages
    slides = Presentation(io.BytesIO(content)).slides
    assert len(pages) == len(slides)
    looked_at = 0
    for page, slide in zip(pages, slides, strict=True):
        shown = Counter(re.findall(r"[^\s\u202f]+", page.extract_text().replace("\u202f", "")))
        for table in (shape.table for shape in slide.shapes if shape.has_table):
            texts = [cell.text.replace("\u202f", "") for row in list(table.rows)[1:] for cell in row.cells]
            wanted = Counter(text for text in texts if re.fullmatch(r"[+\u2212]?[\d.]+|\d{4}-\d\d-\d\d", text))
            broken = {text: count for text, count in wanted.items() if shown[text] < count}
            assert broken == {}, slide.shapes.title.text
        names = {one.placeholder_format.idx: one.name for one in slide.slide_layout.placeholders}
        places = {names[one.placeholder_format.idx]: one for one in slide.placeholders}
        title, unit = slide.shapes.title, places.get("Unit line")
        if unit is not None:
            looked_at += 1
            size = title.text_frame.paragraphs[0].runs[0].font.size.pt
            lines = baselines(page, title.top / EMU, unit.top / EMU + 20)
            heading = [at for at, type_size, _ in lines if abs(type_size - size) < 0.6]
            under = [at for at, _, said in lines if unit.text_frame.text.startswith(said[:20])]
            assert heading
            assert max(heading) + 0.25 * size < under[0] - 0.7 * 14, title.text_frame.text
        for plot in (shape.chart.plots[0] for shape in slide.shapes if shape.has_chart):
            words = re.sub(r"\s+", "", page.extract_text())
            bars_only = plot.categories if plot._element.tag.endswith("barChart") else ()
            names = [re.sub(r"\s+", "", name) for name in bars_only]
            assert [name for name in names if name not in words] == [], title.text_frame.text
        meaning = places.get("Meaning")
        if meaning is not None:
            top, words = meaning.top / EMU, meaning.text_frame.text
            inside = baselines(page, top + 4, top + meaning.height / EMU)
            assert [said for _, _, said in inside if said not in words] == []
    assert looked_at > 1


EMU = 12700


def baselines(page: pypdf.PageObject, top: float, bottom: float) -> list[tuple[float, float, str]]:
    """The lines between two heights from the top of a page: baseline in pt, size of type, words."""
    high, found = float(page.mediabox.height), []

    def seen(text: str, _: object, matrix: Sequence[float], __: object, size: float) -> None:
        at = high - matrix[5]
        if text.strip() and top <= at <= bottom:
            found.append((at, size * abs(matrix[0]), text.strip()))

    page.extract_text(visitor_text=seen)
    return found


def convert(file: Path, folder: Path, form: str, **environment: str) -> None:
    """Have LibreOffice write a file in another form."""
    import os

    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(SOFFICE), "--headless", profile, "--convert-to", form, "--outdir", str(folder), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=240, env={**os.environ, **environment})
