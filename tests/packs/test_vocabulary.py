"""What a committee reads speaks its language; `tests/browser` reads page one and the chapters of every shipped pack."""

from __future__ import annotations

import io
import re

import pytest
from pptx import Presentation

from pmo_kit.packs.media.pptx import deck_bytes
from tests.packs.media_case import meridian, rendered

OURS = (
    "MILP", "LP", "SMAA", "PROMETHEE", "TOPSIS", "CVaR", "PERT", "HiGHS", "NPV", "NPSV", "BCR", "IRR", "CPI", "SPI",
    "EAC", "BAC", "TCPI", "FTE", "WSM",
)  # fmt: skip
"""Short names that no sentence of a committee holds; as they are written."""
WORDS = (
    "core index", "dual", "epsilon", "exhibit", "feasible", "fingerprint", "frontier", "heuristic", "infeasible",
    "kernel", "linear programme?", "Monte Carlo", "notebook", "objective function", "optimality", "parameter", "Pareto",
    "percentile", "quantile", "rank acceptability", "reduced cost", "shadow price", "shadow", "simplex", "slack",
    "solver", "stochastic", "swing weight", "DataFrame", "NaN",
)  # fmt: skip
"""Words of the trade, in any writing, in the singular or the plural."""
PATTERN = re.compile(
    rf"\b(?:{'|'.join(OURS)})s?\b|(?i:\b(?:{'|'.join(WORDS)})s?\b)",
)


def ours(text: str) -> list[str]:
    """The words of the trade in a text; the id of an exhibit ("arbitration.frontier") leads an auditor to its cell."""
    return PATTERN.findall(re.sub(r"\b[a-z_]+\.[a-z_0-9]+\b", "", text))


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


@pytest.mark.long
def test_the_deck_of_meridian_speaks_the_committees_language() -> None:
    for slide in Presentation(io.BytesIO(rendered(deck_bytes, meridian()))).slides:
        for shape in slide.shapes:
            assert not ours(shape.text_frame.text if shape.has_text_frame else ""), shape.text_frame.text
            if shape.has_table:
                cells = [cell.text for row in shape.table.rows for cell in row.cells]
                assert not [word for text in cells for word in ours(text)]
