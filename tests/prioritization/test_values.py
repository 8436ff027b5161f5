from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmo_kit.prioritization import piecewise_value, read_value_function


def test_linear_up_and_down() -> None:
    assert read_value_function("linear", 0, 200)([0, 50, 200]).tolist() == [0, 25, 100]
    assert read_value_function("", 0, 60, "min")([0, 15, 60]).tolist() == [100, 75, 0]


def test_piecewise_of_meridian() -> None:
    assert read_value_function("0:0; 10:40; 25:100", 0, 25)([0, 5, 10, 25]).tolist() == [0, 20, 40, 100]


def test_steps_allow_only_their_scores() -> None:
    function = read_value_function("steps 0:0; 2:30; 4:100", 0, 4)
    assert function([0, 2, 4]).tolist() == [0, 30, 100]
    with pytest.raises(ValueError, match="score 3 is none of 0, 2, 4"):
        function([3])


def test_target_is_best_in_the_middle() -> None:
    assert read_value_function("target 7", 0, 10)([0, 3.5, 7, 10]).tolist() == pytest.approx([0, 50, 100, 400 / 7])
    assert read_value_function("target 6 8", 0, 10)([6, 7, 8]).tolist() == [100, 100, 100]


def test_missing_stays_missing_and_the_ends_clip() -> None:
    found = piecewise_value([np.nan, -5, 99], [0, 10], [0, 100])
    assert np.isnan(found[0])
    assert found[1:].tolist() == [0, 100]


@pytest.mark.parametrize(
    "text",
    [
        "0:0",
        "0:0; 5:50",
        "0:0; 25:120",
        "10:0; 0:40; 25:100",
        "0:100; 25:0",
        "nonsense",
        "target 30",
        "target",
        "target 0 25",
        "1:2:3",
    ],
)
def test_unreadable_functions_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_value_function(text, 0, 25)


def test_scales_and_senses_are_checked() -> None:
    with pytest.raises(ValueError, match="low must be below high"):
        read_value_function("linear", 5, 5)
    with pytest.raises(ValueError, match="sense"):
        read_value_function("linear", 0, 5, "up")
    with pytest.raises(ValueError, match="in order"):
        piecewise_value(1, [0, 0], [0, 1])


@given(st.floats(0, 25), st.floats(0, 25))
def test_span_holds_every_value_between(a: float, b: float) -> None:
    low, high = np.array([min(a, b)]), np.array([max(a, b)])
    for text in ("linear", "0:0; 10:40; 25:100", "target 7"):
        function = read_value_function(text, 0, 25)
        least, most = function.span(low, high)
        inside = function.between(np.linspace(low[0], high[0], 101))
        assert least[0] <= inside.min() + 1e-9
        assert most[0] >= inside.max() - 1e-9
