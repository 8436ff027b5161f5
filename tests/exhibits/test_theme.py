"""Numbers, marks and colors."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.exhibits import theme


@given(st.floats(-1e9, 1e9), st.integers(0, 3), st.booleans())
def test_a_printed_number_reads_back(value: float, decimals: int, signed: bool) -> None:
    text = theme.format_number(value, decimals, signed)
    assert "-" not in text
    assert "," not in text
    back = float(text.replace(theme.THIN_SPACE, "").replace(theme.MINUS, "-"))
    assert math.isclose(back, value, abs_tol=10**-decimals * 0.5000001)
    assert text.startswith("+") == (signed and back > 0)
    assert not (back == 0 and text[0] in (theme.MINUS, "+"))


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, pd.NaT])
def test_a_missing_value_is_said(missing: object) -> None:
    assert theme.format_number(missing) == theme.format_text(missing) == "n/a"


def test_text_and_neighbors_have_contrast() -> None:
    """WCAG 2.2: 4.5 for text, 3 for marks beside white."""
    assert min(theme.contrast(color) for color in (theme.INK, theme.QUIET, theme.DARK_BLUE, theme.DARK_PINK)) >= 4.5
    assert min(theme.contrast(color) for color in theme.TWO_SERIES) >= 3
    for *_, fill, ink in theme.RAG.values():
        assert theme.contrast(fill, ink) >= 4.5


def test_marks_differ_without_color() -> None:
    assert len({badge[:2] for badge in theme.DECISIONS.values()}) == len(theme.DECISIONS)
    assert len({shape for _, shape, *_ in theme.RAG.values()}) == 3


@given(st.text(st.characters(codec="ascii", exclude_categories=("Cc",)), max_size=80), st.integers(60, 400))
def test_wrapped_lines_keep_every_letter(text: str, width: int) -> None:
    lines = theme.wrap(text, width, 12)
    assert "".join(lines).replace(" ", "").replace("-", "") == text.replace(" ", "").replace("-", "")
    assert all(theme.text_width(line, 12) <= width or len(line) < 8 for line in lines)


def test_the_shipped_fonts_are_small_and_licensed() -> None:
    names = {path.name for path in theme.FONT_FOLDER.iterdir()}
    assert {"OFL.txt", "SourceSans3-Regular.ttf", "SourceSans3-Semibold.ttf", "SourceSans3-Bold.ttf"} <= names
    assert all(path.stat().st_size < 500_000 for path in theme.FONT_FOLDER.iterdir())
    assert "Reserved Font Name 'Source'" in (theme.FONT_FOLDER / "OFL.txt").read_text(encoding="utf-8")
    assert theme.font_css().count("@font-face") == 3


def test_an_unknown_style_is_named() -> None:
    with pytest.raises(ValueError, match="no style 'loud'; the notation has ordinary"):
        theme.look("loud")
