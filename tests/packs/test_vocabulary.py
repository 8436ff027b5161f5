"""What a committee reads speaks its language: page one, the chapters and the deck of every shipped pack."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pptx import Presentation

from pmo_kit.packs import build_packs, expand, read_spec
from pmo_kit.packs.spec import PackSpec
from pmo_kit.shipped import shipped

OURS = (
    "MILP", "LP", "SMAA", "PROMETHEE", "TOPSIS", "CVaR", "PERT", "HiGHS", "NPV", "NPSV", "BCR", "IRR", "CPI", "SPI",
    "EAC", "BAC", "TCPI", "FTE", "WSM",
)  # fmt: skip
"""Short names that no sentence of a committee holds; as they are written."""
WORDS = (
    "core index", "dual", "epsilon", "exhibit", "feasible", "fingerprint", "frontier", "heuristic", "infeasible",
    "kernel", "linear programme?", "Monte Carlo", "notebook", "objective function", "optimality", "parameter", "Pareto",
    "percentile", "quantile", "rank acceptability", "reduced cost", "shadow price", "shadow", "simplex", "slack",
    "solver", "stochastic", "swing weight", "variance", "DataFrame", "NaN",
)  # fmt: skip
"""Words of the trade, in any writing, in the singular or the plural."""
PATTERN = re.compile(
    rf"\b(?:{'|'.join(OURS)})s?\b|(?i:\b(?:{'|'.join(WORDS)})s?\b)",
)
SPOKEN = ("title", "unit_line", "takeaway", "note", "alt", "items", "data", "label", "unit")
"""Parts of a record that are printed; ids, sources and inputs lead an auditor to the cell."""


def ours(text: str) -> list[str]:
    """The words of the trade in a text; what stands in snake_case is a name of a column."""
    return PATTERN.findall(text)


def spoken(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from spoken(part)
    elif isinstance(value, dict):
        for name, part in value.items():
            if name in SPOKEN or name in (
                "rows",
                "fields",
                "columns",
                "x",
                "y",
                "series",
                "references",
                "details",
            ):
                yield from spoken(part)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The dual of the LP", ["dual", "LP"]),
        ("Dual carriageways", ["Dual"]),
        ("individual projects; help", []),
        ("A shadow price of 3", ["shadow price"]),
        ("Solvers agree", ["Solvers"]),
        ("P50 of the helper", []),
    ],
)
def test_the_words_are_found(text: str, found: list[str]) -> None:
    assert ours(text) == found


def committee_ids(spec: PackSpec, records: dict[str, Any]) -> list[str]:
    """Exhibits of page one and of the chapters of a pack."""
    ids = list(spec.page_one.ids) if spec.page_one else []
    for chapter in (c for c in spec.chapters if not c.annex):
        whole = [i for i, r in records.items() if r["notebook"] == chapter.notebook.name]
        ids += chapter.show or whole
    return ids


@pytest.mark.slow
def test_every_shipped_pack_speaks_the_committees_language(tmp_path: Path) -> None:
    files = sorted(shipped("templates", "packs").glob("[a-z]*.yml"))
    specs = [spec for file in files for spec in expand(read_spec(file))[:1]]
    for one in build_packs(specs, tmp_path):
        assert one.folder is not None, one.error
        listed = json.loads((one.folder / "figures.json").read_text(encoding="utf-8"))
        records = {record["id"]: record for record in listed}
        for identity in committee_ids(one.spec, records):
            for text in spoken(records[identity]):
                assert not ours(text), f"{one.spec.name}, {identity}: {ours(text)} in {text!r}"
        for slide in Presentation(str(one.folder / "pack.pptx")).slides:
            for shape in slide.shapes:
                text = shape.text_frame.text if shape.has_text_frame else ""
                assert not ours(text), f"{one.spec.name}, a slide: {ours(text)} in {text!r}"
